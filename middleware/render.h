/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a card says, as JSON: the one rendering behind the socket's results and the command line's direct
 * mode, so that both answer alike. Every function returns a new reference that the caller owns; NULL: out of
 * memory. Money is integer fen, bytes are upper-case hexadecimal, durations are milliseconds.
 */
#ifndef SSC_MIDDLEWARE_RENDER_H
#define SSC_MIDDLEWARE_RENDER_H

#include "middleware/identity.h"
#include "middleware/money.h"

#include <jansson.h>

/* Bytes as upper-case hexadecimal. */
json_t *ssc_json_hex(const uint8_t *bytes, size_t len);

/* {name, state, medium, atr|null, pin_pad, in_use} */
json_t *ssc_json_reader(const struct ssc_reader_state *state);
const char *ssc_slot_name(enum ssc_slot slot);             /* "empty", "card", "mute", "gone" */
const char *ssc_protocol_name(enum ssc_protocol protocol); /* "T=0", "T=1", "T=CL" .. */
const char *ssc_medium_name(enum ssc_medium medium);       /* "contact", "contactless", "sam" */

/* {reader, atr, atr_items, protocol, kind, generation?, version?, algorithm, city?, historical?, purses};
 * what is not known is absent. purses: index enum ssc_purse_id, NULL when not asked. */
json_t *ssc_json_card_info(const struct ssc_card *card, const bool purses[4]);

/* Fields of struct ssc_identity by their names, and genuine, findings, line, exchanges, wire_ms?. */
json_t *ssc_json_identity(const struct ssc_identity *identity, int64_t elapsed_ms);

/* {file, values:[{tag, key, zh, en, record, text, hex}]} */
json_t *ssc_json_values(const struct ssc_file *file, const struct ssc_values *values);

json_t *ssc_json_balance(const struct ssc_balance *balance);
/* {purse, entries:[...]} */
json_t *ssc_json_log(enum ssc_purse_id purse, const struct ssc_log_entry *entries, size_t count);

/* The error object of an answer: {code, message, data:{symbol, text, remedy, detail?, sw?, sw_name?,
 * sw_text?, tries?}}. code: any return value but 0. cla, ins: of the command that a status word answers, -1
 * when not known. detail may be NULL; it must hold nothing secret. */
json_t *ssc_json_error(int code, const char *detail, int cla, int ins);

#endif
