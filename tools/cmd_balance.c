/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/commands.h"

#include <string.h>

static void show(struct cli *cli, const json_t *result)
{
    char amount[AMOUNT_TEXT], text[AMOUNT_TEXT + 16], year[40];
    struct grid grid;
    const char *purse = js(result, "purse");
    const enum message label = strcmp(purse, "ed") == 0   ? MSG_PURSE_ED
                               : strcmp(purse, "ep") == 0 ? MSG_PURSE_EP
                                                          : MSG_PURSE_MEDICAL;
    grid_begin(&grid, cli, 2, NULL);
    snprintf(text, sizeof text, S_BOLD "%s %s", yuan(result, "amount", amount), msg(cli, MSG_YUAN));
    grid_pair(&grid, label, text);
    if (ji(result, "year") > 0) {
        snprintf(year, sizeof year, "%lld", (long long)ji(result, "year"));
        grid_pair(&grid, MSG_YEAR, year);
        snprintf(text, sizeof text, "%s %s", yuan(result, "year_self_pay", amount), msg(cli, MSG_YUAN));
        grid_pair(&grid, MSG_YEAR_SELF_PAY, text);
        snprintf(text, sizeof text, "%s %s", yuan(result, "year_pooled", amount), msg(cli, MSG_YUAN));
        grid_pair(&grid, MSG_YEAR_POOLED, text);
    }
    if (ji(result, "overdraft") > 0) {
        snprintf(text, sizeof text, "%s %s", yuan(result, "overdraft", amount), msg(cli, MSG_YUAN));
        grid_pair(&grid, MSG_OVERDRAFT, text);
    }
    grid_end(&grid, stdout);
}

static int run(struct cli *cli, int argc, char **argv)
{
    json_t *params = json_object();
    put_purse(cli, params);
    int status = argc > 0 ? usage_error(cli, argv[0]) : 0;
    if (status == 0) {
        status = run_card_call(cli, "purse.balance", json_incref(params), show);
    }
    json_decref(params);
    return status;
}

static const struct opt options[] = {OPTION_PURSE, OPTION_PIN_PAD, OPTION_PIN_FD, OPTION_KEY_FILE, {0}};

const struct command cmd_balance = {
    .name = "balance",
    .args = "[--purse PURSE]",
    .summary = {"money on the card", "查询卡内余额"},
    .options = options,
    .examples = "sscard balance\nsscard balance --purse ep",
    .flags = CMD_DIRECT,
    .run = run,
};
