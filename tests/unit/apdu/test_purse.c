/* SPDX-License-Identifier: Apache-2.0 */
/* The PBOC purse beyond its scenarios: refusals, hostile answers, files, sums that leave the card's range. */
#include "apdu/build.h"
#include "apdu/ssc.h"
#include "tests/unit/apdu/vectors.h"

#include <stdlib.h>

#include "apdu/error.h"
#include "apdu/purse.h"

static const struct ssc_key key16 = {
    .alg = SSC_ALG_3DES,
    .len = 16,
    .bytes = {1, 35, 69, 103, 137, 171, 205, 239, 254, 220, 186, 152, 118, 84, 50, 16}};
static const uint8_t eight[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static void assert_encodes(const struct ssc_command_buf *b, int want)
{
    uint8_t wire[SSC_COMMAND_SHORT];
    size_t len = sizeof wire;

    assert_int_equal(ssc_command_encode(&b->cmd, wire, &len), want);
}

#define assert_accepted(b) assert_encodes(b, 0)
#define assert_refused(b) assert_encodes(b, SSC_E_INVALID_ARGUMENT)

/* ---- what must not leave this host ---- */

static void test_types_of_another_family(void **state)
{
    struct ssc_command_buf b;

    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        struct ssc_purse_purchase p = {.type = (uint8_t)type, .wallet = SSC_WALLET_EP};
        struct ssc_purse_online o = {.type = (uint8_t)type, .wallet = SSC_WALLET_EP};
        bool purchase = type == 4 || type == 5 || type == 6 || type == 9;
        bool online = (type >= 1 && type <= 3) || type == 7;

        ssc_cmd_purse_init_purchase(&b, &p);
        assert_encodes(&b, purchase ? 0 : SSC_E_INVALID_ARGUMENT);
        ssc_cmd_purse_init_online(&b, &o);
        assert_encodes(&b, online ? 0 : SSC_E_INVALID_ARGUMENT);
        ssc_cmd_purse_complete_online(&b, &o);
        assert_encodes(&b, online ? 0 : SSC_E_INVALID_ARGUMENT);
    }
}

static void test_limit_beyond_three_bytes(void **state)
{
    struct ssc_purse_online o = {.type = SSC_PURSE_OVERDRAFT, .amount = 0xFFFFFF};
    struct ssc_key session;
    struct ssc_command_buf b;
    uint8_t mac[4];

    (void)state;
    assert_int_equal(ssc_purse_online_session(&key16, &o, &session), 0);
    ssc_cmd_purse_init_online(&b, &o);
    assert_accepted(&b);
    ssc_cmd_purse_complete_online(&b, &o);
    assert_command(&b, hex("805800000E FFFFFF 00000000000000 00000000 04"));
    assert_int_equal(ssc_purse_online_mac2(&session, &o, mac), 0);
    o.amount++;
    ssc_cmd_purse_init_online(&b, &o);
    assert_refused(&b);
    ssc_cmd_purse_complete_online(&b, &o);
    assert_refused(&b);
    assert_int_equal(ssc_purse_online_mac1(&session, &o, mac), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_purse_online_mac2(&session, &o, mac), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_purse_online_tac(&key16, &o, mac), SSC_E_INVALID_ARGUMENT);
}

static void test_factors_and_levels(void **state)
{
    static const uint8_t factors[3][8] = {{1}, {2}, {3}}, big[300];
    struct ssc_purse_purchase p = {.type = SSC_PURSE_PURCHASE_EP};
    struct ssc_command_buf b;

    (void)state;
    for (unsigned levels = 0; levels <= 3; levels++) {
        ssc_cmd_purse_psam_init(&b, &p, factors, levels);
        assert_int_equal(b.cmd.lc, 0x14 + 8 * levels);
        assert_accepted(&b);
    }
    ssc_cmd_purse_psam_init(&b, &p, factors, 4);
    assert_refused(&b);
    ssc_cmd_psam_init_descrypt(&b, 0x1F, 7, 1, big, 56);
    assert_accepted(&b);
    ssc_cmd_psam_init_descrypt(&b, 0x20, 1, 1, big, 8);
    assert_refused(&b);
    ssc_cmd_psam_init_descrypt(&b, 1, 8, 1, big, 8);
    assert_refused(&b);
    ssc_cmd_psam_init_descrypt(&b, 1, 1, 1, big, 256);
    assert_refused(&b);
}

static void test_pin_lengths(void **state)
{
    static const uint8_t pin[16] = {0x12, 0x34};
    struct ssc_command_buf b;

    (void)state;
    for (size_t len = 0; len <= sizeof pin; len++) {
        int want = len >= 2 && len <= 8 ? 0 : SSC_E_PIN_LENGTH;

        ssc_cmd_purse_balance(&b, SSC_WALLET_EP);
        assert_int_equal(ssc_cmd_change_pin(&b, 0, pin, len, pin, 3), want);
        assert_encodes(&b, want == 0 ? 0 : SSC_E_INVALID_ARGUMENT);
        ssc_cmd_purse_balance(&b, SSC_WALLET_EP);
        assert_int_equal(ssc_cmd_change_pin(&b, 0, pin, 3, pin, len), want);
        assert_encodes(&b, want == 0 ? 0 : SSC_E_INVALID_ARGUMENT);
        ssc_cmd_purse_balance(&b, SSC_WALLET_EP);
        assert_int_equal(ssc_cmd_purse_reload_pin(&b, 0, &key16, pin, len), want);
        assert_encodes(&b, want == 0 ? 0 : SSC_E_INVALID_ARGUMENT);
        ssc_cmd_purse_balance(&b, SSC_WALLET_EP);
        assert_int_equal(ssc_cmd_purse_unblock_pin(&b, 0x0001, &key16, eight, 4, pin, len), want);
        assert_encodes(&b, want == 0 ? 0 : SSC_E_INVALID_ARGUMENT);
    }
}

static void test_keys_that_do_not_fit(void **state)
{
    struct ssc_key none = {.alg = SSC_ALG_NONE}, ssf33 = {.alg = SSC_ALG_SSF33, .len = 16};
    struct ssc_command_buf b;

    (void)state;
    assert_int_equal(ssc_cmd_purse_reload_pin(&b, 0, &none, eight, 3), SSC_E_INVALID_ARGUMENT);
    assert_refused(&b);
    assert_int_equal(ssc_cmd_purse_unblock_pin(&b, 0, &ssf33, eight, 4, eight, 3), SSC_E_NOT_SUPPORTED);
    assert_refused(&b);
}

/* ---- secure messaging ---- */

static void secure_ready(struct ssc_command_buf *b, size_t lc)
{
    memset(b, 0, sizeof *b);
    b->cmd = (struct ssc_command){.cla = 0x84, .ins = 0x1E, .data = b->data, .lc = lc};
}

static void test_secure_messaging_limits(void **state)
{
    struct ssc_key key8 = key16;
    struct ssc_command_buf b;
    uint8_t first[4];

    (void)state;
    key8.len = 8;
    secure_ready(&b, SSC_LC_SHORT - 4);
    assert_int_equal(ssc_purse_secure(&b, &key16, eight, 4), 0);
    assert_int_equal(b.cmd.lc, SSC_LC_SHORT);
    secure_ready(&b, SSC_LC_SHORT - 3);
    assert_int_equal(ssc_purse_secure(&b, &key16, eight, 4), SSC_E_INVALID_ARGUMENT);
    assert_refused(&b);
    secure_ready(&b, 0);
    b.cmd.cla = 0x80;
    assert_int_equal(ssc_purse_secure(&b, &key16, eight, 4), SSC_E_INVALID_ARGUMENT);
    assert_refused(&b);
    secure_ready(&b, 0);
    assert_int_equal(ssc_purse_secure(&b, &key16, eight, 0), SSC_E_INVALID_ARGUMENT);
    secure_ready(&b, 0);
    assert_int_equal(ssc_purse_secure(&b, &key16, eight, 9), SSC_E_INVALID_ARGUMENT);
    /* A command that a builder has refused stays refused. */
    assert_int_equal(ssc_purse_secure(&b, &key16, eight, 4), SSC_E_INVALID_ARGUMENT);
    assert_refused(&b);
    /* A single-length key makes another MAC than a double-length one. */
    secure_ready(&b, 0);
    assert_int_equal(ssc_purse_secure(&b, &key16, eight, 4), 0);
    memcpy(first, b.data, 4);
    secure_ready(&b, 0);
    assert_int_equal(ssc_purse_secure(&b, &key8, eight, 4), 0);
    assert_memory_not_equal(first, b.data, 4);
}

/* ---- sums ---- */

static int tac_of(uint8_t type, uint32_t balance, uint32_t amount, uint32_t old_limit)
{
    struct ssc_purse_online o = {.type = type, .balance = balance, .amount = amount, .old_limit = old_limit};
    struct ssc_key key = key16;
    uint8_t tac[4];

    key.len = type == SSC_PURSE_UNLOAD ? 8 : 16;
    return ssc_purse_online_tac(&key, &o, tac);
}

static void test_sums_out_of_range(void **state)
{
    (void)state;
    assert_int_equal(tac_of(SSC_PURSE_LOAD_EP, UINT32_MAX - 5, 5, 0), 0);
    assert_int_equal(tac_of(SSC_PURSE_LOAD_EP, UINT32_MAX - 5, 6, 0), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(tac_of(SSC_PURSE_UNLOAD, 5, 5, 0), 0);
    assert_int_equal(tac_of(SSC_PURSE_UNLOAD, 5, 6, 0), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(tac_of(SSC_PURSE_OVERDRAFT, 100, 0, 100), 0);
    assert_int_equal(tac_of(SSC_PURSE_OVERDRAFT, 99, 0, 100), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(tac_of(SSC_PURSE_OVERDRAFT, UINT32_MAX, 1, 1), 0);
    assert_int_equal(tac_of(SSC_PURSE_OVERDRAFT, UINT32_MAX, 2, 1), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(tac_of(SSC_PURSE_OVERDRAFT, UINT32_MAX, 1, 0x1000000), SSC_E_INVALID_ARGUMENT);
}

/* ---- answers and files ---- */

/* Every length of every answer, each in a block of its own so that a byte read beyond it is found. */
static void test_answers_of_every_length(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 64; len++) {
        struct ssc_purse_purchase p = {.type = SSC_PURSE_PURCHASE_EP};
        struct ssc_purse_online load = {.type = SSC_PURSE_LOAD_EP}, limit = {.type = SSC_PURSE_OVERDRAFT};
        struct ssc_response r = {.data = calloc(1, len > 0 ? len : 1), .cap = len, .len = len, .sw = 0x9000};
        struct ssc_purse_app app;
        struct ssc_purse_record record;
        uint32_t amount = 0;
        uint8_t a[4], c[4];
        bool has_mac = false;

        assert_non_null(r.data);
        assert_int_equal(ssc_rsp_purse_init_purchase(&r, &p), len == 15 ? 0 : SSC_E_BAD_RESPONSE);
        assert_int_equal(ssc_rsp_purse_debit(&r, a, c), len == 8 ? 0 : SSC_E_BAD_RESPONSE);
        assert_int_equal(ssc_rsp_purse_init_online(&r, &load), len == 16 ? 0 : SSC_E_BAD_RESPONSE);
        assert_int_equal(ssc_rsp_purse_init_online(&r, &limit), len == 19 ? 0 : SSC_E_BAD_RESPONSE);
        assert_int_equal(ssc_rsp_purse_complete_online(&r, a), len == 4 ? 0 : SSC_E_BAD_RESPONSE);
        assert_int_equal(ssc_rsp_purse_balance(&r, &amount), len == 4 ? 0 : SSC_E_BAD_RESPONSE);
        assert_int_equal(ssc_rsp_purse_proof(&r, a, c, &has_mac),
                         len == 4 || len == 8 ? 0 : SSC_E_BAD_RESPONSE);
        assert_int_equal(has_mac, len == 8);
        assert_int_equal(ssc_purse_app_parse(r.data, len, &app),
                         len == 30 || len == 43 ? 0 : SSC_E_BAD_RESPONSE);
        assert_int_equal(ssc_purse_record_parse(r.data, len, &record), len == 23 ? 0 : SSC_E_BAD_RESPONSE);
        free(r.data);
    }
}

static void test_proof_without_mac(void **state)
{
    struct hex bytes = hex("0A0B0C0D9000");
    struct ssc_response r = response_of(&bytes);
    uint8_t mac[4] = {0}, tac[4];
    bool has_mac = true;

    (void)state;
    assert_int_equal(ssc_rsp_purse_proof(&r, mac, tac, &has_mac), 0);
    assert_false(has_mac);
    assert_bytes(tac, 4, hex("0A0B0C0D"));
    assert_bytes(mac, 4, hex("00000000"));
}

static void test_overdraft_in_the_answer(void **state)
{
    struct hex bytes = hex("0000DEA8 000B 00C350 02 04 31415926 9000");
    struct ssc_response r = response_of(&bytes);
    struct ssc_purse_purchase p = {.type = SSC_PURSE_PURCHASE_ED};

    (void)state;
    assert_int_equal(ssc_rsp_purse_init_purchase(&r, &p), 0);
    assert_int_equal(p.balance, 57000);
    assert_int_equal(p.counter, 11);
    assert_int_equal(p.overdraft, 50000);
    assert_int_equal(p.key_version, 2);
    assert_int_equal(p.algorithm, 4);
    assert_bytes(p.random, 4, hex("31415926"));
}

static void test_online_answers(void **state)
{
    struct hex load = hex("00002A30 0003 02 04 A1B2C3D4 EC3E37BE 9000");
    struct hex limit = hex("00002A30 0003 00C350 02 04 A1B2C3D4 EC3E37BE 9000");
    struct ssc_response r[2] = {response_of(&load), response_of(&limit)};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct ssc_purse_online o = {.type = i == 0 ? SSC_PURSE_LOAD_EP : SSC_PURSE_OVERDRAFT,
                                     .old_limit = 7};

        assert_int_equal(ssc_rsp_purse_init_online(&r[i], &o), 0);
        assert_int_equal(o.balance, 10800);
        assert_int_equal(o.counter, 3);
        assert_int_equal(o.old_limit, i == 0 ? 0 : 50000);
        assert_int_equal(o.key_version, 2);
        assert_int_equal(o.algorithm, 4);
        assert_bytes(o.random, 4, hex("A1B2C3D4"));
        assert_bytes(o.mac1, 4, hex("EC3E37BE"));
    }
}

static void test_public_file(void **state)
{
    struct hex bank = hex("1122334455667788 03 02 00006210020003000123 20240101 20341231 01 02");
    struct hex road =
        hex("C1FABDAD23010001 17 40 23011305230902000011 20191108 FFFFFFFF 00000000 00000000 00000000 00 00");
    struct ssc_purse_app app;

    (void)state;
    assert_int_equal(ssc_purse_app_parse(bank.b, bank.len, &app), 0);
    assert_bytes(app.issuer, 8, hex("1122334455667788"));
    assert_int_equal(app.app_type, 3);
    assert_int_equal(app.version, 2);
    assert_bytes(app.serial, 10, hex("00006210020003000123"));
    assert_string_equal(app.start, "20240101");
    assert_string_equal(app.end, "20341231");
    road.len = 43;
    assert_int_equal(ssc_purse_app_parse(road.b, road.len, &app), 0);
    assert_bytes(app.serial, 10, hex("23011305230902000011"));
    assert_string_equal(app.start, "20191108");
    assert_string_equal(app.end, "");
    for (size_t i = 20; i < 28; i++) {
        struct hex bad = bank;

        bad.b[i] = 0x1A;
        assert_int_equal(ssc_purse_app_parse(bad.b, bad.len, &app), SSC_E_BAD_RESPONSE);
        bad.b[i] = 0xA1;
        assert_int_equal(ssc_purse_app_parse(bad.b, bad.len, &app), SSC_E_BAD_RESPONSE);
    }
    memset(bank.b + 26, 0xFF, 2); /* half a date is none */
    assert_int_equal(ssc_purse_app_parse(bank.b, bank.len, &app), SSC_E_BAD_RESPONSE);
}

static void test_record(void **state)
{
    struct hex bytes = hex("02AB 00C350 00000046 06 230001003701 20161112 093559");
    struct ssc_purse_record record;

    (void)state;
    assert_int_equal(ssc_purse_record_parse(bytes.b, bytes.len, &record), 0);
    assert_int_equal(record.counter, 0x02AB);
    assert_int_equal(record.overdraft, 50000);
    assert_int_equal(record.amount, 70);
    assert_int_equal(record.type, SSC_PURSE_PURCHASE_EP);
    assert_bytes(record.terminal, 6, hex("230001003701"));
    assert_bytes(record.datetime, 7, hex("20161112093559"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_of_another_family),
        cmocka_unit_test(test_limit_beyond_three_bytes),
        cmocka_unit_test(test_factors_and_levels),
        cmocka_unit_test(test_pin_lengths),
        cmocka_unit_test(test_keys_that_do_not_fit),
        cmocka_unit_test(test_secure_messaging_limits),
        cmocka_unit_test(test_sums_out_of_range),
        cmocka_unit_test(test_answers_of_every_length),
        cmocka_unit_test(test_proof_without_mac),
        cmocka_unit_test(test_overdraft_in_the_answer),
        cmocka_unit_test(test_online_answers),
        cmocka_unit_test(test_public_file),
        cmocka_unit_test(test_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
