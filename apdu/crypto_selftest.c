/* SPDX-License-Identifier: Apache-2.0 */
/* Known answers, so that a broken or stripped OpenSSL is found before a card meets it. */
#include "apdu/crypto.h"

#include <string.h>

#include "apdu/error.h"

enum primitive { ECB, CBC_MAC, RETAIL_MAC, SM3 };

struct answer {
    enum primitive primitive;
    struct ssc_key key;
    const char *text;
    size_t len;
    uint8_t out[32];
};

#define KEY_16 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10

static const struct answer answers[] = {
    /* FIPS 81, table B1: single DES */
    {ECB,
     {SSC_ALG_3DES, 8, {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF}},
     "Now is t",
     8,
     {0x3F, 0xA4, 0x0E, 0x8A, 0x98, 0x4D, 0x48, 0x15}},
    /* NIST SP 800-67, example: three-key 3DES */
    {ECB,
     {SSC_ALG_3DES, 24, {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x23, 0x45, 0x67, 0x89,
                         0xAB, 0xCD, 0xEF, 0x01, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x01, 0x23}},
     "The qufck brown fox jump",
     24,
     {0xA8, 0x26, 0xFD, 0x8C, 0xE5, 0x3B, 0x85, 0x5F, 0xCC, 0xE2, 0x1C, 0x81,
      0x12, 0x25, 0x6F, 0xE6, 0x68, 0xD5, 0xC0, 0x5D, 0xD9, 0xB6, 0xB9, 0x00}},
    /* computed: two-key 3DES, key order K1 K2 K1 */
    {ECB, {SSC_ALG_3DES, 16, {KEY_16}}, "Now is the time for all ", 24, {0xD8, 0x0A, 0x0D, 0x8B, 0x2B, 0xAE,
                                                                         0x5E, 0x4E, 0x6A, 0x00, 0x94, 0x17,
                                                                         0x1A, 0xBC, 0xFC, 0x27, 0x75, 0xD2,
                                                                         0x23, 0x5A, 0x70, 0x6E, 0x23, 0x2C}},
    /* GM/T 0002-2012, example 1 */
    {ECB,
     {SSC_ALG_SM4, 16, {KEY_16}},
     "\x01\x23\x45\x67\x89\xAB\xCD\xEF\xFE\xDC\xBA\x98\x76\x54\x32\x10",
     16,
     {0x68, 0x1E, 0xDF, 0x34, 0xD2, 0x06, 0x96, 0x5E, 0x86, 0xB3, 0xE9, 0x4F, 0x53, 0x6E, 0x42, 0x46}},
    /* computed: whole last block, so that a padding block follows */
    {CBC_MAC,
     {SSC_ALG_3DES, 8, {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF}},
     "Now is the time for all ",
     24,
     {0x10, 0xE1, 0xF0, 0xF1, 0x08, 0x34, 0x1B, 0x6D}},
    {CBC_MAC,
     {SSC_ALG_SM4, 16, {KEY_16}},
     "abc",
     3,
     {0xD0, 0x24, 0x9F, 0xA9, 0x99, 0x60, 0x14, 0xE6, 0xF3, 0xC5, 0x0F, 0x96, 0x13, 0xB6, 0xEB, 0x5E}},
    /* ISO/IEC 9797-1, algorithm 3, padding method 2 */
    {RETAIL_MAC,
     {SSC_ALG_3DES, 16, {KEY_16}},
     "Now is the time for all ",
     24,
     {0xE9, 0x08, 0x62, 0x30, 0xCA, 0x3B, 0xE7, 0x96}},
    /* GM/T 0004-2012, example 1 */
    {SM3, {SSC_ALG_NONE, 0, {0}}, "abc", 3, {0x66, 0xC7, 0xF0, 0xF4, 0x62, 0xEE, 0xED, 0xD9, 0xD1, 0xF2, 0xD4,
                                             0x6B, 0xDC, 0x10, 0xE4, 0xE2, 0x41, 0x67, 0xC4, 0x87, 0x5C, 0xF2,
                                             0xF7, 0xA2, 0x29, 0x7D, 0xA0, 0x2B, 0x8F, 0x4B, 0xA8, 0xE0}},
};

/* The answer of one primitive; ECB must also decrypt back to the text. */
static int check(const struct answer *a)
{
    const uint8_t *text = (const uint8_t *)a->text;
    uint8_t got[32] = {0}, back[32] = {0};
    size_t want = a->len;
    int rc = SSC_E_CRYPTO;

    switch (a->primitive) {
    case ECB:
        rc = ssc_ecb(&a->key, true, text, a->len, got);
        if (rc == 0) {
            rc = ssc_ecb(&a->key, false, got, a->len, back);
        }
        if (rc == 0 && memcmp(back, text, a->len) != 0) {
            rc = SSC_E_CRYPTO;
        }
        break;
    case CBC_MAC:
        want = ssc_block_size(a->key.alg);
        rc = ssc_cbc_mac(&a->key, NULL, text, a->len, false, got);
        break;
    case RETAIL_MAC:
        want = 8;
        rc = ssc_retail_mac(&a->key, NULL, text, a->len, false, got);
        break;
    case SM3:
        want = 32;
        rc = ssc_sm3(text, a->len, got);
        break;
    }
    return rc == 0 && memcmp(got, a->out, want) == 0 ? 0 : SSC_E_CRYPTO;
}

int ssc_crypto_self_test(void)
{
    uint8_t random[2][16] = {{0}};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof answers / sizeof answers[0]; i++) {
        rc = check(&answers[i]);
    }
    if (rc == 0) {
        rc = ssc_random(random[0], sizeof random);
    }
    /* A generator that repeats itself would repeat a challenge. */
    if (rc == 0 && memcmp(random[0], random[1], sizeof random[0]) == 0) {
        rc = SSC_E_CRYPTO;
    }
    return rc;
}
