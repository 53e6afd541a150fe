/* SPDX-License-Identifier: Apache-2.0 */
/* The bed itself, with nothing but libusb: what it shows, carries and takes away. */
#include "bed.h"

#include <libusb-1.0/libusb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MS = 1000 };

struct host {
    struct bed *bed;
    struct device *device;
    libusb_context *usb;
    libusb_device_handle *handle;
    uint8_t seq;
};

static void plug(struct host *h)
{
    bed_plug(h->bed, 1, h->device);
    assert_int_equal(libusb_init(&h->usb), 0);
    h->handle = libusb_open_device_with_vid_pid(h->usb, 0x076B, 0x3021);
    assert_non_null(h->handle);
    assert_int_equal(libusb_claim_interface(h->handle, 0), 0);
}

static int setup(void **state)
{
    const struct device_config config = device_default(LEVEL_SHORT);
    struct host *h = calloc(1, sizeof *h);
    assert_non_null(h);
    h->bed = bed_new();
    h->device = device_new(&config);
    assert_int_equal(device_insert(h->device, 0, "ssc-2.0"), 0);
    plug(h);
    *state = h;
    return 0;
}

static int teardown(void **state)
{
    struct host *h = *state;
    libusb_close(h->handle);
    libusb_exit(h->usb);
    bed_free(&h->bed);
    device_free(&h->device);
    free(h);
    return 0;
}

/* One command and its answer; the libusb error or the answer's length. */
static int say(struct host *h, uint8_t type, const uint8_t *data, size_t len, uint8_t *answer)
{
    uint8_t m[300] = {type, (uint8_t)len, 0, 0, 0, 0, h->seq++};
    int n = 0;
    if (len > 0) {
        memcpy(m + 10, data, len);
    }
    int rc = libusb_bulk_transfer(h->handle, DEVICE_OUT, m, (int)(10 + len), &n, MS);
    if (rc == 0) {
        rc = libusb_bulk_transfer(h->handle, DEVICE_IN, answer, 300, &n, MS);
    }
    return rc == 0 ? n : rc;
}

static void carries_commands_and_strings(void **state)
{
    static const uint8_t challenge[] = {0x00, 0x84, 0x00, 0x00, 0x08};
    struct host *h = *state;
    uint8_t answer[300];
    unsigned char text[64];
    assert_true(libusb_get_string_descriptor_ascii(h->handle, 2, text, sizeof text) > 0);
    assert_string_equal((char *)text, "Scripted Reader");
    assert_int_equal(say(h, 0x62, NULL, 0, answer), 10 + 17);
    assert_int_equal(answer[0], 0x80);
    assert_int_equal(answer[10], 0x3B);
    assert_int_equal(say(h, 0x6F, challenge, sizeof challenge, answer), 10 + 10);
    assert_int_equal(answer[18], 0x90);
    assert_int_equal(device_count(h->device, 0x6F), 1);
}

static void tells_of_a_card_that_goes(void **state)
{
    struct host *h = *state;
    uint8_t packet[8];
    int n = 0;
    assert_int_equal(libusb_interrupt_transfer(h->handle, DEVICE_INTERRUPT, packet, sizeof packet, &n, MS),
                     0);
    assert_int_equal(packet[1], 3); /* there, and new */
    device_remove(h->device, 0);
    assert_int_equal(libusb_interrupt_transfer(h->handle, DEVICE_INTERRUPT, packet, sizeof packet, &n, MS),
                     0);
    assert_int_equal(n, 2);
    assert_int_equal(packet[1], 2);
}

static void halts_until_cleared(void **state)
{
    struct host *h = *state;
    uint8_t answer[300];
    device_fault(h->device, DEVICE_STALL, 0x65, 1, 0);
    assert_int_equal(say(h, 0x65, NULL, 0, answer), LIBUSB_ERROR_PIPE);
    assert_int_equal(say(h, 0x65, NULL, 0, answer), LIBUSB_ERROR_PIPE);
    assert_int_equal(libusb_clear_halt(h->handle, DEVICE_IN), 0);
    assert_true(say(h, 0x65, NULL, 0, answer) >= 10);
}

static void unplugs_in_the_middle_of_an_answer(void **state)
{
    struct host *h = *state;
    uint8_t answer[300];
    device_fault(h->device, DEVICE_UNPLUG, 0x62, 1, 5);
    assert_int_equal(say(h, 0x62, NULL, 0, answer), 5);
    assert_int_equal(say(h, 0x65, NULL, 0, answer), LIBUSB_ERROR_NO_DEVICE);
    libusb_close(h->handle);
    libusb_exit(h->usb);
    bed_unplug(h->bed, 1);
    device_replug(h->device);
    plug(h);
    assert_int_equal(say(h, 0x62, NULL, 0, answer), 10 + 17);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(carries_commands_and_strings, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_of_a_card_that_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(halts_until_cleared, setup, teardown),
        cmocka_unit_test_setup_teardown(unplugs_in_the_middle_of_an_answer, setup, teardown),
    };
    bed_enter(argv);
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("bed", tests, NULL, NULL);
}
