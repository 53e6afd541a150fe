/* SPDX-License-Identifier: Apache-2.0 */
/* JSON-RPC 2.0: a line becomes a call. Loop thread. */
#ifndef SSC_DAEMON_RPC_H
#define SSC_DAEMON_RPC_H

#include "daemon/conn.h"
#include "daemon/method.h"

/* Checks and starts one request; the line is not NUL terminated and holds no newline. */
void ssc_rpc_line(struct ssc_conn *c, const char *line, size_t len);
/* An error answer to something that is no call: id null. */
void ssc_rpc_refuse(struct ssc_conn *c, int code, const struct ssc_detail *detail);
/* An error answer in the language of the connection. Borrows id, takes over error. */
void ssc_rpc_answer_error(struct ssc_conn *c, json_t *id, json_t *error);
/* Every byte that a JSON value lived in is overwritten when it is freed: requests carry PINs. Once, in main.
 */
void ssc_rpc_clean_memory(void);

#endif
