/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/drivers/conformance.h"

#include "drivers/pcsc.h"
#include "pcscd.h"

static void insert(void *ctx)
{
    test_pcscd_insert(ctx, 0, "ssc-3.0");
}

static void remove_card(void *ctx)
{
    test_pcscd_remove(ctx, 0);
}

static void hang(void *ctx, bool on)
{
    test_pcscd_fault(ctx, 0, on ? "hang" : NULL);
}

static int setup(void **state)
{
    const char *const names[] = {"Desk"};
    struct test_pcscd *p = test_pcscd_new(names, 1);
    *state = p;
    test_pcscd_insert(p, 0, "ssc-3.0");
    test_pcscd_start(p);
    conformance_bed =
        (struct conformance_bed){.ctx = p, .insert = insert, .remove = remove_card, .hang = hang};
    memcpy(conformance_bed.reader, p->reader[0], sizeof conformance_bed.reader);
    return ssc_pcsc_driver_new(&conformance_bed.driver);
}

static int teardown(void **state)
{
    ssc_driver_free(&conformance_bed.driver);
    test_pcscd_free((struct test_pcscd **)state);
    return 0;
}

int main(void)
{
    return test_pcscd_installed() ? conformance_run("pcsc", setup, teardown, true, true) : 77;
}
