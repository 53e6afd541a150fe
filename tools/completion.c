/* SPDX-License-Identifier: Apache-2.0 */
/* Completion scripts for bash, zsh and fish, from the table of commands. */
#include "tools/cli.h"

#include <ctype.h>
#include <string.h>

/* "auto|always|never" is a list of words to choose from; "NAME" and "sim[:IMAGE]" are not. */
static bool is_choice(const char *arg)
{
    return arg && strchr(arg, '|') && !strpbrk(arg, "[:ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static bool is_file(const char *arg)
{
    return arg && (strcmp(arg, "FILE") == 0 || strcmp(arg, "PATH") == 0);
}

static void words(FILE *out, const char *list)
{
    for (const char *p = list; p && *p; p++) {
        fputc(*p == '|' ? ' ' : *p, out);
    }
}

static void option_words(FILE *out, const struct opt *options)
{
    for (const struct opt *o = options; o && o->key; o++) {
        fprintf(out, " --%s%s", o->name, o->arg ? "=" : "");
    }
}

static void command_names(FILE *out)
{
    for (size_t i = 0; commands[i]; i++) {
        fprintf(out, "%s%s", i ? " " : "", commands[i]->name);
    }
}

static void bash_values(FILE *out, const struct opt *options)
{
    for (const struct opt *o = options; o && o->key; o++) {
        if (is_choice(o->arg)) {
            fprintf(out, "    --%s) words='", o->name);
            words(out, o->arg);
            fputs("' ;;\n", out);
        } else if (is_file(o->arg)) {
            fprintf(out, "    --%s) COMPREPLY=($(compgen -f -- \"$value\")); return ;;\n", o->name);
        }
    }
}

static void bash(FILE *out)
{
    fputs("# bash completion of sscard; made by: sscard completion bash\n_sscard() {\n"
          "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command='' words='' value "
          "option i\n"
          "  COMPREPLY=()\n"
          "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "    case ${COMP_WORDS[i]} in -*|=) ;; *) command=${COMP_WORDS[i]}; break ;; esac\n"
          "  done\n"
          "  value=$cur option=$prev\n"
          "  [[ $cur == = ]] && value=''\n"
          "  [[ $prev == = ]] && option=${COMP_WORDS[COMP_CWORD-2]}\n"
          "  case $option in\n",
          out);
    bash_values(out, global_options);
    for (size_t i = 0; commands[i]; i++) {
        bash_values(out, commands[i]->options);
    }
    fputs("  esac\n  if [[ $words ]]; then\n    COMPREPLY=($(compgen -W \"$words\" -- \"$value\")); return\n "
          " fi\n"
          "  case $command in\n    '') words='",
          out);
    command_names(out);
    fputs("' ;;\n", out);
    for (size_t i = 0; commands[i]; i++) {
        fprintf(out, "    %s) words='", commands[i]->name);
        if (strcmp(commands[i]->name, "help") == 0) {
            command_names(out);
        } else {
            words(out, commands[i]->subcommands);
        }
        option_words(out, commands[i]->options);
        fputs("' ;;\n", out);
    }
    fputs("  esac\n  words+='", out);
    option_words(out, global_options);
    fputs("'\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "  [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
          "  [[ ${COMPREPLY[*]} ]] || COMPREPLY=($(compgen -f -- \"$cur\"))\n}\ncomplete -F _sscard sscard\n",
          out);
}

/* Text inside single quotes of zsh and fish, where a quote or bracket would end it. */
static void quoted(FILE *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        fputs(*p == '\'' ? "\xE2\x80\x99" : *p == '[' ? "(" : *p == ']' ? ")" : "", out);
        if (!strchr("'[]", *p)) {
            fputc(*p, out);
        }
    }
}

static void zsh_options(FILE *out, const struct opt *options)
{
    for (const struct opt *o = options; o && o->key; o++) {
        fprintf(out, " \\\n        '--%s%s[", o->name, o->arg ? "=" : "");
        quoted(out, o->help.en);
        fputc(']', out);
        if (is_choice(o->arg)) {
            fputs(":value:(", out);
            words(out, o->arg);
            fputc(')', out);
        } else if (o->arg) {
            fputs(is_file(o->arg) ? ":file:_files" : ":value:", out);
        }
        fputc('\'', out);
    }
}

static void zsh(FILE *out)
{
    fputs("#compdef sscard\n# zsh completion of sscard; made by: sscard completion zsh\n_sscard() {\n"
          "  local state line\n  typeset -A opt_args\n  _arguments -C",
          out);
    zsh_options(out, global_options);
    fputs(" \\\n        '1: :->command' '*:: :->arguments'\n  case $state in\n  command)\n    local -a "
          "list\n    list=(\n",
          out);
    for (size_t i = 0; commands[i]; i++) {
        fprintf(out, "      '%s:", commands[i]->name);
        quoted(out, commands[i]->summary.en);
        fputs("'\n", out);
    }
    fputs("    )\n    _describe command list ;;\n  arguments)\n    case $line[1] in\n", out);
    for (size_t i = 0; commands[i]; i++) {
        fprintf(out, "    %s) _arguments", commands[i]->name);
        zsh_options(out, commands[i]->options);
        zsh_options(out, global_options);
        if (commands[i]->subcommands) {
            fputs(" \\\n        '1:action:(", out);
            words(out, commands[i]->subcommands);
            fputs(")'", out);
        }
        fputs(" \\\n        '*:file:_files' ;;\n", out);
    }
    fputs("    esac ;;\n  esac\n}\ncompdef _sscard sscard\n", out);
}

static void fish_options(FILE *out, const struct opt *options, const char *command)
{
    for (const struct opt *o = options; o && o->key; o++) {
        fputs("complete -c sscard", out);
        if (command) {
            fprintf(out, " -n '__fish_seen_subcommand_from %s'", command);
        }
        if (isalnum(o->key)) {
            fprintf(out, " -s %c", o->key);
        }
        fprintf(out, " -l %s -d '", o->name);
        quoted(out, o->help.en);
        fputc('\'', out);
        if (is_choice(o->arg)) {
            fputs(" -xa '", out);
            words(out, o->arg);
            fputc('\'', out);
        } else if (o->arg) {
            fputs(is_file(o->arg) ? " -rF" : " -x", out);
        }
        fputc('\n', out);
    }
}

static void fish(FILE *out)
{
    fputs("# fish completion of sscard; made by: sscard completion fish\ncomplete -c sscard -f\n", out);
    fish_options(out, global_options, NULL);
    for (size_t i = 0; commands[i]; i++) {
        fprintf(out, "complete -c sscard -n __fish_use_subcommand -a %s -d '", commands[i]->name);
        quoted(out, commands[i]->summary.en);
        fputs("'\n", out);
        if (commands[i]->subcommands) {
            fprintf(out, "complete -c sscard -n '__fish_seen_subcommand_from %s' -a '", commands[i]->name);
            words(out, commands[i]->subcommands);
            fputs("'\n", out);
        }
        fish_options(out, commands[i]->options, commands[i]->name);
    }
}

int completion_print(const char *shell, FILE *out)
{
    static const struct {
        const char *name;
        void (*print)(FILE *out);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    int rc = -1;
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shell, shells[i].name) == 0) {
            shells[i].print(out);
            rc = 0;
        }
    }
    return rc;
}
