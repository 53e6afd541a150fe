/* SPDX-License-Identifier: Apache-2.0 */
/* Money on a simulated card with a simulated PSAM. Every test ends with the same questions: does the card
 * hold what the journal says, and did each committing command leave once? */
#include "middleware/journal_rows.h"
#include "tests/rig/rig.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define OP1 "op-0000000000000001"
#define OP2 "op-0000000000000002"
#define OP3 "op-0000000000000003"

/* A provider that does what the PSAM does, until a test says what MAC2 is. */
struct doubting {
    struct ssc_auth auth;
    struct ssc_auth_ops ops;
    struct ssc_auth *real;
    int answer;
    unsigned asked;
};
static struct doubting *doubting(struct ssc_auth *a)
{
    return (struct doubting *)a;
}
static int d_terminal(struct ssc_auth *a, uint8_t number[6], int64_t deadline)
{
    return doubting(a)->real->ops->terminal(doubting(a)->real, number, deadline);
}
static int d_medical(struct ssc_auth *a, const struct ssc_card_info *c, struct ssc_medical_purchase *p,
                     int64_t deadline)
{
    return doubting(a)->real->ops->medical_mac1(doubting(a)->real, c, p, deadline);
}
static int d_purse(struct ssc_auth *a, const struct ssc_card_info *c, struct ssc_purse_purchase *p,
                   int64_t deadline)
{
    return doubting(a)->real->ops->purse_mac1(doubting(a)->real, c, p, deadline);
}
static int d_check(struct ssc_auth *a, uint64_t session, const uint8_t mac2[4], int64_t deadline)
{
    (void)session, (void)mac2, (void)deadline;
    doubting(a)->asked++;
    return doubting(a)->answer;
}
static uint64_t d_session(struct ssc_auth *a)
{
    return doubting(a)->real->ops->session(doubting(a)->real);
}
static void d_end(struct ssc_auth *a)
{
    doubting(a)->real->ops->purchase_end(doubting(a)->real);
}
static void doubt(struct doubting *d, struct ssc_auth *real, int answer)
{
    *d = (struct doubting){.ops = {.name = "doubting",
                                   .terminal = d_terminal,
                                   .medical_mac1 = d_medical,
                                   .purse_mac1 = d_purse,
                                   .check_mac2 = d_check,
                                   .session = d_session,
                                   .purchase_end = d_end},
                           .real = real,
                           .answer = answer};
    d->auth.ops = &d->ops;
}

/* ---- fixtures ---- */
static int new_rig(void **state, const char *card)
{
    struct rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    int rc = rig_new(r, card, "psam");
    if (rc)
        print_error("rig: %d %s\n", rc, r->why);
    *state = r;
    return rc;
}
static int setup_ssc(void **state)
{
    return new_rig(state, "ssc-2.0");
}
static int setup_sm4(void **state)
{
    return new_rig(state, "ssc-3.0");
}
static int setup_pboc(void **state)
{
    return new_rig(state, "pboc");
}
static int setup_pboc_sm4(void **state)
{
    return new_rig(state, "pboc-sm4");
}
static int teardown(void **state)
{
    struct rig *r = *state;
    assert_false(r->card.repeated);
    rig_free(r);
    free(r);
    return 0;
}

static int debit(struct rig *r, enum ssc_purse_id purse, const char *op, int64_t amount, struct ssc_txn *t)
{
    struct ssc_debit_request req;
    rig_request(&req, purse, op, amount);
    return ssc_money_debit(r->journal, r->session, r->auth, &req, t, r->deadline);
}

/* The journal's sum of confirmed rows is what the card has lost or won since `before`. */
static void agree(struct rig *r, enum ssc_purse_id purse, int64_t before)
{
    struct ssc_txn rows[16];
    struct ssc_txn_filter all = {.owner_uid = -1};
    size_t count = 16;
    assert_int_equal(ssc_journal_list(r->journal, &all, rows, &count), 0);
    for (size_t i = 0; i < count; i++)
        if (rows[i].state == SSC_TXN_CONFIRMED && rows[i].purse == purse)
            before += rows[i].kind == SSC_KIND_LOAD ? rows[i].amount : -rows[i].amount;
    assert_int_equal(rig_truth(r, purse, SSC_KIND_DEBIT).balance, before);
}

static enum ssc_purse_id first_purse(const struct rig *r)
{
    return r->card.card->kind == SIM_SSC ? SSC_PURSE_MEDICAL : SSC_PURSE_EP;
}

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

static int load(struct rig *r, enum ssc_purse_id purse, const char *op, int64_t amount, struct ssc_txn *t)
{
    static const uint8_t terminal[6] = {0x41, 0x01, 0x00, 0x81, 0x34, 0x75},
                         time[7] = {0x20, 0x26, 1, 2, 3, 4, 5};
    struct ssc_debit_request req;
    uint8_t mac2[4];
    rig_request(&req, purse, op, amount);
    int rc = ssc_money_load_begin(r->journal, r->session, &req, terminal, t, r->deadline);
    if (!rc && t->state == SSC_TXN_PREPARED) {
        assert_int_equal(rig_host_mac2(r, t, time, mac2), 0);
        rc = ssc_money_load_complete(r->journal, r->session, t, time, mac2, r->deadline);
    }
    return rc;
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
    assert_int_equal(ssc_money_load_begin(r->journal, r->session, &req, terminal, &t, r->deadline), 0);
    assert_int_equal(t.state, SSC_TXN_PREPARED);
    assert_int_equal(ssc_money_load_abandon(r->journal, &t), 0);
    assert_int_equal(t.state, SSC_TXN_ABANDONED);
    assert_int_equal(ssc_money_load_complete(r->journal, r->session, &t, time, wrong, r->deadline),
                     SSC_E_CANCELLED);
    rig_request(&req, p, OP2, 100);
    assert_int_equal(ssc_money_load_begin(r->journal, r->session, &req, terminal, &t, r->deadline), 0);
    assert_int_equal(ssc_money_load_complete(r->journal, r->session, &t, time, wrong, r->deadline),
                     SSC_SW_MAC);
    assert_int_equal(t.state, SSC_TXN_REFUSED);
    (void)rig_pin(r);
    rig_request(&req, p, OP3, 100);
    wrong[0]++;
    assert_int_equal(ssc_money_load_begin(r->journal, r->session, &req, terminal, &t, r->deadline), 0);
    assert_int_equal(rig_present(r, true), 0); /* the card forgot what was begun */
    assert_true(ssc_money_load_complete(r->journal, r->session, &t, time, wrong, r->deadline) != 0);
    assert_true(t.state == SSC_TXN_REFUSED || t.state == SSC_TXN_NOT_DONE);
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

/* ---- lost answers, settled at once because the card is still there ---- */
static void settled_at_once(void **state)
{
    struct rig *r = *state;
    static const struct {
        enum rig_fault_kind kind;
        uint16_t sw;
        bool done;
    } cases[] = {
        {RIG_STATUS, 0x6F00, false},
        {RIG_STATUS, 0x6581, false},
        {RIG_STATUS, 0x6C08, false},
        {RIG_STATUS, 0x6400, false},
        {RIG_STATUS, 0x1234, false},
        {RIG_STATUS_AFTER, 0x6F00, true},
        {RIG_STATUS_AFTER, 0x6581, true},
        {RIG_STATUS_AFTER, 0x9000, true},
        {RIG_LOST, 0, true},
        {RIG_LATE, 0, true},
        {RIG_MUTE, 0, false},
        {RIG_GARBAGE, 0, true},
        {RIG_EMPTY, 0, true},
        {RIG_RESET, 0, false},
    };
    enum ssc_purse_id p = SSC_PURSE_EP; /* wants no PIN, so the card's reset costs nothing */
    int64_t before = rig_truth(r, p, SSC_KIND_DEBIT).balance;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ssc_txn t, again;
        char op[32];
        snprintf(op, sizeof op, "op-settled-%08zu", i);
        rig_arm_commit(&r->card, cases[i].kind, 1, cases[i].sw);
        int rc = debit(r, p, op, 10, &t);
        if (cases[i].kind == RIG_RESET) { /* the card object starts anew */
            assert_int_equal(rig_present(r, true), 0);
            rc = debit(r, p, op, 10, &t);
        }
        if (t.state != (cases[i].done ? SSC_TXN_CONFIRMED : SSC_TXN_NOT_DONE))
            print_error("case %zu: rc %d state %d evidence %d\n", i, rc, t.state, t.evidence);
        assert_int_equal(t.state, cases[i].done ? SSC_TXN_CONFIRMED : SSC_TXN_NOT_DONE);
        assert_int_equal(t.evidence, cases[i].done ? SSC_EV_PROOF_MAC2 : SSC_EV_CARD_UNCHANGED);
        assert_int_equal(rc == 0, cases[i].done);
        assert_int_equal(debit(r, p, op, 10, &again), rc);
        assert_memory_equal(&again, &t, sizeof t);
    }
    agree(r, p, before);
}

static void wrong_mac2_in_the_answer(void **state)
{
    struct rig *r = *state;
    enum ssc_purse_id p = first_purse(r);
    bool t0 = r->card.channel.protocol == SSC_T0;
    int64_t before = rig_truth(r, p, SSC_KIND_DEBIT).balance;
    struct ssc_txn t;
    rig_arm_commit(&r->card, RIG_WRONG_MAC, t0 ? 2 : 1, 0);
    assert_int_equal(debit(r, p, OP1, 10, &t), 0); /* the proof carries the right one */
    assert_int_equal(t.evidence, SSC_EV_PROOF_MAC2);
    assert_memory_equal(t.mac2, r->card.card->nv.proof.mac, 4);
    agree(r, p, before);
}

static void a_card_that_cannot_prove(void **state)
{
    struct rig *r = *state;
    enum ssc_purse_id p = first_purse(r);
    struct ssc_auth *real = r->auth;
    struct doubting d;
    struct ssc_txn t;
    doubt(&d, real, SSC_E_BAD_MAC);
    r->auth = &d.auth;
    assert_int_equal(debit(r, p, OP1, 10, &t), SSC_E_UNPROVEN);
    r->auth = real;
    assert_int_equal(t.state, SSC_TXN_UNPROVEN);
    assert_int_equal(t.evidence, SSC_EV_CONFLICT);
    assert_int_equal(d.asked, 1); /* the same wrong MAC2 is not shown to the PSAM twice */
    assert_int_equal(debit(r, p, OP1, 10, &t), SSC_E_UNPROVEN);
    (void)rig_pin(r);
    assert_int_equal(debit(r, p, OP2, 10, &t), 0); /* it does not stand in the way of the next sale */
}

static void the_psam_forgot(void **state)
{
    struct rig *r = *state;
    enum ssc_purse_id p = first_purse(r);
    int64_t before = rig_truth(r, p, SSC_KIND_DEBIT).balance;
    struct ssc_auth *real = r->auth;
    struct doubting d;
    struct ssc_txn t;
    doubt(&d, real, SSC_E_AUTH_NOT_BEGUN);
    r->auth = &d.auth;
    int rc = debit(r, p, OP1, 10, &t);
    r->auth = real;
    assert_int_equal(rc, 0);
    assert_int_equal(t.evidence, SSC_EV_PROOF_TAC);
    assert_memory_equal(t.tac, r->card.card->nv.proof.tac, 4);
    agree(r, p, before);
}

/* ---- torn ---- */
static void tear(struct rig *r, enum rig_fault_kind kind, const char *op, struct ssc_txn *t)
{
    rig_arm_commit(&r->card, kind, 1, 0);
    assert_int_equal(debit(r, first_purse(r), op, 10, t), SSC_E_OUTCOME_UNKNOWN);
    assert_int_equal(t->state, SSC_TXN_UNKNOWN);
}

static void torn_and_presented_again(void **state)
{
    struct rig *r = *state;
    enum ssc_purse_id p = first_purse(r);
    int64_t before = rig_truth(r, p, SSC_KIND_DEBIT).balance;
    struct ssc_txn t;
    unsigned settled;
    assert_int_equal(debit(r, p, OP3, 10, &t), 0); /* leaves a proof of the same amount: the trap */
    (void)rig_pin(r);
    tear(r, RIG_OUT_BEFORE, OP1, &t);
    assert_int_equal(rig_present(r, true), 0);
    assert_int_equal(ssc_money_resolve(r->journal, r->session, r->auth, &settled, r->deadline), 0);
    assert_int_equal(settled, 1);
    assert_int_equal(debit(r, p, OP1, 10, &t), SSC_E_CARD_REMOVED);
    assert_int_equal(t.state, SSC_TXN_NOT_DONE);
    (void)rig_pin(r);
    tear(r, RIG_OUT_AFTER, OP2, &t);
    assert_int_equal(rig_present(r, true), 0);
    assert_int_equal(debit(r, p, OP2, 10, &t), 0); /* the repeated op asks the card by itself */
    assert_int_equal(t.evidence, SSC_EV_PROOF_MAC2);
    assert_int_equal(ssc_money_resolve(r->journal, r->session, r->auth, &settled, r->deadline),
                     SSC_E_CARD_MISMATCH);
    agree(r, p, before);
}

static void torn_and_restarted(void **state)
{
    struct rig *r = *state;
    enum ssc_purse_id p = first_purse(r);
    int64_t before = rig_truth(r, p, SSC_KIND_DEBIT).balance;
    struct ssc_txn t;
    unsigned unknown, settled;
    for (unsigned i = 0; i < 4; i++) {
        char op[32];
        snprintf(op, sizeof op, "op-restart-%08u", i);
        tear(r, i % 2 ? RIG_OUT_AFTER : RIG_OUT_BEFORE, op, &t);
        rig_end_process(r);
        assert_int_equal(rig_load(r), 0);
        assert_int_equal(rig_open_journal(r), 0);
        assert_int_equal(ssc_money_recover(r->journal, &unknown), 0);
        assert_int_equal(unknown, 1);
        assert_int_equal(rig_provider(r), 0);
        assert_int_equal(rig_present(r, true), 0);
        assert_int_equal(
            ssc_money_resolve(r->journal, r->session, i < 2 ? r->auth : NULL, &settled, r->deadline), 0);
        assert_int_equal(ssc_journal_get_op(r->journal, 1000, op, &t), 0);
        assert_int_equal(t.state, i % 2 ? SSC_TXN_CONFIRMED : SSC_TXN_NOT_DONE);
        assert_int_equal(t.evidence, i % 2 ? SSC_EV_PROOF_TAC : SSC_EV_CARD_UNCHANGED);
    }
    agree(r, p, before);
}

static void the_next_sale_settles_first(void **state)
{
    struct rig *r = *state;
    enum ssc_purse_id p = first_purse(r);
    int64_t before = rig_truth(r, p, SSC_KIND_DEBIT).balance;
    struct ssc_txn t;
    tear(r, RIG_OUT_AFTER, OP1, &t);
    assert_int_equal(rig_present(r, true), 0);
    assert_int_equal(debit(r, p, OP2, 20, &t), 0);
    assert_int_equal(ssc_journal_get_op(r->journal, 1000, OP1, &t), 0);
    assert_int_equal(t.state, SSC_TXN_CONFIRMED);
    assert_int_equal(t.evidence, SSC_EV_PROOF_MAC2);
    agree(r, p, before);
}

static void settles_only_with_the_pin(void **state)
{
    struct rig *r = *state;
    struct ssc_txn t;
    unsigned settled;
    tear(r, RIG_OUT_BEFORE, OP1, &t);
    assert_int_equal(rig_present(r, false), 0);
    assert_int_equal(ssc_money_resolve(r->journal, r->session, r->auth, &settled, r->deadline),
                     SSC_E_PIN_REQUIRED);
    assert_int_equal(ssc_journal_get_op(r->journal, 1000, OP1, &t), 0);
    assert_int_equal(t.state, SSC_TXN_UNKNOWN);
    assert_int_equal(debit(r, SSC_PURSE_MEDICAL, OP2, 10, &t), SSC_E_PIN_REQUIRED);
    assert_int_equal(r->card.commits, 1);
    assert_int_equal(rig_pin(r), 0);
    assert_int_equal(ssc_money_resolve(r->journal, r->session, r->auth, &settled, r->deadline), 0);
    assert_int_equal(settled, 1);
    /* A proof needs no PIN. */
    tear(r, RIG_OUT_AFTER, OP3, &t);
    assert_int_equal(rig_present(r, false), 0);
    assert_int_equal(ssc_money_resolve(r->journal, r->session, r->auth, &settled, r->deadline), 0);
    assert_int_equal(settled, 1);
}

static void another_card_settles_nothing(void **state)
{
    struct rig *r = *state;
    struct ssc_sim_card *right = r->card.card, *wrong;
    struct ssc_txn t, after;
    unsigned settled;
    assert_int_equal(ssc_sim_card_parse(ssc_sim_image("pboc"), &wrong, r->why), 0);
    tear(r, RIG_OUT_AFTER, OP1, &t);
    r->card.card = wrong;
    assert_int_equal(rig_present(r, true), 0);
    assert_int_equal(ssc_money_resolve(r->journal, r->session, r->auth, &settled, r->deadline),
                     SSC_E_CARD_MISMATCH);
    rig_arm(&r->card, RIG_NONE, 0, 0);
    assert_int_equal(debit(r, SSC_PURSE_MEDICAL, OP1, 10, &after), SSC_E_OUTCOME_UNKNOWN);
    assert_memory_equal(&after, &t, sizeof t);
    assert_int_equal(debit(r, SSC_PURSE_EP, OP2, 10, &after), 0); /* another card, another account */
    r->card.card = right;
    ssc_sim_card_free(&wrong);
    assert_int_equal(rig_present(r, true), 0);
    assert_int_equal(debit(r, SSC_PURSE_MEDICAL, OP1, 10, &after), 0);
}

/* Torn and not debited; then another terminal debits the card with the same counter. */
static void used_elsewhere_meanwhile(void **state)
{
    struct rig *r = *state;
    enum ssc_purse_id p = first_purse(r);
    struct ssc_journal *here = r->journal;
    char elsewhere[160];
    struct ssc_txn t;
    unsigned settled;
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere.db", r->folder);
    tear(r, RIG_OUT_BEFORE, OP1, &t);
    assert_int_equal(rig_present(r, true), 0);
    assert_int_equal(ssc_journal_open(elsewhere, &r->journal, r->why), 0);
    assert_int_equal(debit(r, p, OP1, 77, &t), 0);
    ssc_journal_close(&r->journal);
    r->journal = here;
    (void)rig_pin(r);
    assert_int_equal(ssc_money_resolve(r->journal, r->session, NULL, &settled, r->deadline), 0);
    assert_int_equal(ssc_journal_get_op(r->journal, 1000, OP1, &t), 0);
    assert_int_equal(t.state, SSC_TXN_NOT_DONE);
    assert_int_equal(t.evidence, SSC_EV_CARD_UNCHANGED);
}

/* 9406 although the card was debited: a person decides, and that is kept. */
static void proof_gone(void **state)
{
    struct rig *r = *state;
    enum ssc_purse_id p = first_purse(r);
    int64_t before = rig_truth(r, p, SSC_KIND_DEBIT).balance;
    struct ssc_txn t, decided;
    unsigned settled;
    tear(r, RIG_OUT_AFTER, OP1, &t);
    r->card.card->nv.proof.type = 0;
    assert_int_equal(rig_present(r, true), 0);
    assert_int_equal(ssc_money_resolve(r->journal, r->session, r->auth, &settled, r->deadline), 0);
    assert_int_equal(settled, 1);
    assert_int_equal(debit(r, p, OP1, 10, &t), SSC_E_UNPROVEN);
    assert_int_equal(t.evidence, SSC_EV_CONFLICT);
    assert_int_equal(ssc_money_decide(r->journal, t.id, true, &decided), 0);
    assert_int_equal(decided.evidence, SSC_EV_OPERATOR);
    assert_int_equal(debit(r, p, OP1, 10, &t), 0);
    assert_int_equal(ssc_money_decide(r->journal, t.id, false, &decided), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_money_decide(r->journal, 999, false, &decided), SSC_E_TXN_NOT_FOUND);
    agree(r, p, before);
}

/* A card that keeps its proof under the counter before the transaction: a stale one must not count. */
static void stale_proofs_are_not_believed(void **state)
{
    struct rig *r = *state;
    enum ssc_purse_id p = first_purse(r);
    int64_t before = rig_truth(r, p, SSC_KIND_DEBIT).balance;
    struct ssc_txn t;
    unsigned settled;
    r->profile.medical_proof_counter_after = r->profile.purse_proof_counter_after = false;
    r->card.card->profile.proof_after = true; /* so it answers our question with the transaction before */
    assert_int_equal(debit(r, p, OP3, 10, &t), 0);
    (void)rig_pin(r);
    for (int with_psam = 0; with_psam <= 1; with_psam++) {
        char op[32];
        snprintf(op, sizeof op, "op-stale-%010d", with_psam);
        tear(r, RIG_OUT_BEFORE, op, &t);
        assert_int_equal(rig_present(r, true), 0);
        assert_int_equal(
            ssc_money_resolve(r->journal, r->session, with_psam ? r->auth : NULL, &settled, r->deadline), 0);
        assert_int_equal(ssc_journal_get_op(r->journal, 1000, op, &t), 0);
        assert_int_equal(t.state, SSC_TXN_NOT_DONE);
        (void)rig_pin(r);
    }
    agree(r, p, before);
}

static void torn_loads(void **state)
{
    struct rig *r = *state;
    enum ssc_purse_id p = first_purse(r);
    int64_t before = rig_truth(r, p, SSC_KIND_LOAD).balance;
    struct ssc_txn t;
    unsigned settled;
    for (unsigned i = 0; i < 2; i++) {
        const char *op = i ? OP2 : OP1;
        (void)rig_pin(r);
        rig_arm_commit(&r->card, i ? RIG_OUT_AFTER : RIG_OUT_BEFORE, 1, 0);
        assert_int_equal(load(r, p, op, 500, &t), SSC_E_OUTCOME_UNKNOWN);
        assert_int_equal(rig_present(r, true), 0);
        assert_int_equal(ssc_money_resolve(r->journal, r->session, NULL, &settled, r->deadline), 0);
        assert_int_equal(ssc_journal_get_op(r->journal, 1000, op, &t), 0);
        assert_int_equal(t.state, i ? SSC_TXN_CONFIRMED : SSC_TXN_NOT_DONE);
        assert_int_equal(t.evidence, i ? SSC_EV_PROOF_TAC : SSC_EV_CARD_UNCHANGED);
        agree(r, p, before);
    }
    assert_memory_equal(t.tac, r->card.card->nv.proof.tac, 4);
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
#define ON(kind, name)                                                                                       \
    {                                                                                                        \
#name " (" #kind ")", name, setup_##kind, teardown, NULL                                             \
    }
#define BOTH(name) ON(ssc, name), ON(pboc, name)
    const struct CMUnitTest tests[] = {
        BOTH(debits_each_purse),
        ON(sm4, debits_each_purse),
        ON(pboc_sm4, debits_each_purse),
        ON(ssc, medical_parts_are_summed_by_the_year),
        BOTH(loads_each_purse),
        ON(sm4, loads_each_purse),
        BOTH(loads_that_go_no_further),
        BOTH(the_log_tells_what_was_done),
        BOTH(the_purses_that_are_there),
        BOTH(too_little_money),
        BOTH(the_pin_first),
        ON(ssc, requests_that_make_no_sense),
        BOTH(one_op_at_a_time),
        BOTH(no_time_left_nothing_sent),
        BOTH(definite_refusals),
        ON(pboc, settled_at_once),
        BOTH(wrong_mac2_in_the_answer),
        BOTH(a_card_that_cannot_prove),
        BOTH(the_psam_forgot),
        BOTH(torn_and_presented_again),
        BOTH(torn_and_restarted),
        BOTH(the_next_sale_settles_first),
        ON(ssc, settles_only_with_the_pin),
        ON(ssc, another_card_settles_nothing),
        BOTH(used_elsewhere_meanwhile),
        BOTH(proof_gone),
        BOTH(stale_proofs_are_not_believed),
        BOTH(torn_loads),
        BOTH(no_provider_no_debit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
