/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/shim/args.h"

#include "apdu/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ID "639900D15600000500BF7C7A48FB4966"

static void test_card(void **state)
{
    (void)state;
    struct ssc_shim_card card;
    static const char *const good[] = {ID "|X00000019|", ID "|X00000019", ID "||", ID "|", ID};
    static const char *const bad[] = {"",
                                      "|",
                                      ID "0|X00000019|",
                                      ID "|X0000001|",
                                      ID "|x00000019|",
                                      ID "|X00000019|1",
                                      ID "|X00000019||",
                                      ID "|X00000019|$",
                                      "G39900D15600000500BF7C7A48FB4966||"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(ssc_shim_parse_card(good[i], &card), 0);
        assert_string_equal(card.id, ID);
        assert_string_equal(card.number, i < 2 ? "X00000019" : "");
    }
    assert_int_equal(ssc_shim_parse_card("639900d15600000500bf7c7a48fb4966|X00000019|", &card), 0);
    assert_string_equal(card.id, ID);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(ssc_shim_parse_card(bad[i], &card), SSC_E_INVALID_ARGUMENT);
    }
}

static void test_addr(void **state)
{
    (void)state;
    static struct ssc_shim_addr a;
    assert_int_equal(
        ssc_shim_parse_addr("SSSEEF06|08|09|$df01ef15|2a|40:2|40:02|$DF04EF08:01$DF04EF08|01|$MFEF05$", &a),
        0);
    assert_int_equal(a.count, 5);
    assert_string_equal(a.files[1].name, "DF01EF15");
    assert_int_equal(a.files[1].first, 2);
    assert_int_equal(a.files[1].count, 3);
    assert_int_equal(a.items[2].tag, 0x2A);
    assert_int_equal(a.items[3].tag, 0x40);
    assert_int_equal(a.items[3].nth, 2);
    assert_int_equal(a.items[4].nth, 2);
    assert_int_equal(a.files[2].record, 1);
    assert_int_equal(a.files[2].count, 0);
    assert_int_equal(a.files[3].record, 0);
    assert_int_equal(a.files[3].count, 1);
    assert_string_equal(a.files[4].name, "MFEF05");
    assert_int_equal(ssc_shim_parse_addr("DF01EF05", &a), 0); /* neither '|' nor '$' at the end */
    assert_int_equal(ssc_shim_parse_addr("DF01EF05|20", &a), 0);
    assert_int_equal(a.used, 1);
}

static void repeat(char text[4096], const char *first, const char *part, int times)
{
    int n = snprintf(text, 4096, "%s", first);
    for (int i = 0; i < times; i++) {
        n += snprintf(text + n, 4096 - (size_t)n, "%s", part);
    }
}

/* As much as there is room for, and one more. */
static void test_addr_limits(void **state)
{
    (void)state;
    static struct ssc_shim_addr a;
    static char text[4096];
    for (int more = 0; more <= 1; more++) {
        repeat(text, "", "DF01EF05$", SSC_SHIM_FILES + more);
        assert_int_equal(ssc_shim_parse_addr(text, &a), more ? SSC_E_INVALID_ARGUMENT : 0);
        repeat(text, "DF01EF05|", "20|", SSC_SHIM_ITEMS + more);
        assert_int_equal(ssc_shim_parse_addr(text, &a), more ? SSC_E_INVALID_ARGUMENT : 0);
    }
}

static void test_values(void **state)
{
    (void)state;
    struct ssc_shim_values v;
    static const char *const bad[] = {"",           "$",       "DF01EF05",   "DF01EF05|",
                                      "DF01EF05|$", "DF0|1|$", "DF01XX05|1|"};
    assert_int_equal(ssc_shim_parse_values("df01ef05|a b||c^d|$DF01EF06|x|$", &v), 0);
    assert_string_equal(v.file, "DF01EF05");
    assert_int_equal(v.count, 3);
    assert_int_equal(v.item[0].len, 3);
    assert_int_equal(v.item[1].len, 0);
    assert_memory_equal(v.item[2].at, "c^d", 3);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(ssc_shim_parse_values(bad[i], &v), SSC_E_INVALID_ARGUMENT);
    }
}

static void test_pay(void **state)
{
    (void)state;
    struct ssc_shim_pay p;
    static const struct {
        const char *text;
        int64_t first, second;
    } good[] = {{"1|0.1|20260228235959|", 100, 10},
                {"0.05|00000000.50|20240229000000", 5, 50},
                {"42949672.95|42949672.9|20260101000000|", 4294967295, 4294967290}};
    static const char *const bad[] = {"",
                                      "|",
                                      "1|1|",
                                      "1|1|2026010100000|",
                                      "1|1|20260229000000|",
                                      "1|1|20260101240000|",
                                      "1||20260101000000|",
                                      "1.|1|20260101000000|",
                                      "+1|1|20260101000000|",
                                      "123456789|1|20260101000000|",
                                      "42949672.96|1|20260101000000|",
                                      "1.234|1|20260101000000|",
                                      "1|1|20260101000000|$",
                                      "1 |1|20260101000000|"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(ssc_shim_parse_pay(good[i].text, &p), 0);
        assert_int_equal(p.first, good[i].first);
        assert_int_equal(p.second, good[i].second);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(ssc_shim_parse_pay(bad[i], &p), SSC_E_INVALID_ARGUMENT);
    }
}

#define PAIR "fe96b58cedd628790102030405060708"

static void test_keys(void **state)
{
    (void)state;
    struct ssc_shim_pairs p;
    char hex[19];
    const char *value;
    size_t len;
    assert_int_equal(ssc_shim_parse_pairs(PAIR "|" PAIR "|", 2, &p), 0);
    assert_int_equal(p.count, 2);
    assert_string_equal(p.auth[1], "FE96B58CEDD62879");
    assert_string_equal(p.original[1], "0102030405060708");
    assert_int_equal(ssc_shim_parse_pairs(PAIR "||", 2, &p), 0);
    assert_string_equal(p.auth[1], "");
    assert_int_equal(ssc_shim_parse_pairs(PAIR, 1, &p), 0);
    assert_int_equal(ssc_shim_parse_pairs(PAIR "|", 1, &p), 0);
    assert_int_equal(ssc_shim_parse_pairs(PAIR "|" PAIR, 1, &p), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_shim_parse_pairs(PAIR "|" PAIR "|" PAIR, 2, &p), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_shim_parse_pairs("|" PAIR, 2, &p), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_shim_parse_pairs(PAIR "$", 2, &p), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_shim_parse_pairs("", 2, &p), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_shim_parse_hex("842400000407abcdef", 18, hex), 0);
    assert_string_equal(hex, "842400000407ABCDEF");
    assert_int_equal(ssc_shim_parse_hex("842400000407abcdef|", 18, hex), 0);
    assert_int_equal(ssc_shim_parse_hex("842400000407abcdef||", 18, hex), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_shim_parse_hex("842400000407abcde", 18, hex), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_shim_parse_hex("842400000407abcdeg", 18, hex), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_shim_named_item("a|mac1|b|", "1|22|333|", "mac1", &value, &len), 0);
    assert_int_equal(len, 2);
    assert_memory_equal(value, "22", 2);
    assert_int_equal(ssc_shim_named_item("a|mac1|b|", "1|22|", "b", &value, &len), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_shim_named_item("a|mac1|b|", "1|22|333|", "mac", &value, &len),
                     SSC_E_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_card),   cmocka_unit_test(test_addr), cmocka_unit_test(test_addr_limits),
        cmocka_unit_test(test_values), cmocka_unit_test(test_pay),  cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
