/* SPDX-License-Identifier: Apache-2.0 */
/* The descriptors of readers on the market, and descriptors that lie. */
#include "ccid_device.h"

#include "drivers/ccid/quirks.h"

enum { FIELDS = 27 };

static uint32_t number(const char *field, bool hex)
{
    char *end = NULL;
    const unsigned long v = strtoul(field, &end, hex ? 16 : 10);
    assert_true(end != field && *end == '\0');
    return (uint32_t)v;
}

/* Fields by '|'; the line is cut up in place. */
static size_t fields(char *line, char *out[FIELDS])
{
    size_t count = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *p = line; p && count < FIELDS; count++) {
        out[count] = p;
        p = strchr(p, '|');
        if (p) {
            *p++ = '\0';
        }
    }
    return count;
}

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

/* The 54 bytes that this reader sends. */
static void descriptor_bytes(char *const f[FIELDS], uint8_t b[SSC_CCID_DESCRIPTOR_LEN])
{
    memset(b, 0, SSC_CCID_DESCRIPTOR_LEN);
    b[0] = 54;
    b[1] = 0x21;
    put16(b + 2, number(f[7], true));
    b[4] = (uint8_t)number(f[8], true);
    b[5] = (uint8_t)number(f[9], true);
    device_le32(b + 6, number(f[10], true));
    device_le32(b + 10, number(f[11], false));
    device_le32(b + 14, number(f[12], false));
    b[18] = (uint8_t)number(f[13], false);
    device_le32(b + 19, number(f[14], false));
    device_le32(b + 23, number(f[15], false));
    b[27] = (uint8_t)number(f[16], false);
    device_le32(b + 28, number(f[17], false));
    device_le32(b + 32, number(f[18], true));
    device_le32(b + 36, number(f[19], true));
    device_le32(b + 40, number(f[20], true));
    device_le32(b + 44, number(f[21], false));
    b[48] = (uint8_t)number(f[22], true);
    b[49] = (uint8_t)number(f[23], true);
    put16(b + 50, number(f[24], true));
    b[52] = (uint8_t)number(f[25], true);
    b[53] = (uint8_t)number(f[26], false);
}

static void count_line(void *ctx, const char *item, const char *meaning)
{
    assert_true(item[0] && meaning[0]);
    ++*(unsigned *)ctx;
}

/* Readers of all makers: every value arrives, the level is the one announced, the interface is found unless
 * it is an integrated card without bulk pipes. */
static void readers_on_the_market(void **state)
{
    FILE *file = fopen(SSC_TEST_DATA "/ccid-readers/descriptors.txt", "r");
    char line[1024], vendors[65536 / 8] = {0};
    unsigned readers = 0, makers = 0, levels[4] = {0}, integrated = 0;
    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        char *f[FIELDS];
        uint8_t c[SSC_CCID_DESCRIPTOR_LEN], config[9 + sizeof c + 21];
        struct ssc_ccid_interface found[2];
        struct ssc_ccid_descriptor d;
        size_t count = 2;
        const char *why = NULL;
        if (line[0] == '#') {
            continue;
        }
        assert_int_equal(fields(line, f), FIELDS);
        descriptor_bytes(f, c);
        if (ssc_ccid_descriptor_parse(c, sizeof c, &d, &why) != 0) {
            fail_msg("%s %s: %s", f[0], f[1], why);
        }
        assert_int_equal(d.slots, number(f[8], true) + 1);
        assert_int_equal(d.default_clock_khz, number(f[11], false));
        assert_int_equal(d.max_rate, number(f[15], false));
        assert_int_equal(d.features, number(f[20], true));
        assert_int_equal(d.lcd_lines << 8 | d.lcd_columns, number(f[24], true));
        assert_int_equal(d.pin_support, number(f[25], true));
        const uint32_t vid = number(strtok(f[2], ":"), true);
        const bool vendor_class = number(f[4], true) == 0xFF, bulk = number(f[5], false) == 0;
        const bool interrupt = number(f[6], false) > 2;
        const size_t len = device_config(config, 1, 0x20000, 271, interrupt);
        config[5] = vendor_class ? 0xFF : 0x0B;
        config[7] = (uint8_t)number(f[5], false);
        memcpy(config + 9, c, sizeof c);
        assert_int_equal(
            ssc_ccid_config_walk(config, len, ssc_ccid_is_early_vendor((uint16_t)vid), found, &count, &why),
            0);
        assert_int_equal(count, bulk ? 1 : 0);
        assert_true(!bulk || (found[0].interrupt_in != 0) == interrupt);
        unsigned lines = 0;
        ssc_ccid_descriptor_explain(&d, count_line, &lines);
        assert_true(lines >= 10);
        readers++;
        integrated += !bulk;
        levels[d.level]++;
        makers += !(vendors[vid / 8] >> (vid % 8) & 1);
        vendors[vid / 8] = (char)(vendors[vid / 8] | 1 << (vid % 8));
    }
    fclose(file);
    assert_true(readers >= 300 && makers >= 100);
    assert_true(levels[0] && levels[1] && levels[2] && levels[3] && integrated);
}

static void every_cut_is_refused(void **state)
{
    uint8_t config[100], copy[100];
    const size_t len = device_config(config, 1, 0x20000, 271, true);
    (void)state;
    for (size_t cut = 0; cut < len; cut++) {
        struct ssc_ccid_interface found;
        size_t count = 1;
        uint8_t *exact = malloc(cut ? cut : 1); /* so that a byte too far is seen */
        assert_non_null(exact);
        memcpy(exact, config, cut);
        const int rc = ssc_ccid_config_walk(exact, cut, false, &found, &count, NULL);
        /* Without the interrupt pipe it is still a reader; with less it is none. */
        assert_true(count == (cut >= len - 7 ? 1u : 0u) && (rc == 0 || rc == SSC_E_BAD_RESPONSE));
        free(exact);
    }
    for (size_t at = 0; at < len;
         at++) { /* any one byte wrong: no crash, and never a length beyond the end */
        struct ssc_ccid_interface found[SSC_CCID_INTERFACES_MAX];
        size_t count = SSC_CCID_INTERFACES_MAX;
        memcpy(copy, config, len);
        copy[at] ^= 0xFF;
        ssc_ccid_config_walk(copy, len, true, found, &count, NULL);
        assert_true(count <= 2);
    }
}

struct lie {
    size_t at;
    uint8_t byte;
    const char *why;
};

static void liars(void **state)
{
    static const struct lie lies[] = {
        {9, 53, "lengths"},        {9, 200, "lengths"},        {10, 0x22, "missing"},
        {13, 16, "bMaxSlotIndex"}, {15, 0x04, "dwProtocols"},  {9 + 42, 0x03, "level"},
        {9 + 44, 5, "dwMaxCCID"},  {63 + 2, 0x81, "bulk out"}, {63 + 3, 1, "bulk out"},
        {63 + 4, 0, "bulk out"},   {70 + 2, 0x02, "bulk in"},  {70 + 4, 0, "bulk in"},
        {7, 1, "control pipe"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        uint8_t config[100];
        const size_t len = device_config(config, 1, 0x20000, 271, true);
        struct ssc_ccid_interface found;
        size_t count = 1;
        const char *why = "";
        config[lies[i].at] = lies[i].byte;
        config[9 + 45] = lies[i].at == 9 + 44 ? 0 : config[9 + 45];
        ssc_ccid_config_walk(config, len, false, &found, &count, &why);
        assert_int_equal(count, 0);
        if (!strstr(why, lies[i].why)) {
            fail_msg("lie %zu: %s", i, why);
        }
    }
}

static void careless_values(void **state)
{
    uint8_t config[100];
    struct ssc_ccid_descriptor d;
    (void)state;
    device_config(config, 1, 0x20000, 0xFFFFFFFF, true);
    config[9 + 5] = 0;  /* no voltage */
    config[9 + 28] = 0; /* no IFSD */
    config[9 + 53] = 0; /* nothing at a time */
    config[9 + 6] = 0;  /* protocols with their bytes the wrong way round */
    config[9 + 7] = 3;
    assert_int_equal(ssc_ccid_descriptor_parse(config + 9, 54, &d, NULL), 0);
    assert_int_equal(d.max_message, SSC_CCID_MESSAGE_MAX);
    assert_int_equal(d.voltages, SSC_CCID_5V);
    assert_int_equal(d.max_ifsd, 254);
    assert_int_equal(d.busy_slots, 1);
    assert_int_equal(d.protocols, 3);
}

/* The class descriptor behind the endpoints, a second interface, and a vendor interface of another kind. */
static void odd_orders(void **state)
{
    uint8_t one[100], config[300];
    const size_t len = device_config(one, 1, 0x20000, 271, true), ends = len - 9 - 54;
    struct ssc_ccid_interface found[3];
    size_t count = 3;
    (void)state;
    memcpy(config, one, 9);
    memcpy(config + 9, one + 63, ends);
    memcpy(config + 9 + ends, one + 9, 54);
    memcpy(config + len, one, 9);
    config[len + 2] = 1;
    config[len + 5] = 0xFF;
    memcpy(config + len + 9, one + 63, ends);
    memcpy(config + len + 9 + ends, one, len);
    config[len + 9 + ends + 2] = 2;
    config[len + 9 + ends + 5] = 0xFF;
    assert_int_equal(ssc_ccid_config_walk(config, 2 * len + 9 + ends, true, found, &count, NULL), 0);
    assert_int_equal(count, 2);
    assert_int_equal(found[0].number, 0);
    assert_int_equal(found[1].number, 2);
    count = 3;
    assert_int_equal(ssc_ccid_config_walk(config, 2 * len + 9 + ends, false, found, &count, NULL), 0);
    assert_int_equal(count, 1); /* class FF only for makers that need it */
    count = 0;
    assert_int_equal(ssc_ccid_config_walk(config, 2 * len + 9 + ends, true, found, &count, NULL), 0);
    assert_int_equal(count, 0); /* no room is respected */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_on_the_market),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(liars),
        cmocka_unit_test(careless_values),
        cmocka_unit_test(odd_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
