/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/client/wire.h"

#include "apdu/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int64_t ssc_wire_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 0: ready, or hung up (the next read or write tells). */
static int wait_for(int fd, short events, int64_t deadline)
{
    int rc = SSC_E_DEADLINE_EXCEEDED;
    bool again = true;
    while (again) {
        const int64_t left = deadline - ssc_wire_now();
        struct pollfd p = {.fd = fd, .events = events};
        const int n = poll(&p, 1, left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left);
        rc = n > 0 ? 0 : SSC_E_DEADLINE_EXCEEDED;
        again = n <= 0 && (n == 0 || errno == EINTR) && ssc_wire_now() < deadline;
    }
    return rc;
}

/* In a folder that anybody may write to, only this user and root are believed to be the service. */
static bool peer_is_trusted(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == 0 || peer.uid == getuid());
}

static int connect_error(int error)
{
    return error == EACCES || error == EPERM ? SSC_E_PERMISSION_DENIED : SSC_E_DAEMON_ABSENT;
}

/* A program without standard descriptors would print into the service's ear. */
static int above_standard(int fd)
{
    int higher = fd;
    if (fd >= 0 && fd <= STDERR_FILENO) {
        higher = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        close(fd);
    }
    return higher;
}

/* A local connect succeeds at once, or says EAGAIN while the listener's queue is full. */
static int connect_one(const char *path, bool check_peer, int *out, int64_t deadline)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int rc = SSC_E_DAEMON_ABSENT;
    int fd = -1;
    if (strlen(path) >= sizeof address.sun_path) {
        rc = SSC_E_INVALID_ARGUMENT;
        goto done;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = above_standard(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (fd < 0) {
        goto done;
    }
    rc = -1;
    while (rc == -1) {
        if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
            rc = 0;
        } else if (errno != EAGAIN && errno != EINTR) {
            rc = connect_error(errno);
        } else if (ssc_wire_now() >= deadline) {
            rc = SSC_E_DEADLINE_EXCEEDED;
        } else {
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        }
    }
    if (rc == 0 && check_peer && !peer_is_trusted(fd)) {
        rc = SSC_E_PERMISSION_DENIED;
    }
done:
    if (rc == 0) {
        *out = fd;
    } else if (fd >= 0) {
        close(fd);
    }
    return rc;
}

static int connect_usual(int *fd, char where[108], int64_t deadline)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char path[3][108];
    snprintf(path[0], sizeof path[0], "/run/sscard/sscard.sock");
    snprintf(path[1], sizeof path[1], "%s/sscard/sscard.sock", runtime ? runtime : "");
    snprintf(path[2], sizeof path[2], "/tmp/sscard-%u/sscard.sock", (unsigned)getuid());
    int rc = SSC_E_DAEMON_ABSENT;
    snprintf(where, 108, "%s", path[0]);
    for (int i = 0; i < 3 && rc != 0; i++) {
        if (i != 1 || (runtime && runtime[0])) {
            const int one = connect_one(path[i], i == 2, fd, deadline);
            /* a socket that exists and refuses tells more than one that is absent */
            if (one == 0 || one != SSC_E_DAEMON_ABSENT) {
                memcpy(where, path[i], sizeof path[i]);
                rc = one;
            }
        }
    }
    return rc;
}

int ssc_wire_connect(struct ssc_wire *w, const char *path, char where[108], int64_t deadline)
{
    ssc_wire_close(w);
    const char *named = path ? path : getenv("SSCARD_SOCKET");
    int rc = 0;
    if (named && named[0]) {
        snprintf(where, 108, "%s", named);
        rc = connect_one(named, false, &w->fd, deadline);
    } else {
        rc = connect_usual(&w->fd, where, deadline);
    }
    w->owner = getpid();
    return rc;
}

/* A child that was forked meanwhile has a copy of the descriptor, and would keep the connection, and with it
 * the lease, alive; but the child's own close is not to end its parent's. */
void ssc_wire_close(struct ssc_wire *w)
{
    if (w->fd >= 0) {
        if (w->owner == getpid()) {
            shutdown(w->fd, SHUT_RDWR);
        }
        close(w->fd);
    }
    if (w->buf) {
        explicit_bzero(w->buf, w->cap);
        free(w->buf);
    }
    *w = (struct ssc_wire){.fd = -1};
}

int ssc_wire_send(struct ssc_wire *w, const char *text, size_t len, size_t *sent, int64_t deadline)
{
    int rc = 0;
    *sent = 0;
    while (rc == 0 && *sent < len) {
        const ssize_t n = send(w->fd, text + *sent, len - *sent, MSG_NOSIGNAL);
        if (n > 0) {
            *sent += (size_t)n;
        } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            rc = wait_for(w->fd, POLLOUT, deadline);
        } else {
            rc = SSC_E_DAEMON_ABSENT;
        }
    }
    return rc;
}

static int make_room(struct ssc_wire *w)
{
    int rc = 0;
    if (w->cap - w->len < 4096) {
        const size_t cap = w->cap == 0 ? 8192 : 2 * w->cap;
        char *bigger = w->len >= SSC_WIRE_LINE_MAX ? NULL : malloc(cap);
        if (!bigger) {
            rc = w->len >= SSC_WIRE_LINE_MAX ? SSC_E_LINE_TOO_LONG : SSC_E_OUT_OF_MEMORY;
        } else {
            if (w->buf) { /* not realloc: answers carry names and numbers of people, no copy stays behind */
                memcpy(bigger, w->buf, w->len);
                explicit_bzero(w->buf, w->cap);
                free(w->buf);
            }
            w->buf = bigger;
            w->cap = cap;
        }
    }
    return rc;
}

static void drop_taken(struct ssc_wire *w)
{
    if (w->taken > 0) {
        memmove(w->buf, w->buf + w->taken, w->len - w->taken);
        w->len -= w->taken;
        w->taken = 0;
        w->scanned = 0;
    }
}

static bool find_line(struct ssc_wire *w, char **line, size_t *len)
{
    char *end = w->len > w->scanned ? memchr(w->buf + w->scanned, '\n', w->len - w->scanned) : NULL;
    if (end) {
        *end = '\0';
        *line = w->buf;
        *len = (size_t)(end - w->buf);
        w->taken = *len + 1;
    }
    w->scanned = w->len;
    return end != NULL;
}

int ssc_wire_line(struct ssc_wire *w, char **line, size_t *len, int64_t deadline)
{
    int rc = 0;
    drop_taken(w);
    while (rc == 0 && !find_line(w, line, len)) {
        rc = make_room(w);
        const ssize_t n = rc == 0 ? recv(w->fd, w->buf + w->len, w->cap - w->len, 0) : 0;
        if (rc == 0 && n > 0) {
            w->len += (size_t)n;
        } else if (rc == 0 && n < 0 && (errno == EAGAIN || errno == EINTR)) {
            rc = wait_for(w->fd, POLLIN, deadline);
        } else if (rc == 0) {
            rc = SSC_E_DAEMON_ABSENT;
        }
    }
    return rc;
}
