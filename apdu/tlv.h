/* SPDX-License-Identifier: Apache-2.0 */
/* BER-TLV (ISO/IEC 7816-4 clause 5.2.2, ISO/IEC 8825-1) and the one-byte-tag, one-byte-length card record. */
#ifndef SSC_APDU_TLV_H
#define SSC_APDU_TLV_H

#include "apdu/bytes.h"

struct ssc_tlv {
    uint32_t tag; /* 1 to 3 bytes: 0x84, 0x9F0C */
    bool constructed;
    const uint8_t *value; /* points into the container */
    size_t len;
};

/* Reads one object at *pos and moves *pos behind it. Filler bytes 00 and FF between objects are passed over.
 * 0: tlv filled; 1 (never a status word): end of container; SSC_E_BAD_RESPONSE: a length beyond the
 * container, an indefinite length, a tag of more than 3 bytes. */
int ssc_tlv_next(const uint8_t *data, size_t len, size_t *pos, struct ssc_tlv *tlv);

/* Finds `path[0]` and inside it `path[1]` ...; depth objects. 0 found, SSC_E_FILE_UNKNOWN absent,
 * SSC_E_BAD_RESPONSE. */
int ssc_tlv_find(const uint8_t *data, size_t len, const uint32_t *path, unsigned depth, struct ssc_tlv *tlv);

/* Appends tag, length (shortest definite form) and value. */
void ssc_tlv_put(struct ssc_writer *w, uint32_t tag, const uint8_t *value, size_t len);

/* Card record TAG(1) LEN(1) VALUE. Same returns as ssc_tlv_next. */
struct ssc_record {
    uint8_t tag;
    const uint8_t *value;
    size_t len;
};
int ssc_record_next(const uint8_t *data, size_t len, size_t *pos, struct ssc_record *record);

/* What SELECT of an application answers (FCI). Pointers into the response. */
struct ssc_fci {
    const uint8_t *df_name;
    size_t df_name_len; /* 84 */
    int sfi;            /* 88, -1 when absent */
    int algorithm;      /* 9F0C/86: 1 DES, 2 SSF33, 3 SM4; 0 when absent */
    const uint8_t *issuer;
    size_t issuer_len; /* 9F0C whole: PBOC issuer data */
};
/* An empty answer and absent objects are no error; SSC_E_BAD_RESPONSE: no FCI template 6F, or lengths that do
 * not fit. */
int ssc_fci_parse(const uint8_t *data, size_t len, struct ssc_fci *fci);

#endif
