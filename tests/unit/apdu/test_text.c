/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hex.h"

#include <stdio.h>

#include "apdu/error.h"
#include "apdu/text.h"

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *gb, *utf8;
    } rows[] = {
        {"D5C5C8FD", "张三"},
        {"", ""},
        {"41", "A"},
        {"A1A4", "·"}, /* between the parts of a name */
        {"95328236", "𠀀"},
        {"8139EE39", "㐀"},
        {"A2E3", "€"},
        {"81308533", "®"},
        {"FE51", "\xF0\xA0\x82\x87"}, /* two bytes that become four */
        {"FE52FE53FE6CFE76FE91", "\U00020089\U000200CC\U000215D7\U0002298F\U000241FE"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hex h = hex(rows[i].gb);
        char out[64];
        uint8_t back[64];
        size_t len = sizeof out, back_len = sizeof back, bad = 99;
        assert_int_equal(ssc_gb18030_to_utf8(h.data, h.len, out, &len, &bad), 0);
        assert_string_equal(out, rows[i].utf8);
        assert_int_equal(len, strlen(rows[i].utf8));
        assert_int_equal(bad, 99);
        assert_int_equal(ssc_utf8_to_gb18030(out, len, back, &back_len, &bad), 0);
        assert_int_equal(back[back_len], 0);
        assert_int_equal(ssc_gb18030_to_utf8(back, back_len, out, &len, NULL), SSC_E_BUFFER_TOO_SMALL);
        len = sizeof out;
        assert_int_equal(ssc_gb18030_to_utf8(back, back_len, out, &len, NULL), 0);
        assert_string_equal(out, rows[i].utf8);
    }
}

static void undecodable_bytes_are_reported(void **state)
{
    (void)state;
    static const struct {
        const char *gb;
        size_t bad;
    } rows[] = {
        {"D5", 0},       {"D5C5C8", 2}, {"D5C5FF", 2},     {"FFFF", 0},     {"80", 0},
        {"8130", 0},     {"813081", 0}, {"41813081", 1},   {"D520", 0},     {"D57F", 0},
        {"41420043", 2}, {"00", 0},     {"95328239FF", 4}, {"FE39FE39", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hex h = hex(rows[i].gb);
        uint8_t *bytes = exact(h.data, h.len);
        char out[64];
        size_t len = sizeof out, bad = 99;
        int rc = ssc_gb18030_to_utf8(bytes, h.len, out, &len, &bad);
        if (rc != SSC_E_BAD_TEXT || bad != rows[i].bad) {
            print_error("%s: %d, bad at %zu\n", rows[i].gb, rc, bad);
            fail();
        }
        free(bytes);
    }
}

/* Every cut of a text yields its whole characters or names the half one. */
static void half_characters(void **state)
{
    (void)state;
    struct hex h = hex("41D5C595328236C8FD");
    static const bool whole[] = {true, true, false, true, false, false, false, true, false, true};
    for (size_t len = 0; len <= h.len; len++) {
        uint8_t *bytes = exact(h.data, len);
        char out[64];
        size_t out_len = sizeof out;
        int rc = ssc_gb18030_to_utf8(bytes, len, out, &out_len, NULL);
        assert_int_equal(rc, whole[len] ? 0 : SSC_E_BAD_TEXT);
        free(bytes);
    }
}

/* Each two-byte code that decodes comes back as the same text, and the promised room is enough. */
static void all_two_byte_codes(void **state)
{
    (void)state;
    unsigned good = 0;
    for (unsigned code = 0x8100; code <= 0xFFFF; code++) {
        uint8_t in[2] = {(uint8_t)(code >> 8), (uint8_t)code}, back[8];
        char out[8], none[1], again[8];
        size_t len = sizeof out, back_len = sizeof back, enough = 0, again_len = sizeof again;
        int rc = ssc_gb18030_to_utf8(in, 2, out, &len, NULL);
        if (rc == 0) {
            good++;
            assert_int_equal(ssc_gb18030_to_utf8(in, 2, none, &enough, NULL), SSC_E_BUFFER_TOO_SMALL);
            assert_true(enough > len);
            assert_int_equal(ssc_utf8_to_gb18030(out, len, back, &back_len, NULL), 0);
            assert_int_equal(ssc_gb18030_to_utf8(back, back_len, again, &again_len, NULL), 0);
            assert_string_equal(again, out);
        } else {
            assert_int_equal(rc, SSC_E_BAD_TEXT);
        }
    }
    assert_true(good > 23000);
}

static void wrong_utf8(void **state)
{
    (void)state;
    static const char *const wrong[] = {"80", "C3", "C080", "E4BDA0E5", "EDA080", "F5808080", "FF", "410042"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct hex h = hex(wrong[i]);
        uint8_t out[32];
        size_t len = sizeof out, bad = 99;
        assert_int_equal(ssc_utf8_to_gb18030((const char *)h.data, h.len, out, &len, &bad), SSC_E_BAD_TEXT);
        assert_true(bad < h.len);
    }
}

static void room_for_text(void **state)
{
    (void)state;
    char out[7];
    uint8_t gb[5];
    struct hex h = hex("D5C5C8FD");
    for (size_t cap = 0; cap < 7; cap++) {
        size_t len = cap;
        memset(out, 0x77, sizeof out);
        assert_int_equal(ssc_gb18030_to_utf8(h.data, h.len, out, &len, NULL), SSC_E_BUFFER_TOO_SMALL);
        assert_true(len >= 7);
        for (size_t i = cap; i < sizeof out; i++) {
            assert_int_equal(out[i], 0x77);
        }
    }
    size_t len = 7;
    assert_int_equal(ssc_gb18030_to_utf8(h.data, h.len, out, &len, NULL), 0);
    assert_int_equal(len, 6);
    len = 4;
    assert_int_equal(ssc_utf8_to_gb18030("张三", 6, gb, &len, NULL), SSC_E_BUFFER_TOO_SMALL);
    assert_true(len >= 5);
    len = 0;
    assert_int_equal(ssc_utf8_to_gb18030("®", 2, gb, &len, NULL), SSC_E_BUFFER_TOO_SMALL);
    assert_true(len >= 5); /* 81308533 and the NUL */
    len = 5;
    assert_int_equal(ssc_utf8_to_gb18030("张三", 6, gb, &len, NULL), 0);
    assert_bytes(gb, len, "D5C5C8FD");
}

static void an_elements(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *text;
    } rows[] = {
        {"D5C5C8FD0000000000", "张三"},
        {"322E3000", "2.0"},
        {"332E3030", "3.00"},
        {"00000000", ""},
        {"FFFFFFFF", ""},
        {"D5C5C8FDFFFF", "张三"},
        {"41FF00FF00", "A"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hex h = hex(rows[i].hex);
        char out[32];
        size_t len = sizeof out;
        assert_int_equal(ssc_an_to_utf8(h.data, h.len, out, &len), 0);
        assert_string_equal(out, rows[i].text);
    }
    char out[32];
    size_t len = sizeof out;
    assert_int_equal(ssc_an_to_utf8((const uint8_t *)"A\0B\0", 4, out, &len), SSC_E_BAD_TEXT);
}

static void cn_elements(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *digits;
    } rows[] = {{"20140601", "20140601"},
                {"FFFFFFFF", ""},
                {"511300FFFF", "511300"},
                {"12345F", "12345"},
                {"00", "00"},
                {"", ""},
                {"1F", "1"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hex h = hex(rows[i].hex);
        char out[16];
        uint8_t back[8];
        size_t len = sizeof out;
        assert_int_equal(ssc_cn_to_digits(h.data, h.len, out, &len), 0);
        assert_string_equal(out, rows[i].digits);
        assert_int_equal(len, strlen(rows[i].digits));
        assert_int_equal(ssc_digits_to_cn(out, back, h.len), 0);
        assert_memory_equal(back, h.data, h.len);
        len = strlen(rows[i].digits);
        assert_int_equal(ssc_cn_to_digits(h.data, h.len, out, &len), SSC_E_BUFFER_TOO_SMALL);
        assert_int_equal(len, strlen(rows[i].digits) + 1);
    }
    static const char *const wrong[] = {"1A", "A1", "F1", "1FF1", "20FF01FF", "EE", "12EE"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct hex h = hex(wrong[i]);
        char out[16];
        size_t len = sizeof out;
        assert_int_equal(ssc_cn_to_digits(h.data, h.len, out, &len), SSC_E_BAD_RESPONSE);
        assert_string_equal(out, "");
    }
    uint8_t out[2];
    assert_int_equal(ssc_digits_to_cn("12345", out, 2), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_digits_to_cn("12a", out, 2), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_digits_to_cn("123", out, 2), 0);
    assert_bytes(out, 2, "123F");
}

static void dates(void **state)
{
    (void)state;
    static const char *const right[] = {"20000229", "20240229", "19000101", "29991231", "20260430"};
    static const char *const wrong[] = {"19000229", "20230229", "20260431", "20261301", "20260001",
                                        "20260100", "18991231", "30000101", "2026010",  "202601011",
                                        "2026010a", "",         "00000000", "2026 101", "-0260101"};
    for (size_t i = 0; i < COUNT(right); i++) {
        assert_true(ssc_date_valid(right[i]));
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_false(ssc_date_valid(wrong[i]));
    }
    assert_true(ssc_datetime_valid("20151118185001"));
    assert_true(ssc_datetime_valid("20151118235959"));
    static const char *const no[] = {"20151118240000",  "20151118236000", "20151118235960", "2015111823595",
                                     "201511182359590", "20150229000000", "20151118",       "2015111818500x"};
    for (size_t i = 0; i < COUNT(no); i++) {
        assert_false(ssc_datetime_valid(no[i]));
    }
}

static void citizen_ids(void **state)
{
    (void)state;
    assert_int_equal(ssc_citizen_id_check("11111119810101111"), '0');
    assert_true(ssc_citizen_id_valid("111111198101011110"));
    /* GB 11643 annex: the example of the standard */
    assert_true(ssc_citizen_id_valid("11010519491231002X"));
    static const char *const wrong[] = {"11010519491231002x",
                                        "110105194912310021",
                                        "11010519491331002X",
                                        "11010519491231002",
                                        "11010519491231002X0",
                                        "1101051949123100 X",
                                        "",
                                        "A1010519491231002X"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_false(ssc_citizen_id_valid(wrong[i]));
    }
    assert_int_equal(ssc_citizen_id_check("1101051949123100"), 0);
    char id_of_no_day[] = "11010519491331002?";
    id_of_no_day[17] = ssc_citizen_id_check(id_of_no_day);
    assert_false(ssc_citizen_id_valid(id_of_no_day));
    /* any single wrong digit is found */
    for (unsigned i = 0; i < 17; i++) {
        for (char c = '0'; c <= '9'; c++) {
            char id[] = "111111198101011110";
            bool same = id[i] == c;
            id[i] = c;
            assert_int_equal(ssc_citizen_id_valid(id), same);
        }
    }
}

static void card_numbers(void **state)
{
    (void)state;
    static const char *const right[] = {"D2143569X", "X00000019", "HA1046924"};
    for (size_t i = 0; i < COUNT(right); i++) {
        assert_true(ssc_card_number_valid(right[i]));
        assert_int_equal(ssc_card_number_check(right[i]), right[i][8]);
    }
    /* the second one is on a real card */
    static const char *const wrong[] = {"D21435690", "A21472424", "D2143569", "D2143569XX",
                                        "d2143569X", "12143569X", "",         "D2143 69X"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_false(ssc_card_number_valid(wrong[i]));
    }
    assert_int_equal(ssc_card_number_check("12143569"), 0); /* no district's letter */
    bool seen[2] = {false, false};
    for (unsigned n = 0; n < 100; n++) { /* both special remainders occur and are valid */
        char number[16];
        snprintf(number, sizeof number, "A00000%02u?", n);
        number[8] = ssc_card_number_check(number);
        assert_true(ssc_card_number_valid(number));
        seen[0] = seen[0] || number[8] == 'X';
        seen[1] = seen[1] || number[8] == '0';
    }
    assert_true(seen[0] && seen[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),           cmocka_unit_test(undecodable_bytes_are_reported),
        cmocka_unit_test(half_characters), cmocka_unit_test(all_two_byte_codes),
        cmocka_unit_test(wrong_utf8),      cmocka_unit_test(room_for_text),
        cmocka_unit_test(an_elements),     cmocka_unit_test(cn_elements),
        cmocka_unit_test(dates),           cmocka_unit_test(citizen_ids),
        cmocka_unit_test(card_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
