/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes: big-endian numbers, hexadecimal, and a writer that cannot overflow. */
#ifndef SSC_APDU_BYTES_H
#define SSC_APDU_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A view of bytes that somebody else owns. */
struct ssc_bytes {
    const uint8_t *data;
    size_t len;
};

static inline uint16_t ssc_get16(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}
static inline uint32_t ssc_get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline void ssc_put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}
static inline void ssc_put32(uint8_t *p, uint32_t v)
{
    ssc_put16(p, (uint16_t)(v >> 16));
    ssc_put16(p + 2, (uint16_t)v);
}

/* Hexadecimal text, blanks between bytes allowed, into bytes. *len: capacity in, length out.
 * SSC_E_INVALID_ARGUMENT: odd digits or another character; SSC_E_BUFFER_TOO_SMALL: *len is the size needed.
 */
int ssc_hex_decode(const char *text, uint8_t *out, size_t *len);
/* Like ssc_hex_decode, for a text that is not NUL terminated. */
int ssc_hex_decode_n(const char *text, size_t text_len, uint8_t *out, size_t *len);
/* Upper case, no blanks, NUL terminated. cap must be at least 2 * len + 1, or SSC_E_BUFFER_TOO_SMALL. */
int ssc_hex_encode(const uint8_t *data, size_t len, char *out, size_t cap);

/* Appends to a caller's buffer; the first append that does not fit sets `full` and appends nothing more. */
struct ssc_writer {
    uint8_t *data;
    size_t cap, len;
    bool full;
};
static inline struct ssc_writer ssc_writer(uint8_t *buf, size_t cap)
{
    return (struct ssc_writer){.data = buf, .cap = cap, .len = 0, .full = false};
}
void ssc_write(struct ssc_writer *w, const void *data, size_t len);
void ssc_write8(struct ssc_writer *w, unsigned v);
void ssc_write16(struct ssc_writer *w, unsigned v);
void ssc_write32(struct ssc_writer *w, uint32_t v);
void ssc_write_fill(struct ssc_writer *w, uint8_t byte, size_t count);

#endif
