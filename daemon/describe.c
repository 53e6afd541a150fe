/* SPDX-License-Identifier: Apache-2.0 */
/* The table of methods as OpenRPC and as docs/api.md. */
#include "daemon/method.h"

#include "daemon/daemon.h"

#include <stdio.h>
#include <string.h>

/* ---- OpenRPC ---- */

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
    return json_pack("{s:s, s:s, s:s, s:o, s:{s:s, s:s, s:{s:s}}, s:s}", "name", m->name, "description",
                     m->help, "paramStructure", "by-name", "params", params, "result", "name", "result",
                     "description", m->result, "schema", "type", "object", "x-role", ssc_role_name(m->role));
}

json_t *ssc_describe_openrpc(void)
{
    size_t count;
    const struct ssc_method *table = ssc_methods(&count);
    json_t *methods = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(methods, method(&table[i]));
    }
    return json_pack("{s:s, s:{s:s, s:s, s:s}, s:o}", "openrpc", "1.3.2", "info", "title", "sscardd",
                     "version", SSC_VERSION, "description", "The local socket of sscard.", "methods",
                     methods);
}

/* ---- docs/api.md ---- */

static void print_rule(const struct ssc_param *p)
{
    const long long min = p->min, max = p->max;
    switch (p->type) {
    case SSC_P_TEXT:
        printf("text, %lld to %lld bytes", min, max);
        break;
    case SSC_P_DIGITS:
        printf("%lld to %lld digits, as text", min, max);
        break;
    case SSC_P_HEX:
        printf("hexadecimal, %lld to %lld bytes", min, max);
        break;
    case SSC_P_INT:
        printf("integer from %lld", min);
        if (max < INT64_MAX) {
            printf(" to %lld", max);
        }
        break;
    case SSC_P_AMOUNT:
        printf("fen, integer from 0 to 4294967295");
        break;
    case SSC_P_BOOL:
        printf("true or false");
        break;
    case SSC_P_CHOICE:
        for (const char *c = p->choices; *c; c++) {
            *c == '|' ? printf(", ") : putchar(*c);
        }
        break;
    case SSC_P_OP:
        printf("16 to 64 of A-Z a-z 0-9 . _ : -");
        break;
    case SSC_P_TEXTS:
        printf("list of at most %lld texts", max);
        break;
    case SSC_P_PIN:
    case SSC_P_EXPECT:
        printf("object");
        break;
    case SSC_P_ID:
        printf("number or text");
        break;
    }
}

static void print_param(const struct ssc_param *p)
{
    printf("| `%s`%s | ", p->name, p->required ? " (required)" : "");
    print_rule(p);
    printf(" | ");
    for (const char *c = p->help; *c; c++) {
        if (*c == '|') {
            putchar('\\'); /* or it would end the cell */
        }
        putchar(*c);
    }
    printf(" |\n");
}

static void print_method(const struct ssc_method *m)
{
    const struct ssc_param *common = ssc_method_common(m->flags, 0);
    printf("\n### %s\n\nRole: %s. %s\n", m->name, ssc_role_name(m->role), m->help);
    if (m->params[0].name || common) {
        printf("\n| param | value | meaning |\n|---|---|---|\n");
        for (size_t i = 0; m->params[i].name; i++) {
            print_param(&m->params[i]);
        }
        for (size_t i = 0; (common = ssc_method_common(m->flags, i)) != NULL; i++) {
            print_param(common);
        }
    }
    printf("\nResult: `%s`\n", m->result);
}

static void print_errors(void)
{
    unsigned count;
    const struct ssc_error_info *e = ssc_error_table(&count);
    printf(
        "\n## "
        "Errors\n\n`{\"code\":-26,\"message\":\"..\",\"data\":{\"symbol\":\"no_card\",\"text\":{\"en\","
        "\"zh\"},"
        "\"remedy\":{\"en\",\"zh\"},\"detail\"?,\"sw\"?,\"sw_name\"?,\"sw_text\"?,\"tries\"?,\"txn\"?}}`\n\n"
        "Programs switch on `symbol`. `code` is the number below, but parse_error is -32700, invalid_request "
        "-32600, method_not_found -32601, invalid_params -32602. `sw` is the card's status word. `tries` are "
        "the "
        "PIN's that are left. `txn` is the journal's row of a transaction that did not end well.\n\n"
        "| code | symbol | meaning | remedy |\n|---|---|---|---|\n");
    for (unsigned i = 0; i < count; i++) {
        printf("| %d | `%s` | %s %s | %s %s |\n", e[i].code, e[i].symbol, e[i].en, e[i].zh, e[i].remedy_en,
               e[i].remedy_zh);
    }
}

void ssc_describe_markdown(void)
{
    size_t count;
    const struct ssc_method *table = ssc_methods(&count);
    printf("# The socket of sscardd\n\n"
           "Made from the daemon's table of methods by `sscardd --describe=markdown`; do not edit.\n\n"
           "A stream socket in the file system, `/run/sscard/sscard.sock` unless configured otherwise. "
           "JSON-RPC 2.0 in "
           "UTF-8, one object per line, a request at most %u bytes and %u levels deep, no batches; an answer "
           "may reach "
           "1 MiB. `params` is an object; members that a method does not know are passed over. Answers come "
           "in the "
           "order in which they are ready: match them by `id`. A request without `id` is executed and not "
           "answered; "
           "calls that write to a card must have one.\n\n"
           "Money is integer fen. Digits are texts. Bytes are hexadecimal, upper case in answers. Times are "
           "RFC 3339 "
           "with zone; `*_ms` are durations.\n\n"
           "Clients find the socket at `$SSCARD_SOCKET`, `/run/sscard/sscard.sock`, "
           "`$XDG_RUNTIME_DIR/sscard/sscard.sock`, `/tmp/sscard-UID/sscard.sock`, in this order.\n\n"
           "The kernel says who calls, the configuration maps users and groups to roles: viewer, reader, "
           "biller, "
           "operator, perso, admin; each includes those before it.\n\n"
           "Every call is answered by its deadline, whatever reader and card do. A call that takes no "
           "`lease` takes "
           "one for itself, in turn with all others.\n\n## Methods\n",
           SSC_LINE_MAX, SSC_DEPTH_MAX);
    for (size_t i = 0; i < count; i++) {
        print_method(&table[i]);
    }
    print_errors();
}
