/* SPDX-License-Identifier: Apache-2.0 */
/* One process has the lock; whoever comes after one that was killed waits for the kernel, not for ever. */
#include "drivers/lock.h"

#include "drivers/reader.h"
#include "stopwatch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { WAIT = 100 };

static char folder[] = "/tmp/sscard-lock-XXXXXX";
static char path[64];

/* Another process, which has the lock when this returns and keeps it until it is told, and a moment more. */
static pid_t owner(int *tell)
{
    int ready[2], told[2], fd;
    char byte;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(told), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        const struct timespec moment = {.tv_nsec = WAIT * 1000000};
        const int rc = ssc_file_lock(path, 0, &fd);
        const bool heard = write(ready[1], "", 1) == 1 && read(told[0], &byte, 1) == 1;
        nanosleep(&moment, NULL);
        _exit(rc == 0 && heard ? 0 : 1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    close(told[0]);
    *tell = told[1];
    return pid;
}

static void ended(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_one_at_a_time(void **state)
{
    int mine = -1, other = -1;
    (void)state;
    assert_int_equal(ssc_file_lock(path, 0, &mine), 0);
    const struct stopwatch watch = stopwatch_start();
    assert_int_equal(ssc_file_lock(path, ssc_deadline(WAIT), &other), SSC_E_ALREADY_RUNNING);
    assert_took(&watch, WAIT - 1, WAIT + STOPWATCH_OVERRUN_MS);
    assert_int_equal(other, -1);
    close(mine);
    assert_int_equal(ssc_file_lock(path, 0, &other), 0);
    close(other);
}

static void test_waits_for_the_one_before(void **state)
{
    int fd = -1, tell = -1;
    const pid_t before = owner(&tell);
    (void)state;
    assert_int_equal(ssc_file_lock(path, 0, &fd), SSC_E_ALREADY_RUNNING);
    assert_int_equal(write(tell, "", 1), 1);
    assert_int_equal(ssc_file_lock(path, ssc_deadline(60000), &fd), 0);
    close(fd);
    close(tell);
    ended(before);
}

static void test_what_cannot_be_locked(void **state)
{
    char link[80];
    int fd = 0;
    (void)state;
    assert_int_equal(ssc_file_lock("/nowhere/at/all", ssc_deadline(60000), &fd), SSC_E_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(fd, -1);
    snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(ssc_file_lock(link, ssc_deadline(60000), &fd), SSC_E_IO);
    assert_int_equal(errno, ELOOP);
    unlink(link);
}

static int up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/lock", folder);
    return 0;
}

static int down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_waits_for_the_one_before),
        cmocka_unit_test(test_what_cannot_be_locked),
    };
    return cmocka_run_group_tests(tests, up, down);
}
