/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the PC/SC driver that need no pcscd; the rest is under tests/pcsc. */
#include "drivers/pcsc_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void features(void **state)
{
    static const uint8_t tlv[] = {0x06, 4, 0x42, 0x33, 0x00, 0x06, 0x07, 4, 0x42, 0x33, 0x00, 0x07,
                                  0x12, 4, 0x42, 0x33, 0x00, 0x12, 0x0A, 4, 0x42, 0x33, 0x00, 0x0A};
    struct ssc_pcsc_features f;
    (void)state;
    ssc_pcsc_features_parse(tlv, sizeof tlv, &f);
    assert_int_equal(f.verify, 0x42330006);
    assert_int_equal(f.modify, 0x42330007);
    assert_int_equal(f.tlv_properties, 0x42330012);
    assert_int_equal(f.display, 0);
    ssc_pcsc_features_parse(tlv, 11, &f); /* cut in the second */
    assert_int_equal(f.verify, 0x42330006);
    assert_int_equal(f.modify, 0);
    ssc_pcsc_features_parse((const uint8_t *)"\x06\x03\x01\x02\x03\x04", 6, &f); /* a length that lies */
    assert_int_equal(f.verify, 0);
}

static void error_codes(void **state)
{
    static const struct {
        uint64_t scard; /* LONG is as wide as the machine */
        int error;
    } cases[] = {
        {0, 0},
        {0x80100069, SSC_E_CARD_REMOVED},
        {0x80100068, SSC_E_CARD_RESET},
        {0x8010000C, SSC_E_NO_CARD},
        {0x80100016, SSC_E_READER_IO},
        {0x80100017, SSC_E_READER_REMOVED},
        {0x80100009, SSC_E_READER_NOT_FOUND},
        {0x80100013, SSC_E_NO_SERVICE},
        {0x8010001D, SSC_E_NO_SERVICE},
        {0x80100008, SSC_E_BUFFER_TOO_SMALL},
        {0x8010000B, SSC_E_READER_BUSY},
        {0x8010000F, SSC_E_PROTOCOL_MISMATCH},
        {0x80100067, SSC_E_CARD_UNPOWERED},
        {0xFFFFFFFF80100066, SSC_E_CARD_MUTE}, /* sign-extended */
        {0x801000FF, SSC_E_READER_IO},         /* unknown */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(ssc_pcsc_error((long)cases[i].scard), cases[i].error);
    }
}

static void readers_are_described(void **state)
{
    static const struct {
        const char *name;
        DWORD event;
        uint8_t atr[4];
        enum ssc_slot slot;
        enum ssc_medium medium;
        bool in_use;
    } cases[] = {
        {"Desk 00 00", SCARD_STATE_EMPTY, {0}, SSC_SLOT_EMPTY, SSC_MEDIUM_CONTACT, false},
        {"Desk 00 00", SCARD_STATE_PRESENT, {0x3B, 0x6D, 0, 0}, SSC_SLOT_CARD, SSC_MEDIUM_CONTACT, false},
        {"Desk 00 00",
         SCARD_STATE_PRESENT | SCARD_STATE_EXCLUSIVE,
         {0x3B},
         SSC_SLOT_CARD,
         SSC_MEDIUM_CONTACT,
         true},
        {"Desk 00 00",
         SCARD_STATE_PRESENT,
         {0x3B, 0x8D, 0x80, 0x01},
         SSC_SLOT_CARD,
         SSC_MEDIUM_CONTACTLESS,
         false},
        {"Desk 00 00", SCARD_STATE_PRESENT | SCARD_STATE_MUTE, {0}, SSC_SLOT_MUTE, SSC_MEDIUM_CONTACT, false},
        {"Desk 00 00", SCARD_STATE_UNAVAILABLE, {0}, SSC_SLOT_GONE, SSC_MEDIUM_CONTACT, false},
        {"ACS ACR1281 [SAM] 00 02", SCARD_STATE_EMPTY, {0}, SSC_SLOT_EMPTY, SSC_MEDIUM_SAM, false},
        {"Desk PSAM2 00 02", SCARD_STATE_EMPTY, {0}, SSC_SLOT_EMPTY, SSC_MEDIUM_SAM, false},
        {"SAMPLE Corp 00 00", SCARD_STATE_EMPTY, {0}, SSC_SLOT_EMPTY, SSC_MEDIUM_CONTACT, false},
        {"HID 5022 CL 01 00", SCARD_STATE_EMPTY, {0}, SSC_SLOT_EMPTY, SSC_MEDIUM_CONTACTLESS, false},
        {"Desk (PICC) 00 00", SCARD_STATE_EMPTY, {0}, SSC_SLOT_EMPTY, SSC_MEDIUM_CONTACTLESS, false},
        {"CLASSIC 00 00", SCARD_STATE_EMPTY, {0}, SSC_SLOT_EMPTY, SSC_MEDIUM_CONTACT, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SCARD_READERSTATE seen = {.szReader = cases[i].name, .dwEventState = cases[i].event, .cbAtr = 4};
        struct ssc_reader_state out;
        memcpy(seen.rgbAtr, cases[i].atr, 4);
        ssc_pcsc_reader_describe(&out, &seen);
        if (strcmp(out.name, cases[i].name) != 0 || out.slot != cases[i].slot ||
            out.medium != cases[i].medium || out.in_use != cases[i].in_use) {
            fail_msg("case %zu", i);
        }
    }
}

#define BAD "\xEF\xBF\xBD"

static void names_are_shown(void **state)
{
    static const struct {
        const char *raw, *shown; /* without the mark */
        bool marked;
    } cases[] = {
        {"Desk 00 00", "Desk 00 00", false},
        {"", "", false},
        {"读卡器 00 00", "读卡器 00 00", false},
        {"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF",
         "\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", false},
        {BAD, BAD, false},
        {"\xB6\xC1\xBF\xA8 00", BAD BAD BAD BAD " 00", true}, /* GBK */
        {"a\x80z", "a" BAD "z", true},
        {"\xC0\x80\xC1\xBF", BAD BAD BAD BAD, true},                         /* overlong */
        {"\xE0\x9F\xBF\xF0\x8F\xBF\xBF", BAD BAD BAD BAD BAD BAD BAD, true}, /* overlong */
        {"\xED\xA0\x80", BAD BAD BAD, true},                                 /* surrogate */
        {"\xF4\x90\x80\x80\xF5\xFF", BAD BAD BAD BAD BAD BAD, true},         /* past U+10FFFF */
        {"\xE8\xAF", BAD BAD, true},                                         /* cut */
        {"\xF0\x90\x80", BAD BAD BAD, true},
        {"\xC3(", BAD "(", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char shown[SSC_READER_NAME_MAX];
        const size_t len = strlen(cases[i].shown);
        ssc_pcsc_name_show(cases[i].raw, shown);
        if (strncmp(shown, cases[i].shown, len) != 0 || strlen(shown) != len + (cases[i].marked ? 9 : 0)) {
            fail_msg("case %zu: '%s'", i, shown);
        }
    }
}

static void shown_names_differ(void **state)
{
    char raw[SSC_READER_NAME_MAX], one[SSC_READER_NAME_MAX], two[SSC_READER_NAME_MAX];
    (void)state;
    ssc_pcsc_name_show("\xB6\xC1 00 00", one);
    assert_string_equal(one, BAD BAD " 00 00 3A489FD8"); /* written down by users: never another */
    ssc_pcsc_name_show("\xB6\xC0 00 00", two);
    assert_string_not_equal(one, two);
    ssc_pcsc_name_show(one, two); /* what is shown is a name, too */
    assert_string_equal(one, two);
    /* Three bytes for one do not fit; the mark does, and no character is cut. */
    for (size_t len = 30; len < sizeof raw; len++) {
        memset(raw, 0xB6, len);
        raw[len] = '\0';
        ssc_pcsc_name_show(raw, one);
        raw[len - 1] = (char)0xB7;
        ssc_pcsc_name_show(raw, two);
        assert_string_not_equal(one, two);
        assert_int_equal(strlen(one), (len < 39 ? 3 * len : 117) + 9);
    }
    memset(raw, 'a', sizeof raw - 1); /* fills it to the last byte */
    ssc_pcsc_name_show(raw, one);
    assert_string_equal(one, raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features),
        cmocka_unit_test(error_codes),
        cmocka_unit_test(readers_are_described),
        cmocka_unit_test(names_are_shown),
        cmocka_unit_test(shown_names_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
