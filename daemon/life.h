/* SPDX-License-Identifier: Apache-2.0 */
/* Start and stop of the parts, in the order in which they need each other. */
#ifndef SSC_DAEMON_LIFE_H
#define SSC_DAEMON_LIFE_H

#include "daemon/daemon.h"
#include "daemon/options.h"

/* From configuration to an open socket. A sentence in why. */
int ssc_daemon_start(struct ssc_daemon *d, const struct ssc_options *o, char why[200]);
/* Refuses what waits, lets running card work end for config.stop_ms, then stops the loop. */
void ssc_daemon_stop(struct ssc_daemon *d);
/* The configuration file again: roles and log level take effect. */
void ssc_daemon_reload(struct ssc_daemon *d, const struct ssc_options *o);
/* After the loop. False: a thread is stuck in a reader, and nothing that it may touch was freed. */
bool ssc_daemon_free(struct ssc_daemon *d);

#endif
