/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: lines in, lines out, both bounded. Loop thread only. */
#ifndef SSC_DAEMON_CONN_H
#define SSC_DAEMON_CONN_H

#include "daemon/daemon.h"

#include <jansson.h>
#include <sys/queue.h>

/* Answers that wait for the client: above this no further request of it is read, and events are not sent. */
#define SSC_OUT_HIGH (256u * 1024u)
/* A client that takes nothing for this long is closed. */
#define SSC_STALL_MS 30000

struct ssc_call;
TAILQ_HEAD(ssc_call_list, ssc_call);

struct ssc_conn {
    TAILQ_ENTRY(ssc_conn) of_server;
    uv_pipe_t pipe;
    struct ssc_daemon *d;
    struct ssc_peer peer;
    uint64_t number; /* never used again */
    char *in;
    size_t in_len, in_cap;
    bool skipping; /* the rest of a line that was too long */
    bool reading, eof, closing;
    bool zh; /* error.message in Chinese: system.hello asked for it */
    size_t out_pending;
    int64_t progress_ms;        /* when the client last took something */
    struct ssc_call_list calls; /* not yet answered */
    unsigned call_count;
    bool subscribed;
    unsigned traces; /* enum ssc_trace_want */
    char trace_reader[SSC_READER_NAME_MAX];
    uint64_t ended[8]; /* serials of leases it held: releasing one again is no fault */
    unsigned ended_next;
};

enum ssc_trace_want { SSC_TRACE_REDACTED = 1u << 0, SSC_TRACE_FULL = 1u << 1 };

/* Accepts; the connection frees itself when it ends. peer.role is NONE when the kernel does not say who it
 * is. Reads nothing before _start. SSC_E_OUT_OF_MEMORY, SSC_E_IO. */
int ssc_conn_accept(struct ssc_daemon *d, uv_stream_t *listener, struct ssc_conn **out);
void ssc_conn_start(struct ssc_conn *c);
/* Sends one object as one line; borrows it. */
void ssc_conn_send(struct ssc_conn *c, const json_t *object);
/* An answered call may make room for the next line, or be the last one of a client that sends no more. */
void ssc_conn_call_done(struct ssc_conn *c);
void ssc_conn_close(struct ssc_conn *c);

#endif
