/* SPDX-License-Identifier: Apache-2.0 */
/* Options from the tables of cli.h through getopt_long: the tables also make help, completion and man page,
 * which argp's own option table cannot carry in two languages. */
#include "tools/cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS_MAX 48u
#define DEADLINE_DEFAULT_MS 30000
#define DEADLINE_MAX_S 86400.0

const struct opt global_options[] = {
    {OPT_JSON, "json", NULL, {"print one JSON object", "输出一个 JSON 对象"}},
    {OPT_READER, "reader", "NAME", {"use this reader", "使用指定的读卡器"}},
    {OPT_SOCKET, "socket", "PATH", {"socket of the service", "服务套接字路径"}},
    {OPT_DIRECT, "direct", NULL, {"straight on the reader, without the service", "不经服务直接使用读卡器"}},
    {OPT_DRIVER,
     "driver",
     "pcsc|ccid|sim[:IMAGE]|replay:FILE",
     {"how --direct reaches the reader (default pcsc)", "--direct 使用的驱动 (默认 pcsc)"}},
    {OPT_DEADLINE,
     "deadline",
     "SECONDS",
     {"longest time for one step (default 30)", "每一步的最长时间 (默认 30 秒)"}},
    {OPT_WAIT,
     "wait",
     "auto|always|never",
     {"wait for a card that is not there (auto: on a terminal)", "无卡时等待插卡 (auto: 仅在终端上)"}},
    {OPT_COLOR, "color", "auto|always|never", {"colours; NO_COLOR is honoured", "颜色; 遵守 NO_COLOR"}},
    {OPT_LANG,
     "lang",
     "zh|en",
     {"language of the texts (default: the locale's)", "语言 (默认按系统区域设置)"}},
    {OPT_HELP, "help", NULL, {"show this help", "显示帮助"}},
    {OPT_VERSION, "version", NULL, {"show the version", "显示版本"}},
    {0},
};

struct parser {
    struct option longs[OPTIONS_MAX];
    char shorts[2 * OPTIONS_MAX + 3];
    size_t count, letters;
};

static void add(struct parser *p, const struct opt *options)
{
    for (const struct opt *o = options; o && o->key && p->count < OPTIONS_MAX - 1; o++) {
        p->longs[p->count++] = (struct option){
            .name = o->name, .has_arg = o->arg ? required_argument : no_argument, .val = o->key};
        if (o->key > ' ') {
            p->shorts[p->letters++] = (char)o->key;
            if (o->arg) {
                p->shorts[p->letters++] = ':';
            }
        }
    }
}

/* `first`: how getopt begins its string of letters ("+": stop at the first argument). */
static int parse(struct cli *cli, const struct opt *own, const char *first, int argc, char **argv)
{
    struct parser p = {0};
    int key = 0, status = 0;
    p.letters = strlen(first);
    memcpy(p.shorts, first, p.letters);
    add(&p, global_options);
    add(&p, own);
    opterr = 0;
    optind = 0;
    while (status == 0 && (key = getopt_long(argc, argv, p.shorts, p.longs, NULL)) != -1) {
        if (key == '?' || key == ':' || key >= 128) {
            status = usage_error(cli, argv[optind > 0 ? optind - 1 : 0]);
        } else {
            cli->value[key] = optarg ? optarg : "";
        }
    }
    return status;
}

/* "auto|always|never". 0 never, 1 always, 2 auto; -1: none of them. */
static int choice(const char *value)
{
    const char *const words[] = {"never", "always", "auto"};
    int found = value ? -1 : 2;
    for (int i = 0; value && i < 3; i++) {
        found = strcmp(value, words[i]) == 0 ? i : found;
    }
    return found;
}

static int apply_terminal(struct cli *cli)
{
    const int colour = choice(cli->value[OPT_COLOR]), wait = choice(cli->value[OPT_WAIT]);
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    const bool plain = (no_color && no_color[0]) || (term && strcmp(term, "dumb") == 0);
    int status = 0;
    if (colour < 0 || wait < 0) {
        status = usage_error(cli, colour < 0 ? "--color" : "--wait");
    }
    cli->colour = colour == 1 || (colour == 2 && !plain && isatty(STDOUT_FILENO));
    cli->colour_err = colour == 1 || (colour == 2 && !plain && isatty(STDERR_FILENO));
    cli->waits = wait == 1 || (wait == 2 && !cli->json && isatty(STDERR_FILENO) && isatty(STDIN_FILENO));
    return status;
}

static int apply(struct cli *cli)
{
    const char *lang = cli->value[OPT_LANG], *deadline = cli->value[OPT_DEADLINE];
    int status = 0;
    cli->json = given(cli, OPT_JSON);
    if (!cli->value[OPT_READER]) {
        const char *reader = getenv("SSCARD_READER");
        cli->value[OPT_READER] = reader && reader[0] ? reader : NULL;
    }
    cli->deadline_ms = DEADLINE_DEFAULT_MS;
    if (lang && strcmp(lang, "zh") != 0 && strcmp(lang, "en") != 0) {
        status = usage_error(cli, "--lang");
    } else if (lang) {
        cli->lang = strcmp(lang, "zh") == 0 ? LANG_ZH : LANG_EN;
    }
    if (status == 0 && deadline) {
        char *end = NULL;
        const double seconds = strtod(deadline, &end);
        if (end == deadline || *end || !(seconds > 0 && seconds <= DEADLINE_MAX_S)) {
            status = usage_error(cli, "--deadline");
        }
        cli->deadline_ms = status == 0 ? (int64_t)(seconds * 1000) : 0;
    }
    return status == 0 ? apply_terminal(cli) : status;
}

int options_parse(struct cli *cli, int argc, char **argv, int *first_argument)
{
    /* Global options may stand before the command; everything may stand behind it, in any order. */
    int status = parse(cli, NULL, "+:", argc, argv);
    if (status == 0 && optind < argc) {
        cli->command = command_find(argv[optind]);
        const int at = optind;
        if (cli->command) {
            status = parse(cli, cli->command->options, cli->command->flags & CMD_PREFIX ? "+:" : ":",
                           argc - at, argv + at);
            *first_argument = at + optind;
        } else if (!given(cli, OPT_HELP)) {
            status = usage_error(cli, argv[at]);
        }
    }
    return status == 0 ? apply(cli) : status;
}

int usage_error(struct cli *cli, const char *what)
{
    const char *lang = cli->value[OPT_LANG]; /* not applied yet when an option itself is wrong */
    if (lang) {
        cli->lang = strcmp(lang, "zh") == 0 ? LANG_ZH : LANG_EN;
    }
    if (cli->json || given(cli, OPT_JSON)) {
        json_t *error = json_pack("{s:{s:i, s:s, s:{s:s, s:s}}}", "error", "code", -1, "message",
                                  msg(cli, MSG_USAGE_JSON), "data", "symbol", "usage", "detail", what);
        json_dumpf(error, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(error);
    } else {
        say(cli, stderr, MSG_USAGE, what);
        if (cli->command) {
            say(cli, stderr, MSG_USAGE_COMMAND, cli->command->name, cli->command->args,
                cli->command->args[0] ? " " : "");
        } else {
            say(cli, stderr, MSG_USAGE_ANY);
        }
    }
    return EXIT_USAGE;
}
