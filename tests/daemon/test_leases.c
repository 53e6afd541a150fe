/* SPDX-License-Identifier: Apache-2.0 */
/* One card, many who want it. */
#include "service.h"
#include "stopwatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int up(void **state)
{
    struct service *s = service_new();
    service_sim(s, "ssc-3.0,pboc", false);
    *state = s;
    return 0;
}

static int down(void **state)
{
    service_free((struct service **)state);
    return 0;
}

/* Until so many wait for the first reader. */
static void await_queue(struct client *c, int64_t wanted)
{
    const int64_t limit = now_ms() + 20000;
    int64_t queue = -1;
    while (queue != wanted && now_ms() < limit) {
        json_t *list = client_ok(c, "reader.list", NULL);
        queue = int_of(json_array_get(json_object_get(list, "readers"), 0), "queue");
        json_decref(list);
    }
    assert_int_equal(queue, wanted);
}

static void test_fifo(void **state)
{
    enum { CLIENTS = 5 };
    struct client *c[CLIENTS];
    int64_t id[CLIENTS];
    json_t *lease[CLIENTS] = {NULL};
    for (size_t i = 0; i < CLIENTS; i++) {
        c[i] = client_new(*state);
    }
    lease[0] = client_ok(c[0], "card.acquire", "{s:s}", "reader", R0);
    for (size_t i = 1; i < CLIENTS; i++) {
        id[i] = client_post(c[i], "card.acquire", "{s:s, s:i}", "reader", R0, "deadline_ms", 20000);
        await_queue(c[0], (int64_t)i); /* arrival is the order */
    }
    json_t *list = client_ok(c[0], "reader.list", NULL);
    const json_t *r = json_array_get(json_object_get(list, "readers"), 0);
    assert_true(int_of(json_object_get(json_object_get(r, "lease"), "owner"), "pid") > 0);
    json_decref(list);
    for (size_t i = 1; i < CLIENTS; i++) {
        for (size_t k = i; k < CLIENTS; k++) {
            assert_null(client_read(c[k], 20, NULL)); /* nobody jumps the queue */
        }
        json_decref(client_ok(c[i - 1], "card.release", "{s:s}", "lease", text_of(lease[i - 1], "lease")));
        json_t *answer = client_answer(c[i], id[i]);
        lease[i] = json_incref(json_object_get(answer, "result"));
        assert_non_null(lease[i]);
        json_decref(answer);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        json_decref(lease[i]);
        client_free(&c[i]);
    }
}

static void test_one_shot_waits_its_turn(void **state)
{
    struct client *a = client_new(*state), *b = client_new(*state);
    json_t *lease = client_ok(a, "card.acquire", "{s:s}", "reader", R0);
    json_t *late =
        client_fails(b, "reader_busy", "card.info", "{s:s, s:i}", "reader", R0, "deadline_ms", 100);
    assert_non_null(strstr(text_of(late, "detail"), "pid ")); /* and it is told who holds the card */
    json_decref(late);
    const int64_t id = client_post(b, "card.identity", "{s:s}", "reader", R0);
    json_decref(client_ok(a, "card.info", "{s:s}", "lease", text_of(lease, "lease")));
    assert_null(client_read(b, 50, NULL));
    json_decref(client_ok(a, "card.release", "{s:s}", "lease", text_of(lease, "lease")));
    json_t *answer = client_answer(b, id);
    assert_string_equal(symbol_of(answer), "");
    json_decref(answer);
    json_decref(lease);
    client_free(&a);
    client_free(&b);
}

static void test_forged(void **state)
{
    struct client *a = client_new(*state), *b = client_new(*state);
    json_t *lease = client_ok(a, "card.acquire", "{s:s}", "reader", R0);
    const char *token = text_of(lease, "lease");
    /* even the right token is worth nothing on another connection */
    client_refused(b, "lease_invalid", "card.info", "{s:s}", "lease", token);
    client_refused(b, "lease_invalid", "card.release", "{s:s}", "lease", token);
    client_refused(a, "lease_invalid", "card.info", "{s:s}", "lease",
                   "lease-00000001000000000000000000000000");
    client_refused(a, "lease_invalid", "card.release", "{s:s}", "lease", "x");
    client_refused(a, "invalid_params", "card.info", "{s:s, s:s}", "lease", token, "reader", R1);
    client_refused(a, "stale_card", "card.info", "{s:s, s:s}", "lease", token, "card",
                   "card-0123456789abcdef");
    client_refused(a, "reader_busy", "card.acquire", "{s:s}", "reader", R0);
    json_decref(client_ok(a, "card.release", "{s:s}", "lease", token));
    json_decref(client_ok(a, "card.release", "{s:s}", "lease", token)); /* once more is no fault */
    client_refused(a, "lease_invalid", "card.info", "{s:s}", "lease", token);
    json_decref(lease);
    client_free(&a);
    client_free(&b);
}

static void test_expiry(void **state)
{
    struct client *a = client_new(*state), *b = client_new(*state);
    json_decref(client_ok(a, "events.subscribe", NULL));
    const struct stopwatch watch = stopwatch_start();
    json_t *lease = client_ok(a, "card.acquire", "{s:s, s:i}", "reader", R0, "hold_ms", 100);
    json_decref(client_ok(b, "card.info", "{s:s}", "reader", R0)); /* waits until the lease is over */
    assert_took(&watch, 95, 400);
    json_t *event = client_event(a, "lease.released", 20000);
    assert_string_equal(text_of(event, "reason"), "expired");
    json_decref(event);
    client_refused(a, "lease_invalid", "card.info", "{s:s}", "lease", text_of(lease, "lease"));
    json_decref(lease);
    client_free(&a);
    client_free(&b);
}

static void test_holder_goes(void **state)
{
    struct client *a = client_new(*state), *b = client_new(*state);
    json_t *lease = client_ok(a, "card.acquire", "{s:s, s:i}", "reader", R0, "hold_ms", 60000);
    json_decref(
        client_ok(a, "pin.verify", "{s:s, s:s}", "lease", text_of(lease, "lease"), "secret", "123456"));
    const int64_t id = client_post(b, "purse.balance", "{s:s}", "reader", R0);
    client_free(&a);
    json_t *answer = client_answer(b, id); /* on time, and without the other's PIN */
    assert_string_equal(symbol_of(answer), "pin_required");
    json_decref(answer);
    json_decref(lease);
    client_free(&b);
}

/* A PIN that went through apdu.transmit is as gone for the next one as any other. */
static void test_holder_of_raw_rights_goes(void **state)
{
    struct client *a = client_new(*state), *b = client_new(*state);
    json_t *lease = client_ok(a, "card.acquire", "{s:s, s:i}", "reader", R0, "hold_ms", 60000);
    const char *token = text_of(lease, "lease");
    json_decref(client_ok(a, "card.info", "{s:s}", "lease", token));
    json_t *sent = client_ok(a, "apdu.transmit", "{s:s, s:s}", "lease", token, "command", "0020000003123456");
    assert_string_equal(text_of(sent, "sw"), "9000");
    json_decref(sent);
    json_decref(client_ok(a, "card.release", "{s:s}", "lease", token));
    client_refused(b, "pin_required", "purse.balance", "{s:s}", "reader", R0);
    json_decref(lease);
    client_free(&a);
    client_free(&b);
}

static void test_card_goes(void **state)
{
    struct client *a = client_new(*state), *b = client_new(*state);
    json_t *lease = client_ok(a, "card.acquire", "{s:s}", "reader", R1);
    const int64_t id = client_post(b, "card.info", "{s:s}", "reader", R1);
    json_decref(client_ok(b, "system.ping", NULL)); /* the one before it has arrived */
    json_decref(client_ok(a, "sim.remove", "{s:s}", "reader", R1));
    json_t *answer = client_answer(b, id);
    assert_string_equal(symbol_of(answer), "card_removed");
    json_decref(answer);
    client_refused(a, "lease_invalid", "card.info", "{s:s}", "lease", text_of(lease, "lease"));
    client_refused(a, "stale_card", "card.info", "{s:s}", "card", text_of(lease, "card"));
    client_refused(a, "no_card", "card.info", "{s:s}", "reader", R1);
    json_decref(client_ok(a, "sim.insert", "{s:s}", "reader", R1));
    json_t *there = client_ok(a, "card.wait", "{s:s}", "reader", R1);
    assert_string_not_equal(text_of(there, "card"), text_of(lease, "card"));
    client_refused(a, "stale_card", "card.info", "{s:s}", "card", text_of(lease, "card"));
    json_decref(client_ok(a, "card.info", "{s:s}", "card", text_of(there, "card")));
    json_decref(there);
    json_decref(lease);
    client_free(&a);
    client_free(&b);
}

static void test_cancel(void **state)
{
    struct client *a = client_new(*state), *b = client_new(*state);
    json_t *lease = client_ok(a, "card.acquire", "{s:s}", "reader", R0);
    const int64_t id = client_post(b, "card.info", "{s:s}", "reader", R0);
    client_line(b, "{\"jsonrpc\":\"2.0\",\"id\":\"c\",\"method\":\"rpc.cancel\",\"params\":{\"id\":1}}");
    json_t *answer = client_answer(b, id);
    assert_string_equal(symbol_of(answer), "cancelled");
    json_decref(answer);
    answer = client_read(b, 20000, NULL);
    assert_true(json_is_true(json_object_get(json_object_get(answer, "result"), "cancelled")));
    assert_true(json_is_false(json_object_get(json_object_get(answer, "result"), "card_touched")));
    json_decref(answer);
    json_t *none = client_ok(b, "rpc.cancel", "{s:i}", "id", 4711);
    assert_true(json_is_false(json_object_get(none, "cancelled")));
    json_decref(none);
    json_decref(client_ok(a, "card.release", "{s:s}", "lease", text_of(lease, "lease")));
    json_decref(client_ok(b, "card.info", "{s:s}", "reader", R0));
    json_decref(lease);
    client_free(&a);
    client_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fifo),        cmocka_unit_test(test_one_shot_waits_its_turn),
        cmocka_unit_test(test_forged),      cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_holder_goes), cmocka_unit_test(test_holder_of_raw_rights_goes),
        cmocka_unit_test(test_card_goes),   cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests(tests, up, down);
}
