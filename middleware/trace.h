/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces of exchanges, redacted where they are written: PIN data, keys, challenges together with their
 * answers, MACs, identity files, photo. Lengths, headers, status words and times stay. A redacted trace still
 * parses as a recording.
 */
#ifndef SSC_MIDDLEWARE_TRACE_H
#define SSC_MIDDLEWARE_TRACE_H

#include "drivers/reader.h"

/* Overwrites what must not be seen, in place; decided by the command alone plus what was selected before
 * (`state` keeps that; zero it at reset). Used by trace, recorder and error reports. */
struct ssc_redact_state {
    uint16_t ef; /* selected EF */
    uint16_t df; /* selected DF */
};
void ssc_redact(struct ssc_redact_state *state, uint8_t *tx, size_t tx_len, uint8_t *rx, size_t rx_len);
/* ID numbers and names in free text: keeps first 6 and last 2 of an 18-character number: 111111**********10.
 */
void ssc_redact_citizen_id(char *id);

/* A trace is a tap with a line sink. One line per exchange, no newline: time, reader, "> " command, "< "
 * answer, ms. */
struct ssc_trace;
int ssc_trace_new(const char *reader, bool unredacted, void (*line)(void *ctx, const char *text), void *ctx,
                  struct ssc_trace **out);
void ssc_trace_free(struct ssc_trace **trace);
ssc_tap ssc_trace_tap; /* context: struct ssc_trace */

#endif
