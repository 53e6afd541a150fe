/* SPDX-License-Identifier: Apache-2.0 */
/* Readers whose names are not UTF-8, through a real pcscd. */
#include "bed.h"

#include "drivers/pcsc_internal.h"

#define DESK "\xB6\xC1\xBF\xA8\xC6\xF7" /* GBK */
#define SIDE "\xB6\xC0\xBF\xA8\xC6\xF7" /* another byte, which is shown as the same character */

/* From here on the bed knows the readers as the driver shows them. */
static int setup(void **state)
{
    static const char *const names[] = {DESK, SIDE};
    struct bed *bed = calloc(1, sizeof *bed);
    assert_non_null(bed);
    bed->pcscd = test_pcscd_new(names, 2);
    for (unsigned i = 0; i < 2; i++) {
        char shown[SSC_READER_NAME_MAX];
        ssc_pcsc_name_show(bed->pcscd->reader[i], shown);
        memcpy(bed->pcscd->reader[i], shown, sizeof shown);
    }
    test_pcscd_insert(bed->pcscd, 0, "ssc-3.0");
    test_pcscd_start(bed->pcscd);
    assert_int_equal(ssc_pcsc_driver_new(&bed->driver), 0);
    *state = bed;
    return 0;
}

static void shown_and_used(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = open_card(bed, 0), *other = NULL;
    assert_string_equal(ch->reader, bed->pcscd->reader[0]);
    assert_non_null(strstr(ch->reader, "\xEF\xBF\xBD"));
    assert_null(strchr(ch->reader, '\xB6'));
    assert_int_equal(challenge(ch, SOON), 0);
    await(bed, 1, SSC_SLOT_EMPTY);
    assert_int_equal(try_open(bed, 1, &other), SSC_E_NO_CARD);
    test_pcscd_insert(bed->pcscd, 1, "ssc-2.0");
    other = open_card(bed, 1);
    assert_int_equal(challenge(other, SOON), 0);
    test_pcscd_remove(bed->pcscd, 0);
    await(bed, 0, SSC_SLOT_EMPTY);
    assert_int_equal(challenge(ch, SOON), SSC_E_CARD_REMOVED);
    assert_int_equal(challenge(other, SOON), 0);
    ssc_channel_close(&other, true);
    ssc_channel_close(&ch, true);
}

static void the_same_after_a_restart(void **state)
{
    struct bed *bed = *state;
    await(bed, 0, SSC_SLOT_CARD);
    test_pcscd_stop(bed->pcscd);
    test_pcscd_start(bed->pcscd);
    struct ssc_channel *ch = open_card(bed, 0);
    assert_int_equal(challenge(ch, SOON), 0);
    ssc_channel_close(&ch, true);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(shown_and_used), CASE(the_same_after_a_restart)};
    return test_pcscd_installed() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
