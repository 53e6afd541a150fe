/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance.h"

#include "drivers/replay.h"

static int setup(void **state)
{
    (void)state;
    snprintf(conformance_bed.reader, sizeof conformance_bed.reader, "Contact reader");
    return ssc_replay_driver_new(SSC_TEST_TRACES "/ssc-3.0-contact-hsm.trace", &conformance_bed.driver, NULL);
}

static int teardown(void **state)
{
    (void)state;
    ssc_driver_free(&conformance_bed.driver);
    return 0;
}

int main(void)
{
    return conformance_run("replay", setup, teardown, false, false);
}
