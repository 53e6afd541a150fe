/* SPDX-License-Identifier: Apache-2.0 */
/* Debit with the back office's keys, in two steps: whatever dies or lies in between, the card and the journal
 * agree. */
#include "office.h"
#include "stopwatch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TIME "20261122080910"
#define SEQ "00000007"
#define OP "host-sale-00000001"

static int up(void **state)
{
    return desk_up(state, "ssc-2.0,pboc", true);
}

static int up_sm4(void **state)
{
    return desk_up(state, "ssc-3.0,pboc", true);
}

/* The daemon is gone without a word, and comes back with the same disk and cards. */
static void kill_and_restart(struct desk *b)
{
    assert_int_equal(service_stop(b->s, SIGKILL), -SIGKILL);
    client_free(&b->c);
    service_sim(b->s, "ssc-2.0,pboc", true);
    b->c = client_new(b->s);
}

static int64_t balance(struct client *c)
{
    json_t *r = client_ok(c, "purse.balance", "{s:s, s:s}", "reader", R1, "purse", "ep");
    const int64_t amount = int_of(r, "amount");
    json_decref(r);
    return amount;
}

static int64_t medical_balance(struct client *c)
{
    json_t *r = client_ok(c, "purse.balance", "{s:s, s:{s:s}}", "reader", R0, "pin", "secret", "123456");
    const int64_t amount = int_of(r, "amount");
    json_decref(r);
    return amount;
}

static json_t *begin(struct client *c, const char *op, int amount)
{
    return client_ok(c, "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "reader", R1, "purse", "ep", "op", op,
                     "amount", amount);
}

static json_t *params_of(const json_t *begun, const char *mac1)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "lease", text_of(begun, "lease"), "terminal_seq", SEQ, "time",
                     TIME, "mac1", mac1);
}

#define COMPLETE                                                                                             \
    "{s:s, s:s, s:s, s:s}", "lease", text_of(begun, "lease"), "terminal_seq", SEQ, "time", TIME, "mac1"

static void fault(struct client *c, const char *kind, const char *cla, const char *ins, int arg)
{
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:s, s:s, s:i}", "reader", R1, "kind", kind, "cla", cla,
                          "ins", ins, "arg", arg));
}

/* The row of the op, when it is final or 20 s are over; "" without one. */
static void want_state(struct client *c, const char *op, const char *wanted)
{
    const int64_t limit = now_ms() + 20000;
    json_t *r = NULL;
    bool final = false;
    while (!final && now_ms() < limit) {
        json_decref(r);
        r = client_call(c, "txn.get", "{s:s}", "op", op);
        const json_t *txn = json_object_get(json_object_get(r, "result"), "txn");
        final = !txn || json_is_true(json_object_get(txn, "final"));
        if (!final) {
            sleep_ms(5);
        }
    }
    const json_t *txn = json_object_get(json_object_get(r, "result"), "txn");
    assert_string_equal(text_of(txn, "state"), wanted);
    json_decref(r);
}

/* ---- the good way ---- */

static void check_done(const json_t *done, const struct office_debit *expected, bool repeated)
{
    const json_t *txn = json_object_get(done, "txn");
    assert_string_equal(text_of(done, "mac2"), expected->mac2);
    assert_string_equal(text_of(done, "tac"), expected->tac);
    assert_string_equal(text_of(txn, "mac2"), expected->mac2);
    assert_string_equal(text_of(txn, "state"), "confirmed");
    assert_string_equal(text_of(txn, "evidence"), "reply_unchecked");
    assert_true(json_is_false(json_object_get(txn, "mac2_checked")));
    assert_int_equal(json_is_true(json_object_get(done, "repeated")), repeated);
}

static void test_purse(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    const int64_t before = balance(c);
    struct office_debit codes;
    json_t *begun = begin(c, OP, 125);
    assert_string_equal(text_of(json_object_get(begun, "txn"), "state"), "prepared");
    office_debit(begun, TIME, SEQ, &codes);
    json_t *done = client_ok(c, "purse.debit.complete", COMPLETE, codes.mac1);
    check_done(done, &codes, false);
    assert_int_equal(int_of(json_object_get(done, "txn"), "balance_after"), before - 125);
    assert_string_equal(text_of(json_object_get(done, "txn"), "terminal_seq"), SEQ);
    json_decref(done);
    client_refused(c, "lease_invalid", "purse.debit.complete", COMPLETE, codes.mac1); /* its work was done */
    json_decref(begun);
    begun = begin(c, OP, 125); /* the stored outcome, and no card is held for it */
    assert_true(json_is_true(json_object_get(begun, "repeated")));
    assert_null(json_object_get(begun, "lease"));
    assert_string_equal(text_of(json_object_get(begun, "txn"), "mac2"), codes.mac2);
    json_decref(begun);
    assert_int_equal(balance(c), before - 125);
    client_refused(c, "op_conflict", "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "reader", R1, "purse", "ep",
                   "op", OP, "amount", 126); /* amounts changed */
}

static void medical(struct client *c)
{
    const int64_t before = medical_balance(c);
    struct office_debit codes;
    json_t *begun = client_ok(c, "purse.debit.begin", "{s:s, s:s, s:i, s:i, s:i, s:s, s:{s:s}}", "reader", R0,
                              "op", OP, "amount", 100, "self_pay", 20, "pooled", 30, "terminal",
                              "410100813475", "pin", "secret", "123456");
    assert_string_equal(text_of(json_object_get(begun, "host"), "terminal"), "410100813475");
    office_debit(begun, TIME, SEQ, &codes);
    json_t *done = client_ok(c, "purse.debit.complete", COMPLETE, codes.mac1);
    check_done(done, &codes, false);
    json_decref(done);
    json_decref(begun);
    assert_int_equal(medical_balance(c), before - 100);
}

static void test_medical(void **state)
{
    medical(((struct desk *)*state)->c);
}

/* ---- refused, late, twice ---- */

static void test_wrong_mac1(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    const int64_t before = balance(c);
    json_t *begun = begin(c, OP, 125);
    json_t *data = client_fails(c, "mac_wrong", "purse.debit.complete", COMPLETE, "00112233");
    assert_string_equal(text_of(data, "sw"), "9302");
    assert_string_equal(text_of(json_object_get(data, "txn"), "state"), "refused");
    json_decref(data);
    /* the right code comes too late: one row, one try */
    struct office_debit codes;
    office_debit(begun, TIME, SEQ, &codes);
    client_refused(c, "lease_invalid", "purse.debit.complete", COMPLETE, codes.mac1);
    json_decref(begun);
    client_refused(c, "mac_wrong", "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "reader", R1, "purse", "ep",
                   "op", OP, "amount", 125);
    assert_int_equal(balance(c), before);
}

/* MAC1 over another amount than the one begun with is a wrong MAC1. */
static void test_amount_changed_by_the_host(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    const int64_t before = balance(c);
    struct office_debit codes;
    json_t *begun = begin(c, OP, 125);
    json_object_set_new(json_object_get(begun, "host"), "amount", json_integer(1));
    office_debit(begun, TIME, SEQ, &codes);
    client_refused(c, "mac_wrong", "purse.debit.complete", COMPLETE, codes.mac1);
    json_decref(begun);
    assert_int_equal(balance(c), before);
}

static void test_bad_answers(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    struct office_debit codes;
    json_t *begun = begin(c, OP, 125);
    office_debit(begun, TIME, SEQ, &codes);
    client_refused(c, "invalid_params", "purse.debit.complete", COMPLETE, "0011");
    client_refused(c, "invalid_params", "purse.debit.complete", "{s:s, s:s, s:s, s:s}", "lease",
                   text_of(begun, "lease"), "terminal_seq", SEQ, "time", "20261322080910", "mac1",
                   codes.mac1);
    client_refused(c, "debit_not_begun", "purse.debit.complete", "{s:s, s:s, s:s, s:s, s:i}", "lease",
                   text_of(begun, "lease"), "terminal_seq", SEQ, "time", TIME, "mac1", codes.mac1, "id",
                   4711);
    client_refused(c, "load_not_begun", "purse.load.complete", "{s:s, s:s, s:s}", "lease",
                   text_of(begun, "lease"), "host_time", TIME, "mac2",
                   codes.mac1); /* a begun debit is no load */
    client_refused(c, "op_in_progress", "purse.debit", "{s:s, s:s, s:s, s:i}", "reader", R1, "purse", "ep",
                   "op", OP, "amount", 125); /* nor is it done in one step now */
    json_decref(client_ok(c, "purse.debit.complete", COMPLETE, codes.mac1)); /* nothing of that was sent */
    json_decref(begun);
}

static void test_lease_gone(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    const int64_t before = balance(c);
    struct office_debit codes;
    json_t *begun = client_ok(c, "purse.debit.begin", "{s:s, s:s, s:s, s:i, s:i}", "reader", R1, "purse",
                              "ep", "op", OP, "amount", 125, "hold_ms", 50);
    office_debit(begun, TIME, SEQ, &codes);
    stopwatch_nap(150);
    client_refused(c, "lease_invalid", "purse.debit.complete", COMPLETE, codes.mac1);
    json_decref(begun);
    want_state(c, OP, "abandoned");
    assert_int_equal(balance(c), before);
    client_refused(c, "cancelled", "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "reader", R1, "purse", "ep",
                   "op", OP, "amount", 125);
}

static void test_client_gone(void **state)
{
    struct desk *b = *state;
    const int64_t before = balance(b->c);
    json_decref(begin(b->c, OP, 125));
    client_free(&b->c);
    b->c = client_new(b->s);
    want_state(b->c, OP, "abandoned");
    assert_int_equal(balance(b->c), before);
}

/* Under a lease of the caller's own, which outlives the debit. */
static void test_twice(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    const int64_t before = balance(c);
    struct office_debit codes;
    json_t *lease = client_ok(c, "card.acquire", "{s:s}", "reader", R1);
    json_t *begun = client_ok(c, "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "lease",
                              text_of(lease, "lease"), "purse", "ep", "op", OP, "amount", 125);
    json_t *again =
        client_ok(c, "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "lease", text_of(lease, "lease"), "purse",
                  "ep", "op", OP, "amount", 125); /* the host missed it */
    assert_true(json_equal(json_object_get(json_object_get(begun, "host"), "random"),
                           json_object_get(json_object_get(again, "host"), "random")));
    json_decref(again);
    office_debit(begun, TIME, SEQ, &codes);
    json_t *done = client_ok(c, "purse.debit.complete", COMPLETE, codes.mac1);
    const int64_t id = int_of(json_object_get(done, "txn"), "id");
    json_decref(done);
    client_refused(c, "debit_not_begun", "purse.debit.complete", COMPLETE, codes.mac1);
    json_t *params = params_of(begun, codes.mac1);
    json_object_set_new(params, "id", json_integer(id));
    done = client_ok(c, "purse.debit.complete", "O", params);
    check_done(done, &codes, true);
    json_decref(done);
    json_decref(params);
    json_decref(client_ok(c, "card.release", "{s:s}", "lease", text_of(lease, "lease")));
    json_decref(begun);
    json_decref(lease);
    assert_int_equal(balance(c), before - 125);
}

/* ---- torn ---- */

static json_t *complete_fails(struct client *c, const json_t *begun, const char *symbol)
{
    struct office_debit codes;
    office_debit(begun, TIME, SEQ, &codes);
    return client_fails(c, symbol, "purse.debit.complete", COMPLETE, codes.mac1);
}

/* How the answer of the committing command got lost, and whether the card had debited by then. */
static void torn(struct client *c, unsigned n, const char *kind, int arg, bool debited)
{
    char op[32];
    struct office_debit codes;
    const int64_t before = balance(c);
    snprintf(op, sizeof op, "host-torn-%08u", n);
    json_t *begun = begin(c, op, 1);
    fault(c, kind, "80", "54", arg);
    office_debit(begun, TIME, SEQ, &codes);
    json_t *r = client_call(c, "purse.debit.complete", COMPLETE, codes.mac1);
    if (symbol_of(r)[0]) { /* else the card was still there to be asked */
        assert_string_equal(symbol_of(r), "outcome_unknown");
    }
    json_decref(r);
    json_decref(begun);
    r = client_call(c, "sim.insert", "{s:s}", "reader", R1); /* the same card, for those that took it out */
    json_decref(r);
    want_state(c, op, debited ? "confirmed" : "not_debited");
    assert_int_equal(balance(c), before - (debited ? 1 : 0));
    r = client_call(c, "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "reader", R1, "purse", "ep", "op", op,
                    "amount", 1);
    assert_string_equal(symbol_of(r), debited ? "" : "nothing_moved");
    json_decref(r);
    assert_int_equal(balance(c), before - (debited ? 1 : 0));
}

static void test_torn(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    unsigned n = 0;
    torn(c, ++n, "tear_before", 0, false);
    torn(c, ++n, "tear_during", 1, false);
    torn(c, ++n, "tear_during", 2, true);
    torn(c, ++n, "tear_after", 0, true);
    torn(c, ++n, "lose_reply", 0, true);
}

/* The answer is TAC 4, MAC2 4: cut behind each byte of it. */
static void test_torn_at_each_byte(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    for (int kept = 0; kept < 8; kept++) {
        const int64_t before = balance(c);
        char op[32];
        snprintf(op, sizeof op, "host-short-%07d", kept);
        json_t *begun = begin(c, op, 1);
        fault(c, "short", "80", "54", kept);
        struct office_debit codes;
        office_debit(begun, TIME, SEQ, &codes);
        json_t *r = client_call(c, "purse.debit.complete", COMPLETE, codes.mac1);
        json_decref(r); /* the card is still there: it may have been asked already */
        json_decref(begun);
        want_state(c, op, "confirmed");
        r = client_ok(c, "txn.get", "{s:s}", "op", op);
        const json_t *txn = json_object_get(r, "txn");
        assert_string_equal(text_of(txn, "evidence"), "proof_tac");
        assert_string_equal(text_of(txn, "mac2"), codes.mac2); /* for the host to check, after all */
        assert_string_equal(text_of(txn, "tac"), codes.tac);
        json_decref(r);
        assert_int_equal(balance(c), before - 1);
    }
}

/* A medical card tells its log and balance to its holder only. */
static void test_torn_medical(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    const int64_t before = medical_balance(c);
    struct office_debit codes;
    json_t *begun = client_ok(c, "purse.debit.begin", "{s:s, s:s, s:i, s:{s:s}}", "reader", R0, "op", OP,
                              "amount", 100, "pin", "secret", "123456");
    office_debit(begun, TIME, SEQ, &codes);
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:s, s:s}", "reader", R0, "kind", "tear_after", "cla",
                          "B0", "ins", "2C"));
    client_refused(c, "outcome_unknown", "purse.debit.complete", COMPLETE, codes.mac1);
    json_decref(begun);
    json_decref(client_ok(c, "sim.insert", "{s:s}", "reader", R0));
    json_decref(client_ok(c, "card.wait", "{s:s}", "reader", R0));
    /* no new debit before that one is settled, and it is settled only after the PIN */
    json_t *r = client_call(c, "purse.debit.begin", "{s:s, s:s, s:i}", "reader", R0, "op",
                            "host-sale-00000002", "amount", 1);
    assert_string_equal(symbol_of(r), "pin_required");
    json_decref(r);
    r = client_ok(c, "purse.debit.begin", "{s:s, s:s, s:i, s:{s:s}}", "reader", R0, "op", OP, "amount", 100,
                  "pin", "secret", "123456"); /* or by the host: test_verdict.c */
    assert_true(json_is_true(json_object_get(r, "repeated")));
    assert_string_equal(text_of(json_object_get(r, "txn"), "mac2"), codes.mac2);
    json_decref(r);
    assert_int_equal(medical_balance(c), before - 100);
}

static void test_unknown_blocks(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *begun = begin(c, OP, 1);
    fault(c, "lose_reply", "80", "54", 0);
    /* the card does not want to prove anything, however often it is asked */
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:s, s:s, s:i}", "reader", R1, "kind", "lose_reply",
                          "cla", "80", "ins", "5A", "nth", 0));
    json_decref(complete_fails(c, begun, "outcome_unknown"));
    json_decref(begun);
    client_refused(c, "unsettled_transaction", "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "reader", R1,
                   "purse", "ep", "op", "host-sale-00000002", "amount", 1);
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s}", "reader", R1, "kind", "none"));
    begun = begin(c, "host-sale-00000003", 1); /* settles first, then begins */
    json_decref(begun);
    want_state(c, OP, "confirmed");
}

/* A card that answers a wrong MAC2 is for the host to find out. */
static void test_wrong_mac2(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    struct office_debit codes;
    json_t *begun = begin(c, OP, 1);
    office_debit(begun, TIME, SEQ, &codes);
    fault(c, "wrong_mac", "80", "54", 0);
    json_t *done = client_ok(c, "purse.debit.complete", COMPLETE, codes.mac1);
    assert_string_not_equal(text_of(done, "mac2"), codes.mac2);
    assert_true(json_is_false(json_object_get(json_object_get(done, "txn"), "mac2_checked")));
    json_decref(done);
    json_decref(begun);
}

/* ---- the daemon dies ---- */

static void test_killed_between(void **state)
{
    struct desk *b = *state;
    const int64_t before = balance(b->c);
    json_t *begun = begin(b->c, OP, 125);
    struct office_debit codes;
    office_debit(begun, TIME, SEQ, &codes);
    kill_and_restart(b);
    want_state(b->c, OP, "abandoned");
    client_refused(b->c, "lease_invalid", "purse.debit.complete", COMPLETE, codes.mac1);
    client_refused(b->c, "nothing_moved", "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "reader", R1, "purse",
                   "ep", "op", OP, "amount", 125);
    json_decref(begun);
    assert_int_equal(balance(b->c), before);
}

static void test_killed_in_begin(void **state)
{
    struct desk *b = *state;
    const int64_t before = balance(b->c);
    fault(b->c, "slow", "80", "50", 3000);
    client_post(b->c, "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "reader", R1, "purse", "ep", "op", OP,
                "amount", 125);
    stopwatch_nap(150);
    kill_and_restart(b);
    want_state(b->c, OP, ""); /* no row: nothing was begun */
    assert_int_equal(balance(b->c), before);
}

static void killed_in_complete(struct desk *b, const char *kind, const char *wanted, int64_t moved)
{
    const int64_t before = balance(b->c);
    struct office_debit codes;
    json_t *begun = begin(b->c, OP, 125);
    office_debit(begun, TIME, SEQ, &codes);
    fault(b->c, kind, "80", "54", 3000);
    client_post(b->c, "purse.debit.complete", COMPLETE, codes.mac1);
    json_decref(begun);
    stopwatch_nap(150);
    kill_and_restart(b);
    want_state(b->c, OP, wanted);
    assert_int_equal(balance(b->c), before - moved);
}

static void test_killed_before_commit(void **state)
{
    killed_in_complete(*state, "mute", "not_debited", 0);
}

static void test_killed_after_commit(void **state)
{
    killed_in_complete(*state, "timeout_after", "confirmed", 125);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_purse, up, desk_down),
        cmocka_unit_test_setup_teardown(test_medical, up, desk_down),
        cmocka_unit_test_setup_teardown(test_medical, up_sm4, desk_down),
        cmocka_unit_test_setup_teardown(test_wrong_mac1, up, desk_down),
        cmocka_unit_test_setup_teardown(test_amount_changed_by_the_host, up, desk_down),
        cmocka_unit_test_setup_teardown(test_bad_answers, up, desk_down),
        cmocka_unit_test_setup_teardown(test_lease_gone, up, desk_down),
        cmocka_unit_test_setup_teardown(test_client_gone, up, desk_down),
        cmocka_unit_test_setup_teardown(test_twice, up, desk_down),
        cmocka_unit_test_setup_teardown(test_torn, up, desk_down),
        cmocka_unit_test_setup_teardown(test_torn_at_each_byte, up, desk_down),
        cmocka_unit_test_setup_teardown(test_torn_medical, up, desk_down),
        cmocka_unit_test_setup_teardown(test_unknown_blocks, up, desk_down),
        cmocka_unit_test_setup_teardown(test_wrong_mac2, up, desk_down),
        cmocka_unit_test_setup_teardown(test_killed_between, up, desk_down),
        cmocka_unit_test_setup_teardown(test_killed_in_begin, up, desk_down),
        cmocka_unit_test_setup_teardown(test_killed_before_commit, up, desk_down),
        cmocka_unit_test_setup_teardown(test_killed_after_commit, up, desk_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
