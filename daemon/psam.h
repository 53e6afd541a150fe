/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PSAMs in the SAM slots. A thread of its own opens them, because that takes exchanges; workers borrow
 * one for a call. update and json belong to the loop, get and put to any thread.
 */
#ifndef SSC_DAEMON_PSAM_H
#define SSC_DAEMON_PSAM_H

#include "daemon/daemon.h"

#include <jansson.h>

struct ssc_psams;
int ssc_psams_new(struct ssc_daemon *d, struct ssc_psams **out);
/* What the driver reports now: PSAMs that came are opened, those that went are closed. */
void ssc_psams_update(struct ssc_psams *p, const struct ssc_reader_state *states, size_t count);
/* The key file's provider, else a PSAM, waiting while one is being opened; NULL when there is none. Give it
 * back with put. */
struct ssc_auth *ssc_psams_get(struct ssc_psams *p, int64_t deadline);
/* Worker thread: gives up the service's own session in this slot, and opens none until it is taken back, so
 * that a caller can speak to the PSAM. 0, or SSC_E_DEADLINE_EXCEEDED while somebody works with it; take it
 * back then, too. */
int ssc_psams_lend(struct ssc_psams *p, const char *reader, int64_t deadline);
void ssc_psams_take_back(struct ssc_psams *p, const char *reader);
void ssc_psams_put(struct ssc_psams *p, struct ssc_auth **auth);
/* Loop: shows the service's own exchanges with the PSAM in this reader to whoever wants them
 * (enum ssc_trace_want; 0: nobody). Its answers to the opening are known by then. */
void ssc_psams_trace(struct ssc_psams *p, const char *reader, unsigned want);
/* [{reader, ok, state, serial, terminal, algorithms, error?}] */
json_t *ssc_psams_json(struct ssc_psams *p);
void ssc_psams_free(struct ssc_psams **p);

#endif
