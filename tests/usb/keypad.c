/* SPDX-License-Identifier: Apache-2.0 */
/* Secure PIN entry (USB CCID rev 1.1 clause 6.1.11): the holder types, the reader fills the PIN in. */
#include "device_internal.h"

#include <string.h>

enum { VERIFY_HEAD = 15, MODIFY_HEAD = 20, WAIT_MS = 0 };

struct pin_block {
    uint8_t operation, format, block, length_format;
    uint8_t min, max, confirm, old_offset, new_offset;
    const uint8_t *apdu, *teo; /* teo: prologue of the T=1 block */
    size_t apdu_len;
};

/* False: a field is missing. Offsets as in tables 6.1-18 and 6.1-20; the verify block has no confirmation. */
static bool parse(const uint8_t *b, size_t len, struct pin_block *p)
{
    const bool modify = len > 0 && b[0] == 1;
    size_t head = VERIFY_HEAD;
    bool ok = len >= VERIFY_HEAD;
    *p = (struct pin_block){0};
    if (ok && modify) {
        ok = len >= MODIFY_HEAD - 2;
        p->new_offset = b[6];
        p->old_offset = b[5];
        p->max = b[7];
        p->min = b[8];
        p->confirm = b[9];
        head = ok ? (size_t)(b[11] == 0 ? 18 : b[11] == 3 ? 20 : 19) : 0;
        ok = ok && len >= head;
    } else if (ok) {
        p->max = b[5];
        p->min = b[6];
    }
    if (ok) {
        p->operation = b[0];
        p->format = b[2];
        p->block = b[3];
        p->length_format = b[4];
        p->apdu = b + head;
        p->teo = p->apdu - 3;
        p->apdu_len = len - head;
    }
    return ok && p->apdu_len >= 5;
}

/* The next entry of "1234,5678"; its length. */
static size_t typed(const char **at, const char **digits)
{
    const char *end = strchr(*at, ',');
    const size_t len = end ? (size_t)(end - *at) : strlen(*at);
    *digits = *at;
    *at += len + (end ? 1 : 0);
    return len;
}

/* BCD, left justified, filled with F, in the bytes that the block size names. */
static void fill(uint8_t *data, size_t data_len, size_t offset, const struct pin_block *p, const char *digits,
                 size_t n)
{
    const size_t bytes = p->block & 0x0F;
    if ((p->format & 3) == 1 && offset + bytes <= data_len && n <= 2 * bytes) {
        memset(data + offset, 0xFF, bytes);
        for (size_t i = 0; i < n; i++) {
            const unsigned digit = (unsigned)(digits[i] - '0') & 0x0Fu;
            uint8_t *at = &data[offset + i / 2];
            *at = (uint8_t)(i % 2 ? (*at & 0xF0u) | digit : digit << 4 | 0x0Fu);
        }
    }
}

static uint8_t enter(const struct pin_block *p, const char *keys, uint8_t *apdu)
{
    /* bConfirmPIN: bit 1 the old PIN is asked for, bit 0 the new one twice */
    const unsigned entries = p->operation == 0 ? 1 : 1u + (p->confirm & 1u) + (p->confirm >> 1 & 1u);
    const char *first_new = NULL;
    size_t first_len = 0;
    uint8_t error = 0;
    for (unsigned i = 0; i < entries && error == 0; i++) {
        const bool old = p->operation == 1 && (p->confirm & 2) && i == 0;
        const char *digits;
        const size_t n = typed(&keys, &digits);
        if (n == 0) {
            error = PIN_TIMEOUT;
        } else if (digits[0] == 'C' || n < p->min || n > p->max) {
            error = PIN_CANCELLED;
        } else if (!old && first_new && (n != first_len || memcmp(digits, first_new, n) != 0)) {
            error = PIN_CANCELLED;
        } else {
            const size_t offset = p->operation == 0 ? p->format >> 3 & 0x0Fu
                                  : old             ? p->old_offset
                                                    : p->new_offset;
            fill(apdu + 5, p->apdu_len - 5, offset, p, digits, n);
            first_new = old ? first_new : digits;
            first_len = n;
        }
    }
    return error;
}

/* What the reader says to the card: the command, or with T=1 at TPDU level one block around it. */
static int say(struct device *d, struct slot *slot, const struct pin_block *p, const uint8_t *apdu,
               uint8_t *room, size_t *len)
{
    uint8_t block[CONTACT_BLOCK_MAX];
    int rc;
    if (d->config.level != LEVEL_TPDU || slot->contact.protocol != SSC_T1) {
        rc = contact_command(&slot->contact, apdu, p->apdu_len, room, len);
    } else if (p->teo[2] != p->apdu_len || p->apdu_len > CONTACT_BLOCK_MAX - 4) {
        rc = SSC_E_CARD_MUTE;
    } else {
        const size_t at = 3 + p->apdu_len;
        memcpy(block, p->teo, 3);
        memcpy(block + 3, apdu, p->apdu_len);
        block[at] = 0;
        for (size_t i = 0; i < at; i++) {
            block[at] ^= block[i];
        }
        rc = contact_put(&slot->contact, block, at + 1, slot->parameters[0]);
        *len = rc == 0 ? contact_get(&slot->contact, room, *len) : 0;
    }
    return rc;
}

void device_secure(struct device *d, struct slot *slot, const uint8_t *data, size_t len, struct answer *a,
                   uint8_t *room, size_t cap)
{
    uint8_t apdu[CONTACT_COMMAND_MAX];
    struct pin_block p;
    a->status = STATUS_FAILED;
    if (!(d->config.pin_support & (len > 0 && data[0] == 1 ? 2 : 1))) {
        a->error = 0;
    } else if (!slot->powered) {
        a->error = ICC_MUTE;
    } else if (!parse(data, len, &p) || p.apdu_len > sizeof apdu) {
        a->error = CCID_HEADER;
    } else {
        memcpy(apdu, p.apdu, p.apdu_len);
        a->error = enter(&p, d->typed, apdu);
        if (a->error == 0) {
            a->len = cap;
            a->data = room;
            const int rc = say(d, slot, &p, apdu, room, &a->len);
            a->status = rc == 0 ? 0 : STATUS_FAILED;
            a->error = rc == 0 ? 0 : ICC_MUTE;
            a->len = rc == 0 ? a->len : 0;
        }
    }
}
