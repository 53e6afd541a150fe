/* SPDX-License-Identifier: Apache-2.0 */
/* What the two regional layers share. `out` may be NULL, or cap 0: then there is nobody to tell the text. */
#ifndef SSC_SHIM_REGION_H
#define SSC_SHIM_REGION_H

#include "middleware/shim/shim.h"

/* Says hello to the service: 0, or the national code and the text. */
long ssc_region_hello(char *out, size_t cap);
/* One of the national functions, for the card that is there: iType 3. */
long ssc_region_run(enum ssc_shim_function function, char *out, size_t cap);
/* Fails with a row of the error table and, behind its text, why. */
long ssc_region_fail(int code, const char *why, char *out, size_t cap);

#endif
