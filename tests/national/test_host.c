/* SPDX-License-Identifier: Apache-2.0 */
/* The program around the library: it forks, closes descriptors, catches signals, and has many threads. */
#include "bed.h"

#include "stopwatch.h"

#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE                                                                                                  \
    "639900|111111198101011110|X00000019|639900D15600000500BF7C7A48FB4966|张三|00814E43238697159900BF7C7A|" \
    "3.00|20101001|20201001|410100813475||"

/* ---- processes ---- */

/* A child of a thread that has called nothing yet takes the card, says so, and stays. */
struct staying {
    pid_t pid;
    int out;
};

static void *fork_and_stay(void *arg)
{
    struct staying *s = arg;
    s->pid = fork();
    if (s->pid == 0) {
        char line[1024];
        if (iReadCardBas_HSM_Step1(1, line) == 0 && write(s->out, "x", 1) == 1) {
            pause();
        }
        _exit(1);
    }
    return NULL;
}

static void test_killed_caller(void **state)
{
    struct bed *b = *state;
    struct staying s = {.pid = -1};
    pthread_t thread;
    int pipes[2];
    char c;
    bed_put(b, CONTACT, "ssc-3.0");
    assert_int_equal(pipe(pipes), 0);
    s.out = pipes[1];
    assert_int_equal(pthread_create(&thread, NULL, fork_and_stay, &s), 0);
    pthread_join(thread, NULL);
    close(pipes[1]);
    assert_int_equal(read(pipes[0], &c, 1), 1);
    kill(s.pid, SIGKILL);
    waitpid(s.pid, NULL, 0);
    assert_string_equal(OK(b->caller, iReadCardBas, .type = 1), LINE);
    close(pipes[0]);
}

static int in_child(long wanted, const char *key)
{
    int status = 0;
    const pid_t pid = fork();
    if (pid == 0) {
        char out[1024];
        const long rc = key ? iReadCardBas_HSM_Step2((char *)(uintptr_t)key, out) : iReadCardBas(1, out);
        _exit(rc == wanted && out[0] ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    return status;
}

/* A thread that forks while it is between two steps. Returns what went wrong. */
static void *forking_thread(void *arg)
{
    char first[1024], out[1024], key[100];
    bool ok = iReadCardBas(1, first) == 0 && in_child(0, NULL) == 0 && iReadCardBas_HSM_Step1(1, out) == 0;
    snprintf(key, sizeof key, "%s", ok ? office_identity(out) : "");
    ok = ok && in_child(-23, key) == 0;               /* the parent's two-step is not the child's */
    ok = ok && iReadCardBas_HSM_Step2(key, out) == 0; /* nor is it over when the child ends */
    ok = ok && in_child(0, NULL) == 0 && iReadCardBas(1, out) == 0 && strcmp(first, out) == 0;
    *(bool *)arg = ok;
    return NULL;
}

static void test_fork(void **state)
{
    struct bed *b = *state;
    pthread_t thread;
    bool ok = false;
    bed_put(b, CONTACT, "ssc-3.0");
    assert_int_equal(pthread_create(&thread, NULL, forking_thread, &ok), 0);
    pthread_join(thread, NULL);
    assert_true(ok);
}

/* A user whom nobody has given a role; or who may not even open the socket. */
static void *nobody_calls(void *arg)
{
    const struct args sale = {.type = 1, .card = CARD, .pay = "1.00|0|20260101120000|"};
    const pid_t pid = fork();
    int status = 1;
    if (pid == 0) {
        char out[1024];
        const bool became = setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 &&
                            setresuid(65534, 65534, 65534) == 0;
        _exit(became && iReadCardBas(1, out) == -12 && out[0] && national(FN_iDoDebit, &sale, out) == -12
                  ? 0
                  : 1);
    }
    waitpid(pid, &status, 0);
    *(int *)arg = status;
    return NULL;
}

static void test_no_role(void **state)
{
    struct bed *b = *state;
    char path[128];
    pthread_t thread;
    int status = 1;
    bed_put(b, CONTACT, "ssc-3.0");
    snprintf(path, sizeof path, "%s/shim.conf", b->s->folder);
    assert_int_equal(chmod(path, 0644), 0);
    for (mode_t mode = 0600; geteuid() == 0 && mode <= 0666; mode += 066) {
        assert_int_equal(chmod(b->s->socket, mode), 0);
        assert_int_equal(pthread_create(&thread, NULL, nobody_calls, &status), 0);
        pthread_join(thread, NULL);
        assert_int_equal(status, 0);
    }
}

/* A host that does not want to hear of children, and one that is interrupted all the time. */
static void nothing(int number)
{
    (void)number;
}

static void test_host_signals(void **state)
{
    struct bed *b = *state;
    bed_put(b, CONTACT, "ssc-3.0");
    signal(SIGCHLD, SIG_IGN);
    assert_string_equal(OK(b->caller, iVerifyPIN, .type = 1), "");
    signal(SIGCHLD, SIG_DFL);
    const struct sigaction act = {.sa_handler = nothing}; /* no SA_RESTART */
    sigaction(SIGALRM, &act, NULL);
    ualarm(3000, 3000);
    for (int i = 0; i < 20; i++) {
        assert_string_equal(OK(b->caller, iReadCardBas, .type = 1), LINE);
        assert_string_equal(OK(b->caller, iVerifyPIN, .type = 1), "");
    }
    ualarm(0, 0);
    signal(SIGALRM, SIG_DFL);
}

/* A child that was forked between two steps goes on living: the parent's card is free all the same when the
 * parent is done. */
static void *forks_a_daemon(void *arg)
{
    char out[1024], key[100];
    pid_t *child = arg;
    bool ok = iReadCardBas_HSM_Step1(1, out) == 0;
    snprintf(key, sizeof key, "%s", ok ? office_identity(out) : "");
    *child = fork();
    if (*child == 0) {
        pause();
        _exit(1);
    }
    ok = ok && iReadCardBas_HSM_Step2(key, out) == 0 && iReadCardBas(1, out) == 0;
    return ok ? arg : NULL;
}

static void test_living_child(void **state)
{
    struct bed *b = *state;
    pthread_t thread;
    pid_t child = -1;
    void *ok = NULL;
    bed_put(b, CONTACT, "ssc-3.0");
    assert_int_equal(pthread_create(&thread, NULL, forks_a_daemon, &child), 0);
    pthread_join(thread, &ok);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_non_null(ok);
}

/* ---- descriptors ---- */

/* In a child, so that this test keeps its own. */
static void *in_a_child(void *(*work)(void *), void *arg)
{
    int status = 1;
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(work(arg) ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    return status == 0 ? arg : NULL;
}

static void *without_standard(void *arg)
{
    char out[1024];
    (void)arg;
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    bool ok = iReadCardBas_HSM_Step1(1, out) == 0;
    for (int fd = 0; fd <= STDERR_FILENO; fd++) { /* what the host prints must not go to the service */
        ok = ok && fcntl(fd, F_GETFD) < 0;
    }
    return ok && iVerifyPIN(1, out) == 0 ? (void *)1 : NULL;
}

static void *without_any(void *arg)
{
    char out[1024];
    const struct rlimit none = {.rlim_cur = 3, .rlim_max = 3};
    (void)arg;
    for (int fd = 3; fd < 64; fd++) {
        close(fd);
    }
    return setrlimit(RLIMIT_NOFILE, &none) == 0 && iReadCardBas(1, out) < 0 && out[0] ? (void *)1 : NULL;
}

static void *descriptors(void *arg)
{
    return in_a_child(without_standard, arg) && in_a_child(without_any, arg) ? arg : NULL;
}

static void test_descriptors(void **state)
{
    struct bed *b = *state;
    pthread_t thread;
    void *ok = NULL;
    bed_put(b, CONTACT, "ssc-3.0");
    assert_int_equal(pthread_create(&thread, NULL, descriptors, b), 0);
    pthread_join(thread, &ok);
    assert_non_null(ok);
}

/* ---- the helper program ---- */

/* A helper that never stops talking is ended in time, too. */
static void test_babbler(void **state)
{
    struct bed *b = *state;
    struct caller *c = caller_new(b, "[pin]\nentry = helper\nhelper = /usr/bin/yes\ntimeout-ms = 300\n");
    bed_put(b, CONTACT, "ssc-3.0");
    const struct stopwatch watch = stopwatch_start();
    FAILS(c, -32, "密码输入超时", iVerifyPIN, .type = 1);
    assert_took(&watch, 299, 3000);
    caller_free(&c);
}

/* ---- threads ---- */

static void *reads(void *arg)
{
    char out[1024];
    (void)arg;
    return iReadCardBas(1, out) == 0 ? arg : NULL;
}

static void test_small_stack(void **state)
{
    struct bed *b = *state;
    pthread_attr_t small;
    pthread_t thread;
    void *ok = NULL;
    bed_put(b, CONTACT, "ssc-3.0");
    pthread_attr_init(&small);
    assert_int_equal(pthread_attr_setstacksize(&small, 64 * 1024), 0);
    assert_int_equal(pthread_create(&thread, &small, reads, b), 0);
    pthread_join(thread, &ok);
    pthread_attr_destroy(&small);
    assert_non_null(ok);
}

enum { MANY = 50 };

static void test_many_threads(void **state)
{
    struct bed *b = *state;
    pthread_t threads[MANY];
    bed_put(b, CONTACT, "ssc-3.0");
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, reads, b), 0);
    }
    for (size_t i = 0; i < MANY; i++) {
        void *ok = NULL;
        pthread_join(threads[i], &ok);
        assert_non_null(ok);
    }
}

/* ---- steps = process ---- */

static void test_steps_of_threads(void **state)
{
    struct bed *b = *state;
    struct caller *other = caller_new(b, NULL);
    char key[100];
    bed_put(b, CONTACT, "ssc-3.0");
    snprintf(key, sizeof key, "%s", office_identity(OK(b->caller, iReadCardBas_HSM_Step1, .type = 1)));
    FAILS(other, -23, "没有进行中的认证", iReadCardBas_HSM_Step2, .key = key);
    assert_non_null(strstr(OK(b->caller, iReadCardBas_HSM_Step2, .key = key), "|000000000000|"));
    caller_free(&other);
}

static void test_steps_of_process(void **state)
{
    struct bed *b = *state;
    struct caller *first = caller_new(b, "steps = process\n"), *second = caller_new(b, "steps = process\n");
    char key[100];
    bed_put(b, CONTACT, "ssc-3.0");
    for (int i = 0; i < 3; i++) {
        snprintf(key, sizeof key, "%s", office_identity(OK(first, iReadCardBas_HSM_Step1, .type = 1)));
        assert_non_null(strstr(OK(second, iReadCardBas_HSM_Step2, .key = key), "|000000000000|"));
        FAILS(first, -23, "没有进行中的认证", iReadCardBas_HSM_Step2, .key = key);
    }
    /* three steps, each on another thread than the one before */
    struct caller *third = caller_new(b, "steps = process\n[pin]\nentry = helper\nhelper = /nowhere\n");
    bed_put(b, CONTACT, bed_image("ssc-3.0", "pin.tries", "0"));
    snprintf(key, sizeof key, "%s", office_key(OK(first, iUnblockPIN_HSM_Step1, .type = 1, .card = CARD)));
    snprintf(key, sizeof key, "%s", office_command(OK(second, iUnblockPIN_HSM_Step2, .key = key)));
    OK(third, iUnblockPIN_HSM_Step3, .key = key);
    /* the thread that began is gone */
    snprintf(key, sizeof key, "%s", office_identity(OK(third, iReadCardBas_HSM_Step1, .type = 1)));
    caller_free(&third);
    OK(first, iReadCardBas_HSM_Step2, .key = key);
    /* whatever is no next step ends it, on every thread; nobody waits for a card that the process itself
     * holds */
    snprintf(key, sizeof key, "%s", office_identity(OK(first, iReadCardBas_HSM_Step1, .type = 1)));
    assert_string_equal(OK(second, iReadCardBas, .type = 1), LINE);
    FAILS(first, -23, "没有进行中的认证", iReadCardBas_HSM_Step2, .key = key);
    /* a new first step: the answer to the old one does not fit it */
    OK(first, iReadCardBas_HSM_Step1, .type = 1);
    OK(second, iReadCardBas_HSM_Step1, .type = 1);
    FAILS(first, -23, "传入数据不合法。pKey", iReadCardBas_HSM_Step2, .key = key);
    caller_free(&first);
    caller_free(&second);
}

/* Threads that all begin and go on: each step succeeds or has its code, and in the end nobody holds a card.
 */
static void *steps_at_once(void *arg)
{
    char out[1024];
    bool ok = true;
    for (int i = 0; i < 10 && ok; i++) {
        long rc = iReadCardBas_HSM_Step1(1, out);
        ok = rc == 0 || rc == -12;
        if (rc == 0) {
            char key[] = "00112233445566778899AABBCCDDEEFF||";
            rc = iReadCardBas_HSM_Step2(key, out);
            ok = rc == -23; /* nobody's answer */
        }
    }
    return ok ? arg : NULL;
}

static void test_steps_at_once(void **state)
{
    struct bed *b = *state;
    struct caller *c = caller_new(b, "steps = process\ndeadline-ms = 2000\n"); /* its file is everybody's */
    pthread_t threads[8];
    bed_put(b, CONTACT, "ssc-3.0");
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, steps_at_once, b), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        void *ok = NULL;
        pthread_join(threads[i], &ok);
        assert_non_null(ok);
    }
    OK(c, iReadCardBas_HSM_Step1, .type = 1);
    assert_string_equal(OK(c, iReadCardBas, .type = 1), LINE);
    caller_free(&c);
}

/* A child does not go on with what its parent began. */
static void *process_forks(void *arg)
{
    char out[1024], key[100];
    bool ok = iReadCardBas_HSM_Step1(1, out) == 0;
    snprintf(key, sizeof key, "%s", ok ? office_identity(out) : "");
    ok = ok && in_child(-23, key) == 0 && iReadCardBas_HSM_Step2(key, out) == 0;
    return ok ? arg : NULL;
}

static void test_process_forks(void **state)
{
    struct bed *b = *state;
    struct caller *c = caller_new(b, "steps = process\n");
    pthread_t thread;
    void *ok = NULL;
    bed_put(b, CONTACT, "ssc-3.0");
    assert_int_equal(pthread_create(&thread, NULL, process_forks, b), 0);
    pthread_join(thread, &ok);
    assert_non_null(ok);
    caller_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_killed_caller, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_fork, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_living_child, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_no_role, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_host_signals, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_descriptors, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_babbler, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_small_stack, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_many_threads, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_steps_of_threads, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_steps_of_process, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_steps_at_once, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_process_forks, bed_up, bed_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
