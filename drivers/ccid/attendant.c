/* SPDX-License-Identifier: Apache-2.0 */
/* One thread per reader: opens it, follows what happens in its slots, cleans up, brings it back. */
#include <stdlib.h>
#include <string.h>

#include "drivers/ccid/driver.h"

enum {
    OPEN_MS = 3000, /* what a reader may take to say hello */
    RETRY_FIRST_MS = 100,
    RETRY_LAST_MS = 2000,
    FIRST_NOTICE_MS = 30, /* readers report their slots once when they are first asked */
    POLL_MS = 250,
    FAR_MS = 60 * 60 * 1000,
    ABORT_MS = 2000,
    FLOOD_PAUSE_MS = 10,
    PIPE_ERRORS_MAX = 3,
    NOTICE_MAX = 64,
};

/* ---- slots, hub.lock held ---- */

void ccid_card_in(struct ccid_reader *r, unsigned slot)
{
    struct ccid_slot *s = &r->slot[slot];
    s->present = true;
    s->mute = false;
    s->insertions = ++r->hub->insertions;
    s->power_off_due = false;
    s->holder = NULL;
    s->atr_len = 0;
    ccid_changed(r->hub);
}

void ccid_card_out(struct ccid_reader *r, unsigned slot)
{
    struct ccid_slot *s = &r->slot[slot];
    if (s->present) {
        s->present = s->mute = s->power_off_due = false;
        s->holder = NULL;
        s->atr_len = 0;
        ccid_changed(r->hub);
    }
}

void ccid_call_attendant(struct ccid_reader *r)
{
    r->chores = true;
    if (r->usb) {
        r->usb->ops->wake(r->usb);
    }
    pthread_cond_broadcast(&r->hub->changed);
}

int ccid_hold(struct ccid_reader *r, int64_t deadline)
{
    bool in_time = true;
    while (r->busy && in_time) {
        in_time = ssc_cond_wait(&r->hub->changed, &r->hub->lock, deadline);
    }
    const int rc = r->busy ? SSC_E_DEADLINE_EXCEEDED : 0;
    r->busy = true;
    return rc;
}

void ccid_release(struct ccid_reader *r, unsigned slot, int rc)
{
    const bool late = r->engine && r->engine->slot[slot].abort_due;
    const bool broken = r->engine && r->engine->broken;
    r->busy = false;
    if (rc == SSC_E_NO_CARD || rc == SSC_E_CARD_REMOVED) {
        ccid_card_out(r, slot);
    } else if (late || broken || rc == SSC_E_READER_REMOVED) {
        r->care = true;
        r->lost = r->lost || rc == SSC_E_READER_REMOVED;
        ccid_call_attendant(r);
    }
    pthread_cond_broadcast(&r->hub->changed);
}

/* ---- the attendant's own steps, hub.lock not held unless said ---- */

static bool over(const struct ccid_reader *r)
{
    return r->standing == CCID_GONE;
}

static bool is_over(struct ccid_reader *r)
{
    pthread_mutex_lock(&r->hub->lock);
    const bool gone = over(r);
    pthread_mutex_unlock(&r->hub->lock);
    return gone;
}

/* hub.lock held. Sleeps until there is something to do or the reader is gone. */
static void sleep_until(struct ccid_reader *r, int64_t deadline)
{
    bool in_time = true;
    while (!over(r) && !r->chores && in_time) {
        in_time = ssc_cond_wait(&r->hub->changed, &r->hub->lock, deadline);
    }
}

/* Asks the reader what is in the slot. */
static int look(struct ccid_reader *r, unsigned slot, bool wait)
{
    enum ssc_ccid_icc icc = SSC_CCID_ICC_ABSENT;
    int rc = 0;
    pthread_mutex_lock(&r->hub->lock);
    /* While somebody exchanges, every answer of the reader says whether the card is still there. */
    const bool held = !r->care && (wait || !r->busy) && ccid_hold(r, ssc_deadline(OPEN_MS)) == 0;
    pthread_mutex_unlock(&r->hub->lock);
    if (held) {
        const bool was_powered = r->engine->slot[slot].powered;
        rc = ssc_ccid_slot_status(r->engine, slot, &icc, ssc_deadline(OPEN_MS));
        pthread_mutex_lock(&r->hub->lock);
        const struct ccid_slot *s = &r->slot[slot];
        if (rc == 0 && icc == SSC_CCID_ICC_ABSENT) {
            ccid_card_out(r, slot);
        } else if (rc == 0 && (!s->present || (was_powered && icc == SSC_CCID_ICC_INACTIVE))) {
            /* A card that has lost its power without our doing was out for a moment. */
            ccid_card_in(r, slot);
        }
        ccid_release(r, slot, rc == SSC_E_CARD_REMOVED || rc == SSC_E_NO_CARD ? 0 : rc);
        pthread_mutex_unlock(&r->hub->lock);
    }
    return rc;
}

static void nap(int64_t ms, struct ccid_reader *r)
{
    const int64_t until = ssc_deadline(ms);
    pthread_mutex_lock(&r->hub->lock);
    while (!over(r) && ssc_now_ms() < until) {
        ssc_cond_wait(&r->hub->changed, &r->hub->lock, until);
    }
    pthread_mutex_unlock(&r->hub->lock);
}

static int open_reader(struct ccid_reader *r)
{
    char product[SSC_USB_TEXT_MAX] = "", serial[SSC_USB_TEXT_MAX] = "";
    struct ssc_usb *usb = NULL;
    struct ssc_ccid_engine *engine = NULL;
    const int64_t deadline = ssc_deadline(OPEN_MS + (int64_t)r->settle_ms);
    int rc = r->hub->bus->ops->open(r->hub->bus, &r->device, r->interface.number, r->interface.alternate,
                                    &usb, product, serial);
    if (rc == 0) {
        rc = ssc_ccid_engine_new(usb, &r->interface, &engine);
    }
    if (rc == 0) {
        nap(r->settle_ms, r);
        ssc_ccid_read_rates(engine, deadline);
        if (r->interface.interrupt_in) {
            uint8_t notice[NOTICE_MAX];
            size_t len = r->interface.packet_interrupt;
            len = len > sizeof notice ? sizeof notice : len;
            usb->ops->interrupt_in(usb, r->interface.interrupt_in, notice, &len,
                                   ssc_deadline(FIRST_NOTICE_MS));
        }
    }
    pthread_mutex_lock(&r->hub->lock);
    if (product[0]) {
        memcpy(r->product, product, sizeof product);
        memcpy(r->serial, serial, sizeof serial);
        ccid_name_reader(r);
    }
    r->usb = rc == 0 ? usb : NULL;
    r->engine = engine;
    pthread_mutex_unlock(&r->hub->lock);
    if (rc != 0 && usb) {
        usb->ops->close(usb);
    }
    return rc;
}

static void close_reader(struct ccid_reader *r, int64_t deadline)
{
    pthread_mutex_lock(&r->hub->lock);
    /* Whoever still exchanges ends at the latest by its deadline; an unplugged device ends it at once. */
    while (ccid_hold(r, deadline) != 0) {
        deadline = ssc_deadline(FAR_MS);
    }
    struct ssc_usb *usb = r->usb;
    struct ssc_ccid_engine *engine = r->engine;
    r->usb = NULL;
    r->engine = NULL;
    r->busy = false;
    /* An exchange that ended after the attendant knew left it work, too. It went with the engine; left over,
     * it would keep the next one from looking for its cards. */
    r->care = r->lost = false;
    pthread_cond_broadcast(&r->hub->changed);
    pthread_mutex_unlock(&r->hub->lock);
    ssc_ccid_engine_free(&engine);
    if (usb) {
        usb->ops->close(usb);
    }
}

/* Abort, power off, recover; in this order, each as far as it is due. Non-zero: open the reader anew. */
static int clean_up(struct ccid_reader *r)
{
    struct ssc_ccid_engine *e = r->engine;
    int rc = 0;
    pthread_mutex_lock(&r->hub->lock);
    r->chores = false;
    rc = ccid_hold(r, ssc_deadline(FAR_MS));
    rc = rc == 0 && r->lost ? SSC_E_READER_REMOVED : rc;
    const bool care = r->care;
    pthread_mutex_unlock(&r->hub->lock);
    if (care && rc == 0) {
        bool late[SSC_CCID_SLOTS_MAX] = {false};
        for (unsigned i = 0; i < r->interface.ccid.slots; i++) {
            late[i] = e->slot[i].abort_due;
        }
        rc = e->broken ? SSC_E_READER_WEDGED : ssc_ccid_abort(e, ssc_deadline(ABORT_MS));
        rc = rc == 0 || rc == SSC_E_READER_REMOVED ? rc : ssc_ccid_recover(e, ssc_deadline(ABORT_MS));
        for (unsigned i = 0; i < r->interface.ccid.slots && rc == 0; i++) {
            rc = late[i] ? ssc_ccid_power_off(e, i, ssc_deadline(ABORT_MS)) : 0;
        }
    }
    for (unsigned i = 0; i < r->interface.ccid.slots && rc == 0; i++) {
        pthread_mutex_lock(&r->hub->lock);
        const bool off = r->slot[i].power_off_due && r->slot[i].channels == 0;
        r->slot[i].power_off_due = false;
        pthread_mutex_unlock(&r->hub->lock);
        if (off) {
            rc = ssc_ccid_power_off(e, i, ssc_deadline(ABORT_MS));
        }
    }
    pthread_mutex_lock(&r->hub->lock);
    r->busy = false;
    r->care = rc != 0;
    for (struct ccid_channel *c = r->open; c && rc == 0; c = c->next) {
        c->base.wedged = false;
    }
    pthread_cond_broadcast(&r->hub->changed);
    pthread_mutex_unlock(&r->hub->lock);
    return rc;
}

/* One message of the interrupt pipe. True: it told something new. */
static bool take_notice(struct ccid_reader *r, const uint8_t *notice, size_t len)
{
    bool news = false;
    for (unsigned i = 0; i < r->interface.ccid.slots; i++) {
        bool present = false, moved = false, doubtful = false;
        if (ssc_ccid_notification(notice, len, i, &present, &moved)) {
            pthread_mutex_lock(&r->hub->lock);
            const bool was = r->slot[i].present;
            if (!present) {
                ccid_card_out(r, i);
            } else if (!was) {
                ccid_card_in(r, i);
            }
            doubtful = present && was && moved; /* out and in again between two messages, or nothing at all */
            news = news || present != was;
            pthread_mutex_unlock(&r->hub->lock);
        }
        if (doubtful) {
            look(r, i, false);
        }
    }
    return news;
}

static int look_at_all(struct ccid_reader *r)
{
    int rc = 0;
    for (unsigned i = 0; i < r->interface.ccid.slots && rc == 0; i++) {
        rc = is_over(r) ? SSC_E_READER_REMOVED : look(r, i, false);
        rc = rc == SSC_E_READER_REMOVED ? rc : 0; /* the rest is in `care` */
    }
    return rc;
}

/* Follows the slots until there is something to do. Non-zero: open the reader anew. */
static int follow(struct ccid_reader *r)
{
    uint8_t notice[NOTICE_MAX];
    const size_t cap =
        r->interface.packet_interrupt > NOTICE_MAX ? NOTICE_MAX : r->interface.packet_interrupt;
    unsigned errors = 0;
    bool due = false;
    int rc = 0;
    while (rc == 0 && !due) {
        size_t len = cap;
        if (r->interface.interrupt_in) {
            rc = r->usb->ops->interrupt_in(r->usb, r->interface.interrupt_in, notice, &len,
                                           ssc_deadline(FAR_MS));
        } else {
            pthread_mutex_lock(&r->hub->lock);
            sleep_until(r, ssc_deadline(POLL_MS));
            pthread_mutex_unlock(&r->hub->lock);
        }
        /* An interrupt transfer without content is what a reset of the device by another program looks like.
         */
        if (rc == 0 && (!r->interface.interrupt_in || len == 0)) {
            rc = look_at_all(r);
        }
        if (r->interface.interrupt_in && rc == 0 && !take_notice(r, notice, len)) {
            nap(FLOOD_PAUSE_MS, r); /* a reader that only repeats itself does not get a processor for that */
        } else if (rc == SSC_E_READER_IO && ++errors < PIPE_ERRORS_MAX) {
            rc = r->usb->ops->clear_halt(r->usb, r->interface.interrupt_in);
        }
        rc = rc == SSC_E_DEADLINE_EXCEEDED || rc == SSC_E_CANCELLED ? 0 : rc;
        pthread_mutex_lock(&r->hub->lock);
        due = r->chores || over(r);
        pthread_mutex_unlock(&r->hub->lock);
    }
    return rc;
}

/* From closed to ready. */
static int come_up(struct ccid_reader *r)
{
    int rc = open_reader(r);
    for (unsigned i = 0; rc == 0 && i < r->interface.ccid.slots; i++) {
        rc = look(r, i, true);
        rc = rc == SSC_E_CARD_MUTE || rc == SSC_E_NOT_SUPPORTED ? 0 : rc;
    }
    if (rc != 0 && r->engine && rc != SSC_E_READER_REMOVED) {
        rc = ssc_ccid_recover(r->engine, ssc_deadline(OPEN_MS));
    }
    return rc;
}

static void set_standing(struct ccid_reader *r, enum ccid_standing standing, int why)
{
    struct ccid_hub *hub = r->hub;
    pthread_mutex_lock(&hub->lock);
    if (!over(r)) {
        for (unsigned i = 0; i < r->interface.ccid.slots && standing != CCID_READY; i++) {
            ccid_card_out(r, i);
        }
        r->standing = standing;
        r->opened = why;
        r->care = r->lost = r->chores = false;
        for (struct ccid_channel *c = r->open; c; c = c->next) {
            c->base.wedged = false; /* ready, or gone: the call itself tells which */
        }
    }
    if (!r->first_open_done && standing != CCID_OPENING) {
        r->first_open_done = true;
        hub->opening--;
    }
    ccid_changed(hub);
    pthread_mutex_unlock(&hub->lock);
}

/* Ready until something goes wrong that cleaning up does not cure. */
static void serve(struct ccid_reader *r)
{
    int rc = 0;
    while (rc == 0 && !is_over(r)) {
        rc = follow(r);
        if (rc == 0 && !is_over(r)) {
            rc = clean_up(r);
        }
    }
    if (rc != 0 && rc != SSC_E_READER_REMOVED && !is_over(r)) {
        r->usb->ops->reset(r->usb);
    }
}

void *ccid_attendant(void *arg)
{
    struct ccid_reader *r = arg;
    struct ccid_hub *hub = r->hub;
    int64_t pause = RETRY_FIRST_MS;
    while (!is_over(r)) {
        const int rc = come_up(r);
        set_standing(r, rc == 0 ? CCID_READY : CCID_UNUSABLE, rc);
        if (rc == 0) {
            serve(r);
            set_standing(r, CCID_UNUSABLE, SSC_E_READER_IO);
        }
        close_reader(r, ssc_deadline(FAR_MS));
        pause = rc == 0 ? RETRY_FIRST_MS : pause * 2 > RETRY_LAST_MS ? RETRY_LAST_MS : pause * 2;
        nap(pause, r);
    }
    pthread_mutex_lock(&hub->lock);
    if (!r->first_open_done) {
        r->first_open_done = true;
        hub->opening--;
    }
    pthread_cond_broadcast(&hub->changed);
    ccid_reader_unref(r);
    pthread_mutex_unlock(&hub->lock);
    return NULL;
}
