/* SPDX-License-Identifier: Apache-2.0 */
/* Readers, straight from the driver: the list, waiting for a card, and what changes. */
#include "tools/direct_private.h"

#include "middleware/render.h"

#include <string.h>

static int snapshot(struct direct *d, struct ssc_reader_state states[SSC_READERS_MAX], size_t *count,
                    int64_t deadline)
{
    *count = SSC_READERS_MAX;
    return ssc_driver_list(d->driver, states, count, deadline);
}

static json_t *render(const struct ssc_reader_state *states, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, ssc_json_reader(&states[i]));
    }
    return list;
}

int direct_reader_list(struct direct *d, const json_t *params, json_t **result, int64_t deadline)
{
    (void)params;
    struct ssc_reader_state states[SSC_READERS_MAX];
    size_t count = 0;
    const int rc = snapshot(d, states, &count, deadline);
    if (rc == 0) {
        *result = json_pack("{s:I, s:o}", "seq", d->seq, "readers", render(states, count));
    }
    return rc;
}

static bool usable(const struct ssc_reader_state *state)
{
    return state->slot == SSC_SLOT_CARD && state->medium != SSC_MEDIUM_SAM;
}

int direct_pick(struct direct *d, const json_t *params, struct ssc_reader_state *out, int64_t deadline)
{
    struct ssc_reader_state states[SSC_READERS_MAX];
    size_t count = 0, cards = 0, at = 0, mute = 0;
    const char *reader = js(params, "reader");
    int rc = snapshot(d, states, &count, deadline);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        const bool this_one = reader[0] ? strcmp(reader, states[i].name) == 0 : usable(&states[i]);
        if (this_one) {
            const size_t used = strlen(d->detail);
            snprintf(d->detail + used, sizeof d->detail - used, "%s%.100s", used ? ", " : "", states[i].name);
            cards++;
            at = i;
        }
        mute += states[i].slot == SSC_SLOT_MUTE;
    }
    if (rc == 0 && cards == 1) {
        *out = states[at];
        d->detail[0] = '\0';
    } else if (rc == 0 && cards > 1) {
        char choices[sizeof d->detail];
        memcpy(choices, d->detail, sizeof choices);
        snprintf(d->detail, sizeof d->detail, "reader: name one of %.160s", choices);
        rc = SSC_E_INVALID_PARAMS;
    } else if (rc == 0 && reader[0]) {
        snprintf(d->detail, sizeof d->detail, "%.150s", reader);
        rc = SSC_E_READER_NOT_FOUND;
    } else if (rc == 0) {
        rc = count == 0 ? SSC_E_READER_NOT_FOUND : mute > 0 ? SSC_E_CARD_MUTE : SSC_E_NO_CARD;
    }
    return rc;
}

int direct_card_wait(struct direct *d, const json_t *params, json_t **result, int64_t deadline)
{
    const bool absent = strcmp(js(params, "state"), "absent") == 0;
    struct ssc_reader_state state = {0};
    int rc = SSC_E_NO_CARD;
    bool waiting = true;
    while (waiting) {
        d->detail[0] = '\0';
        rc = direct_pick(d, params, &state, deadline);
        const bool there = rc == 0 && state.slot == SSC_SLOT_CARD;
        const bool nothing = rc == SSC_E_NO_CARD || rc == SSC_E_READER_NOT_FOUND || (rc == 0 && !there);
        waiting = absent ? there : nothing;
        if (waiting) {
            rc = ssc_driver_watch(d->driver, &d->version, deadline);
            waiting = rc == 0;
            rc = rc != SSC_E_DEADLINE_EXCEEDED ? rc : absent ? SSC_E_CARD_STILL_THERE : SSC_E_NO_CARD;
        }
    }
    if (absent && (rc == SSC_E_NO_CARD || rc == SSC_E_READER_NOT_FOUND)) {
        rc = 0;
    }
    if (rc == 0) {
        *result = json_pack("{s:s, s:n, s:o}", "reader", state.name, "card", "atr",
                            absent ? json_null() : ssc_json_hex(state.atr, state.atr_len));
    }
    return rc;
}

int direct_subscribe(struct direct *d, const json_t *params, json_t **result, int64_t deadline)
{
    int rc = ssc_driver_watch(d->driver, &d->version, deadline); /* version 0: returns at once */
    if (rc == SSC_E_DEADLINE_EXCEEDED) {
        rc = 0;
    }
    if (rc == 0) {
        rc = snapshot(d, d->known, &d->known_count, deadline);
    }
    (void)params;
    if (rc == 0) {
        *result = json_pack("{s:I, s:o}", "seq", d->seq, "readers", render(d->known, d->known_count));
    }
    return rc;
}

static void emit(struct direct *d, const char *type, const struct ssc_reader_state *state)
{
    json_t *event = json_pack("{s:I, s:s, s:s}", "seq", ++d->seq, "type", type, "reader", state->name);
    if (event && state->atr_len > 0 && strcmp(type, "card.inserted") == 0) {
        json_object_set_new(event, "atr", ssc_json_hex(state->atr, state->atr_len));
    }
    json_array_append_new(d->events, event);
}

static const struct ssc_reader_state *by_name(const struct ssc_reader_state *states, size_t count,
                                              const char *name)
{
    const struct ssc_reader_state *found = NULL;
    for (size_t i = 0; i < count && !found; i++) {
        found = strcmp(states[i].name, name) == 0 ? &states[i] : NULL;
    }
    return found;
}

static bool holds_card(const struct ssc_reader_state *state)
{
    return state && (state->slot == SSC_SLOT_CARD || state->slot == SSC_SLOT_MUTE);
}

/* Another card in the place of one that was there shows in the count of insertions only. */
static void compare(struct direct *d, const struct ssc_reader_state *old, const struct ssc_reader_state *now)
{
    const bool swapped = old && holds_card(old) && old->insertions != now->insertions;
    const bool woke = holds_card(old) && holds_card(now) && old->slot != now->slot;
    if (!old) {
        emit(d, "reader.added", now);
    }
    if (holds_card(old) && (!holds_card(now) || swapped)) {
        emit(d, "card.removed", now);
    }
    if (holds_card(now) && (!holds_card(old) || swapped || woke)) {
        emit(d, now->slot == SSC_SLOT_MUTE ? "card.mute" : "card.inserted", now);
    }
}

static int find_events(struct direct *d, int64_t deadline)
{
    struct ssc_reader_state states[SSC_READERS_MAX];
    size_t count = 0;
    const int rc = snapshot(d, states, &count, deadline);
    for (size_t i = 0; rc == 0 && i < d->known_count; i++) {
        if (!by_name(states, count, d->known[i].name)) {
            emit(d, "reader.removed", &d->known[i]);
        }
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        compare(d, by_name(d->known, d->known_count, states[i].name), &states[i]);
    }
    if (rc == 0) {
        memcpy(d->known, states, count * sizeof states[0]);
        d->known_count = count;
    }
    return rc;
}

int direct_event(struct direct *d, json_t **event, int64_t deadline)
{
    int rc = 0;
    while (rc == 0 && json_array_size(d->events) == 0) {
        rc = ssc_driver_watch(d->driver, &d->version, deadline);
        if (rc == SSC_E_NO_SERVICE) { /* told once; the driver goes on looking */
            const struct ssc_reader_state none = {.name = ""};
            emit(d, "service.lost", &none);
            rc = 0;
        } else if (rc == 0) {
            rc = find_events(d, deadline);
        }
    }
    if (rc == 0) {
        *event = json_incref(json_array_get(d->events, 0));
        json_array_remove(d->events, 0);
    }
    return rc;
}
