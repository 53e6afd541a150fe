/* SPDX-License-Identifier: Apache-2.0 */
/* The loop against a scripted link: each step says what must be sent and what comes back. */
#include "tests/unit/apdu/scripted_link.h"

#include <stdio.h>

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

/* Nothing is fetched, nothing is lost: data that come at once are there, refusals are refusals. */
static void data_left_in_the_card(void **state)
{
    (void)state;
    static const struct step announced[] = {{"00A4040002AABB", "6104", 0}};
    static const struct step at_once[] = {{"00A4040002AABB00", "6F028400 9000", 0}};
    static const struct step part[] = {{"00A4040002AABB00", "6F02 6102", 0}};
    static const struct step refused[] = {{"00A4040002AABB", "6A82", 0}};
    struct ssc_command cmd = select_ssse();
    struct result *r = transmit(SSC_T0, false, SSC_TX_LEAVE_DATA, &cmd, announced, 1);
    assert_int_equal(r->rc, 0);
    assert_int_equal(r->rsp.len, 0);
    assert_int_equal(r->rsp.sw, 0x6104);
    assert_int_equal(r->report.exchanges, 1);
    r = transmit(SSC_T1, false, SSC_TX_LEAVE_DATA, &cmd, at_once, 1);
    assert_int_equal(r->rc, 0);
    assert_int_equal(r->rsp.sw, 0x9000);
    assert_bytes(r->rsp.data, r->rsp.len, "6F028400");
    r = transmit(SSC_T1, false, SSC_TX_LEAVE_DATA, &cmd, part, 1);
    assert_int_equal(r->rc, 0);
    assert_int_equal(r->rsp.sw, 0x6102);
    r = transmit(SSC_T0, false, SSC_TX_LEAVE_DATA, &cmd, refused, 1);
    assert_int_equal(r->rc, 0x6A82);
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
    memcpy(block + 512, "6100", 5);
    memcpy(second + 512, "9000", 5);
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
    memcpy(block + 512, "6100", 5);
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
    result.script.passes = 100;
    result.script.deadline = now_ms() + 600;
    rc = ssc_transmit(&link, &cmd, &result.rsp, 0, result.script.deadline, &result.report);
    assert_int_equal(rc, SSC_E_DEADLINE_EXCEEDED); /* a card that dribbles */
    assert_true(result.report.sent);
    assert_true(result.report.exchanges >= 1 && result.report.exchanges <= 6);
    assert_true(now_ms() - result.script.deadline < 20000);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain_exchange),
        TEST(refusal_keeps_its_data),
        TEST(case_4_on_each_protocol),
        TEST(data_left_in_the_card),
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
        TEST(deadlines),
        TEST(secrets_are_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
