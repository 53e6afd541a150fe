/* SPDX-License-Identifier: Apache-2.0 */
/* One archive for the support desk, without PINs, keys or people in it. */
#ifndef SSC_TOOLS_DOCTOR_BUNDLE_H
#define SSC_TOOLS_DOCTOR_BUNDLE_H

#include "tools/doctor/way.h"

struct bundle;
/* For a file (0600) that must not exist yet. 0 or SSC_E_FILE_EXISTS, SSC_E_IO, SSC_E_OUT_OF_MEMORY. */
int bundle_new(const char *path, struct bundle **out);
/* Adds one member. Text is scrubbed on its way in (scrub.c). what: one line for the list. */
int bundle_add(struct bundle *b, const char *name, struct text what, const char *text);
/* Notes what could not be had, and why. */
void bundle_miss(struct bundle *b, const char *name, struct text why);
/* Closes the archive with its list inside (CONTENTS.txt). names/bytes of the members and what is missing as
 * JSON {"members", "missing"}; the caller's. On failure the file is gone. Frees. */
int bundle_end(struct bundle **b, json_t **lists);
void bundle_drop(struct bundle **b); /* gives up: frees, removes the file */

/* collect.c: puts everything into it. */
int bundle_collect(struct bundle *b, struct way *way);

/* scrub.c. What must not leave the house, overwritten in place: names of home folders (the folder becomes
 * "~"), numbers of 15 to 19 digits (citizen id, bank card), hexadecimal runs of 16 bytes and more that stand
 * alone (keys), values of words such as pin=, key=, password=. */
void scrub(char *text);
/* The configuration without comments; only values of options that are known to be harmless are kept. Caller
 * frees. */
char *mask_config(const char *text);

/* kernel.c: lines of the kernel's log about USB and card readers; NULL: it cannot be read. Caller frees. */
char *kernel_lines(const struct seam *s);

#endif
