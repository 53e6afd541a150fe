/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/direct_private.h"

#include "drivers/ccid/ccid.h"
#include "drivers/pcsc.h"
#include "drivers/replay.h"
#include "drivers/sim/sim.h"
#include "middleware/render.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int (*call)(struct direct *d, const json_t *params, json_t **result, int64_t deadline);
} methods[] = {
    {"reader.list", direct_reader_list},    {"card.wait", direct_card_wait},
    {"events.subscribe", direct_subscribe}, {"card.acquire", direct_acquire},
    {"card.release", direct_release},       {"card.info", direct_info},
    {"card.identity", direct_identity},     {"card.read", direct_read},
    {"purse.balance", direct_balance},      {"purse.log", direct_log},
    {"apdu.transmit", direct_transmit},     {"psam.list", direct_psam}, /* of this process only */
};

static int open_sim(const char *image, struct ssc_driver **out, char why[200])
{
    struct ssc_sim_slot slots[] = {
        {.name = "Simulated reader 0", .medium = SSC_MEDIUM_CONTACT},
        {.name = "Simulated SAM", .medium = SSC_MEDIUM_SAM, .image = "psam"},
    };
    const size_t room = sizeof slots[0].image;
    int rc = strlen(image) < room ? 0 : SSC_E_INVALID_ARGUMENT;
    if (rc == 0) {
        memcpy(slots[0].image, image, strlen(image) + 1);
        rc = ssc_sim_driver_new(slots, sizeof slots / sizeof slots[0], false, out, why);
    }
    return rc;
}

int direct_driver(const char *name, struct ssc_driver **out, char why[200])
{
    int rc = SSC_E_INVALID_ARGUMENT;
    if (strcmp(name, "pcsc") == 0) {
        rc = ssc_pcsc_driver_new(out);
    } else if (strcmp(name, "ccid") == 0) {
        rc = ssc_ccid_driver_new(NULL, out);
    } else if (strcmp(name, "sim") == 0) {
        rc = open_sim("ssc-3.0", out, why);
    } else if (strncmp(name, "sim:", 4) == 0) {
        rc = open_sim(name + 4, out, why);
    } else if (strncmp(name, "replay:", 7) == 0) {
        rc = ssc_replay_driver_new(name + 7, out, why);
    } else {
        snprintf(why, 200, "--driver %.150s", name);
    }
    return rc;
}

int direct_open(const char *driver, const char *key_file, struct direct **out, char why[200])
{
    struct direct *d = calloc(1, sizeof *d);
    int rc = d ? direct_driver(driver, &d->driver, why) : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        ssc_profile_default(&d->profile);
        d->key_file = key_file;
        d->events = json_array();
        *out = d;
    } else {
        free(d);
    }
    return rc;
}

void direct_close(struct direct **direct)
{
    if (direct && *direct) {
        struct direct *d = *direct;
        direct_drop_card(d);
        ssc_auth_free(&d->auth);
        ssc_driver_free(&d->driver);
        json_decref(d->events);
        free(d);
        *direct = NULL;
    }
}

void direct_trace(struct direct *d, bool unredacted, void (*line)(void *ctx, const char *text), void *ctx)
{
    d->traced = true;
    d->unredacted = unredacted;
    d->trace_line = line;
    d->trace_ctx = ctx;
}

int direct_call(struct direct *d, const char *method, const json_t *params, json_t **result, json_t **error,
                int64_t deadline)
{
    int rc = SSC_E_NOT_SUPPORTED;
    d->detail[0] = '\0';
    d->cla = d->ins = d->tries = -1;
    snprintf(d->detail, sizeof d->detail, "%.100s", method);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (strcmp(method, methods[i].name) == 0) {
            d->detail[0] = '\0';
            rc = methods[i].call(d, params, result, deadline);
        }
    }
    if (rc != 0) {
        *error = ssc_json_error(rc, d->detail[0] ? d->detail : NULL, d->cla, d->ins);
        if (d->tries >= 0) {
            json_object_set_new(json_object_get(*error, "data"), "tries", json_integer(d->tries));
        }
    }
    if (rc != 0 ||
        !d->held) { /* after a failure, what the card has selected or opened is not known any more */
        direct_drop_card(d);
    }
    return rc > 0 ? SSC_E_CARD_STATUS : rc;
}
