/* SPDX-License-Identifier: Apache-2.0 */
/* The tables against themselves (nothing contradicts) and against figures of the data structure (nothing
 * slipped). */
#include "tests/unit/hex.h"

#include "apdu/crypto.h"
#include "apdu/ssc_files.h"

static const enum ssc_generation generations[] = {SSC_GEN_1, SSC_GEN_2, SSC_GEN_3};

static void applications(void **state)
{
    (void)state;
    assert_memory_equal(ssc_app_info(SSC_APP_SSSE)->aid, ssc_ssse_name, sizeof ssc_ssse_name);
    assert_int_equal(ssc_app_info(SSC_APP_SSSE)->aid_len, 15);
    for (int app = SSC_APP_SSSE; app < SSC_APP_COUNT; app++) {
        const struct ssc_app_info *info = ssc_app_info((enum ssc_app)app);
        assert_int_equal(info->app, app);
        bool named = app != SSC_APP_DF05 && app != SSC_APP_DF06;
        assert_int_equal(info->aid != NULL, named);
        assert_int_equal(info->aid_len, app == SSC_APP_SSSE ? 15 : named ? 6 : 0);
        assert_int_equal(info->fid, app == SSC_APP_SSSE ? 0 : 0xDF00 + app);
    }
    assert_bytes(ssc_app_info(SSC_APP_DF04)->aid, 6, "D15600000503");
    assert_bytes(ssc_app_info(SSC_APP_DF07)->aid, 6, "D15600000504");
    assert_null(ssc_app_info(SSC_APP_COUNT));
}

static void files_by_name(void **state)
{
    (void)state;
    const struct ssc_file *file = ssc_file_by_name(SSC_GEN_2, "DF01EF0A");
    assert_int_equal(file->app, SSC_APP_DF01);
    assert_int_equal(file->sfi, 10);
    assert_ptr_equal(ssc_file_by_name(SSC_GEN_2, "df01ef0a"), file);
    file = ssc_file(SSC_GEN_3, SSC_APP_SSSE, 6);
    assert_ptr_equal(ssc_file_by_name(SSC_GEN_3, "SSSEEF06"), file);
    assert_ptr_equal(ssc_file_by_name(SSC_GEN_3, "MFEF06"), file);
    assert_ptr_equal(ssc_file_by_name(SSC_GEN_3, "3F00EF06"), file);
    static const char *const wrong[] = {"",         "EF05",      "DF01",      "DF01EF",
                                        "DF01EF0",  "DF01EF0B",  "DF01EFG5",  "DF01FF05",
                                        "DF09EF05", "DF01EF005", "DF01 EF05", "DF01EF-5"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_null(ssc_file_by_name(SSC_GEN_2, wrong[i]));
    }
    assert_null(ssc_file_by_name(SSC_GEN_1, "SSSEEF08")); /* no photo on 1.0 */
    assert_null(ssc_file_by_name(SSC_GEN_UNKNOWN, "SSSEEF05"));
}

static void every_file_is_sound(void **state)
{
    (void)state;
    for (size_t g = 0; g < COUNT(generations); g++) {
        size_t count;
        const struct ssc_file *files = ssc_files(generations[g], &count);
        for (size_t i = 0; i < count; i++) {
            const struct ssc_file *f = &files[i];
            bool records = f->kind == SSC_FILE_VARIABLE || f->kind == SSC_FILE_FIXED;
            assert_ptr_equal(ssc_file(generations[g], f->app, f->sfi), f);
            assert_int_equal(records, f->element_count > 0);
            assert_int_equal(f->kind == SSC_FILE_CYCLIC, f->field_count > 0);
            assert_int_equal(f->kind == SSC_FILE_CYCLIC, f->records > 0);
            assert_int_equal(records, f->size == 0);
            assert_true(f->zh[0] && f->en[0]);
            size_t fields = 0;
            for (size_t n = 0; n < f->field_count; n++) {
                fields += f->fields[n].len;
            }
            assert_true(f->kind != SSC_FILE_CYCLIC || fields == f->size);
            for (size_t n = 0; n < f->element_count; n++) {
                const struct ssc_element *e = &f->elements[n];
                assert_int_equal(e->ordinal, n + 1);
                assert_true(e->len > 0 && e->len <= 0xFF);
                assert_ptr_equal(ssc_element_by_key(f, e->key), e); /* unique */
                assert_int_equal(ssc_element_by_tag(f, e->tag)->len, e->len);
                assert_true(e->zh[0] && e->en[0]);
            }
        }
    }
}

static bool wants_key(enum ssc_access access)
{
    return access == SSC_KEY || access == SSC_PIN_OR_KEY || access == SSC_PIN_AND_KEY;
}

/* A condition names a key exactly when it needs one, and the key lives where the file lives. */
static void access_conditions_name_their_keys(void **state)
{
    (void)state;
    for (size_t g = 0; g < COUNT(generations); g++) {
        size_t count;
        const struct ssc_file *files = ssc_files(generations[g], &count);
        for (size_t i = 0; i < count; i++) {
            const struct ssc_file *f = &files[i];
            const struct ssc_key_info *read = ssc_key_info(f->read_key),
                                      *update = ssc_key_info(f->update_key);
            assert_int_equal(wants_key(f->read), read != NULL);
            assert_int_equal(wants_key(f->update), update != NULL);
            assert_true(!read || read->app == f->app);
            assert_true(!update || update->app == f->app);
        }
    }
}

static void three_differs_from_two_in_one_place(void **state)
{
    (void)state;
    size_t count_2, count_3;
    const struct ssc_file *two = ssc_files(SSC_GEN_2, &count_2), *three = ssc_files(SSC_GEN_3, &count_3);
    assert_int_equal(count_2, count_3);
    for (size_t i = 0; i < count_2; i++) {
        bool holder = two[i].app == SSC_APP_SSSE && two[i].sfi == 6;
        assert_ptr_equal(two[i].elements, three[i].elements);
        assert_ptr_equal(two[i].fields, three[i].fields);
        assert_int_equal(two[i].read == three[i].read, !holder);
        assert_int_equal(two[i].update_key, three[i].update_key);
    }
    const struct ssc_file *holder = ssc_file(SSC_GEN_3, SSC_APP_SSSE, 6);
    assert_int_equal(holder->read, SSC_KEY);
    assert_int_equal(holder->read_key, SSC_KEY_RKSSSE);
    assert_int_equal(ssc_file(SSC_GEN_2, SSC_APP_SSSE, 6)->read, SSC_FREE);
}

static void figures_of_the_data_structure(void **state)
{
    (void)state;
    static const struct {
        enum ssc_generation gen;
        const char *file;
        size_t elements, fields;
        unsigned size, records;
    } rows[] = {
        {SSC_GEN_2, "SSSEEF05", 7, 0, 0, 0},     {SSC_GEN_2, "SSSEEF06", 7, 0, 0, 0},
        {SSC_GEN_2, "SSSEEF07", 0, 0, 0x400, 0}, {SSC_GEN_2, "SSSEEF08", 0, 0, 0x1000, 0},
        {SSC_GEN_1, "SSSEEF06", 6, 0, 0, 0},     {SSC_GEN_1, "SSSEEF07", 0, 0, 0x300, 0},
        {SSC_GEN_2, "DF01EF06", 5, 0, 0, 0},     {SSC_GEN_2, "DF01EF15", 4, 0, 0, 0},
        {SSC_GEN_2, "DF01EF1A", 0, 0, 128, 0},   {SSC_GEN_2, "DF02EF05", 6, 0, 0, 0},
        {SSC_GEN_2, "DF02EF07", 0, 4, 0x55, 4},  {SSC_GEN_2, "DF02EF15", 6, 0, 0, 0},
        {SSC_GEN_2, "DF02EF16", 0, 5, 0x12, 4},  {SSC_GEN_2, "DF03EF06", 10, 0, 0, 0},
        {SSC_GEN_2, "DF03EF19", 4, 0, 0, 0},     {SSC_GEN_2, "DF04EF05", 16, 0, 0, 0},
        {SSC_GEN_2, "DF04EF08", 0, 7, 0x1C, 30}, {SSC_GEN_1, "DF04EF08", 0, 7, 0x1C, 10},
        {SSC_GEN_2, "DF04EF15", 0, 2, 3, 8},     {SSC_GEN_2, "DF05EF05", 33, 0, 0, 0},
        {SSC_GEN_2, "DF06EF06", 28, 0, 0, 0},    {SSC_GEN_2, "DF07EF07", 2, 0, 0, 0},
        {SSC_GEN_1, "DF02EF08", 4, 0, 0, 0},     {SSC_GEN_1, "DF04EF05", 14, 0, 0, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct ssc_file *f = ssc_file_by_name(rows[i].gen, rows[i].file);
        assert_non_null(f);
        assert_int_equal(f->element_count, rows[i].elements);
        assert_int_equal(f->field_count, rows[i].fields);
        assert_int_equal(f->size, rows[i].size);
        assert_int_equal(f->records, rows[i].records);
    }
    size_t count;
    ssc_files(SSC_GEN_1, &count);
    assert_int_equal(count, 19);
    ssc_files(SSC_GEN_2, &count);
    assert_int_equal(count, 40);
}

static void conditions_of_the_data_structure(void **state)
{
    (void)state;
    static const struct {
        enum ssc_generation gen;
        const char *file;
        enum ssc_access read;
        int read_key;
        enum ssc_access update;
        int update_key;
    } rows[] = {
        {SSC_GEN_2, "SSSEEF05", SSC_FREE, 0, SSC_KEY, SSC_KEY_UKSSSE},
        {SSC_GEN_2, "DF01EF09", SSC_PIN_OR_KEY, SSC_KEY_RK1DF01, SSC_KEY, SSC_KEY_UK2DF01},
        {SSC_GEN_2, "DF01EF0A", SSC_PIN_OR_KEY, SSC_KEY_RK1DF01, SSC_KEY, SSC_KEY_UK5DF01},
        {SSC_GEN_2, "DF01EF1A", SSC_FREE, 0, SSC_KEY, SSC_KEY_UKBDF01},
        {SSC_GEN_2, "DF02EF16", SSC_PIN_OR_KEY, SSC_KEY_RK1DF02, SSC_KEY, SSC_KEY_UK6DF02},
        {SSC_GEN_2, "DF03EF05", SSC_PIN_OR_KEY, SSC_KEY_RK2DF03, SSC_KEY, SSC_KEY_UK1DF03},
        {SSC_GEN_2, "DF03EF19", SSC_PIN_OR_KEY, SSC_KEY_RK1DF03, SSC_KEY, SSC_KEY_UK8DF03},
        {SSC_GEN_3, "DF04EF06", SSC_PIN_AND_KEY, SSC_KEY_RK1DF04, SSC_KEY, SSC_KEY_UK2DF04},
        {SSC_GEN_3, "DF04EF08", SSC_PIN, 0, SSC_NEVER, 0},
        {SSC_GEN_3, "DF07EF06", SSC_KEY, SSC_KEY_RK2DF07, SSC_KEY, SSC_KEY_UK2DF07},
        {SSC_GEN_1, "DF01EF05", SSC_PIN, 0, SSC_KEY, SSC_KEY_UK1DF01},
        {SSC_GEN_1, "DF03EF05", SSC_PIN_AND_KEY, SSC_KEY_RK2DF03, SSC_KEY, SSC_KEY_UK1DF03},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct ssc_file *f = ssc_file_by_name(rows[i].gen, rows[i].file);
        assert_int_equal(f->read, rows[i].read);
        assert_int_equal(f->read_key, rows[i].read_key);
        assert_int_equal(f->update, rows[i].update);
        assert_int_equal(f->update_key, rows[i].update_key);
    }
}

static void keys(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum ssc_app app;
        int ref;
        unsigned type, id, len;
    } rows[] = {
        {"IRK", SSC_APP_SSSE, 0x00, 7, 0x08, 16},     {"STKSSSE", SSC_APP_SSSE, 0x02, 8, 0x09, 8},
        {"UKSSSE", SSC_APP_SSSE, 0x04, 8, 0x12, 16},  {"PUK", SSC_APP_SSSE, 0x06, 8, 0x10, 16},
        {"RKSSSE", SSC_APP_SSSE, 0x0A, 7, 0x0A, 16},  {"RK1DF01", SSC_APP_DF01, 0x88, 7, 0x2E, 16},
        {"UK2DF01", SSC_APP_DF01, 0x84, 8, 0x43, 16}, {"UK6DF02", SSC_APP_DF02, 0x89, 7, 0x36, 16},
        {"RK2DF03", SSC_APP_DF03, 0x85, 7, 0x2C, 16}, {"UK8DF03", SSC_APP_DF03, 0x8D, 7, 0x3B, 16},
        {"RK1DF04", SSC_APP_DF04, 0x84, 7, 0x2D, 16}, {"UK2DF04", SSC_APP_DF04, 0x86, 7, 0x2A, 16},
        {"DPK", SSC_APP_DF04, -1, 2, 0x01, 16},       {"DTK", SSC_APP_DF04, -1, 12, 0x4C, 16},
        {"UK7DF01", SSC_APP_DF01, -1, 7, 0x30, 16},   {"UK1DF05", SSC_APP_DF05, 0x83, 7, 0xB4, 16},
        {"UK2DF06", SSC_APP_DF06, 0x86, 8, 0x54, 16}, {"RK3DF07", SSC_APP_DF07, 0x85, 7, 0xB1, 16},
        {"uk3df07", SSC_APP_DF07, 0x88, 7, 0xB2, 16}, {"STKDF04", SSC_APP_DF04, 0x82, 8, 0x23, 8},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct ssc_key_info *key = ssc_key_by_name(rows[i].name);
        assert_non_null(key);
        assert_int_equal(key->app, rows[i].app);
        assert_int_equal(key->ref, rows[i].ref);
        assert_int_equal(key->psam_type, rows[i].type);
        assert_int_equal(key->psam_id, rows[i].id);
        assert_int_equal(key->len_des, rows[i].len);
    }
    assert_null(ssc_key_by_name("RK9DF09"));
    assert_null(ssc_key_info(SSC_KEY_NONE));
    assert_null(ssc_key_info(SSC_KEY_COUNT));
}

/* Two keys of one application never share a reference, two keys never share a PSAM id. */
static void keys_are_distinct(void **state)
{
    (void)state;
    for (int a = SSC_KEY_NONE + 1; a < SSC_KEY_COUNT; a++) {
        const struct ssc_key_info *one = ssc_key_info((enum ssc_key_id)a);
        assert_int_equal(one->id, a);
        assert_ptr_equal(ssc_key_by_name(one->name), one);
        assert_true(one->ref == -1 || (one->ref >= 0x80) == (one->app != SSC_APP_SSSE));
        assert_true(one->psam_type > 0 && one->psam_type < 32);
        for (int b = a + 1; b < SSC_KEY_COUNT; b++) {
            const struct ssc_key_info *two = ssc_key_info((enum ssc_key_id)b);
            assert_true(one->app != two->app || one->ref != two->ref || one->ref == -1);
            assert_int_not_equal(one->psam_id, two->psam_id);
        }
    }
}

/* Where sub-elements are known, their lengths with tag and length bytes fill the template. */
static void templates_are_filled_by_their_parts(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        uint8_t tag, parts[8];
    } rows[] = {
        {"DF01EF15", 0x40, {0x57, 0x58, 0x59}},
        {"DF02EF05", 0x43, {0x5A, 0x5B, 0x5C, 0x5D, 0x5E}},
        {"DF02EF05", 0x44, {0x33, 0x34, 0x35, 0x36}},
        {"DF02EF15", 0x99, {0x10, 0x11, 0x12}},
        {"DF03EF06", 0x4A, {0x13, 0x14, 0x15, 0x16, 0x17}},
        {"DF03EF19", 0x79, {0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E}},
        {"DF05EF05", 0xA3, {0xA5, 0xA6}},
        {"DF05EF05", 0xA4, {0xA7, 0xA8}},
        {"DF06EF05", 0xC3, {0xE3, 0xE4, 0xE5, 0xE6, 0xE7}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct ssc_element *whole =
            ssc_element_by_tag(ssc_file_by_name(SSC_GEN_2, rows[i].file), rows[i].tag);
        unsigned sum = 0;
        for (size_t n = 0; rows[i].parts[n] != 0; n++) {
            const struct ssc_element *part = ssc_subelement(rows[i].parts[n]);
            assert_non_null(part);
            assert_int_equal(part->ordinal, n + 1);
            sum += 2u + part->len;
        }
        assert_int_equal(whole->type, SSC_BTLV);
        assert_int_equal(sum, whole->len);
    }
    assert_null(ssc_subelement(0x01));
}

static void codes(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"ethnic_group", "01", "汉"},
        {"ethnic_group", "56", "基诺"},
        {"sex", "2", "女"},
        {"insurance_type", "390", "城乡居民基本医疗保险"},
        {"insured_class", "22", "退休异地安置"},
        {"marital_status", "9", "未说明"},
        {"employment_status", "7", "从未就业"},
        {"household_type", "34", "港澳台侨"},
        {"education", "21", "大学本科"},
        {"card_class", "4", "老年人"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(ssc_code_text(rows[i][0], rows[i][1]), rows[i][2]);
    }
    for (unsigned n = 1; n <= 56; n++) {
        char code[3] = {(char)('0' + n / 10), (char)('0' + n % 10), '\0'};
        assert_non_null(ssc_code_text("ethnic_group", code));
    }
    assert_null(ssc_code_text("ethnic_group", "57"));
    assert_null(ssc_code_text("ethnic_group", "1"));
    assert_null(ssc_code_text("no_list", "1"));
    assert_null(ssc_code_text("sex", ""));
}

static void upgraded_values(void **state)
{
    (void)state;
    const struct ssc_file *region = ssc_file_by_name(SSC_GEN_1, "DF04EF05"),
                          *amounts = ssc_file_by_name(SSC_GEN_1, "DF04EF06"),
                          *employer = ssc_file_by_name(SSC_GEN_1, "DF01EF0A");
    struct hex yes = hex("110000EEEE"), no = hex("11000000");
    const struct ssc_element *e = ssc_element_upgraded(region, 0x84, yes.data, yes.len);
    assert_non_null(e);
    assert_string_equal(e->key, "medical_region");
    assert_int_equal(e->len, 3);
    assert_null(ssc_element_upgraded(region, 0x84, no.data, no.len));
    assert_null(ssc_element_upgraded(region, 0x84, no.data, 0));
    assert_null(ssc_element_upgraded(region, 0x8B, yes.data, yes.len)); /* never upgraded */
    assert_int_equal(ssc_element_leader(SSC_APP_DF04, 0x92), 0x90);
    assert_string_equal(ssc_element_upgraded(amounts, 0x92, yes.data, yes.len)->key, "offline_amount");
    assert_int_equal(ssc_element_leader(SSC_APP_DF01, 0x39), 0x38);
    assert_string_equal(ssc_element_upgraded(employer, 0x39, yes.data, yes.len)->key, "party_date");
    assert_int_equal(ssc_element_leader(SSC_APP_DF03, 0x39), 0);
    assert_int_equal(ssc_element_leader(SSC_APP_DF04, 0x80), 0);
}

/* A leader stands in the same file as its follower, and both exist in both versions. */
static void leaders_exist(void **state)
{
    (void)state;
    unsigned found = 0;
    size_t count;
    const struct ssc_file *files = ssc_files(SSC_GEN_1, &count);
    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; n < files[i].element_count; n++) {
            uint8_t tag = files[i].elements[n].tag, leader = ssc_element_leader(files[i].app, tag);
            if (leader != 0) {
                found++;
                assert_non_null(ssc_element_by_tag(&files[i], leader));
                assert_non_null(ssc_element_by_tag(ssc_file(SSC_GEN_2, files[i].app, files[i].sfi), tag));
            }
        }
    }
    assert_int_equal(found, 22);
}

static void psam_environments(void **state)
{
    (void)state;
    size_t len;
    assert_memory_equal(ssc_psam_environment(SSC_ALG_3DES, &len), ssc_ssse_name, sizeof ssc_ssse_name);
    assert_int_equal(len, 15);
    assert_memory_equal(ssc_psam_environment(SSC_ALG_SSF33, &len), "sx2.sh.", 7);
    assert_memory_equal(ssc_psam_environment(SSC_ALG_SM4, &len), "sx3.sh.", 7);
    assert_null(ssc_psam_environment(0, &len));
    assert_int_equal(len, 0);
    assert_null(ssc_psam_environment(4, &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(applications),
        cmocka_unit_test(files_by_name),
        cmocka_unit_test(every_file_is_sound),
        cmocka_unit_test(access_conditions_name_their_keys),
        cmocka_unit_test(three_differs_from_two_in_one_place),
        cmocka_unit_test(figures_of_the_data_structure),
        cmocka_unit_test(conditions_of_the_data_structure),
        cmocka_unit_test(keys),
        cmocka_unit_test(keys_are_distinct),
        cmocka_unit_test(templates_are_filled_by_their_parts),
        cmocka_unit_test(codes),
        cmocka_unit_test(upgraded_values),
        cmocka_unit_test(leaders_exist),
        cmocka_unit_test(psam_environments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
