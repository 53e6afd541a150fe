/* SPDX-License-Identifier: Apache-2.0 */
/* trace.start: exchanges of a reader to the connections that asked for them. */
#ifndef SSC_DAEMON_TRACING_H
#define SSC_DAEMON_TRACING_H

#include "daemon/daemon.h"

/* Of one card or PSAM. Not locked: its exchanges, on and off come one after the other. */
struct ssc_tracer {
    struct ssc_daemon *d;
    const char *reader;         /* lives as long as this */
    struct ssc_trace *trace[2]; /* redacted, full; NULL: off */
};
/* Passes an exchange to the traces that are on. */
void ssc_tracer_tap(struct ssc_tracer *t, const struct ssc_exchange *exchange);
/* want: enum ssc_trace_want; 0: off. True: it was off before, and is on. */
bool ssc_tracer_switch(struct ssc_tracer *t, unsigned want);

/* Loop: turns the readers' traces on or off, as the connections now want it. */
void ssc_tracing_update(struct ssc_daemon *d);

#endif
