/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/bytes.h"
#include "drivers/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ATR "atr 3B6D000000814E43238697159900BF7C7A\n"

static struct ssc_driver *parse(const char *text)
{
    struct ssc_driver *d = NULL;
    unsigned line = 99;
    assert_int_equal(ssc_replay_driver_parse(text, strlen(text), &d, &line), 0);
    assert_int_equal(line, 0);
    return d;
}

static struct ssc_channel *open_card(struct ssc_driver *d)
{
    struct ssc_reader_state state;
    size_t count = 1;
    struct ssc_channel *ch = NULL;
    assert_int_equal(ssc_driver_list(d, &state, &count, ssc_deadline(10000)), 0);
    assert_int_equal(ssc_channel_open(d, state.name, false, &ch, ssc_deadline(10000)), 0);
    return ch;
}

static void assert_answer(struct ssc_channel *ch, const char *command, const char *expected)
{
    uint8_t tx[300], rx[300];
    char text[601];
    size_t tx_len = sizeof tx, rx_len = sizeof rx;
    assert_int_equal(ssc_hex_decode(command, tx, &tx_len), 0);
    assert_int_equal(ssc_channel_transmit(ch, tx, tx_len, rx, &rx_len, ssc_deadline(10000)), 0);
    assert_int_equal(ssc_hex_encode(rx, rx_len, text, sizeof text), 0);
    assert_string_equal(text, expected);
}

static void answers_in_any_order(void **state)
{
    struct ssc_driver *d = parse("# a comment\r\nreader Desk 1\n" ATR "\n> 00A4 0000 02 EF05\n< 90 00\n"
                                 "> 00B2010012\n< 0102 9000\n");
    struct ssc_channel *ch = open_card(d);
    (void)state;
    assert_string_equal(ch->reader, "Desk 1");
    assert_int_equal(ch->atr.historical_len, 13);
    assert_int_equal(ch->protocol, SSC_T0);
    assert_answer(ch, "00B2010012", "01029000");
    assert_answer(ch, "00A4000002EF05", "9000");
    assert_answer(ch, "00B2010012", "01029000");
    assert_answer(ch, "00B2010013", "6D00");
    ssc_channel_close(&ch, true);
    ssc_driver_free(&d);
}

static void repeats_in_recorded_order_then_keeps_the_last(void **state)
{
    struct ssc_driver *d =
        parse(ATR "> 0084000008\n< 019000\n> 00B0000001\n< 6982\n> 0084000008\n< 029000\n");
    struct ssc_channel *ch = open_card(d);
    (void)state;
    assert_answer(ch, "0084000008", "019000");
    assert_answer(ch, "0084000008", "029000");
    assert_answer(ch, "0084000008", "029000");
    ssc_channel_close(&ch, true);
    ch = open_card(d); /* a new channel begins again */
    assert_answer(ch, "0084000008", "019000");
    ssc_channel_close(&ch, true);
    ssc_driver_free(&d);
}

static void what_was_overwritten_stands_for_anything(void **state)
{
    struct ssc_driver *d = parse("redacted\n" ATR "> 0088000004 2A2A2A2A\n< 6102\n> 00C0000002\n< 2A2A9000\n"
                                 "> 0020000003 2A2A2A\n< 6102\n> 00C0000002\n< 01029000\n");
    struct ssc_channel *ch = open_card(d);
    (void)state;
    assert_answer(ch, "0020000003123456", "6102"); /* out of order: GET RESPONSE belongs to it all the same */
    assert_answer(ch, "00C0000002", "01029000");
    assert_answer(ch, "008800000401020304", "6102");
    assert_answer(ch, "00C0000002", "2A2A9000");
    assert_answer(ch, "0020000002123456", "6D00"); /* another length, another key */
    assert_answer(ch, "0020000103123456", "6D00");
    ssc_channel_close(&ch, true);
    ssc_driver_free(&d);
    d = parse(ATR "> 0020000003 2A2A2A\n< 9000\n");
    ch = open_card(d);
    assert_answer(ch, "0020000003123456", "6D00"); /* nobody said that it was overwritten */
    ssc_channel_close(&ch, true);
    ssc_driver_free(&d);
}

static void unknown_commands_get_the_named_status(void **state)
{
    struct ssc_driver *d = parse(ATR "otherwise 00B2 6A83\notherwise B2 6A82\notherwise 6E00\n");
    struct ssc_channel *ch = open_card(d);
    (void)state;
    assert_answer(ch, "00B2010400", "6A83");
    assert_answer(ch, "04B2010400", "6A82");
    assert_answer(ch, "00A40000", "6E00");
    ssc_channel_close(&ch, true);
    ssc_driver_free(&d);
}

static void an_ats_is_shown_as_pcsc_shows_it(void **state)
{
    static const uint8_t expected[] = {0x3B, 0x8D, 0x80, 0x01, 0x00, 0x81, 0x54, 0x4C, 0x96,
                                       0x86, 0x84, 0x51, 0x01, 0xC0, 0x66, 0x67, 0x79, 0xE9};
    struct ssc_driver *d = parse("ats 127880A00200 81544C9686845101C0666779\n");
    struct ssc_reader_state reader;
    size_t count = 1;
    struct ssc_channel *ch = open_card(d);
    (void)state;
    assert_int_equal(ssc_driver_list(d, &reader, &count, ssc_deadline(10000)), 0);
    assert_int_equal(reader.medium, SSC_MEDIUM_CONTACTLESS);
    assert_int_equal(reader.atr_len, sizeof expected);
    assert_memory_equal(reader.atr, expected, sizeof expected);
    assert_int_equal(ch->protocol, SSC_TCL);
    assert_true(ch->atr.tck_right);
    ssc_channel_close(&ch, true);
    ssc_driver_free(&d);
}

static void a_bad_line_is_named(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
    } bad[] = {
        {"", 0},
        {"reader x\n", 0},
        {ATR "> 00A40000\n", 2},
        {ATR "> 00A40000\n> 00A40000\n< 9000\n", 3},
        {ATR "< 9000\n", 2},
        {ATR "> 00A4\n< 9000\n", 2},
        {ATR "> 00A40000\n< 90\n", 3},
        {ATR "> 00A4000\n< 9000\n", 2},
        {ATR "\n\nmedium paper\n", 4},
        {ATR "otherwise 6A\n", 2},
        {ATR "otherwise 6A 83\n", 2},
        {ATR "otherwise\n", 2},
        {"atr 00\n", 1},
        {"ats 03\n", 1},
        {ATR "> 00A40000\n< 9000\n< 9000\n", 4},
        {ATR "reader \n", 2},
        {ATR "insert\n", 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct ssc_driver *d = NULL;
        unsigned line = 99;
        const int rc = ssc_replay_driver_parse(bad[i].text, strlen(bad[i].text), &d, &line);
        if (rc != SSC_E_IMAGE_INVALID || line != bad[i].line || d) {
            fail_msg("case %zu: %d, line %u instead of %u", i, rc, line, bad[i].line);
        }
    }
}

static void a_missing_file_is_named(void **state)
{
    struct ssc_driver *d = NULL;
    char why[200];
    (void)state;
    assert_int_equal(ssc_replay_driver_new("/nonexistent/x.trace", &d, why), SSC_E_FILE_MISSING);
    assert_string_equal(why, "/nonexistent/x.trace");
    assert_null(d);
}

static void what_is_wrong_with_a_file_is_said(void **state)
{
    static const struct {
        const char *text, *why;
        off_t len;
    } rows[] = {
        {"", ": empty", 0},
        {"# only words\n", ": no line \"atr\"", 0},
        {"atr 3B00\nwhat\n", ":2", 0},
        {"# ", ": longer than 16 MiB", 17 << 20},
    };
    char path[] = "/tmp/ssc-replay-XXXXXX", why[200], want[200];
    struct ssc_driver *d = NULL;
    (void)state;
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const size_t len = strlen(rows[i].text);
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, rows[i].text, len, 0), len);
        assert_int_equal(ftruncate(fd, rows[i].len ? rows[i].len : (off_t)len), 0);
        assert_int_equal(ssc_replay_driver_new(path, &d, why), SSC_E_IMAGE_INVALID);
        snprintf(want, sizeof want, "%s%s", path, rows[i].why);
        assert_string_equal(why, want);
    }
    close(fd);
    unlink(path);
}

static void a_pipe_or_a_device_is_no_recording(void **state)
{
    char folder[] = "/tmp/ssc-replay-XXXXXX", pipe[64];
    struct ssc_driver *d = NULL;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(pipe, sizeof pipe, "%s/pipe", folder);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    alarm(10); /* it must not wait for somebody who writes */
    assert_int_equal(ssc_replay_driver_new(pipe, &d, NULL), SSC_E_IO);
    assert_int_equal(ssc_replay_driver_new("/dev/zero", &d, NULL), SSC_E_IO);
    assert_int_equal(ssc_replay_driver_new(folder, &d, NULL), SSC_E_IO);
    alarm(0);
    unlink(pipe);
    rmdir(folder);
}

/* ---- the recordings of real cards ---- */

static struct ssc_channel *open_trace(const char *name, struct ssc_driver **d)
{
    char path[512], why[200] = "";
    snprintf(path, sizeof path, "%s/%s", SSC_TEST_TRACES, name);
    const int rc = ssc_replay_driver_new(path, d, why);
    if (rc != 0) {
        fail_msg("%s: %s", why, ssc_error_info(rc)->name);
    }
    return open_card(*d);
}

#define SELECT_SSSE "00A404000F7378312E73682EC9E7BBE1B1A3D5CF"
#define FCI_30 "6F1C840F7378312E73682EC9E7BBE1B1A3D5CFA50988011E9F0C038601039000"
#define ID_RECORD "0812313131313131313938313031303131313130"
#define NAME_RECORD "091ED5C5C8FD0000000000000000000000000000000000000000000000000000"

static void trace_30_contact(void **state)
{
    struct ssc_driver *d = NULL;
    struct ssc_channel *ch = open_trace("ssc-3.0-contact-hsm.trace", &d);
    (void)state;
    assert_int_equal(ch->protocol, SSC_T0);
    assert_answer(ch, SELECT_SSSE, FCI_30);
    assert_answer(ch, "00A4020002EF05", "9000");
    assert_answer(ch, "00B2010012", "0110519900D15600000510000B26FFFFFFFF9000");
    assert_answer(ch, "0084000008", "DBF7A936D0D18C9E9000");
    assert_answer(ch, "0084000008", "32D9E876ADB31BBF9000");
    assert_answer(ch, "008800001032D9E876ADB31BBFDBF7A936D0D18C9E", "F4A0CF965BDCEA309000");
    assert_answer(ch, "0084000008", "E603E2CAADAF02B69000");
    assert_answer(ch, "0084000008", "98B4D293D091C3319000");
    assert_answer(ch, "0082000A10774A08EDF447A1DEE603E2CAADAF02B6", "9000");
    assert_answer(ch, "00B2080014", ID_RECORD "9000");
    assert_answer(ch, "00B2090020", NAME_RECORD "9000");
    ssc_channel_close(&ch, true);
    ssc_driver_free(&d);
}

static void trace_30_contactless(void **state)
{
    struct ssc_driver *d = NULL;
    struct ssc_channel *ch = open_trace("ssc-3.0-contactless.trace", &d);
    (void)state;
    assert_int_equal(ch->protocol, SSC_TCL);
    assert_answer(ch, SELECT_SSSE, FCI_30);
    assert_answer(ch, "00B2010012", "0110510100D156000005C0666779C8C975CC9000");
    assert_answer(ch, "0082000A10FA617472D0E471DD294F0E67DFF409FE", "9000");
    assert_answer(ch, "00B2050006", "0504201804039000");
    ssc_channel_close(&ch, true);
    ssc_driver_free(&d);
}

static void trace_20_whole_files(void **state)
{
    struct ssc_driver *d = NULL;
    struct ssc_channel *ch = open_trace("ssc-2.0-whole-files.trace", &d);
    (void)state;
    assert_answer(ch, "00A4000002EF05", "9000");
    assert_answer(ch, "00B2010540",
                  "0110511300D156000005A21472423DB8F2480201330304322E3000040C9156000002511300511300DB"
                  "05042014060106042024060107094132313437323432349000");
    assert_answer(ch, "00A4000002EF06", "9000");
    assert_answer(ch, "00B201055B",
                  ID_RECORD NAME_RECORD
                  "4E1400000000000000000000000000000000000000000A01320B01FF0C03FFFFFF0D04FFFFFFFF"
                  "9000");
    assert_answer(ch, "00B2080014", "6A83"); /* it was never asked by tag */
    ssc_channel_close(&ch, true);
    ssc_driver_free(&d);
}

static void trace_test_card(void **state)
{
    struct ssc_driver *d = NULL;
    struct ssc_channel *ch = open_trace("ssc-2.0-test-card.trace", &d);
    (void)state;
    assert_answer(ch, SELECT_SSSE, "6F16840F7378312E73682EC9E7BBE1B1A3D5CFA50388011E9000");
    assert_answer(ch, "0020000003666666", "9000");
    assert_answer(ch, "00A40000023F00", "6F10840E315041592E5359532E44444630319000");
    ssc_channel_close(&ch, true);
    ssc_driver_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_in_any_order),
        cmocka_unit_test(repeats_in_recorded_order_then_keeps_the_last),
        cmocka_unit_test(what_was_overwritten_stands_for_anything),
        cmocka_unit_test(unknown_commands_get_the_named_status),
        cmocka_unit_test(an_ats_is_shown_as_pcsc_shows_it),
        cmocka_unit_test(a_bad_line_is_named),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(what_is_wrong_with_a_file_is_said),
        cmocka_unit_test(a_pipe_or_a_device_is_no_recording),
        cmocka_unit_test(trace_30_contact),
        cmocka_unit_test(trace_30_contactless),
        cmocka_unit_test(trace_20_whole_files),
        cmocka_unit_test(trace_test_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
