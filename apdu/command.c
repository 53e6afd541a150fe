/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/command.h"

#include "apdu/bytes.h"
#include "apdu/error.h"

#define HEADER 4u

int ssc_command_encode(const struct ssc_command *cmd, uint8_t *out, size_t *len)
{
    int rc = 0;
    bool extended = cmd->extended || cmd->lc > SSC_LC_SHORT || cmd->le > SSC_LE_SHORT;
    size_t lc_field = cmd->lc == 0 ? 0 : extended ? 3 : 1;
    /* Extended Le takes three bytes alone (case 2E) and two behind an extended Lc (case 4E). */
    size_t le_field = cmd->le == 0 ? 0 : !extended ? 1 : cmd->lc == 0 ? 3 : 2;
    size_t need = HEADER + lc_field + cmd->lc + le_field;
    if (cmd->lc > SSC_LC_EXTENDED || cmd->le > SSC_LE_EXTENDED || (cmd->lc > 0 && !cmd->data)) {
        rc = SSC_E_INVALID_ARGUMENT;
        goto done;
    }
    if (need > *len) {
        rc = SSC_E_BUFFER_TOO_SMALL;
        *len = need;
        goto done;
    }
    struct ssc_writer w = ssc_writer(out, *len);
    ssc_write8(&w, cmd->cla);
    ssc_write8(&w, cmd->ins);
    ssc_write8(&w, cmd->p1);
    ssc_write8(&w, cmd->p2);
    ssc_write_fill(&w, 0, lc_field == 3 ? 1 : 0);
    if (lc_field == 3) {
        ssc_write16(&w, (unsigned)cmd->lc);
    } else if (lc_field == 1) {
        ssc_write8(&w, (unsigned)cmd->lc);
    }
    ssc_write(&w, cmd->data, cmd->lc);
    ssc_write_fill(&w, 0, le_field == 3 ? 1 : 0);
    if (le_field >= 2) {
        ssc_write16(&w, (unsigned)(cmd->le & 0xFFFF)); /* 65536 is said as 0000 */
    } else if (le_field == 1) {
        ssc_write8(&w, (unsigned)(cmd->le & 0xFF)); /* 256 is said as 00 */
    }
    *len = w.len;
done:
    return rc;
}

static size_t le_short(uint8_t b)
{
    return b == 0 ? SSC_LE_SHORT : b;
}

static size_t le_extended(const uint8_t *p)
{
    size_t v = ssc_get16(p);
    return v == 0 ? SSC_LE_EXTENDED : v;
}

/* Body of a command whose first byte is 00 and which is longer than one byte: cases 2E, 3E, 4E. */
static int decode_extended(const uint8_t *body, size_t len, struct ssc_command *cmd)
{
    int rc = 0;
    size_t lc = len >= 3 ? ssc_get16(body + 1) : 0;
    cmd->extended = true;
    if (len == 3) {
        cmd->le = le_extended(body + 1);
    } else if (len > 3 && lc > 0 && (len == 3 + lc || len == 3 + lc + 2)) {
        cmd->data = body + 3;
        cmd->lc = lc;
        cmd->le = len == 3 + lc ? 0 : le_extended(body + 3 + lc);
    } else {
        rc = SSC_E_INVALID_ARGUMENT;
    }
    return rc;
}

int ssc_command_decode(const uint8_t *bytes, size_t len, struct ssc_command *cmd)
{
    int rc = 0;
    *cmd = (struct ssc_command){0};
    if (len < HEADER) {
        rc = SSC_E_INVALID_ARGUMENT;
        goto done;
    }
    cmd->cla = bytes[0];
    cmd->ins = bytes[1];
    cmd->p1 = bytes[2];
    cmd->p2 = bytes[3];
    const uint8_t *body = bytes + HEADER;
    size_t n = len - HEADER;
    if (n == 1) {
        cmd->le = le_short(body[0]);
    } else if (n > 1 && body[0] == 0) {
        rc = decode_extended(body, n, cmd);
    } else if (n > 1) {
        size_t lc = body[0];
        if (n != 1 + lc && n != 1 + lc + 1) {
            rc = SSC_E_INVALID_ARGUMENT;
            goto done;
        }
        cmd->data = body + 1;
        cmd->lc = lc;
        cmd->le = n == 1 + lc ? 0 : le_short(body[1 + lc]);
    }
done:
    return rc;
}
