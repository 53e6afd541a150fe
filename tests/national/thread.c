/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that calls the library, one call at a time, and what it may expect of its buffer. */
#include "bed.h"

#include "apdu/text.h"

#include <pthread.h>

enum { BIGGEST = 20480, CANARIES = 64, CANARY = 0xA5 };

static char *mutable_text(const char *text)
{
    return (char *)(uintptr_t)text;
}

long national(enum function fn, const struct args *args, char *out)
{
    char *card = mutable_text(args->card), *files = mutable_text(args->files), *key = mutable_text(args->key);
    char *data = mutable_text(args->data), *pay = mutable_text(args->pay);
    const int type = args->type;
    long rc = 1;
    switch (fn) {
#define ONE(NAME, ...)                                                                                       \
    case FN_##NAME:                                                                                          \
        rc = NAME(__VA_ARGS__, out);                                                                         \
        break
        ONE(iReadCardBas, type);
        ONE(iReadCardBas_HSM_Step1, type);
        ONE(iReadCardBas_HSM_Step2, key);
        ONE(iReadCard, type, args->auth, card, files);
        ONE(iReadCard_HSM_Step1, type, card, files);
        ONE(iReadCard_HSM_Step2, key);
        ONE(iWriteCard, type, card, files, data);
        ONE(iWriteCard_HSM_Step1, type, card, files);
        ONE(iWriteCard_HSM_Step2, key, data);
        ONE(iVerifyPIN, type);
        ONE(iChangePIN, type);
        ONE(iReloadPIN, type, card);
        ONE(iReloadPIN_HSM_Step1, type, card);
        ONE(iReloadPIN_HSM_Step2, key);
        ONE(iReloadPIN_HSM_Step3, key);
        ONE(iUnblockPIN, type, card);
        ONE(iUnblockPIN_HSM_Step1, type, card);
        ONE(iUnblockPIN_HSM_Step2, key);
        ONE(iUnblockPIN_HSM_Step3, key);
        ONE(iDoDebit, type, card, pay);
        ONE(iDoDebit_HSM_Step1, type, card, pay);
        ONE(iDoDebit_HSM_Step2, key);
        ONE(iReadDebitRecord, type);
#undef ONE
    case FN_COUNT:
        break;
    }
    return rc;
}

size_t national_size(enum function fn)
{
    static const size_t sizes[] = {
#define SSC_SHIM_FUNCTION(NAME, size, FLOW, step, needs, run) size,
#include "middleware/shim/functions.def"
#undef SSC_SHIM_FUNCTION
    };
    return sizes[fn];
}

struct caller {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool busy, over;
    enum function fn;
    const struct args *args;
    long rc;
    bool clean; /* what lies behind the NUL and behind the buffer is untouched */
    char text[BIGGEST];
    char utf8[BIGGEST * 2];
};

static bool untouched(const unsigned char *from, const unsigned char *to)
{
    while (from < to && *from == CANARY) {
        from++;
    }
    return from == to;
}

static void call(struct caller *c)
{
    const size_t size = national_size(c->fn);
    char *out = malloc(size + CANARIES);
    if (out) {
        memset(out, CANARY, size + CANARIES);
        c->rc = national(c->fn, c->args, out);
        const size_t len = strnlen(out, size);
        c->clean =
            len < size && untouched((unsigned char *)out + len + 1, (unsigned char *)out + size + CANARIES);
        memcpy(c->text, out, len < size ? len + 1 : 0);
        free(out);
    }
}

static void *run(void *arg)
{
    struct caller *c = arg;
    pthread_mutex_lock(&c->lock);
    while (!c->over) {
        if (c->busy) {
            call(c);
            c->busy = false;
            pthread_cond_broadcast(&c->changed);
        } else {
            pthread_cond_wait(&c->changed, &c->lock);
        }
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

long caller_call(struct caller *c, enum function fn, const struct args *args, const char **text)
{
    pthread_mutex_lock(&c->lock);
    c->fn = fn;
    c->args = args;
    c->busy = true;
    c->clean = false;
    c->text[0] = '\0';
    pthread_cond_broadcast(&c->changed);
    while (c->busy) {
        pthread_cond_wait(&c->changed, &c->lock);
    }
    pthread_mutex_unlock(&c->lock);
    assert_true(c->clean);
    assert_true(c->rc <= 0 && c->rc >= INT32_MIN);
    if (text) {
        *text = c->text;
    }
    return c->rc;
}

struct caller *caller_new(struct bed *b, const char *conf)
{
    struct caller *c = calloc(1, sizeof *c);
    char text[2000];
    assert_non_null(c);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, NULL);
    snprintf(text, sizeof text, "[shim]\nsocket = %s\n%s\n", b->s->socket, conf ? conf : "");
    setenv("SSCARD_SHIM_CONF", service_file(b->s, "shim.conf", text), 1);
    assert_int_equal(pthread_create(&c->thread, NULL, run, c), 0);
    /* reads its configuration at its first call */
    assert_int_equal(caller_call(c, FN_iVerifyPIN, &(struct args){.type = 0}, NULL), -23);
    return c;
}

void caller_free(struct caller **c)
{
    if (*c) {
        pthread_mutex_lock(&(*c)->lock);
        (*c)->over = true;
        pthread_cond_broadcast(&(*c)->changed);
        pthread_mutex_unlock(&(*c)->lock);
        pthread_join((*c)->thread, NULL);
        pthread_mutex_destroy(&(*c)->lock);
        pthread_cond_destroy(&(*c)->changed);
        free(*c);
        *c = NULL;
    }
}

static const char *utf8(struct caller *c)
{
    size_t len = sizeof c->utf8;
    assert_int_equal(ssc_gb18030_to_utf8((const uint8_t *)c->text, strlen(c->text), c->utf8, &len, NULL), 0);
    return c->utf8;
}

const char *caller_ok(struct caller *c, enum function fn, const struct args *args)
{
    const long rc = caller_call(c, fn, args, NULL);
    const char *text = utf8(c);
    if (rc != 0) {
        print_message("%ld %s\n", rc, text);
    }
    assert_int_equal(rc, 0);
    return text;
}

void caller_fails(struct caller *c, long code, const char *begins, enum function fn, const struct args *args)
{
    const long rc = caller_call(c, fn, args, NULL);
    const char *text = utf8(c);
    if (rc != code || strncmp(text, begins, strlen(begins)) != 0) {
        print_message("%ld %s\n", rc, text);
    }
    assert_int_equal(rc, code);
    assert_memory_equal(text, begins, strlen(begins));
    assert_true(strlen(c->text) < 256);
}
