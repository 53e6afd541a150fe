/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that carry an op key: done once, however often they are sent. Worker threads. */
#ifndef SSC_DAEMON_OPS_H
#define SSC_DAEMON_OPS_H

#include "daemon/call.h"

/* Looks the op up in the journal. SSC_GO_CARD: it is new; or its card has to be asked once more
 * (call->known), because the outcome is open, or because only the card shows whether a write was for it.
 * Otherwise the stored outcome, with call->result or call->error_txn; SSC_E_OP_CONFLICT when it was used for
 * another request. */
int ssc_ops_repeat(struct ssc_call *call);
/* Card entered, call->known: 0 when the transaction's card is the one at hand, else what the repeat answers.
 */
int ssc_ops_same_card(struct ssc_call *call);
/* Runs `work` between the journal's begin and end of a write, for writes that are no transactions. */
int ssc_ops_write(struct ssc_call *call, int (*work)(struct ssc_call *call));

#endif
