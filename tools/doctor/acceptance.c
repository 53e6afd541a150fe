/* SPDX-License-Identifier: Apache-2.0 */
/* One sheet for taking a counter into service: every link, one reading, twenty rounds of the contact test. */
#include "tools/commands.h"
#include "tools/doctor/way.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 20u
#define SHEET 80u /* columns of a printed page */

static json_t *item(const json_t *name, const char *result, bool needed, json_t *detail)
{
    return json_pack("{s:O, s:s, s:b, s:o}", "item", name, "result", result, "needed", needed, "detail",
                     detail ? detail : json_pack("{s:s, s:s}", "en", "", "zh", ""));
}

static json_t *message_text(enum message id, const char *const *args)
{
    const struct cli en = {.lang = LANG_EN}, zh = {.lang = LANG_ZH};
    char *a = text_fill(msg(&en, id), args), *b = text_fill(msg(&zh, id), args);
    json_t *both = json_pack("{s:s, s:s}", "en", a, "zh", b);
    free(a);
    free(b);
    return both;
}
#define texts(id, ...) message_text(id, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

/* What one line on paper can say of a link: its cause, else its first fact. */
static json_t *gist(const json_t *link)
{
    const json_t *cause = json_array_get(json_object_get(link, "causes"), 0);
    json_t *fact = json_array_get(json_object_get(link, "facts"), 0);
    return json_incref(cause ? json_object_get(cause, "cause") : fact);
}

static void add_links(json_t *items, const json_t *links)
{
    const json_t *link;
    size_t i;
    bool broken = false;
    json_array_foreach(links, i, link)
    {
        const char *state = js(link, "state");
        const char *result = strcmp(state, "ok") == 0       ? "pass"
                             : strcmp(state, "remark") == 0 ? "remark"
                             : strcmp(state, "broken") == 0 ? "fail"
                                                            : "not_tested";
        /* Without a back office a counter may serve; without PC/SC where the driver needs none; never with
         * readers that are simulated or recorded, of which the link to USB knows nothing. */
        const bool spare =
            !broken && (strcmp(js(link, "link"), "link") == 0 || strcmp(js(link, "link"), "pcscd") == 0);
        const bool reached = !broken;
        broken = broken || strcmp(state, "broken") == 0;
        json_array_append_new(
            items, item(json_object_get(link, "name"), result, !spare, reached ? gist(link) : NULL));
    }
}

static json_t *read_card(struct way *way)
{
    char symbol[64], detail[160], ms[24], exchanges[24];
    json_t *name = texts(MSG_ACC_READING), *row;
    const json_t *slot = way->doctor.slot;
    json_t *identity = slot && !way->doctor.broken
                           ? doctor_ask(&way->doctor, "card.identity",
                                        json_pack("{s:s}", "reader", js(slot, "name")), symbol, detail)
                           : NULL;
    if (identity) {
        snprintf(ms, sizeof ms, "%lld", (long long)ji(identity, "elapsed_ms"));
        snprintf(exchanges, sizeof exchanges, "%lld", (long long)ji(identity, "exchanges"));
        row = item(name, "pass", true, texts(MSG_ACC_READING_TEXT, ms, exchanges));
    } else {
        const bool tried = slot && !way->doctor.broken;
        row = item(name, tried ? "fail" : "not_tested", true,
                   tried ? json_pack("{s:s, s:s}", "en", detail, "zh", detail) : NULL);
    }
    json_decref(identity);
    json_decref(name);
    return row;
}

static json_t *contact_row(struct way *way, json_t **figures)
{
    json_t *name = texts(MSG_ACC_CONTACT), *row, *why = NULL;
    struct contact c = {0};
    struct cli *cli = way->cli;
    const struct doctor *d = &way->doctor;
    const bool able = !d->broken && d->slot;
    if (d->direct) {
        cli_close(cli); /* the card is let go */
    }
    if (able && way_contact(cli, js(d->slot, "name"), ROUNDS, &c) == 0) {
        char n[3][24];
        *figures = contact_json(&c);
        snprintf(n[0], sizeof n[0], "%u", c.exchanges);
        snprintf(n[1], sizeof n[1], "%u", c.power_failures + c.exchange_failures + c.vanished);
        snprintf(n[2], sizeof n[2], "%.1f", json_number_value(json_object_get(*figures, "exchange_ms")));
        row = item(name, jb(*figures, "ok") ? "pass" : "fail", true,
                   texts(MSG_ACC_CONTACT_TEXT, n[0], n[1], n[2]));
    } else {
        const json_t *data = json_object_get(cli->error, "data"), *text = json_object_get(data, "text");
        const char *zh = js(data, "detail_zh")[0] ? "detail_zh" : "detail";
        if (able) {
            why = json_pack("{s:o, s:o}", "en", json_sprintf("%s %s", js(text, "en"), js(data, "detail")),
                            "zh", json_sprintf("%s %s", js(text, "zh"), js(data, zh)));
        }
        row = item(name, "not_tested", true, why);
    }
    contact_free(&c);
    json_decref(name);
    return row;
}

/* Whoever has them may forge cards: no counter serves with them. */
static void add_test_keys(json_t *items, const json_t *ping)
{
    if (jb(ping, "test_keys")) {
        json_t *name = texts(MSG_ACC_TEST_KEYS);
        json_array_append_new(items, item(name, "fail", true, texts(MSG_ACC_TEST_KEYS_TEXT)));
        json_decref(name);
    }
}

static bool accepted(const json_t *items)
{
    const json_t *row;
    size_t i;
    bool all = true;
    json_array_foreach(items, i, row)
    {
        const char *result = js(row, "result");
        all = all && strcmp(result, "fail") != 0 && !(strcmp(result, "not_tested") == 0 && jb(row, "needed"));
    }
    return all;
}

json_t *acceptance_sheet(struct way *way)
{
    char host[80] = "", when[32];
    const time_t now = (time_t)way->seam.clock(way->seam.ctx);
    struct tm tm = {0};
    json_t *items = json_array(), *figures = NULL;
    gethostname(host, sizeof host - 1);
    localtime_r(&now, &tm);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
    doctor_run(&way->doctor);
    add_links(items, way->doctor.links);
    add_test_keys(items, way->doctor.ping);
    json_array_append_new(items, read_card(way));
    json_array_append_new(items, contact_row(way, &figures));
    return json_pack("{s:b, s:s, s:s, s:s, s:o, s:o, s:o}", "accepted", accepted(items), "machine", host,
                     "time", when, "version", SSC_VERSION, "items", items, "contact",
                     figures ? figures : json_null(), "report", doctor_report(&way->doctor));
}

static const char *result_text(struct cli *cli, const json_t *row, char out[64])
{
    static const struct {
        const char *result, *style;
        enum message text;
    } rows[] = {{"pass", S_GOOD, MSG_ACC_PASS},
                {"remark", S_WARN, MSG_ACC_PASS_REMARK},
                {"fail", S_BAD, MSG_ACC_FAIL}};
    const char *result = js(row, "result");
    snprintf(out, 64, "%s%s", S_DIM, msg(cli, jb(row, "needed") ? MSG_ACC_NOT_TESTED : MSG_ACC_NOT_NEEDED));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(result, rows[i].result) == 0) {
            snprintf(out, 64, "%s%s", rows[i].style, msg(cli, rows[i].text));
        }
    }
    return out;
}

static void remarks(struct cli *cli, const json_t *links, size_t width, FILE *out)
{
    const json_t *link, *cause;
    size_t i, j;
    bool first = true;
    json_array_foreach(links, i, link)
    {
        json_array_foreach(json_object_get(link, "causes"), j, cause)
        {
            if (first) {
                say(cli, out, MSG_ACC_REMARKS);
            }
            first = false;
            cause_show(cli, cause, "  ", width, out);
        }
    }
    if (!first) {
        fputc('\n', out);
    }
}

void acceptance_show(struct cli *cli, const json_t *sheet, FILE *out)
{
    struct grid grid;
    const json_t *row;
    size_t i;
    const char *lang = cli->lang == LANG_ZH ? "zh" : "en";
    const size_t screen = screen_width(out), width = screen > 0 && screen < SHEET ? screen : SHEET;
    say(cli, out, MSG_ACC_TITLE);
    fputc('\n', out);
    grid_begin(&grid, cli, 2, NULL);
    grid_pair(&grid, MSG_ACC_MACHINE, js(sheet, "machine"));
    grid_pair(&grid, MSG_ACC_TIME, js(sheet, "time"));
    grid_pair(&grid, MSG_ACC_VERSION, js(sheet, "version"));
    grid_end(&grid, out);
    fputc('\n', out);
    grid_begin(
        &grid, cli, 3,
        (const char *const[]){msg(cli, MSG_ACC_ITEM), msg(cli, MSG_ACC_RESULT), msg(cli, MSG_ACC_DETAIL)});
    grid.width = width;
    json_array_foreach(json_object_get(sheet, "items"), i, row)
    {
        char result[64];
        grid_row(&grid, js(json_object_get(row, "item"), lang), result_text(cli, row, result),
                 js(json_object_get(row, "detail"), lang));
    }
    grid_end(&grid, out);
    fputc('\n', out);
    remarks(cli, json_object_get(json_object_get(sheet, "report"), "links"), width, out);
    print_wrapped(out, false, msg(cli, jb(sheet, "accepted") ? MSG_ACC_PASSED : MSG_ACC_FAILED), 0, width);
    fputs("\n\n", out);
    say(cli, out, MSG_ACC_SIGN);
}
