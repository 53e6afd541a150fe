/* SPDX-License-Identifier: Apache-2.0 */
/* Simulated cards with --state: each has one memory, whichever reader it is in and whatever was in between.
 */
#include "service.h"

#include "drivers/sim/sim.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int up(void **state)
{
    return desk_up(state, "pboc,", true);
}

static void again(struct desk *b, const char *images)
{
    assert_int_equal(service_stop(b->s, SIGTERM), 0);
    client_free(&b->c);
    service_sim(b->s, images, true);
    b->c = client_new(b->s);
}

static int64_t balance(struct client *c, const char *reader)
{
    json_t *r = client_ok(c, "purse.balance", "{s:s, s:s}", "reader", reader, "purse", "ep");
    const int64_t amount = int_of(r, "amount");
    json_decref(r);
    return amount;
}

static void pay(struct client *c, const char *reader, const char *op, int amount)
{
    json_decref(client_ok(c, "purse.debit", "{s:s, s:s, s:s, s:i}", "reader", reader, "purse", "ep", "op", op,
                          "amount", amount));
}

static void insert(struct client *c, const char *reader, const char *image)
{
    json_decref(client_ok(c, "sim.insert", "{s:s, s:s}", "reader", reader, "image", image));
}

static void test_another_card_in_between(void **state)
{
    struct desk *b = *state;
    const int64_t full = balance(b->c, R0);
    pay(b->c, R0, "sim-state-sale-0001", 100);
    insert(b->c, R0, "pboc-sm4");
    pay(b->c, R0, "sim-state-sale-0002", 7);
    insert(b->c, R0, "pboc");
    assert_int_equal(balance(b->c, R0), full - 100);
    insert(b->c, R0, "pboc-sm4");
    assert_int_equal(balance(b->c, R0), full - 7);
    again(b, "pboc,"); /* what is in the reader is what was asked for, not what was there last */
    assert_int_equal(balance(b->c, R0), full - 100);
    insert(b->c, R0, "pboc-sm4");
    assert_int_equal(balance(b->c, R0), full - 7);
}

static void test_into_the_other_reader(void **state)
{
    struct desk *b = *state;
    const int64_t full = balance(b->c, R0);
    pay(b->c, R0, "sim-state-sale-0001", 100);
    json_decref(client_ok(b->c, "sim.remove", "{s:s}", "reader", R0));
    insert(b->c, R1, "pboc");
    assert_int_equal(balance(b->c, R1), full - 100);
    client_refused(b->c, "no_card", "sim.insert", "{s:s}", "reader", R0); /* it is over there */
    insert(b->c, R0, "pboc");                                             /* a second card of the kind */
    assert_int_equal(balance(b->c, R0), full);
    pay(b->c, R0, "sim-state-sale-0002", 1);
    again(b, "pboc,pboc");
    assert_int_equal(balance(b->c, R0), full - 100);
    assert_int_equal(balance(b->c, R1), full - 1);
}

/* A card of a file keeps its state beside the file, which stays as it was made. */
static void test_card_of_a_file(void **state)
{
    struct desk *b = *state;
    char path[160], images[200];
    snprintf(path, sizeof path, "%s", service_file(b->s, "own.card.json", ssc_sim_image("pboc")));
    snprintf(images, sizeof images, "%s,", path);
    again(b, images);
    const int64_t full = balance(b->c, R0);
    pay(b->c, R0, "sim-state-sale-0001", 100);
    insert(b->c, R0, "pboc");
    assert_int_equal(balance(b->c, R0), full);
    insert(b->c, R0, path);
    assert_int_equal(balance(b->c, R0), full - 100);
    again(b, images);
    assert_int_equal(balance(b->c, R0), full - 100);
    client_refused(b->c, "card_image_invalid", "sim.insert", "{s:s, s:s}", "reader", R0, "image",
                   "/nowhere.json");
    assert_int_equal(balance(b->c, R0), full - 100);
}

/* A swap by fault is an insertion like any other. */
static void test_swap(void **state)
{
    struct desk *b = *state;
    const int64_t full = balance(b->c, R0);
    pay(b->c, R0, "sim-state-sale-0001", 100);
    insert(b->c, R0, "pboc-sm4");
    json_decref(
        client_ok(b->c, "sim.fault", "{s:s, s:s, s:s}", "reader", R0, "kind", "swap", "image", "pboc"));
    json_decref(client_call(b->c, "card.info", "{s:s}", "reader", R0));
    json_decref(client_ok(b->c, "card.wait", "{s:s}", "reader", R0));
    assert_int_equal(balance(b->c, R0), full - 100);
}

/* It listens before it has its cards: what a kill leaves of them at that moment must not stop the next one.
 */
static void test_killed_at_its_first_start(void **state)
{
    (void)state;
    for (int round = 0; round < 6; round++) {
        struct service *s = service_new();
        service_sim(s, NULL, true);
        sleep_ms(2 * round);
        assert_int_equal(service_stop(s, SIGKILL), -SIGKILL);
        service_sim(s, NULL, true);
        struct client *c = client_new(s);
        json_decref(client_ok(c, "card.info", "{s:s}", "reader", R0));
        client_free(&c);
        service_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_another_card_in_between, up, desk_down),
        cmocka_unit_test_setup_teardown(test_into_the_other_reader, up, desk_down),
        cmocka_unit_test_setup_teardown(test_card_of_a_file, up, desk_down),
        cmocka_unit_test_setup_teardown(test_swap, up, desk_down),
        cmocka_unit_test(test_killed_at_its_first_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
