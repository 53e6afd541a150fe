/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hex.h"

#include "apdu/error.h"

static void every_row_is_whole(void **state)
{
    (void)state;
    unsigned count;
    const struct ssc_error_info *rows = ssc_error_table(&count);
    assert_true(count > 60);
    for (unsigned i = 0; i < count; i++) {
        assert_true(rows[i].code < 0);
        assert_true(rows[i].national < 0);
        assert_memory_equal(rows[i].name, "SSC_E_", 6);
        const char *texts[] = {rows[i].symbol, rows[i].en, rows[i].zh, rows[i].remedy_en, rows[i].remedy_zh};
        for (size_t t = 0; t < COUNT(texts); t++) {
            assert_non_null(texts[t]);
            assert_true(strlen(texts[t]) > 3);
        }
        assert_int_equal(strspn(rows[i].symbol, "abcdefghijklmnopqrstuvwxyz_0123456789"),
                         strlen(rows[i].symbol));
        assert_true((unsigned char)rows[i].zh[0] >= 0x80 || strchr(rows[i].zh, (char)0xE5) ||
                    strpbrk(rows[i].zh, "\xE4\xE5\xE6\xE7\xE8\xE9"));
    }
}

static void numbers_and_symbols_are_unique(void **state)
{
    (void)state;
    unsigned count;
    const struct ssc_error_info *rows = ssc_error_table(&count);
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = i + 1; j < count; j++) {
            assert_int_not_equal(rows[i].code, rows[j].code);
            assert_string_not_equal(rows[i].symbol, rows[j].symbol);
        }
        assert_ptr_equal(ssc_error_info(rows[i].code), &rows[i]);
        assert_ptr_equal(ssc_error_by_symbol(rows[i].symbol), &rows[i]);
    }
}

static void status_words_find_their_row(void **state)
{
    (void)state;
    assert_int_equal(ssc_error_info(0x6A82)->code, SSC_E_CARD_STATUS);
    assert_int_equal(ssc_error_info(0x9401)->code, SSC_E_INSUFFICIENT_FUNDS);
    assert_int_equal(ssc_error_info(0x9302)->code, SSC_E_BAD_MAC);
    assert_int_equal(ssc_error_info(0x9303)->code, SSC_E_CARD_BLOCKED);
    assert_int_equal(ssc_error_info(0x6983)->code, SSC_E_CARD_STATUS);
}

static void strangers_are_internal(void **state)
{
    (void)state;
    assert_int_equal(ssc_error_info(-999999)->code, SSC_E_INTERNAL);
    assert_int_equal(ssc_error_info(0)->code, SSC_E_INTERNAL);
    assert_null(ssc_error_by_symbol("no_such_symbol"));
}

static void national_codes(void **state)
{
    (void)state;
    assert_int_equal(ssc_error_national(0), 0);
    assert_int_equal(ssc_error_national(0x6982), -27010);
    assert_int_equal(ssc_error_national(0x63C0), -25536);
    assert_int_equal(ssc_error_national(0x9403), -37891);
    assert_int_equal(ssc_error_national(SSC_E_NO_CARD), -2);
    assert_int_equal(ssc_error_national(SSC_E_NOT_GENUINE), -21);
    assert_int_equal(ssc_error_national(SSC_E_PIN_WRONG), -51);
    assert_int_equal(ssc_error_national(SSC_E_PIN_LOCKED), -52);
    assert_int_equal(ssc_error_national(SSC_E_NO_PSAM), -2201);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(numbers_and_symbols_are_unique),
        cmocka_unit_test(status_words_find_their_row),
        cmocka_unit_test(strangers_are_internal),
        cmocka_unit_test(national_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
