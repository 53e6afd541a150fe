/* SPDX-License-Identifier: Apache-2.0 */
/* What the service does with a card, done here. */
#include "tools/direct_private.h"

#include "apdu/sw.h"
#include "middleware/identity.h"
#include "middleware/money.h"
#include "middleware/pin.h"
#include "middleware/render.h"

#include <stdlib.h>
#include <string.h>

#define LOG_MAX 64u

void direct_drop_card(struct direct *d)
{
    ssc_card_free(&d->card);
    if (d->channel) {
        ssc_channel_tap(d->channel, NULL, NULL);
    }
    ssc_channel_close(&d->channel, false);
    ssc_trace_free(&d->trace);
}

/* A PSAM in any SAM slot, or the key file. Looked for once; without one, cards that need none are still read.
 */
static int find_auth(struct direct *d, int64_t deadline)
{
    struct ssc_reader_state states[SSC_READERS_MAX];
    size_t count = SSC_READERS_MAX;
    int rc = 0;
    if (d->auth_looked_for) {
        goto done;
    }
    d->auth_looked_for = true;
    if (d->key_file) {
        rc = ssc_auth_key_file_new(d->key_file, true, &d->auth, d->detail);
        goto done;
    }
    rc = ssc_driver_list(d->driver, states, &count, deadline);
    for (size_t i = 0; rc == 0 && !d->auth && i < count; i++) {
        struct ssc_channel *ch = NULL;
        if (states[i].medium == SSC_MEDIUM_SAM && states[i].slot == SSC_SLOT_CARD &&
            ssc_channel_open(d->driver, states[i].name, true, &ch, deadline) == 0 &&
            ssc_auth_psam_take(&ch, &d->profile, &d->auth, deadline) != 0) {
            d->auth = NULL;
        }
        ssc_channel_close(&ch, false);
    }
done:
    return rc;
}

/* What the service tells of its PSAM in system.ping. */
int direct_psam(struct direct *d, const json_t *params, json_t **result, int64_t deadline)
{
    const int rc = find_auth(d, deadline);
    const struct ssc_psam_info *info = d->auth ? ssc_auth_psam_info(d->auth) : NULL;
    json_t *list = json_array();
    (void)params;
    if (info) {
        json_t *algorithms = json_array();
        if (info->alg_3des) {
            json_array_append_new(algorithms, json_string("3des"));
        }
        if (info->alg_sm4) {
            json_array_append_new(algorithms, json_string("sm4"));
        }
        json_array_append_new(list, json_pack("{s:s, s:b, s:s, s:s, s:o}", "reader", info->reader, "ok", true,
                                              "serial", info->serial, "terminal", info->terminal,
                                              "algorithms", algorithms));
    }
    *result = json_pack("{s:o}", "psam", list);
    return rc;
}

static int trace_new(struct direct *d)
{
    const int rc =
        d->traced ? ssc_trace_new(d->channel->reader, d->unredacted, d->trace_line, d->trace_ctx, &d->trace)
                  : 0;
    if (rc == 0 && d->traced) {
        ssc_channel_tap(d->channel, ssc_trace_tap, d->trace);
    }
    return rc;
}

static int open_card(struct direct *d, const json_t *params, int64_t deadline)
{
    struct ssc_reader_state state;
    int rc = 0;
    if (d->card && js(params, "reader")[0] && strcmp(js(params, "reader"), d->channel->reader) != 0) {
        direct_drop_card(d);
    }
    if (!d->card) {
        rc = direct_pick(d, params, &state, deadline);
        rc = rc == 0 ? ssc_channel_open(d->driver, state.name, false, &d->channel, deadline) : rc;
        rc = rc == 0 ? trace_new(d) : rc;
        rc = rc == 0 ? ssc_card_new(d->channel, &d->profile, &d->card) : rc;
    }
    return rc;
}

static enum ssc_pin_of purse_meant(const json_t *params)
{
    const char *purse = json_string_value(json_object_get(params, "purse"));
    return purse && strcmp(purse, "medical") != 0 ? SSC_PIN_OF_PURSE : SSC_PIN_OF_CARD;
}

/* The pin parameter: {"entry":"pinpad"} or {"secret":"123456"}. */
static int use_pin(struct direct *d, const json_t *params, int64_t deadline)
{
    const json_t *pin = json_object_get(params, "pin");
    int rc = 0;
    if (pin) {
        rc = ssc_pin_verify(d->card, purse_meant(params), json_string_value(json_object_get(pin, "secret")),
                            &d->tries, deadline);
        d->cla = 0x00;
        d->ins = 0x20;
    }
    return rc;
}

int direct_acquire(struct direct *d, const json_t *params, json_t **result, int64_t deadline)
{
    const int rc = open_card(d, params, deadline);
    d->held = rc == 0;
    if (rc == 0) { /* no lease: nobody else can come in between in this process */
        *result = json_pack("{s:s}", "reader", d->channel->reader);
    }
    return rc;
}

int direct_release(struct direct *d, const json_t *params, json_t **result, int64_t deadline)
{
    (void)params;
    (void)deadline;
    d->held = false;
    *result = json_object();
    return 0;
}

int direct_info(struct direct *d, const json_t *params, json_t **result, int64_t deadline)
{
    bool purses[4] = {false};
    int rc = open_card(d, params, deadline);
    bool known = false;
    if (rc == 0) {
        rc = ssc_card_detect(d->card, deadline);
        known = rc == 0;
        if (rc == SSC_E_NOT_SSC || rc > 0) { /* its ATR can be explained all the same */
            rc = 0;
        }
    }
    if (rc == 0 && known && ssc_money_purses(d->card, purses, deadline) != 0) {
        memset(purses, 0, sizeof purses);
    }
    if (rc == 0) {
        *result = ssc_json_card_info(d->card, known ? purses : NULL);
        rc = *result ? 0 : SSC_E_OUT_OF_MEMORY;
    }
    return rc;
}

int direct_identity(struct direct *d, const json_t *params, json_t **result, int64_t deadline)
{
    const int64_t start = ssc_now_ms();
    const bool basic = strcmp(js(params, "parts"), "basic") == 0;
    const struct ssc_identity_options options = {.parts = SSC_ID_BASIC | (basic ? 0u : SSC_ID_FULL),
                                                 .verify = !json_is_false(json_object_get(params, "verify"))};
    struct ssc_identity *identity = calloc(1, sizeof *identity);
    int rc = identity ? open_card(d, params, deadline) : SSC_E_OUT_OF_MEMORY;
    rc = rc == 0 ? find_auth(d, deadline) : rc;
    rc = rc == 0 ? use_pin(d, params, deadline) : rc;
    rc = rc == 0 ? ssc_identity_read(d->card, d->auth, &options, identity, deadline) : rc;
    if (rc == 0) {
        *result = ssc_json_identity(identity, ssc_now_ms() - start);
        rc = *result ? 0 : SSC_E_OUT_OF_MEMORY;
    }
    if (identity) {
        explicit_bzero(identity, sizeof *identity);
        free(identity);
    }
    return rc;
}

/* Elements by tag ("28") or by name ("phone"). */
static int tags_of(struct direct *d, const struct ssc_file *file, const json_t *names, uint8_t tags[32],
                   size_t *count)
{
    const json_t *name;
    size_t i;
    int rc = json_array_size(names) <= 32 ? 0 : SSC_E_INVALID_PARAMS;
    *count = 0;
    json_array_foreach(names, i, name)
    {
        const char *text = json_string_value(name) ? json_string_value(name) : "";
        const struct ssc_element *element = ssc_element_by_key(file, text);
        if (!element && strlen(text) == 2 && strspn(text, "0123456789ABCDEFabcdef") == 2) {
            element = ssc_element_by_tag(file, (uint8_t)strtoul(text, NULL, 16));
        }
        if (rc == 0 && element) {
            tags[(*count)++] = element->tag;
        } else if (rc == 0) {
            snprintf(d->detail, sizeof d->detail, "%.100s", text);
            rc = SSC_E_FILE_UNKNOWN;
        }
    }
    return rc;
}

static int read_file(struct direct *d, const json_t *params, struct ssc_values *values, json_t **result,
                     int64_t deadline)
{
    const char *name = js(params, "file"), *auth = js(params, "auth");
    const enum ssc_auth_choice choice = strcmp(auth, "pin") == 0   ? SSC_AUTH_PIN
                                        : strcmp(auth, "key") == 0 ? SSC_AUTH_KEY
                                                                   : SSC_AUTH_AUTO;
    const int64_t record = ji(params, "record");
    uint8_t tags[32];
    size_t count = 0;
    int rc = ssc_card_detect(d->card, deadline);
    const struct ssc_file *file =
        rc == 0 ? ssc_file_by_name(ssc_card_get_info(d->card)->generation, name) : NULL;
    if (rc == 0 && !file) {
        snprintf(d->detail, sizeof d->detail, "%.100s", name);
        rc = SSC_E_FILE_UNKNOWN;
    }
    rc = rc == 0 ? tags_of(d, file, json_object_get(params, "elements"), tags, &count) : rc;
    rc = rc == 0 ? use_pin(d, params, deadline) : rc;
    if (rc == 0) {
        rc = ssc_file_read(d->card, file, tags, count, record > 0 ? (unsigned)record : 0, choice, d->auth,
                           values, deadline);
    }
    if (rc == 0) {
        *result = ssc_json_values(file, values);
        rc = *result ? 0 : SSC_E_OUT_OF_MEMORY;
    }
    return rc;
}

int direct_read(struct direct *d, const json_t *params, json_t **result, int64_t deadline)
{
    struct ssc_values *values = calloc(1, sizeof *values);
    int rc = values ? open_card(d, params, deadline) : SSC_E_OUT_OF_MEMORY;
    rc = rc == 0 ? find_auth(d, deadline) : rc;
    rc = rc == 0 ? read_file(d, params, values, result, deadline) : rc;
    if (values) {
        explicit_bzero(values, sizeof *values);
        free(values);
    }
    return rc;
}

static int pick_purse(struct direct *d, const json_t *params, enum ssc_purse_id *purse, int64_t deadline)
{
    const char *name = js(params, "purse");
    bool present[4] = {false};
    int rc = open_card(d, params, deadline);
    rc = rc == 0 ? ssc_card_detect(d->card, deadline) : rc;
    rc = rc == 0 ? use_pin(d, params, deadline) : rc;
    if (rc == 0 && name[0]) {
        rc = ssc_purse_by_name(name, purse);
    } else if (rc == 0) {
        rc = ssc_money_purses(d->card, present, deadline);
        *purse = present[SSC_PURSE_MEDICAL] ? SSC_PURSE_MEDICAL
                 : present[SSC_PURSE_ED]    ? SSC_PURSE_ED
                                            : SSC_PURSE_EP;
        rc = rc == 0 && !present[*purse] ? SSC_E_NO_PURSE : rc;
    }
    return rc;
}

int direct_balance(struct direct *d, const json_t *params, json_t **result, int64_t deadline)
{
    enum ssc_purse_id purse = SSC_PURSE_MEDICAL;
    struct ssc_balance balance;
    int rc = pick_purse(d, params, &purse, deadline);
    rc = rc == 0 ? ssc_money_balance(d->card, purse, &balance, deadline) : rc;
    if (rc == 0) {
        *result = ssc_json_balance(&balance);
    }
    return rc;
}

int direct_log(struct direct *d, const json_t *params, json_t **result, int64_t deadline)
{
    enum ssc_purse_id purse = SSC_PURSE_MEDICAL;
    struct ssc_log_entry entries[LOG_MAX];
    size_t count = LOG_MAX;
    int rc = pick_purse(d, params, &purse, deadline);
    rc = rc == 0 ? ssc_money_log(d->card, purse, entries, &count, deadline) : rc;
    if (rc == 0) {
        *result = ssc_json_log(purse, entries, count);
    }
    return rc;
}

static int bytes_of(const char *hex, uint8_t *out, size_t *len)
{
    const size_t digits = strlen(hex);
    int rc = digits % 2 == 0 && digits / 2 <= *len && strspn(hex, "0123456789ABCDEFabcdef") == digits
                 ? 0
                 : SSC_E_INVALID_PARAMS;
    *len = digits / 2;
    for (size_t i = 0; rc == 0 && i < *len; i++) {
        const char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        out[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return rc;
}

static json_t *render_answer(const struct ssc_response *rsp, int cla, int ins)
{
    const struct ssc_sw_text text = ssc_sw_text(rsp->sw, (uint8_t)cla, (uint8_t)ins);
    json_t *data = ssc_json_hex(rsp->data, rsp->len);
    char sw[5];
    snprintf(sw, sizeof sw, "%04X", rsp->sw);
    json_t *response = json_sprintf("%s%s", json_string_value(data), sw);
    return json_pack("{s:o, s:o, s:s, s:s, s:{s:s, s:s}}", "response", response, "data", data, "sw", sw,
                     "sw_name", text.name, "sw_text", "en", text.en, "zh", text.zh);
}

int direct_transmit(struct direct *d, const json_t *params, json_t **result, int64_t deadline)
{
    uint8_t bytes[SSC_COMMAND_SHORT + 2048];
    size_t len = sizeof bytes;
    struct ssc_command cmd;
    uint8_t *answer = malloc(SSC_RESPONSE_MAX);
    struct ssc_response rsp = {.data = answer, .cap = SSC_RESPONSE_MAX};
    int rc = answer ? bytes_of(js(params, "command"), bytes, &len) : SSC_E_OUT_OF_MEMORY;
    rc = rc == 0 ? ssc_command_decode(bytes, len, &cmd) : rc;
    rc = rc == 0 ? open_card(d, params, deadline) : rc;
    if (rc == 0) {
        rc = ssc_card_transmit_raw(d->card, &cmd, &rsp, deadline);
        if (rc == SSC_E_PERMISSION_DENIED && !rsp.sw) {
            snprintf(d->detail, sizeof d->detail, "money moves through the journal: sscard debit");
        } else if (rc >= 0) { /* a status word is an answer */
            *result = render_answer(&rsp, cmd.cla, cmd.ins);
            rc = *result ? 0 : SSC_E_OUT_OF_MEMORY;
        }
    }
    free(answer);
    return rc;
}
