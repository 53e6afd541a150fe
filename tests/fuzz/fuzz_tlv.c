/* SPDX-License-Identifier: Apache-2.0 */
/* BER-TLV, card records and FCI over the same bytes: every view stays inside its container, walking ends, and
 * what was read can be written and read again. */
#include <string.h>

#include "apdu/error.h"
#include "apdu/tlv.h"
#include "tests/fuzz/fuzz.h"

static void inside(const uint8_t *data, size_t size, const uint8_t *part, size_t len)
{
    REQUIRE(part >= data && len <= size && part <= data + (size - len));
}

static void write_and_read(const struct ssc_tlv *tlv)
{
    static uint8_t out[1 << 17];
    struct ssc_writer w = ssc_writer(out, sizeof out);
    struct ssc_tlv again;
    size_t pos = 0;
    ssc_tlv_put(&w, tlv->tag, tlv->value, tlv->len);
    if (!w.full) {
        REQUIRE(ssc_tlv_next(out, w.len, &pos, &again) == 0 && pos == w.len);
        REQUIRE(again.tag == tlv->tag && again.len == tlv->len && again.constructed == tlv->constructed);
        REQUIRE(again.len == 0 || memcmp(again.value, tlv->value, again.len) == 0);
    }
}

static void walk(const uint8_t *data, size_t size, unsigned depth)
{
    size_t pos = 0, before = 0;
    struct ssc_tlv tlv;
    int rc;
    while ((rc = ssc_tlv_next(data, size, &pos, &tlv)) == 0) {
        REQUIRE(pos > before && pos <= size);
        before = pos;
        inside(data, size, tlv.value, tlv.len);
        write_and_read(&tlv);
        if (tlv.constructed && depth < 8) {
            walk(tlv.value, tlv.len, depth + 1);
        }
    }
    REQUIRE(rc == 1 || rc == SSC_E_BAD_RESPONSE);
    REQUIRE((rc == 1) == (pos == size));
}

static void records(const uint8_t *data, size_t size)
{
    size_t pos = 0, before = 0;
    struct ssc_record record;
    int rc;
    while ((rc = ssc_record_next(data, size, &pos, &record)) == 0) {
        REQUIRE(pos >= before + 2 && pos <= size);
        before = pos;
        inside(data, size, record.value, record.len);
        REQUIRE(record.value[-1] == record.len && record.value[-2] == record.tag);
    }
    REQUIRE(rc == 1 || rc == SSC_E_BAD_RESPONSE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t path[] = {0x6F, 0xA5, 0x9F0C, 0x86};
    struct ssc_tlv tlv;
    struct ssc_fci fci;
    walk(data, size, 0);
    records(data, size);
    for (unsigned depth = 0; depth <= 4; depth++) {
        int rc = ssc_tlv_find(data, size, path, depth, &tlv);
        REQUIRE(rc == 0 || rc == SSC_E_FILE_UNKNOWN || rc == SSC_E_BAD_RESPONSE);
        if (rc == 0) {
            REQUIRE(tlv.tag == path[depth - 1]);
            inside(data, size, tlv.value, tlv.len);
        }
    }
    int rc = ssc_fci_parse(data, size, &fci);
    REQUIRE(rc == 0 || rc == SSC_E_BAD_RESPONSE);
    REQUIRE(fci.algorithm >= 0 && fci.algorithm <= 3 && fci.sfi >= -1 && fci.sfi <= 255);
    if (rc == 0 && fci.df_name) {
        inside(data, size, fci.df_name, fci.df_name_len);
    }
    if (rc == 0 && fci.issuer) {
        inside(data, size, fci.issuer, fci.issuer_len);
    }
    return 0;
}
