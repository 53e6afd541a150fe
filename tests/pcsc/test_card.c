/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated card behind a real pcscd: its state, its removal, its own faults, more slots than one. */
#include "bed.h"

#include "apdu/bytes.h"

/* Wrong PIN: the status word 63Cx. The counter is written to the image before the answer. */
static unsigned wrong_pin(struct ssc_channel *ch)
{
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x0F, 0x73, 0x78, 0x31, 0x2E, 0x73,
                                     0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF};
    static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x00, 0x03, 0x65, 0x43, 0x21};
    uint8_t rx[SSC_RESPONSE_SHORT];
    size_t len = sizeof rx;
    assert_int_equal(ssc_channel_transmit(ch, select, sizeof select, rx, &len, ssc_deadline(SOON)), 0);
    len = sizeof rx;
    assert_int_equal(ssc_channel_transmit(ch, verify, sizeof verify, rx, &len, ssc_deadline(SOON)), 0);
    assert_int_equal(len, 2);
    assert_int_equal(rx[0] << 8 | (rx[1] & 0xF0), 0x63C0);
    return rx[1] & 0x0F;
}

static void state_outlives_the_removal(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = open_card(bed, 0);
    const unsigned before = wrong_pin(ch);
    ssc_channel_close(&ch, true);
    test_pcscd_remove(bed->pcscd, 0);
    await(bed, 0, SSC_SLOT_EMPTY);
    test_pcscd_insert(bed->pcscd, 0, NULL);
    ch = open_card(bed, 0);
    assert_int_equal(wrong_pin(ch), before - 1);
    ssc_channel_close(&ch, true);
}

/* The image is renamed over with every state written: no one may take that for another card. */
static void writing_state_is_no_removal(void **state)
{
    struct bed *bed = *state;
    char path[160];
    for (int plain = 0; plain < 2; plain++) {
        if (plain) { /* a plain file instead of a link */
            snprintf(path, sizeof path, "%s/r0/card0.json", bed->pcscd->folder);
            test_pcscd_remove(bed->pcscd, 0);
            await(bed, 0, SSC_SLOT_EMPTY);
            assert_int_equal(rename(bed->pcscd->image[0], path), 0);
        }
        struct ssc_channel *ch = open_card(bed, 0);
        const uint32_t before = await(bed, 0, SSC_SLOT_CARD).insertions;
        const unsigned left = wrong_pin(ch);
        nap(50);
        assert_int_equal(wrong_pin(ch), left - 1);
        assert_int_equal(await(bed, 0, SSC_SLOT_CARD).insertions, before);
        ssc_channel_close(&ch, true);
    }
}

/* Torn by the fault script of its image, in the middle of a command. */
static void a_torn_card_is_a_removed_card(void **state)
{
    struct bed *bed = *state;
    test_pcscd_insert(bed->pcscd, 1,
                      "{\"format\": 1, \"kind\": \"ssc\", \"generation\": \"2.0\","
                      " \"faults\": [{\"kind\": \"tear_before\", \"ins\": \"84\", \"nth\": 2}]}");
    struct ssc_channel *ch = open_card(bed, 1);
    assert_int_equal(challenge(ch, SOON), 0);
    assert_int_equal(challenge(ch, SOON), SSC_E_CARD_REMOVED);
    await(bed, 1, SSC_SLOT_EMPTY);
    ssc_channel_close(&ch, true);
    test_pcscd_insert(bed->pcscd, 1, "ssc-2.0");
    ch = open_card(bed, 1);
    assert_int_equal(challenge(ch, SOON), 0);
    ssc_channel_close(&ch, true);
}

static void a_bad_image_is_a_mute_card(void **state)
{
    struct bed *bed = *state;
    struct ssc_channel *ch = NULL;
    test_pcscd_insert(bed->pcscd, 1, "{\"format\": 1, \"kind\": \"stamp\"}");
    await(bed, 1, SSC_SLOT_MUTE);
    assert_int_equal(try_open(bed, 1, &ch), SSC_E_CARD_MUTE);
}

static void two_slots_and_a_sam(void **state)
{
    static const char *const names[] = {"Desk", "Desk SAM"};
    struct bed bed = {.pcscd = test_pcscd_new(names, 2)};
    struct ssc_reader_state readers[SSC_READERS_MAX];
    char path[160];
    size_t count = SSC_READERS_MAX;
    FILE *slots;
    (void)state;
    snprintf(path, sizeof path, "%s/r0/slots", bed.pcscd->folder);
    slots = fopen(path, "we");
    assert_non_null(slots);
    assert_true(fputs("2\n", slots) >= 0);
    fclose(slots);
    test_pcscd_insert(bed.pcscd, 1, "psam");
    test_pcscd_start(bed.pcscd);
    assert_int_equal(ssc_pcsc_driver_new(&bed.driver), 0);
    assert_int_equal(await(&bed, 1, SSC_SLOT_CARD).medium, SSC_MEDIUM_SAM);
    assert_int_equal(ssc_driver_list(bed.driver, readers, &count, ssc_deadline(SOON)), 0);
    assert_int_equal(count, 3);
    assert_string_equal(readers[0].name, "Desk 00 00");
    assert_string_equal(readers[1].name, "Desk 00 01");
    assert_string_equal(readers[2].name, "Desk SAM 01 00");
    assert_int_equal(readers[0].medium, SSC_MEDIUM_CONTACT);
    ssc_driver_free(&bed.driver);
    test_pcscd_free(&bed.pcscd);
}

/* Every insertion and removal is told, and within a moment. */
static void events_are_prompt(void **state)
{
    struct bed *bed = *state;
    await(bed, 1, SSC_SLOT_EMPTY);
    for (int i = 0; i < 40; i++) {
        const struct stopwatch watch = stopwatch_start();
        if (i % 2 == 0) {
            test_pcscd_insert(bed->pcscd, 1, i == 0 ? "ssc-2.0" : NULL);
        } else {
            test_pcscd_remove(bed->pcscd, 1);
        }
        await(bed, 1, i % 2 == 0 ? SSC_SLOT_CARD : SSC_SLOT_EMPTY);
        assert_took(&watch, 0, 200); /* pcscd's own polling would take up to 400 */
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(state_outlives_the_removal),      CASE(writing_state_is_no_removal),
        CASE(a_torn_card_is_a_removed_card),   CASE(a_bad_image_is_a_mute_card),
        cmocka_unit_test(two_slots_and_a_sam), CASE(events_are_prompt),
    };
    return test_pcscd_installed() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
