/* SPDX-License-Identifier: Apache-2.0 */
/* Reads tests/data for the tests of this room; a malformed file ends the test. */
#ifndef SSC_TESTS_APDU_VECTORS_H
#define SSC_TESTS_APDU_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "apdu/bytes.h"
#include "apdu/command.h"
#include "apdu/crypto.h"

struct hex {
    uint8_t b[300];
    size_t len;
};

static inline struct hex hex(const char *text)
{
    struct hex h = {.len = sizeof h.b};

    assert_non_null(text);
    assert_int_equal(ssc_hex_decode(text, h.b, &h.len), 0);
    return h;
}

static inline json_t *vectors_load(const char *name)
{
    char path[512];
    json_error_t error;
    json_t *root = NULL;

    snprintf(path, sizeof path, "%s/%s", SSC_TEST_DATA, name);
    root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        fail_msg("%s:%d: %s", path, error.line, error.text);
    }
    return root;
}

static inline const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static inline struct hex hex_of(const json_t *object, const char *name)
{
    return hex(text_of(object, name));
}

static inline enum ssc_algorithm algorithm_of(const json_t *object)
{
    const char *name = text_of(object, "algorithm");

    assert_non_null(name);
    return strcmp(name, "SM4") == 0 ? SSC_ALG_SM4 : SSC_ALG_3DES;
}

static inline struct ssc_key key_of(enum ssc_algorithm alg, struct hex bytes)
{
    struct ssc_key key = {.alg = alg, .len = (uint8_t)bytes.len};

    assert_in_range(bytes.len, 8, sizeof key.bytes);
    memcpy(key.bytes, bytes.b, bytes.len);
    return key;
}

#define assert_bytes(got, got_len, want) assert_bytes_at(got, got_len, want, __FILE__, __LINE__)
static inline void assert_bytes_at(const uint8_t *got, size_t len, struct hex want, const char *file,
                                   int line)
{
    char text[2][2 * sizeof want.b + 1];

    if (len == want.len && memcmp(got, want.b, len) == 0) {
        return;
    }
    assert_true(len <= sizeof want.b);
    ssc_hex_encode(got, len, text[0], sizeof text[0]);
    ssc_hex_encode(want.b, want.len, text[1], sizeof text[1]);
    print_error("%s:%d: got %s, wanted %s\n", file, line, text[0], text[1]);
    _fail(file, line);
}

#define assert_command(b, want) assert_command_at(b, want, __FILE__, __LINE__)
static inline void assert_command_at(const struct ssc_command_buf *b, struct hex want, const char *file,
                                     int line)
{
    uint8_t wire[SSC_COMMAND_SHORT];
    size_t len = sizeof wire;

    assert_int_equal(ssc_command_encode(&b->cmd, wire, &len), 0);
    assert_bytes_at(wire, len, want, file, line);
}

/* A card's whole answer, status word last, as ssc_transmit would hand it over. */
static inline struct ssc_response response_of(struct hex *answer)
{
    assert_true(answer->len >= 2);
    return (struct ssc_response){.data = answer->b,
                                 .cap = sizeof answer->b,
                                 .len = answer->len - 2,
                                 .sw = ssc_get16(answer->b + answer->len - 2)};
}

#endif
