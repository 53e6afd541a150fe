/* SPDX-License-Identifier: Apache-2.0 */
#include "bed.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <umockdev.h>
#include <unistd.h>

#define PRELOAD "libumockdev-preload.so.0"
#define ROOT_PORT "/devices/pci0000:00/0000:00:14.0/usb1"
enum {
    IDLE_US = 200,
    URB_MAX = 1 << 17,
    CAPABILITIES = USBDEVFS_CAP_BULK_CONTINUATION | USBDEVFS_CAP_NO_PACKET_SIZE_LIM |
                   USBDEVFS_CAP_REAP_AFTER_DISCONNECT | USBDEVFS_CAP_ZERO_PACKET
};

struct transfer {
    struct transfer *next;
    UMockdevIoctlData *urb, *buffer; /* buffer NULL: length 0 */
    uint8_t endpoint;
};
struct transfers {
    struct transfer *first, *last;
};

/* One time that something is plugged in. A request may still be on its way when the plug is out: the port
 * lives as long as the handler that the requests come to. */
struct port {
    struct bed *bed;
    struct device *device; /* NULL: unplugged */
    UMockdevIoctlBase *handler;
    unsigned number, address;
    char node[40], sysfs[100];
    pthread_mutex_t lock;
    struct transfers waiting, done;
    bool out;
};

struct bed {
    UMockdevTestbed *testbed;
    struct port *port[BED_PORTS + 1];
    unsigned addresses;
};

void bed_enter(char **argv)
{
    const char *preload = getenv("LD_PRELOAD"), *asan = getenv("ASAN_OPTIONS");
    char options[512];
    if (!preload || !strstr(preload, PRELOAD)) {
        /* The sanitizer's runtime is not the first library then, and need not be. */
        snprintf(options, sizeof options, "%s%sverify_asan_link_order=0", asan ? asan : "", asan ? ":" : "");
        setenv("ASAN_OPTIONS", options, 1);
        setenv("LD_PRELOAD", PRELOAD, 1);
        execv("/proc/self/exe", argv);
        perror("execv");
        exit(1);
    }
    if (!dlopen(PRELOAD, RTLD_NOW | RTLD_NOLOAD)) {
        fprintf(stderr, "skipped: " PRELOAD " cannot be loaded (package umockdev)\n");
        exit(77);
    }
}

/* ---- transfers ---- */

static void append(struct transfers *list, struct transfer *t)
{
    t->next = NULL;
    if (list->last) {
        list->last->next = t;
    } else {
        list->first = t;
    }
    list->last = t;
}

static void unlink_transfer(struct transfers *list, struct transfer *t)
{
    struct transfer **at = &list->first, *before = NULL;
    while (*at != t) {
        before = *at;
        at = &(*at)->next;
    }
    *at = t->next;
    if (list->last == t) {
        list->last = before;
    }
}

static void forget(struct transfer *t)
{
    g_object_unref(t->urb);
    if (t->buffer) {
        g_object_unref(t->buffer);
    }
    free(t);
}

static void finish(struct port *port, struct transfer *t, int status, size_t len)
{
    struct usbdevfs_urb urb;
    memcpy(&urb, t->urb->data, sizeof urb);
    urb.status = status;
    urb.actual_length = (int)len;
    umockdev_ioctl_data_update(t->urb, 0, (guint8 *)&urb, sizeof urb);
    append(&port->done, t);
}

static void finish_in(struct port *port, struct transfer *t)
{
    static uint8_t bytes[URB_MAX]; /* every port has its own lock, but the testbed has one thread */
    struct usbdevfs_urb urb;
    size_t len = 0, cap;
    int status = 0;
    memcpy(&urb, t->urb->data, sizeof urb);
    cap = urb.buffer_length > 0 ? (size_t)urb.buffer_length : 0;
    if (device_in(port->device, t->endpoint, bytes, cap < sizeof bytes ? cap : sizeof bytes, &len, &status)) {
        if (len > 0) {
            umockdev_ioctl_data_update(t->buffer, 0, bytes, (gint)len);
        }
        unlink_transfer(&port->waiting, t);
        finish(port, t, status == -ENODEV ? -ESHUTDOWN : status, len);
    }
}

static void pump(struct port *port)
{
    struct transfer *next;
    for (struct transfer *t = port->waiting.first; t; t = next) {
        next = t->next;
        finish_in(port, t);
    }
}

static void control(struct port *port, struct transfer *t)
{
    uint8_t bytes[8 + DEVICE_DESCRIPTORS_MAX];
    const size_t sent = (size_t)t->buffer->data_len, have = sent < sizeof bytes ? sent : sizeof bytes;
    size_t len = have - 8;
    memcpy(bytes, t->buffer->data, have);
    const int status = device_control(port->device, bytes, bytes + 8, &len);
    if (status == 0 && (bytes[0] & 0x80)) {
        umockdev_ioctl_data_update(t->buffer, 0, bytes, (gint)(8 + len));
    }
    finish(port, t, status, len);
}

static void begin(struct port *port, struct transfer *t, const struct usbdevfs_urb *urb)
{
    const size_t len = t->buffer ? (size_t)urb->buffer_length : 0;
    if (urb->type == USBDEVFS_URB_TYPE_CONTROL && len >= 8) {
        control(port, t);
    } else if (urb->endpoint & 0x80) {
        append(&port->waiting, t);
    } else {
        const int status = device_out(port->device, t->buffer ? t->buffer->data : NULL, len);
        finish(port, t, status == -ENODEV ? -ESHUTDOWN : status, status == 0 ? len : 0);
        /* The cards draw their random numbers in this thread of umockdev, which may outlive the program: the
         * generator that OpenSSL keeps for it would never be freed. */
        OPENSSL_thread_stop();
    }
}

/* What the program's argument points at; NULL: the program has ended or closed the node meanwhile. */
static UMockdevIoctlData *resolve(UMockdevIoctlData *data, size_t at, size_t len)
{
    return umockdev_ioctl_data_resolve(data, at, len, NULL);
}

/* 0 or errno */
static int submit(struct port *port, UMockdevIoctlData *arg)
{
    UMockdevIoctlData *data = resolve(arg, 0, sizeof(struct usbdevfs_urb)), *buffer = NULL;
    struct usbdevfs_urb urb = {.buffer_length = 0};
    if (data) {
        memcpy(&urb, data->data, sizeof urb);
        buffer = urb.buffer_length > 0
                     ? resolve(data, offsetof(struct usbdevfs_urb, buffer), (size_t)urb.buffer_length)
                     : NULL;
    }
    struct transfer *t = data && (buffer || urb.buffer_length <= 0) ? calloc(1, sizeof *t) : NULL;
    if (t) {
        t->urb = g_object_ref(data);
        t->buffer = buffer ? g_object_ref(buffer) : NULL;
        t->endpoint = urb.endpoint;
        begin(port, t, &urb);
    }
    return t ? 0 : EIO;
}

static int discard(struct port *port, gulong client_urb)
{
    int rc = EINVAL;
    for (struct transfer *t = port->waiting.first; t && rc != 0; t = t->next) {
        if (t->urb->client_addr == client_urb) {
            unlink_transfer(&port->waiting, t);
            finish(port, t, -ENOENT, 0);
            rc = 0;
            break;
        }
    }
    return rc;
}

static int reap(struct port *port, UMockdevIoctlData *arg)
{
    struct transfer *t;
    int rc = port->out ? ENODEV : EAGAIN;
    pump(port);
    if (!port->done.first && !port->out) {
        /* libusb sees an emulated node as always ready and would spin. */
        device_wait(port->device, IDLE_US);
        pump(port);
    }
    t = port->done.first;
    if (t) {
        UMockdevIoctlData *where = resolve(arg, 0, sizeof(void *));
        unlink_transfer(&port->done, t);
        if (where) {
            umockdev_ioctl_data_set_ptr(where, 0, t->urb);
        }
        forget(t);
        rc = where ? 0 : EIO;
    }
    return rc;
}

static void end_all(struct port *port, int status)
{
    while (port->waiting.first) {
        struct transfer *t = port->waiting.first;
        unlink_transfer(&port->waiting, t);
        finish(port, t, status, 0);
    }
}

/* ---- requests ---- */

static int clear_halt(struct port *port, UMockdevIoctlData *arg)
{
    UMockdevIoctlData *data = resolve(arg, 0, sizeof(unsigned));
    unsigned endpoint;
    if (data) {
        memcpy(&endpoint, data->data, sizeof endpoint);
        device_clear_halt(port->device, (uint8_t)endpoint);
    }
    return data ? 0 : EIO;
}

static int capabilities(UMockdevIoctlData *arg)
{
    const unsigned known = CAPABILITIES;
    UMockdevIoctlData *data = resolve(arg, 0, sizeof known);
    if (data) {
        umockdev_ioctl_data_update(data, 0, (guint8 *)(uintptr_t)&known, sizeof known);
    }
    return data ? 0 : EIO;
}

/* The kernel shows who has the interface; whoever sends on it without having it gets it. */
static void bind_interface(struct port *port, bool bound)
{
    gchar *root = umockdev_testbed_get_root_dir(port->bed->testbed);
    char path[320];
    snprintf(path, sizeof path, "%s/sys%s/1-%u:1.0/driver", root, port->sysfs, port->number);
    const int rc = bound ? symlink("../../../../../../../bus/usb/drivers/usbfs", path) : unlink(path);
    (void)rc; /* it was so before */
    g_free(root);
}

/* 0 or errno */
static int request(struct port *port, gulong number, UMockdevIoctlData *arg)
{
    gulong address;
    int rc = 0;
    switch (number) {
    case USBDEVFS_GET_CAPABILITIES:
        rc = capabilities(arg);
        break;
    case USBDEVFS_SUBMITURB:
        bind_interface(port, true);
        rc = submit(port, arg);
        break;
    case USBDEVFS_DISCARDURB:
        memcpy(&address, arg->data, sizeof address);
        rc = discard(port, address);
        break;
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY:
        rc = reap(port, arg);
        break;
    case USBDEVFS_CLEAR_HALT:
        rc = clear_halt(port, arg);
        break;
    case USBDEVFS_RESET:
        device_reset(port->device);
        break;
    case USBDEVFS_RELEASEINTERFACE:
    case USBDEVFS_CLAIMINTERFACE:
        bind_interface(port, number == USBDEVFS_CLAIMINTERFACE);
        break;
    case USBDEVFS_SETINTERFACE:
    case USBDEVFS_SETCONFIGURATION:
        break;
    case USBDEVFS_IOCTL:
    case USBDEVFS_GETDRIVER:
        rc = ENODATA; /* no kernel driver on it */
        break;
    default:
        rc = ENOTTY;
    }
    return rc;
}

static gboolean on_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer ctx)
{
    struct port *port = ctx;
    (void)base;
    pthread_mutex_lock(&port->lock);
    if (!port->device) {
        pthread_mutex_unlock(&port->lock);
        umockdev_ioctl_client_complete(client, -1, ENODEV);
        return TRUE;
    }
    if (device_gone(port->device) && !port->out) {
        port->out = true;
        end_all(port, -ESHUTDOWN);
    }
    const gulong number = umockdev_ioctl_client_get_request(client);
    const bool late = port->out && number != USBDEVFS_REAPURB && number != USBDEVFS_REAPURBNDELAY &&
                      number != USBDEVFS_DISCARDURB;
    const int rc = late ? ENODEV : request(port, number, umockdev_ioctl_client_get_arg(client));
    pthread_mutex_unlock(&port->lock);
    umockdev_ioctl_client_complete(client, rc == 0 ? 0 : -1, rc);
    return TRUE;
}

/* ---- ports ---- */

static void describe(FILE *out, const struct port *port)
{
    const struct device_config *c = device_configuration(port->device);
    uint8_t bytes[DEVICE_DESCRIPTORS_MAX];
    const size_t len = device_descriptors(port->device, bytes);
    fprintf(
        out,
        "P: %s\nN: bus/usb/001/%03u\nE: DEVNAME=%s\nE: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\nE: BUSNUM=001\n"
        "E: DEVNUM=%03u\nE: MAJOR=189\nE: MINOR=%u\nE: PRODUCT=%x/%x/100\nA: busnum=1\\n\nA: devnum=%u\\n\n"
        "A: speed=12\\n\nA: bConfigurationValue=1\\n\nA: idVendor=%04x\\n\nA: idProduct=%04x\\n\n"
        "A: bDeviceClass=00\\n\nA: bNumConfigurations=1\\n\nA: bNumInterfaces= 1\\n\n",
        port->sysfs, port->address, port->node, port->address, port->address - 1, c->vendor, c->product,
        port->address, c->vendor, c->product);
    fprintf(out, "A: manufacturer=%s\\n\nA: product=%s\\n\nA: serial=%s\\n\nH: descriptors=",
            c->maker ? c->maker : "", c->name ? c->name : "", c->serial ? c->serial : "");
    for (size_t i = 0; i < len; i++) {
        fprintf(out, "%02X", bytes[i]);
    }
    fprintf(out,
            "\n\nP: %s/1-%u:1.0\nE: DEVTYPE=usb_interface\nE: INTERFACE=%u/0/0\nE: PRODUCT=%x/%x/100\nE: "
            "SUBSYSTEM=usb\n"
            "A: bInterfaceClass=%02x\\n\nA: bInterfaceSubClass=00\\n\nA: bInterfaceProtocol=00\\n\n"
            "A: bInterfaceNumber=00\\n\nA: bAlternateSetting= 0\\n\n\n",
            port->sysfs, port->number, c->usb_class, c->vendor, c->product, c->usb_class);
}

static void must(bool ok, GError *error, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s: %s\n", what, error ? error->message : "failed");
        abort();
    }
}

struct bed *bed_new(void)
{
    struct bed *bed = calloc(1, sizeof *bed);
    must(bed != NULL, NULL, "bed");
    bed->testbed = umockdev_testbed_new();
    bed->addresses = 1;
    return bed;
}

static void free_port(gpointer ctx, GClosure *closure)
{
    struct port *port = ctx;
    (void)closure;
    pthread_mutex_destroy(&port->lock);
    free(port);
}

void bed_plug(struct bed *bed, unsigned number, struct device *device)
{
    struct port *port = calloc(1, sizeof *port);
    char *text = NULL;
    size_t len = 0;
    GError *error = NULL;
    must(port != NULL, NULL, "port");
    bed_unplug(bed, number);
    bed->port[number] = port;
    *port = (struct port){.bed = bed, .device = device, .number = number, .address = ++bed->addresses};
    pthread_mutex_init(&port->lock, NULL);
    snprintf(port->node, sizeof port->node, "/dev/bus/usb/001/%03u", port->address);
    snprintf(port->sysfs, sizeof port->sysfs, ROOT_PORT "/1-%u", number);
    /* Before the node is there: the library tells of it by itself, and a program that opens it while the
     * socket does not listen yet is ended. */
    port->handler = umockdev_ioctl_base_new();
    g_signal_connect_data(port->handler, "handle-ioctl", G_CALLBACK(on_ioctl), port, free_port, 0);
    must(umockdev_testbed_attach_ioctl(bed->testbed, port->node, port->handler, &error), error, "attach");
    FILE *out = open_memstream(&text, &len);
    must(out != NULL, NULL, "memory");
    describe(out, port);
    fclose(out);
    must(umockdev_testbed_add_from_string(bed->testbed, text, &error), error, "add");
    free(text);
    char sysfs[128];
    snprintf(sysfs, sizeof sysfs, "/sys%s", port->sysfs);
    umockdev_testbed_uevent(bed->testbed, sysfs, "add");
}

void bed_unplug(struct bed *bed, unsigned number)
{
    struct port *port = bed->port[number];
    char sysfs[128], interface[160];
    if (port) {
        GError *error = NULL;
        pthread_mutex_lock(&port->lock);
        port->out = true;
        end_all(port, -ESHUTDOWN);
        pthread_mutex_unlock(&port->lock);
        snprintf(sysfs, sizeof sysfs, "/sys%s", port->sysfs);
        snprintf(interface, sizeof interface, "%s/1-%u:1.0", sysfs, number);
        umockdev_testbed_uevent(bed->testbed, interface, "remove");
        umockdev_testbed_uevent(bed->testbed, sysfs, "remove");
        umockdev_testbed_remove_device(bed->testbed, interface);
        umockdev_testbed_remove_device(bed->testbed, sysfs);
        /* Only when the node is gone: the preloaded library ends a program that opens it without this socket.
         */
        umockdev_testbed_detach_ioctl(bed->testbed, port->node, &error);
        g_clear_error(&error);
        pthread_mutex_lock(&port->lock);
        while (port->done.first) {
            struct transfer *t = port->done.first;
            unlink_transfer(&port->done, t);
            forget(t);
        }
        port->device = NULL;
        pthread_mutex_unlock(&port->lock);
        bed->port[number] = NULL;
        g_object_unref(port->handler);
    }
}

void bed_disturb(struct bed *bed, unsigned number, int status)
{
    struct port *port = bed->port[number];
    pthread_mutex_lock(&port->lock);
    device_reset(port->device);
    if (status == -ENOENT) {
        bind_interface(port, false); /* usbfs has no way to follow a reset, so it is taken off the device */
    }
    end_all(port, status);
    pthread_mutex_unlock(&port->lock);
}

void bed_free(struct bed **bed)
{
    for (unsigned i = 1; i <= BED_PORTS; i++) {
        bed_unplug(*bed, i);
    }
    g_object_unref((*bed)->testbed);
    free(*bed);
    *bed = NULL;
}
