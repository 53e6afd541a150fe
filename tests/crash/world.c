/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/world.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OP_BEFORE "op-before-00000000"
#define OP "op-the-case-00000000"
#define OP_AFTER "op-after-000000000"
enum { AMOUNT = 125, OWNER = 1000 };

const struct scenario scenarios[] = {
    {"medical-debit", "ssc-2.0", SSC_PURSE_MEDICAL, SSC_KIND_DEBIT, false},
    {"medical-load", "ssc-2.0", SSC_PURSE_MEDICAL, SSC_KIND_LOAD, false},
    {"medical-debit-sm4", "ssc-3.0", SSC_PURSE_MEDICAL, SSC_KIND_DEBIT, false},
    {"ep-debit", "pboc", SSC_PURSE_EP, SSC_KIND_DEBIT, false},
    {"ep-load", "pboc", SSC_PURSE_EP, SSC_KIND_LOAD, false},
    {"ed-debit", "pboc", SSC_PURSE_ED, SSC_KIND_DEBIT, false},
    {"ed-load", "pboc", SSC_PURSE_ED, SSC_KIND_LOAD, false},
    {"ep-debit-sm4", "pboc-sm4", SSC_PURSE_EP, SSC_KIND_DEBIT, false},
    {"medical-debit-host", "ssc-2.0", SSC_PURSE_MEDICAL, SSC_KIND_DEBIT, true},
    {"medical-debit-host-sm4", "ssc-3.0", SSC_PURSE_MEDICAL, SSC_KIND_DEBIT, true},
    {"ep-debit-host", "pboc", SSC_PURSE_EP, SSC_KIND_DEBIT, true},
    {"ed-debit-host", "pboc", SSC_PURSE_ED, SSC_KIND_DEBIT, true},
};
const size_t scenario_count = sizeof scenarios / sizeof scenarios[0];

/* ---- files ---- */
static const char *const files[] = {"card.json", "psam.json", "journal.db"};
static const char *const leftovers[] = {"journal.db-wal", "journal.db-shm", "journal.db.lock"};

static bool copy(const char *from_dir, const char *to_dir, const char *name)
{
    char from[200], to[200], buffer[65536];
    snprintf(from, sizeof from, "%s/%s", from_dir, name);
    snprintf(to, sizeof to, "%s/%s", to_dir, name);
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t n = 0;
    bool good = in >= 0 && out >= 0;
    while (good && (n = read(in, buffer, sizeof buffer)) > 0) {
        good = write(out, buffer, (size_t)n) == n;
    }
    if (in >= 0) {
        close(in);
    }
    if (out >= 0) {
        close(out);
    }
    return good && n == 0;
}

static void wipe(const char *dir, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[200];
        snprintf(name, sizeof name, "%s/%s", dir, names[i]);
        unlink(name);
    }
}

static bool copy_all(const char *from, const char *to)
{
    bool good = true;
    wipe(to, leftovers, 3);
    for (size_t i = 0; i < 3; i++) {
        good = good && copy(from, to, files[i]);
    }
    return good;
}

/* ---- the operation ---- */
static const uint8_t terminal[6] = {0x41, 0x01, 0x00, 0x81, 0x34, 0x75};
static const uint8_t time[7] = {0x20, 0x26, 0x11, 0x22, 0x08, 0x09, 0x10};

static int host_debit(struct rig *r, const struct ssc_debit_request *req, struct ssc_txn *t)
{
    const uint8_t seq[4] = {0, 0, 0, 9};
    uint8_t mac1[4];
    int rc = ssc_money_debit_begin(r->journal, r->session, r->auth, req, terminal, t, r->deadline);
    if (!rc && t->state == SSC_TXN_PREPARED) {
        rc = rig_host_mac1(r, t, seq, time, mac1);
    }
    if (!rc && t->state == SSC_TXN_PREPARED) {
        rc = ssc_money_debit_complete(r->journal, r->session, t, seq, time, mac1, r->deadline);
    }
    return rc;
}

static int operation(struct rig *r, const struct scenario *s, const char *op, int64_t amount,
                     struct ssc_txn *t)
{
    struct ssc_debit_request req;
    uint8_t mac2[4];
    rig_request(&req, s->purse, op, amount);
    if (s->host) {
        return host_debit(r, &req, t);
    }
    if (s->kind == SSC_KIND_DEBIT) {
        return ssc_money_debit(r->journal, r->session, r->auth, &req, t, r->deadline);
    }
    int rc = ssc_money_load_begin(r->journal, r->session, r->auth, &req, terminal, t, r->deadline);
    if (!rc && t->state == SSC_TXN_PREPARED) {
        rc = rig_host_mac2(r, t, time, mac2);
    }
    if (!rc && t->state == SSC_TXN_PREPARED) {
        rc = ssc_money_load_complete(r->journal, r->session, t, time, mac2, r->deadline);
    }
    return rc;
}

static void arm(struct world *w, const struct wrong *f)
{
    if (f->place == AT_CARD) {
        rig_arm(&w->rig.card, (enum rig_fault_kind)f->kind, f->nth, (uint16_t)f->value);
    } else if (f->place == AT_PSAM) {
        rig_arm(&w->rig.psam, (enum rig_fault_kind)f->kind, f->nth, (uint16_t)f->value);
    }
}

static void arm_disk(struct world *w, const struct wrong *f)
{
    bool here = f->place == AT_DISK;
    disk_arm(w->disk, here ? (enum disk_fault)f->kind : DISK_NONE, f->nth, f->value);
}

/* A process begins: cards in their slots, journal open, what a crash left behind taken note of. */
static int begin(struct world *w, const struct wrong *f)
{
    struct rig *r = &w->rig;
    unsigned unknown;
    arm_disk(w, f);
    rig_arm(&r->card, RIG_NONE, 0, 0);
    rig_arm(&r->psam, RIG_NONE, 0, 0);
    int rc = rig_load(r);
    if (!rc) {
        rc = rig_open_journal(r);
    }
    if (!rc) {
        rc = ssc_money_recover(r->journal, &unknown);
    }
    if (!rc) {
        rc = rig_provider(r);
    }
    if (!rc) {
        rc = rig_present(r, true);
    }
    if (!rc) {
        rig_arm(&r->card, RIG_NONE, 0, 0);
        rig_arm(&r->psam, RIG_NONE, 0, 0);
        arm(w, f);
    }
    return rc;
}

static void end(struct world *w)
{
    rig_end_process(&w->rig);
    disk_arm(w->disk, DISK_NONE, 0, 0);
    w->rig.card.commits = 0;
}

static void attempt(struct world *w, const struct crash_case *c)
{
    struct ssc_txn t;
    if (begin(w, &c->first) == 0) {
        w->first_rc = operation(&w->rig, c->scenario, OP, AMOUNT, &t);
        w->told = true;
    }
}

static void settle(struct world *w, const struct crash_case *c)
{
    unsigned settled;
    if (begin(w, &c->second) == 0) {
        (void)ssc_money_resolve(w->rig.journal, w->rig.session, w->rig.auth, &settled, w->rig.deadline);
    }
}

static bool kills(const struct wrong *f)
{
    return f->place == AT_DISK ? disk_fault_kills((enum disk_fault)f->kind)
                               : f->kind == RIG_KILL_BEFORE || f->kind == RIG_KILL_AFTER;
}

/* In a process of its own when it is going to die. */
static void play(struct world *w, const struct crash_case *c, const struct wrong *f,
                 void (*act)(struct world *, const struct crash_case *))
{
    pid_t child = kills(f) ? fork() : 0;
    if (child > 0) {
        waitpid(child, NULL, 0);
        return;
    }
    act(w, c);
    end(w);
    if (kills(f)) {
        _exit(0);
    }
}

/* ---- the promises ---- */
__attribute__((format(printf, 2, 3))) static bool broken(struct world *w, const char *format, ...)
{
    if (!w->failure[0]) {
        va_list args;
        va_start(args, format);
        vsnprintf(w->failure, sizeof w->failure, format, args);
        va_end(args);
    }
    return false;
}

static int64_t expected(const struct world *w, const struct crash_case *c, unsigned done)
{
    int64_t moved = (int64_t)done * AMOUNT;
    return w->start.balance + (c->scenario->kind == SSC_KIND_LOAD ? moved : -moved);
}

/* The card after the crash and its settling, against the row. */
static bool row_agrees(struct world *w, const struct crash_case *c, const struct ssc_txn *row, bool found,
                       struct rig_truth now)
{
    unsigned done = now.done - w->start.done;
    if (done > 1) {
        return broken(w, "the card committed %u times", done);
    }
    if (now.balance != expected(w, c, done)) {
        return broken(w, "balance %lld, counter says %lld", (long long)now.balance,
                      (long long)expected(w, c, done));
    }
    if (!found) {
        return done ? broken(w, "the card was changed and the journal knows nothing") : true;
    }
    if (!ssc_txn_state_final(row->state)) {
        return broken(w, "state %d is not settled", row->state);
    }
    bool doubted = c->first.place == AT_PSAM && c->first.value == SSC_SW_MAC; /* the PSAM calls MAC2 wrong */
    if (row->state == SSC_TXN_UNPROVEN) {
        return doubted || broken(w, "unproven");
    }
    if ((row->state == SSC_TXN_CONFIRMED) != (done == 1)) {
        return broken(w, "state %d evidence %d, but the card committed %u", row->state, row->evidence, done);
    }
    /* What the host alone can check, garbled on the way: it is the host that finds out. */
    bool host_sees = (c->scenario->kind == SSC_KIND_LOAD || c->scenario->host) && c->first.place == AT_CARD &&
                     (c->first.kind == RIG_NOISE || c->first.kind == RIG_WRONG_MAC);
    bool tac = row->has_tac && memcmp(row->tac, w->rig.card.card->nv.proof.tac, 4) == 0;
    if (row->state == SSC_TXN_CONFIRMED && (row->balance_after != now.balance || (!tac && !host_sees))) {
        return broken(w, "balance_after %lld or TAC differs from the card", (long long)row->balance_after);
    }
    return true;
}

static bool told_truly(struct world *w, const struct ssc_txn *row, bool found)
{
    bool open = w->first_rc == SSC_E_OUTCOME_UNKNOWN || w->first_rc == SSC_E_UNPROVEN;
    bool confirmed = found && row->state == SSC_TXN_CONFIRMED;
    if (!w->told || open) {
        return true;
    }
    if ((w->first_rc == 0) != confirmed) {
        return broken(w, "the caller was told %d, the journal says %d", w->first_rc,
                      found ? (int)row->state : 0);
    }
    return true;
}

static bool same_truth(struct rig_truth a, struct rig_truth b)
{
    return a.balance == b.balance && a.done == b.done;
}

/* The same op again: the outcome stands; an op that never came to anything is done now. */
static bool repeat_agrees(struct world *w, const struct crash_case *c, const struct ssc_txn *row, bool found,
                          struct rig_truth before)
{
    struct ssc_txn t;
    int rc = operation(&w->rig, c->scenario, OP, AMOUNT, &t);
    struct rig_truth after = rig_truth(&w->rig, c->scenario->purse, c->scenario->kind);
    if (found && !same_truth(before, after)) {
        return broken(w, "the repeated op moved money");
    }
    if (found && (t.id != row->id || t.state != row->state)) {
        return broken(w, "the repeated op has another outcome: %d", t.state);
    }
    if (found && (rc == 0) != (row->state == SSC_TXN_CONFIRMED)) {
        return broken(w, "the repeated op returns %d for state %d", rc, row->state);
    }
    if (!found && (rc != 0 || after.done != before.done + 1)) {
        return broken(w, "the op cannot be done after all: %d", rc);
    }
    return true;
}

static bool life_goes_on(struct world *w, const struct crash_case *c)
{
    struct ssc_txn t;
    (void)rig_pin(&w->rig);
    int rc = operation(&w->rig, c->scenario, OP_AFTER, 1, &t);
    return rc == 0 || broken(w, "the next transaction fails: %d", rc);
}

static bool judge(struct world *w, const struct crash_case *c)
{
    static const struct wrong nothing = {.place = AT_NOWHERE};
    struct rig *r = &w->rig;
    struct ssc_txn row = {.id = 0};
    unsigned settled;
    int rc = begin(w, &nothing);
    if (rc) {
        return broken(w, "cannot start again: %d %s", rc, r->why);
    }
    rc = ssc_money_resolve(r->journal, r->session, r->auth, &settled, r->deadline);
    if (rc && rc != SSC_E_CARD_MISMATCH) {
        return broken(w, "cannot settle: %d", rc);
    }
    bool found = ssc_journal_get_op(r->journal, OWNER, OP, &row) == 0;
    struct rig_truth now = rig_truth(r, c->scenario->purse, c->scenario->kind);
    w->state = found ? row.state : (enum ssc_txn_state)0;
    w->evidence = row.evidence;
    bool good = row_agrees(w, c, &row, found, now) && told_truly(w, &row, found);
    (void)rig_pin(r);
    good = good && repeat_agrees(w, c, &row, found, now) && life_goes_on(w, c);
    if (good && r->card.repeated) {
        good = broken(w, "the same committing command left twice");
    }
    return good;
}

bool world_run(struct world *w, const struct crash_case *c)
{
    w->failure[0] = '\0';
    w->told = false;
    w->rig.card.repeated = false;
    if (!copy_all(w->template_dir, w->dir)) {
        return broken(w, "cannot copy the files");
    }
    play(w, c, &c->first, attempt);
    if (c->second.place != AT_NOWHERE) {
        play(w, c, &c->second, settle);
    }
    bool good = judge(w, c);
    end(w);
    return good;
}

void world_count(struct world *w, const struct crash_case *c, bool second, struct counts *out)
{
    copy_all(w->template_dir, w->dir);
    disk_arm(w->disk, DISK_NONE, 0, 0);
    if (second) {
        play(w, c, &c->first, attempt);
        settle(w, c);
    } else {
        attempt(w, c);
    }
    out->card = w->rig.card.count;
    out->psam = w->rig.psam.count;
    rig_end_process(&w->rig);
    out->disk = w->disk->count < DISK_OPS ? w->disk->count : DISK_OPS;
    memcpy(out->disk_size, w->disk->size, sizeof out->disk_size);
    end(w);
}

/* ---- the world before ---- */
int world_new(struct world *w, struct disk *disk)
{
    memset(w, 0, sizeof *w);
    w->disk = disk;
    return disk_register(disk) == SQLITE_OK ? 0 : SSC_E_INTERNAL;
}

int world_scenario(struct world *w, const struct scenario *s)
{
    struct rig *r = &w->rig;
    struct ssc_txn t;
    world_free(w);
    int rc = rig_files(r, s->image, "psam");
    if (rc) {
        return rc;
    }
    snprintf(w->dir, sizeof w->dir, "%s", r->folder);
    snprintf(w->template_dir, sizeof w->template_dir, "%.90s/before", r->folder);
    if (mkdir(w->template_dir, 0700) != 0) {
        return SSC_E_IO;
    }
    rc = begin(w, &(struct wrong){.place = AT_NOWHERE});
    if (!rc) {
        rc = operation(r, s, OP_BEFORE, AMOUNT, &t);
    }
    if (!rc) {
        w->start = rig_truth(r, s->purse, s->kind);
    }
    end(w);
    return rc || copy_all(w->dir, w->template_dir) ? rc : SSC_E_IO;
}

void world_free(struct world *w)
{
    if (w->template_dir[0]) {
        wipe(w->template_dir, files, 3);
        wipe(w->template_dir, leftovers, 3);
        rmdir(w->template_dir);
        rig_free(&w->rig);
        w->template_dir[0] = '\0';
    }
}

/* ---- cases as text: "ep-debit:card.lost@7+disk.kill-part=100@3" ---- */
static const char *const places[] = {"nowhere", "card", "psam", "disk"};

static const char *kind_name(enum place place, unsigned kind)
{
    return place == AT_DISK ? disk_fault_name((enum disk_fault)kind)
                            : rig_fault_name((enum rig_fault_kind)kind);
}

static int wrong_text(const struct wrong *f, char *out, size_t cap)
{
    return snprintf(out, cap, "%s.%s=%u@%u", places[f->place], kind_name(f->place, f->kind), f->value,
                    f->nth);
}

void case_text(const struct crash_case *c, char *out, size_t cap)
{
    int n = snprintf(out, cap, "%s:", c->scenario->name);
    n += wrong_text(&c->first, out + n, cap - (size_t)n);
    if (c->second.place != AT_NOWHERE) {
        out[n++] = '+';
        (void)wrong_text(&c->second, out + n, cap - (size_t)n);
    }
}

static bool wrong_parse(const char *text, struct wrong *f)
{
    char place[16], kind[24];
    *f = (struct wrong){.place = AT_NOWHERE};
    if (sscanf(text, "%15[a-z].%23[a-z-]=%u@%u", place, kind, &f->value, &f->nth) != 4) {
        return false;
    }
    for (enum place p = AT_NOWHERE; p <= AT_DISK; p++) {
        if (strcmp(place, places[p]) == 0) {
            f->place = p;
        }
    }
    unsigned kinds = f->place == AT_DISK ? (unsigned)DISK_KINDS : (unsigned)RIG_KINDS;
    for (f->kind = 0; f->kind < kinds && strcmp(kind, kind_name(f->place, f->kind)) != 0;) {
        f->kind++;
    }
    return f->kind < kinds;
}

bool case_parse(const char *text, struct crash_case *c)
{
    const char *colon = strchr(text, ':'), *plus = strchr(text, '+');
    *c = (struct crash_case){.scenario = NULL};
    for (size_t i = 0; colon && i < scenario_count; i++) {
        if (strlen(scenarios[i].name) == (size_t)(colon - text) &&
            strncmp(scenarios[i].name, text, (size_t)(colon - text)) == 0) {
            c->scenario = &scenarios[i];
        }
    }
    return c->scenario && wrong_parse(colon + 1, &c->first) && (!plus || wrong_parse(plus + 1, &c->second));
}
