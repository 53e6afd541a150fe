/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/psam.h"

#include "daemon/tracing.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 8u
#define OPEN_MS 5000

struct psam {
    char reader[SSC_READER_NAME_MAX]; /* "" : free place */
    uint32_t insertions;
    bool present, tried, opening, closing;
    bool lent; /* a caller speaks to it directly */
    struct ssc_auth *auth;
    unsigned users;
    bool gone; /* closed when its last user is done */
    int error;
    struct ssc_psams *all;
    struct ssc_tracer tracer;
};

struct ssc_psams {
    struct ssc_daemon *d;
    uv_thread_t thread;
    uv_mutex_t lock; /* held for moments only: never during an exchange */
    uv_cond_t changed;
    struct psam psam[SLOTS];
    bool stop;
};

static bool to_close(const struct psam *m)
{
    return m->auth && m->gone && m->users == 0;
}

static bool to_open(const struct psam *m)
{
    return m->present && !m->tried && !m->auth && !m->lent;
}

/* Not known yet whether it can be used. */
static bool pending(const struct psam *m)
{
    return to_open(m) || m->opening;
}

static struct psam *find(struct ssc_psams *p, bool (*fits)(const struct psam *))
{
    struct psam *found = NULL;
    for (size_t i = 0; i < SLOTS && !found; i++) {
        found = fits(&p->psam[i]) ? &p->psam[i] : NULL;
    }
    return found;
}

static void tap(void *ctx, const struct ssc_exchange *exchange)
{
    struct psam *m = ctx;
    uv_mutex_lock(&m->all->lock);
    ssc_tracer_tap(&m->tracer, exchange);
    uv_mutex_unlock(&m->all->lock);
}

void ssc_psams_trace(struct ssc_psams *p, const char *reader, unsigned want)
{
    uv_mutex_lock(&p->lock);
    for (size_t i = 0; i < SLOTS; i++) {
        if (strcmp(p->psam[i].reader, reader) == 0) {
            ssc_tracer_switch(&p->psam[i].tracer, want);
        }
    }
    uv_mutex_unlock(&p->lock);
}

static int open_psam(struct ssc_psams *p, const char *reader, struct psam *m, struct ssc_auth **auth)
{
    struct ssc_channel *ch = NULL;
    const int64_t deadline = ssc_deadline(OPEN_MS);
    int rc = ssc_channel_open(p->d->driver, reader, false, &ch, deadline);
    if (rc == 0) {
        ssc_channel_tap(ch, tap, m);
        rc = ssc_auth_psam_take(&ch, &p->d->profile, auth, deadline);
        ssc_channel_close(&ch, true); /* only still ours when it was not taken */
    }
    ssc_log(&p->d->log, rc == 0 ? SSC_LOG_INFO : SSC_LOG_WARNING, "PSAM in %s: %s", reader,
            rc == 0 ? "ready" : ssc_error_info(rc)->symbol);
    return rc;
}

/* One thing to do at a time, unlocked while it is done; the place is kept by `tried`. */
static void do_open(struct ssc_psams *p, struct psam *m)
{
    char reader[SSC_READER_NAME_MAX];
    const uint32_t insertions = m->insertions;
    struct ssc_auth *auth = NULL;
    memcpy(reader, m->reader, sizeof reader);
    m->tried = m->opening = true;
    uv_mutex_unlock(&p->lock);
    const int rc = open_psam(p, reader, m, &auth);
    uv_mutex_lock(&p->lock);
    m->opening = false;
    m->auth = auth;
    m->error = rc;
    m->gone = !m->present || m->insertions != insertions || m->lent;
    uv_cond_broadcast(&p->changed);
}

static void do_close(struct ssc_psams *p, struct psam *m)
{
    struct ssc_auth *auth = m->auth;
    m->auth = NULL;
    m->gone = false;
    m->closing = true;
    uv_mutex_unlock(&p->lock);
    ssc_auth_free(&auth);
    uv_mutex_lock(&p->lock);
    m->closing = false;
    uv_cond_broadcast(&p->changed);
}

static void run(void *arg)
{
    struct ssc_psams *p = arg;
    pthread_setname_np(pthread_self(), "psam");
    uv_mutex_lock(&p->lock);
    while (!p->stop) {
        struct psam *m = find(p, to_close);
        if (m) {
            do_close(p, m);
        } else if ((m = find(p, to_open)) != NULL) {
            do_open(p, m);
        } else {
            uv_cond_wait(&p->changed, &p->lock);
        }
    }
    uv_mutex_unlock(&p->lock);
}

int ssc_psams_new(struct ssc_daemon *d, struct ssc_psams **out)
{
    struct ssc_psams *p = calloc(1, sizeof *p);
    int rc = SSC_E_OUT_OF_MEMORY;
    *out = p;
    if (p) {
        p->d = d;
        for (size_t i = 0; i < SLOTS; i++) {
            p->psam[i].all = p;
            p->psam[i].tracer = (struct ssc_tracer){.d = d, .reader = p->psam[i].reader};
        }
        uv_mutex_init(&p->lock);
        uv_cond_init(&p->changed);
        rc = uv_thread_create(&p->thread, run, p) == 0 ? 0 : SSC_E_OUT_OF_MEMORY;
    }
    return rc;
}

static struct psam *place(struct ssc_psams *p, const char *reader)
{
    struct psam *free_one = NULL, *found = NULL;
    for (size_t i = 0; i < SLOTS; i++) {
        struct psam *m = &p->psam[i];
        found = strcmp(m->reader, reader) == 0 ? m : found;
        free_one = !m->reader[0] ? m : free_one;
    }
    return found ? found : free_one;
}

static bool is_sam(const struct ssc_daemon *d, const struct ssc_reader_state *s)
{
    const char *psam = d->config.psam;
    const bool named = strcmp(psam, s->name) == 0;
    return strcmp(psam, "none") != 0 && (strcmp(psam, "auto") == 0 ? s->medium == SSC_MEDIUM_SAM : named);
}

static void note(struct ssc_psams *p, const struct ssc_reader_state *s)
{
    struct psam *m = place(p, s->name);
    if (m) {
        const bool fresh = !m->reader[0] || m->insertions != s->insertions;
        snprintf(m->reader, sizeof m->reader, "%s", s->name);
        m->present = s->slot == SSC_SLOT_CARD;
        m->tried = m->tried && !fresh && m->present;
        m->gone = m->auth && (m->gone || fresh || !m->present);
        m->insertions = s->insertions;
    }
}

void ssc_psams_update(struct ssc_psams *p, const struct ssc_reader_state *states, size_t count)
{
    uv_mutex_lock(&p->lock);
    for (size_t i = 0; i < SLOTS; i++) {
        bool listed = false;
        for (size_t k = 0; k < count; k++) {
            listed = listed || strcmp(states[k].name, p->psam[i].reader) == 0;
        }
        if (!listed) {
            p->psam[i].present = p->psam[i].tried = false;
            p->psam[i].gone = p->psam[i].auth != NULL;
        }
    }
    for (size_t k = 0; k < count; k++) {
        if (is_sam(p->d, &states[k])) {
            note(p, &states[k]);
        }
    }
    uv_cond_broadcast(&p->changed);
    uv_mutex_unlock(&p->lock);
}

static bool usable(const struct psam *m)
{
    return m->auth && !m->gone;
}

struct ssc_auth *ssc_psams_get(struct ssc_psams *p, int64_t deadline)
{
    struct ssc_auth *auth = p->d->key_file;
    bool wait = !auth;
    uv_mutex_lock(&p->lock);
    while (wait) {
        struct psam *m = find(p, usable);
        const int64_t left = deadline - ssc_now_ms();
        if (m) {
            m->users++;
            auth = m->auth;
        }
        wait = !m && find(p, pending) && left > 0;
        if (wait) {
            uv_cond_timedwait(&p->changed, &p->lock, (uint64_t)left * 1000000u);
        }
    }
    uv_mutex_unlock(&p->lock);
    return auth;
}

void ssc_psams_put(struct ssc_psams *p, struct ssc_auth **auth)
{
    uv_mutex_lock(&p->lock);
    for (size_t i = 0; i < SLOTS; i++) {
        if (*auth && p->psam[i].auth == *auth && p->psam[i].users > 0) {
            p->psam[i].users--;
            if (to_close(&p->psam[i])) {
                uv_cond_broadcast(&p->changed);
            }
        }
    }
    uv_mutex_unlock(&p->lock);
    *auth = NULL;
}

static struct psam *by_name(struct ssc_psams *p, const char *reader)
{
    struct psam *m = place(p, reader);
    return m && m->reader[0] ? m : NULL; /* NULL: a slot that the service does not use */
}

int ssc_psams_lend(struct ssc_psams *p, const char *reader, int64_t deadline)
{
    int rc = 0;
    uv_mutex_lock(&p->lock);
    struct psam *m = by_name(p, reader);
    if (m) {
        m->lent = true;
        m->gone = m->auth != NULL;
        uv_cond_broadcast(&p->changed);
    }
    while (m && rc == 0 && (m->auth || m->opening || m->closing)) {
        const int64_t left = deadline - ssc_now_ms();
        rc = left > 0 ? 0 : SSC_E_DEADLINE_EXCEEDED;
        if (rc == 0) {
            uv_cond_timedwait(&p->changed, &p->lock, (uint64_t)left * 1000000u);
        }
    }
    uv_mutex_unlock(&p->lock);
    return rc;
}

void ssc_psams_take_back(struct ssc_psams *p, const char *reader)
{
    uv_mutex_lock(&p->lock);
    struct psam *m = by_name(p, reader);
    if (m && m->lent) {
        m->lent = m->tried = false;
        uv_cond_broadcast(&p->changed);
    }
    uv_mutex_unlock(&p->lock);
}

static json_t *psam_json(const struct psam *m)
{
    const struct ssc_psam_info *info = usable(m) ? ssc_auth_psam_info(m->auth) : NULL;
    json_t *algorithms = json_array();
    json_t *o = json_pack("{s:s, s:b, s:s}", "reader", m->reader, "ok", info != NULL, "state",
                          info         ? "ready"
                          : m->lent    ? "lent"
                          : pending(m) ? "opening"
                                       : "fault");
    if (info) {
        const struct {
            bool has;
            const char *name;
        } rows[] = {{info->alg_3des, "3des"}, {info->alg_ssf33, "ssf33"}, {info->alg_sm4, "sm4"}};
        for (size_t i = 0; i < 3; i++) {
            if (rows[i].has) {
                json_array_append_new(algorithms, json_string(rows[i].name));
            }
        }
        json_object_set_new(o, "serial", json_string(info->serial));
        json_object_set_new(o, "terminal", json_string(info->terminal));
        json_object_set(o, "algorithms", algorithms);
    } else if (m->error && !pending(m) && !m->lent) {
        json_object_set_new(o, "error", json_string(ssc_error_info(m->error)->symbol));
    }
    json_decref(algorithms);
    return o;
}

json_t *ssc_psams_json(struct ssc_psams *p)
{
    json_t *list = json_array();
    uv_mutex_lock(&p->lock);
    for (size_t i = 0; i < SLOTS; i++) {
        if (p->psam[i].present) {
            json_array_append_new(list, psam_json(&p->psam[i]));
        }
    }
    uv_mutex_unlock(&p->lock);
    return list;
}

void ssc_psams_free(struct ssc_psams **p)
{
    if (p && *p) {
        uv_mutex_lock(&(*p)->lock);
        (*p)->stop = true;
        uv_cond_broadcast(&(*p)->changed);
        uv_mutex_unlock(&(*p)->lock);
        uv_thread_join(&(*p)->thread);
        for (size_t i = 0; i < SLOTS; i++) {
            ssc_auth_free(&(*p)->psam[i].auth);
            ssc_tracer_switch(&(*p)->psam[i].tracer, 0);
        }
        uv_cond_destroy(&(*p)->changed);
        uv_mutex_destroy(&(*p)->lock);
        free(*p);
        *p = NULL;
    }
}
