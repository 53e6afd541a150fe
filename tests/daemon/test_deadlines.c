/* SPDX-License-Identifier: Apache-2.0 */
/* The answer comes by the deadline, whatever the card does; other readers do not notice. */
#include "service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OVERRUN_MS 50

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
        const int64_t start = now_ms();
        const int64_t id =
            client_post(c, "card.identity", "{s:s, s:i}", "reader", R0, "deadline_ms", deadline);
        json_decref(client_ok(other, "purse.balance", "{s:s}", "reader", R1));
        assert_true(now_ms() - start < 50); /* the other reader answered meanwhile */
        json_t *answer = client_answer(c, id);
        const int64_t took = now_ms() - start;
        assert_string_equal(symbol_of(answer), "deadline_exceeded");
        assert_true(took < deadline + OVERRUN_MS);
        json_decref(answer);
        json_decref(client_ok(c, "sim.fault", "{s:s, s:s}", "reader", R0, "kind", "none"));
        json_decref(client_ok(c, "card.identity", "{s:s}", "reader", R0)); /* nothing is left of it */
        /* its rights are reset behind its answer, and a mute card would not answer that reset: wait for it */
        json_decref(client_ok(c, "card.info", "{s:s}", "reader", R0));
    }
    client_free(&c);
    client_free(&other);
}

static void test_money_on_a_mute_card(void **state)
{
    struct client *c = client_new(*state);
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:i, s:s, s:s}", "reader", R0, "kind", "timeout_after",
                          "nth", 1, "cla", "B0", "ins", "2C"));
    const int64_t start = now_ms();
    json_t *data =
        client_fails(c, "outcome_unknown", "purse.debit", "{s:s, s:s, s:i, s:i, s:{s:s}}", "reader", R0, "op",
                     "sale-0000000000001", "amount", 900, "deadline_ms", 500, "pin", "secret", "123456");
    assert_true(now_ms() - start < 500 + OVERRUN_MS);
    assert_int_equal(int_of(json_object_get(data, "txn"), "amount"), 900);
    json_decref(data);
    /* the card never left: the service asks it by itself, and the journal knows soon */
    const int64_t limit = now_ms() + 5000;
    bool settled = false;
    while (!settled && now_ms() < limit) {
        json_t *r = client_ok(c, "txn.get", "{s:s}", "op", "sale-0000000000001");
        settled = json_is_true(json_object_get(json_object_get(r, "txn"), "final"));
        if (settled) {
            assert_string_equal(text_of(json_object_get(r, "txn"), "state"), "confirmed");
        }
        json_decref(r);
        sleep_ms(5);
    }
    assert_true(settled);
    client_free(&c);
}

static void test_waiting_for_a_card(void **state)
{
    struct client *c = client_new(*state);
    const int64_t start = now_ms();
    client_refused(c, "deadline_exceeded", "card.wait", "{s:s, s:s, s:i}", "reader", R0, "state", "absent",
                   "deadline_ms", 100);
    assert_in_range(now_ms() - start, 95, 100 + OVERRUN_MS);
    client_free(&c);
}

/* A card that is slow but not silent is not cut off. */
static void test_slow_card(void **state)
{
    struct client *c = client_new(*state);
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:i, s:i}", "reader", R0, "kind", "slow", "nth", 1,
                          "arg", 150));
    const int64_t start = now_ms();
    json_decref(client_ok(c, "card.identity", "{s:s, s:i}", "reader", R0, "deadline_ms", 2000));
    assert_true(now_ms() - start >= 140);
    client_free(&c);
}

static void test_cancel_running_read(void **state)
{
    struct client *c = client_new(*state);
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:i, s:i}", "reader", R0, "kind", "slow", "nth", 1,
                          "arg", 400));
    const int64_t start = now_ms();
    const int64_t id = client_post(c, "card.identity", "{s:s, s:i}", "reader", R0, "deadline_ms", 2000);
    sleep_ms(50);
    client_line(c, "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"rpc.cancel\",\"params\":{\"id\":2}}");
    json_t *answer = client_answer(c, id);
    assert_string_equal(symbol_of(answer), "cancelled");
    assert_true(now_ms() - start < 200);
    json_decref(answer);
    answer = client_read(c, 1000, NULL);
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
