/* SPDX-License-Identifier: Apache-2.0 */
/* What works and what does not, each part on its own. */
#include "tools/commands.h"

#include <string.h>

static const char *verdict(struct cli *cli, bool ok)
{
    static _Thread_local char text[32];
    snprintf(text, sizeof text, "%s%s", ok ? S_GOOD : S_BAD, msg(cli, ok ? MSG_OK : MSG_FAULT));
    return text;
}

static void readers(struct cli *cli, struct grid *grid, const json_t *result)
{
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(result, "readers"), i, item)
    {
        char text[160];
        const char *state = reader_state_text(cli, js(item, "state"));
        snprintf(text, sizeof text, "%s (%s)", js(item, "name"), state + (state[0] < ' ' ? 1 : 0));
        grid_row(grid, msg(cli, MSG_READER), verdict(cli, jb(item, "ok")), text);
    }
    if (i == 0) {
        grid_row(grid, msg(cli, MSG_READER), "-", msg(cli, MSG_NO_READERS));
    }
    json_array_foreach(json_object_get(result, "psam"), i, item)
    {
        char text[192];
        snprintf(text, sizeof text, "%s, %s %s", js(item, "reader"), msg(cli, MSG_TERMINAL),
                 js(item, "terminal"));
        const bool opening = strcmp(js(item, "state"), "opening") == 0;
        const bool lent = strcmp(js(item, "state"), "lent") == 0;
        if (!js(item, "terminal")[0]) {
            snprintf(text, sizeof text, "%s%s%s", js(item, "reader"), js(item, "error")[0] ? ": " : "",
                     js(item, "error"));
        }
        grid_row(grid, "PSAM",
                 opening ? msg(cli, MSG_OPENING)
                 : lent  ? msg(cli, MSG_LENT)
                         : verdict(cli, jb(item, "ok")),
                 text);
    }
    if (i == 0) {
        grid_row(grid, "PSAM", "-", "");
    }
}

static void configured(struct cli *cli, struct grid *grid, enum message label, const json_t *part)
{
    grid_row(grid, msg(cli, label), jb(part, "configured") ? verdict(cli, true) : "-",
             jb(part, "configured") ? "" : msg(cli, MSG_NOT_CONFIGURED));
}

static void show(struct cli *cli, const json_t *result)
{
    const json_t *daemon = json_object_get(result, "daemon"), *pcsc = json_object_get(result, "pcsc");
    const json_t *journal = json_object_get(result, "journal");
    struct grid grid;
    char text[128];
    grid_begin(&grid, cli, 3, NULL);
    snprintf(text, sizeof text, "sscardd %s, pid %lld", js(daemon, "version"), (long long)ji(daemon, "pid"));
    grid_row(&grid, msg(cli, MSG_SERVICE), verdict(cli, jb(daemon, "ok")), text);
    grid_row(&grid, msg(cli, MSG_READER_DRIVER), verdict(cli, jb(pcsc, "ok")), js(pcsc, "driver"));
    readers(cli, &grid, result);
    configured(cli, &grid, MSG_HSM, json_object_get(result, "hsm"));
    configured(cli, &grid, MSG_LINK, json_object_get(result, "link"));
    snprintf(text, sizeof text, "%lld", (long long)ji(journal, "unsettled"));
    grid_row(&grid, msg(cli, MSG_JOURNAL), verdict(cli, jb(journal, "ok")), js(journal, "error"));
    if (ji(journal, "unsettled") > 0) {
        grid_row(&grid, msg(cli, MSG_UNSETTLED), text, "");
    }
    grid_end(&grid, stdout);
    if (jb(result, "test_keys")) {
        say(cli, stdout, MSG_TEST_KEYS);
    }
}

static int run(struct cli *cli, int argc, char **argv)
{
    json_t *result = NULL;
    int status = argc > 0 ? usage_error(cli, argv[0]) : 0;
    if (status == 0) {
        status =
            cli_call(cli, "system.ping", NULL, &result) == 0 ? cli_show(cli, result, show) : cli_fail(cli);
    }
    json_decref(result);
    return status;
}

const struct command cmd_ping = {
    .name = "ping",
    .args = "",
    .summary = {"is everything there: service, readers, PSAM, journal", "检查服务、读卡器、PSAM 和交易日志"},
    .examples = "sscard ping\nsscard ping --json",
    .run = run,
};
