/* SPDX-License-Identifier: Apache-2.0 */
/* Durable debits per second on simulated cards, against bare SQLite commits on the same disk in the same run.
 * A debit commits twice (armed, outcome); readers that work at the same time share commits. */
#include "tests/rig/rig.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READERS = 4, RUN_MS = 1500, ROW_BYTES = 400 };

struct reader {
    struct rig rig;
    pthread_t thread;
    unsigned number, done;
    int rc;
};

static int memory_card(struct rig *r, unsigned number)
{
    int rc = rig_files(r, "pboc", "psam");
    if (!rc)
        rc = ssc_sim_card_parse(ssc_sim_image("pboc"), &r->card.card, r->why);
    if (!rc)
        rc = ssc_sim_card_parse(ssc_sim_image("psam"), &r->psam.card, r->why);
    if (!rc) {
        r->card.card->nv.wallet[1].balance = UINT32_MAX;
        rc = rig_provider(r);
    }
    if (!rc)
        rc = rig_present(r, false);
    if (!rc) { /* another card for the journal; the keys stay */
        struct ssc_card_info *info = (struct ssc_card_info *)(uintptr_t)ssc_card_get_info(r->session);
        info->serial[0] = (uint8_t)number;
    }
    return rc;
}

static void *work(void *ctx)
{
    struct reader *w = ctx;
    const int64_t until = ssc_now_ms() + RUN_MS;
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

static int debits(unsigned readers, double *per_second)
{
    struct reader *w = calloc(readers, sizeof *w);
    unsigned done = 0;
    int rc = w ? 0 : SSC_E_OUT_OF_MEMORY;
    for (unsigned i = 0; i < readers && !rc; i++) {
        w[i].number = i + readers * 100;
        rc = memory_card(&w[i].rig, i);
        if (!rc && i == 0)
            rc = rig_open_journal(&w[0].rig);
        w[i].rig.journal = w[0].rig.journal;
    }
    int64_t start = ssc_now_ms();
    for (unsigned i = 0; i < readers && !rc; i++)
        rc = pthread_create(&w[i].thread, NULL, work, &w[i]);
    for (unsigned i = 0; i < readers && !rc; i++) {
        pthread_join(w[i].thread, NULL);
        done += w[i].done;
        if (w[i].rc)
            fprintf(stderr, "bench_debits: debit returned %d\n", w[i].rc);
    }
    *per_second = done * 1000.0 / (double)(ssc_now_ms() - start + 1);
    for (unsigned i = readers; w && i-- > 0;) {
        if (i > 0)
            w[i].rig.journal = NULL;
        rc = rc ? rc : w[i].rc;
        rig_free(&w[i].rig);
    }
    free(w);
    return rc;
}

static int bare(double *per_second)
{
    char folder[] = "/tmp/ssc-bare-XXXXXX", path[64], name[80];
    static const char *const ends[] = {"", "-wal", "-shm"};
    sqlite3 *db = NULL;
    sqlite3_stmt *insert = NULL;
    unsigned done = 0;
    uint8_t row[ROW_BYTES] = {0};
    if (!mkdtemp(folder))
        return SSC_E_IO;
    snprintf(path, sizeof path, "%s/bare.db", folder);
    int rc = sqlite3_open(path, &db);
    if (!rc)
        rc = sqlite3_exec(
            db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(id INTEGER PRIMARY KEY, b)",
            NULL, NULL, NULL);
    if (!rc)
        rc = sqlite3_prepare_v2(db, "INSERT INTO t(b) VALUES(?)", -1, &insert, NULL);
    int64_t start = ssc_now_ms();
    while (!rc && ssc_now_ms() < start + RUN_MS) {
        sqlite3_bind_blob(insert, 1, row, sizeof row, SQLITE_STATIC);
        rc = sqlite3_step(insert) == SQLITE_DONE ? 0 : SSC_E_IO;
        sqlite3_reset(insert);
        done++;
    }
    *per_second = done * 1000.0 / (double)(ssc_now_ms() - start + 1);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        remove(name);
    }
    remove(folder);
    return rc;
}

int main(void)
{
    double commits = 0, one = 0, four = 0;
    int rc = bare(&commits);
    if (!rc)
        rc = debits(1, &one);
    if (!rc)
        rc = debits(READERS, &four);
    if (!rc) {
        printf("durable debits, %d readers at once, against bare SQLite commits\t%.2f\tratio\tat least "
               "0.5\t%.0f debits/s, %.0f "
               "commits/s\n",
               READERS, four / commits, four, commits);
        printf("durable debits, one reader, against bare SQLite commits\t%.2f\tratio\tat most 0.5 by two "
               "commits each\t%.0f "
               "debits/s, %.0f commits/s\n",
               one / commits, one, commits);
    }
    return rc ? 1 : 0;
}
