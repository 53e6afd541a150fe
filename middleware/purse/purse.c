/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/purse/purse.h"
#include "apdu/bytes.h"
#include "apdu/sw.h"

const struct ssc_purse_ops *ssc_purse_ops(enum ssc_purse_id id)
{
    const struct ssc_purse_ops *ops = NULL;
    if (id == SSC_PURSE_MEDICAL) {
        ops = &ssc_purse_medical;
    } else if (id == SSC_PURSE_ED || id == SSC_PURSE_EP) {
        ops = &ssc_purse_pboc;
    }
    return ops;
}

int ssc_purse_refusal(struct ssc_card *card, enum ssc_pin_of of, int rc, bool conditions_mean_pin)
{
    if (rc == SSC_SW_SECURITY || (rc == SSC_SW_CONDITIONS && conditions_mean_pin)) {
        ssc_card_set_pin_verified(card, of, false); /* some cards drop it after every transaction */
        rc = SSC_E_PIN_REQUIRED;
    }
    return rc;
}

void ssc_purse_hex(const uint8_t *data, size_t len, char *out)
{
    (void)ssc_hex_encode(data, len, out, 2 * len + 1);
}
