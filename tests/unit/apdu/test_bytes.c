/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hex.h"

#include "apdu/error.h"

static void numbers_are_big_endian(void **state)
{
    (void)state;
    uint8_t b[4];
    ssc_put32(b, 0x80FF0102u);
    assert_bytes(b, 4, "80FF0102");
    assert_int_equal(ssc_get32(b), 0x80FF0102u);
    assert_int_equal(ssc_get16(b), 0x80FF);
    ssc_put16(b, 0xFFFE);
    assert_int_equal(ssc_get16(b), 0xFFFE);
}

static void hex_is_read(void **state)
{
    (void)state;
    uint8_t out[4];
    size_t len = sizeof out;
    assert_int_equal(ssc_hex_decode("3B 6d 00FF", out, &len), 0);
    assert_int_equal(len, 4);
    assert_int_equal(out[1], 0x6D);
    len = sizeof out;
    assert_int_equal(ssc_hex_decode("", out, &len), 0);
    assert_int_equal(len, 0);
    len = sizeof out;
    assert_int_equal(ssc_hex_decode("  AB  ", out, &len), 0);
    assert_int_equal(len, 1);
    len = 1;
    assert_int_equal(ssc_hex_decode_n("ABCD", 2, out, &len), 0); /* not NUL terminated */
    assert_int_equal(len, 1);
}

static void wrong_hex_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"A", "ABC", "G0", "0x00", "A B", "AB\n", "AB-CD", "é"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        uint8_t out[8];
        size_t len = sizeof out;
        assert_int_equal(ssc_hex_decode(wrong[i], out, &len), SSC_E_INVALID_ARGUMENT);
    }
}

static void hex_says_the_size_it_needs(void **state)
{
    (void)state;
    uint8_t out[3] = {0, 0, 0x77};
    size_t len = 2;
    assert_int_equal(ssc_hex_decode("010203", out, &len), SSC_E_BUFFER_TOO_SMALL);
    assert_int_equal(len, 3);
    assert_int_equal(out[2], 0x77);
    assert_int_equal(ssc_hex_decode("010203", out, &len), 0);
    assert_int_equal(out[2], 3);
}

static void hex_is_written(void **state)
{
    (void)state;
    char text[7];
    assert_int_equal(ssc_hex_encode((const uint8_t *)"\x00\xAf\xFF", 3, text, sizeof text), 0);
    assert_string_equal(text, "00AFFF");
    assert_int_equal(ssc_hex_encode((const uint8_t *)"abc", 3, text, 6), SSC_E_BUFFER_TOO_SMALL);
    assert_int_equal(ssc_hex_encode((const uint8_t *)"", 0, text, 0), SSC_E_BUFFER_TOO_SMALL);
    assert_int_equal(ssc_hex_encode((const uint8_t *)"", 0, text, 1), 0);
    assert_string_equal(text, "");
}

static void writer_stops_at_the_first_that_does_not_fit(void **state)
{
    (void)state;
    uint8_t buf[9];
    memset(buf, 0x77, sizeof buf);
    struct ssc_writer w = ssc_writer(buf, 8);
    ssc_write8(&w, 0x101);
    ssc_write16(&w, 0x0203);
    ssc_write32(&w, 0x04050607);
    assert_false(w.full);
    ssc_write16(&w, 0xAAAA);
    assert_true(w.full);
    assert_int_equal(w.len, 7);
    ssc_write8(&w, 8); /* would fit, but the order of the bytes would be wrong */
    ssc_write_fill(&w, 8, SIZE_MAX);
    ssc_write(&w, "", 0);
    assert_int_equal(w.len, 7);
    assert_bytes(buf, w.len, "01020304050607");
    assert_int_equal(buf[7], 0x77);
    assert_int_equal(buf[8], 0x77);
}

static void writer_takes_exactly_its_room(void **state)
{
    (void)state;
    uint8_t buf[4];
    struct ssc_writer w = ssc_writer(buf, sizeof buf);
    ssc_write(&w, NULL, 0);
    ssc_write_fill(&w, 0xEE, 4);
    assert_false(w.full);
    assert_bytes(buf, w.len, "EEEEEEEE");
    ssc_write_fill(&w, 0, 0);
    assert_false(w.full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(hex_is_read),
        cmocka_unit_test(wrong_hex_is_refused),
        cmocka_unit_test(hex_says_the_size_it_needs),
        cmocka_unit_test(hex_is_written),
        cmocka_unit_test(writer_stops_at_the_first_that_does_not_fit),
        cmocka_unit_test(writer_takes_exactly_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
