/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/lock.h"

#include "drivers/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

int ssc_file_lock(const char *path, int64_t deadline, int *fd)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000000};
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool locked = *fd >= 0 && flock(*fd, LOCK_EX | LOCK_NB) == 0;
    while (!locked && *fd >= 0 && (errno == EWOULDBLOCK || errno == EINTR) && ssc_now_ms() < deadline) {
        nanosleep(&pause, NULL);
        locked = flock(*fd, LOCK_EX | LOCK_NB) == 0;
    }
    const int why = errno;
    if (!locked && *fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    errno = why;
    return locked ? 0 : why == EWOULDBLOCK ? SSC_E_ALREADY_RUNNING : SSC_E_IO;
}
