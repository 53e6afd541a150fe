/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/events.h"

#include "daemon/json_out.h"
#include "daemon/server.h"

#include <stdlib.h>
#include <string.h>

struct event {
    json_t *whole;
    json_t *reduced; /* NULL: everybody sees the whole */
    uid_t owner;
};

struct ssc_events {
    struct ssc_daemon *d;
    uint64_t seq, first;                /* newest number; the one before the first of this run */
    struct event ring[SSC_EVENTS_KEPT]; /* event n at n % SSC_EVENTS_KEPT */
};

int ssc_events_new(struct ssc_daemon *d, struct ssc_events **out)
{
    struct ssc_events *e = calloc(1, sizeof *e);
    if (e) {
        e->d = d;
        /* A number of an earlier run is never one of this: a subscriber that comes back is not told half of
         * what it missed. */
        e->first = (uint64_t)ssc_unix_ms();
        e->seq = e->first;
    }
    *out = e;
    return e ? 0 : SSC_E_OUT_OF_MEMORY;
}

void ssc_events_free(struct ssc_events **e)
{
    if (e && *e) {
        for (size_t i = 0; i < SSC_EVENTS_KEPT; i++) {
            json_decref((*e)->ring[i].whole);
            json_decref((*e)->ring[i].reduced);
        }
        free(*e);
        *e = NULL;
    }
}

uint64_t ssc_events_seq(const struct ssc_events *e)
{
    return e->seq;
}

static const json_t *view(const struct event *event, const struct ssc_conn *c)
{
    const bool whole = !event->reduced || c->peer.role >= SSC_ROLE_OPERATOR || c->peer.uid == event->owner;
    return whole ? event->whole : event->reduced;
}

static void notify(struct ssc_conn *c, const json_t *params)
{
    json_t *line = json_pack("{s:s, s:s, s:O}", "jsonrpc", "2.0", "method", "event", "params", params);
    if (line) {
        ssc_conn_send(c, line);
        json_decref(line);
    }
}

static void drop(struct ssc_conn *c, uint64_t seq)
{
    json_t *last = json_pack("{s:I, s:s, s:s}", "seq", (json_int_t)seq, "type", "subscription.dropped",
                             "reason", ssc_error_info(SSC_E_SLOW_CLIENT)->symbol);
    c->subscribed = false;
    if (last) {
        notify(c, last);
        json_decref(last);
    }
    ssc_log(&c->d->log, SSC_LOG_WARNING, "subscriber pid %ld is too slow and was dropped", (long)c->peer.pid);
}

struct telling {
    const struct event *event;
    uint64_t seq;
};

static void tell_one(struct ssc_conn *c, void *ctx)
{
    const struct telling *t = ctx;
    if (c->subscribed && c->out_pending > SSC_OUT_HIGH) {
        drop(c, t->seq);
    } else if (c->subscribed) {
        notify(c, view(t->event, c));
    }
}

static void publish(struct ssc_events *e, const char *type, json_t *whole, json_t *reduced, uid_t owner)
{
    struct event *event = &e->ring[++e->seq % SSC_EVENTS_KEPT];
    json_decref(event->whole);
    json_decref(event->reduced);
    *event = (struct event){.whole = whole, .reduced = reduced, .owner = owner};
    json_object_set_new(whole, "seq", json_integer((json_int_t)e->seq));
    json_object_set_new(whole, "type", json_string(type));
    if (reduced) {
        json_object_set_new(reduced, "seq", json_integer((json_int_t)e->seq));
        json_object_set_new(reduced, "type", json_string(type));
    }
    struct telling t = {.event = event, .seq = e->seq};
    if (e->d->server) {
        ssc_server_each(e->d->server, tell_one, &t);
    }
}

void ssc_events_tell(struct ssc_events *e, const char *type, json_t *body)
{
    if (body) {
        publish(e, type, body, NULL, 0);
    }
}

static json_t *reduce(const json_t *txn)
{
    static const char *const kept[] = {"id", "kind", "purse", "state", "evidence", "final", "reader"};
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        json_object_set(out, kept[i], json_object_get(txn, kept[i]));
    }
    return out;
}

void ssc_events_txns(struct ssc_events *e, const json_t *list)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        json_t *txn = json_object_get(item, "txn");
        json_t *whole = json_pack("{s:O}", "txn", txn);
        json_t *reduced = json_pack("{s:o}", "txn", reduce(txn));
        if (whole && reduced) {
            publish(e, json_string_value(json_object_get(item, "type")), whole, reduced,
                    (uid_t)json_integer_value(json_object_get(item, "owner")));
        }
    }
}

json_t *ssc_events_since(const struct ssc_events *e, uint64_t from_seq, const struct ssc_conn *c)
{
    json_t *list = NULL;
    if (from_seq >= e->first && from_seq <= e->seq && e->seq - from_seq < SSC_EVENTS_KEPT) {
        list = json_array();
        for (uint64_t n = from_seq + 1; n <= e->seq; n++) {
            json_t *event = json_deep_copy(view(&e->ring[n % SSC_EVENTS_KEPT], c));
            json_array_append_new(list, event);
        }
    }
    return list;
}
