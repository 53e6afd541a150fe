/* SPDX-License-Identifier: Apache-2.0 */
/* The identity with the keys in the back office: begin collects what it needs, complete takes its answers. */
#include <string.h>

#include "middleware/auth/auth_private.h"
#include "middleware/identity_private.h"

static void describe(const struct ssc_card *card, struct ssc_identity_remote *remote)
{
    static const char *const names[] = {
        [SSC_ALG_NONE] = "01", [SSC_ALG_3DES] = "01", [SSC_ALG_SSF33] = "02", [SSC_ALG_SM4] = "03"};
    const struct ssc_card_info *info = &card->info;
    const struct ssc_atr *atr = &card->channel->atr;

    memcpy(remote->city, info->city, sizeof remote->city);
    memcpy(remote->algorithm, names[info->algorithm], 3);
    ssc_hex_encode(info->card_id, sizeof info->card_id, remote->card_id, sizeof remote->card_id);
    ssc_hex_encode(atr->historical, atr->historical_len, remote->reset_info, sizeof remote->reset_info);
}

/* The order of the national library: original first, then the factor. */
static int challenges(struct ssc_card *card, uint8_t original[8], uint8_t factor[8], int64_t deadline)
{
    int rc = ssc_auth_challenge(card, original, deadline);

    return rc == 0 ? ssc_auth_challenge(card, factor, deadline) : rc;
}

int ssc_identity_remote_begin(struct ssc_card *card, struct ssc_identity_remote *remote, int64_t deadline)
{
    int rc = ssc_auth_ready(card, SSC_KEY_IRK, deadline);

    *remote = (struct ssc_identity_remote){.has_external = false};
    if (rc != 0) {
        goto done;
    }
    describe(card, remote);
    rc = challenges(card, remote->internal_original, remote->internal_factor, deadline);
    if (rc == 0) {
        rc = ssc_auth_send_internal(card, remote->internal_factor, remote->internal_original,
                                    remote->internal_answer, deadline);
    }
    if (rc == 0 && card->info.generation == SSC_GEN_3) {
        rc = challenges(card, remote->external_original, remote->external_factor, deadline);
        remote->has_external = rc == 0;
    }
done:
    if (rc != 0) {
        ssc_cleanse(remote, sizeof *remote);
    }
    return rc;
}

static int prove_and_open(struct ssc_card *card, const struct ssc_identity_remote *remote,
                          const uint8_t expected[8], const uint8_t external_auth[8], struct ssc_identity *out,
                          int64_t deadline)
{
    struct ssc_auth_remote step = {.key = SSC_KEY_RKSSSE};
    int rc = 0;

    out->genuine = ssc_mac_equal(expected, remote->internal_answer, 8) ? SSC_GENUINE_YES : SSC_GENUINE_NO;
    if (out->genuine != SSC_GENUINE_YES) {
        rc = SSC_E_NOT_GENUINE;
    } else if (remote->has_external && !external_auth) {
        rc = SSC_E_INVALID_ARGUMENT;
    }
    if (rc == 0 && remote->has_external) {
        memcpy(step.factor, remote->external_factor, 8);
        memcpy(step.original, remote->external_original, 8);
        rc = ssc_auth_remote_complete(card, &step, external_auth, deadline);
    }
    ssc_cleanse(&step, sizeof step);
    return rc;
}

int ssc_identity_remote_complete(struct ssc_card *card, const struct ssc_identity_remote *remote,
                                 const uint8_t expected[8], const uint8_t external_auth[8],
                                 const struct ssc_identity_options *options, struct ssc_identity *out,
                                 int64_t deadline)
{
    const struct ssc_identity_count start = ssc_identity_start(card, out);
    int rc =
        card->detected && card->place == SSC_AT_APP && card->app == SSC_APP_SSSE ? 0 : SSC_E_AUTH_NOT_BEGUN;

    if (rc == 0) {
        rc = prove_and_open(card, remote, expected, external_auth, out, deadline);
    }
    if (rc == 0) {
        rc = ssc_identity_issuer(card, options->parts, out, deadline);
    }
    if (rc == 0) {
        rc = ssc_identity_holder(card, options->parts, out, deadline);
    }
    ssc_identity_stop(card, &start, out);
    if (rc == 0) {
        memcpy(out->device_number, options->device_number, sizeof out->device_number);
        out->device_number[sizeof out->device_number - 1] = '\0';
        ssc_identity_fill(card, out);
    } else {
        ssc_identity_wipe(out);
    }
    return rc;
}
