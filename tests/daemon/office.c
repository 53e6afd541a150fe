/* SPDX-License-Identifier: Apache-2.0 */
#include "office.h"

#include "apdu/atr.h"
#include "apdu/bytes.h"
#include "apdu/crypto.h"
#include "apdu/error.h"
#include "apdu/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t root_bytes[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
                                       0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10};

void office_unhex(const json_t *object, const char *key, uint8_t *out, size_t len)
{
    size_t n = len;
    assert_int_equal(ssc_hex_decode(text_of(object, key), out, &n), 0);
    assert_int_equal(n, len);
}

static void derive(struct ssc_key *key, const uint8_t factor[8])
{
    struct ssc_key next;
    assert_int_equal(ssc_diversify(key, factor, &next), 0);
    *key = next;
}

/* Root, province, city, card. */
static void card_key(const json_t *begun, uint8_t len_des, struct ssc_key *key)
{
    struct ssc_historical historical;
    uint8_t bytes[13], level[8];
    const bool sm4 = strcmp(text_of(begun, "algorithm"), "03") == 0;
    *key = (struct ssc_key){.alg = sm4 ? SSC_ALG_SM4 : SSC_ALG_3DES, .len = sm4 ? 16 : len_des};
    memcpy(key->bytes, root_bytes, sizeof root_bytes);
    office_unhex(begun, "reset_info", bytes, sizeof bytes);
    assert_int_equal(ssc_historical_parse(bytes, sizeof bytes, &historical), 0);
    assert_int_equal(ssc_factor_province(text_of(begun, "area_code"), level), 0);
    derive(key, level);
    assert_int_equal(ssc_factor_city(text_of(begun, "area_code"), level), 0);
    derive(key, level);
    derive(key, historical.factor);
}

void office_auth(const json_t *begun, const char *pair, char answer[17])
{
    const json_t *challenge = json_object_get(begun, pair);
    struct ssc_key key, session;
    uint8_t factor[8], original[8], out[8];
    card_key(begun, 16, &key);
    office_unhex(challenge, "factor", factor, sizeof factor);
    office_unhex(challenge, "original", original, sizeof original);
    assert_int_equal(ssc_session_key(&key, factor, sizeof factor, &session), 0);
    assert_int_equal(ssc_auth_data(&session, original, out), 0);
    assert_int_equal(ssc_hex_encode(out, sizeof out, answer, 17), 0);
}

void office_pin_command(const json_t *begun, const json_t *asked, const char *digits, char command[64])
{
    struct ssc_command_buf b;
    struct ssc_key stk;
    uint8_t challenge[8], pin[8], bytes[64];
    size_t pin_len = sizeof pin, len = sizeof bytes;
    card_key(begun, 8, &stk);
    office_unhex(asked, "challenge", challenge, sizeof challenge);
    if (digits) {
        assert_int_equal(ssc_pin_bytes(digits, pin, &pin_len), 0);
        assert_int_equal(ssc_cmd_reload_pin(&b, &stk, challenge, pin, pin_len), 0);
    } else {
        assert_int_equal(ssc_cmd_unblock_pin(&b, &stk, challenge), 0);
    }
    assert_int_equal(ssc_command_encode(&b.cmd, bytes, &len), 0);
    assert_int_equal(ssc_hex_encode(bytes, len, command, 64), 0);
    assert_int_equal(strncmp(command, text_of(asked, "header"), 10), 0); /* the header was the right one */
}

void office_load_mac2(const json_t *begun, const char *time, char answer[9])
{
    static const uint8_t master[16] = {0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27,
                                       0x28, 0x29, 0x2A, 0x2B, 0x2C, 0x2D, 0x2E, 0x2F};
    const json_t *host = json_object_get(begun, "host");
    struct ssc_key session, key = {.alg = SSC_ALG_3DES, .len = 16};
    uint8_t serial[10], mac1[4];
    size_t len = 7;
    struct ssc_purse_online p = {.wallet = SSC_WALLET_EP,
                                 .type = (uint8_t)strtoul(text_of(host, "type"), NULL, 16),
                                 .amount = (uint32_t)int_of(host, "amount"),
                                 .balance = (uint32_t)int_of(host, "balance"),
                                 .counter = (uint16_t)int_of(host, "counter"),
                                 .key_version = (uint8_t)strtoul(text_of(host, "key_version"), NULL, 16),
                                 .algorithm = (uint8_t)strtoul(text_of(host, "algorithm"), NULL, 16)};
    office_unhex(host, "random", p.random, sizeof p.random);
    office_unhex(host, "terminal", p.terminal, sizeof p.terminal);
    office_unhex(host, "mac1", p.mac1, sizeof p.mac1);
    office_unhex(json_object_get(begun, "txn"), "card", serial, sizeof serial);
    assert_int_equal(ssc_hex_decode(time, p.host_time, &len), 0);
    memcpy(key.bytes, master, sizeof master);
    derive(&key, serial + 2);
    assert_int_equal(ssc_purse_online_session(&key, &p, &session), 0);
    assert_int_equal(ssc_purse_online_mac1(&session, &p, mac1), 0);
    assert_memory_equal(mac1, p.mac1, sizeof mac1); /* the card has the key */
    assert_int_equal(ssc_purse_online_mac2(&session, &p, p.mac2), 0);
    assert_int_equal(ssc_hex_encode(p.mac2, sizeof p.mac2, answer, 9), 0);
}

/* ---- debit ---- */

static uint8_t byte_of(const json_t *object, const char *key)
{
    return (uint8_t)strtoul(text_of(object, key), NULL, 16);
}

static void unhex_text(const char *text, uint8_t *out, size_t len)
{
    assert_int_equal(ssc_hex_decode(text, out, &len), 0);
}

static void in_hex(const uint8_t bytes[4], char out[9])
{
    assert_int_equal(ssc_hex_encode(bytes, 4, out, 9), 0);
}

static void medical_debit(const json_t *host, struct ssc_medical_purchase *p, struct office_debit *out)
{
    struct ssc_key key, session;
    uint8_t mac[4];
    p->amounts =
        (struct ssc_medical_amounts){(uint32_t)int_of(host, "amount"), (uint32_t)int_of(host, "self_pay"),
                                     (uint32_t)int_of(host, "pooled")};
    card_key(host, 16, &key); /* DPK and DTK grow from the same root in the simulator's images */
    assert_int_equal(ssc_medical_purchase_session(&key, p, &session), 0);
    assert_int_equal(ssc_medical_purchase_mac1(&session, p, mac), 0);
    in_hex(mac, out->mac1);
    assert_int_equal(ssc_medical_purchase_mac2(&session, p, mac), 0);
    in_hex(mac, out->mac2);
    assert_int_equal(ssc_medical_purchase_tac(&key, p, mac), 0);
    in_hex(mac, out->tac);
}

static void purse_key(const json_t *begun, uint8_t first, struct ssc_key *key)
{
    uint8_t serial[10];
    *key = (struct ssc_key){.alg = SSC_ALG_3DES, .len = 16};
    for (unsigned i = 0; i < 16; i++) {
        key->bytes[i] = (uint8_t)(first + i);
    }
    office_unhex(json_object_get(begun, "txn"), "card", serial, sizeof serial);
    derive(key, serial + 2);
}

static void purse_debit(const json_t *begun, const struct ssc_purse_purchase *p, struct office_debit *out)
{
    struct ssc_key dpk, dtk, session;
    uint8_t mac[4];
    purse_key(begun, 0x10, &dpk);
    purse_key(begun, 0x30, &dtk);
    assert_int_equal(ssc_purse_purchase_session(&dpk, p, &session), 0);
    assert_int_equal(ssc_purse_purchase_mac1(&session, p, mac), 0);
    in_hex(mac, out->mac1);
    assert_int_equal(ssc_purse_purchase_mac2(&session, p, mac), 0);
    in_hex(mac, out->mac2);
    assert_int_equal(ssc_purse_purchase_tac(&dtk, p, mac), 0);
    in_hex(mac, out->tac);
}

void office_debit(const json_t *begun, const char *time, const char *terminal_seq, struct office_debit *out)
{
    const json_t *host = json_object_get(begun, "host");
    const char *purse = text_of(json_object_get(begun, "txn"), "purse");
    if (strcmp(purse, "medical") == 0) {
        struct ssc_medical_purchase p = {.key_index = byte_of(host, "key_index"),
                                         .type = byte_of(host, "type"),
                                         .seq = (uint16_t)int_of(host, "counter"),
                                         .key_version = byte_of(host, "key_version"),
                                         .algorithm = byte_of(host, "algorithm")};
        office_unhex(host, "random", p.random, sizeof p.random);
        office_unhex(host, "terminal", p.terminal, sizeof p.terminal);
        unhex_text(time, p.datetime, sizeof p.datetime);
        unhex_text(terminal_seq, p.terminal_seq, sizeof p.terminal_seq);
        medical_debit(host, &p, out);
    } else {
        struct ssc_purse_purchase p = {.wallet = strcmp(purse, "ed") == 0 ? SSC_WALLET_ED : SSC_WALLET_EP,
                                       .type = byte_of(host, "type"),
                                       .amount = (uint32_t)int_of(host, "amount"),
                                       .balance = (uint32_t)int_of(host, "balance"),
                                       .counter = (uint16_t)int_of(host, "counter"),
                                       .key_version = byte_of(host, "key_version"),
                                       .algorithm = byte_of(host, "algorithm")};
        office_unhex(host, "random", p.random, sizeof p.random);
        office_unhex(host, "terminal", p.terminal, sizeof p.terminal);
        unhex_text(time, p.datetime, sizeof p.datetime);
        unhex_text(terminal_seq, p.terminal_seq, sizeof p.terminal_seq);
        purse_debit(begun, &p, out);
    }
}
