/* SPDX-License-Identifier: Apache-2.0 */
/* From the JSON image to a card: kind, answer to reset, profile, PIN, wire, faults. docs/card-image.md says
 * what each member means. Every mistake is answered with the place where it stands; values are not repeated,
 * they may be keys. */
#include "drivers/sim/card.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHY = 200, IMAGE_MAX = 1 << 20, SEED = 20150501 };

int sim_bad(struct sim_loader *l, const char *format, ...)
{
    va_list args;
    if (l->why) {
        va_start(args, format);
        vsnprintf(l->why, WHY, format, args);
        va_end(args);
    }
    return SSC_E_IMAGE_INVALID;
}

/* Exactly len bytes; an absent member leaves `out` as it is. */
int sim_hex_member(struct sim_loader *l, const json_t *object, const char *name, uint8_t *out, size_t len)
{
    const json_t *v = json_object_get(object, name);
    size_t n = len;
    int rc = 0;
    if (v && (!json_is_string(v) || json_string_length(v) > 2 * len ||
              ssc_hex_decode_n(json_string_value(v), json_string_length(v), out, &n) != 0 || n != len)) {
        rc = sim_bad(l, "\"%s\" must be %zu bytes in hexadecimal", name, len);
    }
    return rc;
}

int sim_uint_member(struct sim_loader *l, const json_t *object, const char *name, uint64_t max, uint64_t *out)
{
    const json_t *v = json_object_get(object, name);
    int rc = 0;
    if (v && (!json_is_integer(v) || json_integer_value(v) < 0 || (uint64_t)json_integer_value(v) > max)) {
        rc = sim_bad(l, "\"%s\" must be a number from 0 to %llu", name, (unsigned long long)max);
    } else if (v) {
        *out = (uint64_t)json_integer_value(v);
    }
    return rc;
}

int sim_members_known(struct sim_loader *l, const json_t *object, const char *where, const char *const *names)
{
    const char *key;
    json_t *value;
    int rc = 0;
    if (object && !json_is_object(object)) {
        rc = sim_bad(l, "\"%s\" must be an object", where);
        goto done;
    }
    json_object_foreach((json_t *)object, key, value)
    {
        bool known = false;
        for (size_t i = 0; names[i] && !known; i++) {
            known = strcmp(names[i], key) == 0;
        }
        if (!known && rc == 0) {
            rc = sim_bad(l, "%s: unknown member \"%.40s\"", where, key);
        }
    }
done:
    return rc;
}

/* One of several words; absent: *out stays. */
static int word(struct sim_loader *l, const json_t *object, const char *name, const char *const *words,
                int *out)
{
    const json_t *v = json_object_get(object, name);
    int rc = 0, found = -1;
    for (int i = 0; v && words[i]; i++) {
        if (json_is_string(v) && strcmp(json_string_value(v), words[i]) == 0) {
            found = i;
        }
    }
    if (v && found < 0) {
        rc = sim_bad(l, "\"%s\" has an unknown value; \"%s\" is one that is known", name, words[0]);
    } else if (v) {
        *out = found;
    }
    return rc;
}

static int flag(struct sim_loader *l, const json_t *object, const char *name, bool *out)
{
    const json_t *v = json_object_get(object, name);
    int rc = 0;
    if (v && !json_is_boolean(v)) {
        rc = sim_bad(l, "\"%s\" must be true or false", name);
    } else if (v) {
        *out = json_is_true(v);
    }
    return rc;
}

/* ---- what kind of card ---- */

static int load_kind(struct sim_loader *l)
{
    static const char *const KINDS[] = {"ssc", "pboc", "psam", NULL};
    static const char *const GENERATIONS[] = {"1.0", "2.0", "3.0", NULL};
    static const char *const ALGORITHMS[] = {"3des", "ssf33", "sm4", NULL}; /* order of enum ssc_algorithm */
    static const char *const PROTOCOLS[] = {"t0", "t1", "tcl", NULL};       /* order of enum ssc_protocol */
    struct ssc_sim_card *c = l->c;
    int kind = -1, generation = 2, alg = -1, protocol = 0;
    uint64_t format = 0;
    int rc = sim_uint_member(l, l->root, "format", 1, &format);
    if (rc == 0 && format != 1) {
        rc = sim_bad(l, "\"format\" must be 1");
    }
    rc = rc == 0 ? word(l, l->root, "kind", KINDS, &kind) : rc;
    if (rc == 0 && kind < 0) {
        rc = sim_bad(l, "\"kind\" is missing: ssc, pboc or psam");
    }
    rc = rc == 0 ? word(l, l->root, "generation", GENERATIONS, &generation) : rc;
    rc = rc == 0 ? word(l, l->root, "algorithm", ALGORITHMS, &alg) : rc;
    rc = rc == 0 ? word(l, l->root, "protocol", PROTOCOLS, &protocol) : rc;
    if (rc == 0 && alg == SSC_ALG_SSF33 - 1) {
        rc = sim_bad(l, "\"algorithm\": SSF33 is not published; use 3des or sm4");
    }
    if (rc == 0) {
        c->kind = (enum sim_kind)(1 << kind);
        c->generation = (enum ssc_generation)(generation + 1);
        c->alg = alg >= 0                                           ? (enum ssc_algorithm)(alg + 1)
                 : c->kind == SIM_SSC && c->generation == SSC_GEN_3 ? SSC_ALG_SM4
                                                                    : SSC_ALG_3DES;
        c->protocol = (enum ssc_protocol)protocol;
        c->medium = protocol == SSC_TCL ? SSC_MEDIUM_CONTACTLESS
                    : kind == 2         ? SSC_MEDIUM_SAM
                                        : SSC_MEDIUM_CONTACT;
    }
    return rc;
}

/* PC/SC part 3 shows a contactless card as 3B 8n 80 01 historical TCK; the contact answer is 3B 6n 00 00
 * historical. */
static void make_atr(struct ssc_sim_card *c, bool contactless, const uint8_t *historical, size_t len)
{
    uint8_t tck = 0;
    c->atr[0] = 0x3B;
    c->atr[1] = (uint8_t)((contactless ? 0x80 : 0x60) | len);
    c->atr[2] = contactless ? 0x80 : 0x00;
    c->atr[3] = contactless ? 0x01 : 0x00;
    memcpy(c->atr + 4, historical, len);
    c->atr_len = 4 + len;
    for (size_t i = 1; i < c->atr_len; i++) {
        tck ^= c->atr[i];
    }
    if (contactless) {
        c->atr[c->atr_len++] = tck;
    }
}

static int load_ats(struct sim_loader *l)
{
    uint8_t raw[32];
    size_t len = sizeof raw;
    struct ssc_ats ats;
    const char *text = json_string_value(json_object_get(l->root, "ats"));
    int rc = 0;
    if (!text || ssc_hex_decode(text, raw, &len) != 0 || ssc_ats_parse(raw, len, &ats) != 0 ||
        ats.historical_len > 15) {
        rc = sim_bad(l, "\"ats\" is not an answer to select in hexadecimal");
    } else {
        make_atr(l->c, true, ats.historical, ats.historical_len);
    }
    return rc;
}

bool sim_use_medium(struct ssc_sim_card *c, enum ssc_medium medium)
{
    const bool contactless = medium == SSC_MEDIUM_CONTACTLESS;
    const bool both = c->kind == SIM_PBOC || (c->kind == SIM_SSC && c->generation == SSC_GEN_3);
    struct ssc_atr atr;
    bool ok = contactless == (c->protocol == SSC_TCL);
    if (!ok && both && ssc_atr_parse(c->atr, c->atr_len, &atr) == 0) {
        make_atr(c, contactless, atr.historical, atr.historical_len);
        c->protocol = contactless ? SSC_TCL : SSC_T0;
        ok = true;
    }
    c->medium = medium;
    return ok;
}

/* The card's own diversification factor is the last eight historical bytes. */
static int load_atr(struct sim_loader *l)
{
    struct ssc_sim_card *c = l->c;
    const json_t *v = json_object_get(l->root, "atr");
    const char *text = v ? json_string_value(v) : "3B6D000000814E43238697159900BF7C7A";
    struct ssc_atr atr;
    int rc = 0;
    c->atr_len = sizeof c->atr;
    if (json_object_get(l->root, "ats")) {
        rc = load_ats(l);
    } else if (!text || ssc_hex_decode(text, c->atr, &c->atr_len) != 0) {
        rc = sim_bad(l, "\"atr\" must be 2 to 33 bytes in hexadecimal");
    }
    if (rc == 0 && ssc_atr_parse(c->atr, c->atr_len, &atr) != 0) {
        rc = sim_bad(l, "\"atr\" is not an answer to reset");
    } else if (rc == 0 && c->kind == SIM_SSC && atr.historical_len != SSC_HISTORICAL_LEN) {
        rc = sim_bad(l, "\"atr\" of a social security card must have 13 historical bytes");
    } else if (rc == 0 && atr.historical_len >= 8) {
        memcpy(c->factor, atr.historical + atr.historical_len - 8, 8);
    }
    return rc;
}

static int load_city(struct sim_loader *l)
{
    const json_t *v = json_object_get(l->root, "city");
    const char *city = v ? json_string_value(v) : "639900";
    int rc = 0;
    if (!city || strlen(city) != 6 || strspn(city, "0123456789") != 6) {
        rc = sim_bad(l, "\"city\" must be six digits");
    } else {
        memcpy(l->c->city, city, 7);
    }
    return rc;
}

/* ---- profile, wire, PIN, faults ---- */

static void default_profile(struct ssc_sim_card *c)
{
    c->profile = (struct sim_profile){
        .sfi = true,
        .whole_file = true,
        .proof_after = true,
        .log_after = c->kind == SIM_SSC, /* the specification raises the number, then writes the record */
        .pin_ends_with_transaction = c->kind == SIM_PBOC,
        .fci_algorithm = c->generation == SSC_GEN_3,
        .state_sw = SSC_SW_STATE,
        .mac2_sw = SSC_SW_MAC,
        .key_version = 1,
        .alg_id = (uint8_t)(c->kind == SIM_SSC      ? c->alg
                            : c->alg == SSC_ALG_SM4 ? 4
                                                    : 0),
        .key_index = 1,
        .key_tries = 10,
        .pin_tries = 6,
        .mac2_tries = 10,
    };
}

static int load_profile(struct sim_loader *l)
{
    static const char *const NAMES[] = {"sfi",         "whole_file",        "proof_counter",
                                        "log_counter", "balance_needs_pin", "pin_ends_with_transaction",
                                        "sm_cipher",   "account_only",      "fci_algorithm",
                                        "state_sw",    "mac2_sw",           "key_version",
                                        "alg_id",      "key_index",         "key_tries",
                                        NULL};
    static const char *const WHEN[] = {"before", "after", NULL};
    struct sim_profile *p = &l->c->profile;
    const json_t *o = json_object_get(l->root, "profile");
    int proof, log, rc;
    uint64_t tries, index;
    uint8_t state[2], mac2[2];
    default_profile(l->c);
    proof = p->proof_after;
    log = p->log_after;
    tries = p->key_tries;
    index = p->key_index;
    ssc_put16(state, p->state_sw);
    ssc_put16(mac2, p->mac2_sw);
    rc = sim_members_known(l, o, "profile", NAMES);
    rc = rc == 0 ? flag(l, o, "sfi", &p->sfi) : rc;
    rc = rc == 0 ? flag(l, o, "whole_file", &p->whole_file) : rc;
    rc = rc == 0 ? word(l, o, "proof_counter", WHEN, &proof) : rc;
    rc = rc == 0 ? word(l, o, "log_counter", WHEN, &log) : rc;
    rc = rc == 0 ? flag(l, o, "balance_needs_pin", &p->balance_needs_pin) : rc;
    rc = rc == 0 ? flag(l, o, "pin_ends_with_transaction", &p->pin_ends_with_transaction) : rc;
    rc = rc == 0 ? flag(l, o, "sm_cipher", &p->sm_cipher) : rc;
    rc = rc == 0 ? flag(l, o, "account_only", &p->account_only) : rc;
    rc = rc == 0 ? flag(l, o, "fci_algorithm", &p->fci_algorithm) : rc;
    rc = rc == 0 ? sim_hex_member(l, o, "state_sw", state, 2) : rc;
    rc = rc == 0 ? sim_hex_member(l, o, "mac2_sw", mac2, 2) : rc;
    rc = rc == 0 ? sim_hex_member(l, o, "key_version", &p->key_version, 1) : rc;
    rc = rc == 0 ? sim_hex_member(l, o, "alg_id", &p->alg_id, 1) : rc;
    rc = rc == 0 ? sim_uint_member(l, o, "key_index", 255, &index) : rc;
    rc = rc == 0 ? sim_uint_member(l, o, "key_tries", 15, &tries) : rc;
    p->proof_after = proof;
    p->log_after = log;
    p->state_sw = ssc_get16(state);
    p->mac2_sw = ssc_get16(mac2);
    p->key_index = (uint8_t)index;
    p->key_tries = (uint8_t)tries;
    return rc;
}

static int load_wire(struct sim_loader *l)
{
    static const char *const NAMES[] = {"baud", "kbps", NULL};
    const json_t *o = json_object_get(l->root, "wire");
    uint64_t baud = 9600, kbps = 106;
    int rc = sim_members_known(l, o, "wire", NAMES);
    rc = rc == 0 ? sim_uint_member(l, o, "baud", 4000000, &baud) : rc;
    rc = rc == 0 ? sim_uint_member(l, o, "kbps", 848, &kbps) : rc;
    if (rc == 0 && (baud == 0 || kbps == 0)) {
        rc = sim_bad(l, "wire: a speed of 0");
    }
    l->c->wire = (struct sim_wire){.baud = (unsigned)baud, .kbps = (unsigned)kbps};
    return rc;
}

static int load_pin(struct sim_loader *l)
{
    static const char *const NAMES[] = {"value", "tries", "left", NULL};
    struct ssc_sim_card *c = l->c;
    const json_t *o = json_object_get(l->root, "pin");
    const char *digits = json_string_value(json_object_get(o, "value"));
    uint64_t tries = c->profile.pin_tries, left;
    int rc = sim_members_known(l, o, "pin", NAMES);
    rc = rc == 0 ? sim_uint_member(l, o, "tries", 15, &tries) : rc;
    left = tries;
    rc = rc == 0 ? sim_uint_member(l, o, "left", tries, &left) : rc;
    if (rc == 0 && o && !digits) {
        rc = sim_bad(l, "pin: \"value\" is missing");
    } else if (rc == 0 && o && ssc_pin_bytes(digits, c->nv.pin, &c->nv.pin_len) != 0) {
        rc = sim_bad(l, "pin: \"value\" must be 4 to 16 digits");
    }
    c->profile.pin_tries = (uint8_t)tries;
    c->nv.pin_left = (uint8_t)left;
    return rc;
}

static int load_fault(struct sim_loader *l, const json_t *o)
{
    static const char *const NAMES[] = {"kind", "nth", "cla", "ins", "arg", "sw", "image", NULL};
    struct ssc_sim_fault f = {.kind = SSC_FAULT_NONE};
    const char *kind = json_string_value(json_object_get(o, "kind"));
    const char *image = json_string_value(json_object_get(o, "image"));
    uint8_t cla = 0, ins = 0, sw[2] = {0x6F, 0x00};
    uint64_t nth = 1, arg = 0;
    int rc = json_is_object(o) ? sim_members_known(l, o, "faults", NAMES)
                               : sim_bad(l, "\"faults\": not an object");
    rc = rc == 0 ? sim_uint_member(l, o, "nth", 1000000, &nth) : rc;
    rc = rc == 0 ? sim_uint_member(l, o, "arg", 3600000, &arg) : rc;
    rc = rc == 0 ? sim_hex_member(l, o, "cla", &cla, 1) : rc;
    rc = rc == 0 ? sim_hex_member(l, o, "ins", &ins, 1) : rc;
    rc = rc == 0 ? sim_hex_member(l, o, "sw", sw, 2) : rc;
    if (rc == 0) {
        f.kind = kind ? sim_fault_by_name(kind) : SSC_FAULT_NONE;
        f.nth = (unsigned)nth;
        f.arg = (unsigned)arg;
        f.cla = json_object_get(o, "cla") ? cla : -1;
        f.ins = json_object_get(o, "ins") ? ins : -1;
        f.sw = ssc_get16(sw);
        snprintf(f.image, sizeof f.image, "%s", image ? image : "");
        rc = ssc_sim_card_fault(l->c, &f) == 0 ? 0 : sim_bad(l, "faults: unknown kind, or more than 8");
    }
    return rc;
}

static int load_faults(struct sim_loader *l)
{
    const json_t *list = json_object_get(l->root, "faults");
    const json_t *o;
    size_t i;
    int rc = list && !json_is_array(list) ? sim_bad(l, "\"faults\" must be a list") : 0;
    json_array_foreach((json_t *)list, i, o)
    {
        rc = rc == 0 ? load_fault(l, o) : rc;
    }
    return rc;
}

/* ---- whole ---- */

static int load_all(struct sim_loader *l)
{
    static const char *const NAMES[] = {
        "format",   "note",       "kind",  "generation", "algorithm", "algorithms", "protocol",
        "atr",      "ats",        "city",  "card",       "holder",    "files",      "pin",
        "keys",     "purse_keys", "purse", "profile",    "wire",      "faults",     "state",
        "terminal", "serial",     "next",  "mac2",       NULL};
    int rc = json_is_object(l->root) ? sim_members_known(l, l->root, "image", NAMES)
                                     : sim_bad(l, "an image is a JSON object");
    rc = rc == 0 ? load_kind(l) : rc;
    rc = rc == 0 ? load_atr(l) : rc;
    rc = rc == 0 ? load_city(l) : rc;
    rc = rc == 0 ? load_profile(l) : rc;
    rc = rc == 0 ? load_wire(l) : rc;
    rc = rc == 0 ? load_pin(l) : rc;
    rc = rc == 0 ? sim_load_files(l) : rc;
    rc = rc == 0 && l->c->kind != SIM_PSAM ? sim_load_keys(l) : rc;
    rc = rc == 0 && l->c->kind == SIM_PSAM ? sim_load_psam_keys(l) : rc;
    rc = rc == 0 ? sim_load_state(l) : rc;
    rc = rc == 0 ? load_faults(l) : rc;
    return rc;
}

int ssc_sim_card_parse(const char *json, struct ssc_sim_card **out, char why[200])
{
    struct sim_loader l = {.why = why};
    json_error_t error;
    int rc = SSC_E_OUT_OF_MEMORY;
    *out = NULL;
    l.c = calloc(1, sizeof *l.c);
    if (!l.c) {
        goto done;
    }
    l.c->lock_fd = -1;
    l.c->seed = SEED;
    if (strnlen(json, IMAGE_MAX) == IMAGE_MAX) {
        rc = sim_bad(&l, "the image is larger than 1 MiB");
        goto done;
    }
    l.root = json_loads(json, JSON_REJECT_DUPLICATES, &error);
    if (!l.root) {
        rc = sim_bad(&l, "line %d: %.150s", error.line, error.text);
        goto done;
    }
    l.c->image = l.root;
    rc = load_all(&l);
    ssc_sim_card_power_off(l.c);
done:
    if (rc != 0) {
        ssc_sim_card_free(&l.c);
    }
    *out = l.c;
    return rc;
}

void ssc_sim_card_free(struct ssc_sim_card **card)
{
    if (card && *card) {
        sim_persist_close(*card);
        json_decref((*card)->image);
        ssc_cleanse(*card, sizeof **card);
        free(*card);
        *card = NULL;
    }
}
