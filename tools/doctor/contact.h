/* SPDX-License-Identifier: Apache-2.0 */
/* The same card powered and read again and again: worn contacts and bad cables show in the counters. */
#ifndef SSC_TOOLS_DOCTOR_CONTACT_H
#define SSC_TOOLS_DOCTOR_CONTACT_H

#include "drivers/reader.h"

#include <jansson.h>

struct contact {
    unsigned rounds;
    unsigned powers, power_failures;
    unsigned exchanges, exchange_failures;
    unsigned retries, resets; /* of a failed read, with a cold reset before it */
    unsigned vanished;        /* the reader itself was away */
    unsigned flipped;         /* rounds whose bytes differ from the first good one's */
    uint64_t exchange_us, wire_us, power_us;
    uint64_t slowest_us;
    json_t *errors; /* symbol -> how often */
    char reader[SSC_READER_NAME_MAX];
    unsigned baud; /* that the model goes by */
    uint64_t digest;
};

/* progress: called before each round and at the end with rounds done; false ends the test. 0, or why it could
 * not even begin. Free with contact_free. */
int contact_run(struct ssc_driver *driver, const char *reader, unsigned rounds, int64_t round_ms,
                bool (*progress)(void *ctx, unsigned done, const struct contact *so_far), void *ctx,
                struct contact *out);
void contact_free(struct contact *c);

json_t *contact_json(const struct contact *c); /* figures, "cause" (null or object), "ok" */

#endif
