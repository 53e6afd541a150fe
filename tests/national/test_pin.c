/* SPDX-License-Identifier: Apache-2.0 */
/* iVerifyPIN, iChangePIN, iReloadPIN, iUnblockPIN: on the reader's pad and through the helper program, each
 * documented code. With the argument pcscd: through a real pcscd. */
#include "bed.h"

#include <sys/stat.h>

static const char *const images[] = {"ssc-1.0", "ssc-2.0", "ssc-3.0-3des", "ssc-3.0"};
enum { IMAGES = sizeof images / sizeof images[0] };

#define VERIFY(fails_, begins_) FAILS(b->caller, fails_, begins_, iVerifyPIN, .type = 1)

static void verified(struct bed *b, const char *pin)
{
    char answers[40];
    snprintf(answers, sizeof answers, "enter=%s", pin);
    bed_helper(b, answers);
    assert_string_equal(OK(b->caller, iVerifyPIN, .type = 1), "");
    bed_helper(b, BED_HOLDER);
}

static void test_pad(void **state)
{
    struct bed *b = *state;
    struct caller *pad = caller_new(b, "[pin]\nentry = auto\n");
    FAILS(pad, -2, "无卡", iVerifyPIN, .type = 1);
    for (size_t i = 0; i < IMAGES; i++) {
        bed_put(b, CONTACT, images[i]);
        bed_types(b, "123456", NULL);
        assert_string_equal(OK(pad, iVerifyPIN, .type = 1), "");
        assert_string_equal(OK(pad, iVerifyPIN, .type = 4), "");
        bed_types(b, "111111", NULL);
        FAILS(pad, -51, "PIN失败，剩余5次", iVerifyPIN, .type = 1);
        bed_types(b, "", NULL);
        FAILS(pad, -31, "用户取消密码输入", iVerifyPIN, .type = 1);
        bed_types(b, "123456", "654321");
        assert_string_equal(OK(pad, iChangePIN, .type = 1), "");
        bed_types(b, "654321", NULL);
        assert_string_equal(OK(pad, iVerifyPIN, .type = 1), "");
    }
    caller_free(&pad);
}

static void test_helper(void **state)
{
    struct bed *b = *state;
    for (size_t i = 0; i < IMAGES; i++) {
        bed_put(b, CONTACT, images[i]);
        verified(b, "123456");
        assert_string_equal(OK(b->caller, iChangePIN, .type = 1), "");
        verified(b, "654321");
        for (int left = 5; left > 0; left--) {
            char text[40];
            snprintf(text, sizeof text, "PIN失败，剩余%d次", left);
            VERIFY(-51, text);
        }
        VERIFY(-52, ""); /* the sixth locks */
        VERIFY(-52, "密码已锁定");
        FAILS(b->caller, -52, "密码已锁定", iChangePIN, .type = 1);
        assert_string_equal(OK(b->caller, iUnblockPIN, .type = 1, .card = CARD), "");
        verified(b, "654321");
    }
}

static void test_helper_codes(void **state)
{
    struct bed *b = *state;
    static const struct {
        const char *answers;
        long code;
        const char *text;
    } verify[] = {{"enter=", -31, "用户取消密码输入"},
                  {"other=1", -31, "用户取消密码输入"},
                  {"enter=sleep", -32, "密码输入超时"},
                  {"enter=123", -33, "密码长度错"},
                  {"enter=12345678901234567", -33, "密码长度错"},
                  {"enter=12345x", -33, "密码长度错"}},
      change[] = {{"old=", -31, ""},
                  {"old=123456 new=", -31, ""},
                  {"old=123456 new=654321 again=", -31, ""},
                  {"old=123456 new=654321 again=654322", -34, "两次输入的密码不一致"},
                  {"old=123456 new=123 again=123", -33, ""},
                  {"old=123456 new=sleep", -32, ""},
                  {"old=111111 new=654321 again=654321", -51, "PIN失败，剩余5次"}};
    bed_put(b, CONTACT, "ssc-3.0");
    for (size_t i = 0; i < sizeof verify / sizeof verify[0]; i++) {
        bed_helper(b, verify[i].answers);
        VERIFY(verify[i].code, verify[i].text);
    }
    for (size_t i = 0; i < sizeof change / sizeof change[0]; i++) {
        bed_helper(b, change[i].answers);
        FAILS(b->caller, change[i].code, change[i].text, iChangePIN, .type = 1);
    }
    verified(b, "123456");
    struct caller *none = caller_new(b, "[pin]\nentry = helper\n");
    FAILS(none, -13, "读卡器没有密码键盘。shim.conf 中没有可以运行的 helper", iVerifyPIN, .type = 1);
    caller_free(&none);
    none = caller_new(b, "[pin]\nentry = helper\nhelper = /nowhere/helper\n");
    FAILS(none, -13, "读卡器没有密码键盘", iVerifyPIN, .type = 1);
    caller_free(&none);
}

static void test_reload(void **state)
{
    struct bed *b = *state;
    for (size_t i = 0; i < IMAGES; i++) {
        bed_put(b, CONTACT, images[i]);
        assert_string_equal(OK(b->caller, iReloadPIN, .type = 3, .card = CARD), "");
        verified(b, "654321");
    }
    FAILS(b->caller, -22, "传入数据与卡内不符", iReloadPIN, .type = 1,
          .card = "639900D15600000500BF7C7A48FB4966|X00000020|");
    FAILS(b->caller, -22, "传入数据与卡内不符", iUnblockPIN, .type = 1,
          .card = "639900D15600000500BF7C7A48FB4966|X00000020|");
    FAILS(b->caller, -23, "传入数据不合法。pCardInfo", iReloadPIN, .type = 1, .card = "x");
    bed_helper(b, "new=111111 again=222222");
    FAILS(b->caller, -34, "两次输入的密码不一致", iReloadPIN, .type = 1, .card = CARD);
    bed_helper(b, BED_HOLDER);
    bed_put(b, SAM_SLOT, NULL);
    FAILS(b->caller, -2201, "无PSAM卡", iReloadPIN, .type = 1, .card = CARD);
    FAILS(b->caller, -2201, "无PSAM卡", iUnblockPIN, .type = 1, .card = CARD);
    bed_put(b, SAM_SLOT, "psam-3des");
    FAILS(b->caller, -2202, "PSAM卡算法不支持", iUnblockPIN, .type = 1, .card = CARD);
    bed_put(b, SAM_SLOT, bed_image("psam", "keys.PUK", "null"));
    FAILS(b->caller, -27272, "PSAM卡内没有所需密钥", iReloadPIN, .type = 1, .card = CARD);
    verified(b, "654321");
}

/* "03|0090|factor|original|", "03|0173|challenge|8424000114|654321|", the command. */
static void test_reload_hsm(void **state)
{
    struct bed *b = *state;
    char line[200];
    bed_put(b, SAM_SLOT, NULL);
    for (size_t i = 0; i < IMAGES; i++) {
        const bool sm4 = strcmp(images[i], "ssc-3.0") == 0;
        bed_put(b, CONTACT, images[i]);
        snprintf(line, sizeof line, "%s", OK(b->caller, iReloadPIN_HSM_Step1, .type = 1, .card = CARD));
        assert_memory_equal(line, sm4 ? "03|0090|" : "01|0090|", 8);
        assert_int_equal(strlen(line), 8 + 17 + 17);
        snprintf(line, sizeof line, "%s", OK(b->caller, iReloadPIN_HSM_Step2, .key = office_key(line)));
        assert_string_equal(item(line, 1), "0173");
        assert_string_equal(item(line, 3), sm4 ? "8424000114" : "842400010C");
        assert_string_equal(item(line, 4), "654321");
        assert_string_equal(item(line, 5), "");
        assert_int_equal(strlen(office_command(line)), sm4 ? 50 : 34);
        assert_string_equal(OK(b->caller, iReloadPIN_HSM_Step3, .key = office_command(line)), "");
        no_lease(b);
        verified(b, "654321");
        snprintf(line, sizeof line, "%s", OK(b->caller, iUnblockPIN_HSM_Step1, .type = 1, .card = CARD));
        snprintf(line, sizeof line, "%s", OK(b->caller, iUnblockPIN_HSM_Step2, .key = office_key(line)));
        assert_string_equal(item(line, 3), "8424000004");
        assert_string_equal(line + strlen(line) - 13, "|8424000004||");
        assert_int_equal(strlen(office_command(line)), 18);
        assert_string_equal(OK(b->caller, iUnblockPIN_HSM_Step3, .key = office_command(line)), "");
        no_lease(b);
    }
}

static void test_reload_hsm_codes(void **state)
{
    struct bed *b = *state;
    char line[200], key[64];
    bed_put(b, CONTACT, "ssc-3.0");
    FAILS(b->caller, -23, "没有进行中的认证", iReloadPIN_HSM_Step2, .key = "");
    FAILS(b->caller, -23, "没有进行中的认证", iReloadPIN_HSM_Step3, .key = "");
    OK(b->caller, iReloadPIN_HSM_Step1, .type = 1, .card = CARD);
    FAILS(b->caller, -23, "没有进行中的认证", iReloadPIN_HSM_Step3, .key = ""); /* one left out */
    no_lease(b);
    snprintf(line, sizeof line, "%s", OK(b->caller, iReloadPIN_HSM_Step1, .type = 1, .card = CARD));
    FAILS(b->caller, -23, "没有进行中的认证", iUnblockPIN_HSM_Step2, .key = office_key(line));
    no_lease(b);
    snprintf(line, sizeof line, "%s", OK(b->caller, iReloadPIN_HSM_Step1, .type = 1, .card = CARD));
    snprintf(key, sizeof key, "%s", office_key(line));
    key[3] = key[3] == '0' ? '1' : '0';
    FAILS(b->caller, -25545, "外部认证失败", iReloadPIN_HSM_Step2, .key = key);
    no_lease(b);
    snprintf(line, sizeof line, "%s", OK(b->caller, iReloadPIN_HSM_Step1, .type = 1, .card = CARD));
    bed_helper(b, "new=111111 again=222222");
    FAILS(b->caller, -34, "两次输入的密码不一致", iReloadPIN_HSM_Step2, .key = office_key(line));
    no_lease(b);
    bed_helper(b, BED_HOLDER);
    snprintf(line, sizeof line, "%s", OK(b->caller, iReloadPIN_HSM_Step1, .type = 1, .card = CARD));
    snprintf(line, sizeof line, "%s", OK(b->caller, iReloadPIN_HSM_Step2, .key = office_key(line)));
    FAILS(b->caller, -23, "传入数据不合法。pKey", iReloadPIN_HSM_Step3, .key = "8424000114");
    no_lease(b);
    snprintf(line, sizeof line, "%s", OK(b->caller, iReloadPIN_HSM_Step1, .type = 1, .card = CARD));
    snprintf(line, sizeof line, "%s", OK(b->caller, iReloadPIN_HSM_Step2, .key = office_key(line)));
    snprintf(key, sizeof key, "%s", office_command(line));
    key[49] = key[49] == '0' ? '1' : '0';
    FAILS(b->caller, -37634, "MAC校验失败", iReloadPIN_HSM_Step3, .key = key);
    no_lease(b);
    verified(b, "123456");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pad, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_helper, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_helper_codes, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_reload, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_reload_hsm, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(test_reload_hsm_codes, bed_up, bed_down),
    };
    return bed_arguments(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
