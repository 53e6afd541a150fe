/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "apdu/error.h"

enum { PATH_ROOM = 4096 };

static int write_all(int fd, const char *data, size_t len)
{
    int rc = 0;

    while (len > 0 && rc == 0) {
        const ssize_t n = write(fd, data, len);
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            rc = SSC_E_IO;
        }
    }
    return rc;
}

static int open_folder(const char *path)
{
    char folder[PATH_ROOM];
    const char *slash = strrchr(path, '/');

    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int write_fresh(const char *fresh, const void *data, size_t len)
{
    const int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int rc = fd >= 0 ? write_all(fd, data, len) : SSC_E_IO;

    if (rc == 0 && fsync(fd) != 0) {
        rc = SSC_E_IO;
    }
    if (fd >= 0 && close(fd) != 0) {
        rc = SSC_E_IO;
    }
    return rc;
}

int ssc_file_replace(const char *path, const void *data, size_t len, bool *replaced)
{
    char fresh[PATH_ROOM];
    int folder = -1, rc = SSC_E_IO;

    *replaced = false;
    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh) {
        goto done;
    }
    folder = open_folder(path); /* before the rename: afterwards it would be too late to say no */
    if (folder >= 0) {
        rc = write_fresh(fresh, data, len);
    }
    if (rc == 0 && rename(fresh, path) != 0) {
        rc = SSC_E_IO;
    }
    *replaced = rc == 0;
    if (rc != 0) {
        unlink(fresh);
    } else if (fsync(folder) != 0) {
        rc = SSC_E_IO;
    }
done:
    if (folder >= 0) {
        close(folder);
    }
    return rc;
}
