/* SPDX-License-Identifier: Apache-2.0 */
/* Readers that pcscd knows. pcscd may be absent, restart or vanish: the driver re-establishes its context by
 * itself. */
#ifndef SSC_DRIVERS_PCSC_H
#define SSC_DRIVERS_PCSC_H

#include "drivers/reader.h"

/* Succeeds also while pcscd is absent. SSC_E_OUT_OF_MEMORY. Owner: caller, ssc_driver_free.
 * Environment: PCSCLITE_CSOCK_NAME is honoured by libpcsclite itself. */
int ssc_pcsc_driver_new(struct ssc_driver **out);

/* PC/SC return code (SCARD_E_...) as ssc_error. */
int ssc_pcsc_error(long scard);

#endif
