/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions have in common: the lease, and a key that the back office's machine proves. */
#include "middleware/shim/lines.h"
#include "middleware/shim/pin.h"
#include "middleware/shim/shim.h"

#include "apdu/error.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

int ssc_shim_fresh_op(struct ssc_shim *s, char op[65])
{
    unsigned char random[16];
    const bool ok = getrandom(random, sizeof random, 0) == (ssize_t)sizeof random;
    snprintf(op, 65, "shim-");
    for (size_t i = 0; i < sizeof random; i++) {
        snprintf(op + 5 + 2 * i, 3, "%02x", random[i]);
    }
    return ok ? 0 : ssc_shim_fail(s, SSC_E_CRYPTO, NULL);
}

int ssc_shim_hold(struct ssc_shim *s, const struct ssc_shim_in *in, const struct ssc_shim_card *card,
                  int typed, int remote)
{
    const int64_t ms = s->config.deadline_ms * (1 + remote) + s->config.hsm_hold_ms * remote +
                       s->config.pin_timeout_ms * typed;
    return ssc_shim_acquire(s, in->type, card, ms > 3600000 ? 3600000 : ms);
}

static int begin(struct ssc_shim *s, const json_t *more, json_t **begun)
{
    json_t *params = json_pack("{s:s}", "purpose", "key");
    json_object_update(params, (json_t *)(uintptr_t)more);
    return ssc_shim_call(s, "card.authenticate.begin", params, NULL, begun, s->deadline);
}

/* A file that wants PIN and key: the PIN now, and then challenges anew, because VERIFY comes between. */
int ssc_shim_key_begin(struct ssc_shim *s, json_t *more, struct ssc_shim_out *out)
{
    json_t *begun = NULL;
    int rc = begin(s, more, &begun);
    if (rc == 0 && json_is_true(json_object_get(begun, "pin_needed"))) {
        json_decref(begun);
        begun = NULL;
        rc = ssc_shim_pin_verify(s);
        rc = rc == 0 ? begin(s, more, &begun) : rc;
    }
    if (rc == 0) {
        const json_t *challenge = json_object_get(begun, "external");
        const char *original = json_string_value(json_object_get(challenge, "original"));
        snprintf(s->original[0], sizeof s->original[0], "%s", original ? original : "");
        ssc_shim_line(out, s->config.format.key_hsm, &(struct ssc_shim_fields){.from = {begun}});
    }
    json_decref(begun);
    json_decref(more);
    return rc;
}

int ssc_shim_key_complete(struct ssc_shim *s, const char *key)
{
    struct ssc_shim_pairs pairs;
    int rc = ssc_shim_parse_pairs(key, 1, &pairs);
    /* The answer to another card's question would cost this card's key a try. */
    if (rc != 0 || strcmp(pairs.original[0], s->original[0]) != 0) {
        rc = ssc_shim_fail(s, SSC_E_INVALID_ARGUMENT, "pKey");
    } else {
        rc = ssc_shim_call(s, "card.authenticate.complete", json_pack("{s:s}", "external", pairs.auth[0]),
                           NULL, NULL, s->deadline);
    }
    explicit_bzero(&pairs, sizeof pairs);
    return rc;
}
