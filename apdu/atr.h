/* SPDX-License-Identifier: Apache-2.0 */
/* Answer to reset (ISO/IEC 7816-3 clause 8), answer to select (ISO/IEC 14443-4 clause 5.2), and what a social
 * security card says in its 13 historical bytes. */
#ifndef SSC_APDU_ATR_H
#define SSC_APDU_ATR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSC_ATR_MAX 33u
#define SSC_ATR_LEVELS 8u
#define SSC_HISTORICAL_LEN 13u

struct ssc_atr_level {
    bool has_ta, has_tb, has_tc, has_td;
    uint8_t ta, tb, tc, td;
    int protocol; /* T that this level speaks of; 0 for the first level */
};

struct ssc_atr {
    uint8_t raw[SSC_ATR_MAX];
    size_t raw_len;
    bool inverse;    /* TS = 3F */
    unsigned levels; /* level[0] holds TA1 TB1 TC1 TD1 */
    struct ssc_atr_level level[SSC_ATR_LEVELS];
    uint8_t historical[15];
    size_t historical_len;
    bool has_tck, tck_right; /* tck_right: present and right, or absent where none is due */
    unsigned protocols;      /* bit n: T=n offered */
    int first_protocol;      /* T of TD1, 0 without TD1 */
    bool specific_mode;      /* TA2 present: no PPS, the card dictates */
    bool implicit;           /* TA2 b5: parameters not given by TA1 */
    unsigned f, d;           /* from TA1, 372 and 1 without; 0 = reserved value */
    unsigned f_max_khz;      /* 0 = reserved */
    unsigned extra_guard;    /* TC1, etu; 255 = least */
    unsigned wi;             /* TC2, 10 without (T=0) */
    unsigned ifsc;           /* TA3 of T=1, 32 without */
    unsigned bwi, cwi;       /* TB3 of T=1, 4 and 13 without */
    bool crc;                /* T=1 checks with CRC */
    unsigned voltages;       /* TA for T=15: bit 0 class A 5 V, bit 1 B 3 V, bit 2 C 1.8 V; 0 = not said */
    bool contactless;        /* PC/SC part 3 form 3B 8n 80 01 ... */
};

/* SSC_E_BAD_ATR: not an answer to reset at all (TS, lengths). A wrong TCK is reported in the struct, not
 * refused, because cards with a wrong TCK exist and readers accept them; so are a TCK that is missing and one
 * that is not due. */
int ssc_atr_parse(const uint8_t *bytes, size_t len, struct ssc_atr *atr);

struct ssc_ats {
    size_t fsc; /* frame size for the card, bytes */
    uint8_t ta, tb, tc;
    bool has_ta, has_tb, has_tc;
    unsigned fwi, sfgi;
    bool cid, nad;
    uint8_t historical[20];
    size_t historical_len;
};
/* From TL on, without CRC. SSC_E_BAD_ATR: TL is not the length, or bytes that T0 announces are missing. */
int ssc_ats_parse(const uint8_t *bytes, size_t len, struct ssc_ats *ats);

/* Historical bytes T1..TD of a social security card. */
struct ssc_historical {
    uint16_t chip_maker; /* T1 T2, for instance 0x0081 */
    uint8_t free[3];     /* T3 T4 T5 */
    uint16_t card_maker; /* T6 T7 */
    char region[5];      /* T8 T9: first four digits of the administrative division, NUL terminated */
    uint8_t serial[4];   /* TA..TD */
    uint8_t factor[8];   /* T6..TD, the card's diversification factor */
};
/* SSC_E_NOT_SSC when there are not 13 bytes. */
int ssc_historical_parse(const uint8_t *bytes, size_t len, struct ssc_historical *out);
/* Registered makers; NULL when not known. UTF-8. */
const char *ssc_chip_maker(uint16_t id);
const char *ssc_card_maker(uint16_t id);

/* "TA1 = 96" and "F=512 D=32, up to 5 MHz", for people, in English and Chinese. UTF-8; lives during the call.
 */
struct ssc_atr_line {
    const char *item, *item_zh, *meaning, *meaning_zh;
};
void ssc_atr_explain(const struct ssc_atr *atr, void (*line)(void *ctx, const struct ssc_atr_line *line),
                     void *ctx);

#endif
