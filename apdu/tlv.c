/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/tlv.h"

#include "apdu/error.h"

enum { END = 1 };

/* Fillers 00 and FF before, between and behind objects (ISO 7816-4 clause 5.2.2). */
static size_t skip_filler(const uint8_t *data, size_t len, size_t pos)
{
    while (pos < len && (data[pos] == 0x00 || data[pos] == 0xFF)) {
        pos++;
    }
    return pos;
}

static int read_tag(const uint8_t *data, size_t len, size_t *pos, uint32_t *tag)
{
    int rc = 0;
    unsigned bytes = 1;
    uint8_t b = data[(*pos)++];
    *tag = b;
    bool more = (b & 0x1F) == 0x1F;
    while (more && rc == 0) {
        if (*pos >= len || bytes == 3) {
            rc = SSC_E_BAD_RESPONSE;
        } else {
            b = data[(*pos)++];
            *tag = *tag << 8 | b;
            bytes++;
            more = (b & 0x80) != 0;
        }
    }
    return rc;
}

/* Length with at most four bytes behind the first; the form need not be the shortest, because cards differ.
 */
static int read_length(const uint8_t *data, size_t len, size_t *pos, size_t *value)
{
    int rc = 0;
    if (*pos >= len) {
        rc = SSC_E_BAD_RESPONSE;
        goto done;
    }
    uint8_t first = data[(*pos)++];
    size_t bytes = first < 0x80 ? 0 : first & 0x7Fu;
    if (first == 0x80 || bytes > 4 || bytes > len - *pos) {
        rc = SSC_E_BAD_RESPONSE;
        goto done;
    }
    uint32_t v = first < 0x80 ? first : 0;
    for (size_t i = 0; i < bytes; i++) {
        v = v << 8 | data[(*pos)++];
    }
    *value = v;
done:
    return rc;
}

int ssc_tlv_next(const uint8_t *data, size_t len, size_t *pos, struct ssc_tlv *tlv)
{
    int rc;
    *pos = skip_filler(data, len, *pos);
    if (*pos >= len) {
        rc = END;
        goto done;
    }
    size_t at = *pos, value_len = 0;
    uint32_t tag = 0;
    bool constructed = (data[at] & 0x20) != 0;
    rc = read_tag(data, len, &at, &tag);
    if (rc == 0) {
        rc = read_length(data, len, &at, &value_len);
    }
    if (rc == 0 && value_len > len - at) {
        rc = SSC_E_BAD_RESPONSE;
    }
    if (rc == 0) {
        *tlv = (struct ssc_tlv){tag, constructed, data + at, value_len};
        *pos = at + value_len;
    }
done:
    return rc;
}

static int find_one(const uint8_t *data, size_t len, uint32_t tag, struct ssc_tlv *tlv)
{
    size_t pos = 0;
    int rc;
    do {
        rc = ssc_tlv_next(data, len, &pos, tlv);
    } while (rc == 0 && tlv->tag != tag);
    return rc == END ? SSC_E_FILE_UNKNOWN : rc;
}

int ssc_tlv_find(const uint8_t *data, size_t len, const uint32_t *path, unsigned depth, struct ssc_tlv *tlv)
{
    int rc = depth > 0 ? 0 : SSC_E_FILE_UNKNOWN;
    struct ssc_tlv here = {.value = data, .len = len};
    for (unsigned i = 0; i < depth && rc == 0; i++) {
        /* No look at `constructed`: 9F0C of these cards is primitive by its tag and holds objects. */
        rc = find_one(here.value, here.len, path[i], &here);
    }
    if (rc == 0) {
        *tlv = here;
    }
    return rc;
}

void ssc_tlv_put(struct ssc_writer *w, uint32_t tag, const uint8_t *value, size_t len)
{
    if (tag > 0xFFFFFF || len > 0xFFFFFF) {
        w->full = true; /* has no form that ssc_tlv_next reads */
    }
    if (tag > 0xFFFF) {
        ssc_write8(w, tag >> 16);
    }
    if (tag > 0xFF) {
        ssc_write8(w, tag >> 8 & 0xFF);
    }
    ssc_write8(w, tag & 0xFF);
    if (len > 0xFFFF) {
        ssc_write8(w, 0x83);
        ssc_write8(w, (unsigned)(len >> 16));
        ssc_write16(w, (unsigned)(len & 0xFFFF));
    } else if (len > 0xFF) {
        ssc_write8(w, 0x82);
        ssc_write16(w, (unsigned)len);
    } else {
        if (len > 0x7F) {
            ssc_write8(w, 0x81);
        }
        ssc_write8(w, (unsigned)len);
    }
    ssc_write(w, value, len);
}

int ssc_record_next(const uint8_t *data, size_t len, size_t *pos, struct ssc_record *record)
{
    int rc = 0;
    *pos = skip_filler(data, len, *pos);
    if (*pos >= len) {
        rc = END;
    } else if (len - *pos < 2 || data[*pos + 1] > len - *pos - 2) {
        rc = SSC_E_BAD_RESPONSE;
    } else {
        *record = (struct ssc_record){data[*pos], data + *pos + 2, data[*pos + 1]};
        *pos += 2 + record->len;
    }
    return rc;
}

/* Algorithm 86 inside 9F0C. PBOC issuer data under the same tag is no TLV: only a whole that reads as TLV to
 * its end counts. */
static int algorithm_of(const uint8_t *data, size_t len)
{
    int algorithm = 0, rc;
    size_t pos = 0;
    struct ssc_tlv object;
    while ((rc = ssc_tlv_next(data, len, &pos, &object)) == 0) {
        if (object.tag == 0x86 && object.len == 1 && object.value[0] >= 1 && object.value[0] <= 3) {
            algorithm = object.value[0];
        }
    }
    return rc == END ? algorithm : 0;
}

static int fci_proprietary(const struct ssc_tlv *a5, struct ssc_fci *fci)
{
    static const uint32_t sfi[] = {0x88}, issuer[] = {0x9F0C}, nested[] = {0xBF0C, 0x9F0C};
    struct ssc_tlv object;
    int rc = ssc_tlv_find(a5->value, a5->len, sfi, 1, &object);
    if (rc == 0 && object.len == 1) {
        fci->sfi = object.value[0];
    }
    rc = ssc_tlv_find(a5->value, a5->len, issuer, 1, &object);
    if (rc == SSC_E_FILE_UNKNOWN) {
        rc = ssc_tlv_find(a5->value, a5->len, nested, 2, &object);
    }
    if (rc == 0) {
        fci->issuer = object.value;
        fci->issuer_len = object.len;
        fci->algorithm = algorithm_of(object.value, object.len);
    }
    return rc == SSC_E_FILE_UNKNOWN ? 0 : rc;
}

int ssc_fci_parse(const uint8_t *data, size_t len, struct ssc_fci *fci)
{
    static const uint32_t name[] = {0x6F, 0x84}, proprietary[] = {0x6F, 0xA5}, whole[] = {0x6F};
    struct ssc_tlv object;
    int rc = 0;
    *fci = (struct ssc_fci){.sfi = -1};
    if (len == 0) {
        goto done; /* some cards answer SELECT with the status word alone */
    }
    rc = ssc_tlv_find(data, len, whole, 1, &object);
    if (rc != 0) {
        rc = SSC_E_BAD_RESPONSE;
        goto done;
    }
    rc = ssc_tlv_find(data, len, name, 2, &object);
    if (rc == 0) {
        fci->df_name = object.value;
        fci->df_name_len = object.len;
    }
    if (rc == 0 || rc == SSC_E_FILE_UNKNOWN) {
        rc = ssc_tlv_find(data, len, proprietary, 2, &object);
    }
    if (rc == 0) {
        rc = fci_proprietary(&object, fci);
    }
    rc = rc == SSC_E_FILE_UNKNOWN ? 0 : rc;
done:
    return rc;
}
