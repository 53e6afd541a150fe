/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated social security card: images, files, access conditions, updates. test_sim_security.c has PIN,
 * keys and PSAM. */
#include "simcard.h"

#define EF05_ALL                                                                                             \
    "0110639900D15600000500BF7C7A48FB4966"                                                                   \
    "020133"                                                                                                 \
    "0304332E3030"                                                                                           \
    "040C915600000263990063990001"                                                                           \
    "050420101001"                                                                                           \
    "060420201001"                                                                                           \
    "0709583030303030303139"
#define NAME "091ED5C5C8FD0000000000000000000000000000000000000000000000000000"
#define EF06_ALL                                                                                             \
    "0812313131313131313938313031303131313130" NAME "4E140000000000000000000000000000000000000000"           \
    "0A0131"                                                                                                 \
    "0B0101"                                                                                                 \
    "0C03639900"                                                                                             \
    "0D0419810101"

static const char *const SSC_NAMES[] = {"ssc-1.0", "ssc-2.0", "ssc-3.0", "ssc-3.0-3des"};

static void every_image_loads_and_dumps(void **state)
{
    (void)state;
    for (const char *const *name = ssc_sim_image_names(); *name; name++) {
        struct ssc_sim_card *c = card_named(*name), *again;
        char *dump = ssc_sim_card_dump(c), *second;
        again = card_of_json(dump);
        second = ssc_sim_card_dump(again);
        assert_string_equal(dump, second);
        free(dump);
        free(second);
        ssc_sim_card_free(&c);
        ssc_sim_card_free(&again);
    }
    assert_null(ssc_sim_image("no such card"));
}

/* The published sample card, byte for byte, ATR included. */
static void sample_card(void **state)
{
    struct ssc_sim_card *c = card_named("ssc-3.0");
    uint8_t atr[SSC_ATR_MAX];
    char hex[80];
    size_t len = sizeof atr;
    (void)state;
    assert_int_equal(ssc_sim_card_reset(c, SSC_RESET_WARM, atr, &len), 0);
    assert_int_equal(ssc_hex_encode(atr, len, hex, sizeof hex), 0);
    assert_string_equal(hex, "3B6D000000814E43238697159900BF7C7A");
    ASK(c, SELECT_SSSE, "6F1C840F7378312E73682EC9E7BBE1B1A3D5CFA50988011E9F0C038601039000");
    ASK(c, "00A4020002EF05", "9000");
    RAW(c, "00B2010500", "6C40");
    RAW(c, "00B2010540", EF05_ALL "9000");
    ASK(c, "00A4020002EF06", "9000");
    ASK(c, "00B2013500", "6982");
    assert_string_equal(authenticate(c, SSC_ALG_SM4, 0x0A), "9000");
    ASK(c, "00B2013500", EF06_ALL "9000");
    ssc_sim_card_free(&c);
}

static void generations_differ(void **state)
{
    struct ssc_sim_card *c = card_named("ssc-2.0");
    (void)state;
    ASK(c, SELECT_SSSE, "6F16840F7378312E73682EC9E7BBE1B1A3D5CFA50388011E9000");
    ASK(c, "00B2013500", EF06_ALL "9000"); /* free before 3.0 */
    ASK(c, "00B2032800", "0304322E30309000");
    ssc_sim_card_free(&c);
    c = card_named("ssc-1.0");
    ASK(c, SELECT_SSSE, "6F16840F7378312E73682EC9E7BBE1B1A3D5CFA50388011E9000");
    ASK(c, "00B24E3000", "6A83"); /* no name extension */
    RAW(c, SELECT_DF(7), "6A82"); /* came with 2.0 */
    RAW(c, "00A4040006D15600000504", "6A82");
    ASK(c, "00B2033400", "0A01319000"); /* sex is the third record */
    ssc_sim_card_free(&c);
}

/* SFI addressing and all seven modes of P2. */
static void record_modes(void **state)
{
    struct ssc_sim_card *c = card_named("ssc-2.0");
    (void)state;
    enter(c, SELECT_SSSE);
    RAW(c, "00B2010012", "6986");
    RAW(c, "00B2072C0B", "07095830303030303031399000"); /* SFI 05, record 7 */
    RAW(c, "00B207280B", "07095830303030303031399000"); /* SFI 05, tag 07 */
    RAW(c, "00B2000003", "6C12");                       /* first of any tag */
    RAW(c, "00B2000012", "0110639900D15600000500BF7C7A48FB49669000");
    RAW(c, "00B2000203", "0201339000"); /* next */
    RAW(c, "00B2000306", "6C12");       /* previous; Le was wrong, so nothing moved */
    RAW(c, "00B2000206", "0304322E30309000");
    RAW(c, "00B200010B", "07095830303030303031399000"); /* last */
    RAW(c, "00B2000206", "6A83");
    RAW(c, "00B2060511",
        "0604202010010709583030303030303139"
        "9000");
    RAW(c, "00B2060611",
        "0709583030303030303139060420201001"
        "9000");
    RAW(c, "00B2080500", "6A83");
    RAW(c, "00B2010700", "6A86");
    RAW(c, "00B2014500", "6981"); /* EF08 is the photo */
    RAW(c, "00B201FC00", "6A82");
    ssc_sim_card_free(&c);
}

static void photo_is_read_in_pieces(void **state)
{
    struct ssc_sim_card *c = card_named("ssc-3.0");
    (void)state;
    enter(c, SELECT_SSSE);
    RAW(c, "00B0880010", "6982");
    assert_string_equal(authenticate(c, SSC_ALG_SM4, 0x0A), "9000");
    RAW(c, "00B0880004", "000000009000");
    RAW(c, "00B00FFE04", "6C02"); /* two bytes before the end */
    RAW(c, "00B00FFE02", "00009000");
    RAW(c, "00B0100001", "6B00");
    RAW(c, "00B0A50001", "6A86");
    RAW(c, "00B0850001", "6981");
    ssc_sim_card_free(&c);
}

static void select_rules(void **state)
{
    struct ssc_sim_card *c = card_named("ssc-3.0");
    (void)state;
    RAW(c, "00A4020002EF05", "6A82"); /* the environment comes first */
    RAW(c, "0020000003123456", "6985");
    RAW(c, SELECT_DF(1), "6A82");
    RAW(c, SELECT_SSSE, "611E");
    RAW(c, "00C000001F", "6C1E");
    RAW(c, "00C000001E", "6F1C840F7378312E73682EC9E7BBE1B1A3D5CFA50988011E9F0C038601039000");
    RAW(c, "00C000001E", "6985"); /* fetched already */
    ASK(c, SELECT_DF(1), "6F088406D156000005009000");
    ASK(c, "00A4040006D15600000503", "6F088406D156000005039000");
    ASK(c, "00A4010002DF02", "6F088406D156000005019000");
    ASK(c, SELECT_DF(5), "6F048302DF059000");
    RAW(c, "00A4000002DF08", "6A82");
    RAW(c, "00A4000001DF", "6700");
    RAW(c, "00A4050002DF01", "6A86");
    RAW(c, "00A4040005A000000333", "6A82");
    ASK(c, "00A40000023F00", "6F1C840F7378312E73682EC9E7BBE1B1A3D5CFA50988011E9F0C038601039000");
    RAW(c, "00E2000000", "6D00");
    RAW(c, "A0A4000000", "6E00");
    RAW(c, "00A404", "6700");
    ssc_sim_card_free(&c);
}

/* Every file of every generation opens exactly as the table says. */
static void access_conditions(void **state)
{
    (void)state;
    for (size_t g = 0; g < 3; g++) {
        const enum ssc_algorithm alg = g == 2 ? SSC_ALG_SM4 : SSC_ALG_3DES;
        size_t count;
        const struct ssc_file *files = ssc_files((enum ssc_generation)(g + 1), &count);
        for (size_t i = 0; i < count; i++) {
            const struct ssc_file *f = &files[i];
            const struct ssc_key_info *key = ssc_key_info((enum ssc_key_id)f->read_key);
            struct ssc_sim_card *c = card_named(SSC_NAMES[g]);
            char select[32], read[32];
            const char *closed = f->read == SSC_FREE ? "9000" : "6982", *answer;
            enter(c, SELECT_SSSE);
            snprintf(select, sizeof select, "00A4000002DF0%d", (int)f->app);
            if (f->app != SSC_APP_SSSE) {
                enter(c, select);
            }
            if (f->kind == SSC_FILE_TRANSPARENT) {
                snprintf(read, sizeof read, "00B0%02X0001", 0x80 | f->sfi);
            } else {
                snprintf(read, sizeof read, "00B201%02X00", f->sfi << 3 | 4);
            }
            answer = say(c, read);
            answer += strlen(answer) - 4;
            if (f->kind == SSC_FILE_CYCLIC && f->read == SSC_FREE) {
                closed = "6A83";
            }
            assert_string_equal(answer, closed);
            if (f->read == SSC_PIN || f->read == SSC_PIN_OR_KEY || f->read == SSC_PIN_AND_KEY) {
                ASK(c, "0020000003123456", "9000");
                answer = say(c, read);
                answer += strlen(answer) - 4;
                assert_true((strcmp(answer, "6982") == 0) == (f->read == SSC_PIN_AND_KEY));
            }
            if (key && key->ref >= 0 && f->read != SSC_PIN && f->read != SSC_FREE) {
                assert_string_equal(authenticate(c, alg, (uint8_t)key->ref), "9000");
                answer = say(c, read);
                answer += strlen(answer) - 4;
                assert_string_not_equal(answer, "6982");
            }
            ssc_sim_card_free(&c);
        }
        assert_true(count > 15);
    }
}

/* Every element of every linear file can be read by its number, and has the length of the table. */
static void every_element_is_there(void **state)
{
    size_t count, seen = 0;
    const struct ssc_file *files = ssc_files(SSC_GEN_2, &count);
    struct ssc_sim_card *c = card_named("ssc-2.0");
    (void)state;
    for (size_t i = 0; i < count; i++) {
        char select[32], read[32];
        if (files[i].kind == SSC_FILE_CYCLIC || files[i].kind == SSC_FILE_TRANSPARENT) {
            continue;
        }
        power(c);
        enter(c, SELECT_SSSE);
        snprintf(select, sizeof select, "00A4000002DF0%d", (int)files[i].app);
        if (files[i].app != SSC_APP_SSSE) {
            enter(c, select);
        }
        ASK(c, "0020000003123456", "9000");
        if (files[i].read != SSC_FREE && files[i].read != SSC_PIN) {
            authenticate(c, SSC_ALG_3DES, (uint8_t)ssc_key_info((enum ssc_key_id)files[i].read_key)->ref);
        }
        for (size_t n = 0; n < files[i].element_count; n++) {
            const struct ssc_element *e = &files[i].elements[n];
            char head[8];
            snprintf(read, sizeof read, "00B2%02X%02X%02X", (unsigned)n + 1, files[i].sfi << 3 | 4,
                     e->len + 2u);
            snprintf(head, sizeof head, "%02X%02X", e->tag, e->len);
            assert_memory_equal(raw(c, read), head, 4);
            seen++;
        }
    }
    assert_true(seen > 150);
    ssc_sim_card_free(&c);
}

static void updates(void **state)
{
    struct ssc_sim_card *c = card_named("ssc-2.0");
    char *dump;
    (void)state;
    enter(c, SELECT_SSSE);
    RAW(c, "00DC0728 0B 0709 413131313131313132", "6982");
    assert_string_equal(authenticate(c, SSC_ALG_3DES, 0x04), "9000");
    RAW(c, "00DC0728 0B 0709 413131313131313132", "9000");
    RAW(c, "00DC0728 0B 0708 413131313131313132", "6A85");
    RAW(c, "00DC072C 0B 0609 413131313131313132", "6A80");
    RAW(c, "00DC0728 0C 070A 41313131313131313233", "6A84");
    RAW(c, "00DC0828 0B 0809 413131313131313132", "6A83");
    RAW(c, "00DC012D 0B 0709 413131313131313132", "6A86");
    ASK(c, "00B207280B", "07094131313131313131329000");
    RAW(c, "00D6880004FFD8FFE0", "9000");
    RAW(c, "00D68FFF02FFFF", "6A82");
    RAW(c, "00D60FFF02FFFF", "6A84");
    RAW(c, "00D6100002FFFF", "6B00");
    enter(c, SELECT_DF(4));
    RAW(c, "00DC00AB 03 000131", "6982");
    assert_string_equal(authenticate(c, SSC_ALG_3DES, 0x86), "9000"); /* UK2DF04 */
    for (int i = 1; i <= 9; i++) {
        char command[32];
        snprintf(command, sizeof command, "00DC00AB0300%02X31", i);
        RAW(c, command, "9000");
    }
    RAW(c, "00DC00AB 02 0001", "6700");
    RAW(c,
        "00DC0043 1C"
        "00000000000000000000000000000000000000000000000000000000",
        "6982"); /* never */
    ASK(c, "0020000003123456", "9000");
    ASK(c, "00B201AC03", "0009319000"); /* newest first */
    ASK(c, "00B208AC03", "0002319000"); /* the ninth has pushed out the first */
    ASK(c, "00B209AC03", "6A83");
    RAW(c, "00B2014400", "6A83"); /* no transaction yet */
    dump = ssc_sim_card_dump(c);
    ssc_sim_card_free(&c);
    c = card_of_json(dump);
    enter(c, SELECT_SSSE);
    ASK(c, "00B207280B", "07094131313131313131329000");
    enter(c, SELECT_DF(4));
    ASK(c, "0020000003123456", "9000");
    ASK(c, "00B208AC03", "0002319000");
    free(dump);
    ssc_sim_card_free(&c);
}

/* Records of one tag keep their places through a dump. */
static void repeated_tags(void **state)
{
    struct ssc_sim_card *c = card_named("ssc-2.0");
    char command[260], *dump;
    (void)state;
    enter(c, SELECT_SSSE);
    enter(c, SELECT_DF(1));
    assert_string_equal(authenticate(c, SSC_ALG_3DES, 0x89), "9000"); /* UK6DF01 */
    snprintf(command, sizeof command, "00DC03AC05400357%s", "0141");
    RAW(c, command, "9000");
    dump = ssc_sim_card_dump(c);
    ssc_sim_card_free(&c);
    c = card_of_json(dump);
    enter(c, SELECT_SSSE);
    enter(c, SELECT_DF(1));
    ASK(c, "0020000003123456", "9000");
    ASK(c, "00B203AC00", "40035701419000");
    assert_int_equal(strlen(say(c, "00B202AC00")), 2 * (0x34 + 2) + 4);
    free(dump);
    ssc_sim_card_free(&c);
}

static void blocking(void **state)
{
    struct ssc_sim_card *c = card_named("ssc-3.0");
    struct ssc_key stk = card_key(SSC_ALG_SM4, 16), session;
    uint8_t challenge[8], mac[4];
    const uint8_t app_block[5] = {0x84, 0x1E, 0, 1, 4}, card_block[5] = {0x84, 0x16, 0, 0, 4};
    char text[40], hex[9];
    (void)state;
    enter(c, SELECT_SSSE);
    enter(c, SELECT_DF(4));
    assert_string_equal(authenticate(c, SSC_ALG_SM4, 0x83), "9000"); /* LKDF04 */
    hex_to(raw(c, "0084000008"), challenge, sizeof challenge);
    assert_int_equal(ssc_session_key(&stk, challenge, 8, &session), 0);
    assert_int_equal(ssc_mac4(&session, app_block, sizeof app_block, mac), 0);
    ssc_hex_encode(mac, 4, hex, sizeof hex);
    snprintf(text, sizeof text, "841E000104%s", hex);
    RAW(c, text, "9000");
    RAW(c, "B026000104", "9303");
    enter(c, SELECT_SSSE);
    RAW(c, SELECT_DF(4), "9303");
    ASK(c, "00B207280B", "07095830303030303031399000");              /* the rest lives on */
    assert_string_equal(authenticate(c, SSC_ALG_SM4, 0x05), "9000"); /* BK */
    hex_to(raw(c, "0084000008"), challenge, sizeof challenge);
    assert_int_equal(ssc_session_key(&stk, challenge, 8, &session), 0);
    assert_int_equal(ssc_mac4(&session, card_block, sizeof card_block, mac), 0);
    ssc_hex_encode(mac, 4, hex, sizeof hex);
    snprintf(text, sizeof text, "8416000004%s", hex);
    RAW(c, text, "9000");
    power(c);
    RAW(c, SELECT_SSSE, "6A81");
    ssc_sim_card_free(&c);
}

/* Cards that refuse the fast path, so that middleware has something to fall back from. */
static void profile_without_fast_path(void **state)
{
    char *json = edited(ssc_sim_image("ssc-2.0"), "\"wire\"",
                        "\"profile\": {\"sfi\": false, \"whole_file\": false}, \"wire\"");
    struct ssc_sim_card *c = card_of_json(json);
    (void)state;
    enter(c, SELECT_SSSE);
    RAW(c, "00B2012C00", "6A81");
    ASK(c, "00A4020002EF05", "9000");
    RAW(c, "00B2010500", "6A86");
    ASK(c, "00B2010012", "0110639900D15600000500BF7C7A48FB49669000");
    free(json);
    ssc_sim_card_free(&c);
}

static void bad_images_are_explained(void **state)
{
    static const struct {
        const char *json, *why;
    } BAD[] = {
        {"", "line"},
        {"[]", "object"},
        {"{\"format\":2}", "format"},
        {"{\"format\":1}", "kind"},
        {"{\"format\":1,\"kind\":\"ssc\",\"colour\":1}", "colour"},
        {"{\"format\":1,\"kind\":\"ssc\",\"generation\":\"4.0\"}", "generation"},
        {"{\"format\":1,\"kind\":\"ssc\",\"algorithm\":\"ssf33\"}", "SSF33"},
        {"{\"format\":1,\"kind\":\"ssc\",\"atr\":\"3B\"}", "atr"},
        {"{\"format\":1,\"kind\":\"ssc\",\"atr\":\"3B00\"}", "historical"},
        {"{\"format\":1,\"kind\":\"ssc\",\"city\":\"63990\"}", "city"},
        {"{\"format\":1,\"kind\":\"ssc\",\"pin\":{\"value\":\"12\"}}", "pin"},
        {"{\"format\":1,\"kind\":\"ssc\",\"files\":{\"DF09EF05\":{}}}", "DF09EF05"},
        {"{\"format\":1,\"kind\":\"ssc\",\"files\":{\"SSSEEF05\":{\"99\":\"00\"}}}", "99"},
        {"{\"format\":1,\"kind\":\"ssc\",\"files\":{\"SSSEEF05\":{\"02\":\"0000\"}}}", "fit"},
        {"{\"format\":1,\"kind\":\"ssc\",\"keys\":{\"root\":\"00\"}}", "16 bytes"},
        {"{\"format\":1,\"kind\":\"ssc\",\"keys\":{\"UKXYZ\":\"00\"}}", "UKXYZ"},
        {"{\"format\":1,\"kind\":\"ssc\",\"purse\":{\"balance\":-1}}", "balance"},
        {"{\"format\":1,\"kind\":\"ssc\",\"state\":{\"DF04\":\"broken\"}}", "DF04"},
        {"{\"format\":1,\"kind\":\"ssc\",\"faults\":[{\"kind\":\"sulk\"}]}", "faults"},
        {"{\"format\":1,\"kind\":\"ssc\",\"wire\":{\"baud\":0}}", "speed"},
        {"{\"format\":1,\"kind\":\"psam\",\"algorithms\":[]}", "algorithms"},
        {"{\"format\":1,\"kind\":\"psam\",\"keys\":{\"root\":\"0123456789ABCDEFFEDCBA9876543210\",\"levels\":"
         "[4]}}",
         "levels"},
        {"{\"format\":1,\"kind\":\"psam\",\"mac2\":{\"tries\":3,\"left\":4}}", "left"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct ssc_sim_card *c = NULL;
        char why[200] = "";
        const int rc = ssc_sim_card_parse(BAD[i].json, &c, why);
        if (rc != SSC_E_IMAGE_INVALID || !strstr(why, BAD[i].why)) {
            fail_msg("%s: %d \"%s\"", BAD[i].json, rc, why);
        }
        assert_null(c);
        assert_int_equal(ssc_sim_card_parse(BAD[i].json, &c, NULL), SSC_E_IMAGE_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_image_loads_and_dumps),
        cmocka_unit_test(sample_card),
        cmocka_unit_test(generations_differ),
        cmocka_unit_test(record_modes),
        cmocka_unit_test(photo_is_read_in_pieces),
        cmocka_unit_test(select_rules),
        cmocka_unit_test(access_conditions),
        cmocka_unit_test(every_element_is_there),
        cmocka_unit_test(updates),
        cmocka_unit_test(repeated_tags),
        cmocka_unit_test(blocking),
        cmocka_unit_test(profile_without_fast_path),
        cmocka_unit_test(bad_images_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
