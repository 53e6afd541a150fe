/* SPDX-License-Identifier: Apache-2.0 */
/* The chain and its report. */
#include "tools/doctor/doctor.h"
#include "tools/doctor/refusal.h"

#include "apdu/error.h"

#include <stdlib.h>
#include <string.h>

#define ARGS_MAX 9u /* {1} .. {9} */

const struct cause_row cause_rows[CAUSE_COUNT] = {
#define CAUSE(NAME, symbol, exit, e_en, e_zh, c_en, c_zh, r_en, r_zh)                                        \
    [CAUSE_##NAME] = {symbol, EXIT_##exit, {e_en, e_zh}, {c_en, c_zh}, {r_en, r_zh}},
#include "tools/doctor/causes.def"
#undef CAUSE
};

static const struct text facts[FACT_COUNT] = {
#define FACT(NAME, en, zh) [FACT_##NAME] = {en, zh},
#include "tools/doctor/facts.def"
#undef FACT
};

static const struct text words[] = {
#define WORD(en, zh) {en, zh},
#include "tools/doctor/words.def"
#undef WORD
};

static const struct link {
    const char *symbol;
    struct text name;
    void (*run)(struct doctor *d);
} chain[] = {
#define LINK(function, symbol, en, zh) {symbol, {en, zh}, link_##function},
#include "tools/doctor/links.def"
#undef LINK
};

char *text_fill(const char *text, const char *const *args)
{
    char *filled = NULL;
    size_t len = 0, count = 0;
    FILE *out = open_memstream(&filled, &len);
    while (args[count]) {
        count++;
    }
    for (const char *p = text; out && *p; p++) {
        const size_t n = p[0] == '{' && p[1] >= '1' && p[1] <= '9' && p[2] == '}' ? (size_t)(p[1] - '0') : 0;
        if (n > 0 && n <= count) {
            fputs(args[n - 1], out);
            p += 2;
        } else {
            fputc(*p, out);
        }
    }
    if (out) {
        fclose(out);
    }
    return filled;
}

/* Text that a device or a file gave may be anything: what is no UTF-8 is shown as a question mark. */
static json_t *json_text(const char *format, const char *const *args)
{
    char *text = text_fill(format, args);
    json_t *made = text ? json_string(text) : NULL;
    if (text && !made) {
        for (char *p = text; *p; p++) {
            *p = *p & (char)0x80 ? '?' : *p;
        }
        made = json_string(text);
    }
    free(text);
    return made ? made : json_string("");
}

static const char *in_chinese(const char *word)
{
    const char *found = word;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        found = strcmp(words[i].en, word) == 0 ? words[i].zh : found;
    }
    return found;
}

static json_t *both(struct text text, const char *const *args)
{
    const char *zh[ARGS_MAX + 1] = {NULL};
    for (size_t i = 0; args[i] && i < ARGS_MAX; i++) {
        zh[i] = in_chinese(args[i]);
    }
    return json_pack("{s:o, s:o}", "en", json_text(text.en, args), "zh", json_text(text.zh, zh));
}

void doctor_fact_args(struct doctor *d, enum fact id, const char *const *args)
{
    json_array_append_new(json_object_get(d->link, "facts"), both(facts[id], args));
}

json_t *cause_json(enum cause id, const char *const *args)
{
    const struct cause_row *row = &cause_rows[id];
    return json_pack("{s:s, s:o, s:o, s:o}", "symbol", row->symbol, "evidence", both(row->evidence, args),
                     "cause", both(row->cause, args), "remedy", both(row->remedy, args));
}

void doctor_cause_args(struct doctor *d, bool broken, enum cause id, const char *const *args)
{
    if (!(broken && d->broken)) { /* the first is the cause, what it brings about is not */
        json_array_append_new(json_object_get(d->link, "causes"), cause_json(id, args));
    }
    if (broken && !d->broken) {
        d->broken = cause_rows[id].symbol;
        d->exit = cause_rows[id].exit;
        json_object_set_new(d->link, "state", json_string("broken"));
    } else if (!d->broken) {
        json_object_set_new(d->link, "state", json_string("remark"));
    }
}

void doctor_skip(struct doctor *d)
{
    json_object_set_new(d->link, "state", json_string("skipped"));
}

json_t *doctor_ask(struct doctor *d, const char *method, json_t *params, char symbol[64], char detail[160])
{
    json_t *result = NULL, *error = NULL;
    const int rc = d->seam->ask(d->seam->ctx, method, params, &result, &error);
    symbol[0] = detail[0] = '\0';
    if (rc != 0) {
        const json_t *data = json_object_get(error, "data");
        snprintf(symbol, 64, "%s", js(data, "symbol")[0] ? js(data, "symbol") : ssc_error_info(rc)->symbol);
        const char *more =
            d->direct && !d->readers ? js(data, "detail") : js(data, "sw"); /* a driver's file */
        snprintf(detail, 160, "%s%s%s", symbol, more[0] ? " " : "", more);
        if (d->ping && strcmp(symbol, "daemon_absent") == 0) {
            doctor_break(d, CAUSE_SERVICE_LOST, method, symbol);
        } else if (d->readers && strcmp(symbol, "reader_service_absent") == 0 &&
                   !pcscd_refused_card(d, false)) {
            doctor_break(d, CAUSE_PCSCD_LOST, method, symbol);
        }
    }
    json_decref(error);
    return result;
}

bool doctor_has_hardware(const struct doctor *d)
{
    return strcmp(d->driver, "pcsc") == 0 || strcmp(d->driver, "ccid") == 0;
}

int doctor_run(struct doctor *d)
{
    d->links = json_array();
    for (size_t i = 0; i < sizeof chain / sizeof chain[0]; i++) {
        d->link =
            json_pack("{s:s, s:o, s:s, s:[], s:[]}", "link", chain[i].symbol, "name",
                      both(chain[i].name, (const char *const[]){NULL}), "state", "ok", "facts", "causes");
        json_array_append_new(d->links, d->link);
        if (d->broken) {
            doctor_fact(d, FACT_NOT_REACHED);
            doctor_skip(d);
        } else {
            chain[i].run(d);
        }
    }
    return d->exit;
}

json_t *doctor_report(const struct doctor *d)
{
    json_t *report = json_pack("{s:b, s:o, s:O}", "ok", d->broken == NULL, "cause",
                               d->broken ? json_string(d->broken) : json_null(), "links", d->links);
    return report;
}

void doctor_free(struct doctor *d)
{
    json_decref(d->ping);
    json_decref(d->readers);
    json_decref(d->info);
    json_decref(d->links);
    usb_list_free(&d->usb);
}
