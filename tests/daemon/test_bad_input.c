/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that lie: each gets a clear error, and the service goes on for everybody else. */
#include "service.h"
#include "stopwatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* The next answer is an error with this symbol, and the connection still works. */
static void expect(struct client *c, const char *symbol)
{
    json_t *answer = client_read(c, 5000, NULL);
    assert_non_null(answer);
    assert_string_equal(symbol_of(answer), symbol);
    json_decref(answer);
}

static void still_works(struct client *c)
{
    json_decref(client_ok(c, "system.hello", NULL));
}

static void test_lines(void **state)
{
    static const struct {
        const char *line, *symbol;
    } rows[] = {
        {"{", "parse_error"},
        {"}", "parse_error"},
        {"hello", "parse_error"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"system.ping\"} {}", "parse_error"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"system.ping\"}", "parse_error"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\xfe\"}", "parse_error"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\\u0000b\"}", "parse_error"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xed\xa0\x80\"}", "parse_error"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1e999,\"method\":\"system.hello\"}", "parse_error"},
        {"[]", "invalid_request"},
        {"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"system.ping\"}]", "invalid_request"},
        {"5", "invalid_request"},
        {"null", "invalid_request"},
        {"\"text\"", "invalid_request"},
        {"{}", "invalid_request"},
        {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"system.ping\"}", "invalid_request"},
        {"{\"jsonrpc\":2.0,\"id\":1,\"method\":\"system.ping\"}", "invalid_request"},
        {"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"system.ping\"}", "invalid_request"},
        {"{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"system.ping\"}", "invalid_request"},
        {"{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"system.ping\"}", "invalid_request"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1}", "invalid_request"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", "invalid_request"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"system.ping\",\"params\":[1]}", "invalid_request"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"system.ping\",\"params\":null}", "invalid_request"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\"}", "method_not_found"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"no.such\"}", "method_not_found"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"system.ping \"}", "method_not_found"},
    };
    struct client *c = client_new(*state);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client_line(c, rows[i].line);
        json_t *answer = client_read(c, 5000, NULL);
        assert_non_null(answer);
        if (strcmp(symbol_of(answer), rows[i].symbol) != 0) {
            print_message("%s\n", rows[i].line);
        }
        assert_string_equal(symbol_of(answer), rows[i].symbol);
        json_decref(answer);
    }
    still_works(c);
    client_free(&c);
}

static void test_nul_byte(void **state)
{
    static const char line[] = "{\"jsonrpc\":\"2.0\",\0\"id\":1,\"method\":\"system.hello\"}\n";
    struct client *c = client_new(*state);
    client_send(c, line, sizeof line - 1);
    expect(c, "parse_error");
    still_works(c);
    client_free(&c);
}

static void test_depth(void **state)
{
    char line[4096];
    struct client *c = client_new(*state);
    for (unsigned depth = 15; depth <= 17; depth++) {
        size_t n = (size_t)snprintf(line, sizeof line,
                                    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"system.hello\",\"x\":");
        memset(line + n, '[', depth - 1);
        memset(line + n + depth - 1, ']', depth - 1);
        snprintf(line + n + 2 * (depth - 1), 2, "}");
        client_line(c, line);
        expect(c, depth <= 16 ? "" : "invalid_request");
    }
    char *deep = malloc(60001); /* a parser that recurses would be somewhere else by now */
    memset(deep, '[', 60000);
    deep[60000] = '\0';
    client_line(c, deep);
    expect(c, "invalid_request");
    free(deep);
    still_works(c);
    client_free(&c);
}

static void test_huge_lines(void **state)
{
    static const char hello[] = "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"system.hello\"}";
    const size_t size = 1 << 20;
    char *line = malloc(size + 1);
    struct client *c = client_new(*state);
    memset(line, 'x', size);
    line[size] = '\0';
    client_line(c, line); /* the rest of the line is skipped, not taken for requests */
    expect(c, "line_too_long");
    still_works(c);
    /* exactly the limit is a line, one more is not */
    memset(line, ' ', size);
    memcpy(line, hello, strlen(hello));
    line[65536] = '\0';
    client_line(c, line);
    expect(c, "");
    line[65536] = ' ';
    line[65537] = '\0';
    client_line(c, line);
    expect(c, "line_too_long");
    still_works(c);
    free(line);
    client_free(&c);
}

static void test_pieces_and_blanks(void **state)
{
    static const char text[] = "\n  \r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"system.hello\"}\r\n";
    struct client *c = client_new(*state);
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        client_send(c, text + i, 1);
    }
    expect(c, "");
    client_free(&c);
}

static void test_half_line(void **state)
{
    bool closed = false;
    struct client *c = client_new(*state);
    client_send(c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"meth", 28);
    shutdown(c->fd, SHUT_WR);
    expect(c, "parse_error");
    assert_null(client_read(c, 5000, &closed));
    assert_true(closed);
    client_free(&c);
    /* who ends its side after a whole line still gets the answer */
    c = client_new(*state);
    client_line(c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"card.identity\",\"params\":{\"reader\":\"" R0
                   "\"}}");
    shutdown(c->fd, SHUT_WR);
    expect(c, "");
    assert_null(client_read(c, 5000, &closed));
    assert_true(closed);
    client_free(&c);
}

static void test_wrong_types(void **state)
{
    static const char *const amounts[] = {"\"1250\"",   "12.5", "1250.0", "-1",
                                          "4294967296", "null", "true",   "[1250]"};
    char line[300];
    struct client *c = client_new(*state);
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        snprintf(line, sizeof line,
                 "{\"jsonrpc\":\"2.0\",\"id\":%zu,\"method\":\"purse.debit\",\"params\":{\"reader\":\"" R0
                 "\",\"op\":\"sale-0000000000001\",\"amount\":%s}}",
                 i, amounts[i]);
        client_line(c, line);
        expect(c, "invalid_params");
    }
    client_refused(c, "invalid_params", "purse.debit", "{s:s, s:s, s:i}", "reader", R0, "op",
                   "sale-0000000000001", "amount", 0);
    client_refused(c, "card_image_invalid", "sim.insert", "{s:s, s:s}", "reader", R0, "image",
                   "/no/such.json");
    json_decref(client_ok(c, "sim.insert", "{s:s, s:s}", "reader", R0, "image", "ssc-3.0"));
    client_refused(c, "invalid_params", "card.info", "{s:i}", "reader", 1);
    client_refused(c, "invalid_params", "card.info", "{s:s, s:i}", "reader", R0, "deadline_ms", 0);
    client_refused(c, "invalid_params", "card.read", "{s:s, s:s, s:s}", "reader", R0, "file", "SSSEEF05",
                   "elements", "28");
    client_refused(c, "op_required", "purse.debit", "{s:s, s:i}", "reader", R0, "amount", 1);
    client_refused(c, "invalid_params", "purse.debit", "{s:s, s:i, s:s}", "reader", R0, "amount", 1, "op",
                   "short");
    client_refused(c, "invalid_params", "purse.debit", "{s:s, s:i, s:s}", "reader", R0, "amount", 1, "op",
                   "sixteen chars, but spaces");
    client_free(&c);
}

static void test_ids(void **state)
{
    struct client *c = client_new(*state);
    static const char *const ids[] = {"null", "\"a\"", "-7", "1.5"};
    char line[200];
    for (size_t i = 0; i < 4; i++) {
        snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"system.hello\"}", ids[i]);
        client_line(c, line);
        json_t *answer = client_read(c, 5000, NULL);
        json_t *wanted = json_loads(ids[i], JSON_DECODE_ANY, NULL);
        assert_true(json_equal(json_object_get(answer, "id"), wanted));
        json_decref(wanted);
        json_decref(answer);
    }
    /* the same id twice at a time */
    client_line(c, "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"card.wait\",\"params\":{\"reader\":\"" R0
                   "\",\"state\":\"absent\",\"deadline_ms\":300}}");
    client_line(c, "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"system.hello\"}");
    expect(c, "invalid_request");
    expect(c, "card_still_there");
    /* a notification is executed and not answered, but never writes */
    client_line(c, "{\"jsonrpc\":\"2.0\",\"method\":\"events.subscribe\"}");
    client_line(c, "{\"jsonrpc\":\"2.0\",\"method\":\"no.such\"}");
    client_line(c, "{\"jsonrpc\":\"2.0\",\"method\":\"purse.debit\",\"params\":{\"reader\":\"" R1
                   "\",\"op\":\"sale-0000000000009\",\"amount\":1}}");
    client_refused(c, "transaction_not_found", "txn.get", "{s:s}", "op", "sale-0000000000009");
    json_decref(client_ok(c, "sim.remove", "{s:s}", "reader", R0));
    json_decref(client_event(c, "card.removed", 2000));
    client_free(&c);
}

static void test_too_many_calls(void **state)
{
    struct client *c = client_new(*state);
    unsigned full = 0;
    for (int i = 0; i < 70; i++) {
        client_post(c, "card.wait", "{s:s, s:s, s:i}", "reader", R0, "state", "absent", "deadline_ms", 500);
    }
    for (int i = 0; i < 70; i++) {
        json_t *answer = client_read(c, 5000, NULL);
        full += strcmp(symbol_of(answer), "queue_full") == 0;
        json_decref(answer);
    }
    assert_int_equal(full, 6);
    still_works(c);
    client_free(&c);
}

/* Never reading: its memory here is bounded, and nobody else notices. */
static void test_never_reading(void **state)
{
    static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.discover\"}\n";
    struct client *deaf = client_new(*state);
    struct client *c = client_new(*state);
    size_t sent = 0;
    ssize_t n = 1;
    const int64_t limit = now_ms() + 1500;
    while (now_ms() < limit && sent < (64u << 20)) {
        n = send(deaf->fd, line, sizeof line - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        if (n < 0) {
            sleep_ms(1);
        }
    }
    assert_true(sent < (8u << 20)); /* the daemon has stopped reading long ago */
    const struct stopwatch watch = stopwatch_start();
    still_works(c);
    assert_took(&watch, 0, 500);
    client_free(&deaf);
    still_works(c);
    client_free(&c);
}

static void test_thousand_connections(void **state)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < 1200) {
        skip();
    }
    struct client **all = calloc(1100, sizeof *all);
    unsigned refused = 0;
    for (size_t i = 0; i < 1100; i++) {
        all[i] = client_new(*state);
    }
    for (size_t i = 0; i < 1100; i++) {
        bool closed = false;
        if (send(all[i]->fd, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"system.hello\"}\n", 50,
                 MSG_NOSIGNAL) < 0) {
            closed = true;
        }
        json_t *answer = client_read(all[i], 20000, &closed);
        if (answer) {
            refused += strcmp(symbol_of(answer), "too_many_clients") == 0;
        } else {
            refused++; /* closed before it could read why */
        }
        json_decref(answer);
    }
    assert_in_range(refused, 1100 - 1024, 1100 - 1024 + 3); /* some of an earlier test may still be closing */
    for (size_t i = 0; i < 1100; i++) {
        client_free(&all[i]);
    }
    free(all);
    const int64_t until = now_ms() + 20000; /* until it has noticed that they are gone */
    bool full = true;
    while (full) {
        struct client *c = client_new(*state);
        json_t *answer = client_call(c, "system.hello", NULL);
        full = symbol_of(answer)[0] != '\0' && now_ms() < until;
        json_decref(answer);
        client_free(&c);
    }
    struct client *c = client_new(*state);
    still_works(c);
    client_free(&c);
}

/* Whatever is said about a failure is said in both languages. */
static void test_details_in_two_languages(void **state)
{
    struct client *c = client_new(*state);
    static const struct {
        const char *method, *params;
    } bad[] = {
        {"purse.debit", "{\"op\":\"short\",\"amount\":1}"},
        {"purse.debit", "{\"op\":\"detail-00000000001\",\"amount\":0}"},
        {"card.info", "{\"reader\":\"nowhere\"}"},
        {"card.wait", "{\"state\":\"maybe\"}"},
        {"card.write", "{\"op\":\"detail-00000000002\",\"file\":\"DF01EF05\"}"},
        {"system.hello", "{\"protocol\":99}"},
        {"txn.get", "{}"},
        {"system.ping", "[]"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char line[200];
        snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}",
                 bad[i].method, bad[i].params);
        client_line(c, line);
        json_t *answer = client_read(c, 5000, NULL);
        const json_t *data = json_object_get(json_object_get(answer, "error"), "data");
        assert_true(text_of(data, "detail")[0] != '\0');
        assert_true(text_of(data, "detail_zh")[0] != '\0');
        assert_string_not_equal(text_of(data, "detail_zh"), text_of(data, "detail"));
        json_decref(answer);
    }
    client_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_nul_byte),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_huge_lines),
        cmocka_unit_test(test_pieces_and_blanks),
        cmocka_unit_test(test_half_line),
        cmocka_unit_test(test_wrong_types),
        cmocka_unit_test(test_too_many_calls),
        cmocka_unit_test(test_never_reading),
        cmocka_unit_test(test_thousand_connections),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_details_in_two_languages),
    };
    return cmocka_run_group_tests(tests, up, down);
}
