/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by readers.c, pick.c and lease.c alone. */
#ifndef SSC_DAEMON_READERS_IMPL_H
#define SSC_DAEMON_READERS_IMPL_H

#include "daemon/readers.h"

#include <pthread.h>
#include <stdatomic.h>

struct ssc_readers {
    struct ssc_daemon *d;
    TAILQ_HEAD(, ssc_reader) list; /* listed ones, and unplugged ones with a task still running */
    struct ssc_call_list waits;    /* card.wait */
    uv_thread_t thread;
    uv_mutex_t look;
    atomic_bool stop;
    bool started, service_ok, stuck;
    bool known; /* the first snapshot is in */
    uint64_t lease_serial;
};

/* A PSAM in this slot gets a handle, and the slot a thread, for somebody who wants to speak to it. */
void ssc_reader_lend(struct ssc_reader *r);
/* The holder is done: a task that cleans up on the worker. */
void ssc_reader_leave(struct ssc_reader *r);
/* After every snapshot: answers those whose card has come or gone. */
void ssc_readers_wake_waits(struct ssc_readers *rs);

#endif
