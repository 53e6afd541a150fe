/* SPDX-License-Identifier: Apache-2.0 */
/* A recording in memory; between the parser (recording.c) and the card made of it (replay.c). */
#ifndef SSC_DRIVERS_REPLAY_INTERNAL_H
#define SSC_DRIVERS_REPLAY_INTERNAL_H

#include "apdu/bytes.h"
#include "drivers/replay.h"

struct ssc_recorded_exchange {
    uint8_t *tx, *rx;
    size_t tx_len, rx_len;
    bool overwritten; /* a byte of the command's data is not what was sent */
};

enum { SSC_RECORDED_STAR = 0x2A };

struct ssc_recorded_rule {
    int cla, ins; /* -1 = any */
    uint16_t sw;
};

struct ssc_recording {
    char reader[SSC_READER_NAME_MAX];
    enum ssc_medium medium;
    struct ssc_atr atr;
    bool redacted;
    struct ssc_recorded_exchange *exchanges;
    size_t count, room;
    struct ssc_recorded_rule rules[32];
    size_t rules_count;
};

/* *bad_line: 1.. of the line at fault, 0 when the text as a whole is. Free the recording in any case. */
int ssc_recording_parse(struct ssc_recording *rec, const char *text, size_t len, unsigned *bad_line);
void ssc_recording_free(struct ssc_recording *rec);

#endif
