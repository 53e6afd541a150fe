/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/sw.h"

#include <stddef.h>

#define ANY (-1)

static const struct {
    uint16_t sw, mask;
    int16_t cla, ins;
    struct ssc_sw_text text;
} rows[] = {
#define SSC_SW_ROW(sw, mask, cla, ins, name, en, zh) {sw, mask, cla, ins, {name, en, zh}},
#include "apdu/sw.def"
#undef SSC_SW_ROW
};

struct ssc_sw_text ssc_sw_text(uint16_t sw, uint8_t cla, uint8_t ins)
{
    static const struct ssc_sw_text unknown = {"unknown", "a status word that no source names", "未知状态字"};
    const struct ssc_sw_text *found = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && !found; i++) {
        if ((sw & rows[i].mask) == rows[i].sw && (rows[i].cla == ANY || rows[i].cla == cla) &&
            (rows[i].ins == ANY || rows[i].ins == ins)) {
            found = &rows[i].text;
        }
    }
    return found ? *found : unknown;
}

int ssc_sw_tries(uint16_t sw)
{
    return (sw & 0xFFF0) == SSC_SW_TRIES_LEFT ? (int)(sw & 0x0F) : -1;
}

bool ssc_sw_definitely_refused(uint16_t sw)
{
    /* Each is given before the card touches its balance. 6Cxx, 6400, 6581, 6F00 and whatever is not listed
     * may come after it. */
    static const uint16_t refusals[] = {
        SSC_SW_LENGTH, SSC_SW_STATE, SSC_SW_SECURITY,    SSC_SW_CONDITIONS, SSC_SW_P1P2,    SSC_SW_INS,
        SSC_SW_CLA,    SSC_SW_MAC,   SSC_SW_APP_BLOCKED, SSC_SW_FUNDS,      SSC_SW_COUNTER, SSC_SW_KEY_INDEX,
    };
    bool found = false;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        found = found || refusals[i] == sw;
    }
    return found;
}
