/* SPDX-License-Identifier: Apache-2.0 */
/* The service manager (systemd), by its documented protocols alone: libsystemd would bring six libraries and
 * a tenth of the daemon's memory for two environment variables and a datagram. sd_listen_fds(3),
 * sd_notify(3). */
#ifndef SSC_DAEMON_MANAGER_H
#define SSC_DAEMON_MANAGER_H

#include <stdint.h>

/* The listening stream socket that was passed; -1 without one. Not inherited any further. */
int ssc_manager_socket(void);
/* "READY=1", "STOPPING=1", "WATCHDOG=1"; nothing happens without a manager. */
void ssc_manager_tell(const char *state);
/* Milliseconds between two signs of life, half of what the manager allows (sd_watchdog_enabled(3)); 0: it
 * wants none. Not inherited any further. */
uint64_t ssc_manager_watchdog(void);

#endif
