/* SPDX-License-Identifier: Apache-2.0 */
/* Money on a simulated card with a simulated PSAM: what is done, what is refused, what is told. */
#include "tests/unit/middleware/money_fixture.h"
#include <unistd.h>

/* ---- the good days ---- */
static void check_debit(struct rig *r, enum ssc_purse_id purse)
{
    struct rig_truth before = rig_truth(r, purse, SSC_KIND_DEBIT), after;
    struct ssc_balance balance;
    struct ssc_txn t, again;
    assert_int_equal(debit(r, purse, OP1, 125, &t), 0);
    after = rig_truth(r, purse, SSC_KIND_DEBIT);
    assert_int_equal(after.balance, before.balance - 125);
    assert_int_equal(after.done, before.done + 1);
    assert_int_equal(t.state, SSC_TXN_CONFIRMED);
    assert_int_equal(t.evidence, SSC_EV_REPLY_MAC2);
    assert_int_equal(t.result, 0);
    assert_int_equal(t.balance_before, before.balance);
    assert_int_equal(t.balance_after, after.balance);
    assert_int_equal(t.counter, before.done);
    assert_true(t.has_tac && t.has_mac2);
    assert_memory_equal(t.tac, r->card.card->nv.proof.tac, 4);
    assert_memory_equal(t.mac2, r->card.card->nv.proof.mac, 4);
    assert_memory_equal(t.terminal, r->psam.card->terminal, 6);
    assert_int_equal(r->card.commits, 1);
    /* The same op once more: not one byte goes to card or PSAM. */
    rig_arm(&r->card, RIG_NONE, 0, 0);
    rig_arm(&r->psam, RIG_NONE, 0, 0);
    assert_int_equal(debit(r, purse, OP1, 125, &again), 0);
    assert_memory_equal(&again, &t, sizeof t);
    assert_int_equal(r->card.count + r->psam.count, 0);
    assert_int_equal(debit(r, purse, OP1, 126, &again), SSC_E_OP_CONFLICT);
    assert_int_equal(r->card.count + r->psam.count, 0);
    (void)rig_pin(r); /* some cards want it after every transaction */
    assert_int_equal(ssc_money_balance(r->session, purse, &balance, r->deadline), 0);
    assert_int_equal(balance.amount, after.balance);
    agree(r, purse, before.balance);
}
static void debits_each_purse(void **state)
{
    struct rig *r = *state;
    if (r->card.card->kind == SIM_SSC) {
        check_debit(r, SSC_PURSE_MEDICAL);
    } else {
        check_debit(r, SSC_PURSE_EP);
        ssc_journal_close(&r->journal);
        remove(r->journal_path);
        assert_int_equal(rig_open_journal(r), 0);
        r->card.commits = 0;
        check_debit(r, SSC_PURSE_ED);
    }
}

static void medical_parts_are_summed_by_the_year(void **state)
{
    struct rig *r = *state;
    struct ssc_debit_request req;
    struct ssc_balance before, after;
    struct ssc_txn t;
    rig_request(&req, SSC_PURSE_MEDICAL, OP1, 1250);
    req.self_pay = 300;
    req.pooled = 7000;
    assert_int_equal(ssc_money_balance(r->session, SSC_PURSE_MEDICAL, &before, r->deadline), 0);
    assert_true(before.has_accumulators);
    assert_int_equal(ssc_money_debit(r->journal, r->session, r->auth, &req, &t, r->deadline), 0);
    assert_int_equal(ssc_money_balance(r->session, SSC_PURSE_MEDICAL, &after, r->deadline), 0);
    assert_int_equal(after.amount, before.amount - 1250);
    assert_int_equal(after.year_self_pay, 300);
    assert_int_equal(after.year_pooled, 7000);
    /* Nothing from the account, all from elsewhere: still one transaction. */
    rig_request(&req, SSC_PURSE_MEDICAL, OP2, 0);
    req.pooled = 5;
    assert_int_equal(ssc_money_debit(r->journal, r->session, r->auth, &req, &t, r->deadline), 0);
    assert_int_equal(rig_truth(r, SSC_PURSE_MEDICAL, SSC_KIND_DEBIT).balance, after.amount);
}

static void loads_each_purse(void **state)
{
    struct rig *r = *state;
    bool ssc = r->card.card->kind == SIM_SSC;
    for (enum ssc_purse_id p = ssc ? SSC_PURSE_MEDICAL : SSC_PURSE_ED;
         p <= (ssc ? SSC_PURSE_MEDICAL : SSC_PURSE_EP); p++) {
        struct rig_truth before = rig_truth(r, p, SSC_KIND_LOAD);
        struct ssc_txn t, again;
        char op[32];
        snprintf(op, sizeof op, "op-load-%010u", (unsigned)p);
        r->card.commits = 0;
        (void)rig_pin(r);
        assert_int_equal(load(r, p, op, 5000, &t), 0);
        assert_int_equal(t.state, SSC_TXN_CONFIRMED);
        assert_int_equal(t.evidence, SSC_EV_LOAD_TAC);
        assert_memory_equal(t.tac, r->card.card->nv.proof.tac, 4);
        assert_int_equal(rig_truth(r, p, SSC_KIND_LOAD).balance, before.balance + 5000);
        assert_int_equal(t.balance_after, before.balance + 5000);
        assert_int_equal(load(r, p, op, 5000, &again), 0);
        assert_memory_equal(&again, &t, sizeof t);
        assert_int_equal(
            ssc_money_load_complete(r->journal, r->session, &again, t.datetime, t.mac1, r->deadline), 0);
        assert_int_equal(r->card.commits, 1);
        agree(r, p, before.balance);
    }
}

static void loads_that_go_no_further(void **state)
{
    struct rig *r = *state;
    static const uint8_t terminal[6] = {1}, time[7] = {0x20, 0x26, 1, 2, 3, 4, 5};
    uint8_t wrong[4] = {1, 2, 3, 4};
    enum ssc_purse_id p = first_purse(r);
    int64_t before = rig_truth(r, p, SSC_KIND_LOAD).balance;
    struct ssc_debit_request req;
    struct ssc_txn t;
    rig_request(&req, p, OP1, 100);
    assert_int_equal(ssc_money_load_begin(r->journal, r->session, r->auth, &req, terminal, &t, r->deadline),
                     0);
    assert_int_equal(t.state, SSC_TXN_PREPARED);
    assert_int_equal(ssc_money_abandon(r->journal, &t), 0);
    assert_int_equal(t.state, SSC_TXN_ABANDONED);
    assert_int_equal(ssc_money_load_complete(r->journal, r->session, &t, time, wrong, r->deadline),
                     SSC_E_CANCELLED);
    rig_request(&req, p, OP2, 100);
    assert_int_equal(ssc_money_load_begin(r->journal, r->session, r->auth, &req, terminal, &t, r->deadline),
                     0);
    assert_int_equal(ssc_money_load_complete(r->journal, r->session, &t, time, wrong, r->deadline),
                     SSC_SW_MAC);
    assert_int_equal(t.state, SSC_TXN_REFUSED);
    (void)rig_pin(r);
    rig_request(&req, p, OP3, 100);
    wrong[0]++;
    assert_int_equal(ssc_money_load_begin(r->journal, r->session, r->auth, &req, terminal, &t, r->deadline),
                     0);
    assert_int_equal(rig_present(r, true), 0); /* the card forgot what was begun */
    assert_true(ssc_money_load_complete(r->journal, r->session, &t, time, wrong, r->deadline) != 0);
    assert_true(t.state == SSC_TXN_REFUSED || t.state == SSC_TXN_NOT_DONE);
    agree(r, p, before);
}

/* The PSAM still knows MAC2 of the torn debit: that is the better evidence, and a load can have it too. */
static void a_load_settles_with_the_psam(void **state)
{
    struct rig *r = *state;
    static const uint8_t terminal[6] = {1};
    enum ssc_purse_id p = first_purse(r);
    struct ssc_debit_request req;
    struct ssc_txn torn, t;
    rig_arm_commit(&r->card, RIG_OUT_AFTER, 1, 0);
    assert_int_equal(debit(r, p, OP1, 10, &torn), SSC_E_OUTCOME_UNKNOWN);
    assert_int_equal(rig_present(r, true), 0);
    rig_request(&req, p, OP2, 100);
    assert_int_equal(ssc_money_load_begin(r->journal, r->session, r->auth, &req, terminal, &t, r->deadline),
                     0);
    assert_int_equal(ssc_journal_get(r->journal, torn.id, &torn), 0);
    assert_int_equal(torn.state, SSC_TXN_CONFIRMED);
    assert_int_equal(torn.evidence, SSC_EV_PROOF_MAC2);
}

/* Keeps the disk busy: the armed row is durable only when hardly any time is left. */
static void *busy_disk(void *arg)
{
    sqlite3 *db = arg;
    usleep(620000);
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    return NULL;
}

static void a_slow_disk_eats_no_money(void **state)
{
    struct rig *r = *state;
    enum ssc_purse_id p = first_purse(r);
    int64_t before = rig_truth(r, p, SSC_KIND_DEBIT).balance;
    struct ssc_txn t;
    sqlite3 *db = NULL;
    pthread_t thread;
    assert_int_equal(sqlite3_open(r->journal_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    r->deadline = ssc_deadline(700); /* before the disk's time begins: it may only be longer */
    assert_int_equal(pthread_create(&thread, NULL, busy_disk, db), 0);
    assert_int_equal(debit(r, p, OP1, 10, &t), SSC_E_DEADLINE_EXCEEDED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(r->card.commits, 0);
    assert_int_equal(t.state, SSC_TXN_ABANDONED);
    assert_int_equal(t.evidence, SSC_EV_NEVER_SENT);
    agree(r, p, before);
}

static void the_log_tells_what_was_done(void **state)
{
    struct rig *r = *state;
    enum ssc_purse_id p = first_purse(r);
    struct ssc_log_entry log[40];
    struct ssc_txn a, b;
    char hex[15];
    size_t count = 40;
    assert_int_equal(debit(r, p, OP1, 11, &a), 0);
    (void)rig_pin(r);
    assert_int_equal(load(r, p, OP2, 22, &b), 0);
    (void)rig_pin(r);
    assert_int_equal(ssc_money_log(r->session, p, log, &count, r->deadline), 0);
    assert_true(count >= 2 && count < 40);
    assert_int_equal(log[0].type, b.txn_type);
    assert_int_equal(log[0].amount, 22);
    assert_int_equal(log[0].record, 1);
    assert_int_equal(log[1].type, a.txn_type);
    assert_int_equal(log[1].amount, 11);
    ssc_hex_encode(a.datetime, 7, hex, sizeof hex);
    assert_string_equal(log[1].datetime, hex);
    count = 1;
    assert_int_equal(ssc_money_log(r->session, p, log, &count, r->deadline), 0);
    assert_int_equal(count, 1);
}

static void the_purses_that_are_there(void **state)
{
    struct rig *r = *state;
    struct ssc_balance b;
    bool present[4];
    bool ssc = r->card.card->kind == SIM_SSC;
    assert_int_equal(ssc_money_purses(r->session, present, r->deadline), 0);
    assert_int_equal(present[SSC_PURSE_MEDICAL], ssc);
    assert_int_equal(present[SSC_PURSE_ED], !ssc);
    assert_int_equal(present[SSC_PURSE_EP], !ssc);
    assert_int_equal(ssc_money_balance(r->session, ssc ? SSC_PURSE_EP : SSC_PURSE_MEDICAL, &b, r->deadline),
                     SSC_E_NO_PURSE);
}

/* ---- refusals ---- */
static void too_little_money(void **state)
{
    struct rig *r = *state;
    enum ssc_purse_id p = first_purse(r);
    int64_t before = rig_truth(r, p, SSC_KIND_DEBIT).balance;
    struct ssc_txn t;
    assert_int_equal(debit(r, p, OP1, before + 1, &t), SSC_SW_FUNDS);
    assert_int_equal(t.state, SSC_TXN_REFUSED);
    rig_arm(&r->card, RIG_NONE, 0, 0);
    assert_int_equal(debit(r, p, OP1, before + 1, &t), SSC_SW_FUNDS);
    assert_int_equal(r->card.count, 0);
    assert_int_equal(debit(r, p, OP2, before, &t), 0);
    assert_int_equal(rig_truth(r, p, SSC_KIND_DEBIT).balance, 0);
    agree(r, p, before);
}

static void the_pin_first(void **state)
{
    struct rig *r = *state;
    enum ssc_purse_id p = r->card.card->kind == SIM_SSC ? SSC_PURSE_MEDICAL : SSC_PURSE_ED;
    struct ssc_txn t;
    assert_int_equal(rig_present(r, false), 0);
    assert_int_equal(debit(r, p, OP1, 10, &t), SSC_E_PIN_REQUIRED);
    assert_int_equal(t.id, 0); /* the same op may be used when the PIN is in */
    assert_int_equal(rig_pin(r), 0);
    assert_int_equal(debit(r, p, OP1, 10, &t), 0);
}

static void requests_that_make_no_sense(void **state)
{
    struct rig *r = *state;
    static const struct {
        const char *op;
        int purse;
        int64_t amount, self_pay, pooled;
    } bad[] = {
        {"short", 1, 1, 0, 0},     {"op with blanks 0000000", 1, 1, 0, 0},
        {OP1, 0, 1, 0, 0},         {OP1, 4, 1, 0, 0},
        {OP1, 1, 0, 0, 0},         {OP1, 1, -1, 0, 0},
        {OP1, 1, 1LL << 32, 0, 0}, {OP1, 1, 1, -1, 0},
        {OP1, 1, 1, 0, 1LL << 32}, {OP1, 3, 1, 1, 0},
        {OP1, 2, 1, 0, 1},         {"op-\n-000000000000000", 1, 1, 0, 0},
        {OP1, 1, INT64_MAX, 0, 0}, {OP1, 1, INT64_MIN, 0, 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct ssc_debit_request req;
        struct ssc_txn t;
        rig_request(&req, (enum ssc_purse_id)bad[i].purse, bad[i].op, bad[i].amount);
        req.self_pay = bad[i].self_pay;
        req.pooled = bad[i].pooled;
        rig_arm(&r->card, RIG_NONE, 0, 0);
        assert_int_equal(ssc_money_debit(r->journal, r->session, r->auth, &req, &t, r->deadline),
                         SSC_E_INVALID_ARGUMENT);
        assert_int_equal(r->card.count, 0);
    }
    struct ssc_debit_request endless;
    struct ssc_txn t;
    rig_request(&endless, SSC_PURSE_MEDICAL, OP1, 1);
    memset(endless.op, 'a', sizeof endless.op);
    assert_int_equal(ssc_money_debit(r->journal, r->session, r->auth, &endless, &t, r->deadline),
                     SSC_E_INVALID_ARGUMENT);
}

static void one_op_at_a_time(void **state)
{
    struct rig *r = *state;
    struct ssc_claim claim;
    struct ssc_txn t;
    assert_int_equal(ssc_journal_claim(r->journal, &claim, 1000, OP1), 0);
    assert_int_equal(debit(r, first_purse(r), OP1, 10, &t), SSC_E_OP_BUSY);
    ssc_journal_unclaim(r->journal, &claim);
    assert_int_equal(debit(r, first_purse(r), OP1, 10, &t), 0);
}

static void no_time_left_nothing_sent(void **state)
{
    struct rig *r = *state;
    struct ssc_debit_request req;
    struct ssc_txn t;
    rig_request(&req, first_purse(r), OP1, 10);
    assert_int_equal(ssc_money_debit(r->journal, r->session, r->auth, &req, &t, ssc_now_ms() + 50),
                     SSC_E_DEADLINE_EXCEEDED);
    assert_int_equal(t.id, 0);
    assert_int_equal(r->card.commits, 0);
}

static void definite_refusals(void **state)
{
    struct rig *r = *state;
    static const uint16_t words[] = {0x9302, 0x9401, 0x9403, 0x9303, 0x6901, 0x6985, 0x6700, 0x6A86};
    enum ssc_purse_id p = first_purse(r);
    int64_t before = rig_truth(r, p, SSC_KIND_DEBIT).balance;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct ssc_txn t;
        char op[32];
        snprintf(op, sizeof op, "op-refused-%08zu", i);
        rig_arm_commit(&r->card, RIG_STATUS, 1, words[i]);
        assert_int_equal(debit(r, p, op, 10, &t), words[i]);
        assert_int_equal(t.state, SSC_TXN_REFUSED);
        assert_int_equal(debit(r, p, op, 10, &t), words[i]);
    }
    agree(r, p, before);
}

static void no_provider_no_debit(void **state)
{
    struct rig *r = *state;
    struct ssc_debit_request req;
    struct ssc_txn t;
    rig_request(&req, first_purse(r), OP1, 10);
    assert_int_equal(ssc_money_debit(r->journal, r->session, NULL, &req, &t, r->deadline), SSC_E_NO_PSAM);
    assert_int_equal(r->card.commits, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(debits_each_purse),
        ON(sm4, debits_each_purse),
        ON(pboc_sm4, debits_each_purse),
        ON(ssc, medical_parts_are_summed_by_the_year),
        BOTH(loads_each_purse),
        ON(sm4, loads_each_purse),
        BOTH(loads_that_go_no_further),
        BOTH(a_load_settles_with_the_psam),
        BOTH(a_slow_disk_eats_no_money),
        BOTH(the_log_tells_what_was_done),
        BOTH(the_purses_that_are_there),
        BOTH(too_little_money),
        BOTH(the_pin_first),
        ON(ssc, requests_that_make_no_sense),
        BOTH(one_op_at_a_time),
        BOTH(no_time_left_nothing_sent),
        BOTH(definite_refusals),
        BOTH(no_provider_no_debit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
