/* SPDX-License-Identifier: Apache-2.0 */
/* The ready-made images, compiled in from drivers/sim/images/ (cmake/embed.cmake). */
#ifndef SSC_DRIVERS_SIM_IMAGES_H
#define SSC_DRIVERS_SIM_IMAGES_H

struct sim_image_file {
    const char *name;
    const char *json;
};
extern const struct sim_image_file sim_image_files[]; /* ends with a NULL name */
extern const char *const sim_image_names[];           /* NULL terminated */

#endif
