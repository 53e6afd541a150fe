/* SPDX-License-Identifier: Apache-2.0 */
/* PIN pads: PC/SC part 10, "IFDs with secure PIN entry capabilities". The structures are packed, in host
 * order. */
#include "apdu/bytes.h"
#include "drivers/pcsc_internal.h"

#include <string.h>

enum {
    PIN_UNITS_BYTES = 0x80,   /* bmFormatString b8: positions count bytes */
    PIN_FORMAT_BCD = 0x01,    /* b2-b1; left justified is b3 = 0 */
    PIN_POSITION_MAX = 15,    /* b7-b4 */
    PIN_BLOCK_MAX = 15,       /* bmPINBlockString b4-b1 */
    PIN_VALIDATED_BY_KEY = 2, /* bEntryValidationCondition: the holder presses OK */
    PIN_CONFIRM_AND_OLD = 3,  /* bConfirmPIN: new PIN twice, old PIN asked for */
    PIN_LANGUAGE = 0x0804,    /* wLangId: zh-CN */
};

/* Status words of the reader itself (part 10 clause 2.6); a card that answers them means the same to the
 * holder. */
static const struct {
    uint16_t sw;
    int error;
} pad_words[] = {
    {0x6400, SSC_E_PIN_TIMEOUT}, {0x6401, SSC_E_PIN_CANCELLED},    {0x6402, SSC_E_PIN_MISMATCH},
    {0x6403, SSC_E_PIN_LENGTH},  {0x6B80, SSC_E_INVALID_ARGUMENT}, /* the structure asks for what the reader
                                                                      cannot do */
};

int ssc_pcsc_pin_result(const uint8_t *rx, size_t len)
{
    int rc = len < 2 ? SSC_E_BAD_RESPONSE : 0;
    for (size_t i = 0; rc == 0 && len == 2 && i < sizeof pad_words / sizeof pad_words[0]; i++) {
        if (ssc_get16(rx) == pad_words[i].sw) {
            rc = pad_words[i].error;
        }
    }
    return rc;
}

static bool entry_is_sound(const struct ssc_pin_entry *e)
{
    const size_t header = 5; /* CLA INS P1 P2 Lc */
    const size_t room = e->apdu_len < header ? 0 : e->apdu_len - header;
    return room > 0 && e->apdu_len <= SSC_COMMAND_SHORT && e->pin_bytes > 0 &&
           e->pin_bytes <= PIN_BLOCK_MAX && e->min_digits <= e->max_digits &&
           (unsigned)e->max_digits <= 2u * e->pin_bytes && (size_t)e->old_offset + e->pin_bytes <= room &&
           (e->modify || e->old_offset <= PIN_POSITION_MAX) &&
           (!e->modify || (size_t)e->new_offset + e->pin_bytes <= room);
}

static size_t put_verify(const struct ssc_pin_entry *e, uint8_t seconds, uint8_t *out)
{
    const PIN_VERIFY_STRUCTURE pin = {
        .bTimerOut = seconds,
        .bTimerOut2 = seconds,
        .bmFormatString = (uint8_t)(PIN_UNITS_BYTES | e->old_offset << 3 | PIN_FORMAT_BCD),
        .bmPINBlockString = e->pin_bytes,
        .wPINMaxExtraDigit = (uint16_t)(e->min_digits << 8 | e->max_digits),
        .bEntryValidationCondition = PIN_VALIDATED_BY_KEY,
        .bNumberMessage = 1,
        .wLangId = PIN_LANGUAGE,
        .ulDataLength = (uint32_t)e->apdu_len,
    };
    memcpy(out, &pin, sizeof pin);
    return sizeof pin;
}

static size_t put_modify(const struct ssc_pin_entry *e, uint8_t seconds, uint8_t *out)
{
    const PIN_MODIFY_STRUCTURE pin = {
        .bTimerOut = seconds,
        .bTimerOut2 = seconds,
        .bmFormatString = PIN_UNITS_BYTES | PIN_FORMAT_BCD,
        .bmPINBlockString = e->pin_bytes,
        .bInsertionOffsetOld = e->old_offset,
        .bInsertionOffsetNew = e->new_offset,
        .wPINMaxExtraDigit = (uint16_t)(e->min_digits << 8 | e->max_digits),
        .bConfirmPIN = PIN_CONFIRM_AND_OLD,
        .bEntryValidationCondition = PIN_VALIDATED_BY_KEY,
        .bNumberMessage = 3,
        .wLangId = PIN_LANGUAGE,
        .bMsgIndex1 = 0,
        .bMsgIndex2 = 1,
        .bMsgIndex3 = 2,
        .ulDataLength = (uint32_t)e->apdu_len,
    };
    memcpy(out, &pin, sizeof pin);
    return sizeof pin;
}

int ssc_pcsc_pin_structure(const struct ssc_pin_entry *entry, uint8_t *out, size_t *len)
{
    const size_t head = entry->modify ? sizeof(PIN_MODIFY_STRUCTURE) : sizeof(PIN_VERIFY_STRUCTURE);
    const uint8_t seconds = (uint8_t)(entry->timeout_s > 255 ? 255 : entry->timeout_s);
    int rc = 0;
    if (!entry_is_sound(entry)) {
        rc = SSC_E_INVALID_ARGUMENT;
    } else if (*len < head + entry->apdu_len) {
        rc = SSC_E_BUFFER_TOO_SMALL;
        *len = head + entry->apdu_len;
    } else {
        const size_t put = entry->modify ? put_modify(entry, seconds, out) : put_verify(entry, seconds, out);
        memcpy(out + put, entry->apdu, entry->apdu_len);
        *len = put + entry->apdu_len;
    }
    return rc;
}

/* Six bytes each: tag, length 4, control code big-endian. */
void ssc_pcsc_features_parse(const uint8_t *tlv, size_t len, struct ssc_pcsc_features *out)
{
    *out = (struct ssc_pcsc_features){0};
    for (size_t i = 0; i + 6 <= len && tlv[i + 1] == 4; i += 6) {
        const DWORD code = ssc_get32(tlv + i + 2);
        switch (tlv[i]) {
        case FEATURE_VERIFY_PIN_DIRECT:
            out->verify = code;
            break;
        case FEATURE_MODIFY_PIN_DIRECT:
            out->modify = code;
            break;
        case FEATURE_IFD_DISPLAY_PROPERTIES:
            out->display = code;
            break;
        case FEATURE_GET_TLV_PROPERTIES:
            out->tlv_properties = code;
            break;
        default:
            break;
        }
    }
}

/* Properties are little-endian, unlike everything else in part 10. */
static uint32_t property_value(const uint8_t *value, size_t len)
{
    uint32_t v = 0;
    for (size_t i = 0; i < len && i < 4; i++) {
        v |= (uint32_t)value[i] << (8 * i);
    }
    return v;
}

static void read_properties(struct ssc_pcsc_worker *w)
{
    uint8_t rx[MAX_BUFFER_SIZE];
    DWORD len = 0;
    if (SCardControl(w->card, w->features.tlv_properties, NULL, 0, rx, sizeof rx, &len) == SCARD_S_SUCCESS) {
        for (size_t i = 0; i + 2 <= len && i + 2 + rx[i + 1] <= len; i += 2u + rx[i + 1]) {
            const uint32_t value = property_value(rx + i + 2, rx[i + 1]);
            if (rx[i] == PCSCv2_PART10_PROPERTY_dwMaxAPDUDataSize) {
                w->extended_length = value > SSC_LC_SHORT;
            } else if (rx[i] == PCSCv2_PART10_PROPERTY_wLcdLayout) {
                w->has_display = w->has_display || value != 0;
            }
        }
    }
}

void ssc_pcsc_features_read(struct ssc_pcsc_worker *w)
{
    uint8_t rx[MAX_BUFFER_SIZE];
    DWORD len = 0;
    /* A reader without part 10 answers any error it likes. */
    if (SCardControl(w->card, CM_IOCTL_GET_FEATURE_REQUEST, NULL, 0, rx, sizeof rx, &len) ==
        SCARD_S_SUCCESS) {
        ssc_pcsc_features_parse(rx, len, &w->features);
        w->has_display = w->features.display != 0;
        if (w->features.tlv_properties) {
            read_properties(w);
        }
    }
}
