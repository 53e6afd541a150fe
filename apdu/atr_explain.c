/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/atr.h"

#include <stdarg.h>
#include <stdio.h>

#include "apdu/bytes.h"

/* Constant arrays, so that the compiler checks either language's format where it is used. */
#define ATR_TEXT(NAME, en, zh) static const char NAME##_EN[] = en, NAME##_ZH[] = zh;
#define ATR_ITEM(NAME, en, zh) static const char ITEM_##NAME##_EN[] = en, ITEM_##NAME##_ZH[] = zh;
#include "apdu/atr_explain.def"
#undef ATR_TEXT
#undef ATR_ITEM
#define BOTH(NAME) NAME##_EN, NAME##_ZH

struct out {
    void (*line)(void *ctx, const struct ssc_atr_line *line);
    void *ctx;
};

__attribute__((format(printf, 4, 6), format(printf, 5, 6))) static void
say(const struct out *o, const char *item, const char *item_zh, const char *en, const char *zh, ...)
{
    char text[160], text_zh[160];
    va_list args, again;
    va_start(args, zh);
    va_copy(again, args);
    vsnprintf(text, sizeof text, en, args);
    vsnprintf(text_zh, sizeof text_zh, zh, again);
    va_end(again);
    va_end(args);
    o->line(o->ctx, &(struct ssc_atr_line){item, item_zh, text, text_zh});
}

/* "TS = 3B", "TA1 = 96": the same in every language. */
struct byte_name {
    char text[24];
};

static struct byte_name name_byte(const char *name, uint8_t value)
{
    struct byte_name item;
    snprintf(item.text, sizeof item.text, "%s = %02X", name, value);
    return item;
}

/* An interface byte of a level, counted from 1. */
static struct byte_name name_interface(char kind, unsigned level, uint8_t value)
{
    struct byte_name item;
    snprintf(item.text, sizeof item.text, "T%c%u = %02X", kind, level + 1, value);
    return item;
}

#define SAY_BYTE(o, item, ...) say(o, (item).text, (item).text, __VA_ARGS__)

static void explain_ta(const struct out *o, const struct ssc_atr *atr, unsigned i)
{
    const struct ssc_atr_level *level = &atr->level[i];
    const struct byte_name item = name_interface('A', i, level->ta);
    if (i == 0 && (atr->f == 0 || atr->d == 0)) {
        SAY_BYTE(o, item, BOTH(SPEED_RESERVED));
    } else if (i == 0) {
        SAY_BYTE(o, item, BOTH(SPEED), atr->f, atr->d, atr->f_max_khz / 1000,
                 atr->f_max_khz % 1000 != 0 ? ".5" : "");
    } else if (i == 1 && atr->implicit) {
        SAY_BYTE(o, item, BOTH(SPECIFIC_IMPLICIT), level->ta & 0x0Fu);
    } else if (i == 1) {
        SAY_BYTE(o, item, BOTH(SPECIFIC), level->ta & 0x0Fu);
    } else if (level->protocol == 1) {
        SAY_BYTE(o, item, BOTH(IFSC), level->ta);
    } else if (level->protocol == 15 && (level->ta & 7) != 0) {
        SAY_BYTE(o, item, BOTH(SUPPLY), level->ta & 1 ? " 5 V" : "", level->ta & 2 ? " 3 V" : "",
                 level->ta & 4 ? " 1.8 V" : "");
    } else if (level->protocol == 15) {
        SAY_BYTE(o, item, BOTH(SUPPLY_UNKNOWN));
    } else {
        SAY_BYTE(o, item, BOTH(OF_PROTOCOL), level->protocol);
    }
}

static void explain_tb(const struct out *o, const struct ssc_atr *atr, unsigned i)
{
    const struct ssc_atr_level *level = &atr->level[i];
    const struct byte_name item = name_interface('B', i, level->tb);
    if (i < 2) {
        SAY_BYTE(o, item, BOTH(VPP));
    } else if (level->protocol == 1) {
        SAY_BYTE(o, item, BOTH(WAITING_T1), level->tb >> 4u, level->tb & 0x0Fu);
    } else {
        SAY_BYTE(o, item, BOTH(OF_PROTOCOL), level->protocol);
    }
}

static void explain_tc(const struct out *o, const struct ssc_atr *atr, unsigned i)
{
    const struct ssc_atr_level *level = &atr->level[i];
    const struct byte_name item = name_interface('C', i, level->tc);
    if (i == 0 && level->tc == 255) {
        SAY_BYTE(o, item, BOTH(GUARD_LEAST));
    } else if (i == 0) {
        SAY_BYTE(o, item, BOTH(GUARD), level->tc);
    } else if (i == 1) {
        SAY_BYTE(o, item, BOTH(WAITING_T0), level->tc);
    } else if (level->protocol == 1) {
        SAY_BYTE(o, item, BOTH(CHECKED), level->tc & 1 ? "CRC" : "LRC");
    } else {
        SAY_BYTE(o, item, BOTH(OF_PROTOCOL), level->protocol);
    }
}

static void explain_td(const struct out *o, const struct ssc_atr *atr, unsigned i)
{
    const struct byte_name item = name_interface('D', i, atr->level[i].td);
    const unsigned t = atr->level[i].td & 0x0Fu;
    if (t == 15) {
        SAY_BYTE(o, item, BOTH(GLOBAL));
    } else {
        SAY_BYTE(o, item, BOTH(PROTOCOL), t);
    }
}

static void explain_levels(const struct out *o, const struct ssc_atr *atr)
{
    for (unsigned i = 0; i < atr->levels; i++) {
        const struct ssc_atr_level *level = &atr->level[i];
        if (level->has_ta) {
            explain_ta(o, atr, i);
        }
        if (level->has_tb) {
            explain_tb(o, atr, i);
        }
        if (level->has_tc) {
            explain_tc(o, atr, i);
        }
        if (level->has_td) {
            explain_td(o, atr, i);
        }
    }
}

static void explain_maker(const struct out *o, const char *item, const char *item_zh, unsigned id,
                          const char *name)
{
    if (name) {
        say(o, item, item_zh, BOTH(MAKER), id, name);
    } else {
        say(o, item, item_zh, BOTH(MAKER_UNKNOWN), id);
    }
}

static void explain_historical(const struct out *o, const struct ssc_atr *atr)
{
    char hex[2 * sizeof atr->historical + 1], serial[2 * sizeof(((struct ssc_historical *)0)->serial) + 1];
    struct ssc_historical h;
    if (atr->historical_len > 0 &&
        ssc_hex_encode(atr->historical, atr->historical_len, hex, sizeof hex) == 0) {
        say(o, BOTH(ITEM_HISTORICAL), BOTH(AS_IS), hex);
    }
    if (ssc_historical_parse(atr->historical, atr->historical_len, &h) == 0 &&
        ssc_hex_encode(h.serial, sizeof h.serial, serial, sizeof serial) == 0) {
        say(o, BOTH(ITEM_SSC), BOTH(AS_SSC));
        explain_maker(o, BOTH(ITEM_CHIP_MAKER), h.chip_maker, ssc_chip_maker(h.chip_maker));
        explain_maker(o, BOTH(ITEM_CARD_MAKER), h.card_maker, ssc_card_maker(h.card_maker));
        say(o, BOTH(ITEM_REGION), BOTH(AS_IS), h.region);
        say(o, BOTH(ITEM_SERIAL), BOTH(AS_IS), serial);
    }
}

static void explain_tck(const struct out *o, const struct ssc_atr *atr)
{
    const struct byte_name item = name_byte("TCK", atr->raw[atr->raw_len - 1]);
    if (!atr->has_tck && !atr->tck_right) {
        say(o, "TCK", "TCK", BOTH(TCK_MISSING));
    } else if (atr->has_tck && atr->tck_right) {
        SAY_BYTE(o, item, BOTH(TCK_RIGHT));
    } else if (atr->has_tck) {
        SAY_BYTE(o, item, BOTH(TCK_WRONG));
    }
}

void ssc_atr_explain(const struct ssc_atr *atr, void (*line)(void *ctx, const struct ssc_atr_line *line),
                     void *ctx)
{
    const struct out o = {line, ctx};
    const struct byte_name ts = name_byte("TS", atr->raw[0]), t0 = name_byte("T0", atr->raw[1]);
    if (atr->inverse) {
        SAY_BYTE(&o, ts, BOTH(INVERSE));
    } else {
        SAY_BYTE(&o, ts, BOTH(DIRECT));
    }
    if (atr->contactless) {
        SAY_BYTE(&o, t0, BOTH(COUNT_PCSC), atr->historical_len);
    } else {
        SAY_BYTE(&o, t0, BOTH(COUNT), atr->historical_len);
    }
    explain_levels(&o, atr);
    explain_historical(&o, atr);
    explain_tck(&o, atr);
}
