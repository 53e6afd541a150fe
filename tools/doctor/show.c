/* SPDX-License-Identifier: Apache-2.0 */
/* The report for people: one line per link, what was seen below it, and at the end the cause with its remedy.
 */
#include "tools/commands.h"
#include "tools/doctor/doctor.h"

#include <stdlib.h>
#include <string.h>

static const char *in(const struct cli *cli, const json_t *text)
{
    return js(text, cli->lang == LANG_ZH ? "zh" : "en");
}

static void styled(const struct cli *cli, FILE *out, const char *style, const char *text, size_t column,
                   size_t width)
{
    char *whole = NULL;
    if (asprintf(&whole, "%s%s", style, text) >= 0) {
        print_wrapped(out, cli->colour && out == stdout, whole, column, width);
        free(whole);
    }
}

static void state_of(const struct cli *cli, const json_t *link, FILE *out)
{
    static const struct {
        const char *state, *style;
        enum message text;
    } rows[] = {{"ok", S_GOOD, MSG_DOC_OK},
                {"remark", S_WARN, MSG_DOC_REMARK},
                {"broken", S_BAD, MSG_DOC_BROKEN},
                {"skipped", S_DIM, MSG_DOC_SKIPPED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(js(link, "state"), rows[i].state) == 0) {
            styled(cli, out, rows[i].style, msg(cli, rows[i].text), 0, 0);
        }
    }
}

/* Ten columns for the link's name, whatever it is written in. */
static void padded(const struct cli *cli, FILE *out, const char *text, size_t width)
{
    const size_t used = text_width(text);
    styled(cli, out, S_BOLD, text, 0, 0);
    for (size_t i = used; i < width; i++) {
        fputc(' ', out);
    }
}

void cause_show(struct cli *cli, const json_t *cause, const char *indent, size_t width, FILE *out)
{
    static const struct {
        const char *key;
        enum message label;
        const char *style;
    } rows[] = {{"cause", MSG_DOC_CAUSE, S_BOLD},
                {"evidence", MSG_DOC_EVIDENCE, ""},
                {"remedy", MSG_DOC_REMEDY, S_GOOD}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *label = msg(cli, rows[i].label);
        fprintf(out, "%s%s ", indent, label);
        styled(cli, out, rows[i].style, in(cli, json_object_get(cause, rows[i].key)),
               text_width(indent) + text_width(label) + 1, width);
        fputc('\n', out);
    }
    fprintf(out, "%s%s %s\n", indent, msg(cli, MSG_DOC_SYMBOL), js(cause, "symbol"));
}

static void show_link(struct cli *cli, const json_t *link, bool *remarks)
{
    const json_t *item;
    size_t i;
    padded(cli, stdout, in(cli, json_object_get(link, "name")), 13);
    state_of(cli, link, stdout);
    putchar('\n');
    json_array_foreach(json_object_get(link, "facts"), i, item)
    {
        fputs("    ", stdout);
        print_wrapped(stdout, false, in(cli, item), 4, screen_width(stdout));
        putchar('\n');
    }
    json_array_foreach(json_object_get(link, "causes"), i, item)
    {
        if (strcmp(js(link, "state"), "remark") == 0) {
            cause_show(cli, item, "  ! ", screen_width(stdout), stdout);
            *remarks = true;
        }
    }
}

void doctor_show(struct cli *cli, const json_t *report)
{
    const json_t *link, *broken = NULL, *cause = NULL;
    size_t i;
    bool remarks = false;
    json_array_foreach(json_object_get(report, "links"), i, link)
    {
        if (!broken) {
            show_link(cli, link, &remarks);
        }
        broken = strcmp(js(link, "state"), "broken") == 0 ? link : broken;
    }
    putchar('\n');
    if (broken) { /* remarks may stand before the cause that ends the chain */
        const json_t *causes = json_object_get(broken, "causes");
        json_array_foreach(causes, i, link)
        {
            cause = strcmp(js(link, "symbol"), js(report, "cause")) == 0 ? link : cause;
        }
        cause_show(cli, cause, "", screen_width(stdout), stdout);
    } else {
        styled(cli, stdout, remarks ? S_WARN : S_GOOD,
               msg(cli, remarks ? MSG_DOC_WHOLE_REMARKS : MSG_DOC_WHOLE), 0, screen_width(stdout));
        putchar('\n');
    }
}
