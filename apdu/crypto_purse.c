/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key and MAC rules of the PBOC purse: JR/T 0025.1 and .2. No published text fixes SM4 for it; the rules here
 * are those of the transport cards in the field: the same fields, SM4 in the place of DES, whole 16-byte keys
 * and the leftmost four bytes of the MAC.
 */
#include "apdu/crypto.h"

#include <string.h>

#include "apdu/error.h"

int ssc_purse_session_key(const struct ssc_key *key, const uint8_t block[8], struct ssc_key *session)
{
    uint8_t whole[16];

    memcpy(whole, block, 8);
    for (size_t i = 0; i < 8; i++) {
        whole[8 + i] = (uint8_t)~block[i];
    }
    return ssc_session_key(key, whole, key != NULL && key->alg == SSC_ALG_SM4 ? 16 : 8, session);
}

/* Leftmost four bytes of a MAC that `rc` says was made. */
static int leftmost(int rc, uint8_t mac[16], uint8_t out[4])
{
    if (rc == 0) {
        memcpy(out, mac, 4);
    }
    ssc_cleanse(mac, 16);
    return rc;
}

int ssc_purse_mac(const struct ssc_key *session, const uint8_t *msg, size_t len, uint8_t out[4])
{
    uint8_t mac[16] = {0};
    int rc = SSC_E_INVALID_ARGUMENT;

    if (session != NULL && session->len == ssc_block_size(session->alg)) {
        rc = ssc_cbc_mac(session, NULL, msg, len, false, mac);
    }
    return leftmost(rc, mac, out);
}

/* TAC and PIN MAC: both halves of the key XORed for DES, the whole key for SM4. */
int ssc_purse_tac(const struct ssc_key *dtk, const uint8_t *msg, size_t len, uint8_t out[4])
{
    struct ssc_key key;
    int rc = ssc_tac_key(dtk, &key);

    if (rc == 0) {
        rc = ssc_purse_mac(&key, msg, len, out);
    }
    ssc_cleanse(&key, sizeof key);
    return rc;
}

int ssc_purse_pin_mac(const struct ssc_key *drpk, const uint8_t *pin, size_t len, uint8_t out[4])
{
    return ssc_purse_tac(drpk, pin, len, out);
}

int ssc_purse_sm_mac(const struct ssc_key *key, const uint8_t *challenge, size_t challenge_len,
                     const uint8_t *msg, size_t len, uint8_t out[4])
{
    uint8_t iv[16] = {0}, mac[16] = {0};
    int rc = SSC_E_INVALID_ARGUMENT;

    if (key == NULL || challenge_len > ssc_block_size(key->alg) || (challenge == NULL && challenge_len > 0)) {
        goto done;
    }
    if (challenge_len > 0) {
        memcpy(iv, challenge, challenge_len);
    }
    if (key->alg == SSC_ALG_3DES && key->len == 16) {
        rc = ssc_retail_mac(key, iv, msg, len, false, mac);
    } else {
        rc = ssc_cbc_mac(key, iv, msg, len, false, mac);
    }
done:
    return leftmost(rc, mac, out);
}

int ssc_purse_auth_data(const struct ssc_key *key, const uint8_t *challenge, size_t len, uint8_t out[8])
{
    uint8_t block[16] = {0};
    size_t size = key != NULL ? ssc_block_size(key->alg) : 0;
    int rc = SSC_E_INVALID_ARGUMENT;

    if (key == NULL || key->len > 16 || challenge == NULL || len < 4 || len > size) {
        goto done;
    }
    memcpy(block, challenge, len);
    rc = ssc_ecb(key, true, block, size, block);
    /* With DES the second half stays zero. */
    for (size_t i = 0; rc == 0 && i < 8; i++) {
        out[i] = block[i] ^ block[8 + i];
    }
done:
    ssc_cleanse(block, sizeof block);
    return rc;
}
