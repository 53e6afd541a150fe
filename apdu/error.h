/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three-way return, everywhere in sscard:
 *      0   done
 *    < 0   enum ssc_error: the host side could not do it
 *    > 0   the status word (SW1SW2) with which the card refused
 */
#ifndef SSC_APDU_ERROR_H
#define SSC_APDU_ERROR_H

enum ssc_error {
    SSC_OK = 0,
#define SSC_ERROR(NAME, number, national, symbol, en, zh, remedy_en, remedy_zh) SSC_E_##NAME = -(number),
#include "apdu/errors.def"
#undef SSC_ERROR
};

/* One row of the error table. All texts are static UTF-8. */
struct ssc_error_info {
    int code;                          /* enum ssc_error */
    int national;                      /* return code of the national reader library */
    const char *name;                  /* "SSC_E_NO_CARD" */
    const char *symbol;                /* "no_card" */
    const char *en, *zh;               /* what happened */
    const char *remedy_en, *remedy_zh; /* what to do next */
};

/* The row for a negative code; the row of SSC_E_INTERNAL for a number that is not in the table.
 * A positive code (status word) yields the row of SSC_E_CARD_STATUS, or the row with the same meaning where
 * the table has one (9401 insufficient_funds, 6983 pin_locked is NOT mapped: it depends on the command). */
const struct ssc_error_info *ssc_error_info(int code);

/* Row by symbol; NULL when there is none. */
const struct ssc_error_info *ssc_error_by_symbol(const char *symbol);

/* The whole table, for documentation and tests. */
const struct ssc_error_info *ssc_error_table(unsigned *count);

/* National return code for any return value: the table's for < 0, minus the status word for > 0. */
int ssc_error_national(int code);

#endif
