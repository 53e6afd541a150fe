/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated social security card and PSAM: PIN, keys, challenge, status words. */
#include "simcard.h"

static void key_state_ends_with_the_application(void **state)
{
    struct ssc_sim_card *c = card_named("ssc-3.0");
    (void)state;
    enter(c, SELECT_SSSE);
    assert_string_equal(authenticate(c, SSC_ALG_SM4, 0x0A), "9000");
    enter(c, SELECT_SSSE); /* the same one: kept */
    ASK(c, "00B2083014", "08123131313131313139383130313031313131309000");
    enter(c, SELECT_DF(1));
    enter(c, SELECT_SSSE);
    ASK(c, "00B2083014", "6982");
    ASK(c, "0020000003123456", "9000");
    enter(c, SELECT_DF(3));
    ASK(c, "00B2012C05", "6103FFFFFF9000"); /* the PIN lives until power-off */
    power(c);
    enter(c, SELECT_SSSE);
    enter(c, SELECT_DF(3));
    ASK(c, "00B2012C05", "6982");
    ssc_sim_card_free(&c);
}

static void challenge_is_used_once(void **state)
{
    const uint8_t fixed[8] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
    struct ssc_sim_card *c = card_named("ssc-3.0-3des");
    (void)state;
    ssc_sim_card_random(c, fixed, sizeof fixed);
    enter(c, SELECT_SSSE);
    RAW(c, "0082000A10C586091AE3AB90420102030405060708", "6984");
    RAW(c, "0084000008", "11223344556677889000");
    RAW(c, "0082000A10C586091AE3AB90420102030405060708", "9000"); /* the published synthetic value */
    RAW(c, "0082000A10C586091AE3AB90420102030405060708", "6984");
    RAW(c, "0084000008", "11223344556677889000");
    enter(c, SELECT_SSSE); /* gone with SELECT */
    RAW(c, "0082000A10C586091AE3AB90420102030405060708", "6984");
    RAW(c,
        "0088000010"
        "1122334455667788"
        "0102030405060708",
        "6108");
    RAW(c, "00C0000008", "C586091AE3AB90429000");
    RAW(c, "0084000005", "6700");
    RAW(c, "0084000010", "6700"); /* sixteen only with SM4 */
    RAW(c, "0084010008", "6A86");
    RAW(c, "0082007710C586091AE3AB90420102030405060708", "6A88");
    RAW(c, "0082008410C586091AE3AB90420102030405060708", "6A88"); /* no application, no key of it */
    RAW(c, "0082000A0AC586091AE3AB90420102", "6700");
    RAW(c,
        "0088000008"
        "1122334455667788",
        "6700");
    ssc_sim_card_free(&c);
}

static void wrong_keys_lock(void **state)
{
    struct ssc_sim_card *c = card_named("ssc-3.0");
    char expected[8];
    char *dump;
    (void)state;
    enter(c, SELECT_SSSE);
    for (int left = 9; left >= 0; left--) {
        assert_int_equal(strlen(raw(c, "0084000008")), 20);
        snprintf(expected, sizeof expected, "63C%X", (unsigned)left);
        RAW(c, "0082000A1000000000000000000102030405060708", expected);
    }
    assert_string_equal(authenticate(c, SSC_ALG_SM4, 0x0A), "6983");
    dump = ssc_sim_card_dump(c);
    assert_non_null(strstr(dump, "\"RKSSSE\": 0"));
    ssc_sim_card_free(&c);
    c = card_of_json(dump); /* power and even the file do not heal it */
    enter(c, SELECT_SSSE);
    assert_string_equal(authenticate(c, SSC_ALG_SM4, 0x0A), "6983");
    assert_string_equal(authenticate(c, SSC_ALG_SM4, 0x04), "9000");
    free(dump);
    ssc_sim_card_free(&c);
}

static void pin_rules(void **state)
{
    struct ssc_sim_card *c = card_named("ssc-3.0");
    (void)state;
    enter(c, SELECT_SSSE);
    RAW(c, "0020000000", "63C6");
    RAW(c, "0020000003654321", "63C5");
    RAW(c, "0020000003123456", "9000");
    RAW(c, "00200000041234 56FF", "9000"); /* padded with nibble F */
    RAW(c, "0020000000", "63C6");
    RAW(c, "002000000112", "6700");
    RAW(c, "0020000103123456", "6A86");
    RAW(c, "805E010007123456FF654321", "9000");
    RAW(c, "0020000003123456", "63C5");
    RAW(c, "805E010007123456FF111111", "63C4");
    RAW(c, "805E010007654321FF123456", "9000");
    RAW(c, "805E01000312FF34", "6700");
    RAW(c, "805E010007123456AA654321", "6A80");
    RAW(c, "805E010007123456FF6E4321", "6A80"); /* digits only */
    RAW(c, "805E010006123456FF123F", "6A80");   /* and four of them */
    RAW(c, "805E000007123456FF654321", "6A86");
    for (int i = 5; i >= 0; i--) {
        char expected[8];
        snprintf(expected, sizeof expected, "63C%d", i);
        RAW(c, "0020000003999999", expected);
    }
    RAW(c, "0020000003123456", "6983");
    RAW(c, "0020000000", "6983");
    power(c);
    enter(c, SELECT_SSSE);
    RAW(c, "0020000003123456", "6983");
    ssc_sim_card_free(&c);
}

/* Pulling the card out in the middle of a guess does not give the try back. */
static void torn_guesses_count(void **state)
{
    const struct ssc_sim_fault tear = {
        .kind = SSC_FAULT_TEAR_DURING, .nth = 1, .cla = -1, .ins = 0x20, .arg = 1};
    struct ssc_sim_card *c = card_named("ssc-3.0");
    (void)state;
    enter(c, SELECT_SSSE);
    assert_int_equal(ssc_sim_card_fault(c, &tear), 0);
    RAW(c, "0020000003999999", "E-27");
    ssc_sim_card_reinsert(c);
    power(c);
    enter(c, SELECT_SSSE);
    RAW(c, "0020000000", "63C5");
    ssc_sim_card_free(&c);
}

/* The command that a back office would send: unblock, then a new PIN. */
static void unblock_with(struct ssc_sim_card *c, enum ssc_algorithm alg)
{
    struct ssc_key stk = card_key(alg, alg == SSC_ALG_SM4 ? 16 : 8);
    struct ssc_command_buf b;
    uint8_t challenge[8], bytes[64], pin[3] = {0x65, 0x43, 0x21};
    char text[160];
    size_t len = sizeof bytes;
    hex_to(raw(c, "0084000008"), challenge, sizeof challenge);
    assert_int_equal(ssc_cmd_unblock_pin(&b, &stk, challenge), 0);
    assert_int_equal(ssc_command_encode(&b.cmd, bytes, &len), 0);
    assert_int_equal(ssc_hex_encode(bytes, len, text, sizeof text), 0);
    RAW(c, text, "6982"); /* PUK first */
    assert_string_equal(authenticate(c, alg, 0x06), "9000");
    RAW(c, text, "6984");
    hex_to(raw(c, "0084000008"), challenge, sizeof challenge);
    RAW(c, text, "6988"); /* MAC with the old challenge */
    hex_to(raw(c, "0084000008"), challenge, sizeof challenge);
    assert_int_equal(ssc_cmd_unblock_pin(&b, &stk, challenge), 0);
    len = sizeof bytes;
    assert_int_equal(ssc_command_encode(&b.cmd, bytes, &len), 0);
    assert_int_equal(ssc_hex_encode(bytes, len, text, sizeof text), 0);
    RAW(c, text, "9000");
    RAW(c, "0020000003123456", "9000");
    hex_to(raw(c, "0084000008"), challenge, sizeof challenge);
    assert_int_equal(ssc_cmd_reload_pin(&b, &stk, challenge, pin, sizeof pin), 0);
    len = sizeof bytes;
    assert_int_equal(ssc_command_encode(&b.cmd, bytes, &len), 0);
    assert_int_equal(ssc_hex_encode(bytes, len, text, sizeof text), 0);
    RAW(c, text, "9000");
    RAW(c, "0020000003123456", "63C5");
    RAW(c, "0020000003654321", "9000");
}

static void pin_unblock_and_reload(void **state)
{
    static const char *const names[] = {"ssc-3.0", "ssc-3.0-3des"};
    (void)state;
    for (size_t n = 0; n < 2; n++) {
        struct ssc_sim_card *c = card_named(names[n]);
        enter(c, SELECT_SSSE);
        for (int i = 0; i < 6; i++) {
            raw(c, "0020000003999999");
        }
        RAW(c, "0020000003123456", "6983");
        unblock_with(c, alg_of_card(names[n]));
        ssc_sim_card_free(&c);
    }
}

/* ---- PSAM ---- */

#define FACTORS                                                                                              \
    "8697159900BF7C7A"                                                                                       \
    "3633393930307378"                                                                                       \
    "3633303030307368"
#define R "1122334455667788"

static void psam_sessions(void **state)
{
    struct ssc_sim_card *p = card_named("psam");
    (void)state;
    ASK(p, "00A404000F7378312E73682EC9E7BBE1B1A3D5CF", "6F11840F7378312E73682EC9E7BBE1B1A3D5CF9000");
    ASK(p, "00A40200020016", "9000");
    ASK(p, "00B0000006", "4101008134759000");
    ASK(p, "00B095000F",
        "010000000000000081347501000000"
        "9000");
    ASK(p, "00A4000002DF01", "6F088406D156000005909000");
    ASK(p, "00B0990004", "000000019000");
    RAW(p, "80FA000008" R, "6901");
    RAW(p, "BFDE670820" FACTORS R, "9000");
    RAW(p, "80FA0000080102030405060708", "6108");
    RAW(p, "00C0000008", "C586091AE3AB90429000"); /* what the card answers to INTERNAL AUTHENTICATE */
    RAW(p,
        "80FA050010"
        "00000000000000000102030405060708",
        "6985"); /* type 7 encrypts only */
    RAW(p,
        "BFDE670818"
        "8697159900BF7C7A"
        "3633393930307378" R,
        "6700");
    RAW(p,
        "BFDE470818"
        "8697159900BF7C7A"
        "3633393930307378" R,
        "9000"); /* from the province's root */
    ASK(p, "80FA0000080102030405060708", "C586091AE3AB90429000");
    RAW(p,
        "BFDE270810"
        "8697159900BF7C7A" R,
        "9000");
    ASK(p, "80FA0000080102030405060708", "C586091AE3AB90429000");
    RAW(p, "BFDE07080A" R "0000", "6A80");
    RAW(p, "BFDE67FF20" FACTORS R, "6A88");
    RAW(p, "BFDE660820" FACTORS R, "6A88"); /* IRK is no MAC key */
    RAW(p, "BFDE620120" FACTORS R, "6985"); /* purchase keys serve purchases only */
    RAW(p, "BFDE694B20" FACTORS R, "6A88"); /* no load key in a terminal */
    RAW(p,
        "80FA000007"
        "01020304050607",
        "6901");
    ssc_sim_card_free(&p);
}

/* PUK and STK route of a PIN reload through the PSAM, against the card. */
static void psam_reloads_pin(void **state)
{
    const uint8_t fixed[8] = {0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8};
    struct ssc_sim_card *c = card_named("ssc-3.0-3des"), *p = card_named("psam");
    char command[160], mac_in[160], cipher[32], mac[32];
    (void)state;
    ssc_sim_card_random(c, fixed, sizeof fixed);
    enter(c, SELECT_SSSE);
    assert_string_equal(authenticate(c, SSC_ALG_3DES, 0x06), "9000");
    ASK(c, "0084000008", "A1A2A3A4A5A6A7A89000");
    RAW(p, "BFDE680920" FACTORS "A1A2A3A4A5A6A7A8", "9000");
    copy_answer(cipher, sizeof cipher, say(p, "80FA0000080365432180000000"));
    snprintf(mac_in, sizeof mac_in, "80FA0500180000000000000000842400010C%.16s800000", cipher);
    RAW(p, mac_in, "6901"); /* a session key does one kind of work */
    RAW(p, "BFDE680920" FACTORS "A1A2A3A4A5A6A7A8", "9000");
    copy_answer(mac, sizeof mac, say(p, mac_in));
    snprintf(command, sizeof command, "842400010C%.16s%.8s", cipher, mac);
    RAW(c, command, "9000");
    RAW(c, "0020000003654321", "9000");
    ssc_sim_card_free(&c);
    ssc_sim_card_free(&p);
}

static void psam_levels_and_gaps(void **state)
{
    char *json = edited(ssc_sim_image("psam"), "\"levels\"",
                        "\"RKSSSE\": null, \"PUK\": {\"levels\": [1]}, \"levels\"");
    struct ssc_sim_card *p = card_of_json(json);
    (void)state;
    RAW(p, "BFDE670A20" FACTORS R, "6A88");
    RAW(p, "BFDE681020" FACTORS R, "6A80");
    RAW(p,
        "BFDE281010"
        "8697159900BF7C7A" R,
        "9000");
    ASK(p, "00A404000F7378332E73682EC9E7BBE1B1A3D5CF", "6F11840F7378332E73682EC9E7BBE1B1A3D5CF9000");
    RAW(p, "BFDE670828" FACTORS R "0000000000000000", "9000");
    assert_int_equal(strlen(say(p, "80FA000010"
                                   "0102030405060708"
                                   "0000000000000000")),
                     36);
    ssc_sim_card_free(&p);
    free(json);
    p = card_named("psam-3des");
    RAW(p, "00A404000F7378332E73682EC9E7BBE1B1A3D5CF", "6A82");
    RAW(p, "BFEC00000111", "6A82"); /* SSF33 */
    RAW(p, "BFEC00000163", "9000");
    ssc_sim_card_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_state_ends_with_the_application),
        cmocka_unit_test(challenge_is_used_once),
        cmocka_unit_test(wrong_keys_lock),
        cmocka_unit_test(pin_rules),
        cmocka_unit_test(torn_guesses_count),
        cmocka_unit_test(pin_unblock_and_reload),
        cmocka_unit_test(psam_sessions),
        cmocka_unit_test(psam_reloads_pin),
        cmocka_unit_test(psam_levels_and_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
