/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The card's end of the contacts: the simulated card behind the characters of T=0 and the blocks of T=1
 * (ISO/IEC 7816-3 clauses 9 to 11), for readers that leave those to the host. It misbehaves on demand.
 */
#ifndef SSC_TESTS_USB_CONTACT_H
#define SSC_TESTS_USB_CONTACT_H

#include "drivers/sim/sim.h"

enum contact_fault {
    CONTACT_SOUND,
    CONTACT_T0_NULLS,      /* procedure byte 60 before every other; count 0: for ever */
    CONTACT_T0_SINGLE,     /* asks for each byte of the data field by itself (INS inverted) */
    CONTACT_T0_NONSENSE,   /* a procedure byte that means nothing */
    CONTACT_T1_WTX,        /* S(WTX request), count times before the answer; 0: for ever */
    CONTACT_T1_BAD_CHECK,  /* the check byte of the block is wrong */
    CONTACT_T1_LOST,       /* the block never arrives */
    CONTACT_T1_WRONG_NS,   /* send sequence number out of turn */
    CONTACT_T1_BAD_LENGTH, /* LEN announces more than follows */
    CONTACT_T1_REFUSE,     /* R-block with an error, whatever comes */
    CONTACT_T1_ABORT,      /* S(ABORT request) instead of the answer */
    CONTACT_T1_IFS,        /* S(IFS request) with 16 before the answer */
    CONTACT_MUTE,          /* nothing at all */
};

enum { CONTACT_BLOCK_MAX = 259, CONTACT_COMMAND_MAX = 1024, CONTACT_OUT_MAX = 2048 };

struct contact {
    struct ssc_sim_card *card;
    enum ssc_protocol protocol;
    bool crc, fresh; /* fresh: nothing but the answer to reset was said, PPS is possible */
    uint8_t fidi;    /* what PPS agreed on; 11 by default */
    uint8_t ifsc, ifsd, atr_ifsc;
    /* fault, for the next `count` blocks or procedure bytes; 0: from now on */
    enum contact_fault fault;
    unsigned count;
    bool endless;
    /* T=0 */
    uint8_t header[5];
    uint8_t data[CONTACT_COMMAND_MAX];
    size_t header_len, data_len;
    bool answered;
    /* T=1 */
    uint8_t ns, nr, command[CONTACT_COMMAND_MAX], answer[CONTACT_OUT_MAX], last[CONTACT_BLOCK_MAX];
    size_t command_len, answer_len, answer_at, chunk, last_len;
    bool answering;
    /* characters that wait to be read */
    uint8_t out[CONTACT_OUT_MAX];
    size_t out_len;
    /* totals */
    unsigned executed, resynchs, blocks, ifs_requests, pps;
};

/* ATR with the card's protocol; the sim's image fixes both. 0 or SSC_E_CARD_MUTE. */
int contact_reset(struct contact *c, enum ssc_reset how, uint8_t *atr, size_t *atr_len);
void contact_fault(struct contact *c, enum contact_fault fault, unsigned count);
/* Characters from the reader; what the card says stands in c->out then. `speed`: FI and DI of the reader at
 * this moment; a card does not understand another speed than its own. Returns 0 or what the card's fault says
 * (SSC_E_CARD_REMOVED, _CARD_MUTE). */
int contact_put(struct contact *c, const uint8_t *bytes, size_t len, uint8_t speed);
/* Takes at most `cap` characters. */
size_t contact_get(struct contact *c, uint8_t *out, size_t cap);
/* Whole T=0 command for a reader that does the procedure bytes by itself, or APDU. */
int contact_command(struct contact *c, const uint8_t *tx, size_t tx_len, uint8_t *rx, size_t *rx_len);

#endif
