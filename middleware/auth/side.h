/* SPDX-License-Identifier: Apache-2.0 */
/* What a provider works out beside the card: the answer to INTERNAL AUTHENTICATE that a genuine card gives.
 * Inside this room and the identity only. */
#ifndef SSC_MIDDLEWARE_AUTH_SIDE_H
#define SSC_MIDDLEWARE_AUTH_SIDE_H

#include <pthread.h>

#include "middleware/auth/provider.h"

/* {.auth = NULL} before the first begin. The helper thread reads and writes `card` to `rc` while `running`.
 */
struct ssc_auth_side {
    struct ssc_auth *auth; /* NULL: nothing begun */
    struct ssc_card_info card;
    uint8_t factor[8], original[8], expected[8];
    int64_t deadline;
    int rc;
    bool running;
    pthread_t thread;
};

/* Draws factor and original and sets the provider to work: on a thread of its own when it waits for a wire,
 * at once otherwise. The provider's own refusal where it is known by then. What was begun before is dropped.
 */
int ssc_auth_side_begin(struct ssc_auth_side *side, struct ssc_auth *a, const struct ssc_card_info *card,
                        int64_t deadline);
/* Waits for the provider, which keeps the deadline: 0 with side->expected, or its refusal. */
int ssc_auth_side_end(struct ssc_auth_side *side);
/* True when what was begun is about this card: same factors, same algorithm. */
bool ssc_auth_side_fits(const struct ssc_auth_side *side, const struct ssc_card_info *card);
/* Waits as ..._end, forgets everything. */
void ssc_auth_side_drop(struct ssc_auth_side *side);

/* Before anything is known of the card but its reset: begins for what the last card of the type was, when
 * there was one and the provider waits. keyed_only: not for cards whose files open without a key. */
void ssc_auth_begin_early(struct ssc_card *card, struct ssc_auth *a, bool keyed_only,
                          struct ssc_auth_side *side, int64_t deadline);
/* Proves the card, detected or recalled, and opens a key of SSSE (SSC_KEY_NONE: none). The key's proof leaves
 * the house only for a card that has proved itself. card->genuine says how far it came. */
int ssc_auth_prove_and_open(struct ssc_card *card, struct ssc_auth *a, struct ssc_auth_side *side,
                            enum ssc_key_id key, int64_t deadline);

#endif
