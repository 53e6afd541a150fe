/* SPDX-License-Identifier: Apache-2.0 */
/* What the scripted reader says of itself (USB 2.0 clause 9.6, USB CCID rev 1.1 clause 5). */
#include "device_internal.h"

#include <string.h>

enum { FULL_SPEED_BULK = 64, INTERRUPT_PACKET = 8 };

struct device_config device_default(enum device_level level)
{
    return (struct device_config){
        .vendor = 0x076B,
        .product = 0x3021,
        .usb_class = 0x0B,
        .maker = "Bench",
        .name = "Scripted Reader",
        .serial = "000001",
        .slots = 1,
        .busy_slots = 1,
        .level = level,
        /* parameters, clock and rate follow; APDU levels also find voltage and speed by themselves */
        .features = level >= LEVEL_SHORT ? 0x000004BA : 0x00000032,
        .voltages = 7,
        .card_voltages = 7,
        .protocols = 3,
        .max_message = level == LEVEL_EXTENDED ? 10 + 512 : 10 + 261,
        .max_ifsd = 254,
        .interrupt = true,
    };
}

static uint8_t *put(uint8_t *at, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        *at++ = (uint8_t)(value >> 8 * i);
    }
    return at;
}

static uint8_t *put_class(const struct device_config *c, uint8_t *at)
{
    static const uint32_t LEVELS[] = {0, 0x10000, 0x20000, 0x40000};
    const struct {
        uint32_t value;
        unsigned bytes;
    } fields[] = {
        {CLASS_LEN, 1},
        {0x21, 1},
        {0x0110, 2},
        {c->slots - 1, 1},
        {c->voltages, 1},
        {c->protocols, 4},
        {4000, 4},
        {16000, 4},
        {0, 1},
        {10752, 4},
        {688172, 4},
        {0, 1},
        {c->max_ifsd, 4},
        {0, 4},
        {0, 4},
        {c->features | LEVELS[c->level], 4},
        {c->max_message, 4},
        {0xFF, 1},
        {0xFF, 1},
        {(uint32_t)(c->lcd_lines << 8 | c->lcd_columns), 2},
        {c->pin_support, 1},
        {c->busy_slots, 1},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        at = put(at, fields[i].value, fields[i].bytes);
    }
    return at;
}

static uint8_t *put_endpoint(uint8_t *at, uint8_t address, uint8_t kind, uint16_t packet, uint8_t interval)
{
    const uint8_t bytes[ENDPOINT_LEN] = {ENDPOINT_LEN,           5,       address, kind, (uint8_t)packet,
                                         (uint8_t)(packet >> 8), interval};
    memcpy(at, bytes, sizeof bytes);
    return at + sizeof bytes;
}

size_t device_make_descriptors(const struct device_config *c, uint8_t *out)
{
    const uint8_t device[DEVICE_LEN] = {DEVICE_LEN,
                                        1,
                                        0x00,
                                        0x02,
                                        0,
                                        0,
                                        0,
                                        64,
                                        (uint8_t)c->vendor,
                                        (uint8_t)(c->vendor >> 8),
                                        (uint8_t)c->product,
                                        (uint8_t)(c->product >> 8),
                                        0x00,
                                        0x01,
                                        c->maker ? 1 : 0,
                                        c->name ? 2 : 0,
                                        c->serial ? 3 : 0,
                                        1};
    const uint8_t endpoints = c->interrupt ? 3 : 2;
    const uint16_t total = (uint16_t)(CONFIG_LEN + INTERFACE_LEN + CLASS_LEN + endpoints * ENDPOINT_LEN);
    const uint8_t config[] = {
        CONFIG_LEN, 2, (uint8_t)total, (uint8_t)(total >> 8), 1, 1, 0, 0x80, 50, INTERFACE_LEN, 4,
        0,          0, endpoints,      c->usb_class,          0, 0, 0};
    uint8_t *at = out;
    memcpy(at, device, sizeof device);
    at += sizeof device;
    memcpy(at, config, sizeof config);
    at = put_class(c, at + sizeof config);
    at = put_endpoint(at, DEVICE_OUT, 2, FULL_SPEED_BULK, 0);
    at = put_endpoint(at, DEVICE_IN, 2, FULL_SPEED_BULK, 0);
    if (c->interrupt) {
        at = put_endpoint(at, DEVICE_INTERRUPT, 3, INTERRUPT_PACKET, 16);
    }
    return (size_t)(at - out);
}

bool device_string(const struct device_config *c, unsigned index, uint8_t *out, size_t *len)
{
    static const uint8_t LANGUAGES[] = {4, 3, 0x09, 0x04};
    const char *const texts[] = {NULL, c->maker, c->name, c->serial};
    bool found = index == 0;
    if (found) {
        memcpy(out, LANGUAGES, sizeof LANGUAGES);
        *len = sizeof LANGUAGES;
    } else if (index < sizeof texts / sizeof texts[0] && texts[index]) {
        const size_t letters = strnlen(texts[index], 60);
        for (size_t i = 0; i < letters; i++) {
            out[2 + 2 * i] = (uint8_t)texts[index][i];
            out[3 + 2 * i] = 0;
        }
        *len = 2 + 2 * letters;
        out[0] = (uint8_t)*len;
        out[1] = 3;
        found = true;
    }
    return found;
}
