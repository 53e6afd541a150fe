/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hex.h"

#include <stdio.h>

#include "apdu/atr.h"
#include "apdu/error.h"

static int parse(const char *text, struct ssc_atr *atr)
{
    struct hex h = hex(text);
    uint8_t *bytes = exact(h.data, h.len);
    int rc = ssc_atr_parse(bytes, h.len, atr);
    free(bytes);
    return rc;
}

static void social_security_cards(void **state)
{
    (void)state;
    static const struct {
        const char *atr, *historical, *region;
        uint16_t chip, card;
    } rows[] = {
        {"3B6D000000814A444686605199000001AC", "00814A444686605199000001AC", "5199", 0x0081, 0x8660},
        {"3B6D000000814E43238697159900BF7C7A", "00814E43238697159900BF7C7A", "1599", 0x0081, 0x8697},
        {"3B6D0000008148424286535119000A671A", "008148424286535119000A671A", "5119", 0x0081, 0x8653},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ssc_atr atr;
        struct ssc_historical h;
        assert_int_equal(parse(rows[i].atr, &atr), 0);
        assert_bytes(atr.historical, atr.historical_len, rows[i].historical);
        assert_int_equal(atr.protocols, 1);
        assert_int_equal(atr.first_protocol, 0);
        assert_false(atr.has_tck);
        assert_true(atr.tck_right);
        assert_int_equal(atr.f, 372);
        assert_int_equal(atr.d, 1);
        assert_int_equal(atr.f_max_khz, 5000);
        assert_int_equal(atr.wi, 10);
        assert_int_equal(atr.levels, 1);
        assert_false(atr.contactless);
        assert_int_equal(ssc_historical_parse(atr.historical, atr.historical_len, &h), 0);
        assert_int_equal(h.chip_maker, rows[i].chip);
        assert_int_equal(h.card_maker, rows[i].card);
        assert_string_equal(h.region, rows[i].region);
        assert_memory_equal(h.factor, atr.raw + atr.raw_len - 8, 8);
        assert_memory_equal(h.serial, atr.raw + atr.raw_len - 4, 4);
    }
}

static void contactless_ats(void **state)
{
    (void)state;
    struct hex h = hex("127880A00200 81544C9686845101C0666779");
    struct ssc_ats ats;
    struct ssc_historical ssc;
    assert_int_equal(ssc_ats_parse(h.data, h.len, &ats), 0);
    assert_int_equal(ats.fsc, 256);
    assert_int_equal(ats.fwi, 10);
    assert_int_equal(ats.sfgi, 0);
    assert_true(ats.cid);
    assert_false(ats.nad);
    assert_bytes(ats.historical, ats.historical_len, "0081544C9686845101C0666779");
    assert_int_equal(ssc_historical_parse(ats.historical, ats.historical_len, &ssc), 0);
    assert_string_equal(ssc.region, "5101");
    assert_bytes(ssc.serial, 4, "C0666779");
    assert_bytes(ssc.factor, 8, "86845101C0666779");
    for (size_t len = 0; len < h.len; len++) {
        uint8_t *bytes = exact(h.data, len);
        assert_int_equal(ssc_ats_parse(bytes, len, &ats), SSC_E_BAD_ATR);
        if (len > 0) { /* the same with a TL that says what is there */
            bytes[0] = (uint8_t)len;
            assert_int_equal(ssc_ats_parse(bytes, len, &ats), len >= 5 || len == 1 ? 0 : SSC_E_BAD_ATR);
        }
        free(bytes);
    }
}

static void ats_defaults_and_limits(void **state)
{
    (void)state;
    struct ssc_ats ats;
    struct hex h = hex("01");
    assert_int_equal(ssc_ats_parse(h.data, h.len, &ats), 0);
    assert_int_equal(ats.fsc, 32);
    assert_int_equal(ats.fwi, 4);
    assert_true(ats.cid);
    h = hex("0528FF4142"); /* TB of FF: both nibbles reserved */
    assert_int_equal(ssc_ats_parse(h.data, h.len, &ats), 0);
    assert_int_equal(ats.fwi, 4);
    assert_int_equal(ats.sfgi, 0);
    assert_int_equal(ats.historical_len, 2);
    h = hex("0220AA"); /* TL says less than there is */
    assert_int_equal(ssc_ats_parse(h.data, h.len, &ats), SSC_E_BAD_ATR);
    h = hex("020041");
    assert_int_equal(ssc_ats_parse(h.data, h.len, &ats), SSC_E_BAD_ATR);
    h = hex("020F");
    assert_int_equal(ssc_ats_parse(h.data, h.len, &ats), 0);
    assert_int_equal(ats.fsc, 4096);
    h = hex("034201");
    assert_int_equal(ssc_ats_parse(h.data, h.len, &ats), 0);
    assert_true(ats.nad);
    assert_false(ats.cid);
    uint8_t longest[24] = {22, 0x00};
    assert_int_equal(ssc_ats_parse(longest, 22, &ats), 0);
    longest[0] = 23; /* 21 historical bytes */
    assert_int_equal(ssc_ats_parse(longest, 23, &ats), SSC_E_BAD_ATR);
}

static void speeds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned f, d, khz;
    } rows[] = {
        {"3B1011", 372, 1, 5000},  {"3B1096", 512, 32, 5000},   {"3B1095", 512, 16, 5000},
        {"3B1018", 372, 12, 5000}, {"3B10D9", 2048, 20, 20000}, {"3B1000", 372, 0, 4000},
        {"3B1077", 0, 64, 0},      {"3B10A1", 768, 1, 7500},    {"3B10FA", 0, 0, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ssc_atr atr;
        assert_int_equal(parse(rows[i].text, &atr), 0);
        assert_int_equal(atr.f, rows[i].f);
        assert_int_equal(atr.d, rows[i].d);
        assert_int_equal(atr.f_max_khz, rows[i].khz);
    }
}

static void protocols_and_their_bytes(void **state)
{
    (void)state;
    struct ssc_atr atr;
    /* T=1 with IFSC, BWI/CWI and CRC; level 2 empty. 80 ^ 81 ^ 71 ^ FE ^ 45 ^ 01 = CA */
    assert_int_equal(parse("3B80 81 71 FE4501 CA", &atr), 0);
    assert_int_equal(atr.protocols, 2);
    assert_int_equal(atr.first_protocol, 1);
    assert_int_equal(atr.ifsc, 0xFE);
    assert_int_equal(atr.bwi, 4);
    assert_int_equal(atr.cwi, 5);
    assert_true(atr.crc);
    assert_true(atr.tck_right);
    /* T=0 and T=15: TA3 is a class indicator, all three supplies */
    assert_int_equal(parse("3BED 0000 80 1F 07 00814E43238697159900BF7C7A 9C", &atr), 0);
    assert_int_equal(atr.protocols, 1);
    assert_int_equal(atr.voltages, 7);
    assert_int_equal(atr.historical_len, 13);
    assert_true(atr.has_tck);
    /* TA2: specific mode, parameters not in TA1; TC2: WI */
    assert_int_equal(parse("3B80 50 10 20", &atr), 0);
    assert_true(atr.specific_mode);
    assert_true(atr.implicit);
    assert_int_equal(atr.wi, 0x20);
    assert_int_equal(parse("3B40FF", &atr), 0);
    assert_int_equal(atr.extra_guard, 255);
    /* T=0 then T=1 */
    assert_int_equal(parse("3B80 80 01 01", &atr), 0);
    assert_int_equal(atr.protocols, 3);
    assert_true(atr.contactless);
    assert_int_equal(atr.ifsc, 32);
    assert_true(atr.tck_right);
    assert_int_equal(parse("3F6525083204689000", &atr), 0);
    assert_true(atr.inverse);
}

static void pcsc_contactless(void **state)
{
    (void)state;
    struct ssc_atr atr;
    assert_int_equal(parse("3B8F8001804F0CA000000306030001000000006A", &atr), 0);
    assert_true(atr.contactless);
    assert_int_equal(atr.historical_len, 15);
    assert_true(atr.tck_right);
    /* A contact card with T=0 and T=1 and interface bytes is not contactless. */
    assert_int_equal(parse("3B90 11 80 01 00", &atr), 0);
    assert_false(atr.contactless);
}

/* Public answers of other cards: keys, national ids, a SIM, bank and signature cards, contactless memory. */
static void cards_of_the_world(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned protocols, f, d, ifsc, guard, voltages;
        int first;
        size_t historical;
    } rows[] = {
        {"3BFD1300008131FE158073C021C057597562694B657940", 2, 372, 4, 0xFE, 0, 0, 1, 13},
        {"3BDB960080B1FE451F830012233F536549440F9000F1", 3, 512, 32, 0xFE, 0, 3, 0, 11},
        {"3BDA18FF81B1FE751F030031C573C001400090000C", 2, 372, 12, 0xFE, 255, 3, 1, 10},
        {"3B9F96801FC78031A073BE21136743200718000001A5", 1, 512, 32, 32, 0, 7, 0, 15},
        {"3BF2180002C10A31FE58C80975", 2, 372, 12, 0xFE, 2, 0, 1, 2},
        {"3BB794008131FE6553504B32339000D1", 2, 512, 8, 0xFE, 0, 0, 1, 7},
        {"3B951540FF6301010201", 1, 372, 16, 32, 0, 0, 0, 5},
        {"3B6500002063CB6800", 1, 372, 1, 32, 0, 0, 0, 5},
        {"3B8880010000000033818100 3A", 3, 372, 1, 32, 0, 0, 0, 8},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ssc_atr atr;
        assert_int_equal(parse(rows[i].text, &atr), 0);
        assert_true(atr.tck_right);
        assert_int_equal(atr.protocols, rows[i].protocols);
        assert_int_equal(atr.first_protocol, rows[i].first);
        assert_int_equal(atr.f, rows[i].f);
        assert_int_equal(atr.d, rows[i].d);
        assert_int_equal(atr.ifsc, rows[i].ifsc);
        assert_int_equal(atr.extra_guard, rows[i].guard);
        assert_int_equal(atr.voltages, rows[i].voltages);
        assert_int_equal(atr.historical_len, rows[i].historical);
        assert_int_equal(atr.contactless, i == COUNT(rows) - 1);
    }
}

static void wrong_tck_is_told(void **state)
{
    (void)state;
    struct ssc_atr atr;
    struct hex h = hex("3B80800101");
    for (unsigned v = 0; v <= 0xFF; v++) {
        h.data[4] = (uint8_t)v;
        assert_int_equal(ssc_atr_parse(h.data, h.len, &atr), 0);
        assert_true(atr.has_tck);
        assert_int_equal(atr.tck_right, v == 0x01);
    }
    assert_int_equal(parse("3B808001", &atr), 0); /* due and missing */
    assert_false(atr.has_tck);
    assert_false(atr.tck_right);
    assert_int_equal(parse("3B0000", &atr), 0); /* not due, there, and right */
    assert_true(atr.has_tck && atr.tck_right);
    assert_int_equal(parse("3B000000", &atr), SSC_E_BAD_ATR);
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    static const char *const whole[] = {"3B6D000000814A444686605199000001AC",
                                        "3BFD1800008031FE4500814E43238697159900BF7C7A8B",
                                        "3B8F8001804F0CA000000306030001000000006A"};
    for (size_t i = 0; i < COUNT(whole); i++) {
        struct hex h = hex(whole[i]);
        struct ssc_atr atr;
        assert_int_equal(ssc_atr_parse(h.data, h.len, &atr), 0);
        size_t least = h.len - (atr.has_tck ? 1 : 0);
        for (size_t len = 0; len < least; len++) {
            uint8_t *bytes = exact(h.data, len);
            assert_int_equal(ssc_atr_parse(bytes, len, &atr), SSC_E_BAD_ATR);
            free(bytes);
        }
    }
}

static void not_an_answer_to_reset(void **state)
{
    (void)state;
    struct ssc_atr atr;
    /* all the parts are there, but one byte more than an answer may have */
    uint8_t longest[34] = {0x3B, 0xFF};
    longest[5] = longest[9] = longest[13] = 0xF0;
    longest[17] = 0x01;
    assert_int_equal(ssc_atr_parse(longest, sizeof longest - 1, &atr), 0);
    assert_int_equal(parse("", &atr), SSC_E_BAD_ATR);
    assert_int_equal(parse("3B", &atr), SSC_E_BAD_ATR);
    assert_int_equal(parse("3A00", &atr), SSC_E_BAD_ATR);
    assert_int_equal(parse("0300", &atr), SSC_E_BAD_ATR);
    assert_int_equal(parse("FFFFFF", &atr), SSC_E_BAD_ATR);
    assert_int_equal(parse("3B808080808080808080808000", &atr), SSC_E_BAD_ATR); /* TD without end */
    assert_int_equal(ssc_atr_parse(longest, sizeof longest, &atr), SSC_E_BAD_ATR);
    assert_int_equal(parse("3B80 80 80 80 80 80 80 00 00", &atr), 0); /* eight levels are the most */
    assert_int_equal(atr.levels, SSC_ATR_LEVELS);
}

static void thirteen_historical_bytes_or_none(void **state)
{
    (void)state;
    uint8_t bytes[16] = {0};
    struct ssc_historical h;
    for (size_t len = 0; len <= sizeof bytes; len++) {
        assert_int_equal(ssc_historical_parse(bytes, len, &h), len == 13 ? 0 : SSC_E_NOT_SSC);
    }
}

static void makers(void **state)
{
    (void)state;
    assert_string_equal(ssc_chip_maker(0x0081), "华大");
    assert_string_equal(ssc_chip_maker(0x0090), "复旦微");
    assert_string_equal(ssc_card_maker(0x8660), "东信和平");
    assert_null(ssc_chip_maker(0x8660));
    assert_null(ssc_card_maker(0x0081));
    assert_null(ssc_chip_maker(0));
}

static void collect(void *ctx, const struct ssc_atr_line *line)
{
    char *text = ctx;
    size_t used = strlen(text);
    int len = snprintf(text + used, 4096 - used, "%s: %s\n%s: %s\n", line->item, line->meaning, line->item_zh,
                       line->meaning_zh);
    assert_in_range(len, 1, 4095 - used);
}

static void explained(const char *atr_text, const char *const *lines, size_t count)
{
    char text[4096] = "";
    struct ssc_atr atr;
    assert_int_equal(parse(atr_text, &atr), 0);
    ssc_atr_explain(&atr, collect, text);
    for (size_t i = 0; i < count; i++) {
        if (!strstr(text, lines[i])) {
            print_error("'%s' is not in\n%s", lines[i], text);
            fail();
        }
    }
}

static void explanations(void **state)
{
    (void)state;
    static const char *const ssc[] = {"TS = 3B: direct convention\n",
                                      "TS = 3B: 正向约定\n",
                                      "T0 = 6D: 13 historical bytes\n",
                                      "T0 = 6D: 历史字节 13 个\n",
                                      "TC1 = 00: extra guard time 0 etu\n",
                                      "chip maker: 0081 华大\n",
                                      "芯片厂商: 0081 华大\n",
                                      "card maker: 8660 东信和平\n",
                                      "region: 5199\n",
                                      "serial: 000001AC\n",
                                      "卡序列号: 000001AC\n"};
    static const char *const t1[] = {"TA1 = 96: F=512 D=32, up to 5 MHz\n",
                                     "TA1 = 96: F=512 D=32, 最高 5 MHz\n",
                                     "TD1 = 81: protocol T=1\n",
                                     "TA3 = FE: T=1: the card takes 254 bytes per block\n",
                                     "TB3 = 45: T=1: block waiting BWI=4, character waiting CWI=5\n",
                                     "TB3 = 45: T=1: 块等待 BWI=4, 字符等待 CWI=5\n",
                                     "TC3 = 01: T=1: blocks are checked with CRC\n",
                                     "TCK = 00: wrong"};
    static const char *const t15[] = {"TA1 = A1: F=768 D=1, up to 7.5 MHz\n",
                                      "TA2 = 10: specific mode, T=0, parameters",
                                      "TD2 = 1F: bytes for every protocol follow\n",
                                      "TA3 = 03: supply: 5 V 3 V\n",
                                      "TA3 = 03: 电源: 5 V 3 V\n",
                                      "TCK: 缺少",
                                      "TCK: missing"};
    static const char *const others[] = {"TA1 = 77: reserved speed\n",
                                         "TC1 = FF: least guard time\n",
                                         "TC2 = 0A: T=0: waiting time WI=10\n",
                                         "TA3 = 11: specific to T=2\n",
                                         "TB3 = 22: specific to T=2\n",
                                         "TC3 = 33: specific to T=2\n",
                                         "TB1 = 25: programming voltage, out of use\n"};
    explained("3B6D000000814A444686605199000001AC", ssc, COUNT(ssc));
    explained("3BF0 77 25 FF C0 0A 72 11 22 33", others, COUNT(others));
    explained("3B90968171FE450100", t1, COUNT(t1));
    explained("3B90A190101F03", t15, COUNT(t15));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(social_security_cards),
        cmocka_unit_test(contactless_ats),
        cmocka_unit_test(ats_defaults_and_limits),
        cmocka_unit_test(speeds),
        cmocka_unit_test(protocols_and_their_bytes),
        cmocka_unit_test(pcsc_contactless),
        cmocka_unit_test(cards_of_the_world),
        cmocka_unit_test(wrong_tck_is_told),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(not_an_answer_to_reset),
        cmocka_unit_test(thirteen_historical_bytes_or_none),
        cmocka_unit_test(makers),
        cmocka_unit_test(explanations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
