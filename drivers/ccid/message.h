/* SPDX-License-Identifier: Apache-2.0 */
/* CCID messages on the bulk pipes (USB CCID rev 1.1 clause 6): ten bytes of header, then data. Pure. */
#ifndef SSC_DRIVERS_CCID_MESSAGE_H
#define SSC_DRIVERS_CCID_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSC_CCID_HEADER 10u

enum ssc_ccid_command {
    SSC_CCID_SET_PARAMETERS = 0x61,
    SSC_CCID_POWER_ON = 0x62,
    SSC_CCID_POWER_OFF = 0x63,
    SSC_CCID_GET_SLOT_STATUS = 0x65,
    SSC_CCID_SECURE = 0x69,
    SSC_CCID_ESCAPE = 0x6B,
    SSC_CCID_GET_PARAMETERS = 0x6C,
    SSC_CCID_XFR_BLOCK = 0x6F,
    SSC_CCID_ABORT = 0x72,
    SSC_CCID_SET_RATE_AND_CLOCK = 0x73,
};
enum ssc_ccid_answer_type {
    SSC_CCID_DATA_BLOCK = 0x80,
    SSC_CCID_SLOT_STATUS = 0x81,
    SSC_CCID_PARAMETERS = 0x82,
    SSC_CCID_ESCAPE_ANSWER = 0x83,
    SSC_CCID_RATE_AND_CLOCK = 0x84,
};
enum { SSC_CCID_NOTIFY_SLOT_CHANGE = 0x50, SSC_CCID_HARDWARE_ERROR = 0x51 }; /* interrupt pipe */
/* Class requests on the control pipe, clause 5.3. */
enum { SSC_CCID_REQUEST_ABORT = 1, SSC_CCID_REQUEST_CLOCKS = 2, SSC_CCID_REQUEST_RATES = 3 };

enum ssc_ccid_icc { SSC_CCID_ICC_ACTIVE = 0, SSC_CCID_ICC_INACTIVE = 1, SSC_CCID_ICC_ABSENT = 2 };
enum ssc_ccid_outcome { SSC_CCID_OK = 0, SSC_CCID_FAILED = 1, SSC_CCID_TIME_EXTENSION = 2 };

struct ssc_ccid_answer {
    uint8_t type, slot, seq;
    enum ssc_ccid_icc icc;
    enum ssc_ccid_outcome outcome;
    uint8_t error;       /* meaning: ssc_ccid_error; time extension: multiplier of the waiting time */
    uint8_t specific;    /* bChainParameter, bProtocolNum, bClockStatus */
    const uint8_t *data; /* into the message */
    size_t len;
};

/* Writes a message; param: bytes 7 to 9 of the header. Returns its length, 0 when it does not fit. data may
 * stand at out + SSC_CCID_HEADER already. */
size_t ssc_ccid_message_build(uint8_t *out, size_t cap, uint8_t type, uint8_t slot, uint8_t seq,
                              const uint8_t param[3], const uint8_t *data, size_t len);
/* What dwLength of a header announces, header included; len must be at least SSC_CCID_HEADER. */
uint64_t ssc_ccid_message_length(const uint8_t *header);
/* SSC_E_BAD_RESPONSE: shorter than a header, length not as announced, reserved status, or not an answer. */
int ssc_ccid_answer_parse(const uint8_t *bytes, size_t len, struct ssc_ccid_answer *out);
/* The type with which a command is answered; 0 for what is no command. */
uint8_t ssc_ccid_answer_to(uint8_t command);

/* bError of a failed command as ssc_error, given what the command was. */
int ssc_ccid_error(uint8_t command, uint8_t error, enum ssc_ccid_icc icc);

/* NotifySlotChange: whether `slot` has a card and whether that changed. False: the message does not say. */
bool ssc_ccid_notification(const uint8_t *bytes, size_t len, unsigned slot, bool *present, bool *changed);

#endif
