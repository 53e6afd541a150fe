/* SPDX-License-Identifier: Apache-2.0 */
/* What a reader is called: pcscd passes on what a device or a configuration file says, in any encoding. */
#include "drivers/pcsc_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

enum { MARK_LEN = 9 }; /* " 1A2B3C4D" */

/* Bytes of the well-formed character (Unicode, table 3-7) that begins at a byte which is not NUL; 0: none. */
static size_t character(const unsigned char *s)
{
    static const struct {
        unsigned char first, last, low, high; /* the first byte; the second */
        size_t len;
    } rows[] = {
        {0x01, 0x7F, 0x00, 0xFF, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    size_t len = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && len == 0; i++) {
        if (s[0] >= rows[i].first && s[0] <= rows[i].last && s[1] >= rows[i].low && s[1] <= rows[i].high) {
            len = rows[i].len;
        }
    }
    for (size_t i = 2; i < len; i++) { /* a NUL ends this, too */
        len = (s[i] & 0xC0) == 0x80 ? len : 0;
    }
    return len;
}

/* FNV-1a. */
static uint32_t hash(const char *text)
{
    uint32_t sum = 2166136261u;
    for (; *text; text++) {
        sum = (sum ^ (unsigned char)*text) * 16777619u;
    }
    return sum;
}

void ssc_pcsc_name_show(const char *raw, char shown[SSC_READER_NAME_MAX])
{
    const char *from = raw;
    size_t used = 0, whole = 0; /* whole: as much as leaves room for the mark */
    bool marked = false, full = false;
    while (*from && !full) {
        const size_t len = character((const unsigned char *)from);
        const char *bytes = len > 0 ? from : REPLACEMENT;
        const size_t count = len > 0 ? len : strlen(REPLACEMENT);
        full = used + count >= SSC_READER_NAME_MAX;
        if (!full) {
            memcpy(shown + used, bytes, count);
            used += count;
            whole = used + MARK_LEN < SSC_READER_NAME_MAX ? used : whole;
            from += len > 0 ? len : 1;
        }
        marked = marked || full || len == 0;
    }
    if (marked) {
        snprintf(shown + whole, SSC_READER_NAME_MAX - whole, " %08" PRIX32, hash(raw));
    } else {
        shown[used] = '\0';
    }
}
