/* SPDX-License-Identifier: Apache-2.0 */
/* What the IFD handlers of sscard answer alike, whatever reader is behind them. */
#ifndef SSC_DRIVERS_IFD_IFD_H
#define SSC_DRIVERS_IFD_IFD_H

#include "drivers/reader.h"

#include <ifdhandler.h>

/* pcscd's limit of readers; its Lun is the reader's number in the upper half, the slot's in the lower. */
#define SSC_IFD_READERS_MAX 16u

/* A reader as pcscd asks about it. */
struct ssc_ifd_facts {
    const uint8_t *atr; /* of the slot; empty: not powered */
    size_t atr_len;
    unsigned slots;
    const char *serial; /* NULL: has none */
    /* pcscd calls these instead of asking for presence every 400 ms, the first on the slot's own thread. */
    RESPONSECODE (*poll)(DWORD lun, int timeout_ms);
    RESPONSECODE (*stop)(DWORD lun);
};

RESPONSECODE ssc_ifd_response(int rc);
RESPONSECODE ssc_ifd_capability(const struct ssc_ifd_facts *facts, DWORD tag, PDWORD length, PUCHAR value);

/* PC/SC part 10: a reader's keypad. */
struct ssc_ifd_pad {
    unsigned features; /* enum ssc_feature */
    unsigned lcd;      /* wLcdLayout: lines, columns; 0: no display */
    uint32_t max_apdu; /* dwMaxAPDUDataSize; 0: short APDUs only */
    unsigned vid, pid; /* 0: not on USB */
    /* As in struct ssc_channel_ops. */
    int (*enter)(void *ctx, const struct ssc_pin_entry *entry, uint8_t *rx, size_t *rx_len);
    void *ctx;
};
/* One control code; *rx_len: capacity in, length out. What ends a PIN entry without the card is a status word
 * of the reader. SSC_E_NOT_SUPPORTED: no code of part 10. */
int ssc_ifd_control(const struct ssc_ifd_pad *pad, uint32_t code, const uint8_t *tx, size_t tx_len,
                    uint8_t *rx, size_t *rx_len);

#endif
