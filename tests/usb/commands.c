/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the bulk-out pipe (USB CCID rev 1.1 clause 6.1). */
#include "device_internal.h"

#include <string.h>

static const uint8_t T0_PARAMETERS[] = {0x11, 0x00, 0x00, 0x0A, 0x00};
static const uint8_t T1_PARAMETERS[] = {0x11, 0x10, 0x00, 0x4D, 0x00, 0x20, 0x00};

enum { AUTO_VOLTAGE = 0x08, AUTO_SPEED = 0xC2 /* parameters from the ATR, or PPS by itself */ };

static void fail(struct answer *a, uint8_t error)
{
    a->status = STATUS_FAILED;
    a->error = error;
    a->len = 0;
}

/* bPowerSelect: 0 automatic, 1 5 V, 2 3 V, 3 1.8 V; bVoltageSupport bits in the same order. */
static bool voltage_fits(const struct device *d, uint8_t select)
{
    bool fits = false;
    if (select == 0) {
        fits = (d->config.features & AUTO_VOLTAGE) && (d->config.voltages & d->config.card_voltages);
    } else if (select <= 3) {
        fits = (d->config.voltages & d->config.card_voltages & 1u << (select - 1)) != 0;
    }
    return fits;
}

static bool voltage_is_known(const struct device *d, uint8_t select)
{
    return select == 0 ? (d->config.features & AUTO_VOLTAGE) != 0
                       : select <= 3 && (d->config.voltages & 1u << (select - 1)) != 0;
}

static void power_on(struct device *d, struct slot *slot, uint8_t select, struct answer *a, uint8_t *room)
{
    size_t len = SSC_ATR_MAX;
    const enum ssc_reset how = slot->powered ? SSC_RESET_WARM : SSC_RESET_COLD;
    slot->out_len = slot->in_len = slot->in_at = 0;
    if (!voltage_is_known(d, select)) {
        fail(a, 7); /* the offending byte of the header */
    } else if (!voltage_fits(d, select) || contact_reset(&slot->contact, how, room, &len) != 0) {
        slot->powered = false;
        fail(a, ICC_MUTE);
    } else {
        slot->powered = true;
        slot->protocol = (uint8_t)(slot->contact.protocol == SSC_T1);
        memcpy(slot->parameters, T1_PARAMETERS, sizeof T1_PARAMETERS);
        if (slot->protocol == 0) {
            memcpy(slot->parameters, T0_PARAMETERS, sizeof T0_PARAMETERS);
        }
        if (d->config.features & AUTO_SPEED) {
            slot->parameters[0] = slot->contact.fidi;
        }
        a->data = room;
        a->len = len;
    }
}

static void parameters(struct slot *slot, const uint8_t *m, size_t len, struct answer *a)
{
    const size_t wanted = m[7] == 0 ? sizeof T0_PARAMETERS : sizeof T1_PARAMETERS;
    if (m[0] == PC_SET_PARAMETERS && (m[7] > 1 || len < wanted)) {
        fail(a, 7);
    } else {
        if (m[0] == PC_SET_PARAMETERS) {
            slot->protocol = m[7];
            memcpy(slot->parameters, m + CCID_HEADER, wanted);
        }
        a->type = RDR_PARAMETERS;
        a->specific = slot->protocol;
        a->data = slot->parameters;
        a->len = slot->protocol ? sizeof T1_PARAMETERS : sizeof T0_PARAMETERS;
    }
}

/* What the card (or its absence) did, as the reader reports it. */
static void result(struct slot *slot, int rc, struct answer *a)
{
    if (rc == SSC_E_CARD_REMOVED) {
        slot->present = slot->powered = false;
        fail(a, ICC_MUTE);
    } else if (rc == SSC_E_READER_IO) {
        fail(a, XFR_PARITY);
    } else if (rc != 0) {
        fail(a, rc == SSC_E_CARD_MUTE ? ICC_MUTE : HW_ERROR);
    }
}

/* Characters and blocks, clause 6.1.4; wLevelParameter: how many characters are expected (character level).
 */
static void exchange_raw(struct device *d, struct slot *slot, const uint8_t *m, size_t len, struct answer *a,
                         uint8_t *room, size_t cap)
{
    struct contact *c = &slot->contact;
    const size_t expected = (size_t)(m[8] | m[9] << 8);
    int rc = 0;
    if (len > 0) {
        rc = contact_put(c, m + CCID_HEADER, len, slot->parameters[0]);
    }
    a->data = room;
    a->len = contact_get(c, room, d->config.level == LEVEL_CHARACTER && expected > 0 ? expected : cap);
    result(slot, rc == 0 && a->len == 0 ? SSC_E_CARD_MUTE : rc, a);
}

static void exchange_tpdu(struct device *d, struct slot *slot, const uint8_t *m, size_t len, struct answer *a,
                          uint8_t *room, size_t cap)
{
    const bool pps = len >= 3 && m[CCID_HEADER] == 0xFF && slot->contact.fresh;
    if (pps || slot->protocol == 1) {
        exchange_raw(d, slot, m, len, a, room, cap);
    } else if (len < 5 || slot->parameters[0] != slot->contact.fidi || slot->contact.protocol != SSC_T0) {
        fail(a, ICC_MUTE);
    } else {
        a->data = room;
        a->len = cap;
        result(slot, contact_command(&slot->contact, m + CCID_HEADER, len, room, &a->len), a);
    }
}

static void next_block(struct device *d, struct slot *slot, struct answer *a)
{
    const size_t most = d->config.max_message - CCID_HEADER, left = slot->in_len - slot->in_at;
    const bool first = slot->in_at == 0;
    a->data = slot->in + slot->in_at;
    a->len = left < most ? left : most;
    a->specific = left > most ? (first ? 1 : 3) : (first ? 0 : 2);
    slot->in_at += a->len;
}

/* wLevelParameter 0 all, 1 begins, 2 ends, 3 goes on, 10 the next part of the answer. */
static void exchange_extended(struct device *d, struct slot *slot, const uint8_t *m, size_t len,
                              struct answer *a)
{
    const unsigned chain = (unsigned)(m[8] | m[9] << 8);
    if (chain == 0x10) {
        if (slot->in_at < slot->in_len) {
            next_block(d, slot, a);
        } else {
            fail(a, 8);
        }
    } else if (chain > 3 || slot->out_len + len > sizeof slot->out) {
        fail(a, 8);
    } else {
        slot->out_len = chain <= 1 ? 0 : slot->out_len;
        memcpy(slot->out + slot->out_len, m + CCID_HEADER, len);
        slot->out_len += len;
        if (chain == 1 || chain == 3) {
            a->specific = 0x10; /* send on */
        } else {
            slot->in_at = 0;
            slot->in_len = sizeof slot->in;
            const int rc = contact_command(&slot->contact, slot->out, slot->out_len, slot->in, &slot->in_len);
            slot->out_len = 0;
            if (rc == 0) {
                next_block(d, slot, a);
            }
            result(slot, rc, a);
        }
    }
}

static void exchange(struct device *d, struct slot *slot, const uint8_t *m, size_t len, struct answer *a,
                     uint8_t *room, size_t cap)
{
    if (!slot->powered) {
        fail(a, ICC_MUTE);
    } else if (CCID_HEADER + len > d->config.max_message) {
        fail(a, 1);
    } else if (d->config.level == LEVEL_CHARACTER) {
        exchange_raw(d, slot, m, len, a, room, cap);
    } else if (d->config.level == LEVEL_TPDU) {
        exchange_tpdu(d, slot, m, len, a, room, cap);
    } else if (d->config.level == LEVEL_EXTENDED) {
        exchange_extended(d, slot, m, len, a);
    } else {
        a->data = room;
        a->len = cap;
        result(slot, contact_command(&slot->contact, m + CCID_HEADER, len, room, &a->len), a);
    }
}

static void serve(struct device *d, const uint8_t *m, size_t len, struct answer *a, uint8_t *room, size_t cap)
{
    struct slot *slot = &d->slot[m[5] < d->config.slots ? m[5] : 0];
    if (m[5] >= d->config.slots) {
        fail(a, BAD_SLOT);
    } else if (m[0] == PC_ABORT) {
        if (slot->aborting && slot->abort_seq == m[6]) {
            slot->aborting = d->extending = false;
        } else {
            fail(a, 0xFF); /* CMD_ABORTED: the control pipe has not asked for it */
        }
    } else if (!slot->present && m[0] != PC_SLOT_STATUS && m[0] != PC_ESCAPE) {
        fail(a, ICC_MUTE);
    } else {
        switch (m[0]) {
        case PC_POWER_ON:
            power_on(d, slot, m[7], a, room);
            break;
        case PC_POWER_OFF:
            device_power_down(slot);
            break;
        case PC_SLOT_STATUS:
            break;
        case PC_SET_PARAMETERS:
        case PC_GET_PARAMETERS:
        case PC_RESET_PARAMETERS:
            parameters(slot, m, len, a);
            break;
        case PC_XFR:
            exchange(d, slot, m, len, a, room, cap);
            break;
        case PC_SECURE:
            device_secure(d, slot, m + CCID_HEADER, len, a, room, cap);
            break;
        case PC_ESCAPE:
            a->data = m + CCID_HEADER;
            a->len = len < cap ? len : cap;
            break;
        case PC_RATE_AND_CLOCK:
            a->data = m + CCID_HEADER;
            a->len = len == 8 ? 8 : 0;
            break;
        default:
            fail(a, 0); /* CMD_NOT_SUPPORTED */
        }
    }
}

static uint8_t answer_type(uint8_t command)
{
    uint8_t type = RDR_STATUS;
    if (command == PC_POWER_ON || command == PC_XFR || command == PC_SECURE) {
        type = RDR_DATA;
    } else if (command == PC_SET_PARAMETERS || command == PC_GET_PARAMETERS ||
               command == PC_RESET_PARAMETERS) {
        type = RDR_PARAMETERS;
    } else if (command == PC_ESCAPE) {
        type = RDR_ESCAPE;
    } else if (command == PC_RATE_AND_CLOCK) {
        type = RDR_RATE_AND_CLOCK;
    }
    return type;
}

static enum device_fault due(struct device *d, uint8_t type)
{
    enum device_fault fault = DEVICE_SOUND;
    if (d->fault != DEVICE_SOUND && (d->fault_type == 0 || d->fault_type == type)) {
        if (d->fault_always || d->fault_left == 1) {
            fault = d->fault;
        }
        if (!d->fault_always && --d->fault_left == 0) {
            d->fault = DEVICE_SOUND;
        }
    }
    return fault;
}

static void say_status(struct device *d, const uint8_t *m, uint8_t status, uint8_t error)
{
    const struct answer a = {.type = answer_type(m[0]), .status = status, .error = error};
    device_answer(d, m, &a, DEVICE_SOUND, 0);
}

/* Faults with which the command is not even looked at. True: that was all. */
static bool refused(struct device *d, const uint8_t *m, enum device_fault fault, unsigned arg)
{
    bool all = true;
    if (fault == DEVICE_DEAF || d->deaf) {
        d->deaf = true;
    } else if (fault == DEVICE_UNPLUG_OUT) {
        d->gone = true;
    } else if (fault == DEVICE_STALL_OUT) {
        d->halted_out = true;
    } else if (fault == DEVICE_HANG) {
        /* says nothing */
    } else if (fault == DEVICE_STATUS) {
        say_status(d, m, (uint8_t)(arg >> 8), (uint8_t)arg);
    } else {
        all = false;
    }
    return all;
}

void device_run(struct device *d, const uint8_t *m, size_t len)
{
    uint8_t room[CONTACT_OUT_MAX];
    struct answer a = {.type = answer_type(m[0])};
    const enum device_fault fault = due(d, m[0]);
    const unsigned arg = d->fault_arg;
    if (!refused(d, m, fault, arg)) {
        for (unsigned i = 0; fault == DEVICE_TIME_EXTENSION && i < arg; i++) {
            say_status(d, m, STATUS_TIME, 1);
        }
        if (fault == DEVICE_TIME_EXTENSION && arg == 0) {
            d->extending = true;
        } else if (fault == DEVICE_STALL || fault == DEVICE_NOISE || fault == DEVICE_PROTOCOL ||
                   fault == DEVICE_BABBLE) {
            serve(d, m, len - CCID_HEADER, &a, room, sizeof room);
            device_break(d, fault);
        } else {
            serve(d, m, len - CCID_HEADER, &a, room, sizeof room);
            device_answer(d, m, &a, fault, arg);
        }
    }
}
