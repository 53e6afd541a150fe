/* SPDX-License-Identifier: Apache-2.0 */
/* Several readers at once, one PSAM, one journal: every debit is its own, and an op that all of them use is
 * done once. */
#include "middleware/journal_rows.h"
#include "tests/rig/rig.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { READERS = 4, EACH = 20, AMOUNT = 3, COMMON = 7, COMMON_OPS = 5 };

struct reader {
    struct rig rig; /* the first one's journal and provider serve all */
    unsigned number, failures, busy;
};

static void *work(void *ctx)
{
    struct reader *w = ctx;
    struct ssc_debit_request req;
    struct ssc_txn t;
    char op[40];
    for (unsigned i = 0; i < EACH; i++) {
        snprintf(op, sizeof op, "threads-%04u-%08u", w->number, i);
        rig_request(&req, SSC_PURSE_EP, op, AMOUNT);
        w->failures +=
            ssc_money_debit(w->rig.journal, w->rig.session, w->rig.auth, &req, &t, w->rig.deadline) != 0;
        w->failures += t.state != SSC_TXN_CONFIRMED || t.evidence != SSC_EV_REPLY_MAC2;
    }
    for (unsigned i = 0; i < COMMON_OPS; i++) {
        snprintf(op, sizeof op, "threads-common-%04u", i);
        rig_request(&req, SSC_PURSE_EP, op, COMMON);
        int rc = ssc_money_debit(w->rig.journal, w->rig.session, w->rig.auth, &req, &t, w->rig.deadline);
        w->busy += rc == SSC_E_OP_BUSY;
        w->failures += rc != 0 && rc != SSC_E_OP_BUSY;
    }
    return NULL;
}

static void many_readers(void **state)
{
    struct reader *w = calloc(READERS, sizeof *w);
    pthread_t threads[READERS];
    int64_t before = 0, after = 0;
    (void)state;
    assert_non_null(w);
    for (unsigned i = 0; i < READERS; i++) {
        assert_int_equal(rig_files(&w[i].rig, "pboc", "psam"), 0);
        assert_int_equal(rig_load(&w[i].rig), 0);
        assert_int_equal(rig_present(&w[i].rig, false), 0);
        struct ssc_card_info *info = (struct ssc_card_info *)(uintptr_t)ssc_card_get_info(w[i].rig.session);
        info->serial[0] = (uint8_t)i; /* another card for the journal; the keys stay */
        w[i].number = i;
        before += rig_truth(&w[i].rig, SSC_PURSE_EP, SSC_KIND_DEBIT).balance;
    }
    assert_int_equal(rig_open_journal(&w[0].rig), 0);
    assert_int_equal(rig_provider(&w[0].rig), 0);
    for (unsigned i = 0; i < READERS; i++) {
        w[i].rig.journal = w[0].rig.journal;
        w[i].rig.auth = w[0].rig.auth;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &w[i]), 0);
    }
    for (unsigned i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(w[i].failures, 0);
        assert_false(w[i].rig.card.repeated);
        after += rig_truth(&w[i].rig, SSC_PURSE_EP, SSC_KIND_DEBIT).balance;
    }
    assert_int_equal(before - after, READERS * EACH * AMOUNT + COMMON_OPS * COMMON);
    for (unsigned i = READERS; i-- > 0;) {
        if (i > 0) {
            w[i].rig.journal = NULL;
            w[i].rig.auth = NULL;
        }
        rig_free(&w[i].rig);
    }
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_readers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
