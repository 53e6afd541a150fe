/* SPDX-License-Identifier: Apache-2.0 */
/* The CCID driver beyond the conformance suite: several slots, plugging, readers that are held, recovery. */
#include "ccid_device.h"

#include "drivers/ccid/bind.h"
#include "stopwatch.h"

enum { SOON = 10000 };
#define NAME "Bench reader [0001] (1-2.3) 0"
#define SECOND "Bench reader [0001] (1-2.3) 1"

static struct device device;
static struct ssc_driver *driver;

static const uint8_t unknown[] = {0x00, 0xFE, 0x00, 0x00};

static void start(uint32_t features, bool interrupt)
{
    const struct ssc_ccid_options options = {.bus = &device.bus};
    device_init(&device, 2, features, 271, interrupt);
    device_insert(&device, 0, device_ssc(0, 0));
    assert_int_equal(ssc_ccid_driver_new(&options, &driver), 0);
}

static void stop(void)
{
    ssc_driver_free(&driver);
    device_done(&device);
}

static bool state_of(const char *name, struct ssc_reader_state *out)
{
    struct ssc_reader_state states[8];
    size_t count = 8;
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

/* Until the slot is as wanted; -1: until the reader is not listed. */
static struct ssc_reader_state await(const char *name, int wanted)
{
    const int64_t deadline = ssc_deadline(SOON);
    struct ssc_reader_state state = {.slot = SSC_SLOT_GONE};
    uint64_t version = 0;
    int rc = 0, now = -2;
    while (now != wanted && rc == 0) {
        rc = ssc_driver_watch(driver, &version, deadline);
        now = rc == 0 ? (state_of(name, &state) ? (int)state.slot : -1) : now;
    }
    assert_int_equal(now, wanted);
    return state;
}

static struct ssc_channel *open_card(const char *name)
{
    struct ssc_channel *ch = NULL;
    const int64_t deadline = ssc_deadline(SOON);
    int rc = SSC_E_READER_WEDGED;
    while (rc == SSC_E_READER_WEDGED && ssc_now_ms() < deadline) {
        rc = ssc_channel_open(driver, name, false, &ch, deadline);
    }
    assert_int_equal(rc, 0);
    return ch;
}

static int transmit(struct ssc_channel *ch, int64_t ms)
{
    uint8_t rx[SSC_RESPONSE_SHORT];
    size_t len = sizeof rx;
    return ssc_channel_transmit(ch, unknown, sizeof unknown, rx, &len, ssc_deadline(ms));
}

static void set(bool *flag, bool value)
{
    pthread_mutex_lock(&device.lock);
    *flag = value;
    pthread_cond_broadcast(&device.changed);
    pthread_mutex_unlock(&device.lock);
}

static void two_slots(void **state)
{
    struct ssc_reader_state s;
    (void)state;
    start(0x000200BA, true);
    assert_true(state_of(NAME, &s) && s.slot == SSC_SLOT_CARD);
    assert_true(state_of(SECOND, &s) && s.slot == SSC_SLOT_EMPTY);
    device_insert(&device, 1, device_ssc(0, 0));
    await(SECOND, SSC_SLOT_CARD);
    struct ssc_channel *first = open_card(NAME), *second = open_card(SECOND);
    assert_int_equal(transmit(first, SOON), 0);
    assert_int_equal(transmit(second, SOON), 0);
    device_remove(&device, 0);
    await(NAME, SSC_SLOT_EMPTY);
    assert_int_equal(transmit(first, SOON), SSC_E_CARD_REMOVED);
    assert_int_equal(transmit(second, SOON), 0); /* the neighbour is not disturbed */
    ssc_channel_close(&first, true);
    ssc_channel_close(&second, true);
    stop();
}

static void replug_keeps_the_name(void **state)
{
    (void)state;
    start(0x000200BA, true);
    struct ssc_channel *ch = open_card(NAME);
    const uint32_t before = await(NAME, SSC_SLOT_CARD).insertions;
    device_plug(&device, false);
    await(NAME, -1);
    assert_int_equal(transmit(ch, SOON), SSC_E_READER_REMOVED);
    device_plug(&device, true);
    assert_true(await(NAME, SSC_SLOT_CARD).insertions > before);
    assert_int_equal(transmit(ch, SOON), SSC_E_READER_REMOVED); /* the old channel stays dead */
    struct ssc_channel *again = open_card(NAME);
    assert_int_equal(transmit(again, SOON), 0);
    ssc_channel_close(&ch, true);
    ssc_channel_close(&again, true);
    stop();
}

static void channel_outlives_driver(void **state)
{
    (void)state;
    start(0x000200BA, true);
    struct ssc_channel *ch = open_card(NAME);
    ssc_driver_free(&driver);
    assert_int_equal(transmit(ch, SOON), SSC_E_READER_REMOVED);
    ssc_channel_close(&ch, true);
    device_done(&device);
}

static void held_by_another_program(void **state)
{
    static const int errors[] = {SSC_E_READER_BUSY, SSC_E_READER_DENIED};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct ssc_ccid_options options = {.bus = &device.bus};
        struct ssc_channel *ch = NULL;
        struct ssc_ccid_report report;
        device_init(&device, 1, 0x000200BA, 271, true);
        device_insert(&device, 0, device_ssc(0, 0));
        device.open_error = errors[i];
        assert_int_equal(ssc_ccid_driver_new(&options, &driver), 0);
        assert_int_equal(await(NAME, SSC_SLOT_GONE).in_use, errors[i] == SSC_E_READER_BUSY);
        assert_int_equal(ssc_channel_open(driver, NAME, false, &ch, ssc_deadline(SOON)), errors[i]);
        assert_int_equal(ssc_ccid_report(driver, NAME, &report), 0);
        assert_int_equal(report.opened, errors[i]);
        assert_int_equal(report.device.vid, 0x1209);
        pthread_mutex_lock(&device.lock);
        device.open_error = 0;
        pthread_mutex_unlock(&device.lock);
        await(NAME, SSC_SLOT_CARD); /* taken as soon as it is free */
        assert_int_equal(ssc_ccid_report(driver, NAME, &report), 0);
        assert_int_equal(report.opened, 0);
        assert_int_equal(ssc_ccid_report(driver, "no such reader", &report), SSC_E_READER_NOT_FOUND);
        stop();
    }
}

/* The answer that comes too late never passes for the next one: the card is powered down first. */
static void late_answers_are_not_believed(void **state)
{
    const bool interrupts[] = {true, false};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        start(0x000200BA, interrupts[i]);
        struct ssc_channel *ch = open_card(NAME);
        set(&device.hang, true);
        assert_int_equal(transmit(ch, 50), SSC_E_DEADLINE_EXCEEDED);
        set(&device.hang, false);
        int rc = SSC_E_READER_WEDGED;
        for (const int64_t until = ssc_deadline(SOON); rc == SSC_E_READER_WEDGED && ssc_now_ms() < until;) {
            rc = transmit(ch, SOON);
        }
        assert_int_equal(rc, SSC_E_CARD_UNPOWERED);
        assert_int_equal(device.aborts, 1);
        assert_int_equal(ssc_channel_reset(ch, SSC_RESET_COLD, ssc_deadline(SOON)), 0);
        assert_int_equal(transmit(ch, SOON), 0);
        ssc_channel_close(&ch, true);
        stop();
    }
}

/* A reader that does not even answer the abort is reset and opened anew by itself. */
static void deaf_reader_is_reset(void **state)
{
    (void)state;
    start(0x000200BA, true);
    struct ssc_channel *ch = open_card(NAME);
    device.fault_on = SSC_CCID_XFR_BLOCK;
    device.fault = DEVICE_DEAF;
    assert_int_equal(transmit(ch, 50), SSC_E_DEADLINE_EXCEEDED);
    assert_true(ch->wedged);
    const struct stopwatch watch = stopwatch_start();
    assert_int_equal(transmit(ch, SOON), SSC_E_READER_WEDGED);
    assert_in_time(&watch, 0);
    int rc = SSC_E_READER_WEDGED;
    struct ssc_channel *again = NULL;
    for (const int64_t until = ssc_deadline(2 * SOON); rc == SSC_E_READER_WEDGED && ssc_now_ms() < until;) {
        struct timespec pause = {.tv_nsec = 5000000};
        rc = ssc_channel_open(driver, NAME, false, &again, until);
        nanosleep(&pause, NULL);
    }
    assert_int_equal(rc, 0);
    assert_int_equal(device.resets, 1);
    assert_int_equal(transmit(again, SOON), 0);
    assert_int_equal(transmit(ch, SOON), SSC_E_CARD_REMOVED); /* its card lost its power unseen */
    ssc_channel_close(&ch, true);
    ssc_channel_close(&again, true);
    stop();
}

static void stall_is_cleared(void **state)
{
    (void)state;
    start(0x000200BA, true);
    struct ssc_channel *ch = open_card(NAME);
    device.fault_on = SSC_CCID_XFR_BLOCK;
    device.fault = DEVICE_STALL;
    assert_int_equal(transmit(ch, SOON), SSC_E_READER_IO);
    int rc = SSC_E_READER_WEDGED;
    for (const int64_t until = ssc_deadline(SOON); rc == SSC_E_READER_WEDGED && ssc_now_ms() < until;) {
        rc = transmit(ch, SOON);
    }
    assert_int_equal(rc, 0);
    assert_true(device.halts_cleared >= 2 && device.resets == 0);
    ssc_channel_close(&ch, true);
    stop();
}

static void interrupt_flood(void **state)
{
    (void)state;
    start(0x000200BA, true);
    struct ssc_channel *ch = open_card(NAME);
    set(&device.flood, true);
    for (unsigned i = 0; i < 20; i++) {
        const struct stopwatch watch = stopwatch_start();
        assert_int_equal(transmit(ch, SOON), 0);
        assert_in_time(&watch, 0);
    }
    uint64_t version = 0; /* repeating itself is no news */
    assert_int_equal(ssc_driver_watch(driver, &version, ssc_deadline(SOON)), 0);
    assert_int_equal(ssc_driver_watch(driver, &version, ssc_deadline(100)), SSC_E_DEADLINE_EXCEEDED);
    set(&device.flood, false);
    ssc_channel_close(&ch, true);
    stop();
}

/* Out and in again between two messages: another card, as far as anybody can know. */
static void quick_swap(void **state)
{
    (void)state;
    start(0x000200BA, true);
    struct ssc_channel *ch = open_card(NAME);
    const uint32_t before = await(NAME, SSC_SLOT_CARD).insertions;
    pthread_mutex_lock(&device.lock);
    device.slot[0].powered = false;
    device.slot[0].moved = true;
    pthread_cond_broadcast(&device.changed);
    pthread_mutex_unlock(&device.lock);
    struct ssc_reader_state s = {0};
    uint64_t version = 0;
    while (s.insertions <= before && ssc_driver_watch(driver, &version, ssc_deadline(SOON)) == 0) {
        assert_true(state_of(NAME, &s));
    }
    assert_true(s.insertions > before);
    assert_int_equal(transmit(ch, SOON), SSC_E_CARD_REMOVED);
    ssc_channel_close(&ch, true);
    stop();
}

static void mute_card(void **state)
{
    struct ssc_channel *ch = NULL;
    (void)state;
    start(0x000200BA, true);
    device.only_voltage = 9;
    assert_int_equal(ssc_channel_open(driver, NAME, false, &ch, ssc_deadline(SOON)), SSC_E_CARD_MUTE);
    await(NAME, SSC_SLOT_MUTE);
    device.only_voltage = 0;
    ch = open_card(NAME);
    await(NAME, SSC_SLOT_CARD);
    ssc_channel_close(&ch, true);
    stop();
}

static void resets_are_seen_by_the_neighbour(void **state)
{
    (void)state;
    start(0x000200BA, true);
    struct ssc_channel *mine = open_card(NAME), *other = open_card(NAME);
    assert_int_equal(device.messages[SSC_CCID_POWER_ON], 1); /* joining does not disturb */
    assert_int_equal(ssc_channel_reset(mine, SSC_RESET_WARM, ssc_deadline(SOON)), 0);
    assert_int_equal(transmit(mine, SOON), 0);
    assert_int_equal(transmit(other, SOON), SSC_E_CARD_RESET);
    assert_int_equal(ssc_channel_reset(other, SSC_RESET_WARM, ssc_deadline(SOON)), 0);
    assert_int_equal(transmit(other, SOON), 0);
    assert_int_equal(ssc_ccid_channel_protocol(other, SSC_T1, ssc_deadline(SOON)), SSC_E_PROTOCOL_MISMATCH);
    assert_int_equal(ssc_ccid_channel_protocol(other, SSC_T0, ssc_deadline(SOON)), 0);
    ssc_channel_close(&mine, true);
    ssc_channel_close(&other, true);
    stop();
}

static void bindings(void **state)
{
    char path[200], text[4096];
    (void)state;
    assert_int_equal(ssc_ccid_bind_path("/usr/lib/pcsc/drivers", 0x1D99, 0x16, path, sizeof path), 0);
    assert_string_equal(path, "/usr/lib/pcsc/drivers/ifd-sscard-1d99-0016.bundle/Contents/Info.plist");
    assert_int_equal(ssc_ccid_bind_folder("/d", 0x1D99, 0x16, path, sizeof path), 0);
    assert_string_equal(path, "/d/ifd-sscard-1d99-0016.bundle/Contents/Linux");
    assert_int_equal(ssc_ccid_bind_path("/d", 1, 2, path, 20), SSC_E_BUFFER_TOO_SMALL);
    assert_int_equal(ssc_ccid_bind_text(0x1D99, 0x16, "A <&> B", text, sizeof text), 0);
    assert_non_null(strstr(text, "<string>0x1D99</string>"));
    assert_non_null(strstr(text, "<string>0x0016</string>"));
    assert_non_null(strstr(text, "<string>A     B</string>"));
    assert_int_equal(ssc_ccid_bind_text(0x1D99, 0x16, NULL, text, sizeof text), 0);
    assert_non_null(strstr(text, "<string>CCID reader 1d99:0016</string>"));
    assert_int_equal(ssc_ccid_bind_text(1, 2, NULL, text, 100), SSC_E_BUFFER_TOO_SMALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_slots),
        cmocka_unit_test(replug_keeps_the_name),
        cmocka_unit_test(channel_outlives_driver),
        cmocka_unit_test(held_by_another_program),
        cmocka_unit_test(late_answers_are_not_believed),
        cmocka_unit_test(deaf_reader_is_reset),
        cmocka_unit_test(stall_is_cleared),
        cmocka_unit_test(interrupt_flood),
        cmocka_unit_test(quick_swap),
        cmocka_unit_test(mute_card),
        cmocka_unit_test(resets_are_seen_by_the_neighbour),
        cmocka_unit_test(bindings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
