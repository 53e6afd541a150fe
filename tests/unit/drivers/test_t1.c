/* SPDX-License-Identifier: Apache-2.0 */
/* T=1 against a scripted card: what it says is written down block by block, and what it hears is checked. */
#include "ccid_device.h"

/* A step: the block that must have been sent (hex without check bytes), then what comes back ("" = nothing,
 * "!" in front = wrong check byte). */
struct step {
    const char *sent, *said;
};

static struct ssc_t1 t;
static uint8_t answer[SSC_RESPONSE_MAX];
static bool crc;

static size_t bytes_of(const char *hex, uint8_t *out)
{
    size_t len = 300;
    assert_int_equal(ssc_hex_decode(hex, out, &len), 0);
    return len;
}

/* Hex of NAD PCB LEN INF with the check bytes added. */
static size_t block_of(const char *hex, uint8_t *out)
{
    uint8_t raw[300];
    const bool wrong = hex[0] == '!';
    const size_t len = bytes_of(hex + (wrong ? 1 : 0), raw);
    size_t n = 0;
    if (len > 0) {
        n = ssc_t1_block(out, raw[0], raw[1], raw + 3, len - 3, crc);
        out[2] = raw[2];
        out[n - 1] ^= wrong ? 0x01 : 0;
    }
    return n;
}

static void init(unsigned ifsc)
{
    const struct ssc_t1_config config = {.ifsc = ifsc, .cap = 254, .crc = crc};
    assert_int_equal(ssc_t1_init(&t, &config), 0);
}

static int script(const char *command_hex, const struct step *steps, size_t count)
{
    static uint8_t command[300];
    const size_t len = bytes_of(command_hex, command);
    int rc = ssc_t1_begin(&t, command, len, answer, sizeof answer);
    for (size_t i = 0; i < count && rc == 0; i++) {
        uint8_t wanted[300], said[300];
        const size_t wanted_len = block_of(steps[i].sent, wanted), said_len = block_of(steps[i].said, said);
        if (t.done || t.tx_len != wanted_len || memcmp(t.tx, wanted, wanted_len) != 0) {
            char hex[600];
            ssc_hex_encode(t.tx, t.tx_len, hex, sizeof hex);
            fail_msg("step %zu: sent %s, done %d", i, hex, t.done);
        }
        rc = ssc_t1_take(&t, said, said_len);
        assert_true(rc == 0 || i + 1 == count);
    }
    return rc;
}

#define SCRIPT(command, ...)                                                                                 \
    script(command, (const struct step[]){__VA_ARGS__},                                                      \
           sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step))

static void assert_answer(const char *hex)
{
    uint8_t wanted[300];
    const size_t len = bytes_of(hex, wanted);
    assert_true(t.done);
    assert_int_equal(t.answer_len, len);
    assert_memory_equal(answer, wanted, len);
}

static void plain_exchanges(void **state)
{
    (void)state;
    for (int with_crc = 0; with_crc < 2; with_crc++) {
        crc = with_crc != 0;
        init(32);
        /* Sequence numbers of both sides alternate from command to command. */
        assert_int_equal(SCRIPT("00FE0000", {"00000400FE0000", "0000026D00"}), 0);
        assert_answer("6D00");
        assert_int_equal(SCRIPT("00FE0000", {"00400400FE0000", "0040026D01"}), 0);
        assert_answer("6D01");
        assert_int_equal(SCRIPT("00FE0000", {"00000400FE0000", "0000026D02"}), 0);
        assert_answer("6D02");
    }
    crc = false;
}

static void check_bytes(void **state)
{
    static const uint8_t digits[] = "123456789";
    uint8_t out[20];
    (void)state;
    assert_int_equal(ssc_t1_block(out, 0x12, 0xC1, digits, 1, false), 5);
    assert_int_equal(out[4], 0x12 ^ 0xC1 ^ 0x01 ^ '1');
    memcpy(out, digits, 3);
    assert_int_equal(ssc_t1_block(out, '1', '2', (const uint8_t *)"x", 1, true), 6);
    assert_true(ssc_t1_block_is_sound(out, 6, true));
    for (size_t i = 0; i < 6; i++) {
        out[i] ^= 0x10;
        assert_false(ssc_t1_block_is_sound(out, 6, true));
        out[i] ^= 0x10;
    }
    for (size_t cut = 0; cut < 6; cut++) {
        assert_false(ssc_t1_block_is_sound(out, cut, true));
        assert_false(ssc_t1_block_is_sound(out, cut, false));
    }
}

static void chains_both_ways(void **state)
{
    (void)state;
    init(3);
    assert_int_equal(SCRIPT("0001020304050607", {"002003000102", "009000"}, {"006003030405", "008000"},
                            {"0000020607", "002002AABB"}, {"009000", "006002CCDD"}, {"008000", "0000029000"}),
                     0);
    assert_answer("AABBCCDD9000");
    /* What follows goes on with the numbers where they are: N(S) 1, N(R) 1. */
    init(32);
    assert_int_equal(SCRIPT("00FE0000", {"00000400FE0000", "0000026D00"}), 0);
    assert_int_equal(SCRIPT("00FE0000", {"00400400FE0000", "0040026D00"}), 0);
}

static void lost_and_garbled_blocks(void **state)
{
    (void)state;
    init(32);
    /* Nothing came: R(0) asks for it; the card repeats its answer. */
    assert_int_equal(SCRIPT("00FE0000", {"00000400FE0000", ""}, {"008200", "0000029000"}), 0);
    assert_answer("9000");
    /* Wrong LRC twice: R with the EDC bit. */
    assert_int_equal(SCRIPT("00FE0000", {"00400400FE0000", "!0040029000"}, {"009100", "!0040029000"},
                            {"009100", "0040029000"}),
                     0);
    assert_answer("9000");
    /* The card did not get the command: R(N(S)) asks for it again, under the same number. */
    assert_int_equal(SCRIPT("00FE0000", {"00000400FE0000", "008100"}, {"00000400FE0000", "0000029000"}), 0);
    /* A wrong node address, a length that is not that of the block, a reserved bit, a number out of turn. */
    assert_int_equal(SCRIPT("00FE0000", {"00400400FE0000", "1240029000"}, {"009200", "0040029000"}), 0);
    assert_int_equal(SCRIPT("00FE0000", {"00000400FE0000", "0000039000"}, {"008100", "0000029000"}), 0);
    assert_int_equal(SCRIPT("00FE0000", {"00400400FE0000", "0041029000"}, {"009200", "0040029000"}), 0);
    assert_int_equal(SCRIPT("00FE0000", {"00000400FE0000", "0040029000"}, {"008200", "0000029000"}), 0);
    assert_true(t.retries >= 7 && t.resyncs == 0);
    /* Our acknowledgement got lost in the middle of the card's chain: it asks, we repeat it. */
    init(32);
    assert_int_equal(
        SCRIPT("00FE0000", {"00000400FE0000", "002001AA"}, {"009000", "009100"}, {"009000", "0040029000"}),
        0);
    assert_answer("AA9000");
}

static void waiting_times(void **state)
{
    (void)state;
    init(32);
    assert_int_equal(ssc_t1_begin(&t, (const uint8_t[]){0, 0xFE, 0, 0}, 4, answer, sizeof answer), 0);
    for (unsigned i = 0; i < 20000; i++) { /* a storm: every request is granted, the deadline is the limit */
        uint8_t said[10];
        assert_int_equal(ssc_t1_take(&t, said, block_of("00C30105", said)), 0);
        assert_false(t.done);
        assert_int_equal(t.wtx, 5);
        assert_int_equal(t.tx[1], 0xE3);
        assert_int_equal(t.tx[3], 5);
    }
    assert_int_equal(t.wtx_seen, 20000);
    uint8_t said[10];
    assert_int_equal(ssc_t1_take(&t, said, block_of("0000029000", said)), 0);
    assert_answer("9000");
    assert_int_equal(t.wtx, 0);
    /* Its grant got lost: the card repeats the request. In a chain it then acknowledges the piece. */
    init(2);
    assert_int_equal(SCRIPT("00FE0000", {"00200200FE", "00C30102"}, {"00E30102", "00C30102"},
                            {"00E30102", "009000"}, {"0040020000", "00C30101"}, {"00E30101", "!0000026D00"},
                            {"008100", "0000026D00"}),
                     0);
    assert_answer("6D00");
    /* A request for 0 times is granted as it stands and waited for once. */
    init(32);
    assert_int_equal(SCRIPT("00FE0000", {"00000400FE0000", "00C30100"}, {"00E30100", "0000029000"}), 0);
}

static void block_sizes(void **state)
{
    (void)state;
    init(32);
    /* The card announces that it takes two bytes, in the middle of a command. */
    assert_int_equal(SCRIPT("00FE0000", {"00000400FE0000", "00C10102"}, {"00E10102", "008000"},
                            {"00200200FE", "009000"}, {"0040020000", "0000029000"}),
                     0);
    assert_answer("9000");
    /* Sizes that do not exist. */
    assert_int_equal(
        SCRIPT("00FE", {"00000200FE", "00C10100"}, {"009200", "00C101FF"}, {"009200", "0040029000"}), 0);
    /* Ours, granted, refused, and never answered. */
    init(32);
    assert_int_equal(ssc_t1_begin_ifs(&t, 254), 0);
    uint8_t said[300];
    assert_int_equal(t.tx[1], 0xC1);
    assert_int_equal(ssc_t1_take(&t, said, block_of("00E101FE", said)), 0);
    assert_true(t.done);
    assert_int_equal(ssc_t1_begin_ifs(&t, 64), 0);
    for (unsigned i = 0; i < 3; i++) { /* another value is no consent */
        assert_false(t.done);
        assert_int_equal(ssc_t1_take(&t, said, block_of("00E10120", said)), 0);
    }
    assert_true(t.done && !t.dead);
    init(32); /* a card that never says anything is dead */
    assert_int_equal(ssc_t1_begin_ifs(&t, 254), 0);
    assert_int_equal(ssc_t1_take(&t, NULL, 0), 0);
    assert_int_equal(ssc_t1_take(&t, NULL, 0), 0);
    assert_int_equal(ssc_t1_take(&t, NULL, 0), SSC_E_READER_IO);
    assert_true(t.dead);
    assert_int_equal(ssc_t1_begin(&t, said, 4, answer, sizeof answer), SSC_E_READER_IO);
    assert_int_equal(ssc_t1_begin_ifs(&t, 254), SSC_E_READER_IO);
}

static void resynchronises(void **state)
{
    (void)state;
    init(32);
    assert_int_equal(SCRIPT("00FE0000", {"00000400FE0000", "0000029000"}), 0);
    /* Three failures, then S(RESYNCH). The command had left whole: it is not sent again, whatever comes. */
    assert_int_equal(
        SCRIPT("00FE0000", {"00400400FE0000", ""}, {"009200", ""}, {"009200", ""}, {"00C000", "00E000"}),
        SSC_E_READER_IO);
    assert_true(t.done && !t.dead && t.resyncs == 1);
    /* Numbers start anew. */
    assert_int_equal(SCRIPT("00FE0000", {"00000400FE0000", "0000029000"}), 0);
    /* Half a command is nothing yet: sent anew after the resynchronisation. */
    init(2);
    assert_int_equal(SCRIPT("00FE", {"00000200FE", "0000029000"}), 0);
    assert_int_equal(SCRIPT("00FE0000", {"00600200FE", ""}, {"009200", ""}, {"009200", ""},
                            {"00C000", "00E000"}, {"00200200FE", "009000"}, {"0040020000", "0000029000"}),
                     0);
    assert_answer("9000");
    /* A card that does not agree within three tries must be reset. */
    assert_int_equal(SCRIPT("00FE", {"00000200FE", ""}, {"009200", ""}, {"009200", ""}, {"00C000", ""},
                            {"00C000", "0040029000"}, {"00C000", ""}),
                     SSC_E_READER_IO);
    assert_true(t.dead);
    /* Given up by the caller: the next command begins with a resynchronisation. */
    init(32);
    assert_int_equal(ssc_t1_begin(&t, (const uint8_t[]){0, 0xFE}, 2, answer, sizeof answer), 0);
    ssc_t1_give_up(&t);
    assert_int_equal(
        SCRIPT("00FE0000", {"00C000", "0000029000"}, {"00C000", "00E000"}, {"00000400FE0000", "0000029000"}),
        0);
    assert_answer("9000");
    /* The card may not ask for it itself. */
    assert_int_equal(SCRIPT("00FE", {"00400200FE", "00C000"}, {"009200", "0040029000"}), 0);
}

static void aborts(void **state)
{
    (void)state;
    init(2);
    /* The card aborts our chain: consent, then the command has failed; the next one resynchronises first. */
    assert_int_equal(SCRIPT("00FE0000", {"00200200FE", "00C200"}, {"00E200", "009000"}), SSC_E_READER_IO);
    assert_int_equal(SCRIPT("00FE", {"00C000", "00E000"}, {"00000200FE", "0000029000"}), 0);
    /* And its own, with nothing behind it. */
    assert_int_equal(SCRIPT("00FE", {"00400200FE", "006001AA"}, {"008000", "00C200"}, {"00E200", ""}),
                     SSC_E_READER_IO);
}

static void never_ending(void **state)
{
    uint8_t said[300], inf[254] = {0};
    unsigned blocks = 0;
    int rc = 0;
    (void)state;
    init(32);
    /* A chain without an end stops at the longest answer there is. */
    assert_int_equal(ssc_t1_begin(&t, inf, 4, answer, sizeof answer), 0);
    while (rc == 0 && blocks < 1000) {
        const size_t n = ssc_t1_block(said, 0, (uint8_t)(0x20 | (blocks & 1 ? 0x40 : 0)), inf, 254, false);
        rc = ssc_t1_take(&t, said, n);
        blocks++;
    }
    assert_int_equal(rc, SSC_E_CARD_MISBEHAVES);
    assert_true(t.done && blocks <= 260);
    /* A chain of nothing is not a chain. */
    init(32);
    assert_int_equal(SCRIPT("00FE", {"00000200FE", "002000"}, {"008200", "002000"}, {"008200", "002000"},
                            {"00C000", "00E000"}),
                     SSC_E_READER_IO);
    /* R-blocks for ever: the command is repeated twice, then resynchronised, then given up. */
    init(32);
    assert_int_equal(SCRIPT("00FE", {"00000200FE", "0000029000"}), 0);
    assert_int_equal(SCRIPT("00FE", {"00400200FE", "009000"}, {"00400200FE", "009000"},
                            {"00400200FE", "009000"}, {"00C000", "009000"}, {"00C000", "009000"},
                            {"00C000", "009000"}),
                     SSC_E_READER_IO);
    assert_true(t.dead);
}

static void sizes_are_checked(void **state)
{
    static const struct ssc_t1_config bad[] = {
        {.ifsc = 0, .cap = 254}, {.ifsc = 255, .cap = 254}, {.ifsc = 32}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(ssc_t1_init(&t, &bad[i]), SSC_E_INVALID_ARGUMENT);
    }
    init(32);
    assert_int_equal(ssc_t1_begin(&t, answer, 0, answer, 2), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_t1_begin_ifs(&t, 255), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_t1_take(&t, NULL, 0), SSC_E_INVALID_ARGUMENT); /* nothing was asked */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_exchanges),
        cmocka_unit_test(check_bytes),
        cmocka_unit_test(chains_both_ways),
        cmocka_unit_test(waiting_times),
        cmocka_unit_test(lost_and_garbled_blocks),
        cmocka_unit_test(block_sizes),
        cmocka_unit_test(resynchronises),
        cmocka_unit_test(aborts),
        cmocka_unit_test(never_ending),
        cmocka_unit_test(sizes_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
