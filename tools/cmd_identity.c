/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/commands.h"

#include "apdu/ssc_files.h"

#include <string.h>

enum { OPT_NO_VERIFY = OPT_FIRST_OWN, OPT_LINE };

static void date_pair(struct grid *grid, enum message label, const char *digits)
{
    char text[16];
    snprintf(text, sizeof text, "%.4s-%.2s-%.2s", digits, digits + (strlen(digits) == 8 ? 4 : 0),
             digits + (strlen(digits) == 8 ? 6 : 0));
    grid_pair(grid, label, strlen(digits) == 8 ? text : digits);
}

static void code_pair(struct grid *grid, enum message label, const char *list, const char *code)
{
    char text[64];
    const char *meaning = ssc_code_text(list, code);
    snprintf(text, sizeof text, "%s%s%s", code, meaning ? "  " : "", meaning ? meaning : "");
    grid_pair(grid, label, text);
}

static void genuine_pair(struct cli *cli, struct grid *grid, const char *genuine)
{
    char text[96];
    snprintf(text, sizeof text, "%s",
             strcmp(genuine, "yes") == 0  ? S_GOOD
             : strcmp(genuine, "no") == 0 ? S_BAD
                                          : S_WARN);
    snprintf(text + 1, sizeof text - 1, "%s",
             msg(cli, strcmp(genuine, "yes") == 0  ? MSG_GENUINE_YES
                      : strcmp(genuine, "no") == 0 ? MSG_GENUINE_NO
                                                   : MSG_GENUINE_NOT_CHECKED));
    grid_pair(grid, MSG_GENUINE, text);
}

static void findings(struct cli *cli, const json_t *identity)
{
    static const struct {
        const char *name;
        enum message text;
    } rows[] = {{"citizen_id_check", MSG_FINDING_ID},
                {"card_number_check", MSG_FINDING_NUMBER},
                {"dates_in_ascii", MSG_FINDING_DATES}};
    const json_t *finding;
    size_t i;
    json_array_foreach(json_object_get(identity, "findings"), i, finding)
    {
        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
            if (strcmp(json_string_value(finding), rows[k].name) == 0) {
                say(cli, stdout, rows[k].text);
            }
        }
    }
    if (jb(identity, "test_keys")) {
        say(cli, stdout, MSG_TEST_KEYS);
    }
}

static void show(struct cli *cli, const json_t *id)
{
    struct grid grid;
    char name[160], cost[96];
    if (given(cli, OPT_LINE)) {
        printf("%s\n", js(id, "line"));
        return;
    }
    snprintf(name, sizeof name, S_BOLD "%s", js(id, "name"));
    grid_begin(&grid, cli, 2, NULL);
    grid_pair(&grid, MSG_NAME, js(id, "name")[0] ? name : "");
    grid_pair(&grid, MSG_CITIZEN_ID, js(id, "citizen_id"));
    grid_pair(&grid, MSG_CARD_NUMBER, js(id, "card_number"));
    genuine_pair(cli, &grid, js(id, "genuine"));
    code_pair(&grid, MSG_SEX, "sex", js(id, "sex"));
    code_pair(&grid, MSG_ETHNIC_GROUP, "ethnic_group", js(id, "ethnic_group"));
    date_pair(&grid, MSG_BIRTH_DATE, js(id, "birth_date"));
    grid_pair(&grid, MSG_BIRTH_PLACE, js(id, "birth_place"));
    grid_pair(&grid, MSG_AREA_CODE, js(id, "area_code"));
    grid_pair(&grid, MSG_CARD_ID, js(id, "card_id"));
    code_pair(&grid, MSG_CARD_CLASS, "card_class", js(id, "card_class"));
    grid_pair(&grid, MSG_VERSION, js(id, "version"));
    date_pair(&grid, MSG_ISSUE_DATE, js(id, "issue_date"));
    date_pair(&grid, MSG_EXPIRY_DATE, js(id, "expiry_date"));
    grid_pair(&grid, MSG_ISSUER, js(id, "issuer"));
    grid_pair(&grid, MSG_TERMINAL, js(id, "terminal_number"));
    snprintf(cost, sizeof cost, S_DIM "%lld / %lld ms", (long long)ji(id, "exchanges"),
             (long long)ji(id, "elapsed_ms"));
    grid_pair(&grid, MSG_COST, cost);
    grid_end(&grid, stdout);
    findings(cli, id);
}

static int run(struct cli *cli, int argc, char **argv)
{
    json_t *params = json_pack("{s:s, s:b}", "parts", given(cli, 'b') ? "basic" : "full", "verify",
                               !given(cli, OPT_NO_VERIFY));
    int status = argc > 0 ? usage_error(cli, argv[0]) : 0;
    if (status == 0) {
        status = run_card_call(cli, "card.identity", json_incref(params), show);
    }
    json_decref(params);
    return status;
}

static const struct opt options[] = {
    {'b',
     "basic",
     NULL,
     {"only the eleven items of the national line: fewer exchanges", "仅读取基本信息十一项, 速度更快"}},
    {OPT_LINE, "line", NULL, {"print the national line, items ended by |", "输出以 | 分隔的基本信息行"}},
    {OPT_NO_VERIFY, "no-verify", NULL, {"do not check that the card is genuine", "不进行卡片真伪认证"}},
    OPTION_KEY_FILE,
    {0},
};

const struct command cmd_identity = {
    .name = "identity",
    .args = "[--basic] [--line]",
    .summary = {"who holds the card, and is it genuine", "读取持卡人信息并验证卡片真伪"},
    .options = options,
    .examples = "sscard identity\nsscard identity --basic --line\nsscard identity --json | jq -r .name",
    .flags = CMD_DIRECT,
    .run = run,
};
