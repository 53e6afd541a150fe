/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a transaction: which are final, and what may follow what. */
#include "middleware/journal_rows.h"
#include <string.h>

bool ssc_txn_state_final(enum ssc_txn_state s)
{
    return s == SSC_TXN_CONFIRMED || s == SSC_TXN_REFUSED || s == SSC_TXN_ABANDONED ||
           s == SSC_TXN_NOT_DONE || s == SSC_TXN_UNPROVEN;
}

bool ssc_txn_awaits_verdict(const struct ssc_txn *t)
{
    const bool done = t->state == SSC_TXN_CONFIRMED &&
                      (t->evidence == SSC_EV_REPLY_UNCHECKED || t->evidence == SSC_EV_PROOF_TAC);
    const bool open = t->state == SSC_TXN_UNKNOWN && t->has_tac && t->result != SSC_E_BAD_MAC;
    return t->kind == SSC_KIND_DEBIT && t->has_mac2 && (done || open);
}

/* What was confirmed on the card's word alone takes the word of the host that has the key. */
static bool is_verdict(const struct ssc_txn *from, const struct ssc_txn *to)
{
    const bool right = to->state == SSC_TXN_CONFIRMED && to->evidence == SSC_EV_HOST_MAC2;
    const bool wrong = to->state == SSC_TXN_UNPROVEN && to->evidence == SSC_EV_HOST_MAC2_WRONG;
    return ssc_txn_awaits_verdict(from) && from->state == SSC_TXN_CONFIRMED && (right || wrong) &&
           to->has_mac2 && memcmp(from->mac2, to->mac2, sizeof from->mac2) == 0 &&
           memcmp(from->tac, to->tac, sizeof from->tac) == 0;
}

/* An operator alone may settle what the card could not prove. */
bool ssc_txn_step_allowed(const struct ssc_txn *from, const struct ssc_txn *to)
{
#define TO(state) (1u << SSC_TXN_##state)
    static const unsigned allowed[] = {
        [SSC_TXN_PREPARED] = TO(ARMED) | TO(REFUSED) | TO(ABANDONED),
        [SSC_TXN_ARMED] = TO(DONE) | TO(CONFIRMED) | TO(REFUSED) | TO(ABANDONED) | TO(UNKNOWN) |
                          TO(NOT_DONE) | TO(UNPROVEN),
        [SSC_TXN_DONE] = TO(CONFIRMED) | TO(UNKNOWN) | TO(NOT_DONE) | TO(UNPROVEN),
        [SSC_TXN_UNKNOWN] = TO(UNKNOWN) | TO(CONFIRMED) | TO(NOT_DONE) | TO(UNPROVEN),
        [SSC_TXN_UNPROVEN] = TO(CONFIRMED) | TO(NOT_DONE),
        [SSC_TXN_CONFIRMED] = 0,
        [SSC_TXN_REFUSED] = 0,
        [SSC_TXN_ABANDONED] = 0,
        [SSC_TXN_NOT_DONE] = 0,
    };
#undef TO
    bool step =
        to->state <= SSC_TXN_UNPROVEN && ((allowed[from->state] >> to->state & 1u) || is_verdict(from, to));
    bool who = from->state != SSC_TXN_UNPROVEN || to->evidence == SSC_EV_OPERATOR;
    bool same = strcmp(from->op, to->op) == 0 && from->owner_uid == to->owner_uid &&
                strcmp(from->digest, to->digest) == 0 && from->kind == to->kind && from->purse == to->purse &&
                from->amount == to->amount && from->self_pay == to->self_pay && from->pooled == to->pooled &&
                from->serial_len == to->serial_len &&
                memcmp(from->serial, to->serial, sizeof from->serial) == 0 && from->counter == to->counter &&
                from->txn_type == to->txn_type && from->balance_before == to->balance_before &&
                memcmp(from->terminal, to->terminal, sizeof from->terminal) == 0;
    return step && who && same;
}
