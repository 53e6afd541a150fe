/* SPDX-License-Identifier: Apache-2.0 */
/* Each row of quirks.def names one of these cases. */
#include "ccid_device.h"

#include "drivers/ccid/quirks.h"

static struct ssc_ccid_descriptor fast(void)
{
    return (struct ssc_ccid_descriptor){.max_rate = 344086,
                                        .default_clock_khz = 4000,
                                        .protocols = 3,
                                        .max_ifsd = 100,
                                        .max_message = 271,
                                        .level = SSC_CCID_TPDU,
                                        .features =
                                            SSC_CCID_LEVEL_TPDU | SSC_CCID_AUTO_CLOCK | SSC_CCID_AUTO_RATE,
                                        .pin_support = 3,
                                        .slots = 1};
}

/* The speed that is chosen for a card that offers 512/16 (125000 bit/s at 4 MHz). */
static uint32_t speed(const struct ssc_ccid_descriptor *d)
{
    static const struct ssc_ccid_rates no_rates;
    static const uint8_t bytes[] = {0x3B, 0x10, 0x95};
    struct ssc_ccid_choice choice;
    struct ssc_atr atr;
    assert_int_equal(ssc_atr_parse(bytes, sizeof bytes, &atr), 0);
    assert_int_equal(ssc_ccid_choose(d, &no_rates, &atr, -1, true, &choice), 0);
    return choice.rate;
}

static void oz776_stays_at_9600(void **state)
{
    static const uint16_t products[] = {0x7762, 0x7772};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct ssc_ccid_descriptor d = fast();
        assert_int_equal(speed(&d), 125000);
        assert_int_equal(ssc_ccid_quirks_apply(0x0B97, products[i], 0x0111, &d), 0);
        assert_int_equal(speed(&d), 10752);
    }
}

static void au9540_drops_what_is_too_fast(void **state)
{
    struct ssc_ccid_descriptor d = fast();
    (void)state;
    ssc_ccid_quirks_apply(0x058F, 0x9540, 0x0120, &d);
    assert_int_equal(d.max_rate, 200000);
    assert_int_equal(speed(&d), 125000);
}

static void mysmartpad_ifsd(void **state)
{
    struct ssc_ccid_descriptor d = fast();
    (void)state;
    ssc_ccid_quirks_apply(0x09BE, 0x0002, 0, &d);
    assert_int_equal(d.max_ifsd, 254);
}

static void cl1356d_settles(void **state)
{
    struct ssc_ccid_descriptor d = fast();
    (void)state;
    assert_int_equal(ssc_ccid_quirks_apply(0x0B81, 0x0200, 0, &d), 1000);
}

static void minilector_has_no_pin_pad(void **state)
{
    struct ssc_ccid_descriptor d = fast();
    (void)state;
    ssc_ccid_quirks_apply(0x25DD, 0x3111, 0x0112, &d);
    assert_int_equal(d.pin_support, 3);
    ssc_ccid_quirks_apply(0x25DD, 0x3111, 0x0111, &d);
    assert_int_equal(d.pin_support, 0);
}

static void etoken_without_ifs(void **state)
{
    struct ssc_ccid_descriptor d = fast();
    (void)state;
    ssc_ccid_quirks_apply(0x0529, 0x0620, 0x0014, &d);
    assert_false(d.features & SSC_CCID_AUTO_IFSD);
    ssc_ccid_quirks_apply(0x0529, 0x0620, 0x0012, &d);
    assert_true(d.features & SSC_CCID_AUTO_IFSD);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(oz776_stays_at_9600),       cmocka_unit_test(au9540_drops_what_is_too_fast),
    cmocka_unit_test(mysmartpad_ifsd),           cmocka_unit_test(cl1356d_settles),
    cmocka_unit_test(minilector_has_no_pin_pad), cmocka_unit_test(etoken_without_ifs),
};

static int every_row_has_its_test(void **state)
{
    size_t count;
    const struct ssc_ccid_quirk *rows = ssc_ccid_quirks(&count);
    int missing = 0;
    (void)state;
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof tests / sizeof tests[0]; k++) {
            found = found || strcmp(tests[k].name, rows[i].test) == 0;
        }
        missing += !found || !rows[i].reader[0] || !rows[i].symptom[0] || !rows[i].evidence[0];
    }
    return missing;
}

int main(void)
{
    return cmocka_run_group_tests(tests, every_row_has_its_test, NULL);
}
