/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PIN pad of the simulated reader, PC/SC part 10. card<N>.pinpad holds what the holder types, words
 * separated by blanks: for VERIFY one PIN; for a change the old PIN, the new one, and the new one again (if
 * other than the second). Instead of a PIN: "cancel" (the red key), "timeout" (nothing).
 */
#ifndef SSC_DRIVERS_IFD_PINPAD_H
#define SSC_DRIVERS_IFD_PINPAD_H

#include "drivers/ifd/slot.h"

/* ssc_ifd_control for this pad; without the file the reader has none. */
int ssc_ifd_pinpad_control(struct ssc_ifd_slot *slot, uint32_t code, const uint8_t *tx, size_t tx_len,
                           uint8_t *rx, size_t *rx_len);

#endif
