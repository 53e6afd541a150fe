/* SPDX-License-Identifier: Apache-2.0 */
/* What single readers get wrong; the table is quirks.def. */
#ifndef SSC_DRIVERS_CCID_QUIRKS_H
#define SSC_DRIVERS_CCID_QUIRKS_H

#include "drivers/ccid/descriptor.h"

enum ssc_ccid_cure {
    SSC_CCID_CURE_MAX_RATE,   /* argument: bit/s that really work */
    SSC_CCID_CURE_MAX_IFSD,   /* argument: bytes */
    SSC_CCID_CURE_NO_PIN_PAD, /* it says it has one */
    SSC_CCID_CURE_NO_IFS,     /* leave S(IFS request) out */
    SSC_CCID_CURE_SETTLE,     /* argument: ms of peace after opening */
};

struct ssc_ccid_quirk {
    uint16_t vid, pid;
    uint16_t firmware_first, firmware_last; /* bcdDevice, both inclusive */
    enum ssc_ccid_cure cure;
    uint32_t argument;
    const char *reader, *symptom, *evidence, *test;
};

/* The whole table. */
const struct ssc_ccid_quirk *ssc_ccid_quirks(size_t *count);
/* The n-th row (from 0) that fits this reader; NULL when there are no more. */
const struct ssc_ccid_quirk *ssc_ccid_quirk_of(uint16_t vid, uint16_t pid, uint16_t firmware, size_t n);
/* Corrects the descriptor. Returns how many ms to leave the reader alone after opening. */
unsigned ssc_ccid_quirks_apply(uint16_t vid, uint16_t pid, uint16_t firmware, struct ssc_ccid_descriptor *d);
/* Makers that built readers before the class had a number: their class FF interfaces may carry CCID. */
bool ssc_ccid_is_early_vendor(uint16_t vid);

#endif
