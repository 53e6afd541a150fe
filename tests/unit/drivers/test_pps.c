/* SPDX-License-Identifier: Apache-2.0 */
/* Protocol and speed: what the ATR offers within what the reader can do. */
#include "ccid_device.h"

static const struct ssc_ccid_rates no_rates;

static struct ssc_ccid_descriptor reader(uint32_t features, uint32_t max_rate)
{
    return (struct ssc_ccid_descriptor){
        .protocols = 3,
        .default_clock_khz = 4000,
        .max_clock_khz = 8000,
        .max_rate = max_rate,
        .features = features,
        .level = features & SSC_CCID_LEVEL_TPDU ? SSC_CCID_TPDU : SSC_CCID_SHORT_APDU,
    };
}

static struct ssc_atr atr_of(const char *hex)
{
    uint8_t bytes[SSC_ATR_MAX];
    size_t len = sizeof bytes;
    struct ssc_atr atr;
    assert_int_equal(ssc_hex_decode(hex, bytes, &len), 0);
    assert_int_equal(ssc_atr_parse(bytes, len, &atr), 0);
    return atr;
}

enum { HOST = SSC_CCID_LEVEL_TPDU | SSC_CCID_AUTO_CLOCK | SSC_CCID_AUTO_RATE };

static void speeds(void **state)
{
    static const struct {
        const char *atr;
        uint32_t features, max_rate;
        int wanted;
        const char *pps; /* "" = none */
        uint8_t fidi;
        int protocol, rc;
    } cases[] = {
        {"3B00", HOST, 344086, -1, "", 0x11, 0, 0}, /* nothing offered */
        {"3B1095", HOST, 344086, -1, "FF10957A", 0x95, 0, 0},
        {"3B1095", HOST, 100000, -1, "FF10947B", 0x94, 0, 0}, /* the reader is slower: D = 8 */
        {"3B1095", HOST, 10753, -1, "", 0x11, 0, 0},
        {"3B1095", HOST | SSC_CCID_AUTO_PPS, 344086, -1, "", 0x95, 0, 0},       /* the reader does it */
        {"3B1095", SSC_CCID_LEVEL_SHORT, 344086, -1, "", 0x11, 0, 0},           /* nobody can */
        {"3B1095", HOST | SSC_CCID_AUTO_NEGOTIATION, 9600, -1, "", 0x95, 0, 0}, /* the reader's own way */
        {"3B10FF", HOST, 344086, -1, "", 0x11, 0, 0},                           /* reserved values */
        {"3B10A5", HOST, 344086, -1, "FF10A54A", 0xA5, 0, 0},
        {"3B9000"
         "01"
         "90",
         HOST, 344086, -1, "", 0x11, 1, 0}, /* T=1 alone; odd but legal */
        {"3B80"
         "80"
         "01"
         "01",
         HOST, 344086, -1, "", 0x11, 0, 0}, /* T=0 first, T=1 second */
        {"3B80"
         "80"
         "01"
         "01",
         HOST, 344086, 1, "FF01FE", 0x11, 1, 0}, /* the second is wanted */
        {"3B8001"
         "81",
         HOST, 344086, 0, "", 0, 0, SSC_E_PROTOCOL_MISMATCH},
        {"3B90951001", HOST, 344086, -1, "", 0x95, 1, 0}, /* TA2: specific mode, T=1, TA1 */
        {"3B90951011", HOST, 344086, -1, "", 0x11, 1, 0}, /* implicit parameters */
        {"3B90951001", HOST, 344086, 0, "", 0, 0, SSC_E_PROTOCOL_MISMATCH},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct ssc_ccid_descriptor d = reader(cases[i].features, cases[i].max_rate);
        const struct ssc_atr atr = atr_of(cases[i].atr);
        struct ssc_ccid_choice c;
        char pps[9] = "";
        const int rc = ssc_ccid_choose(&d, &no_rates, &atr, cases[i].wanted, true, &c);
        if (rc == 0 && c.exchange_pps) {
            ssc_hex_encode(c.pps, c.pps_len, pps, sizeof pps);
        }
        if (rc != cases[i].rc || strcmp(pps, cases[i].pps) != 0 ||
            (rc == 0 && (c.fidi != cases[i].fidi || (int)c.protocol != cases[i].protocol))) {
            fail_msg("case %zu (%s): rc %d pps %s fidi %02X T=%d", i, cases[i].atr, rc, pps, c.fidi,
                     c.protocol);
        }
        if (rc == 0 && c.exchange_pps) {
            assert_int_equal(ssc_ccid_choose(&d, &no_rates, &atr, cases[i].wanted, false, &c), 0);
            assert_int_equal(c.fidi, 0x11);
        }
    }
}

static void only_listed_rates(void **state)
{
    const struct ssc_ccid_descriptor d = reader(HOST, 344086);
    const struct ssc_atr atr = atr_of("3B1096");
    struct ssc_ccid_rates rates = {.rates = 3, .rate = {9600, 10752, 62500}};
    struct ssc_ccid_choice c;
    (void)state;
    assert_int_equal(ssc_ccid_choose(&d, &rates, &atr, -1, true, &c), 0);
    assert_int_equal(c.fidi, 0x94);
    assert_int_equal(c.rate, 62500);
}

static void clocks_by_hand(void **state)
{
    const struct ssc_ccid_descriptor d = reader(SSC_CCID_LEVEL_TPDU, 344086);
    const struct ssc_atr slow = atr_of("3B1011"), quick = atr_of("3B1095");
    const struct ssc_ccid_rates rates = {.clocks = 3, .clock_khz = {4000, 5000, 12000}};
    struct ssc_ccid_choice c;
    (void)state;
    assert_int_equal(ssc_ccid_choose(&d, &rates, &slow, -1, true, &c), 0);
    assert_true(c.set_rate && c.clock_khz <= slow.f_max_khz);
    assert_int_equal(ssc_ccid_choose(&d, &rates, &quick, -1, true, &c), 0);
    assert_true(c.clock_khz == 5000 && c.rate == 156250);
}

static void parameters(void **state)
{
    const struct ssc_ccid_descriptor d = reader(HOST | SSC_CCID_AUTO_PPS, 344086);
    const struct ssc_atr t0 = atr_of("3F70110007"), t1 = atr_of("3B90958131FE450E");
    static const uint8_t wanted0[5] = {0x11, 2, 7, 10, 0}, wanted1[7] = {0x95, 0x10, 0, 0x45, 0, 0xFE, 0};
    struct ssc_ccid_choice c;
    (void)state;
    assert_int_equal(ssc_ccid_choose(&d, &no_rates, &t0, -1, true, &c), 0);
    assert_int_equal(c.parameters_len, sizeof wanted0);
    assert_memory_equal(c.parameters, wanted0, sizeof wanted0); /* inverse convention, extra guard time */
    assert_int_equal(ssc_ccid_choose(&d, &no_rates, &t1, -1, true, &c), 0);
    assert_int_equal(c.parameters_len, sizeof wanted1);
    assert_memory_equal(c.parameters, wanted1, sizeof wanted1);
}

static void agreements(void **state)
{
    const struct ssc_ccid_descriptor d = reader(HOST, 344086);
    const struct ssc_atr atr = atr_of("3B1095");
    static const struct {
        const char *answer;
        int rc;
        uint8_t fidi;
    } cases[] = {
        {"FF10957A", 0, 0x95},
        {"FF00FF", 0, 0x11},                    /* agrees to the protocol, not to the speed */
        {"FF10947B", SSC_E_BAD_RESPONSE, 0x95}, /* another speed */
        {"FF11957B", SSC_E_BAD_RESPONSE, 0x95}, /* another protocol */
        {"FF10957B", SSC_E_BAD_RESPONSE, 0x95}, /* wrong check byte */
        {"FF1095", SSC_E_BAD_RESPONSE, 0x95},
        {"FF", SSC_E_BAD_RESPONSE, 0x95},
        {"", SSC_E_BAD_RESPONSE, 0x95},
        {"FF30950A50", SSC_E_BAD_RESPONSE, 0x95}, /* offers what was not asked for */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ssc_ccid_choice c;
        uint8_t bytes[8];
        size_t len = sizeof bytes;
        assert_int_equal(ssc_hex_decode(cases[i].answer, bytes, &len), 0);
        assert_int_equal(ssc_ccid_choose(&d, &no_rates, &atr, -1, true, &c), 0);
        assert_int_equal(ssc_ccid_pps_agreed(&c, &atr, bytes, len), cases[i].rc);
        assert_int_equal(c.fidi, cases[i].fidi);
        assert_int_equal(c.parameters[0], cases[i].fidi);
    }
}

static void rates(void **state)
{
    (void)state;
    assert_int_equal(ssc_ccid_rate(0x11, 3571), 9599);
    assert_int_equal(ssc_ccid_rate(0x96, 4000), 250000);
    assert_int_equal(ssc_ccid_rate(0x18, 4000), 129032);
    assert_int_equal(ssc_ccid_rate(0x10, 4000), 0);
    assert_int_equal(ssc_ccid_rate(0x71, 4000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speeds),     cmocka_unit_test(only_listed_rates), cmocka_unit_test(clocks_by_hand),
        cmocka_unit_test(parameters), cmocka_unit_test(agreements),        cmocka_unit_test(rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
