/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scripted CCID reader as a USB device (USB CCID rev 1.1), with simulated cards in its slots: bytes in at
 * the bulk-out pipe, packets out at bulk-in and interrupt. What carries those packets (emulated usbfs, the
 * usb-redir protocol, a call) is the caller's. Descriptors can be bent, and everything that a reader can do
 * wrong is a fault. Any thread.
 */
#ifndef SSC_TESTS_USB_DEVICE_H
#define SSC_TESTS_USB_DEVICE_H

#include "contact.h"

enum { DEVICE_SLOTS = 4, DEVICE_MESSAGE_MAX = 10 + 65544, DEVICE_DESCRIPTORS_MAX = 512, DEVICE_LOG = 64 };
enum { DEVICE_OUT = 0x01, DEVICE_IN = 0x82, DEVICE_INTERRUPT = 0x83 };
enum { DEVICE_LEN = 18, CONFIG_LEN = 9, INTERFACE_LEN = 9, CLASS_LEN = 54, ENDPOINT_LEN = 7 };
enum { CLASS_AT = DEVICE_LEN + CONFIG_LEN + INTERFACE_LEN }; /* the class descriptor, for device_bend */

enum device_level { LEVEL_CHARACTER, LEVEL_TPDU, LEVEL_SHORT, LEVEL_EXTENDED };

struct device_config {
    uint16_t vendor, product;
    uint8_t usb_class; /* 0B, or FF */
    const char *maker, *name, *serial;
    unsigned slots, busy_slots;
    enum device_level level;
    uint32_t features; /* beside the level */
    uint8_t voltages;  /* the reader's */
    uint8_t card_voltages;
    uint8_t protocols;
    uint32_t max_message, max_ifsd;
    uint8_t pin_support, lcd_lines, lcd_columns;
    bool interrupt;
};
/* One slot, short APDU, T=0 and T=1, everything automatic, interrupt pipe; 076B:3021, which libccid knows. */
struct device_config device_default(enum device_level level);

enum device_fault {
    DEVICE_SOUND,
    DEVICE_SHORT_HEADER, /* 7 bytes */
    DEVICE_CUT,          /* `arg` bytes of the answer, then nothing more */
    DEVICE_LONG,         /* `arg` bytes behind the announced length */
    DEVICE_LENGTH_LIES,  /* dwLength FFFFFFF0 */
    DEVICE_WRONG_SEQ,
    DEVICE_WRONG_SLOT,
    DEVICE_WRONG_TYPE,
    DEVICE_STATUS,         /* bStatus `arg` >> 8, bError the low byte; the command is not executed */
    DEVICE_TIME_EXTENSION, /* `arg` requests for more time before the answer; 0: for ever */
    DEVICE_HANG,           /* no answer until an abort */
    DEVICE_DEAF,           /* no answer, not even to an abort, until a reset of the device */
    DEVICE_STALL,          /* bulk-in halts */
    DEVICE_STALL_OUT,      /* bulk-out halts, the command is lost */
    DEVICE_NOISE,          /* 64 bytes of nothing sensible */
    DEVICE_EMPTY,          /* a packet of length 0 before the answer */
    DEVICE_TWICE,          /* the answer, and the same again */
    DEVICE_STALE,          /* an answer with an older sequence number before the right one */
    DEVICE_LATE,           /* after `arg` ms */
    DEVICE_PROTOCOL,       /* transfer error EPROTO */
    DEVICE_BABBLE,         /* transfer error EOVERFLOW */
    DEVICE_UNPLUG,         /* gone after `arg` bytes of the answer */
    DEVICE_UNPLUG_OUT,     /* gone before the command is executed */
    DEVICE_CHAIN_LIES,     /* bChainParameter 1 for ever (extended APDU) */
};

struct device_message {
    uint8_t type, slot, seq, param[3];
    uint32_t len;
    uint8_t data[16]; /* the first bytes */
};

struct device;
struct device *device_new(const struct device_config *config); /* NULL: no memory */
void device_free(struct device **d);

/* Device descriptor, then the configuration with all that follows. Returns the length. */
size_t device_descriptors(struct device *d, uint8_t out[DEVICE_DESCRIPTORS_MAX]);
/* Overwrites bytes of the descriptors at an offset; sets their total to `total` if not 0 (cut off). */
void device_bend(struct device *d, size_t at, const uint8_t *bytes, size_t len, size_t total);
const struct device_config *device_configuration(const struct device *d);

/* ---- the world's side ---- */
/* image: name of a ready-made image or JSON text; NULL: the card that was there before. 0 or ssc_error. */
int device_insert(struct device *d, unsigned slot, const char *image);
void device_remove(struct device *d, unsigned slot);
/* Not while commands run. */
struct ssc_sim_card *device_card(struct device *d, unsigned slot);
struct contact *device_contact(struct device *d, unsigned slot);
/* For the nth command of this type from now on (type 0: any); nth 0: every one. Replaces the one before. */
void device_fault(struct device *d, enum device_fault fault, uint8_t type, unsigned nth, unsigned arg);
/* The state of the slots once more on the interrupt pipe. */
void device_tell_again(struct device *d);
/* One packet on the interrupt pipe, `count` times. */
void device_interrupt(struct device *d, const uint8_t *packet, size_t len, unsigned count);
/* What the holder types on the keypad: digits for each entry in turn, "1234,5678"; "C": cancels; "": nothing,
 * the reader gives up after its own timeout. */
void device_type(struct device *d, const char *digits);
unsigned device_count(struct device *d, uint8_t type); /* messages seen; 0: all */
/* The last message of a type; false: none. */
bool device_last(struct device *d, uint8_t type, struct device_message *out);
unsigned device_aborts(struct device *d); /* ABORT requests on the control pipe */
unsigned device_resets(struct device *d);
bool device_gone(struct device *d); /* a fault has pulled the plug */
void device_replug(struct device *d);

/* ---- the bus' side; results are 0 or -errno ---- */
int device_out(struct device *d, const uint8_t *bytes, size_t len);
/* False: nothing there. Else *status, and *len of at most cap bytes. */
bool device_in(struct device *d, uint8_t endpoint, uint8_t *out, size_t cap, size_t *len, int *status);
/* setup: 8 bytes; data: what is sent or room for *len bytes. */
int device_control(struct device *d, const uint8_t *setup, uint8_t *data, size_t *len);
void device_clear_halt(struct device *d, uint8_t endpoint);
void device_reset(struct device *d);
/* Sleeps until there may be something to fetch, at most us. */
void device_wait(struct device *d, unsigned us);

#endif
