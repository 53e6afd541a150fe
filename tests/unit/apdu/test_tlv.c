/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hex.h"

#include "apdu/error.h"
#include "apdu/ssc_files.h"
#include "apdu/tlv.h"

#define FCI_2 "6F16840F7378312E73682EC9E7BBE1B1A3D5CFA50388011E"
#define FCI_3 "6F1C840F7378312E73682EC9E7BBE1B1A3D5CFA50988011E9F0C03860103"

/* Reads objects to the end; the number of objects, or the error. */
static int walk(const uint8_t *data, size_t len)
{
    size_t pos = 0;
    struct ssc_tlv tlv;
    int count = 0, rc;
    while ((rc = ssc_tlv_next(data, len, &pos, &tlv)) == 0) {
        count++;
    }
    return rc == 1 ? count : rc;
}

static int walk_hex(const char *text)
{
    struct hex h = hex(text);
    uint8_t *bytes = exact(h.data, h.len);
    int rc = walk(bytes, h.len);
    free(bytes);
    return rc;
}

static void tags_of_one_to_three_bytes(void **state)
{
    (void)state;
    struct hex h = hex("8401AA 9F0C02BBCC 9F810201DD BF0C00");
    static const uint32_t tags[] = {0x84, 0x9F0C, 0x9F8102, 0xBF0C};
    size_t pos = 0;
    struct ssc_tlv tlv;
    for (size_t i = 0; i < COUNT(tags); i++) {
        assert_int_equal(ssc_tlv_next(h.data, h.len, &pos, &tlv), 0);
        assert_int_equal(tlv.tag, tags[i]);
        assert_int_equal(tlv.constructed, i == 3);
    }
    assert_int_equal(ssc_tlv_next(h.data, h.len, &pos, &tlv), 1);
    assert_int_equal(pos, h.len);
}

static void lengths_in_every_form(void **state)
{
    (void)state;
    assert_int_equal(walk_hex("840141 84810141 8482000141 848300000141 84840000000141"), 5);
    assert_int_equal(walk_hex("00FF 840141 0000FFFF 840142 FF00"), 2);
    assert_int_equal(walk_hex(""), 0);
    assert_int_equal(walk_hex("0000FF"), 0);
    assert_int_equal(walk_hex("8400"), 1);
}

static void lies_are_refused(void **state)
{
    (void)state;
    static const char *const lies[] = {
        "84",                 /* no length */
        "840241",             /* beyond the container */
        "84FF41",             /* 127 length bytes */
        "848041420000",       /* indefinite */
        "8481",               /* length byte missing */
        "848200",             /* second length byte missing */
        "8484FFFFFFFF41",     /* wraps 32 bits */
        "84850000000001 41",  /* five length bytes */
        "848480000000",       /* negative as int32 */
        "84800000",           /* indefinite and empty */
        "9F81810100",         /* tag of four bytes */
        "9F",                 /* tag ends */
        "9F81",               /* tag ends */
        "9F81818101",         /* tag of four bytes and more */
        "8401418402 41",      /* the second one lies */
        "1F8080808080808080", /* never-ending tag */
    };
    for (size_t i = 0; i < COUNT(lies); i++) {
        assert_int_equal(walk_hex(lies[i]), SSC_E_BAD_RESPONSE);
    }
}

static void position_stays_on_a_lie(void **state)
{
    (void)state;
    struct hex h = hex("840141 8409");
    size_t pos = 0;
    struct ssc_tlv tlv;
    assert_int_equal(ssc_tlv_next(h.data, h.len, &pos, &tlv), 0);
    assert_int_equal(ssc_tlv_next(h.data, h.len, &pos, &tlv), SSC_E_BAD_RESPONSE);
    assert_int_equal(pos, 3);
}

static void find_by_path(void **state)
{
    (void)state;
    struct hex h = hex(FCI_3);
    static const uint32_t path[] = {0x6F, 0xA5, 0x9F0C, 0x86}, absent[] = {0x6F, 0xA5, 0x50};
    struct ssc_tlv tlv;
    assert_int_equal(ssc_tlv_find(h.data, h.len, path, 4, &tlv), 0);
    assert_bytes(tlv.value, tlv.len, "03");
    assert_int_equal(ssc_tlv_find(h.data, h.len, path, 2, &tlv), 0);
    assert_int_equal(tlv.len, 9);
    assert_int_equal(ssc_tlv_find(h.data, h.len, absent, 3, &tlv), SSC_E_FILE_UNKNOWN);
    assert_int_equal(ssc_tlv_find(h.data, h.len, path, 0, &tlv), SSC_E_FILE_UNKNOWN);
    h = hex("6F05 A503 500941");
    assert_int_equal(ssc_tlv_find(h.data, h.len, absent, 3, &tlv), SSC_E_BAD_RESPONSE);
}

static void put_uses_the_shortest_length(void **state)
{
    (void)state;
    static const struct {
        uint32_t tag;
        size_t len;
        const char *head;
    } rows[] = {{0x84, 0, "8400"},
                {0x84, 127, "847F"},
                {0x84, 128, "848180"},
                {0x9F0C, 255, "9F0C81FF"},
                {0x9F8102, 256, "9F8102820100"},
                {0x84, 65535, "8482FFFF"},
                {0x84, 65536, "8483010000"}};
    static uint8_t value[65536], out[65536 + 8];
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ssc_writer w = ssc_writer(out, sizeof out);
        struct hex head = hex(rows[i].head);
        struct ssc_tlv tlv;
        size_t pos = 0;
        ssc_tlv_put(&w, rows[i].tag, value, rows[i].len);
        assert_false(w.full);
        assert_int_equal(w.len, head.len + rows[i].len);
        assert_memory_equal(out, head.data, head.len);
        assert_int_equal(ssc_tlv_next(out, w.len, &pos, &tlv), 0);
        assert_int_equal(tlv.tag, rows[i].tag);
        assert_int_equal(tlv.len, rows[i].len);
    }
    struct ssc_writer w = ssc_writer(out, 4);
    ssc_tlv_put(&w, 0x84, value, 3);
    assert_true(w.full);
    w = ssc_writer(out, sizeof out);
    ssc_tlv_put(&w, 0x01000000, value, 3);
    assert_true(w.full);
    assert_int_equal(w.len, 0);
}

static void whole_files_split_into_records(void **state)
{
    (void)state;
    /* A real 2.0 card answering "from record 1 to the last" over its issuer data. */
    struct hex h = hex("0110511300D156000005A21472423DB8F248 020133 0304322E3000 040C9156000002511300511300DB"
                       "050420140601 060420240601 0709413231343732343234");
    static const size_t lens[] = {16, 1, 4, 12, 4, 4, 9};
    const struct ssc_file *file = ssc_file(SSC_GEN_2, SSC_APP_SSSE, 5);
    struct ssc_record record;
    size_t pos = 0;
    for (unsigned i = 0; i < COUNT(lens); i++) {
        assert_int_equal(ssc_record_next(h.data, h.len, &pos, &record), 0);
        assert_int_equal(record.tag, i + 1);
        assert_int_equal(record.len, lens[i]);
        assert_int_equal(ssc_element_by_tag(file, record.tag)->len, lens[i]);
    }
    assert_int_equal(ssc_record_next(h.data, h.len, &pos, &record), 1);
}

static void records_that_lie(void **state)
{
    (void)state;
    static const char *const lies[] = {"01", "0101", "01034142", "01FF41", "020133 03"};
    for (size_t i = 0; i < COUNT(lies); i++) {
        struct hex h = hex(lies[i]);
        uint8_t *bytes = exact(h.data, h.len);
        struct ssc_record record;
        size_t pos = 0;
        int rc;
        while ((rc = ssc_record_next(bytes, h.len, &pos, &record)) == 0) {
        }
        assert_int_equal(rc, SSC_E_BAD_RESPONSE);
        free(bytes);
    }
    struct ssc_record record;
    size_t pos = 0;
    assert_int_equal(ssc_record_next(NULL, 0, &pos, &record), 1);
}

static void fci_of_cards(void **state)
{
    (void)state;
    struct ssc_fci fci;
    struct hex h = hex(FCI_2);
    assert_int_equal(ssc_fci_parse(h.data, h.len, &fci), 0);
    assert_int_equal(fci.df_name_len, sizeof ssc_ssse_name);
    assert_memory_equal(fci.df_name, ssc_ssse_name, sizeof ssc_ssse_name);
    assert_int_equal(fci.sfi, 0x1E);
    assert_int_equal(fci.algorithm, 0);
    assert_null(fci.issuer);

    h = hex(FCI_3);
    assert_int_equal(ssc_fci_parse(h.data, h.len, &fci), 0);
    assert_int_equal(fci.sfi, 0x1E);
    assert_int_equal(fci.algorithm, 3);
    assert_bytes(fci.issuer, fci.issuer_len, "860103");

    h = hex("6F10840E315041592E5359532E4444463031"); /* the bank's directory */
    assert_int_equal(ssc_fci_parse(h.data, h.len, &fci), 0);
    assert_memory_equal(fci.df_name, "1PAY.SYS.DDF01", 14);
    assert_int_equal(fci.sfi, -1);
}

static void fci_of_a_purse(void **state)
{
    (void)state;
    /* 9F0C of a bank card is 30 plain bytes, and 86 01 03 among them names no algorithm. */
    struct ssc_fci fci;
    struct hex h =
        hex("6F2A8405A000000001A5219F0C1E86010311111111111111111111111111111111111111111111111111111111");
    assert_int_equal(ssc_fci_parse(h.data, h.len, &fci), 0);
    assert_int_equal(fci.algorithm, 0);
    assert_int_equal(fci.issuer_len, 30);
    h = hex("6F0E 8402AABB A508 BF0C05 9F0C02 1122");
    assert_int_equal(ssc_fci_parse(h.data, h.len, &fci), 0);
    assert_bytes(fci.issuer, fci.issuer_len, "1122");
}

static void odd_fci(void **state)
{
    (void)state;
    struct ssc_fci fci;
    assert_int_equal(ssc_fci_parse(NULL, 0, &fci), 0);
    assert_int_equal(fci.sfi, -1);
    struct hex h = hex("840F7378312E73682EC9E7BBE1B1A3D5CF"); /* no template */
    assert_int_equal(ssc_fci_parse(h.data, h.len, &fci), SSC_E_BAD_RESPONSE);
    h = hex("6F04 A502 8800"); /* empty SFI */
    assert_int_equal(ssc_fci_parse(h.data, h.len, &fci), 0);
    assert_int_equal(fci.sfi, -1);
    h = hex("6F08 A506 9F0C03 860104"); /* algorithm 4 */
    assert_int_equal(ssc_fci_parse(h.data, h.len, &fci), 0);
    assert_int_equal(fci.algorithm, 0);
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    struct hex h = hex(FCI_3);
    for (size_t len = 0; len < h.len; len++) {
        uint8_t *bytes = exact(h.data, len);
        struct ssc_fci fci;
        assert_int_equal(ssc_fci_parse(bytes, len, &fci), len == 0 ? 0 : SSC_E_BAD_RESPONSE);
        free(bytes);
    }
    /* inner lengths that lie while the outer ones hold */
    for (size_t i = 2; i < h.len; i++) {
        for (unsigned v = 0; v <= 0xFF; v++) {
            uint8_t *bytes = exact(h.data, h.len);
            struct ssc_fci fci;
            bytes[i] = (uint8_t)v;
            int rc = ssc_fci_parse(bytes, h.len, &fci);
            assert_true(rc == 0 || rc == SSC_E_BAD_RESPONSE);
            free(bytes);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_of_one_to_three_bytes),
        cmocka_unit_test(lengths_in_every_form),
        cmocka_unit_test(lies_are_refused),
        cmocka_unit_test(position_stays_on_a_lie),
        cmocka_unit_test(find_by_path),
        cmocka_unit_test(put_uses_the_shortest_length),
        cmocka_unit_test(whole_files_split_into_records),
        cmocka_unit_test(records_that_lie),
        cmocka_unit_test(fci_of_cards),
        cmocka_unit_test(fci_of_a_purse),
        cmocka_unit_test(odd_fci),
        cmocka_unit_test(cut_at_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
