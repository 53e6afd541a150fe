/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ccid/usb_libusb.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EVENTS_S = 60,    /* libusb's event loop sleeps; this is only its longest nap */
    RESCAN_MS = 1000, /* where libusb cannot tell of new devices */
};

/* ---- what is plugged in ---- */

static void add_device(struct ssc_libusb_bus *bus, libusb_device *device)
{
    pthread_mutex_lock(&bus->lock);
    if (bus->known_count < SSC_USB_DEVICES_MAX) {
        bus->known[bus->known_count].device = libusb_ref_device(device);
        bus->known[bus->known_count++].id = ++bus->next_id;
        bus->version++;
        pthread_cond_broadcast(&bus->changed);
    }
    pthread_mutex_unlock(&bus->lock);
}

static void drop_device(struct ssc_libusb_bus *bus, size_t i)
{
    libusb_unref_device(bus->known[i].device);
    bus->known[i] = bus->known[--bus->known_count];
    bus->version++;
    pthread_cond_broadcast(&bus->changed);
}

static int LIBUSB_CALL hotplug(libusb_context *context, libusb_device *device, libusb_hotplug_event event,
                               void *arg)
{
    struct ssc_libusb_bus *bus = arg;
    (void)context;
    if (event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED) {
        add_device(bus, device);
    } else {
        pthread_mutex_lock(&bus->lock);
        for (size_t i = bus->known_count; i-- > 0;) {
            if (bus->known[i].device == device) {
                drop_device(bus, i);
            }
        }
        pthread_mutex_unlock(&bus->lock);
    }
    return 0;
}

/* libusb without hot-plug (a container without udev): compares lists. A libusb_device stays the same object
 * as long as it is plugged in and somebody holds a reference, which we do. */
static void rescan(struct ssc_libusb_bus *bus)
{
    libusb_device **list = NULL;
    const ssize_t count = libusb_get_device_list(bus->context, &list);
    for (ssize_t i = 0; i < count; i++) {
        bool known = false;
        pthread_mutex_lock(&bus->lock);
        for (size_t k = 0; k < bus->known_count; k++) {
            known = known || bus->known[k].device == list[i];
        }
        pthread_mutex_unlock(&bus->lock);
        if (!known) {
            add_device(bus, list[i]);
        }
    }
    pthread_mutex_lock(&bus->lock);
    for (size_t k = bus->known_count; k-- > 0 && count >= 0;) {
        bool there = false;
        for (ssize_t i = 0; i < count; i++) {
            there = there || bus->known[k].device == list[i];
        }
        if (!there) {
            drop_device(bus, k);
        }
    }
    pthread_mutex_unlock(&bus->lock);
    if (count >= 0) {
        libusb_free_device_list(list, 1);
    }
}

static void *events(void *arg)
{
    struct ssc_libusb_bus *bus = arg;
    while (!atomic_load(&bus->stopping)) {
        struct timeval nap = {.tv_sec = bus->has_hotplug ? EVENTS_S : 1};
        libusb_handle_events_timeout_completed(bus->context, &nap, NULL);
    }
    return NULL;
}

/* ---- describing a device ---- */

static void put(struct ssc_usb_device *out, const void *data, size_t len)
{
    if (len > 0 && len <= sizeof out->config - out->config_len) {
        memcpy(out->config + out->config_len, data, len);
        out->config_len += len;
    }
}

/* libusb gives the configuration in pieces; the walk in descriptor.c wants it as the device sent it. */
static void put_config(struct ssc_usb_device *out, const struct libusb_config_descriptor *config)
{
    for (uint8_t i = 0; i < config->bNumInterfaces; i++) {
        for (int a = 0; a < config->interface[i].num_altsetting; a++) {
            const struct libusb_interface_descriptor *f = &config->interface[i].altsetting[a];
            const uint8_t bytes[9] = {9,
                                      LIBUSB_DT_INTERFACE,
                                      f->bInterfaceNumber,
                                      f->bAlternateSetting,
                                      f->bNumEndpoints,
                                      f->bInterfaceClass,
                                      f->bInterfaceSubClass,
                                      f->bInterfaceProtocol,
                                      f->iInterface};
            put(out, bytes, sizeof bytes);
            put(out, f->extra, f->extra_length > 0 ? (size_t)f->extra_length : 0);
            /* A descriptor that ends before its end points announces some that libusb has not. */
            for (uint8_t p = 0; p < f->bNumEndpoints && f->endpoint; p++) {
                const struct libusb_endpoint_descriptor *e = &f->endpoint[p];
                const uint8_t end[7] = {7,
                                        LIBUSB_DT_ENDPOINT,
                                        e->bEndpointAddress,
                                        e->bmAttributes,
                                        (uint8_t)e->wMaxPacketSize,
                                        (uint8_t)(e->wMaxPacketSize >> 8),
                                        e->bInterval};
                put(out, end, sizeof end);
                put(out, e->extra, e->extra_length > 0 ? (size_t)e->extra_length : 0);
            }
        }
    }
}

static bool describe(libusb_device *device, struct ssc_usb_device *out)
{
    struct libusb_device_descriptor d;
    struct libusb_config_descriptor *config = NULL;
    uint8_t ports[7];
    const int depth = libusb_get_port_numbers(device, ports, sizeof ports);
    const bool described = libusb_get_device_descriptor(device, &d) == 0;
    if (described) {
        out->bus = libusb_get_bus_number(device);
        out->address = libusb_get_device_address(device);
        out->vid = d.idVendor;
        out->pid = d.idProduct;
        out->firmware = d.bcdDevice;
        out->config_len = 0;
        if (libusb_get_active_config_descriptor(device, &config) == 0) {
            put_config(out, config);
            libusb_free_config_descriptor(config);
        }
        size_t len = (size_t)snprintf(out->path, sizeof out->path, "%u", out->bus);
        for (int i = 0; i < depth; i++) {
            len += (size_t)snprintf(out->path + len, sizeof out->path - len, "%c%u", i ? '.' : '-', ports[i]);
        }
    }
    return described;
}

static int bus_list(struct ssc_usb_bus *base, struct ssc_usb_device *out, size_t *count)
{
    struct ssc_libusb_bus *bus = (struct ssc_libusb_bus *)base;
    const size_t room = *count;
    *count = 0;
    pthread_mutex_lock(&bus->lock);
    for (size_t i = 0; i < bus->known_count && *count < room; i++) {
        struct ssc_usb_device *device = &out[*count];
        *device = (struct ssc_usb_device){.id = bus->known[i].id};
        *count += describe(bus->known[i].device, device) ? 1 : 0;
    }
    pthread_mutex_unlock(&bus->lock);
    return 0;
}

static int bus_watch(struct ssc_usb_bus *base, uint64_t *version, int64_t deadline)
{
    struct ssc_libusb_bus *bus = (struct ssc_libusb_bus *)base;
    bool in_time = true;
    int rc = 0;
    pthread_mutex_lock(&bus->lock);
    while (!bus->woken && bus->version == *version && in_time) {
        const int64_t rescan_at = ssc_deadline(RESCAN_MS);
        const bool nap = !bus->has_hotplug && rescan_at < deadline;
        in_time = ssc_cond_wait(&bus->changed, &bus->lock, nap ? rescan_at : deadline) || nap;
        if (nap) {
            pthread_mutex_unlock(&bus->lock);
            rescan(bus);
            pthread_mutex_lock(&bus->lock);
        }
    }
    if (bus->woken) {
        bus->woken = false;
        rc = SSC_E_CANCELLED;
    } else {
        rc = bus->version == *version ? SSC_E_DEADLINE_EXCEEDED : 0;
        *version = bus->version;
    }
    pthread_mutex_unlock(&bus->lock);
    return rc;
}

static void bus_wake(struct ssc_usb_bus *base)
{
    struct ssc_libusb_bus *bus = (struct ssc_libusb_bus *)base;
    pthread_mutex_lock(&bus->lock);
    bus->woken = true;
    pthread_cond_broadcast(&bus->changed);
    pthread_mutex_unlock(&bus->lock);
}

static void read_text(libusb_device_handle *handle, uint8_t index, char out[SSC_USB_TEXT_MAX])
{
    unsigned char text[SSC_USB_TEXT_MAX] = "";
    const int len = index ? libusb_get_string_descriptor_ascii(handle, index, text, sizeof text - 1) : 0;
    snprintf(out, SSC_USB_TEXT_MAX, "%.*s", len > 0 ? len : 0, (const char *)text);
}

static int bus_open(struct ssc_usb_bus *base, const struct ssc_usb_device *wanted, uint8_t interface,
                    uint8_t alternate, struct ssc_usb **out, char product[SSC_USB_TEXT_MAX],
                    char serial[SSC_USB_TEXT_MAX])
{
    struct ssc_libusb_bus *bus = (struct ssc_libusb_bus *)base;
    libusb_device *device = NULL;
    libusb_device_handle *handle = NULL;
    struct libusb_device_descriptor d;
    bool claimed = false;
    int rc = 0;
    product[0] = serial[0] = '\0';
    pthread_mutex_lock(&bus->lock);
    for (size_t i = 0; i < bus->known_count; i++) {
        if (bus->known[i].id == wanted->id) {
            device = libusb_ref_device(bus->known[i].device);
        }
    }
    pthread_mutex_unlock(&bus->lock);
    rc = device ? ssc_libusb_error(libusb_open(device, &handle)) : SSC_E_READER_REMOVED;
    if (rc == 0 && libusb_get_device_descriptor(device, &d) == 0) {
        /* Before claiming, so that a reader that somebody else holds has its name all the same. */
        read_text(handle, d.iProduct, product);
        read_text(handle, d.iSerialNumber, serial);
    }
    if (rc == 0) {
        /* Takes only drivers of the kernel off, never another program, and gives them back on release. */
        libusb_set_auto_detach_kernel_driver(handle, 1);
        rc = ssc_libusb_error(libusb_claim_interface(handle, interface));
        claimed = rc == 0;
    }
    if (rc == 0 && alternate != 0) {
        rc = ssc_libusb_error(libusb_set_interface_alt_setting(handle, interface, alternate));
    }
    if (rc == 0) {
        rc = ssc_libusb_handle_new(bus, handle, interface, out);
        handle = NULL;
    }
    if (handle && claimed) {
        libusb_release_interface(handle, interface);
    }
    if (handle) {
        libusb_close(handle);
    }
    if (device) {
        libusb_unref_device(device);
    }
    return rc;
}

static void bus_free(struct ssc_usb_bus *base)
{
    struct ssc_libusb_bus *bus = (struct ssc_libusb_bus *)base;
    if (bus->context && bus->has_hotplug) {
        libusb_hotplug_deregister_callback(bus->context, bus->hotplug);
    }
    if (bus->has_thread) {
        atomic_store(&bus->stopping, 1);
        libusb_interrupt_event_handler(bus->context);
        pthread_join(bus->thread, NULL);
    }
    for (size_t i = 0; i < bus->known_count; i++) {
        libusb_unref_device(bus->known[i].device);
    }
    if (bus->context) {
        libusb_exit(bus->context);
    }
    pthread_cond_destroy(&bus->changed);
    pthread_mutex_destroy(&bus->lock);
    free(bus);
}

static const struct ssc_usb_bus_ops bus_ops = {
    .list = bus_list,
    .watch = bus_watch,
    .wake = bus_wake,
    .open = bus_open,
    .free = bus_free,
};

static int start_thread(struct ssc_libusb_bus *bus)
{
    sigset_t all, before;
    sigfillset(&all); /* signals belong to the program */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bus->has_thread = pthread_create(&bus->thread, NULL, events, bus) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return bus->has_thread ? 0 : SSC_E_OUT_OF_MEMORY;
}

int ssc_usb_libusb_new(struct ssc_usb_bus **out)
{
    struct ssc_libusb_bus *bus = calloc(1, sizeof *bus);
    int rc = bus ? ssc_cond_init(&bus->changed) : SSC_E_OUT_OF_MEMORY;
    *out = NULL;
    if (rc != 0) {
        free(bus);
        goto done;
    }
    bus->base.ops = &bus_ops;
    bus->version = 1;
    pthread_mutex_init(&bus->lock, NULL);
    if (libusb_init(&bus->context) != 0) {
        bus->context = NULL;
        rc = SSC_E_NO_SERVICE;
    }
    if (rc == 0) {
        const int events_wanted = LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT;
        bus->has_hotplug =
            libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) &&
            libusb_hotplug_register_callback(bus->context, events_wanted, LIBUSB_HOTPLUG_ENUMERATE,
                                             LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
                                             LIBUSB_HOTPLUG_MATCH_ANY, hotplug, bus, &bus->hotplug) == 0;
        if (!bus->has_hotplug) {
            rescan(bus);
        }
        rc = start_thread(bus);
    }
    if (rc == 0) {
        *out = &bus->base;
    } else {
        bus_free(&bus->base);
    }
done:
    return rc;
}
