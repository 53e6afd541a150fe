/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/doctor/way.h"

#include "tools/commands.h"
#include "tools/direct.h"
#include "tools/out.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 8000 /* of one question: longer than a card needs, shorter than a technician has */
#define BAR 30u
#define BESIDE 30u /* columns beside the bar */

static int ask(void *ctx, const char *method, json_t *params, json_t **result, json_t **error)
{
    struct way *way = ctx;
    struct cli *cli = way->cli;
    if (!way->doctor.direct) { /* the socket that was examined, and no other way */
        cli->value[OPT_SOCKET] = way->socket;
    }
    const int rc = cli_call(cli, method, params, result);
    if (rc != 0) {
        *error = json_incref(cli->error);
    }
    return rc;
}

/* The one that was examined last is the one that is asked. */
static int try_socket(void *ctx, const char *path)
{
    struct way *way = ctx;
    const int error = seam_connect(NULL, path);
    if (error == 0 && !way->socket[0]) {
        snprintf(way->socket, sizeof way->socket, "%s", path);
    }
    return error;
}

/* A connection of its own: the one that is examined may hang in one reader's command alone. */
static bool pcscd_silent(void *ctx)
{
    const struct way *way = ctx;
    struct ssc_reader_state states[SSC_READERS_MAX];
    size_t count = SSC_READERS_MAX;
    struct ssc_driver *driver = NULL;
    char why[200];
    int rc = direct_driver("pcsc", &driver, why);
    if (rc == 0) {
        rc = ssc_driver_list(driver, states, &count, ssc_deadline(way->doctor.patience_ms));
    }
    ssc_driver_free(&driver);
    return rc == SSC_E_DEADLINE_EXCEEDED;
}

/* Where clients look for the service, in their order. */
static void find_sockets(struct way *way)
{
    const char *given_socket = way->cli->value[OPT_SOCKET], *named = getenv("SSCARD_SOCKET");
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    size_t n = 0;
    if (given_socket || (named && named[0])) {
        snprintf(way->sockets[n++], SEAM_PATH_MAX, "%s", given_socket ? given_socket : named);
    } else {
        snprintf(way->sockets[n++], SEAM_PATH_MAX, "/run/sscard/sscard.sock");
        if (runtime && runtime[0]) {
            snprintf(way->sockets[n++], SEAM_PATH_MAX, "%s/sscard/sscard.sock", runtime);
        }
        snprintf(way->sockets[n++], SEAM_PATH_MAX, "/tmp/sscard-%u/sscard.sock", (unsigned)getuid());
    }
    for (size_t i = 0; i < n; i++) {
        way->doctor.sockets[i] = way->sockets[i];
    }
}

void way_begin(struct way *way, struct cli *cli, const char *root)
{
    const char *driver = cli->value[OPT_DRIVER];
    *way = (struct way){.cli = cli};
    way->seam = (struct seam){.root = root ? root : "",
                              .uid = geteuid(),
                              .pid = getpid(),
                              .ctx = way,
                              .ask = ask,
                              .connect = try_socket,
                              .greet = seam_greet,
                              .pcscd_silent = pcscd_silent,
                              .clock = seam_clock,
                              .utc_offset = seam_utc_offset,
                              .clock_synced = seam_clock_synced};
    snprintf(way->driver, sizeof way->driver, "%.*s", driver ? (int)strcspn(driver, ":") : 4,
             driver ? driver : "pcsc");
    if (!given(cli, OPT_DEADLINE)) {
        cli->deadline_ms = PATIENCE_MS;
    }
    way->doctor = (struct doctor){.seam = &way->seam,
                                  .direct = given(cli, OPT_DIRECT) || driver,
                                  .driver = way->driver,
                                  .reader = cli->value[OPT_READER],
                                  .key_file = cli->value[(int)'k'],
                                  .patience_ms = cli->deadline_ms};
    find_sockets(way);
    cli->value[OPT_READER] = NULL; /* each question names its reader itself */
}

void way_end(struct way *way)
{
    doctor_free(&way->doctor);
    way->cli->value[OPT_SOCKET] = NULL; /* it pointed into this */
}

/* ---- the contact test ---- */

struct bar {
    struct cli *cli;
    unsigned rounds, width;
    bool shown;
};

/* Ctrl-C ends the test after the round, with what has been counted until then. */
static bool interrupted(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGINT) == 1;
}

static bool draw_bar(void *ctx, unsigned done, const struct contact *so_far)
{
    struct bar *bar = ctx;
    const bool go_on = !interrupted();
    const unsigned full = bar->rounds ? done * bar->width / bar->rounds : bar->width;
    if (bar->shown) {
        char line[BAR + 1];
        for (unsigned i = 0; i < bar->width; i++) {
            line[i] = i < full ? '#' : '.';
        }
        line[bar->width] = '\0';
        fprintf(stderr, "\r[%s] %u/%u  %s: %u", line, done, bar->rounds, msg(bar->cli, MSG_CON_ERRORS),
                so_far->power_failures + so_far->exchange_failures + so_far->vanished);
        if (done >= bar->rounds || !go_on) {
            fputs("\r\033[K", stderr);
        }
        fflush(stderr);
    }
    return go_on;
}

/* Which way the card is reached; the service says which driver is behind it. */
static int contact_driver(struct cli *cli, struct ssc_driver **out, char why[200])
{
    const char *name = cli->value[OPT_DRIVER] ? cli->value[OPT_DRIVER] : "pcsc";
    const bool straight = given(cli, OPT_DRIVER) || given(cli, OPT_DIRECT) || cli->direct;
    json_t *ping = NULL;
    int rc = straight ? 0 : cli_call(cli, "system.ping", NULL, &ping);
    const char *theirs = js(json_object_get(ping, "pcsc"), "driver");
    if (rc == 0 && ping && strcmp(theirs, "pcsc") != 0) {
        rc = way_service_driver(cli, out);
    } else if (rc == 0 || cli->direct) { /* there is no service, which has been said */
        cli_close(cli);
        rc = direct_driver(name, out, why);
    }
    json_decref(ping);
    return rc;
}

int way_contact(struct cli *cli, const char *reader, unsigned rounds, struct contact *out)
{
    const size_t screen = screen_width(stderr);
    struct bar bar = {.cli = cli,
                      .rounds = rounds,
                      .width = screen > 0 && screen < BAR + BESIDE ? BAR / 3 : BAR,
                      .shown = !cli->json && isatty(STDERR_FILENO)};
    sigset_t held, before;
    struct ssc_driver *driver = NULL;
    char why[200] = "";
    int rc = contact_driver(cli, &driver, why);
    *out = (struct contact){0};
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigprocmask(SIG_BLOCK, &held, &before);
    if (rc == 0) {
        rc = contact_run(driver, reader, rounds, cli->deadline_ms, draw_bar, &bar, out);
    }
    if (interrupted()) { /* it has done its work */
        sigtimedwait(&held, NULL, &(struct timespec){0});
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (rc != 0 && !cli->client) { /* the service's own words stay */
        cli_set_error(cli, rc, why[0] ? why : reader);
    }
    ssc_driver_free(&driver);
    return rc;
}

static void pair_of(char out[48], const json_t *c, const char *a, const char *b)
{
    snprintf(out, 48, "%lld / %lld", (long long)ji(c, a), (long long)ji(c, b));
}

static double number(const json_t *c, const char *key)
{
    return json_number_value(json_object_get(c, key));
}

static void show_errors(struct grid *grid, const json_t *errors)
{
    const char *symbol;
    json_t *count;
    json_object_foreach((json_t *)errors, symbol, count)
    {
        char text[96];
        snprintf(text, sizeof text, "%s: %lld", symbol, (long long)json_integer_value(count));
        grid_pair(grid, MSG_CON_ERRORS, text);
    }
}

void contact_show(struct cli *cli, const json_t *c)
{
    struct grid grid;
    char text[96], ms[4][24], *exchange = NULL;
    const int64_t tries = ji(c, "powers") + ji(c, "exchanges");
    const int64_t bad = ji(c, "power_failures") + ji(c, "exchange_failures");
    grid_begin(&grid, cli, 2, NULL);
    grid.width = screen_width(stdout);
    grid_pair(&grid, MSG_READER, js(c, "reader"));
    snprintf(text, sizeof text, "%lld", (long long)ji(c, "rounds"));
    grid_pair(&grid, MSG_CON_ROUNDS, text);
    pair_of(text, c, "powers", "power_failures");
    grid_pair(&grid, MSG_CON_POWERS, text);
    pair_of(text, c, "exchanges", "exchange_failures");
    grid_pair(&grid, MSG_CON_EXCHANGES, text);
    snprintf(text, sizeof text, "%.2f %%", tries > 0 ? 100.0 * (double)bad / (double)tries : 0.0);
    grid_pair(&grid, MSG_CON_RATE, text);
    pair_of(text, c, "retries", "resets");
    grid_pair(&grid, MSG_CON_RETRIES, text);
    snprintf(text, sizeof text, "%lld", (long long)ji(c, "vanished"));
    grid_pair(&grid, MSG_CON_VANISHED, text);
    snprintf(text, sizeof text, "%lld", (long long)ji(c, "flipped"));
    grid_pair(&grid, MSG_CON_FLIPPED, text);
    snprintf(text, sizeof text, "%.0f ms", number(c, "power_ms"));
    grid_pair(&grid, MSG_CON_POWER_MS, text);
    snprintf(ms[0], sizeof ms[0], "%.1f", number(c, "exchange_ms"));
    snprintf(ms[1], sizeof ms[1], "%.1f", number(c, "wire_ms"));
    snprintf(ms[2], sizeof ms[2], "%lld", (long long)ji(c, "baud"));
    snprintf(ms[3], sizeof ms[3], "%.1f", number(c, "slowest_ms"));
    exchange =
        text_fill(msg(cli, MSG_CON_EXCHANGE_TEXT), (const char *const[]){ms[0], ms[1], ms[2], ms[3], NULL});
    grid_pair(&grid, MSG_CON_EXCHANGE_MS, exchange);
    free(exchange);
    show_errors(&grid, json_object_get(c, "errors"));
    grid_end(&grid, stdout);
    putchar('\n');
    if (jb(c, "ok")) {
        say(cli, stdout, MSG_CON_GOOD);
    } else {
        cause_show(cli, json_object_get(c, "cause"), "", screen_width(stdout), stdout);
    }
}
