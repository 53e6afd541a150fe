/* SPDX-License-Identifier: Apache-2.0 */
/* Key and MAC rules of the social security card: card specification part 4 (algorithms), 7 and 9 (keys). */
#include "apdu/crypto.h"

#include <string.h>

#include "apdu/error.h"

/* `digits` leading digits of the city code, then `tail` up to eight bytes. */
static int factor_make(const char city[6], size_t digits, const char *tail, uint8_t factor[8])
{
    int rc = 0;

    for (size_t i = 0; i < 6; i++) {
        if (city[i] < '0' || city[i] > '9') {
            rc = SSC_E_INVALID_ARGUMENT;
        }
    }
    if (rc == 0) {
        memcpy(factor, city, digits);
        memcpy(factor + digits, tail, 8 - digits);
    }
    return rc;
}

int ssc_factor_province(const char city[6], uint8_t factor[8])
{
    return factor_make(city, 2, "0000sh", factor);
}

int ssc_factor_city(const char city[6], uint8_t factor[8])
{
    bool zhejiang = city[0] == '3' && city[1] == '3';

    return zhejiang ? factor_make(city, 4, "00sx", factor) : factor_make(city, 6, "sx", factor);
}

int ssc_session_key(const struct ssc_key *key, const uint8_t *r, size_t r_len, struct ssc_key *session)
{
    uint8_t block[16] = {0};
    struct ssc_key made = {.alg = SSC_ALG_NONE};
    size_t size = key != NULL ? ssc_block_size(key->alg) : 0;
    int rc = SSC_E_INVALID_ARGUMENT;

    if (key == NULL || key->len > 16 || r == NULL || r_len == 0 || r_len > size) {
        goto done;
    }
    memcpy(block, r, r_len);
    rc = ssc_ecb(key, true, block, size, made.bytes);
    if (rc == 0) {
        made.alg = key->alg;
        made.len = (uint8_t)size;
    }
done:
    *session = made;
    ssc_cleanse(&made, sizeof made);
    ssc_cleanse(block, sizeof block);
    return rc;
}

/* A session key is one block of its algorithm: single DES or SM4. */
static int session_check(const struct ssc_key *session)
{
    int rc = SSC_E_INVALID_ARGUMENT;

    if (session != NULL && session->alg == SSC_ALG_SSF33) {
        rc = SSC_E_NOT_SUPPORTED;
    } else if (session != NULL && session->alg != SSC_ALG_NONE &&
               session->len == ssc_block_size(session->alg)) {
        rc = 0;
    }
    return rc;
}

int ssc_auth_data(const struct ssc_key *session, const uint8_t o[8], uint8_t out[8])
{
    uint8_t block[16] = {0};
    int rc = session_check(session);

    if (rc != 0) {
        goto done;
    }
    memcpy(block, o, 8);
    rc = ssc_ecb(session, true, block, session->len, block);
    /* With DES the second half stays zero. */
    for (size_t i = 0; rc == 0 && i < 8; i++) {
        out[i] = block[i] ^ block[8 + i];
    }
done:
    ssc_cleanse(block, sizeof block);
    return rc;
}

int ssc_mac4(const struct ssc_key *session, const uint8_t *msg, size_t len, uint8_t out[4])
{
    uint8_t mac[16] = {0};
    int rc = session_check(session);

    if (rc == 0) {
        rc = ssc_cbc_mac(session, NULL, msg, len, false, mac);
    }
    if (rc == 0) {
        memcpy(out, mac, 4);
        if (session->alg == SSC_ALG_SM4) {
            for (size_t i = 0; i < 4; i++) {
                out[i] = mac[i] ^ mac[4 + i] ^ mac[8 + i] ^ mac[12 + i];
            }
        }
    }
    ssc_cleanse(mac, sizeof mac);
    return rc;
}

int ssc_tac_key(const struct ssc_key *dtk, struct ssc_key *out)
{
    struct ssc_key made = {.alg = SSC_ALG_NONE};
    int rc = SSC_E_INVALID_ARGUMENT;

    if (dtk != NULL && dtk->alg == SSC_ALG_SSF33) {
        rc = SSC_E_NOT_SUPPORTED;
    }
    if (dtk == NULL || dtk->len != 16 || (dtk->alg != SSC_ALG_3DES && dtk->alg != SSC_ALG_SM4)) {
        goto done;
    }
    made = *dtk;
    if (dtk->alg == SSC_ALG_3DES) {
        made.len = 8;
        for (size_t i = 0; i < 8; i++) {
            made.bytes[i] = dtk->bytes[i] ^ dtk->bytes[8 + i];
            made.bytes[8 + i] = 0;
        }
    }
    rc = 0;
done:
    *out = made;
    ssc_cleanse(&made, sizeof made);
    return rc;
}

int ssc_encipher(const struct ssc_key *session, const uint8_t *data, size_t data_len, uint8_t *out,
                 size_t *len)
{
    uint8_t plain[256 + 16] = {0};
    size_t block = session != NULL ? ssc_block_size(session->alg) : 8;
    size_t used = data_len + 1, need = 0;
    int rc = SSC_E_INVALID_ARGUMENT;

    if (session == NULL || session->len > 16 || data_len > 255 || (data == NULL && data_len > 0)) {
        goto done;
    }
    need = (used + block - 1) / block * block;
    if (need > *len) {
        *len = need;
        rc = SSC_E_BUFFER_TOO_SMALL;
        goto done;
    }
    plain[0] = (uint8_t)data_len;
    if (data_len > 0) {
        memcpy(plain + 1, data, data_len);
    }
    /* Part 4: 80 00.. only where LEN|data does not fill its last block. */
    if (used < need) {
        plain[used] = 0x80;
    }
    rc = ssc_ecb(session, true, plain, need, out);
    *len = rc == 0 ? need : 0;
done:
    ssc_cleanse(plain, sizeof plain);
    return rc;
}
