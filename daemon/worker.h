/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that may block, beside a loop that never does. A worker is one thread with a queue of jobs; a
 * finished job travels back through the mailbox and its `done` runs on the loop. Nothing is shared between
 * the two sides but the job itself, which belongs to exactly one of them at a time.
 */
#ifndef SSC_DAEMON_WORKER_H
#define SSC_DAEMON_WORKER_H

#include "apdu/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* Embedded in whatever is to be done; `owner` finds the rest again. */
struct ssc_job {
    struct ssc_job *next;
    void (*work)(struct ssc_job *job); /* worker thread; may be NULL for a mere message */
    void (*done)(struct ssc_job *job); /* loop thread */
    void *owner;
};

/* The way back to the loop. */
struct ssc_mailbox {
    uv_async_t async;
    uv_mutex_t lock;
    struct ssc_job *first, *last;
};
int ssc_mailbox_init(struct ssc_mailbox *box, uv_loop_t *loop);
/* Any thread; its `done` runs on the loop soon. */
void ssc_mailbox_post(struct ssc_mailbox *box, struct ssc_job *job);
/* Loop thread, after every worker has stopped: runs what is left and closes the handle. */
void ssc_mailbox_close(struct ssc_mailbox *box);

struct ssc_worker;
/* SSC_E_OUT_OF_MEMORY. The name shows in ps and debuggers, 15 characters. Borrows the mailbox. */
int ssc_worker_new(struct ssc_mailbox *box, const char *name, struct ssc_worker **out);
void ssc_worker_submit(struct ssc_worker *w, struct ssc_job *job);
/* Finishes what is queued, then ends the thread. Blocks: call it only for a worker that has nothing to do. */
void ssc_worker_free(struct ssc_worker **w);
/* For a worker that is stuck in a call that does not return: lets go of it for good. */
void ssc_worker_abandon(struct ssc_worker **w);

#endif
