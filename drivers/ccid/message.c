/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ccid/message.h"

#include <string.h>

#include "apdu/error.h"

enum { BYTE_LENGTH = 1, BYTE_SLOT = 5, BYTE_SEQ = 6, BYTE_STATUS = 7, BYTE_ERROR = 8, BYTE_SPECIFIC = 9 };

static const struct {
    uint8_t command, answer;
} pairs[] = {
    {SSC_CCID_SET_PARAMETERS, SSC_CCID_PARAMETERS}, {SSC_CCID_POWER_ON, SSC_CCID_DATA_BLOCK},
    {SSC_CCID_POWER_OFF, SSC_CCID_SLOT_STATUS},     {SSC_CCID_GET_SLOT_STATUS, SSC_CCID_SLOT_STATUS},
    {SSC_CCID_SECURE, SSC_CCID_DATA_BLOCK},         {SSC_CCID_ESCAPE, SSC_CCID_ESCAPE_ANSWER},
    {SSC_CCID_GET_PARAMETERS, SSC_CCID_PARAMETERS}, {SSC_CCID_XFR_BLOCK, SSC_CCID_DATA_BLOCK},
    {SSC_CCID_ABORT, SSC_CCID_SLOT_STATUS},         {SSC_CCID_SET_RATE_AND_CLOCK, SSC_CCID_RATE_AND_CLOCK},
};

/* Table 6.2-2, and what each means to the caller. */
static const struct {
    uint8_t number;
    int error;
} errors[] = {
    {0xFF, SSC_E_CANCELLED},         /* CMD_ABORTED */
    {0xFE, SSC_E_CARD_MUTE},         /* ICC_MUTE */
    {0xFD, SSC_E_READER_IO},         /* XFR_PARITY_ERROR */
    {0xFC, SSC_E_READER_IO},         /* XFR_OVERRUN */
    {0xFB, SSC_E_READER_IO},         /* HW_ERROR */
    {0xF8, SSC_E_BAD_ATR},           /* BAD_ATR_TS */
    {0xF7, SSC_E_BAD_ATR},           /* BAD_ATR_TCK */
    {0xF6, SSC_E_PROTOCOL_MISMATCH}, /* ICC_PROTOCOL_NOT_SUPPORTED */
    {0xF5, SSC_E_CARD_MUTE},         /* ICC_CLASS_NOT_SUPPORTED */
    {0xF4, SSC_E_BAD_RESPONSE},      /* PROCEDURE_BYTE_CONFLICT */
    {0xF3, SSC_E_PROTOCOL_MISMATCH}, /* DEACTIVATED_PROTOCOL */
    {0xF2, SSC_E_READER_BUSY},       /* BUSY_WITH_AUTO_SEQUENCE */
    {0xF0, SSC_E_PIN_TIMEOUT},       /* PIN_TIMEOUT */
    {0xEF, SSC_E_PIN_CANCELLED},     /* PIN_CANCELLED */
    {0xE0, SSC_E_READER_BUSY},       /* CMD_SLOT_BUSY */
    {0x05, SSC_E_READER_NOT_FOUND},  /* SLOT_DOES_NOT_EXIST */
    {0x00, SSC_E_NOT_SUPPORTED},     /* CMD_NOT_SUPPORTED */
};

size_t ssc_ccid_message_build(uint8_t *out, size_t cap, uint8_t type, uint8_t slot, uint8_t seq,
                              const uint8_t param[3], const uint8_t *data, size_t len)
{
    const size_t total = cap >= SSC_CCID_HEADER && len <= cap - SSC_CCID_HEADER ? SSC_CCID_HEADER + len : 0;
    if (total > 0) {
        if (len > 0) {
            memmove(out + SSC_CCID_HEADER, data, len);
        }
        out[0] = type;
        for (unsigned i = 0; i < 4; i++) {
            out[BYTE_LENGTH + i] = (uint8_t)((uint32_t)len >> (8 * i));
        }
        out[BYTE_SLOT] = slot;
        out[BYTE_SEQ] = seq;
        memcpy(out + BYTE_STATUS, param, 3);
    }
    return total;
}

uint64_t ssc_ccid_message_length(const uint8_t *header)
{
    uint64_t length = 0;
    for (unsigned i = 0; i < 4; i++) {
        length |= (uint64_t)header[BYTE_LENGTH + i] << (8 * i);
    }
    return length + SSC_CCID_HEADER;
}

int ssc_ccid_answer_parse(const uint8_t *bytes, size_t len, struct ssc_ccid_answer *out)
{
    int rc = SSC_E_BAD_RESPONSE;
    if (len < SSC_CCID_HEADER || ssc_ccid_message_length(bytes) != len) {
        goto done;
    }
    const unsigned icc = bytes[BYTE_STATUS] & 3, outcome = bytes[BYTE_STATUS] >> 6;
    if (bytes[0] < SSC_CCID_DATA_BLOCK || bytes[0] > SSC_CCID_RATE_AND_CLOCK || icc > SSC_CCID_ICC_ABSENT ||
        outcome > SSC_CCID_TIME_EXTENSION) {
        goto done;
    }
    *out = (struct ssc_ccid_answer){.type = bytes[0],
                                    .slot = bytes[BYTE_SLOT],
                                    .seq = bytes[BYTE_SEQ],
                                    .icc = (enum ssc_ccid_icc)icc,
                                    .outcome = (enum ssc_ccid_outcome)outcome,
                                    .error = bytes[BYTE_ERROR],
                                    .specific = bytes[BYTE_SPECIFIC],
                                    .data = bytes + SSC_CCID_HEADER,
                                    .len = len - SSC_CCID_HEADER};
    rc = 0;
done:
    return rc;
}

uint8_t ssc_ccid_answer_to(uint8_t command)
{
    uint8_t answer = 0;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i].command == command) {
            answer = pairs[i].answer;
        }
    }
    return answer;
}

int ssc_ccid_error(uint8_t command, uint8_t error, enum ssc_ccid_icc icc)
{
    /* 1 to 127 point at the byte of the message that the reader does not like, 81 to C0 are the maker's. */
    int rc = error >= 1 && error <= 127 ? SSC_E_NOT_SUPPORTED : SSC_E_READER_IO;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].number == error) {
            rc = errors[i].error;
        }
    }
    if (icc == SSC_CCID_ICC_ABSENT && rc != SSC_E_READER_NOT_FOUND) {
        rc = command == SSC_CCID_POWER_ON ? SSC_E_NO_CARD : SSC_E_CARD_REMOVED;
    } else if (command == SSC_CCID_POWER_ON && rc == SSC_E_READER_IO) {
        rc = SSC_E_CARD_MUTE; /* HW_ERROR, parity, overrun: what came was no answer to reset */
    }
    return rc;
}

bool ssc_ccid_notification(const uint8_t *bytes, size_t len, unsigned slot, bool *present, bool *changed)
{
    /* Two bits for each slot, four slots in a byte. */
    const size_t at = 1 + slot / 4;
    const bool said = len > at && bytes[0] == SSC_CCID_NOTIFY_SLOT_CHANGE;
    if (said) {
        const unsigned bits = (unsigned)bytes[at] >> (slot % 4 * 2);
        *present = (bits & 1) != 0;
        *changed = (bits & 2) != 0;
    }
    return said;
}
