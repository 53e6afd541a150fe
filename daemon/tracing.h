/* SPDX-License-Identifier: Apache-2.0 */
/* trace.start: exchanges of a reader to the connections that asked for them. */
#ifndef SSC_DAEMON_TRACING_H
#define SSC_DAEMON_TRACING_H

#include "daemon/readers.h"

/* Worker: passes an exchange to the traces that are on. */
void ssc_tracing_tap(struct ssc_card_slot *s, const struct ssc_exchange *exchange);
void ssc_tracing_off(struct ssc_card_slot *s);
/* Loop: turns the readers' traces on or off, as the connections now want it. */
void ssc_tracing_update(struct ssc_daemon *d);

#endif
