/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/methods.h"

#include "daemon/json_out.h"
#include "daemon/ledger.h"
#include "daemon/settle.h"

#include <stdlib.h>
#include <string.h>

#define LIST_MAX 100

static bool may_see(const struct ssc_call *call, const struct ssc_txn *txn)
{
    return call->peer.role >= SSC_ROLE_OPERATOR || txn->owner_uid == call->peer.uid;
}

int ssc_txn_named(struct ssc_call *call, struct ssc_txn *txn)
{
    const char *op = ssc_call_text(call, "op");
    const int64_t id = ssc_call_int(call, "id", 0);
    int rc = ssc_ledger_need(call);
    if (rc != 0) {
        goto done;
    }
    if ((op != NULL) == (id > 0)) {
        rc = ssc_call_fail(call, SSC_E_INVALID_PARAMS, "id, op: exactly one of them",
                           "id、op：必须且只能给出其中一项");
    } else if (op) {
        rc = ssc_journal_get_op(call->d->journal, call->peer.uid, op, txn);
    } else {
        rc = ssc_journal_get(call->d->journal, id, txn);
    }
    if (rc == 0 && !may_see(call, txn)) {
        rc = SSC_E_TXN_NOT_FOUND; /* not even that it exists */
    }
done:
    return rc;
}

int ssc_txn_get_work(struct ssc_call *call)
{
    struct ssc_txn txn;
    int rc = ssc_txn_named(call, &txn);
    if (rc == 0) {
        call->result = json_pack("{s:o}", "txn", ssc_json_txn(&txn));
        rc = call->result ? 0 : SSC_E_OUT_OF_MEMORY;
    }
    return rc;
}

int ssc_txn_list_work(struct ssc_call *call)
{
    struct ssc_txn *rows = calloc(LIST_MAX + 1, sizeof *rows);
    uint8_t serial[16];
    size_t serial_len = sizeof serial;
    const size_t limit = (size_t)ssc_call_int(call, "limit", 20);
    size_t count = limit + 1; /* one more tells whether there is more */
    int rc = rows ? ssc_call_hex(call, "serial", serial, &serial_len) : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        rc = ssc_ledger_need(call);
    }
    if (rc == 0) {
        const struct ssc_txn_filter filter = {
            .serial = serial_len ? serial : NULL,
            .serial_len = serial_len,
            .unsettled_only = ssc_call_bool(call, "unsettled", false),
            .owner_uid = call->peer.role >= SSC_ROLE_OPERATOR ? -1 : (int64_t)call->peer.uid,
            .after_id = ssc_call_int(call, "before", 0),
        };
        rc = ssc_journal_list(call->d->journal, &filter, rows, &count);
    }
    if (rc == 0) {
        json_t *list = json_array();
        for (size_t i = 0; i < count && i < limit; i++) {
            json_array_append_new(list, ssc_json_txn(&rows[i]));
        }
        call->result = json_pack("{s:o, s:b}", "txns", list, "more", count > limit);
        rc = call->result ? 0 : SSC_E_OUT_OF_MEMORY;
    }
    free(rows);
    return rc;
}

/* ---- resolve: by the card, or by an operator's word ---- */

int ssc_txn_resolve_now(struct ssc_call *call)
{
    const bool decision = ssc_call_text(call, "decision") != NULL;
    const bool id = ssc_call_int(call, "id", 0) > 0;
    int rc = SSC_GO_CARD;
    if (decision != id) {
        rc = ssc_call_fail(call, SSC_E_INVALID_PARAMS, "id and decision go together",
                           "id 和 decision 必须一起给出");
    } else if (decision && call->peer.role < SSC_ROLE_OPERATOR) {
        rc = ssc_call_fail(call, SSC_E_PERMISSION_DENIED, "a decision needs the role operator",
                           "裁定需要 operator 角色");
    } else if (decision) {
        rc = SSC_GO_STORE;
    }
    return rc;
}

static int decide(struct ssc_call *call)
{
    struct ssc_txn txn = {0};
    const bool done = strcmp(ssc_call_text(call, "decision"), "done") == 0;
    int rc = ssc_money_decide(call->d->journal, ssc_call_int(call, "id", 0), done, &txn);
    if (rc == 0) {
        call->result = json_pack("{s:i, s:[o]}", "settled", 1, "txns", ssc_json_txn(&txn));
        call->events = json_pack("[o]", ssc_json_txn_event("txn.settled", &txn));
        ssc_log(&call->d->log, SSC_LOG_INFO, "audit: txn.resolve uid=%u pid=%ld txn=%lld decision=%s",
                (unsigned)call->peer.uid, (long)call->peer.pid, (long long)txn.id,
                done ? "done" : "not_done");
    }
    return rc;
}

static int ask_card(struct ssc_call *call)
{
    json_t *txns = json_array();
    call->events = json_array();
    int rc = ssc_pin_first(call);
    if (rc == 0) {
        rc = ssc_settle_card(call->slot, ssc_call_auth(call), txns, call->events, call->work_deadline);
    }
    if (rc == SSC_E_CARD_MISMATCH) {
        rc = 0; /* nothing of this card is open */
    }
    if (rc == 0) {
        call->result = json_pack("{s:i, s:O}", "settled", (int)json_array_size(txns), "txns", txns);
    }
    json_decref(txns);
    return rc;
}

int ssc_txn_resolve_work(struct ssc_call *call)
{
    int rc = ssc_ledger_need(call);
    if (rc == 0) {
        rc = call->slot ? ask_card(call) : decide(call);
    }
    if (rc == 0 && !call->result) {
        rc = SSC_E_OUT_OF_MEMORY;
    }
    return rc;
}
