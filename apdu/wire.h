/* SPDX-License-Identifier: Apache-2.0 */
/* How long an exchange takes on the wire between reader and card; the card's own thinking, USB and PC/SC are
 * not counted. */
#ifndef SSC_APDU_WIRE_H
#define SSC_APDU_WIRE_H

#include "apdu/transmit.h"

struct ssc_wire {
    enum ssc_protocol protocol;
    unsigned baud; /* contact: etu per second, more than 0 */
    unsigned kbps; /* contactless: 106, 212, 424, 848 */
};

/* Microseconds for a command of tx_len bytes and its answer, status word included. T=0 with its procedure
 * bytes, T=1 with its blocks, contactless with its frames: see the clauses in wire.c. */
uint64_t ssc_wire_us(const struct ssc_wire *wire, const uint8_t *tx, size_t tx_len, size_t rx_len);

#endif
