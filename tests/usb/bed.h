/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports into which scripted readers are plugged: emulated sysfs, /dev/bus/usb, usbfs requests and udev events
 * (umockdev), for this process and its children. No kernel, no privileges. A program calls bed_enter first.
 */
#ifndef SSC_TESTS_USB_BED_H
#define SSC_TESTS_USB_BED_H

#include "device.h"

enum { BED_PORTS = 4 };

struct bed;

/* Runs this program anew with umockdev's library in front, once; returns when it is there. Without umockdev
 * the program ends with 77 and one line that says so. */
void bed_enter(char **argv);
struct bed *bed_new(void);
void bed_free(struct bed **bed); /* takes everything out */
/* Port 1 .. BED_PORTS; borrows the device. */
void bed_plug(struct bed *bed, unsigned port, struct device *device);
void bed_unplug(struct bed *bed, unsigned port);
/* The reader loses its power and stays in the list: the kernel ends every transfer with -ESHUTDOWN (suspend
 * and resume) or -ENOENT (reset by another program). */
void bed_disturb(struct bed *bed, unsigned port, int status);

#endif
