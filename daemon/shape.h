/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The notation in which methods.def and types.def say what an answer looks like, for people as it stands and
 * for programs as JSON Schema:
 *
 *   shape  = item {"|" item}
 *   item   = "{" member, ... "}" | "[" shape "]" | "text" | "int" | "number" | "bool" | "object" | "null"
 *          | Type | "one|of|these" (in quotation marks; more of them may join)
 *   member = name ["?"] [":" shape]     "?": may be absent; a member without a shape is text
 */
#ifndef SSC_DAEMON_SHAPE_H
#define SSC_DAEMON_SHAPE_H

#include <jansson.h>

struct ssc_type {
    const char *name, *shape, *help;
};
const struct ssc_type *ssc_types(size_t *count);

/* The schema of a shape (new reference); NULL when it is not in the notation or names an unknown type. */
json_t *ssc_shape_schema(const char *shape);

#endif
