/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/server.h"

#include "daemon/manager.h"
#include "daemon/rpc.h"
#include "drivers/lock.h"
#include "drivers/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 512

struct ssc_server {
    struct ssc_daemon *d;
    uv_pipe_t listener;
    uv_timer_t stalls;
    int lock_fd;     /* held as long as we own the socket's path */
    bool own_socket; /* not passed by the service manager: ours to remove */
    bool watching;
    TAILQ_HEAD(, ssc_conn) conns;
    size_t count;
    uint64_t numbers;
    char buffer[SSC_LINE_MAX];
};

uv_buf_t ssc_server_buffer(struct ssc_server *s)
{
    return uv_buf_init(s->buffer, sizeof s->buffer);
}

size_t ssc_server_count(const struct ssc_server *s)
{
    return s->count;
}

void ssc_server_forget(struct ssc_server *s, struct ssc_conn *c)
{
    TAILQ_REMOVE(&s->conns, c, of_server);
    s->count--;
}

void ssc_server_each(struct ssc_server *s, void (*fn)(struct ssc_conn *c, void *ctx), void *ctx)
{
    struct ssc_conn *c = TAILQ_FIRST(&s->conns);
    while (c) {
        struct ssc_conn *next = TAILQ_NEXT(c, of_server);
        fn(c, ctx);
        c = next;
    }
}

struct stall_check {
    int64_t now;
    size_t pending;
};

static void check_stall(struct ssc_conn *c, void *ctx)
{
    struct stall_check *check = ctx;
    if (c->out_pending > 0 && check->now - c->progress_ms > SSC_STALL_MS) {
        ssc_log(&c->d->log, SSC_LOG_WARNING, "closing pid %ld: it takes no answers", (long)c->peer.pid);
        ssc_conn_close(c);
    } else if (c->out_pending > 0) {
        check->pending++;
    }
}

static void on_stall_timer(uv_timer_t *timer)
{
    struct ssc_server *s = timer->data;
    struct stall_check check = {.now = ssc_now_ms()};
    ssc_server_each(s, check_stall, &check);
    if (check.pending == 0) {
        uv_timer_stop(timer); /* an idle daemon does not wake up */
        s->watching = false;
    }
}

void ssc_server_watch_stalls(struct ssc_server *s)
{
    if (!s->watching) {
        s->watching = true;
        uv_timer_start(&s->stalls, on_stall_timer, 1000, 1000);
    }
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct ssc_server *s = listener->data;
    struct ssc_conn *c = NULL;
    if (status == 0 && ssc_conn_accept(s->d, listener, &c) == 0) {
        c->number = ++s->numbers;
        TAILQ_INSERT_TAIL(&s->conns, c, of_server);
        s->count++;
        if (s->count > (size_t)s->d->config.max_clients) {
            ssc_rpc_refuse(c, SSC_E_TOO_MANY_CLIENTS, NULL);
            ssc_conn_close(c);
        } else if (c->peer.role == SSC_ROLE_NONE) {
            ssc_rpc_refuse(
                c, SSC_E_PERMISSION_DENIED,
                &(const struct ssc_detail){"this user is not mapped to a role", "该用户没有对应的角色"});
            ssc_conn_close(c);
        } else {
            ssc_conn_start(c);
        }
    }
}

/* ---- the socket file ---- */

static int make_folder(const char *socket_path, char why[200])
{
    char copy[108];
    struct stat st;
    int rc = 0;
    snprintf(copy, sizeof copy, "%s", socket_path);
    const char *dir = dirname(copy);
    if (mkdir(dir, geteuid() == 0 ? 0755 : 0700) != 0 && errno != EEXIST) {
        snprintf(why, 200, "%.108s: %.60s", dir, strerror(errno));
        rc = SSC_E_IO;
    } else if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode) || (st.st_uid != geteuid() && st.st_uid != 0)) {
        snprintf(why, 200, "%.108s belongs to another user", dir);
        rc = SSC_E_PERMISSION_DENIED;
    }
    return rc;
}

/* The lock, not the socket file, says whether a daemon lives: a file may be left over, a lock may not. */
static int lock_path(struct ssc_server *s, const char *path, char why[200])
{
    char name[128];
    snprintf(name, sizeof name, "%s.lock", path);
    const int rc = ssc_file_lock(name, ssc_deadline(SSC_LOCK_GRACE_MS), &s->lock_fd);
    if (rc == SSC_E_ALREADY_RUNNING) {
        snprintf(why, 200, "another sscardd listens on %.108s", path);
    } else if (rc != 0) {
        snprintf(why, 200, "%.120s: %.60s", name, strerror(errno));
    }
    return rc;
}

static int set_group(const struct ssc_daemon *d, const char *path, char why[200])
{
    int rc = 0;
    if (d->config.socket_group[0]) {
        const struct group *g = getgrnam(d->config.socket_group);
        if (!g || chown(path, (uid_t)-1, g->gr_gid) != 0) {
            snprintf(why, 200, "[daemon] socket-group %.64s: %s", d->config.socket_group,
                     g ? strerror(errno) : "there is no such group");
            rc = SSC_E_CONFIG;
        }
    }
    return rc;
}

/* Only a socket that nobody listens on is a leftover; a wrong path must not cost anybody a file. */
static int clear_path(const struct sockaddr_un *address, char why[200])
{
    const char *path = address->sun_path;
    struct stat st;
    int rc = 0, fd = -1;
    if (lstat(path, &st) != 0) {
        goto done; /* free, or bind says what is wrong */
    }
    if (!S_ISSOCK(st.st_mode)) {
        snprintf(why, 200, "%.108s is there already, and no socket", path);
        rc = SSC_E_CONFIG;
        goto done;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN)) {
        snprintf(why, 200, "another program listens on %.108s", path);
        rc = SSC_E_ALREADY_RUNNING;
        goto done;
    }
    unlink(path);
done:
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

static int bind_path(struct ssc_daemon *d, int *fd, char why[200])
{
    const char *path = d->config.socket;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int rc = SSC_E_IO;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0) {
        snprintf(why, 200, "socket: %.60s", strerror(errno));
        goto done;
    }
    rc = clear_path(&address, why);
    if (rc != 0) {
        goto done;
    }
    rc = SSC_E_IO;
    const mode_t before = umask(0777); /* closed until its mode and group are right */
    const int bound = bind(*fd, (struct sockaddr *)&address, sizeof address);
    umask(before);
    if (bound != 0) {
        snprintf(why, 200, "%.108s: %.60s", path, strerror(errno));
        goto done;
    }
    rc = set_group(d, path, why);
    if (rc == 0 && (chmod(path, (mode_t)d->config.socket_mode) != 0 || listen(*fd, BACKLOG) != 0)) {
        snprintf(why, 200, "%.108s: %.60s", path, strerror(errno));
        rc = SSC_E_IO;
    }
done:
    return rc;
}

static void raise_file_limit(const struct ssc_daemon *d)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        if (limit.rlim_cur < (rlim_t)d->config.max_clients + 64) {
            ssc_log(&d->log, SSC_LOG_WARNING, "only %llu open files allowed for max-clients = %lld",
                    (unsigned long long)limit.rlim_cur, (long long)d->config.max_clients);
        }
    }
}

int ssc_server_new(struct ssc_daemon *d, struct ssc_server **out, char why[200])
{
    int rc = SSC_E_OUT_OF_MEMORY;
    int fd = ssc_manager_socket();
    struct ssc_server *s = calloc(1, sizeof *s);
    *out = s;
    if (!s) {
        goto done;
    }
    s->d = d;
    s->lock_fd = -1;
    TAILQ_INIT(&s->conns);
    uv_timer_init(d->loop, &s->stalls);
    uv_pipe_init(d->loop, &s->listener, 0);
    s->stalls.data = s->listener.data = s;
    rc = 0;
    if (fd < 0) {
        rc = make_folder(d->config.socket, why);
        rc = rc == 0 ? lock_path(s, d->config.socket, why) : rc;
        rc = rc == 0 ? bind_path(d, &fd, why) : rc;
        s->own_socket = rc == 0;
    }
    raise_file_limit(d);
    if (rc == 0 && uv_pipe_open(&s->listener, fd) == 0) {
        fd = -1;
    }
    if (fd >= 0) {
        close(fd);
    }
done:
    return rc;
}

int ssc_server_listen(struct ssc_server *s)
{
    return uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection) == 0 ? 0 : SSC_E_IO;
}

void ssc_server_stop_listening(struct ssc_server *s)
{
    if (s->own_socket) {
        unlink(s->d->config.socket);
        s->own_socket = false;
    }
    if (!uv_is_closing((uv_handle_t *)&s->listener)) {
        uv_close((uv_handle_t *)&s->listener, NULL);
    }
}

static void close_one(struct ssc_conn *c, void *ctx)
{
    (void)ctx;
    ssc_conn_close(c);
}

void ssc_server_close_all(struct ssc_server *s)
{
    ssc_server_each(s, close_one, NULL);
    if (!uv_is_closing((uv_handle_t *)&s->stalls)) {
        uv_close((uv_handle_t *)&s->stalls, NULL);
    }
}

void ssc_server_free(struct ssc_server **s)
{
    if (s && *s) {
        if ((*s)->lock_fd >= 0) {
            close((*s)->lock_fd);
        }
        free(*s);
        *s = NULL;
    }
}
