/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ccid/pps.h"

#include <string.h>

#include "apdu/error.h"

enum { DEFAULT_FIDI = 0x11, PPSS = 0xFF, PPS1_FOLLOWS = 0x10 };

/* ISO/IEC 7816-3 tables 7 and 8; 0 is reserved. */
static const uint16_t f_table[16] = {372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048};
static const uint8_t d_table[16] = {0, 1, 2, 4, 8, 16, 32, 64, 12, 20};

uint32_t ssc_ccid_rate(uint8_t fidi, uint32_t clock_khz)
{
    const uint32_t f = f_table[fidi >> 4], d = d_table[fidi & 15];
    return f && d ? (uint32_t)((uint64_t)clock_khz * 1000 * d / f) : 0;
}

static bool reader_does(const struct ssc_ccid_descriptor *d, const struct ssc_ccid_rates *rates,
                        uint32_t rate)
{
    /* Makers round these figures as they like. */
    const uint32_t slack = rate / 100 + 1;
    bool fits = rate > 0 && rate <= d->max_rate + slack;
    if (fits && rates->rates > 0) {
        fits = false;
        for (size_t i = 0; i < rates->rates && !fits; i++) {
            const uint32_t listed = rates->rate[i];
            fits = (listed > rate ? listed - rate : rate - listed) <= slack;
        }
    }
    return fits;
}

/* The card's F with the highest D, up to the card's own, that the reader can do; PPS1 may name any F and D
 * between the default and TA1. */
static uint8_t fastest(const struct ssc_ccid_descriptor *d, const struct ssc_ccid_rates *rates, uint8_t ta1,
                       uint32_t clock_khz)
{
    const uint8_t most = d_table[ta1 & 15];
    uint8_t best = DEFAULT_FIDI, best_d = 0;
    for (uint8_t i = 1; i < 16; i++) {
        const uint8_t fidi = (uint8_t)((ta1 & 0xF0) | i);
        /* D = 12 and 20 are for cards that ask for them by name. */
        const bool usual = i <= 7 || i == (ta1 & 15);
        const bool better = usual && d_table[i] > best_d && d_table[i] <= most;
        if (better && ssc_ccid_rate(fidi, clock_khz) > ssc_ccid_rate(DEFAULT_FIDI, clock_khz) &&
            reader_does(d, rates, ssc_ccid_rate(fidi, clock_khz))) {
            best = fidi;
            best_d = d_table[i];
        }
    }
    return best;
}

/* The highest clock within the card's limit that the reader has. */
static uint32_t choose_clock(const struct ssc_ccid_descriptor *d, const struct ssc_ccid_rates *rates,
                             uint32_t card_khz)
{
    uint32_t best = d->default_clock_khz;
    for (size_t i = 0; i < rates->clocks; i++) {
        const uint32_t khz = rates->clock_khz[i];
        best = khz > best && khz <= card_khz && khz <= d->max_clock_khz ? khz : best;
    }
    return best;
}

static int choose_protocol(const struct ssc_ccid_descriptor *d, const struct ssc_atr *atr, int wanted,
                           int *out)
{
    const unsigned offered = (atr->protocols ? atr->protocols : 1u) & d->protocols & 3u;
    const int fixed = atr->specific_mode ? atr->level[1].ta & 0x0F : -1;
    int protocol = fixed >= 0 ? fixed : wanted >= 0 ? wanted : atr->first_protocol;
    if (fixed < 0 && wanted < 0 && (protocol > 1 || !(offered & 1u << protocol))) {
        protocol = offered & 1 ? 0 : 1;
    }
    const bool met = protocol >= 0 && protocol <= 1 && (d->protocols & 1u << protocol) &&
                     (fixed >= 0 || (offered & 1u << protocol)) && (wanted < 0 || wanted == protocol);
    *out = protocol;
    return met ? 0 : SSC_E_PROTOCOL_MISMATCH;
}

static void put_parameters(struct ssc_ccid_choice *c, const struct ssc_atr *atr)
{
    const uint8_t convention = atr->inverse ? 2 : 0;
    if (c->protocol == SSC_T0) {
        const uint8_t t0[5] = {c->fidi, convention, (uint8_t)atr->extra_guard, (uint8_t)atr->wi, 0};
        memcpy(c->parameters, t0, sizeof t0);
        c->parameters_len = sizeof t0;
    } else {
        const uint8_t t1[7] = {c->fidi,
                               (uint8_t)(0x10 | convention | (atr->crc ? 1 : 0)),
                               (uint8_t)atr->extra_guard,
                               (uint8_t)(atr->bwi << 4 | (atr->cwi & 15)),
                               0,
                               (uint8_t)atr->ifsc,
                               0};
        memcpy(c->parameters, t1, sizeof t1);
        c->parameters_len = sizeof t1;
    }
}

static void put_pps(struct ssc_ccid_choice *c)
{
    uint8_t check = 0;
    c->pps_len = 0;
    c->pps[c->pps_len++] = PPSS;
    c->pps[c->pps_len++] = (uint8_t)((c->fidi != DEFAULT_FIDI ? PPS1_FOLLOWS : 0) | (unsigned)c->protocol);
    if (c->fidi != DEFAULT_FIDI) {
        c->pps[c->pps_len++] = c->fidi;
    }
    for (size_t i = 0; i < c->pps_len; i++) {
        check ^= c->pps[i];
    }
    c->pps[c->pps_len++] = check;
}

int ssc_ccid_choose(const struct ssc_ccid_descriptor *d, const struct ssc_ccid_rates *rates,
                    const struct ssc_atr *atr, int wanted, bool fast, struct ssc_ccid_choice *out)
{
    const bool raw = d->level == SSC_CCID_TPDU || d->level == SSC_CCID_CHARACTER;
    const uint8_t ta1 = atr->level[0].has_ta && atr->f && atr->d ? atr->level[0].ta : DEFAULT_FIDI;
    const bool negotiates = !atr->specific_mode && !(d->features & SSC_CCID_AUTO_NEGOTIATION);
    const bool by_hand = !(d->features & (SSC_CCID_AUTO_CLOCK | SSC_CCID_AUTO_RATE));
    int protocol = 0;
    int rc = choose_protocol(d, atr, wanted, &protocol);
    *out = (struct ssc_ccid_choice){.fidi = DEFAULT_FIDI};
    if (rc == 0) {
        out->protocol = (enum ssc_protocol)protocol;
        out->clock_khz = by_hand ? choose_clock(d, rates, atr->f_max_khz) : d->default_clock_khz;
        if (atr->specific_mode) {
            out->fidi = atr->implicit ? DEFAULT_FIDI : ta1;
        } else if (!negotiates) {
            out->fidi = ta1; /* the reader has done as it pleased, and says so when asked */
        } else if (fast && (raw || (d->features & SSC_CCID_AUTO_PPS))) {
            out->fidi = fastest(d, rates, ta1, out->clock_khz);
        }
        out->exchange_pps = negotiates && raw && !(d->features & SSC_CCID_AUTO_PPS) &&
                            (out->fidi != DEFAULT_FIDI || protocol != atr->first_protocol);
        out->rate = ssc_ccid_rate(out->fidi, out->clock_khz);
        out->set_rate = by_hand && (rates->clocks > 1 || rates->rates > 1) && out->rate > 0;
        put_pps(out);
        put_parameters(out, atr);
    }
    return rc;
}

int ssc_ccid_pps_agreed(struct ssc_ccid_choice *choice, const struct ssc_atr *atr, const uint8_t *answer,
                        size_t len)
{
    const bool asked = choice->pps_len == 4;
    uint8_t check = 0;
    int rc = SSC_E_BAD_RESPONSE;
    for (size_t i = 0; i < len; i++) {
        check ^= answer[i];
    }
    if (len >= 3 && check == 0 && answer[0] == PPSS && (answer[1] & 0x0F) == (choice->pps[1] & 0x0F)) {
        if (len == choice->pps_len && memcmp(answer, choice->pps, len) == 0) {
            rc = 0;
        } else if (asked && len == 3 && (answer[1] & 0xF0) == 0) {
            choice->fidi = DEFAULT_FIDI;
            choice->rate = ssc_ccid_rate(DEFAULT_FIDI, choice->clock_khz);
            put_parameters(choice, atr);
            rc = 0;
        }
    }
    return rc;
}
