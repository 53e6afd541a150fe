/* SPDX-License-Identifier: Apache-2.0 */
/* Numbered events to subscribers, and a ring of the latest for those who come back. Loop thread. */
#ifndef SSC_DAEMON_EVENTS_H
#define SSC_DAEMON_EVENTS_H

#include "daemon/conn.h"

#define SSC_EVENTS_KEPT 1024u

struct ssc_events;
int ssc_events_new(struct ssc_daemon *d, struct ssc_events **out);
void ssc_events_free(struct ssc_events **e);

/* Adds seq and type and tells all subscribers; takes the reference. */
void ssc_events_tell(struct ssc_events *e, const char *type, json_t *body);
/* [{type, owner, txn}] from a worker: the transaction is told whole to its owner and to operators, to others
 * without amounts and op. Borrows. */
void ssc_events_txns(struct ssc_events *e, const json_t *list);
uint64_t ssc_events_seq(const struct ssc_events *e);
/* Events after from_seq as this connection may see them; NULL when they are no longer all known. */
json_t *ssc_events_since(const struct ssc_events *e, uint64_t from_seq, const struct ssc_conn *c);

#endif
