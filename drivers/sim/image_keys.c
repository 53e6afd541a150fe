/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys. A user card holds each key diversified from its root with the factors of province, city and card; the
 * PSAM holds the root itself, and what the root becomes after the province's and the city's factor, as far as
 * "levels" says. Card and PSAM images with the same roots therefore belong together.
 */
#include "drivers/sim/card.h"

#include <string.h>

enum {
    ALL_LEVELS = 1u << 1 | 1u << 2 | 1u << 3,
    PURSE_LEVELS = 1u << 0 | ALL_LEVELS,
    TYPE_LOAD = 9,
    TYPE_TAC = 12
};

const char *const sim_pboc_key_names[SIM_PBOC_KEYS] = {"DPK",  "DLK",  "DTK",  "DULK", "DUK",
                                                       "DAMK", "DPUK", "DRPK", "DEAK", "DIAK"};
const char *const sim_pboc_master_names[SIM_PBOC_KEYS] = {"MPK",  "MLK",  "MTK",  "MULK", "MUK",
                                                          "MAMK", "MPUK", "MRPK", "MEAK", "MIAK"};

static int hex_key(struct sim_loader *l, const char *name, const json_t *v, enum ssc_algorithm alg,
                   size_t len, struct ssc_key *key)
{
    size_t n = sizeof key->bytes;
    const char *text = json_string_value(v);
    int rc = 0;
    *key = (struct ssc_key){.alg = alg, .len = (uint8_t)len};
    if (!text || ssc_hex_decode(text, key->bytes, &n) != 0 || (n != len && (n != 16 || len != 8))) {
        rc = sim_bad(l, "keys: \"%.20s\" must be %zu bytes in hexadecimal", name, len);
    } else if (len == 8) { /* a single-length key is made from the left half of a root of 16 bytes */
        memset(key->bytes + 8, 0, sizeof key->bytes - 8);
    }
    return rc;
}

static int city_factors(const struct ssc_sim_card *c, uint8_t province[8], uint8_t city[8])
{
    int rc = ssc_factor_province(c->city, province);
    return rc == 0 ? ssc_factor_city(c->city, city) : rc;
}

/* root -> province -> city -> card */
static int card_key(const struct ssc_sim_card *c, const struct ssc_key *root, struct ssc_key *out)
{
    uint8_t factors[3][8];
    int rc = city_factors(c, factors[2], factors[1]);
    memcpy(factors[0], c->factor, sizeof factors[0]);
    return rc == 0 ? sim_psam_derive(root, factors[0], 3, out) : rc;
}

/* ---- user cards ---- */

/* A key is hexadecimal (the card's own key), null (absent), or an object with root or value, ref, version,
 * tries. */
static int load_ssc_key(struct sim_loader *l, const struct ssc_key_info *info, const json_t *root,
                        const json_t *own)
{
    static const char *const NAMES[] = {"root", "value", "ref", "version", "tries", NULL};
    struct ssc_sim_card *c = l->c;
    struct sim_key *k = &c->key[info->id];
    const json_t *value = json_is_string(own) ? own : json_object_get(own, "value");
    const json_t *base = json_object_get(own, "root") ? json_object_get(own, "root") : root;
    const size_t len = c->alg == SSC_ALG_3DES ? info->len_des : 16;
    uint8_t ref = info->ref < 0 ? 0xFF : (uint8_t)info->ref;
    uint64_t tries = c->profile.key_tries;
    struct ssc_key raw;
    int rc = json_is_object(own) ? sim_members_known(l, own, info->name, NAMES) : 0;
    *k = (struct sim_key){.app = (uint8_t)info->app, .version = c->profile.key_version, .ref = info->ref};
    if (rc != 0 || json_is_null(own) || (!value && !base)) {
        goto done;
    }
    rc = hex_key(l, info->name, value ? value : base, c->alg, len, &raw);
    if (rc == 0 && value) {
        k->key = raw;
    } else if (rc == 0) {
        rc = card_key(c, &raw, &k->key);
    }
    rc = rc == 0 ? sim_hex_member(l, own, "ref", &ref, 1) : rc;
    rc = rc == 0 ? sim_hex_member(l, own, "version", &k->version, 1) : rc;
    rc = rc == 0 ? sim_uint_member(l, own, "tries", 15, &tries) : rc;
    k->ref = info->ref < 0 && !json_object_get(own, "ref") ? -1 : ref;
    k->tries = (uint8_t)tries;
    k->present = rc == 0;
    ssc_cleanse(&raw, sizeof raw);
done:
    return rc;
}

static int load_ssc_keys(struct sim_loader *l, const json_t *keys)
{
    const char *name;
    json_t *own;
    int rc = 0;
    for (int id = SSC_KEY_NONE + 1; id < SSC_KEY_COUNT && rc == 0; id++) {
        const struct ssc_key_info *info = ssc_key_info((enum ssc_key_id)id);
        rc = load_ssc_key(l, info, json_object_get(keys, "root"), json_object_get(keys, info->name));
    }
    json_object_foreach((json_t *)keys, name, own)
    {
        if (rc == 0 && strcmp(name, "root") != 0 && strcmp(name, "left") != 0 && !ssc_key_by_name(name)) {
            rc = sim_bad(l, "keys: unknown key \"%.20s\"", name);
        }
    }
    return rc;
}

/* PBOC: DPK is the card's key, MPK a master diversified with the application serial number (file 15h,
 * bytes 12..19). */
static int load_pboc_key(struct sim_loader *l, const json_t *keys, int i, const uint8_t factor[8])
{
    struct ssc_sim_card *c = l->c;
    struct sim_key *k = &c->key[i];
    const json_t *own = json_object_get(keys, sim_pboc_key_names[i]);
    const json_t *master = json_object_get(keys, sim_pboc_master_names[i]);
    struct ssc_key raw;
    int rc = 0;
    *k = (struct sim_key){.ref = -1, .version = c->profile.key_version, .tries = c->profile.key_tries};
    if (own) {
        rc = hex_key(l, sim_pboc_key_names[i], own, c->alg, 16, &k->key);
    } else if (master) {
        rc = hex_key(l, sim_pboc_master_names[i], master, c->alg, 16, &raw);
        rc = rc == 0 ? ssc_diversify(&raw, factor, &k->key) : rc;
        ssc_cleanse(&raw, sizeof raw);
    }
    k->present = rc == 0 && (own || master);
    return rc;
}

static int load_pboc_keys(struct sim_loader *l, const json_t *keys)
{
    struct ssc_sim_card *c = l->c;
    const struct sim_ef *ef = sim_ef_by_sfi(c, 1, 0x15);
    uint8_t factor[8] = {0};
    const char *name;
    json_t *value;
    int rc = 0;
    if (ef && ef->size >= 20) {
        memcpy(factor, c->nv.pool + ef->offset + 12, sizeof factor);
    }
    for (int i = 0; i < SIM_PBOC_KEYS && rc == 0; i++) {
        rc = load_pboc_key(l, keys, i, factor);
    }
    json_object_foreach((json_t *)keys, name, value)
    {
        bool known = strcmp(name, "left") == 0;
        for (int i = 0; i < SIM_PBOC_KEYS; i++) {
            known = known || strcmp(name, sim_pboc_key_names[i]) == 0 ||
                    strcmp(name, sim_pboc_master_names[i]) == 0;
        }
        rc = rc == 0 && !known ? sim_bad(l, "keys: unknown key \"%.20s\"", name) : rc;
    }
    return rc;
}

const char *sim_key_name(const struct ssc_sim_card *c, int i)
{
    return c->kind == SIM_PBOC                     ? (i < SIM_PBOC_KEYS ? sim_pboc_key_names[i] : NULL)
           : i > SSC_KEY_NONE && i < SSC_KEY_COUNT ? ssc_key_info((enum ssc_key_id)i)->name
                                                   : NULL;
}

int sim_load_keys(struct sim_loader *l)
{
    struct ssc_sim_card *c = l->c;
    const json_t *keys = json_object_get(l->root, "keys");
    int rc = keys && !json_is_object(keys) ? sim_bad(l, "\"keys\" must be an object") : 0;
    if (rc == 0) {
        rc = c->kind == SIM_PBOC ? load_pboc_keys(l, keys) : load_ssc_keys(l, keys);
    }
    for (int i = 0; i < SIM_KEYS && rc == 0; i++) {
        uint64_t left = c->key[i].tries;
        const char *name = sim_key_name(c, i);
        if (name) {
            rc = sim_uint_member(l, json_object_get(keys, "left"), name, left, &left);
        }
        c->nv.key_left[i] = (uint8_t)left;
    }
    return rc;
}

/* ---- PSAM ---- */

static int add_psam_key(struct sim_loader *l, const struct sim_psam_key *k)
{
    struct ssc_sim_card *c = l->c;
    int rc = c->psam_key_count == SIM_PSAM_KEYS ? sim_bad(l, "keys: more than a PSAM can hold") : 0;
    if (rc == 0) {
        c->psam_key[c->psam_key_count++] = *k;
    }
    return rc;
}

static int load_levels(struct sim_loader *l, const json_t *list, uint8_t *levels)
{
    const json_t *v;
    size_t i;
    int rc = list && !json_is_array(list) ? sim_bad(l, "keys: \"levels\" must be a list of 1, 2, 3") : 0;
    if (rc == 0 && list) {
        *levels = 0;
    }
    json_array_foreach((json_t *)list, i, v)
    {
        const json_int_t n = json_integer_value(v);
        if (rc == 0 && (n < 1 || n > 3)) {
            rc = sim_bad(l, "keys: \"levels\" must be a list of 1, 2, 3");
        } else if (rc == 0) {
            *levels = (uint8_t)(*levels | 1u << n);
        }
    }
    return rc;
}

/* [3] wants card, city and province; [2] has the province's factor in it already, [1] the city's, too. */
static int psam_roots(const struct ssc_sim_card *c, struct sim_psam_key *k, const struct ssc_key *root)
{
    uint8_t province[8], city[8];
    int rc = city_factors(c, province, city);
    k->root[3] = *root;
    rc = rc == 0 ? ssc_diversify(&k->root[3], province, &k->root[2]) : rc;
    return rc == 0 ? ssc_diversify(&k->root[2], city, &k->root[1]) : rc;
}

static int load_psam_ssc_key(struct sim_loader *l, const struct ssc_key_info *info, enum ssc_algorithm alg,
                             const json_t *keys)
{
    static const char *const NAMES[] = {"root", "levels", NULL};
    const json_t *own = json_object_get(keys, info->name);
    const json_t *base = json_is_string(own)            ? own
                         : json_object_get(own, "root") ? json_object_get(own, "root")
                                                        : json_object_get(keys, "root");
    struct sim_psam_key k = {.type = info->psam_type, .id = info->psam_id, .alg = alg, .levels = ALL_LEVELS};
    struct ssc_key root;
    int rc = json_is_object(own) ? sim_members_known(l, own, info->name, NAMES) : 0;
    /* load keys live at the host, never in a terminal; so do the keys that prove a transaction to the host */
    if (rc != 0 || json_is_null(own) || !base || k.type == TYPE_LOAD || k.type == TYPE_TAC) {
        goto done;
    }
    rc = hex_key(l, info->name, base, alg, alg == SSC_ALG_3DES ? info->len_des : 16, &root);
    rc = rc == 0 ? load_levels(l, json_object_get(keys, "levels"), &k.levels) : rc;
    rc = rc == 0 ? load_levels(l, json_object_get(own, "levels"), &k.levels) : rc;
    rc = rc == 0 ? psam_roots(l->c, &k, &root) : rc;
    rc = rc == 0 ? add_psam_key(l, &k) : rc;
    ssc_cleanse(&root, sizeof root);
done:
    ssc_cleanse(&k, sizeof k);
    return rc;
}

/* {"type": 2, "version": 1, "algorithm": "3des", "key": "..."}: a master of the PBOC dialect. */
static int load_purse_key(struct sim_loader *l, const json_t *o)
{
    static const char *const NAMES[] = {"type", "version", "algorithm", "key", "levels", NULL};
    const char *alg = json_string_value(json_object_get(o, "algorithm"));
    const bool sm4 = alg && strcmp(alg, "sm4") == 0;
    struct sim_psam_key k = {.purse = true, .alg = sm4 ? SSC_ALG_SM4 : SSC_ALG_3DES, .levels = PURSE_LEVELS};
    uint64_t type = 0, version = 1;
    int rc = json_is_object(o) ? sim_members_known(l, o, "purse_keys", NAMES)
                               : sim_bad(l, "\"purse_keys\" must be a list of objects");
    rc = rc == 0 ? sim_uint_member(l, o, "type", 31, &type) : rc;
    rc = rc == 0 ? sim_uint_member(l, o, "version", 255, &version) : rc;
    rc = rc == 0 ? hex_key(l, "key", json_object_get(o, "key"), k.alg, 16, &k.root[0]) : rc;
    rc = rc == 0 ? load_levels(l, json_object_get(o, "levels"), &k.levels) : rc;
    if (rc == 0) {
        k.type = (uint8_t)type;
        k.id = (uint8_t)version;
        k.root[1] = k.root[2] = k.root[3] = k.root[0];
        rc = add_psam_key(l, &k);
    }
    ssc_cleanse(&k, sizeof k);
    return rc;
}

int sim_load_psam_keys(struct sim_loader *l)
{
    struct ssc_sim_card *c = l->c;
    const json_t *keys = json_object_get(l->root, "keys");
    const json_t *list = json_object_get(l->root, "purse_keys");
    const json_t *o;
    const char *name;
    json_t *own;
    size_t i;
    int rc = (keys && !json_is_object(keys)) || (list && !json_is_array(list))
                 ? sim_bad(l, "\"keys\" must be an object, \"purse_keys\" a list")
                 : 0;
    for (size_t d = 0; d < c->df_count; d += 2) {
        for (int id = SSC_KEY_NONE + 1; id < SSC_KEY_COUNT && rc == 0; id++) {
            rc = load_psam_ssc_key(l, ssc_key_info((enum ssc_key_id)id), c->df[d].alg, keys);
        }
    }
    json_object_foreach((json_t *)keys, name, own)
    {
        if (rc == 0 && strcmp(name, "root") != 0 && strcmp(name, "levels") != 0 && !ssc_key_by_name(name)) {
            rc = sim_bad(l, "keys: unknown key \"%.20s\"", name);
        }
    }
    json_array_foreach((json_t *)list, i, o)
    {
        rc = rc == 0 ? load_purse_key(l, o) : rc;
    }
    return rc;
}
