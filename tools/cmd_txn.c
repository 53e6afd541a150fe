/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/commands.h"

#include <stdlib.h>
#include <string.h>

enum { OPT_UNSETTLED = OPT_FIRST_OWN, OPT_LIMIT, OPT_CARD, OPT_DECISION, OPT_MAC2 };

static void show_list(struct cli *cli, const json_t *result)
{
    const json_t *txns = json_object_get(result, "txns");
    if (json_array_size(txns) == 0) {
        say(cli, stdout, MSG_NO_TXNS);
    } else {
        show_txn_list(cli, txns);
    }
    if (jb(result, "more")) {
        say(cli, stdout, MSG_MORE_TXNS);
    }
}

static void show_one(struct cli *cli, const json_t *result)
{
    show_txn(cli, json_object_get(result, "txn"));
}

static void show_resolved(struct cli *cli, const json_t *result)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)ji(result, "settled"));
    say(cli, stdout, MSG_SETTLED_COUNT, number);
    if (json_array_size(json_object_get(result, "txns")) > 0) {
        show_txn_list(cli, json_object_get(result, "txns"));
    }
}

static int call_and_show(struct cli *cli, const char *method, json_t *params,
                         void (*show)(struct cli *cli, const json_t *result))
{
    json_t *result = NULL;
    const int status =
        cli_call(cli, method, params, &result) == 0 ? cli_show(cli, result, show) : cli_fail(cli);
    json_decref(result);
    return status;
}

/* A number is a transaction's id, anything else an op. */
static json_t *which(const char *text)
{
    char *end = NULL;
    const long long id = strtoll(text, &end, 10);
    return *end == '\0' && end != text && strlen(text) < 16 ? json_pack("{s:I}", "id", (json_int_t)id)
                                                            : json_pack("{s:s}", "op", text);
}

static int list(struct cli *cli)
{
    json_t *params = json_object();
    if (given(cli, OPT_UNSETTLED)) {
        json_object_set_new(params, "unsettled", json_true());
    }
    if (given(cli, OPT_LIMIT)) {
        json_object_set_new(params, "limit", json_integer(strtol(cli->value[OPT_LIMIT], NULL, 10)));
    }
    if (given(cli, OPT_CARD)) {
        json_object_set_new(params, "serial", json_string(cli->value[OPT_CARD]));
    }
    return call_and_show(cli, "txn.list", params, show_list);
}

/* With a number: an operator's decision. Without: the card in the reader is asked. */
static int resolve(struct cli *cli, const char *id)
{
    json_t *params = id ? which(id) : json_object();
    if (given(cli, OPT_DECISION)) {
        json_object_set_new(params, "decision", json_string(cli->value[OPT_DECISION]));
    }
    return id ? call_and_show(cli, "txn.resolve", params, show_resolved)
              : run_card_call(cli, "txn.resolve", params, show_resolved);
}

/* What the key machine says of MAC2, which only it can check. */
static int verified(struct cli *cli, const char *key)
{
    json_t *params = which(key);
    json_object_set_new(params, "mac2", json_string(cli->value[OPT_MAC2]));
    return call_and_show(cli, "purse.debit.verified", params, show_one);
}

static int run(struct cli *cli, int argc, char **argv)
{
    const char *verb = argc > 0 ? argv[0] : "list";
    int status = 0;
    if (strcmp(verb, "list") == 0 && argc <= 1) {
        status = list(cli);
    } else if (strcmp(verb, "get") == 0 && argc == 2) {
        status = call_and_show(cli, "txn.get", which(argv[1]), show_one);
    } else if (strcmp(verb, "resolve") == 0 && argc <= 2) {
        status = resolve(cli, argc == 2 ? argv[1] : NULL);
    } else if (strcmp(verb, "verified") == 0 && argc == 2 && given(cli, OPT_MAC2)) {
        status = verified(cli, argv[1]);
    } else {
        status = usage_error(cli, verb);
    }
    return status;
}

static const struct opt options[] = {
    {OPT_UNSETTLED, "unsettled", NULL, {"list: only those whose outcome is open", "list: 仅未确认的交易"}},
    {OPT_LIMIT, "limit", "N", {"list: how many (default 20, at most 100)", "list: 条数 (默认 20, 最多 100)"}},
    {OPT_CARD, "card", "SERIAL", {"list: of one card", "list: 指定卡片"}},
    OPTION_PIN_PAD,
    OPTION_PIN_FD,
    {OPT_DECISION,
     "decision",
     "done|not_done",
     {"resolve: what the back office decided", "resolve: 后台的裁定结果"}},
    {OPT_MAC2,
     "mac2",
     "right|wrong",
     {"verified: what the back office's key machine says", "verified: 后台加密机的校验结论"}},
    {0},
};

const struct command cmd_txn = {
    .name = "txn",
    .args = "[list] | get ID|OP | resolve [ID --decision=done|not_done] | verified ID|OP --mac2=right|wrong",
    .subcommands = "list|get|resolve|verified",
    .summary = {"transactions in the journal", "查询和核实交易日志"},
    .about = {"resolve without ID asks the card in the reader about its open transactions.\n"
              "verified is for a debit with the back office's keys: its key machine alone can check MAC2.",
              "resolve 不带 ID 时, 向读卡器中的卡核实其未确认的交易。\n"
              "verified 用于使用后台密钥的扣款: MAC2 只有后台加密机能够校验。"},
    .options = options,
    .examples = "sscard txn list --unsettled\nsscard txn get pharmacy1-20260101-0042\nsscard txn resolve\n"
                "sscard txn verified pharmacy1-20260101-0042 --mac2=right",
    .run = run,
};
