/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing secret survives in a trace, however the secret travels; and what is left is still a card. */
#include "support.h"

#include "drivers/replay.h"
#include "middleware/pin.h"
#include "middleware/trace.h"

static struct ssc_redact_state state_;

static void set(uint8_t *to, size_t *len, const char *hex, size_t cap)
{
    *len = cap;
    assert_int_equal(ssc_hex_decode(hex, to, len), 0);
}

/* One exchange in hexadecimal in and out; NULL answer: none came. */
static void check(const char *tx_in, const char *rx_in, const char *tx_out, const char *rx_out)
{
    uint8_t tx[512], rx[512];
    char hex[1100];
    size_t tx_len, rx_len = 0;

    set(tx, &tx_len, tx_in, sizeof tx);
    if (rx_in) {
        set(rx, &rx_len, rx_in, sizeof rx);
    }
    ssc_redact(&state_, tx, tx_len, rx, rx_len);
    assert_int_equal(ssc_hex_encode(tx, tx_len, hex, sizeof hex), 0);
    assert_string_equal(hex, tx_out);
    assert_int_equal(ssc_hex_encode(rx, rx_len, hex, sizeof hex), 0);
    assert_string_equal(hex, rx_out ? rx_out : "");
}

static int fresh(void **state)
{
    (void)state;
    state_ = (struct ssc_redact_state){.df = 0};
    return 0;
}

#define SELECT_SSSE "00A404000F7378312E73682EC9E7BBE1B1A3D5CF"
#define FCI "6F16840F7378312E73682EC9E7BBE1B1A3D5CFA50388011E9000"

static void pins(void **state)
{
    (void)state;
    check("0020000003123456", "9000", "00200000032A2A2A", "9000");
    check("0020000003123456", NULL, "00200000032A2A2A", NULL);
    check("805E010007123456FF654321", "63C2", "805E0100072A2A2A2A2A2A2A", "63C2");
    check("842400010C7DBCDC7913713D85238428B4", "9000", "842400010C2A2A2A2A2A2A2A2A2A2A2A2A", "9000");
    /* in parts, and wrapped in an extended length */
    check("1020000002123F", "9000", "10200000022A2A", "9000");
    check("00200000000003123456", "9000", "002000000000032A2A2A", "9000");
    /* not even a command: only the header is left */
    check("00200000FF123456", "6700", "002000002A2A2A2A", "6700");
}

static void keys(void **state)
{
    (void)state;
    check("0084000008", "DBF7A936D0D18C9E9000", "0084000008", "2A2A2A2A2A2A2A2A9000");
    check("0088000010"
          "0102030405060708"
          "1112131415161718",
          "C586091AE3AB90429000",
          "0088000010"
          "2A2A2A2A2A2A2A2A2A2A2A2A2A2A2A2A",
          "2A2A2A2A2A2A2A2A9000");
    check("0082000A10"
          "774A08EDF447A1DE"
          "E603E2CAADAF02B6",
          "9000",
          "0082000A10"
          "2A2A2A2A2A2A2A2A2A2A2A2A2A2A2A2A",
          "9000");
    check("BFDE270810"
          "8697159900BF7C7A"
          "1122334455667788",
          "9000",
          "BFDE270810"
          "2A2A2A2A2A2A2A2A2A2A2A2A2A2A2A2A",
          "9000");
    check("80FA000008"
          "0102030405060708",
          "6108",
          "80FA000008"
          "2A2A2A2A2A2A2A2A",
          "6108");
    check("00C0000008", "C586091AE3AB90429000", "00C0000008", "2A2A2A2A2A2A2A2A9000");
    check("84D4010008"
          "0123456789ABCDEF",
          "9000",
          "84D4010008"
          "2A2A2A2A2A2A2A2A",
          "9000");
    /* a command that nobody here knows */
    check("804E000102CAFE", "BEEF9000", "804E0001022A2A", "2A2A9000");
}

static void money(void **state)
{
    (void)state;
    check("B026000104", "000186A09000", "B026000104", "000186A09000");
    check("B028010113"
          "01"
          "00000000"
          "00002710"
          "00001F40"
          "410100813475",
          "000186A0"
          "00000000"
          "00000000"
          "2026"
          "0005"
          "01"
          "03"
          "E3F50E75"
          "9000",
          "B028010113"
          "01"
          "00000000"
          "00002710"
          "00001F40"
          "410100813475",
          "000186A0"
          "00000000"
          "00000000"
          "2026"
          "0005"
          "01"
          "03"
          "2A2A2A2A"
          "9000");
    check("B02C01000F"
          "0000000A"
          "20151118185001"
          "26C3A053",
          "6108",
          "B02C01000F"
          "0000000A"
          "20151118185001"
          "2A2A2A2A",
          "6108");
    check("00C0000008", "86C76A0DC21EBE7A9000", "00C0000008", "2A2A2A2A2A2A2A2A9000");
    check("8072000004C21EBE7A", "9000", "80720000042A2A2A2A", "9000");
    check("8054010F0F"
          "0000000A"
          "20151118185001"
          "26C3A053"
          "08",
          "86C76A0DC21EBE7A9000",
          "8054010F0F"
          "0000000A"
          "20151118185001"
          "2A2A2A2A"
          "08",
          "2A2A2A2A2A2A2A2A9000");
    /* in parts nothing can be told apart */
    check("A02C010004"
          "0000000A",
          "9000",
          "A02C010004"
          "2A2A2A2A",
          "9000");
}

static void identity_files(void **state)
{
    (void)state;
    /* before anything is selected, no answer is a record */
    check("00B201342D",
          "0812"
          "353130313031313939303033303738383858"
          "9000",
          "00B201342D", "2A2A2A2A2A2A2A2A2A2A2A2A2A2A2A2A2A2A2A2A9000");
    check(SELECT_SSSE, FCI, SELECT_SSSE, FCI);
    check("00B2013540",
          "0812"
          "353130313031313939303033303738383858"
          "091E"
          "C0EECBC4000000000000000000000000000000000000"
          "0000000000000000"
          "9000",
          "00B2013540",
          "0812"
          "313131313131313938313031303131313130"
          "091E"
          "D5C5C8FD000000000000000000000000000000000000"
          "0000000000000000"
          "9000");
    check("00A4020002EF05", "9000", "00A4020002EF05", "9000");
    check("00B2010012",
          "0110"
          "510100D156000005C0666779C8C975CC"
          "9000",
          "00B2010012",
          "0110"
          "510100D1560000050000000000000000"
          "9000");
    check("00B2030006",
          "0304"
          "332E3030"
          "9000",
          "00B2030006",
          "0304"
          "332E3030"
          "9000");
    check("00B207000B",
          "0709"
          "414936363636363658"
          "9000",
          "00B207000B",
          "0709"
          "583030303030303139"
          "9000");
    /* bytes that are no record of this file: a name could be anywhere in them */
    check("00B2010540",
          "C0EECBC4"
          "9000",
          "00B2010540", "2A2A2A2A9000");
}

/* The answer comes in parts, and a part ends inside a value. */
static void continued(void **state)
{
    (void)state;
    check(SELECT_SSSE, "611C", SELECT_SSSE, "611C");
    check("00B2013500",
          "0812"
          "35313031"
          "6110",
          "00B2013500",
          "0812"
          "31313131"
          "6110");
    check("00C0000010",
          "3031313939303033303738383858"
          "091E"
          "9000",
          "00C0000010",
          "3131313938313031303131313130"
          "091E"
          "9000");
}

static void other_files(void **state)
{
    (void)state;
    check(SELECT_SSSE, FCI, SELECT_SSSE, FCI);
    check("00A4000002DF04", "9000", "00A4000002DF04", "9000");
    /* records of a known file keep their structure */
    check("00B2842C05",
          "8403"
          "639900"
          "9000",
          "00B2842C05",
          "8403"
          "2A2A2A"
          "9000");
    /* a log record has none */
    check("00B201441C",
          "0005"
          "32"
          "410100813475"
          "9000",
          "00B201441C", "2A2A2A2A2A2A2A2A2A9000");
    check("00B0880010",
          "FFD8FFE0"
          "9000",
          "00B0880010", "2A2A2A2A9000");
    check("00DC842C058403639900", "9000", "00DC842C0584032A2A2A", "9000");
    check("00D6000004CAFEBABE", "9000", "00D60000042A2A2A2A", "9000");
    /* secure messaging wraps anything */
    check("04DC842C0A8403639900CAFEBABE01", "9000", "04DC842C0A2A2A2A2A2A2A2A2A2A2A", "9000");
    /* a purse's FCI holds its number */
    check("00A4040009A00000000386980701", "6F02CAFE9000", "00A4040009A00000000386980701", "2A2A2A2A9000");
}

/* The bytes of a record of EF05 of the SSSE: shown while that is known to be selected, and never else. */
static void issuer_record(bool shown)
{
    check("00B2032C06", "0304332E30309000", "00B2032C06", shown ? "0304332E30309000" : "2A2A2A2A2A2A9000");
}

/* What a SELECT has left selected is believed only where it is understood. */
static void selections(void **state)
{
    static const struct {
        const char *tx, *sw;
        bool known;
    } rows[] = {
        {"00A4020002EF05", "9000", true},
        {"00A4000002EF05", "6105", true},
        {"00A4020002EF05", "6A82", true},  /* refused: the DF is still there */
        {"00A4080002EF05", "9000", false}, /* by path from the MF */
        {"00A4080004DF01EF05", "9000", false},
        {"00A4090004DF01EF05", "9000", false},
        {"00A4000002DF02", "9000", false},
        {"00A4000002DF02", "6283", false}, /* invalidated, selected all the same */
        {"00A4000002DF02", "6284", false},
        {"00A4000002DF02", "6300", false},
        {"00A4000002DF02", "6105", false},
        {"00A4000002DF02", "6A82", false},
        {"00A40000023F00", "9000", false},
        {"00A4000000", "9000", false},
        {"00A4030000", "9000", false}, /* the parent */
        {"00A4030000", "6110", false},
        {"00A4040009A00000000386980701", "6283", false},
        {"00A4040009A00000000386980701", "6A82", false},
        {"01A4040009A00000000386980701", "9000", false}, /* on another channel, if the card has any */
        {"40A4000002DF02", "9000", false},
        {"10A4000002DF02", "9000", false},
        {"04A4000002DF02", "9000", false},
        {"80A4000002DF02", "9000", false},
        {"00A404020F7378312E73682EC9E7BBE1B1A3D5CF", "9000", false}, /* the next of that name */
        {"00A40000FFDF02", "9000", false},                           /* no command at all */
        {"01A404000F7378312E73682EC9E7BBE1B1A3D5CF", "9000", false},
    };

    (void)state;
    issuer_record(false);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t tx[64], rx[2];
        size_t tx_len, rx_len;
        check(SELECT_SSSE, FCI, SELECT_SSSE, FCI);
        issuer_record(true);
        set(tx, &tx_len, rows[i].tx, sizeof tx);
        set(rx, &rx_len, rows[i].sw, sizeof rx);
        ssc_redact(&state_, tx, tx_len, rx, rx_len);
        issuer_record(rows[i].known);
    }
    /* fetched later, and with a warning */
    check(SELECT_SSSE, "6118", SELECT_SSSE, "6118");
    check("00C0000018", FCI, "00C0000018", FCI);
    issuer_record(true);
    check("00A4040009A00000000386980701", "6104", "00A4040009A00000000386980701", "6104");
    check("00C0000004", "6F02CAFE9000", "00C0000004", "2A2A2A2A9000");
    issuer_record(false);
    check("00A4040009A00000000386980701", "6F02CAFE6283", "00A4040009A00000000386980701", "2A2A2A2A6283");
    check(SELECT_SSSE, "6F02CAFE6200", SELECT_SSSE, "2A2A2A2A6200");
    /* a record by its short identifier, or bytes of a file, move the current file */
    check(SELECT_SSSE, FCI, SELECT_SSSE, FCI);
    check("00A4020002EF05", "9000", "00A4020002EF05", "9000");
    check("00B2030006", "0304332E30309000", "00B2030006", "0304332E30309000");
    check("00B2083400", "6A83", "00B2083400", "6A83");
    check("00B2030006", "0304332E30309000", "00B2030006", "2A2A2A2A2A2A9000");
}

/* ---- a whole session ---- */

static char lines[64 * 1024];

static void keep_line(void *ctx, const char *text)
{
    (void)ctx;
    const size_t len = strlen(lines), room = sizeof lines - len;
    assert_true((size_t)snprintf(lines + len, room, "%s\n", text) < room);
}

/* Somebody else than the fictitious holder. */
#define SOMEBODY                                                                                             \
    "{\"holder\":{\"citizen_id\":\"110105194912310025\",\"name\":\"测试一\"},"                            \
    "\"card\":{\"card_number\":\"A00000003\"},\"pin\":{\"value\":\"246801\"}}"

static void whole_session(void **state)
{
    const struct ssc_identity_options options = {.parts = SSC_ID_FULL, .verify = true};
    const char *const secrets[] = {"110105194912310025",
                                   "313130313035313934393132333130303235",
                                   "B2E2CAD4D2BB",
                                   "测试一",
                                   "A00000003",
                                   "413030303030303033",
                                   "246801",
                                   "135790"};
    static struct ssc_identity id;
    char folder[64], path[96];
    struct ssc_trace *trace;
    struct bench b;
    int tries;

    (void)state;
    folder_make(folder);
    snprintf(path, sizeof path, "%s/card.json", folder);
    image_write(path, "ssc-3.0", SOMEBODY);
    b = bench(path, "psam");
    assert_int_equal(ssc_trace_new(CARD_READER, false, keep_line, NULL, &trace), 0);
    ssc_channel_tap(b.channel, ssc_trace_tap, trace);
    assert_int_equal(ssc_identity_read(b.card, b.auth, &options, &id, soon()), 0);
    assert_string_equal(id.name, "测试一");
    assert_int_equal(ssc_pin_verify(b.card, SSC_PIN_OF_CARD, "246801", &tries, soon()), 0);
    assert_int_equal(ssc_pin_change(b.card, SSC_PIN_OF_CARD, "246801", "135790", &tries, soon()), 0);
    ssc_channel_tap(b.channel, NULL, NULL);
    assert_true(strlen(lines) > 500);
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        assert_null(strstr(lines, secrets[i]));
    }
    ssc_trace_free(&trace);
    bench_close(&b);
    folder_remove(folder);
}

/* "time reader > HEX < HEX ms" as two lines of a recording. */
static void record_line(void *ctx, const char *text)
{
    const char *tx = strstr(text, " > ");
    const char *rx = tx ? strstr(tx, " < ") : NULL;
    assert_non_null(rx);
    fprintf(ctx, "\n> %.*s\n< %.*s", (int)(rx - tx - 3), tx + 3, (int)strcspn(rx + 3, " "), rx + 3);
}

/* The recording of a redacted session is a card that can be read: the fictitious holder's. */
static void replays(void **state)
{
    const struct ssc_identity_options options = {.parts = SSC_ID_FULL};
    static struct ssc_identity id;
    char folder[64], path[96], trace[96];
    struct ssc_trace *tap;
    struct ssc_driver *driver;
    struct ssc_channel *channel;
    struct ssc_card *card;
    struct ssc_profile profile;
    struct bench b;
    FILE *f;

    (void)state;
    folder_make(folder);
    snprintf(path, sizeof path, "%s/card.json", folder);
    snprintf(trace, sizeof trace, "%s/card.trace", folder);
    image_write(path, "ssc-2.0", SOMEBODY);
    b = bench(path, NULL);
    f = fopen(trace, "w");
    assert_non_null(f);
    fprintf(f, "reader %s\natr ", CARD_READER);
    for (size_t i = 0; i < b.channel->atr.raw_len; i++) {
        fprintf(f, "%02X", b.channel->atr.raw[i]);
    }
    assert_int_equal(ssc_trace_new(CARD_READER, false, record_line, f, &tap), 0);
    ssc_channel_tap(b.channel, ssc_trace_tap, tap);
    assert_int_equal(ssc_identity_read(b.card, NULL, &options, &id, soon()), 0);
    assert_string_equal(id.name, "测试一");
    ssc_channel_tap(b.channel, NULL, NULL);
    ssc_trace_free(&tap);
    assert_int_equal(fclose(f), 0);
    bench_close(&b);

    assert_int_equal(ssc_replay_driver_new(trace, &driver, NULL), 0);
    assert_int_equal(ssc_channel_open(driver, CARD_READER, true, &channel, soon()), 0);
    ssc_profile_default(&profile);
    assert_int_equal(ssc_card_new(channel, &profile, &card), 0);
    assert_int_equal(ssc_identity_read(card, NULL, &options, &id, soon()), 0);
    assert_string_equal(id.line, "639900|111111198101011110|X00000019|639900D1560000050000000000000000|张三|"
                                 "00814E43238697159900BF7C7A|2.00|20101001|20201001|000000000000||");
    assert_string_equal(id.birth_date, "19810101");
    ssc_card_free(&card);
    ssc_channel_close(&channel, true);
    ssc_driver_free(&driver);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(pins, fresh),       cmocka_unit_test_setup(keys, fresh),
        cmocka_unit_test_setup(money, fresh),      cmocka_unit_test_setup(identity_files, fresh),
        cmocka_unit_test_setup(continued, fresh),  cmocka_unit_test_setup(other_files, fresh),
        cmocka_unit_test_setup(selections, fresh), cmocka_unit_test_setup(whole_session, fresh),
        cmocka_unit_test_setup(replays, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
