/* SPDX-License-Identifier: Apache-2.0 */
/* Proving the card to us (internal) and us to the card (external authentication), with a provider's keys. */
#include <string.h>

#include "apdu/sw.h"
#include "middleware/auth/auth_private.h"
#include "middleware/auth/side.h"
#include "middleware/card_private.h"

void ssc_auth_free(struct ssc_auth **a)
{
    if (a && *a) {
        (*a)->ops->free(*a);
        *a = NULL;
    }
}

/* A status word of EXTERNAL AUTHENTICATE: tries left are SSC_E_AUTH_FAILED. */
static int refused(int sw)
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
    if (rc == 0 && rsp.len != 8) {
        rc = SSC_E_BAD_RESPONSE;
    }
    if (rc == 0) {
        memcpy(challenge, rsp.data, 8);
    }
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
    rc = ssc_card_transmit(card, &b.cmd, &rsp, SSC_TX_ONCE, deadline, NULL);
    card->key_tries = ssc_sw_tries(rc > 0 ? (uint16_t)rc : 0);
    rc = refused(rc);
    if (rc == 0) {
        ssc_card_set_key_verified(card, key);
    }
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
    if (rc == 0 && rsp.len != 8) {
        rc = SSC_E_BAD_RESPONSE;
    }
    if (rc == 0) {
        memcpy(answer, rsp.data, 8);
    }
    ssc_cleanse(buffer, sizeof buffer);
    return rc;
}

static int ready(struct ssc_card *card, enum ssc_key_id key, int64_t deadline)
{
    const struct ssc_key_info *k = ssc_key_info(key);
    const struct ssc_card_info *info = ssc_card_get_info(card);
    int rc = 0;

    if (info->kind != SSC_CARD_SSC) {
        rc = SSC_E_NOT_SSC;
    } else if (!info->has_card_id || !info->has_historical) {
        rc = SSC_E_CARD_ID_FORMAT; /* nothing to derive the card's keys from */
    }
    if (rc == 0 && (k == NULL || k->ref < 0)) {
        rc = SSC_E_NOT_SUPPORTED;
    }
    if (rc == 0) {
        rc = ssc_card_select(card, k->app, deadline);
    }
    return rc;
}

int ssc_auth_ready(struct ssc_card *card, enum ssc_key_id key, int64_t deadline)
{
    int rc = ssc_card_detect(card, deadline);

    return rc == 0 ? ready(card, key, deadline) : rc;
}

int ssc_auth_prove_key(struct ssc_card *card, struct ssc_auth *a, enum ssc_key_id key,
                       const uint8_t challenge[8], int64_t deadline)
{
    struct ssc_external_auth proof = {.version = -1};
    int rc = a->ops->external(a, ssc_card_get_info(card), key, challenge, &proof, deadline);

    if (rc == 0 && card->profile->external_auth_key_version && card->info.algorithm == SSC_ALG_SM4) {
        proof.version = card->profile->key_version;
    }
    if (rc == 0) {
        rc = ssc_auth_send_external(card, key, &proof, deadline);
    }
    ssc_cleanse(&proof, sizeof proof);
    return rc;
}

int ssc_auth_open_key(struct ssc_card *card, struct ssc_auth *a, enum ssc_key_id key, int64_t deadline)
{
    uint8_t challenge[8] = {0};
    int rc = ssc_auth_ready(card, key, deadline);

    if (rc == 0 && !ssc_card_key_verified(card, key)) {
        rc = ssc_auth_challenge(card, challenge, deadline);
        if (rc == 0) {
            rc = ssc_auth_prove_key(card, a, key, challenge, deadline);
        }
    }
    ssc_cleanse(challenge, sizeof challenge);
    return rc;
}

/* ---- card and provider side by side ---- */

/* What the provider needs, as the last card of the type had it, and as the reset has said it already. False:
 * this type is new here. */
static bool foresee(const struct ssc_card *card, struct ssc_card_info *info)
{
    const struct ssc_atr *atr = &card->channel->atr;
    const struct ssc_habit *habit = &card->habit;

    *info =
        (struct ssc_card_info){.kind = SSC_CARD_SSC, .generation = habit->generation, .has_card_id = true};
    memcpy(info->city, habit->city, sizeof info->city);
    info->algorithm = ssc_card_algorithm_of(habit->fci_algorithm, info->city);
    info->has_historical = ssc_historical_parse(atr->historical, atr->historical_len, &info->historical) == 0;
    return habit->fci_known && habit->city[0] != '\0' && info->has_historical;
}

void ssc_auth_begin_early(struct ssc_card *card, struct ssc_auth *a, bool keyed_only,
                          struct ssc_auth_side *side, int64_t deadline)
{
    struct ssc_card_info info;

    if (a->ops->waits && !card->detected && foresee(card, &info) &&
        (!keyed_only || info.generation == SSC_GEN_3)) {
        (void)ssc_auth_side_begin(side, a, &info, deadline); /* a refusal comes back when it is asked again */
    }
}

/* One proof with the algorithm as it is believed to be. INTERNAL AUTHENTICATE costs the card no counter, so
 * it goes out before the provider has said whether it can; the challenge for what comes next waits for nobody
 * either. */
static int prove_once(struct ssc_card *card, struct ssc_auth *a, struct ssc_auth_side *side,
                      uint8_t challenge[8], int64_t deadline)
{
    uint8_t answer[8] = {0};
    int rc = 0;

    if (!ssc_auth_side_fits(side, &card->info)) {
        rc = ssc_auth_side_begin(side, a, &card->info, deadline);
    }
    if (rc == 0) {
        rc = ssc_auth_send_internal(card, side->factor, side->original, answer, deadline);
    }
    if (rc == 0 && challenge) {
        rc = ssc_auth_challenge(card, challenge, deadline);
    }
    if (rc == 0) {
        rc = ssc_auth_side_end(side);
    }
    if (rc == 0 && !ssc_mac_equal(side->expected, answer, sizeof answer)) {
        rc = SSC_E_NOT_GENUINE;
    }
    ssc_cleanse(answer, sizeof answer);
    return rc;
}

/* challenge NULL: none wanted. */
static int prove(struct ssc_card *card, struct ssc_auth *a, struct ssc_auth_side *side, uint8_t challenge[8],
                 int64_t deadline)
{
    const int first = prove_once(card, a, side, challenge, deadline);
    bool changed = false;
    int rc = first;

    /* Before a card is called false, or a provider unable, the card itself says what it speaks. */
    if (first > 0 || first == SSC_E_NOT_GENUINE || ssc_auth_needs_remote(first)) {
        rc = ssc_card_confirm_algorithm(card, &changed, deadline);
        if (rc == 0) {
            rc = changed ? prove_once(card, a, side, challenge, deadline) : first;
        }
    }
    card->genuine = rc == 0;
    card->algorithm_unproven = card->algorithm_unproven && rc != 0;
    return rc;
}

int ssc_auth_prove_and_open(struct ssc_card *card, struct ssc_auth *a, struct ssc_auth_side *side,
                            enum ssc_key_id key, int64_t deadline)
{
    const bool fresh = !card->genuine, open = key != SSC_KEY_NONE && !ssc_card_key_verified(card, key);
    uint8_t challenge[8] = {0};
    int rc = ready(card, SSC_KEY_IRK, deadline);

    if (rc == 0 && fresh) {
        rc = prove(card, a, side, open ? challenge : NULL, deadline);
    }
    if (rc == 0 && open && !fresh) {
        rc = ssc_auth_challenge(card, challenge, deadline);
    }
    if (rc == 0 && open) {
        rc = ssc_auth_prove_key(card, a, key, challenge, deadline);
    }
    ssc_cleanse(challenge, sizeof challenge);
    return rc;
}
