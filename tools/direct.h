/* SPDX-License-Identifier: Apache-2.0 */
/* The diagnostic methods of the socket, answered in this process by a reader: for machines without the
 * service, and for the day it is down. No money moves here: that needs the journal. */
#ifndef SSC_TOOLS_DIRECT_H
#define SSC_TOOLS_DIRECT_H

#include "tools/cli.h"

struct direct;

struct ssc_driver;
/* The driver alone: name as below. why[200]: detail. Owner: caller, ssc_driver_free. */
int direct_driver(const char *name, struct ssc_driver **out, char why[200]);

/* driver: "pcsc", "sim", "sim:IMAGE", "replay:FILE". key_file NULL: a PSAM in a SAM slot, if any. Return
 * values as everywhere; why[200]: detail. */
int direct_open(const char *driver, const char *key_file, struct direct **out, char why[200]);
void direct_close(struct direct **direct);

/* Answers like the service does. rc < 0 or a status word > 0: *error is the error object. */
int direct_call(struct direct *direct, const char *method, const json_t *params, json_t **result,
                json_t **error, int64_t deadline);
/* The next event's params {seq, type, reader, ...} after events.subscribe; trace lines are not events here.
 */
int direct_event(struct direct *direct, json_t **event, int64_t deadline);

/* Called with every exchange of the card in use, redacted unless said otherwise; set before the first call.
 */
void direct_trace(struct direct *direct, bool unredacted, void (*line)(void *ctx, const char *text),
                  void *ctx);

#endif
