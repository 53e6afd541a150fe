/* SPDX-License-Identifier: Apache-2.0 */
/* PIN structures of PC/SC part 10, there and back, and the reader's own status words. */
#include "drivers/part10.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* What was built is read as what it was built from. */
static void returns(const struct ssc_pin_entry *entry, const uint8_t *structure, size_t len)
{
    struct ssc_pin_entry back;
    assert_int_equal(ssc_part10_parse(entry->modify, structure, len, &back), 0);
    assert_int_equal(back.apdu_len, entry->apdu_len);
    assert_memory_equal(back.apdu, entry->apdu, entry->apdu_len);
    assert_int_equal(back.modify, entry->modify);
    assert_int_equal(back.min_digits, entry->min_digits);
    assert_int_equal(back.max_digits, entry->max_digits);
    assert_int_equal(back.old_offset, entry->old_offset);
    assert_int_equal(back.new_offset, entry->new_offset);
    assert_int_equal(back.pin_bytes, entry->pin_bytes);
    assert_int_equal(back.timeout_s, entry->timeout_s);
}

static void verify_structure(void **state)
{
    static const uint8_t apdu[] = {0x00, 0x20, 0x00, 0x00, 0x03, 0xFF, 0xFF, 0xFF};
    static const uint8_t expected[] = {
        30,   30,               /* timeouts */
        0x81,                   /* bytes, position 0, left, BCD */
        0x03, 0x00,             /* 3 byte block, no length field */
        0x06, 0x04,             /* 4 to 6 digits, little-endian */
        0x02, 0x01,             /* OK key, one message */
        0x04, 0x08,             /* zh-CN */
        0x00, 0x00, 0x00, 0x00, /* message, T=1 prologue */
        0x08, 0x00, 0x00, 0x00, /* length of the command */
        0x00, 0x20, 0x00, 0x00, 0x03, 0xFF, 0xFF, 0xFF,
    };
    const struct ssc_pin_entry entry = {.apdu = apdu,
                                        .apdu_len = sizeof apdu,
                                        .min_digits = 4,
                                        .max_digits = 6,
                                        .pin_bytes = 3,
                                        .timeout_s = 30};
    uint8_t out[64];
    size_t len = sizeof out;
    (void)state;
    assert_int_equal(ssc_part10_build(&entry, out, &len), 0);
    assert_int_equal(len, sizeof expected);
    assert_memory_equal(out, expected, sizeof expected);
    returns(&entry, out, len);
    len = 8;
    assert_int_equal(ssc_part10_build(&entry, out, &len), SSC_E_BUFFER_TOO_SMALL);
    assert_int_equal(len, sizeof expected);
}

static void modify_structure(void **state)
{
    static const uint8_t apdu[] = {0x80, 0x5E, 0x01, 0x00, 0x07, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    static const uint8_t expected[] = {
        255,  255,              /* seconds, twice */
        0x81, 0x03, 0x00,       /* bytes, BCD; block; no length field */
        0x00, 0x04,             /* old PIN at 0, new one behind the FF */
        0x06, 0x06,             /* exactly 6 digits */
        0x03, 0x02, 0x03,       /* ask the old, ask the new twice; OK key; three messages */
        0x04, 0x08,             /* zh-CN */
        0x00, 0x01, 0x02,       /* messages */
        0x00, 0x00, 0x00,       /* T=1 prologue */
        0x0C, 0x00, 0x00, 0x00, /* length of the command */
        0x80, 0x5E, 0x01, 0x00, 0x07, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    };
    const struct ssc_pin_entry entry = {.modify = true,
                                        .apdu = apdu,
                                        .apdu_len = sizeof apdu,
                                        .min_digits = 6,
                                        .max_digits = 6,
                                        .new_offset = 4,
                                        .pin_bytes = 3,
                                        .timeout_s = 255};
    uint8_t out[64];
    size_t len = sizeof out;
    (void)state;
    assert_int_equal(ssc_part10_build(&entry, out, &len), 0);
    assert_int_equal(len, sizeof expected);
    assert_memory_equal(out, expected, sizeof expected);
    returns(&entry, out, len);
}

static void unsound_entries_are_refused(void **state)
{
    static const uint8_t apdu[] = {0x00, 0x20, 0x00, 0x00, 0x03, 0xFF, 0xFF, 0xFF};
    const struct ssc_pin_entry good = {.apdu = apdu,
                                       .apdu_len = sizeof apdu,
                                       .min_digits = 4,
                                       .max_digits = 6,
                                       .pin_bytes = 3,
                                       .timeout_s = 1000};
    struct ssc_pin_entry bad[6] = {good, good, good, good, good, good};
    uint8_t out[64];
    size_t len = sizeof out;
    (void)state;
    assert_int_equal(ssc_part10_build(&good, out, &len), 0);
    assert_int_equal(out[0], 255); /* 1000 seconds do not fit */
    bad[0].pin_bytes = 4;          /* beyond the command */
    bad[1].max_digits = 7;         /* more than the room */
    bad[2].min_digits = 7;         /* least above most */
    bad[3].old_offset = 1;         /* beyond the command */
    bad[4].apdu_len = 5;           /* no data field */
    bad[5].modify = true, bad[5].new_offset = 1;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        len = sizeof out;
        if (ssc_part10_build(&bad[i], out, &len) != SSC_E_INVALID_ARGUMENT) {
            fail_msg("case %zu was taken", i);
        }
    }
}

static void the_pads_own_words(void **state)
{
    static const struct {
        uint8_t rx[4];
        size_t len;
        int rc;
    } cases[] = {
        {{0x90, 0x00}, 2, 0},
        {{0x64, 0x00}, 2, SSC_E_PIN_TIMEOUT},
        {{0x64, 0x01}, 2, SSC_E_PIN_CANCELLED},
        {{0x64, 0x02}, 2, SSC_E_PIN_MISMATCH},
        {{0x64, 0x03}, 2, SSC_E_PIN_LENGTH},
        {{0x6B, 0x80}, 2, SSC_E_INVALID_ARGUMENT},
        {{0x63, 0xC2}, 2, 0}, /* the card's, handed on */
        {{0x64, 0x00, 0x90, 0x00}, 4, 0},
        {{0x90}, 1, SSC_E_BAD_RESPONSE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(ssc_part10_result(cases[i].rx, cases[i].len), cases[i].rc);
        const uint16_t word = ssc_part10_word(cases[i].rc);
        assert_int_equal(word,
                         cases[i].rc < 0 && cases[i].len == 2 ? cases[i].rx[0] << 8 | cases[i].rx[1] : 0);
    }
}

/* What a PC/SC program may ask for and these cards never need is refused, not done in another way. */
static void other_formats_are_refused(void **state)
{
    static const uint8_t apdu[] = {0x80, 0x5E, 0x01, 0x00, 0x07, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    static const struct {
        bool modify;
        size_t at;
        uint8_t byte;
    } cases[] = {
        {false, 2, 0x01},  /* positions in bits */
        {false, 2, 0x82},  /* ASCII */
        {false, 2, 0x85},  /* right justified */
        {false, 2, 0xB1},  /* position 6: the PIN would end behind the command */
        {false, 3, 0x13},  /* the PIN's length is wanted, too */
        {false, 3, 0x00},  /* no room */
        {false, 5, 0x07},  /* more digits than room */
        {false, 15, 0x0B}, /* a length that lies */
        {true, 9, 0x00},   /* neither the old PIN nor a confirmation */
        {true, 9, 0x01},   /* the old PIN is not asked for */
        {true, 6, 0x05},   /* the new PIN would end behind the command */
        {true, 20, 0x0D},  /* a length that lies */
    };
    struct ssc_pin_entry entry = {.apdu = apdu,
                                  .apdu_len = sizeof apdu,
                                  .min_digits = 4,
                                  .max_digits = 6,
                                  .new_offset = 4,
                                  .pin_bytes = 3};
    uint8_t out[64];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ssc_pin_entry back;
        size_t len = sizeof out;
        entry.modify = cases[i].modify;
        assert_int_equal(ssc_part10_build(&entry, out, &len), 0);
        for (size_t cut = 0; cut < len; cut++) {
            assert_int_equal(ssc_part10_parse(entry.modify, out, cut, &back), SSC_E_INVALID_ARGUMENT);
        }
        out[cases[i].at] = cases[i].byte;
        if (ssc_part10_parse(entry.modify, out, len, &back) != SSC_E_INVALID_ARGUMENT) {
            fail_msg("case %zu was taken", i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verify_structure),
        cmocka_unit_test(modify_structure),
        cmocka_unit_test(unsound_entries_are_refused),
        cmocka_unit_test(other_formats_are_refused),
        cmocka_unit_test(the_pads_own_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
