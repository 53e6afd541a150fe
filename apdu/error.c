/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/error.h"

#include <stddef.h>
#include <string.h>

static const struct ssc_error_info table[] = {
#define SSC_ERROR(NAME, number, national, symbol, en, zh, remedy_en, remedy_zh)                              \
    {SSC_E_##NAME, national, "SSC_E_" #NAME, symbol, en, zh, remedy_en, remedy_zh},
#include "apdu/errors.def"
#undef SSC_ERROR
};

#define ROWS (sizeof table / sizeof table[0])

/* Status words whose meaning does not depend on the command. */
static const struct {
    int sw;
    int code;
} of_status_word[] = {
    {0x9401, SSC_E_INSUFFICIENT_FUNDS},
    {0x9301, SSC_E_INSUFFICIENT_FUNDS},
    {0x9402, SSC_E_COUNTER_EXHAUSTED},
    {0x9303, SSC_E_CARD_BLOCKED},
    {0x9302, SSC_E_BAD_MAC},
};

static const struct ssc_error_info *row(int code)
{
    const struct ssc_error_info *found = NULL;
    for (size_t i = 0; i < ROWS && !found; i++) {
        if (table[i].code == code) {
            found = &table[i];
        }
    }
    return found;
}

const struct ssc_error_info *ssc_error_info(int code)
{
    int wanted = code > 0 ? SSC_E_CARD_STATUS : code;
    for (size_t i = 0; i < sizeof of_status_word / sizeof of_status_word[0]; i++) {
        if (of_status_word[i].sw == code) {
            wanted = of_status_word[i].code;
        }
    }
    const struct ssc_error_info *found = row(wanted);
    return found ? found : row(SSC_E_INTERNAL);
}

const struct ssc_error_info *ssc_error_by_symbol(const char *symbol)
{
    const struct ssc_error_info *found = NULL;
    for (size_t i = 0; i < ROWS && !found; i++) {
        if (strcmp(table[i].symbol, symbol) == 0) {
            found = &table[i];
        }
    }
    return found;
}

const struct ssc_error_info *ssc_error_table(unsigned *count)
{
    *count = ROWS;
    return table;
}

int ssc_error_national(int code)
{
    return code == 0 ? 0 : code > 0 ? -code : ssc_error_info(code)->national;
}
