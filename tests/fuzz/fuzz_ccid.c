/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input plays the reader. Byte 0: bits 0-1 level of exchange, 2 voltage by itself, 3 negotiation by
 * itself, 4 PPS by itself, 5 small messages; byte 1: bit 0 PIN pad. Then one answer after another: a mode
 * byte, a length byte, bytes. Mode bits 0-1: 0 the bytes are the whole transfer; 1 they are status, error,
 * parameter and data, to which the right header is added; 2 the same for T=1: data gets the frame of a block;
 * 3 the transfer fails (bit 2: removed, else stalled). When the input is over, nothing comes any more.
 */
#include <string.h>

#include "drivers/ccid/engine.h"
#include "tests/fuzz/fuzz.h"

struct reader {
    struct ssc_usb usb;
    const uint8_t *data;
    size_t size;
    uint8_t pending[600];
    size_t pending_len, pending_at;
    uint8_t command[10];
    unsigned transfers;
};

static int bulk_out(struct ssc_usb *u, uint8_t endpoint, const uint8_t *data, size_t len, int64_t deadline)
{
    struct reader *r = (struct reader *)u;
    (void)deadline;
    REQUIRE(endpoint == 1 && len >= 10 && ssc_ccid_message_length(data) == len && data[5] < 2);
    memcpy(r->command, data, 10);
    return 0;
}

static int next(struct reader *r)
{
    const uint8_t mode = r->data[0];
    size_t n = r->data[1];
    const uint8_t *bytes = r->data + 2;
    int rc = 0;
    n = n > r->size - 2 ? r->size - 2 : n;
    r->data += 2 + n;
    r->size -= 2 + n;
    r->pending_at = r->pending_len = 0;
    if ((mode & 3) == 0) {
        memcpy(r->pending, bytes, n);
        r->pending_len = n;
    } else if ((mode & 3) == 3) {
        rc = mode & 4 ? SSC_E_READER_REMOVED : SSC_E_READER_IO;
    } else if (n >= 3) {
        uint8_t block[300];
        const bool t1 = (mode & 3) == 2 && n >= 4;
        const size_t len = t1 ? ssc_t1_block(block, 0, bytes[3], bytes + 4, n - 4, false) : n - 3;
        r->pending_len =
            ssc_ccid_message_build(r->pending, sizeof r->pending, ssc_ccid_answer_to(r->command[0]),
                                   r->command[5], r->command[6], bytes, t1 ? block : bytes + 3, len);
    }
    return rc;
}

static int bulk_in(struct ssc_usb *u, uint8_t endpoint, uint8_t *data, size_t *len, int64_t deadline)
{
    struct reader *r = (struct reader *)u;
    size_t left = r->pending_len - r->pending_at;
    int rc = 0;
    (void)deadline;
    REQUIRE(endpoint == 0x82 && *len > 0 && *len % 64 == 0 && *len <= SSC_CCID_BUFFER);
    memset(data, 0xEE, *len); /* all of it must be ours to write */
    REQUIRE(++r->transfers < 100000);
    if (left == 0) {
        rc = r->size < 2 ? SSC_E_DEADLINE_EXCEEDED : next(r);
        left = rc == 0 ? r->pending_len : 0;
    }
    *len = left < *len ? left : *len;
    memcpy(data, r->pending + r->pending_at, *len);
    r->pending_at += *len;
    return rc;
}

static int control(struct ssc_usb *u, uint8_t request_type, uint8_t request, uint16_t value, uint16_t index,
                   uint8_t *data, size_t *len, int64_t deadline)
{
    (void)u, (void)request, (void)value, (void)index, (void)data, (void)deadline;
    *len = 0;
    return request_type == 0x21 ? 0 : SSC_E_READER_IO;
}

static int nothing(struct ssc_usb *u, uint8_t endpoint)
{
    (void)u, (void)endpoint;
    return 0;
}

static const struct ssc_usb_ops ops = {
    .bulk_out = bulk_out, .bulk_in = bulk_in, .control = control, .clear_halt = nothing};

static struct ssc_ccid_interface describe(uint8_t a, uint8_t b)
{
    static const uint32_t levels[] = {0, SSC_CCID_LEVEL_TPDU, SSC_CCID_LEVEL_SHORT, SSC_CCID_LEVEL_EXTENDED};
    return (struct ssc_ccid_interface){
        .bulk_out = 1,
        .bulk_in = 0x82,
        .packet_out = 64,
        .packet_in = 64,
        .ccid = {.slots = 2,
                 .voltages = 7,
                 .protocols = 3,
                 .default_clock_khz = 4000,
                 .max_clock_khz = 4000,
                 .default_rate = 10752,
                 .max_rate = 344086,
                 .max_ifsd = 254,
                 .features = levels[a & 3] | (a & 4 ? SSC_CCID_AUTO_VOLTAGE : 0u) |
                             (a & 8 ? SSC_CCID_AUTO_NEGOTIATION : 0u) | (a & 16 ? SSC_CCID_AUTO_PPS : 0u),
                 .max_message = a & 32 ? 40 : 271,
                 .pin_support = b & 1 ? 3 : 0,
                 .busy_slots = 1,
                 .level = (enum ssc_ccid_level)(a & 3)}};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t apdu[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 1, 2, 3, 4, 5},
                         pin[] = {0, 0x20, 0, 0, 3, 255, 255, 255};
    static const struct ssc_pin_entry entry = {.apdu = pin,
                                               .apdu_len = sizeof pin,
                                               .min_digits = 4,
                                               .max_digits = 6,
                                               .pin_bytes = 3,
                                               .timeout_s = 1};
    static uint8_t rx[SSC_RESPONSE_SHORT + 1];
    if (size < 2) {
        return 0;
    }
    struct reader reader = {.usb = {.ops = &ops}, .data = data + 2, .size = size - 2};
    const struct ssc_ccid_interface interface = describe(data[0], data[1]);
    struct ssc_ccid_engine *e = NULL;
    REQUIRE(ssc_ccid_engine_new(&reader.usb, &interface, &e) == 0);
    rx[SSC_RESPONSE_SHORT] = 0xA5;
    for (unsigned i = 0; i < 4; i++) {
        size_t len = SSC_RESPONSE_SHORT;
        int rc = ssc_ccid_power_on(e, 0, i & 1 ? SSC_RESET_WARM : SSC_RESET_COLD, -1, INT64_MAX);
        REQUIRE(rc <= 0 && (rc == 0) == e->slot[0].powered);
        rc = ssc_ccid_apdu(e, 0, apdu, sizeof apdu, rx, &len, INT64_MAX);
        REQUIRE(rc <= 0 && (rc != 0 || len <= SSC_RESPONSE_SHORT));
        len = SSC_RESPONSE_SHORT;
        rc = ssc_ccid_pin_entry(e, 0, &entry, rx, &len, INT64_MAX);
        REQUIRE(rc <= 0 && (rc != 0 || (len >= 2 && len <= SSC_RESPONSE_SHORT)));
        REQUIRE(rx[SSC_RESPONSE_SHORT] == 0xA5);
        if (e->broken) {
            REQUIRE(ssc_ccid_apdu(e, 0, apdu, sizeof apdu, rx, &len, INT64_MAX) < 0);
            ssc_ccid_recover(e, INT64_MAX);
        }
    }
    ssc_ccid_engine_free(&e);
    return 0;
}
