/* SPDX-License-Identifier: Apache-2.0 */
/* The PIN pad: PC_to_RDR_Secure (USB CCID rev 1.1 clause 6.1.11). The digits never reach this host. */
#include <string.h>

#include "apdu/bytes.h"
#include "apdu/crypto.h"
#include "drivers/ccid/engine.h"
#include "drivers/ccid/t0.h"
#include "drivers/part10.h"

enum { OPERATION_VERIFY = 0, OPERATION_MODIFY = 1 };

static void write16le(struct ssc_writer *w, unsigned v)
{
    ssc_write8(w, v & 0xFF);
    ssc_write8(w, v >> 8);
}

int ssc_ccid_pin_structure(const struct ssc_pin_entry *entry, bool display, const uint8_t *apdu,
                           size_t apdu_len, const uint8_t teo[3], uint8_t *out, size_t *len)
{
    struct ssc_writer w = ssc_writer(out, *len);
    int rc = ssc_pin_entry_is_sound(entry) ? 0 : SSC_E_INVALID_ARGUMENT;
    if (rc == 0) {
        const unsigned messages = !display ? 0 : entry->modify ? 3 : 1;
        ssc_write8(&w, entry->modify ? OPERATION_MODIFY : OPERATION_VERIFY);
        ssc_write8(&w, ssc_pin_entry_timeout(entry));
        ssc_write8(&w, ssc_pin_entry_format(entry));
        ssc_write8(&w, entry->pin_bytes);
        ssc_write8(&w, 0); /* bmPINLengthFormat: the length stands nowhere */
        if (entry->modify) {
            ssc_write8(&w, entry->old_offset);
            ssc_write8(&w, entry->new_offset);
        }
        ssc_write8(&w, entry->max_digits); /* wPINMaxExtraDigit, low byte first */
        ssc_write8(&w, entry->min_digits);
        if (entry->modify) {
            ssc_write8(&w, SSC_PIN_CONFIRM_AND_OLD);
        }
        ssc_write8(&w, SSC_PIN_VALIDATED_BY_KEY);
        ssc_write8(&w, messages);
        write16le(&w, SSC_PIN_LANGUAGE);
        /* bMsgIndex1; 2 and 3 are there only when there are messages at all. */
        for (unsigned i = 0; i < (messages == 3 ? 3u : 1u); i++) {
            ssc_write8(&w, i);
        }
        ssc_write(&w, teo, 3);
        ssc_write(&w, apdu, apdu_len);
        rc = w.full ? SSC_E_BUFFER_TOO_SMALL : 0;
        *len = w.len;
    }
    return rc;
}

static int secure(struct ssc_ccid_engine *e, unsigned slot, const struct ssc_pin_entry *entry,
                  const uint8_t *apdu, size_t apdu_len, const uint8_t teo[3], struct ssc_ccid_answer *answer,
                  int64_t deadline)
{
    static const uint8_t no_param[3];
    const bool display = (ssc_ccid_features(e) & SSC_FEATURE_DISPLAY) != 0;
    uint8_t structure[SSC_PIN_STRUCTURE_MAX];
    size_t len = sizeof structure;
    int rc = ssc_ccid_pin_structure(entry, display, apdu, apdu_len, teo, structure, &len);
    if (rc == 0 && len > e->interface.ccid.max_message - SSC_CCID_HEADER) {
        rc = SSC_E_NOT_SUPPORTED;
    }
    if (rc == 0) {
        rc = ssc_ccid_command(e, slot, SSC_CCID_SECURE, no_param, structure, len, answer, deadline);
        rc = rc == SSC_E_CANCELLED ? SSC_E_PIN_CANCELLED : rc;
    }
    return rc;
}

/* The reader puts the first block on the wire with a prologue of ours; from there on it is T=1 as always. */
static int secure_t1(struct ssc_ccid_engine *e, unsigned slot, const struct ssc_pin_entry *entry,
                     size_t *have, int64_t deadline)
{
    enum { PROLOGUE = 3, MORE = 0x20, S_BLOCK = 0xC0 };
    struct ssc_t1 *t = &e->slot[slot].t1;
    struct ssc_ccid_answer answer;
    int rc = ssc_t1_begin(t, entry->apdu, entry->apdu_len, e->answer, SSC_RESPONSE_MAX);
    if (rc == 0 && (t->tx[1] & S_BLOCK) == S_BLOCK) {
        rc = SSC_E_CARD_RESET; /* out of step after a failure: a PIN does not go into that */
    } else if (rc == 0 && (t->tx[1] & MORE)) {
        rc = SSC_E_NOT_SUPPORTED; /* the reader fills one block only */
    }
    if (rc == 0) {
        rc = secure(e, slot, entry, entry->apdu, entry->apdu_len, t->tx, &answer, deadline);
    }
    if (rc == 0 && answer.len == 2) {
        memcpy(e->answer, answer.data, 2); /* the reader's own status word, no block */
        *have = 2;
        ssc_t1_take_back(t);
    } else if (rc == SSC_E_PIN_CANCELLED || rc == SSC_E_PIN_TIMEOUT) {
        ssc_t1_take_back(t);
    } else if (rc == 0) {
        rc = ssc_t1_take(t, answer.data, answer.len);
        /* A block repeated by this host would hold the template instead of the PIN. */
        if (rc == 0 && !t->done && (t->tx[1] & S_BLOCK) == 0 && t->phase == SSC_T1_SENDING) {
            rc = SSC_E_READER_IO;
        }
        rc = rc == 0 ? ssc_ccid_t1_run(e, slot, deadline) : rc;
        *have = rc == 0 ? t->answer_len : 0;
    }
    if (!t->done) {
        ssc_t1_give_up(t);
    }
    return rc;
}

static int secure_plain(struct ssc_ccid_engine *e, unsigned slot, const struct ssc_pin_entry *entry,
                        size_t *have, int64_t deadline)
{
    static const uint8_t no_teo[3];
    const bool t0 = e->interface.ccid.level <= SSC_CCID_TPDU;
    uint8_t tpdu[SSC_T0_TPDU_MAX];
    size_t len = sizeof tpdu;
    struct ssc_ccid_answer answer;
    int rc = t0 ? ssc_t0_tpdu(entry->apdu, entry->apdu_len, tpdu, &len) : 0;
    if (rc == 0) {
        rc = secure(e, slot, entry, t0 ? tpdu : entry->apdu, t0 ? len : entry->apdu_len, no_teo, &answer,
                    deadline);
    }
    if (rc == 0) {
        rc = answer.len > SSC_RESPONSE_MAX ? SSC_E_BAD_RESPONSE : 0;
        *have = rc == 0 ? answer.len : 0;
        memcpy(e->answer, answer.data, *have);
    }
    return rc;
}

int ssc_ccid_pin_entry(struct ssc_ccid_engine *e, unsigned slot, const struct ssc_pin_entry *entry,
                       uint8_t *rx, size_t *rx_len, int64_t deadline)
{
    const unsigned wanted = entry->modify ? SSC_FEATURE_PIN_MODIFY : SSC_FEATURE_PIN_VERIFY;
    size_t have = 0;
    int rc = 0;
    if (!(ssc_ccid_features(e) & wanted) || e->interface.ccid.level == SSC_CCID_CHARACTER) {
        rc = SSC_E_NO_PIN_PAD;
    } else if (!ssc_pin_entry_is_sound(entry)) {
        rc = SSC_E_INVALID_ARGUMENT;
    } else if (!e->slot[slot].powered) {
        rc = SSC_E_CARD_UNPOWERED;
    } else if (e->interface.ccid.level == SSC_CCID_TPDU && e->slot[slot].choice.protocol == SSC_T1) {
        rc = secure_t1(e, slot, entry, &have, deadline);
    } else {
        rc = secure_plain(e, slot, entry, &have, deadline);
    }
    if (rc == 0 && have < 2) {
        rc = SSC_E_BAD_RESPONSE;
    } else if (rc == 0 && have > *rx_len) {
        rc = SSC_E_BUFFER_TOO_SMALL;
    } else if (rc == 0) {
        memcpy(rx, e->answer, have);
    }
    ssc_cleanse(e->answer, have);
    *rx_len = rc == 0 || rc == SSC_E_BUFFER_TOO_SMALL ? have : 0;
    return rc;
}
