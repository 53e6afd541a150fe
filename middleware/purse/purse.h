/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the money functions need from a kind of purse. A row of the journal is the one struct from which every
 * command, every PSAM request and the record are made, so that they cannot differ.
 * Functions return like ssc_transmit; SSC_E_PIN_REQUIRED where the card wants the PIN first.
 */
#ifndef SSC_MIDDLEWARE_PURSE_PURSE_H
#define SSC_MIDDLEWARE_PURSE_PURSE_H

#include "middleware/money.h"

struct ssc_card_proof {
    uint8_t mac[4], tac[4];
    bool has_mac; /* false: the card gave a TAC alone */
};

struct ssc_purse_ops {
    /* Selects the purse's application. SSC_E_NO_PURSE. */
    int (*select)(struct ssc_card *card, int64_t deadline);
    /* Whole out, amounts in fen; SSC_E_NO_PURSE where the card has this kind, and not this purse. */
    int (*balance)(struct ssc_card *card, enum ssc_purse_id id, struct ssc_balance *out, int64_t deadline);
    /* One record, 1 is the newest; SSC_SW_RECORD_NOT_FOUND past the last. */
    int (*record)(struct ssc_card *card, unsigned number, struct ssc_log_entry *out, int64_t deadline);
    /* Fills type identifier and key index for txn->kind and txn->purse. */
    void (*prepare)(const struct ssc_profile *profile, struct ssc_txn *txn);
    /* INITIALIZE FOR PURCHASE or LOAD: fills balance_before, counter, versions, random (load: mac1). */
    int (*init)(struct ssc_card *card, struct ssc_txn *txn, int64_t deadline);
    /* The provider's MAC1 and terminal transaction number. */
    int (*mac1)(struct ssc_auth *auth, const struct ssc_card_info *info, struct ssc_txn *txn,
                int64_t deadline);
    /* DEBIT or CREDIT, sent at most once: fills tac, and mac2 of a debit. A load sends txn->mac2. */
    int (*commit)(struct ssc_card *card, struct ssc_txn *txn, struct ssc_transmit_report *report,
                  int64_t deadline);
    /* GET TRANSACTION PROOF by the type and this counter. SSC_SW_NO_PROOF: the card has none. */
    int (*proof)(struct ssc_card *card, const struct ssc_txn *txn, uint16_t counter,
                 struct ssc_card_proof *out, int64_t deadline);
    /* True when the proof is asked for by the counter after the transaction: one asked for by the counter
     * before it may be the previous transaction's. */
    bool (*proof_counter_after)(const struct ssc_profile *profile);
    /* The same of the counter in a log entry. */
    bool (*log_counter_after)(const struct ssc_profile *profile);
    /* True when a log entry of this type counts with the same counter as txn. */
    bool (*same_counter)(const struct ssc_txn *txn, uint8_t type);
    unsigned least_records; /* every card keeps at least so many: fewer read is the whole history */
};
const struct ssc_purse_ops *ssc_purse_ops(enum ssc_purse_id id); /* NULL: no such purse */
extern const struct ssc_purse_ops ssc_purse_medical, ssc_purse_pboc;

/* A security status word means: the holder's PIN first. Forgets a PIN that the card has forgotten. */
int ssc_purse_refusal(struct ssc_card *card, enum ssc_pin_of of, int rc, bool conditions_mean_pin);
/* Upper-case hexadecimal; out has 2 * len + 1 bytes. */
void ssc_purse_hex(const uint8_t *data, size_t len, char *out);

#endif
