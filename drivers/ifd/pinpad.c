/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ifd/pinpad.h"

#include "apdu/command.h"
#include "drivers/ifd/ifd.h"

#include <stdio.h>
#include <string.h>

enum {
    LCD_2_BY_16 = 0x0210,
    HEADER = 5, /* CLA INS P1 P2 Lc */
};

/* 0 or SSC_E_PIN_.... */
static int check_typed(const char *typed, const struct ssc_pin_entry *e)
{
    const size_t digits = strspn(typed, "0123456789");
    int rc = 0;
    if (strcmp(typed, "timeout") == 0) {
        rc = SSC_E_PIN_TIMEOUT;
    } else if (digits == 0 || typed[digits] != '\0') {
        rc = SSC_E_PIN_CANCELLED;
    } else if (digits < e->min_digits || digits > e->max_digits) {
        rc = SSC_E_PIN_LENGTH;
    }
    return rc;
}

static void put_digits(uint8_t *at, const char *digits)
{
    for (size_t i = 0; digits[i]; i++) {
        const unsigned digit = (unsigned)(digits[i] - '0');
        at[i / 2] = (uint8_t)(i % 2 ? (at[i / 2] & 0xF0) | digit : digit << 4 | 0x0F);
    }
}

/* The command with the typed digits in it; 0 or SSC_E_PIN_.... */
static int fill_in(const struct ssc_ifd_slot *slot, const struct ssc_pin_entry *e, uint8_t *apdu)
{
    char text[128] = "", old_pin[32] = "", new_pin[32] = "", again[32] = "";
    ssc_ifd_slot_text(slot, "pinpad", text, sizeof text);
    const int words = sscanf(text, "%31s %31s %31s", old_pin, new_pin, again);
    int rc = check_typed(old_pin, e);
    if (rc == 0 && e->modify) {
        rc = check_typed(new_pin, e);
    }
    if (rc == 0 && e->modify && words == 3 && strcmp(new_pin, again) != 0) {
        rc = SSC_E_PIN_MISMATCH;
    }
    if (rc == 0) {
        memcpy(apdu, e->apdu, e->apdu_len);
        put_digits(apdu + HEADER + e->old_offset, old_pin);
        if (e->modify) {
            put_digits(apdu + HEADER + e->new_offset, new_pin);
        }
    }
    explicit_bzero(text, sizeof text);
    explicit_bzero(old_pin, sizeof old_pin);
    explicit_bzero(new_pin, sizeof new_pin);
    explicit_bzero(again, sizeof again);
    return rc;
}

static int enter(void *ctx, const struct ssc_pin_entry *e, uint8_t *rx, size_t *rx_len)
{
    struct ssc_ifd_slot *slot = ctx;
    uint8_t apdu[SSC_COMMAND_SHORT];
    int rc = fill_in(slot, e, apdu);
    if (rc == 0) {
        rc = ssc_ifd_slot_apdu(slot, false, apdu, e->apdu_len, rx, rx_len);
    }
    explicit_bzero(apdu, sizeof apdu);
    return rc;
}

int ssc_ifd_pinpad_control(struct ssc_ifd_slot *slot, uint32_t code, const uint8_t *tx, size_t tx_len,
                           uint8_t *rx, size_t *rx_len)
{
    char text[2];
    struct ssc_ifd_pad pad = {.enter = enter, .ctx = slot};
    if (ssc_ifd_slot_text(slot, "pinpad", text, sizeof text)) {
        pad.features = SSC_FEATURE_PIN_VERIFY | SSC_FEATURE_PIN_MODIFY;
        pad.lcd = LCD_2_BY_16;
    }
    return ssc_ifd_control(&pad, code, tx, tx_len, rx, rx_len); /* short APDUs only: the cards are T=0 */
}
