/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite's n-th allocation fails, once or from then on, in every step of the journal: an error or success,
 * never a crash, and what was reported as written is there. */
#include "middleware/journal.h"
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* SQLite's memory methods have no context argument. */
static struct {
    sqlite3_mem_methods real;
    unsigned nth, count;
    bool onwards;
} memory;

static bool fails(void)
{
    bool now = memory.nth && (++memory.count == memory.nth || (memory.onwards && memory.count > memory.nth));
    return now;
}
static void *failing_malloc(int n)
{
    return fails() ? NULL : memory.real.xMalloc(n);
}
static void *failing_realloc(void *p, int n)
{
    return fails() ? NULL : memory.real.xRealloc(p, n);
}
static void fail_at(unsigned nth, bool onwards)
{
    memory.nth = nth;
    memory.onwards = onwards;
    memory.count = 0;
}

static int install(void **state)
{
    sqlite3_mem_methods methods;
    (void)state;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory.real), SQLITE_OK);
    methods = memory.real;
    methods.xMalloc = failing_malloc;
    methods.xRealloc = failing_realloc;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods), SQLITE_OK);
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0), SQLITE_OK);
    return 0;
}

static struct ssc_txn sample(unsigned n)
{
    struct ssc_txn t = {.owner_uid = 1,
                        .kind = SSC_KIND_DEBIT,
                        .purse = SSC_PURSE_EP,
                        .state = SSC_TXN_ARMED,
                        .amount = 5,
                        .serial = {7},
                        .serial_len = 10};
    snprintf(t.op, sizeof t.op, "op-%016u", n);
    memset(t.digest, 'e', 64);
    return t;
}

/* One walk through the journal's life. Returns the number of steps that reported an error. */
static unsigned walk(const char *path, unsigned n, struct ssc_txn *written, bool *inserted, bool *settled)
{
    struct ssc_journal *j = NULL;
    struct ssc_txn rows[4], t = sample(n);
    struct ssc_txn_filter filter = {.owner_uid = -1, .unsettled_only = true};
    size_t count = 4;
    char why[200];
    bool existing = false;
    unsigned errors = 0;
    int rc = ssc_journal_open(path, &j, why);
    assert_true((rc == 0) == (j != NULL));
    if (!j) {
        return 1;
    }
    *inserted = ssc_journal_insert(j, &t, &existing) == 0;
    errors += !*inserted;
    if (*inserted) {
        assert_false(existing);
        t.state = SSC_TXN_CONFIRMED;
        *settled = ssc_journal_update(j, &t) == 0;
        errors += !*settled;
    }
    errors += ssc_journal_list(j, &filter, rows, &count) != 0;
    errors += ssc_journal_get_op(j, 1, t.op, &rows[0]) != 0;
    errors += ssc_journal_check(j) != 0;
    *written = t;
    ssc_journal_close(&j);
    return errors;
}

static void check(const char *path, const struct ssc_txn *written, bool inserted, bool settled)
{
    struct ssc_journal *j;
    struct ssc_txn row;
    char why[200];
    assert_int_equal(ssc_journal_open(path, &j, why), 0);
    int rc = ssc_journal_get_op(j, 1, written->op, &row);
    if (inserted) {
        assert_int_equal(rc, 0);
    }
    if (settled) {
        assert_int_equal(row.state, SSC_TXN_CONFIRMED);
    }
    ssc_journal_close(&j);
}

static void every_allocation_fails(void **state)
{
    char folder[] = "/tmp/ssc-memory-XXXXXX", path[64], name[80];
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    unsigned failed = 0;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/journal.db", folder);
    for (int onwards = 0; onwards <= 1; onwards++) {
        unsigned n = 1;
        for (bool reached = true; reached; n += n < 120 ? 1 : 11) { /* the later ones repeat the earlier */
            struct ssc_txn written = sample(n);
            bool inserted = false, settled = false;
            fail_at(n, onwards);
            unsigned errors = walk(path, n + (onwards ? 1000000u : 0), &written, &inserted, &settled);
            reached = memory.count >= n;
            fail_at(0, false);
            failed += errors != 0;
            if (reached && onwards) {
                assert_true(errors > 0);
            }
            check(path, &written, inserted, settled);
            if (n % 4 == 0) { /* a new file again: creating it allocates, too */
                for (size_t i = 0; i < 4; i++) {
                    snprintf(name, sizeof name, "%s%s", path, ends[i]);
                    unlink(name);
                }
            }
        }
        assert_true(n > 100);
    }
    assert_true(failed > 100);
    for (size_t i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_fails)};
    return cmocka_run_group_tests(tests, install, NULL);
}
