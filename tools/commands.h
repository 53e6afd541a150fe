/* SPDX-License-Identifier: Apache-2.0 */
/* The commands, one file each, and what several of them use. */
#ifndef SSC_TOOLS_COMMANDS_H
#define SSC_TOOLS_COMMANDS_H

#include "tools/amount.h"
#include "tools/out.h"

extern const struct command cmd_readers, cmd_watch, cmd_info, cmd_identity, cmd_read, cmd_write, cmd_balance,
    cmd_debit, cmd_load, cmd_log, cmd_txn, cmd_pin, cmd_apdu, cmd_trace, cmd_sim, cmd_ping, cmd_doctor,
    cmd_support_bundle, cmd_completion, cmd_help;

/* Calls with the card, shows the result; exit code either way. Takes params. */
int run_card_call(struct cli *cli, const char *method, json_t *params,
                  void (*show)(struct cli *cli, const json_t *result));

/* "-P": the option that several commands share. */
#define OPTION_PIN_PAD                                                                                       \
    {                                                                                                        \
        'P', "pin-pad", NULL,                                                                                \
        {                                                                                                    \
            "the holder types the PIN on the reader", "持卡人在读卡器密码键盘上输入密码"     \
        }                                                                                                    \
    }
#define OPTION_PIN_FD                                                                                               \
    {                                                                                                               \
        OPT_PIN_FD, "pin-fd", "N",                                                                                  \
        {                                                                                                           \
            "read the PIN from file descriptor N, one line each", "从文件描述符 N 读取密码, 每个一行" \
        }                                                                                                           \
    }
#define OPTION_PURSE                                                                                         \
    {                                                                                                        \
        'p', "purse", "medical|ed|ep",                                                                       \
        {                                                                                                    \
            "which purse (default: the card's first)", "账户 (默认为卡内第一个)"                   \
        }                                                                                                    \
    }
#define OPTION_OP                                                                                            \
    {                                                                                                        \
        'o', "op", "KEY",                                                                                    \
        {                                                                                                    \
            "idempotency key of 16 to 64 characters (default: a new one)",                                   \
                "业务流水号, 16至64个字符 (默认自动生成)"                                     \
        }                                                                                                    \
    }
#define OPTION_KEY_FILE                                                                                      \
    {                                                                                                        \
        'k', "key-file", "FILE",                                                                             \
        {                                                                                                    \
            "test keys instead of a PSAM", "使用测试密钥文件代替 PSAM"                             \
        }                                                                                                    \
    }

/* "13:05:09.123", local time. */
void clock_now(char out[40]);

/* cmd_readers.c: "card" in the language, with its style. */
const char *reader_state_text(struct cli *cli, const char *state);

/* txn_show.c */
void show_txn(struct cli *cli, const json_t *txn);
void show_txn_list(struct cli *cli, const json_t *txns);
const char *txn_state_text(struct cli *cli, const char *state);
/* Puts --purse, and amounts of the options, into params. */
void put_purse(struct cli *cli, json_t *params);
/* --op, or a new one, which is told on stderr. NULL: told already, *status is the exit code. */
const char *op_of(struct cli *cli, char op[OP_TEXT], int *status);
/* Parses a required or optional amount; 0, or the exit code after telling. */
int amount_of(struct cli *cli, const char *text, int64_t *fen);
/* Fen as "12.50", or "" for an absent (negative) amount. */
const char *yuan(const json_t *object, const char *key, char out[AMOUNT_TEXT]);

/* host_talk.c: what the host needs, on stdout, with --json on stderr; one line of its answer, without its
 * end. */
void host_show(struct cli *cli, const json_t *data);
int host_read(struct cli *cli, enum message prompt, char *line, size_t cap);

/* pin_remote.c: pin.reload or pin.unblock with the back office; params borrowed, op among them. */
int pin_remote(struct cli *cli, const char *method, const json_t *params, json_t **result);

/* card_show.c: one line about a card: "social security card 3.0, SM4, region 4115". */
void describe_card(struct cli *cli, const json_t *info, char out[160]);
const char *kind_text(struct cli *cli, const char *kind);
const char *algorithm_text(const char *name); /* "sm4" -> "SM4" */

#endif
