/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iDoDebit. The national interface has no key that tells a repeated call from a second sale; but card,
 * amounts and the caller's time to the second name the sale. They are the op, so that a call that is repeated
 * after a lost answer gets the stored outcome, and money moves once.
 */
#include "middleware/shim/lines.h"
#include "middleware/shim/pin.h"
#include "middleware/shim/shim.h"

#include "apdu/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { ATTEMPTS = 20 };

/* The constant middle of the card identification code is left out, for the length. */
static void name_sale(struct ssc_shim *s, const struct ssc_shim_in *in, unsigned attempt)
{
    snprintf(s->op, sizeof s->op, "shim%u.%s.%.6s%s.%08llX%08llX", attempt, in->pay.time, in->card.id,
             in->card.id + 16, (unsigned long long)in->pay.first, (unsigned long long)in->pay.second);
}

/* The two amounts of pPayInfo are what the configuration says they are; what it does not name is nothing. */
static int64_t amount_of(const struct ssc_shim *s, const struct ssc_shim_in *in, const char *name)
{
    const char *place = "";
    size_t len = 0;
    const int rc = ssc_shim_named_item(s->config.format.pay_info, "1|2|", name, &place, &len);
    return rc != 0 ? 0 : place[0] == '1' ? in->pay.first : in->pay.second;
}

/* All of it or NULL: no sale with a part of its sum. */
static json_t *sale(const struct ssc_shim *s, const struct ssc_shim_in *in)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "op", s->op, "purse", "medical", "time", in->pay.time,
                     "amount", (json_int_t)amount_of(s, in, "amount"), "self_pay",
                     (json_int_t)amount_of(s, in, "self_pay"), "pooled",
                     (json_int_t)amount_of(s, in, "pooled"));
}

static void sale_line(struct ssc_shim *s, const char *format, const json_t *result, const char *part,
                      struct ssc_shim_out *out)
{
    ssc_shim_line(out, format,
                  &(struct ssc_shim_fields){.from = {json_object_get(result, part), result},
                                            .unit = (enum ssc_shim_unit)s->config.amounts});
}

enum knowledge {
    SALE_NEW,     /* the journal knows nothing of it */
    SALE_VOID,    /* settled, and nothing moved, though not by the card's refusal: it may be tried again */
    SALE_OPEN,    /* the card has to be asked, which may want the PIN */
    SALE_DECIDED, /* its outcome is told, and touches nothing */
};

static enum knowledge look_up(struct ssc_shim *s)
{
    json_t *result = NULL;
    enum knowledge known = SALE_NEW;
    if (ssc_shim_call(s, "txn.get", json_pack("{s:s}", "op", s->op), NULL, &result, s->deadline) == 0) {
        const json_t *txn = json_object_get(result, "txn");
        const char *state = json_string_value(json_object_get(txn, "state"));
        const bool nothing = state && (strcmp(state, "abandoned") == 0 || strcmp(state, "not_debited") == 0);
        known = nothing ? SALE_VOID : json_is_true(json_object_get(txn, "final")) ? SALE_DECIDED : SALE_OPEN;
    }
    json_decref(result);
    return known;
}

/* A failure that does not say what became of the money. */
static bool vague(const struct ssc_shim *s)
{
    static const char *const symbols[] = {"", "deadline_exceeded", "internal_error", "out_of_memory"};
    bool is = sscard_error_sent(s->client);
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        is = is || strcmp(s->symbol, symbols[i]) == 0;
    }
    return is;
}

/* After a call that may have moved money: a connection or an answer that was lost is not "no", and neither is
 * a success without a confirmed transaction. */
static int outcome(struct ssc_shim *s, int rc, const json_t *result)
{
    const char *state = json_string_value(json_object_get(json_object_get(result, "txn"), "state"));
    const bool lost = rc != 0 && s->client && vague(s);
    const bool empty = rc == 0 && (!state || strcmp(state, "confirmed") != 0);
    return lost || empty ? ssc_shim_fail(s, SSC_E_OUTCOME_UNKNOWN, NULL) : rc;
}

/* The call that may move money. A first step moves none. */
static int sell(struct ssc_shim *s, const struct ssc_shim_in *in, const char *method, int remote,
                json_t **result)
{
    const int rc = ssc_shim_call(s, method, sale(s, in), NULL, result, s->deadline);
    return remote ? rc : outcome(s, rc, *result);
}

/* `method` under the op that is next in turn. Asking about an open sale may find that it is void: then once
 * more, under the next op. */
static int take_money(struct ssc_shim *s, const struct ssc_shim_in *in, const char *method, int remote,
                      json_t **result)
{
    int rc = ssc_shim_hold(s, in, &in->card, 1, remote);
    bool again = rc == 0;
    for (unsigned attempt = 0; again && attempt < ATTEMPTS; attempt++) {
        name_sale(s, in, attempt);
        const enum knowledge known = look_up(s);
        again = known == SALE_VOID;
        if (!again) {
            rc = known == SALE_DECIDED || s->pin_verified ? 0 : ssc_shim_pin_verify(s);
            rc = rc == 0 ? sell(s, in, method, remote, result) : rc;
            again = rc != 0 && known == SALE_OPEN && strcmp(s->symbol, "nothing_moved") == 0;
        }
    }
    if (rc == 0 && again) { /* every attempt was void: not a success */
        rc = ssc_shim_fail(s, SSC_E_NOTHING_MOVED, NULL);
    }
    return rc;
}

int ssc_shim_debit(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    json_t *result = NULL;
    const int rc = take_money(s, in, "purse.debit", 0, &result);
    if (rc == 0) {
        sale_line(s, s->config.format.debit, result, "txn", out);
    }
    json_decref(result);
    return rc;
}

/* The codes are what the second step would have answered; the key machine checks them whenever it asks. */
static int done_before(struct ssc_shim *s, const json_t *txn)
{
    const char *mac2 = json_string_value(json_object_get(txn, "mac2"));
    const char *tac = json_string_value(json_object_get(txn, "tac"));
    char text[80];
    snprintf(text, sizeof text, "该笔交易已经完成，MAC2 %.8s，TAC %.8s", mac2 ? mac2 : "", tac ? tac : "");
    return ssc_shim_fail_text(s, SSC_E_OP_CONFLICT, text);
}

int ssc_shim_debit_begin(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    json_t *result = NULL;
    int rc = take_money(s, in, "purse.debit.begin", 1, &result);
    if (rc == 0 && !json_object_get(result, "host")) { /* done before: there is nothing left to authorise */
        rc = done_before(s, json_object_get(result, "txn"));
    }
    if (rc == 0) {
        sale_line(s, s->config.format.debit_hsm, result, "host", out);
    }
    json_decref(result);
    return rc;
}

int ssc_shim_debit_complete(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    static const char *const names[] = {"terminal_seq", "time", "mac1"};
    json_t *params = json_object(), *result = NULL;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof names / sizeof names[0]; i++) {
        const char *value = NULL;
        size_t len = 0;
        rc = ssc_shim_named_item(s->config.format.debit_hsm_answer, in->key, names[i], &value, &len);
        rc = rc == 0 && len > 0 && len <= 14 ? 0 : SSC_E_INVALID_ARGUMENT;
        json_object_set_new(params, names[i], json_stringn(rc == 0 ? value : "", rc == 0 ? len : 0));
    }
    if (rc != 0) {
        json_decref(params);
        rc = ssc_shim_fail(s, rc, "pKey");
    } else {
        rc = ssc_shim_call(s, "purse.debit.complete", params, NULL, &result, s->deadline);
        rc = outcome(s, rc, result);
    }
    if (rc == 0) {
        sale_line(s, s->config.format.debit_hsm_result, result, "txn", out);
    }
    json_decref(result);
    return rc;
}
