/* SPDX-License-Identifier: Apache-2.0 */
/* What callers of the national functions pass in: each parser over the same text, in both encodings. What is
 * accepted keeps within its arrays, and comes out as it went in. */
#include "tests/fuzz/fuzz.h"

#include "middleware/shim/args.h"
#include "middleware/shim/lines.h"
#include "middleware/shim/out.h"

#include <string.h>

static void address(const char *text)
{
    static struct ssc_shim_addr a;
    if (ssc_shim_parse_addr(text, &a) == 0) {
        size_t items = 0;
        REQUIRE(a.count >= 1 && a.count <= SSC_SHIM_FILES && a.used <= SSC_SHIM_ITEMS);
        for (size_t i = 0; i < a.count; i++) {
            REQUIRE(a.files[i].first == items && strlen(a.files[i].name) <= 8);
            items += a.files[i].count;
        }
        REQUIRE(items == a.used);
        for (size_t i = 0; i < items; i++) {
            REQUIRE(a.items[i].nth >= 1 && a.items[i].nth <= 99);
        }
    }
}

static void values(const char *text)
{
    static struct ssc_shim_values v;
    if (ssc_shim_parse_values(text, &v) == 0) {
        REQUIRE(v.count >= 1 && v.count <= SSC_SHIM_VALUES);
        for (size_t i = 0; i < v.count; i++) {
            REQUIRE(v.item[i].at > text && v.item[i].at + v.item[i].len <= text + strlen(text));
            REQUIRE(!memchr(v.item[i].at, '|', v.item[i].len) && !memchr(v.item[i].at, '$', v.item[i].len));
        }
    }
}

static void others(const char *text)
{
    struct ssc_shim_card card;
    struct ssc_shim_pay pay;
    struct ssc_shim_pairs pairs;
    const char *value;
    size_t len;
    char hex[51];
    if (ssc_shim_parse_card(text, &card) == 0) {
        REQUIRE(strlen(card.id) == 32 && (strlen(card.number) == 9 || !card.number[0]));
    }
    if (ssc_shim_parse_pay(text, &pay) == 0) {
        REQUIRE(pay.first >= 0 && pay.first <= UINT32_MAX && pay.second >= 0 && pay.second <= UINT32_MAX);
        REQUIRE(strlen(pay.time) == 14);
    }
    if (ssc_shim_parse_pairs(text, 2, &pairs) == 0) {
        REQUIRE(strlen(pairs.auth[0]) == 16 && strlen(pairs.original[0]) == 16 && pairs.count <= 2);
    }
    if (ssc_shim_parse_hex(text, 50, hex) == 0) {
        REQUIRE(strlen(hex) == 50);
    }
    if (ssc_shim_named_item("terminal_seq|time|mac1|", text, "mac1", &value, &len) == 0) {
        REQUIRE(value >= text && value + len <= text + strlen(text));
    }
}

/* A site's format, over an object that has what it may ask for. */
static void format(const char *text)
{
    static json_t *object;
    struct ssc_shim_out out = {.len = 0};
    if (!object) {
        object = json_pack("{s:i, s:s, s:s, s:{s:s}}", "amount", 1234, "type", "32", "time",
                           "2015-11-18T18:50:01", "external", "factor", "00");
    }
    ssc_shim_line(&out, text, &(struct ssc_shim_fields){.from = {object}});
    REQUIRE(out.error == 0 && out.len <= 32 * strlen(text));
    ssc_shim_out_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char given[4096];
    size = size < sizeof given ? size : sizeof given - 1;
    memcpy(given, data, size);
    given[size] = '\0';
    for (enum ssc_shim_encoding e = SSC_SHIM_GB18030; e <= SSC_SHIM_UTF8; e++) {
        char *text = NULL;
        if (ssc_shim_take(e, given, sizeof given, &text) == 0) {
            struct ssc_shim_out out = {.len = 0};
            char back[sizeof given];
            ssc_shim_out_text(&out, text);
            REQUIRE(ssc_shim_deliver(e, &out, back, sizeof back) == 0);
            REQUIRE(strcmp(back, given) == 0);
            ssc_shim_deliver_cut(e, text, back, 1 + size / 2);
            REQUIRE(strncmp(back, given, strlen(back)) == 0 && strlen(back) <= size / 2);
            ssc_shim_out_free(&out);
            address(text);
            values(text);
            others(text);
            format(text);
            ssc_shim_wipe(text);
        }
    }
    return 0;
}
