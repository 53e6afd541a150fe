/* SPDX-License-Identifier: Apache-2.0 */
/* A debit, and what a cashier has to do when its outcome is not known. */
#include "tools/commands.h"

#include "apdu/error.h"
#include "drivers/reader.h"

#include <string.h>
#include <time.h>

#define SETTLE_MS 120000 /* for the holder to put the card back */

enum { OPT_SELF_PAY = OPT_FIRST_OWN, OPT_POOLED };

static void show(struct cli *cli, const json_t *result)
{
    show_txn(cli, json_object_get(result, "txn"));
    if (jb(result, "repeated")) {
        say(cli, stdout, MSG_REPEATED);
    }
}

static int state_exit(const char *state)
{
    return strcmp(state, "confirmed") == 0 ? EXIT_DONE
           : strcmp(state, "unproven") == 0 || strcmp(state, "unknown") == 0 || strcmp(state, "armed") == 0 ||
                   strcmp(state, "debited") == 0 || strcmp(state, "credited") == 0
               ? EXIT_UNKNOWN
               : EXIT_REFUSED;
}

/* How long to go on asking: for a service that restarts, and for a request that may still be on its way to
 * the journal. */
struct patience {
    int64_t call; /* the debit itself: behind it the service does not begin it any more */
    int64_t all;
};

static int ask(struct cli *cli, const char *op, json_t **result, const struct patience *patience)
{
    int rc = 0;
    bool again = true;
    while (again) {
        rc = cli_call(cli, "txn.get", json_pack("{s:s}", "op", op), result);
        again = (rc == SSC_E_DAEMON_ABSENT && ssc_now_ms() < patience->all) ||
                (rc == SSC_E_TXN_NOT_FOUND && ssc_now_ms() < patience->call);
        if (again) {
            nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
        }
    }
    return rc;
}

/* The service has asked the card when it was inserted; a card that must show its balance for that wants the
 * PIN. */
static int resolve(struct cli *cli)
{
    int rc = cli_call(cli, "txn.resolve", NULL, NULL);
    if (rc != 0 && cli_error_is(cli, "pin_required")) {
        rc = cli_card_call(cli, "txn.resolve", NULL, NULL);
    }
    return rc;
}

/* Until the row is final: the same card is inserted again, the service settles by itself. */
static int settle(struct cli *cli, const char *op, json_t **result, const struct patience *patience)
{
    int rc = ask(cli, op, result, patience);
    while (rc == 0 && !jb(json_object_get(*result, "txn"), "final") && ssc_now_ms() < patience->all) {
        json_decref(*result);
        *result = NULL;
        rc = cli_wait_card(cli, "present");
        rc = rc == 0 ? resolve(cli) : rc;
        if (rc == 0 || strncmp(cli_error_symbol(cli), "pin_", 4) != 0) { /* else it is only not settled yet */
            nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
            rc = ask(cli, op, result, patience);
        }
    }
    return rc;
}

static int conclude(struct cli *cli, const json_t *result)
{
    const char *state = js(json_object_get(result, "txn"), "state");
    const int status = state_exit(state);
    cli_show(cli, result, show);
    if (!cli->json) {
        say(cli, stderr,
            status == EXIT_DONE      ? MSG_SETTLED_DONE
            : status == EXIT_UNKNOWN ? MSG_SETTLED_UNKNOWN
                                     : MSG_SETTLED_NOT_DONE);
    }
    return status;
}

/* The call failed. Has money moved? */
static int after_failure(struct cli *cli, const char *op, int64_t call_deadline)
{
    const bool unknown = cli_error_is(cli, "outcome_unknown");
    const bool unanswered = cli_error_sent(cli); /* lost or late: the service may have debited */
    int status = EXIT_UNKNOWN;
    if (!unknown && !unanswered) {
        status = cli_fail(cli);
    } else if (!cli->waits) {
        cli_fail(cli);
        if (!cli->json) {
            say(cli, stderr, MSG_ASK_LATER, op);
        }
    } else {
        json_t *result = NULL;
        const struct patience patience = {
            .call = call_deadline,
            .all = ssc_deadline(cli->deadline_ms > SETTLE_MS ? cli->deadline_ms : SETTLE_MS)};
        say(cli, stderr, unknown ? MSG_SAME_CARD : MSG_SERVICE_SILENT);
        const int rc = settle(cli, op, &result, &patience);
        if (rc == 0) {
            status = conclude(cli, result);
        } else if (cli_error_is(cli, "transaction_not_found")) { /* it never reached the journal */
            say(cli, stderr, MSG_SETTLED_NOT_DONE);
            status = EXIT_NO_SERVICE;
        } else {
            cli_fail(cli);
            say(cli, stderr, MSG_ASK_LATER, op);
        }
        json_decref(result);
    }
    return status;
}

static int debit(struct cli *cli, int64_t amount, int64_t self_pay, int64_t pooled)
{
    char key[OP_TEXT];
    int status = 0;
    json_t *result = NULL;
    const char *op = op_of(cli, key, &status);
    if (op) {
        json_t *params = json_pack("{s:s, s:I}", "op", op, "amount", (json_int_t)amount);
        put_purse(cli, params);
        if (self_pay > 0) {
            json_object_set_new(params, "self_pay", json_integer(self_pay));
        }
        if (pooled > 0) {
            json_object_set_new(params, "pooled", json_integer(pooled));
        }
        const int rc = cli_card_call(cli, "purse.debit", params, &result);
        if (rc != 0) { /* the failed call began before now: its deadline is over by then */
            status = after_failure(cli, op, ssc_deadline(cli->deadline_ms));
        } else {
            status = cli_show(cli, result, show);
            status = status == 0 ? state_exit(js(json_object_get(result, "txn"), "state")) : status;
        }
    }
    json_decref(result);
    return status;
}

static int run(struct cli *cli, int argc, char **argv)
{
    int64_t amount = 0, self_pay = 0, pooled = 0;
    int status = argc == 1 ? 0 : usage_error(cli, argc == 0 ? "AMOUNT" : argv[1]);
    status = status == 0 ? amount_of(cli, argv[0], &amount) : status;
    status = status == 0 ? amount_of(cli, cli->value[OPT_SELF_PAY], &self_pay) : status;
    status = status == 0 ? amount_of(cli, cli->value[OPT_POOLED], &pooled) : status;
    return status == 0 ? debit(cli, amount, self_pay, pooled) : status;
}

static const struct opt options[] = {
    OPTION_OP,
    OPTION_PURSE,
    {OPT_SELF_PAY, "self-pay", "AMOUNT", {"part paid in cash, for the yearly account", "个人自付金额"}},
    {OPT_POOLED,
     "pooled",
     "AMOUNT",
     {"part paid by the pooled fund, for the yearly account", "统筹支付金额"}},
    OPTION_PIN_PAD,
    OPTION_PIN_FD,
    {0},
};

const struct command cmd_debit = {
    .name = "debit",
    .args = "[--op KEY] [--purse PURSE] AMOUNT",
    .summary = {"take money from the card", "卡内账户扣款"},
    .about = {"AMOUNT is in yuan: 12.50. The same --op never takes money twice: it answers with the stored "
              "outcome.\n"
              "When the card is taken out too early, put the same card in again: the outcome is settled and "
              "shown.",
              "AMOUNT 以元为单位: 12.50。同一 --op 绝不会重复扣款, 只返回已记录的结果。\n"
              "如果提前取卡, 请重新插入同一张卡, 系统核实并显示结果。"},
    .options = options,
    .examples = "sscard debit 12.50\nsscard debit --op pharmacy1-20260101-0042 12.50\nsscard debit 30 "
                "--self-pay 10 --pooled 60",
    .run = run,
};
