/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request from its line to its answer. It is answered exactly once, by its deadline, whatever the card
 * does: the loop's timer answers when the worker has not, and the worker's late result is then discarded (the
 * journal keeps the truth about money).
 *
 * Loop thread, except where a member says "work": those belong to the worker while the call is at work.
 */
#ifndef SSC_DAEMON_CALL_H
#define SSC_DAEMON_CALL_H

#include "daemon/conn.h"
#include "daemon/method.h"
#include "daemon/readers.h"
#include "middleware/render.h"

#include <stdatomic.h>

enum ssc_stage {
    SSC_STAGE_NEW,
    SSC_STAGE_WAIT_LEASE,
    SSC_STAGE_WAIT_CARD,
    SSC_STAGE_AT_WORK,
    SSC_STAGE_DONE, /* answered; freed as soon as no worker has it */
};

struct ssc_call {
    TAILQ_ENTRY(ssc_call) of_conn;
    TAILQ_ENTRY(ssc_call) of_wait; /* for a lease, or for a card */
    TAILQ_ENTRY(ssc_call) of_ops;  /* one op at a time */
    bool in_ops;
    struct ssc_daemon *d;
    struct ssc_conn *conn; /* NULL: nobody waits for the answer any more */
    const struct ssc_method *method;
    json_t *id;     /* NULL: a notification */
    json_t *params; /* checked; read-only for the worker */
    struct ssc_peer peer;
    enum ssc_stage stage;
    bool at_work; /* a worker has it */
    uv_timer_t timer;
    bool timer_open;
    int64_t received_ms, deadline; /* CLOCK_MONOTONIC */

    /* Which card. lease_serial: the lease it runs under, 0 while there is none. */
    struct ssc_reader *reader;
    char card[SSC_HANDLE_MAX];
    uint64_t lease_serial;
    uint32_t insertion;
    bool own_lease; /* taken for this call alone */
    bool keep;      /* work: the caller wants the lease for the rights that it has opened */
    bool open;      /* work: what was begun under the lease can still be completed */

    /* work */
    struct ssc_task task;
    struct ssc_job job;         /* for the store */
    atomic_bool dropped;        /* answered already: do not begin */
    struct ssc_card_slot *slot; /* NULL beside the journal */
    struct ssc_auth *auth;      /* borrowed by ssc_call_auth */
    int64_t work_deadline;      /* a little before the caller's, so that the result is still in time */
    int rc;
    int cla, ins; /* of the command that a status word answers, -1 */
    int tries;    /* left of the PIN, or of the key that the card refused; -1 */
    struct ssc_detail detail;
    json_t *result;    /* new reference */
    json_t *error_txn; /* data.txn of an error */
    json_t *events;    /* [{type, owner, txn}] to be told afterwards */
    bool begun;        /* a repeat of a two-step whose second half is still to come */
    bool known;        /* a repeat that asks its card once more; result and error_txn are the journal's */
    int known_rc;      /* what it answers when no card comes */
};

/* From arrival: on the loop, to the journal, or to a card. */
void ssc_call_start(struct ssc_call *call);

/* A handler's way to fail: sets the detail, as ssc_detail_set, and gives rc. */
#define ssc_call_fail(call, rc, ...) (ssc_detail_set(&(call)->detail, __VA_ARGS__), (rc))

/* Work: the provider of keys, NULL without one; waits while a PSAM is being opened. Given back after the
 * work. */
struct ssc_auth *ssc_call_auth(struct ssc_call *call);

/* Answers unless it is answered already, and frees the call unless a worker still has it. */
void ssc_call_finish(struct ssc_call *call, int rc);
/* The caller's connection is gone. */
void ssc_call_orphan(struct ssc_call *call);
/* After the worker: results to the caller, events to everybody. */
void ssc_call_worked(struct ssc_call *call);
/* Starts the deadline's timer; before the first wait. */
void ssc_call_wait(struct ssc_call *call, enum ssc_stage stage);
/* The same, and from here on it belongs to a worker. */
void ssc_call_at_work(struct ssc_call *call);

/* Params, after they have been checked against the table. NULL / fallback when absent. */
const char *ssc_call_text(const struct ssc_call *call, const char *name);
int64_t ssc_call_int(const struct ssc_call *call, const char *name, int64_t fallback);
bool ssc_call_bool(const struct ssc_call *call, const char *name, bool fallback);
/* Hexadecimal into bytes; *len capacity in, length out, 0 when absent. */
int ssc_call_hex(const struct ssc_call *call, const char *name, uint8_t *out, size_t *len);

#endif
