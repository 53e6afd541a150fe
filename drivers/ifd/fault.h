/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes wrong between pcscd and the card, for tests of PC/SC programs (faults of the card itself stand in
 * its image). The file card<N>.fault holds one fault per line; the first that fits applies, as long as the
 * file is there:
 *
 *     [CLAINS] KIND [ARGUMENT]         CLAINS: four hexadecimal digits, only for this command
 *
 *     communication-error | timeout | protocol | power | not-present | no-device | buffer
 *                                      the driver's answer to the command
 *     empty                            success with no bytes at all
 *     hang                             does not return while the file is there; the command is then executed
 *     delay MS                         late
 *     wire                             no fault: every exchange takes the time it would take on the wire
 *     mute                             the card does not answer its reset
 *     atr HEX                          it answers this (which may be nonsense)
 */
#ifndef SSC_DRIVERS_IFD_FAULT_H
#define SSC_DRIVERS_IFD_FAULT_H

#include "drivers/ifd/slot.h"

enum ssc_ifd_fault_kind {
    SSC_IFD_NO_FAULT,
    SSC_IFD_ANSWER, /* .answer is what the handler returns */
    SSC_IFD_EMPTY,
    SSC_IFD_HANG,
    SSC_IFD_DELAY,
    SSC_IFD_WIRE,
    SSC_IFD_MUTE,
    SSC_IFD_ATR,
};

struct ssc_ifd_fault {
    enum ssc_ifd_fault_kind kind;
    long answer; /* RESPONSECODE */
    unsigned delay_ms;
    uint8_t atr[64];
    size_t atr_len;
};

/* The fault for this command; tx NULL: for a reset. */
struct ssc_ifd_fault ssc_ifd_fault_find(const struct ssc_ifd_slot *slot, const uint8_t *tx, size_t tx_len);
/* Returns once card<N>.fault is gone. */
void ssc_ifd_fault_hang(const struct ssc_ifd_slot *slot);

#endif
