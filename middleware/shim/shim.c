/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/shim/shim.h"

#include "apdu/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TYPE = 1, AUTH = 2, CARD = 4, FILES = 8, DATA = 16, PAY = 32, KEY = 64 };

/* What the caller offers, with the NUL, by the published interface; keys are shorter there and end earlier.
 */
enum {
    CARD_SIZE = 128,
    FILES_SIZE = 1024,
    DATA_SIZE = 20480,
    PAY_SIZE = 512,
    KEY_SIZE = 128,
    TEXT_SIZE = 256
};

static const struct function {
    size_t size;
    int flow, step;
    unsigned needs;
    int (*run)(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out);
} functions[] = {
#define SSC_SHIM_FUNCTION(NAME, size, FLOW, step, needs, run)                                                \
    [SSC_SHIM_##NAME] = {size, SSC_SHIM_##FLOW, step, needs, ssc_shim_##run},
#include "middleware/shim/functions.def"
#undef SSC_SHIM_FUNCTION
};

/* Another step of the same two-step follows. */
static bool goes_on(const struct function *f)
{
    const struct function *end = functions + SSC_SHIM_FUNCTIONS;
    return f->step > 0 && f + 1 < end && f[1].flow == f->flow && f[1].step == f->step + 1;
}

/* ---- arguments ---- */

/* One text through its parser; *rc sticks. */
static char *take(struct ssc_shim *s, const char *text, size_t most, int *rc)
{
    char *copy = NULL;
    if (*rc == 0) {
        *rc = ssc_shim_take((enum ssc_shim_encoding)s->config.encoding, text, most, &copy);
    }
    return copy;
}

static int take_card(struct ssc_shim *s, const char *text, struct ssc_shim_card *card)
{
    int rc = 0;
    char *copy = take(s, text, CARD_SIZE, &rc);
    rc = rc == 0 ? ssc_shim_parse_card(copy, card) : rc;
    ssc_shim_wipe(copy);
    return rc;
}

static int take_files(struct ssc_shim *s, const char *text)
{
    int rc = 0;
    char *copy = take(s, text, FILES_SIZE, &rc);
    rc = rc == 0 ? ssc_shim_parse_addr(copy, &s->addr) : rc;
    ssc_shim_wipe(copy);
    return rc;
}

static int take_pay(struct ssc_shim *s, const char *text, struct ssc_shim_pay *pay)
{
    int rc = 0;
    char *copy = take(s, text, PAY_SIZE, &rc);
    rc = rc == 0 ? ssc_shim_parse_pay(copy, pay) : rc;
    ssc_shim_wipe(copy);
    return rc;
}

static int take_all(struct ssc_shim *s, unsigned needs, const struct ssc_shim_args *args,
                    struct ssc_shim_in *in)
{
    const char *wrong = NULL;
    int rc = 0;
    in->type = args->type;
    in->auth = args->auth;
    if ((needs & TYPE) && !ssc_shim_medium(args->type)) {
        rc = SSC_E_INVALID_ARGUMENT;
        wrong = "iType";
    }
    if (rc == 0 && (needs & AUTH) && (args->auth < 0 || args->auth > 2)) {
        rc = SSC_E_INVALID_ARGUMENT;
        wrong = "iAuthType";
    }
    if (rc == 0 && (needs & CARD)) {
        rc = take_card(s, args->card_info, &in->card);
        wrong = "pCardInfo";
    }
    if (rc == 0 && (needs & FILES)) {
        rc = take_files(s, args->file_addr);
        wrong = "pFileAddr";
    }
    if (rc == 0 && (needs & PAY)) {
        rc = take_pay(s, args->pay_info, &in->pay);
        wrong = "pPayInfo";
    }
    if (rc == 0 && (needs & DATA)) {
        in->data = take(s, args->write_data, DATA_SIZE, &rc);
        rc = rc == 0 ? ssc_shim_parse_values(in->data, &in->values) : rc;
        wrong = "pWriteData";
    }
    if (rc == 0 && (needs & KEY)) {
        in->key = take(s, args->key, KEY_SIZE, &rc);
        wrong = "pKey";
    }
    return rc == 0 ? 0 : ssc_shim_fail(s, rc, wrong);
}

/* ---- run ---- */

/* A first step, and a function without steps, ends what was begun before. A later one goes on where the step
 * before it ended. */
static int in_order(struct ssc_shim *s, const struct function *f)
{
    int rc = 0;
    ssc_shim_resume(s);
    if (f->step <= 1) {
        ssc_shim_drop(s);
    } else if (s->flow != f->flow || s->step != f->step - 1) {
        rc = ssc_shim_fail(s, SSC_E_AUTH_NOT_BEGUN, NULL);
    } else if (sscard_deadline(0) > s->until) {
        rc = ssc_shim_fail(s, SSC_E_LEASE_INVALID, SSC_SHIM_BEGIN_AGAIN);
    }
    return rc;
}

static int run(struct ssc_shim *s, const struct function *f, const struct ssc_shim_args *args, char *buffer,
               size_t cap)
{
    struct ssc_shim_in *in = calloc(1, sizeof *in);
    struct ssc_shim_out out = {.len = 0};
    int rc = in ? in_order(s, f) : ssc_shim_fail(s, SSC_E_OUT_OF_MEMORY, NULL);
    s->deadline = sscard_deadline(s->config.deadline_ms);
    if (rc == 0) {
        rc = take_all(s, f->needs, args, in);
    }
    if (rc == 0) {
        rc = f->run(s, in, &out);
    }
    if (rc == 0 && goes_on(f)) {
        s->flow = f->flow;
        s->step = f->step;
        s->until = sscard_deadline(s->config.hsm_hold_ms);
        rc = ssc_shim_rest(s);
    }
    if (rc == 0) {
        const int code = ssc_shim_deliver((enum ssc_shim_encoding)s->config.encoding, &out, buffer, cap);
        if (code != 0) {
            ssc_shim_resume(s);
            rc = ssc_shim_fail(s, code, NULL);
        }
    }
    if (rc != 0 || !goes_on(f)) {
        ssc_shim_drop(s);
    }
    if (in) {
        ssc_shim_wipe(in->data);
        ssc_shim_wipe(in->key);
        explicit_bzero(in, sizeof *in);
    }
    free(in);
    ssc_shim_out_free(&out);
    return rc;
}

/* A process without a descriptor left cannot even convert a text: the symbol is better than nothing. */
static void tell(const struct ssc_shim *s, char *out, size_t cap)
{
    ssc_shim_deliver_cut((enum ssc_shim_encoding)s->config.encoding, s->text, out, cap);
    if (out[0] == '\0') {
        snprintf(out, cap, "%s", s->symbol);
    }
}

long ssc_shim_run(enum ssc_shim_function function, const struct ssc_shim_args *args, char *out, size_t cap)
{
    const struct function *f = &functions[function];
    int rc = ssc_error_national(SSC_E_INVALID_ARGUMENT);
    if (out) { /* nothing is done for a caller who could not be told */
        cap = cap > 0 ? cap : f->size;
        struct ssc_shim *s = ssc_shim_session(&rc);
        if (!s) {
            rc = ssc_error_national(SSC_E_OUT_OF_MEMORY);
            out[0] = '\0';
        } else {
            rc = rc == 0 ? run(s, f, args, out, cap) : rc;
            if (rc != 0) {
                tell(s, out, cap < TEXT_SIZE ? cap : TEXT_SIZE);
            }
        }
    }
    return rc;
}
