/* SPDX-License-Identifier: Apache-2.0 */
/* One scripted reader in port 1, and the direct USB driver on it. */
#ifndef SSC_TESTS_USB_CCID_BED_H
#define SSC_TESTS_USB_CCID_BED_H

#include "bed.h"
#include "drivers/ccid/ccid.h"
#include "images.h"
#include "stopwatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* SOON: for what must come, and nobody waits for it to pass. RECOVERY: a reader that is deaf to an abort,
 * too, is waited for, then reset and opened anew. */
enum { SOON = 20000, RECOVERY_MS = 6000 };

static struct bed *bed;
static struct device *reader;
static struct ssc_driver *driver;
static const char *trouble = ""; /* what the test is about at this moment, for its message */

static const char READER[] = "Scripted Reader [000001] (1-1) 0";

static inline void bed_up(const struct device_config *config, const char *image)
{
    bed = bed_new();
    reader = device_new(config);
    assert_non_null(reader);
    if (image) {
        assert_int_equal(device_insert(reader, 0, image), 0);
    }
    bed_plug(bed, 1, reader);
    assert_int_equal(ssc_ccid_driver_new(NULL, &driver), 0);
}

/* Teardown of every test, also of one that failed in the middle. */
static inline int bed_down(void **state)
{
    (void)state;
    ssc_driver_free(&driver);
    if (bed) {
        bed_free(&bed);
    }
    device_free(&reader);
    return 0;
}

#define bed_test(function) cmocka_unit_test_teardown(function, bed_down)

static inline void nap(long ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* False: not listed. */
static inline bool state_of(const char *name, struct ssc_reader_state *out)
{
    struct ssc_reader_state states[SSC_READERS_MAX];
    size_t count = SSC_READERS_MAX;
    bool found = false;
    assert_int_equal(ssc_driver_list(driver, states, &count, ssc_deadline(SOON)), 0);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(states[i].name, name) == 0) {
            *out = states[i];
            found = true;
        }
    }
    return found;
}

/* Follows the driver's events until the reader's slot is as wanted; SSC_SLOT_GONE: or not listed. */
static inline void await(const char *name, enum ssc_slot wanted)
{
    const int64_t deadline = ssc_deadline(SOON);
    const struct stopwatch watch = stopwatch_start();
    struct ssc_reader_state state;
    uint64_t version = 0;
    bool there = false;
    while (!there) {
        assert_int_equal(ssc_driver_watch(driver, &version, deadline), 0);
        there = state_of(name, &state) ? state.slot == wanted : wanted == SSC_SLOT_GONE;
    }
    assert_took(&watch, 0, RECOVERY_MS);
}

/* The answer's length, or the error. */
static inline int exchange(struct ssc_channel *ch, const uint8_t *tx, size_t tx_len, int64_t ms)
{
    uint8_t rx[SSC_RESPONSE_SHORT];
    size_t len = sizeof rx;
    const struct stopwatch watch = stopwatch_start();
    const int rc = ssc_channel_transmit(ch, tx, tx_len, rx, &len, ssc_deadline(ms));
    assert_in_time(&watch, ms);
    assert_true(rc <= 0);
    return rc == 0 ? (int)len : rc;
}

static inline int challenge(struct ssc_channel *ch, int64_t ms)
{
    static const uint8_t tx[] = {0x00, 0x84, 0x00, 0x00, 0x08};
    return exchange(ch, tx, sizeof tx, ms);
}

static inline int open_within(struct ssc_channel **ch, int64_t ms)
{
    const struct stopwatch watch = stopwatch_start();
    const int rc = ssc_channel_open(driver, READER, false, ch, ssc_deadline(ms));
    assert_in_time(&watch, ms);
    return rc;
}

/* Whatever went wrong before: soon the reader works again, without a hand on it. */
static inline struct ssc_channel *open_again(void)
{
    const int64_t deadline = ssc_deadline(SOON);
    const struct stopwatch watch = stopwatch_start();
    struct ssc_channel *ch = NULL;
    int rc = -1;
    while (rc != 0 && ssc_now_ms() < deadline) {
        rc = ssc_channel_open(driver, READER, false, &ch, deadline);
        if (rc != 0) {
            nap(5);
        }
    }
    if (rc != 0) {
        fail_msg("%s: cannot be opened again: %d", trouble, rc);
    }
    assert_took(&watch, 0, RECOVERY_MS);
    return ch;
}

static inline void works_again(void)
{
    struct ssc_channel *ch = open_again();
    assert_int_equal(challenge(ch, SOON), 10);
    assert_int_equal(challenge(ch, SOON), 10);
    ssc_channel_close(&ch, true);
}

#endif
