/* SPDX-License-Identifier: Apache-2.0 */
/* The holder's PIN. Digits come from the terminal without echo or from the reader's pad, never from argv. */
#include "tools/commands.h"

#include "apdu/error.h"

#include <string.h>

enum { OPT_REMOTE = OPT_FIRST_OWN, OPT_COMMAND };

static void show(struct cli *cli, const json_t *result)
{
    const json_t *left = json_object_get(result, "tries_left");
    if (json_is_integer(left)) {
        char tries[24];
        snprintf(tries, sizeof tries, "%" JSON_INTEGER_FORMAT, json_integer_value(left));
        say(cli, stdout, MSG_PIN_TRIES, tries);
    } else {
        say(cli, stdout, left ? MSG_PIN_TRIES_UNTOLD : MSG_PIN_DONE);
    }
}

/* Asks for the new PIN twice. */
static int new_pin(struct cli *cli, char digits[17])
{
    char again[17];
    int rc = secret_read(cli, MSG_TYPE_NEW_PIN, digits);
    if (rc == 0 && !given(cli, OPT_PIN_FD)) { /* nobody mistypes there */
        rc = secret_read(cli, MSG_TYPE_AGAIN, again);
    }
    if (rc == 0 && !given(cli, OPT_PIN_FD) && strcmp(digits, again) != 0) {
        rc = SSC_E_PIN_MISMATCH;
    }
    explicit_bzero(again, sizeof again);
    return rc;
}

static int put_digits(struct cli *cli, json_t *params, const char *key, bool fresh)
{
    char digits[17];
    const int rc = fresh ? new_pin(cli, digits) : secret_read(cli, MSG_TYPE_PIN, digits);
    if (rc == 0) {
        json_object_set_new(params, key, json_string(digits));
    }
    explicit_bzero(digits, sizeof digits);
    return rc;
}

static int gather(struct cli *cli, const char *verb, json_t *params)
{
    const bool change = strcmp(verb, "change") == 0, unblock = strcmp(verb, "unblock") == 0;
    const char *purse = cli->value['p'];
    /* A purse's unblock brings the PIN along; the social security side keeps its own. */
    const bool office = given(cli, OPT_REMOTE) || given(cli, OPT_COMMAND); /* it has the new PIN */
    const bool fresh =
        change || strcmp(verb, "reload") == 0 || (unblock && purse && strcmp(purse, "medical") != 0);
    int rc = 0;
    put_purse(cli, params);
    if (strcmp(verb, "status") == 0) {
        json_object_set_new(params, "status", json_true());
    } else if (!unblock && !office && given(cli, 'P')) {
        say(cli, stderr, MSG_TYPE_ON_PAD);
        json_object_set_new(params, "entry", json_string("pinpad"));
    } else if (strcmp(verb, "verify") == 0) {
        rc = put_digits(cli, params, "secret", false);
    } else if (fresh && !office) {
        rc = change ? put_digits(cli, params, "old", false) : 0;
        rc = rc == 0 ? put_digits(cli, params, "new", true) : rc;
    }
    return rc;
}

/* Here, or through the back office. */
static int act(struct cli *cli, const char *method, const json_t *params, json_t **result)
{
    json_t *own = json_copy((json_t *)(uintptr_t)params);
    int rc;
    if (given(cli, OPT_REMOTE)) {
        rc = pin_remote(cli, method, params, result);
        json_decref(own);
    } else {
        if (given(cli, OPT_COMMAND)) {
            json_object_set_new(own, "command", json_string(cli->value[OPT_COMMAND]));
        }
        rc = cli_card_call(cli, method, own, result);
    }
    return rc;
}

static bool may_be_remote(const char *method)
{
    return strcmp(method, "pin.reload") == 0 || strcmp(method, "pin.unblock") == 0;
}

static int run(struct cli *cli, int argc, char **argv)
{
    static const struct {
        const char *verb, *method;
    } rows[] = {{"verify", "pin.verify"},
                {"status", "pin.verify"},
                {"change", "pin.change"},
                {"reload", "pin.reload"},
                {"unblock", "pin.unblock"}};
    const char *method = NULL;
    char op[OP_TEXT];
    int status = 0;
    json_t *params = json_object();
    for (size_t i = 0; argc == 1 && i < sizeof rows / sizeof rows[0]; i++) {
        method = strcmp(argv[0], rows[i].verb) == 0 ? rows[i].method : method;
    }
    const bool remote = given(cli, OPT_REMOTE) || given(cli, OPT_COMMAND);
    const bool wrong = remote && method && !may_be_remote(method);
    const int rc = method && !wrong ? gather(cli, argv[0], params) : 0;
    if (wrong) {
        status = usage_error(cli, given(cli, OPT_REMOTE) ? "--remote" : "--command");
    } else if (!method) {
        status = usage_error(cli, argc > 1    ? argv[1]
                                  : argc == 1 ? argv[0]
                                              : "verify|status|change|reload|unblock");
    } else if (rc != 0) {
        status = cli_fail_with(cli, rc, NULL);
    } else {
        if (strcmp(method, "pin.verify") != 0) {
            json_object_set_new(params, "op", json_string(op_of(cli, op, &status)));
        }
        json_t *result = NULL;
        status = act(cli, method, params, &result) == 0 ? cli_show(cli, result, show) : cli_fail(cli);
        json_decref(result);
    }
    json_decref(params);
    return status;
}

static const struct opt options[] = {
    OPTION_PURSE,
    OPTION_PIN_PAD,
    OPTION_PIN_FD,
    OPTION_OP,
    {OPT_REMOTE,
     "remote",
     NULL,
     {"reload, unblock: with the back office's key machine, step by step",
      "reload、unblock: 逐步使用后台加密机"}},
    {OPT_COMMAND,
     "command",
     "HEX",
     {"reload, unblock: send this command of the back office", "reload、unblock: 发送后台给出的这条命令"}},
    {0},
};

const struct command cmd_pin = {
    .name = "pin",
    .args = "verify|status|change|reload|unblock [--purse PURSE] [--pin-pad] [--remote]",
    .subcommands = "verify|status|change|reload|unblock",
    .summary = {"verify, change, replace or unblock the PIN, tell its tries",
                "验证、修改、重装或解锁密码, 查询剩余次数"},
    .about =
        {"Digits are typed on the terminal without echo, or on the reader's pad; never given as an "
         "argument.\n"
         "reload and unblock need the issuer's key (PSAM or back office).\n"
         "status tells how many tries are left and spends none. A purse (--purse ed, ep) has a PIN of its\n"
         "own, and its unblock sets the PIN.\n"
         "--remote prints what the back office's key machine needs and reads its answers from standard "
         "input:\n"
         "the authentication data for the key PUK (not for a purse), then the whole command. With --json "
         "what\n"
         "it needs goes to standard error, one object per line.",
         "密码在终端输入 (不回显) 或在读卡器密码键盘上输入, 不能写在命令行中。\n"
         "reload 和 unblock 需要发卡机构密钥 (PSAM 或加密机)。\n"
         "status 查询剩余次数, 不消耗次数。电子钱包 (--purse ed, ep) 有自己的密码, unblock 同时设置密码。\n"
         "--remote 输出后台加密机所需数据, 并从标准输入读取应答: 先是密钥 PUK 的外部认证数据 "
         "(电子钱包不需要),\n"
         "再是完整命令。使用 --json 时, 所需数据输出到标准错误, 每行一个对象。"},
    .options = options,
    .examples = "sscard pin verify\nsscard pin change --pin-pad\nsscard pin unblock --remote",
    .run = run,
};
