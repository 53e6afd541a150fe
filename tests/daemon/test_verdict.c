/* SPDX-License-Identifier: Apache-2.0 */
/* What the back office's key machine says of MAC2, after a debit with its keys: right, wrong, twice, too
 * early, by somebody else, and with the daemon killed in between. */
#include "office.h"

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
#define OP "verdict-sale-000001"
#define SAID "{s:s, s:s}", "op", OP, "mac2"

static int up(void **state)
{
    return desk_up(state, "ssc-2.0,pboc", true);
}

/* A debit of 125 from the purse; its id. */
static int64_t sell(struct client *c)
{
    struct office_debit codes;
    json_t *begun = client_ok(c, "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "reader", R1, "purse", "ep",
                              "op", OP, "amount", 125);
    office_debit(begun, TIME, SEQ, &codes);
    json_t *done = client_ok(c, "purse.debit.complete", "{s:s, s:s, s:s, s:s}", "lease",
                             text_of(begun, "lease"), "terminal_seq", SEQ, "time", TIME, "mac1", codes.mac1);
    const int64_t id = int_of(json_object_get(done, "txn"), "id");
    json_decref(done);
    json_decref(begun);
    return id;
}

static void want(const json_t *txn, const char *state, const char *evidence, bool checked, const char *error)
{
    assert_string_equal(text_of(txn, "state"), state);
    assert_string_equal(text_of(txn, "evidence"), evidence);
    assert_int_equal(json_is_true(json_object_get(txn, "mac2_checked")), checked);
    assert_string_equal(text_of(json_object_get(txn, "error"), "symbol"), error);
}

static void want_stored(struct client *c, const char *state, const char *evidence, bool checked,
                        const char *error)
{
    json_t *got = client_ok(c, "txn.get", "{s:s}", "op", OP);
    want(json_object_get(got, "txn"), state, evidence, checked, error);
    json_decref(got);
    got = client_ok(c, "txn.list", "{s:i}", "limit", 1);
    want(json_array_get(json_object_get(got, "txns"), 0), state, evidence, checked, error);
    json_decref(got);
}

static void want_right(json_t *answer, bool repeated)
{
    want(json_object_get(answer, "txn"), "confirmed", "host_mac2", true, "");
    assert_int_equal(json_is_true(json_object_get(answer, "repeated")), repeated);
    json_decref(answer);
}

static void want_wrong(json_t *data)
{
    want(json_object_get(data, "txn"), "unproven", "host_mac2_wrong", false, "debit_disputed");
    assert_non_null(strstr(text_of(json_object_get(data, "remedy"), "en"), "no goods"));
    json_decref(data);
}

static void test_right(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    const int64_t id = sell(c);
    want_stored(c, "confirmed", "reply_unchecked", false, "");
    want_right(client_ok(c, "purse.debit.verified", SAID, "right"), false);
    want_right(client_ok(c, "purse.debit.verified", SAID, "right"), true);
    want_right(client_ok(c, "purse.debit.verified", "{s:I, s:s}", "id", (json_int_t)id, "mac2", "right"),
               true);
    client_refused(c, "verdict_conflict", "purse.debit.verified", SAID, "wrong");
    want_stored(c, "confirmed", "host_mac2", true, "");
}

/* What a till asks again, it hears again: the row is in dispute, whoever asks for it and however. */
static void test_wrong(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *snapshot = client_ok(c, "events.subscribe", NULL);
    sell(c);
    want_wrong(client_fails(c, "debit_disputed", "purse.debit.verified", SAID, "wrong"));
    json_t *event = client_event(c, "txn.settled", 5000);
    want(json_object_get(event, "txn"), "unproven", "host_mac2_wrong", false, "debit_disputed");
    want_wrong(client_fails(c, "debit_disputed", "purse.debit.verified", SAID, "wrong"));
    want_wrong(client_fails(c, "debit_disputed", "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "reader", R1,
                            "purse", "ep", "op", OP, "amount", 125));
    client_refused(c, "verdict_conflict", "purse.debit.verified", SAID, "right");
    want_stored(c, "unproven", "host_mac2_wrong", false, "debit_disputed");
    json_decref(event);
    json_decref(snapshot);
}

static void test_decided(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    const int64_t id = sell(c);
    want_wrong(client_fails(c, "debit_disputed", "purse.debit.verified", SAID, "wrong"));
    json_decref(client_ok(c, "txn.resolve", "{s:I, s:s}", "id", (json_int_t)id, "decision", "not_done"));
    client_refused(c, "invalid_params", "purse.debit.verified", SAID, "wrong");
    want_stored(c, "not_debited", "operator", false, "nothing_moved");
    client_refused(c, "nothing_moved", "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "reader", R1, "purse",
                   "ep", "op", OP, "amount", 125);
}

static void test_nothing_to_say(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    client_refused(c, "transaction_not_found", "purse.debit.verified", SAID, "right");
    json_t *begun = client_ok(c, "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "reader", R1, "purse", "ep",
                              "op", OP, "amount", 125);
    client_refused(c, "invalid_params", "purse.debit.verified", SAID, "right"); /* not done yet */
    client_refused(c, "invalid_params", "purse.debit.verified", SAID, "perhaps");
    client_refused(c, "invalid_params", "purse.debit.verified", "{s:s}", "mac2", "right");
    client_refused(c, "invalid_params", "purse.debit.verified", "{s:s, s:i, s:s}", "op", OP, "id", 1, "mac2",
                   "right");
    json_decref(client_ok(c, "card.release", "{s:s}", "lease", text_of(begun, "lease")));
    json_decref(begun);
    json_decref(client_ok(c, "purse.debit", "{s:s, s:s, s:s, s:i}", "reader", R1, "purse", "ep", "op",
                          "verdict-sale-000002", "amount", 1)); /* the PSAM has checked this one */
    json_t *data = client_fails(c, "invalid_params", "purse.debit.verified", "{s:s, s:s}", "op",
                                "verdict-sale-000002", "mac2", "wrong");
    assert_non_null(strstr(text_of(data, "detail"), "reply_mac2"));
    json_decref(data);
}

/* A medical card shows its proof to everybody, log and balance to its holder only. The host settles what was
 * torn without the PIN, if the proof is the transaction's own. */
static void test_torn_medical(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    struct office_debit codes;
    json_t *begun = client_ok(c, "purse.debit.begin", "{s:s, s:s, s:i, s:{s:s}}", "reader", R0, "op", OP,
                              "amount", 100, "pin", "secret", "123456");
    const int64_t before = int_of(json_object_get(begun, "host"), "balance");
    office_debit(begun, TIME, SEQ, &codes);
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:s, s:s}", "reader", R0, "kind", "tear_after", "cla",
                          "B0", "ins", "2C"));
    client_refused(c, "outcome_unknown", "purse.debit.complete", "{s:s, s:s, s:s, s:s}", "lease",
                   text_of(begun, "lease"), "terminal_seq", SEQ, "time", TIME, "mac1", codes.mac1);
    client_refused(c, "invalid_params", "purse.debit.verified", SAID, "right"); /* nothing to check yet */
    json_decref(client_ok(c, "sim.insert", "{s:s}", "reader", R0));
    json_decref(client_ok(c, "card.wait", "{s:s}", "reader", R0));
    json_decref(client_ok(c, "card.info", "{s:s}", "reader", R0)); /* behind the settling at insertion */
    json_t *got = client_ok(c, "txn.get", "{s:s}", "op", OP);
    want(json_object_get(got, "txn"), "unknown", "none", false, "card_removed");
    assert_string_equal(text_of(json_object_get(got, "txn"), "mac2"), codes.mac2);
    assert_string_equal(text_of(json_object_get(got, "txn"), "tac"), codes.tac);
    json_decref(got);
    client_refused(c, "outcome_unknown", "purse.debit.verified", SAID, "wrong");
    got = client_ok(c, "purse.debit.verified", SAID, "right");
    assert_int_equal(int_of(json_object_get(got, "txn"), "balance_after"), before - 100);
    want_right(got, false);
    want_right(client_ok(c, "purse.debit.verified", SAID, "right"), true);
    client_refused(c, "verdict_conflict", "purse.debit.verified", SAID, "wrong");
    got = client_ok(c, "purse.debit", "{s:s, s:s, s:i, s:{s:s}}", "reader", R0, "op", "verdict-sale-000002",
                    "amount", 1, "pin", "secret", "123456"); /* the card is free for the next sale */
    assert_int_equal(int_of(json_object_get(got, "txn"), "balance_before"), before - 100);
    json_decref(got);
    json_decref(begun);
}

/* The client dies while the card works, and between the halves: the lease ends with the connection, the row
 * says how it went, and the next sale goes on. */
static void die(struct desk *b, bool in_complete, const char *state)
{
    struct office_debit codes;
    struct client *dying = client_new(b->s);
    json_t *begun = client_ok(dying, "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "reader", R1, "purse", "ep",
                              "op", OP, "amount", 125);
    office_debit(begun, TIME, SEQ, &codes);
    if (in_complete) {
        json_decref(client_ok(b->c, "sim.fault", "{s:s, s:s, s:i, s:s}", "reader", R1, "kind", "slow", "arg",
                              300, "ins", "54"));
        client_post(dying, "purse.debit.complete", "{s:s, s:s, s:s, s:s}", "lease", text_of(begun, "lease"),
                    "terminal_seq", SEQ, "time", TIME, "mac1", codes.mac1);
        sleep_ms(100);
    }
    client_free(&dying);
    /* in turn behind whatever is still at work for the dead one, and not behind his lease */
    json_decref(client_ok(b->c, "purse.debit", "{s:s, s:s, s:s, s:i, s:i}", "reader", R1, "purse", "ep", "op",
                          "verdict-sale-000002", "amount", 1, "deadline_ms", 5000));
    json_t *got = client_ok(b->c, "txn.get", "{s:s}", "op", OP);
    assert_string_equal(text_of(json_object_get(got, "txn"), "state"), state);
    assert_true(json_is_true(json_object_get(json_object_get(got, "txn"), "final")));
    json_decref(got);
    json_decref(begun);
}

static void test_client_dies_between(void **state)
{
    die(*state, false, "abandoned");
}

static void test_client_dies_in_complete(void **state)
{
    struct desk *b = *state;
    die(b, true, "confirmed");
    want_right(client_ok(b->c, "purse.debit.verified", SAID, "right"), false);
}

/* Said and answered is on the disk. */
static void test_killed(void **state)
{
    struct desk *b = *state;
    sell(b->c);
    want_wrong(client_fails(b->c, "debit_disputed", "purse.debit.verified", SAID, "wrong"));
    assert_int_equal(service_stop(b->s, SIGKILL), -SIGKILL);
    client_free(&b->c);
    service_sim(b->s, "ssc-2.0,pboc", true);
    b->c = client_new(b->s);
    want_stored(b->c, "unproven", "host_mac2_wrong", false, "debit_disputed");
    want_wrong(client_fails(b->c, "debit_disputed", "purse.debit.verified", SAID, "wrong"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_right, up, desk_down),
        cmocka_unit_test_setup_teardown(test_wrong, up, desk_down),
        cmocka_unit_test_setup_teardown(test_decided, up, desk_down),
        cmocka_unit_test_setup_teardown(test_nothing_to_say, up, desk_down),
        cmocka_unit_test_setup_teardown(test_torn_medical, up, desk_down),
        cmocka_unit_test_setup_teardown(test_client_dies_between, up, desk_down),
        cmocka_unit_test_setup_teardown(test_client_dies_in_complete, up, desk_down),
        cmocka_unit_test_setup_teardown(test_killed, up, desk_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
