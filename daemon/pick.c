/* SPDX-License-Identifier: Apache-2.0 */
/* Which card a call means, and card.wait. */
#include "daemon/call.h"
#include "daemon/json_out.h"
#include "daemon/readers_impl.h"

#include <string.h>

struct ssc_reader *ssc_readers_next(struct ssc_readers *rs, struct ssc_reader *after)
{
    struct ssc_reader *r = after ? TAILQ_NEXT(after, of_readers) : TAILQ_FIRST(&rs->list);
    while (r && !r->listed) {
        r = TAILQ_NEXT(r, of_readers);
    }
    return r;
}

struct ssc_reader *ssc_readers_by_name(struct ssc_readers *rs, const char *name)
{
    struct ssc_reader *r = ssc_readers_next(rs, NULL);
    while (r && strcmp(r->state.name, name) != 0) {
        r = ssc_readers_next(rs, r);
    }
    return r;
}

bool ssc_readers_service_ok(const struct ssc_readers *rs)
{
    return rs->service_ok;
}

bool ssc_readers_known(const struct ssc_readers *rs)
{
    return rs->known;
}

static json_t *reader_json(const struct ssc_reader *r)
{
    char since[40];
    json_t *o = ssc_json_reader(&r->state);
    if (r->wedged) {
        json_object_set_new(o, "state", json_string("wedged"));
    }
    json_object_set_new(o, "card",
                        r->card[0] && r->state.medium != SSC_MEDIUM_SAM ? json_string(r->card) : json_null());
    json_object_set_new(o, "since", json_string(ssc_time_text(r->since_ms, since)));
    json_object_set_new(o, "lease", ssc_lease_json(r));
    json_object_set_new(o, "queue", json_integer(r->queued));
    return o;
}

json_t *ssc_readers_json(struct ssc_readers *rs)
{
    json_t *list = json_array();
    for (struct ssc_reader *r = ssc_readers_next(rs, NULL); r; r = ssc_readers_next(rs, r)) {
        json_array_append_new(list, reader_json(r));
    }
    return list;
}

/* ---- which card ---- */

static struct ssc_reader *by_card(struct ssc_readers *rs, const char *handle)
{
    struct ssc_reader *r = ssc_readers_next(rs, NULL);
    while (r && strcmp(r->card, handle) != 0) {
        r = ssc_readers_next(rs, r);
    }
    return r;
}

/* The caller's `medium`, as the kinds that come into question, in their order. */
struct wish {
    bool any, fallback; /* fallback: the other kind when there is no card of `medium` */
    enum ssc_medium medium;
};

static struct wish wish_of(const struct ssc_call *call)
{
    const char *text = ssc_call_text(call, "medium");
    const bool contactless = text && strncmp(text, "contactless", 11) == 0;
    return (struct wish){.any = !text,
                         .fallback = text && strstr(text, "_first") != NULL,
                         .medium = contactless ? SSC_MEDIUM_CONTACTLESS : SSC_MEDIUM_CONTACT};
}

static bool wished(const struct wish *w, const struct ssc_reader *r)
{
    return (w->any && r->state.medium != SSC_MEDIUM_SAM) || r->state.medium == w->medium;
}

/* A preference narrows the choice only when it leaves one. */
static struct wish settle_wish(const struct ssc_call *call, struct ssc_readers *rs)
{
    struct wish w = wish_of(call);
    bool found = false;
    for (struct ssc_reader *r = ssc_readers_next(rs, NULL); r; r = ssc_readers_next(rs, r)) {
        found = found || (r->card[0] && wished(&w, r));
    }
    w.any = w.any || (w.fallback && !found);
    return w;
}

/* The only reader with a card; else the sentence that names the choices. */
static int the_only_one(struct ssc_call *call, struct ssc_readers *rs)
{
    const struct wish w = settle_wish(call, rs);
    size_t count = 0, len = 0;
    char names[160] = "";
    struct ssc_reader *mute = NULL;
    for (struct ssc_reader *r = ssc_readers_next(rs, NULL); r; r = ssc_readers_next(rs, r)) {
        if (!wished(&w, r)) {
            continue;
        }
        if (r->card[0]) {
            call->reader = r;
            count++;
            const int n =
                snprintf(names + len, sizeof names - len, "%s%.60s", count > 1 ? ", " : "", r->state.name);
            len += n > 0 && (size_t)n < sizeof names - len ? (size_t)n : 0;
        } else if (r->state.slot == SSC_SLOT_MUTE) {
            mute = r;
        }
    }
    int rc = 0;
    if (count > 1) {
        rc = ssc_call_fail(call, SSC_E_INVALID_PARAMS, "reader: name one of %s", "reader：请指定其中一个：%s",
                           names);
    } else if (count == 0 && mute) {
        rc = SSC_E_CARD_MUTE;
    } else if (count == 0) {
        rc = rs->service_ok ? SSC_E_NO_CARD : SSC_E_NO_SERVICE;
    }
    return rc;
}

/* An administrator may speak to a PSAM, where the method is made for that. */
static int check_sam(struct ssc_call *call)
{
    int rc = 0;
    if (!(call->method->flags & SSC_M_SAM)) {
        rc = ssc_call_fail(call, SSC_E_INVALID_PARAMS, "reader: %.100s is the slot of a PSAM",
                           "reader：%.100s 是 PSAM 卡槽", call->reader->state.name);
    } else if (call->peer.role < SSC_ROLE_ADMIN) {
        rc = ssc_call_fail(call, SSC_E_PERMISSION_DENIED, "reader: the slot of a PSAM needs the role admin",
                           "reader：使用 PSAM 卡槽需要 admin 角色");
    } else {
        ssc_reader_lend(call->reader);
    }
    return rc;
}

static int check_reader(struct ssc_call *call, const char *name)
{
    const struct ssc_reader *r = call->reader;
    int rc = 0;
    if (!r) {
        rc = ssc_call_fail(call, call->d->readers->service_ok ? SSC_E_READER_NOT_FOUND : SSC_E_NO_SERVICE,
                           "reader %.100s", "读卡器 %.100s", name);
    } else if (r->state.medium == SSC_MEDIUM_SAM) {
        rc = check_sam(call);
    }
    return rc;
}

/* Whatever else was named must name the same card, and there must be one. */
static int check_choice(struct ssc_call *call, const char *name, const char *card)
{
    const struct ssc_reader *r = call->reader;
    const struct wish w = wish_of(call);
    int rc = r->state.medium == SSC_MEDIUM_SAM ? check_sam(call) : 0;
    if (rc == 0 && !w.any && !w.fallback && !wished(&w, r)) {
        rc = ssc_call_fail(call, SSC_E_INVALID_PARAMS, "medium: the reader is of the other kind",
                           "medium：该读卡器属于另一类");
    } else if (rc == 0 && name && strcmp(r->state.name, name) != 0) {
        rc = ssc_call_fail(call, SSC_E_INVALID_PARAMS, "reader: not the reader of that card or lease",
                           "reader：不是该卡片或租约所在的读卡器");
    } else if (rc == 0 && card && strcmp(r->card, card) != 0) {
        rc = SSC_E_STALE_CARD;
    } else if (rc == 0 && !r->card[0]) {
        rc = r->state.slot == SSC_SLOT_MUTE ? SSC_E_CARD_MUTE : SSC_E_NO_CARD;
        ssc_detail_set(&call->detail, "reader %.100s", "读卡器 %.100s", r->state.name);
    }
    return rc;
}

int ssc_readers_pick(struct ssc_call *call)
{
    struct ssc_readers *rs = call->d->readers;
    const char *lease = ssc_call_text(call, "lease");
    const char *card = ssc_call_text(call, "card");
    const char *name = ssc_call_text(call, "reader");
    int rc = 0;
    if (lease) {
        call->reader = ssc_lease_find(rs, call->conn, lease);
        rc = call->reader ? 0 : SSC_E_LEASE_INVALID;
        call->lease_serial = call->reader ? call->reader->lease.serial : 0;
    } else if (card) {
        call->reader = by_card(rs, card);
        rc = call->reader ? 0 : SSC_E_STALE_CARD;
    } else if (name) {
        call->reader = ssc_readers_by_name(rs, name);
        rc = check_reader(call, name);
    } else {
        rc = the_only_one(call, rs);
    }
    rc = rc == 0 ? check_choice(call, name, card) : rc;
    if (rc == 0) {
        memcpy(call->card, call->reader->card, sizeof call->card);
    }
    return rc;
}

/* ---- card.wait ---- */

/* A mute card is neither: it cannot be used, and it is in the way. */
static bool fits(const struct ssc_reader *r, bool present)
{
    return present ? r->card[0] != '\0' : r->state.slot == SSC_SLOT_EMPTY;
}

static struct ssc_reader *waited_for(struct ssc_call *call)
{
    struct ssc_readers *rs = call->d->readers;
    const struct wish w = settle_wish(call, rs);
    const char *name = ssc_call_text(call, "reader");
    const char *state = ssc_call_text(call, "state");
    const bool present = !state || strcmp(state, "present") == 0;
    struct ssc_reader *found = NULL;
    bool all = true;
    for (struct ssc_reader *r = ssc_readers_next(rs, NULL); r; r = ssc_readers_next(rs, r)) {
        const bool asked = (!name || strcmp(r->state.name, name) == 0) && wished(&w, r);
        if (asked && r->state.medium != SSC_MEDIUM_SAM) {
            found = fits(r, present) ? r : found;
            all = all && fits(r, present);
        }
    }
    return present || all ? found : NULL; /* "absent" without a name: every reader is empty */
}

static int answer_wait(struct ssc_call *call, const struct ssc_reader *r)
{
    const bool has = r->card[0] != '\0';
    json_t *atr = has && r->state.atr_len ? ssc_json_hex(r->state.atr, r->state.atr_len) : json_null();
    call->result = json_pack("{s:s, s:o, s:o}", "reader", r->state.name, "card",
                             has ? json_string(r->card) : json_null(), "atr", atr);
    return call->result ? 0 : SSC_E_OUT_OF_MEMORY;
}

int ssc_readers_wait(struct ssc_call *call)
{
    struct ssc_readers *rs = call->d->readers;
    const char *name = ssc_call_text(call, "reader");
    int rc = SSC_PENDING;
    call->reader = name ? ssc_readers_by_name(rs, name) : NULL;
    if (name) {
        rc = check_reader(call, name);
    }
    call->reader = NULL;
    if (rc == 0 || rc == SSC_PENDING) {
        const struct ssc_reader *r = waited_for(call);
        if (r) {
            rc = answer_wait(call, r);
        } else {
            ssc_call_wait(call, SSC_STAGE_WAIT_CARD);
            TAILQ_INSERT_TAIL(&rs->waits, call, of_wait);
            rc = SSC_PENDING;
        }
    }
    return rc;
}

/* Nobody brought a card, or took it away. What stands in the way is told before what did not happen. */
int ssc_readers_wait_over(struct ssc_call *call)
{
    struct ssc_readers *rs = call->d->readers;
    const struct wish w = settle_wish(call, rs);
    const char *name = ssc_call_text(call, "reader");
    const char *state = ssc_call_text(call, "state");
    const bool present = !state || strcmp(state, "present") == 0;
    int rc = present ? SSC_E_NO_CARD : SSC_E_CARD_STILL_THERE;
    call->reader = name ? ssc_readers_by_name(rs, name) : NULL;
    if (name) {
        const int gone = check_reader(call, name);
        rc = gone != 0 ? gone : rc;
    } else if (!rs->service_ok) {
        rc = SSC_E_NO_SERVICE;
    }
    for (struct ssc_reader *r = ssc_readers_next(rs, NULL); r && rc == SSC_E_NO_CARD;
         r = ssc_readers_next(rs, r)) {
        const bool asked = (!name || strcmp(r->state.name, name) == 0) && wished(&w, r);
        rc = asked && r->state.slot == SSC_SLOT_MUTE ? SSC_E_CARD_MUTE : rc;
    }
    return rc;
}

void ssc_readers_wake_waits(struct ssc_readers *rs)
{
    struct ssc_call *call = TAILQ_FIRST(&rs->waits);
    while (call) {
        struct ssc_call *next = TAILQ_NEXT(call, of_wait);
        const struct ssc_reader *r = waited_for(call);
        if (r) {
            ssc_call_finish(call, answer_wait(call, r));
        }
        call = next;
    }
}
