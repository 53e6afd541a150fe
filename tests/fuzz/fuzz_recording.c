/* SPDX-License-Identifier: Apache-2.0 */
/* The recording parser: whatever it takes is a card that answers. */
#include "drivers/replay.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { ANSWER_ROOM = 70000 };

static void ask(struct ssc_channel *ch, const uint8_t *tx, size_t tx_len)
{
    static uint8_t rx[ANSWER_ROOM];
    size_t len = sizeof rx;
    const int rc = ssc_channel_transmit(ch, tx, tx_len, rx, &len, ssc_deadline(1000));
    REQUIRE(rc == 0 && len >= 2 && len <= SSC_RESPONSE_MAX);
}

static void use(struct ssc_driver *d, const uint8_t *data, size_t size)
{
    struct ssc_reader_state state;
    struct ssc_channel *ch = NULL;
    size_t count = 1;
    REQUIRE(ssc_driver_list(d, &state, &count, ssc_deadline(1000)) == 0 && count == 1);
    REQUIRE(memchr(state.name, 0, sizeof state.name) && state.atr_len >= 2 && state.atr_len <= SSC_ATR_MAX);
    REQUIRE(ssc_channel_open(d, state.name, false, &ch, ssc_deadline(1000)) == 0);
    ask(ch, (const uint8_t *)"\x00\x84\x00\x00\x08", 5);
    ask(ch, (const uint8_t *)"\x00\x84\x00\x00\x08", 5);
    ask(ch, data, size < 16 ? size : 16);
    ssc_channel_close(&ch, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ssc_driver *d = NULL;
    unsigned line = 0;
    const int rc = ssc_replay_driver_parse((const char *)data, size, &d, &line);
    REQUIRE(rc == 0 || rc == SSC_E_IMAGE_INVALID);
    REQUIRE((rc == 0) == (d != NULL) && line <= size + 1);
    if (d) {
        use(d, data, size);
    }
    ssc_driver_free(&d);
    return 0;
}
