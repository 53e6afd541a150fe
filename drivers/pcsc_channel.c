/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's side of a channel. */
#include "drivers/part10.h"
#include "drivers/pcsc_internal.h"

#include <stdlib.h>
#include <string.h>

struct pcsc_channel {
    struct ssc_channel base;
    struct ssc_pcsc_worker *worker;
};

static struct ssc_pcsc_worker *worker_of(struct ssc_channel *ch)
{
    return ((struct pcsc_channel *)ch)->worker;
}

/* One exchange through the worker's buffers: a late answer must not find the caller's gone. */
static int exchange(struct ssc_channel *ch, enum ssc_pcsc_job job, const uint8_t *tx, size_t tx_len,
                    uint8_t *rx, size_t *rx_len, int64_t deadline)
{
    struct ssc_pcsc_worker *w = worker_of(ch);
    int rc = tx_len > sizeof w->tx ? SSC_E_INVALID_ARGUMENT : 0;
    if (rc == 0) {
        if (tx_len > 0) {
            memcpy(w->tx, tx, tx_len);
        }
        w->tx_len = tx_len;
        rc = ssc_pcsc_worker_run(w, job, deadline);
    }
    const size_t got = rc == 0 ? w->rx_len : 0;
    if (got > *rx_len) {
        rc = SSC_E_BUFFER_TOO_SMALL;
    } else if (rc == 0) {
        memcpy(rx, w->rx, got);
    }
    *rx_len = got;
    if (!ch->wedged) {                    /* else the buffers are the worker's */
        explicit_bzero(w->tx, w->tx_len); /* PINs pass here */
        explicit_bzero(w->rx, w->rx_len);
    }
    return rc;
}

static int channel_transmit(struct ssc_channel *ch, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                            size_t *rx_len, int64_t deadline)
{
    return exchange(ch, SSC_PCSC_TRANSMIT, tx, tx_len, rx, rx_len, deadline);
}

static int channel_control(struct ssc_channel *ch, uint32_t code, const uint8_t *tx, size_t tx_len,
                           uint8_t *rx, size_t *rx_len, int64_t deadline)
{
    worker_of(ch)->code = code;
    return exchange(ch, SSC_PCSC_CONTROL, tx, tx_len, rx, rx_len, deadline);
}

static int channel_pin_entry(struct ssc_channel *ch, const struct ssc_pin_entry *entry, uint8_t *rx,
                             size_t *rx_len, int64_t deadline)
{
    struct ssc_pcsc_worker *w = worker_of(ch);
    uint8_t tx[SSC_PIN_STRUCTURE_MAX];
    size_t tx_len = sizeof tx;
    int rc = ssc_part10_build(entry, tx, &tx_len);
    if (rc == 0) {
        const DWORD code = entry->modify ? w->features.modify : w->features.verify;
        rc = channel_control(ch, (uint32_t)code, tx, tx_len, rx, rx_len, deadline);
    }
    return rc == 0 ? ssc_part10_result(rx, *rx_len) : rc;
}

/* After OPEN and RESET; the worker is idle. */
static void take_card(struct ssc_channel *ch, const struct ssc_pcsc_worker *w)
{
    /* An answer to reset that pcscd could use and sscard cannot parse is shown as bytes only. */
    if (ssc_atr_parse(w->atr, w->atr_len, &ch->atr) != 0) {
        ch->atr = (struct ssc_atr){.raw_len = w->atr_len};
        memcpy(ch->atr.raw, w->atr, w->atr_len);
    }
    ch->protocol = w->protocol == SCARD_PROTOCOL_T0 ? SSC_T0 : ch->atr.contactless ? SSC_TCL : SSC_T1;
    ch->extended_length = w->extended_length && ch->protocol != SSC_T0;
    ch->features = (w->features.verify ? (unsigned)SSC_FEATURE_PIN_VERIFY : 0) |
                   (w->features.modify ? (unsigned)SSC_FEATURE_PIN_MODIFY : 0) |
                   (w->has_display ? (unsigned)SSC_FEATURE_DISPLAY : 0);
}

static int channel_reset(struct ssc_channel *ch, enum ssc_reset how, int64_t deadline)
{
    struct ssc_pcsc_worker *w = worker_of(ch);
    w->how = how;
    const int rc = ssc_pcsc_worker_run(w, SSC_PCSC_RESET, deadline);
    if (rc == 0) {
        take_card(ch, w);
    }
    return rc;
}

static int channel_begin(struct ssc_channel *ch, int64_t deadline)
{
    return ssc_pcsc_worker_run(worker_of(ch), SSC_PCSC_BEGIN, deadline);
}

static int channel_end(struct ssc_channel *ch, int64_t deadline)
{
    return ssc_pcsc_worker_run(worker_of(ch), SSC_PCSC_END, deadline);
}

static void channel_close(struct ssc_channel *ch, bool power_down)
{
    ssc_pcsc_worker_close(worker_of(ch), power_down);
    free(ch);
}

static const struct ssc_channel_ops channel_ops = {
    .transmit = channel_transmit,
    .control = channel_control,
    .pin_entry = channel_pin_entry,
    .reset = channel_reset,
    .begin = channel_begin,
    .end = channel_end,
    .close = channel_close,
};

/* PC/SC says that a reader has a PIN pad only to who is connected: keep it for the reader list. */
static void tell_pin_pad(struct ssc_pcsc_hub *hub, const struct ssc_channel *ch)
{
    const bool pin_pad = (ch->features & SSC_FEATURE_PIN_VERIFY) != 0;
    pthread_mutex_lock(&hub->lock);
    for (size_t i = 0; i < hub->count; i++) {
        struct ssc_reader_state *state = &hub->readers[i].state;
        if (strcmp(state->name, ch->reader) == 0 && state->pin_pad != pin_pad) {
            state->pin_pad = pin_pad;
            hub->version++;
            pthread_cond_broadcast(&hub->changed);
        }
    }
    pthread_mutex_unlock(&hub->lock);
}

int ssc_pcsc_channel_open(struct ssc_pcsc_hub *hub, const char *reader, bool exclusive,
                          struct ssc_channel **out, int64_t deadline)
{
    struct pcsc_channel *ch = calloc(1, sizeof *ch);
    int rc = ch ? ssc_pcsc_worker_new(hub, reader, exclusive, &ch->worker) : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        ch->base.ops = &channel_ops;
        memcpy(ch->base.reader, reader, strlen(reader) + 1);
        ssc_pcsc_hub_note_card(ch->worker);
        rc = ssc_pcsc_worker_start(ch->worker, &ch->base);
    }
    if (rc == 0) {
        rc = ssc_pcsc_worker_run(ch->worker, SSC_PCSC_OPEN, deadline);
    }
    if (rc == 0) {
        take_card(&ch->base, ch->worker);
        tell_pin_pad(hub, &ch->base);
        *out = &ch->base;
    } else {
        if (ch && ch->worker) {
            ssc_pcsc_worker_close(ch->worker, false);
        }
        free(ch);
    }
    return rc;
}
