/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated card behind the real pcscd: the handler bundle's configuration, and the card in its folder. */
#ifndef SSC_TOOLS_SIM_ATTACH_H
#define SSC_TOOLS_SIM_ATTACH_H

#include <stdbool.h>

struct sim_attach {
    const char *image;  /* card image */
    const char *conf;   /* NULL: /etc/reader.conf.d/sscard-sim */
    const char *folder; /* NULL: the folder that the installation chose */
    char link[512];     /* out: the card in the reader's folder */
    char detail[300];   /* out: what failed */
    bool restart;       /* out: the reader is new; pcscd must be restarted to see it */
};

/* SSC_E_IMAGE_INVALID, SSC_E_IO. A card that is there already is replaced. */
int sim_attach(struct sim_attach *a);
/* Takes the card out; the reader stays. */
int sim_detach(struct sim_attach *a);

#endif
