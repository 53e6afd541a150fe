/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the daemon share. It lives in main(), belongs to the loop thread, and holds no card. */
#ifndef SSC_DAEMON_DAEMON_H
#define SSC_DAEMON_DAEMON_H

#include "daemon/config.h"
#include "daemon/log.h"
#include "daemon/worker.h"
#include "middleware/auth/provider.h"
#include "middleware/journal.h"

#include <stdatomic.h>
#include <sys/queue.h>

#define SSC_PROTOCOL 1
#define SSC_LINE_MAX 65536u      /* bytes of a request without its newline */
#define SSC_DEPTH_MAX 16u        /* nesting of a request */
#define SSC_CLIENT_CALLS_MAX 64u /* unanswered calls of one connection */

struct ssc_call;
TAILQ_HEAD(ssc_op_list, ssc_call);

struct ssc_daemon {
    uv_loop_t *loop;
    struct ssc_config config;
    struct ssc_log log;
    struct ssc_profile profile;
    struct ssc_habits *habits;
    struct ssc_driver *driver;
    bool simulated;                        /* sim.* methods work */
    _Atomic(struct ssc_journal *) journal; /* NULL: no money moves; see ledger.h */
    uv_mutex_t ledger_lock;                /* of the four below, and of opening the journal */
    int journal_error, revive_error;
    int64_t journal_tried_ms;
    char journal_why[200];
    struct ssc_auth *key_file; /* NULL without one */
    struct ssc_psams *psam;
    struct ssc_worker *store; /* journal calls, because fsync blocks */
    struct {
        int64_t begun_ms; /* 0: never */
        int rc;
        size_t unsettled;
    } probe;                 /* of the journal, the newest; the store's thread alone */
    struct ssc_worker *hand; /* moves simulated cards; NULL where the readers are real */
    struct ssc_mailbox mailbox;
    struct ssc_server *server;
    struct ssc_readers *readers;
    struct ssc_events *events;
    int64_t started_ms; /* CLOCK_MONOTONIC */
    uint64_t calls;
    struct ssc_op_list ops; /* calls with an op key that are not over */
    bool stopping;
    int64_t stop_at_ms;
    uv_timer_t stop_poll;
    uv_timer_t alive; /* tells the service manager, where it asked for it */
};

#endif
