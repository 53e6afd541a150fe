/* SPDX-License-Identifier: Apache-2.0 */
/* What the vectors do not reach: refusals, block boundaries, and a library that runs out of memory. */
#include "tests/unit/apdu/vectors.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "apdu/error.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct ssc_key des8 = {
    .alg = SSC_ALG_3DES, .len = 8, .bytes = {1, 35, 69, 103, 137, 171, 205, 239}};
static const struct ssc_key des16 = {
    .alg = SSC_ALG_3DES,
    .len = 16,
    .bytes = {1, 35, 69, 103, 137, 171, 205, 239, 254, 220, 186, 152, 118, 84, 50, 16}};
static const struct ssc_key sm4 = {
    .alg = SSC_ALG_SM4,
    .len = 16,
    .bytes = {1, 35, 69, 103, 137, 171, 205, 239, 254, 220, 186, 152, 118, 84, 50, 16}};

/* ---- OpenSSL's allocator, which fails on demand ---- */

static long fail_at; /* the n-th allocation from now fails; 0: none */
static long live;    /* blocks not yet freed */

static bool fails_now(void)
{
    return fail_at > 0 && --fail_at == 0;
}

static void *ossl_malloc(size_t n, const char *file, int line)
{
    void *p = fails_now() ? NULL : malloc(n);

    (void)file;
    (void)line;
    live += p != NULL;
    return p;
}

static void *ossl_realloc(void *old, size_t n, const char *file, int line)
{
    void *p = fails_now() ? NULL : realloc(old, n);

    (void)file;
    (void)line;
    live += old == NULL && p != NULL;
    return p;
}

static void ossl_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    live -= p != NULL;
    free(p);
}

/* ---- tests ---- */

static void test_self_test(void **state)
{
    (void)state;
    assert_int_equal(ssc_crypto_self_test(), 0);
}

/* Every function, by one form: key and 32 bytes in, up to 32 bytes out. */
struct call {
    const char *name;
    int (*run)(const struct ssc_key *key, const uint8_t *in, uint8_t out[32]);
    bool des8, des16, des24, sm4; /* which keys it takes */
    bool makes_key;
};

static int keep(int rc, const struct ssc_key *made, uint8_t out[32])
{
    memcpy(out, made->bytes, made->len);
    if (rc != 0) {
        assert_int_equal(made->alg, SSC_ALG_NONE);
        assert_int_equal(made->len, 0);
    }
    return rc;
}
static int run_ecb(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    return ssc_ecb(key, true, in, 32, out);
}
static int run_decrypt(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    return ssc_ecb(key, false, in, 32, out);
}
static int run_cbc(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    return ssc_cbc_mac(key, NULL, in, 21, false, out);
}
static int run_retail(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    return ssc_retail_mac(key, NULL, in, 21, false, out);
}
static int run_diversify(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    struct ssc_key made = des16;

    return keep(ssc_diversify(key, in, &made), &made, out);
}
static int run_session(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    struct ssc_key made = des16;

    return keep(ssc_session_key(key, in, 8, &made), &made, out);
}
static int run_purse_session(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    struct ssc_key made = des16;

    return keep(ssc_purse_session_key(key, in, &made), &made, out);
}
static int run_tac_key(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    struct ssc_key made = des16;

    (void)in;
    return keep(ssc_tac_key(key, &made), &made, out);
}
static int run_auth(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    return ssc_auth_data(key, in, out);
}
static int run_purse_auth(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    return ssc_purse_auth_data(key, in, 8, out);
}
static int run_mac4(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    return ssc_mac4(key, in, 21, out);
}
static int run_encipher(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    size_t len = 32;

    return ssc_encipher(key, in, 9, out, &len);
}
static int run_purse_mac(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    return ssc_purse_mac(key, in, 21, out);
}
static int run_purse_tac(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    return ssc_purse_tac(key, in, 21, out);
}
static int run_pin_mac(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    return ssc_purse_pin_mac(key, in, 3, out);
}
static int run_sm_mac(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    return ssc_purse_sm_mac(key, in, 4, in, 21, out);
}

static const struct call calls[] = {
    {"ecb", run_ecb, true, true, true, true, false},
    {"decrypt", run_decrypt, true, true, true, true, false},
    {"cbc_mac", run_cbc, true, true, false, true, false},
    {"retail_mac", run_retail, false, true, false, false, false},
    {"diversify", run_diversify, true, true, false, true, true},
    {"session_key", run_session, true, true, false, true, true},
    {"purse_session_key", run_purse_session, true, true, false, true, true},
    {"tac_key", run_tac_key, false, true, false, true, true},
    {"auth_data", run_auth, true, false, false, true, false},
    {"purse_auth_data", run_purse_auth, true, true, false, true, false},
    {"mac4", run_mac4, true, false, false, true, false},
    {"encipher", run_encipher, true, true, false, true, false},
    {"purse_mac", run_purse_mac, true, false, false, true, false},
    {"purse_tac", run_purse_tac, false, true, false, true, false},
    {"purse_pin_mac", run_pin_mac, false, true, false, true, false},
    {"purse_sm_mac", run_sm_mac, true, true, false, true, false},
};

static bool takes(const struct call *call, enum ssc_algorithm alg, unsigned len)
{
    if (alg == SSC_ALG_SM4) {
        return call->sm4 && len == 16;
    }
    return alg == SSC_ALG_3DES &&
           ((len == 8 && call->des8) || (len == 16 && call->des16) || (len == 24 && call->des24));
}

/* Every algorithm with every key length: used where it is said, refused everywhere else, out untouched then.
 */
static void test_keys_that_do_not_fit(void **state)
{
    static const uint8_t in[32] = {0};
    uint8_t untouched[32];

    (void)state;
    memset(untouched, 0xA5, sizeof untouched);
    for (size_t i = 0; i < COUNT(calls); i++) {
        for (int alg = SSC_ALG_NONE; alg <= SSC_ALG_SM4 + 1; alg++) {
            for (unsigned len = 0; len < 256; len++) {
                struct ssc_key key = {.alg = (enum ssc_algorithm)alg, .len = (uint8_t)len};
                uint8_t out[32];
                int rc;

                memcpy(out, untouched, sizeof out);
                rc = calls[i].run(&key, in, out);
                if (takes(&calls[i], key.alg, len)) {
                    assert_int_equal(rc, 0);
                    continue;
                }
                if (rc != SSC_E_INVALID_ARGUMENT && !(alg == SSC_ALG_SSF33 && rc == SSC_E_NOT_SUPPORTED)) {
                    fail_msg("%s: algorithm %d, %u bytes: %d", calls[i].name, alg, len, rc);
                }
                if (alg == SSC_ALG_SSF33 && len == 16) {
                    assert_int_equal(rc, SSC_E_NOT_SUPPORTED);
                }
                assert_memory_equal(out, untouched, sizeof out);
            }
        }
    }
}

static void test_lengths_that_do_not_fit(void **state)
{
    uint8_t in[64] = {0}, out[64];
    struct ssc_key made;

    (void)state;
    for (size_t len = 0; len <= 40; len++) {
        assert_int_equal(ssc_ecb(&des8, true, in, len, out),
                         len > 0 && len % 8 == 0 ? 0 : SSC_E_INVALID_ARGUMENT);
        assert_int_equal(ssc_ecb(&sm4, true, in, len, out),
                         len > 0 && len % 16 == 0 ? 0 : SSC_E_INVALID_ARGUMENT);
        assert_int_equal(ssc_cbc_mac(&des8, NULL, in, len, true, out),
                         len > 0 && len % 8 == 0 ? 0 : SSC_E_INVALID_ARGUMENT);
        assert_int_equal(ssc_cbc_mac(&sm4, NULL, in, len, true, out),
                         len > 0 && len % 16 == 0 ? 0 : SSC_E_INVALID_ARGUMENT);
        assert_int_equal(ssc_retail_mac(&des16, NULL, in, len, true, out),
                         len > 0 && len % 8 == 0 ? 0 : SSC_E_INVALID_ARGUMENT);
        assert_int_equal(ssc_session_key(&des16, in, len, &made),
                         len >= 1 && len <= 8 ? 0 : SSC_E_INVALID_ARGUMENT);
        assert_int_equal(ssc_session_key(&sm4, in, len, &made),
                         len >= 1 && len <= 16 ? 0 : SSC_E_INVALID_ARGUMENT);
        assert_int_equal(ssc_purse_auth_data(&des16, in, len, out),
                         len >= 4 && len <= 8 ? 0 : SSC_E_INVALID_ARGUMENT);
        assert_int_equal(ssc_purse_sm_mac(&des16, in, len, in, 8, out),
                         len <= 8 ? 0 : SSC_E_INVALID_ARGUMENT);
        assert_int_equal(ssc_purse_sm_mac(&sm4, in, len, in, 8, out), len <= 16 ? 0 : SSC_E_INVALID_ARGUMENT);
    }
    assert_int_equal(ssc_ecb(&des8, true, in, (size_t)1 << 31, out), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_random(out, (size_t)1 << 31), SSC_E_INVALID_ARGUMENT);
}

static void test_missing_arguments(void **state)
{
    uint8_t in[16] = {0}, out[32];
    struct ssc_key made = des16;
    size_t len = sizeof out;

    (void)state;
    assert_int_equal(ssc_ecb(NULL, true, in, 8, out), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_ecb(&des8, true, NULL, 8, out), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_ecb(&des8, true, in, 8, NULL), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_cbc_mac(&des8, NULL, NULL, 1, false, out), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_cbc_mac(&des8, NULL, NULL, 0, false, out), 0);
    assert_int_equal(ssc_cbc_mac(&des8, NULL, in, 8, false, NULL), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_retail_mac(&des16, NULL, in, 8, false, NULL), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_sm3(NULL, 1, out), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_sm3(NULL, 0, out), 0);
    assert_int_equal(ssc_diversify(NULL, in, &made), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_session_key(NULL, in, 8, &made), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_session_key(&des16, NULL, 8, &made), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_tac_key(NULL, &made), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_tac_key(&des16, &made), 0);
    assert_int_equal(made.bytes[8], 0); /* the second half of the key is gone */
    assert_int_equal(ssc_encipher(NULL, in, 8, out, &len), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_purse_mac(NULL, in, 8, out), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_purse_sm_mac(&des16, NULL, 4, in, 8, out), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_purse_sm_mac(&des16, NULL, 0, in, 8, out), 0);
    assert_int_equal(ssc_encipher(&des16, NULL, 0, out, &len), 0);
    assert_int_equal(ssc_purse_auth_data(&des16, NULL, 8, out), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_random(NULL, 1), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_random(NULL, 0), 0);
}

/* CBC-MAC from ECB alone, block by block. */
static void slow_mac(const struct ssc_key *key, const uint8_t *msg, size_t len, uint8_t *mac)
{
    size_t block = ssc_block_size(key->alg);
    uint8_t chain[16] = {0};

    for (size_t pos = 0; pos <= len; pos += block) {
        for (size_t i = 0; i < block; i++) {
            chain[i] ^= pos + i < len ? msg[pos + i] : pos + i == len ? 0x80 : 0x00;
        }
        assert_int_equal(ssc_ecb(key, true, chain, block, chain), 0);
    }
    memcpy(mac, chain, block);
}

/* Every length around the blocks, and around the pieces in which long messages are worked off; at an address
 * that is not aligned. */
static void test_mac_of_every_length(void **state)
{
    static uint8_t buffer[1 + 1100];
    const struct ssc_key *const keys[] = {&des8, &des16, &sm4};
    uint8_t got[16], want[16], *msg = buffer + 1;

    (void)state;
    for (size_t i = 0; i < 1100; i++) {
        msg[i] = (uint8_t)(i * 7 + (i >> 8));
    }
    for (size_t k = 0; k < COUNT(keys); k++) {
        for (size_t len = 0; len <= 1100;
             len += len < 70 || (len > 500 && len < 530) || len > 1020 ? 1 : 13) {
            assert_int_equal(ssc_cbc_mac(keys[k], NULL, msg, len, false, got), 0);
            slow_mac(keys[k], msg, len, want);
            assert_memory_equal(got, want, ssc_block_size(keys[k]->alg));
        }
    }
}

static void test_block_sizes(void **state)
{
    (void)state;
    assert_int_equal(ssc_block_size(SSC_ALG_3DES), 8);
    assert_int_equal(ssc_block_size(SSC_ALG_SM4), 16);
    assert_int_equal(ssc_block_size(SSC_ALG_SSF33), 16);
}

static void check_encipher(const struct ssc_key *key, size_t data_len, size_t want_len)
{
    uint8_t data[255], out[256], plain[256];
    size_t len = want_len - 1;

    memset(data, 0x5A, sizeof data);
    assert_int_equal(ssc_encipher(key, data, data_len, out, &len), SSC_E_BUFFER_TOO_SMALL);
    assert_int_equal(len, want_len);
    assert_int_equal(ssc_encipher(key, data, data_len, out, &len), 0);
    assert_int_equal(len, want_len);
    assert_int_equal(ssc_ecb(key, false, out, len, plain), 0);
    assert_int_equal(plain[0], data_len);
    assert_memory_equal(plain + 1, data, data_len);
    for (size_t i = data_len + 1; i < len; i++) {
        assert_int_equal(plain[i], i == data_len + 1 ? 0x80 : 0x00);
    }
}

static void test_encipher_pads_only_open_blocks(void **state)
{
    uint8_t data[256] = {0}, out[300];
    size_t len = sizeof out;

    (void)state;
    check_encipher(&des8, 1, 8);
    check_encipher(&des8, 3, 8);
    check_encipher(&des8, 7, 8); /* LEN|data is a whole block: nothing is added */
    check_encipher(&des8, 8, 16);
    check_encipher(&des16, 0, 8);
    check_encipher(&des16, 255, 256);
    check_encipher(&sm4, 15, 16);
    check_encipher(&sm4, 16, 32);
    assert_int_equal(ssc_encipher(&des8, data, 256, out, &len), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_encipher(&des8, data, SIZE_MAX, out, &len), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_encipher(&des8, NULL, 1, out, &len), SSC_E_INVALID_ARGUMENT);
}

static void test_factors_want_digits(void **state)
{
    uint8_t factor[8];

    (void)state;
    assert_int_equal(ssc_factor_province("63990", factor), SSC_E_INVALID_ARGUMENT); /* the NUL is the sixth */
    assert_int_equal(ssc_factor_city("6399 0", factor), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_factor_city("33010x", factor), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_factor_city("/39900", factor), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_factor_city(":39900", factor), SSC_E_INVALID_ARGUMENT);
}

static void test_random_and_comparison(void **state)
{
    uint8_t a[32] = {0}, b[32] = {0}, zero[32] = {0};

    (void)state;
    assert_true(ssc_mac_equal(a, b, sizeof a));
    assert_int_equal(ssc_random(a, sizeof a), 0);
    assert_int_equal(ssc_random(b, sizeof b), 0);
    assert_false(ssc_mac_equal(a, b, sizeof a));
    memcpy(b, a, sizeof a);
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] ^= 1;
        assert_false(ssc_mac_equal(a, b, sizeof a));
        b[i] ^= 1;
    }
    assert_true(ssc_mac_equal(a, b, 0));
    ssc_cleanse(a, sizeof a);
    assert_memory_equal(a, zero, sizeof a);
    ssc_cleanse(NULL, 8);
}

/* A machine that asks OpenSSL for FIPS must not take the card's algorithms away. */
static void test_fips_configuration(void **state)
{
    (void)state;
    assert_int_equal(EVP_default_properties_enable_fips(NULL, 1), 1);
    assert_null(EVP_CIPHER_fetch(NULL, "SM4-ECB", NULL));
    assert_int_equal(ssc_crypto_self_test(), 0);
    assert_int_equal(EVP_default_properties_enable_fips(NULL, 0), 1);
    ERR_clear_error();
}

static int run_sm3(const struct ssc_key *key, const uint8_t *in, uint8_t out[32])
{
    (void)key;
    return ssc_sm3(in, 21, out);
}

/* The n-th allocation fails, for every n that the call reaches: an error or the right answer, and no leak. */
static long starve(int (*run)(const struct ssc_key *, const uint8_t *, uint8_t[32]),
                   const struct ssc_key *key)
{
    static const uint8_t in[32] = {1, 2, 3};
    uint8_t want[32] = {0}, got[32];
    long n = 0, before = 0, failures = 0;
    bool reached = true;
    int rc = run(key, in, want);

    assert_int_equal(rc, 0);
    ERR_clear_error();
    before = live;
    for (n = 1; reached; n++) {
        memset(got, 0, sizeof got);
        fail_at = n;
        rc = run(key, in, got);
        reached = fail_at == 0;
        fail_at = 0;
        ERR_clear_error();
        if (rc == 0) {
            assert_memory_equal(got, want, sizeof want);
        } else {
            assert_int_equal(rc, SSC_E_CRYPTO);
        }
        failures += rc != 0;
        assert_int_equal(live, before);
    }
    assert_true(failures > 0 || n == 2); /* n is 2 where nothing is allocated */
    return failures;
}

static void test_library_without_memory(void **state)
{
    long failures = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(calls); i++) {
        if (calls[i].des8) {
            failures += starve(calls[i].run, &des8);
        }
        if (calls[i].des16) {
            failures += starve(calls[i].run, &des16);
        }
        if (calls[i].sm4) {
            failures += starve(calls[i].run, &sm4);
        }
    }
    failures += starve(run_sm3, NULL);
    print_message("  %ld refusals\n", failures);
    assert_true(failures > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_self_test),
        cmocka_unit_test(test_keys_that_do_not_fit),
        cmocka_unit_test(test_lengths_that_do_not_fit),
        cmocka_unit_test(test_missing_arguments),
        cmocka_unit_test(test_mac_of_every_length),
        cmocka_unit_test(test_block_sizes),
        cmocka_unit_test(test_encipher_pads_only_open_blocks),
        cmocka_unit_test(test_factors_want_digits),
        cmocka_unit_test(test_random_and_comparison),
        cmocka_unit_test(test_fips_configuration),
        cmocka_unit_test(test_library_without_memory),
    };

    if (CRYPTO_set_mem_functions(ossl_malloc, ossl_realloc, ossl_free) != 1) {
        return EXIT_FAILURE;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
