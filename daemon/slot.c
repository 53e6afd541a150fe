/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/slot.h"

#include "daemon/psam.h"
#include "daemon/tracing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ssc_slot_new(struct ssc_daemon *d, const char *reader, bool sam, struct ssc_card_slot **out)
{
    struct ssc_card_slot *s = calloc(1, sizeof *s);
    if (s) {
        s->d = d;
        s->sam = sam;
        s->cla = s->ins = -1;
        snprintf(s->reader, sizeof s->reader, "%s", reader);
        s->tracer = (struct ssc_tracer){.d = d, .reader = s->reader};
    }
    *out = s;
    return s ? 0 : SSC_E_OUT_OF_MEMORY;
}

void ssc_slot_free(struct ssc_card_slot **s)
{
    if (s && *s) {
        ssc_slot_close(*s, true);
        ssc_tracer_switch(&(*s)->tracer, 0);
        ssc_cleanse(&(*s)->begun, sizeof(*s)->begun);
        free(*s);
        *s = NULL;
    }
}

static void tap(void *ctx, const struct ssc_exchange *exchange)
{
    struct ssc_card_slot *s = ctx;
    const bool more =
        exchange->tx_len >= 2 && exchange->tx[1] == 0xC0; /* GET RESPONSE speaks for the one before */
    if (exchange->tx_len >= 2 && !more) {
        s->cla = exchange->tx[0];
        s->ins = exchange->tx[1];
    }
    ssc_tracer_tap(&s->tracer, exchange);
}

/* A quick hand can swap cards before the loop hears of it; the new card must not get the old one's commands.
 */
static int same_insertion(struct ssc_card_slot *s, uint32_t insertion, int64_t deadline)
{
    struct ssc_reader_state *states = calloc(SSC_READERS_MAX, sizeof *states);
    size_t count = SSC_READERS_MAX;
    int rc = states ? ssc_driver_list(s->d->driver, states, &count, deadline) : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        rc = SSC_E_READER_REMOVED;
        for (size_t i = 0; i < count; i++) {
            if (strcmp(states[i].name, s->reader) == 0) {
                rc = states[i].insertions == insertion ? 0 : SSC_E_CARD_REMOVED;
            }
        }
    }
    free(states);
    return rc;
}

/* A reader that says why the card cannot be powered does answer. */
static void note_open(struct ssc_card_slot *s, int rc)
{
    if (rc != SSC_E_DEADLINE_EXCEEDED) {
        s->wedged = rc == SSC_E_READER_WEDGED;
    }
}

int ssc_slot_open(struct ssc_card_slot *s, uint32_t insertion, int64_t deadline)
{
    int rc = 0;
    if (!s->ch) {
        ssc_slot_drop_begun(s); /* a card that lost its power has forgotten it */
        rc = s->sam ? ssc_psams_lend(s->d->psam, s->reader, deadline) : 0;
        if (rc == 0) {
            rc = ssc_channel_open(s->d->driver, s->reader, s->d->config.exclusive, &s->ch, deadline);
            note_open(s, rc);
        }
        if (rc == 0) {
            ssc_channel_tap(s->ch, tap, s);
            rc = same_insertion(s, insertion, deadline);
        }
        if (rc == 0) {
            rc = ssc_card_new(s->ch, &s->d->profile, &s->card);
        }
        if (rc == 0) {
            ssc_card_share_habits(s->card, s->d->habits);
        } else {
            ssc_slot_close(s, true);
        }
    }
    return rc;
}

int ssc_slot_enter(struct ssc_card_slot *s, uint64_t lease, uint32_t insertion, int64_t deadline)
{
    int rc = 0;
    if (s->lease != lease || !s->ch) {
        if (s->lease != lease) {
            ssc_slot_leave(s, deadline);
        }
        rc = ssc_slot_open(s, insertion, deadline);
        if (rc == 0) {
            rc = ssc_channel_begin(s->ch, deadline);
            if (rc == SSC_E_CARD_RESET) { /* somebody else did, before us: that is what begin is for */
                ssc_slot_close(s, false);
                rc = ssc_slot_open(s, insertion, deadline);
                rc = rc == 0 ? ssc_channel_begin(s->ch, deadline) : rc;
            }
        }
        s->locked = rc == 0;
        s->lease = rc == 0 ? lease : 0;
    }
    return rc;
}

void ssc_slot_drop_begun(struct ssc_card_slot *s)
{
    if (s->begun.load || s->begun.debit) {
        (void)ssc_money_abandon(s->d->journal, &s->begun.txn);
    }
    ssc_cleanse(&s->begun, sizeof s->begun);
}

void ssc_slot_leave(struct ssc_card_slot *s, int64_t deadline)
{
    ssc_slot_drop_begun(s);
    if (s->card && ssc_card_may_hold_rights(s->card) && ssc_card_forget(s->card, deadline) != 0) {
        ssc_slot_close(s, true); /* a card without power has no rights either */
    }
    if (s->ch && s->locked) {
        ssc_channel_end(s->ch, deadline);
    }
    s->locked = false;
    s->lease = 0;
    if (s->sam) {
        ssc_slot_close(s, true); /* the service wants it back */
    }
}

bool ssc_slot_after(struct ssc_card_slot *s)
{
    if (s->ch) {
        s->wedged = s->ch->wedged;
    }
    if (s->ch && ssc_channel_out_of_step(s->ch)) {
        ssc_slot_close(s, true);
    }
    if (!s->ch) {
        ssc_slot_drop_begun(s); /* a card without power has forgotten it */
    }
    return s->begun.load || s->begun.debit || s->begun.identity || s->begun.key;
}

void ssc_slot_close(struct ssc_card_slot *s, bool power_down)
{
    ssc_card_free(&s->card);
    ssc_channel_close(&s->ch, power_down);
    s->locked = false;
    if (s->sam && s->d->psam) {
        ssc_psams_take_back(s->d->psam, s->reader);
    }
}
