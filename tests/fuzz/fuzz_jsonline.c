/* SPDX-License-Identifier: Apache-2.0 */
/* What a client may send: whole lines through framing, checks and dispatch of a daemon without readers and
 * without a journal. Every line that is no notification gets one answer, and every answer is one line of
 * JSON. */
#include "daemon/daemon.h"
#include "daemon/events.h"
#include "daemon/psam.h"
#include "daemon/readers.h"
#include "daemon/rpc.h"
#include "daemon/server.h"
#include "drivers/sim/sim.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[] = "/tmp/sscardd-fuzz-XXXXXX";

static void remove_folder(void)
{
    char path[64];
    snprintf(path, sizeof path, "%s/s", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/s.lock", folder);
    unlink(path);
    rmdir(folder);
}

static struct ssc_daemon *start(void)
{
    static uv_loop_t loop;
    static struct ssc_daemon d;
    char why[200];
    REQUIRE(mkdtemp(folder) && uv_loop_init(&loop) == 0);
    atexit(remove_folder);
    d.loop = &loop;
    ssc_config_default(&d.config);
    ssc_profile_default(&d.profile);
    snprintf(d.config.socket, sizeof d.config.socket, "%s/s", folder);
    d.config.deadline_ms = d.config.max_deadline_ms = 1; /* card.wait must not hold up the fuzzer */
    d.log = ssc_log_init(SSC_LOG_ERROR);
    d.journal_error = SSC_E_JOURNAL;
    TAILQ_INIT(&d.ops);
    ssc_rpc_clean_memory();
    REQUIRE(ssc_mailbox_init(&d.mailbox, &loop) == 0);
    REQUIRE(ssc_sim_driver_new(NULL, 0, false, &d.driver, why) == 0);
    REQUIRE(ssc_server_new(&d, &d.server, why) == 0);
    REQUIRE(ssc_events_new(&d, &d.events) == 0 && ssc_psams_new(&d, &d.psam) == 0);
    REQUIRE(ssc_worker_new(&d.mailbox, "journal", &d.store) == 0);
    REQUIRE(ssc_readers_new(&d, &d.readers) == 0 && ssc_server_listen(d.server) == 0);
    return &d;
}

static int join(struct ssc_daemon *d)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", d->config.socket);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    REQUIRE(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
    return fd;
}

static void check_line(const char *line, size_t len)
{
    json_t *answer = json_loadb(line, len, 0, NULL);
    REQUIRE(answer && strcmp(json_string_value(json_object_get(answer, "jsonrpc")), "2.0") == 0);
    const bool note = json_object_get(answer, "method") != NULL;
    REQUIRE(note || !json_object_get(answer, "result") != !json_object_get(answer, "error"));
    json_decref(answer);
}

/* Checks the whole lines and keeps the rest. */
static void check_lines(char *in, size_t *len)
{
    size_t done = 0;
    const char *end;
    while ((end = memchr(in + done, '\n', *len - done)) != NULL) {
        check_line(in + done, (size_t)(end - (in + done)));
        done = (size_t)(end - in) + 1;
    }
    memmove(in, in + done, *len - done);
    *len -= done;
}

/* Runs the daemon until it has answered everything and closed: it does so when the client's side has ended.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ssc_daemon *d;
    static char in[4u << 20];
    size_t sent = 0, len = 0;
    ssize_t n = -1;
    d = d ? d : start();
    const int fd = join(d);
    while (n != 0) {
        const ssize_t out = sent < size ? send(fd, data + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
        sent += out > 0 ? (size_t)out : 0;
        if (sent == size || (out < 0 && errno == EPIPE)) {
            shutdown(fd, SHUT_WR);
            sent = size;
        }
        uv_run(d->loop, UV_RUN_NOWAIT);
        REQUIRE(len < sizeof in);
        n = recv(fd, in + len, sizeof in - len, 0);
        len += n > 0 ? (size_t)n : 0;
        check_lines(in, &len);
        if (n < 0 && errno == ECONNRESET) {
            n = 0;
        }
    }
    REQUIRE(len == 0);
    close(fd);
    while (ssc_server_count(d->server) > 0) {
        uv_run(d->loop, UV_RUN_NOWAIT);
    }
    return 0;
}
