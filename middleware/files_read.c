/* SPDX-License-Identifier: Apache-2.0 */
/* Reading any file of the tables. */
#include <string.h>

#include "apdu/sw.h"
#include "middleware/files.h"
#include "middleware/reading.h"
#include "middleware/values.h"

enum { CHUNK = 0xFA, SFI_OFFSET_MAX = 0xFF, CYCLIC_MAX = 64 };

static int read_records(struct ssc_card *card, const struct ssc_file *file, const uint8_t *tags,
                        size_t tag_count, struct ssc_values *out, int64_t deadline)
{
    uint8_t buffer[4096];
    struct ssc_writer w = ssc_writer(buffer, sizeof buffer);
    struct ssc_reading_result got = {.whole = false};
    int rc = ssc_reading_file(card, file, tags, tag_count, &w, &got, deadline);

    if (rc == 0 && w.full) {
        rc = SSC_E_BAD_RESPONSE;
    }
    if (rc == 0) {
        rc = ssc_values_add_records(out, card->info.generation, file, buffer, w.len, tags, tag_count);
    }
    if (got.garbled) {
        out->findings |= SSC_FOUND_GARBLED;
    }
    ssc_cleanse(buffer, sizeof buffer);
    return rc;
}

/* One cyclic record; 6A83 behind the oldest. */
static int read_cyclic_one(struct ssc_card *card, const struct ssc_file *file, unsigned number,
                           struct ssc_values *out, int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;
    int rc;

    ssc_cmd_read_record(&b, 0, (uint8_t)number, SSC_REC_NUMBER, file->size);
    rc = ssc_reading_end_is_fine(ssc_card_transmit(card, &b.cmd, &rsp, 0, deadline, NULL));
    if (rc == 0) {
        rc = ssc_values_add_plain(out, file, number, rsp.data, rsp.len);
    }
    ssc_cleanse(buffer, sizeof buffer);
    return rc;
}

static int read_cyclic(struct ssc_card *card, const struct ssc_file *file, unsigned record,
                       struct ssc_values *out, int64_t deadline)
{
    const unsigned first = record ? record : 1, last = record ? record : CYCLIC_MAX;
    int rc = record > 254 ? SSC_E_INVALID_ARGUMENT : ssc_reading_select(card, file->sfi, deadline);

    for (unsigned n = first; rc == 0 && n <= last; n++) {
        rc = read_cyclic_one(card, file, n, out, deadline);
    }
    /* The end of the file; a single record that was asked for and is not there is an answer for the caller.
     */
    if (rc == SSC_SW_RECORD_NOT_FOUND && record == 0) {
        rc = 0;
    }
    return rc;
}

/* Where a transparent file ends. */
static bool past_end(int rc)
{
    return rc == SSC_SW_OFFSET || rc == SSC_SW_P1P2;
}

static int read_chunk(struct ssc_card *card, uint8_t sfi, size_t at, size_t want, struct ssc_response *rsp,
                      int64_t deadline)
{
    struct ssc_command_buf b;

    rsp->len = 0;
    ssc_cmd_read_binary(&b, sfi, (uint16_t)at, want);
    return ssc_reading_end_is_fine(ssc_card_transmit(card, &b.cmd, rsp, 0, deadline, NULL));
}

/* The first chunk selects the file by its short identifier, where card and profile allow that. */
static int read_first_chunk(struct ssc_card *card, const struct ssc_file *file, size_t want,
                            struct ssc_response *rsp, int64_t deadline)
{
    int rc = SSC_SW_FUNCTION;

    if (card->profile->sfi_addressing && card->habit.reading == SSC_READ_WHOLE_SFI) {
        card->current_ef = 0;
        rc = read_chunk(card, file->sfi, 0, want, rsp, deadline);
    }
    if (rc > 0 && rc != SSC_SW_SECURITY) {
        rc = ssc_reading_select(card, file->sfi, deadline);
        if (rc == 0) {
            rc = read_chunk(card, 0, 0, want, rsp, deadline);
        }
    }
    return rc;
}

static int read_transparent(struct ssc_card *card, const struct ssc_file *file, struct ssc_values *out,
                            int64_t deadline)
{
    uint8_t content[0x1000], buffer[SSC_RESPONSE_SHORT];
    const size_t size = file->size < sizeof content ? file->size : sizeof content;
    size_t at = 0, want, got;
    int rc;

    do {
        struct ssc_response rsp = SSC_RESPONSE(buffer);
        want = size - at < CHUNK ? size - at : CHUNK;
        rc = at == 0 ? read_first_chunk(card, file, want, &rsp, deadline)
                     : read_chunk(card, 0, at, want, &rsp, deadline);
        if (at > 0 && past_end(rc)) {
            rsp.len = 0;
            rc = 0;
        }
        got = rc != 0 ? 0 : rsp.len < want ? rsp.len : want;
        memcpy(content + at, buffer, got);
        at += got;
    } while (got == want && at < size); /* a short chunk: the file is shorter than the table */
    if (rc == 0) {
        rc = ssc_values_add_plain(out, file, 0, content, at);
    }
    ssc_cleanse(content, sizeof content);
    ssc_cleanse(buffer, sizeof buffer);
    return rc;
}

int ssc_file_read(struct ssc_card *card, const struct ssc_file *file, const uint8_t *tags, size_t tag_count,
                  unsigned record, enum ssc_auth_choice choice, struct ssc_auth *auth, struct ssc_values *out,
                  int64_t deadline)
{
    int rc = ssc_file_open(card, file, false, choice, auth, deadline);

    *out = (struct ssc_values){.count = 0};
    if (rc != 0) {
        goto done;
    }
    switch (file->kind) {
    case SSC_FILE_VARIABLE:
    case SSC_FILE_FIXED:
        rc = read_records(card, file, tags, tag_count, out, deadline);
        break;
    case SSC_FILE_CYCLIC:
        rc = read_cyclic(card, file, record, out, deadline);
        break;
    case SSC_FILE_TRANSPARENT:
        rc = read_transparent(card, file, out, deadline);
        break;
    }
    rc = ssc_card_denied(card, rc);
    if (rc != 0) {
        ssc_cleanse(out, sizeof *out);
    }
done:
    return rc;
}
