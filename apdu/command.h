/* SPDX-License-Identifier: Apache-2.0 */
/* Command and response APDUs, ISO/IEC 7816-4 clause 5: cases 1 to 4, short and extended. */
#ifndef SSC_APDU_COMMAND_H
#define SSC_APDU_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSC_LC_SHORT 255u
#define SSC_LE_SHORT 256u /* encoded as 00 */
#define SSC_LC_EXTENDED 65535u
#define SSC_LE_EXTENDED 65536u /* encoded as 0000 */
#define SSC_COMMAND_SHORT 261u /* header 4, Lc 1, data 255, Le 1 */
#define SSC_COMMAND_MAX (4u + 3u + 65535u + 2u)
#define SSC_RESPONSE_SHORT 258u
#define SSC_RESPONSE_MAX (65536u + 2u)

struct ssc_command {
    uint8_t cla, ins, p1, p2;
    const uint8_t *data; /* borrowed; may be NULL when lc is 0 */
    size_t lc;           /* 0: no data field */
    size_t le;           /* 0: no response data expected; else the most that is wanted, 1 .. 65536 */
    bool extended;       /* use extended lengths even where short ones would do; set by parse */
};

/* Bytes of a command. *len: capacity in, length out. Extended lengths are used when cmd->extended is set or
 * lc > 255 or le > 256. SSC_E_INVALID_ARGUMENT: lc or le beyond what ISO 7816-4 can say. */
int ssc_command_encode(const struct ssc_command *cmd, uint8_t *out, size_t *len);

/* The other way round; cmd->data points into `bytes`. SSC_E_INVALID_ARGUMENT: not one of the seven forms. */
int ssc_command_decode(const uint8_t *bytes, size_t len, struct ssc_command *cmd);

/* A command that carries its own data, for builders. Copying it would leave cmd.data behind: pass a pointer.
 */
struct ssc_command_buf {
    struct ssc_command cmd;
    uint8_t data[SSC_LC_SHORT];
};

/* Response: `data` is the caller's buffer of `cap` bytes; `len` counts data without the status word. */
struct ssc_response {
    uint8_t *data;
    size_t cap, len;
    uint16_t sw;
};
#define SSC_RESPONSE(buffer) ((struct ssc_response){.data = (buffer), .cap = sizeof(buffer)})

#endif
