/* SPDX-License-Identifier: Apache-2.0 */
/* What a table of cases cannot show of the terminals' functions: threads, forked children, other users, time,
 * and answers of full length. */
#include "layers.h"

#include "middleware/shim/ssse32/ssse32.h"
#include "stopwatch.h"

#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ATR_LEN 17

static unsigned char get_challenge[] = {0x00, 0x84, 0x00, 0x00, 0x08};

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
    static const long wrong[] = {
        -1, 0, 1, 31, 32, 1000000, INT32_MAX, INT32_MIN, LONG_MAX, LONG_MIN, (long)(INT64_C(1) << 40)};
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
    assert_int_equal(ICC_Reader_Application(h, 0x01, LONG_MAX, command, answer), ICC_PARAMETER_ERROR);
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

/* One terminal with it: what ICC_Reader_PowerOn and then ICC_Reader_Application say. */
static void with_liar(struct service *s, const char *atr, const char *response, long power, long application)
{
    struct liar l = {.atr = atr, .response = response};
    unsigned char out[ICC_RESPONSE_MAX + 8], reset[ICC_ATR_MAX + 8];
    char name[] = "AUTO";
    const pthread_t thread = liar_start(s, &l);
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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, layers_up, layers_down)
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
