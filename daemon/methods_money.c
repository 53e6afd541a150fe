/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/methods.h"

#include "apdu/text.h"

#include "daemon/json_out.h"
#include "daemon/ledger.h"
#include "daemon/ops.h"
#include "daemon/settle.h"

#include <string.h>

/* The purse that was named, else the card's first. */
static int pick_purse(struct ssc_call *call, enum ssc_purse_id *purse)
{
    const char *name = ssc_call_text(call, "purse");
    bool present[4] = {false};
    int rc = ssc_card_detect(call->slot->card, call->work_deadline);
    if (rc == 0 && name) {
        rc = ssc_purse_by_name(name, purse);
    } else if (rc == 0) {
        rc = ssc_money_purses(call->slot->card, present, call->work_deadline);
        int first = SSC_PURSE_MEDICAL;
        while (first <= SSC_PURSE_EP && !present[first]) {
            first++;
        }
        rc = rc == 0 && first > SSC_PURSE_EP ? SSC_E_NO_PURSE : rc;
        *purse = (enum ssc_purse_id)first;
    }
    return rc;
}

int ssc_balance_work(struct ssc_call *call)
{
    enum ssc_purse_id purse = SSC_PURSE_MEDICAL;
    struct ssc_balance balance = {0};
    int rc = pick_purse(call, &purse);
    if (rc == 0) {
        rc = ssc_pin_first(call);
    }
    if (rc == 0) {
        ssc_settle_first(call);
        rc = ssc_money_balance(call->slot->card, purse, &balance, call->work_deadline);
    }
    if (rc == 0) {
        call->result = ssc_json_balance(&balance);
        rc = call->result ? 0 : SSC_E_OUT_OF_MEMORY;
    }
    return rc;
}

int ssc_log_work(struct ssc_call *call)
{
    enum ssc_purse_id purse = SSC_PURSE_MEDICAL;
    struct ssc_log_entry entries[255];
    size_t count = sizeof entries / sizeof entries[0];
    int rc = pick_purse(call, &purse);
    if (rc == 0) {
        rc = ssc_pin_first(call);
    }
    if (rc == 0) {
        rc = ssc_money_log(call->slot->card, purse, entries, &count, call->work_deadline);
    }
    if (rc == 0) {
        call->result = ssc_json_log(purse, entries, count);
        rc = call->result ? 0 : SSC_E_OUT_OF_MEMORY;
    }
    return rc;
}

static void fill_request(const struct ssc_call *call, enum ssc_purse_id purse, struct ssc_debit_request *req)
{
    *req = (struct ssc_debit_request){.owner_uid = call->peer.uid,
                                      .purse = purse,
                                      .amount = ssc_call_int(call, "amount", 0),
                                      .self_pay = ssc_call_int(call, "self_pay", 0),
                                      .pooled = ssc_call_int(call, "pooled", 0)};
    snprintf(req->op, sizeof req->op, "%s", ssc_call_text(call, "op"));
    snprintf(req->reader, sizeof req->reader, "%.63s", call->slot->reader);
}

/* At a developer's desk: the card paid on site, and the file that stands for it has no MAC2. */
static int label_recording(struct ssc_call *call, const struct ssc_txn *txn)
{
    const bool recorded = strcmp(call->d->driver->ops->name, "replay") == 0 && txn->has_mac2;
    return recorded
               ? ssc_call_fail(call, SSC_E_OUTCOME_UNKNOWN,
                               "a recording: on site the card answered 9000, its MAC2 is not in the file",
                               "回放录制文件：现场卡片已应答 9000，文件中不含 MAC2")
               : SSC_E_OUTCOME_UNKNOWN;
}

int ssc_money_conclude(struct ssc_call *call, const struct ssc_txn *txn, int rc)
{
    json_t *o = txn->id ? ssc_json_txn(txn) : NULL;
    if (rc == 0) {
        call->result = json_pack("{s:O, s:b}", "txn", o, "repeated", call->known);
        rc = call->result ? 0 : SSC_E_OUT_OF_MEMORY;
    } else if (o) {
        json_decref(call->error_txn); /* what was known before */
        call->error_txn = json_incref(o);
    }
    if (rc == SSC_E_OUTCOME_UNKNOWN && txn->id && !call->known) {
        call->events = call->events ? call->events : json_array();
        json_array_append_new(call->events, ssc_json_txn_event("txn.unknown", txn));
    }
    json_decref(o);
    return rc == SSC_E_OUTCOME_UNKNOWN ? label_recording(call, txn) : rc;
}

static int check_amounts(struct ssc_call *call)
{
    const int64_t sum =
        ssc_call_int(call, "amount", 0) + ssc_call_int(call, "self_pay", 0) + ssc_call_int(call, "pooled", 0);
    return sum > 0 ? ssc_ledger_need(call) /* before anything else */
                   : ssc_call_fail(call, SSC_E_INVALID_PARAMS, "amount: nothing to move",
                                   "amount：没有要变动的金额");
}

static bool settled(const struct ssc_call *call)
{
    struct ssc_txn txn;
    return ssc_journal_get_op(call->d->journal, call->peer.uid, ssc_call_text(call, "op"), &txn) == 0 &&
           ssc_txn_state_final(txn.state);
}

/* A new transaction wants the PIN. A repeat touches none, unless its outcome is open and the card tells more
 * only to its holder. */
static int ask_pin(struct ssc_call *call)
{
    bool wanted = !call->begun;
    if (wanted && call->known) {
        ssc_settle_first(call);
        wanted = !settled(call);
    }
    return wanted ? ssc_pin_first(call) : 0;
}

int ssc_money_prepare(struct ssc_call *call, struct ssc_debit_request *req)
{
    enum ssc_purse_id purse = SSC_PURSE_MEDICAL;
    int rc = check_amounts(call);
    if (rc == 0 && call->known) {
        rc = ssc_ops_same_card(call);
    }
    if (rc == 0) {
        rc = pick_purse(call, &purse);
    }
    if (rc == 0) {
        rc = ask_pin(call);
    }
    if (rc == 0) {
        ssc_settle_first(call);
        fill_request(call, purse, req);
    }
    return rc;
}

int ssc_debit_work(struct ssc_call *call)
{
    struct ssc_debit_request req;
    struct ssc_txn txn = {0};
    int rc = ssc_money_prepare(call, &req);
    if (rc == 0) {
        rc = ssc_call_time(call, "time", req.time);
    }
    if (rc == 0) {
        rc = ssc_money_debit(call->d->journal, call->slot->card, ssc_call_auth(call), &req, &txn,
                             call->work_deadline);
        rc = ssc_money_conclude(call, &txn, rc);
    }
    ssc_cleanse(&txn, sizeof txn);
    return rc;
}
