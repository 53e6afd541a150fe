/* SPDX-License-Identifier: Apache-2.0 */
/* From raw bytes to named values, and back. Inside this room only. */
#ifndef SSC_MIDDLEWARE_VALUES_H
#define SSC_MIDDLEWARE_VALUES_H

#include "middleware/files.h"

/* Adds records TAG LEN VALUE of `file`. `tags` as in ssc_file_read. SSC_E_BUFFER_TOO_SMALL. */
int ssc_values_add_records(struct ssc_values *values, enum ssc_generation generation,
                           const struct ssc_file *file, const uint8_t *data, size_t len, const uint8_t *tags,
                           size_t tag_count);
/* Adds a cyclic record (record from 1) or a transparent file (record 0). */
int ssc_values_add_plain(struct ssc_values *values, const struct ssc_file *file, unsigned record,
                         const uint8_t *data, size_t len);
/* Value of the first record with the tag; NULL when there is none. */
const struct ssc_value *ssc_values_find(const struct ssc_values *values, uint8_t sfi, uint8_t tag);

/* Text of one value. False: undecodable, text holds hexadecimal. */
bool ssc_value_text(enum ssc_element_type type, const uint8_t *data, size_t len, char *text, size_t cap);
/* YYYYMMDD out of a date element: packed digits, or ASCII digits (*ascii). Empty text for an empty or
 * unreadable date; what ASCII digits there are when they are too few for a date. */
void ssc_value_date(const uint8_t *data, size_t len, char date[9], bool *ascii);

/* Text as on paper into the element's bytes, padded to its length. B-TLV: sub-elements in table order,
 * separated by ','. *len: capacity in, length out. SSC_E_INVALID_ARGUMENT, SSC_E_BAD_TEXT. */
int ssc_value_encode(const struct ssc_element *element, const char *text, uint8_t *out, size_t *len);
/* Fields of a cyclic record separated by '^'; numbers in decimal for binary fields. */
int ssc_value_encode_fields(const struct ssc_file *file, const char *text, uint8_t *out, size_t *len);

#endif
