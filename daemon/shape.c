/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shape.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define SSC_TYPE(name, shape, help) {name, shape, help},

static const struct ssc_type types[] = {
#include "daemon/types.def"
};

const struct ssc_type *ssc_types(size_t *count)
{
    *count = sizeof types / sizeof types[0];
    return types;
}

static void skip(const char **at)
{
    *at += strspn(*at, " ");
}

static bool take(const char **at, const char *text)
{
    skip(at);
    const bool found = strncmp(*at, text, strlen(text)) == 0;
    *at += found ? strlen(text) : 0;
    return found;
}

/* A name of letters, digits and '_'; its length, 0 when there is none. */
static size_t take_word(const char **at, const char **word)
{
    size_t len = 0;
    skip(at);
    *word = *at;
    while (isalnum((unsigned char)(*at)[len]) || (*at)[len] == '_') {
        len++;
    }
    *at += len;
    return len;
}

static bool is(const char *word, size_t len, const char *name)
{
    return strlen(name) == len && strncmp(word, name, len) == 0;
}

static json_t *word_schema(const char *word, size_t len)
{
    static const char *const plain[][2] = {{"text", "string"},  {"int", "integer"},   {"number", "number"},
                                           {"bool", "boolean"}, {"object", "object"}, {"null", "null"}};
    json_t *schema = NULL;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0] && !schema; i++) {
        schema = is(word, len, plain[i][0]) ? json_pack("{s:s}", "type", plain[i][1]) : NULL;
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0] && !schema; i++) {
        schema = is(word, len, types[i].name)
                     ? json_pack("{s:o}", "$ref", json_sprintf("#/components/schemas/%s", types[i].name))
                     : NULL;
    }
    return schema;
}

/* Behind the opening quotation mark. */
static json_t *choice_schema(const char **at)
{
    json_t *list = json_array();
    bool more = true;
    while (more) {
        const size_t len = strcspn(*at, "|\"");
        json_array_append_new(list, json_stringn(*at, len));
        *at += len;
        more = **at == '|';
        *at += **at ? 1 : 0;
    }
    return json_pack("{s:s, s:o}", "type", "string", "enum", list);
}

static json_t *item_schema(const char **at);

/* The first item, and all that follow it behind a '|'. Takes the first. */
static json_t *alternatives(const char **at, json_t *first)
{
    json_t *list = first ? json_pack("[o]", first) : NULL;
    json_t *schema = NULL;
    while (list && take(at, "|")) {
        json_t *next = item_schema(at);
        if (!next || json_array_append_new(list, next) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    if (json_array_size(list) > 1) {
        schema = json_pack("{s:O}", "anyOf", list);
    } else {
        schema = json_incref(json_array_get(list, 0));
    }
    json_decref(list);
    return schema;
}

static json_t *shape_schema(const char **at)
{
    return alternatives(at, item_schema(at));
}

/* name ["?"] [":" shape], or name ["|" item] for a text that may be something else */
static bool take_member(const char **at, json_t *properties, json_t *required)
{
    const char *word;
    const size_t len = take_word(at, &word);
    json_t *name = json_stringn(word, len);
    if (!take(at, "?")) {
        json_array_append(required, name);
    }
    json_t *schema = take(at, ":") ? shape_schema(at) : alternatives(at, word_schema("text", 4));
    const bool ok = len > 0 && schema && json_object_set(properties, json_string_value(name), schema) == 0;
    json_decref(schema);
    json_decref(name);
    return ok;
}

/* Behind the opening brace. */
static json_t *object_schema(const char **at)
{
    json_t *properties = json_object(), *required = json_array();
    bool ok = true, more = !take(at, "}");
    while (ok && more) {
        ok = take_member(at, properties, required);
        more = take(at, ",");
        ok = ok && (more || take(at, "}"));
    }
    json_t *schema =
        json_pack("{s:s, s:O, s:O}", "type", "object", "properties", properties, "required", required);
    json_decref(properties);
    json_decref(required);
    if (!ok) {
        json_decref(schema);
        schema = NULL;
    }
    return schema;
}

static json_t *item_schema(const char **at)
{
    json_t *schema = NULL;
    if (take(at, "{")) {
        schema = object_schema(at);
    } else if (take(at, "\"")) {
        schema = choice_schema(at);
    } else if (take(at, "[")) {
        json_t *items = shape_schema(at);
        schema = items ? json_pack("{s:s, s:o}", "type", "array", "items", items) : NULL;
        if (!take(at, "]")) {
            json_decref(schema);
            schema = NULL;
        }
    } else {
        const char *word;
        const size_t len = take_word(at, &word);
        schema = word_schema(word, len);
    }
    return schema;
}

json_t *ssc_shape_schema(const char *shape)
{
    const char *at = shape;
    json_t *schema = shape_schema(&at);
    skip(&at);
    if (*at) {
        json_decref(schema);
        schema = NULL;
    }
    return schema;
}
