/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated readers of driver = sim. */
#ifndef SSC_DAEMON_SIMULATE_H
#define SSC_DAEMON_SIMULATE_H

#include "daemon/config.h"
#include "drivers/reader.h"

/* "Simulated reader 0", "1" ... with config.sim_images, and "Simulated SAM". With config.sim_state their
 * images are copied there once and keep their state. SSC_E_IO, SSC_E_IMAGE_INVALID with a sentence in why. */
int ssc_simulate(const struct ssc_config *config, struct ssc_driver **out, char why[200]);

#endif
