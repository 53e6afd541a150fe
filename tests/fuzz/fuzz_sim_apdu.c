/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a program that talks to a simulated card. Byte 0: which card; then commands, each behind a
 * length byte; length FF is a reset. Whatever is said, the answer fits a short response and the state can be
 * dumped and loaded. */
#include <string.h>

#include "apdu/bytes.h"
#include "apdu/error.h"
#include "drivers/sim/sim.h"
#include "tests/fuzz/fuzz.h"

static const char *const CARDS[] = {"ssc-3.0", "ssc-3.0-3des", "psam", "pboc"};

static void reset(struct ssc_sim_card *card)
{
    uint8_t atr[SSC_ATR_MAX];
    size_t atr_len = sizeof atr;
    REQUIRE(ssc_sim_card_reset(card, SSC_RESET_WARM, atr, &atr_len) == 0);
}

static void say(struct ssc_sim_card *card, const uint8_t *tx, size_t len)
{
    uint8_t rx[SSC_RESPONSE_SHORT];
    size_t rx_len = sizeof rx;
    REQUIRE(ssc_sim_card_apdu(card, tx, len, rx, &rx_len, 0) == 0);
    REQUIRE(rx_len >= 2 && rx_len <= sizeof rx);
    REQUIRE(rx[rx_len - 2] >= 0x60);
}

static void check_dump(struct ssc_sim_card *card)
{
    struct ssc_sim_card *again = NULL;
    char *dump = ssc_sim_card_dump(card);
    char why[200];
    REQUIRE(dump != NULL && ssc_sim_card_parse(dump, &again, why) == 0);
    free(dump);
    ssc_sim_card_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t random[] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
    struct ssc_sim_card *card = NULL;
    size_t at = 1;
    char why[200];
    if (size > 0) {
        REQUIRE(ssc_sim_card_parse(ssc_sim_image(CARDS[data[0] % 4]), &card, why) == 0);
        ssc_sim_card_random(card, random, sizeof random);
        reset(card);
        while (at < size) {
            const size_t wanted = data[at++];
            const size_t len = wanted > size - at ? size - at : wanted;
            if (wanted == 0xFF) {
                reset(card);
            } else {
                say(card, data + at, len);
                at += len;
            }
        }
        check_dump(card);
        ssc_sim_card_free(&card);
    }
    return 0;
}
