/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/methods.h"

#include "daemon/events.h"
#include "daemon/ledger.h"
#include "daemon/psam.h"
#include "daemon/server.h"

#include <string.h>
#include <unistd.h>

static int made(struct ssc_call *call, json_t *result)
{
    call->result = result;
    return result ? 0 : SSC_E_OUT_OF_MEMORY;
}

static json_t *features(const struct ssc_daemon *d)
{
    json_t *list = json_pack("[s, s, s, s]", "events", "leases", "trace", "remote_authentication");
    if (d->simulated) {
        json_array_append_new(list, json_string("sim"));
    }
    return list;
}

int ssc_hello_now(struct ssc_call *call)
{
    const struct ssc_daemon *d = call->d;
    const struct ssc_config *c = &d->config;
    const char *client = ssc_call_text(call, "client"), *lang = ssc_call_text(call, "lang");
    int rc;
    if (ssc_call_int(call, "protocol", SSC_PROTOCOL) != SSC_PROTOCOL) {
        rc = ssc_call_fail(call, SSC_E_NOT_SUPPORTED, "protocol: this daemon speaks %d",
                           "protocol：本服务使用版本 %d", SSC_PROTOCOL);
    } else {
        call->conn->zh = lang ? strcmp(lang, "zh") == 0 : call->conn->zh;
        ssc_log(&d->log, SSC_LOG_DEBUG, "hello from %s, pid %ld, role %s", client ? client : "a client",
                (long)call->peer.pid, ssc_role_name(call->peer.role));
        rc = made(call,
                  json_pack("{s:i, s:[i], s:s, s:s, s:s, s:o, s:{s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:I}}",
                            "protocol", SSC_PROTOCOL, "protocols", SSC_PROTOCOL, "server", "sscardd",
                            "version", SSC_VERSION, "role", ssc_role_name(call->peer.role), "features",
                            features(d), "limits", "line_bytes", (int)SSC_LINE_MAX, "depth",
                            (int)SSC_DEPTH_MAX, "calls", (int)SSC_CLIENT_CALLS_MAX, "deadline_ms",
                            (json_int_t)c->deadline_ms, "max_deadline_ms", (json_int_t)c->max_deadline_ms,
                            "lease_ms", (json_int_t)c->lease_ms, "max_lease_ms", (json_int_t)c->max_lease_ms,
                            "clients", (json_int_t)c->max_clients));
    }
    return rc;
}

/* ---- ping: the loop tells what it knows, then the journal is asked on its own thread ---- */

static json_t *reader_health(struct ssc_readers *rs)
{
    json_t *list = json_array();
    for (struct ssc_reader *r = ssc_readers_next(rs, NULL); r; r = ssc_readers_next(rs, r)) {
        const bool ok = !r->wedged && r->state.slot != SSC_SLOT_GONE && r->state.slot != SSC_SLOT_MUTE;
        json_array_append_new(list, json_pack("{s:s, s:b, s:s}", "name", r->state.name, "ok", ok, "state",
                                              r->wedged ? "wedged" : ssc_slot_name(r->state.slot)));
    }
    return list;
}

int ssc_ping_now(struct ssc_call *call)
{
    const struct ssc_daemon *d = call->d;
    const bool test_keys = d->key_file && d->key_file->test_keys;
    call->result = json_pack(
        "{s:{s:b, s:s, s:i, s:I, s:I, s:I}, s:{s:b, s:s}, s:o, s:o, s:{s:b}, s:{s:b}, s:b}", "daemon", "ok",
        true, "version", SSC_VERSION, "pid", (int)getpid(), "uptime_ms",
        (json_int_t)(ssc_now_ms() - d->started_ms), "clients", (json_int_t)ssc_server_count(d->server),
        "calls", (json_int_t)d->calls, "pcsc", "ok", ssc_readers_service_ok(d->readers), "driver",
        d->driver->ops->name, "readers", reader_health(d->readers), "psam", ssc_psams_json(d->psam), "hsm",
        "configured", false, "link", "configured", false, "test_keys", test_keys);
    return call->result ? SSC_GO_STORE : SSC_E_OUT_OF_MEMORY;
}

int ssc_ping_work(struct ssc_call *call)
{
    size_t unsettled = 0;
    const int rc = ssc_ledger_probe(call, &unsettled);
    json_t *journal = json_pack("{s:b, s:I, s:s}", "ok", rc == 0, "unsettled", (json_int_t)unsettled, "file",
                                call->d->config.journal);
    if (rc != 0 && call->d->journal && ssc_journal_gone(call->d->journal)) {
        json_object_set_new(journal, "gone", json_true());
    }
    if (rc != 0) {
        json_object_set_new(journal, "error", json_string(ssc_error_info(rc)->symbol));
    }
    json_object_set_new(call->result, "journal", journal);
    return 0; /* the journal's illness is part of a good answer */
}

int ssc_discover_now(struct ssc_call *call)
{
    return made(call, ssc_describe_openrpc());
}

int ssc_cancel_now(struct ssc_call *call)
{
    const json_t *id = json_object_get(call->params, "id");
    struct ssc_call *found = NULL, *other;
    bool cancelled = false, touched = false;
    TAILQ_FOREACH(other, &call->conn->calls, of_conn)
    {
        found = other != call && other->id && json_equal(other->id, id) ? other : found;
    }
    if (found) {
        touched = found->at_work && (found->method->flags & SSC_M_CARD) && found->lease_serial != 0;
        cancelled = !touched || !(found->method->flags & SSC_M_OP);
    }
    if (cancelled) {
        ssc_call_finish(found, SSC_E_CANCELLED);
    }
    return made(call, json_pack("{s:b, s:b}", "cancelled", cancelled, "card_touched", touched));
}

/* ---- readers ---- */

static json_t *snapshot(const struct ssc_daemon *d)
{
    return json_pack("{s:I, s:o}", "seq", (json_int_t)ssc_events_seq(d->events), "readers",
                     ssc_readers_json(d->readers));
}

int ssc_reader_list_now(struct ssc_call *call)
{
    return made(call, snapshot(call->d));
}

int ssc_subscribe_now(struct ssc_call *call)
{
    const int64_t from = ssc_call_int(call, "from_seq", -1);
    json_t *result = snapshot(call->d);
    json_t *missed = from >= 0 ? ssc_events_since(call->d->events, (uint64_t)from, call->conn) : NULL;
    if (result && missed) {
        json_object_set_new(result, "missed", missed);
    }
    call->conn->subscribed = true;
    return made(call, result);
}

int ssc_unsubscribe_now(struct ssc_call *call)
{
    call->conn->subscribed = false;
    return 0;
}
