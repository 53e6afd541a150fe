/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines that the national functions answer with, from the service's objects and a format: text with
 * {fields} in it. A field names a member, "time", or a member of a member, "external.factor"; a member that
 * is not there is empty. After a colon: yuan, fen (how to write an amount, else as configured), hex (an
 * amount in eight digits), char (the character that a hexadecimal byte stands for).
 */
#ifndef SSC_SHIM_LINES_H
#define SSC_SHIM_LINES_H

#include "middleware/shim/config.h"
#include "middleware/shim/out.h"

#include <jansson.h>

/* The first of the objects that has a field gives it; NULL among them are passed over. */
struct ssc_shim_fields {
    const json_t *from[2];
    enum ssc_shim_unit unit;
    const char *pin; /* {pin}: not in an object, so that it stands in no memory that nobody overwrites */
};
void ssc_shim_line(struct ssc_shim_out *out, const char *format, const struct ssc_shim_fields *fields);
/* Fen as the unit writes it: 1234 or 12.34. */
void ssc_shim_amount(enum ssc_shim_unit unit, int64_t fen, char text[32]);

#endif
