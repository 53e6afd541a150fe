/* SPDX-License-Identifier: Apache-2.0 */
/* A lock file: one process at a time has what stands beside it. */
#ifndef SSC_DRIVERS_LOCK_H
#define SSC_DRIVERS_LOCK_H

#include <stdint.h>

/* A process that was killed keeps its locks until the kernel has taken its memory apart: on a busy machine
 * its successor can be faster. */
enum { SSC_LOCK_GRACE_MS = 2000 };

/* Opens PATH (made with mode 0600 where it is missing, no symbolic link) and locks it, by the deadline. 0:
 * *fd is the caller's, closing it gives the lock back. Otherwise *fd is -1, and it is SSC_E_ALREADY_RUNNING,
 * another one has it, or SSC_E_IO with errno. */
int ssc_file_lock(const char *path, int64_t deadline, int *fd);

#endif
