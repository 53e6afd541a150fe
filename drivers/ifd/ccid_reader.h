/* SPDX-License-Identifier: Apache-2.0 */
/* One CCID reader as pcscd sees it: the driver of drivers/ccid and a channel per slot. */
#ifndef SSC_DRIVERS_IFD_CCID_READER_H
#define SSC_DRIVERS_IFD_CCID_READER_H

#include <stdatomic.h>

#include "drivers/ccid/ccid.h"

struct ifd_ccid_reader {
    struct ssc_driver *driver; /* NULL: not open */
    unsigned slots, users;
    struct ssc_ccid_report report;
    char name[SSC_CCID_SLOTS_MAX][SSC_READER_NAME_MAX];
    struct ssc_channel *channel[SSC_CCID_SLOTS_MAX]; /* NULL: not powered */
    uint64_t version[SSC_CCID_SLOTS_MAX];
    _Atomic bool stop[SSC_CCID_SLOTS_MAX];
};

/* device: what pcscd passes, "usb:1d99/0013:libudev:0:/dev/bus/usb/001/002" or
 * "usb:1d99/0013:libusb-1.0:1:2:0" (bus, device, interface). The second slot joins the first one's reader.
 * SSC_E_INVALID_ARGUMENT, SSC_E_READER_BUSY, SSC_E_PERMISSION_DENIED, SSC_E_READER_NOT_FOUND. */
int ifd_ccid_open(struct ifd_ccid_reader *r, const char *device, unsigned slot);
void ifd_ccid_close(struct ifd_ccid_reader *r, unsigned slot);
bool ifd_ccid_parse(const char *device, struct ssc_ccid_options *options);
enum ssc_slot ifd_ccid_state(struct ifd_ccid_reader *r, unsigned slot);
int ifd_ccid_power_up(struct ifd_ccid_reader *r, unsigned slot, enum ssc_reset how);
int ifd_ccid_protocol(struct ifd_ccid_reader *r, unsigned slot, enum ssc_protocol protocol);
int ifd_ccid_apdu(struct ifd_ccid_reader *r, unsigned slot, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                  size_t *rx_len);
/* PC/SC part 10. */
int ifd_ccid_control(struct ifd_ccid_reader *r, unsigned slot, uint32_t code, const uint8_t *tx,
                     size_t tx_len, uint8_t *rx, size_t *rx_len);
/* Sleeps until something may have changed, at most timeout_ms (< 0: no limit). */
void ifd_ccid_sleep(struct ifd_ccid_reader *r, unsigned slot, int timeout_ms);
void ifd_ccid_wake(struct ifd_ccid_reader *r, unsigned slot);

#endif
