/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of wide characters, and what a card may not do to a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tools/out.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static char *printed;
static size_t printed_len;

static FILE *paper(void)
{
    FILE *out = open_memstream(&printed, &printed_len);
    assert_non_null(out);
    return out;
}

static void expect(FILE *out, const char *text)
{
    fclose(out);
    assert_string_equal(printed, text);
    free(printed);
}

static void test_width(void **state)
{
    (void)state;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("张三"), 4);
    assert_int_equal(text_width(S_BAD "张三a"), 5);
    assert_int_equal(text_width("e\xCC\x81"), 1); /* combining accent */
    assert_int_equal(text_width("\xF0\xA0\x80\x80"), 2);
    assert_int_equal(text_width("\xFF\xFE"), 2); /* not UTF-8: shown as ?? */
}

/* A machine without a locale of UTF-8. */
static void test_without_locale(void **state)
{
    assert_non_null(setlocale(LC_CTYPE, "C"));
    test_width(state);
    assert_int_equal(text_width("原因: 时钟错误，。"), 18);
    assert_int_equal(text_width("\xE2\x80\xAE\xC0\xAF\xED\xA0\x80\xF4\x90\x80\x80"), 10); /* ? each byte */
    FILE *out = paper();
    print_styled(out, false, "代号 é \033[2J\xC2\x9B\xE2\x80\xAE.");
    expect(out, "代号 é ?[2J??.");
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
}

static void test_grid(void **state)
{
    struct cli cli = {.lang = LANG_ZH};
    struct grid grid;
    (void)state;
    FILE *out = paper();
    grid_begin(&grid, &cli, 3, (const char *const[]){"姓名", "n", "end"});
    grid.right = 1u << 1;
    grid_row(&grid, "张三", "1", "x");
    grid_row(&grid, S_GOOD "ab", "100", "");
    grid_row(&grid, "欧阳娜娜", "", NULL);
    grid_end(&grid, out);
    expect(out, "姓名        n  end\n"
                "张三        1  x\n"
                "ab        100\n"
                "欧阳娜娜\n");
}

static void test_colour(void **state)
{
    struct cli cli = {.colour = true};
    struct grid grid;
    (void)state;
    FILE *out = paper();
    grid_begin(&grid, &cli, 2, NULL);
    grid_row(&grid, "a", S_GOOD "b");
    grid_end(&grid, out);
    expect(out, "\033[2ma\033[0m  \033[32mb\033[0m\n");
}

/* A name on a card is not a command to the terminal. */
static void test_hostile(void **state)
{
    struct cli cli = {0};
    struct grid grid;
    (void)state;
    FILE *out = paper();
    grid_begin(&grid, &cli, 2, NULL);
    grid_row(&grid, "name",
             "a\033[2J\nb\r\x7f\xC2\x9B"
             "c\xFF");
    grid_end(&grid, out);
    expect(out, "name  a?[2J?b???c?\n");
}

static void test_pairs(void **state)
{
    struct cli cli = {.lang = LANG_EN};
    struct grid grid;
    (void)state;
    FILE *out = paper();
    grid_begin(&grid, &cli, 2, NULL);
    grid_pair(&grid, MSG_NAME, "");
    grid_pair(&grid, MSG_NAME, NULL);
    for (int i = 0; i < 40; i++) {
        grid_pair(&grid, MSG_NAME, "x");
    }
    assert_int_equal(grid.count, 80);
    grid_end(&grid, out);
    fclose(out);
    assert_int_equal(printed_len, 40 * strlen("Name  x\n"));
    free(printed);
}

static void test_empty(void **state)
{
    struct cli cli = {.lang = LANG_EN};
    struct grid grid;
    (void)state;
    FILE *out = paper();
    grid_begin(&grid, &cli, 2, (const char *const[]){"a", "b"});
    grid_end(&grid, out);
    expect(out, "");
}

static void test_messages(void **state)
{
    struct cli cli = {.lang = LANG_EN};
    (void)state;
    FILE *out = paper();
    say(&cli, out, MSG_USAGE_COMMAND, "debit\033", "AMOUNT", " ");
    expect(out, "usage: sscard debit? AMOUNT\nmore: sscard help debit?\n");
    for (int lang = LANG_EN; lang <= LANG_ZH; lang++) {
        cli.lang = (enum lang)lang;
        for (int id = 0; id < MSG_COUNT; id++) {
            assert_true(strlen(msg(&cli, (enum message)id)) > 0);
        }
    }
}

static void test_language(void **state)
{
    (void)state;
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    setenv("LANG", "zh_CN.UTF-8", 1);
    assert_int_equal(lang_of_environment(), LANG_ZH);
    setenv("LC_MESSAGES", "en_US.UTF-8", 1);
    assert_int_equal(lang_of_environment(), LANG_EN);
    setenv("LC_ALL", "zh_TW", 1);
    assert_int_equal(lang_of_environment(), LANG_ZH);
    setenv("LC_ALL", "", 1);
    assert_int_equal(lang_of_environment(), LANG_EN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_width),  cmocka_unit_test(test_without_locale), cmocka_unit_test(test_grid),
        cmocka_unit_test(test_colour), cmocka_unit_test(test_hostile),        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_empty),  cmocka_unit_test(test_messages),       cmocka_unit_test(test_language),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
