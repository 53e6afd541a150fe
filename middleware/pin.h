/* SPDX-License-Identifier: Apache-2.0 */
/* The holder's PIN. Digits come from a PIN pad, or once from the caller; they are cleansed before return. */
#ifndef SSC_MIDDLEWARE_PIN_H
#define SSC_MIDDLEWARE_PIN_H

#include "middleware/auth/provider.h"

/* tries: remaining, -1 when not told. digits NULL: the reader's PIN pad. SSC_E_PIN_WRONG, _PIN_LOCKED,
 * _PIN_LENGTH, _PIN_CANCELLED, _PIN_TIMEOUT, _NO_PIN_PAD. Nothing is retried here. */
int ssc_pin_verify(struct ssc_card *card, enum ssc_pin_of of, const char *digits, int *tries,
                   int64_t deadline);
/* Remaining tries without spending one (VERIFY with empty data); -1 when the card does not tell. */
int ssc_pin_status(struct ssc_card *card, enum ssc_pin_of of, int *tries, int64_t deadline);
int ssc_pin_change(struct ssc_card *card, enum ssc_pin_of of, const char *old_digits, const char *new_digits,
                   int *tries, int64_t deadline);
/* New PIN without the old one. Social security side: PUK authorisation and secure messaging. Purse: 80 5E 00
 * with the issuer's MAC. SSC_E_NEED_REMOTE. */
int ssc_pin_reload(struct ssc_card *card, enum ssc_pin_of of, struct ssc_auth *auth, const char *new_digits,
                   int64_t deadline);
/* Gives the tries back. Social security side: the PIN stays, digits NULL. Purse: the command carries the PIN,
 * the old or a new one; SSC_E_PIN_LENGTH without. */
int ssc_pin_unblock(struct ssc_card *card, enum ssc_pin_of of, struct ssc_auth *auth, const char *digits,
                    int64_t deadline);
/* HSM two-step: the challenge for the back office, then its whole command. Social security side: 8 bytes,
 * after ssc_auth_remote_complete(PUK). Purse: 4 bytes, for PIN UNBLOCK alone. */
int ssc_pin_remote_begin(struct ssc_card *card, enum ssc_pin_of of, uint8_t challenge[8], size_t *len,
                         int64_t deadline);
/* CLA INS P1 P2 Lc of the command that is wanted back, as text: with the enciphered PIN, but UNBLOCK of the
 * social security side, which is a MAC alone. */
void ssc_pin_remote_header(const struct ssc_card *card, bool purse, bool unblock, char header[11]);
/* Of a purse's PIN commands; the profile's. */
enum ssc_algorithm ssc_pin_purse_algorithm(const struct ssc_card *card);
int ssc_pin_remote_complete(struct ssc_card *card, enum ssc_pin_of of, const uint8_t *command, size_t len,
                            int64_t deadline);

#endif
