/* SPDX-License-Identifier: Apache-2.0 */
/* Subscribers hear everything, in order, or are told that they do not. */
#include "service.h"

#include <setjmp.h>
#include <signal.h>
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

static void swap_card(struct client *c, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        json_decref(client_ok(c, "sim.remove", "{s:s}", "reader", R1));
        json_decref(client_ok(c, "card.wait", "{s:s, s:s}", "reader", R1, "state", "absent"));
        json_decref(client_ok(c, "sim.insert", "{s:s}", "reader", R1));
        json_decref(client_ok(c, "card.wait", "{s:s}", "reader", R1));
    }
}

static void test_numbers_without_gap(void **state)
{
    struct client *c = client_new(*state), *other = client_new(*state);
    json_t *snapshot = client_ok(c, "events.subscribe", NULL);
    int64_t seq = int_of(snapshot, "seq");
    assert_int_equal(json_array_size(json_object_get(snapshot, "readers")), 3);
    json_decref(snapshot);
    swap_card(other, 10);
    for (unsigned i = 0; i < 20; i++) {
        json_t *note = client_read(c, 20000, NULL);
        const json_t *params = json_object_get(note, "params");
        assert_string_equal(text_of(params, "type"), i % 2 ? "card.inserted" : "card.removed");
        assert_string_equal(text_of(params, "reader"), R1);
        assert_int_equal(int_of(params, "seq"), ++seq);
        json_decref(note);
    }
    json_decref(client_ok(c, "events.unsubscribe", NULL));
    swap_card(other, 1);
    assert_null(client_read(c, 50, NULL));
    client_free(&c);
    client_free(&other);
}

static void test_coming_back(void **state)
{
    struct client *c = client_new(*state);
    json_t *snapshot = client_ok(c, "reader.list", NULL);
    const int64_t seq = int_of(snapshot, "seq");
    json_decref(snapshot);
    swap_card(c, 3);
    snapshot = client_ok(c, "events.subscribe", "{s:I}", "from_seq", (json_int_t)seq);
    const json_t *missed = json_object_get(snapshot, "missed");
    assert_int_equal(json_array_size(missed), 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(int_of(json_array_get(missed, i), "seq"), seq + 1 + (int64_t)i);
    }
    json_decref(snapshot);
    snapshot = client_ok(c, "events.subscribe", "{s:I}", "from_seq", (json_int_t)1 << 50); /* nobody's */
    assert_null(json_object_get(snapshot, "missed"));
    json_decref(snapshot);
    client_free(&c);
}

/* A number of the run before is not taken for one of this run, however many events there were since. */
static void test_coming_back_after_a_restart(void **state)
{
    struct service *s = *state;
    struct client *c = client_new(s);
    swap_card(c, 1);
    json_t *snapshot = client_ok(c, "reader.list", NULL);
    const int64_t seq = int_of(snapshot, "seq");
    json_decref(snapshot);
    client_free(&c);
    assert_int_equal(service_stop(s, SIGTERM), 0);
    service_sim(s, NULL, false);
    c = client_new(s);
    swap_card(c, 6);
    snapshot = client_ok(c, "events.subscribe", "{s:I}", "from_seq", (json_int_t)seq);
    assert_null(json_object_get(snapshot, "missed"));
    assert_true(int_of(snapshot, "seq") > seq);
    json_decref(snapshot);
    client_free(&c);
}

static void test_transactions_are_private(void **state)
{
    struct client *c = client_new(*state);
    json_decref(client_ok(c, "events.subscribe", NULL));
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:s, s:s}", "reader", R0, "kind", "lose_reply", "cla",
                          "B0", "ins", "2C"));
    json_t *answer = client_call(c, "purse.debit", "{s:s, s:s, s:i, s:{s:s}}", "reader", R0, "op",
                                 "sale-0000000000001", "amount", 700, "pin", "secret", "123456");
    /* the card is asked at once: the caller hears the truth, however it was found */
    const json_t *txn = json_object_get(json_object_get(answer, "result"), "txn");
    if (txn) {
        assert_string_equal(text_of(txn, "state"), "confirmed");
    } else {
        assert_string_equal(symbol_of(answer), "outcome_unknown");
        json_t *event = client_event(c, "txn.settled", 20000);
        assert_int_equal(int_of(json_object_get(event, "txn"), "amount"), 700); /* the owner sees the whole */
        json_decref(event);
    }
    json_decref(answer);
    client_free(&c);
}

static void test_slow_subscriber_is_dropped(void **state)
{
    struct client *slow = client_new(*state), *c = client_new(*state);
    json_decref(client_ok(slow, "events.subscribe", NULL));
    unsigned swaps = 0;
    bool dropped = false;
    while (!dropped && swaps < 4000) {
        swap_card(c, 100);
        swaps += 100;
        char *log = service_log(*state);
        dropped = strstr(log, "too slow") != NULL;
        free(log);
    }
    assert_true(dropped);
    /* what it reads at last ends with the reason */
    bool told = false;
    json_t *note;
    while (!told && (note = client_read(slow, 20000, NULL)) != NULL) {
        const json_t *params = json_object_get(note, "params");
        told = strcmp(text_of(params, "type"), "subscription.dropped") == 0;
        if (told) {
            assert_string_equal(text_of(params, "reason"), "slow_client");
        }
        json_decref(note);
    }
    assert_true(told);
    json_decref(client_ok(slow, "events.subscribe", NULL)); /* and may begin again */
    client_free(&slow);
    client_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_without_gap),         cmocka_unit_test(test_coming_back),
        cmocka_unit_test(test_coming_back_after_a_restart), cmocka_unit_test(test_transactions_are_private),
        cmocka_unit_test(test_slow_subscriber_is_dropped),
    };
    return cmocka_run_group_tests(tests, up, down);
}
