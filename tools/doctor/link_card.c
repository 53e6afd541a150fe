/* SPDX-License-Identifier: Apache-2.0 */
/* Does the card answer, what does its answer say, and is it a social security card? */
#include "tools/doctor/doctor.h"
#include "tools/doctor/refusal.h"

#include "apdu/atr.h"
#include "apdu/bytes.h"

#include <string.h>
#include <unistd.h>

enum { LOOKS = 4, LOOK_US = 250000 };

static void mute(struct doctor *d)
{
    const uint8_t volts = d->device && d->device->ccid ? d->device->interface.ccid.voltages : 0;
    if (volts != 0 && !(volts & SSC_CCID_5V)) {
        doctor_break(d, CAUSE_CARD_VOLTAGE, js(d->slot, "name"),
                     volts == SSC_CCID_3V    ? "3 V"
                     : volts == SSC_CCID_1V8 ? "1.8 V"
                                             : "3 V, 1.8 V");
    } else {
        doctor_break(d, CAUSE_CARD_MUTE, js(d->slot, "name"));
    }
}

void doctor_wedged(struct doctor *d)
{
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%lld", (long long)(d->patience_ms / 1000));
    if (strcmp(d->driver, "pcsc") == 0 && d->seam->pcscd_silent(d->seam->ctx)) {
        doctor_break(d, CAUSE_PCSCD_SILENT, seconds);
    } else {
        doctor_break(d, CAUSE_READER_WEDGED, js(d->slot, "name"),
                     js(d->slot, "since")[0] ? js(d->slot, "since") : "-");
    }
}

/* What is known of the reader now: its ATR, where the card spoke before it failed. The caller's; NULL: the
 * reader is not listed any more. */
static json_t *look_again(struct doctor *d)
{
    char symbol[64], detail[160];
    json_t *answer = doctor_ask(d, "reader.list", NULL, symbol, detail), *found = NULL, *reader;
    size_t i;
    json_array_foreach(json_object_get(answer, "readers"), i, reader)
    {
        if (strcmp(js(reader, "name"), js(d->slot, "name")) == 0) {
            json_decref(found);
            found = json_incref(reader);
        }
    }
    json_decref(answer);
    return found;
}

static bool is_gone(const json_t *reader)
{
    return !reader || strcmp(js(reader, "state"), "gone") == 0;
}

/* A driver needs a moment to see that it was not the card, but the reader that went away. */
static json_t *look_until_gone(struct doctor *d)
{
    json_t *now = look_again(d);
    for (unsigned i = 0; i < LOOKS && !is_gone(now); i++) {
        usleep(LOOK_US);
        json_decref(now);
        now = look_again(d);
    }
    return now;
}

static bool one_of(const char *symbol, const char *const *symbols)
{
    bool found = false;
    for (size_t i = 0; symbols[i]; i++) {
        found = found || strcmp(symbol, symbols[i]) == 0;
    }
    return found;
}

void doctor_card_failed(struct doctor *d, const char *method, const char *symbol, const char *detail)
{
    static const char *const mute_symbols[] = {"card_mute", "card_unpowered", NULL};
    static const char *const lost[] = {"reader_removed", "reader_not_found", NULL};
    static const char *const doubtful[] = {"reader_io_error", "protocol_mismatch", "bad_atr", NULL};
    const bool io = strcmp(symbol, "reader_io_error") == 0;
    json_t *now = io ? look_until_gone(d) : one_of(symbol, doubtful) ? look_again(d) : NULL;
    const char *atr = js(now, "atr")[0] ? js(now, "atr") : js(d->slot, "atr");
    atr = atr[0] ? atr : "-";
    if (one_of(symbol, lost) || (one_of(symbol, doubtful) && is_gone(now))) {
        doctor_break(d, CAUSE_READER_GONE, js(d->slot, "name"), symbol);
    } else if (one_of(symbol, mute_symbols)) {
        mute(d);
    } else if (strcmp(symbol, "protocol_mismatch") == 0) {
        doctor_break(d, CAUSE_CARD_PROTOCOL, atr, detail);
    } else if (strcmp(symbol, "bad_atr") == 0) {
        doctor_break(d, CAUSE_CARD_ATR, atr, detail);
    } else if (strcmp(symbol, "reader_busy") == 0) {
        char users[256];
        static const char *const not_meant[] = {"pcscd", "sscardd", NULL};
        proc_users(d->seam, "libpcsclite", not_meant, users, sizeof users);
        doctor_break(d, CAUSE_READER_HELD, js(d->slot, "name"), "SCARD_E_SHARING_VIOLATION",
                     users[0] ? users : "-");
    } else if (strcmp(symbol, "reader_wedged") == 0 || strcmp(symbol, "deadline_exceeded") == 0) {
        doctor_wedged(d);
    } else if (strcmp(symbol, "no_card") == 0 || strcmp(symbol, "card_removed") == 0) {
        doctor_break(d, CAUSE_SLOT_EMPTY, js(d->slot, "name"));
    } else if (strcmp(symbol, "reader_access_denied") == 0 && strcmp(d->driver, "pcsc") == 0) {
        pcscd_refused_card(d, true);
    } else if (strcmp(symbol, "permission_denied") == 0) {
        doctor_break(d, CAUSE_SERVICE_ROLE, "sscardd", method, detail);
    } else {
        doctor_break(d, CAUSE_CARD_UNREADABLE, js(d->slot, "name"), detail);
    }
    json_decref(now);
}

static void tell_atr(struct doctor *d)
{
    const json_t *item;
    size_t i;
    struct ssc_atr atr;
    uint8_t bytes[SSC_ATR_MAX];
    size_t len = sizeof bytes;
    doctor_fact(d, FACT_ATR, js(d->info, "atr"), js(d->info, "protocol"));
    json_array_foreach(json_object_get(d->info, "atr_items"), i, item)
    {
        doctor_fact(d, FACT_ATR_ITEM, js(item, "item"), js(item, "meaning"), js(item, "item_zh"),
                    js(item, "meaning_zh"));
    }
    if (ssc_hex_decode(js(d->info, "atr"), bytes, &len) == 0 && ssc_atr_parse(bytes, len, &atr) == 0 &&
        !atr.tck_right) {
        doctor_remark(d, CAUSE_CARD_ATR, js(d->info, "atr"), "TCK");
    }
}

static void tell_card(struct doctor *d)
{
    const char *kind = js(d->info, "kind");
    tell_atr(d);
    if (strcmp(kind, "ssc") == 0) {
        doctor_fact(d, FACT_SSC, js(d->info, "generation"), js(d->info, "version"),
                    strcmp(js(d->info, "algorithm"), "sm4") == 0 ? "SM4" : "3DES");
        if (js(d->info, "city")[0]) {
            doctor_fact(d, FACT_SSC_PLACE, js(d->info, "city"));
        }
    } else if (strcmp(kind, "pboc") == 0) {
        doctor_fact(d, FACT_PBOC);
    } else {
        doctor_break(d, CAUSE_CARD_NOT_SSC, js(d->info, "atr"));
    }
}

void link_card(struct doctor *d)
{
    const char *state = js(d->slot, "state");
    char symbol[64], detail[160];
    if (strcmp(state, "empty") == 0) {
        doctor_break(d, CAUSE_SLOT_EMPTY, js(d->slot, "name"));
    } else if (strcmp(state, "mute") == 0) {
        mute(d);
    } else {
        d->info =
            doctor_ask(d, "card.info", json_pack("{s:s}", "reader", js(d->slot, "name")), symbol, detail);
        if (d->info) {
            tell_card(d);
        } else {
            doctor_card_failed(d, "card.info", symbol, detail);
        }
    }
}
