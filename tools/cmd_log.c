/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/commands.h"

#include <string.h>

static const char *type_text(struct cli *cli, const char *type)
{
    static const struct {
        const char *type;
        enum message text;
    } rows[] = {{"31", MSG_LOAD},        {"32", MSG_DEBIT},     {"01", MSG_LOAD},  {"02", MSG_LOAD},
                {"03", MSG_TYPE_UNLOAD}, {"04", MSG_TYPE_CASH}, {"05", MSG_DEBIT}, {"06", MSG_DEBIT},
                {"07", MSG_OVERDRAFT},   {"09", MSG_TYPE_CAPP}};
    const char *text = type;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        text = strcmp(type, rows[i].type) == 0 ? msg(cli, rows[i].text) : text;
    }
    return text;
}

/* The socket may give the type as a number or as two hexadecimal digits. */
static const char *type_of(const json_t *entry, char out[8])
{
    const json_t *type = json_object_get(entry, "type");
    if (json_is_integer(type)) {
        snprintf(out, 8, "%02X", (unsigned)json_integer_value(type) & 0xFFu);
    } else {
        snprintf(out, 8, "%s", js(entry, "type"));
    }
    return out;
}

static void show(struct cli *cli, const json_t *result)
{
    const json_t *entry;
    const bool medical = strcmp(js(result, "purse"), "medical") == 0;
    size_t i;
    struct grid grid;
    grid_begin(&grid, cli, 8,
               (const char *const[]){"#", msg(cli, MSG_TIME), msg(cli, MSG_KIND), msg(cli, MSG_AMOUNT),
                                     medical ? msg(cli, MSG_SELF_PAY) : "",
                                     medical ? msg(cli, MSG_POOLED) : "", msg(cli, MSG_COUNTER),
                                     msg(cli, MSG_TERMINAL)});
    grid.right = 1u << 0 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6;
    json_array_foreach(json_object_get(result, "entries"), i, entry)
    {
        char number[24], counter[24], type[8], amount[AMOUNT_TEXT], self_pay[AMOUNT_TEXT],
            pooled[AMOUNT_TEXT];
        snprintf(number, sizeof number, "%lld", (long long)ji(entry, "record"));
        snprintf(counter, sizeof counter, "%lld", (long long)ji(entry, "counter"));
        grid_row(&grid, number, js(entry, "time"), type_text(cli, type_of(entry, type)),
                 yuan(entry, "amount", amount), medical ? yuan(entry, "self_pay", self_pay) : "",
                 medical ? yuan(entry, "pooled", pooled) : "", counter, js(entry, "terminal"));
    }
    grid_end(&grid, stdout);
    if (json_array_size(json_object_get(result, "entries")) == 0) {
        say(cli, stdout, MSG_EMPTY_LOG);
    }
}

static int run(struct cli *cli, int argc, char **argv)
{
    json_t *params = json_object();
    put_purse(cli, params);
    int status = argc > 0 ? usage_error(cli, argv[0]) : 0;
    if (status == 0) {
        status = run_card_call(cli, "purse.log", json_incref(params), show);
    }
    json_decref(params);
    return status;
}

static const struct opt options[] = {OPTION_PURSE, OPTION_PIN_PAD, OPTION_PIN_FD, OPTION_KEY_FILE, {0}};

const struct command cmd_log = {
    .name = "log",
    .args = "[--purse PURSE]",
    .summary = {"the card's own record of transactions", "读取卡内交易明细"},
    .options = options,
    .examples = "sscard log\nsscard log --purse ed --json",
    .flags = CMD_DIRECT,
    .run = run,
};
