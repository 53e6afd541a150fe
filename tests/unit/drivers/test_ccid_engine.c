/* SPDX-License-Identifier: Apache-2.0 */
/* The engine against a reader that misbehaves: an error in time, nothing leaked, and everything works again.
 */
#include "ccid_device.h"

#include "stopwatch.h"

enum { SOON = 10000, SHORT = 60 };

static struct device device;
static struct ssc_ccid_engine *engine;

static const uint8_t select_root[] = {0x00, 0xA4, 0x04, 0x00, 0x0F, 0x73, 0x78, 0x31, 0x2E, 0x73,
                                      0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF};

static void start(uint32_t features, uint32_t max_message, int protocol, uint8_t ta1)
{
    device_init(&device, 2, features, max_message, true);
    device.open = true;
    device_insert(&device, 0, device_ssc(protocol, ta1));
    assert_int_equal(ssc_ccid_engine_new(&device.usb, &device.interface, &engine), 0);
}

static void stop(void)
{
    ssc_ccid_engine_free(&engine);
    assert_null(engine);
    device.usb.ops->close(&device.usb);
    device_done(&device);
}

static int power_on(void)
{
    return ssc_ccid_power_on(engine, 0, SSC_RESET_COLD, -1, ssc_deadline(SOON));
}

static int exchange(int64_t ms)
{
    uint8_t rx[SSC_RESPONSE_SHORT];
    size_t len = sizeof rx;
    const int rc = ssc_ccid_apdu(engine, 0, select_root, sizeof select_root, rx, &len, ssc_deadline(ms));
    assert_true(rc != 0 || (len >= 2 && (rx[len - 2] == 0x61 || rx[len - 2] == 0x90)));
    return rc;
}

static void fault(enum device_fault kind, uint8_t on, unsigned argument)
{
    device.fault = kind;
    device.fault_on = on;
    device.argument = argument;
    device.skip = 0;
}

static void bad_answers_to_an_exchange(void **state)
{
    static const struct {
        enum device_fault fault;
        unsigned argument;
        int wanted;
        bool breaks;
    } cases[] = {
        {DEVICE_SHORT_HEADER, 0, SSC_E_READER_IO, true},
        {DEVICE_SHORT_BODY, 0, SSC_E_READER_IO, true},
        {DEVICE_LONG, 0, SSC_E_READER_IO, true},
        {DEVICE_HUGE, 0, SSC_E_READER_IO, true},
        {DEVICE_WRONG_SLOT, 0, SSC_E_READER_IO, true},
        {DEVICE_WRONG_TYPE, 0, SSC_E_READER_IO, true},
        {DEVICE_RESERVED, 0, SSC_E_READER_IO, true},
        {DEVICE_STALL, 0, SSC_E_READER_IO, true},
        {DEVICE_EMPTY_PACKETS, 0, SSC_E_READER_IO, true},
        {DEVICE_WRONG_SEQ, 0, SSC_E_DEADLINE_EXCEEDED, false},
        {DEVICE_SILENT, 0, SSC_E_DEADLINE_EXCEEDED, false},
        {DEVICE_EXTEND_FOREVER, 0, SSC_E_DEADLINE_EXCEEDED, false},
        {DEVICE_ERROR, 0xFE, SSC_E_CARD_MUTE, false},
        {DEVICE_ERROR, 0xFD, SSC_E_READER_IO, false},
        {DEVICE_ERROR, 0xFB, SSC_E_READER_IO, false},
        {DEVICE_ERROR, 0xE0, SSC_E_READER_BUSY, false},
        {DEVICE_ERROR, 0x05, SSC_E_READER_NOT_FOUND, false},
        {DEVICE_ERROR, 0x00, SSC_E_NOT_SUPPORTED, false},
        {DEVICE_STALE, 0, 0, false},
        {DEVICE_EXTEND, 50, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start(0x000200BA, 271, 0, 0);
        assert_int_equal(power_on(), 0);
        fault(cases[i].fault, SSC_CCID_XFR_BLOCK, cases[i].argument);
        const struct stopwatch watch = stopwatch_start();
        const int rc = exchange(cases[i].wanted == SSC_E_DEADLINE_EXCEEDED ? SHORT : SOON);
        if (rc != cases[i].wanted || engine->broken != cases[i].breaks) {
            fail_msg("case %zu: %d, broken %d", i, rc, engine->broken);
        }
        assert_in_time(&watch, SHORT);
        if (engine->broken) {
            assert_int_equal(exchange(SOON), SSC_E_READER_WEDGED);
            assert_int_equal(ssc_ccid_recover(engine, ssc_deadline(SOON)), 0);
        }
        /* What was left open is aborted first; then everything works again. */
        assert_int_equal(power_on(), 0);
        assert_int_equal(exchange(SOON), 0);
        assert_int_equal(device.aborts, rc == SSC_E_DEADLINE_EXCEEDED ? 1 : 0);
        stop();
    }
}

static void bad_answers_to_everything_else(void **state)
{
    static const uint8_t commands[] = {SSC_CCID_POWER_ON, SSC_CCID_POWER_OFF, SSC_CCID_SET_PARAMETERS};
    static const enum device_fault faults[] = {DEVICE_SHORT_HEADER, DEVICE_LONG,     DEVICE_HUGE,
                                               DEVICE_WRONG_SLOT,   DEVICE_RESERVED, DEVICE_SILENT,
                                               DEVICE_STALL,        DEVICE_WRONG_SEQ};
    (void)state;
    for (size_t c = 0; c < sizeof commands; c++) {
        for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
            start(0x00010030, 271, 1, 0x95);
            fault(faults[i], commands[c], 0);
            const struct stopwatch watch = stopwatch_start();
            const int rc = ssc_ccid_power_on(engine, 0, SSC_RESET_COLD, -1, ssc_deadline(SHORT));
            assert_true(rc == SSC_E_READER_IO || rc == SSC_E_DEADLINE_EXCEEDED || rc == SSC_E_READER_WEDGED);
            assert_in_time(&watch, SHORT);
            if (engine->broken) {
                assert_int_equal(ssc_ccid_recover(engine, ssc_deadline(SOON)), 0);
            }
            assert_int_equal(power_on(), 0);
            assert_int_equal(exchange(SOON), 0);
            stop();
        }
    }
}

/* The plug is pulled at every byte of every answer of a session. */
static void unplugged_at_any_byte(void **state)
{
    (void)state;
    unsigned ended = 0;
    for (unsigned answer = 0; answer < 6; answer++) {
        for (unsigned byte = 0; byte <= 40; byte++) {
            start(0x00010030, 271, 1, 0x95);
            fault(DEVICE_UNPLUG, 0, byte);
            device.skip = answer;
            int rc = ssc_ccid_power_on(engine, 0, SSC_RESET_COLD, -1, ssc_deadline(SOON));
            rc = rc == 0 ? exchange(SOON) : rc;
            /* A short packet ends the message before the host learns that there is nobody any more. */
            assert_true(rc == SSC_E_READER_REMOVED || rc == SSC_E_READER_IO || rc == SSC_E_READER_WEDGED ||
                        !device.plugged || device.fault != DEVICE_SOUND);
            ended += rc == SSC_E_READER_REMOVED;
            if (!device.plugged) {
                rc = ssc_ccid_recover(engine, ssc_deadline(SOON));
                assert_int_equal(rc, SSC_E_READER_REMOVED);
            }
            stop();
        }
    }
    assert_true(ended > 0);
}

/* An abort that the reader ignores ends in time too, and leaves the reader to be reset. */
static void deaf_reader(void **state)
{
    (void)state;
    start(0x000200BA, 271, 0, 0);
    assert_int_equal(power_on(), 0);
    fault(DEVICE_DEAF, SSC_CCID_XFR_BLOCK, 0);
    assert_int_equal(exchange(SHORT), SSC_E_DEADLINE_EXCEEDED);
    const struct stopwatch watch = stopwatch_start();
    assert_int_equal(ssc_ccid_abort(engine, ssc_deadline(SHORT)), SSC_E_DEADLINE_EXCEEDED);
    assert_in_time(&watch, SHORT);
    assert_int_equal(ssc_ccid_recover(engine, ssc_deadline(SHORT)), SSC_E_DEADLINE_EXCEEDED);
    device.usb.ops->reset(&device.usb);
    assert_int_equal(ssc_ccid_recover(engine, ssc_deadline(SOON)), 0);
    assert_int_equal(power_on(), 0);
    assert_int_equal(exchange(SOON), 0);
    stop();
}

static void past_deadlines_send_nothing(void **state)
{
    (void)state;
    start(0x000200BA, 271, 0, 0);
    assert_int_equal(power_on(), 0);
    const unsigned sent = device.messages[SSC_CCID_XFR_BLOCK];
    assert_int_equal(exchange(-1), SSC_E_DEADLINE_EXCEEDED);
    assert_int_equal(device.messages[SSC_CCID_XFR_BLOCK], sent);
    assert_false(engine->slot[0].abort_due);
    stop();
}

static void voltages(void **state)
{
    static const struct {
        uint32_t features;
        int only;
        int wanted;
        unsigned attempts;
    } cases[] = {
        {0x000200B2, 1, 0, 1},               /* 5 V at once */
        {0x000200B2, 2, 0, 2},               /* 5 V, 3 V */
        {0x000200B2, 3, 0, 3},               /* 5 V, 3 V, 1.8 V */
        {0x000200B2, 9, SSC_E_CARD_MUTE, 3}, /* at no voltage */
        {0x000200BA, 0, 0, 1},               /* the reader finds it */
        {0x000200BA, 9, SSC_E_CARD_MUTE, 2}, /* a second attempt, not more */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start(cases[i].features, 271, 0, 0);
        device.only_voltage = cases[i].only;
        assert_int_equal(power_on(), cases[i].wanted);
        assert_int_equal(device.messages[SSC_CCID_POWER_ON], cases[i].attempts);
        assert_int_equal(exchange(SOON), cases[i].wanted == 0 ? 0 : SSC_E_CARD_UNPOWERED);
        stop();
    }
    start(0x000200BA, 271, 0, 0);
    device_remove(&device, 0);
    assert_int_equal(power_on(), SSC_E_NO_CARD);
    stop();
}

static void speed_and_protocol(void **state)
{
    static const uint8_t pps[] = {0xFF, 0x11, 0x95, 0x7B};
    (void)state;
    start(0x00010030, 271, 1, 0x95); /* the host does PPS */
    assert_int_equal(power_on(), 0);
    assert_int_equal(device.pps_len, 4);
    assert_memory_equal(device.pps, pps, 4);
    assert_int_equal(engine->slot[0].choice.fidi, 0x95);
    assert_int_equal(exchange(SOON), 0);
    assert_int_equal(ssc_ccid_power_on(engine, 0, SSC_RESET_COLD, 0, ssc_deadline(SOON)),
                     SSC_E_PROTOCOL_MISMATCH);
    stop();
    start(0x00010030, 271, 1, 0x95); /* a card that does not answer PPS works at its default speed */
    device.refuse_pps = true;
    assert_int_equal(power_on(), 0);
    assert_int_equal(engine->slot[0].choice.fidi, 0x11);
    assert_int_equal(exchange(SOON), 0);
    stop();
    start(0x00010030, 271, 1, 0); /* and one that dies of S(IFS request) with 32 bytes */
    device.refuse_ifs = true;
    assert_int_equal(power_on(), 0);
    assert_int_equal(exchange(SOON), 0);
    stop();
    start(0x000100BA, 271, 0, 0x95); /* the reader does PPS when it is told the parameters */
    assert_int_equal(power_on(), 0);
    assert_int_equal(device.pps_len, 0);
    assert_int_equal(engine->slot[0].choice.fidi, 0x95);
    stop();
    start(0x00020046, 271, 0, 0x95); /* the reader negotiates by itself: it is asked, not told */
    assert_int_equal(power_on(), 0);
    assert_int_equal(device.messages[SSC_CCID_SET_PARAMETERS], 0);
    assert_int_equal(device.messages[SSC_CCID_GET_PARAMETERS], 1);
    stop();
    start(0x00010000, 271, 0, 0x95); /* clock and rate by hand, from the reader's list */
    engine->interface.ccid.rates = 3;
    device.interface.ccid.rates = 3;
    assert_int_equal(ssc_ccid_read_rates(engine, ssc_deadline(SOON)), 0);
    assert_int_equal(engine->rates.rates, 3);
    assert_int_equal(power_on(), 0);
    assert_int_equal(device.messages[SSC_CCID_SET_RATE_AND_CLOCK], 1);
    assert_true(engine->slot[0].choice.rate <= 43008 + 431);
    stop();
}

static void garbled_blocks_are_repeated(void **state)
{
    (void)state;
    start(0x00010030, 271, 1, 0);
    assert_int_equal(power_on(), 0);
    for (unsigned i = 0; i < 2; i++) {
        fault(i == 0 ? DEVICE_GARBLE : DEVICE_ERROR, SSC_CCID_XFR_BLOCK, 0xFD);
        assert_int_equal(exchange(SOON), 0);
    }
    assert_int_equal(engine->slot[0].t1.retries, 2);
    /* One command, one execution: repeated blocks carry their number. */
    fault(DEVICE_ERROR, SSC_CCID_XFR_BLOCK, 0xFE);
    device.every = true;
    assert_int_equal(exchange(SOON), SSC_E_READER_IO);
    assert_true(engine->slot[0].t1.dead);
    device.fault = DEVICE_SOUND;
    assert_int_equal(exchange(SOON), SSC_E_READER_IO); /* until it is reset */
    assert_int_equal(power_on(), 0);
    assert_int_equal(exchange(SOON), 0);
    stop();
}

static void lengths(void **state)
{
    uint8_t apdu[600] = {0x00, 0xD6, 0, 0, 0, 0x01, 0xF4}, rx[SSC_RESPONSE_SHORT];
    size_t len = sizeof rx;
    (void)state;
    start(0x000200BA, 271, 0, 0);
    assert_int_equal(power_on(), 0);
    const unsigned sent = device.messages[SSC_CCID_XFR_BLOCK];
    assert_int_equal(ssc_ccid_apdu(engine, 0, apdu, 507, rx, &len, ssc_deadline(SOON)), SSC_E_NOT_SUPPORTED);
    len = sizeof rx;
    assert_int_equal(ssc_ccid_apdu(engine, 0, apdu, 3, rx, &len, ssc_deadline(SOON)), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(device.messages[SSC_CCID_XFR_BLOCK], sent);
    assert_false(ssc_ccid_extended_length(engine, 0));
    stop();
    start(0x000400BA, 100, 1, 0x95); /* 507 bytes in pieces of 90 */
    assert_int_equal(power_on(), 0);
    assert_true(ssc_ccid_extended_length(engine, 0));
    len = sizeof rx;
    assert_int_equal(ssc_ccid_apdu(engine, 0, apdu, 507, rx, &len, ssc_deadline(SOON)), 0);
    assert_int_equal(device.messages[SSC_CCID_XFR_BLOCK], 6);
    stop();
}

static void pin_pads(void **state)
{
    static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x00, 0x03, 0xFF, 0xFF, 0xFF};
    static const struct {
        uint32_t features;
        int protocol;
    } levels[] = {{0x000200BA, 0}, {0x000400BA, 1}, {0x000100BA, 0}, {0x00010030, 1}};
    const struct ssc_pin_entry entry = {.apdu = verify,
                                        .apdu_len = sizeof verify,
                                        .min_digits = 4,
                                        .max_digits = 6,
                                        .pin_bytes = 3,
                                        .timeout_s = 30};
    uint8_t rx[16];
    (void)state;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        start(levels[i].features, 271, levels[i].protocol, 0);
        size_t len = sizeof rx;
        assert_int_equal(power_on(), 0);
        assert_int_equal(ssc_ccid_pin_entry(engine, 0, &entry, rx, &len, ssc_deadline(SOON)),
                         SSC_E_NO_PIN_PAD);
        engine->interface.ccid.pin_support = SSC_CCID_PIN_VERIFY;
        assert_int_equal(ssc_ccid_features(engine), SSC_FEATURE_PIN_VERIFY);
        assert_int_equal(exchange(SOON), 0);
        device.pin_digits = "123456";
        len = sizeof rx;
        assert_int_equal(ssc_ccid_pin_entry(engine, 0, &entry, rx, &len, ssc_deadline(SOON)), 0);
        assert_int_equal(len, 2);
        assert_true(rx[0] == 0x90 || rx[0] == 0x63 || rx[0] == 0x69); /* the card's own word */
        assert_int_equal(exchange(SOON), 0);                          /* block numbers have stayed in step */
        device.pin_digits = NULL;
        len = sizeof rx;
        assert_int_equal(ssc_ccid_pin_entry(engine, 0, &entry, rx, &len, ssc_deadline(SOON)),
                         SSC_E_PIN_CANCELLED);
        fault(DEVICE_ERROR, SSC_CCID_SECURE, 0xF0);
        len = sizeof rx;
        assert_int_equal(ssc_ccid_pin_entry(engine, 0, &entry, rx, &len, ssc_deadline(SOON)),
                         SSC_E_PIN_TIMEOUT);
        assert_int_equal(exchange(SOON), 0);
        stop();
    }
}

static void pin_structures(void **state)
{
    static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x00, 0x03, 0xFF, 0xFF, 0xFF}, teo[3] = {0, 0x40, 8};
    static const uint8_t wanted[] = {0, 30,   0x81, 3,    0,    6,    4,    2,    1,    4,    8,   0,
                                     0, 0x40, 8,    0x00, 0x20, 0x00, 0x00, 0x03, 0xFF, 0xFF, 0xFF};
    static const uint8_t change[] = {0x80, 0x5E, 0x01, 0x00, 0x06, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    static const uint8_t modify[] = {1, 30, 0x81, 3, 0, 0, 3, 6, 4, 3, 2, 3, 4, 8, 0, 1, 2, 0, 0, 0};
    struct ssc_pin_entry entry = {.apdu = verify,
                                  .apdu_len = sizeof verify,
                                  .min_digits = 4,
                                  .max_digits = 6,
                                  .pin_bytes = 3,
                                  .timeout_s = 30};
    const struct ssc_pin_entry sound = entry;
    uint8_t out[64], none[3] = {0};
    size_t len = sizeof out;
    (void)state;
    assert_int_equal(ssc_ccid_pin_structure(&entry, true, verify, sizeof verify, teo, out, &len), 0);
    assert_int_equal(len, sizeof wanted);
    assert_memory_equal(out, wanted, len);
    const struct ssc_pin_entry two = {.modify = true,
                                      .apdu = change,
                                      .apdu_len = sizeof change,
                                      .min_digits = 4,
                                      .max_digits = 6,
                                      .pin_bytes = 3,
                                      .new_offset = 3,
                                      .timeout_s = 30};
    len = sizeof out;
    assert_int_equal(ssc_ccid_pin_structure(&two, true, change, sizeof change, none, out, &len), 0);
    assert_int_equal(len, sizeof modify + sizeof change);
    assert_memory_equal(out, modify, sizeof modify);
    len = sizeof out; /* without a display: no messages, one index */
    assert_int_equal(ssc_ccid_pin_structure(&two, false, change, sizeof change, none, out, &len), 0);
    assert_int_equal(len, sizeof modify - 2 + sizeof change);
    assert_int_equal(out[11], 0);
    len = 20;
    assert_int_equal(ssc_ccid_pin_structure(&entry, true, verify, sizeof verify, teo, out, &len),
                     SSC_E_BUFFER_TOO_SMALL);
    entry.pin_bytes = 4; /* no room in the template */
    len = sizeof out;
    assert_int_equal(ssc_ccid_pin_structure(&entry, true, verify, sizeof verify, teo, out, &len),
                     SSC_E_INVALID_ARGUMENT);
    entry = sound;
    entry.max_digits = 7;
    assert_int_equal(ssc_ccid_pin_structure(&entry, true, verify, sizeof verify, teo, out, &len),
                     SSC_E_INVALID_ARGUMENT);
}

static void escapes(void **state)
{
    static const uint8_t tx[] = {1, 2, 3};
    uint8_t rx[3];
    size_t len = sizeof rx;
    (void)state;
    start(0x000200BA, 271, 0, 0);
    assert_int_equal(power_on(), 0);
    assert_int_equal(ssc_ccid_escape(engine, 0, tx, 3, rx, &len, ssc_deadline(SOON)), 0);
    assert_memory_equal(rx, tx, 3);
    len = 2;
    assert_int_equal(ssc_ccid_escape(engine, 0, tx, 3, rx, &len, ssc_deadline(SOON)), SSC_E_BUFFER_TOO_SMALL);
    assert_int_equal(len, 3);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_answers_to_an_exchange),
        cmocka_unit_test(bad_answers_to_everything_else),
        cmocka_unit_test(unplugged_at_any_byte),
        cmocka_unit_test(deaf_reader),
        cmocka_unit_test(past_deadlines_send_nothing),
        cmocka_unit_test(voltages),
        cmocka_unit_test(speed_and_protocol),
        cmocka_unit_test(garbled_blocks_are_repeated),
        cmocka_unit_test(lengths),
        cmocka_unit_test(pin_pads),
        cmocka_unit_test(pin_structures),
        cmocka_unit_test(escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
