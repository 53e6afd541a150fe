/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/commands.h"

#include <string.h>

static void maker(struct grid *grid, enum message label, const json_t *historical, const char *key)
{
    char name_key[40], text[128];
    snprintf(name_key, sizeof name_key, "%s_name", key);
    snprintf(text, sizeof text, "%s%s%s", js(historical, key), js(historical, name_key)[0] ? "  " : "",
             js(historical, name_key));
    grid_pair(grid, label, text);
}

static void purses(struct grid *grid, const json_t *info)
{
    const json_t *purse;
    size_t i;
    char text[128] = "";
    json_array_foreach(json_object_get(info, "purses"), i, purse)
    {
        const size_t at = strlen(text);
        const char *name = json_string_value(purse);
        const enum message id = strcmp(name, "medical") == 0 ? MSG_PURSE_MEDICAL
                                : strcmp(name, "ed") == 0    ? MSG_PURSE_ED
                                                             : MSG_PURSE_EP;
        snprintf(text + at, sizeof text - at, "%s%s", at ? ", " : "", msg(grid->cli, id));
    }
    grid_pair(grid, MSG_PURSES, text);
}

static void show_atr(struct cli *cli, const json_t *info)
{
    const json_t *item;
    size_t i;
    struct grid grid;
    const bool zh = cli->lang == LANG_ZH;
    printf("\nATR %s\n", js(info, "atr"));
    grid_begin(&grid, cli, 2, NULL);
    json_array_foreach(json_object_get(info, "atr_items"), i, item)
    {
        char name[64];
        snprintf(name, sizeof name, "  %s", js(item, zh ? "item_zh" : "item"));
        grid_row(&grid, name, js(item, zh ? "meaning_zh" : "meaning"));
    }
    grid_end(&grid, stdout);
}

static void show(struct cli *cli, const json_t *info)
{
    const json_t *historical = json_object_get(info, "historical");
    struct grid grid;
    char title[64];
    snprintf(title, sizeof title, S_BOLD "%s", kind_text(cli, js(info, "kind")));
    grid_begin(&grid, cli, 2, NULL);
    grid_pair(&grid, MSG_CARD, title);
    grid_pair(&grid, MSG_READER, js(info, "reader"));
    grid_pair(&grid, MSG_GENERATION, js(info, "generation"));
    grid_pair(&grid, MSG_VERSION, js(info, "version"));
    grid_pair(&grid, MSG_ALGORITHM, algorithm_text(js(info, "algorithm")));
    grid_pair(&grid, MSG_PROTOCOL, js(info, "protocol"));
    grid_pair(&grid, MSG_CITY, js(info, "city"));
    grid_pair(&grid, MSG_REGION_LABEL, js(historical, "region"));
    maker(&grid, MSG_CHIP_MAKER, historical, "chip_maker");
    maker(&grid, MSG_CARD_MAKER, historical, "card_maker");
    grid_pair(&grid, MSG_SERIAL, js(historical, "serial"));
    purses(&grid, info);
    grid_end(&grid, stdout);
    show_atr(cli, info);
}

static int run(struct cli *cli, int argc, char **argv)
{
    return argc > 0 ? usage_error(cli, argv[0]) : run_card_call(cli, "card.info", NULL, show);
}

const struct command cmd_info = {
    .name = "info",
    .args = "",
    .summary = {"what kind of card this is, its ATR explained", "卡片类型, 逐项解释复位信息 (ATR)"},
    .examples = "sscard info\nsscard info --driver sim:ssc-2.0",
    .flags = CMD_DIRECT,
    .run = run,
};
