/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/replay.h"

#include "apdu/command.h"

#include <stdlib.h>
#include <string.h>

struct ssc_recorder {
    FILE *out;
    ssc_recorder_redact *redact;
    void *redact_ctx;
    uint8_t tx[SSC_COMMAND_MAX], rx[SSC_RESPONSE_MAX];
};

int ssc_recorder_new(FILE *out, ssc_recorder_redact *redact, void *ctx, struct ssc_recorder **rec)
{
    *rec = calloc(1, sizeof **rec);
    if (*rec) {
        (*rec)->out = out;
        (*rec)->redact = redact;
        (*rec)->redact_ctx = ctx;
    }
    return *rec ? 0 : SSC_E_OUT_OF_MEMORY;
}

void ssc_recorder_free(struct ssc_recorder **rec)
{
    free(*rec);
    *rec = NULL;
}

static void put_line(FILE *out, const char *item, const uint8_t *bytes, size_t len)
{
    fputs(item, out);
    for (size_t i = 0; i < len; i++) {
        fprintf(out, "%02X", bytes[i]);
    }
    fputc('\n', out);
}

int ssc_recorder_start(struct ssc_recorder *rec, const struct ssc_channel *ch)
{
    fprintf(rec->out, "reader %s\n", ch->reader);
    put_line(rec->out, "atr ", ch->atr.raw, ch->atr.raw_len);
    return fflush(rec->out) == 0 && !ferror(rec->out) ? 0 : SSC_E_IO;
}

/* An exchange without an answer cannot be played back; it is kept as a comment. */
void ssc_recorder_tap(void *ctx, const struct ssc_exchange *exchange)
{
    struct ssc_recorder *rec = ctx;
    const bool answered = exchange->result == 0 && exchange->rx_len >= 2;
    if (exchange->tx_len <= sizeof rec->tx && exchange->rx_len <= sizeof rec->rx) {
        memcpy(rec->tx, exchange->tx, exchange->tx_len);
        if (exchange->rx_len > 0) {
            memcpy(rec->rx, exchange->rx, exchange->rx_len);
        }
        if (rec->redact) {
            rec->redact(rec->redact_ctx, rec->tx, exchange->tx_len, rec->rx, exchange->rx_len);
        }
        put_line(rec->out, answered ? "> " : "# > ", rec->tx, exchange->tx_len);
        if (answered) {
            put_line(rec->out, "< ", rec->rx, exchange->rx_len);
        } else {
            fprintf(rec->out, "# %s\n", ssc_error_info(exchange->result)->name);
        }
        fflush(rec->out);
        explicit_bzero(rec->tx, exchange->tx_len);
        explicit_bzero(rec->rx, exchange->rx_len);
    }
}
