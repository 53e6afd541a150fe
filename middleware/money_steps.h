/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that debit, load and resolve share. Inside middleware/ only. */
#ifndef SSC_MIDDLEWARE_MONEY_STEPS_H
#define SSC_MIDDLEWARE_MONEY_STEPS_H

#include "middleware/journal_rows.h"
#include "middleware/purse/purse.h"

/* Time that the committing command gets at the least; with less left nothing is sent. */
#define SSC_COMMIT_MS 100

/* Checks the request and makes a row of it: op, owner, digest, amounts, reader. SSC_E_INVALID_ARGUMENT. */
int ssc_money_row(const struct ssc_debit_request *req, enum ssc_txn_kind kind, struct ssc_txn *txn);
/* Looks for the row's op. 0: there is none. 1: there is, and *row is now the stored one, settled if the card
 * is the row's and can tell. Else an error. */
int ssc_money_known_op(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                       struct ssc_txn *row, int64_t deadline);
/* Fills the row's serial and purse constants, and settles what is open on this card. SSC_E_UNSETTLED. */
int ssc_money_card_ready(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                         struct ssc_txn *row, int64_t deadline);
/* INITIALIZE. A card that refuses (funds, counter, key, blocked) leaves a REFUSED row. */
int ssc_money_init(struct ssc_journal *j, struct ssc_card *card, struct ssc_txn *row, int64_t deadline);
/* Sends the committing command of an armed, durable row, once, and sets its state, evidence and result. */
void ssc_money_commit(struct ssc_card *card, struct ssc_txn *row, int64_t deadline);
/* Asks the card about an unsettled row whose op is claimed, and writes what it says. 0: the row is final.
 * SSC_E_CARD_MISMATCH, SSC_E_PIN_REQUIRED, transport: as before. */
int ssc_money_settle(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth, struct ssc_txn *row,
                     int64_t deadline);
/* The same at once after a lost answer: resets the card first where the exchange may not be over. */
void ssc_money_settle_now(struct ssc_journal *j, struct ssc_card *card, struct ssc_auth *auth,
                          struct ssc_txn *row, int64_t deadline);
bool ssc_money_same_card(const struct ssc_txn *row, const struct ssc_card *card);

#endif
