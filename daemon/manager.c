/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/manager.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3

static long number(const char *name)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

static int option(int fd, int which)
{
    int value = -1;
    socklen_t len = sizeof value;
    return getsockopt(fd, SOL_SOCKET, which, &value, &len) == 0 ? value : -1;
}

int ssc_manager_socket(void)
{
    int fd = -1;
    if (number("LISTEN_PID") == (long)getpid() && number("LISTEN_FDS") == 1 &&
        option(FIRST_FD, SO_DOMAIN) == AF_UNIX && option(FIRST_FD, SO_TYPE) == SOCK_STREAM &&
        option(FIRST_FD, SO_ACCEPTCONN) == 1) {
        fd = FIRST_FD;
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    return fd;
}

uint64_t ssc_manager_watchdog(void)
{
    const long us = number("WATCHDOG_USEC");
    const bool ours = !getenv("WATCHDOG_PID") || number("WATCHDOG_PID") == (long)getpid();
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return ours && us >= 2000 ? (uint64_t)us / 2000 : 0;
}

void ssc_manager_tell(const char *state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    const size_t len = path ? strlen(path) : 0;
    const int fd =
        len > 1 && len < sizeof address.sun_path ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    if (fd >= 0) {
        memcpy(address.sun_path, path, len);
        if (path[0] == '@') { /* an abstract address */
            address.sun_path[0] = '\0';
        }
        sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
        close(fd);
    }
}
