/* SPDX-License-Identifier: Apache-2.0 */
/* Status words, by name and by meaning per command (sw.def). */
#ifndef SSC_APDU_SW_H
#define SSC_APDU_SW_H

#include <stdbool.h>
#include <stdint.h>

enum ssc_sw {
    SSC_SW_OK = 0x9000,
    SSC_SW_MORE = 0x6100,        /* 61xx: xx bytes wait */
    SSC_SW_END_OF_FILE = 0x6282, /* fewer bytes than Le, and here they are */
    SSC_SW_WARNING_INVALIDATED = 0x6283,
    SSC_SW_AUTH_FAILED = 0x6300,
    SSC_SW_TRIES_LEFT = 0x63C0, /* 63Cx: x tries left */
    SSC_SW_EXECUTION = 0x6400,
    SSC_SW_MEMORY = 0x6581,
    SSC_SW_LENGTH = 0x6700,
    SSC_SW_SM_UNSUPPORTED = 0x6882,
    SSC_SW_STATE = 0x6901, /* command not accepted in this state */
    SSC_SW_FILE_TYPE = 0x6981,
    SSC_SW_SECURITY = 0x6982,
    SSC_SW_BLOCKED = 0x6983,
    SSC_SW_NO_CHALLENGE = 0x6984,
    SSC_SW_CONDITIONS = 0x6985,
    SSC_SW_NO_CURRENT_EF = 0x6986,
    SSC_SW_SM_MISSING = 0x6987,
    SSC_SW_SM_WRONG = 0x6988,
    SSC_SW_DATA = 0x6A80,
    SSC_SW_FUNCTION = 0x6A81,
    SSC_SW_FILE_NOT_FOUND = 0x6A82,
    SSC_SW_RECORD_NOT_FOUND = 0x6A83,
    SSC_SW_NO_SPACE = 0x6A84,
    SSC_SW_TLV_LENGTH = 0x6A85,
    SSC_SW_P1P2 = 0x6A86,
    SSC_SW_LC_P1P2 = 0x6A87,
    SSC_SW_KEY_NOT_FOUND = 0x6A88,
    SSC_SW_OFFSET = 0x6B00,
    SSC_SW_WRONG_LE = 0x6C00, /* 6Cxx: repeat with Le = xx */
    SSC_SW_INS = 0x6D00,
    SSC_SW_CLA = 0x6E00,
    SSC_SW_NO_DIAGNOSIS = 0x6F00,
    SSC_SW_FUNDS_OLD = 0x9301,
    SSC_SW_MAC = 0x9302,
    SSC_SW_APP_BLOCKED = 0x9303,
    SSC_SW_FUNDS = 0x9401,
    SSC_SW_COUNTER = 0x9402,
    SSC_SW_KEY_INDEX = 0x9403,
    SSC_SW_NO_PROOF = 0x9406,
    SSC_SW_CAPP_FLAG = 0x9407,
    SSC_SW_GREY_LOCKED = 0x9408,
};

struct ssc_sw_text {
    const char *name;    /* "file_not_found" */
    const char *en, *zh; /* meaning, for this command where it differs */
};

/* Meaning of `sw` as an answer to the command `cla ins` (0xB0 0x2C debit, 0x00 0x20 VERIFY, ...); never NULL
 * texts. An unknown status word is named "unknown". */
struct ssc_sw_text ssc_sw_text(uint16_t sw, uint8_t cla, uint8_t ins);

/* 63Cx: tries left 0..15; -1 for every other status word. */
int ssc_sw_tries(uint16_t sw);

/* True when this answer to the first and only transmission of a committing purse command (80 54, B0 2C, 80
 * 52, B0 2A) proves that the card changed nothing; false when the outcome must be asked from the card. */
bool ssc_sw_definitely_refused(uint16_t sw);

#endif
