/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The crash matrix: for every scenario, every exchange with card and PSAM and every change of the journal's
 * files, everything that may go wrong there; then the same again while the outcome is being settled.
 *
 *   crash_matrix                 all cases, one process per processor
 *   crash_matrix --quick [SEED]  about one in forty, chosen by the seed
 *   crash_matrix --case TEXT     one case, as a failure prints it
 *   crash_matrix --jobs N
 */
#include "tests/crash/world.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { QUICK_ONE_IN = 20, TEARS_ONE_IN = 4, JOBS_MOST = 16, FAILURES_SHOWN = 20 };

struct tally {
    unsigned cases, failures;
    unsigned state[SSC_TXN_UNPROVEN + 1];
};
struct run {
    struct world world;
    struct tally tally;
    unsigned job, jobs, number, quick; /* quick: 0 = all, else one in so many */
    uint64_t seed;
};

static bool picked(const struct run *r, unsigned number, unsigned one_in)
{
    uint64_t x = (number + r->seed) * 0x9E3779B97F4A7C15u;
    return r->quick == 0 || (x >> 33) % one_in == 0;
}

static bool chosen(struct run *r)
{
    r->number++;
    return picked(r, r->number, r->quick) && r->number % r->jobs == r->job;
}

static void run_case(struct run *r, const struct crash_case *c)
{
    char text[160];
    if (!chosen(r)) {
        return;
    }
    bool good = world_run(&r->world, c);
    r->tally.cases++;
    if (r->world.state <= SSC_TXN_UNPROVEN) {
        r->tally.state[r->world.state]++;
    }
    if (!good && r->tally.failures++ < FAILURES_SHOWN) {
        case_text(c, text, sizeof text);
        fprintf(stderr, "%s\n    crash_matrix --case '%s'\n", r->world.failure, text);
    }
}

/* ---- what goes wrong in an exchange ---- */
static const unsigned words[] = {0x6F00, 0x6581, 0x6400, 0x6C08, 0x6108,
                                 0x1234, 0x9302, 0x6985, 0x6A81, 0x6283};

static void each_exchange(struct run *r, struct crash_case *c, struct wrong *f, enum place place,
                          unsigned count)
{
    f->place = place;
    for (f->nth = 1; f->nth <= count; f->nth++) {
        f->value = 0;
        for (f->kind = RIG_OUT_BEFORE; f->kind < RIG_KINDS; f->kind++) {
            if (f->kind != RIG_STATUS && f->kind != RIG_STATUS_AFTER) {
                run_case(r, c);
            }
        }
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            f->value = words[i];
            f->kind = RIG_STATUS;
            run_case(r, c);
            f->kind =
                RIG_STATUS_AFTER; /* a card that moves money and then refuses it is beyond any terminal */
            if (!ssc_sw_definitely_refused((uint16_t)words[i])) {
                run_case(r, c);
            }
        }
    }
    f->place = AT_NOWHERE;
}

/* ---- what goes wrong on the disk ---- */
static void each_write(struct run *r, struct crash_case *c, struct wrong *f, const struct counts *n)
{
    f->place = AT_DISK;
    for (f->nth = 1; f->nth <= n->disk; f->nth++) {
        unsigned size = n->disk_size[f->nth - 1];
        const unsigned parts[] = {1, 8, 20, size / 2, size - 1};
        for (f->kind = DISK_KILL; f->kind < DISK_KINDS; f->kind++) {
            bool part = f->kind == DISK_KILL_PART || f->kind == DISK_PART;
            f->value = 0;
            if (!part) {
                run_case(r, c);
            }
            for (size_t i = 0; part && size && i < sizeof parts / sizeof parts[0]; i++) {
                if (parts[i] && parts[i] < size) {
                    f->value = parts[i];
                    run_case(r, c);
                }
            }
        }
    }
    f->place = AT_NOWHERE;
}

static void first_faults(struct run *r, const struct scenario *s)
{
    struct crash_case c = {.scenario = s};
    struct counts n;
    world_count(&r->world, &c, false, &n);
    run_case(r, &c);
    each_exchange(r, &c, &c.first, AT_CARD, n.card);
    each_exchange(r, &c, &c.first, AT_PSAM, n.psam);
    each_write(r, &c, &c.first, &n);
}

/* Something goes wrong again while a torn transaction is settled, whether it had been committed or not. */
static void second_faults(struct run *r, const struct scenario *s)
{
    static const enum rig_fault_kind tears[] = {RIG_OUT_BEFORE, RIG_OUT_AFTER};
    struct counts n;
    struct crash_case plain = {.scenario = s};
    world_count(&r->world, &plain, false, &n);
    for (unsigned at = 1; at <= n.card; at++) {
        for (size_t i = 0; i < 2; i++) {
            if (!picked(r, at * 2 + (unsigned)i + (unsigned)(s - scenarios) * 1000, TEARS_ONE_IN)) {
                continue;
            }
            struct crash_case c = {.scenario = s, .first = {.place = AT_CARD, .kind = tears[i], .nth = at}};
            struct counts again;
            world_count(&r->world, &c, true, &again);
            if (again.card == 0) { /* nothing to settle: it was torn before the committing command */
                continue;
            }
            each_exchange(r, &c, &c.second, AT_CARD, again.card);
            each_exchange(r, &c, &c.second, AT_PSAM, again.psam);
            each_write(r, &c, &c.second, &again);
        }
    }
}

static int run_job(struct run *r, struct disk *disk)
{
    int rc = world_new(&r->world, disk);
    for (size_t i = 0; i < scenario_count && !rc; i++) {
        rc = world_scenario(&r->world, &scenarios[i]);
        if (rc) {
            fprintf(stderr, "%s: cannot begin: %d %s\n", scenarios[i].name, rc, r->world.rig.why);
        } else {
            first_faults(r, &scenarios[i]);
            second_faults(r, &scenarios[i]);
        }
    }
    world_free(&r->world);
    return rc;
}

static int run_one(const char *text)
{
    struct disk disk;
    struct world w;
    struct crash_case c;
    if (!case_parse(text, &c)) {
        fprintf(stderr, "crash_matrix: not a case: %s\n", text);
        return 2;
    }
    int rc = world_new(&w, &disk);
    if (!rc) {
        rc = world_scenario(&w, c.scenario);
    }
    bool good = !rc && world_run(&w, &c);
    printf("%s: %s (told %d, state %d, evidence %d)\n", text, good ? "good" : w.failure, w.first_rc, w.state,
           w.evidence);
    world_free(&w);
    return good ? 0 : 1;
}

static int run_all(struct run *base)
{
    int pipes[JOBS_MOST];
    struct tally sum = {0};
    int failed = 0;
    for (unsigned job = 0; job < base->jobs; job++) {
        int ends[2];
        if (pipe(ends) != 0) {
            return 2;
        }
        pipes[job] = ends[0];
        if (fork() == 0) {
            struct run r = *base;
            struct disk disk;
            prctl(PR_SET_PDEATHSIG, SIGTERM); /* a run that is stopped stops whole */
            r.job = job;
            int rc = run_job(&r, &disk);
            ssize_t n = write(ends[1], &r.tally, sizeof r.tally);
            _exit(rc || n != (ssize_t)sizeof r.tally);
        }
        close(ends[1]);
    }
    for (unsigned job = 0; job < base->jobs; job++) {
        struct tally t = {0};
        int status = 1;
        if (read(pipes[job], &t, sizeof t) != (ssize_t)sizeof t) {
            failed = 1;
        }
        wait(&status);
        failed |= status != 0;
        sum.cases += t.cases;
        sum.failures += t.failures;
        for (size_t i = 0; i <= SSC_TXN_UNPROVEN; i++) {
            sum.state[i] += t.state[i];
        }
    }
    printf("%u cases, %u failures; never begun %u", sum.cases, sum.failures, sum.state[0]);
    for (enum ssc_txn_state s = SSC_TXN_PREPARED; s <= SSC_TXN_UNPROVEN; s++) {
        if (sum.state[s]) {
            printf(", %s %u", ssc_txn_state_name(s, SSC_KIND_DEBIT), sum.state[s]);
        }
    }
    printf("\n");
    return failed || sum.failures ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct run base = {.jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN), .seed = (uint64_t)time(NULL)};
    const char *one = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) {
            base.quick = QUICK_ONE_IN;
            if (i + 1 < argc && argv[i + 1][0] != '-') {
                base.seed = strtoull(argv[++i], NULL, 10);
            }
        } else if (strcmp(argv[i], "--case") == 0 && i + 1 < argc) {
            one = argv[++i];
        } else if (strcmp(argv[i], "--jobs") == 0 && i + 1 < argc) {
            base.jobs = (unsigned)strtoul(argv[++i], NULL, 10);
        } else {
            fprintf(stderr, "usage: crash_matrix [--quick [SEED]] [--case TEXT] [--jobs N]\n");
            return 2;
        }
    }
    base.jobs = base.jobs < 1 ? 1 : base.jobs > JOBS_MOST ? JOBS_MOST : base.jobs;
    if (base.quick) {
        printf("seed %llu\n", (unsigned long long)base.seed);
    }
    fflush(stdout);
    return one ? run_one(one) : run_all(&base);
}
