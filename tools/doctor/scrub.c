/* SPDX-License-Identifier: Apache-2.0 */
/* The last gate of the bundle: nothing that looks like a secret or a person passes, wherever it came from. */
#include "tools/doctor/bundle.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { PERSON_DIGITS_LEAST = 15, PERSON_DIGITS_MOST = 19, KEEP_FRONT = 6, KEY_HEX = 32 };

/* Options of sscardd.conf whose values say nothing about people or secrets. */
static const char *const harmless[] = {
    "socket",   "socket-mode",  "socket-group", "journal", "max-clients", "deadline-ms", "max-deadline-ms",
    "lease-ms", "max-lease-ms", "queue",        "stop-ms", "log-level",   "driver",      "ignore",
    "psam",     "exclusive",    "test-keys",    "profile", "images",      "state",       "other",
};

static bool word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* "110101199003078515", also with an X at its end, "6217000010001234567": front kept, rest gone. */
static void hide_numbers(char *text)
{
    for (char *p = text; *p;) {
        const size_t digits = strspn(p, "0123456789");
        size_t n = digits;
        n += digits == 17 && (p[n] == 'X' || p[n] == 'x') ? 1 : 0;
        const bool alone = (p == text || !word_char(p[-1])) && !word_char(p[n]);
        if (alone && n >= PERSON_DIGITS_LEAST && n <= PERSON_DIGITS_MOST) {
            memset(p + KEEP_FRONT, '*', n - KEEP_FRONT);
        }
        p += n > 0 ? n : 1;
    }
}

/* A run of hexadecimal of a key's length that is not part of a labelled dump (lines of the bundle's own dumps
 * are shorter). Runs of one repeated byte, as redacted traces have them, stay. */
static void hide_keys(char *text)
{
    for (char *p = text; *p;) {
        const size_t n = strspn(p, "0123456789ABCDEFabcdef");
        const bool alone = (p == text || !word_char(p[-1])) && !word_char(p[n]);
        /* a command or answer of a trace stands behind "> " or "< " and is redacted already */
        const bool trace = p >= text + 2 && p[-1] == ' ' && (p[-2] == '>' || p[-2] == '<');
        const bool atr = p >= text + 4 && memcmp(p - 4, "ATR ", 4) == 0;
        if (alone && n >= KEY_HEX && !trace && !atr) {
            memset(p, '*', n);
        }
        p += n > 0 ? n : 1;
    }
}

/* pin=123456, "password": "x", key: ... : the value to the end of the word is overwritten. */
static void hide_words(char *text)
{
    static const char *const words[] = {"pin", "password", "passwd", "secret", "token",
                                        "key", "密码",     "姓名",   "name"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t len = strlen(words[i]);
        for (char *p = strcasestr(text, words[i]); p; p = strcasestr(p + len, words[i])) {
            const bool whole = (p == text || !word_char(p[-1])) && strchr("\"'=: ", p[len]) && p[len];
            char *value = p + len;
            bool assigned = false;
            while (whole && *value && strchr("\"' ", *value)) {
                value++;
            }
            assigned = whole && (*value == '=' || (*value == ':' && strcmp(words[i], "name") != 0));
            value += assigned ? 1 : 0;
            while (assigned && *value && strchr("\"' ", *value)) {
                value++;
            }
            for (; assigned && *value && !strchr("\"',; \n\t{}[]", *value); value++) {
                *value = '*';
            }
        }
    }
}

/* "/home/NAME/x" becomes "~/x": the name of the folder is somebody's. `ends`: what ends it, beside the text.
 */
static void hide_homes(char *text, const char *ends)
{
    static const char *const homes[] = {"/var/home/", "/export/home/", "/usr/home/", "/home/", "/Users/"};
    for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++) {
        for (char *p = strstr(text, homes[i]); p; p = strstr(p + 1, homes[i])) {
            char *rest = p + strlen(homes[i]);
            rest += strcspn(rest, ends);
            *p = '~';
            memmove(p + 1, rest, strlen(rest) + 1);
        }
    }
}

void scrub(char *text)
{
    hide_homes(text, "/ \t\n\"',;:()[]{}<>");
    hide_numbers(text);
    hide_keys(text);
    hide_words(text);
}

/* ---- the configuration ---- */

static bool is_harmless(const char *name, size_t len)
{
    bool found = false;
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0] && !found; i++) {
        found = strlen(harmless[i]) == len && memcmp(harmless[i], name, len) == 0;
    }
    return found;
}

static void mask_line(const char *line, size_t len, FILE *out)
{
    const char *equals = memchr(line, '=', len);
    if (line[0] == '[') {
        fprintf(out, "%.*s\n", (int)len, line);
    } else if (equals) {
        size_t name = (size_t)(equals - line);
        while (name > 0 && isspace((unsigned char)line[name - 1])) {
            name--;
        }
        if (is_harmless(line, name)) {
            char *copy = strndup(line, len);
            if (copy) { /* a folder's name may hold blanks */
                hide_homes(copy, "/,");
                fprintf(out, "%s\n", copy);
            }
            free(copy);
        } else if (memchr(line, ':',
                          name)) { /* user:NAME = role; the role is of use, the name is somebody's */
            fprintf(out, "%.*s:*** %.*s\n", (int)strcspn(line, ":"), line,
                    (int)(len - (size_t)(equals - line)), equals);
        } else {
            fprintf(out, "%.*s = ***\n", (int)name, line);
        }
    }
}

char *mask_config(const char *text)
{
    char *masked = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&masked, &size);
    for (const char *line = text; out && *line;) {
        const size_t len = strcspn(line, "\n");
        const char *start = line + strspn(line, " \t");
        const size_t used = (size_t)(start - line) < len ? len - (size_t)(start - line) : 0;
        if (used > 0 && start[0] != '#' && start[0] != ';') {
            mask_line(start, used, out);
        }
        line += len + (line[len] ? 1 : 0);
    }
    if (out) {
        fclose(out);
    }
    return masked;
}
