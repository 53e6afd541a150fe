/* SPDX-License-Identifier: Apache-2.0 */
/* Identity and a debit on one reader with card and PSAM: through our driver at each level of exchange, and
 * through a real pcscd with libccid and with our handler, on the same device. */
#include "ccid_bed.h"
#include "counter.h"
#include "drivers/pcsc.h"
#include "pcscd.h"

#include <stdlib.h>
#include <unistd.h>

enum { LONG = 10000 };

static struct test_pcscd *pcscd;

static struct device_config two_slots(enum device_level level)
{
    struct device_config config = device_default(level);
    config.slots = 2;
    return config;
}

static void load(uint8_t ifsc)
{
    static char card[IMAGE_MAX], psam[IMAGE_MAX];
    assert_int_equal(device_insert(reader, 0, image_card("ssc-3.0", 0, ifsc, card)), 0);
    assert_int_equal(device_insert(reader, 1, image_card("psam", 0, ifsc, psam)), 0);
}

/* Drivers name the reader as they like; all of them say its serial number. */
static void serve(void)
{
    struct counter_result result;
    const int rc = counter_serve(driver, "000001", &result, ssc_deadline(LONG));
    if (rc != 0) {
        fail_msg("%s: %d", result.step, rc);
    }
    assert_string_equal(result.citizen_id, "111111198101011110");
    assert_true(result.genuine);
    assert_int_equal(result.before - result.after, 100);
}

static void straight(enum device_level level, uint8_t ifsc)
{
    const struct device_config config = two_slots(level);
    bed_up(&config, NULL);
    load(ifsc);
    serve();
}

static void short_apdu(void **state)
{
    (void)state;
    straight(LEVEL_SHORT, 0);
}

static void extended_apdu_t1(void **state)
{
    (void)state;
    straight(LEVEL_EXTENDED, 254);
}

static void tpdu_t0(void **state)
{
    (void)state;
    straight(LEVEL_TPDU, 0);
}

static void tpdu_t1(void **state)
{
    (void)state;
    straight(LEVEL_TPDU, 32);
}

static void characters_t0(void **state)
{
    (void)state;
    straight(LEVEL_CHARACTER, 0);
}

static void characters_t1(void **state)
{
    (void)state;
    straight(LEVEL_CHARACTER, 64);
}

/* ---- pcscd ---- */

static void through_pcscd(enum device_level level, uint8_t ifsc, bool ours)
{
    struct device_config config = two_slots(level);
    if (ours) { /* libccid does not know it */
        config.vendor = 0x1D99;
        config.product = 0x0016;
    }
    if (!test_pcscd_installed()) {
        skip();
    }
    bed = bed_new();
    reader = device_new(&config);
    load(ifsc);
    bed_plug(bed, 1, reader);
    pcscd = test_pcscd_new(NULL, 0);
    if (ours) { /* as udev's rules would bind it */
        test_pcscd_entry(pcscd, "000001", "usb:1d99/0016:libudev:0:/dev/bus/usb/001/002",
                         SSC_TEST_CCID_HANDLER);
    }
    test_pcscd_start(pcscd);
    assert_int_equal(ssc_pcsc_driver_new(&driver), 0);
    serve();
}

static int all_down(void **state)
{
    ssc_driver_free(&driver);
    test_pcscd_free(&pcscd);
    return bed_down(state);
}

static void libccid_short_apdu(void **state)
{
    (void)state;
    if (access("/usr/lib/pcsc/drivers/ifd-ccid.bundle", F_OK) != 0) {
        skip();
    }
    through_pcscd(LEVEL_SHORT, 0, false);
}

static void libccid_tpdu_t1(void **state)
{
    (void)state;
    if (access("/usr/lib/pcsc/drivers/ifd-ccid.bundle", F_OK) != 0) {
        skip();
    }
    through_pcscd(LEVEL_TPDU, 32, false);
}

static void handler_short_apdu(void **state)
{
    (void)state;
    through_pcscd(LEVEL_SHORT, 0, true);
}

static void handler_tpdu_t1(void **state)
{
    (void)state;
    through_pcscd(LEVEL_TPDU, 32, true);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        bed_test(short_apdu),
        bed_test(extended_apdu_t1),
        bed_test(tpdu_t0),
        bed_test(tpdu_t1),
        bed_test(characters_t0),
        bed_test(characters_t1),
        cmocka_unit_test_teardown(libccid_short_apdu, all_down),
        cmocka_unit_test_teardown(libccid_tpdu_t1, all_down),
        cmocka_unit_test_teardown(handler_short_apdu, all_down),
        cmocka_unit_test_teardown(handler_tpdu_t1, all_down),
    };
    bed_enter(argv);
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("counter", tests, NULL, NULL);
}
