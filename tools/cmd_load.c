/* SPDX-License-Identifier: Apache-2.0 */
/* A load: the card's request goes to the host, the host's answer to the card, both within one lease. */
#include "tools/commands.h"

#include "apdu/error.h"
#include "tools/test_host.h"

#include <string.h>

enum { OPT_TERMINAL = OPT_FIRST_OWN };

static void show(struct cli *cli, const json_t *result)
{
    show_txn(cli, json_object_get(result, "txn"));
}

/* "20260101120000 A1B2C3D4" */
static int read_answer(struct cli *cli, struct host_answer *answer)
{
    char line[128];
    int rc = host_read(cli, MSG_HOST_ANSWER, line, sizeof line);
    if (rc == SSC_E_CANCELLED ||
        (rc == 0 && (sscanf(line, "%14[0-9] %8[0-9A-Fa-f]", answer->time, answer->mac2) != 2 ||
                     strlen(answer->time) != 14 || strlen(answer->mac2) != 8))) {
        cli_set_error(cli, SSC_E_INVALID_ARGUMENT, "HOST_TIME MAC2");
        rc = SSC_E_INVALID_ARGUMENT;
    }
    return rc;
}

static int ask_test_host(struct cli *cli, const json_t *info, const json_t *begun, struct host_answer *answer)
{
    char why[200] = "";
    const int rc = test_host_answer(cli->value['k'], info, begun, answer, why);
    if (rc != 0) {
        cli_set_error(cli, rc, why);
    }
    return rc;
}

static int complete(struct cli *cli, const json_t *info, const json_t *begun)
{
    struct host_answer answer = {0};
    json_t *result = NULL;
    int rc = 0;
    if (info) {
        rc = ask_test_host(cli, info, begun, &answer);
    } else {
        host_show(cli, json_object_get(begun, "host"));
        rc = read_answer(cli, &answer);
    }
    if (rc == 0) {
        rc = cli_call(cli, "purse.load.complete",
                      json_pack("{s:s, s:I, s:s, s:s}", "lease", js(begun, "lease"), "id",
                                (json_int_t)ji(json_object_get(begun, "txn"), "id"), "host_time", answer.time,
                                "mac2", answer.mac2),
                      &result);
    }
    const int status = rc == 0 ? cli_show(cli, result, show) : cli_fail(cli);
    json_decref(result);
    return status;
}

static int load(struct cli *cli, const char *op, int64_t amount)
{
    json_t *info = NULL, *begun = NULL;
    json_t *params = json_pack("{s:s, s:I}", "op", op, "amount", (json_int_t)amount);
    int rc = 0, status = 0;
    put_purse(cli, params);
    if (given(cli, OPT_TERMINAL)) {
        json_object_set_new(params, "terminal", json_string(cli->value[OPT_TERMINAL]));
    }
    if (given(cli,
              'k')) { /* before the load begins: in between, the card forgets it over any other command */
        rc = cli_card_call(cli, "card.info", NULL, &info);
    }
    rc = rc == 0 ? cli_card_call(cli, "purse.load.begin", json_incref(params), &begun) : rc;
    if (rc != 0) {
        status = cli_fail(cli);
    } else if (!json_object_get(begun, "lease")) { /* a repeated op: done before */
        status = cli_show(cli, begun, show);
    } else {
        status = complete(cli, info, begun);
    }
    json_decref(params);
    json_decref(info);
    json_decref(begun);
    return status;
}

static int run(struct cli *cli, int argc, char **argv)
{
    int64_t amount = 0;
    char key[OP_TEXT];
    int status =
        argc == 1 ? amount_of(cli, argv[0], &amount) : usage_error(cli, argc == 0 ? "AMOUNT" : argv[1]);
    const char *op = status == 0 ? op_of(cli, key, &status) : NULL;
    return op ? load(cli, op, amount) : status;
}

static const struct opt options[] = {
    OPTION_OP,
    OPTION_PURSE,
    {OPT_TERMINAL,
     "terminal",
     "HEX12",
     {"terminal number (default: the PSAM's)", "终端机编号 (默认取自 PSAM)"}},
    {'k', "key-file", "FILE", {"act as the host, with test keys", "使用测试密钥模拟主机"}},
    OPTION_PIN_PAD,
    OPTION_PIN_FD,
    {0},
};

const struct command cmd_load = {
    .name = "load",
    .args = "[--op KEY] [--purse PURSE] [--key-file FILE] AMOUNT",
    .summary = {"put money on the card, together with the host", "圈存: 与主机配合向卡内充值"},
    .about =
        {"Prints what the host needs, then reads the host's answer from standard input: HOST_TIME MAC2,\n"
         "for instance 20260101120000 A1B2C3D4. The card is held in between.\n"
         "With --json the request is one line on standard error, and standard output holds the result alone.",
         "先输出主机所需数据, 再从标准输入读取主机应答: HOST_TIME MAC2,\n"
         "例如 20260101120000 A1B2C3D4。期间卡片一直被占用。\n"
         "使用 --json 时, 请求在标准错误输出占一行, 标准输出只有结果。"},
    .options = options,
    .examples = "sscard load 100\nsscard load --key-file test-keys.json 100",
    .run = run,
};
