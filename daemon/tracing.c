/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/tracing.h"

#include "daemon/psam.h"
#include "daemon/readers.h"
#include "daemon/server.h"
#include "middleware/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
    struct ssc_job job;
    struct ssc_daemon *d;
    unsigned want; /* who gets it: enum ssc_trace_want */
    char reader[SSC_READER_NAME_MAX];
    json_t *message;
};

static bool wants(const struct ssc_conn *c, unsigned want, const char *reader)
{
    return (c->traces & want) && (!c->trace_reader[0] || strcmp(c->trace_reader, reader) == 0);
}

static void send_line(struct ssc_conn *c, void *ctx)
{
    const struct line *l = ctx;
    if (wants(c, l->want, l->reader) &&
        c->out_pending <= SSC_OUT_HIGH) { /* who reads too slowly misses lines */
        ssc_conn_send(c, l->message);
    }
}

static void on_line(struct ssc_job *job)
{
    struct line *l = job->owner;
    if (l->message) {
        ssc_server_each(l->d->server, send_line, l);
    }
    json_decref(l->message);
    free(l);
}

static void post(struct ssc_tracer *t, unsigned want, const char *text)
{
    struct line *l = calloc(1, sizeof *l);
    if (l) {
        l->d = t->d;
        l->want = want;
        snprintf(l->reader, sizeof l->reader, "%s", t->reader);
        l->message = json_pack("{s:s, s:s, s:{s:s, s:s}}", "jsonrpc", "2.0", "method", "trace", "params",
                               "reader", t->reader, "line", text);
        l->job = (struct ssc_job){.done = on_line, .owner = l};
        ssc_mailbox_post(&t->d->mailbox, &l->job);
    }
}

static void post_redacted(void *ctx, const char *text)
{
    post(ctx, SSC_TRACE_REDACTED, text);
}

static void post_full(void *ctx, const char *text)
{
    post(ctx, SSC_TRACE_FULL, text);
}

void ssc_tracer_tap(struct ssc_tracer *t, const struct ssc_exchange *exchange)
{
    for (size_t i = 0; i < 2; i++) {
        if (t->trace[i]) {
            ssc_trace_tap(t->trace[i], exchange);
        }
    }
}

bool ssc_tracer_switch(struct ssc_tracer *t, unsigned want)
{
    const bool was_off = !t->trace[0] && !t->trace[1];
    if (!(want & SSC_TRACE_REDACTED)) {
        ssc_trace_free(&t->trace[0]);
    } else if (!t->trace[0]) {
        ssc_trace_new(t->reader, false, post_redacted, t, &t->trace[0]);
    }
    if (!(want & SSC_TRACE_FULL)) {
        ssc_trace_free(&t->trace[1]);
    } else if (!t->trace[1]) {
        ssc_trace_new(t->reader, true, post_full, t, &t->trace[1]);
    }
    return was_off && want;
}

/* ---- on and off ---- */

struct switching {
    struct ssc_task task;
    unsigned want;
    const char *reader; /* while the connections are asked */
};

static void work(struct ssc_task *task, struct ssc_card_slot *s)
{
    const struct switching *w = (const struct switching *)(const void *)task;
    if (ssc_tracer_switch(&s->tracer, w->want) && s->lease == 0) {
        ssc_slot_close(s, true); /* what the service remembers of the card would be missing in a recording */
    }
}

static void done(struct ssc_task *task)
{
    free(task);
}

static void ask(struct ssc_conn *c, void *ctx)
{
    struct switching *w = ctx;
    const unsigned both[] = {SSC_TRACE_REDACTED, SSC_TRACE_FULL};
    for (size_t i = 0; i < 2; i++) {
        w->want |= wants(c, both[i], w->reader) ? both[i] : 0;
    }
}

void ssc_tracing_update(struct ssc_daemon *d)
{
    for (struct ssc_reader *r = ssc_readers_next(d->readers, NULL); r; r = ssc_readers_next(d->readers, r)) {
        struct switching now = {.reader = r->state.name};
        ssc_server_each(d->server, ask, &now);
        ssc_psams_trace(d->psam, r->state.name, now.want);
        struct switching *w = r->worker ? calloc(1, sizeof *w) : NULL;
        if (w) {
            w->task.work = work;
            w->task.done = done;
            w->task.deadline = ssc_deadline(1000);
            w->want = now.want;
            ssc_reader_submit(r, &w->task);
        }
    }
}
