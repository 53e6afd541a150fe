/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/shim/pin.h"

#include "apdu/error.h"

#include <stdio.h>
#include <string.h>

typedef char pin_digits[SSC_SHIM_PIN_MOST + 1];

/* The prompts are the national interface's. */
static int ask(struct ssc_shim *s, const char *question, pin_digits digits)
{
    static const char *const prompts[][2] = {{"enter", "请输入密码"},
                                             {"old", "请输入原密码"},
                                             {"new", "请输入新密码"},
                                             {"again", "请再次输入新密码"}};
    const char *prompt = "";
    for (size_t i = 0; i < sizeof prompts / sizeof prompts[0]; i++) {
        prompt = strcmp(prompts[i][0], question) == 0 ? prompts[i][1] : prompt;
    }
    const int rc = ssc_shim_helper(s->config.pin_helper, question, prompt,
                                   sscard_deadline(s->config.pin_timeout_ms), digits);
    return rc == 0
               ? 0
               : ssc_shim_fail(s, rc, rc == SSC_E_NO_PIN_PAD ? "shim.conf 中没有可以运行的 helper" : NULL);
}

/* The call that the pad serves; *pad: it was the pad's affair, whatever came of it. */
static int on_pad(struct ssc_shim *s, const char *method, const char *op, bool *pad)
{
    int rc = 0;
    *pad = s->config.pin_entry != SSC_SHIM_PIN_HELPER;
    if (*pad) {
        json_t *params = json_pack("{s:s}", "entry", "pinpad");
        if (params && op) {
            json_object_set_new(params, "op", json_string(op));
        }
        rc = ssc_shim_call(s, method, params, NULL, NULL, sscard_deadline(s->config.pin_timeout_ms));
        *pad = rc == 0 || s->config.pin_entry == SSC_SHIM_PIN_PAD || !s->config.pin_helper[0] ||
               strcmp(s->symbol, "no_pin_pad") != 0;
    }
    return rc;
}

/* The time that the holder took is not the card's. */
static void give_time(struct ssc_shim *s)
{
    s->deadline = sscard_deadline(s->config.deadline_ms);
}

int ssc_shim_pin_verify(struct ssc_shim *s)
{
    pin_digits digits = "";
    char secret[64] = "";
    bool pad;
    int rc = on_pad(s, "pin.verify", NULL, &pad);
    if (!pad) {
        rc = ask(s, "enter", digits);
        if (rc == 0) {
            give_time(s);
            snprintf(secret, sizeof secret, "\"secret\":\"%s\"", digits);
            rc = ssc_shim_call(s, "pin.verify", json_object(), secret, NULL, s->deadline);
        }
    }
    give_time(s);
    s->pin_verified = rc == 0;
    explicit_bzero(digits, sizeof digits);
    explicit_bzero(secret, sizeof secret);
    return rc;
}

int ssc_shim_pin_new(struct ssc_shim *s, char digits[SSC_SHIM_PIN_MOST + 1])
{
    pin_digits again = "";
    int rc = ask(s, "new", digits);
    if (rc == 0) {
        rc = ask(s, "again", again);
    }
    if (rc == 0 && strcmp(digits, again) != 0) {
        rc = ssc_shim_fail(s, SSC_E_PIN_MISMATCH, NULL);
    }
    give_time(s);
    explicit_bzero(again, sizeof again);
    return rc;
}

int ssc_shim_pin_change(struct ssc_shim *s, const char *op)
{
    pin_digits old_pin = "", new_pin = "";
    char secret[96] = "";
    bool pad;
    int rc = on_pad(s, "pin.change", op, &pad);
    if (!pad) {
        rc = ask(s, "old", old_pin);
        if (rc == 0) {
            rc = ssc_shim_pin_new(s, new_pin);
        }
        if (rc == 0) {
            snprintf(secret, sizeof secret, "\"old\":\"%s\",\"new\":\"%s\"", old_pin, new_pin);
            rc = ssc_shim_call(s, "pin.change", json_pack("{s:s}", "op", op), secret, NULL, s->deadline);
        }
    }
    explicit_bzero(old_pin, sizeof old_pin);
    explicit_bzero(new_pin, sizeof new_pin);
    explicit_bzero(secret, sizeof secret);
    return rc;
}
