/* SPDX-License-Identifier: Apache-2.0 */
/* The primitives and the diversified keys of tests/data/vectors.json. */
#include "tests/unit/apdu/vectors.h"

#include <stdlib.h>

/* ---- primitives ---- */

static void run_cipher(const json_t *row, const char *operation, const struct ssc_key *key, struct hex in,
                       struct hex want)
{
    uint8_t out[sizeof in.b], back[sizeof in.b];
    json_int_t rounds = json_integer_value(json_object_get(row, "rounds"));

    memcpy(out, in.b, in.len);
    if (rounds > 1000 && getenv("SSC_TEST_EMULATED")) {
        return; /* a million rounds: a minute there, and the same code */
    }
    for (json_int_t i = 0; i < (strcmp(operation, "ecb_iterated") == 0 ? rounds : 1); i++) {
        assert_int_equal(ssc_ecb(key, true, out, in.len, out), 0);
    }
    assert_bytes(out, in.len, want);
    if (strcmp(operation, "ecb") == 0) {
        assert_int_equal(ssc_ecb(key, false, out, in.len, back), 0);
        assert_bytes(back, in.len, in);
    }
}

static void run_mac(const json_t *row, const char *operation, const struct ssc_key *key, struct hex in,
                    struct hex want)
{
    struct hex iv = {.len = 0};
    bool padded = strcmp(operation, "retail_mac_padded") == 0;
    uint8_t mac[16];

    if (json_object_get(row, "iv") != NULL) {
        iv = hex_of(row, "iv");
    }
    if (strcmp(operation, "cbc_mac") == 0) {
        assert_int_equal(ssc_cbc_mac(key, iv.len > 0 ? iv.b : NULL, in.b, in.len, false, mac), 0);
    } else {
        assert_int_equal(ssc_retail_mac(key, iv.len > 0 ? iv.b : NULL, in.b, in.len, padded, mac), 0);
    }
    assert_bytes(mac, ssc_block_size(key->alg), want);
}

static void run_keys(const json_t *row, const char *operation, struct ssc_key key, struct hex want)
{
    struct ssc_key made = key;
    struct hex session, input;
    uint8_t mac[4];
    size_t i;
    const json_t *factor;

    if (strcmp(operation, "purse_session") == 0) {
        assert_int_equal(ssc_purse_session_key(&key, hex_of(row, "block").b, &made), 0);
    } else if (strcmp(operation, "tac_key") == 0) {
        assert_int_equal(ssc_tac_key(&key, &made), 0);
    } else if (strcmp(operation, "diversify") == 0) {
        json_array_foreach(json_object_get(row, "factors"), i, factor)
        {
            assert_int_equal(ssc_diversify(&key, hex(json_string_value(factor)).b, &made), 0);
            key = made;
        }
    } else {
        assert_string_equal(operation, "purse_load_mac1");
        session = hex_of(row, "session");
        input = hex_of(row, "input");
        assert_int_equal(ssc_purse_session_key(&key, hex_of(row, "block").b, &made), 0);
        assert_bytes(made.bytes, made.len, session);
        assert_int_equal(ssc_purse_mac(&made, input.b, input.len, mac), 0);
        assert_bytes(mac, sizeof mac, want);
        return;
    }
    assert_bytes(made.bytes, made.len, want);
}

static void test_primitives(void **state)
{
    json_t *root = vectors_load("vectors.json");
    const json_t *rows = json_object_get(root, "primitives"), *row;
    size_t i;

    (void)state;
    assert_int_equal(json_array_size(rows), 53);
    json_array_foreach(rows, i, row)
    {
        const char *operation = text_of(row, "operation");
        struct hex want = hex_of(row, "output"), in = {.len = 0};
        struct ssc_key key = {.alg = SSC_ALG_NONE};
        uint8_t digest[32];

        print_message("  %s\n", text_of(row, "name"));
        if (json_object_get(row, "input") != NULL) {
            in = hex_of(row, "input");
        }
        if (json_object_get(row, "key") != NULL) {
            key = key_of(algorithm_of(row), hex_of(row, "key"));
        }
        if (strcmp(operation, "sm3") == 0) {
            assert_int_equal(ssc_sm3(in.b, in.len, digest), 0);
            assert_bytes(digest, sizeof digest, want);
        } else if (strncmp(operation, "ecb", 3) == 0) {
            run_cipher(row, operation, &key, in, want);
        } else if (strstr(operation, "_mac") != NULL && strncmp(operation, "purse", 5) != 0) {
            run_mac(row, operation, &key, in, want);
        } else {
            run_keys(row, operation, key, want);
        }
    }
    json_decref(root);
}

static void test_card_keys_come_from_master_keys(void **state)
{
    static const char *const suites[] = {"3DES", "SM4"};
    json_t *root = vectors_load("vectors.json");

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        json_t *suite = json_object_get(json_object_get(root, "suites"), suites[i]);
        json_t *card = json_object_get(suite, "card"), *item;
        json_t *masters = json_object_get(json_object_get(suite, "psam"), "keys");
        const char *name;

        assert_int_equal(json_object_size(masters), 10);
        json_object_foreach(masters, name, item)
        {
            struct ssc_key master = key_of(algorithm_of(suite), hex(json_string_value(item))), made;
            char derived[8];

            snprintf(derived, sizeof derived, "D%s", name + 1);
            assert_int_equal(ssc_diversify(&master, hex_of(card, "factor").b, &made), 0);
            assert_bytes(made.bytes, made.len, hex_of(json_object_get(card, "keys"), derived));
        }
    }
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_primitives),
        cmocka_unit_test(test_card_keys_come_from_master_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
