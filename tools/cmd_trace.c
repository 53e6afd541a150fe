/* SPDX-License-Identifier: Apache-2.0 */
/* Shows the exchanges between reader and card, redacted, and records them as a card that can be replayed. */
#include "tools/commands.h"

#include "apdu/error.h"
#include "drivers/reader.h"
#include "tools/direct.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OPT_OUTPUT = OPT_FIRST_OWN, OPT_UNREDACTED };
#define AFTERMATH_MS 300

struct recording {
    struct cli *cli;
    FILE *file;       /* NULL: only shown */
    char reader[128]; /* recorded; "" until known */
    unsigned lines;
};

static size_t hex_span(const char *text)
{
    return strspn(text, "0123456789ABCDEFabcdef");
}

/* A line of a trace holds "> COMMAND" and "< ANSWER" somewhere. */
static void record(struct recording *r, const char *line)
{
    const char *out = strstr(line, "> "), *in = out ? strstr(out, "< ") : NULL;
    if (r->file && out && in) {
        fprintf(r->file, "> %.*s\n< %.*s\n", (int)hex_span(out + 2), out + 2, (int)hex_span(in + 2), in + 2);
        fflush(r->file);
    }
}

static void take_line(void *ctx, const char *text)
{
    struct recording *r = ctx;
    const struct cli *cli = r->cli;
    r->lines++;
    record(r, text);
    if (cli->json) {
        json_t *line = json_pack("{s:s}", "line", text);
        json_dumpf(line, stderr, JSON_COMPACT);
        fputc('\n', stderr);
        json_decref(line);
    } else {
        fputs(cli->colour_err ? "\033[2m" : "", stderr);
        print_styled(stderr, false, text);
        fputs(cli->colour_err ? "\033[0m\n" : "\n", stderr);
    }
}

static void take_event(struct recording *r, const json_t *params)
{
    const char *reader = js(params, "reader");
    if (!r->reader[0] || strcmp(reader, r->reader) == 0) {
        take_line(r, js(params, "line"));
    }
}

/* The head of a recording: the reader that is traced and the ATR of the card in it. */
static int write_head(struct recording *r)
{
    const json_t *reader;
    json_t *result = NULL;
    size_t i, found = 0;
    const char *wanted = r->cli->value[OPT_READER];
    int rc = cli_call(r->cli, "reader.list", NULL, &result);
    json_array_foreach(json_object_get(result, "readers"), i, reader)
    {
        const bool this_one = wanted ? strcmp(wanted, js(reader, "name")) == 0
                                     : js(reader, "atr")[0] && strcmp(js(reader, "medium"), "sam") != 0;
        if (this_one) {
            snprintf(r->reader, sizeof r->reader, "%s", js(reader, "name"));
            fprintf(r->file, "# recorded by sscard trace\n%sreader %s\nmedium %s\natr %s\n",
                    given(r->cli, OPT_UNREDACTED) ? "" : "redacted\n", js(reader, "name"),
                    js(reader, "medium"), js(reader, "atr"));
            found++;
        }
    }
    if (rc == 0 && found != 1) {
        cli_set_error(r->cli, found == 0 ? SSC_E_NO_CARD : SSC_E_INVALID_PARAMS, "--reader");
        rc = found == 0 ? SSC_E_NO_CARD : SSC_E_INVALID_PARAMS;
    }
    json_decref(result);
    return rc;
}

/* Until interrupted, or until nothing has come for a while. */
static int listen_for(struct recording *r, int64_t quiet_ms)
{
    int rc = 0;
    while (rc == 0) {
        json_t *event = NULL;
        rc = cli_event(r->cli, &event, ssc_deadline(quiet_ms > 0 ? quiet_ms : 3600000));
        if (rc == 0) {
            take_event(r, event);
        } else if (rc == SSC_E_DEADLINE_EXCEEDED && quiet_ms == 0) {
            rc = 0;
        }
        json_decref(event);
    }
    return rc == SSC_E_DEADLINE_EXCEEDED ? 0 : rc;
}

/* Another command, as if it had been called by itself. */
static int run_inner(struct recording *r, int argc, char **argv)
{
    struct cli inner = {.lang = r->cli->lang};
    int first = argc;
    for (int key = 0; key < 128; key++) { /* global options hold for the inner command too */
        const bool global = key == OPT_READER || key == OPT_JSON || (key > 0 && key < OPT_FIRST_OWN);
        inner.value[key] = global ? r->cli->value[key] : NULL;
    }
    int status = options_parse(&inner, argc, argv, &first);
    if (status == 0 && (!inner.command || inner.command == &cmd_trace)) {
        status = usage_error(r->cli, argv[1]);
    } else if (status == 0) {
        inner.direct = r->cli->direct; /* the same card, the same tap */
        r->cli->direct = NULL;
        status = inner.command->run(&inner, argc - first, argv + first);
        r->cli->direct = inner.direct;
        inner.direct = NULL;
    }
    cli_close(&inner);
    return status;
}

static int trace_service(struct recording *r, int argc, char **argv)
{
    int status = 0;
    json_t *params = json_pack("{s:b}", "unredacted", given(r->cli, OPT_UNREDACTED));
    int rc = cli_call(r->cli, "trace.start", params, NULL);
    if (rc == 0 && argc > 1) {
        status = run_inner(r, argc, argv);
        rc = listen_for(r, AFTERMATH_MS);
    } else if (rc == 0) {
        say(r->cli, stderr, MSG_TRACING);
        rc = listen_for(r, 0);
    }
    return rc != 0 ? cli_fail(r->cli) : status;
}

static int trace(struct recording *r, int argc, char **argv)
{
    int status = 0;
    json_t *list = NULL;
    int rc = r->file ? write_head(r) : cli_call(r->cli, "reader.list", NULL, &list);
    if (rc != 0) {
        status = cli_fail(r->cli);
    } else if (r->cli->direct && argc <= 1) { /* other programs' exchanges cannot be seen from here */
        status = usage_error(r->cli, "COMMAND");
    } else if (r->cli->direct) {
        direct_trace(r->cli->direct, given(r->cli, OPT_UNREDACTED), take_line, r);
        status = run_inner(r, argc, argv);
    } else {
        status = trace_service(r, argc, argv);
    }
    json_decref(list);
    return status;
}

static int run(struct cli *cli, int argc, char **argv)
{
    struct recording r = {.cli = cli};
    const char *path = cli->value[OPT_OUTPUT];
    int status = 0;
    const bool words =
        argc > 0 && strcmp(argv[0], "record") == 0; /* record FILE: the same as --output FILE */
    if (words && argc > 1) {
        path = argv[1];
        argc -= 2;
        argv += 2;
    }
    if (words && path == cli->value[OPT_OUTPUT]) {
        status = usage_error(cli, "record FILE");
    } else if (path && !(r.file = fopen(path, "w"))) {
        status = cli_fail_with(cli, SSC_E_IO, path);
    } else {
        status = trace(&r, argc + 1, argv - 1); /* argv[-1] is this command's own name, as getopt wants one */
    }
    if (r.file && fclose(r.file) != 0) {
        status = cli_fail_with(cli, SSC_E_IO, path);
    }
    return status;
}

static const struct opt options[] = {
    {OPT_OUTPUT, "output", "FILE", {"also record as a replay card", "同时保存为可回放的卡片记录"}},
    {OPT_UNREDACTED,
     "unredacted",
     NULL,
     {"show PINs, keys and the holder's data too; the trace is then a secret",
      "不隐去密码、密钥和个人信息; 记录须保密"}},
    OPTION_KEY_FILE,
    {0},
};

const struct command cmd_trace = {
    .name = "trace",
    .subcommands = "record",
    .args = "[record FILE | --output FILE] [COMMAND ...]",
    .summary = {"show and record the exchanges with the card", "显示并记录与卡片的通信"},
    .about =
        {"Without COMMAND: everything that goes through the service, until interrupted. Lines go to stderr.\n"
         "PINs, keys and the holder's data are overwritten. A recording is used with --driver replay:FILE.",
         "不带 COMMAND 时显示经过服务的全部通信, 按 Ctrl-C 结束。内容输出到标准错误。\n"
         "密码、密钥和个人信息会被隐去。记录文件可用 --driver replay:FILE 回放。"},
    .options = options,
    .examples =
        "sscard trace\nsscard trace record card.replay identity\nsscard --driver replay:card.replay info",
    .flags = CMD_DIRECT | CMD_PREFIX,
    .run = run,
};
