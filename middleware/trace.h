/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces of exchanges, redacted where they are written: PIN data, keys, challenges together with their
 * answers, MACs, identity files, photo. Lengths, headers, status words and times stay. A redacted trace still
 * parses as a recording.
 */
#ifndef SSC_MIDDLEWARE_TRACE_H
#define SSC_MIDDLEWARE_TRACE_H

#include "drivers/reader.h"

/*
 * Overwrites what must not be seen, in place; decided by the command, by what was selected before, and by the
 * command that an answer continues (`state` keeps that; zero it at reset).
 *
 * What is known to be harmless stays: SELECT and its answer, balances, the open parts of the purse commands,
 * headers, lengths and status words. Records of known files keep tag and length; identity elements become
 * those of the fictitious holder 张三 111111198101011110, so that a redacted trace is still a card that can
 * be read. Everything else becomes '*' (2A): PIN, keys, challenges, authentication data, cryptograms, MACs,
 * TACs, photo, other files, and the data of every command that is not known.
 */
struct ssc_redact_state {
    uint16_t df;   /* selected: 3F00 SSSE, DF01.. ; 0 not known */
    uint16_t ef;   /* selected EF: EF05 ..; 0 not known */
    uint8_t keep;  /* answer bytes that may still be shown */
    uint8_t way;   /* how the answer is redacted (inside) */
    uint8_t sfi;   /* file that the answer comes from */
    uint8_t phase; /* place in a record: tag, length, value (inside) */
    uint8_t tag, left, at;
};
void ssc_redact(struct ssc_redact_state *state, uint8_t *tx, size_t tx_len, uint8_t *rx, size_t rx_len);

/* A trace is a tap with a line sink. One line per exchange, no newline: time, reader, "> " command, "< "
 * answer, ms. */
struct ssc_trace;
int ssc_trace_new(const char *reader, bool unredacted, void (*line)(void *ctx, const char *text), void *ctx,
                  struct ssc_trace **out);
void ssc_trace_free(struct ssc_trace **trace);
ssc_tap ssc_trace_tap; /* context: struct ssc_trace */

#endif
