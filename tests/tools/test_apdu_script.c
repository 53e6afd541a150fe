/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tools/apdu_script.h"

#include <string.h>

static void test_lines(void **state)
{
    static const struct {
        const char *text, *command, *expected; /* command NULL: not a line of a script */
    } rows[] = {
        {"00A4040000", "00A4040000", ""},
        {"  00 a4 04 00 00 # select", "00A4040000", ""},
        {"00A40000023F00 = 9000", "00A40000023F00", "9000"},
        {"00A40000023F00=9000,61xx , 63c0", "00A40000023F00", "9000,61XX,63C0"},
        {"", "", ""},
        {"   \r\n", "", ""},
        {"# only words", "", ""},
        {"00A4", NULL, NULL},
        {"00A404000", NULL, NULL},
        {"00G4040000", NULL, NULL},
        {"00A4040000 =", NULL, NULL},
        {"00A4040000 = 900", NULL, NULL},
        {"00A4040000 = 9000,", NULL, NULL},
        {"00A4040000 = ,9000", NULL, NULL},
        {"00A4040000 = 9000,,6A82", NULL, NULL},
        {"00A4040000 = 90001", NULL, NULL},
        {"= 9000", NULL, NULL},
        {"00A4040000 9000 = 9000 = 9000", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct apdu_step step = {0};
        const int rc = apdu_step_parse(rows[i].text, &step);
        if ((rc == 0) != (rows[i].command != NULL)) {
            fail_msg("\"%s\" gave %d", rows[i].text, rc);
        }
        if (rc == 0) {
            assert_string_equal(step.command, rows[i].command);
            assert_string_equal(step.expected, rows[i].expected);
        }
    }
}

static void test_too_long(void **state)
{
    static char line[2 * APDU_HEX_MAX];
    struct apdu_step step;
    (void)state;
    memset(line, '0', sizeof line - 1);
    assert_int_equal(apdu_step_parse(line, &step), -1);
    line[APDU_HEX_MAX - 2] = '\0';
    assert_int_equal(apdu_step_parse(line, &step), 0);
    assert_int_equal(strlen(step.command), APDU_HEX_MAX - 2);
}

static void test_expected(void **state)
{
    struct apdu_step step = {.expected = "9000,61XX,6X82"};
    (void)state;
    assert_true(apdu_expected(&step, "9000"));
    assert_true(apdu_expected(&step, "6110"));
    assert_true(apdu_expected(&step, "6A82"));
    assert_false(apdu_expected(&step, "6A83"));
    assert_false(apdu_expected(&step, "9001"));
    assert_false(apdu_expected(&step, ""));
    step.expected[0] = '\0';
    assert_true(apdu_expected(&step, "6F00"));
}

static int count_steps(void *ctx, const struct apdu_step *step)
{
    int *count = ctx;
    *count += 1;
    return strcmp(step->command, "00B00000") == 0 ? 7 : 0;
}

static void test_run(void **state)
{
    char good[] = "# a\n00A4040000\n\n00A4040000 = 9000\n00C00000";
    char stopped[] = "00A4040000\n00B00000\n00A4040000\n";
    char wrong[] = "00A4040000\nhello\n";
    struct apdu_step bad = {0};
    int count = 0;
    (void)state;
    FILE *in = fmemopen(good, strlen(good), "r");
    assert_int_equal(apdu_script_run(in, count_steps, &count, &bad), 0);
    assert_int_equal(count, 3);
    fclose(in);
    in = fmemopen(stopped, strlen(stopped), "r");
    count = 0;
    assert_int_equal(apdu_script_run(in, count_steps, &count, &bad), 7);
    assert_int_equal(count, 2);
    fclose(in);
    in = fmemopen(wrong, strlen(wrong), "r");
    assert_int_equal(apdu_script_run(in, count_steps, &count, &bad), -1);
    assert_int_equal(bad.line, 2);
    fclose(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_expected),
        cmocka_unit_test(test_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
