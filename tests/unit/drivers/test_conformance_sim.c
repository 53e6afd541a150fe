/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance.h"

#include "drivers/sim/sim.h"

static void insert(void *ctx)
{
    (void)ctx;
    assert_int_equal(ssc_sim_insert(conformance_bed.driver, conformance_bed.reader, NULL), 0);
}

static void remove_card(void *ctx)
{
    (void)ctx;
    assert_int_equal(ssc_sim_remove(conformance_bed.driver, conformance_bed.reader), 0);
}

static void hang(void *ctx, bool on)
{
    const struct ssc_sim_fault mute = {.kind = SSC_FAULT_MUTE, .nth = 1, .cla = -1, .ins = -1};
    (void)ctx;
    if (on) {
        assert_int_equal(ssc_sim_fault(conformance_bed.driver, conformance_bed.reader, &mute), 0);
    }
}

static int setup(void **state)
{
    const struct ssc_sim_slot slot = {.name = "Desk", .medium = SSC_MEDIUM_CONTACT, .image = "ssc-3.0"};
    char why[200];
    (void)state;
    conformance_bed = (struct conformance_bed){.insert = insert, .remove = remove_card, .hang = hang};
    snprintf(conformance_bed.reader, sizeof conformance_bed.reader, "%s", slot.name);
    return ssc_sim_driver_new(&slot, 1, false, &conformance_bed.driver, why);
}

static int teardown(void **state)
{
    (void)state;
    ssc_driver_free(&conformance_bed.driver);
    return 0;
}

int main(void)
{
    return conformance_run("sim", setup, teardown, true, true);
}
