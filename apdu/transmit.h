/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transmit loop: one command in, one whole response out, over any link.
 * It hides 61xx (GET RESPONSE), 6Cxx (wrong Le), T=0's lack of case 4, extended length and command chaining.
 */
#ifndef SSC_APDU_TRANSMIT_H
#define SSC_APDU_TRANSMIT_H

#include "apdu/command.h"

enum ssc_protocol { SSC_T0 = 0, SSC_T1 = 1, SSC_TCL = 2 /* contactless, ISO 14443-4 */ };

/* A link moves one raw exchange. rx_len: capacity in, length out, status word included.
 * Returns 0 or a negative ssc_error. deadline: CLOCK_MONOTONIC milliseconds, absolute. */
struct ssc_link {
    int (*exchange)(void *ctx, const uint8_t *tx, size_t tx_len, uint8_t *rx, size_t *rx_len,
                    int64_t deadline);
    void *ctx;
    enum ssc_protocol protocol;
    bool extended_length; /* reader and card take extended APDUs; else long commands are chained */
};

enum ssc_transmit_flags {
    /* Money: the command leaves this host at most once. 6Cxx is handed to the caller instead of repeated,
     * nothing is chained. GET RESPONSE after 61xx is still sent, because the card has then already acted. */
    SSC_TX_ONCE = 1u << 0,
    /* What 61xx announces stays in the card: the command is done (0, with rsp->sw 61xx and no data). The next
     * command discards it; ISO 7816-4 table 5 obliges nobody to fetch. Where a driver or card hands the data
     * out at once, they are there all the same. */
    SSC_TX_LEAVE_DATA = 1u << 1,
};

/* What really happened on the wire; lets a caller tell "never sent" from "sent, answer lost". */
struct ssc_transmit_report {
    unsigned exchanges; /* raw exchanges begun */
    bool sent;          /* the command itself was handed to the link at least once */
    uint16_t
        first_sw; /* status word of the command's own last answer (not GET RESPONSE's), 0 when none came */
};

/* Returns 0 for 9000; the status word (> 0) for any other, with rsp->data filled all the same;
 * negative for the host side. SSC_E_CARD_MISBEHAVES: the card announced more than SSC_RESPONSE_MAX bytes, or
 * answered 61xx/6Cxx without making progress. SSC_E_BAD_RESPONSE: an answer shorter than a status word, or
 * one that ISO 7816-3 does not know (SW1 other than 61..6F, 90..9F). SSC_E_BUFFER_TOO_SMALL: the data does
 * not fit; rsp->len is then what was announced so far and may exceed rsp->cap. SSC_E_NOT_SUPPORTED: longer
 * than this link takes, and chaining is ruled out by SSC_TX_ONCE or by a class byte without chaining bit;
 * nothing was sent. SSC_E_DEADLINE_EXCEEDED: also between two exchanges. The link's own errors are passed on.
 * The command's bytes are wiped behind each exchange. Extended length needs 130 KiB of stack. report may be
 * NULL. */
int ssc_transmit(const struct ssc_link *link, const struct ssc_command *cmd, struct ssc_response *rsp,
                 unsigned flags, int64_t deadline, struct ssc_transmit_report *report);

#endif
