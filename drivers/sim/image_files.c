/* SPDX-License-Identifier: Apache-2.0 */
/* The file system of a card: first every file of its generation, empty, from the tables of apdu/ssc_files.h;
 * then what the image puts into them. */
#include "apdu/text.h"
#include "drivers/sim/card.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EMPTY_AN = 0x00, EMPTY_CN = 0xFF, VALUE_MAX = 253, LOG_SHORT = 20, TRANSPARENT_MAX = 8192 };

/* ---- building ---- */

static int take_pool(struct sim_loader *l, size_t len, uint8_t fill, uint32_t *offset)
{
    struct ssc_sim_card *c = l->c;
    int rc = 0;
    if (len > SIM_POOL - c->pool_used) {
        rc = sim_bad(l, "files: more than a card can hold");
    } else {
        *offset = (uint32_t)c->pool_used;
        memset(c->nv.pool + c->pool_used, fill, len);
        c->pool_used += len;
    }
    return rc;
}

static int add_slot(struct sim_loader *l, uint8_t tag, size_t cap, uint8_t fill)
{
    struct ssc_sim_card *c = l->c;
    struct sim_slot *slot = &c->slot[c->slot_count];
    int rc =
        c->slot_count == SIM_SLOTS || cap > VALUE_MAX ? sim_bad(l, "files: too many or too long records") : 0;
    if (rc == 0) {
        slot->tag = tag;
        slot->cap = (uint8_t)cap;
        rc = take_pool(l, cap, fill, &slot->offset);
    }
    if (rc == 0) {
        c->nv.record_len[c->slot_count++] = (uint8_t)cap;
    }
    return rc;
}

static int add_ef(struct sim_loader *l, const struct sim_ef *ef, struct sim_ef **added)
{
    struct ssc_sim_card *c = l->c;
    int rc = c->ef_count == SIM_EFS ? sim_bad(l, "files: too many") : 0;
    if (rc == 0) {
        struct sim_ef *own = &c->ef[c->ef_count++];
        *own = *ef;
        own->slot = (uint16_t)c->slot_count;
        if (ef->kind == SSC_FILE_TRANSPARENT) {
            rc = take_pool(l, ef->size, EMPTY_AN, &own->offset);
        } else if (ef->kind == SSC_FILE_CYCLIC) {
            rc = take_pool(l, (size_t)ef->size * ef->records, EMPTY_AN, &own->offset);
        }
        *added = own;
    }
    return rc;
}

static void add_df(struct ssc_sim_card *c, uint16_t fid, uint8_t parent, const uint8_t *name, size_t len,
                   enum ssc_app app, enum ssc_algorithm alg)
{
    struct sim_df *df = &c->df[c->df_count++];
    *df = (struct sim_df){.fid = fid, .parent = parent, .app = app, .alg = alg};
    df->name_len = len < sizeof df->name ? len : sizeof df->name;
    if (len > 0) {
        memcpy(df->name, name, df->name_len);
    }
}

static int build_ssc_file(struct sim_loader *l, const struct ssc_file *f)
{
    const bool short_log = l->c->profile.account_only && f->app == SSC_APP_DF04 && f->sfi == 8;
    struct sim_ef ef = {
        .df = (uint8_t)f->app,
        .sfi = f->sfi,
        .fid = (uint16_t)(0xEF00 | f->sfi),
        .kind = f->kind,
        .size = short_log ? LOG_SHORT : f->size,
        .records = f->records,
        .read = f->read,
        .update = f->update,
        .read_key = f->read_key,
        .update_key = f->update_key,
        .info = f,
    };
    struct sim_ef *own = NULL;
    int rc = add_ef(l, &ef, &own);
    for (size_t i = 0; i < f->element_count && rc == 0; i++) {
        const struct ssc_element *e = &f->elements[i];
        rc = add_slot(l, e->tag, e->len, e->type == SSC_CN ? EMPTY_CN : EMPTY_AN);
    }
    if (rc == 0) {
        own->slots = (uint16_t)(l->c->slot_count - own->slot);
    }
    return rc;
}

/* DFs stand at the index of their enum ssc_app; one without files in this generation cannot be selected. */
static int build_ssc(struct sim_loader *l)
{
    size_t count;
    const struct ssc_file *files = ssc_files(l->c->generation, &count);
    int rc = 0;
    for (int app = 0; app < SSC_APP_COUNT; app++) {
        const struct ssc_app_info *info = ssc_app_info((enum ssc_app)app);
        bool exists = false;
        for (size_t i = 0; i < count; i++) {
            exists = exists || files[i].app == info->app;
        }
        add_df(l->c, exists ? info->fid : 0, 0, info->aid, exists ? info->aid_len : 0, info->app, l->c->alg);
    }
    for (size_t i = 0; i < count && rc == 0; i++) {
        rc = build_ssc_file(l, &files[i]);
    }
    return rc;
}

struct plain_file {
    uint8_t df;
    uint8_t sfi;
    uint16_t size;
    uint8_t records; /* cyclic when not 0 */
};

static int build_plain(struct sim_loader *l, const struct plain_file *files, size_t count,
                       enum ssc_access update)
{
    struct sim_ef *own;
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        const struct sim_ef ef = {
            .df = files[i].df,
            .sfi = files[i].sfi,
            .fid = files[i].sfi,
            .kind = files[i].records ? SSC_FILE_CYCLIC : SSC_FILE_TRANSPARENT,
            .size = files[i].size,
            .records = files[i].records,
            .read = SSC_FREE,
            .update = files[i].records ? SSC_NEVER : update,
        };
        rc = add_ef(l, &ef, &own);
    }
    return rc;
}

/* Composite records: as many as the image names, each as long as the image makes it. */
static int build_capp(struct sim_loader *l, uint8_t sfi)
{
    const struct sim_ef ef = {
        .df = 1, .sfi = sfi, .fid = sfi, .kind = SSC_FILE_VARIABLE, .read = SSC_FREE, .update = SSC_FREE};
    struct sim_ef *own = NULL;
    char name[8];
    const char *tag;
    json_t *value;
    int rc = add_ef(l, &ef, &own);
    snprintf(name, sizeof name, "EF%02X", sfi);
    json_object_foreach(json_object_get(json_object_get(l->root, "files"), name), tag, value)
    {
        uint8_t byte;
        size_t n = 1;
        if (rc == 0 && (ssc_hex_decode(tag, &byte, &n) != 0 || n != 1 || !json_is_string(value))) {
            rc = sim_bad(l, "files: %s: a record is \"AA\": \"hexadecimal\"", name);
        }
        rc = rc == 0 ? add_slot(l, byte, json_string_length(value) / 2, EMPTY_AN) : rc;
    }
    if (rc == 0) {
        own->slots = (uint16_t)(l->c->slot_count - own->slot);
    }
    return rc;
}

static uint16_t size_in_image(const struct sim_loader *l, const char *name, uint16_t otherwise)
{
    const json_t *v = json_object_get(json_object_get(l->root, "files"), name);
    const size_t len = json_is_string(v) ? json_string_length(v) / 2 : 0;
    return len > 0 && len <= TRANSPARENT_MAX ? (uint16_t)len : otherwise;
}

static int build_pboc(struct sim_loader *l)
{
    static const uint8_t capp[] = {0x17, 0x19, 0x1A};
    const struct plain_file files[] = {
        {1, 0x15, size_in_image(l, "EF15", 30), 0},
        {1, 0x16, size_in_image(l, "EF16", 39), 0},
        {1, 0x18, 23, 10},
    };
    int rc;
    add_df(l->c, 0x3F00, 0, (const uint8_t *)"1PAY.SYS.DDF01", 14, SSC_APP_SSSE, l->c->alg);
    add_df(l->c, 0x3F01, 0, ssc_purse_aid, sizeof ssc_purse_aid, SSC_APP_SSSE, l->c->alg);
    rc = build_plain(l, files, sizeof files / sizeof files[0], SSC_FREE);
    for (size_t i = 0; i < sizeof capp && rc == 0; i++) {
        rc = build_capp(l, capp[i]);
    }
    return rc;
}

/* The same files in each algorithm's environment (card specification part 9). */
static int build_psam_environment(struct sim_loader *l, enum ssc_algorithm alg, uint16_t fid)
{
    const uint8_t env = (uint8_t)l->c->df_count;
    const uint8_t app = (uint8_t)(env + 1);
    const struct plain_file files[] = {
        {env, 0x15, size_in_image(l, "EF15", 15), 0},
        {env, 0x16, 6, 0},
        {app, 0x17, 25, 0},
        {app, 0x18, 4, 0},
        {app, 0x19, 4, 0},
        {app, 0x1A, 10, 0},
        {app, 0x1B, 10, 0},
        {app, 0x1C, 10, 0},
    };
    size_t len;
    const uint8_t *name = ssc_psam_environment((int)alg, &len);
    add_df(l->c, fid, env, name, len, SSC_APP_SSSE, alg);
    add_df(l->c, 0xDF01, env, ssc_psam_app_aid, sizeof ssc_psam_app_aid, SSC_APP_SSSE, alg);
    return build_plain(l, files, sizeof files / sizeof files[0], SSC_NEVER);
}

static int build_psam(struct sim_loader *l)
{
    const json_t *list = json_object_get(l->root, "algorithms");
    const json_t *v;
    size_t i;
    int rc = list && !json_is_array(list) ? sim_bad(l, "\"algorithms\" must be a list") : 0;
    if (rc == 0 && !list) {
        rc = build_psam_environment(l, SSC_ALG_3DES, 0x3F00);
        rc = rc == 0 ? build_psam_environment(l, SSC_ALG_SM4, 0xDDF2) : rc;
    }
    json_array_foreach((json_t *)list, i, v)
    {
        const char *name = json_is_string(v) ? json_string_value(v) : "";
        const bool des = strcmp(name, "3des") == 0;
        if (rc == 0 && (i > 1 || (!des && strcmp(name, "sm4") != 0))) {
            rc = sim_bad(l, "\"algorithms\" may hold \"3des\" and \"sm4\"");
        } else if (rc == 0) {
            rc = build_psam_environment(l, des ? SSC_ALG_3DES : SSC_ALG_SM4, i == 0 ? 0x3F00 : 0xDDF2);
        }
    }
    if (rc == 0 && l->c->df_count == 0) {
        rc = sim_bad(l, "\"algorithms\" is empty");
    }
    return rc;
}

/* ---- filling ---- */

/* Text of an element as the card stores it: GB18030 and 00, or digits and F. */
static int text_value(const struct ssc_element *e, const char *text, uint8_t *out, size_t *len)
{
    int rc;
    if (e->type == SSC_AN) {
        memset(out, EMPTY_AN, e->len);
        *len = e->len + 1u; /* the conversion ends with a NUL */
        rc = ssc_utf8_to_gb18030(text, strlen(text), out, len, NULL);
    } else if (e->type == SSC_CN) {
        rc = ssc_digits_to_cn(text, out, e->len);
        if (rc != 0) { /* the card identification code holds a RID: hexadecimal, not only digits */
            memset(out, EMPTY_CN, e->len);
            *len = e->len;
            rc = ssc_hex_decode(text, out, len);
        }
    } else {
        rc = SSC_E_INVALID_ARGUMENT;
    }
    *len = e->len;
    return rc;
}

static int put_value(struct sim_loader *l, const char *file, const char *name, unsigned slot,
                     const struct ssc_element *e, const json_t *value)
{
    uint8_t bytes[VALUE_MAX + 1] = {0};
    size_t len = l->c->slot[slot].cap;
    const char *text = json_string_value(value);
    int rc = SSC_E_INVALID_ARGUMENT;
    if (text && e) {
        rc = text_value(e, text, bytes, &len);
    } else if (text) {
        rc = ssc_hex_decode(text, bytes, &len);
    }
    if (rc != 0 || len > l->c->slot[slot].cap) {
        rc = sim_bad(l, "files: %.20s: \"%.40s\" must fit %u bytes", file, name, l->c->slot[slot].cap);
    } else {
        memset(l->c->nv.pool + l->c->slot[slot].offset, 0, l->c->slot[slot].cap);
        memcpy(l->c->nv.pool + l->c->slot[slot].offset, bytes, len);
        l->c->nv.record_len[slot] = (uint8_t)len;
    }
    return rc;
}

/* "08": "3131.." or "name": "text"; a list for elements that stand in the file more than once. */
static int fill_record(struct sim_loader *l, const struct sim_ef *ef, const char *file, const char *name,
                       const json_t *value)
{
    const struct ssc_element *e = ef->info ? ssc_element_by_key(ef->info, name) : NULL;
    const size_t items = json_is_array(value) ? json_array_size(value) : 1;
    uint8_t tag = e ? e->tag : 0;
    size_t n = 1, item = 0;
    int rc = !e && (strlen(name) != 2 || ssc_hex_decode(name, &tag, &n) != 0) ? SSC_E_IMAGE_INVALID : 0;
    for (unsigned s = ef->slot; rc == 0 && s < (unsigned)ef->slot + ef->slots && item < items; s++) {
        if (l->c->slot[s].tag == tag) {
            const json_t *v = json_is_array(value) ? json_array_get(value, item) : value;
            rc = put_value(l, file, name, s, e, v);
            item++;
        }
    }
    if (item < items && (rc == 0 || item == 0)) {
        rc = sim_bad(l, "files: %.20s has no element \"%.40s\"", file, name);
    }
    return rc;
}

static int fill_cyclic(struct sim_loader *l, const struct sim_ef *ef, const char *file, const json_t *list)
{
    uint8_t record[256];
    int rc = json_is_array(list) && json_array_size(list) <= ef->records
                 ? 0
                 : sim_bad(l, "files: %.20s must be a list of at most %u records", file, ef->records);
    for (size_t i = json_is_array(list) ? json_array_size(list) : 0; i > 0 && rc == 0;
         i--) { /* newest stands first */
        const char *text = json_string_value(json_array_get(list, i - 1));
        size_t len = sizeof record;
        if (!text || ssc_hex_decode(text, record, &len) != 0 || len != ef->size) {
            rc = sim_bad(l, "files: %.20s: a record is %u bytes in hexadecimal", file, ef->size);
        } else {
            sim_record_push(l->c, ef, record, len);
        }
    }
    return rc;
}

static int fill_file(struct sim_loader *l, const struct sim_ef *ef, const char *file, const json_t *content)
{
    const char *name;
    json_t *value;
    int rc = 0;
    if (ef->kind == SSC_FILE_CYCLIC) {
        rc = fill_cyclic(l, ef, file, content);
    } else if (ef->kind == SSC_FILE_TRANSPARENT) {
        size_t len = ef->size;
        const char *text = json_string_value(content);
        if (!text || ssc_hex_decode(text, l->c->nv.pool + ef->offset, &len) != 0) {
            rc = sim_bad(l, "files: %.20s must be at most %u bytes in hexadecimal", file, ef->size);
        }
    } else if (!json_is_object(content)) {
        rc = sim_bad(l, "files: %.20s must be an object of records", file);
    } else {
        json_object_foreach((json_t *)content, name, value)
        {
            rc = rc == 0 ? fill_record(l, ef, file, name, value) : rc;
        }
    }
    return rc;
}

/* SSC: "SSSEEF05". PBOC and PSAM: "EF15"; in a PSAM the file of every environment. */
static int fill_named(struct sim_loader *l, const char *file, const json_t *content)
{
    struct ssc_sim_card *c = l->c;
    const struct ssc_file *info = c->kind == SIM_SSC ? ssc_file_by_name(c->generation, file) : NULL;
    bool found = false;
    uint8_t sfi = 0;
    size_t n = 1;
    int rc = 0;
    if (c->kind != SIM_SSC && (strncmp(file, "EF", 2) != 0 || ssc_hex_decode(file + 2, &sfi, &n) != 0)) {
        sfi = 0;
    }
    for (size_t i = 0; i < c->ef_count && rc == 0; i++) {
        const struct sim_ef *ef = &c->ef[i];
        if (c->kind == SIM_SSC ? info && ef->info == info : sfi != 0 && ef->sfi == sfi) {
            rc = fill_file(l, ef, file, content);
            found = true;
        }
    }
    return rc == 0 && !found ? sim_bad(l, "files: this card has no file \"%.20s\"", file) : rc;
}

static int fill_all(struct sim_loader *l)
{
    const json_t *files = json_object_get(l->root, "files");
    const json_t *card = json_object_get(l->root, "card");
    const json_t *holder = json_object_get(l->root, "holder");
    const char *name;
    json_t *content;
    int rc = files && !json_is_object(files) ? sim_bad(l, "\"files\" must be an object") : 0;
    if (rc == 0 && (card || holder) && l->c->kind != SIM_SSC) {
        rc = sim_bad(l, "only a social security card has \"card\" and \"holder\"");
    }
    rc = rc == 0 && card ? fill_named(l, "SSSEEF05", card) : rc;
    rc = rc == 0 && holder ? fill_named(l, "SSSEEF06", holder) : rc;
    json_object_foreach((json_t *)files, name, content)
    {
        rc = rc == 0 ? fill_named(l, name, content) : rc;
    }
    return rc;
}

int sim_load_files(struct sim_loader *l)
{
    int rc = l->c->kind == SIM_SSC ? build_ssc(l) : l->c->kind == SIM_PBOC ? build_pboc(l) : build_psam(l);
    rc = rc == 0 ? fill_all(l) : rc;
    memset(l->c->nv.ef_dirty, 0, sizeof l->c->nv.ef_dirty); /* the image says it already */
    return rc;
}
