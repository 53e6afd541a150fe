/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/shim/lines.h"
#include "middleware/shim/out.h"

#include "apdu/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* one, two and four bytes in GB18030; one, three and four in UTF-8 */
#define TEXT "a张𠮷b"
#define GB                                                                                                   \
    "a\xD5\xC5\x95\x34\xB2\x35"                                                                              \
    "b"

static void test_deliver(void **state)
{
    (void)state;
    struct ssc_shim_out out = {.len = 0};
    char buffer[32];
    ssc_shim_out_text(&out, TEXT);
    for (size_t cap = 0; cap < sizeof buffer; cap++) { /* whole or not at all, and nothing behind the NUL */
        memset(buffer, 0x5A, sizeof buffer);
        const int rc = ssc_shim_deliver(SSC_SHIM_GB18030, &out, buffer, cap);
        assert_int_equal(rc, cap > strlen(GB) ? 0 : SSC_E_BUFFER_TOO_SMALL);
        assert_string_equal(cap > 0 ? buffer : "", cap > strlen(GB) ? GB : "");
        assert_int_equal(buffer[cap > strlen(GB) ? strlen(GB) + 1 : cap > 0 ? 1 : 0], 0x5A);
    }
    assert_int_equal(ssc_shim_deliver(SSC_SHIM_UTF8, &out, buffer, strlen(TEXT) + 1), 0);
    assert_string_equal(buffer, TEXT);
    assert_int_equal(ssc_shim_deliver(SSC_SHIM_UTF8, &out, buffer, strlen(TEXT)), SSC_E_BUFFER_TOO_SMALL);
    assert_string_equal(buffer, "");
    ssc_shim_out_free(&out);
    assert_int_equal(ssc_shim_deliver(SSC_SHIM_UTF8, &out, buffer, 1), 0);
    assert_string_equal(buffer, "");
}

static void test_cut(void **state)
{
    (void)state;
    static const size_t gb_ends[] = {0, 1, 3, 7, 8}, utf8_ends[] = {0, 1, 4, 8, 9};
    char buffer[32];
    for (size_t cap = 1; cap < 12; cap++) {
        size_t gb = 0, utf8 = 0;
        for (size_t i = 0; i < 5; i++) {
            gb = gb_ends[i] < cap ? gb_ends[i] : gb;
            utf8 = utf8_ends[i] < cap ? utf8_ends[i] : utf8;
        }
        ssc_shim_deliver_cut(SSC_SHIM_GB18030, TEXT, buffer, cap);
        assert_int_equal(strlen(buffer), gb);
        assert_memory_equal(buffer, GB, gb);
        ssc_shim_deliver_cut(SSC_SHIM_UTF8, TEXT, buffer, cap);
        assert_int_equal(strlen(buffer), utf8);
        assert_memory_equal(buffer, TEXT, utf8);
    }
    buffer[0] = 0x5A;
    ssc_shim_deliver_cut(SSC_SHIM_UTF8, TEXT, buffer, 0);
    assert_int_equal(buffer[0], 0x5A);
}

static void test_long(void **state)
{
    (void)state;
    struct ssc_shim_out out = {.len = 0};
    for (int i = 0; i < 10000; i++) {
        ssc_shim_out_text(&out, "0123456789");
    }
    ssc_shim_out_value(&out, "a|b$c\n\x7F\x01", 8);
    assert_int_equal(out.error, 0);
    assert_int_equal(out.len, 100008);
    assert_string_equal(out.text + 100000, "a?b?c???");
    ssc_shim_out_free(&out);
}

static void test_take(void **state)
{
    (void)state;
    char *text;
    assert_int_equal(ssc_shim_take(SSC_SHIM_GB18030, GB, strlen(GB) + 1, &text), 0);
    assert_string_equal(text, TEXT);
    ssc_shim_wipe(text);
    assert_int_equal(ssc_shim_take(SSC_SHIM_UTF8, TEXT, 100, &text), 0);
    assert_string_equal(text, TEXT);
    ssc_shim_wipe(text);
    assert_int_equal(ssc_shim_take(SSC_SHIM_GB18030, "", 1, &text), 0);
    assert_string_equal(text, "");
    ssc_shim_wipe(text);
    assert_int_equal(ssc_shim_take(SSC_SHIM_GB18030, GB, strlen(GB), &text), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_shim_take(SSC_SHIM_GB18030, NULL, 10, &text), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_shim_take(SSC_SHIM_GB18030, "\xD5", 10, &text), SSC_E_BAD_TEXT);
    assert_int_equal(ssc_shim_take(SSC_SHIM_GB18030, "\x95\x34\xB2", 10, &text), SSC_E_BAD_TEXT);
    assert_int_equal(ssc_shim_take(SSC_SHIM_UTF8, "\xE5\xBC", 10, &text), SSC_E_BAD_TEXT);
    assert_int_equal(ssc_shim_take(SSC_SHIM_UTF8, "\xD5\xC5", 10, &text), SSC_E_BAD_TEXT);
    assert_null(text);
    ssc_shim_wipe(NULL);
}

/* ---- lines ---- */

static void line(const char *format, const char *wanted, enum ssc_shim_unit unit)
{
    json_t *first =
        json_loads("{\"amount\":1234,\"pooled\":-5,\"counter\":7,\"type\":\"32\","
                   "\"time\":\"2015-11-18T18:50:01+08:00\",\"external\":{\"factor\":\"AB\"},\"n\":null}",
                   0, NULL);
    json_t *second = json_loads("{\"counter\":8,\"name\":\"张|三\"}", 0, NULL);
    struct ssc_shim_out out = {.len = 0};
    ssc_shim_line(&out, format, &(struct ssc_shim_fields){.from = {first, second}, .unit = unit, .pin = "1"});
    assert_string_equal(out.text ? out.text : "", wanted);
    ssc_shim_out_free(&out);
    json_decref(first);
    json_decref(second);
}

static void test_lines(void **state)
{
    (void)state;
    line("", "", SSC_SHIM_YUAN);
    line("plain|^", "plain|^", SSC_SHIM_YUAN);
    line("{amount}|{pooled}|{counter}|", "12.34|-0.05|7|", SSC_SHIM_YUAN);
    line("{amount}|{amount:yuan}|{amount:fen}|{amount:hex}|", "1234|12.34|1234|000004D2|", SSC_SHIM_FEN);
    line("{type}{type:char}{time}", "32220151118185001", SSC_SHIM_FEN);
    line("{external.factor}{external.nothing}{external}{amount.x}{n}{nothing}{}", "AB", SSC_SHIM_FEN);
    line("{name}{pin}", "张?三1", SSC_SHIM_FEN);
    line("{amount", "1234", SSC_SHIM_FEN); /* as good as closed */
    line("}{", "}", SSC_SHIM_FEN);
    line("{a_name_that_is_much_longer_than_any_name_that_the_service_has_ever_had_for_anything}|", "|",
         SSC_SHIM_FEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deliver), cmocka_unit_test(test_cut),   cmocka_unit_test(test_long),
        cmocka_unit_test(test_take),    cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
