/* SPDX-License-Identifier: Apache-2.0 */
/* USB devices that are card readers or may be, as sysfs and usbfs show them. */
#ifndef SSC_TOOLS_DOCTOR_USB_H
#define SSC_TOOLS_DOCTOR_USB_H

#include "drivers/ccid/descriptor.h"
#include "tools/doctor/seam.h"

#define USB_READERS_MAX 16u
#define USB_DESCRIPTORS_MAX 4096u

struct usb_device {
    char name[64];   /* of the folder in sysfs: "1-2.1" */
    char id[10];     /* "072f:90cc" */
    char label[160]; /* what people call it: product, else maker, else id */
    char product[96], maker[96], serial[64], firmware[8];
    uint16_t vid, pid, bcd;
    unsigned bus, address;
    uint8_t descriptors[USB_DESCRIPTORS_MAX];
    size_t descriptors_len;
    bool ccid;        /* has an interface that a CCID driver may claim */
    bool by_class;    /* ... by class 0B, not only by a descriptor in a vendor class */
    bool reader_like; /* no CCID, but it calls itself a card reader */
    struct ssc_ccid_interface interface;
    const char *refused;    /* why its descriptors are not accepted; NULL */
    char classes[64];       /* classes of its interfaces: "03 FF" */
    char kernel_driver[64]; /* of the CCID interface; "" or "usbfs": none that is in the way */
    char kernel_module[64]; /* that the driver comes from; "" when it is built in */
    char power_control[16], power_status[24];
    char listed_in[128]; /* whose list for pcscd holds it: "libccid" or a bundle's folder; "": nobody's */
    char listed_as[128];
    bool served; /* a reader is offered that is this device: usb_mark_served */
};

struct usb_list {
    struct usb_device *devices; /* readers and what looks like one */
    size_t count;
    unsigned seen; /* USB devices in all, without hubs */
    bool sysfs;    /* there is a USB in sysfs at all */
    bool libccid;  /* the list of libccid was found */
};

/* Fills the list. False: out of memory. */
bool usb_scan(const struct seam *s, struct usb_list *list);
void usb_list_free(struct usb_list *list);
/* The device behind a reader's name as PC/SC or our own USB driver gives it; NULL: none fits. */
const struct usb_device *usb_of_reader(const struct usb_list *list, const char *reader);
/* Notes that a reader of this name is offered. Of several devices that are alike, each name serves one. */
void usb_mark_served(struct usb_list *list, const char *reader);
/* "/dev/bus/usb/001/004" */
void usb_node(const struct usb_device *device, char out[64]);

/* ccid_list.c: the list of readers that pcscd's CCID driver binds. Path below the root, "" when there is
 * none. */
void ccid_list_path(const struct seam *s, char out[SEAM_PATH_MAX]);
/* Whole text of the list, NULL when it cannot be read; the caller frees. */
char *ccid_list_read(const char *path);
/* True with the friendly name when the reader is on it. */
bool ccid_list_has(const char *plist, uint16_t vid, uint16_t pid, char *name, size_t cap);
/* "NAME 00 01" is another slot of "NAME 00 00": the length of what they have in common. */
size_t reader_stem(const char *reader);

#endif
