/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/auth/side.h"

#include <signal.h>
#include <string.h>

static void *work(void *arg)
{
    struct ssc_auth_side *side = arg;

    side->rc = side->auth->ops->internal(side->auth, &side->card, side->factor, side->original,
                                         side->expected, side->deadline);
    return NULL;
}

/* Signals stay with the threads that the program made for them. */
static bool start_thread(struct ssc_auth_side *side)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&side->thread, NULL, work, side);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc == 0;
}

int ssc_auth_side_begin(struct ssc_auth_side *side, struct ssc_auth *a, const struct ssc_card_info *card,
                        int64_t deadline)
{
    int rc;

    ssc_auth_side_drop(side);
    *side = (struct ssc_auth_side){.auth = a, .card = *card, .deadline = deadline};
    rc = ssc_random(side->original, sizeof side->original);
    /* Our own random number serves as well as one of the card's, and saves an exchange. */
    if (rc == 0) {
        rc = ssc_random(side->factor, sizeof side->factor);
    }
    if (rc == 0 && a->ops->waits) {
        side->running = start_thread(side);
    }
    if (!side->running) { /* from here to the end `rc` belongs to the helper otherwise */
        side->rc = rc;
        if (rc == 0) {
            work(side);
        }
        rc = side->rc;
    }
    return rc;
}

int ssc_auth_side_end(struct ssc_auth_side *side)
{
    if (side->running) {
        pthread_join(side->thread, NULL);
    }
    side->running = false;
    return side->auth ? side->rc : SSC_E_AUTH_NOT_BEGUN;
}

bool ssc_auth_side_fits(const struct ssc_auth_side *side, const struct ssc_card_info *card)
{
    const struct ssc_card_info *begun = &side->card;

    return side->auth && begun->algorithm == card->algorithm && card->has_card_id && card->has_historical &&
           memcmp(begun->city, card->city, sizeof card->city) == 0 &&
           memcmp(begun->historical.factor, card->historical.factor, sizeof card->historical.factor) == 0;
}

void ssc_auth_side_drop(struct ssc_auth_side *side)
{
    (void)ssc_auth_side_end(side);
    ssc_cleanse(side, sizeof *side);
}
