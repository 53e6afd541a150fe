/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sim_attach.h"

#include "apdu/error.h"
#include "drivers/sim/sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *folder_of(const struct sim_attach *a)
{
    return a->folder ? a->folder : SSC_SIM_FOLDER;
}

static int io_error(struct sim_attach *a, const char *path)
{
    snprintf(a->detail, sizeof a->detail, "%.200s: %s", path, strerror(errno));
    return SSC_E_IO;
}

/* Makes the folder and what leads to it. */
static int make_folder(struct sim_attach *a, const char *folder)
{
    char path[512];
    int rc = strlen(folder) < sizeof path ? 0 : SSC_E_INVALID_ARGUMENT;
    for (size_t i = 1; rc == 0 && i <= strlen(folder); i++) {
        if (folder[i] == '/' || folder[i] == '\0') {
            snprintf(path, sizeof path, "%.*s", (int)i, folder);
            rc = mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : io_error(a, path);
        }
    }
    return rc;
}

/* The handler that is installed; before that, the one that was built beside this program. */
static void find_handler(char *path, size_t cap)
{
    char self[400];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    snprintf(path, cap, "%s", SSC_SIM_BUNDLE);
    if (access(path, R_OK) != 0 && n > 0) {
        self[n] = '\0';
        *strrchr(self, '/') = '\0';
        strncat(self, "/../drivers/ifd/libifdsscard-sim.so", sizeof self - strlen(self) - 1);
        char *built = realpath(self, NULL);
        if (built) {
            snprintf(path, cap, "%s", built);
        }
        free(built);
    }
}

static int write_conf(struct sim_attach *a, const char *folder)
{
    const char *path = a->conf ? a->conf : "/etc/reader.conf.d/sscard-sim";
    char text[1400], now[1400] = "", handler[500];
    FILE *file = fopen(path, "r");
    int rc = 0;
    if (file) {
        now[fread(now, 1, sizeof now - 1, file)] = '\0';
        fclose(file);
    }
    find_handler(handler, sizeof handler);
    snprintf(text, sizeof text,
             "# Simulated reader of sscard; made by: sscard sim attach\n"
             "FRIENDLYNAME \"sscard Simulator\"\nDEVICENAME %.500s\nLIBPATH %s\nCHANNELID 1\n",
             folder, handler);
    a->restart = strcmp(text, now) != 0;
    if (a->restart) {
        file = fopen(path, "w");
        rc = file && fputs(text, file) >= 0 ? 0 : io_error(a, path);
        if (file && fclose(file) != 0 && rc == 0) {
            rc = io_error(a, path);
        }
    }
    return rc;
}

/* The card's state is written back by rename: a symbolic link in the reader's folder keeps pulling the card
 * and such a write apart. */
static int put_card(struct sim_attach *a, const char *folder)
{
    char *full = realpath(a->image, NULL);
    char fresh[560];
    int rc = full ? 0 : io_error(a, a->image);
    if (rc == 0) {
        snprintf(a->link, sizeof a->link, "%.490s/card0.json", folder);
        snprintf(fresh, sizeof fresh, "%s.new", a->link);
        unlink(fresh);
        if (symlink(full, fresh) != 0 || rename(fresh, a->link) != 0) {
            rc = io_error(a, a->link);
        }
    }
    free(full);
    return rc;
}

int sim_attach(struct sim_attach *a)
{
    const char *folder = folder_of(a);
    struct ssc_sim_card *card = NULL;
    char why[200] = "";
    int rc = ssc_sim_card_load(a->image, &card, why);
    ssc_sim_card_free(&card);
    if (rc != 0) {
        snprintf(a->detail, sizeof a->detail, "%s", why);
    }
    rc = rc == 0 ? make_folder(a, folder) : rc;
    char *full = rc == 0 ? realpath(folder, NULL) : NULL; /* pcscd stands in another folder */
    if (rc == 0) {
        rc = full ? put_card(a, full) : io_error(a, folder);
    }
    rc = rc == 0 ? write_conf(a, full) : rc;
    free(full);
    return rc;
}

int sim_detach(struct sim_attach *a)
{
    snprintf(a->link, sizeof a->link, "%.490s/card0.json", folder_of(a));
    return unlink(a->link) == 0 || errno == ENOENT ? 0 : io_error(a, a->link);
}
