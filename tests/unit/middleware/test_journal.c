/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/journal.h"
#include "middleware/journal_rows.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture {
    char folder[64], path[128], why[200];
    struct ssc_journal *j;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->folder, sizeof f->folder, "/tmp/ssc-journal-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/journal.db", f->folder);
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

static struct ssc_txn sample(const char *op)
{
    struct ssc_txn t = {.owner_uid = 1000,
                        .kind = SSC_KIND_DEBIT,
                        .purse = SSC_PURSE_MEDICAL,
                        .state = SSC_TXN_ARMED,
                        .result = -27,
                        .amount = 1250,
                        .self_pay = UINT32_MAX,
                        .pooled = 1,
                        .serial = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
                        .serial_len = 10,
                        .balance_before = 10000,
                        .balance_after = -1,
                        .counter = 0xFFFE,
                        .txn_type = 0x32,
                        .terminal = {0x41, 1, 0, 0x81, 0x34, 0x75},
                        .terminal_seq = {0, 0, 1, 2},
                        .datetime = {0x20, 0x26, 0x11, 0x22, 3, 4, 5},
                        .key_index = 1,
                        .key_version = 2,
                        .algorithm = 3,
                        .random = {9, 8, 7, 6},
                        .mac1 = {0xFF, 0, 0xFF, 0},
                        .has_tac = true,
                        .auth_session = UINT64_MAX - 5,
                        .reader = "读卡器 0"};
    snprintf(t.op, sizeof t.op, "%s", op);
    memset(t.digest, 'a', 64);
    return t;
}
#define OP1 "op-0000000000000001"
#define OP2 "op-0000000000000002"

static void rows_survive_as_they_are(void **state)
{
    struct fixture *f = *state;
    struct ssc_txn t = sample(OP1), got;
    bool existing = true;
    assert_int_equal(ssc_journal_insert(f->j, &t, &existing), 0);
    assert_false(existing);
    assert_int_equal(t.id, 1);
    assert_true(t.created_ms > 1600000000000 && t.updated_ms == t.created_ms);
    assert_int_equal(ssc_journal_get(f->j, 1, &got), 0);
    assert_memory_equal(&got, &t, sizeof t);
    assert_int_equal(ssc_journal_get_op(f->j, 1000, OP1, &got), 0);
    assert_memory_equal(&got, &t, sizeof t);
    assert_int_equal(ssc_journal_get_op(f->j, 1001, OP1, &got), SSC_E_TXN_NOT_FOUND);
    assert_int_equal(ssc_journal_get(f->j, 2, &got), SSC_E_TXN_NOT_FOUND);
    reopen(f);
    assert_int_equal(ssc_journal_get(f->j, 1, &got), 0);
    assert_int_equal(got.auth_session, 0); /* another process's session says nothing */
    t.auth_session = 0;
    assert_memory_equal(&got, &t, sizeof t);
}

static void one_op_one_row(void **state)
{
    struct fixture *f = *state;
    struct ssc_txn t = sample(OP1), again = sample(OP1), other = sample(OP1), neighbour = sample(OP1);
    bool existing;
    assert_int_equal(ssc_journal_insert(f->j, &t, &existing), 0);
    assert_int_equal(ssc_journal_insert(f->j, &again, &existing), 0);
    assert_true(existing);
    assert_memory_equal(&again, &t, sizeof t);
    other.digest[0] = 'b';
    assert_int_equal(ssc_journal_insert(f->j, &other, &existing), SSC_E_OP_CONFLICT);
    neighbour.owner_uid = 7;
    assert_int_equal(ssc_journal_insert(f->j, &neighbour, &existing), 0);
    assert_false(existing);
}

static void only_allowed_steps(void **state)
{
    struct fixture *f = *state;
    static const char *const allowed[] = {
        /* from PREPARED, ARMED, DONE, CONFIRMED, REFUSED, ABANDONED, UNKNOWN, NOT_DONE, UNPROVEN to the same
         */
        ".+..++...", "..+++++++", "...+..+++", ".........", ".........",
        ".........", "...+..+++", ".........", "...o...o.",
    };
    for (int from = 1; from <= 9; from++) {
        for (int to = 1; to <= 9; to++) {
            for (int operator= 0; operator<= 1; operator++) {
                struct ssc_txn a = sample(OP1), b = a;
                a.state = (enum ssc_txn_state)from;
                b.state = (enum ssc_txn_state)to;
                b.evidence = operator? SSC_EV_OPERATOR : SSC_EV_PROOF_MAC2;
                char mark = allowed[from - 1][to - 1];
                assert_int_equal(ssc_txn_step_allowed(&a, &b), mark == '+' || (mark == 'o' && operator));
            }
        }
    }
    struct ssc_txn t = sample(OP1), dearer;
    bool existing;
    assert_int_equal(ssc_journal_insert(f->j, &t, &existing), 0);
    dearer = t;
    dearer.state = SSC_TXN_CONFIRMED;
    dearer.amount++; /* what was asked for never changes */
    assert_int_equal(ssc_journal_update(f->j, &dearer), SSC_E_INTERNAL);
    t.state = SSC_TXN_CONFIRMED;
    assert_int_equal(ssc_journal_update(f->j, &t), 0);
    t.state = SSC_TXN_NOT_DONE;
    assert_int_equal(ssc_journal_update(f->j, &t), SSC_E_INTERNAL);
    assert_int_equal(ssc_journal_get(f->j, t.id, &t), 0);
    assert_int_equal(t.state, SSC_TXN_CONFIRMED);
}

static void lists_newest_first_and_filters(void **state)
{
    struct fixture *f = *state;
    struct ssc_txn rows[10];
    bool existing;
    size_t count;
    for (unsigned i = 1; i <= 9; i++) {
        char op[32];
        snprintf(op, sizeof op, "op-%016u", i);
        struct ssc_txn t = sample(op);
        t.state = (enum ssc_txn_state)i;
        t.serial[0] = (uint8_t)(i & 1);
        t.owner_uid = i % 3;
        assert_int_equal(ssc_journal_insert(f->j, &t, &existing), 0);
    }
    struct ssc_txn_filter filter = {.owner_uid = -1};
    count = 10;
    assert_int_equal(ssc_journal_list(f->j, &filter, rows, &count), 0);
    assert_int_equal(count, 9);
    assert_int_equal(rows[0].id, 9);
    count = 2;
    assert_int_equal(ssc_journal_list(f->j, &filter, rows, &count), 0);
    assert_int_equal(count, 2);
    filter.after_id = rows[1].id;
    count = 10;
    assert_int_equal(ssc_journal_list(f->j, &filter, rows, &count), 0);
    assert_int_equal(count, 7);
    assert_int_equal(rows[0].id, 7);
    filter = (struct ssc_txn_filter){.owner_uid = -1, .unsettled_only = true};
    count = 10;
    assert_int_equal(ssc_journal_list(f->j, &filter, rows, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(rows[0].state, SSC_TXN_UNKNOWN);
    assert_int_equal(ssc_journal_unsettled(f->j, &count), 0);
    assert_int_equal(count, 3);
    filter = (struct ssc_txn_filter){.owner_uid = -1, .open_only = true};
    count = 10;
    assert_int_equal(ssc_journal_list(f->j, &filter, rows, &count), 0);
    assert_int_equal(count, 4);
    filter = (struct ssc_txn_filter){.owner_uid = 1, .serial = sample(OP1).serial, .serial_len = 10};
    uint8_t serial[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    filter.serial = serial;
    count = 10;
    assert_int_equal(ssc_journal_list(f->j, &filter, rows, &count), 0);
    assert_int_equal(count, 2); /* ids 1 and 7 */
    filter.serial_len = 9;
    count = 10;
    assert_int_equal(ssc_journal_list(f->j, &filter, rows, &count), 0);
    assert_int_equal(count, 0);
}

static void one_owner(void **state)
{
    struct fixture *f = *state;
    struct ssc_journal *second = NULL;
    assert_int_equal(ssc_journal_open(f->path, &second, f->why), SSC_E_ALREADY_RUNNING);
    assert_null(second);
    assert_non_null(strstr(f->why, f->path));
    pid_t child = fork();
    if (child == 0) {
        int rc = ssc_journal_open(f->path, &second, f->why);
        _exit(rc == SSC_E_ALREADY_RUNNING ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(ssc_journal_check(f->j), 0);
}

static void others_cannot_read(void **state)
{
    struct fixture *f = *state;
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < 4; i++) {
        char name[160];
        struct stat st;
        snprintf(name, sizeof name, "%s%s", f->path, ends[i]);
        assert_int_equal(stat(name, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

static void sql(struct fixture *f, const char *text)
{
    sqlite3 *db;
    ssc_journal_close(&f->j);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static int open_again(struct fixture *f)
{
    f->why[0] = '\0';
    int rc = ssc_journal_open(f->path, &f->j, f->why);
    assert_true((rc == 0) == (f->j != NULL));
    assert_true((rc == 0) == (f->why[0] == '\0'));
    return rc;
}

static void changed_rows_are_found(void **state)
{
    struct fixture *f = *state;
    static const char *const changes[] = {
        "UPDATE txn SET state=4",
        "UPDATE txn SET amount=1",
        "UPDATE txn SET op=op||'x'",
        "UPDATE txn SET state=99",
        "UPDATE txn SET serial=x'01'",
        "UPDATE txn SET has_tac=2",
        "UPDATE txn SET result=99999999999",
        "UPDATE txn SET process=process+1",
        "UPDATE txn SET id=5",
        "UPDATE txn SET digest=zeroblob(0)||x'0041'",
    };
    struct ssc_txn t = sample(OP1);
    bool existing;
    assert_int_equal(ssc_journal_insert(f->j, &t, &existing), 0);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        sql(f, "CREATE TABLE kept AS SELECT * FROM txn");
        sql(f, changes[i]);
        assert_int_equal(open_again(f), SSC_E_JOURNAL_CORRUPT);
        sql(f, "DELETE FROM txn; INSERT INTO txn SELECT * FROM kept; DROP TABLE kept");
        assert_int_equal(open_again(f), 0);
    }
}

static void other_versions_and_other_files(void **state)
{
    struct fixture *f = *state;
    sql(f, "PRAGMA user_version=3");
    assert_int_equal(open_again(f), SSC_E_JOURNAL);
    assert_non_null(strstr(f->why, "version"));
    sql(f, "PRAGMA user_version=1; PRAGMA application_id=7");
    assert_int_equal(open_again(f), SSC_E_JOURNAL_CORRUPT);
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    for (int i = 0; i < 3000; i++) {
        fputs("no journal ", file);
    }
    fclose(file);
    assert_int_equal(open_again(f), SSC_E_JOURNAL_CORRUPT);
    unlink(f->path);
    assert_int_equal(symlink("/dev/null", f->path), 0);
    assert_int_equal(open_again(f), SSC_E_JOURNAL);
    unlink(f->path);
    assert_int_equal(mkdir(f->path, 0700), 0);
    assert_int_equal(open_again(f), SSC_E_JOURNAL);
    rmdir(f->path);
    assert_int_equal(open_again(f), 0);
}

/* What is empty now held operations once: begun anew, each of them would be charged a second time. */
static void an_emptied_journal_is_not_a_new_one(void **state)
{
    struct fixture *f = *state;
    char wal[160];
    snprintf(wal, sizeof wal, "%s-wal", f->path);
    for (off_t left = 0; left < 100; left += 50) {
        ssc_journal_close(&f->j);
        assert_int_equal(truncate(f->path, left), 0);
        assert_int_equal(open_again(f), SSC_E_JOURNAL_CORRUPT);
        unlink(f->path);
        assert_int_equal(open_again(f), 0);
    }
    sql(f, "DROP TABLE txn");
    assert_int_equal(open_again(f), SSC_E_JOURNAL_CORRUPT);
    unlink(f->path);
    FILE *log = fopen(wal, "w"); /* the newest rows, of a file that is gone */
    assert_non_null(log);
    fputs("rows", log);
    fclose(log);
    assert_int_equal(open_again(f), SSC_E_JOURNAL_CORRUPT);
    unlink(wal);
    assert_int_equal(open_again(f), 0);
}

/* A start that was killed leaves a half-made file under another name. */
static void a_start_that_was_killed(void **state)
{
    struct fixture *f = *state;
    char name[160];
    snprintf(name, sizeof name, "%s.new", f->path);
    ssc_journal_close(&f->j);
    unlink(f->path);
    FILE *half = fopen(name, "w");
    assert_non_null(half);
    fputs("SQLite format 3", half);
    fclose(half);
    assert_int_equal(open_again(f), 0);
    assert_int_equal(access(name, F_OK), -1);
}

static void a_folder_that_cannot_be_written(void **state)
{
    struct fixture *f = *state;
    ssc_journal_close(&f->j);
    struct ssc_journal *j;
    assert_int_equal(ssc_journal_open("/proc/self/no-folder/journal.db", &j, f->why), SSC_E_JOURNAL);
    assert_true(f->why[0] != '\0');
    if (geteuid() == 0) { /* root writes everywhere; a child that is nobody does not */
        pid_t child = fork();
        if (child == 0) {
            _exit(setuid(65534) != 0 || ssc_journal_open(f->path, &j, f->why) != SSC_E_JOURNAL || !f->why[0]);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(open_again(f), 0);
}

/* Rows in a file without a name are gone with the process: no money moves before the file is back. */
static void a_journal_that_is_taken_away(void **state)
{
    struct fixture *f = *state;
    struct ssc_txn prepared = sample("taken-away-000001"), late = sample("taken-away-000002");
    char other[160];
    bool existing = false;
    prepared.state = late.state = SSC_TXN_PREPARED;
    assert_int_equal(ssc_journal_insert(f->j, &prepared, &existing), 0);
    snprintf(other, sizeof other, "%s.other", f->path);
    assert_false(ssc_journal_gone(f->j));
    assert_int_equal(rename(f->path, other), 0);
    assert_true(ssc_journal_gone(f->j));
    assert_int_equal(ssc_journal_check(f->j), SSC_E_JOURNAL);
    assert_int_equal(ssc_journal_insert(f->j, &late, &existing), SSC_E_JOURNAL);
    prepared.state = SSC_TXN_ARMED;
    assert_int_equal(ssc_journal_update(f->j, &prepared), SSC_E_JOURNAL);

    const int fd = open(f->path, O_CREAT | O_EXCL | O_WRONLY, 0600); /* another file in its place */
    assert_true(fd >= 0);
    close(fd);
    assert_true(ssc_journal_gone(f->j));
    assert_int_equal(ssc_journal_check(f->j), SSC_E_JOURNAL);

    assert_int_equal(rename(other, f->path), 0);
    assert_int_equal(ssc_journal_check(f->j), 0);
    assert_int_equal(ssc_journal_update(f->j, &prepared), 0);
    assert_int_equal(ssc_journal_insert(f->j, &late, &existing), 0);
}

static void an_index_that_lost_a_row(void **state)
{
    struct fixture *f = *state;
    struct ssc_txn t = sample(OP1);
    bool existing;
    assert_int_equal(ssc_journal_insert(f->j, &t, &existing), 0);
    /* The same index over a table that had no such row: an op would go through twice. */
    sql(f, "PRAGMA writable_schema=ON;"
           "UPDATE sqlite_schema SET sql='CREATE UNIQUE INDEX txn_op ON txn(owner_uid,op) WHERE id<0' WHERE "
           "name='txn_op';");
    sql(f, "REINDEX txn_op");
    sql(f, "PRAGMA writable_schema=ON;"
           "UPDATE sqlite_schema SET sql='CREATE UNIQUE INDEX txn_op ON txn(owner_uid,op)' WHERE "
           "name='txn_op';");
    assert_int_equal(open_again(f), SSC_E_JOURNAL_CORRUPT);
}

/* ---- many threads ---- */
enum { THREADS = 8, EACH = 25 };
struct worker {
    struct ssc_journal *j;
    unsigned number;
    int failures;
};
static void *work(void *ctx)
{
    struct worker *w = ctx;
    bool existing;
    for (unsigned i = 0; i < EACH; i++) {
        char op[32];
        snprintf(op, sizeof op, "op-%08u-%08u", w->number, i);
        struct ssc_txn t = sample(op), got;
        w->failures += ssc_journal_insert(w->j, &t, &existing) != 0 || existing;
        t.state = SSC_TXN_CONFIRMED;
        w->failures += ssc_journal_update(w->j, &t) != 0;
        w->failures += ssc_journal_get(w->j, t.id, &got) != 0 || strcmp(got.op, op) != 0;
        t.state = SSC_TXN_ARMED; /* a bad step fails alone, not its neighbours in the same commit */
        w->failures += ssc_journal_update(w->j, &t) != SSC_E_INTERNAL;
        struct ssc_txn common = sample("op-common-00000000");
        w->failures += ssc_journal_insert(w->j, &common, &existing) != 0;
    }
    return NULL;
}
static void threads_share_commits(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[THREADS];
    struct worker workers[THREADS];
    struct ssc_txn_filter filter = {.owner_uid = -1};
    struct ssc_txn *rows = calloc(THREADS * EACH + 2, sizeof *rows);
    size_t count = THREADS * EACH + 2;
    assert_non_null(rows);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.j = f->j, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(workers[i].failures, 0);
    }
    assert_int_equal(ssc_journal_list(f->j, &filter, rows, &count), 0);
    assert_int_equal(count, THREADS * EACH + 1);
    free(rows);
}

static void one_thread_per_op(void **state)
{
    struct fixture *f = *state;
    struct ssc_claim a, b, c;
    assert_int_equal(ssc_journal_claim(f->j, &a, 1, OP1), 0);
    assert_int_equal(ssc_journal_claim(f->j, &b, 1, OP1), SSC_E_OP_BUSY);
    assert_int_equal(ssc_journal_claim(f->j, &b, 2, OP1), 0);
    assert_int_equal(ssc_journal_claim(f->j, &c, 1, OP2), 0);
    ssc_journal_unclaim(f->j, &a);
    assert_int_equal(ssc_journal_claim(f->j, &a, 1, OP1), 0);
    ssc_journal_unclaim(f->j, &b);
    ssc_journal_unclaim(f->j, &a);
    ssc_journal_unclaim(f->j, &c);
}

static void names(void **state)
{
    enum ssc_purse_id p;
    (void)state;
    assert_string_equal(ssc_txn_state_name(SSC_TXN_DONE, SSC_KIND_DEBIT), "debited");
    assert_string_equal(ssc_txn_state_name(SSC_TXN_DONE, SSC_KIND_LOAD), "credited");
    assert_string_equal(ssc_txn_state_name(SSC_TXN_NOT_DONE, SSC_KIND_DEBIT), "not_debited");
    assert_string_equal(ssc_txn_state_name(SSC_TXN_NOT_DONE, SSC_KIND_LOAD), "not_credited");
    for (int s = 1; s <= 9; s++) {
        assert_string_not_equal(ssc_txn_state_name((enum ssc_txn_state)s, SSC_KIND_DEBIT), "invalid");
    }
    for (int e = 0; e <= 9; e++) {
        assert_string_not_equal(ssc_evidence_name((enum ssc_evidence)e), "invalid");
    }
    for (enum ssc_purse_id id = SSC_PURSE_MEDICAL; id <= SSC_PURSE_EP; id++) {
        assert_int_equal(ssc_purse_by_name(ssc_purse_name(id), &p), 0);
        assert_int_equal(p, id);
    }
    assert_int_equal(ssc_purse_by_name("pension", &p), SSC_E_NO_PURSE);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(rows_survive_as_they_are),
        T(one_op_one_row),
        T(only_allowed_steps),
        T(lists_newest_first_and_filters),
        T(one_owner),
        T(others_cannot_read),
        T(changed_rows_are_found),
        T(other_versions_and_other_files),
        T(an_emptied_journal_is_not_a_new_one),
        T(a_start_that_was_killed),
        T(a_folder_that_cannot_be_written),
        T(a_journal_that_is_taken_away),
        T(an_index_that_lost_a_row),
        T(threads_share_commits),
        T(one_thread_per_op),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
