/* SPDX-License-Identifier: Apache-2.0 */
/* The table of methods as OpenRPC. */
#include "daemon/method.h"

#include "daemon/daemon.h"
#include "daemon/shape.h"
#include "middleware/render.h"

#include <string.h>

static json_t *choices(const char *list)
{
    json_t *out = json_array();
    const char *at = list;
    while (at && *at) {
        const size_t n = strcspn(at, "|");
        json_array_append_new(out, json_stringn(at, n));
        at = at[n] ? at + n + 1 : NULL;
    }
    return out;
}

static json_t *text_schema(const struct ssc_param *p, const char *pattern, int64_t times)
{
    json_t *s = json_pack("{s:s, s:I, s:I}", "type", "string", "minLength", (json_int_t)(p->min * times),
                          "maxLength", (json_int_t)(p->max * times));
    if (pattern) {
        json_object_set_new(s, "pattern", json_string(pattern));
    }
    return s;
}

static json_t *schema(const struct ssc_param *p)
{
    json_t *s = NULL;
    switch (p->type) {
    case SSC_P_TEXT:
        s = text_schema(p, NULL, 1);
        break;
    case SSC_P_DIGITS:
        s = text_schema(p, "^[0-9]*$", 1);
        break;
    case SSC_P_HEX:
        s = text_schema(p, "^([0-9A-Fa-f]{2})*$", 2);
        break;
    case SSC_P_OP:
        s = text_schema(p, "^[A-Za-z0-9._:-]*$", 1);
        break;
    case SSC_P_INT:
        s = json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)p->min, "maximum",
                      (json_int_t)p->max);
        break;
    case SSC_P_AMOUNT:
        s = json_pack("{s:s, s:i, s:I}", "type", "integer", "minimum", 0, "maximum", (json_int_t)UINT32_MAX);
        break;
    case SSC_P_BOOL:
        s = json_pack("{s:s}", "type", "boolean");
        break;
    case SSC_P_CHOICE:
        s = json_pack("{s:s, s:o}", "type", "string", "enum", choices(p->choices));
        break;
    case SSC_P_TEXTS:
        s = json_pack("{s:s, s:{s:s}, s:I}", "type", "array", "items", "type", "string", "maxItems",
                      (json_int_t)p->max);
        break;
    case SSC_P_PIN:
        s = json_pack("{s:s, s:{s:{s:s}, s:{s:s, s:s}}}", "type", "object", "properties", "entry", "const",
                      "pinpad", "secret", "type", "string", "pattern", "^[0-9]{1,16}$");
        break;
    case SSC_P_EXPECT:
        s = json_pack("{s:s, s:i, s:{s:{s:s, s:s}, s:{s:s, s:i, s:i}}}", "type", "object", "minProperties", 1,
                      "properties", "card_id", "type", "string", "pattern", "^[0-9A-Fa-f]{32}$",
                      "card_number", "type", "string", "minLength", 1, "maxLength", 18);
        break;
    case SSC_P_ID:
        s = json_pack("{s:[s, s]}", "type", "string", "number");
        break;
    }
    return s;
}

static void add_param(json_t *list, const struct ssc_param *p)
{
    json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:o}", "name", p->name, "description", p->help,
                                          "required", p->required, "schema", schema(p)));
}

static json_t *method(const struct ssc_method *m)
{
    json_t *params = json_array();
    const struct ssc_param *common;
    for (size_t i = 0; m->params[i].name; i++) {
        add_param(params, &m->params[i]);
    }
    for (size_t i = 0; (common = ssc_method_common(m->flags, i)) != NULL; i++) {
        add_param(params, common);
    }
    return json_pack("{s:s, s:s, s:s, s:o, s:{s:s, s:s, s:o}, s:s}", "name", m->name, "description", m->help,
                     "paramStructure", "by-name", "params", params, "result", "name", "result", "description",
                     m->result, "schema", ssc_shape_schema(m->result), "x-role", ssc_role_name(m->role));
}

static json_t *schemas(void)
{
    size_t count;
    const struct ssc_type *types = ssc_types(&count);
    json_t *out = json_object();
    for (size_t i = 0; i < count; i++) {
        json_t *schema = ssc_shape_schema(types[i].shape);
        json_object_set_new(schema, "description", json_string(types[i].help));
        json_object_set_new(out, types[i].name, schema);
    }
    return out;
}

static json_t *errors(void)
{
    unsigned count;
    const struct ssc_error_info *e = ssc_error_table(&count);
    json_t *out = json_object();
    for (unsigned i = 0; i < count; i++) {
        json_object_set_new(out, e[i].symbol, ssc_json_error(e[i].code, NULL, -1, -1));
    }
    return out;
}

json_t *ssc_describe_openrpc(void)
{
    size_t count;
    const struct ssc_method *table = ssc_methods(&count);
    json_t *methods = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(methods, method(&table[i]));
    }
    return json_pack("{s:s, s:{s:s, s:s, s:s, s:i}, s:o, s:{s:o, s:o}}", "openrpc", "1.3.2", "info", "title",
                     "sscardd", "version", SSC_VERSION, "description", "The local socket of sscard.",
                     "x-protocol", SSC_PROTOCOL, "methods", methods, "components", "schemas", schemas(),
                     "errors", errors());
}
