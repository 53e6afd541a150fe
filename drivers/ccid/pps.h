/* SPDX-License-Identifier: Apache-2.0 */
/* Which protocol and which speed: what the ATR offers within what the reader can do (ISO/IEC 7816-3 clauses 8
 * and 9), and how the reader is told (USB CCID rev 1.1 clauses 6.1.7 and 6.1.14). Pure. */
#ifndef SSC_DRIVERS_CCID_PPS_H
#define SSC_DRIVERS_CCID_PPS_H

#include "apdu/atr.h"
#include "apdu/transmit.h"
#include "drivers/ccid/descriptor.h"

#define SSC_CCID_LIST_MAX 256u

/* What the reader lists on request, in its own order; count 0: no list. */
struct ssc_ccid_rates {
    uint32_t clock_khz[SSC_CCID_LIST_MAX], rate[SSC_CCID_LIST_MAX];
    size_t clocks, rates;
};

struct ssc_ccid_choice {
    enum ssc_protocol protocol;
    uint8_t fidi;      /* F and D as in TA1; 11 = default */
    bool exchange_pps; /* the host sends pps itself */
    uint8_t pps[4];
    size_t pps_len;
    uint8_t parameters[7]; /* for PC_to_RDR_SetParameters */
    size_t parameters_len; /* 5 for T=0, 7 for T=1 */
    bool set_rate;         /* clock and rate must be set by hand */
    uint32_t clock_khz, rate;
};

/* wanted: 0 or 1 asks for T=0 or T=1, -1 leaves it to the card. fast: false keeps to the default speed.
 * SSC_E_PROTOCOL_MISMATCH: card and reader, or card and wish, have nothing in common. */
int ssc_ccid_choose(const struct ssc_ccid_descriptor *d, const struct ssc_ccid_rates *rates,
                    const struct ssc_atr *atr, int wanted, bool fast, struct ssc_ccid_choice *out);
/* The card's answer to choice->pps. A card may leave PPS1 out, which means default speed: choice is then
 * changed to that. SSC_E_BAD_RESPONSE: anything else than agreement; the card must be reset. */
int ssc_ccid_pps_agreed(struct ssc_ccid_choice *choice, const struct ssc_atr *atr, const uint8_t *answer,
                        size_t len);
/* bit/s at this clock, 0 for a reserved F or D. */
uint32_t ssc_ccid_rate(uint8_t fidi, uint32_t clock_khz);

#endif
