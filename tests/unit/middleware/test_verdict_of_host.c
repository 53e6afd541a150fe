/* SPDX-License-Identifier: Apache-2.0 */
/* The key machine's verdict on MAC2, in a journal that a service of format 1 has written. */
#include "middleware/journal_rows.h"
#include "middleware/money.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define UID 1000u
#define UNCHECKED "format-1-reply-unchecked"

struct fixture {
    char folder[64], path[128], why[200];
    struct ssc_journal *j;
};

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = calloc(1, 65536);
    assert_non_null(text);
    assert_in_range(fread(text, 1, 65535, file), 1000, 65534);
    fclose(file);
    return text;
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *why = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, sql, NULL, NULL, &why);
    assert_null(why);
    sqlite3_close(db);
}

static int format_of(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    const int format = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return format;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->folder, sizeof f->folder, "/tmp/ssc-verdict-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/journal.db", f->folder);
    char *sql = read_whole(SSC_TEST_DATA "/journal-1.sql");
    run_sql(f->path, sql);
    free(sql);
    assert_int_equal(ssc_journal_open(f->path, &f->j, f->why), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    struct fixture *f = *state;
    ssc_journal_close(&f->j);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[160];
        snprintf(name, sizeof name, "%s%s", f->path, ends[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

static void reopen(struct fixture *f)
{
    ssc_journal_close(&f->j);
    assert_int_equal(ssc_journal_open(f->path, &f->j, f->why), 0);
}

static struct ssc_txn row_of(struct fixture *f, const char *op)
{
    struct ssc_txn t;
    assert_int_equal(ssc_journal_get_op(f->j, UID, op, &t), 0);
    return t;
}

static int verdict(struct fixture *f, const char *op, bool right, struct ssc_txn *t, bool *repeated)
{
    return ssc_money_verified(f->j, row_of(f, op).id, right, t, repeated);
}

static void rows_of_format_1_are_read(void **state)
{
    struct fixture *f = *state;
    struct ssc_txn rows[16];
    size_t count = 16;
    assert_int_equal(ssc_journal_list(f->j, &(struct ssc_txn_filter){.owner_uid = -1}, rows, &count), 0);
    assert_int_equal(count, 11);
    for (size_t i = 0; i < count; i++) { /* each row's op is named after what it rests on */
        assert_memory_equal(rows[i].op, "format-1-", 9);
    }
    assert_int_equal(row_of(f, UNCHECKED).evidence, SSC_EV_REPLY_UNCHECKED);
    assert_int_equal(row_of(f, "format-1-unknown-one").state, SSC_TXN_UNKNOWN);
    ssc_journal_close(&f->j);
    assert_int_equal(format_of(f->path), 1); /* reading changes nothing: the older service may come back */
}

static void check_told(struct fixture *f, const char *op, bool right)
{
    const struct ssc_txn before = row_of(f, op);
    struct ssc_txn t;
    bool repeated = true;
    const int wanted = right ? 0 : SSC_E_DEBIT_DISPUTED;
    assert_int_equal(verdict(f, op, right, &t, &repeated), wanted);
    assert_false(repeated);
    for (int i = 0; i < 2; i++) { /* the second time by another process */
        const struct ssc_txn now = row_of(f, op);
        assert_int_equal(now.state, right ? SSC_TXN_CONFIRMED : SSC_TXN_UNPROVEN);
        assert_int_equal(now.evidence, right ? SSC_EV_HOST_MAC2 : SSC_EV_HOST_MAC2_WRONG);
        assert_int_equal(now.result, wanted);
        assert_int_equal(ssc_money_outcome(&now), wanted);
        assert_int_equal(now.balance_after, before.balance_after);
        assert_memory_equal(now.mac2, before.mac2, 4);
        assert_memory_equal(now.tac, before.tac, 4);
        assert_int_equal(verdict(f, op, right, &t, &repeated), wanted);
        assert_true(repeated);
        assert_int_equal(verdict(f, op, !right, &t, &repeated), SSC_E_VERDICT_CONFLICT);
        assert_int_equal(row_of(f, op).updated_ms, now.updated_ms); /* neither wrote anything */
        reopen(f);
    }
    ssc_journal_close(&f->j);
    assert_int_equal(format_of(f->path), 2); /* the older service must not take it for damaged */
}

static void right(void **state)
{
    check_told(*state, UNCHECKED, true);
}

static void wrong(void **state)
{
    check_told(*state, UNCHECKED, false);
}

/* A lost answer was settled by the card's proof, which has the same two codes. */
static void proof_right(void **state)
{
    check_told(*state, "format-1-proof-tac", true);
}

static void proof_wrong(void **state)
{
    check_told(*state, "format-1-proof-tac", false);
}

static void all_others_await_none(void **state)
{
    static const char *const ops[] = {
        "format-1-reply-mac2", "format-1-proof-mac2",     "format-1-status-word",
        "format-1-never-sent", "format-1-card-unchanged", "format-1-conflict",
        "format-1-operator",   "format-1-load-tac",       "format-1-unknown-one"};
    struct fixture *f = *state;
    for (size_t i = 0; i < 2 * sizeof ops / sizeof ops[0]; i++) {
        const char *op = ops[i / 2];
        struct ssc_txn t, before = row_of(f, op);
        bool repeated;
        assert_int_equal(verdict(f, op, i % 2 != 0, &t, &repeated), SSC_E_INVALID_ARGUMENT);
        t = row_of(f, op);
        assert_memory_equal(&t, &before, sizeof t);
    }
    struct ssc_txn t;
    bool repeated;
    assert_int_equal(ssc_money_verified(f->j, 4711, true, &t, &repeated), SSC_E_TXN_NOT_FOUND);
}

/* An operator has the last word, and nobody after him. */
static void disputed_is_decided(void **state)
{
    struct fixture *f = *state;
    struct ssc_txn t;
    bool repeated;
    assert_int_equal(verdict(f, UNCHECKED, false, &t, &repeated), SSC_E_DEBIT_DISPUTED);
    assert_int_equal(ssc_money_decide(f->j, t.id, false, &t), 0);
    assert_int_equal(t.state, SSC_TXN_NOT_DONE);
    assert_int_equal(ssc_money_outcome(&t), SSC_E_NOTHING_MOVED);
    assert_int_equal(verdict(f, UNCHECKED, false, &t, &repeated), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(verdict(f, UNCHECKED, true, &t, &repeated), SSC_E_INVALID_ARGUMENT);
}

/* The verdict is a step of its own: it cannot be written over other codes, or over what a PSAM has checked.
 */
static void only_as_a_verdict(void **state)
{
    struct fixture *f = *state;
    struct ssc_txn t = row_of(f, UNCHECKED);
    t.evidence = SSC_EV_HOST_MAC2;
    t.mac2[0] ^= 1;
    assert_int_equal(ssc_journal_update(f->j, &t), SSC_E_INTERNAL);
    t = row_of(f, UNCHECKED);
    t.state = SSC_TXN_UNPROVEN;
    assert_int_equal(ssc_journal_update(f->j, &t), SSC_E_INTERNAL);
    t = row_of(f, "format-1-reply-mac2");
    t.evidence = SSC_EV_HOST_MAC2;
    assert_int_equal(ssc_journal_update(f->j, &t), SSC_E_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_of_format_1_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(right, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(proof_right, setup, teardown),
        cmocka_unit_test_setup_teardown(proof_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(all_others_await_none, setup, teardown),
        cmocka_unit_test_setup_teardown(disputed_is_decided, setup, teardown),
        cmocka_unit_test_setup_teardown(only_as_a_verdict, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
