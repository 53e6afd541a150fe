/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated readers: listing, watching, connecting, PIN pad, faults, plugging, and the model of wire
 * time. */
#include "simcard.h"

#include "stopwatch.h"

#include <pthread.h>
#include <unistd.h>

enum { SOON = 10000 };

static struct ssc_driver *three_slots(bool real_time)
{
    const struct ssc_sim_slot slots[] = {
        {.name = "Sim contact",
         .medium = SSC_MEDIUM_CONTACT,
         .image = "ssc-3.0",
         .pin_pad = true,
         .pin_pad_types = "123456"},
        {.name = "Sim contactless", .medium = SSC_MEDIUM_CONTACTLESS},
        {.name = "Sim SAM", .medium = SSC_MEDIUM_SAM, .image = "psam"},
    };
    struct ssc_driver *d = NULL;
    char why[200] = "";
    if (ssc_sim_driver_new(slots, 3, real_time, &d, why) != 0) {
        fail_msg("%s", why);
    }
    return d;
}

static struct ssc_reader_state state_of(struct ssc_driver *d, size_t i)
{
    struct ssc_reader_state s[4];
    size_t count = 4;
    assert_int_equal(ssc_driver_list(d, s, &count, ssc_deadline(SOON)), 0);
    assert_true(i < count);
    return s[i];
}

static int send_hex(struct ssc_channel *ch, const char *command, char answer[2 * SSC_RESPONSE_SHORT + 1],
                    int ms)
{
    uint8_t tx[SSC_COMMAND_SHORT], rx[SSC_RESPONSE_SHORT];
    size_t tx_len = sizeof tx, rx_len = sizeof rx;
    int rc;
    assert_int_equal(ssc_hex_decode(command, tx, &tx_len), 0);
    rc = ssc_channel_transmit(ch, tx, tx_len, rx, &rx_len, ssc_deadline(ms));
    answer[0] = 0;
    if (rc == 0) {
        assert_int_equal(ssc_hex_encode(rx, rx_len, answer, 2 * SSC_RESPONSE_SHORT + 1), 0);
    }
    return rc;
}

static struct ssc_channel *open_reader(struct ssc_driver *d, const char *name)
{
    struct ssc_channel *ch = NULL;
    assert_int_equal(ssc_channel_open(d, name, false, &ch, ssc_deadline(SOON)), 0);
    return ch;
}

static void lists_what_is_there(void **state)
{
    struct ssc_driver *d = three_slots(false);
    struct ssc_reader_state s[3];
    size_t count = 1;
    (void)state;
    assert_int_equal(ssc_driver_list(d, s, &count, ssc_deadline(SOON)), SSC_E_BUFFER_TOO_SMALL);
    assert_int_equal(count, 3);
    s[0] = state_of(d, 0);
    assert_string_equal(s[0].name, "Sim contact");
    assert_int_equal(s[0].slot, SSC_SLOT_CARD);
    assert_true(s[0].pin_pad);
    assert_int_equal(s[0].atr_len, 17);
    assert_int_equal(s[0].insertions, 1);
    assert_int_equal(state_of(d, 1).slot, SSC_SLOT_EMPTY);
    assert_int_equal(state_of(d, 1).atr_len, 0);
    assert_int_equal(state_of(d, 2).medium, SSC_MEDIUM_SAM);
    ssc_driver_free(&d);
}

/* One card, two interfaces: the slot decides. */
static void contactless_slot(void **state)
{
    struct ssc_driver *d = three_slots(false);
    struct ssc_channel *ch = NULL;
    char answer[2 * SSC_RESPONSE_SHORT + 1];
    (void)state;
    assert_int_equal(ssc_channel_open(d, "Sim contactless", false, &ch, ssc_deadline(SOON)), SSC_E_NO_CARD);
    assert_int_equal(ssc_sim_insert(d, "Sim contactless", "ssc-3.0"), 0);
    ch = open_reader(d, "Sim contactless");
    assert_int_equal(ch->protocol, SSC_TCL);
    assert_true(ch->atr.contactless);
    assert_int_equal(ch->atr.historical_len, 13);
    assert_int_equal(send_hex(ch, SELECT_SSSE "00", answer, SOON), 0);
    assert_string_equal(answer, "6F1C840F7378312E73682EC9E7BBE1B1A3D5CFA50988011E9F0C038601039000");
    assert_int_equal(send_hex(ch, "00B2010512", answer, SOON), 0);
    assert_string_equal(answer, "6986");
    assert_int_equal(send_hex(ch, "00B2012D00", answer, SOON), 0);
    assert_int_equal(strlen(answer), 132); /* Le 00: everything, no 6Cxx */
    ssc_channel_close(&ch, true);
    assert_int_equal(ssc_sim_insert(d, "Sim contactless", "ssc-2.0"), 0);
    assert_int_equal(state_of(d, 1).slot, SSC_SLOT_MUTE); /* has contacts only */
    assert_int_equal(ssc_channel_open(d, "Sim contactless", false, &ch, ssc_deadline(SOON)), SSC_E_CARD_MUTE);
    ssc_driver_free(&d);
}

struct watcher {
    struct ssc_driver *d;
    uint64_t version;
    int rc;
    int64_t until;
};
static void *watch_thread(void *ctx)
{
    struct watcher *w = ctx;
    w->rc = ssc_driver_watch(w->d, &w->version, w->until);
    return NULL;
}

static void watch_sees_changes(void **state)
{
    struct ssc_driver *d = three_slots(false);
    struct watcher w = {.d = d, .until = ssc_deadline(SOON)};
    pthread_t t;
    (void)state;
    assert_int_equal(ssc_driver_watch(d, &w.version, ssc_deadline(0)), 0); /* version 0: at once */
    assert_int_equal(ssc_driver_watch(d, &w.version, ssc_deadline(10)), SSC_E_DEADLINE_EXCEEDED);
    assert_int_equal(pthread_create(&t, NULL, watch_thread, &w), 0);
    usleep(5000);
    assert_int_equal(ssc_sim_remove(d, "Sim contact"), 0);
    assert_int_equal(pthread_join(t, NULL), 0);
    assert_int_equal(w.rc, 0);
    assert_int_equal(state_of(d, 0).slot, SSC_SLOT_EMPTY);
    assert_int_equal(pthread_create(&t, NULL, watch_thread, &w), 0);
    ssc_driver_wake(d);
    assert_int_equal(pthread_join(t, NULL), 0);
    assert_int_equal(w.rc, SSC_E_CANCELLED);
    assert_int_equal(ssc_sim_insert(d, "Sim contact", NULL), 0);
    assert_int_equal(state_of(d, 0).insertions, 2);
    assert_int_equal(ssc_sim_insert(d, "nowhere", NULL), SSC_E_READER_NOT_FOUND);
    assert_int_equal(ssc_sim_insert(d, "Sim contact", "{\"format\":1}"), SSC_E_IMAGE_INVALID);
    assert_int_equal(ssc_sim_insert(d, "Sim contact", "/no/such/image"), SSC_E_IMAGE_INVALID);
    assert_int_equal(state_of(d, 0).slot, SSC_SLOT_CARD); /* the card that is there stays */
    assert_int_equal(state_of(d, 0).insertions, 2);
    ssc_driver_free(&d);
}

static void removed_and_unplugged(void **state)
{
    struct ssc_driver *d = three_slots(false);
    struct ssc_channel *ch = open_reader(d, "Sim contact"), *fresh;
    struct ssc_reader_state s[3];
    char answer[2 * SSC_RESPONSE_SHORT + 1];
    size_t count = 3;
    (void)state;
    assert_int_equal(ssc_sim_remove(d, "Sim contact"), 0);
    assert_int_equal(send_hex(ch, "0084000008", answer, SOON), SSC_E_CARD_REMOVED);
    assert_int_equal(ssc_sim_insert(d, "Sim contact", NULL), 0);
    assert_int_equal(send_hex(ch, "0084000008", answer, SOON),
                     SSC_E_CARD_REMOVED); /* a new insertion, an old channel */
    fresh = open_reader(d, "Sim contact");
    assert_int_equal(send_hex(fresh, "0084000008", answer, SOON), 0);
    ssc_channel_close(&ch, false);
    assert_int_equal(ssc_sim_unplug(d, "Sim contact"), 0);
    assert_int_equal(ssc_driver_list(d, s, &count, ssc_deadline(SOON)), 0);
    assert_int_equal(count, 2);
    assert_int_equal(send_hex(fresh, "0084000008", answer, SOON), SSC_E_READER_REMOVED);
    ssc_channel_close(&fresh, true);
    assert_int_equal(ssc_sim_plug(d, "Sim contact"), 0);
    assert_int_equal(state_of(d, 0).slot, SSC_SLOT_CARD);
    ch = open_reader(d, "Sim contact");
    ssc_channel_close(&ch, true);
    ssc_driver_free(&d);
}

static void two_programs_share(void **state)
{
    struct ssc_driver *d = three_slots(false);
    struct ssc_channel *a = open_reader(d, "Sim contact"), *b = open_reader(d, "Sim contact"), *c = NULL;
    char answer[2 * SSC_RESPONSE_SHORT + 1];
    (void)state;
    assert_int_equal(ssc_channel_open(d, "Sim contact", true, &c, ssc_deadline(SOON)), SSC_E_READER_BUSY);
    assert_int_equal(ssc_channel_begin(a, ssc_deadline(SOON)), 0);
    assert_int_equal(send_hex(b, "0084000008", answer, 20), SSC_E_READER_BUSY);
    assert_int_equal(send_hex(a, "0084000008", answer, SOON), 0);
    assert_int_equal(ssc_channel_end(a, ssc_deadline(SOON)), 0);
    assert_int_equal(send_hex(b, "0084000008", answer, SOON), 0);
    assert_int_equal(ssc_channel_reset(b, SSC_RESET_WARM, ssc_deadline(SOON)), 0);
    assert_int_equal(send_hex(a, "0084000008", answer, SOON), SSC_E_CARD_RESET);
    assert_int_equal(ssc_channel_reset(a, SSC_RESET_COLD, ssc_deadline(SOON)), 0);
    assert_int_equal(send_hex(a, "0084000008", answer, SOON), 0);
    ssc_channel_close(&a, false);
    ssc_channel_close(&b, true);
    assert_int_equal(ssc_channel_open(d, "Sim contact", true, &c, ssc_deadline(SOON)), 0);
    assert_true(state_of(d, 0).in_use);
    ssc_channel_close(&c, true);
    assert_false(state_of(d, 0).in_use);
    ssc_driver_free(&d);
}

static int type_and_verify(struct ssc_driver *d, struct ssc_channel *ch, const char *digits,
                           const char *expected)
{
    static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x00, 0x03, 0xFF, 0xFF, 0xFF};
    const struct ssc_pin_entry entry = {.apdu = verify,
                                        .apdu_len = sizeof verify,
                                        .min_digits = 4,
                                        .max_digits = 6,
                                        .pin_bytes = 3,
                                        .timeout_s = 5};
    uint8_t rx[8];
    char hex[17] = "";
    size_t len = sizeof rx;
    int rc;
    assert_int_equal(ssc_sim_type_pin(d, "Sim contact", digits), 0);
    rc = ssc_channel_pin_entry(ch, &entry, rx, &len, ssc_deadline(SOON));
    if (rc == 0) {
        assert_int_equal(ssc_hex_encode(rx, len, hex, sizeof hex), 0);
        assert_string_equal(hex, expected);
    }
    return rc;
}

static void pin_pad(void **state)
{
    static const uint8_t change[] = {0x80, 0x5E, 0x01, 0x00, 0x07, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    const struct ssc_pin_entry entry = {.modify = true,
                                        .apdu = change,
                                        .apdu_len = sizeof change,
                                        .min_digits = 4,
                                        .max_digits = 6,
                                        .old_offset = 0,
                                        .new_offset = 4,
                                        .pin_bytes = 3};
    struct ssc_driver *d = three_slots(false);
    struct ssc_channel *ch = open_reader(d, "Sim contact"), *sam = open_reader(d, "Sim SAM");
    char answer[2 * SSC_RESPONSE_SHORT + 1];
    uint8_t rx[8];
    size_t len = sizeof rx;
    (void)state;
    assert_int_equal(send_hex(ch, SELECT_SSSE, answer, SOON), 0);
    assert_int_equal(type_and_verify(d, ch, "123456", "9000"), 0);
    assert_int_equal(type_and_verify(d, ch, "654321", "63C5"), 0);
    assert_int_equal(type_and_verify(d, ch, "", ""), SSC_E_PIN_CANCELLED);
    assert_int_equal(type_and_verify(d, ch, "123", ""), SSC_E_PIN_LENGTH);
    assert_int_equal(type_and_verify(d, ch, "-", ""), SSC_E_PIN_TIMEOUT);
    assert_int_equal(ssc_sim_type_pin(d, "Sim contact", "123456/654321"), 0);
    assert_int_equal(ssc_channel_pin_entry(ch, &entry, rx, &len, ssc_deadline(SOON)), 0);
    assert_int_equal(ssc_get16(rx), 0x9000);
    assert_int_equal(type_and_verify(d, ch, "654321", "9000"), 0);
    assert_int_equal(ssc_channel_pin_entry(sam, &entry, rx, &len, ssc_deadline(SOON)), SSC_E_NO_PIN_PAD);
    ssc_channel_close(&ch, true);
    ssc_channel_close(&sam, true);
    ssc_driver_free(&d);
}

static void faults_move_the_card(void **state)
{
    const struct ssc_sim_fault tear = {.kind = SSC_FAULT_TEAR_BEFORE, .nth = 2, .cla = -1, .ins = 0x84};
    const struct ssc_sim_fault swap = {
        .kind = SSC_FAULT_SWAP, .nth = 1, .cla = -1, .ins = 0x84, .image = "ssc-2.0"};
    struct ssc_driver *d = three_slots(false);
    struct ssc_channel *ch = open_reader(d, "Sim contact");
    char answer[2 * SSC_RESPONSE_SHORT + 1];
    (void)state;
    assert_int_equal(ssc_sim_fault(d, "Sim contact", &tear), 0);
    assert_int_equal(send_hex(ch, "0084000008", answer, SOON), 0);
    assert_int_equal(send_hex(ch, "0084000008", answer, SOON), SSC_E_CARD_REMOVED);
    assert_int_equal(state_of(d, 0).slot, SSC_SLOT_EMPTY);
    ssc_channel_close(&ch, true);
    assert_int_equal(ssc_sim_insert(d, "Sim contact", NULL), 0);
    ch = open_reader(d, "Sim contact");
    assert_int_equal(ssc_sim_fault(d, "Sim contact", &swap), 0);
    assert_int_equal(send_hex(ch, "0084000008", answer, SOON), SSC_E_CARD_REMOVED);
    ssc_channel_close(&ch, true);
    assert_int_equal(state_of(d, 0).insertions, 3);
    ch = open_reader(d, "Sim contact");
    assert_int_equal(send_hex(ch, SELECT_SSSE, answer, SOON), 0);
    assert_string_equal(answer, "6118"); /* a 2.0 card's shorter FCI */
    ssc_channel_close(&ch, true);
    ssc_driver_free(&d);
}

static void *remove_soon(void *ctx)
{
    usleep(20000);
    ssc_sim_remove(ctx, "Sim contact");
    return NULL;
}

/* A mute card holds the caller until its deadline and no longer, and lets go at once when it is pulled out.
 */
static void mute_card(void **state)
{
    const struct ssc_sim_fault mute = {.kind = SSC_FAULT_MUTE, .nth = 0, .cla = -1, .ins = -1};
    struct ssc_driver *d = three_slots(false);
    struct ssc_channel *ch = open_reader(d, "Sim contact");
    char answer[2 * SSC_RESPONSE_SHORT + 1];
    pthread_t t;
    (void)state;
    assert_int_equal(ssc_sim_fault(d, "Sim contact", &mute), 0);
    struct stopwatch watch = stopwatch_start();
    assert_int_equal(send_hex(ch, "0084000008", answer, 30), SSC_E_DEADLINE_EXCEEDED);
    assert_took(&watch, 29, 30 + STOPWATCH_OVERRUN_MS);
    assert_int_equal(ssc_channel_reset(ch, SSC_RESET_COLD, ssc_deadline(50)), SSC_E_CARD_MUTE);
    ssc_channel_close(&ch, false);
    ssc_sim_card_clear_faults(ssc_sim_peek(d, "Sim contact"));
    ch = open_reader(d, "Sim contact");
    assert_int_equal(ssc_sim_fault(d, "Sim contact", &mute), 0);
    watch = stopwatch_start();
    assert_int_equal(pthread_create(&t, NULL, remove_soon, d), 0);
    assert_int_equal(send_hex(ch, "0084000008", answer, SOON), SSC_E_CARD_REMOVED);
    assert_took(&watch, 10, 1000);
    assert_int_equal(pthread_join(t, NULL), 0);
    ssc_channel_close(&ch, true);
    ssc_driver_free(&d);
}

/* ---- wire time: published calculation for ISO/IEC 7816-3 and 14443, within 2 % ---- */

static void assert_wire(const char *wire, const char *protocol, const char *commands[], double ms)
{
    char image[1200];
    struct ssc_sim_card *c;
    uint64_t before;
    double got;
    snprintf(
        image, sizeof image,
        "{\"format\":1,\"kind\":\"psam\",\"protocol\":\"%s\",\"wire\":%s,\"files\":{\"EF15\":\"%0640d\"}}",
        protocol, wire, 0);
    c = card_of_json(image);
    before = ssc_sim_card_wire_us(c);
    for (size_t i = 0; commands[i]; i++) {
        raw(c, commands[i]);
    }
    got = (double)(ssc_sim_card_wire_us(c) - before) / 1000.0;
    if (got < ms * 0.98 || got > ms * 1.02) {
        fail_msg("%s: %.2f ms, expected %.1f", commands[0], got, ms);
    }
    ssc_sim_card_free(&c);
}

static void wire_time(void **state)
{
    const char *challenge[] = {"0084000008", NULL};
    const char *read20[] = {"00B0950014", NULL};
    const char *read64[] = {"00B0950040", NULL};
    const char *read256[] = {"00B0950000", NULL};
    (void)state;
    assert_wire("{\"baud\":9600}", "t0", challenge, 20.4);
    assert_wire("{\"baud\":9600}", "t0", read20, 35.4);
    assert_wire("{\"baud\":9600}", "t0", read64, 90.4);
    assert_wire("{\"baud\":9600}", "t0", read256, 330.4);
    assert_wire("{\"baud\":10753}", "t0", read256, 295.0);
    assert_wire("{\"baud\":62500}", "t1", challenge, 4.8);
    assert_wire("{\"baud\":62500}", "t1", read20, 6.9);
    assert_wire("{\"baud\":62500}", "t1", read256, 50.5);
    assert_wire("{\"kbps\":106}", "tcl", challenge, 2.0);
    assert_wire("{\"kbps\":106}", "tcl", read64, 6.8);
    assert_wire("{\"kbps\":106}", "tcl", read256, 23.1);
}

static void wire_time_of_case_4(void **state)
{
    struct ssc_sim_card *c = card_named("ssc-3.0");
    uint64_t before;
    (void)state;
    enter(c, SELECT_SSSE);
    before = ssc_sim_card_wire_us(c);
    say(c, "0088000010"
           "1122334455667788"
           "0102030405060708"); /* 16 -> 8 with GET RESPONSE: 51.2 ms */
    assert_in_range(ssc_sim_card_wire_us(c) - before, 50200, 52200);
    ssc_sim_card_free(&c);
}

static void real_time_takes_its_time(void **state)
{
    struct ssc_driver *d = three_slots(true);
    struct ssc_channel *ch = open_reader(d, "Sim contact");
    char answer[2 * SSC_RESPONSE_SHORT + 1];
    struct stopwatch watch = stopwatch_start();
    (void)state;
    assert_int_equal(send_hex(ch, "0084000008", answer, SOON), 0);
    assert_took(&watch, 19, 60);
    assert_in_range(ch->wire_us, 20000, 21000);
    watch = stopwatch_start();
    assert_int_equal(send_hex(ch, "0084000008", answer, 5), SSC_E_DEADLINE_EXCEEDED);
    assert_took(&watch, 4, 50);
    ssc_channel_close(&ch, true);
    ssc_driver_free(&d);
}

static void one_image_one_slot(void **state)
{
    char folder[] = "/tmp/sscard-sim-XXXXXX", lock[600], why[200] = "";
    struct ssc_sim_slot slots[2] = {{.name = "A"}, {.name = "B"}};
    struct ssc_driver *d = NULL;
    FILE *f;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(slots[0].image, sizeof slots[0].image, "%s/card.json", folder);
    f = fopen(slots[0].image, "w");
    assert_non_null(f);
    fputs(ssc_sim_image("ssc-2.0"), f);
    fclose(f);
    memcpy(slots[1].image, slots[0].image, sizeof slots[0].image);
    assert_int_equal(ssc_sim_driver_new(slots, 2, false, &d, why), SSC_E_IO);
    assert_non_null(strstr(why, "another reader"));
    slots[1].image[0] = 0;
    assert_int_equal(ssc_sim_driver_new(slots, 2, false, &d, why), 0);
    assert_int_equal(ssc_sim_insert(d, "A", slots[0].image), 0); /* the same file again, same slot */
    assert_int_equal(ssc_sim_insert(d, "B", slots[0].image), SSC_E_IO);
    assert_int_equal(state_of(d, 0).insertions, 2);
    f = fopen(slots[0].image, "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(ssc_sim_insert(d, "A", slots[0].image), SSC_E_IMAGE_INVALID); /* its own file, spoilt */
    assert_int_equal(state_of(d, 0).slot, SSC_SLOT_CARD);
    assert_int_equal(ssc_sim_insert(d, "B", slots[0].image), SSC_E_IO); /* and the lock is still held */
    f = fopen(slots[0].image, "w");
    assert_non_null(f);
    fputs(ssc_sim_image("ssc-2.0"), f);
    fclose(f);
    ssc_driver_free(&d);
    memcpy(slots[1].name, "A", 2);
    assert_int_equal(ssc_sim_driver_new(slots, 2, false, &d, why), SSC_E_INVALID_ARGUMENT);
    unlink(slots[0].image);
    snprintf(lock, sizeof lock, "%s.lock", slots[0].image);
    unlink(lock);
    assert_int_equal(rmdir(folder), 0);
}

/* Whether a channel may be gone on with is the channel's to say, not the error's. */
static void out_of_step(void **state)
{
    static const struct {
        enum ssc_sim_fault_kind kind;
        bool out;
    } cases[] = {
        {SSC_FAULT_STATUS, false},    {SSC_FAULT_STATUS_AFTER, false}, {SSC_FAULT_GARBAGE, false},
        {SSC_FAULT_WRONG_MAC, false}, {SSC_FAULT_LOSE_REPLY, true},    {SSC_FAULT_TIMEOUT_AFTER, true},
        {SSC_FAULT_MUTE, true},
    };
    struct ssc_driver *d = three_slots(false);
    char answer[2 * SSC_RESPONSE_SHORT + 1];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct ssc_sim_fault fault = {
            .kind = cases[i].kind, .nth = 1, .cla = -1, .ins = 0x84, .sw = 0x6F00};
        struct ssc_channel *ch = open_reader(d, "Sim contact");
        assert_int_equal(ssc_sim_fault(d, "Sim contact", &fault), 0);
        (void)send_hex(ch, "0084000008", answer, 100);
        assert_int_equal(ssc_channel_out_of_step(ch), cases[i].out);
        (void)send_hex(ch, "0084000008", answer, 100); /* that it answers again says nothing */
        assert_int_equal(ssc_channel_out_of_step(ch), cases[i].out);
        assert_int_equal(ssc_channel_reset(ch, SSC_RESET_WARM, ssc_deadline(100)), 0);
        assert_false(ssc_channel_out_of_step(ch));
        ssc_channel_close(&ch, true);
    }
    struct ssc_channel *mine = open_reader(d, "Sim contact"), *other = open_reader(d, "Sim contact");
    assert_int_equal(ssc_channel_reset(other, SSC_RESET_WARM, ssc_deadline(100)), 0);
    assert_int_equal(send_hex(mine, "0084000008", answer, 100), SSC_E_CARD_RESET);
    assert_true(ssc_channel_out_of_step(mine));
    assert_false(ssc_channel_out_of_step(other));
    ssc_channel_close(&mine, true);
    ssc_channel_close(&other, true);
    ssc_driver_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_what_is_there),
        cmocka_unit_test(contactless_slot),
        cmocka_unit_test(watch_sees_changes),
        cmocka_unit_test(removed_and_unplugged),
        cmocka_unit_test(two_programs_share),
        cmocka_unit_test(pin_pad),
        cmocka_unit_test(faults_move_the_card),
        cmocka_unit_test(mute_card),
        cmocka_unit_test(wire_time),
        cmocka_unit_test(wire_time_of_case_4),
        cmocka_unit_test(one_image_one_slot),
        cmocka_unit_test(real_time_takes_its_time),
        cmocka_unit_test(out_of_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
