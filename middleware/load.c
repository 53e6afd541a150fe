/* SPDX-License-Identifier: Apache-2.0 */
/* Load (圈存), two steps with the host: begin hands out what the host's MAC2 needs, complete credits once. */
#include "middleware/money_steps.h"
#include <string.h>

static int begin(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth, struct ssc_txn *row,
                 int64_t deadline)
{
    bool existing = false;
    int rc = ssc_money_card_ready(j, card, auth, row, deadline);
    if (!rc)
        rc = ssc_money_init(j, card, row, deadline);
    if (!rc) {
        row->state = SSC_TXN_PREPARED;
        rc = ssc_journal_insert(j, row, &existing);
    }
    return rc;
}

/* A begun load may be asked for again by the same card: the host may have missed the answer. */
static int begun(const struct ssc_txn *row, struct ssc_card *card, int64_t deadline)
{
    int rc = row->state == SSC_TXN_PREPARED ? ssc_card_detect(card, deadline) : ssc_money_outcome(row);
    if (!rc && row->state == SSC_TXN_PREPARED && !ssc_money_same_card(row, card))
        rc = SSC_E_CARD_MISMATCH;
    return rc;
}

int ssc_money_load_begin(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                         const struct ssc_debit_request *req, const uint8_t terminal[6], struct ssc_txn *txn,
                         int64_t deadline)
{
    struct ssc_claim claim;
    struct ssc_txn row;
    memset(txn, 0, sizeof *txn);
    int rc = ssc_money_row(req, SSC_KIND_LOAD, &row);
    if (rc)
        return rc;
    rc = ssc_journal_claim(j, &claim, row.owner_uid, row.op);
    if (rc)
        return rc;
    memcpy(row.terminal, terminal, sizeof row.terminal);
    rc = ssc_money_known_op(j, card, auth, &row, deadline);
    if (rc == 1)
        rc = begun(&row, card, deadline);
    else if (rc == 0)
        rc = begin(j, card, auth, &row, deadline);
    if (row.id)
        *txn = row;
    ssc_journal_unclaim(j, &claim);
    return rc;
}

static int credit(struct ssc_journal *j, struct ssc_card *card, struct ssc_txn *row, int64_t deadline)
{
    row->state = SSC_TXN_ARMED;
    int rc = ssc_now_ms() + SSC_COMMIT_MS > deadline ? SSC_E_DEADLINE_EXCEEDED : ssc_journal_update(j, row);
    if (rc)
        return rc;
    struct ssc_txn after = *row;
    ssc_money_commit(card, &after, deadline);
    if (after.state == SSC_TXN_DONE) {
        after.state = SSC_TXN_CONFIRMED;
        after.evidence = SSC_EV_LOAD_TAC;
        after.balance_after = after.balance_before + after.amount;
    }
    if (ssc_journal_update(j, &after) == 0) /* else the row stays ARMED, and that is what is told */
        *row = after;
    if (row->state == SSC_TXN_UNKNOWN)
        ssc_money_settle_now(j, card, NULL, row, deadline);
    return ssc_money_outcome(row);
}

int ssc_money_load_complete(struct ssc_journal *j, struct ssc_card *card, struct ssc_txn *txn,
                            const uint8_t host_time[7], const uint8_t mac2[4], int64_t deadline)
{
    struct ssc_claim claim;
    struct ssc_txn row;
    int rc = ssc_journal_get(j, txn->id, &row);
    if (rc)
        return rc;
    rc = ssc_journal_claim(j, &claim, txn->owner_uid, txn->op);
    if (rc)
        return rc;
    rc = ssc_journal_get(j, txn->id, &row); /* the journal's row, not the caller's memory of it */
    if (!rc && row.kind != SSC_KIND_LOAD)
        rc = SSC_E_INVALID_ARGUMENT;
    if (!rc && row.state == SSC_TXN_PREPARED && !ssc_money_same_card(&row, card))
        rc = ssc_card_get_info(card)->serial_len ? SSC_E_CARD_MISMATCH : SSC_E_LOAD_NOT_BEGUN;
    if (!rc && row.state == SSC_TXN_PREPARED) {
        memcpy(row.datetime, host_time, sizeof row.datetime);
        memcpy(row.mac2, mac2, sizeof row.mac2);
        rc = credit(j, card, &row, deadline);
    } else if (!rc) {
        rc = ssc_money_outcome(&row);
    }
    if (ssc_journal_get(j, txn->id, &row) == 0)
        *txn = row;
    ssc_journal_unclaim(j, &claim);
    return rc;
}

int ssc_money_load_abandon(struct ssc_journal *j, struct ssc_txn *txn)
{
    struct ssc_claim claim;
    struct ssc_txn row;
    int rc = ssc_journal_claim(j, &claim, txn->owner_uid, txn->op);
    if (rc)
        return rc;
    rc = ssc_journal_get(j, txn->id, &row);
    if (!rc && row.state == SSC_TXN_PREPARED) {
        row.state = SSC_TXN_ABANDONED;
        row.evidence = SSC_EV_NEVER_SENT;
        row.result = SSC_E_CANCELLED;
        rc = ssc_journal_update(j, &row);
    }
    if (!rc)
        *txn = row;
    ssc_journal_unclaim(j, &claim);
    return rc;
}
