/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ccid/t0.h"

#include <string.h>

#include "apdu/command.h"
#include "apdu/error.h"

enum { HEADER = 5, INS = 1, P3 = 4, PROCEDURE_NULL = 0x60 };

int ssc_t0_tpdu(const uint8_t *apdu, size_t apdu_len, uint8_t *out, size_t *len)
{
    const size_t cap = *len;
    struct ssc_command cmd;
    int rc = ssc_command_decode(apdu, apdu_len, &cmd);
    if (rc == 0 && (cmd.extended || cmd.lc > SSC_LC_SHORT || cmd.le > SSC_LE_SHORT)) {
        rc = SSC_E_NOT_SUPPORTED;
    }
    if (rc == 0) {
        const size_t need = HEADER + cmd.lc;
        *len = need;
        if (need > cap) {
            rc = SSC_E_BUFFER_TOO_SMALL;
        } else {
            memcpy(out, apdu, 4);
            out[P3] = cmd.lc > 0 ? (uint8_t)cmd.lc : (uint8_t)cmd.le; /* Le 256 is 00, and so is no Le */
            if (cmd.lc > 0) {
                memcpy(out + HEADER, cmd.data, cmd.lc);
            }
        }
    }
    return rc;
}

int ssc_t0_begin(struct ssc_t0 *t, const uint8_t *tpdu, size_t len, uint8_t *answer, size_t cap)
{
    int rc = 0;
    *t = (struct ssc_t0){.command = tpdu, .command_len = len, .answer = answer, .answer_cap = cap};
    if (len < HEADER || len > SSC_T0_TPDU_MAX || (len > HEADER && len != HEADER + (size_t)tpdu[P3])) {
        rc = SSC_E_INVALID_ARGUMENT;
    } else {
        /* A command of 5 bytes is case 1 or 2: which one is for the card to say. */
        t->incoming = len > HEADER ? 0 : tpdu[P3] ? tpdu[P3] : 256;
        rc = cap < t->incoming + 2 ? SSC_E_BUFFER_TOO_SMALL : 0;
        t->tx = tpdu;
        t->tx_len = t->sent = HEADER;
        t->want = 1;
    }
    return rc;
}

/* Procedure byte, table 11. */
static int procedure(struct ssc_t0 *t, uint8_t byte)
{
    const uint8_t ins = t->command[INS],
                  one = (uint8_t)~ins; /* INS: all the rest, its complement: one byte */
    const size_t left = t->command_len - t->sent;
    int rc = 0;
    if (byte == PROCEDURE_NULL) {
        t->nulls++;
    } else if ((byte & 0xF0) == 0x60 || (byte & 0xF0) == 0x90) {
        t->answer[t->answer_len++] = byte;
        t->status = true;
    } else if ((byte == ins || byte == one) && (left > 0 || t->incoming > 0)) {
        const bool all = byte == ins;
        t->tx = t->command + t->sent;
        t->tx_len = left == 0 ? 0 : all ? left : 1;
        t->sent += t->tx_len;
        t->due = left > 0 ? 0 : all ? t->incoming : 1;
    } else {
        rc = SSC_E_BAD_RESPONSE;
    }
    return rc;
}

int ssc_t0_take(struct ssc_t0 *t, const uint8_t *bytes, size_t count)
{
    int rc = t->done ? SSC_E_INVALID_ARGUMENT : count == 0 ? SSC_E_CARD_MUTE : 0;
    if (rc == 0 && count > t->want) {
        rc = SSC_E_BAD_RESPONSE;
    }
    t->tx_len = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (t->due > 0) {
            t->answer[t->answer_len++] = bytes[i];
            t->incoming--;
            t->due--;
        } else if (t->status) {
            t->answer[t->answer_len++] = bytes[i];
            t->done = true;
        } else {
            rc = procedure(t, bytes[i]);
        }
    }
    t->want = t->due > 0 ? t->due : 1;
    return rc;
}
