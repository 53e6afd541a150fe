/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions whose keys the host has: load (圈存), and debit through its key machine. begin hands out what
 * the host's MAC needs, complete sends the committing command once. */
#include "middleware/money_steps.h"
#include <string.h>

static int not_begun(enum ssc_txn_kind kind)
{
    return kind == SSC_KIND_LOAD ? SSC_E_LOAD_NOT_BEGUN : SSC_E_DEBIT_NOT_BEGUN;
}

/* ---- begin ---- */
static int begin(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth, struct ssc_txn *row,
                 int64_t deadline)
{
    bool existing = false;
    int rc = ssc_money_card_ready(j, card, auth, row, deadline);
    if (!rc) {
        rc = ssc_money_init(j, card, row, deadline);
    }
    if (!rc) {
        row->state = SSC_TXN_PREPARED;
        rc = ssc_journal_insert(j, row, &existing);
    }
    return rc;
}

/* A begun transaction may be asked for again by the same card: the host may have missed the answer. */
static int begun(const struct ssc_txn *row, struct ssc_card *card, int64_t deadline)
{
    int rc = row->state == SSC_TXN_PREPARED ? ssc_card_detect(card, deadline) : ssc_money_outcome(row);
    if (!rc && row->state == SSC_TXN_PREPARED && !ssc_money_same_card(row, card)) {
        rc = SSC_E_CARD_MISMATCH;
    }
    return rc;
}

static int two_step_begin(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                          const struct ssc_debit_request *req, enum ssc_txn_kind kind,
                          const uint8_t terminal[6], struct ssc_txn *txn, int64_t deadline)
{
    struct ssc_claim claim;
    struct ssc_txn row;
    memset(txn, 0, sizeof *txn);
    int rc = ssc_money_row(req, kind, &row);
    if (!rc) {
        rc = ssc_journal_claim(j, &claim, row.owner_uid, row.op);
    }
    if (rc) {
        goto done;
    }
    memcpy(row.terminal, terminal, sizeof row.terminal);
    rc = ssc_money_known_op(j, card, auth, &row, deadline);
    if (rc == 1) {
        rc = begun(&row, card, deadline);
    } else if (rc == 0) {
        rc = begin(j, card, auth, &row, deadline);
    }
    if (row.id) {
        *txn = row;
    }
    ssc_journal_unclaim(j, &claim);
done:
    return rc;
}

int ssc_money_load_begin(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                         const struct ssc_debit_request *req, const uint8_t terminal[6], struct ssc_txn *txn,
                         int64_t deadline)
{
    return two_step_begin(j, card, auth, req, SSC_KIND_LOAD, terminal, txn, deadline);
}

int ssc_money_debit_begin(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                          const struct ssc_debit_request *req, const uint8_t terminal[6], struct ssc_txn *txn,
                          int64_t deadline)
{
    return two_step_begin(j, card, auth, req, SSC_KIND_DEBIT, terminal, txn, deadline);
}

/* ---- complete ---- */

/* 9000 with the card's codes, which the host checks: it alone has the keys. */
static void believe_reply(struct ssc_txn *row)
{
    const bool load = row->kind == SSC_KIND_LOAD;
    row->state = SSC_TXN_CONFIRMED;
    row->evidence = load ? SSC_EV_LOAD_TAC : SSC_EV_REPLY_UNCHECKED;
    row->balance_after = row->balance_before + (load ? row->amount : -row->amount);
}

static int commit(struct ssc_journal *j, struct ssc_card *card, struct ssc_txn *row, int64_t deadline)
{
    row->state = SSC_TXN_ARMED;
    int rc = ssc_now_ms() + SSC_COMMIT_MS > deadline ? SSC_E_DEADLINE_EXCEEDED : ssc_journal_update(j, row);
    if (rc) {
        goto done;
    }
    struct ssc_txn after = *row;
    ssc_money_commit(card, &after, deadline);
    if (after.state == SSC_TXN_DONE) {
        believe_reply(&after);
    }
    if (ssc_journal_update(j, &after) == 0) { /* else the row stays ARMED, and that is what is told */
        *row = after;
    }
    if (row->state == SSC_TXN_UNKNOWN) {
        ssc_money_settle_now(j, card, NULL, row, deadline);
    }
    rc = ssc_money_outcome(row);
done:
    return rc;
}

/* What the host has said, for one row of the kind. */
struct host_answer {
    enum ssc_txn_kind kind;
    const uint8_t *time, *mac;
    const uint8_t *terminal_seq; /* debit */
};

static void take_answer(struct ssc_txn *row, const struct host_answer *a)
{
    memcpy(row->datetime, a->time, sizeof row->datetime);
    if (a->kind == SSC_KIND_LOAD) {
        memcpy(row->mac2, a->mac, sizeof row->mac2);
    } else {
        memcpy(row->terminal_seq, a->terminal_seq, sizeof row->terminal_seq);
        memcpy(row->mac1, a->mac, sizeof row->mac1);
    }
}

static int two_step_complete(struct ssc_journal *j, struct ssc_card *card, struct ssc_txn *txn,
                             const struct host_answer *a, int64_t deadline)
{
    struct ssc_claim claim;
    struct ssc_txn row;
    int rc = ssc_journal_get(j, txn->id, &row);
    if (!rc) {
        rc = ssc_journal_claim(j, &claim, txn->owner_uid, txn->op);
    }
    if (rc) {
        goto done;
    }
    rc = ssc_journal_get(j, txn->id, &row); /* the journal's row, not the caller's memory of it */
    if (!rc && row.kind != a->kind) {
        rc = SSC_E_INVALID_ARGUMENT;
    }
    if (!rc && row.state == SSC_TXN_PREPARED && !ssc_money_same_card(&row, card)) {
        rc = ssc_card_get_info(card)->serial_len ? SSC_E_CARD_MISMATCH : not_begun(row.kind);
    }
    if (!rc && row.state == SSC_TXN_PREPARED) {
        take_answer(&row, a);
        rc = commit(j, card, &row, deadline);
    } else if (!rc) {
        rc = ssc_money_outcome(&row);
    }
    if (ssc_journal_get(j, txn->id, &row) == 0) {
        *txn = row;
    }
    ssc_journal_unclaim(j, &claim);
done:
    return rc;
}

int ssc_money_load_complete(struct ssc_journal *j, struct ssc_card *card, struct ssc_txn *txn,
                            const uint8_t host_time[7], const uint8_t mac2[4], int64_t deadline)
{
    const struct host_answer a = {.kind = SSC_KIND_LOAD, .time = host_time, .mac = mac2};
    return two_step_complete(j, card, txn, &a, deadline);
}

int ssc_money_debit_complete(struct ssc_journal *j, struct ssc_card *card, struct ssc_txn *txn,
                             const uint8_t terminal_seq[4], const uint8_t time[7], const uint8_t mac1[4],
                             int64_t deadline)
{
    const struct host_answer a = {
        .kind = SSC_KIND_DEBIT, .time = time, .mac = mac1, .terminal_seq = terminal_seq};
    return two_step_complete(j, card, txn, &a, deadline);
}

/* ---- verified ---- */

/* 0: *row is what it has to become, or is already (*repeated). */
static int take_verdict(struct ssc_txn *row, bool right, bool *repeated)
{
    const enum ssc_evidence said = right ? SSC_EV_HOST_MAC2 : SSC_EV_HOST_MAC2_WRONG;
    const bool told = row->evidence == SSC_EV_HOST_MAC2 || row->evidence == SSC_EV_HOST_MAC2_WRONG;
    int rc = 0;
    *repeated = row->evidence == said;
    if (told && !*repeated) {
        rc = SSC_E_VERDICT_CONFLICT;
    } else if (!told && !ssc_txn_awaits_verdict(row)) {
        rc = SSC_E_INVALID_ARGUMENT;
    } else if (row->state == SSC_TXN_UNKNOWN && !right) {
        rc = SSC_E_OUTCOME_UNKNOWN; /* another transaction's proof: the card has more to say, to its holder */
    } else if (row->state == SSC_TXN_UNKNOWN) {
        row->evidence = said;
        row->state = SSC_TXN_CONFIRMED;
        row->result = 0;
        row->balance_after = row->balance_before - row->amount;
    } else if (!told) {
        row->evidence = said;
        row->state = right ? SSC_TXN_CONFIRMED : SSC_TXN_UNPROVEN;
        row->result = right ? 0 : SSC_E_DEBIT_DISPUTED;
    }
    return rc;
}

int ssc_money_verified(struct ssc_journal *j, int64_t id, bool right, struct ssc_txn *txn, bool *repeated)
{
    struct ssc_claim claim;
    struct ssc_txn row;
    *repeated = false;
    int rc = ssc_journal_get(j, id, txn);
    if (!rc) {
        rc = ssc_journal_claim(j, &claim, txn->owner_uid, txn->op);
    }
    if (rc) {
        goto done;
    }
    rc = ssc_journal_get(j, id, &row);
    if (!rc) {
        *txn = row;
        rc = take_verdict(&row, right, repeated);
    }
    if (!rc && !*repeated) {
        rc = ssc_journal_update(j, &row);
    }
    if (!rc) {
        *txn = row;
        rc = ssc_money_outcome(&row);
    }
    ssc_journal_unclaim(j, &claim);
done:
    return rc;
}

int ssc_money_abandon(struct ssc_journal *j, struct ssc_txn *txn)
{
    struct ssc_claim claim;
    struct ssc_txn row;
    int rc = ssc_journal_claim(j, &claim, txn->owner_uid, txn->op);
    if (rc) {
        goto done;
    }
    rc = ssc_journal_get(j, txn->id, &row);
    if (!rc && row.state == SSC_TXN_PREPARED) {
        row.state = SSC_TXN_ABANDONED;
        row.evidence = SSC_EV_NEVER_SENT;
        row.result = SSC_E_CANCELLED;
        rc = ssc_journal_update(j, &row);
    }
    if (!rc) {
        *txn = row;
    }
    ssc_journal_unclaim(j, &claim);
done:
    return rc;
}
