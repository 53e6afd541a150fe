/* SPDX-License-Identifier: Apache-2.0 */
/* The session: what it knows about the card, what it remembers, what it forgets; and odd cards. */
#include "support.h"

#include "apdu/sw.h"
#include "middleware/pin.h"

static struct ssc_identity id;

static void what_it_is(void **state)
{
    static const struct {
        const char *image;
        enum ssc_card_kind kind;
        enum ssc_generation generation;
        enum ssc_algorithm algorithm;
        bool from_card;
        const char *version;
        unsigned commands;
    } cases[] = {
        {"ssc-1.0", SSC_CARD_SSC, SSC_GEN_1, SSC_ALG_3DES, false, "1.00", 2},
        {"ssc-2.0", SSC_CARD_SSC, SSC_GEN_2, SSC_ALG_3DES, false, "2.00", 2},
        {"ssc-3.0", SSC_CARD_SSC, SSC_GEN_3, SSC_ALG_SM4, true, "3.00", 2},
        {"ssc-3.0-3des", SSC_CARD_SSC, SSC_GEN_3, SSC_ALG_3DES, true, "3.00", 2},
        {"pboc", SSC_CARD_PBOC, SSC_GEN_UNKNOWN, SSC_ALG_3DES, false, "", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b = bench(cases[i].image, NULL);
        const struct ssc_card_info *info = ssc_card_get_info(b.card);
        assert_int_equal(ssc_card_commands(b.card), 0); /* a new session sends nothing */
        assert_int_equal(ssc_card_detect(b.card, soon()), 0);
        assert_int_equal(info->kind, cases[i].kind);
        assert_int_equal(info->generation, cases[i].generation);
        assert_int_equal(info->algorithm, cases[i].algorithm);
        assert_string_equal(info->version, cases[i].version);
        assert_int_equal(ssc_card_commands(b.card), cases[i].commands);
        assert_int_equal(ssc_card_detect(b.card, soon()), 0);
        assert_int_equal(ssc_card_commands(b.card), cases[i].commands); /* nothing is asked twice */
        bench_close(&b);
    }
}

static void numbers(void **state)
{
    struct bench b = bench("ssc-2.0", NULL);
    const struct ssc_card_info *info = ssc_card_get_info(b.card);

    (void)state;
    assert_int_equal(ssc_card_detect(b.card, soon()), 0);
    assert_string_equal(info->city, "639900");
    assert_int_equal(info->serial_len, 16);
    assert_memory_equal(info->serial, "\x63\x99\x00\xD1\x56\x00\x00\x05\x00\xBF\x7C\x7A\x48\xFB\x49\x66", 16);
    assert_true(info->has_historical && !info->has_purse);
    assert_memory_equal(info->historical.factor, "\x86\x97\x15\x99\x00\xBF\x7C\x7A", 8);
    bench_close(&b);
    b = bench("pboc", NULL);
    info = ssc_card_get_info(b.card);
    assert_int_equal(ssc_card_detect(b.card, soon()), 0);
    assert_true(info->has_purse);
    assert_int_equal(info->serial_len, 10);
    assert_memory_equal(info->serial, info->purse.serial, 10);
    bench_close(&b);
}

static void selecting(void **state)
{
    struct bench b = bench("ssc-3.0", NULL);
    unsigned before;

    (void)state;
    assert_int_equal(ssc_card_select(b.card, SSC_APP_DF04, soon()), 0);
    assert_int_equal(ssc_card_commands(b.card), 2); /* the environment, then the application */
    before = ssc_card_commands(b.card);
    assert_int_equal(ssc_card_select(b.card, SSC_APP_DF04, soon()), 0);
    assert_int_equal(ssc_card_commands(b.card), before);
    assert_int_equal(ssc_card_select(b.card, SSC_APP_DF01, soon()), 0);
    assert_int_equal(ssc_card_commands(b.card), before + 1); /* from a sister application */
    ssc_card_set_key_verified(b.card, SSC_KEY_RK1DF01);
    ssc_card_set_pin_verified(b.card, SSC_PIN_OF_CARD, true);
    assert_int_equal(ssc_card_select(b.card, SSC_APP_SSSE, soon()), 0);
    assert_false(ssc_card_key_verified(b.card, SSC_KEY_RK1DF01));
    assert_true(ssc_card_pin_verified(b.card, SSC_PIN_OF_CARD));
    assert_int_equal(ssc_card_select_purse(b.card, soon()), SSC_E_NO_PURSE);
    assert_false(ssc_card_key_verified(b.card, SSC_KEY_NONE));
    assert_false(ssc_card_key_verified(b.card, SSC_KEY_COUNT));
    bench_close(&b);
}

/* Another program resets the card: the caller is told, and the next call begins anew. */
static int raw(struct bench *b, const char *hex)
{
    uint8_t bytes[SSC_COMMAND_SHORT], data[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(data);
    struct ssc_command cmd;
    size_t len = sizeof bytes;

    assert_int_equal(ssc_hex_decode(hex, bytes, &len), 0);
    assert_int_equal(ssc_command_decode(bytes, len, &cmd), 0);
    return ssc_card_transmit_raw(b->card, &cmd, &rsp, soon());
}

/* Whatever a service technician sends, the session does not go on with what it believed before. */
static void raw_commands(void **state)
{
    const struct ssc_identity_options options = {.parts = SSC_ID_BASIC};
    struct bench b = bench("ssc-2.0", NULL);

    (void)state;
    assert_int_equal(ssc_identity_read(b.card, NULL, &options, &id, soon()), 0);
    assert_int_equal(raw(&b, "00A4000002DF0400"), 0);
    assert_int_equal(ssc_identity_read(b.card, NULL, &options, &id, soon()), 0);
    assert_string_equal(id.citizen_id, "111111198101011110");
    assert_int_equal(raw(&b, "00A4000002DF0400"), 0);
    assert_int_equal(raw(&b, "00A4020002EF05"), 0);
    assert_int_equal(ssc_identity_read(b.card, NULL, &options, &id, soon()), 0);
    assert_string_equal(id.citizen_id, "111111198101011110");
    bench_close(&b);
}

static void raw_money(void **state)
{
    static const char *const committing[] = {"8054010000", "8454030000", "8052000000", "B02C010000",
                                             "B42A000000"};
    struct bench b = bench("pboc", NULL);

    (void)state;
    for (size_t i = 0; i < sizeof committing / sizeof committing[0]; i++) {
        assert_int_equal(raw(&b, committing[i]), SSC_E_PERMISSION_DENIED);
    }
    assert_int_equal(ssc_card_commands(b.card), 0);
    bench_close(&b);
}

/* The next holder of the lease must not inherit what the card has open, however that came about. */
static void rights_outlive_belief(void **state)
{
    static const struct ssc_sim_fault lost = {.kind = SSC_FAULT_LOSE_REPLY, .nth = 1, .cla = -1, .ins = 0xB2};
    struct bench b = bench("ssc-2.0", NULL);
    int tries;

    (void)state;
    assert_int_equal(ssc_card_select(b.card, SSC_APP_SSSE, soon()), 0);
    assert_false(ssc_card_may_hold_rights(b.card));
    assert_int_equal(raw(&b, "0020000000"), 0x63C6); /* a question proves nothing */
    assert_false(ssc_card_may_hold_rights(b.card));
    assert_int_equal(raw(&b, "0020000003123456"), 0);
    assert_false(ssc_card_pin_verified(b.card, SSC_PIN_OF_CARD));
    assert_true(ssc_card_may_hold_rights(b.card));
    assert_int_equal(ssc_card_forget(b.card, soon()), 0);
    assert_false(ssc_card_may_hold_rights(b.card));
    ssc_card_set_key_verified(b.card, SSC_KEY_RKSSSE); /* and what a failed exchange makes doubtful */
    assert_int_equal(ssc_sim_fault(b.driver, CARD_READER, &lost), 0);
    assert_int_equal(raw(&b, "00B2010400"), SSC_E_READER_IO);
    assert_false(ssc_card_key_verified(b.card, SSC_KEY_RKSSSE));
    assert_true(ssc_card_may_hold_rights(b.card));
    assert_int_equal(ssc_card_forget(b.card, soon()), 0);
    assert_int_equal(ssc_sim_type_pin(b.driver, CARD_READER, "123456"), 0);
    assert_int_equal(ssc_pin_verify(b.card, SSC_PIN_OF_CARD, NULL, &tries, soon()), 0);
    assert_true(ssc_card_may_hold_rights(b.card));
    bench_close(&b);
}

static void reset_by_others(void **state)
{
    struct bench b = bench("ssc-2.0", NULL);
    struct ssc_channel *ours = NULL, *other = NULL;

    (void)state;
    ssc_card_free(&b.card);
    ssc_channel_close(&b.channel, false);
    assert_int_equal(ssc_channel_open(b.driver, CARD_READER, false, &ours, soon()), 0);
    assert_int_equal(ssc_channel_open(b.driver, CARD_READER, false, &other, soon()), 0);
    assert_int_equal(ssc_card_new(ours, b.profile, &b.card), 0);
    assert_int_equal(ssc_card_detect(b.card, soon()), 0);
    ssc_card_set_pin_verified(b.card, SSC_PIN_OF_CARD, true);
    assert_int_equal(ssc_channel_reset(other, SSC_RESET_COLD, soon()), 0);
    assert_int_equal(ssc_card_select(b.card, SSC_APP_DF01, soon()), SSC_E_CARD_RESET);
    assert_false(ssc_card_pin_verified(b.card, SSC_PIN_OF_CARD));
    assert_int_equal(ssc_card_get_info(b.card)->kind, SSC_CARD_UNKNOWN);
    assert_int_equal(ssc_card_detect(b.card, soon()), 0);
    assert_int_equal(ssc_card_select(b.card, SSC_APP_DF01, soon()), 0);
    /* at first contact nothing is lost yet */
    ssc_card_free(&b.card);
    assert_int_equal(ssc_card_new(ours, b.profile, &b.card), 0);
    assert_int_equal(ssc_channel_reset(other, SSC_RESET_COLD, soon()), 0);
    assert_int_equal(ssc_card_detect(b.card, soon()), 0);
    ssc_card_free(&b.card);
    ssc_channel_close(&other, false);
    ssc_channel_close(&ours, true);
    bench_close(&b);
}

static void swapped(void **state)
{
    const struct ssc_sim_fault fault = {
        .kind = SSC_FAULT_SWAP, .nth = 1, .cla = -1, .ins = -1, .image = "ssc-3.0"};
    const struct ssc_identity_options options = {.parts = SSC_ID_BASIC};
    struct bench b = bench("ssc-2.0", NULL);

    (void)state;
    assert_int_equal(ssc_card_detect(b.card, soon()), 0);
    assert_int_equal(ssc_sim_fault(b.driver, CARD_READER, &fault), 0);
    assert_int_equal(ssc_identity_read(b.card, NULL, &options, &id, soon()), SSC_E_CARD_REMOVED);
    assert_int_equal(ssc_card_get_info(b.card)->serial_len, 0);
    /* the channel belongs to the card that left */
    assert_true(ssc_card_detect(b.card, soon()) < 0);
    bench_close(&b);
}

/* ---- odd cards ---- */

static int identity_of(const char *base, const char *changes)
{
    const struct ssc_identity_options options = {.parts = SSC_ID_FULL};
    char folder[64], path[96];
    struct bench b;
    int rc;

    folder_make(folder);
    snprintf(path, sizeof path, "%s/card.json", folder);
    image_write(path, base, changes);
    b = bench(path, NULL);
    rc = ssc_identity_read(b.card, NULL, &options, &id, soon());
    bench_close(&b);
    folder_remove(folder);
    return rc;
}

static void names(void **state)
{
    (void)state;
    /* thirty bytes of name and the rest in the extension */
    assert_int_equal(identity_of("ssc-2.0", "{\"holder\":{\"name\":\"买买提艾力阿不都热依木吐尔逊江\","
                                            "\"name_extension\":\"阿卜杜拉\"}}"),
                     0);
    assert_string_equal(id.name, "买买提艾力阿不都热依木吐尔逊江阿卜杜拉");
    /* a name that would shift the items of the line */
    assert_int_equal(identity_of("ssc-2.0", "{\"holder\":{\"name\":\"A|B\"}}"), 0);
    assert_string_equal(id.name, "A?B");
    assert_true(id.raw.findings & SSC_FOUND_UNSAFE);
}

static void checks_are_findings(void **state)
{
    (void)state;
    assert_int_equal(identity_of("ssc-2.0", "{\"holder\":{\"citizen_id\":\"111111198101011111\"},"
                                            "\"card\":{\"card_number\":\"X00000018\"}}"),
                     0);
    assert_string_equal(id.citizen_id, "111111198101011111");
    assert_true(id.citizen_id_wrong);
    assert_true(id.card_number_wrong);
}

/* Versions of every kind: only the first three characters count, and an empty one is 1.0. */
static void versions(void **state)
{
    (void)state;
    assert_int_equal(identity_of("ssc-2.0", "{\"card\":{\"version\":\"2.01\"}}"), 0);
    assert_string_equal(id.version, "2.01");
    assert_int_equal(identity_of("ssc-2.0", "{\"card\":{\"version\":\"2.0\"}}"), 0);
    assert_string_equal(id.version, "2.0");
    assert_int_equal(identity_of("ssc-1.0", "{\"card\":{\"version\":\"\"}}"), 0);
    assert_string_equal(id.version, "");
    assert_string_equal(id.name, "张三");
}

static void card_id_of_no_use(void **state)
{
    const struct ssc_identity_options options = {.parts = SSC_ID_BASIC, .verify = true};
    char folder[64], path[96];
    struct bench b;

    (void)state;
    folder_make(folder);
    snprintf(path, sizeof path, "%s/card.json", folder);
    image_write(path, "ssc-2.0", "{\"card\":{\"card_id_code\":\"63990000000000000000BF7C7A48FB49\"}}");
    b = bench(path, "psam");
    /* readable, for whoever must find out what is wrong with it; but no key can be derived */
    assert_int_equal(ssc_card_detect(b.card, soon()), 0);
    assert_false(ssc_card_get_info(b.card)->has_card_id);
    assert_int_equal(ssc_card_get_info(b.card)->serial_len, 0);
    assert_int_equal(ssc_identity_read(b.card, b.auth, &options, &id, soon()), SSC_E_CARD_ID_FORMAT);
    bench_close(&b);
    folder_remove(folder);
}

static void profiles(void **state)
{
    struct ssc_profile p;
    char why[200];

    (void)state;
    ssc_profile_default(&p);
    assert_int_equal(ssc_profile_parse("{}", &p, why), 0);
    assert_int_equal(
        ssc_profile_parse("{\"name\":\"x\",\"psam_levels\":\"21\",\"purse_aid\":\"A00000\"}", &p, why),
        SSC_E_CONFIG);
    assert_string_equal(p.name, "default"); /* all or nothing */
    assert_int_equal(
        ssc_profile_parse(
            "{\"name\":\"x\",\"psam_levels\":\"21\",\"purse_aid\":\"A000000001\",\"sfi_addressing\":false,"
            "\"purse_psam_fid\":\"3F01\",\"key_version\":2}",
            &p, why),
        0);
    assert_string_equal(p.name, "x");
    assert_int_equal(p.purse_aid_len, 5);
    assert_false(p.sfi_addressing);
    assert_memory_equal(p.purse_psam_fid, "\x3F\x01", 2);
    assert_int_equal(p.key_version, 2);
    assert_int_equal(ssc_profile_parse("{\"nmae\":\"x\"}", &p, why), SSC_E_CONFIG);
    assert_non_null(strstr(why, "nmae"));
    assert_int_equal(ssc_profile_parse("[1]", &p, why), SSC_E_CONFIG);
    assert_int_equal(ssc_profile_parse("{", &p, why), SSC_E_CONFIG);
    assert_int_equal(ssc_profile_parse("{\"psam_levels\":\"4\"}", &p, why), SSC_E_CONFIG);
    assert_int_equal(ssc_profile_parse("{\"key_version\":256}", &p, why), SSC_E_CONFIG);
    assert_int_equal(ssc_profile_parse("{\"sfi_addressing\":1}", &p, NULL), SSC_E_CONFIG);
    assert_int_equal(ssc_profile_parse("{\"pin_min_digits\":8,\"pin_max_digits\":6}", &p, why), SSC_E_CONFIG);
    assert_int_equal(
        ssc_profile_parse("{\"name\":\"a name that is longer than any profile's name may be\"}", &p, why),
        SSC_E_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_is),      cmocka_unit_test(numbers),
        cmocka_unit_test(selecting),       cmocka_unit_test(raw_commands),
        cmocka_unit_test(raw_money),       cmocka_unit_test(rights_outlive_belief),
        cmocka_unit_test(reset_by_others), cmocka_unit_test(swapped),
        cmocka_unit_test(names),           cmocka_unit_test(checks_are_findings),
        cmocka_unit_test(versions),        cmocka_unit_test(card_id_of_no_use),
        cmocka_unit_test(profiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
