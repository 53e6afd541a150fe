/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/ssc_files.h"

#include <string.h>
#include <strings.h>

#include "apdu/crypto.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const uint8_t ssc_ssse_name[15] = {0x73, 0x78, 0x31, 0x2E, 0x73, 0x68, 0x2E, 0xC9,
                                   0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF};
const uint8_t ssc_psam_app_aid[6] = {0xD1, 0x56, 0x00, 0x00, 0x05, 0x90};

static const struct ssc_app_info apps[SSC_APP_COUNT] = {
#define SSC_APP_ROW(NAME, fid, aid, zh, en)                                                                  \
    {SSC_APP_##NAME, #NAME, fid, sizeof aid > 1 ? (const uint8_t *)(aid) : NULL, sizeof aid - 1, zh, en},
#include "apdu/ssc_apps.def"
#undef SSC_APP_ROW
};

static const struct ssc_key_info keys[] = {
#define SSC_KEY_ROW(NAME, app, ref, psam_type, psam_id, len_des, zh)                                         \
    {SSC_KEY_##NAME, #NAME, SSC_APP_##app, ref, psam_type, psam_id, len_des, zh},
#include "apdu/ssc_keys.def"
#undef SSC_KEY_ROW
};

/* Access conditions become constants (a2_DF01_05_read, ...) that the file rows below name. */
#define ACCESS(a, app, EF, r, rk, u, uk)                                                                     \
    enum {                                                                                                   \
        a##_##app##_##EF##_read = SSC_##r,                                                                   \
        a##_##app##_##EF##_read_key = SSC_KEY_##rk,                                                          \
        a##_##app##_##EF##_update = SSC_##u,                                                                 \
        a##_##app##_##EF##_update_key = SSC_KEY_##uk                                                         \
    };
#define SSC_ACCESS_1(app, EF, r, rk, u, uk) ACCESS(a1, app, EF, r, rk, u, uk)
#define SSC_ACCESS_2(app, EF, r, rk, u, uk) ACCESS(a2, app, EF, r, rk, u, uk)
#define SSC_ACCESS_3(app, EF, r, rk, u, uk) ACCESS(a3, app, EF, r, rk, u, uk)
#define SSC_ACCESS_23(app, EF, r, rk, u, uk)                                                                 \
    SSC_ACCESS_2(app, EF, r, rk, u, uk) SSC_ACCESS_3(app, EF, r, rk, u, uk)
#include "apdu/ssc_access.def"

/* First reading of the element tables: one array per file. */
#define SSC_ELEMENT(tag, ord, type, len, key, zh, en) {tag, ord, SSC_##type, len, key, zh, en},
#define SSC_FIELD(type, len, key, zh, en) {SSC_##type, len, key, zh, en},
#define SSC_TRANSPARENT(app, EF, size, zh, en)
#define SSC_END                                                                                              \
    }                                                                                                        \
    ;
#define SSC_RECORDS(app, EF, kind, zh, en) static const struct ssc_element list1_##app##_##EF[] = {
#define SSC_CYCLE(app, EF, size, records, zh, en) static const struct ssc_field list1_##app##_##EF[] = {
#include "apdu/ssc_elements_1.def"
#undef SSC_RECORDS
#undef SSC_CYCLE
#define SSC_RECORDS(app, EF, kind, zh, en) static const struct ssc_element list2_##app##_##EF[] = {
#define SSC_CYCLE(app, EF, size, records, zh, en) static const struct ssc_field list2_##app##_##EF[] = {
#include "apdu/ssc_elements.def"
#undef SSC_RECORDS
#undef SSC_CYCLE
#undef SSC_ELEMENT
#undef SSC_FIELD
#undef SSC_TRANSPARENT
#undef SSC_END

/* Second reading: one row per file, three times, because the lists and the access conditions differ. */
#define SSC_ELEMENT(tag, ord, type, len, key, zh, en)
#define SSC_FIELD(type, len, key, zh, en)
#define SSC_END
#define ROW(a, app_, EF, ...)                                                                                \
    {.app = SSC_APP_##app_,                                                                                  \
     .sfi = 0x##EF,                                                                                          \
     .read = (enum ssc_access)a##_##app_##_##EF##_read,                                                      \
     .read_key = a##_##app_##_##EF##_read_key,                                                               \
     .update = (enum ssc_access)a##_##app_##_##EF##_update,                                                  \
     .update_key = a##_##app_##_##EF##_update_key,                                                           \
     __VA_ARGS__},
#define RECORDS(a, list, app, EF, kind_, zh_, en_)                                                           \
    ROW(a, app, EF, .kind = SSC_FILE_##kind_, .elements = list##_##app##_##EF,                               \
        .element_count = COUNT(list##_##app##_##EF), .zh = zh_, .en = en_)
#define CYCLE(a, list, app, EF, size_, records_, zh_, en_)                                                   \
    ROW(a, app, EF, .kind = SSC_FILE_CYCLIC, .size = size_, .records = records_,                             \
        .fields = list##_##app##_##EF, .field_count = COUNT(list##_##app##_##EF), .zh = zh_, .en = en_)
#define TRANSPARENT(a, app, EF, size_, zh_, en_)                                                             \
    ROW(a, app, EF, .kind = SSC_FILE_TRANSPARENT, .size = size_, .zh = zh_, .en = en_)

#define SSC_RECORDS(app, EF, kind, zh, en) RECORDS(a1, list1, app, EF, kind, zh, en)
#define SSC_CYCLE(app, EF, size, records, zh, en) CYCLE(a1, list1, app, EF, size, records, zh, en)
#define SSC_TRANSPARENT(app, EF, size, zh, en) TRANSPARENT(a1, app, EF, size, zh, en)
static const struct ssc_file files_1[] = {
#include "apdu/ssc_elements_1.def"
};
#undef SSC_RECORDS
#undef SSC_CYCLE
#undef SSC_TRANSPARENT
#define SSC_RECORDS(app, EF, kind, zh, en) RECORDS(a2, list2, app, EF, kind, zh, en)
#define SSC_CYCLE(app, EF, size, records, zh, en) CYCLE(a2, list2, app, EF, size, records, zh, en)
#define SSC_TRANSPARENT(app, EF, size, zh, en) TRANSPARENT(a2, app, EF, size, zh, en)
static const struct ssc_file files_2[] = {
#include "apdu/ssc_elements.def"
};
#undef SSC_RECORDS
#undef SSC_CYCLE
#undef SSC_TRANSPARENT
#define SSC_RECORDS(app, EF, kind, zh, en) RECORDS(a3, list2, app, EF, kind, zh, en)
#define SSC_CYCLE(app, EF, size, records, zh, en) CYCLE(a3, list2, app, EF, size, records, zh, en)
#define SSC_TRANSPARENT(app, EF, size, zh, en) TRANSPARENT(a3, app, EF, size, zh, en)
static const struct ssc_file files_3[] = {
#include "apdu/ssc_elements.def"
};

static const struct ssc_element subelements[] = {
#define SSC_SUB(tag, ord, type, len, key, zh, en) {tag, ord, SSC_##type, len, key, zh, en},
#include "apdu/ssc_subelements.def"
#undef SSC_SUB
};

static const struct {
    const char *list, *code, *zh;
} codes[] = {
#define SSC_CODE(list, code, zh) {list, code, zh},
#include "apdu/ssc_codes.def"
#undef SSC_CODE
};

const struct ssc_app_info *ssc_app_info(enum ssc_app app)
{
    return (unsigned)app < SSC_APP_COUNT ? &apps[app] : NULL;
}

/* "MF", "3F00" (both SSSE) or the name of the application, in either case. */
static const struct ssc_app_info *app_by_name(const char *name, size_t len)
{
    const struct ssc_app_info *found = NULL;
    if ((len == 2 && strncasecmp(name, "MF", len) == 0) ||
        (len == 4 && strncasecmp(name, "3F00", len) == 0)) {
        found = &apps[SSC_APP_SSSE];
    }
    for (size_t i = 0; i < COUNT(apps) && !found; i++) {
        if (strlen(apps[i].name) == len && strncasecmp(apps[i].name, name, len) == 0) {
            found = &apps[i];
        }
    }
    return found;
}

const struct ssc_file *ssc_files(enum ssc_generation gen, size_t *count)
{
    const struct ssc_file *files = NULL;
    *count = 0;
    if (gen == SSC_GEN_1) {
        files = files_1;
        *count = COUNT(files_1);
    } else if (gen == SSC_GEN_2) {
        files = files_2;
        *count = COUNT(files_2);
    } else if (gen == SSC_GEN_3) {
        files = files_3;
        *count = COUNT(files_3);
    }
    return files;
}

const struct ssc_file *ssc_file(enum ssc_generation gen, enum ssc_app app, uint8_t sfi)
{
    size_t count;
    const struct ssc_file *files = ssc_files(gen, &count), *found = NULL;
    for (size_t i = 0; i < count && !found; i++) {
        if (files[i].app == app && files[i].sfi == sfi) {
            found = &files[i];
        }
    }
    return found;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789ABCDEFabcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return !at ? -1 : at - digits < 16 ? (int)(at - digits) : (int)(at - digits) - 6;
}

const struct ssc_file *ssc_file_by_name(enum ssc_generation gen, const char *name)
{
    const struct ssc_file *found = NULL;
    size_t len = strlen(name);
    if (len > 4 && strncasecmp(name + len - 4, "EF", 2) == 0) {
        const struct ssc_app_info *app = app_by_name(name, len - 4);
        int high = hex_digit(name[len - 2]), low = hex_digit(name[len - 1]);
        if (app && high >= 0 && low >= 0) {
            found = ssc_file(gen, app->app, (uint8_t)(high << 4 | low));
        }
    }
    return found;
}

const struct ssc_element *ssc_element_by_tag(const struct ssc_file *file, uint8_t tag)
{
    const struct ssc_element *found = NULL;
    for (size_t i = 0; i < file->element_count && !found; i++) {
        if (file->elements[i].tag == tag) {
            found = &file->elements[i];
        }
    }
    return found;
}

const struct ssc_element *ssc_element_by_key(const struct ssc_file *file, const char *key)
{
    const struct ssc_element *found = NULL;
    for (size_t i = 0; i < file->element_count && !found; i++) {
        if (strcmp(file->elements[i].key, key) == 0) {
            found = &file->elements[i];
        }
    }
    return found;
}

const struct ssc_key_info *ssc_key_info(enum ssc_key_id id)
{
    return id > SSC_KEY_NONE && id < SSC_KEY_COUNT ? &keys[id - 1] : NULL;
}

const struct ssc_key_info *ssc_key_by_name(const char *name)
{
    const struct ssc_key_info *found = NULL;
    for (size_t i = 0; i < COUNT(keys) && !found; i++) {
        if (strcasecmp(keys[i].name, name) == 0) {
            found = &keys[i];
        }
    }
    return found;
}

const struct ssc_element *ssc_subelement(uint8_t tag)
{
    const struct ssc_element *found = NULL;
    for (size_t i = 0; i < COUNT(subelements) && !found; i++) {
        if (subelements[i].tag == tag) {
            found = &subelements[i];
        }
    }
    return found;
}

uint8_t ssc_element_leader(enum ssc_app app, uint8_t tag)
{
    static const struct {
        uint8_t app, tag, leader;
    } rows[] = {
        {SSC_APP_DF01, 0x32, 0x32}, {SSC_APP_DF01, 0x37, 0x37}, {SSC_APP_DF01, 0x38, 0x38},
        {SSC_APP_DF01, 0x39, 0x38}, {SSC_APP_DF02, 0x4B, 0x4B}, {SSC_APP_DF02, 0x4D, 0x4D},
        {SSC_APP_DF02, 0x4F, 0x4F}, {SSC_APP_DF02, 0x50, 0x50}, {SSC_APP_DF02, 0x55, 0x55},
        {SSC_APP_DF02, 0x56, 0x55}, {SSC_APP_DF02, 0x96, 0x55}, {SSC_APP_DF02, 0x97, 0x97},
        {SSC_APP_DF03, 0x61, 0x61}, {SSC_APP_DF03, 0x71, 0x71}, {SSC_APP_DF03, 0x6F, 0x71},
        {SSC_APP_DF03, 0x70, 0x71}, {SSC_APP_DF04, 0x81, 0x81}, {SSC_APP_DF04, 0x84, 0x84},
        {SSC_APP_DF04, 0x87, 0x87}, {SSC_APP_DF04, 0x90, 0x90}, {SSC_APP_DF04, 0x92, 0x90},
        {SSC_APP_DF04, 0x93, 0x93},
    };
    uint8_t leader = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].app == (uint8_t)app && rows[i].tag == tag) {
            leader = rows[i].leader;
        }
    }
    return leader;
}

const struct ssc_element *ssc_element_upgraded(const struct ssc_file *file_1, uint8_t tag,
                                               const uint8_t *leader_value, size_t len)
{
    const struct ssc_element *found = NULL;
    if (ssc_element_leader(file_1->app, tag) != 0 && len > 0 && leader_value[len - 1] == 0xEE) {
        const struct ssc_file *file_2 = ssc_file(SSC_GEN_2, file_1->app, file_1->sfi);
        found = file_2 ? ssc_element_by_tag(file_2, tag) : NULL;
    }
    return found;
}

const char *ssc_code_text(const char *list, const char *code)
{
    const char *found = NULL;
    for (size_t i = 0; i < COUNT(codes) && !found; i++) {
        if (strcmp(codes[i].list, list) == 0 && strcmp(codes[i].code, code) == 0) {
            found = codes[i].zh;
        }
    }
    return found;
}

const uint8_t *ssc_psam_environment(int algorithm, size_t *len)
{
    static const uint8_t names[3][sizeof ssc_ssse_name] = {
        {0x73, 0x78, 0x31, 0x2E, 0x73, 0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF},
        {0x73, 0x78, 0x32, 0x2E, 0x73, 0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF},
        {0x73, 0x78, 0x33, 0x2E, 0x73, 0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF},
    };
    bool known = algorithm >= SSC_ALG_3DES && algorithm <= SSC_ALG_SM4;
    *len = known ? sizeof names[0] : 0;
    return known ? names[algorithm - SSC_ALG_3DES] : NULL;
}
