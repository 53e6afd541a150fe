/* SPDX-License-Identifier: Apache-2.0 */
/* Help and man page, from the table of commands. */
#include "tools/out.h"

#include <string.h>

static const struct {
    int number;
    struct text text;
} exit_rows[] = {
#define EXIT_ROW(NAME, number, en, zh) {number, {en, zh}},
#include "tools/exit_codes.def"
#undef EXIT_ROW
};
#define EXIT_ROWS (sizeof exit_rows / sizeof exit_rows[0])

static void options_grid(struct cli *cli, const struct opt *options, FILE *out)
{
    struct grid grid;
    grid_begin(&grid, cli, 2, NULL);
    for (const struct opt *o = options; o && o->key; o++) {
        char name[96];
        const char letter[5] = {'-', (char)o->key, ',', ' ', '\0'};
        snprintf(name, sizeof name, "  %s--%s%s%s", o->key > ' ' ? letter : "    ", o->name,
                 o->arg ? "=" : "", o->arg ? o->arg : "");
        grid_row(&grid, name, text_of(cli, o->help));
    }
    grid_end(&grid, out);
}

static void title(struct cli *cli, enum message id, FILE *out)
{
    fputc('\n', out);
    fputs(cli->colour ? "\033[1m" : "", out);
    fputs(msg(cli, id), out);
    fputs(cli->colour ? "\033[0m\n" : "\n", out);
}

static void exit_grid(struct cli *cli, FILE *out)
{
    struct grid grid;
    grid_begin(&grid, cli, 2, NULL);
    for (size_t i = 0; i < EXIT_ROWS; i++) {
        char number[16];
        snprintf(number, sizeof number, "  %d", exit_rows[i].number);
        grid_row(&grid, number, text_of(cli, exit_rows[i].text));
    }
    grid_end(&grid, out);
}

void help_overview(struct cli *cli, FILE *out)
{
    struct grid grid;
    fprintf(out, "%s\n\n%s sscard [%s] %s ...\n", msg(cli, MSG_HELP_TITLE), msg(cli, MSG_HELP_USAGE),
            msg(cli, MSG_HELP_OPTION), msg(cli, MSG_HELP_COMMAND));
    title(cli, MSG_HELP_COMMANDS, out);
    grid_begin(&grid, cli, 2, NULL);
    for (size_t i = 0; commands[i]; i++) {
        char name[32];
        snprintf(name, sizeof name, "  %s", commands[i]->name);
        grid_row(&grid, name, text_of(cli, commands[i]->summary));
    }
    grid_end(&grid, out);
    title(cli, MSG_HELP_OPTIONS, out);
    options_grid(cli, global_options, out);
    title(cli, MSG_HELP_EXIT, out);
    exit_grid(cli, out);
    fprintf(out, "\n%s\n", msg(cli, MSG_HELP_MORE));
}

static void examples(const char *text, const char *indent, FILE *out)
{
    for (const char *p = text; *p;) {
        const size_t n = strcspn(p, "\n");
        fprintf(out, "%s%.*s\n", indent, (int)n, p);
        p += n + (p[n] ? 1 : 0);
    }
}

void help_command(struct cli *cli, const struct command *command, FILE *out)
{
    fprintf(out, "%s\n\n%s sscard %s%s%s\n", text_of(cli, command->summary), msg(cli, MSG_HELP_USAGE),
            command->name, command->args[0] ? " " : "", command->args);
    if (command->about.en) {
        fprintf(out, "\n%s\n", text_of(cli, command->about));
    }
    if (command->options) {
        title(cli, MSG_HELP_OPTIONS, out);
        options_grid(cli, command->options, out);
    }
    if (command->examples) {
        title(cli, MSG_HELP_EXAMPLES, out);
        examples(command->examples, "  ", out);
    }
    fprintf(out, "\n%s\n", msg(cli, MSG_HELP_GLOBAL));
}

/* ---- man page: roff with the man macros ---- */

/* A hyphen that people copy, a backslash, a dot or quote at the start of a line: all mean something to roff.
 */
static void roff(FILE *out, const char *text)
{
    bool start = true;
    for (const char *p = text; *p; p++) {
        if (start && (*p == '.' || *p == '\'')) {
            fputs("\\&", out);
        }
        if (*p == '\\') {
            fputs("\\e", out);
        } else if (*p == '-') {
            fputs("\\-", out);
        } else {
            fputc(*p, out);
        }
        start = *p == '\n';
    }
}

static void man_options(struct cli *cli, const struct opt *options, FILE *out)
{
    for (const struct opt *o = options; o && o->key; o++) {
        fputs(".TP\n", out);
        if (o->key > ' ') {
            fprintf(out, "\\fB\\-%c\\fR, ", o->key);
        }
        fputs("\\fB\\-\\-", out);
        roff(out, o->name);
        fputs("\\fR", out);
        if (o->arg) {
            fputs("=\\fI", out);
            roff(out, o->arg);
            fputs("\\fR", out);
        }
        fputc('\n', out);
        roff(out, text_of(cli, o->help));
        fputc('\n', out);
    }
}

static void man_command(struct cli *cli, const struct command *command, FILE *out)
{
    fprintf(out, ".SS \"sscard %s ", command->name);
    roff(out, command->args);
    fputs("\"\n", out);
    roff(out, text_of(cli, command->summary));
    fputs(".\n", out);
    if (command->about.en) {
        fputs(".PP\n", out);
        roff(out, text_of(cli, command->about));
        fputc('\n', out);
    }
    man_options(cli, command->options, out);
    if (command->examples) {
        fputs(".PP\n.nf\n.RS\n", out);
        roff(out, command->examples);
        fputs("\n.RE\n.fi\n", out);
    }
}

void help_man_page(enum lang lang, FILE *out)
{
    struct cli cli = {.lang = lang};
    fprintf(out,
            ".\\\" made from the table of commands by: sscard help --man\n.TH SSCARD 1 \"\" \"sscard %s\"\n",
            SSC_VERSION);
    fprintf(out, ".SH %s\nsscard \\- %s\n", msg(&cli, MSG_MAN_NAME), msg(&cli, MSG_HELP_TITLE_SHORT));
    fprintf(out, ".SH %s\n.B sscard\n[\\fI%s\\fR] \\fI%s\\fR ...\n", msg(&cli, MSG_MAN_SYNOPSIS),
            msg(&cli, MSG_HELP_OPTION), msg(&cli, MSG_HELP_COMMAND));
    fprintf(out, ".SH %s\n", msg(&cli, MSG_MAN_DESCRIPTION));
    roff(out, msg(&cli, MSG_MAN_ABOUT));
    fprintf(out, "\n.SH %s\n", msg(&cli, MSG_MAN_OPTIONS));
    man_options(&cli, global_options, out);
    fprintf(out, ".SH %s\n", msg(&cli, MSG_MAN_COMMANDS));
    for (size_t i = 0; commands[i]; i++) {
        man_command(&cli, commands[i], out);
    }
    fprintf(out, ".SH %s\n", msg(&cli, MSG_MAN_EXIT));
    for (size_t i = 0; i < EXIT_ROWS; i++) {
        fprintf(out, ".TP\n.B %d\n%s\n", exit_rows[i].number, text_of(&cli, exit_rows[i].text));
    }
    fprintf(out, ".SH %s\n", msg(&cli, MSG_MAN_ENVIRONMENT));
    fprintf(out, ".TP\n.B SSCARD_SOCKET\n%s\n", msg(&cli, MSG_MAN_ENV_SOCKET));
    fprintf(out, ".TP\n.B SSCARD_READER\n%s\n", msg(&cli, MSG_MAN_ENV_READER));
    fprintf(out, ".TP\n.B LC_ALL, LC_MESSAGES, LANG\n%s\n", msg(&cli, MSG_MAN_ENV_LANG));
    fprintf(out, ".TP\n.B NO_COLOR\n%s\n", msg(&cli, MSG_MAN_ENV_COLOR));
    fprintf(out, ".SH %s\n.BR sscardd (8),\n.BR pcscd (8)\n", msg(&cli, MSG_MAN_SEE));
}
