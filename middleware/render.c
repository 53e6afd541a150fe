/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/render.h"

#include "apdu/bytes.h"
#include "apdu/sw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *ssc_json_hex(const uint8_t *bytes, size_t len)
{
    json_t *text = NULL;
    char *hex = malloc(2 * len + 1);
    if (hex && ssc_hex_encode(bytes, len, hex, 2 * len + 1) == 0) {
        text = json_stringn(hex, 2 * len);
    }
    if (hex) {
        ssc_cleanse(hex, 2 * len + 1);
    }
    free(hex);
    return text;
}

const char *ssc_slot_name(enum ssc_slot slot)
{
    static const char *const names[] = {[SSC_SLOT_EMPTY] = "empty",
                                        [SSC_SLOT_CARD] = "card",
                                        [SSC_SLOT_MUTE] = "mute",
                                        [SSC_SLOT_GONE] = "gone"};
    return names[slot];
}

const char *ssc_medium_name(enum ssc_medium medium)
{
    static const char *const names[] = {
        [SSC_MEDIUM_CONTACT] = "contact", [SSC_MEDIUM_CONTACTLESS] = "contactless", [SSC_MEDIUM_SAM] = "sam"};
    return names[medium];
}

json_t *ssc_json_reader(const struct ssc_reader_state *state)
{
    json_t *atr = state->atr_len > 0 ? ssc_json_hex(state->atr, state->atr_len) : json_null();
    return json_pack("{s:s, s:s, s:s, s:o, s:b, s:b}", "name", state->name, "state",
                     ssc_slot_name(state->slot), "medium", ssc_medium_name(state->medium), "atr", atr,
                     "pin_pad", state->pin_pad, "in_use", state->in_use);
}

static void atr_line(void *ctx, const struct ssc_atr_line *line)
{
    json_array_append_new(ctx, json_pack("{s:s, s:s, s:s, s:s}", "item", line->item, "item_zh", line->item_zh,
                                         "meaning", line->meaning, "meaning_zh", line->meaning_zh));
}

/* [{item, meaning}] */
static json_t *atr_items(const struct ssc_atr *atr)
{
    json_t *items = json_array();
    if (items) {
        ssc_atr_explain(atr, atr_line, items);
    }
    return items;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text && text[0]) {
        json_object_set_new(object, key, json_string(text));
    }
}

const char *ssc_protocol_name(enum ssc_protocol protocol)
{
    static const char *const names[] = {[SSC_T0] = "T=0", [SSC_T1] = "T=1", [SSC_TCL] = "T=CL"};
    return names[protocol];
}

static const char *algorithm_name(enum ssc_algorithm algorithm)
{
    static const char *const names[] = {
        [SSC_ALG_NONE] = "", [SSC_ALG_3DES] = "3des", [SSC_ALG_SSF33] = "ssf33", [SSC_ALG_SM4] = "sm4"};
    return names[algorithm];
}

static json_t *historical(const struct ssc_historical *h)
{
    char chip[5], maker[5];
    snprintf(chip, sizeof chip, "%04X", h->chip_maker);
    snprintf(maker, sizeof maker, "%04X", h->card_maker);
    json_t *object = json_pack("{s:s, s:s, s:s, s:o}", "chip_maker", chip, "card_maker", maker, "region",
                               h->region, "serial", ssc_json_hex(h->serial, sizeof h->serial));
    if (object) {
        set_text(object, "chip_maker_name", ssc_chip_maker(h->chip_maker));
        set_text(object, "card_maker_name", ssc_card_maker(h->card_maker));
    }
    return object;
}

static json_t *purse_names(const bool purses[4])
{
    json_t *names = json_array();
    for (enum ssc_purse_id p = SSC_PURSE_MEDICAL; p <= SSC_PURSE_EP; p++) {
        if (purses[p]) {
            json_array_append_new(names, json_string(ssc_purse_name(p)));
        }
    }
    return names;
}

json_t *ssc_json_card_info(const struct ssc_card *card, const bool purses[4])
{
    static const char *const kinds[] = {
        [SSC_CARD_UNKNOWN] = "unknown", [SSC_CARD_SSC] = "ssc", [SSC_CARD_PBOC] = "pboc"};
    static const char *const generations[] = {
        [SSC_GEN_UNKNOWN] = "", [SSC_GEN_1] = "1.0", [SSC_GEN_2] = "2.0", [SSC_GEN_3] = "3.0"};
    const struct ssc_card_info *info = ssc_card_get_info(card);
    const struct ssc_channel *ch = ssc_card_channel(card);
    json_t *object = json_pack("{s:s, s:o, s:o, s:s, s:s}", "reader", ch->reader, "atr",
                               ssc_json_hex(ch->atr.raw, ch->atr.raw_len), "atr_items", atr_items(&ch->atr),
                               "protocol", ssc_protocol_name(ch->protocol), "kind", kinds[info->kind]);
    if (object) {
        set_text(object, "generation", generations[info->generation]);
        set_text(object, "version", info->version);
        set_text(object, "algorithm", algorithm_name(info->algorithm));
        set_text(object, "city", info->city);
        if (info->has_historical) {
            json_object_set_new(object, "historical", historical(&info->historical));
        }
        if (purses) {
            json_object_set_new(object, "purses", purse_names(purses));
        }
    }
    return object;
}

static json_t *findings(const struct ssc_identity *identity)
{
    json_t *list = json_array();
    const struct {
        bool found;
        const char *name;
    } rows[] = {{identity->citizen_id_wrong, "citizen_id_check"},
                {identity->card_number_wrong, "card_number_check"},
                {identity->dates_in_ascii, "dates_in_ascii"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].found) {
            json_array_append_new(list, json_string(rows[i].name));
        }
    }
    return list;
}

json_t *ssc_json_identity(const struct ssc_identity *identity, int64_t elapsed_ms)
{
    static const char *const genuine[] = {
        [SSC_GENUINE_NOT_CHECKED] = "not_checked", [SSC_GENUINE_YES] = "yes", [SSC_GENUINE_NO] = "no"};
    const struct {
        const char *key, *text;
    } rows[] = {{"area_code", identity->area_code},
                {"citizen_id", identity->citizen_id},
                {"card_number", identity->card_number},
                {"card_id", identity->card_id},
                {"name", identity->name},
                {"reset_info", identity->reset_info},
                {"version", identity->version},
                {"issue_date", identity->issue_date},
                {"expiry_date", identity->expiry_date},
                {"terminal_number", identity->terminal_number},
                {"device_number", identity->device_number},
                {"sex", identity->sex},
                {"ethnic_group", identity->ethnic_group},
                {"birth_place", identity->birth_place},
                {"birth_date", identity->birth_date},
                {"card_class", identity->card_class},
                {"issuer", identity->issuer}};
    json_t *object =
        json_pack("{s:s, s:b, s:o, s:s, s:i, s:I}", "genuine", genuine[identity->genuine], "test_keys",
                  identity->test_keys, "findings", findings(identity), "line", identity->line, "exchanges",
                  (int)identity->exchanges, "elapsed_ms", (json_int_t)elapsed_ms);
    if (object) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            json_object_set_new(object, rows[i].key, json_string(rows[i].text));
        }
        if (identity->wire_us > 0) {
            json_object_set_new(object, "wire_ms", json_real((double)identity->wire_us / 1000.0));
        }
    }
    return object;
}

static json_t *value_object(const struct ssc_values *values, const struct ssc_value *v)
{
    char tag[3] = "";
    if (v->tag) {
        snprintf(tag, sizeof tag, "%02X", v->tag);
    }
    json_t *object =
        json_pack("{s:s, s:i, s:s, s:b, s:o}", "tag", tag, "record", (int)v->record, "text", v->text,
                  "text_valid", v->text_valid, "hex", ssc_json_hex(values->bytes + v->offset, v->len));
    if (object && v->element) {
        set_text(object, "key", v->element->key);
        set_text(object, "zh", v->element->zh);
        set_text(object, "en", v->element->en);
    }
    return object;
}

json_t *ssc_json_values(const struct ssc_file *file, const struct ssc_values *values)
{
    char name[16];
    snprintf(name, sizeof name, "%sEF%02X", ssc_app_info(file->app)->name, file->sfi);
    json_t *list = json_array();
    for (size_t i = 0; list && i < values->count; i++) {
        json_array_append_new(list, value_object(values, &values->items[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:o}", "file", name, "zh", file->zh, "en", file->en, "values", list);
}

json_t *ssc_json_balance(const struct ssc_balance *balance)
{
    json_t *object = json_pack("{s:s, s:I}", "purse", ssc_purse_name(balance->purse), "amount",
                               (json_int_t)balance->amount);
    if (object && balance->has_accumulators) {
        json_object_set_new(object, "year_self_pay", json_integer(balance->year_self_pay));
        json_object_set_new(object, "year_pooled", json_integer(balance->year_pooled));
        json_object_set_new(object, "year", json_integer(balance->year));
    }
    if (object && balance->overdraft >= 0) {
        json_object_set_new(object, "overdraft", json_integer(balance->overdraft));
    }
    return object;
}

static json_t *log_entry(const struct ssc_log_entry *e)
{
    char time[24] = "";
    char type[5];
    if (strlen(e->datetime) == 14) {
        snprintf(time, sizeof time, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s", e->datetime, e->datetime + 4,
                 e->datetime + 6, e->datetime + 8, e->datetime + 10, e->datetime + 12);
    }
    snprintf(type, sizeof type, "%02X", e->type);
    return json_pack("{s:i, s:i, s:s, s:I, s:I, s:I, s:s, s:s}", "record", (int)e->record, "counter",
                     (int)e->counter, "type", type, "amount", (json_int_t)e->amount, "self_pay",
                     (json_int_t)e->self_pay, "pooled", (json_int_t)e->pooled, "terminal", e->terminal,
                     "time", time);
}

json_t *ssc_json_log(enum ssc_purse_id purse, const struct ssc_log_entry *entries, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < count; i++) {
        json_array_append_new(list, log_entry(&entries[i]));
    }
    return json_pack("{s:s, s:o}", "purse", ssc_purse_name(purse), "entries", list);
}

static void add_status_word(json_t *data, int sw, int cla, int ins)
{
    const struct ssc_sw_text text =
        ssc_sw_text((uint16_t)sw, cla < 0 ? 0 : (uint8_t)cla, ins < 0 ? 0 : (uint8_t)ins);
    char hex[5];
    snprintf(hex, sizeof hex, "%04X", (unsigned)sw & 0xFFFFu);
    json_object_set_new(data, "sw", json_string(hex));
    json_object_set_new(data, "sw_name", json_string(text.name));
    json_object_set_new(data, "sw_text", json_pack("{s:s, s:s}", "en", text.en, "zh", text.zh));
    if (ssc_sw_tries((uint16_t)sw) >= 0) {
        json_object_set_new(data, "tries", json_integer(ssc_sw_tries((uint16_t)sw)));
    }
}

json_t *ssc_json_error(int code, const char *detail, int cla, int ins)
{
    static const struct {
        int code, rpc;
    } reserved[] = {{SSC_E_PARSE, -32700},
                    {SSC_E_INVALID_REQUEST, -32600},
                    {SSC_E_METHOD_NOT_FOUND, -32601},
                    {SSC_E_INVALID_PARAMS, -32602}};
    const struct ssc_error_info *info = ssc_error_info(code);
    int number = info->code;
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        number = reserved[i].code == code ? reserved[i].rpc : number;
    }
    json_t *data =
        json_pack("{s:s, s:{s:s, s:s}, s:{s:s, s:s}}", "symbol", info->symbol, "text", "en", info->en, "zh",
                  info->zh, "remedy", "en", info->remedy_en, "zh", info->remedy_zh);
    if (data) {
        set_text(data, "detail", detail);
        if (code > 0) {
            add_status_word(data, code, cla, ins);
        }
    }
    return json_pack("{s:i, s:s, s:o}", "code", number, "message", info->en, "data", data);
}
