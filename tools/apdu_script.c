/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/apdu_script.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Copies what is not blank, upper-case. -1: a character that `allowed` does not hold, or no room. */
static int compact(const char *text, size_t len, const char *allowed, char *out, size_t cap)
{
    size_t n = 0;
    int rc = 0;
    for (size_t i = 0; i < len && rc == 0; i++) {
        const char c = (char)toupper((unsigned char)text[i]);
        if (!isspace((unsigned char)c)) {
            if (strchr(allowed, c) && n + 1 < cap) {
                out[n++] = c;
            } else {
                rc = -1;
            }
        }
    }
    out[n] = '\0';
    return rc;
}

static bool patterns_right(const char *list)
{
    bool right = true;
    for (const char *p = list; *p && right;) {
        const size_t n = strcspn(p, ",");
        right = n == 4 && p[n + (p[n] ? 1 : 0)] != ',' && (p[n] == '\0' || p[n + 1] != '\0');
        p += n + (p[n] ? 1 : 0);
    }
    return right;
}

int apdu_step_parse(const char *text, struct apdu_step *step)
{
    const size_t len = strcspn(text, "#\r\n");
    const char *equals = memchr(text, '=', len);
    const size_t hex = equals ? (size_t)(equals - text) : len;
    int rc = compact(text, hex, "0123456789ABCDEF", step->command, sizeof step->command);
    step->expected[0] = '\0';
    if (rc == 0 && equals) {
        rc = compact(equals + 1, len - hex - 1, "0123456789ABCDEFX,", step->expected, sizeof step->expected);
    }
    const size_t digits = strlen(step->command);
    const bool empty = digits == 0 && !equals;
    if (rc == 0 && !empty &&
        (digits % 2 || digits < 8 || (equals && !step->expected[0]) || !patterns_right(step->expected))) {
        rc = -1;
    }
    return rc;
}

bool apdu_expected(const struct apdu_step *step, const char *sw)
{
    bool found = step->expected[0] == '\0';
    for (const char *p = step->expected; *p && !found;) {
        bool same = strlen(sw) == 4;
        for (size_t i = 0; i < 4 && same; i++) {
            same = p[i] == 'X' || p[i] == sw[i];
        }
        found = same;
        p += 4 + (p[4] == ',' ? 1 : 0);
    }
    return found;
}

int apdu_script_run(FILE *in, int (*step)(void *ctx, const struct apdu_step *step), void *ctx,
                    struct apdu_step *bad)
{
    char *line = NULL;
    size_t cap = 0;
    unsigned number = 0;
    int rc = 0;
    while (rc == 0 && getline(&line, &cap, in) >= 0) {
        bad->line = ++number;
        rc = apdu_step_parse(line, bad);
        if (rc == 0 && bad->command[0]) {
            rc = step(ctx, bad);
        }
    }
    if (line) { /* a script may hold a PIN */
        explicit_bzero(line, cap);
    }
    free(line);
    return rc;
}
