/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/verdict.h"

static struct ssc_verdict is(enum ssc_txn_state state, enum ssc_evidence evidence)
{
    return (struct ssc_verdict){state, evidence};
}

/* A proof that nobody checked: believed when log or balance agree with it. A proof may also belong to a
 * transaction that another terminal made with the same counter; then the log names that one. */
static struct ssc_verdict unchecked(const struct ssc_witnesses *w)
{
    struct ssc_verdict v = is(SSC_TXN_UNPROVEN, SSC_EV_CONFLICT);
    bool silent = w->log == SSC_LOG_UNREADABLE || w->log == SSC_LOG_GAP;
    bool agrees = w->balance == SSC_BALANCE_AFTER && (silent || w->log == SSC_LOG_MAYBE);
    if (w->log == SSC_LOG_MATCH || agrees) {
        v = is(SSC_TXN_CONFIRMED, SSC_EV_PROOF_TAC);
    } else if (w->log == SSC_LOG_OTHER) {
        v = is(SSC_TXN_NOT_DONE, SSC_EV_CARD_UNCHANGED);
    } else if (silent && w->balance == SSC_BALANCE_UNREADABLE) {
        v = is(SSC_TXN_UNKNOWN, SSC_EV_NONE);
    }
    return v;
}

static struct ssc_verdict no_proof(const struct ssc_witnesses *w)
{
    struct ssc_verdict v = is(SSC_TXN_UNPROVEN, SSC_EV_CONFLICT);
    /* Looks done, and the card will not say so. */
    bool contradicted = w->log == SSC_LOG_MATCH || w->balance == SSC_BALANCE_AFTER;
    if (!contradicted && w->counter == SSC_COUNTER_UNREADABLE) {
        bool unchanged = w->log == SSC_LOG_ABSENT && w->balance == SSC_BALANCE_BEFORE;
        v = unchanged ? is(SSC_TXN_NOT_DONE, SSC_EV_CARD_UNCHANGED) : is(SSC_TXN_UNKNOWN, SSC_EV_NONE);
    } else if (!contradicted &&
               w->counter == (w->log == SSC_LOG_OTHER ? SSC_COUNTER_LATER : SSC_COUNTER_BEFORE)) {
        v = is(SSC_TXN_NOT_DONE, SSC_EV_CARD_UNCHANGED);
    }
    return v;
}

struct ssc_verdict ssc_verdict(const struct ssc_witnesses *w)
{
    struct ssc_verdict v = is(SSC_TXN_UNPROVEN, SSC_EV_CONFLICT);
    switch (w->proof) {
    case SSC_PROOF_CHECKED:
        v = is(SSC_TXN_CONFIRMED, SSC_EV_PROOF_MAC2);
        break;
    case SSC_PROOF_TAC_ALONE:
        v = is(SSC_TXN_UNPROVEN, SSC_EV_PROOF_TAC);
        break;
    case SSC_PROOF_WRONG:
        if (w->proof_may_be_stale) {
            v = no_proof(w);
        } else if (w->log == SSC_LOG_OTHER) {
            v = is(SSC_TXN_NOT_DONE, SSC_EV_CARD_UNCHANGED);
        }
        break;
    case SSC_PROOF_UNCHECKED:
        v = w->proof_may_be_stale ? no_proof(w) : unchecked(w);
        break;
    case SSC_PROOF_NONE:
        v = no_proof(w);
        break;
    }
    return v;
}
