/* SPDX-License-Identifier: Apache-2.0 */
/* Generic reading and writing of any file and data element by name or tag. */
#ifndef SSC_MIDDLEWARE_FILES_H
#define SSC_MIDDLEWARE_FILES_H

#include "middleware/auth/provider.h"
#include "middleware/card.h"

/* One element as read. Names point into the tables. */
struct ssc_value {
    const struct ssc_file *file;
    const struct ssc_element *element; /* NULL for transparent files, cyclic records and local elements */
    uint8_t tag;                       /* as found on the card; 0 where there is none */
    unsigned record;                   /* record number, from 1; 0 for transparent */
    uint16_t offset, len;              /* raw value in ssc_values.bytes */
    char text[160];  /* UTF-8 rendering: text, digits, or hexadecimal (truncated with "...") */
    bool text_valid; /* false: undecodable, text holds hexadecimal */
};
struct ssc_values {
    struct ssc_value items[96];
    size_t count;
    uint8_t bytes[8192];
    size_t used;
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
