/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include "shape_check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#define ARGS_MAX 24
#define START_MS 10000
#define ANSWER_MS 20000

int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void sleep_ms(int ms)
{
    const struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

/* ---- the service ---- */

struct service *service_new(void)
{
    struct service *s = calloc(1, sizeof *s);
    assert_non_null(s);
    snprintf(s->folder, sizeof s->folder, "/tmp/sscardd-test-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    chmod(s->folder, 0755); /* tests of roles connect as somebody else */
    snprintf(s->socket, sizeof s->socket, "%s/s", s->folder);
    snprintf(s->log, sizeof s->log, "%s/log", s->folder);
    snprintf(s->state, sizeof s->state, "%s/state", s->folder);
    return s;
}

static int passed = -1;

void service_pass(int listener)
{
    passed = listener;
}

static void run_program(char **argv, int out, int err)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    if (passed >= 0) {
        char pid[16];
        snprintf(pid, sizeof pid, "%d", (int)getpid());
        setenv("LISTEN_PID", pid, 1);
        setenv("LISTEN_FDS", "1", 1);
        if (passed == 3) {
            fcntl(3, F_SETFD, 0);
        } else {
            dup2(passed, 3);
        }
    }
    execv(SSCARDD, argv);
    _exit(127);
}

static pid_t spawn(const char *const *args, int out, int err)
{
    char *argv[ARGS_MAX + 2] = {(char *)(uintptr_t)SSCARDD};
    for (size_t i = 0; args[i]; i++) {
        assert_true(i < ARGS_MAX);
        argv[i + 1] = (char *)(uintptr_t)args[i];
    }
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        run_program(argv, out, err);
    }
    return pid;
}

static int try_connect(const struct service *s)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", s->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void print_log(const struct service *s)
{
    char *text = service_log(s);
    print_message("%s", text);
    free(text);
}

void service_start(struct service *s, const char *const *args)
{
    const char *all[ARGS_MAX] = {"--socket", s->socket};
    const int64_t limit = now_ms() + START_MS;
    for (size_t i = 0; args[i]; i++) {
        all[i + 2] = args[i];
    }
    const int err = open(s->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    s->pid = spawn(all, err, err);
    passed = -1;
    close(err);
    int fd = -1;
    while ((fd = try_connect(s)) < 0 && now_ms() < limit && waitpid(s->pid, NULL, WNOHANG) == 0) {
        sleep_ms(2);
    }
    if (fd < 0) {
        print_log(s);
        fail_msg("sscardd does not listen");
    }
    close(fd);
}

void service_sim(struct service *s, const char *images, bool keep_state)
{
    char sim[256];
    snprintf(sim, sizeof sim, "--sim%s%s", images ? "=" : "", images ? images : "");
    const char *const in_memory[] = {sim, "--log-level", "debug", NULL};
    const char *const kept[] = {sim, "--log-level", "debug", "--state", s->state, NULL};
    service_start(s, keep_state ? kept : in_memory);
}

int service_stop(struct service *s, int signal_number)
{
    int status = 0;
    const int64_t limit = now_ms() + 30000;
    kill(s->pid, signal_number);
    while (waitpid(s->pid, &status, WNOHANG) == 0 && now_ms() < limit) {
        sleep_ms(2);
    }
    if (now_ms() >= limit) {
        kill(s->pid, SIGKILL);
        waitpid(s->pid, &status, 0);
        s->pid = 0;
        fail_msg("sscardd does not stop");
    }
    s->pid = 0;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void service_freeze(struct service *s)
{
    int status = 0;
    assert_int_equal(kill(s->pid, SIGSTOP), 0);
    assert_int_equal(waitpid(s->pid, &status, WUNTRACED), s->pid);
    assert_true(WIFSTOPPED(status));
}

static void remove_folder(const char *path)
{
    const pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", "--", path, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

void service_free(struct service **s)
{
    if (*s) {
        if ((*s)->pid) {
            const int status = service_stop(*s, SIGTERM);
            if (status != 0) {
                print_log(*s);
            }
            assert_int_equal(status, 0); /* sanitizers speak through the exit status */
        }
        remove_folder((*s)->folder);
        free(*s);
        *s = NULL;
    }
}

static char *read_all(int fd)
{
    size_t len = 0, cap = 1 << 16;
    char *text = malloc(cap + 1);
    ssize_t n;
    while (text && (n = read(fd, text + len, cap - len)) > 0) {
        len += (size_t)n;
        if (len == cap) {
            cap *= 2;
            text = realloc(text, cap + 1);
        }
    }
    assert_non_null(text);
    text[len] = '\0';
    return text;
}

char *service_log(const struct service *s)
{
    const int fd = open(s->log, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    char *text = read_all(fd);
    close(fd);
    return text;
}

const char *service_file(const struct service *s, const char *name, const char *text)
{
    static char path[160];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    return path;
}

char *service_run(const char *const *args, int *status)
{
    int pipes[2], raw = 0;
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    const pid_t pid = spawn(args, pipes[1], pipes[1]);
    close(pipes[1]);
    char *text = read_all(pipes[0]);
    close(pipes[0]);
    waitpid(pid, &raw, 0);
    *status = WIFEXITED(raw) ? WEXITSTATUS(raw) : -1;
    return text;
}

/* ---- the client ---- */

struct client *client_new(const struct service *s)
{
    struct client *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->fd = try_connect(s);
    assert_true(c->fd >= 0);
    c->notes = json_array();
    return c;
}

void client_free(struct client **c)
{
    if (*c) {
        close((*c)->fd);
        free((*c)->in);
        json_decref((*c)->notes);
        free(*c);
        *c = NULL;
    }
}

int desk_up(void **state, const char *images, bool keep_state)
{
    struct desk *d = calloc(1, sizeof *d);
    assert_non_null(d);
    d->s = service_new();
    service_sim(d->s, images, keep_state);
    d->c = client_new(d->s);
    *state = d;
    return 0;
}

int desk_down(void **state)
{
    struct desk *d = *state;
    client_free(&d->c);
    service_free(&d->s);
    free(d);
    return 0;
}

void client_send(struct client *c, const char *bytes, size_t len)
{
    while (len > 0) {
        const ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL);
        assert_true(n > 0);
        bytes += n;
        len -= (size_t)n;
    }
}

void client_line(struct client *c, const char *line)
{
    client_send(c, line, strlen(line));
    client_send(c, "\n", 1);
}

static json_t *take_line(struct client *c)
{
    json_t *object = NULL;
    const char *end = c->in_len ? memchr(c->in, '\n', c->in_len) : NULL;
    if (end) {
        const size_t len = (size_t)(end - c->in);
        json_error_t error;
        object = json_loadb(c->in, len, 0, &error);
        assert_non_null(object); /* whatever is asked, every answer is JSON */
        c->in_len -= len + 1;
        memmove(c->in, c->in + len + 1, c->in_len);
    }
    return object;
}

static bool receive(struct client *c, int timeout_ms)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    bool open = true;
    if (poll(&p, 1, timeout_ms) > 0) {
        if (c->in_cap - c->in_len < 65536) {
            c->in_cap += 1 << 18;
            c->in = realloc(c->in, c->in_cap);
            assert_non_null(c->in);
        }
        const ssize_t n = recv(c->fd, c->in + c->in_len, c->in_cap - c->in_len, 0);
        c->in_len += n > 0 ? (size_t)n : 0;
        open = n > 0;
    }
    return open;
}

json_t *client_read(struct client *c, int timeout_ms, bool *closed)
{
    const int64_t limit = now_ms() + timeout_ms;
    json_t *object = take_line(c);
    bool open = true;
    while (!object && open && now_ms() <= limit) {
        open = receive(c, (int)(limit - now_ms()) + 1);
        object = take_line(c);
    }
    if (closed) {
        *closed = !open;
    }
    return object;
}

static int64_t post(struct client *c, const char *method, const char *format, va_list args)
{
    const int64_t id = ++c->next_id;
    json_error_t error;
    json_t *params = format ? json_vpack_ex(&error, 0, format, args) : NULL;
    if (format && !params) {
        fail_msg("params: %s", error.text);
    }
    json_t *request = json_pack("{s:s, s:I, s:s}", "jsonrpc", "2.0", "id", (json_int_t)id, "method", method);
    if (params) {
        json_object_set_new(request, "params", params);
    }
    char *line = json_dumps(request, JSON_COMPACT);
    client_line(c, line);
    free(line);
    json_decref(request);
    return id;
}

int64_t client_post(struct client *c, const char *method, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int64_t id = post(c, method, format, args);
    va_end(args);
    return id;
}

json_t *client_answer(struct client *c, int64_t id)
{
    const int64_t limit = now_ms() + ANSWER_MS;
    json_t *found = NULL;
    while (!found) {
        bool closed = false;
        json_t *object = client_read(c, (int)(limit - now_ms()), &closed);
        if (!object) {
            fail_msg("no answer to call %lld (%s)", (long long)id, closed ? "closed" : "silence");
        } else if (json_object_get(object, "method")) {
            json_array_append_new(c->notes, object);
        } else if (json_integer_value(json_object_get(object, "id")) == id) {
            found = object;
        } else {
            fail_msg("an answer that nobody waits for");
        }
    }
    return found;
}

json_t *client_call(struct client *c, const char *method, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int64_t id = post(c, method, format, args);
    va_end(args);
    return client_answer(c, id);
}

static json_t *part(json_t *answer, const char *key, const char *method)
{
    json_t *value = json_object_get(answer, key);
    if (!value) {
        char *text = json_dumps(answer, 0);
        print_message("%s: %s\n", method, text);
        free(text);
    }
    assert_non_null(value);
    json_incref(value);
    json_decref(answer);
    return value;
}

json_t *client_ok(struct client *c, const char *method, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int64_t id = post(c, method, format, args);
    va_end(args);
    json_t *result = part(client_answer(c, id), "result", method);
    shape_check_result(method, result);
    return result;
}

static json_t *fails(struct client *c, int64_t id, const char *symbol, const char *method)
{
    json_t *error = part(client_answer(c, id), "error", method);
    json_t *data = json_object_get(error, "data");
    if (strcmp(text_of(data, "symbol"), symbol) != 0) {
        print_message("%s: %s: %s\n", method, text_of(data, "symbol"), text_of(data, "detail"));
    }
    assert_string_equal(text_of(data, "symbol"), symbol);
    assert_true(text_of(json_object_get(data, "remedy"), "zh")[0] != '\0');
    shape_check("Error", data, symbol);
    json_incref(data);
    json_decref(error);
    return data;
}

json_t *client_fails(struct client *c, const char *symbol, const char *method, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int64_t id = post(c, method, format, args);
    va_end(args);
    return fails(c, id, symbol, method);
}

void client_refused(struct client *c, const char *symbol, const char *method, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int64_t id = post(c, method, format, args);
    va_end(args);
    json_decref(fails(c, id, symbol, method));
}

static json_t *note_of_type(struct client *c, const char *type)
{
    json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(c->notes) && !found; i++) {
        json_t *params = json_object_get(json_array_get(c->notes, i), "params");
        if (strcmp(text_of(params, "type"), type) == 0) {
            shape_check("Event", params, type);
            found = json_incref(params);
            json_array_remove(c->notes, i);
        }
    }
    return found;
}

json_t *client_event(struct client *c, const char *type, int timeout_ms)
{
    const int64_t limit = now_ms() + timeout_ms;
    json_t *found = note_of_type(c, type);
    while (!found && now_ms() < limit) {
        json_t *object = client_read(c, (int)(limit - now_ms()), NULL);
        if (object) {
            assert_non_null(json_object_get(object, "method"));
            json_array_append_new(c->notes, object);
        }
        found = note_of_type(c, type);
    }
    if (!found) {
        fail_msg("no event %s", type);
    }
    return found;
}

const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

int64_t int_of(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);
    return json_is_integer(v) ? json_integer_value(v) : INT64_MIN;
}

const char *symbol_of(const json_t *answer)
{
    return text_of(json_object_get(json_object_get(answer, "error"), "data"), "symbol");
}
