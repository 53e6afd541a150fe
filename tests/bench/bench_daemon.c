/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's rows: waiting for a card, deadlines, rest, start. Lines of name, value, unit, aim, baseline.
 */
#include "tests/daemon/service.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double p95(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare);
    return values[n * 95 / 100];
}

static void row(FILE *rows, const char *name, double value, const char *unit, const char *aim,
                const char *baseline)
{
    fprintf(rows, "%s\t%.2f\t%s\t%s\t%s\n", name, value, unit, aim, baseline);
    fflush(rows);
}

/* ---- four clients hold a card 5 ms each ---- */

enum { CLIENTS = 4, TURNS = 60 };

static void take_turns(struct service *s, int out)
{
    struct client *c = client_new(s);
    double waits[TURNS];
    for (size_t i = 0; i < TURNS; i++) {
        const int64_t start = now_us();
        json_t *lease = client_ok(c, "card.acquire", "{s:s}", "reader", R0);
        waits[i] = (double)(now_us() - start) / 1000;
        sleep_ms(5);
        json_decref(client_ok(c, "card.release", "{s:s}", "lease", text_of(lease, "lease")));
        json_decref(lease);
    }
    client_free(&c);
    _exit(write(out, waits, sizeof waits) == (ssize_t)sizeof waits ? 0 : 1);
}

static void bench_lease(FILE *rows, struct service *s)
{
    static double waits[CLIENTS * TURNS];
    char baseline[80];
    int pipes[2];
    size_t n = 0;
    if (pipe(pipes) != 0) {
        fail();
    }
    for (int i = 0; i < CLIENTS; i++) {
        if (fork() == 0) {
            take_turns(s, pipes[1]);
        }
    }
    for (int i = 0; i < CLIENTS; i++) {
        const ssize_t got = read(pipes[0], waits + n, TURNS * sizeof *waits);
        n += got > 0 ? (size_t)got / sizeof *waits : 0;
        wait(NULL);
    }
    assert_int_equal(n, CLIENTS * TURNS);
    snprintf(baseline, sizeof baseline, "%d ms: three holders before it, and nothing else",
             (CLIENTS - 1) * 5);
    row(rows, "four clients holding a card 5 ms each, p95 wait for a lease", p95(waits, n), "ms", "< 20",
        baseline);
}

/* ---- a mute card ---- */

static void bench_deadline(FILE *rows, struct service *s)
{
    static double over[40];
    struct client *c = client_new(s);
    const int deadline = 100;
    json_decref(client_ok(c, "card.info", "{s:s}", "reader", R0));
    for (size_t i = 0; i < 40; i++) {
        json_decref(client_ok(c, "sim.fault", "{s:s, s:s, s:i}", "reader", R0, "kind", "mute", "nth", 1));
        const int64_t start = now_us();
        json_decref(client_call(c, "card.identity", "{s:s, s:i}", "reader", R0, "deadline_ms", deadline));
        over[i] = (double)(now_us() - start) / 1000 - deadline;
        json_decref(client_ok(c, "sim.fault", "{s:s, s:s}", "reader", R0, "kind", "none"));
        json_decref(client_ok(c, "card.info", "{s:s}", "reader", R0));
    }
    client_free(&c);
    qsort(over, 40, sizeof *over, compare);
    row(rows, "caller's deadline overrun with a mute card, worst of 40", over[39], "ms", "< 50",
        "100 ms asked for");
}

/* ---- rest ---- */

static long status_number(pid_t pid, const char *name)
{
    char path[64], line[256];
    long sum = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, strcmp(name, "VmRSS:") == 0 ? "status" : "");
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, name, strlen(name)) == 0) {
            sum = strtol(line + strlen(name), NULL, 10);
        }
    }
    if (f) {
        fclose(f);
    }
    return sum;
}

/* A thread that wakes up gives the processor up again: voluntary switches of all threads. */
static long switches(pid_t pid)
{
    char command[200], line[64] = "0";
    snprintf(command, sizeof command,
             "cat /proc/%d/task/*/status | awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }'",
             (int)pid);
    FILE *f = popen(command, "re");
    if (f) {
        if (!fgets(line, sizeof line, f)) {
            line[0] = '\0';
        }
        pclose(f);
    }
    return strtol(line, NULL, 10);
}

static void bench_rest(FILE *rows, struct service *s)
{
    static struct client *clients[100];
    for (size_t i = 0; i < 100; i++) {
        clients[i] = client_new(s);
        json_decref(client_ok(clients[i], "events.subscribe", NULL));
    }
    json_decref(client_ok(clients[0], "card.identity", "{s:s}", "reader", R0));
    sleep_ms(300);
    const long before = switches(s->pid);
    sleep_ms(2000);
    const double rate = (double)(switches(s->pid) - before) / 2.0;
    row(rows, "idle daemon, wake-ups per second, 4 readers and 100 clients", rate, "1/s", "0", "-");
    row(rows, "idle daemon, memory, 4 readers and 100 clients",
        (double)status_number(s->pid, "VmRSS:") / 1024, "MiB", "< 10", "-");
    for (size_t i = 0; i < 100; i++) {
        client_free(&clients[i]);
    }
}

/* ---- start ---- */

static double time_start(void)
{
    struct service *s = service_new();
    const int64_t start = now_us();
    service_sim(s, NULL, false);
    struct client *c = client_new(s);
    json_t *r = client_ok(c, "reader.list", NULL);
    const double ms = (double)(now_us() - start) / 1000;
    assert_int_equal(json_array_size(json_object_get(r, "readers")), 3);
    json_decref(r);
    client_free(&c);
    service_free(&s);
    return ms;
}

static double time_true(void)
{
    const int64_t start = now_us();
    const pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
    return (double)(now_us() - start) / 1000;
}

static void bench_start(FILE *rows)
{
    static double values[10], nothing[10];
    char baseline[64];
    for (size_t i = 0; i < 10; i++) {
        values[i] = time_start();
        nothing[i] = time_true();
    }
    qsort(values, 10, sizeof *values, compare);
    qsort(nothing, 10, sizeof *nothing, compare);
    snprintf(baseline, sizeof baseline, "%.2f ms to run /bin/true", nothing[5]);
    row(rows, "start to first answered request, median of 10", values[5], "ms", "< 50", baseline);
}

/* ---- a crowd: most are there and say nothing, some ask all the time ---- */

enum { IDLE = 1000, ACTIVE = 100, PINGS_A_SECOND = 1000, PINGS = 4000 };

#define PING "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"system.ping\"}\n"

struct asker {
    int64_t due_us; /* when its next question should go out */
    bool waits;     /* for an answer */
};

/* True when the line has ended. */
static bool take_answer(int fd)
{
    static char bytes[16384];
    const ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    assert_true(n > 0);
    return bytes[n - 1] == '\n';
}

static void ask(struct asker *a, int fd)
{
    a->waits = send(fd, PING, sizeof PING - 1, MSG_NOSIGNAL) == (ssize_t)(sizeof PING - 1);
    assert_true(a->waits);
}

/* Questions are due at fixed times, whether or not the one before was answered: waiting counts from there.
 * pace 0: each asks again at once. Returns the seconds it took. */
static double ping(struct client *const *c, size_t n, int64_t pace_us, double *ms, size_t count)
{
    static struct asker askers[ACTIVE];
    struct pollfd fds[ACTIVE];
    const int64_t start = now_us();
    size_t done = 0;
    for (size_t i = 0; i < n; i++) {
        askers[i] = (struct asker){.due_us = start + (int64_t)i * pace_us};
        fds[i] = (struct pollfd){.fd = c[i]->fd, .events = POLLIN};
    }
    while (done < count) {
        for (size_t i = 0; i < n; i++) {
            if (!askers[i].waits && askers[i].due_us <= now_us()) {
                ask(&askers[i], fds[i].fd);
            }
        }
        poll(fds, n, pace_us > 0 ? 1 : 100);
        for (size_t i = 0; i < n; i++) {
            if (fds[i].revents && take_answer(fds[i].fd)) {
                const int64_t now = now_us();
                askers[i].waits = false;
                if (done < count) {
                    ms[done++] = (double)(now - askers[i].due_us) / 1000;
                }
                askers[i].due_us = pace_us > 0 ? askers[i].due_us + (int64_t)n * pace_us : now;
            }
        }
    }
    const double took = (double)(now_us() - start) / 1e6;
    for (size_t i = 0; i < n; i++) { /* nothing stays behind for the next round */
        while (askers[i].waits) {
            askers[i].waits = !take_answer(fds[i].fd);
        }
    }
    qsort(ms, count, sizeof *ms, compare);
    return took;
}

static void bench_crowd(FILE *rows)
{
    static struct client *idle[IDLE], *active[ACTIVE];
    static double ms[PINGS];
    char text[160];
    struct service *s = service_new();
    const char *const args[] = {"--sim=ssc-3.0,pboc,ssc-2.0", "--config",
                                service_file(s, "crowd.conf", "[daemon]\nmax-clients = 1200\n"), NULL};
    service_start(s, args);
    for (size_t i = 0; i < ACTIVE; i++) {
        active[i] = client_new(s);
    }
    const int64_t pace = 1000000 / PINGS_A_SECOND;
    ping(active, ACTIVE, pace, ms, PINGS / 4); /* warm */
    ping(active, ACTIVE, pace, ms, PINGS);
    const double p99_alone = ms[PINGS * 99 / 100];
    const long few = status_number(s->pid, "VmRSS:");
    for (size_t i = 0; i < IDLE; i++) {
        idle[i] = client_new(s);
        json_decref(client_ok(idle[i], "events.subscribe", NULL));
    }
    ping(active, ACTIVE, pace, ms, PINGS);
    const double p99 = ms[PINGS * 99 / 100];
    snprintf(text, sizeof text, "%.2f ms, half of the answers within %.2f ms; %.2f ms without the idle", p99,
             ms[PINGS / 2], p99_alone);
    row(rows, "1,000 clients idle, 100 ask 1,000 times a second: p99 of system.ping against none idle",
        p99 / p99_alone, "of it", "at most 1.5", text);
    const double crowd_s = ping(active, ACTIVE, 0, ms, PINGS);
    const double crowd_p99 = ms[PINGS * 99 / 100];
    const double one_s = ping(active, 1, 0, ms, PINGS);
    snprintf(text, sizeof text, "%.0f a second, p99 %.1f ms; one client alone %.0f a second", PINGS / crowd_s,
             crowd_p99, PINGS / one_s);
    row(rows, "1,000 clients idle, 100 ask without a pause: answers against one client alone",
        one_s / crowd_s, "of them", "at least 1", text);
    snprintf(text, sizeof text, "%.2f MiB with the 100 alone", (double)few / 1024);
    row(rows, "memory with 1,000 clients idle and 100 active", (double)status_number(s->pid, "VmRSS:") / 1024,
        "MiB", "< 20", text);
    for (size_t i = 0; i < IDLE; i++) {
        client_free(&idle[i]);
    }
    for (size_t i = 0; i < ACTIVE; i++) {
        client_free(&active[i]);
    }
    service_free(&s);
}

static void bench(void **state)
{
    FILE *rows = *state;
    struct service *s = service_new();
    service_sim(s, "ssc-3.0,pboc,ssc-2.0", false); /* and the SAM slot: four readers */
    bench_rest(rows, s);
    bench_lease(rows, s);
    bench_deadline(rows, s);
    service_free(&s);
    bench_start(rows);
    bench_crowd(rows);
}

/* The rows alone are for stdout; what the test library says is not. */
int main(void)
{
    FILE *rows = fdopen(dup(STDOUT_FILENO), "w");
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int status = 1;
    if (rows && nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0) {
        const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(bench, rows)};
        status = cmocka_run_group_tests(tests, NULL, NULL);
    }
    return status;
}
