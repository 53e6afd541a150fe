/* SPDX-License-Identifier: Apache-2.0 */
/* The first words of every PC/SC client: CMD_VERSION of pcsc-lite's winscard_msg.h, which has stood since
 * version 1.6. A pcscd that refuses the user hangs up without an answer, whatever libpcsclite makes of that.
 */
#include "tools/doctor/seam.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CMD_VERSION = 0x11, MAJOR = 4, MINOR = 4, PATIENCE_S = 2 };

struct greeting {
    uint32_t size, command;
    int32_t major, minor;
    uint32_t result;
};
struct outcome {
    int32_t error, version[2];
};

static int32_t open_socket(const char *path, int *fd)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int32_t error = strlen(path) < sizeof address.sun_path ? 0 : ENAMETOOLONG;
    *fd = error == 0 ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (*fd >= 0) {
        memcpy(address.sun_path, path, strlen(path) + 1);
        setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        error = connect(*fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    } else if (error == 0) {
        error = errno;
    }
    return error == EAGAIN ? ETIMEDOUT : error;
}

static struct outcome greet(const char *path)
{
    struct greeting hello = {.size = 3 * sizeof(uint32_t), CMD_VERSION, MAJOR, MINOR, 0};
    struct outcome out = {0};
    int32_t answer[3];
    int fd;
    out.error = open_socket(path, &fd);
    if (out.error == 0 && send(fd, &hello, sizeof hello, MSG_NOSIGNAL) != (ssize_t)sizeof hello) {
        out.error = errno == EPIPE ? ECONNRESET : errno;
    }
    if (out.error == 0) {
        const ssize_t n = recv(fd, answer, sizeof answer, MSG_WAITALL);
        out.error = n == (ssize_t)sizeof answer ? 0
                    : n >= 0                    ? ECONNRESET
                    : errno == EAGAIN           ? ETIMEDOUT
                                                : errno;
        memcpy(out.version, answer, out.error == 0 ? sizeof out.version : 0);
    }
    if (fd >= 0) {
        close(fd);
    }
    return out;
}

/* In a process of its own: another user is asked for, and this one goes on being what it is. */
int seam_greet(void *ctx, const char *path, uid_t as, int32_t version[2])
{
    struct outcome out = {.error = ECHILD};
    int ends[2] = {-1, -1}, status;
    pid_t child = -1;
    (void)ctx;
    if (as == geteuid()) {
        out = greet(path);
    } else if (pipe(ends) == 0) {
        child = fork();
        if (child == 0) {
            out.error = setresuid(as, as, as) == 0 ? 0 : EPERM;
            out = out.error == 0 ? greet(path) : out;
            _exit(write(ends[1], &out, sizeof out) == (ssize_t)sizeof out ? 0 : 1);
        }
        close(ends[1]);
        if (child > 0 && read(ends[0], &out, sizeof out) != (ssize_t)sizeof out) {
            out.error = ECHILD;
        }
        close(ends[0]);
        if (child > 0) {
            waitpid(child, &status, 0);
        }
    }
    memcpy(version, out.version, sizeof out.version);
    return out.error;
}
