/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The identity as the national library reads it, for comparison: record by record, one after the other,
 * nothing from memory. On a 3.0 card it selects the environment and EF05 twice, reads the version twice and
 * takes two challenges before each authentication: 20 commands; on the cards before, 13.
 */
#include <string.h>

#include "middleware/auth/auth_private.h"
#include "middleware/identity_private.h"
#include "middleware/reading.h"

enum { EF_ISSUER = 5, TAG_VERSION = 0x03 };

static void forget(struct ssc_card *card)
{
    ssc_card_issuer_forget(card);
    card->detected = card->genuine = card->algorithm_unproven = false;
    card->info = (struct ssc_card_info){.kind = SSC_CARD_UNKNOWN};
    card->place = SSC_AT_NOWHERE;
    card->current_ef = 0;
    memset(card->key_verified, 0, sizeof card->key_verified);
    card->habit = (struct ssc_habit){.reading = SSC_READ_BY_TAG, .select_ef_p1 = 0x02};
}

static int prove_card(struct ssc_card *card, struct ssc_auth *auth, struct ssc_identity *out,
                      int64_t deadline)
{
    uint8_t original[8], factor[8], expected[8] = {0}, answer[8] = {0};
    int rc = ssc_random(original, sizeof original);

    if (rc == 0 && card->info.generation == SSC_GEN_3) {
        rc = ssc_auth_challenge(card, original, deadline);
    }
    if (rc == 0) {
        rc = ssc_auth_challenge(card, factor, deadline);
    }
    if (rc == 0) {
        rc = auth->ops->internal(auth, &card->info, factor, original, expected, deadline);
    }
    if (rc == 0) {
        rc = ssc_auth_send_internal(card, factor, original, answer, deadline);
    }
    if (rc == 0) {
        card->genuine = ssc_mac_equal(expected, answer, sizeof answer);
        out->genuine = card->genuine ? SSC_GENUINE_YES : SSC_GENUINE_NO;
        rc = card->genuine ? 0 : SSC_E_NOT_GENUINE;
    }
    return rc;
}

/* The first challenge is the original data, which our provider chooses itself. */
static int open_holder(struct ssc_card *card, struct ssc_auth *auth, int64_t deadline)
{
    uint8_t original[8], factor[8];
    int rc = ssc_auth_challenge(card, original, deadline);

    if (rc == 0) {
        rc = ssc_auth_challenge(card, factor, deadline);
    }
    if (rc == 0) {
        rc = ssc_auth_prove_key(card, auth, SSC_KEY_RKSSSE, factor, deadline);
    }
    return rc;
}

static int authenticate(struct ssc_card *card, struct ssc_auth *auth, bool verify, struct ssc_identity *out,
                        int64_t deadline)
{
    const bool keyed = card->info.generation == SSC_GEN_3;
    int rc = 0;

    if (auth && (verify || keyed)) {
        out->test_keys = auth->test_keys;
        rc = card->info.has_card_id && card->info.has_historical ? 0 : SSC_E_CARD_ID_FORMAT;
        if (rc == 0) {
            rc = prove_card(card, auth, out, deadline);
        }
        if (rc == 0 && keyed) {
            rc = open_holder(card, auth, deadline);
        }
    }
    return ssc_identity_remote_instead(rc, out);
}

/* The version once more, as if it were not known. */
static int read_version(struct ssc_card *card, int64_t deadline)
{
    static const uint8_t tag[] = {TAG_VERSION};
    uint8_t buffer[64];
    struct ssc_writer w = ssc_writer(buffer, sizeof buffer);
    struct ssc_reading_result got;

    card->current_ef = 0;
    return ssc_reading_file(card, ssc_file(card->info.generation, SSC_APP_SSSE, EF_ISSUER), tag, sizeof tag,
                            &w, &got, deadline);
}

static int read_all(struct ssc_card *card, struct ssc_auth *auth, const struct ssc_identity_options *options,
                    struct ssc_identity *out, int64_t deadline)
{
    int rc = ssc_card_detect(card, deadline);
    const bool keyed = card->info.generation == SSC_GEN_3;

    if (rc == 0 && card->info.kind != SSC_CARD_SSC) {
        rc = SSC_E_NOT_SSC;
    }
    if (keyed) {
        card->place = SSC_AT_NOWHERE;
    }
    if (rc == 0) {
        rc = ssc_card_select(card, SSC_APP_SSSE, deadline);
    }
    if (rc == 0) {
        rc = authenticate(card, auth, options->verify, out, deadline);
    }
    if (rc == 0 && keyed) {
        rc = read_version(card, deadline);
    }
    if (rc == 0) {
        rc = ssc_identity_issuer(card, options->parts, out, deadline);
    }
    if (rc == 0) {
        rc = ssc_identity_holder(card, options->parts, out, deadline);
    }
    if (rc == SSC_E_ACCESS_DENIED && !auth) {
        rc = ssc_identity_remote_instead(SSC_E_NO_PSAM, out);
    }
    if (rc == 0) {
        rc = ssc_identity_terminal(auth, out, deadline);
    }
    return rc;
}

int ssc_identity_national(struct ssc_card *card, struct ssc_auth *auth,
                          const struct ssc_identity_options *options, struct ssc_identity *out,
                          int64_t deadline)
{
    const struct ssc_habit habit = card->habit;
    const struct ssc_profile *profile = card->profile;
    struct ssc_profile plain = *profile;
    struct ssc_habits *shared = card->shared;
    int rc;

    plain.leave_fci = false;
    card->profile = &plain;
    card->shared = NULL;
    forget(card);
    rc = read_all(card, auth, options, out, deadline);
    card->profile = profile;
    card->shared = shared;
    card->habit = habit;
    return rc;
}
