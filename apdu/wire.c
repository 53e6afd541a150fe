/* SPDX-License-Identifier: Apache-2.0 */
/*
 * T=0 (ISO/IEC 7816-3 clause 10): 12 etu per character, 4 more whenever the direction turns to the card's
 * side (16 etu between opposite characters); one procedure byte before each data field. T=1 (clause 11): 11
 * etu per character, 22 etu of block guard time, blocks of at most 254 bytes. Contactless (ISO/IEC 14443-3
 * and -4): 9 bits per byte, start and end of frame, 86 us of frame delay.
 */
#include "apdu/wire.h"

enum { T0_CHAR = 12, T0_TURN = 4, T1_CHAR = 11, T1_GUARD = 22, T1_FRAME = 4, T1_BLOCK = 254 };
enum { CL_BITS = 9, CL_SOF_EOF = 2, CL_FRAME = 3, CL_DELAY_NS = 86430 };

static uint64_t t0_etu(const uint8_t *tx, size_t tx_len, size_t rx_len)
{
    /* Header of five, procedure byte where data follow, data, status word. A reader drops the Le of case 4.
     */
    const bool has_data = tx_len > 5;
    const bool case4 = has_data && tx_len == 6u + tx[4];
    const uint64_t out = tx_len < 5 ? 5 : tx_len - (case4 ? 1 : 0);
    const uint64_t procedure = has_data || rx_len > 2 ? 1 : 0;
    const uint64_t turns = has_data ? 2 : 1;
    return (out + procedure + rx_len) * T0_CHAR + turns * T0_TURN;
}

static uint64_t t1_direction(size_t len)
{
    const uint64_t blocks = len <= T1_BLOCK ? 1 : (len + T1_BLOCK - 1) / T1_BLOCK;
    /* every block but the last is answered by a ready-block without information */
    return (len + blocks * T1_FRAME + (blocks - 1) * T1_FRAME) * T1_CHAR + (2 * blocks - 1) * T1_GUARD;
}

static uint64_t cl_ns(const struct ssc_wire *w, size_t tx_len, size_t rx_len)
{
    const uint64_t bits = (tx_len + rx_len + 2 * CL_FRAME) * CL_BITS + 2 * CL_SOF_EOF;
    /* 106 kbit/s is 13.56 MHz / 128, 212 is / 64, and so on */
    const uint64_t divider = w->kbps >= 848 ? 16 : w->kbps >= 424 ? 32 : w->kbps >= 212 ? 64 : 128;
    return bits * divider * 100000 / 1356 + 2 * CL_DELAY_NS;
}

uint64_t ssc_wire_us(const struct ssc_wire *w, const uint8_t *tx, size_t tx_len, size_t rx_len)
{
    uint64_t us;
    if (w->protocol == SSC_TCL) {
        us = cl_ns(w, tx_len, rx_len) / 1000;
    } else if (w->protocol == SSC_T1) {
        us = (t1_direction(tx_len) + t1_direction(rx_len)) * 1000000 / w->baud;
    } else {
        us = t0_etu(tx, tx_len, rx_len) * 1000000 / w->baud;
    }
    return us;
}
