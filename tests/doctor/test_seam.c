/* SPDX-License-Identifier: Apache-2.0 */
/* What no tree of files and no pcscd of ours can show: the clock, polkit, hidepid, a reader that vanishes. */
#include "apdu/error.h"
#include "tools/doctor/contact.h"
#include "tools/doctor/doctor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define CHINA (8 * 3600)
#define WELL 1767322445 /* 2026-01-02 */

struct machine {
    struct seam seam;
    int64_t now;
    long offset;
    bool synced;
    int list; /* answer to reader.list */
    char root[64];
};

static json_t *reader_list(void)
{
    return json_pack("{s:[{s:s, s:s, s:s, s:b, s:b, s:s}, {s:s, s:s, s:s, s:b, s:b, s:s}]}", "readers",
                     "name", "Desk", "state", "card", "medium", "contact", "in_use", 0, "pin_pad", 0, "atr",
                     "3B00", "name", "SAM", "state", "card", "medium", "sam", "in_use", 0, "pin_pad", 0,
                     "atr", "3B00");
}

static int ask(void *ctx, const char *method, json_t *params, json_t **result, json_t **error)
{
    const struct machine *m = ctx;
    int rc = 0;
    json_decref(params);
    if (strcmp(method, "reader.list") == 0 && m->list != 0) {
        rc = m->list;
        *error = json_pack("{s:{s:s}}", "data", "symbol", ssc_error_info(rc)->symbol);
    } else if (strcmp(method, "reader.list") == 0) {
        *result = reader_list();
    } else if (strcmp(method, "card.info") == 0) {
        *result = json_pack("{s:s, s:s, s:s}", "kind", "ssc", "algorithm", "sm4", "atr", "3B00");
    } else if (strcmp(method, "psam.list") == 0) {
        *result = json_pack("{s:[{s:s, s:b, s:s, s:[s]}]}", "psam", "reader", "SAM", "ok", 1, "terminal", "1",
                            "algorithms", "sm4");
    } else {
        *result = json_pack("{s:s}", "genuine", "yes");
    }
    return rc;
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

static int setup(void **state)
{
    struct machine *m = calloc(1, sizeof *m);
    assert_non_null(m);
    snprintf(m->root, sizeof m->root, "/tmp/sscard-seam-XXXXXX");
    assert_non_null(mkdtemp(m->root));
    m->now = WELL;
    m->offset = CHINA;
    m->synced = true;
    m->seam = (struct seam){.root = m->root,
                            .ctx = m,
                            .ask = ask,
                            .connect = nobody_listens,
                            .clock = now,
                            .utc_offset = offset,
                            .clock_synced = synced,
                            .uid = 1000,
                            .pid = 1};
    *state = m;
    return 0;
}

static int teardown(void **state)
{
    struct machine *m = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/proc/mounts", m->root);
    unlink(path);
    snprintf(path, sizeof path, "%s/proc", m->root);
    rmdir(path);
    assert_int_equal(rmdir(m->root), 0);
    free(m);
    return 0;
}

/* Runs the chain; the words that its cause must hold, NULL for none. */
static void expect(struct machine *m, const char *symbol, const char *cause_en, const char *remedy_zh)
{
    struct doctor d = {
        .seam = &m->seam, .direct = true, .driver = "sim", .patience_ms = 1000, .sockets = {"/run/s"}};
    const int status = doctor_run(&d);
    json_t *report = doctor_report(&d);
    const json_t *link, *cause;
    size_t i, j;
    bool found = symbol == NULL;
    assert_int_equal(status == 0, symbol == NULL);
    json_array_foreach(json_object_get(report, "links"), i, link)
    {
        json_array_foreach(json_object_get(link, "causes"), j, cause)
        {
            if (symbol && strcmp(js(cause, "symbol"), symbol) == 0) {
                found = true;
                assert_non_null(strstr(js(json_object_get(cause, "cause"), "en"), cause_en));
                assert_non_null(strstr(js(json_object_get(cause, "remedy"), "zh"), remedy_zh));
            }
        }
    }
    assert_true(found);
    assert_string_equal(js(report, "cause"), symbol ? symbol : "");
    json_decref(report);
    doctor_free(&d);
}

static void all_is_well(void **state)
{
    expect(*state, NULL, NULL, NULL);
}

static void clock_of_an_empty_battery(void **state)
{
    struct machine *m = *state;
    m->now = 0;
    expect(m, "clock_wrong", "clock is wrong", "主板电池");
    m->now = 7000000000;
    expect(m, "clock_wrong", "clock is wrong", "set-ntp");
}

static void polkit(void **state)
{
    struct machine *m = *state;
    m->list = SSC_E_READER_DENIED;
    expect(m, "pcscd_polkit", "polkit does not allow", "access_pcsc");
}

static void mount_proc(const struct machine *m, const char *options)
{
    char path[128];
    snprintf(path, sizeof path, "%s/proc", m->root);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/proc/mounts", m->root);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "sysfs /sys sysfs rw 0 0\nproc /proc proc rw,%s,relatime 0 0\n", options);
    fclose(f);
}

static void hidepid(void **state)
{
    struct machine *m = *state;
    m->list = SSC_E_READER_DENIED;
    mount_proc(m, "hidepid=invisible");
    expect(m, "pcscd_hidepid", "hidepid keeps polkit", "hidepid=0");
    mount_proc(m, "hidepid=0");
    expect(m, "pcscd_polkit", "polkit does not allow", "access_pcsc");
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

static void cable(void **state)
{
    struct flaky f = {.base.ops = &flaky_ops};
    struct contact c;
    unsigned done = 0;
    (void)state;
    assert_int_equal(contact_run(&f.base, NULL, 3, 1000, go_on, &done, &c), 0);
    assert_int_equal(done, 3);
    assert_int_equal(c.vanished, 1);
    assert_int_equal(c.power_failures, 2);
    json_t *cause = contact_cause(&c);
    assert_string_equal(js(cause, "symbol"), "contact_cable");
    assert_non_null(strstr(js(json_object_get(cause, "cause"), "en"), "USB connection"));
    assert_non_null(strstr(js(json_object_get(cause, "remedy"), "zh"), "更换线缆"));
    json_decref(cause);
    contact_free(&c);
}

static void flipped(void **state)
{
    struct contact c = {.rounds = 3, .powers = 3, .exchanges = 9, .flipped = 1};
    (void)state;
    json_t *cause = contact_cause(&c);
    assert_string_equal(js(cause, "symbol"), "contact_flipped");
    assert_non_null(strstr(js(json_object_get(cause, "evidence"), "zh"), "3 轮中有 1 轮"));
    json_decref(cause);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_is_well, setup, teardown),
        cmocka_unit_test_setup_teardown(clock_of_an_empty_battery, setup, teardown),
        cmocka_unit_test_setup_teardown(polkit, setup, teardown),
        cmocka_unit_test_setup_teardown(hidepid, setup, teardown),
        cmocka_unit_test(cable),
        cmocka_unit_test(flipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
