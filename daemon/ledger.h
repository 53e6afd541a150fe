/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon's hold on its journal. Cards are read without one, money waits for it; whoever needs it tries to
 * open it again, so that a disk that was full or not mounted yet costs no restart. Once open it stays open
 * until the daemon ends. Any thread.
 */
#ifndef SSC_DAEMON_LEDGER_H
#define SSC_DAEMON_LEDGER_H

#include "daemon/call.h"

int ssc_ledger_init(struct ssc_daemon *d);
/* Opens the journal unless it is open. `why` (may be NULL) says what is in the way. A try that failed is not
 * repeated within a second. */
int ssc_ledger_open(struct ssc_daemon *d, char why[200]);
/* Work: the same for a call, which fails with the reason. */
int ssc_ledger_need(struct ssc_call *call);
/* On the store's thread: is the journal in order, and how many rows of it are unsettled? The journal is
 * written to for that; calls that came before the newest such look began share its answer, so that a crowd
 * that asks does not write for each. */
int ssc_ledger_probe(struct ssc_call *call, size_t *unsettled);
void ssc_ledger_close(struct ssc_daemon *d);

#endif
