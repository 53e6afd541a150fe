/* SPDX-License-Identifier: Apache-2.0 */
/* One customer at a counter, whatever the driver: identity, PIN, a debit with the PSAM's proof, and the time
 * a bare exchange takes. */
#ifndef SSC_TESTS_USB_COUNTER_H
#define SSC_TESTS_USB_COUNTER_H

#include "drivers/reader.h"

struct counter_result {
    char card_reader[SSC_READER_NAME_MAX], psam_reader[SSC_READER_NAME_MAX];
    char citizen_id[19];
    bool genuine;
    int64_t before, after; /* fen, of the medical purse */
    unsigned wire_exchanges;
    const char *step; /* the one that failed */
};

/* Card in the first slot of the reader whose name holds `part`, PSAM in its second one; waits for both. The
 * debit is 100 fen, with a journal in a folder that is removed. 0 or the error of `step`. */
int counter_serve(struct ssc_driver *driver, const char *part, struct counter_result *out, int64_t deadline);

#endif
