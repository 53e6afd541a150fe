/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/part10.h"

#include <string.h>
#include <wintypes.h>
#include <reader.h> /* after wintypes.h, whose types it uses */

#include "apdu/bytes.h"

enum {
    HEADER = 5,         /* CLA INS P1 P2 Lc */
    UNITS_BYTES = 0x80, /* bmFormatString b8: positions count bytes */
    POSITION_SHIFT = 3, /* b7-b4 */
    POSITION_MAX = 15,
    FORMAT_BCD = 0x01,  /* b2-b1; b3 = 0: left justified */
    FORMAT_MASK = 0x87, /* all of these but the position */
    BLOCK_MAX = 15,     /* bmPINBlockString b4-b1; the rest would be room for the PIN's length */
};

/* A card that answers one of these means the same to the holder. */
static const struct {
    uint16_t sw;
    int error;
} words[] = {
    {0x6400, SSC_E_PIN_TIMEOUT}, {0x6401, SSC_E_PIN_CANCELLED},    {0x6402, SSC_E_PIN_MISMATCH},
    {0x6403, SSC_E_PIN_LENGTH},  {0x6B80, SSC_E_INVALID_ARGUMENT}, /* the structure asks for what the reader
                                                                      cannot do */
};
enum { WORDS = sizeof words / sizeof words[0] };

int ssc_part10_result(const uint8_t *rx, size_t len)
{
    int rc = len < 2 ? SSC_E_BAD_RESPONSE : 0;
    for (size_t i = 0; rc == 0 && len == 2 && i < WORDS; i++) {
        rc = ssc_get16(rx) == words[i].sw ? words[i].error : 0;
    }
    return rc;
}

uint16_t ssc_part10_word(int error)
{
    uint16_t sw = 0;
    for (size_t i = 0; i < WORDS; i++) {
        sw = words[i].error == error ? words[i].sw : sw;
    }
    return sw;
}

bool ssc_pin_entry_is_sound(const struct ssc_pin_entry *e)
{
    const size_t room = e->apdu_len < HEADER ? 0 : e->apdu_len - HEADER;
    return room > 0 && e->apdu_len <= SSC_COMMAND_SHORT && e->pin_bytes > 0 && e->pin_bytes <= BLOCK_MAX &&
           e->min_digits <= e->max_digits && (unsigned)e->max_digits <= 2u * e->pin_bytes &&
           (size_t)e->old_offset + e->pin_bytes <= room && (e->modify || e->old_offset <= POSITION_MAX) &&
           (!e->modify || (size_t)e->new_offset + e->pin_bytes <= room);
}

uint8_t ssc_pin_entry_format(const struct ssc_pin_entry *e)
{
    const unsigned position = e->modify ? 0u : e->old_offset;
    return (uint8_t)(UNITS_BYTES | position << POSITION_SHIFT | FORMAT_BCD);
}

uint8_t ssc_pin_entry_timeout(const struct ssc_pin_entry *e)
{
    return (uint8_t)(e->timeout_s > UINT8_MAX ? UINT8_MAX : e->timeout_s);
}

static void put_verify(const struct ssc_pin_entry *e, uint8_t *out)
{
    const PIN_VERIFY_STRUCTURE pin = {
        .bTimerOut = ssc_pin_entry_timeout(e),
        .bTimerOut2 = ssc_pin_entry_timeout(e),
        .bmFormatString = ssc_pin_entry_format(e),
        .bmPINBlockString = e->pin_bytes,
        .wPINMaxExtraDigit = (uint16_t)(e->min_digits << 8 | e->max_digits),
        .bEntryValidationCondition = SSC_PIN_VALIDATED_BY_KEY,
        .bNumberMessage = 1,
        .wLangId = SSC_PIN_LANGUAGE,
        .ulDataLength = (uint32_t)e->apdu_len,
    };
    memcpy(out, &pin, sizeof pin);
}

static void put_modify(const struct ssc_pin_entry *e, uint8_t *out)
{
    const PIN_MODIFY_STRUCTURE pin = {
        .bTimerOut = ssc_pin_entry_timeout(e),
        .bTimerOut2 = ssc_pin_entry_timeout(e),
        .bmFormatString = ssc_pin_entry_format(e),
        .bmPINBlockString = e->pin_bytes,
        .bInsertionOffsetOld = e->old_offset,
        .bInsertionOffsetNew = e->new_offset,
        .wPINMaxExtraDigit = (uint16_t)(e->min_digits << 8 | e->max_digits),
        .bConfirmPIN = SSC_PIN_CONFIRM_AND_OLD,
        .bEntryValidationCondition = SSC_PIN_VALIDATED_BY_KEY,
        .bNumberMessage = 3,
        .wLangId = SSC_PIN_LANGUAGE,
        .bMsgIndex1 = 0,
        .bMsgIndex2 = 1,
        .bMsgIndex3 = 2,
        .ulDataLength = (uint32_t)e->apdu_len,
    };
    memcpy(out, &pin, sizeof pin);
}

static size_t head_of(bool modify)
{
    return modify ? sizeof(PIN_MODIFY_STRUCTURE) : sizeof(PIN_VERIFY_STRUCTURE);
}

int ssc_part10_build(const struct ssc_pin_entry *e, uint8_t *out, size_t *len)
{
    const size_t room = *len, head = head_of(e->modify);
    int rc = ssc_pin_entry_is_sound(e) ? 0 : SSC_E_INVALID_ARGUMENT;
    if (rc == 0) {
        *len = head + e->apdu_len;
        rc = room < *len ? SSC_E_BUFFER_TOO_SMALL : 0;
    }
    if (rc == 0) {
        (e->modify ? put_modify : put_verify)(e, out);
        memcpy(out + head, e->apdu, e->apdu_len);
    }
    return rc;
}

int ssc_part10_parse(bool modify, const uint8_t *tx, size_t len, struct ssc_pin_entry *out)
{
    PIN_MODIFY_STRUCTURE m = {.bConfirmPIN = SSC_PIN_CONFIRM_AND_OLD};
    PIN_VERIFY_STRUCTURE v;
    const size_t head = head_of(modify);
    bool known = len >= head;
    *out = (struct ssc_pin_entry){.modify = modify};
    if (known && modify) {
        memcpy(&m, tx, sizeof m);
        v = (PIN_VERIFY_STRUCTURE){.bTimerOut = m.bTimerOut,
                                   .bmFormatString = m.bmFormatString,
                                   .bmPINBlockString = m.bmPINBlockString,
                                   .wPINMaxExtraDigit = m.wPINMaxExtraDigit,
                                   .ulDataLength = m.ulDataLength};
    } else if (known) {
        memcpy(&v, tx, sizeof v);
        m.bInsertionOffsetOld = v.bmFormatString >> POSITION_SHIFT & POSITION_MAX;
    }
    if (known) {
        out->apdu = tx + head;
        out->apdu_len = len - head;
        out->min_digits = (uint8_t)(v.wPINMaxExtraDigit >> 8);
        out->max_digits = (uint8_t)v.wPINMaxExtraDigit;
        out->old_offset = m.bInsertionOffsetOld;
        out->new_offset = m.bInsertionOffsetNew;
        out->pin_bytes = v.bmPINBlockString;
        out->timeout_s = v.bTimerOut;
        known = (v.bmFormatString & FORMAT_MASK) == (UNITS_BYTES | FORMAT_BCD) &&
                m.bConfirmPIN == SSC_PIN_CONFIRM_AND_OLD && v.ulDataLength == out->apdu_len &&
                ssc_pin_entry_is_sound(out);
    }
    return known ? 0 : SSC_E_INVALID_ARGUMENT;
}
