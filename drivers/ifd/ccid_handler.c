/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CCID driver as an IFD handler, version 3.0: readers that no other driver of pcscd knows work with every
 * PC/SC program. It is the driver of drivers/ccid, restricted to the one device that pcscd names.
 */
#include "drivers/ifd/ccid_reader.h"
#include "drivers/ifd/ifd.h"

#include <string.h>

/* pcscd gives its handlers a number, not a pointer; it opens and closes a reader while nothing else goes on
 * with it. */
static struct ifd_ccid_reader readers[SSC_IFD_READERS_MAX];

static struct ifd_ccid_reader *reader_of(DWORD lun)
{
    const DWORD i = lun >> 16;
    return i < SSC_IFD_READERS_MAX && (lun & 0xFFFF) < SSC_CCID_SLOTS_MAX ? &readers[i] : NULL;
}

static unsigned slot_of(DWORD lun)
{
    return (unsigned)(lun & 0xFFFF);
}

static struct ifd_ccid_reader *open_reader_of(DWORD lun)
{
    struct ifd_ccid_reader *r = reader_of(lun);
    return r && r->driver && slot_of(lun) < r->slots ? r : NULL;
}

RESPONSECODE IFDHCreateChannelByName(DWORD Lun, LPSTR DeviceName)
{
    struct ifd_ccid_reader *r = reader_of(Lun);
    return ssc_ifd_response(r ? ifd_ccid_open(r, DeviceName, slot_of(Lun)) : SSC_E_INVALID_ARGUMENT);
}

RESPONSECODE IFDHCloseChannel(DWORD Lun)
{
    struct ifd_ccid_reader *r = open_reader_of(Lun);
    if (r) {
        ifd_ccid_close(r, slot_of(Lun));
    }
    return r ? IFD_SUCCESS : IFD_COMMUNICATION_ERROR;
}

static RESPONSECODE poll_slot(DWORD Lun, int timeout_ms)
{
    struct ifd_ccid_reader *r = open_reader_of(Lun);
    if (r) {
        ifd_ccid_sleep(r, slot_of(Lun), timeout_ms);
    }
    return r ? IFD_SUCCESS : IFD_NO_SUCH_DEVICE;
}

static RESPONSECODE stop_polling(DWORD Lun)
{
    struct ifd_ccid_reader *r = open_reader_of(Lun);
    if (r) {
        ifd_ccid_wake(r, slot_of(Lun));
    }
    return r ? IFD_SUCCESS : IFD_NO_SUCH_DEVICE;
}

RESPONSECODE IFDHGetCapabilities(DWORD Lun, DWORD Tag, PDWORD Length, PUCHAR Value)
{
    const struct ifd_ccid_reader *r = open_reader_of(Lun);
    RESPONSECODE rc = IFD_COMMUNICATION_ERROR;
    if (r) {
        const struct ssc_channel *ch = r->channel[slot_of(Lun)];
        const struct ssc_ifd_facts facts = {.atr = ch ? ch->atr.raw : NULL,
                                            .atr_len = ch ? ch->atr.raw_len : 0,
                                            .slots = r->slots,
                                            .serial = r->report.serial,
                                            .poll = poll_slot,
                                            .stop = stop_polling};
        rc = ssc_ifd_capability(&facts, Tag, Length, Value);
    }
    return rc;
}

RESPONSECODE IFDHSetProtocolParameters(DWORD Lun, DWORD Protocol, UCHAR Flags, UCHAR PTS1, UCHAR PTS2,
                                       UCHAR PTS3)
{
    struct ifd_ccid_reader *r = open_reader_of(Lun);
    (void)Flags, (void)PTS1, (void)PTS2, (void)PTS3; /* the driver has chosen the speed already */
    int rc = Protocol == SCARD_PROTOCOL_T0 || Protocol == SCARD_PROTOCOL_T1 ? 0 : SSC_E_PROTOCOL_MISMATCH;
    if (rc == 0) {
        rc = r ? ifd_ccid_protocol(r, slot_of(Lun), Protocol == SCARD_PROTOCOL_T1 ? SSC_T1 : SSC_T0)
               : SSC_E_READER_NOT_FOUND;
    }
    return ssc_ifd_response(rc);
}

RESPONSECODE IFDHPowerICC(DWORD Lun, DWORD Action, PUCHAR Atr, PDWORD AtrLength)
{
    struct ifd_ccid_reader *r = open_reader_of(Lun);
    int rc = r ? 0 : SSC_E_READER_NOT_FOUND;
    size_t len = 0;
    if (r && Action == IFD_POWER_DOWN) {
        ssc_channel_close(&r->channel[slot_of(Lun)], true);
    } else if (r) {
        rc = ifd_ccid_power_up(r, slot_of(Lun), Action == IFD_RESET ? SSC_RESET_WARM : SSC_RESET_COLD);
        len = rc == 0 ? r->channel[slot_of(Lun)]->atr.raw_len : 0;
        memcpy(Atr, rc == 0 ? r->channel[slot_of(Lun)]->atr.raw : Atr, len);
    }
    if (AtrLength) {
        *AtrLength = (DWORD)len;
    }
    return rc == 0 ? IFD_SUCCESS : rc == SSC_E_READER_NOT_FOUND ? IFD_NO_SUCH_DEVICE : IFD_ERROR_POWER_ACTION;
}

RESPONSECODE IFDHTransmitToICC(DWORD Lun, SCARD_IO_HEADER SendPci, PUCHAR TxBuffer, DWORD TxLength,
                               PUCHAR RxBuffer, PDWORD RxLength, PSCARD_IO_HEADER RecvPci)
{
    struct ifd_ccid_reader *r = open_reader_of(Lun);
    size_t len = *RxLength;
    const int rc =
        r ? ifd_ccid_apdu(r, slot_of(Lun), TxBuffer, TxLength, RxBuffer, &len) : SSC_E_READER_NOT_FOUND;
    if (RecvPci) {
        RecvPci->Protocol = SendPci.Protocol;
    }
    *RxLength = rc == 0 ? (DWORD)len : 0;
    return ssc_ifd_response(rc);
}

RESPONSECODE IFDHControl(DWORD Lun, DWORD dwControlCode, PUCHAR TxBuffer, DWORD TxLength, PUCHAR RxBuffer,
                         DWORD RxLength, LPDWORD pdwBytesReturned)
{
    struct ifd_ccid_reader *r = open_reader_of(Lun);
    size_t len = RxLength;
    const int rc =
        r ? ifd_ccid_control(r, slot_of(Lun), (uint32_t)dwControlCode, TxBuffer, TxLength, RxBuffer, &len)
          : SSC_E_READER_NOT_FOUND;
    *pdwBytesReturned = rc == 0 ? (DWORD)len : 0;
    return ssc_ifd_response(rc);
}

RESPONSECODE IFDHICCPresence(DWORD Lun)
{
    struct ifd_ccid_reader *r = open_reader_of(Lun);
    RESPONSECODE rc = IFD_NO_SUCH_DEVICE;
    if (r) {
        const enum ssc_slot slot = ifd_ccid_state(r, slot_of(Lun));
        rc = slot == SSC_SLOT_GONE    ? IFD_NO_SUCH_DEVICE
             : slot == SSC_SLOT_EMPTY ? IFD_ICC_NOT_PRESENT
                                      : IFD_ICC_PRESENT;
    }
    return rc;
}
