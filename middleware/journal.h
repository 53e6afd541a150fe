/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal: every transaction that may move money, written before the action it describes. SQLite, WAL,
 * synchronous=FULL, both read back at open; no debit otherwise. One process owns a journal (lock).
 * Thread-safe; rows are small and writes are durable when the call returns.
 */
#ifndef SSC_MIDDLEWARE_JOURNAL_H
#define SSC_MIDDLEWARE_JOURNAL_H

#include "apdu/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ssc_txn_state {
    SSC_TXN_PREPARED = 1, /* known to us, nothing sent that could move money */
    SSC_TXN_ARMED,        /* about to send, or sent: the committing command */
    SSC_TXN_DONE,         /* card said 9000; MAC2 not checked yet (DEBITED) */
    SSC_TXN_CONFIRMED,    /* done and proven */
    SSC_TXN_REFUSED,      /* the card refused: nothing moved */
    SSC_TXN_ABANDONED,    /* nothing was sent */
    SSC_TXN_UNKNOWN,      /* sent, outcome not known: the same card must be asked */
    SSC_TXN_NOT_DONE,     /* the card was asked: nothing moved */
    SSC_TXN_UNPROVEN,     /* the card was asked and cannot prove it: the back office decides */
};
enum ssc_txn_kind { SSC_KIND_DEBIT = 1, SSC_KIND_LOAD = 2 };
enum ssc_purse_id { SSC_PURSE_MEDICAL = 1, SSC_PURSE_ED = 2, SSC_PURSE_EP = 3 };
enum ssc_evidence { /* what the final state rests on */
                    SSC_EV_NONE,
                    SSC_EV_REPLY_MAC2,
                    SSC_EV_PROOF_MAC2,
                    SSC_EV_PROOF_TAC /* MAC2 unchecked: session lost, host checks TAC */,
                    SSC_EV_STATUS_WORD,
                    SSC_EV_NEVER_SENT,
                    SSC_EV_CARD_UNCHANGED /* no proof, balance and log as before */,
                    SSC_EV_CONFLICT,
                    SSC_EV_OPERATOR,
                    SSC_EV_LOAD_TAC /* load: 9000 with TAC */,
                    SSC_EV_REPLY_UNCHECKED /* debit with the host's keys: 9000, the host checks MAC2 */,
                    SSC_EV_HOST_MAC2 /* the host has checked MAC2, and it is right */,
                    SSC_EV_HOST_MAC2_WRONG /* the host has checked MAC2, and it is wrong */,
};

struct ssc_txn {
    int64_t id;
    char op[65];        /* caller's idempotency key */
    uint32_t owner_uid; /* op is unique per uid */
    char digest[65];    /* of the request: a repeated op with another request is SSC_E_OP_CONFLICT */
    enum ssc_txn_kind kind;
    enum ssc_purse_id purse;
    enum ssc_txn_state state;
    enum ssc_evidence evidence;
    int result;               /* 0, ssc_error or status word of the last step */
    int64_t amount;           /* fen; medical: account part */
    int64_t self_pay, pooled; /* fen, medical only */
    uint8_t serial[16];       /* of the card */
    uint8_t serial_len;
    int64_t balance_before, balance_after; /* fen; after: -1 while unknown */
    uint16_t counter;                      /* card's, before */
    uint8_t txn_type;                      /* type identifier sent to the card */
    uint8_t terminal[6], terminal_seq[4];
    uint8_t datetime[7]; /* BCD, one value for card, PSAM and record */
    uint8_t key_index, key_version, algorithm;
    uint8_t random[4], mac1[4], mac2[4], tac[4];
    bool has_tac, has_mac2;
    bool test_keys;
    uint64_t auth_session; /* provider's session at MAC1, valid in this process only */
    char reader[64];
    int64_t created_ms, updated_ms; /* UTC, Unix milliseconds */
};

struct ssc_journal;

/* Creates the file (0600) when absent. SSC_E_JOURNAL (why: disk, rights, pragma), SSC_E_JOURNAL_CORRUPT,
 * SSC_E_ALREADY_RUNNING. Owner: caller. */
int ssc_journal_open(const char *path, struct ssc_journal **out, char why[200]);
void ssc_journal_close(struct ssc_journal **j);
/* The disk took bytes and lost them: nothing is written any more, rows are still read. */
bool ssc_journal_broken(struct ssc_journal *j);
/* Tries to use a broken journal again: what was acknowledged is written anew and must be accepted, then the
 * file is read from the disk and checked whole, as at a start. 0: usable, or was never broken. Else as
 * ssc_journal_open, and it stays broken. Any thread; takes as long as the disk. */
int ssc_journal_revive(struct ssc_journal *j, char why[200]);
/* Inserts; fills id and times. SSC_E_OP_CONFLICT / when op exists already with the same digest: 0 with
 * *existing = true and `txn` replaced by the stored row. */
int ssc_journal_insert(struct ssc_journal *j, struct ssc_txn *txn, bool *existing);
/* Writes the whole row; durable on return. Refuses a step that the state machine does not allow
 * (SSC_E_INTERNAL). */
int ssc_journal_update(struct ssc_journal *j, struct ssc_txn *txn);
int ssc_journal_get(struct ssc_journal *j, int64_t id, struct ssc_txn *out);
int ssc_journal_get_op(struct ssc_journal *j, uint32_t uid, const char *op, struct ssc_txn *out);
struct ssc_txn_filter {
    const uint8_t *serial;
    size_t serial_len;   /* NULL: any card */
    bool unsettled_only; /* ARMED, DONE, UNKNOWN */
    bool open_only;      /* PREPARED, ARMED, DONE, UNKNOWN */
    int64_t owner_uid;   /* -1: any */
    int64_t after_id;    /* rows with id < after_id when > 0 (newest first) */
};
/* Newest first. *count: capacity in, number out. */
int ssc_journal_list(struct ssc_journal *j, const struct ssc_txn_filter *filter, struct ssc_txn *out,
                     size_t *count);
int ssc_journal_unsettled(struct ssc_journal *j, size_t *count);
/* Commits a probe to a table of its own: is money possible right now? */
int ssc_journal_check(struct ssc_journal *j);
/* The file that was opened is not at its path any more: deleted, moved or replaced. SSC_E_JOURNAL until it is
 * back. */
bool ssc_journal_gone(const struct ssc_journal *j);

/* Writes to a card that move no money (files, PIN): an op is done once here too. The digest is the caller's,
 * of the request without its secrets. */
struct ssc_write_op {
    uint32_t owner_uid;
    char op[65], digest[65];
    bool finished; /* false after begin: being done, or cut off by a crash */
    int result;    /* what the first try returned */
};
/* Durable before the card is touched. *existing: the op is known, and `op` is now its row. SSC_E_OP_CONFLICT:
 * known with another digest. */
int ssc_journal_write_begin(struct ssc_journal *j, struct ssc_write_op *op, bool *existing);
int ssc_journal_write_end(struct ssc_journal *j, const struct ssc_write_op *op);
/* The write was refused before it could change anything: the op is free again. */
int ssc_journal_write_forget(struct ssc_journal *j, const struct ssc_write_op *op);
/* SSC_E_TXN_NOT_FOUND */
int ssc_journal_write_get(struct ssc_journal *j, uint32_t uid, const char *op, struct ssc_write_op *out);

const char *ssc_txn_state_name(
    enum ssc_txn_state s,
    enum ssc_txn_kind k); /* "debited"/"credited", "not_debited"/"not_credited", else the same word */
const char *ssc_evidence_name(enum ssc_evidence e);
const char *ssc_purse_name(enum ssc_purse_id p); /* "medical", "ed", "ep" */
int ssc_purse_by_name(const char *name, enum ssc_purse_id *out);
bool ssc_txn_state_final(enum ssc_txn_state s); /* CONFIRMED, REFUSED, ABANDONED, NOT_DONE, UNPROVEN */
/* A debit whose MAC2 nobody has checked yet, and the host can: done on the card's word alone, or open with
 * the codes of a proof that only its holder's PIN could have confirmed. */
bool ssc_txn_awaits_verdict(const struct ssc_txn *t);

#endif
