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
    const char *name;
    int error;
} errors[] = {
    {0xFF, "CMD_ABORTED", SSC_E_CANCELLED},
    {0xFE, "ICC_MUTE", SSC_E_CARD_MUTE},
    {0xFD, "XFR_PARITY_ERROR", SSC_E_READER_IO},
    {0xFC, "XFR_OVERRUN", SSC_E_READER_IO},
    {0xFB, "HW_ERROR", SSC_E_READER_IO},
    {0xF8, "BAD_ATR_TS", SSC_E_BAD_ATR},
    {0xF7, "BAD_ATR_TCK", SSC_E_BAD_ATR},
    {0xF6, "ICC_PROTOCOL_NOT_SUPPORTED", SSC_E_PROTOCOL_MISMATCH},
    {0xF5, "ICC_CLASS_NOT_SUPPORTED", SSC_E_CARD_MUTE},
    {0xF4, "PROCEDURE_BYTE_CONFLICT", SSC_E_BAD_RESPONSE},
    {0xF3, "DEACTIVATED_PROTOCOL", SSC_E_PROTOCOL_MISMATCH},
    {0xF2, "BUSY_WITH_AUTO_SEQUENCE", SSC_E_READER_BUSY},
    {0xF0, "PIN_TIMEOUT", SSC_E_PIN_TIMEOUT},
    {0xEF, "PIN_CANCELLED", SSC_E_PIN_CANCELLED},
    {0xE0, "CMD_SLOT_BUSY", SSC_E_READER_BUSY},
    {0x05, "SLOT_DOES_NOT_EXIST", SSC_E_READER_NOT_FOUND},
    {0x00, "CMD_NOT_SUPPORTED", SSC_E_NOT_SUPPORTED},
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

const char *ssc_ccid_error_name(uint8_t error)
{
    const char *name = error <= 127 ? "BAD_PARAMETER" : "USER_DEFINED";
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].number == error) {
            name = errors[i].name;
        }
    }
    return name;
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
