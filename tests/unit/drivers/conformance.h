/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What drivers/reader.h promises, as one list of cases that every driver must pass. A program that includes
 * this file says what stands on the bed and calls conformance_run. A hook that a driver cannot have is NULL,
 * and the cases that need it are then not in the list.
 */
#ifndef SSC_TESTS_CONFORMANCE_H
#define SSC_TESTS_CONFORMANCE_H

#include "drivers/reader.h"
#include "stopwatch.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { CONFORMANCE_SOON = 10000 };

/* The card knows SELECT SSSE by name (any answer above 2 bytes, or 61xx) and refuses the instruction FE. */
struct conformance_bed {
    struct ssc_driver *driver;
    char reader[SSC_READER_NAME_MAX];
    void *ctx;
    void (*insert)(void *ctx);
    void (*remove)(void *ctx);
    void (*hang)(void *ctx, bool on); /* a card that does not answer commands until told otherwise */
};

static struct conformance_bed conformance_bed;

static const uint8_t conformance_select[] = {0x00, 0xA4, 0x04, 0x00, 0x0F, 0x73, 0x78, 0x31, 0x2E, 0x73,
                                             0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF};

static int conformance_transmit(struct ssc_channel *ch, int64_t ms)
{
    uint8_t rx[SSC_RESPONSE_SHORT];
    size_t len = sizeof rx;
    return ssc_channel_transmit(ch, conformance_select, sizeof conformance_select, rx, &len,
                                ssc_deadline(ms));
}

static struct ssc_reader_state conformance_state(void)
{
    struct ssc_reader_state states[SSC_READERS_MAX], found = {.slot = SSC_SLOT_GONE};
    size_t count = SSC_READERS_MAX;
    assert_int_equal(ssc_driver_list(conformance_bed.driver, states, &count, ssc_deadline(CONFORMANCE_SOON)),
                     0);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(states[i].name, conformance_bed.reader) == 0) {
            found = states[i];
        }
    }
    assert_string_equal(found.name, conformance_bed.reader);
    return found;
}

/* Follows the driver's events until the slot is as wanted. */
static struct ssc_reader_state conformance_await(enum ssc_slot wanted)
{
    const int64_t deadline = ssc_deadline(CONFORMANCE_SOON);
    struct ssc_reader_state state = {.slot = SSC_SLOT_GONE};
    uint64_t version = 0;
    int rc = 0;
    do {
        rc = ssc_driver_watch(conformance_bed.driver, &version, deadline);
        if (rc == 0) {
            state = conformance_state();
        }
    } while (rc == 0 && state.slot != wanted);
    assert_int_equal(rc, 0);
    return state;
}

static struct ssc_channel *conformance_open(void)
{
    struct ssc_channel *ch = NULL;
    assert_int_equal(ssc_channel_open(conformance_bed.driver, conformance_bed.reader, false, &ch,
                                      ssc_deadline(CONFORMANCE_SOON)),
                     0);
    assert_non_null(ch);
    return ch;
}

static void conformance_lists_the_reader(void **state)
{
    const struct ssc_reader_state reader = conformance_state();
    size_t count = 0;
    (void)state;
    assert_int_equal(reader.slot, SSC_SLOT_CARD);
    assert_false(reader.in_use);
    assert_true(reader.atr_len <= SSC_ATR_MAX);
    assert_int_equal(ssc_driver_list(conformance_bed.driver, NULL, &count, ssc_deadline(CONFORMANCE_SOON)),
                     SSC_E_BUFFER_TOO_SMALL);
    assert_true(count >= 1);
}

static void conformance_watch_sleeps_until_its_deadline(void **state)
{
    uint64_t version = 0;
    int rc = 0;
    (void)state;
    assert_int_equal(ssc_driver_watch(conformance_bed.driver, &version, ssc_deadline(CONFORMANCE_SOON)), 0);
    assert_true(version != 0);
    for (int i = 0; i < 5 && rc == 0; i++) { /* what was still on its way */
        rc = ssc_driver_watch(conformance_bed.driver, &version, ssc_deadline(100));
    }
    assert_int_equal(rc, SSC_E_DEADLINE_EXCEEDED);
    const struct stopwatch watch = stopwatch_start();
    assert_int_equal(ssc_driver_watch(conformance_bed.driver, &version, ssc_deadline(60)),
                     SSC_E_DEADLINE_EXCEEDED);
    assert_took(&watch, 59, 60 + STOPWATCH_OVERRUN_MS);
}

static void *conformance_wake(void *driver)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    nanosleep(&pause, NULL);
    ssc_driver_wake(driver);
    return NULL;
}

static void conformance_wake_ends_a_watch(void **state)
{
    uint64_t version = 0;
    pthread_t waker;
    int rc = 0;
    (void)state;
    assert_int_equal(pthread_create(&waker, NULL, conformance_wake, conformance_bed.driver), 0);
    while (rc == 0) {
        rc = ssc_driver_watch(conformance_bed.driver, &version, ssc_deadline(CONFORMANCE_SOON));
    }
    assert_int_equal(rc, SSC_E_CANCELLED);
    pthread_join(waker, NULL);
}

static void conformance_unknown_reader(void **state)
{
    struct ssc_channel *ch = NULL;
    (void)state;
    assert_int_equal(ssc_channel_open(conformance_bed.driver, "no such reader", false, &ch,
                                      ssc_deadline(CONFORMANCE_SOON)),
                     SSC_E_READER_NOT_FOUND);
    assert_null(ch);
}

static void conformance_open_takes_the_atr(void **state)
{
    struct ssc_channel *ch = conformance_open();
    (void)state;
    assert_string_equal(ch->reader, conformance_bed.reader);
    assert_true(ch->atr.raw_len >= 2);
    assert_int_equal(ch->atr.historical_len, SSC_HISTORICAL_LEN);
    assert_false(ch->wedged);
    const struct ssc_reader_state reader = conformance_state();
    if (reader.atr_len > 0) {
        assert_int_equal(reader.atr_len, ch->atr.raw_len);
        assert_memory_equal(reader.atr, ch->atr.raw, reader.atr_len);
    }
    ssc_channel_close(&ch, true);
    assert_null(ch);
}

static void conformance_exchanges(void **state)
{
    static const uint8_t unknown[] = {0x00, 0xFE, 0x00, 0x00};
    struct ssc_channel *ch = conformance_open();
    uint8_t rx[SSC_RESPONSE_SHORT];
    size_t len = sizeof rx;
    (void)state;
    assert_int_equal(ssc_channel_transmit(ch, conformance_select, sizeof conformance_select, rx, &len,
                                          ssc_deadline(CONFORMANCE_SOON)),
                     0);
    assert_true(rx[len - 2] == 0x61 || (len > 2 && rx[len - 2] == 0x90));
    len = sizeof rx;
    assert_int_equal(
        ssc_channel_transmit(ch, unknown, sizeof unknown, rx, &len, ssc_deadline(CONFORMANCE_SOON)), 0);
    assert_int_equal(len, 2);
    assert_true(rx[0] == 0x6D || rx[0] == 0x6E);
    assert_int_equal(ch->exchanges, 2);
    assert_int_equal(ch->bytes_out, sizeof conformance_select + sizeof unknown);
    ssc_channel_close(&ch, false);
}

static void conformance_small_buffer(void **state)
{
    struct ssc_channel *ch = conformance_open();
    uint8_t rx[2] = {0xA5, 0xA5};
    size_t len = 1;
    (void)state;
    assert_int_equal(ssc_channel_transmit(ch, conformance_select, sizeof conformance_select, rx, &len,
                                          ssc_deadline(CONFORMANCE_SOON)),
                     SSC_E_BUFFER_TOO_SMALL);
    assert_true(len >= 2);
    assert_int_equal(rx[1], 0xA5);
    assert_false(ssc_channel_out_of_step(ch)); /* the card's whole answer was there */
    assert_int_equal(conformance_transmit(ch, CONFORMANCE_SOON), 0);
    ssc_channel_close(&ch, true);
}

static void conformance_past_deadline(void **state)
{
    struct ssc_channel *ch = conformance_open();
    (void)state;
    assert_int_equal(conformance_transmit(ch, -1), SSC_E_DEADLINE_EXCEEDED);
    assert_false(ssc_channel_out_of_step(ch)); /* nothing was sent */
    assert_int_equal(conformance_transmit(ch, CONFORMANCE_SOON), 0);
    ssc_channel_close(&ch, true);
}

static void conformance_resets(void **state)
{
    static const enum ssc_reset kinds[] = {SSC_RESET_WARM, SSC_RESET_COLD};
    struct ssc_channel *ch = conformance_open();
    const struct ssc_atr before = ch->atr;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ssc_channel_reset(ch, kinds[i], ssc_deadline(CONFORMANCE_SOON)), 0);
        assert_int_equal(ch->atr.raw_len, before.raw_len);
        assert_memory_equal(ch->atr.raw, before.raw, before.raw_len);
        assert_int_equal(conformance_transmit(ch, CONFORMANCE_SOON), 0);
    }
    ssc_channel_close(&ch, true);
}

static void conformance_transactions(void **state)
{
    struct ssc_channel *mine = conformance_open(), *other = conformance_open();
    (void)state;
    assert_int_equal(ssc_channel_begin(mine, ssc_deadline(CONFORMANCE_SOON)), 0);
    assert_int_equal(conformance_transmit(mine, CONFORMANCE_SOON), 0);
    const struct stopwatch watch = stopwatch_start();
    const int rc = ssc_channel_begin(other, ssc_deadline(100));
    assert_true(rc == SSC_E_DEADLINE_EXCEEDED || rc == SSC_E_READER_BUSY);
    assert_in_time(&watch, 100);
    assert_int_equal(ssc_channel_end(mine, ssc_deadline(CONFORMANCE_SOON)), 0);
    /* What the other asked for too late must not hold the card now. */
    const int64_t soon = ssc_deadline(CONFORMANCE_SOON);
    int again = SSC_E_READER_WEDGED;
    while (again != 0 && ssc_now_ms() < soon) {
        again = ssc_channel_begin(other, soon);
    }
    assert_int_equal(again, 0);
    assert_false(ssc_channel_out_of_step(other)); /* waiting has touched no card */
    assert_int_equal(conformance_transmit(other, CONFORMANCE_SOON), 0);
    ssc_channel_close(&other, false); /* gives the card back */
    assert_int_equal(ssc_channel_begin(mine, ssc_deadline(CONFORMANCE_SOON)), 0);
    ssc_channel_close(&mine, true);
}

static void conformance_exclusive(void **state)
{
    struct ssc_channel *mine = NULL, *other = NULL;
    (void)state;
    for (int mine_exclusive = 0; mine_exclusive < 2; mine_exclusive++) {
        assert_int_equal(ssc_channel_open(conformance_bed.driver, conformance_bed.reader, mine_exclusive,
                                          &mine, ssc_deadline(CONFORMANCE_SOON)),
                         0);
        assert_int_equal(ssc_channel_open(conformance_bed.driver, conformance_bed.reader, !mine_exclusive,
                                          &other, ssc_deadline(CONFORMANCE_SOON)),
                         SSC_E_READER_BUSY);
        assert_null(other);
        ssc_channel_close(&mine, true);
    }
    mine = conformance_open(); /* closed means free again, at once */
    ssc_channel_close(&mine, true);
}

static void conformance_count(void *ctx, const struct ssc_exchange *exchange)
{
    assert_int_equal(exchange->tx_len, sizeof conformance_select);
    assert_memory_equal(exchange->tx, conformance_select, exchange->tx_len);
    assert_int_equal(exchange->result, 0);
    assert_true(exchange->rx_len >= 2 && exchange->end_us >= exchange->start_us);
    ++*(int *)ctx;
}

static void conformance_taps(void **state)
{
    struct ssc_channel *ch = conformance_open();
    int seen = 0;
    (void)state;
    ssc_channel_tap(ch, conformance_count, &seen);
    assert_int_equal(conformance_transmit(ch, CONFORMANCE_SOON), 0);
    ssc_channel_tap(ch, NULL, NULL);
    assert_int_equal(conformance_transmit(ch, CONFORMANCE_SOON), 0);
    assert_int_equal(seen, 1);
    ssc_channel_close(&ch, true);
}

static void conformance_what_is_not_there(void **state)
{
    static const uint8_t apdu[] = {0x00, 0x20, 0x00, 0x00, 0x03, 0xFF, 0xFF, 0xFF};
    const struct ssc_pin_entry entry = {.apdu = apdu,
                                        .apdu_len = sizeof apdu,
                                        .min_digits = 6,
                                        .max_digits = 6,
                                        .pin_bytes = 3,
                                        .timeout_s = 1};
    struct ssc_channel *ch = conformance_open();
    uint8_t rx[16];
    size_t len = sizeof rx;
    (void)state;
    assert_int_equal(
        ssc_channel_control(ch, 0x42000000 + 999, NULL, 0, rx, &len, ssc_deadline(CONFORMANCE_SOON)),
        SSC_E_NOT_SUPPORTED);
    len = sizeof rx;
    assert_int_equal(ch->features & (SSC_FEATURE_PIN_VERIFY | SSC_FEATURE_PIN_MODIFY), 0);
    assert_int_equal(ssc_channel_pin_entry(ch, &entry, rx, &len, ssc_deadline(CONFORMANCE_SOON)),
                     SSC_E_NO_PIN_PAD);
    assert_false(ssc_channel_out_of_step(ch));
    ssc_channel_close(&ch, true);
}

static void conformance_removal(void **state)
{
    const uint32_t before = conformance_state().insertions;
    struct ssc_channel *ch = conformance_open(), *second = NULL;
    (void)state;
    assert_int_equal(conformance_transmit(ch, CONFORMANCE_SOON), 0);
    conformance_bed.remove(conformance_bed.ctx);
    assert_int_equal(conformance_await(SSC_SLOT_EMPTY).atr_len, 0);
    assert_int_equal(conformance_transmit(ch, CONFORMANCE_SOON), SSC_E_CARD_REMOVED);
    assert_int_equal(ssc_channel_open(conformance_bed.driver, conformance_bed.reader, false, &second,
                                      ssc_deadline(CONFORMANCE_SOON)),
                     SSC_E_NO_CARD);
    conformance_bed.insert(conformance_bed.ctx);
    assert_true(conformance_await(SSC_SLOT_CARD).insertions > before);
    /* The old channel means the old card. */
    assert_true(ssc_channel_out_of_step(ch));
    assert_int_equal(conformance_transmit(ch, CONFORMANCE_SOON), SSC_E_CARD_REMOVED);
    assert_int_equal(ssc_channel_reset(ch, SSC_RESET_COLD, ssc_deadline(CONFORMANCE_SOON)),
                     SSC_E_CARD_REMOVED);
    assert_true(ssc_channel_out_of_step(ch));
    second = conformance_open();
    assert_int_equal(conformance_transmit(second, CONFORMANCE_SOON), 0);
    ssc_channel_close(&ch, true);
    assert_int_equal(conformance_transmit(second, CONFORMANCE_SOON), 0);
    ssc_channel_close(&second, true);
}

static void conformance_hang(void **state)
{
    struct ssc_channel *ch = conformance_open();
    (void)state;
    conformance_bed.hang(conformance_bed.ctx, true);
    const struct stopwatch watch = stopwatch_start();
    const int rc = conformance_transmit(ch, 100);
    assert_in_time(&watch, 100);
    assert_true(rc == SSC_E_DEADLINE_EXCEEDED || rc == SSC_E_CARD_MUTE);
    assert_true(ssc_channel_out_of_step(ch)); /* the card may have acted */
    conformance_bed.hang(conformance_bed.ctx, false);
    ssc_channel_close(&ch, true);
    const int64_t soon = ssc_deadline(CONFORMANCE_SOON);
    int again = SSC_E_READER_WEDGED;
    while (again == SSC_E_READER_WEDGED && ssc_now_ms() < soon) {
        again = ssc_channel_open(conformance_bed.driver, conformance_bed.reader, false, &ch, soon);
    }
    assert_int_equal(again, 0);
    assert_int_equal(conformance_transmit(ch, CONFORMANCE_SOON), 0);
    ssc_channel_close(&ch, true);
}

static int conformance_run(const char *driver, CMFixtureFunction setup, CMFixtureFunction teardown, bool hot,
                           bool hangs)
{
    struct CMUnitTest tests[] = {
        cmocka_unit_test(conformance_lists_the_reader),
        cmocka_unit_test(conformance_watch_sleeps_until_its_deadline),
        cmocka_unit_test(conformance_wake_ends_a_watch),
        cmocka_unit_test(conformance_unknown_reader),
        cmocka_unit_test(conformance_open_takes_the_atr),
        cmocka_unit_test(conformance_exchanges),
        cmocka_unit_test(conformance_small_buffer),
        cmocka_unit_test(conformance_past_deadline),
        cmocka_unit_test(conformance_resets),
        cmocka_unit_test(conformance_transactions),
        cmocka_unit_test(conformance_exclusive),
        cmocka_unit_test(conformance_taps),
        cmocka_unit_test(conformance_what_is_not_there),
        /* What not every driver can show stands last. */
        cmocka_unit_test(conformance_hang),
        cmocka_unit_test(conformance_removal),
    };
    size_t count = sizeof tests / sizeof tests[0] - (hot ? 0 : 1);
    if (!hangs) {
        tests[13] = tests[14];
        count--;
    }
    return _cmocka_run_group_tests(driver, tests, count, setup, teardown);
}

#endif
