/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tools/amount.h"

#include <string.h>

static void test_right(void **state)
{
    static const struct {
        const char *text;
        int64_t fen;
    } rows[] = {{"0", 0},
                {"0.01", 1},
                {"0.1", 10},
                {"12", 1200},
                {"12.5", 1250},
                {"12.50", 1250},
                {"0012.05", 1205},
                {"19.99", 1999},
                {"0.29", 29},
                {"1.15", 115},
                {"42949672.95", 4294967295},
                {"1000000.01", 100000001}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t fen = -1;
        assert_int_equal(amount_parse(rows[i].text, &fen), 0);
        assert_int_equal(fen, rows[i].fen);
    }
}

static void test_wrong(void **state)
{
    static const char *const rows[] = {
        "",      " ",           ".",           ".5",    "1.",    "-1",     "+1",           "1,50",
        "1.234", "1e3",         "0x10",        "12.5 ", " 12.5", "12.5元", "1.2.3",        "١٢",
        "１２",  "42949672.96", "99999999999", "1.-5",  "nan",   "12.5\n", "4294967295.00"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t fen = 4711;
        if (amount_parse(rows[i], &fen) == 0) {
            fail_msg("accepted: \"%s\"", rows[i]);
        }
        assert_int_equal(fen, 4711);
    }
}

/* Every fen up to 30 yuan, and a walk over the whole range: text and number are one to one. */
static void test_round_trip(void **state)
{
    char text[AMOUNT_TEXT];
    int64_t fen = -1;
    (void)state;
    for (int64_t n = 0; n <= UINT32_MAX; n += n < 3000 ? 1 : 104729) {
        assert_int_equal(amount_parse(amount_format(n, text), &fen), 0);
        assert_int_equal(fen, n);
    }
    assert_string_equal(amount_format(5, text), "0.05");
    assert_string_equal(amount_format(-5, text), "-0.05");
    assert_string_equal(amount_format(-1250, text), "-12.50");
    assert_string_equal(amount_format(INT64_MIN, text), "-92233720368547758.08");
}

static void test_op(void **state)
{
    char a[OP_TEXT], b[OP_TEXT];
    (void)state;
    assert_int_equal(op_generate(a), 0);
    assert_int_equal(op_generate(b), 0);
    assert_string_not_equal(a, b);
    assert_in_range(strlen(a), 16, 64);
    assert_int_equal(strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-"),
                     strlen(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_op),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
