/* SPDX-License-Identifier: Apache-2.0 */
/*
 * T=0 (ISO/IEC 7816-3:2006 clause 10) without I/O. For readers at TPDU level only the form of the command
 * matters; for readers at character level the procedure bytes are done here:
 *
 *     rc = ssc_t0_begin(&t, tpdu, len, answer, capacity);
 *     while (rc == 0 && !t.done) {
 *         send t.tx[0 .. t.tx_len) (may be empty); receive at most t.want bytes, at least one;
 *         rc = ssc_t0_take(&t, bytes, count);
 *     }
 *
 * 61xx and 6Cxx are status words like any other here; apdu/transmit.h answers them. A card that sends NULL
 * (60) for ever keeps the loop going: the caller's deadline is the limit.
 */
#ifndef SSC_DRIVERS_CCID_T0_H
#define SSC_DRIVERS_CCID_T0_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSC_T0_TPDU_MAX 260u /* header, 255 bytes */

/* Command APDU as T=0 sends it: case 1 gains P3 = 00, case 4 loses its Le. *len: capacity in, length out.
 * SSC_E_NOT_SUPPORTED: extended lengths. SSC_E_INVALID_ARGUMENT: lengths that contradict each other.
 * SSC_E_BUFFER_TOO_SMALL. */
int ssc_t0_tpdu(const uint8_t *apdu, size_t apdu_len, uint8_t *out, size_t *len);

struct ssc_t0 {
    bool done;
    const uint8_t *tx; /* into the command */
    size_t tx_len, want;
    size_t answer_len; /* data and status word, when done */
    unsigned nulls;
    /* private */
    const uint8_t *command;
    size_t command_len, sent;
    uint8_t *answer;
    size_t answer_cap, incoming; /* data bytes that the card still owes */
    size_t due;                  /* of these, before the next procedure byte */
    bool status;                 /* SW1 has come */
};

/* tpdu as made by ssc_t0_tpdu; both buffers are borrowed until done. SSC_E_INVALID_ARGUMENT: not a TPDU.
 * SSC_E_BUFFER_TOO_SMALL: an answer of the expected length would not fit. */
int ssc_t0_begin(struct ssc_t0 *t, const uint8_t *tpdu, size_t len, uint8_t *answer, size_t cap);
/* SSC_E_CARD_MUTE: count is 0. SSC_E_BAD_RESPONSE: a byte that is no procedure byte, or more than asked for.
 */
int ssc_t0_take(struct ssc_t0 *t, const uint8_t *bytes, size_t count);

#endif
