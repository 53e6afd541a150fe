/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's commits. Writes that arrive while another commit is on its way to the disk share the next
 * one. */
#include "middleware/journal_rows.h"
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* Room that must be free before a row is armed, so that its outcome can be written too. */
#define ROOM_BYTES (1024u * 1024u)

int ssc_journal_error(int sqlite_result)
{
    int rc = SSC_E_JOURNAL;
    switch (sqlite_result & 0xFF) {
    case SQLITE_OK:
    case SQLITE_DONE:
        rc = 0;
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        rc = SSC_E_JOURNAL_CORRUPT;
        break;
    case SQLITE_NOMEM:
        rc = SSC_E_OUT_OF_MEMORY;
        break;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISUSE:
        rc = SSC_E_INTERNAL;
        break;
    default:
        break;
    }
    return rc;
}

/* ---- one commit for all that wait ---- */
static int step(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static void run_one(struct ssc_journal *j, struct ssc_write *w)
{
    if (w->kind == SSC_WRITE_INSERT) {
        w->result = ssc_row_insert(j, w->txn, &w->existing);
    } else if (w->kind == SSC_WRITE_UPDATE) {
        w->result = ssc_row_update(j, w->txn);
    } else if (w->kind == SSC_WRITE_OP) {
        w->result = ssc_row_write_op(j, w->step, w->op, &w->existing);
    } else {
        w->result = ssc_journal_error(step(j->probe));
    }
}

/* The disk said that it kept bytes and then that it had not: what the kernel still holds proves nothing. */
static bool lost_write(int sqlite_result)
{
    return sqlite_result == SQLITE_IOERR_FSYNC || sqlite_result == SQLITE_IOERR_DIR_FSYNC ||
           (sqlite_result & 0xFF) == SQLITE_CORRUPT || (sqlite_result & 0xFF) == SQLITE_NOTADB;
}

/* Runs the batch in one transaction; true when the journal must not be written any more. */
static bool commit_batch(struct ssc_journal *j, struct ssc_write *batch)
{
    int rc = step(j->begin);
    for (struct ssc_write *w = batch; w && rc == SQLITE_OK; w = w->next) {
        run_one(j, w);
        if (sqlite3_get_autocommit(j->write)) { /* SQLite rolled all back: disk full, I/O, memory */
            rc = SQLITE_ABORT;
        }
    }
    if (rc == SQLITE_OK) {
        rc = step(j->commit);
    }
    if (!sqlite3_get_autocommit(j->write)) {
        sqlite3_exec(j->write, "ROLLBACK", NULL, NULL, NULL);
    }
    for (struct ssc_write *w = batch; w && rc != SQLITE_OK; w = w->next) {
        w->result = ssc_journal_error(rc);
    }
    return lost_write(rc);
}

static int submit(struct ssc_journal *j, struct ssc_write *w)
{
    pthread_mutex_lock(&j->lock);
    *j->last = w;
    j->last = &w->next;
    while (!w->finished) {
        if (j->committing) {
            pthread_cond_wait(&j->committed, &j->lock);
            continue;
        }
        struct ssc_write *batch = j->first, *next;
        bool broken = j->broken;
        j->first = NULL;
        j->last = &j->first;
        j->committing = true;
        pthread_mutex_unlock(&j->lock);
        for (struct ssc_write *each = batch; each && broken; each = each->next) {
            each->result = SSC_E_JOURNAL;
        }
        broken = broken || commit_batch(j, batch);
        pthread_mutex_lock(&j->lock);
        j->broken = broken;
        j->committing = false;
        for (struct ssc_write *each = batch; each; each = next) {
            next = each->next; /* once finished, its thread may take it off its stack */
            each->finished = true;
        }
        pthread_cond_broadcast(&j->committed);
    }
    pthread_mutex_unlock(&j->lock);
    return w->result;
}

/* Works on a copy: what the caller holds changes only with what the disk holds. */
static int submit_txn(struct ssc_journal *j, enum ssc_write_kind kind, struct ssc_txn *txn, bool *existing)
{
    struct ssc_txn row = *txn;
    struct ssc_write w = {.kind = kind, .txn = &row};
    int rc = submit(j, &w);
    if (!rc || rc == SSC_E_OP_CONFLICT) {
        *txn = row;
    }
    if (existing) {
        *existing = !rc && w.existing;
    }
    return rc;
}

bool ssc_journal_gone(const struct ssc_journal *j)
{
    struct stat st;
    return stat(j->path, &st) != 0 || st.st_dev != j->device || st.st_ino != j->inode;
}

/* Room on the disk, and still the file that was opened: rows written to one that was deleted or replaced are
 * lost when the process ends. */
static int check_file(const struct ssc_journal *j)
{
    struct statvfs fs;
    const bool known = statvfs(j->path, &fs) == 0;
    const bool room = !known || (uint64_t)fs.f_bavail * fs.f_frsize >= ROOM_BYTES;
    return room && !ssc_journal_gone(j) ? 0 : SSC_E_JOURNAL;
}

int ssc_journal_insert(struct ssc_journal *j, struct ssc_txn *txn, bool *existing)
{
    int rc = check_file(j);
    return rc ? rc : submit_txn(j, SSC_WRITE_INSERT, txn, existing);
}

int ssc_journal_update(struct ssc_journal *j, struct ssc_txn *txn)
{
    int rc = txn->state == SSC_TXN_ARMED ? check_file(j) : 0;
    return rc ? rc : submit_txn(j, SSC_WRITE_UPDATE, txn, NULL);
}

static int submit_op(struct ssc_journal *j, enum ssc_op_step step, const struct ssc_write_op *op,
                     struct ssc_write_op *stored, bool *existing)
{
    struct ssc_write_op row = *op;
    struct ssc_write w = {.kind = SSC_WRITE_OP, .op = &row, .step = step};
    int rc = submit(j, &w);
    if (stored && (!rc || rc == SSC_E_OP_CONFLICT)) {
        *stored = row;
    }
    if (existing) {
        *existing = !rc && w.existing;
    }
    return rc;
}

int ssc_journal_write_begin(struct ssc_journal *j, struct ssc_write_op *op, bool *existing)
{
    int rc = check_file(j);
    *existing = false;
    return rc ? rc : submit_op(j, SSC_OP_BEGIN, op, op, existing);
}

int ssc_journal_write_end(struct ssc_journal *j, const struct ssc_write_op *op)
{
    return submit_op(j, SSC_OP_END, op, NULL, NULL);
}

int ssc_journal_write_forget(struct ssc_journal *j, const struct ssc_write_op *op)
{
    return submit_op(j, SSC_OP_FORGET, op, NULL, NULL);
}

int ssc_journal_check(struct ssc_journal *j)
{
    struct ssc_write w = {.kind = SSC_WRITE_PROBE};
    int rc = check_file(j);
    return rc ? rc : submit(j, &w);
}

/* ---- reading ---- */
int ssc_journal_get(struct ssc_journal *j, int64_t id, struct ssc_txn *out)
{
    pthread_mutex_lock(&j->read_lock);
    int rc = ssc_row_find_id(j, j->read_by_id, id, out);
    pthread_mutex_unlock(&j->read_lock);
    return rc;
}

int ssc_journal_get_op(struct ssc_journal *j, uint32_t uid, const char *op, struct ssc_txn *out)
{
    pthread_mutex_lock(&j->read_lock);
    int rc = ssc_row_find_op(j, j->read_by_op, uid, op, out);
    pthread_mutex_unlock(&j->read_lock);
    return rc;
}

int ssc_journal_write_get(struct ssc_journal *j, uint32_t uid, const char *op, struct ssc_write_op *out)
{
    pthread_mutex_lock(&j->read_lock);
    int rc = ssc_row_find_write_op(j->read, uid, op, out);
    pthread_mutex_unlock(&j->read_lock);
    return rc;
}

int ssc_journal_list(struct ssc_journal *j, const struct ssc_txn_filter *filter, struct ssc_txn *out,
                     size_t *count)
{
    sqlite3_stmt *stmt = NULL;
    size_t cap = *count, n = 0;
    int rc = 0;
    pthread_mutex_lock(&j->read_lock);
    int more = ssc_rows_select(j, filter, &stmt);
    while (more == SQLITE_OK || more == SQLITE_ROW) {
        more = n < cap ? sqlite3_step(stmt) : SQLITE_DONE;
        if (more != SQLITE_ROW) {
            break;
        }
        rc = ssc_row_read(j, stmt, &out[n]);
        if (rc) {
            break;
        }
        n++;
    }
    sqlite3_reset(stmt);
    pthread_mutex_unlock(&j->read_lock);
    *count = n;
    return rc ? rc : more == SQLITE_DONE ? 0 : ssc_journal_error(more);
}

int ssc_journal_unsettled(struct ssc_journal *j, size_t *count)
{
    struct ssc_txn_filter filter = {.unsettled_only = true, .owner_uid = -1};
    sqlite3_stmt *stmt = NULL;
    size_t n = 0;
    pthread_mutex_lock(&j->read_lock);
    int rc = ssc_rows_select(j, &filter, &stmt);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(stmt);
        n += rc == SQLITE_ROW;
    }
    sqlite3_reset(stmt);
    pthread_mutex_unlock(&j->read_lock);
    *count = n;
    return rc == SQLITE_DONE ? 0 : ssc_journal_error(rc);
}

/* ---- claims ---- */
int ssc_journal_claim(struct ssc_journal *j, struct ssc_claim *claim, uint32_t uid, const char *op)
{
    int rc = 0;
    *claim = (struct ssc_claim){.uid = uid};
    memcpy(claim->op, op, strnlen(op, sizeof claim->op - 1));
    pthread_mutex_lock(&j->lock);
    for (struct ssc_claim *c = j->claims; c && !rc; c = c->next) {
        rc = c->uid == uid && strcmp(c->op, claim->op) == 0 ? SSC_E_OP_BUSY : 0;
    }
    if (!rc) {
        claim->next = j->claims;
        j->claims = claim;
    }
    pthread_mutex_unlock(&j->lock);
    return rc;
}

void ssc_journal_unclaim(struct ssc_journal *j, struct ssc_claim *claim)
{
    pthread_mutex_lock(&j->lock);
    struct ssc_claim **at = &j->claims;
    while (*at && *at != claim) {
        at = &(*at)->next;
    }
    if (*at) {
        *at = claim->next;
    }
    pthread_mutex_unlock(&j->lock);
}
