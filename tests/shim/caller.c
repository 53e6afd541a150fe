/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls functions of a shared library as a line on standard input says, and says what came of it. The same
 * program exists in Python and Java; run_cases.py gives all of them the same lines.
 *
 *   caller LIBRARY                       in:  FUNCTION ARGUMENT...   out: RESULT OUTPUT...   or   BROKEN why
 *   i:N int, l:N long, c:N unsigned char, s:HEX char * with these bytes and a NUL, n NULL,
 *   o:SIZE a buffer for a text (OUTPUT: its bytes up to the NUL in hex, "-" for none),
 *   b:SIZE a buffer for bytes (OUTPUT: as many as RESULT says)
 *
 * Each buffer is filled with A5 and lies between canaries.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANARY 64
#define FILL 0xA5
#define ARGS 5

struct argument {
    char kind;
    long number;
    unsigned char *memory; /* what was allocated */
    size_t size;           /* of the part that the function may write */
    void *pointer;         /* what the function gets */
};

/* One row for each shape of parameters that there is; p is any pointer. */
static bool call(void *f, const char *shape, const struct argument *a, long *result)
{
#define SHAPE(text, parameters, ...)                                                                         \
    if (strcmp(shape, text) == 0) {                                                                          \
        long(*typed) parameters;                                                                             \
        memcpy(&typed, &f, sizeof f);                                                                        \
        *result = typed(__VA_ARGS__);                                                                        \
        return true;                                                                                         \
    }
#define P(n) a[n].pointer
#define I(n) (int)a[n].number
#define L(n) a[n].number
#define C(n) (unsigned char)a[n].number
    SHAPE("", (void), )
    SHAPE("p", (void *), P(0))
    SHAPE("pp", (void *, void *), P(0), P(1))
    SHAPE("ppp", (void *, void *, void *), P(0), P(1), P(2))
    SHAPE("ip", (int, void *), I(0), P(1))
    SHAPE("ipp", (int, void *, void *), I(0), P(1), P(2))
    SHAPE("ippp", (int, void *, void *, void *), I(0), P(1), P(2), P(3))
    SHAPE("iippp", (int, int, void *, void *, void *), I(0), I(1), P(2), P(3), P(4))
    SHAPE("ipppp", (int, void *, void *, void *, void *), I(0), P(1), P(2), P(3), P(4))
    SHAPE("pi", (void *, int), P(0), I(1))
    SHAPE("pipi", (void *, int, void *, int), P(0), I(1), P(2), I(3))
    SHAPE("ipipi", (int, void *, int, void *, int), I(0), P(1), I(2), P(3), I(4))
    SHAPE("l", (long), L(0))
    SHAPE("lc", (long, unsigned char), L(0), C(1))
    SHAPE("lcp", (long, unsigned char, void *), L(0), C(1), P(2))
    SHAPE("lclpp", (long, unsigned char, long, void *, void *), L(0), C(1), L(2), P(3), P(4))
    return false;
}

static unsigned char nibble(char c)
{
    return (unsigned char)(c <= '9' ? c - '0' : c - 'A' + 10);
}

static void take_buffer(struct argument *a, size_t size)
{
    a->size = size;
    a->memory = malloc(size + 2 * CANARY);
    if (!a->memory) {
        abort();
    }
    memset(a->memory, FILL, size + 2 * CANARY);
    a->pointer = a->memory + CANARY;
}

static void take_text(struct argument *a, const char *hex)
{
    const size_t len = strlen(hex) / 2;
    take_buffer(a, len + 1);
    for (size_t i = 0; i < len; i++) {
        a->memory[CANARY + i] = (unsigned char)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
    }
    a->memory[CANARY + len] = 0;
}

static void take(struct argument *a, const char *word)
{
    const char *value = word[0] ? word + 2 : "";
    a->kind = word[0];
    switch (a->kind) {
    case 's':
        take_text(a, value);
        break;
    case 'o':
    case 'b':
        take_buffer(a, strtoul(value, NULL, 10));
        break;
    default:
        a->number = strtol(value, NULL, 10);
    }
}

static bool intact(const struct argument *a)
{
    bool ok = true;
    for (size_t i = 0; a->memory && i < CANARY; i++) {
        ok = ok && a->memory[i] == FILL && a->memory[CANARY + a->size + i] == FILL;
    }
    return ok;
}

static void tell(const struct argument *a, long result)
{
    size_t len = 0;
    if (a->kind == 'o') {
        len = strnlen(a->pointer, a->size);
    } else if (a->kind == 'b' && result > 0) {
        len = (size_t)result < a->size ? (size_t)result : a->size;
    }
    if (a->kind == 'o' && len == a->size && len > 0) {
        printf(" NO-END");
    } else if (a->kind == 'o' || a->kind == 'b') {
        printf(len ? " " : " -");
        for (size_t i = 0; i < len; i++) {
            printf("%02X", ((const unsigned char *)a->pointer)[i]);
        }
    }
}

static void serve(void *library, char *line)
{
    struct argument a[ARGS] = {0};
    char shape[ARGS + 1] = "", *rest = NULL;
    const char *name = strtok_r(line, " \n", &rest);
    void *f = name ? dlsym(library, name) : NULL;
    size_t count = 0;
    long result = 0;
    bool ok = true;
    for (char *word = NULL; count < ARGS && (word = strtok_r(NULL, " \n", &rest)); count++) {
        take(&a[count], word);
        shape[count] = strchr("ilc", a[count].kind) ? a[count].kind : 'p';
    }
    if (!f || !call(f, shape, a, &result)) {
        printf("BROKEN no such function or shape: %s %s\n", name ? name : "", shape);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        ok = ok && intact(&a[i]);
    }
    printf(ok ? "%ld" : "BROKEN %ld written beyond a buffer:", result);
    for (size_t i = 0; i < count; i++) {
        tell(&a[i], result);
        free(a[i].memory);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t capacity = 0;
    void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!library) {
        fprintf(stderr, "%s\n", argc == 2 ? dlerror() : "usage: caller LIBRARY");
        return 2;
    }
    while (getline(&line, &capacity, stdin) > 0) {
        serve(library, line);
        fflush(stdout);
    }
    free(line);
    dlclose(library);
    return 0;
}
