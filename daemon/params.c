/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/method.h"

#include "apdu/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void ssc_detail_set(struct ssc_detail *detail, const char *en, const char *zh, ...)
{
    va_list args;
    va_start(args, zh);
    vsnprintf(detail->en, sizeof detail->en, en, args);
    va_end(args);
    va_start(args, zh);
    vsnprintf(detail->zh, sizeof detail->zh, zh, args);
    va_end(args);
}

static bool only(const char *text, const char *allowed)
{
    return strspn(text, allowed) == strlen(text);
}

static bool one_of(const char *choices, const char *text)
{
    const size_t len = strlen(text);
    bool found = false;
    const char *at = choices;
    while (at && !found) {
        const size_t n = strcspn(at, "|");
        found = n == len && strncmp(at, text, n) == 0;
        at = at[n] == '|' ? at + n + 1 : NULL;
    }
    return found;
}

static bool text_between(const json_t *v, int64_t min, int64_t max)
{
    const int64_t len = (int64_t)json_string_length(v);
    return json_is_string(v) && len >= min && len <= max;
}

static bool int_between(const json_t *v, int64_t min, int64_t max)
{
    return json_is_integer(v) && json_integer_value(v) >= min && json_integer_value(v) <= max;
}

static bool texts(const json_t *v, int64_t max)
{
    bool ok = json_is_array(v) && json_array_size(v) <= (size_t)max;
    for (size_t i = 0; ok && i < json_array_size(v); i++) {
        ok = text_between(json_array_get(v, i), 1, 64);
    }
    return ok;
}

static bool pin(const json_t *v)
{
    const json_t *entry = json_object_get(v, "entry");
    const json_t *secret = json_object_get(v, "secret");
    const bool pad =
        entry && !secret && json_is_string(entry) && strcmp(json_string_value(entry), "pinpad") == 0;
    const bool digits =
        secret && !entry && text_between(secret, 1, 16) && only(json_string_value(secret), "0123456789");
    return json_is_object(v) && (pad || digits);
}

static bool expect(const json_t *v)
{
    const json_t *id = json_object_get(v, "card_id"), *number = json_object_get(v, "card_number");
    const bool id_ok =
        !id || (text_between(id, 32, 32) && only(json_string_value(id), "0123456789abcdefABCDEF"));
    return json_is_object(v) && (id || number) && id_ok && (!number || text_between(number, 1, 18));
}

#define DIGITS "0123456789"
#define HEX DIGITS "abcdefABCDEF"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static bool valid(const struct ssc_param *p, const json_t *v)
{
    const char *text = json_string_value(v);
    bool ok = false;
    switch (p->type) {
    case SSC_P_TEXT:
        ok = text_between(v, p->min, p->max);
        break;
    case SSC_P_DIGITS:
        ok = text_between(v, p->min, p->max) && only(text, DIGITS);
        break;
    case SSC_P_HEX:
        ok = text_between(v, 2 * p->min, 2 * p->max) && only(text, HEX) && strlen(text) % 2 == 0;
        break;
    case SSC_P_INT:
        ok = int_between(v, p->min, p->max);
        break;
    case SSC_P_AMOUNT:
        ok = int_between(v, 0, UINT32_MAX);
        break;
    case SSC_P_BOOL:
        ok = json_is_boolean(v);
        break;
    case SSC_P_CHOICE:
        ok = text && one_of(p->choices, text);
        break;
    case SSC_P_OP:
        ok = text_between(v, 16, 64) && only(text, LETTERS DIGITS "._:-");
        break;
    case SSC_P_TEXTS:
        ok = texts(v, p->max);
        break;
    case SSC_P_PIN:
        ok = pin(v);
        break;
    case SSC_P_ID:
        ok = json_is_number(v) || json_is_string(v);
        break;
    case SSC_P_EXPECT:
        ok = expect(v);
        break;
    }
    return ok;
}

/* "amount: ..." — the rule, never the value: it may be a secret. */
static void explain(const struct ssc_param *p, struct ssc_detail *why)
{
    const long long min = p->min, max = p->max;
    switch (p->type) {
    case SSC_P_TEXT:
        ssc_detail_set(why, "%s: a text of %lld to %lld bytes", "%s：应为 %lld 到 %lld 字节的文本", p->name,
                       min, max);
        break;
    case SSC_P_DIGITS:
        ssc_detail_set(why, "%s: a text of %lld to %lld digits", "%s：应为 %lld 到 %lld 位数字的文本",
                       p->name, min, max);
        break;
    case SSC_P_HEX:
        ssc_detail_set(why, "%s: %lld to %lld bytes as hexadecimal text",
                       "%s：应为 %lld 到 %lld 字节的十六进制文本", p->name, min, max);
        break;
    case SSC_P_INT:
        ssc_detail_set(why, "%s: an integer from %lld to %lld", "%s：应为 %lld 到 %lld 的整数", p->name, min,
                       max);
        break;
    case SSC_P_AMOUNT:
        ssc_detail_set(why, "%s: an integer of fen, 0 to 4294967295",
                       "%s：应为 0 到 4294967295 的整数，单位为分", p->name);
        break;
    case SSC_P_BOOL:
        ssc_detail_set(why, "%s: true or false", "%s：应为 true 或 false", p->name);
        break;
    case SSC_P_CHOICE:
        ssc_detail_set(why, "%s: one of %s", "%s：应为 %s 之一", p->name, p->choices);
        break;
    case SSC_P_OP:
        ssc_detail_set(why, "%s: 16 to 64 characters of A-Z a-z 0-9 . _ : -",
                       "%s：应为 16 至 64 个字符，可用 A-Z a-z 0-9 . _ : -", p->name);
        break;
    case SSC_P_TEXTS:
        ssc_detail_set(why, "%s: a list of at most %lld texts", "%s：应为最多 %lld 个文本的列表", p->name,
                       max);
        break;
    case SSC_P_PIN:
        ssc_detail_set(why, "%s: {\"entry\":\"pinpad\"} or {\"secret\":\"digits\"}",
                       "%s：应为 {\"entry\":\"pinpad\"} 或 {\"secret\":\"数字\"}", p->name);
        break;
    case SSC_P_ID:
        ssc_detail_set(why, "%s: the id of a call, number or text", "%s：应为某个调用的 id，数字或文本",
                       p->name);
        break;
    case SSC_P_EXPECT:
        ssc_detail_set(
            why, "%s: {\"card_id\":\"32 hexadecimal digits\", \"card_number\":\"..\"}, one of them or both",
            "%s：应为 {\"card_id\":\"32 位十六进制\", \"card_number\":\"..\"}，其中一项或两项", p->name);
        break;
    }
}

static int check(const struct ssc_param *p, const json_t *params, struct ssc_detail *why)
{
    const json_t *v = json_object_get(params, p->name);
    int rc = 0;
    if (!v && p->required) {
        rc = p->type == SSC_P_OP ? SSC_E_OP_REQUIRED : SSC_E_INVALID_PARAMS;
    } else if (v && !valid(p, v)) {
        rc = SSC_E_INVALID_PARAMS;
    }
    if (rc != 0) {
        explain(p, why);
    }
    return rc;
}

int ssc_params_check(const struct ssc_method *m, const json_t *params, struct ssc_detail *why)
{
    int rc = 0;
    const struct ssc_param *common;
    for (size_t i = 0; rc == 0 && m->params[i].name; i++) {
        rc = check(&m->params[i], params, why);
    }
    for (size_t i = 0; rc == 0 && (common = ssc_method_common(m->flags, i)) != NULL; i++) {
        rc = check(common, params, why);
    }
    return rc;
}
