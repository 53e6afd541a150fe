/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of other builds: several slots, a keypad, descriptors that lie; and readers that come and go. */
#include "ccid_bed.h"

#include <stdlib.h>

static void reader_up(const struct device_config *config)
{
    bed_up(config, "ssc-2.0");
}

/* ---- slots ---- */

static void slots_have_cards_of_their_own(void **state)
{
    static const char *const NAMES[] = {"Scripted Reader [000001] (1-1) 0",
                                        "Scripted Reader [000001] (1-1) 1",
                                        "Scripted Reader [000001] (1-1) 2"};
    struct device_config config = device_default(LEVEL_SHORT);
    struct ssc_channel *ch[2] = {NULL, NULL};
    (void)state;
    config.slots = 3;
    reader_up(&config);
    assert_int_equal(device_insert(reader, 2, "psam"), 0);
    await(NAMES[0], SSC_SLOT_CARD);
    await(NAMES[1], SSC_SLOT_EMPTY);
    await(NAMES[2], SSC_SLOT_CARD);
    assert_int_equal(ssc_channel_open(driver, NAMES[0], false, &ch[0], ssc_deadline(SOON)), 0);
    assert_int_equal(ssc_channel_open(driver, NAMES[2], false, &ch[1], ssc_deadline(SOON)), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(challenge(ch[i % 2], SOON), 10);
    }
    device_remove(reader, 2); /* the other one does not notice */
    await(NAMES[2], SSC_SLOT_EMPTY);
    assert_int_equal(challenge(ch[1], SOON), SSC_E_CARD_REMOVED);
    assert_int_equal(challenge(ch[0], SOON), 10);
    assert_int_equal(device_insert(reader, 1, "ssc-3.0"), 0);
    await(NAMES[1], SSC_SLOT_CARD);
    ssc_channel_close(&ch[0], true);
    ssc_channel_close(&ch[1], true);
}

/* ---- voltage ---- */

static void finds_the_voltage_by_itself(void **state)
{
    struct device_config config = device_default(LEVEL_TPDU); /* without automatic voltage */
    struct device_message power;
    struct ssc_channel *ch;
    (void)state;
    config.card_voltages = 2; /* 3 V only */
    reader_up(&config);
    ch = open_again();
    assert_int_equal(challenge(ch, SOON), 10);
    assert_true(device_last(reader, 0x62, &power));
    assert_int_equal(power.param[0], 2);
    ssc_channel_close(&ch, true);
}

static void negotiates_speed(void **state)
{
    static char image[IMAGE_MAX];
    const struct device_config config = device_default(LEVEL_TPDU);
    struct device_message set;
    struct ssc_channel *ch;
    (void)state;
    bed_up(&config, image_card("ssc-2.0", 0x95, 32, image));
    ch = open_again();
    assert_int_equal(challenge(ch, SOON), 10);
    assert_int_equal(device_contact(reader, 0)->pps, 1);
    assert_int_equal(device_contact(reader, 0)->fidi, 0x95);
    assert_true(device_last(reader, 0x61, &set));
    assert_int_equal(set.data[0], 0x95);
    ssc_channel_close(&ch, true);
}

/* ---- keypad ---- */

static void keypad_up(void)
{
    struct device_config config = device_default(LEVEL_SHORT);
    config.pin_support = 3;
    config.lcd_lines = 2;
    config.lcd_columns = 16;
    reader_up(&config);
}

static int type_pin(struct ssc_channel *ch, const char *digits, uint8_t sw[2])
{
    static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x00, 0x03, 0xFF, 0xFF, 0xFF};
    const struct ssc_pin_entry entry = {.apdu = verify,
                                        .apdu_len = sizeof verify,
                                        .min_digits = 4,
                                        .max_digits = 6,
                                        .pin_bytes = 3,
                                        .timeout_s = 2};
    uint8_t rx[SSC_RESPONSE_SHORT];
    size_t len = sizeof rx;
    device_type(reader, digits);
    const int rc = ssc_channel_pin_entry(ch, &entry, rx, &len, ssc_deadline(SOON));
    if (rc == 0) {
        assert_int_equal(len, 2);
        memcpy(sw, rx, 2);
    }
    return rc;
}

static void keypad_verifies(void **state)
{
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x0F, 0x73, 0x78, 0x31, 0x2E, 0x73,
                                     0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF};
    struct ssc_channel *ch;
    uint8_t sw[2] = {0};
    (void)state;
    keypad_up();
    ch = open_again();
    assert_int_equal(ch->features, SSC_FEATURE_PIN_VERIFY | SSC_FEATURE_PIN_MODIFY | SSC_FEATURE_DISPLAY);
    assert_true(exchange(ch, select, sizeof select, SOON) >= 2);
    assert_int_equal(type_pin(ch, "654321", sw), 0);
    assert_int_equal(sw[0], 0x63);
    assert_int_equal(type_pin(ch, "123456", sw), 0);
    assert_int_equal(sw[0], 0x90);
    assert_int_equal(type_pin(ch, "C", sw), SSC_E_PIN_CANCELLED);
    assert_int_equal(type_pin(ch, "", sw), SSC_E_PIN_TIMEOUT);
    ssc_channel_close(&ch, true);
}

/* ---- descriptors that lie ---- */

static void refuses_descriptors_that_lie(void **state)
{
    static const struct {
        const char *name;
        size_t at;
        uint8_t bytes[4];
        size_t len, total;
    } LIES[] = {
        {"class descriptor too short", CLASS_AT, {20}, 1, 0},
        {"class descriptor longer than the rest", CLASS_AT, {0xFF}, 1, 0},
        {"length 0", CLASS_AT, {0}, 1, 0},
        {"message of no bytes", CLASS_AT + 44, {0, 0, 0, 0}, 4, 0},
        {"two levels at once", CLASS_AT + 42, {0x07}, 1, 0},
        {"255 slots", CLASS_AT + 4, {0xFE}, 1, 0},
        {"no bulk-in", CLASS_AT + CLASS_LEN + ENDPOINT_LEN + 2, {0x03}, 1, 0},
        {"packets of 0 bytes", CLASS_AT + CLASS_LEN + ENDPOINT_LEN + 4, {0, 0}, 2, 0},
        {"cut off in the class descriptor", 0, {0}, 0, CLASS_AT + 30},
        {"cut off before the end points", 0, {0}, 0, CLASS_AT + CLASS_LEN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof LIES / sizeof LIES[0]; i++) {
        const struct device_config config = device_default(LEVEL_SHORT);
        struct ssc_channel *ch = NULL;
        bed = bed_new();
        reader = device_new(&config);
        assert_int_equal(device_insert(reader, 0, "ssc-2.0"), 0);
        device_bend(reader, LIES[i].at, LIES[i].bytes, LIES[i].len, LIES[i].total);
        bed_plug(bed, 1, reader);
        assert_int_equal(ssc_ccid_driver_new(NULL, &driver), 0);
        const int rc = open_within(&ch, 500);
        if (rc >= 0) {
            fail_msg("%s: %d", LIES[i].name, rc);
        }
        bed_down(state);
    }
}

/* ---- coming and going ---- */

static void readers_come_and_go(void **state)
{
    const struct device_config config = device_default(LEVEL_SHORT);
    struct device_config other = config;
    struct device *second;
    (void)state;
    bed = bed_new();
    reader = device_new(&config);
    other.serial = "000002";
    second = device_new(&other);
    assert_int_equal(device_insert(reader, 0, "ssc-2.0"), 0);
    assert_int_equal(ssc_ccid_driver_new(NULL, &driver), 0);
    await(READER, SSC_SLOT_GONE);
    for (int i = 0; i < 3; i++) {
        bed_plug(bed, 1, reader);
        await(READER, SSC_SLOT_CARD); /* the same name every time */
        works_again();
        bed_plug(bed, 2, second);
        await("Scripted Reader [000002] (1-2) 0", SSC_SLOT_EMPTY);
        bed_unplug(bed, 1);
        await(READER, SSC_SLOT_GONE);
        bed_unplug(bed, 2);
        await("Scripted Reader [000002] (1-2) 0", SSC_SLOT_GONE);
        device_replug(reader);
        device_replug(second);
    }
    ssc_driver_free(&driver);
    bed_free(&bed);
    device_free(&second);
}

static void a_vendor_class_reader_from_before_the_class(void **state)
{
    struct device_config config = device_default(LEVEL_SHORT);
    (void)state;
    config.usb_class = 0xFF;
    config.vendor = 0x08E6;
    config.product = 0x4433;
    reader_up(&config);
    works_again();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        bed_test(slots_have_cards_of_their_own),
        bed_test(finds_the_voltage_by_itself),
        bed_test(negotiates_speed),
        bed_test(keypad_verifies),
        bed_test(refuses_descriptors_that_lie),
        bed_test(readers_come_and_go),
        bed_test(a_vendor_class_reader_from_before_the_class),
    };
    bed_enter(argv);
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("readers", tests, NULL, NULL);
}
