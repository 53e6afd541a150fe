/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/commands.h"

enum { OPT_MAN = OPT_FIRST_OWN };

static int run_help(struct cli *cli, int argc, char **argv)
{
    const struct command *command = argc > 0 ? command_find(argv[0]) : NULL;
    int status = EXIT_DONE;
    if (given(cli, OPT_MAN)) {
        help_man_page(cli->lang, stdout);
    } else if (command) {
        help_command(cli, command, stdout);
    } else if (argc > 0) {
        status = usage_error(cli, argv[0]);
    } else {
        help_overview(cli, stdout);
    }
    return status;
}

static int run_completion(struct cli *cli, int argc, char **argv)
{
    return argc == 1 && completion_print(argv[0], stdout) == 0
               ? EXIT_DONE
               : usage_error(cli, argc > 0 ? argv[0] : "SHELL");
}

static const struct opt help_options[] = {
    {OPT_MAN, "man", NULL, {"print the man page (roff)", "输出手册页 (roff)"}},
    {0},
};

const struct command cmd_help = {
    .name = "help",
    .args = "[COMMAND] | --man",
    .summary = {"how to use a command", "显示命令用法"},
    .options = help_options,
    .examples = "sscard help debit\nsscard help --lang zh\nsscard help --man | man -l -",
    .flags = CMD_LOCAL,
    .run = run_help,
};

const struct command cmd_completion = {
    .name = "completion",
    .args = "bash|zsh|fish",
    .subcommands = "bash|zsh|fish",
    .summary = {"print a completion script for a shell", "输出命令补全脚本"},
    .examples =
        "source <(sscard completion bash)\nsscard completion fish > ~/.config/fish/completions/sscard.fish",
    .flags = CMD_LOCAL,
    .run = run_completion,
};
