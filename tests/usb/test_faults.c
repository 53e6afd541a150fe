/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that a reader, its cable or its card can do wrong: an error by the deadline, nothing that passes
 * for an answer, and a reader that works afterwards. */
#include "ccid_bed.h"

#include <dirent.h>

enum { WITHIN = 150, XFR = 0x6F, ON = 0x62 };
enum { FAILS, RECOVERS, EITHER };

struct fault {
    const char *name;
    enum device_fault fault;
    unsigned arg;
    int wanted;
};
static const struct fault FAULTS[] = {
    {"short header", DEVICE_SHORT_HEADER, 0, FAILS},
    {"cut in the header", DEVICE_CUT, 3, FAILS},
    {"cut behind the header", DEVICE_CUT, 12, FAILS},
    {"longer than announced", DEVICE_LONG, 5, FAILS},
    {"length lies", DEVICE_LENGTH_LIES, 0, FAILS},
    {"wrong sequence number", DEVICE_WRONG_SEQ, 0, FAILS},
    {"wrong slot", DEVICE_WRONG_SLOT, 0, FAILS},
    {"wrong type", DEVICE_WRONG_TYPE, 0, FAILS},
    {"mute", DEVICE_STATUS, 0x40FE, FAILS},
    {"parity", DEVICE_STATUS, 0x40FD, FAILS},
    {"overrun", DEVICE_STATUS, 0x40FC, FAILS},
    {"hardware error", DEVICE_STATUS, 0x40FB, FAILS},
    {"not supported", DEVICE_STATUS, 0x4000, FAILS},
    {"reserved status", DEVICE_STATUS, 0xC000, FAILS},
    {"slot busy", DEVICE_STATUS, 0x40E0, FAILS},
    {"no such slot", DEVICE_STATUS, 0x4005, FAILS},
    {"a few requests for time", DEVICE_TIME_EXTENSION, 20, RECOVERS},
    {"requests for time without end", DEVICE_TIME_EXTENSION, 0, FAILS},
    {"hang", DEVICE_HANG, 0, FAILS},
    {"deaf", DEVICE_DEAF, 0, FAILS},
    {"bulk-in halts", DEVICE_STALL, 0, FAILS},
    {"bulk-out halts", DEVICE_STALL_OUT, 0, FAILS},
    {"noise", DEVICE_NOISE, 0, FAILS},
    {"an empty packet first", DEVICE_EMPTY, 0, EITHER},
    {"the answer twice", DEVICE_TWICE, 0, RECOVERS},
    {"a stale answer first", DEVICE_STALE, 0, RECOVERS},
    {"late, in time", DEVICE_LATE, 50, RECOVERS},
    {"too late", DEVICE_LATE, 1000, FAILS},
    {"transfer error", DEVICE_PROTOCOL, 0, FAILS},
    {"babble", DEVICE_BABBLE, 0, FAILS},
};

/* ---- nothing is left behind ---- */

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

/* Open files and threads of this program. */
struct usage {
    unsigned files, threads;
};

static struct usage usage(void)
{
    return (struct usage){entries("/proc/self/fd"), entries("/proc/self/task")};
}

/* Soon there is no more of either than before; memory is the sanitizer's. */
static void assert_no_more_than(struct usage before)
{
    const int64_t deadline = ssc_deadline(SOON);
    struct usage now = usage();
    while ((now.files > before.files || now.threads > before.threads) && ssc_now_ms() < deadline) {
        nap(20);
        now = usage();
    }
    if (now.files > before.files || now.threads > before.threads) {
        fail_msg("%u files and %u threads, before %u and %u", now.files, now.threads, before.files,
                 before.threads);
    }
}

static void setup_at(enum device_level level, uint8_t ifsc)
{
    static char image[IMAGE_MAX];
    const struct device_config config = device_default(level);
    bed_up(&config, image_card("ssc-2.0", 0, ifsc, image));
}

static void exchanges_at(enum device_level level, uint8_t ifsc)
{
    setup_at(level, ifsc);
    works_again();
    const struct usage before = usage();
    for (size_t i = 0; i < sizeof FAULTS / sizeof FAULTS[0]; i++) {
        const struct fault *t = &FAULTS[i];
        struct ssc_channel *ch = open_again();
        assert_int_equal(challenge(ch, SOON), 10);
        trouble = t->name;
        device_fault(reader, t->fault, XFR, 1, t->arg);
        const struct stopwatch watch = stopwatch_start();
        const int rc = challenge(ch, t->wanted == RECOVERS ? SOON : WITHIN);
        assert_in_time(&watch, WITHIN);
        if (t->wanted == FAILS ? rc >= 0 : t->wanted == RECOVERS && rc != 10) {
            fail_msg("%s: %d", t->name, rc);
        }
        device_fault(reader, DEVICE_SOUND, 0, 0, 0);
        ssc_channel_close(&ch, true);
        works_again();
    }
    assert_no_more_than(before);
}

static void in_an_exchange(void **state)
{
    (void)state;
    exchanges_at(LEVEL_SHORT, 0);
}

static void in_an_exchange_in_parts(void **state)
{
    struct ssc_channel *ch;
    (void)state;
    exchanges_at(LEVEL_EXTENDED, 254);
    ch = open_again();
    device_fault(reader, DEVICE_CHAIN_LIES, XFR, 0, 0); /* every part says that there is another one */
    assert_true(challenge(ch, WITHIN) < 0);
    device_fault(reader, DEVICE_SOUND, 0, 0, 0);
    ssc_channel_close(&ch, true);
    works_again();
}

/* Who looks at the list sees that the reader is out of order, and that it is back. */
static void a_deaf_reader_is_reported(void **state)
{
    struct ssc_channel *ch;
    (void)state;
    setup_at(LEVEL_SHORT, 0);
    ch = open_again();
    device_fault(reader, DEVICE_DEAF, XFR, 1, 0);
    assert_int_equal(challenge(ch, WITHIN), SSC_E_DEADLINE_EXCEEDED);
    assert_true(ch->wedged);
    const struct stopwatch watch = stopwatch_start();
    assert_int_equal(challenge(ch, SOON), SSC_E_READER_WEDGED);
    assert_in_time(&watch, 0);
    await(READER, SSC_SLOT_GONE);
    await(READER, SSC_SLOT_CARD);
    assert_true(device_resets(reader) > 0);
    ssc_channel_close(&ch, true);
    works_again();
}

static void at_power_on(void **state)
{
    (void)state;
    setup_at(LEVEL_SHORT, 0);
    for (size_t i = 0; i < sizeof FAULTS / sizeof FAULTS[0]; i++) {
        const struct fault *t = &FAULTS[i];
        struct ssc_channel *ch = NULL;
        works_again();
        trouble = t->name;
        device_fault(reader, t->fault, ON, 0, t->arg);
        const struct stopwatch watch = stopwatch_start();
        const int rc = open_within(&ch, t->wanted == RECOVERS ? SOON : WITHIN);
        assert_in_time(&watch, WITHIN);
        if (t->wanted == FAILS ? rc >= 0 : t->wanted == RECOVERS && rc != 0) {
            fail_msg("%s: %d", t->name, rc);
        }
        device_fault(reader, DEVICE_SOUND, 0, 0, 0);
        ssc_channel_close(&ch, true);
        works_again();
    }
}

static void replug(void)
{
    bed_unplug(bed, 1);
    await(READER, SSC_SLOT_GONE);
    device_replug(reader);
    bed_plug(bed, 1, reader);
    await(READER, SSC_SLOT_CARD);
}

/* The plug comes out after any number of bytes of an answer, and in again. */
static void unplugged_at_any_byte(void **state)
{
    (void)state;
    setup_at(LEVEL_SHORT, 0);
    replug();
    works_again();
    const struct usage before = usage();
    for (unsigned byte = 0; byte <= 20; byte++) {
        struct ssc_channel *ch = open_again();
        device_fault(reader, byte == 0 ? DEVICE_UNPLUG_OUT : DEVICE_UNPLUG, XFR, 1, byte);
        const int rc = challenge(ch, SOON);
        assert_true(byte == 20 ? rc == 10 : rc == SSC_E_READER_REMOVED || rc == SSC_E_READER_IO);
        replug();
        assert_true(challenge(ch, SOON) < 0); /* the old channel means the card of before */
        ssc_channel_close(&ch, true);
        works_again();
    }
    assert_no_more_than(before);
}

static void unplugged_while_powering(void **state)
{
    enum { ANSWER = 10 + 17 };
    (void)state;
    setup_at(LEVEL_SHORT, 0);
    replug();
    works_again();
    const struct usage before = usage();
    for (unsigned byte = 0; byte < ANSWER; byte++) {
        struct ssc_channel *ch = NULL;
        device_fault(reader, byte == 0 ? DEVICE_UNPLUG_OUT : DEVICE_UNPLUG, ON, 1, byte);
        const int rc = open_within(&ch, SOON);
        assert_true(rc == SSC_E_READER_REMOVED || rc == SSC_E_READER_IO);
        assert_null(ch);
        replug();
        works_again();
    }
    assert_no_more_than(before);
}

/* ---- the card's end, where the host does the protocol ---- */

struct ailment {
    const char *name;
    enum contact_fault fault;
    unsigned count;
    int wanted;
};

static void ail(const struct ailment *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct ssc_channel *ch = open_again();
        assert_int_equal(challenge(ch, SOON), 10);
        struct contact *contact = device_contact(reader, 0);
        const unsigned before = contact->executed;
        trouble = list[i].name;
        contact_fault(contact, list[i].fault, list[i].count);
        const struct stopwatch watch = stopwatch_start();
        const int rc = challenge(ch, list[i].wanted == RECOVERS ? SOON : 4 * WITHIN);
        assert_in_time(&watch, 4 * WITHIN);
        const unsigned executed = contact->executed - before;
        contact_fault(contact, CONTACT_SOUND, 0);
        if (executed > 1 || (list[i].wanted == FAILS && rc >= 0) ||
            (list[i].wanted == RECOVERS && rc != 10)) {
            fail_msg("%s: %d, executed %u times", list[i].name, rc, executed);
        }
        ssc_channel_close(&ch, true);
        works_again();
    }
}

static void blocks_of_t1(void **state)
{
    static const struct ailment LIST[] = {
        {"asks for time three times", CONTACT_T1_WTX, 3, RECOVERS},
        {"asks for time without end", CONTACT_T1_WTX, 0, FAILS},
        {"one block damaged", CONTACT_T1_BAD_CHECK, 1, RECOVERS},
        {"two blocks damaged", CONTACT_T1_BAD_CHECK, 2, RECOVERS},
        {"every block damaged", CONTACT_T1_BAD_CHECK, 0, FAILS},
        {"one block lost", CONTACT_T1_LOST, 1, RECOVERS},
        {"every block lost", CONTACT_T1_LOST, 0, FAILS},
        {"one block out of turn", CONTACT_T1_WRONG_NS, 1, RECOVERS},
        {"every block out of turn", CONTACT_T1_WRONG_NS, 0, FAILS},
        {"length too long, once", CONTACT_T1_BAD_LENGTH, 1, RECOVERS},
        {"length too long, always", CONTACT_T1_BAD_LENGTH, 0, FAILS},
        {"refuses once", CONTACT_T1_REFUSE, 1, RECOVERS},
        {"refuses always", CONTACT_T1_REFUSE, 0, FAILS},
        {"gives up", CONTACT_T1_ABORT, 1, FAILS},
        {"wants smaller blocks", CONTACT_T1_IFS, 1, RECOVERS},
        {"mute", CONTACT_MUTE, 0, FAILS},
    };
    setup_at(LEVEL_TPDU, 32);
    ail(LIST, sizeof LIST / sizeof LIST[0]);
    bed_down(state);
    setup_at(LEVEL_CHARACTER, 32);
    ail(LIST, sizeof LIST / sizeof LIST[0]);
}

static void characters_of_t0(void **state)
{
    static const struct ailment LIST[] = {
        {"NULL five times", CONTACT_T0_NULLS, 5, RECOVERS},
        {"NULL without end", CONTACT_T0_NULLS, 0, FAILS},
        {"byte by byte", CONTACT_T0_SINGLE, 0, RECOVERS},
        {"nonsense", CONTACT_T0_NONSENSE, 1, FAILS},
        {"mute", CONTACT_MUTE, 0, FAILS},
    };
    (void)state;
    setup_at(LEVEL_CHARACTER, 0);
    ail(LIST, sizeof LIST / sizeof LIST[0]);
}

static void a_flood_of_interrupts(void **state)
{
    static const uint8_t same[] = {0x50, 0x01}, hardware[] = {0x51, 0x00, 0x00, 0x01},
                         nonsense[] = {0xEE, 0xFF, 0xFF}, empty[1] = {0};
    struct ssc_channel *ch;
    (void)state;
    setup_at(LEVEL_SHORT, 0);
    ch = open_again();
    device_interrupt(reader, same, sizeof same, 200);
    device_interrupt(reader, hardware, sizeof hardware, 50);
    device_interrupt(reader, nonsense, sizeof nonsense, 50);
    device_interrupt(reader, empty, 0, 20);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(challenge(ch, SOON), 10);
    }
    ssc_channel_close(&ch, true);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        bed_test(in_an_exchange),
        bed_test(in_an_exchange_in_parts),
        bed_test(a_deaf_reader_is_reported),
        bed_test(unplugged_while_powering),
        bed_test(at_power_on),
        bed_test(unplugged_at_any_byte),
        bed_test(blocks_of_t1),
        bed_test(characters_of_t0),
        bed_test(a_flood_of_interrupts),
    };
    bed_enter(argv);
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
