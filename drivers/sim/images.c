/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/images.h"

#include "drivers/sim/sim.h"

#include <string.h>

const char *ssc_sim_image(const char *name)
{
    const char *json = NULL;
    for (const struct sim_image_file *f = sim_image_files; f->name && !json; f++) {
        json = strcmp(f->name, name) == 0 ? f->json : NULL;
    }
    return json;
}

const char *const *ssc_sim_image_names(void)
{
    return sim_image_names;
}
