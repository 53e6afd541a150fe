/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/atr.h"

#include <stdio.h>

#include "apdu/bytes.h"

struct out {
    void (*line)(void *ctx, const char *item, const char *meaning);
    void *ctx;
};

/* Item "TA1 = 96" for an interface byte of a level, counted from 1. */
static void say_byte(struct out *o, char kind, unsigned level, uint8_t value, const char *meaning)
{
    char item[24];
    snprintf(item, sizeof item, "T%c%u = %02X", kind, level + 1, value);
    o->line(o->ctx, item, meaning);
}

static void explain_ta(struct out *o, const struct ssc_atr *atr, unsigned i)
{
    const struct ssc_atr_level *level = &atr->level[i];
    char text[96];
    if (i == 0 && (atr->f == 0 || atr->d == 0)) {
        snprintf(text, sizeof text, "reserved speed");
    } else if (i == 0) {
        snprintf(text, sizeof text, "F=%u D=%u, up to %u%s MHz", atr->f, atr->d, atr->f_max_khz / 1000,
                 atr->f_max_khz % 1000 != 0 ? ".5" : "");
    } else if (i == 1) {
        snprintf(text, sizeof text, "specific mode, T=%u%s", level->ta & 0x0Fu,
                 atr->implicit ? ", parameters not as in TA1" : "");
    } else if (level->protocol == 1) {
        snprintf(text, sizeof text, "T=1: the card takes %u bytes per block", level->ta);
    } else if (level->protocol == 15) {
        snprintf(text, sizeof text, "supply:%s%s%s%s", level->ta & 1 ? " 5 V" : "",
                 level->ta & 2 ? " 3 V" : "", level->ta & 4 ? " 1.8 V" : "",
                 level->ta & 7 ? "" : " not said");
    } else {
        snprintf(text, sizeof text, "specific to T=%d", level->protocol);
    }
    say_byte(o, 'A', i, level->ta, text);
}

static void explain_tb(struct out *o, const struct ssc_atr *atr, unsigned i)
{
    const struct ssc_atr_level *level = &atr->level[i];
    char text[96];
    if (i < 2) {
        snprintf(text, sizeof text, "programming voltage, out of use");
    } else if (level->protocol == 1) {
        snprintf(text, sizeof text, "T=1: block waiting BWI=%u, character waiting CWI=%u", level->tb >> 4,
                 level->tb & 0x0Fu);
    } else {
        snprintf(text, sizeof text, "specific to T=%d", level->protocol);
    }
    say_byte(o, 'B', i, level->tb, text);
}

static void explain_tc(struct out *o, const struct ssc_atr *atr, unsigned i)
{
    const struct ssc_atr_level *level = &atr->level[i];
    char text[96];
    if (i == 0 && level->tc == 255) {
        snprintf(text, sizeof text, "least guard time");
    } else if (i == 0) {
        snprintf(text, sizeof text, "extra guard time %u etu", level->tc);
    } else if (i == 1) {
        snprintf(text, sizeof text, "T=0: waiting time WI=%u", level->tc);
    } else if (level->protocol == 1) {
        snprintf(text, sizeof text, "T=1: blocks are checked with %s", level->tc & 1 ? "CRC" : "LRC");
    } else {
        snprintf(text, sizeof text, "specific to T=%d", level->protocol);
    }
    say_byte(o, 'C', i, level->tc, text);
}

static void explain_levels(struct out *o, const struct ssc_atr *atr)
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
            char text[64];
            unsigned t = level->td & 0x0Fu;
            snprintf(text, sizeof text, t == 15 ? "bytes for every protocol follow" : "protocol T=%u", t);
            say_byte(o, 'D', i, level->td, text);
        }
    }
}

static void explain_historical(struct out *o, const struct ssc_atr *atr)
{
    char hex[2 * sizeof atr->historical + 1], text[160];
    struct ssc_historical h;
    if (atr->historical_len > 0 &&
        ssc_hex_encode(atr->historical, atr->historical_len, hex, sizeof hex) == 0) {
        o->line(o->ctx, "historical bytes", hex);
    }
    if (ssc_historical_parse(atr->historical, atr->historical_len, &h) == 0) {
        const char *chip = ssc_chip_maker(h.chip_maker), *card = ssc_card_maker(h.card_maker);
        o->line(o->ctx, "as a social security card", "13 historical bytes, as the card specification wants");
        snprintf(text, sizeof text, "%04X %s", h.chip_maker, chip ? chip : "(not a known number)");
        o->line(o->ctx, "chip maker", text);
        snprintf(text, sizeof text, "%04X %s", h.card_maker, card ? card : "(not a known number)");
        o->line(o->ctx, "card maker", text);
        o->line(o->ctx, "region", h.region);
        snprintf(text, sizeof text, "%02X%02X%02X%02X", h.serial[0], h.serial[1], h.serial[2], h.serial[3]);
        o->line(o->ctx, "serial", text);
    }
}

void ssc_atr_explain(const struct ssc_atr *atr,
                     void (*line)(void *ctx, const char *item, const char *meaning), void *ctx)
{
    struct out o = {line, ctx};
    char item[24], text[96];
    snprintf(item, sizeof item, "TS = %02X", atr->raw[0]);
    line(ctx, item, atr->inverse ? "inverse convention" : "direct convention");
    snprintf(item, sizeof item, "T0 = %02X", atr->raw[1]);
    snprintf(text, sizeof text, "%zu historical bytes%s", atr->historical_len,
             atr->contactless ? ", contactless card by PC/SC" : "");
    line(ctx, item, text);
    explain_levels(&o, atr);
    explain_historical(&o, atr);
    if (atr->has_tck) {
        snprintf(item, sizeof item, "TCK = %02X", atr->raw[atr->raw_len - 1]);
        line(ctx, item, atr->tck_right ? "right" : "wrong, the bytes do not XOR to 00");
    } else if (!atr->tck_right) {
        line(ctx, "TCK", "missing although a protocol other than T=0 is named");
    }
}
