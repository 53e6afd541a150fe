/* SPDX-License-Identifier: Apache-2.0 */
/* Every file and element of the tables, read and written on simulated cards of every generation. */
#include "support.h"

#include "apdu/sw.h"
#include "middleware/pin.h"
#include "middleware/values.h"

static struct ssc_values values;
static char folder[64], keys[96];

static int set_up(void **state)
{
    (void)state;
    folder_make(folder);
    snprintf(keys, sizeof keys, "%s/keys.json", folder);
    file_write(keys, KEY_FILE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_remove(folder);
    return 0;
}

static struct bench bench_with_keys(const char *image)
{
    struct bench b = bench(image, NULL);

    assert_int_equal(ssc_auth_key_file_new(keys, true, &b.auth, NULL), 0);
    return b;
}

static int verify(struct bench *b)
{
    int tries;

    return ssc_pin_verify(b->card, SSC_PIN_OF_CARD, "123456", &tries, soon());
}

/* Something of the element's type, exactly as long as it may be, and its rendering. */
static void sample(const struct ssc_element *e, char *text, size_t cap)
{
    static const struct {
        uint8_t tag;
        const char *text;
    } groups[] = {
        {0x79, "110,639900,20100101,20151231,00012345,060,20160101"},
        {0x99, "110,20100101,639900"},
        {0x4A, "10,1,ABC,20100101,DEF"},
        {0x43, "1234567,1,ABC,20100101,XYZ"},
        {0x44, "123,ABC,20100101,XYZ"},
        {0x40, "101,010203,ABC"},
        {0x41, "101,010203,ABC"},
    };
    const bool letters = e->type == SSC_AN, digits = e->type == SSC_CN;
    const size_t len = letters ? e->len : digits ? 2u * e->len : 0;
    assert_true(len < cap);
    memset(text, letters ? 'A' : '1', len);
    text[len] = '\0';
    for (size_t i = 0; !letters && !digits && i < sizeof groups / sizeof groups[0]; i++) {
        if (groups[i].tag == e->tag) {
            snprintf(text, cap, "%s", groups[i].text);
        }
    }
}

static bool writable(const struct ssc_file *file)
{
    return file->update == SSC_FREE || ssc_key_info((enum ssc_key_id)file->update_key)->ref >= 0;
}

/* Which element of those with its tag, from 1. */
static unsigned occurrence(const struct ssc_file *file, size_t i)
{
    unsigned n = 1;

    for (size_t k = 0; k < i; k++) {
        n += file->elements[k].tag == file->elements[i].tag;
    }
    return n;
}

static void write_elements(struct bench *b, const struct ssc_file *file)
{
    char text[600];

    for (size_t i = 0; i < file->element_count; i++) {
        const struct ssc_element *e = &file->elements[i];
        int rc;
        sample(e, text, sizeof text);
        if (text[0] == '\0') {
            continue;
        }
        rc = ssc_file_write(b->card, file, e->tag, occurrence(file, i), text, false, 0, b->auth, soon());
        if (rc != 0) {
            fail_msg("%s EF%02X tag %02X: %d", ssc_app_info(file->app)->name, file->sfi, e->tag, rc);
        }
    }
}

static void check_elements(struct bench *b, const struct ssc_file *file)
{
    char text[600];
    int rc = ssc_file_read(b->card, file, NULL, 0, 0, SSC_AUTH_AUTO, b->auth, &values, soon());

    if (rc != 0) {
        fail_msg("%s EF%02X: %d", ssc_app_info(file->app)->name, file->sfi, rc);
    }
    assert_int_equal(values.count, file->element_count);
    assert_int_equal(values.findings & ~(unsigned)(SSC_FOUND_EMPTY | SSC_FOUND_SHORTER), 0);
    for (size_t i = 0; i < values.count; i++) {
        const struct ssc_value *v = &values.items[i];
        sample(&file->elements[i], text, sizeof text);
        assert_int_equal(v->tag, file->elements[i].tag);
        if (text[0] != '\0') {
            assert_true(v->text_valid);
            assert_string_equal(v->text, text);
        }
    }
}

static void plain_file(struct bench *b, const struct ssc_file *file)
{
    const char *bytes = "CAFEBABE";
    int rc;

    if (file->kind == SSC_FILE_TRANSPARENT && writable(file)) {
        assert_int_equal(ssc_file_write(b->card, file, 0, 0, bytes, true, 3, b->auth, soon()), 0);
    }
    rc = ssc_file_read(b->card, file, NULL, 0, 0, SSC_AUTH_AUTO, b->auth, &values, soon());
    if (rc != 0) {
        fail_msg("%s EF%02X: %d", ssc_app_info(file->app)->name, file->sfi, rc);
    }
    if (file->kind == SSC_FILE_TRANSPARENT) {
        assert_int_equal(values.count, 1);
        assert_int_equal(values.items[0].len, file->size);
        if (writable(file)) {
            assert_memory_equal(values.bytes + 3, "\xCA\xFE\xBA\xBE", 4);
        }
    }
}

/* The whole table: what is written is read back, through whole files or element by element. */
static void whole_table(const char *image, enum ssc_generation generation)
{
    struct bench b = bench_with_keys(image);
    size_t count, seen = 0;
    const struct ssc_file *files = ssc_files(generation, &count);

    assert_int_equal(verify(&b), 0);
    for (size_t i = 0; i < count; i++) {
        const struct ssc_file *file = &files[i];
        if (ssc_card_select(b.card, file->app, soon()) == SSC_SW_FILE_NOT_FOUND) {
            continue; /* optional application */
        }
        seen++;
        if (file->element_count > 0) {
            /* The issuer's file says what the card is: writing it would change the card under the test. */
            if (writable(file) && !(file->app == SSC_APP_SSSE && file->sfi == 5)) {
                write_elements(&b, file);
                check_elements(&b, file);
            }
        } else {
            plain_file(&b, file);
        }
    }
    assert_true(seen >= 18);
    bench_close(&b);
}

static void tables(void **state)
{
    (void)state;
    whole_table("ssc-1.0", SSC_GEN_1);
    whole_table("ssc-2.0", SSC_GEN_2);
    whole_table("ssc-3.0", SSC_GEN_3);
    whole_table("ssc-3.0-3des", SSC_GEN_3);
}

static const struct ssc_file *file_of(const char *name)
{
    const struct ssc_file *file = ssc_file_by_name(SSC_GEN_3, name);

    assert_non_null(file);
    return file;
}

static int read_file(struct bench *b, const char *name, enum ssc_auth_choice choice)
{
    return ssc_file_read(b->card, file_of(name), NULL, 0, 0, choice, b->auth, &values, soon());
}

static void access_conditions(void **state)
{
    struct bench b = bench("ssc-3.0", NULL);

    (void)state;
    /* nobody proven */
    assert_int_equal(read_file(&b, "SSSEEF05", SSC_AUTH_AUTO), 0);
    assert_int_equal(read_file(&b, "SSSEEF06", SSC_AUTH_AUTO), SSC_E_NEED_REMOTE);
    assert_int_equal(read_file(&b, "DF01EF07", SSC_AUTH_AUTO), SSC_E_PIN_REQUIRED);
    assert_int_equal(read_file(&b, "DF01EF07", SSC_AUTH_KEY), SSC_E_NEED_REMOTE);
    assert_int_equal(read_file(&b, "DF01EF16", SSC_AUTH_AUTO), 0);
    assert_int_equal(read_file(&b, "DF04EF06", SSC_AUTH_AUTO), SSC_E_NEED_REMOTE);
    assert_int_equal(read_file(&b, "DF04EF08", SSC_AUTH_AUTO), SSC_E_PIN_REQUIRED);
    assert_int_equal(values.count, 0);
    /* the holder's PIN */
    assert_int_equal(verify(&b), 0);
    assert_int_equal(read_file(&b, "DF01EF07", SSC_AUTH_AUTO), 0);
    assert_string_equal(values.items[0].text, "1");
    assert_int_equal(read_file(&b, "DF01EF07", SSC_AUTH_PIN), 0);
    assert_int_equal(read_file(&b, "DF04EF08", SSC_AUTH_AUTO), 0);
    assert_int_equal(read_file(&b, "DF04EF06", SSC_AUTH_AUTO), SSC_E_NEED_REMOTE);
    assert_int_equal(ssc_file_write(b.card, file_of("DF01EF07"), 0x29, 1, "2", false, 0, NULL, soon()),
                     SSC_E_NEED_REMOTE);
    assert_int_equal(ssc_file_write(b.card, file_of("DF04EF08"), 0, 0, "00", true, 0, NULL, soon()),
                     SSC_E_ACCESS_DENIED);
    /* keys */
    assert_int_equal(ssc_auth_key_file_new(keys, true, &b.auth, NULL), 0);
    assert_int_equal(read_file(&b, "DF04EF06", SSC_AUTH_AUTO), 0);
    assert_int_equal(read_file(&b, "SSSEEF06", SSC_AUTH_AUTO), 0);
    assert_int_equal(ssc_card_forget(b.card, soon()), 0);
    assert_int_equal(read_file(&b, "DF01EF07", SSC_AUTH_KEY), 0);
    assert_int_equal(read_file(&b, "DF04EF06", SSC_AUTH_AUTO), SSC_E_PIN_REQUIRED);
    /* no source gives the reference of this key on the card */
    assert_int_equal(ssc_file_write(b.card, file_of("DF01EF16"), 0, 0, "00", true, 0, b.auth, soon()),
                     SSC_E_NEED_REMOTE);
    bench_close(&b);
}

/* What the session takes for open and the card does not is opened anew the next time, not refused for ever.
 */
static void belief_corrected(void **state)
{
    const struct ssc_file *file = ssc_file_by_name(SSC_GEN_2, "DF03EF05");
    struct bench b = bench("ssc-2.0", "psam");

    (void)state;
    assert_int_equal(ssc_card_detect(b.card, soon()), 0);
    assert_int_equal(ssc_card_select(b.card, SSC_APP_DF03, soon()), 0);
    ssc_card_set_key_verified(b.card, SSC_KEY_RK2DF03);
    assert_int_equal(ssc_file_read(b.card, file, NULL, 0, 0, SSC_AUTH_KEY, b.auth, &values, soon()),
                     SSC_E_ACCESS_DENIED);
    assert_int_equal(ssc_file_read(b.card, file, NULL, 0, 0, SSC_AUTH_KEY, b.auth, &values, soon()), 0);
    ssc_card_set_pin_verified(b.card, SSC_PIN_OF_CARD, true);
    assert_int_equal(ssc_card_forget(b.card, soon()), 0);
    assert_int_equal(ssc_card_select(b.card, SSC_APP_DF03, soon()), 0);
    ssc_card_set_pin_verified(b.card, SSC_PIN_OF_CARD, true);
    assert_int_equal(ssc_file_read(b.card, file, NULL, 0, 0, SSC_AUTH_PIN, NULL, &values, soon()),
                     SSC_E_ACCESS_DENIED);
    assert_int_equal(ssc_file_read(b.card, file, NULL, 0, 0, SSC_AUTH_PIN, NULL, &values, soon()),
                     SSC_E_PIN_REQUIRED);
    bench_close(&b);
}

static void psam_opens_files(void **state)
{
    struct bench b = bench("ssc-3.0", "psam");

    (void)state;
    assert_int_equal(read_file(&b, "DF01EF07", SSC_AUTH_KEY), 0);
    assert_int_equal(read_file(&b, "DF04EF05", SSC_AUTH_KEY), 0);
    assert_int_equal(ssc_file_write(b.card, file_of("DF01EF07"), 0x29, 1, "5", false, 0, b.auth, soon()), 0);
    assert_int_equal(read_file(&b, "DF01EF07", SSC_AUTH_KEY), 0);
    assert_string_equal(values.items[0].text, "5");
    bench_close(&b);
}

static void chosen_tags(void **state)
{
    const uint8_t twice[] = {0x40, 0x40}, mixed[] = {0x09, 0x0D}, none[] = {0x77};
    struct bench b = bench_with_keys("ssc-2.0");
    const struct ssc_file *degrees = file_of("DF01EF15");

    (void)state;
    for (unsigned n = 1; n <= 3; n++) {
        char text[40];
        snprintf(text, sizeof text, "10%u,010203,ABC", n);
        assert_int_equal(ssc_file_write(b.card, degrees, 0x40, n, text, false, 0, b.auth, soon()), 0);
    }
    for (int whole = 1; whole >= 0; whole--) { /* whole file, then record by record */
        b.profile->whole_file_reads = whole;
        ssc_card_free(&b.card);
        assert_int_equal(ssc_card_new(b.channel, b.profile, &b.card), 0);
        assert_int_equal(ssc_file_read(b.card, degrees, twice, 2, 0, SSC_AUTH_KEY, b.auth, &values, soon()),
                         0);
        assert_int_equal(values.count, 2);
        assert_string_equal(values.items[0].text, "101,010203,ABC");
        assert_string_equal(values.items[1].text, "102,010203,ABC");
        assert_int_equal(ssc_file_read(b.card, ssc_file_by_name(SSC_GEN_2, "SSSEEF06"), mixed, 2, 0,
                                       SSC_AUTH_AUTO, NULL, &values, soon()),
                         0);
        assert_int_equal(values.count, 2);
        assert_string_equal(values.items[0].text, "张三");
        assert_string_equal(values.items[1].text, "19810101");
        assert_int_equal(ssc_file_read(b.card, ssc_file_by_name(SSC_GEN_2, "SSSEEF06"), none, 1, 0,
                                       SSC_AUTH_AUTO, NULL, &values, soon()),
                         0);
        assert_int_equal(values.count, 0);
    }
    bench_close(&b);
}

static void cyclic(void **state)
{
    struct bench b = bench_with_keys("ssc-2.0");
    const struct ssc_file *jobs = file_of("DF02EF07");
    char text[120];

    (void)state;
    for (unsigned n = 1; n <= 6; n++) {
        snprintf(text, sizeof text, "000000%u^20200101^20201231^测试单位%u", n, n);
        assert_int_equal(ssc_file_write(b.card, jobs, 0, 0, text, false, 0, b.auth, soon()), 0);
    }
    assert_int_equal(read_file(&b, "DF02EF07", SSC_AUTH_KEY), 0);
    assert_in_range(values.count, 4, 6);
    assert_string_equal(values.items[0].text, "0000006^20200101^20201231^测试单位6^");
    assert_int_equal(values.items[0].record, 1);
    assert_int_equal(ssc_file_read(b.card, jobs, NULL, 0, 2, SSC_AUTH_KEY, b.auth, &values, soon()), 0);
    assert_int_equal(values.count, 1);
    assert_string_equal(values.items[0].text, "0000005^20200101^20201231^测试单位5^");
    assert_int_equal(ssc_file_read(b.card, jobs, NULL, 0, 60, SSC_AUTH_KEY, b.auth, &values, soon()),
                     SSC_SW_RECORD_NOT_FOUND);
    bench_close(&b);
}

static int write_text(struct bench *b, const char *name, uint8_t tag, const char *text, bool hex)
{
    return ssc_file_write(b->card, file_of(name), tag, 1, text, hex, 0, b->auth, soon());
}

static void bad_values(void **state)
{
    struct bench b = bench_with_keys("ssc-3.0");

    (void)state;
    assert_int_equal(write_text(&b, "DF01EF07", 0x29, "12", false), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(write_text(&b, "DF01EF07", 0x29, "3132", true), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(write_text(&b, "DF01EF07", 0x29, "3", true), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(write_text(&b, "DF01EF07", 0x2A, "1", false), SSC_E_FILE_UNKNOWN);
    assert_int_equal(write_text(&b, "DF01EF05", 0x0E, "63990A", false), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(write_text(&b, "DF01EF05", 0x0E, "63990011", false), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(write_text(&b, "DF01EF15", 0x40, "101,010203,ABC,D", false), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(write_text(&b, "DF02EF07", 0, "1^2^3^4^5", false), SSC_E_INVALID_ARGUMENT);
    assert_int_equal(write_text(&b, "DF02EF07", 0, "CAFE", true), SSC_E_INVALID_ARGUMENT);
    /* nothing was written */
    assert_int_equal(read_file(&b, "DF01EF07", SSC_AUTH_KEY), 0);
    assert_string_equal(values.items[0].text, "1");
    bench_close(&b);
}

/* ---- findings: odd records, straight into the interpreter ---- */

static void interpret(enum ssc_generation generation, const char *file, const char *hex)
{
    uint8_t data[512];
    size_t len = sizeof data;

    assert_int_equal(ssc_hex_decode(hex, data, &len), 0);
    values = (struct ssc_values){.count = 0};
    assert_int_equal(
        ssc_values_add_records(&values, generation, ssc_file_by_name(generation, file), data, len, NULL, 0),
        0);
}

static void findings(void **state)
{
    (void)state;
    interpret(SSC_GEN_2, "DF01EF07", "290131");
    assert_int_equal(values.findings, 0);
    interpret(SSC_GEN_2, "DF01EF07", "2902313233");
    assert_int_equal(values.count, 1); /* what is sound is kept */
    assert_true(values.findings & SSC_FOUND_GARBLED);
    interpret(SSC_GEN_2, "DF01EF07", "29023132");
    assert_true(values.items[0].findings & SSC_FOUND_LONGER);
    assert_string_equal(values.items[0].text, "1");
    assert_int_equal(values.items[0].len, 2);
    interpret(SSC_GEN_2, "DF01EF07", "2900");
    assert_int_equal(values.items[0].findings, SSC_FOUND_EMPTY);
    assert_string_equal(values.items[0].text, "");
    interpret(SSC_GEN_2, "DF01EF07", "290131290132");
    assert_int_equal(values.count, 2);
    assert_true(values.items[1].findings & SSC_FOUND_DUPLICATE);
    interpret(SSC_GEN_2, "DF01EF07", "EE0131290131");
    assert_true(values.items[0].findings & SSC_FOUND_UNKNOWN);
    assert_null(values.items[0].element);
    interpret(SSC_GEN_2, "DF01EF07", "");
    assert_int_equal(values.findings, SSC_FOUND_MISSING);
    interpret(SSC_GEN_2, "DF01EF05", "0E03AB0000");
    assert_true(values.items[0].findings & SSC_FOUND_BAD_TEXT);
    assert_false(values.items[0].text_valid);
    assert_string_equal(values.items[0].text, "AB0000");
    interpret(SSC_GEN_2, "SSSEEF06", "0903D5C5C8");
    assert_true(values.items[0].findings & SSC_FOUND_BAD_TEXT);
}

/* A 1.0 card that holds 2.0 data says so with EE at the record's end. */
static void later_data_on_old_cards(void **state)
{
    char marked[2 * (2 + 0x3E) + 1] = "843E639900";
    const struct ssc_value *v;

    (void)state;
    /* DF04 EF05 84: a name of 3E bytes in 1.0, the insured region of 3 bytes in 2.0 */
    for (size_t i = 0; i < 0x3E - 3; i++) {
        memcpy(marked + 10 + 2 * i, "EE", 3);
    }
    interpret(SSC_GEN_1, "DF04EF05", marked);
    v = &values.items[0];
    assert_true(v->findings & SSC_FOUND_MEANING_2);
    assert_false(v->findings & SSC_FOUND_LONGER);
    assert_string_equal(v->text, "639900");
    assert_string_equal(v->element->key,
                        ssc_element_by_tag(ssc_file_by_name(SSC_GEN_2, "DF04EF05"), 0x84)->key);
    /* a follower has no mark of its own */
    interpret(SSC_GEN_1, "DF04EF06", "9004310000EE9204000125FF");
    assert_true(values.items[1].findings & SSC_FOUND_MEANING_2);
    interpret(SSC_GEN_1, "DF04EF06", "90043100000092040001EEEE");
    assert_false(values.items[1].findings & SSC_FOUND_MEANING_2);
    /* EE is also the second half of many a character: an address of an old card may end with one */
    interpret(SSC_GEN_1, "DF01EF05", "2104B0EEB0EE");
    assert_false(values.items[0].findings & SSC_FOUND_MEANING_2);
    assert_string_equal(values.items[0].text, "邦邦");
    /* a 2.0 card knows no such mark */
    interpret(SSC_GEN_2, "DF04EF05", "8404639900EE");
    assert_false(values.items[0].findings & SSC_FOUND_MEANING_2);
    assert_true(values.items[0].findings & SSC_FOUND_LONGER);
}

static void dates(void **state)
{
    static const struct {
        const char *hex, *date;
        bool ascii;
    } cases[] = {
        {"20101001", "20101001", false}, {"FFFFFFFF", "", false},
        {"00000000", "", false},         {"", "", false},
        {"20101301", "", false},         {"3230313031303031", "20101001", true},
        {"32303130", "2010", true},      {"3230", "", false},
        {"2010100", "", false},          {"20101001FFFF", "20101001", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t data[16];
        size_t len = sizeof data;
        char date[9];
        bool ascii = false;
        if (ssc_hex_decode(cases[i].hex, data, &len) != 0) {
            continue;
        }
        ssc_value_date(data, len, date, &ascii);
        assert_string_equal(date, cases[i].date);
        assert_int_equal(ascii, cases[i].ascii);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),
        cmocka_unit_test(access_conditions),
        cmocka_unit_test(belief_corrected),
        cmocka_unit_test(psam_opens_files),
        cmocka_unit_test(chosen_tags),
        cmocka_unit_test(cyclic),
        cmocka_unit_test(bad_values),
        cmocka_unit_test(findings),
        cmocka_unit_test(later_data_on_old_cards),
        cmocka_unit_test(dates),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
