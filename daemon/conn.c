/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/conn.h"

#include "daemon/call.h"
#include "daemon/readers.h"
#include "daemon/rpc.h"
#include "daemon/server.h"

#include <openssl/crypto.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* What waits to be written; the bytes stand behind it. */
struct outgoing {
    uv_write_t request;
    struct ssc_conn *conn;
    size_t len, cap;
    char *bytes;
};

static void on_closed(uv_handle_t *handle)
{
    struct ssc_conn *c = handle->data;
    free(c->in);
    free(c);
}

void ssc_conn_close(struct ssc_conn *c)
{
    if (!c->closing) {
        c->closing = true;
        ssc_server_forget(c->d->server, c);
        struct ssc_call *call;
        while ((call = TAILQ_FIRST(&c->calls)) != NULL) {
            ssc_call_orphan(call);
        }
        ssc_readers_conn_gone(c->d->readers, c);
        if (c->in) {
            OPENSSL_cleanse(c->in, c->in_cap);
        }
        uv_close((uv_handle_t *)&c->pipe, on_closed);
    }
}

/* A client that shut down its writing side still wants its answers; one that is gone does not. */
static void close_when_idle(struct ssc_conn *c)
{
    if (c->eof && c->call_count == 0 && c->out_pending == 0 && c->in_len == 0) {
        ssc_conn_close(c);
    }
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct ssc_conn *c = handle->data;
    (void)suggested;
    *buf = ssc_server_buffer(c->d->server);
}

static bool choked(const struct ssc_conn *c)
{
    return c->out_pending > SSC_OUT_HIGH;
}

static void keep_reading(struct ssc_conn *c)
{
    const bool want = !c->closing && !c->eof && !choked(c);
    if (want && !c->reading) {
        uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
    } else if (!want && c->reading && !c->closing) {
        uv_read_stop((uv_stream_t *)&c->pipe);
    }
    c->reading = want;
}

static void too_long(struct ssc_conn *c)
{
    ssc_rpc_refuse(c, SSC_E_LINE_TOO_LONG, NULL);
}

static bool blank(const char *line, size_t len)
{
    size_t i = 0;
    while (i < len && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r')) {
        i++;
    }
    return i == len;
}

static void one_line(struct ssc_conn *c, const char *line, size_t len)
{
    if (c->skipping) {
        c->skipping = false;
    } else if (len > SSC_LINE_MAX) {
        too_long(c);
    } else if (!blank(line, len)) {
        ssc_rpc_line(c, line, len);
    }
}

/* What has no newline yet: wait for it, or give up on it. */
static void unfinished(struct ssc_conn *c)
{
    if (c->skipping) {
        OPENSSL_cleanse(c->in, c->in_len);
        c->in_len = 0;
    } else if (c->in_len > SSC_LINE_MAX) {
        too_long(c);
        c->skipping = true;
        OPENSSL_cleanse(c->in, c->in_len);
        c->in_len = 0;
    } else if (c->eof && c->in_len > 0) {
        if (!blank(c->in, c->in_len)) {
            ssc_rpc_refuse(c, SSC_E_PARSE,
                           &(const struct ssc_detail){"the last line has no newline at its end",
                                                      "最后一行没有以换行结束"});
        }
        c->in_len = 0;
    }
}

static void take_lines(struct ssc_conn *c)
{
    size_t done = 0;
    const char *newline = NULL;
    while (!c->closing && !choked(c) && done < c->in_len &&
           (newline = memchr(c->in + done, '\n', c->in_len - done)) != NULL) {
        const size_t len = (size_t)(newline - (c->in + done));
        one_line(c, c->in + done, len);
        done += len + 1;
    }
    if (done > 0) {
        memmove(c->in, c->in + done, c->in_len - done);
        OPENSSL_cleanse(c->in + c->in_len - done, done); /* a line may have held a PIN */
        c->in_len -= done;
    }
    if (!c->closing && !choked(c)) {
        unfinished(c);
    }
    if (c->in_len == 0) { /* a hundred idle clients need no buffers */
        free(c->in);
        c->in = NULL;
        c->in_cap = 0;
    }
}

static int store(struct ssc_conn *c, const char *bytes, size_t n)
{
    int rc = 0;
    if (c->in_len + n > c->in_cap) {
        const size_t cap = c->in_len + n + 1024;
        char *bigger = malloc(cap);
        if (bigger && c->in) {
            memcpy(bigger, c->in, c->in_len);
            OPENSSL_cleanse(c->in, c->in_len);
            free(c->in);
        }
        if (bigger) {
            c->in = bigger;
            c->in_cap = cap;
        } else {
            rc = SSC_E_OUT_OF_MEMORY;
        }
    }
    if (rc == 0) {
        memcpy(c->in + c->in_len, bytes, n);
        c->in_len += n;
    }
    return rc;
}

static bool hung_up(struct ssc_conn *c)
{
    uv_os_fd_t fd = -1;
    bool gone = uv_fileno((uv_handle_t *)&c->pipe, &fd) != 0;
    if (!gone) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        gone = poll(&p, 1, 0) < 0 || (p.revents & (POLLHUP | POLLERR)) != 0;
    }
    return gone;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct ssc_conn *c = stream->data;
    if (n > 0) {
        const int rc = store(c, buf->base, (size_t)n);
        OPENSSL_cleanse(buf->base, (size_t)n);
        if (rc == 0) {
            take_lines(c);
        } else {
            ssc_conn_close(c);
        }
    } else if (n == UV_EOF && !hung_up(c)) {
        c->eof = true;
        take_lines(c);
        close_when_idle(c);
    } else if (n < 0) {
        ssc_conn_close(c);
    }
    if (!c->closing) {
        keep_reading(c);
    }
}

static void after_room(struct ssc_conn *c)
{
    take_lines(c);
    if (!c->closing) {
        keep_reading(c);
        close_when_idle(c);
    }
}

static void on_written(uv_write_t *request, int status)
{
    struct outgoing *out = (struct outgoing *)(void *)request;
    struct ssc_conn *c = out->conn;
    c->out_pending -= out->len;
    c->progress_ms = ssc_now_ms();
    free(out->bytes);
    free(out);
    if (!c->closing) {
        if (status < 0) {
            ssc_conn_close(c);
        } else if (!choked(c)) {
            after_room(c);
        }
    }
}

static int dump(const char *bytes, size_t n, void *ctx)
{
    struct outgoing *out = ctx;
    int rc = 0;
    if (out->len + n + 1 > out->cap) {
        const size_t cap = 2 * out->cap + n + 256;
        char *bigger = realloc(out->bytes, cap);
        rc = bigger ? 0 : -1;
        out->bytes = bigger ? bigger : out->bytes;
        out->cap = bigger ? cap : out->cap;
    }
    if (rc == 0) {
        memcpy(out->bytes + out->len, bytes, n);
        out->len += n;
    }
    return rc;
}

static void write_out(struct ssc_conn *c, struct outgoing *out)
{
    size_t done = 0;
    if (c->out_pending == 0) {
        const uv_buf_t now = uv_buf_init(out->bytes, (unsigned)out->len);
        const int n = uv_try_write((uv_stream_t *)&c->pipe, &now, 1);
        done = n > 0 ? (size_t)n : 0;
    }
    if (done == out->len) {
        c->progress_ms = ssc_now_ms();
        free(out->bytes);
        free(out);
    } else {
        const uv_buf_t rest = uv_buf_init(out->bytes + done, (unsigned)(out->len - done));
        c->progress_ms = c->out_pending == 0 ? ssc_now_ms() : c->progress_ms;
        out->len -= done;
        c->out_pending += out->len;
        uv_write(&out->request, (uv_stream_t *)&c->pipe, &rest, 1, on_written);
        ssc_server_watch_stalls(c->d->server);
    }
}

void ssc_conn_send(struct ssc_conn *c, const json_t *object)
{
    struct outgoing *out = c->closing ? NULL : calloc(1, sizeof *out);
    if (out && json_dump_callback(object, dump, out, JSON_COMPACT | JSON_REAL_PRECISION(12)) == 0 &&
        out->bytes) {
        out->conn = c;
        out->bytes[out->len++] = '\n';
        write_out(c, out);
    } else if (out) {
        free(out->bytes);
        free(out);
    }
}

void ssc_conn_call_done(struct ssc_conn *c)
{
    if (!c->closing) {
        close_when_idle(c);
    }
}

static void on_refused(uv_handle_t *handle)
{
    free(handle->data);
}

int ssc_conn_accept(struct ssc_daemon *d, uv_stream_t *listener, struct ssc_conn **out)
{
    int rc = SSC_E_OUT_OF_MEMORY;
    uv_os_fd_t fd = -1;
    struct ssc_conn *c = calloc(1, sizeof *c);
    *out = NULL;
    if (c) {
        c->d = d;
        TAILQ_INIT(&c->calls);
        uv_pipe_init(d->loop, &c->pipe, 0);
        c->pipe.data = c;
        rc = uv_accept(listener, (uv_stream_t *)&c->pipe) == 0 ? 0 : SSC_E_IO;
        if (rc == 0 && uv_fileno((uv_handle_t *)&c->pipe, &fd) == 0) {
            ssc_peer_of(fd, &d->config.roles, &c->peer);
            *out = c;
        } else {
            uv_close((uv_handle_t *)&c->pipe, on_refused);
        }
    }
    return rc;
}

void ssc_conn_start(struct ssc_conn *c)
{
    keep_reading(c);
}
