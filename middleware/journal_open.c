/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the journal: one owner, the pragmas read back, and a file that is whole. */
#include "middleware/journal_rows.h"
#include "apdu/crypto.h"
#include "drivers/lock.h"
#include "drivers/reader.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 2000
/* Bigger files are checked whole only after a crash; their rows are still checked as they are read. */
#define CHECK_BYTES (16 * 1024 * 1024)

struct opening {
    struct ssc_journal *j;
    char *why; /* 200 bytes */
    bool fresh, crashed;
    bool again; /* the file of a journal that is open already, and locked */
    off_t size;
};

static int say(const struct opening *o, int rc, const char *what, const char *detail)
{
    if (o->why) {
        snprintf(o->why, 200, "%.80s%s%.117s", what, *detail ? ": " : "", detail);
    }
    return rc;
}

static int say_sqlite(const struct opening *o, const char *what, sqlite3 *db, int sqlite_result)
{
    int rc = ssc_journal_error(sqlite_result);
    return say(o, rc ? rc : SSC_E_JOURNAL, what, db ? sqlite3_errmsg(db) : sqlite3_errstr(sqlite_result));
}

/* A file beside the journal, because closing any handle on the journal itself would drop SQLite's locks. */
static int take_lock(struct opening *o)
{
    char name[4096];
    const int n = snprintf(name, sizeof name, "%s.lock", o->j->path);
    int rc = SSC_E_INVALID_ARGUMENT;
    if (n > 0 && (size_t)n < sizeof name) {
        rc = ssc_file_lock(name, ssc_deadline(SSC_LOCK_GRACE_MS), &o->j->lock_fd);
    }
    if (rc == SSC_E_INVALID_ARGUMENT) {
        rc = say(o, rc, "The journal's path is too long", "");
    } else if (rc == SSC_E_ALREADY_RUNNING) {
        rc = say(o, rc, "Another process owns the journal", o->j->path);
    } else if (rc != 0) {
        rc = say(o, SSC_E_JOURNAL, "The journal's lock file cannot be had", strerror(errno));
    }
    return rc;
}

static int look_at_file(struct opening *o)
{
    char wal[4096];
    struct stat st;
    int rc = 0;
    snprintf(wal, sizeof wal, "%s-wal", o->j->path);
    o->crashed = stat(wal, &st) == 0 && st.st_size > 0;
    if (lstat(o->j->path, &st) != 0) {
        o->fresh = errno == ENOENT;
    } else if (!S_ISREG(st.st_mode)) {
        rc = say(o, SSC_E_JOURNAL, "The journal is not a regular file", o->j->path);
    } else {
        o->size = st.st_size;
    }
    if (!rc && o->fresh && o->crashed) {
        rc = say(o, SSC_E_JOURNAL_CORRUPT, "The journal is gone, but its newest rows are there", wal);
    }
    return rc;
}

/* Which file it is; ssc_journal_check and every insert look whether it is still there. */
static int note_file(const struct opening *o)
{
    struct stat st;
    const int rc = stat(o->j->path, &st) == 0 ? 0 : say(o, SSC_E_JOURNAL, "The journal is gone", o->j->path);
    if (!rc) {
        o->j->device = st.st_dev;
        o->j->inode = st.st_ino;
    }
    return rc;
}

static int open_connection(struct opening *o, sqlite3 **db)
{
    int rc = sqlite3_open_v2(o->j->path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_extended_result_codes(*db, 1);
        sqlite3_busy_timeout(*db, BUSY_MS);
        sqlite3_limit(*db, SQLITE_LIMIT_ATTACHED, 0);
        sqlite3_db_config(*db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    }
    return rc == SQLITE_OK ? 0 : say_sqlite(o, "The journal cannot be opened", *db, rc);
}

/* One value of a statement, as text; "" when there is none. */
static int ask(sqlite3 *db, const char *sql, char *out, size_t cap)
{
    sqlite3_stmt *stmt = NULL;
    out[0] = '\0';
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }
    if (rc == SQLITE_ROW) {
        const unsigned char *text = sqlite3_column_text(stmt, 0);
        snprintf(out, cap, "%s", text ? (const char *)text : "");
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int demand(const struct opening *o, sqlite3 *db, const char *sql, const char *wanted)
{
    char got[200];
    int rc = ask(db, sql, got, sizeof got);
    if (rc != SQLITE_OK) {
        rc = say_sqlite(o, sql, db, rc);
    } else if (strcmp(got, wanted) != 0) {
        rc = say(o, SSC_E_JOURNAL, sql, got[0] ? got : "no answer");
    }
    return rc;
}

static int check_identity(const struct opening *o)
{
    char application[32] = "", version[32] = "", ours[32];
    snprintf(ours, sizeof ours, "%d", SSC_JOURNAL_APPLICATION);
    int rc = ask(o->j->write, "PRAGMA application_id", application, sizeof application);
    if (rc == SQLITE_OK) {
        rc = ask(o->j->write, "PRAGMA user_version", version, sizeof version);
    }
    const long format = strtol(version, NULL, 10);
    if (rc != SQLITE_OK) {
        rc = say_sqlite(o, "The journal cannot be read", o->j->write, rc);
    } else if (strcmp(application, ours) != 0) {
        rc = say(o, SSC_E_JOURNAL_CORRUPT, "The file is not a journal of sscard", o->j->path);
    } else if (format < SSC_JOURNAL_OLDEST || format > SSC_JOURNAL_NEWEST) {
        rc = say(o, SSC_E_JOURNAL, "The journal was written by another version of sscard, format", version);
    }
    return rc;
}

/* All rows or only unsettled ones are read once and their seals checked. */
static int verify_rows(struct ssc_journal *j, bool all)
{
    struct ssc_txn_filter filter = {.unsettled_only = !all, .owner_uid = -1};
    struct ssc_txn row;
    sqlite3_stmt *stmt = NULL;
    int rc = ssc_rows_select(j, &filter, &stmt), bad = 0;
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW && (bad = ssc_row_read(j, stmt, &row)) != 0) {
            break;
        }
    }
    sqlite3_reset(stmt);
    return bad ? bad : rc == SQLITE_DONE ? 0 : ssc_journal_error(rc);
}

/* An index that lost a row would let an op through twice, so indexes and table are compared, not only read.
 */
static int check_whole(const struct opening *o)
{
    char result[160];
    bool all = o->crashed || o->size <= CHECK_BYTES;
    int rc = all ? ask(o->j->write, "PRAGMA integrity_check(1)", result, sizeof result) : SQLITE_OK;
    if (rc != SQLITE_OK) {
        rc = say_sqlite(o, "The journal cannot be read", o->j->write, rc);
    } else if (all && strcmp(result, "ok") != 0) {
        rc = say(o, SSC_E_JOURNAL_CORRUPT, "The journal is damaged", result);
    } else if ((rc = verify_rows(o->j, all)) != 0) {
        say(o, rc, "A row of the journal is damaged", o->j->path);
    }
    return rc;
}

static int sync_folder(const struct opening *o)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", o->j->path);
    char *slash = strrchr(folder, '/');
    if (slash) {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd >= 0 && fsync(fd) == 0 ? 0 : say(o, SSC_E_JOURNAL, "The journal's folder", strerror(errno));
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

static int create_at(const struct opening *o, const char *path)
{
    sqlite3 *db = NULL;
    int rc;
    unlink(path);                                                     /* of a start that was killed */
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600); /* SQLite would let others read it */
    if (fd < 0) {
        rc = say(o, SSC_E_JOURNAL, "The journal cannot be created", strerror(errno));
        goto done;
    }
    close(fd);
    int sq = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (sq == SQLITE_OK) {
        sq = sqlite3_exec(db, "PRAGMA synchronous=FULL", NULL, NULL, NULL);
    }
    if (sq == SQLITE_OK) {
        sq = ssc_rows_create(db);
    }
    rc = sq == SQLITE_OK ? 0 : say_sqlite(o, "The journal cannot be created", db, sq);
    sqlite3_close(db);
done:
    return rc;
}

/* Whole under another name first. So an empty file never is a journal that was just begun: it is one that
 * lost its rows, and beginning it anew would charge every repeated op a second time. */
static int create(const struct opening *o)
{
    char name[4096];
    int n = snprintf(name, sizeof name, "%s.new", o->j->path);
    int rc = n > 0 && (size_t)n < sizeof name
                 ? create_at(o, name)
                 : say(o, SSC_E_INVALID_ARGUMENT, "The journal's path is too long", "");
    if (!rc && rename(name, o->j->path) != 0) {
        rc = say(o, SSC_E_JOURNAL, "The journal cannot be created", strerror(errno));
    }
    if (rc) {
        unlink(name);
    }
    return rc ? rc : sync_folder(o);
}

static int open_files(struct opening *o)
{
    struct ssc_journal *j = o->j;
    int rc = o->again ? 0 : take_lock(o);
    if (!rc) {
        rc = look_at_file(o);
    }
    if (!rc && o->fresh && o->again) {
        rc = say(o, SSC_E_JOURNAL, "The journal is gone", j->path);
    } else if (!rc && o->fresh) {
        rc = create(o);
    }
    if (!rc) {
        rc = open_connection(o, &j->write);
    }
    if (!rc) {
        rc = check_identity(o);
    }
    if (!rc) {
        rc = demand(o, j->write, "PRAGMA journal_mode=WAL", "wal");
    }
    if (!rc) {
        sqlite3_exec(j->write, "PRAGMA synchronous=FULL", NULL, NULL, NULL);
        rc = demand(o, j->write, "PRAGMA synchronous", "2");
    }
    if (!rc) {
        rc = note_file(o);
    }
    return rc;
}

/* A journal that lacks a table or an index of its own is damaged; anything else keeps its own name. */
static int prepare_rows(const struct opening *o)
{
    int rc = ssc_rows_prepare(o->j);
    if (rc == SQLITE_ERROR) {
        rc = say(o, SSC_E_JOURNAL_CORRUPT, "The journal cannot be read", sqlite3_errmsg(o->j->write));
    } else if (rc != SQLITE_OK) {
        rc = say_sqlite(o, "The journal cannot be read", o->j->write, rc);
    }
    return rc;
}

static int open_journal(struct opening *o)
{
    struct ssc_journal *j = o->j;
    int rc = open_files(o);
    if (!rc) {
        rc = open_connection(o, &j->read);
    }
    if (!rc) {
        rc = prepare_rows(o);
    }
    if (!rc) {
        rc = check_whole(o);
    }
    if (!rc && sqlite3_db_readonly(j->write, "main") == 1) {
        rc = say(o, SSC_E_JOURNAL, "The journal cannot be written", "the file is read-only");
    }
    if (!rc && (rc = ssc_journal_check(j)) != 0) {
        say(o, rc, "The journal cannot be written",
            sqlite3_errcode(j->write) ? sqlite3_errmsg(j->write) : "less than 1 MiB is free on its disk");
    }
    if (!rc) {
        rc = sync_folder(o);
    }
    return rc;
}

static struct ssc_journal *new_journal(const char *path)
{
    struct ssc_journal *j = calloc(1, sizeof *j);
    if (j) {
        j->lock_fd = -1;
        j->last = &j->first;
        pthread_mutex_init(&j->lock, NULL);
        pthread_mutex_init(&j->read_lock, NULL);
        pthread_cond_init(&j->committed, NULL);
        j->path = strdup(path);
    }
    if (j && !j->path) {
        ssc_journal_close(&j);
    }
    return j;
}

int ssc_journal_open(const char *path, struct ssc_journal **out, char why[200])
{
    int rc = SSC_E_OUT_OF_MEMORY;
    struct ssc_journal *j = new_journal(path);
    if (why) {
        why[0] = '\0';
    }
    if (j && (rc = ssc_random((uint8_t *)&j->process, sizeof j->process)) == 0) {
        rc = open_journal(&(struct opening){.j = j, .why = why});
    }
    if (rc) {
        ssc_journal_close(&j);
    }
    *out = j;
    return rc;
}

/* ---- after a lost write ---- */

/* Everything that was ever acknowledged goes into the main file, and the disk says that it has it: what was
 * written before the loss is then there for certain, and what was lost was never acknowledged. */
static int rewrite(const struct opening *o, sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    int sq = sqlite3_prepare_v2(db, "PRAGMA wal_checkpoint(TRUNCATE)", -1, &stmt, NULL);
    if (sq == SQLITE_OK) {
        sq = sqlite3_step(stmt);
    }
    const bool whole = sq == SQLITE_ROW && sqlite3_column_int(stmt, 0) == 0;
    sqlite3_finalize(stmt);
    return whole              ? 0
           : sq == SQLITE_ROW ? say(o, SSC_E_JOURNAL, "The journal is being read", o->j->path)
                              : say_sqlite(o, "The journal cannot be written", db, sq);
}

/* What the kernel holds of the file proves nothing: it is read from the disk. */
static void forget_pages(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        close(fd);
    }
}

static void swap(sqlite3_stmt **a, sqlite3_stmt **b)
{
    sqlite3_stmt *kept = *a;
    *a = *b;
    *b = kept;
}

static void swap_connections(struct ssc_journal *a, struct ssc_journal *b)
{
    sqlite3 *write = a->write, *read = a->read;
    a->write = b->write;
    a->read = b->read;
    b->write = write;
    b->read = read;
    swap(&a->insert, &b->insert);
    swap(&a->update, &b->update);
    swap(&a->write_by_id, &b->write_by_id);
    swap(&a->write_by_op, &b->write_by_op);
    swap(&a->begin, &b->begin);
    swap(&a->commit, &b->commit);
    swap(&a->last_id, &b->last_id);
    swap(&a->probe, &b->probe);
    swap(&a->read_by_id, &b->read_by_id);
    swap(&a->read_by_op, &b->read_by_op);
    for (size_t i = 0; i < sizeof a->lists / sizeof a->lists[0]; i++) {
        swap(&a->lists[i], &b->lists[i]);
    }
}

/* With the writer's turn taken. Readers go on with the old connections until the new ones have proven
 * themselves. */
static int renew(struct ssc_journal *j, char why[200])
{
    struct ssc_journal *fresh = new_journal(j->path);
    struct opening o = {.j = fresh, .why = why, .again = true};
    int rc = fresh ? rewrite(&o, j->write) : SSC_E_OUT_OF_MEMORY;
    if (!rc) {
        forget_pages(j->path);
        fresh->process = j->process;
        rc = open_journal(&o);
    }
    if (!rc && (fresh->device != j->device || fresh->inode != j->inode)) {
        rc = say(&o, SSC_E_JOURNAL, "Another file is in the journal's place", j->path);
    }
    if (!rc) {
        pthread_mutex_lock(&j->read_lock);
        swap_connections(j, fresh);
        pthread_mutex_unlock(&j->read_lock);
    }
    ssc_journal_close(&fresh);
    return rc;
}

bool ssc_journal_broken(struct ssc_journal *j)
{
    pthread_mutex_lock(&j->lock);
    const bool broken = j->broken;
    pthread_mutex_unlock(&j->lock);
    return broken;
}

int ssc_journal_revive(struct ssc_journal *j, char why[200])
{
    int rc = 0;
    if (why) {
        why[0] = '\0';
    }
    pthread_mutex_lock(&j->lock);
    while (j->committing) {
        pthread_cond_wait(&j->committed, &j->lock);
    }
    if (j->broken) {
        j->committing = true; /* nobody writes meanwhile */
        pthread_mutex_unlock(&j->lock);
        rc = renew(j, why);
        pthread_mutex_lock(&j->lock);
        j->broken = rc != 0;
        j->committing = false;
        pthread_cond_broadcast(&j->committed);
    }
    pthread_mutex_unlock(&j->lock);
    return rc;
}

void ssc_journal_close(struct ssc_journal **journal)
{
    struct ssc_journal *j = *journal;
    if (j) {
        ssc_rows_finalize(j);
        sqlite3_close(j->read);
        sqlite3_close(j->write);
        if (j->lock_fd >= 0) {
            close(j->lock_fd);
        }
        pthread_cond_destroy(&j->committed);
        pthread_mutex_destroy(&j->read_lock);
        pthread_mutex_destroy(&j->lock);
        free(j->path);
        free(j);
    }
    *journal = NULL;
}
