/* SPDX-License-Identifier: Apache-2.0 */
/* PINs typed on the reader: through our driver at each level of exchange, and through a real pcscd with
 * libccid and with our handler, on the same device. The card's PIN is 123456. */
#include "pcscd_bed.h"

#include "apdu/bytes.h"

static const uint8_t VERIFY[] = {0x00, 0x20, 0x00, 0x00, 0x03, 0xFF, 0xFF, 0xFF};
static const uint8_t CHANGE[] = {0x80, 0x5E, 0x01, 0x00, 0x07, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

/* ssc_error, or the card's status word. */
static int enter(struct ssc_channel *ch, bool modify, const char *typed)
{
    const struct ssc_pin_entry entry = {.modify = modify,
                                        .apdu = modify ? CHANGE : VERIFY,
                                        .apdu_len = modify ? sizeof CHANGE : sizeof VERIFY,
                                        .min_digits = 6,
                                        .max_digits = 6,
                                        .new_offset = modify ? 4 : 0,
                                        .pin_bytes = 3,
                                        .timeout_s = 2};
    uint8_t rx[SSC_RESPONSE_SHORT];
    size_t len = sizeof rx;
    device_type(reader, typed);
    const int rc = ssc_channel_pin_entry(ch, &entry, rx, &len, ssc_deadline(SOON));
    return rc == 0 ? ssc_get16(rx) : rc;
}

static void type_on(struct ssc_channel *ch)
{
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x0F, 0x73, 0x78, 0x31, 0x2E, 0x73,
                                     0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF};
    static const struct {
        bool modify;
        const char *typed;
        int wanted, mask;
    } ENTRIES[] = {
        {false, "C", SSC_E_PIN_CANCELLED, -1},
        {false, "", SSC_E_PIN_TIMEOUT, -1},
        {false, "12345", SSC_E_PIN_CANCELLED, -1}, /* this pad takes a wrong length for the red key */
        {false, "654321", 0x63C0, 0xFFF0},         /* the card's word */
        {false, "123456", 0x9000, -1},
        {true, "123456,654321,654322", SSC_E_PIN_CANCELLED, -1},
        {true, "123456,C", SSC_E_PIN_CANCELLED, -1},
        {true, "123456,654321,654321", 0x9000, -1},
        {false, "123456", 0x63C0, 0xFFF0},
        {false, "654321", 0x9000, -1},
    };
    assert_int_equal(ch->features, SSC_FEATURE_PIN_VERIFY | SSC_FEATURE_PIN_MODIFY | SSC_FEATURE_DISPLAY);
    assert_true(exchange(ch, select, sizeof select, SOON) >= 2);
    for (size_t i = 0; i < sizeof ENTRIES / sizeof ENTRIES[0]; i++) {
        const int rc = enter(ch, ENTRIES[i].modify, ENTRIES[i].typed);
        if ((rc & ENTRIES[i].mask) != ENTRIES[i].wanted) {
            fail_msg("entry %zu: %d", i, rc);
        }
        assert_int_equal(challenge(ch, SOON), 10); /* reader and card are in step */
    }
    ssc_channel_close(&ch, true);
}

static struct device_config pad(enum device_level level)
{
    struct device_config config = device_default(level);
    config.pin_support = 3;
    config.lcd_lines = 2;
    config.lcd_columns = 16;
    return config;
}

static void straight(enum device_level level, uint8_t ifsc)
{
    static char image[IMAGE_MAX];
    const struct device_config config = pad(level);
    bed_up(&config, image_card("ssc-2.0", 0, ifsc, image));
    type_on(open_again());
}

static void short_apdu(void **state)
{
    (void)state;
    straight(LEVEL_SHORT, 0);
}

static void extended_apdu(void **state)
{
    (void)state;
    straight(LEVEL_EXTENDED, 0);
}

static void tpdu_t0(void **state)
{
    (void)state;
    straight(LEVEL_TPDU, 0);
}

static void tpdu_t1(void **state)
{
    (void)state;
    straight(LEVEL_TPDU, 32);
}

static void a_reader_without_one(void **state)
{
    const struct device_config config = device_default(LEVEL_SHORT);
    struct ssc_channel *ch;
    (void)state;
    bed_up(&config, "ssc-2.0");
    ch = open_again();
    assert_int_equal(ch->features, 0);
    assert_int_equal(enter(ch, false, "123456"), SSC_E_NO_PIN_PAD);
    assert_int_equal(device_count(reader, 0x69), 0);
    ssc_channel_close(&ch, true);
}

/* The holder looks for his glasses: the caller's deadline holds, and the reader is usable again. */
static void a_holder_who_takes_too_long(void **state)
{
    const struct device_config config = pad(LEVEL_SHORT);
    const struct ssc_pin_entry entry = {.apdu = VERIFY,
                                        .apdu_len = sizeof VERIFY,
                                        .min_digits = 6,
                                        .max_digits = 6,
                                        .pin_bytes = 3,
                                        .timeout_s = 60};
    struct ssc_channel *ch;
    uint8_t rx[SSC_RESPONSE_SHORT];
    size_t len = sizeof rx;
    (void)state;
    bed_up(&config, "ssc-2.0");
    ch = open_again();
    device_fault(reader, DEVICE_TIME_EXTENSION, 0x69, 1, 0); /* as readers do that wait for keys */
    const struct stopwatch watch = stopwatch_start();
    assert_int_equal(ssc_channel_pin_entry(ch, &entry, rx, &len, ssc_deadline(200)), SSC_E_DEADLINE_EXCEEDED);
    assert_in_time(&watch, 200);
    ssc_channel_close(&ch, true);
    works_again();
}

/* ---- pcscd ---- */

static void through(enum via via, enum device_level level, uint8_t ifsc)
{
    static char image[IMAGE_MAX];
    struct ssc_channel *ch = NULL;
    char name[SSC_READER_NAME_MAX];
    via_pcscd(via, pad(level), image_card("ssc-2.0", 0, ifsc, image), NULL);
    name_of(0, name);
    await(name, SSC_SLOT_CARD);
    assert_int_equal(ssc_channel_open(driver, name, false, &ch, ssc_deadline(SOON)), 0);
    type_on(ch);
}

static void libccid_short_apdu(void **state)
{
    (void)state;
    through(VIA_LIBCCID, LEVEL_SHORT, 0);
}

static void handler_short_apdu(void **state)
{
    (void)state;
    through(VIA_HANDLER, LEVEL_SHORT, 0);
}

static void handler_tpdu_t1(void **state)
{
    (void)state;
    through(VIA_HANDLER, LEVEL_TPDU, 32);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        bed_test(short_apdu),
        bed_test(extended_apdu),
        bed_test(tpdu_t0),
        bed_test(tpdu_t1),
        bed_test(a_reader_without_one),
        bed_test(a_holder_who_takes_too_long),
        pcscd_bed_test(libccid_short_apdu),
        pcscd_bed_test(handler_short_apdu),
        pcscd_bed_test(handler_tpdu_t1),
    };
    bed_enter(argv);
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("keypad", tests, NULL, NULL);
}
