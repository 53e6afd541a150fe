/* SPDX-License-Identifier: Apache-2.0 */
/* Money as people type it. Exact: no floating point anywhere. */
#ifndef SSC_TOOLS_AMOUNT_H
#define SSC_TOOLS_AMOUNT_H

#include <stdint.h>

#define AMOUNT_TEXT 32
#define OP_TEXT 65

/* "12", "12.5", "12.50" yuan into fen. At most 42949672.95, what a card can hold (32 bit of fen). 0, or
 * SSC_E_INVALID_ARGUMENT: signs, blanks, separators, a third decimal, or too much. */
int amount_parse(const char *text, int64_t *fen);
/* Fen into "12.50". */
const char *amount_format(int64_t fen, char out[AMOUNT_TEXT]);

/* A new idempotency key: time (UTC) and 64 random bits. 0, or SSC_E_CRYPTO when the system has no randomness.
 */
int op_generate(char op[OP_TEXT]);

#endif
