/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of authentication that PSAM, key file and back office share. Inside this room only. */
#ifndef SSC_MIDDLEWARE_AUTH_PRIVATE_H
#define SSC_MIDDLEWARE_AUTH_PRIVATE_H

#include "middleware/auth/provider.h"

/* Detected, a social security card with what keys are derived from, the key's application selected.
 * SSC_E_NOT_SUPPORTED: no source gives the key's reference on the card. */
int ssc_auth_ready(struct ssc_card *card, enum ssc_key_id key, int64_t deadline);
int ssc_auth_challenge(struct ssc_card *card, uint8_t challenge[8], int64_t deadline);
/* The provider's proof for a challenge of the card's, and EXTERNAL AUTHENTICATE with it. */
int ssc_auth_prove_key(struct ssc_card *card, struct ssc_auth *a, enum ssc_key_id key,
                       const uint8_t challenge[8], int64_t deadline);
int ssc_auth_send_external(struct ssc_card *card, enum ssc_key_id key, const struct ssc_external_auth *proof,
                           int64_t deadline);
int ssc_auth_send_internal(struct ssc_card *card, const uint8_t factor[8], const uint8_t original[8],
                           uint8_t answer[8], int64_t deadline);

/* Card, city, province: the order of DELIVERY SESSION KEY, deepest level first. SSC_E_CARD_ID_FORMAT. */
int ssc_auth_factors(const struct ssc_card_info *card, uint8_t factors[3][8]);
/* Same for the purse: 0 to 2 factors in the profile's order. SSC_E_NO_PURSE. */
int ssc_auth_purse_factors(const struct ssc_card_info *card, unsigned levels, bool card_first,
                           uint8_t factors[2][8]);
/* Algorithm identifier in the answer to INITIALIZE of a purse: 00, 01 DES, 02 SSF33, 03, 04 SM4 (two
 * schemes). */
enum ssc_algorithm ssc_auth_purse_algorithm(uint8_t id);
/* LEN | digits, 80 00.. up to the block when it is not full: plain text of PIN RELOAD. 0, or
 * SSC_E_PIN_LENGTH. */
int ssc_auth_pin_block(enum ssc_algorithm alg, const uint8_t *pin, size_t pin_len, uint8_t block[16],
                       size_t *len);
/* Where a provider's session numbers begin: elsewhere each time, so that a journal row never takes another
 * provider's session for its own. */
uint64_t ssc_auth_first_session(void);
/* True for what a back office can do in the provider's place. */
bool ssc_auth_needs_remote(int rc);
/* Then SSC_E_NEED_REMOTE, and the card keeps the cause; else rc. */
int ssc_auth_remote_instead(struct ssc_card *card, int rc);

#endif
