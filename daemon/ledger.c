/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/ledger.h"

#include "middleware/money.h"

#include <stdio.h>

#define AGAIN_MS 1000 /* a journal that is damaged is not read anew for every sale */

int ssc_ledger_init(struct ssc_daemon *d)
{
    return uv_mutex_init(&d->ledger_lock) == 0 ? 0 : SSC_E_OUT_OF_MEMORY;
}

/* Under the lock. Rows of an earlier process are set right before anybody sees them. */
static void try_open(struct ssc_daemon *d)
{
    struct ssc_journal *j = NULL;
    unsigned unknown = 0;
    int rc = ssc_journal_open(d->config.journal, &j, d->journal_why);
    if (rc == 0) {
        rc = ssc_money_recover(j, &unknown);
    }
    if (rc != 0) {
        ssc_journal_close(&j);
    }
    if (rc != 0 && rc != d->journal_error) {
        ssc_log(&d->log, SSC_LOG_ERROR, "no money can be moved: %s (%s)", ssc_error_info(rc)->en,
                d->journal_why);
    } else if (rc == 0 && d->journal_error != 0) {
        ssc_log(&d->log, SSC_LOG_INFO, "the journal can be used again");
    }
    if (unknown > 0) {
        ssc_log(&d->log, SSC_LOG_WARNING, "%u transactions are open until their cards come back", unknown);
    }
    d->journal_error = rc;
    d->journal_tried_ms = ssc_now_ms();
    d->journal = j;
}

/* Under the lock. A disk that is back after it lost a write costs no restart. */
static void try_revive(struct ssc_daemon *d)
{
    const int rc = ssc_journal_revive(d->journal, d->journal_why);
    if (rc == 0) {
        ssc_log(&d->log, SSC_LOG_INFO, "the journal can be used again");
    } else if (rc != d->revive_error) {
        ssc_log(&d->log, SSC_LOG_ERROR, "no money can be moved: %s (%s)", ssc_error_info(rc)->en,
                d->journal_why);
    }
    d->revive_error = rc;
    d->journal_tried_ms = ssc_now_ms();
}

static void revive(struct ssc_daemon *d)
{
    uv_mutex_lock(&d->ledger_lock);
    const bool fresh = d->revive_error != 0 && ssc_now_ms() - d->journal_tried_ms < AGAIN_MS;
    if (ssc_journal_broken(d->journal) && !fresh) {
        try_revive(d);
    }
    uv_mutex_unlock(&d->ledger_lock);
}

int ssc_ledger_open(struct ssc_daemon *d, char why[200])
{
    int rc = 0;
    if (d->journal && ssc_journal_broken(d->journal)) {
        revive(d); /* in vain: rows are still read, and a write is refused */
    }
    if (!d->journal) {
        uv_mutex_lock(&d->ledger_lock);
        const bool fresh = d->journal_error != 0 && ssc_now_ms() - d->journal_tried_ms < AGAIN_MS;
        if (!d->journal && !fresh) {
            try_open(d);
        }
        rc = d->journal_error;
        if (rc != 0 && why) {
            snprintf(why, 200, "%s", d->journal_why);
        }
        uv_mutex_unlock(&d->ledger_lock);
    }
    return rc;
}

int ssc_ledger_need(struct ssc_call *call)
{
    char why[200] = "";
    const int rc = ssc_ledger_open(call->d, why);
    return rc == 0 ? 0 : ssc_call_fail(call, rc, "%s", "交易日志：%s", why);
}

int ssc_ledger_probe(struct ssc_call *call, size_t *unsettled)
{
    struct ssc_daemon *d = call->d;
    if (d->probe.begun_ms <= call->received_ms) { /* it may not know what was so when this call came */
        d->probe.begun_ms = ssc_now_ms();
        d->probe.unsettled = 0;
        d->probe.rc = ssc_ledger_open(d, NULL);
        if (d->probe.rc == 0) {
            d->probe.rc = ssc_journal_check(d->journal);
        }
        if (d->probe.rc == 0) {
            d->probe.rc = ssc_journal_unsettled(d->journal, &d->probe.unsettled);
        }
    }
    *unsettled = d->probe.unsettled;
    return d->probe.rc;
}

void ssc_ledger_close(struct ssc_daemon *d)
{
    struct ssc_journal *j = d->journal;
    d->journal = NULL;
    ssc_journal_close(&j);
}
