/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/simulate.h"

#include "apdu/bytes.h"
#include "apdu/crypto.h"
#include "drivers/replace.h"
#include "drivers/sim/sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOTS_MAX 16u
#define CONTACTLESS "contactless:"

enum { PATH_ROOM = SSC_SIMULATE_PATH, KEY_ROOM = 96 };
_Static_assert(PATH_ROOM == sizeof((struct ssc_sim_slot *)0)->image, "a slot takes every path");

/* As a whole or not at all: an image that was cut off would keep the service from starting ever after. */
static int copy_to(const char *path, const char *text, char why[200])
{
    bool replaced;
    int rc = 0;
    if (access(path, F_OK) != 0) { /* an image that is there already has state in it: keep it */
        rc = ssc_file_replace(path, text, strlen(text), &replaced);
    }
    if (rc != 0) {
        snprintf(why, 200, "%.120s: %.60s", path, strerror(errno));
    }
    return rc;
}

/* A ready-made card by its name; one of a file by the file's name and place. */
static int card_key(const char *image, char key[KEY_ROOM])
{
    uint8_t hash[32];
    char place[9], *real = realpath(image, NULL);
    const char *stem = strrchr(image, '/') ? strrchr(image, '/') + 1 : image;
    int rc = 0;
    if (ssc_sim_image(image)) {
        snprintf(key, KEY_ROOM, "%s", image);
    } else if (!real) {
        rc = SSC_E_IMAGE_INVALID;
    } else if ((rc = ssc_sm3((const uint8_t *)real, strlen(real), hash)) == 0) {
        ssc_hex_encode(hash, 4, place, sizeof place);
        const int len = (int)strcspn(stem, ".");
        snprintf(key, KEY_ROOM, "%.*s-%s", len < 64 ? len : 64, stem, place);
    }
    free(real);
    return rc;
}

/* The file in which this card lives on, whichever reader it is in. copy: from 1, tells apart the cards that
 * were made of one image. */
static int card_file(const struct ssc_config *config, const char *image, unsigned copy, char path[PATH_ROOM])
{
    char key[KEY_ROOM], number[16] = "";
    int rc = card_key(image, key);
    if (copy > 1) {
        snprintf(number, sizeof number, "-%u", copy);
    }
    if (rc == 0) {
        const int n = snprintf(path, PATH_ROOM, "%s/card-%s%s.json", config->sim_state, key, number);
        rc = n > 0 && n < PATH_ROOM ? 0 : SSC_E_CONFIG;
    }
    return rc;
}

int ssc_simulate_image(const struct ssc_config *config, struct ssc_driver *driver, const char *reader,
                       const char *image, char path[PATH_ROOM], char why[200])
{
    const char *ready = ssc_sim_image(image);
    char file[PATH_ROOM] = "";
    int rc = snprintf(path, PATH_ROOM, "%s", image) < PATH_ROOM ? 0 : SSC_E_IMAGE_INVALID;
    bool elsewhere = rc == 0 && config->sim_state[0];
    for (unsigned copy = 1; elsewhere && card_file(config, image, copy, file) == 0; copy++) {
        elsewhere = ssc_sim_elsewhere(driver, reader, file);
    }
    if (file[0] && ready) {
        rc = copy_to(file, ready, why);
    }
    if (file[0] && rc == 0 &&
        access(file, F_OK) == 0) { /* else a file that the service was not started with */
        memcpy(path, file, sizeof file);
    }
    return rc;
}

/* The card's state from an earlier run, or a fresh copy of its image. before: the slots that have theirs. */
static int keep_state(const struct ssc_config *config, struct ssc_sim_slot *slot,
                      const struct ssc_sim_slot *before, char why[200])
{
    char path[PATH_ROOM];
    char *text = NULL;
    struct ssc_sim_card *card = NULL;
    const char *ready = ssc_sim_image(slot->image);
    bool taken = true;
    int rc = 0;
    for (unsigned copy = 1; rc == 0 && taken; copy++) {
        rc = card_file(config, slot->image, copy, path);
        taken = false;
        for (const struct ssc_sim_slot *s = before; rc == 0 && s < slot; s++) {
            taken = taken || strcmp(s->image, path) == 0;
        }
    }
    if (rc == SSC_E_IMAGE_INVALID) {
        snprintf(why, 200, "no such image: %.120s", slot->image);
    }
    if (rc == 0 && !ready && access(path, F_OK) != 0) { /* a file: what it holds now is the image */
        rc = ssc_sim_card_load(slot->image, &card, why);
        text = rc == 0 ? ssc_sim_card_dump(card) : NULL;
        ssc_sim_card_free(&card);
        rc = rc == 0 && !text ? SSC_E_OUT_OF_MEMORY : rc;
    }
    if (rc == 0 && (ready || text)) {
        rc = copy_to(path, ready ? ready : text, why);
    }
    if (rc == 0) {
        memcpy(slot->image, path, sizeof slot->image);
    }
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

static int finish_slot(const struct ssc_config *config, struct ssc_sim_slot *slot,
                       const struct ssc_sim_slot *before, const char *image, char why[200])
{
    const int n = snprintf(slot->image, sizeof slot->image, "%s", image);
    int rc = n >= 0 && (size_t)n < sizeof slot->image ? 0 : SSC_E_CONFIG;
    slot->pin_pad = slot->medium != SSC_MEDIUM_SAM;
    snprintf(slot->pin_pad_types, sizeof slot->pin_pad_types, "123456");
    if (rc == 0 && config->sim_state[0] && image[0]) {
        rc = keep_state(config, slot, before, why);
    }
    return rc;
}

int ssc_simulate(const struct ssc_config *config, struct ssc_driver **out, char why[200])
{
    struct ssc_sim_slot *slots = calloc(SLOTS_MAX + 1, sizeof *slots);
    char images[sizeof config->sim_images];
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
        image += strspn(image, " ");
        slots[count].medium = SSC_MEDIUM_CONTACT;
        if (strncmp(image, CONTACTLESS, strlen(CONTACTLESS)) == 0) {
            slots[count].medium = SSC_MEDIUM_CONTACTLESS;
            image += strlen(CONTACTLESS);
        }
        rc = finish_slot(config, &slots[count], slots, image, why);
        count++;
    }
    if (rc == 0) {
        snprintf(slots[count].name, sizeof slots[count].name, "Simulated SAM");
        slots[count].medium = SSC_MEDIUM_SAM;
        rc = finish_slot(config, &slots[count], slots, "psam", why);
        count++;
    }
    if (rc == 0) {
        rc = ssc_sim_driver_new(slots, count, false, out, why);
    }
    free(slots);
    return rc;
}
