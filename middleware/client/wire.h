/* SPDX-License-Identifier: Apache-2.0 */
/* Lines over a local socket, without blocking longer than a deadline. Internal to libsscard. */
#ifndef SSC_MIDDLEWARE_CLIENT_WIRE_H
#define SSC_MIDDLEWARE_CLIENT_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SSC_WIRE_LINE_MAX (4u * 1024u * 1024u) /* the service's longest answer is 1 MiB */

struct ssc_wire {
    int fd;      /* -1: not connected */
    pid_t owner; /* the process that connected */
    char *buf;
    size_t len, cap;
    size_t scanned; /* bytes of buf known to hold no newline */
    size_t taken;   /* bytes of buf that the line handed out last takes */
};

/* path NULL: the usual places. 0, SSC_E_DAEMON_ABSENT, SSC_E_PERMISSION_DENIED, SSC_E_DEADLINE_EXCEEDED.
 * where[108]: the path of the socket, or of the one that refused. */
int ssc_wire_connect(struct ssc_wire *w, const char *path, char where[108], int64_t deadline);
void ssc_wire_close(struct ssc_wire *w);

/* Sends all of it. *sent: bytes that left. SSC_E_DAEMON_ABSENT, SSC_E_DEADLINE_EXCEEDED. */
int ssc_wire_send(struct ssc_wire *w, const char *text, size_t len, size_t *sent, int64_t deadline);

/* The next line, NUL terminated without its newline; valid until the next call. SSC_E_DEADLINE_EXCEEDED,
 * SSC_E_DAEMON_ABSENT (closed, also in the middle of a line), SSC_E_LINE_TOO_LONG, SSC_E_OUT_OF_MEMORY. */
int ssc_wire_line(struct ssc_wire *w, char **line, size_t *len, int64_t deadline);

int64_t ssc_wire_now(void); /* CLOCK_MONOTONIC ms */

#endif
