/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Money on the card: balance, debit, load, log, proof, and the settling of what was torn. Both purses stand
 * behind purse/purse.h. Invariants (each has a test that tries to break it): the committing command is sent
 * at most once per row; money is decided only by 9000 with MAC2, by a proof, or by a definite refusal; a
 * repeated op returns the stored outcome and touches nothing; a card with an unsettled row takes no new
 * transaction before that row is settled.
 */
#ifndef SSC_MIDDLEWARE_MONEY_H
#define SSC_MIDDLEWARE_MONEY_H

#include "middleware/auth/provider.h"
#include "middleware/journal.h"

struct ssc_balance {
    enum ssc_purse_id purse;
    int64_t amount;                     /* fen */
    bool has_accumulators;              /* medical */
    int64_t year_self_pay, year_pooled; /* fen */
    unsigned year;
    int64_t overdraft; /* ED: limit contained in amount, when known; -1 unknown */
};
/* PIN where the card wants it: SSC_E_PIN_REQUIRED. SSC_E_NO_PURSE. */
int ssc_money_balance(struct ssc_card *card, enum ssc_purse_id purse, struct ssc_balance *out,
                      int64_t deadline);
/* Which purses the card has. */
int ssc_money_purses(struct ssc_card *card, bool present[4], int64_t deadline);

struct ssc_log_entry {
    unsigned record;
    uint16_t counter;
    uint8_t type;
    int64_t amount, self_pay, pooled; /* fen */
    char terminal[13];
    char datetime[15]; /* YYYYMMDDhhmmss */
};
int ssc_money_log(struct ssc_card *card, enum ssc_purse_id purse, struct ssc_log_entry *out, size_t *count,
                  int64_t deadline);

struct ssc_debit_request {
    char op[65]; /* 16..64 characters [A-Za-z0-9._:-] */
    uint32_t owner_uid;
    enum ssc_purse_id purse;
    int64_t amount, self_pay, pooled; /* fen, 0 .. UINT32_MAX; not all zero */
    char reader[64];
    uint8_t time[7]; /* of the debit, BCD YYYYMMDDhhmmss; zeros: now. A host that authorises says its own */
};
/* 0: confirmed. SSC_E_OUTCOME_UNKNOWN, _UNPROVEN: see txn. Positive or other negative: refused or never sent,
 * txn says which. `txn` is filled whenever a row exists; txn->id 0: there is none, nothing was sent that
 * could move money, and the same op may be tried again (PIN required, no PSAM, no time left, journal
 * unavailable). A repeated op returns the stored outcome; when that is still unknown and the card is the
 * row's, the card is asked first. Settles older rows of the same card first; SSC_E_UNSETTLED when it cannot,
 * SSC_E_PIN_REQUIRED when the card tells only after the PIN. SSC_E_OP_BUSY: another thread works on the op;
 * SSC_E_OP_CONFLICT: it was used for another request. */
int ssc_money_debit(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                    const struct ssc_debit_request *req, struct ssc_txn *txn, int64_t deadline);

/* The outcome that a row tells, as ssc_money_debit returns it: 0 confirmed; SSC_E_NOTHING_MOVED where it is
 * settled that the transaction did not take place; the card's refusal; SSC_E_OP_BUSY for a load that waits
 * for its second step. */
int ssc_money_outcome(const struct ssc_txn *txn);

/* Load, two-step with the host. begin: row + INITIALIZE FOR LOAD; txn carries random, counter, MAC1, key
 * version for the host. complete: host time and MAC2.
 * auth: for older rows of the card, which begin settles first; may be NULL, and their evidence is then
 * weaker. */
int ssc_money_load_begin(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                         const struct ssc_debit_request *req, const uint8_t terminal[6], struct ssc_txn *txn,
                         int64_t deadline);
int ssc_money_load_complete(struct ssc_journal *j, struct ssc_card *card, struct ssc_txn *txn,
                            const uint8_t host_time[7], const uint8_t mac2[4], int64_t deadline);
/* Debit with the host's keys, in the same two steps. begin: row (PREPARED) + INITIALIZE FOR PURCHASE.
 * complete: the host's terminal transaction number, time (BCD) and MAC1, durable (ARMED) before the debit is
 * sent, once. Nobody here can check the card's MAC2: 9000 is CONFIRMED as SSC_EV_REPLY_UNCHECKED, and the
 * host checks txn->mac2 and tac, and says so (ssc_money_verified). A lost answer is settled by the card's
 * proof together with its log or balance, which on a medical card wants the PIN. SSC_E_DEBIT_NOT_BEGUN.
 * complete of a row that is settled returns its outcome and sends nothing. */
int ssc_money_debit_begin(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                          const struct ssc_debit_request *req, const uint8_t terminal[6], struct ssc_txn *txn,
                          int64_t deadline);
int ssc_money_debit_complete(struct ssc_journal *j, struct ssc_card *card, struct ssc_txn *txn,
                             const uint8_t terminal_seq[4], const uint8_t time[7], const uint8_t mac1[4],
                             int64_t deadline);
/* What the host's key machine says of the MAC2 and TAC of a debit that awaits it (ssc_txn_awaits_verdict).
 * right: SSC_EV_HOST_MAC2, still CONFIRMED. Wrong: UNPROVEN with SSC_EV_HOST_MAC2_WRONG, an operator decides.
 * An UNKNOWN row becomes CONFIRMED by "right"; "wrong" leaves it for the PIN: SSC_E_OUTCOME_UNKNOWN.
 * Durable on return; returns the row's outcome, which is SSC_E_DEBIT_DISPUTED after "wrong". *repeated: it
 * was there already. SSC_E_VERDICT_CONFLICT: the other one was. SSC_E_INVALID_ARGUMENT: the row awaits none.
 */
int ssc_money_verified(struct ssc_journal *j, int64_t id, bool right, struct ssc_txn *txn, bool *repeated);
/* The caller gave up before complete, of either. */
int ssc_money_abandon(struct ssc_journal *j, struct ssc_txn *txn);

/* Asks the card in `card` about all its unsettled rows (newest proof first) and settles what can be settled.
 * The card has to say everything twice the same; verdict.h holds the rules. auth may be NULL, or have lost
 * its session: a proof is then accepted as SSC_EV_PROOF_TAC when log or balance agree. *settled rows changed.
 * SSC_E_CARD_MISMATCH: the card has none. SSC_E_PIN_REQUIRED: log, balance and counter are needed and the
 * card wants the PIN for them; the row stays. SSC_E_BAD_RESPONSE: the card contradicted itself; ask again. */
int ssc_money_resolve(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth, unsigned *settled,
                      int64_t deadline);
/* At start: rows that a crash left PREPARED become ABANDONED, ARMED and DONE become UNKNOWN. */
int ssc_money_recover(struct ssc_journal *j, unsigned *unknown);
/* An operator's decision on an UNPROVEN or UNKNOWN row; recorded with evidence "operator". */
int ssc_money_decide(struct ssc_journal *j, int64_t id, bool done, struct ssc_txn *txn);

#endif
