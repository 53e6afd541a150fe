/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apdu/bytes.h"
#include "apdu/crypto.h"

struct ssc_trace {
    char reader[SSC_READER_NAME_MAX];
    bool unredacted;
    void (*line)(void *ctx, const char *text);
    void *ctx;
    struct ssc_redact_state state;
    uint8_t *copy; /* command and answer of one exchange, to be redacted */
    size_t copy_cap;
    char *text;
    size_t text_cap;
};

int ssc_trace_new(const char *reader, bool unredacted, void (*line)(void *ctx, const char *text), void *ctx,
                  struct ssc_trace **out)
{
    struct ssc_trace *made = calloc(1, sizeof *made);
    int rc = made ? 0 : SSC_E_OUT_OF_MEMORY;

    if (made) {
        snprintf(made->reader, sizeof made->reader, "%s", reader);
        made->unredacted = unredacted;
        made->line = line;
        made->ctx = ctx;
    }
    *out = made;
    return rc;
}

void ssc_trace_free(struct ssc_trace **trace)
{
    if (trace && *trace) {
        free((*trace)->copy);
        ssc_cleanse((*trace)->text, (*trace)->text_cap); /* unredacted, perhaps */
        free((*trace)->text);
        free(*trace);
        *trace = NULL;
    }
}

static bool grow(void **buffer, size_t *cap, size_t need)
{
    void *bigger = need > *cap ? realloc(*buffer, need) : *buffer;

    if (bigger) {
        *buffer = bigger;
        *cap = need > *cap ? need : *cap;
    }
    return bigger != NULL;
}

/* RFC 3339, UTC, milliseconds. */
static void stamp(char text[48])
{
    struct timespec now;
    struct tm tm;
    char seconds[24];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, 48, "%s.%03ldZ", seconds, now.tv_nsec / 1000000);
}

static void write_line(struct ssc_trace *t, const struct ssc_exchange *x, const uint8_t *tx,
                       const uint8_t *rx)
{
    const int64_t us = x->end_us - x->start_us;
    char when[48];
    size_t at;

    stamp(when);
    at = (size_t)snprintf(t->text, t->text_cap, "%s %s > ", when, t->reader);
    ssc_hex_encode(tx, x->tx_len, t->text + at, t->text_cap - at);
    at += 2 * x->tx_len;
    at += (size_t)snprintf(t->text + at, t->text_cap - at, " < ");
    if (x->result == 0) {
        ssc_hex_encode(rx, x->rx_len, t->text + at, t->text_cap - at);
        at += 2 * x->rx_len;
    } else {
        at += (size_t)snprintf(t->text + at, t->text_cap - at, "%s", ssc_error_info(x->result)->symbol);
    }
    snprintf(t->text + at, t->text_cap - at, " %" PRId64 ".%03" PRId64 " ms", us / 1000, us % 1000);
    t->line(t->ctx, t->text);
}

static void write_exchange(struct ssc_trace *t, const struct ssc_exchange *x, size_t rx_len)
{
    uint8_t *rx = t->copy + x->tx_len;

    memcpy(t->copy, x->tx, x->tx_len);
    if (rx_len > 0) {
        memcpy(rx, x->rx, rx_len);
    }
    if (!t->unredacted) {
        ssc_redact(&t->state, t->copy, x->tx_len, rx, rx_len);
    }
    if (x->result != 0) { /* removed or reset, perhaps: nothing is known to be selected any more */
        t->state = (struct ssc_redact_state){.df = 0};
    }
    write_line(t, x, t->copy, rx);
    ssc_cleanse(t->copy, x->tx_len + rx_len);
}

void ssc_trace_tap(void *ctx, const struct ssc_exchange *x)
{
    struct ssc_trace *t = ctx;
    const size_t rx_len = x->result == 0 ? x->rx_len : 0;
    const size_t bytes = x->tx_len + rx_len;

    if (grow((void **)&t->copy, &t->copy_cap, bytes + 1) &&
        grow((void **)&t->text, &t->text_cap, 2 * bytes + sizeof t->reader + 200)) {
        write_exchange(t, x, rx_len);
    } else {
        t->line(t->ctx, "out of memory: an exchange is missing here");
    }
}
