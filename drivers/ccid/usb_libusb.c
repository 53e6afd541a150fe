/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transfers over libusb-1.0. One thread per bus runs libusb's events; transfers are asynchronous, so that a
 * deadline holds even where the kernel is slow to take a transfer back: such a transfer is left to finish by
 * itself and frees itself then.
 */
#include "drivers/ccid/usb_libusb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CANCEL_GRACE_MS = 20, /* how long a cancelled transfer may take to come back before it is left behind */
    SETUP = 8,
    PORTS_MAX = 7, /* USB 3.2 specification clause 8.9: tiers of hubs, and the root's port */
};

struct usb_handle {
    struct ssc_usb base;
    struct ssc_libusb_bus *bus;
    libusb_device_handle *handle;
    int interface;
    bool woken;                 /* bus->lock */
    bool lost;                  /* bus->lock: the interface has been taken away, nothing is sent any more */
    struct transfer *interrupt; /* bus->lock */
    char driver[128];           /* sysfs: whose the interface is; "": cannot be seen here */
};

/* Shared by the caller and the event thread; whoever lets go last frees it. */
struct transfer {
    struct libusb_transfer *usb;
    struct ssc_libusb_bus *bus;
    pthread_cond_t ended;
    bool finished, abandoned; /* bus->lock */
    bool taken_back;          /* by us */
    size_t cap;
    uint8_t data[];
};

int ssc_libusb_error(int libusb)
{
    static const struct {
        int from, to;
    } map[] = {
        {LIBUSB_ERROR_NO_DEVICE, SSC_E_READER_REMOVED}, {LIBUSB_ERROR_NOT_FOUND, SSC_E_READER_REMOVED},
        {LIBUSB_ERROR_ACCESS, SSC_E_READER_DENIED},     {LIBUSB_ERROR_BUSY, SSC_E_READER_BUSY},
        {LIBUSB_ERROR_NO_MEM, SSC_E_OUT_OF_MEMORY},     {LIBUSB_ERROR_TIMEOUT, SSC_E_DEADLINE_EXCEEDED},
    };
    int rc = libusb >= 0 ? 0 : SSC_E_READER_IO;
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++) {
        rc = map[i].from == libusb ? map[i].to : rc;
    }
    return rc;
}

/* ---- transfers ---- */

static void transfer_free(struct transfer *t)
{
    explicit_bzero(t->data, t->cap);
    pthread_cond_destroy(&t->ended);
    libusb_free_transfer(t->usb);
    free(t);
}

static void LIBUSB_CALL transfer_ended(struct libusb_transfer *usb)
{
    struct transfer *t = usb->user_data;
    struct ssc_libusb_bus *bus = t->bus;
    pthread_mutex_lock(&bus->lock);
    const bool abandoned = t->abandoned;
    t->finished = true;
    pthread_cond_signal(&t->ended);
    pthread_mutex_unlock(&bus->lock);
    if (abandoned) {
        transfer_free(t);
    }
}

static struct transfer *transfer_new(struct ssc_libusb_bus *bus, size_t cap)
{
    struct transfer *t = calloc(1, sizeof *t + cap);
    struct libusb_transfer *usb = t ? libusb_alloc_transfer(0) : NULL;
    if (usb && ssc_cond_init(&t->ended) == 0) {
        t->usb = usb;
        t->bus = bus;
        t->cap = cap;
    } else {
        libusb_free_transfer(usb);
        free(t);
        t = NULL;
    }
    return t;
}

static int status_of(const struct transfer *t)
{
    const enum libusb_transfer_status status = t->usb->status;
    int rc = SSC_E_READER_IO; /* stall, overflow, error */
    if (status == LIBUSB_TRANSFER_COMPLETED) {
        rc = 0;
    } else if (status == LIBUSB_TRANSFER_CANCELLED && t->taken_back) {
        rc = SSC_E_DEADLINE_EXCEEDED;
    } else if (status == LIBUSB_TRANSFER_NO_DEVICE || status == LIBUSB_TRANSFER_CANCELLED) {
        /* Unplugged, or the kernel took the interface away: suspend, reset by another program, no
         * configuration. */
        rc = SSC_E_READER_REMOVED;
    }
    return rc;
}

/* The kernel has given the interface to nobody or to another driver: so it is after a reset by another
 * program, which ends our transfers as if the device had sent empty packets. The next transfer would claim it
 * again and wait for an answer that the device has forgotten. */
static bool taken_away(const struct usb_handle *u)
{
    char target[256];
    const ssize_t n = u->driver[0] ? readlink(u->driver, target, sizeof target - 1) : 0;
    target[n > 0 ? n : 0] = '\0';
    const char *name = strrchr(target, '/');
    return u->driver[0] && strcmp(name ? name + 1 : target, "usbfs") != 0;
}

/* An interface that was just claimed; where sysfs does not show that, it shows no reset either. */
static void watch_interface(struct usb_handle *u)
{
    libusb_device *device = libusb_get_device(u->handle);
    uint8_t ports[PORTS_MAX];
    int configuration = 0;
    const int tiers = libusb_get_port_numbers(device, ports, PORTS_MAX);
    size_t len = (size_t)snprintf(u->driver, sizeof u->driver, "/sys/bus/usb/devices/%u",
                                  libusb_get_bus_number(device));
    for (int i = 0; i < tiers; i++) {
        len += (size_t)snprintf(u->driver + len, sizeof u->driver - len, "%c%u", i ? '.' : '-', ports[i]);
    }
    if (tiers <= 0 || libusb_get_configuration(u->handle, &configuration) != 0) {
        u->driver[0] = '\0';
    } else {
        snprintf(u->driver + len, sizeof u->driver - len, ":%d.%d/driver", configuration, u->interface);
        u->driver[0] = taken_away(u) ? '\0' : u->driver[0];
    }
}

/* bus->lock held. Waits until the deadline or, for the interrupt pipe, until woken; then takes the transfer
 * back. True: the transfer has ended and its result may be read. */
static bool transfer_wait(struct usb_handle *u, struct transfer *t, int64_t deadline, bool *woken)
{
    struct ssc_libusb_bus *bus = u->bus;
    bool in_time = true;
    while (!t->finished && in_time && !(woken && u->woken)) {
        in_time = ssc_cond_wait(&t->ended, &bus->lock, deadline);
    }
    if (!t->finished) {
        if (woken) {
            *woken = u->woken;
        }
        t->taken_back = true;
        pthread_mutex_unlock(&bus->lock);
        libusb_cancel_transfer(t->usb);
        pthread_mutex_lock(&bus->lock);
        const int64_t grace = ssc_deadline(CANCEL_GRACE_MS);
        in_time = true;
        while (!t->finished && in_time) {
            in_time = ssc_cond_wait(&t->ended, &bus->lock, grace);
        }
    }
    return t->finished;
}

static int transfer_run(struct usb_handle *u, struct transfer *t, uint8_t *out, size_t skip, size_t *len,
                        int64_t deadline, bool interrupt)
{
    struct ssc_libusb_bus *bus = u->bus;
    const bool pipe = t->usb->type != LIBUSB_TRANSFER_TYPE_CONTROL;
    bool woken = false, ended = true;
    size_t got = 0;
    pthread_mutex_lock(&bus->lock);
    int rc = u->lost ? SSC_E_READER_REMOVED : 0;
    pthread_mutex_unlock(&bus->lock);
    if (rc == 0) {
        rc = ssc_now_ms() >= deadline ? SSC_E_DEADLINE_EXCEEDED
                                      : ssc_libusb_error(libusb_submit_transfer(t->usb));
    }
    if (rc == 0) {
        pthread_mutex_lock(&bus->lock);
        u->interrupt = interrupt ? t : u->interrupt;
        ended = transfer_wait(u, t, deadline, interrupt ? &woken : NULL);
        u->interrupt = interrupt ? NULL : u->interrupt;
        t->abandoned = !ended;
        u->woken = interrupt ? false : u->woken;
        pthread_mutex_unlock(&bus->lock);
        rc = ended ? status_of(t) : SSC_E_DEADLINE_EXCEEDED;
        got = ended && t->usb->actual_length > 0 ? (size_t)t->usb->actual_length : 0;
        rc = woken && rc == SSC_E_DEADLINE_EXCEEDED ? SSC_E_CANCELLED : rc;
    }
    if (rc == 0 && pipe && got == 0 && taken_away(u)) {
        rc = SSC_E_READER_REMOVED;
        pthread_mutex_lock(&bus->lock);
        u->lost = true;
        pthread_mutex_unlock(&bus->lock);
    }
    if (out && ended) {
        got = got > t->cap - skip ? t->cap - skip : got;
        memcpy(out, t->data + skip, got);
    }
    if (len) {
        *len = got;
    }
    if (ended) {
        transfer_free(t);
    }
    return rc;
}

static int bulk_out(struct ssc_usb *base, uint8_t endpoint, const uint8_t *data, size_t len, int64_t deadline)
{
    struct usb_handle *u = (struct usb_handle *)base;
    struct transfer *t = transfer_new(u->bus, len);
    size_t sent = 0;
    int rc = t ? 0 : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        memcpy(t->data, data, len);
        libusb_fill_bulk_transfer(t->usb, u->handle, endpoint, t->data, (int)len, transfer_ended, t, 0);
        rc = transfer_run(u, t, NULL, 0, &sent, deadline, false);
        rc = rc == 0 && sent != len ? SSC_E_READER_IO : rc;
    }
    return rc;
}

static int bulk_in(struct ssc_usb *base, uint8_t endpoint, uint8_t *data, size_t *len, int64_t deadline)
{
    struct usb_handle *u = (struct usb_handle *)base;
    struct transfer *t = transfer_new(u->bus, *len);
    int rc = t ? 0 : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        libusb_fill_bulk_transfer(t->usb, u->handle, endpoint, t->data, (int)*len, transfer_ended, t, 0);
        rc = transfer_run(u, t, data, 0, len, deadline, false);
    }
    return rc;
}

static int interrupt_in(struct ssc_usb *base, uint8_t endpoint, uint8_t *data, size_t *len, int64_t deadline)
{
    struct usb_handle *u = (struct usb_handle *)base;
    struct transfer *t = transfer_new(u->bus, *len);
    int rc = t ? 0 : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        libusb_fill_interrupt_transfer(t->usb, u->handle, endpoint, t->data, (int)*len, transfer_ended, t, 0);
        rc = transfer_run(u, t, data, 0, len, deadline, true);
    }
    return rc;
}

static int control(struct ssc_usb *base, uint8_t request_type, uint8_t request, uint16_t value,
                   uint16_t index, uint8_t *data, size_t *len, int64_t deadline)
{
    struct usb_handle *u = (struct usb_handle *)base;
    const bool in = (request_type & LIBUSB_ENDPOINT_IN) != 0;
    struct transfer *t = transfer_new(u->bus, SETUP + *len);
    int rc = t ? 0 : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        libusb_fill_control_setup(t->data, request_type, request, value, index, (uint16_t)*len);
        if (!in && *len > 0) {
            memcpy(t->data + SETUP, data, *len);
        }
        libusb_fill_control_transfer(t->usb, u->handle, t->data, transfer_ended, t, 0);
        rc = transfer_run(u, t, in ? data : NULL, SETUP, len, deadline, false);
    }
    return rc;
}

static int clear_halt(struct ssc_usb *base, uint8_t endpoint)
{
    return ssc_libusb_error(libusb_clear_halt(((struct usb_handle *)base)->handle, endpoint));
}

static int reset(struct ssc_usb *base)
{
    return ssc_libusb_error(libusb_reset_device(((struct usb_handle *)base)->handle));
}

static void wake_handle(struct ssc_usb *base)
{
    struct usb_handle *u = (struct usb_handle *)base;
    pthread_mutex_lock(&u->bus->lock);
    u->woken = true;
    if (u->interrupt) {
        pthread_cond_signal(&u->interrupt->ended);
    }
    pthread_mutex_unlock(&u->bus->lock);
}

static void close_handle(struct ssc_usb *base)
{
    struct usb_handle *u = (struct usb_handle *)base;
    libusb_release_interface(u->handle,
                             u->interface); /* gives it back to the kernel driver, if there was one */
    libusb_close(u->handle);
    free(u);
}

static const struct ssc_usb_ops handle_ops = {
    .bulk_out = bulk_out,
    .bulk_in = bulk_in,
    .interrupt_in = interrupt_in,
    .control = control,
    .clear_halt = clear_halt,
    .reset = reset,
    .wake = wake_handle,
    .close = close_handle,
};

int ssc_libusb_handle_new(struct ssc_libusb_bus *bus, libusb_device_handle *handle, int interface,
                          struct ssc_usb **out)
{
    struct usb_handle *u = calloc(1, sizeof *u);
    if (u) {
        u->base.ops = &handle_ops;
        u->bus = bus;
        u->handle = handle;
        u->interface = interface;
        watch_interface(u);
        *out = &u->base;
    } else {
        libusb_release_interface(handle, interface);
        libusb_close(handle);
    }
    return u ? 0 : SSC_E_OUT_OF_MEMORY;
}
