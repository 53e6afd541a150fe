/* SPDX-License-Identifier: Apache-2.0 */
/* The purse card beyond the shared vectors: refusals and their order, the state machine, profile switches,
 * tearing. */
#include "simcard.h"

#define SELECT_PURSE "00A4040009A00000000386980701"
#define PIN "0020000003123456"

static struct ssc_sim_card *purse(void)
{
    struct ssc_sim_card *c = card_named("pboc");
    enter(c, SELECT_PURSE);
    return c;
}

static struct ssc_sim_card *purse_with(const char *profile)
{
    char text[200], *json;
    struct ssc_sim_card *c;
    snprintf(text, sizeof text, "\"profile\": {%s}, \"wire\"", profile);
    json = edited(ssc_sim_image("pboc"), "\"wire\"", text);
    c = card_of_json(json);
    free(json);
    enter(c, SELECT_PURSE);
    return c;
}

/* The PSAM for these cards; its terminal number is the ready-made one. */
static void debit_command(struct ssc_sim_card *psam, const char *init, const char *amount, const char *type,
                          char command[64])
{
    char ask[120];
    const char *seq;
    /* balance 4 | counter 2 | limit 3 | version | algorithm | random 4 */
    snprintf(ask, sizeof ask, "807000001C%.8s%.4s%s%s20260315093015%.4s6210020003000123", init + 22, init + 8,
             amount, type, init + 18);
    seq = say(psam, ask);
    assert_int_equal(strlen(seq), 20);
    snprintf(command, 64, "805401000F%.8s20260315093015%.8s", seq, seq + 8);
}

static void refusals_of_init(void **state)
{
    struct ssc_sim_card *c = purse();
    (void)state;
    RAW(c, "805001020B0100000321112233445566", "9401"); /* 8.01 of 8.00 */
    RAW(c, "805001020B0200000321112233445566", "9403"); /* the key index is looked at first */
    RAW(c, "805001010B0100000001112233445566", "6982"); /* the deposit wants the PIN, the purse does not */
    RAW(c, "805001030B0100000001112233445566", "6A86");
    RAW(c, "805002020B0100000001112233445566", "6A86"); /* no cash from the purse */
    RAW(c, "805006010B0100000001112233445566", "6A86");
    RAW(c, "805001020A01000000011122334455", "6700");
    RAW(c, "805000020B0100000001112233445566", "6982");
    RAW(c, PIN, "9000");
    RAW(c, "805000020BFF00000001112233445566", "9403");
    RAW(c, "805000020B01FFFFFFFF112233445566", "6A80"); /* more than 32 bits hold */
    RAW(c, "805005010B0100004E21112233445566", "9401");
    assert_int_equal(strlen(raw(c, "805004010701112233445566")), 2 * 19 + 4);
    power(c);
    RAW(c, "805001020B0100000001112233445566", "6985"); /* no application selected */
    RAW(c, "805C000204", "6985");
    ssc_sim_card_free(&c);
}

static void counters_and_wallets(void **state)
{
    char *json = edited(ssc_sim_image("pboc"), "\"offline\": 42", "\"offline\": 65535");
    struct ssc_sim_card *c = card_of_json(json);
    char *gone;
    (void)state;
    enter(c, SELECT_PURSE);
    RAW(c, "805001020B0100000001112233445566", "9402");
    ssc_sim_card_free(&c);
    gone =
        edited(ssc_sim_image("pboc"),
               "\"ed\": {\n      \"balance\": 20000,\n      \"overdraft\": 0,\n      \"online\": 17,\n      "
               "\"offline\": 9\n    },",
               "");
    c = card_of_json(gone);
    enter(c, SELECT_PURSE);
    RAW(c, PIN, "9000");
    RAW(c, "805001010B0100000001112233445566", "6A82");
    RAW(c, "805C000104", "6A82");
    RAW(c, "805C000204", "000003209000");
    RAW(c, "805C000304", "6A86");
    ssc_sim_card_free(&c);
    free(json);
    free(gone);
}

static void state_machine(void **state)
{
    static const char *const sw[] = {"6901", "6985"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct ssc_sim_card *c = i == 0 ? purse() : purse_with("\"state_sw\": \"6985\"");
        RAW(c, "805401000F00000001202603150930150000000008", sw[i]);
        RAW(c, "805403000B2026031509301500000000", sw[i]);
        RAW(c, "805200000B2026031509301500000000", sw[i]);
        RAW(c, "805800000E0000012026031509301500000000", sw[i]);
        RAW(c, "80DCAAC803AA0100", sw[i]);
        assert_int_equal(strlen(raw(c, "805001020B0100000001112233445566")), 34);
        RAW(c, "805C000204", "000003209000"); /* any other command in between */
        RAW(c, "805401000F00000001202603150930150000000008", sw[i]);
        assert_int_equal(strlen(raw(c, "805003020B0100000001112233445566")), 34);
        RAW(c, "80DCABC803AB0100", "6A83");
        RAW(c, "80DCAAC003AA0100", "6A83"); /* 18h is the log */
        RAW(c, "80DCAAF003AA0100", "6A82");
        RAW(c, "80DCAAC803AA0200", "6A80");
        RAW(c, "80DCAAC803AA0155", "9000");
        RAW(c, "80DC01CC03AA0156", "9000"); /* by number */
        RAW(c, "805401000F00000001202603150930150000000008", "9302");
        assert_memory_equal(raw(c, "00B201CC00"), "AA2D00", 6); /* nothing of the cache was kept */
        ssc_sim_card_free(&c);
    }
}

/* Composite purchase and its records live or die together. */
static void composite_is_one(void **state)
{
    (void)state;
    for (unsigned keep = 0; keep < 2; keep++) {
        const struct ssc_sim_fault tear = {
            .kind = SSC_FAULT_TEAR_DURING, .nth = 1, .cla = 0x80, .ins = 0x54, .arg = 1 + keep};
        char *json = edited(ssc_sim_image("psam"), "410100813475", "112233445566");
        struct ssc_sim_card *c = purse(), *p = card_of_json(json);
        char init[40], command[64];
        copy_answer(init, sizeof init, raw(c, "805003020B0100000064112233445566"));
        RAW(c, "80DCAAC803AA0155", "9000");
        debit_command(p, init, "00000064", "09", command);
        assert_int_equal(ssc_sim_card_fault(c, &tear), 0);
        RAW(c, command, "E-27");
        ssc_sim_card_reinsert(c);
        power(c);
        enter(c, SELECT_PURSE);
        RAW(c, "805C000204", keep ? "000002BC9000" : "000003209000");
        assert_memory_equal(raw(c, "00B201CC00"), keep ? "AA015590" : "AA2D0000", 8);
        RAW(c, "00B201C417",
            keep ? "002A000000000000640911223344556620260315093015"
                   "9000"
                 : "6A83");
        assert_int_equal(strlen(raw(c, "805A000902002B")), keep ? 20 : 4);
        free(json);
        ssc_sim_card_free(&c);
        ssc_sim_card_free(&p);
    }
}

/* 80 1A: type and number of factors are checked against the key; 7 in the level bits is no number of factors.
 */
static void descrypt_levels(void **state)
{
    char *json =
        edited(ssc_sim_image("psam"), "\"type\": 3,\n      \"version\": 1,\n      \"algorithm\": \"3des\"",
               "\"type\": 3, \"version\": 1, \"levels\": [1], \"algorithm\": \"3des\"");
    struct ssc_sim_card *p = card_of_json(json);
    (void)state;
    enter(p, "00A404000F7378312E73682EC9E7BBE1B1A3D5CF");
    enter(p, "00A4000002DF01");
    RAW(p, "801A2301086210020003000123", "9000");
    RAW(p, "801A43011062100200030001236210020003000123", "6A80");
    RAW(p, "801A0301", "6A80");
    RAW(p, "801A4301086210020003000123", "6700");
    RAW(p, "801AE301086210020003000123", "6700");
    RAW(p, "801A2302086210020003000123", "6A88");
    RAW(p, "801A2101086210020003000123", "6A88");
    ssc_sim_card_free(&p);
    free(json);
}

static void profile_switches(void **state)
{
    char *json = edited(ssc_sim_image("psam"), "410100813475", "112233445566");
    struct ssc_sim_card *c = purse_with("\"proof_counter\": \"before\", \"log_counter\": \"after\", "
                                        "\"balance_needs_pin\": true, \"pin_ends_with_transaction\": false"),
                        *p = card_of_json(json);
    char init[40], command[64];
    (void)state;
    RAW(c, "805C000204", "6982");
    RAW(c, PIN, "9000");
    RAW(c, "805C000204", "000003209000");
    copy_answer(init, sizeof init, raw(c, "805001020B0100000064112233445566"));
    debit_command(p, init, "00000064", "06", command);
    assert_int_equal(strlen(raw(c, command)), 20);
    RAW(c, "805C000204", "000002BC9000"); /* the PIN still counts */
    assert_memory_equal(raw(c, "00B201C417"), "002B", 4);
    RAW(c, "805A000602002B", "9406");
    assert_int_equal(strlen(raw(c, "805A000602002A")), 20);
    ssc_sim_card_free(&c);
    c = purse();
    RAW(c, PIN, "9000");
    copy_answer(init, sizeof init, raw(c, "805001010B0100000064112233445566"));
    debit_command(p, init, "00000064", "05", command);
    assert_int_equal(strlen(raw(c, command)), 20);
    RAW(c, "805001010B0100000064112233445566", "6982"); /* once per PIN */
    free(json);
    ssc_sim_card_free(&c);
    ssc_sim_card_free(&p);
}

static void secure_messaging(void **state)
{
    struct ssc_sim_card *c = purse();
    (void)state;
    RAW(c, "00D6950001FF", "6D00"); /* plain updates do not exist here */
    RAW(c, "04D695000501FFFFFFFF", "6984");
    RAW(c, "04DC01CC0500000000FF", "6984");
    RAW(c, "04D6950003FFFFFF", "6987");
    assert_int_equal(strlen(raw(c, "0084000004")), 12);
    RAW(c, "04D695000501FFFFFFFF", "6988");
    RAW(c, "04D695000501FFFFFFFF", "6984");
    RAW(c, "805E00000712345600000000", "6988");
    RAW(c, "805E000003123456", "6700");
    RAW(c,
        "0082000008"
        "0000000000000000",
        "6984");
    assert_int_equal(strlen(raw(c, "0084000008")), 20);
    RAW(c,
        "0082000008"
        "0000000000000000",
        "63C9");
    RAW(c,
        "0088000107"
        "00112233445566",
        "6700");
    ssc_sim_card_free(&c);
}

static void wrong_macs_lock_for_good(void **state)
{
    static const uint8_t four[] = {0x1A, 0x2B, 0x3C, 0x4D};
    struct ssc_sim_card *c = purse();
    (void)state;
    ssc_sim_card_random(c, four, sizeof four);
    RAW(c, "0084000004", "1A2B3C4D9000");
    RAW(c, "805C000204", "000003209000");
    RAW(c, "841E00000449ADE285", "6984"); /* the random served the next command only */
    RAW(c, "0084000004", "1A2B3C4D9000");
    RAW(c, "841E00000449ADE285", "9000"); /* published synthetic MAC: same keys */
    RAW(c, "805C000204", "6A81");
    RAW(c, SELECT_PURSE, "6A81");
    RAW(c, "0084000004", "1A2B3C4D9000");
    RAW(c,
        "8418000004"
        "7F620D54",
        "9000");
    enter(c, SELECT_PURSE);
    RAW(c, "0084000004", "1A2B3C4D9000");
    RAW(c, "841E00000449ADE285", "9000");
    for (int i = 0; i < 9; i++) {
        RAW(c, "0084000004", "1A2B3C4D9000");
        RAW(c, "841800000400000000", "6988");
    }
    RAW(c, "0084000004", "1A2B3C4D9000");
    RAW(c, "841800000400000000", "9303");
    RAW(c, SELECT_PURSE, "9303");
    ssc_sim_card_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_of_init), cmocka_unit_test(counters_and_wallets),
        cmocka_unit_test(state_machine),    cmocka_unit_test(composite_is_one),
        cmocka_unit_test(descrypt_levels),  cmocka_unit_test(profile_switches),
        cmocka_unit_test(secure_messaging), cmocka_unit_test(wrong_macs_lock_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
