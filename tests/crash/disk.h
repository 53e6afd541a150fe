/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An SQLite VFS over the system's own that counts what changes the journal's files (write, sync, truncate,
 * delete) and goes wrong at the n-th: the process dies, the power goes (what was not synced is gone), the
 * disk is full, an error, a part of the bytes.
 */
#ifndef SSC_TESTS_CRASH_DISK_H
#define SSC_TESTS_CRASH_DISK_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

enum disk_fault {
    DISK_NONE,
    DISK_KILL,       /* SIGKILL before the operation */
    DISK_KILL_AFTER, /* ... after it */
    DISK_KILL_PART,  /* ... after the first `part` bytes of a write */
    DISK_CUT,        /* power: everything since the file's last sync is gone */
    DISK_CUT_SOME,   /* power: every other write since the last sync is gone */
    DISK_ERROR,      /* SQLITE_IOERR_..., once */
    DISK_PART,       /* the first `part` bytes, then SQLITE_IOERR_WRITE, once */
    DISK_FULL,       /* SQLITE_FULL for every write from here on */
    DISK_KINDS
};
const char *disk_fault_name(enum disk_fault kind);

enum { DISK_OPS = 512 };
struct disk {
    enum disk_fault kind;
    unsigned nth, part;
    unsigned count;          /* operations since the last disk_arm */
    unsigned size[DISK_OPS]; /* of each: bytes of a write, 0 for the others */
    struct disk_undo *undo;  /* what is not synced yet, newest first */
    sqlite3_vfs vfs, *real;
};

/* Becomes the default VFS of this process. */
int disk_register(struct disk *d);
void disk_arm(struct disk *d, enum disk_fault kind, unsigned nth, unsigned part);
bool disk_fault_kills(enum disk_fault kind);

#endif
