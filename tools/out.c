/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/out.h"

#include <stdint.h>
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

/* UTF-8 by hand: text is UTF-8 here whatever locale this machine has. 0: none. */
static size_t decode(const char *text, wchar_t *wide)
{
    const unsigned char *p = (const unsigned char *)text;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    uint32_t c = n == 1 ? p[0] : n > 0 ? p[0] & (0x7Fu >> n) : 0;
    for (size_t i = 1; i < n; i++) {
        c = c << 6 | (p[i] & 0x3Fu);
        n = (p[i] & 0xC0) == 0x80 ? n : 0;
    }
    *wide = (wchar_t)c;
    return n > 0 && (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) ? 0 : n;
}

/* Columns of a character; -1: not for a terminal. The C library knows only with a locale of UTF-8, which is
 * missing on the smallest machines. */
static int columns_of(wchar_t wide)
{
    static const struct {
        wchar_t first, last;
        int columns;
    } ranges[] = {
        {0, 0x1F, -1},         {0x7F, 0x9F, -1},      {0x300, 0x36F, 0},    {0x1100, 0x115F, 2},
        {0x200B, 0x200F, -1},  {0x2028, 0x202E, -1},  {0x2060, 0x206F, -1}, {0x2E80, 0x303E, 2},
        {0x3041, 0xA4CF, 2},   {0xAC00, 0xD7A3, 2},   {0xE000, 0xF8FF, 1},  {0xF900, 0xFAFF, 2},
        {0xFE30, 0xFE6F, 2},   {0xFEFF, 0xFEFF, -1},  {0xFF00, 0xFF60, 2},  {0xFFE0, 0xFFE6, 2},
        {0x1F300, 0x1FAFF, 2}, {0x20000, 0x3FFFD, 2},
    };
    int columns = 1;
    if (MB_CUR_MAX > 1) {
        columns = iswcntrl((wint_t)wide) ? -1 : wcwidth(wide);
    } else {
        for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
            const bool in = wide >= ranges[i].first && wide <= ranges[i].last;
            columns = in ? ranges[i].columns : columns;
        }
    }
    return columns;
}

/* One character at `p`; `*wide` is what may be shown for it. Returns its bytes. */
static size_t next_char(const char *p, wchar_t *wide)
{
    const size_t n = decode(p, wide);
    if (n == 0 || columns_of(*wide) < 0) {
        *wide = L'?';
    }
    return n > 0 ? n : 1;
}

size_t text_width(const char *text)
{
    size_t width = 0;
    const char *p = text + (style_of(text) ? 1 : 0);
    while (*p) {
        wchar_t wide = 0;
        p += next_char(p, &wide);
        const int w = columns_of(wide);
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
        const int w = columns_of(wide);
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
