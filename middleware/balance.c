/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the purses: which there are, what is in them, what they noted. */
#include "middleware/purse/purse.h"
#include "apdu/sw.h"

int ssc_money_balance(struct ssc_card *card, enum ssc_purse_id purse, struct ssc_balance *out,
                      int64_t deadline)
{
    const struct ssc_purse_ops *ops = ssc_purse_ops(purse);
    int rc = ops ? ops->select(card, deadline) : SSC_E_NO_PURSE;
    return rc ? rc : ops->balance(card, purse, out, deadline);
}

static int has(struct ssc_card *card, enum ssc_purse_id purse, bool *present, int64_t deadline)
{
    struct ssc_balance unused;
    int rc = ssc_money_balance(card, purse, &unused, deadline);
    *present = rc == 0 || rc == SSC_E_PIN_REQUIRED;
    return rc > 0 || rc == SSC_E_NO_PURSE || rc == SSC_E_PIN_REQUIRED ? 0 : rc;
}

int ssc_money_purses(struct ssc_card *card, bool present[4], int64_t deadline)
{
    int rc = 0;
    present[0] = false;
    for (enum ssc_purse_id p = SSC_PURSE_MEDICAL; p <= SSC_PURSE_EP; p++) {
        present[p] = false;
    }
    for (enum ssc_purse_id p = SSC_PURSE_MEDICAL; p <= SSC_PURSE_EP && !rc; p++) {
        rc = has(card, p, &present[p], deadline);
    }
    return rc;
}

/* A record that was never written: cards fill the file with 00 or FF. */
static bool blank(const struct ssc_log_entry *e)
{
    return e->type == 0x00 || e->type == 0xFF;
}

int ssc_money_log(struct ssc_card *card, enum ssc_purse_id purse, struct ssc_log_entry *out, size_t *count,
                  int64_t deadline)
{
    const struct ssc_purse_ops *ops = ssc_purse_ops(purse);
    size_t cap = *count, n = 0;
    int rc = ops ? ops->select(card, deadline) : SSC_E_NO_PURSE;
    for (unsigned record = 1; n < cap && record <= UINT8_MAX - 1 && !rc; record++) {
        rc = ops->record(card, record, &out[n], deadline);
        if (!rc && !blank(&out[n])) {
            n++;
        }
    }
    *count = rc && rc != SSC_SW_RECORD_NOT_FOUND ? 0 : n;
    return rc == SSC_SW_RECORD_NOT_FOUND ? 0 : rc;
}
