/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions for people, and the parameters that commands about money share. */
#include "tools/commands.h"

#include "apdu/error.h"

#include <string.h>

static const struct {
    const char *name, *style;
    enum message text;
} states[] = {
    {"prepared", S_WARN, MSG_TXN_PREPARED},       {"armed", S_WARN, MSG_TXN_ARMED},
    {"debited", S_WARN, MSG_TXN_DEBITED},         {"credited", S_WARN, MSG_TXN_CREDITED},
    {"confirmed", S_GOOD, MSG_TXN_CONFIRMED},     {"refused", S_BAD, MSG_TXN_REFUSED},
    {"abandoned", S_DIM, MSG_TXN_ABANDONED},      {"unknown", S_BAD, MSG_TXN_UNKNOWN},
    {"not_debited", S_WARN, MSG_TXN_NOT_DEBITED}, {"not_credited", S_WARN, MSG_TXN_NOT_CREDITED},
    {"unproven", S_BAD, MSG_TXN_UNPROVEN},
};

static const struct {
    const char *name;
    enum message text;
} evidences[] = {
    {"reply_mac2", MSG_EVI_REPLY},
    {"proof_mac2", MSG_EVI_PROOF},
    {"proof_tac", MSG_EVI_TAC},
    {"status_word", MSG_EVI_STATUS},
    {"never_sent", MSG_EVI_NEVER_SENT},
    {"card_unchanged", MSG_EVI_UNCHANGED},
    {"operator", MSG_EVI_OPERATOR},
    {"load_tac", MSG_EVI_LOAD_TAC},
    {"reply_unchecked", MSG_EVI_REPLY_UNCHECKED},
    {"host_mac2", MSG_EVI_HOST_MAC2},
    {"host_mac2_wrong", MSG_EVI_HOST_MAC2_WRONG},
    {"conflict", MSG_EVI_CONFLICT},
};

const char *txn_state_text(struct cli *cli, const char *state)
{
    static _Thread_local char text[96];
    snprintf(text, sizeof text, "%s", state);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(state, states[i].name) == 0) {
            snprintf(text, sizeof text, "%s%s", states[i].style, msg(cli, states[i].text));
        }
    }
    return text;
}

static const char *evidence_text(struct cli *cli, const char *evidence)
{
    const char *text = strcmp(evidence, "none") == 0 ? "" : evidence;
    for (size_t i = 0; i < sizeof evidences / sizeof evidences[0]; i++) {
        text = strcmp(evidence, evidences[i].name) == 0 ? msg(cli, evidences[i].text) : text;
    }
    return text;
}

const char *yuan(const json_t *object, const char *key, char out[AMOUNT_TEXT])
{
    const json_t *value = json_object_get(object, key);
    out[0] = '\0';
    return json_is_integer(value) ? amount_format(json_integer_value(value), out) : out;
}

static enum message purse_id(const char *name)
{
    return strcmp(name, "ed") == 0   ? MSG_PURSE_ED
           : strcmp(name, "ep") == 0 ? MSG_PURSE_EP
                                     : MSG_PURSE_MEDICAL;
}

static void money_pair(struct grid *grid, enum message label, const json_t *txn, const char *key)
{
    char amount[AMOUNT_TEXT], text[AMOUNT_TEXT + 16];
    if (yuan(txn, key, amount)[0]) {
        snprintf(text, sizeof text, "%s %s", amount, msg(grid->cli, MSG_YUAN));
        grid_pair(grid, label, text);
    }
}

/* The receipt. */
void show_txn(struct cli *cli, const json_t *txn)
{
    const bool load = strcmp(js(txn, "kind"), "load") == 0;
    const bool parts = ji(txn, "self_pay") > 0 || ji(txn, "pooled") > 0;
    struct grid grid;
    char number[24];
    grid_begin(&grid, cli, 2, NULL);
    grid_row(&grid, msg(cli, load ? MSG_LOAD : MSG_DEBIT), txn_state_text(cli, js(txn, "state")));
    money_pair(&grid, MSG_AMOUNT, txn, "amount");
    if (parts) {
        money_pair(&grid, MSG_SELF_PAY, txn, "self_pay");
        money_pair(&grid, MSG_POOLED, txn, "pooled");
    }
    money_pair(&grid, MSG_BALANCE_BEFORE, txn, "balance_before");
    money_pair(&grid, MSG_BALANCE_AFTER, txn, "balance_after");
    grid_pair(&grid, MSG_PURSE, msg(cli, purse_id(js(txn, "purse"))));
    grid_pair(&grid, MSG_TIME, js(txn, "time"));
    snprintf(number, sizeof number, "%lld", (long long)ji(txn, "id"));
    grid_pair(&grid, MSG_TXN_ID, number);
    grid_pair(&grid, MSG_OP, js(txn, "op"));
    grid_pair(&grid, MSG_TERMINAL, js(txn, "terminal"));
    grid_pair(&grid, MSG_TERMINAL_SEQ, js(txn, "terminal_seq"));
    grid_pair(&grid, MSG_SERIAL, js(txn, "card"));
    snprintf(number, sizeof number, "%lld", (long long)ji(txn, "counter"));
    grid_pair(&grid, MSG_COUNTER, ji(txn, "counter") >= 0 ? number : "");
    grid_pair(&grid, MSG_TAC, js(txn, "tac"));
    grid_pair(&grid, MSG_EVIDENCE, evidence_text(cli, js(txn, "evidence")));
    grid_end(&grid, stdout);
    if (jb(txn, "test_keys")) {
        say(cli, stdout, MSG_TEST_KEYS);
    }
}

void show_txn_list(struct cli *cli, const json_t *txns)
{
    const json_t *txn;
    size_t i;
    struct grid grid;
    grid_begin(&grid, cli, 7,
               (const char *const[]){msg(cli, MSG_TXN_ID), msg(cli, MSG_TIME), msg(cli, MSG_KIND),
                                     msg(cli, MSG_AMOUNT), msg(cli, MSG_BALANCE_AFTER), msg(cli, MSG_STATE),
                                     "op"});
    grid.right = 1u << 0 | 1u << 3 | 1u << 4;
    json_array_foreach(txns, i, txn)
    {
        char number[24], amount[AMOUNT_TEXT], after[AMOUNT_TEXT];
        snprintf(number, sizeof number, "%lld", (long long)ji(txn, "id"));
        grid_row(&grid, number, js(txn, "time"),
                 msg(cli, strcmp(js(txn, "kind"), "load") ? MSG_DEBIT : MSG_LOAD),
                 yuan(txn, "amount", amount), yuan(txn, "balance_after", after),
                 txn_state_text(cli, js(txn, "state")), js(txn, "op"));
    }
    grid_end(&grid, stdout);
}

void put_purse(struct cli *cli, json_t *params)
{
    if (given(cli, 'p')) {
        json_object_set_new(params, "purse", json_string(cli->value['p']));
    }
}

const char *op_of(struct cli *cli, char op[OP_TEXT], int *status)
{
    const char *key = cli->value['o'];
    *status = EXIT_DONE;
    if (!key && op_generate(op) == 0) {
        key = op;
        snprintf(cli->new_op, sizeof cli->new_op, "%s", op);
        say(cli, stderr, MSG_NEW_OP,
            key); /* before anything happens: with it the call can be repeated safely */
    } else if (!key) {
        *status = cli_fail_with(cli, SSC_E_CRYPTO, "getrandom");
    }
    return key;
}

int amount_of(struct cli *cli, const char *text, int64_t *fen)
{
    int status = 0;
    if (text && amount_parse(text, fen) != 0) {
        say(cli, stderr, MSG_BAD_AMOUNT, text);
        status = usage_error(cli, text);
    }
    return status;
}
