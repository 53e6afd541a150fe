/* SPDX-License-Identifier: Apache-2.0 */
/* One case of the crash matrix: an operation, what goes wrong in it, what goes wrong while it is settled, and
 * whether card and journal agree afterwards. */
#ifndef SSC_TESTS_CRASH_WORLD_H
#define SSC_TESTS_CRASH_WORLD_H

#include "tests/crash/disk.h"
#include "tests/rig/rig.h"

struct scenario {
    const char *name, *image;
    enum ssc_purse_id purse;
    enum ssc_txn_kind kind;
    bool host; /* a debit with the host's keys, in two steps */
};
extern const struct scenario scenarios[];
extern const size_t scenario_count;

enum place { AT_NOWHERE, AT_CARD, AT_PSAM, AT_DISK };
/* One thing that goes wrong: at the nth exchange of card or PSAM, or the nth change of the journal's files.
 */
struct wrong {
    enum place place;
    unsigned kind; /* enum rig_fault_kind or enum disk_fault */
    unsigned nth;
    unsigned value; /* status word, or bytes of a partial write */
};
struct crash_case {
    const struct scenario *scenario;
    struct wrong first, second; /* in the operation; in the first attempt to settle it */
};

/* What an attempt without any fault does: the numbers to count up to. */
struct counts {
    unsigned card, psam, disk;
    unsigned disk_size[DISK_OPS];
};

struct world {
    struct rig rig;
    struct disk *disk;
    char template_dir[128], dir[128]; /* the state before the operation; the case's own folder */
    struct rig_truth start;
    char failure[400]; /* of the case, "" when all is well */
    int first_rc;      /* what the caller was told, when the process lived to tell */
    bool told;
    enum ssc_txn_state state; /* of the row in the end; 0: there was none before the repeat */
    enum ssc_evidence evidence;
};

/* Makes the folders and, per scenario, the state before the operation: one earlier transaction of the same
 * kind and amount is on the card, so that a stale proof always lies in wait. */
int world_new(struct world *w, struct disk *disk);
int world_scenario(struct world *w, const struct scenario *s);
void world_free(struct world *w);

/* Runs one case. false: w->failure says which promise was broken. */
bool world_run(struct world *w, const struct crash_case *c);
/* Runs the operation (second false) or its settling after `first` (second true) and counts. */
void world_count(struct world *w, const struct crash_case *c, bool second, struct counts *out);

void case_text(const struct crash_case *c, char *out, size_t cap);
bool case_parse(const char *text, struct crash_case *c);

#endif
