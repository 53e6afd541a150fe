/* SPDX-License-Identifier: Apache-2.0 */
/* The calls into libpcsclite that may take for ever; on a worker's thread only. */
#include "drivers/pcsc_internal.h"

#include <string.h>

/* Codes that mean something else, or something more, on a handle that was good before. */
static int handle_error(struct ssc_pcsc_worker *w, LONG scard)
{
    int rc = ssc_pcsc_error(scard);
    switch (rc) {
    case SSC_E_NO_CARD: /* a driver noticed first */
        rc = SSC_E_CARD_REMOVED;
        break;
    case SSC_E_READER_NOT_FOUND:
    case SSC_E_INVALID_ARGUMENT: /* E_INVALID_VALUE: the reader behind the handle has been pulled */
        rc = SSC_E_READER_REMOVED;
        break;
    default:
        break;
    }
    /* A new card in the same reader needs a new channel: whoever holds this one means the old card. */
    if (rc == SSC_E_CARD_REMOVED || rc == SSC_E_READER_REMOVED || rc == SSC_E_NO_SERVICE) {
        w->dead = rc;
    }
    return rc;
}

/* Not SCardStatus: like SCardGetStatusChange it works on a table that all contexts of the process share
 * without a lock (libpcsclite 1.9), so those two belong to the monitor. TAG_IFD_ATR is the one capability
 * every IFD handler has. */
static LONG take_atr(struct ssc_pcsc_worker *w)
{
    DWORD len = sizeof w->atr;
    const LONG rv = SCardGetAttrib(w->card, SCARD_ATTR_ATR_STRING, w->atr, &len);
    w->atr_len = rv == SCARD_S_SUCCESS ? len : 0;
    return rv;
}

/* Within a transaction, because these calls do not wait for another program's but fail. */
static LONG get_to_know(struct ssc_pcsc_worker *w)
{
    LONG rv = SCardBeginTransaction(w->card);
    if (rv == SCARD_S_SUCCESS) {
        rv = take_atr(w);
        if (rv == SCARD_S_SUCCESS) {
            ssc_pcsc_features_read(w);
        }
        SCardEndTransaction(w->card, SCARD_LEAVE_CARD);
    }
    return rv;
}

static int do_open(struct ssc_pcsc_worker *w)
{
    LONG rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &w->context);
    w->has_context = rv == SCARD_S_SUCCESS;
    if (w->has_context) {
        rv = SCardConnect(w->context, w->raw, w->exclusive ? SCARD_SHARE_EXCLUSIVE : SCARD_SHARE_SHARED,
                          SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &w->card, &w->protocol);
        w->has_card = rv == SCARD_S_SUCCESS;
    }
    if (w->has_card) {
        rv = get_to_know(w);
    }
    int rc = ssc_pcsc_error(rv);
    if (rc == SSC_E_CARD_REMOVED) {
        rc = SSC_E_NO_CARD;
    } else if (rc == SSC_E_CARD_UNPOWERED) {
        rc = SSC_E_CARD_MUTE;
    } else if (rc == SSC_E_INVALID_ARGUMENT) {
        rc = SSC_E_READER_NOT_FOUND;
    }
    return rc;
}

static int do_transmit(struct ssc_pcsc_worker *w)
{
    const SCARD_IO_REQUEST pci = {.dwProtocol = w->protocol, .cbPciLength = sizeof pci};
    DWORD len = sizeof w->rx;
    const LONG rv = SCardTransmit(w->card, &pci, w->tx, (DWORD)w->tx_len, NULL, w->rx, &len);
    w->rx_len = rv == SCARD_S_SUCCESS ? len : 0;
    int rc = handle_error(w, rv);
    if (rc == 0 && len < 2) { /* "success" with nothing in it: a reader that went away in the middle */
        rc = SSC_E_BAD_RESPONSE;
    }
    return rc;
}

static int do_control(struct ssc_pcsc_worker *w)
{
    DWORD len = 0;
    const LONG rv = SCardControl(w->card, w->code, w->tx, (DWORD)w->tx_len, w->rx, sizeof w->rx, &len);
    w->rx_len = rv == SCARD_S_SUCCESS ? len : 0;
    return handle_error(w, rv);
}

static int do_reset(struct ssc_pcsc_worker *w)
{
    /* Reconnect takes whatever card is in the reader now. If ours has gone, this says so; W_RESET_CARD is
     * what the reset is for. */
    LONG rv = take_atr(w);
    if (rv == SCARD_S_SUCCESS || rv == SCARD_W_RESET_CARD) {
        rv = SCardReconnect(w->card, w->exclusive ? SCARD_SHARE_EXCLUSIVE : SCARD_SHARE_SHARED,
                            SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
                            w->how == SSC_RESET_COLD ? SCARD_UNPOWER_CARD : SCARD_RESET_CARD, &w->protocol);
    }
    if (rv == SCARD_S_SUCCESS) {
        rv = take_atr(w);
    }
    if (rv == SCARD_S_SUCCESS && !ssc_pcsc_hub_same_card(w)) {
        rv = SCARD_W_REMOVED_CARD;
    }
    return handle_error(w, rv);
}

static int do_begin(struct ssc_pcsc_worker *w)
{
    const LONG rv = SCardBeginTransaction(w->card);
    w->in_transaction = w->in_transaction || rv == SCARD_S_SUCCESS;
    return handle_error(w, rv);
}

static int do_end(struct ssc_pcsc_worker *w)
{
    w->in_transaction = false;
    return handle_error(w, SCardEndTransaction(w->card, SCARD_LEAVE_CARD));
}

/* pcscd would take the power from whatever card is in the reader now, which need not be ours. */
static bool still_our_card(struct ssc_pcsc_worker *w)
{
    return !w->dead && take_atr(w) != SCARD_W_REMOVED_CARD && ssc_pcsc_hub_same_card(w);
}

static int do_close(struct ssc_pcsc_worker *w)
{
    if (w->has_card && w->in_transaction) {
        SCardEndTransaction(w->card, SCARD_LEAVE_CARD);
    }
    if (w->has_card) {
        const bool power_down = w->power_down && still_our_card(w);
        SCardDisconnect(w->card, power_down ? SCARD_UNPOWER_CARD : SCARD_LEAVE_CARD);
    }
    if (w->has_context) {
        SCardReleaseContext(w->context);
    }
    explicit_bzero(w->tx, w->tx_len);
    explicit_bzero(w->rx, w->rx_len);
    return 0;
}

int ssc_pcsc_job_do(struct ssc_pcsc_worker *w, enum ssc_pcsc_job job)
{
    int (*const doers[])(struct ssc_pcsc_worker *) = {
        [SSC_PCSC_OPEN] = do_open,   [SSC_PCSC_TRANSMIT] = do_transmit, [SSC_PCSC_CONTROL] = do_control,
        [SSC_PCSC_RESET] = do_reset, [SSC_PCSC_BEGIN] = do_begin,       [SSC_PCSC_END] = do_end,
        [SSC_PCSC_CLOSE] = do_close,
    };
    /* SCardEndTransaction is pointless on a dead handle, everything else is dangerous or slow. */
    return w->dead && job != SSC_PCSC_CLOSE ? w->dead : doers[job](w);
}
