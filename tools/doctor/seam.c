/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/doctor/seam.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

bool seam_path(const struct seam *s, char out[SEAM_PATH_MAX], const char *format, ...)
{
    const size_t used = strlen(s->root);
    int n = -1;
    if (used < SEAM_PATH_MAX) {
        va_list args;
        memcpy(out, s->root, used + 1);
        va_start(args, format);
        n = vsnprintf(out + used, SEAM_PATH_MAX - used, format, args);
        va_end(args);
    }
    return n >= 0 && (size_t)n < SEAM_PATH_MAX - used;
}

bool seam_exists(const struct seam *s, const char *path)
{
    char whole[SEAM_PATH_MAX];
    return seam_path(s, whole, "%s", path) && access(whole, F_OK) == 0;
}

const char *seam_show(const struct seam *s, const char *path)
{
    const size_t n = strlen(s->root);
    return strncmp(path, s->root, n) == 0 ? path + n : path;
}

ssize_t seam_read(const char *path, void *out, size_t cap)
{
    char *bytes = out;
    size_t used = 0;
    ssize_t got = -1;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0) {
        do {
            got = read(fd, bytes + used, cap - 1 - used);
            used += got > 0 ? (size_t)got : 0;
        } while ((got > 0 && used < cap - 1) || (got < 0 && errno == EINTR));
        close(fd);
    }
    bytes[used] = '\0';
    return fd >= 0 && (got >= 0 || used > 0) ? (ssize_t)used : -1;
}

void seam_line(char *out, size_t cap, const char *folder, const char *file)
{
    char path[SEAM_PATH_MAX];
    out[0] = '\0';
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, file) < sizeof path) {
        seam_read(path, out, cap);
        out[strcspn(out, "\n")] = '\0';
    }
}

void seam_link(char *out, size_t cap, const char *path)
{
    char target[SEAM_PATH_MAX];
    const ssize_t n = readlink(path, target, sizeof target - 1);
    out[0] = '\0';
    if (n > 0) {
        target[n] = '\0';
        const char *slash = strrchr(target, '/');
        snprintf(out, cap, "%s", slash ? slash + 1 : target);
    }
}

void seam_folder(const char *path, void (*take)(void *ctx, const char *name), void *ctx)
{
    struct dirent **entries = NULL;
    const int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0) {
            take(ctx, entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
}

/* ---- the machine ---- */

int seam_connect(void *ctx, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int error = strlen(path) < sizeof address.sun_path ? 0 : ENAMETOOLONG;
    (void)ctx;
    if (error == 0) {
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        memcpy(address.sun_path, path, strlen(path) + 1);
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
            error = errno == EAGAIN ? 0 : errno; /* a full queue: somebody listens */
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    return error;
}

int64_t seam_clock(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
}

long seam_utc_offset(void *ctx)
{
    const time_t now = time(NULL);
    struct tm local = {0};
    (void)ctx;
    localtime_r(&now, &local);
    return local.tm_gmtoff;
}

bool seam_clock_synced(void *ctx)
{
    struct timex state = {0};
    (void)ctx;
    return adjtimex(&state) != TIME_ERROR && !(state.status & STA_UNSYNC);
}
