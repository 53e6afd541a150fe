/* SPDX-License-Identifier: Apache-2.0 */
/* iReadCardBas, iReadDebitRecord. */
#include "middleware/shim/lines.h"
#include "middleware/shim/pin.h"
#include "middleware/shim/shim.h"

#include "apdu/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- identity ---- */

/* A card before 3.0 tells who holds it to everybody; but this function is asked whether it is genuine. */
static int want_checked(struct ssc_shim *s, const json_t *identity)
{
    const char *genuine = json_string_value(json_object_get(identity, "genuine"));
    return genuine && strcmp(genuine, "yes") == 0 ? 0 : ssc_shim_fail(s, SSC_E_NO_PSAM, NULL);
}

static int identity_line(struct ssc_shim *s, json_t *identity, struct ssc_shim_out *out)
{
    json_t *own = json_object();
    if (s->config.device_number[0]) {
        json_object_set_new(own, "device_number", json_string(s->config.device_number));
    }
    ssc_shim_line(out, s->config.format.identity, &(struct ssc_shim_fields){.from = {own, identity}});
    json_decref(own);
    return 0;
}

int ssc_shim_identity(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    json_t *identity = NULL;
    int rc = ssc_shim_call(s, "card.identity", ssc_shim_which(s, in->type), NULL, &identity, s->deadline);
    if (rc == 0) {
        rc = want_checked(s, identity);
    }
    if (rc == 0) {
        rc = identity_line(s, identity, out);
    }
    json_decref(identity);
    return rc;
}

static void remember(char to[17], const json_t *challenge)
{
    const char *original = json_string_value(json_object_get(challenge, "original"));
    snprintf(to, 17, "%s", original ? original : "");
}

int ssc_shim_identity_begin(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    json_t *begun = NULL;
    int rc = ssc_shim_hold(s, in, NULL, 0, 1);
    if (rc == 0) {
        rc = ssc_shim_call(s, "card.authenticate.begin", json_object(), NULL, &begun, s->deadline);
    }
    if (rc == 0) {
        remember(s->original[0], json_object_get(begun, "internal"));
        remember(s->original[1], json_object_get(begun, "external"));
        ssc_shim_line(out, s->config.format.identity_hsm, &(struct ssc_shim_fields){.from = {begun}});
    }
    json_decref(begun);
    return rc;
}

int ssc_shim_identity_complete(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    struct ssc_shim_pairs pairs;
    json_t *identity = NULL;
    int rc = ssc_shim_parse_pairs(in->key, 2, &pairs);
    /* The answer to another card's questions would cost this card a try. */
    for (size_t i = 0; rc == 0 && i < 2; i++) {
        rc = strcmp(pairs.original[i], s->original[i]) == 0 ? 0 : SSC_E_INVALID_ARGUMENT;
    }
    rc = rc == 0 ? 0 : ssc_shim_fail(s, rc, "pKey");
    if (rc == 0) {
        json_t *params = json_pack("{s:s}", "internal", pairs.auth[0]);
        if (pairs.auth[1][0]) {
            json_object_set_new(params, "external", json_string(pairs.auth[1]));
        }
        rc = ssc_shim_call(s, "card.authenticate.complete", params, NULL, &identity, s->deadline);
    }
    if (rc == 0) {
        rc = identity_line(s, identity, out);
    }
    json_decref(identity);
    explicit_bzero(&pairs, sizeof pairs);
    return rc;
}

/* ---- the card's log ---- */

/* Newest first, as many whole records as the buffer holds. */
int ssc_shim_records(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    enum { MOST = 30, ROOM = 2047 };
    json_t *log = NULL;
    int rc = ssc_shim_hold(s, in, NULL, 1, 0);
    if (rc == 0) {
        rc = ssc_shim_pin_verify(s);
    }
    if (rc == 0) {
        rc = ssc_shim_call(s, "purse.log", json_pack("{s:s}", "purse", "medical"), NULL, &log, s->deadline);
    }
    const json_t *entries = json_object_get(log, "entries");
    for (size_t i = 0; rc == 0 && i < json_array_size(entries) && i < MOST && out->len < ROOM; i++) {
        const size_t before = out->len;
        ssc_shim_line(out, s->config.format.record,
                      &(struct ssc_shim_fields){.from = {json_array_get(entries, i)},
                                                .unit = (enum ssc_shim_unit)s->config.amounts});
        if (out->len > ROOM) {
            out->len = before;
            out->text[before] = '\0';
            break;
        }
    }
    json_decref(log);
    return rc;
}
