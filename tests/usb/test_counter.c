/* SPDX-License-Identifier: Apache-2.0 */
/* Identity and a debit on one reader with card and PSAM: through our driver at each level of exchange, and
 * through a real pcscd with libccid and with our handler, on the same device. */
#include "counter.h"
#include "pcscd_bed.h"

#include <stdlib.h>

enum { LONG = 10000 };

static struct device_config two_slots(enum device_level level)
{
    struct device_config config = device_default(level);
    config.slots = 2;
    return config;
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
    static char card[IMAGE_MAX], psam[IMAGE_MAX];
    bed_up(&config, image_card("ssc-3.0", 0, ifsc, card));
    assert_int_equal(device_insert(reader, 1, image_card("psam", 0, ifsc, psam)), 0);
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

static void through(enum via via, enum device_level level, uint8_t ifsc)
{
    static char card[IMAGE_MAX], psam[IMAGE_MAX];
    via_pcscd(via, two_slots(level), image_card("ssc-3.0", 0, ifsc, card), image_card("psam", 0, ifsc, psam));
    serve();
}

static void libccid_short_apdu(void **state)
{
    (void)state;
    through(VIA_LIBCCID, LEVEL_SHORT, 0);
}

static void libccid_tpdu_t1(void **state)
{
    (void)state;
    through(VIA_LIBCCID, LEVEL_TPDU, 32);
}

static void handler_short_apdu(void **state)
{
    (void)state;
    through(VIA_HANDLER, LEVEL_SHORT, 0);
}

static void handler_tpdu_t1(void **state)
{
    (void)state;
    through(VIA_HANDLER, LEVEL_TPDU, 32);
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
        pcscd_bed_test(libccid_short_apdu),
        pcscd_bed_test(libccid_tpdu_t1),
        pcscd_bed_test(handler_short_apdu),
        pcscd_bed_test(handler_tpdu_t1),
    };
    bed_enter(argv);
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("counter", tests, NULL, NULL);
}
