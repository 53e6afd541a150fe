/* SPDX-License-Identifier: Apache-2.0 */
/* PC/SC part 10 for the CCID handler: features, properties, PIN entry. */
#include "drivers/ifd/ccid_reader.h"

#include <ifdhandler.h>
#include <reader.h>
#include <string.h>

#include "apdu/bytes.h"

enum {
    FEATURE_CODES = 0x330000, /* where the control codes of features begin */
    PIN_UNITS_BYTES = 0x80,
    PIN_FORMAT_BCD = 1,
    PIN_MS_EXTRA = 5000, /* for the card, behind the holder's time */
    PIN_DEFAULT_S = 30,
};

static uint32_t code_of(unsigned feature)
{
    return (uint32_t)SCARD_CTL_CODE(FEATURE_CODES + feature);
}

static void put_feature(struct ssc_writer *w, unsigned feature)
{
    ssc_write8(w, feature);
    ssc_write8(w, 4);
    ssc_write32(w, code_of(feature));
}

static int features(const struct ifd_ccid_reader *r, uint8_t *rx, size_t *rx_len)
{
    struct ssc_writer w = ssc_writer(rx, *rx_len);
    const uint8_t pin = r->report.interface.ccid.pin_support;
    if (pin & SSC_CCID_PIN_VERIFY) {
        put_feature(&w, FEATURE_VERIFY_PIN_DIRECT);
    }
    if (pin & SSC_CCID_PIN_MODIFY) {
        put_feature(&w, FEATURE_MODIFY_PIN_DIRECT);
    }
    put_feature(&w, FEATURE_GET_TLV_PROPERTIES);
    *rx_len = w.len;
    return w.full ? SSC_E_BUFFER_TOO_SMALL : 0;
}

/* Properties are little-endian, unlike everything else in part 10. */
static void put_property(struct ssc_writer *w, unsigned tag, unsigned bytes, uint32_t value)
{
    ssc_write8(w, tag);
    ssc_write8(w, bytes);
    for (unsigned i = 0; i < bytes; i++) {
        ssc_write8(w, value >> (8 * i) & 0xFF);
    }
}

static int properties(const struct ifd_ccid_reader *r, uint8_t *rx, size_t *rx_len)
{
    const struct ssc_ccid_descriptor *d = &r->report.interface.ccid;
    struct ssc_writer w = ssc_writer(rx, *rx_len);
    put_property(&w, PCSCv2_PART10_PROPERTY_wLcdLayout, 2, d->lcd_lines << 8 | d->lcd_columns);
    put_property(&w, PCSCv2_PART10_PROPERTY_bPPDUSupport, 1, 0);
    put_property(&w, PCSCv2_PART10_PROPERTY_dwMaxAPDUDataSize, 4,
                 d->level == SSC_CCID_SHORT_APDU ? 0 : 65536);
    put_property(&w, PCSCv2_PART10_PROPERTY_wIdVendor, 2, r->report.device.vid);
    put_property(&w, PCSCv2_PART10_PROPERTY_wIdProduct, 2, r->report.device.pid);
    *rx_len = w.len;
    return w.full ? SSC_E_BUFFER_TOO_SMALL : 0;
}

/* The structures are packed, in host order. Only a BCD PIN counted in bytes is taken: the one kind of card
 * that this handler is for. */
static int pin_verify(const uint8_t *tx, size_t tx_len, struct ssc_pin_entry *entry)
{
    PIN_VERIFY_STRUCTURE pin;
    int rc = tx_len < sizeof pin ? SSC_E_INVALID_ARGUMENT : 0;
    if (rc == 0) {
        memcpy(&pin, tx, sizeof pin);
        const unsigned units = pin.bmFormatString & PIN_UNITS_BYTES, kind = pin.bmFormatString & 7;
        rc = pin.ulDataLength != tx_len - sizeof pin ? SSC_E_INVALID_ARGUMENT
             : units && kind == PIN_FORMAT_BCD       ? 0
                                                     : SSC_E_NOT_SUPPORTED;
        *entry = (struct ssc_pin_entry){.apdu = tx + sizeof pin,
                                        .apdu_len = tx_len - sizeof pin,
                                        .min_digits = (uint8_t)(pin.wPINMaxExtraDigit >> 8),
                                        .max_digits = (uint8_t)pin.wPINMaxExtraDigit,
                                        .old_offset = pin.bmFormatString >> 3 & 15,
                                        .pin_bytes = pin.bmPINBlockString & 15,
                                        .timeout_s = pin.bTimerOut};
    }
    return rc;
}

static int pin_modify(const uint8_t *tx, size_t tx_len, struct ssc_pin_entry *entry)
{
    PIN_MODIFY_STRUCTURE pin;
    int rc = tx_len < sizeof pin ? SSC_E_INVALID_ARGUMENT : 0;
    if (rc == 0) {
        memcpy(&pin, tx, sizeof pin);
        const unsigned units = pin.bmFormatString & PIN_UNITS_BYTES, kind = pin.bmFormatString & 7;
        rc = pin.ulDataLength != tx_len - sizeof pin ? SSC_E_INVALID_ARGUMENT
             : units && kind == PIN_FORMAT_BCD       ? 0
                                                     : SSC_E_NOT_SUPPORTED;
        *entry = (struct ssc_pin_entry){.modify = true,
                                        .apdu = tx + sizeof pin,
                                        .apdu_len = tx_len - sizeof pin,
                                        .min_digits = (uint8_t)(pin.wPINMaxExtraDigit >> 8),
                                        .max_digits = (uint8_t)pin.wPINMaxExtraDigit,
                                        .old_offset = pin.bInsertionOffsetOld,
                                        .new_offset = pin.bInsertionOffsetNew,
                                        .pin_bytes = pin.bmPINBlockString & 15,
                                        .timeout_s = pin.bTimerOut};
    }
    return rc;
}

static int enter_pin(struct ssc_channel *ch, struct ssc_pin_entry *entry, uint8_t *rx, size_t *rx_len)
{
    static const struct {
        int error;
        uint8_t sw2;
    } words[] = {
        {SSC_E_PIN_TIMEOUT, 0}, {SSC_E_PIN_CANCELLED, 1}, {SSC_E_PIN_MISMATCH, 2}, {SSC_E_PIN_LENGTH, 3}};
    entry->timeout_s = entry->timeout_s ? entry->timeout_s : PIN_DEFAULT_S;
    const size_t room = *rx_len;
    int rc = ssc_channel_pin_entry(ch, entry, rx, rx_len,
                                   ssc_deadline((int64_t)entry->timeout_s * 1000 + PIN_MS_EXTRA));
    for (size_t i = 0; i < sizeof words / sizeof words[0] && room >= 2; i++) {
        if (rc == words[i].error) { /* part 10 clause 2.6: such things are status words of the reader */
            rx[0] = 0x64;
            rx[1] = words[i].sw2;
            *rx_len = 2;
            rc = 0;
        }
    }
    return rc;
}

int ifd_ccid_control(struct ifd_ccid_reader *r, unsigned slot, uint32_t code, const uint8_t *tx,
                     size_t tx_len, uint8_t *rx, size_t *rx_len)
{
    const bool verify = code == code_of(FEATURE_VERIFY_PIN_DIRECT);
    struct ssc_pin_entry entry = {.modify = false};
    int rc = SSC_E_NOT_SUPPORTED;
    if (code == (uint32_t)CM_IOCTL_GET_FEATURE_REQUEST) {
        rc = features(r, rx, rx_len);
    } else if (code == code_of(FEATURE_GET_TLV_PROPERTIES)) {
        rc = properties(r, rx, rx_len);
    } else if (verify || code == code_of(FEATURE_MODIFY_PIN_DIRECT)) {
        rc = verify ? pin_verify(tx, tx_len, &entry) : pin_modify(tx, tx_len, &entry);
        if (rc == 0) {
            rc = r->channel[slot] ? enter_pin(r->channel[slot], &entry, rx, rx_len) : SSC_E_CARD_UNPOWERED;
        }
    }
    return rc;
}
