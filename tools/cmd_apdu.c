/* SPDX-License-Identifier: Apache-2.0 */
/* Raw commands: single, from a script with expected status words, or typed one after the other. */
#include "tools/commands.h"

#include "apdu/error.h"
#include "tools/apdu_script.h"
#include "tools/line_edit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOLD_MS 60000

struct session {
    struct cli *cli;
    const char *lease;
    json_t *done; /* --json: what was sent and answered */
    unsigned failed;
};

/* Bytes as people read them: printable ASCII, dots elsewhere. */
static void ascii_of(const char *hex, char out[80])
{
    size_t n = 0;
    bool any = false;
    for (; hex[2 * n] && hex[2 * n + 1] && n < 60; n++) {
        const char pair[3] = {hex[2 * n], hex[2 * n + 1], '\0'};
        const long byte = strtol(pair, NULL, 16);
        out[n] = byte >= ' ' && byte < 127 ? (char)byte : '.';
        any = any || out[n] != '.';
    }
    out[any ? n : 0] = '\0';
}

static void show_exchange(struct cli *cli, const char *command, const json_t *result)
{
    const char *sw = js(result, "sw"), *data = js(result, "data");
    const bool good = strcmp(sw, "9000") == 0 || strncmp(sw, "61", 2) == 0;
    char text[16], ascii[80];
    snprintf(text, sizeof text, "%s%s", good ? S_GOOD : S_BAD, sw);
    printf("> %s\n< %s%s", command, data, data[0] ? " " : "");
    print_styled(stdout, cli->colour, text);
    printf("  %s\n", js(json_object_get(result, "sw_text"), cli->lang == LANG_ZH ? "zh" : "en"));
    ascii_of(data, ascii);
    if (ascii[0]) {
        printf("  \"%s\"\n", ascii);
    }
}

/* 0 and *result, or an error told already (exit code in *status). */
static int transmit(struct session *s, const char *command, json_t **result, int *status)
{
    json_t *params = json_pack("{s:s}", "command", command);
    if (s->lease) {
        json_object_set_new(params, "lease", json_string(s->lease));
    }
    const int rc = cli_call(s->cli, "apdu.transmit", params, result);
    if (rc != 0) {
        *status = s->cli->json ? exit_code_of(cli_error_symbol(s->cli)) : cli_fail(s->cli);
    } else if (s->cli->json) {
        json_object_set_new(*result, "command", json_string(command));
        json_array_append(s->done, *result);
    } else {
        show_exchange(s->cli, command, *result);
    }
    return rc;
}

static int script_step(void *ctx, const struct apdu_step *step)
{
    struct session *s = ctx;
    json_t *result = NULL;
    int status = 0;
    if (transmit(s, step->command, &result, &status) == 0 && !apdu_expected(step, js(result, "sw"))) {
        char line[24];
        snprintf(line, sizeof line, "%u", step->line);
        s->failed++;
        json_object_set_new(result, "expected", json_string(step->expected));
        json_object_set_new(result, "line", json_integer(step->line));
        if (!s->cli->json) {
            say(s->cli, stderr, MSG_SCRIPT_MISS, line, step->expected, js(result, "sw"));
        }
    }
    json_decref(result);
    return status;
}

static int run_script(struct session *s, FILE *in)
{
    struct apdu_step bad = {0};
    int status = apdu_script_run(in, script_step, s, &bad);
    if (status < 0) {
        char line[24];
        snprintf(line, sizeof line, "%u", bad.line);
        say(s->cli, stderr, MSG_SCRIPT_LINE, line);
        status = EXIT_USAGE;
    } else if (status == 0 && s->failed > 0) {
        status = EXIT_REFUSED;
    }
    return status;
}

static int run_interactive(struct session *s)
{
    unsigned number = 0;
    char *line = NULL;
    bool more = true;
    say(s->cli, stdout, MSG_APDU_HELLO);
    while (more && (line = line_edit("apdu> ")) != NULL) {
        struct apdu_step step = {.line = ++number};
        if (strcmp(line, "quit") == 0 || strcmp(line, "exit") == 0) {
            more = false;
        } else if (apdu_step_parse(line, &step) != 0) {
            say(s->cli, stdout, MSG_APDU_HELLO);
        } else if (step.command[0]) {
            script_step(s, &step); /* what failed is told; the next line may do better */
        }
        line_edit_free(line);
    }
    putchar('\n');
    return EXIT_DONE;
}

static int run_arguments(struct session *s, int argc, char **argv)
{
    int status = 0;
    for (int i = 0; i < argc && status == 0; i++) {
        struct apdu_step step = {0};
        apdu_step_parse(argv[i], &step); /* checked already */
        step.line = (unsigned)i + 1;
        status = script_step(s, &step);
    }
    return status == 0 && s->failed > 0 ? EXIT_REFUSED : status;
}

/* All before the first is sent: half a sequence may leave the card where nobody wants it. */
static int check_arguments(struct cli *cli, int argc, char **argv)
{
    int status = 0;
    for (int i = 0; i < argc && status == 0; i++) {
        struct apdu_step step = {0};
        if (apdu_step_parse(argv[i], &step) != 0 || !step.command[0]) {
            status = usage_error(cli, argv[i]);
        }
    }
    return status;
}

static int run_with_lease(struct session *s, int argc, char **argv)
{
    const char *path = s->cli->value['f'];
    FILE *in = path && strcmp(path, "-") != 0 ? fopen(path, "r") : stdin;
    int status = 0;
    if (!in) {
        status = cli_fail_with(s->cli, SSC_E_IO, path);
    } else if (argc > 0) {
        status = run_arguments(s, argc, argv);
    } else if (path || !isatty(STDIN_FILENO)) {
        status = run_script(s, in);
    } else {
        status = run_interactive(s);
    }
    if (in && in != stdin) {
        fclose(in);
    }
    return status;
}

static int run(struct cli *cli, int argc, char **argv)
{
    struct session s = {.cli = cli, .done = json_array()};
    json_t *lease = NULL;
    int status = check_arguments(cli, argc, argv);
    if (status != 0) {
        goto done;
    }
    /* One lease for all commands: what one of them selects or opens stays for the next. */
    if (cli_card_call(cli, "card.acquire", json_pack("{s:i}", "hold_ms", HOLD_MS), &lease) != 0) {
        status = cli_fail(cli);
    } else {
        s.lease = js(lease, "lease")[0] ? js(lease, "lease") : NULL;
        status = run_with_lease(&s, argc, argv);
        if (cli->json) {
            json_t *object = json_pack("{s:O, s:b}", "exchanges", s.done, "ok", status == 0);
            if (cli->error) {
                json_object_set(object, "error", cli->error);
            }
            cli_show(cli, object, NULL);
            json_decref(object);
        }
        if (s.lease) {
            cli_call(cli, "card.release", json_pack("{s:s}", "lease", s.lease), NULL);
        }
    }
done:
    json_decref(lease);
    json_decref(s.done);
    return status;
}

static const struct opt options[] = {
    {'f', "file", "FILE", {"script; - is the standard input", "脚本文件; - 为标准输入"}},
    OPTION_KEY_FILE,
    {0},
};

const struct command cmd_apdu = {
    .name = "apdu",
    .args = "[COMMAND [= SW]]... | --file SCRIPT",
    .summary = {"send raw commands to the card", "向卡片发送 APDU 指令"},
    .about = {"Without arguments, commands are typed one after the other, with history.\n"
              "A script has one command per line: 00A40000023F00 = 9000,61xx  # comment\n"
              "Behind = stand the expected status words, x is any digit; a miss ends in exit code 1.\n"
              "Commands that move money are refused: money goes through the journal (sscard debit).",
              "不带参数时逐条输入指令, 支持历史记录。\n"
              "脚本每行一条指令: 00A40000023F00 = 9000,61xx  # 注释\n"
              "= 后为期望的状态字, x 为任意一位; 不符时退出码为 1。\n"
              "不允许发送动账指令, 动账必须经过交易日志 (sscard debit)。"},
    .options = options,
    .examples = "sscard apdu 00A4040000\nsscard apdu 0084000008 \"0020000000 = 63Cx\"\nsscard apdu --file "
                "select.apdu --direct",
    .flags = CMD_DIRECT,
    .run = run,
};
