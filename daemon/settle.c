/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/settle.h"

#include "daemon/events.h"
#include "daemon/json_out.h"
#include "daemon/ledger.h"
#include "daemon/psam.h"

#include <stdlib.h>

#define SETTLE_MS 10000
#define ROWS 16u

struct settling {
    struct ssc_task task;
    uint32_t insertion;
    json_t *events;
    int rc;
};

static void collect(struct ssc_journal *j, const struct ssc_txn *before, json_t *txns, json_t *events)
{
    struct ssc_txn now;
    if (ssc_journal_get(j, before->id, &now) == 0 && now.state != before->state) {
        json_t *txn = ssc_json_txn(&now);
        if (events) {
            json_array_append_new(events, ssc_json_txn_event("txn.settled", &now));
        }
        if (txns) {
            json_array_append(txns, txn);
        }
        json_decref(txn);
    }
}

int ssc_settle_card(struct ssc_card_slot *slot, struct ssc_auth *auth, json_t *txns, json_t *events,
                    int64_t deadline)
{
    struct ssc_txn open[ROWS];
    size_t count = ROWS;
    unsigned settled = 0;
    int rc = ssc_card_detect(slot->card, deadline);
    const struct ssc_card_info *info = ssc_card_get_info(slot->card);
    if (rc == 0) {
        const struct ssc_txn_filter filter = {
            .serial = info->serial, .serial_len = info->serial_len, .unsettled_only = true, .owner_uid = -1};
        rc = ssc_journal_list(slot->d->journal, &filter, open, &count);
    }
    if (rc == 0 && count > 0) {
        rc = ssc_money_resolve(slot->d->journal, slot->card, auth, &settled, deadline);
        for (size_t i = 0; i < count; i++) {
            collect(slot->d->journal, &open[i], txns, events);
        }
    }
    return rc;
}

static bool anything_open(struct ssc_daemon *d)
{
    size_t open = 0;
    return ssc_ledger_open(d, NULL) == 0 && ssc_journal_unsettled(d->journal, &open) == 0 && open > 0;
}

void ssc_settle_first(struct ssc_call *call)
{
    if (anything_open(call->d)) {
        call->events = call->events ? call->events : json_array();
        (void)ssc_settle_card(call->slot, ssc_call_auth(call), NULL, call->events, call->work_deadline);
    }
}

static void work(struct ssc_task *task, struct ssc_card_slot *slot)
{
    struct settling *s = (struct settling *)(void *)task;
    if (anything_open(slot->d)) {
        s->rc = ssc_slot_enter(slot, UINT64_MAX, s->insertion, task->deadline);
        if (s->rc == 0) {
            struct ssc_auth *auth = ssc_psams_get(slot->d->psam, task->deadline);
            s->rc = ssc_settle_card(slot, auth, NULL, s->events, task->deadline);
            ssc_psams_put(slot->d->psam, &auth);
        }
        ssc_slot_leave(slot, task->deadline);
        (void)ssc_slot_after(slot);
    }
}

static void done(struct ssc_task *task)
{
    struct settling *s = (struct settling *)(void *)task;
    struct ssc_daemon *d = task->reader->d;
    const size_t count = json_array_size(s->events);
    if (count > 0 || s->rc != 0) {
        ssc_log(&d->log, SSC_LOG_INFO, "audit: settling at insertion: %zu settled, outcome=%s", count,
                s->rc == 0 ? "ok" : ssc_error_info(s->rc)->symbol);
    }
    ssc_events_txns(d->events, s->events);
    json_decref(s->events);
    free(s);
}

void ssc_settle_inserted(struct ssc_reader *r)
{
    struct settling *s = calloc(1, sizeof *s);
    if (s) {
        s->task.work = work;
        s->task.done = done;
        s->task.deadline = ssc_deadline(SETTLE_MS);
        s->insertion = r->state.insertions;
        s->events = json_array();
        ssc_reader_submit(r, &s->task);
    }
}
