/* SPDX-License-Identifier: Apache-2.0 */
/* For this room's builders and parsers: fill a command's own data field without ever writing past it, take an
 * answer apart without ever reading past it. */
#ifndef SSC_APDU_BUILD_H
#define SSC_APDU_BUILD_H

#include <string.h>

#include "apdu/bytes.h"
#include "apdu/command.h"
#include "apdu/error.h"

/* Makes a command that ssc_command_encode refuses with SSC_E_INVALID_ARGUMENT, so that a value that no card
 * understands cannot leave this host and no builder needs a return code that somebody forgets. */
static inline void ssc_build_refuse(struct ssc_command_buf *b)
{
    b->cmd.data = NULL;
    b->cmd.lc = 1;
    b->cmd.le = 0;
}

static inline struct ssc_writer ssc_build(struct ssc_command_buf *b, unsigned cla, unsigned ins, unsigned p1,
                                          unsigned p2)
{
    b->cmd = (struct ssc_command){
        .cla = (uint8_t)cla, .ins = (uint8_t)ins, .p1 = (uint8_t)p1, .p2 = (uint8_t)p2, .data = b->data};
    return ssc_writer(b->data, sizeof b->data);
}

/* le as in struct ssc_command. */
static inline void ssc_build_end(struct ssc_command_buf *b, const struct ssc_writer *w, size_t le)
{
    b->cmd.lc = w->len;
    b->cmd.le = le;
    if (w->full) {
        ssc_build_refuse(b);
    }
}

/* Header and data in one call. */
static inline void ssc_build_data(struct ssc_command_buf *b, unsigned cla, unsigned ins, unsigned p1,
                                  unsigned p2, const void *data, size_t len, size_t le)
{
    struct ssc_writer w = ssc_build(b, cla, ins, p1, p2);

    ssc_write(&w, data, len);
    ssc_build_end(b, &w, le);
}

static inline void ssc_write24(struct ssc_writer *w, uint32_t v)
{
    ssc_write8(w, v >> 16 & 0xFF);
    ssc_write16(w, v & 0xFFFF);
}

/* Two 4-byte values in the order of the answer, and nothing else. */
static inline int ssc_take_pair(const struct ssc_response *r, uint8_t first[4], uint8_t second[4])
{
    int rc = SSC_E_BAD_RESPONSE;

    if (r->len != 8) {
        goto done;
    }
    memcpy(first, r->data, 4);
    memcpy(second, r->data + 4, 4);
    rc = 0;
done:
    return rc;
}

#endif
