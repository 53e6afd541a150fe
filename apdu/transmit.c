/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/transmit.h"

#include <string.h>
#include <time.h>

#include "apdu/bytes.h"
#include "apdu/crypto.h"
#include "apdu/error.h"
#include "apdu/sw.h"

#define INS_GET_RESPONSE 0xC0u
#define CLA_CHAINING 0x10u
#define SW_BYTES 2u

/* One call of ssc_transmit. rx holds the last raw answer, rx_len its data without the status word. */
struct run {
    const struct ssc_link *link;
    struct ssc_response *rsp;
    struct ssc_transmit_report *report;
    int64_t deadline;
    uint8_t *tx, *rx;
    size_t tx_cap, rx_cap;
    size_t rx_len;
    uint16_t sw;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ISO 7816-3 clause 10.3.3: SW1 is 6X or 9X, and 60 is no status. Anything else is noise, and 0000 would look
 * like success to a caller. */
static bool is_status(uint16_t sw)
{
    unsigned sw1 = sw >> 8;
    return (sw1 > 0x60 && sw1 <= 0x6F) || (sw1 >= 0x90 && sw1 <= 0x9F);
}

static size_t announced(uint16_t sw)
{
    return (sw & 0xFF) == 0 ? SSC_LE_SHORT : (sw & 0xFFu);
}

/* Sends one command as it stands and takes its answer. */
static int send(struct run *r, const struct ssc_command *cmd)
{
    int rc;
    size_t tx_len = r->tx_cap, rx_len = r->rx_cap;
    r->rx_len = 0;
    r->sw = 0;
    rc = ssc_command_encode(cmd, r->tx, &tx_len);
    if (rc != 0) {
        goto done;
    }
    if (now_ms() >= r->deadline) {
        rc = SSC_E_DEADLINE_EXCEEDED;
        goto wipe;
    }
    r->report->exchanges++;
    rc = r->link->exchange(r->link->ctx, r->tx, tx_len, r->rx, &rx_len, r->deadline);
    if (rc > 0) {
        rc = SSC_E_INTERNAL; /* a link knows no status words */
    } else if (rc == 0 && (rx_len < SW_BYTES || rx_len > r->rx_cap)) {
        rc = SSC_E_BAD_RESPONSE;
    } else if (rc == 0) {
        r->rx_len = rx_len - SW_BYTES;
        r->sw = ssc_get16(r->rx + r->rx_len);
        rc = is_status(r->sw) ? 0 : SSC_E_BAD_RESPONSE;
    }
wipe:
    ssc_cleanse(r->tx, tx_len); /* may have been a PIN */
done:
    return rc;
}

/* Like send, and once more with the exact Le when the card names it (ISO 7816-4 table 6, 6Cxx). */
static int send_exact(struct run *r, const struct ssc_command *cmd, bool once)
{
    int rc = send(r, cmd);
    if (rc == 0 && r->sw >> 8 == SSC_SW_WRONG_LE >> 8 && cmd->le > 0 && !once) {
        struct ssc_command again = *cmd;
        again.le = announced(r->sw);
        rc = send(r, &again);
        if (rc == 0 && r->sw >> 8 == SSC_SW_WRONG_LE >> 8) {
            rc = SSC_E_CARD_MISBEHAVES;
        }
    }
    return rc;
}

/* Appends the last answer's data to the response. */
static int keep(struct run *r)
{
    int rc = 0;
    struct ssc_response *rsp = r->rsp;
    rsp->sw = r->sw;
    if (r->rx_len > SSC_LE_EXTENDED - rsp->len) {
        rc = SSC_E_CARD_MISBEHAVES;
    } else if (r->rx_len > rsp->cap - rsp->len) {
        rsp->len += r->rx_len + (r->sw >> 8 == SSC_SW_MORE >> 8 ? announced(r->sw) : 0);
        rc = SSC_E_BUFFER_TOO_SMALL;
    } else if (r->rx_len > 0) {
        memcpy(rsp->data + rsp->len, r->rx, r->rx_len);
        rsp->len += r->rx_len;
    }
    return rc;
}

/* GET RESPONSE travels on the command's logical channel, without secure messaging and never chained. Class
 * bytes from B0 on carry no channel (BF of a PSAM is not channel 3). ISO 7816-4 clause 5.4.1. */
static uint8_t get_response_class(uint8_t cla)
{
    unsigned channel = 0;
    if (cla >= 0x40 && cla <= 0x7F) {
        channel = cla & 0x4Fu;
    } else if (cla < 0x20 || (cla >= 0x80 && cla < 0xB0)) {
        channel = cla & 0x03u;
    }
    return (uint8_t)channel;
}

/* Fetches what 61xx announced until a final status word. Each step must bring data: a card that only ever
 * says "more" would hold us until the deadline. */
static int collect(struct run *r, uint8_t cla)
{
    int rc = keep(r);
    while (rc == 0 && r->sw >> 8 == SSC_SW_MORE >> 8) {
        struct ssc_command more = {
            .cla = get_response_class(cla), .ins = INS_GET_RESPONSE, .le = announced(r->sw)};
        rc = send_exact(r, &more, false);
        if (rc == 0 && r->sw >> 8 == SSC_SW_MORE >> 8 && r->rx_len == 0) {
            rc = SSC_E_CARD_MISBEHAVES;
        }
        if (rc == 0) {
            rc = keep(r);
        }
    }
    return rc;
}

/* The command has been carried out; what it would say is not wanted. */
static int leave(struct run *r)
{
    const int rc = keep(r);
    if (r->sw >> 8 == SSC_SW_MORE >> 8) {
        r->sw = SSC_SW_OK;
    }
    return rc;
}

/* Sends all of a long command but its last link, which is left in *cmd (ISO 7816-4 clause 5.3.3). A link that
 * is not answered with 9000 ends the chain: r->sw says so. */
static int chain(struct run *r, struct ssc_command *cmd)
{
    int rc = 0;
    while (rc == 0 && cmd->lc > SSC_LC_SHORT) {
        struct ssc_command link = *cmd;
        link.cla = (uint8_t)(cmd->cla | CLA_CHAINING);
        link.lc = SSC_LC_SHORT;
        link.le = 0;
        rc = send(r, &link);
        r->report->sent = r->report->exchanges > 0;
        r->report->first_sw = r->sw;
        if (rc == 0 && r->sw != SSC_SW_OK) {
            break;
        }
        cmd->data += SSC_LC_SHORT;
        cmd->lc -= SSC_LC_SHORT;
    }
    return rc;
}

/* T=0 knows no extended length (ISO 7816-3 clause 12.1). */
static bool takes_extended(const struct ssc_link *link)
{
    return link->extended_length && link->protocol != SSC_T0;
}

/* The command as this link can carry it. */
static struct ssc_command fit(const struct ssc_link *link, const struct ssc_command *cmd)
{
    struct ssc_command fitted = *cmd;
    if (!takes_extended(link)) {
        fitted.extended = false;
        fitted.le = cmd->le > SSC_LE_SHORT ? SSC_LE_SHORT : cmd->le;
    }
    if (link->protocol == SSC_T0 && cmd->lc > 0) {
        fitted.le = 0; /* T=0 has no case 4: data first, then GET RESPONSE (ISO 7816-3 clause 12.2.1) */
    }
    return fitted;
}

static int run(struct run *r, const struct ssc_command *cmd, unsigned flags)
{
    int rc = 0;
    bool once = (flags & SSC_TX_ONCE) != 0;
    struct ssc_command fitted = fit(r->link, cmd);
    bool chained = fitted.lc > SSC_LC_SHORT && !takes_extended(r->link);
    if (chained && (once || (cmd->cla & CLA_CHAINING) != 0)) {
        rc = SSC_E_NOT_SUPPORTED; /* class B0 and the like have no chaining bit left */
        goto done;
    }
    if (chained) {
        rc = chain(r, &fitted);
        if (rc != 0 || r->sw != SSC_SW_OK) {
            r->rsp->sw = r->sw;
            goto done;
        }
    }
    rc = send_exact(r, &fitted, once);
    r->report->sent = r->report->exchanges > 0;
    r->report->first_sw = r->sw;
    if (rc == 0) {
        rc = (flags & SSC_TX_LEAVE_DATA) != 0 ? leave(r) : collect(r, cmd->cla);
    }
done:
    return rc != 0 ? rc : r->sw == SSC_SW_OK ? 0 : r->sw;
}

/* The large buffers stand in a frame of their own, so that ordinary exchanges need little stack. */
static __attribute__((noinline)) int run_extended(struct run *r, const struct ssc_command *cmd,
                                                  unsigned flags)
{
    uint8_t tx[SSC_COMMAND_MAX], rx[SSC_RESPONSE_MAX];
    r->tx = tx;
    r->tx_cap = sizeof tx;
    r->rx = rx;
    r->rx_cap = sizeof rx;
    const int rc = run(r, cmd, flags);
    ssc_cleanse(rx, sizeof rx);
    return rc;
}

int ssc_transmit(const struct ssc_link *link, const struct ssc_command *cmd, struct ssc_response *rsp,
                 unsigned flags, int64_t deadline, struct ssc_transmit_report *report)
{
    int rc;
    uint8_t tx[SSC_COMMAND_SHORT], rx[SSC_RESPONSE_SHORT];
    struct ssc_transmit_report unwanted;
    struct run r = {.link = link,
                    .rsp = rsp,
                    .report = report ? report : &unwanted,
                    .deadline = deadline,
                    .tx = tx,
                    .rx = rx,
                    .tx_cap = sizeof tx,
                    .rx_cap = sizeof rx};
    *r.report = (struct ssc_transmit_report){0};
    rsp->len = 0;
    rsp->sw = 0;
    bool extended = cmd->extended || cmd->lc > SSC_LC_SHORT || cmd->le > SSC_LE_SHORT;
    if (cmd->lc > SSC_LC_EXTENDED || cmd->le > SSC_LE_EXTENDED || (cmd->lc > 0 && !cmd->data)) {
        rc = SSC_E_INVALID_ARGUMENT;
    } else if (extended && takes_extended(link)) {
        rc = run_extended(&r, cmd, flags);
    } else {
        rc = run(&r, cmd, flags);
    }
    ssc_cleanse(rx, sizeof rx);
    return rc;
}
