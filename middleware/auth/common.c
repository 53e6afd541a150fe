/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "middleware/auth/auth_private.h"
#include "middleware/card_private.h"

int ssc_auth_factors(const struct ssc_card_info *card, uint8_t factors[3][8])
{
    int rc = card->has_card_id && card->has_historical ? 0 : SSC_E_CARD_ID_FORMAT;

    if (rc == 0) {
        memcpy(factors[0], card->historical.factor, 8);
        rc = ssc_factor_city(card->city, factors[1]);
    }
    if (rc == 0) {
        rc = ssc_factor_province(card->city, factors[2]);
    }
    return rc;
}

int ssc_auth_purse_factors(const struct ssc_card_info *card, unsigned levels, bool card_first,
                           uint8_t factors[2][8])
{
    const size_t card_at = card_first ? 0 : levels - 1;
    int rc = card->has_purse ? 0 : SSC_E_NO_PURSE;

    if (levels > 2) {
        rc = SSC_E_INVALID_ARGUMENT;
    }
    if (rc == 0 && levels > 0) {
        memcpy(factors[card_at], card->purse.serial + 2, 8);
    }
    if (rc == 0 && levels == 2) {
        memcpy(factors[1 - card_at], card->purse.issuer, 8);
    }
    return rc;
}

enum ssc_algorithm ssc_auth_purse_algorithm(uint8_t id)
{
    static const enum ssc_algorithm algorithms[] = {SSC_ALG_3DES, SSC_ALG_3DES, SSC_ALG_SSF33, SSC_ALG_SM4,
                                                    SSC_ALG_SM4};

    return id < sizeof algorithms / sizeof algorithms[0] ? algorithms[id] : SSC_ALG_NONE;
}

int ssc_auth_pin_block(enum ssc_algorithm alg, const uint8_t *pin, size_t pin_len, uint8_t block[16],
                       size_t *len)
{
    const size_t size = ssc_block_size(alg);
    int rc = pin_len < 2 || pin_len > 8 ? SSC_E_PIN_LENGTH : 0;

    if (rc == 0) {
        *len = (1 + pin_len + size - 1) / size * size;
        memset(block, 0, 16);
        block[0] = (uint8_t)pin_len;
        memcpy(block + 1, pin, pin_len);
        if (1 + pin_len < *len) {
            block[1 + pin_len] = 0x80;
        }
    }
    return rc;
}

uint64_t ssc_auth_first_session(void)
{
    uint32_t high = 0;

    (void)ssc_random((uint8_t *)&high, sizeof high); /* failing, all begin at 1: MAC2 then says no */
    return (uint64_t)high << 32 | 1u;
}

bool ssc_auth_needs_remote(int rc)
{
    bool needs = false;

    switch (rc) {
    case SSC_E_NO_PSAM:
    case SSC_E_PSAM_ALGORITHM:
    case SSC_E_PSAM_NO_RKSSSE:
    case SSC_E_PSAM_KEY_LEVEL:
    case SSC_E_PSAM_KEY_MISSING:
    case SSC_E_PSAM_REFUSED:
    case SSC_E_NOT_SUPPORTED:
        needs = true;
        break;
    default:
        break;
    }
    return needs;
}

int ssc_auth_remote_instead(struct ssc_card *card, int rc)
{
    if (ssc_auth_needs_remote(rc)) {
        card->remote_cause = rc;
        rc = SSC_E_NEED_REMOTE;
    }
    return rc;
}
