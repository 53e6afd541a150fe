/* SPDX-License-Identifier: Apache-2.0 */
/* Raw commands for programs of the older reader layer: reset, the slot of the PSAM, and what stays refused.
 */
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

/* The first PSAM of ping, when it has this state. New reference. */
static json_t *psam_in_state(struct client *c, const char *wanted)
{
    const int64_t limit = now_ms() + 20000;
    json_t *found = NULL;
    while (!found && now_ms() < limit) {
        json_t *r = client_ok(c, "system.ping", NULL);
        json_t *psam = json_array_get(json_object_get(r, "psam"), 0);
        found = strcmp(text_of(psam, "state"), wanted) == 0 ? json_incref(psam) : NULL;
        json_decref(r);
        if (!found) {
            sleep_ms(10);
        }
    }
    assert_non_null(found);
    return found;
}

static json_t *transmit(struct client *c, const json_t *lease, const char *command)
{
    return client_ok(c, "apdu.transmit", "{s:s, s:s}", "lease", text_of(lease, "lease"), "command", command);
}

static void want_sw(struct client *c, const json_t *lease, const char *command, const char *sw)
{
    json_t *r = transmit(c, lease, command);
    assert_string_equal(text_of(r, "sw"), sw);
    json_decref(r);
}

static void test_reset(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *info = client_ok(c, "card.info", "{s:s}", "reader", R0);
    json_t *lease = client_ok(c, "card.acquire", "{s:s}", "reader", R0);
    json_decref(
        client_ok(c, "pin.verify", "{s:s, s:s}", "lease", text_of(lease, "lease"), "secret", "123456"));
    json_decref(client_ok(c, "card.read", "{s:s, s:s, s:s}", "lease", text_of(lease, "lease"), "file",
                          "DF01EF05", "auth", "pin"));
    json_t *r = client_ok(c, "card.reset", "{s:s}", "lease", text_of(lease, "lease"));
    assert_string_equal(text_of(r, "atr"), text_of(info, "atr"));
    assert_string_equal(text_of(r, "protocol"), text_of(info, "protocol"));
    json_decref(r);
    client_refused(c, "pin_required", "card.read", "{s:s, s:s, s:s}", "lease", text_of(lease, "lease"),
                   "file", "DF01EF05", "auth", "pin"); /* the rights are gone */
    r = client_ok(c, "card.reset", "{s:s, s:s}", "lease", text_of(lease, "lease"), "kind", "warm");
    assert_string_equal(text_of(r, "atr"), text_of(info, "atr"));
    json_decref(r);
    json_decref(lease);
    json_decref(info);
}

/* A begun debit does not survive it. */
static void test_reset_gives_up(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *lease = client_ok(c, "card.acquire", "{s:s}", "reader", R1);
    json_decref(client_ok(c, "purse.debit.begin", "{s:s, s:s, s:s, s:i}", "lease", text_of(lease, "lease"),
                          "purse", "ep", "op", "raw-debit-0000001", "amount", 1));
    json_decref(client_ok(c, "card.reset", "{s:s}", "lease", text_of(lease, "lease")));
    json_t *r = client_ok(c, "txn.get", "{s:s}", "op", "raw-debit-0000001");
    assert_string_equal(text_of(json_object_get(r, "txn"), "state"), "abandoned");
    json_decref(r);
    client_refused(c, "debit_not_begun", "purse.debit.complete", "{s:s, s:s, s:s, s:s}", "lease",
                   text_of(lease, "lease"), "terminal_seq", "00000001", "time", "20261122080910", "mac1",
                   "00112233");
    json_decref(lease);
}

static void test_psam(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *psam = psam_in_state(c, "ready");
    json_t *lease = client_ok(c, "card.acquire", "{s:s}", "reader", SAM);
    want_sw(c, lease, "00A40000023F00", "9000"); /* what was selected stays selected between two calls */
    json_t *r = transmit(c, lease, "00B0960006");
    assert_string_equal(text_of(r, "data"), text_of(psam, "terminal"));
    json_decref(r);
    json_decref(psam_in_state(c, "lent"));
    r = client_ok(c, "card.reset", "{s:s}", "lease", text_of(lease, "lease"));
    assert_string_equal(text_of(r, "protocol"), "T=0");
    json_decref(r);
    json_decref(client_ok(c, "card.release", "{s:s}", "lease", text_of(lease, "lease")));
    json_decref(lease);
    json_decref(psam);
    /* and the service has its own session again */
    json_decref(psam_in_state(c, "ready"));
    json_decref(client_ok(c, "purse.debit", "{s:s, s:s, s:s, s:i}", "reader", R1, "purse", "ep", "op",
                          "raw-debit-0000001", "amount", 1));
}

/* Once without a lease, and a client that goes away with one. */
static void test_psam_comes_back(void **state)
{
    struct desk *b = *state;
    json_decref(psam_in_state(b->c, "ready"));
    json_t *r = client_ok(b->c, "apdu.transmit", "{s:s, s:s}", "reader", SAM, "command", "00A40000023F00");
    assert_string_equal(text_of(r, "sw"), "9000");
    json_decref(r);
    json_decref(psam_in_state(b->c, "ready"));
    struct client *other = client_new(b->s);
    json_decref(client_ok(other, "card.acquire", "{s:s}", "reader", SAM));
    client_free(&other);
    json_decref(psam_in_state(b->c, "ready"));
    json_t *identity = client_ok(b->c, "card.identity", "{s:s}", "reader", R0);
    assert_string_equal(text_of(identity, "genuine"), "yes");
    json_decref(identity);
}

static void test_psam_refused(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    client_refused(c, "invalid_params", "card.identity", "{s:s}", "reader", SAM);
    json_t *lease = client_ok(c, "card.acquire", "{s:s}", "reader", SAM);
    client_refused(c, "invalid_params", "card.identity", "{s:s}", "lease", text_of(lease, "lease"));
    client_refused(c, "invalid_params", "pin.verify", "{s:s, s:b}", "lease", text_of(lease, "lease"),
                   "status", 1);
    json_decref(lease);
    json_t *r = client_ok(c, "reader.list", NULL); /* a PSAM is no card */
    assert_true(json_is_null(json_object_get(json_array_get(json_object_get(r, "readers"), 2), "card")));
    json_decref(r);
    json_decref(client_ok(c, "card.info", "{s:s}", "reader", R0));
}

static void test_psam_pulled(void **state)
{
    struct client *c = ((struct desk *)*state)->c;
    json_t *lease = client_ok(c, "card.acquire", "{s:s}", "reader", SAM);
    json_decref(client_ok(c, "sim.remove", "{s:s}", "reader", SAM));
    client_refused(c, "lease_invalid", "apdu.transmit", "{s:s, s:s}", "lease", text_of(lease, "lease"),
                   "command", "00A40000023F00");
    client_refused(c, "no_card", "card.acquire", "{s:s}", "reader", SAM);
    json_decref(lease);
    json_decref(client_ok(c, "sim.insert", "{s:s}", "reader", SAM));
    json_decref(psam_in_state(c, "ready"));
}

static void test_money_stays_refused(void **state)
{
    static const char *const commands[] = {
        "805401000F00000001202611220809100011223308", "805200000B2026112208091000112233",
        "B02C01000F000000012026112208091000112233", "B02A00000B2026112208091000112233"};
    static const char *const readers[] = {R0, R1, SAM};
    struct client *c = ((struct desk *)*state)->c;
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 3; k++) {
            client_refused(c, "permission_denied", "apdu.transmit", "{s:s, s:s}", "reader", readers[k],
                           "command", commands[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reset, up, desk_down),
        cmocka_unit_test_setup_teardown(test_reset_gives_up, up, desk_down),
        cmocka_unit_test_setup_teardown(test_psam, up, desk_down),
        cmocka_unit_test_setup_teardown(test_psam_comes_back, up, desk_down),
        cmocka_unit_test_setup_teardown(test_psam_refused, up, desk_down),
        cmocka_unit_test_setup_teardown(test_psam_pulled, up, desk_down),
        cmocka_unit_test_setup_teardown(test_money_stays_refused, up, desk_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
