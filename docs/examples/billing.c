/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds the card, then a debit.   cc billing.c $(pkg-config --cflags --libs sscard jansson)
 * usage: billing FEN OP     OP is the till's own key for the sale: started again with it, nothing is paid
 * twice */
#include <jansson.h>
#include <sscard.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *lang = "en";

static int complain(const struct sscard *card)
{
    fprintf(stderr, "%s\n%s\n", sscard_error_text(card, lang), sscard_error_remedy(card, lang));
    return 1;
}

/* One call with its result; params is taken. NULL: the error is on the handle. */
static json_t *call(struct sscard *card, const char *method, json_t *params)
{
    char *text = json_dumps(params, 0), *answer = NULL;
    const int rc = sscard_call(card, method, text, &answer, sscard_deadline(30000));
    json_t *result = rc == 0 ? json_loads(answer, 0, NULL) : NULL;
    sscard_free(answer);
    sscard_free(text); /* it may hold a PIN, and jansson's memory comes from malloc */
    json_decref(params);
    return result;
}

/* When the answer was lost the service may have paid: the same op asks, and pays once at most. */
static json_t *debit(struct sscard *card, json_int_t fen, const char *op)
{
    json_t *sale = NULL;
    for (int tries = 0; !sale && (tries == 0 || (tries < 5 && sscard_error_sent(card))); tries++) {
        sale = call(card, "purse.debit",
                    json_pack("{s:I, s:s, s:{s:s}}", "amount", fen, "op", op, "pin", "entry", "pinpad"));
    }
    return sale;
}

int main(int argc, char **argv)
{
    const char *locale = getenv("LANG");
    struct sscard *card = NULL;
    json_t *who = NULL, *sale = NULL;
    int status = 2;
    if (locale && strncmp(locale, "zh", 2) == 0) {
        lang = "zh";
    }
    if (argc != 3) {
        fprintf(stderr, "usage: %s FEN OP\n", argv[0]);
        goto done;
    }
    if (sscard_open(NULL, sscard_deadline(2000), &card) != 0 ||
        !(who = call(card, "card.identity", json_object()))) {
        status = complain(card);
        goto done;
    }
    printf("%s, genuine: %s\n", json_string_value(json_object_get(who, "name")),
           json_string_value(json_object_get(who, "genuine")));
    sale = debit(card, strtoll(argv[1], NULL, 10), argv[2]);
    if (!sale) {
        status = complain(card);
        goto done;
    }
    const json_t *txn = json_object_get(sale, "txn");
    printf("transaction %lld, %s, balance %.2f\n", (long long)json_integer_value(json_object_get(txn, "id")),
           json_is_true(json_object_get(sale, "repeated")) ? "repeated" : "paid",
           (double)json_integer_value(json_object_get(txn, "balance_after")) / 100);
    status = 0;
done:
    json_decref(who);
    json_decref(sale);
    sscard_close(&card);
    return status;
}
