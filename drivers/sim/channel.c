/* SPDX-License-Identifier: Apache-2.0 */
/* A powered card in a simulated reader. */
#include "drivers/sim/slot.h"

#include <stdlib.h>
#include <string.h>

struct sim_channel {
    struct ssc_channel base;
    struct sim_reader *r;
    uint32_t insertion;
    unsigned resets;
    bool exclusive;
};

enum { HEADER = 5 };

static void lock(struct sim_channel *ch)
{
    pthread_mutex_lock(&ch->r->driver->lock);
}

static void unlock(struct sim_channel *ch)
{
    pthread_mutex_unlock(&ch->r->driver->lock);
}

static int presence(const struct sim_channel *ch)
{
    return !ch->r->plugged                                         ? SSC_E_READER_REMOVED
           : !ch->r->present || ch->r->insertions != ch->insertion ? SSC_E_CARD_REMOVED
                                                                   : 0;
}

/* The card for this channel alone, until give_back. With the lock held. */
static int take(struct sim_channel *ch, int64_t deadline)
{
    bool more = true;
    int rc = presence(ch);
    while (rc == 0 && more && (ch->r->busy || (ch->r->holder && ch->r->holder != ch))) {
        more = sim_sleep(ch->r->driver, deadline);
        rc = presence(ch);
    }
    if (rc == 0 && !more) {
        rc = SSC_E_READER_BUSY;
    } else if (rc == 0) {
        ch->r->busy = true;
    }
    return rc;
}

static void give_back(struct sim_channel *ch)
{
    ch->r->busy = false;
    pthread_cond_broadcast(&ch->r->driver->changed);
}

/* A fault has pulled the card: the slot is empty, or another card is in it. With the lock held, card given
 * back. */
static void follow_tear(struct sim_channel *ch)
{
    struct sim_reader *r = ch->r;
    if (r->present && r->insertions == ch->insertion && ssc_sim_card_torn(r->card)) {
        char image[sizeof r->card->swap_image];
        memcpy(image, r->card->swap_image, sizeof image);
        r->card->swap_image[0] = 0;
        sim_take_out(r);
        if (image[0]) {
            sim_put_in(r, image, NULL);
        }
    }
}

/* The wire is slower than we are; whoever pulls the card out ends the wait. */
static int wire_time(struct sim_channel *ch, uint64_t before_us, int64_t start_ms, int rc, int64_t deadline)
{
    struct ssc_sim_card *card = ch->r->card;
    const int64_t until = start_ms + (int64_t)((card->wire_us - before_us) / 1000);
    if (ch->r->driver->real_time && rc == 0) {
        card->wait(card->wait_ctx, until < deadline ? until : deadline);
        rc = until < deadline ? 0 : SSC_E_DEADLINE_EXCEEDED;
    }
    return rc;
}

static int transmit(struct ssc_channel *base, const uint8_t *tx, size_t tx_len, uint8_t *rx, size_t *rx_len,
                    int64_t deadline)
{
    struct sim_channel *ch = (struct sim_channel *)base;
    int rc;
    lock(ch);
    rc = take(ch, deadline);
    if (rc != 0) {
        goto done;
    }
    if (ch->resets != ch->r->resets) {
        ch->r->busy = false;
        rc = SSC_E_CARD_RESET;
        goto done;
    }
    unlock(ch);
    {
        struct ssc_sim_card *card = ch->r->card;
        const uint64_t before = card->wire_us;
        const int64_t start = ssc_now_ms();
        rc = ssc_sim_card_apdu(card, tx, tx_len, rx, rx_len, deadline);
        rc = wire_time(ch, before, start, rc, deadline);
        base->wire_us += card->wire_us - before;
    }
    lock(ch);
    give_back(ch);
    if (presence(ch) != 0) {
        rc = presence(ch);
    } else {
        follow_tear(ch);
    }
done:
    unlock(ch);
    return rc;
}

static int control(struct ssc_channel *base, uint32_t code, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                   size_t *rx_len, int64_t deadline)
{
    (void)base, (void)code, (void)tx, (void)tx_len, (void)rx, (void)rx_len, (void)deadline;
    return SSC_E_NOT_SUPPORTED;
}

/* ---- PIN pad ---- */

/* Digits into their place as BCD, the rest of the place F. */
static int fill_pin(uint8_t *data, size_t data_len, size_t offset, const struct ssc_pin_entry *entry,
                    const char *digits, size_t count)
{
    int rc = 0;
    if (count < entry->min_digits || count > entry->max_digits || count > 2u * entry->pin_bytes) {
        rc = SSC_E_PIN_LENGTH;
    } else if (offset + entry->pin_bytes > data_len) {
        rc = SSC_E_INVALID_ARGUMENT;
    } else {
        memset(data + offset, 0xFF, entry->pin_bytes);
        for (size_t i = 0; i < count; i++) {
            const unsigned digit = (unsigned)(digits[i] - '0') & 0x0Fu;
            uint8_t *b = &data[offset + i / 2];
            *b = (uint8_t)(i % 2 ? (*b & 0xF0u) | digit : digit << 4 | 0x0Fu);
        }
    }
    return rc;
}

/* What the holder types, filled into the command. */
static int typed_command(struct sim_channel *ch, const struct ssc_pin_entry *entry, uint8_t *apdu, size_t cap)
{
    char typed[SIM_TYPED];
    size_t first, len;
    int rc = 0;
    lock(ch);
    memcpy(typed, ch->r->typed, sizeof typed);
    unlock(ch);
    first = strcspn(typed, "/");
    len = strlen(typed);
    if (entry->apdu_len < HEADER || entry->apdu_len > cap) {
        rc = SSC_E_INVALID_ARGUMENT;
    } else if (len == 0) {
        rc = SSC_E_PIN_CANCELLED;
    } else if (strspn(typed, "0123456789/") != len) {
        rc = SSC_E_PIN_TIMEOUT; /* anything but digits: the holder walked away */
    } else {
        memcpy(apdu, entry->apdu, entry->apdu_len);
        rc = fill_pin(apdu + HEADER, entry->apdu_len - HEADER, entry->old_offset, entry, typed, first);
    }
    if (rc == 0 && entry->modify) { /* "old/new"; without a stroke the holder keeps the old one */
        const size_t at = first < len ? first + 1 : 0;
        rc = fill_pin(apdu + HEADER, entry->apdu_len - HEADER, entry->new_offset, entry, typed + at,
                      first < len ? len - at : first);
    }
    ssc_cleanse(typed, sizeof typed);
    return rc;
}

static int pin_entry(struct ssc_channel *base, const struct ssc_pin_entry *entry, uint8_t *rx, size_t *rx_len,
                     int64_t deadline)
{
    uint8_t apdu[SSC_COMMAND_SHORT];
    int rc = typed_command((struct sim_channel *)base, entry, apdu, sizeof apdu);
    if (rc == 0) {
        rc = transmit(base, apdu, entry->apdu_len, rx, rx_len, deadline);
    }
    ssc_cleanse(apdu, sizeof apdu);
    return rc;
}

/* ---- power ---- */

static int reset(struct ssc_channel *base, enum ssc_reset how, int64_t deadline)
{
    struct sim_channel *ch = (struct sim_channel *)base;
    uint8_t atr[SSC_ATR_MAX];
    size_t len = sizeof atr;
    int rc;
    lock(ch);
    rc = take(ch, deadline);
    if (rc == 0) {
        rc = ch->r->mute ? SSC_E_CARD_MUTE : ssc_sim_card_reset(ch->r->card, how, atr, &len);
        ch->resets = ++ch->r->resets;
        give_back(ch);
    }
    if (rc == 0) {
        rc = ssc_atr_parse(atr, len, &base->atr);
        base->protocol = ssc_sim_card_protocol(ch->r->card);
    }
    unlock(ch);
    return rc;
}

static int begin(struct ssc_channel *base, int64_t deadline)
{
    struct sim_channel *ch = (struct sim_channel *)base;
    int rc;
    lock(ch);
    rc = take(ch, deadline);
    if (rc == 0) {
        ch->r->holder = ch;
        give_back(ch);
    }
    unlock(ch);
    return rc;
}

static void let_go(struct sim_channel *ch)
{
    if (ch->r->holder == ch) {
        ch->r->holder = NULL;
        pthread_cond_broadcast(&ch->r->driver->changed);
    }
}

static int end(struct ssc_channel *base, int64_t deadline)
{
    struct sim_channel *ch = (struct sim_channel *)base;
    int rc;
    (void)deadline;
    lock(ch);
    let_go(ch);
    rc = presence(ch);
    unlock(ch);
    return rc;
}

static void close_channel(struct ssc_channel *base, bool power_down)
{
    struct sim_channel *ch = (struct sim_channel *)base;
    lock(ch);
    let_go(ch);
    ch->r->channels--;
    ch->r->exclusive = ch->r->exclusive && !ch->exclusive;
    if (power_down && presence(ch) == 0 && !ch->r->busy) {
        ssc_sim_card_power_off(ch->r->card);
        ch->r->resets++;
    }
    pthread_cond_broadcast(&ch->r->driver->changed);
    unlock(ch);
    free(ch);
}

static const struct ssc_channel_ops OPS = {
    .transmit = transmit,
    .control = control,
    .pin_entry = pin_entry,
    .reset = reset,
    .begin = begin,
    .end = end,
    .close = close_channel,
};

/* 0: the reader can be opened. With the lock held. */
static int may_open(const struct sim_reader *r, bool exclusive)
{
    return !r || !r->plugged                                ? SSC_E_READER_NOT_FOUND
           : r->exclusive || (exclusive && r->channels > 0) ? SSC_E_READER_BUSY
           : !r->present                                    ? SSC_E_NO_CARD
           : r->mute                                        ? SSC_E_CARD_MUTE
                                                            : 0;
}

int sim_channel_connect(struct ssc_driver *base, const char *reader, bool exclusive, struct ssc_channel **out,
                        int64_t deadline)
{
    struct sim_driver *d = (struct sim_driver *)base;
    struct sim_channel *ch = calloc(1, sizeof *ch);
    struct sim_reader *r;
    bool first = false;
    int rc = SSC_E_OUT_OF_MEMORY;
    if (!ch) {
        goto done;
    }
    pthread_mutex_lock(&d->lock);
    r = sim_reader_find(d, reader);
    rc = may_open(r, exclusive);
    if (rc == 0) {
        ch->r = r;
        ch->base.ops = &OPS;
        memcpy(ch->base.reader, r->name, sizeof ch->base.reader);
        ch->base.features = r->pin_pad ? SSC_FEATURE_PIN_VERIFY | SSC_FEATURE_PIN_MODIFY : 0;
        ch->insertion = r->insertions;
        ch->resets = r->resets;
        ch->exclusive = exclusive;
        first = !r->busy && !r->card->s.powered; /* busy: powered, and another thread's to look into */
        r->channels++;
        r->exclusive = exclusive;
        rc = ssc_atr_parse(r->card->atr, r->card->atr_len, &ch->base.atr);
        ch->base.protocol = ssc_sim_card_protocol(r->card);
    }
    pthread_mutex_unlock(&d->lock);
    if (rc == 0 && first) { /* a card that is powered already keeps its state for the second program */
        rc = reset(&ch->base, SSC_RESET_COLD, deadline);
    }
    if (rc != 0 && ch->r) {
        close_channel(&ch->base, false);
    } else if (rc != 0) {
        free(ch);
    } else {
        *out = &ch->base;
    }
done:
    return rc;
}
