/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/profile.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "apdu/bytes.h"

#define PROFILE_BYTES 8192u /* a profile is a handful of switches */

void ssc_profile_default(struct ssc_profile *p)
{
    *p = (struct ssc_profile){
        .name = "default",
        .whole_file_reads = true,
        .sfi_addressing = true,
        .leave_fci = true,
        .external_auth_key_version = false,
        .key_version = 1,
        .psam_rkssse_id = 0x0A,
        .psam_levels = "321",
        .medical_load_key_index = 1,
        .medical_purchase_key_index = 1,
        .medical_proof_counter_after = true,
        .purse_aid = {0xA0, 0x00, 0x00, 0x00, 0x03, 0x86, 0x98, 0x07, 0x01},
        .purse_aid_len = 9,
        .purse_key_index = 1,
        .purse_proof_counter_after = true,
        .purse_log_counter_after = false,
        .purse_psam_fid = {0xDF, 0x01},
        .purse_factor_levels = 1,
        .purse_factor_card_first = true,
        .purse_balance_needs_pin = false,
        .purse_pin_id = 0,
        .purse_unblock_p1p2 = {0x00, 0x00},
        .purse_pin_algorithm = "3des",
        .pin_min_digits = 4,
        .pin_max_digits = 16,
        .pin_pad_bytes = 3,
        .key_addresses = "PUK=0090 STKSSSE=0173",
    };
}

enum kind { BOOL, U8, TEXT, HEX };
struct member {
    const char *name;
    enum kind kind;
    size_t offset, size; /* size: capacity of TEXT with its NUL, of HEX in bytes */
    unsigned min, max;   /* of a U8; HEX: least number of bytes */
};
#define AT(field) offsetof(struct ssc_profile, field), sizeof(((struct ssc_profile *)0)->field)
static const struct member members[] = {
    {"name", TEXT, AT(name), 0, 0},
    {"whole_file_reads", BOOL, AT(whole_file_reads), 0, 0},
    {"sfi_addressing", BOOL, AT(sfi_addressing), 0, 0},
    {"leave_fci", BOOL, AT(leave_fci), 0, 0},
    {"external_auth_key_version", BOOL, AT(external_auth_key_version), 0, 0},
    {"key_version", U8, AT(key_version), 0, 255},
    {"psam_rkssse_id", U8, AT(psam_rkssse_id), 0, 255},
    {"psam_levels", TEXT, AT(psam_levels), 0, 0},
    {"medical_load_key_index", U8, AT(medical_load_key_index), 0, 255},
    {"medical_purchase_key_index", U8, AT(medical_purchase_key_index), 0, 255},
    {"medical_proof_counter_after", BOOL, AT(medical_proof_counter_after), 0, 0},
    {"purse_aid", HEX, AT(purse_aid), 5, 16},
    {"purse_key_index", U8, AT(purse_key_index), 0, 255},
    {"purse_proof_counter_after", BOOL, AT(purse_proof_counter_after), 0, 0},
    {"purse_log_counter_after", BOOL, AT(purse_log_counter_after), 0, 0},
    {"purse_psam_fid", HEX, AT(purse_psam_fid), 2, 2},
    {"purse_factor_levels", U8, AT(purse_factor_levels), 0, 2},
    {"purse_factor_card_first", BOOL, AT(purse_factor_card_first), 0, 0},
    {"purse_balance_needs_pin", BOOL, AT(purse_balance_needs_pin), 0, 0},
    {"purse_pin_id", U8, AT(purse_pin_id), 0, 255},
    {"purse_unblock_p1p2", HEX, AT(purse_unblock_p1p2), 2, 2},
    {"purse_pin_algorithm", TEXT, AT(purse_pin_algorithm), 0, 0},
    {"pin_min_digits", U8, AT(pin_min_digits), 4, 16},
    {"pin_max_digits", U8, AT(pin_max_digits), 4, 16},
    {"pin_pad_bytes", U8, AT(pin_pad_bytes), 2, 8},
    {"key_addresses", TEXT, AT(key_addresses), 0, 0},
};

static const char *set_number(const struct member *m, json_int_t value, uint8_t *at)
{
    const char *complaint = NULL;

    if (value < (json_int_t)m->min || value > (json_int_t)m->max) {
        complaint = "number out of range";
    } else {
        *at = (uint8_t)value;
    }
    return complaint;
}

static const char *set_text(const struct member *m, const char *text, struct ssc_profile *p)
{
    char *at = (char *)p + m->offset;
    const char *complaint = NULL;
    size_t len = m->size;

    if (m->kind == TEXT && strlen(text) >= m->size) {
        complaint = "text too long";
    } else if (m->kind == TEXT) {
        memcpy(at, text, strlen(text) + 1);
    } else if (ssc_hex_decode(text, (uint8_t *)at, &len) != 0 || len < m->min) {
        complaint = "hexadecimal text of the right length expected";
    } else if (m->offset == offsetof(struct ssc_profile, purse_aid)) {
        p->purse_aid_len = (uint8_t)len;
    }
    return complaint;
}

static const char *set_member(const struct member *m, const json_t *value, struct ssc_profile *p)
{
    char *at = (char *)p + m->offset;
    const char *complaint = "wrong type";

    if (m->kind == BOOL && json_is_boolean(value)) {
        *(bool *)at = json_is_true(value);
        complaint = NULL;
    } else if (m->kind == U8 && json_is_integer(value)) {
        complaint = set_number(m, json_integer_value(value), (uint8_t *)at);
    } else if ((m->kind == TEXT || m->kind == HEX) && json_is_string(value)) {
        complaint = set_text(m, json_string_value(value), p);
    }
    return complaint;
}

static const struct member *find_member(const char *name)
{
    const struct member *found = NULL;

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (strcmp(members[i].name, name) == 0) {
            found = &members[i];
        }
    }
    return found;
}

/* One "NAME=XXXX" at *at, which moves behind it; false: none, or not well formed. */
static bool next_address(const char **at, const char **name, size_t *name_len, const char **address)
{
    const char *start = *at + strspn(*at, " ");
    const size_t len = strcspn(start, " ="), digits = start[len] == '=' ? strcspn(start + len + 1, " ") : 0;

    *name = start;
    *name_len = len;
    *address = start + len + 1;
    *at = start[len] == '=' ? start + len + 1 + digits : start;
    return len > 0 && digits == 4 && strspn(*address, "0123456789ABCDEF") >= 4;
}

bool ssc_profile_key_address(const struct ssc_profile *p, const char *key, char address[5])
{
    const char *at = p->key_addresses, *name, *digits;
    size_t len;
    bool found = false;

    while (!found && next_address(&at, &name, &len, &digits)) {
        found = len == strlen(key) && strncmp(name, key, len) == 0;
        if (found) {
            snprintf(address, 5, "%.4s", digits);
        }
    }
    return found;
}

static bool addresses_valid(const char *text)
{
    const char *at = text, *name, *digits;
    char key[16];
    size_t len;
    bool valid = true;

    while (valid && at[strspn(at, " ")] != '\0') {
        valid = next_address(&at, &name, &len, &digits) && len < sizeof key;
        if (valid) {
            snprintf(key, sizeof key, "%.*s", (int)len, name);
            valid = ssc_key_by_name(key) != NULL;
        }
    }
    return valid;
}

/* What single members cannot say about themselves. */
static const char *check_whole(const struct ssc_profile *p)
{
    const char *complaint = NULL;

    if (p->pin_min_digits > p->pin_max_digits) {
        complaint = "pin_min_digits is above pin_max_digits";
    }
    if (strcmp(p->purse_pin_algorithm, "3des") != 0 && strcmp(p->purse_pin_algorithm, "sm4") != 0) {
        complaint = "purse_pin_algorithm: 3des or sm4 expected";
    }
    if (!addresses_valid(p->key_addresses)) {
        complaint = "key_addresses: NAME=XXXX expected, separated by blanks, names as in the table of keys";
    }
    if (p->psam_levels[0] == '\0' || strspn(p->psam_levels, "123") != strlen(p->psam_levels)) {
        complaint = "psam_levels: one to three of the digits 1, 2, 3 expected";
    }
    return complaint;
}

static const char *set_members(json_t *root, struct ssc_profile *p, const char **where)
{
    const char *complaint = NULL, *name;
    json_t *value;

    json_object_foreach(root, name, value)
    {
        const struct member *m = find_member(name);
        complaint = m ? set_member(m, value, p) : "no such switch";
        if (complaint) {
            *where = name;
            break;
        }
    }
    if (!complaint) {
        complaint = check_whole(p);
    }
    return complaint;
}

int ssc_profile_parse(const char *json, struct ssc_profile *p, char why[200])
{
    struct ssc_profile made = *p;
    const char *complaint = "a JSON object expected", *where = "profile";
    json_error_t error = {.line = 0};
    json_t *root = NULL;
    int rc = SSC_E_CONFIG;

    if (strnlen(json, PROFILE_BYTES + 1) > PROFILE_BYTES) {
        complaint = "longer than 8 KiB";
    } else {
        root = json_loads(json, JSON_REJECT_DUPLICATES, &error);
    }
    if (json_is_object(root)) {
        complaint = set_members(root, &made, &where);
    }
    if (complaint == NULL) {
        *p = made;
        rc = 0;
    } else if (why) {
        snprintf(why, 200, "%.40s: %s%s%.80s", where, complaint, error.text[0] ? ": " : "", error.text);
    }
    json_decref(root);
    return rc;
}
