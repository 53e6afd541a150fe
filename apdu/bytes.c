/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/bytes.h"

#include <string.h>

#include "apdu/error.h"

static int nibble(char c)
{
    int value = -1;
    if (c >= '0' && c <= '9') {
        value = c - '0';
    } else if (c >= 'A' && c <= 'F') {
        value = c - 'A' + 10;
    } else if (c >= 'a' && c <= 'f') {
        value = c - 'a' + 10;
    }
    return value;
}

int ssc_hex_decode_n(const char *text, size_t text_len, uint8_t *out, size_t *len)
{
    int rc = 0;
    size_t need = 0;
    int high = -1;
    for (size_t i = 0; i < text_len && rc == 0; i++) {
        int n = nibble(text[i]);
        if (n < 0) {
            /* blanks only between bytes: "3B 6D", never "3 B" */
            rc = text[i] == ' ' && high < 0 ? 0 : SSC_E_INVALID_ARGUMENT;
        } else if (high < 0) {
            high = n;
        } else {
            if (need < *len) {
                out[need] = (uint8_t)(high << 4 | n);
            }
            need++;
            high = -1;
        }
    }
    if (rc == 0 && high >= 0) {
        rc = SSC_E_INVALID_ARGUMENT;
    }
    if (rc == 0) {
        rc = need > *len ? SSC_E_BUFFER_TOO_SMALL : 0;
        *len = need;
    }
    return rc;
}

int ssc_hex_decode(const char *text, uint8_t *out, size_t *len)
{
    return ssc_hex_decode_n(text, strlen(text), out, len);
}

int ssc_hex_encode(const uint8_t *data, size_t len, char *out, size_t cap)
{
    static const char digits[] = "0123456789ABCDEF";
    int rc = 0;
    if (cap == 0 || len > (cap - 1) / 2) {
        rc = SSC_E_BUFFER_TOO_SMALL;
    } else {
        for (size_t i = 0; i < len; i++) {
            out[2 * i] = digits[data[i] >> 4];
            out[2 * i + 1] = digits[data[i] & 0x0F];
        }
        out[2 * len] = '\0';
    }
    return rc;
}

static bool reserve(struct ssc_writer *w, size_t len)
{
    if (len > w->cap - w->len) {
        w->full = true;
    }
    return !w->full;
}

void ssc_write(struct ssc_writer *w, const void *data, size_t len)
{
    if (reserve(w, len) && len > 0) {
        memcpy(w->data + w->len, data, len);
        w->len += len;
    }
}

void ssc_write8(struct ssc_writer *w, unsigned v)
{
    ssc_write_fill(w, (uint8_t)v, 1);
}

void ssc_write16(struct ssc_writer *w, unsigned v)
{
    uint8_t b[2];
    ssc_put16(b, (uint16_t)v);
    ssc_write(w, b, sizeof b);
}

void ssc_write32(struct ssc_writer *w, uint32_t v)
{
    uint8_t b[4];
    ssc_put32(b, v);
    ssc_write(w, b, sizeof b);
}

void ssc_write_fill(struct ssc_writer *w, uint8_t byte, size_t count)
{
    if (reserve(w, count) && count > 0) {
        memset(w->data + w->len, byte, count);
        w->len += count;
    }
}
