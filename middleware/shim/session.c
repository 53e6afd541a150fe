/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/shim/session.h"

#include "apdu/error.h"
#include "apdu/sw.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int key_made; /* written once, by pthread_once */
/* The two-step of a process between two calls; who takes it out of here is the only one who has it. */
static _Atomic(struct ssc_shim *) resting;

static void end(void *session)
{
    struct ssc_shim *s = session;
    ssc_shim_drop(s);
    explicit_bzero(s, sizeof *s);
    free(s);
}

static void make_key(void)
{
    key_made = pthread_key_create(&key, end) == 0;
}

/* In a child that was forked between two steps the descriptor is the parent's: closing our copy of it does
 * not end the parent's lease. */
static struct ssc_shim *made_here(void)
{
    struct ssc_shim *s = pthread_getspecific(key);
    if (s && s->pid != getpid()) {
        ssc_shim_drop(s);
        s->pid = getpid();
    }
    return s;
}

static struct ssc_shim *made_now(void)
{
    struct ssc_shim *s = calloc(1, sizeof *s);
    if (s && pthread_setspecific(key, s) != 0) {
        free(s);
        s = NULL;
    }
    if (s) {
        s->pid = getpid();
    }
    return s;
}

/* A configuration that cannot be used is read again at the next call: somebody may mend it. */
static int configure(struct ssc_shim *s)
{
    char why[200];
    const int rc = s->configured ? 0 : ssc_shim_config_load(&s->config, why);
    s->configured = rc == 0;
    return rc == 0 ? 0 : ssc_shim_fail(s, rc, why);
}

struct ssc_shim *ssc_shim_session(int *rc)
{
    struct ssc_shim *s = NULL;
    *rc = 0;
    pthread_once(&once, make_key);
    if (key_made) {
        s = made_here();
        s = s ? s : made_now();
    }
    if (s) {
        *rc = configure(s);
    }
    return s;
}

void ssc_shim_drop(struct ssc_shim *s)
{
    sscard_close(&s->client);
    explicit_bzero(s->lease, sizeof s->lease);
    s->card[0] = '\0';
    explicit_bzero(s->original, sizeof s->original);
    s->pin_verified = false;
    s->flow = s->step = 0;
}

int ssc_shim_rest(struct ssc_shim *s)
{
    struct ssc_shim *none = NULL;
    struct ssc_shim *copy = s->config.steps == SSC_SHIM_STEPS_PROCESS ? malloc(sizeof *copy) : NULL;
    int rc = copy || s->config.steps != SSC_SHIM_STEPS_PROCESS ? 0 : SSC_E_OUT_OF_MEMORY;
    if (copy) {
        *copy = *s;
        rc = atomic_compare_exchange_strong(&resting, &none, copy) ? 0 : SSC_E_OP_BUSY;
        if (rc == 0) {
            s->client = NULL; /* it went along */
            ssc_shim_drop(s);
        } else {
            explicit_bzero(copy, sizeof *copy);
            free(copy);
        }
    }
    return rc == 0 ? 0 : ssc_shim_fail(s, rc, "本进程的另一次分步调用尚未结束");
}

void ssc_shim_resume(struct ssc_shim *s)
{
    struct ssc_shim *taken =
        s->config.steps == SSC_SHIM_STEPS_PROCESS ? atomic_exchange(&resting, NULL) : NULL;
    if (taken && taken->pid == getpid()) {
        ssc_shim_drop(s);
        *s = *taken;
        taken->client = NULL;
    }
    if (taken) { /* a child's copy of what its parent began is put away */
        end(taken);
    }
}

/* ---- failures ---- */

/* What does not fit is cut behind a whole character: half of one could not be converted. */
static void say(struct ssc_shim *s, const char *symbol, const char *text, const char *more)
{
    snprintf(s->symbol, sizeof s->symbol, "%s", symbol);
    const int n =
        snprintf(s->text, sizeof s->text, "%s%s%s", text, more && more[0] ? "。" : "", more ? more : "");
    if (n >= (int)sizeof s->text) {
        size_t len = sizeof s->text - 1;
        while (len > 0 && ((unsigned char)s->text[len - 1] & 0xC0u) == 0x80u) {
            len--;
        }
        s->text[len > 0 ? len - 1 : 0] = '\0';
    }
}

int ssc_shim_fail(struct ssc_shim *s, int code, const char *more)
{
    const struct ssc_error_info *info = ssc_error_info(code);
    say(s, info->symbol, info->zh, more && more[0] ? more : info->remedy_zh);
    return info->national;
}

int ssc_shim_fail_text(struct ssc_shim *s, int code, const char *text)
{
    const struct ssc_error_info *info = ssc_error_info(code);
    say(s, info->symbol, text, NULL);
    return info->national;
}

int ssc_shim_refused(struct ssc_shim *s, uint16_t sw)
{
    say(s, ssc_error_info(SSC_E_CARD_STATUS)->symbol, ssc_sw_text(sw, 0x00, 0xB2).zh, NULL);
    return -(int)sw;
}

/* What the service says in data.tries; -1 when it does not. */
static int tries_of(const json_t *error)
{
    const json_t *tries = json_object_get(json_object_get(error, "data"), "tries");
    return json_is_integer(tries) ? (int)json_integer_value(tries) : -1;
}

/* The row that decides the national code: need_remote_authentication names its cause in the detail, and
 * callers fall back to the key machine on exactly five codes. */
static const struct ssc_error_info *row_of(struct sscard *client)
{
    const struct ssc_error_info *row = ssc_error_by_symbol(sscard_error_symbol(client));
    if (row && row->code == SSC_E_NEED_REMOTE) {
        const struct ssc_error_info *cause = ssc_error_by_symbol(sscard_error_detail(client, "en"));
        row = cause && cause->code != SSC_E_NOT_SUPPORTED ? cause : row;
    } else if (row && (row->code == SSC_E_PARSE || row->code == SSC_E_INVALID_REQUEST ||
                       row->code == SSC_E_METHOD_NOT_FOUND || row->code == SSC_E_LINE_TOO_LONG)) {
        row =
            ssc_error_info(SSC_E_INTERNAL); /* library and service do not fit; the caller did nothing wrong */
    }
    return row;
}

/* The card's status word is the code where the table has no meaning of its own for it. */
static int national_of(struct sscard *client, const struct ssc_error_info *row, int tries)
{
    int sw = sscard_error_sw(client);
    if (row && row->code == SSC_E_AUTH_FAILED && tries >= 0) {
        sw = SSC_SW_TRIES_LEFT + tries;
    }
    int national = row ? row->national : -999;
    if (sw > 0 && (!row || row->code == SSC_E_CARD_STATUS || row->code == SSC_E_AUTH_FAILED)) {
        national = -sw;
    }
    return national;
}

static int fail_as_told(struct ssc_shim *s)
{
    const struct ssc_error_info *row = row_of(s->client);
    json_t *error = json_loads(sscard_error_json(s->client), 0, NULL);
    const int tries = tries_of(error);
    const int national = national_of(s->client, row, tries);
    char text[64];
    if (row && row->code == SSC_E_PIN_WRONG && tries >= 0) {
        snprintf(text, sizeof text, "PIN失败，剩余%d次", tries);
        say(s, row->symbol, text, NULL);
    } else if (row && row->code == SSC_E_CARD_STATUS) {
        const json_t *sw_text = json_object_get(json_object_get(error, "data"), "sw_text");
        const char *zh = json_string_value(json_object_get(sw_text, "zh"));
        say(s, row->symbol, zh ? zh : row->zh, NULL);
    } else if (row) {
        const char *detail = json_string_value(json_object_get(json_object_get(error, "data"), "detail_zh"));
        say(s, row->symbol, row->zh, detail ? detail : row->remedy_zh);
    } else { /* a newer service's error, or no proper one at all */
        const char *zh = sscard_error_text(s->client, "zh");
        say(s, sscard_error_symbol(s->client), zh[0] ? zh : ssc_error_info(SSC_E_INTERNAL)->zh,
            sscard_error_remedy(s->client, "zh"));
    }
    json_decref(error);
    return national;
}

/* ---- calls ---- */

/* {members}: the lease, then the secret, are put behind the others. NULL: no memory. */
static char *params_text(const struct ssc_shim *s, json_t *params, const char *secret)
{
    char *text = NULL, *whole = NULL;
    if (!s->lease[0] || json_object_set_new(params, "lease", json_string(s->lease)) == 0) {
        text = json_dumps(params, JSON_COMPACT);
    }
    if (text && secret) {
        const size_t len = strlen(text), cap = len + strlen(secret) + 2;
        whole = malloc(cap);
        if (whole) {
            snprintf(whole, cap, "%.*s%s%s}", (int)len - 1, text, len > 2 ? "," : "", secret);
        }
        ssc_shim_wipe(text);
    } else {
        whole = text;
    }
    json_decref(params);
    return whole;
}

/* A lease that is over says nothing to a cashier: most often the card was pulled between two steps. */
static int explain_lease(struct ssc_shim *s, int rc, int64_t deadline)
{
    char *answer = NULL;
    if (s->card[0] && strcmp(s->symbol, "lease_invalid") == 0) {
        const bool heard = sscard_call(s->client, "reader.list", NULL, &answer, deadline) == 0;
        const bool gone = heard && !strstr(answer, s->card);
        rc = gone ? ssc_shim_fail(s, SSC_E_CARD_REMOVED, NULL)
                  : ssc_shim_fail(s, SSC_E_LEASE_INVALID, SSC_SHIM_BEGIN_AGAIN);
    }
    sscard_free(answer);
    return rc;
}

int ssc_shim_call(struct ssc_shim *s, const char *method, json_t *params, const char *secret, json_t **result,
                  int64_t deadline)
{
    char *text = params_text(s, params, secret), *answer = NULL;
    int rc = text ? 0 : ssc_shim_fail(s, SSC_E_OUT_OF_MEMORY, NULL);
    if (rc == 0 && !s->client) {
        const char *path = s->config.socket[0] ? s->config.socket : NULL;
        rc = sscard_open(path, deadline, &s->client) == 0 ? 0
             : s->client                                  ? fail_as_told(s)
                                                          : ssc_shim_fail(s, SSC_E_OUT_OF_MEMORY, NULL);
    }
    if (rc == 0 && sscard_call(s->client, method, text, &answer, deadline) != 0) {
        rc = explain_lease(s, fail_as_told(s), deadline);
    }
    if (rc == 0 && answer[0] != '{') { /* every method answers an object: what is this? */
        rc = ssc_shim_fail(s, SSC_E_INTERNAL, NULL);
    } else if (rc == 0 && result) {
        *result = json_loads(answer, 0, NULL);
        rc = *result ? 0 : ssc_shim_fail(s, SSC_E_OUT_OF_MEMORY, NULL);
    }
    sscard_free(answer);
    ssc_shim_wipe(text);
    return rc;
}

const char *ssc_shim_medium(int type)
{
    static const char *const media[] = {"contact", "contactless", "contact_first", "contactless_first"};
    return type >= 1 && type <= 4 ? media[type - 1] : NULL;
}

json_t *ssc_shim_which(const struct ssc_shim *s, int type)
{
    const char *reader = s->config.reader[0] ? s->config.reader : NULL;
    return json_pack("{s:s*, s:s}", "reader", reader, "medium", ssc_shim_medium(type));
}

int ssc_shim_acquire(struct ssc_shim *s, int type, const struct ssc_shim_card *card, int64_t hold_ms)
{
    const char *number = card && card->number[0] ? card->number : NULL;
    json_t *expect = card ? json_pack("{s:s, s:s*}", "card_id", card->id, "card_number", number) : NULL;
    json_t *params = NULL, *result = NULL;
    if (expect || !card) { /* never without what was asked for */
        params = json_pack("{s:I, s:o*}", "hold_ms", (json_int_t)hold_ms, "expect", expect);
        json_object_update_new(params, ssc_shim_which(s, type));
    }
    int rc = ssc_shim_call(s, "card.acquire", params, NULL, &result, s->deadline);
    const char *lease = json_string_value(json_object_get(result, "lease"));
    const char *handle = json_string_value(json_object_get(result, "card"));
    if (lease) {
        snprintf(s->lease, sizeof s->lease, "%s", lease);
        snprintf(s->card, sizeof s->card, "%s", handle ? handle : "");
    } else if (rc == 0) {
        rc = ssc_shim_fail(s, SSC_E_INTERNAL, NULL);
    }
    json_decref(result);
    return rc;
}
