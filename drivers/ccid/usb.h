/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seam between CCID and USB. usb_libusb.c implements it over libusb; tests and fuzzers play the device.
 * Nothing above it knows libusb.
 *
 * Deadlines are absolute CLOCK_MONOTONIC ms and hold whatever the device does. Errors: SSC_E_READER_REMOVED
 * (unplugged, or
 * the interface was taken away and must be opened anew), SSC_E_DEADLINE_EXCEEDED, SSC_E_CANCELLED
 * (ssc_usb_ops.wake), SSC_E_READER_IO (stall, overflow, protocol error), SSC_E_READER_BUSY and
 * SSC_E_READER_DENIED (open only), SSC_E_OUT_OF_MEMORY.
 */
#ifndef SSC_DRIVERS_CCID_USB_H
#define SSC_DRIVERS_CCID_USB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ssc_usb;

struct ssc_usb_ops {
    int (*bulk_out)(struct ssc_usb *u, uint8_t endpoint, const uint8_t *data, size_t len, int64_t deadline);
    /* One transfer: ends when `*len` bytes are there or with a short packet. *len: capacity in, length out;
     * 0 bytes are a packet without content. After a deadline *len says what had come until then. */
    int (*bulk_in)(struct ssc_usb *u, uint8_t endpoint, uint8_t *data, size_t *len, int64_t deadline);
    int (*interrupt_in)(struct ssc_usb *u, uint8_t endpoint, uint8_t *data, size_t *len, int64_t deadline);
    int (*control)(struct ssc_usb *u, uint8_t request_type, uint8_t request, uint16_t value, uint16_t index,
                   uint8_t *data, size_t *len, int64_t deadline);
    /* After a stall. May take as long as the kernel does; called only by the thread that looks after the
     * reader. */
    int (*clear_halt)(struct ssc_usb *u, uint8_t endpoint);
    /* Resets the port; the device keeps its place or comes anew. */
    int (*reset)(struct ssc_usb *u);
    /* Ends interrupt_in in another thread with SSC_E_CANCELLED; remembered until the next one. */
    void (*wake)(struct ssc_usb *u);
    void (*close)(struct ssc_usb *u); /* gives the interface back; frees */
};
struct ssc_usb {
    const struct ssc_usb_ops *ops;
};

#define SSC_USB_PATH_MAX 32u
#define SSC_USB_TEXT_MAX 64u

/* A device that is plugged in. */
struct ssc_usb_device {
    uint64_t id; /* never used twice by one bus: a replugged device has another one */
    uint8_t bus, address;
    char path[SSC_USB_PATH_MAX]; /* "1-2.3": bus and ports, the same after a replug into the same port */
    uint16_t vid, pid, firmware; /* firmware: bcdDevice */
    uint8_t config[1024]; /* active configuration descriptor, as far as it fits; empty: not configured */
    size_t config_len;
};

struct ssc_usb_bus;
struct ssc_usb_bus_ops {
    /* *count: capacity in, number out; what does not fit is left out. */
    int (*list)(struct ssc_usb_bus *b, struct ssc_usb_device *out, size_t *count);
    /* Sleeps until something was plugged or unplugged since *version was learnt (0: returns at once).
     * SSC_E_DEADLINE_EXCEEDED, SSC_E_CANCELLED. */
    int (*watch)(struct ssc_usb_bus *b, uint64_t *version, int64_t deadline);
    void (*wake)(struct ssc_usb_bus *b); /* ends watch; remembered until the next one */
    /* Opens and claims one interface. product and serial: UTF-8, NUL terminated, "" when the device has none.
     */
    int (*open)(struct ssc_usb_bus *b, const struct ssc_usb_device *device, uint8_t interface,
                uint8_t alternate, struct ssc_usb **out, char product[SSC_USB_TEXT_MAX],
                char serial[SSC_USB_TEXT_MAX]);
    void (*free)(struct ssc_usb_bus *b); /* after all devices are closed */
};
struct ssc_usb_bus {
    const struct ssc_usb_bus_ops *ops;
};

/* All of them through libusb. SSC_E_NO_SERVICE: there is no USB here. Owner: caller, ops->free. */
int ssc_usb_libusb_new(struct ssc_usb_bus **out);

#endif
