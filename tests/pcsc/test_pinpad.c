/* SPDX-License-Identifier: Apache-2.0 */
/* PINs typed on the reader, PC/SC part 10, through a real pcscd. The card's PIN is 123456. */
#include "bed.h"

#include "apdu/bytes.h"

static const uint8_t verify_apdu[] = {0x00, 0x20, 0x00, 0x00, 0x03, 0xFF, 0xFF, 0xFF};
static const uint8_t change_apdu[] = {0x80, 0x5E, 0x01, 0x00, 0x07, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

static const struct ssc_pin_entry verify = {.apdu = verify_apdu,
                                            .apdu_len = sizeof verify_apdu,
                                            .min_digits = 6,
                                            .max_digits = 6,
                                            .pin_bytes = 3,
                                            .timeout_s = 30};
static const struct ssc_pin_entry change = {.modify = true,
                                            .apdu = change_apdu,
                                            .apdu_len = sizeof change_apdu,
                                            .min_digits = 6,
                                            .max_digits = 6,
                                            .new_offset = 4,
                                            .pin_bytes = 3,
                                            .timeout_s = 30};

/* ssc_error, or the card's status word. */
static int enter(struct bed *bed, struct ssc_channel *ch, const struct ssc_pin_entry *entry,
                 const char *typed)
{
    uint8_t rx[16];
    size_t len = sizeof rx;
    test_pcscd_pinpad(bed->pcscd, 0, typed);
    const int rc = ssc_channel_pin_entry(ch, entry, rx, &len, ssc_deadline(SOON));
    return rc == 0 ? ssc_get16(rx) : rc;
}

static struct ssc_channel *open_with_pad(struct bed *bed)
{
    test_pcscd_pinpad(bed->pcscd, 0, "");
    struct ssc_channel *ch = open_card(bed, 0);
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x0F, 0x73, 0x78, 0x31, 0x2E, 0x73,
                                     0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF};
    uint8_t rx[SSC_RESPONSE_SHORT];
    size_t len = sizeof rx;
    assert_int_equal(ssc_channel_transmit(ch, select, sizeof select, rx, &len, ssc_deadline(SOON)), 0);
    return ch;
}

static void features_are_found(void **state)
{
    struct bed *bed = *state;
    assert_false(await(bed, 0, SSC_SLOT_CARD).pin_pad);
    struct ssc_channel *ch = open_with_pad(bed);
    assert_int_equal(ch->features, SSC_FEATURE_PIN_VERIFY | SSC_FEATURE_PIN_MODIFY | SSC_FEATURE_DISPLAY);
    assert_false(ch->extended_length);
    assert_true(await(bed, 0, SSC_SLOT_CARD).pin_pad); /* the list has learnt it */
    ssc_channel_close(&ch, true);
}

static void verify_on_the_pad(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = open_with_pad(bed);
    assert_int_equal(enter(bed, ch, &verify, "cancel"), SSC_E_PIN_CANCELLED);
    assert_int_equal(enter(bed, ch, &verify, "timeout"), SSC_E_PIN_TIMEOUT);
    assert_int_equal(enter(bed, ch, &verify, "12345"), SSC_E_PIN_LENGTH);
    assert_int_equal(enter(bed, ch, &verify, "1234567"), SSC_E_PIN_LENGTH);
    assert_int_equal(enter(bed, ch, &verify, "654321") & 0xFFF0, 0x63C0); /* the card's word */
    assert_int_equal(enter(bed, ch, &verify, "123456"), 0x9000);
    ssc_channel_close(&ch, true);
}

static void change_on_the_pad(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = open_with_pad(bed);
    assert_int_equal(enter(bed, ch, &change, "123456 654321 654322"), SSC_E_PIN_MISMATCH);
    assert_int_equal(enter(bed, ch, &change, "123456 cancel"), SSC_E_PIN_CANCELLED);
    assert_int_equal(enter(bed, ch, &change, "123456 654321 654321"), 0x9000);
    assert_int_equal(enter(bed, ch, &verify, "654321"), 0x9000);
    assert_int_equal(enter(bed, ch, &verify, "123456") & 0xFFF0, 0x63C0);
    ssc_channel_close(&ch, true);
}

static void escapes_reach_the_reader(void **state)
{
    struct bed *bed = *state;
    static const uint8_t tx[] = {1, 2, 3};
    struct ssc_channel *ch = open_card(bed, 0);
    uint8_t rx[3] = {0};
    size_t len = sizeof rx;
    assert_int_equal(ssc_channel_control(ch, 0x42000001, tx, sizeof tx, rx, &len, ssc_deadline(SOON)), 0);
    assert_int_equal(len, sizeof tx);
    assert_memory_equal(rx, tx, sizeof tx);
    ssc_channel_close(&ch, true);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(features_are_found),
        CASE(verify_on_the_pad),
        CASE(change_on_the_pad),
        CASE(escapes_reach_the_reader),
    };
    return test_pcscd_installed() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
