/* SPDX-License-Identifier: Apache-2.0 */
/* pcscd absent, killed, stopped, restarted; a card that never answers; what is left behind afterwards. */
#include "bed.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/resource.h>
#include <winscard.h>

static unsigned entries(const char *folder)
{
    DIR *dir = opendir(folder);
    unsigned count = 0;
    assert_non_null(dir);
    while (readdir(dir)) {
        count++;
    }
    closedir(dir);
    return count;
}

static void absent_at_start(void **state)
{
    static const char *const names[] = {"Desk"};
    struct test_pcscd *p = test_pcscd_new(names, 1);
    struct bed bed = {.pcscd = p};
    struct ssc_reader_state reader;
    struct ssc_channel *ch = NULL;
    uint64_t version = 0;
    size_t count = 1;
    (void)state;
    assert_int_equal(ssc_pcsc_driver_new(&bed.driver), 0);
    assert_int_equal(ssc_driver_list(bed.driver, &reader, &count, ssc_deadline(SOON)), SSC_E_NO_SERVICE);
    assert_int_equal(count, 0);
    assert_int_equal(ssc_channel_open(bed.driver, p->reader[0], false, &ch, ssc_deadline(SOON)),
                     SSC_E_NO_SERVICE);
    /* told once, not again */
    assert_int_equal(ssc_driver_watch(bed.driver, &version, ssc_deadline(SOON)), SSC_E_NO_SERVICE);
    assert_int_equal(ssc_driver_watch(bed.driver, &version, ssc_deadline(100)), SSC_E_DEADLINE_EXCEEDED);
    nap(2500); /* the attempts have ended, inotify is what wakes the driver */
    test_pcscd_insert(p, 0, "ssc-3.0");
    test_pcscd_start(p);
    const struct stopwatch watch = stopwatch_start();
    assert_int_equal(ssc_driver_watch(bed.driver, &version, ssc_deadline(SOON)), 0);
    assert_took(&watch, 0, 500);
    await(&bed, 0, SSC_SLOT_CARD);
    ssc_driver_free(&bed.driver);
    test_pcscd_free(&p);
}

/* The driver finds the new pcscd by itself; old channels are dead, and say so at once. */
static void restart(struct bed *bed, void (*end)(struct test_pcscd *))
{
    struct ssc_channel *ch = open_card(bed, 0);
    const uint32_t before = await(bed, 0, SSC_SLOT_CARD).insertions;
    uint64_t version = 0;
    int rc = 0;
    assert_int_equal(challenge(ch, SOON), 0);
    end(bed->pcscd);
    const struct stopwatch watch = stopwatch_start();
    assert_int_equal(challenge(ch, SOON), SSC_E_NO_SERVICE);
    assert_int_equal(challenge(ch, SOON), SSC_E_NO_SERVICE);
    assert_in_time(&watch, 0);
    while (rc == 0) {
        rc = ssc_driver_watch(bed->driver, &version, ssc_deadline(SOON));
    }
    assert_int_equal(rc, SSC_E_NO_SERVICE);
    test_pcscd_start(bed->pcscd);
    assert_true(await(bed, 0, SSC_SLOT_CARD).insertions > before); /* who knows what card it is now */
    assert_int_equal(challenge(ch, SOON), SSC_E_NO_SERVICE);
    ssc_channel_close(&ch, true);
    ch = open_card(bed, 0);
    assert_int_equal(challenge(ch, SOON), 0);
    ssc_channel_close(&ch, true);
}

static void killed_and_restarted(void **state)
{
    restart(*state, test_pcscd_kill);
}

static void stopped_and_restarted(void **state)
{
    restart(*state, test_pcscd_stop);
}

static void *kill_soon(void *pcscd)
{
    nap(100);
    test_pcscd_kill(pcscd);
    return NULL;
}

static void killed_in_the_middle_of_a_call(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = open_card(bed, 0);
    pthread_t killer;
    test_pcscd_fault(bed->pcscd, 0, "hang");
    assert_int_equal(pthread_create(&killer, NULL, kill_soon, bed->pcscd), 0);
    const struct stopwatch watch = stopwatch_start();
    assert_int_equal(challenge(ch, SOON), SSC_E_NO_SERVICE);
    assert_took(&watch, 0, 300);
    pthread_join(killer, NULL);
    assert_false(ch->wedged);
    ssc_channel_close(&ch, true);
    test_pcscd_fault(bed->pcscd, 0, NULL);
    test_pcscd_start(bed->pcscd);
    ch = open_card(bed, 0);
    assert_int_equal(challenge(ch, SOON), 0);
    ssc_channel_close(&ch, true);
}

static void a_transmit_that_never_returns(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *stuck = open_card(bed, 0), *ch = NULL;
    test_pcscd_insert(bed->pcscd, 1, "ssc-2.0");
    await(bed, 1, SSC_SLOT_CARD);
    test_pcscd_fault(bed->pcscd, 0, "0084 hang");
    struct stopwatch watch = stopwatch_start();
    assert_int_equal(challenge(stuck, 200), SSC_E_DEADLINE_EXCEEDED);
    assert_took(&watch, 199, 200 + STOPWATCH_OVERRUN_MS);
    assert_true(stuck->wedged);

    /* the stuck reader says so at once, whoever asks */
    watch = stopwatch_start();
    assert_int_equal(challenge(stuck, SOON), SSC_E_READER_WEDGED);
    assert_int_equal(ssc_channel_reset(stuck, SSC_RESET_COLD, ssc_deadline(SOON)), SSC_E_READER_WEDGED);
    assert_int_equal(try_open(bed, 0, &ch), SSC_E_READER_WEDGED);
    assert_in_time(&watch, 0);

    /* the others go on */
    assert_int_equal(try_open(bed, 1, &ch), 0);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(challenge(ch, SOON), 0);
    }
    assert_took(&watch, 0, 500);
    ssc_channel_close(&ch, true);
    test_pcscd_remove(bed->pcscd, 1);
    await(bed, 1, SSC_SLOT_EMPTY);

    /* once the hardware has returned, all is as before */
    test_pcscd_fault(bed->pcscd, 0, NULL);
    const int64_t start = ssc_now_ms();
    while (stuck->wedged && ssc_now_ms() < start + SOON) {
        nap(5);
    }
    assert_int_equal(challenge(stuck, SOON), 0);
    assert_int_equal(try_open(bed, 0, &ch), 0);
    ssc_channel_close(&ch, true);
    ssc_channel_close(&stuck, true);
}

/* The caller has long gone, even the driver is freed; the late call must still find its memory. */
static void closed_while_stuck(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *stuck = open_card(bed, 0);
    test_pcscd_fault(bed->pcscd, 0, "hang");
    assert_int_equal(challenge(stuck, 50), SSC_E_DEADLINE_EXCEEDED);
    struct stopwatch watch = stopwatch_start();
    ssc_channel_close(&stuck, true);
    assert_in_time(&watch, 0);
    watch = stopwatch_start();
    ssc_driver_free(&bed->driver);
    assert_took(&watch, 0, 200);
    test_pcscd_fault(bed->pcscd, 0, NULL);
    nap(200);
}

/* pcscd itself does not answer any more: nobody waits for it beyond a deadline. */
static void frozen_service(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = open_card(bed, 0), *other = NULL;
    struct ssc_reader_state readers[2];
    size_t count = 2;
    test_pcscd_freeze(bed->pcscd);
    struct stopwatch watch = stopwatch_start();
    assert_int_equal(ssc_driver_list(bed->driver, readers, &count, ssc_deadline(SOON)), 0);
    assert_int_equal(challenge(ch, 100), SSC_E_DEADLINE_EXCEEDED);
    assert_int_equal(ssc_channel_open(bed->driver, bed->pcscd->reader[1], false, &other, ssc_deadline(100)),
                     SSC_E_DEADLINE_EXCEEDED);
    assert_took(&watch, 198, 200 + 2 * STOPWATCH_OVERRUN_MS);
    ssc_channel_close(&ch, true);
    watch = stopwatch_start();
    ssc_driver_free(&bed->driver);
    assert_in_time(&watch, 500);
    test_pcscd_kill(bed->pcscd); /* and what was left behind ends */
    nap(100);
}

/* Another program hangs on the card; this one cannot know before it has tried. */
static void open_of_a_hanging_reader(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = NULL;
    char self[256] = "", command[512];
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    snprintf(command, sizeof command, "%s '%s'", self, bed->pcscd->reader[0]);
    await(bed, 0, SSC_SLOT_CARD);
    test_pcscd_fault(bed->pcscd, 0, "hang");
    FILE *other = popen(command, "re");
    assert_non_null(other);
    assert_int_equal(fgetc(other), '>'); /* it is connected and about to transmit */
    stopwatch_nap(200);
    const int64_t start = ssc_now_ms();
    const struct stopwatch watch = stopwatch_start();
    assert_int_equal(ssc_channel_open(bed->driver, bed->pcscd->reader[0], false, &ch, ssc_deadline(200)),
                     SSC_E_DEADLINE_EXCEEDED);
    assert_took(&watch, 199, 200 + STOPWATCH_OVERRUN_MS);
    assert_int_equal(try_open(bed, 0, &ch), SSC_E_READER_WEDGED);
    test_pcscd_fault(bed->pcscd, 0, NULL);
    assert_int_equal(pclose(other), 0);
    int rc = SSC_E_READER_WEDGED;
    while (rc == SSC_E_READER_WEDGED && ssc_now_ms() < start + SOON) {
        rc = try_open(bed, 0, &ch);
    }
    assert_int_equal(rc, 0);
    ssc_channel_close(&ch, true);
}

/* The other program: one exchange, straight on libpcsclite. */
static int other_program(const char *reader)
{
    static const uint8_t tx[] = {0x00, 0x84, 0x00, 0x00, 0x08};
    SCARDCONTEXT context;
    SCARDHANDLE card;
    uint8_t rx[SSC_RESPONSE_SHORT];
    DWORD protocol, len = sizeof rx;
    LONG rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
    if (rv == SCARD_S_SUCCESS) {
        rv = SCardConnect(context, reader, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0, &card, &protocol);
    }
    if (rv == SCARD_S_SUCCESS) {
        putchar('>');
        fflush(stdout);
        rv = SCardTransmit(card, SCARD_PCI_T0, tx, sizeof tx, NULL, rx, &len);
    }
    return rv == SCARD_S_SUCCESS ? 0 : 1;
}

/* Threads, files and contexts: what a hundred channels took, a hundred channels give back. */
static void nothing_is_left_behind(void **state)
{
    struct bed *bed = *state;
    unsigned threads = 0, files = 0;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            struct ssc_channel *ch = open_card(bed, 0);
            assert_int_equal(challenge(ch, SOON), 0);
            ssc_channel_close(&ch, i % 2 == 0);
        }
        ssc_driver_free(&bed->driver); /* waits for those that are closing */
        if (round == 1) {
            test_pcscd_kill(bed->pcscd);
            test_pcscd_start(bed->pcscd);
        }
        if (round == 0) {
            threads = entries("/proc/self/task");
            files = entries("/proc/self/fd");
        }
        /* a detached thread's entry, and what it held, go a moment after the thread */
        const int64_t limit = ssc_deadline(SOON);
        while ((entries("/proc/self/task") > threads || entries("/proc/self/fd") > files) &&
               ssc_now_ms() < limit) {
            nap(20);
        }
        assert_in_range(entries("/proc/self/task"), 0, threads);
        assert_in_range(entries("/proc/self/fd"), 0, files);
        assert_int_equal(ssc_pcsc_driver_new(&bed->driver), 0);
    }
}

#ifndef __SANITIZE_THREAD__ /* which has a restless thread of its own */
/* Voluntary context switches of the whole process: none while nothing happens. */
static long switches(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_nvcsw;
}

/* Asleep for a second and a half, but for this thread itself. What was due before may come late: the best of
 * some rounds counts, and who is restless is so in all of them. */
static void assert_asleep(struct ssc_driver *driver, uint64_t version)
{
    enum { ROUNDS = 5, OWN = 2 };
    long woken = OWN + 1;
    for (int i = 0; i < ROUNDS && woken > OWN; i++) {
        const long before = switches();
        const int rc = ssc_driver_watch(driver, &version, ssc_deadline(1500));
        woken = rc == SSC_E_DEADLINE_EXCEEDED ? switches() - before : woken;
    }
    assert_in_range(woken, 0, OWN);
}

static void idle_means_asleep(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = open_card(bed, 0);
    uint64_t version = 0;
    int rc = 0;
    assert_int_equal(challenge(ch, SOON), 0);
    while (rc == 0) { /* past the second look after the start */
        rc = ssc_driver_watch(bed->driver, &version, ssc_deadline(1200));
    }
    assert_asleep(bed->driver, version);
    ssc_channel_close(&ch, true);
}

static void idle_without_pcscd(void **state)
{
    struct bed *bed = *state;
    uint64_t version = 0;
    int rc = 0;
    test_pcscd_kill(bed->pcscd);
    const int64_t start = ssc_now_ms();
    while (rc != SSC_E_DEADLINE_EXCEEDED || ssc_now_ms() < start + 2500) {
        rc = ssc_driver_watch(bed->driver, &version, ssc_deadline(500));
    }
    assert_asleep(bed->driver, version);
}

#endif

#define CASE(f) cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_at_start),
        CASE(killed_and_restarted),
        CASE(stopped_and_restarted),
        CASE(killed_in_the_middle_of_a_call),
        CASE(a_transmit_that_never_returns),
        CASE(closed_while_stuck),
        CASE(open_of_a_hanging_reader),
        CASE(frozen_service),
        CASE(nothing_is_left_behind),
#ifndef __SANITIZE_THREAD__
        CASE(idle_means_asleep),
        CASE(idle_without_pcscd),
#endif
    };
    return argc > 1                 ? other_program(argv[1])
           : test_pcscd_installed() ? cmocka_run_group_tests(tests, NULL, NULL)
                                    : 77;
}
