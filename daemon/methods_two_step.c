/* SPDX-License-Identifier: Apache-2.0 */
/* Load and debit with the keys of the caller's host: the first half hands out what its MAC needs, the second
 * one sends it to the card. */
#include "daemon/methods.h"

#include "apdu/text.h"
#include "daemon/json_out.h"
#include "daemon/ledger.h"

#include <string.h>
#include <time.h>

/* ---- begin ---- */

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

static json_t *hex_byte(uint8_t byte)
{
    return ssc_json_hex(&byte, 1);
}

/* Where the host's key comes from: the card is told by txn.card, a social security card also by its city and
 * reset. */
static void add_factors(json_t *host, const struct ssc_card_slot *slot)
{
    const struct ssc_card_info *info = ssc_card_get_info(slot->card);
    const struct ssc_atr *atr = &slot->ch->atr;
    const bool ssc = info->kind == SSC_CARD_SSC;
    json_object_set_new(host, "area_code", ssc ? json_string(info->city) : json_null());
    json_object_set_new(host, "reset_info",
                        ssc ? ssc_json_hex(atr->historical, atr->historical_len) : json_null());
}

static json_t *for_host(const struct ssc_card_slot *slot, const struct ssc_txn *t)
{
    json_t *o = json_pack("{s:o, s:i, s:I, s:o, s:o, s:o, s:o, s:I}", "random", ssc_json_hex(t->random, 4),
                          "counter", (int)t->counter, "balance", (json_int_t)t->balance_before, "key_version",
                          hex_byte(t->key_version), "algorithm", hex_byte(t->algorithm), "terminal",
                          ssc_json_hex(t->terminal, 6), "type", hex_byte(t->txn_type), "amount",
                          (json_int_t)t->amount);
    add_factors(o, slot);
    return o;
}

/* Time for both sides to use, unless the host has one of its own. */
static json_t *proposed_time(const struct ssc_call *call)
{
    const char *wish = ssc_call_text(call, "time");
    const time_t now = time(NULL);
    struct tm local;
    char text[16];
    localtime_r(&now, &local);
    strftime(text, sizeof text, "%Y%m%d%H%M%S", &local);
    return json_string(wish ? wish : text);
}

static json_t *for_debit_host(const struct ssc_call *call, const struct ssc_txn *t)
{
    json_t *o = for_host(call->slot, t);
    const bool medical = t->purse == SSC_PURSE_MEDICAL;
    json_object_set_new(o, "key_index", hex_byte(t->key_index));
    json_object_set_new(o, "address",
                        medical ? ssc_json_key_address(call->slot->card, SSC_KEY_DPK) : json_null());
    json_object_set_new(o, "self_pay", json_integer(t->self_pay));
    json_object_set_new(o, "pooled", json_integer(t->pooled));
    json_object_set_new(o, "time", proposed_time(call));
    return o;
}

static json_t *for_load_host(const struct ssc_call *call, const struct ssc_txn *t)
{
    json_t *o = for_host(call->slot, t);
    json_object_set_new(o, "mac1", ssc_json_hex(t->mac1, 4));
    return o;
}

typedef int begin_money(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                        const struct ssc_debit_request *req, const uint8_t terminal[6], struct ssc_txn *txn,
                        int64_t deadline);

static int begin(struct ssc_call *call, begin_money *money, bool *mark,
                 json_t *(*host)(const struct ssc_call *, const struct ssc_txn *))
{
    struct ssc_debit_request req;
    struct ssc_slot_begun *b = &call->slot->begun;
    struct ssc_txn txn = {0};
    uint8_t terminal[6];
    int rc = ssc_money_prepare(call, &req);
    if (rc == 0) {
        if (strcmp(b->txn.op, req.op) != 0) {
            ssc_slot_drop_begun(call->slot); /* the card forgets that one now */
        }
        terminal_of(call, terminal);
        rc = money(call->d->journal, call->slot->card, ssc_call_auth(call), &req, terminal, &txn,
                   call->work_deadline);
        const bool begun = rc == 0 && txn.state == SSC_TXN_PREPARED;
        if (begun) {
            *mark = true;
            b->txn = txn;
        }
        rc = ssc_money_conclude(call, &txn, rc);
        if (begun && rc == 0) {
            json_object_del(call->result, "repeated"); /* it is in the caller's hands again */
            json_object_set_new(call->result, "host", host(call, &txn));
        } else if (rc == 0) {
            json_object_set_new(call->result, "repeated", json_true());
        }
    }
    ssc_cleanse(&txn, sizeof txn);
    return rc;
}

int ssc_load_begin_work(struct ssc_call *call)
{
    return begin(call, ssc_money_load_begin, &call->slot->begun.load, for_load_host);
}

static int check_time(struct ssc_call *call, const char *name)
{
    const char *digits = ssc_call_text(call, name);
    return !digits || ssc_datetime_valid(digits)
               ? 0
               : ssc_call_fail(call, SSC_E_INVALID_PARAMS, "%s: not a time", "%s：不是有效的时间", name);
}

int ssc_debit_begin_work(struct ssc_call *call)
{
    const int rc = check_time(call, "time");
    return rc == 0 ? begin(call, ssc_money_debit_begin, &call->slot->begun.debit, for_debit_host) : rc;
}

/* ---- complete ---- */

int ssc_call_time(struct ssc_call *call, const char *name, uint8_t out[7])
{
    size_t len = 7;
    const int rc = check_time(call, name);
    return rc == 0 ? ssc_call_hex(call, name, out, &len) : rc;
}

static int same_id(struct ssc_call *call, int not_begun)
{
    const int64_t id = call->slot->begun.txn.id;
    return ssc_call_int(call, "id", id) == id
               ? 0
               : ssc_call_fail(call, not_begun, "id: the lease holds another transaction",
                               "id：租约中是另一笔交易");
}

int ssc_load_complete_work(struct ssc_call *call)
{
    struct ssc_slot_begun *b = &call->slot->begun;
    uint8_t time[7], mac2[4];
    size_t len = sizeof mac2;
    int rc = b->load ? ssc_ledger_need(call) : SSC_E_LOAD_NOT_BEGUN;
    if (rc == 0) {
        rc = same_id(call, SSC_E_LOAD_NOT_BEGUN);
    }
    if (rc == 0) {
        rc = ssc_call_time(call, "host_time", time);
    }
    if (rc == 0) {
        rc = ssc_call_hex(call, "mac2", mac2, &len);
    }
    if (rc == 0) {
        rc = ssc_money_load_complete(call->d->journal, call->slot->card, &b->txn, time, mac2,
                                     call->work_deadline);
        b->load = b->txn.state == SSC_TXN_PREPARED; /* still open: may be tried again */
        rc = ssc_money_conclude(call, &b->txn, rc);
        json_object_del(call->result, "repeated");
    }
    return rc;
}

/* The card's codes go to the host, which checks them. */
static int conclude_debit(struct ssc_call *call, const struct ssc_txn *txn, int rc)
{
    rc = ssc_money_conclude(call, txn, rc);
    if (rc == 0) {
        json_object_set_new(call->result, "mac2", ssc_json_hex(txn->mac2, txn->has_mac2 ? 4 : 0));
        json_object_set_new(call->result, "tac", ssc_json_hex(txn->tac, txn->has_tac ? 4 : 0));
    }
    return rc;
}

/* The answer to the first complete may have been lost: the stored outcome, and the card is not touched. */
static int completed_before(struct ssc_call *call)
{
    struct ssc_txn txn = {0};
    const int64_t id = ssc_call_int(call, "id", 0);
    int rc = id > 0 ? ssc_ledger_need(call) : SSC_E_DEBIT_NOT_BEGUN;
    if (rc == 0) {
        rc = ssc_journal_get(call->d->journal, id, &txn);
    }
    const bool mine = rc == 0 && txn.owner_uid == call->peer.uid && txn.kind == SSC_KIND_DEBIT &&
                      txn.state != SSC_TXN_PREPARED;
    if (rc == 0 || rc == SSC_E_TXN_NOT_FOUND) {
        call->known = mine;
        rc = mine ? conclude_debit(call, &txn, ssc_money_outcome(&txn)) : SSC_E_DEBIT_NOT_BEGUN;
    }
    return rc;
}

static int complete_debit(struct ssc_call *call)
{
    struct ssc_slot_begun *b = &call->slot->begun;
    uint8_t time[7], mac1[4], seq[4];
    size_t mac_len = sizeof mac1, seq_len = sizeof seq;
    int rc = ssc_ledger_need(call);
    if (rc == 0) {
        rc = same_id(call, SSC_E_DEBIT_NOT_BEGUN);
    }
    if (rc == 0) {
        rc = ssc_call_time(call, "time", time);
    }
    if (rc == 0) {
        rc = ssc_call_hex(call, "mac1", mac1, &mac_len);
    }
    if (rc == 0) {
        rc = ssc_call_hex(call, "terminal_seq", seq, &seq_len);
    }
    if (rc == 0) {
        rc = ssc_money_debit_complete(call->d->journal, call->slot->card, &b->txn, seq, time, mac1,
                                      call->work_deadline);
        b->debit = b->txn.state == SSC_TXN_PREPARED; /* still open: may be tried again */
        rc = conclude_debit(call, &b->txn, rc);
    }
    return rc;
}

int ssc_debit_complete_work(struct ssc_call *call)
{
    return call->slot->begun.debit ? complete_debit(call) : completed_before(call);
}

/* ---- verified ---- */

int ssc_debit_verified_work(struct ssc_call *call)
{
    struct ssc_txn txn = {0};
    const char *said = ssc_call_text(call, "mac2");
    int rc = ssc_txn_named(call, &txn);
    if (rc == 0) {
        bool repeated = false;
        rc = ssc_money_verified(call->d->journal, txn.id, strcmp(said, "right") == 0, &txn, &repeated);
        const bool told = rc == 0 || rc == SSC_E_DEBIT_DISPUTED;
        if (rc == SSC_E_INVALID_ARGUMENT) {
            rc = ssc_call_fail(call, SSC_E_INVALID_PARAMS,
                               "MAC2 of this transaction awaits no verdict: %s, %s",
                               "该笔交易的MAC2无需校验结论：%s、%s", ssc_txn_state_name(txn.state, txn.kind),
                               ssc_evidence_name(txn.evidence));
        }
        if (told && !repeated) {
            call->events = json_pack("[o]", ssc_json_txn_event("txn.settled", &txn));
        }
        ssc_log(&call->d->log, SSC_LOG_INFO,
                "audit: purse.debit.verified uid=%u pid=%ld txn=%lld mac2=%s outcome=%s",
                (unsigned)call->peer.uid, (long)call->peer.pid, (long long)txn.id, said,
                rc == 0 ? "ok" : ssc_error_info(rc)->symbol);
        rc = ssc_money_conclude(call, &txn, rc);
        json_object_set_new(call->result, "repeated", json_boolean(repeated));
    }
    ssc_cleanse(&txn, sizeof txn);
    return rc;
}
