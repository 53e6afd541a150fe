/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for people and journald on stderr. Nothing secret is ever handed to it: no params, no card data. */
#ifndef SSC_DAEMON_LOG_H
#define SSC_DAEMON_LOG_H

/* The numbers are syslog's, because journald reads "<n>" in front of a line as the priority. */
enum ssc_log_level { SSC_LOG_ERROR = 3, SSC_LOG_WARNING = 4, SSC_LOG_INFO = 6, SSC_LOG_DEBUG = 7 };

struct ssc_log {
    _Atomic int level; /* enum ssc_log_level; lines above it are dropped */
    int journald;      /* stderr goes to journald: prefix with the priority, it adds the time itself */
};

struct ssc_log ssc_log_init(enum ssc_log_level level);
/* "error", "warning", "info", "debug" into the level; -1 for anything else. */
int ssc_log_level_by_name(const char *name);
/* One line; control characters in it are replaced, so that a client cannot forge lines. */
void ssc_log(const struct ssc_log *log, enum ssc_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
