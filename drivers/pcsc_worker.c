/* SPDX-License-Identifier: Apache-2.0 */
/* The worker: hand-over of jobs between a caller with a deadline and a thread that may have to wait for ever.
 */
#include "drivers/pcsc_internal.h"

#include <stdlib.h>
#include <string.h>

static void enlist(struct ssc_pcsc_worker *w)
{
    pthread_mutex_lock(&w->hub->lock);
    w->next = w->hub->workers;
    w->hub->workers = w;
    pthread_mutex_unlock(&w->hub->lock);
}

static void delist(struct ssc_pcsc_worker *w)
{
    pthread_mutex_lock(&w->hub->lock);
    for (struct ssc_pcsc_worker **at = &w->hub->workers; *at; at = &(*at)->next) {
        if (*at == w) {
            *at = w->next;
            break;
        }
    }
    pthread_cond_broadcast(&w->hub->changed);
    pthread_mutex_unlock(&w->hub->lock);
}

static void unref(struct ssc_pcsc_worker *w)
{
    pthread_mutex_lock(&w->lock);
    const bool last = --w->refs == 0;
    pthread_mutex_unlock(&w->lock);
    if (last) {
        ssc_pcsc_hub_unref(w->hub);
        pthread_cond_destroy(&w->wanted);
        pthread_cond_destroy(&w->done);
        pthread_mutex_destroy(&w->lock);
        free(w);
    }
}

static void tell_hub(struct ssc_pcsc_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    pthread_cond_broadcast(&hub->changed);
    pthread_mutex_unlock(&hub->lock);
}

/* worker.lock held, a job just came back and whoever waited for it has left. */
static void recover(struct ssc_pcsc_worker *w)
{
    explicit_bzero(w->tx, w->tx_len);
    explicit_bzero(w->rx, w->rx_len);
    atomic_store(&w->standing, w->channel ? SSC_PCSC_LIVE : SSC_PCSC_CLOSING);
    if (w->channel) {
        w->channel->wedged = false;
    }
    w->abandoned = false;
}

static void *worker_thread(void *arg)
{
    struct ssc_pcsc_worker *w = arg;
    bool closing = false;
    while (!closing) {
        pthread_mutex_lock(&w->lock);
        while (w->job == SSC_PCSC_IDLE && w->channel) {
            pthread_cond_wait(&w->wanted, &w->lock);
        }
        const enum ssc_pcsc_job job = w->job == SSC_PCSC_IDLE ? SSC_PCSC_CLOSE : w->job;
        pthread_mutex_unlock(&w->lock);

        const int result = ssc_pcsc_job_do(w, job);
        closing = job == SSC_PCSC_CLOSE;

        pthread_mutex_lock(&w->lock);
        if (w->abandoned && job == SSC_PCSC_BEGIN && result == 0) {
            /* The card was given to a caller who no longer wants it. */
            pthread_mutex_unlock(&w->lock);
            ssc_pcsc_job_do(w, SSC_PCSC_END);
            pthread_mutex_lock(&w->lock);
        }
        const bool late = w->abandoned;
        if (late) {
            recover(w);
        }
        w->result = result;
        w->job = SSC_PCSC_IDLE;
        pthread_cond_signal(&w->done);
        pthread_mutex_unlock(&w->lock);
        if (late) {
            tell_hub(w->hub);
        }
    }
    delist(w);
    unref(w);
    return NULL;
}

int ssc_pcsc_worker_new(struct ssc_pcsc_hub *hub, const char *reader, bool exclusive,
                        struct ssc_pcsc_worker **out)
{
    struct ssc_pcsc_worker *w = calloc(1, sizeof *w);
    int rc = w ? 0 : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        pthread_mutex_init(&w->lock, NULL);
        pthread_cond_init(&w->wanted, NULL);
        rc = ssc_cond_init(&w->done);
    }
    if (rc == 0) {
        w->hub = ssc_pcsc_hub_ref(hub);
        w->exclusive = exclusive;
        memcpy(w->reader, reader, strlen(reader) + 1);
        memcpy(w->raw, reader, strlen(reader) + 1);
        w->refs = 1;
        *out = w;
    } else {
        free(w);
    }
    return rc;
}

int ssc_pcsc_worker_start(struct ssc_pcsc_worker *w, struct ssc_channel *channel)
{
    w->channel = channel;
    w->refs++;
    enlist(w);
    const int rc = ssc_pcsc_thread(worker_thread, w);
    if (rc != 0) {
        delist(w);
        unref(w);
    }
    return rc;
}

int ssc_pcsc_worker_run(struct ssc_pcsc_worker *w, enum ssc_pcsc_job job, int64_t deadline)
{
    bool in_time = ssc_now_ms() < deadline;
    int rc = SSC_E_DEADLINE_EXCEEDED;
    bool stuck = false;
    pthread_mutex_lock(&w->lock);
    if (in_time) {
        w->job = job;
        pthread_cond_signal(&w->wanted);
        while (w->job != SSC_PCSC_IDLE && in_time) {
            in_time = ssc_cond_wait(&w->done, &w->lock, deadline);
        }
        stuck = w->job != SSC_PCSC_IDLE;
        if (stuck) {
            w->abandoned = true;
            w->channel->wedged = true;
            atomic_store(&w->standing, job == SSC_PCSC_BEGIN ? SSC_PCSC_WAITING : SSC_PCSC_STUCK);
        } else {
            rc = w->result;
        }
    }
    pthread_mutex_unlock(&w->lock);
    return rc;
}

void ssc_pcsc_worker_close(struct ssc_pcsc_worker *w, bool power_down)
{
    pthread_mutex_lock(&w->lock);
    if (!w->abandoned) {
        atomic_store(&w->standing, SSC_PCSC_CLOSING);
    }
    w->power_down = power_down;
    w->channel = NULL;
    pthread_cond_signal(&w->wanted);
    pthread_mutex_unlock(&w->lock);
    unref(w);
}
