/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/methods.h"

#include "daemon/ops.h"
#include "daemon/readers_impl.h"
#include "middleware/files.h"
#include "middleware/pin.h"

#include <stdlib.h>
#include <string.h>

int ssc_wait_now(struct ssc_call *call)
{
    return ssc_readers_wait(call);
}

/* ---- is it the card that the caller means? Both items are read without authentication. ---- */

static int same_number(struct ssc_card *card, const char *number, int64_t deadline)
{
    static const uint8_t tag = 0x07;
    const struct ssc_card_info *info = ssc_card_get_info(card);
    const enum ssc_generation gen = info->generation == SSC_GEN_UNKNOWN ? SSC_GEN_2 : info->generation;
    const struct ssc_file *file = ssc_file(gen, SSC_APP_SSSE, 5);
    struct ssc_values *values = calloc(1, sizeof *values);
    int rc = values ? ssc_file_read(card, file, &tag, 1, 0, SSC_AUTH_AUTO, NULL, values, deadline)
                    : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        const struct ssc_value *v = values->count == 1 ? &values->items[0] : NULL;
        rc = v && v->text_valid && strcmp(v->text, number) == 0 ? 0 : SSC_E_CARD_MISMATCH;
    }
    free(values);
    return rc;
}

static int as_expected(struct ssc_card *card, const json_t *expect, int64_t deadline)
{
    const char *id = json_string_value(json_object_get(expect, "card_id"));
    const char *number = json_string_value(json_object_get(expect, "card_number"));
    const struct ssc_card_info *info = ssc_card_get_info(card);
    uint8_t wanted[16];
    size_t len = sizeof wanted;
    int rc = ssc_card_detect(card, deadline);
    if (rc == 0 && info->kind != SSC_CARD_SSC) {
        rc = SSC_E_CARD_MISMATCH;
    }
    if (rc == 0 && id) {
        const bool same = ssc_hex_decode(id, wanted, &len) == 0 && info->has_card_id &&
                          memcmp(wanted, info->card_id, sizeof wanted) == 0;
        rc = same ? 0 : SSC_E_CARD_MISMATCH;
    }
    if (rc == 0 && number) {
        rc = same_number(card, number, deadline);
    }
    return rc;
}

int ssc_acquire_work(struct ssc_call *call)
{
    const json_t *expect = json_object_get(call->params, "expect");
    int rc = expect ? as_expected(call->slot->card, expect, call->work_deadline) : 0;
    if (rc == 0) {
        call->result = json_object(); /* the loop adds the lease */
        rc = call->result ? 0 : SSC_E_OUT_OF_MEMORY;
    }
    return rc;
}

/* The token's first part is the serial: a lease that this connection held and lost may be released again. */
static bool held_before(const struct ssc_conn *c, const char *token)
{
    unsigned serial = 0;
    bool found = false;
    if (sscanf(token, "lease-%8x", &serial) == 1) {
        for (size_t i = 0; i < 8; i++) {
            found = found || (serial != 0 && c->ended[i] == serial);
        }
    }
    return found;
}

int ssc_release_now(struct ssc_call *call)
{
    const char *token = ssc_call_text(call, "lease");
    struct ssc_reader *r = ssc_lease_find(call->d->readers, call->conn, token);
    int rc = 0;
    if (r) {
        call->conn->ended[call->conn->ended_next++ % 8] = r->lease.serial;
        ssc_lease_end(r, "released");
        ssc_lease_pump(r);
    } else if (!held_before(call->conn, token)) {
        rc = SSC_E_LEASE_INVALID;
    }
    return rc;
}

int ssc_pin_first(struct ssc_call *call)
{
    const json_t *pin = json_object_get(call->params, "pin");
    int rc = 0;
    if (pin) {
        rc = ssc_card_detect(call->slot->card, call->work_deadline);
        if (rc == 0) {
            rc = ssc_pin_verify(call->slot->card, ssc_pin_whose(call),
                                json_string_value(json_object_get(pin, "secret")), &call->tries,
                                call->work_deadline);
        }
    }
    return rc;
}

int ssc_info_work(struct ssc_call *call)
{
    struct ssc_card *card = call->slot->card;
    bool purses[4] = {false};
    int rc = ssc_card_detect(card, call->work_deadline);
    if (rc == 0) {
        rc = ssc_money_purses(card, purses, call->work_deadline);
    } else if (rc == SSC_E_NOT_SSC) {
        rc = 0; /* then that is the information */
    }
    if (rc == 0) {
        call->result = ssc_json_card_info(card, purses);
        rc = call->result ? 0 : SSC_E_OUT_OF_MEMORY;
        json_object_set_new(call->result, "card", json_string(call->card));
    }
    return rc;
}

int ssc_identity_work(struct ssc_call *call)
{
    const char *parts = ssc_call_text(call, "parts");
    const bool full = parts && strcmp(parts, "full") == 0;
    struct ssc_identity_options options = {.parts = full ? SSC_ID_BASIC | SSC_ID_FULL : SSC_ID_BASIC,
                                           .verify = ssc_call_bool(call, "verify", true)};
    struct ssc_identity *identity = calloc(1, sizeof *identity);
    int rc = SSC_E_OUT_OF_MEMORY;
    if (identity) {
        const int64_t start = ssc_now_ms();
        memcpy(options.device_number, call->d->config.device_number, sizeof options.device_number);
        rc =
            ssc_identity_read(call->slot->card, ssc_call_auth(call), &options, identity, call->work_deadline);
        if (rc == 0) {
            call->result = ssc_json_identity(identity, ssc_now_ms() - start);
            rc = call->result ? 0 : SSC_E_OUT_OF_MEMORY;
        } else if (rc == SSC_E_NEED_REMOTE && identity->remote_cause) {
            ssc_detail_set(&call->detail, "%s", "%s", ssc_error_info(identity->remote_cause)->symbol);
        }
        ssc_cleanse(identity, sizeof *identity);
        free(identity);
    }
    return rc;
}

/* ---- files ---- */

int ssc_call_file(struct ssc_call *call, const struct ssc_file **file)
{
    const char *name = ssc_call_text(call, "file");
    int rc = ssc_card_detect(call->slot->card, call->work_deadline);
    if (rc == 0) {
        const struct ssc_card_info *info = ssc_card_get_info(call->slot->card);
        const enum ssc_generation gen = info->generation == SSC_GEN_UNKNOWN ? SSC_GEN_2 : info->generation;
        *file = ssc_file_by_name(gen, name);
        rc = *file ? 0 : ssc_call_fail(call, SSC_E_FILE_UNKNOWN, "file: %s", "file：%s", name);
    }
    return rc;
}

static const struct ssc_element *find_element(const struct ssc_file *file, const char *name)
{
    const struct ssc_element *e = ssc_element_by_key(file, name);
    uint8_t tag;
    size_t len = 1;
    if (!e && strlen(name) == 2 && ssc_hex_decode(name, &tag, &len) == 0 && len == 1) {
        e = ssc_element_by_tag(file, tag);
    }
    return e;
}

static int find_tags(struct ssc_call *call, const struct ssc_file *file, uint8_t tags[32], size_t *count)
{
    const json_t *names = json_object_get(call->params, "elements");
    int rc = 0;
    *count = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        const struct ssc_element *e = find_element(file, name);
        if (e) {
            tags[(*count)++] = e->tag;
        } else {
            rc = ssc_call_fail(call, SSC_E_FILE_UNKNOWN, "elements: %s", "elements：%s", name);
        }
    }
    return rc;
}

int ssc_read_work(struct ssc_call *call)
{
    const struct ssc_file *file = NULL;
    const char *how = ssc_call_text(call, "auth");
    const enum ssc_auth_choice choice = how && strcmp(how, "pin") == 0   ? SSC_AUTH_PIN
                                        : how && strcmp(how, "key") == 0 ? SSC_AUTH_KEY
                                                                         : SSC_AUTH_AUTO;
    uint8_t tags[32];
    size_t count = 0;
    struct ssc_values *values = calloc(1, sizeof *values);
    int rc = values ? ssc_call_file(call, &file) : SSC_E_OUT_OF_MEMORY;
    if (rc == 0) {
        rc = find_tags(call, file, tags, &count);
    }
    if (rc == 0) {
        rc = ssc_pin_first(call);
    }
    if (rc == 0) {
        rc = ssc_file_read(call->slot->card, file, tags, count, (unsigned)ssc_call_int(call, "record", 0),
                           choice, ssc_call_auth(call), values, call->work_deadline);
    }
    if (rc == 0) {
        call->result = ssc_json_values(file, values);
        rc = call->result ? 0 : SSC_E_OUT_OF_MEMORY;
    }
    if (values) {
        ssc_cleanse(values, sizeof *values);
    }
    free(values);
    return rc;
}

static int write_file(struct ssc_call *call)
{
    const struct ssc_file *file = NULL;
    const char *name = ssc_call_text(call, "element");
    const char *text = ssc_call_text(call, "text");
    const char *hex = ssc_call_text(call, "hex");
    const struct ssc_element *e = NULL;
    int rc = ssc_call_file(call, &file);
    if (rc == 0 && name && (e = find_element(file, name)) == NULL) {
        rc = ssc_call_fail(call, SSC_E_FILE_UNKNOWN, "element: %s", "element：%s", name);
    }
    if (rc == 0) {
        rc = ssc_file_write(call->slot->card, file, e ? e->tag : 0,
                            (unsigned)ssc_call_int(call, "occurrence", 1), text ? text : hex, hex != NULL,
                            (uint16_t)ssc_call_int(call, "offset", 0), ssc_call_auth(call),
                            call->work_deadline);
    }
    return rc;
}

/* The PIN before the op is noted: mistyped, it costs a try and no more. A repeat tries none. */
int ssc_write_work(struct ssc_call *call)
{
    const bool text = ssc_call_text(call, "text") != NULL, hex = ssc_call_text(call, "hex") != NULL;
    int rc = 0;
    if (text == hex) {
        rc = ssc_call_fail(call, SSC_E_INVALID_PARAMS, "text, hex: exactly one of them",
                           "text、hex：必须且只能给出其中一项");
    } else if (!call->known) {
        rc = ssc_pin_first(call);
    }
    return rc == 0 ? ssc_ops_write(call, write_file) : rc;
}
