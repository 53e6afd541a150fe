/* SPDX-License-Identifier: Apache-2.0 */
/* The loop against a scripted link: each step says what must be sent and what comes back. */
#include "tests/unit/hex.h"

#include <stdio.h>
#include <time.h>

#include "apdu/error.h"
#include "apdu/transmit.h"

#define ANY_COMMAND NULL /* as `expect`: anything may be sent */

struct step {
    const char *expect; /* hex of the command, or ANY_COMMAND */
    const char *answer; /* hex with status word; NULL: the link fails with `rc` */
    int rc;
};

struct script {
    const struct step *steps;
    size_t count, at;
    bool last_repeats;
    size_t lie;     /* adds to the length that the link reports */
    int64_t passes; /* milliseconds that pass with each exchange */
    int64_t deadline;
    uint8_t sent[SSC_COMMAND_MAX];
    size_t sent_len;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int play(void *ctx, const uint8_t *tx, size_t tx_len, uint8_t *rx, size_t *rx_len, int64_t deadline)
{
    struct script *script = ctx;
    assert_true(script->at < script->count);
    const struct step *step = &script->steps[script->at];
    assert_int_equal(deadline, script->deadline);
    assert_true(*rx_len >= SSC_RESPONSE_SHORT);
    if (step->expect) {
        assert_bytes(tx, tx_len, step->expect);
    }
    memcpy(script->sent, tx, tx_len);
    script->sent_len = tx_len;
    script->at += script->last_repeats && script->at + 1 == script->count ? 0 : 1;
    if (script->passes > 0) {
        int64_t until = now_ms() + script->passes;
        while (now_ms() < until) {
        }
    }
    if (!step->answer) {
        return step->rc;
    }
    struct hex answer = hex(step->answer);
    assert_true(answer.len <= *rx_len);
    memcpy(rx, answer.data, answer.len);
    *rx_len = answer.len + script->lie;
    return 0;
}

/* One transmission and what it left behind. */
struct result {
    int rc;
    uint8_t data[70000];
    struct ssc_response rsp;
    struct ssc_transmit_report report;
    struct script script;
};
static struct result result;
static size_t response_room = sizeof result.data;

static struct result *transmit(enum ssc_protocol protocol, bool extended, unsigned flags,
                               const struct ssc_command *cmd, const struct step *steps, size_t count)
{
    result.script.steps = steps;
    result.script.count = count;
    result.script.at = 0;
    result.script.deadline = now_ms() + 60000;
    struct ssc_link link = {play, &result.script, protocol, extended};
    result.rsp = (struct ssc_response){.data = result.data, .cap = response_room};
    result.rc = ssc_transmit(&link, cmd, &result.rsp, flags, result.script.deadline, &result.report);
    if (!result.script.last_repeats) {
        assert_int_equal(result.script.at, result.report.exchanges);
    }
    return &result;
}

static int reset(void **state)
{
    (void)state;
    memset(&result, 0, sizeof result);
    response_room = sizeof result.data;
    return 0;
}

static struct ssc_command select_ssse(void)
{
    static const uint8_t name[2] = {0xAA, 0xBB};
    return (struct ssc_command){.ins = 0xA4, .p1 = 4, .data = name, .lc = 2, .le = 256};
}
#define CHALLENGE ((struct ssc_command){.ins = 0x84, .le = 8})
#define DEBIT                                                                                                \
    ((struct ssc_command){.cla = 0x80, .ins = 0x54, .p1 = 1, .data = (const uint8_t *)"x", .lc = 1, .le = 8})

static void plain_exchange(void **state)
{
    (void)state;
    static const struct step steps[] = {{"0084000008", "1122334455667788 9000", 0}};
    struct result *r = transmit(SSC_T1, false, 0, &CHALLENGE, steps, 1);
    assert_int_equal(r->rc, 0);
    assert_bytes(r->rsp.data, r->rsp.len, "1122334455667788");
    assert_int_equal(r->rsp.sw, 0x9000);
    assert_int_equal(r->report.exchanges, 1);
    assert_true(r->report.sent);
    assert_int_equal(r->report.first_sw, 0x9000);
}

static void refusal_keeps_its_data(void **state)
{
    (void)state;
    static const struct step steps[] = {{"0084000008", "AABB 6282", 0}};
    struct result *r = transmit(SSC_T0, false, 0, &CHALLENGE, steps, 1);
    assert_int_equal(r->rc, 0x6282);
    assert_bytes(r->rsp.data, r->rsp.len, "AABB");
}

static void case_4_on_each_protocol(void **state)
{
    (void)state;
    static const struct step t0[] = {{"00A4040002AABB", "6104", 0}, {"00C0000004", "6F028400 9000", 0}};
    static const struct step t1[] = {{"00A4040002AABB00", "6F028400 9000", 0}};
    struct ssc_command cmd = select_ssse();
    struct result *r = transmit(SSC_T0, false, 0, &cmd, t0, 2);
    assert_int_equal(r->rc, 0);
    assert_bytes(r->rsp.data, r->rsp.len, "6F028400");
    assert_int_equal(r->report.first_sw, 0x6104);
    r = transmit(SSC_T1, false, 0, &cmd, t1, 1);
    assert_int_equal(r->rc, 0);
    r = transmit(SSC_TCL, false, 0, &cmd, t1, 1);
    assert_bytes(r->rsp.data, r->rsp.len, "6F028400");
}

static void t1_honours_more_as_well(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {"00A4040002AABB00", "0102 6102", 0}, {"00C0000002", "0304 6101", 0}, {"00C0000001", "05 9000", 0}};
    struct ssc_command cmd = select_ssse();
    struct result *r = transmit(SSC_T1, false, 0, &cmd, steps, 3);
    assert_int_equal(r->rc, 0);
    assert_bytes(r->rsp.data, r->rsp.len, "0102030405");
}

static void class_of_get_response(void **state)
{
    (void)state;
    static const uint8_t rows[][2] = {{0x00, 0x00}, {0x0C, 0x00}, {0x03, 0x03}, {0x0E, 0x02}, {0x41, 0x41},
                                      {0x6F, 0x4F}, {0x80, 0x00}, {0x84, 0x00}, {0x81, 0x01}, {0xB0, 0x00},
                                      {0xBF, 0x00}, {0x2F, 0x00}, {0xFE, 0x00}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        static const struct step steps[] = {{ANY_COMMAND, "6101", 0}, {ANY_COMMAND, "AA 9000", 0}};
        struct ssc_command cmd = select_ssse();
        cmd.cla = rows[i][0];
        struct result *r = transmit(SSC_T0, false, 0, &cmd, steps, 2);
        assert_int_equal(r->rc, 0);
        assert_int_equal(r->script.sent[0], rows[i][1]);
        assert_int_equal(r->script.sent[1], 0xC0);
    }
}

static void sixty_one_zero_means_256(void **state)
{
    (void)state;
    char block[2 * 256 + 6], second[2 * 256 + 6];
    for (unsigned i = 0; i < 256; i++) {
        snprintf(block + 2 * i, 3, "%02X", i);
    }
    memcpy(second, block, 512);
    strcpy(block + 512, "6100");
    strcpy(second + 512, "9000");
    const struct step steps[] = {
        {"00A4040002AABB", "6100", 0}, {"00C0000000", block, 0}, {"00C0000000", second, 0}};
    struct ssc_command cmd = select_ssse();
    struct result *r = transmit(SSC_T0, false, 0, &cmd, steps, 3);
    assert_int_equal(r->rc, 0);
    assert_int_equal(r->rsp.len, 512);
    assert_int_equal(r->rsp.data[511], 255);
}

static void wrong_le_is_repeated_once(void **state)
{
    (void)state;
    static const struct step right[] = {{"00B2010400", "6C03", 0}, {"00B2010403", "010102 9000", 0}};
    static const struct step twice[] = {{"00B2010400", "6C03", 0}, {"00B2010403", "6C04", 0}};
    static const struct step zero[] = {{"00B2010408", "6C00", 0}, {"00B2010400", "01 9000", 0}};
    struct ssc_command cmd = {.ins = 0xB2, .p1 = 1, .p2 = 4, .le = 256};
    struct result *r = transmit(SSC_T0, false, 0, &cmd, right, 2);
    assert_int_equal(r->rc, 0);
    assert_bytes(r->rsp.data, r->rsp.len, "010102");
    r = transmit(SSC_T0, false, 0, &cmd, twice, 2);
    assert_int_equal(r->rc, SSC_E_CARD_MISBEHAVES);
    cmd.le = 8;
    r = transmit(SSC_T1, false, 0, &cmd, zero, 2);
    assert_int_equal(r->rc, 0);
}

static void wrong_le_without_le_is_an_answer(void **state)
{
    (void)state;
    static const struct step steps[] = {{"00A4040002AABB", "6C03", 0}};
    struct ssc_command cmd = select_ssse(), bare = {.ins = 0xA4};
    struct result *r = transmit(SSC_T0, false, 0, &cmd, steps, 1); /* a repeat with P3 = 03 would change Lc */
    assert_int_equal(r->rc, 0x6C03);
    static const struct step none[] = {{"00A40000", "6C03", 0}};
    r = transmit(SSC_T0, false, 0, &bare, none, 1);
    assert_int_equal(r->rc, 0x6C03);
}

static void wrong_le_in_get_response(void **state)
{
    (void)state;
    static const struct step right[] = {
        {"00A4040002AABB", "61FF", 0}, {"00C00000FF", "6C02", 0}, {"00C0000002", "0102 9000", 0}};
    static const struct step twice[] = {
        {"00A4040002AABB", "61FF", 0}, {"00C00000FF", "6C02", 0}, {"00C0000002", "6C02", 0}};
    struct ssc_command cmd = select_ssse();
    assert_int_equal(transmit(SSC_T0, false, 0, &cmd, right, 3)->rc, 0);
    assert_bytes(result.rsp.data, result.rsp.len, "0102");
    assert_int_equal(transmit(SSC_T0, false, 0, &cmd, twice, 3)->rc, SSC_E_CARD_MISBEHAVES);
}

static void more_without_progress(void **state)
{
    (void)state;
    static const struct step steps[] = {{"00A4040002AABB", "6110", 0}, {"00C0000010", "6110", 0}};
    struct ssc_command cmd = select_ssse();
    assert_int_equal(transmit(SSC_T0, false, 0, &cmd, steps, 2)->rc, SSC_E_CARD_MISBEHAVES);
}

/* A card that never ends is stopped by the most a response can be, or by the room for it. */
static void endless_more(void **state)
{
    (void)state;
    char block[2 * 256 + 5];
    memset(block, 'A', 512);
    strcpy(block + 512, "6100");
    const struct step steps[] = {{ANY_COMMAND, block, 0}};
    struct ssc_command cmd = select_ssse();
    result.script.last_repeats = true;
    struct result *r = transmit(SSC_T0, false, 0, &cmd, steps, 1);
    assert_int_equal(r->rc, SSC_E_CARD_MISBEHAVES);
    assert_int_equal(r->rsp.len, 65536);
    assert_int_equal(r->report.exchanges, 257);
    response_room = 1000;
    memset(result.data, 0x77, 2000);
    r = transmit(SSC_T0, false, 0, &cmd, steps, 1);
    assert_int_equal(r->rc, SSC_E_BUFFER_TOO_SMALL);
    assert_int_equal(r->rsp.len, 4 * 256 + 256);
    assert_int_equal(r->data[767], 0xAA);
    for (size_t i = 768; i < 2000; i++) {
        assert_int_equal(r->data[i], 0x77);
    }
    static const struct step one[] = {{ANY_COMMAND, "AA61FF", 0}};
    response_room = sizeof result.data;
    r = transmit(SSC_T0, false, 0, &cmd, one, 1);
    assert_int_equal(r->rc, SSC_E_CARD_MISBEHAVES);
    assert_int_equal(r->report.exchanges, 65537);
}

static void data_beyond_the_room(void **state)
{
    (void)state;
    static const struct step direct[] = {{"0084000008", "1122334455667788 9000", 0}};
    static const struct step fetched[] = {{"00A4040002AABB", "6104", 0}, {"00C0000004", "01020304 9000", 0}};
    struct ssc_command cmd = select_ssse();
    response_room = 7;
    struct result *r = transmit(SSC_T0, false, 0, &CHALLENGE, direct, 1);
    assert_int_equal(r->rc, SSC_E_BUFFER_TOO_SMALL);
    assert_int_equal(r->rsp.len, 8);
    assert_int_equal(r->data[0], 0);
    response_room = 3;
    r = transmit(SSC_T0, false, 0, &cmd, fetched, 2);
    assert_int_equal(r->rc, SSC_E_BUFFER_TOO_SMALL);
    response_room = 4;
    r = transmit(SSC_T0, false, 0, &cmd, fetched, 2);
    assert_int_equal(r->rc, 0);
    response_room = 0; /* a refusal needs no room */
    static const struct step refused[] = {{"0084000008", "6985", 0}};
    assert_int_equal(transmit(SSC_T0, false, 0, &CHALLENGE, refused, 1)->rc, 0x6985);
}

static void answers_that_are_none(void **state)
{
    (void)state;
    static const char *const answers[] = {"",          "90",   "0000", "6000", "1234",
                                          "AABB 5FFF", "7000", "8000", "A000", "FFFF"};
    for (size_t i = 0; i < COUNT(answers); i++) {
        const struct step steps[] = {{"0084000008", answers[i], 0}};
        struct result *r = transmit(SSC_T0, false, 0, &CHALLENGE, steps, 1);
        assert_int_equal(r->rc, SSC_E_BAD_RESPONSE);
        assert_true(r->report.sent);
    }
    for (unsigned cut = 0; cut < 2; cut++) {
        const struct step steps[] = {{"00A4040002AABB", "6104", 0}, {"00C0000004", cut ? "90" : "", 0}};
        struct ssc_command cmd = select_ssse();
        assert_int_equal(transmit(SSC_T0, false, 0, &cmd, steps, 2)->rc, SSC_E_BAD_RESPONSE);
    }
}

static void link_that_lies(void **state)
{
    (void)state;
    static const struct step steps[] = {{"0084000008", "1122334455667788 9000", 0}};
    static const struct step positive[] = {{"0084000008", NULL, 0x9000}};
    result.script.lie = SSC_RESPONSE_MAX;
    assert_int_equal(transmit(SSC_T0, false, 0, &CHALLENGE, steps, 1)->rc, SSC_E_BAD_RESPONSE);
    result.script.lie = 0;
    assert_int_equal(transmit(SSC_T0, false, 0, &CHALLENGE, positive, 1)->rc, SSC_E_INTERNAL);
}

/* The link fails at the n-th exchange: its error comes through, and the report says what had been sent. */
static void link_errors_at_each_exchange(void **state)
{
    (void)state;
    static const struct step good[] = {{"00A4040002AABB", "6105", 0},
                                       {"00C0000005", "6C04", 0},
                                       {"00C0000004", "01020304 6101", 0},
                                       {"00C0000001", "05 9000", 0}};
    struct ssc_command cmd = select_ssse();
    for (size_t n = 0; n < COUNT(good); n++) {
        struct step steps[COUNT(good)];
        memcpy(steps, good, sizeof steps);
        steps[n].answer = NULL;
        steps[n].rc = SSC_E_CARD_REMOVED;
        struct result *r = transmit(SSC_T0, false, SSC_TX_ONCE, &cmd, steps, COUNT(steps));
        assert_int_equal(r->rc, SSC_E_CARD_REMOVED);
        assert_int_equal(r->report.exchanges, n + 1);
        assert_true(r->report.sent);
        assert_int_equal(r->report.first_sw, n == 0 ? 0 : 0x6105);
    }
    assert_int_equal(transmit(SSC_T0, false, SSC_TX_ONCE, &cmd, good, COUNT(good))->rc, 0);
}

static void once_means_once(void **state)
{
    (void)state;
    static const struct step wrong_le[] = {{ANY_COMMAND, "6C04", 0}};
    static const struct step committed[] = {{"805401000178", "6108", 0},
                                            {"00C0000008", "0102030405060708 9000", 0}};
    static const struct step fetch_again[] = {
        {"805401000178", "61FF", 0}, {"00C00000FF", "6C02", 0}, {"00C0000002", "0102 9000", 0}};
    const enum ssc_protocol protocols[] = {SSC_T0, SSC_T1, SSC_TCL};
    for (size_t i = 0; i < COUNT(protocols); i++) {
        struct result *r = transmit(protocols[i], false, SSC_TX_ONCE, &DEBIT, wrong_le, 1);
        assert_int_equal(r->rc, 0x6C04);
        assert_int_equal(r->report.exchanges, 1);
        assert_int_equal(r->report.first_sw, 0x6C04);
    }
    assert_int_equal(transmit(SSC_T0, false, SSC_TX_ONCE, &CHALLENGE, wrong_le, 1)->rc, 0x6C04);
    assert_int_equal(transmit(SSC_T0, false, SSC_TX_ONCE, &DEBIT, committed, 2)->rc, 0);
    assert_int_equal(result.report.first_sw, 0x6108);
    assert_int_equal(transmit(SSC_T0, false, SSC_TX_ONCE, &DEBIT, fetch_again, 3)->rc, 0);
}

static uint8_t long_data[1000];

static void chaining(void **state)
{
    (void)state;
    static const struct step good[] = {{ANY_COMMAND, "9000", 0},
                                       {ANY_COMMAND, "9000", 0},
                                       {ANY_COMMAND, "9000", 0},
                                       {ANY_COMMAND, "AABB 9000", 0}};
    struct ssc_command cmd = {.cla = 0x84, .ins = 0xD6, .data = long_data, .lc = 800, .le = 2};
    for (size_t i = 0; i < sizeof long_data; i++) {
        long_data[i] = (uint8_t)(i * 7);
    }
    struct result *r = transmit(SSC_T1, false, 0, &cmd, good, 4);
    assert_int_equal(r->rc, 0);
    assert_int_equal(r->report.exchanges, 4);
    /* the last link: no chaining bit, the rest of the data, and Le */
    assert_int_equal(r->script.sent[0], 0x84);
    assert_int_equal(r->script.sent[4], 800 - 3 * 255);
    assert_memory_equal(r->script.sent + 5, long_data + 765, 35);
    assert_int_equal(r->script.sent[40], 2);
    assert_int_equal(r->script.sent_len, 41);
    assert_bytes(r->rsp.data, r->rsp.len, "AABB");
    cmd.lc = 255; /* fits: no chain */
    r = transmit(SSC_T1, false, 0, &cmd, good + 3, 1);
    assert_int_equal(r->rc, 0);
    cmd.lc = 256;
    static const struct step two[] = {{ANY_COMMAND, "9000", 0},
                                      {"84D6000001"
                                       "F9",
                                       "9000", 0}};
    assert_int_equal(transmit(SSC_T0, true, 0, &cmd, two, 2)->rc, 0); /* T=0 has no extended length */
}

static void links_of_a_chain(void **state)
{
    (void)state;
    static const struct step first[] = {{ANY_COMMAND, "9000", 0}};
    struct ssc_command cmd = {.cla = 0x00, .ins = 0xD6, .data = long_data, .lc = 800, .le = 8};
    static const char *const refusals[] = {"6884", "6A80", "6104", "6C02", "AA6282"};
    for (size_t i = 0; i < COUNT(refusals); i++) {
        const struct step steps[] = {{ANY_COMMAND, refusals[i], 0}};
        struct result *r = transmit(SSC_T1, false, 0, &cmd, steps, 1);
        assert_true(r->rc > 0 && r->rc == r->rsp.sw);
        assert_int_equal(r->report.exchanges, 1);
        assert_true(r->report.sent);
        assert_int_equal(r->rsp.len, 0);
        assert_int_equal(r->script.sent[0], 0x10);
        assert_int_equal(r->script.sent_len, 5 + 255);
    }
    const struct step lost[] = {first[0], {ANY_COMMAND, NULL, SSC_E_READER_IO}};
    assert_int_equal(transmit(SSC_T1, false, 0, &cmd, lost, 2)->rc, SSC_E_READER_IO);
    assert_int_equal(result.report.exchanges, 2);
}

static void chains_that_cannot_be(void **state)
{
    (void)state;
    struct ssc_command cmd = {.cla = 0xB0, .ins = 0xD6, .data = long_data, .lc = 300};
    struct result *r = transmit(SSC_T1, false, 0, &cmd, NULL, 0); /* B0 has the chaining bit set */
    assert_int_equal(r->rc, SSC_E_NOT_SUPPORTED);
    assert_false(r->report.sent);
    cmd.cla = 0x00;
    r = transmit(SSC_T1, false, SSC_TX_ONCE, &cmd, NULL, 0);
    assert_int_equal(r->rc, SSC_E_NOT_SUPPORTED);
    assert_int_equal(r->report.exchanges, 0);
}

static void extended_length(void **state)
{
    (void)state;
    static const struct step steps[] = {{ANY_COMMAND, "0102 9000", 0}};
    struct ssc_command cmd = {.ins = 0xD6, .data = long_data, .lc = 300, .le = 1000};
    struct result *r = transmit(SSC_T1, true, SSC_TX_ONCE, &cmd, steps, 1);
    assert_int_equal(r->rc, 0);
    assert_int_equal(r->script.sent_len, 4 + 3 + 300 + 2);
    assert_bytes(r->script.sent, 7, "00D6000000012C");
    assert_bytes(r->script.sent + 307, 2, "03E8");
    assert_memory_equal(r->script.sent + 7, long_data, 300);
    cmd = (struct ssc_command){.ins = 0xB0, .le = 1000, .extended = true};
    static const struct step big[] = {
        {"00B000000003E8", "6C10", 0}, {"00B00000000010", "AA 6105", 0}, {"00C0000005", "BB 9000", 0}};
    r = transmit(SSC_TCL, true, 0, &cmd, big, 3);
    assert_int_equal(r->rc, 0);
    assert_bytes(r->rsp.data, r->rsp.len, "AABB");
    /* the same without extended length on the link: short, and what is more comes by 61xx */
    static const struct step small[] = {{"00B0000000", "AA 6105", 0}, {"00C0000005", "BB 9000", 0}};
    assert_int_equal(transmit(SSC_T1, false, 0, &cmd, small, 2)->rc, 0);
    assert_int_equal(transmit(SSC_T0, true, 0, &cmd, small, 2)->rc, 0);
}

static int fill_rx(void *ctx, const uint8_t *tx, size_t tx_len, uint8_t *rx, size_t *rx_len, int64_t deadline)
{
    unsigned *calls = ctx;
    (void)tx;
    (void)tx_len;
    (void)deadline;
    memset(rx, 0x90, *rx_len); /* every byte of the room, the status word being 9090 */
    *calls += 1;
    return 0;
}

static void largest_answers_fit(void **state)
{
    (void)state;
    unsigned calls = 0;
    struct ssc_link link = {fill_rx, &calls, SSC_T1, true};
    struct ssc_command cmd = {.ins = 0xB0, .le = 65536};
    struct ssc_response rsp = {.data = result.data, .cap = 65536};
    assert_int_equal(ssc_transmit(&link, &cmd, &rsp, 0, INT64_MAX, NULL), 0x9090);
    assert_int_equal(rsp.len, 65536);
    rsp.cap = 65535;
    assert_int_equal(ssc_transmit(&link, &cmd, &rsp, 0, INT64_MAX, NULL), SSC_E_BUFFER_TOO_SMALL);
    cmd.le = 4; /* a short command whose answer is longer than asked for */
    rsp.cap = 256;
    assert_int_equal(ssc_transmit(&link, &cmd, &rsp, 0, INT64_MAX, NULL), 0x9090);
    assert_int_equal(rsp.len, 256);
    assert_int_equal(calls, 3);
}

static void impossible_commands(void **state)
{
    (void)state;
    struct ssc_command long_lc = {.data = long_data, .lc = 65536}, long_le = {.le = 65537},
                       no_data = {.lc = 1};
    const struct ssc_command *const rows[] = {&long_lc, &long_le, &no_data};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct result *r = transmit(SSC_T1, true, 0, rows[i], NULL, 0);
        assert_int_equal(r->rc, SSC_E_INVALID_ARGUMENT);
        assert_false(r->report.sent);
    }
}

static void deadlines(void **state)
{
    (void)state;
    static const struct step steps[] = {{ANY_COMMAND, "AA 6101", 0}};
    struct ssc_link link = {play, &result.script, SSC_T0, false};
    struct ssc_command cmd = select_ssse();
    result.rsp = (struct ssc_response){.data = result.data, .cap = sizeof result.data};
    result.script = (struct script){.steps = steps, .count = 1, .last_repeats = true, .passes = 5};
    result.script.deadline = now_ms();
    int rc = ssc_transmit(&link, &cmd, &result.rsp, 0, result.script.deadline, &result.report);
    assert_int_equal(rc, SSC_E_DEADLINE_EXCEEDED); /* already over: nothing leaves the host */
    assert_false(result.report.sent);
    assert_int_equal(result.report.exchanges, 0);
    result.script.deadline = now_ms() + 30;
    rc = ssc_transmit(&link, &cmd, &result.rsp, 0, result.script.deadline, &result.report);
    assert_int_equal(rc, SSC_E_DEADLINE_EXCEEDED); /* a card that dribbles */
    assert_true(result.report.sent);
    assert_true(result.report.exchanges >= 1 && result.report.exchanges <= 6);
    assert_true(now_ms() - result.script.deadline < 500);
}

/* The bytes of a command may be a PIN: they are gone from the sender's buffer afterwards. */
static const uint8_t *seen_tx;
static int keep_tx(void *ctx, const uint8_t *tx, size_t tx_len, uint8_t *rx, size_t *rx_len, int64_t deadline)
{
    (void)deadline;
    unsigned *calls = ctx;
    if (*calls > 0) {
        assert_ptr_equal(tx, seen_tx);
        assert_int_equal(tx[5], 0); /* where the PIN stood: GET RESPONSE is shorter */
    } else {
        assert_memory_equal(tx + 5, "\x12\x34\x56", 3);
    }
    assert_true(tx_len >= 5);
    seen_tx = tx;
    *calls += 1;
    memcpy(rx, *calls == 1 ? "\x61\x01" : "\x90\x00", 2);
    *rx_len = 2;
    return 0;
}

static void secrets_are_wiped(void **state)
{
    (void)state;
    unsigned calls = 0;
    struct ssc_link link = {keep_tx, &calls, SSC_T0, false};
    struct ssc_command cmd = {.ins = 0x20, .data = (const uint8_t *)"\x12\x34\x56", .lc = 3};
    struct ssc_response rsp = {.data = result.data, .cap = 16};
    assert_int_equal(ssc_transmit(&link, &cmd, &rsp, 0, INT64_MAX, NULL), 0);
    assert_int_equal(calls, 2);
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain_exchange),
        TEST(refusal_keeps_its_data),
        TEST(case_4_on_each_protocol),
        TEST(t1_honours_more_as_well),
        TEST(class_of_get_response),
        TEST(sixty_one_zero_means_256),
        TEST(wrong_le_is_repeated_once),
        TEST(wrong_le_without_le_is_an_answer),
        TEST(wrong_le_in_get_response),
        TEST(more_without_progress),
        TEST(endless_more),
        TEST(data_beyond_the_room),
        TEST(answers_that_are_none),
        TEST(link_that_lies),
        TEST(link_errors_at_each_exchange),
        TEST(once_means_once),
        TEST(chaining),
        TEST(links_of_a_chain),
        TEST(chains_that_cannot_be),
        TEST(extended_length),
        TEST(largest_answers_fit),
        TEST(impossible_commands),
        TEST(deadlines),
        TEST(secrets_are_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
