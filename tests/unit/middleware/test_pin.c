/* SPDX-License-Identifier: Apache-2.0 */
/* The holder's PIN: typed or handed over, wrong, locked, changed, reloaded, unblocked. */
#include "support.h"

#include "apdu/sw.h"
#include "middleware/pin.h"

static char folder[64], keys[96];

static int set_up(void **state)
{
    (void)state;
    folder_make(folder);
    snprintf(keys, sizeof keys, "%s/keys.json", folder);
    file_write(keys, KEY_FILE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_remove(folder);
    return 0;
}

static void expect_verify(struct bench *b, const char *digits, int rc, int tries)
{
    int left = 99;

    assert_int_equal(ssc_pin_verify(b->card, SSC_PIN_OF_CARD, digits, &left, soon()), rc);
    assert_int_equal(left, tries);
}

static void expect_status(struct bench *b, int tries)
{
    int left = 99;

    assert_int_equal(ssc_pin_status(b->card, SSC_PIN_OF_CARD, &left, soon()), 0);
    assert_int_equal(left, tries);
}

static void right_and_wrong(void **state)
{
    struct bench b = bench("ssc-2.0", NULL);

    (void)state;
    expect_status(&b, 6);
    expect_verify(&b, "654321", SSC_E_PIN_WRONG, 5);
    assert_false(ssc_card_pin_verified(b.card, SSC_PIN_OF_CARD));
    expect_status(&b, 5);
    expect_status(&b, 5); /* asking costs nothing */
    expect_verify(&b, "123456", 0, -1);
    assert_true(ssc_card_pin_verified(b.card, SSC_PIN_OF_CARD));
    expect_verify(&b, "123457", SSC_E_PIN_WRONG, 5);
    assert_false(ssc_card_pin_verified(b.card, SSC_PIN_OF_CARD));
    bench_close(&b);
}

static void locked(void **state)
{
    struct bench b = bench("ssc-2.0", NULL);

    (void)state;
    for (int left = 5; left > 0; left--) {
        expect_verify(&b, "000000", SSC_E_PIN_WRONG, left);
    }
    expect_verify(&b, "000000", SSC_E_PIN_LOCKED, 0);
    expect_verify(&b, "123456", SSC_E_PIN_LOCKED, 0);
    expect_status(&b, 0);
    bench_close(&b);
}

/* Nothing of this reaches the card. */
static void malformed(void **state)
{
    const char *const bad[] = {"", "123", "12345678901234567", "12345a", "12 456", "１２３４"};
    struct bench b = bench("ssc-2.0", NULL);
    int tries;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_verify(&b, bad[i], SSC_E_PIN_LENGTH, -1);
        assert_int_equal(ssc_pin_change(b.card, SSC_PIN_OF_CARD, "123456", bad[i], &tries, soon()),
                         SSC_E_PIN_LENGTH);
        assert_int_equal(ssc_pin_reload(b.card, SSC_PIN_OF_CARD, b.auth, bad[i], soon()), SSC_E_PIN_LENGTH);
    }
    assert_int_equal(ssc_pin_change(b.card, SSC_PIN_OF_CARD, "123456", NULL, &tries, soon()),
                     SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_card_commands(b.card), 0);
    expect_status(&b, 6);
    bench_close(&b);
}

static void change(void **state)
{
    struct bench b = bench("ssc-3.0", NULL);
    int tries;

    (void)state;
    assert_int_equal(ssc_pin_change(b.card, SSC_PIN_OF_CARD, "111111", "654321", &tries, soon()),
                     SSC_E_PIN_WRONG);
    assert_int_equal(tries, 5);
    assert_int_equal(ssc_pin_change(b.card, SSC_PIN_OF_CARD, "123456", "654321", &tries, soon()), 0);
    expect_verify(&b, "123456", SSC_E_PIN_WRONG, 5);
    expect_verify(&b, "654321", 0, -1);
    /* a wrong old PIN takes the rights of the right one */
    expect_verify(&b, "654321", 0, -1);
    assert_int_equal(ssc_pin_change(b.card, SSC_PIN_OF_CARD, "123456", "111111", &tries, soon()),
                     SSC_E_PIN_WRONG);
    assert_false(ssc_card_pin_verified(b.card, SSC_PIN_OF_CARD));
    /* another length */
    assert_int_equal(ssc_pin_change(b.card, SSC_PIN_OF_CARD, "654321", "97531", &tries, soon()), 0);
    expect_verify(&b, "97531", 0, -1);
    bench_close(&b);
}

static void pin_pad(void **state)
{
    struct bench b = bench("ssc-3.0", NULL);
    int tries;

    (void)state;
    assert_int_equal(ssc_sim_type_pin(b.driver, CARD_READER, "123456"), 0);
    expect_verify(&b, NULL, 0, -1);
    assert_true(ssc_card_pin_verified(b.card, SSC_PIN_OF_CARD));
    assert_int_equal(ssc_sim_type_pin(b.driver, CARD_READER, "222222"), 0);
    expect_verify(&b, NULL, SSC_E_PIN_WRONG, 5);
    assert_int_equal(ssc_sim_type_pin(b.driver, CARD_READER, ""), 0);
    expect_verify(&b, NULL, SSC_E_PIN_CANCELLED, -1);
    assert_int_equal(ssc_sim_type_pin(b.driver, CARD_READER, "?"), 0);
    expect_verify(&b, NULL, SSC_E_PIN_TIMEOUT, -1);
    assert_int_equal(ssc_sim_type_pin(b.driver, CARD_READER, "12"), 0);
    expect_verify(&b, NULL, SSC_E_PIN_LENGTH, -1);
    assert_int_equal(ssc_sim_type_pin(b.driver, CARD_READER, "123456/135790"), 0);
    assert_int_equal(ssc_pin_change(b.card, SSC_PIN_OF_CARD, NULL, NULL, &tries, soon()), 0);
    expect_verify(&b, "135790", 0, -1);
    bench_close(&b);
}

static void no_pin_pad(void **state)
{
    struct bench b = bench("ssc-3.0", NULL);

    (void)state;
    b.channel->features = 0;
    expect_verify(&b, NULL, SSC_E_NO_PIN_PAD, -1);
    bench_close(&b);
}

static void lock(struct bench *b)
{
    int tries, rc;

    do {
        rc = ssc_pin_verify(b->card, SSC_PIN_OF_CARD, "000000", &tries, soon());
    } while (rc == SSC_E_PIN_WRONG);
    assert_int_equal(rc, SSC_E_PIN_LOCKED);
}

/* Each dialect, with the PSAM and with keys from a file. */
static void reload_and_unblock(void **state)
{
    const char *const images[] = {"ssc-1.0", "ssc-2.0", "ssc-3.0", "ssc-3.0-3des"};

    (void)state;
    for (int i = 0; i < 8; i++) {
        struct bench b = bench(images[i % 4], i < 4 ? "psam" : NULL);
        if (i >= 4) {
            assert_int_equal(ssc_auth_key_file_new(keys, true, &b.auth, NULL), 0);
        }
        lock(&b);
        assert_int_equal(ssc_pin_unblock(b.card, SSC_PIN_OF_CARD, b.auth, NULL, soon()), 0);
        expect_status(&b, 6);
        expect_verify(&b, "123456", 0, -1);
        lock(&b);
        assert_int_equal(ssc_pin_reload(b.card, SSC_PIN_OF_CARD, b.auth, "2468", soon()), 0);
        assert_false(ssc_card_pin_verified(b.card, SSC_PIN_OF_CARD));
        expect_verify(&b, "2468", 0, -1);
        /* LEN and PIN fill a DES block: no padding is added then */
        assert_int_equal(ssc_pin_reload(b.card, SSC_PIN_OF_CARD, b.auth, "12345678901234", soon()), 0);
        expect_verify(&b, "12345678901234", 0, -1);
        bench_close(&b);
    }
}

static void nobody_may_reload(void **state)
{
    struct bench b = bench("ssc-3.0", "psam-3des");

    (void)state;
    assert_int_equal(ssc_pin_reload(b.card, SSC_PIN_OF_CARD, b.auth, "2468", soon()), SSC_E_NEED_REMOTE);
    assert_int_equal(ssc_pin_unblock(b.card, SSC_PIN_OF_CARD, NULL, NULL, soon()), SSC_E_NEED_REMOTE);
    bench_close(&b);
}

/* The back office's two steps, played by a key file. */
static void remote(void **state)
{
    const uint8_t pin[] = {0x13, 0x57, 0x90};
    struct bench b = bench("ssc-3.0", NULL);
    struct ssc_external_auth proof = {.version = -1};
    struct ssc_auth_remote step;
    struct ssc_command_buf command;
    struct ssc_auth *office;
    uint8_t challenge[8], bytes[64];
    size_t len = sizeof bytes, size = 0;

    (void)state;
    assert_int_equal(ssc_auth_key_file_new(keys, true, &office, NULL), 0);
    assert_int_equal(ssc_pin_remote_begin(b.card, SSC_PIN_OF_CARD, challenge, &size, soon()),
                     SSC_E_AUTH_NOT_BEGUN);
    lock(&b);
    assert_int_equal(ssc_auth_remote_begin(b.card, SSC_KEY_PUK, &step, soon()), 0);
    assert_int_equal(ssc_pin_remote_begin(b.card, SSC_PIN_OF_CARD, challenge, &size, soon()),
                     SSC_E_AUTH_NOT_BEGUN);
    assert_int_equal(
        office->ops->external(office, ssc_card_get_info(b.card), SSC_KEY_PUK, step.factor, &proof, soon()),
        0);
    memcpy(step.original, proof.original, 8);
    assert_int_equal(ssc_auth_remote_complete(b.card, &step, proof.auth, soon()), 0);
    assert_int_equal(ssc_pin_remote_begin(b.card, SSC_PIN_OF_CARD, challenge, &size, soon()), 0);
    assert_int_equal(office->ops->pin_command(office, ssc_card_get_info(b.card), challenge, pin, sizeof pin,
                                              &command, soon()),
                     0);
    assert_int_equal(ssc_command_encode(&command.cmd, bytes, &len), 0);
    assert_int_equal(ssc_pin_remote_complete(b.card, SSC_PIN_OF_CARD, bytes, len, soon()), 0);
    expect_verify(&b, "135790", 0, -1);
    ssc_auth_free(&office);
    bench_close(&b);
}

/* Only PIN commands pass, whatever the back office sends. */
static void remote_garbage(void **state)
{
    const char *const bad[] = {"00B2010012",         "842400000C7DBCDC7913713D85238428B4",
                               "84240002044FAD67CB", "8424",
                               "00DC290003290131",   "842400010800112233445566FF"};
    struct bench b = bench("ssc-3.0", NULL);

    (void)state;
    assert_int_equal(ssc_card_select(b.card, SSC_APP_SSSE, soon()), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t bytes[64];
        size_t len = sizeof bytes;
        const unsigned before = ssc_card_commands(b.card);
        assert_int_equal(ssc_hex_decode(bad[i], bytes, &len), 0);
        assert_int_equal(ssc_pin_remote_complete(b.card, SSC_PIN_OF_CARD, bytes, len, soon()),
                         SSC_E_INVALID_ARGUMENT);
        assert_int_equal(ssc_card_commands(b.card), before);
    }
    bench_close(&b);
}

static void purse_pin(void **state)
{
    struct bench b = bench("pboc", NULL);
    int tries;

    (void)state;
    expect_verify(&b, "111111", SSC_E_PIN_WRONG, 2);
    expect_status(&b, 2);
    expect_verify(&b, "123456", 0, -1);
    assert_int_equal(ssc_pin_change(b.card, SSC_PIN_OF_PURSE, "123456", "654321", &tries, soon()), 0);
    assert_int_equal(ssc_pin_change(b.card, SSC_PIN_OF_CARD, "123456", "111111", &tries, soon()),
                     SSC_E_PIN_WRONG);
    assert_int_equal(tries, 2);
    expect_verify(&b, "654321", 0, -1);
    bench_close(&b);
}

/* By the purse's own commands, with keys from a file and, for unblock, with the PSAM. */
static void purse_reload_and_unblock(void **state)
{
    static const struct {
        const char *image, *algorithm, *psam;
    } rows[] = {{"pboc", "3des", NULL},
                {"pboc-sm4", "sm4", NULL},
                {"pboc", "3des", "psam"},
                {"pboc-sm4", "sm4", "psam"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b = bench_open(rows[i].image, rows[i].psam);
        snprintf(b.profile->purse_pin_algorithm, sizeof b.profile->purse_pin_algorithm, "%s",
                 rows[i].algorithm);
        bench_start(&b);
        if (!rows[i].psam) {
            assert_int_equal(ssc_auth_key_file_new(keys, true, &b.auth, NULL), 0);
        }
        lock(&b);
        assert_int_equal(ssc_pin_unblock(b.card, SSC_PIN_OF_CARD, b.auth, NULL, soon()), SSC_E_PIN_LENGTH);
        assert_int_equal(ssc_pin_unblock(b.card, SSC_PIN_OF_CARD, NULL, "2468", soon()), SSC_E_NEED_REMOTE);
        assert_int_equal(ssc_pin_unblock(b.card, SSC_PIN_OF_CARD, b.auth, "2468", soon()), 0);
        assert_false(ssc_card_pin_verified(b.card, SSC_PIN_OF_PURSE));
        expect_verify(&b, "2468", 0, -1);
        lock(&b);
        assert_int_equal(ssc_pin_reload(b.card, SSC_PIN_OF_PURSE, b.auth, "13579135", soon()),
                         rows[i].psam ? SSC_E_NEED_REMOTE : 0);
        if (!rows[i].psam) {
            expect_verify(&b, "13579135", 0, -1);
        }
        bench_close(&b);
    }
}

/* A key of the other algorithm makes another MAC: the card says so, and that is no wrong PIN. */
static void purse_wrong_key(void **state)
{
    struct bench b = bench("pboc-sm4", NULL);

    (void)state;
    assert_int_equal(ssc_auth_key_file_new(keys, true, &b.auth, NULL), 0);
    assert_int_equal(ssc_pin_reload(b.card, SSC_PIN_OF_PURSE, b.auth, "2468", soon()), SSC_E_BAD_MAC);
    expect_verify(&b, "123456", 0, -1);
    bench_close(&b);
}

/* What the profile says about P1 and P2 goes out. */
static void purse_profile(void **state)
{
    struct bench b = bench_open("pboc", NULL);
    const struct ssc_purse_pin p = {.unblock = true,
                                    .algorithm = SSC_ALG_3DES,
                                    .p1p2 = 0x0001,
                                    .challenge = {0x1A, 0x2B, 0x3C, 0x4D},
                                    .pin = (const uint8_t[]){0x12, 0x34, 0x56},
                                    .pin_len = 3};
    struct ssc_command_buf built[2];
    struct ssc_auth *file;
    char why[200] = "";

    (void)state;
    assert_int_equal(ssc_profile_parse("{\"purse_pin_algorithm\":\"des\"}", b.profile, why), SSC_E_CONFIG);
    assert_int_equal(ssc_profile_parse("{\"purse_unblock_p1p2\":\"00\"}", b.profile, why), SSC_E_CONFIG);
    assert_int_equal(ssc_profile_parse("{\"purse_unblock_p1p2\":\"0001\"}", b.profile, why), 0);
    bench_start(&b);
    assert_int_equal(ssc_card_detect(b.card, soon()), 0);
    assert_int_equal(ssc_auth_key_file_new(keys, true, &file, NULL), 0);
    assert_int_equal(file->ops->purse_pin(file, ssc_card_get_info(b.card), &p, &built[0], soon()), 0);
    assert_int_equal(built[0].cmd.p2, 1);
    ssc_auth_free(&file);
    bench_close(&b);
    /* the PSAM builds the same bytes */
    b = bench("pboc", "psam");
    assert_int_equal(ssc_card_detect(b.card, soon()), 0);
    assert_int_equal(b.auth->ops->purse_pin(b.auth, ssc_card_get_info(b.card), &p, &built[1], soon()), 0);
    assert_int_equal(built[1].cmd.lc, built[0].cmd.lc);
    assert_int_equal(built[1].cmd.p2, built[0].cmd.p2);
    assert_memory_equal(built[1].cmd.data, built[0].cmd.data, built[0].cmd.lc);
    bench_close(&b);
}

/* The purse's two steps with the back office: nothing but its PIN commands passes. */
static void purse_remote(void **state)
{
    const uint8_t pin[] = {0x24, 0x68};
    struct bench b = bench("pboc", NULL);
    struct ssc_purse_pin p = {.unblock = true, .algorithm = SSC_ALG_3DES, .pin = pin, .pin_len = sizeof pin};
    struct ssc_command_buf command;
    struct ssc_auth *office;
    uint8_t bytes[64], other[] = {0x84, 0x24, 0x00, 0x01, 0x04, 1, 2, 3, 4};
    size_t len = sizeof bytes, challenge = 0;

    (void)state;
    assert_int_equal(ssc_auth_key_file_new(keys, true, &office, NULL), 0);
    lock(&b);
    assert_int_equal(ssc_pin_remote_begin(b.card, SSC_PIN_OF_PURSE, p.challenge, &challenge, soon()), 0);
    assert_int_equal(challenge, 4);
    assert_int_equal(office->ops->purse_pin(office, ssc_card_get_info(b.card), &p, &command, soon()), 0);
    assert_int_equal(ssc_command_encode(&command.cmd, bytes, &len), 0);
    assert_int_equal(ssc_pin_remote_complete(b.card, SSC_PIN_OF_PURSE, other, sizeof other, soon()),
                     SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_pin_remote_complete(b.card, SSC_PIN_OF_PURSE, bytes, len, soon()), 0);
    expect_verify(&b, "2468", 0, -1);
    ssc_auth_free(&office);
    bench_close(&b);
}

/* A right on one side is none on the other, and the purse's ends where its application does. */
static void two_sides(void **state)
{
    struct bench b = bench("ssc-2.0", NULL);

    (void)state;
    assert_int_equal(ssc_card_detect(b.card, soon()), 0);
    ssc_card_set_pin_verified(b.card, SSC_PIN_OF_PURSE, true);
    assert_false(ssc_card_pin_verified(b.card, SSC_PIN_OF_CARD));
    expect_verify(&b, "123456", 0, -1);
    assert_true(ssc_card_pin_verified(b.card, SSC_PIN_OF_PURSE));
    assert_int_equal(ssc_card_select(b.card, SSC_APP_DF01, soon()), 0);
    assert_false(ssc_card_pin_verified(b.card, SSC_PIN_OF_PURSE));
    assert_true(ssc_card_pin_verified(b.card, SSC_PIN_OF_CARD));
    assert_int_equal(ssc_pin_verify(b.card, SSC_PIN_OF_PURSE, "123456", &(int){0}, soon()), SSC_E_NO_PURSE);
    assert_int_equal(ssc_pin_unblock(b.card, SSC_PIN_OF_CARD, NULL, "2468", soon()), SSC_E_INVALID_ARGUMENT);
    bench_close(&b);
}

static void forgotten(void **state)
{
    struct bench b = bench("ssc-2.0", NULL);

    (void)state;
    expect_verify(&b, "123456", 0, -1);
    assert_int_equal(ssc_card_forget(b.card, soon()), 0);
    assert_false(ssc_card_pin_verified(b.card, SSC_PIN_OF_CARD));
    expect_status(&b, 6); /* the card itself has forgotten, too: it would answer 9000 otherwise */
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_and_wrong),
        cmocka_unit_test(locked),
        cmocka_unit_test(malformed),
        cmocka_unit_test(change),
        cmocka_unit_test(pin_pad),
        cmocka_unit_test(no_pin_pad),
        cmocka_unit_test(reload_and_unblock),
        cmocka_unit_test(nobody_may_reload),
        cmocka_unit_test(remote),
        cmocka_unit_test(remote_garbage),
        cmocka_unit_test(purse_pin),
        cmocka_unit_test(purse_reload_and_unblock),
        cmocka_unit_test(purse_wrong_key),
        cmocka_unit_test(purse_profile),
        cmocka_unit_test(purse_remote),
        cmocka_unit_test(two_sides),
        cmocka_unit_test(forgotten),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
