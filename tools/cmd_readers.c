/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/commands.h"
#include "tools/doctor/bind.h"

#include <string.h>

enum { OPT_BIND = OPT_FIRST_OWN, OPT_ROOT };

const char *reader_state_text(struct cli *cli, const char *state)
{
    static const struct {
        const char *name, *style;
        enum message text;
    } rows[] = {{"card", S_GOOD, MSG_STATE_CARD},
                {"empty", S_DIM, MSG_STATE_EMPTY},
                {"mute", S_BAD, MSG_STATE_MUTE},
                {"gone", S_DIM, MSG_STATE_GONE},
                {"wedged", S_BAD, MSG_STATE_WEDGED}};
    static _Thread_local char text[64];
    snprintf(text, sizeof text, "%s", state);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(state, rows[i].name) == 0) {
            snprintf(text, sizeof text, "%s%s", rows[i].style, msg(cli, rows[i].text));
        }
    }
    return text;
}

static const char *medium_text(struct cli *cli, const char *medium)
{
    return strcmp(medium, "contact") == 0       ? msg(cli, MSG_MEDIUM_CONTACT)
           : strcmp(medium, "contactless") == 0 ? msg(cli, MSG_MEDIUM_CONTACTLESS)
                                                : "SAM";
}

/* "pharmacy (4711)", or what PC/SC tells: another program. */
static void user_text(struct cli *cli, const json_t *reader, char out[128])
{
    const json_t *owner = json_object_get(json_object_get(reader, "lease"), "owner");
    out[0] = '\0';
    if (owner) {
        snprintf(out, 128, "%s (%lld)", js(owner, "program"), (long long)ji(owner, "pid"));
    } else if (jb(reader, "in_use")) {
        snprintf(out, 128, "%s", msg(cli, MSG_ANOTHER_PROGRAM));
    }
}

static void show(struct cli *cli, const json_t *result)
{
    const json_t *readers = json_object_get(result, "readers");
    const json_t *reader;
    size_t i;
    struct grid grid;
    grid_begin(&grid, cli, 6,
               (const char *const[]){msg(cli, MSG_READER), msg(cli, MSG_STATE), msg(cli, MSG_MEDIUM),
                                     msg(cli, MSG_PIN_PAD), msg(cli, MSG_USED_BY), "ATR"});
    json_array_foreach(readers, i, reader)
    {
        char user[128];
        user_text(cli, reader, user);
        grid_row(&grid, js(reader, "name"), reader_state_text(cli, js(reader, "state")),
                 medium_text(cli, js(reader, "medium")), jb(reader, "pin_pad") ? msg(cli, MSG_YES) : "-",
                 user[0] ? user : "-", js(reader, "atr"));
    }
    if (json_array_size(readers) == 0) {
        say(cli, stdout, MSG_NO_READERS);
    }
    grid_end(&grid, stdout);
}

static int run(struct cli *cli, int argc, char **argv)
{
    json_t *result = NULL;
    int status = argc > 0 ? usage_error(cli, argv[0]) : 0;
    if (status == 0 && given(cli, OPT_BIND)) {
        status = bind_reader(cli, cli->value[OPT_BIND], cli->value[OPT_ROOT]);
    } else if (status == 0) {
        status =
            cli_call(cli, "reader.list", NULL, &result) == 0 ? cli_show(cli, result, show) : cli_fail(cli);
    }
    json_decref(result);
    return status;
}

static const struct opt options[] = {
    {OPT_BIND,
     "bind",
     "VID:PID",
     {"show how to make pcscd's CCID driver serve this reader", "显示如何让 pcscd 的 CCID 驱动支持该读卡器"}},
    {OPT_ROOT, "root", "DIR", {"with --bind: look below DIR instead", "与 --bind 合用: 在 DIR 下查找"}},
    {0},
};

const struct command cmd_readers = {
    .name = "readers",
    .args = "[--bind VID:PID]",
    .summary = {"list the readers and what is in them", "列出读卡器及卡片状态"},
    .options = options,
    .examples =
        "sscard readers\nsscard readers --direct\nsscard readers --json\nsscard readers --bind 072f:90cc",
    .flags = CMD_DIRECT,
    .run = run,
};
