/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The identity on the fast path: SELECT, EF05 whole, (INTERNAL AUTHENTICATE, GET CHALLENGE, EXTERNAL
 * AUTHENTICATE on 3.0 cards,) EF06 whole. The provider works beside the card: from the reset on for a type of
 * card seen before, else as soon as EF05 has said for whom. Cards that refuse a step are read as the national
 * library reads them.
 */
#include "middleware/identity.h"

#include <string.h>

#include "apdu/sw.h"
#include "middleware/auth/auth_private.h"
#include "middleware/auth/side.h"
#include "middleware/identity_private.h"
#include "middleware/reading.h"
#include "middleware/values.h"

enum { EF_ISSUER = 5, EF_HOLDER = 6 };

struct ssc_identity_count ssc_identity_start(const struct ssc_card *card, struct ssc_identity *out)
{
    *out = (struct ssc_identity){.genuine = SSC_GENUINE_NOT_CHECKED};
    return (struct ssc_identity_count){
        .commands = card->commands, .exchanges = card->channel->exchanges, .wire_us = card->channel->wire_us};
}

void ssc_identity_stop(const struct ssc_card *card, const struct ssc_identity_count *start,
                       struct ssc_identity *out)
{
    out->exchanges = card->commands - start->commands;
    out->wire_exchanges = (unsigned)(card->channel->exchanges - start->exchanges);
    out->wire_us = card->channel->wire_us - start->wire_us;
}

int ssc_identity_issuer(struct ssc_card *card, unsigned parts, struct ssc_identity *out, int64_t deadline)
{
    static const uint8_t tags[] = {0x01, 0x03, 0x07, 0x05, 0x06, 0x02, 0x04};
    const size_t count = parts & SSC_ID_FULL ? sizeof tags : sizeof tags - 2;
    int rc = ssc_card_issuer_records(card, tags, count, deadline);

    if (rc == 0) {
        rc = ssc_values_add_records(&out->raw, card->info.generation,
                                    ssc_file(card->info.generation, SSC_APP_SSSE, EF_ISSUER), card->ef05,
                                    card->ef05_len, tags, count);
    }
    return rc;
}

/* Tags of the holder's file, those of the line first; the generation decides about the name's extension. */
static size_t holder_tags(enum ssc_generation generation, unsigned parts, uint8_t tags[8])
{
    size_t n = 0;

    tags[n++] = 0x08;
    tags[n++] = 0x09;
    if (generation != SSC_GEN_1) {
        tags[n++] = 0x4E;
    }
    for (uint8_t tag = 0x0A; parts & SSC_ID_FULL && tag <= 0x0D; tag++) {
        tags[n++] = tag;
    }
    return n;
}

int ssc_identity_holder(struct ssc_card *card, unsigned parts, struct ssc_identity *out, int64_t deadline)
{
    const struct ssc_file *file = ssc_file(card->info.generation, SSC_APP_SSSE, EF_HOLDER);
    uint8_t buffer[512], tags[8];
    const size_t count = holder_tags(card->info.generation, parts, tags);
    struct ssc_writer w = ssc_writer(buffer, sizeof buffer);
    struct ssc_reading_result got = {.whole = false};
    int rc = ssc_card_select(card, SSC_APP_SSSE, deadline);

    if (rc == 0) {
        rc = ssc_reading_file(card, file, tags, count, &w, &got, deadline);
    }
    if (rc == SSC_SW_SECURITY || rc == SSC_SW_CONDITIONS) {
        rc = SSC_E_ACCESS_DENIED;
    }
    if (rc == 0) {
        rc = ssc_values_add_records(&out->raw, card->info.generation, file, buffer, w.len, tags, count);
    }
    if (got.garbled || w.full) {
        out->raw.findings |= SSC_FOUND_GARBLED;
    }
    ssc_cleanse(buffer, sizeof buffer);
    return rc;
}

int ssc_identity_remote_instead(int rc, struct ssc_identity *out)
{
    if (ssc_auth_needs_remote(rc)) {
        out->remote_cause = rc;
        rc = SSC_E_NEED_REMOTE;
    }
    return rc;
}

/* Proves the card, and on 3.0 cards opens the holder's file. */
static int authenticate(struct ssc_card *card, struct ssc_auth *auth, struct ssc_auth_side *side, bool verify,
                        struct ssc_identity *out, int64_t deadline)
{
    const bool keyed = card->info.generation == SSC_GEN_3;
    int rc = 0;

    if (auth && (verify || keyed)) {
        out->test_keys = auth->test_keys;
        rc = ssc_auth_prove_and_open(card, auth, side, keyed ? SSC_KEY_RKSSSE : SSC_KEY_NONE, deadline);
        if (card->genuine) {
            out->genuine = SSC_GENUINE_YES;
        } else if (rc == SSC_E_NOT_GENUINE) {
            out->genuine = SSC_GENUINE_NO;
        }
        rc = ssc_identity_remote_instead(rc, out);
    }
    return rc;
}

int ssc_identity_terminal(struct ssc_auth *auth, struct ssc_identity *out, int64_t deadline)
{
    uint8_t number[6];
    int rc = auth && auth->ops->terminal ? auth->ops->terminal(auth, number, deadline) : SSC_E_NOT_SUPPORTED;

    if (rc == 0) {
        ssc_hex_encode(number, sizeof number, out->terminal_number, sizeof out->terminal_number);
    }
    return rc == SSC_E_DEADLINE_EXCEEDED ? rc : 0;
}

static int read_all(struct ssc_card *card, struct ssc_auth *auth, const struct ssc_identity_options *options,
                    struct ssc_identity *out, int64_t deadline)
{
    struct ssc_auth_side side = {.auth = NULL};
    int rc;

    if (auth) {
        ssc_auth_begin_early(card, auth, !options->verify, &side, deadline);
    }
    rc = ssc_card_recall(card, deadline);
    if (rc == 0 && card->info.kind != SSC_CARD_SSC) {
        rc = SSC_E_NOT_SSC;
    }
    if (rc == 0) {
        rc = ssc_card_select(card, SSC_APP_SSSE, deadline);
    }
    if (rc == 0) {
        rc = authenticate(card, auth, &side, options->verify, out, deadline);
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
    ssc_auth_side_drop(&side);
    return rc;
}

int ssc_identity_read(struct ssc_card *card, struct ssc_auth *auth,
                      const struct ssc_identity_options *options, struct ssc_identity *out, int64_t deadline)
{
    const struct ssc_identity_count start = ssc_identity_start(card, out);
    int rc = options->national_sequence ? ssc_identity_national(card, auth, options, out, deadline)
                                        : read_all(card, auth, options, out, deadline);

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
