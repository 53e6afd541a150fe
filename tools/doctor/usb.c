/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/doctor/usb.h"

#include "drivers/ccid/bind.h"

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
    } else if (claims || u->listed) {
        u->refused = why ? why : "no CCID class descriptor";
    }
}

/* "1-2:1.0": configuration 1, the interface's number. */
static void interface_driver(const struct seam *s, struct usb_device *u)
{
    char link[SEAM_PATH_MAX];
    if (seam_path(s, link, "/sys/bus/usb/devices/%s/%s:1.%u/driver", u->name, u->name, u->interface.number)) {
        seam_link(u->kernel_driver, sizeof u->kernel_driver, link);
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

/* Named by a bundle of our own, as `sscard readers --bind` makes it. */
static bool bound_to_us(const struct seam *s, const struct usb_device *u)
{
    char path[SEAM_PATH_MAX];
    return ssc_ccid_bind_path(SSC_DROP_DIR, u->vid, u->pid, path, sizeof path) == 0 && seam_exists(s, path);
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
    u->listed = scan->plist && ccid_list_has(scan->plist, u->vid, u->pid, u->listed_as, sizeof u->listed_as);
    if (!u->listed && bound_to_us(scan->seam, u)) {
        u->listed = true;
        snprintf(u->listed_as, sizeof u->listed_as, "%s", SSC_CCID_BUNDLE);
    }
    decode(u);
    interface_driver(scan->seam, u);
    u->reader_like = !u->ccid && !u->refused && (says_reader(u->product) || says_reader(u->maker));
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

const struct usb_device *usb_of_reader(const struct usb_list *list, const char *reader)
{
    const struct usb_device *found = NULL;
    for (size_t i = 0; i < list->count && !found; i++) {
        const struct usb_device *u = &list->devices[i];
        /* pcscd goes by the list's name, or by the device's; our own driver by the product. */
        const bool fits = (u->listed_as[0] && strstr(reader, u->listed_as)) ||
                          (u->product[0] && strstr(reader, u->product)) || strstr(reader, u->id);
        found = fits ? u : NULL;
    }
    return found;
}

void usb_node(const struct usb_device *u, char out[64])
{
    snprintf(out, 64, "/dev/bus/usb/%03u/%03u", u->bus, u->address);
}
