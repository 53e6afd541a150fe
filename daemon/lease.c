/* SPDX-License-Identifier: Apache-2.0 */
/* Who may use the card: one at a time, first come first served. */
#include "daemon/call.h"
#include "daemon/events.h"
#include "daemon/json_out.h"
#include "daemon/methods.h"
#include "daemon/psam.h"
#include "daemon/readers_impl.h"
#include "daemon/settle.h"

#include <string.h>

static json_t *owner_json(const struct ssc_peer *owner)
{
    return json_pack("{s:I, s:I, s:s}", "pid", (json_int_t)owner->pid, "uid", (json_int_t)owner->uid,
                     "program", owner->program);
}

json_t *ssc_lease_json(const struct ssc_reader *r)
{
    char since[40], expires[40];
    json_t *o = NULL;
    if (r->lease.serial == 0) {
        o = json_null();
    } else {
        o = json_pack("{s:o, s:s, s:o}", "owner", owner_json(&r->lease.owner), "since",
                      ssc_time_text(r->lease.since_ms, since), "expires",
                      r->lease.named ? json_string(ssc_time_text(r->lease.expires_ms, expires))
                                     : json_null());
    }
    return o;
}

static void tell(struct ssc_reader *r, const char *type, const char *reason)
{
    json_t *body = json_pack("{s:s, s:s, s:o}", "reader", r->state.name, "card", r->card, "owner",
                             owner_json(&r->lease.owner));
    if (body && reason) {
        json_object_set_new(body, "reason", json_string(reason));
    }
    ssc_events_tell(r->d->events, type, body);
}

struct ssc_reader *ssc_lease_find(struct ssc_readers *rs, const struct ssc_conn *conn, const char *token)
{
    struct ssc_reader *found = NULL;
    for (struct ssc_reader *r = ssc_readers_next(rs, NULL); r; r = ssc_readers_next(rs, r)) {
        if (r->lease.serial && r->lease.named && r->lease.conn == conn &&
            strcmp(r->lease.token, token) == 0) {
            found = r;
        }
    }
    return found;
}

void ssc_lease_end(struct ssc_reader *r, const char *reason)
{
    if (r->lease.serial) {
        if (r->lease.named) {
            tell(r, "lease.released", reason);
        }
        r->lease = (struct ssc_lease){0};
        uv_timer_stop(&r->hold);
        ssc_reader_leave(r);
    }
}

static void on_hold_over(uv_timer_t *timer)
{
    ssc_lease_end(timer->data, "expired");
}

/* "lease-" serial and 96 random bits: the serial is no secret, the rest cannot be guessed. */
static int make_token(struct ssc_lease *lease)
{
    uint8_t random[12];
    const int rc = ssc_random(random, sizeof random);
    if (rc == 0) {
        const int n = snprintf(lease->token, sizeof lease->token, "lease-%08x", (unsigned)lease->serial);
        for (size_t i = 0; i < sizeof random; i++) {
            snprintf(lease->token + n + 2 * i, 3, "%02x", random[i]);
        }
    }
    return rc;
}

/* The token becomes the caller's to use: {lease, card, reader, expires} into result. hold_ms 0: default. */
static void name_lease(struct ssc_reader *r, int64_t hold_ms, json_t *result)
{
    const struct ssc_config *config = &r->d->config;
    struct ssc_lease *lease = &r->lease;
    char expires[40];
    int64_t ms = hold_ms > 0 ? hold_ms : config->lease_ms;
    ms = ms > config->max_lease_ms ? config->max_lease_ms : ms;
    if (!lease->named) {
        if (make_token(lease) == 0) {
            lease->named = true;
            lease->expires_ms = ssc_unix_ms() + ms;
            uv_update_time(r->d->loop);
            uv_timer_start(&r->hold, on_hold_over, (uint64_t)ms, 0);
            tell(r, "lease.granted", NULL);
        }
    }
    json_object_set_new(result, "lease", json_string(lease->token));
    json_object_set_new(result, "card", json_string(r->card));
    json_object_set_new(result, "reader", json_string(r->state.name));
    json_object_set_new(result, "expires", json_string(ssc_time_text(lease->expires_ms, expires)));
}

/* ---- the call on the worker ---- */

/* Why a key did not open what it should: callers decide by it. */
static void explain_key(struct ssc_call *call)
{
    const struct ssc_card *card = call->slot->card;
    if (call->rc == SSC_E_AUTH_FAILED) {
        call->tries = ssc_card_key_tries(card);
    } else if (call->rc == SSC_E_NEED_REMOTE && !call->detail.en[0] && ssc_card_remote_cause(card)) {
        const struct ssc_error_info *cause = ssc_error_info(ssc_card_remote_cause(card));
        snprintf(call->detail.en, sizeof call->detail.en, "%s", cause->symbol);
        snprintf(call->detail.zh, sizeof call->detail.zh, "%s", cause->zh);
    }
}

static void work(struct ssc_task *task, struct ssc_card_slot *slot)
{
    struct ssc_call *call = (struct ssc_call *)((char *)task - offsetof(struct ssc_call, task));
    call->slot = slot;
    slot->cla = slot->ins = -1;
    if (atomic_load(&call->dropped)) {
        call->rc = SSC_E_CANCELLED;
    } else {
        call->rc = ssc_slot_enter(slot, call->lease_serial, call->insertion, call->work_deadline);
        if (call->rc == 0) {
            call->rc = call->method->work(call);
            ssc_psams_put(call->d->psam, &call->auth);
            explain_key(call);
        }
    }
    call->cla = slot->cla;
    call->ins = slot->ins;
    call->open = ssc_slot_after(slot);
}

static void forget_lease(struct ssc_reader *r, const char *reason)
{
    struct ssc_conn *c = r->lease.conn;
    if (c) {
        c->ended[c->ended_next++ % 8] = r->lease.serial;
    }
    ssc_lease_end(r, reason);
}

static void done(struct ssc_task *task)
{
    struct ssc_call *call = (struct ssc_call *)((char *)task - offsetof(struct ssc_call, task));
    struct ssc_reader *r = task->reader;
    const bool mine = r->lease.serial != 0 && r->lease.serial == call->lease_serial;
    const bool wanted = call->stage != SSC_STAGE_DONE && call->conn;
    const unsigned flags = call->method->flags;
    const bool unknown = call->rc == SSC_E_OUTCOME_UNKNOWN;
    if (mine && call->rc == 0 && (flags & SSC_M_KEEP) && wanted && call->result &&
        !json_object_get(call->result, "repeated")) {
        r->lease.by_call = r->lease.by_call || (call->own_lease && call->method->work != ssc_acquire_work);
        name_lease(r, ssc_call_int(call, "hold_ms", 0), call->result);
    } else if (mine && call->own_lease) {
        ssc_lease_end(r, "done");
    } else if (mine && call->keep) {
        r->lease.by_call = false;
    } else if (mine && r->lease.by_call && (flags & (SSC_M_KEEP | SSC_M_END)) && !call->open) {
        forget_lease(r, "done");
    }
    ssc_call_worked(call);
    if (unknown && r->card[0]) {
        ssc_settle_inserted(r); /* the card is still there: ask it now */
    }
}

static void start(struct ssc_call *call)
{
    struct ssc_reader *r = call->reader;
    ssc_call_at_work(call);
    call->insertion = r->state.insertions;
    call->task.work = work;
    call->task.done = done;
    call->task.deadline = call->work_deadline;
    ssc_reader_submit(r, &call->task);
}

static void grant(struct ssc_reader *r, struct ssc_call *call)
{
    TAILQ_REMOVE(&r->waiting, call, of_wait);
    r->queued--;
    call->stage = SSC_STAGE_NEW;
    r->lease = (struct ssc_lease){
        .serial = ++r->all->lease_serial, .conn = call->conn, .owner = call->peer, .since_ms = ssc_unix_ms()};
    call->lease_serial = r->lease.serial;
    call->own_lease = true;
    start(call);
}

void ssc_lease_pump(struct ssc_reader *r)
{
    struct ssc_call *call = TAILQ_FIRST(&r->waiting);
    if (call && !r->lease.serial && !r->wedged && TAILQ_EMPTY(&r->tasks) && r->card[0]) {
        grant(r, call);
    }
}

int ssc_readers_queue(struct ssc_call *call)
{
    struct ssc_reader *r = call->reader;
    int rc = 0;
    if (r->wedged) {
        rc = SSC_E_READER_WEDGED;
    } else if (call->lease_serial) {
        start(call);
    } else if (r->lease.serial && r->lease.conn == call->conn && r->lease.named &&
               call->method->work == ssc_acquire_work) {
        rc = ssc_call_fail(call, SSC_E_READER_BUSY, "this connection holds the card already",
                           "本连接已占用该卡片");
    } else if (r->queued >= (unsigned)call->d->config.queue) {
        rc = SSC_E_QUEUE_FULL;
    } else {
        ssc_call_wait(call, SSC_STAGE_WAIT_LEASE);
        TAILQ_INSERT_TAIL(&r->waiting, call, of_wait);
        r->queued++;
        ssc_lease_pump(r);
    }
    return rc;
}

void ssc_readers_unqueue(struct ssc_call *call)
{
    if (call->stage == SSC_STAGE_WAIT_LEASE) {
        TAILQ_REMOVE(&call->reader->waiting, call, of_wait);
        call->reader->queued--;
    } else if (call->stage == SSC_STAGE_WAIT_CARD) {
        TAILQ_REMOVE(&call->d->readers->waits, call, of_wait);
    }
}

void ssc_lease_refuse_waiting(struct ssc_reader *r, int code)
{
    struct ssc_call *call;
    while ((call = TAILQ_FIRST(&r->waiting)) != NULL) {
        ssc_call_finish(call, code);
    }
}

void ssc_readers_conn_gone(struct ssc_readers *rs, struct ssc_conn *conn)
{
    for (struct ssc_reader *r = ssc_readers_next(rs, NULL); r; r = ssc_readers_next(rs, r)) {
        if (r->lease.serial && r->lease.conn == conn) {
            r->lease.conn = NULL;
            if (r->lease.named) {
                ssc_lease_end(r, "connection closed");
                ssc_lease_pump(r);
            } /* else a call is at work under it, and ends it when it is done */
        }
    }
}
