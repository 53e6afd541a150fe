/* SPDX-License-Identifier: Apache-2.0 */
/* What was torn, begun twice or written to another card is settled through the socket, by whoever comes next.
 */
#include "service.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define SALE "sale-0000000000001"
#define PIN "{s:s, s:{s:s}, s:s, s:i}", "reader", R0, "pin", "secret", "123456", "op"
#define NO_PIN "{s:s, s:s, s:s, s:i}", "reader", R1, "purse", "ep", "op"

static int up(void **state)
{
    return desk_up(state, "ssc-3.0,pboc", true);
}

static void take_out(struct client *c, const char *reader)
{
    json_decref(client_ok(c, "sim.remove", "{s:s}", "reader", reader));
    json_decref(client_ok(c, "card.wait", "{s:s, s:s}", "reader", reader, "state", "absent"));
}

static void put_in(struct client *c, const char *reader, const char *image)
{
    json_decref(image ? client_ok(c, "sim.insert", "{s:s, s:s}", "reader", reader, "image", image)
                      : client_ok(c, "sim.insert", "{s:s}", "reader", reader));
    json_decref(client_ok(c, "card.wait", "{s:s, s:s}", "reader", reader, "state", "present"));
}

static void want_state(struct client *c, const char *op, const char *wanted)
{
    json_t *r = client_ok(c, "txn.get", "{s:s}", "op", op);
    assert_string_equal(text_of(json_object_get(r, "txn"), "state"), wanted);
    json_decref(r);
}

/* The medical card shows its counter after the PIN only: an insertion alone cannot settle what it did not do.
 */
static void torn_before_the_debit(struct client *c)
{
    json_decref(client_ok(c, "events.subscribe", NULL));
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:s, s:s}", "reader", R0, "kind", "tear_before", "cla",
                          "B0", "ins", "2C"));
    client_refused(c, "outcome_unknown", "purse.debit", PIN, SALE, "amount", 100);
    json_decref(client_event(c, "card.removed", 2000));
    put_in(c, R0, NULL);
    client_refused(c, "pin_required", "purse.balance", "{s:s}", "reader", R0);
    want_state(c, SALE, "unknown");
}

static void test_balance_settles(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    torn_before_the_debit(c);
    json_decref(client_ok(c, "purse.balance", "{s:s, s:{s:s}}", "reader", R0, "pin", "secret", "123456"));
    json_decref(client_event(c, "txn.settled", 2000));
    want_state(c, SALE, "not_debited");
}

static void test_next_debit_settles(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    torn_before_the_debit(c);
    json_decref(client_ok(c, "purse.debit", PIN, "sale-0000000000002", "amount", 100));
    json_decref(client_event(c, "txn.settled", 2000));
    want_state(c, SALE, "not_debited");
    want_state(c, "sale-0000000000002", "confirmed");
}

/* What a billing program does first of all: the same call again. */
static void test_repeat_settles(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    torn_before_the_debit(c);
    json_t *answer = client_call(c, "purse.debit", PIN, SALE, "amount", 100);
    const json_t *data = json_object_get(json_object_get(answer, "error"), "data");
    assert_string_equal(text_of(json_object_get(data, "txn"), "state"), "not_debited");
    json_decref(answer);
    want_state(c, SALE, "not_debited");
}

/* Another holder's card is in the reader: it is not asked, and its PIN is not tried. */
static void test_repeat_on_another_card(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    torn_before_the_debit(c);
    take_out(c, R0);
    put_in(c, R0, "pboc");
    client_refused(c, "outcome_unknown", "purse.debit", "{s:s, s:{s:s}, s:s, s:i}", "reader", R0, "pin",
                   "secret", "999999", "op", SALE, "amount", 100);
    want_state(c, SALE, "unknown");
    take_out(c, R0);
    client_refused(c, "outcome_unknown", "purse.debit", PIN, SALE, "amount", 100);
}

static void test_second_load_ends_the_first(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *lease = client_ok(c, "card.acquire", "{s:s}", "reader", R1);
    const char *token = text_of(lease, "lease");
    json_decref(client_ok(c, "pin.verify", "{s:s, s:s}", "lease", token, "secret", "123456"));
    json_decref(client_ok(c, "purse.load.begin", "{s:s, s:s, s:i}", "lease", token, "op", "load-000000000001",
                          "amount", 100));
    json_decref(client_ok(c, "purse.load.begin", "{s:s, s:s, s:i}", "lease", token, "op", "load-000000000001",
                          "amount", 100));
    want_state(c, "load-000000000001", "prepared");
    json_decref(client_ok(c, "purse.load.begin", "{s:s, s:s, s:i}", "lease", token, "op", "load-000000000002",
                          "amount", 100));
    want_state(c, "load-000000000001", "abandoned");
    want_state(c, "load-000000000002", "prepared");
    json_decref(client_ok(c, "card.release", "{s:s}", "lease", token));
    json_decref(lease);
}

/* An op belongs to its card. */
static void test_write_on_another_card(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
#define WRITE "{s:s, s:s, s:s, s:s, s:s}", "reader", R0, "op", "write-000000000001", "file", "DF01EF07"
    json_t *r = client_ok(c, "card.write", WRITE, "element", "29", "text", "5");
    assert_true(json_is_false(json_object_get(r, "repeated")));
    json_decref(r);
    r = client_ok(c, "card.read", "{s:s, s:s, s:[s]}", "reader", R0, "file", "DF01EF07", "elements", "29");
    assert_string_equal(text_of(json_array_get(json_object_get(r, "values"), 0), "text"), "5");
    json_decref(r);
    r = client_ok(c, "card.write", WRITE, "element", "29", "text", "5");
    assert_true(json_is_true(json_object_get(r, "repeated")));
    json_decref(r);
    client_refused(c, "op_conflict", "card.write", WRITE, "element", "29", "text", "4");
    take_out(c, R0);
    r = client_ok(c, "card.write", WRITE, "element", "29", "text", "5"); /* the answer is not lost with it */
    assert_true(json_is_true(json_object_get(r, "repeated")));
    json_decref(r);
    put_in(c, R0, "pboc");
    client_refused(c, "op_conflict", "card.write", WRITE, "element", "29", "text", "5");
}

/* A mistyped PIN costs a try, not the op: nothing was written. */
static void test_write_after_wrong_pin(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
#define WRITE_PIN(digits)                                                                                    \
    "{s:s, s:{s:s}, s:s, s:s, s:s, s:s}", "reader", R0, "pin", "secret", digits, "op", "write-000000000001", \
        "file", "DF01EF07", "element", "29", "text", "5"
    client_refused(c, "pin_wrong", "card.write", WRITE_PIN("999999"));
    json_t *r = client_ok(c, "card.write", WRITE_PIN("123456"));
    assert_true(json_is_false(json_object_get(r, "repeated")));
    json_decref(r);
    r = client_ok(c, "card.write", WRITE_PIN("999999")); /* and a repeat tries none */
    assert_true(json_is_true(json_object_get(r, "repeated")));
    json_decref(r);
}

/* The journal's disk comes late: no restart. */
static void test_journal_comes_back(void **state)
{
    struct desk *b = *state;
    char folder[100], journal[120];
    client_free(&b->c);
    service_stop(b->s, SIGTERM);
    snprintf(folder, sizeof folder, "%s/late", b->s->folder);
    snprintf(journal, sizeof journal, "%s/journal.db", folder);
    const char *const args[] = {"--sim", "--journal", journal, NULL};
    service_start(b->s, args);
    b->c = client_new(b->s);
    client_refused(b->c, "journal_unavailable", "purse.debit", NO_PIN, SALE, "amount", 100);
    client_refused(b->c, "journal_unavailable", "txn.get", "{s:s}", "op", SALE);
    assert_int_equal(mkdir(folder, 0700), 0);
    sleep_ms(1100);
    json_decref(client_ok(b->c, "purse.debit", NO_PIN, SALE, "amount", 100));
    json_t *r = client_ok(b->c, "system.ping", NULL);
    assert_true(json_is_true(json_object_get(json_object_get(r, "journal"), "ok")));
    json_decref(r);
    client_free(&b->c);
    service_stop(b->s, SIGTERM);
    service_start(b->s, args);
    b->c = client_new(b->s);
    want_state(b->c, SALE, "confirmed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_balance_settles, up, desk_down),
        cmocka_unit_test_setup_teardown(test_next_debit_settles, up, desk_down),
        cmocka_unit_test_setup_teardown(test_repeat_settles, up, desk_down),
        cmocka_unit_test_setup_teardown(test_repeat_on_another_card, up, desk_down),
        cmocka_unit_test_setup_teardown(test_second_load_ends_the_first, up, desk_down),
        cmocka_unit_test_setup_teardown(test_write_on_another_card, up, desk_down),
        cmocka_unit_test_setup_teardown(test_write_after_wrong_pin, up, desk_down),
        cmocka_unit_test_setup_teardown(test_journal_comes_back, up, desk_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
