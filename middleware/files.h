/* SPDX-License-Identifier: Apache-2.0 */
/* Generic reading and writing of any file and data element by name or tag. */
#ifndef SSC_MIDDLEWARE_FILES_H
#define SSC_MIDDLEWARE_FILES_H

#include "middleware/auth/provider.h"
#include "middleware/card.h"

/* What is odd about what a card holds; reported, never a reason to refuse. */
enum ssc_finding {
    SSC_FOUND_LONGER = 1u << 0,     /* record longer than the table: the rest is kept in the raw bytes */
    SSC_FOUND_SHORTER = 1u << 1,    /* record shorter than the table */
    SSC_FOUND_EMPTY = 1u << 2,      /* record of length 0 */
    SSC_FOUND_DUPLICATE = 1u << 3,  /* more records with this tag than the table has */
    SSC_FOUND_UNKNOWN = 1u << 4,    /* tag that the table does not have */
    SSC_FOUND_BAD_TEXT = 1u << 5,   /* undecodable value, text holds hexadecimal */
    SSC_FOUND_MEANING_2 = 1u << 6,  /* 1.0 card with a 2.0 value, marked by EE at the end of the record */
    SSC_FOUND_ASCII_DATE = 1u << 7, /* date in ASCII digits where packed digits belong */
    SSC_FOUND_MISSING = 1u << 8,    /* file: an element of the table was asked for and is not there */
    SSC_FOUND_GARBLED = 1u << 9,    /* file: bytes that are no record */
    SSC_FOUND_UNSAFE =
        1u << 10, /* control character or separator inside a text; replaced by '?' in the line */
};

/* One element as read. Names point into the tables. */
struct ssc_value {
    const struct ssc_file *file;
    const struct ssc_element *element; /* NULL for transparent files, cyclic records and local elements */
    uint8_t tag;                       /* as found on the card; 0 where there is none */
    unsigned record;                   /* record number, from 1; 0 for transparent */
    uint16_t offset, len;              /* raw value in ssc_values.bytes */
    char text[160];    /* UTF-8 rendering: text, digits, or hexadecimal (truncated with "...") */
    bool text_valid;   /* false: undecodable, text holds hexadecimal */
    unsigned findings; /* enum ssc_finding */
};
struct ssc_values {
    struct ssc_value items[96];
    size_t count;
    uint8_t bytes[8192];
    size_t used;
    unsigned findings; /* of all values, and of the file as a whole */
};

enum ssc_auth_choice { SSC_AUTH_AUTO, SSC_AUTH_PIN, SSC_AUTH_KEY };

/* Reads a file, or only the elements in `tags` (count 0: all; the same tag twice: its first two occurrences).
 * Opens the file first: free, PIN (SSC_E_PIN_REQUIRED unless verified), key through `auth` (may be NULL).
 * Whole-file reads where profile and card allow, element by element else. Cyclic files: newest first, all
 * records, or only `record` when not 0. SSC_E_FILE_UNKNOWN, _ACCESS_DENIED, _NEED_REMOTE, status words. */
int ssc_file_read(struct ssc_card *card, const struct ssc_file *file, const uint8_t *tags, size_t tag_count,
                  unsigned record, enum ssc_auth_choice choice, struct ssc_auth *auth, struct ssc_values *out,
                  int64_t deadline);
/* Opens a file for reading or writing without touching its data. */
int ssc_file_open(struct ssc_card *card, const struct ssc_file *file, bool for_update,
                  enum ssc_auth_choice choice, struct ssc_auth *auth, int64_t deadline);

/* Writes one element given as text (UTF-8, digits) or hexadecimal; pads as the element's type wants.
 * Cyclic: appends one record (fields separated by ^); transparent: `text` is hexadecimal of the whole content
 * at `offset`. SSC_E_INVALID_ARGUMENT: too long, wrong characters. */
int ssc_file_write(struct ssc_card *card, const struct ssc_file *file, uint8_t tag, unsigned occurrence,
                   const char *text, bool hex, uint16_t offset, struct ssc_auth *auth, int64_t deadline);

#endif
