/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/shim/lines.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ssc_shim_amount(enum ssc_shim_unit unit, int64_t fen, char text[32])
{
    if (unit == SSC_SHIM_FEN) {
        snprintf(text, 32, "%lld", (long long)fen);
    } else {
        snprintf(text, 32, "%s%lld.%02lld", fen < 0 ? "-" : "", llabs(fen / 100), llabs(fen % 100));
    }
}

/* "external.factor" in one object. */
static const json_t *member(const json_t *object, const char *name)
{
    char part[32];
    while (object && *name) {
        const size_t len = strcspn(name, ".");
        snprintf(part, sizeof part, "%.*s", (int)(len < sizeof part ? len : sizeof part - 1), name);
        object = json_object_get(object, part);
        name += len + (name[len] == '.');
    }
    return object;
}

static const json_t *field(const struct ssc_shim_fields *fields, const char *name)
{
    const json_t *found = NULL;
    for (size_t i = 0; i < sizeof fields->from / sizeof fields->from[0] && !found; i++) {
        found = member(fields->from[i], name);
    }
    return found;
}

/* Money, by the names that the service gives to sums of fen. */
static bool is_amount(const char *name)
{
    static const char *const names[] = {"amount",  "self_pay",       "pooled",
                                        "balance", "balance_before", "balance_after"};
    const char *last = strrchr(name, '.');
    bool is = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        is = is || strcmp(last ? last + 1 : name, names[i]) == 0;
    }
    return is;
}

static void add_number(struct ssc_shim_out *out, const char *name, const char *how, int64_t number,
                       enum ssc_shim_unit unit)
{
    char text[32];
    if (strcmp(how, "hex") == 0) {
        snprintf(text, sizeof text, "%08llX", (unsigned long long)number & 0xFFFFFFFFull);
    } else if (is_amount(name)) {
        ssc_shim_amount(strcmp(how, "fen") == 0    ? SSC_SHIM_FEN
                        : strcmp(how, "yuan") == 0 ? SSC_SHIM_YUAN
                                                   : unit,
                        number, text);
    } else {
        snprintf(text, sizeof text, "%lld", (long long)number);
    }
    ssc_shim_out_text(out, text);
}

/* A moment, in whatever form it comes, is YYYYMMDDhhmmss here. */
static void add_time(struct ssc_shim_out *out, const char *text)
{
    size_t digits = 0;
    for (; *text && digits < 14; text++) {
        if (*text >= '0' && *text <= '9') {
            ssc_shim_out_add(out, text, 1);
            digits++;
        }
    }
}

static void add_field(struct ssc_shim_out *out, const char *name, const char *how,
                      const struct ssc_shim_fields *fields)
{
    const json_t *value = field(fields, name);
    const char *text = json_string_value(value);
    const char *last = strrchr(name, '.');
    if (fields->pin && strcmp(name, "pin") == 0) {
        ssc_shim_out_text(out, fields->pin);
    } else if (json_is_integer(value)) {
        add_number(out, name, how, json_integer_value(value), fields->unit);
    } else if (text && strcmp(how, "char") == 0) {
        const char c = (char)strtoul(text, NULL, 16);
        ssc_shim_out_value(out, &c, c > 0x20 && c < 0x7F ? 1 : 0);
    } else if (text && strcmp(last ? last + 1 : name, "time") == 0) {
        add_time(out, text);
    } else if (text) {
        ssc_shim_out_value(out, text, strlen(text));
    }
}

void ssc_shim_line(struct ssc_shim_out *out, const char *format, const struct ssc_shim_fields *fields)
{
    while (*format) {
        const size_t plain = strcspn(format, "{");
        const size_t len = strcspn(format + plain, "}");
        char name[64] = "", *how = NULL;
        ssc_shim_out_add(out, format, plain);
        format += plain;
        if (*format) {
            snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name) - 1, format + 1);
            how = strchr(name, ':');
            if (how) {
                *how++ = '\0';
            }
            add_field(out, name, how ? how : "", fields);
            format += len + (format[len] == '}');
        }
    }
}
