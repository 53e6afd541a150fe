/* SPDX-License-Identifier: Apache-2.0 */
/* One debit (purse-and-psam of JR/T 0025, part 5 of the card specification for the medical account):
 * INITIALIZE, MAC1 from the provider, the row made durable, DEBIT once, MAC2 to the provider, the outcome. */
#include "middleware/money_steps.h"
#include <string.h>
#include <time.h>

/* The terminal's clock as the card wants it: local time, BCD. */
static void now_bcd(uint8_t out[7])
{
    time_t now = time(NULL);
    struct tm tm;
    localtime_r(&now, &tm);
    const int parts[] = {(tm.tm_year + 1900) / 100,
                         tm.tm_year % 100,
                         tm.tm_mon + 1,
                         tm.tm_mday,
                         tm.tm_hour,
                         tm.tm_min,
                         tm.tm_sec};
    for (size_t i = 0; i < 7; i++) {
        out[i] = (uint8_t)(parts[i] / 10 << 4 | parts[i] % 10);
    }
}

/* 9000 came with a TAC; MAC2 says whether a real card sent it. */
static void check_reply(struct ssc_auth *auth, struct ssc_txn *row, int64_t deadline)
{
    int rc = auth->ops->check_mac2(auth, row->auth_session, row->mac2, deadline);
    row->result = rc;
    if (rc == 0) {
        row->state = SSC_TXN_CONFIRMED;
        row->evidence = SSC_EV_REPLY_MAC2;
        row->balance_after = row->balance_before - row->amount;
    } else {
        row->state = SSC_TXN_UNKNOWN; /* the card's proof is heard next */
        row->has_mac2 = rc == SSC_E_BAD_MAC;
    }
}

/* From MAC1 on the provider is ours; the card waits between INITIALIZE and DEBIT and sees nothing else. */
static int commit(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth, struct ssc_txn *row,
                  int64_t deadline)
{
    const struct ssc_purse_ops *ops = ssc_purse_ops(row->purse);
    bool existing = false;
    int rc = ops->mac1(auth, ssc_card_get_info(card), row, deadline);
    if (rc) {
        goto done;
    }
    row->auth_session = auth->ops->session(auth);
    row->state = SSC_TXN_ARMED;
    rc = ssc_now_ms() + SSC_COMMIT_MS > deadline ? SSC_E_DEADLINE_EXCEEDED : 0;
    if (!rc) {
        rc = ssc_journal_insert(j, row, &existing);
    }
    if (!rc && existing) {
        rc = SSC_E_INTERNAL; /* the claim and the look-up before make this impossible: send nothing */
    }
    if (!rc) {
        struct ssc_txn after = *row;
        ssc_money_commit(card, &after, deadline);
        if (after.state == SSC_TXN_DONE) {
            check_reply(auth, &after, deadline);
        }
        auth->ops->purchase_end(auth); /* others need the PSAM while this row goes to the disk */
        if (ssc_journal_update(j, &after) == 0) {
            *row = after; /* else the row stays ARMED, and that is what is told */
        }
    } else {
        auth->ops->purchase_end(auth);
    }
done:
    return rc;
}

static int debit(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth, struct ssc_txn *row,
                 int64_t deadline)
{
    int rc = ssc_money_card_ready(j, card, auth, row, deadline);
    if (!rc) {
        rc = auth->ops->terminal(auth, row->terminal, deadline);
    }
    if (!rc) {
        if (row->datetime[0] == 0) {
            now_bcd(row->datetime);
        }
        row->test_keys = auth->test_keys;
        rc = ssc_money_init(j, card, row, deadline);
    }
    if (!rc) {
        rc = commit(j, card, auth, row, deadline);
    }
    if (!rc && row->state == SSC_TXN_UNKNOWN) {
        ssc_money_settle_now(j, card, auth, row, deadline);
    }
    return rc ? rc : ssc_money_outcome(row);
}

int ssc_money_debit(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                    const struct ssc_debit_request *req, struct ssc_txn *txn, int64_t deadline)
{
    struct ssc_claim claim;
    struct ssc_txn row;
    memset(txn, 0, sizeof *txn);
    int rc = ssc_money_row(req, SSC_KIND_DEBIT, &row);
    if (!rc) {
        rc = ssc_journal_claim(j, &claim, row.owner_uid, row.op);
    }
    if (rc) {
        goto done;
    }
    rc = ssc_money_known_op(j, card, auth, &row, deadline);
    if (rc == 1) {
        rc = ssc_money_outcome(&row);
    } else if (rc == 0) {
        rc = auth ? debit(j, card, auth, &row, deadline) : SSC_E_NO_PSAM;
    }
    if (row.id) {
        *txn = row;
    }
    ssc_journal_unclaim(j, &claim);
done:
    return rc;
}
