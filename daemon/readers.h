/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The readers as the loop sees them: what the driver's watch thread reports, card handles, and who may use
 * which card (the lease). Each reader that takes cards has one worker. Loop thread, unless said otherwise.
 */
#ifndef SSC_DAEMON_READERS_H
#define SSC_DAEMON_READERS_H

#include "daemon/conn.h"
#include "daemon/slot.h"

#define SSC_HANDLE_MAX 24u /* "card-" + 16 hex digits */
#define SSC_LEASE_MAX 40u  /* "lease-" + 32 hex digits */

/* Work for a reader's thread, in order. */
struct ssc_task {
    TAILQ_ENTRY(ssc_task) of_reader;
    struct ssc_job job;
    struct ssc_reader *reader;
    int64_t deadline; /* by which `work` should have returned */
    bool wedged;      /* the worker's last word about the reader */
    void (*work)(struct ssc_task *task, struct ssc_card_slot *slot); /* worker thread */
    void (*done)(struct ssc_task *task);                             /* loop; owns the task */
};
TAILQ_HEAD(ssc_task_list, ssc_task);

/* The right to use the card. One at most per reader. */
struct ssc_lease {
    uint64_t serial; /* 0: nobody holds it */
    char token[SSC_LEASE_MAX];
    struct ssc_conn *conn;
    struct ssc_peer owner;
    int64_t since_ms, expires_ms; /* UTC, Unix ms */
    bool named;                   /* the holder knows the token */
    bool by_call;                 /* a KEEP method took it: it ends with what was begun under it */
};

struct ssc_reader {
    TAILQ_ENTRY(ssc_reader) of_readers;
    struct ssc_readers *all;
    struct ssc_daemon *d;
    struct ssc_reader_state state;
    bool listed, wedged, seen;
    char card[SSC_HANDLE_MAX];  /* "" without a card */
    int64_t since_ms;           /* UTC, Unix ms: of the present state */
    struct ssc_worker *worker;  /* NULL for SAM slots */
    struct ssc_card_slot *slot; /* the worker's */
    struct ssc_task_list tasks;
    struct ssc_lease lease;
    struct ssc_call_list waiting;
    unsigned queued;
    uv_timer_t hold, watchdog;
    unsigned open_timers;
};

int ssc_readers_new(struct ssc_daemon *d, struct ssc_readers **out);
/* Starts the watch thread. */
int ssc_readers_start(struct ssc_readers *rs);
/* Any thread: asks the driver how the readers stand; the loop hears of it before anything that this thread
 * posts afterwards. */
void ssc_readers_look(struct ssc_readers *rs);
/* No new work; true when no worker has any left. */
bool ssc_readers_quiet(struct ssc_readers *rs);
/* Ends the threads; a stuck one is abandoned. */
void ssc_readers_stop(struct ssc_readers *rs);
/* Whether stop had to abandon a thread: what it may still touch must then not be freed. */
bool ssc_readers_stuck(const struct ssc_readers *rs);
void ssc_readers_free(struct ssc_readers **rs);

struct ssc_reader *ssc_readers_next(struct ssc_readers *rs, struct ssc_reader *after); /* listed ones */
struct ssc_reader *ssc_readers_by_name(struct ssc_readers *rs, const char *name);
json_t *ssc_readers_json(struct ssc_readers *rs); /* [{name, state, ...}] */

/* Which card the call means: by lease, card, reader, or the only one there is. Fills call->reader and ->card.
 */
int ssc_readers_pick(struct ssc_call *call);
/* Queues the call for the card it has picked: under its lease, or for a lease of its own. 0: on its way. */
int ssc_readers_queue(struct ssc_call *call);
/* A call leaves the queue before its turn. */
void ssc_readers_unqueue(struct ssc_call *call);
/* card.wait: 0 with the result, SSC_PENDING when it has to wait, or an error. */
int ssc_readers_wait(struct ssc_call *call);
/* What it is answered when its time is over: SSC_E_NO_CARD, _CARD_STILL_THERE, or what kept it from ever
 * coming true. */
int ssc_readers_wait_over(struct ssc_call *call);
void ssc_reader_submit(struct ssc_reader *r, struct ssc_task *task);
bool ssc_readers_service_ok(const struct ssc_readers *rs);
/* The first snapshot is in. */
bool ssc_readers_known(const struct ssc_readers *rs);

/* lease.c */
struct ssc_reader *ssc_lease_find(struct ssc_readers *rs, const struct ssc_conn *conn, const char *token);
/* Grants the next waiting call its turn, when the reader is free. */
void ssc_lease_pump(struct ssc_reader *r);
/* Ends the lease, whoever holds it. */
void ssc_lease_end(struct ssc_reader *r, const char *reason);
void ssc_lease_refuse_waiting(struct ssc_reader *r, int code);
void ssc_readers_conn_gone(struct ssc_readers *rs, struct ssc_conn *conn);
json_t *ssc_lease_json(const struct ssc_reader *r); /* null without one */

#endif
