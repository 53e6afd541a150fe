/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli.h"

#include <langinfo.h>
#include <locale.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* Everything that passes through JSON may be a name, a number of a person or a PIN. */
static void cleansing_free(void *memory)
{
    if (memory) {
        explicit_bzero(memory, malloc_usable_size(memory));
        free(memory);
    }
}

/* Widths of characters need a UTF-8 locale; the locale that the environment names may not be installed. */
static void set_locale(void)
{
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        setlocale(LC_CTYPE, "C.UTF-8");
    }
}

int main(int argc, char **argv)
{
    struct cli cli = {0};
    int first = argc;
    json_set_alloc_funcs(malloc, cleansing_free);
    set_locale();
    cli.lang = lang_of_environment();
    int status = options_parse(&cli, argc, argv, &first);
    if (status != 0) {
        /* told already */
    } else if (given(&cli, OPT_VERSION)) {
        printf("sscard %s\n", SSC_VERSION);
    } else if (given(&cli, OPT_HELP) && cli.command) {
        help_command(&cli, cli.command, stdout);
    } else if (given(&cli, OPT_HELP)) {
        help_overview(&cli, stdout);
    } else if (!cli.command) {
        help_overview(&cli, stderr);
        status = EXIT_USAGE;
    } else if ((given(&cli, OPT_DIRECT) || given(&cli, OPT_DRIVER)) && !(cli.command->flags & CMD_DIRECT)) {
        say(&cli, stderr, MSG_NOT_DIRECT, cli.command->name);
        status = EXIT_USAGE;
    } else {
        status = cli.command->run(&cli, argc - first, argv + first);
    }
    cli_close(&cli);
    if (fflush(stdout) != 0 && status == 0) { /* a full disk or closed pipe must not look like success */
        status = EXIT_REFUSED;
    }
    return status;
}
