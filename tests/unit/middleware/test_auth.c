/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds the keys: PSAM and key file, their refusals, and one thread at a time. */
#include "support.h"

#include <pthread.h>

#include "apdu/sw.h"
#include "stopwatch.h"

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

/* ---- key file ---- */

static void expect_refusal(const char *text, int rc, const char *because)
{
    struct ssc_auth *a = (struct ssc_auth *)keys;
    char path[96], why[200] = "";

    snprintf(path, sizeof path, "%s/other.json", folder);
    file_write(path, text);
    assert_int_equal(ssc_auth_key_file_new(path, true, &a, why), rc);
    assert_null(a);
    assert_non_null(strstr(why, because));
    assert_null(strstr(why, "0123456789ABCDEF")); /* no key in an error */
}

static void key_file_refused(void **state)
{
    struct ssc_auth *a;
    char why[200], path[96];

    (void)state;
    assert_int_equal(ssc_auth_key_file_new(keys, false, &a, why), SSC_E_TEST_KEYS_REFUSED);
    assert_null(a);
    assert_int_equal(ssc_auth_key_file_new("/nonexistent/keys", true, &a, why), SSC_E_IO);
    assert_int_equal(ssc_auth_key_file_new(folder, true, &a, NULL), SSC_E_CONFIG);
    assert_int_equal(chmod(keys, 0640), 0);
    assert_int_equal(ssc_auth_key_file_new(keys, true, &a, why), SSC_E_CONFIG);
    assert_non_null(strstr(why, "chmod 600"));
    assert_int_equal(chmod(keys, 0600), 0);
    snprintf(path, sizeof path, "%s/link", folder);
    assert_int_equal(symlink(keys, path), 0);
    assert_int_equal(ssc_auth_key_file_new(path, true, &a, why), SSC_E_IO);

    expect_refusal("", SSC_E_CONFIG, "JSON");
    expect_refusal("[]", SSC_E_CONFIG, "JSON");
    expect_refusal("{\"format\":2,\"test\":true}", SSC_E_CONFIG, "format");
    expect_refusal("{\"format\":1}", SSC_E_CONFIG, "test");
    expect_refusal(
        "{\"format\":1,\"test\":true,\"roots\":{\"3des\":{\"IRX\":\"0123456789ABCDEFFEDCBA9876543210\"}}}",
        SSC_E_CONFIG, "no such key");
    expect_refusal("{\"format\":1,\"test\":true,\"roots\":{\"sm4\":{\"IRK\":\"0123456789ABCDEF\"}}}",
                   SSC_E_CONFIG, "32 hexadecimal");
    expect_refusal("{\"format\":1,\"test\":true,\"roots\":{\"3des\":{\"IRK\":0123456789ABCDEF}}}",
                   SSC_E_CONFIG, "JSON");
    expect_refusal("{\"format\":1,\"test\":true,\"terminal\":\"12\"}", SSC_E_CONFIG, "terminal");
    expect_refusal("{\"format\":1,\"test\":true,\"state\":7}", SSC_E_CONFIG, "state");
    expect_refusal("{\"format\":1,\"test\":true,\"purse_levels\":3}", SSC_E_CONFIG, "purse_levels");
    expect_refusal("{\"format\":1,\"test\":true,\"extra\":3}", SSC_E_CONFIG, "member");
}

/* The factors of the sample card, for the vectors of the card reference. */
static struct ssc_card_info sample_card(enum ssc_algorithm alg)
{
    struct ssc_card_info info = {.kind = SSC_CARD_SSC,
                                 .algorithm = alg,
                                 .city = "639900",
                                 .has_card_id = true,
                                 .has_historical = true};

    memcpy(info.historical.factor, "\x86\x97\x15\x99\x00\xBF\x7C\x7A", 8);
    return info;
}

static void key_file_vectors(void **state)
{
    const uint8_t r[8] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88}, o[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const struct ssc_card_info des = sample_card(SSC_ALG_3DES), sm4 = sample_card(SSC_ALG_SM4),
                               ssf33 = sample_card(SSC_ALG_SSF33);
    struct ssc_auth *a;
    uint8_t out[8];

    (void)state;
    assert_int_equal(ssc_auth_key_file_new(keys, true, &a, NULL), 0);
    assert_int_equal(a->ops->internal(a, &des, r, o, out, soon()), 0);
    assert_memory_equal(out, "\xC5\x86\x09\x1A\xE3\xAB\x90\x42", 8);
    assert_int_equal(a->ops->internal(a, &sm4, r, o, out, soon()), 0);
    assert_memory_equal(out, "\xC4\x84\xCB\x8B\x39\x3C\xCE\x04", 8);
    assert_int_equal(a->ops->internal(a, &ssf33, r, o, out, soon()), SSC_E_PSAM_KEY_MISSING);
    assert_null(ssc_auth_psam_info(a));
    ssc_auth_free(&a);
    assert_null(a);
}

/* The PSAM computes what the file computes. */
static void psam_vectors(void **state)
{
    const uint8_t r[8] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88}, o[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const struct ssc_card_info des = sample_card(SSC_ALG_3DES), sm4 = sample_card(SSC_ALG_SM4),
                               ssf33 = sample_card(SSC_ALG_SSF33);
    struct bench b = bench("ssc-2.0", "psam");
    const struct ssc_psam_info *info = ssc_auth_psam_info(b.auth);
    uint8_t out[8];

    (void)state;
    assert_string_equal(info->terminal, "410100813475");
    assert_string_equal(info->serial, "00000000000000813475");
    assert_string_equal(info->reader, PSAM_READER);
    assert_true(info->alg_3des && info->alg_sm4 && !info->alg_ssf33);
    assert_int_equal(b.auth->ops->internal(b.auth, &sm4, r, o, out, soon()), 0);
    assert_memory_equal(out, "\xC4\x84\xCB\x8B\x39\x3C\xCE\x04", 8);
    assert_int_equal(b.auth->ops->internal(b.auth, &des, r, o, out, soon()), 0);
    assert_memory_equal(out, "\xC5\x86\x09\x1A\xE3\xAB\x90\x42", 8);
    assert_int_equal(b.auth->ops->internal(b.auth, &ssf33, r, o, out, soon()), SSC_E_PSAM_ALGORITHM);
    bench_close(&b);
}

static void not_a_psam(void **state)
{
    struct bench b = bench_open("ssc-2.0", "pboc");
    struct ssc_channel *sam = NULL;
    struct ssc_auth *a;

    (void)state;
    assert_int_equal(ssc_channel_open(b.driver, PSAM_READER, true, &sam, soon()), 0);
    assert_int_equal(ssc_auth_psam_take(&sam, b.profile, &a, soon()), SSC_E_NO_PSAM);
    assert_null(a);
    assert_null(sam);
    bench_close(&b);
}

/* ---- purchases ---- */

static struct ssc_medical_purchase sample_purchase(void)
{
    struct ssc_medical_purchase p = {.key_index = 1,
                                     .amounts = {0, 10000, 8000},
                                     .type = SSC_TXN_SETTLE,
                                     .seq = 5,
                                     .key_version = 1,
                                     .algorithm = 3};

    memcpy(p.random, "\xE3\xF5\x0E\x75", 4);
    memcpy(p.terminal, "\x41\x01\x00\x81\x34\x75", 6);
    memcpy(p.datetime, "\x20\x15\x11\x18\x18\x50\x01", 7);
    return p;
}

/* MAC2 as the card would make it. */
static void card_mac2(const struct ssc_medical_purchase *p, uint8_t mac2[4])
{
    struct ssc_key key = {.alg = SSC_ALG_SM4, .len = 16}, session;

    memcpy(key.bytes, "\xBC\xE2\xA4\xFB\xA3\xDC\x84\xCA\x78\x46\xA1\xC2\xF1\x10\x8C\x12", 16);
    assert_int_equal(ssc_medical_purchase_session(&key, p, &session), 0);
    assert_int_equal(ssc_medical_purchase_mac2(&session, p, mac2), 0);
}

static void one_purchase(struct ssc_auth *a, uint32_t *seq)
{
    const struct ssc_card_info card = sample_card(SSC_ALG_SM4);
    struct ssc_medical_purchase p = sample_purchase();
    uint8_t mac2[4], wrong[4] = {0};
    uint64_t session;

    assert_int_equal(a->ops->terminal(a, p.terminal, soon()), 0);
    assert_int_equal(a->ops->medical_mac1(a, &card, &p, soon()), 0);
    *seq = ssc_get32(p.terminal_seq);
    card_mac2(&p, mac2);
    session = a->ops->session(a);
    assert_int_equal(a->ops->check_mac2(a, session - 1, mac2, soon()), SSC_E_AUTH_NOT_BEGUN);
    assert_int_equal(a->ops->check_mac2(a, session, wrong, soon()), SSC_E_BAD_MAC);
    assert_int_equal(a->ops->check_mac2(a, session, mac2, soon()), 0);
    assert_int_equal(a->ops->check_mac2(a, session, mac2, soon()), SSC_E_AUTH_NOT_BEGUN);
    a->ops->purchase_end(a);
}

static void purchases(void **state)
{
    struct bench b = bench("ssc-3.0", "psam");
    struct ssc_auth *a;
    uint32_t seq, next;

    (void)state;
    one_purchase(b.auth, &seq);
    one_purchase(b.auth, &next);
    assert_int_equal(next, seq + 1);
    bench_close(&b);
    /* the file's number outlives the program */
    for (uint32_t n = 1; n <= 3; n++) {
        assert_int_equal(ssc_auth_key_file_new(keys, true, &a, NULL), 0);
        one_purchase(a, &seq);
        assert_int_equal(seq, n);
        ssc_auth_free(&a);
    }
}

static void number_at_its_end(void **state)
{
    const struct ssc_card_info card = sample_card(SSC_ALG_SM4);
    struct ssc_medical_purchase p = sample_purchase();
    struct ssc_auth *a;
    char path[96];

    (void)state;
    snprintf(path, sizeof path, "%s/terminal.number", folder);
    assert_int_equal(ssc_auth_key_file_new(keys, true, &a, NULL), 0);
    file_write(path, "FFFFFFFF\n");
    assert_int_equal(a->ops->medical_mac1(a, &card, &p, soon()), SSC_E_COUNTER_EXHAUSTED);
    file_write(path, "rubbish\n");
    assert_int_equal(a->ops->medical_mac1(a, &card, &p, soon()), SSC_E_IO);
    unlink(path);
    ssc_auth_free(&a);
}

/* ---- threads ---- */

struct visitor {
    struct ssc_auth *auth;
    int64_t deadline;
    int rc;
};

static void *visit(void *arg)
{
    struct visitor *v = arg;
    const struct ssc_card_info card = sample_card(SSC_ALG_SM4);
    uint8_t out[8];
    const uint8_t r[8] = {1}, o[8] = {2};

    v->rc = v->auth->ops->internal(v->auth, &card, r, o, out, v->deadline);
    return NULL;
}

/* A purchase keeps everybody else out, but only as long as they are ready to wait. */
static void one_at_a_time(void **state)
{
    const struct ssc_card_info card = sample_card(SSC_ALG_SM4);
    struct ssc_medical_purchase p = sample_purchase();
    struct bench b = bench("ssc-3.0", "psam");
    struct visitor impatient = {.auth = b.auth}, patient = {.auth = b.auth};
    pthread_t thread;
    uint8_t mac2[4], out[8];
    const uint8_t zeros[8] = {0};

    (void)state;
    assert_int_equal(b.auth->ops->medical_mac1(b.auth, &card, &p, soon()), 0);
    const struct stopwatch watch = stopwatch_start(); /* MAC1 takes its time on a busy machine */
    impatient.deadline = ssc_deadline(50);
    assert_int_equal(pthread_create(&thread, NULL, visit, &impatient), 0);
    pthread_join(thread, NULL);
    assert_int_equal(impatient.rc, SSC_E_DEADLINE_EXCEEDED);
    assert_took(&watch, 49, 50 + STOPWATCH_OVERRUN_MS);
    patient.deadline = ssc_deadline(10000);
    assert_int_equal(pthread_create(&thread, NULL, visit, &patient), 0);
    card_mac2(&p, mac2);
    assert_int_equal(b.auth->ops->check_mac2(b.auth, b.auth->ops->session(b.auth), mac2, soon()), 0);
    b.auth->ops->purchase_end(b.auth);
    b.auth->ops->purchase_end(b.auth); /* ending twice lets nobody in twice */
    pthread_join(thread, NULL);
    assert_int_equal(patient.rc, 0);
    /* the same thread may use the PSAM inside its own purchase; MAC2 is then out of reach, and it is told so
     */
    assert_int_equal(b.auth->ops->medical_mac1(b.auth, &card, &p, soon()), 0);
    card_mac2(&p, mac2);
    assert_int_equal(b.auth->ops->internal(b.auth, &card, zeros, zeros, out, soon()), 0);
    b.auth->ops->purchase_end(b.auth);
    bench_close(&b);
}

/* ---- on the card ---- */

static void opened_once(void **state)
{
    struct bench b = bench("ssc-3.0", "psam");
    unsigned before;

    (void)state;
    assert_int_equal(ssc_auth_open_key(b.card, b.auth, SSC_KEY_RKSSSE, soon()), 0);
    assert_true(ssc_card_key_verified(b.card, SSC_KEY_RKSSSE));
    before = ssc_card_commands(b.card);
    assert_int_equal(ssc_auth_open_key(b.card, b.auth, SSC_KEY_RKSSSE, soon()), 0);
    assert_int_equal(ssc_card_commands(b.card), before);
    /* another application ends the right */
    assert_int_equal(ssc_auth_open_key(b.card, b.auth, SSC_KEY_RK1DF04, soon()), 0);
    assert_false(ssc_card_key_verified(b.card, SSC_KEY_RKSSSE));
    assert_true(ssc_card_key_verified(b.card, SSC_KEY_RK1DF04));
    assert_int_equal(ssc_auth_open_key(b.card, b.auth, SSC_KEY_UK7DF01, soon()), SSC_E_NOT_SUPPORTED);
    bench_close(&b);
}

static void version_byte(void **state)
{
    struct bench b = bench_open("ssc-3.0", "psam");

    (void)state;
    b.profile->external_auth_key_version = true;
    bench_start(&b);
    assert_int_equal(ssc_auth_open_key(b.card, b.auth, SSC_KEY_RKSSSE, soon()), 0);
    bench_close(&b);
    b = bench_open("ssc-3.0", "psam");
    b.profile->external_auth_key_version = true;
    b.profile->key_version = 9; /* the card holds no such version */
    bench_start(&b);
    assert_true(ssc_auth_open_key(b.card, b.auth, SSC_KEY_RKSSSE, soon()) != 0);
    bench_close(&b);
}

/* A PSAM reset by somebody else: that call may fail, the next one selects anew, and no old MAC2 is accepted.
 */
static void psam_reset(void **state)
{
    const struct ssc_card_info card = sample_card(SSC_ALG_SM4);
    const uint8_t r[8] = {1}, o[8] = {2};
    struct bench b = bench("ssc-3.0", NULL);
    struct ssc_channel *ours = NULL, *other = NULL;
    uint64_t session;
    uint8_t out[8], again[8];
    int rc;

    (void)state;
    assert_int_equal(ssc_sim_insert(b.driver, PSAM_READER, "psam"), 0);
    assert_int_equal(ssc_channel_open(b.driver, PSAM_READER, false, &ours, soon()), 0);
    assert_int_equal(ssc_auth_psam_take(&ours, b.profile, &b.auth, soon()), 0);
    assert_int_equal(b.auth->ops->internal(b.auth, &card, r, o, out, soon()), 0);
    session = b.auth->ops->session(b.auth);
    assert_int_equal(ssc_channel_open(b.driver, PSAM_READER, false, &other, soon()), 0);
    assert_int_equal(ssc_channel_reset(other, SSC_RESET_COLD, soon()), 0);
    rc = b.auth->ops->internal(b.auth, &card, r, o, again, soon());
    assert_true(rc == 0 || rc == SSC_E_CARD_RESET);
    assert_int_equal(b.auth->ops->internal(b.auth, &card, r, o, again, soon()), 0);
    assert_memory_equal(out, again, 8);
    assert_true(b.auth->ops->session(b.auth) > session);
    ssc_channel_close(&other, false);
    bench_close(&b);
}

/* What the PSAM refuses is no status word of the card. */
static void psam_refuses(void **state)
{
    static const struct {
        int cla, ins;
    } commands[] = {{0xBF, 0xDE}, {0x80, 0xFA}, {0x80, 0x70}, {0x80, 0x72}};
    const struct ssc_card_info card = sample_card(SSC_ALG_SM4);
    const uint8_t r[8] = {1}, mac2[4] = {0};
    struct ssc_external_auth proof;
    struct ssc_command_buf b;
    uint8_t out[8];

    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const struct ssc_sim_fault refusal = {
            .kind = SSC_FAULT_STATUS, .cla = commands[i].cla, .ins = commands[i].ins, .sw = 0x6982};
        struct bench bed = bench("ssc-3.0", "psam");
        const struct ssc_auth_ops *ops = bed.auth->ops;
        struct ssc_medical_purchase p = sample_purchase();
        assert_int_equal(ssc_sim_fault(bed.driver, PSAM_READER, &refusal), 0);
        if (i < 2) {
            assert_int_equal(ops->internal(bed.auth, &card, r, r, out, soon()), SSC_E_PSAM_REFUSED);
            assert_int_equal(ops->external(bed.auth, &card, SSC_KEY_RKSSSE, r, &proof, soon()),
                             SSC_E_PSAM_REFUSED);
            assert_int_equal(ops->pin_command(bed.auth, &card, r, NULL, 0, &b, soon()), SSC_E_PSAM_REFUSED);
            assert_int_equal(ssc_auth_open_key(bed.card, bed.auth, SSC_KEY_RKSSSE, soon()),
                             SSC_E_PSAM_REFUSED);
        } else {
            assert_int_equal(ops->medical_mac1(bed.auth, &card, &p, soon()), i == 2 ? SSC_E_PSAM_REFUSED : 0);
            assert_int_equal(ops->check_mac2(bed.auth, ops->session(bed.auth), mac2, soon()),
                             i == 2 ? SSC_E_AUTH_NOT_BEGUN : SSC_E_PSAM_REFUSED);
            ops->purchase_end(bed.auth);
        }
        bench_close(&bed);
    }
}

static void wrong_card_for_keys(void **state)
{
    struct bench b = bench("pboc", "psam");

    (void)state;
    assert_int_equal(ssc_auth_open_key(b.card, b.auth, SSC_KEY_RKSSSE, soon()), SSC_E_NOT_SSC);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_file_refused),    cmocka_unit_test(key_file_vectors),
        cmocka_unit_test(psam_vectors),        cmocka_unit_test(not_a_psam),
        cmocka_unit_test(purchases),           cmocka_unit_test(number_at_its_end),
        cmocka_unit_test(one_at_a_time),       cmocka_unit_test(opened_once),
        cmocka_unit_test(version_byte),        cmocka_unit_test(psam_reset),
        cmocka_unit_test(wrong_card_for_keys), cmocka_unit_test(psam_refuses),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
