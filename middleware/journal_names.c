/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's words: stable, because programs switch on them. */
#include "middleware/journal.h"
#include <string.h>

const char *ssc_txn_state_name(enum ssc_txn_state s, enum ssc_txn_kind k)
{
    static const char *const names[] = {
        [SSC_TXN_PREPARED] = "prepared", [SSC_TXN_ARMED] = "armed",         [SSC_TXN_CONFIRMED] = "confirmed",
        [SSC_TXN_REFUSED] = "refused",   [SSC_TXN_ABANDONED] = "abandoned", [SSC_TXN_UNKNOWN] = "unknown",
        [SSC_TXN_UNPROVEN] = "unproven",
    };
    const char *name = "invalid";
    if (s == SSC_TXN_DONE) {
        name = k == SSC_KIND_LOAD ? "credited" : "debited";
    } else if (s == SSC_TXN_NOT_DONE) {
        name = k == SSC_KIND_LOAD ? "not_credited" : "not_debited";
    } else if (s >= SSC_TXN_PREPARED && s <= SSC_TXN_UNPROVEN) {
        name = names[s];
    }
    return name;
}

const char *ssc_evidence_name(enum ssc_evidence e)
{
    static const char *const names[] = {
        [SSC_EV_NONE] = "none",
        [SSC_EV_REPLY_MAC2] = "reply_mac2",
        [SSC_EV_PROOF_MAC2] = "proof_mac2",
        [SSC_EV_PROOF_TAC] = "proof_tac",
        [SSC_EV_STATUS_WORD] = "status_word",
        [SSC_EV_NEVER_SENT] = "never_sent",
        [SSC_EV_CARD_UNCHANGED] = "card_unchanged",
        [SSC_EV_CONFLICT] = "conflict",
        [SSC_EV_OPERATOR] = "operator",
        [SSC_EV_LOAD_TAC] = "load_tac",
        [SSC_EV_REPLY_UNCHECKED] = "reply_unchecked",
        [SSC_EV_HOST_MAC2] = "host_mac2",
        [SSC_EV_HOST_MAC2_WRONG] = "host_mac2_wrong",
    };
    return e <= SSC_EV_HOST_MAC2_WRONG ? names[e] : "invalid";
}

static const char *const purses[] = {
    [SSC_PURSE_MEDICAL] = "medical", [SSC_PURSE_ED] = "ed", [SSC_PURSE_EP] = "ep"};

const char *ssc_purse_name(enum ssc_purse_id p)
{
    return p >= SSC_PURSE_MEDICAL && p <= SSC_PURSE_EP ? purses[p] : "invalid";
}

int ssc_purse_by_name(const char *name, enum ssc_purse_id *out)
{
    int rc = SSC_E_NO_PURSE;
    for (enum ssc_purse_id p = SSC_PURSE_MEDICAL; p <= SSC_PURSE_EP && rc; p++) {
        if (strcmp(name, purses[p]) == 0) {
            *out = p;
            rc = 0;
        }
    }
    return rc;
}
