/* SPDX-License-Identifier: Apache-2.0 */
/* The reader interface's promises over the CCID driver, at every level of exchange, with simulated cards. */
#include "conformance.h"

#include "ccid_device.h"

static struct device device;

struct variant {
    const char *name;
    uint32_t features, max_message;
    int protocol;
    uint8_t ta1;
    bool interrupt;
};

static const struct variant *variant;

static void insert(void *ctx)
{
    (void)ctx;
    device_insert(&device, 0, NULL);
}

static void remove_card(void *ctx)
{
    (void)ctx;
    device_remove(&device, 0);
}

static void hang(void *ctx, bool on)
{
    (void)ctx;
    pthread_mutex_lock(&device.lock);
    device.hang = on;
    pthread_mutex_unlock(&device.lock);
}

static int setup(void **state)
{
    const struct ssc_ccid_options options = {.bus = &device.bus};
    (void)state;
    device_init(&device, 1, variant->features, variant->max_message, variant->interrupt);
    device_insert(&device, 0, device_ssc(variant->protocol, variant->ta1));
    device.zlp = variant->interrupt;
    conformance_bed = (struct conformance_bed){.insert = insert, .remove = remove_card, .hang = hang};
    snprintf(conformance_bed.reader, sizeof conformance_bed.reader, "Bench reader [0001] (1-2.3) 0");
    return ssc_ccid_driver_new(&options, &conformance_bed.driver);
}

static int teardown(void **state)
{
    (void)state;
    ssc_driver_free(&conformance_bed.driver);
    device_done(&device);
    return 0;
}

int main(void)
{
    static const struct variant variants[] = {
        {"short APDU, T=0", 0x000200BA, 271, 0, 0, true},
        {"short APDU, T=1", 0x000200BA, 271, 1, 0x95, true},
        {"extended APDU, T=1, chained", 0x000400BA, 40, 1, 0x95, true},
        {"extended APDU, T=0", 0x0004047E, 65556, 0, 0, true},
        {"TPDU, T=0", 0x000100BA, 271, 0, 0, true},
        {"TPDU, T=0, PPS by the host", 0x00010030, 271, 0, 0x95, true},
        {"TPDU, T=1", 0x00010230, 271, 1, 0x95, true},
        {"TPDU, T=1, small messages", 0x00010230, 45, 1, 0, true},
        {"TPDU, T=0, polled", 0x000100BA, 271, 0, 0, false},
        {"characters, T=0", 0x00000030, 271, 0, 0, true},
        {"characters, T=1", 0x00000030, 271, 1, 0, true},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        variant = &variants[i];
        failed += conformance_run(variant->name, setup, teardown, true, true);
    }
    return failed;
}
