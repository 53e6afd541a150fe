/* SPDX-License-Identifier: Apache-2.0 */
/* A journal file that the disk, or somebody, has changed. Opening and listing never crash, and every row that
 * is shown is one that was written: nothing is confirmed that was not. First byte 0: the rest is the file. 1:
 * the rest are edits (offset 3 bytes, new byte) of a good journal. 2: the same edits on a journal whose
 * process died, so that its write-ahead log is still there. */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "middleware/journal.h"
#include "tests/fuzz/fuzz.h"

enum { ROWS = 6, FILE_MAX = 1 << 20 };

struct image {
    uint8_t *data;
    size_t len;
};
/* The harness keeps what it prepared between calls; libFuzzer gives it no other place. */
static struct {
    char folder[64], path[96], wal[104], shm[104], lock[104];
    struct image clean, crashed, log;
    struct ssc_txn rows[ROWS];
} world;

static void remove_files(void)
{
    unlink(world.path);
    unlink(world.wal);
    unlink(world.shm);
    unlink(world.lock);
}

static void at_end(void)
{
    remove_files();
    rmdir(world.folder);
    free(world.clean.data);
    free(world.crashed.data);
    free(world.log.data);
}

static struct image slurp(const char *path)
{
    struct image image = {.data = malloc(FILE_MAX)};
    int fd = open(path, O_RDONLY);
    ssize_t n = fd >= 0 && image.data ? read(fd, image.data, FILE_MAX) : -1;
    REQUIRE(n > 0);
    image.len = (size_t)n;
    close(fd);
    return image;
}

static void write_out(const char *path, const uint8_t *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    REQUIRE(fd >= 0 && write(fd, data, len) == (ssize_t)len);
    close(fd);
}

static void fill(struct ssc_journal *j)
{
    static const enum ssc_txn_state states[ROWS] = {SSC_TXN_CONFIRMED, SSC_TXN_REFUSED,  SSC_TXN_UNKNOWN,
                                                    SSC_TXN_NOT_DONE,  SSC_TXN_PREPARED, SSC_TXN_CONFIRMED};
    for (unsigned i = 0; i < ROWS; i++) {
        bool existing;
        struct ssc_txn *t = &world.rows[i];
        *t = (struct ssc_txn){.owner_uid = 1000,
                              .kind = SSC_KIND_DEBIT,
                              .purse = SSC_PURSE_EP,
                              .state = states[i],
                              .amount = 100 + i,
                              .serial = {1, 2, 3},
                              .serial_len = 10,
                              .balance_before = 1000};
        snprintf(t->op, sizeof t->op, "op-fuzz-%010u", i);
        memset(t->digest, 'd', 64);
        REQUIRE(ssc_journal_insert(j, t, &existing) == 0 && !existing);
    }
}

static void prepare(void)
{
    struct ssc_journal *j;
    char why[200];
    snprintf(world.folder, sizeof world.folder, "%s/ssc-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    REQUIRE(mkdtemp(world.folder) != NULL);
    snprintf(world.path, sizeof world.path, "%s/journal.db", world.folder);
    snprintf(world.wal, sizeof world.wal, "%s-wal", world.path);
    snprintf(world.shm, sizeof world.shm, "%s-shm", world.path);
    snprintf(world.lock, sizeof world.lock, "%s.lock", world.path);
    REQUIRE(ssc_journal_open(world.path, &j, why) == 0);
    fill(j);
    world.crashed = slurp(world.path);
    world.log = slurp(world.wal);
    ssc_journal_close(&j);
    world.clean = slurp(world.path);
    atexit(at_end);
}

static void edit(const struct image *from, const uint8_t *edits, size_t size, const char *path)
{
    uint8_t *copy = malloc(from->len);
    REQUIRE(copy != NULL);
    memcpy(copy, from->data, from->len);
    for (; size >= 4; edits += 4, size -= 4) {
        size_t at = (size_t)edits[0] << 16 | (size_t)edits[1] << 8 | edits[2];
        copy[at % from->len] = edits[3];
    }
    write_out(path, copy, from->len);
    free(copy);
}

/* Every row shown is a row that was written. */
static void check_row(const struct ssc_txn *row)
{
    struct ssc_txn was = {.id = 0};
    for (unsigned i = 0; i < ROWS; i++) {
        if (world.rows[i].id == row->id) {
            was = world.rows[i];
        }
    }
    REQUIRE(memcmp(&was, row, sizeof was) == 0);
}

static void look(struct ssc_journal *j, bool ours)
{
    static struct ssc_txn rows[64];
    static const struct ssc_txn_filter filters[] = {
        {.owner_uid = -1}, {.owner_uid = 1000, .unsettled_only = true}, {.owner_uid = -1, .open_only = true}};
    size_t count;
    for (size_t f = 0; f < 3; f++) {
        count = 64;
        (void)ssc_journal_list(j, &filters[f], rows, &count);
        REQUIRE(count <= 64);
        for (size_t i = 0; i < count && ours; i++) {
            check_row(&rows[i]);
        }
    }
    for (unsigned i = 0; i < ROWS && ours; i++) {
        struct ssc_txn row;
        if (ssc_journal_get_op(j, 1000, world.rows[i].op, &row) == 0) {
            check_row(&row);
        }
        if (ssc_journal_get(j, world.rows[i].id, &row) == 0) {
            check_row(&row);
        }
    }
    (void)ssc_journal_unsettled(j, &count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ssc_journal *j = NULL;
    char why[200];
    if (!world.clean.data) {
        prepare();
    }
    if (size < 1 || size > FILE_MAX) {
        return 0;
    }
    remove_files();
    if (data[0] == 0) {
        write_out(world.path, data + 1, size - 1);
    } else if (data[0] == 1) {
        edit(&world.clean, data + 1, size - 1, world.path);
    } else {
        write_out(world.path, world.crashed.data, world.crashed.len);
        edit(&world.log, data + 1, size - 1, world.wal);
    }
    int rc = ssc_journal_open(world.path, &j, why);
    REQUIRE((rc == 0) == (j != NULL));
    REQUIRE(rc == 0 || (rc < 0 && why[0] != '\0' && memchr(why, 0, sizeof why) != NULL));
    if (j) {
        look(j, data[0] != 0);
    }
    ssc_journal_close(&j);
    return 0;
}
