/* SPDX-License-Identifier: Apache-2.0 */
/* Settling what was torn: ask the same card, hear its witnesses, write the verdict. Nothing here moves money.
 */
#include "middleware/money_steps.h"
#include "middleware/verdict.h"
#include "apdu/sw.h"
#include <stdlib.h>
#include <string.h>

enum { LOG_MOST = 100, ROWS_AT_ONCE = 8 };

struct inquiry {
    struct ssc_card *card;
    struct ssc_auth *auth;
    const struct ssc_purse_ops *ops;
    const struct ssc_txn *row;
    struct ssc_witnesses w;
    struct ssc_card_proof proof;
    int64_t balance;              /* -1: not told */
    bool pin;                     /* a witness speaks only after the PIN */
    const struct inquiry *before; /* the first hearing, in the second */
    int64_t deadline;
};

/* A refusal that will be the same tomorrow: the card does not have this witness. */
static bool never_tells(int rc)
{
    return rc == SSC_SW_INS || rc == SSC_SW_CLA || rc == SSC_SW_FUNCTION || rc == SSC_SW_FILE_NOT_FOUND ||
           rc == SSC_SW_FILE_TYPE || rc == SSC_SW_P1P2;
}

/* 0: the witness stays silent; else the error that ends the inquiry for now. */
static int silent(struct inquiry *q, int rc)
{
    if (rc == SSC_E_PIN_REQUIRED) {
        q->pin = true;
    }
    return rc == SSC_E_PIN_REQUIRED || never_tells(rc) ? 0 : rc;
}

/* ---- the witnesses ---- */
static int check_mac2(struct inquiry *q)
{
    const struct ssc_txn *row = q->row;
    int rc = SSC_E_AUTH_NOT_BEGUN;
    if (row->has_mac2 && row->result == SSC_E_BAD_MAC && memcmp(row->mac2, q->proof.mac, 4) == 0) {
        rc = SSC_E_BAD_MAC; /* the PSAM has said so; asking again would only wear its error counter */
    } else if (q->auth && row->auth_session && row->kind == SSC_KIND_DEBIT) {
        rc = q->auth->ops->check_mac2(q->auth, row->auth_session, q->proof.mac, q->deadline);
    }
    if (rc == 0) {
        q->w.proof = SSC_PROOF_CHECKED;
    } else {
        q->w.proof = rc == SSC_E_BAD_MAC ? SSC_PROOF_WRONG : SSC_PROOF_UNCHECKED;
    }
    return rc == SSC_E_DEADLINE_EXCEEDED || rc == SSC_E_CANCELLED || rc == SSC_E_READER_BUSY ? rc : 0;
}

static int ask_proof(struct inquiry *q)
{
    bool after = q->ops->proof_counter_after(ssc_card_profile(q->card));
    uint16_t counter = (uint16_t)(q->row->counter + (after ? 1 : 0));
    int rc = q->ops->proof(q->card, q->row, counter, &q->proof, q->deadline);
    q->w.proof_may_be_stale = !after;
    q->w.proof = SSC_PROOF_NONE;
    if (rc == SSC_SW_NO_PROOF) {
        rc = 0;
    } else if (rc) {
        rc = silent(q, rc);
    } else if (q->row->kind == SSC_KIND_DEBIT && !q->proof.has_mac) {
        q->w.proof = SSC_PROOF_TAC_ALONE;
    } else if (q->before) {
        /* A right MAC2 has ended the PSAM's session: the same bytes are as right as before. */
        q->w.proof = q->before->w.proof;
    } else {
        rc = check_mac2(q);
    }
    return rc;
}

static bool entry_alike(const struct ssc_txn *row, const struct ssc_log_entry *e)
{
    char terminal[2 * sizeof row->terminal + 1], datetime[2 * sizeof row->datetime + 1];
    ssc_purse_hex(row->terminal, sizeof row->terminal, terminal);
    ssc_purse_hex(row->datetime, sizeof row->datetime, datetime);
    return e->type == row->txn_type && e->amount == row->amount && e->self_pay == row->self_pay &&
           e->pooled == row->pooled && strcmp(e->terminal, terminal) == 0 &&
           strcmp(e->datetime, datetime) == 0;
}

struct log_search {
    bool match, maybe, other, older;
    unsigned used;
};

/* Whether cards log the counter before or after the transaction is not settled: an entry that fits only under
 * the other reading may be ours, or one of the same second and amount before it. */
static void weigh_entry(const struct inquiry *q, const struct ssc_log_entry *e, struct log_search *s)
{
    const struct ssc_txn *row = q->row;
    bool after = q->ops->log_counter_after(ssc_card_profile(q->card));
    int ours = row->counter + (after ? 1 : 0), otherwise = row->counter + (after ? 0 : 1);
    bool alike = entry_alike(row, e), counts = q->ops->same_counter(row, e->type);
    s->used++;
    s->match = s->match || (alike && e->counter == ours);
    s->maybe = s->maybe || (alike && e->counter == otherwise);
    s->other = s->other || (counts && !alike && e->counter >= ours);
    s->older = s->older || (counts && e->counter < row->counter);
}

static int ask_log(struct inquiry *q)
{
    struct log_search s = {.used = 0};
    int rc = 0;
    for (unsigned n = 1; n <= LOG_MOST && !s.older && !s.match && !rc; n++) {
        struct ssc_log_entry e;
        rc = q->ops->record(q->card, n, &e, q->deadline);
        if (!rc && e.type != 0x00 && e.type != 0xFF) { /* else a record never written */
            weigh_entry(q, &e, &s);
        }
    }
    bool ended = rc == SSC_SW_RECORD_NOT_FOUND;
    bool whole = s.older || (ended && s.used < q->ops->least_records);
    q->w.log = SSC_LOG_UNREADABLE;
    if (!rc || ended) {
        q->w.log = s.match   ? SSC_LOG_MATCH
                   : s.maybe ? SSC_LOG_MAYBE
                   : !whole  ? SSC_LOG_GAP
                   : s.other ? SSC_LOG_OTHER
                             : SSC_LOG_ABSENT;
    }
    return rc && !ended ? silent(q, rc) : 0;
}

static int ask_balance(struct inquiry *q)
{
    const struct ssc_txn *row = q->row;
    struct ssc_balance b;
    int64_t after =
        row->kind == SSC_KIND_LOAD ? row->balance_before + row->amount : row->balance_before - row->amount;
    int rc = q->ops->balance(q->card, row->purse, &b, q->deadline);
    q->w.balance = SSC_BALANCE_UNREADABLE;
    if (!rc) {
        q->balance = b.amount;
    }
    if (!rc && row->amount != 0) {
        q->w.balance = b.amount == row->balance_before ? SSC_BALANCE_BEFORE
                       : b.amount == after             ? SSC_BALANCE_AFTER
                                                       : SSC_BALANCE_ELSE;
    }
    return rc ? silent(q, rc) : 0;
}

/* INITIALIZE shows the counter and moves nothing. Asked last: some cards drop their proof over it. */
static int ask_counter(struct inquiry *q)
{
    struct ssc_txn probe = *q->row;
    q->w.counter = SSC_COUNTER_UNREADABLE;
    probe.amount = probe.self_pay = probe.pooled = 0;
    int rc = q->ops->init(q->card, &probe, q->deadline);
    if (rc == 0) {
        q->w.counter = probe.counter == q->row->counter  ? SSC_COUNTER_BEFORE
                       : probe.counter > q->row->counter ? SSC_COUNTER_LATER
                                                         : SSC_COUNTER_EARLIER;
    }
    return rc < 0 ? silent(q, rc) : 0; /* a purse without money or right to pay refuses before it tells */
}

static int hear(struct inquiry *q)
{
    int rc = ask_proof(q);
    if (!rc) {
        rc = ask_balance(q); /* also when the proof is enough: the row keeps it */
    }
    bool enough = q->w.proof == SSC_PROOF_CHECKED || q->w.proof == SSC_PROOF_TAC_ALONE;
    if (!rc && !enough) {
        rc = ask_log(q);
    }
    if (!rc && !enough && (q->w.proof == SSC_PROOF_NONE || q->w.proof_may_be_stale)) {
        rc = ask_counter(q);
    }
    return rc;
}

static bool same_words(const struct inquiry *a, const struct inquiry *b)
{
    return a->w.proof == b->w.proof && a->w.log == b->w.log && a->w.balance == b->w.balance &&
           a->w.counter == b->w.counter && a->balance == b->balance && a->proof.has_mac == b->proof.has_mac &&
           memcmp(a->proof.mac, b->proof.mac, sizeof a->proof.mac) == 0 &&
           memcmp(a->proof.tac, b->proof.tac, sizeof a->proof.tac) == 0;
}

/* Log, balance and status words carry no MAC. An answer that was garbled on the way must not decide about
 * money, so the card has to say the same twice. */
static int hear_twice(struct inquiry *q)
{
    struct inquiry again = *q;
    int rc = hear(q);
    again.before = q;
    if (!rc) {
        rc = hear(&again);
    }
    if (!rc && !same_words(q, &again)) {
        rc = SSC_E_BAD_RESPONSE;
    }
    return rc;
}

/* ---- the verdict on the row ---- */
static void apply(const struct inquiry *q, struct ssc_verdict v, struct ssc_txn *row)
{
    int64_t change = row->kind == SSC_KIND_LOAD ? row->amount : -row->amount;
    bool proven = v.state == SSC_TXN_CONFIRMED || v.evidence == SSC_EV_PROOF_TAC;
    row->state = v.state;
    row->evidence = v.evidence;
    if (proven) {
        memcpy(row->tac, q->proof.tac, sizeof row->tac);
        row->has_tac = true;
    }
    if (proven && q->proof.has_mac && row->kind == SSC_KIND_DEBIT) {
        memcpy(row->mac2, q->proof.mac, sizeof row->mac2);
        row->has_mac2 = true;
    }
    if (v.state == SSC_TXN_NOT_DONE && row->result != SSC_E_BAD_MAC) {
        row->has_mac2 = row->has_tac = false; /* they were another transaction's */
    }
    row->balance_after = q->balance;
    if (row->balance_after < 0 && v.state == SSC_TXN_CONFIRMED) {
        row->balance_after = row->balance_before + change;
    }
    if (v.state == SSC_TXN_CONFIRMED) {
        row->result = 0;
    }
}

/* Log and balance are for the holder only, the proof is for everybody. It cannot decide by itself here, but
 * the host can check its codes without the card. */
static void keep_codes(struct ssc_journal *j, const struct inquiry *q, struct ssc_txn *row)
{
    struct ssc_txn seen = *row;
    const bool ours = q->w.proof == SSC_PROOF_UNCHECKED && !q->w.proof_may_be_stale &&
                      row->kind == SSC_KIND_DEBIT && row->state == SSC_TXN_UNKNOWN && !row->has_mac2;
    if (ours) {
        memcpy(seen.mac2, q->proof.mac, sizeof seen.mac2);
        memcpy(seen.tac, q->proof.tac, sizeof seen.tac);
        seen.has_mac2 = seen.has_tac = true;
        if (ssc_journal_update(j, &seen) == 0) {
            *row = seen;
        }
    }
}

int ssc_money_settle(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth, struct ssc_txn *row,
                     int64_t deadline)
{
    struct inquiry q = {.card = card, .auth = auth, .row = row, .balance = -1, .deadline = deadline};
    q.ops = ssc_purse_ops(row->purse);
    int rc = q.ops->select(card, deadline);
    if (!rc && !ssc_money_same_card(row, card)) {
        rc = SSC_E_CARD_MISMATCH;
    }
    if (!rc) {
        rc = hear_twice(&q);
    }
    struct ssc_verdict v = ssc_verdict(&q.w);
    if (!rc && v.state == SSC_TXN_UNKNOWN && q.pin) {
        keep_codes(j, &q, row);
        rc = SSC_E_PIN_REQUIRED;
    } else if (v.state == SSC_TXN_UNKNOWN) {
        v = (struct ssc_verdict){SSC_TXN_UNPROVEN, SSC_EV_NONE};
    }
    struct ssc_txn final = *row;
    if (!rc) {
        apply(&q, v, &final);
        rc = ssc_journal_update(j, &final);
    }
    if (!rc) {
        *row = final;
    }
    return rc;
}

void ssc_money_settle_now(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                          struct ssc_txn *row, int64_t deadline)
{
    bool answered = row->result >= 0 || row->result == SSC_E_BAD_MAC || row->result == SSC_E_BAD_RESPONSE ||
                    row->result == SSC_E_AUTH_NOT_BEGUN;
    int rc = ssc_now_ms() < deadline ? 0 : SSC_E_DEADLINE_EXCEEDED;
    if (!rc && !answered) {
        rc = ssc_card_forget(card, deadline); /* no late command can act on a card that was reset */
    }
    if (!rc) {
        rc = ssc_card_detect(card, deadline);
    }
    if (!rc) {
        (void)ssc_money_settle(j, card, auth, row, deadline); /* the row tells */
    }
}

/* ---- everything open on a card ---- */
static int settle_claimed(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                          struct ssc_txn *row, unsigned *settled, int64_t deadline)
{
    struct ssc_claim claim;
    struct ssc_txn listed = *row;
    int rc = ssc_journal_claim(j, &claim, listed.owner_uid, listed.op);
    if (!rc) {
        rc = ssc_journal_get(j, listed.id, row); /* it may have been settled since it was listed */
        if (!rc && !ssc_txn_state_final(row->state)) {
            rc = ssc_money_settle(j, card, auth, row, deadline);
            *settled += rc == 0;
        }
        ssc_journal_unclaim(j, &claim);
    }
    return rc;
}

int ssc_money_resolve(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth, unsigned *settled,
                      int64_t deadline)
{
    struct ssc_txn *rows = NULL;
    size_t count = 0;
    *settled = 0;
    int rc = ssc_card_detect(card, deadline);
    const struct ssc_card_info *info = ssc_card_get_info(card);
    struct ssc_txn_filter filter = {
        .serial = info->serial, .serial_len = info->serial_len, .unsettled_only = true, .owner_uid = -1};
    if (!rc) {
        count = ROWS_AT_ONCE;
        rows = calloc(count, sizeof *rows);
        rc = rows ? ssc_journal_list(j, &filter, rows, &count) : SSC_E_OUT_OF_MEMORY;
    }
    if (!rc && count == 0) {
        rc = SSC_E_CARD_MISMATCH;
    }
    for (size_t i = 0; i < count && !rc; i++) {
        rc = settle_claimed(j, card, auth, &rows[i], settled, deadline);
    }
    free(rows);
    return rc;
}

/* ---- after a restart ---- */
static int recover_row(struct ssc_journal *j, struct ssc_txn *row)
{
    int rc = 0;
    if (row->state == SSC_TXN_PREPARED) {
        row->state = SSC_TXN_ABANDONED;
        row->evidence = SSC_EV_NEVER_SENT;
        row->result = row->kind == SSC_KIND_LOAD ? SSC_E_LOAD_NOT_BEGUN : SSC_E_NOTHING_MOVED;
        rc = ssc_journal_update(j, row);
    } else if (row->state != SSC_TXN_UNKNOWN) {
        row->state = SSC_TXN_UNKNOWN;
        rc = ssc_journal_update(j, row);
    }
    return rc;
}

int ssc_money_recover(struct ssc_journal *j, unsigned *unknown)
{
    struct ssc_txn_filter filter = {.open_only = true, .owner_uid = -1};
    struct ssc_txn row;
    size_t count = 1;
    int rc = 0;
    *unknown = 0;
    while (!rc && (rc = ssc_journal_list(j, &filter, &row, &count)) == 0 && count == 1) {
        filter.after_id = row.id;
        rc = recover_row(j, &row);
        *unknown += row.state == SSC_TXN_UNKNOWN;
    }
    return rc;
}

int ssc_money_decide(struct ssc_journal *j, int64_t id, bool done, struct ssc_txn *txn)
{
    struct ssc_claim claim;
    int rc = ssc_journal_get(j, id, txn);
    if (!rc) {
        rc = ssc_journal_claim(j, &claim, txn->owner_uid, txn->op);
    }
    if (rc) {
        goto done;
    }
    struct ssc_txn row;
    rc = ssc_journal_get(j, id, &row);
    if (!rc && row.state != SSC_TXN_UNPROVEN && row.state != SSC_TXN_UNKNOWN) {
        rc = SSC_E_INVALID_ARGUMENT; /* what is proven is not for anybody to decide */
    }
    if (!rc) {
        row.state = done ? SSC_TXN_CONFIRMED : SSC_TXN_NOT_DONE;
        row.evidence = SSC_EV_OPERATOR;
        row.result = done ? 0 : SSC_E_NOTHING_MOVED;
        rc = ssc_journal_update(j, &row);
    }
    if (!rc) {
        *txn = row;
    }
    ssc_journal_unclaim(j, &claim);
done:
    return rc;
}
