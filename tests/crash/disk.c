/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/disk.h"
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct disk_file {
    sqlite3_file base;
    struct disk *disk;
    sqlite3_file *real; /* behind this struct */
    bool watched;
};

/* How to take back one change that the disk has not promised to keep. */
struct disk_undo {
    struct disk_undo *next;
    struct disk_file *file;
    sqlite3_int64 at, old_size;
    int len;
    uint8_t old[];
};

const char *disk_fault_name(enum disk_fault kind)
{
    static const char *const names[] = {"none",     "kill",  "kill-after", "kill-part", "cut",
                                        "cut-some", "error", "part",       "full"};
    return kind < DISK_KINDS ? names[kind] : "invalid";
}

bool disk_fault_kills(enum disk_fault kind)
{
    return kind == DISK_KILL || kind == DISK_KILL_AFTER || kind == DISK_KILL_PART || kind == DISK_CUT ||
           kind == DISK_CUT_SOME;
}

static struct disk_file *file_of(sqlite3_file *f)
{
    return (struct disk_file *)f;
}

/* ---- what is not synced ---- */
static void remember(struct disk_file *f, sqlite3_int64 at, int len)
{
    struct disk_undo *u = calloc(1, sizeof *u + (size_t)len);
    if (!u) {
        abort();
    }
    u->file = f;
    u->at = at;
    f->real->pMethods->xFileSize(f->real, &u->old_size);
    u->len = at + len <= u->old_size ? len : at < u->old_size ? (int)(u->old_size - at) : 0;
    if (u->len > 0) {
        f->real->pMethods->xRead(f->real, u->old, u->len, at);
    }
    u->next = f->disk->undo;
    f->disk->undo = u;
}

static void forget(struct disk *d, const struct disk_file *f)
{
    struct disk_undo **at = &d->undo;
    while (*at) {
        struct disk_undo *u = *at;
        if (u->file == f) {
            *at = u->next;
            free(u);
        } else {
            at = &u->next;
        }
    }
}

static void lose(struct disk *d, bool all)
{
    unsigned i = 0;
    for (struct disk_undo *u = d->undo; u; u = u->next) {
        sqlite3_file *real = u->file->real;
        if (!all && i++ % 2) {
            continue;
        }
        if (u->len > 0) {
            real->pMethods->xWrite(real, u->old, u->len, u->at);
        }
        if (all) {
            real->pMethods->xTruncate(real, u->old_size);
        }
    }
}

/* ---- the n-th operation ---- */
/* True when it is due now; the process may end here. */
static bool due(struct disk *d, unsigned size)
{
    if (d->count < DISK_OPS) {
        d->size[d->count] = size;
    }
    bool now = ++d->count == d->nth && d->kind != DISK_NONE;
    if (now && (d->kind == DISK_CUT || d->kind == DISK_CUT_SOME)) {
        lose(d, d->kind == DISK_CUT);
    }
    if (now && (d->kind == DISK_KILL || d->kind == DISK_CUT || d->kind == DISK_CUT_SOME)) {
        raise(SIGKILL);
    }
    return now;
}

static int finish(const struct disk *d, bool now, int rc)
{
    if (now && (d->kind == DISK_KILL_AFTER || d->kind == DISK_KILL_PART)) {
        raise(SIGKILL);
    }
    return rc;
}

static bool full(const struct disk *d)
{
    return d->kind == DISK_FULL && d->count >= d->nth;
}

static int disk_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
    struct disk_file *f = file_of(file);
    struct disk *d = f->disk;
    int rc = SQLITE_OK;
    if (!f->watched) {
        return f->real->pMethods->xWrite(f->real, data, len, at);
    }
    bool now = due(d, (unsigned)len);
    bool part = now && (d->kind == DISK_KILL_PART || d->kind == DISK_PART);
    int keep = part && (int)d->part < len ? (int)d->part : len;
    if (full(d)) {
        return SQLITE_FULL;
    }
    if (now && d->kind == DISK_ERROR) {
        return SQLITE_IOERR_WRITE;
    }
    remember(f, at, keep);
    if (keep > 0) {
        rc = f->real->pMethods->xWrite(f->real, data, keep, at);
    }
    rc = finish(d, now, rc);
    return part ? SQLITE_IOERR_WRITE : rc;
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct disk_file *f = file_of(file);
    if (!f->watched) {
        return f->real->pMethods->xTruncate(f->real, size);
    }
    bool now = due(f->disk, 0);
    if (now && f->disk->kind == DISK_ERROR) {
        return SQLITE_IOERR_TRUNCATE;
    }
    sqlite3_int64 old = 0;
    f->real->pMethods->xFileSize(f->real, &old);
    if (old > size) {
        remember(f, size, (int)(old - size));
    }
    return finish(f->disk, now, f->real->pMethods->xTruncate(f->real, size));
}

static int disk_sync(sqlite3_file *file, int flags)
{
    struct disk_file *f = file_of(file);
    if (!f->watched) {
        return f->real->pMethods->xSync(f->real, flags);
    }
    bool now = due(f->disk, 0);
    if (now && f->disk->kind == DISK_ERROR) {
        return SQLITE_IOERR_FSYNC;
    }
    int rc = f->real->pMethods->xSync(f->real, flags);
    forget(f->disk, f);
    return finish(f->disk, now, rc);
}

static int disk_close(sqlite3_file *file)
{
    struct disk_file *f = file_of(file);
    forget(f->disk, f);
    return f->real->pMethods->xClose(f->real);
}

/* ---- handed through ---- */
#define REAL(f) file_of(f)->real
static int disk_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return REAL(f)->pMethods->xRead(REAL(f), p, n, at);
}
static int disk_size(sqlite3_file *f, sqlite3_int64 *n)
{
    return REAL(f)->pMethods->xFileSize(REAL(f), n);
}
static int disk_lock(sqlite3_file *f, int l)
{
    return REAL(f)->pMethods->xLock(REAL(f), l);
}
static int disk_unlock(sqlite3_file *f, int l)
{
    return REAL(f)->pMethods->xUnlock(REAL(f), l);
}
static int disk_reserved(sqlite3_file *f, int *out)
{
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}
static int disk_control(sqlite3_file *f, int op, void *arg)
{
    return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}
static int disk_sector(sqlite3_file *f)
{
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}
static int disk_device(sqlite3_file *f)
{
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}
static int disk_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
    return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, p);
}
static int disk_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return REAL(f)->pMethods->xShmLock(REAL(f), at, n, flags);
}
static void disk_shm_barrier(sqlite3_file *f)
{
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}
static int disk_shm_unmap(sqlite3_file *f, int del)
{
    return REAL(f)->pMethods->xShmUnmap(REAL(f), del);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_device,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

static int disk_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out)
{
    struct disk_file *f = file_of(file);
    *f = (struct disk_file){.disk = vfs->pAppData, .real = (sqlite3_file *)(f + 1)};
    f->watched = (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0;
    int rc = f->disk->real->xOpen(f->disk->real, name, f->real, flags, out);
    f->base.pMethods = f->real->pMethods ? &methods : NULL;
    return rc;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    struct disk *d = vfs->pAppData;
    bool now = due(d, 0);
    if (now && d->kind == DISK_ERROR) {
        return SQLITE_IOERR_DELETE;
    }
    return finish(d, now, d->real->xDelete(d->real, name, sync));
}

int disk_register(struct disk *d)
{
    *d = (struct disk){.real = sqlite3_vfs_find(NULL)};
    d->vfs = *d->real;
    d->vfs.zName = "disk";
    d->vfs.pAppData = d;
    d->vfs.pNext = NULL;
    d->vfs.szOsFile = (int)sizeof(struct disk_file) + d->real->szOsFile;
    d->vfs.xOpen = disk_open;
    d->vfs.xDelete = disk_delete;
    return sqlite3_vfs_register(&d->vfs, 1);
}

void disk_arm(struct disk *d, enum disk_fault kind, unsigned nth, unsigned part)
{
    d->kind = kind;
    d->nth = nth;
    d->part = part;
    d->count = 0;
}
