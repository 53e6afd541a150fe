/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each national function, each iType, each documented code, against simulated cards of all generations, with
 * a PSAM and without one: the list of LD/T 6001.5. test_conformance [pcscd]: through a real pcscd.
 */
#include "bed.h"

static bool through_pcscd;

#define LINE(version, terminal)                                                                              \
    "639900|111111198101011110|X00000019|639900D15600000500BF7C7A48FB4966|张三|"                           \
    "00814E43238697159900BF7C7A|" version "|20101001|20201001|" terminal "||"
#define HELPER "[pin]\nentry = helper\nhelper = %s/helper\ntimeout-ms = 2000\n"

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

struct world {
    struct bed *bed;
    struct caller *c;
};

static int up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    char conf[300];
    w->bed = bed_new(through_pcscd);
    bed_helper(w->bed, "enter=123456 old=123456 new=654321 again=654321");
    snprintf(conf, sizeof conf, HELPER, w->bed->s->folder);
    w->c = caller_new(w->bed, conf);
    *state = w;
    return 0;
}

static int down(void **state)
{
    struct world *w = *state;
    caller_free(&w->c);
    no_lease(w->bed);
    bed_free(&w->bed);
    free(w);
    return 0;
}

/* ---- iReadCardBas ---- */

static void test_identity(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < GENERATIONS; i++) {
        bed_put(w->bed, CONTACT, generations[i].image);
        assert_string_equal(OK(w->c, iReadCardBas, .type = 1), generations[i].line);
        assert_string_equal(OK(w->c, iReadCardBas, .type = 3), generations[i].line);
        assert_string_equal(OK(w->c, iReadCardBas, .type = 4), generations[i].line);
        FAILS(w->c, -2, "无卡", iReadCardBas, .type = 2);
    }
}

/* The bytes themselves: GB18030. */
static void test_identity_bytes(void **state)
{
    struct world *w = *state;
    const char *bytes;
    bed_put(w->bed, CONTACT, "ssc-2.0");
    assert_int_equal(caller_call(w->c, FN_iReadCardBas, &(struct args){.type = 1}, &bytes), 0);
    assert_string_equal(bytes, "639900|111111198101011110|X00000019|639900D15600000500BF7C7A48FB4966|"
                               "\xD5\xC5\xC8\xFD|00814E43238697159900BF7C7A|2.00|20101001|20201001|"
                               "410100813475||");
}

static void test_media(void **state)
{
    struct world *w = *state;
    const char *contact = generations[1].line, *contactless = generations[3].line;
    for (int type = 1; type <= 4; type++) {
        FAILS(w->c, -2, "无卡", iReadCardBas, .type = type);
    }
    bed_put(w->bed, CONTACTLESS, "ssc-3.0");
    FAILS(w->c, -2, "无卡", iReadCardBas, .type = 1);
    for (int type = 2; type <= 4; type++) {
        assert_string_equal(OK(w->c, iReadCardBas, .type = type), contactless);
    }
    bed_put(w->bed, CONTACT, "ssc-2.0");
    assert_string_equal(OK(w->c, iReadCardBas, .type = 1), contact);
    assert_string_equal(OK(w->c, iReadCardBas, .type = 2), contactless);
    assert_string_equal(OK(w->c, iReadCardBas, .type = 3), contact);
    assert_string_equal(OK(w->c, iReadCardBas, .type = 4), contactless);
    for (enum function fn = 0; fn < FN_COUNT; fn++) { /* no function takes another iType */
        static const int wrong[] = {0, 5, -1, INT32_MIN, INT32_MAX};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            caller_fails(w->c, -23, "", fn,
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
    struct world *w = *state;
    bed_put(w->bed, CONTACT, "ssc-3.0");
    bed_put(w->bed, SAM_SLOT, NULL);
    FAILS(w->c, -2201, "无PSAM卡", iReadCardBas, .type = 1);
    bed_put(w->bed, SAM_SLOT, "psam-3des");
    FAILS(w->c, -2202, "PSAM卡算法不支持", iReadCardBas, .type = 1);
    bed_put(w->bed, SAM_SLOT, bed_image("psam", "keys.RKSSSE", "null"));
    FAILS(w->c, -2203, "PSAM卡内没有RKSSSE", iReadCardBas, .type = 1);
    bed_put(w->bed, SAM_SLOT, bed_image("psam", "keys.IRK", "null"));
    bed_put(w->bed, CONTACT, "ssc-3.0"); /* the one before has proven itself already */
    FAILS(w->c, -27272, "PSAM卡内没有所需密钥", iReadCardBas, .type = 1);
    bed_put(w->bed, SAM_SLOT, bed_image("psam", "keys.levels", "[]"));
    FAILS(w->c, -24, "PSAM密钥级别不够", iReadCardBas, .type = 1);
    bed_put(w->bed, SAM_SLOT, "psam");
    bed_put(w->bed, CONTACT, bed_image("ssc-3.0", "keys.IRK", "\"00112233445566778899AABBCCDDEEFF\""));
    FAILS(w->c, -21, "内部认证失败", iReadCardBas, .type = 1);
    bed_put(w->bed, CONTACT, bed_image("ssc-3.0", "keys.RKSSSE", "\"00112233445566778899AABBCCDDEEFF\""));
    FAILS(w->c, -25545, "外部认证失败", iReadCardBas, .type = 1); /* 63C9 */
    bed_put(w->bed, CONTACT, "pboc");
    FAILS(w->c, -1, "不是社会保障卡", iReadCardBas, .type = 3);
}

static void test_identity_without_psam(void **state)
{
    struct world *w = *state;
    bed_put(w->bed, SAM_SLOT, NULL);
    for (size_t i = 0; i < GENERATIONS; i++) {
        bed_put(w->bed, CONTACT, generations[i].image);
        FAILS(w->c, -2201, "无PSAM卡", iReadCardBas, .type = 1);
    }
}

static void hsm_identity(struct world *w, const struct generation *g, int type)
{
    char first[400], wanted[200];
    snprintf(first, sizeof first, "%s", OK(w->c, iReadCardBas_HSM_Step1, .type = type));
    snprintf(wanted, sizeof wanted, "639900|00814E43238697159900BF7C7A|%s|639900D15600000500BF7C7A48FB4966|",
             g->algorithm);
    assert_memory_equal(first, wanted, strlen(wanted));
    assert_int_equal(strlen(first), strlen(wanted) + 34 + (g->external ? 34 : 2));
    assert_int_equal(strlen(item(first, 4)), 16);
    assert_int_equal(strlen(item(first, 7)), g->external ? 16 : 0);
    assert_string_equal(OK(w->c, iReadCardBas_HSM_Step2, .key = office_identity(first)), g->line_hsm);
    no_lease(w->bed);
}

static void test_identity_hsm(void **state)
{
    struct world *w = *state;
    for (int psam = 1; psam >= 0; psam--) {
        if (!psam) {
            bed_put(w->bed, SAM_SLOT, NULL);
        }
        for (size_t i = 0; i < GENERATIONS; i++) {
            bed_put(w->bed, CONTACT, generations[i].image);
            hsm_identity(w, &generations[i], 1);
        }
    }
    bed_put(w->bed, CONTACT, NULL);
    bed_put(w->bed, CONTACTLESS, "ssc-3.0");
    hsm_identity(w, &generations[3], 2);
    hsm_identity(w, &generations[3], 4);
    FAILS(w->c, -2, "无卡", iReadCardBas_HSM_Step1, .type = 1);
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
    struct world *w = *state;
    static const char *const bad[] = {"",
                                      "|",
                                      "1234",
                                      "0011223344556677G899AABBCCDDEEFF|",
                                      "00112233445566778899AABBCCDDEEFF|", /* nobody asked that */
                                      "00112233445566778899AABBCCDDEEFF|00112233445566778899AABBCCDDEEFF|x"};
    bed_put(w->bed, CONTACT, "ssc-3.0");
    FAILS(w->c, -23, "没有进行中的认证", iReadCardBas_HSM_Step2, .key = bad[4]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        OK(w->c, iReadCardBas_HSM_Step1, .type = 1);
        FAILS(w->c, -23, "传入数据不合法", iReadCardBas_HSM_Step2, .key = bad[i]);
        no_lease(w->bed);
        FAILS(w->c, -23, "没有进行中的认证", iReadCardBas_HSM_Step2, .key = bad[4]);
    }
    char key[100];
    snprintf(key, sizeof key, "%s", office_identity(OK(w->c, iReadCardBas_HSM_Step1, .type = 1)));
    FAILS(w->c, -21, "内部认证失败", iReadCardBas_HSM_Step2, .key = spoiled(key, 0));
    no_lease(w->bed);
    snprintf(key, sizeof key, "%s", office_identity(OK(w->c, iReadCardBas_HSM_Step1, .type = 1)));
    FAILS(w->c, -25545, "外部认证失败", iReadCardBas_HSM_Step2, .key = spoiled(key, 33));
    no_lease(w->bed);
    /* another function in between, or a step of another two-step, ends it */
    snprintf(key, sizeof key, "%s", office_identity(OK(w->c, iReadCardBas_HSM_Step1, .type = 1)));
    OK(w->c, iVerifyPIN, .type = 1);
    FAILS(w->c, -23, "没有进行中的认证", iReadCardBas_HSM_Step2, .key = key);
    snprintf(key, sizeof key, "%s", office_identity(OK(w->c, iReadCardBas_HSM_Step1, .type = 1)));
    FAILS(w->c, -23, "没有进行中的认证", iReadCard_HSM_Step2, .key = key);
    no_lease(w->bed);
    snprintf(key, sizeof key, "%s", office_identity(OK(w->c, iReadCardBas_HSM_Step1, .type = 1)));
    bed_put(w->bed, CONTACT, NULL); /* the lease goes with the card */
    FAILS(w->c, -12, "占用标识无效或已过期", iReadCardBas_HSM_Step2, .key = key);
}

/* ---- iReadCard ---- */

static void test_read(void **state)
{
    struct world *w = *state;
    for (size_t i = 1; i < GENERATIONS; i++) {
        bed_put(w->bed, CONTACT, generations[i].image);
        assert_string_equal(OK(w->c, iReadCard, .type = 1, .auth = 2, .card = CARD,
                               .files = "SSSEEF06|08|09|4E|0A|$DF01EF07|29|$"),
                            "SSSEEF06|111111198101011110|张三||1|$DF01EF07|1|$");
    }
}

/* ---- PIN ---- */

static void test_pin_pad(void **state)
{
    struct world *w = *state;
    struct caller *pad = caller_new(w->bed, "[pin]\nentry = pinpad\n");
    for (size_t i = 0; i < GENERATIONS; i++) {
        bed_put(w->bed, CONTACT, generations[i].image);
        bed_types(w->bed, "123456", NULL);
        assert_string_equal(OK(pad, iVerifyPIN, .type = 1), "");
        bed_types(w->bed, "111111", NULL);
        FAILS(pad, -51, "PIN失败，剩余5次", iVerifyPIN, .type = 1);
        bed_types(w->bed, "", NULL);
        FAILS(pad, -31, "用户取消密码输入", iVerifyPIN, .type = 1);
        bed_types(w->bed, "123456", "654321");
        assert_string_equal(OK(pad, iChangePIN, .type = 1), "");
        bed_types(w->bed, "654321", NULL);
        assert_string_equal(OK(pad, iVerifyPIN, .type = 1), "");
    }
    caller_free(&pad);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_identity, up, down),
        cmocka_unit_test_setup_teardown(test_identity_bytes, up, down),
        cmocka_unit_test_setup_teardown(test_media, up, down),
        cmocka_unit_test_setup_teardown(test_identity_codes, up, down),
        cmocka_unit_test_setup_teardown(test_identity_without_psam, up, down),
        cmocka_unit_test_setup_teardown(test_identity_hsm, up, down),
        cmocka_unit_test_setup_teardown(test_identity_hsm_errors, up, down),
        cmocka_unit_test_setup_teardown(test_read, up, down),
        cmocka_unit_test_setup_teardown(test_pin_pad, up, down),
    };
    through_pcscd = argc > 1 && strcmp(argv[1], "pcscd") == 0;
    return through_pcscd && !test_pcscd_installed() ? 77 : cmocka_run_group_tests(tests, NULL, NULL);
}
