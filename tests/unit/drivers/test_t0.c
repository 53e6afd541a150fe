/* SPDX-License-Identifier: Apache-2.0 */
/* T=0: the form of commands, and a card that speaks procedure bytes as told. */
#include "ccid_device.h"

#include "drivers/ccid/t0.h"

static void forms(void **state)
{
    static const struct {
        const char *apdu, *tpdu;
        int rc;
    } cases[] = {
        {"00FE0000", "00FE000000", 0},             /* case 1 */
        {"00B2010408", "00B2010408", 0},           /* case 2 */
        {"00B2010400", "00B2010400", 0},           /* case 2, 256 */
        {"00A40000023F00", "00A40000023F00", 0},   /* case 3 */
        {"00A40000023F0000", "00A40000023F00", 0}, /* case 4 loses Le */
        {"00A40000000002"
         "3F00",
         "", SSC_E_NOT_SUPPORTED},                      /* extended */
        {"00A40000053F00", "", SSC_E_INVALID_ARGUMENT}, /* Lc says more */
        {"00A400", "", SSC_E_INVALID_ARGUMENT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t apdu[32], tpdu[32], out[SSC_T0_TPDU_MAX];
        size_t apdu_len = sizeof apdu, tpdu_len = sizeof tpdu, len = sizeof out;
        ssc_hex_decode(cases[i].apdu, apdu, &apdu_len);
        ssc_hex_decode(cases[i].tpdu, tpdu, &tpdu_len);
        assert_int_equal(ssc_t0_tpdu(apdu, apdu_len, out, &len), cases[i].rc);
        if (cases[i].rc == 0) {
            assert_int_equal(len, tpdu_len);
            assert_memory_equal(out, tpdu, len);
        }
    }
    uint8_t small[4];
    size_t len = sizeof small;
    assert_int_equal(ssc_t0_tpdu((const uint8_t[]){0, 0xFE, 0, 0}, 4, small, &len), SSC_E_BUFFER_TOO_SMALL);
    assert_int_equal(len, 5);
}

/* Plays a card: `said` is what it puts on the wire, byte for byte; returns the result and what it was sent.
 */
static int play(const char *tpdu_hex, const char *said_hex, char *sent_hex, char *answer_hex, size_t at_once)
{
    uint8_t tpdu[300], said[600], answer[258], sent[600];
    size_t tpdu_len = sizeof tpdu, said_len = sizeof said, at = 0, sent_len = 0;
    struct ssc_t0 t;
    assert_int_equal(ssc_hex_decode(tpdu_hex, tpdu, &tpdu_len), 0);
    assert_int_equal(ssc_hex_decode(said_hex, said, &said_len), 0);
    int rc = ssc_t0_begin(&t, tpdu, tpdu_len, answer, sizeof answer);
    while (rc == 0 && !t.done) {
        size_t n = said_len - at;
        memcpy(sent + sent_len, t.tx, t.tx_len);
        sent_len += t.tx_len;
        n = n > t.want ? t.want : n;
        n = n > at_once ? at_once : n;
        rc = ssc_t0_take(&t, said + at, n);
        at += n;
    }
    assert_true(rc != 0 || at == said_len);
    ssc_hex_encode(sent, sent_len, sent_hex, 1201);
    ssc_hex_encode(answer, rc == 0 ? t.answer_len : 0, answer_hex, 600);
    return rc;
}

static void procedure_bytes(void **state)
{
    static const struct {
        const char *tpdu, *said, *sent, *answer;
        int rc;
    } cases[] = {
        {"00FE000000", "6D00", "00FE000000", "6D00", 0},
        {"00A40000023F00", "A49000", "00A40000023F00", "9000", 0},
        {"00A40000023F00", "60605B60A46060610A", "00A40000023F00", "610A",
         0}, /* NULLs, one by one, then all */
        {"00A40000023F00", "5B5B9000", "00A40000023F00", "9000", 0},
        {"00A40000023F00", "6A82", "00A4000002", "6A82", 0}, /* refuses before the data */
        {"00B2010403", "B20102039000", "00B2010403", "0102039000", 0},
        {"00B2010403", "4D014D0260B2039000", "00B2010403", "0102039000", 0},
        {"00B2010401", "B2AA9000", "00B2010401", "AA9000", 0},
        {"00B2010408", "6C03", "00B2010408", "6C03", 0},
        {"00B2010403", "B20102", "00B2010403", "", SSC_E_CARD_MUTE}, /* a data byte is missing */
        {"00B2010403", "77", "00B2010403", "", SSC_E_BAD_RESPONSE},
        {"00A40000023F00", "A4A4", "00A40000023F00", "",
         SSC_E_BAD_RESPONSE}, /* asks for more than there is */
        {"00A40000023F00", "", "00A4000002", "", SSC_E_CARD_MUTE},
        {"00A40000023F00", "90", "00A4000002", "", SSC_E_CARD_MUTE},      /* half a status word */
        {"00B2010402", "B20102B2", "00B2010402", "", SSC_E_BAD_RESPONSE}, /* more data than Le */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t at_once = 1; at_once < 4; at_once += 2) {
            char sent[1201], answer[600];
            if (play(cases[i].tpdu, cases[i].said, sent, answer, at_once) != cases[i].rc) {
                fail_msg("case %zu", i);
            }
            assert_string_equal(sent, cases[i].sent);
            assert_string_equal(answer, cases[i].answer);
        }
    }
}

/* NULL for ever: the machine goes on asking, it is the caller's deadline that ends it. */
static void endless_nulls(void **state)
{
    static const uint8_t command[] = {0, 0xB2, 1, 4, 8}, null = 0x60;
    uint8_t answer[258];
    struct ssc_t0 t;
    (void)state;
    assert_int_equal(ssc_t0_begin(&t, command, sizeof command, answer, sizeof answer), 0);
    for (unsigned i = 0; i < 100000; i++) {
        assert_int_equal(ssc_t0_take(&t, &null, 1), 0);
        assert_true(!t.done && t.tx_len == 0 && t.want == 1);
    }
    assert_int_equal(t.nulls, 100000);
}

static void limits(void **state)
{
    static const uint8_t command[] = {0, 0xB2, 1, 4, 0}, wrong[] = {0, 0xA4, 0, 0, 2, 0x3F};
    uint8_t answer[258], many[2] = {0x90, 0x00};
    struct ssc_t0 t;
    (void)state;
    assert_int_equal(ssc_t0_begin(&t, command, sizeof command, answer, 257), SSC_E_BUFFER_TOO_SMALL);
    assert_int_equal(ssc_t0_begin(&t, command, 4, answer, sizeof answer), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_t0_begin(&t, wrong, sizeof wrong, answer, sizeof answer), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(ssc_t0_begin(&t, command, sizeof command, answer, sizeof answer), 0);
    assert_int_equal(ssc_t0_take(&t, many, 2), SSC_E_BAD_RESPONSE); /* one was asked for */
    assert_int_equal(ssc_t0_begin(&t, command, sizeof command, answer, sizeof answer), 0);
    assert_int_equal(ssc_t0_take(&t, many, 1), 0);
    assert_int_equal(ssc_t0_take(&t, many + 1, 1), 0);
    assert_true(t.done);
    assert_int_equal(ssc_t0_take(&t, many, 1), SSC_E_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(procedure_bytes),
        cmocka_unit_test(endless_nulls),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
