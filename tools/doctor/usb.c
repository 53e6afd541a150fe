/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/doctor/usb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICE_DESCRIPTOR_LEN = 18, CLASS_CCID = 0x0B, CLASS_HUB = 0x09, TYPE_INTERFACE = 4 };

struct scan {
    const struct seam *seam;
    struct usb_list *list;
    char *plist;
    bool memory;
};

static unsigned hex_file(const char *folder, const char *file)
{
    char text[32];
    seam_line(text, sizeof text, folder, file);
    return (unsigned)strtoul(text, NULL, 16);
}

static unsigned number_file(const char *folder, const char *file)
{
    char text[32];
    seam_line(text, sizeof text, folder, file);
    return (unsigned)strtoul(text, NULL, 10);
}

/* "03 FF": every interface descriptor's class, once. */
static void classes(struct usb_device *u)
{
    const uint8_t *d = u->descriptors;
    for (size_t at = 0; at + 9 <= u->descriptors_len && d[at] >= 2; at += d[at]) {
        char text[4];
        snprintf(text, sizeof text, "%02X", d[at + 5]);
        if (d[at + 1] == TYPE_INTERFACE && !strstr(u->classes, text) &&
            strlen(u->classes) + 4 < sizeof u->classes) {
            const size_t used = strlen(u->classes);
            snprintf(u->classes + used, sizeof u->classes - used, "%s%s", used ? " " : "", text);
        }
    }
}

static bool says_reader(const char *text)
{
    static const char *const words[] = {"smart card", "smartcard", "card reader", "cardreader", "IC reader",
                                        "IC card",    "读卡器",    "RFID reader", "PSAM",       "idcard"};
    bool found = false;
    for (size_t i = 0; i < sizeof words / sizeof words[0] && !found; i++) {
        found = strcasestr(text, words[i]) != NULL;
    }
    return found;
}

static void decode(struct usb_device *u)
{
    struct ssc_ccid_interface interfaces[SSC_CCID_INTERFACES_MAX];
    size_t count = SSC_CCID_INTERFACES_MAX;
    const char *why = NULL;
    classes(u);
    const bool claims = strstr(u->classes, "0B") != NULL;
    if (u->descriptors_len > DEVICE_DESCRIPTOR_LEN) {
        const int rc =
            ssc_ccid_config_walk(u->descriptors + DEVICE_DESCRIPTOR_LEN,
                                 u->descriptors_len - DEVICE_DESCRIPTOR_LEN, true, interfaces, &count, &why);
        u->ccid = rc == 0 && count > 0;
    }
    if (u->ccid) {
        u->interface = interfaces[0];
        u->by_class = interfaces[0].usb_class == CLASS_CCID;
    } else if (claims || u->listed_in[0]) {
        u->refused = why ? why : "no CCID class descriptor";
    }
}

/* "1-2:1.0": the configuration, the interface's number. */
static void interface_driver(const struct seam *s, const char *folder, struct usb_device *u)
{
    const unsigned configuration = number_file(folder, "bConfigurationValue");
    char link[SEAM_PATH_MAX];
    if (seam_path(s, link, "/sys/bus/usb/devices/%s/%s:%u.%u/driver", u->name, u->name,
                  configuration ? configuration : 1, u->interface.number)) {
        seam_link(u->kernel_driver, sizeof u->kernel_driver, link);
        strncat(link, "/module", sizeof link - strlen(link) - 1);
        seam_link(u->kernel_module, sizeof u->kernel_module, link);
    }
}

static void read_texts(struct usb_device *u, const char *folder)
{
    seam_line(u->product, sizeof u->product, folder, "product");
    seam_line(u->maker, sizeof u->maker, folder, "manufacturer");
    seam_line(u->serial, sizeof u->serial, folder, "serial");
    seam_line(u->power_control, sizeof u->power_control, folder, "power/control");
    seam_line(u->power_status, sizeof u->power_status, folder, "power/runtime_status");
    snprintf(u->id, sizeof u->id, "%04x:%04x", u->vid, u->pid);
    snprintf(u->firmware, sizeof u->firmware, "%x.%02x", u->bcd >> 8, u->bcd & 0xFFu);
    /* Makers often begin the product's name with their own. */
    const bool doubled = u->maker[0] && strncasecmp(u->maker, u->product, strlen(u->maker)) == 0;
    if (u->product[0] || u->maker[0]) {
        snprintf(u->label, sizeof u->label, "%.70s%s%.80s", doubled ? "" : u->maker,
                 !doubled && u->maker[0] && u->product[0] ? " " : "", u->product);
    } else {
        snprintf(u->label, sizeof u->label, "USB %s", u->id);
    }
}

struct bundles {
    const char *folder; /* pcscd's folder of drivers, below the root */
    struct usb_device *device;
};

static void take_bundle(void *ctx, const char *name)
{
    struct bundles *b = ctx;
    struct usb_device *u = b->device;
    char path[SEAM_PATH_MAX];
    char *plist = NULL;
    if (!u->listed_in[0] &&
        (size_t)snprintf(path, sizeof path, "%s/%s/Contents/Info.plist", b->folder, name) < sizeof path) {
        plist = ccid_list_read(path);
    }
    if (plist && ccid_list_has(plist, u->vid, u->pid, u->listed_as, sizeof u->listed_as)) {
        snprintf(u->listed_in, sizeof u->listed_in, "%s", name);
    }
    free(plist);
}

/* libccid's list, else that of any other driver that pcscd has: ours, `sscard readers --bind`, a maker's. */
static void look_up(const struct scan *scan, struct usb_device *u)
{
    static const char *const folders[] = {SSC_DROP_DIR, "/usr/lib/pcsc/drivers",
                                          "/usr/local/lib/pcsc/drivers"};
    char folder[SEAM_PATH_MAX];
    if (scan->plist && ccid_list_has(scan->plist, u->vid, u->pid, u->listed_as, sizeof u->listed_as)) {
        snprintf(u->listed_in, sizeof u->listed_in, "libccid");
    }
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (!u->listed_in[0] && seam_path(scan->seam, folder, "%s", folders[i])) {
            seam_folder(folder, take_bundle, &(struct bundles){.folder = folder, .device = u});
        }
    }
}

static void read_device(struct scan *scan, const char *name, const char *folder, struct usb_device *u)
{
    char path[SEAM_PATH_MAX + 16];
    *u = (struct usb_device){.vid = (uint16_t)hex_file(folder, "idVendor"),
                             .pid = (uint16_t)hex_file(folder, "idProduct")};
    snprintf(u->name, sizeof u->name, "%s", name);
    u->bcd = (uint16_t)hex_file(folder, "bcdDevice");
    u->bus = number_file(folder, "busnum");
    u->address = number_file(folder, "devnum");
    snprintf(path, sizeof path, "%s/descriptors", folder);
    const ssize_t len = seam_read(path, u->descriptors, sizeof u->descriptors);
    u->descriptors_len = len > 0 ? (size_t)len : 0;
    read_texts(u, folder);
    look_up(scan, u);
    decode(u);
    interface_driver(scan->seam, folder, u);
    /* A "card reader" of mass storage reads photographs. */
    u->reader_like = !u->ccid && !u->refused && strcmp(u->classes, "08") != 0 &&
                     (says_reader(u->product) || says_reader(u->maker));
}

static void take_device(void *ctx, const char *name)
{
    struct scan *scan = ctx;
    struct usb_list *list = scan->list;
    char folder[SEAM_PATH_MAX];
    struct usb_device *u = calloc(1, sizeof *u);
    /* "1-2:1.0" is an interface, "usb1" a root hub */
    const bool device = u && !strchr(name, ':') && strncmp(name, "usb", 3) != 0 &&
                        seam_path(scan->seam, folder, "/sys/bus/usb/devices/%s", name) &&
                        hex_file(folder, "bDeviceClass") != CLASS_HUB;
    list->seen += device ? 1 : 0;
    if (device && list->count < USB_READERS_MAX) {
        read_device(scan, name, folder, u);
    }
    if (device && (u->ccid || u->refused || u->reader_like) && list->count < USB_READERS_MAX) {
        struct usb_device *bigger = realloc(list->devices, (list->count + 1) * sizeof *bigger);
        scan->memory = scan->memory && bigger;
        if (bigger) {
            list->devices = bigger;
            list->devices[list->count++] = *u;
        }
    }
    scan->memory = scan->memory && u;
    free(u);
}

bool usb_scan(const struct seam *s, struct usb_list *list)
{
    char path[SEAM_PATH_MAX];
    struct scan scan = {.seam = s, .list = list, .memory = true};
    ccid_list_path(s, path);
    scan.plist = ccid_list_read(path);
    *list = (struct usb_list){.sysfs = seam_exists(s, "/sys/bus/usb/devices"), .libccid = scan.plist != NULL};
    if (seam_path(s, path, "/sys/bus/usb/devices")) {
        seam_folder(path, take_device, &scan);
    }
    free(scan.plist);
    return scan.memory;
}

void usb_list_free(struct usb_list *list)
{
    free(list->devices);
    *list = (struct usb_list){0};
}

/* How well a reader's name fits: 0 not at all, 1 by name, 2 by where it is plugged in or its serial number.
 * pcscd goes by the list's name or by the device's, "NAME (SERIAL) 00 00"; our own driver by the product,
 * "NAME (1-2) 0". */
static unsigned likeness(const struct usb_device *u, const char *reader)
{
    char place[sizeof u->name + 2], serial[sizeof u->serial + 2];
    snprintf(place, sizeof place, "(%s)", u->name);
    snprintf(serial, sizeof serial, "(%s)", u->serial);
    const bool named = (u->listed_as[0] && strstr(reader, u->listed_as)) ||
                       (u->product[0] && strstr(reader, u->product)) || strstr(reader, u->id);
    const bool exact = strstr(reader, place) || (named && u->serial[0] && strstr(reader, serial));
    return exact ? 2 : named ? 1 : 0;
}

static struct usb_device *best(const struct usb_list *list, const char *reader)
{
    struct usb_device *found = NULL;
    unsigned rank = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct usb_device *u = &list->devices[i];
        const unsigned fits = likeness(u, reader), here = fits ? 2 * fits + (u->served ? 0 : 1) : 0;
        found = here > rank ? u : found;
        rank = here > rank ? here : rank;
    }
    return found;
}

const struct usb_device *usb_of_reader(const struct usb_list *list, const char *reader)
{
    return best(list, reader);
}

void usb_mark_served(struct usb_list *list, const char *reader)
{
    struct usb_device *u = best(list, reader);
    if (u) {
        u->served = true;
    }
}

void usb_node(const struct usb_device *u, char out[64])
{
    snprintf(out, 64, "/dev/bus/usb/%03u/%03u", u->bus, u->address);
}

size_t reader_stem(const char *reader)
{
    const char *space = strrchr(reader, ' ');
    return space ? (size_t)(space - reader) : strlen(reader);
}
