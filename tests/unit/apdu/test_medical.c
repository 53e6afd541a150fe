/* SPDX-License-Identifier: Apache-2.0 */
/* The medical account: commands, answers, records, and the messages that are signed. */
#include "tests/unit/apdu/vectors.h"

#include <stdlib.h>

#include "apdu/error.h"
#include "apdu/ssc.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- messages, written out by hand ---- */

static const struct ssc_key dlk = {
    .alg = SSC_ALG_3DES,
    .len = 16,
    .bytes = {1, 35, 69, 103, 137, 171, 205, 239, 254, 220, 186, 152, 118, 84, 50, 16}};

static struct ssc_medical_load load_sample(void)
{
    return (struct ssc_medical_load){.key_index = 1,
                                     .amount = 12345,
                                     .terminal = {0x41, 0x01, 0x00, 0x81, 0x34, 0x75},
                                     .type = SSC_TXN_LOAD,
                                     .host_time = {0x20, 0x24, 0x03, 0x15, 0x09, 0x30, 0x15},
                                     .balance = 1000,
                                     .seq = 0x0102,
                                     .random = {0xA1, 0xB2, 0xC3, 0xD4}};
}

static void want_mac(const struct ssc_key *key, const char *message, const uint8_t got[4])
{
    struct hex m = hex(message);
    uint8_t want[4];

    assert_int_equal(ssc_mac4(key, m.b, m.len, want), 0);
    assert_memory_equal(got, want, 4);
}

static void test_load_messages(void **state)
{
    struct ssc_medical_load l = load_sample();
    struct ssc_key session, want, tac_key;
    uint8_t mac[4];

    (void)state;
    for (int alg = SSC_ALG_3DES; alg <= SSC_ALG_SM4; alg += SSC_ALG_SM4 - SSC_ALG_3DES) {
        struct ssc_key key = dlk;

        key.alg = (enum ssc_algorithm)alg;
        assert_int_equal(ssc_medical_load_session(&key, &l, &session), 0);
        assert_int_equal(ssc_session_key(&key, hex("A1B2C3D401028000").b, 8, &want), 0);
        assert_memory_equal(session.bytes, want.bytes, sizeof want.bytes);
        assert_int_equal(ssc_medical_load_mac1(&session, &l, mac), 0);
        want_mac(&session, "000003E8 00003039 31 410100813475", mac);
        assert_int_equal(ssc_medical_load_mac2(&session, &l, mac), 0);
        want_mac(&session, "00003039 31 410100813475 20240315093015", mac);
        assert_int_equal(ssc_medical_load_tac(&key, &l, mac), 0);
        assert_int_equal(ssc_tac_key(&key, &tac_key), 0);
        want_mac(&tac_key, "00003421 0103 00003039 31 410100813475 20240315093015", mac);
    }
}

static void test_load_tac_of_an_impossible_load(void **state)
{
    struct ssc_medical_load l = load_sample();
    uint8_t tac[4];

    (void)state;
    l.balance = UINT32_MAX - l.amount;
    assert_int_equal(ssc_medical_load_tac(&dlk, &l, tac), 0);
    l.balance++;
    assert_int_equal(ssc_medical_load_tac(&dlk, &l, tac), SSC_E_INVALID_ARGUMENT);
    l = load_sample();
    l.seq = UINT16_MAX;
    assert_int_equal(ssc_medical_load_tac(&dlk, &l, tac), SSC_E_INVALID_ARGUMENT);
}

/* ---- commands, byte for byte ---- */

static const uint8_t eight[8] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t factors[3][8] = {{0x86, 0x97, 0x15, 0x99, 0x00, 0xBF, 0x7C, 0x7A},
                                      {0x36, 0x33, 0x39, 0x39, 0x30, 0x30, 0x73, 0x78},
                                      {0x36, 0x33, 0x30, 0x30, 0x30, 0x30, 0x73, 0x68}};
#define CARD "8697159900BF7C7A"
#define CITY "3633393930307378"
#define PROVINCE "3633303030307368"

static void test_medical_commands(void **state)
{
    struct ssc_medical_purchase p = {.key_index = 1,
                                     .amounts = {0x01020304, 0x11121314, 0x21222324},
                                     .terminal = {0x41, 0x01, 0x00, 0x81, 0x34, 0x75},
                                     .datetime = {0x20, 0x15, 0x11, 0x18, 0x18, 0x50, 0x01},
                                     .type = SSC_TXN_SETTLE,
                                     .terminal_seq = {0, 0, 0, 0x0A},
                                     .mac1 = {0x26, 0xC3, 0xA0, 0x53},
                                     .seq = 5,
                                     .key_version = 2,
                                     .algorithm = 3,
                                     .random = {0xE3, 0xF5, 0x0E, 0x75}};
    struct ssc_medical_load l = load_sample();
    struct ssc_command_buf b;

    (void)state;
    memcpy(l.mac2, eight, 4);
    ssc_cmd_init_purchase(&b, &p);
    assert_command(&b, hex("B028010113 01 01020304 11121314 21222324 410100813475 16"));
    ssc_cmd_debit(&b, &p);
    assert_command(&b, hex("B02C01000F 0000000A 20151118185001 26C3A053 08"));
    ssc_cmd_init_load(&b, &l);
    assert_command(&b, hex("B02800010B 01 00003039 410100813475 10"));
    ssc_cmd_credit(&b, &l);
    assert_command(&b, hex("B02A00000B 20240315093015 01020304 04"));
    ssc_cmd_medical_balance(&b, 1);
    assert_command(&b, hex("B026000104"));
    ssc_cmd_medical_balance(&b, 3);
    assert_command(&b, hex("B026000306"));
    ssc_cmd_medical_proof(&b, SSC_TXN_SETTLE, 0x0006);
    assert_command(&b, hex("B02E003202000608"));
    ssc_cmd_psam_init_purchase(&b, &p, factors, 3);
    assert_command(
        &b,
        hex("8070010034 E3F50E75 0005 01020304 11121314 21222324 32 20151118185001 02 03" CARD CITY PROVINCE
            "08"));
    ssc_cmd_psam_init_purchase(&b, &p, NULL, 0);
    assert_command(&b, hex("807001001C E3F50E75 0005 01020304 11121314 21222324 32 20151118185001 02 03 08"));
    ssc_cmd_psam_credit(&b, eight);
    assert_command(&b, hex("807200000401020304"));
}

/* ---- answers ---- */

/* An answer of exactly `len` bytes in a block of its own, so that a byte read beyond it is found. */
static struct ssc_response answer(const char *text)
{
    struct hex h = hex(text);
    uint8_t *data = malloc(h.len > 0 ? h.len : 1);

    assert_non_null(data);
    memcpy(data, h.b, h.len);
    return (struct ssc_response){.data = data, .cap = h.len, .len = h.len, .sw = 0x9000};
}

static void test_answers(void **state)
{
    struct ssc_medical_purchase p = {.key_index = 9};
    struct ssc_medical_load l = {.key_index = 9};
    struct ssc_response r = answer("00002A30 00000102 00000304 2024 0005 01 03 E3F50E75");
    uint8_t first[4], second[4];
    uint32_t amount = 0;
    unsigned year = 1;

    (void)state;
    assert_int_equal(ssc_rsp_init_purchase(&r, &p), 0);
    assert_int_equal(p.key_index, 9);
    assert_int_equal(p.balance, 0x2A30);
    assert_int_equal(p.year_self_pay, 0x102);
    assert_int_equal(p.year_pooled, 0x304);
    assert_bytes(p.year, 2, hex("2024"));
    assert_int_equal(p.seq, 5);
    assert_int_equal(p.key_version, 1);
    assert_int_equal(p.algorithm, 3);
    assert_bytes(p.random, 4, hex("E3F50E75"));
    free(r.data);

    r = answer("FFFFFFFF 0102 01 02 E3F50E75 0A0B0C0D");
    assert_int_equal(ssc_rsp_init_load(&r, &l), 0);
    assert_int_equal(l.balance, UINT32_MAX);
    assert_int_equal(l.seq, 0x0102);
    assert_int_equal(l.key_version, 1);
    assert_int_equal(l.algorithm, 2);
    assert_bytes(l.random, 4, hex("E3F50E75"));
    assert_bytes(l.mac1, 4, hex("0A0B0C0D"));
    free(r.data);

    r = answer("0102030405060708");
    assert_int_equal(ssc_rsp_debit(&r, first, second), 0);
    assert_bytes(first, 4, hex("01020304"));
    assert_bytes(second, 4, hex("05060708"));
    assert_int_equal(ssc_rsp_proof(&r, second, first), 0);
    assert_bytes(second, 4, hex("01020304"));
    assert_int_equal(ssc_rsp_psam_init_purchase(&r, first, second), 0);
    assert_bytes(first, 4, hex("01020304"));
    free(r.data);

    r = answer("00002A30");
    assert_int_equal(ssc_rsp_credit(&r, first), 0);
    assert_bytes(first, 4, hex("00002A30"));
    assert_int_equal(ssc_rsp_medical_balance(&r, 1, &amount, &year), 0);
    assert_int_equal(amount, 0x2A30);
    assert_int_equal(year, 0);
    assert_int_equal(ssc_rsp_medical_balance(&r, 2, &amount, &year), SSC_E_BAD_RESPONSE);
    free(r.data);

    r = answer("00000000 1999");
    assert_int_equal(ssc_rsp_medical_balance(&r, 2, &amount, &year), 0);
    assert_int_equal(year, 1999);
    free(r.data);

    r = answer("00002A31 2026");
    assert_int_equal(ssc_rsp_medical_balance(&r, 3, &amount, &year), 0);
    assert_int_equal(amount, 0x2A31);
    assert_int_equal(year, 2026);
    assert_int_equal(ssc_rsp_medical_balance(&r, 1, &amount, &year), SSC_E_BAD_RESPONSE);
    free(r.data);
}

static void test_year_that_is_not_bcd(void **state)
{
    static const char *const bad[] = {"00000001A026", "000000012A26", "0000000120A6", "00000001202A",
                                      "00000001FFFF", "0000000120FF", "00000001202F"};
    uint32_t amount = 0;
    unsigned year = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct ssc_response r = answer(bad[i]);

        assert_int_equal(ssc_rsp_medical_balance(&r, 2, &amount, &year), SSC_E_BAD_RESPONSE);
        free(r.data);
    }
}

/* Every other length of every answer. */
static void test_answers_of_the_wrong_length(void **state)
{
    struct ssc_medical_purchase p;
    struct ssc_medical_load l;
    uint8_t a[4], c[4];
    uint32_t amount = 0;
    unsigned year = 0;

    (void)state;
    for (size_t len = 0; len <= 64; len++) {
        struct ssc_response r = {.data = calloc(1, len > 0 ? len : 1), .cap = len, .len = len, .sw = 0x9000};

        assert_non_null(r.data);
        assert_int_equal(ssc_rsp_init_purchase(&r, &p), len == 22 ? 0 : SSC_E_BAD_RESPONSE);
        assert_int_equal(ssc_rsp_init_load(&r, &l), len == 16 ? 0 : SSC_E_BAD_RESPONSE);
        assert_int_equal(ssc_rsp_debit(&r, a, c), len == 8 ? 0 : SSC_E_BAD_RESPONSE);
        assert_int_equal(ssc_rsp_proof(&r, a, c), len == 8 ? 0 : SSC_E_BAD_RESPONSE);
        assert_int_equal(ssc_rsp_psam_init_purchase(&r, a, c), len == 8 ? 0 : SSC_E_BAD_RESPONSE);
        assert_int_equal(ssc_rsp_credit(&r, a), len == 4 ? 0 : SSC_E_BAD_RESPONSE);
        assert_int_equal(ssc_rsp_medical_balance(&r, 1, &amount, &year), len == 4 ? 0 : SSC_E_BAD_RESPONSE);
        assert_int_equal(ssc_rsp_medical_balance(&r, 2, &amount, &year), len == 6 ? 0 : SSC_E_BAD_RESPONSE);
        free(r.data);
    }
}

static void test_records(void **state)
{
    struct hex full = hex("0005 32 410100813475 20151118185001 00000000 00002710 00001F40");
    uint8_t data[64] = {0};
    struct ssc_medical_record record;

    (void)state;
    assert_int_equal(ssc_medical_record_parse(full.b, full.len, &record), 0);
    assert_int_equal(record.seq, 5);
    assert_int_equal(record.type, SSC_TXN_SETTLE);
    assert_bytes(record.terminal, 6, hex("410100813475"));
    assert_bytes(record.datetime, 7, hex("20151118185001"));
    assert_int_equal(record.amounts.account, 0);
    assert_int_equal(record.amounts.self_pay, 10000);
    assert_int_equal(record.amounts.pooled, 8000);
    assert_false(record.account_only);
    full.b[19] = 7;
    assert_int_equal(ssc_medical_record_parse(full.b, 20, &record), 0);
    assert_true(record.account_only);
    assert_int_equal(record.amounts.account, 7);
    assert_int_equal(record.amounts.self_pay, 0);
    assert_int_equal(record.amounts.pooled, 0);
    for (size_t len = 0; len <= sizeof data; len++) {
        assert_int_equal(ssc_medical_record_parse(data, len, &record),
                         len == 20 || len == 28 ? 0 : SSC_E_BAD_RESPONSE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load_messages),
        cmocka_unit_test(test_load_tac_of_an_impossible_load),
        cmocka_unit_test(test_medical_commands),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_year_that_is_not_bcd),
        cmocka_unit_test(test_answers_of_the_wrong_length),
        cmocka_unit_test(test_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
