/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ccid/quirks.h"

static const struct ssc_ccid_quirk table[] = {
#define QUIRK(vid, pid, first, last, cure, argument, reader, symptom, evidence, test)                        \
    {vid, pid, first, last, SSC_CCID_CURE_##cure, argument, reader, symptom, evidence, test},
#include "drivers/ccid/quirks.def"
#undef QUIRK
};
#define ROWS (sizeof table / sizeof table[0])

const struct ssc_ccid_quirk *ssc_ccid_quirks(size_t *count)
{
    *count = ROWS;
    return table;
}

const struct ssc_ccid_quirk *ssc_ccid_quirk_of(uint16_t vid, uint16_t pid, uint16_t firmware, size_t n)
{
    const struct ssc_ccid_quirk *found = NULL;
    for (size_t i = 0; i < ROWS && !found; i++) {
        const bool fits = table[i].vid == vid && table[i].pid == pid && firmware >= table[i].firmware_first &&
                          firmware <= table[i].firmware_last;
        if (fits && n-- == 0) {
            found = &table[i];
        }
    }
    return found;
}

unsigned ssc_ccid_quirks_apply(uint16_t vid, uint16_t pid, uint16_t firmware, struct ssc_ccid_descriptor *d)
{
    const struct ssc_ccid_quirk *q;
    unsigned settle_ms = 0;
    for (size_t n = 0; (q = ssc_ccid_quirk_of(vid, pid, firmware, n)) != NULL; n++) {
        switch (q->cure) {
        case SSC_CCID_CURE_MAX_RATE:
            d->max_rate = d->max_rate > q->argument ? q->argument : d->max_rate;
            break;
        case SSC_CCID_CURE_MAX_IFSD:
            d->max_ifsd = q->argument;
            break;
        case SSC_CCID_CURE_NO_PIN_PAD:
            d->pin_support = 0;
            break;
        case SSC_CCID_CURE_NO_IFS:
            d->features |= SSC_CCID_AUTO_IFSD;
            break;
        case SSC_CCID_CURE_SETTLE:
            settle_ms = q->argument;
            break;
        }
    }
    return settle_ms;
}

bool ssc_ccid_is_early_vendor(uint16_t vid)
{
    static const uint16_t vendors[] = {0x046A, 0x04E6, 0x076B, 0x08E6, 0x0973,
                                       0x09BE, 0x0C4B, 0x1A74, 0x1DB2, 0x413C};
    bool early = false;
    for (size_t i = 0; i < sizeof vendors / sizeof vendors[0]; i++) {
        early = early || vendors[i] == vid;
    }
    return early;
}
