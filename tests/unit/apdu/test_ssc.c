/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, authentication, PIN and files of the social security card, and its PSAM. */
#include "tests/unit/apdu/vectors.h"

#include "apdu/error.h"
#include "apdu/ssc.h"
#include "apdu/transmit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- synthetic vectors: tests/data/ssc-vectors.json ---- */

static void check_keys(const json_t *root, const json_t *suite, struct ssc_key *card_key)
{
    const json_t *factors = json_object_get(root, "factors");
    struct hex historical = hex_of(root, "historical"), challenge = hex_of(root, "challenge");
    struct ssc_key key = key_of(algorithm_of(suite), hex_of(root, "root")), made, session;
    uint8_t factor[8], auth[8];

    assert_int_equal(ssc_factor_province(text_of(root, "city"), factor), 0);
    assert_bytes(factor, 8, hex_of(factors, "province"));
    assert_int_equal(ssc_diversify(&key, factor, &made), 0);
    assert_bytes(made.bytes, made.len, hex_of(suite, "province_key"));
    assert_int_equal(ssc_factor_city(text_of(root, "city"), factor), 0);
    assert_bytes(factor, 8, hex_of(factors, "city"));
    assert_int_equal(ssc_diversify(&made, factor, &key), 0);
    assert_bytes(key.bytes, key.len, hex_of(suite, "city_key"));
    assert_bytes(historical.b + historical.len - 8, 8, hex_of(factors, "card"));
    /* In place, as callers do. */
    assert_int_equal(ssc_diversify(&key, historical.b + historical.len - 8, &key), 0);
    assert_bytes(key.bytes, key.len, hex_of(suite, "card_key"));
    assert_int_equal(ssc_session_key(&key, challenge.b, challenge.len, &session), 0);
    assert_bytes(session.bytes, session.len, hex_of(suite, "session_key"));
    assert_int_equal(ssc_auth_data(&session, hex_of(root, "original").b, auth), 0);
    assert_bytes(auth, 8, hex_of(suite, "auth_data"));
    *card_key = key;
}

static void check_pin(const json_t *root, const json_t *suite, const struct ssc_key *card_key)
{
    struct hex challenge = hex_of(root, "pin_challenge");
    uint8_t pin[8];
    size_t i, pin_len = 0;
    const json_t *row;

    assert_int_equal(ssc_pin_bytes(text_of(root, "pin"), pin, &pin_len), 0);
    json_array_foreach(json_object_get(suite, "reload"), i, row)
    {
        struct ssc_command_buf b;
        struct ssc_key stk = *card_key;

        stk.len = (uint8_t)json_integer_value(json_object_get(row, "stk_length"));
        assert_int_equal(ssc_cmd_reload_pin(&b, &stk, challenge.b, pin, pin_len), 0);
        assert_command(&b, hex_of(row, "send"));
    }
    json_array_foreach(json_object_get(suite, "unblock"), i, row)
    {
        struct ssc_command_buf b;
        struct ssc_key stk = *card_key;

        stk.len = (uint8_t)json_integer_value(json_object_get(row, "stk_length"));
        assert_int_equal(ssc_cmd_unblock_pin(&b, &stk, challenge.b), 0);
        assert_command(&b, hex_of(row, "send"));
    }
}

static uint32_t number(const json_t *object, const char *name)
{
    return (uint32_t)json_integer_value(json_object_get(object, name));
}

static struct ssc_medical_purchase purchase_of(const json_t *row)
{
    struct ssc_medical_purchase p = {.key_index = 1,
                                     .type = hex_of(row, "type").b[0],
                                     .seq = (uint16_t)number(row, "seq"),
                                     .amounts = {.account = number(row, "account"),
                                                 .self_pay = number(row, "self_pay"),
                                                 .pooled = number(row, "pooled")}};

    memcpy(p.random, hex_of(row, "random").b, 4);
    memcpy(p.terminal_seq, hex_of(row, "terminal_seq").b, 4);
    memcpy(p.terminal, hex_of(row, "terminal").b, 6);
    memcpy(p.datetime, hex_of(row, "datetime").b, 7);
    return p;
}

static void check_purchase(const json_t *root, const json_t *suite, const struct ssc_key *card_key)
{
    struct ssc_medical_purchase p = purchase_of(json_object_get(root, "purchase"));
    struct ssc_key session;
    uint8_t mac[4];

    assert_int_equal(ssc_medical_purchase_session(card_key, &p, &session), 0);
    assert_int_equal(ssc_medical_purchase_mac1(&session, &p, mac), 0);
    assert_bytes(mac, 4, hex_of(suite, "mac1"));
    assert_int_equal(ssc_medical_purchase_mac2(&session, &p, mac), 0);
    assert_bytes(mac, 4, hex_of(suite, "mac2"));
    assert_int_equal(ssc_medical_purchase_tac(card_key, &p, mac), 0);
    assert_bytes(mac, 4, hex_of(suite, "tac"));
}

static void test_synthetic_vectors(void **state)
{
    json_t *root = vectors_load("ssc-vectors.json");
    json_t *suites = json_object_get(root, "suites"), *suite;
    const char *name;
    struct ssc_key card_key;

    (void)state;
    assert_int_equal(json_object_size(suites), 2);
    json_object_foreach(suites, name, suite)
    {
        print_message("  %s\n", name);
        check_keys(root, suite, &card_key);
        check_pin(root, suite, &card_key);
        check_purchase(root, suite, &card_key);
    }
    json_decref(root);
}

static void test_zhejiang_city_factor(void **state)
{
    json_t *root = vectors_load("ssc-vectors.json");
    const json_t *row = json_object_get(root, "zhejiang");
    uint8_t factor[8];

    (void)state;
    assert_int_equal(ssc_factor_province(text_of(row, "city"), factor), 0);
    assert_bytes(factor, 8, hex_of(row, "province"));
    assert_int_equal(ssc_factor_city(text_of(row, "city"), factor), 0);
    assert_bytes(factor, 8, hex_of(row, "factor"));
    json_decref(root);
}

/* ---- an algorithm that nobody here has ---- */

static const struct ssc_key stk = {
    .alg = SSC_ALG_3DES,
    .len = 16,
    .bytes = {1, 35, 69, 103, 137, 171, 205, 239, 254, 220, 186, 152, 118, 84, 50, 16}};

static void test_unknown_algorithm(void **state)
{
    struct ssc_key ssf33 = {.alg = SSC_ALG_SSF33, .len = 16}, session;
    struct ssc_medical_purchase p = {.type = SSC_TXN_SETTLE};
    struct ssc_medical_load l = {.type = SSC_TXN_LOAD};
    struct ssc_command_buf b;
    uint8_t challenge[8] = {0}, mac[4], wire[SSC_COMMAND_SHORT];
    size_t len = sizeof wire;

    (void)state;
    assert_int_equal(ssc_medical_purchase_session(&ssf33, &p, &session), SSC_E_NOT_SUPPORTED);
    assert_int_equal(ssc_medical_purchase_tac(&ssf33, &p, mac), SSC_E_NOT_SUPPORTED);
    assert_int_equal(ssc_medical_load_session(&ssf33, &l, &session), SSC_E_NOT_SUPPORTED);
    ssc_cmd_get_challenge(&b, 8);
    assert_int_equal(ssc_cmd_unblock_pin(&b, &ssf33, challenge), SSC_E_NOT_SUPPORTED);
    assert_int_equal(ssc_command_encode(&b.cmd, wire, &len), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_cmd_reload_pin(&b, &ssf33, challenge, challenge, 3), SSC_E_NOT_SUPPORTED);
    len = sizeof wire;
    assert_int_equal(ssc_command_encode(&b.cmd, wire, &len), SSC_E_INVALID_ARGUMENT);
}

/* ---- commands, byte for byte ---- */

static const uint8_t eight[8] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t factors[3][8] = {{0x86, 0x97, 0x15, 0x99, 0x00, 0xBF, 0x7C, 0x7A},
                                      {0x36, 0x33, 0x39, 0x39, 0x30, 0x30, 0x73, 0x78},
                                      {0x36, 0x33, 0x30, 0x30, 0x30, 0x30, 0x73, 0x68}};
#define CARD "8697159900BF7C7A"
#define CITY "3633393930307378"
#define PROVINCE "3633303030307368"

static void test_file_commands(void **state)
{
    struct ssc_command_buf b;

    (void)state;
    ssc_cmd_select_name(&b, ssc_ssse_name, sizeof ssc_ssse_name);
    assert_command(&b, hex("00A404000F7378312E73682EC9E7BBE1B1A3D5CF00"));
    ssc_cmd_select_df(&b, 0xDF04);
    assert_command(&b, hex("00A4000002DF0400"));
    ssc_cmd_select_ef(&b, 0xEF05);
    assert_command(&b, hex("00A4020002EF05"));
    ssc_cmd_read_record(&b, 0, 1, SSC_REC_FIRST, 0x12);
    assert_command(&b, hex("00B2010012"));
    ssc_cmd_read_record(&b, 5, 1, SSC_REC_FROM, SSC_LE_SHORT);
    assert_command(&b, hex("00B2012D00"));
    ssc_cmd_read_record(&b, 5, 7, SSC_REC_NUMBER, 11);
    assert_command(&b, hex("00B2072C0B"));
    ssc_cmd_read_record(&b, 30, 0xFF, SSC_REC_ALL_LAST, 1);
    assert_command(&b, hex("00B2FFF601"));
    ssc_cmd_read_record(&b, 0, 1, SSC_REC_FROM, SSC_LE_EXTENDED);
    assert_command(&b, hex("00B20105000000"));
    ssc_cmd_update_record(&b, 0, 0x29, SSC_REC_FIRST, hex("290131").b, 3);
    assert_command(&b, hex("00DC290003290131"));
    ssc_cmd_update_record(&b, 0x15, 0, SSC_REC_PREVIOUS, hex("000531").b, 3);
    assert_command(&b, hex("00DC00AB03000531"));
    ssc_cmd_read_binary(&b, 0x16, 0, 6);
    assert_command(&b, hex("00B0960006"));
    ssc_cmd_read_binary(&b, 0x1C, 0xFF, 1);
    assert_command(&b, hex("00B09CFF01"));
    ssc_cmd_read_binary(&b, 0, 0x7FFF, SSC_LE_SHORT);
    assert_command(&b, hex("00B07FFF00"));
    ssc_cmd_update_binary(&b, 0, 0x1234, eight, 3);
    assert_command(&b, hex("00D6123403010203"));
    ssc_cmd_update_binary(&b, 1, 0x34, eight, 3);
    assert_command(&b, hex("00D6813403010203"));
}

static void test_authentication_commands(void **state)
{
    struct ssc_command_buf b;

    (void)state;
    ssc_cmd_get_challenge(&b, 8);
    assert_command(&b, hex("0084000008"));
    ssc_cmd_internal_auth(&b, hex("32D9E876ADB31BBF").b, hex("DBF7A936D0D18C9E").b);
    assert_command(&b, hex("008800001032D9E876ADB31BBFDBF7A936D0D18C9E08"));
    ssc_cmd_external_auth(&b, 0x0A, hex("774A08EDF447A1DE").b, hex("E603E2CAADAF02B6").b, -1);
    assert_command(&b, hex("0082000A10774A08EDF447A1DEE603E2CAADAF02B6"));
    ssc_cmd_external_auth(&b, 0x04, hex("774A08EDF447A1DE").b, hex("E603E2CAADAF02B6").b, 1);
    assert_command(&b, hex("0082000411774A08EDF447A1DEE603E2CAADAF02B601"));
    ssc_cmd_external_auth(&b, 0x04, eight, eight, 0);
    assert_command(&b, hex("0082000411 0102030405060708 0102030405060708 00"));
}

static void test_pin_commands(void **state)
{
    struct ssc_command_buf b;

    (void)state;
    ssc_cmd_verify(&b, hex("123456").b, 3);
    assert_command(&b, hex("0020000003123456"));
    ssc_cmd_verify(&b, NULL, 0);
    assert_command(&b, hex("00200000"));
    assert_int_equal(ssc_cmd_change_pin(&b, 0, hex("123456").b, 3, hex("65432F").b, 3), 0);
    assert_command(&b, hex("805E010007 123456 FF 65432F"));
    assert_int_equal(ssc_cmd_change_pin(&b, 0, eight, 2, eight, 2), 0);
    assert_command(&b, hex("805E010005 0102 FF 0102"));
    assert_int_equal(ssc_cmd_change_pin(&b, 0, eight, 8, eight, 8), 0);
    assert_command(&b, hex("805E0100110102030405060708FF0102030405060708"));
}

static void test_psam_commands(void **state)
{
    struct ssc_command_buf b;

    (void)state;
    ssc_cmd_psam_delivery(&b, 7, 0x08, factors, 3, eight, 8);
    assert_command(&b, hex("BFDE670820" CARD CITY PROVINCE "0102030405060708"));
    ssc_cmd_psam_delivery(&b, 8, 0x12, factors, 2, hex("01020304050607080000000000000000").b, 16);
    assert_command(&b, hex("BFDE481220" CARD CITY "01020304050607080000000000000000"));
    ssc_cmd_psam_delivery(&b, 7, 0x0A, factors, 1, eight, 8);
    assert_command(&b, hex("BFDE270A10" CARD "0102030405060708"));
    ssc_cmd_psam_delivery(&b, 0x1F, 0x0A, factors, 0, eight, 8);
    assert_command(&b, hex("BFDE1F0A08 0102030405060708"));
    ssc_cmd_psam_cipher(&b, 0x00, eight, 8, 8);
    assert_command(&b, hex("80FA000008010203040506070808"));
}

/* ---- what must not leave this host ---- */

static void assert_refused(const struct ssc_command_buf *b)
{
    uint8_t wire[SSC_COMMAND_SHORT];
    size_t len = sizeof wire;

    assert_int_equal(ssc_command_encode(&b->cmd, wire, &len), SSC_E_INVALID_ARGUMENT);
}

static void test_refused_commands(void **state)
{
    static const uint8_t big[300];
    struct ssc_medical_purchase p = {.type = SSC_TXN_SETTLE};
    struct ssc_command_buf b;

    (void)state;
    ssc_cmd_select_name(&b, big, 256), assert_refused(&b);
    ssc_cmd_read_record(&b, 31, 1, SSC_REC_FIRST, 1), assert_refused(&b);
    ssc_cmd_read_record(&b, 1, 1, (enum ssc_record_mode)7, 1), assert_refused(&b);
    ssc_cmd_read_record(&b, 1, 1, SSC_REC_FIRST, SSC_LE_EXTENDED + 1), assert_refused(&b);
    ssc_cmd_update_record(&b, 1, 1, SSC_REC_FIRST, big, 256), assert_refused(&b);
    ssc_cmd_update_record(&b, 31, 1, SSC_REC_FIRST, big, 1), assert_refused(&b);
    ssc_cmd_read_binary(&b, 31, 0, 1), assert_refused(&b);
    ssc_cmd_read_binary(&b, 1, 256, 1), assert_refused(&b);
    ssc_cmd_read_binary(&b, 0, 0x8000, 1), assert_refused(&b);
    ssc_cmd_update_binary(&b, 1, 256, big, 1), assert_refused(&b);
    ssc_cmd_update_binary(&b, 0, 0, big, 256), assert_refused(&b);
    ssc_cmd_external_auth(&b, 4, big, big, 256), assert_refused(&b);
    ssc_cmd_verify(&b, big, 1), assert_refused(&b);
    ssc_cmd_verify(&b, big, 9), assert_refused(&b);
    ssc_cmd_medical_balance(&b, 0), assert_refused(&b);
    ssc_cmd_medical_balance(&b, 4), assert_refused(&b);
    ssc_cmd_psam_delivery(&b, 7, 8, factors, 4, eight, 8), assert_refused(&b);
    ssc_cmd_psam_delivery(&b, 0x20, 8, factors, 3, eight, 8), assert_refused(&b);
    ssc_cmd_psam_delivery(&b, 7, 8, factors, 3, big, 17), assert_refused(&b);
    ssc_cmd_psam_cipher(&b, 0, big, 256, 8), assert_refused(&b);
    ssc_cmd_psam_init_purchase(&b, &p, factors, 4), assert_refused(&b);
    ssc_cmd_get_challenge(&b, 8);
    assert_int_equal(ssc_cmd_change_pin(&b, 0, eight, 1, eight, 3), SSC_E_PIN_LENGTH), assert_refused(&b);
    assert_int_equal(ssc_cmd_change_pin(&b, 0, eight, 3, big, 9), SSC_E_PIN_LENGTH), assert_refused(&b);
    ssc_cmd_get_challenge(&b, 8);
    assert_int_equal(ssc_cmd_reload_pin(&b, &stk, eight, eight, 1), SSC_E_PIN_LENGTH), assert_refused(&b);
    assert_int_equal(ssc_cmd_reload_pin(&b, &stk, eight, big, 9), SSC_E_PIN_LENGTH), assert_refused(&b);
}

static int count_exchange(void *ctx, const uint8_t *tx, size_t tx_len, uint8_t *rx, size_t *rx_len,
                          int64_t deadline)
{
    (void)tx, (void)tx_len, (void)deadline;
    ++*(unsigned *)ctx;
    rx[0] = 0x90;
    rx[1] = 0x00;
    *rx_len = 2;
    return 0;
}

/* Refused at the one door that every command goes through, whatever the link can do. */
static void test_refused_commands_are_not_sent(void **state)
{
    unsigned exchanges = 0;
    struct ssc_link link = {.exchange = count_exchange, .ctx = &exchanges};
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response r = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;

    (void)state;
    for (int protocol = SSC_T0; protocol <= SSC_TCL; protocol++) {
        for (int extended = 0; extended <= 1; extended++) {
            link.protocol = (enum ssc_protocol)protocol;
            link.extended_length = extended;
            ssc_cmd_verify(&b, eight, 1);
            assert_int_equal(ssc_transmit(&link, &b.cmd, &r, 0, 0, NULL), SSC_E_INVALID_ARGUMENT);
            assert_int_equal(exchanges, 0);
        }
    }
    ssc_cmd_verify(&b, eight, 8);
    assert_int_equal(ssc_transmit(&link, &b.cmd, &r, 0, INT64_MAX, NULL), 0);
    assert_int_equal(exchanges, 1);
}

static void test_pin_digits(void **state)
{
    static const struct {
        const char *digits, *bytes;
    } rows[] = {{"1234", "1234"},
                {"12345", "12345F"},
                {"123456", "123456"},
                {"0000000", "0000000F"},
                {"123456789012", "123456789012"},
                {"9999999999999999", "9999999999999999"}};
    static const char *const bad[] = {"",     "1",     "123",  "12345678901234567",
                                      "12a4", "1234 ", "-123", "１２３４"};
    uint8_t out[8];
    size_t len = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(ssc_pin_bytes(rows[i].digits, out, &len), 0);
        assert_bytes(out, len, hex(rows[i].bytes));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(ssc_pin_bytes(bad[i], out, &len), SSC_E_PIN_LENGTH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_synthetic_vectors),
        cmocka_unit_test(test_zhejiang_city_factor),
        cmocka_unit_test(test_unknown_algorithm),
        cmocka_unit_test(test_file_commands),
        cmocka_unit_test(test_authentication_commands),
        cmocka_unit_test(test_pin_commands),
        cmocka_unit_test(test_psam_commands),
        cmocka_unit_test(test_refused_commands),
        cmocka_unit_test(test_refused_commands_are_not_sent),
        cmocka_unit_test(test_pin_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
