/* SPDX-License-Identifier: Apache-2.0 */
/* What a reader says of itself: the CCID class descriptor (USB CCID rev 1.1 clause 5.1) and where its
 * interface stands in the configuration descriptor. Pure functions over bytes that the device sent. */
#ifndef SSC_DRIVERS_CCID_DESCRIPTOR_H
#define SSC_DRIVERS_CCID_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSC_CCID_DESCRIPTOR_LEN 54u
#define SSC_CCID_SLOTS_MAX 16u
#define SSC_CCID_INTERFACES_MAX 8u
#define SSC_CCID_MESSAGE_MAX (10u + 65544u) /* dwMaxCCIDMessageLength, the most that the class allows */

enum ssc_ccid_level {
    SSC_CCID_CHARACTER,     /* the host does procedure bytes and blocks */
    SSC_CCID_TPDU,          /* the reader does procedure bytes, the host T=1 blocks */
    SSC_CCID_SHORT_APDU,    /* the reader does everything, up to 261 bytes */
    SSC_CCID_EXTENDED_APDU, /* the same with extended lengths, messages are chained */
};

/* dwFeatures */
enum ssc_ccid_feature {
    SSC_CCID_AUTO_PARAMETERS = 0x2,   /* configures itself from the ATR */
    SSC_CCID_AUTO_ACTIVATION = 0x4,   /* powers a card on insertion */
    SSC_CCID_AUTO_VOLTAGE = 0x8,      /* finds the voltage by itself */
    SSC_CCID_AUTO_CLOCK = 0x10,       /* clock follows SetParameters */
    SSC_CCID_AUTO_RATE = 0x20,        /* baud rate follows SetParameters */
    SSC_CCID_AUTO_NEGOTIATION = 0x40, /* has done PPS by itself, its own way */
    SSC_CCID_AUTO_PPS = 0x80,         /* does PPS as SetParameters asks */
    SSC_CCID_CLOCK_STOP = 0x100,
    SSC_CCID_NAD = 0x200,
    SSC_CCID_AUTO_IFSD = 0x400, /* sends S(IFS request) as first block of T=1 */
    SSC_CCID_LEVEL_TPDU = 0x10000,
    SSC_CCID_LEVEL_SHORT = 0x20000,
    SSC_CCID_LEVEL_EXTENDED = 0x40000,
    SSC_CCID_WAKE_UP = 0x100000,
};

enum { SSC_CCID_5V = 1, SSC_CCID_3V = 2, SSC_CCID_1V8 = 4 }; /* bVoltageSupport */
enum { SSC_CCID_PIN_VERIFY = 1, SSC_CCID_PIN_MODIFY = 2 };   /* bPINSupport */

struct ssc_ccid_descriptor {
    uint16_t bcd_ccid;
    unsigned slots; /* 1 .. SSC_CCID_SLOTS_MAX */
    uint8_t voltages;
    uint32_t protocols; /* bit n: T=n */
    uint32_t default_clock_khz, max_clock_khz;
    uint32_t default_rate, max_rate; /* bit/s */
    unsigned clocks, rates;          /* how many the reader lists on request; 0: no list */
    uint32_t max_ifsd;
    uint32_t sync_protocols, mechanical, features;
    uint32_t max_message; /* header included */
    uint8_t class_get_response, class_envelope;
    unsigned lcd_lines, lcd_columns; /* 0: no display */
    uint8_t pin_support;
    unsigned busy_slots;
    enum ssc_ccid_level level;
};

/* One interface that a CCID driver may claim. */
struct ssc_ccid_interface {
    uint8_t number, alternate;
    uint8_t usb_class, usb_subclass, usb_protocol;
    uint8_t bulk_out, bulk_in, interrupt_in;          /* endpoint addresses; interrupt_in 0: none */
    uint16_t packet_out, packet_in, packet_interrupt; /* wMaxPacketSize */
    struct ssc_ccid_descriptor ccid;
};

/* Exactly one class descriptor, bLength first. SSC_E_BAD_RESPONSE: *why (static text, English) says what does
 * not hold; why may be NULL. */
int ssc_ccid_descriptor_parse(const uint8_t *bytes, size_t len, struct ssc_ccid_descriptor *out,
                              const char **why);

/* All CCID interfaces of a whole configuration descriptor. *count: capacity in, number out; 0 is not an
 * error. vendor_class: also take interfaces of class FF that carry a CCID class descriptor (readers from
 * before the class number was given). An interface that is broken is left out and *why says so; the walk
 * itself fails (SSC_E_BAD_RESPONSE) only when the lengths do not add up before any interface was found. */
int ssc_ccid_config_walk(const uint8_t *config, size_t len, bool vendor_class, struct ssc_ccid_interface *out,
                         size_t *count, const char **why);

/* One line per property, for people: item ("dwFeatures"), meaning. */
void ssc_ccid_descriptor_explain(const struct ssc_ccid_descriptor *d,
                                 void (*line)(void *ctx, const char *item, const char *meaning), void *ctx);
const char *ssc_ccid_level_name(enum ssc_ccid_level level);

#endif
