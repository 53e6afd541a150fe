/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ccid/engine.h"

#include <stdlib.h>
#include <string.h>

#include "apdu/crypto.h"

enum {
    EMPTY_PACKETS_MAX = 8, /* more in a row than any reader has reason to send */
    STALE_MAX = 16,        /* answers to commands that were given up */
    DRAIN_MS = 20,
    SIGN_OF_LIFE_MS = 1000,
    REQUEST_OUT = 0x21, /* class request to the interface */
    REQUEST_IN = 0xA1,
};

static const uint8_t no_param[3];

int ssc_ccid_engine_new(struct ssc_usb *usb, const struct ssc_ccid_interface *interface,
                        struct ssc_ccid_engine **out)
{
    struct ssc_ccid_engine *e = calloc(1, sizeof *e);
    uint8_t *buffers = calloc(3, SSC_CCID_BUFFER);
    const int rc = e && buffers ? 0 : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        e->usb = usb;
        e->interface = *interface;
        e->out = buffers;
        e->in = buffers + SSC_CCID_BUFFER;
        e->answer = e->in + SSC_CCID_BUFFER;
        *out = e;
    } else {
        free(e);
        free(buffers);
    }
    return rc;
}

void ssc_ccid_engine_free(struct ssc_ccid_engine **e)
{
    if (e && *e) {
        ssc_cleanse((*e)->out, 3u * SSC_CCID_BUFFER);
        free((*e)->out);
        free(*e);
        *e = NULL;
    }
}

/* ---- lists ---- */

static size_t read_list(struct ssc_ccid_engine *e, uint8_t request, unsigned promised, uint32_t *out,
                        int64_t deadline)
{
    uint8_t bytes[SSC_CCID_LIST_MAX * 4];
    size_t len = (size_t)promised * 4, count = 0;
    if (promised > 0 && e->usb->ops->control(e->usb, REQUEST_IN, request, 0, e->interface.number, bytes, &len,
                                             deadline) == 0) {
        for (; count * 4 + 4 <= len && count < promised; count++) {
            const uint8_t *p = bytes + count * 4;
            out[count] = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        }
    }
    return count;
}

int ssc_ccid_read_rates(struct ssc_ccid_engine *e, int64_t deadline)
{
    const struct ssc_ccid_descriptor *d = &e->interface.ccid;
    e->rates.clocks = read_list(e, SSC_CCID_REQUEST_CLOCKS, d->clocks, e->rates.clock_khz, deadline);
    e->rates.rates = read_list(e, SSC_CCID_REQUEST_RATES, d->rates, e->rates.rate, deadline);
    return ssc_now_ms() < deadline ? 0 : SSC_E_DEADLINE_EXCEEDED;
}

/* ---- messages ---- */

static int broken(struct ssc_ccid_engine *e)
{
    e->broken = true;
    e->counters.failures++;
    return SSC_E_READER_IO;
}

/* What the transport says, with the consequences for the next command. */
static int transport(struct ssc_ccid_engine *e, int rc)
{
    return rc == SSC_E_READER_IO ? broken(e) : rc;
}

/* Reads packet by packet: the header says how long the message is, so a reader that forgets the empty packet
 * behind a full one does not hold us up, and one that sends it does not confuse us. */
static int receive(struct ssc_ccid_engine *e, size_t *len, int64_t deadline)
{
    const size_t packet = e->interface.packet_in;
    const uint8_t pipe = e->interface.bulk_in;
    size_t have = 0, total = 0, empty = 0;
    int rc = 0;
    while (rc == 0 && (have == 0 || have < total)) {
        const size_t left = total - have;
        size_t got = have == 0 ? packet : (left + packet - 1) / packet * packet;
        const size_t room = got;
        rc = transport(e, e->usb->ops->bulk_in(e->usb, pipe, e->in + have, &got, deadline));
        if (rc != 0 || (have == 0 && got == 0)) {
            rc = rc == 0 && ++empty > EMPTY_PACKETS_MAX ? broken(e) : rc;
            continue;
        }
        have += got;
        if (total == 0) {
            const uint64_t announced = have < SSC_CCID_HEADER ? 0 : ssc_ccid_message_length(e->in);
            rc = announced == 0 || announced > SSC_CCID_MESSAGE_MAX ? broken(e) : 0;
            total = rc == 0 ? (size_t)announced : 0;
        }
        if (rc == 0 && (have > total || (have < total && got < room))) {
            rc = broken(e); /* more than announced, or the transfer ended before its end */
        }
    }
    *len = have;
    return rc;
}

/* The answer to this very command. */
static int receive_answer(struct ssc_ccid_engine *e, unsigned slot, uint8_t type, uint8_t seq,
                          struct ssc_ccid_answer *answer, int64_t deadline)
{
    const uint8_t wanted = ssc_ccid_answer_to(type);
    unsigned stale = 0;
    bool waiting = true;
    int rc = 0;
    while (rc == 0 && waiting) {
        size_t len = 0;
        rc = receive(e, &len, deadline);
        if (rc == 0 && ssc_ccid_answer_parse(e->in, len, answer) != 0) {
            rc = broken(e);
        } else if (rc == 0 && answer->seq != seq) {
            e->counters.stale++;
            rc = ++stale > STALE_MAX ? broken(e) : 0;
        } else if (rc == 0 && answer->slot != slot) {
            rc = broken(e);
        } else if (rc == 0 && answer->outcome == SSC_CCID_TIME_EXTENSION) {
            e->counters.time_extensions++;
            rc = ssc_now_ms() < deadline ? 0 : SSC_E_DEADLINE_EXCEEDED;
        } else if (rc == 0) {
            waiting = false;
            /* Some readers refuse with RDR_to_PC_SlotStatus whatever was asked. */
            if (answer->type != wanted && answer->outcome != SSC_CCID_FAILED) {
                rc = broken(e);
            }
        }
    }
    return rc;
}

static int send(struct ssc_ccid_engine *e, unsigned slot, uint8_t type, uint8_t seq, const uint8_t param[3],
                const uint8_t *data, size_t len, int64_t deadline)
{
    const size_t total =
        ssc_ccid_message_build(e->out, SSC_CCID_BUFFER, type, (uint8_t)slot, seq, param, data, len);
    int rc = total > 0 ? 0 : SSC_E_BUFFER_TOO_SMALL;
    if (rc == 0) {
        rc = transport(e, e->usb->ops->bulk_out(e->usb, e->interface.bulk_out, e->out, total, deadline));
        ssc_cleanse(e->out, total); /* may have been a PIN */
    }
    return rc;
}

/* Whether an answer says that the card is not powered any more. Beside a success only "absent" counts: what
 * was exchanged was exchanged, some readers are careless there. */
static bool lost_power(const struct ssc_ccid_answer *answer)
{
    const bool asked = answer->type == SSC_CCID_SLOT_STATUS || answer->outcome == SSC_CCID_FAILED;
    return answer->type != 0 &&
           (answer->icc == SSC_CCID_ICC_ABSENT || (answer->icc == SSC_CCID_ICC_INACTIVE && asked));
}

int ssc_ccid_command(struct ssc_ccid_engine *e, unsigned slot, uint8_t type, const uint8_t param[3],
                     const uint8_t *data, size_t len, struct ssc_ccid_answer *answer, int64_t deadline)
{
    struct ssc_ccid_slot *s = &e->slot[slot];
    int rc = e->broken ? SSC_E_READER_WEDGED : slot >= e->interface.ccid.slots ? SSC_E_READER_NOT_FOUND : 0;
    *answer = (struct ssc_ccid_answer){.icc = SSC_CCID_ICC_INACTIVE};
    if (rc == 0) {
        rc = ssc_ccid_abort(e, deadline);
    }
    if (rc == 0 && ssc_now_ms() >= deadline) {
        rc = SSC_E_DEADLINE_EXCEEDED;
    } else if (rc == 0) {
        const uint8_t seq = e->seq++;
        e->counters.commands++;
        rc = send(e, slot, type, seq, param, data, len, deadline);
        rc = rc == 0 ? receive_answer(e, slot, type, seq, answer, deadline) : rc;
        if (rc == SSC_E_DEADLINE_EXCEEDED) {
            s->abort_due = true;
            s->abort_seq = seq;
        } else if (rc == 0 && answer->outcome == SSC_CCID_FAILED) {
            e->last_error = answer->error;
            rc = ssc_ccid_error(type, answer->error, answer->icc);
        }
        s->powered = s->powered && !lost_power(answer);
    }
    return rc;
}

/* ---- abort and recovery ---- */

/* What the card still says belongs to a command that nobody waits for: it must be powered anew before the
 * next. */
static void drop_exchange(struct ssc_ccid_slot *s)
{
    s->powered = s->powered && !s->abort_due;
    s->abort_due = false;
    ssc_t1_give_up(&s->t1);
}

static int abort_slot(struct ssc_ccid_engine *e, unsigned slot, int64_t deadline)
{
    const uint8_t seq = e->seq++;
    struct ssc_ccid_answer answer;
    size_t none = 0;
    int rc = e->usb->ops->control(e->usb, REQUEST_OUT, SSC_CCID_REQUEST_ABORT,
                                  (uint16_t)((unsigned)seq << 8 | slot), e->interface.number, NULL, &none,
                                  deadline);
    e->counters.aborts++;
    /* A reader without the request stalls it; the bulk message alone may still do. */
    rc = rc == SSC_E_READER_IO ? 0 : rc;
    if (rc == 0) {
        rc = send(e, slot, SSC_CCID_ABORT, seq, no_param, NULL, 0, deadline);
    }
    if (rc == 0) {
        rc = receive_answer(e, slot, SSC_CCID_ABORT, seq, &answer, deadline);
    }
    if (rc == 0) {
        drop_exchange(&e->slot[slot]);
    }
    return rc;
}

int ssc_ccid_abort(struct ssc_ccid_engine *e, int64_t deadline)
{
    int rc = e->broken ? SSC_E_READER_WEDGED : 0;
    for (unsigned i = 0; rc == 0 && i < e->interface.ccid.slots; i++) {
        rc = e->slot[i].abort_due ? abort_slot(e, i, deadline) : 0;
    }
    return rc;
}

int ssc_ccid_recover(struct ssc_ccid_engine *e, int64_t deadline)
{
    const int64_t soon = ssc_deadline(SIGN_OF_LIFE_MS);
    const int64_t life = soon < deadline ? soon : deadline;
    enum ssc_ccid_icc icc;
    int rc = e->usb->ops->clear_halt(e->usb, e->interface.bulk_out);
    if (rc == 0) {
        rc = e->usb->ops->clear_halt(e->usb, e->interface.bulk_in);
    }
    for (int drained = 0; rc == 0 && drained < STALE_MAX; drained++) {
        size_t got = SSC_CCID_BUFFER / e->interface.packet_in * e->interface.packet_in;
        rc = e->usb->ops->bulk_in(e->usb, e->interface.bulk_in, e->in, &got, ssc_deadline(DRAIN_MS));
        if (rc == SSC_E_DEADLINE_EXCEEDED) {
            rc = 0;
            break;
        }
    }
    if (rc == 0) {
        e->broken = false;
        for (unsigned i = 0; i < e->interface.ccid.slots; i++) {
            drop_exchange(&e->slot[i]); /* its answer has been drained or will be stale */
        }
        rc = ssc_ccid_slot_status(e, 0, &icc, life);
        e->broken = rc != 0;
    }
    return rc;
}

/* ---- small commands ---- */

int ssc_ccid_slot_status(struct ssc_ccid_engine *e, unsigned slot, enum ssc_ccid_icc *icc, int64_t deadline)
{
    struct ssc_ccid_answer answer;
    int rc = ssc_ccid_command(e, slot, SSC_CCID_GET_SLOT_STATUS, no_param, NULL, 0, &answer, deadline);
    /* A reader may fail the command to say that there is no card, or that the card does not answer. */
    if (answer.type != 0 && answer.outcome == SSC_CCID_FAILED && rc != SSC_E_READER_NOT_FOUND) {
        rc = 0;
    }
    *icc = answer.icc;
    return rc;
}

int ssc_ccid_power_off(struct ssc_ccid_engine *e, unsigned slot, int64_t deadline)
{
    struct ssc_ccid_answer answer;
    const int rc = ssc_ccid_command(e, slot, SSC_CCID_POWER_OFF, no_param, NULL, 0, &answer, deadline);
    e->slot[slot].powered = false;
    return rc == SSC_E_CARD_REMOVED ? 0 : rc;
}

static int give(const struct ssc_ccid_answer *answer, uint8_t *rx, size_t *rx_len)
{
    const int rc = answer->len > *rx_len ? SSC_E_BUFFER_TOO_SMALL : 0;
    if (rc == 0 && answer->len > 0) {
        memcpy(rx, answer->data, answer->len);
    }
    *rx_len = answer->len;
    return rc;
}

int ssc_ccid_escape(struct ssc_ccid_engine *e, unsigned slot, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                    size_t *rx_len, int64_t deadline)
{
    struct ssc_ccid_answer answer;
    int rc = tx_len > e->interface.ccid.max_message - SSC_CCID_HEADER ? SSC_E_NOT_SUPPORTED : 0;
    if (rc == 0) {
        rc = ssc_ccid_command(e, slot, SSC_CCID_ESCAPE, no_param, tx, tx_len, &answer, deadline);
    }
    return rc == 0 ? give(&answer, rx, rx_len) : rc;
}

int ssc_ccid_xfr(struct ssc_ccid_engine *e, unsigned slot, uint8_t bwi, uint16_t level, const uint8_t *data,
                 size_t len, struct ssc_ccid_answer *answer, int64_t deadline)
{
    const uint8_t param[3] = {bwi, (uint8_t)level, (uint8_t)(level >> 8)};
    return len > e->interface.ccid.max_message - SSC_CCID_HEADER
               ? SSC_E_NOT_SUPPORTED
               : ssc_ccid_command(e, slot, SSC_CCID_XFR_BLOCK, param, data, len, answer, deadline);
}

unsigned ssc_ccid_features(const struct ssc_ccid_engine *e)
{
    const struct ssc_ccid_descriptor *d = &e->interface.ccid;
    return (d->pin_support & SSC_CCID_PIN_VERIFY ? SSC_FEATURE_PIN_VERIFY : 0u) |
           (d->pin_support & SSC_CCID_PIN_MODIFY ? SSC_FEATURE_PIN_MODIFY : 0u) |
           (d->lcd_lines && d->lcd_columns ? SSC_FEATURE_DISPLAY : 0u);
}

bool ssc_ccid_extended_length(const struct ssc_ccid_engine *e, unsigned slot)
{
    return e->slot[slot].choice.protocol == SSC_T1 && e->interface.ccid.level != SSC_CCID_SHORT_APDU;
}
