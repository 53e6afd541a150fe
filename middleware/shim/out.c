/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/shim/out.h"

#include "apdu/error.h"
#include "apdu/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A byte that continues a character of UTF-8. */
static bool continues(char c)
{
    return ((unsigned char)c & 0xC0u) == 0x80u;
}

void ssc_shim_wipe(char *text)
{
    if (text) {
        explicit_bzero(text, strlen(text));
        free(text);
    }
}

void ssc_shim_out_free(struct ssc_shim_out *out)
{
    if (out->text) {
        explicit_bzero(out->text, out->cap);
        free(out->text);
    }
    *out = (struct ssc_shim_out){.len = 0};
}

/* Not realloc: what it leaves behind is not overwritten. */
static void grow(struct ssc_shim_out *out, size_t need)
{
    const size_t cap = need < 1024 ? 1024 : need * 2;
    char *text = malloc(cap);
    if (text) {
        memcpy(text, out->text ? out->text : "", out->len);
        if (out->text) {
            explicit_bzero(out->text, out->cap);
            free(out->text);
        }
        out->text = text;
        out->cap = cap;
    } else {
        out->error = SSC_E_OUT_OF_MEMORY;
    }
}

void ssc_shim_out_add(struct ssc_shim_out *out, const char *text, size_t len)
{
    if (out->error == 0 && out->len + len + 1 > out->cap) {
        grow(out, out->len + len + 1);
    }
    if (out->error == 0) {
        memcpy(out->text + out->len, text, len);
        out->len += len;
        out->text[out->len] = '\0';
    }
}

void ssc_shim_out_text(struct ssc_shim_out *out, const char *text)
{
    ssc_shim_out_add(out, text, strlen(text));
}

void ssc_shim_out_value(struct ssc_shim_out *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)text[i];
        const bool bad = c < 0x20 || c == 0x7F || c == '|' || c == '$';
        ssc_shim_out_add(out, bad ? "?" : text + i, 1);
    }
}

/* The first `len` bytes of a text into the buffer. */
static int convert(enum ssc_shim_encoding encoding, const char *text, size_t len, char *buffer, size_t cap)
{
    size_t room = cap;
    int rc = 0;
    if (cap == 0) {
        rc = SSC_E_BUFFER_TOO_SMALL;
    } else if (encoding == SSC_SHIM_UTF8) {
        rc = len < cap ? 0 : SSC_E_BUFFER_TOO_SMALL;
        memcpy(buffer, text, rc == 0 ? len : 0);
        buffer[rc == 0 ? len : 0] = '\0';
    } else { /* 4 bytes at most for a character, and never more than 3 for each byte of UTF-8 */
        uint8_t *work = malloc(3 * len + 1);
        size_t n = 3 * len + 1;
        rc = work ? ssc_utf8_to_gb18030(text, len, work, &n, NULL) : SSC_E_OUT_OF_MEMORY;
        rc = rc == 0 && n >= room ? SSC_E_BUFFER_TOO_SMALL : rc;
        memcpy(buffer, work ? work : (const uint8_t *)"", rc == 0 ? n : 0);
        buffer[rc == 0 ? n : 0] = '\0';
        if (work) {
            explicit_bzero(work, 3 * len + 1);
            free(work);
        }
    }
    return rc;
}

int ssc_shim_deliver(enum ssc_shim_encoding encoding, const struct ssc_shim_out *out, char *buffer,
                     size_t cap)
{
    const char *text = out->text ? out->text : "";
    int rc = out->error;
    if (rc == 0) {
        rc = convert(encoding, text, out->len, buffer, cap);
    } else if (cap > 0) {
        buffer[0] = '\0';
    }
    return rc;
}

void ssc_shim_deliver_cut(enum ssc_shim_encoding encoding, const char *text, char *buffer, size_t cap)
{
    size_t len = strlen(text);
    int rc = convert(encoding, text, len, buffer, cap);
    while (rc == SSC_E_BUFFER_TOO_SMALL && len > 0) {
        do {
            len--;
        } while (len > 0 && continues(text[len]));
        rc = convert(encoding, text, len, buffer, cap);
    }
}

int ssc_shim_take(enum ssc_shim_encoding encoding, const char *text, size_t most, char **out)
{
    const size_t len = text ? strnlen(text, most) : most;
    size_t n = 3 * len + 1;
    int rc = text && len < most ? 0 : SSC_E_INVALID_ARGUMENT;
    char *copy = rc == 0 ? malloc(n) : NULL;
    *out = NULL;
    if (rc == 0 && !copy) {
        rc = SSC_E_OUT_OF_MEMORY;
    } else if (rc == 0 && encoding == SSC_SHIM_GB18030) {
        rc = ssc_gb18030_to_utf8((const uint8_t *)text, len, copy, &n, NULL);
    } else if (rc == 0) { /* the way there proves that it is UTF-8; the copy is the text itself */
        uint8_t *work = malloc(n);
        rc = work ? ssc_utf8_to_gb18030(text, len, work, &n, NULL) : SSC_E_OUT_OF_MEMORY;
        memcpy(copy, text, len);
        copy[len] = '\0';
        if (work) {
            explicit_bzero(work, 3 * len + 1);
            free(work);
        }
    }
    if (rc == 0) {
        *out = copy;
    } else if (copy) {
        explicit_bzero(copy, 3 * len + 1);
        free(copy);
    }
    return rc;
}
