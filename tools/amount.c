/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/amount.h"

#include "apdu/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

int amount_parse(const char *text, int64_t *fen)
{
    const size_t whole = strspn(text, "0123456789");
    const char *rest = text + whole;
    const size_t decimals = rest[0] == '.' ? strspn(rest + 1, "0123456789") : 0;
    const size_t rest_len = decimals > 0 ? decimals + 1 : 0;
    int rc = SSC_E_INVALID_ARGUMENT;
    if (whole >= 1 && whole <= 10 && decimals <= 2 && rest[rest_len] == '\0') {
        int64_t value = 0;
        for (size_t i = 0; i < whole + rest_len; i++) {
            value = text[i] == '.' ? value : value * 10 + (text[i] - '0');
        }
        for (size_t i = decimals; i < 2; i++) {
            value *= 10;
        }
        if (value <= UINT32_MAX) {
            *fen = value;
            rc = 0;
        }
    }
    return rc;
}

const char *amount_format(int64_t fen, char out[AMOUNT_TEXT])
{
    const uint64_t size = fen < 0 ? 0 - (uint64_t)fen : (uint64_t)fen;
    snprintf(out, AMOUNT_TEXT, "%s%" PRIu64 ".%02" PRIu64, fen < 0 ? "-" : "", size / 100, size % 100);
    return out;
}

int op_generate(char op[OP_TEXT])
{
    uint64_t random = 0;
    struct tm tm;
    const time_t now = time(NULL);
    int rc = SSC_E_CRYPTO;
    if (getrandom(&random, sizeof random, 0) == sizeof random && gmtime_r(&now, &tm)) {
        char stamp[24];
        strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
        snprintf(op, OP_TEXT, "cli-%s-%016" PRIx64, stamp, random);
        rc = 0;
    }
    return rc;
}
