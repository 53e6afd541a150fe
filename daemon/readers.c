/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/readers.h"

#include "daemon/call.h"
#include "daemon/events.h"
#include "daemon/json_out.h"
#include "daemon/psam.h"
#include "daemon/readers_impl.h"
#include "daemon/settle.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WATCH_MS                                                                                             \
    86400000          /* watch returns on every change; a day without one is no reason to wake more often */
#define STUCK_MS 150  /* after its deadline a task should have returned (drivers promise 50 ms) */
#define PROBE_MS 1000 /* how often a wedged reader is tried */

/* ---- the watch thread ---- */

struct snapshot {
    struct ssc_job job;
    struct ssc_readers *rs;
    int rc; /* of list: 0 or SSC_E_NO_SERVICE */
    size_t count;
    struct ssc_reader_state state[SSC_READERS_MAX];
};

static void on_snapshot(struct ssc_job *job);

void ssc_readers_look(struct ssc_readers *rs)
{
    struct snapshot *s = calloc(1, sizeof *s);
    if (s) {
        s->rs = rs;
        s->count = SSC_READERS_MAX;
        uv_mutex_lock(&rs->look); /* the loop must hear of them in the order in which they were true */
        s->rc = ssc_driver_list(rs->d->driver, s->state, &s->count, ssc_deadline(2000));
        s->count = s->rc == 0 ? s->count : 0;
        s->job = (struct ssc_job){.done = on_snapshot, .owner = s};
        ssc_mailbox_post(&rs->d->mailbox, &s->job);
        uv_mutex_unlock(&rs->look);
    }
}

static void watch(void *arg)
{
    struct ssc_readers *rs = arg;
    uint64_t version = 0;
    pthread_setname_np(pthread_self(), "watch");
    while (!atomic_load(&rs->stop)) {
        const int rc = ssc_driver_watch(rs->d->driver, &version, ssc_deadline(WATCH_MS));
        if (!atomic_load(&rs->stop) && rc != SSC_E_DEADLINE_EXCEEDED) {
            ssc_readers_look(rs);
        }
        if (rc != 0 && rc != SSC_E_DEADLINE_EXCEEDED && rc != SSC_E_NO_SERVICE && rc != SSC_E_CANCELLED) {
            uv_sleep(200); /* a driver that fails at once must not spin */
        }
    }
}

/* ---- life of a reader ---- */

static struct ssc_reader *find(struct ssc_readers *rs, const char *name)
{
    struct ssc_reader *found = NULL;
    struct ssc_reader *r;
    TAILQ_FOREACH(r, &rs->list, of_readers)
    {
        found = strcmp(r->state.name, name) == 0 ? r : found;
    }
    return found;
}

static void on_reader_closed(uv_handle_t *handle)
{
    struct ssc_reader *r = handle->data;
    if (--r->open_timers == 0) {
        ssc_slot_free(&r->slot);
        free(r);
    }
}

static void reader_free(struct ssc_reader *r)
{
    TAILQ_REMOVE(&r->all->list, r, of_readers);
    if (TAILQ_EMPTY(&r->tasks)) {
        ssc_worker_free(&r->worker);
    } else {
        ssc_worker_abandon(&r->worker);
        r->slot = NULL; /* the stuck thread still has it */
    }
    uv_close((uv_handle_t *)&r->hold, on_reader_closed);
    uv_close((uv_handle_t *)&r->watchdog, on_reader_closed);
}

static struct ssc_reader *reader_new(struct ssc_readers *rs, const struct ssc_reader_state *state)
{
    struct ssc_reader *r = calloc(1, sizeof *r);
    if (r) {
        r->all = rs;
        r->d = rs->d;
        r->state = *state;
        r->state.slot = SSC_SLOT_EMPTY;
        r->since_ms = ssc_unix_ms();
        TAILQ_INIT(&r->tasks);
        TAILQ_INIT(&r->waiting);
        uv_timer_init(rs->d->loop, &r->hold);
        uv_timer_init(rs->d->loop, &r->watchdog);
        r->hold.data = r->watchdog.data = r;
        r->open_timers = 2;
        TAILQ_INSERT_TAIL(&rs->list, r, of_readers);
    }
    return r;
}

/* A slot gets its thread when the first user card comes, a PSAM's when somebody wants to speak to it. */
static bool has_worker(struct ssc_reader *r)
{
    const bool sam = r->state.medium == SSC_MEDIUM_SAM;
    if (!r->worker && ssc_slot_new(r->d, r->state.name, sam, &r->slot) == 0 &&
        ssc_worker_new(&r->d->mailbox, "reader", &r->worker) != 0) {
        ssc_slot_free(&r->slot);
    }
    return r->worker != NULL;
}

/* ---- tasks ---- */

static void set_wedged(struct ssc_reader *r, bool wedged);
static void on_watchdog(uv_timer_t *timer);

static void run_task(struct ssc_job *job)
{
    struct ssc_task *task = job->owner;
    task->work(task, task->reader->slot);
    task->wedged = task->reader->slot->wedged;
}

static void arm(struct ssc_reader *r)
{
    const struct ssc_task *head = TAILQ_FIRST(&r->tasks);
    if (head) {
        const int64_t now = ssc_now_ms();
        const int64_t left = (head->deadline > now ? head->deadline - now : 0) + STUCK_MS;
        uv_update_time(r->d->loop);
        uv_timer_start(&r->watchdog, on_watchdog, (uint64_t)left, 0);
    } else {
        uv_timer_stop(&r->watchdog);
    }
}

static void task_done(struct ssc_job *job)
{
    struct ssc_task *task = job->owner;
    struct ssc_reader *r = task->reader;
    const bool wedged = task->wedged;
    TAILQ_REMOVE(&r->tasks, task, of_reader);
    arm(r);
    task->done(task);
    set_wedged(r, wedged);
    if (!r->listed && TAILQ_EMPTY(&r->tasks)) {
        reader_free(r);
    } else {
        ssc_lease_pump(r);
    }
}

void ssc_reader_submit(struct ssc_reader *r, struct ssc_task *task)
{
    task->reader = r;
    task->job = (struct ssc_job){.work = run_task, .done = task_done, .owner = task};
    TAILQ_INSERT_TAIL(&r->tasks, task, of_reader);
    if (TAILQ_FIRST(&r->tasks) == task) {
        arm(r);
    }
    ssc_worker_submit(r->worker, &task->job);
}

struct small_task {
    struct ssc_task task;
    uint32_t insertion;
};

static void free_task(struct ssc_task *task)
{
    free(task);
}

static void submit_small(struct ssc_reader *r, void (*work)(struct ssc_task *, struct ssc_card_slot *),
                         int64_t ms)
{
    struct small_task *t = r->worker ? calloc(1, sizeof *t) : NULL;
    if (t) {
        t->task.work = work;
        t->task.done = free_task;
        t->task.deadline = ssc_deadline(ms);
        t->insertion = r->state.insertions;
        ssc_reader_submit(r, &t->task);
    }
}

static void work_close(struct ssc_task *task, struct ssc_card_slot *slot)
{
    (void)task;
    ssc_slot_leave(slot, ssc_now_ms());
    ssc_slot_close(slot, true);
}

static void work_leave(struct ssc_task *task, struct ssc_card_slot *slot)
{
    ssc_slot_leave(slot, task->deadline);
    (void)ssc_slot_after(slot);
}

static void work_probe(struct ssc_task *task, struct ssc_card_slot *slot)
{
    const struct small_task *t = (const struct small_task *)(const void *)task;
    (void)ssc_slot_open(slot, t->insertion, task->deadline);
    (void)ssc_slot_after(slot);
}

void ssc_reader_leave(struct ssc_reader *r)
{
    submit_small(r, work_leave, 2000);
}

/* ---- wedged ---- */

static void on_watchdog(uv_timer_t *timer)
{
    struct ssc_reader *r = timer->data;
    if (!TAILQ_EMPTY(&r->tasks)) {
        set_wedged(r, true);
    } else if (r->wedged) {
        submit_small(r, work_probe, 200);
    }
}

static void set_wedged(struct ssc_reader *r, bool wedged)
{
    struct ssc_events *events = r->d->events;
    if (wedged && !r->wedged) {
        r->wedged = true;
        ssc_log(&r->d->log, SSC_LOG_ERROR, "reader %s does not answer", r->state.name);
        ssc_events_tell(events, "reader.wedged", json_pack("{s:s}", "reader", r->state.name));
        ssc_lease_end(r, "wedged");
        ssc_lease_refuse_waiting(r, SSC_E_READER_WEDGED);
    } else if (!wedged && r->wedged) {
        r->wedged = false;
        ssc_log(&r->d->log, SSC_LOG_INFO, "reader %s answers again", r->state.name);
        ssc_events_tell(events, "reader.recovered", json_pack("{s:s}", "reader", r->state.name));
    }
    if (r->wedged && TAILQ_EMPTY(&r->tasks)) {
        uv_timer_start(&r->watchdog, on_watchdog, PROBE_MS, 0);
    }
}

/* ---- what the driver reports ---- */

static void card_gone(struct ssc_reader *r)
{
    struct ssc_daemon *d = r->d;
    if (r->card[0]) {
        const bool sam = r->state.medium == SSC_MEDIUM_SAM;
        json_t *body = sam ? NULL : json_pack("{s:s, s:s}", "reader", r->state.name, "card", r->card);
        r->card[0] = '\0';
        ssc_lease_end(r, "removed");
        ssc_lease_refuse_waiting(r, SSC_E_CARD_REMOVED);
        submit_small(r, work_close, 1000);
        if (body) {
            ssc_events_tell(d->events, "card.removed", body);
        }
    }
}

static bool make_handle(struct ssc_reader *r)
{
    uint8_t random[8];
    const bool made = has_worker(r) && ssc_random(random, sizeof random) == 0;
    for (size_t i = 0; made && i < sizeof random; i++) {
        memcpy(r->card, "card-", 5);
        snprintf(r->card + 5 + 2 * i, 3, "%02x", random[i]);
    }
    return made;
}

void ssc_reader_lend(struct ssc_reader *r)
{
    if (!r->card[0] && r->state.slot == SSC_SLOT_CARD) {
        (void)make_handle(r);
    }
}

static void card_came(struct ssc_reader *r)
{
    if (make_handle(r)) {
        json_t *atr = r->state.atr_len ? ssc_json_hex(r->state.atr, r->state.atr_len) : json_null();
        ssc_events_tell(r->d->events, "card.inserted",
                        json_pack("{s:s, s:s, s:o}", "reader", r->state.name, "card", r->card, "atr", atr));
        ssc_settle_inserted(r);
    }
}

static void slot_changed(struct ssc_reader *r, const struct ssc_reader_state *now)
{
    const bool other = now->insertions != r->state.insertions || now->slot != r->state.slot;
    const enum ssc_slot before = r->state.slot;
    if (other) {
        card_gone(r);
        r->since_ms = ssc_unix_ms();
    }
    r->state = *now;
    if (other && now->slot == SSC_SLOT_CARD) {
        card_came(r);
    } else if (other && now->slot == SSC_SLOT_MUTE && before != SSC_SLOT_MUTE) {
        ssc_events_tell(r->d->events, "card.mute", json_pack("{s:s}", "reader", now->name));
    }
}

static bool ignored(const struct ssc_daemon *d, const char *name)
{
    char globs[sizeof d->config.ignore];
    char *rest = NULL;
    bool hit = false;
    snprintf(globs, sizeof globs, "%s", d->config.ignore);
    for (char *g = strtok_r(globs, ",", &rest); g && !hit; g = strtok_r(NULL, ",", &rest)) {
        g += strspn(g, " \t");
        hit = fnmatch(g, name, 0) == 0;
    }
    return hit;
}

static void merge(struct ssc_readers *rs, struct ssc_reader_state *state)
{
    struct ssc_reader *r = find(rs, state->name);
    if (strcmp(rs->d->config.psam, state->name) == 0) {
        state->medium = SSC_MEDIUM_SAM;
    }
    const bool fresh = !r || !r->listed;
    r = r ? r : reader_new(rs, state);
    if (r) {
        r->listed = true;
        r->seen = true;
        if (fresh) {
            ssc_events_tell(
                rs->d->events, "reader.added",
                json_pack("{s:s, s:s}", "reader", state->name, "medium", ssc_medium_name(state->medium)));
        }
        if (state->medium == SSC_MEDIUM_SAM) {
            if (state->insertions != r->state.insertions || state->slot != r->state.slot) {
                card_gone(r);
                r->since_ms = ssc_unix_ms();
            }
            r->state = *state;
        } else {
            slot_changed(r, state);
        }
    }
}

static void unplugged(struct ssc_reader *r)
{
    card_gone(r);
    r->listed = false;
    r->state.slot = SSC_SLOT_EMPTY;
    ssc_lease_refuse_waiting(r, SSC_E_READER_REMOVED);
    ssc_events_tell(r->d->events, "reader.removed", json_pack("{s:s}", "reader", r->state.name));
    if (TAILQ_EMPTY(&r->tasks)) {
        reader_free(r);
    }
}

static void service_changed(struct ssc_readers *rs, bool ok)
{
    if (ok != rs->service_ok) {
        rs->service_ok = ok;
        ssc_log(&rs->d->log, ok ? SSC_LOG_INFO : SSC_LOG_WARNING, "reader service %s",
                ok ? "is there" : "is absent");
        ssc_events_tell(rs->d->events, ok ? "service.back" : "service.lost", json_object());
    }
}

static void on_snapshot(struct ssc_job *job)
{
    struct snapshot *s = job->owner;
    struct ssc_readers *rs = s->rs;
    struct ssc_reader *r, *next;
    if (!atomic_load(&rs->stop)) {
        service_changed(rs, s->rc == 0);
        TAILQ_FOREACH(r, &rs->list, of_readers)
        {
            r->seen = false;
        }
        for (size_t i = 0; i < s->count; i++) {
            if (!ignored(rs->d, s->state[i].name)) {
                merge(rs, &s->state[i]);
            }
        }
        for (r = TAILQ_FIRST(&rs->list); r; r = next) {
            next = TAILQ_NEXT(r, of_readers);
            if (r->listed && !r->seen) {
                unplugged(r);
            }
        }
        rs->known = true;
        ssc_psams_update(rs->d->psam, s->state, s->count);
        ssc_readers_wake_waits(rs);
    }
    free(s);
}

/* ---- all of them ---- */

int ssc_readers_new(struct ssc_daemon *d, struct ssc_readers **out)
{
    struct ssc_readers *rs = calloc(1, sizeof *rs);
    if (rs) {
        rs->d = d;
        rs->service_ok = true;
        TAILQ_INIT(&rs->list);
        TAILQ_INIT(&rs->waits);
        uv_mutex_init(&rs->look);
    }
    *out = rs;
    return rs ? 0 : SSC_E_OUT_OF_MEMORY;
}

int ssc_readers_start(struct ssc_readers *rs)
{
    rs->started = uv_thread_create(&rs->thread, watch, rs) == 0;
    return rs->started ? 0 : SSC_E_OUT_OF_MEMORY;
}

bool ssc_readers_quiet(struct ssc_readers *rs)
{
    bool quiet = true;
    struct ssc_reader *r;
    TAILQ_FOREACH(r, &rs->list, of_readers)
    {
        quiet = quiet && TAILQ_EMPTY(&r->tasks);
    }
    return quiet;
}

void ssc_readers_stop(struct ssc_readers *rs)
{
    struct ssc_reader *r, *next;
    atomic_store(&rs->stop, true);
    if (rs->started) {
        ssc_driver_wake(rs->d->driver);
        uv_thread_join(&rs->thread);
    }
    for (r = TAILQ_FIRST(&rs->list); r; r = next) {
        next = TAILQ_NEXT(r, of_readers);
        rs->stuck = rs->stuck || !TAILQ_EMPTY(&r->tasks);
        reader_free(r);
    }
}

bool ssc_readers_stuck(const struct ssc_readers *rs)
{
    return rs->stuck;
}

void ssc_readers_free(struct ssc_readers **rs)
{
    if (rs && *rs) {
        uv_mutex_destroy(&(*rs)->look);
        free(*rs);
        *rs = NULL;
    }
}
