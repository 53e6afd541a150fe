/* SPDX-License-Identifier: Apache-2.0 */
/* The back office holds the key: two challenges go out, eight bytes come in. */
#include <string.h>

#include "middleware/auth/auth_private.h"
#include "middleware/card_private.h"

/* The first challenge is the original data, the second one the factor, which is the one the card remembers:
 * the order of the national library. */
int ssc_auth_remote_begin(struct ssc_card *card, enum ssc_key_id key, struct ssc_auth_remote *remote,
                          int64_t deadline)
{
    int rc = ssc_auth_ready(card, key, deadline);

    *remote = (struct ssc_auth_remote){.key = key};
    if (rc == 0) {
        rc = ssc_auth_challenge(card, remote->original, deadline);
    }
    if (rc == 0) {
        rc = ssc_auth_challenge(card, remote->factor, deadline);
    }
    return rc;
}

int ssc_auth_remote_complete(struct ssc_card *card, const struct ssc_auth_remote *remote,
                             const uint8_t auth[8], int64_t deadline)
{
    const struct ssc_key_info *k = ssc_key_info(remote->key);
    const struct ssc_profile *profile = card->profile;
    struct ssc_external_auth proof = {.version = -1};
    int rc = 0;

    /* The challenge lives in the application in which it was taken. */
    if (k == NULL || k->ref < 0 || card->place != SSC_AT_APP || card->app != k->app) {
        rc = SSC_E_AUTH_NOT_BEGUN;
    }
    if (rc == 0) {
        memcpy(proof.auth, auth, 8);
        memcpy(proof.original, remote->original, 8);
        if (profile->external_auth_key_version && card->info.algorithm == SSC_ALG_SM4) {
            proof.version = profile->key_version;
        }
        rc = ssc_auth_send_external(card, remote->key, &proof, deadline);
    }
    ssc_cleanse(&proof, sizeof proof);
    return rc;
}
