/* SPDX-License-Identifier: Apache-2.0 */
/* libsscard against a service that follows a script: half lines, garbage, late and huge answers, restarts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "middleware/client/sscard.h"
#include "stopwatch.h"

#include <pthread.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* One step of the script: wait for a request line (unless quiet), then send text, then perhaps hang up. */
struct step {
    const char *send; /* %1 in it is not special: ids count from 1 per handle */
    int delay_ms;     /* before sending */
    size_t filler;    /* bytes of 'x' sent in front */
    bool quiet;       /* no request expected */
    bool hang_up;
};

struct service {
    char dir[64], path[96];
    int listener;
    pthread_t thread;
    const struct step *steps;
    size_t count;
    char lines[8][4096]; /* requests seen */
    size_t seen;
};

static void sleep_ms(int ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000}, NULL);
}

static void send_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        const ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        if (n <= 0) {
            break;
        }
        text += n;
        len -= (size_t)n;
    }
}

static void read_request(struct service *s, int fd)
{
    char *line = s->lines[s->seen < 7 ? s->seen++ : 7];
    size_t len = 0;
    while (len < sizeof s->lines[0] - 1 && recv(fd, line + len, 1, 0) == 1 && line[len] != '\n') {
        len++;
    }
    line[len] = '\0';
}

static void *serve(void *ctx)
{
    struct service *s = ctx;
    int fd = -1;
    for (size_t i = 0; i < s->count; i++) {
        const struct step *step = &s->steps[i];
        if (fd < 0) {
            fd = accept(s->listener, NULL, NULL);
        }
        if (!step->quiet) {
            read_request(s, fd);
        }
        sleep_ms(step->delay_ms);
        if (step->filler > 0) {
            char *filler = malloc(step->filler);
            memset(filler, 'x', step->filler);
            send_all(fd, filler, step->filler);
            free(filler);
        }
        if (step->send) {
            send_all(fd, step->send, strlen(step->send));
        }
        if (step->hang_up) {
            close(fd);
            fd = -1;
        }
    }
    if (fd >= 0) { /* stay until the client leaves */
        char byte;
        while (recv(fd, &byte, 1, 0) > 0) {
        }
        close(fd);
    }
    return NULL;
}

static void start(struct service *s, const struct step *steps, size_t count)
{
    *s = (struct service){.steps = steps, .count = count};
    snprintf(s->dir, sizeof s->dir, "/tmp/sscard-client-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->path, sizeof s->path, "%s/s", s->dir);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, s->path, strlen(s->path) + 1);
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(s->listener, 8), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void stop(struct service *s)
{
    pthread_join(s->thread, NULL);
    close(s->listener);
    unlink(s->path);
    rmdir(s->dir);
}

#define SCRIPT(...)                                                                                          \
    static const struct step steps[] = {__VA_ARGS__};                                                        \
    struct service s;                                                                                        \
    struct sscard *c = NULL;                                                                                 \
    char *out = NULL;                                                                                        \
    start(&s, steps, sizeof steps / sizeof steps[0]);                                                        \
    assert_int_equal(sscard_open(s.path, sscard_deadline(20000), &c), 0)

#define END()                                                                                                \
    sscard_free(out);                                                                                        \
    sscard_close(&c);                                                                                        \
    assert_null(c);                                                                                          \
    stop(&s)

static int call(struct sscard *c, char **out, int64_t ms)
{
    sscard_free(*out);
    return sscard_call(c, "system.ping", NULL, out, sscard_deadline(ms));
}

static long told_deadline(const char *line)
{
    const char *found = strstr(line, "\"deadline_ms\":");
    return found ? strtol(found + 14, NULL, 10) : -1;
}

static void test_call(void **state)
{
    (void)state;
    SCRIPT({.send = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"name\":\"张三\"}}\n"},
           {.send = "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n"},
           {.send = "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":null}\n"});
    assert_int_equal(
        sscard_call(c, "card.identity", " {\n \"parts\" : \"full\"\n}", &out, sscard_deadline(6000)), 0);
    assert_string_equal(out, "{\"name\":\"张三\"}");
    assert_string_equal(sscard_error_json(c), "");
    assert_int_equal(call(c, &out, 40000), 0);
    sscard_free(out);
    assert_int_equal(sscard_call(c, "a.b", "{\"deadline_ms\":7}", NULL, sscard_deadline(20000)), 0);
    out = NULL;
    END();
    /* 5 % less, at most 500 ms; and what had gone before it was sent */
    assert_in_range(told_deadline(s.lines[0]), 1, 5700);
    assert_non_null(strstr(s.lines[0], ",  \"parts\" : \"full\" }}"));
    assert_non_null(strstr(s.lines[0], "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"card.identity\","));
    assert_in_range(told_deadline(s.lines[1]), 38001, 39500);
    assert_non_null(strstr(s.lines[2], "\"params\":{\"deadline_ms\":7}}"));
}

static void test_error_object(void **state)
{
    (void)state;
    SCRIPT({.send = "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-80,\"message\":\"The PIN is wrong.\","
                    "\"data\":{\"symbol\":\"pin_wrong\","
                    "\"text\":{\"en\":\"The PIN is wrong.\",\"zh\":\"密码错误\"},"
                    "\"remedy\":{\"en\":\"Ask.\",\"zh\":\"重新输入\"},"
                    "\"detail\":\"reader 0\",\"detail_zh\":\"读卡器 0\",\"sw\":\"63C2\",\"tries\":2}}}\n"},
           {.send = "{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":\"?\"}}\n"});
    assert_int_equal(call(c, &out, 20000), -80);
    assert_null(out);
    assert_int_equal(sscard_error_code(c), -80);
    assert_string_equal(sscard_error_symbol(c), "pin_wrong");
    assert_string_equal(sscard_error_text(c, "zh"), "密码错误");
    assert_string_equal(sscard_error_text(c, "fr"), "The PIN is wrong.");
    assert_string_equal(sscard_error_remedy(c, "zh"), "重新输入");
    assert_string_equal(sscard_error_remedy(c, "fr"), "Ask.");
    assert_string_equal(sscard_error_detail(c, "en"), "reader 0");
    assert_string_equal(sscard_error_detail(c, "zh"), "读卡器 0");
    assert_int_equal(sscard_error_sw(c), 0x63C2);
    assert_non_null(strstr(sscard_error_json(c), "\"tries\":2"));
    assert_true(call(c, &out, 20000) < 0); /* an error object without a number is still a failure */
    assert_string_equal(sscard_error_symbol(c), "");
    END();
}

static void test_half_lines(void **state)
{
    (void)state;
    SCRIPT({.send = "{\"jsonrpc\":\"2.0\",\"id\":1,\"res"},
           {.quiet = true, .delay_ms = 30, .send = "ult\":{\"ok\":true}}"},
           {.quiet = true, .delay_ms = 30, .send = "\n{\"jsonrpc\":\"2.0\",\"id\":"},
           {.send = "2,\"result\":{\"two\":2}}\n"});
    assert_int_equal(call(c, &out, 20000), 0);
    assert_string_equal(out, "{\"ok\":true}");
    assert_int_equal(call(c, &out, 20000), 0);
    assert_string_equal(out, "{\"two\":2}");
    END();
}

static void test_closed_in_the_middle(void **state)
{
    (void)state;
    SCRIPT({.send = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":", .hang_up = true},
           {.send = "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"back\":true}}\n"});
    assert_int_equal(call(c, &out, 20000), SSCARD_DAEMON_ABSENT);
    assert_true(sscard_error_sent(c));
    assert_string_equal(sscard_error_symbol(c), "daemon_absent");
    assert_non_null(strstr(sscard_error_json(c), "\"sent\":true"));
    assert_int_equal(sscard_fd(c), -1);
    assert_int_equal(call(c, &out, 20000), 0); /* connects anew by itself */
    assert_string_equal(out, "{\"back\":true}");
    END();
}

static void test_garbage(void **state)
{
    (void)state;
    SCRIPT({.send = "HTTP/1.1 400 Bad Request\r\n", .hang_up = true}, {.send = "[1,2,3]\n", .hang_up = true},
           {.send = "{\"jsonrpc\":\"2.0\",\"id\":3}\n", .hang_up = true},
           {.send = "{\"id\":4,\"result\":\"\xff\xfe\"}\n", .hang_up = true},
           {.send = "{\"id\":5,\"id\":5,\"result\":1}\n", .hang_up = true}, {.send = "\n", .hang_up = true},
           {.send = "{\"id\":7,\"result\":7}\n"});
    for (int i = 0; i < 6; i++) {
        assert_int_equal(call(c, &out, 20000), SSCARD_PARSE_ERROR);
        assert_true(sscard_error_sent(c));
        assert_true(sscard_error_text(c, "zh")[0]);
    }
    assert_int_equal(call(c, &out, 20000), 0);
    assert_string_equal(out, "7");
    END();
}

static void test_deep(void **state)
{
    (void)state;
    static char deep[400100];
    memset(deep, '[', 200000);
    memset(deep + 200000, ']', 200000);
    memcpy(deep + 400000, "\n", 2);
    static struct step steps[] = {{.send = deep, .hang_up = true}};
    struct service s;
    struct sscard *c = NULL;
    char *out = NULL;
    start(&s, steps, 1);
    assert_int_equal(sscard_open(s.path, sscard_deadline(20000), &c), 0);
    assert_int_equal(call(c, &out, 20000), SSCARD_PARSE_ERROR);
    END();
}

static void test_late_answer(void **state)
{
    (void)state;
    SCRIPT({.delay_ms = 1000, .send = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"late\"}\n"},
           {.send = "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":\"mine\"}\n"});
    const struct stopwatch watch = stopwatch_start();
    assert_int_equal(call(c, &out, 50), SSCARD_DEADLINE_EXCEEDED);
    assert_took(&watch, 49, 50 + STOPWATCH_OVERRUN_MS);
    assert_true(sscard_error_sent(c));
    assert_int_equal(call(c, &out, 20000), 0);
    assert_string_equal(out, "\"mine\"");
    END();
}

static void test_huge(void **state)
{
    (void)state;
    SCRIPT({.send = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\""},
           {.quiet = true, .filler = 1000000, .send = "\"}\n"},
           {.filler = 9000000, .send = "\n", .hang_up = true},
           {.send = "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":3}\n"});
    assert_int_equal(call(c, &out, 20000), 0);
    assert_int_equal(strlen(out), 1000002);
    assert_int_equal(call(c, &out, 20000), SSCARD_LINE_TOO_LONG);
    assert_int_equal(call(c, &out, 20000), 0);
    END();
}

#define EVENT(n) "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"seq\":" #n "}}\n"

static void test_events(void **state)
{
    (void)state;
    SCRIPT({.send = EVENT(1) EVENT(2) "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}\n" EVENT(3)},
           {.quiet = true, .delay_ms = 1000, .send = EVENT(4), .hang_up = true});
    assert_int_equal(call(c, &out, 20000), 0);
    sscard_free(out);
    for (int i = 1; i <= 4; i++) {
        char want[32];
        snprintf(want, sizeof want, "\"seq\":%d}", i);
        if (i == 4) {
            struct pollfd p = {.fd = sscard_fd(c), .events = POLLIN};
            assert_int_equal(sscard_event(c, &out, 0), SSCARD_DEADLINE_EXCEEDED);
            assert_null(out);
            assert_int_equal(poll(&p, 1, 20000), 1);
        }
        assert_int_equal(sscard_event(c, &out, sscard_deadline(20000)), 0);
        assert_non_null(strstr(out, want));
        sscard_free(out);
    }
    assert_int_equal(sscard_event(c, &out, sscard_deadline(20000)), SSCARD_DAEMON_ABSENT);
    assert_false(sscard_error_sent(c));
    END();
}

static void test_arguments(void **state)
{
    (void)state;
    SCRIPT({.send = "{\"id\":2,\"result\":1}\n"});
    assert_int_equal(sscard_call(c, "a\"b", NULL, &out, sscard_deadline(20000)), SSCARD_INVALID_ARGUMENT);
    assert_int_equal(sscard_call(c, "", NULL, &out, sscard_deadline(20000)), SSCARD_INVALID_ARGUMENT);
    assert_int_equal(sscard_call(c, "a.b", "[1]", &out, sscard_deadline(20000)), SSCARD_INVALID_ARGUMENT);
    assert_false(sscard_error_sent(c));
    assert_int_equal(sscard_call(c, "a.b", "{}", &out, sscard_deadline(20000)), 0);
    END();
}

static void test_absent(void **state)
{
    (void)state;
    struct sscard *c = NULL;
    assert_int_equal(sscard_open("/nonexistent/\xFF.sock", sscard_deadline(20000), &c), SSCARD_DAEMON_ABSENT);
    assert_int_equal(sscard_error_code(c), SSCARD_DAEMON_ABSENT); /* a path that no JSON can hold */
    assert_string_equal(sscard_error_symbol(c), "daemon_absent");
    sscard_close(&c);
    assert_int_equal(sscard_open("/nonexistent/sscard.sock", sscard_deadline(20000), &c),
                     SSCARD_DAEMON_ABSENT);
    assert_non_null(c);
    assert_string_equal(sscard_error_detail(c, "zh"), "/nonexistent/sscard.sock");
    assert_true(sscard_error_remedy(c, "en")[0]);
    assert_int_equal(sscard_call(c, "a.b", NULL, NULL, sscard_deadline(20000)), SSCARD_DAEMON_ABSENT);
    assert_false(sscard_error_sent(c));
    char *event = NULL;
    assert_int_equal(sscard_event(c, &event, sscard_deadline(20000)), SSCARD_DAEMON_ABSENT);
    sscard_close(&c);
    char path[200];
    memset(path, 'p', sizeof path);
    path[199] = '\0';
    assert_int_equal(sscard_open(path, sscard_deadline(20000), &c), SSCARD_INVALID_ARGUMENT);
    sscard_close(&c);
    sscard_close(&c);
}

/* A full queue of a service that never accepts must not hold the caller beyond its deadline. */
static void test_never_accepts(void **state)
{
    (void)state;
    char dir[] = "/tmp/sscard-client-XXXXXX";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_non_null(mkdtemp(dir));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/s", dir);
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 0), 0);
    struct sscard *c[3] = {0};
    int last = 0;
    const struct stopwatch watch = stopwatch_start();
    for (int i = 0; i < 3; i++) {
        last = sscard_open(address.sun_path, sscard_deadline(200), &c[i]);
    }
    assert_int_equal(last, SSCARD_DEADLINE_EXCEEDED);
    assert_took(&watch, 199, 3 * (200 + STOPWATCH_OVERRUN_MS));
    assert_int_equal(sscard_call(c[0], "a.b", NULL, NULL, sscard_deadline(50)), SSCARD_DEADLINE_EXCEEDED);
    for (int i = 0; i < 3; i++) {
        sscard_close(&c[i]);
    }
    close(listener);
    unlink(address.sun_path);
    rmdir(dir);
}

/* The usual places: the environment first, then the folders in their order. */
static void test_search(void **state)
{
    (void)state;
    SCRIPT({.send = "{\"id\":1,\"result\":1}\n", .hang_up = true}, {.send = "{\"id\":1,\"result\":2}\n"});
    assert_int_equal(call(c, &out, 20000), 0);
    sscard_close(&c);
    setenv("SSCARD_SOCKET", s.path, 1);
    assert_int_equal(sscard_open(NULL, sscard_deadline(20000), &c), 0);
    assert_int_equal(call(c, &out, 20000), 0);
    assert_string_equal(out, "2");
    unsetenv("SSCARD_SOCKET");
    END();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call),        cmocka_unit_test(test_error_object),
        cmocka_unit_test(test_half_lines),  cmocka_unit_test(test_closed_in_the_middle),
        cmocka_unit_test(test_garbage),     cmocka_unit_test(test_deep),
        cmocka_unit_test(test_late_answer), cmocka_unit_test(test_huge),
        cmocka_unit_test(test_events),      cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_absent),      cmocka_unit_test(test_never_accepts),
        cmocka_unit_test(test_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
