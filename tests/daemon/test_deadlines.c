/* SPDX-License-Identifier: Apache-2.0 */
/* The answer comes by the deadline, whatever the card does; other readers do not notice. */
#include "service.h"
#include "stopwatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The cards are powered once, so that the faults below meet commands and not the reset. */
static int up(void **state)
{
    struct service *s = service_new();
    service_sim(s, "ssc-3.0,pboc", false);
    struct client *c = client_new(s);
    json_decref(client_ok(c, "card.info", "{s:s}", "reader", R0));
    json_decref(client_ok(c, "card.info", "{s:s}", "reader", R1));
    client_free(&c);
    *state = s;
    return 0;
}

static int down(void **state)
{
    service_free((struct service **)state);
    return 0;
}

static void test_mute_card(void **state)
{
    struct client *c = client_new(*state), *other = client_new(*state);
    for (int deadline = 60; deadline <= 460; deadline += 200) {
        json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:i}", "reader", R0, "kind", "mute", "nth", 0));
        const struct stopwatch watch = stopwatch_start();
        const int64_t id =
            client_post(c, "card.identity", "{s:s, s:i}", "reader", R0, "deadline_ms", deadline);
        json_decref(client_ok(other, "purse.balance", "{s:s}", "reader", R1));
        assert_in_time(&watch, 0); /* the other reader answered meanwhile */
        json_t *answer = client_answer(c, id);
        assert_in_time(&watch, deadline);
        assert_string_equal(symbol_of(answer), "deadline_exceeded");
        json_decref(answer);
        json_decref(client_ok(c, "sim.fault", "{s:s, s:s}", "reader", R0, "kind", "none"));
        json_decref(client_ok(c, "card.identity", "{s:s}", "reader", R0)); /* nothing is left of it */
        /* its rights are reset behind its answer, and a mute card would not answer that reset: wait for it */
        json_decref(client_ok(c, "card.info", "{s:s}", "reader", R0));
    }
    client_free(&c);
    client_free(&other);
}

/* Until the journal knows how the debit ended: the card never left, the service asks it by itself. "" when
 * there is no such debit. */
static void await_settled(struct client *c, const char *op, char state[32])
{
    const int64_t limit = now_ms() + 20000;
    bool settled = false;
    while (!settled) {
        assert_true(now_ms() < limit);
        json_t *r = client_call(c, "txn.get", "{s:s}", "op", op);
        const json_t *txn = json_object_get(json_object_get(r, "result"), "txn");
        settled = !txn || json_is_true(json_object_get(txn, "final"));
        snprintf(state, 32, "%s", text_of(txn, "state"));
        json_decref(r);
        sleep_ms(5);
    }
}

/* False: what the worker knew came too late for its caller, who was told that the time is over. Both mean:
 * ask the journal. */
static bool outcome_unknown(struct client *c, const char *op)
{
    enum { DEADLINE = 1500 };
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:i, s:s, s:s}", "reader", R0, "kind", "timeout_after",
                          "nth", 1, "cla", "B0", "ins", "2C"));
    const struct stopwatch watch = stopwatch_start();
    json_t *answer = client_call(c, "purse.debit", "{s:s, s:s, s:i, s:i, s:{s:s}}", "reader", R0, "op", op,
                                 "amount", 900, "deadline_ms", DEADLINE, "pin", "secret", "123456");
    assert_in_time(&watch, DEADLINE);
    const bool unknown = strcmp(symbol_of(answer), "outcome_unknown") == 0;
    const json_t *txn = json_object_get(json_object_get(json_object_get(answer, "error"), "data"), "txn");
    if (unknown) {
        assert_int_equal(int_of(txn, "amount"), 900);
    } else {
        assert_string_equal(symbol_of(answer), "deadline_exceeded");
    }
    json_decref(answer);
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s}", "reader", R0, "kind", "none"));
    return unknown;
}

static void test_money_on_a_mute_card(void **state)
{
    enum { ROUNDS = 10 }; /* a machine that runs the worker 15 ms late in each of them is none */
    struct client *c = client_new(*state);
    bool unknown = false;
    for (int i = 0; i < ROUNDS && !unknown; i++) {
        char op[32], end[32];
        snprintf(op, sizeof op, "sale-%013d", i);
        unknown = outcome_unknown(c, op);
        await_settled(c, op, end);
        if (unknown) {
            assert_string_equal(end, "confirmed");
        }
    }
    assert_true(unknown);
    client_free(&c);
}

static void test_waiting_for_a_card(void **state)
{
    struct client *c = client_new(*state);
    const struct stopwatch watch = stopwatch_start();
    json_t *data = client_fails(c, "card_still_there", "card.wait", "{s:s, s:s, s:i}", "reader", R0, "state",
                                "absent", "deadline_ms", 100);
    assert_took(&watch, 95, 100 + STOPWATCH_OVERRUN_MS);
    assert_string_equal(text_of(json_object_get(data, "remedy"), "en"), "Take the card out.");
    json_decref(data);
    json_decref(client_ok(c, "sim.remove", "{s:s}", "reader", R0));
    data = client_fails(c, "no_card", "card.wait", "{s:s, s:i}", "reader", R0, "deadline_ms", 100);
    assert_non_null(strstr(text_of(json_object_get(data, "remedy"), "en"), "Insert the card"));
    json_decref(data);
    json_decref(client_ok(c, "sim.insert", "{s:s}", "reader", R0));
    json_decref(client_ok(c, "card.wait", "{s:s}", "reader", R0));
    client_refused(c, "reader_not_found", "card.wait", "{s:s, s:i}", "reader", "nowhere", "deadline_ms", 100);
    client_free(&c);
}

/* A card that is slow but not silent is not cut off. */
static void test_slow_card(void **state)
{
    struct client *c = client_new(*state);
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:i, s:i}", "reader", R0, "kind", "slow", "nth", 1,
                          "arg", 150));
    const struct stopwatch watch = stopwatch_start();
    json_decref(client_ok(c, "card.identity", "{s:s, s:i}", "reader", R0, "deadline_ms", 20000));
    assert_took(&watch, 140, 2000);
    client_free(&c);
}

static void test_cancel_running_read(void **state)
{
    struct client *c = client_new(*state);
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:i, s:i}", "reader", R0, "kind", "slow", "nth", 1,
                          "arg", 2000));
    const int64_t id = client_post(c, "card.identity", "{s:s, s:i}", "reader", R0, "deadline_ms", 20000);
    stopwatch_nap(50);
    const struct stopwatch watch = stopwatch_start();
    client_line(c, "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"rpc.cancel\",\"params\":{\"id\":2}}");
    json_t *answer = client_answer(c, id);
    assert_string_equal(symbol_of(answer), "cancelled");
    assert_in_time(&watch, 0);
    json_decref(answer);
    answer = client_read(c, 20000, NULL);
    assert_true(json_is_true(json_object_get(json_object_get(answer, "result"), "card_touched")));
    json_decref(answer);
    json_decref(client_ok(c, "card.info", "{s:s}", "reader", R0));
    client_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mute_card, up, down),
        cmocka_unit_test_setup_teardown(test_money_on_a_mute_card, up, down),
        cmocka_unit_test_setup_teardown(test_waiting_for_a_card, up, down),
        cmocka_unit_test_setup_teardown(test_slow_card, up, down),
        cmocka_unit_test_setup_teardown(test_cancel_running_read, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
