/* SPDX-License-Identifier: Apache-2.0 */
/* iReadCard. */
#include "middleware/shim/lines.h"
#include "middleware/shim/pin.h"
#include "middleware/shim/shim.h"

#include "apdu/error.h"
#include "apdu/ssc_files.h"
#include "apdu/sw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- files ---- */

const struct ssc_file *ssc_shim_file_table(const char *name)
{
    const struct ssc_file *file = ssc_file_by_name(SSC_GEN_2, name);
    return file ? file : ssc_file_by_name(SSC_GEN_1, name);
}

static enum ssc_file_kind kind_of(const char *name)
{
    const struct ssc_file *file = ssc_shim_file_table(name);
    return file ? file->kind : SSC_FILE_VARIABLE;
}

/* FILE|nn| of a cyclic file: the two digits are a record's number, not a tag. */
static unsigned record_of(const struct ssc_shim *s, const struct ssc_shim_file *file)
{
    unsigned record = file->record;
    if (record == 0 && file->count == 1 && kind_of(file->name) == SSC_FILE_CYCLIC) {
        const uint8_t tag = s->addr.items[file->first].tag;
        record = (tag >> 4) * 10u + (tag & 0x0Fu);
    }
    return record;
}

/* The tags, each as often as its last occurrence that is asked for. */
static json_t *elements_of(const struct ssc_shim *s, const struct ssc_shim_file *file)
{
    json_t *list = json_array();
    uint8_t most[256] = {0};
    char tag[3];
    for (size_t i = 0; i < file->count; i++) {
        const struct ssc_shim_item *item = &s->addr.items[file->first + i];
        for (; most[item->tag] < item->nth; most[item->tag]++) {
            snprintf(tag, sizeof tag, "%02X", item->tag);
            json_array_append_new(list, json_string(tag));
        }
    }
    return list;
}

enum { ELEMENTS_MAX = 32 }; /* of one card.read; the whole file beyond */

static json_t *read_params(const struct ssc_shim *s, const struct ssc_shim_file *file, int auth)
{
    static const char *const ways[] = {"auto", "pin", "key"};
    const unsigned record = record_of(s, file);
    json_t *params = json_pack("{s:s, s:s}", "file", file->name, "auth", ways[auth]);
    if (record > 0) {
        json_object_set_new(params, "record", json_integer(record));
    } else if (file->count > 0 && kind_of(file->name) != SSC_FILE_CYCLIC) {
        json_t *elements = elements_of(s, file);
        if (json_array_size(elements) <= ELEMENTS_MAX) {
            json_object_set(params, "elements", elements);
        }
        json_decref(elements);
    }
    return params;
}

/* The PIN is asked for when the card wants it, once. */
static int read_one(struct ssc_shim *s, const struct ssc_shim_file *file, int auth, json_t **values)
{
    json_t *result = NULL;
    int rc = ssc_shim_call(s, "card.read", read_params(s, file, auth), NULL, &result, s->deadline);
    if (rc != 0 && !s->pin_verified && strcmp(s->symbol, "pin_required") == 0) {
        rc = ssc_shim_pin_verify(s);
        if (rc == 0) {
            rc = ssc_shim_call(s, "card.read", read_params(s, file, auth), NULL, &result, s->deadline);
        }
    }
    *values = json_incref(json_object_get(result, "values"));
    json_decref(result);
    return rc;
}

static const char *member(const json_t *value, const char *name)
{
    const char *text = json_string_value(json_object_get(value, name));
    return text ? text : "";
}

/* Sub-elements of a B-TLV come separated by ','. */
static void add_btlv(struct ssc_shim_out *out, const char *text, const char *separator)
{
    while (*text) {
        const size_t len = strcspn(text, ",");
        ssc_shim_out_value(out, text, len);
        ssc_shim_out_text(out, text[len] ? separator : "");
        text += len + (text[len] == ',');
    }
}

/* Fields of a record come ended by '^'; the binary ones of four bytes are money. */
static void add_record(struct ssc_shim_out *out, const struct ssc_file *file, const char *text,
                       enum ssc_shim_unit unit)
{
    char amount[32];
    for (size_t i = 0; *text; i++) {
        const size_t len = strcspn(text, "^");
        if (i < file->field_count && file->fields[i].type == SSC_BIN && file->fields[i].len == 4) {
            ssc_shim_amount(unit, strtoll(text, NULL, 10), amount);
            ssc_shim_out_text(out, amount);
        } else {
            ssc_shim_out_value(out, text, len);
        }
        ssc_shim_out_text(out, "^");
        text += len + (text[len] == '^');
    }
}

static void add_value(struct ssc_shim *s, struct ssc_shim_out *out, const struct ssc_shim_file *file,
                      const json_t *value)
{
    const struct ssc_file *table = ssc_shim_file_table(file->name);
    const char *text = member(value, "text");
    const uint8_t tag = (uint8_t)strtoul(member(value, "tag"), NULL, 16);
    const struct ssc_element *element = table && tag ? ssc_element_by_tag(table, tag) : NULL;
    const bool valid = json_is_true(json_object_get(value, "text_valid"));
    const char *hex = member(value, "hex");
    if (element && hex[strspn(hex, "F")] == '\0') { /* never written */
        text = hex = "";
    }
    if (!valid || kind_of(file->name) == SSC_FILE_TRANSPARENT) { /* text would be cut where it is long */
        ssc_shim_out_text(out, hex);
    } else if (kind_of(file->name) == SSC_FILE_CYCLIC) {
        add_record(out, table, text, (enum ssc_shim_unit)s->config.amounts);
    } else if (element && element->type == SSC_BTLV) {
        add_btlv(out, text, s->config.btlv_separator);
    } else {
        ssc_shim_out_value(out, text, strlen(text));
    }
    ssc_shim_out_text(out, "|");
}

/* The nth value with the tag; NULL: the card has no such record. */
static const json_t *find(const json_t *values, const struct ssc_shim_item *item)
{
    const json_t *found = NULL;
    char tag[3];
    unsigned nth = 0;
    snprintf(tag, sizeof tag, "%02X", item->tag);
    for (size_t i = 0; i < json_array_size(values) && !found; i++) {
        const json_t *value = json_array_get(values, i);
        nth += strcmp(member(value, "tag"), tag) == 0;
        found = nth == item->nth ? value : NULL;
    }
    return found;
}

static int add_file(struct ssc_shim *s, struct ssc_shim_out *out, const struct ssc_shim_file *file,
                    const json_t *values)
{
    int rc = 0;
    const bool all = file->count == 0 || kind_of(file->name) == SSC_FILE_CYCLIC;
    ssc_shim_out_text(out, file->name);
    ssc_shim_out_text(out, "|");
    for (size_t i = 0; all && i < json_array_size(values); i++) {
        add_value(s, out, file, json_array_get(values, i));
    }
    for (size_t i = 0; rc == 0 && !all && i < file->count; i++) {
        const json_t *value = find(values, &s->addr.items[file->first + i]);
        if (value) {
            add_value(s, out, file, value);
        } else {
            rc = ssc_shim_refused(s, SSC_SW_RECORD_NOT_FOUND);
        }
    }
    ssc_shim_out_text(out, "$");
    return rc;
}

static int read_files(struct ssc_shim *s, size_t count, int auth, struct ssc_shim_out *out)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        json_t *values = NULL;
        rc = read_one(s, &s->addr.files[i], auth, &values);
        if (rc == 0) {
            rc = add_file(s, out, &s->addr.files[i], values);
        }
        json_decref(values);
    }
    return rc;
}

int ssc_shim_read(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    const int rc = ssc_shim_hold(s, in, &in->card, 1, 0);
    return rc == 0 ? read_files(s, s->addr.count, in->auth, out) : rc;
}

int ssc_shim_read_begin(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    const int rc = ssc_shim_hold(s, in, &in->card, 1, 1);
    return rc == 0 ? ssc_shim_key_begin(s, json_pack("{s:s}", "file", s->addr.files[0].name), out) : rc;
}

int ssc_shim_read_complete(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    const int rc = ssc_shim_key_complete(s, in->key);
    return rc == 0 ? read_files(s, 1, 2, out) : rc;
}
