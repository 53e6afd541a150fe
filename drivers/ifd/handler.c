/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that pcscd looks for in an IFD handler, version 3.0. Slots and what is in them: slot.h. */
#include "drivers/ifd/fault.h"
#include "drivers/ifd/ifd.h"
#include "drivers/ifd/pinpad.h"
#include "drivers/ifd/slot.h"

#include <reader.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The one mutable global of sscard: pcscd gives its handlers a number, not a pointer. pcscd opens and closes
 * a slot while nothing else goes on with it, and keeps the calls for one slot apart; different slots share
 * nothing. */
static struct ssc_ifd_slot slots[SSC_IFD_READERS_MAX][SSC_IFD_SLOTS_MAX];

static struct ssc_ifd_slot *slot_of(DWORD lun)
{
    const DWORD reader = lun >> 16, slot = lun & 0xFFFF;
    return reader < SSC_IFD_READERS_MAX && slot < SSC_IFD_SLOTS_MAX ? &slots[reader][slot] : NULL;
}

static struct ssc_ifd_slot *open_slot_of(DWORD lun)
{
    struct ssc_ifd_slot *slot = slot_of(lun);
    return slot && slot->open ? slot : NULL;
}

RESPONSECODE IFDHCreateChannelByName(DWORD Lun, LPSTR DeviceName)
{
    struct ssc_ifd_slot *slot = slot_of(Lun);
    int rc = slot ? 0 : SSC_E_INVALID_ARGUMENT;
    if (rc == 0) {
        ssc_ifd_slot_close(slot);
        rc = ssc_ifd_slot_open(slot, DeviceName, (unsigned)(Lun & 0xFFFF));
    }
    return ssc_ifd_response(rc);
}

RESPONSECODE IFDHCloseChannel(DWORD Lun)
{
    struct ssc_ifd_slot *slot = open_slot_of(Lun);
    if (slot) {
        ssc_ifd_slot_close(slot);
    }
    return slot ? IFD_SUCCESS : IFD_COMMUNICATION_ERROR;
}

static RESPONSECODE poll_slot(DWORD Lun, int timeout_ms)
{
    struct ssc_ifd_slot *slot = open_slot_of(Lun);
    return slot ? ssc_ifd_response(ssc_ifd_slot_sleep(slot, timeout_ms)) : IFD_NO_SUCH_DEVICE;
}

static RESPONSECODE stop_polling(DWORD Lun)
{
    struct ssc_ifd_slot *slot = open_slot_of(Lun);
    if (slot) {
        ssc_ifd_slot_wake(slot);
    }
    return slot ? IFD_SUCCESS : IFD_NO_SUCH_DEVICE;
}

RESPONSECODE IFDHGetCapabilities(DWORD Lun, DWORD Tag, PDWORD Length, PUCHAR Value)
{
    const struct ssc_ifd_slot *slot = open_slot_of(Lun);
    RESPONSECODE rc = IFD_COMMUNICATION_ERROR;
    if (slot) {
        const struct ssc_ifd_facts facts = {.atr = slot->atr,
                                            .atr_len = slot->atr_len,
                                            .slots = ssc_ifd_slot_count(slot->folder),
                                            .poll = poll_slot,
                                            .stop = stop_polling};
        rc = ssc_ifd_capability(&facts, Tag, Length, Value);
    }
    return rc;
}

RESPONSECODE IFDHSetProtocolParameters(DWORD Lun, DWORD Protocol, UCHAR Flags, UCHAR PTS1, UCHAR PTS2,
                                       UCHAR PTS3)
{
    (void)Lun, (void)Protocol, (void)Flags, (void)PTS1, (void)PTS2, (void)PTS3;
    return IFD_SUCCESS;
}

static RESPONSECODE power_up(struct ssc_ifd_slot *slot, enum ssc_reset how, PUCHAR Atr, PDWORD AtrLength)
{
    const struct ssc_ifd_fault fault = ssc_ifd_fault_find(slot, NULL, 0);
    int rc = fault.kind == SSC_IFD_MUTE ? SSC_E_CARD_MUTE : ssc_ifd_slot_power_up(slot, how);
    const uint8_t *atr = fault.kind == SSC_IFD_ATR ? fault.atr : slot->atr;
    const size_t len = fault.kind == SSC_IFD_ATR ? fault.atr_len : slot->atr_len;
    rc = rc == 0 && len > MAX_ATR_SIZE ? SSC_E_BAD_ATR : rc;
    *AtrLength = rc == 0 ? (DWORD)len : 0;
    memcpy(Atr, atr, *AtrLength);
    return rc == 0 ? IFD_SUCCESS : IFD_ERROR_POWER_ACTION;
}

RESPONSECODE IFDHPowerICC(DWORD Lun, DWORD Action, PUCHAR Atr, PDWORD AtrLength)
{
    struct ssc_ifd_slot *slot = open_slot_of(Lun);
    RESPONSECODE rc = slot ? IFD_SUCCESS : IFD_COMMUNICATION_ERROR;
    if (slot && Action == IFD_POWER_DOWN) {
        ssc_ifd_slot_power_down(slot);
        if (AtrLength) {
            *AtrLength = 0;
        }
    } else if (slot) {
        rc = power_up(slot, Action == IFD_RESET ? SSC_RESET_WARM : SSC_RESET_COLD, Atr, AtrLength);
    }
    return rc;
}

RESPONSECODE IFDHTransmitToICC(DWORD Lun, SCARD_IO_HEADER SendPci, PUCHAR TxBuffer, DWORD TxLength,
                               PUCHAR RxBuffer, PDWORD RxLength, PSCARD_IO_HEADER RecvPci)
{
    struct ssc_ifd_slot *slot = open_slot_of(Lun);
    const struct ssc_ifd_fault fault =
        slot ? ssc_ifd_fault_find(slot, TxBuffer, TxLength) : (struct ssc_ifd_fault){0};
    const struct timespec late = {.tv_sec = (time_t)(fault.delay_ms / 1000),
                                  .tv_nsec = (long)(fault.delay_ms % 1000) * 1000000};
    size_t len = *RxLength;
    RESPONSECODE rc = slot ? IFD_SUCCESS : IFD_COMMUNICATION_ERROR;
    if (RecvPci) {
        RecvPci->Protocol = SendPci.Protocol;
    }
    if (fault.kind == SSC_IFD_HANG) {
        ssc_ifd_fault_hang(slot);
    } else if (fault.kind == SSC_IFD_DELAY) {
        nanosleep(&late, NULL);
    }
    if (fault.kind == SSC_IFD_ANSWER) {
        rc = fault.answer;
    } else if (fault.kind == SSC_IFD_EMPTY) {
        len = 0;
    } else if (slot) {
        rc = ssc_ifd_response(
            ssc_ifd_slot_apdu(slot, fault.kind == SSC_IFD_WIRE, TxBuffer, TxLength, RxBuffer, &len));
    }
    *RxLength = rc == IFD_SUCCESS ? (DWORD)len : 0;
    return rc;
}

RESPONSECODE IFDHControl(DWORD Lun, DWORD dwControlCode, PUCHAR TxBuffer, DWORD TxLength, PUCHAR RxBuffer,
                         DWORD RxLength, LPDWORD pdwBytesReturned)
{
    struct ssc_ifd_slot *slot = open_slot_of(Lun);
    size_t len = RxLength;
    int rc = slot ? 0 : SSC_E_IO;
    if (slot && dwControlCode == SCARD_CTL_CODE(1)) { /* the vendor escape of most readers; here it echoes */
        rc = RxLength < TxLength ? SSC_E_BUFFER_TOO_SMALL : 0;
        len = rc == 0 ? TxLength : 0;
        memcpy(RxBuffer, TxBuffer, len);
    } else if (slot) {
        rc = ssc_ifd_pinpad_control(slot, (uint32_t)dwControlCode, TxBuffer, TxLength, RxBuffer, &len);
    }
    *pdwBytesReturned = rc == 0 ? (DWORD)len : 0;
    return ssc_ifd_response(rc);
}

RESPONSECODE IFDHICCPresence(DWORD Lun)
{
    struct ssc_ifd_slot *slot = open_slot_of(Lun);
    RESPONSECODE rc = IFD_COMMUNICATION_ERROR;
    if (slot) {
        rc = ssc_ifd_slot_present(slot) ? IFD_ICC_PRESENT : IFD_ICC_NOT_PRESENT;
    }
    return rc;
}
