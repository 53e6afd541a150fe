/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/life.h"

#include "daemon/call.h"
#include "daemon/events.h"
#include "daemon/ledger.h"
#include "daemon/manager.h"
#include "daemon/psam.h"
#include "daemon/rpc.h"
#include "daemon/server.h"
#include "daemon/simulate.h"
#include "drivers/ccid/ccid.h"
#include "drivers/pcsc.h"
#include "drivers/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_LOOK_MS 2000 /* the first list of readers is waited for so long before clients are served */
#define STOP_POLL_MS 10

static int open_driver(struct ssc_daemon *d, char why[200])
{
    const char *name = d->config.driver;
    int rc;
    if (strcmp(name, "sim") == 0) {
        rc = ssc_simulate(&d->config, &d->driver, why);
        d->simulated = rc == 0;
    } else if (strcmp(name, "ccid") == 0) {
        rc = ssc_ccid_driver_new(NULL, &d->driver);
    } else if (strncmp(name, "replay:", 7) == 0) {
        rc = ssc_replay_driver_new(name + 7, &d->driver, why);
    } else {
        rc = ssc_pcsc_driver_new(&d->driver);
    }
    return rc;
}

static int read_profile(struct ssc_daemon *d, char why[200])
{
    int rc = 0;
    ssc_profile_default(&d->profile);
    if (d->config.profile[0]) {
        char text[16384];
        FILE *f = fopen(d->config.profile, "re");
        const size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
        text[n] = '\0';
        rc = f ? ssc_profile_parse(text, &d->profile, why) : SSC_E_IO;
        if (f) {
            fclose(f);
        } else {
            snprintf(why, 200, "[card] profile %.150s cannot be read", d->config.profile);
        }
    }
    return rc;
}

static int open_keys(struct ssc_daemon *d, char why[200])
{
    int rc = 0;
    if (d->config.key_file[0]) {
        rc = ssc_auth_key_file_new(d->config.key_file, d->config.test_keys, &d->key_file, why);
    }
    return rc;
}

static void remove_journal(const char *path)
{
    static const char *const tails[] = {"", "-wal", "-shm"};
    char name[600];
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, tails[i]);
        unlink(name);
    }
}

/* Without a journal cards are still read; only money stands still. A second daemon is another matter. */
static int open_journal(struct ssc_daemon *d, bool fresh, char why[200])
{
    if (d->config.sim_state[0]) {
        mkdir(d->config.sim_state,
              0700); /* it usually holds the journal too; the driver says what is wrong with it */
    }
    if (fresh) {
        remove_journal(d->config.journal);
    }
    int rc = ssc_ledger_init(d);
    if (rc == 0) {
        rc = ssc_ledger_open(d, why);
    }
    return rc == SSC_E_ALREADY_RUNNING || rc == SSC_E_OUT_OF_MEMORY ? rc : 0;
}

static void too_late(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static void nothing(uv_handle_t *handle)
{
    (void)handle;
}

/* Whoever connects at once still gets the whole list. */
static void first_look(struct ssc_daemon *d)
{
    bool late = false;
    uv_timer_t timer;
    uv_timer_init(d->loop, &timer);
    timer.data = &late;
    uv_timer_start(&timer, too_late, FIRST_LOOK_MS, 0);
    while (!late && !ssc_readers_known(d->readers)) {
        uv_run(d->loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&timer, nothing);
    uv_run(d->loop, UV_RUN_NOWAIT);
}

static int start_parts(struct ssc_daemon *d, char why[200])
{
    int rc = ssc_events_new(d, &d->events);
    rc = rc == 0 ? ssc_habits_new(&d->habits) : rc;
    rc = rc == 0 ? ssc_psams_new(d, &d->psam) : rc;
    rc = rc == 0 ? ssc_worker_new(&d->mailbox, "journal", &d->store) : rc;
    if (rc == 0 && d->simulated) {
        rc = ssc_worker_new(&d->mailbox, "hand", &d->hand);
    }
    rc = rc == 0 ? ssc_readers_new(d, &d->readers) : rc;
    rc = rc == 0 ? ssc_readers_start(d->readers) : rc;
    snprintf(why, 200, "threads cannot be started");
    return rc;
}

static void on_alive(uv_timer_t *timer)
{
    (void)timer;
    ssc_manager_tell("WATCHDOG=1");
}

/* That the loop turns is what only the manager can mend; readers and the journal have deadlines of their own.
 */
static void stay_watched(struct ssc_daemon *d)
{
    const uint64_t period = ssc_manager_watchdog();
    if (period > 0) {
        uv_timer_init(d->loop, &d->alive);
        uv_timer_start(&d->alive, on_alive, period, period);
    }
}

int ssc_daemon_start(struct ssc_daemon *d, const struct ssc_options *o, char why[200])
{
    int rc;
    d->config = o->config;
    d->log = ssc_log_init((enum ssc_log_level)ssc_log_level_by_name(d->config.log_level));
    d->started_ms = ssc_now_ms();
    TAILQ_INIT(&d->ops);
    snprintf(why, 200, "the cryptography failed its test");
    rc = ssc_crypto_self_test();
    rc = rc == 0 ? ssc_mailbox_init(&d->mailbox, d->loop) : rc;
    rc = rc == 0 ? ssc_server_new(d, &d->server, why) : rc;
    rc = rc == 0 ? read_profile(d, why) : rc;
    rc = rc == 0 ? open_keys(d, why) : rc;
    rc = rc == 0 ? open_journal(d, o->fresh_journal, why) : rc;
    rc = rc == 0 ? open_driver(d, why) : rc;
    rc = rc == 0 ? start_parts(d, why) : rc;
    if (rc == 0) {
        first_look(d);
    }
    if (rc == 0 && !d->stopping) { /* a signal may have come while the readers were looked at */
        rc = ssc_server_listen(d->server);
    }
    if (rc == 0 && !d->stopping) {
        ssc_log(&d->log, SSC_LOG_INFO, "listening on %s, driver %s, version %s", d->config.socket,
                d->driver->ops->name, SSC_VERSION);
        ssc_manager_tell("READY=1");
        stay_watched(d);
    }
    return rc;
}

void ssc_daemon_reload(struct ssc_daemon *d, const struct ssc_options *o)
{
    char why[200] = "there is no configuration file";
    struct ssc_config fresh;
    int rc = SSC_E_CONFIG;
    ssc_config_default(&fresh);
    if (o->config_file[0]) {
        rc = ssc_config_load(o->config_file, &fresh, why);
        rc = rc == 0 ? ssc_config_check(&fresh, why) : rc;
    }
    if (rc == 0) {
        d->config.roles = fresh.roles;
        d->log.level = (enum ssc_log_level)ssc_log_level_by_name(fresh.log_level);
        ssc_log(&d->log, SSC_LOG_INFO,
                "roles and log level were read again; connections that are open keep theirs");
    } else {
        ssc_log(&d->log, SSC_LOG_ERROR, "nothing was changed: %s", why);
    }
}

/* ---- stop ---- */

static void refuse_waiting(struct ssc_conn *c, void *ctx)
{
    struct ssc_call *call = TAILQ_FIRST(&c->calls);
    (void)ctx;
    while (call) {
        struct ssc_call *next = TAILQ_NEXT(call, of_conn);
        if (!call->at_work) {
            ssc_call_finish(call, SSC_E_SHUTTING_DOWN);
        }
        call = next;
    }
}

static void refuse_all(struct ssc_conn *c, void *ctx)
{
    struct ssc_call *call;
    (void)ctx;
    while ((call = TAILQ_FIRST(&c->calls)) != NULL) {
        ssc_call_finish(call, SSC_E_SHUTTING_DOWN);
    }
}

static void count_calls(struct ssc_conn *c, void *ctx)
{
    *(size_t *)ctx += c->call_count;
}

static void on_stop_poll(uv_timer_t *timer)
{
    struct ssc_daemon *d = timer->data;
    size_t calls = 0;
    ssc_server_each(d->server, count_calls, &calls);
    const bool late = ssc_now_ms() >= d->stop_at_ms;
    if (late) {
        ssc_server_each(d->server, refuse_all, NULL);
    }
    if (late || calls == 0) {
        ssc_server_close_all(
            d->server); /* leases end with their connections, and that is work for the readers */
    }
    if (late || (calls == 0 && ssc_readers_quiet(d->readers))) {
        uv_stop(d->loop);
    }
}

void ssc_daemon_stop(struct ssc_daemon *d)
{
    if (!d->stopping) {
        d->stopping = true;
        d->stop_at_ms = ssc_now_ms() + d->config.stop_ms;
        ssc_log(&d->log, SSC_LOG_INFO, "stopping");
        ssc_manager_tell("STOPPING=1");
        ssc_server_stop_listening(d->server);
        ssc_server_each(d->server, refuse_waiting, NULL);
        uv_timer_init(d->loop, &d->stop_poll);
        d->stop_poll.data = d;
        uv_timer_start(&d->stop_poll, on_stop_poll, 0, STOP_POLL_MS);
    }
}

static void close_handle(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

bool ssc_daemon_free(struct ssc_daemon *d)
{
    bool stuck = false;
    if (d->server) {
        ssc_server_stop_listening(d->server);
        ssc_server_close_all(d->server);
    }
    if (d->readers) {
        ssc_readers_stop(d->readers);
        stuck = ssc_readers_stuck(d->readers);
    }
    if (!stuck) {
        ssc_psams_free(&d->psam);
        ssc_worker_free(&d->store);
        ssc_worker_free(&d->hand);
        if (d->mailbox.async.data) {
            ssc_mailbox_close(&d->mailbox);
        }
        uv_walk(d->loop, close_handle, NULL);
        uv_run(d->loop, UV_RUN_DEFAULT);
        ssc_readers_free(&d->readers);
        ssc_events_free(&d->events);
        ssc_driver_free(&d->driver);
        ssc_habits_free(&d->habits);
        ssc_auth_free(&d->key_file);
        ssc_ledger_close(d); /* a stuck thread may still write what its card answers */
        ssc_server_free(&d->server);
    }
    return !stuck;
}
