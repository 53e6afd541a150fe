/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The holder's PIN: on the reader's pad, else through the helper program of the configuration. The helper is
 * run without a shell, once for each question: `HELPER enter|old|new|again PROMPT` (prompt in UTF-8). It
 * prints the digits and a newline and ends; nothing at all means that the holder cancelled.
 */
#ifndef SSC_SHIM_PIN_H
#define SSC_SHIM_PIN_H

#include "middleware/shim/session.h"

enum { SSC_SHIM_PIN_LEAST = 4, SSC_SHIM_PIN_MOST = 16 };

/* Verifies it under the session's lease. */
int ssc_shim_pin_verify(struct ssc_shim *s);
/* Asks for the old and twice for the new one and changes it. */
int ssc_shim_pin_change(struct ssc_shim *s, const char *op);
/* Asks twice for a new one; digits and NUL. The caller overwrites it. */
int ssc_shim_pin_new(struct ssc_shim *s, char digits[SSC_SHIM_PIN_MOST + 1]);

/* Runs the helper for one question. 0; SSC_E_PIN_CANCELLED, _PIN_TIMEOUT, _PIN_LENGTH (also for what are no
 * digits), _NO_PIN_PAD (it cannot be run). */
int ssc_shim_helper(const char *path, const char *question, const char *prompt, int64_t deadline,
                    char digits[SSC_SHIM_PIN_MOST + 1]);

#endif
