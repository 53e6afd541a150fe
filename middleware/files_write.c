/* SPDX-License-Identifier: Apache-2.0 */
/* Writing any file of the tables. Every command is sent once: whoever has no answer reads back. */
#include <string.h>

#include "apdu/sw.h"
#include "middleware/files.h"
#include "middleware/reading.h"
#include "middleware/values.h"

enum { CHUNK = 0xFA };

static int send(struct ssc_card *card, const struct ssc_command_buf *b, int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);

    return ssc_card_transmit(card, &b->cmd, &rsp, SSC_TX_ONCE, deadline, NULL);
}

/* Refused before anything was written: the other way of saying the same may be tried. */
static bool other_way(int rc)
{
    return rc == SSC_SW_P1P2 || rc == SSC_SW_FUNCTION || rc == SSC_SW_RECORD_NOT_FOUND ||
           rc == SSC_SW_LC_P1P2;
}

static const struct ssc_element *find_element(const struct ssc_file *file, uint8_t tag, unsigned occurrence)
{
    const struct ssc_element *found = NULL;
    unsigned seen = 0;

    for (size_t i = 0; i < file->element_count && !found; i++) {
        if (file->elements[i].tag == tag && ++seen == occurrence) {
            found = &file->elements[i];
        }
    }
    return found;
}

/* The first record with a tag by its tag, as cards of all makers understand; further ones by number. A record
 * that is not there yet is added under its number. */
static int write_record(struct ssc_card *card, const struct ssc_element *e, unsigned occurrence,
                        const uint8_t *value, size_t len, int64_t deadline)
{
    uint8_t data[SSC_LC_SHORT] = {e->tag, (uint8_t)len};
    struct ssc_command_buf b = {.cmd = {.cla = 0}};
    int rc = len > sizeof data - 2 ? (int)SSC_E_INVALID_ARGUMENT : (int)SSC_SW_RECORD_NOT_FOUND;

    if (rc > 0) {
        memcpy(data + 2, value, len);
    }
    if (rc > 0 && occurrence == 1) {
        ssc_cmd_update_record(&b, 0, e->tag, SSC_REC_FIRST, data, len + 2);
        rc = send(card, &b, deadline);
    }
    if (other_way(rc)) {
        ssc_cmd_update_record(&b, 0, e->ordinal, SSC_REC_NUMBER, data, len + 2);
        rc = send(card, &b, deadline);
    }
    ssc_cleanse(data, sizeof data);
    ssc_cleanse(&b, sizeof b);
    return rc;
}

static int write_element(struct ssc_card *card, const struct ssc_file *file, uint8_t tag, unsigned occurrence,
                         const char *text, bool hex, int64_t deadline)
{
    const struct ssc_element *e = find_element(file, tag, occurrence ? occurrence : 1);
    uint8_t value[SSC_LC_SHORT];
    size_t len = sizeof value;
    int rc = SSC_E_FILE_UNKNOWN;

    if (!e) {
        goto done;
    }
    rc = hex ? ssc_hex_decode(text, value, &len) : ssc_value_encode(e, text, value, &len);
    if (rc == SSC_E_BUFFER_TOO_SMALL || (rc == 0 && len > e->len)) {
        rc = SSC_E_INVALID_ARGUMENT;
    }
    if (rc == 0) {
        rc = ssc_reading_select(card, file->sfi, deadline);
    }
    if (rc == 0) {
        rc = write_record(card, e, occurrence ? occurrence : 1, value, len, deadline);
    }
done:
    ssc_cleanse(value, sizeof value);
    return rc;
}

/* "Previous" adds a record to a cyclic file (card specification part 5); some cards want record number 1. */
static int append_record(struct ssc_card *card, const struct ssc_file *file, const char *text, bool hex,
                         int64_t deadline)
{
    uint8_t record[SSC_LC_SHORT];
    size_t len = sizeof record;
    struct ssc_command_buf b;
    int rc = hex ? ssc_hex_decode(text, record, &len) : ssc_value_encode_fields(file, text, record, &len);

    if (rc == SSC_E_BUFFER_TOO_SMALL || (rc == 0 && len != file->size)) {
        rc = SSC_E_INVALID_ARGUMENT;
    }
    if (rc == 0) {
        rc = ssc_reading_select(card, file->sfi, deadline);
    }
    if (rc == 0) {
        ssc_cmd_update_record(&b, 0, 0, SSC_REC_PREVIOUS, record, len);
        rc = send(card, &b, deadline);
        if (other_way(rc)) {
            ssc_cmd_update_record(&b, 0, 1, SSC_REC_NUMBER, record, len);
            rc = send(card, &b, deadline);
        }
        ssc_cleanse(&b, sizeof b);
    }
    ssc_cleanse(record, sizeof record);
    return rc;
}

static int write_transparent(struct ssc_card *card, const struct ssc_file *file, const char *text,
                             uint16_t offset, int64_t deadline)
{
    uint8_t content[0x1000];
    size_t len = sizeof content, at = 0;
    struct ssc_command_buf b;
    int rc = ssc_hex_decode(text, content, &len);

    if (rc == SSC_E_BUFFER_TOO_SMALL || (rc == 0 && (len == 0 || (size_t)offset + len > file->size))) {
        rc = SSC_E_INVALID_ARGUMENT;
    }
    if (rc == 0) {
        rc = ssc_reading_select(card, file->sfi, deadline);
    }
    while (rc == 0 && at < len) {
        const size_t part = len - at < CHUNK ? len - at : CHUNK;
        ssc_cmd_update_binary(&b, 0, (uint16_t)(offset + at), content + at, part);
        rc = send(card, &b, deadline);
        at += part;
    }
    ssc_cleanse(content, sizeof content);
    ssc_cleanse(&b, sizeof b);
    return rc;
}

int ssc_file_write(struct ssc_card *card, const struct ssc_file *file, uint8_t tag, unsigned occurrence,
                   const char *text, bool hex, uint16_t offset, struct ssc_auth *auth, int64_t deadline)
{
    int rc = ssc_file_open(card, file, true, SSC_AUTH_AUTO, auth, deadline);

    if (rc != 0) {
        goto done;
    }
    switch (file->kind) {
    case SSC_FILE_VARIABLE:
    case SSC_FILE_FIXED:
        rc = write_element(card, file, tag, occurrence, text, hex, deadline);
        break;
    case SSC_FILE_CYCLIC:
        rc = append_record(card, file, text, hex, deadline);
        break;
    case SSC_FILE_TRANSPARENT:
        rc = write_transparent(card, file, text, offset, deadline);
        break;
    }
    if (file->app == SSC_APP_SSSE && file->sfi == 5) {
        ssc_card_issuer_forget(card);
    }
    rc = ssc_card_denied(card, rc);
done:
    return rc;
}
