/* SPDX-License-Identifier: Apache-2.0 */
/* The direct USB driver against pcscd with libccid, on the same emulated reader: what an exchange costs
 * beside the card, and how long a caller waits behind its deadline when the card says nothing. */
#include "tests/usb/bed.h"
#include "drivers/ccid/ccid.h"
#include "drivers/pcsc.h"
#include "tests/usb/images.h"
#include "pcscd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ROUNDS = 150, WITHIN_MS = 100, MUTES = 5, SOON = 10000, LOOK_MS = 10, MUTE_MS = 3000 };

struct bench {
    struct bed *bed;
    struct device *reader;
    struct test_pcscd *pcscd;
};

static const uint8_t CHALLENGE[] = {0x00, 0x84, 0x00, 0x00, 0x08};

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int exchange(struct ssc_channel *ch, int64_t ms)
{
    uint8_t rx[SSC_RESPONSE_SHORT];
    size_t len = sizeof rx;
    return ssc_channel_transmit(ch, CHALLENGE, sizeof CHALLENGE, rx, &len, ssc_deadline(ms));
}

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The first reader's card, as soon as it can be had: a reader that is being brought back is refused, and its
 * list shows nothing of that. */
static struct ssc_channel *open_first(struct ssc_driver *driver)
{
    const int64_t deadline = ssc_deadline(SOON);
    struct ssc_reader_state states[SSC_READERS_MAX];
    struct ssc_channel *ch = NULL;
    while (!ch && ssc_now_ms() < deadline) {
        uint64_t version = 0;
        size_t count = SSC_READERS_MAX;
        int rc = ssc_driver_list(driver, states, &count, deadline);
        if (rc == 0 && count > 0 && states[0].slot == SSC_SLOT_CARD) {
            ssc_channel_open(driver, states[0].name, false, &ch, deadline);
        }
        if (!ch) {
            ssc_driver_watch(driver, &version, deadline);
            ssc_driver_watch(driver, &version, ssc_deadline(LOOK_MS));
        }
    }
    return ch;
}

/* Median of an exchange, microseconds; -1: none. */
static int64_t pace(struct ssc_channel *ch)
{
    int64_t took[ROUNDS];
    int rc = ch ? 0 : SSC_E_READER_NOT_FOUND;
    for (unsigned i = 0; i < ROUNDS && rc == 0; i++) {
        const int64_t start = now_us();
        rc = exchange(ch, SOON);
        took[i] = now_us() - start;
    }
    if (rc == 0) {
        qsort(took, ROUNDS, sizeof took[0], by_value);
    }
    return rc == 0 ? took[ROUNDS / 2] : -1;
}

/* The worst overrun of a deadline of 100 ms, microseconds; -1: no card, or the call ended otherwise. */
static int64_t overrun(struct bench *b, struct ssc_driver *driver)
{
    int64_t worst = 0;
    for (unsigned i = 0; i < MUTES && worst >= 0; i++) {
        struct ssc_channel *ch = open_first(driver);
        device_fault(b->reader, DEVICE_HANG, 0x6F, 1, 0);
        const int64_t start = now_us();
        const int rc = ch ? exchange(ch, WITHIN_MS) : SSC_E_NO_CARD;
        const int64_t late = now_us() - start - WITHIN_MS * 1000;
        worst = rc != SSC_E_DEADLINE_EXCEEDED ? -1 : late > worst ? late : worst;
        device_fault(b->reader, DEVICE_SOUND, 0, 0, 0);
        ssc_channel_close(&ch, true);
    }
    return worst;
}

static bool say(SCARDHANDLE card)
{
    DWORD len = SSC_RESPONSE_SHORT;
    BYTE rx[SSC_RESPONSE_SHORT];
    return SCardTransmit(card, SCARD_PCI_T0, CHALLENGE, sizeof CHALLENGE, NULL, rx, &len) == SCARD_S_SUCCESS;
}

/* Our PC/SC driver lets go of the card on a thread of its own, and takes its power: until that has happened
 * the card is tried again. */
static bool bare_connect(SCARDCONTEXT context, SCARDHANDLE *card)
{
    const int64_t deadline = ssc_deadline(SOON);
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};
    bool works = false;
    while (!works && ssc_now_ms() < deadline) {
        char names[512] = "";
        DWORD names_len = sizeof names, protocol;
        nanosleep(&pause, NULL);
        if (SCardListReaders(context, NULL, names, &names_len) == SCARD_S_SUCCESS &&
            SCardConnect(context, names, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0, card, &protocol) ==
                SCARD_S_SUCCESS) {
            works = say(*card);
            if (!works) {
                SCardDisconnect(*card, SCARD_RESET_CARD);
            }
        }
    }
    return works;
}

/* The same card with bare libpcsclite calls. SCardTransmit has no deadline: it returns when the card speaks,
 * which here is the end of the measurement. Milliseconds; -1: no card. */
static int64_t bare_wait(struct bench *b)
{
    SCARDCONTEXT context;
    SCARDHANDLE card;
    int64_t took = -1;
    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) == SCARD_S_SUCCESS) {
        if (bare_connect(context, &card)) {
            device_fault(b->reader, DEVICE_LATE, 0x6F, 1, MUTE_MS);
            const int64_t start = now_us();
            took = say(card) ? (now_us() - start) / 1000 : -1;
            device_fault(b->reader, DEVICE_SOUND, 0, 0, 0);
            SCardDisconnect(card, SCARD_UNPOWER_CARD);
        }
        SCardReleaseContext(context);
    }
    return took;
}

static void row(const char *figure, double value, const char *unit, const char *aim, const char *baseline)
{
    printf("%s\t%.2f\t%s\t%s\t%s\n", figure, value, unit, aim, baseline);
}

static void report(int64_t ours, int64_t theirs, int64_t late, int64_t bare)
{
    char text[160];
    snprintf(text, sizeof text, "%.2f ms ours, %.2f ms pcscd and libccid", (double)ours / 1000,
             (double)theirs / 1000);
    row("exchange straight over USB, against pcscd and libccid on the same reader",
        (double)ours / (double)theirs, "ratio", "at most 1.00", text);
    snprintf(text, sizeof text, "pcscd and libccid: SCardTransmit %lld ms late, until the card spoke",
             (long long)(bare - WITHIN_MS));
    row("deadline overrun with a mute card, straight over USB, worst of 5", (double)late / 1000, "ms", "< 50",
        text);
}

int main(int argc, char **argv)
{
    const struct device_config config = device_default(LEVEL_SHORT);
    struct bench b = {0};
    struct ssc_driver *driver = NULL;
    struct ssc_channel *ch;
    int64_t ours = -1, theirs = -1, late = -1, bare = -1;
    (void)argc;
    bed_enter(argv);
    if (!test_pcscd_installed() || access("/usr/lib/pcsc/drivers/ifd-ccid.bundle", F_OK) != 0) {
        fprintf(stderr, "skipped: pcscd and libccid are not installed\n");
        return 77;
    }
    b.bed = bed_new();
    b.reader = device_new(&config);
    device_insert(b.reader, 0, "ssc-2.0");
    bed_plug(b.bed, 1, b.reader);
    if (ssc_ccid_driver_new(NULL, &driver) == 0) {
        ch = open_first(driver);
        ours = pace(ch);
        ssc_channel_close(&ch, true);
        late = overrun(&b, driver);
    }
    ssc_driver_free(&driver);
    b.pcscd = test_pcscd_new(NULL, 0);
    test_pcscd_start(b.pcscd);
    if (ssc_pcsc_driver_new(&driver) == 0) {
        ch = open_first(driver);
        theirs = pace(ch);
        ssc_channel_close(&ch, true);
    }
    ssc_driver_free(&driver);
    bare = bare_wait(&b);
    test_pcscd_free(&b.pcscd);
    bed_free(&b.bed);
    device_free(&b.reader);
    if (ours > 0 && theirs > 0 && late >= 0 && bare >= 0) {
        report(ours, theirs, late, bare);
    } else {
        fprintf(stderr, "ours %lld us, theirs %lld us, late %lld us, bare %lld ms: -1 is a failure\n",
                (long long)ours, (long long)theirs, (long long)late, (long long)bare);
    }
    return ours > 0 && theirs > 0 && late >= 0 && bare >= 0 ? 0 : 1;
}
