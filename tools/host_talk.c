/* SPDX-License-Identifier: Apache-2.0 */
/* Two-steps with a back office that this program cannot reach: what it needs goes out, what it says comes in
 * by hand or by a script. With --json stdout is for the result alone, so what goes out takes stderr, one
 * object per line. */
#include "tools/commands.h"

#include "apdu/error.h"

#include <string.h>
#include <unistd.h>

static void show_member(struct cli *cli, struct grid *grid, const char *key, const json_t *value)
{
    char number[32], label[40];
    const char *name;
    const json_t *inner;
    snprintf(label, sizeof label, "  %s", key);
    snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, name, inner)
        {
            char path[40];
            snprintf(path, sizeof path, "%.18s.%.18s", key, name);
            show_member(cli, grid, path, inner);
        }
    } else if (!json_is_null(value)) {
        grid_row(grid, label, json_is_string(value) ? json_string_value(value) : number);
    }
}

void host_show(struct cli *cli, const json_t *data)
{
    const char *key;
    const json_t *value;
    struct grid grid;
    if (cli->json) {
        json_dumpf(data, stderr, JSON_COMPACT);
        fputc('\n', stderr);
    } else {
        say(cli, stdout, MSG_HOST_REQUEST);
        grid_begin(&grid, cli, 2, NULL);
        json_object_foreach((json_t *)(uintptr_t)data, key, value)
        {
            show_member(cli, &grid, key, value);
        }
        grid_end(&grid, stdout);
        fflush(stdout);
    }
}

int host_read(struct cli *cli, enum message prompt, char *line, size_t cap)
{
    int rc = 0;
    if (isatty(STDIN_FILENO)) {
        say(cli, stderr, prompt);
    }
    if (fgets(line, (int)cap, stdin)) {
        line[strcspn(line, "\r\n")] = '\0';
    } else {
        cli_set_error(cli, SSC_E_CANCELLED, NULL);
        rc = SSC_E_CANCELLED;
    }
    return rc;
}
