/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that belong together under a lease which the first of them took by itself. The lease lives as long as
 * there is something left to be completed under it: every way in which such a conversation can end is a row
 * here, and so is every one in which it goes on. */
#include "office.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TIME "20261122080910"

static int up(void **state)
{
    return desk_up(state, "ssc-3.0,pboc", false);
}

/* One call under the lease. params: JSON text without its braces and without lease; "" symbol: it succeeds.
 * fault: told to the simulator before, JSON text likewise, or NULL. */
struct turn {
    const char *method, *params, *symbol, *fault;
};

struct row {
    const char *name, *reader;
    struct turn begin; /* takes the lease */
    struct turn then[3];
    bool over; /* the lease has ended with the last of them */
};

#define EP(op) "\"op\":\"" op "\",\"purse\":\"ep\",\"amount\":1"
#define LOAD(op) "\"op\":\"" op "\",\"purse\":\"ep\",\"amount\":1,\"pin\":{\"secret\":\"123456\"}"
#define COMPLETE "\"terminal_seq\":\"00000001\",\"time\":\"" TIME "\",\"mac1\":\"00000000\""
#define CREDIT "\"host_time\":\"" TIME "\",\"mac2\":\"00000000\""
#define ZEROS "\"0000000000000000\""

static const struct row rows[] = {
    /* ---- identity ---- */
    {"identity, wrong answer",
     R0,
     {"card.authenticate.begin", "", "", NULL},
     {{"card.authenticate.complete", "\"internal\":" ZEROS ",\"external\":" ZEROS, "card_not_genuine", NULL}},
     true},
    {"identity, nothing answered",
     R0,
     {"card.authenticate.begin", "", "", NULL},
     {{"card.authenticate.complete", "", "invalid_params", NULL}},
     false},
    {"identity, card reset",
     R0,
     {"card.authenticate.begin", "", "", NULL},
     {{"card.reset", "", "", NULL},
      {"card.authenticate.complete", "\"internal\":" ZEROS, "authentication_not_begun", NULL}},
     true},
    {"identity, card silent",
     R0,
     {"card.authenticate.begin", "", "", NULL},
     {{"card.authenticate.complete", "\"internal\":" ZEROS ",\"external\":" ZEROS ",\"deadline_ms\":300",
       "card_not_genuine", "\"kind\":\"mute\",\"nth\":0"}},
     true},
    {"identity, begun anew in vain",
     R0,
     {"card.authenticate.begin", "", "", NULL},
     {{"card.authenticate.begin", "\"file\":\"SSSEEF05\"", "remote_authentication_not_needed", NULL}},
     false},
    /* ---- a key ---- */
    {"key, wrong answer",
     R0,
     {"card.authenticate.begin", "\"purpose\":\"key\",\"key\":\"RK1DF01\"", "", NULL},
     {{"card.authenticate.complete", "\"external\":" ZEROS, "external_authentication_failed", NULL}},
     true},
    {"key, nothing answered",
     R0,
     {"card.authenticate.begin", "\"purpose\":\"key\",\"key\":\"RK1DF01\"", "", NULL},
     {{"card.authenticate.complete", "\"internal\":" ZEROS, "invalid_params", NULL}},
     false},
    {"key, card reset",
     R0,
     {"card.authenticate.begin", "\"purpose\":\"key\",\"key\":\"RK1DF01\"", "", NULL},
     {{"card.reset", "", "", NULL},
      {"card.authenticate.complete", "\"external\":" ZEROS, "authentication_not_begun", NULL}},
     true},
    /* ---- PIN: its first half is a key's, and the lease is the key's ---- */
    {"PIN, no challenge without the key",
     R0,
     {"card.authenticate.begin", "\"purpose\":\"key\",\"key\":\"PUK\"", "", NULL},
     {{"pin.reload", "\"op\":\"conversation-pin-1\",\"remote\":true", "authentication_not_begun", NULL}},
     false},
    {"PIN, wrong key",
     R0,
     {"card.authenticate.begin", "\"purpose\":\"key\",\"key\":\"PUK\"", "", NULL},
     {{"card.authenticate.complete", "\"external\":" ZEROS, "external_authentication_failed", NULL}},
     true},
    /* ---- load ---- */
    {"load, wrong MAC2",
     R1,
     {"purse.load.begin", LOAD("conversation-load1"), "", NULL},
     {{"purse.load.complete", CREDIT, "mac_wrong", NULL}},
     true},
    {"load, not a time",
     R1,
     {"purse.load.begin", LOAD("conversation-load2"), "", NULL},
     {{"purse.load.complete", "\"host_time\":\"20261322000000\",\"mac2\":\"00000000\"", "invalid_params",
       NULL}},
     false},
    {"load, another one's number",
     R1,
     {"purse.load.begin", LOAD("conversation-load3"), "", NULL},
     {{"purse.load.complete", CREDIT ",\"id\":4711", "load_not_begun", NULL}},
     false},
    {"load, card reset",
     R1,
     {"purse.load.begin", LOAD("conversation-load4"), "", NULL},
     {{"card.reset", "", "", NULL}, {"purse.load.complete", CREDIT, "load_not_begun", NULL}},
     true},
    {"load, answer lost",
     R1,
     {"purse.load.begin", LOAD("conversation-load5"), "", NULL},
     {{"purse.load.complete", CREDIT, "nothing_moved",
       "\"kind\":\"lose_reply\",\"cla\":\"80\",\"ins\":\"52\""}},
     true},
    {"load, replaced by one that fails",
     R1,
     {"purse.load.begin", LOAD("conversation-load6"), "", NULL},
     {{"purse.load.begin", "\"op\":\"conversation-load7\",\"purse\":\"medical\",\"amount\":1", "no_purse",
       NULL}},
     true},
    {"load, replaced by a debit",
     R1,
     {"purse.load.begin", LOAD("conversation-load8"), "", NULL},
     {{"purse.debit.begin", EP("conversation-debit0"), "", NULL}},
     false},
    {"load, no debit",
     R1,
     {"purse.load.begin", LOAD("conversation-load9"), "", NULL},
     {{"purse.debit.complete", COMPLETE, "debit_not_begun", NULL}},
     false},
    /* ---- debit ---- */
    {"debit, wrong MAC1",
     R1,
     {"purse.debit.begin", EP("conversation-debit1"), "", NULL},
     {{"purse.debit.complete", COMPLETE, "mac_wrong", NULL}},
     true},
    {"debit, not a time",
     R1,
     {"purse.debit.begin", EP("conversation-debit2"), "", NULL},
     {{"purse.debit.complete",
       "\"terminal_seq\":\"00000001\",\"time\":\"20261322000000\",\"mac1\":\"00000000\"", "invalid_params",
       NULL}},
     false},
    {"debit, another one's number",
     R1,
     {"purse.debit.begin", EP("conversation-debit3"), "", NULL},
     {{"purse.debit.complete", COMPLETE ",\"id\":4711", "debit_not_begun", NULL}},
     false},
    {"debit, card reset",
     R1,
     {"purse.debit.begin", EP("conversation-debit4"), "", NULL},
     {{"card.reset", "", "", NULL}, {"purse.debit.complete", COMPLETE, "debit_not_begun", NULL}},
     true},
    {"debit, answer lost",
     R1,
     {"purse.debit.begin", EP("conversation-debit5"), "", NULL},
     {{"purse.debit.complete", COMPLETE, "nothing_moved",
       "\"kind\":\"lose_reply\",\"cla\":\"80\",\"ins\":\"54\""}},
     true},
    {"debit, exchange lost before it",
     R1,
     {"purse.debit.begin", EP("conversation-debit6"), "", NULL},
     {{"card.info", "", "", NULL},
      {"apdu.transmit", "\"command\":\"0084000004\"", "reader_io_error",
       "\"kind\":\"lose_reply\",\"ins\":\"84\""},
      {"purse.debit.complete", COMPLETE, "debit_not_begun", NULL}},
     true},
    {"debit, replaced by one that is refused",
     R1,
     {"purse.debit.begin", EP("conversation-debit7"), "", NULL},
     {{"purse.debit.begin", "\"op\":\"conversation-debit8\",\"purse\":\"ep\",\"amount\":4000000000",
       "insufficient_funds", NULL}},
     true},
    {"debit, a load instead",
     R1,
     {"purse.debit.begin", EP("conversation-debit9"), "", NULL},
     {{"purse.load.complete", CREDIT, "load_not_begun", NULL}},
     false},
};

static json_t *say(struct client *c, const char *reader, const char *lease, const struct turn *t)
{
    char text[512];
    if (t->fault) {
        snprintf(text, sizeof text, "{\"reader\":\"%s\",%s}", reader, t->fault);
        json_t *fault = json_loads(text, 0, NULL);
        assert_non_null(fault);
        json_decref(client_ok(c, "sim.fault", "O", fault));
        json_decref(fault);
    }
    snprintf(text, sizeof text, "{\"%s\":\"%s\"%s%s}", lease ? "lease" : "reader", lease ? lease : reader,
             t->params[0] ? "," : "", t->params);
    json_t *params = json_loads(text, 0, NULL);
    assert_non_null(params);
    json_t *answer = client_call(c, t->method, "O", params);
    json_decref(params);
    return answer;
}

static bool held(struct client *c, const char *reader)
{
    json_t *list = client_ok(c, "reader.list", NULL);
    const json_t *r;
    size_t i;
    bool lease = false;
    json_array_foreach(json_object_get(list, "readers"), i, r)
    {
        lease =
            lease || (strcmp(text_of(r, "name"), reader) == 0 && json_is_object(json_object_get(r, "lease")));
    }
    json_decref(list);
    return lease;
}

static void heal(struct client *c, const char *reader)
{
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s}", "reader", reader, "kind", "none"));
    json_decref(client_call(c, "sim.insert", "{s:s}", "reader", reader));
    json_decref(client_ok(c, "card.wait", "{s:s}", "reader", reader));
}

/* Of a row that has failed: which, and at what. */
static void check(const struct row *row, const struct turn *t, const json_t *answer)
{
    if (strcmp(symbol_of(answer), t->symbol) != 0) {
        fail_msg("%s: %s answered \"%s\"", row->name, t->method, symbol_of(answer));
    }
}

static void play(struct client *c, const struct row *row)
{
    json_t *begun = say(c, row->reader, NULL, &row->begin);
    check(row, &row->begin, begun);
    char lease[64];
    snprintf(lease, sizeof lease, "%s", text_of(json_object_get(begun, "result"), "lease"));
    json_decref(begun);
    for (size_t i = 0; i < 3 && row->then[i].method; i++) {
        if (!held(c, row->reader)) {
            fail_msg("%s: over before %s", row->name, row->then[i].method);
        }
        json_t *answer = say(c, row->reader, lease, &row->then[i]);
        check(row, &row->then[i], answer);
        json_decref(answer);
    }
    if (held(c, row->reader) == row->over) {
        fail_msg("%s: the lease %s", row->name, row->over ? "has stayed" : "is gone");
    }
    if (!row->over) {
        json_decref(client_ok(c, "card.release", "{s:s}", "lease", lease));
    }
    heal(c, row->reader);
}

static void test_every_end(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        play(c, &rows[i]);
    }
}

/* A first half that fails leaves no lease at all. */
static void test_nothing_begun(void **state)
{
    static const struct turn turns[] = {
        {"card.authenticate.begin", "\"reader\":\"" R0 "\",\"file\":\"SSSEEF05\"",
         "remote_authentication_not_needed", NULL},
        {"card.authenticate.begin", "\"reader\":\"" R0 "\",\"purpose\":\"key\",\"key\":\"nokey\"",
         "invalid_params", NULL},
        {"purse.load.begin", "\"reader\":\"" R0 "\",\"op\":\"conversation-none1\",\"amount\":1",
         "pin_required", NULL},
        {"purse.debit.begin", "\"reader\":\"" R0 "\",\"op\":\"conversation-none2\",\"amount\":1",
         "pin_required", NULL},
        {"pin.reload", "\"reader\":\"" R0 "\",\"op\":\"conversation-none3\",\"remote\":true",
         "authentication_not_begun", NULL},
    };
    struct client *c = ((struct desk *)*state)->c;
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        const struct row row = {.name = "nothing begun"};
        char text[256];
        snprintf(text, sizeof text, "{%s}", turns[i].params);
        json_t *params = json_loads(text, 0, NULL);
        json_t *answer = client_call(c, turns[i].method, "O", params);
        check(&row, &turns[i], answer);
        assert_false(held(c, R0));
        json_decref(answer);
        json_decref(params);
    }
}

/* The lease of an opened key is the caller's: a first or second half said once more does not take it away. */
static void test_rights_keep_the_lease(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    char external[17];
    json_t *begun = client_ok(c, "card.authenticate.begin", "{s:s, s:s, s:s}", "reader", R0, "purpose", "key",
                              "key", "PUK");
    const char *lease = text_of(begun, "lease");
    office_auth(begun, "external", external);
    for (int i = 0; i < 2; i++) {
        json_t *answer =
            client_call(c, "card.authenticate.complete", "{s:s, s:s}", "lease", lease, "external", external);
        assert_string_equal(symbol_of(answer), i == 0 ? "" : "authentication_not_begun");
        assert_true(held(c, R0));
        json_decref(answer);
    }
    client_refused(c, "card_status", "pin.reload", "{s:s, s:s, s:s}", "lease", lease, "op",
                   "conversation-pin-2", "command", "842400000400000000");
    assert_true(held(c, R0));
    json_decref(client_ok(c, "card.release", "{s:s}", "lease", lease));
    json_decref(begun);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_end, up, desk_down),
        cmocka_unit_test_setup_teardown(test_nothing_begun, up, desk_down),
        cmocka_unit_test_setup_teardown(test_rights_keep_the_lease, up, desk_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
