/* SPDX-License-Identifier: Apache-2.0 */
/* The identity out of simulated cards: right line, few exchanges, and nothing of the holder where it must not
 * be. */
#include "support.h"

#include "apdu/sw.h"

static struct ssc_identity got; /* too large for a stack full of them */

static int read_with(struct bench *b, unsigned parts, bool verify, bool national)
{
    const struct ssc_identity_options options = {
        .parts = parts, .verify = verify, .national_sequence = national, .device_number = ""};

    return ssc_identity_read(b->card, b->auth, &options, &got, soon());
}

/* No byte of the holder's data in the result. */
static void assert_nothing_leaked(void)
{
    const char *const secrets[] = {"111111198101011110", "张三", "\xD5\xC5\xC8\xFD", "X00000019"};

    for (size_t i = 0; i < 4; i++) {
        assert_null(memmem(&got, sizeof got, secrets[i], strlen(secrets[i])));
    }
}

static void version_2(void **state)
{
    struct bench b = bench("ssc-2.0", NULL);

    (void)state;
    assert_int_equal(read_with(&b, SSC_ID_BASIC, false, false), 0);
    assert_string_equal(got.line, SAMPLE_LINE("2.00", "000000000000"));
    assert_int_equal(got.genuine, SSC_GENUINE_NOT_CHECKED);
    assert_false(got.citizen_id_wrong || got.card_number_wrong);
    assert_int_equal(got.exchanges, 3);
    assert_int_equal(got.wire_exchanges, 4); /* T=0: the FCI is fetched with GET RESPONSE */
    assert_int_equal(got.raw.findings, 0);
    bench_close(&b);
}

static void version_2_proven(void **state)
{
    struct bench b = bench("ssc-2.0", "psam");

    (void)state;
    assert_int_equal(read_with(&b, SSC_ID_FULL, true, false), 0);
    assert_string_equal(got.line, SAMPLE_LINE("2.00", "410100813475"));
    assert_int_equal(got.genuine, SSC_GENUINE_YES);
    assert_int_equal(got.exchanges, 4);
    assert_string_equal(got.sex, "1");
    assert_string_equal(got.ethnic_group, "01");
    assert_string_equal(got.birth_place, "639900");
    assert_string_equal(got.birth_date, "19810101");
    assert_string_equal(got.card_class, "3");
    assert_string_equal(got.issuer, "915600000263990063990001");
    bench_close(&b);
}

static void version_1(void **state)
{
    struct bench b = bench("ssc-1.0", "psam");

    (void)state;
    assert_int_equal(read_with(&b, SSC_ID_FULL, true, false), 0);
    assert_string_equal(got.line, SAMPLE_LINE("1.00", "410100813475"));
    assert_int_equal(got.genuine, SSC_GENUINE_YES);
    assert_int_equal(ssc_card_get_info(b.card)->generation, SSC_GEN_1);
    assert_int_equal(got.exchanges, 4);
    assert_int_equal(got.raw.findings, 0);
    bench_close(&b);
}

static void version_3(const char *image)
{
    struct bench b = bench(image, "psam");

    assert_int_equal(read_with(&b, SSC_ID_BASIC, true, false), 0);
    assert_string_equal(got.line, SAMPLE_LINE("3.00", "410100813475"));
    assert_int_equal(got.genuine, SSC_GENUINE_YES);
    assert_false(got.test_keys);
    assert_int_equal(got.exchanges, 6);
    assert_int_equal(got.wire_exchanges, 8); /* T=0: GET RESPONSE for the FCI and the card's proof */
    /* Once more in the same session: only the holder's file is read again. */
    assert_int_equal(read_with(&b, SSC_ID_BASIC, true, false), 0);
    assert_string_equal(got.line, SAMPLE_LINE("3.00", "410100813475"));
    assert_int_equal(got.exchanges, 1);
    bench_close(&b);
}

static void version_3_sm4(void **state)
{
    (void)state;
    version_3("ssc-3.0");
}

static void version_3_3des(void **state)
{
    (void)state;
    version_3("ssc-3.0-3des");
}

static void key_file(void **state)
{
    const char *const images[] = {"ssc-1.0", "ssc-2.0", "ssc-3.0", "ssc-3.0-3des"};
    char folder[64], path[96], why[200] = "";

    (void)state;
    folder_make(folder);
    snprintf(path, sizeof path, "%s/keys.json", folder);
    file_write(path, KEY_FILE);
    for (size_t i = 0; i < 4; i++) {
        struct bench b = bench(images[i], NULL);
        assert_int_equal(ssc_auth_key_file_new(path, true, &b.auth, why), 0);
        assert_int_equal(read_with(&b, SSC_ID_BASIC, true, false), 0);
        assert_int_equal(got.genuine, SSC_GENUINE_YES);
        assert_true(got.test_keys);
        assert_string_equal(got.terminal_number, "410100813475");
        assert_string_equal(got.name, "张三");
        bench_close(&b);
    }
    folder_remove(folder);
}

/* 3.0 without a provider: the holder stays closed, and the caller learns what to do. */
static void nobody_has_the_key(void **state)
{
    struct bench b = bench("ssc-3.0", NULL);

    (void)state;
    assert_int_equal(read_with(&b, SSC_ID_BASIC, true, false), SSC_E_NEED_REMOTE);
    assert_int_equal(got.remote_cause, SSC_E_NO_PSAM);
    assert_nothing_leaked();
    bench_close(&b);
}

static void wrong_algorithm(void **state)
{
    struct bench b = bench("ssc-3.0", "psam-3des");

    (void)state;
    assert_int_equal(read_with(&b, SSC_ID_BASIC, true, false), SSC_E_NEED_REMOTE);
    assert_int_equal(got.remote_cause, SSC_E_PSAM_ALGORITHM);
    assert_nothing_leaked();
    bench_close(&b);
}

static void psam_without(const char *changes, int cause)
{
    char folder[64], path[96];
    struct bench b;

    folder_make(folder);
    snprintf(path, sizeof path, "%s/psam.json", folder);
    image_write(path, "psam", changes);
    b = bench("ssc-3.0", path);
    assert_int_equal(read_with(&b, SSC_ID_BASIC, true, false), SSC_E_NEED_REMOTE);
    assert_int_equal(got.remote_cause, cause);
    assert_nothing_leaked();
    bench_close(&b);
    folder_remove(folder);
}

static void missing_rkssse(void **state)
{
    (void)state;
    psam_without("{\"keys\":{\"RKSSSE\":null}}", SSC_E_PSAM_NO_RKSSSE);
}

static void missing_irk(void **state)
{
    (void)state;
    psam_without("{\"keys\":{\"IRK\":null}}", SSC_E_PSAM_KEY_MISSING);
}

/* Each number of factors on its own is found, and remembered. */
static void levels(void **state)
{
    char folder[64], path[96], changes[64];

    (void)state;
    folder_make(folder);
    snprintf(path, sizeof path, "%s/psam.json", folder);
    for (int level = 1; level <= 3; level++) {
        struct bench b;
        snprintf(changes, sizeof changes, "{\"keys\":{\"levels\":[%d]}}", level);
        image_write(path, "psam", changes);
        b = bench("ssc-3.0", path);
        assert_int_equal(read_with(&b, SSC_ID_BASIC, true, false), 0);
        assert_string_equal(got.line, SAMPLE_LINE("3.00", "410100813475"));
        bench_close(&b);
        unlink(path);
    }
    folder_remove(folder);
}

static void missing_level(void **state)
{
    struct bench b = bench_open("ssc-3.0", "psam");
    char folder[64], path[96];

    (void)state;
    bench_close(&b);
    folder_make(folder);
    snprintf(path, sizeof path, "%s/psam.json", folder);
    image_write(path, "psam", "{\"keys\":{\"levels\":[3]}}");
    b = bench_open("ssc-3.0", path);
    memcpy(b.profile->psam_levels, "21", 3);
    bench_start(&b);
    assert_int_equal(read_with(&b, SSC_ID_BASIC, true, false), SSC_E_NEED_REMOTE);
    assert_int_equal(got.remote_cause, SSC_E_PSAM_KEY_LEVEL);
    bench_close(&b);
    folder_remove(folder);
}

/* The PSAM taken out: that is not the holder's card, whose session goes on. */
static void psam_taken_out(void **state)
{
    struct bench b = bench("ssc-3.0", "psam");

    (void)state;
    assert_int_equal(ssc_sim_remove(b.driver, PSAM_READER), 0);
    assert_int_equal(read_with(&b, SSC_ID_BASIC, true, false), SSC_E_NEED_REMOTE);
    assert_int_equal(got.remote_cause, SSC_E_NO_PSAM);
    assert_int_equal(ssc_card_get_info(b.card)->kind, SSC_CARD_SSC);
    assert_nothing_leaked();
    bench_close(&b);
}

/* Without T=0's GET RESPONSE the wire sees what the card sees. */
static void without_get_response(void **state)
{
    char folder[64], path[96];
    struct bench b;

    (void)state;
    folder_make(folder);
    snprintf(path, sizeof path, "%s/card.json", folder);
    image_write(path, "ssc-3.0", "{\"protocol\":\"t1\"}");
    b = bench(path, "psam");
    assert_int_equal(read_with(&b, SSC_ID_BASIC, true, false), 0);
    assert_string_equal(got.line, SAMPLE_LINE("3.00", "410100813475"));
    assert_int_equal(got.exchanges, 6);
    assert_int_equal(got.wire_exchanges, 6);
    bench_close(&b);
    folder_remove(folder);
}

/* A card with other keys: it says everything right but cannot prove itself. */
static void forged(const char *image)
{
    char folder[64], path[96];
    struct bench b;

    folder_make(folder);
    snprintf(path, sizeof path, "%s/card.json", folder);
    image_write(path, image, "{\"keys\":{\"IRK\":{\"root\":\"00112233445566778899AABBCCDDEEFF\"}}}");
    b = bench(path, "psam");
    assert_int_equal(read_with(&b, SSC_ID_FULL, true, false), SSC_E_NOT_GENUINE);
    assert_int_equal(got.genuine, SSC_GENUINE_NO);
    assert_nothing_leaked();
    assert_string_equal(got.line, "");
    bench_close(&b);
    folder_remove(folder);
}

static void forged_cards(void **state)
{
    (void)state;
    forged("ssc-1.0");
    forged("ssc-2.0");
    forged("ssc-3.0");
    forged("ssc-3.0-3des");
}

/* A card that does not take our RKSSSE: no second try, no data. */
static void key_refused(void **state)
{
    char folder[64], path[96];
    struct bench b;

    (void)state;
    folder_make(folder);
    snprintf(path, sizeof path, "%s/card.json", folder);
    image_write(path, "ssc-3.0", "{\"keys\":{\"RKSSSE\":{\"root\":\"00112233445566778899AABBCCDDEEFF\"}}}");
    b = bench(path, "psam");
    assert_int_equal(read_with(&b, SSC_ID_BASIC, true, false), SSC_E_AUTH_FAILED);
    assert_int_equal(got.exchanges, 5);
    assert_nothing_leaked();
    bench_close(&b);
    folder_remove(folder);
}

/* Instruction and P1 of every command but GET RESPONSE. */
struct commands {
    uint16_t sent[32];
    size_t count;
};

static void note_command(void *ctx, const struct ssc_exchange *e)
{
    struct commands *c = ctx;

    if (e->tx[1] != 0xC0 && c->count < 32) {
        c->sent[c->count++] = (uint16_t)(e->tx[1] << 8 | e->tx[2]);
    }
}

static void national(const char *image, const char *line, const uint16_t *expected, size_t count)
{
    struct bench b = bench(image, "psam");
    struct commands c = {.count = 0};
    uint64_t slow;

    ssc_channel_tap(b.channel, note_command, &c);
    assert_int_equal(read_with(&b, SSC_ID_BASIC, true, true), 0);
    assert_string_equal(got.line, line);
    assert_int_equal(got.exchanges, count);
    assert_int_equal(c.count, count);
    assert_memory_equal(c.sent, expected, count * sizeof *expected);
    slow = got.wire_us;
    bench_close(&b);

    b = bench(image, "psam");
    assert_int_equal(read_with(&b, SSC_ID_BASIC, true, false), 0);
    assert_string_equal(got.line, line);
    assert_true(got.wire_us > 0 && got.wire_us < slow);
    bench_close(&b);
}

/* As recordings of the national libraries show it: SELECT A4, READ RECORD B2 with the tag, GET CHALLENGE 84,
 * INTERNAL 88, EXTERNAL 82. */
static void national_sequence(void **state)
{
    static const uint16_t version_2[] = {0xA404, 0xA402, 0xB201, 0xB203, 0xB207, 0x8400, 0x8800,
                                         0xB205, 0xB206, 0xA402, 0xB208, 0xB209, 0xB24E};
    static const uint16_t version_3[] = {0xA404, 0xA402, 0xB201, 0xB203, 0xB207, 0xA404, 0x8400,
                                         0x8400, 0x8800, 0x8400, 0x8400, 0x8200, 0xA402, 0xB203,
                                         0xB205, 0xB206, 0xA402, 0xB208, 0xB209, 0xB24E};

    (void)state;
    national("ssc-2.0", SAMPLE_LINE("2.00", "410100813475"), version_2, 13);
    national("ssc-3.0", SAMPLE_LINE("3.00", "410100813475"), version_3, 20);
}

/* What a card refuses is found out once; the next card of the type is read the way that works. */
static void refusals_are_learnt(void **state)
{
    static const struct {
        const char *changes;
        unsigned first, next;
    } cases[] = {
        /* SFI unknown: EF05 once by SFI, then selected; EF06 selected at once */
        {"{\"profile\":{\"sfi\":false}}", 6, 5},
        /* mode 5 unknown: SFI, selected, Le FF, then five records of EF05 and three of EF06 by tag */
        {"{\"profile\":{\"whole_file\":false}}", 14, 11},
    };
    char folder[64], path[96];

    (void)state;
    folder_make(folder);
    snprintf(path, sizeof path, "%s/card.json", folder);
    for (size_t i = 0; i < 2; i++) {
        struct ssc_habits *habits;
        assert_int_equal(ssc_habits_new(&habits), 0);
        for (int turn = 0; turn < 2; turn++) {
            struct bench b;
            image_write(path, "ssc-2.0", cases[i].changes);
            b = bench(path, NULL);
            ssc_card_share_habits(b.card, habits);
            assert_int_equal(read_with(&b, SSC_ID_BASIC, false, false), 0);
            assert_string_equal(got.line, SAMPLE_LINE("2.00", "000000000000"));
            assert_int_equal(got.exchanges, turn ? cases[i].next : cases[i].first);
            bench_close(&b);
            unlink(path);
        }
        ssc_habits_free(&habits);
    }
    folder_remove(folder);
}

/* Detection before the identity costs the identity nothing. */
static void detected_before(void **state)
{
    struct bench b = bench("ssc-3.0", "psam");

    (void)state;
    assert_int_equal(ssc_card_detect(b.card, soon()), 0);
    assert_int_equal(ssc_card_commands(b.card), 2);
    assert_int_equal(read_with(&b, SSC_ID_BASIC, true, false), 0);
    assert_int_equal(ssc_card_commands(b.card), 6);
    bench_close(&b);
}

static void not_a_social_security_card(void **state)
{
    struct bench b = bench("pboc", NULL);

    (void)state;
    assert_int_equal(read_with(&b, SSC_ID_BASIC, false, false), SSC_E_NOT_SSC);
    bench_close(&b);
    b = bench("psam", NULL);
    assert_int_equal(read_with(&b, SSC_ID_BASIC, false, false), SSC_E_NOT_SSC);
    bench_close(&b);
}

/* The card taken out in the middle, at every exchange: an error, nothing leaked, and the session is new
 * after. */
static void torn_anywhere(void **state)
{
    (void)state;
    for (unsigned nth = 1; nth <= 8; nth++) {
        const struct ssc_sim_fault fault = {.kind = SSC_FAULT_TEAR_DURING, .nth = nth, .cla = -1, .ins = -1};
        struct bench b = bench("ssc-3.0", "psam");
        assert_int_equal(ssc_sim_fault(b.driver, CARD_READER, &fault), 0);
        assert_int_equal(read_with(&b, SSC_ID_BASIC, true, false), SSC_E_CARD_REMOVED);
        assert_nothing_leaked();
        assert_int_equal(ssc_card_get_info(b.card)->kind, SSC_CARD_UNKNOWN);
        assert_false(ssc_card_key_verified(b.card, SSC_KEY_RKSSSE));
        bench_close(&b);
    }
}

/* The two-step with the back office, played by a key file. */
static void back_office(const char *image, bool external)
{
    const struct ssc_identity_options options = {.parts = SSC_ID_BASIC};
    struct ssc_external_auth proof = {.version = -1};
    struct ssc_identity_remote step;
    struct ssc_auth *office = NULL;
    struct bench b = bench(image, NULL);
    uint8_t expected[8];
    char folder[64], path[96];

    folder_make(folder);
    snprintf(path, sizeof path, "%s/keys.json", folder);
    file_write(path, KEY_FILE);
    assert_int_equal(ssc_auth_key_file_new(path, true, &office, NULL), 0);
    assert_int_equal(ssc_identity_remote_begin(b.card, &step, soon()), 0);
    assert_int_equal(step.has_external, external);
    assert_string_equal(step.city, "639900");
    assert_int_equal(office->ops->internal(office, ssc_card_get_info(b.card), step.internal_factor,
                                           step.internal_original, expected, soon()),
                     0);
    assert_memory_equal(expected, step.internal_answer, 8);
    if (external) {
        /* The provider chooses its own original data; the card only compares. */
        assert_int_equal(office->ops->external(office, ssc_card_get_info(b.card), SSC_KEY_RKSSSE,
                                               step.external_factor, &proof, soon()),
                         0);
        memcpy(step.external_original, proof.original, 8);
    }
    assert_int_equal(ssc_identity_remote_complete(b.card, &step, expected, external ? proof.auth : NULL,
                                                  &options, &got, soon()),
                     0);
    assert_int_equal(got.genuine, SSC_GENUINE_YES);
    assert_string_equal(got.name, "张三");
    assert_string_equal(got.terminal_number, "000000000000");
    ssc_auth_free(&office);
    bench_close(&b);
    folder_remove(folder);
}

static void back_office_steps(void **state)
{
    (void)state;
    back_office("ssc-2.0", false);
    back_office("ssc-3.0", true);
    back_office("ssc-3.0-3des", true);
}

static void device_number(void **state)
{
    const struct ssc_identity_options options = {.parts = SSC_ID_BASIC, .device_number = "0001|0100"};
    struct bench b = bench("ssc-2.0", NULL);

    (void)state;
    assert_int_equal(ssc_identity_read(b.card, NULL, &options, &got, soon()), 0);
    assert_string_equal(got.device_number, "0001?0100"); /* a separator would shift the items */
    assert_true(got.raw.findings & SSC_FOUND_UNSAFE);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_2),
        cmocka_unit_test(version_2_proven),
        cmocka_unit_test(version_1),
        cmocka_unit_test(version_3_sm4),
        cmocka_unit_test(version_3_3des),
        cmocka_unit_test(key_file),
        cmocka_unit_test(nobody_has_the_key),
        cmocka_unit_test(wrong_algorithm),
        cmocka_unit_test(missing_rkssse),
        cmocka_unit_test(missing_irk),
        cmocka_unit_test(levels),
        cmocka_unit_test(missing_level),
        cmocka_unit_test(psam_taken_out),
        cmocka_unit_test(without_get_response),
        cmocka_unit_test(forged_cards),
        cmocka_unit_test(key_refused),
        cmocka_unit_test(national_sequence),
        cmocka_unit_test(refusals_are_learnt),
        cmocka_unit_test(detected_before),
        cmocka_unit_test(not_a_social_security_card),
        cmocka_unit_test(torn_anywhere),
        cmocka_unit_test(back_office_steps),
        cmocka_unit_test(device_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
