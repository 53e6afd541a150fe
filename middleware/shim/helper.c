/* SPDX-License-Identifier: Apache-2.0 */
/* The program that asks the holder. It runs inside somebody else's process, so nothing of that process is
 * changed: no signal handler, no environment, no wait for other children. */
#include "middleware/shim/pin.h"

#include "apdu/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Signals as at a program's start, a process group of its own (to be ended as a whole), stdout in the pipe
 * and no other descriptor of the host program. */
static pid_t start(const char *path, const char *question, const char *prompt, int out)
{
    char *const argv[] = {(char *)(uintptr_t)path, (char *)(uintptr_t)question, (char *)(uintptr_t)prompt,
                          NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t all, none;
    pid_t pid = -1;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    if (posix_spawn(&pid, path, &files, &how, argv, environ) != 0) {
        pid = -1;
    }
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return pid;
}

/* Until the helper closes its end, but not for ever, however much it says. *len: cut at the room there is. */
static int hear(int in, char *text, size_t cap, size_t *len, int64_t deadline)
{
    int rc = 0;
    bool open = true;
    *len = 0;
    while (rc == 0 && open) {
        const int64_t left = deadline - sscard_deadline(0);
        struct pollfd p = {.fd = in, .events = POLLIN};
        const int ready = poll(&p, 1, left > 0 ? (int)left : 0);
        if (left <= 0) {
            rc = SSC_E_PIN_TIMEOUT;
        } else if (ready > 0) {
            char spill[32];
            const bool room = *len < cap;
            const ssize_t n = read(in, room ? text + *len : spill, room ? cap - *len : sizeof spill);
            open = n > 0 || (n < 0 && errno == EINTR);
            *len += n > 0 && room ? (size_t)n : 0;
            explicit_bzero(spill, sizeof spill);
        } else if (ready < 0 && errno != EINTR) {
            rc = SSC_E_PIN_TIMEOUT;
        }
    }
    return rc;
}

/* A host that ignores SIGCHLD, or waits for every child, may have reaped it: then nothing is left to do. */
static void end(pid_t pid)
{
    if (waitpid(pid, NULL, WNOHANG) == 0) { /* it is there, so the number is still its own */
        kill(-pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
}

static int judge(const char *text, size_t len, char digits[SSC_SHIM_PIN_MOST + 1])
{
    int rc = 0;
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r')) {
        len--;
    }
    if (len == 0) {
        rc = SSC_E_PIN_CANCELLED;
    } else if (len < SSC_SHIM_PIN_LEAST || len > SSC_SHIM_PIN_MOST) {
        rc = SSC_E_PIN_LENGTH;
    }
    for (size_t i = 0; rc == 0 && i < len; i++) {
        rc = text[i] >= '0' && text[i] <= '9' ? 0 : SSC_E_PIN_LENGTH;
    }
    if (rc == 0) {
        memcpy(digits, text, len);
        digits[len] = '\0';
    }
    return rc;
}

int ssc_shim_helper(const char *path, const char *question, const char *prompt, int64_t deadline,
                    char digits[SSC_SHIM_PIN_MOST + 1])
{
    char text[64];
    size_t len = 0;
    int pipes[2] = {-1, -1};
    int rc = path[0] == '/' && pipe2(pipes, O_CLOEXEC) == 0 ? 0 : SSC_E_NO_PIN_PAD;
    const pid_t pid = rc == 0 ? start(path, question, prompt, pipes[1]) : -1;
    if (pipes[1] >= 0) {
        close(pipes[1]);
    }
    if (pid > 0) {
        rc = hear(pipes[0], text, sizeof text, &len, deadline);
        end(pid);
        rc = rc == 0 ? judge(text, len, digits) : rc;
    } else {
        rc = SSC_E_NO_PIN_PAD;
    }
    if (pipes[0] >= 0) {
        close(pipes[0]);
    }
    explicit_bzero(text, sizeof text);
    return rc;
}
