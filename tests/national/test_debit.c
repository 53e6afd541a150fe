/* SPDX-License-Identifier: Apache-2.0 */
/* iDoDebit, its two-step, iReadDebitRecord. With the argument pcscd: through a real pcscd. */
#include "bed.h"

static const char *const images[] = {"ssc-1.0", "ssc-2.0", "ssc-3.0-3des", "ssc-3.0"};
enum { IMAGES = sizeof images / sizeof images[0] };

#define SALE(n) "12.50|8|202601011200" #n "|"
#define DEBIT(...) OK(b->caller, iDoDebit, .type = 1, .card = CARD, __VA_ARGS__)
#define DEBIT_FAILS(code, begins, ...)                                                                       \
    FAILS(b->caller, code, begins, iDoDebit, .type = 1, .card = CARD, __VA_ARGS__)

static void test_debit(void **state)
{
    struct bed *b = *state;
    char line[600];
    for (size_t i = 0; i < IMAGES; i++) {
        char pay[40];
        bed_put(b, CONTACT, images[i]);
        snprintf(pay, sizeof pay, "12.50|8|2026010112000%zu|", i);
        snprintf(line, sizeof line, "%s", DEBIT(.pay = pay));
        assert_string_equal(item(line, 0), "410100813475");
        assert_int_equal(strlen(item(line, 1)), 8);
        assert_string_equal(item(line, 2), "5");
        assert_string_equal(item(line, 3), "0.00");
        assert_string_equal(item(line, 4), "12.50");
        assert_string_equal(item(line, 5), "8.00");
        assert_memory_equal(item(line, 6), pay + 8, 14); /* the time is the caller's */
        assert_int_equal(strlen(item(line, 7)), 8);
        /* the same sale once more: told, not done, and nobody asked for a PIN */
        bed_helper(b, "enter=");
        assert_string_equal(DEBIT(.pay = pay), line);
        bed_helper(b, BED_HOLDER);
        char record[100];
        snprintf(record, sizeof record, "6^2^410100813475^%s^0.00^12.50^8.00^|", item(line, 6));
        assert_string_equal(OK(b->caller, iReadDebitRecord, .type = 1), record);
        char file[120];
        snprintf(file, sizeof file, "DF04EF08|%s|$", "");
        snprintf(file, sizeof file, "DF04EF08|6^2^410100813475^%s^0.00^12.50^8.00^|$", item(line, 6));
        assert_string_equal(
            OK(b->caller, iReadCard, .type = 1, .auth = 1, .card = CARD, .files = "DF04EF08$"), file);
    }
}

/* Pulled out while the card debits: the caller is told that nobody knows; the same card again and the same
 * call again, and it has happened once, whatever had happened the first time. */
static void test_torn(void **state)
{
    struct bed *b = *state;
    static const char *const kinds[] = {"tear_before", "tear_during", "tear_after"};
    /* An image that the card did not write would tear again: not through pcscd, which reads it anew. */
    for (size_t i = b->pcscd ? 2 : 0; i < 2 * sizeof kinds / sizeof kinds[0]; i++) {
        char faults[100], pay[40], line[600];
        snprintf(faults, sizeof faults, "[{\"kind\": \"%s\", \"cla\": \"B0\", \"ins\": \"2C\", \"arg\": 2}]",
                 kinds[i / 2]);
        snprintf(pay, sizeof pay, "12.50|8|2026010112010%zu|", i);
        bed_put(b, CONTACT, bed_image(i % 2 ? "ssc-3.0" : "ssc-2.0", "faults", faults));
        DEBIT_FAILS(-4, "扣款结果未知", .pay = pay);
        no_lease(b);
        bed_torn(b, CONTACT);
        FAILS(b->caller, -2, "无卡", iDoDebit, .type = 1, .card = CARD, .pay = pay);
        bed_put_back(b, CONTACT);
        snprintf(line, sizeof line, "%s", DEBIT(.pay = pay));
        assert_string_equal(DEBIT(.pay = pay), line);
        const char *records = OK(b->caller, iReadDebitRecord, .type = 1);
        assert_string_equal(item(records, 1), ""); /* one record */
        assert_memory_equal(records, "6^2^410100813475^2026010112010", 30);
    }
}

/* What a site may say of the lines. */
static void test_formats(void **state)
{
    struct bed *b = *state;
    char conf[700];
    snprintf(
        conf, sizeof conf,
        "amounts = fen\n[pin]\nentry = helper\nhelper = %s/helper\n[format]\npay-info = amount|pooled|time|\n"
        "debit = {amount}^{amount:yuan}^{amount:hex}^{pooled}^{balance_before}^{balance_after}^{nothing}\n"
        "record = {time} {amount}-{type}/\n",
        b->s->folder);
    struct caller *c = caller_new(b, conf);
    bed_put(b, CONTACT, "ssc-2.0");
    assert_string_equal(OK(c, iDoDebit, .type = 1, .card = CARD, .pay = SALE(00)),
                        "1250^12.50^000004E2^800^100000^98750^");
    const char *record = OK(c, iReadDebitRecord, .type = 1);
    assert_string_equal(record + 14, " 1250-32/");
    caller_free(&c);
}

static void test_codes(void **state)
{
    struct bed *b = *state;
    static const char *const pays[] = {"",
                                       "1.00",
                                       "1.00|1.00|",
                                       "1.00|1.00|20260101120000|x",
                                       "1.00|1.00|20261301120000|",
                                       "1.001|1.00|20260101120000|",
                                       "-1.00|1.00|20260101120000|",
                                       ".5|1.00|20260101120000|",
                                       "1.|1.00|20260101120000|",
                                       "42949672.96|1.00|20260101120000|",
                                       "1,00|1.00|20260101120000|",
                                       "0|0|20260101120000|",
                                       NULL};
    DEBIT_FAILS(-2, "无卡", .pay = SALE(00));
    bed_put(b, CONTACT, "ssc-3.0");
    for (size_t i = 0; i < sizeof pays / sizeof pays[0]; i++) {
        DEBIT_FAILS(-23, "", .pay = pays[i]);
    }
    FAILS(b->caller, -22, "传入数据与卡内不符", iDoDebit, .type = 1,
          .card = "639900D15600000500BF7C7A48FB4966|X00000020|", .pay = SALE(00));
    bed_helper(b, "enter=111111");
    DEBIT_FAILS(-51, "PIN失败，剩余5次", .pay = SALE(00));
    FAILS(b->caller, -51, "PIN失败，剩余4次", iReadDebitRecord, .type = 1);
    bed_helper(b, BED_HOLDER);
    bed_put(b, SAM_SLOT, NULL);
    DEBIT_FAILS(-2201, "无PSAM卡", .pay = SALE(00));
    bed_put(b, SAM_SLOT, "psam");
    DEBIT(.pay = SALE(00)); /* none of all this has used the sale up */
    struct caller *c = caller_new(b, "[format]\npay-info = amount|pooled|time|\n"); /* from the account */
    bed_types(b, "123456", NULL);
    FAILS(c, -37889, "余额不足", iDoDebit, .type = 1, .card = CARD, .pay = "5000|0|20260101120100|");
    caller_free(&c);
    assert_string_equal(item(OK(b->caller, iReadDebitRecord, .type = 1), 1), ""); /* one record */
}

/* ---- with the back office's key ---- */

/* MAC1, MAC2 and TAC as the key machine computes them from the first step's line; the key of answers. */
static const char *authorised(const char *line, struct office_debit *codes)
{
    static char key[80];
    json_t *begun = json_pack(
        "{s:{s:s}, s:{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:s}}", "txn", "purse",
        "medical", "host", "algorithm", item(line, 0), "key_version", item(line, 2), "key_index", "01",
        "random", item(line, 3), "counter", atoi(item(line, 4)), "balance", 100000, "amount",
        (int)strtol(item(line, 5), NULL, 16), "self_pay", (int)strtol(item(line, 6), NULL, 16), "pooled",
        (int)strtol(item(line, 7), NULL, 16), "type", item(line, 8), "terminal", item(line, 9), "time",
        item(line, 10), "area_code", "639900", "reset_info", "00814E43238697159900BF7C7A");
    assert_non_null(begun);
    office_debit(begun, "20260101120203", "00000007", codes);
    json_decref(begun);
    snprintf(key, sizeof key, "00000007|20260101120203|%s|", codes->mac1);
    return key;
}

static void test_hsm(void **state)
{
    struct bed *b = *state;
    struct office_debit codes;
    char line[600], wanted[80];
    bed_put(b, SAM_SLOT, NULL);
    for (size_t i = 0; i < IMAGES; i++) {
        char pay[40];
        bed_put(b, CONTACT, images[i]);
        snprintf(pay, sizeof pay, "12.50|8|2026010112020%zu|", i);
        DEBIT_FAILS(-2201, "无PSAM卡", .pay = pay); /* and then, as callers do, for the same sale: */
        snprintf(line, sizeof line, "%s",
                 OK(b->caller, iDoDebit_HSM_Step1, .type = 1, .card = CARD, .pay = pay));
        assert_string_equal(item(line, 0), strcmp(images[i], "ssc-3.0") == 0 ? "03" : "01");
        assert_string_equal(item(line, 6), "000004E2");
        const char *key = authorised(line, &codes);
        snprintf(wanted, sizeof wanted, "%s|%s|", codes.mac2, codes.tac);
        assert_string_equal(OK(b->caller, iDoDebit_HSM_Step2, .key = key), wanted);
        no_lease(b);
        assert_string_equal(item(OK(b->caller, iReadDebitRecord, .type = 1), 0),
                            "6^2^000000000000^20260101120203^0.00^12.50^8.00^");
        /* done is done */
        snprintf(wanted, sizeof wanted, "该笔交易已经完成，MAC2 %s，TAC %s", codes.mac2, codes.tac);
        FAILS(b->caller, -23, wanted, iDoDebit_HSM_Step1, .type = 1, .card = CARD, .pay = pay);
        no_lease(b);
    }
}

/* First steps without a second one, again and again for one sale: at last it is refused, never "done". */
static void test_hsm_given_up(void **state)
{
    struct bed *b = *state;
    long rc = 0;
    int begun = 0;
    bed_put(b, CONTACT, "ssc-3.0");
    for (; rc == 0 && begun < 100; begun += rc == 0) {
        const struct args args = {.type = 1, .card = CARD, .pay = SALE(01)};
        rc = caller_call(b->caller, FN_iDoDebit_HSM_Step1, &args, NULL);
    }
    assert_in_range(begun, 10, 50);
    FAILS(b->caller, -31, "交易未发生", iDoDebit_HSM_Step1, .type = 1, .card = CARD, .pay = SALE(01));
    FAILS(b->caller, -31, "交易未发生", iDoDebit, .type = 1, .card = CARD, .pay = SALE(01));
    no_lease(b);
    assert_string_equal(OK(b->caller, iReadDebitRecord, .type = 1), "");
}

static void test_hsm_codes(void **state)
{
    struct bed *b = *state;
    static const char *const keys[] = {"",
                                       "|",
                                       "00000007|20260101120203|",
                                       "0000007|20260101120203|00112233|",
                                       "00000007|2026010112020|00112233|",
                                       "00000007|20260101120203|0011223G|"};
    char line[600];
    bed_put(b, CONTACT, "ssc-3.0");
    FAILS(b->caller, -23, "没有进行中的认证", iDoDebit_HSM_Step2, .key = "");
    bed_helper(b, "enter=111111");
    FAILS(b->caller, -51, "PIN失败，剩余5次", iDoDebit_HSM_Step1, .type = 1, .card = CARD, .pay = SALE(01));
    bed_helper(b, BED_HOLDER);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0];
         i++) { /* the same sale again and again: none happened */
        OK(b->caller, iDoDebit_HSM_Step1, .type = 1, .card = CARD, .pay = SALE(01));
        FAILS(b->caller, -23, "", iDoDebit_HSM_Step2, .key = keys[i]);
        no_lease(b);
    }
    snprintf(line, sizeof line, "%s",
             OK(b->caller, iDoDebit_HSM_Step1, .type = 1, .card = CARD, .pay = SALE(01)));
    FAILS(b->caller, -37634, "MAC校验失败", iDoDebit_HSM_Step2, .key = "00000007|20260101120203|00112233|");
    no_lease(b);
    assert_string_equal(OK(b->caller, iReadDebitRecord, .type = 1), "");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_debit, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_torn, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_formats, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_codes, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_hsm, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_hsm_given_up, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_hsm_codes, bed_up, bed_down),
    };
    return bed_arguments(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
