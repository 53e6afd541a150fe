/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/money_steps.h"
#include "apdu/bytes.h"
#include "apdu/sw.h"
#include <string.h>

/* ---- the request ---- */
static bool op_valid(const char *op)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
    size_t len = strnlen(op, 65);
    return len >= 16 && len <= 64 && strspn(op, allowed) == len;
}

static bool fen_valid(int64_t fen)
{
    return fen >= 0 && fen <= UINT32_MAX;
}

static int digest(const struct ssc_txn *t, char out[65])
{
    uint8_t bytes[2 + 3 * 8], hash[32];
    struct ssc_writer w = ssc_writer(bytes, sizeof bytes);
    const int64_t amounts[] = {t->amount, t->self_pay, t->pooled};
    ssc_write8(&w, t->kind);
    ssc_write8(&w, t->purse);
    for (size_t i = 0; i < 3; i++) {
        ssc_write32(&w, (uint32_t)((uint64_t)amounts[i] >> 32));
        ssc_write32(&w, (uint32_t)amounts[i]);
    }
    int rc = ssc_sm3(bytes, w.len, hash);
    return rc ? rc : ssc_hex_encode(hash, sizeof hash, out, 65);
}

int ssc_money_row(const struct ssc_debit_request *req, enum ssc_txn_kind kind, struct ssc_txn *txn)
{
    bool parts = req->self_pay || req->pooled;
    bool valid = op_valid(req->op) && ssc_purse_ops(req->purse) && fen_valid(req->amount) &&
                 fen_valid(req->self_pay) && fen_valid(req->pooled) && (req->amount || parts) &&
                 (!parts || (req->purse == SSC_PURSE_MEDICAL && kind == SSC_KIND_DEBIT));
    *txn = (struct ssc_txn){.owner_uid = req->owner_uid,
                            .kind = kind,
                            .purse = req->purse,
                            .amount = req->amount,
                            .self_pay = req->self_pay,
                            .pooled = req->pooled,
                            .balance_before = -1,
                            .balance_after = -1};
    int rc = SSC_E_INVALID_ARGUMENT;
    if (valid) {
        memcpy(txn->op, req->op, strlen(req->op));
        memcpy(txn->datetime, req->time, sizeof txn->datetime);
        memcpy(txn->reader, req->reader, strnlen(req->reader, sizeof txn->reader - 1));
        rc = digest(txn, txn->digest);
    }
    return rc;
}

int ssc_money_outcome(const struct ssc_txn *txn)
{
    int rc = SSC_E_OUTCOME_UNKNOWN;
    switch (txn->state) {
    case SSC_TXN_CONFIRMED:
        rc = 0;
        break;
    case SSC_TXN_UNPROVEN:
        rc = txn->evidence == SSC_EV_HOST_MAC2_WRONG ? SSC_E_DEBIT_DISPUTED : SSC_E_UNPROVEN;
        break;
    case SSC_TXN_PREPARED:
        rc = SSC_E_OP_BUSY;
        break;
    case SSC_TXN_REFUSED:
    case SSC_TXN_ABANDONED:
        rc = txn->result ? txn->result : SSC_E_NOTHING_MOVED;
        break;
    case SSC_TXN_NOT_DONE: /* how it was lost does not matter any more, and would advise the cashier wrongly
                            */
        rc = SSC_E_NOTHING_MOVED;
        break;
    case SSC_TXN_ARMED:
    case SSC_TXN_DONE:
    case SSC_TXN_UNKNOWN:
        break;
    }
    return rc;
}

/* ---- before the card is touched ---- */
bool ssc_money_same_card(const struct ssc_txn *row, const struct ssc_card *card)
{
    const struct ssc_card_info *info = ssc_card_get_info(card);
    return info->serial_len && info->serial_len == row->serial_len &&
           memcmp(info->serial, row->serial, row->serial_len) == 0;
}

int ssc_money_known_op(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                       struct ssc_txn *row, int64_t deadline)
{
    struct ssc_txn stored;
    int rc = ssc_journal_get_op(j, row->owner_uid, row->op, &stored);
    if (!rc && strcmp(stored.digest, row->digest) != 0) {
        rc = SSC_E_OP_CONFLICT;
    }
    if (rc) {
        goto done;
    }
    *row = stored;
    if (!ssc_txn_state_final(row->state) && row->state != SSC_TXN_PREPARED &&
        ssc_card_detect(card, deadline) == 0 && ssc_money_same_card(row, card)) {
        (void)ssc_money_settle(j, card, auth, row, deadline); /* the row tells; a failure leaves it open */
    }
    rc = 1;
done:
    return rc == SSC_E_TXN_NOT_FOUND ? 0 : rc;
}

int ssc_money_card_ready(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                         struct ssc_txn *row, int64_t deadline)
{
    unsigned settled = 0;
    int rc = ssc_card_detect(card, deadline);
    const struct ssc_card_info *info = ssc_card_get_info(card);
    if (!rc && (!info->serial_len || info->serial_len > sizeof row->serial)) {
        rc = SSC_E_NO_PURSE; /* a card that cannot be told from another is charged nothing */
    }
    if (rc) {
        goto done;
    }
    row->serial_len = (uint8_t)info->serial_len;
    memcpy(row->serial, info->serial, info->serial_len);
    rc = ssc_money_resolve(j, card, auth, &settled, deadline);
    if (rc == SSC_E_CARD_MISMATCH) {
        rc = 0; /* nothing is open */
    } else if (rc && rc != SSC_E_PIN_REQUIRED && rc != SSC_E_JOURNAL && rc != SSC_E_JOURNAL_CORRUPT) {
        rc = SSC_E_UNSETTLED;
    }
    if (!rc) {
        const struct ssc_purse_ops *ops = ssc_purse_ops(row->purse);
        ops->prepare(ssc_card_profile(card), row);
        rc = ops->select(card, deadline);
    }
done:
    return rc;
}

int ssc_money_init(struct ssc_journal *j, struct ssc_card *card, struct ssc_txn *row, int64_t deadline)
{
    bool existing;
    int rc = ssc_purse_ops(row->purse)->init(card, row, deadline);
    if (rc == 0 && row->kind == SSC_KIND_DEBIT && row->amount > row->balance_before) {
        rc = SSC_E_INSUFFICIENT_FUNDS; /* the card should have said so */
    }
    if (rc > 0 || rc == SSC_E_INSUFFICIENT_FUNDS) {
        row->state = SSC_TXN_REFUSED;
        row->evidence = SSC_EV_STATUS_WORD;
        row->result = rc;
        int stored = ssc_journal_insert(j, row, &existing);
        rc = stored ? stored : rc;
    } else if (rc == 0 && row->kind == SSC_KIND_LOAD && row->amount > UINT32_MAX - row->balance_before) {
        rc = SSC_E_INVALID_ARGUMENT;
    }
    return rc;
}

/* ---- the committing command ---- */
static void classify(struct ssc_txn *row, int rc, const struct ssc_transmit_report *report)
{
    row->result = rc;
    if (rc == 0) {
        row->state = SSC_TXN_DONE;
        row->has_tac = true;
        row->has_mac2 = true;
    } else if (!report->sent) {
        row->state = SSC_TXN_ABANDONED;
        row->evidence = SSC_EV_NEVER_SENT;
    } else if (rc > 0 && report->exchanges == 1 && report->first_sw == rc &&
               ssc_sw_definitely_refused((uint16_t)rc)) {
        row->state = SSC_TXN_REFUSED;
        row->evidence = SSC_EV_STATUS_WORD;
    } else {
        row->state = SSC_TXN_UNKNOWN;
    }
}

void ssc_money_commit(struct ssc_card *card, struct ssc_txn *row, int64_t deadline)
{
    struct ssc_transmit_report report = {0};
    int rc = SSC_E_DEADLINE_EXCEEDED; /* the disk may have taken what was left */
    if (ssc_now_ms() + SSC_COMMIT_MS <= deadline) {
        rc = ssc_purse_ops(row->purse)->commit(card, row, &report, deadline);
    }
    classify(row, rc, &report);
}
