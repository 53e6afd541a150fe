/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a card image. What loads must answer commands, and its dump must load again and say the same.
 */
#include <string.h>

#include "apdu/bytes.h"
#include "apdu/error.h"
#include "drivers/sim/sim.h"
#include "tests/fuzz/fuzz.h"

static const char *const COMMANDS[] = {
    "00A404000F7378312E73682EC9E7BBE1B1A3D5CF",
    "00B2012D00",
    "00B2013500",
    "0020000003123456",
    "0084000008",
    "00A4000002DF04",
    "B026000104",
    "B02801011301000000010000000000000000410100813475",
    "00B2014400",
    "00A4040009A00000000386980701",
    "00B095001E",
    "805C000204",
    "805001020B0100000001112233445566",
    "00B0960006",
    "00C0000000",
    "BFDE6708208697159900BF7C7A363339393030737836333030303073681122334455667788",
    "80FA0000080102030405060708",
};

static void talk(struct ssc_sim_card *card)
{
    uint8_t atr[SSC_ATR_MAX];
    size_t atr_len = sizeof atr;
    (void)ssc_sim_card_reset(card, SSC_RESET_COLD, atr, &atr_len);
    for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++) {
        uint8_t tx[SSC_COMMAND_SHORT], rx[SSC_RESPONSE_SHORT];
        size_t tx_len = sizeof tx, rx_len = sizeof rx;
        REQUIRE(ssc_hex_decode(COMMANDS[i], tx, &tx_len) == 0);
        if (ssc_sim_card_apdu(card, tx, tx_len, rx, &rx_len, 0) == 0) {
            REQUIRE(rx_len <= sizeof rx);
        }
    }
}

static void dump_again(const struct ssc_sim_card *card)
{
    struct ssc_sim_card *again = NULL;
    char *dump = ssc_sim_card_dump(card), *second;
    char why[200];
    REQUIRE(dump != NULL && ssc_sim_card_parse(dump, &again, why) == 0);
    second = ssc_sim_card_dump(again);
    REQUIRE(second != NULL && strcmp(dump, second) == 0);
    free(dump);
    free(second);
    ssc_sim_card_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t random[] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
    struct ssc_sim_card *card = NULL;
    char why[200] = "";
    char *text = malloc(size + 1);
    REQUIRE(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = 0;
    if (ssc_sim_card_parse(text, &card, why) == 0) {
        ssc_sim_card_random(card, random, sizeof random);
        talk(card);
        dump_again(card);
    } else {
        REQUIRE(card == NULL && why[0] != 0);
    }
    ssc_sim_card_free(&card);
    free(text);
    return 0;
}
