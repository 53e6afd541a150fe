/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ccid/descriptor.h"

#include <stdio.h>
#include <string.h>

#include "apdu/bytes.h"
#include "apdu/error.h"

enum {
    TYPE_INTERFACE = 4,
    TYPE_ENDPOINT = 5,
    TYPE_CCID = 0x21,
    TYPE_CCID_EARLY = 0xFF, /* what some readers wrote before the class was numbered */
    CLASS_CCID = 0x0B,
    CLASS_VENDOR = 0xFF,
    INTERFACE_LEN = 9,
    ENDPOINT_LEN = 7,
    ENDPOINT_IN = 0x80,
    ENDPOINT_BULK = 2,
    ENDPOINT_INTERRUPT = 3,
    PROTOCOL_BULK = 0, /* bInterfaceProtocol: 1 and 2 are integrated cards on the control pipe */
    /* header and the smallest T=0 command with one byte */
    MESSAGE_LEAST = 10 + 6,
    PACKET_SIZE_MASK = 0x7FF,
};
#define LEVELS (SSC_CCID_LEVEL_TPDU | SSC_CCID_LEVEL_SHORT | SSC_CCID_LEVEL_EXTENDED)

static uint16_t le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

static bool level_of(uint32_t features, enum ssc_ccid_level *level)
{
    bool one = true;
    switch (features & LEVELS) {
    case 0:
        *level = SSC_CCID_CHARACTER;
        break;
    case SSC_CCID_LEVEL_TPDU:
        *level = SSC_CCID_TPDU;
        break;
    case SSC_CCID_LEVEL_SHORT:
        *level = SSC_CCID_SHORT_APDU;
        break;
    case SSC_CCID_LEVEL_EXTENDED:
        *level = SSC_CCID_EXTENDED_APDU;
        break;
    default:
        one = false;
        break;
    }
    return one;
}

static void take_fields(const uint8_t *b, struct ssc_ccid_descriptor *d)
{
    d->bcd_ccid = le16(b + 2);
    d->slots = b[4] + 1u;
    d->voltages = b[5];
    d->protocols = le32(b + 6);
    if (d->protocols == 0x0300) {
        d->protocols = 3; /* a reader with its bytes the wrong way round; bits 8 and 9 mean nothing else */
    }
    d->default_clock_khz = le32(b + 10);
    d->max_clock_khz = le32(b + 14);
    d->clocks = b[18];
    d->default_rate = le32(b + 19);
    d->max_rate = le32(b + 23);
    d->rates = b[27];
    d->max_ifsd = le32(b + 28);
    d->sync_protocols = le32(b + 32);
    d->mechanical = le32(b + 36);
    d->features = le32(b + 40);
    d->max_message = le32(b + 44);
    d->class_get_response = b[48];
    d->class_envelope = b[49];
    d->lcd_columns = b[50];
    d->lcd_lines = b[51];
    d->pin_support = b[52];
    d->busy_slots = b[53];
}

/* What a driver could not live with; NULL when all is well. */
static const char *contradiction(const struct ssc_ccid_descriptor *d)
{
    const char *why = NULL;
    enum ssc_ccid_level level;
    if (d->slots > SSC_CCID_SLOTS_MAX) {
        why = "bMaxSlotIndex: more slots than a reader can have";
    } else if ((d->protocols & 3) == 0) {
        why = "dwProtocols: neither T=0 nor T=1";
    } else if (!level_of(d->features, &level)) {
        why = "dwFeatures: more than one level of exchange";
    } else if (d->max_message < MESSAGE_LEAST) {
        why = "dwMaxCCIDMessageLength: no room for a command";
    }
    return why;
}

int ssc_ccid_descriptor_parse(const uint8_t *bytes, size_t len, struct ssc_ccid_descriptor *out,
                              const char **why)
{
    const char *reason = NULL;
    *out = (struct ssc_ccid_descriptor){0};
    if (len < SSC_CCID_DESCRIPTOR_LEN) {
        reason = "class descriptor: cut short";
    } else if (bytes[0] != SSC_CCID_DESCRIPTOR_LEN) {
        reason = "class descriptor: bLength is not 54";
    } else if (bytes[1] != TYPE_CCID && bytes[1] != TYPE_CCID_EARLY) {
        reason = "class descriptor: bDescriptorType is not 21";
    } else {
        take_fields(bytes, out);
        reason = contradiction(out);
    }
    if (!reason) {
        level_of(out->features, &out->level);
        /* Values that are merely careless are read as what they must mean. */
        out->max_message = out->max_message > SSC_CCID_MESSAGE_MAX ? SSC_CCID_MESSAGE_MAX : out->max_message;
        out->voltages = (out->voltages & 7) ? out->voltages & 7 : SSC_CCID_5V;
        out->max_ifsd = out->max_ifsd == 0 || out->max_ifsd > 254 ? 254 : out->max_ifsd;
        out->busy_slots = out->busy_slots ? out->busy_slots : 1;
        if (out->lcd_lines == 0xFF || out->lcd_columns == 0xFF) {
            out->lcd_lines = out->lcd_columns = 0;
        }
    }
    if (why && reason) {
        *why = reason;
    }
    return reason ? SSC_E_BAD_RESPONSE : 0;
}

/* One interface while its descriptors go by. */
struct candidate {
    struct ssc_ccid_interface found;
    bool open, described;
    const char *why;
};

static void candidate_begin(struct candidate *c, const uint8_t *d, bool vendor_class)
{
    *c = (struct candidate){.found = {.number = d[2],
                                      .alternate = d[3],
                                      .usb_class = d[5],
                                      .usb_subclass = d[6],
                                      .usb_protocol = d[7]},
                            .open = d[5] == CLASS_CCID || (vendor_class && d[5] == CLASS_VENDOR)};
}

static void candidate_endpoint(struct candidate *c, const uint8_t *d)
{
    struct ssc_ccid_interface *f = &c->found;
    const uint8_t address = d[2], kind = d[3] & 3;
    const uint16_t packet = le16(d + 4) & PACKET_SIZE_MASK;
    if (kind == ENDPOINT_BULK && (address & ENDPOINT_IN) && f->bulk_in == 0) {
        f->bulk_in = address;
        f->packet_in = packet;
    } else if (kind == ENDPOINT_BULK && !(address & ENDPOINT_IN) && f->bulk_out == 0) {
        f->bulk_out = address;
        f->packet_out = packet;
    } else if (kind == ENDPOINT_INTERRUPT && (address & ENDPOINT_IN) && f->interrupt_in == 0 && packet > 0) {
        f->interrupt_in = address;
        f->packet_interrupt = packet;
    }
}

/* Puts a sound interface into the list; says why an unsound one is left out. */
static void candidate_end(struct candidate *c, struct ssc_ccid_interface *out, size_t cap, size_t *count,
                          const char **why)
{
    const char *reason = NULL;
    if (c->open && c->found.usb_class == CLASS_VENDOR && !c->described && !c->why) {
        c->open = false; /* a vendor interface of another kind */
    }
    if (c->open) {
        if (c->found.usb_protocol != PROTOCOL_BULK) {
            reason = "bInterfaceProtocol: an integrated card on the control pipe";
        } else if (!c->described) {
            reason = c->why ? c->why : "class descriptor: missing";
        } else if (c->found.bulk_out == 0 || c->found.packet_out == 0) {
            reason = "endpoints: no bulk out";
        } else if (c->found.bulk_in == 0 || c->found.packet_in == 0) {
            reason = "endpoints: no bulk in";
        } else if (*count < cap) {
            out[(*count)++] = c->found;
        }
    }
    if (reason && why) {
        *why = reason;
    }
    c->open = false;
}

int ssc_ccid_config_walk(const uint8_t *config, size_t len, bool vendor_class, struct ssc_ccid_interface *out,
                         size_t *count, const char **why)
{
    struct candidate c = {0};
    const size_t cap = *count;
    size_t at = 0;
    *count = 0;
    while (at + 2 <= len && config[at] >= 2 && config[at] <= len - at) {
        const uint8_t *d = config + at;
        if (d[1] == TYPE_INTERFACE && d[0] >= INTERFACE_LEN) {
            candidate_end(&c, out, cap, count, why);
            candidate_begin(&c, d, vendor_class);
        } else if (c.open && d[1] == TYPE_ENDPOINT && d[0] >= ENDPOINT_LEN) {
            candidate_endpoint(&c, d);
        } else if (c.open && !c.described &&
                   (d[1] == TYPE_CCID || (d[1] == TYPE_CCID_EARLY && d[0] == SSC_CCID_DESCRIPTOR_LEN))) {
            /* Before the endpoints by the specification, behind them in some readers. */
            c.described = ssc_ccid_descriptor_parse(d, d[0], &c.found.ccid, &c.why) == 0;
        }
        at += d[0];
    }
    candidate_end(&c, out, cap, count, why);
    if (at != len && why) {
        *why = "configuration descriptor: lengths do not add up";
    }
    return at != len && *count == 0 ? SSC_E_BAD_RESPONSE : 0;
}

/* ---- for people ---- */

const char *ssc_ccid_level_name(enum ssc_ccid_level level)
{
    static const char *const names[] = {"character", "TPDU", "short APDU", "short and extended APDU"};
    return (size_t)level < sizeof names / sizeof names[0] ? names[level] : "?";
}

struct bit {
    uint32_t mask;
    const char *text;
};

static const struct bit feature_bits[] = {
    {SSC_CCID_AUTO_PARAMETERS, "parameters from the ATR by itself"},
    {SSC_CCID_AUTO_ACTIVATION, "powers the card on insertion"},
    {SSC_CCID_AUTO_VOLTAGE, "finds the voltage by itself"},
    {SSC_CCID_AUTO_CLOCK, "clock follows the parameters"},
    {SSC_CCID_AUTO_RATE, "speed follows the parameters"},
    {SSC_CCID_AUTO_NEGOTIATION, "negotiates PPS by itself"},
    {SSC_CCID_AUTO_PPS, "does PPS as the host asks"},
    {SSC_CCID_CLOCK_STOP, "can stop the clock"},
    {SSC_CCID_NAD, "takes NAD other than 00"},
    {SSC_CCID_AUTO_IFSD, "announces IFSD by itself"},
    {SSC_CCID_WAKE_UP, "wakes the host on insertion and removal"},
};
static const struct bit voltage_bits[] = {
    {SSC_CCID_5V, "5 V"}, {SSC_CCID_3V, "3 V"}, {SSC_CCID_1V8, "1.8 V"}};
static const struct bit pin_bits[] = {{SSC_CCID_PIN_VERIFY, "PIN verification"},
                                      {SSC_CCID_PIN_MODIFY, "PIN change"}};
static const struct bit protocol_bits[] = {{1, "T=0"}, {2, "T=1"}};

/* "a, b, c"; what does not fit is left off. */
static void join(uint32_t value, const struct bit *bits, size_t count, char *out, size_t cap)
{
    struct ssc_writer w = ssc_writer((uint8_t *)out, cap - 1);
    for (size_t i = 0; i < count; i++) {
        if (value & bits[i].mask) {
            ssc_write(&w, ", ", w.len ? 2 : 0);
            ssc_write(&w, bits[i].text, strlen(bits[i].text));
        }
    }
    out[w.len] = '\0';
}

void ssc_ccid_descriptor_explain(const struct ssc_ccid_descriptor *d,
                                 void (*line)(void *ctx, const char *item, const char *meaning), void *ctx)
{
    char text[160];
    snprintf(text, sizeof text, "%u.%02X", d->bcd_ccid >> 8, d->bcd_ccid & 0xFFu);
    line(ctx, "bcdCCID", text);
    snprintf(text, sizeof text, "%u, %u at a time", d->slots, d->busy_slots);
    line(ctx, "slots", text);
    join(d->voltages, voltage_bits, sizeof voltage_bits / sizeof voltage_bits[0], text, sizeof text);
    line(ctx, "bVoltageSupport", text);
    join(d->protocols, protocol_bits, sizeof protocol_bits / sizeof protocol_bits[0], text, sizeof text);
    line(ctx, "dwProtocols", text);
    line(ctx, "exchange", ssc_ccid_level_name(d->level));
    snprintf(text, sizeof text, "%u.%03u MHz, up to %u.%03u MHz, %u listed", d->default_clock_khz / 1000,
             d->default_clock_khz % 1000, d->max_clock_khz / 1000, d->max_clock_khz % 1000, d->clocks);
    line(ctx, "clock", text);
    snprintf(text, sizeof text, "%u bit/s, up to %u bit/s, %u listed", d->default_rate, d->max_rate,
             d->rates);
    line(ctx, "speed", text);
    snprintf(text, sizeof text, "%u bytes", d->max_ifsd);
    line(ctx, "dwMaxIFSD", text);
    snprintf(text, sizeof text, "%u bytes", d->max_message);
    line(ctx, "dwMaxCCIDMessageLength", text);
    for (size_t i = 0; i < sizeof feature_bits / sizeof feature_bits[0]; i++) {
        if (d->features & feature_bits[i].mask) {
            line(ctx, "dwFeatures", feature_bits[i].text);
        }
    }
    join(d->pin_support, pin_bits, sizeof pin_bits / sizeof pin_bits[0], text, sizeof text);
    line(ctx, "bPINSupport", text[0] ? text : "no PIN pad");
    if (d->lcd_lines && d->lcd_columns) {
        snprintf(text, sizeof text, "%u lines of %u characters", d->lcd_lines, d->lcd_columns);
        line(ctx, "wLcdLayout", text);
    }
}
