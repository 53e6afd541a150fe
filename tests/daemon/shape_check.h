/* SPDX-License-Identifier: Apache-2.0 */
/* What the service says is what rpc.discover promises: no member missing, none of another type, none untold.
 */
#ifndef SSC_TESTS_DAEMON_SHAPE_CHECK_H
#define SSC_TESTS_DAEMON_SHAPE_CHECK_H

#include <jansson.h>

/* Fails the running test, and says where, unless the value has the shape (notation of daemon/shape.h). */
void shape_check(const char *shape, const json_t *value, const char *where);
/* The same for the result of a method; methods that the daemon does not have are passed over. */
void shape_check_result(const char *method, const json_t *result);

#endif
