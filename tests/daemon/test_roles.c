/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what; the kernel says who it is. */
#include "service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOBODY 65534

/* As another user, in a process of its own: the assertions' outcome is its exit status. */
static void as_user(struct service *s, uid_t uid, void (*act)(struct client *c))
{
    int status = 0;
    fflush(NULL);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (setgid(NOBODY) != 0 || setuid(uid) != 0) {
            _exit(99);
        }
        struct client *c = client_new(s);
        act(c);
        client_free(&c);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* In the child cmocka's assertions cannot be used: they would run the parent's tests on. */
static void want(bool right, const char *what)
{
    if (!right) {
        fprintf(stderr, "%s\n", what);
        _exit(1);
    }
}

static void want_symbol(struct client *c, const char *method, const char *op, const char *symbol)
{
    json_t *answer = op ? client_call(c, method, "{s:s, s:s, s:i}", "reader", R1, "op", op, "amount", 1)
                        : client_call(c, method, "{s:s}", "reader", R1);
    if (strcmp(symbol_of(answer), symbol) != 0) {
        fprintf(stderr, "%s: %s instead of %s\n", method, symbol_of(answer), symbol);
        _exit(1);
    }
    json_decref(answer);
}

static void start(struct service *s, const char *roles)
{
    char text[300];
    snprintf(text, sizeof text, "[daemon]\nsocket-mode = 0666\n[roles]\n%s\n", roles);
    const char *file = service_file(s, "conf", text);
    const char *const args[] = {"--sim", "--config", file, NULL};
    service_start(s, args);
}

static void viewer(struct client *c)
{
    json_t *r = client_call(c, "system.hello", NULL);
    want(strcmp(text_of(json_object_get(r, "result"), "role"), "viewer") == 0, "not a viewer");
    json_decref(r);
    want_symbol(c, "reader.list", NULL, "");
    want_symbol(c, "events.subscribe", NULL, "");
    want_symbol(c, "card.info", NULL, "permission_denied");
    want_symbol(c, "card.identity", NULL, "permission_denied");
    want_symbol(c, "purse.debit", "sale-0000000000001", "permission_denied");
    want_symbol(c, "txn.list", NULL, "permission_denied");
    want_symbol(c, "apdu.transmit", NULL, "permission_denied");
    want_symbol(c, "trace.start", NULL, "permission_denied");
    want_symbol(c, "sim.remove", NULL, "permission_denied");
    want_symbol(c, "no.such", NULL, "method_not_found");
}

static void biller(struct client *c)
{
    want_symbol(c, "card.info", NULL, "");
    want_symbol(c, "purse.debit", "sale-0000000000001", "pin_required");
    want_symbol(c, "pin.unblock", "unblock-000000001", "permission_denied");
    want_symbol(c, "card.write", "write-000000000001", "permission_denied");
    want_symbol(c, "card.reset", NULL, "permission_denied");
    json_t *answer =
        client_call(c, "card.acquire", "{s:s}", "reader", SAM); /* the card's owner, not the PSAM's */
    want(strcmp(symbol_of(answer), "permission_denied") == 0, "got the PSAM");
    json_decref(answer);
    answer = client_call(c, "txn.get", "{s:i}", "id", 1);
    want(strcmp(symbol_of(answer), "transaction_not_found") == 0, "saw another user's transaction");
    json_decref(answer);
    answer = client_call(c, "txn.list", NULL);
    want(json_array_size(json_object_get(json_object_get(answer, "result"), "txns")) == 0,
         "lists others' rows");
    json_decref(answer);
    answer = client_call(c, "txn.resolve", "{s:i, s:s}", "id", 1, "decision", "done");
    want(strcmp(symbol_of(answer), "permission_denied") == 0, "decided");
    json_decref(answer);
}

static void turned_away(struct client *c)
{
    bool closed = false;
    json_t *answer = client_read(c, 3000, &closed);
    want(answer && strcmp(symbol_of(answer), "permission_denied") == 0, "not turned away");
    json_decref(answer);
    want(client_read(c, 3000, &closed) == NULL && closed, "not closed");
}

static int up(void **state)
{
    *state = service_new();
    return 0;
}

static int down(void **state)
{
    service_free((struct service **)state);
    return 0;
}

static bool root(void)
{
    return geteuid() == 0; /* only root can be somebody else */
}

static void test_viewer_by_default(void **state)
{
    if (!root()) {
        skip();
    }
    start(*state, "");
    as_user(*state, NOBODY, viewer);
}

static void test_biller_by_user(void **state)
{
    if (!root()) {
        skip();
    }
    start(*state, "user:nobody = biller\nother = none");
    struct client *c = client_new(*state);
    json_decref(client_ok(c, "purse.debit", "{s:s, s:s, s:i, s:{s:s}}", "reader", R1, "op",
                          "sale-0000000000001", "amount", 1, "pin", "secret", "123456"));
    as_user(*state, NOBODY, biller); /* op keys are each user's own */
    as_user(*state, 4711, turned_away);
    client_free(&c);
}

static void test_biller_by_group(void **state)
{
    if (!root()) {
        skip();
    }
    start(*state, "group:65534 = biller\nuser:4711 = viewer");
    struct client *c = client_new(*state);
    json_decref(client_ok(c, "purse.debit", "{s:s, s:s, s:i, s:{s:s}}", "reader", R1, "op",
                          "sale-0000000000001", "amount", 1, "pin", "secret", "123456"));
    as_user(*state, 4711, biller); /* of several that fit, the highest counts */
    client_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_viewer_by_default, up, down),
        cmocka_unit_test_setup_teardown(test_biller_by_user, up, down),
        cmocka_unit_test_setup_teardown(test_biller_by_group, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
