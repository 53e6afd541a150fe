/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/simulate.h"

#include "drivers/sim/sim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOTS_MAX 16u
#define CONTACTLESS "contactless:"

static int copy_to(const char *path, const char *text, char why[200])
{
    int rc = 0;
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        const size_t len = strlen(text);
        rc = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0 ? 0 : SSC_E_IO;
        close(fd);
    } else if (errno != EEXIST) { /* an image that is there already has state in it: keep it */
        rc = SSC_E_IO;
    }
    if (rc != 0) {
        snprintf(why, 200, "%.120s: %.60s", path, strerror(errno));
    }
    return rc;
}

/* The card's state from an earlier run, or a fresh copy of its image. */
static int keep_state(const struct ssc_config *config, struct ssc_sim_slot *slot, const char *name,
                      char why[200])
{
    char path[sizeof slot->image];
    char *text = NULL;
    struct ssc_sim_card *card = NULL;
    const char *ready = ssc_sim_image(slot->image);
    const int n = snprintf(path, sizeof path, "%s/%s.json", config->sim_state, name);
    int rc = n > 0 && (size_t)n < sizeof path ? 0 : SSC_E_CONFIG;
    if (rc == 0 && !ready) { /* a file: what it holds now is the image */
        rc = ssc_sim_card_load(slot->image, &card, why);
        text = rc == 0 ? ssc_sim_card_dump(card) : NULL;
        ssc_sim_card_free(&card);
    }
    if (rc == 0) {
        rc = ready || text ? copy_to(path, ready ? ready : text, why) : SSC_E_OUT_OF_MEMORY;
    }
    memcpy(slot->image, path, sizeof slot->image);
    free(text);
    return rc;
}

static int make_folder(const char *path, char why[200])
{
    int rc = 0;
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        snprintf(why, 200, "%.120s: %.60s", path, strerror(errno));
        rc = SSC_E_IO;
    }
    return rc;
}

static int finish_slot(const struct ssc_config *config, struct ssc_sim_slot *slot, const char *image,
                       const char *name, char why[200])
{
    const int n = snprintf(slot->image, sizeof slot->image, "%s", image);
    int rc = n >= 0 && (size_t)n < sizeof slot->image ? 0 : SSC_E_CONFIG;
    slot->pin_pad = slot->medium != SSC_MEDIUM_SAM;
    snprintf(slot->pin_pad_types, sizeof slot->pin_pad_types, "123456");
    if (rc == 0 && config->sim_state[0] && image[0]) {
        rc = keep_state(config, slot, name, why);
    }
    return rc;
}

int ssc_simulate(const struct ssc_config *config, struct ssc_driver **out, char why[200])
{
    struct ssc_sim_slot *slots = calloc(SLOTS_MAX + 1, sizeof *slots);
    char images[sizeof config->sim_images], name[32];
    char *rest = images;
    size_t count = 0;
    int rc = slots ? 0 : SSC_E_OUT_OF_MEMORY;
    snprintf(images, sizeof images, "%s", config->sim_images);
    if (rc == 0 && config->sim_state[0]) {
        rc = make_folder(config->sim_state, why);
    }
    while (rc == 0 && rest && count < SLOTS_MAX) {
        const char *image = strsep(&rest, ","); /* an empty one is an empty reader */
        snprintf(slots[count].name, sizeof slots[count].name, "Simulated reader %zu", count);
        snprintf(name, sizeof name, "reader-%zu", count);
        image += strspn(image, " ");
        slots[count].medium = SSC_MEDIUM_CONTACT;
        if (strncmp(image, CONTACTLESS, strlen(CONTACTLESS)) == 0) {
            slots[count].medium = SSC_MEDIUM_CONTACTLESS;
            image += strlen(CONTACTLESS);
        }
        rc = finish_slot(config, &slots[count], image, name, why);
        count++;
    }
    if (rc == 0) {
        snprintf(slots[count].name, sizeof slots[count].name, "Simulated SAM");
        slots[count].medium = SSC_MEDIUM_SAM;
        rc = finish_slot(config, &slots[count], "psam", "sam", why);
        count++;
    }
    if (rc == 0) {
        rc = ssc_sim_driver_new(slots, count, false, out, why);
    }
    free(slots);
    return rc;
}
