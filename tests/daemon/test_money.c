/* SPDX-License-Identifier: Apache-2.0 */
/* Money through the socket: nothing is lost or doubled when cards, clients or the daemon die. */
#include "service.h"
#include "stopwatch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

static int up(void **state)
{
    struct service *s = service_new();
    service_sim(s, "ssc-3.0,pboc", true);
    *state = s;
    return 0;
}

static int down(void **state)
{
    service_free((struct service **)state);
    return 0;
}

static int64_t balance(struct client *c)
{
    json_t *r = client_ok(c, "purse.balance", "{s:s}", "reader", R1);
    const int64_t amount = int_of(r, "amount");
    json_decref(r);
    return amount;
}

#define DEBIT "{s:s, s:{s:s}, s:s, s:i}", "reader", R1, "pin", "secret", "123456", "op"

static void test_repeat(void **state)
{
    struct client *c = client_new(*state);
    const int64_t before = balance(c);
    for (int i = 0; i < 3; i++) {
        json_t *r = client_ok(c, "purse.debit", DEBIT, "sale-0000000000001", "amount", 100);
        assert_int_equal(json_is_true(json_object_get(r, "repeated")), i > 0);
        json_decref(r);
    }
    assert_int_equal(balance(c), before - 100);
    client_refused(c, "op_conflict", "purse.debit", DEBIT, "sale-0000000000001", "amount", 101);
    client_refused(c, "op_conflict", "purse.load.begin", DEBIT, "sale-0000000000001", "amount", 100);
    /* the card is gone, the answer is not */
    json_decref(client_ok(c, "sim.remove", "{s:s}", "reader", R1));
    json_decref(client_ok(c, "card.wait", "{s:s, s:s}", "reader", R1, "state", "absent"));
    json_t *r = client_ok(c, "purse.debit", DEBIT, "sale-0000000000001", "amount", 100);
    assert_true(json_is_true(json_object_get(r, "repeated")));
    json_decref(r);
    client_refused(c, "no_card", "purse.debit", DEBIT, "sale-0000000000002", "amount", 100);
    client_free(&c);
}

static int64_t tries(struct client *c, const char *reader)
{
    json_t *r = client_ok(c, "pin.verify", "{s:s, s:b}", "reader", reader, "status", 1);
    const int64_t left = int_of(r, "tries_left");
    json_decref(r);
    return left;
}

#define WRONG_PIN "{s:s, s:{s:s}, s:s, s:i}", "reader", R1, "pin", "secret", "000000", "op"

/* The stored outcome needs no PIN: a wrong one costs no try. */
static void test_repeat_touches_no_pin(void **state)
{
    struct client *c = client_new(*state);
    const int64_t all = tries(c, R1);
    json_decref(client_ok(c, "purse.debit", DEBIT, "sale-0000000000001", "amount", 100));
    json_t *r = client_ok(c, "purse.debit", WRONG_PIN, "sale-0000000000001", "amount", 100);
    assert_true(json_is_true(json_object_get(r, "repeated")));
    json_decref(r);
    assert_int_equal(tries(c, R1), all);
    /* an open outcome that the card settles without its holder */
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:s, s:s}", "reader", R1, "kind", "tear_after", "cla",
                          "80", "ins", "54"));
    client_refused(c, "outcome_unknown", "purse.debit", DEBIT, "sale-0000000000002", "amount", 100);
    json_decref(client_ok(c, "sim.insert", "{s:s}", "reader", R1));
    r = client_ok(c, "purse.debit", WRONG_PIN, "sale-0000000000002", "amount", 100);
    assert_true(json_is_true(json_object_get(r, "repeated")));
    json_decref(r);
    assert_int_equal(tries(c, R1), all);
    /* a load that is begun already */
    json_t *lease = client_ok(c, "card.acquire", "{s:s}", "reader", R1);
#define LOAD(digits)                                                                                         \
    "{s:s, s:{s:s}, s:s, s:s, s:i}", "lease", text_of(lease, "lease"), "pin", "secret", digits, "purse",     \
        "ep", "op", "load-0000000000001", "amount", 100
    json_decref(client_ok(c, "purse.load.begin", LOAD("123456")));
    r = client_ok(c, "purse.load.begin", LOAD("000000"));
    assert_non_null(json_object_get(r, "host"));
    json_decref(r);
    json_decref(client_ok(c, "card.release", "{s:s}", "lease", text_of(lease, "lease")));
    json_decref(lease);
    assert_int_equal(tries(c, R1), all);
    client_free(&c);
}

static void test_refused(void **state)
{
    struct client *c = client_new(*state);
    const int64_t before = balance(c);
    json_t *data = client_fails(c, "insufficient_funds", "purse.debit", DEBIT, "sale-0000000000001", "amount",
                                100000000);
    assert_string_equal(text_of(json_object_get(data, "txn"), "state"), "refused");
    json_decref(data);
    client_refused(c, "insufficient_funds", "purse.debit", DEBIT, "sale-0000000000001", "amount", 100000000);
    assert_int_equal(balance(c), before);
    client_free(&c);
}

static void test_torn_and_presented_again(void **state)
{
    struct client *c = client_new(*state);
    const int64_t before = balance(c);
    json_decref(client_ok(c, "events.subscribe", NULL));
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:s, s:s}", "reader", R1, "kind", "tear_after", "cla",
                          "80", "ins", "54"));
    json_t *data =
        client_fails(c, "outcome_unknown", "purse.debit", DEBIT, "sale-0000000000001", "amount", 100);
    assert_string_equal(text_of(json_object_get(data, "txn"), "state"), "unknown");
    json_decref(data);
    json_decref(client_event(c, "txn.unknown", 2000));
    json_decref(client_event(c, "card.removed", 2000));
    client_refused(c, "outcome_unknown", "purse.debit", DEBIT, "sale-0000000000001", "amount", 100);
    json_decref(client_ok(c, "sim.insert", "{s:s}", "reader", R1));
    json_t *event = client_event(c, "txn.settled", 3000); /* nobody asked: the insertion is enough */
    assert_string_equal(text_of(json_object_get(event, "txn"), "state"), "confirmed");
    json_decref(event);
    json_t *r = client_ok(c, "purse.debit", DEBIT, "sale-0000000000001", "amount", 100);
    assert_true(json_is_true(json_object_get(r, "repeated")));
    json_decref(r);
    assert_int_equal(balance(c), before - 100);
    client_free(&c);
}

/* SIGKILL while the card works: the daemon comes back, finds the row, asks the card, and knows. */
static void killed_in_a_debit(void **state, const char *fault, const char *ins, const char *wanted,
                              int64_t moved)
{
    struct service *s = *state;
    struct client *c = client_new(s);
    const int64_t before = balance(c);
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:s, s:s, s:i}", "reader", R1, "kind", fault, "cla",
                          "80", "ins", ins, "arg", 3000));
    client_post(c, "purse.debit", DEBIT, "sale-0000000000001", "amount", 100);
    stopwatch_nap(150);
    assert_int_equal(service_stop(s, SIGKILL), -SIGKILL);
    client_free(&c);
    service_sim(s, "ssc-3.0,pboc", true);
    c = client_new(s);
    json_t *r = NULL;
    const int64_t limit = now_ms() + 20000;
    do {
        json_decref(r);
        r = client_call(c, "txn.get", "{s:s}", "op", "sale-0000000000001");
        sleep_ms(5);
    } while (now_ms() < limit && symbol_of(r)[0] == '\0' &&
             !json_is_true(json_object_get(json_object_get(json_object_get(r, "result"), "txn"), "final")));
    const char *state_name = text_of(json_object_get(json_object_get(r, "result"), "txn"), "state");
    assert_string_equal(symbol_of(r)[0] ? symbol_of(r) : state_name, wanted);
    json_decref(r);
    assert_int_equal(balance(c), before - moved);
    client_free(&c);
}

static void test_killed_after_commit(void **state)
{
    killed_in_a_debit(state, "timeout_after", "54", "confirmed", 100);
}

static void test_killed_before_commit(void **state)
{
    killed_in_a_debit(state, "slow", "50", "transaction_not_found", 0);
}

static void test_client_dies_in_a_debit(void **state)
{
    struct client *c = client_new(*state), *other = client_new(*state);
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:s, s:s, s:i}", "reader", R1, "kind", "slow", "cla",
                          "80", "ins", "54", "arg", 2000));
    client_post(c, "purse.debit", DEBIT, "sale-0000000000001", "amount", 100);
    stopwatch_nap(100);
    client_free(&c);
    client_refused(other, "op_in_progress", "purse.debit", DEBIT, "sale-0000000000001", "amount", 100);
    json_decref(client_ok(other, "purse.balance", "{s:s, s:s}", "reader", R1, "purse", "ep")); /* its turn */
    json_t *r = client_ok(other, "purse.debit", DEBIT, "sale-0000000000001", "amount", 100);
    assert_true(json_is_true(json_object_get(r, "repeated")));
    json_decref(r);
    client_free(&other);
}

static void test_journal_away(void **state)
{
    struct service *s = *state;
    service_stop(s, SIGTERM);
    const char *const args[] = {"--sim", "--journal", "/proc/no/such/folder/journal.db", NULL};
    service_start(s, args);
    struct client *c = client_new(s);
    json_decref(client_ok(c, "card.identity", "{s:s}", "reader", R0)); /* cards are still read */
    client_refused(c, "journal_unavailable", "purse.debit", DEBIT, "sale-0000000000001", "amount", 100);
    client_refused(c, "journal_unavailable", "pin.unblock", "{s:s, s:s}", "reader", R0, "op",
                   "unblock-000000001");
    json_t *r = client_ok(c, "system.ping", NULL);
    assert_string_equal(text_of(json_object_get(r, "journal"), "error"), "journal_unavailable");
    json_decref(r);
    client_free(&c);
}

static void test_broken_journal(void **state)
{
    struct service *s = *state;
    service_stop(s, SIGTERM);
    const char *path =
        service_file(s, "broken.db", "this is not a journal, but it is long enough to look at");
    const char *const args[] = {"--sim", "--journal", path, NULL};
    service_start(s, args);
    struct client *c = client_new(s);
    client_refused(c, "journal_corrupt", "purse.debit", DEBIT, "sale-0000000000001", "amount", 100);
    client_free(&c);
}

/* A file that may not grow raises a signal, too; whoever does not expect it is gone with all its clients. */
static void test_file_size_limit(void **state)
{
    struct service *s = *state;
    struct rlimit before, small;
    unsigned done = 0;
    char op[32];
    service_stop(s, SIGTERM);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){.rlim_cur = 150000, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    service_sim(s, NULL, false);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    struct client *c = client_new(s);
    bool refused = false;
    for (unsigned i = 0; i < 100 && !refused; i++) {
        snprintf(op, sizeof op, "sale-%016u", i);
        json_t *answer = client_call(c, "purse.debit", DEBIT, op, "amount", 1);
        assert_non_null(answer);
        refused = symbol_of(answer)[0] != '\0';
        done += !refused;
        json_decref(answer);
    }
    assert_true(refused);
    assert_true(done > 0);
    json_decref(client_ok(c, "card.identity", "{s:s}", "reader", R0)); /* cards are still read */
    client_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_repeat, up, down),
        cmocka_unit_test_setup_teardown(test_repeat_touches_no_pin, up, down),
        cmocka_unit_test_setup_teardown(test_refused, up, down),
        cmocka_unit_test_setup_teardown(test_torn_and_presented_again, up, down),
        cmocka_unit_test_setup_teardown(test_killed_after_commit, up, down),
        cmocka_unit_test_setup_teardown(test_killed_before_commit, up, down),
        cmocka_unit_test_setup_teardown(test_client_dies_in_a_debit, up, down),
        cmocka_unit_test_setup_teardown(test_journal_away, up, down),
        cmocka_unit_test_setup_teardown(test_broken_journal, up, down),
        cmocka_unit_test_setup_teardown(test_file_size_limit, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
