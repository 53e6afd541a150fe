/* SPDX-License-Identifier: Apache-2.0 */
/* Cards that callers hold: opening, exchanging, sharing and letting go. */
#include <stdlib.h>
#include <string.h>

#include "drivers/ccid/driver.h"
#include "drivers/part10.h"

/* hub.lock held: why this channel's card cannot be used, 0 when it can. */
static int standing(const struct ccid_channel *c)
{
    const struct ccid_reader *r = c->reader;
    const struct ccid_slot *s = &r->slot[c->slot];
    int rc = 0;
    if (r->standing == CCID_GONE) {
        rc = SSC_E_READER_REMOVED;
    } else if (!s->present || s->insertions != c->insertions) {
        rc = SSC_E_CARD_REMOVED;
    } else if (r->standing != CCID_READY) {
        rc = SSC_E_READER_WEDGED;
    }
    return rc;
}

/* Takes the reader for one call. On success hub.lock is not held, the reader is. Waits through the cleaning
 * up behind another channel's call; behind its own this channel is wedged and does not come here. */
static int enter(struct ccid_channel *c, bool reset, int64_t deadline)
{
    struct ccid_reader *r = c->reader;
    struct ccid_slot *s = &r->slot[c->slot];
    bool in_time = ssc_now_ms() < deadline;
    int rc;
    pthread_mutex_lock(&r->hub->lock);
    rc = standing(c);
    while (rc == 0 && (r->busy || r->care || (s->holder && s->holder != c)) && in_time) {
        in_time = ssc_cond_wait(&r->hub->changed, &r->hub->lock, deadline);
        rc = standing(c);
    }
    if (rc == 0 && !in_time) {
        rc = s->holder && s->holder != c ? SSC_E_READER_BUSY : SSC_E_DEADLINE_EXCEEDED;
    } else if (rc == 0 && !reset && s->resets != c->resets) {
        rc = SSC_E_CARD_RESET;
    } else if (rc == 0) {
        r->busy = true;
    }
    pthread_mutex_unlock(&r->hub->lock);
    return rc;
}

static void leave(struct ccid_channel *c, int rc)
{
    struct ccid_reader *r = c->reader;
    pthread_mutex_lock(&r->hub->lock);
    c->base.wedged = r->engine && (r->engine->slot[c->slot].abort_due || r->engine->broken);
    ccid_release(r, c->slot, rc);
    pthread_mutex_unlock(&r->hub->lock);
}

static int channel_transmit(struct ssc_channel *ch, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                            size_t *rx_len, int64_t deadline)
{
    struct ccid_channel *c = (struct ccid_channel *)ch;
    int rc = enter(c, false, deadline);
    if (rc == 0) {
        rc = ssc_ccid_apdu(c->reader->engine, c->slot, tx, tx_len, rx, rx_len, deadline);
        leave(c, rc);
    }
    return rc;
}

static int channel_control(struct ssc_channel *ch, uint32_t code, const uint8_t *tx, size_t tx_len,
                           uint8_t *rx, size_t *rx_len, int64_t deadline)
{
    struct ccid_channel *c = (struct ccid_channel *)ch;
    int rc = code == SSC_CCID_CONTROL_ESCAPE ? enter(c, false, deadline) : SSC_E_NOT_SUPPORTED;
    if (rc == 0) {
        rc = ssc_ccid_escape(c->reader->engine, c->slot, tx, tx_len, rx, rx_len, deadline);
        leave(c, rc);
    }
    return rc;
}

static int channel_pin_entry(struct ssc_channel *ch, const struct ssc_pin_entry *entry, uint8_t *rx,
                             size_t *rx_len, int64_t deadline)
{
    struct ccid_channel *c = (struct ccid_channel *)ch;
    int rc = enter(c, false, deadline);
    if (rc == 0) {
        rc = ssc_ccid_pin_entry(c->reader->engine, c->slot, entry, rx, rx_len, deadline);
        leave(c, rc);
        rc = rc == 0 ? ssc_part10_result(rx, *rx_len) : rc; /* some readers say it so */
    }
    return rc;
}

/* What the engine knows of the card after it was powered. Reader held. */
static void adopt(struct ccid_channel *c)
{
    const struct ssc_ccid_engine *e = c->reader->engine;
    const struct ssc_ccid_slot *s = &e->slot[c->slot];
    c->base.atr = s->atr;
    c->base.protocol = s->choice.protocol;
    c->base.features = ssc_ccid_features(e);
    c->base.extended_length = ssc_ccid_extended_length(e, c->slot);
}

static int reset_with(struct ccid_channel *c, enum ssc_reset how, int wanted, int64_t deadline)
{
    int rc = enter(c, true, deadline);
    if (rc == 0) {
        struct ccid_reader *r = c->reader;
        struct ccid_slot *s = &r->slot[c->slot];
        rc = ssc_ccid_power_on(r->engine, c->slot, how, wanted, deadline);
        if (rc == 0) {
            adopt(c);
        }
        pthread_mutex_lock(&r->hub->lock);
        c->resets = ++s->resets;
        if (rc == SSC_E_CARD_MUTE && s->present && !s->mute) {
            s->mute = true;
            ccid_changed(r->hub);
        }
        pthread_mutex_unlock(&r->hub->lock);
        leave(c, rc);
        rc = rc == SSC_E_NO_CARD ? SSC_E_CARD_REMOVED : rc;
    }
    return rc;
}

static int channel_reset(struct ssc_channel *ch, enum ssc_reset how, int64_t deadline)
{
    return reset_with((struct ccid_channel *)ch, how, -1, deadline);
}

int ssc_ccid_channel_protocol(struct ssc_channel *ch, enum ssc_protocol protocol, int64_t deadline)
{
    return ch->wedged ? SSC_E_READER_WEDGED
                      : reset_with((struct ccid_channel *)ch, SSC_RESET_COLD, (int)protocol, deadline);
}

static int channel_begin(struct ssc_channel *ch, int64_t deadline)
{
    struct ccid_channel *c = (struct ccid_channel *)ch;
    struct ccid_reader *r = c->reader;
    struct ccid_slot *s = &r->slot[c->slot];
    bool in_time = true;
    int rc;
    pthread_mutex_lock(&r->hub->lock);
    rc = standing(c);
    while (rc == 0 && s->holder && s->holder != c && in_time) {
        in_time = ssc_cond_wait(&r->hub->changed, &r->hub->lock, deadline);
        rc = standing(c);
    }
    if (rc == 0 && s->holder && s->holder != c) {
        rc = SSC_E_DEADLINE_EXCEEDED;
    } else if (rc == 0) {
        s->holder = c;
    }
    pthread_mutex_unlock(&r->hub->lock);
    return rc;
}

static int channel_end(struct ssc_channel *ch, int64_t deadline)
{
    struct ccid_channel *c = (struct ccid_channel *)ch;
    struct ccid_slot *s = &c->reader->slot[c->slot];
    (void)deadline;
    pthread_mutex_lock(&c->reader->hub->lock);
    if (s->holder == c) {
        s->holder = NULL;
        pthread_cond_broadcast(&c->reader->hub->changed);
    }
    pthread_mutex_unlock(&c->reader->hub->lock);
    return 0;
}

static void channel_close(struct ssc_channel *ch, bool power_down)
{
    struct ccid_channel *c = (struct ccid_channel *)ch;
    struct ccid_reader *r = c->reader;
    struct ccid_hub *hub = r->hub;
    struct ccid_slot *s = &r->slot[c->slot];
    pthread_mutex_lock(&hub->lock);
    for (struct ccid_channel **at = &r->open; *at; at = &(*at)->next) {
        if (*at == c) {
            *at = c->next;
            break;
        }
    }
    s->holder = s->holder == c ? NULL : s->holder;
    s->channels--;
    s->exclusive = s->exclusive && s->channels > 0;
    if (power_down && s->channels == 0 && s->present && s->insertions == c->insertions) {
        s->power_off_due = true; /* done by the attendant: closing never blocks */
        ccid_call_attendant(r);
    }
    pthread_cond_broadcast(&hub->changed);
    ccid_reader_unref(r);
    pthread_mutex_unlock(&hub->lock);
    ccid_hub_unref(hub);
    free(c);
}

static const struct ssc_channel_ops channel_ops = {
    .transmit = channel_transmit,
    .control = channel_control,
    .pin_entry = channel_pin_entry,
    .reset = channel_reset,
    .begin = channel_begin,
    .end = channel_end,
    .close = channel_close,
};

/* ---- connecting ---- */

/* hub.lock held. */
static struct ccid_reader *find(struct ccid_hub *hub, const char *name, unsigned *slot)
{
    struct ccid_reader *found = NULL;
    for (struct ccid_reader *r = hub->readers; r && !found; r = r->next) {
        for (unsigned i = 0; i < r->interface.ccid.slots && !found && r->standing != CCID_GONE; i++) {
            char own[SSC_READER_NAME_MAX];
            ccid_slot_name(r, i, own);
            if (strcmp(own, name) == 0) {
                found = r;
                *slot = i;
            }
        }
    }
    return found;
}

/* hub.lock held: why nobody may connect now; SSC_OK when somebody may. */
static int admission(const struct ccid_reader *r, const struct ccid_slot *s, bool exclusive)
{
    int rc = 0;
    if (r->standing == CCID_GONE) {
        rc = SSC_E_READER_NOT_FOUND;
    } else if (r->standing == CCID_UNUSABLE) {
        rc = r->opened == SSC_E_READER_BUSY || r->opened == SSC_E_READER_DENIED ? r->opened
                                                                                : SSC_E_READER_WEDGED;
    } else if (r->standing == CCID_OPENING || r->care) {
        rc = SSC_E_READER_WEDGED;
    } else if (s->channels > 0 && (exclusive || s->exclusive)) {
        rc = SSC_E_READER_BUSY;
    }
    return rc;
}

/* Reader held: powers the card unless it is in use already. */
static int power_up(struct ccid_channel *c, bool shared, int64_t deadline)
{
    struct ccid_reader *r = c->reader;
    struct ccid_slot *s = &r->slot[c->slot];
    const struct ssc_ccid_slot *card = &r->engine->slot[c->slot];
    const bool fresh = !shared || !card->powered;
    int rc = fresh ? ssc_ccid_power_on(r->engine, c->slot, SSC_RESET_COLD, -1, deadline) : 0;
    if (rc == 0) {
        adopt(c);
    }
    pthread_mutex_lock(&r->hub->lock);
    s->resets += fresh ? 1 : 0; /* what another channel knows of this card is over */
    if (rc == 0 && !s->present) {
        ccid_card_in(r, c->slot); /* quicker than the reader's own message */
    }
    const bool mute = rc == SSC_E_CARD_MUTE;
    const bool news = s->present && (s->mute != mute || (rc == 0 && s->atr_len != card->atr.raw_len));
    s->mute = s->present && mute;
    if (rc == 0 ||
        rc == SSC_E_PROTOCOL_MISMATCH) { /* it has spoken, in a protocol that is not the reader's */
        memcpy(s->atr, card->atr.raw, card->atr.raw_len);
        s->atr_len = card->atr.raw_len;
    }
    if (news) {
        ccid_changed(r->hub);
    }
    c->insertions = s->insertions;
    c->resets = s->resets;
    pthread_mutex_unlock(&r->hub->lock);
    return rc;
}

int ccid_connect(struct ssc_driver *d, const char *reader, bool exclusive, struct ssc_channel **out,
                 int64_t deadline)
{
    struct ccid_hub *hub = ccid_hub_of(d);
    struct ccid_channel *c = calloc(1, sizeof *c);
    struct ccid_reader *r = NULL;
    bool in_time = true, shared = false;
    unsigned slot = 0;
    int rc = c ? 0 : SSC_E_OUT_OF_MEMORY;
    pthread_mutex_lock(&hub->lock);
    while (rc == 0 && (!hub->looked || hub->opening > 0) && in_time) {
        in_time = ssc_cond_wait(&hub->changed, &hub->lock, deadline);
    }
    if (rc == 0) {
        r = find(hub, reader, &slot);
        rc = r         ? admission(r, &r->slot[slot], exclusive)
             : in_time ? SSC_E_READER_NOT_FOUND
                       : SSC_E_DEADLINE_EXCEEDED;
    }
    if (rc == 0) {
        r->refs++; /* lives while we wait */
        rc = ccid_hold(r, deadline);
        if (rc == 0) {
            rc = admission(r, &r->slot[slot], exclusive);
            r->busy = rc == 0;
        }
        if (rc != 0) {
            pthread_cond_broadcast(&hub->changed);
            ccid_reader_unref(r);
        }
    }
    if (rc == 0) {
        struct ccid_slot *s = &r->slot[slot];
        c->base.ops = &channel_ops;
        c->reader = r;
        c->slot = slot;
        c->exclusive = exclusive;
        c->next = r->open;
        r->open = c;
        hub->refs++;
        shared = !s->power_off_due && s->present && s->atr_len > 0; /* powered since this insertion */
        s->power_off_due = false;
        s->channels++;
        s->exclusive = exclusive;
    }
    pthread_mutex_unlock(&hub->lock);
    if (rc == 0) {
        memcpy(c->base.reader, reader, strlen(reader) + 1);
        rc = power_up(c, shared, deadline);
        leave(c, rc);
        if (rc != 0) {
            channel_close(&c->base, true);
        }
        c = rc == 0 ? c : NULL;
        *out = rc == 0 ? &c->base : NULL;
    } else {
        free(c);
    }
    return rc;
}
