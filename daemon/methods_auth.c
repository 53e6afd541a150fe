/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication by the caller's back office, in two steps under one lease. */
#include "daemon/methods.h"

#include <stdlib.h>
#include <string.h>

static json_t *pair(const uint8_t factor[8], const uint8_t original[8])
{
    return json_pack("{s:o, s:o}", "factor", ssc_json_hex(factor, 8), "original", ssc_json_hex(original, 8));
}

/* The eight items of the national library's first step, each ended by '|'. */
static json_t *line_of(const struct ssc_identity_remote *r)
{
    char in_factor[17], in_original[17], ex_factor[17] = "", ex_original[17] = "", line[200];
    ssc_hex_encode(r->internal_factor, 8, in_factor, sizeof in_factor);
    ssc_hex_encode(r->internal_original, 8, in_original, sizeof in_original);
    if (r->has_external) {
        ssc_hex_encode(r->external_factor, 8, ex_factor, sizeof ex_factor);
        ssc_hex_encode(r->external_original, 8, ex_original, sizeof ex_original);
    }
    snprintf(line, sizeof line, "%s|%s|%s|%s|%s|%s|%s|%s|", r->city, r->reset_info, r->algorithm, r->card_id,
             in_factor, in_original, ex_factor, ex_original);
    return json_string(line);
}

static int begin_identity(struct ssc_call *call)
{
    struct ssc_slot_begun *b = &call->slot->begun;
    struct ssc_identity_remote *r = &b->remote;
    int rc = ssc_identity_remote_begin(call->slot->card, r, call->work_deadline);
    b->identity = rc == 0;
    b->key = false;
    if (rc == 0) {
        call->result = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "area_code", r->city, "reset_info",
                                 r->reset_info, "algorithm", r->algorithm, "card_id", r->card_id, "line",
                                 line_of(r), "internal", pair(r->internal_factor, r->internal_original));
        if (r->has_external) {
            json_object_set_new(call->result, "external", pair(r->external_factor, r->external_original));
        }
    }
    return rc;
}

/* The key that the file's access condition names, and whether the PIN is wanted beside it. */
static int key_of_file(struct ssc_call *call, const struct ssc_key_info **key, bool *pin)
{
    const bool write = ssc_call_bool(call, "write", false);
    const struct ssc_file *file = NULL;
    int rc = ssc_call_file(call, &file);
    if (rc == 0) {
        const enum ssc_access access = write ? file->update : file->read;
        *pin = access == SSC_PIN_AND_KEY;
        *key = ssc_key_info((enum ssc_key_id)(write ? file->update_key : file->read_key));
        rc = access == SSC_FREE || access == SSC_PIN ? SSC_E_REMOTE_NOT_NEEDED
             : access == SSC_NEVER                   ? SSC_E_ACCESS_DENIED
             : *key == NULL                          ? SSC_E_NOT_SUPPORTED
                                                     : 0;
    }
    return rc;
}

static int which_key(struct ssc_call *call, const struct ssc_key_info **key, bool *pin)
{
    const char *name = ssc_call_text(call, "key");
    int rc = 0;
    *pin = false;
    if ((name != NULL) == (ssc_call_text(call, "file") != NULL)) {
        rc = ssc_call_fail(call, SSC_E_INVALID_PARAMS, "key, file: exactly one of them",
                           "key、file：必须且只能给出其中一项");
    } else if (name && (*key = ssc_key_by_name(name)) == NULL) {
        rc = ssc_call_fail(call, SSC_E_INVALID_PARAMS, "key: the name of a key of the card, as RK1DF01",
                           "key：应为卡片密钥名称，例如 RK1DF01");
    } else if (name) {
        rc = ssc_card_detect(call->slot->card, call->work_deadline);
    } else {
        rc = key_of_file(call, key, pin);
    }
    return rc;
}

json_t *ssc_json_key_address(const struct ssc_card *card, enum ssc_key_id key)
{
    char address[5];
    const bool known = ssc_profile_key_address(ssc_card_profile(card), ssc_key_info(key)->name, address);
    return known ? json_string(address) : json_null();
}

static int begin_key(struct ssc_call *call)
{
    struct ssc_slot_begun *b = &call->slot->begun;
    const struct ssc_key_info *key = NULL;
    struct ssc_auth_remote *r = &b->key_remote;
    bool pin = false;
    int rc = which_key(call, &key, &pin);
    if (rc == 0) {
        rc = ssc_auth_remote_begin(call->slot->card, key->id, r, call->work_deadline);
        b->key = rc == 0;
        b->identity = false;
    }
    if (rc == 0) {
        char algorithm[3], historical[31];
        const struct ssc_card_info *info = ssc_card_get_info(call->slot->card);
        const struct ssc_atr *atr = &call->slot->ch->atr;
        snprintf(algorithm, sizeof algorithm, "%02X", (unsigned)info->algorithm & 0xFFu);
        ssc_hex_encode(atr->historical, atr->historical_len, historical, sizeof historical);
        call->result = json_pack("{s:s, s:s, s:s, s:o, s:s, s:o}", "area_code", info->city, "reset_info",
                                 historical, "algorithm", algorithm, "card_id",
                                 ssc_json_hex(info->card_id, info->has_card_id ? sizeof info->card_id : 0),
                                 "key", key->name, "external", pair(r->factor, r->original));
        const uint8_t ref = (uint8_t)key->ref;
        json_object_set_new(call->result, "reference", ssc_json_hex(&ref, 1));
        json_object_set_new(call->result, "address", ssc_json_key_address(call->slot->card, key->id));
        json_object_set_new(call->result, "pin_needed", json_boolean(pin));
    }
    return rc;
}

int ssc_auth_begin_work(struct ssc_call *call)
{
    const char *purpose = ssc_call_text(call, "purpose");
    const bool key = purpose ? strcmp(purpose, "key") == 0 : ssc_call_text(call, "file") != NULL;
    int rc = key ? begin_key(call) : begin_identity(call);
    if (rc == 0 && !call->result) {
        rc = SSC_E_OUT_OF_MEMORY;
    }
    return rc;
}

struct answers {
    uint8_t internal[8], external[8];
    bool has_internal, has_external;
};

/* "auth16+original16|auth16+original16|": the originals are the card's own and are not needed again. */
static bool answer_line(const char *text, struct answers *a)
{
    size_t in = 8, ex = 8;
    const size_t first = strcspn(text, "|");
    const char *second = text[first] == '|' ? text + first + 1 : "";
    a->has_internal = first >= 16 && ssc_hex_decode_n(text, 16, a->internal, &in) == 0 && in == 8;
    a->has_external =
        strcspn(second, "|") >= 16 && ssc_hex_decode_n(second, 16, a->external, &ex) == 0 && ex == 8;
    return a->has_internal;
}

static int get_answers(struct ssc_call *call, struct answers *a)
{
    const char *line = ssc_call_text(call, "answer");
    size_t in = 8, ex = 8;
    int rc = 0;
    if (line) {
        rc = answer_line(line, a) ? 0 : SSC_E_INVALID_PARAMS;
        ssc_detail_set(&call->detail, "answer: auth16+original16|auth16+original16|",
                       "answer：格式为 auth16+original16|auth16+original16|");
    } else {
        rc = ssc_call_hex(call, "internal", a->internal, &in);
        rc = rc == 0 ? ssc_call_hex(call, "external", a->external, &ex) : rc;
        a->has_internal = rc == 0 && in == 8;
        a->has_external = rc == 0 && ex == 8;
    }
    return rc;
}

static int complete_identity(struct ssc_call *call, const struct answers *a)
{
    const char *parts = ssc_call_text(call, "parts");
    const bool full = parts && strcmp(parts, "full") == 0;
    struct ssc_identity_options options = {.parts = full ? SSC_ID_BASIC | SSC_ID_FULL : SSC_ID_BASIC};
    struct ssc_identity *identity = calloc(1, sizeof *identity);
    int rc = identity ? 0 : SSC_E_OUT_OF_MEMORY;
    const int64_t start = ssc_now_ms();
    if (rc == 0 && !a->has_internal) {
        rc = ssc_call_fail(call, SSC_E_INVALID_PARAMS, "internal: missing", "缺少 internal");
    }
    if (rc == 0) {
        memcpy(options.device_number, call->d->config.device_number, sizeof options.device_number);
        rc = ssc_identity_remote_complete(call->slot->card, &call->slot->begun.remote, a->internal,
                                          a->has_external ? a->external : NULL, &options, identity,
                                          call->work_deadline);
        call->slot->begun.identity = false; /* an answer is good for one try */
    }
    if (rc == 0) {
        call->result = ssc_json_identity(identity, ssc_now_ms() - start);
    }
    if (identity) {
        ssc_cleanse(identity, sizeof *identity);
    }
    free(identity);
    return rc;
}

static int complete_key(struct ssc_call *call, const struct answers *a)
{
    struct ssc_slot_begun *b = &call->slot->begun;
    int rc =
        a->has_external ? 0 : ssc_call_fail(call, SSC_E_INVALID_PARAMS, "external: missing", "缺少 external");
    if (rc == 0) {
        rc = ssc_auth_remote_complete(call->slot->card, &b->key_remote, a->external, call->work_deadline);
        b->key = false;
    }
    if (rc == 0) {
        call->keep = true; /* the rights are what the caller wanted the lease for */
        call->result = json_pack("{s:s}", "key", ssc_key_info(b->key_remote.key)->name);
    }
    return rc;
}

int ssc_auth_complete_work(struct ssc_call *call)
{
    struct answers a = {.has_internal = false};
    int rc = get_answers(call, &a);
    if (rc != 0) {
        goto done;
    }
    if (call->slot->begun.identity) {
        rc = complete_identity(call, &a);
    } else if (call->slot->begun.key) {
        rc = complete_key(call, &a);
    } else {
        rc = SSC_E_AUTH_NOT_BEGUN;
    }
done:
    ssc_cleanse(&a, sizeof a);
    return rc;
}
