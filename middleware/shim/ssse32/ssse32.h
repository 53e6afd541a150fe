/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libSSSE32: the reader functions below the national reader library (读写终端底层函数), for programs that
 * send their own commands to the card. They work through the sscard service, so other programs may use the
 * same reader; the calling user must have the role admin.
 *
 * Handles: a number from ICC_Reader_Open() stands for one terminal: all readers that the service knows, with
 * a connection of its own. It may be used from any thread; calls with one handle take turns, different
 * handles do not wait for each other. A handle does not live in a child after fork(): open there.
 *
 * Slots:
 *   0x01 .. 0x0F   user card: 0x01 is the reader that was opened, 0x02 the next one in the order of
 *                  `sscard readers`, and so on, beginning again at the first
 *   0x11 .. 0x1F   SAM: 0x11 is the first SAM slot in the same order
 *   0x41, 0x42     the first contactless reader (types A and B: the reader finds out by itself)
 *
 * A powered card belongs to this program until ICC_Reader_PowerOff(), ICC_Reader_Close() or the removal of
 * the card, at most as long as the service allows (max-lease-ms, 5 minutes): then it answers ICC_NO_POWER,
 * and ICC_Reader_PowerOn() begins again. The same goes for a SAM; while this
 * program has it, the service tells others that there is none: power it off when the piece of work is done.
 *
 * Return values are plain C longs that fit 32 bits, so a caller that reads 32 or 64 bits sees the same
 * number: ICC_OK or a length, or one of the negative codes below. No function ever waits without end: the
 * answer comes within 12 s.
 */
#ifndef SSSE32_H
#define SSSE32_H

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SSCARD_NATIONAL
#define SSCARD_NATIONAL __attribute__((visibility("default")))
#endif

/* The published codes of this layer. */
enum {
    ICC_OK = 0,
    ICC_TYPE_ERROR = -1,       /* the card cannot be used in this reader */
    ICC_NO_EXIST = -2,         /* no card in the slot */
    ICC_NO_POWER = -3,         /* there is a card, but it was not powered on, or lost its power since */
    ICC_NO_RESPONSE = -4,      /* the card does not answer */
    ICC_CONNECT_ERROR = -11,   /* no such reader, no service, or no right to use it */
    ICC_UNCONNECTED = -12,     /* the handle is not open, or the reader is taken by another program */
    ICC_BAD_COMMAND = -13,     /* the command is refused: it moves money, which goes through the journal */
    ICC_PARAMETER_ERROR = -14, /* an argument that is not allowed */
    ICC_CHECKSUM_ERROR = -15,  /* reader and card did not understand each other */
};

#define ICC_ATR_MAX 33       /* bytes that ICC_Reader_PowerOn() may write */
#define ICC_COMMAND_MAX 261  /* bytes of a command: header, length, 255 bytes, expected length */
#define ICC_RESPONSE_MAX 258 /* bytes that ICC_Reader_Application() may write: 256 and the status word */
#define ICC_LIBINFO_SIZE 32  /* bytes that ICC_Reader_Libinfo() writes */

/* Connects with the service. dev_Name: "AUTO" takes the first user-card reader that holds a card, else the
 * first; "USBn", "COMn", "LPTn" (n = 1..9) the n-th user-card reader in the order of `sscard readers`,
 * whatever its cable; case does not matter.
 * Returns the handle, at least 0. ICC_PARAMETER_ERROR: another name, or NULL. ICC_CONNECT_ERROR: no service,
 * no such reader, or the user has not the role admin. ICC_UNCONNECTED: 32 handles are open already. */
SSCARD_NATIONAL long ICC_Reader_Open(char *dev_Name);

/* Powers off what this handle powered on, and ends it. ICC_UNCONNECTED: not an open handle. */
SSCARD_NATIONAL long ICC_Reader_Close(long ReaderHandle);

/* Resets the card (cold). Response: at least ICC_ATR_MAX bytes, takes the answer to reset; not ended by a
 * NUL. Returns its length. ICC_NO_EXIST, ICC_NO_RESPONSE, ICC_TYPE_ERROR, ICC_UNCONNECTED (handle; or another
 * program kept the card for 10 s), ICC_PARAMETER_ERROR (slot; Response is NULL), ICC_CONNECT_ERROR. */
SSCARD_NATIONAL long ICC_Reader_PowerOn(long ReaderHandle, unsigned char ICC_Slot_No,
                                        unsigned char *Response);

/* Gives the card back to the service. ICC_OK also when it was not powered. */
SSCARD_NATIONAL long ICC_Reader_PowerOff(long ReaderHandle, unsigned char ICC_Slot_No);

/* ICC_OK: there is a card, and this handle powered it. ICC_NO_POWER, ICC_NO_EXIST, ICC_NO_RESPONSE (a card
 * that does not answer its reset), ICC_UNCONNECTED, ICC_PARAMETER_ERROR, ICC_CONNECT_ERROR. */
SSCARD_NATIONAL long ICC_Reader_GetStatus(long ReaderHandle, unsigned char ICC_Slot_No);

/* One command. Lenth_of_Command_APDU (so spelt in the published interface): 4 to ICC_COMMAND_MAX bytes of
 * Command_APDU. Response_APDU: at least ICC_RESPONSE_MAX bytes, takes data and status word.
 * Returns the number of bytes in the answer, 2 to ICC_RESPONSE_MAX; a status word that is an error is an
 * answer, too. ICC_BAD_COMMAND: a command that commits a debit or a load. ICC_NO_POWER: power it on first.
 * Others as ICC_Reader_PowerOn(). Nothing is written unless the result is positive. */
SSCARD_NATIONAL long ICC_Reader_Application(long ReaderHandle, unsigned char ICC_Slot_No,
                                            long Lenth_of_Command_APDU, unsigned char *Command_APDU,
                                            unsigned char *Response_APDU);

/* info: exactly ICC_LIBINFO_SIZE bytes are written and no NUL: vendor in 1 to 16, model in 17 to 30, version
 * in 31 and 32, each padded with blanks. ICC_PARAMETER_ERROR: NULL. */
SSCARD_NATIONAL long ICC_Reader_Libinfo(char *info);

#ifdef __cplusplus
}
#endif

#endif
