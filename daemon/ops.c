/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/ops.h"

#include "daemon/json_out.h"
#include "middleware/money.h"

#include <string.h>

static bool same_request(const struct ssc_call *call, const struct ssc_txn *txn)
{
    const char *purse = ssc_call_text(call, "purse");
    const bool load = strcmp(call->method->name, "purse.load.begin") == 0;
    return (txn->kind == SSC_KIND_LOAD) == load && !(call->method->flags & SSC_M_DIGEST) &&
           ssc_call_int(call, "amount", 0) == txn->amount &&
           ssc_call_int(call, "self_pay", 0) == txn->self_pay &&
           ssc_call_int(call, "pooled", 0) == txn->pooled &&
           (!purse || strcmp(purse, ssc_purse_name(txn->purse)) == 0);
}

static int ask_again(struct ssc_call *call, int rc)
{
    call->known = true;
    call->known_rc = rc;
    return SSC_GO_CARD;
}

static int repeat_txn(struct ssc_call *call, const struct ssc_txn *txn)
{
    int rc;
    json_t *o = ssc_json_txn(txn);
    if (!same_request(call, txn)) {
        rc = SSC_E_OP_CONFLICT;
    } else if (txn->state == SSC_TXN_PREPARED && !(call->method->flags & SSC_M_KEEP)) {
        call->error_txn = json_incref(o);
        rc = SSC_E_OP_BUSY; /* begun in two steps: the second one is awaited */
    } else if (txn->state == SSC_TXN_PREPARED) {
        call->begun = true;
        rc = SSC_GO_CARD; /* it may be handed out again */
    } else {
        rc = ssc_money_outcome(txn);
        if (rc == 0) {
            call->result = json_pack("{s:O, s:b}", "txn", o, "repeated", true);
        } else {
            call->error_txn = json_incref(o);
        }
        if (!ssc_txn_state_final(txn->state)) { /* its card can tell more, above all after the PIN */
            rc = ask_again(call, rc);
        }
    }
    json_decref(o);
    return rc;
}

int ssc_ops_same_card(struct ssc_call *call)
{
    struct ssc_txn txn;
    int rc = ssc_journal_get_op(call->d->journal, call->peer.uid, ssc_call_text(call, "op"), &txn);
    if (rc == 0) {
        rc = ssc_card_detect(call->slot->card, call->work_deadline);
    }
    const struct ssc_card_info *info = ssc_card_get_info(call->slot->card);
    const bool same = rc == 0 && info->serial_len == txn.serial_len &&
                      memcmp(info->serial, txn.serial, txn.serial_len) == 0;
    return same ? 0 : call->known_rc;
}

/* ---- writes that are no transactions ---- */

#define REQUEST_HALF 32 /* digits of the digest that are the request's; the card's serial follows */

/* Over what is written and where, not over secrets: a PIN has so few values that its digest is the PIN. (A
 * back office's `command` holds it enciphered for one challenge.) */
static int digest(const struct ssc_call *call, char out[65])
{
    static const char *const counted[] = {"file", "element", "occurrence", "text",
                                          "hex",  "offset",  "command"};
    uint8_t hash[32];
    json_t *o = json_pack("{s:s}", "method", call->method->name);
    int rc = o ? 0 : SSC_E_OUT_OF_MEMORY;
    for (size_t i = 0; rc == 0 && i < sizeof counted / sizeof counted[0]; i++) {
        json_object_set(o, counted[i], json_object_get(call->params, counted[i]));
    }
    char text[16384];
    const size_t len = rc == 0 ? json_dumpb(o, text, sizeof text, JSON_COMPACT | JSON_SORT_KEYS) : 0;
    if (rc == 0) {
        rc = len > 0 && len <= sizeof text ? ssc_sm3((const uint8_t *)text, len, hash) : SSC_E_INVALID_PARAMS;
    }
    if (rc == 0) {
        rc = ssc_hex_encode(hash, REQUEST_HALF / 2, out, 65);
    }
    ssc_cleanse(text, sizeof text);
    json_decref(o);
    return rc;
}

static int digest_with_card(struct ssc_call *call, char out[65])
{
    int rc = ssc_card_detect(call->slot->card, call->work_deadline);
    const struct ssc_card_info *info = ssc_card_get_info(call->slot->card);
    if (rc == 0) {
        rc = digest(call, out);
    }
    if (rc == 0) {
        rc = ssc_hex_encode(info->serial, info->serial_len, out + REQUEST_HALF, 65 - REQUEST_HALF);
    }
    return rc;
}

static int outcome_of_write(struct ssc_call *call, const struct ssc_write_op *op)
{
    int rc = op->result;
    if (!op->finished) {
        rc = ssc_call_fail(call, SSC_E_OUTCOME_UNKNOWN,
                           "the write was cut off: read the card to see what it holds",
                           "写卡中断：请读卡核对卡内数据");
    } else if (rc == 0 && !call->result) {
        call->result = json_pack("{s:b}", "repeated", true);
    }
    return rc;
}

static int repeat_write(struct ssc_call *call, const struct ssc_write_op *stored)
{
    char now[65];
    int rc = call->method->flags & SSC_M_DIGEST ? digest(call, now) : SSC_E_OP_CONFLICT;
    if (rc == 0) {
        const bool same = strncmp(now, stored->digest, REQUEST_HALF) == 0;
        rc = same ? ask_again(call, outcome_of_write(call, stored)) : SSC_E_OP_CONFLICT; /* is it the card? */
    }
    return rc;
}

int ssc_ops_repeat(struct ssc_call *call)
{
    struct ssc_txn txn;
    struct ssc_write_op stored;
    const char *op = ssc_call_text(call, "op");
    int rc = ssc_journal_get_op(call->d->journal, call->peer.uid, op, &txn);
    if (rc == 0) {
        rc = repeat_txn(call, &txn);
    } else if (rc == SSC_E_TXN_NOT_FOUND) {
        rc = ssc_journal_write_get(call->d->journal, call->peer.uid, op, &stored);
        rc = rc == 0 ? repeat_write(call, &stored) : rc;
    }
    return rc == SSC_E_TXN_NOT_FOUND ? SSC_GO_CARD : rc;
}

/* Refused before the card could have changed: the same op may be tried again. */
static bool nothing_written(int rc)
{
    static const int codes[] = {
        SSC_E_INVALID_PARAMS,   SSC_E_INVALID_ARGUMENT, SSC_E_FILE_UNKNOWN, SSC_E_ACCESS_DENIED,
        SSC_E_PIN_REQUIRED,     SSC_E_NEED_REMOTE,      SSC_E_NO_PSAM,      SSC_E_PSAM_ALGORITHM,
        SSC_E_NOT_SUPPORTED,    SSC_E_PIN_LENGTH,       SSC_E_NO_PIN_PAD,   SSC_E_PSAM_KEY_LEVEL,
        SSC_E_PSAM_KEY_MISSING, SSC_E_NOT_SSC,          SSC_E_BAD_TEXT,     SSC_E_PSAM_REFUSED,
    };
    bool found = false;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        found = found || codes[i] == rc;
    }
    return found;
}

int ssc_ops_write(struct ssc_call *call, int (*work)(struct ssc_call *call))
{
    struct ssc_journal *j = call->d->journal;
    struct ssc_write_op op = {.owner_uid = call->peer.uid};
    bool existing = false;
    int rc = digest_with_card(call, op.digest);
    snprintf(op.op, sizeof op.op, "%s", ssc_call_text(call, "op"));
    if (rc == 0) {
        rc = ssc_journal_write_begin(j, &op, &existing);
    }
    if (rc != 0) {
        goto done;
    }
    if (existing) {
        rc = outcome_of_write(call, &op);
        goto done;
    }
    rc = work(call);
    if (nothing_written(rc)) {
        ssc_journal_write_forget(j, &op);
    } else {
        op.result = rc;
        ssc_journal_write_end(j, &op); /* fails: the op stays open, and a repeat is told so */
    }
    if (rc == 0 && !call->result) {
        call->result = json_pack("{s:b}", "repeated", false);
    }
done:
    return rc;
}
