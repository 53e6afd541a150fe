/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stopwatch that stands still while the machine does not run who is due. "Not later than 50 ms after its
 * deadline" is a promise of ours; on a machine with more to do than processors, part of every delay is the
 * machine's. So on each processor a small process of the test sleeps for some milliseconds, again and again,
 * and adds up by how much it is woken too late: that much, and no more, is taken off. On an idle machine this
 * is nothing, and an overrun of ours is seen on a busy one, too.
 */
#ifndef SSC_TESTS_STOPWATCH_H
#define SSC_TESTS_STOPWATCH_H

#include <stdint.h>
#include <sys/types.h>

enum { STOPWATCH_PROCESSORS = 8, STOPWATCH_OVERRUN_MS = 50 };

struct stopwatch {
    int64_t start_us;
    uint32_t owed_us[STOPWATCH_PROCESSORS];
};

/* The first call of a program starts the small processes, which end with it. */
struct stopwatch stopwatch_start(void);
/* CLOCK_MONOTONIC since the start. */
int64_t stopwatch_ms(const struct stopwatch *watch);
/* The same without what the machine owed; at most stopwatch_ms. */
int64_t stopwatch_fair_ms(const struct stopwatch *watch);
/* Sleeps until so much of the fair time has gone: what needs a few milliseconds has happened meanwhile, on a
 * busy machine, too. */
void stopwatch_nap(int64_t ms);
/* Fails the running cmocka test: less than `least` by the clock, or more than `most` by the fair one. */
#define assert_took(watch, least, most) stopwatch_assert(watch, least, most, __FILE__, __LINE__)
/* By the deadline that was `ms` from the start: with the 50 ms that every call may be late. */
#define assert_in_time(watch, ms) assert_took(watch, 0, (ms) + STOPWATCH_OVERRUN_MS)
void stopwatch_assert(const struct stopwatch *watch, int64_t least, int64_t most, const char *file, int line);

/* For the stopwatch's own test: how many processes, and which. */
unsigned stopwatch_watchers(pid_t pid[STOPWATCH_PROCESSORS]);

#endif
