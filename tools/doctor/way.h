/* SPDX-License-Identifier: Apache-2.0 */
/* The doctor on the command line's own ways to the service and to readers. */
#ifndef SSC_TOOLS_DOCTOR_WAY_H
#define SSC_TOOLS_DOCTOR_WAY_H

#include "tools/doctor/contact.h"
#include "tools/doctor/doctor.h"

struct way {
    struct cli *cli;
    struct seam seam;
    struct doctor doctor;
    char driver[32];
    char sockets[3][SEAM_PATH_MAX];
    char socket[SEAM_PATH_MAX]; /* that is asked */
};

/* Fills everything from the options of the command. root: NULL for this machine. */
void way_begin(struct way *way, struct cli *cli, const char *root);
void way_end(struct way *way);

/* The contact test with a bar on the terminal. Straight to the reader with the driver of --driver; through
 * the service (a lease for each round; role admin) where one answers, unless its readers are pcscd's, which
 * can be had beside it; straight to pcscd where none does. 0 and *out, or < 0 with cli->error. */
int way_contact(struct cli *cli, const char *reader, unsigned rounds, struct contact *out);
/* by_service.c: the service's readers as a driver. cli is borrowed. */
int way_service_driver(struct cli *cli, struct ssc_driver **out);
void contact_show(struct cli *cli, const json_t *contact);

/* acceptance.c: the chain, one reading and a contact test as a sheet. {"accepted", "items": [...], ...} */
json_t *acceptance_sheet(struct way *way);

#endif
