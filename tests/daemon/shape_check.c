/* SPDX-License-Identifier: Apache-2.0 */
#include "shape_check.h"

#include "daemon/method.h"
#include "daemon/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct complaint {
    char text[300];
};

static bool complain(struct complaint *c, const char *where, const char *what)
{
    snprintf(c->text, sizeof c->text, "%s: %s", where, what);
    return false;
}

static bool has_type(const char *type, const json_t *value)
{
    return strcmp(type, "string") == 0    ? json_is_string(value)
           : strcmp(type, "integer") == 0 ? json_is_integer(value)
           : strcmp(type, "number") == 0  ? json_is_number(value)
           : strcmp(type, "boolean") == 0 ? json_is_boolean(value)
           : strcmp(type, "array") == 0   ? json_is_array(value)
           : strcmp(type, "object") == 0  ? json_is_object(value)
                                          : json_is_null(value);
}

static bool fits(const json_t *schema, const json_t *value, const char *where, struct complaint *c);

static bool fits_members(const json_t *schema, const json_t *value, const char *where, struct complaint *c)
{
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *required = json_object_get(schema, "required");
    bool ok = true;
    for (size_t i = 0; ok && i < json_array_size(required); i++) {
        const char *name = json_string_value(json_array_get(required, i));
        ok = json_object_get(value, name) || complain(c, where, name);
    }
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        char inner[200];
        snprintf(inner, sizeof inner, "%s.%s", where, name);
        const json_t *known = json_object_get(properties, name);
        if (ok && properties) { /* a plain "object" may hold anything */
            ok = known ? fits(known, member, inner, c) : complain(c, inner, "nobody said so");
        }
    }
    return ok;
}

static bool fits_any(const json_t *list, const json_t *value, const char *where, struct complaint *c)
{
    bool ok = false;
    for (size_t i = 0; i < json_array_size(list) && !ok; i++) {
        ok = fits(json_array_get(list, i), value, where, c);
    }
    return ok;
}

static bool fits_type(const char *name, const json_t *value, const char *where, struct complaint *c)
{
    size_t count;
    const struct ssc_type *types = ssc_types(&count);
    bool ok = false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(types[i].name, name) == 0) {
            json_t *schema = ssc_shape_schema(types[i].shape);
            ok = fits(schema, value, where, c);
            json_decref(schema);
        }
    }
    return ok;
}

static bool fits(const json_t *schema, const json_t *value, const char *where, struct complaint *c)
{
    const char *type = json_string_value(json_object_get(schema, "type"));
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    const json_t *list = json_object_get(schema, "enum"), *items = json_object_get(schema, "items");
    bool ok = true;
    if (ref) {
        ok = fits_type(strrchr(ref, '/') + 1, value, where, c);
    } else if (!type) {
        ok = fits_any(json_object_get(schema, "anyOf"), value, where, c);
    } else if (!has_type(type, value)) {
        ok = complain(c, where, type);
    } else if (json_is_object(value)) {
        ok = fits_members(schema, value, where, c);
    }
    for (size_t i = 0; ok && items && i < json_array_size(value); i++) {
        ok = fits(items, json_array_get(value, i), where, c);
    }
    if (ok && list) {
        ok = false;
        for (size_t i = 0; i < json_array_size(list) && !ok; i++) {
            ok = json_equal(json_array_get(list, i), value);
        }
        ok = ok || complain(c, where, "not one of the values");
    }
    return ok;
}

void shape_check(const char *shape, const json_t *value, const char *where)
{
    struct complaint c = {""};
    json_t *schema = ssc_shape_schema(shape);
    const bool ok = schema && fits(schema, value, where, &c);
    json_decref(schema);
    if (!ok) {
        fail_msg("the answer is not what the table of methods says: %s", schema ? c.text : shape);
    }
}

void shape_check_result(const char *method, const json_t *result)
{
    const struct ssc_method *m = ssc_method_by_name(method);
    if (m) {
        shape_check(m->result, result, method);
    }
}
