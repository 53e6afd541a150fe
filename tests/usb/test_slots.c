/* SPDX-License-Identifier: Apache-2.0 */
/* One reader, several slots: each has its own events and its own card, and trouble in one stays there. */
#include "pcscd_bed.h"

#include <pthread.h>

enum { XFR = 0x6F, ROUNDS = 40, WITHIN = 150 };

static void slot_name(unsigned slot, char out[SSC_READER_NAME_MAX])
{
    snprintf(out, SSC_READER_NAME_MAX, "Scripted Reader [000001] (1-1) %u", slot);
}

static struct device_config with_slots(unsigned slots, bool interrupt)
{
    struct device_config config = device_default(LEVEL_SHORT);
    config.slots = slots;
    config.interrupt = interrupt;
    return config;
}

static struct ssc_channel *open_slot(const char *name)
{
    struct ssc_channel *ch = NULL;
    assert_int_equal(ssc_channel_open(driver, name, false, &ch, ssc_deadline(SOON)), 0);
    return ch;
}

/* ---- events ---- */

/* The others stay as they are: those below the slot have a card, those above have none. */
static void others(char name[][SSC_READER_NAME_MAX], unsigned slots, unsigned but)
{
    for (unsigned i = 0; i < slots; i++) {
        struct ssc_reader_state state;
        assert_true(state_of(name[i], &state));
        assert_true(i == but || state.slot == (i < but ? SSC_SLOT_CARD : SSC_SLOT_EMPTY));
    }
}

static void come_and_go(enum via via, char name[][SSC_READER_NAME_MAX], unsigned slots)
{
    for (unsigned i = 0; i < slots; i++) {
        await_via(via, name[i], SSC_SLOT_EMPTY);
        assert_int_equal(device_insert(reader, i, "ssc-2.0"), 0);
        await_via(via, name[i], SSC_SLOT_CARD);
        others(name, slots, i);
    }
    for (unsigned i = slots; i-- > 0;) {
        device_remove(reader, i);
        await_via(via, name[i], SSC_SLOT_EMPTY);
        others(name, slots, i);
    }
}

static void events(bool interrupt)
{
    const struct device_config config = with_slots(DEVICE_SLOTS, interrupt);
    char name[DEVICE_SLOTS][SSC_READER_NAME_MAX];
    bed_up(&config, NULL);
    for (unsigned i = 0; i < DEVICE_SLOTS; i++) {
        slot_name(i, name[i]);
    }
    come_and_go(DIRECT, name, DEVICE_SLOTS);
}

static void events_by_interrupt(void **state)
{
    (void)state;
    events(true);
}

static void events_by_asking(void **state)
{
    (void)state;
    events(false);
}

static void events_through_pcscd(enum via via)
{
    char name[2][SSC_READER_NAME_MAX];
    via_pcscd(via, with_slots(2, true), NULL, NULL);
    for (unsigned i = 0; i < 2; i++) {
        name_of(i, name[i]);
    }
    come_and_go(via, name, 2);
    come_and_go(via, name, 2);
}

static void events_through_libccid(void **state)
{
    (void)state;
    events_through_pcscd(VIA_LIBCCID);
}

static void events_through_the_handler(void **state)
{
    (void)state;
    events_through_pcscd(VIA_HANDLER);
}

/* ---- two cards at once ---- */

static void *exchange_often(void *channel)
{
    static const uint8_t tx[] = {0x00, 0x84, 0x00, 0x00, 0x08};
    size_t done = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint8_t rx[SSC_RESPONSE_SHORT];
        size_t len = sizeof rx;
        const int rc = ssc_channel_transmit(channel, tx, sizeof tx, rx, &len, ssc_deadline(SOON));
        done += rc == 0 && len == 10 ? 1 : 0;
    }
    return (void *)done;
}

static void two_at_once(char name[][SSC_READER_NAME_MAX])
{
    struct ssc_channel *ch[2];
    pthread_t thread[2];
    for (unsigned i = 0; i < 2; i++) {
        await(name[i], SSC_SLOT_CARD);
        ch[i] = open_slot(name[i]);
        assert_int_equal(pthread_create(&thread[i], NULL, exchange_often, ch[i]), 0);
    }
    for (unsigned i = 0; i < 2; i++) {
        void *done;
        assert_int_equal(pthread_join(thread[i], &done), 0);
        assert_int_equal((size_t)done, ROUNDS);
        ssc_channel_close(&ch[i], true);
    }
}

static void two_cards_at_once(void **state)
{
    const struct device_config config = with_slots(2, true);
    char name[2][SSC_READER_NAME_MAX];
    (void)state;
    bed_up(&config, "ssc-2.0");
    assert_int_equal(device_insert(reader, 1, "psam"), 0);
    slot_name(0, name[0]);
    slot_name(1, name[1]);
    two_at_once(name);
}

static void two_cards_at_once_through_the_handler(void **state)
{
    char name[2][SSC_READER_NAME_MAX];
    (void)state;
    via_pcscd(VIA_HANDLER, with_slots(2, true), "ssc-2.0", "psam");
    name_of(0, name[0]);
    name_of(1, name[1]);
    two_at_once(name);
}

/* ---- trouble next door ---- */

static void one_pulled(void **state)
{
    const struct device_config config = with_slots(3, true);
    char name[3][SSC_READER_NAME_MAX];
    struct ssc_channel *ch[2];
    (void)state;
    bed_up(&config, "ssc-2.0");
    assert_int_equal(device_insert(reader, 2, "psam"), 0);
    for (unsigned i = 0; i < 3; i++) {
        slot_name(i, name[i]);
    }
    await(name[2], SSC_SLOT_CARD);
    ch[0] = open_slot(name[0]);
    ch[1] = open_slot(name[2]);
    device_remove(reader, 2);
    await(name[2], SSC_SLOT_EMPTY);
    assert_int_equal(challenge(ch[1], SOON), SSC_E_CARD_REMOVED);
    assert_int_equal(challenge(ch[0], SOON), 10);
    ssc_channel_close(&ch[0], true);
    ssc_channel_close(&ch[1], true);
}

/* The card in one slot says nothing: the other's answer is late, but it comes, and its card keeps its power.
 */
static void one_mute(void **state)
{
    const struct device_config config = with_slots(2, true);
    char name[2][SSC_READER_NAME_MAX];
    struct ssc_channel *ch[2];
    (void)state;
    bed_up(&config, "ssc-2.0");
    assert_int_equal(device_insert(reader, 1, "psam"), 0);
    for (unsigned i = 0; i < 2; i++) {
        slot_name(i, name[i]);
        await(name[i], SSC_SLOT_CARD);
        ch[i] = open_slot(name[i]);
    }
    const unsigned powered = device_count(reader, 0x62);
    for (unsigned i = 0; i < 3; i++) {
        device_fault(reader, DEVICE_HANG, XFR, 1, 0);
        assert_int_equal(challenge(ch[0], WITHIN), SSC_E_DEADLINE_EXCEEDED);
        assert_int_equal(challenge(ch[1], SOON), 10);
        assert_int_equal(ssc_channel_reset(ch[0], SSC_RESET_COLD, ssc_deadline(SOON)), 0);
    }
    assert_int_equal(device_count(reader, 0x62), powered + 3); /* the resets of the mute one, no more */
    ssc_channel_close(&ch[0], true);
    assert_int_equal(challenge(ch[1], SOON), 10);
    ssc_channel_close(&ch[1], true);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        bed_test(events_by_interrupt),
        bed_test(events_by_asking),
        bed_test(two_cards_at_once),
        bed_test(one_pulled),
        bed_test(one_mute),
        pcscd_bed_test(events_through_libccid),
        pcscd_bed_test(events_through_the_handler),
        pcscd_bed_test(two_cards_at_once_through_the_handler),
    };
    bed_enter(argv);
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
