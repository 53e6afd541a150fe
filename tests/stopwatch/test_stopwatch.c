/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine owes is taken off, what we owe is not. */
#include "stopwatch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void nap(long ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* Somebody sleeps on purpose: on an idle machine all of that is his, on any machine some of it. The best of
 * some rounds, for nobody promises how much the machine runs us meanwhile. */
static void an_overrun_is_seen(void **state)
{
    enum { SLEEP = 200, ALL = 150, SOME = 10, ROUNDS = 20 };
    int64_t best = 0;
    (void)state;
    for (int i = 0; i < ROUNDS && best < ALL; i++) {
        const struct stopwatch watch = stopwatch_start();
        nap(SLEEP);
        const int64_t fair = stopwatch_fair_ms(&watch);
        assert_true(fair <= stopwatch_ms(&watch));
        best = fair > best ? fair : best;
    }
    assert_true(best >= SOME);
}

/* A nap in fair time is never shorter than asked for. */
static void a_fair_nap(void **state)
{
    enum { NAP = 30 };
    const struct stopwatch watch = stopwatch_start();
    (void)state;
    stopwatch_nap(NAP);
    assert_true(stopwatch_ms(&watch) >= NAP);
    assert_true(stopwatch_fair_ms(&watch) >= NAP - 1);
}

/* A machine that does not run who is due, made by hand: the promise is still kept. */
static void a_stall_is_taken_off(void **state)
{
    enum { STALL = 300 };
    pid_t pid[STOPWATCH_PROCESSORS];
    (void)state;
    stopwatch_start();
    const unsigned count = stopwatch_watchers(pid);
    assert_true(count > 0);
    for (unsigned i = 0; i < count; i++) {
        const struct stopwatch watch = stopwatch_start();
        kill(pid[i], SIGSTOP);
        nap(STALL);
        const int64_t before = stopwatch_fair_ms(&watch); /* it counts before the watcher is back, too */
        kill(pid[i], SIGCONT);
        assert_took(&watch, STALL, STOPWATCH_OVERRUN_MS);
        assert_in_range(before, 0, STOPWATCH_OVERRUN_MS);
    }
}

/* The watchers hold no file of the test: a reader of its pipe sees the end. They go when it goes. */
static void leaves_nothing(void **state)
{
    int pipes[2];
    pid_t pid[STOPWATCH_PROCESSORS];
    char byte;
    (void)state;
    assert_int_equal(pipe(pipes), 0);
    const pid_t child = fork();
    if (child == 0) {
        close(pipes[0]);
        (void)!write(pipes[1], "", 1);
        stopwatch_start();
        _exit(0);
    }
    close(pipes[1]);
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    assert_int_equal(read(pipes[0], &byte, 1), 0);
    close(pipes[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(stopwatch_watchers(pid) <= STOPWATCH_PROCESSORS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_nothing), /* first: its child starts watchers of its own */
        cmocka_unit_test(an_overrun_is_seen),
        cmocka_unit_test(a_fair_nap),
        cmocka_unit_test(a_stall_is_taken_off),
    };
    return cmocka_run_group_tests_name("stopwatch", tests, NULL, NULL);
}
