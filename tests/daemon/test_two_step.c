/* SPDX-License-Identifier: Apache-2.0 */
/* Both halves of a two-step, with the back office played by the test. */
#include "office.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int up(void **state)
{
    return desk_up(state, "ssc-3.0,pboc", false);
}

static int up_des(void **state)
{
    return desk_up(state, "ssc-2.0,pboc", false);
}

static void want_holder(json_t *identity)
{
    assert_string_equal(text_of(identity, "name"), "张三");
    assert_string_equal(text_of(identity, "genuine"), "yes");
    json_decref(identity);
}

static void test_identity(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    char internal[17], external[17], line[80];
    json_t *r = client_ok(c, "card.authenticate.begin", "{s:s}", "reader", R0);
    office_auth(r, "internal", internal);
    office_auth(r, "external", external);
    want_holder(client_ok(c, "card.authenticate.complete", "{s:s, s:s, s:s}", "lease", text_of(r, "lease"),
                          "internal", internal, "external", external));
    client_refused(c, "lease_invalid", "card.authenticate.complete", "{s:s, s:s, s:s}", "lease",
                   text_of(r, "lease"), "internal", internal, "external", external);
    json_decref(r);
    /* the national library's form of the same answers */
    r = client_ok(c, "card.authenticate.begin", "{s:s}", "reader", R0);
    office_auth(r, "internal", internal);
    office_auth(r, "external", external);
    snprintf(line, sizeof line, "%s%s|%s%s|", internal, text_of(json_object_get(r, "internal"), "original"),
             external, text_of(json_object_get(r, "external"), "original"));
    want_holder(client_ok(c, "card.authenticate.complete", "{s:s, s:s}", "lease", text_of(r, "lease"),
                          "answer", line));
    json_decref(r);
}

/* Before generation 3 the card only has to prove itself. */
static void test_identity_internal_alone(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    char internal[17];
    json_t *r = client_ok(c, "card.authenticate.begin", "{s:s}", "reader", R0);
    assert_null(json_object_get(r, "external"));
    office_auth(r, "internal", internal);
    want_holder(client_ok(c, "card.authenticate.complete", "{s:s, s:s}", "lease", text_of(r, "lease"),
                          "internal", internal));
    json_decref(r);
}

/* ---- load ---- */

static int64_t balance(struct client *c)
{
    json_t *r = client_ok(c, "purse.balance", "{s:s, s:s}", "reader", R1, "purse", "ep");
    const int64_t amount = int_of(r, "amount");
    json_decref(r);
    return amount;
}

static void test_load(void **state)
{
#define LOAD                                                                                                 \
    "{s:s, s:s, s:{s:s}, s:s, s:i}", "reader", R1, "purse", "ep", "pin", "secret", "123456", "op",           \
        "load-000000000001", "amount", 2500
    struct client *c = ((struct desk *)*state)->c;
    const int64_t before = balance(c);
    char mac2[9];
    json_t *r = client_ok(c, "purse.load.begin", LOAD);
    office_load_mac2(r, "20260101120000", mac2);
    json_t *done = client_ok(c, "purse.load.complete", "{s:s, s:s, s:s}", "lease", text_of(r, "lease"),
                             "host_time", "20260101120000", "mac2", mac2);
    assert_string_equal(text_of(json_object_get(done, "txn"), "state"), "confirmed");
    assert_int_equal(int_of(json_object_get(done, "txn"), "balance_after"), before + 2500);
    json_decref(done);
    client_refused(c, "lease_invalid", "purse.load.complete", "{s:s, s:s, s:s}", "lease", text_of(r, "lease"),
                   "host_time", "20260101120000", "mac2", mac2);
    json_decref(r);
    r = client_ok(c, "purse.load.begin", LOAD); /* nothing is loaded twice */
    assert_true(json_is_true(json_object_get(r, "repeated")));
    assert_null(json_object_get(r, "lease"));
    json_decref(r);
    assert_int_equal(balance(c), before + 2500);
}

/* ---- keys by file, and the PIN ---- */

static void open_key(struct client *c, json_t *begun)
{
    char external[17];
    office_auth(begun, "external", external);
    json_decref(client_ok(c, "card.authenticate.complete", "{s:s, s:s}", "lease", text_of(begun, "lease"),
                          "external", external));
}

static void test_key_by_file(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *r = client_ok(c, "card.authenticate.begin", "{s:s, s:s, s:s}", "reader", R0, "purpose", "key",
                          "file", "DF01EF05");
    assert_string_equal(text_of(r, "key"), "RK1DF01");
    assert_string_equal(text_of(r, "reference"), "88");
    assert_true(json_is_null(json_object_get(r, "address")));
    assert_true(json_is_false(json_object_get(r, "pin_needed")));
    open_key(c, r);
    json_decref(client_ok(c, "card.read", "{s:s, s:s, s:s}", "lease", text_of(r, "lease"), "file", "DF01EF05",
                          "auth", "key"));
    json_decref(client_ok(c, "card.release", "{s:s}", "lease", text_of(r, "lease")));
    json_decref(r);
    r = client_ok(c, "card.authenticate.begin", "{s:s, s:s, s:b}", "reader", R0, "file", "DF01EF05", "write",
                  1);
    assert_string_equal(text_of(r, "key"), "UK1DF01");
    assert_string_equal(text_of(r, "reference"), "83");
    json_decref(client_ok(c, "card.release", "{s:s}", "lease", text_of(r, "lease")));
    json_decref(r);
    r = client_ok(c, "card.authenticate.begin", "{s:s, s:s}", "reader", R0, "file", "DF04EF06");
    assert_true(json_is_true(json_object_get(r, "pin_needed")));
    json_decref(client_ok(c, "card.release", "{s:s}", "lease", text_of(r, "lease")));
    json_decref(r);
}

static void test_key_by_file_refused(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    client_refused(c, "remote_authentication_not_needed", "card.authenticate.begin", "{s:s, s:s}", "reader",
                   R0, "file", "SSSEEF05");
    client_refused(c, "remote_authentication_not_needed", "card.authenticate.begin", "{s:s, s:s}", "reader",
                   R0, "file", "DF04EF08"); /* the PIN alone */
    client_refused(c, "access_denied", "card.authenticate.begin", "{s:s, s:s, s:b}", "reader", R0, "file",
                   "DF04EF08", "write", 1);
    client_refused(c, "file_unknown", "card.authenticate.begin", "{s:s, s:s}", "reader", R0, "file",
                   "DF09EF01");
    client_refused(c, "invalid_params", "card.authenticate.begin", "{s:s, s:s, s:s, s:s}", "reader", R0,
                   "purpose", "key", "file", "DF01EF05", "key", "PUK");
    client_refused(c, "invalid_params", "card.authenticate.begin", "{s:s, s:s}", "reader", R0, "purpose",
                   "key");
    json_decref(client_ok(c, "card.acquire", "{s:s}", "reader", R0)); /* no lease stayed behind */
}

static int64_t tries(struct client *c)
{
    json_t *r = client_ok(c, "pin.verify", "{s:s, s:b}", "reader", R0, "status", 1);
    const int64_t left = int_of(r, "tries_left");
    json_decref(r);
    return left;
}

static void spend_a_try(struct client *c)
{
    client_refused(c, "pin_wrong", "pin.verify", "{s:s, s:s}", "reader", R0, "secret", "000000");
}

/* digits NULL: unblock; method and header as the card's algorithm wants them. */
static void remote_pin(struct client *c, const char *method, const char *digits, const char *header)
{
    char command[64], op[32];
    json_t *r = client_ok(c, "card.authenticate.begin", "{s:s, s:s, s:s}", "reader", R0, "purpose", "key",
                          "key", "PUK");
    assert_string_equal(text_of(r, "address"), "0090");
    assert_string_equal(text_of(r, "reference"), "06");
    open_key(c, r);
    snprintf(op, sizeof op, "remote-%s-00001", method);
    json_t *asked =
        client_ok(c, method, "{s:s, s:s, s:b}", "lease", text_of(r, "lease"), "op", op, "remote", 1);
    assert_string_equal(text_of(asked, "address"), "0173");
    assert_string_equal(text_of(asked, "header"), header);
    assert_string_equal(text_of(asked, "algorithm"), text_of(r, "algorithm"));
    office_pin_command(r, asked, digits, command);
    for (int i = 0; i < 2; i++) { /* the second time from the journal: the challenge is used up */
        json_t *done = client_ok(c, method, "{s:s, s:s, s:s}", "lease", text_of(r, "lease"), "op", op,
                                 "command", command);
        assert_int_equal(json_is_true(json_object_get(done, "repeated")), i);
        json_decref(done);
    }
    client_refused(c, "op_conflict", method, "{s:s, s:s, s:s}", "lease", text_of(r, "lease"), "op", op,
                   "command", "842400000400000000"); /* another command is another request */
    json_decref(client_ok(c, "card.release", "{s:s}", "lease", text_of(r, "lease")));
    json_decref(asked);
    json_decref(r);
}

static void test_remote_unblock(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    const int64_t all = tries(c);
    spend_a_try(c);
    assert_int_equal(tries(c), all - 1);
    remote_pin(c, "pin.unblock", NULL, "8424000004");
    assert_int_equal(tries(c), all);
}

static void remote_reload(struct client *c, const char *header)
{
    remote_pin(c, "pin.reload", "654321", header);
    json_decref(client_ok(c, "pin.verify", "{s:s, s:s}", "reader", R0, "secret", "654321"));
}

static void test_remote_reload(void **state)
{
    remote_reload(((struct desk *)*state)->c, "8424000114");
}

static void test_remote_reload_des(void **state)
{
    remote_reload(((struct desk *)*state)->c, "842400010C");
}

/* Without the key PUK there is no challenge to be had. */
static void test_remote_unblock_not_begun(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    client_refused(c, "authentication_not_begun", "pin.unblock", "{s:s, s:s, s:b}", "reader", R0, "op",
                   "remote-pin.unblock-00001", "remote", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_identity, up, desk_down),
        cmocka_unit_test_setup_teardown(test_identity_internal_alone, up_des, desk_down),
        cmocka_unit_test_setup_teardown(test_load, up, desk_down),
        cmocka_unit_test_setup_teardown(test_key_by_file, up, desk_down),
        cmocka_unit_test_setup_teardown(test_key_by_file_refused, up, desk_down),
        cmocka_unit_test_setup_teardown(test_remote_unblock, up, desk_down),
        cmocka_unit_test_setup_teardown(test_remote_reload, up, desk_down),
        cmocka_unit_test_setup_teardown(test_remote_reload_des, up_des, desk_down),
        cmocka_unit_test_setup_teardown(test_remote_unblock_not_begun, up, desk_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
