/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ifd/ifd.h"

#include <reader.h>
#include <string.h>

#include "apdu/bytes.h"
#include "drivers/part10.h"

enum { FEATURE_CODES = 0x330000 /* where the control codes of features begin */ };

RESPONSECODE ssc_ifd_response(int rc)
{
    static const struct {
        int error;
        RESPONSECODE code;
    } codes[] = {
        {0, IFD_SUCCESS},
        {SSC_E_CARD_REMOVED, IFD_ICC_NOT_PRESENT},
        {SSC_E_NO_CARD, IFD_ICC_NOT_PRESENT},
        {SSC_E_CARD_MUTE, IFD_RESPONSE_TIMEOUT},
        {SSC_E_DEADLINE_EXCEEDED, IFD_RESPONSE_TIMEOUT},
        {SSC_E_BUFFER_TOO_SMALL, IFD_ERROR_INSUFFICIENT_BUFFER},
        {SSC_E_NOT_SUPPORTED, IFD_ERROR_NOT_SUPPORTED},
        {SSC_E_NO_PIN_PAD, IFD_ERROR_NOT_SUPPORTED},
        {SSC_E_PROTOCOL_MISMATCH, IFD_PROTOCOL_NOT_SUPPORTED},
        {SSC_E_READER_REMOVED, IFD_NO_SUCH_DEVICE},
        {SSC_E_READER_NOT_FOUND, IFD_NO_SUCH_DEVICE},
    };
    RESPONSECODE code = IFD_COMMUNICATION_ERROR;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        code = codes[i].error == rc ? codes[i].code : code;
    }
    return code;
}

static RESPONSECODE give(const void *value, size_t len, PDWORD length, PUCHAR out)
{
    const bool fits = *length >= len;
    if (fits && len > 0) {
        memcpy(out, value, len);
    }
    *length = (DWORD)len;
    return fits ? IFD_SUCCESS : IFD_ERROR_INSUFFICIENT_BUFFER;
}

RESPONSECODE ssc_ifd_capability(const struct ssc_ifd_facts *f, DWORD tag, PDWORD length, PUCHAR value)
{
    static const char vendor[] = "sscard";
    const uint8_t one = 1, readers = SSC_IFD_READERS_MAX, slots = (uint8_t)f->slots;
    const struct {
        DWORD tag;
        const void *value;
        size_t len;
    } answers[] = {
        {TAG_IFD_ATR, f->atr, f->atr_len},
        {SCARD_ATTR_ATR_STRING, f->atr, f->atr_len},
        {TAG_IFD_SIMULTANEOUS_ACCESS, &readers, 1},
        {TAG_IFD_SLOTS_NUMBER, &slots, 1},
        {TAG_IFD_THREAD_SAFE, &one, 1},
        {TAG_IFD_SLOT_THREAD_SAFE, &one, 1},
        {TAG_IFD_POLLING_THREAD_WITH_TIMEOUT, &f->poll, sizeof f->poll},
        {TAG_IFD_STOP_POLLING_THREAD, &f->stop, sizeof f->stop},
        {SCARD_ATTR_VENDOR_NAME, vendor, sizeof vendor},
        {f->serial ? SCARD_ATTR_VENDOR_IFD_SERIAL_NO : 0, f->serial, f->serial ? strlen(f->serial) + 1 : 0},
    };
    RESPONSECODE rc = IFD_ERROR_TAG;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0] && rc == IFD_ERROR_TAG && tag != 0; i++) {
        if (answers[i].tag == tag) {
            rc = give(answers[i].value, answers[i].len, length, value);
        }
    }
    return rc;
}

/* What pcscd looks for in every handler, and ours have no use for. */

RESPONSECODE IFDHCreateChannel(DWORD Lun, DWORD Channel)
{
    (void)Lun, (void)Channel; /* a number says nothing about a folder or a USB device */
    return IFD_COMMUNICATION_ERROR;
}

RESPONSECODE IFDHSetCapabilities(DWORD Lun, DWORD Tag, DWORD Length, PUCHAR Value)
{
    (void)Lun, (void)Tag, (void)Length, (void)Value;
    return IFD_NOT_SUPPORTED;
}

/* ---- part 10 ---- */

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

static void features(const struct ssc_ifd_pad *pad, struct ssc_writer *w)
{
    if (pad->features & SSC_FEATURE_PIN_VERIFY) {
        put_feature(w, FEATURE_VERIFY_PIN_DIRECT);
    }
    if (pad->features & SSC_FEATURE_PIN_MODIFY) {
        put_feature(w, FEATURE_MODIFY_PIN_DIRECT);
    }
    put_feature(w, FEATURE_GET_TLV_PROPERTIES);
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

static void properties(const struct ssc_ifd_pad *pad, struct ssc_writer *w)
{
    put_property(w, PCSCv2_PART10_PROPERTY_wLcdLayout, 2, pad->lcd);
    put_property(w, PCSCv2_PART10_PROPERTY_bPPDUSupport, 1, 0);
    put_property(w, PCSCv2_PART10_PROPERTY_dwMaxAPDUDataSize, 4, pad->max_apdu);
    if (pad->vid) {
        put_property(w, PCSCv2_PART10_PROPERTY_wIdVendor, 2, pad->vid);
        put_property(w, PCSCv2_PART10_PROPERTY_wIdProduct, 2, pad->pid);
    }
}

static int enter(const struct ssc_ifd_pad *pad, bool modify, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                 size_t *rx_len)
{
    const unsigned wanted = modify ? SSC_FEATURE_PIN_MODIFY : SSC_FEATURE_PIN_VERIFY;
    const size_t room = *rx_len;
    struct ssc_pin_entry entry;
    int rc = pad->features & wanted ? ssc_part10_parse(modify, tx, tx_len, &entry) : SSC_E_NO_PIN_PAD;
    if (rc == 0) {
        rc = pad->enter(pad->ctx, &entry, rx, rx_len);
    }
    const uint16_t sw = ssc_part10_word(rc);
    if (sw != 0 && room >= 2) {
        ssc_put16(rx, sw);
        *rx_len = 2;
        rc = 0;
    }
    return rc;
}

int ssc_ifd_control(const struct ssc_ifd_pad *pad, uint32_t code, const uint8_t *tx, size_t tx_len,
                    uint8_t *rx, size_t *rx_len)
{
    const bool modify = code == code_of(FEATURE_MODIFY_PIN_DIRECT);
    struct ssc_writer w = ssc_writer(rx, *rx_len);
    int rc = 0;
    if (modify || code == code_of(FEATURE_VERIFY_PIN_DIRECT)) {
        rc = enter(pad, modify, tx, tx_len, rx, rx_len);
    } else if (code == (uint32_t)CM_IOCTL_GET_FEATURE_REQUEST ||
               code == code_of(FEATURE_GET_TLV_PROPERTIES)) {
        (code == code_of(FEATURE_GET_TLV_PROPERTIES) ? properties : features)(pad, &w);
        rc = w.full ? SSC_E_BUFFER_TOO_SMALL : 0;
        *rx_len = w.len;
    } else {
        rc = SSC_E_NOT_SUPPORTED;
    }
    return rc;
}
