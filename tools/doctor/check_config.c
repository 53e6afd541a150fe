/* SPDX-License-Identifier: Apache-2.0 */
/* Asks sscardd itself whether its configuration is right: nobody else knows. */
#include "tools/doctor/seam.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 3000
#define WRONG 2 /* exit code of sscardd where options or configuration are at fault */
#define CONFIG "/etc/sscard/sscardd.conf"

extern char **environ;

static bool start(const char *config, int out, pid_t *pid)
{
    static const char *const programs[] = {SSC_SBIN "/sscardd", "/usr/sbin/sscardd", "sscardd"};
    char option[SEAM_PATH_MAX + 16];
    char *const args[] = {(char[]){"sscardd"}, option, (char[]){"--check-config"}, NULL};
    posix_spawn_file_actions_t actions;
    bool started = false;
    snprintf(option, sizeof option, "--config=%s", config);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (size_t i = 0; i < sizeof programs / sizeof programs[0] && !started; i++) {
        const bool there = programs[i][0] != '/' || access(programs[i], X_OK) == 0;
        started = there && posix_spawnp(pid, programs[i], &actions, NULL, args, environ) == 0;
    }
    posix_spawn_file_actions_destroy(&actions);
    return started;
}

/* The first line of what is said until the end. False: it does not end. */
static bool read_line(int in, char *line, size_t cap)
{
    struct pollfd ready = {.fd = in, .events = POLLIN};
    size_t used = 0;
    ssize_t n = 1;
    while (n > 0 && poll(&ready, 1, PATIENCE_MS) == 1) {
        n = read(in, line + used, cap - 1 - used);
        used += n > 0 ? (size_t)n : 0;
    }
    line[used] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return n <= 0;
}

bool seam_config_wrong(const struct seam *s, char *why, size_t cap)
{
    static const char said[] = "sscardd: ";
    char config[SEAM_PATH_MAX], line[400] = "";
    int ends[2], status = 0;
    pid_t pid = -1;
    bool wrong = false;
    if (!seam_path(s, config, CONFIG) || access(config, R_OK) != 0 || pipe2(ends, O_CLOEXEC) != 0) {
        goto done;
    }
    if (start(config, ends[1], &pid)) {
        close(ends[1]);
        ends[1] = -1;
        if (!read_line(ends[0], line, sizeof line)) {
            kill(pid, SIGKILL);
        }
        wrong = waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == WRONG;
    }
    close(ends[0]);
    if (ends[1] >= 0) {
        close(ends[1]);
    }
done:
    snprintf(why, cap, "%s", strncmp(line, said, strlen(said)) == 0 ? line + strlen(said) : line);
    return wrong;
}
