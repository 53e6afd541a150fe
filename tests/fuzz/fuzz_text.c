/* SPDX-License-Identifier: Apache-2.0 */
/* First byte: how much room the output gets. The rest goes through every conversion. */
#include <string.h>

#include "apdu/bytes.h"
#include "apdu/error.h"
#include "apdu/text.h"
#include "tests/fuzz/fuzz.h"

#define ROOM 8192u
static char out[ROOM], again[ROOM];
static uint8_t back[ROOM];

static void gb18030(const uint8_t *data, size_t size, size_t room)
{
    size_t len = room, bad = SIZE_MAX;
    int rc = ssc_gb18030_to_utf8(data, size, out, &len, &bad);
    REQUIRE(rc == 0 || rc == SSC_E_BAD_TEXT || rc == SSC_E_BUFFER_TOO_SMALL);
    REQUIRE(rc != SSC_E_BAD_TEXT || bad < size);
    if (rc == SSC_E_BUFFER_TOO_SMALL) {
        REQUIRE(len > room && len < ROOM);
        rc = ssc_gb18030_to_utf8(data, size, out, &len, &bad);
        REQUIRE(rc == 0 || rc == SSC_E_BAD_TEXT);
    }
    if (rc == 0) {
        size_t back_len = sizeof back, again_len = sizeof again;
        REQUIRE(strlen(out) == len);
        REQUIRE(ssc_utf8_to_gb18030(out, len, back, &back_len, NULL) == 0);
        REQUIRE(ssc_gb18030_to_utf8(back, back_len, again, &again_len, NULL) == 0);
        REQUIRE(again_len == len && memcmp(again, out, len) == 0);
    }
}

static void utf8(const uint8_t *data, size_t size, size_t room)
{
    size_t len = room, bad = SIZE_MAX;
    int rc = ssc_utf8_to_gb18030((const char *)data, size, back, &len, &bad);
    REQUIRE(rc == 0 || rc == SSC_E_BAD_TEXT || rc == SSC_E_BUFFER_TOO_SMALL);
    REQUIRE(rc != SSC_E_BAD_TEXT || bad < size);
    if (rc == SSC_E_BUFFER_TOO_SMALL) {
        REQUIRE(len > room && len < ROOM);
        rc = ssc_utf8_to_gb18030((const char *)data, size, back, &len, &bad);
        REQUIRE(rc == 0 || rc == SSC_E_BAD_TEXT);
    }
}

static void digits(const uint8_t *data, size_t size, size_t room)
{
    size_t len = room;
    int rc = ssc_cn_to_digits(data, size, out, &len);
    REQUIRE(rc == 0 || rc == SSC_E_BAD_RESPONSE || rc == SSC_E_BUFFER_TOO_SMALL);
    if (rc == SSC_E_BUFFER_TOO_SMALL) {
        REQUIRE(len > room && len <= 2 * size + 1);
    } else if (rc == 0) {
        REQUIRE(strlen(out) == len && strspn(out, "0123456789") == len);
        REQUIRE(ssc_digits_to_cn(out, back, size) == 0);
        REQUIRE(size == 0 || memcmp(back, data, size) == 0);
    }
}

static void strings(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    REQUIRE(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    size_t len = strlen(text);
    char check = ssc_citizen_id_check(text);
    REQUIRE(!ssc_citizen_id_valid(text) || (len == 18 && text[17] == check));
    check = ssc_card_number_check(text);
    REQUIRE(!ssc_card_number_valid(text) || (len == 9 && text[8] == check));
    REQUIRE(!ssc_date_valid(text) || len == 8);
    REQUIRE(!ssc_datetime_valid(text) || len == 14);
    size_t n = sizeof back;
    if (ssc_hex_decode(text, back, &n) == 0) {
        REQUIRE(ssc_hex_encode(back, n, out, sizeof out) == 0 && strlen(out) == 2 * n);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= 1 && size <= ROOM / 4) {
        size_t room = data[0];
        gb18030(data + 1, size - 1, room);
        utf8(data + 1, size - 1, room);
        digits(data + 1, size - 1, room);
        strings(data + 1, size - 1);
        size_t len = room;
        int rc = ssc_an_to_utf8(data + 1, size - 1, out, &len);
        REQUIRE(rc == 0 || rc == SSC_E_BAD_TEXT || (rc == SSC_E_BUFFER_TOO_SMALL && len > room));
    }
    return 0;
}
