/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/crypto.h"

#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "apdu/error.h"

/* Every algorithm is fetched by this rule: a machine whose OpenSSL configuration asks for FIPS would else be
 * without two-key 3DES and SM4. "-fips" takes back a default property query of that configuration. */
#define PROVIDER "provider=default,-fips"

enum { DES_BLOCK = 8, BLOCK_MAX = 16, CHUNK = 512 };
enum mode { ECB, CBC };

struct cipher {
    EVP_CIPHER *method;
    EVP_CIPHER_CTX *ctx;
};

void ssc_cleanse(void *p, size_t len)
{
    if (p != NULL) {
        OPENSSL_cleanse(p, len);
    }
}

bool ssc_mac_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

int ssc_random(uint8_t *out, size_t len)
{
    int rc = SSC_E_INVALID_ARGUMENT;

    if (len > INT_MAX || (out == NULL && len > 0)) {
        goto done;
    }
    rc = len == 0 || RAND_bytes(out, (int)len) == 1 ? 0 : SSC_E_CRYPTO;
done:
    return rc;
}

size_t ssc_block_size(enum ssc_algorithm alg)
{
    return alg == SSC_ALG_SM4 || alg == SSC_ALG_SSF33 ? 16 : DES_BLOCK;
}

/* 0 when the key can be used at all. `longest` is 24 where a three-key 3DES key makes sense, else 16. */
static int key_check(const struct ssc_key *key, size_t longest)
{
    int rc = SSC_E_INVALID_ARGUMENT;

    if (key == NULL) {
        goto done;
    }
    if (key->alg == SSC_ALG_SSF33) {
        rc = SSC_E_NOT_SUPPORTED;
    } else if (key->alg == SSC_ALG_SM4) {
        rc = key->len == 16 ? 0 : SSC_E_INVALID_ARGUMENT;
    } else if (key->alg == SSC_ALG_3DES && (key->len == 8 || key->len == 16 || key->len == 24)) {
        rc = key->len <= longest ? 0 : SSC_E_INVALID_ARGUMENT;
    }
done:
    return rc;
}

/* The default provider has no single DES: EDE with K|K|K is the same function. Two-key 3DES is KL|KR|KL. */
static void des_expand(const struct ssc_key *key, uint8_t out[24])
{
    for (size_t i = 0; i < 24; i++) {
        out[i] = key->bytes[i % (key->len == 24 ? 24u : key->len)];
    }
}

static const char *cipher_name(enum ssc_algorithm alg, enum mode mode)
{
    static const char *const names[2][2] = {{"DES-EDE3-ECB", "DES-EDE3-CBC"}, {"SM4-ECB", "SM4-CBC"}};

    return names[alg == SSC_ALG_SM4][mode];
}

static void cipher_end(struct cipher *c)
{
    EVP_CIPHER_CTX_free(c->ctx);
    EVP_CIPHER_free(c->method);
    *c = (struct cipher){NULL, NULL};
}

/* The key has been checked. iv may be NULL for ECB. On failure there is nothing to end. */
static int cipher_begin(struct cipher *c, const struct ssc_key *key, enum mode mode, bool encrypt,
                        const uint8_t *iv)
{
    int rc = SSC_E_CRYPTO;
    uint8_t bytes[24];

    if (key->alg == SSC_ALG_SM4) {
        memcpy(bytes, key->bytes, 16);
    } else {
        des_expand(key, bytes);
    }
    c->ctx = NULL;
    c->method = EVP_CIPHER_fetch(NULL, cipher_name(key->alg, mode), PROVIDER);
    if (c->method == NULL) {
        goto done;
    }
    c->ctx = EVP_CIPHER_CTX_new();
    if (c->ctx == NULL || EVP_CipherInit_ex2(c->ctx, c->method, bytes, iv, encrypt ? 1 : 0, NULL) != 1) {
        goto done;
    }
    /* Only after the initialisation, which sets padding on again. */
    if (EVP_CIPHER_CTX_set_padding(c->ctx, 0) == 1) {
        rc = 0;
    }
done:
    if (rc != 0) {
        cipher_end(c);
    }
    OPENSSL_cleanse(bytes, sizeof bytes);
    return rc;
}

/* len is a whole number of blocks, and so is every call's output. */
static int cipher_update(struct cipher *c, const uint8_t *in, size_t len, uint8_t *out)
{
    int made = 0;

    return len <= INT_MAX && EVP_CipherUpdate(c->ctx, out, &made, in, (int)len) == 1 && (size_t)made == len
               ? 0
               : SSC_E_CRYPTO;
}

int ssc_ecb(const struct ssc_key *key, bool encrypt, const uint8_t *in, size_t len, uint8_t *out)
{
    struct cipher c;
    int rc = key_check(key, 24);

    if (rc != 0) {
        goto done;
    }
    if (len == 0 || len > INT_MAX || len % ssc_block_size(key->alg) != 0 || in == NULL || out == NULL) {
        rc = SSC_E_INVALID_ARGUMENT;
        goto done;
    }
    rc = cipher_begin(&c, key, ECB, encrypt, NULL);
    if (rc != 0) {
        goto done;
    }
    rc = cipher_update(&c, in, len, out);
    cipher_end(&c);
done:
    return rc;
}

/* Runs the whole blocks of msg through c, keeps the last cipher block in `last`. */
static int mac_blocks(struct cipher *c, size_t block, const uint8_t *msg, size_t len, uint8_t *last)
{
    uint8_t scratch[CHUNK];
    int rc = 0;

    for (size_t pos = 0; rc == 0 && pos < len;) {
        size_t n = len - pos < CHUNK ? len - pos : CHUNK;
        rc = cipher_update(c, msg + pos, n, scratch);
        if (rc == 0) {
            memcpy(last, scratch + n - block, block);
        }
        pos += n;
    }
    OPENSSL_cleanse(scratch, sizeof scratch);
    return rc;
}

int ssc_cbc_mac(const struct ssc_key *key, const uint8_t *iv, const uint8_t *msg, size_t len, bool padded,
                uint8_t *mac)
{
    static const uint8_t zero[BLOCK_MAX];
    uint8_t tail[BLOCK_MAX] = {0}, last[BLOCK_MAX];
    size_t block = 0, rest = 0;
    struct cipher c;
    int rc = key_check(key, 16);

    if (rc != 0) {
        goto done;
    }
    block = ssc_block_size(key->alg);
    rest = len % block;
    if (mac == NULL || (msg == NULL && len > 0) || (padded && (len == 0 || rest != 0))) {
        rc = SSC_E_INVALID_ARGUMENT;
        goto done;
    }
    rc = cipher_begin(&c, key, CBC, true, iv != NULL ? iv : zero);
    if (rc != 0) {
        goto done;
    }
    rc = mac_blocks(&c, block, msg, len - rest, last);
    if (rc == 0 && !padded) {
        if (rest > 0) {
            memcpy(tail, msg + len - rest, rest);
        }
        tail[rest] = 0x80;
        rc = mac_blocks(&c, block, tail, block, last);
    }
    cipher_end(&c);
    if (rc == 0) {
        memcpy(mac, last, block);
    }
done:
    OPENSSL_cleanse(tail, sizeof tail);
    OPENSSL_cleanse(last, sizeof last);
    return rc;
}

int ssc_retail_mac(const struct ssc_key *key, const uint8_t iv[8], const uint8_t *msg, size_t len,
                   bool padded, uint8_t mac[8])
{
    struct ssc_key left = {.alg = SSC_ALG_3DES, .len = 8}, right = left;
    uint8_t chain[DES_BLOCK] = {0};
    int rc = key_check(key, 16);

    if (rc != 0) {
        goto done;
    }
    if (key->alg != SSC_ALG_3DES || key->len != 16 || mac == NULL) {
        rc = SSC_E_INVALID_ARGUMENT;
        goto done;
    }
    memcpy(left.bytes, key->bytes, 8);
    memcpy(right.bytes, key->bytes + 8, 8);
    rc = ssc_cbc_mac(&left, iv, msg, len, padded, chain);
    if (rc == 0) {
        rc = ssc_ecb(&right, false, chain, sizeof chain, chain);
    }
    if (rc == 0) {
        rc = ssc_ecb(&left, true, chain, sizeof chain, mac);
    }
done:
    OPENSSL_cleanse(&left, sizeof left);
    OPENSSL_cleanse(&right, sizeof right);
    OPENSSL_cleanse(chain, sizeof chain);
    return rc;
}

int ssc_sm3(const uint8_t *msg, size_t len, uint8_t out[32])
{
    EVP_MD *method = NULL;
    unsigned made = 0;
    int rc = SSC_E_INVALID_ARGUMENT;

    if ((msg == NULL && len > 0) || out == NULL) {
        goto done;
    }
    rc = SSC_E_CRYPTO;
    method = EVP_MD_fetch(NULL, "SM3", PROVIDER);
    if (method != NULL && EVP_Digest(msg, len, out, &made, method, NULL) == 1 && made == 32) {
        rc = 0;
    }
done:
    EVP_MD_free(method);
    return rc;
}

int ssc_diversify(const struct ssc_key *master, const uint8_t factor[8], struct ssc_key *out)
{
    uint8_t block[16];
    struct ssc_key made = {.alg = SSC_ALG_NONE};
    int rc = key_check(master, 16);

    if (rc != 0) {
        goto done;
    }
    for (size_t i = 0; i < 8; i++) {
        block[i] = factor[i];
        block[8 + i] = (uint8_t)~factor[i];
    }
    /* ECB over f|~f is E(f)|E(~f) for DES and one block for SM4. */
    rc = ssc_ecb(master, true, block, master->len, made.bytes);
    if (rc != 0) {
        goto done;
    }
    made.alg = master->alg;
    made.len = master->len;
done:
    if (out != NULL) {
        *out = rc == 0 ? made : (struct ssc_key){.alg = SSC_ALG_NONE};
    }
    OPENSSL_cleanse(&made, sizeof made);
    OPENSSL_cleanse(block, sizeof block);
    return rc;
}
