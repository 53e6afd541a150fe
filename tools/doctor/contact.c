/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/doctor/contact.h"

#include "apdu/wire.h"
#include "middleware/card.h"
#include "tools/doctor/doctor.h"

#include <string.h>

/* ISO/IEC 7816-3 clause 7.1: etu = F/D clock cycles. CCID readers commonly drive 4 MHz. */
#define CLOCK_HZ 4000000u
#define CONTACTLESS_KBPS 106u
#define COMES_BACK_MS 3000
/* Card thinking, USB and PC/SC on top of the wire, each exchange. */
#define SLOW_FACTOR 3u
#define SLOW_ON_TOP_US 40000u
#define FNV_START 14695981039346656037u
#define FNV_PRIME 1099511628211u

struct round {
    struct contact *c;
    struct ssc_wire wire;
    uint64_t digest;
    bool modelled; /* the driver has a model of its own */
};

static void note_error(struct contact *c, int rc)
{
    const char *symbol = ssc_error_info(rc)->symbol;
    const json_int_t before = json_integer_value(json_object_get(c->errors, symbol));
    json_object_set_new(c->errors, symbol, json_integer(before + 1));
}

static void take_exchange(void *ctx, const struct ssc_exchange *e)
{
    struct round *r = ctx;
    struct contact *c = r->c;
    const uint64_t us = e->end_us > e->start_us ? (uint64_t)(e->end_us - e->start_us) : 0;
    c->exchanges++;
    if (e->result == 0) {
        c->exchange_us += us;
        c->slowest_us = us > c->slowest_us ? us : c->slowest_us;
        c->wire_us += r->modelled ? 0 : ssc_wire_us(&r->wire, e->tx, e->tx_len, e->rx_len);
        for (size_t i = 0; i < e->rx_len; i++) {
            r->digest = (r->digest ^ e->rx[i]) * FNV_PRIME;
        }
    } else {
        c->exchange_failures++;
        note_error(c, e->result);
    }
}

static void set_wire(struct round *r, const struct ssc_channel *ch)
{
    const struct ssc_atr *atr = &ch->atr;
    r->wire = (struct ssc_wire){.protocol = ch->protocol, .baud = CLOCK_HZ / 372u, .kbps = CONTACTLESS_KBPS};
    if (atr->f > 0 && atr->d > 0) {
        r->wire.baud = CLOCK_HZ / atr->f * atr->d;
    }
    r->c->baud = r->wire.baud;
}

/* What every reading begins with: select, and the public file. A card of another kind is exchanged with all
 * the same. */
static int read_once(struct ssc_channel *ch, const struct ssc_profile *profile, int64_t deadline)
{
    struct ssc_card *card = NULL;
    int rc = ssc_card_new(ch, profile, &card);
    if (rc == 0) {
        rc = ssc_card_detect(card, deadline);
    }
    ssc_card_free(&card);
    return rc > 0 || rc == SSC_E_NOT_SSC ? 0 : rc;
}

static bool usable(struct ssc_driver *driver, const char *reader, int64_t deadline)
{
    struct ssc_reader_state states[SSC_READERS_MAX];
    size_t count = SSC_READERS_MAX;
    bool found = false;
    if (ssc_driver_list(driver, states, &count, deadline) == 0) {
        for (size_t i = 0; i < count; i++) {
            found = found || (strcmp(states[i].name, reader) == 0 && states[i].slot != SSC_SLOT_GONE);
        }
    }
    return found;
}

/* Not the card's contacts, but the reader itself is the trouble: unplugged, or there and not to be used. */
static bool away(struct ssc_driver *driver, const char *reader, int rc)
{
    return rc == SSC_E_READER_REMOVED || rc == SSC_E_READER_NOT_FOUND || rc == SSC_E_NO_SERVICE ||
           ((rc == SSC_E_READER_WEDGED || rc == SSC_E_READER_IO) &&
            !usable(driver, reader, ssc_deadline(COMES_BACK_MS)));
}

/* Waits for the reader to come back. */
static void await_reader(struct ssc_driver *driver, const char *reader)
{
    const int64_t deadline = ssc_deadline(COMES_BACK_MS);
    uint64_t version = 0;
    int rc = 0;
    while ((rc == 0 || rc == SSC_E_NO_SERVICE) && !usable(driver, reader, deadline)) {
        rc = ssc_driver_watch(driver, &version, deadline);
    }
}

static void end_round(struct contact *c, const struct round *r, int rc, const struct ssc_channel *ch)
{
    if (rc == 0 && c->digest == 0) {
        c->digest = r->digest;
    } else if (rc == 0 && r->digest != c->digest) {
        c->flipped++;
    }
    c->wire_us += r->modelled ? ch->wire_us : 0;
}

/* The whole test, not the contact, cannot go on. */
static bool hopeless(int rc)
{
    return rc == SSC_E_PERMISSION_DENIED || rc == SSC_E_DAEMON_ABSENT || rc == SSC_E_SHUTTING_DOWN;
}

static int run_round(struct contact *c, struct ssc_driver *driver, const struct ssc_profile *profile,
                     int64_t deadline)
{
    struct round r = {.c = c, .digest = FNV_START};
    struct ssc_channel *ch = NULL;
    const int64_t start = ssc_now_ms();
    bool lost = false;
    int rc = ssc_channel_open(driver, c->reader, false, &ch, deadline);
    c->rounds++;
    c->powers++;
    c->power_us += (uint64_t)(ssc_now_ms() - start) * 1000u;
    if (rc != 0) {
        lost = away(driver, c->reader, rc);
        c->power_failures += lost ? 0 : 1;
        note_error(c, rc);
        goto done;
    }
    set_wire(&r, ch);
    r.modelled = strcmp(driver->ops->name, "sim") == 0;
    ssc_channel_tap(ch, take_exchange, &r);
    rc = read_once(ch, profile, deadline);
    lost = rc != 0 && away(driver, c->reader, rc);
    if (rc != 0 && !lost) {
        c->resets++;
        c->retries++;
        r.digest = FNV_START;
        rc = ssc_channel_reset(ch, SSC_RESET_COLD, deadline);
        lost = rc != 0 && away(driver, c->reader, rc);
        c->power_failures += rc != 0 && !lost ? 1 : 0;
        rc = rc == 0 ? read_once(ch, profile, deadline) : rc;
    }
    ssc_channel_tap(ch, NULL, NULL);
    end_round(c, &r, rc, ch);
done:
    ssc_channel_close(&ch, true);
    if (lost) {
        c->vanished++;
        await_reader(driver, c->reader);
    }
    return hopeless(rc) ? rc : 0;
}

/* The reader that was named, else the one with a card. */
static int choose(struct ssc_driver *driver, const char *reader, char out[SSC_READER_NAME_MAX],
                  int64_t deadline)
{
    struct ssc_reader_state states[SSC_READERS_MAX];
    size_t count = SSC_READERS_MAX;
    int rc = ssc_driver_list(driver, states, &count, deadline);
    int found = rc == 0 ? (reader || count == 0 ? SSC_E_READER_NOT_FOUND : SSC_E_NO_CARD) : rc;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        const bool fits = reader ? strcmp(reader, states[i].name) == 0
                                 : states[i].medium != SSC_MEDIUM_SAM && states[i].slot == SSC_SLOT_CARD;
        if (fits && found != 0) {
            memcpy(out, states[i].name, SSC_READER_NAME_MAX);
            found = 0;
        }
    }
    return found;
}

int contact_run(struct ssc_driver *driver, const char *reader, unsigned rounds, int64_t round_ms,
                bool (*progress)(void *ctx, unsigned done, const struct contact *so_far), void *ctx,
                struct contact *out)
{
    struct ssc_profile profile;
    *out = (struct contact){.errors = json_object()};
    ssc_profile_default(&profile);
    int rc = choose(driver, reader, out->reader, ssc_deadline(round_ms));
    for (unsigned i = 0; rc == 0 && i < rounds && progress(ctx, i, out); i++) {
        rc = run_round(out, driver, &profile, ssc_deadline(round_ms));
    }
    if (rc == 0) {
        progress(ctx, out->rounds, out);
    }
    return rc;
}

void contact_free(struct contact *c)
{
    json_decref(c->errors);
    *c = (struct contact){0};
}

static uint64_t good_exchanges(const struct contact *c)
{
    return c->exchanges - c->exchange_failures;
}

#define cause_of(id, ...) cause_json(id, (const char *const[]){__VA_ARGS__, NULL})

/* What it means: NULL when all is well, else a cause as in the doctor's report. */
static json_t *cause_found(const struct contact *c)
{
    char n[5][24];
    json_t *cause = NULL;
    const uint64_t good = good_exchanges(c);
    const uint64_t mean = good ? c->exchange_us / good : 0, wire = good ? c->wire_us / good : 0;
    if (c->vanished > 0) {
        snprintf(n[0], sizeof n[0], "%u", c->vanished);
        snprintf(n[1], sizeof n[1], "%u", c->rounds);
        cause = cause_of(CAUSE_CONTACT_CABLE, n[0], n[1]);
    } else if (c->power_failures > 0 || c->exchange_failures > 0) {
        snprintf(n[0], sizeof n[0], "%u", c->power_failures);
        snprintf(n[1], sizeof n[1], "%u", c->powers + c->resets);
        snprintf(n[2], sizeof n[2], "%u", c->exchange_failures);
        snprintf(n[3], sizeof n[3], "%u", c->exchanges);
        cause = cause_of(CAUSE_CONTACT_WORN, n[0], n[1], n[2], n[3]);
    } else if (c->flipped > 0) {
        snprintf(n[0], sizeof n[0], "%u", c->flipped);
        snprintf(n[1], sizeof n[1], "%u", c->rounds);
        cause = cause_of(CAUSE_CONTACT_FLIPPED, n[0], n[1]);
    } else if (mean > wire * SLOW_FACTOR + SLOW_ON_TOP_US) {
        snprintf(n[0], sizeof n[0], "%.1f", (double)mean / 1000);
        snprintf(n[1], sizeof n[1], "%.1f", (double)wire / 1000);
        cause = cause_of(CAUSE_CONTACT_SLOW, n[0], n[1]);
    }
    return cause;
}

json_t *contact_json(const struct contact *c)
{
    const uint64_t good = good_exchanges(c);
    json_t *cause = cause_found(c);
    return json_pack(
        "{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:i, s:O, s:b, s:o}",
        "reader", c->reader, "rounds", (int)c->rounds, "powers", (int)c->powers, "power_failures",
        (int)c->power_failures, "exchanges", (int)c->exchanges, "exchange_failures",
        (int)c->exchange_failures, "retries", (int)c->retries, "resets", (int)c->resets, "vanished",
        (int)c->vanished, "flipped", (int)c->flipped, "power_ms",
        c->powers ? (double)c->power_us / 1000 / c->powers : 0.0, "exchange_ms",
        good ? (double)c->exchange_us / 1000 / (double)good : 0.0, "wire_ms",
        good ? (double)c->wire_us / 1000 / (double)good : 0.0, "slowest_ms", (double)c->slowest_us / 1000,
        "baud", (int)c->baud, "errors", c->errors, "ok", cause == NULL, "cause", cause ? cause : json_null());
}
