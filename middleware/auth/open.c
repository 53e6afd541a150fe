/* SPDX-License-Identifier: Apache-2.0 */
/* Proving the card to us (internal) and us to the card (external authentication), with a provider's keys. */
#include <string.h>

#include "apdu/sw.h"
#include "middleware/auth/auth_private.h"
#include "middleware/card_private.h"

void ssc_auth_free(struct ssc_auth **a)
{
    if (a && *a) {
        (*a)->ops->free(*a);
        *a = NULL;
    }
}

int ssc_auth_refused(int sw)
{
    return ssc_sw_tries(sw > 0 ? (uint16_t)sw : 0) >= 0 || sw == SSC_SW_AUTH_FAILED ? SSC_E_AUTH_FAILED : sw;
}

int ssc_auth_challenge(struct ssc_card *card, uint8_t challenge[8], int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;
    int rc;

    ssc_cmd_get_challenge(&b, 8);
    rc = ssc_card_transmit(card, &b.cmd, &rsp, 0, deadline, NULL);
    if (rc == 0 && rsp.len != 8)
        rc = SSC_E_BAD_RESPONSE;
    if (rc == 0)
        memcpy(challenge, rsp.data, 8);
    ssc_cleanse(buffer, sizeof buffer);
    return rc;
}

int ssc_auth_send_external(struct ssc_card *card, enum ssc_key_id key, const struct ssc_external_auth *proof,
                           int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;
    int rc;

    ssc_cmd_external_auth(&b, (uint8_t)ssc_key_info(key)->ref, proof->auth, proof->original, proof->version);
    /* Once: a refused proof costs a try of the key. */
    rc = ssc_auth_refused(ssc_card_transmit(card, &b.cmd, &rsp, SSC_TX_ONCE, deadline, NULL));
    if (rc == 0)
        ssc_card_set_key_verified(card, key);
    ssc_cleanse(&b, sizeof b);
    return rc;
}

int ssc_auth_send_internal(struct ssc_card *card, const uint8_t factor[8], const uint8_t original[8],
                           uint8_t answer[8], int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;
    int rc;

    ssc_cmd_internal_auth(&b, factor, original);
    rc = ssc_card_transmit(card, &b.cmd, &rsp, 0, deadline, NULL);
    if (rc == 0 && rsp.len != 8)
        rc = SSC_E_BAD_RESPONSE;
    if (rc == 0)
        memcpy(answer, rsp.data, 8);
    ssc_cleanse(buffer, sizeof buffer);
    return rc;
}

int ssc_auth_ready(struct ssc_card *card, enum ssc_key_id key, int64_t deadline)
{
    const struct ssc_key_info *k = ssc_key_info(key);
    const struct ssc_card_info *info = ssc_card_get_info(card);
    int rc = ssc_card_detect(card, deadline);

    if (rc == 0 && info->kind != SSC_CARD_SSC)
        rc = SSC_E_NOT_SSC;
    else if (rc == 0 && (!info->has_card_id || !info->has_historical))
        rc = SSC_E_CARD_ID_FORMAT; /* nothing to derive the card's keys from */
    if (rc == 0 && (k == NULL || k->ref < 0))
        rc = SSC_E_NOT_SUPPORTED;
    if (rc == 0)
        rc = ssc_card_select(card, k->app, deadline);
    return rc;
}

int ssc_auth_open_key(struct ssc_card *card, struct ssc_auth *a, enum ssc_key_id key, int64_t deadline)
{
    struct ssc_external_auth proof = {.version = -1};
    uint8_t challenge[8] = {0};
    int rc = ssc_auth_ready(card, key, deadline);

    if (rc != 0 || ssc_card_key_verified(card, key))
        goto done;
    rc = ssc_auth_challenge(card, challenge, deadline);
    if (rc == 0)
        rc = a->ops->external(a, ssc_card_get_info(card), key, challenge, &proof, deadline);
    if (rc == 0 && card->profile->external_auth_key_version && card->info.algorithm == SSC_ALG_SM4)
        proof.version = card->profile->key_version;
    if (rc == 0)
        rc = ssc_auth_send_external(card, key, &proof, deadline);
done:
    ssc_cleanse(&proof, sizeof proof);
    ssc_cleanse(challenge, sizeof challenge);
    return rc;
}

int ssc_auth_check_genuine(struct ssc_card *card, struct ssc_auth *a, int64_t deadline)
{
    uint8_t factor[8], original[8], expected[8] = {0}, answer[8] = {0};
    int rc = ssc_auth_ready(card, SSC_KEY_IRK, deadline);

    if (rc != 0 || card->genuine)
        goto done;
    rc = ssc_random(original, sizeof original);
    /* Our own random number serves as well as one of the card's, and saves an exchange. */
    if (rc == 0)
        rc = card->national ? ssc_auth_challenge(card, factor, deadline) : ssc_random(factor, sizeof factor);
    if (rc == 0) /* first: a provider that cannot must not cost the card an exchange */
        rc = a->ops->internal(a, ssc_card_get_info(card), factor, original, expected, deadline);
    if (rc == 0)
        rc = ssc_auth_send_internal(card, factor, original, answer, deadline);
    if (rc == 0 && !ssc_mac_equal(expected, answer, sizeof answer))
        rc = SSC_E_NOT_GENUINE;
    card->genuine = rc == 0;
done:
    ssc_cleanse(expected, sizeof expected);
    ssc_cleanse(answer, sizeof answer);
    return rc;
}
