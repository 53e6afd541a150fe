/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind a handle of ICC_Reader_Open(): a connection with the service and the cards it holds. One
 * thread at a time. All results are codes of ssse32.h. */
#ifndef SSC_SHIM_SSSE32_TERMINAL_H
#define SSC_SHIM_SSSE32_TERMINAL_H

#include <stddef.h>

struct terminal;

/* port: 0 the first reader with a card, n the n-th reader. */
long terminal_open(unsigned port, struct terminal **out);
void terminal_close(struct terminal **t);
/* atr: room for ICC_ATR_MAX. */
long terminal_power_on(struct terminal *t, unsigned slot, unsigned char *atr);
long terminal_power_off(struct terminal *t, unsigned slot);
long terminal_status(struct terminal *t, unsigned slot);
/* response: room for ICC_RESPONSE_MAX. */
long terminal_transmit(struct terminal *t, unsigned slot, const unsigned char *command, size_t len,
                       unsigned char *response);

#endif
