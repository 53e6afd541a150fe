/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/worker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct ssc_worker {
    struct ssc_mailbox *box;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t wake;
    struct ssc_job *first, *last;
    bool stop;
    char name[16];
};

static void append(struct ssc_job **first, struct ssc_job **last, struct ssc_job *job)
{
    job->next = NULL;
    if (*last) {
        (*last)->next = job;
    } else {
        *first = job;
    }
    *last = job;
}

static struct ssc_job *take_all(struct ssc_mailbox *box)
{
    uv_mutex_lock(&box->lock);
    struct ssc_job *jobs = box->first;
    box->first = box->last = NULL;
    uv_mutex_unlock(&box->lock);
    return jobs;
}

static void deliver(struct ssc_mailbox *box)
{
    struct ssc_job *job = take_all(box);
    while (job) {
        struct ssc_job *next = job->next; /* done may free the job */
        job->done(job);
        job = next;
    }
}

static void on_async(uv_async_t *async)
{
    deliver(async->data);
}

int ssc_mailbox_init(struct ssc_mailbox *box, uv_loop_t *loop)
{
    *box = (struct ssc_mailbox){0};
    int rc = uv_mutex_init(&box->lock) == 0 ? 0 : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        rc = uv_async_init(loop, &box->async, on_async) == 0 ? 0 : SSC_E_OUT_OF_MEMORY;
        box->async.data = box;
    }
    return rc;
}

void ssc_mailbox_post(struct ssc_mailbox *box, struct ssc_job *job)
{
    uv_mutex_lock(&box->lock);
    append(&box->first, &box->last, job);
    uv_mutex_unlock(&box->lock);
    uv_async_send(&box->async);
}

void ssc_mailbox_close(struct ssc_mailbox *box)
{
    deliver(box);
    uv_close((uv_handle_t *)&box->async, NULL);
}

static void run(void *arg)
{
    struct ssc_worker *w = arg;
    bool more = true;
    pthread_setname_np(pthread_self(), w->name);
    while (more) {
        uv_mutex_lock(&w->lock);
        while (!w->first && !w->stop) {
            uv_cond_wait(&w->wake, &w->lock);
        }
        struct ssc_job *job = w->first;
        if (job) {
            w->first = job->next;
            w->last = w->first ? w->last : NULL;
        }
        more = job != NULL; /* stop is only obeyed with an empty queue */
        uv_mutex_unlock(&w->lock);
        if (job) {
            if (job->work) {
                job->work(job);
            }
            ssc_mailbox_post(w->box, job);
        }
    }
}

int ssc_worker_new(struct ssc_mailbox *box, const char *name, struct ssc_worker **out)
{
    int rc = SSC_E_OUT_OF_MEMORY;
    struct ssc_worker *w = calloc(1, sizeof *w);
    *out = NULL;
    if (!w) {
        goto done;
    }
    w->box = box;
    snprintf(w->name, sizeof w->name, "%s", name);
    if (uv_mutex_init(&w->lock) != 0) {
        goto done;
    }
    if (uv_cond_init(&w->wake) != 0) {
        uv_mutex_destroy(&w->lock);
        goto done;
    }
    if (uv_thread_create(&w->thread, run, w) != 0) {
        uv_cond_destroy(&w->wake);
        uv_mutex_destroy(&w->lock);
        goto done;
    }
    *out = w;
    w = NULL;
    rc = 0;
done:
    free(w);
    return rc;
}

void ssc_worker_submit(struct ssc_worker *w, struct ssc_job *job)
{
    uv_mutex_lock(&w->lock);
    append(&w->first, &w->last, job);
    uv_cond_signal(&w->wake);
    uv_mutex_unlock(&w->lock);
}

static void ask_to_stop(struct ssc_worker *w)
{
    uv_mutex_lock(&w->lock);
    w->stop = true;
    uv_cond_signal(&w->wake);
    uv_mutex_unlock(&w->lock);
}

void ssc_worker_free(struct ssc_worker **w)
{
    if (w && *w) {
        ask_to_stop(*w);
        uv_thread_join(&(*w)->thread);
        uv_cond_destroy(&(*w)->wake);
        uv_mutex_destroy(&(*w)->lock);
        free(*w);
        *w = NULL;
    }
}

void ssc_worker_abandon(struct ssc_worker **w)
{
    if (w && *w) {
        uv_mutex_lock(&(*w)->lock);
        (*w)->first = (*w)->last = NULL; /* what it has not begun must not begin */
        uv_mutex_unlock(&(*w)->lock);
        ask_to_stop(*w);
        pthread_detach((*w)->thread);
        *w = NULL;
    }
}
