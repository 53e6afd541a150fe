/* SPDX-License-Identifier: Apache-2.0 */
/* Callers who do it wrong, and a service that comes and goes. */
#include "bed.h"

#include "stopwatch.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#define LINE                                                                                                  \
    "639900|111111198101011110|X00000019|639900D15600000500BF7C7A48FB4966|张三|00814E43238697159900BF7C7A|" \
    "3.00|20101001|20201001|410100813475||"
#define SALE "1.00|0|20260101120000|"

/* All arguments good, for whatever function. */
static const struct args GOOD = {.type = 1,
                                 .auth = 1,
                                 .card = CARD,
                                 .files = "SSSEEF05|02|$",
                                 .data = "SSSEEF05|3|$",
                                 .pay = SALE,
                                 .key = "00112233445566778899AABBCCDDEEFF|"};

/* A thread of its own, which reads this bed's configuration. */
struct direct {
    enum function fn;
    const struct args *args;
    char *out;
    long rc;
};

static void *direct_thread(void *arg)
{
    struct direct *d = arg;
    d->rc = national(d->fn, d->args, d->out);
    return NULL;
}

/* The call with this very buffer. */
static long direct(enum function fn, const struct args *args, char *out)
{
    struct direct d = {.fn = fn, .args = args, .out = out, .rc = 1};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, direct_thread, &d), 0);
    pthread_join(thread, NULL);
    return d.rc;
}

/* ---- pointers and lengths ---- */

static void test_null(void **state)
{
    struct bed *b = *state;
    bed_put(b, CONTACT, "ssc-3.0");
    for (enum function fn = 0; fn < FN_COUNT; fn++) {
        assert_int_equal(direct(fn, &GOOD, NULL), -23);
        caller_fails(b->caller, fn == FN_iReadCardBas ? 0 : -23, "", fn,
                     &(struct args){.type = fn == FN_iVerifyPIN || fn == FN_iChangePIN ||
                                                    fn == FN_iReadDebitRecord ||
                                                    fn == FN_iReadCardBas_HSM_Step1
                                                ? 0
                                                : 1});
    }
    no_lease(b);
    assert_string_equal(OK(b->caller, iReadDebitRecord, .type = 1), ""); /* no money moved for nobody */
}

/* `size` bytes without a NUL, the next one cannot be read. */
static char *endless(size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = (size + page - 1) / page;
    char *map = mmap(NULL, (pages + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(map != MAP_FAILED);
    assert_int_equal(mprotect(map + pages * page, page, PROT_NONE), 0);
    memset(map + pages * page - size, '1', size);
    return map + pages * page - size;
}

static void test_endless_arguments(void **state)
{
    struct bed *b = *state;
    const char *card = endless(128), *files = endless(1024), *data = endless(20480), *pay = endless(512);
    bed_put(b, CONTACT, "ssc-3.0");
    FAILS(b->caller, -23, "传入数据不合法。pCardInfo", iReadCard, .type = 1, .auth = 1, .card = card,
          .files = "SSSEEF05$");
    FAILS(b->caller, -23, "传入数据不合法。pFileAddr", iReadCard, .type = 1, .auth = 1, .card = CARD,
          .files = files);
    FAILS(b->caller, -23, "传入数据不合法。pWriteData", iWriteCard, .type = 1, .card = CARD,
          .files = "SSSEEF05|02|$", .data = data);
    FAILS(b->caller, -23, "传入数据不合法。pPayInfo", iDoDebit, .type = 1, .card = CARD, .pay = pay);
    OK(b->caller, iReadCardBas_HSM_Step1, .type = 1);
    FAILS(b->caller, -23, "传入数据不合法。pKey", iReadCardBas_HSM_Step2, .key = endless(256));
}

/* A caller who offers less than the published size, and an answer that is short enough: nothing behind its
 * NUL is written. The buffer ends where the memory does. */
static void test_small_buffer(void **state)
{
    struct bed *b = *state;
    char *end = endless(256);
    bed_put(b, CONTACT, "ssc-3.0");
    const long rc = direct(FN_iReadCardBas, &(struct args){.type = 1}, end);
    assert_int_equal(rc, 0);
    assert_true(strlen(end) < 200);
    assert_int_equal(direct(FN_iReadCardBas, &(struct args){.type = 2}, end), -2);
    bed_put(b, CONTACT, NULL);
    for (enum function fn = 0; fn < FN_COUNT; fn++) { /* error texts are at most 255 bytes */
        assert_true(direct(fn, &GOOD, end) < 0);
        assert_true(strlen(end) < 256);
    }
}

/* ---- texts ---- */

static void test_rare_names(void **state)
{
    struct bed *b = *state;
    struct caller *utf8 = caller_new(b, "encoding = utf-8\n");
    const char *bytes;
    /* four bytes each in GB18030: U+20BB7, U+3400 */
    bed_put(b, CONTACT, bed_image("ssc-2.0", "holder.name", "\"张𠮷㐀\""));
    const char *line = OK(b->caller, iReadCardBas, .type = 1);
    assert_string_equal(item(line, 4), "张𠮷㐀");
    caller_call(b->caller, FN_iReadCardBas, &(struct args){.type = 1}, &bytes);
    assert_non_null(strstr(bytes, "|\xD5\xC5\x95\x34\xB2\x35\x81\x39\xEE\x39|"));
    assert_int_equal(caller_call(utf8, FN_iReadCardBas, &(struct args){.type = 1}, &bytes), 0);
    assert_string_equal(item(bytes, 4), "张𠮷㐀");
    assert_int_equal(caller_call(utf8, FN_iReadCardBas, &(struct args){.type = 2}, &bytes), -2);
    assert_memory_equal(bytes, "无卡", strlen("无卡"));
    /* in and out again; half a character, a lone surrogate and a stray byte do not come in */
    assert_int_equal(
        caller_call(
            utf8, FN_iWriteCard,
            &(struct args){.type = 1, .card = CARD, .files = "DF01EF05|21|$", .data = "DF01EF05|𠮷巷一号|$"},
            NULL),
        0);
    assert_string_equal(
        OK(b->caller, iReadCard, .type = 1, .auth = 2, .card = CARD, .files = "DF01EF05|21|$"),
        "DF01EF05|𠮷巷一号|$");
    static const char *const bad[] = {"DF01EF05|\xE4\xBA|$", "DF01EF05|\xED\xA0\x80|$", "DF01EF05|\xFF|$"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(
            caller_call(utf8, FN_iWriteCard,
                        &(struct args){.type = 1, .card = CARD, .files = "DF01EF05|21|$", .data = bad[i]},
                        NULL),
            -41);
    }
    caller_free(&utf8);
    /* a name of which the card holds half a character, and one with separators in it */
    bed_put(b, CONTACT, bed_image("ssc-2.0", "files", "{\"SSSEEF06\": {\"09\": \"D5C5C8\"}}"));
    line = OK(b->caller, iReadCard, .type = 1, .card = CARD, .files = "SSSEEF06|09|$");
    assert_string_equal(line, "SSSEEF06|D5C5C8|$");
    bed_put(b, CONTACT, bed_image("ssc-2.0", "holder.name", "\"a|b$c\""));
    assert_string_equal(OK(b->caller, iReadCard, .type = 1, .card = CARD, .files = "SSSEEF06|09|$"),
                        "SSSEEF06|a?b?c|$");
    assert_string_equal(item(OK(b->caller, iReadCardBas, .type = 1), 5), "00814E43238697159900BF7C7A");
}

/* ---- configuration ---- */

/* What a thread is told whose configuration says this; or is this file. */
static long first_call(struct bed *b, const char *conf, char text[1024])
{
    char lines[300];
    snprintf(lines, sizeof lines, "%s\n", conf);
    setenv("SSCARD_SHIM_CONF", conf[0] == '/' ? conf : service_file(b->s, "other.conf", lines), 1);
    return direct(FN_iReadCardBas, &(struct args){.type = 1}, text);
}

static void test_configuration(void **state)
{
    struct bed *b = *state;
    static const char *const bad[] = {
        "[shim]\nencoding = big5",   "[shim]\ndeadline-ms = 0", "[shim]\ndeadline-ms = soon",
        "[shim]\ncolour = blue",     "[pin]\nentry = voice",    "[nowhere]\nencoding = gb18030",
        "[shim]\namounts = dollars", "[shim]\nsteps = both",    "nonsense"};
    char text[1024], conf[300];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(first_call(b, bad[i], text), -23);
        assert_true(strlen(text) > 0);
    }
    assert_int_equal(first_call(b, "/nowhere/shim.conf", text), -5);
    bed_put(b, CONTACT, "ssc-2.0");
    snprintf(conf, sizeof conf, "[shim]\nsocket = %s\ndevice-number = Desk 7\n", b->s->socket);
    assert_int_equal(first_call(b, conf, text), 0);
    assert_string_equal(text + strlen(text) - 21, "|410100813475|Desk 7|");
    snprintf(conf, sizeof conf, "[shim]\nsocket = %s\n[format]\nidentity = {card_number}:{name:x}:{}{\n",
             b->s->socket);
    assert_int_equal(first_call(b, conf, text), 0);
    assert_string_equal(text, "X00000019:\xD5\xC5\xC8\xFD:");
}

/* Two cards on one desk: which one is meant is not guessed; the configuration may say it. */
static void test_two_readers(void **state)
{
    struct bed *b = *state;
    assert_int_equal(service_stop(b->s, SIGTERM), 0);
    client_free(&b->c);
    service_sim(b->s, "ssc-3.0,ssc-2.0", false);
    b->c = client_new(b->s);
    json_decref(client_ok(b->c, "card.wait", "{s:s}", "reader", "Simulated reader 1"));
    FAILS(b->caller, -23, "", iReadCardBas, .type = 1);
    struct caller *second = caller_new(b, "reader = Simulated reader 1\n");
    static const int fitting[] = {1, 3, 4};
    for (size_t i = 0; i < sizeof fitting / sizeof fitting[0]; i++) {
        assert_non_null(strstr(OK(second, iReadCardBas, .type = fitting[i]), "|2.00|"));
    }
    FAILS(second, -23, "", iReadCardBas, .type = 2);
    caller_free(&second);
}

/* ---- the service ---- */

static void test_absent(void **state)
{
    struct bed *b = *state;
    assert_int_equal(service_stop(b->s, SIGTERM), 0);
    client_free(&b->c);
    for (enum function fn = 0; fn < FN_COUNT; fn++) {
        char name[40];
        snprintf(name, sizeof name, "%d", (int)fn);
        const long rc = caller_call(b->caller, fn, &GOOD, NULL);
        assert_true(rc == -11 || rc == -23); /* -23: a later step without its first */
    }
    FAILS(b->caller, -11, "无法连接sscard服务", iReadCardBas, .type = 1);
    service_sim(b->s, "ssc-3.0", false);
    b->c = client_new(b->s);
    json_decref(client_ok(b->c, "card.wait", NULL));
    assert_string_equal(OK(b->caller, iReadCardBas, .type = 1), LINE); /* the same thread goes on */
}

static void test_restart_between_steps(void **state)
{
    struct bed *b = *state;
    char key[100];
    bed_put(b, CONTACT, "ssc-3.0");
    snprintf(key, sizeof key, "%s", office_identity(OK(b->caller, iReadCardBas_HSM_Step1, .type = 1)));
    assert_int_equal(service_stop(b->s, SIGKILL), -SIGKILL);
    client_free(&b->c);
    FAILS(b->caller, -11, "无法连接sscard服务", iReadCardBas_HSM_Step2, .key = key);
    service_sim(b->s, "ssc-3.0", false);
    b->c = client_new(b->s);
    json_decref(client_ok(b->c, "card.wait", NULL));
    FAILS(b->caller, -23, "没有进行中的认证", iReadCardBas_HSM_Step2, .key = key);
    snprintf(key, sizeof key, "%s", office_identity(OK(b->caller, iReadCardBas_HSM_Step1, .type = 1)));
    assert_int_equal(service_stop(b->s, SIGTERM), 0); /* and back before the second step */
    client_free(&b->c);
    service_sim(b->s, "ssc-3.0", false);
    b->c = client_new(b->s);
    json_decref(client_ok(b->c, "card.wait", NULL));
    FAILS(b->caller, -11, "无法连接sscard服务", iReadCardBas_HSM_Step2, .key = key);
    OK(b->caller, iReadCardBas_HSM_Step1, .type = 1);
    OK(b->caller, iVerifyPIN, .type = 1);
}

/* A caller in such a hurry may be too late on a busy machine: then it calls again. */
static void reads_at_last(struct caller *hasty)
{
    const int64_t limit = now_ms() + 20000;
    long rc = -4;
    while (rc == -4 && now_ms() < limit) {
        rc = caller_call(hasty, FN_iReadCardBas, &(struct args){.type = 1}, NULL);
    }
    assert_int_equal(rc, 0);
}

static void test_late(void **state)
{
    struct bed *b = *state;
    struct caller *hasty = caller_new(b, "deadline-ms = 300\n");
    bed_put(b, CONTACT, "ssc-3.0");
    reads_at_last(hasty);
    service_freeze(b->s);
    for (enum function fn = 0; fn < FN_COUNT; fn++) {
        const struct stopwatch watch = stopwatch_start();
        const long rc = caller_call(hasty, fn, &GOOD, NULL);
        assert_true(rc == -4 || rc == -23);
        assert_took(&watch, 0, 600);
    }
    FAILS(hasty, -4, "在规定时间内没有应答", iReadCardBas, .type = 1);
    kill(b->s->pid, SIGCONT);
    no_lease(b); /* what came too late is nobody's */
    reads_at_last(hasty);
    caller_free(&hasty);
}

/* Another caller holds the card: the deadline counts. */
static void test_card_taken(void **state)
{
    struct bed *b = *state;
    struct caller *other = caller_new(b, "deadline-ms = 4000\n"); /* the service answers 200 ms before */
    bed_put(b, CONTACT, "ssc-3.0");
    OK(b->caller, iReadCardBas_HSM_Step1, .type = 1);
    FAILS(other, -12, "读卡器被其他程序占用", iReadCardBas, .type = 1);
    caller_free(&b->caller); /* a thread that ends gives its card back */
    b->caller = NULL;
    no_lease(b);
    assert_string_equal(OK(other, iReadCardBas, .type = 1), LINE);
    caller_free(&other);
}

static void test_hold_is_over(void **state)
{
    struct bed *b = *state;
    struct caller *slow = caller_new(b, "hsm-hold-ms = 200\ndeadline-ms = 3000\n");
    char key[100];
    bed_put(b, CONTACT, "ssc-3.0");
    snprintf(key, sizeof key, "%s", office_identity(OK(slow, iReadCardBas_HSM_Step1, .type = 1)));
    stopwatch_nap(250);
    FAILS(slow, -12, "占用标识无效或已过期", iReadCardBas_HSM_Step2, .key = key);
    no_lease(b);
    OK(slow, iReadCardBas_HSM_Step1, .type = 1); /* and never comes back: the service ends it */
    assert_string_equal(OK(b->caller, iReadCardBas, .type = 1), LINE);
    caller_free(&slow);
}

/* ---- threads ---- */

enum { THREADS = 8, ROUNDS = 12 };

static void *busy_thread(void *arg)
{
    char out[20480], expected[1024];
    long *wrong = arg;
    const struct args read = {.type = 1, .auth = 2, .card = CARD, .files = "SSSEEF05|07|$DF01EF07|29|$"};
    *wrong = iReadCardBas(1, expected);
    for (int i = 0; i < ROUNDS; i++) {
        *wrong += national(FN_iReadCardBas, &read, out) != 0 || strcmp(out, expected) != 0;
        *wrong +=
            national(FN_iReadCard, &read, out) != 0 || strcmp(out, "SSSEEF05|X00000019|$DF01EF07|1|$") != 0;
        *wrong += national(FN_iReadCardBas_HSM_Step1, &read, out) != 0;
        *wrong += national(FN_iReadCard_HSM_Step2, &GOOD, out) != -23;
        *wrong += national(FN_iReadCardBas, &(struct args){.type = 2}, out) != -2;
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct bed *b = *state;
    pthread_t threads[THREADS];
    long wrong[THREADS];
    bed_put(b, CONTACT, "ssc-3.0");
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, busy_thread, &wrong[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(wrong[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_null, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_endless_arguments, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_small_buffer, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_rare_names, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_configuration, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_two_readers, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_absent, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_restart_between_steps, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_late, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_card_taken, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_hold_is_over, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_threads, bed_up, bed_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
