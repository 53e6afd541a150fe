/* SPDX-License-Identifier: Apache-2.0 */
/* iReadCard and iWriteCard with their two-steps: every kind of file, every access condition, each documented
 * code. With the argument pcscd: through a real pcscd. */
#include "bed.h"

static const char *const images[] = {"ssc-1.0", "ssc-2.0", "ssc-3.0-3des", "ssc-3.0"};
enum { IMAGES = sizeof images / sizeof images[0] };

#define READ(files_, auth_)                                                                                  \
    OK(b->caller, iReadCard, .type = 1, .auth = (auth_), .card = CARD, .files = files_)
#define READ_FAILS(code, begins, card_, files_, auth_)                                                       \
    FAILS(b->caller, code, begins, iReadCard, .type = 1, .auth = (auth_), .card = card_, .files = files_)
#define WRITE(files_, data_)                                                                                 \
    assert_string_equal(OK(b->caller, iWriteCard, .type = 1, .card = CARD, .files = files_, .data = data_),  \
                        "")
#define WRITE_FAILS(code, begins, files_, data_)                                                             \
    FAILS(b->caller, code, begins, iWriteCard, .type = 1, .card = CARD, .files = files_, .data = data_)

static void test_free_files(void **state)
{
    struct bed *b = *state;
    bed_put(b, SAM_SLOT, NULL); /* they need none */
    for (size_t i = 0; i < IMAGES; i++) {
        bed_put(b, CONTACT, images[i]);
        assert_string_equal(READ("SSSEEF05|07|01|$", 2),
                            "SSSEEF05|X00000019|639900D15600000500BF7C7A48FB4966|$");
        assert_string_equal(READ("MFEF05|05|$3f00ef05|06|", 0), "MFEF05|20101001|$3F00EF05|20201001|$");
    }
    bed_put(b, CONTACT, "ssc-2.0");
    assert_string_equal(READ("SSSEEF06|08|09|4E|0A|0B|0C|0D|$", 1),
                        "SSSEEF06|111111198101011110|张三||1|01|639900|19810101|$");
    assert_string_equal(READ("SSSEEF05$", 1), "SSSEEF05|639900D15600000500BF7C7A48FB4966|3|2.00|"
                                              "915600000263990063990001|20101001|20201001|X00000019|$");
    bed_put(b, CONTACT, "ssc-3.0");
    READ_FAILS(-2201, "无PSAM卡", CARD, "SSSEEF06|08|$", 1);
}

/* Free, PIN or key by either way, PIN alone, PIN and key: all in one call. */
static void test_many_files(void **state)
{
    struct bed *b = *state;
    for (size_t i = 1; i < IMAGES; i++) {
        bed_put(b, CONTACT, images[i]);
        for (int auth = 0; auth <= 2; auth++) {
            assert_string_equal(
                READ("SSSEEF06|09|$DF01EF07|29|$DF04EF06|90|92|93|$DF04EF08$DF03EF05|61|$", auth),
                "SSSEEF06|张三|$DF01EF07|1|$DF04EF06|0|00000000|00|$DF04EF08|$DF03EF05||$");
        }
    }
}

static void test_pin_files_without_psam(void **state)
{
    struct bed *b = *state;
    bed_put(b, SAM_SLOT, NULL);
    for (size_t i = 1; i < IMAGES; i++) {
        bed_put(b, CONTACT, images[i]);
        assert_string_equal(READ("DF01EF07|29|$DF04EF08$", 1), "DF01EF07|1|$DF04EF08|$");
        READ_FAILS(-2201, "无PSAM卡", CARD, "DF01EF07|29|$", 2);
        READ_FAILS(-2201, "无PSAM卡", CARD, "DF04EF06|90|$", 1);
    }
    bed_helper(b, "enter=111111");
    READ_FAILS(-51, "PIN失败，剩余5次", CARD, "DF04EF08$", 1);
    bed_helper(b, "enter=");
    READ_FAILS(-31, "用户取消密码输入", CARD, "DF04EF08$", 1);
    assert_string_equal(READ("SSSEEF05|02|$", 1), "SSSEEF05|3|$"); /* nobody is asked without need */
}

static void test_codes(void **state)
{
    struct bed *b = *state;
    static const char *const cards[] = {"",
                                        "|",
                                        "x",
                                        "639900D15600000500BF7C7A48FB496|X00000019|",
                                        "639900D15600000500BF7C7A48FB4966|X0000001|",
                                        CARD "x",
                                        NULL};
    static const char *const files[] = {"",
                                        "$",
                                        "|",
                                        "SSSE|08|$",
                                        "DF01EF05|2|$",
                                        "DF01EF05|20:|$",
                                        "DF01EF05|20:0|$",
                                        "DF01EF05|GG|$",
                                        "DF01EF0G|20|$",
                                        "DF01EF05:0$",
                                        "DF01EF05|20|$$",
                                        "DF09EF05|20|$",
                                        "DF01EF05|99|$",
                                        "DF01EF5|20|$",
                                        NULL};
    FAILS(b->caller, -2, "无卡", iReadCard, .type = 1, .card = CARD, .files = "SSSEEF05|01|$");
    bed_put(b, CONTACT, "ssc-2.0");
    for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) {
        READ_FAILS(-23, "传入数据不合法。pCardInfo", cards[i], "SSSEEF05|01|$", 1);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        READ_FAILS(-23, "", CARD, files[i], 1);
    }
    READ_FAILS(-22, "传入数据与卡内不符", "639900D15600000500BF7C7A48FB4967|X00000019|", "SSSEEF05|01|$", 1);
    READ_FAILS(-22, "传入数据与卡内不符", "639900D15600000500BF7C7A48FB4966|X00000020|", "SSSEEF05|01|$", 1);
    READ("SSSEEF05|01|$", 1);
    assert_string_equal(OK(b->caller, iReadCard, .type = 1, .card = "639900d15600000500bf7c7a48fb4966||",
                           .files = "SSSEEF05|02|$"),
                        "SSSEEF05|3|$");
    READ_FAILS(-23, "传入数据不合法。iAuthType", CARD, "SSSEEF05|01|$", 3);
    READ_FAILS(-27267, "", CARD, "DF04EF08:01$", 1); /* 6A83: the card has no such record */
    READ_FAILS(-27267, "", CARD, "DF01EF15|40:9|$", 1);
}

/* ---- the back office reads ---- */

static void test_read_hsm(void **state)
{
    struct bed *b = *state;
    for (int psam = 1; psam >= 0; psam--) {
        if (!psam) {
            bed_put(b, SAM_SLOT, NULL);
        }
        for (size_t i = 1; i < IMAGES; i++) {
            const char *line;
            bed_put(b, CONTACT, images[i]);
            line = OK(b->caller, iReadCard_HSM_Step1, .type = 3, .card = CARD,
                      .files = "DF01EF07|29|$SSSEEF05$");
            assert_string_equal(item(line, 0), strcmp(images[i], "ssc-3.0") == 0 ? "03" : "01");
            assert_string_equal(OK(b->caller, iReadCard_HSM_Step2, .key = office_key(line)), "DF01EF07|1|$");
            no_lease(b);
            line = OK(b->caller, iReadCard_HSM_Step1, .type = 1, .card = CARD, .files = "DF04EF06|90|93|$");
            assert_string_equal(OK(b->caller, iReadCard_HSM_Step2, .key = office_key(line)),
                                "DF04EF06|0|00|$");
            FAILS(b->caller, -2204, "不需要加密机认证", iReadCard_HSM_Step1, .type = 1, .card = CARD,
                  .files = "SSSEEF05|01|$");
            FAILS(b->caller, -2204, "不需要加密机认证", iReadCard_HSM_Step1, .type = 1, .card = CARD,
                  .files = "DF04EF08$");
            no_lease(b);
        }
    }
    FAILS(b->caller, -22, "传入数据与卡内不符", iReadCard_HSM_Step1, .type = 1,
          .card = "639900D15600000500BF7C7A48FB4966|X00000020|", .files = "DF01EF07|29|$");
    const char *line = OK(b->caller, iReadCard_HSM_Step1, .type = 1, .card = CARD, .files = "DF01EF07|29|$");
    char key[40];
    snprintf(key, sizeof key, "%s", office_key(line));
    key[0] = key[0] == '0' ? '1' : '0';
    FAILS(b->caller, -25545, "外部认证失败", iReadCard_HSM_Step2, .key = key);
    no_lease(b);
    FAILS(b->caller, -23, "没有进行中的认证", iReadCard_HSM_Step2, .key = key);
    bed_helper(b, "enter=111111"); /* the PIN is asked for in the first step */
    FAILS(b->caller, -51, "PIN失败，剩余5次", iReadCard_HSM_Step1, .type = 1, .card = CARD,
          .files = "DF04EF06|90|$");
}

/* ---- writing ---- */

static void test_write(void **state)
{
    struct bed *b = *state;
    char photo[9000] = "SSSEEF08|", *at = photo + strlen(photo);
    for (size_t i = 1; i < IMAGES; i++) {
        bed_put(b, CONTACT, images[i]);
        WRITE("DF01EF07|29|$", "DF01EF07|5|$");
        assert_string_equal(READ("DF01EF07|29|$", 1), "DF01EF07|5|$");
        /* 一号 in GB18030 */
        WRITE("DF01EF05|21|0E|$", "DF01EF05|\xD2\xBB\xBA\xC5|639900|$");
        assert_string_equal(READ("DF01EF05|20|21|0E|$", 2), "DF01EF05||一号|639900|$");
        WRITE("DF03EF19|79:3|$", "DF03EF19|310,639900,20200101,20201231,00012345,012,20210101|$");
        assert_string_equal(READ("DF03EF19|79:3|79:1|$", 1),
                            "DF03EF19|310,639900,20200101,20201231,00012345,012,20210101||$");
        WRITE("DF04EF15$", "DF04EF15|1^1^|$");
        WRITE("DF04EF15|$", "DF04EF15|2^9^|");
        assert_string_equal(READ("DF04EF15$", 1), "DF04EF15|2^9^|1^1^|$");
        assert_string_equal(READ("DF04EF15:02$DF04EF15|01|$", 1), "DF04EF15|1^1^|$DF04EF15|2^9^|$");
    }
    for (size_t i = 0; i < 4096; i++) {
        at += snprintf(at, 3, "%02X", (unsigned)i * 7 & 0xFF);
    }
    snprintf(at, 3, "|$");
    WRITE("SSSEEF08$", photo);
    assert_string_equal(READ("SSSEEF08$", 2), photo);
}

/* Sub-elements with a site's own separator, both ways. */
static void test_separator(void **state)
{
    struct bed *b = *state;
    struct caller *c = caller_new(b, "btlv-separator = ~~\n");
    const char *data = "DF01EF15|123~~12345~~\xD2\xBB\xD6\xD0|$"; /* 一中 */
    bed_put(b, CONTACT, "ssc-3.0");
    OK(c, iWriteCard, .type = 1, .card = CARD, .files = "DF01EF15|40:2|$", .data = data);
    assert_string_equal(OK(c, iReadCard, .type = 1, .auth = 2, .card = CARD, .files = "DF01EF15|40|40:2|$"),
                        "DF01EF15||123~~12345~~一中|$");
    assert_string_equal(READ("DF01EF15|40:2|$", 2), "DF01EF15|123,12345,一中|$");
    caller_free(&c);
}

static void test_write_codes(void **state)
{
    struct bed *b = *state;
    bed_put(b, CONTACT, "ssc-3.0");
    WRITE_FAILS(-23, "传入数据不合法。pWriteData", "DF01EF07|29|$", "DF01EF08|5|$"); /* another file */
    WRITE_FAILS(-23, "传入数据不合法。pWriteData", "DF01EF07|29|$", "DF01EF07|5|6|$");
    WRITE_FAILS(-23, "传入数据不合法。pWriteData", "DF01EF07|29|$", "DF01EF07|$");
    WRITE_FAILS(-23, "传入数据不合法。pWriteData", "DF01EF07|29|$", NULL);
    WRITE_FAILS(-23, "传入数据不合法。pWriteData", "SSSEEF08$", "SSSEEF08|ABC|$");
    WRITE_FAILS(-23, "", "DF01EF07|29|$", "DF01EF07|12345|$");              /* too long for the element */
    WRITE_FAILS(-41, "文字编码转换失败", "DF01EF05|21|$", "DF01EF05|\xD2"); /* half a character */
    WRITE_FAILS(-27010, "", "DF04EF08$", "DF04EF08|1^1^|$");                /* the card's own log */
    bed_put(b, SAM_SLOT, NULL);
    WRITE_FAILS(-2201, "无PSAM卡", "DF01EF07|29|$", "DF01EF07|5|$");
    bed_put(b, SAM_SLOT, bed_image("psam", "keys.UK2DF01", "null"));
    WRITE_FAILS(-27272, "PSAM卡内没有所需密钥", "DF01EF07|29|$", "DF01EF07|5|$");
    assert_string_equal(READ("DF01EF07|29|$", 1), "DF01EF07|1|$");
}

static void test_write_hsm(void **state)
{
    struct bed *b = *state;
    bed_put(b, SAM_SLOT, NULL);
    for (size_t i = 1; i < IMAGES; i++) {
        const char *line;
        bed_put(b, CONTACT, images[i]);
        line = OK(b->caller, iWriteCard_HSM_Step1, .type = 1, .card = CARD, .files = "DF01EF07|29|$");
        assert_string_equal(
            OK(b->caller, iWriteCard_HSM_Step2, .key = office_key(line), .data = "DF01EF07|7|$"), "");
        no_lease(b);
        assert_string_equal(READ("DF01EF07|29|$", 1), "DF01EF07|7|$");
        line = OK(b->caller, iWriteCard_HSM_Step1, .type = 1, .card = CARD, .files = "DF01EF07|29|$");
        FAILS(b->caller, -23, "传入数据不合法", iWriteCard_HSM_Step2, .key = office_key(line),
              .data = "DF01EF08|7|$");
        no_lease(b);
    }
    FAILS(b->caller, -23, "没有进行中的认证", iWriteCard_HSM_Step2, .key = "", .data = "DF01EF07|7|$");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_free_files, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_many_files, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_pin_files_without_psam, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_codes, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_read_hsm, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_write, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_separator, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_write_codes, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_write_hsm, bed_up, bed_down),
    };
    return bed_arguments(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
