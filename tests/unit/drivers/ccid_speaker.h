/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader of ccid_device.h says: messages at every level of exchange, the card's side of T=0 and T=1,
 * and what goes wrong with an answer. */
#ifndef SSC_TESTS_DRIVERS_CCID_SPEAKER_H
#define SSC_TESTS_DRIVERS_CCID_SPEAKER_H

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/ccid/ccid.h"
#include "drivers/sim/sim.h"
#include "drivers/wait.h"
#include "simcard.h"

enum device_fault {
    DEVICE_SOUND,
    DEVICE_SHORT_HEADER, /* seven bytes and no more */
    DEVICE_SHORT_BODY,   /* one byte less than announced */
    DEVICE_LONG,         /* one byte more */
    DEVICE_HUGE,         /* announces 2 GiB */
    DEVICE_WRONG_SEQ,    /* and nothing else comes */
    DEVICE_STALE,        /* an old answer first, then the right one */
    DEVICE_WRONG_SLOT,
    DEVICE_WRONG_TYPE,
    DEVICE_RESERVED, /* bmCommandStatus 3 */
    DEVICE_ERROR,    /* fails with `argument` as bError */
    DEVICE_STALL,
    DEVICE_SILENT,         /* until it is aborted */
    DEVICE_DEAF,           /* silent, and aborts do not help either: until it is reset */
    DEVICE_EXTEND,         /* `argument` time extensions, then the answer */
    DEVICE_EXTEND_FOREVER, /* until it is aborted */
    DEVICE_EMPTY_PACKETS,  /* nothing else, for ever */
    DEVICE_UNPLUG,         /* after `argument` bytes of the answer */
    DEVICE_GARBLE,         /* the block's last byte is wrong (T=1) */
};

struct device_slot {
    struct ssc_sim_card *card;
    bool present, powered, moved;
    int protocol;
    bool set; /* parameters have been set */
    /* the card's side of T=1 */
    uint8_t ns, nr;
    size_t ifsd;
    uint8_t command[SSC_COMMAND_MAX], answer[SSC_RESPONSE_MAX];
    size_t command_len, answer_len, answer_at, answer_chunk;
    /* character level: what the card has put on the wire */
    uint8_t wire[600];
    size_t wire_len, wire_at;
    uint8_t tpdu[300];
    size_t tpdu_len;
};

struct device_packet {
    struct device_packet *next;
    size_t len, at;
    bool no_end; /* the pipe breaks behind it */
    uint8_t data[];
};

struct device {
    struct ssc_usb usb;
    struct ssc_usb_bus bus;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct ssc_ccid_interface interface;
    uint8_t config[9 + SSC_CCID_DESCRIPTOR_LEN + 3 * 7];
    size_t config_len;
    struct device_slot slot[4];
    struct device_packet *first;
    /* the next message of this type (0: any) after `skip` others goes wrong */
    enum device_fault fault;
    uint8_t fault_on;
    unsigned skip, argument;
    bool every; /* not only once */
    bool hang, halted, deaf, extending, empties;
    bool plugged, woken, bus_woken, open, zlp, no_abort, flood;
    uint64_t bus_version, id;
    uint8_t seq, extend_slot;
    int open_error;
    unsigned messages[256], aborts, resets, halts_cleared;
    uint8_t last[400]; /* the last message, as far as it fits */
    size_t last_len;
    uint8_t pps[4];
    size_t pps_len;
    bool refuse_pps, refuse_ifs;
    int only_voltage; /* bPowerSelect at which cards answer; 0: any */
    const char *pin_digits;
};

static inline struct device *device_of(struct ssc_usb *u)
{
    return (struct device *)u;
}

static inline void device_push(struct device *d, const uint8_t *data, size_t len, bool no_end)
{
    struct device_packet *p = calloc(1, sizeof *p + len), **at = &d->first;
    assert_non_null(p);
    p->len = len;
    p->no_end = no_end;
    if (len > 0) {
        memcpy(p->data, data, len);
    }
    while (*at) {
        at = &(*at)->next;
    }
    *at = p;
    pthread_cond_broadcast(&d->changed);
}

static inline void device_flush(struct device *d)
{
    while (d->first) {
        struct device_packet *p = d->first;
        d->first = p->next;
        free(p);
    }
}

/* Sends an answer, as far as nothing has been told to go wrong with it. */
static inline void device_answer(struct device *d, uint8_t command, unsigned slot, uint8_t seq,
                                 uint8_t outcome, uint8_t error, uint8_t specific, const uint8_t *data,
                                 size_t len)
{
    static uint8_t m[SSC_CCID_MESSAGE_MAX + 8];
    const struct device_slot *s = slot < 4 ? &d->slot[slot] : NULL;
    const uint8_t icc = !s || !s->present ? 2 : s->powered ? 0 : 1;
    uint8_t param[3] = {(uint8_t)(outcome << 6 | icc), error, specific};
    uint8_t type = ssc_ccid_answer_to(command);
    enum device_fault fault = DEVICE_SOUND;
    size_t total;
    if (d->fault != DEVICE_SOUND && (d->fault_on == 0 || d->fault_on == command) && d->skip-- == 0) {
        fault = d->fault;
        d->skip = 0;
        d->fault = d->every ? fault : DEVICE_SOUND;
    }
    if (fault == DEVICE_ERROR) {
        param[0] = (uint8_t)(1 << 6 | icc);
        param[1] = (uint8_t)d->argument;
        len = 0;
    }
    if (fault == DEVICE_WRONG_TYPE) {
        type = type == SSC_CCID_DATA_BLOCK ? SSC_CCID_PARAMETERS : SSC_CCID_DATA_BLOCK;
    }
    if (fault == DEVICE_GARBLE && len > 0) {
        memcpy(m + 10, data, len);
        m[10 + len - 1] ^= 0x55;
        data = m + 10;
    }
    if (fault == DEVICE_RESERVED) {
        param[0] |= 0xC0;
    }
    for (unsigned i = 0; fault == DEVICE_EXTEND && i < d->argument; i++) {
        const uint8_t more[3] = {(uint8_t)(2 << 6 | icc), 1, 0};
        total = ssc_ccid_message_build(m, sizeof m, type, (uint8_t)slot, seq, more, NULL, 0);
        device_push(d, m, total, false);
    }
    total = ssc_ccid_message_build(m, sizeof m, type, (uint8_t)(fault == DEVICE_WRONG_SLOT ? slot + 1 : slot),
                                   (uint8_t)(fault == DEVICE_WRONG_SEQ ? seq + 7 : seq), param, data, len);
    switch (fault) {
    case DEVICE_SHORT_HEADER:
        device_push(d, m, 7, false);
        break;
    case DEVICE_SHORT_BODY:
        device_push(d, m, total - 1, false);
        break;
    case DEVICE_LONG:
        m[total] = 0xEE;
        device_push(d, m, total + 1, false);
        break;
    case DEVICE_HUGE:
        m[4] = 0x7F;
        device_push(d, m, total, false);
        break;
    case DEVICE_STALE: {
        uint8_t old[10];
        memcpy(old, m, sizeof old);
        memset(old + 1, 0, 4);
        old[6] = (uint8_t)(seq - 1);
        device_push(d, old, sizeof old, false);
        device_push(d, m, total, false);
        break;
    }
    case DEVICE_STALL:
        d->halted = true;
        break;
    case DEVICE_SILENT:
        break;
    case DEVICE_DEAF:
        d->deaf = true;
        break;
    case DEVICE_EXTEND_FOREVER:
        d->extending = true;
        d->extend_slot = (uint8_t)slot;
        d->seq = seq;
        break;
    case DEVICE_EMPTY_PACKETS:
        d->empties = true;
        break;
    case DEVICE_UNPLUG:
        device_push(d, m, d->argument < total ? d->argument : total, true);
        break;
    default:
        device_push(d, m, total, false);
        if (d->zlp && total % d->interface.packet_in == 0) {
            device_push(d, NULL, 0, false);
        }
        break;
    }
    pthread_cond_broadcast(&d->changed);
}

/* ---- the card behind the reader ---- */

static inline int device_card(struct device_slot *s, const uint8_t *tx, size_t len)
{
    s->answer_len = sizeof s->answer;
    s->answer_at = 0;
    return ssc_sim_card_apdu(s->card, tx, len, s->answer, &s->answer_len, ssc_deadline(10000));
}

static inline size_t device_t1_i(struct device_slot *s, uint8_t *out)
{
    const size_t left = s->answer_len - s->answer_at;
    s->answer_chunk = left > s->ifsd ? s->ifsd : left;
    return ssc_t1_block(out, 0, (uint8_t)((s->ns ? 0x40 : 0) | (left > s->ifsd ? 0x20 : 0)),
                        s->answer + s->answer_at, s->answer_chunk, false);
}

/* What the card says to a block. */
static inline size_t device_t1(struct device *d, struct device_slot *s, const uint8_t *b, size_t len,
                               uint8_t *out)
{
    const uint8_t pcb = len > 3 ? b[1] : 0;
    size_t n = 0;
    if (!ssc_t1_block_is_sound(b, len, false)) {
        n = ssc_t1_block(out, 0, (uint8_t)(0x81 | (s->nr ? 0x10 : 0)), NULL, 0, false);
    } else if (pcb == 0xC0) {
        s->ns = s->nr = 0;
        s->command_len = 0;
        s->ifsd = 32;
        n = ssc_t1_block(out, 0, 0xE0, NULL, 0, false);
    } else if (pcb == 0xC1 && !d->refuse_ifs) {
        s->ifsd = b[3];
        n = ssc_t1_block(out, 0, 0xE1, b + 3, 1, false);
    } else if ((pcb & 0xC0) == 0x80) {
        if (((pcb >> 4) & 1) != s->ns) { /* acknowledged: the next piece */
            s->answer_at += s->answer_chunk;
            s->ns ^= 1;
        }
        n = device_t1_i(s, out);
    } else if ((pcb & 0x80) == 0 && ((pcb >> 6) & 1) == s->nr) {
        memcpy(s->command + s->command_len, b + 3, b[2]);
        s->command_len += b[2];
        s->nr ^= 1;
        if (pcb & 0x20) {
            n = ssc_t1_block(out, 0, (uint8_t)(0x80 | (s->nr ? 0x10 : 0)), NULL, 0, false);
        } else {
            if (s->answer_len > 0) { /* the last answer is acknowledged by this command */
                s->ns ^= s->answer_at > 0 || s->answer_chunk > 0 ? 1 : 0;
            }
            device_card(s, s->command, s->command_len);
            s->command_len = 0;
            n = device_t1_i(s, out);
        }
    } else if ((pcb & 0x80) == 0) {
        n = ssc_t1_block(out, 0, (uint8_t)(0x82 | (s->nr ? 0x10 : 0)), NULL, 0, false);
    }
    return n;
}

static inline void device_wire(struct device_slot *s, const uint8_t *data, size_t len)
{
    assert_true(s->wire_len + len <= sizeof s->wire);
    memcpy(s->wire + s->wire_len, data, len);
    s->wire_len += len;
}

/* T=0 character by character: NULL first, then INS for data in or the answer. */
static inline void device_t0_characters(struct device_slot *s, const uint8_t *data, size_t len)
{
    const uint8_t null = 0x60;
    memcpy(s->tpdu + s->tpdu_len, data, len);
    s->tpdu_len += len;
    if (s->tpdu_len < 5) {
        return;
    }
    const uint8_t ins = s->tpdu[1], p3 = s->tpdu[4];
    const bool incoming = ins == 0xA4 || ins == 0x20 || ins == 0x88;
    if (incoming && p3 > 0 && s->tpdu_len < 5u + p3) {
        const uint8_t one = (uint8_t)~ins, all = ins;
        device_wire(s, &null, 1);
        device_wire(s, s->tpdu_len == 5 ? &one : &all, 1);
    } else {
        device_card(s, s->tpdu, s->tpdu_len);
        if (s->answer_len > 2) {
            device_wire(s, &ins, 1);
            device_wire(s, s->answer, s->answer_len - 2);
            device_wire(s, &null, 1);
        }
        device_wire(s, s->answer + s->answer_len - 2, 2);
        s->tpdu_len = 0;
    }
}

static inline size_t device_exchange(struct device *d, struct device_slot *s, const uint8_t *data, size_t len,
                                     unsigned want, uint8_t *out)
{
    const enum ssc_ccid_level level = d->interface.ccid.level;
    const bool raw = level == SSC_CCID_TPDU || level == SSC_CCID_CHARACTER;
    size_t n = 0;
    if (raw && len >= 3 && len <= 4 && data[0] == 0xFF && !s->set) {
        memcpy(d->pps, data, len);
        d->pps_len = len;
        n = d->refuse_pps ? 0 : len;
        memcpy(out, data, n);
    } else if (level == SSC_CCID_CHARACTER) {
        if (len > 0 && s->protocol == 0) {
            device_t0_characters(s, data, len);
        } else if (len > 0) {
            s->wire_len = s->wire_at = 0;
            s->wire_len = device_t1(d, s, data, len, s->wire);
        }
        n = s->wire_len - s->wire_at < want ? s->wire_len - s->wire_at : want;
        memcpy(out, s->wire + s->wire_at, n);
        s->wire_at += n;
        if (s->wire_at == s->wire_len) {
            s->wire_at = s->wire_len = 0;
        }
    } else if (raw && s->protocol == 1) {
        n = device_t1(d, s, data, len, out);
    } else if (device_card(s, data, len) == 0) {
        memcpy(out, s->answer, n = s->answer_len);
    }
    return n;
}

static inline void device_power_on(struct device *d, struct device_slot *s, uint8_t seq, uint8_t slot,
                                   uint8_t voltage)
{
    uint8_t atr[SSC_ATR_MAX];
    size_t len = sizeof atr;
    const bool answers = s->present && (d->only_voltage == 0 || d->only_voltage == voltage) &&
                         ssc_sim_card_reset(s->card, SSC_RESET_COLD, atr, &len) == 0;
    s->powered = answers;
    s->set = false;
    s->ns = s->nr = 0;
    s->ifsd = 32;
    s->command_len = s->answer_len = s->answer_chunk = s->tpdu_len = s->wire_len = s->wire_at = 0;
    s->protocol = ssc_sim_card_protocol(s->card) == SSC_T1 ? 1 : 0;
    device_answer(d, SSC_CCID_POWER_ON, slot, seq, answers ? 0 : 1, answers ? 0 : 0xFE, 0, atr,
                  answers ? len : 0);
}

/* The holder's digits, BCD, into the template; then the command goes to the card. */
static inline size_t device_secure(struct device *d, struct device_slot *s, const uint8_t *pin, size_t len,
                                   uint8_t *out)
{
    const bool modify = pin[0] == 1;
    const size_t messages = pin[modify ? 11 : 8],
                 head = (modify ? 15u : 12u) + (modify && messages == 3 ? 2 : 0) + 3;
    uint8_t apdu[300];
    assert_true(len > head + 5);
    memcpy(apdu, pin + head, len - head);
    const size_t at = 5 + (modify ? pin[5] : (size_t)(pin[2] >> 3 & 15));
    for (size_t i = 0; d->pin_digits[i]; i++) {
        const uint8_t digit = (uint8_t)(d->pin_digits[i] - '0');
        apdu[at + i / 2] = (uint8_t)(i % 2 ? (apdu[at + i / 2] & 0xF0) | digit : (digit << 4) | 0x0F);
    }
    if (d->interface.ccid.level == SSC_CCID_TPDU && s->protocol == 1) {
        uint8_t block[SSC_T1_BLOCK_MAX];
        const uint8_t *teo = pin + head - 3;
        const size_t n = ssc_t1_block(block, teo[0], teo[1], apdu, teo[2], false);
        return device_t1(d, s, block, n, out);
    }
    device_card(s, apdu, len - head);
    memcpy(out, s->answer, s->answer_len);
    return s->answer_len;
}

static inline void device_take(struct device *d, const uint8_t *m, size_t total)
{
    static uint8_t out[SSC_RESPONSE_MAX + 8];
    const uint8_t type = m[0], slot = m[5], seq = m[6];
    struct device_slot *s = slot < d->interface.ccid.slots ? &d->slot[slot] : NULL;
    const size_t len = total - 10;
    size_t n = 0;
    d->messages[type]++;
    d->last_len = total < sizeof d->last ? total : sizeof d->last;
    memcpy(d->last, m, d->last_len);
    if (d->deaf) {
        return;
    }
    if (!s) {
        device_answer(d, type, slot, seq, 1, 5, 0, NULL, 0);
    } else if (type == SSC_CCID_ABORT) {
        d->aborts++;
        if (!d->no_abort) {
            d->extending = d->empties = false;
            device_flush(d);
            device_answer(d, type, slot, seq, 0, 0, 0, NULL, 0);
        }
    } else if (type == SSC_CCID_POWER_ON) {
        if (s->present) {
            device_power_on(d, s, seq, slot, m[7]);
        } else {
            device_answer(d, type, slot, seq, 1, 0xFE, 0, NULL, 0);
        }
    } else if (type == SSC_CCID_POWER_OFF || type == SSC_CCID_GET_SLOT_STATUS) {
        s->powered = s->powered && type != SSC_CCID_POWER_OFF;
        device_answer(d, type, slot, seq, 0, 0, 0, NULL, 0);
    } else if (!s->present || !s->powered) {
        device_answer(d, type, slot, seq, 1, 0xFE, 0, NULL, 0);
    } else if (type == SSC_CCID_SET_PARAMETERS || type == SSC_CCID_GET_PARAMETERS) {
        static const uint8_t defaults[7] = {0x11, 0x10, 0, 0x4D, 0, 0xFE, 0};
        s->protocol = type == SSC_CCID_SET_PARAMETERS ? m[7] : s->protocol;
        s->set = s->set || type == SSC_CCID_SET_PARAMETERS;
        device_answer(d, type, slot, seq, 0, 0, (uint8_t)s->protocol,
                      type == SSC_CCID_SET_PARAMETERS ? m + 10 : defaults, s->protocol ? 7 : 5);
    } else if (type == SSC_CCID_SET_RATE_AND_CLOCK) {
        device_answer(d, type, slot, seq, 0, 0, 0, m + 10, 8);
    } else if (type == SSC_CCID_ESCAPE) {
        device_answer(d, type, slot, seq, 0, 0, 0, m + 10, len);
    } else if (type == SSC_CCID_SECURE) {
        if (!d->pin_digits) {
            device_answer(d, type, slot, seq, 1, 0xEF, 0, NULL, 0);
        } else {
            n = device_secure(d, s, m + 10, len, out);
            device_answer(d, type, slot, seq, 0, 0, 0, out, n);
        }
    } else if (type == SSC_CCID_XFR_BLOCK && !d->hang) {
        const unsigned level = (unsigned)(m[8] | m[9] << 8);
        const size_t room = d->interface.ccid.max_message - 10;
        if (d->interface.ccid.level == SSC_CCID_EXTENDED_APDU) {
            if (level == 1 || level == 0) {
                s->command_len = 0;
            }
            memcpy(s->command + s->command_len, m + 10, len);
            s->command_len += len;
            if (level == 1 || level == 3) {
                device_answer(d, type, slot, seq, 0, 0, 0x10, NULL, 0);
                return;
            }
            const bool first = level != 0x10;
            if (first) {
                device_card(s, s->command, s->command_len);
            }
            const size_t left = s->answer_len - s->answer_at;
            n = left > room ? room : left;
            device_answer(d, type, slot, seq, 0, 0,
                          (uint8_t)(first         ? (left > room ? 1 : 0)
                                    : left > room ? 3
                                                  : 2),
                          s->answer + s->answer_at, n);
            s->answer_at += n;
        } else {
            n = device_exchange(d, s, m + 10, len, level, out);
            device_answer(d, type, slot, seq, n ? 0 : 1, n ? 0 : 0xFE, 0, out, n);
        }
    } else if (type != SSC_CCID_XFR_BLOCK) {
        device_answer(d, type, slot, seq, 1, 0, 0, NULL, 0);
    }
}

#endif
