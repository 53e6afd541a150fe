/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ccid/driver.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/ccid/quirks.h"

enum { DEVICES_MAX = 128, FAR_MS = 60 * 60 * 1000, UNCONFIGURED_MS = 2000 };

struct ccid_driver {
    struct ssc_driver base;
    struct ccid_hub *hub;
    pthread_t keeper;
};

struct ccid_hub *ccid_hub_of(struct ssc_driver *d)
{
    return ((struct ccid_driver *)d)->hub;
}

void ccid_hub_unref(struct ccid_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    const bool last = --hub->refs == 0;
    pthread_mutex_unlock(&hub->lock);
    if (last) {
        pthread_cond_destroy(&hub->changed);
        pthread_mutex_destroy(&hub->lock);
        free(hub);
    }
}

void ccid_changed(struct ccid_hub *hub)
{
    hub->version++;
    pthread_cond_broadcast(&hub->changed);
}

void ccid_reader_unref(struct ccid_reader *r)
{
    if (--r->refs == 0) {
        free(r);
    }
}

/* ---- names ---- */

void ccid_name_reader(struct ccid_reader *r)
{
    char who[sizeof r->name];
    if (r->product[0] && r->serial[0]) {
        snprintf(who, sizeof who, "%.48s [%.24s]", r->product, r->serial);
    } else if (r->product[0]) {
        snprintf(who, sizeof who, "%.63s", r->product);
    } else {
        snprintf(who, sizeof who, "USB %04x:%04x", r->device.vid, r->device.pid);
    }
    for (char *c = who; *c; c++) {
        *c = (unsigned char)*c < 0x20 || *c == 0x7F ? ' ' : *c;
    }
    /* A device may carry two readers (keyboard and pad); the interface tells them apart. */
    if (r->interface.number == 0) {
        snprintf(r->name, sizeof r->name, "%.80s (%.31s)", who, r->device.path);
    } else {
        snprintf(r->name, sizeof r->name, "%.80s (%.31s:%u)", who, r->device.path, r->interface.number);
    }
}

void ccid_slot_name(const struct ccid_reader *r, unsigned slot, char out[SSC_READER_NAME_MAX])
{
    snprintf(out, SSC_READER_NAME_MAX, "%s %u", r->name, slot);
}

/* ---- the keeper ---- */

static void start_reader(struct ccid_hub *hub, const struct ssc_usb_device *device,
                         const struct ssc_ccid_interface *interface, const char *refused)
{
    struct ccid_reader *r = calloc(1, sizeof *r);
    if (r) {
        r->hub = hub;
        r->device = *device;
        r->interface = *interface;
        r->refused = refused;
        r->settle_ms = ssc_ccid_quirks_apply(device->vid, device->pid, device->firmware, &r->interface.ccid);
        ccid_name_reader(r);
        pthread_mutex_lock(&hub->lock);
        hub->refs++;
        hub->opening++;
        r->refs = 2;
        r->next = hub->readers;
        hub->readers = r;
        if (pthread_create(&r->thread, NULL, ccid_attendant, r) != 0) {
            hub->readers = r->next;
            hub->opening--;
            hub->refs--;
            free(r);
        }
        pthread_mutex_unlock(&hub->lock);
    }
}

static bool is_ours(const struct ccid_hub *hub, const struct ssc_usb_device *device, uint8_t interface)
{
    const struct ssc_ccid_options *o = &hub->options;
    return o->only_bus == 0 || (o->only_bus == device->bus && o->only_address == device->address &&
                                (o->only_interface < 0 || o->only_interface == interface));
}

static void take_device(struct ccid_hub *hub, const struct ssc_usb_device *device)
{
    struct ssc_ccid_interface found[SSC_CCID_INTERFACES_MAX];
    size_t count = SSC_CCID_INTERFACES_MAX;
    const char *refused = NULL;
    ssc_ccid_config_walk(device->config, device->config_len, ssc_ccid_is_early_vendor(device->vid), found,
                         &count, &refused);
    for (size_t i = 0; i < count; i++) {
        if (is_ours(hub, device, found[i].number)) {
            start_reader(hub, device, &found[i], refused);
        }
    }
}

/* hub.lock held. The attendant sees CCID_GONE and ends. */
static void let_go(struct ccid_reader *r)
{
    r->standing = CCID_GONE;
    for (struct ccid_channel *c = r->open; c; c = c->next) {
        c->base.wedged = false; /* waiting does not help any more, and the call says why */
    }
    for (unsigned i = 0; i < r->interface.ccid.slots; i++) {
        ccid_card_out(r, i);
    }
    ccid_changed(r->hub);
    ccid_call_attendant(r);
}

/* Takes readers off the list that are gone, waits for their attendants, forgets them. */
static void bury(struct ccid_hub *hub, bool all)
{
    struct ccid_reader *dead = NULL, *r;
    pthread_mutex_lock(&hub->lock);
    for (struct ccid_reader **at = &hub->readers; *at;) {
        r = *at;
        if (all && r->standing != CCID_GONE) {
            let_go(r);
        }
        if (r->standing == CCID_GONE) {
            *at = r->next;
            r->next = dead;
            dead = r;
        } else {
            at = &r->next;
        }
    }
    pthread_mutex_unlock(&hub->lock);
    while (dead) {
        r = dead;
        dead = r->next;
        pthread_join(r->thread, NULL);
        pthread_mutex_lock(&hub->lock);
        ccid_reader_unref(r);
        pthread_mutex_unlock(&hub->lock);
        ccid_hub_unref(hub);
    }
}

/* How long to wait for news of the bus: of a device that gets its configuration (authorised by an
 * administrator, or woken up) there are none. */
static int64_t compare(struct ccid_hub *hub, struct ssc_usb_device *devices)
{
    size_t count = DEVICES_MAX;
    int64_t pause = FAR_MS;
    const int rc = hub->bus->ops->list(hub->bus, devices, &count);
    pthread_mutex_lock(&hub->lock);
    for (struct ccid_reader *r = hub->readers; r && rc == 0; r = r->next) {
        bool there = false;
        for (size_t i = 0; i < count; i++) {
            there = there || devices[i].id == r->device.id;
        }
        if (!there && r->standing != CCID_GONE) {
            let_go(r);
        }
    }
    pthread_mutex_unlock(&hub->lock);
    bury(hub, false);
    for (size_t i = 0; i < count && rc == 0; i++) {
        bool known = false;
        for (const struct ccid_reader *r = hub->readers; r;
             r = r->next) { /* only this thread changes the list */
            known = known || r->device.id == devices[i].id;
        }
        if (!known) {
            take_device(hub, &devices[i]);
        }
        pause = devices[i].config_len == 0 ? UNCONFIGURED_MS : pause;
    }
    pthread_mutex_lock(&hub->lock);
    if (!hub->looked) {
        hub->looked = true;
        ccid_changed(hub);
    }
    pthread_mutex_unlock(&hub->lock);
    return pause;
}

static void *keep(void *arg)
{
    struct ccid_hub *hub = arg;
    struct ssc_usb_device *devices = calloc(DEVICES_MAX, sizeof *devices);
    uint64_t version = 0;
    int64_t pause = FAR_MS;
    bool stopping = devices == NULL;
    while (!stopping) {
        const int rc = hub->bus->ops->watch(hub->bus, &version, ssc_deadline(pause));
        if (rc == 0 || (rc == SSC_E_DEADLINE_EXCEEDED && pause < FAR_MS)) {
            pause = compare(hub, devices);
        }
        pthread_mutex_lock(&hub->lock);
        stopping = hub->stopping;
        pthread_mutex_unlock(&hub->lock);
    }
    bury(hub, true);
    free(devices);
    return NULL;
}

/* ---- what the driver offers ---- */

static void describe_slot(const struct ccid_reader *r, unsigned slot, struct ssc_reader_state *out)
{
    const struct ccid_slot *s = &r->slot[slot];
    *out = (struct ssc_reader_state){
        .medium = strstr(r->product, "PICC") || strstr(r->product, "ontactless") ? SSC_MEDIUM_CONTACTLESS
                  : strstr(r->product, "SAM")                                    ? SSC_MEDIUM_SAM
                                                                                 : SSC_MEDIUM_CONTACT,
        .slot = r->standing != CCID_READY ? SSC_SLOT_GONE
                : !s->present             ? SSC_SLOT_EMPTY
                : s->mute                 ? SSC_SLOT_MUTE
                                          : SSC_SLOT_CARD,
        .in_use = r->standing == CCID_UNUSABLE && r->opened == SSC_E_READER_BUSY,
        .pin_pad = r->interface.ccid.pin_support != 0,
        .insertions = s->insertions,
        .atr_len = s->present ? s->atr_len : 0,
    };
    ccid_slot_name(r, slot, out->name);
    memcpy(out->atr, s->atr, out->atr_len);
}

static int ccid_list(struct ssc_driver *d, struct ssc_reader_state *out, size_t *count, int64_t deadline)
{
    struct ccid_hub *hub = ccid_hub_of(d);
    const size_t room = *count;
    bool in_time = true;
    pthread_mutex_lock(&hub->lock);
    while ((!hub->looked || hub->opening > 0) && in_time) {
        in_time = ssc_cond_wait(&hub->changed, &hub->lock, deadline);
    }
    /* A reader that takes too long to open is listed as it stands. */
    int rc = hub->looked ? 0 : SSC_E_DEADLINE_EXCEEDED;
    *count = 0;
    for (const struct ccid_reader *r = hub->readers; r && rc == 0; r = r->next) {
        for (unsigned i = 0; i < r->interface.ccid.slots && r->standing != CCID_GONE; i++) {
            if (*count < room) {
                describe_slot(r, i, &out[*count]);
            }
            ++*count;
        }
    }
    if (rc == 0 && *count > room) {
        rc = SSC_E_BUFFER_TOO_SMALL;
    }
    pthread_mutex_unlock(&hub->lock);
    return rc;
}

static int ccid_watch(struct ssc_driver *d, uint64_t *version, int64_t deadline)
{
    struct ccid_hub *hub = ccid_hub_of(d);
    bool in_time = true;
    int rc = 0;
    pthread_mutex_lock(&hub->lock);
    while (!hub->woken && hub->version == *version && in_time) {
        in_time = ssc_cond_wait(&hub->changed, &hub->lock, deadline);
    }
    if (hub->woken) {
        hub->woken = false;
        rc = SSC_E_CANCELLED;
    } else {
        rc = hub->version == *version ? SSC_E_DEADLINE_EXCEEDED : 0;
        *version = hub->version;
    }
    pthread_mutex_unlock(&hub->lock);
    return rc;
}

static void ccid_wake(struct ssc_driver *d)
{
    struct ccid_hub *hub = ccid_hub_of(d);
    pthread_mutex_lock(&hub->lock);
    hub->woken = true;
    pthread_cond_broadcast(&hub->changed);
    pthread_mutex_unlock(&hub->lock);
}

static void ccid_free(struct ssc_driver *d)
{
    struct ccid_driver *self = (struct ccid_driver *)d;
    struct ccid_hub *hub = self->hub;
    pthread_mutex_lock(&hub->lock);
    hub->stopping = true;
    pthread_cond_broadcast(&hub->changed);
    pthread_mutex_unlock(&hub->lock);
    hub->bus->ops->wake(hub->bus);
    pthread_join(self->keeper, NULL);
    hub->bus->ops->free(hub->bus);
    ccid_hub_unref(hub);
    free(self);
}

static const struct ssc_driver_ops driver_ops = {
    .name = "ccid",
    .list = ccid_list,
    .watch = ccid_watch,
    .wake = ccid_wake,
    .connect = ccid_connect,
    .free = ccid_free,
};

int ssc_ccid_report(struct ssc_driver *d, const char *reader, struct ssc_ccid_report *out)
{
    struct ccid_hub *hub = ccid_hub_of(d);
    int rc = SSC_E_READER_NOT_FOUND;
    pthread_mutex_lock(&hub->lock);
    for (const struct ccid_reader *r = hub->readers; r && rc != 0; r = r->next) {
        for (unsigned i = 0; i < r->interface.ccid.slots && rc != 0; i++) {
            char name[SSC_READER_NAME_MAX];
            ccid_slot_name(r, i, name);
            rc = strcmp(name, reader) == 0 ? 0 : rc;
        }
        if (rc == 0) {
            *out = (struct ssc_ccid_report){
                .device = r->device, .interface = r->interface, .opened = r->opened, .refused = r->refused};
            memcpy(out->product, r->product, sizeof out->product);
            memcpy(out->serial, r->serial, sizeof out->serial);
            if (r->engine && !r->busy) {
                out->rates = r->engine->rates;
                out->counters = r->engine->counters;
            }
        }
    }
    pthread_mutex_unlock(&hub->lock);
    return rc;
}

int ssc_ccid_driver_new(const struct ssc_ccid_options *options, struct ssc_driver **out)
{
    struct ccid_driver *self = calloc(1, sizeof *self);
    struct ccid_hub *hub = calloc(1, sizeof *hub);
    struct ssc_usb_bus *bus = options ? options->bus : NULL;
    sigset_t all, before;
    int rc = self && hub ? ssc_cond_init(&hub->changed) : SSC_E_OUT_OF_MEMORY;
    bool cond = self && hub && rc == 0;
    *out = NULL;
    if (rc == 0) {
        pthread_mutex_init(&hub->lock, NULL);
        hub->options = options ? *options : (struct ssc_ccid_options){.only_interface = -1};
        hub->refs = 1;
        rc = bus ? 0 : ssc_usb_libusb_new(&bus);
    }
    if (rc == 0) {
        hub->bus = bus;
        self->hub = hub;
        self->base.ops = &driver_ops;
        sigfillset(&all); /* signals belong to the program; the attendants inherit this */
        pthread_sigmask(SIG_SETMASK, &all, &before);
        rc = pthread_create(&self->keeper, NULL, keep, hub) == 0 ? 0 : SSC_E_OUT_OF_MEMORY;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    if (rc == 0) {
        *out = &self->base;
    } else {
        if (bus) {
            bus->ops->free(bus);
        }
        if (cond) {
            pthread_cond_destroy(&hub->changed);
            pthread_mutex_destroy(&hub->lock);
        }
        free(hub);
        free(self);
    }
    return rc;
}
