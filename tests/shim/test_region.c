/* SPDX-License-Identifier: Apache-2.0 */
/* What a table of cases cannot show of the regional library: errors of a service newer than it, threads, and
 * all the libraries loaded together. */
#include "layers.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LINE "639900|111111198101011110|X00000019|639900D15600000500BF7C7A48FB4966|"

/* What VerifyPIN answers when every call of the service is answered with this error object. */
static long refused_with(struct service *s, const char *error, char out[1024])
{
    struct liar l = {.error = error};
    const pthread_t thread = liar_start(s, &l);
    void *library = dlopen(SSC_LIBRARIES "/libSSCard.so", RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    void *found = dlsym(library, "VerifyPIN");
    long (*verify)(char *, int);
    memcpy(&verify, &found, sizeof verify);
    const long rc = verify(out, 1024);
    dlclose(library);
    pthread_join(thread, NULL);
    close(l.listener);
    return rc;
}

/* A symbol that this library does not know yet comes with its text; an error without one has a text all the
 * same, and a text that is too long is cut between two characters. */
static void test_errors_of_another_service(void **state)
{
    static const char *const unfit[] = {
        "{\"code\":-1}", "null", "\"no object\"",
        "{\"code\":-900,\"message\":7,\"data\":{\"symbol\":\"of_tomorrow\"}}"};
    char out[1024],
        error[1900] =
            "{\"code\":-900,\"message\":\"\",\"data\":{\"symbol\":\"of_tomorrow\",\"text\":{\"zh\":\"";
    assert_int_equal(refused_with(*state,
                                  "{\"code\":-900,\"message\":\"New.\",\"data\":{\"symbol\":\"of_tomorrow\","
                                  "\"text\":{\"zh\":\"1\"},\"remedy\":{\"zh\":\"2\"}}}",
                                  out),
                     -999);
    assert_string_equal(out, "1\xA1\xA3"
                             "2");
    for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++) {
        assert_int_equal(refused_with(*state, unfit[i], out), -999);
        assert_true(strlen(out) >= 4);
    }
    /* a line that one of the two cannot read is not the caller's fault (-23) */
    assert_int_equal(refused_with(*state, "{broken", out), -5);
    assert_int_equal(refused_with(*state, "{\"code\":-32700,\"data\":{\"symbol\":\"parse_error\"}}", out),
                     -5);
    for (int shift = 0; shift < 3; shift++) {
        char text[1900];
        size_t n = (size_t)snprintf(text, sizeof text, "%s%.*s", error, shift, "ab");
        for (int i = 0; i < 500; i++) {
            n += (size_t)snprintf(text + n, sizeof text - n, "\xE5\xBC\xA0");
        }
        snprintf(text + n, sizeof text - n, "\"}}}");
        assert_int_equal(refused_with(*state, text, out), -999);
        assert_in_range(strlen(out), 200, 255);
        assert_memory_equal(out + shift, "\xD5\xC5\xD5\xC5", 4);
    }
}

typedef long read_card(char *out, int len, char *sign, int sign_len);

struct worker {
    pthread_t thread;
    void *function;
    int failures;
};

static void *read_often(void *arg)
{
    struct worker *w = arg;
    read_card *read = NULL;
    memcpy(&read, &w->function, sizeof read);
    for (int i = 0; i < 10; i++) {
        char out[1024], sign[8] = "######";
        const long rc = read(out, sizeof out, sign, sizeof sign);
        w->failures += rc != 0 || strncmp(out, LINE, strlen(LINE)) != 0 || sign[0] != '\0' || sign[1] != '#';
    }
    return NULL;
}

static void test_region_in_threads(void **state)
{
    struct service *s = *state;
    struct client *c = client_new(s);
    struct worker w[8] = {0};
    json_decref(client_ok(c, "sim.remove", "{s:s}", "reader", R1)); /* leaves one card to choose from */
    json_decref(client_ok(c, "card.wait", "{s:s, s:s}", "reader", R1, "state", "absent"));
    void *library = dlopen(SSC_LIBRARIES "/libSSCard.so", RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    for (int i = 0; i < 8; i++) {
        w[i].function = dlsym(library, "ReadCardBas");
        assert_non_null(w[i].function);
        assert_int_equal(pthread_create(&w[i].thread, NULL, read_often, &w[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(w[i].thread, NULL);
        assert_int_equal(w[i].failures, 0);
    }
    dlclose(library); /* while threads that used it have only just ended */
    client_free(&c);
}

/* Programs load one after the other, for all to see, and some of the names are the same. */
static void test_all_together(void **state)
{
    (void)state;
    static const char *const names[] = {"SSSE32", "HeaSecReadInfo", "SSCard", "SSCardDriver"};
    void *library[4], *read[2];
    long (*with_lengths)(char *, int, char *, int), (*without)(char *, char *);
    char path[300], out[2048], sign[8192];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4; i++) {
            const int k = round ? 3 - i : i;
            snprintf(path, sizeof path, SSC_LIBRARIES "/lib%s.so", names[k]);
            library[k] = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
            assert_non_null(library[k]);
        }
        read[0] = dlsym(library[1], "ReadCardBas");
        read[1] = dlsym(library[2], "ReadCardBas");
        assert_true(read[0] && read[1] && read[0] != read[1]);
        memcpy(&without, &read[0], sizeof without);
        memcpy(&with_lengths, &read[1], sizeof with_lengths);
        assert_int_equal(without(out, sign), -23); /* two cards are there: which one is meant? */
        assert_int_equal(with_lengths(out, sizeof out, sign, sizeof sign), -23);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, layers_up, layers_down)
    const struct CMUnitTest tests[] = {
        TEST(test_errors_of_another_service),
        TEST(test_region_in_threads),
        TEST(test_all_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
