/* SPDX-License-Identifier: Apache-2.0 */
/* What the card's four witnesses together say about a torn transaction: proof, log, balance, counter. Pure.
 */
#ifndef SSC_MIDDLEWARE_VERDICT_H
#define SSC_MIDDLEWARE_VERDICT_H

#include "middleware/journal.h"

enum ssc_proof_says {
    SSC_PROOF_NONE,      /* 9406, or a card without the command */
    SSC_PROOF_CHECKED,   /* MAC2 right; a load's proof, which the host checks, is never this */
    SSC_PROOF_WRONG,     /* MAC2 wrong */
    SSC_PROOF_UNCHECKED, /* nobody can check MAC2 any more */
    SSC_PROOF_TAC_ALONE, /* the card gave no MAC2 */
};
enum ssc_log_says {
    SSC_LOG_UNREADABLE,
    SSC_LOG_GAP,    /* not there, but older entries are already overwritten */
    SSC_LOG_MATCH,  /* this very transaction */
    SSC_LOG_MAYBE,  /* one just like it, whose counter is what the previous one's would be */
    SSC_LOG_ABSENT, /* whole, and not there */
    SSC_LOG_OTHER,  /* whole, and another transaction used its counter */
};
enum ssc_balance_says {
    SSC_BALANCE_UNREADABLE, /* or says nothing: the amount is 0 */
    SSC_BALANCE_BEFORE,
    SSC_BALANCE_AFTER,
    SSC_BALANCE_ELSE
};
enum ssc_counter_says { SSC_COUNTER_UNREADABLE, SSC_COUNTER_BEFORE, SSC_COUNTER_LATER, SSC_COUNTER_EARLIER };

struct ssc_witnesses {
    enum ssc_proof_says proof;
    bool proof_may_be_stale; /* asked for by the counter before: it may prove the previous transaction */
    enum ssc_log_says log;
    enum ssc_balance_says balance;
    enum ssc_counter_says counter;
};
struct ssc_verdict {
    enum ssc_txn_state state; /* CONFIRMED, NOT_DONE, UNPROVEN; UNKNOWN: an unreadable witness is needed */
    enum ssc_evidence evidence;
};
struct ssc_verdict ssc_verdict(const struct ssc_witnesses *w);

#endif
