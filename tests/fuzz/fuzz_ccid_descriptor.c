/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a configuration descriptor; its first byte says whether vendor interfaces count and how many
 * interfaces are wanted. */
#include <string.h>

#include "apdu/error.h"
#include "drivers/ccid/descriptor.h"
#include "tests/fuzz/fuzz.h"

static void line(void *ctx, const char *item, const char *meaning)
{
    (void)ctx;
    REQUIRE(strlen(item) < 40 && strlen(meaning) < 160);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ssc_ccid_interface found[SSC_CCID_INTERFACES_MAX + 1];
    const char *why = NULL;
    if (size < 1) {
        return 0;
    }
    const size_t cap = data[0] >> 1 & 7;
    size_t count = cap;
    memset(found, 0xA5, sizeof found);
    const int rc = ssc_ccid_config_walk(data + 1, size - 1, data[0] & 1, found, &count, &why);
    REQUIRE((rc == 0 || rc == SSC_E_BAD_RESPONSE) && count <= cap && (rc == 0 || why));
    for (size_t i = 0; i < count; i++) {
        const struct ssc_ccid_interface *f = &found[i];
        REQUIRE((f->bulk_in & 0x80) && !(f->bulk_out & 0x80) && f->packet_in > 0 && f->packet_out > 0);
        REQUIRE(f->ccid.slots >= 1 && f->ccid.slots <= SSC_CCID_SLOTS_MAX && (f->ccid.protocols & 3));
        REQUIRE(f->ccid.max_message >= 16 && f->ccid.max_message <= SSC_CCID_MESSAGE_MAX);
        REQUIRE(f->ccid.max_ifsd >= 1 && f->ccid.max_ifsd <= 254 && f->ccid.voltages);
        ssc_ccid_descriptor_explain(&f->ccid, line, NULL);
    }
    for (const uint8_t *p = (const uint8_t *)&found[count]; count < cap && p < (const uint8_t *)&found[cap];
         p++) {
        REQUIRE(*p == 0xA5);
    }
    return 0;
}
