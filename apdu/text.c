/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/text.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "apdu/error.h"

/* Strict: glibc's converters stop at the first sequence that is not a character. An embedded 00 counts as
 * one, because the output is a C string and would end there unnoticed. */
static int convert(const char *to, const char *from, const void *in, size_t in_len, char *out, size_t cap,
                   size_t *out_len, size_t *bad)
{
    int rc = 0;
    char *src = (char *)(uintptr_t)in; /* iconv's prototype predates const */
    char *dst = out;
    const void *nul = in_len > 0 ? memchr(in, 0, in_len) : NULL;
    size_t src_left = nul ? (size_t)((const char *)nul - (const char *)in) : in_len;
    size_t left = cap > 0 ? cap - 1 : 0;
    iconv_t cd = iconv_open(to, from);
    if (cd == (iconv_t)-1) {
        rc = SSC_E_NOT_SUPPORTED;
        goto done;
    }
    if (cap == 0) {
        rc = SSC_E_BUFFER_TOO_SMALL;
    } else if (src_left > 0 && iconv(cd, &src, &src_left, &dst, &left) == (size_t)-1) {
        rc = errno == E2BIG ? SSC_E_BUFFER_TOO_SMALL : SSC_E_BAD_TEXT;
    } else if (nul) {
        rc = SSC_E_BAD_TEXT;
    }
    if (rc == 0) {
        *dst = '\0';
        *out_len = (size_t)(dst - out);
    }
    if (rc == SSC_E_BAD_TEXT && bad) {
        *bad = (size_t)(src - (const char *)in);
    }
    iconv_close(cd);
done:
    return rc;
}

/* FE51, FE52, FE53, FE6C, FE76 and FE91: by the tables of older C libraries these are characters, by those of
 * newer ones (seen in glibc of Debian forky) code points for private use, which no font shows. On a card they
 * are names. */
static int show_private(char *text, size_t cap, size_t *len)
{
    static const struct {
        char private_use[4], character[5];
    } rows[] = {
        {"\xEE\xA0\x96", "\xF0\xA0\x82\x87"}, {"\xEE\xA0\x97", "\xF0\xA0\x82\x89"},
        {"\xEE\xA0\x98", "\xF0\xA0\x83\x8C"}, {"\xEE\xA0\xB1", "\xF0\xA1\x97\x97"},
        {"\xEE\xA0\xBB", "\xF0\xA2\xA6\x8F"}, {"\xEE\xA1\x95", "\xF0\xA4\x87\xBE"},
    };
    int rc = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *at;
        while (rc == 0 && (at = strstr(text, rows[i].private_use)) != NULL) {
            if (*len + 2 > cap) {
                rc = SSC_E_BUFFER_TOO_SMALL;
            } else {
                memmove(at + 4, at + 3, *len - (size_t)(at - text) - 3 + 1);
                memcpy(at, rows[i].character, 4);
                *len += 1;
            }
        }
    }
    return rc;
}

int ssc_gb18030_to_utf8(const uint8_t *in, size_t in_len, char *out, size_t *len, size_t *bad)
{
    const size_t cap = *len;
    int rc = convert("UTF-8", "GB18030", in, in_len, out, cap, len, bad);
    if (rc == 0) {
        rc = show_private(out, cap, len);
    }
    if (rc == SSC_E_BUFFER_TOO_SMALL) {
        *len = 2 * in_len + 1; /* two bytes may become four: FE51 is U+20087 */
    }
    return rc;
}

int ssc_utf8_to_gb18030(const char *in, size_t in_len, uint8_t *out, size_t *len, size_t *bad)
{
    int rc = convert("GB18030", "UTF-8", in, in_len, (char *)out, *len, len, bad);
    if (rc == SSC_E_BUFFER_TOO_SMALL) {
        *len = 2 * in_len + 1; /* two bytes of UTF-8 may need four */
    }
    return rc;
}

int ssc_an_to_utf8(const uint8_t *in, size_t in_len, char *out, size_t *len)
{
    while (in_len > 0 && (in[in_len - 1] == 0x00 || in[in_len - 1] == 0xFF)) {
        in_len--;
    }
    return ssc_gb18030_to_utf8(in, in_len, out, len, NULL);
}

int ssc_cn_to_digits(const uint8_t *in, size_t in_len, char *out, size_t *len)
{
    int rc = 0;
    size_t count = 2 * in_len;
    while (count > 0 && (count % 2 ? in[count / 2] >> 4 : in[count / 2 - 1] & 0x0F) == 0x0F) {
        count--;
    }
    if (count + 1 > *len) {
        rc = SSC_E_BUFFER_TOO_SMALL;
        *len = count + 1;
        goto done;
    }
    for (size_t i = 0; i < count && rc == 0; i++) {
        unsigned n = i % 2 ? in[i / 2] & 0x0Fu : in[i / 2] >> 4;
        out[i] = (char)('0' + n);
        rc = n > 9 ? SSC_E_BAD_RESPONSE : 0;
    }
    out[rc == 0 ? count : 0] = '\0';
    *len = rc == 0 ? count : 0;
done:
    return rc;
}

int ssc_digits_to_cn(const char *digits, uint8_t *out, size_t out_len)
{
    size_t count = strlen(digits);
    int rc = count > 2 * out_len || strspn(digits, "0123456789") != count ? SSC_E_INVALID_ARGUMENT : 0;
    if (rc == 0 && out_len > 0) {
        memset(out, 0xFF, out_len);
        for (size_t i = 0; i < count; i++) {
            uint8_t n = (uint8_t)(digits[i] - '0');
            out[i / 2] = (uint8_t)(i % 2 ? (out[i / 2] & 0xF0) | n : n << 4 | 0x0F);
        }
    }
    return rc;
}

/* Value of `count` digits, -1 where one is none (the end of the string is none either). */
static int number(const char *digits, int count)
{
    int value = 0;
    for (int i = 0; i < count && value >= 0; i++) {
        bool digit = digits[i] >= '0' && digits[i] <= '9';
        value = digit ? value * 10 + (digits[i] - '0') : -1;
    }
    return value;
}

static bool day_exists(const char *digits)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool exists = false;
    if (number(digits, 8) >= 0) {
        int year = number(digits, 4), month = number(digits + 4, 2), day = number(digits + 6, 2);
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        exists = year >= 1900 && year <= 2999 && month >= 1 && month <= 12 && day >= 1 &&
                 day <= days[month - 1] + (month == 2 && leap);
    }
    return exists;
}

bool ssc_date_valid(const char *digits8)
{
    return day_exists(digits8) && digits8[8] == '\0';
}

bool ssc_datetime_valid(const char *digits14)
{
    return day_exists(digits14) && number(digits14 + 8, 6) >= 0 && digits14[14] == '\0' &&
           number(digits14 + 8, 2) < 24 && number(digits14 + 10, 2) < 60 && number(digits14 + 12, 2) < 60;
}

char ssc_citizen_id_check(const char *id17)
{
    static const int weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    bool digits = true;
    for (int i = 0; i < 17 && digits; i++) {
        digits = id17[i] >= '0' && id17[i] <= '9';
        sum += weights[i] * (id17[i] - '0');
    }
    return digits ? "10X98765432"[sum % 11] : '\0';
}

bool ssc_citizen_id_valid(const char *id)
{
    char check = ssc_citizen_id_check(id);
    return check != '\0' && id[17] == check && id[18] == '\0' && day_exists(id + 6);
}

char ssc_card_number_check(const char *body8)
{
    static const int weights[8] = {3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    bool right = body8[0] >= 'A' && body8[0] <= 'Z'; /* the district's letter */
    for (int i = 0; i < 8 && right; i++) {
        bool digit = body8[i] >= '0' && body8[i] <= '9', letter = body8[i] >= 'A' && body8[i] <= 'Z';
        right = digit || letter;
        sum += weights[i] * (digit ? body8[i] - '0' : body8[i] - 'A' + 10);
    }
    return right ? "0X987654321"[sum % 11] : '\0'; /* 11 - remainder; 10 is X, 11 is 0 */
}

bool ssc_card_number_valid(const char *number)
{
    char check = ssc_card_number_check(number);
    return check != '\0' && number[8] == check && number[9] == '\0';
}
