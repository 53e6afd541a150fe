/* SPDX-License-Identifier: Apache-2.0 */
/* What the PC/SC tests have in common: a private pcscd, the driver on it, the commands that they send. */
#ifndef SSC_TESTS_PCSC_BED_H
#define SSC_TESTS_PCSC_BED_H

#include "drivers/pcsc.h"
#include "pcscd.h"
#include "stopwatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOON = 20000 }; /* for what must come; nobody waits for it to pass */

struct bed {
    struct test_pcscd *pcscd;
    struct ssc_driver *driver;
};

/* A reader "Desk" with a 3.0 card and an empty one "Side". */
static inline int bed_setup(void **state)
{
    static const char *const names[] = {"Desk", "Side"};
    struct bed *bed = calloc(1, sizeof *bed);
    assert_non_null(bed);
    bed->pcscd = test_pcscd_new(names, 2);
    test_pcscd_insert(bed->pcscd, 0, "ssc-3.0");
    test_pcscd_start(bed->pcscd);
    assert_int_equal(ssc_pcsc_driver_new(&bed->driver), 0);
    *state = bed;
    return 0;
}

static inline int bed_teardown(void **state)
{
    struct bed *bed = *state;
    ssc_driver_free(&bed->driver);
    test_pcscd_free(&bed->pcscd);
    free(bed);
    return 0;
}

static inline void nap(long ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* Follows the events until the slot is as wanted. */
static inline struct ssc_reader_state await(struct bed *bed, unsigned reader, enum ssc_slot wanted)
{
    const int64_t deadline = ssc_deadline(SOON);
    struct ssc_reader_state states[SSC_READERS_MAX];
    uint64_t version = 0;
    int found = -1;
    while (found < 0) {
        size_t count = SSC_READERS_MAX;
        const int rc = ssc_driver_watch(bed->driver, &version, deadline);
        assert_true(rc == 0 || rc == SSC_E_NO_SERVICE);
        if (ssc_driver_list(bed->driver, states, &count, deadline) != 0) {
            count = 0;
        }
        for (size_t i = 0; i < count; i++) {
            if (strcmp(states[i].name, bed->pcscd->reader[reader]) == 0 && states[i].slot == wanted) {
                found = (int)i;
            }
        }
    }
    return states[found];
}

static inline int try_open(struct bed *bed, unsigned reader, struct ssc_channel **ch)
{
    return ssc_channel_open(bed->driver, bed->pcscd->reader[reader], false, ch, ssc_deadline(SOON));
}

static inline struct ssc_channel *open_card(struct bed *bed, unsigned reader)
{
    struct ssc_channel *ch = NULL;
    await(bed, reader, SSC_SLOT_CARD);
    assert_int_equal(try_open(bed, reader, &ch), 0);
    return ch;
}

/* GET CHALLENGE, the shortest command that every card knows. */
static inline int challenge(struct ssc_channel *ch, int64_t ms)
{
    static const uint8_t tx[] = {0x00, 0x84, 0x00, 0x00, 0x08};
    uint8_t rx[SSC_RESPONSE_SHORT];
    size_t len = sizeof rx;
    return ssc_channel_transmit(ch, tx, sizeof tx, rx, &len, ssc_deadline(ms));
}

#endif
