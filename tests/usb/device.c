/* SPDX-License-Identifier: Apache-2.0 */
/* The scripted reader's pipes, its faults, and the hands that plug and insert. */
#include "device_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void device_enqueue(struct device *d, struct queue *q, const uint8_t *bytes, size_t len, int status,
                    unsigned late_ms)
{
    struct packet *p = calloc(1, sizeof *p + len);
    if (p) {
        p->ready_us = now_us() + (int64_t)late_ms * 1000;
        p->status = status;
        p->len = len;
        if (len > 0) {
            memcpy(p->bytes, bytes, len);
        }
        if (q->last) {
            q->last->next = p;
        } else {
            q->first = p;
        }
        q->last = p;
        pthread_cond_broadcast(&d->changed);
    }
}

static void drop_first(struct queue *q)
{
    struct packet *p = q->first;
    q->first = p->next;
    if (!q->first) {
        q->last = NULL;
    }
    free(p);
}

static void drain(struct queue *q)
{
    while (q->first) {
        drop_first(q);
    }
}

void device_lock(struct device *d)
{
    pthread_mutex_lock(&d->lock);
}

void device_unlock(struct device *d)
{
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

/* ---- life ---- */

struct device *device_new(const struct device_config *config)
{
    struct device *d = calloc(1, sizeof *d);
    pthread_condattr_t attr;
    if (d) {
        pthread_mutex_init(&d->lock, NULL);
        pthread_condattr_init(&attr);
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
        pthread_cond_init(&d->changed, &attr);
        pthread_condattr_destroy(&attr);
        d->config = *config;
        d->descriptors_len = device_make_descriptors(config, d->descriptors);
    }
    return d;
}

void device_free(struct device **d)
{
    if (*d) {
        drain(&(*d)->in);
        drain(&(*d)->interrupt);
        for (unsigned i = 0; i < DEVICE_SLOTS; i++) {
            ssc_sim_card_free(&(*d)->slot[i].card);
        }
        pthread_cond_destroy(&(*d)->changed);
        pthread_mutex_destroy(&(*d)->lock);
        free(*d);
        *d = NULL;
    }
}

const struct device_config *device_configuration(const struct device *d)
{
    return &d->config;
}

size_t device_descriptors(struct device *d, uint8_t out[DEVICE_DESCRIPTORS_MAX])
{
    device_lock(d);
    const size_t len = d->descriptors_len;
    memcpy(out, d->descriptors, len);
    device_unlock(d);
    return len;
}

void device_bend(struct device *d, size_t at, const uint8_t *bytes, size_t len, size_t total)
{
    device_lock(d);
    if (at + len <= sizeof d->descriptors) {
        memcpy(d->descriptors + at, bytes, len);
    }
    if (total > 0 && total <= sizeof d->descriptors) {
        d->descriptors_len = total;
    }
    device_unlock(d);
}

/* ---- cards ---- */

void device_notify(struct device *d)
{
    uint8_t packet[1 + (DEVICE_SLOTS + 3) / 4] = {0x50};
    for (unsigned i = 0; i < d->config.slots; i++) {
        packet[1 + i / 4] |= (uint8_t)((d->slot[i].present ? 3u : 2u) << 2 * (i % 4));
    }
    if (d->config.interrupt && !d->gone) {
        device_enqueue(d, &d->interrupt, packet, 1 + (d->config.slots + 3) / 4, 0, 0);
    }
}

void device_tell_again(struct device *d)
{
    device_lock(d);
    device_notify(d);
    device_unlock(d);
}

int device_insert(struct device *d, unsigned number, const char *image)
{
    struct ssc_sim_card *card = NULL;
    const char *json = image && image[0] != '{' ? ssc_sim_image(image) : image;
    char why[200];
    int rc = 0;
    if (image) {
        rc = json ? ssc_sim_card_parse(json, &card, why) : SSC_E_IMAGE_INVALID;
    }
    device_lock(d);
    struct slot *slot = &d->slot[number];
    if (rc == 0 && image) {
        ssc_sim_card_free(&slot->card);
        slot->card = card;
    }
    if (rc == 0 && slot->card) {
        ssc_sim_card_reinsert(slot->card);
        slot->contact = (struct contact){.card = slot->card};
        slot->present = true;
        slot->powered = false;
        device_notify(d);
    }
    device_unlock(d);
    return rc;
}

void device_power_down(struct slot *slot)
{
    if (slot->card) {
        ssc_sim_card_power_off(slot->card);
    }
    slot->powered = false;
    slot->out_len = slot->in_len = slot->in_at = 0;
}

void device_remove(struct device *d, unsigned number)
{
    device_lock(d);
    device_power_down(&d->slot[number]);
    d->slot[number].present = false;
    device_notify(d);
    device_unlock(d);
}

struct ssc_sim_card *device_card(struct device *d, unsigned number)
{
    return d->slot[number].card;
}

struct contact *device_contact(struct device *d, unsigned number)
{
    return &d->slot[number].contact;
}

/* ---- answers ---- */

static void deliver(struct device *d, uint8_t *m, size_t len, enum device_fault fault, unsigned arg)
{
    static const uint8_t more[64] = {0};
    const size_t part = arg < len ? arg : len;
    switch (fault) {
    case DEVICE_SHORT_HEADER:
        len = 7;
        break;
    case DEVICE_CUT:
        len = part;
        break;
    case DEVICE_LENGTH_LIES:
        memset(m + 1, 0xFF, 4);
        m[1] = 0xF0;
        break;
    case DEVICE_WRONG_SEQ:
        m[6] ^= 0x55;
        break;
    case DEVICE_WRONG_SLOT:
        m[5] ^= 1;
        break;
    case DEVICE_WRONG_TYPE:
        m[0] = m[0] == RDR_STATUS ? RDR_DATA : RDR_STATUS;
        break;
    case DEVICE_EMPTY:
        device_enqueue(d, &d->in, NULL, 0, 0, 0);
        break;
    case DEVICE_TWICE:
        device_enqueue(d, &d->in, m, len, 0, 0);
        break;
    case DEVICE_STALE:
        m[6]--;
        device_enqueue(d, &d->in, m, len, 0, 0);
        m[6]++;
        break;
    case DEVICE_CHAIN_LIES:
        m[9] = 1;
        break;
    case DEVICE_UNPLUG:
        len = part;
        d->gone_after = len;
        d->gone = len == 0;
        break;
    default:
        break;
    }
    if (len > 0) {
        device_enqueue(d, &d->in, m, len, 0, fault == DEVICE_LATE ? arg : 0);
    }
    if (fault == DEVICE_LONG) { /* one transfer carries both */
        struct packet **last = &d->in.first;
        while (*last != d->in.last) {
            last = &(*last)->next;
        }
        struct packet *longer = realloc(*last, sizeof **last + len + sizeof more);
        const size_t extra = arg < sizeof more ? arg : sizeof more;
        if (longer) {
            memcpy(longer->bytes + len, more, extra);
            longer->len += extra;
            *last = d->in.last = longer;
        }
    }
}

void device_answer(struct device *d, const uint8_t *message, const struct answer *a, enum device_fault fault,
                   unsigned arg)
{
    uint8_t m[CCID_HEADER + CONTACT_OUT_MAX] = {0};
    const unsigned number = message[5];
    const struct slot *slot = number < d->config.slots ? &d->slot[number] : NULL;
    const uint8_t icc = !slot || !slot->present ? 2 : slot->powered ? 0 : 1;
    m[0] = a->type;
    m[1] = (uint8_t)a->len;
    m[2] = (uint8_t)(a->len >> 8);
    m[5] = message[5];
    m[6] = message[6];
    m[7] = (uint8_t)(a->status | icc);
    m[8] = a->error;
    m[9] = a->specific;
    if (a->len > 0) {
        memcpy(m + CCID_HEADER, a->data, a->len);
    }
    deliver(d, m, CCID_HEADER + a->len, fault, arg);
}

void device_break(struct device *d, enum device_fault fault)
{
    uint8_t noise[64];
    for (size_t i = 0; i < sizeof noise; i++) {
        noise[i] = (uint8_t)(i * 73 + 11);
    }
    if (fault == DEVICE_STALL) {
        d->halted_in = true;
    } else {
        device_enqueue(d, &d->in, noise, fault == DEVICE_NOISE ? sizeof noise : 1,
                       fault == DEVICE_NOISE      ? 0
                       : fault == DEVICE_PROTOCOL ? -EPROTO
                                                  : -EOVERFLOW,
                       0);
    }
}

/* ---- pipes ---- */

static void complete_message(struct device *d, size_t len)
{
    struct device_message *m = &d->log[d->logged++ % DEVICE_LOG];
    const size_t data = len - CCID_HEADER;
    *m = (struct device_message){.type = d->message[0], .slot = d->message[5], .seq = d->message[6]};
    memcpy(m->param, d->message + 7, 3);
    m->len = (uint32_t)data;
    memcpy(m->data, d->message + CCID_HEADER, data < sizeof m->data ? data : sizeof m->data);
    d->count[m->type]++;
    device_run(d, d->message, len);
}

static uint64_t announced(const uint8_t *header)
{
    return CCID_HEADER + ((uint64_t)header[1] | (uint64_t)header[2] << 8 | (uint64_t)header[3] << 16 |
                          (uint64_t)header[4] << 24);
}

int device_out(struct device *d, const uint8_t *bytes, size_t len)
{
    int rc = 0;
    device_lock(d);
    if (d->gone) {
        rc = -ENODEV;
    } else if (d->halted_out) {
        rc = -EPIPE;
    } else {
        if (len > sizeof d->message - d->message_len) {
            d->message_len = 0;
            len = len < sizeof d->message ? len : sizeof d->message;
        }
        if (len > 0) { /* a zero-length packet has no bytes to point at */
            memcpy(d->message + d->message_len, bytes, len);
        }
        d->message_len += len;
        if (d->message_len >= CCID_HEADER && announced(d->message) <= d->message_len) {
            const size_t whole = (size_t)announced(d->message);
            d->message_len = 0;
            complete_message(d, whole);
        }
        rc = d->halted_out ? -EPIPE : d->gone ? -ENODEV : 0;
    }
    device_unlock(d);
    return rc;
}

static bool take(struct device *d, struct queue *q, uint8_t *out, size_t cap, size_t *len, int *status)
{
    struct packet *p = q->first;
    const bool ready = p && p->ready_us <= now_us();
    if (ready) {
        const size_t left = p->len - p->at, n = left < cap ? left : cap;
        memcpy(out, p->bytes + p->at, n);
        p->at += n;
        *len = n;
        *status = p->status;
        if (q == &d->in && d->gone_after > 0) {
            d->gone_after -= n < d->gone_after ? n : d->gone_after;
            d->gone = d->gone_after == 0;
        }
        if (p->at == p->len) {
            drop_first(q);
        }
    }
    return ready;
}

bool device_in(struct device *d, uint8_t endpoint, uint8_t *out, size_t cap, size_t *len, int *status)
{
    bool ready = true;
    device_lock(d);
    *len = 0;
    if (d->gone) {
        *status = -ENODEV;
    } else if (endpoint == DEVICE_IN && d->halted_in) {
        *status = -EPIPE;
    } else if (endpoint != DEVICE_IN && endpoint != DEVICE_INTERRUPT) {
        *status = -EPIPE;
    } else {
        if (endpoint == DEVICE_IN && d->extending && !d->in.first) { /* more time, every 2 ms */
            uint8_t more[CCID_HEADER] = {RDR_DATA,      0,           0, 0, 0, d->message[5],
                                         d->message[6], STATUS_TIME, 1, 0};
            device_enqueue(d, &d->in, more, sizeof more, 0, 2);
        }
        ready = take(d, endpoint == DEVICE_IN ? &d->in : &d->interrupt, out, cap, len, status);
    }
    device_unlock(d);
    return ready;
}

static int get_descriptor(struct device *d, const uint8_t *setup, uint8_t *data, size_t *len)
{
    uint8_t bytes[DEVICE_DESCRIPTORS_MAX];
    size_t have = 0;
    int rc = 0;
    if (setup[3] == 1) {
        memcpy(bytes, d->descriptors, have = DEVICE_LEN);
    } else if (setup[3] == 2 && d->descriptors_len > DEVICE_LEN) {
        memcpy(bytes, d->descriptors + DEVICE_LEN, have = d->descriptors_len - DEVICE_LEN);
    } else if (setup[3] != 3 || !device_string(&d->config, setup[2], bytes, &have)) {
        rc = -EPIPE;
    }
    *len = have < *len ? have : *len;
    memcpy(data, bytes, *len);
    return rc;
}

int device_control(struct device *d, const uint8_t *setup, uint8_t *data, size_t *len)
{
    int rc = 0;
    device_lock(d);
    if (d->gone) {
        rc = -ENODEV;
    } else if (setup[0] == 0x80 && setup[1] == 6) {
        rc = get_descriptor(d, setup, data, len);
    } else if (setup[0] == 0x80 && setup[1] == 0 && *len >= 2) { /* GET_STATUS */
        data[0] = data[1] = 0;
        *len = 2;
    } else if (setup[0] == 0x21 && setup[1] == 1 && setup[2] < d->config.slots) { /* ABORT */
        struct slot *slot = &d->slot[setup[2]];
        slot->aborting = true;
        slot->abort_seq = setup[3];
        d->aborts++;
        *len = 0;
    } else {
        rc = setup[0] & 0x80 || (setup[0] & 0x60) != 0 ? -EPIPE : 0;
        *len = 0;
    }
    device_unlock(d);
    return rc;
}

void device_clear_halt(struct device *d, uint8_t endpoint)
{
    device_lock(d);
    if (endpoint == DEVICE_IN) {
        d->halted_in = false;
    } else if (endpoint == DEVICE_OUT) {
        d->halted_out = false;
        d->message_len = 0;
    }
    device_unlock(d);
}

static void all_off(struct device *d)
{
    d->message_len = 0;
    d->deaf = d->halted_in = d->halted_out = d->extending = false;
    d->gone_after = 0;
    drain(&d->in);
    drain(&d->interrupt);
    for (unsigned i = 0; i < d->config.slots; i++) {
        device_power_down(&d->slot[i]);
        d->slot[i].aborting = false;
    }
}

void device_reset(struct device *d)
{
    device_lock(d);
    d->resets++;
    all_off(d);
    device_unlock(d);
}

void device_replug(struct device *d)
{
    device_lock(d);
    all_off(d);
    d->gone = false;
    device_notify(d);
    device_unlock(d);
}

void device_wait(struct device *d, unsigned us)
{
    struct timespec until;
    device_lock(d);
    if (!d->gone && !(d->in.first && d->in.first->ready_us <= now_us()) && !d->interrupt.first) {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (long)us * 1000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&d->changed, &d->lock, &until);
    }
    pthread_mutex_unlock(&d->lock);
}
