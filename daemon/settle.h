/* SPDX-License-Identifier: Apache-2.0 */
/* A card that comes back with an open transaction is asked before anybody else gets it. */
#ifndef SSC_DAEMON_SETTLE_H
#define SSC_DAEMON_SETTLE_H

#include "daemon/call.h"

/* Loop. Nothing is exchanged with the card when the journal has nothing open. */
void ssc_settle_inserted(struct ssc_reader *r);
/* Worker, card entered: settles what can be settled. *txns gets the rows that changed, *events what is to be
 * told (both lists of the caller, may be NULL). */
int ssc_settle_card(struct ssc_card_slot *slot, struct ssc_auth *auth, json_t *txns, json_t *events,
                    int64_t deadline);
/* Worker, card entered: the same before money is moved or shown, above all when the PIN has just been given.
 * What is in the way is not told here: money that cannot move says so itself. */
void ssc_settle_first(struct ssc_call *call);

#endif
