/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of APDU scripts: "00A4 0000 02 3F00 = 9000,61xx  # comment". */
#ifndef SSC_TOOLS_APDU_SCRIPT_H
#define SSC_TOOLS_APDU_SCRIPT_H

#include <stdbool.h>
#include <stdio.h>

#define APDU_HEX_MAX 4096

struct apdu_step {
    char command[APDU_HEX_MAX]; /* upper-case hexadecimal; "" for a line without a command */
    char expected[64];          /* "9000,61xx"; "": anything */
    unsigned line;
};

/* 0, or -1: not a line of a script. */
int apdu_step_parse(const char *text, struct apdu_step *step);
/* The status word is one of the expected ones. */
bool apdu_expected(const struct apdu_step *step, const char *sw);
/* Calls `step` for every command, until it returns other than 0, which is returned. -1: bad->line is wrong.
 */
int apdu_script_run(FILE *in, int (*step)(void *ctx, const struct apdu_step *step), void *ctx,
                    struct apdu_step *bad);

#endif
