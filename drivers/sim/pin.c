/* SPDX-License-Identifier: Apache-2.0 */
/* The holder's PIN: VERIFY, CHANGE, RELOAD, UNBLOCK (card specification part 5; JR/T 0025.1). */
#include "drivers/sim/card.h"

#include <string.h>

enum { PIN_MIN = 2, PIN_MAX = 8, DIGITS_MIN = 4, MAC_LEN = 4 };

/* Length without the FF that some terminals fill up with. */
static size_t pin_length(const uint8_t *pin, size_t len)
{
    while (len > 0 && pin[len - 1] == 0xFF) {
        len--;
    }
    return len;
}

/* Compares, counts, and answers 9000, 63Cx or 6983. */
static uint16_t try_pin(struct ssc_sim_card *c, const uint8_t *pin, size_t len)
{
    const size_t n = pin_length(pin, len);
    uint16_t sw = SSC_SW_OK;
    if (c->nv.pin_len == 0) {
        sw = SSC_SW_KEY_NOT_FOUND;
    } else if (c->nv.pin_left == 0) {
        sw = SSC_SW_BLOCKED;
    } else if (n != c->nv.pin_len || !ssc_mac_equal(pin, c->nv.pin, n)) {
        c->s.pin_ok = false;
        sw = sim_wrong(c, &c->nv.pin_left);
    } else if (c->nv.pin_left != c->profile.pin_tries) {
        sim_touch(c);
        c->nv.pin_left = c->profile.pin_tries;
    }
    return sw;
}

static void set_pin(struct ssc_sim_card *c, const uint8_t *pin, size_t len)
{
    sim_touch(c);
    ssc_cleanse(c->nv.pin, sizeof c->nv.pin);
    c->nv.pin_len = pin_length(pin, len);
    memcpy(c->nv.pin, pin, c->nv.pin_len);
    c->nv.pin_left = c->profile.pin_tries;
}

/* Four digits or more, then only nibbles F. */
static bool good_pin(const uint8_t *pin, size_t len)
{
    bool ok = len <= PIN_MAX && pin_length(pin, len) >= PIN_MIN;
    size_t digits = 0;
    for (size_t i = 0; ok && i < 2 * len; i++) {
        const uint8_t nibble = i % 2 ? pin[i / 2] & 0x0F : pin[i / 2] >> 4;
        const bool digit = nibble <= 9 && digits == i;
        ok = digit || nibble == 0x0F;
        digits += digit;
    }
    return ok && digits >= DIGITS_MIN;
}

uint16_t sim_verify(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    uint16_t sw;
    (void)out;
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        sw = SSC_SW_P1P2;
    } else if (c->s.df < 0) {
        sw = SSC_SW_CONDITIONS;
    } else if (cmd->lc == 0) { /* how many tries are left? */
        const unsigned left = c->nv.pin_left > 15 ? 15 : c->nv.pin_left;
        sw = c->nv.pin_len == 0 ? SSC_SW_OK
             : left == 0        ? SSC_SW_BLOCKED
                                : (uint16_t)(SSC_SW_TRIES_LEFT | left);
    } else if (cmd->lc < PIN_MIN || cmd->lc > PIN_MAX) {
        sw = SSC_SW_LENGTH;
    } else {
        sw = try_pin(c, cmd->data, cmd->lc);
        c->s.pin_ok = sw == SSC_SW_OK;
    }
    return sw;
}

/* old | FF | new */
static uint16_t change(struct ssc_sim_card *c, const struct ssc_command *cmd)
{
    size_t at = PIN_MIN;
    uint16_t sw;
    while (at < cmd->lc && cmd->data[at] != 0xFF) {
        at++;
    }
    if (cmd->lc < 2 * PIN_MIN + 1 || cmd->lc > 2 * PIN_MAX + 1) {
        sw = SSC_SW_LENGTH;
    } else if (at > PIN_MAX || at + 1 + PIN_MIN > cmd->lc ||
               !good_pin(cmd->data + at + 1, cmd->lc - at - 1)) {
        sw = SSC_SW_DATA;
    } else {
        sw = try_pin(c, cmd->data, at);
        if (sw == SSC_SW_OK) {
            set_pin(c, cmd->data + at + 1, cmd->lc - at - 1);
        }
    }
    return sw;
}

/* PBOC only: new | MAC over the PIN alone. */
static uint16_t reload(struct ssc_sim_card *c, const struct ssc_command *cmd)
{
    const size_t len = cmd->lc < MAC_LEN ? 0 : cmd->lc - MAC_LEN;
    uint8_t mac[MAC_LEN];
    uint16_t sw = SSC_SW_OK;
    if (len < PIN_MIN || len > PIN_MAX) {
        sw = SSC_SW_LENGTH;
    } else if (!c->key[SIM_DRPK].present) {
        sw = SSC_SW_KEY_NOT_FOUND;
    } else if (c->nv.key_left[SIM_DRPK] == 0) {
        sw = SSC_SW_BLOCKED;
    } else if (ssc_purse_pin_mac(&c->key[SIM_DRPK].key, cmd->data, len, mac) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else if (!ssc_mac_equal(mac, cmd->data + len, MAC_LEN)) {
        sim_wrong(c, &c->nv.key_left[SIM_DRPK]);
        sw = SSC_SW_SM_WRONG;
    } else if (!good_pin(cmd->data, len)) {
        sw = SSC_SW_DATA;
    } else {
        set_pin(c, cmd->data, len);
    }
    return sw;
}

uint16_t sim_change_pin(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    uint16_t sw = SSC_SW_P1P2;
    (void)out;
    if (c->s.df < 0) {
        sw = SSC_SW_CONDITIONS;
    } else if (cmd->p1 == 1 && (cmd->p2 == 0 || c->kind == SIM_PBOC)) {
        sw = change(c, cmd);
    } else if (cmd->p1 == 0 && c->kind == SIM_PBOC) {
        sw = reload(c, cmd);
    }
    return sw;
}

/* The new PIN out of the checked command's data. */
static uint16_t set_enciphered(struct ssc_sim_card *c, const uint8_t *data, size_t len)
{
    uint8_t pin[SSC_LC_SHORT];
    size_t pin_len = sizeof pin;
    uint16_t sw = sim_sm_decipher(c, data, len, pin, &pin_len);
    if (sw == 0 && !good_pin(pin, pin_len)) {
        sw = SSC_SW_DATA;
    } else if (sw == 0) {
        set_pin(c, pin, pin_len);
        sw = SSC_SW_OK;
    }
    ssc_cleanse(pin, sizeof pin);
    return sw;
}

/* SSC: P2 00 unblocks, 01 sets a new PIN, both after PUK has been authenticated, MAC with STKSSSE.
 * PBOC: DPUK enciphers and MACs; P1 and P2 differ between makers and are not looked at. */
uint16_t sim_pin_unblock(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const bool ssc = c->kind == SIM_SSC;
    const struct ssc_key_info *puk = ssc_key_by_name("PUK");
    const int key = ssc ? sim_sm_key(c) : c->key[SIM_DPUK].present ? SIM_DPUK : -1;
    size_t len = 0;
    uint16_t sw;
    (void)out;
    if (ssc && (cmd->p1 != 0 || cmd->p2 > 1)) {
        sw = SSC_SW_P1P2;
    } else if (ssc ? c->s.df != 0 : c->s.df < 0) {
        sw = SSC_SW_CONDITIONS;
    } else if (ssc && cmd->p2 == 0 && cmd->lc != MAC_LEN) {
        sw = SSC_SW_LENGTH;
    } else if (ssc && (!puk || !c->s.key_ok[puk->id])) {
        sw = SSC_SW_SECURITY;
    } else {
        sw = sim_sm_check(c, cmd, key, &len);
    }
    if (sw == 0 && ssc && cmd->p2 == 0) {
        sim_touch(c);
        c->nv.pin_left = c->profile.pin_tries;
        sw = SSC_SW_OK;
    } else if (sw == 0) {
        sw = set_enciphered(c, cmd->data, len);
    }
    return sw;
}
