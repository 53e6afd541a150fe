/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct ssc_log ssc_log_init(enum ssc_log_level level)
{
    return (struct ssc_log){.level = level, .journald = getenv("JOURNAL_STREAM") != NULL};
}

int ssc_log_level_by_name(const char *name)
{
    static const struct {
        const char *name;
        enum ssc_log_level level;
    } names[] = {{"error", SSC_LOG_ERROR},
                 {"warning", SSC_LOG_WARNING},
                 {"info", SSC_LOG_INFO},
                 {"debug", SSC_LOG_DEBUG}};
    int level = -1;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i].name, name) == 0) {
            level = (int)names[i].level;
        }
    }
    return level;
}

static size_t prefix(const struct ssc_log *log, enum ssc_log_level level, char *line, size_t cap)
{
    int n;
    if (log->journald) {
        n = snprintf(line, cap, "<%d>", (int)level);
    } else {
        char stamp[40];
        struct timespec now;
        struct tm local;
        clock_gettime(CLOCK_REALTIME, &now);
        localtime_r(&now.tv_sec, &local);
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &local);
        n = snprintf(line, cap, "%s.%03ld sscardd: ", stamp, now.tv_nsec / 1000000);
    }
    return n < 0 ? 0 : (size_t)n;
}

void ssc_log(const struct ssc_log *log, enum ssc_log_level level, const char *format, ...)
{
    if ((int)level <= log->level) {
        char line[512];
        size_t len = prefix(log, level, line, sizeof line);
        va_list args;
        va_start(args, format);
        vsnprintf(line + len, sizeof line - len - 1, format, args);
        va_end(args);
        len = strlen(line);
        for (size_t i = 0; i < len; i++) {
            if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F) {
                line[i] = '?';
            }
        }
        line[len++] = '\n';
        ssize_t ignored = write(STDERR_FILENO, line, len);
        (void)ignored; /* there is nowhere else to say that stderr is gone */
    }
}
