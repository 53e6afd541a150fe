/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file system of the social security card as data: applications, files, data elements, access conditions,
 * keys and code lists, for versions 1.0 and 2.0/3.0. Tables live in ssc_apps.def, ssc_elements.def (2.00),
 * ssc_elements_1.def (1.00), ssc_subelements.def, ssc_access.def, ssc_keys.def and ssc_codes.def. Source:
 * published card specification, data structure version 2.00 (2012).
 */
#ifndef SSC_APDU_SSC_FILES_H
#define SSC_APDU_SSC_FILES_H

#include <stddef.h>
#include <stdint.h>

enum ssc_app {
    SSC_APP_SSSE,
    SSC_APP_DF01,
    SSC_APP_DF02,
    SSC_APP_DF03,
    SSC_APP_DF04,
    SSC_APP_DF05,
    SSC_APP_DF06,
    SSC_APP_DF07,
    SSC_APP_COUNT
};

enum ssc_generation { SSC_GEN_UNKNOWN = 0, SSC_GEN_1 = 1, SSC_GEN_2 = 2, SSC_GEN_3 = 3 };

enum ssc_file_kind { SSC_FILE_VARIABLE, SSC_FILE_FIXED, SSC_FILE_CYCLIC, SSC_FILE_TRANSPARENT };

enum ssc_element_type { SSC_AN, SSC_CN, SSC_BIN, SSC_BTLV };

/* When a file opens. */
enum ssc_access {
    SSC_FREE,
    SSC_PIN, /* PIN verified */
    SSC_KEY, /* the named key */
    SSC_PIN_OR_KEY,
    SSC_PIN_AND_KEY,
    SSC_NEVER, /* written by the card's own operating system only */
};

struct ssc_app_info {
    enum ssc_app app;
    const char *name;   /* "SSSE", "DF03" */
    uint16_t fid;       /* DF03; 0 for SSSE, which is selected by name */
    const uint8_t *aid; /* DF name; NULL where the standard gives none (DF05, DF06) */
    size_t aid_len;
    const char *zh, *en;
};

struct ssc_element {
    uint8_t tag;
    uint8_t ordinal; /* record number in its file, from 1 */
    enum ssc_element_type type;
    uint16_t len;    /* bytes of the value */
    const char *key; /* stable name: "card_number" */
    const char *zh, *en;
};

/* Fields of a cyclic record, concatenated. */
struct ssc_field {
    enum ssc_element_type type;
    uint8_t len;
    const char *key, *zh, *en;
};

struct ssc_file {
    enum ssc_app app;
    uint8_t sfi; /* EF05 -> 5; also the low byte of the file id EF05 */
    enum ssc_file_kind kind;
    uint16_t size;   /* transparent: bytes; cyclic: record length */
    uint8_t records; /* cyclic: least number of records */
    const struct ssc_element *elements;
    size_t element_count; /* variable and fixed files */
    const struct ssc_field *fields;
    size_t field_count; /* cyclic files */
    enum ssc_access read;
    uint8_t read_key; /* enum ssc_key_id where a key is named, else 0 */
    enum ssc_access update;
    uint8_t update_key;
    const char *zh, *en;
};

/* Keys by name. */
enum ssc_key_id {
    SSC_KEY_NONE,
#define SSC_KEY_ROW(NAME, app, ref, psam_type, psam_id, len_des, zh) SSC_KEY_##NAME,
#include "apdu/ssc_keys.def"
#undef SSC_KEY_ROW
    SSC_KEY_COUNT
};
struct ssc_key_info {
    enum ssc_key_id id;
    const char *name;  /* "RKSSSE", "RK1DF04" */
    enum ssc_app app;  /* where the card keeps it */
    int ref;           /* P2 of EXTERNAL AUTHENTICATE; -1 where no source gives it */
    uint8_t psam_type; /* low five bits of DELIVERY SESSION KEY's use byte */
    uint8_t psam_id;   /* key id in the PSAM */
    uint8_t len_des;   /* key length on DES cards, 8 or 16 */
    const char *zh;
};

const struct ssc_app_info *ssc_app_info(enum ssc_app app);
/* File of a generation; NULL when that generation, or SSC_GEN_UNKNOWN, has none. GEN_3 equals GEN_2 but for
 * EF06's read condition.
 */
const struct ssc_file *ssc_file(enum ssc_generation gen, enum ssc_app app, uint8_t sfi);
/* "SSSEEF05", "DF01EF0A", "MFEF05", "3F00EF06"; NULL when unknown. */
const struct ssc_file *ssc_file_by_name(enum ssc_generation gen, const char *name);
/* All files of a generation, in order. */
const struct ssc_file *ssc_files(enum ssc_generation gen, size_t *count);
/* A tag that a file repeats (EF19's four certificates) yields the first record; keys are unique in a file. */
const struct ssc_element *ssc_element_by_tag(const struct ssc_file *file, uint8_t tag);
const struct ssc_element *ssc_element_by_key(const struct ssc_file *file, const char *key);
const struct ssc_key_info *ssc_key_info(enum ssc_key_id id);
const struct ssc_key_info *ssc_key_by_name(const char *name);
/* Sub-elements of a B-TLV element by their tag; NULL when unknown. */
const struct ssc_element *ssc_subelement(uint8_t tag);

/* Cards of version 1.00 whose data was brought up to 2.00 (data structure, annex C): a value that is shorter
 * in 2.00 is padded with nibbles E, and EE at the end says "read me as 2.00". Some elements carry no padding
 * of their own and follow another one of their file. ssc_element_leader: tag of the element whose value
 * decides for `tag`, often itself; 0 when `tag` always means what version 1.00 says. ssc_element_upgraded:
 * the element of version 2.00, whose length is then the one to take, when the leader's value ends in EE; else
 * NULL. */
uint8_t ssc_element_leader(enum ssc_app app, uint8_t tag);
const struct ssc_element *ssc_element_upgraded(const struct ssc_file *file_1, uint8_t tag,
                                               const uint8_t *leader_value, size_t len);

/* Code lists: "ethnic_group" "01" -> "汉"; NULL when unknown. Lists: sex, card_class, ethnic_group,
 * insurance_type, insured_class, marital_status, employment_status, household_type, education. */
const char *ssc_code_text(const char *list, const char *code);

extern const uint8_t ssc_ssse_name[15];
extern const uint8_t ssc_psam_app_aid[6];
/* PSAM environment DF name for an algorithm ("sx1", "sx2", "sx3"). */
const uint8_t *ssc_psam_environment(int algorithm, size_t *len);

#endif
