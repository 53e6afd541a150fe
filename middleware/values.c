/* SPDX-License-Identifier: Apache-2.0 */
/* Named values out of raw records. */
#include "middleware/values.h"

#include <stdio.h>
#include <string.h>

#include "apdu/text.h"

/* ---- text ---- */

/* As much hexadecimal as there is room for, "..." where it was cut. */
static void hex_text(const uint8_t *data, size_t len, char *text, size_t cap)
{
    const size_t room = (cap - 4) / 2;
    const size_t shown = len > room ? room : len;

    if (ssc_hex_encode(data, shown, text, cap) != 0) {
        text[0] = '\0';
    } else if (shown < len) {
        memcpy(text + 2 * shown, "...", 4);
    }
}

static bool all_equal(const uint8_t *data, size_t len, uint8_t byte)
{
    size_t n = 0;

    while (n < len && data[n] == byte) {
        n++;
    }
    return n == len;
}

/* Sub-elements, separated by ','. */
static bool btlv_text(const uint8_t *data, size_t len, char *text, size_t cap)
{
    struct ssc_record sub;
    size_t pos = 0, at = 0;
    bool good = true, first = true;
    char one[160];
    int rc = 1;

    text[0] = '\0';
    while (good && !all_equal(data + pos, len - pos, 0) &&
           (rc = ssc_record_next(data, len, &pos, &sub)) == 0) {
        const struct ssc_element *e = ssc_subelement(sub.tag);
        good =
            e && ssc_value_text(e->type, sub.value, sub.len, one, sizeof one) && at + strlen(one) + 2 <= cap;
        if (good) {
            at += (size_t)snprintf(text + at, cap - at, "%s%s", first ? "" : ",", one);
        }
        first = false;
    }
    return good && rc >= 0;
}

static bool number_text(const uint8_t *data, size_t len, char *text, size_t cap)
{
    const bool good = len == 2 || len == 4;

    if (good) {
        snprintf(text, cap, "%u", len == 2 ? (unsigned)ssc_get16(data) : (unsigned)ssc_get32(data));
    }
    return good;
}

bool ssc_value_text(enum ssc_element_type type, const uint8_t *data, size_t len, char *text, size_t cap)
{
    size_t text_len = cap;
    bool good = false;

    switch (type) {
    case SSC_AN:
        good = ssc_an_to_utf8(data, len, text, &text_len) == 0;
        break;
    case SSC_CN:
        good = ssc_cn_to_digits(data, len, text, &text_len) == 0;
        break;
    case SSC_BTLV:
        good = btlv_text(data, len, text, cap);
        break;
    case SSC_BIN:
        hex_text(data, len, text, cap);
        good = true;
        break;
    }
    if (!good) {
        hex_text(data, len, text, cap);
    }
    return good;
}

void ssc_value_date(const uint8_t *data, size_t len, char date[9], bool *ascii)
{
    size_t text_len = 9, digits = 0;
    char text[9];

    date[0] = '\0';
    if (len == 0 || all_equal(data, len, 0xFF) || all_equal(data, len, 0x00)) {
        goto done;
    }
    if (ssc_cn_to_digits(data, len < 4 ? len : 4, text, &text_len) == 0 && ssc_date_valid(text)) {
        memcpy(date, text, sizeof text);
        goto done;
    }
    while (digits < len && digits < 8 && data[digits] >= '0' && data[digits] <= '9') {
        digits++;
    }
    if (digits >= 4 && (digits == 8 || digits == len)) {
        memcpy(date, data, digits);
        date[digits] = '\0';
        *ascii = true;
    }
done:
    return;
}

/* ---- records ---- */

/* The element of version 2.00 that a 1.0 card's record holds by now; NULL: what version 1.00 says. The mark
 * may stand in another record of the file. */
static const struct ssc_element *element_2(const struct ssc_file *file, uint8_t tag, const uint8_t *data,
                                           size_t len)
{
    const uint8_t leader = ssc_element_leader(file->app, tag);
    const struct ssc_element *found = NULL;
    struct ssc_record record;
    size_t pos = 0;

    while (leader && !found && ssc_record_next(data, len, &pos, &record) == 0) {
        if (record.tag == leader) {
            found = ssc_element_upgraded(file, tag, record.value, record.len);
        }
    }
    return found;
}

/* Elements with a tag in the table. */
static unsigned occurrences_allowed(const struct ssc_file *file, uint8_t tag)
{
    unsigned n = 0;

    for (size_t i = 0; i < file->element_count; i++) {
        n += file->elements[i].tag == tag;
    }
    return n;
}

static int store(struct ssc_values *values, struct ssc_value *v, const uint8_t *data, size_t len)
{
    int rc = 0;

    if (values->count >= sizeof values->items / sizeof values->items[0] ||
        len > sizeof values->bytes - values->used) {
        rc = SSC_E_BUFFER_TOO_SMALL;
    } else {
        v->offset = (uint16_t)values->used;
        v->len = (uint16_t)len;
        memcpy(values->bytes + values->used, data, len);
        values->used += len;
        values->items[values->count++] = *v;
        values->findings |= v->findings;
    }
    return rc;
}

/* Codes of bodies and cards hold hexadecimal digits, although the tables call them cn. */
static bool is_code(const struct ssc_element *e)
{
    return e->type == SSC_CN && e->len >= 12;
}

static void describe(struct ssc_value *v, const struct ssc_element *e, const struct ssc_record *record)
{
    const size_t len = record->len > e->len ? e->len : record->len;

    v->element = e;
    if (record->len > e->len && !(v->findings & SSC_FOUND_MEANING_2)) {
        v->findings |= SSC_FOUND_LONGER;
    }
    if (record->len > 0 && record->len < e->len) {
        v->findings |= SSC_FOUND_SHORTER;
    }
    v->text_valid =
        ssc_value_text(is_code(e) ? SSC_BIN : e->type, record->value, len, v->text, sizeof v->text);
    if (!v->text_valid) {
        v->findings |= SSC_FOUND_BAD_TEXT;
    }
}

static int add_record(struct ssc_values *values, enum ssc_generation generation, const struct ssc_file *file,
                      const uint8_t *data, size_t len, const struct ssc_record *record, unsigned number)
{
    struct ssc_value v = {.file = file, .tag = record->tag, .record = number};
    const struct ssc_element *e = ssc_element_by_tag(file, record->tag);
    const struct ssc_element *later =
        generation == SSC_GEN_1 ? element_2(file, record->tag, data, len) : NULL;

    if (later) {
        e = later;
        v.findings |= SSC_FOUND_MEANING_2;
    }
    if (record->len == 0) {
        v.findings |= SSC_FOUND_EMPTY;
    }
    if (e) {
        describe(&v, e, record);
    } else {
        v.findings |= SSC_FOUND_UNKNOWN;
        hex_text(record->value, record->len, v.text, sizeof v.text);
    }
    return store(values, &v, record->value, record->len);
}

static unsigned count_tag(const uint8_t *tags, size_t count, uint8_t tag)
{
    unsigned n = 0;

    for (size_t i = 0; i < count; i++) {
        n += tags[i] == tag;
    }
    return n;
}

/* Elements that were asked for and did not come. */
static void note_missing(struct ssc_values *values, const struct ssc_file *file, const uint8_t seen[256],
                         const uint8_t *tags, size_t tag_count)
{
    for (size_t i = 0; i < file->element_count; i++) {
        const uint8_t tag = file->elements[i].tag;
        if (!seen[tag] && (tag_count == 0 || count_tag(tags, tag_count, tag) > 0)) {
            values->findings |= SSC_FOUND_MISSING;
        }
    }
}

int ssc_values_add_records(struct ssc_values *values, enum ssc_generation generation,
                           const struct ssc_file *file, const uint8_t *data, size_t len, const uint8_t *tags,
                           size_t tag_count)
{
    uint8_t seen[256] = {0};
    struct ssc_record record;
    unsigned number = 0;
    size_t pos = 0;
    int rc = 0, next = 0;

    while (rc == 0 && (next = ssc_record_next(data, len, &pos, &record)) == 0) {
        const unsigned times = tag_count == 0 ? 256 : count_tag(tags, tag_count, record.tag);
        number++;
        if (seen[record.tag] < 255) {
            seen[record.tag]++;
        }
        if (seen[record.tag] > times) {
            continue;
        }
        rc = add_record(values, generation, file, data, len, &record, number);
        if (rc == 0 && ssc_element_by_tag(file, record.tag) &&
            seen[record.tag] > occurrences_allowed(file, record.tag)) {
            values->items[values->count - 1].findings |= SSC_FOUND_DUPLICATE;
            values->findings |= SSC_FOUND_DUPLICATE;
        }
    }
    if (next < 0) {
        values->findings |= SSC_FOUND_GARBLED;
    }
    note_missing(values, file, seen, tags, tag_count);
    return rc;
}

/* Fields of a cyclic record, each followed by '^'. */
static bool fields_text(const struct ssc_file *file, const uint8_t *data, size_t len, char *text, size_t cap)
{
    size_t at = 0, pos = 0;
    char one[160];
    bool good = true;

    text[0] = '\0';
    for (size_t i = 0; good && i < file->field_count && pos < len; i++) {
        const struct ssc_field *f = &file->fields[i];
        if (f->len > len - pos) {
            good = false;
        } else if (f->type == SSC_BIN && number_text(data + pos, f->len, one, sizeof one)) {
            good = true;
        } else {
            good = ssc_value_text(f->type, data + pos, f->len, one, sizeof one);
        }
        good = good && at + strlen(one) + 2 <= cap;
        if (good) {
            at += (size_t)snprintf(text + at, cap - at, "%s^", one);
        }
        pos += f->len;
    }
    return good;
}

int ssc_values_add_plain(struct ssc_values *values, const struct ssc_file *file, unsigned record,
                         const uint8_t *data, size_t len)
{
    struct ssc_value v = {.file = file, .record = record, .text_valid = true};

    if (file->kind == SSC_FILE_CYCLIC) {
        v.text_valid = fields_text(file, data, len, v.text, sizeof v.text);
        v.findings |= len > file->size ? SSC_FOUND_LONGER : len < file->size ? SSC_FOUND_SHORTER : 0u;
    }
    if (!v.text_valid) {
        v.findings |= SSC_FOUND_BAD_TEXT;
    }
    if (file->kind != SSC_FILE_CYCLIC || !v.text_valid) {
        hex_text(data, len, v.text, sizeof v.text);
    }
    return store(values, &v, data, len);
}

const struct ssc_value *ssc_values_find(const struct ssc_values *values, uint8_t sfi, uint8_t tag)
{
    const struct ssc_value *found = NULL;

    for (size_t i = 0; i < values->count && !found; i++) {
        if (values->items[i].file->app == SSC_APP_SSSE && values->items[i].file->sfi == sfi &&
            values->items[i].tag == tag) {
            found = &values->items[i];
        }
    }
    return found;
}
