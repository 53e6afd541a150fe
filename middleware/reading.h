/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the records of a file in as few exchanges as the card allows. Inside this room only. */
#ifndef SSC_MIDDLEWARE_READING_H
#define SSC_MIDDLEWARE_READING_H

#include "apdu/sw.h"
#include "middleware/card_private.h"

#define SSC_READING_TAGS_MAX 64u

struct ssc_reading_result {
    bool whole;   /* everything the file holds was read, asked for or not */
    bool garbled; /* bytes behind the last sound record */
};

/* Appends records TAG LEN VALUE of a variable or fixed file of the current application to `out`. tag_count 0:
 * all. A tag given n times means its first n occurrences. What the card does not hold is left out without an
 * error. Returns 0, the status word of a refusal (6982: not open), or negative. */
int ssc_reading_file(struct ssc_card *card, const struct ssc_file *file, const uint8_t *tags,
                     size_t tag_count, struct ssc_writer *out, struct ssc_reading_result *result,
                     int64_t deadline);

/* SELECT EF in the dialect that this type of card takes; nothing when it is selected already. */
int ssc_reading_select(struct ssc_card *card, uint8_t sfi, int64_t deadline);

/* READ commands answer 6282 with data when the file ends before Le. */
static inline int ssc_reading_end_is_fine(int rc)
{
    return rc == SSC_SW_END_OF_FILE ? 0 : rc;
}

#endif
