/* SPDX-License-Identifier: Apache-2.0 */
/* A reader's card as its worker sees it: the channel, the session, and what a two-step has begun. Worker
 * thread only, but for new and free. */
#ifndef SSC_DAEMON_SLOT_H
#define SSC_DAEMON_SLOT_H

#include "daemon/daemon.h"
#include "daemon/tracing.h"
#include "middleware/identity.h"
#include "middleware/money.h"

struct ssc_slot_begun {
    bool load, debit;
    struct ssc_txn txn;
    bool identity;
    struct ssc_identity_remote remote;
    bool key;
    struct ssc_auth_remote key_remote;
};

struct ssc_card_slot {
    struct ssc_daemon *d; /* driver, profile, journal, psam, config: constant or thread-safe */
    char reader[SSC_READER_NAME_MAX];
    struct ssc_channel *ch; /* NULL: not powered */
    struct ssc_card *card;
    uint64_t lease; /* in whose name the card is held, 0: nobody */
    bool sam;       /* of a PSAM: the service lends it out while this is open */
    bool locked;    /* begin was called on the channel */
    bool wedged;    /* what the last exchange, or the last try to power the card, has shown */
    int cla, ins;   /* last command, for the meaning of a status word; -1 none */
    struct ssc_slot_begun begun;
    struct ssc_tracer tracer;
};

int ssc_slot_new(struct ssc_daemon *d, const char *reader, bool sam, struct ssc_card_slot **out);
void ssc_slot_free(struct ssc_card_slot **s);

/* Powers the card unless it is, and checks that it is the insertion the loop speaks of. Returns as
 * ssc_channel_open, and SSC_E_CARD_REMOVED when another card is there now. */
int ssc_slot_open(struct ssc_card_slot *s, uint32_t insertion, int64_t deadline);
/* The card is now used in the name of this lease; other programs are kept off it. */
int ssc_slot_enter(struct ssc_card_slot *s, uint64_t lease, uint32_t insertion, int64_t deadline);
/* Gives up what a two-step has begun. */
void ssc_slot_drop_begun(struct ssc_card_slot *s);
/* The lease is over: what it began is given up, PIN and key rights are dropped on the card itself. */
void ssc_slot_leave(struct ssc_card_slot *s, int64_t deadline);
/* After each use: drops the channel where it is of no use any more, and notes whether the reader is wedged.
 * True: something that was begun is still to be completed. */
bool ssc_slot_after(struct ssc_card_slot *s);
void ssc_slot_close(struct ssc_card_slot *s, bool power_down);

#endif
