/* SPDX-License-Identifier: Apache-2.0 */
/* What each failure of a reader's driver looks like through a real pcscd, and what is left of the channel
 * after it. */
#include "bed.h"

#include <winscard.h>

static void driver_errors(void **state)
{
    struct bed *bed = *state;
    static const struct {
        const char *fault;
        int rc;
        int after; /* the next exchange, with the fault gone */
    } cases[] = {
        {"communication-error", SSC_E_READER_IO, 0},
        {"timeout", SSC_E_READER_IO, 0},
        {"protocol", SSC_E_READER_IO, 0},
        {"power", SSC_E_READER_IO, 0},
        {"empty", SSC_E_BAD_RESPONSE, 0},
        {"not-present", SSC_E_CARD_REMOVED, SSC_E_CARD_REMOVED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ssc_channel *ch = open_card(bed, 0);
        test_pcscd_fault(bed->pcscd, 0, cases[i].fault);
        const int rc = challenge(ch, SOON);
        test_pcscd_fault(bed->pcscd, 0, NULL);
        const int after = challenge(ch, SOON);
        if (rc != cases[i].rc || after != cases[i].after) {
            fail_msg("%s: %d, then %d", cases[i].fault, rc, after);
        }
        ssc_channel_close(&ch, true);
    }
}

/* pcscd says so at once or, mostly, a second late; the caller does not wait for that. */
static void vanished_device(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = open_card(bed, 0);
    test_pcscd_fault(bed->pcscd, 0, "no-device");
    const int64_t start = ssc_now_ms();
    const struct stopwatch watch = stopwatch_start();
    const int rc = challenge(ch, 200);
    assert_in_time(&watch, 200);
    assert_true(rc == SSC_E_DEADLINE_EXCEEDED || rc == SSC_E_READER_REMOVED);
    assert_int_equal(challenge(ch, 200), rc == SSC_E_READER_REMOVED ? rc : SSC_E_READER_WEDGED);
    while (ch->wedged && ssc_now_ms() < start + SOON) {
        nap(10);
    }
    assert_int_equal(challenge(ch, SOON), SSC_E_READER_REMOVED);
    assert_int_equal(ssc_channel_reset(ch, SSC_RESET_COLD, ssc_deadline(SOON)), SSC_E_READER_REMOVED);
    ssc_channel_close(&ch, true);
    test_pcscd_fault(bed->pcscd, 0, NULL);
}

static void vanished_device_with_patience(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = open_card(bed, 0);
    test_pcscd_fault(bed->pcscd, 0, "no-device");
    assert_int_equal(challenge(ch, SOON), SSC_E_READER_REMOVED);
    assert_int_equal(challenge(ch, SOON), SSC_E_READER_REMOVED);
    ssc_channel_close(&ch, true);
}

/* The card is taken out and put back so fast that no event need have been seen. */
static void swapped_card(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = open_card(bed, 0), *fresh = NULL;
    const uint32_t before = await(bed, 0, SSC_SLOT_CARD).insertions;
    test_pcscd_insert(bed->pcscd, 0, "ssc-2.0");
    while (await(bed, 0, SSC_SLOT_CARD).insertions == before) {
        nap(1);
    }
    assert_int_equal(challenge(ch, SOON), SSC_E_CARD_REMOVED);
    assert_int_equal(ssc_channel_reset(ch, SSC_RESET_WARM, ssc_deadline(SOON)), SSC_E_CARD_REMOVED);
    assert_int_equal(try_open(bed, 0, &fresh), 0);
    assert_int_equal(challenge(fresh, SOON), 0);
    ssc_channel_close(&fresh, true);
    ssc_channel_close(&ch, true);
}

/* SCardReconnect would take the new card without a word. */
static void reset_does_not_take_another_card(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = open_card(bed, 0);
    const uint32_t before = await(bed, 0, SSC_SLOT_CARD).insertions;
    test_pcscd_insert(bed->pcscd, 0, "ssc-2.0");
    while (await(bed, 0, SSC_SLOT_CARD).insertions == before) {
        nap(1);
    }
    assert_int_equal(ssc_channel_reset(ch, SSC_RESET_COLD, ssc_deadline(SOON)), SSC_E_CARD_REMOVED);
    assert_int_equal(challenge(ch, SOON), SSC_E_CARD_REMOVED);
    ssc_channel_close(&ch, true);
}

static void strange_answers_to_reset(void **state)
{
    struct bed *bed = *state;
    static const struct {
        const char *fault;
        enum ssc_slot slot;
        int rc;
    } cases[] = {
        {"mute", SSC_SLOT_MUTE, SSC_E_CARD_MUTE},
        {"atr 3B6F0000000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20", SSC_SLOT_MUTE,
         SSC_E_CARD_MUTE},
        {"atr FFFFFF", SSC_SLOT_CARD, SSC_E_PROTOCOL_MISMATCH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ssc_channel *ch = NULL;
        test_pcscd_fault(bed->pcscd, 1, cases[i].fault);
        test_pcscd_insert(bed->pcscd, 1, "ssc-2.0");
        await(bed, 1, cases[i].slot);
        const int rc = try_open(bed, 1, &ch);
        if (rc != cases[i].rc) {
            fail_msg("%s: %d", cases[i].fault, rc);
        }
        test_pcscd_remove(bed->pcscd, 1);
        await(bed, 1, SSC_SLOT_EMPTY);
    }
}

static void empty_slot_and_unknown_reader(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = NULL;
    await(bed, 1, SSC_SLOT_EMPTY);
    assert_int_equal(try_open(bed, 1, &ch), SSC_E_NO_CARD);
    assert_int_equal(ssc_channel_open(bed->driver, "Desk 00 01", false, &ch, ssc_deadline(SOON)),
                     SSC_E_READER_NOT_FOUND);
    assert_int_equal(ssc_channel_open(bed->driver, "", false, &ch, ssc_deadline(SOON)),
                     SSC_E_READER_NOT_FOUND);
}

/* A handle of another program, straight on libpcsclite. */
struct other {
    SCARDCONTEXT context;
    SCARDHANDLE card;
};

static struct other other_program(struct bed *bed, DWORD share)
{
    struct other o;
    DWORD protocol;
    assert_int_equal(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &o.context), SCARD_S_SUCCESS);
    assert_int_equal(SCardConnect(o.context, bed->pcscd->reader[0], share,
                                  SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &o.card, &protocol),
                     SCARD_S_SUCCESS);
    return o;
}

static void other_leaves(struct other *o)
{
    SCardDisconnect(o->card, SCARD_LEAVE_CARD);
    SCardReleaseContext(o->context);
}

static void reset_by_another_program(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = open_card(bed, 0);
    struct other o = other_program(bed, SCARD_SHARE_SHARED);
    DWORD protocol;
    assert_int_equal(challenge(ch, SOON), 0);
    assert_int_equal(SCardReconnect(o.card, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
                                    SCARD_RESET_CARD, &protocol),
                     SCARD_S_SUCCESS);
    assert_int_equal(challenge(ch, SOON), SSC_E_CARD_RESET);
    assert_int_equal(ssc_channel_begin(ch, ssc_deadline(SOON)), SSC_E_CARD_RESET);
    assert_int_equal(ssc_channel_reset(ch, SSC_RESET_WARM, ssc_deadline(SOON)), 0);
    assert_int_equal(challenge(ch, SOON), 0);
    other_leaves(&o);
    ssc_channel_close(&ch, true);
}

static void held_by_another_program(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = NULL;
    await(bed, 0, SSC_SLOT_CARD);
    struct other o = other_program(bed, SCARD_SHARE_EXCLUSIVE);
    assert_int_equal(try_open(bed, 0, &ch), SSC_E_READER_BUSY);
    other_leaves(&o);
    assert_int_equal(try_open(bed, 0, &ch), 0);
    ssc_channel_close(&ch, true);
}

/* Two programs: what one does in a transaction, the other does not see half of. */
static void transactions_between_programs(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = open_card(bed, 0);
    struct other o = other_program(bed, SCARD_SHARE_SHARED);
    assert_int_equal(SCardBeginTransaction(o.card), SCARD_S_SUCCESS);
    const int64_t start = ssc_now_ms();
    struct stopwatch watch = stopwatch_start();
    assert_int_equal(ssc_channel_begin(ch, ssc_deadline(150)), SSC_E_DEADLINE_EXCEEDED);
    assert_took(&watch, 149, 150 + STOPWATCH_OVERRUN_MS);
    struct ssc_channel *second = NULL; /* known to be taken, hence told at once */
    assert_int_equal(try_open(bed, 0, &second), SSC_E_READER_BUSY);
    assert_int_equal(SCardEndTransaction(o.card, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
    while (ch->wedged && ssc_now_ms() < start + SOON) {
        nap(10);
    }
    /* The late transaction was given back, so the other program gets the card again. */
    watch = stopwatch_start();
    assert_int_equal(SCardBeginTransaction(o.card), SCARD_S_SUCCESS);
    assert_int_equal(SCardEndTransaction(o.card, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
    assert_took(&watch, 0, 500);
    assert_int_equal(ssc_channel_begin(ch, ssc_deadline(SOON)), 0);
    assert_int_equal(challenge(ch, SOON), 0);
    assert_int_equal(ssc_channel_end(ch, ssc_deadline(SOON)), 0);
    other_leaves(&o);
    ssc_channel_close(&ch, true);
}

static void in_use_means_another_program(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = NULL;
    await(bed, 0, SSC_SLOT_CARD);
    assert_int_equal(ssc_channel_open(bed->driver, bed->pcscd->reader[0], true, &ch, ssc_deadline(SOON)), 0);
    test_pcscd_insert(bed->pcscd, 1, "ssc-2.0"); /* makes the monitor look */
    await(bed, 1, SSC_SLOT_CARD);
    assert_false(await(bed, 0, SSC_SLOT_CARD).in_use);
    ssc_channel_close(&ch, true);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(driver_errors),
        CASE(vanished_device),
        CASE(vanished_device_with_patience),
        CASE(swapped_card),
        CASE(reset_does_not_take_another_card),
        CASE(strange_answers_to_reset),
        CASE(empty_slot_and_unknown_reader),
        CASE(reset_by_another_program),
        CASE(held_by_another_program),
        CASE(transactions_between_programs),
        CASE(in_use_means_another_program),
    };
    return test_pcscd_installed() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
