/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/atr.h"

#include <string.h>

#include "apdu/bytes.h"
#include "apdu/error.h"

/* ISO 7816-3:2006 tables 7 and 8; 0 = reserved. */
static const uint16_t f_of[16] = {372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048};
static const uint16_t khz_of[16] = {4000, 5000, 6000, 8000,  12000, 16000, 20000, 0,
                                    0,    5000, 7500, 10000, 15000, 20000, 0,     0};
static const uint8_t d_of[16] = {0, 1, 2, 4, 8, 16, 32, 64, 12, 20};

/* A reading position; `ok` falls when the bytes end too early. */
struct cursor {
    const uint8_t *bytes;
    size_t len, pos;
    bool ok;
};

static uint8_t take(struct cursor *c)
{
    c->ok = c->ok && c->pos < c->len;
    return c->ok ? c->bytes[c->pos++] : 0;
}

static void take_interface_bytes(struct cursor *c, struct ssc_atr *atr, uint8_t t0)
{
    uint8_t y = t0 >> 4;
    int protocol = 0;
    bool more = true;
    while (more && c->ok) {
        struct ssc_atr_level *level = &atr->level[atr->levels];
        level->protocol = protocol;
        level->has_ta = (y & 1) != 0;
        level->has_tb = (y & 2) != 0;
        level->has_tc = (y & 4) != 0;
        level->has_td = (y & 8) != 0;
        level->ta = level->has_ta ? take(c) : 0;
        level->tb = level->has_tb ? take(c) : 0;
        level->tc = level->has_tc ? take(c) : 0;
        level->td = level->has_td ? take(c) : 0;
        atr->levels++;
        more = level->has_td;
        y = level->td >> 4;
        protocol = level->td & 0x0F;
        if (more && atr->levels == SSC_ATR_LEVELS) {
            c->ok = false;
        }
    }
}

static void set_global(struct ssc_atr *atr)
{
    const struct ssc_atr_level *one = &atr->level[0];
    const struct ssc_atr_level *two = atr->levels > 1 ? &atr->level[1] : NULL;
    uint8_t ta1 = one->has_ta ? one->ta : 0x11;
    atr->f = f_of[ta1 >> 4];
    atr->f_max_khz = khz_of[ta1 >> 4];
    atr->d = d_of[ta1 & 0x0F];
    atr->extra_guard = one->has_tc ? one->tc : 0;
    atr->first_protocol = one->has_td ? one->td & 0x0F : 0;
    atr->specific_mode = two && two->has_ta;
    atr->implicit = atr->specific_mode && (two->ta & 0x10) != 0;
    atr->wi = two && two->has_tc ? two->tc : 10;
    /* PC/SC part 3 clause 3.1.3.2.3: what readers make up for contactless cards. */
    atr->contactless =
        two && !one->has_ta && !one->has_tb && !one->has_tc && one->td == 0x80 && two->td == 0x01;
}

/* Bytes of level 3 and up belong to the protocol named by the TD before them; the first occurrence counts
 * (ISO 7816-3 clause 8.2.3). */
static void set_specific(struct ssc_atr *atr)
{
    bool seen_t1 = false, seen_t15 = false;
    atr->ifsc = 32;
    atr->bwi = 4;
    atr->cwi = 13;
    for (unsigned i = 0; i < atr->levels; i++) {
        const struct ssc_atr_level *level = &atr->level[i];
        if (level->has_td && (level->td & 0x0F) != 15) {
            atr->protocols |= 1u << (level->td & 0x0F);
        }
        if (i >= 2 && level->protocol == 1 && !seen_t1) {
            seen_t1 = true;
            atr->ifsc = level->has_ta ? level->ta : 32;
            atr->bwi = level->has_tb ? level->tb >> 4 : 4;
            atr->cwi = level->has_tb ? level->tb & 0x0Fu : 13;
            atr->crc = level->has_tc && (level->tc & 1) != 0;
        }
        if (i >= 2 && level->protocol == 15 && !seen_t15) {
            seen_t15 = true;
            atr->voltages = level->has_ta ? level->ta & 0x07u : 0;
        }
    }
    if (atr->protocols == 0) {
        atr->protocols = 1u; /* T=0 unless something else is said */
    }
}

/* TCK is due as soon as a T other than 0 is named (ISO 7816-3 clause 8.2.5). One byte too many or too few is
 * a fault of the card that readers live with: it is reported here and refused nowhere. */
static bool check_tck(struct cursor *c, struct ssc_atr *atr)
{
    bool due = false;
    uint8_t sum = 0;
    for (unsigned i = 0; i < atr->levels; i++) {
        due = due || (atr->level[i].has_td && (atr->level[i].td & 0x0F) != 0);
    }
    size_t left = c->len - c->pos;
    for (size_t i = 1; i < c->len; i++) {
        sum ^= c->bytes[i];
    }
    atr->has_tck = left == 1;
    atr->tck_right = atr->has_tck ? sum == 0 : !due;
    return left <= 1;
}

int ssc_atr_parse(const uint8_t *bytes, size_t len, struct ssc_atr *atr)
{
    int rc = SSC_E_BAD_ATR;
    *atr = (struct ssc_atr){0};
    if (len < 2 || len > SSC_ATR_MAX || (bytes[0] != 0x3B && bytes[0] != 0x3F)) {
        goto done;
    }
    struct cursor c = {.bytes = bytes, .len = len, .pos = 1, .ok = true};
    memcpy(atr->raw, bytes, len);
    atr->raw_len = len;
    atr->inverse = bytes[0] == 0x3F;
    uint8_t t0 = take(&c);
    take_interface_bytes(&c, atr, t0);
    atr->historical_len = t0 & 0x0F;
    if (!c.ok || atr->historical_len > c.len - c.pos) {
        goto done;
    }
    memcpy(atr->historical, c.bytes + c.pos, atr->historical_len);
    c.pos += atr->historical_len;
    if (!check_tck(&c, atr)) {
        goto done;
    }
    set_global(atr);
    set_specific(atr);
    rc = 0;
done:
    return rc;
}

int ssc_ats_parse(const uint8_t *bytes, size_t len, struct ssc_ats *ats)
{
    /* ISO 14443-4 table 1; values above C are reserved and mean C. */
    static const uint16_t fsc_of[16] = {16,  24,  32,   40,   48,   64,   96,   128,
                                        256, 512, 1024, 2048, 4096, 4096, 4096, 4096};
    int rc = 0;
    /* defaults of clauses 5.2.3 to 5.2.6: FSCI 2, FWI 4, SFGI 0, CID supported, NAD not */
    *ats = (struct ssc_ats){.fsc = fsc_of[2], .fwi = 4, .cid = true};
    struct cursor c = {.bytes = bytes, .len = len, .pos = 0, .ok = true};
    uint8_t tl = take(&c);
    if (!c.ok || tl != len) {
        rc = SSC_E_BAD_ATR;
        goto done;
    }
    uint8_t t0 = tl > 1 ? take(&c) : 0x02;
    ats->fsc = fsc_of[t0 & 0x0F];
    ats->has_ta = (t0 & 0x10) != 0;
    ats->has_tb = (t0 & 0x20) != 0;
    ats->has_tc = (t0 & 0x40) != 0;
    ats->ta = ats->has_ta ? take(&c) : 0;
    ats->tb = ats->has_tb ? take(&c) : 0;
    ats->tc = ats->has_tc ? take(&c) : 0;
    if (!c.ok || c.len - c.pos > sizeof ats->historical) {
        rc = SSC_E_BAD_ATR;
        goto done;
    }
    if (ats->has_tb) {
        unsigned fwi = ats->tb >> 4, sfgi = ats->tb & 0x0Fu;
        ats->fwi = fwi == 15 ? 4 : fwi; /* 15 is reserved and means the default */
        ats->sfgi = sfgi == 15 ? 0 : sfgi;
    }
    if (ats->has_tc) {
        ats->nad = (ats->tc & 1) != 0;
        ats->cid = (ats->tc & 2) != 0;
    }
    ats->historical_len = c.len - c.pos;
    memcpy(ats->historical, c.bytes + c.pos, ats->historical_len);
done:
    return rc;
}

int ssc_historical_parse(const uint8_t *bytes, size_t len, struct ssc_historical *out)
{
    int rc = 0;
    *out = (struct ssc_historical){0};
    if (len != SSC_HISTORICAL_LEN) {
        rc = SSC_E_NOT_SSC;
        goto done;
    }
    out->chip_maker = ssc_get16(bytes);
    memcpy(out->free, bytes + 2, sizeof out->free);
    out->card_maker = ssc_get16(bytes + 5);
    rc = ssc_hex_encode(bytes + 7, 2, out->region, sizeof out->region);
    memcpy(out->serial, bytes + 9, sizeof out->serial);
    memcpy(out->factor, bytes + 5, sizeof out->factor);
done:
    return rc;
}

struct maker {
    uint16_t id;
    const char *name;
};
static const struct maker chip_makers[] = {
#define SSC_CHIP_MAKER(id, zh) {id, zh},
#define SSC_CARD_MAKER(id, zh)
#include "apdu/ssc_makers.def"
#undef SSC_CHIP_MAKER
#undef SSC_CARD_MAKER
};
static const struct maker card_makers[] = {
#define SSC_CHIP_MAKER(id, zh)
#define SSC_CARD_MAKER(id, zh) {id, zh},
#include "apdu/ssc_makers.def"
#undef SSC_CHIP_MAKER
#undef SSC_CARD_MAKER
};

static const char *maker(const struct maker *table, size_t count, uint16_t id)
{
    const char *found = NULL;
    for (size_t i = 0; i < count && !found; i++) {
        if (table[i].id == id) {
            found = table[i].name;
        }
    }
    return found;
}

const char *ssc_chip_maker(uint16_t id)
{
    return maker(chip_makers, sizeof chip_makers / sizeof chip_makers[0], id);
}

const char *ssc_card_maker(uint16_t id)
{
    return maker(card_makers, sizeof card_makers / sizeof card_makers[0], id);
}
