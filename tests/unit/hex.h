/* SPDX-License-Identifier: Apache-2.0 */
/* What unit tests share: cmocka with its includes, bytes written as hexadecimal, and blocks of exactly the
 * size of their content, so that the address sanitizer sees the first byte read too far. */
#ifndef SSC_TESTS_UNIT_HEX_H
#define SSC_TESTS_UNIT_HEX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "apdu/bytes.h"

struct hex {
    uint8_t data[1024];
    size_t len;
};

static inline struct hex hex(const char *text)
{
    struct hex h = {.len = sizeof h.data};
    assert_int_equal(ssc_hex_decode(text, h.data, &h.len), 0);
    return h;
}

/* The caller frees it. */
static inline uint8_t *exact(const void *data, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    if (len > 0) {
        memcpy(copy, data, len);
    }
    return copy;
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static inline void assert_bytes(const uint8_t *data, size_t len, const char *text)
{
    struct hex expected = hex(text);
    assert_int_equal(len, expected.len);
    assert_memory_equal(data, expected.data, expected.len);
}

#endif
