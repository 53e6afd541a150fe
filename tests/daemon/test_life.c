/* SPDX-License-Identifier: Apache-2.0 */
/* Start, stop, configuration, and what must never be found in the log. */
#include "service.h"
#include "stopwatch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

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

static void test_stop_answers_everybody(void **state)
{
    struct service *s = *state;
    service_sim(s, NULL, false);
    struct client *a = client_new(s), *b = client_new(s), *idle = client_new(s);
    json_t *lease = client_ok(a, "card.acquire", "{s:s}", "reader", R0);
    const int64_t waiting = client_post(b, "card.info", "{s:s}", "reader", R0);
    const int64_t wait = client_post(b, "card.wait", "{s:s, s:s}", "reader", R0, "state", "absent");
    json_decref(client_ok(b, "system.ping", NULL)); /* the two before it have arrived */
    const struct stopwatch watch = stopwatch_start();
    kill(s->pid, SIGTERM);
    const int64_t ids[] = {waiting, wait};
    for (size_t i = 0; i < 2; i++) {
        json_t *answer = client_answer(b, ids[i]);
        assert_string_equal(symbol_of(answer), "shutting_down");
        json_decref(answer);
    }
    bool closed = false;
    assert_null(client_read(idle, 20000, &closed));
    assert_true(closed);
    assert_int_equal(service_stop(s, SIGTERM), 0);
    assert_took(&watch, 0, 1000);
    assert_int_not_equal(access(s->socket, F_OK), 0);
    json_decref(lease);
    client_free(&a);
    client_free(&b);
    client_free(&idle);
}

static void test_stop_lets_a_debit_end(void **state)
{
    struct service *s = *state;
    service_sim(s, NULL, true);
    struct client *c = client_new(s);
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:s, s:s, s:i}", "reader", R1, "kind", "slow", "cla",
                          "80", "ins", "54", "arg", 2000));
    const int64_t id = client_post(c, "purse.debit", "{s:s, s:s, s:i, s:{s:s}}", "reader", R1, "op",
                                   "sale-0000000000001", "amount", 100, "pin", "secret", "123456");
    stopwatch_nap(150);
    kill(s->pid, SIGTERM);
    json_t *answer = client_answer(c, id);
    assert_string_equal(text_of(json_object_get(json_object_get(answer, "result"), "txn"), "state"),
                        "confirmed");
    json_decref(answer);
    assert_int_equal(service_stop(s, SIGTERM), 0);
    client_free(&c);
}

static void test_second_daemon(void **state)
{
    struct service *s = *state;
    service_sim(s, NULL, true);
    int status = 0;
    const char *const same_socket[] = {"--sim", "--socket", s->socket, NULL};
    char *text = service_run(same_socket, &status);
    assert_int_equal(status, 3);
    assert_non_null(strstr(text, "Another sscardd"));
    free(text);
    char other[160];
    snprintf(other, sizeof other, "%s/other", s->folder);
    const char *const same_journal[] = {"--sim", "--socket", other, "--state", s->state, NULL};
    text = service_run(same_journal, &status);
    assert_int_equal(status, 3);
    free(text);
    struct client *c = client_new(s); /* the first one did not notice */
    json_decref(client_ok(c, "card.info", "{s:s}", "reader", R0));
    client_free(&c);
}

static void test_leftover_socket(void **state)
{
    struct service *s = *state;
    service_sim(s, NULL, false);
    service_stop(s, SIGKILL);
    assert_int_equal(access(s->socket, F_OK), 0);
    service_sim(s, NULL, false);
    struct client *c = client_new(s);
    json_decref(client_ok(c, "system.hello", NULL));
    client_free(&c);
    struct stat st;
    assert_int_equal(stat(s->socket, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
}

/* A mistyped path must not cost anybody a file, and a living socket is not taken from who owns it. */
static void test_path_in_use(void **state)
{
    struct service *s = *state;
    int status = 0;
    const char *path = service_file(s, "precious", "somebody's file");
    const char *const on_file[] = {"--sim", "--socket", path, NULL};
    char *text = service_run(on_file, &status);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISREG(st.st_mode) && st.st_size > 0);
    assert_int_not_equal(status, 0);
    assert_non_null(strstr(text, "no socket"));
    free(text);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", s->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    const char *const living[] = {"--sim", "--socket", s->socket, NULL};
    text = service_run(living, &status);
    assert_int_equal(status, 3);
    assert_non_null(strstr(text, "another program listens"));
    free(text);
    close(fd);
    service_sim(s, NULL, false); /* now it is a leftover */
    struct client *c = client_new(s);
    json_decref(client_ok(c, "system.hello", NULL));
    client_free(&c);
}

static void test_configuration(void **state)
{
    struct service *s = *state;
    static const struct {
        const char *text, *complaint;
    } rows[] = {
        {"[daemon]\nsokcet = /x\n", "sokcet"},
        {"[daemon]\nmax-clients = many\n", "max-clients"},
        {"[daemon]\nmax-clients = 0\n", "max-clients"},
        {"[daemon]\nsocket-mode = 999\n", "socket-mode"},
        {"[daemon]\nsocket = relative\n", "absolute"},
        {"[daemon]\nlog-level = loud\n", "log-level"},
        {"[daemon]\ndeadline-ms = 5000\nmax-deadline-ms = 100\n", "max-deadline-ms"},
        {"[readers]\ndriver = usb\n", "driver"},
        {"[readers]\nexclusive = perhaps\n", "yes or no"},
        {"[roles]\nuser:no-such-user-here = biller\n", "no-such-user-here"},
        {"[roles]\nother = king\n", "king"},
        {"[no-such-section]\nx = y\n", "no-such-section"},
        {"[daemon]\njust words\n", "line 2"},
    };
    int status = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const args[] = {"--check-config", "--config", service_file(s, "conf", rows[i].text),
                                    NULL};
        char *text = service_run(args, &status);
        assert_int_equal(status, 2);
        if (!strstr(text, rows[i].complaint)) {
            print_message("%s%s", rows[i].text, text);
        }
        assert_non_null(strstr(text, rows[i].complaint));
        free(text);
    }
    const char *const folder[] = {"--check-config", "--config", s->folder, NULL};
    free(service_run(folder, &status));
    assert_int_equal(status, 2);
    const char *const shipped[] = {"--check-config", "--config", SSC_DOCS "/sscardd.conf", NULL};
    free(service_run(shipped, &status));
    assert_int_equal(status, 0);
    const char *const typed_here[] = {"--check-config", "--sim",     "--state", "cards", "--socket",
                                      "x.sock",         "--journal", "x.db",    NULL};
    free(service_run(typed_here, &status));
    assert_int_equal(status, 0);
    const char *const nowhere[] = {"--check-config", "--sim", "--journal", "", NULL};
    free(service_run(nowhere, &status));
    assert_int_equal(status, 2);
    const char *const unknown[] = {"--no-such-option", NULL};
    free(service_run(unknown, &status));
    assert_int_equal(status, 2);
}

static void test_roles_are_read_again(void **state)
{
    struct service *s = *state;
    const char *file = service_file(s, "conf", "[daemon]\nlog-level = info\n");
    const char *const args[] = {"--sim", "--config", file, NULL};
    service_start(s, args);
    service_file(s, "conf", "[daemon]\nlog-level = debug\n[roles]\nother = reader\n");
    kill(s->pid, SIGHUP);
    const int64_t limit = now_ms() + 20000;
    bool told = false;
    while (!told && now_ms() < limit) {
        char *log = service_log(s);
        told = strstr(log, "read again") != NULL;
        free(log);
        sleep_ms(5);
    }
    assert_true(told);
}

/* The service manager listens, starts us with the socket, and is told when we are ready. */
static void test_socket_activation(void **state)
{
    enum { WORDS = 50 }; /* so many that the time of the start, which is in it, matters little */
    struct service *s = *state;
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char notify[128], told[64] = "";
    snprintf(a.sun_path, sizeof a.sun_path, "%s/n", s->folder);
    snprintf(notify, sizeof notify, "%s", a.sun_path);
    const int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(manager, (struct sockaddr *)&a, sizeof a), 0);
    snprintf(a.sun_path, sizeof a.sun_path, "%s", s->socket);
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(listener, 16), 0);
    setenv("NOTIFY_SOCKET", notify, 1);
    setenv("WATCHDOG_USEC", "40000", 1);
    service_pass(listener);
    const int64_t first = now_ms();
    service_sim(s, NULL, true);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    assert_true(recv(manager, told, sizeof told - 1, 0) > 0);
    assert_string_equal(told, "READY=1");
    for (int i = 0; i < WORDS; i++) { /* alive, and no oftener than was asked */
        memset(told, 0, sizeof told);
        assert_true(recv(manager, told, sizeof told - 1, 0) > 0);
        assert_string_equal(told, "WATCHDOG=1");
    }
    assert_true(now_ms() - first >= WORDS * 20);
    struct client *c = client_new(s);
    json_decref(client_ok(c, "system.hello", NULL));
    client_free(&c);
    assert_int_equal(service_stop(s, SIGTERM), 0);
    assert_int_equal(access(s->socket, F_OK), 0); /* the manager's file is not ours to remove */
    close(listener);
    close(manager);
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    char *text = calloc(1, 1 << 20);
    const size_t n = fread(text, 1, (1 << 20) - 1, f);
    assert_true(n > 0);
    fclose(f);
    return text;
}

/* Change the table, then build the target docs. */
static void test_docs_are_up_to_date(void **state)
{
    (void)state;
    int status = 0;
    static const char *const pages[][2] = {
        {"--describe=api", SSC_DOCS "/api.md"},
        {"--describe=api-zh", SSC_DOCS "/zh_CN/api.md"},
        {"--describe=errors", SSC_DOCS "/errors.md"},
        {"--describe=errors-zh", SSC_DOCS "/zh_CN/errors.md"},
    };
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        const char *const args[] = {pages[i][0], NULL};
        char *page = service_run(args, &status);
        char *kept = read_file(pages[i][1]);
        assert_int_equal(status, 0);
        assert_string_equal(page, kept);
        free(page);
        free(kept);
    }
    /* No sentence is kept that no page says any more. */
    static const char *const sentences[] = {
#define SSC_ZH(en, zh) en,
#include "daemon/texts_zh.def"
#undef SSC_ZH
    };
    char *english = read_file(SSC_DOCS "/api.md"), *errors = read_file(SSC_DOCS "/errors.md");
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        if (!strchr(sentences[i], '|') && !strstr(english, sentences[i]) && !strstr(errors, sentences[i])) {
            fail_msg("daemon/texts_zh.def: no page says \"%s\"", sentences[i]);
        }
    }
    free(english);
    free(errors);
    const char *const openrpc[] = {"--describe", NULL};
    char *made = service_run(openrpc, &status);
    json_t *document = json_loads(made, 0, NULL);
    const json_t *methods = json_object_get(document, "methods");
    assert_true(json_array_size(methods) >= 35);
    for (size_t i = 0; i < json_array_size(methods); i++) { /* every result is in the notation */
        assert_non_null(json_object_get(json_object_get(json_array_get(methods, i), "result"), "schema"));
    }
    json_decref(document);
    free(made);
}

static void test_no_secrets_in_the_log(void **state)
{
    static const char *const secrets[] = {"123456", "654321",   "987654", "111111198101011110",
                                          "张三",   "X00000019"};
    struct service *s = *state;
    service_sim(s, "ssc-3.0,pboc", true);
    struct client *c = client_new(s);
    json_decref(client_ok(c, "card.identity", "{s:s, s:s}", "reader", R0, "parts", "full"));
    json_decref(client_call(c, "pin.verify", "{s:s, s:s}", "reader", R0, "secret", "987654"));
    json_decref(client_ok(c, "pin.change", "{s:s, s:s, s:s, s:s}", "reader", R0, "op", "change-0000000001",
                          "old", "123456", "new", "654321"));
    json_decref(client_ok(c, "purse.debit", "{s:s, s:s, s:i, s:{s:s}}", "reader", R0, "op",
                          "sale-0000000000001", "amount", 5, "pin", "secret", "654321"));
    client_line(
        c,
        "{\"jsonrpc\":\"2.0\",\"id\":77,\"method\":\"pin.verify\",\"params\":{\"secret\":\"654321\" broken");
    json_t *answer = client_read(c, 2000, NULL);
    char *echoed = json_dumps(answer, 0);
    assert_null(strstr(echoed, "654321"));
    free(echoed);
    json_decref(answer);
    client_free(&c);
    service_stop(s, SIGTERM);
    char *log = service_log(s);
    assert_non_null(strstr(log, "audit: purse.debit")); /* it does log */
    assert_non_null(strstr(log, "audit: pin.change"));
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        assert_null(strstr(log, secrets[i]));
    }
    free(log);
    /* and the journal's own table of writes holds no PIN either */
    char path[160];
    snprintf(path, sizeof path, "%s/journal.db", s->state);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    static char bytes[1 << 20];
    const size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    assert_null(memmem(bytes, n, "654321", 6));
}

static void test_forged_log_lines(void **state)
{
    struct service *s = *state;
    service_sim(s, NULL, false);
    struct client *c = client_new(s);
    json_decref(client_ok(c, "system.hello", "{s:s}", "client", "x\nsscardd: audit: forged"));
    client_free(&c);
    char *log = service_log(s);
    assert_null(strstr(log, "\nsscardd: audit: forged"));
    free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stop_answers_everybody, up, down),
        cmocka_unit_test_setup_teardown(test_stop_lets_a_debit_end, up, down),
        cmocka_unit_test_setup_teardown(test_second_daemon, up, down),
        cmocka_unit_test_setup_teardown(test_leftover_socket, up, down),
        cmocka_unit_test_setup_teardown(test_path_in_use, up, down),
        cmocka_unit_test_setup_teardown(test_configuration, up, down),
        cmocka_unit_test_setup_teardown(test_roles_are_read_again, up, down),
        cmocka_unit_test_setup_teardown(test_socket_activation, up, down),
        cmocka_unit_test_setup_teardown(test_docs_are_up_to_date, up, down),
        cmocka_unit_test_setup_teardown(test_no_secrets_in_the_log, up, down),
        cmocka_unit_test_setup_teardown(test_forged_log_lines, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
