/* SPDX-License-Identifier: Apache-2.0 */
/* A journal whose disk lost a write, and whose disk is back: nothing acknowledged is missing, nothing else is
 * there. */
#include "middleware/journal_rows.h"
#include "tests/crash/disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct bed {
    char folder[64], path[96];
    struct ssc_journal *j;
    int64_t acknowledged;
};
static struct disk disk;

static struct ssc_txn row(int number)
{
    struct ssc_txn t = {.owner_uid = 1,
                        .kind = SSC_KIND_DEBIT,
                        .purse = SSC_PURSE_EP,
                        .state = SSC_TXN_ARMED,
                        .amount = number,
                        .balance_before = 100,
                        .balance_after = -1};
    snprintf(t.op, sizeof t.op, "revive-%012d", number);
    snprintf(t.digest, sizeof t.digest, "%064d", number);
    return t;
}

static int insert(struct bed *b, int number)
{
    struct ssc_txn t = row(number);
    bool existing = false;
    const int rc = ssc_journal_insert(b->j, &t, &existing);
    b->acknowledged += rc == 0 && !existing;
    return rc;
}

static int64_t rows(struct bed *b)
{
    size_t count = 0;
    assert_int_equal(ssc_journal_unsettled(b->j, &count), 0);
    return (int64_t)count;
}

static void up(struct bed *b)
{
    *b = (struct bed){.j = NULL};
    snprintf(b->folder, sizeof b->folder, "/tmp/revive-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    snprintf(b->path, sizeof b->path, "%s/journal.db", b->folder);
    disk_arm(&disk, DISK_NONE, 0, 0);
    assert_int_equal(ssc_journal_open(b->path, &b->j, NULL), 0);
    assert_int_equal(insert(b, 1), 0);
    assert_int_equal(insert(b, 2), 0);
}

static void down(struct bed *b)
{
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    char name[128];
    disk_arm(&disk, DISK_NONE, 0, 0);
    ssc_journal_close(&b->j);
    for (size_t i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", b->path, tails[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(b->folder), 0);
}

/* One error at each operation of an insert, then a disk that works again. */
static void test_disk_is_back(void **state)
{
    (void)state;
    unsigned broken = 0;
    for (unsigned nth = 1; nth <= 40; nth++) {
        struct bed b;
        up(&b);
        disk_arm(&disk, DISK_ERROR, nth, 0);
        const int rc = insert(&b, 3);
        disk_arm(&disk, DISK_NONE, 0, 0);
        if (ssc_journal_broken(b.j)) {
            broken++;
            assert_int_not_equal(rc, 0);
            assert_int_equal(insert(&b, 4), SSC_E_JOURNAL); /* it is not believed by itself */
            assert_int_equal(rows(&b), b.acknowledged);     /* but still read */
        }
        assert_int_equal(ssc_journal_revive(b.j, NULL), 0);
        assert_false(ssc_journal_broken(b.j));
        assert_int_equal(rows(&b), b.acknowledged); /* the row that failed is not there, the others are */
        assert_int_equal(insert(&b, 3), 0);
        assert_int_equal(insert(&b, 5), 0);
        ssc_journal_close(&b.j);
        assert_int_equal(ssc_journal_open(b.path, &b.j, NULL), 0);
        assert_int_equal(rows(&b), 4);
        down(&b);
    }
    assert_true(broken > 0);
}

static void break_it(struct bed *b)
{
    for (unsigned nth = 1; nth <= 60 && !ssc_journal_broken(b->j); nth++) {
        disk_arm(&disk, DISK_ERROR, nth, 0);
        (void)insert(b, 100 + (int)nth);
    }
    disk_arm(&disk, DISK_NONE, 0, 0);
    assert_true(ssc_journal_broken(b->j));
}

/* A disk that is not back: at every operation of the attempt. What was read before is still read. */
static void test_disk_fails_again(void **state)
{
    (void)state;
    unsigned in_vain = 0;
    for (unsigned nth = 1; nth <= 40; nth++) {
        struct bed b;
        char why[200];
        up(&b);
        break_it(&b);
        disk_arm(&disk, nth % 2 ? DISK_ERROR : DISK_FULL, (nth + 1) / 2, 0);
        const int rc = ssc_journal_revive(b.j, why);
        disk_arm(&disk, DISK_NONE, 0, 0);
        in_vain += rc != 0;
        assert_int_equal(ssc_journal_broken(b.j), rc != 0);
        assert_int_equal(rc != 0, why[0] != '\0');
        assert_int_equal(rows(&b), b.acknowledged);
        assert_int_equal(ssc_journal_revive(b.j, why), 0);
        assert_int_equal(rows(&b), b.acknowledged);
        assert_int_equal(insert(&b, 50), 0);
        down(&b);
    }
    assert_true(in_vain > 0);
}

static void test_another_file(void **state)
{
    (void)state;
    struct bed b;
    char away[128];
    up(&b);
    break_it(&b);
    snprintf(away, sizeof away, "%s/away.db", b.folder);
    assert_int_equal(rename(b.path, away), 0);
    assert_int_equal(ssc_journal_revive(b.j, NULL),
                     SSC_E_JOURNAL); /* not made anew: its rows would be forgotten */
    assert_int_equal(access(b.path, F_OK), -1);
    assert_int_equal(rename(away, b.path), 0);
    assert_int_equal(ssc_journal_revive(b.j, NULL), 0);
    down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disk_is_back),
        cmocka_unit_test(test_disk_fails_again),
        cmocka_unit_test(test_another_file),
    };
    return disk_register(&disk) == SQLITE_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
