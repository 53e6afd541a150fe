/* SPDX-License-Identifier: Apache-2.0 */
/* The listening socket and the connections that came through it. Loop thread only. */
#ifndef SSC_DAEMON_SERVER_H
#define SSC_DAEMON_SERVER_H

#include "daemon/conn.h"

struct ssc_server;

/* Takes the socket: the one that the service manager passed, else config.socket, whose folder is made for a
 * user's own runs. A leftover of a dead daemon is replaced. SSC_E_ALREADY_RUNNING, SSC_E_IO, SSC_E_CONFIG
 * with a sentence in why. */
int ssc_server_new(struct ssc_daemon *d, struct ssc_server **out, char why[200]);
/* Connections that came meanwhile are accepted from here on. */
int ssc_server_listen(struct ssc_server *s);
/* No new connections from here on; the socket file disappears. */
void ssc_server_stop_listening(struct ssc_server *s);
void ssc_server_close_all(struct ssc_server *s);
void ssc_server_free(struct ssc_server **s);

/* Each connection, for events. `fn` may close it. */
void ssc_server_each(struct ssc_server *s, void (*fn)(struct ssc_conn *c, void *ctx), void *ctx);
size_t ssc_server_count(const struct ssc_server *s);

/* For connections. */
uv_buf_t ssc_server_buffer(struct ssc_server *s); /* shared: used up before the callback returns */
void ssc_server_forget(struct ssc_server *s, struct ssc_conn *c);
void ssc_server_watch_stalls(struct ssc_server *s);

#endif
