/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hex.h"

#include "apdu/command.h"
#include "apdu/error.h"

static uint8_t body[SSC_LC_EXTENDED];
static uint8_t wire[SSC_COMMAND_MAX];

static struct ssc_command command(size_t lc, size_t le, bool extended)
{
    return (struct ssc_command){.cla = 0x00,
                                .ins = 0xA4,
                                .p1 = 0x04,
                                .p2 = 0x0C,
                                .data = body,
                                .lc = lc,
                                .le = le,
                                .extended = extended};
}

static void seven_forms(void **state)
{
    (void)state;
    static const struct {
        size_t lc, le;
        bool extended;
        const char *text;
    } rows[] = {
        {0, 0, false, "00A4040C"},
        {0, 8, false, "00A4040C08"},
        {0, 256, false, "00A4040C00"},
        {2, 0, false, "00A4040C020000"},
        {2, 256, false, "00A4040C02000000"},
        {0, 257, false, "00A4040C000101"},
        {0, 65536, false, "00A4040C000000"},
        {0, 8, true, "00A4040C000008"},
        {2, 0, true, "00A4040C0000020000"},
        {2, 8, true, "00A4040C00000200000008"},
        {2, 65536, false, "00A4040C00000200000000"},
        {0, 0, true, "00A4040C"},
    };
    memset(body, 0, 2);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ssc_command cmd = command(rows[i].lc, rows[i].le, rows[i].extended), back;
        size_t len = sizeof wire;
        assert_int_equal(ssc_command_encode(&cmd, wire, &len), 0);
        assert_bytes(wire, len, rows[i].text);
        assert_int_equal(ssc_command_decode(wire, len, &back), 0);
        assert_int_equal(back.lc, rows[i].lc);
        assert_int_equal(back.le, rows[i].le);
        assert_int_equal(back.p2, 0x0C);
    }
}

static void largest_command(void **state)
{
    (void)state;
    struct ssc_command cmd = command(65535, 65536, false), back;
    size_t len = sizeof wire;
    memset(body, 0x5A, sizeof body);
    assert_int_equal(ssc_command_encode(&cmd, wire, &len), 0);
    assert_int_equal(len, SSC_COMMAND_MAX);
    assert_int_equal(ssc_command_decode(wire, len, &back), 0);
    assert_true(back.extended);
    assert_ptr_equal(back.data, wire + 7);
    assert_int_equal(back.lc, 65535);
    assert_int_equal(back.le, 65536);
    len = SSC_COMMAND_MAX - 1;
    assert_int_equal(ssc_command_encode(&cmd, wire, &len), SSC_E_BUFFER_TOO_SMALL);
    assert_int_equal(len, SSC_COMMAND_MAX);
}

static void what_iso_cannot_say_is_refused(void **state)
{
    (void)state;
    struct ssc_command cmd = command(65536, 0, false);
    size_t len = sizeof wire;
    assert_int_equal(ssc_command_encode(&cmd, wire, &len), SSC_E_INVALID_ARGUMENT);
    cmd = command(0, 65537, false);
    assert_int_equal(ssc_command_encode(&cmd, wire, &len), SSC_E_INVALID_ARGUMENT);
    cmd = command(1, 0, false);
    cmd.data = NULL;
    assert_int_equal(ssc_command_encode(&cmd, wire, &len), SSC_E_INVALID_ARGUMENT);
}

static void no_eighth_form(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "00",
        "00A4",
        "00A404",
        "00A4040C0201",
        "00A4040C02010203 04",
        "00A4040C0000",
        "00A4040C00000001",
        "00A4040C000002AA",
        "00A4040C0000000001",
        "00A4040C000002AABBCC",
        "00A4040C000002AABBCCDDEE",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct hex h = hex(wrong[i]);
        uint8_t *bytes = exact(h.data, h.len);
        struct ssc_command cmd;
        assert_int_equal(ssc_command_decode(bytes, h.len, &cmd), SSC_E_INVALID_ARGUMENT);
        free(bytes);
    }
}

/* Every length of a short case 4 command reads as another form or not at all, and never past its end. */
static void cut_at_every_byte(void **state)
{
    (void)state;
    struct hex h = hex("00A404000F7378312E73682EC9E7BBE1B1A3D5CF00");
    for (size_t len = 0; len <= h.len; len++) {
        uint8_t *bytes = exact(h.data, len);
        struct ssc_command cmd;
        int rc = ssc_command_decode(bytes, len, &cmd);
        assert_int_equal(rc, len == 4 || len == 5 || len >= h.len - 1 ? 0 : SSC_E_INVALID_ARGUMENT);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seven_forms),
        cmocka_unit_test(largest_command),
        cmocka_unit_test(what_iso_cannot_say_is_refused),
        cmocka_unit_test(no_eighth_form),
        cmocka_unit_test(cut_at_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
