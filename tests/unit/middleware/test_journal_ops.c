/* SPDX-License-Identifier: Apache-2.0 */
/* Writes that move no money: one row per op, which outlives the process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "middleware/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bed {
    char folder[40], path[64];
    struct ssc_journal *j;
};

static int up(void **state)
{
    struct bed *b = calloc(1, sizeof *b);
    assert_non_null(b);
    snprintf(b->folder, sizeof b->folder, "/tmp/ssc-journal-ops-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    snprintf(b->path, sizeof b->path, "%s/journal.db", b->folder);
    assert_int_equal(ssc_journal_open(b->path, &b->j, NULL), 0);
    *state = b;
    return 0;
}

static int down(void **state)
{
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    struct bed *b = *state;
    char name[80];
    ssc_journal_close(&b->j);
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        snprintf(name, sizeof name, "%s%s", b->path, tails[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(b->folder), 0);
    free(b);
    return 0;
}

static struct ssc_write_op op(uint32_t uid, const char *key, const char *digest)
{
    struct ssc_write_op w = {.owner_uid = uid};
    snprintf(w.op, sizeof w.op, "%s", key);
    snprintf(w.digest, sizeof w.digest, "%s", digest);
    return w;
}

static void reopen(struct bed *b)
{
    ssc_journal_close(&b->j);
    assert_int_equal(ssc_journal_open(b->path, &b->j, NULL), 0);
}

static void test_done_once(void **state)
{
    struct bed *b = *state;
    struct ssc_write_op w = op(7, "write-000000000001", "aa"), found;
    bool existing = true;
    assert_int_equal(ssc_journal_write_get(b->j, 7, w.op, &found), SSC_E_TXN_NOT_FOUND);
    assert_int_equal(ssc_journal_write_begin(b->j, &w, &existing), 0);
    assert_false(existing);
    w.result = 0x6982;
    assert_int_equal(ssc_journal_write_end(b->j, &w), 0);
    reopen(b);
    w = op(7, "write-000000000001", "aa");
    assert_int_equal(ssc_journal_write_begin(b->j, &w, &existing), 0);
    assert_true(existing);
    assert_true(w.finished);
    assert_int_equal(w.result, 0x6982);
    assert_int_equal(ssc_journal_write_get(b->j, 7, w.op, &found), 0);
    assert_string_equal(found.digest, "aa");
}

static void test_cut_off_stays_open(void **state)
{
    struct bed *b = *state;
    struct ssc_write_op w = op(7, "write-000000000001", "aa");
    bool existing = true;
    assert_int_equal(ssc_journal_write_begin(b->j, &w, &existing), 0);
    reopen(b); /* the process ended in the middle */
    assert_int_equal(ssc_journal_write_begin(b->j, &w, &existing), 0);
    assert_true(existing);
    assert_false(w.finished);
}

static void test_conflict_and_owners(void **state)
{
    struct bed *b = *state;
    struct ssc_write_op w = op(7, "write-000000000001", "aa"), other = op(7, "write-000000000001", "bb"),
                        stranger = op(8, "write-000000000001", "bb");
    bool existing = true;
    assert_int_equal(ssc_journal_write_begin(b->j, &w, &existing), 0);
    assert_int_equal(ssc_journal_write_begin(b->j, &other, &existing), SSC_E_OP_CONFLICT);
    assert_int_equal(ssc_journal_write_begin(b->j, &stranger, &existing), 0);
    assert_false(existing); /* op keys are each user's own */
}

static void test_forget_frees_only_what_is_open(void **state)
{
    struct bed *b = *state;
    struct ssc_write_op w = op(7, "write-000000000001", "aa");
    bool existing = true;
    assert_int_equal(ssc_journal_write_begin(b->j, &w, &existing), 0);
    assert_int_equal(ssc_journal_write_forget(b->j, &w), 0);
    assert_int_equal(ssc_journal_write_begin(b->j, &w, &existing), 0);
    assert_false(existing);
    assert_int_equal(ssc_journal_write_end(b->j, &w), 0);
    assert_int_equal(ssc_journal_write_forget(b->j, &w), 0);
    assert_int_equal(ssc_journal_write_begin(b->j, &w, &existing), 0);
    assert_true(existing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_done_once, up, down),
        cmocka_unit_test_setup_teardown(test_cut_off_stays_open, up, down),
        cmocka_unit_test_setup_teardown(test_conflict_and_owners, up, down),
        cmocka_unit_test_setup_teardown(test_forget_frees_only_what_is_open, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
