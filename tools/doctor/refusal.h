/* SPDX-License-Identifier: Apache-2.0 */
/* pcscd has a socket, takes the connection, and hangs up: who does it refuse, and why? */
#ifndef SSC_TOOLS_DOCTOR_REFUSAL_H
#define SSC_TOOLS_DOCTOR_REFUSAL_H

#include "tools/doctor/doctor.h"

/* pcscd's socket, where libpcsclite looks for it. */
const char *pcscd_socket(void);
/* It cannot be used though its socket is served: breaks the chain at the reason. detail: what the library
 * makes of it. */
void pcscd_refused(struct doctor *d, const char *detail);
/* It has listed its readers, and gives no card. told: it says so itself; else it has hung up, and the chain
 * breaks (true) only if it is the same pcscd, and speaks to us. */
bool pcscd_refused_card(struct doctor *d, bool told);

#endif
