/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of the documentation that are made from tables, so that they cannot tell anything else than the
 * code: the methods (methods.def) and the errors (apdu/errors.def). */
#ifndef SSC_DAEMON_PAGES_H
#define SSC_DAEMON_PAGES_H

/* Prints a page on stdout: "api", "api-zh", "errors" or "errors-zh". SSC_E_NOT_SUPPORTED: no such page;
 * SSC_E_INTERNAL: a sentence has no Chinese in texts_zh.def, and stderr says which. */
int ssc_page(const char *name);

#endif
