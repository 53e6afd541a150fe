/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/pcsc.h"

#include <stddef.h>
#include <stdint.h>
#include <winscard.h>

/* What pcscd means by it; where a code has been seen in a second meaning, the comment names the occasion. */
static const struct {
    LONG scard;
    int error;
} meanings[] = {
    {SCARD_S_SUCCESS, SSC_OK},
    {SCARD_E_CANCELLED, SSC_E_CANCELLED},
    {SCARD_E_SYSTEM_CANCELLED, SSC_E_CANCELLED},
    {SCARD_E_TIMEOUT, SSC_E_DEADLINE_EXCEEDED},
    {SCARD_F_WAITED_TOO_LONG, SSC_E_DEADLINE_EXCEEDED},
    {SCARD_E_NO_MEMORY, SSC_E_OUT_OF_MEMORY},
    {SCARD_E_INSUFFICIENT_BUFFER, SSC_E_BUFFER_TOO_SMALL},
    {SCARD_E_INVALID_PARAMETER, SSC_E_INVALID_ARGUMENT},
    {SCARD_E_INVALID_VALUE, SSC_E_INVALID_ARGUMENT}, /* also: the handle's reader has been pulled */
    {SCARD_E_UNSUPPORTED_FEATURE, SSC_E_NOT_SUPPORTED},
    {SCARD_E_NO_SERVICE, SSC_E_NO_SERVICE},
    {SCARD_E_SERVICE_STOPPED, SSC_E_NO_SERVICE},
    {SCARD_E_SERVER_TOO_BUSY, SSC_E_NO_SERVICE},
    {SCARD_F_COMM_ERROR, SSC_E_NO_SERVICE},     /* pcscd died in the middle of the call */
    {SCARD_E_INVALID_HANDLE, SSC_E_NO_SERVICE}, /* a context of a pcscd that is gone */
    {SCARD_F_INTERNAL_ERROR, SSC_E_READER_IO},
    {SCARD_F_UNKNOWN_ERROR, SSC_E_READER_IO},
    {SCARD_E_NOT_TRANSACTED, SSC_E_READER_IO}, /* every error of a reader's driver; the handle stays good */
    {SCARD_E_COMM_DATA_LOST, SSC_E_READER_IO},
    {SCARD_E_CANT_DISPOSE, SSC_E_READER_IO},
    {SCARD_E_NOT_READY, SSC_E_READER_IO},
    {SCARD_E_READER_UNSUPPORTED, SSC_E_READER_IO},
    {SCARD_E_UNKNOWN_READER, SSC_E_READER_NOT_FOUND},
    {SCARD_E_NO_READERS_AVAILABLE, SSC_E_READER_NOT_FOUND},
    {SCARD_E_READER_UNAVAILABLE, SSC_E_READER_REMOVED}, /* comes a second late */
    {SCARD_E_SHARING_VIOLATION, SSC_E_READER_BUSY},
    {SCARD_E_NO_SMARTCARD, SSC_E_NO_CARD},
    {SCARD_W_REMOVED_CARD, SSC_E_CARD_REMOVED},
    {SCARD_W_RESET_CARD, SSC_E_CARD_RESET},
    {SCARD_W_UNPOWERED_CARD, SSC_E_CARD_UNPOWERED}, /* at connect: the answer to reset is useless */
    {SCARD_W_UNRESPONSIVE_CARD, SSC_E_CARD_MUTE},
    {SCARD_W_UNSUPPORTED_CARD, SSC_E_PROTOCOL_MISMATCH},
    {SCARD_E_CARD_UNSUPPORTED, SSC_E_PROTOCOL_MISMATCH},
    {SCARD_E_PROTO_MISMATCH, SSC_E_PROTOCOL_MISMATCH},
    {SCARD_E_INVALID_ATR, SSC_E_BAD_ATR},
    {SCARD_W_SECURITY_VIOLATION, SSC_E_READER_DENIED}, /* polkit */
    {SCARD_E_NO_ACCESS, SSC_E_READER_DENIED},
    {SCARD_W_CANCELLED_BY_USER, SSC_E_PIN_CANCELLED},
};

int ssc_pcsc_error(long scard)
{
    int error = SSC_E_READER_IO;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        /* LONG is as wide as the machine, and some drivers sign-extend. */
        if ((uint32_t)meanings[i].scard == (uint32_t)scard) {
            error = meanings[i].error;
            break;
        }
    }
    return error;
}
