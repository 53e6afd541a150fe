/* SPDX-License-Identifier: Apache-2.0 */
/* How to make pcscd's CCID driver serve a reader that is not on its list. */
#ifndef SSC_TOOLS_DOCTOR_BIND_H
#define SSC_TOOLS_DOCTOR_BIND_H

#include "tools/cli.h"

/* VID:PID in hexadecimal. Prints file, entries and command (or as JSON); changes nothing. Exit code. root:
 * NULL for this machine. */
int bind_reader(struct cli *cli, const char *vid_pid, const char *root);

#endif
