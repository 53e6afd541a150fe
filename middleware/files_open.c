/* SPDX-License-Identifier: Apache-2.0 */
/* Meeting a file's access condition. */
#include "middleware/auth/auth_private.h"
#include "middleware/card_private.h"
#include "middleware/files.h"

static int open_with_key(struct ssc_card *card, enum ssc_key_id key, struct ssc_auth *auth, int64_t deadline)
{
    int rc = ssc_card_key_verified(card, key) ? 0 : SSC_E_NO_PSAM;

    if (rc != 0 && auth) {
        rc = ssc_auth_open_key(card, auth, key, deadline);
    }
    return ssc_auth_remote_instead(card, rc);
}

static int open_with_pin(const struct ssc_card *card)
{
    return ssc_card_pin_verified(card, SSC_PIN_OF_CARD) ? 0 : SSC_E_PIN_REQUIRED;
}

/* The cheaper way first: a PIN that is verified already, a key that is proven already, then the key. */
static int open_with_either(struct ssc_card *card, enum ssc_key_id key, enum ssc_auth_choice choice,
                            struct ssc_auth *auth, int64_t deadline)
{
    int rc;

    if (choice == SSC_AUTH_PIN || (choice == SSC_AUTH_AUTO && ssc_card_pin_verified(card, SSC_PIN_OF_CARD))) {
        rc = open_with_pin(card);
    } else {
        rc = open_with_key(card, key, auth, deadline);
    }
    /* Without a provider the holder's PIN is the way that is left. */
    if (rc == SSC_E_NEED_REMOTE && choice == SSC_AUTH_AUTO && !auth) {
        rc = SSC_E_PIN_REQUIRED;
    }
    return rc;
}

int ssc_file_open(struct ssc_card *card, const struct ssc_file *file, bool for_update,
                  enum ssc_auth_choice choice, struct ssc_auth *auth, int64_t deadline)
{
    const enum ssc_access access = for_update ? file->update : file->read;
    const enum ssc_key_id key = (enum ssc_key_id)(for_update ? file->update_key : file->read_key);
    int rc = ssc_card_detect(card, deadline);

    if (rc == 0 && card->info.kind != SSC_CARD_SSC) {
        rc = SSC_E_NOT_SSC;
    }
    if (rc == 0) {
        rc = ssc_card_select(card, file->app, deadline);
    }
    if (rc != 0) {
        goto done;
    }
    switch (access) {
    case SSC_FREE:
        break;
    case SSC_PIN:
        rc = open_with_pin(card);
        break;
    case SSC_KEY:
        rc = open_with_key(card, key, auth, deadline);
        break;
    case SSC_PIN_OR_KEY:
        rc = open_with_either(card, key, choice, auth, deadline);
        break;
    case SSC_PIN_AND_KEY: /* in this order: key, then PIN (national reader interface, 2.1.3) */
        rc = open_with_key(card, key, auth, deadline);
        if (rc == 0) {
            rc = open_with_pin(card);
        }
        break;
    case SSC_NEVER:
        rc = SSC_E_ACCESS_DENIED;
        break;
    }
done:
    return rc;
}
