/* SPDX-License-Identifier: Apache-2.0 */
/* The same bytes as answer to reset, as answer to select and as historical bytes. */
#include <string.h>

#include "apdu/atr.h"
#include "apdu/error.h"
#include "tests/fuzz/fuzz.h"

static void line(void *ctx, const struct ssc_atr_line *line)
{
    size_t *count = ctx;
    REQUIRE(line->item[0] != '\0' && line->item_zh[0] != '\0');
    REQUIRE(line->meaning[0] != '\0' && line->meaning_zh[0] != '\0');
    *count += 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ssc_atr atr;
    struct ssc_ats ats;
    struct ssc_historical historical;
    int rc = ssc_atr_parse(data, size, &atr);
    REQUIRE(rc == 0 || rc == SSC_E_BAD_ATR);
    if (rc == 0) {
        size_t lines = 0;
        REQUIRE(atr.raw_len == size && memcmp(atr.raw, data, size) == 0);
        REQUIRE(atr.levels >= 1 && atr.levels <= SSC_ATR_LEVELS && atr.protocols != 0);
        REQUIRE(atr.historical_len == (data[1] & 0x0F));
        ssc_atr_explain(&atr, line, &lines);
        REQUIRE(lines >= 2);
        REQUIRE((ssc_historical_parse(atr.historical, atr.historical_len, &historical) == 0) ==
                (atr.historical_len == SSC_HISTORICAL_LEN));
    }
    rc = ssc_ats_parse(data, size, &ats);
    REQUIRE(rc == 0 || rc == SSC_E_BAD_ATR);
    if (rc == 0) {
        REQUIRE(size >= 1 && data[0] == size && ats.historical_len <= sizeof ats.historical);
        REQUIRE(ats.fsc >= 16 && ats.fsc <= 4096 && ats.fwi < 15 && ats.sfgi < 15);
    }
    rc = ssc_historical_parse(data, size, &historical);
    REQUIRE(rc == (size == SSC_HISTORICAL_LEN ? 0 : SSC_E_NOT_SSC));
    REQUIRE(rc != 0 || strlen(historical.region) == 4);
    return 0;
}
