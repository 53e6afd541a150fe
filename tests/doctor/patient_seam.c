/* SPDX-License-Identifier: Apache-2.0 */
/* What no tree of files and no pcscd of ours can show: the clock, a reader that vanishes.
 * usage: patient_seam PATIENT ROOT; prints the report, and is judged by test_seam.py. */
#include "apdu/error.h"
#include "tools/doctor/contact.h"
#include "tools/doctor/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHINA (8 * 3600)
#define WELL 1767322445 /* 2026-01-02 */
#define USAGE 100

struct machine {
    struct seam seam;
    int64_t now;
    long offset;
    bool synced;
};

static void print(json_t *report)
{
    json_dumpf(report, stdout, 0);
    json_decref(report);
}

static json_t *reader_list(void)
{
    return json_pack("{s:[{s:s, s:s, s:s, s:b, s:b, s:s}, {s:s, s:s, s:s, s:b, s:b, s:s}]}", "readers",
                     "name", "Desk", "state", "card", "medium", "contact", "in_use", 0, "pin_pad", 0, "atr",
                     "3B00", "name", "SAM", "state", "card", "medium", "sam", "in_use", 0, "pin_pad", 0,
                     "atr", "3B00");
}

static int ask(void *ctx, const char *method, json_t *params, json_t **result, json_t **error)
{
    (void)ctx, (void)error;
    json_decref(params);
    if (strcmp(method, "reader.list") == 0) {
        *result = reader_list();
    } else if (strcmp(method, "card.info") == 0) {
        *result = json_pack("{s:s, s:s, s:s}", "kind", "ssc", "algorithm", "sm4", "atr", "3B00");
    } else if (strcmp(method, "psam.list") == 0) {
        *result = json_pack("{s:[{s:s, s:b, s:s, s:[s]}]}", "psam", "reader", "SAM", "ok", 1, "terminal", "1",
                            "algorithms", "sm4");
    } else {
        *result = json_pack("{s:s}", "genuine", "yes");
    }
    return 0;
}

static int nobody_listens(void *ctx, const char *path)
{
    (void)ctx, (void)path;
    return 0;
}

static int64_t now(void *ctx)
{
    return ((struct machine *)ctx)->now;
}
static long offset(void *ctx)
{
    return ((struct machine *)ctx)->offset;
}
static bool synced(void *ctx)
{
    return ((struct machine *)ctx)->synced;
}

static int examine(const char *name, const char *root)
{
    struct patient {
        const char *name;
        struct machine machine;
    } patients[] = {
        {"well", {.now = WELL, .offset = CHINA, .synced = true}},
        {"battery", {.now = 0, .offset = CHINA}},
        {"future", {.now = 7000000000, .offset = CHINA}},
    };
    int status = USAGE;
    for (size_t i = 0; i < sizeof patients / sizeof patients[0]; i++) {
        if (strcmp(patients[i].name, name) == 0) {
            const struct seam seam = {.root = root,
                                      .ctx = &patients[i].machine,
                                      .ask = ask,
                                      .connect = nobody_listens,
                                      .clock = now,
                                      .utc_offset = offset,
                                      .clock_synced = synced,
                                      .uid = 1000,
                                      .pid = 1};
            struct doctor d = {
                .seam = &seam, .direct = true, .driver = "sim", .patience_ms = 1000, .sockets = {"/run/s"}};
            status = doctor_run(&d);
            print(doctor_report(&d));
            doctor_free(&d);
        }
    }
    return status;
}

/* A reader that is away in the second of three rounds. */
struct flaky {
    struct ssc_driver base;
    unsigned opened, lists;
};

static int flaky_list(struct ssc_driver *d, struct ssc_reader_state *out, size_t *count, int64_t deadline)
{
    (void)d, (void)deadline;
    out[0] = (struct ssc_reader_state){.name = "Desk", .slot = SSC_SLOT_CARD};
    *count = 1;
    return 0;
}
static int flaky_watch(struct ssc_driver *d, uint64_t *version, int64_t deadline)
{
    (void)d, (void)version, (void)deadline;
    return SSC_E_DEADLINE_EXCEEDED;
}
static int flaky_connect(struct ssc_driver *d, const char *reader, bool exclusive, struct ssc_channel **out,
                         int64_t deadline)
{
    struct flaky *f = (struct flaky *)d;
    (void)reader, (void)exclusive, (void)out, (void)deadline;
    f->opened++;
    return f->opened == 2 ? SSC_E_READER_REMOVED : SSC_E_CARD_MUTE;
}
static const struct ssc_driver_ops flaky_ops = {
    .name = "flaky", .list = flaky_list, .watch = flaky_watch, .connect = flaky_connect};

static bool go_on(void *ctx, unsigned done, const struct contact *so_far)
{
    (void)so_far;
    *(unsigned *)ctx = done;
    return true;
}

static int cable(void)
{
    struct flaky f = {.base.ops = &flaky_ops};
    struct contact c;
    unsigned done = 0;
    const int rc = contact_run(&f.base, NULL, 3, 1000, go_on, &done, &c);
    print(contact_json(&c));
    contact_free(&c);
    return rc == 0 && done == 3 ? 1 : USAGE;
}

/* Bits that flip without an error have no simulated reader. */
static int flipped(void)
{
    struct contact c = {.rounds = 3, .powers = 3, .exchanges = 9, .flipped = 1, .errors = json_object()};
    print(contact_json(&c));
    contact_free(&c);
    return 1;
}

int main(int argc, char **argv)
{
    const char *name = argc == 3 ? argv[1] : "";
    return strcmp(name, "cable") == 0     ? cable()
           : strcmp(name, "flipped") == 0 ? flipped()
                                          : examine(name, argc == 3 ? argv[2] : "");
}
