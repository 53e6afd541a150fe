/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of the identity and the national line, out of the elements as read. */
#include <stdio.h>
#include <string.h>

#include "apdu/text.h"
#include "middleware/identity_private.h"
#include "middleware/values.h"

enum { EF_ISSUER = 5, EF_HOLDER = 6, NAME_MAX_BYTES = 64, CARD_NUMBER_LEN = 9 };

/* What would break the line or a terminal is replaced and reported. */
static void make_safe(struct ssc_identity *out, char *text)
{
    for (char *c = text; *c; c++) {
        if (*c == '|' || (unsigned char)*c < ' ' || *c == 0x7F) {
            *c = '?';
            out->raw.findings |= SSC_FOUND_UNSAFE;
        }
    }
}

/* Copies whole UTF-8 characters, at most cap - 1 bytes. */
static void copy_text(char *to, size_t cap, const char *from)
{
    size_t len = strnlen(from, cap);

    if (len == cap) {
        for (len = cap - 1; len > 0 && ((unsigned char)from[len] & 0xC0) == 0x80;) {
            len--;
        }
    }
    memcpy(to, from, len);
    to[len] = '\0';
}

static void take(struct ssc_identity *out, uint8_t sfi, uint8_t tag, char *to, size_t cap)
{
    const struct ssc_value *v = ssc_values_find(&out->raw, sfi, tag);

    to[0] = '\0';
    if (v && v->text_valid) {
        copy_text(to, cap, v->text);
        make_safe(out, to);
    }
}

static void take_date(struct ssc_identity *out, uint8_t sfi, uint8_t tag, char date[9])
{
    const struct ssc_value *v = ssc_values_find(&out->raw, sfi, tag);
    bool ascii = false;

    date[0] = '\0';
    if (v) {
        ssc_value_date(out->raw.bytes + v->offset, v->len, date, &ascii);
    }
    if (ascii) {
        out->dates_in_ascii = true;
        out->raw.findings |= SSC_FOUND_ASCII_DATE;
    }
}

/* Bytes of a name without padding: 00, and FF where an issuer pads with that. */
static size_t name_part(const struct ssc_identity *out, uint8_t tag, uint8_t *to)
{
    const struct ssc_value *v = ssc_values_find(&out->raw, EF_HOLDER, tag);
    size_t len = 0;

    if (v) {
        len = v->len > NAME_MAX_BYTES / 2 ? NAME_MAX_BYTES / 2 : v->len;
        memcpy(to, out->raw.bytes + v->offset, len);
        while (len > 0 && (to[len - 1] == 0x00 || to[len - 1] == 0xFF)) {
            len--;
        }
    }
    return len;
}

/* Name and extension are one text: a character may begin in the first and end in the second. */
static void take_name(struct ssc_identity *out)
{
    uint8_t bytes[NAME_MAX_BYTES];
    size_t len = name_part(out, 0x09, bytes), text_len = sizeof out->name;

    len += name_part(out, 0x4E, bytes + len);
    out->name[0] = '\0';
    if (len > 0 && ssc_gb18030_to_utf8(bytes, len, out->name, &text_len, NULL) != 0) {
        out->name[0] = '\0';
        out->raw.findings |= SSC_FOUND_BAD_TEXT;
    }
    make_safe(out, out->name);
    ssc_cleanse(bytes, sizeof bytes);
}

static void take_issuer(const struct ssc_card *card, struct ssc_identity *out)
{
    const struct ssc_card_info *info = &card->info;
    const struct ssc_atr *atr = &card->channel->atr;

    take(out, EF_ISSUER, 0x02, out->card_class, sizeof out->card_class);
    take(out, EF_ISSUER, 0x04, out->issuer, sizeof out->issuer);
    take(out, EF_ISSUER, 0x07, out->card_number, CARD_NUMBER_LEN + 1);
    take_date(out, EF_ISSUER, 0x05, out->issue_date);
    take_date(out, EF_ISSUER, 0x06, out->expiry_date);
    copy_text(out->version, sizeof out->version, info->version);
    copy_text(out->area_code, sizeof out->area_code, info->city);
    if (info->has_card_id) {
        ssc_hex_encode(info->card_id, sizeof info->card_id, out->card_id, sizeof out->card_id);
    } else { /* wrongly made: shown as it is */
        take(out, EF_ISSUER, 0x01, out->card_id, sizeof out->card_id);
    }
    if (atr->historical_len <= sizeof atr->historical) {
        ssc_hex_encode(atr->historical, atr->historical_len, out->reset_info, sizeof out->reset_info);
    }
    out->card_number_wrong = out->card_number[0] != '\0' && !ssc_card_number_valid(out->card_number);
}

static void take_holder(struct ssc_identity *out)
{
    take(out, EF_HOLDER, 0x08, out->citizen_id, sizeof out->citizen_id);
    take(out, EF_HOLDER, 0x0A, out->sex, sizeof out->sex);
    take(out, EF_HOLDER, 0x0B, out->ethnic_group, sizeof out->ethnic_group);
    take(out, EF_HOLDER, 0x0C, out->birth_place, sizeof out->birth_place);
    take_date(out, EF_HOLDER, 0x0D, out->birth_date);
    take_name(out);
    out->citizen_id_wrong = out->citizen_id[0] != '\0' && !ssc_citizen_id_valid(out->citizen_id);
}

void ssc_identity_fill(const struct ssc_card *card, struct ssc_identity *out)
{
    take_issuer(card, out);
    take_holder(out);
    if (out->terminal_number[0] == '\0') {
        memcpy(out->terminal_number, "000000000000", sizeof "000000000000");
    }
    make_safe(out, out->device_number);
    snprintf(out->line, sizeof out->line, "%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|", out->area_code,
             out->citizen_id, out->card_number, out->card_id, out->name, out->reset_info, out->version,
             out->issue_date, out->expiry_date, out->terminal_number, out->device_number);
}

void ssc_identity_wipe(struct ssc_identity *out)
{
    const struct ssc_identity kept = {.genuine = out->genuine,
                                      .remote_cause = out->remote_cause,
                                      .exchanges = out->exchanges,
                                      .wire_exchanges = out->wire_exchanges,
                                      .wire_us = out->wire_us};

    ssc_cleanse(out, sizeof *out);
    *out = kept;
}
