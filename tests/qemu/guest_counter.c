/* SPDX-License-Identifier: Apache-2.0 */
/* In the guest: guest_counter ccid|pcsc PART. Serves one customer and says in one line how it went. */
#include "counter.h"
#include "drivers/ccid/ccid.h"
#include "drivers/pcsc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TIME_MS = 15000, EXCHANGES = 200, SOON = 3000 };

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median of an exchange, milliseconds; -1: none. */
static double pace(struct ssc_driver *driver, const char *reader)
{
    static const uint8_t challenge[] = {0x00, 0x84, 0x00, 0x00, 0x08};
    double took[EXCHANGES];
    struct ssc_channel *ch = NULL;
    int rc = ssc_channel_open(driver, reader, false, &ch, ssc_deadline(SOON));
    for (unsigned i = 0; rc == 0 && i < EXCHANGES; i++) {
        uint8_t rx[SSC_RESPONSE_SHORT];
        size_t len = sizeof rx;
        const double start = now_ms();
        rc = ssc_channel_transmit(ch, challenge, sizeof challenge, rx, &len, ssc_deadline(SOON));
        took[i] = now_ms() - start;
    }
    if (rc == 0) {
        qsort(took, EXCHANGES, sizeof took[0], by_value);
    }
    ssc_channel_close(&ch, true);
    return rc == 0 ? took[EXCHANGES / 2] : -1;
}

int main(int argc, char **argv)
{
    struct counter_result result = {.step = "usage: guest_counter ccid|pcsc PART"};
    struct ssc_driver *driver = NULL;
    int rc = argc == 3 ? 0 : SSC_E_INVALID_ARGUMENT;
    if (rc == 0) {
        rc = strcmp(argv[1], "ccid") == 0 ? ssc_ccid_driver_new(NULL, &driver) : ssc_pcsc_driver_new(&driver);
    }
    rc = rc == 0 ? counter_serve(driver, argv[2], &result, ssc_deadline(TIME_MS)) : rc;
    if (rc == 0) {
        printf("@@ served %s %s: %s genuine=%d debit=%d exchanges=%u pace=%.2fms [%s]\n", argv[1], argv[2],
               result.citizen_id, result.genuine, (int)(result.before - result.after), result.wire_exchanges,
               pace(driver, result.card_reader), result.card_reader);
    } else {
        printf("@@ failed: %s: %d\n", result.step, rc);
    }
    ssc_driver_free(&driver);
    return rc == 0 ? 0 : 1;
}
