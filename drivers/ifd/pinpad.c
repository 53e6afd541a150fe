/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ifd/pinpad.h"

#include "apdu/bytes.h"
#include "apdu/command.h"

#include <stdio.h>
#include <string.h>
#include <wintypes.h>
#include <reader.h> /* after wintypes.h, whose types it uses */

enum {
    CODE_VERIFY = SCARD_CTL_CODE(2600 + FEATURE_VERIFY_PIN_DIRECT),
    CODE_MODIFY = SCARD_CTL_CODE(2600 + FEATURE_MODIFY_PIN_DIRECT),
    CODE_PROPERTIES = SCARD_CTL_CODE(2600 + FEATURE_GET_TLV_PROPERTIES),
    LCD_2_BY_16 = 0x0210,
    /* the reader's own status words, part 10 clause 2.6 */
    PAD_TIMEOUT = 0x6400,
    PAD_CANCELLED = 0x6401,
    PAD_MISMATCH = 0x6402,
    PAD_LENGTH = 0x6403,
    PAD_STRUCTURE = 0x6B80,
    HEADER = 5, /* CLA INS P1 P2 Lc */
};

/* What both structures say, in one shape. */
struct entry {
    bool modify, confirm, bcd, bytes;
    unsigned position, old_offset, new_offset, block, min, max;
    const uint8_t *apdu;
    size_t apdu_len;
};

static bool read_verify(const uint8_t *tx, size_t len, struct entry *e)
{
    PIN_VERIFY_STRUCTURE pin;
    const bool fits = len >= sizeof pin;
    if (fits) {
        memcpy(&pin, tx, sizeof pin);
        *e = (struct entry){
            .bytes = (pin.bmFormatString & 0x80) != 0,
            .position = pin.bmFormatString >> 3 & 15,
            .bcd = (pin.bmFormatString & 7) == 1,
            .block = pin.bmPINBlockString & 15,
            .min = pin.wPINMaxExtraDigit >> 8,
            .max = pin.wPINMaxExtraDigit & 0xFF,
            .apdu = tx + sizeof pin,
            .apdu_len = pin.ulDataLength,
        };
        e->old_offset = e->position;
    }
    return fits && e->apdu_len == len - sizeof pin;
}

static bool read_modify(const uint8_t *tx, size_t len, struct entry *e)
{
    PIN_MODIFY_STRUCTURE pin;
    const bool fits = len >= sizeof pin;
    if (fits) {
        memcpy(&pin, tx, sizeof pin);
        *e = (struct entry){
            .modify = true,
            .confirm = (pin.bConfirmPIN & 1) != 0,
            .bytes = (pin.bmFormatString & 0x80) != 0,
            .bcd = (pin.bmFormatString & 7) == 1,
            .block = pin.bmPINBlockString & 15,
            .old_offset = pin.bInsertionOffsetOld,
            .new_offset = pin.bInsertionOffsetNew,
            .min = pin.wPINMaxExtraDigit >> 8,
            .max = pin.wPINMaxExtraDigit & 0xFF,
            .apdu = tx + sizeof pin,
            .apdu_len = pin.ulDataLength,
        };
    }
    return fits && e->apdu_len == len - sizeof pin;
}

/* This pad knows BCD at byte positions, left justified, which is what the cards want. */
static bool can_do(const struct entry *e)
{
    return e->bcd && e->bytes && e->block > 0 && e->apdu_len > HEADER && e->apdu_len <= SSC_COMMAND_SHORT &&
           HEADER + e->old_offset + e->block <= e->apdu_len &&
           (!e->modify || HEADER + e->new_offset + e->block <= e->apdu_len);
}

/* 0 or a status word of the pad. */
static unsigned check_typed(const char *typed, const struct entry *e)
{
    const size_t digits = strspn(typed, "0123456789");
    unsigned sw = 0;
    if (strcmp(typed, "timeout") == 0) {
        sw = PAD_TIMEOUT;
    } else if (digits == 0 || typed[digits] != '\0') {
        sw = PAD_CANCELLED;
    } else if (digits < e->min || digits > e->max || digits > 2u * e->block) {
        sw = PAD_LENGTH;
    }
    return sw;
}

static void put_digits(uint8_t *at, const char *digits)
{
    for (size_t i = 0; digits[i]; i++) {
        const unsigned digit = (unsigned)(digits[i] - '0');
        at[i / 2] = (uint8_t)(i % 2 ? (at[i / 2] & 0xF0) | digit : digit << 4 | 0x0F);
    }
}

/* The command with the typed digits in it; 0 or a status word of the pad. */
static unsigned fill_in(const struct ssc_ifd_slot *slot, const struct entry *e, uint8_t *apdu)
{
    char text[128] = "", old_pin[32] = "", new_pin[32] = "", again[32] = "";
    ssc_ifd_slot_text(slot, "pinpad", text, sizeof text);
    const int words = sscanf(text, "%31s %31s %31s", old_pin, new_pin, again);
    unsigned sw = check_typed(old_pin, e);
    if (sw == 0 && e->modify) {
        sw = check_typed(new_pin, e);
    }
    if (sw == 0 && e->modify && e->confirm && words == 3 && strcmp(new_pin, again) != 0) {
        sw = PAD_MISMATCH;
    }
    if (sw == 0) {
        memcpy(apdu, e->apdu, e->apdu_len);
        put_digits(apdu + HEADER + e->old_offset, old_pin);
        if (e->modify) {
            put_digits(apdu + HEADER + e->new_offset, new_pin);
        }
    }
    explicit_bzero(text, sizeof text);
    explicit_bzero(old_pin, sizeof old_pin);
    explicit_bzero(new_pin, sizeof new_pin);
    explicit_bzero(again, sizeof again);
    return sw;
}

static int enter(struct ssc_ifd_slot *slot, const struct entry *e, bool sound, uint8_t *rx, size_t *rx_len)
{
    uint8_t apdu[SSC_COMMAND_SHORT];
    const unsigned sw = sound && can_do(e) ? fill_in(slot, e, apdu) : PAD_STRUCTURE;
    int rc = *rx_len < 2 ? SSC_E_BUFFER_TOO_SMALL : 0;
    if (rc == 0 && sw != 0) {
        ssc_put16(rx, (uint16_t)sw);
        *rx_len = 2;
    } else if (rc == 0) {
        rc = ssc_ifd_slot_apdu(slot, false, apdu, e->apdu_len, rx, rx_len);
    }
    explicit_bzero(apdu, sizeof apdu);
    return rc;
}

static int features(const struct ssc_ifd_slot *slot, uint8_t *rx, size_t *rx_len)
{
    struct ssc_writer w = ssc_writer(rx, *rx_len);
    char text[2];
    if (ssc_ifd_slot_text(slot, "pinpad", text, sizeof text)) {
        ssc_write16(&w, FEATURE_VERIFY_PIN_DIRECT << 8 | 4);
        ssc_write32(&w, CODE_VERIFY);
        ssc_write16(&w, FEATURE_MODIFY_PIN_DIRECT << 8 | 4);
        ssc_write32(&w, CODE_MODIFY);
    }
    ssc_write16(&w, FEATURE_GET_TLV_PROPERTIES << 8 | 4);
    ssc_write32(&w, CODE_PROPERTIES);
    *rx_len = w.len;
    return w.full ? SSC_E_BUFFER_TOO_SMALL : 0;
}

static int properties(const struct ssc_ifd_slot *slot, uint8_t *rx, size_t *rx_len)
{
    struct ssc_writer w = ssc_writer(rx, *rx_len);
    char text[2];
    const bool pad = ssc_ifd_slot_text(slot, "pinpad", text, sizeof text);
    const uint8_t bytes[] = {PCSCv2_PART10_PROPERTY_wLcdLayout,
                             2,
                             pad ? LCD_2_BY_16 & 0xFF : 0,
                             pad ? LCD_2_BY_16 >> 8 : 0,
                             PCSCv2_PART10_PROPERTY_dwMaxAPDUDataSize,
                             4,
                             0,
                             0,
                             0,
                             0}; /* short APDUs only: the cards are T=0 */
    ssc_write(&w, bytes, sizeof bytes);
    *rx_len = w.len;
    return w.full ? SSC_E_BUFFER_TOO_SMALL : 0;
}

bool ssc_ifd_pinpad_control(struct ssc_ifd_slot *slot, uint32_t code, const uint8_t *tx, size_t tx_len,
                            uint8_t *rx, size_t *rx_len, int *rc)
{
    struct entry entry = {0};
    bool known = true;
    switch (code) {
    case CM_IOCTL_GET_FEATURE_REQUEST:
        *rc = features(slot, rx, rx_len);
        break;
    case CODE_PROPERTIES:
        *rc = properties(slot, rx, rx_len);
        break;
    case CODE_VERIFY:
        *rc = enter(slot, &entry, read_verify(tx, tx_len, &entry), rx, rx_len);
        break;
    case CODE_MODIFY:
        *rc = enter(slot, &entry, read_modify(tx, tx_len, &entry), rx, rx_len);
        break;
    default:
        known = false;
        break;
    }
    return known;
}
