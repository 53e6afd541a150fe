/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any CCID reader, straight over USB, without pcscd. Readers are bound by interface class 0B (and by the
 * class descriptor where the maker is older than the class), never by a list of products.
 *
 * Reader names: "<product> [<serial>] (<bus>-<ports>) <slot>", the same after a replug into the same port;
 * "USB 076b:3021 (1-2) 0" where the device may not be asked. A reader that another program holds is listed as
 * SSC_SLOT_GONE with in_use; it is taken as soon as it is free.
 *
 * After a call that ran into its deadline the reader is told to abort and the card is powered down, because
 * an answer that comes late must not pass for the answer to the next command: until ssc_channel_reset the
 * channel answers SSC_E_CARD_UNPOWERED (SSC_E_READER_WEDGED while the reader is being brought back).
 */
#ifndef SSC_DRIVERS_CCID_CCID_H
#define SSC_DRIVERS_CCID_CCID_H

#include "drivers/ccid/descriptor.h"
#include "drivers/ccid/engine.h"
#include "drivers/ccid/usb.h"
#include "drivers/reader.h"

struct ssc_ccid_options {
    struct ssc_usb_bus *bus; /* NULL: libusb's; else taken over, also when the driver cannot be made */
    /* 0: all readers; else only the device with this number on this bus (the IFD handler). */
    unsigned only_bus, only_address;
    int only_interface; /* with only_bus: bInterfaceNumber, -1 = any */
};

/* options NULL: all defaults. SSC_E_NO_SERVICE: no USB on this machine. SSC_E_OUT_OF_MEMORY. Owner: caller,
 * ssc_driver_free. No reader is no error. */
int ssc_ccid_driver_new(const struct ssc_ccid_options *options, struct ssc_driver **out);

/* Resets the card of a channel of this driver and negotiates the given protocol instead of the card's first
 * choice. SSC_E_PROTOCOL_MISMATCH: card or reader cannot. */
int ssc_ccid_channel_protocol(struct ssc_channel *ch, enum ssc_protocol protocol, int64_t deadline);

/* Vendor escape (PC_to_RDR_Escape) through ssc_channel_control. */
#define SSC_CCID_CONTROL_ESCAPE (0x42000000u + 1u)

/* What is known of a reader, for `sscard doctor`; any thread. */
struct ssc_ccid_report {
    struct ssc_usb_device device;
    struct ssc_ccid_interface interface;
    struct ssc_ccid_rates rates;
    struct ssc_ccid_counters counters;
    char product[SSC_USB_TEXT_MAX], serial[SSC_USB_TEXT_MAX];
    int opened;          /* 0, or why the reader cannot be used */
    const char *refused; /* why its descriptors are not accepted; NULL */
};
/* SSC_E_READER_NOT_FOUND. reader: name of any of its slots. */
int ssc_ccid_report(struct ssc_driver *d, const char *reader, struct ssc_ccid_report *out);

#endif
