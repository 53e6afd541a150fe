/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/out.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define STYLES 6

static const char *const escape[STYLES] = {"", "\033[1m", "\033[32m", "\033[1;31m", "\033[33m", "\033[2m"};

static unsigned style_of(const char *text)
{
    return text[0] > 0 && text[0] < STYLES ? (unsigned)text[0] : 0;
}

/* One character at `p`; `*wide` is what may be shown for it. Returns its bytes. */
static size_t next_char(const char *p, wchar_t *wide)
{
    mbstate_t state = {0};
    size_t n = mbrtowc(wide, p, strlen(p), &state);
    if (n == (size_t)-1 || n == (size_t)-2 || n == 0) {
        n = 1;
        *wide = L'?';
    } else if (iswcntrl((wint_t)*wide) || wcwidth(*wide) < 0) {
        *wide = L'?';
    }
    return n;
}

size_t text_width(const char *text)
{
    size_t width = 0;
    const char *p = text + (style_of(text) ? 1 : 0);
    while (*p) {
        wchar_t wide = 0;
        p += next_char(p, &wide);
        const int w = wcwidth(wide);
        width += w > 0 ? (size_t)w : 0;
    }
    return width;
}

static void print_plain(FILE *out, const char *p, size_t len)
{
    const char *const end = p + len;
    while (p < end) {
        wchar_t wide = 0;
        const size_t n = next_char(p, &wide);
        if (wide == L'?') {
            fputc('?', out);
        } else {
            fwrite(p, 1, n, out);
        }
        p += n;
    }
}

/* Bytes of the next piece that is not broken: a word with the blanks before it, or one wide character with
 * the punctuation behind it. */
static size_t piece(const char *text, size_t *width)
{
    const char *p = text + strspn(text, " ");
    bool more = *p != '\0', wide_before = false;
    *width = (size_t)(p - text);
    while (more) {
        wchar_t wide = 0;
        const size_t n = next_char(p, &wide);
        const int w = wcwidth(wide);
        const bool first = p == text + strspn(text, " "),
                   closing = wcschr(L",.;:!?)]，。；：、）", wide) != NULL;
        more = wide != L' ' && (first || closing || (w < 2 && !wide_before));
        if (more) {
            *width += w > 0 ? (size_t)w : 0;
            wide_before = w > 1;
            p += n;
            more = *p != '\0';
        }
    }
    return (size_t)(p - text);
}

static void pad(FILE *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fputc(' ', out);
    }
}

void print_wrapped(FILE *out, bool colour, const char *text, size_t column, size_t width)
{
    const unsigned style = style_of(text);
    const size_t indent = column + strspn(text + (style ? 1 : 0), " ");
    size_t at = column;
    if (style && colour) {
        fputs(escape[style], out);
    }
    for (const char *p = text + (style ? 1 : 0); *p;) {
        size_t wide = 0, len = piece(p, &wide);
        if (width > 0 && at > indent && at + wide > width) {
            const size_t blanks = strspn(p, " ");
            fputc('\n', out);
            pad(out, indent);
            at = indent;
            p += blanks;
            len -= blanks;
            wide -= blanks;
        }
        print_plain(out, p, len);
        at += wide;
        p += len;
    }
    if (style && colour) {
        fputs("\033[0m", out);
    }
}

void print_styled(FILE *out, bool colour, const char *text)
{
    print_wrapped(out, colour, text, 0, 0);
}

size_t screen_width(FILE *out)
{
    struct winsize size = {0};
    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void grid_begin(struct grid *grid, const struct cli *cli, unsigned columns, const char *const *header)
{
    *grid = (struct grid){.cli = cli, .columns = columns, .header = header != NULL};
    if (header) {
        grid_cells(grid, header);
    }
}

void grid_cells(struct grid *grid, const char *const *cells)
{
    if (grid->count + grid->columns > grid->cap) {
        const size_t cap = grid->cap ? 2 * grid->cap : 16 * (size_t)grid->columns;
        char **bigger = realloc(grid->cells, cap * sizeof *bigger);
        if (!bigger) {
            fputs("sscard: out of memory\n", stderr);
            exit(EXIT_REFUSED);
        }
        grid->cells = bigger;
        grid->cap = cap;
    }
    for (unsigned i = 0; i < grid->columns; i++) {
        grid->cells[grid->count++] = strdup(cells[i] ? cells[i] : "");
    }
}

void grid_pair(struct grid *grid, enum message label, const char *value)
{
    if (value && value[0]) {
        grid_row(grid, msg(grid->cli, label), value);
    }
}

static const char *cell(const struct grid *grid, size_t at)
{
    return grid->cells[at] ? grid->cells[at] : "";
}

static void print_row(const struct grid *grid, size_t row, const size_t *widths, FILE *out)
{
    unsigned last = grid->columns; /* nothing is padded behind the last cell that says something */
    while (last > 1 && !cell(grid, row + last - 1)[0]) {
        last--;
    }
    size_t column = 0;
    for (unsigned i = 0; i < last; i++) {
        const char *text = cell(grid, row + i);
        const size_t room = widths[i] - text_width(text);
        const bool right = grid->right & (1u << i);
        const bool title = (grid->header && row == 0) || (!grid->header && i == 0);
        pad(out, right ? room : 0);
        if (title && grid->cli->colour) {
            fputs(escape[grid->header ? 1 : 5], out);
        }
        print_wrapped(out, grid->cli->colour, text, column, i + 1 == grid->columns ? grid->width : 0);
        column += widths[i] + 2;
        if (title && grid->cli->colour) {
            fputs("\033[0m", out);
        }
        pad(out, i + 1 < last ? (right ? 0 : room) + 2 : 0);
    }
    fputc('\n', out);
}

void grid_end(struct grid *grid, FILE *out)
{
    size_t widths[GRID_COLUMNS] = {0};
    for (size_t i = 0; i < grid->count; i++) {
        const size_t width = text_width(cell(grid, i));
        size_t *column = &widths[i % grid->columns];
        *column = width > *column ? width : *column;
    }
    const bool empty = grid->header && grid->count == grid->columns;
    for (size_t row = 0; row < grid->count && !empty; row += grid->columns) {
        print_row(grid, row, widths, out);
    }
    for (size_t i = 0; i < grid->count; i++) {
        free(grid->cells[i]);
    }
    free(grid->cells);
    *grid = (struct grid){0};
}
