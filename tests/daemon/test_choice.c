/* SPDX-License-Identifier: Apache-2.0 */
/* Which card a call gets: by the kind of reader, and by what is written on it. */
#include "service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int up(void **state)
{
    return desk_up(state, "ssc-2.0,contactless:ssc-3.0", false);
}

static void want_reader(struct client *c, const char *medium, const char *reader)
{
    json_t *r = client_ok(c, "card.info", "{s:s}", "medium", medium);
    assert_string_equal(text_of(r, "reader"), reader);
    json_decref(r);
    r = client_ok(c, "card.wait", "{s:s}", "medium", medium);
    assert_string_equal(text_of(r, "reader"), reader);
    json_decref(r);
}

static void take_out(struct client *c, const char *reader)
{
    json_decref(client_ok(c, "sim.remove", "{s:s}", "reader", reader));
    json_decref(client_ok(c, "card.wait", "{s:s, s:s}", "reader", reader, "state", "absent"));
}

static void test_medium(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    client_refused(c, "invalid_params", "card.info", NULL); /* two cards */
    want_reader(c, "contact", R0);
    want_reader(c, "contactless", R1);
    want_reader(c, "contact_first", R0);
    want_reader(c, "contactless_first", R1);
    client_refused(c, "invalid_params", "card.info", "{s:s, s:s}", "medium", "contactless", "reader", R0);
    json_decref(client_ok(c, "card.info", "{s:s, s:s}", "medium", "contactless_first", "reader", R0));
    take_out(c, R0);
    client_refused(c, "no_card", "card.info", "{s:s}", "medium", "contact");
    want_reader(c, "contact_first", R1);
    json_t *r = client_ok(c, "card.acquire", "{s:s}", "medium", "contact_first");
    assert_string_equal(text_of(r, "reader"), R1);
    json_decref(r);
}

/* Waiting for one kind is not answered by the other. */
static void test_wait_for_medium(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    take_out(c, R0);
    client_refused(c, "no_card", "card.wait", "{s:s, s:i}", "medium", "contact", "deadline_ms", 100);
    struct client *hand = client_new(((struct desk *)*state)->s);
    const int64_t id = client_post(c, "card.wait", "{s:s}", "medium", "contact");
    json_decref(client_ok(hand, "sim.insert", "{s:s}", "reader", R0));
    json_t *r = client_answer(c, id);
    assert_string_equal(text_of(json_object_get(r, "result"), "reader"), R0);
    json_decref(r);
    client_free(&hand);
    json_decref(
        client_ok(c, "sim.insert", "{s:s, s:s}", "reader", R1, "image", "ssc-2.0")); /* has no antenna */
    client_refused(c, "card_mute", "card.wait", "{s:s, s:i}", "medium", "contactless", "deadline_ms", 100);
}

static void test_two_of_a_kind(void **state)
{
    struct desk *b = *state;
    client_free(&b->c);
    service_free(&b->s);
    b->s = service_new();
    service_sim(b->s, "ssc-2.0,ssc-3.0", false);
    b->c = client_new(b->s);
    client_refused(b->c, "invalid_params", "card.info", "{s:s}", "medium", "contact_first");
    client_refused(b->c, "no_card", "card.info", "{s:s}", "medium", "contactless");
}

#define EXPECT "{s:s, s:{s:s}}", "reader", R0, "expect"

static void test_expect(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *identity = client_ok(c, "card.identity", "{s:s}", "reader", R0);
    const char *id = text_of(identity, "card_id"), *number = text_of(identity, "card_number");
    json_t *r = client_ok(c, "card.acquire", "{s:s, s:{s:s, s:s}}", "reader", R0, "expect", "card_id", id,
                          "card_number", number);
    json_decref(client_ok(c, "card.release", "{s:s}", "lease", text_of(r, "lease")));
    json_decref(r);
    client_refused(c, "card_mismatch", "card.acquire", EXPECT, "card_id", "00112233445566778899AABBCCDDEEFF");
    client_refused(c, "card_mismatch", "card.acquire", EXPECT, "card_number", "X00000018");
    client_refused(c, "card_mismatch", "card.acquire", "{s:s, s:{s:s, s:s}}", "reader", R0, "expect",
                   "card_id", id, "card_number", "X0000001"); /* a beginning is not the number */
    client_refused(c, "invalid_params", "card.acquire", EXPECT, "card_id", "0011");
    client_refused(c, "invalid_params", "card.acquire", "{s:s, s:{}}", "reader", R0, "expect");
    r = client_ok(c, "reader.list", NULL); /* no lease stayed */
    assert_true(json_is_null(json_object_get(json_array_get(json_object_get(r, "readers"), 0), "lease")));
    json_decref(r);
    r = client_ok(c, "card.acquire", EXPECT, "card_number", number);
    json_decref(r);
    json_decref(identity);
}

/* A purse card has no identification code: it is not the card that is named. */
static void test_expect_other_kind(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_decref(client_ok(c, "sim.insert", "{s:s, s:s}", "reader", R0, "image", "pboc"));
    client_refused(c, "card_mismatch", "card.acquire", EXPECT, "card_number", "X00000019");
}

/* Whoever has the answer of sim.insert can use the card, and finds nobody's card after sim.remove. */
static void test_the_hand_is_quicker(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    for (int i = 0; i < 50; i++) {
        json_decref(
            client_ok(c, "sim.insert", "{s:s, s:s}", "reader", R0, "image", i % 2 ? "ssc-2.0" : "ssc-1.0"));
        json_t *r = client_ok(c, "card.info", "{s:s}", "reader", R0);
        assert_string_equal(text_of(r, "version"), i % 2 ? "2.00" : "1.00");
        json_decref(r);
        if (i % 5 == 0) {
            json_decref(client_ok(c, "sim.remove", "{s:s}", "reader", R0));
            client_refused(c, "no_card", "card.info", "{s:s}", "reader", R0);
        }
    }
}

/* An image that is no card: the one in the reader stays, and keeps its handle. */
static void test_failed_insert(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *r = client_ok(c, "card.acquire", "{s:s}", "reader", R0);
    client_refused(c, "card_image_invalid", "sim.insert", "{s:s, s:s}", "reader", R0, "image",
                   "no-such-image");
    json_decref(
        client_ok(c, "card.info", "{s:s, s:s}", "lease", text_of(r, "lease"), "card", text_of(r, "card")));
    json_decref(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_medium, up, desk_down),
        cmocka_unit_test_setup_teardown(test_wait_for_medium, up, desk_down),
        cmocka_unit_test_setup_teardown(test_two_of_a_kind, up, desk_down),
        cmocka_unit_test_setup_teardown(test_expect, up, desk_down),
        cmocka_unit_test_setup_teardown(test_expect_other_kind, up, desk_down),
        cmocka_unit_test_setup_teardown(test_the_hand_is_quicker, up, desk_down),
        cmocka_unit_test_setup_teardown(test_failed_insert, up, desk_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
