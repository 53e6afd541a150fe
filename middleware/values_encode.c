/* SPDX-License-Identifier: Apache-2.0 */
/* From text to the bytes of an element, padded as its type wants: an with 00, cn with nibble F. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apdu/text.h"
#include "middleware/values.h"

/* Exactly `size` bytes. SSC_E_INVALID_ARGUMENT: too long, or not of the type. */
static int encode_plain(enum ssc_element_type type, const char *text, size_t text_len, uint8_t *out,
                        size_t size)
{
    char digits[2 * SSC_LC_SHORT + 1];
    uint8_t gb[SSC_LC_SHORT + 1]; /* with room for the conversion's NUL */
    size_t len = size;
    int rc = SSC_E_INVALID_ARGUMENT;

    memset(out, 0, size);
    if (type == SSC_AN) {
        len = sizeof gb;
        rc = ssc_utf8_to_gb18030(text, text_len, gb, &len, NULL);
        if (rc == 0 && len > size) {
            rc = SSC_E_INVALID_ARGUMENT;
        }
        if (rc == 0) {
            memcpy(out, gb, len);
        }
    } else if (type == SSC_CN && text_len < sizeof digits) {
        memcpy(digits, text, text_len);
        digits[text_len] = '\0';
        rc = ssc_digits_to_cn(digits, out, size);
    } else if (type == SSC_BIN) {
        rc = ssc_hex_decode_n(text, text_len, out, &len);
        if (rc == 0 && len != size) {
            rc = SSC_E_INVALID_ARGUMENT;
        }
    }
    ssc_cleanse(gb, sizeof gb);
    ssc_cleanse(digits, sizeof digits);
    return rc == SSC_E_BUFFER_TOO_SMALL ? SSC_E_INVALID_ARGUMENT : rc;
}

static size_t part_length(const char *text, char separator)
{
    const char *end = strchr(text, separator);

    return end ? (size_t)(end - text) : strlen(text);
}

/* The sub-elements that stand in a B-TLV element (published data structure, tables 9 to 13). */
static const struct layout {
    uint8_t tag, first, count;
} layouts[] = {
    {0x40, 0x57, 3}, {0x41, 0x57, 3}, {0x43, 0x5A, 5}, {0x44, 0x33, 4}, {0x99, 0x10, 3}, {0x4A, 0x13, 5},
    {0x79, 0x18, 7}, {0xA3, 0xA5, 2}, {0xA4, 0xA7, 2}, {0xC3, 0xE3, 5}, {0xC4, 0xE3, 5}, {0xC5, 0xE3, 5},
};

static const struct layout *layout_of(uint8_t tag)
{
    const struct layout *found = NULL;

    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        if (layouts[i].tag == tag) {
            found = &layouts[i];
        }
    }
    return found;
}

static int encode_btlv(const struct ssc_element *element, const char *text, uint8_t *out, size_t *len)
{
    const struct layout *layout = layout_of(element->tag);
    uint8_t value[SSC_LC_SHORT];
    size_t at = 0;
    int rc = layout ? 0 : SSC_E_INVALID_ARGUMENT;

    for (uint8_t i = 0; rc == 0 && i < layout->count; i++) {
        const struct ssc_element *sub = ssc_subelement((uint8_t)(layout->first + i));
        const size_t part = part_length(text, ',');
        if (!sub || at + 2u + sub->len > element->len || at + 2u + sub->len > *len) {
            rc = SSC_E_INVALID_ARGUMENT;
            break;
        }
        rc = encode_plain(sub->type, text, part, value, sub->len);
        out[at] = sub->tag;
        out[at + 1] = (uint8_t)sub->len;
        memcpy(out + at + 2, value, sub->len);
        at += 2u + sub->len;
        text += part + (text[part] == ',');
    }
    if (rc == 0 && *text != '\0') {
        rc = SSC_E_INVALID_ARGUMENT;
    }
    *len = at;
    ssc_cleanse(value, sizeof value);
    return rc;
}

int ssc_value_encode(const struct ssc_element *element, const char *text, uint8_t *out, size_t *len)
{
    int rc;

    if (element->len > *len) {
        rc = SSC_E_BUFFER_TOO_SMALL;
    } else if (element->type == SSC_BTLV) {
        rc = encode_btlv(element, text, out, len);
    } else {
        /* Codes are called cn in the tables, but hold hexadecimal digits. */
        const bool code = element->type == SSC_CN && element->len >= 12;
        rc = encode_plain(code ? SSC_BIN : element->type, text, strlen(text), out, element->len);
        *len = element->len;
    }
    return rc;
}

static int encode_number(const char *text, size_t text_len, uint8_t *out, size_t size)
{
    char digits[12];
    unsigned long long value = 0;
    int rc = text_len == 0 || text_len >= sizeof digits ? SSC_E_INVALID_ARGUMENT : 0;

    for (size_t i = 0; rc == 0 && i < text_len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            rc = SSC_E_INVALID_ARGUMENT;
        } else {
            value = value * 10 + (unsigned)(text[i] - '0');
        }
    }
    if (rc == 0 && value > (size == 2 ? 0xFFFFu : 0xFFFFFFFFu)) {
        rc = SSC_E_INVALID_ARGUMENT;
    }
    if (rc == 0 && size == 2) {
        ssc_put16(out, (uint16_t)value);
    } else if (rc == 0) {
        ssc_put32(out, (uint32_t)value);
    }
    return rc;
}

int ssc_value_encode_fields(const struct ssc_file *file, const char *text, uint8_t *out, size_t *len)
{
    size_t at = 0;
    int rc = file->size > *len ? SSC_E_BUFFER_TOO_SMALL : 0;

    for (size_t i = 0; rc == 0 && i < file->field_count; i++) {
        const struct ssc_field *f = &file->fields[i];
        const size_t part = part_length(text, '^');
        if (at + f->len > file->size) {
            rc = SSC_E_INVALID_ARGUMENT;
        } else if (f->type == SSC_BIN && (f->len == 2 || f->len == 4)) {
            rc = encode_number(text, part, out + at, f->len);
        } else {
            rc = encode_plain(f->type, text, part, out + at, f->len);
        }
        at += f->len;
        text += part + (text[part] == '^');
    }
    if (rc == 0 && *text != '\0') {
        rc = SSC_E_INVALID_ARGUMENT;
    }
    *len = at;
    return rc;
}
