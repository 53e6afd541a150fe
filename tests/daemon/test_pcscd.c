/* SPDX-License-Identifier: Apache-2.0 */
/* sscardd over a real pcscd, with the simulated card and PSAM behind it as IFD handlers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pcscd.h"
#include "service.h"
#include "stopwatch.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DESK = 0, SAM_SLOT = 1, SOON_MS = 20000 };

struct bed {
    struct test_pcscd *pcscd;
    struct service *s;
    struct client *c;
};

static void start(struct bed *b)
{
    char text[700], journal[96];
    snprintf(journal, sizeof journal, "%s/journal.db", b->s->folder);
    snprintf(text, sizeof text,
             "[daemon]\njournal = %s\nlog-level = debug\n[readers]\ndriver = pcsc\npsam = %s\n", journal,
             b->pcscd->reader[SAM_SLOT]);
    const char *const args[] = {"--config", service_file(b->s, "conf", text), NULL};
    service_start(b->s, args);
    b->c = client_new(b->s);
}

static int up(void **state)
{
    static const char *const names[] = {"Desk", "Box SAM"};
    struct bed *b = calloc(1, sizeof *b);
    b->pcscd = test_pcscd_new(names, 2);
    test_pcscd_insert(b->pcscd, DESK, "ssc-3.0");
    test_pcscd_insert(b->pcscd, SAM_SLOT, "psam");
    test_pcscd_start(b->pcscd);
    b->s = service_new();
    start(b);
    *state = b;
    return 0;
}

static int down(void **state)
{
    struct bed *b = *state;
    client_free(&b->c);
    service_free(&b->s);
    test_pcscd_free(&b->pcscd);
    free(b);
    return 0;
}

static void wait_for(struct bed *b, const char *state)
{
    json_decref(client_ok(b->c, "card.wait", "{s:s, s:s, s:i}", "reader", b->pcscd->reader[DESK], "state",
                          state, "deadline_ms", SOON_MS));
}

static json_t *debit(struct bed *b, const char *op)
{
    return client_call(b->c, "purse.debit", "{s:s, s:i, s:{s:s}}", "op", op, "amount", 1250, "pin", "secret",
                       "123456");
}

static void test_identity_and_debit(void **state)
{
    struct bed *b = *state;
    wait_for(b, "present");
    json_t *r = client_ok(b->c, "card.identity", NULL); /* one card, so nobody need name the reader */
    assert_string_equal(text_of(r, "name"), "张三");
    assert_string_equal(text_of(r, "genuine"), "yes");
    json_decref(r);
    r = debit(b, "sale-0000000000001");
    assert_string_equal(text_of(json_object_get(json_object_get(r, "result"), "txn"), "state"), "confirmed");
    json_decref(r);
    r = client_ok(b->c, "system.ping", NULL);
    assert_string_equal(text_of(json_object_get(r, "pcsc"), "driver"), "pcsc");
    assert_true(json_is_true(json_object_get(json_array_get(json_object_get(r, "psam"), 0), "ok")));
    json_decref(r);
}

static void test_insert_and_remove(void **state)
{
    struct bed *b = *state;
    wait_for(b, "present");
    json_decref(client_ok(b->c, "events.subscribe", NULL));
    json_decref(client_ok(b->c, "card.info", NULL));
    for (int i = 0; i < 3; i++) {
        test_pcscd_remove(b->pcscd, DESK);
        json_decref(client_event(b->c, "card.removed", SOON_MS));
        client_refused(b->c, "no_card", "card.info", NULL);
        test_pcscd_insert(b->pcscd, DESK, "ssc-3.0");
        json_t *event = client_event(b->c, "card.inserted", SOON_MS);
        json_decref(client_ok(b->c, "card.identity", "{s:s}", "card", text_of(event, "card")));
        json_decref(event);
    }
}

static void test_pcscd_dies_and_comes_back(void **state)
{
    struct bed *b = *state;
    wait_for(b, "present");
    json_decref(client_ok(b->c, "card.identity", NULL));
    json_t *lease = client_ok(b->c, "card.acquire", NULL);
    json_decref(client_ok(b->c, "events.subscribe", NULL));
    test_pcscd_kill(b->pcscd);
    json_decref(client_event(b->c, "service.lost", SOON_MS));
    client_refused(b->c, "lease_invalid", "card.info", "{s:s}", "lease", text_of(lease, "lease"));
    client_refused(b->c, "reader_service_absent", "card.identity", NULL);
    json_t *r = client_ok(b->c, "system.ping", NULL); /* the daemon itself is well */
    assert_true(json_is_false(json_object_get(json_object_get(r, "pcsc"), "ok")));
    json_decref(r);
    test_pcscd_start(b->pcscd);
    json_decref(client_event(b->c, "service.back", SOON_MS));
    wait_for(b, "present");
    r = client_ok(b->c, "card.identity", NULL);
    assert_string_equal(text_of(r, "genuine"), "yes"); /* the PSAM is back as well */
    json_decref(r);
    json_decref(lease);
}

/* A transmit that never returns: the caller is answered on time, everybody is told, and when the reader comes
 * back to its senses it is used again. */
static void test_reader_hangs(void **state)
{
    struct bed *b = *state;
    wait_for(b, "present");
    json_decref(client_ok(b->c, "events.subscribe", NULL));
    json_decref(client_ok(b->c, "card.identity", NULL));
    json_t *lease = client_ok(b->c, "card.acquire", NULL);
    test_pcscd_fault(b->pcscd, DESK, "hang\n");
    struct stopwatch watch = stopwatch_start();
    client_refused(b->c, "deadline_exceeded", "card.identity", "{s:s, s:i}", "lease", text_of(lease, "lease"),
                   "deadline_ms", 300);
    assert_took(&watch, 250, 300 + STOPWATCH_OVERRUN_MS);
    json_decref(client_event(b->c, "reader.wedged", SOON_MS));
    watch = stopwatch_start();
    client_refused(b->c, "reader_wedged", "card.identity", NULL);
    assert_in_time(&watch, 0);
    client_refused(b->c, "lease_invalid", "card.info", "{s:s}", "lease", text_of(lease, "lease"));
    json_t *r = client_ok(b->c, "reader.list", NULL);
    assert_string_equal(text_of(json_array_get(json_object_get(r, "readers"), 0), "state"), "wedged");
    json_decref(r);
    test_pcscd_fault(b->pcscd, DESK, NULL);
    json_decref(client_event(b->c, "reader.recovered", 2 * SOON_MS));
    json_decref(client_ok(b->c, "card.identity", NULL));
    json_decref(lease);
}

/* The op and its outcome outlive the daemon. */
static void test_daemon_killed(void **state)
{
    struct bed *b = *state;
    wait_for(b, "present");
    json_t *r = debit(b, "sale-0000000000001");
    json_decref(r);
    client_free(&b->c);
    assert_int_equal(service_stop(b->s, SIGKILL), -SIGKILL);
    start(b);
    wait_for(b, "present");
    r = debit(b, "sale-0000000000001");
    assert_true(json_is_true(json_object_get(json_object_get(r, "result"), "repeated")));
    json_decref(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_identity_and_debit, up, down),
        cmocka_unit_test_setup_teardown(test_insert_and_remove, up, down),
        cmocka_unit_test_setup_teardown(test_pcscd_dies_and_comes_back, up, down),
        cmocka_unit_test_setup_teardown(test_reader_hangs, up, down),
        cmocka_unit_test_setup_teardown(test_daemon_killed, up, down),
    };
    return test_pcscd_installed() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
