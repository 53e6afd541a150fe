/* SPDX-License-Identifier: Apache-2.0 */
/* One APDU at each level of exchange (USB CCID rev 1.1 clause 3.2). */
#include <string.h>

#include "apdu/crypto.h"
#include "drivers/ccid/engine.h"
#include "drivers/ccid/t0.h"

/* wLevelParameter of a chained APDU (table 6.1-12), bChainParameter of the answer (6.2-3). */
enum { CHAIN_WHOLE = 0, CHAIN_FIRST = 1, CHAIN_LAST = 2, CHAIN_MIDDLE = 3, CHAIN_EMPTY = 0x10 };

static int append(struct ssc_ccid_engine *e, size_t *have, const struct ssc_ccid_answer *answer)
{
    const int rc = answer->len > SSC_RESPONSE_MAX - *have ? SSC_E_CARD_MISBEHAVES : 0;
    if (rc == 0 && answer->len > 0) {
        memcpy(e->answer + *have, answer->data, answer->len);
        *have += answer->len;
    }
    return rc;
}

static int short_apdu(struct ssc_ccid_engine *e, unsigned slot, const uint8_t *tx, size_t tx_len,
                      size_t *have, int64_t deadline)
{
    struct ssc_ccid_answer answer;
    int rc = tx_len > SSC_COMMAND_SHORT
                 ? SSC_E_NOT_SUPPORTED
                 : ssc_ccid_xfr(e, slot, 0, CHAIN_WHOLE, tx, tx_len, &answer, deadline);
    return rc == 0 ? append(e, have, &answer) : rc;
}

/* Sends in pieces as large as the reader takes; *answer is the one to the last piece. */
static int send_chain(struct ssc_ccid_engine *e, unsigned slot, const uint8_t *tx, size_t tx_len,
                      struct ssc_ccid_answer *answer, int64_t deadline)
{
    const size_t room = e->interface.ccid.max_message - SSC_CCID_HEADER;
    size_t at = 0;
    int rc = 0;
    while (rc == 0 && at < tx_len) {
        const size_t piece = tx_len - at > room ? room : tx_len - at;
        const bool first = at == 0, last = at + piece == tx_len;
        const uint16_t level = first ? (last ? CHAIN_WHOLE : CHAIN_FIRST) : last ? CHAIN_LAST : CHAIN_MIDDLE;
        rc = ssc_ccid_xfr(e, slot, 0, level, tx + at, piece, answer, deadline);
        at += piece;
        if (rc == 0 && !last && (answer->specific != CHAIN_EMPTY || answer->len > 0)) {
            rc = SSC_E_BAD_RESPONSE; /* an answer to half a command */
        }
    }
    return rc;
}

static int extended_apdu(struct ssc_ccid_engine *e, unsigned slot, const uint8_t *tx, size_t tx_len,
                         size_t *have, int64_t deadline)
{
    struct ssc_ccid_answer answer;
    int rc = send_chain(e, slot, tx, tx_len, &answer, deadline);
    rc = rc == 0 ? append(e, have, &answer) : rc;
    while (rc == 0 && (answer.specific == CHAIN_FIRST || answer.specific == CHAIN_MIDDLE)) {
        rc = answer.len == 0 ? SSC_E_CARD_MISBEHAVES
                             : ssc_ccid_xfr(e, slot, 0, CHAIN_EMPTY, NULL, 0, &answer, deadline);
        rc = rc == 0 ? append(e, have, &answer) : rc;
    }
    return rc;
}

/* ---- T=0 ---- */

static int t0_characters(struct ssc_ccid_engine *e, unsigned slot, const uint8_t *tpdu, size_t tpdu_len,
                         size_t *have, int64_t deadline)
{
    struct ssc_t0 t;
    int rc = ssc_t0_begin(&t, tpdu, tpdu_len, e->answer, SSC_RESPONSE_MAX);
    while (rc == 0 && !t.done) {
        struct ssc_ccid_answer answer;
        rc = ssc_ccid_xfr(e, slot, 0, (uint16_t)t.want, t.tx, t.tx_len, &answer, deadline);
        rc = rc == 0 ? ssc_t0_take(&t, answer.data, answer.len) : rc;
    }
    *have = rc == 0 ? t.answer_len : 0;
    return rc;
}

static int t0(struct ssc_ccid_engine *e, unsigned slot, const uint8_t *tx, size_t tx_len, size_t *have,
              int64_t deadline)
{
    uint8_t tpdu[SSC_T0_TPDU_MAX];
    size_t len = sizeof tpdu;
    struct ssc_ccid_answer answer;
    int rc = ssc_t0_tpdu(tx, tx_len, tpdu, &len);
    if (rc == 0 && e->interface.ccid.level == SSC_CCID_CHARACTER) {
        rc = t0_characters(e, slot, tpdu, len, have, deadline);
    } else if (rc == 0) {
        rc = ssc_ccid_xfr(e, slot, 0, 0, tpdu, len, &answer, deadline);
        rc = rc == 0 ? append(e, have, &answer) : rc;
    }
    ssc_cleanse(tpdu, sizeof tpdu);
    return rc;
}

/* ---- T=1 ---- */

/* Character level: the prologue says how much follows. */
static int t1_characters(struct ssc_ccid_engine *e, unsigned slot, uint8_t *block, size_t *len,
                         int64_t deadline)
{
    enum { PROLOGUE = 3 };
    const struct ssc_t1 *t = &e->slot[slot].t1;
    struct ssc_ccid_answer answer;
    int rc = ssc_ccid_xfr(e, slot, t->wtx, PROLOGUE, t->tx, t->tx_len, &answer, deadline);
    *len = 0;
    if (rc == 0 && answer.len == PROLOGUE && answer.data[2] <= SSC_T1_INF_MAX) {
        const size_t rest = answer.data[2] + (t->config.crc ? 2u : 1u);
        memcpy(block, answer.data, PROLOGUE);
        rc = ssc_ccid_xfr(e, slot, 0, (uint16_t)rest, NULL, 0, &answer, deadline);
        if (rc == 0 && answer.len <= rest) {
            memcpy(block + PROLOGUE, answer.data, answer.len);
            *len = PROLOGUE + answer.len;
        }
    }
    return rc;
}

static int t1_block(struct ssc_ccid_engine *e, unsigned slot, uint8_t *block, size_t *len, int64_t deadline)
{
    const struct ssc_t1 *t = &e->slot[slot].t1;
    struct ssc_ccid_answer answer;
    int rc;
    if (e->interface.ccid.level == SSC_CCID_CHARACTER) {
        rc = t1_characters(e, slot, block, len, deadline);
    } else {
        rc = ssc_ccid_xfr(e, slot, t->wtx, 0, t->tx, t->tx_len, &answer, deadline);
        *len = rc == 0 && answer.len <= SSC_T1_BLOCK_MAX ? answer.len : 0;
        memcpy(block, answer.data ? answer.data : block, *len);
    }
    /* A block that was lost or garbled on the wire is T=1's own business; what broke the reader is not. */
    if (!e->broken && (rc == SSC_E_CARD_MUTE || rc == SSC_E_READER_IO)) {
        *len = 0;
        rc = 0;
    }
    return rc;
}

int ssc_ccid_t1_run(struct ssc_ccid_engine *e, unsigned slot, int64_t deadline)
{
    struct ssc_t1 *t = &e->slot[slot].t1;
    uint8_t block[SSC_T1_BLOCK_MAX];
    int rc = 0;
    while (rc == 0 && !t->done) {
        size_t len = 0;
        rc = t1_block(e, slot, block, &len, deadline);
        if (rc == 0) {
            rc = ssc_t1_take(t, block, len);
        } else {
            ssc_t1_give_up(t);
        }
    }
    ssc_cleanse(t->tx, sizeof t->tx);
    return rc;
}

static int t1(struct ssc_ccid_engine *e, unsigned slot, const uint8_t *tx, size_t tx_len, size_t *have,
              int64_t deadline)
{
    struct ssc_t1 *t = &e->slot[slot].t1;
    int rc = ssc_t1_begin(t, tx, tx_len, e->answer, SSC_RESPONSE_MAX);
    rc = rc == 0 ? ssc_ccid_t1_run(e, slot, deadline) : rc;
    *have = rc == 0 ? t->answer_len : 0;
    return rc;
}

int ssc_ccid_apdu(struct ssc_ccid_engine *e, unsigned slot, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                  size_t *rx_len, int64_t deadline)
{
    const bool raw = e->interface.ccid.level <= SSC_CCID_TPDU;
    size_t have = 0;
    int rc = 0;
    if (slot >= e->interface.ccid.slots || tx_len < 4 || tx_len > SSC_COMMAND_MAX) {
        rc = SSC_E_INVALID_ARGUMENT;
    } else if (!e->slot[slot].powered) {
        rc = e->broken ? SSC_E_READER_WEDGED : SSC_E_CARD_UNPOWERED;
    } else if (raw && e->slot[slot].choice.protocol == SSC_T0) {
        rc = t0(e, slot, tx, tx_len, &have, deadline);
    } else if (raw) {
        rc = t1(e, slot, tx, tx_len, &have, deadline);
    } else if (e->interface.ccid.level == SSC_CCID_SHORT_APDU) {
        rc = short_apdu(e, slot, tx, tx_len, &have, deadline);
    } else {
        rc = extended_apdu(e, slot, tx, tx_len, &have, deadline);
    }
    if (rc == 0 && have > *rx_len) {
        rc = SSC_E_BUFFER_TOO_SMALL;
    } else if (rc == 0) {
        memcpy(rx, e->answer, have);
    }
    ssc_cleanse(e->answer, have);
    *rx_len = rc == 0 || rc == SSC_E_BUFFER_TOO_SMALL ? have : 0;
    return rc;
}
