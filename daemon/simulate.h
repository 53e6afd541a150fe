/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated readers of driver = sim. */
#ifndef SSC_DAEMON_SIMULATE_H
#define SSC_DAEMON_SIMULATE_H

#include "daemon/config.h"
#include "drivers/reader.h"

#define SSC_SIMULATE_PATH 512

/* "Simulated reader 0", "1" ... with config.sim_images, and "Simulated SAM". With config.sim_state each card
 * has a file of its own there, copied from its image once: it keeps its state whichever reader it is in.
 * SSC_E_IO, SSC_E_IMAGE_INVALID with a sentence in why. */
int ssc_simulate(const struct ssc_config *config, struct ssc_driver **out, char why[200]);
/* What to insert into `reader` for this image: the card's own file, or the image as it is. A second card is
 * made of an image whose first one is in another reader. */
int ssc_simulate_image(const struct ssc_config *config, struct ssc_driver *driver, const char *reader,
                       const char *image, char path[SSC_SIMULATE_PATH], char why[200]);

#endif
