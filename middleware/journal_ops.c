/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of writes that move no money: one per op. */
#include "middleware/journal_rows.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

int ssc_row_find_write_op(sqlite3 *db, uint32_t uid, const char *op, struct ssc_write_op *out)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(
        db, "SELECT digest,finished,result FROM write_op WHERE owner_uid=?1 AND op=?2", -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(stmt, 1, uid);
        sqlite3_bind_text(stmt, 2, op, -1, SQLITE_STATIC);
        rc = sqlite3_step(stmt);
    }
    if (rc == SQLITE_ROW) {
        const unsigned char *digest = sqlite3_column_text(stmt, 0);
        *out = (struct ssc_write_op){.owner_uid = uid,
                                     .finished = sqlite3_column_int(stmt, 1) != 0,
                                     .result = sqlite3_column_int(stmt, 2)};
        snprintf(out->op, sizeof out->op, "%s", op);
        snprintf(out->digest, sizeof out->digest, "%s", digest ? (const char *)digest : "");
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_ROW ? 0 : rc == SQLITE_DONE ? SSC_E_TXN_NOT_FOUND : ssc_journal_error(rc);
}

static int64_t utc_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int run(sqlite3 *db, const char *sql, const struct ssc_write_op *op)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(stmt, 1, op->owner_uid);
        sqlite3_bind_text(stmt, 2, op->op, -1, SQLITE_STATIC);
        if (sqlite3_bind_parameter_count(stmt) >= 3) {
            sqlite3_bind_text(stmt, 3, op->digest, -1, SQLITE_STATIC);
        }
        if (sqlite3_bind_parameter_count(stmt) >= 4) {
            sqlite3_bind_int64(stmt, 4, op->result);
        }
        if (sqlite3_bind_parameter_count(stmt) >= 5) {
            sqlite3_bind_int64(stmt, 5, utc_ms());
        }
        rc = sqlite3_step(stmt);
    }
    sqlite3_finalize(stmt);
    return ssc_journal_error(rc);
}

static int begin(struct ssc_journal *j, struct ssc_write_op *op, bool *existing)
{
    struct ssc_write_op stored;
    int rc = ssc_row_find_write_op(j->write, op->owner_uid, op->op, &stored);
    *existing = rc == 0;
    if (rc == 0) {
        rc = strcmp(stored.digest, op->digest) == 0 ? 0 : SSC_E_OP_CONFLICT;
        *op = stored;
    } else if (rc == SSC_E_TXN_NOT_FOUND) {
        rc = run(j->write, "INSERT INTO write_op VALUES(?1,?2,?3,0,?4,?5)", op);
    }
    return rc;
}

int ssc_row_write_op(struct ssc_journal *j, enum ssc_op_step step, struct ssc_write_op *op, bool *existing)
{
    int rc = SSC_E_INTERNAL;
    if (step == SSC_OP_BEGIN) {
        rc = begin(j, op, existing);
    } else if (step == SSC_OP_END) {
        rc = run(j->write,
                 "UPDATE write_op SET finished=1,digest=?3,result=?4,ms=?5 WHERE owner_uid=?1 AND op=?2", op);
    } else if (step == SSC_OP_FORGET) {
        rc = run(j->write, "DELETE FROM write_op WHERE owner_uid=?1 AND op=?2 AND finished=0", op);
    }
    return rc;
}
