/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card session: one open channel, and what is known about the card behind it. It tracks the selected
 * application and the authentication state, so that functions above ask for what they need and the card sees
 * no exchange too many. One thread at a time.
 */
#ifndef SSC_MIDDLEWARE_CARD_H
#define SSC_MIDDLEWARE_CARD_H

#include "apdu/purse.h"
#include "apdu/ssc.h"
#include "apdu/tlv.h"
#include "drivers/reader.h"
#include "middleware/profile.h"

enum ssc_card_kind { SSC_CARD_UNKNOWN, SSC_CARD_SSC, SSC_CARD_PBOC };

struct ssc_card_info {
    enum ssc_card_kind kind;
    enum ssc_generation generation; /* after version is read; SSC_GEN_UNKNOWN before */
    enum ssc_algorithm algorithm;
    bool algorithm_from_card; /* said by FCI 9F0C/86, not assumed */
    char version[8];          /* "3.00" */
    char city[7];             /* six digits from the card identification code */
    uint8_t card_id[16];      /* card identification code (卡识别码) */
    bool has_card_id;
    uint8_t serial[16]; /* what the journal knows the card by: card identification code, or PBOC
                           application serial number (10 bytes) */
    size_t serial_len;
    struct ssc_historical historical; /* SSC only; factor[] is the diversification factor */
    bool has_historical;
    bool has_purse;             /* PBOC purse application present: kind PBOC, or found beside the SSC side by
                                   ssc_card_select_purse */
    struct ssc_purse_app purse; /* its file 15h, valid with has_purse */
};

struct ssc_card;

/* Whose PIN: a card with a purse beside its social security side has two, and the right given by one is none
 * of the other's. On a purse card both names mean the purse's. */
enum ssc_pin_of { SSC_PIN_OF_CARD, SSC_PIN_OF_PURSE };

/* Borrows channel and profile for its life. Sends nothing. */
int ssc_card_new(struct ssc_channel *ch, const struct ssc_profile *profile, struct ssc_card **out);
void ssc_card_free(struct ssc_card **card); /* leaves the channel open */

/* What types of cards accept, learnt from the cards that came by: which way of reading works, how long their
 * files are. One per process, shared by all sessions; thread-safe; nothing of a holder is in it. */
struct ssc_habits;
int ssc_habits_new(struct ssc_habits **out);
void ssc_habits_free(struct ssc_habits **habits);
/* Borrowed for the session's life; NULL (the start): the session learns for itself alone. */
void ssc_card_share_habits(struct ssc_card *card, struct ssc_habits *habits);

struct ssc_channel *ssc_card_channel(const struct ssc_card *card);
const struct ssc_profile *ssc_card_profile(const struct ssc_card *card);

/* Selects SSSE (else the PBOC purse), reads what identifies card, generation and algorithm. Exchanges only
 * the first time; later calls return what is known. SSC_E_NOT_SSC: neither application is there. */
int ssc_card_detect(struct ssc_card *card, int64_t deadline);
const struct ssc_card_info *ssc_card_get_info(const struct ssc_card *card);

/* Selects an application unless it is the current one. */
int ssc_card_select(struct ssc_card *card, enum ssc_app app, int64_t deadline);
/* Selects the PBOC purse application unless it is the current one, and reads its public data (file 15h) the
 * first time. SSC_E_NO_PURSE. */
int ssc_card_select_purse(struct ssc_card *card, int64_t deadline);
/* Transmit with the session's bookkeeping (a removed or reset card forgets all state). Returns like
 * ssc_transmit. */
int ssc_card_transmit(struct ssc_card *card, const struct ssc_command *cmd, struct ssc_response *rsp,
                      unsigned flags, int64_t deadline, struct ssc_transmit_report *report);

/* Commands so far, a command with all its GET RESPONSE and repeats for Le counted once. The channel counts
 * raw exchanges. */
unsigned ssc_card_commands(const struct ssc_card *card);

/* A command that the session does not follow (service, scripts): afterwards nothing counts as selected,
 * verified or proven. SSC_E_PERMISSION_DENIED, and nothing is sent: what moves money (80 52, 80 54, B0 2A, B0
 * 2C) goes through the journal. Else as ssc_card_transmit. */
int ssc_card_transmit_raw(struct ssc_card *card, const struct ssc_command *cmd, struct ssc_response *rsp,
                          int64_t deadline);

/* Authentication state, so that nobody authenticates twice. */
bool ssc_card_pin_verified(const struct ssc_card *card, enum ssc_pin_of of);
void ssc_card_set_pin_verified(struct ssc_card *card, enum ssc_pin_of of, bool verified);
/* `of` on this card: SSC_PIN_OF_PURSE on a purse card, whatever was asked. */
enum ssc_pin_of ssc_card_pin_of(const struct ssc_card *card, enum ssc_pin_of of);
bool ssc_card_key_verified(const struct ssc_card *card, enum ssc_key_id key);
/* After SSC_E_AUTH_FAILED: tries left of the key that the card refused; -1 when it did not say. */
int ssc_card_key_tries(const struct ssc_card *card);
/* After SSC_E_NEED_REMOTE of a file or PIN function: why the provider here could not, SSC_E_NO_PSAM ... */
int ssc_card_remote_cause(const struct ssc_card *card);
void ssc_card_set_key_verified(struct ssc_card *card, enum ssc_key_id key);
/* A PIN or a key may be open on the card itself, whatever of it the session still counts on: a VERIFY or an
 * EXTERNAL AUTHENTICATE was sent, and the card has kept its power since. */
bool ssc_card_may_hold_rights(const struct ssc_card *card);
/* Resets the card; nothing counts as selected, verified or proven afterwards. */
int ssc_card_reset(struct ssc_card *card, enum ssc_reset how, int64_t deadline);
/* Drops PIN and key rights on the card itself (warm reset): at lease hand-over. */
int ssc_card_forget(struct ssc_card *card, int64_t deadline);

#endif
