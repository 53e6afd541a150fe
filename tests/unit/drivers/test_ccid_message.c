/* SPDX-License-Identifier: Apache-2.0 */
#include "ccid_device.h"

static void builds_what_the_standard_prints(void **state)
{
    static const uint8_t param[3] = {1, 0, 0}, data[] = {0x00, 0xA4, 0x04, 0x00};
    static const uint8_t wanted[] = {0x6F, 4, 0, 0, 0, 2, 9, 1, 0, 0, 0x00, 0xA4, 0x04, 0x00};
    uint8_t out[14];
    (void)state;
    assert_int_equal(ssc_ccid_message_build(out, sizeof out, SSC_CCID_XFR_BLOCK, 2, 9, param, data, 4), 14);
    assert_memory_equal(out, wanted, sizeof wanted);
    assert_int_equal(ssc_ccid_message_length(out), 14);
    assert_int_equal(ssc_ccid_message_build(out, 13, SSC_CCID_XFR_BLOCK, 2, 9, param, data, 4), 0);
    assert_int_equal(ssc_ccid_message_build(out, 9, SSC_CCID_XFR_BLOCK, 2, 9, param, NULL, 0), 0);
    assert_int_equal(ssc_ccid_message_build(out, 10, SSC_CCID_POWER_OFF, 0, 0, param, NULL, 0), 10);
}

static void takes_sound_answers_only(void **state)
{
    uint8_t m[] = {0x80, 2, 0, 0, 0, 1, 7, 0x40, 0xFE, 3, 0x90, 0x00};
    struct ssc_ccid_answer a;
    (void)state;
    assert_int_equal(ssc_ccid_answer_parse(m, sizeof m, &a), 0);
    assert_int_equal(a.slot, 1);
    assert_int_equal(a.seq, 7);
    assert_int_equal(a.outcome, SSC_CCID_FAILED);
    assert_int_equal(a.icc, SSC_CCID_ICC_ACTIVE);
    assert_int_equal(a.error, 0xFE);
    assert_int_equal(a.specific, 3);
    assert_int_equal(a.len, 2);
    for (size_t cut = 0; cut < sizeof m; cut++) {
        assert_int_equal(ssc_ccid_answer_parse(m, cut, &a), SSC_E_BAD_RESPONSE);
    }
    m[1] = 1; /* more than announced */
    assert_int_equal(ssc_ccid_answer_parse(m, sizeof m, &a), SSC_E_BAD_RESPONSE);
    m[1] = 2;
    m[4] = 0x80; /* 2 GiB more */
    assert_int_equal(ssc_ccid_answer_parse(m, sizeof m, &a), SSC_E_BAD_RESPONSE);
    assert_true(ssc_ccid_message_length(m) > 0x80000000u);
    m[4] = 0;
    m[7] = 0xC0; /* reserved outcome */
    assert_int_equal(ssc_ccid_answer_parse(m, sizeof m, &a), SSC_E_BAD_RESPONSE);
    m[7] = 0x03; /* reserved card status */
    assert_int_equal(ssc_ccid_answer_parse(m, sizeof m, &a), SSC_E_BAD_RESPONSE);
    m[7] = 0;
    m[0] = 0x6F; /* a command */
    assert_int_equal(ssc_ccid_answer_parse(m, sizeof m, &a), SSC_E_BAD_RESPONSE);
    m[0] = 0x85;
    assert_int_equal(ssc_ccid_answer_parse(m, sizeof m, &a), SSC_E_BAD_RESPONSE);
}

static void errors_mean_something(void **state)
{
    static const struct {
        uint8_t command, error;
        enum ssc_ccid_icc icc;
        int wanted;
    } cases[] = {
        {SSC_CCID_POWER_ON, 0xFE, SSC_CCID_ICC_ABSENT, SSC_E_NO_CARD},
        {SSC_CCID_POWER_ON, 0xFE, SSC_CCID_ICC_INACTIVE, SSC_E_CARD_MUTE},
        {SSC_CCID_POWER_ON, 0xFB, SSC_CCID_ICC_INACTIVE, SSC_E_CARD_MUTE},
        {SSC_CCID_POWER_ON, 0xF8, SSC_CCID_ICC_INACTIVE, SSC_E_BAD_ATR},
        {SSC_CCID_XFR_BLOCK, 0xFE, SSC_CCID_ICC_ABSENT, SSC_E_CARD_REMOVED},
        {SSC_CCID_XFR_BLOCK, 0xFE, SSC_CCID_ICC_ACTIVE, SSC_E_CARD_MUTE},
        {SSC_CCID_XFR_BLOCK, 0xFD, SSC_CCID_ICC_ACTIVE, SSC_E_READER_IO},
        {SSC_CCID_XFR_BLOCK, 0xF4, SSC_CCID_ICC_ACTIVE, SSC_E_BAD_RESPONSE},
        {SSC_CCID_XFR_BLOCK, 0xE0, SSC_CCID_ICC_ACTIVE, SSC_E_READER_BUSY},
        {SSC_CCID_XFR_BLOCK, 0xC0, SSC_CCID_ICC_ACTIVE, SSC_E_READER_IO},
        {SSC_CCID_SECURE, 0xF0, SSC_CCID_ICC_ACTIVE, SSC_E_PIN_TIMEOUT},
        {SSC_CCID_SECURE, 0xEF, SSC_CCID_ICC_ACTIVE, SSC_E_PIN_CANCELLED},
        {SSC_CCID_ESCAPE, 0x00, SSC_CCID_ICC_ACTIVE, SSC_E_NOT_SUPPORTED},
        {SSC_CCID_SET_PARAMETERS, 10, SSC_CCID_ICC_ACTIVE, SSC_E_NOT_SUPPORTED},
        {SSC_CCID_GET_SLOT_STATUS, 5, SSC_CCID_ICC_ABSENT, SSC_E_READER_NOT_FOUND},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(ssc_ccid_error(cases[i].command, cases[i].error, cases[i].icc), cases[i].wanted);
    }
    for (unsigned e = 0; e < 256; e++) {
        assert_true(ssc_ccid_error(SSC_CCID_XFR_BLOCK, (uint8_t)e, SSC_CCID_ICC_ACTIVE) < 0);
    }
    assert_int_equal(ssc_ccid_answer_to(SSC_CCID_SECURE), SSC_CCID_DATA_BLOCK);
    assert_int_equal(ssc_ccid_answer_to(0x99), 0);
}

static void notifications(void **state)
{
    /* slot 0: in, moved; slot 1: out, moved; slot 2: in; slot 4 (second byte): in, moved */
    static const uint8_t m[] = {0x50, 0x1B, 0x03};
    bool present = false, changed = false;
    (void)state;
    assert_true(ssc_ccid_notification(m, 3, 0, &present, &changed) && present && changed);
    assert_true(ssc_ccid_notification(m, 3, 1, &present, &changed) && !present && changed);
    assert_true(ssc_ccid_notification(m, 3, 2, &present, &changed) && present && !changed);
    assert_true(ssc_ccid_notification(m, 3, 4, &present, &changed) && present && changed);
    assert_false(ssc_ccid_notification(m, 2, 4, &present, &changed));
    assert_false(ssc_ccid_notification(m, 0, 0, &present, &changed));
    assert_false(ssc_ccid_notification((const uint8_t[]){0x51, 3}, 2, 0, &present, &changed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_what_the_standard_prints),
        cmocka_unit_test(takes_sound_answers_only),
        cmocka_unit_test(errors_mean_something),
        cmocka_unit_test(notifications),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
