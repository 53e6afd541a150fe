/* SPDX-License-Identifier: Apache-2.0 */
/* The identity out of recorded cards, none of which has ever been asked for a whole file by SFI: it must come
 * out through the fallback, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "drivers/replay.h"
#include "middleware/identity.h"

struct bench {
    struct ssc_driver *driver;
    struct ssc_channel *channel;
    struct ssc_profile profile;
    struct ssc_card *card;
};

static struct bench open_trace(const char *name)
{
    struct bench b = {.driver = NULL};
    struct ssc_reader_state reader;
    size_t count = 1;
    char path[512];

    snprintf(path, sizeof path, "%s/%s", SSC_TEST_TRACES, name);
    assert_int_equal(ssc_replay_driver_new(path, &b.driver, NULL), 0);
    assert_int_equal(ssc_driver_list(b.driver, &reader, &count, ssc_deadline(1000)), 0);
    assert_int_equal(count, 1);
    assert_int_equal(ssc_channel_open(b.driver, reader.name, true, &b.channel, ssc_deadline(1000)), 0);
    return b;
}

static void use_card(struct bench *b)
{
    ssc_profile_default(&b->profile);
    assert_int_equal(ssc_card_new(b->channel, &b->profile, &b->card), 0);
}

static void close_trace(struct bench *b)
{
    ssc_card_free(&b->card);
    ssc_channel_close(&b->channel, true);
    ssc_driver_free(&b->driver);
}

static struct ssc_identity read_plain(struct bench *b, unsigned parts)
{
    const struct ssc_identity_options options = {.parts = parts};
    struct ssc_identity identity;

    assert_int_equal(ssc_identity_read(b->card, NULL, &options, &identity, ssc_deadline(1000)), 0);
    assert_int_equal(identity.genuine, SSC_GENUINE_NOT_CHECKED);
    return identity;
}

static void whole_files(void **state)
{
    struct bench b = open_trace("ssc-2.0-whole-files.trace");
    struct ssc_identity id;

    (void)state;
    use_card(&b);
    id = read_plain(&b, SSC_ID_FULL);
    assert_string_equal(id.line, "511300|111111198101011110|A21472424|511300D156000005A21472423DB8F248|张三|"
                                 "0081544C9686605113A2147242|2.0|20140601|20240601|000000000000||");
    assert_false(id.citizen_id_wrong);
    assert_true(id.card_number_wrong); /* a finding, no refusal */
    assert_false(id.dates_in_ascii);
    assert_string_equal(id.sex, "2");
    assert_string_equal(id.ethnic_group, "");
    assert_string_equal(id.birth_place, "");
    assert_string_equal(id.birth_date, "");
    assert_string_equal(id.card_class, "3");
    assert_string_equal(id.issuer, "9156000002511300511300DB");
    assert_int_equal(ssc_card_get_info(b.card)->generation, SSC_GEN_2);
    assert_int_equal(ssc_card_get_info(b.card)->algorithm, SSC_ALG_3DES);
    assert_false(ssc_card_get_info(b.card)->algorithm_from_card);
    close_trace(&b);
}

static void dates_in_ascii(void **state)
{
    struct bench b = open_trace("ssc-2.0-test-card.trace");
    struct ssc_identity id;

    (void)state;
    use_card(&b);
    id = read_plain(&b, SSC_ID_FULL);
    assert_string_equal(id.line, "430299|111111198101011110|X00000019|430299D156000005000000133A05F2E3|张三|"
                                 "0081544C968660430200000013|2.0|2012|2022|000000000000||");
    assert_true(id.dates_in_ascii);
    assert_true(id.raw.findings & SSC_FOUND_ASCII_DATE);
    assert_string_equal(id.birth_date, "1981");
    assert_false(id.card_number_wrong);
    close_trace(&b);
}

/* The back office's answers are in the recording: the first one equals the card's. */
static void remote(const char *trace, const uint8_t external[8], const char *line, const char *keyword)
{
    struct bench b = open_trace(trace);
    const struct ssc_identity_options options = {.parts = SSC_ID_BASIC};
    struct ssc_identity_remote step;
    struct ssc_identity id;
    char hex[17], told[200];

    use_card(&b);
    assert_int_equal(ssc_identity_remote_begin(b.card, &step, ssc_deadline(1000)), 0);
    assert_true(step.has_external);
    assert_int_equal(ssc_hex_encode(step.external_original, 8, hex, sizeof hex), 0);
    snprintf(told, sizeof told, "%s|%s|%s|%s|%s", step.city, step.reset_info, step.algorithm, step.card_id,
             hex);
    assert_string_equal(told, keyword);
    assert_int_equal(ssc_identity_remote_complete(b.card, &step, step.internal_answer, external, &options,
                                                  &id, ssc_deadline(1000)),
                     0);
    assert_int_equal(id.genuine, SSC_GENUINE_YES);
    assert_string_equal(id.line, line);
    close_trace(&b);
}

static void contact_hsm(void **state)
{
    (void)state;
    remote("ssc-3.0-contact-hsm.trace", (const uint8_t[]){0x77, 0x4A, 0x08, 0xED, 0xF4, 0x47, 0xA1, 0xDE},
           "519900|111111198101011110|HA1046924|519900D15600000510000B26FFFFFFFF|张三|"
           "00814A444686605199000001AC|3.00|20190601|20290601|000000000000||",
           "519900|00814A444686605199000001AC|03|519900D15600000510000B26FFFFFFFF|E603E2CAADAF02B6");
}

static void contactless(void **state)
{
    (void)state;
    remote("ssc-3.0-contactless.trace", (const uint8_t[]){0xFA, 0x61, 0x74, 0x72, 0xD0, 0xE4, 0x71, 0xDD},
           "510100|111111198101011110|AI666666X|510100D156000005C0666779C8C975CC|张三|"
           "0081544C9686845101C0666779|3.00|20180403|20280403|000000000000||",
           "510100|0081544C9686845101C0666779|03|510100D156000005C0666779C8C975CC|294F0E67DFF409FE");
}

static void forged_by_hsm(void **state)
{
    struct bench b = open_trace("ssc-3.0-contact-hsm.trace");
    const struct ssc_identity_options options = {.parts = SSC_ID_BASIC};
    const uint8_t other[8] = {0};
    struct ssc_identity_remote step;
    struct ssc_identity id;

    (void)state;
    use_card(&b);
    assert_int_equal(ssc_identity_remote_begin(b.card, &step, ssc_deadline(1000)), 0);
    assert_int_equal(
        ssc_identity_remote_complete(b.card, &step, other, other, &options, &id, ssc_deadline(1000)),
        SSC_E_NOT_GENUINE);
    assert_int_equal(id.genuine, SSC_GENUINE_NO);
    assert_string_equal(id.line, "");
    assert_int_equal(id.raw.count, 0);
    close_trace(&b);
}

/* What one card of a type taught, the next one profits from. */
static void habits(void **state)
{
    struct ssc_habits *habits;
    unsigned first, second;

    (void)state;
    assert_int_equal(ssc_habits_new(&habits), 0);
    for (int turn = 0; turn < 2; turn++) {
        struct bench b = open_trace("ssc-2.0-whole-files.trace");
        struct ssc_identity id;
        use_card(&b);
        ssc_card_share_habits(b.card, habits);
        id = read_plain(&b, SSC_ID_BASIC);
        *(turn ? &second : &first) = id.wire_exchanges;
        close_trace(&b);
    }
    /* SELECT (and its GET RESPONSE where the recording has one), two SELECT EF, two READ RECORD. */
    assert_true(second < first);
    assert_int_equal(second, 5);
    ssc_habits_free(&habits);
}

/* Cards whose files are longer than the tables and which cut the answer at Le: inside a record, or before
 * one. */
static void longer_than_the_tables(void **state)
{
    static const char *const short_answers[] = {
        "0110430299D156000005000000133A05F2E3 020133 0304322E3030 040C9156000002430200430100D5 "
        "05083230313230313031 "
        "06083230",
        "0110430299D156000005000000133A05F2E3 020133 0304322E3030 040C9156000002430200430100D5 "
        "05083230313230313031",
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bench b = {.driver = NULL};
        struct ssc_identity id;
        char text[2000];
        snprintf(
            text, sizeof text,
            "reader long\natr 3B6D0000 0081544C968660 4302 00000013\n"
            "> 00A404000F 7378312E73682EC9E7BBE1B1A3D5CF\n"
            "< 6F16 840F7378312E73682EC9E7BBE1B1A3D5CF A503 88011E 9000\n"
            "> 00B2012D40\n< %s 9000\n"
            "> 00A4020002EF05\n< 9000\n"
            "> 00B20105FF\n< 0110430299D156000005000000133A05F2E3 020133 0304322E3030 "
            "040C9156000002430200430100D5 05083230313230313031 06083230323230313031 0709583030303030303139 "
            "9000\n"
            "> 00B201355B\n< 0812313131313131313938313031303131313130 0904D5C5C8FD 0A0131 0B0101 0C03430200 "
            "0D0419810101 6282\n",
            short_answers[i]);
        assert_int_equal(ssc_replay_driver_parse(text, strlen(text), &b.driver, NULL), 0);
        assert_int_equal(ssc_channel_open(b.driver, "long", true, &b.channel, ssc_deadline(1000)), 0);
        use_card(&b);
        id = read_plain(&b, SSC_ID_FULL);
        assert_string_equal(id.line,
                            "430299|111111198101011110|X00000019|430299D156000005000000133A05F2E3|张三|"
                            "0081544C968660430200000013|2.00|20120101|20220101|000000000000||");
        assert_true(id.dates_in_ascii);
        assert_int_equal(id.exchanges, 5); /* the detour for EF05; EF06 comes as ever */
        close_trace(&b);
    }
}

/* A card without whole-file reads and without record identifiers: by number, as some regions' programs read.
 */
static void by_number(void **state)
{
    static const char text[] = "reader numbers\natr 3B6D0000 0081544C968660 4302 00000013\n"
                               "otherwise B2 6A86\n"
                               "> 00A404000F 7378312E73682EC9E7BBE1B1A3D5CF\n"
                               "< 6F16 840F7378312E73682EC9E7BBE1B1A3D5CF A503 88011E 9000\n"
                               "> 00A4020002EF05\n< 9000\n> 00A4020002EF06\n< 9000\n"
                               "> 00B2010412\n< 0110430299D156000005000000133A05F2E3 9000\n"
                               "> 00B2020403\n< 020133 9000\n"
                               "> 00B2030406\n< 0304312E3030 9000\n"
                               "> 00B204040E\n< 040C9156000002430200430100D5 9000\n"
                               "> 00B2050406\n< 050420120101 9000\n"
                               "> 00B2060406\n< 060420220101 9000\n"
                               "> 00B207040B\n< 0709583030303030303139 9000\n"
                               "> 00B2010414\n< 0812313131313131313938313031303131313130 9000\n"
                               "> 00B2020420\n< 0904D5C5C8FD 9000\n"
                               "> 00B2030403\n< 0A0131 9000\n"
                               "> 00B2040403\n< 6A83\n";
    struct bench b = {.driver = NULL};
    struct ssc_identity id;

    (void)state;
    assert_int_equal(ssc_replay_driver_parse(text, sizeof text - 1, &b.driver, NULL), 0);
    assert_int_equal(ssc_channel_open(b.driver, "numbers", true, &b.channel, ssc_deadline(1000)), 0);
    use_card(&b);
    id = read_plain(&b, SSC_ID_FULL);
    assert_string_equal(id.line, "430299|111111198101011110|X00000019|430299D156000005000000133A05F2E3|张三|"
                                 "0081544C968660430200000013|1.00|20120101|20220101|000000000000||");
    assert_string_equal(id.sex, "1");
    assert_true(id.raw.findings & SSC_FOUND_MISSING);
    close_trace(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_files),
        cmocka_unit_test(dates_in_ascii),
        cmocka_unit_test(contact_hsm),
        cmocka_unit_test(contactless),
        cmocka_unit_test(forged_by_hsm),
        cmocka_unit_test(habits),
        cmocka_unit_test(longer_than_the_tables),
        cmocka_unit_test(by_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
