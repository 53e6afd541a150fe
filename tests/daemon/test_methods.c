/* SPDX-License-Identifier: Apache-2.0 */
/* Every method once on its good way, through the socket. */
#include "service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int up(void **state)
{
    return desk_up(state, "ssc-3.0,pboc", false);
}

/* The PSAM is looked at beside the first requests. */
static json_t *ping_with_psam(struct client *c)
{
    json_t *r = client_ok(c, "system.ping", NULL);
    for (int tries = 0;
         tries < 100 && !json_is_true(json_object_get(json_array_get(json_object_get(r, "psam"), 0), "ok"));
         tries++) {
        json_decref(r);
        sleep_ms(20);
        r = client_ok(c, "system.ping", NULL);
    }
    return r;
}

static void test_system(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *r = client_ok(c, "system.hello", "{s:s, s:i}", "client", "test 1", "protocol", 1);
    assert_int_equal(int_of(r, "protocol"), 1);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(r, "protocols"), 0)), 1);
    assert_string_equal(text_of(r, "role"), "admin");
    assert_int_equal(int_of(json_object_get(r, "limits"), "line_bytes"), 65536);
    json_decref(r);
    client_refused(c, "not_supported", "system.hello", "{s:i}", "protocol", 2);
    r = ping_with_psam(c);
    assert_true(json_is_true(json_object_get(json_object_get(r, "journal"), "ok")));
    assert_int_equal(json_array_size(json_object_get(r, "readers")), 3);
    const json_t *psam = json_array_get(json_object_get(r, "psam"), 0);
    assert_true(json_is_true(json_object_get(psam, "ok")));
    assert_string_equal(text_of(psam, "state"), "ready");
    assert_int_equal(strlen(text_of(psam, "terminal")), 12);
    json_decref(r);
    r = client_ok(c, "rpc.discover", NULL);
    assert_true(json_array_size(json_object_get(r, "methods")) >= 35);
    json_decref(r);
}

/* A client that only shows one sentence gets it in its own language, on this connection and until it says
 * otherwise; errors of the envelope, too. */
static void test_language(void **state)
{
    struct desk *b = *state;
    struct client *mine = client_new(b->s), *other = client_new(b->s);
    static const struct {
        const char *lang, *refused, *broken;
    } steps[] = {{"zh", "找不到读卡器", "请求不是有效的JSON"},
                 {"en", "No such reader.", "The line is not JSON."}};
    for (size_t i = 0; i < 2; i++) {
        json_decref(client_ok(mine, "system.hello", "{s:s}", "lang", steps[i].lang));
        json_decref(client_ok(mine, "system.hello", NULL));
        json_t *answer = client_call(mine, "card.info", "{s:s}", "reader", "nobody's reader");
        assert_string_equal(text_of(json_object_get(answer, "error"), "message"), steps[i].refused);
        json_decref(answer);
        client_line(mine, "{");
        answer = client_read(mine, 2000, NULL);
        assert_string_equal(text_of(json_object_get(answer, "error"), "message"), steps[i].broken);
        json_decref(answer);
        answer = client_call(other, "card.info", "{s:s}", "reader", "nobody's reader");
        assert_string_equal(text_of(json_object_get(answer, "error"), "message"), "No such reader.");
        json_decref(answer);
    }
    client_free(&mine);
    client_free(&other);
}

static void test_readers(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *r = client_ok(c, "reader.list", NULL);
    const json_t *list = json_object_get(r, "readers");
    assert_int_equal(json_array_size(list), 3);
    const json_t *first = json_array_get(list, 0);
    assert_string_equal(text_of(first, "name"), R0);
    assert_string_equal(text_of(first, "state"), "card");
    assert_int_equal(strlen(text_of(first, "card")), 21);
    assert_string_equal(text_of(json_array_get(list, 2), "medium"), "sam");
    assert_true(json_is_null(json_object_get(json_array_get(list, 2), "card")));
    /* a handle names its reader, and nothing but its card */
    json_t *info = client_ok(c, "card.info", "{s:s}", "card", text_of(first, "card"));
    assert_string_equal(text_of(info, "reader"), R0);
    assert_string_equal(text_of(info, "card"), text_of(first, "card"));
    assert_string_equal(text_of(info, "kind"), "ssc");
    json_decref(info);
    json_decref(r);
    client_refused(c, "invalid_params", "card.info", NULL); /* two cards: which? */
    client_refused(c, "invalid_params", "card.info", "{s:s}", "reader", SAM);
    client_refused(c, "reader_not_found", "card.info", "{s:s}", "reader", "no such reader");
    client_refused(c, "stale_card", "card.info", "{s:s}", "card", "card-0000000000000000");
}

static void test_identity(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *r = client_ok(c, "card.identity", "{s:s}", "reader", R0);
    assert_string_equal(text_of(r, "name"), "张三");
    assert_string_equal(text_of(r, "citizen_id"), "111111198101011110");
    assert_string_equal(text_of(r, "genuine"), "yes");
    assert_string_equal(text_of(r, "birth_date"), "");
    assert_true(int_of(r, "exchanges") <= 6);
    json_decref(r);
    r = client_ok(c, "card.identity", "{s:s, s:s}", "reader", R0, "parts", "full");
    assert_string_equal(text_of(r, "birth_date"), "19810101");
    json_decref(r);
    client_refused(c, "not_social_security_card", "card.identity", "{s:s}", "reader", R1);
}

static void test_files(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *r = client_ok(c, "card.read", "{s:s, s:s}", "reader", R0, "file", "SSSEEF05");
    assert_string_equal(text_of(r, "file"), "SSSEEF05");
    assert_true(json_array_size(json_object_get(r, "values")) >= 5);
    json_decref(r);
    client_refused(c, "file_unknown", "card.read", "{s:s, s:s}", "reader", R0, "file", "DF09EF99");
    client_refused(c, "file_unknown", "card.read", "{s:s, s:s, s:[s]}", "reader", R0, "file", "SSSEEF05",
                   "elements", "no_such_thing");
    client_refused(c, "invalid_params", "card.write", "{s:s, s:s, s:s}", "reader", R0, "file", "DF01EF05",
                   "op", "write-000000000001");
}

static void test_pin(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    client_refused(c, "invalid_params", "pin.verify", "{s:s}", "reader", R0);
    json_t *wrong =
        client_fails(c, "pin_wrong", "pin.verify", "{s:s, s:s}", "reader", R0, "secret", "999999");
    assert_true(int_of(wrong, "tries") >= 1);
    json_decref(wrong);
    json_decref(client_ok(c, "pin.verify", "{s:s, s:s}", "reader", R0, "secret", "123456"));
    json_decref(client_ok(c, "pin.verify", "{s:s, s:s}", "reader", R0, "entry", "pinpad"));
    json_t *r = client_ok(c, "pin.change", "{s:s, s:s, s:s, s:s}", "reader", R0, "op", "pin-change-000001",
                          "old", "123456", "new", "654321");
    assert_true(json_is_false(json_object_get(r, "repeated")));
    json_decref(r);
    /* the same op again touches nothing: the old PIN would be wrong by now */
    r = client_ok(c, "pin.change", "{s:s, s:s, s:s, s:s}", "reader", R0, "op", "pin-change-000001", "old",
                  "123456", "new", "654321");
    assert_true(json_is_true(json_object_get(r, "repeated")));
    json_decref(r);
    json_decref(client_ok(c, "pin.reload", "{s:s, s:s, s:s}", "reader", R0, "op", "pin-reload-000001", "new",
                          "123456"));
    json_decref(client_ok(c, "pin.unblock", "{s:s, s:s}", "reader", R0, "op", "pin-unblock-00001"));
    json_decref(client_ok(c, "pin.verify", "{s:s, s:s}", "reader", R0, "secret", "123456"));
    client_refused(c, "op_conflict", "pin.unblock", "{s:s, s:s}", "reader", R0, "op", "pin-reload-000001");
}

/* The rights of a PIN end with the lease. */
static void test_pin_rights_end(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_decref(client_ok(c, "pin.verify", "{s:s, s:s}", "reader", R0, "secret", "123456"));
    client_refused(c, "pin_required", "purse.balance", "{s:s}", "reader", R0);
    json_t *lease = client_ok(c, "card.acquire", "{s:s}", "reader", R0);
    const char *token = text_of(lease, "lease");
    json_decref(client_ok(c, "pin.verify", "{s:s, s:s}", "lease", token, "secret", "123456"));
    json_decref(client_ok(c, "purse.balance", "{s:s}", "lease", token));
    json_decref(client_ok(c, "card.release", "{s:s}", "lease", token));
    client_refused(c, "pin_required", "purse.balance", "{s:s}", "reader", R0);
    json_decref(lease);
}

static void test_purse(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *r = client_ok(c, "purse.balance", "{s:s, s:{s:s}}", "reader", R0, "pin", "secret", "123456");
    const int64_t before = int_of(r, "amount");
    assert_string_equal(text_of(r, "purse"), "medical");
    json_decref(r);
    r = client_ok(c, "purse.debit", "{s:s, s:s, s:i, s:i, s:{s:s}}", "reader", R0, "op", "sale-0000000000001",
                  "amount", 1250, "pooled", 300, "pin", "entry", "pinpad");
    const json_t *txn = json_object_get(r, "txn");
    assert_string_equal(text_of(txn, "state"), "confirmed");
    assert_int_equal(int_of(txn, "balance_after"), before - 1250);
    assert_true(json_is_false(json_object_get(r, "repeated")));
    const int64_t id = int_of(txn, "id");
    json_decref(r);
    r = client_ok(c, "txn.get", "{s:I}", "id", (json_int_t)id);
    assert_string_equal(text_of(json_object_get(r, "txn"), "op"), "sale-0000000000001");
    json_decref(r);
    r = client_ok(c, "txn.list", "{s:i}", "limit", 1);
    assert_int_equal(json_array_size(json_object_get(r, "txns")), 1);
    json_decref(r);
    r = client_ok(c, "purse.log", "{s:s, s:{s:s}}", "reader", R0, "pin", "secret", "123456");
    assert_int_equal(int_of(json_array_get(json_object_get(r, "entries"), 0), "amount"), 1250);
    json_decref(r);
    r = client_ok(c, "txn.resolve", "{s:s}", "reader", R0);
    assert_int_equal(int_of(r, "settled"), 0);
    json_decref(r);
    client_refused(c, "transaction_not_found", "txn.get", "{s:i}", "id", 99999);
}

static void test_load_needs_host(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *r = client_ok(c, "purse.load.begin", "{s:s, s:s, s:i, s:{s:s}}", "reader", R0, "op",
                          "load-0000000000001", "amount", 500, "pin", "secret", "123456");
    const json_t *host = json_object_get(r, "host");
    assert_int_equal(strlen(text_of(host, "mac1")), 8);
    assert_int_equal(strlen(text_of(host, "random")), 8);
    assert_int_equal(int_of(host, "amount"), 500);
    const char *lease = text_of(r, "lease");
    json_t *e = client_fails(c, "mac_wrong", "purse.load.complete", "{s:s, s:s, s:s}", "lease", lease,
                             "host_time", "20261122010203", "mac2", "00000000");
    assert_string_equal(text_of(json_object_get(e, "txn"), "state"), "refused");
    json_decref(e);
    json_decref(client_call(c, "card.release", "{s:s}", "lease", lease));
    json_decref(r);
    client_refused(c, "lease_invalid", "purse.load.complete", "{s:s, s:s, s:s}", "lease",
                   "lease-00000000000000000000000000000000", "host_time", "20261122010203", "mac2",
                   "00000000");
}

static void test_remote_authentication(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *r = client_ok(c, "card.authenticate.begin", "{s:s}", "reader", R0);
    assert_string_equal(text_of(r, "algorithm"), "03");
    const char *bar = text_of(r, "line");
    unsigned bars = 0;
    while ((bar = strchr(bar, '|')) != NULL) {
        bar++;
        bars++;
    }
    assert_int_equal(bars, 8);
    client_refused(c, "card_not_genuine", "card.authenticate.complete", "{s:s, s:s, s:s}", "lease",
                   text_of(r, "lease"), "internal", "0000000000000000", "external", "0000000000000000");
    client_refused(c, "lease_invalid", "card.authenticate.complete", "{s:s, s:s}", "lease",
                   text_of(r, "lease"), "internal", "0000000000000000"); /* one try, and it is over */
    json_decref(r);
    r = client_ok(c, "card.authenticate.begin", "{s:s, s:s, s:s}", "reader", R0, "purpose", "key", "key",
                  "RK1DF01");
    assert_int_equal(strlen(text_of(json_object_get(r, "external"), "factor")), 16);
    json_decref(client_ok(c, "card.release", "{s:s}", "lease", text_of(r, "lease")));
    json_decref(r);
}

static void test_service_methods(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_decref(client_ok(c, "trace.start", NULL));
    json_t *r = client_ok(c, "apdu.transmit", "{s:s, s:s}", "reader", R0, "command", "0084000008");
    assert_string_equal(text_of(r, "sw"), "9000");
    assert_int_equal(strlen(text_of(r, "data")), 16);
    assert_int_equal(strlen(text_of(r, "response")), 20);
    json_decref(r);
    r = client_ok(c, "apdu.transmit", "{s:s, s:s}", "reader", R0, "command", "00B0000000");
    assert_string_not_equal(text_of(r, "sw"), "9000");
    assert_true(text_of(json_object_get(r, "sw_text"), "zh")[0] != '\0');
    json_decref(r);
    client_refused(c, "permission_denied", "apdu.transmit", "{s:s, s:s}", "reader", R0, "command",
                   "B02C010000");
    client_refused(c, "permission_denied", "apdu.transmit", "{s:s, s:s}", "reader", R1, "command",
                   "8054010000");
    json_t *line = client_read(c, 2000, NULL);
    line = line ? line : json_object();
    if (json_array_size(c->notes) > 0) {
        json_decref(line);
        line = json_incref(json_array_get(c->notes, 0));
    }
    assert_string_equal(text_of(line, "method"), "trace");
    json_decref(line);
    json_array_clear(c->notes);
    json_decref(client_ok(c, "trace.stop", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_system, up, desk_down),
        cmocka_unit_test_setup_teardown(test_language, up, desk_down),
        cmocka_unit_test_setup_teardown(test_readers, up, desk_down),
        cmocka_unit_test_setup_teardown(test_identity, up, desk_down),
        cmocka_unit_test_setup_teardown(test_files, up, desk_down),
        cmocka_unit_test_setup_teardown(test_pin, up, desk_down),
        cmocka_unit_test_setup_teardown(test_pin_rights_end, up, desk_down),
        cmocka_unit_test_setup_teardown(test_purse, up, desk_down),
        cmocka_unit_test_setup_teardown(test_load_needs_host, up, desk_down),
        cmocka_unit_test_setup_teardown(test_remote_authentication, up, desk_down),
        cmocka_unit_test_setup_teardown(test_service_methods, up, desk_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
