/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/line_edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef SSC_HAVE_EDIT
#include <editline/readline.h>

char *line_edit(const char *prompt)
{
    char *line = readline(prompt);
    if (line && line[0]) {
        add_history(line);
    }
    return line;
}
#else
char *line_edit(const char *prompt)
{
    char *line = NULL;
    size_t cap = 0;
    fputs(prompt, stdout);
    fflush(stdout);
    const ssize_t n = getline(&line, &cap, stdin);
    if (n < 0) {
        free(line);
        line = NULL;
    } else {
        line[strcspn(line, "\r\n")] = '\0';
    }
    return line;
}
#endif

void line_edit_free(char *line)
{
    if (line) {
        explicit_bzero(line, strlen(line));
        free(line);
    }
}
