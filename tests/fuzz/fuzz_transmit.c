/* SPDX-License-Identifier: Apache-2.0 */
/* The input plays the card. Byte 0: bits 0-1 protocol, 2 extended length, 3 SSC_TX_ONCE, 4 the last answer
 * repeats for ever; bytes 1-2: Lc; bytes 3-4: Le; bytes 5-6: room for the response; then answers, each with a
 * length byte: 00..FA so many bytes follow, FB the link fails, FC it claims more than it was given room for,
 * FD..FF a two-byte length follows. */
#include <string.h>

#include "apdu/bytes.h"
#include "apdu/error.h"
#include "apdu/transmit.h"
#include "tests/fuzz/fuzz.h"

#define CLASS 0x00u
#define INSTRUCTION 0xCAu
#define LE_MAX 2048u
/* every answer beyond the script brings at least a byte, and 65536 is the most data there can be */
#define EXCHANGES_MAX (2u * 65536u + 600u)

struct card {
    const uint8_t *script;
    size_t left;
    bool repeats;
    unsigned own, exchanges;
};

static int answer(void *ctx, const uint8_t *tx, size_t tx_len, uint8_t *rx, size_t *rx_len, int64_t deadline)
{
    struct card *card = ctx;
    const uint8_t *script = card->script;
    size_t left = card->left, len = 0;
    int rc = 0;
    (void)deadline;
    REQUIRE(tx_len >= 4 && tx_len <= SSC_COMMAND_MAX && *rx_len >= SSC_RESPONSE_SHORT);
    REQUIRE(tx[1] == INSTRUCTION || tx[1] == 0xC0);
    card->own += tx[1] == INSTRUCTION;
    card->exchanges++;
    REQUIRE(card->exchanges <= EXCHANGES_MAX);
    uint8_t first = left > 0 ? script[0] : 0xFB;
    size_t head = first >= 0xFD ? 3 : 1;
    if (first == 0xFB || left < head) {
        rc = SSC_E_CARD_REMOVED;
        card->left = 0;
        goto done;
    }
    if (first == 0xFC) {
        *rx_len += 1;
        goto step;
    }
    len = first >= 0xFD ? ssc_get16(script + 1) : first;
    if (len > left - head) {
        len = left - head;
    }
    if (len > *rx_len) {
        rc = SSC_E_BUFFER_TOO_SMALL;
        card->left = 0;
        goto done;
    }
    memcpy(rx, script + head, len);
    *rx_len = len;
step:
    if (!card->repeats || left > head + len) {
        card->script += head + len;
        card->left -= head + len;
    }
done:
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t body[4096], room[LE_MAX + 1];
    if (size < 7) {
        return 0;
    }
    struct card card = {.script = data + 7, .left = size - 7, .repeats = (data[0] & 0x10) != 0};
    struct ssc_link link = {.exchange = answer,
                            .ctx = &card,
                            .protocol = (enum ssc_protocol)((data[0] & 3) % 3),
                            .extended_length = (data[0] & 4) != 0};
    struct ssc_command cmd = {.cla = CLASS,
                              .ins = INSTRUCTION,
                              .data = body,
                              .lc = ssc_get16(data + 1) % sizeof body,
                              .le = ssc_get16(data + 3) % (LE_MAX + 1)};
    size_t cap = ssc_get16(data + 5) % (LE_MAX + 1);
    struct ssc_response rsp = {.data = room, .cap = cap};
    struct ssc_transmit_report report;
    unsigned flags = data[0] & 8 ? SSC_TX_ONCE : 0;
    memset(room, 0xA5, sizeof room);
    int rc = ssc_transmit(&link, &cmd, &rsp, flags, INT64_MAX, &report);
    REQUIRE(rc <= 0xFFFF && (rc < 0 || rsp.len <= cap));
    REQUIRE(rc < 0 || rsp.sw == (rc == 0 ? 0x9000 : rc));
    REQUIRE(rc != SSC_E_BUFFER_TOO_SMALL || rsp.len > cap || card.left == 0);
    REQUIRE(report.exchanges == card.exchanges && report.sent == (card.own > 0));
    REQUIRE(!(flags & SSC_TX_ONCE) || card.own <= 1);
    for (size_t i = cap; i < sizeof room; i++) {
        REQUIRE(room[i] == 0xA5);
    }
    return 0;
}
