/* SPDX-License-Identifier: Apache-2.0 */
/* The ready-made cards with another answer to reset: T=1, another speed. */
#ifndef SSC_TESTS_USB_IMAGES_H
#define SSC_TESTS_USB_IMAGES_H

#include "drivers/sim/sim.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { IMAGE_MAX = 32768 };

/* A social security card with TA1 (0: none), and T=1 with this IFSC (0: T=0, as printed). */
static inline const char *image_card(const char *name, uint8_t ta1, uint8_t ifsc, char out[IMAGE_MAX])
{
    static const char *const FROM[] = {"\"atr\": \"", "\"protocol\": \"t0\""};
    static const char HISTORICAL[] = "00814E43238697159900BF7C7A";
    const char *json = ssc_sim_image(name), *atr = strstr(json, FROM[0]), *end = strchr(atr + 8, '"');
    uint8_t bytes[32] = {0x3B, (uint8_t)((ta1 ? 0x10 : 0) | (ifsc ? 0x80 : 0) | 0x6D)};
    char hex[80] = "";
    size_t len = 2, at = 0;
    if (ta1) {
        bytes[len++] = ta1;
    }
    bytes[len++] = 0; /* TB1, TC1 */
    bytes[len++] = 0;
    if (ifsc) {
        const uint8_t t1[] = {0x81, 0x31, ifsc, 0x45};
        memcpy(bytes + len, t1, sizeof t1);
        len += sizeof t1;
    }
    for (unsigned i = 0; i < 13; i++) {
        unsigned value;
        sscanf(HISTORICAL + 2 * i, "%2x", &value);
        bytes[len++] = (uint8_t)value;
    }
    if (ifsc) {
        uint8_t tck = 0;
        for (size_t i = 1; i < len; i++) {
            tck ^= bytes[i];
        }
        bytes[len++] = tck;
    }
    for (size_t i = 0; i < len; i++) {
        at += (size_t)snprintf(hex + at, sizeof hex - at, "%02X", bytes[i]);
    }
    snprintf(out, IMAGE_MAX, "%.*s%s%s", (int)(atr + 8 - json), json, hex, end);
    char *protocol = strstr(out, FROM[1]);
    if (ifsc && protocol) {
        protocol[strlen(FROM[1]) - 2] = '1';
    }
    return out;
}

#endif
