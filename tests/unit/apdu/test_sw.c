/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hex.h"

#include "apdu/sw.h"

static void meaning_depends_on_the_command(void **state)
{
    (void)state;
    static const struct {
        uint16_t sw;
        uint8_t cla, ins;
        const char *name;
    } rows[] = {
        {0x9000, 0x00, 0xA4, "ok"},           {0x6110, 0x80, 0x54, "more_data"},
        {0x6C12, 0x00, 0xB2, "wrong_le"},     {0x6A82, 0x00, 0xA4, "file_not_found"},
        {0x6A81, 0x00, 0xA4, "card_blocked"}, {0x6A81, 0x80, 0x50, "function"},
        {0x63C3, 0x00, 0x20, "pin_wrong"},    {0x63C0, 0x00, 0x20, "pin_locked_now"},
        {0x63C3, 0x00, 0x82, "auth_failed"},  {0x63C3, 0x00, 0xDA, "tries_left"},
        {0x6983, 0x00, 0x20, "pin_locked"},   {0x6983, 0x00, 0x82, "key_locked"},
        {0x6A80, 0xBF, 0xDE, "key_level"},    {0x6A80, 0x00, 0xDC, "data"},
        {0x9302, 0xB0, 0x2C, "mac1_wrong"},   {0x9302, 0x80, 0x72, "mac2_wrong"},
        {0x63CF, 0x80, 0x72, "mac2_wrong"},   {0x9302, 0x84, 0x24, "mac"},
        {0x6581, 0xB0, 0x2C, "debit_memory"}, {0x6581, 0x00, 0xDC, "memory"},
        {0x1234, 0x00, 0xA4, "unknown"},      {0x9405, 0x00, 0xA4, "unknown"},
        {0x63B0, 0x00, 0x20, "unknown"},      {0x0000, 0x00, 0x00, "unknown"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(ssc_sw_text(rows[i].sw, rows[i].cla, rows[i].ins).name, rows[i].name);
    }
}

static void every_status_word_has_texts(void **state)
{
    (void)state;
    for (unsigned sw = 0; sw <= 0xFFFF; sw++) {
        struct ssc_sw_text text = ssc_sw_text((uint16_t)sw, 0xB0, 0x2C);
        assert_true(text.name && text.name[0] && text.en && text.en[0] && text.zh && text.zh[0]);
    }
}

static void tries(void **state)
{
    (void)state;
    assert_int_equal(ssc_sw_tries(0x63C0), 0);
    assert_int_equal(ssc_sw_tries(0x63CF), 15);
    assert_int_equal(ssc_sw_tries(0x63D0), -1);
    assert_int_equal(ssc_sw_tries(0x6300), -1);
    assert_int_equal(ssc_sw_tries(0x6983), -1);
    assert_int_equal(ssc_sw_tries(0x9000), -1);
}

/* Money: only these twelve, nothing else. A status word wrongly added here makes a debit look undone. */
static void definite_refusals(void **state)
{
    (void)state;
    static const uint16_t refused[] = {0x6700, 0x6901, 0x6982, 0x6985, 0x6A86, 0x6D00,
                                       0x6E00, 0x9302, 0x9303, 0x9401, 0x9402, 0x9403};
    unsigned count = 0;
    for (unsigned sw = 0; sw <= 0xFFFF; sw++) {
        count += ssc_sw_definitely_refused((uint16_t)sw);
    }
    assert_int_equal(count, COUNT(refused));
    for (size_t i = 0; i < COUNT(refused); i++) {
        assert_true(ssc_sw_definitely_refused(refused[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meaning_depends_on_the_command),
        cmocka_unit_test(every_status_word_has_texts),
        cmocka_unit_test(tries),
        cmocka_unit_test(definite_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
