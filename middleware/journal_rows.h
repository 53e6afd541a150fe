/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the journal: its connections, its rows as SQL, and the claims that keep one op to one thread.
 * For middleware/journal*.c and the money functions only.
 */
#ifndef SSC_MIDDLEWARE_JOURNAL_ROWS_H
#define SSC_MIDDLEWARE_JOURNAL_ROWS_H

#include "middleware/journal.h"
#include <pthread.h>
#include <sqlite3.h>
#include <sys/types.h>

#define SSC_JOURNAL_APPLICATION 0x53534A31 /* "SSJ1" in the file's header */
/* The file's format. 2: a row holds the host's verdict on MAC2; the file stays 1 until there is one. */
#define SSC_JOURNAL_OLDEST 1
#define SSC_JOURNAL_NEWEST 2

/* An op that a thread works on at the moment. Lives on that thread's stack. */
struct ssc_claim {
    uint32_t uid;
    char op[65]; /* a copy: other threads compare it while the owner's row changes */
    struct ssc_claim *next;
};

enum ssc_write_kind { SSC_WRITE_INSERT, SSC_WRITE_UPDATE, SSC_WRITE_PROBE, SSC_WRITE_OP };

enum ssc_op_step { SSC_OP_BEGIN, SSC_OP_END, SSC_OP_FORGET };

/* One write that waits for the next commit. Lives on the stack of the thread that waits. */
struct ssc_write {
    enum ssc_write_kind kind;
    struct ssc_txn *txn;
    struct ssc_write_op *op; /* OP */
    enum ssc_op_step step;
    bool existing; /* INSERT, OP: op was there already, txn or op is the stored row */
    int result;
    bool finished;
    struct ssc_write *next;
};

struct ssc_journal {
    char *path;
    int lock_fd;
    dev_t device; /* of the journal's file */
    ino_t inode;
    uint64_t process;      /* random: provider sessions noted by another process do not count */
    sqlite3 *write, *read; /* a reader does not wait for the writer's fsync */
    sqlite3_stmt *insert, *update, *write_by_id, *write_by_op;
    sqlite3_stmt *begin, *commit, *last_id, *probe;
    sqlite3_stmt *read_by_id, *read_by_op;
    sqlite3_stmt *lists[32]; /* by the shape of the filter, made when first wanted, under read_lock */
    pthread_mutex_t lock, read_lock;
    pthread_cond_t committed;
    struct ssc_write *first, **last; /* waiting writes, under lock */
    bool committing;                 /* a thread commits for all, under lock */
    bool broken;                     /* the disk lost a write: no money until it is revived, under lock */
    struct ssc_claim *claims;        /* under lock */
};

/* Takes uid/op for this thread. SSC_E_OP_BUSY: another thread has it. */
int ssc_journal_claim(struct ssc_journal *j, struct ssc_claim *claim, uint32_t uid, const char *op);
void ssc_journal_unclaim(struct ssc_journal *j, struct ssc_claim *claim);

/* SSC_E_JOURNAL_CORRUPT, SSC_E_OUT_OF_MEMORY, SSC_E_ALREADY_RUNNING (busy), else SSC_E_JOURNAL. */
int ssc_journal_error(int sqlite_result);

/* ---- rows ---- */
int ssc_rows_create(sqlite3 *db);
int ssc_rows_prepare(struct ssc_journal *j);
void ssc_rows_finalize(struct ssc_journal *j);
/* The row of a stepped statement. SSC_E_JOURNAL_CORRUPT: out of range, or the seal does not fit. */
int ssc_row_read(const struct ssc_journal *j, sqlite3_stmt *stmt, struct ssc_txn *out);
int ssc_row_find_id(const struct ssc_journal *j, sqlite3_stmt *stmt, int64_t id, struct ssc_txn *out);
int ssc_row_find_op(const struct ssc_journal *j, sqlite3_stmt *stmt, uint32_t uid, const char *op,
                    struct ssc_txn *out);
/* Inside the writer's transaction. */
int ssc_row_insert(struct ssc_journal *j, struct ssc_txn *txn, bool *existing);
int ssc_row_update(struct ssc_journal *j, struct ssc_txn *txn);
int ssc_row_write_op(struct ssc_journal *j, enum ssc_op_step step, struct ssc_write_op *op, bool *existing);
int ssc_row_find_write_op(sqlite3 *db, uint32_t uid, const char *op, struct ssc_write_op *out);
/* The statement of ssc_journal_list, bound; the journal keeps it, the caller resets it. */
int ssc_rows_select(struct ssc_journal *j, const struct ssc_txn_filter *filter, sqlite3_stmt **out);
/* Whether a row may go from `from` to `to`: a step of the state machine, and nothing else has changed that
 * was promised before. */
bool ssc_txn_step_allowed(const struct ssc_txn *from, const struct ssc_txn *to);

#endif
