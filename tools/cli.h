/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line. A command is a row of data (name, texts, options, handler): help, completion and the man
 * page are made from the rows. Handlers ask for JSON with cli_call() and do not know whether the service or
 * the reader itself answers.
 */
#ifndef SSC_TOOLS_CLI_H
#define SSC_TOOLS_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit codes, in the help and the man page (exit_codes.def). */
enum exit_code {
#define EXIT_ROW(NAME, number, en, zh) EXIT_##NAME = (number),
#include "tools/exit_codes.def"
#undef EXIT_ROW
};

enum lang { LANG_EN, LANG_ZH };
struct text {
    const char *en, *zh;
};

/* One option. key: the short letter, or a value below 32 for an option without one. */
struct opt {
    int key;
    const char *name;
    const char *arg; /* NULL: a flag; "a|b|c": choices, which completion offers; FILE: completes files */
    struct text help;
};

enum command_flags {
    CMD_DIRECT = 1u << 0, /* works straight on the reader, and does so when there is no service */
    CMD_LOCAL = 1u << 1,  /* needs neither service nor reader */
    CMD_PREFIX = 1u << 2, /* its arguments are another command: options behind them belong to that one */
};

struct cli;
struct command {
    const char *name;
    const char *args;          /* "[--op KEY] AMOUNT", the same in every language */
    const char *subcommands;   /* "list|get|resolve", for completion; NULL: none */
    struct text summary;       /* one line */
    struct text about;         /* paragraphs, may be NULL */
    const struct opt *options; /* ended by a zero key; NULL: none */
    const char *examples;      /* one command per line; NULL: none */
    unsigned flags;
    int (*run)(struct cli *cli, int argc, char **argv); /* arguments behind the command's name; exit code */
};
extern const struct command *const commands[]; /* NULL terminated, in the order of the help */
const struct command *command_find(const char *name);

/* Keys of options that every command understands. */
enum global_key {
    OPT_SOCKET = 1,
    OPT_COLOR,
    OPT_LANG,
    OPT_DEADLINE,
    OPT_DIRECT,
    OPT_DRIVER,
    OPT_WAIT,
    OPT_VERSION,
    OPT_PIN_FD,         /* of the commands that may ask for a PIN */
    OPT_FIRST_OWN = 16, /* commands number their long-only options from here */
    OPT_JSON = 'j',
    OPT_READER = 'r',
    OPT_HELP = 'h',
};
extern const struct opt global_options[];

struct direct;
struct sscard;
struct cli {
    const struct command *command;
    const char *value[128]; /* by option key; "" for a flag that was given; NULL: not given */
    enum lang lang;
    bool json, colour, colour_err, waits;
    int64_t deadline_ms;
    struct sscard *client;
    struct direct *direct;
    json_t *error;   /* error object of the last failure */
    char new_op[65]; /* the op that was made for this command, "" without one: part of what --json prints */
};

static inline bool given(const struct cli *cli, int key)
{
    return cli->value[key] != NULL;
}

/* options.c. 0, or an exit code after telling what is wrong. */
int options_parse(struct cli *cli, int argc, char **argv, int *first_argument);
/* Wrong use of the command: says so and names the help. Returns EXIT_USAGE. */
int usage_error(struct cli *cli, const char *what);

/* help.c, completion.c */
void help_overview(struct cli *cli, FILE *out);
void help_command(struct cli *cli, const struct command *command, FILE *out);
void help_man_page(enum lang lang, FILE *out);
int completion_print(const char *shell, FILE *out); /* 0, or -1: no such shell */

/* messages.c: texts from messages.def. */
enum message {
#define MESSAGE(ID, en, zh) MSG_##ID,
#include "tools/messages.def"
#undef MESSAGE
    MSG_COUNT
};
const char *text_of(const struct cli *cli, struct text text);
const char *msg(const struct cli *cli, enum message id);
/* Writes a message and a newline; {1}, {2} stand for the strings that follow. */
#define say(cli, out, id, ...) say_args(cli, out, id, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})
void say_args(const struct cli *cli, FILE *out, enum message id, const char *const *args);
enum lang lang_of_environment(void);

/* service.c: calls. params is taken; result may be NULL. 0, or < 0 with cli->error set. */
int cli_call(struct cli *cli, const char *method, json_t *params, json_t **result);
/* The same for calls that need a card: waits for one where that is wanted, and asks for the PIN when the card
 * wants it. */
int cli_card_call(struct cli *cli, const char *method, json_t *params, json_t **result);
/* Waits for a card ("present") or its removal ("absent"). */
int cli_wait_card(struct cli *cli, const char *state);
/* The params of the next event or trace notification; sets *event. SSC_E_DEADLINE_EXCEEDED: none. */
int cli_event(struct cli *cli, json_t **event, int64_t deadline);
void cli_close(struct cli *cli);
const char *cli_error_symbol(const struct cli *cli);
bool cli_error_is(const struct cli *cli, const char *symbol);
bool cli_error_sent(const struct cli *cli); /* the request had left: the service may have acted */

/* failure.c: tells the last error on stderr, or as {"error":...} on stdout with --json. Exit code. */
int cli_fail(struct cli *cli);
/* An error of our own. detail may be NULL. */
int cli_fail_with(struct cli *cli, int code, const char *detail);
void cli_set_error(struct cli *cli, int code, const char *detail);
int exit_code_of(const char *symbol);

/* Prints the result: as it is with --json, else with `show`. EXIT_DONE. */
int cli_show(struct cli *cli, const json_t *result, void (*show)(struct cli *cli, const json_t *result));

/* secret.c: digits typed without echo, or a line from --pin-fd; the buffer is the caller's to cleanse. 0,
 * SSC_E_PIN_CANCELLED, SSC_E_PIN_LENGTH, SSC_E_PIN_REQUIRED (no terminal to ask on). */
int secret_read(struct cli *cli, enum message prompt, char digits[17]);
/* The pin parameter of a call: {"entry":"pinpad"} with --pin-pad, else {"secret":...}. NULL: cli->error set.
 */
json_t *secret_param(struct cli *cli);

/* JSON, shortly. Never NULL. */
const char *js(const json_t *object, const char *key);
int64_t ji(const json_t *object, const char *key); /* -1 when absent */
bool jb(const json_t *object, const char *key);

#endif
