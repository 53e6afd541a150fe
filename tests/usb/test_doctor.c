/* SPDX-License-Identifier: Apache-2.0 */
/* sscard doctor --driver ccid on scripted readers: each cause from what the reader itself says and does,
 * through descriptors, usbfs and our engine. What it then says in both languages is tests/doctor's affair. */
#include "ccid_bed.h"

#include <stdlib.h>

static char said[1 << 16];

/* The exit code; `said` is the report. */
static int doctor(const char *more)
{
    char command[512];
    snprintf(command, sizeof command, "%s --driver ccid --deadline 5 %s 2>/dev/null", SSC_TEST_SSCARD, more);
    FILE *out = popen(command, "re");
    assert_non_null(out);
    said[fread(said, 1, sizeof said - 1, out)] = '\0';
    const int status = pclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void says(const char *text)
{
    if (!strstr(said, text)) {
        fail_msg("%s: the doctor does not say %s:\n%s", trouble, text, said);
    }
}

static void finds(const char *what, const char *cause, const char *evidence)
{
    /* scandir of the C library is not umockdev's: the doctor is shown where the tree lies. */
    trouble = what;
    char line[300];
    snprintf(line, sizeof line, "doctor --root %s", getenv("UMOCKDEV_DIR"));
    doctor(line);
    says(cause);
    says(evidence);
}

/* As bed_up, but the reader is the doctor's alone. */
static void patient(const struct device_config *config, const char *image)
{
    bed_up(config, image);
    ssc_driver_free(&driver);
}

static void healthy(void **state)
{
    struct device_config config = device_default(LEVEL_TPDU);
    (void)state;
    config.slots = 2;
    config.pin_support = 3;
    patient(&config, "ssc-3.0");
    finds("no PSAM", "Symbol:   psam_missing", "generation 3.0");
    says("TPDU, T=0/T=1, 5 V/3 V/1.8 V, up to 688 kbit/s, slots: 2");
    says("PIN pad: VERIFY, MODIFY");
    says("it has a PIN pad");
    assert_int_equal(device_insert(reader, 1, "psam"), 0);
    finds("a PSAM in the other slot", "Symbol:   psam_unnamed",
          "psam = Scripted Reader [000001] (1-1) 1 under [readers]");
}

static void no_card_or_a_silent_one(void **state)
{
    const struct device_config config = device_default(LEVEL_SHORT);
    (void)state;
    patient(&config, NULL);
    finds("empty", "Symbol:   slot_empty", "Scripted Reader [000001] (1-1) 0 sees no card");
    assert_int_equal(device_insert(reader, 0, "ssc-2.0"), 0);
    contact_fault(device_contact(reader, 0), CONTACT_MUTE, 0);
    finds("upside down", "Symbol:   card_mute", "does not answer the reset");
}

static void wrong_voltage(void **state)
{
    struct device_config config = device_default(LEVEL_SHORT);
    (void)state;
    config.voltages = 2;      /* 3 V */
    config.card_voltages = 1; /* 5 V */
    patient(&config, "ssc-2.0");
    finds("a reader for 3 V alone", "Symbol:   card_voltage", "gives only 3 V");
}

static void no_common_protocol(void **state)
{
    static char image[IMAGE_MAX];
    struct device_config config = device_default(LEVEL_TPDU);
    (void)state;
    config.protocols = 1;
    patient(&config, image_card("ssc-2.0", 0, 32, image));
    finds("a reader for T=0 alone", "Symbol:   card_protocol", "ATR 3BED");
}

static void damaged_answer_to_reset(void **state)
{
    const struct device_config config = device_default(LEVEL_SHORT);
    (void)state;
    patient(&config, "ssc-2.0");
    device_fault(reader, DEVICE_STATUS, 0x62, 0, 0x40F8); /* BAD_ATR_TS */
    finds("TS that is none", "Symbol:   card_atr", "Clean the contacts");
}

static void reader_in_trouble(void **state)
{
    const struct device_config config = device_default(LEVEL_SHORT);
    (void)state;
    patient(&config, "ssc-2.0");
    device_fault(reader, DEVICE_HANG, 0x6F, 0, 0);
    finds("hangs in a command", "Symbol:   reader_wedged", "has not answered since");
    device_fault(reader, DEVICE_SOUND, 0, 0, 0);
    device_fault(reader, DEVICE_UNPLUG, 0x6F, 2, 3);
    finds("unplugged while it is read", "Symbol:   reader_gone", "cannot be used: reader_");
}

static void lies(void **state)
{
    static const uint8_t small[4] = {3, 0, 0, 0};
    const struct device_config config = device_default(LEVEL_SHORT);
    (void)state;
    bed = bed_new();
    reader = device_new(&config);
    device_bend(reader, CLASS_AT + 44, small, sizeof small, 0); /* dwMaxCCIDMessageLength */
    bed_plug(bed, 1, reader);
    finds("a message of three bytes", "Symbol:   reader_lies", "(076b:3021)");
}

static void contacts(void **state)
{
    const struct device_config config = device_default(LEVEL_TPDU);
    (void)state;
    patient(&config, "ssc-2.0");
    trouble = "good";
    assert_int_equal(doctor("doctor --contact 5"), 0);
    says("The contact is good.");
    device_fault(reader, DEVICE_CUT, 0x6F, 4, 11);
    trouble = "an answer that is cut";
    assert_int_equal(doctor("doctor --contact 5"), 1);
    says("Symbol:   contact_worn");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        bed_test(healthy),
        bed_test(no_card_or_a_silent_one),
        bed_test(wrong_voltage),
        bed_test(no_common_protocol),
        bed_test(damaged_answer_to_reset),
        bed_test(reader_in_trouble),
        bed_test(lies),
        bed_test(contacts),
    };
    bed_enter(argv);
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
