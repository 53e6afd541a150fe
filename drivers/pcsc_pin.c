/* SPDX-License-Identifier: Apache-2.0 */
/* What a reader can do: PC/SC part 10, "IFDs with secure PIN entry capabilities". */
#include "apdu/bytes.h"
#include "drivers/pcsc_internal.h"

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
