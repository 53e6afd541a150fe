/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of ccid_bed.h behind a real pcscd, with libccid or with our handler. */
#ifndef SSC_TESTS_USB_PCSCD_BED_H
#define SSC_TESTS_USB_PCSCD_BED_H

#include "ccid_bed.h"
#include "drivers/pcsc.h"
#include "pcscd.h"

#include <unistd.h>

static struct test_pcscd *pcscd;

enum via { DIRECT, VIA_LIBCCID, VIA_HANDLER };

/* As bed_up, but `driver` is the PC/SC driver; its readers' names hold the serial number. The second slot's
 * card is `psam`. Skips the test where there is no pcscd or libccid. */
static inline void via_pcscd(enum via via, struct device_config config, const char *image, const char *psam)
{
    if (!test_pcscd_installed() ||
        (via == VIA_LIBCCID && access("/usr/lib/pcsc/drivers/ifd-ccid.bundle", F_OK) != 0)) {
        skip();
    }
    if (via == VIA_HANDLER) { /* on nobody's list, also where our bundle is installed */
        config.vendor = 0x1209;
        config.product = 0x0001;
    }
    bed = bed_new();
    reader = device_new(&config);
    assert_non_null(reader);
    if (image) {
        assert_int_equal(device_insert(reader, 0, image), 0);
    }
    if (psam) {
        assert_int_equal(device_insert(reader, 1, psam), 0);
    }
    bed_plug(bed, 1, reader);
    pcscd = test_pcscd_new(NULL, 0);
    if (via == VIA_HANDLER) { /* as udev's rules would bind it */
        test_pcscd_entry(pcscd, config.serial, "usb:1209/0001:libudev:0:/dev/bus/usb/001/002",
                         SSC_TEST_CCID_HANDLER);
    }
    test_pcscd_start(pcscd);
    assert_int_equal(ssc_pcsc_driver_new(&driver), 0);
}

/* The name of a slot, whoever gave it; waits for it. Names end with the number of the slot. */
static inline void name_of(unsigned slot, char out[SSC_READER_NAME_MAX])
{
    const int64_t deadline = ssc_deadline(SOON);
    struct ssc_reader_state states[SSC_READERS_MAX];
    char end[8];
    uint64_t version = 0;
    snprintf(end, sizeof end, "%u", slot);
    out[0] = '\0';
    while (!out[0]) {
        size_t count = SSC_READERS_MAX;
        const int rc = ssc_driver_watch(driver, &version, deadline);
        assert_true(rc == 0 || rc == SSC_E_NO_SERVICE); /* pcscd is just coming up */
        count = ssc_driver_list(driver, states, &count, deadline) == 0 ? count : 0;
        for (size_t i = 0; i < count; i++) {
            const size_t len = strlen(states[i].name);
            if (strcmp(states[i].name + len - 1, end) == 0) {
                memcpy(out, states[i].name, sizeof states[i].name);
            }
        }
    }
}

/* As await. libccid wakes the threads of a reader with several slots by a condition without a predicate: who
 * is not waiting at that moment never hears of it. So the reader says it again, as no real one does. */
static inline void await_via(enum via via, const char *name, enum ssc_slot wanted)
{
    enum { AGAIN = 100 };
    const int64_t deadline = ssc_deadline(SOON);
    struct ssc_reader_state state;
    uint64_t version = 0;
    bool there = false;
    while (!there && ssc_now_ms() < deadline) {
        const int rc = ssc_driver_watch(driver, &version, ssc_deadline(via == VIA_LIBCCID ? AGAIN : SOON));
        if (rc == SSC_E_DEADLINE_EXCEEDED && via == VIA_LIBCCID) {
            device_tell_again(reader);
        } else {
            assert_int_equal(rc, 0);
        }
        there = state_of(name, &state) && state.slot == wanted;
    }
    assert_true(there);
}

static inline int pcscd_bed_down(void **state)
{
    ssc_driver_free(&driver);
    test_pcscd_free(&pcscd);
    return bed_down(state);
}

#define pcscd_bed_test(function) cmocka_unit_test_teardown(function, pcscd_bed_down)

#endif
