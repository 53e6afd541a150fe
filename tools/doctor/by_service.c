/* SPDX-License-Identifier: Apache-2.0 */
/* A driver whose readers are the running service's: each channel is a lease. What the service holds for
 * itself is tested where it stands, and nobody else's turn is taken. Powering and raw commands need the role
 * admin. */
#include "tools/doctor/way.h"

#include "apdu/bytes.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_MS 200

struct service_driver {
    struct ssc_driver base;
    struct cli *cli;
};
struct service_channel {
    struct ssc_channel base;
    struct cli *cli;
    char lease[64];
};

static int call(struct cli *cli, const char *method, json_t *params, json_t **result, int64_t deadline)
{
    const int64_t usual = cli->deadline_ms, left = deadline - ssc_now_ms();
    cli->deadline_ms = left > 0 ? left : 0;
    const int rc = cli_call(cli, method, params, result);
    cli->deadline_ms = usual;
    return rc;
}

static int service_transmit(struct ssc_channel *base, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                            size_t *rx_len, int64_t deadline)
{
    struct service_channel *ch = (struct service_channel *)base;
    const size_t room = 2 * tx_len + 1;
    char *hex = malloc(room);
    json_t *answer = NULL;
    int rc = hex ? ssc_hex_encode(tx, tx_len, hex, room) : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        rc = call(ch->cli, "apdu.transmit", json_pack("{s:s, s:s}", "lease", ch->lease, "command", hex),
                  &answer, deadline);
    }
    if (rc == 0) {
        rc = ssc_hex_decode(js(answer, "response"), rx, rx_len);
    } else {
        *rx_len = 0;
    }
    json_decref(answer);
    free(hex);
    return rc;
}

/* Cold: the power goes off and on. */
static int service_reset(struct ssc_channel *base, enum ssc_reset how, int64_t deadline)
{
    struct service_channel *ch = (struct service_channel *)base;
    json_t *answer = NULL;
    uint8_t atr[SSC_ATR_MAX];
    size_t len = sizeof atr;
    int rc =
        call(ch->cli, "card.reset",
             json_pack("{s:s, s:s}", "lease", ch->lease, "kind", how == SSC_RESET_WARM ? "warm" : "cold"),
             &answer, deadline);
    if (rc == 0) {
        rc = ssc_hex_decode(js(answer, "atr"), atr, &len);
    }
    if (rc == 0) {
        rc = ssc_atr_parse(atr, len, &base->atr);
        base->protocol = base->atr.contactless                        ? SSC_TCL
                         : strcmp(js(answer, "protocol"), "T=1") == 0 ? SSC_T1
                                                                      : SSC_T0;
    }
    json_decref(answer);
    return rc;
}

static void service_close(struct ssc_channel *base, bool power_down)
{
    struct service_channel *ch = (struct service_channel *)base;
    (void)power_down;
    if (ch->lease[0]) {
        cli_call(ch->cli, "card.release", json_pack("{s:s}", "lease", ch->lease), NULL);
    }
    free(ch);
}

static int service_control(struct ssc_channel *ch, uint32_t code, const uint8_t *tx, size_t tx_len,
                           uint8_t *rx, size_t *rx_len, int64_t deadline)
{
    (void)ch, (void)code, (void)tx, (void)tx_len, (void)rx, (void)deadline;
    *rx_len = 0;
    return SSC_E_NOT_SUPPORTED;
}

static int service_pin_entry(struct ssc_channel *ch, const struct ssc_pin_entry *entry, uint8_t *rx,
                             size_t *rx_len, int64_t deadline)
{
    (void)ch, (void)entry, (void)rx, (void)deadline;
    *rx_len = 0;
    return SSC_E_NOT_SUPPORTED;
}

/* The lease keeps the others off. */
static int service_turn(struct ssc_channel *ch, int64_t deadline)
{
    (void)ch, (void)deadline;
    return 0;
}

static const struct ssc_channel_ops channel_ops = {
    .transmit = service_transmit,
    .control = service_control,
    .pin_entry = service_pin_entry,
    .reset = service_reset,
    .begin = service_turn,
    .end = service_turn,
    .close = service_close,
};

static int service_list(struct ssc_driver *base, struct ssc_reader_state *out, size_t *count,
                        int64_t deadline)
{
    struct service_driver *d = (struct service_driver *)base;
    const size_t room = *count;
    json_t *answer = NULL;
    const json_t *row;
    size_t i;
    const int rc = call(d->cli, "reader.list", NULL, &answer, deadline);
    *count = 0;
    json_array_foreach(json_object_get(answer, "readers"), i, row)
    {
        if (*count < room) {
            struct ssc_reader_state *state = &out[(*count)++];
            const char *is = js(row, "state"), *medium = js(row, "medium");
            *state = (struct ssc_reader_state){0};
            snprintf(state->name, sizeof state->name, "%s", js(row, "name"));
            state->slot = strcmp(is, "card") == 0   ? SSC_SLOT_CARD
                          : strcmp(is, "mute") == 0 ? SSC_SLOT_MUTE
                          : strcmp(is, "gone") == 0 ? SSC_SLOT_GONE
                                                    : SSC_SLOT_EMPTY;
            state->medium = strcmp(medium, "sam") == 0           ? SSC_MEDIUM_SAM
                            : strcmp(medium, "contactless") == 0 ? SSC_MEDIUM_CONTACTLESS
                                                                 : SSC_MEDIUM_CONTACT;
        }
    }
    json_decref(answer);
    return rc;
}

/* For the few seconds in which a reader comes back. */
static int service_watch(struct ssc_driver *d, uint64_t *version, int64_t deadline)
{
    (void)d, (void)version;
    nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
    return ssc_now_ms() < deadline ? 0 : SSC_E_DEADLINE_EXCEEDED;
}

static void service_wake(struct ssc_driver *d)
{
    (void)d;
}

static int service_connect(struct ssc_driver *base, const char *reader, bool exclusive,
                           struct ssc_channel **out, int64_t deadline)
{
    struct service_driver *d = (struct service_driver *)base;
    struct service_channel *ch = calloc(1, sizeof *ch);
    json_t *answer = NULL;
    int rc = ch ? 0 : SSC_E_OUT_OF_MEMORY;
    (void)exclusive; /* a lease is */
    if (rc == 0) {
        ch->base.ops = &channel_ops;
        ch->cli = d->cli;
        snprintf(ch->base.reader, sizeof ch->base.reader, "%s", reader);
        rc = call(d->cli, "card.acquire", json_pack("{s:s}", "reader", reader), &answer, deadline);
    }
    if (rc == 0) {
        snprintf(ch->lease, sizeof ch->lease, "%s", js(answer, "lease"));
        rc = service_reset(&ch->base, SSC_RESET_COLD, deadline);
    }
    if (rc == 0) {
        *out = &ch->base;
    } else if (ch) { /* why it failed is to stay in cli->error */
        json_t *error = json_incref(d->cli->error);
        service_close(&ch->base, true);
        json_decref(d->cli->error);
        d->cli->error = error;
    }
    json_decref(answer);
    return rc;
}

static void service_free(struct ssc_driver *base)
{
    free(base);
}

static const struct ssc_driver_ops driver_ops = {
    .name = "service",
    .list = service_list,
    .watch = service_watch,
    .wake = service_wake,
    .connect = service_connect,
    .free = service_free,
};

int way_service_driver(struct cli *cli, struct ssc_driver **out)
{
    struct service_driver *d = calloc(1, sizeof *d);
    if (d) {
        d->base.ops = &driver_ops;
        d->cli = cli;
        *out = &d->base;
    }
    return d ? 0 : SSC_E_OUT_OF_MEMORY;
}
