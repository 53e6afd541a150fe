/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/shim/args.h"

#include "apdu/error.h"
#include "apdu/text.h"

#include <stdbool.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_hex(char c)
{
    return is_digit(c) || (upper(c) >= 'A' && upper(c) <= 'F');
}

static int nibble(char c)
{
    return is_digit(c) ? c - '0' : upper(c) - 'A' + 10;
}

static bool all_hex(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && is_hex(text[n])) {
        n++;
    }
    return n == len;
}

static bool all_digits(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && is_digit(text[n])) {
        n++;
    }
    return n == len;
}

static void copy_upper(char *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = upper(text[i]);
    }
    out[len] = '\0';
}

/* The next item, without its '|'. False at the end of the text, or at '$'. */
struct item {
    const char *at;
    size_t len;
    bool ended; /* by '|' */
};
static bool next_item(const char **text, struct item *item)
{
    const char *at = *text;
    const bool more = *at != '\0' && *at != '$';
    if (more) {
        item->at = at;
        item->len = strcspn(at, "|$");
        item->ended = at[item->len] == '|';
        *text = at + item->len + (item->ended ? 1 : 0);
    }
    return more;
}

int ssc_shim_parse_card(const char *text, struct ssc_shim_card *out)
{
    struct item id, number = {.len = 0};
    bool ok = next_item(&text, &id) && id.len == 32 && all_hex(id.at, 32);
    if (ok && next_item(&text, &number)) {
        ok = number.len == 0 || number.len == 9;
    }
    for (size_t i = 0; ok && i < number.len; i++) { /* a capital or a digit, says the card's table */
        ok = is_digit(number.at[i]) || (number.at[i] >= 'A' && number.at[i] <= 'Z');
    }
    ok = ok && *text == '\0';
    if (ok) {
        copy_upper(out->id, id.at, 32);
        memcpy(out->number, number.len ? number.at : "", number.len);
        out->number[number.len] = '\0';
    }
    return ok ? 0 : SSC_E_INVALID_ARGUMENT;
}

/* ---- pFileAddr ---- */

/* Decimal 1..99 after a colon. 0: not so. */
static unsigned ordinal(const char *text, size_t len)
{
    unsigned n = 0;
    if (len >= 1 && len <= 2 && all_digits(text, len)) {
        for (size_t i = 0; i < len; i++) {
            n = n * 10 + (unsigned)(text[i] - '0');
        }
    }
    return n;
}

/* Letters and digits, "EF" and two hexadecimal digits at the end; which files there are the service knows. */
static bool file_name(const char *text, size_t len, char name[12])
{
    bool ok = len >= 6 && len <= 8 && all_hex(text + len - 2, 2);
    for (size_t i = 0; ok && i < len; i++) {
        ok = is_digit(text[i]) || (upper(text[i]) >= 'A' && upper(text[i]) <= 'Z');
    }
    if (ok) {
        copy_upper(name, text, len);
        ok = memcmp(name + len - 4, "EF", 2) == 0;
    }
    return ok;
}

static bool add_file(struct ssc_shim_addr *out, const struct item *item)
{
    const char *colon = memchr(item->at, ':', item->len);
    const size_t len = colon ? (size_t)(colon - item->at) : item->len;
    bool ok = out->count < SSC_SHIM_FILES;
    if (ok) {
        struct ssc_shim_file *file = &out->files[out->count];
        *file = (struct ssc_shim_file){.first = (uint16_t)out->used};
        ok = file_name(item->at, len, file->name);
        if (ok && colon) {
            file->record = (uint8_t)ordinal(colon + 1, item->len - len - 1);
            ok = file->record > 0;
        }
        out->count += ok;
    }
    return ok;
}

static bool add_item(struct ssc_shim_addr *out, const struct item *item)
{
    bool ok = out->used < SSC_SHIM_ITEMS && item->len >= 2 && all_hex(item->at, 2);
    unsigned nth = 1;
    if (ok && item->len > 2) {
        nth = item->at[2] == ':' ? ordinal(item->at + 3, item->len - 3) : 0;
        ok = nth > 0;
    }
    if (ok) {
        out->items[out->used].tag = (uint8_t)(nibble(item->at[0]) * 16 + nibble(item->at[1]));
        out->items[out->used].nth = (uint8_t)nth;
        out->used++;
        out->files[out->count - 1].count++;
    }
    return ok;
}

int ssc_shim_parse_addr(const char *text, struct ssc_shim_addr *out)
{
    struct item item;
    bool ok = true, more = true;
    out->count = out->used = 0;
    while (ok && more) {
        ok = next_item(&text, &item) && add_file(out, &item);
        while (ok && next_item(&text, &item)) {
            ok = add_item(out, &item);
        }
        if (ok && *text == '$') {
            text++;
        }
        more = *text != '\0';
    }
    return ok ? 0 : SSC_E_INVALID_ARGUMENT;
}

int ssc_shim_parse_values(const char *text, struct ssc_shim_values *out)
{
    struct item item;
    bool ok = next_item(&text, &item) && file_name(item.at, item.len, out->file);
    out->count = 0;
    while (ok && next_item(&text, &item)) {
        ok = out->count < SSC_SHIM_VALUES && (item.len > 0 || item.ended);
        if (ok) {
            out->item[out->count].at = item.at;
            out->item[out->count].len = item.len;
            out->count++;
        }
    }
    return ok && out->count > 0 ? 0 : SSC_E_INVALID_ARGUMENT;
}

/* ---- pPayInfo ---- */

/* "12", "12.3" or "12.34" into fen; the card holds 32 bits of fen. */
static bool amount(const struct item *item, int64_t *fen)
{
    const char *point = memchr(item->at, '.', item->len);
    const size_t whole = point ? (size_t)(point - item->at) : item->len;
    const size_t part = point ? item->len - whole - 1 : 0;
    bool ok = whole >= 1 && whole <= 8 && all_digits(item->at, whole) && (!point || part >= 1) && part <= 2 &&
              (!point || all_digits(point + 1, part));
    int64_t sum = 0;
    for (size_t i = 0; ok && i < whole; i++) {
        sum = sum * 10 + (item->at[i] - '0');
    }
    for (size_t i = 0; ok && i < 2; i++) {
        sum = sum * 10 + (i < part ? point[1 + i] - '0' : 0);
    }
    *fen = sum;
    return ok && sum <= UINT32_MAX;
}

int ssc_shim_parse_pay(const char *text, struct ssc_shim_pay *out)
{
    struct item first, second, time;
    bool ok = next_item(&text, &first) && amount(&first, &out->first) && next_item(&text, &second) &&
              amount(&second, &out->second) && next_item(&text, &time) && time.len == 14 &&
              all_digits(time.at, 14) && *text == '\0';
    if (ok) {
        memcpy(out->time, time.at, 14);
        out->time[14] = '\0';
        ok = ssc_datetime_valid(out->time);
    }
    return ok ? 0 : SSC_E_INVALID_ARGUMENT;
}

/* ---- pKey ---- */

int ssc_shim_parse_pairs(const char *text, size_t most, struct ssc_shim_pairs *out)
{
    struct item item;
    bool ok = true;
    *out = (struct ssc_shim_pairs){.count = 0};
    while (ok && next_item(&text, &item)) {
        const bool empty = item.len == 0 && out->count == 1;
        ok = out->count < most && out->count < 2 && (empty || (item.len == 32 && all_hex(item.at, 32)));
        if (ok && !empty) {
            copy_upper(out->auth[out->count], item.at, 16);
            copy_upper(out->original[out->count], item.at + 16, 16);
        }
        out->count += ok;
    }
    return ok && out->count > 0 && *text == '\0' ? 0 : SSC_E_INVALID_ARGUMENT;
}

int ssc_shim_parse_hex(const char *text, size_t len, char *out)
{
    const size_t n = strcspn(text, "|");
    const bool ok = n == len && all_hex(text, len) && (text[n] == '\0' || text[n + 1] == '\0');
    if (ok) {
        copy_upper(out, text, len);
    }
    return ok ? 0 : SSC_E_INVALID_ARGUMENT;
}

int ssc_shim_named_item(const char *format, const char *text, const char *name, const char **value,
                        size_t *len)
{
    struct item wanted, given;
    int rc = SSC_E_INVALID_ARGUMENT;
    while (rc != 0 && next_item(&format, &wanted) && next_item(&text, &given)) {
        if (wanted.len == strlen(name) && memcmp(wanted.at, name, wanted.len) == 0) {
            *value = given.at;
            *len = given.len;
            rc = 0;
        }
    }
    return rc;
}
