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

/* A row answers {txn, repeated}; a failure carries the row in data.txn. */
static int conclude(struct ssc_call *call, const struct ssc_txn *txn, int rc)
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
    return rc;
}

static int check_amounts(struct ssc_call *call)
{
    const int64_t sum =
        ssc_call_int(call, "amount", 0) + ssc_call_int(call, "self_pay", 0) + ssc_call_int(call, "pooled", 0);
    return sum > 0 ? ssc_ledger_need(call) /* before anything else */
                   : ssc_call_fail(call, SSC_E_INVALID_PARAMS, "amount: nothing to move");
}

/* What a debit and a load begin with: the amounts, the right card, its purse, the PIN, and nothing open. */
static int prepare(struct ssc_call *call, struct ssc_debit_request *req)
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
        rc = ssc_pin_first(call);
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
    int rc = prepare(call, &req);
    if (rc == 0) {
        rc = ssc_money_debit(call->d->journal, call->slot->card, ssc_call_auth(call), &req, &txn,
                             call->work_deadline);
        rc = conclude(call, &txn, rc);
    }
    ssc_cleanse(&txn, sizeof txn);
    return rc;
}

/* ---- load ---- */

static void terminal_of(struct ssc_call *call, uint8_t terminal[6])
{
    size_t len = 6;
    struct ssc_auth *auth = NULL;
    memset(terminal, 0, 6);
    if (ssc_call_hex(call, "terminal", terminal, &len) != 0 || len == 0) {
        auth = ssc_call_auth(call);
        if (auth && auth->ops->terminal(auth, terminal, call->work_deadline) != 0) {
            memset(terminal, 0, 6); /* no terminal number is no reason to refuse a load */
        }
    }
}

static json_t *for_host(const struct ssc_txn *t)
{
    char key_version[3], algorithm[3], type[3];
    snprintf(key_version, sizeof key_version, "%02X", t->key_version);
    snprintf(algorithm, sizeof algorithm, "%02X", t->algorithm);
    snprintf(type, sizeof type, "%02X", t->txn_type);
    return json_pack("{s:o, s:i, s:I, s:o, s:s, s:s, s:o, s:s, s:I}", "random", ssc_json_hex(t->random, 4),
                     "counter", (int)t->counter, "balance", (json_int_t)t->balance_before, "mac1",
                     ssc_json_hex(t->mac1, 4), "key_version", key_version, "algorithm", algorithm, "terminal",
                     ssc_json_hex(t->terminal, 6), "type", type, "amount", (json_int_t)t->amount);
}

int ssc_load_begin_work(struct ssc_call *call)
{
    struct ssc_debit_request req;
    struct ssc_slot_begun *b = &call->slot->begun;
    struct ssc_txn txn = {0};
    uint8_t terminal[6];
    int rc = prepare(call, &req);
    if (rc == 0) {
        if (strcmp(b->txn.op, req.op) != 0) {
            ssc_slot_drop_begun(call->slot); /* the card forgets that one now */
        }
        terminal_of(call, terminal);
        rc = ssc_money_load_begin(call->d->journal, call->slot->card, ssc_call_auth(call), &req, terminal,
                                  &txn, call->work_deadline);
        const bool begun = rc == 0 && txn.state == SSC_TXN_PREPARED;
        if (begun) {
            b->load = true;
            b->txn = txn;
        }
        rc = conclude(call, &txn, rc);
        if (begun && rc == 0) {
            json_object_del(call->result, "repeated"); /* a begun load is in the caller's hands again */
            json_object_set_new(call->result, "host", for_host(&txn));
        } else if (rc == 0) {
            json_object_set_new(call->result, "repeated", json_true());
        }
    }
    ssc_cleanse(&txn, sizeof txn);
    return rc;
}

static int bcd_time(struct ssc_call *call, uint8_t out[7])
{
    const char *digits = ssc_call_text(call, "host_time");
    size_t len = 7;
    int rc = ssc_datetime_valid(digits) ? ssc_hex_decode(digits, out, &len) : SSC_E_INVALID_PARAMS;
    return rc == 0 ? 0 : ssc_call_fail(call, SSC_E_INVALID_PARAMS, "host_time: not a time");
}

int ssc_load_complete_work(struct ssc_call *call)
{
    struct ssc_slot_begun *b = &call->slot->begun;
    uint8_t time[7], mac2[4];
    size_t len = sizeof mac2;
    int rc = b->load ? ssc_ledger_need(call) : SSC_E_LOAD_NOT_BEGUN;
    if (rc == 0 && ssc_call_int(call, "id", b->txn.id) != b->txn.id) {
        rc = ssc_call_fail(call, SSC_E_LOAD_NOT_BEGUN, "id: the lease holds another load");
    }
    if (rc == 0) {
        rc = bcd_time(call, time);
    }
    if (rc == 0) {
        rc = ssc_call_hex(call, "mac2", mac2, &len);
    }
    if (rc == 0) {
        rc = ssc_money_load_complete(call->d->journal, call->slot->card, &b->txn, time, mac2,
                                     call->work_deadline);
        b->load = b->txn.state == SSC_TXN_PREPARED; /* still open: may be tried again */
        rc = conclude(call, &b->txn, rc);
        json_object_del(call->result, "repeated");
    }
    return rc;
}
