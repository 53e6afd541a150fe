/* SPDX-License-Identifier: Apache-2.0 */
/* Card and provider side by side, what is remembered of a type of card, and the way back when it was wrong.
 */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "middleware/card_private.h"

static struct ssc_identity got;

/* A provider that asks the one behind it, and says when it was asked and what the card had seen by then. */
struct witness {
    struct ssc_auth base;
    struct ssc_auth *behind;
    struct ssc_card_info asked_for;
    pthread_t caller, helper;
    bool wait_for_card; /* does not come back before the card has been asked for its challenge */
    int refusal;        /* instead of an answer */
    unsigned internals;
};

/* Commands that the card has seen, by instruction. */
static atomic_uint seen[256];

static void count(void *ctx, const struct ssc_exchange *e)
{
    (void)ctx;
    atomic_fetch_add(&seen[e->tx[1]], 1);
}

static bool card_has_seen(uint8_t ins)
{
    const struct timespec pause = {.tv_nsec = 1000000};

    for (int64_t until = soon(); atomic_load(&seen[ins]) == 0 && ssc_now_ms() < until;) {
        nanosleep(&pause, NULL);
    }
    return atomic_load(&seen[ins]) > 0;
}

static int internal(struct ssc_auth *a, const struct ssc_card_info *card, const uint8_t factor[8],
                    const uint8_t original[8], uint8_t expected[8], int64_t deadline)
{
    struct witness *w = (struct witness *)a;
    int rc = w->refusal;

    w->internals++;
    w->asked_for = *card;
    w->helper = pthread_self();
    if (w->wait_for_card && !(card_has_seen(0x88) && card_has_seen(0x84))) {
        rc = SSC_E_DEADLINE_EXCEEDED;
    }
    return rc != 0 ? rc : w->behind->ops->internal(w->behind, card, factor, original, expected, deadline);
}

static int external(struct ssc_auth *a, const struct ssc_card_info *card, enum ssc_key_id key,
                    const uint8_t challenge[8], struct ssc_external_auth *out, int64_t deadline)
{
    struct witness *w = (struct witness *)a;

    return w->behind->ops->external(w->behind, card, key, challenge, out, deadline);
}

static const struct ssc_auth_ops waiting = {
    .name = "witness", .waits = true, .internal = internal, .external = external};
static const struct ssc_auth_ops computing = {.name = "witness", .internal = internal, .external = external};

static struct witness witness(const struct bench *b, const struct ssc_auth_ops *ops)
{
    for (size_t i = 0; i < 256; i++) {
        atomic_store(&seen[i], 0);
    }
    ssc_channel_tap(b->channel, count, NULL);
    return (struct witness){.base.ops = ops, .behind = b->auth, .caller = pthread_self()};
}

static int read_as(struct bench *b, struct ssc_auth *auth, bool verify)
{
    const struct ssc_identity_options options = {.parts = SSC_ID_BASIC, .verify = verify};

    return ssc_identity_read(b->card, auth, &options, &got, soon());
}

/* The provider answers only after the card has been asked for its proof and its challenge: one after the
 * other this would end at the deadline. */
static void card_goes_on_meanwhile(void **state)
{
    struct bench b = bench("ssc-3.0", "psam");
    struct witness w = witness(&b, &waiting);

    (void)state;
    w.wait_for_card = true;
    assert_int_equal(read_as(&b, &w.base, true), 0);
    assert_string_equal(got.line, SAMPLE_LINE("3.00", "000000000000"));
    assert_int_equal(got.genuine, SSC_GENUINE_YES);
    assert_int_equal(w.internals, 1);
    assert_false(pthread_equal(w.caller, w.helper));
    bench_close(&b);
}

/* No thread for what is computed at once; and what it refuses, the card never hears of. */
static void computed_first(void **state)
{
    struct bench b = bench("ssc-3.0", "psam");
    struct witness w = witness(&b, &computing);

    (void)state;
    w.refusal = SSC_E_PSAM_KEY_MISSING;
    assert_int_equal(read_as(&b, &w.base, true), SSC_E_NEED_REMOTE);
    assert_int_equal(got.remote_cause, SSC_E_PSAM_KEY_MISSING);
    assert_true(pthread_equal(w.caller, w.helper));
    assert_int_equal(seen[0x88] + seen[0x84] + seen[0x82], 0);
    w.refusal = 0;
    assert_int_equal(read_as(&b, &w.base, true), 0);
    bench_close(&b);
}

/* A provider that cannot costs the card no try of a key. */
static void refusal_spends_nothing(void **state)
{
    const int refusals[] = {SSC_E_PSAM_KEY_MISSING, SSC_E_PSAM_KEY_LEVEL, SSC_E_NO_PSAM,
                            SSC_E_DEADLINE_EXCEEDED};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct bench b = bench("ssc-3.0", "psam");
        struct witness w = witness(&b, &waiting);
        w.refusal = refusals[i];
        assert_int_equal(read_as(&b, &w.base, true), i < 3 ? SSC_E_NEED_REMOTE : SSC_E_DEADLINE_EXCEEDED);
        assert_int_equal(seen[0x82], 0);
        assert_int_equal(got.genuine, SSC_GENUINE_NOT_CHECKED);
        bench_close(&b);
    }
}

/* ---- a type of card seen before ---- */

/* Reads a card after others of its type; the witness looks on. */
static struct witness next_card(struct bench *b, const char *image, struct ssc_habits *habits)
{
    *b = bench(image, "psam");
    ssc_card_share_habits(b->card, habits);
    return witness(b, &waiting);
}

static struct ssc_habits *habits_of(const char *image)
{
    struct ssc_habits *habits;
    struct bench b;

    assert_int_equal(ssc_habits_new(&habits), 0);
    b = bench(image, "psam");
    ssc_card_share_habits(b.card, habits);
    assert_int_equal(read_as(&b, b.auth, true), 0);
    assert_int_equal(got.wire_exchanges, strncmp(image, "ssc-3", 5) == 0 ? 8 : 6);
    bench_close(&b);
    return habits;
}

static void fci_stays(void **state)
{
    static const struct {
        const char *image, *line;
        unsigned exchanges;
    } cards[] = {{"ssc-2.0", SAMPLE_LINE("2.00", "410100813475"), 5},
                 {"ssc-3.0", SAMPLE_LINE("3.00", "410100813475"), 7},
                 {"ssc-3.0-3des", SAMPLE_LINE("3.00", "410100813475"), 7}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct ssc_habits *habits = habits_of(cards[i].image);
        struct bench b = bench(cards[i].image, "psam");
        ssc_card_share_habits(b.card, habits);
        assert_int_equal(read_as(&b, b.auth, true), 0);
        assert_string_equal(got.line, cards[i].line);
        assert_int_equal(got.wire_exchanges, cards[i].exchanges); /* the proof's GET RESPONSE only */
        assert_int_equal(ssc_card_detect(b.card, soon()), 0);     /* proven: nothing left to ask */
        assert_int_equal(b.channel->exchanges, cards[i].exchanges);
        bench_close(&b);

        b = bench(cards[i].image, "psam");
        b.profile->leave_fci = false;
        ssc_card_share_habits(b.card, habits);
        assert_int_equal(read_as(&b, b.auth, true), 0);
        assert_int_equal(got.wire_exchanges, cards[i].exchanges + 1);
        bench_close(&b);
        ssc_habits_free(&habits);
    }
}

/* The provider is asked once, for what the last card of the type was; asked again when this card is another.
 */
static void begun_early(void **state)
{
    struct ssc_habits *habits = habits_of("ssc-3.0");
    struct ssc_habit habit;
    struct ssc_card_type type;
    struct bench b;
    struct witness w = next_card(&b, "ssc-3.0", habits);

    (void)state;
    assert_int_equal(read_as(&b, &w.base, true), 0);
    assert_int_equal(w.internals, 1);
    type = ssc_card_type_of(b.card);
    bench_close(&b);

    assert_true(ssc_habits_get(habits, &type, &habit));
    assert_string_equal(habit.city, "639900");
    memcpy(habit.city, "410100", sizeof habit.city);
    ssc_habits_put(habits, &type, &habit);
    w = next_card(&b, "ssc-3.0", habits);
    assert_int_equal(read_as(&b, &w.base, true), 0);
    assert_int_equal(w.internals, 2);
    assert_string_equal(w.asked_for.city, "639900");
    assert_string_equal(got.line, SAMPLE_LINE("3.00", "000000000000"));
    assert_true(ssc_habits_get(habits, &type, &habit));
    assert_string_equal(habit.city, "639900");
    bench_close(&b);

    /* A card that is gone at the first command: the provider's work is waited for and thrown away. */
    w = next_card(&b, "ssc-3.0", habits);
    assert_int_equal(ssc_sim_remove(b.driver, CARD_READER), 0);
    assert_int_equal(read_as(&b, &w.base, true), SSC_E_CARD_REMOVED);
    assert_int_equal(got.genuine, SSC_GENUINE_NOT_CHECKED);
    bench_close(&b);
    ssc_habits_free(&habits);
}

/* The sample cards have one ATR: the algorithm remembered is the wrong one, found out before anybody is
 * accused. */
static void remembered_wrongly(void **state)
{
    const char *const images[] = {"ssc-2.0", "ssc-3.0", "ssc-3.0-3des", "ssc-1.0"};
    const char *const versions[] = {"|2.00|", "|3.00|", "|3.00|", "|1.00|"};
    const enum ssc_algorithm algorithms[] = {SSC_ALG_3DES, SSC_ALG_SM4, SSC_ALG_3DES, SSC_ALG_3DES};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct ssc_habits *habits = habits_of(images[i]);
        for (size_t k = 0; k < 4; k++) {
            struct bench b = bench(images[k], "psam");
            ssc_card_share_habits(b.card, habits);
            assert_int_equal(read_as(&b, b.auth, true), 0);
            assert_int_equal(got.genuine, SSC_GENUINE_YES);
            assert_non_null(strstr(got.line, versions[k]));
            assert_int_equal(ssc_card_get_info(b.card)->algorithm, algorithms[k]);
            bench_close(&b);
        }
        ssc_habits_free(&habits);
    }
}

/* Not proven, only read: whoever needs the algorithm asks the card. */
static void certain_for_others(void **state)
{
    struct ssc_habits *habits = habits_of("ssc-2.0");
    struct bench b = bench("ssc-2.0", NULL);

    (void)state;
    ssc_card_share_habits(b.card, habits);
    assert_int_equal(read_as(&b, NULL, false), 0);
    assert_int_equal(got.wire_exchanges, 3);
    assert_int_equal(ssc_card_detect(b.card, soon()), 0);
    assert_int_equal(b.channel->exchanges, 5); /* SELECT, GET RESPONSE */
    assert_int_equal(ssc_card_detect(b.card, soon()), 0);
    assert_int_equal(b.channel->exchanges, 5);
    bench_close(&b);
    ssc_habits_free(&habits);
}

/* A false card stays a false card: the FCI is looked at, and there is no second proof when it says the same.
 */
static void false_all_the_same(void **state)
{
    struct ssc_habits *habits = habits_of("ssc-3.0");
    char folder[64], path[96];
    struct bench b;
    struct witness w;

    (void)state;
    folder_make(folder);
    snprintf(path, sizeof path, "%s/card.json", folder);
    image_write(path, "ssc-3.0", "{\"keys\":{\"IRK\":{\"root\":\"00112233445566778899AABBCCDDEEFF\"}}}");
    w = next_card(&b, path, habits);
    assert_int_equal(read_as(&b, &w.base, true), SSC_E_NOT_GENUINE);
    assert_int_equal(got.genuine, SSC_GENUINE_NO);
    assert_int_equal(seen[0x88], 1);
    assert_int_equal(seen[0xA4], 2);
    assert_int_equal(seen[0x82] + seen[0xB2], 1); /* no proof of ours, nothing of the holder's file */
    bench_close(&b);
    ssc_habits_free(&habits);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(card_goes_on_meanwhile),
        cmocka_unit_test(computed_first),
        cmocka_unit_test(refusal_spends_nothing),
        cmocka_unit_test(fci_stays),
        cmocka_unit_test(begun_early),
        cmocka_unit_test(remembered_wrongly),
        cmocka_unit_test(certain_for_others),
        cmocka_unit_test(false_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
