/* SPDX-License-Identifier: Apache-2.0 */
/* Who it is: processes by what they have opened, named with pid and unit. */
#include "tools/doctor/seam.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct search {
    const struct seam *seam;
    const char *wanted;
    const char *const *leave_out;
    bool (*fits)(struct search *search, const char *process); /* process: whole path of /proc/PID */
    char process[SEAM_PATH_MAX];
    bool found;
    char *out;
    size_t cap;
};

/* "pcscd.service" of "0::/system.slice/pcscd.service"; scopes and slices of a login are no help. */
static void unit_of(const char *process, char out[96])
{
    char text[2048], path[SEAM_PATH_MAX];
    out[0] = '\0';
    if ((size_t)snprintf(path, sizeof path, "%s/cgroup", process) < sizeof path &&
        seam_read(path, text, sizeof text) > 0) {
        for (char *line = text; line && !out[0]; line = strchr(line, '\n'), line += line ? 1 : 0) {
            const size_t n = strcspn(line, "\n");
            size_t at = n;
            while (at > 0 && line[at - 1] != '/') {
                at--;
            }
            const size_t len = n - at;
            if (len > strlen(".service") && len < 96 &&
                memcmp(line + n - strlen(".service"), ".service", strlen(".service")) == 0) {
                memcpy(out, line + at, len);
                out[len] = '\0';
            }
        }
    }
}

static bool left_out(const char *name, const char *const *names)
{
    bool found = false;
    for (size_t i = 0; names && names[i] && !found; i++) {
        found = strcmp(name, names[i]) == 0;
    }
    return found;
}

static void append(struct search *s, const char *process, const char *pid)
{
    char name[64], unit[96];
    const size_t used = strlen(s->out);
    seam_line(name, sizeof name, process, "comm");
    unit_of(process, unit);
    if (!left_out(name, s->leave_out) && used < s->cap) {
        snprintf(s->out + used, s->cap - used, "%s%s (pid %s%s%s)", used ? ", " : "", name[0] ? name : "?",
                 pid, unit[0] ? ", " : "", unit);
    }
}

static void take_process(void *ctx, const char *name)
{
    struct search *s = ctx;
    char process[SEAM_PATH_MAX], self[24];
    snprintf(self, sizeof self, "%lld", (long long)s->seam->pid);
    if (name[0] >= '0' && name[0] <= '9' && strcmp(name, self) != 0 &&
        seam_path(s->seam, process, "/proc/%s", name) && s->fits(s, process)) {
        append(s, process, name);
    }
}

static void take_descriptor(void *ctx, const char *name)
{
    struct search *s = ctx;
    char path[SEAM_PATH_MAX], target[SEAM_PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/fd/%s", s->process, name) < sizeof path) {
        const ssize_t n = readlink(path, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        s->found = s->found || strcmp(target, s->wanted) == 0;
    }
}

static bool has_open(struct search *s, const char *process)
{
    char path[SEAM_PATH_MAX];
    s->found = false;
    snprintf(s->process, sizeof s->process, "%s", process);
    if ((size_t)snprintf(path, sizeof path, "%s/fd", process) < sizeof path) {
        seam_folder(path, take_descriptor, s);
    }
    return s->found;
}

static bool has_mapped(struct search *s, const char *process)
{
    char path[SEAM_PATH_MAX], *line = NULL;
    size_t cap = 0;
    bool found = false;
    FILE *maps =
        (size_t)snprintf(path, sizeof path, "%s/maps", process) < sizeof path ? fopen(path, "re") : NULL;
    while (maps && !found && getline(&line, &cap, maps) > 0) {
        found = strstr(line, s->wanted) != NULL;
    }
    free(line);
    if (maps) {
        fclose(maps);
    }
    return found;
}

static void search(struct search *s)
{
    char proc[SEAM_PATH_MAX];
    s->out[0] = '\0';
    if (seam_path(s->seam, proc, "/proc")) {
        seam_folder(proc, take_process, s);
    }
}

void proc_holders(const struct seam *seam, const char *file, const char *const *leave_out, char *out,
                  size_t cap)
{
    search(&(struct search){
        .seam = seam, .wanted = file, .leave_out = leave_out, .fits = has_open, .out = out, .cap = cap});
}

void proc_users(const struct seam *seam, const char *library, const char *const *leave_out, char *out,
                size_t cap)
{
    search(&(struct search){
        .seam = seam, .wanted = library, .leave_out = leave_out, .fits = has_mapped, .out = out, .cap = cap});
}

/* ---- one process ---- */

int64_t proc_uid_of(const struct seam *seam, int64_t pid)
{
    char path[SEAM_PATH_MAX], status[2048];
    const char *uid = NULL;
    if (pid > 0 && seam_path(seam, path, "/proc/%lld/status", (long long)pid) &&
        seam_read(path, status, sizeof status) > 0) {
        uid = strstr(status, "\nUid:");
    }
    return uid ? strtoll(uid + strlen("\nUid:"), NULL, 10) : -1;
}

struct by_name {
    const struct seam *seam;
    const char *name;
    int64_t pid;
};

static void take_by_name(void *ctx, const char *pid)
{
    struct by_name *b = ctx;
    char process[SEAM_PATH_MAX], name[64];
    if (b->pid < 0 && pid[0] >= '0' && pid[0] <= '9' && seam_path(b->seam, process, "/proc/%s", pid)) {
        seam_line(name, sizeof name, process, "comm");
        b->pid = strcmp(name, b->name) == 0 ? strtoll(pid, NULL, 10) : -1;
    }
}

int64_t proc_named(const struct seam *seam, const char *name, int64_t *uid)
{
    struct by_name b = {.seam = seam, .name = name, .pid = -1};
    char proc[SEAM_PATH_MAX];
    if (seam_path(seam, proc, "/proc")) {
        seam_folder(proc, take_by_name, &b);
    }
    *uid = proc_uid_of(seam, b.pid);
    return b.pid;
}
