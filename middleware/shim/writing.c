/* SPDX-License-Identifier: Apache-2.0 */
/* iWriteCard, and the functions of the PIN. */
#include "middleware/shim/lines.h"
#include "middleware/shim/pin.h"
#include "middleware/shim/shim.h"

#include "apdu/error.h"
#include "apdu/ssc_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- files ---- */

static int write_call(struct ssc_shim *s, json_t *params)
{
    char op[65];
    int rc = ssc_shim_fresh_op(s, op);
    json_object_set_new(params, "file", json_string(s->addr.files[0].name));
    json_object_set_new(params, "op", json_string(op));
    if (rc == 0) {
        rc = ssc_shim_call(s, "card.write", json_incref(params), NULL, NULL, s->deadline);
    }
    if (rc != 0 && !s->pin_verified && strcmp(s->symbol, "pin_required") == 0) {
        rc = ssc_shim_pin_verify(s); /* refused before anything was written */
        rc = rc == 0 ? ssc_shim_call(s, "card.write", json_incref(params), NULL, NULL, s->deadline) : rc;
    }
    json_decref(params);
    return rc;
}

/* A value as the service wants it: sub-elements of a B-TLV separated by ','. */
static json_t *service_text(const struct ssc_shim *s, uint8_t tag, const char *at, size_t len)
{
    const struct ssc_file *file = ssc_shim_file_table(s->addr.files[0].name);
    const struct ssc_element *element = file ? ssc_element_by_tag(file, tag) : NULL;
    const char *separator = s->config.btlv_separator;
    const size_t width = strlen(separator);
    struct ssc_shim_out out = {.len = 0};
    for (size_t i = 0; i < len; i++) {
        const bool here = element && element->type == SSC_BTLV && width > 0 && width <= len - i &&
                          memcmp(at + i, separator, width) == 0;
        ssc_shim_out_add(&out, here ? "," : at + i, 1);
        i += here ? width - 1 : 0;
    }
    json_t *text = out.error == 0 ? json_stringn(out.text ? out.text : "", out.len) : NULL;
    ssc_shim_out_free(&out);
    return text;
}

static int write_elements(struct ssc_shim *s, const struct ssc_shim_values *values)
{
    const struct ssc_shim_file *file = &s->addr.files[0];
    int rc = values->count == file->count ? 0 : ssc_shim_fail(s, SSC_E_INVALID_ARGUMENT, "pWriteData");
    for (size_t i = 0; rc == 0 && i < values->count; i++) {
        const struct ssc_shim_item *item = &s->addr.items[file->first + i];
        char tag[3];
        snprintf(tag, sizeof tag, "%02X", item->tag);
        rc = write_call(s, json_pack("{s:s, s:i, s:o}", "element", tag, "occurrence", (int)item->nth, "text",
                                     service_text(s, item->tag, values->item[i].at, values->item[i].len)));
    }
    return rc;
}

/* Hexadecimal of the whole content, in pieces that one call carries. */
static int write_transparent(struct ssc_shim *s, const struct ssc_shim_values *values)
{
    enum { PIECE = 2 * 1024 };
    const char *at = values->item[0].at;
    size_t left = values->item[0].len, offset = 0;
    int rc = values->count == 1 && left > 0 && left % 2 == 0
                 ? 0
                 : ssc_shim_fail(s, SSC_E_INVALID_ARGUMENT, "pWriteData");
    while (rc == 0 && left > 0) {
        const size_t n = left < PIECE ? left : PIECE;
        rc = write_call(s, json_pack("{s:s%, s:i}", "hex", at, n, "offset", (int)offset));
        at += n;
        left -= n;
        offset += n / 2;
    }
    return rc;
}

static int write_record(struct ssc_shim *s, const struct ssc_shim_values *values)
{
    return values->count == 1
               ? write_call(s, json_pack("{s:s%}", "text", values->item[0].at, values->item[0].len))
               : ssc_shim_fail(s, SSC_E_INVALID_ARGUMENT, "pWriteData");
}

static int write_file(struct ssc_shim *s, const struct ssc_shim_values *values)
{
    const char *name = s->addr.files[0].name;
    const struct ssc_file *file = ssc_shim_file_table(name);
    return strcmp(values->file, name) != 0 ? ssc_shim_fail(s, SSC_E_INVALID_ARGUMENT, "pWriteData")
           : file && file->kind == SSC_FILE_TRANSPARENT ? write_transparent(s, values)
           : file && file->kind == SSC_FILE_CYCLIC      ? write_record(s, values)
                                                        : write_elements(s, values);
}

int ssc_shim_write(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    (void)out;
    const int rc = ssc_shim_hold(s, in, &in->card, 1, 0);
    return rc == 0 ? write_file(s, &in->values) : rc;
}

int ssc_shim_write_begin(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    const int rc = ssc_shim_hold(s, in, &in->card, 1, 1);
    return rc == 0 ? ssc_shim_key_begin(s, json_pack("{s:s, s:b}", "file", s->addr.files[0].name, "write", 1),
                                        out)
                   : rc;
}

int ssc_shim_write_complete(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    (void)out;
    const int rc = ssc_shim_key_complete(s, in->key);
    return rc == 0 ? write_file(s, &in->values) : rc;
}

/* ---- PIN ---- */

int ssc_shim_verify_pin(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    (void)out;
    const int rc = ssc_shim_hold(s, in, NULL, 1, 0);
    return rc == 0 ? ssc_shim_pin_verify(s) : rc;
}

int ssc_shim_change_pin(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    (void)out;
    int rc = ssc_shim_hold(s, in, NULL, 3, 0);
    rc = rc == 0 ? ssc_shim_fresh_op(s, s->op) : rc;
    return rc == 0 ? ssc_shim_pin_change(s, s->op) : rc;
}

int ssc_shim_reload_pin(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    char digits[SSC_SHIM_PIN_MOST + 1] = "", secret[48] = "";
    (void)out;
    int rc = ssc_shim_hold(s, in, &in->card, 2, 0);
    rc = rc == 0 ? ssc_shim_fresh_op(s, s->op) : rc;
    rc = rc == 0 ? ssc_shim_pin_new(s, digits) : rc;
    if (rc == 0) {
        snprintf(secret, sizeof secret, "\"new\":\"%s\"", digits);
        rc = ssc_shim_call(s, "pin.reload", json_pack("{s:s}", "op", s->op), secret, NULL, s->deadline);
    }
    explicit_bzero(digits, sizeof digits);
    explicit_bzero(secret, sizeof secret);
    return rc;
}

int ssc_shim_unblock_pin(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    (void)out;
    int rc = ssc_shim_hold(s, in, &in->card, 0, 0);
    rc = rc == 0 ? ssc_shim_fresh_op(s, s->op) : rc;
    return rc == 0 ? ssc_shim_call(s, "pin.unblock", json_pack("{s:s}", "op", s->op), NULL, NULL, s->deadline)
                   : rc;
}

/* ---- PIN by the back office, three steps ---- */

int ssc_shim_pin_begin(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    int rc = ssc_shim_hold(s, in, &in->card, 2, 2);
    rc = rc == 0 ? ssc_shim_fresh_op(s, s->op) : rc;
    return rc == 0 ? ssc_shim_key_begin(s, json_pack("{s:s}", "key", "PUK"), out) : rc;
}

/* The card's challenge, and the first five bytes of the command that the key machine makes for it; they say
 * how long the whole has to be. */
static int challenge(struct ssc_shim *s, const char *method, const char *digits, struct ssc_shim_out *out)
{
    json_t *answer = NULL;
    const int rc = ssc_shim_call(s, method, json_pack("{s:s, s:b}", "op", s->op, "remote", 1), NULL, &answer,
                                 s->deadline);
    const char *header = json_string_value(json_object_get(answer, "header"));
    if (rc == 0) {
        s->command_digits = header && strlen(header) == 10 ? 10 + 2 * strtoul(header + 8, NULL, 16) : 0;
        ssc_shim_line(out, s->config.format.command_hsm,
                      &(struct ssc_shim_fields){.from = {answer}, .pin = digits ? digits : ""});
    }
    json_decref(answer);
    return rc;
}

int ssc_shim_reload_challenge(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    char digits[SSC_SHIM_PIN_MOST + 1] = "";
    int rc = ssc_shim_key_complete(s, in->key);
    rc = rc == 0 ? ssc_shim_pin_new(s, digits) : rc;
    rc = rc == 0 ? challenge(s, "pin.reload", digits, out) : rc;
    explicit_bzero(digits, sizeof digits);
    return rc;
}

int ssc_shim_unblock_challenge(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    const int rc = ssc_shim_key_complete(s, in->key);
    return rc == 0 ? challenge(s, "pin.unblock", NULL, out) : rc;
}

static int command(struct ssc_shim *s, const char *method, const char *key)
{
    char hex[64];
    int rc = s->command_digits < sizeof hex ? ssc_shim_parse_hex(key, s->command_digits, hex)
                                            : SSC_E_INVALID_ARGUMENT;
    if (rc != 0) {
        rc = ssc_shim_fail(s, rc, "pKey");
    } else {
        rc = ssc_shim_call(s, method, json_pack("{s:s, s:s}", "op", s->op, "command", hex), NULL, NULL,
                           s->deadline);
    }
    explicit_bzero(hex, sizeof hex);
    return rc;
}

int ssc_shim_reload_command(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    (void)out;
    return command(s, "pin.reload", in->key);
}

int ssc_shim_unblock_command(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out)
{
    (void)out;
    return command(s, "pin.unblock", in->key);
}
