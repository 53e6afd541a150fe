/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's own objects as JSON; what a card says is middleware/render.h. Any thread. */
#ifndef SSC_DAEMON_JSON_OUT_H
#define SSC_DAEMON_JSON_OUT_H

#include "middleware/journal.h"

#include <jansson.h>

int64_t ssc_unix_ms(void);
/* RFC 3339 with milliseconds and the local zone; returns out. */
const char *ssc_time_text(int64_t unix_ms, char out[40]);

/* A transaction, whole. New reference. */
json_t *ssc_json_txn(const struct ssc_txn *txn);
/* {type, owner, txn} for ssc_events_txns. */
json_t *ssc_json_txn_event(const char *type, const struct ssc_txn *txn);

#endif
