/* SPDX-License-Identifier: Apache-2.0 */
/* Byte 0: bit 0 CRC, bits 1-2 IFSC, bit 3 begins with S(IFS request); byte 1: length of the command; then the
 * card's blocks, each a mode and a length byte: mode bit 0: the bytes are a whole block, else PCB and INF, to
 * which the right frame is added. */
#include <string.h>

#include "apdu/error.h"
#include "drivers/ccid/t1.h"
#include "tests/fuzz/fuzz.h"

struct input {
    const uint8_t *data;
    size_t size;
};

static size_t next_block(struct input *in, bool crc, uint8_t *block)
{
    size_t len = 0;
    if (in->size >= 2) {
        const bool whole = in->data[0] & 1;
        size_t n = in->data[1];
        n = n > in->size - 2 ? in->size - 2 : n;
        if (whole) {
            memcpy(block, in->data + 2, n);
            len = n;
        } else if (n > 0) {
            len = ssc_t1_block(block, 0, in->data[2], in->data + 3, n - 1, crc);
        }
        in->data += 2 + n;
        in->size -= 2 + n;
    } else {
        in->size = 0;
    }
    return len;
}

/* Until done, failed, or silence for longer than any machine may go on asking. */
static int run(struct ssc_t1 *t, struct input *in, bool crc)
{
    uint8_t block[300];
    unsigned silent = 0;
    int rc = 0;
    while (rc == 0 && !t->done) {
        REQUIRE(ssc_t1_block_is_sound(t->tx, t->tx_len, crc));
        const size_t len = next_block(in, crc, block);
        silent = in->size == 0 ? silent + 1 : 0;
        REQUIRE(silent <= 10);
        rc = ssc_t1_take(t, block, len);
    }
    REQUIRE(rc == 0 || (t->done && (rc == SSC_E_READER_IO || rc == SSC_E_CARD_MISBEHAVES)));
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned sizes[] = {1, 5, 32, 254};
    static uint8_t command[256], answer[1025];
    struct ssc_t1 t;
    if (size < 2) {
        return 0;
    }
    const bool crc = data[0] & 1;
    const struct ssc_t1_config config = {.ifsc = sizes[data[0] >> 1 & 3], .cap = 254, .crc = crc};
    const size_t len = data[1] ? data[1] : 1;
    struct input in = {.data = data + 2, .size = size - 2};
    REQUIRE(ssc_t1_init(&t, &config) == 0);
    if (data[0] & 8) {
        REQUIRE(ssc_t1_begin_ifs(&t, 254) == 0);
        run(&t, &in, crc);
    }
    answer[1024] = 0xA5;
    for (unsigned i = 0; i < 3 && !t.dead;
         i++) { /* whatever happened before, the next command is well formed */
        REQUIRE(ssc_t1_begin(&t, command, len, answer, 1024) == 0);
        const int rc = run(&t, &in, crc);
        REQUIRE(rc != 0 || t.answer_len <= 1024);
        REQUIRE(answer[1024] == 0xA5);
    }
    return 0;
}
