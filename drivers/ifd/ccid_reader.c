/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ifd/ccid_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/ifd/ifd.h"

enum {
    OPEN_MS = 10000,
    POWER_MS = 10000,
    LIST_MS = 1000,
    /* PC/SC knows no deadline. The longest work of a card that is still at work is far below this, and a mute
     * one must not hold pcscd for ever. */
    EXCHANGE_MS = 60000,
    PIN_MS_EXTRA = 5000, /* for the card, behind the holder's time */
    PIN_DEFAULT_S = 30,
    SLICE_MS = 500, /* how soon a slot that shares its reader notices that it is to stop */
};

bool ifd_ccid_parse(const char *device, struct ssc_ccid_options *options)
{
    unsigned vid, pid, bus = 0, address = 0;
    int interface = -1;
    const bool udev = sscanf(device, "usb:%4x/%4x:libudev:%d:/dev/bus/usb/%3u/%3u", &vid, &pid, &interface,
                             &bus, &address) == 5;
    const bool usb = !udev && sscanf(device, "usb:%4x/%4x:libusb-1.0:%3u:%3u:%d", &vid, &pid, &bus, &address,
                                     &interface) == 5;
    *options =
        (struct ssc_ccid_options){.only_bus = bus, .only_address = address, .only_interface = interface};
    return (udev || usb) && bus > 0 && address > 0;
}

/* Reads the reader's slots and their names off the list; all slots of one device are listed together. */
static int take_names(struct ifd_ccid_reader *r)
{
    struct ssc_reader_state states[SSC_READERS_MAX];
    size_t count = SSC_READERS_MAX;
    int rc = ssc_driver_list(r->driver, states, &count, ssc_deadline(OPEN_MS));
    if (rc == 0 && count == 0) {
        rc = SSC_E_READER_NOT_FOUND;
    }
    if (rc == 0) {
        rc = ssc_ccid_report(r->driver, states[0].name, &r->report);
        rc = rc == 0 ? r->report.opened : rc;
    }
    if (rc == 0) {
        r->slots = r->report.interface.ccid.slots;
        for (size_t i = 0; i < r->slots && i < count; i++) {
            memcpy(r->name[i], states[i].name, sizeof r->name[i]);
        }
    }
    return rc;
}

int ifd_ccid_open(struct ifd_ccid_reader *r, const char *device, unsigned slot)
{
    struct ssc_ccid_options options;
    int rc = ifd_ccid_parse(device, &options) ? 0 : SSC_E_INVALID_ARGUMENT;
    if (rc == 0 && !r->driver) {
        rc = ssc_ccid_driver_new(&options, &r->driver);
        rc = rc == 0 ? take_names(r) : rc;
        if (rc != 0) {
            ssc_driver_free(&r->driver);
        }
    }
    if (rc == 0 && slot >= r->slots) {
        rc = SSC_E_READER_NOT_FOUND;
    }
    if (rc == 0) {
        r->users++;
        r->stop[slot] = false;
    }
    return rc;
}

void ifd_ccid_close(struct ifd_ccid_reader *r, unsigned slot)
{
    ssc_channel_close(&r->channel[slot], true);
    if (--r->users == 0) {
        ssc_driver_free(&r->driver);
        memset(r->version, 0, sizeof r->version);
    }
}

enum ssc_slot ifd_ccid_state(struct ifd_ccid_reader *r, unsigned slot)
{
    struct ssc_reader_state states[SSC_CCID_SLOTS_MAX * 2];
    size_t count = sizeof states / sizeof states[0];
    enum ssc_slot state = SSC_SLOT_GONE;
    if (ssc_driver_list(r->driver, states, &count, ssc_deadline(LIST_MS)) == 0) {
        for (size_t i = 0; i < count; i++) {
            state = strcmp(states[i].name, r->name[slot]) == 0 ? states[i].slot : state;
        }
    }
    return state;
}

int ifd_ccid_power_up(struct ifd_ccid_reader *r, unsigned slot, enum ssc_reset how)
{
    struct ssc_channel **ch = &r->channel[slot];
    const int64_t deadline = ssc_deadline(POWER_MS);
    int rc = *ch ? SSC_E_READER_WEDGED : SSC_E_CARD_REMOVED;
    while (*ch && rc == SSC_E_READER_WEDGED && ssc_now_ms() < deadline) {
        rc = ssc_channel_reset(*ch, how, deadline);
        if (rc == SSC_E_READER_WEDGED) {
            ifd_ccid_sleep(r, slot, 20); /* the driver is bringing the reader back */
        }
    }
    if (rc != 0) { /* no card yet, or another one */
        ssc_channel_close(ch, false);
        rc = ssc_channel_open(r->driver, r->name[slot], false, ch, deadline);
    }
    return rc;
}

int ifd_ccid_protocol(struct ifd_ccid_reader *r, unsigned slot, enum ssc_protocol protocol)
{
    struct ssc_channel *ch = r->channel[slot];
    int rc = ch ? 0 : SSC_E_CARD_UNPOWERED;
    if (rc == 0 && ch->protocol != protocol) {
        rc = ssc_ccid_channel_protocol(ch, protocol, ssc_deadline(POWER_MS));
    }
    return rc;
}

int ifd_ccid_apdu(struct ifd_ccid_reader *r, unsigned slot, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                  size_t *rx_len)
{
    struct ssc_channel *ch = r->channel[slot];
    return ch ? ssc_channel_transmit(ch, tx, tx_len, rx, rx_len, ssc_deadline(EXCHANGE_MS))
              : SSC_E_CARD_UNPOWERED;
}

/* ctx: a powered slot's channel, or NULL. */
static int enter_pin(void *ctx, const struct ssc_pin_entry *asked, uint8_t *rx, size_t *rx_len)
{
    struct ssc_pin_entry entry = *asked;
    entry.timeout_s = entry.timeout_s ? entry.timeout_s : PIN_DEFAULT_S;
    return ctx ? ssc_channel_pin_entry(ctx, &entry, rx, rx_len,
                                       ssc_deadline((int64_t)entry.timeout_s * 1000 + PIN_MS_EXTRA))
               : SSC_E_CARD_UNPOWERED;
}

int ifd_ccid_control(struct ifd_ccid_reader *r, unsigned slot, uint32_t code, const uint8_t *tx,
                     size_t tx_len, uint8_t *rx, size_t *rx_len)
{
    const struct ssc_ccid_descriptor *d = &r->report.interface.ccid;
    const struct ssc_ifd_pad pad = {.features =
                                        (d->pin_support & SSC_CCID_PIN_VERIFY ? SSC_FEATURE_PIN_VERIFY : 0u) |
                                        (d->pin_support & SSC_CCID_PIN_MODIFY ? SSC_FEATURE_PIN_MODIFY : 0u),
                                    .lcd = (unsigned)d->lcd_lines << 8 | d->lcd_columns,
                                    .max_apdu = d->level == SSC_CCID_SHORT_APDU ? 0 : 65536,
                                    .vid = r->report.device.vid,
                                    .pid = r->report.device.pid,
                                    .enter = enter_pin,
                                    .ctx = r->channel[slot]};
    return ssc_ifd_control(&pad, code, tx, tx_len, rx, rx_len);
}

void ifd_ccid_sleep(struct ifd_ccid_reader *r, unsigned slot, int timeout_ms)
{
    const int64_t deadline = timeout_ms < 0 ? INT64_MAX : ssc_deadline(timeout_ms);
    int rc = SSC_E_DEADLINE_EXCEEDED;
    while (rc != 0 && !r->stop[slot] && ssc_now_ms() < deadline) {
        const int64_t slice = ssc_deadline(SLICE_MS);
        const bool whole = r->slots == 1 && timeout_ms >= 0; /* nobody else can take our wake-up away */
        rc = ssc_driver_watch(r->driver, &r->version[slot], whole || slice > deadline ? deadline : slice);
    }
    r->stop[slot] = false;
}

void ifd_ccid_wake(struct ifd_ccid_reader *r, unsigned slot)
{
    r->stop[slot] = true;
    ssc_driver_wake(r->driver);
}
