/* SPDX-License-Identifier: Apache-2.0 */
/* Commands and answers beyond 255 bytes: chaining, extended length, and the most that fits. */
#include "tests/unit/apdu/scripted_link.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(chaining),        TEST(links_of_a_chain),    TEST(chains_that_cannot_be),
        TEST(extended_length), TEST(largest_answers_fit), TEST(impossible_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
