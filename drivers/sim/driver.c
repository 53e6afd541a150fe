/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated readers: which there are, what is in them, and the hands that insert, remove and unplug. */
#include "drivers/sim/slot.h"
#include "drivers/wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHY = 200 };

struct sim_reader *sim_reader_find(struct sim_driver *d, const char *name)
{
    struct sim_reader *found = NULL;
    for (size_t i = 0; i < d->count && !found; i++) {
        if (strcmp(d->reader[i].name, name) == 0) {
            found = &d->reader[i];
        }
    }
    return found;
}

static void changed(struct sim_driver *d)
{
    d->version++;
    pthread_cond_broadcast(&d->changed);
}

bool sim_sleep(struct sim_driver *d, int64_t until_ms)
{
    if (ssc_now_ms() < until_ms) {
        ssc_cond_wait(&d->changed, &d->lock, until_ms);
    }
    return ssc_now_ms() < until_ms;
}

/* ---- cards come and go ---- */

static bool wait_in_card(void *ctx, int64_t until_ms)
{
    struct sim_reader *r = ctx;
    bool more = true;
    bool left;
    pthread_mutex_lock(&r->driver->lock);
    while (more && !r->leaving) {
        more = sim_sleep(r->driver, until_ms);
    }
    left = r->leaving;
    pthread_mutex_unlock(&r->driver->lock);
    return left;
}

void sim_take_out(struct sim_reader *r)
{
    r->leaving = true;
    r->present = false;
    changed(r->driver);
    while (r->busy) {
        pthread_cond_wait(&r->driver->changed, &r->driver->lock);
    }
    r->leaving = false;
    if (r->card) {
        ssc_sim_card_power_off(r->card);
    }
}

static int load(const char *image, struct ssc_sim_card **card, char why[WHY])
{
    const char *json = image[0] == '{' ? image : ssc_sim_image(image);
    return json ? ssc_sim_card_parse(json, card, why) : ssc_sim_card_load(image, card, why);
}

/* next NULL: the card that was there before. */
static void put(struct sim_reader *r, struct ssc_sim_card *next)
{
    if (next) {
        ssc_sim_card_free(&r->card);
        r->card = next;
    }
    r->card->wait = wait_in_card;
    r->card->wait_ctx = r;
    ssc_sim_card_reinsert(r->card);
    r->mute = !sim_use_medium(r->card, r->medium);
    r->present = true;
    r->insertions++;
    r->resets++;
    changed(r->driver);
}

int sim_put_in(struct sim_reader *r, const char *image, char why[200])
{
    const bool same = image && sim_persist_same(r->card, image);
    struct ssc_sim_card *next = NULL;
    int rc = same ? sim_persist_renew(image, r->card, &next, why) : image ? load(image, &next, why) : 0;
    if (rc == 0 && !r->card && !next) {
        rc = SSC_E_NO_CARD;
    }
    if (rc == 0) {
        put(r, next);
    }
    return rc;
}

/* An image that is no card leaves the card that is there: it is looked at before that one is taken out. Its
 * own file, though, is whole only when it has been taken out. */
static int exchange_cards(struct sim_reader *r, const char *image)
{
    const bool same = image && sim_persist_same(r->card, image);
    struct ssc_sim_card *next = NULL;
    int rc = image && !same ? load(image, &next, NULL) : r->card ? 0 : SSC_E_NO_CARD;
    if (rc == 0) {
        sim_take_out(r);
        rc = same ? sim_persist_renew(image, r->card, &next, NULL) : 0;
        put(r, next);
    }
    return rc;
}

/* A card that was taken out of another reader is free for this one. */
static void let_go_elsewhere(struct sim_driver *d, const struct sim_reader *here, const char *image)
{
    for (size_t i = 0; i < d->count; i++) {
        struct sim_reader *r = &d->reader[i];
        if (r != here && !r->present && !r->busy && sim_persist_same(r->card, image)) {
            ssc_sim_card_free(&r->card);
        }
    }
}

bool ssc_sim_elsewhere(struct ssc_driver *base, const char *reader, const char *path)
{
    struct sim_driver *d = (struct sim_driver *)base;
    bool found = false;
    pthread_mutex_lock(&d->lock);
    for (size_t i = 0; i < d->count; i++) {
        const struct sim_reader *r = &d->reader[i];
        found = found || (strcmp(r->name, reader) != 0 && r->present && sim_persist_same(r->card, path));
    }
    pthread_mutex_unlock(&d->lock);
    return found;
}

int ssc_sim_insert(struct ssc_driver *base, const char *reader, const char *image)
{
    struct sim_driver *d = (struct sim_driver *)base;
    struct sim_reader *r;
    int rc = SSC_E_READER_NOT_FOUND;
    pthread_mutex_lock(&d->lock);
    r = sim_reader_find(d, reader);
    if (r) {
        if (image) {
            let_go_elsewhere(d, r, image);
        }
        rc = exchange_cards(r, image);
    }
    pthread_mutex_unlock(&d->lock);
    return rc;
}

int ssc_sim_remove(struct ssc_driver *base, const char *reader)
{
    struct sim_driver *d = (struct sim_driver *)base;
    struct sim_reader *r;
    pthread_mutex_lock(&d->lock);
    r = sim_reader_find(d, reader);
    if (r && r->present) {
        sim_take_out(r);
    }
    pthread_mutex_unlock(&d->lock);
    return r ? 0 : SSC_E_READER_NOT_FOUND;
}

static int plug(struct ssc_driver *base, const char *reader, bool plugged)
{
    struct sim_driver *d = (struct sim_driver *)base;
    struct sim_reader *r;
    pthread_mutex_lock(&d->lock);
    r = sim_reader_find(d, reader);
    if (r && r->plugged != plugged) {
        const bool present = r->present;
        sim_take_out(r); /* power is gone either way; the card itself stays in the slot */
        r->plugged = plugged;
        if (present) {
            sim_put_in(r, NULL, NULL);
        }
        changed(d);
    }
    pthread_mutex_unlock(&d->lock);
    return r ? 0 : SSC_E_READER_NOT_FOUND;
}

int ssc_sim_unplug(struct ssc_driver *base, const char *reader)
{
    return plug(base, reader, false);
}

int ssc_sim_plug(struct ssc_driver *base, const char *reader)
{
    return plug(base, reader, true);
}

int ssc_sim_fault(struct ssc_driver *base, const char *reader, const struct ssc_sim_fault *fault)
{
    struct sim_driver *d = (struct sim_driver *)base;
    struct sim_reader *r;
    int rc = SSC_E_READER_NOT_FOUND;
    pthread_mutex_lock(&d->lock);
    r = sim_reader_find(d, reader);
    while (r && r->busy) {
        pthread_cond_wait(&d->changed, &d->lock);
    }
    if (r && r->card && fault->kind == SSC_FAULT_NONE) {
        ssc_sim_card_clear_faults(r->card);
        rc = 0;
    } else if (r) {
        rc = r->card ? ssc_sim_card_fault(r->card, fault) : SSC_E_NO_CARD;
    }
    pthread_mutex_unlock(&d->lock);
    return rc;
}

int ssc_sim_type_pin(struct ssc_driver *base, const char *reader, const char *digits)
{
    struct sim_driver *d = (struct sim_driver *)base;
    struct sim_reader *r;
    int rc = SSC_E_READER_NOT_FOUND;
    pthread_mutex_lock(&d->lock);
    r = sim_reader_find(d, reader);
    if (r && strlen(digits) >= sizeof r->typed) {
        rc = SSC_E_PIN_LENGTH;
    } else if (r) {
        snprintf(r->typed, sizeof r->typed, "%s", digits);
        rc = 0;
    }
    pthread_mutex_unlock(&d->lock);
    return rc;
}

struct ssc_sim_card *ssc_sim_peek(struct ssc_driver *base, const char *reader)
{
    struct sim_driver *d = (struct sim_driver *)base;
    struct sim_reader *r;
    struct ssc_sim_card *card;
    pthread_mutex_lock(&d->lock);
    r = sim_reader_find(d, reader);
    card = r && r->present ? r->card : NULL;
    pthread_mutex_unlock(&d->lock);
    return card;
}

/* ---- the driver ---- */

static void show(const struct sim_reader *r, struct ssc_reader_state *s)
{
    *s = (struct ssc_reader_state){
        .slot = !r->present ? SSC_SLOT_EMPTY
                : r->mute   ? SSC_SLOT_MUTE
                            : SSC_SLOT_CARD,
        .medium = r->medium,
        .in_use = r->exclusive,
        .pin_pad = r->pin_pad,
        .insertions = r->insertions,
    };
    memcpy(s->name, r->name, sizeof s->name);
    if (s->slot == SSC_SLOT_CARD) {
        memcpy(s->atr, r->card->atr, r->card->atr_len);
        s->atr_len = r->card->atr_len;
    }
}

static int list(struct ssc_driver *base, struct ssc_reader_state *out, size_t *count, int64_t deadline)
{
    struct sim_driver *d = (struct sim_driver *)base;
    size_t n = 0;
    int rc;
    (void)deadline;
    pthread_mutex_lock(&d->lock);
    for (size_t i = 0; i < d->count; i++) {
        if (d->reader[i].plugged) {
            if (n < *count) {
                show(&d->reader[i], &out[n]);
            }
            n++;
        }
    }
    pthread_mutex_unlock(&d->lock);
    rc = n > *count ? SSC_E_BUFFER_TOO_SMALL : 0;
    *count = n;
    return rc;
}

static int watch(struct ssc_driver *base, uint64_t *version, int64_t deadline)
{
    struct sim_driver *d = (struct sim_driver *)base;
    bool more = true;
    int rc;
    pthread_mutex_lock(&d->lock);
    while (*version == d->version && !d->woken && more) {
        more = sim_sleep(d, deadline);
    }
    rc = d->woken ? SSC_E_CANCELLED : *version == d->version ? SSC_E_DEADLINE_EXCEEDED : 0;
    d->woken = false;
    *version = rc == 0 ? d->version : *version;
    pthread_mutex_unlock(&d->lock);
    return rc;
}

static void wake(struct ssc_driver *base)
{
    struct sim_driver *d = (struct sim_driver *)base;
    pthread_mutex_lock(&d->lock);
    d->woken = true;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

static void free_driver(struct ssc_driver *base)
{
    struct sim_driver *d = (struct sim_driver *)base;
    for (size_t i = 0; i < d->count; i++) {
        ssc_sim_card_free(&d->reader[i].card);
        ssc_cleanse(d->reader[i].typed, sizeof d->reader[i].typed);
    }
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

static const struct ssc_driver_ops OPS = {
    .name = "sim",
    .list = list,
    .watch = watch,
    .wake = wake,
    .connect = sim_channel_connect,
    .free = free_driver,
};

static int init_lock(struct sim_driver *d)
{
    int rc = ssc_cond_init(&d->changed);
    if (rc == 0 && pthread_mutex_init(&d->lock, NULL) != 0) {
        pthread_cond_destroy(&d->changed);
        rc = SSC_E_OUT_OF_MEMORY;
    }
    return rc;
}

static int add_reader(struct sim_driver *d, const struct ssc_sim_slot *slot, char why[WHY])
{
    struct sim_reader *r = &d->reader[d->count];
    int rc = SSC_E_INVALID_ARGUMENT;
    if (slot->name[0] == 0 || !memchr(slot->name, 0, sizeof slot->name) || sim_reader_find(d, slot->name)) {
        if (why) {
            snprintf(why, WHY, "every simulated reader needs a name of its own");
        }
        goto done;
    }
    r->driver = d;
    r->medium = slot->medium;
    r->pin_pad = slot->pin_pad;
    r->plugged = true;
    snprintf(r->name, sizeof r->name, "%s", slot->name);
    snprintf(r->typed, sizeof r->typed, "%.16s", slot->pin_pad_types);
    d->count++;
    rc = slot->image[0] ? sim_put_in(r, slot->image, why) : 0;
done:
    return rc;
}

int ssc_sim_driver_new(const struct ssc_sim_slot *slots, size_t count, bool real_time,
                       struct ssc_driver **out, char why[200])
{
    struct sim_driver *d = NULL;
    int rc = SSC_E_INVALID_ARGUMENT;
    *out = NULL;
    if (count > SSC_READERS_MAX) {
        goto done;
    }
    d = calloc(1, sizeof *d + count * sizeof d->reader[0]);
    rc = d ? init_lock(d) : SSC_E_OUT_OF_MEMORY;
    if (rc != 0) {
        free(d);
        goto done;
    }
    d->base.ops = &OPS;
    d->version = 1;
    d->real_time = real_time;
    for (size_t i = 0; i < count && rc == 0; i++) {
        rc = add_reader(d, &slots[i], why);
    }
    if (rc == 0) {
        *out = &d->base;
    } else {
        free_driver(&d->base);
    }
done:
    return rc;
}
