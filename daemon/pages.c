/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/pages.h"

#include "apdu/error.h"
#include "daemon/daemon.h"
#include "daemon/method.h"
#include "daemon/shape.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- two languages ---- */

struct page {
    bool zh;
    int rc;
};

static const struct {
    const char *en, *zh;
} texts[] = {
#define SSC_ZH(en, zh) {en, zh},
#include "daemon/texts_zh.def"
#undef SSC_ZH
};

/* The sentence in the language of the page. */
static const char *say(struct page *page, const char *en)
{
    const char *said = page->zh ? NULL : en;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && !said; i++) {
        if (strcmp(texts[i].en, en) == 0) {
            said = texts[i].zh;
        }
    }
    if (!said) {
        fprintf(stderr, "daemon/texts_zh.def: no Chinese for \"%s\"\n", en);
        page->rc = SSC_E_INTERNAL;
        said = en;
    }
    return said;
}

static void print_cell(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '|') {
            putchar('\\'); /* or it would end the cell */
        }
        putchar(*c);
    }
}

/* ---- api ---- */

/* What a value looks like: a word, and the unit of the bounds where it has any. */
static const struct {
    const char *what, *unit;
} kinds[] = {
    [SSC_P_TEXT] = {"text", "bytes"},
    [SSC_P_DIGITS] = {"decimal, as text", "digits"},
    [SSC_P_HEX] = {"hexadecimal", "bytes"},
    [SSC_P_INT] = {"integer", ""},
    [SSC_P_AMOUNT] = {"fen, integer from 0 to 4294967295", NULL},
    [SSC_P_BOOL] = {"true or false", NULL},
    [SSC_P_CHOICE] = {NULL, NULL},
    [SSC_P_OP] = {"16 to 64 of A-Z a-z 0-9 . _ : -", NULL},
    [SSC_P_TEXTS] = {"list", "texts"},
    [SSC_P_PIN] = {"object", NULL},
    [SSC_P_EXPECT] = {"object", NULL},
    [SSC_P_ID] = {"number or text", NULL},
};

static void print_bounds(struct page *page, const struct ssc_param *p, const char *unit)
{
    printf("%s %lld", say(page, ", from"), (long long)p->min);
    if (p->max < INT64_MAX) {
        printf("%s %lld", say(page, " to"), (long long)p->max);
    }
    if (*unit) {
        printf(" %s", say(page, unit));
    }
}

static void print_rule(struct page *page, const struct ssc_param *p)
{
    if (p->type == SSC_P_CHOICE) {
        for (const char *c = p->choices; *c; c++) {
            *c == '|' ? printf(", ") : putchar(*c);
        }
    } else {
        printf("%s", say(page, kinds[p->type].what));
        if (kinds[p->type].unit) {
            print_bounds(page, p, kinds[p->type].unit);
        }
    }
}

static void print_param(struct page *page, const struct ssc_param *p)
{
    printf("| `%s`%s | ", p->name, p->required ? say(page, " (required)") : "");
    print_rule(page, p);
    printf(" | ");
    print_cell(say(page, p->help));
    printf(" |\n");
}

static void print_method(struct page *page, const struct ssc_method *m)
{
    const struct ssc_param *common = ssc_method_common(m->flags, 0);
    printf("\n### %s\n\n%s: %s. %s\n", m->name, say(page, "Role"), ssc_role_name(m->role),
           say(page, m->help));
    if (m->params[0].name || common) {
        printf("\n| %s | %s | %s |\n|---|---|---|\n", say(page, "param"), say(page, "value"),
               say(page, "meaning"));
        for (size_t i = 0; m->params[i].name; i++) {
            print_param(page, &m->params[i]);
        }
        for (size_t i = 0; (common = ssc_method_common(m->flags, i)) != NULL; i++) {
            print_param(page, common);
        }
    }
    printf("\n%s: `%s`\n", say(page, "Result"), m->result);
}

static const char *const api_head[] = {
    "The socket of sscardd",
    "Made from the daemon's table of methods; change daemon/methods.def and daemon/texts_zh.def, then build "
    "the target docs.",
    "A stream socket in the file system, `/run/sscard/sscard.sock` unless configured otherwise. JSON-RPC 2.0 "
    "in UTF-8, one object per line, a request at most 65536 bytes and 16 levels deep, no batches; an answer "
    "may reach 1 MiB. `params` is an object; members that a method does not know are passed over. Answers "
    "come in the order in which they are ready: match them by `id`. A request without `id` is executed and "
    "not answered; calls that write to a card must have one.",
    "In the shape of a result a member without a type is text, `?` marks one that may be absent, and where "
    "values are listed more may join: a client passes over members and values that it does not know.",
    "Money is integer fen. Digits are texts. Bytes are hexadecimal, upper case in answers. Times are RFC "
    "3339 with zone; `*_ms` are durations.",
    "Clients find the socket at `$SSCARD_SOCKET`, `/run/sscard/sscard.sock`, "
    "`$XDG_RUNTIME_DIR/sscard/sscard.sock`, `/tmp/sscard-UID/sscard.sock`, in this order.",
    "The kernel says who calls, the configuration maps users and groups to roles: viewer, reader, biller, "
    "operator, perso, admin; each includes those before it.",
    "Every call is answered by its deadline, whatever reader and card do. A call that takes no `lease` takes "
    "one for itself, in turn with all others.",
    "A failed call is answered with an error object; errors.md lists the symbols. Programs switch on "
    "`symbol`. `code` is the number of that list, but parse_error is -32700, invalid_request -32600, "
    "method_not_found -32601, invalid_params -32602. `sw` is the card's status word. `tries` are left of "
    "the PIN, or of the key that the card refused. `txn` is the journal's row of a transaction that did not "
    "end well.",
};
_Static_assert(SSC_LINE_MAX == 65536 && SSC_DEPTH_MAX == 16, "the page names these limits");

static void print_head(struct page *page, const char *const *head, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        printf("%s%s\n", i == 0 ? "# " : "\n", say(page, head[i]));
    }
}

static void print_types(struct page *page)
{
    size_t count;
    const struct ssc_type *types = ssc_types(&count);
    printf("\n## %s\n", say(page, "Objects in answers"));
    for (size_t i = 0; i < count; i++) {
        printf("\n### %s\n\n%s\n\n`%s`\n", types[i].name, say(page, types[i].help), types[i].shape);
    }
}

static void print_api(struct page *page)
{
    size_t count;
    const struct ssc_method *table = ssc_methods(&count);
    print_head(page, api_head, sizeof api_head / sizeof api_head[0]);
    printf("\n```json\n{\"code\":-26,\"message\":\"..\",\"data\":{\"symbol\":\"no_card\",\"text\":{\"en\":\"."
           ".\","
           "\"zh\":\"..\"},\"remedy\":{\"en\":\"..\",\"zh\":\"..\"},\n"
           "  \"detail\"?,\"sw\"?,\"sw_name\"?,\"sw_text\"?,\"tries\"?,\"txn\"?}}\n```\n\n## %s\n",
           say(page, "Methods"));
    for (size_t i = 0; i < count; i++) {
        print_method(page, &table[i]);
    }
    print_types(page);
}

/* ---- errors ---- */

static const char *const errors_head[] = {
    "Errors",
    "Made from the one error table; change apdu/errors.def, then build the target docs.",
    "`symbol` and `code` are stable: the socket, the clients and the command line carry them. `national` is "
    "what the national reader library returns for it; a status word of the card that has no row of its own "
    "becomes its negative decimal there (6A82: -27266).",
};

static void print_errors(struct page *page)
{
    unsigned count;
    const struct ssc_error_info *e = ssc_error_table(&count);
    print_head(page, errors_head, sizeof errors_head / sizeof errors_head[0]);
    printf("\n| code | symbol | national | %s | %s |\n|---|---|---|---|---|\n", say(page, "meaning"),
           say(page, "what to do"));
    for (unsigned i = 0; i < count; i++) {
        printf("| %d | `%s` | %d | ", e[i].code, e[i].symbol, e[i].national);
        print_cell(page->zh ? e[i].zh : e[i].en);
        printf(" | ");
        print_cell(page->zh ? e[i].remedy_zh : e[i].remedy_en);
        printf(" |\n");
    }
}

static const struct {
    const char *name;
    bool zh;
    void (*print)(struct page *page);
} pages[] = {
    {"api", false, print_api},
    {"api-zh", true, print_api},
    {"errors", false, print_errors},
    {"errors-zh", true, print_errors},
};

int ssc_page(const char *name)
{
    struct page page = {.rc = SSC_E_NOT_SUPPORTED};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0] && page.rc == SSC_E_NOT_SUPPORTED; i++) {
        if (strcmp(name, pages[i].name) == 0) {
            page = (struct page){.zh = pages[i].zh};
            pages[i].print(&page);
        }
    }
    return page.rc;
}
