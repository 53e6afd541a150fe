/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of services: who may open them. */
#ifndef SSC_TOOLS_DOCTOR_SOCKET_H
#define SSC_TOOLS_DOCTOR_SOCKET_H

#include "tools/doctor/seam.h"

#include <stdbool.h>

struct socket_rights {
    char mode[8]; /* "0660" */
    char group[64];
    char uid[16];     /* of the one who asks */
    bool group_helps; /* a user who joins the group may open it; nobody is asked to join root */
};
/* 0: somebody listens there; else errno, ENOENT when there is nothing. */
int socket_try(const struct seam *s, const char *path);
/* There is something of that name, and it is no socket. */
bool socket_is_none(const struct seam *s, const char *path);
/* Of the socket, or of the folder that cannot be entered. */
void socket_rights(const struct seam *s, const char *path, struct socket_rights *out);

#endif
