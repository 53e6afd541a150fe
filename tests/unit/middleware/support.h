/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated card and PSAM on a bench, for the tests of this room. */
#ifndef SSC_TESTS_MIDDLEWARE_SUPPORT_H
#define SSC_TESTS_MIDDLEWARE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/sim/sim.h"
#include "middleware/identity.h"

#define CARD_READER "Test card reader"
#define PSAM_READER "Test SAM slot"

/* The published line of the sample person (reference card image), version and terminal as given. */
#define SAMPLE_LINE(version, terminal)                                                                       \
    "639900|111111198101011110|X00000019|639900D15600000500BF7C7A48FB4966|张三|"                           \
    "00814E43238697159900BF7C7A|" version "|20101001|20201001|" terminal "||"

struct bench {
    struct ssc_driver *driver;
    struct ssc_channel *channel;
    struct ssc_profile *profile; /* one for the whole program: sessions borrow it */
    struct ssc_card *card;
    struct ssc_auth *auth;
};

static struct ssc_profile bench_profile;

static inline int64_t soon(void)
{
    return ssc_deadline(10000);
}

/* A folder that the test removes. */
static inline void folder_make(char folder[64])
{
    snprintf(folder, 64, "/tmp/sscard-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

static inline void folder_remove(const char *folder)
{
    DIR *dir = opendir(folder);
    char path[400];

    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.' || strlen(e->d_name) > 2) {
            unlink(path);
        }
    }
    closedir(dir);
    assert_int_equal(rmdir(folder), 0);
}

static inline void file_write(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

/* A ready-made image with members changed: {"profile":{"sfi":false}} merges into it. */
static inline void image_write(const char *path, const char *base, const char *changes)
{
    json_t *image = json_loads(ssc_sim_image(base), 0, NULL), *patch = json_loads(changes, 0, NULL);
    char *text;

    assert_non_null(image);
    assert_non_null(patch);
    assert_int_equal(json_object_update_recursive(image, patch), 0);
    text = json_dumps(image, JSON_INDENT(1));
    assert_non_null(text);
    file_write(path, text);
    free(text);
    json_decref(image);
    json_decref(patch);
}

/* card: ready-made name or path; psam: the same, NULL = none. */
static inline struct bench bench_open(const char *card, const char *psam)
{
    struct ssc_sim_slot slots[2] = {{.name = CARD_READER, .medium = SSC_MEDIUM_CONTACT, .pin_pad = true},
                                    {.name = PSAM_READER, .medium = SSC_MEDIUM_SAM}};
    struct bench b = {.driver = NULL};
    char why[200] = "";

    snprintf(slots[0].image, sizeof slots[0].image, "%s", card);
    snprintf(slots[1].image, sizeof slots[1].image, "%s", psam ? psam : "");
    if (ssc_sim_driver_new(slots, 2, false, &b.driver, why) != 0) {
        fail_msg("%s", why);
    }
    b.profile = &bench_profile;
    ssc_profile_default(b.profile);
    assert_int_equal(ssc_channel_open(b.driver, CARD_READER, true, &b.channel, soon()), 0);
    return b;
}

/* With *b->profile as it is by now. */
static inline void bench_start(struct bench *b)
{
    struct ssc_channel *sam = NULL;

    assert_int_equal(ssc_card_new(b->channel, b->profile, &b->card), 0);
    if (ssc_channel_open(b->driver, PSAM_READER, true, &sam, soon()) == 0) {
        assert_int_equal(ssc_auth_psam_take(&sam, b->profile, &b->auth, soon()), 0);
    }
    assert_null(sam);
}

static inline void bench_close(struct bench *b)
{
    ssc_auth_free(&b->auth);
    ssc_card_free(&b->card);
    ssc_channel_close(&b->channel, true);
    ssc_driver_free(&b->driver);
}

static inline struct bench bench(const char *card, const char *psam)
{
    struct bench b = bench_open(card, psam);

    bench_start(&b);
    return b;
}

/* The keys of the ready-made images. */
#define KEY_FILE                                                                                             \
    "{\"format\":1,\"test\":true,\"terminal\":\"410100813475\",\"state\":\"terminal.number\","               \
    "\"roots\":{\"3des\":{\"*\":\"0123456789ABCDEFFEDCBA9876543210\","                                       \
    "\"MPK\":\"101112131415161718191A1B1C1D1E1F\",\"MLK\":\"202122232425262728292A2B2C2D2E2F\",\"MPUK\":"    \
    "\"707172737475767778797A7B7C7D7E7F\",\"MRPK\":\"808182838485868788898A8B8C8D8E8F\"},"                   \
    "\"sm4\":{\"*\":\"0123456789ABCDEFFEDCBA9876543210\","                                                   \
    "\"MPK\":\"101112131415161718191A1B1C1D1E1F\",\"MLK\":\"202122232425262728292A2B2C2D2E2F\",\"MPUK\":"    \
    "\"707172737475767778797A7B7C7D7E7F\",\"MRPK\":\"808182838485868788898A8B8C8D8E8F\"}}}"

#endif
