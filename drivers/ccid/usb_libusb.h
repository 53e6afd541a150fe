/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the libusb transport: usb_libusb.c moves bytes, usb_libusb_bus.c knows what is plugged in. */
#ifndef SSC_DRIVERS_CCID_USB_LIBUSB_H
#define SSC_DRIVERS_CCID_USB_LIBUSB_H

#include <libusb.h>
#include <pthread.h>
#include <stdatomic.h>

#include "drivers/ccid/usb.h"
#include "drivers/reader.h"
#include "drivers/wait.h"

#define SSC_USB_DEVICES_MAX (SSC_READERS_MAX * 4u)

struct ssc_libusb_bus {
    struct ssc_usb_bus base;
    libusb_context *context;
    libusb_hotplug_callback_handle hotplug;
    bool has_hotplug, has_thread;
    pthread_t thread;
    _Atomic int stopping;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* below: lock */
    uint64_t version, next_id;
    bool woken;
    struct {
        libusb_device *device; /* a reference of ours */
        uint64_t id;
    } known[SSC_USB_DEVICES_MAX];
    size_t known_count;
};

int ssc_libusb_error(int libusb);
/* Takes the handle with its claimed interface; closes it also when it fails. */
int ssc_libusb_handle_new(struct ssc_libusb_bus *bus, libusb_device_handle *handle, int interface,
                          struct ssc_usb **out);

#endif
