/* SPDX-License-Identifier: Apache-2.0 */
#include "stopwatch.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { TICK_US = 3000 };

/* What a watcher says: high, the microseconds owed so far; low, when the present tick began. Both wrap. */
static _Atomic uint64_t *said;
static pid_t watchers[STOPWATCH_PROCESSORS];
static unsigned count;
static pid_t owner;

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void say(unsigned i, uint32_t owed)
{
    atomic_store(&said[i], (uint64_t)owed << 32 | (uint32_t)now_us());
}

static uint32_t late_by(uint32_t began)
{
    const uint32_t gone = (uint32_t)now_us() - began;
    return gone > TICK_US ? gone - TICK_US : 0;
}

/* Sleeps so shortly that it is part of every stall, and holds nothing open that a test waits to be closed. */
static void watch_processor(unsigned i, int processor)
{
    const struct timespec tick = {.tv_nsec = TICK_US * 1000};
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)processor, &set);
    sched_setaffinity(0, sizeof set, &set);
    close_range(0, ~0U, 0);
    while (getppid() == owner) {
        const uint64_t before = atomic_load(&said[i]);
        nanosleep(&tick, NULL);
        say(i, (uint32_t)(before >> 32) + late_by((uint32_t)before));
    }
    _exit(0);
}

static void end_watchers(void)
{
    for (unsigned i = 0; i < count && getpid() == owner; i++) {
        kill(watchers[i], SIGKILL);
        waitpid(watchers[i], NULL, 0);
    }
}

static void start_watchers(void)
{
    cpu_set_t set;
    owner = getpid();
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    said = mmap(NULL, STOPWATCH_PROCESSORS * sizeof *said, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                -1, 0);
    assert_true(said != MAP_FAILED);
    for (int processor = 0; processor < CPU_SETSIZE && count < STOPWATCH_PROCESSORS; processor++) {
        if (CPU_ISSET((size_t)processor, &set)) {
            say(count, 0);
            watchers[count] = fork();
            assert_true(watchers[count] >= 0);
            if (watchers[count] == 0) {
                watch_processor(count, processor);
            }
            count++;
        }
    }
    assert_int_equal(atexit(end_watchers), 0);
}

static uint32_t owed(unsigned i)
{
    const uint64_t value = atomic_load(&said[i]);
    return (uint32_t)(value >> 32) + late_by((uint32_t)value);
}

struct stopwatch stopwatch_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct stopwatch watch = {.start_us = 0};
    pthread_once(&once, start_watchers);
    for (unsigned i = 0; i < count; i++) {
        watch.owed_us[i] = owed(i);
    }
    watch.start_us = now_us();
    return watch;
}

int64_t stopwatch_ms(const struct stopwatch *watch)
{
    return (now_us() - watch->start_us) / 1000;
}

/* What was waited for ran on any of the processors: on the one that owed most, for all we know. */
int64_t stopwatch_fair_ms(const struct stopwatch *watch)
{
    const int64_t gone = now_us() - watch->start_us;
    uint32_t most = 0;
    for (unsigned i = 0; i < count; i++) {
        const uint32_t late = owed(i) - watch->owed_us[i];
        assert_int_equal(waitpid(watchers[i], NULL, WNOHANG), 0); /* a dead one would excuse everything */
        most = late > most ? late : most;
    }
    return gone > most ? (gone - most) / 1000 : 0;
}

void stopwatch_nap(int64_t ms)
{
    const struct stopwatch watch = stopwatch_start();
    for (int64_t left = ms; left > 0; left = ms - stopwatch_fair_ms(&watch)) {
        const struct timespec pause = {.tv_sec = left / 1000, .tv_nsec = (long)(left % 1000 * 1000000)};
        nanosleep(&pause, NULL);
    }
}

void stopwatch_assert(const struct stopwatch *watch, int64_t least, int64_t most, const char *file, int line)
{
    const int64_t fair = stopwatch_fair_ms(watch), took = stopwatch_ms(watch);
    if (took < least || fair > most) {
        print_message("%s:%d: took %lld ms, %lld of them fair; wanted %lld to %lld\n", file, line,
                      (long long)took, (long long)fair, (long long)least, (long long)most);
        _fail(file, line);
    }
}

unsigned stopwatch_watchers(pid_t pid[STOPWATCH_PROCESSORS])
{
    for (unsigned i = 0; i < count; i++) {
        pid[i] = watchers[i];
    }
    return count;
}
