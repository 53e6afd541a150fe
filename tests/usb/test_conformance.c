/* SPDX-License-Identifier: Apache-2.0 */
/* The reader interface's promises, over libusb, at every level of exchange and with both protocols. */
#include "conformance.h"

#include "bed.h"
#include "drivers/ccid/ccid.h"
#include "images.h"

static struct bed *bed;
static struct device *device;

struct variant {
    const char *name;
    enum device_level level;
    uint32_t max_message; /* 0: the default */
    uint8_t ta1, ifsc;    /* ifsc: T=1 */
    bool polled;          /* no interrupt pipe */
};
static const struct variant VARIANTS[] = {
    {.name = "short APDU, T=0", .level = LEVEL_SHORT},
    {.name = "short APDU, T=1, polled", .level = LEVEL_SHORT, .ifsc = 254, .polled = true},
    {.name = "extended APDU in parts", .level = LEVEL_EXTENDED, .max_message = 10 + 24},
    {.name = "TPDU, T=0, at speed", .level = LEVEL_TPDU, .ta1 = 0x95},
    {.name = "TPDU, T=1, small blocks", .level = LEVEL_TPDU, .ifsc = 16},
    {.name = "characters, T=0", .level = LEVEL_CHARACTER},
};
static const struct variant *variant;

static void insert(void *ctx)
{
    (void)ctx;
    assert_int_equal(device_insert(device, 0, NULL), 0);
}

static void remove_card(void *ctx)
{
    (void)ctx;
    device_remove(device, 0);
}

static void hang(void *ctx, bool on)
{
    (void)ctx;
    device_fault(device, on ? DEVICE_HANG : DEVICE_SOUND, 0x6F, 0, 0);
}

static int setup(void **state)
{
    static char image[IMAGE_MAX];
    struct device_config config = device_default(variant->level);
    (void)state;
    config.max_message = variant->max_message ? variant->max_message : config.max_message;
    config.interrupt = !variant->polled;
    device = device_new(&config);
    bed = bed_new();
    assert_int_equal(device_insert(device, 0, image_card("ssc-3.0", variant->ta1, variant->ifsc, image)), 0);
    bed_plug(bed, 2, device);
    conformance_bed = (struct conformance_bed){.insert = insert, .remove = remove_card, .hang = hang};
    snprintf(conformance_bed.reader, sizeof conformance_bed.reader, "Scripted Reader [000001] (1-2) 0");
    return ssc_ccid_driver_new(NULL, &conformance_bed.driver);
}

static int teardown(void **state)
{
    (void)state;
    ssc_driver_free(&conformance_bed.driver);
    bed_free(&bed);
    device_free(&device);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    (void)argc;
    bed_enter(argv);
    for (size_t i = 0; i < sizeof VARIANTS / sizeof VARIANTS[0]; i++) {
        variant = &VARIANTS[i];
        failed += conformance_run(variant->name, setup, teardown, true, true);
    }
    return failed;
}
