/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/call.h"

#include "daemon/events.h"
#include "daemon/ledger.h"
#include "daemon/ops.h"
#include "daemon/psam.h"
#include "daemon/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The worker gets a little less time than the caller, so that what it knows (a transaction, a status word)
 * still reaches the caller, instead of a bare deadline_exceeded. */
#define MARGIN_MS 15

/* ---- params ---- */

const char *ssc_call_text(const struct ssc_call *call, const char *name)
{
    return json_string_value(json_object_get(call->params, name));
}

int64_t ssc_call_int(const struct ssc_call *call, const char *name, int64_t fallback)
{
    const json_t *v = json_object_get(call->params, name);
    return json_is_integer(v) ? json_integer_value(v) : fallback;
}

bool ssc_call_bool(const struct ssc_call *call, const char *name, bool fallback)
{
    const json_t *v = json_object_get(call->params, name);
    return json_is_boolean(v) ? json_is_true(v) : fallback;
}

int ssc_call_hex(const struct ssc_call *call, const char *name, uint8_t *out, size_t *len)
{
    const char *text = ssc_call_text(call, name);
    int rc = 0;
    if (text) {
        rc = ssc_hex_decode(text, out, len);
    } else {
        *len = 0;
    }
    return rc;
}

struct ssc_auth *ssc_call_auth(struct ssc_call *call)
{
    if (!call->auth) {
        call->auth = ssc_psams_get(call->d->psam, call->work_deadline);
    }
    return call->auth;
}

/* ---- the end of a call ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void release(struct ssc_call *call)
{
    json_decref(call->id);
    json_decref(call->params);
    json_decref(call->result);
    json_decref(call->error_txn);
    json_decref(call->events);
    if (call->in_ops) {
        TAILQ_REMOVE(&call->d->ops, call, of_ops);
    }
    if (call->timer_open) {
        uv_close((uv_handle_t *)&call->timer, on_timer_closed);
    } else {
        free(call);
    }
}

/* While a worker has the call, its members must not be looked at: only the code is told. */
static json_t *error_of(const struct ssc_call *call, int rc)
{
    const bool mine = !call->at_work;
    json_t *error =
        ssc_json_error(rc, mine ? call->detail.en : NULL, mine ? call->cla : -1, mine ? call->ins : -1);
    json_t *data = json_object_get(error, "data");
    if (data && mine && call->detail.zh[0]) {
        json_object_set_new(data, "detail_zh", json_string(call->detail.zh));
    }
    if (data && mine && call->tries >= 0) {
        json_object_set_new(data, "tries", json_integer(call->tries));
    }
    if (data && mine && call->error_txn) {
        json_object_set(data, "txn", call->error_txn);
    }
    return error;
}

static void audit(const struct ssc_call *call, int rc)
{
    const char *op = ssc_call_text(call, "op");
    const json_t *txn = call->error_txn ? call->error_txn : json_object_get(call->result, "txn");
    ssc_log(&call->d->log, SSC_LOG_INFO,
            "audit: %s uid=%u pid=%ld program=%s card=%s op=%s txn=%lld outcome=%s sw=%04X",
            call->method->name, (unsigned)call->peer.uid, (long)call->peer.pid, call->peer.program,
            call->card, op ? op : "-", (long long)json_integer_value(json_object_get(txn, "id")),
            rc == 0 ? "ok" : ssc_error_info(rc)->symbol, rc > 0 ? (unsigned)rc : 0u);
}

static void answer(struct ssc_call *call, int rc)
{
    if (call->conn && call->id && rc == 0) {
        json_t *line = json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", call->id, "result",
                                 call->result ? json_incref(call->result) : json_object());
        if (line) {
            ssc_conn_send(call->conn, line);
            json_decref(line);
        }
    } else if (call->conn && call->id) {
        ssc_rpc_answer_error(call->conn, call->id, error_of(call, rc));
    }
}

/* A repeat that waited for its card in vain still answers what the journal knows. */
static int known_instead(struct ssc_call *call, int rc)
{
    const bool instead = call->known && !call->slot && !call->at_work && rc != 0 && rc != SSC_E_CANCELLED;
    if (instead) {
        call->detail = (struct ssc_detail){"", ""};
    }
    return instead ? call->known_rc : rc;
}

void ssc_call_finish(struct ssc_call *call, int rc)
{
    rc = known_instead(call, rc);
    if (call->stage != SSC_STAGE_DONE) {
        struct ssc_conn *c = call->conn;
        if (call->stage == SSC_STAGE_WAIT_LEASE || call->stage == SSC_STAGE_WAIT_CARD) {
            ssc_readers_unqueue(call);
        }
        call->stage = SSC_STAGE_DONE;
        if (call->timer_open) {
            uv_timer_stop(&call->timer);
        }
        if ((call->method->flags & SSC_M_OP) && !call->at_work) {
            audit(call, rc);
        }
        answer(call, rc);
        if (c) {
            TAILQ_REMOVE(&c->calls, call, of_conn);
            c->call_count--;
            call->conn = NULL;
            ssc_conn_call_done(c);
        }
    }
    if (call->at_work) {
        atomic_store(&call->dropped, true); /* the worker gives it back through ssc_call_worked */
    } else {
        release(call);
    }
}

void ssc_call_orphan(struct ssc_call *call)
{
    struct ssc_conn *c = call->conn;
    TAILQ_REMOVE(&c->calls, call, of_conn);
    c->call_count--;
    call->conn = NULL;
    ssc_call_finish(call, SSC_E_CANCELLED);
}

/* ---- waiting ---- */

static void on_deadline(uv_timer_t *timer)
{
    struct ssc_call *call = timer->data;
    int rc = call->stage == SSC_STAGE_WAIT_CARD ? ssc_readers_wait_over(call) : SSC_E_DEADLINE_EXCEEDED;
    if (call->stage == SSC_STAGE_WAIT_LEASE && call->reader && call->reader->lease.serial) {
        const struct ssc_peer *owner = &call->reader->lease.owner;
        /* Somebody keeps the card; a single call that takes its time is the reader's or the card's affair. */
        rc = call->reader->lease.named ? SSC_E_READER_BUSY : rc;
        ssc_detail_set(&call->detail, "waiting for the card, which pid %ld (%s) holds",
                       "正在等待卡片，被进程 %ld（%s）占用", (long)owner->pid, owner->program);
    }
    ssc_call_finish(call, rc);
}

void ssc_call_wait(struct ssc_call *call, enum ssc_stage stage)
{
    call->stage = stage;
    if (!call->timer_open) {
        const int64_t left = call->deadline - ssc_now_ms();
        uv_timer_init(call->d->loop, &call->timer);
        call->timer.data = call;
        call->timer_open = true;
        uv_update_time(call->d->loop);
        uv_timer_start(&call->timer, on_deadline, left > 0 ? (uint64_t)left : 0, 0);
    }
}

void ssc_call_at_work(struct ssc_call *call)
{
    ssc_call_wait(call, SSC_STAGE_AT_WORK);
    call->at_work = true;
    call->work_deadline = call->deadline - MARGIN_MS;
}

/* ---- work beside the loop ---- */

static void store_work(struct ssc_job *job)
{
    struct ssc_call *call = job->owner;
    if (atomic_load(&call->dropped)) {
        call->rc = SSC_E_CANCELLED;
    } else {
        call->rc = call->method->work(call);
    }
}

static void store_done(struct ssc_job *job)
{
    ssc_call_worked(job->owner);
}

static void go_store(struct ssc_call *call)
{
    ssc_call_at_work(call);
    call->job = (struct ssc_job){.work = store_work, .done = store_done, .owner = call};
    ssc_worker_submit(call->method->flags & SSC_M_SIM ? call->d->hand : call->d->store, &call->job);
}

static void go_card(struct ssc_call *call)
{
    int rc = ssc_readers_pick(call);
    if (rc == 0) {
        rc = ssc_readers_queue(call);
    }
    if (rc != 0) {
        ssc_call_finish(call, rc);
    }
}

/* A repeat is answered from the journal, before any card is asked for: the card may be gone by now. */
static void repeat_work(struct ssc_job *job)
{
    struct ssc_call *call = job->owner;
    call->rc = atomic_load(&call->dropped) ? SSC_E_CANCELLED : ssc_ledger_need(call);
    if (call->rc == 0) {
        call->rc = ssc_ops_repeat(call);
    }
}

static void repeat_done(struct ssc_job *job)
{
    struct ssc_call *call = job->owner;
    if (call->stage != SSC_STAGE_DONE && call->rc == SSC_GO_CARD) {
        call->at_work = false;
        call->stage = SSC_STAGE_NEW;
        go_card(call);
    } else {
        call->rc = call->rc == SSC_GO_CARD ? SSC_E_CANCELLED : call->rc; /* given up before it could go on */
        ssc_call_worked(call);
    }
}

static bool same_op_at_work(const struct ssc_call *call)
{
    const char *op = ssc_call_text(call, "op");
    bool found = false;
    const struct ssc_call *other;
    TAILQ_FOREACH(other, &call->d->ops, of_ops)
    {
        found = found || (other->peer.uid == call->peer.uid && strcmp(ssc_call_text(other, "op"), op) == 0);
    }
    return found;
}

static void go_op(struct ssc_call *call)
{
    if (same_op_at_work(call)) {
        ssc_call_finish(call, SSC_E_OP_BUSY);
    } else {
        TAILQ_INSERT_TAIL(&call->d->ops, call, of_ops);
        call->in_ops = true;
        ssc_call_at_work(call);
        call->job = (struct ssc_job){.work = repeat_work, .done = repeat_done, .owner = call};
        ssc_worker_submit(call->d->store, &call->job);
    }
}

void ssc_call_start(struct ssc_call *call)
{
    const unsigned flags = call->method->flags;
    int rc = flags & (SSC_M_STORE | SSC_M_SIM) ? SSC_GO_STORE : SSC_GO_CARD;
    if (call->method->now) {
        rc = call->method->now(call);
    }
    if (rc == SSC_GO_STORE) {
        go_store(call);
    } else if (rc == SSC_GO_CARD && (flags & SSC_M_OP)) {
        go_op(call);
    } else if (rc == SSC_GO_CARD) {
        go_card(call);
    } else if (rc != SSC_PENDING) {
        ssc_call_finish(call, rc);
    }
}

void ssc_call_worked(struct ssc_call *call)
{
    const int rc = call->rc;
    call->at_work = false;
    if (call->events) {
        ssc_events_txns(call->d->events, call->events);
    }
    if (call->stage == SSC_STAGE_DONE) {
        if (call->method->flags & SSC_M_OP) {
            audit(call, rc); /* too late for the caller, but it happened */
        }
        release(call);
    } else {
        ssc_call_finish(call, rc);
    }
}
