/* SPDX-License-Identifier: Apache-2.0 */
/* Both halves of a two-step, with the back office played by the test: the roots are the simulator's, the rest
 * is what the first half handed out. */
#include "service.h"

#include "apdu/atr.h"
#include "apdu/bytes.h"
#include "apdu/crypto.h"
#include "apdu/error.h"
#include "apdu/purse.h"
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

struct bed {
    struct service *s;
    struct client *c;
};

static int up_with(void **state, const char *images)
{
    struct bed *b = calloc(1, sizeof *b);
    b->s = service_new();
    service_sim(b->s, images, false);
    b->c = client_new(b->s);
    *state = b;
    return 0;
}

static int up(void **state)
{
    return up_with(state, "ssc-3.0,pboc");
}

static int up_des(void **state)
{
    return up_with(state, "ssc-2.0,pboc");
}

static int down(void **state)
{
    struct bed *b = *state;
    client_free(&b->c);
    service_free(&b->s);
    free(b);
    return 0;
}

static void unhex(const json_t *object, const char *key, uint8_t *out, size_t len)
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

/* The back office: root, province, city, card, then the session of this factor. */
static void back_office(const json_t *begun, const char *pair, char answer[17])
{
    const json_t *challenge = json_object_get(begun, pair);
    struct ssc_key session, key = {.len = 16};
    struct ssc_historical historical;
    uint8_t bytes[13], level[8], factor[8], original[8], out[8];
    key.alg = strcmp(text_of(begun, "algorithm"), "03") == 0 ? SSC_ALG_SM4 : SSC_ALG_3DES;
    memcpy(key.bytes, root_bytes, sizeof root_bytes);
    unhex(begun, "reset_info", bytes, sizeof bytes);
    unhex(challenge, "factor", factor, sizeof factor);
    unhex(challenge, "original", original, sizeof original);
    assert_int_equal(ssc_historical_parse(bytes, sizeof bytes, &historical), 0);
    assert_int_equal(ssc_factor_province(text_of(begun, "area_code"), level), 0);
    derive(&key, level);
    assert_int_equal(ssc_factor_city(text_of(begun, "area_code"), level), 0);
    derive(&key, level);
    derive(&key, historical.factor);
    assert_int_equal(ssc_session_key(&key, factor, sizeof factor, &session), 0);
    assert_int_equal(ssc_auth_data(&session, original, out), 0);
    assert_int_equal(ssc_hex_encode(out, sizeof out, answer, 17), 0);
}

static void want_holder(json_t *identity)
{
    assert_string_equal(text_of(identity, "name"), "张三");
    assert_string_equal(text_of(identity, "genuine"), "yes");
    json_decref(identity);
}

static void test_identity(void **state)
{
    struct client *c = ((struct bed *)*state)->c;
    char internal[17], external[17], line[80];
    json_t *r = client_ok(c, "card.authenticate.begin", "{s:s}", "reader", R0);
    back_office(r, "internal", internal);
    back_office(r, "external", external);
    want_holder(client_ok(c, "card.authenticate.complete", "{s:s, s:s, s:s}", "lease", text_of(r, "lease"),
                          "internal", internal, "external", external));
    client_refused(c, "lease_invalid", "card.authenticate.complete", "{s:s, s:s, s:s}", "lease",
                   text_of(r, "lease"), "internal", internal, "external", external);
    json_decref(r);
    /* the national library's form of the same answers */
    r = client_ok(c, "card.authenticate.begin", "{s:s}", "reader", R0);
    back_office(r, "internal", internal);
    back_office(r, "external", external);
    snprintf(line, sizeof line, "%s%s|%s%s|", internal, text_of(json_object_get(r, "internal"), "original"),
             external, text_of(json_object_get(r, "external"), "original"));
    want_holder(client_ok(c, "card.authenticate.complete", "{s:s, s:s}", "lease", text_of(r, "lease"),
                          "answer", line));
    json_decref(r);
}

/* Before generation 3 the card only has to prove itself. */
static void test_identity_internal_alone(void **state)
{
    struct client *c = ((struct bed *)*state)->c;
    char internal[17];
    json_t *r = client_ok(c, "card.authenticate.begin", "{s:s}", "reader", R0);
    assert_null(json_object_get(r, "external"));
    back_office(r, "internal", internal);
    want_holder(client_ok(c, "card.authenticate.complete", "{s:s, s:s}", "lease", text_of(r, "lease"),
                          "internal", internal));
    json_decref(r);
}

/* ---- load ---- */

static void host_mac2(const json_t *begun, const char *time, char answer[9])
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
    unhex(host, "random", p.random, sizeof p.random);
    unhex(host, "terminal", p.terminal, sizeof p.terminal);
    unhex(host, "mac1", p.mac1, sizeof p.mac1);
    unhex(json_object_get(begun, "txn"), "card", serial, sizeof serial);
    assert_int_equal(ssc_hex_decode(time, p.host_time, &len), 0);
    memcpy(key.bytes, master, sizeof master);
    derive(&key, serial + 2);
    assert_int_equal(ssc_purse_online_session(&key, &p, &session), 0);
    assert_int_equal(ssc_purse_online_mac1(&session, &p, mac1), 0);
    assert_memory_equal(mac1, p.mac1, sizeof mac1); /* the card has the key */
    assert_int_equal(ssc_purse_online_mac2(&session, &p, p.mac2), 0);
    assert_int_equal(ssc_hex_encode(p.mac2, sizeof p.mac2, answer, 9), 0);
}

static int64_t balance(struct client *c)
{
    json_t *r = client_ok(c, "purse.balance", "{s:s, s:s}", "reader", R1, "purse", "ep");
    const int64_t amount = int_of(r, "amount");
    json_decref(r);
    return amount;
}

static void test_load(void **state)
{
#define LOAD                                                                                                 \
    "{s:s, s:s, s:{s:s}, s:s, s:i}", "reader", R1, "purse", "ep", "pin", "secret", "123456", "op",           \
        "load-000000000001", "amount", 2500
    struct client *c = ((struct bed *)*state)->c;
    const int64_t before = balance(c);
    char mac2[9];
    json_t *r = client_ok(c, "purse.load.begin", LOAD);
    host_mac2(r, "20260101120000", mac2);
    json_t *done = client_ok(c, "purse.load.complete", "{s:s, s:s, s:s}", "lease", text_of(r, "lease"),
                             "host_time", "20260101120000", "mac2", mac2);
    assert_string_equal(text_of(json_object_get(done, "txn"), "state"), "confirmed");
    assert_int_equal(int_of(json_object_get(done, "txn"), "balance_after"), before + 2500);
    json_decref(done);
    client_refused(c, "lease_invalid", "purse.load.complete", "{s:s, s:s, s:s}", "lease", text_of(r, "lease"),
                   "host_time", "20260101120000", "mac2", mac2);
    json_decref(r);
    r = client_ok(c, "purse.load.begin", LOAD); /* nothing is loaded twice */
    assert_true(json_is_true(json_object_get(r, "repeated")));
    assert_null(json_object_get(r, "lease"));
    json_decref(r);
    assert_int_equal(balance(c), before + 2500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_identity, up, down),
        cmocka_unit_test_setup_teardown(test_identity_internal_alone, up_des, down),
        cmocka_unit_test_setup_teardown(test_load, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
