/* SPDX-License-Identifier: Apache-2.0 */
/* Suspend, resets by others, replug into another address: the driver comes back by itself, and nobody goes on
 * with a card that has lost its power. */
#include "pcscd_bed.h"

#include <errno.h>
#include <pthread.h>

enum { XFR = 0x6F, IN_THE_CALL_MS = 60, AT_ONCE = 300, AGAIN_MS = 300 };

static const struct {
    const char *name;
    int status;
    bool polled;
} DISTURBANCES[] = {
    {"suspend", -ESHUTDOWN, false},
    {"suspend, reader without interrupt pipe", -ESHUTDOWN, true},
    {"reset by another program", -ENOENT, false},
    {"reset by another program, reader without interrupt pipe", -ENOENT, true},
};
enum { COUNT = sizeof DISTURBANCES / sizeof DISTURBANCES[0] };

static void up(size_t i)
{
    struct device_config config = device_default(LEVEL_SHORT);
    config.interrupt = !DISTURBANCES[i].polled;
    trouble = DISTURBANCES[i].name;
    bed_up(&config, "ssc-2.0");
}

static uint32_t insertions(void)
{
    struct ssc_reader_state state = {.insertions = 0};
    assert_true(state_of(READER, &state));
    return state.insertions;
}

struct fresh {
    struct ssc_channel *ch;
    uint32_t insertions;
};

static void open_fresh(struct fresh *f)
{
    f->ch = open_again();
    f->insertions = insertions();
}

/* The reader's own thread may hear of the disturbance later than we, and opens the reader anew then: that is
 * another insertion, whose channel is another one. Nothing else ends a new channel. */
static void assert_speaks(struct fresh *f)
{
    const int rc = challenge(f->ch, SOON);
    if (rc != 10) {
        const uint32_t before = f->insertions;
        ssc_channel_close(&f->ch, true);
        open_fresh(f);
        if (f->insertions == before || challenge(f->ch, SOON) != 10) {
            fail_msg("%s: the new channel says %d", trouble, rc);
        }
    }
}

/* The old channel never speaks to the card again, and a new one finds it fresh. */
static void comes_back(struct ssc_channel **ch)
{
    const unsigned powered = device_count(reader, 0x62);
    struct fresh fresh;
    if (challenge(*ch, SOON) >= 0) {
        fail_msg("%s: the channel of before still works", trouble);
    }
    await(READER, SSC_SLOT_CARD); /* who only looks sees it, too */
    open_fresh(&fresh);
    assert_speaks(&fresh);
    assert_true(device_count(reader, 0x62) > powered);
    if (challenge(*ch, SOON) >= 0) {
        fail_msg("%s: the channel of before works again", trouble);
    }
    ssc_channel_close(ch, true);
    assert_speaks(&fresh); /* closing the old one does not cost the new one its card */
    ssc_channel_close(&fresh.ch, true);
    works_again();
}

static void while_idle(void **state)
{
    for (size_t i = 0; i < COUNT; i++) {
        up(i);
        struct ssc_channel *ch = open_again();
        assert_int_equal(challenge(ch, SOON), 10);
        bed_disturb(bed, 1, DISTURBANCES[i].status);
        comes_back(&ch);
        bed_down(state);
    }
}

static void *disturb_soon(void *status)
{
    const int64_t limit = ssc_deadline(SOON);
    while (device_count(reader, XFR) == 0 && ssc_now_ms() < limit) {
        nap(1);
    }
    stopwatch_nap(IN_THE_CALL_MS);
    bed_disturb(bed, 1, *(const int *)status);
    return NULL;
}

static void in_an_exchange(void **state)
{
    for (size_t i = 0; i < COUNT; i++) {
        int status = DISTURBANCES[i].status;
        pthread_t thread;
        up(i);
        struct ssc_channel *ch = open_again();
        device_fault(reader, DEVICE_HANG, XFR, 1, 0);
        assert_int_equal(pthread_create(&thread, NULL, disturb_soon, &status), 0);
        const struct stopwatch watch = stopwatch_start();
        const int rc = challenge(ch, SOON);
        assert_int_equal(pthread_join(thread, NULL), 0);
        if (rc != SSC_E_READER_REMOVED || stopwatch_fair_ms(&watch) > AT_ONCE) {
            fail_msg("%s: %d after %d ms", trouble, rc, (int)stopwatch_ms(&watch));
        }
        comes_back(&ch);
        bed_down(state);
    }
}

/* Whoever waits for news hears of it: the card is another insertion. A reset just between two interrupt
 * transfers is seen by nobody before the next exchange; then it happens again. */
static void is_told(void **state)
{
    for (size_t i = 0; i < COUNT; i++) {
        struct ssc_reader_state before = {.insertions = 0}, after = {.insertions = 0};
        const int64_t deadline = ssc_deadline(SOON);
        uint64_t version = 0;
        int rc = SSC_E_DEADLINE_EXCEEDED;
        up(i);
        struct ssc_channel *ch = open_again();
        assert_true(state_of(READER, &before));
        while (!(state_of(READER, &after) && after.slot == SSC_SLOT_CARD &&
                 after.insertions != before.insertions)) {
            if (rc == SSC_E_DEADLINE_EXCEEDED) {
                assert_true(ssc_now_ms() < deadline);
                bed_disturb(bed, 1, DISTURBANCES[i].status);
            }
            rc = ssc_driver_watch(driver, &version, ssc_deadline(AGAIN_MS));
        }
        ssc_channel_close(&ch, true);
        bed_down(state);
    }
}

/* A cable pulled during the sleep and put into another port: another name, and the old one is gone. */
static void moves_to_another_port(void **state)
{
    static const char MOVED[] = "Scripted Reader [000001] (1-3) 0";
    struct ssc_channel *ch, *fresh = NULL;
    (void)state;
    up(0);
    ch = open_again();
    bed_disturb(bed, 1, -ESHUTDOWN);
    bed_unplug(bed, 1);
    device_replug(reader);
    bed_plug(bed, 3, reader);
    await(READER, SSC_SLOT_GONE);
    await(MOVED, SSC_SLOT_CARD);
    assert_true(challenge(ch, SOON) < 0);
    ssc_channel_close(&ch, true);
    assert_int_equal(ssc_channel_open(driver, MOVED, false, &fresh, ssc_deadline(SOON)), 0);
    assert_int_equal(challenge(fresh, SOON), 10);
    ssc_channel_close(&fresh, true);
}

static void again_and_again(void **state)
{
    (void)state;
    up(0);
    for (int i = 0; i < 10; i++) {
        struct ssc_channel *ch = open_again();
        bed_disturb(bed, 1, i % 2 ? -ENOENT : -ESHUTDOWN);
        assert_true(challenge(ch, SOON) < 0);
        ssc_channel_close(&ch, true);
    }
    works_again();
}

/* With our handler behind pcscd: the reader keeps its name and place there, and comes back. */
static void behind_pcscd(void **state)
{
    for (size_t i = 0; i < COUNT; i++) {
        struct device_config config = device_default(LEVEL_SHORT);
        struct ssc_channel *ch = NULL;
        char name[SSC_READER_NAME_MAX];
        config.interrupt = !DISTURBANCES[i].polled;
        trouble = DISTURBANCES[i].name;
        via_pcscd(VIA_HANDLER, config, "ssc-2.0", NULL);
        name_of(0, name);
        await(name, SSC_SLOT_CARD);
        assert_int_equal(ssc_channel_open(driver, name, false, &ch, ssc_deadline(SOON)), 0);
        assert_int_equal(challenge(ch, SOON), 10);
        bed_disturb(bed, 1, DISTURBANCES[i].status);
        const int64_t deadline = ssc_deadline(SOON);
        const int old = challenge(ch, SOON);
        ssc_channel_close(&ch, true);
        int rc = -1;
        while (rc != 10 && ssc_now_ms() < deadline) {
            rc = ssc_channel_open(driver, name, false, &ch, deadline);
            rc = rc == 0 ? challenge(ch, SOON) : rc;
            ssc_channel_close(&ch, true);
            nap(20);
        }
        if (old >= 0 || rc != 10) {
            fail_msg("%s: the old card %d, a new one %d", trouble, old, rc);
        }
        pcscd_bed_down(state);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        bed_test(while_idle),      bed_test(in_an_exchange),
        bed_test(is_told),         bed_test(moves_to_another_port),
        bed_test(again_and_again), pcscd_bed_test(behind_pcscd),
    };
    bed_enter(argv);
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
