/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CCID reader in memory, behind the USB seam: it speaks messages at every level of exchange, T=1 blocks and
 * T=0 characters included, with simulated cards in its slots, and it misbehaves as told. Nothing here is
 * shared with the code under test but the names of the messages and the check bytes of a block.
 */
#ifndef SSC_TESTS_DRIVERS_CCID_DEVICE_H
#define SSC_TESTS_DRIVERS_CCID_DEVICE_H

#include "ccid_speaker.h"

/* ---- the seam ---- */

static inline int device_bulk_out(struct ssc_usb *u, uint8_t endpoint, const uint8_t *data, size_t len,
                                  int64_t deadline)
{
    struct device *d = device_of(u);
    int rc = 0;
    (void)deadline;
    assert_int_equal(endpoint, d->interface.bulk_out);
    assert_true(len >= 10 && len == ssc_ccid_message_length(data));
    assert_true(len <= d->interface.ccid.max_message);
    pthread_mutex_lock(&d->lock);
    if (!d->plugged) {
        rc = SSC_E_READER_REMOVED;
    } else if (d->halted) {
        rc = SSC_E_READER_IO;
    } else {
        device_take(d, data, len);
    }
    pthread_mutex_unlock(&d->lock);
    return rc;
}

static inline int device_bulk_in(struct ssc_usb *u, uint8_t endpoint, uint8_t *data, size_t *len,
                                 int64_t deadline)
{
    struct device *d = device_of(u);
    bool in_time = true;
    size_t got = 0;
    int rc = SSC_E_DEADLINE_EXCEEDED;
    assert_int_equal(endpoint, d->interface.bulk_in);
    assert_true(*len % d->interface.packet_in == 0);
    pthread_mutex_lock(&d->lock);
    while (d->plugged && !d->halted && !d->first && !d->extending && !d->empties && in_time) {
        in_time = ssc_cond_wait(&d->changed, &d->lock, deadline);
    }
    if (!d->plugged) {
        rc = SSC_E_READER_REMOVED;
    } else if (d->halted) {
        rc = SSC_E_READER_IO;
    } else if (d->empties) {
        rc = ssc_now_ms() < deadline ? 0 : SSC_E_DEADLINE_EXCEEDED;
    } else if (d->extending) {
        const uint8_t param[3] = {2 << 6, 1, 0};
        got = ssc_ccid_message_build(data, *len, SSC_CCID_DATA_BLOCK, d->extend_slot, d->seq, param, NULL, 0);
        rc = ssc_now_ms() < deadline ? 0 : SSC_E_DEADLINE_EXCEEDED;
    } else if (d->first) {
        struct device_packet *p = d->first;
        got = p->len - p->at < *len ? p->len - p->at : *len;
        memcpy(data, p->data + p->at, got);
        p->at += got;
        rc = 0;
        if (p->at == p->len) {
            if (p->no_end) {
                d->plugged = false;
                d->bus_version++;
                rc = got == *len ? 0 : SSC_E_READER_REMOVED;
                pthread_cond_broadcast(&d->changed);
            }
            d->first = p->next;
            free(p);
        }
    }
    pthread_mutex_unlock(&d->lock);
    *len = got;
    return rc;
}

static inline int device_interrupt_in(struct ssc_usb *u, uint8_t endpoint, uint8_t *data, size_t *len,
                                      int64_t deadline)
{
    struct device *d = device_of(u);
    bool in_time = true, moved = false;
    int rc = SSC_E_DEADLINE_EXCEEDED;
    assert_int_equal(endpoint, d->interface.interrupt_in);
    pthread_mutex_lock(&d->lock);
    do {
        for (unsigned i = 0; i < d->interface.ccid.slots; i++) {
            moved = moved || d->slot[i].moved || d->flood;
        }
        if (!moved && d->plugged && !d->woken) {
            in_time = ssc_cond_wait(&d->changed, &d->lock, deadline);
        }
    } while (!moved && d->plugged && !d->woken && in_time);
    if (!d->plugged) {
        rc = SSC_E_READER_REMOVED;
    } else if (moved) {
        data[0] = SSC_CCID_NOTIFY_SLOT_CHANGE;
        data[1] = 0;
        for (unsigned i = 0; i < d->interface.ccid.slots; i++) {
            data[1] = (uint8_t)(data[1] | (d->slot[i].present ? 1u : 0u) << (2 * i));
            data[1] = (uint8_t)(data[1] | (d->slot[i].moved ? 2u : 0u) << (2 * i));
            d->slot[i].moved = false;
        }
        *len = 2;
        rc = 0;
    } else if (d->woken) {
        rc = SSC_E_CANCELLED;
    }
    d->woken = false;
    pthread_mutex_unlock(&d->lock);
    return rc;
}

static inline int device_control(struct ssc_usb *u, uint8_t request_type, uint8_t request, uint16_t value,
                                 uint16_t index, uint8_t *data, size_t *len, int64_t deadline)
{
    struct device *d = device_of(u);
    static const uint8_t rates[] = {0x80, 0x25, 0,    0,    0x00, 0x2A,
                                    0,    0,    0x00, 0xA8, 0,    0}; /* 9600, 10752, 43008 */
    int rc = SSC_E_READER_IO;
    (void)value, (void)index, (void)deadline;
    pthread_mutex_lock(&d->lock);
    if (!d->plugged) {
        rc = SSC_E_READER_REMOVED;
    } else if (request_type == 0x21 && request == SSC_CCID_REQUEST_ABORT) {
        rc = 0;
    } else if (request_type == 0xA1 && request == SSC_CCID_REQUEST_RATES && d->interface.ccid.rates) {
        *len = *len < sizeof rates ? *len : sizeof rates;
        memcpy(data, rates, *len);
        rc = 0;
    }
    pthread_mutex_unlock(&d->lock);
    return rc;
}

static inline int device_clear_halt(struct ssc_usb *u, uint8_t endpoint)
{
    struct device *d = device_of(u);
    (void)endpoint;
    pthread_mutex_lock(&d->lock);
    d->halted = d->empties = d->extending = false;
    d->halts_cleared++;
    const bool plugged = d->plugged;
    pthread_mutex_unlock(&d->lock);
    return plugged ? 0 : SSC_E_READER_REMOVED;
}

static inline int device_reset(struct ssc_usb *u)
{
    struct device *d = device_of(u);
    pthread_mutex_lock(&d->lock);
    d->resets++;
    d->halted = d->empties = d->extending = d->deaf = false;
    device_flush(d);
    for (unsigned i = 0; i < 4; i++) {
        d->slot[i].powered = false;
    }
    pthread_mutex_unlock(&d->lock);
    return 0;
}

static inline void device_wake(struct ssc_usb *u)
{
    struct device *d = device_of(u);
    pthread_mutex_lock(&d->lock);
    d->woken = true;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

static inline void device_close(struct ssc_usb *u)
{
    struct device *d = device_of(u);
    pthread_mutex_lock(&d->lock);
    assert_true(d->open);
    d->open = false;
    device_flush(d);
    pthread_mutex_unlock(&d->lock);
}

static const struct ssc_usb_ops device_ops = {
    .bulk_out = device_bulk_out,
    .bulk_in = device_bulk_in,
    .interrupt_in = device_interrupt_in,
    .control = device_control,
    .clear_halt = device_clear_halt,
    .reset = device_reset,
    .wake = device_wake,
    .close = device_close,
};

/* ---- the bus with this one device ---- */

static inline struct device *device_of_bus(struct ssc_usb_bus *b)
{
    return (struct device *)((char *)b - offsetof(struct device, bus));
}

static inline int device_bus_list(struct ssc_usb_bus *b, struct ssc_usb_device *out, size_t *count)
{
    struct device *d = device_of_bus(b);
    pthread_mutex_lock(&d->lock);
    *count = d->plugged ? 1 : 0;
    *out = (struct ssc_usb_device){
        .id = d->id, .bus = 1, .address = 2, .path = "1-2.3", .vid = 0x1209, .pid = 1};
    memcpy(out->config, d->config, d->config_len);
    out->config_len = d->config_len;
    pthread_mutex_unlock(&d->lock);
    return 0;
}

static inline int device_bus_watch(struct ssc_usb_bus *b, uint64_t *version, int64_t deadline)
{
    struct device *d = device_of_bus(b);
    bool in_time = true;
    int rc;
    pthread_mutex_lock(&d->lock);
    while (d->bus_version == *version && !d->bus_woken && in_time) {
        in_time = ssc_cond_wait(&d->changed, &d->lock, deadline);
    }
    rc = d->bus_woken ? SSC_E_CANCELLED : d->bus_version == *version ? SSC_E_DEADLINE_EXCEEDED : 0;
    *version = d->bus_woken ? *version : d->bus_version;
    d->bus_woken = false;
    pthread_mutex_unlock(&d->lock);
    return rc;
}

static inline void device_bus_wake(struct ssc_usb_bus *b)
{
    struct device *d = device_of_bus(b);
    pthread_mutex_lock(&d->lock);
    d->bus_woken = true;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

static inline int device_bus_open(struct ssc_usb_bus *b, const struct ssc_usb_device *device,
                                  uint8_t interface, uint8_t alternate, struct ssc_usb **out,
                                  char product[SSC_USB_TEXT_MAX], char serial[SSC_USB_TEXT_MAX])
{
    struct device *d = device_of_bus(b);
    int rc = 0;
    (void)interface, (void)alternate;
    pthread_mutex_lock(&d->lock);
    snprintf(product, SSC_USB_TEXT_MAX, "Bench reader");
    snprintf(serial, SSC_USB_TEXT_MAX, "0001");
    if (!d->plugged || device->id != d->id) {
        rc = SSC_E_READER_REMOVED;
    } else if (d->open_error != 0) {
        rc = d->open_error;
    } else {
        assert_false(d->open);
        d->open = true;
        *out = &d->usb;
    }
    pthread_mutex_unlock(&d->lock);
    return rc;
}

static inline void device_bus_free(struct ssc_usb_bus *b)
{
    (void)b;
}

static const struct ssc_usb_bus_ops device_bus_ops = {
    .list = device_bus_list,
    .watch = device_bus_watch,
    .wake = device_bus_wake,
    .open = device_bus_open,
    .free = device_bus_free,
};

/* ---- making one ---- */

static inline void device_le32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

/* Configuration bytes of a reader; interrupt: with that endpoint. Returns their length. */
static inline size_t device_config(uint8_t *out, uint8_t slots, uint32_t features, uint32_t max_message,
                                   bool interrupt)
{
    const uint8_t face[9] = {9, 4, 0, 0, interrupt ? 3 : 2, 0x0B, 0, 0, 0};
    const uint8_t ends[21] = {7, 5, 0x01, 2, 64, 0, 0, 7, 5, 0x82, 2, 64, 0, 0, 7, 5, 0x83, 3, 8, 0, 16};
    uint8_t c[SSC_CCID_DESCRIPTOR_LEN] = {54, 0x21, 0x10, 0x01, 0, 7, 3};
    const size_t ends_len = interrupt ? 21 : 14;
    c[4] = (uint8_t)(slots - 1);
    device_le32(c + 10, 4000);
    device_le32(c + 14, 4000);
    device_le32(c + 19, 10752);
    device_le32(c + 23, 344086);
    device_le32(c + 28, 254);
    device_le32(c + 40, features);
    device_le32(c + 44, max_message);
    c[53] = 1;
    memcpy(out, face, 9);
    memcpy(out + 9, c, sizeof c);
    memcpy(out + 9 + sizeof c, ends, ends_len);
    return 9 + sizeof c + ends_len;
}

static inline void device_init(struct device *d, uint8_t slots, uint32_t features, uint32_t max_message,
                               bool interrupt)
{
    size_t count = 1;
    const char *why = "";
    memset(d, 0, sizeof *d);
    d->usb.ops = &device_ops;
    d->bus.ops = &device_bus_ops;
    pthread_mutex_init(&d->lock, NULL);
    assert_int_equal(ssc_cond_init(&d->changed), 0);
    d->config_len = device_config(d->config, slots, features, max_message, interrupt);
    if (ssc_ccid_config_walk(d->config, d->config_len, false, &d->interface, &count, &why) != 0 ||
        count != 1) {
        fail_msg("descriptor: %s", why);
    }
    d->plugged = true;
    d->bus_version = d->id = 1;
}

static inline void device_insert(struct device *d, unsigned slot, struct ssc_sim_card *card)
{
    pthread_mutex_lock(&d->lock);
    d->slot[slot].card = card ? card : d->slot[slot].card;
    d->slot[slot].present = d->slot[slot].moved = true;
    d->slot[slot].powered = false;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

static inline void device_remove(struct device *d, unsigned slot)
{
    pthread_mutex_lock(&d->lock);
    d->slot[slot].present = d->slot[slot].powered = false;
    d->slot[slot].moved = true;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

static inline void device_plug(struct device *d, bool plugged)
{
    pthread_mutex_lock(&d->lock);
    d->plugged = plugged;
    d->id += plugged ? 1 : 0;
    d->bus_version++;
    for (unsigned i = 0; i < 4; i++) {
        d->slot[i].powered = false;
    }
    device_flush(d);
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

static inline void device_done(struct device *d)
{
    assert_false(d->open);
    device_flush(d);
    for (unsigned i = 0; i < 4; i++) {
        ssc_sim_card_free(&d->slot[i].card);
    }
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
}

/* A national card that speaks T=0 or T=1 with the ATR that says so. ta1: speed, 0 = none. */
static inline struct ssc_sim_card *device_ssc(int protocol, uint8_t ta1)
{
    const char *historical = "814E43238697159900BF7C7A";
    char atr[80], bytes[80];
    uint8_t raw[40], check = 0;
    size_t len = sizeof raw;
    char *text = NULL, *json = NULL;
    struct ssc_sim_card *card = NULL;
    if (protocol == 0 && ta1) {
        snprintf(bytes, sizeof bytes, "3B1D%02X00%s", ta1, historical);
    } else if (protocol == 1) {
        snprintf(bytes, sizeof bytes, "3B9D%02X8131FE4500%s", ta1 ? ta1 : 0x11, historical);
    } else {
        snprintf(bytes, sizeof bytes, "3B6D000000%s", historical);
    }
    assert_int_equal(ssc_hex_decode(bytes, raw, &len), 0);
    for (size_t i = 1; protocol == 1 && i < len; i++) {
        check ^= raw[i];
    }
    assert_true(snprintf(atr, sizeof atr, protocol == 1 ? "%s%02X" : "%s", bytes, check) < (int)sizeof atr);
    text = edited(ssc_sim_image("ssc-3.0"), "3B6D000000814E43238697159900BF7C7A", atr);
    json =
        edited(text, "\"protocol\": \"t0\"", protocol == 1 ? "\"protocol\": \"t1\"" : "\"protocol\": \"t0\"");
    card = card_of_json(json);
    free(text);
    free(json);
    return card;
}

#endif
