/* SPDX-License-Identifier: Apache-2.0 */
/* Money when the answer is lost, wrong or doubted: the card is asked, and what it says is judged. */
#include "middleware/purse/purse.h"
#include "tests/unit/middleware/money_fixture.h"

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
        if (t.state != (cases[i].done ? SSC_TXN_CONFIRMED : SSC_TXN_NOT_DONE)) {
            print_error("case %zu: rc %d state %d evidence %d\n", i, rc, t.state, t.evidence);
        }
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

/* The PSAM was changed or taken anew: what it would say about MAC2 means nothing, and its error counter is
 * spared. */
static void another_psam_is_not_asked(void **state)
{
    struct rig *r = *state;
    struct ssc_txn t;
    unsigned settled;
    tear(r, RIG_OUT_AFTER, OP1, &t);
    assert_int_equal(rig_provider(r), 0);
    assert_int_equal(rig_present(r, true), 0);
    rig_arm(&r->psam, RIG_NONE, 0, 0);
    assert_int_equal(ssc_money_resolve(r->journal, r->session, r->auth, &settled, r->deadline), 0);
    assert_int_equal(r->psam.count, 0);
    assert_int_equal(ssc_journal_get(r->journal, t.id, &t), 0);
    assert_int_equal(t.state, SSC_TXN_CONFIRMED);
    assert_int_equal(t.evidence, SSC_EV_PROOF_TAC);
}

/* A card whose proof has no MAC2: the TAC is kept for the host, and a person decides. */
static void a_tac_alone_is_not_enough(void **state)
{
    struct rig *r = *state;
    const struct ssc_purse_ops *ops = ssc_purse_ops(first_purse(r));
    struct ssc_txn t;
    tear(r, RIG_OUT_AFTER, OP1, &t);
    assert_int_equal(rig_present(r, true), 0);
    struct ssc_card_proof proof;
    assert_int_equal(ops->select(r->session, r->deadline), 0);
    r->card.tac_alone = true;
    int rc = ops->proof(r->session, &t, (uint16_t)(t.counter + 1), &proof, r->deadline);
    if (rc == SSC_E_BAD_RESPONSE) { /* the medical account's standard knows no such answer */
        r->card.tac_alone = false;
        return;
    }
    assert_int_equal(rc, 0);
    assert_int_equal(debit(r, first_purse(r), OP1, 10, &t), SSC_E_UNPROVEN);
    assert_int_equal(t.evidence, SSC_EV_PROOF_TAC);
    assert_true(t.has_tac);
    assert_memory_equal(t.tac, r->card.card->nv.proof.tac, 4);
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
    assert_int_equal(debit(r, p, OP1, 10, &t), SSC_E_NOTHING_MOVED);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON(pboc, settled_at_once),
        BOTH(wrong_mac2_in_the_answer),
        BOTH(a_card_that_cannot_prove),
        BOTH(the_psam_forgot),
        BOTH(another_psam_is_not_asked),
        BOTH(torn_and_presented_again),
        BOTH(torn_and_restarted),
        BOTH(the_next_sale_settles_first),
        ON(ssc, settles_only_with_the_pin),
        ON(ssc, another_card_settles_nothing),
        BOTH(used_elsewhere_meanwhile),
        BOTH(proof_gone),
        BOTH(a_tac_alone_is_not_enough),
        BOTH(stale_proofs_are_not_believed),
        BOTH(torn_loads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
