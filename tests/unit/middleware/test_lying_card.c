/* SPDX-License-Identifier: Apache-2.0 */
/* A card that lies at every answer: lengths, records, status words, without end or too late. Every call comes
 * back in time, with an error or with what the tables allow, and never with more exchanges than an honest
 * card would need by far. Sanitizers watch over the bytes. */
#include "support.h"

#include "stopwatch.h"

#include <time.h>

#include "middleware/pin.h"

enum { SEEDS = 1500, COMMANDS_MAX = 400 };

/* What the liar answers; drawn anew for every command. */
enum lie {
    LIE_HONEST_FCI,
    LIE_RECORDS,
    LIE_TRUNCATED,
    LIE_NOISE,
    LIE_STATUS,
    LIE_MORE,
    LIE_WRONG_LE,
    LIE_EMPTY,
    LIE_LONG,
    LIE_FAILS,
    LIES,
};

struct liar {
    struct ssc_channel base;
    uint32_t random;
    int64_t slow_ms; /* every answer takes so long */
    bool never;      /* no answer before the deadline */
    enum lie habit;  /* LIES: a new one for every command */
    unsigned answered;
};

static uint32_t draw(struct liar *l)
{
    l->random ^= l->random << 13;
    l->random ^= l->random >> 17;
    l->random ^= l->random << 5;
    return l->random;
}

static void sleep_until(int64_t ms)
{
    const struct timespec until = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static uint16_t any_status(struct liar *l)
{
    static const uint16_t words[] = {0x9000, 0x6283, 0x6282, 0x6300, 0x63C0, 0x63C3, 0x6581, 0x6700,
                                     0x6901, 0x6981, 0x6982, 0x6983, 0x6984, 0x6985, 0x6986, 0x6A80,
                                     0x6A81, 0x6A82, 0x6A83, 0x6A86, 0x6A88, 0x6B00, 0x6D00, 0x6E00,
                                     0x6F00, 0x9302, 0x9303, 0x9406, 0x0000, 0xFFFF};

    return words[draw(l) % (sizeof words / sizeof words[0])];
}

static size_t noise(struct liar *l, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)draw(l);
    }
    return len;
}

/* Plausible records with implausible contents. */
static size_t records(struct liar *l, uint8_t *out)
{
    static const uint8_t tags[] = {1,    2,    3,    4,    5,    6,    7,    8,    9,
                                   0x4E, 0x0A, 0x0B, 0x0C, 0x0D, 0x29, 0x40, 0x81, 0xEE};
    static const uint8_t id[] = {0x63, 0x99, 0x00, 0xD1, 0x56, 0x00, 0x00, 0x05};
    size_t at = 0;

    for (unsigned n = draw(l) % 9 + 1; n > 0 && at < 200; n--) {
        const uint8_t tag = tags[draw(l) % sizeof tags];
        const uint8_t len = (uint8_t)(tag == 1 ? 16 : draw(l) % 40);
        out[at] = tag;
        out[at + 1] = len;
        noise(l, out + at + 2, len);
        if (tag == 1) {
            memcpy(out + at + 2, id, sizeof id);
        }
        if (tag == 3 && len > 0) {
            out[at + 2] = (uint8_t)('0' + draw(l) % 5);
        }
        at += 2u + len;
    }
    return at;
}

static size_t lie(struct liar *l, enum lie how, const uint8_t *tx, size_t tx_len, uint8_t *out)
{
    static const uint8_t fci[] = {0x6F, 0x1C, 0x84, 0x0F, 0x73, 0x78, 0x31, 0x2E, 0x73, 0x68,
                                  0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF, 0xA5,
                                  0x09, 0x88, 0x01, 0x1E, 0x9F, 0x0C, 0x03, 0x86, 0x01, 0x03};
    uint16_t sw = 0x9000;
    size_t len = 0;

    switch (how) {
    case LIE_HONEST_FCI:
        memcpy(out, fci, sizeof fci);
        len = sizeof fci;
        break;
    case LIE_RECORDS:
        len = records(l, out);
        break;
    case LIE_TRUNCATED:
        len = records(l, out);
        len -= draw(l) % (len < 4 ? 1 : 4);
        break;
    case LIE_NOISE:
        len = noise(l, out, draw(l) % 257);
        break;
    case LIE_STATUS:
        sw = any_status(l);
        len = draw(l) % 3 == 0 ? noise(l, out, draw(l) % 20) : 0;
        break;
    case LIE_MORE:
        sw = (uint16_t)(0x6100 | (draw(l) & 0xFF));
        len = noise(l, out, draw(l) % 3);
        break;
    case LIE_WRONG_LE:
        sw = (uint16_t)(0x6C00 | (draw(l) & 0xFF));
        break;
    case LIE_LONG:
        len = noise(l, out, 256);
        break;
    default:
        /* as many bytes as were asked for, of zeros */
        len = tx_len == 5 ? tx[4] : 8;
        memset(out, 0, len);
    }
    ssc_put16(out + len, sw);
    return len + 2;
}

static int answer(struct ssc_channel *ch, const uint8_t *tx, size_t tx_len, uint8_t *rx, size_t *rx_len,
                  int64_t deadline)
{
    static const int errors[] = {SSC_E_CARD_REMOVED,      SSC_E_READER_IO, SSC_E_CARD_RESET,
                                 SSC_E_DEADLINE_EXCEEDED, SSC_E_CARD_MUTE, SSC_E_READER_REMOVED};
    struct liar *l = (struct liar *)ch;
    const enum lie how = l->habit == LIES ? (enum lie)(draw(l) % LIES) : l->habit;
    uint8_t out[300];
    size_t len;
    int rc = 0;

    l->answered++;
    if (l->never || (l->slow_ms && ssc_now_ms() + l->slow_ms > deadline)) {
        sleep_until(deadline);
        rc = SSC_E_DEADLINE_EXCEEDED;
    } else if (how == LIE_FAILS && draw(l) % 8 == 0) {
        rc = errors[draw(l) % (sizeof errors / sizeof errors[0])];
    } else {
        if (l->slow_ms) {
            sleep_until(ssc_now_ms() + l->slow_ms);
        }
        len = lie(l, how, tx, tx_len, out);
        /* not even a whole status word */
        if (how == LIE_EMPTY && draw(l) % 16 == 0) {
            len = draw(l) % 2;
        }
        len = len > *rx_len ? *rx_len : len;
        memcpy(rx, out, len);
        *rx_len = len;
    }
    return rc;
}

static int no_control(struct ssc_channel *ch, uint32_t code, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                      size_t *rx_len, int64_t deadline)
{
    (void)ch, (void)code, (void)tx, (void)tx_len, (void)rx, (void)rx_len, (void)deadline;
    return SSC_E_NOT_SUPPORTED;
}

static int lying_pad(struct ssc_channel *ch, const struct ssc_pin_entry *entry, uint8_t *rx, size_t *rx_len,
                     int64_t deadline)
{
    return answer(ch, entry->apdu, entry->apdu_len, rx, rx_len, deadline);
}

static int reset(struct ssc_channel *ch, enum ssc_reset how, int64_t deadline)
{
    (void)ch, (void)how, (void)deadline;
    return 0;
}

static int pass(struct ssc_channel *ch, int64_t deadline)
{
    (void)ch, (void)deadline;
    return 0;
}

static void close_liar(struct ssc_channel *ch, bool power_down)
{
    (void)power_down;
    free(ch);
}

static const struct ssc_channel_ops liar_ops = {.transmit = answer,
                                                .control = no_control,
                                                .pin_entry = lying_pad,
                                                .reset = reset,
                                                .begin = pass,
                                                .end = pass,
                                                .close = close_liar};

static struct liar *liar_new(uint32_t seed, enum lie habit)
{
    static const uint8_t atr[] = {0x3B, 0x6D, 0x00, 0x00, 0x00, 0x81, 0x4E, 0x43, 0x23,
                                  0x86, 0x97, 0x15, 0x99, 0x00, 0xBF, 0x7C, 0x7A};
    struct liar *l = calloc(1, sizeof *l);

    assert_non_null(l);
    l->base.ops = &liar_ops;
    l->base.features = SSC_FEATURE_PIN_VERIFY | SSC_FEATURE_PIN_MODIFY;
    l->base.protocol = seed % 3 == 0 ? SSC_T0 : seed % 3 == 1 ? SSC_T1 : SSC_TCL;
    l->random = seed * 2654435761u + 1;
    l->habit = habit;
    assert_int_equal(ssc_atr_parse(atr, sizeof atr, &l->base.atr), 0);
    return l;
}

static struct ssc_profile profile;
static struct ssc_identity id;
static struct ssc_values values;

/* Everything that this room can ask of a card. */
static void ask_everything(struct ssc_card *card, struct ssc_auth *auth, int64_t deadline)
{
    const struct ssc_identity_options options = {.parts = SSC_ID_FULL, .verify = true};
    static const char *const files[] = {"SSSEEF05", "SSSEEF06", "SSSEEF08",
                                        "DF01EF15", "DF04EF08", "DF01EF16"};
    struct ssc_identity_remote remote;
    uint8_t challenge[8];
    int tries;

    (void)ssc_card_detect(card, deadline);
    (void)ssc_identity_read(card, auth, &options, &id, deadline);
    assert_int_equal(strnlen(id.line, sizeof id.line) < sizeof id.line, 1);
    assert_true(id.exchanges <= COMMANDS_MAX);
    if (ssc_identity_remote_begin(card, &remote, deadline) == 0) {
        (void)ssc_identity_remote_complete(card, &remote, remote.internal_answer, remote.external_factor,
                                           &options, &id, deadline);
    }
    (void)ssc_pin_verify(card, SSC_PIN_OF_CARD, "123456", &tries, deadline);
    (void)ssc_pin_verify(card, SSC_PIN_OF_CARD, NULL, &tries, deadline);
    (void)ssc_pin_status(card, SSC_PIN_OF_CARD, &tries, deadline);
    assert_in_range(tries + 1, 0, 16);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const struct ssc_file *file = ssc_file_by_name(SSC_GEN_3, files[i]);
        const int rc = ssc_file_read(card, file, NULL, 0, 0, SSC_AUTH_AUTO, auth, &values, deadline);
        if (rc != 0) {
            assert_int_equal(values.count, 0);
        }
        for (size_t k = 0; k < values.count; k++) {
            assert_true((size_t)values.items[k].offset + values.items[k].len <= values.used);
        }
    }
    (void)ssc_card_select_purse(card, deadline);
    (void)ssc_pin_remote_begin(card, SSC_PIN_OF_CARD, challenge, &(size_t){0}, deadline);
    (void)ssc_pin_unblock(card, SSC_PIN_OF_CARD, auth, NULL, deadline);
}

static void session_with(uint32_t seed, enum lie habit)
{
    struct liar *l = liar_new(seed, habit);
    struct ssc_channel *channel = &l->base;
    struct ssc_card *card;

    assert_int_equal(ssc_card_new(channel, &profile, &card), 0);
    ask_everything(card, NULL, soon());
    assert_true(ssc_card_commands(card) < 2000);
    ssc_card_free(&card);
    ssc_channel_close(&channel, true);
}

static void lies_at_random(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        session_with(seed, LIES);
    }
}

/* Always the same lie: every branch is taken to its end. */
static void stubborn(void **state)
{
    (void)state;
    for (int habit = 0; habit < LIES; habit++) {
        for (uint32_t seed = 1; seed <= 40; seed++) {
            session_with(seed, (enum lie)habit);
        }
    }
}

/* A PSAM that lies. */
static void lying_psam(void **state)
{
    struct bench b = bench("ssc-3.0", NULL);

    (void)state;
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        struct liar *l = liar_new(seed, seed % 4 ? LIES : LIE_EMPTY);
        struct ssc_channel *channel = &l->base;
        struct ssc_auth *auth;
        if (ssc_auth_psam_take(&channel, b.profile, &auth, soon()) == 0) {
            const struct ssc_identity_options options = {.parts = SSC_ID_BASIC, .verify = true};
            assert_int_not_equal(ssc_identity_read(b.card, auth, &options, &id, soon()), 0);
            assert_string_equal(id.citizen_id, "");
        }
        assert_null(channel);
        ssc_auth_free(&auth);
    }
    bench_close(&b);
}

/* Slow to the point of silence: the caller is back within 50 ms of the deadline. */
static void late(void **state)
{
    enum { LATE_MS = 120 };
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct liar *l = liar_new((uint32_t)i + 1, i % 2 ? LIES : LIE_MORE);
        struct ssc_channel *channel = &l->base;
        const struct stopwatch watch = stopwatch_start();
        const int64_t deadline = ssc_deadline(LATE_MS);
        struct ssc_card *card;
        l->never = i < 2;
        l->slow_ms = i < 2 ? 0 : 7;
        assert_int_equal(ssc_card_new(channel, &profile, &card), 0);
        ask_everything(card, NULL, deadline);
        assert_in_time(&watch, LATE_MS);
        ssc_card_free(&card);
        ssc_channel_close(&channel, true);
    }
}

static int set_up(void **state)
{
    (void)state;
    ssc_profile_default(&profile);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lies_at_random),
        cmocka_unit_test(stubborn),
        cmocka_unit_test(lying_psam),
        cmocka_unit_test(late),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
