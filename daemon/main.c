/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs to the process as a whole: signals, limits, allocators. */
#include "daemon/life.h"
#include "daemon/method.h"
#include "daemon/pages.h"
#include "daemon/rpc.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_RUNNING = 3 };

struct process {
    struct ssc_daemon daemon;
    struct ssc_options options;
    uv_loop_t loop;
    uv_signal_t term, interrupt, hangup;
};

static void on_signal(uv_signal_t *handle, int number)
{
    struct process *p = handle->data;
    if (number == SIGHUP) {
        ssc_daemon_reload(&p->daemon, &p->options);
    } else {
        ssc_daemon_stop(&p->daemon);
    }
}

static void listen_to(struct process *p, uv_signal_t *handle, int number)
{
    uv_signal_init(&p->loop, handle);
    handle->data = p;
    uv_signal_start(handle, on_signal, number);
}

/* A core dump of this process would hold names, and with some luck a PIN. */
static void harden(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifndef SSC_SANITIZED /* LeakSanitizer attaches to its own process */
    prctl(PR_SET_DUMPABLE, 0);
#endif
    mallopt(M_ARENA_MAX, 2); /* a dozen threads that mostly sleep do not need a dozen heaps */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is a full disk, not the end of the service */
}

static void block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int describe(const char *page)
{
    int rc;
    if (page) {
        rc = ssc_page(page) == 0 ? EXIT_OK : EXIT_FAILED;
    } else {
        json_t *document = ssc_describe_openrpc();
        rc = document && json_dumpf(document, stdout, JSON_INDENT(2)) == 0 ? EXIT_OK : EXIT_FAILED;
        puts("");
        json_decref(document);
    }
    return rc;
}

static int serve(struct process *p)
{
    char why[200] = "";
    int status = EXIT_OK;
    harden();
    tzset();
    uv_loop_init(&p->loop);
    p->daemon.loop = &p->loop;
    listen_to(p, &p->term, SIGTERM);
    listen_to(p, &p->interrupt, SIGINT);
    listen_to(p, &p->hangup, SIGHUP);
    const int rc = ssc_daemon_start(&p->daemon, &p->options, why);
    if (rc == 0) {
        uv_run(&p->loop, UV_RUN_DEFAULT);
    } else {
        const struct ssc_error_info *e = ssc_error_info(rc);
        ssc_log(&p->daemon.log, SSC_LOG_ERROR, "%s %s %s", e->en, why, e->remedy_en);
        status = rc == SSC_E_ALREADY_RUNNING ? EXIT_RUNNING : EXIT_FAILED;
    }
    block_signals(); /* closing libuv's handles restores the default action: a second SIGTERM would kill the
                        end */
    if (!ssc_daemon_free(&p->daemon)) {
        _exit(EXIT_FAILED); /* a thread is stuck in a reader: it must not see the ground vanish */
    }
    uv_loop_close(&p->loop);
    return status;
}

int main(int argc, char **argv)
{
    char why[200] = "";
    struct process *p = calloc(1, sizeof *p);
    int status = EXIT_USAGE;
    ssc_rpc_clean_memory();
    if (p && ssc_options_parse(argc, argv, &p->options, why) != 0) {
        fprintf(stderr, "sscardd: %s\n", why);
    } else if (p) {
        switch (p->options.run) {
        case SSC_RUN_HELP:
            ssc_options_help();
            status = EXIT_OK;
            break;
        case SSC_RUN_VERSION:
            puts("sscardd " SSC_VERSION);
            status = EXIT_OK;
            break;
        case SSC_RUN_CHECK:
            puts("The configuration is right.");
            status = EXIT_OK;
            break;
        case SSC_RUN_DESCRIBE:
            status = describe(p->options.page);
            break;
        case SSC_RUN_SERVE:
            status = serve(p);
            break;
        }
    }
    free(p);
    return status;
}
