/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of other builds: voltage, speed, descriptors that lie; and readers that come and go. */
#include "ccid_bed.h"

#include <stdlib.h>

static void reader_up(const struct device_config *config)
{
    bed_up(config, "ssc-2.0");
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

/* ---- descriptors that lie ---- */

/* What people are told, by the doctor and in the log. */
static void says_why(const char *lie)
{
    struct ssc_ccid_interface found[SSC_CCID_INTERFACES_MAX];
    uint8_t bytes[DEVICE_DESCRIPTORS_MAX];
    size_t count = SSC_CCID_INTERFACES_MAX;
    const char *why = NULL;
    const size_t len = device_descriptors(reader, bytes);
    ssc_ccid_config_walk(bytes + DEVICE_LEN, len - DEVICE_LEN, false, found, &count, &why);
    if (count > 0 || !why) {
        fail_msg("%s: %zu interfaces, %s", lie, count, why ? why : "no reason");
    }
}

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
        {"no bulk-out", CLASS_AT + CLASS_LEN + 2, {0x81}, 1, 0},
        {"bulk-out is an interrupt pipe", CLASS_AT + CLASS_LEN + 3, {0x03}, 1, 0},
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
        struct ssc_reader_state listed;
        if (rc != SSC_E_READER_NOT_FOUND || state_of(READER, &listed)) {
            fail_msg("%s: %d", LIES[i].name, rc);
        }
        says_why(LIES[i].name);
        bed_down(state);
    }
}

/* No interrupt pipe is no lie: such a reader is asked. */
static void an_interrupt_pipe_that_is_none(void **state)
{
    static const uint8_t bulk = 0x02;
    const struct device_config config = device_default(LEVEL_SHORT);
    (void)state;
    bed = bed_new();
    reader = device_new(&config);
    device_bend(reader, CLASS_AT + CLASS_LEN + 2 * ENDPOINT_LEN + 3, &bulk, 1, 0);
    bed_plug(bed, 1, reader);
    assert_int_equal(ssc_ccid_driver_new(NULL, &driver), 0);
    await(READER, SSC_SLOT_EMPTY);
    assert_int_equal(device_insert(reader, 0, "ssc-2.0"), 0);
    await(READER, SSC_SLOT_CARD);
    works_again();
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
        bed_test(finds_the_voltage_by_itself),  bed_test(negotiates_speed),
        bed_test(refuses_descriptors_that_lie), bed_test(an_interrupt_pipe_that_is_none),
        bed_test(readers_come_and_go),          bed_test(a_vendor_class_reader_from_before_the_class),
    };
    bed_enter(argv);
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("readers", tests, NULL, NULL);
}
