/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/pcsc_internal.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct pcsc_driver {
    struct ssc_driver base;
    struct ssc_pcsc_hub *hub;
};

enum {
    STACK_BYTES = 256 * 1024,
    CANCEL_EVERY_MS = 5,
    FAREWELL_MS = 500, /* how long free() waits for what ends by itself */
};

int ssc_pcsc_thread(void *(*body)(void *), void *arg)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int rc = pthread_create(&thread, &attr, body, arg) == 0 ? 0 : SSC_E_OUT_OF_MEMORY;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return rc;
}

/* ---- the hub ---- */

static int hub_new(struct ssc_pcsc_hub **out)
{
    struct ssc_pcsc_hub *hub = calloc(1, sizeof *hub);
    int rc = hub ? ssc_cond_init(&hub->changed) : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        pthread_mutex_init(&hub->lock, NULL);
        hub->refs = 1;
        hub->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        *out = hub;
    } else {
        free(hub);
    }
    return rc;
}

struct ssc_pcsc_hub *ssc_pcsc_hub_ref(struct ssc_pcsc_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    hub->refs++;
    pthread_mutex_unlock(&hub->lock);
    return hub;
}

void ssc_pcsc_hub_unref(struct ssc_pcsc_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    const bool last = --hub->refs == 0;
    pthread_mutex_unlock(&hub->lock);
    if (last) {
        if (hub->stop_fd >= 0) {
            close(hub->stop_fd);
        }
        pthread_cond_destroy(&hub->changed);
        pthread_mutex_destroy(&hub->lock);
        free(hub);
    }
}

/* hub.lock held; false when the deadline passed. */
static bool hub_wait(struct ssc_pcsc_hub *hub, int64_t deadline)
{
    return ssc_cond_wait(&hub->changed, &hub->lock, deadline);
}

/* hub.lock held; NULL when the reader is not in the picture. */
static const struct ssc_pcsc_reader *reader_of(const struct ssc_pcsc_worker *w)
{
    const struct ssc_pcsc_hub *hub = w->hub;
    const struct ssc_pcsc_reader *found = NULL;
    for (size_t i = 0; hub->service && i < hub->count && !found; i++) {
        if (strcmp(hub->readers[i].state.name, w->reader) == 0) {
            found = &hub->readers[i];
        }
    }
    return found;
}

void ssc_pcsc_hub_note_card(struct ssc_pcsc_worker *w)
{
    pthread_mutex_lock(&w->hub->lock);
    const struct ssc_pcsc_reader *reader = reader_of(w);
    w->events_known = reader != NULL;
    if (reader) {
        memcpy(w->raw, reader->raw, sizeof w->raw);
        w->events = reader->event_state >> SSC_PCSC_EVENT_SHIFT;
        w->events_next = reader->state.slot == SSC_SLOT_EMPTY ? (w->events + 1) & 0xFFFF : w->events;
    }
    pthread_mutex_unlock(&w->hub->lock);
}

bool ssc_pcsc_hub_same_card(struct ssc_pcsc_worker *w)
{
    pthread_mutex_lock(&w->hub->lock);
    const struct ssc_pcsc_reader *reader = reader_of(w);
    const DWORD events = reader ? reader->event_state >> SSC_PCSC_EVENT_SHIFT : 0;
    const bool same = !w->events_known || !reader || events == w->events || events == w->events_next;
    pthread_mutex_unlock(&w->hub->lock);
    return same;
}

/* ---- the driver ---- */

static int pcsc_list(struct ssc_driver *d, struct ssc_reader_state *out, size_t *count, int64_t deadline)
{
    struct ssc_pcsc_hub *hub = ((struct pcsc_driver *)d)->hub;
    const size_t room = *count;
    int rc = 0;
    pthread_mutex_lock(&hub->lock);
    while (hub->version == 0 && rc == 0) {
        rc = hub_wait(hub, deadline) || hub->version ? 0 : SSC_E_DEADLINE_EXCEEDED;
    }
    *count = 0;
    if (rc == 0 && !hub->service) {
        rc = SSC_E_NO_SERVICE;
    } else if (rc == 0) {
        rc = hub->count > room ? SSC_E_BUFFER_TOO_SMALL : 0;
        *count = hub->count;
    }
    for (size_t i = 0; rc == 0 && i < *count; i++) {
        out[i] = hub->readers[i].state;
    }
    pthread_mutex_unlock(&hub->lock);
    return rc;
}

static int pcsc_watch(struct ssc_driver *d, uint64_t *version, int64_t deadline)
{
    struct ssc_pcsc_hub *hub = ((struct pcsc_driver *)d)->hub;
    bool in_time = true;
    int rc = 0;
    pthread_mutex_lock(&hub->lock);
    while (!hub->woken && hub->version == *version && in_time) {
        in_time = hub_wait(hub, deadline);
    }
    if (hub->woken) {
        hub->woken = false;
        rc = SSC_E_CANCELLED;
    } else if (hub->version == *version) {
        rc = SSC_E_DEADLINE_EXCEEDED;
    } else {
        /* An outage is a version like any other, so nobody is told of it twice. */
        *version = hub->version;
        rc = hub->service ? 0 : SSC_E_NO_SERVICE;
    }
    pthread_mutex_unlock(&hub->lock);
    return rc;
}

static void pcsc_wake(struct ssc_driver *d)
{
    struct ssc_pcsc_hub *hub = ((struct pcsc_driver *)d)->hub;
    pthread_mutex_lock(&hub->lock);
    hub->woken = true;
    pthread_cond_broadcast(&hub->changed);
    pthread_mutex_unlock(&hub->lock);
}

static int pcsc_connect(struct ssc_driver *d, const char *reader, bool exclusive, struct ssc_channel **out,
                        int64_t deadline)
{
    struct ssc_pcsc_hub *hub = ((struct pcsc_driver *)d)->hub;
    const size_t length = strlen(reader);
    int rc = length == 0 || length >= SSC_READER_NAME_MAX ? SSC_E_READER_NOT_FOUND : 0;
    pthread_mutex_lock(&hub->lock);
    bool closing = true;
    while (hub->version == 0 && rc == 0) { /* the first look is a matter of milliseconds */
        rc = hub_wait(hub, deadline) || hub->version ? 0 : SSC_E_DEADLINE_EXCEEDED;
    }
    while (rc == 0 && closing) {
        closing = false;
        for (const struct ssc_pcsc_worker *w = hub->workers; w && rc == 0; w = w->next) {
            const enum ssc_pcsc_standing standing = atomic_load(&w->standing);
            if (strcmp(w->reader, reader) == 0) {
                rc = standing == SSC_PCSC_STUCK     ? SSC_E_READER_WEDGED
                     : standing == SSC_PCSC_WAITING ? SSC_E_READER_BUSY
                                                    : 0;
                closing = closing || standing == SSC_PCSC_CLOSING;
            }
        }
        /* A channel that this driver has just closed must not stand in the way as "another program". */
        if (rc == 0 && closing) {
            rc = hub_wait(hub, deadline) ? 0 : SSC_E_DEADLINE_EXCEEDED;
        }
    }
    pthread_mutex_unlock(&hub->lock);
    return rc == 0 ? ssc_pcsc_channel_open(hub, reader, exclusive, out, deadline) : rc;
}

/* hub.lock held: something of this driver's will end by itself soon. */
static bool hub_has_business(const struct ssc_pcsc_hub *hub)
{
    bool business = hub->monitor_alive;
    for (const struct ssc_pcsc_worker *w = hub->workers; w && !business; w = w->next) {
        business = atomic_load(&w->standing) == SSC_PCSC_CLOSING;
    }
    return business;
}

/* Ends the monitor's wait; on a thread of its own, because SCardCancel has no timeout either. */
static void *cancel_monitor(void *arg)
{
    struct ssc_pcsc_hub *hub = arg;
    pthread_mutex_lock(&hub->lock);
    while (hub->monitor_alive) { /* a cancel that comes before the wait is lost, hence more than one */
        const SCARDCONTEXT context = hub->monitor_context;
        pthread_mutex_unlock(&hub->lock);
        if (context) {
            SCardCancel(context);
        }
        pthread_mutex_lock(&hub->lock);
        if (hub->monitor_alive) {
            hub_wait(hub, ssc_deadline(CANCEL_EVERY_MS));
        }
    }
    pthread_mutex_unlock(&hub->lock);
    ssc_pcsc_hub_unref(hub);
    return NULL;
}

static void pcsc_free(struct ssc_driver *d)
{
    struct pcsc_driver *self = (struct pcsc_driver *)d;
    struct ssc_pcsc_hub *hub = self->hub;
    const uint64_t one = 1;
    const int64_t farewell = ssc_deadline(FAREWELL_MS);
    pthread_mutex_lock(&hub->lock);
    hub->stopping = true;
    pthread_mutex_unlock(&hub->lock);
    const bool told = write(hub->stop_fd, &one, sizeof one) == (ssize_t)sizeof one;
    const bool helped = ssc_pcsc_thread(cancel_monitor, ssc_pcsc_hub_ref(hub)) == 0;
    if (!helped) {
        ssc_pcsc_hub_unref(hub);
    }
    bool in_time = told && helped; /* else the monitor stays behind until pcscd says something */
    pthread_mutex_lock(&hub->lock);
    while (hub_has_business(hub) && in_time) {
        in_time = hub_wait(hub, farewell);
    }
    pthread_mutex_unlock(&hub->lock);
    ssc_pcsc_hub_unref(hub);
    free(self);
}

static const struct ssc_driver_ops pcsc_ops = {
    .name = "pcsc",
    .list = pcsc_list,
    .watch = pcsc_watch,
    .wake = pcsc_wake,
    .connect = pcsc_connect,
    .free = pcsc_free,
};

int ssc_pcsc_driver_new(struct ssc_driver **out)
{
    struct pcsc_driver *self = calloc(1, sizeof *self);
    int rc = self ? hub_new(&self->hub) : SSC_E_OUT_OF_MEMORY;
    *out = NULL;
    if (rc == 0) {
        self->base.ops = &pcsc_ops;
        self->hub->monitor_alive = true;
        rc = ssc_pcsc_thread(ssc_pcsc_monitor, ssc_pcsc_hub_ref(self->hub));
        if (rc != 0) {
            ssc_pcsc_hub_unref(self->hub);
            ssc_pcsc_hub_unref(self->hub);
        }
    }
    if (rc == 0) {
        *out = &self->base;
    } else {
        free(self);
    }
    return rc;
}
