/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each national function, each iType, each documented code, against simulated cards of all generations, with
 * a PSAM and without one: the list of LD/T 6001.5. test_conformance [pcscd]: through a real pcscd.
 */
#include "bed.h"

#define LINE(version, terminal)                                                                              \
    "639900|111111198101011110|X00000019|639900D15600000500BF7C7A48FB4966|张三|"                           \
    "00814E43238697159900BF7C7A|" version "|20101001|20201001|" terminal "||"

static const struct generation {
    const char *image, *line, *line_hsm, *algorithm;
    bool external; /* the holder's data wants a key */
} generations[] = {
    {"ssc-1.0", LINE("1.00", "410100813475"), LINE("1.00", "000000000000"), "01", false},
    {"ssc-2.0", LINE("2.00", "410100813475"), LINE("2.00", "000000000000"), "01", false},
    {"ssc-3.0-3des", LINE("3.00", "410100813475"), LINE("3.00", "000000000000"), "01", true},
    {"ssc-3.0", LINE("3.00", "410100813475"), LINE("3.00", "000000000000"), "03", true},
};
enum { GENERATIONS = sizeof generations / sizeof generations[0] };

/* ---- iReadCardBas ---- */

static void test_identity(void **state)
{
    struct bed *b = *state;
    for (size_t i = 0; i < GENERATIONS; i++) {
        bed_put(b, CONTACT, generations[i].image);
        assert_string_equal(OK(b->caller, iReadCardBas, .type = 1), generations[i].line);
        assert_string_equal(OK(b->caller, iReadCardBas, .type = 3), generations[i].line);
        assert_string_equal(OK(b->caller, iReadCardBas, .type = 4), generations[i].line);
        FAILS(b->caller, -2, "无卡", iReadCardBas, .type = 2);
    }
}

/* The bytes themselves: GB18030. */
static void test_identity_bytes(void **state)
{
    struct bed *b = *state;
    const char *bytes;
    bed_put(b, CONTACT, "ssc-2.0");
    assert_int_equal(caller_call(b->caller, FN_iReadCardBas, &(struct args){.type = 1}, &bytes), 0);
    assert_string_equal(bytes, "639900|111111198101011110|X00000019|639900D15600000500BF7C7A48FB4966|"
                               "\xD5\xC5\xC8\xFD|00814E43238697159900BF7C7A|2.00|20101001|20201001|"
                               "410100813475||");
}

static void test_media(void **state)
{
    struct bed *b = *state;
    const char *contact = generations[1].line, *contactless = generations[3].line;
    for (int type = 1; type <= 4; type++) {
        FAILS(b->caller, -2, "无卡", iReadCardBas, .type = type);
    }
    bed_put(b, CONTACTLESS, "ssc-3.0");
    FAILS(b->caller, -2, "无卡", iReadCardBas, .type = 1);
    for (int type = 2; type <= 4; type++) {
        assert_string_equal(OK(b->caller, iReadCardBas, .type = type), contactless);
    }
    bed_put(b, CONTACT, "ssc-2.0");
    assert_string_equal(OK(b->caller, iReadCardBas, .type = 1), contact);
    assert_string_equal(OK(b->caller, iReadCardBas, .type = 2), contactless);
    assert_string_equal(OK(b->caller, iReadCardBas, .type = 3), contact);
    assert_string_equal(OK(b->caller, iReadCardBas, .type = 4), contactless);
    for (enum function fn = 0; fn < FN_COUNT; fn++) { /* no function takes another iType */
        static const int wrong[] = {0, 5, -1, INT32_MIN, INT32_MAX};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            caller_fails(b->caller, -23, "", fn,
                         &(struct args){.type = wrong[i],
                                        .card = CARD,
                                        .files = "SSSEEF06|08|$",
                                        .data = "SSSEEF06|1|$",
                                        .pay = "1.00|0.00|20260101120000|",
                                        .key = ""});
        }
    }
}

/* No PSAM, one that cannot, a card that is none: the codes that callers decide by. */
static void test_identity_codes(void **state)
{
    struct bed *b = *state;
    bed_put(b, CONTACT, "ssc-3.0");
    bed_put(b, SAM_SLOT, NULL);
    FAILS(b->caller, -2201, "无PSAM卡", iReadCardBas, .type = 1);
    bed_put(b, SAM_SLOT, "psam-3des");
    FAILS(b->caller, -2202, "PSAM卡算法不支持", iReadCardBas, .type = 1);
    bed_put(b, SAM_SLOT, bed_image("psam", "keys.RKSSSE", "null"));
    FAILS(b->caller, -2203, "PSAM卡内没有RKSSSE", iReadCardBas, .type = 1);
    bed_put(b, SAM_SLOT, bed_image("psam", "keys.IRK", "null"));
    bed_put(b, CONTACT, "ssc-3.0"); /* the one before has proven itself already */
    FAILS(b->caller, -27272, "PSAM卡内没有所需密钥", iReadCardBas, .type = 1);
    bed_put(b, SAM_SLOT, bed_image("psam", "keys.levels", "[]"));
    FAILS(b->caller, -24, "PSAM密钥级别不够", iReadCardBas, .type = 1);
    bed_put(b, SAM_SLOT, "psam");
    bed_put(b, CONTACT, bed_image("ssc-3.0", "keys.IRK", "\"00112233445566778899AABBCCDDEEFF\""));
    FAILS(b->caller, -21, "内部认证失败", iReadCardBas, .type = 1);
    bed_put(b, CONTACT, bed_image("ssc-3.0", "keys.RKSSSE", "\"00112233445566778899AABBCCDDEEFF\""));
    FAILS(b->caller, -25545, "外部认证失败", iReadCardBas, .type = 1); /* 63C9 */
    bed_put(b, CONTACT, "pboc");
    FAILS(b->caller, -1, "不是社会保障卡", iReadCardBas, .type = 3);
}

static void test_identity_without_psam(void **state)
{
    struct bed *b = *state;
    bed_put(b, SAM_SLOT, NULL);
    for (size_t i = 0; i < GENERATIONS; i++) {
        bed_put(b, CONTACT, generations[i].image);
        FAILS(b->caller, -2201, "无PSAM卡", iReadCardBas, .type = 1);
    }
}

static void hsm_identity(struct bed *b, const struct generation *g, int type)
{
    char first[400], wanted[200];
    snprintf(first, sizeof first, "%s", OK(b->caller, iReadCardBas_HSM_Step1, .type = type));
    snprintf(wanted, sizeof wanted, "639900|00814E43238697159900BF7C7A|%s|639900D15600000500BF7C7A48FB4966|",
             g->algorithm);
    assert_memory_equal(first, wanted, strlen(wanted));
    assert_int_equal(strlen(first), strlen(wanted) + 34 + (g->external ? 34 : 2));
    assert_int_equal(strlen(item(first, 4)), 16);
    assert_int_equal(strlen(item(first, 7)), g->external ? 16 : 0);
    assert_string_equal(OK(b->caller, iReadCardBas_HSM_Step2, .key = office_identity(first)), g->line_hsm);
    no_lease(b);
}

static void test_identity_hsm(void **state)
{
    struct bed *b = *state;
    for (int psam = 1; psam >= 0; psam--) {
        if (!psam) {
            bed_put(b, SAM_SLOT, NULL);
        }
        for (size_t i = 0; i < GENERATIONS; i++) {
            bed_put(b, CONTACT, generations[i].image);
            hsm_identity(b, &generations[i], 1);
        }
    }
    bed_put(b, CONTACT, NULL);
    bed_put(b, CONTACTLESS, "ssc-3.0");
    hsm_identity(b, &generations[3], 2);
    hsm_identity(b, &generations[3], 4);
    FAILS(b->caller, -2, "无卡", iReadCardBas_HSM_Step1, .type = 1);
}

/* Flips a digit. */
static const char *spoiled(const char *text, size_t at)
{
    static char copy[200];
    snprintf(copy, sizeof copy, "%s", text);
    copy[at] = copy[at] == '0' ? '1' : '0';
    return copy;
}

static void test_identity_hsm_errors(void **state)
{
    struct bed *b = *state;
    static const char *const bad[] = {"",
                                      "|",
                                      "1234",
                                      "0011223344556677G899AABBCCDDEEFF|",
                                      "00112233445566778899AABBCCDDEEFF|", /* nobody asked that */
                                      "00112233445566778899AABBCCDDEEFF|00112233445566778899AABBCCDDEEFF|x"};
    bed_put(b, CONTACT, "ssc-3.0");
    FAILS(b->caller, -23, "没有进行中的认证", iReadCardBas_HSM_Step2, .key = bad[4]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        OK(b->caller, iReadCardBas_HSM_Step1, .type = 1);
        FAILS(b->caller, -23, "传入数据不合法", iReadCardBas_HSM_Step2, .key = bad[i]);
        no_lease(b);
        FAILS(b->caller, -23, "没有进行中的认证", iReadCardBas_HSM_Step2, .key = bad[4]);
    }
    char key[100];
    snprintf(key, sizeof key, "%s", office_identity(OK(b->caller, iReadCardBas_HSM_Step1, .type = 1)));
    FAILS(b->caller, -21, "内部认证失败", iReadCardBas_HSM_Step2, .key = spoiled(key, 0));
    no_lease(b);
    snprintf(key, sizeof key, "%s", office_identity(OK(b->caller, iReadCardBas_HSM_Step1, .type = 1)));
    FAILS(b->caller, -25545, "外部认证失败", iReadCardBas_HSM_Step2, .key = spoiled(key, 33));
    no_lease(b);
    /* another function in between, or a step of another two-step, ends it */
    snprintf(key, sizeof key, "%s", office_identity(OK(b->caller, iReadCardBas_HSM_Step1, .type = 1)));
    OK(b->caller, iVerifyPIN, .type = 1);
    FAILS(b->caller, -23, "没有进行中的认证", iReadCardBas_HSM_Step2, .key = key);
    snprintf(key, sizeof key, "%s", office_identity(OK(b->caller, iReadCardBas_HSM_Step1, .type = 1)));
    FAILS(b->caller, -23, "没有进行中的认证", iReadCard_HSM_Step2, .key = key);
    no_lease(b);
    snprintf(key, sizeof key, "%s", office_identity(OK(b->caller, iReadCardBas_HSM_Step1, .type = 1)));
    bed_put(b, CONTACT, NULL); /* the lease goes with the card */
    FAILS(b->caller, -2, "卡片已被取出", iReadCardBas_HSM_Step2, .key = key);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_identity, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_identity_bytes, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_media, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_identity_codes, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_identity_without_psam, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_identity_hsm, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_identity_hsm_errors, bed_up, bed_down),
    };
    return bed_arguments(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
