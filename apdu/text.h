/* SPDX-License-Identifier: Apache-2.0 */
/* Texts, digits, dates and check digits as cards hold them. UTF-8 on our side. */
#ifndef SSC_APDU_TEXT_H
#define SSC_APDU_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Strict conversions, NUL terminated output. *len: capacity in (with room for the NUL), length out (without).
 * An embedded NUL is undecodable, because the C string would end there unnoticed. SSC_E_NOT_SUPPORTED: the C
 * library lacks the converter. What `out` holds after an error is undefined.
 * SSC_E_BAD_TEXT: an undecodable sequence, *bad (may be NULL) is its offset. SSC_E_BUFFER_TOO_SMALL: *len is
 * enough. */
int ssc_gb18030_to_utf8(const uint8_t *in, size_t in_len, char *out, size_t *len, size_t *bad);
int ssc_utf8_to_gb18030(const char *in, size_t in_len, uint8_t *out, size_t *len, size_t *bad);

/* "an" element: cuts trailing 00 (and FF, which some issuers pad with), then converts. */
int ssc_an_to_utf8(const uint8_t *in, size_t in_len, char *out, size_t *len);
/* "cn" element: packed BCD into digits, trailing F nibbles cut. SSC_E_BAD_RESPONSE: a nibble A..E, or F
 * before a digit. */
int ssc_cn_to_digits(const uint8_t *in, size_t in_len, char *out, size_t *len);
/* Digits into packed BCD, left aligned, padded with nibble F to exactly out_len bytes.
 * SSC_E_INVALID_ARGUMENT: too many, or not digits. */
int ssc_digits_to_cn(const char *digits, uint8_t *out, size_t out_len);

/* Date YYYYMMDD / date-time YYYYMMDDhhmmss in digits is a day of the Gregorian calendar, 1900..2999. */
bool ssc_date_valid(const char *digits8);
bool ssc_datetime_valid(const char *digits14);

/* Citizen id number, 18 characters, GB 11643: digits, birth date and check character (ISO 7064 MOD 11-2). */
bool ssc_citizen_id_valid(const char *id);
char ssc_citizen_id_check(const char *id17); /* '0'..'9' or 'X'; 0 when id17 is not 17 digits */

/* Card number, 9 characters: weights 3,7,9,10,5,8,4,2. Report only; real cards with a wrong check character
 * exist. */
bool ssc_card_number_valid(const char *number);
char ssc_card_number_check(const char *body8);

#endif
