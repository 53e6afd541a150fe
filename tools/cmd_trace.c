/* SPDX-License-Identifier: Apache-2.0 */
/* Shows the exchanges between reader and card, redacted, and records them as a card that can be replayed. */
#include "tools/commands.h"

#include "apdu/error.h"
#include "drivers/reader.h"
#include "tools/direct.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OPT_OUTPUT = OPT_FIRST_OWN, OPT_UNREDACTED };
#define AFTERMATH_MS 300

struct recording {
    struct cli *cli;
    const char *path; /* NULL: only shown */
    FILE *file;
    char reader[128]; /* recorded; "" until known */
    struct cli inner; /* the command that is traced */
    int first;        /* where its own words begin */
    unsigned lines;
    json_t *readers; /* of the service */
};

static size_t hex_span(const char *text)
{
    return strspn(text, "0123456789ABCDEFabcdef");
}

/* The last "> " or "< " of a line, with the blank before it: in front of it may stand any reader's name. */
static const char *last_mark(const char *line, const char *end, const char *mark)
{
    const char *found = NULL;
    for (const char *p = strstr(line, mark); p && p < end; p = strstr(p + 1, mark)) {
        found = p + strlen(mark);
    }
    return found;
}

/* A line of a trace ends in "> COMMAND < ANSWER 1.234 ms". Where an error's symbol stands instead of the
 * answer, the exchange cannot be played back: it is kept as a comment. */
static void record(struct recording *r, const char *line)
{
    const char *in = last_mark(line, line + strlen(line), " < ");
    const char *out = in ? last_mark(line, in, " > ") : NULL;
    if (r->file && out) {
        const int command = (int)hex_span(out), answer = (int)strcspn(in, " ");
        const bool answered = answer >= 4 && hex_span(in) == (size_t)answer;
        fprintf(r->file, answered ? "> %.*s\n< %.*s\n" : "# > %.*s\n# %.*s\n", command, out, answer, in);
        fflush(r->file);
    }
}

static void record_comment(struct recording *r, const char *line)
{
    const char *in = last_mark(line, line + strlen(line), " < ");
    const char *out = in ? last_mark(line, in, " > ") : NULL;
    if (r->file && out) {
        fprintf(r->file, "# PSAM > %.*s < %.*s\n", (int)hex_span(out), out, (int)strcspn(in, " "), in);
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

static bool is_sam(const struct recording *r, const char *name)
{
    const json_t *reader;
    size_t i;
    bool found = false;
    json_array_foreach(json_object_get(r->readers, "readers"), i, reader)
    {
        found = found || (strcmp(js(reader, "name"), name) == 0 && strcmp(js(reader, "medium"), "sam") == 0);
    }
    return found;
}

/* What the PSAM was asked is no part of the card that is recorded: a comment, for whoever reads the file. */
static void take_event(struct recording *r, const json_t *params)
{
    const char *reader = js(params, "reader");
    if (!r->reader[0] || strcmp(reader, r->reader) == 0) {
        take_line(r, js(params, "line"));
    } else if (is_sam(r, reader)) {
        FILE *file = r->file;
        r->file = NULL;
        take_line(r, js(params, "line"));
        r->file = file;
        record_comment(r, js(params, "line"));
    }
}

/* For its owner alone: unredacted it is a secret. */
static int open_file(struct recording *r)
{
    const int fd = open(r->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
    r->file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (fd >= 0 && !r->file) {
        close(fd);
    }
    if (!r->file) {
        cli_set_error(r->cli, SSC_E_IO, r->path);
    }
    return r->file ? 0 : SSC_E_IO;
}

static void write_head(struct recording *r, const json_t *reader)
{
    fprintf(r->file, "# recorded by sscard trace\n%sreader ",
            given(r->cli, OPT_UNREDACTED) ? "" : "redacted\n");
    print_styled(r->file, false, r->reader); /* whatever it is called, on one line */
    fprintf(r->file, "\nmedium %s\natr %s\n", js(reader, "medium"), js(reader, "atr"));
}

/* The reader that is recorded: the one that was named, else the only one with a card. Borrowed from `list`.
 */
static int choose(struct recording *r, const json_t *list, const json_t **out)
{
    const json_t *reader;
    size_t i, found = 0;
    const char *wanted = r->cli->value[OPT_READER];
    int rc = 0;
    json_array_foreach(json_object_get(list, "readers"), i, reader)
    {
        const bool this_one = wanted ? strcmp(wanted, js(reader, "name")) == 0
                                     : js(reader, "atr")[0] && strcmp(js(reader, "medium"), "sam") != 0;
        if (this_one) {
            snprintf(r->reader, sizeof r->reader, "%s", js(reader, "name"));
            *out = reader;
            found++;
        }
    }
    if (found != 1) {
        rc = found == 0 ? SSC_E_NO_CARD : SSC_E_INVALID_PARAMS;
        cli_set_error(r->cli, rc, "--reader");
    }
    return rc;
}

/* Only now: whatever failed before has left an older recording of the same name as it was. */
static int begin(struct recording *r, const json_t *list)
{
    const json_t *reader = NULL;
    int rc = r->path ? choose(r, list, &reader) : 0;
    if (rc == 0 && r->path && (rc = open_file(r)) == 0) {
        write_head(r, reader);
    }
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

/* Another command, as if it had been called by itself; it has no way to the card of its own. */
static int parse_inner(struct recording *r, int argc, char **argv)
{
    static const struct {
        int key;
        const char *text;
    } way[] = {{OPT_DRIVER, "trace COMMAND --driver: --driver DRIVER trace COMMAND"},
               {OPT_DIRECT, "trace COMMAND --direct: --direct trace COMMAND"},
               {OPT_SOCKET, "trace COMMAND --socket: --socket PATH trace COMMAND"}};
    r->inner = (struct cli){.lang = r->cli->lang};
    r->first = argc;
    for (int key = 0; key < 128; key++) { /* global options hold for the inner command too */
        const bool global = key == OPT_READER || key == OPT_JSON || (key > 0 && key < OPT_FIRST_OWN);
        r->inner.value[key] = global ? r->cli->value[key] : NULL;
    }
    int status = options_parse(&r->inner, argc, argv, &r->first);
    if (status == 0 && (!r->inner.command || r->inner.command == &cmd_trace)) {
        status = usage_error(r->cli, argv[1]);
    }
    for (size_t i = 0; status == 0 && i < sizeof way / sizeof way[0]; i++) {
        if (r->inner.value[way[i].key] != r->cli->value[way[i].key]) {
            status = usage_error(r->cli, way[i].text);
        }
    }
    return status;
}

static int run_inner(struct recording *r, int argc, char **argv)
{
    r->inner.direct = r->cli->direct; /* the same card, the same tap */
    r->cli->direct = NULL;
    const int status = r->inner.command->run(&r->inner, argc - r->first, argv + r->first);
    r->cli->direct = r->inner.direct;
    r->inner.direct = NULL;
    return status;
}

static int trace_service(struct recording *r, int argc, char **argv)
{
    int status = 0;
    json_t *params = json_pack("{s:b}", "unredacted", given(r->cli, OPT_UNREDACTED));
    if (r->path) { /* the PSAM's reader, too: what belongs into the file is chosen here */
        r->cli->value[OPT_READER] = NULL;
    }
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
    int rc = cli_call(r->cli, "reader.list", NULL, &list);
    r->readers = list;
    if (rc == 0 && r->cli->direct && argc <= 1) { /* other programs' exchanges cannot be seen from here */
        status = usage_error(r->cli, "COMMAND");
    } else if (rc != 0 || begin(r, list) != 0) {
        status = cli_fail(r->cli);
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
    struct recording r = {.cli = cli, .path = cli->value[OPT_OUTPUT]};
    int status = 0;
    const bool words =
        argc > 0 && strcmp(argv[0], "record") == 0; /* record FILE: the same as --output FILE */
    if (words && argc > 1) {
        r.path = argv[1];
        argc -= 2;
        argv += 2;
    }
    if (words && r.path == cli->value[OPT_OUTPUT]) {
        status = usage_error(cli, "record FILE");
    } else { /* argv[-1] is this command's own name, as getopt wants one */
        status = argc > 0 ? parse_inner(&r, argc + 1, argv - 1) : 0;
        status = status ? status : trace(&r, argc + 1, argv - 1);
    }
    cli_close(&r.inner);
    const bool torn = r.file && ferror(r.file); /* each line was written through */
    if (r.file && (fclose(r.file) != 0 || torn)) {
        status = cli_fail_with(cli, SSC_E_IO, r.path);
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
