/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/reader.h"

#include <time.h>

int64_t ssc_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int ssc_driver_list(struct ssc_driver *d, struct ssc_reader_state *out, size_t *count, int64_t deadline)
{
    return d->ops->list(d, out, count, deadline);
}

int ssc_driver_watch(struct ssc_driver *d, uint64_t *version, int64_t deadline)
{
    return d->ops->watch(d, version, deadline);
}

void ssc_driver_wake(struct ssc_driver *d)
{
    d->ops->wake(d);
}

void ssc_driver_free(struct ssc_driver **d)
{
    if (d && *d) {
        (*d)->ops->free(*d);
        *d = NULL;
    }
}

int ssc_channel_open(struct ssc_driver *d, const char *reader, bool exclusive, struct ssc_channel **out,
                     int64_t deadline)
{
    *out = NULL;
    return d->ops->connect(d, reader, exclusive, out, deadline);
}

void ssc_channel_close(struct ssc_channel **ch, bool power_down)
{
    if (ch && *ch) {
        (*ch)->ops->close(*ch, power_down);
        *ch = NULL;
    }
}

static void tell_tap(struct ssc_channel *ch, const uint8_t *tx, size_t tx_len, const uint8_t *rx,
                     size_t rx_len, int result, int64_t start_us)
{
    if (ch->tap) {
        const struct ssc_exchange exchange = {
            .tx = tx,
            .tx_len = tx_len,
            .rx = rx,
            .rx_len = rx_len,
            .result = result,
            .start_us = start_us,
            .end_us = now_us(),
        };
        ch->tap(ch->tap_ctx, &exchange);
    }
}

/* What a driver answers without the card having been asked, or with the card's whole answer in hand. */
static bool in_step(int rc)
{
    static const int codes[] = {
        SSC_E_READER_BUSY,   SSC_E_INVALID_ARGUMENT, SSC_E_BUFFER_TOO_SMALL, SSC_E_NOT_SUPPORTED,
        SSC_E_PIN_CANCELLED, SSC_E_PIN_TIMEOUT,      SSC_E_PIN_MISMATCH,     SSC_E_PIN_LENGTH,
        SSC_E_NO_PIN_PAD,    SSC_E_OUT_OF_MEMORY,
    };
    bool found = rc >= 0;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        found = found || codes[i] == rc;
    }
    return found;
}

static int note(struct ssc_channel *ch, int rc)
{
    ch->out_of_step = ch->out_of_step || !in_step(rc);
    return rc;
}

bool ssc_channel_out_of_step(const struct ssc_channel *ch)
{
    return ch->out_of_step || ch->wedged;
}

int ssc_channel_transmit(struct ssc_channel *ch, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                         size_t *rx_len, int64_t deadline)
{
    const int64_t start = now_us();
    int rc = ch->wedged ? SSC_E_READER_WEDGED : SSC_E_DEADLINE_EXCEEDED;
    if (!ch->wedged && start / 1000 < deadline) { /* a command that is too late is not sent at all */
        rc = ch->ops->transmit(ch, tx, tx_len, rx, rx_len, deadline);
        if (rc == 0 && *rx_len < 2) { /* some PC/SC drivers report success with nothing in it */
            rc = SSC_E_BAD_RESPONSE;
        }
        note(ch, rc);
    }
    ch->exchanges++;
    ch->bytes_out += tx_len;
    ch->bytes_in += rc == 0 ? *rx_len : 0;
    tell_tap(ch, tx, tx_len, rx, rc == 0 ? *rx_len : 0, rc, start);
    return rc;
}

int ssc_channel_control(struct ssc_channel *ch, uint32_t code, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                        size_t *rx_len, int64_t deadline)
{
    return ch->wedged ? SSC_E_READER_WEDGED
                      : note(ch, ch->ops->control(ch, code, tx, tx_len, rx, rx_len, deadline));
}

int ssc_channel_pin_entry(struct ssc_channel *ch, const struct ssc_pin_entry *entry, uint8_t *rx,
                          size_t *rx_len, int64_t deadline)
{
    const int64_t start = now_us();
    const unsigned wanted = entry->modify ? SSC_FEATURE_PIN_MODIFY : SSC_FEATURE_PIN_VERIFY;
    int rc = ch->wedged ? SSC_E_READER_WEDGED : SSC_E_NO_PIN_PAD;
    if (!ch->wedged && (ch->features & wanted)) {
        rc = note(ch, ch->ops->pin_entry(ch, entry, rx, rx_len, deadline));
    }
    ch->exchanges++;
    tell_tap(ch, entry->apdu, entry->apdu_len, rx, rc == 0 ? *rx_len : 0, rc, start);
    return rc;
}

int ssc_channel_reset(struct ssc_channel *ch, enum ssc_reset how, int64_t deadline)
{
    int rc = SSC_E_READER_WEDGED;
    if (!ch->wedged) {
        rc = note(ch, ch->ops->reset(ch, how, deadline));
        ch->out_of_step = ch->out_of_step && rc != 0;
    }
    return rc;
}

int ssc_channel_begin(struct ssc_channel *ch, int64_t deadline)
{
    const int rc = ch->wedged ? SSC_E_READER_WEDGED : ch->ops->begin(ch, deadline);
    const bool waited = rc == SSC_E_DEADLINE_EXCEEDED || rc == SSC_E_READER_WEDGED;
    return waited ? rc : note(ch, rc); /* waiting for others touches no card */
}

int ssc_channel_end(struct ssc_channel *ch, int64_t deadline)
{
    return ch->wedged ? SSC_E_READER_WEDGED : note(ch, ch->ops->end(ch, deadline));
}

void ssc_channel_tap(struct ssc_channel *ch, ssc_tap *tap, void *ctx)
{
    ch->tap = tap;
    ch->tap_ctx = ctx;
}

static int link_exchange(void *ctx, const uint8_t *tx, size_t tx_len, uint8_t *rx, size_t *rx_len,
                         int64_t deadline)
{
    return ssc_channel_transmit(ctx, tx, tx_len, rx, rx_len, deadline);
}

struct ssc_link ssc_channel_link(struct ssc_channel *ch)
{
    return (struct ssc_link){.exchange = link_exchange,
                             .ctx = ch,
                             .protocol = ch->protocol,
                             .extended_length = ch->extended_length};
}
