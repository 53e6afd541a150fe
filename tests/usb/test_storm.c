/* SPDX-License-Identifier: Apache-2.0 */
/* Several programs' worth of calls, while everything goes wrong at moments that nobody chose: no call comes
 * back late, nothing is left behind, and afterwards the reader works. usb_test_storm [seed [milliseconds]] */
#include "ccid_bed.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { USERS = 3, XFR = 0x6F, LIST_MS = 3000 };

static unsigned seed = 1, duration_ms = 1500;
static atomic_bool over;
static atomic_uint calls, answers;
static atomic_llong worst_ms;

static unsigned draw(unsigned *state, unsigned below)
{
    return (unsigned)rand_r(state) % below;
}

static void took(const char *what, const struct stopwatch *watch, int64_t allowed)
{
    const long long late = stopwatch_fair_ms(watch) - allowed;
    long long worst = atomic_load(&worst_ms);
    if (late > STOPWATCH_OVERRUN_MS) {
        print_message("%s: %lld ms late after %lld\n", what, late, (long long)allowed);
    }
    while (late > worst && !atomic_compare_exchange_weak(&worst_ms, &worst, late)) {
    }
    atomic_fetch_add(&calls, 1);
}

static void use_card(unsigned *state)
{
    static const uint8_t tx[] = {0x00, 0x84, 0x00, 0x00, 0x08};
    struct ssc_channel *ch = NULL;
    int64_t ms = draw(state, 300);
    struct stopwatch watch = stopwatch_start();
    int rc = ssc_channel_open(driver, READER, draw(state, 4) == 0, &ch, ssc_deadline(ms));
    took("open", &watch, ms);
    for (unsigned i = draw(state, 6); rc == 0 && i > 0; i--) {
        uint8_t rx[SSC_RESPONSE_SHORT];
        size_t len = sizeof rx;
        ms = draw(state, 200);
        watch = stopwatch_start();
        rc = draw(state, 8) == 0 ? ssc_channel_reset(ch, SSC_RESET_COLD, ssc_deadline(ms))
                                 : ssc_channel_transmit(ch, tx, sizeof tx, rx, &len, ssc_deadline(ms));
        took("exchange or reset", &watch, ms);
        atomic_fetch_add(&answers, rc == 0);
    }
    ssc_channel_close(&ch, draw(state, 2));
}

static void look(unsigned *state)
{
    struct ssc_reader_state states[SSC_READERS_MAX];
    size_t count = SSC_READERS_MAX;
    uint64_t version = 0;
    const int64_t ms = draw(state, 100);
    struct stopwatch watch = stopwatch_start();
    ssc_driver_list(driver, states, &count, ssc_deadline(SOON));
    took("list", &watch, LIST_MS);
    watch = stopwatch_start();
    const int64_t deadline = ssc_deadline(ms);
    ssc_driver_watch(driver, &version, deadline);
    ssc_driver_watch(driver, &version, deadline);
    took("watch", &watch, ms);
}

static void *user(void *ctx)
{
    unsigned state = seed + *(unsigned *)ctx;
    while (!atomic_load(&over)) {
        if (draw(&state, 4) == 0) {
            look(&state);
        } else {
            use_card(&state);
        }
    }
    return NULL;
}

static void pull_the_plug(unsigned *state)
{
    bed_unplug(bed, 1);
    nap(draw(state, 30));
    device_fault(reader, DEVICE_SOUND, 0, 0, 0);
    device_replug(reader);
    bed_plug(bed, 1, reader);
}

static void spoil(unsigned *state)
{
    static const uint8_t nonsense[] = {0x51, 0xFF, 0x50, 0x02};
    static const int ends[] = {-108, -2}; /* -ESHUTDOWN, -ENOENT */
    switch (draw(state, 8)) {
    case 0:
        pull_the_plug(state);
        break;
    case 1:
        device_remove(reader, 0);
        nap(draw(state, 20));
        device_insert(reader, 0, NULL);
        break;
    case 2:
        device_interrupt(reader, nonsense, draw(state, sizeof nonsense + 1), draw(state, 50));
        break;
    case 3:
        bed_disturb(bed, 1, ends[draw(state, 2)]);
        break;
    default:
        device_fault(reader, (enum device_fault)draw(state, DEVICE_CHAIN_LIES + 1), draw(state, 2) ? XFR : 0,
                     draw(state, 4), draw(state, 30));
        break;
    }
    if (device_gone(reader)) {
        pull_the_plug(state);
    }
}

static bool device_node(const char *target)
{
    return strstr(target, "/dev/bus/usb/") != NULL;
}

/* Entries of a folder of /proc/self, by what they point to (NULL: nothing). The test bed has open files of
 * its own, which come and go. */
static unsigned entries(const char *folder, bool (*wanted)(const char *target))
{
    DIR *dir = opendir(folder);
    unsigned count = 0;
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char target[256];
        const ssize_t n = readlinkat(dirfd(dir), e->d_name, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        count += e->d_name[0] != '.' && (!wanted || (n > 0 && wanted(target)));
    }
    closedir(dir);
    return count;
}

static unsigned threads(void)
{
    return entries("/proc/self/task", NULL);
}

static unsigned nodes(void)
{
    return entries("/proc/self/fd", device_node);
}

static void weather(unsigned *state)
{
    const int64_t end = ssc_deadline(duration_ms);
    unsigned number[USERS];
    pthread_t user_thread[USERS];
    atomic_store(&over, false);
    for (unsigned i = 0; i < USERS; i++) {
        number[i] = i + 1;
        assert_int_equal(pthread_create(&user_thread[i], NULL, user, &number[i]), 0);
    }
    while (ssc_now_ms() < end) {
        spoil(state);
        nap(draw(state, 40));
    }
    atomic_store(&over, true);
    for (unsigned i = 0; i < USERS; i++) {
        pthread_join(user_thread[i], NULL);
    }
    pull_the_plug(state); /* whatever it was left with */
    await(READER, SSC_SLOT_CARD);
    works_again();
}

static void storm(enum device_level level, const char *image)
{
    const struct device_config config = device_default(level);
    unsigned state = seed;
    bed_up(&config, image);
    works_again();
    const unsigned open_before = nodes(), threads_before = threads();
    weather(&state);
    const int64_t deadline = ssc_deadline(SOON);
    while ((nodes() > open_before || threads() > threads_before) && ssc_now_ms() < deadline) {
        nap(20);
    }
    print_message("seed %u: %u calls, %u answers, at most %lld ms late\n", seed, atomic_load(&calls),
                  atomic_load(&answers), (long long)atomic_load(&worst_ms));
    assert_true(nodes() <= open_before);
    assert_true(threads() <= threads_before);
    assert_true(atomic_load(&worst_ms) <= STOPWATCH_OVERRUN_MS);
}

static void whole_apdus(void **state)
{
    (void)state;
    storm(LEVEL_SHORT, "ssc-2.0");
}

static void blocks(void **state)
{
    static char image[IMAGE_MAX];
    (void)state;
    storm(LEVEL_TPDU, image_card("ssc-2.0", 0, 32, image));
}

static void characters(void **state)
{
    static char image[IMAGE_MAX];
    (void)state;
    storm(LEVEL_CHARACTER, image_card("ssc-2.0", 0, 0, image));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {bed_test(whole_apdus), bed_test(blocks), bed_test(characters)};
    bed_enter(argv);
    seed = argc > 1 ? (unsigned)atoi(argv[1]) : seed;
    duration_ms = argc > 2 ? (unsigned)atoi(argv[2]) : duration_ms;
    return cmocka_run_group_tests_name("storm", tests, NULL, NULL);
}
