/* SPDX-License-Identifier: Apache-2.0 */
/* Durable debits per second on simulated cards, against bare SQLite commits on the same disk in the same run.
 * A debit commits twice (armed, outcome); readers that work at the same time share commits. */
#include "tests/rig/rig.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Slices take turns, because the disk of a busy machine is not the same for long. */
enum { READERS = 4, ROUNDS = 8, SLICE_MS = 250, ROW_BYTES = 400 };

struct reader {
    struct rig rig;
    pthread_t thread;
    unsigned number, done;
    int rc;
};
struct bare {
    char folder[32];
    sqlite3 *db;
    sqlite3_stmt *insert;
    unsigned done;
};

static int memory_card(struct rig *r, unsigned number)
{
    int rc = rig_files(r, "pboc", "psam");
    if (!rc) {
        rc = ssc_sim_card_parse(ssc_sim_image("pboc"), &r->card.card, r->why);
    }
    if (!rc) {
        rc = ssc_sim_card_parse(ssc_sim_image("psam"), &r->psam.card, r->why);
    }
    if (!rc) {
        r->card.card->nv.wallet[1].balance = UINT32_MAX;
        rc = rig_provider(r);
    }
    if (!rc) {
        rc = rig_present(r, false);
    }
    if (!rc) { /* another card for the journal; the keys stay */
        struct ssc_card_info *info = (struct ssc_card_info *)(uintptr_t)ssc_card_get_info(r->session);
        info->serial[0] = (uint8_t)number;
    }
    return rc;
}

static void *work(void *ctx)
{
    struct reader *w = ctx;
    const int64_t until = ssc_now_ms() + SLICE_MS;
    struct ssc_debit_request req;
    struct ssc_txn t;
    while (!w->rc && ssc_now_ms() < until) {
        char op[40];
        snprintf(op, sizeof op, "bench-%04u-%010u", w->number, w->done);
        rig_request(&req, SSC_PURSE_EP, op, 1);
        w->rc = ssc_money_debit(w->rig.journal, w->rig.session, w->rig.auth, &req, &t, w->rig.deadline);
        w->done += w->rc == 0;
    }
    return NULL;
}

static int slice(struct reader *readers, unsigned count)
{
    int rc = 0;
    for (unsigned i = 0; i < count && !rc; i++) {
        rc = pthread_create(&readers[i].thread, NULL, work, &readers[i]);
    }
    for (unsigned i = 0; i < count && !rc; i++) {
        pthread_join(readers[i].thread, NULL);
        rc = readers[i].rc;
    }
    return rc;
}

static unsigned done(const struct reader *readers)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < READERS; i++) {
        sum += readers[i].done;
    }
    return sum;
}

static int bare_open(struct bare *b)
{
    char path[64];
    snprintf(b->folder, sizeof b->folder, "/tmp/ssc-bare-XXXXXX");
    if (!mkdtemp(b->folder)) {
        return SSC_E_IO;
    }
    snprintf(path, sizeof path, "%s/bare.db", b->folder);
    int rc = sqlite3_open(path, &b->db);
    if (!rc) {
        rc = sqlite3_exec(
            b->db,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(id INTEGER PRIMARY KEY, b)",
            NULL, NULL, NULL);
    }
    return rc ? rc : sqlite3_prepare_v2(b->db, "INSERT INTO t(b) VALUES(?)", -1, &b->insert, NULL);
}

static int bare_slice(struct bare *b)
{
    static const uint8_t row[ROW_BYTES];
    const int64_t until = ssc_now_ms() + SLICE_MS;
    int rc = 0;
    while (!rc && ssc_now_ms() < until) {
        sqlite3_bind_blob(b->insert, 1, row, sizeof row, SQLITE_STATIC);
        rc = sqlite3_step(b->insert) == SQLITE_DONE ? 0 : SSC_E_IO;
        sqlite3_reset(b->insert);
        b->done++;
    }
    return rc;
}

static void bare_close(struct bare *b)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    sqlite3_finalize(b->insert);
    sqlite3_close(b->db);
    for (size_t i = 0; i < 3; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s/bare.db%s", b->folder, ends[i]);
        remove(name);
    }
    remove(b->folder);
}

static int readers_open(struct reader *readers)
{
    int rc = 0;
    for (unsigned i = 0; i < READERS && !rc; i++) {
        readers[i].number = i;
        rc = memory_card(&readers[i].rig, i);
        if (!rc && i == 0) {
            rc = rig_open_journal(&readers[0].rig);
        }
        readers[i].rig.journal = readers[0].rig.journal;
    }
    return rc;
}

static void readers_close(struct reader *readers)
{
    for (unsigned i = READERS; i-- > 0;) {
        if (i > 0) {
            readers[i].rig.journal = NULL;
        }
        rig_free(&readers[i].rig);
    }
}

int main(void)
{
    struct reader *readers = calloc(READERS, sizeof *readers);
    struct bare bare = {.done = 0};
    const double seconds = ROUNDS * SLICE_MS / 1000.0;
    unsigned one = 0, all = 0;
    int rc = readers ? bare_open(&bare) : SSC_E_OUT_OF_MEMORY;
    if (!rc) {
        rc = readers_open(readers);
    }
    for (unsigned round = 0; round < ROUNDS && !rc; round++) {
        rc = bare_slice(&bare);
        unsigned before = done(readers);
        rc = rc ? rc : slice(readers, 1);
        one += done(readers) - before;
        before = done(readers);
        rc = rc ? rc : slice(readers, READERS);
        all += done(readers) - before;
    }
    if (rc) {
        fprintf(stderr, "bench_debits: %d %s\n", rc, readers ? readers[0].rig.why : "");
    } else {
        printf("durable debits, %d readers, against bare SQLite commits\t%.2f\tratio\tat least 0.5\t%.0f "
               "debits/s, %.0f "
               "commits/s; one reader %.0f debits/s, %.2f\n",
               READERS, (double)all / bare.done, all / seconds, bare.done / seconds, one / seconds,
               (double)one / bare.done);
    }
    if (readers) {
        readers_close(readers);
    }
    bare_close(&bare);
    free(readers);
    return rc ? 1 : 0;
}
