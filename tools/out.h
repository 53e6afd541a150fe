/* SPDX-License-Identifier: Apache-2.0 */
/* Aligned columns for people. East Asian wide characters count two; control characters never reach the
 * terminal. */
#ifndef SSC_TOOLS_OUT_H
#define SSC_TOOLS_OUT_H

#include "tools/cli.h"

/* A cell that begins with one of these is shown in that style when colour is on. */
#define S_BOLD "\x01"
#define S_GOOD "\x02"
#define S_BAD "\x03"
#define S_WARN "\x04"
#define S_DIM "\x05"

#define GRID_COLUMNS 10u
struct grid {
    const struct cli *cli;
    unsigned columns;
    unsigned right; /* bit n: column n is aligned to the right (numbers) */
    bool header;
    size_t width; /* the last column is broken into lines that end here; 0: it is not */
    char **cells;
    size_t count, cap;
};

/* header: the titles of the columns; NULL for lines of label and value. */
void grid_begin(struct grid *grid, const struct cli *cli, unsigned columns, const char *const *header);
void grid_cells(struct grid *grid, const char *const *cells);
/* grid_row(g, "a", "b"): one line. Copies. */
#define grid_row(grid, ...) grid_cells(grid, (const char *const[]){__VA_ARGS__})
/* Label and value; a line without a value is left out. */
void grid_pair(struct grid *grid, enum message label, const char *value);
/* Prints and frees. A header without lines is not printed. */
void grid_end(struct grid *grid, FILE *out);

/* Columns that the text takes on a terminal. */
size_t text_width(const char *text);
/* Prints with style; `colour`: whether escape codes are wanted. */
void print_styled(FILE *out, bool colour, const char *text);
/* The same in lines that end before column `width` (0: one line); the first begins at the column where we
 * are, the others at the same place, behind as many blanks as the text begins with. Broken at blanks and
 * beside wide characters; a longer word, a command or a path, stays whole. */
void print_wrapped(FILE *out, bool colour, const char *text, size_t column, size_t width);
/* Columns of the terminal; 0 when `out` is none. */
size_t screen_width(FILE *out);

#endif
