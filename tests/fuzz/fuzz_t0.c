/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte is the length of the command, which follows; then what the card puts on the wire, each time
 * a length byte and so many bytes. */
#include <string.h>

#include "apdu/error.h"
#include "drivers/ccid/t0.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t tpdu[SSC_T0_TPDU_MAX], answer[259];
    size_t len = sizeof tpdu, sent = 0;
    struct ssc_t0 t;
    if (size < 1 || data[0] > size - 1) {
        return 0;
    }
    const size_t command = data[0];
    int rc = ssc_t0_tpdu(data + 1, command, tpdu, &len);
    data += 1 + command;
    size -= 1 + command;
    if (rc != 0) {
        return 0;
    }
    REQUIRE(len >= 5 && len <= sizeof tpdu);
    answer[258] = 0xA5;
    rc = ssc_t0_begin(&t, tpdu, len, answer, 258);
    REQUIRE(rc == 0);
    while (rc == 0 && !t.done) {
        REQUIRE(t.want >= 1 && t.want <= 256);
        for (size_t i = 0; i < t.tx_len; i++) { /* the command, in order, each byte once */
            REQUIRE(sent < len && t.tx[i] == tpdu[sent]);
            sent++;
        }
        size_t n = size > 0 ? data[0] : 0;
        n = size == 0 ? 0 : n > size - 1 ? size - 1 : n;
        rc = ssc_t0_take(&t, data + (size > 0), n);
        data += size > 0 ? 1 + n : 0;
        size -= size > 0 ? 1 + n : 0;
    }
    REQUIRE(rc == 0 || rc == SSC_E_CARD_MUTE || rc == SSC_E_BAD_RESPONSE);
    REQUIRE(answer[258] == 0xA5 && (rc != 0 || (t.answer_len >= 2 && t.answer_len <= 258)));
    return 0;
}
