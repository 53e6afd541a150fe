/* SPDX-License-Identifier: Apache-2.0 */
#include "contact.h"

#include <string.h>

enum { T0_NULL = 0x60, PPSS = 0xFF };
enum { R_BLOCK = 0x80, S_BLOCK = 0xC0, MORE = 0x20 };
enum { S_RESYNCH = 0xC0, S_IFS = 0xC1, S_ABORT = 0xC2, S_WTX = 0xC3, S_RESPONSE = 0x20 };
enum { DEFAULT_IFS = 32, DEFAULT_FIDI = 0x11 };

void contact_fault(struct contact *c, enum contact_fault fault, unsigned count)
{
    c->fault = fault;
    c->count = count;
    c->endless = count == 0;
}

/* Whether the fault is due now; uses it up. */
static bool due(struct contact *c, enum contact_fault fault)
{
    const bool now = c->fault == fault && (c->endless || c->count > 0);
    if (now && !c->endless) {
        c->count--;
    }
    return now;
}

static void say(struct contact *c, const uint8_t *bytes, size_t len)
{
    if (len <= sizeof c->out - c->out_len) {
        memcpy(c->out + c->out_len, bytes, len);
        c->out_len += len;
    }
}

size_t contact_get(struct contact *c, uint8_t *out, size_t cap)
{
    size_t len = c->out_len < cap ? c->out_len : cap;
    memcpy(out, c->out, len);
    memmove(c->out, c->out + len, c->out_len - len);
    c->out_len -= len;
    if (c->protocol == SSC_T0 && c->endless && c->fault == CONTACT_T0_NULLS) {
        memset(out + len, T0_NULL, cap - len);
        len = cap;
    }
    return len;
}

int contact_reset(struct contact *c, enum ssc_reset how, uint8_t *atr, size_t *atr_len)
{
    struct ssc_atr parsed;
    int rc = c->card ? ssc_sim_card_reset(c->card, how, atr, atr_len) : SSC_E_CARD_MUTE;
    struct ssc_sim_card *card = c->card;
    const enum contact_fault fault = c->fault;
    const unsigned count = c->count, executed = c->executed;
    const bool endless = c->endless;
    *c = (struct contact){
        .card = card, .fault = fault, .count = count, .endless = endless, .executed = executed};
    c->ifsd = DEFAULT_IFS;
    c->fresh = true;
    if (rc == 0 && due(c, CONTACT_MUTE)) {
        rc = SSC_E_CARD_MUTE;
    }
    if (rc == 0) {
        c->protocol = ssc_sim_card_protocol(card);
        rc = ssc_atr_parse(atr, *atr_len, &parsed);
    }
    if (rc == 0) {
        c->fidi = parsed.specific_mode && !parsed.implicit ? parsed.level[0].ta : DEFAULT_FIDI;
        c->ifsc = c->atr_ifsc = (uint8_t)parsed.ifsc;
        c->crc = parsed.crc;
    }
    return rc;
}

/* A T=0 card gets P3 = 0 both for "no data" and for "as much as there is". */
int contact_command(struct contact *c, const uint8_t *tx, size_t tx_len, uint8_t *rx, size_t *rx_len)
{
    static const uint8_t WRONG_LENGTH[2] = {0x67, 0x00};
    const size_t cap = *rx_len;
    int rc = c->card ? ssc_sim_card_apdu(c->card, tx, tx_len, rx, rx_len, ssc_now_ms()) : SSC_E_CARD_REMOVED;
    if (rc == 0 && tx_len == 5 && tx[4] == 0 && *rx_len == 2 && memcmp(rx, WRONG_LENGTH, 2) == 0) {
        *rx_len = cap;
        rc = ssc_sim_card_apdu(c->card, tx, 4, rx, rx_len, ssc_now_ms());
    }
    c->fresh = false;
    c->executed++;
    return rc == SSC_E_DEADLINE_EXCEEDED ? SSC_E_CARD_MUTE : rc;
}

/* ---- T=0 ---- */

/* Which way data go is known by the instruction alone: GET CHALLENGE, GET RESPONSE, READ BINARY, READ RECORD,
 * GET BALANCE, GET DATA fetch. */
static bool t0_takes_data(const uint8_t *header)
{
    static const uint8_t FETCH[] = {0x84, 0xC0, 0xB0, 0xB2, 0x5C, 0x26, 0xCA};
    return header[4] > 0 && memchr(FETCH, header[1], sizeof FETCH) == NULL;
}

static int t0_answer(struct contact *c)
{
    uint8_t tx[CONTACT_COMMAND_MAX + 5], rx[CONTACT_OUT_MAX];
    size_t len = sizeof rx;
    memcpy(tx, c->header, 5);
    memcpy(tx + 5, c->data, c->data_len);
    const int rc = contact_command(c, tx, 5 + c->data_len, rx, &len);
    if (rc == 0) {
        if (len > 2) {
            say(c, &c->header[1], 1); /* ACK: all of it */
        }
        say(c, rx, len);
    }
    c->header_len = 0;
    c->data_len = 0;
    return rc;
}

/* What comes before ACK or status: NULL, nonsense, nothing. True: the card has said its last word. */
static bool t0_trouble(struct contact *c)
{
    static const uint8_t null[] = {T0_NULL}, nonsense[] = {0x00};
    bool ends = false;
    if (c->endless && c->fault == CONTACT_T0_NULLS) {
        say(c, null, 1);
        ends = true;
    } else {
        while (due(c, CONTACT_T0_NULLS)) {
            say(c, null, 1);
        }
    }
    if (due(c, CONTACT_T0_NONSENSE)) {
        say(c, nonsense, 1);
        c->header_len = 0;
        ends = true;
    }
    return ends || due(c, CONTACT_MUTE);
}

static int t0_character(struct contact *c, uint8_t byte)
{
    const uint8_t all = c->header[1], one = (uint8_t)~c->header[1];
    int rc = 0;
    if (c->header_len < 5) {
        c->header[c->header_len++] = byte;
        if (c->header_len == 5 && !t0_trouble(c)) {
            if (t0_takes_data(c->header)) {
                say(c, c->fault == CONTACT_T0_SINGLE ? &one : &all, 1);
            } else {
                rc = t0_answer(c);
            }
        }
    } else {
        c->data[c->data_len++] = byte;
        if (c->data_len == c->header[4]) {
            rc = t0_trouble(c) ? 0 : t0_answer(c);
        } else if (c->fault == CONTACT_T0_SINGLE) {
            say(c, &one, 1);
        }
    }
    return rc;
}

/* ---- T=1 ---- */

static uint16_t crc16(const uint8_t *bytes, size_t len)
{
    unsigned crc = 0xFFFF; /* ISO/IEC 13239 */
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 1u ? crc >> 1 ^ 0x8408u : crc >> 1;
        }
    }
    return (uint16_t)(crc ^ 0xFFFFu);
}

static size_t seal(const struct contact *c, uint8_t *block, size_t len)
{
    if (c->crc) {
        const uint16_t crc = crc16(block, len);
        block[len++] = (uint8_t)(crc >> 8);
        block[len++] = (uint8_t)crc;
    } else {
        uint8_t lrc = 0;
        for (size_t i = 0; i < len; i++) {
            lrc ^= block[i];
        }
        block[len++] = lrc;
    }
    return len;
}

static bool sound(const struct contact *c, const uint8_t *block, size_t len)
{
    const size_t tail = c->crc ? 2 : 1;
    uint8_t copy[CONTACT_BLOCK_MAX + 2];
    bool ok = len >= 3 + tail && len == 3u + block[2] + tail && block[2] <= c->ifsc;
    if (ok) {
        memcpy(copy, block, len - tail);
        ok = seal(c, copy, len - tail) == len && memcmp(copy, block, len) == 0;
    }
    return ok;
}

static void t1_send(struct contact *c, uint8_t pcb, const uint8_t *inf, size_t len)
{
    uint8_t block[CONTACT_BLOCK_MAX + 2] = {0, pcb, (uint8_t)len};
    if (len > 0) {
        memcpy(block + 3, inf, len);
    }
    size_t total = seal(c, block, 3 + len);
    memcpy(c->last, block, total);
    c->last_len = total;
    if (due(c, CONTACT_T1_LOST)) {
        total = 0;
    } else if (due(c, CONTACT_T1_BAD_CHECK)) {
        block[total - 1] ^= 0x55;
    } else if (due(c, CONTACT_T1_BAD_LENGTH)) {
        block[2] = (uint8_t)(block[2] + 7);
    } else if ((pcb & R_BLOCK) == 0 && due(c, CONTACT_T1_WRONG_NS)) {
        block[1] ^= 0x40;
        total = seal(c, block, 3 + len);
    }
    say(c, block, total);
}

static void t1_ready(struct contact *c, uint8_t error)
{
    t1_send(c, (uint8_t)(R_BLOCK | c->nr << 4 | error), NULL, 0);
}

static void t1_chunk(struct contact *c)
{
    const size_t left = c->answer_len - c->answer_at;
    c->chunk = left < c->ifsd ? left : c->ifsd;
    c->answering = true;
    t1_send(c, (uint8_t)(c->ns << 6 | (left > c->chunk ? MORE : 0)), c->answer + c->answer_at, c->chunk);
}

static int t1_execute(struct contact *c)
{
    static const uint8_t two[] = {2}, sixteen[] = {16};
    int rc = 0;
    if (due(c, CONTACT_T1_WTX)) {
        t1_send(c, S_WTX, two, 1);
    } else if (due(c, CONTACT_T1_IFS)) {
        t1_send(c, S_IFS, sixteen, 1);
    } else if (due(c, CONTACT_T1_ABORT)) {
        c->command_len = 0;
        t1_send(c, S_ABORT, NULL, 0);
    } else {
        c->answer_len = sizeof c->answer;
        c->answer_at = 0;
        rc = contact_command(c, c->command, c->command_len, c->answer, &c->answer_len);
        c->command_len = 0;
        if (rc == 0) {
            t1_chunk(c);
        }
    }
    return rc;
}

static int t1_supervisory(struct contact *c, const uint8_t *block)
{
    int rc = 0;
    switch (block[1]) {
    case S_RESYNCH:
        c->ns = c->nr = 0;
        c->ifsc = c->atr_ifsc;
        c->ifsd = DEFAULT_IFS;
        c->command_len = 0;
        c->answering = false;
        c->resynchs++;
        t1_send(c, S_RESYNCH | S_RESPONSE, NULL, 0);
        break;
    case S_IFS:
        c->ifs_requests++;
        c->ifsd = block[3];
        t1_send(c, S_IFS | S_RESPONSE, block + 3, 1);
        break;
    case S_ABORT:
        c->command_len = 0;
        c->answering = false;
        t1_send(c, S_ABORT | S_RESPONSE, NULL, 0);
        break;
    case S_IFS | S_RESPONSE:
        c->ifsc = block[3];
        rc = t1_execute(c);
        break;
    case S_WTX | S_RESPONSE:
        rc = t1_execute(c);
        break;
    case S_ABORT | S_RESPONSE:
        t1_ready(c, 0);
        break;
    default:
        t1_ready(c, 2);
    }
    return rc;
}

static void t1_acknowledged(struct contact *c, uint8_t pcb)
{
    if (c->answering && (pcb >> 4 & 1) != c->ns && c->answer_at + c->chunk < c->answer_len) {
        c->answer_at += c->chunk;
        c->ns ^= 1;
        t1_chunk(c);
    } else {
        uint8_t again[CONTACT_BLOCK_MAX];
        const size_t len = c->last_len;
        memcpy(again, c->last, len);
        t1_send(c, again[1], again + 3, again[2]);
    }
}

static int t1_information(struct contact *c, const uint8_t *block)
{
    int rc = 0;
    if ((block[1] >> 6 & 1) != c->nr || c->command_len + block[2] > sizeof c->command) {
        t1_ready(c, 2);
    } else {
        if (c->answering) { /* a new command acknowledges the last answer */
            c->answering = false;
            c->ns ^= 1;
        }
        memcpy(c->command + c->command_len, block + 3, block[2]);
        c->command_len += block[2];
        c->nr ^= 1;
        if (block[1] & MORE) {
            t1_ready(c, 0);
        } else {
            rc = t1_execute(c);
        }
    }
    return rc;
}

static int t1_block(struct contact *c, const uint8_t *block, size_t len)
{
    int rc = 0;
    c->blocks++;
    c->fresh = false;
    if (due(c, CONTACT_MUTE)) {
        rc = 0;
    } else if (!sound(c, block, len)) {
        t1_ready(c, 1);
    } else if (due(c, CONTACT_T1_REFUSE)) {
        t1_ready(c, 2);
    } else if ((block[1] & S_BLOCK) == S_BLOCK) {
        rc = t1_supervisory(c, block);
    } else if ((block[1] & S_BLOCK) == R_BLOCK) {
        t1_acknowledged(c, block[1]);
    } else {
        rc = t1_information(c, block);
    }
    return rc;
}

/* ---- both ---- */

int contact_put(struct contact *c, const uint8_t *bytes, size_t len, uint8_t speed)
{
    int rc = 0;
    c->out_len = 0;
    if (speed != c->fidi) {
        /* noise to the card */
    } else if (c->fresh && len >= 3 && bytes[0] == PPSS) {
        c->pps++;
        if (bytes[1] & 0x10) {
            c->fidi = bytes[2];
        }
        say(c, bytes, len);
    } else if (c->protocol == SSC_T1) {
        rc = t1_block(c, bytes, len);
    } else {
        for (size_t i = 0; rc == 0 && i < len; i++) {
            rc = t0_character(c, bytes[i]);
        }
    }
    return rc;
}
