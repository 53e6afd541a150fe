/* SPDX-License-Identifier: Apache-2.0 */
/* A card that comes back with an open transaction is asked before anybody else gets it. */
#ifndef SSC_DAEMON_SETTLE_H
#define SSC_DAEMON_SETTLE_H

#include "daemon/readers.h"

/* Loop. Nothing is exchanged with the card when the journal has nothing open. */
void ssc_settle_inserted(struct ssc_reader *r);
/* Worker, card entered: settles what can be settled. *txns gets the rows that changed, *events what is to be
 * told (both lists of the caller, may be NULL). */
int ssc_settle_card(struct ssc_card_slot *slot, struct ssc_auth *auth, json_t *txns, json_t *events,
                    int64_t deadline);

#endif
