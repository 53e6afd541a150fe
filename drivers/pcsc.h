/* SPDX-License-Identifier: Apache-2.0 */
/* Readers that pcscd knows. pcscd may be absent, restart or vanish: the driver re-establishes its context by
 * itself. */
#ifndef SSC_DRIVERS_PCSC_H
#define SSC_DRIVERS_PCSC_H

#include "drivers/reader.h"

/* Succeeds also while pcscd is absent. SSC_E_OUT_OF_MEMORY. Owner: caller, ssc_driver_free (channels may
 * outlive it). Environment: PCSCLITE_CSOCK_NAME is honoured by libpcsclite itself, once in the life of a
 * process. One driver per process: libpcsclite 1.9 keeps the readers' states in one table without a lock.
 *
 * A channel whose card or reader has gone, or whose pcscd has ended, stays dead: open another. One that
 * another program has reset answers SSC_E_CARD_RESET until it is reset. Opening a reader where a call of this
 * driver is stuck answers SSC_E_READER_WEDGED, or SSC_E_READER_BUSY when that call waits for another
 * program's transaction.
 *
 * A reader's name that is not UTF-8 is given with U+FFFD for every byte that belongs to no character, and a
 * blank and eight hexadecimal digits behind it that depend on the raw name alone; it is opened by the name so
 * given. */
int ssc_pcsc_driver_new(struct ssc_driver **out);

/* PC/SC return code (SCARD_E_...) as ssc_error. */
int ssc_pcsc_error(long scard);

#endif
