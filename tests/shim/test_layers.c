/* SPDX-License-Identifier: Apache-2.0 */
/* What a table of cases cannot show of the layers around the national library: threads, forked children,
 * other users, time, and answers of full length. */
#include "service.h"

#include "middleware/shim/ssse32/ssse32.h"
#include "stopwatch.h"

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ATR_LEN 17
#define LINE "639900|111111198101011110|X00000019|639900D15600000500BF7C7A48FB4966|"

static unsigned char get_challenge[] = {0x00, 0x84, 0x00, 0x00, 0x08};

static int up(void **state)
{
    struct service *s = service_new();
    service_sim(s, "ssc-3.0,ssc-2.0", false);
    setenv("SSCARD_SOCKET", s->socket, 1);
    setenv("SSCARD_SHIM_CONF", "/dev/null", 1);
    *state = s;
    return 0;
}

/* Whatever a test did, no lease is left when its handles are closed. */
static int down(void **state)
{
    struct service *s = *state;
    struct client *c = client_new(s);
    const int64_t limit = now_ms() + 5000;
    bool held = true;
    while (held && now_ms() < limit) {
        json_t *list = client_ok(c, "reader.list", NULL), *r;
        size_t i;
        held = false;
        json_array_foreach(json_object_get(list, "readers"), i, r)
        {
            held = held || !json_is_null(json_object_get(r, "lease"));
        }
        json_decref(list);
    }
    client_free(&c);
    service_free(&s);
    return held ? -1 : 0;
}

static long power_on(long handle, unsigned char slot)
{
    unsigned char atr[ICC_ATR_MAX];
    return ICC_Reader_PowerOn(handle, slot, atr);
}

static long challenge(long handle, unsigned char slot)
{
    unsigned char answer[ICC_RESPONSE_MAX];
    return ICC_Reader_Application(handle, slot, sizeof get_challenge, get_challenge, answer);
}

/* ---- handles ---- */

static void test_a_closed_handle_stays_closed(void **state)
{
    (void)state;
    char name[] = "AUTO";
    long old[8];
    for (size_t i = 0; i < 8; i++) {
        old[i] = ICC_Reader_Open(name);
        assert_true(old[i] >= 0);
        assert_int_equal(ICC_Reader_Close(old[i]), ICC_OK);
        for (size_t k = 0; k <= i; k++) { /* though its place is taken again */
            assert_int_equal(ICC_Reader_GetStatus(old[k], 0x01), ICC_UNCONNECTED);
            assert_int_equal(ICC_Reader_Close(old[k]), ICC_UNCONNECTED);
            assert_true(k == i || old[k] != old[i]);
        }
    }
}

static void test_32_handles(void **state)
{
    (void)state;
    char name[] = "USB1";
    long h[32];
    for (size_t i = 0; i < 32; i++) {
        h[i] = ICC_Reader_Open(name);
        assert_true(h[i] >= 0 && h[i] <= INT32_MAX);
    }
    assert_int_equal(ICC_Reader_Open(name), ICC_UNCONNECTED);
    assert_int_equal(ICC_Reader_Close(h[7]), ICC_OK);
    h[7] = ICC_Reader_Open(name);
    for (size_t i = 0; i < 32; i++) {
        assert_int_equal(ICC_Reader_Close(h[i]), ICC_OK);
    }
}

static void test_numbers_that_are_no_handles(void **state)
{
    (void)state;
    static const long wrong[] = {-1,        0,         1,         31,        32,      1000000,
                                 INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 1L << 40};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(ICC_Reader_GetStatus(wrong[i], 0x01), ICC_UNCONNECTED);
        assert_int_equal(power_on(wrong[i], 0x01), ICC_UNCONNECTED);
        assert_int_equal(challenge(wrong[i], 0x01), ICC_UNCONNECTED);
        assert_int_equal(ICC_Reader_PowerOff(wrong[i], 0x01), ICC_UNCONNECTED);
        assert_int_equal(ICC_Reader_Close(wrong[i]), ICC_UNCONNECTED);
    }
}

/* ---- bounds ---- */

static void test_nothing_behind_the_answer(void **state)
{
    (void)state;
    char name[] = "AUTO", info[ICC_LIBINFO_SIZE + 8];
    unsigned char answer[ICC_RESPONSE_MAX + 8];
    const long h = ICC_Reader_Open(name);
    memset(info, '#', sizeof info);
    assert_int_equal(ICC_Reader_Libinfo(info), ICC_OK);
    assert_memory_equal(info, "sscard          sscardd       01########", sizeof info);
    memset(answer, '#', sizeof answer);
    assert_int_equal(ICC_Reader_PowerOn(h, 0x01, answer), ATR_LEN);
    for (size_t i = ATR_LEN; i < sizeof answer; i++) {
        assert_int_equal(answer[i], '#');
    }
    memset(answer, '#', sizeof answer);
    assert_int_equal(ICC_Reader_Application(h, 0x01, sizeof get_challenge, get_challenge, answer), 10);
    for (size_t i = 10; i < sizeof answer; i++) {
        assert_int_equal(answer[i], '#');
    }
    assert_int_equal(ICC_Reader_Close(h), ICC_OK);
}

static void test_lengths_of_commands(void **state)
{
    (void)state;
    char name[] = "AUTO";
    unsigned char answer[ICC_RESPONSE_MAX], command[ICC_COMMAND_MAX + 1] = {0x00, 0x84, 0x00, 0x00, 0xFF};
    const long h = ICC_Reader_Open(name);
    assert_int_equal(power_on(h, 0x01), ATR_LEN);
    assert_in_range(ICC_Reader_Application(h, 0x01, ICC_COMMAND_MAX, command, answer), 2, ICC_RESPONSE_MAX);
    assert_int_equal(ICC_Reader_Application(h, 0x01, ICC_COMMAND_MAX + 1, command, answer),
                     ICC_PARAMETER_ERROR);
    assert_int_equal(ICC_Reader_Application(h, 0x01, INT64_MAX, command, answer), ICC_PARAMETER_ERROR);
    assert_int_equal(ICC_Reader_Application(h, 0x01, 3, command, answer), ICC_PARAMETER_ERROR);
    assert_int_equal(ICC_Reader_Close(h), ICC_OK);
}

/* ---- threads ---- */

struct worker {
    pthread_t thread;
    void *arg;
    int failures, rounds;
};

static void *use_terminal(void *arg)
{
    struct worker *w = arg;
    char name[] = "USB1";
    name[3] = (char)(name[3] + w->rounds % 2);
    for (int i = 0; i < 5; i++) {
        const long h = ICC_Reader_Open(name);
        w->failures += power_on(h, 0x01) != ATR_LEN;
        w->failures += challenge(h, 0x01) != 10;
        w->failures += ICC_Reader_Close(h) != ICC_OK;
    }
    return NULL;
}

static void test_terminals_in_threads(void **state)
{
    (void)state;
    struct worker w[8] = {0};
    for (int i = 0; i < 8; i++) {
        w[i].rounds = i;
        assert_int_equal(pthread_create(&w[i].thread, NULL, use_terminal, &w[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(w[i].thread, NULL);
        assert_int_equal(w[i].failures, 0);
    }
}

static void *share_handle(void *arg)
{
    struct worker *w = arg;
    const long h = *(const long *)w->arg;
    for (int i = 0; i < 40; i++) {
        const long n = challenge(h, 0x01);
        w->rounds += n == 10;
        w->failures += n != 10 && n != ICC_UNCONNECTED; /* closed meanwhile */
    }
    return NULL;
}

static void test_one_handle_in_threads(void **state)
{
    (void)state;
    char name[] = "AUTO";
    long h = ICC_Reader_Open(name);
    struct worker w[6] = {0};
    assert_int_equal(power_on(h, 0x01), ATR_LEN);
    for (int i = 0; i < 6; i++) {
        w[i].arg = &h;
        assert_int_equal(pthread_create(&w[i].thread, NULL, share_handle, &w[i]), 0);
    }
    sleep_ms(30);
    assert_int_equal(ICC_Reader_Close(h), ICC_OK);
    for (int i = 0; i < 6; i++) {
        pthread_join(w[i].thread, NULL);
        assert_int_equal(w[i].failures, 0);
    }
}

static void *hold_for_a_while(void *arg)
{
    const long h = *(const long *)arg;
    sleep_ms(200);
    ICC_Reader_PowerOff(h, 0x01);
    return NULL;
}

static void test_waits_for_its_turn(void **state)
{
    (void)state;
    char name[] = "USB1";
    long first = ICC_Reader_Open(name), second = ICC_Reader_Open(name);
    pthread_t thread;
    assert_int_equal(power_on(first, 0x01), ATR_LEN);
    assert_int_equal(ICC_Reader_GetStatus(second, 0x01), ICC_NO_POWER);
    const int64_t from = now_ms();
    assert_int_equal(pthread_create(&thread, NULL, hold_for_a_while, &first), 0);
    assert_int_equal(power_on(second, 0x01), ATR_LEN);
    assert_true(now_ms() - from >= 150);
    pthread_join(thread, NULL);
    assert_int_equal(challenge(first, 0x01), ICC_NO_POWER);
    assert_int_equal(challenge(second, 0x01), 10);
    assert_int_equal(ICC_Reader_Close(first), ICC_OK);
    assert_int_equal(ICC_Reader_Close(second), ICC_OK);
}

/* ---- processes ---- */

static int in_child(long h)
{
    char name[] = "USB2";
    int wrong = challenge(h, 0x01) != ICC_UNCONNECTED;
    wrong += ICC_Reader_Close(h) != ICC_UNCONNECTED;
    const long own = ICC_Reader_Open(name);
    wrong += power_on(own, 0x01) != ATR_LEN;
    wrong += challenge(own, 0x01) != 10;
    return wrong; /* dies with a powered card */
}

static void test_fork(void **state)
{
    (void)state;
    char name[] = "USB1";
    int status = -1;
    const long h = ICC_Reader_Open(name);
    assert_int_equal(power_on(h, 0x01), ATR_LEN);
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(in_child(h));
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(challenge(h, 0x01), 10);
    assert_int_equal(power_on(h, 0x02), ATR_LEN); /* the child's card is free again */
    assert_int_equal(ICC_Reader_Close(h), ICC_OK);
}

static int as_nobody(void)
{
    char name[] = "AUTO";
    return setgid(65534) == 0 && setuid(65534) == 0 && ICC_Reader_Open(name) == ICC_CONNECT_ERROR ? 0 : 1;
}

static void test_other_users(void **state)
{
    struct service *s = *state;
    int status = -1;
    if (getuid() != 0) {
        skip();
    }
    service_stop(s, SIGTERM);
    const char *conf = service_file(s, "conf", "[daemon]\nsocket-mode = 0666\n[roles]\nother = perso\n");
    service_start(s, (const char *const[]){"--sim=ssc-3.0", "--config", conf, NULL});
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(as_nobody());
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
}

/* ---- time ---- */

static void test_a_lease_that_is_over(void **state)
{
    struct service *s = *state;
    char name[] = "AUTO";
    service_stop(s, SIGTERM);
    const char *conf = service_file(s, "conf", "[daemon]\nlease-ms = 2000\nmax-lease-ms = 2000\n");
    service_start(s, (const char *const[]){"--sim=ssc-3.0", "--config", conf, NULL});
    const long h = ICC_Reader_Open(name);
    assert_int_equal(power_on(h, 0x01), ATR_LEN);
    assert_int_equal(ICC_Reader_GetStatus(h, 0x01), ICC_OK);
    stopwatch_nap(2200);
    assert_int_equal(ICC_Reader_GetStatus(h, 0x01), ICC_NO_POWER);
    assert_int_equal(challenge(h, 0x01), ICC_NO_POWER);
    assert_int_equal(power_on(h, 0x01), ATR_LEN);
    assert_int_equal(challenge(h, 0x01), 10);
    assert_int_equal(ICC_Reader_Close(h), ICC_OK);
}

static void test_a_mute_card(void **state)
{
    struct service *s = *state;
    char name[] = "AUTO";
    struct client *c = client_new(s);
    const long h = ICC_Reader_Open(name);
    assert_int_equal(power_on(h, 0x01), ATR_LEN);
    json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:s}", "reader", R0, "kind", "mute", "ins", "84"));
    const struct stopwatch watch = stopwatch_start();
    const long n = challenge(h, 0x01);
    assert_true(n == ICC_NO_RESPONSE || n == ICC_NO_EXIST || n == ICC_CHECKSUM_ERROR);
    assert_took(&watch, 0, 15000);
    assert_int_equal(ICC_Reader_Close(h), ICC_OK);
    client_free(&c);
}

/* The service is there and does not answer. */
static void test_a_stopped_service(void **state)
{
    struct service *s = *state;
    char name[] = "AUTO";
    service_freeze(s);
    const struct stopwatch watch = stopwatch_start();
    const long h = ICC_Reader_Open(name);
    kill(s->pid, SIGCONT);
    assert_int_equal(h, ICC_CONNECT_ERROR);
    assert_took(&watch, 9000, 15000);
}

/* ---- a service that says what it likes ---- */

struct liar {
    int listener;
    const char *atr, *response; /* for card.reset and apdu.transmit, hexadecimal */
    const char *error;          /* NULL, or the error object that answers every call */
};

static void answer_line(const struct liar *l, int fd, const char *line)
{
    static const char *const results[][2] = {
        {"system.hello", "{\"role\":\"admin\"}"},
        {"reader.list", "{\"readers\":[{\"name\":\"R\",\"state\":\"card\",\"medium\":\"contact\"}]}"},
        {"card.acquire", "{\"lease\":\"lease-1\"}"},
        {"card.release", "{}"},
    };
    char result[2000] = "", out[2100];
    const char *id = strstr(line, "\"id\":");
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        if (strstr(line, results[i][0])) {
            snprintf(result, sizeof result, "%s", results[i][1]);
        }
    }
    if (!result[0]) {
        const bool reset = strstr(line, "card.reset") != NULL;
        snprintf(result, sizeof result, "{\"%s\":\"%s\"}", reset ? "atr" : "response",
                 reset ? l->atr : l->response);
    }
    const int n =
        snprintf(out, sizeof out, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"%s\":%s}\n", id ? atoi(id + 5) : 0,
                 l->error ? "error" : "result", l->error ? l->error : result);
    if (send(fd, out, (size_t)n, MSG_NOSIGNAL) != n) {
        abort();
    }
}

static void *lie(void *arg)
{
    const struct liar *l = arg;
    const int fd = accept(l->listener, NULL, NULL);
    char line[4096];
    FILE *in = fdopen(fd, "r");
    while (in && fgets(line, sizeof line, in)) {
        answer_line(l, fd, line);
    }
    if (in) {
        fclose(in);
    }
    return NULL;
}

static pthread_t start_liar(struct service *s, struct liar *l)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    pthread_t thread;
    snprintf(a.sun_path, sizeof a.sun_path, "%s/liar", s->folder);
    unlink(a.sun_path);
    l->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(l->listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(l->listener, 1), 0);
    assert_int_equal(pthread_create(&thread, NULL, lie, l), 0);
    setenv("SSCARD_SOCKET", a.sun_path, 1);
    return thread;
}

/* One terminal with it: what ICC_Reader_PowerOn and then ICC_Reader_Application say. */
static void with_liar(struct service *s, const char *atr, const char *response, long power, long application)
{
    struct liar l = {.atr = atr, .response = response};
    unsigned char out[ICC_RESPONSE_MAX + 8], reset[ICC_ATR_MAX + 8];
    char name[] = "AUTO";
    const pthread_t thread = start_liar(s, &l);
    memset(out, '#', sizeof out);
    memset(reset, '#', sizeof reset);
    const long h = ICC_Reader_Open(name);
    assert_true(h >= 0);
    assert_int_equal(ICC_Reader_PowerOn(h, 0x01, reset), power);
    assert_int_equal(ICC_Reader_Application(h, 0x01, sizeof get_challenge, get_challenge, out), application);
    assert_int_equal(ICC_Reader_Close(h), ICC_OK);
    pthread_join(thread, NULL);
    close(l.listener);
    assert_memory_equal(out + (application > 0 ? application : 0), "########", 8);
    assert_memory_equal(reset + ICC_ATR_MAX, "########", 8);
}

static void test_lengths_that_lie(void **state)
{
    struct service *s = *state;
    char longest[2 * ICC_RESPONSE_MAX + 1] = "", longer[2 * ICC_RESPONSE_MAX + 3] = "";
    char atr[2 * ICC_ATR_MAX + 1] = "", long_atr[2 * ICC_ATR_MAX + 3] = "";
    memset(longest, 'A', sizeof longest - 1);
    memset(longer, 'A', sizeof longer - 1);
    memset(atr, '3', sizeof atr - 1);
    memset(long_atr, '3', sizeof long_atr - 1);
    with_liar(s, "3B00", "9000", 2, 2);
    with_liar(s, atr, longest, ICC_ATR_MAX, ICC_RESPONSE_MAX);
    with_liar(s, "3B00", longer, 2, ICC_CHECKSUM_ERROR);
    with_liar(s, "3B00", "90", 2, ICC_CHECKSUM_ERROR);
    with_liar(s, "3B00", "900", 2, ICC_CHECKSUM_ERROR);
    with_liar(s, "3B00", "", 2, ICC_CHECKSUM_ERROR);
    with_liar(s, "3B00", "no hex", 2, ICC_CHECKSUM_ERROR);
    with_liar(s, long_atr, "9000", ICC_CHECKSUM_ERROR, ICC_NO_POWER);
    with_liar(s, "", "9000", ICC_CHECKSUM_ERROR, ICC_NO_POWER);
}

/* ---- the regional layer ---- */

/* What VerifyPIN answers when every call of the service is answered with this error object. */
static long refused_with(struct service *s, const char *error, char out[1024])
{
    struct liar l = {.error = error};
    const pthread_t thread = start_liar(s, &l);
    void *library = dlopen(SSC_LIBRARIES "/libSSCard.so", RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    void *found = dlsym(library, "VerifyPIN");
    long (*verify)(char *, int);
    memcpy(&verify, &found, sizeof verify);
    const long rc = verify(out, 1024);
    dlclose(library);
    pthread_join(thread, NULL);
    close(l.listener);
    return rc;
}

/* A symbol that this library does not know yet comes with its text; an error without one has a text all the
 * same, and a text that is too long is cut between two characters. */
static void test_errors_of_another_service(void **state)
{
    static const char *const unfit[] = {
        "{\"code\":-1}", "null", "\"no object\"",
        "{\"code\":-900,\"message\":7,\"data\":{\"symbol\":\"of_tomorrow\"}}"};
    char out[1024],
        error[1900] =
            "{\"code\":-900,\"message\":\"\",\"data\":{\"symbol\":\"of_tomorrow\",\"text\":{\"zh\":\"";
    assert_int_equal(refused_with(*state,
                                  "{\"code\":-900,\"message\":\"New.\",\"data\":{\"symbol\":\"of_tomorrow\","
                                  "\"text\":{\"zh\":\"1\"},\"remedy\":{\"zh\":\"2\"}}}",
                                  out),
                     -999);
    assert_string_equal(out, "1\xA1\xA3"
                             "2");
    for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++) {
        assert_int_equal(refused_with(*state, unfit[i], out), -999);
        assert_true(strlen(out) >= 4);
    }
    /* a line that one of the two cannot read is not the caller's fault (-23) */
    assert_int_equal(refused_with(*state, "{broken", out), -5);
    assert_int_equal(refused_with(*state, "{\"code\":-32700,\"data\":{\"symbol\":\"parse_error\"}}", out),
                     -5);
    for (int shift = 0; shift < 3; shift++) {
        char text[1900];
        size_t n = (size_t)snprintf(text, sizeof text, "%s%.*s", error, shift, "ab");
        for (int i = 0; i < 500; i++) {
            n += (size_t)snprintf(text + n, sizeof text - n, "\xE5\xBC\xA0");
        }
        snprintf(text + n, sizeof text - n, "\"}}}");
        assert_int_equal(refused_with(*state, text, out), -999);
        assert_in_range(strlen(out), 200, 255);
        assert_memory_equal(out + shift, "\xD5\xC5\xD5\xC5", 4);
    }
}

typedef long read_card(char *out, int len, char *sign, int sign_len);

static void *read_often(void *arg)
{
    struct worker *w = arg;
    read_card *read = NULL;
    memcpy(&read, &w->arg, sizeof read);
    for (int i = 0; i < 10; i++) {
        char out[1024], sign[8] = "######";
        const long rc = read(out, sizeof out, sign, sizeof sign);
        w->failures += rc != 0 || strncmp(out, LINE, strlen(LINE)) != 0 || sign[0] != '\0' || sign[1] != '#';
    }
    return NULL;
}

static void test_region_in_threads(void **state)
{
    struct service *s = *state;
    struct client *c = client_new(s);
    struct worker w[8] = {0};
    json_decref(client_ok(c, "sim.remove", "{s:s}", "reader", R1)); /* leaves one card to choose from */
    json_decref(client_ok(c, "card.wait", "{s:s, s:s}", "reader", R1, "state", "absent"));
    void *library = dlopen(SSC_LIBRARIES "/libSSCard.so", RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    for (int i = 0; i < 8; i++) {
        w[i].arg = dlsym(library, "ReadCardBas");
        assert_non_null(w[i].arg);
        assert_int_equal(pthread_create(&w[i].thread, NULL, read_often, &w[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(w[i].thread, NULL);
        assert_int_equal(w[i].failures, 0);
    }
    dlclose(library); /* while threads that used it have only just ended */
    client_free(&c);
}

/* Programs load one after the other, for all to see, and some of the names are the same. */
static void test_all_together(void **state)
{
    (void)state;
    static const char *const names[] = {"SSSE32", "HeaSecReadInfo", "SSCard", "SSCardDriver"};
    void *library[4], *read[2];
    long (*with_lengths)(char *, int, char *, int), (*without)(char *, char *);
    char path[300], out[2048], sign[8192];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4; i++) {
            const int k = round ? 3 - i : i;
            snprintf(path, sizeof path, SSC_LIBRARIES "/lib%s.so", names[k]);
            library[k] = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
            assert_non_null(library[k]);
        }
        read[0] = dlsym(library[1], "ReadCardBas");
        read[1] = dlsym(library[2], "ReadCardBas");
        assert_true(read[0] && read[1] && read[0] != read[1]);
        memcpy(&without, &read[0], sizeof without);
        memcpy(&with_lengths, &read[1], sizeof with_lengths);
        assert_int_equal(without(out, sign), -23); /* two cards are there: which one is meant? */
        assert_int_equal(with_lengths(out, sizeof out, sign, sizeof sign), -23);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_closed_handle_stays_closed),
        TEST(test_32_handles),
        TEST(test_numbers_that_are_no_handles),
        TEST(test_nothing_behind_the_answer),
        TEST(test_lengths_of_commands),
        TEST(test_terminals_in_threads),
        TEST(test_one_handle_in_threads),
        TEST(test_waits_for_its_turn),
        TEST(test_fork),
        TEST(test_other_users),
        TEST(test_a_lease_that_is_over),
        TEST(test_a_mute_card),
        TEST(test_a_stopped_service),
        TEST(test_lengths_that_lie),
        TEST(test_errors_of_another_service),
        TEST(test_region_in_threads),
        TEST(test_all_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
