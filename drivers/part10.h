/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PINs typed on the reader: what the structures of PC/SC part 10 and of PC_to_RDR_Secure (USB CCID rev 1.1
 * clause 6.1.11) have in common, and part 10's own structures both ways. Of all the formats there the cards
 * need one: BCD, left justified, filled with F, at a byte position, the old PIN asked for and the new one
 * twice.
 */
#ifndef SSC_DRIVERS_PART10_H
#define SSC_DRIVERS_PART10_H

#include "drivers/reader.h"

enum {
    SSC_PIN_VALIDATED_BY_KEY = 2, /* bEntryValidationCondition: the holder presses OK */
    SSC_PIN_CONFIRM_AND_OLD = 3,  /* bConfirmPIN: new PIN twice, old PIN asked for */
    SSC_PIN_LANGUAGE = 0x0804,    /* wLangId: zh-CN */
    SSC_PIN_STRUCTURE_MAX = 24 + SSC_COMMAND_SHORT,
};

/* Whether every PIN fits into its template. */
bool ssc_pin_entry_is_sound(const struct ssc_pin_entry *entry);
/* bmFormatString of a sound entry; in a change the positions stand elsewhere. */
uint8_t ssc_pin_entry_format(const struct ssc_pin_entry *entry);
uint8_t ssc_pin_entry_timeout(const struct ssc_pin_entry *entry); /* bTimerOut: the most that fits */

/* PIN_VERIFY_STRUCTURE or PIN_MODIFY_STRUCTURE, packed, in host order. SSC_E_INVALID_ARGUMENT, or
 * SSC_E_BUFFER_TOO_SMALL with the length needed. */
int ssc_part10_build(const struct ssc_pin_entry *entry, uint8_t *out, size_t *len);
/* The same backwards; out->apdu borrows from tx. SSC_E_INVALID_ARGUMENT: not sound, or of another format. */
int ssc_part10_parse(bool modify, const uint8_t *tx, size_t len, struct ssc_pin_entry *out);

/* Status words of the reader itself (part 10 clause 2.6) as errors: SSC_E_PIN_..., SSC_E_INVALID_ARGUMENT; 0
 * for those of the card; SSC_E_BAD_RESPONSE when there is none. */
int ssc_part10_result(const uint8_t *rx, size_t len);
/* And backwards; 0: there is no word for this error. */
uint16_t ssc_part10_word(int error);

#endif
