/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/json_out.h"

#include "apdu/bytes.h"
#include "apdu/text.h"
#include "middleware/render.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t ssc_unix_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* strftime writes +0800, RFC 3339 wants +08:00. */
static void zone(const struct tm *local, char out[8])
{
    const long minutes = local->tm_gmtoff / 60;
    const long size = minutes < 0 ? -minutes : minutes;
    snprintf(out, 8, "%c%02ld:%02ld", minutes < 0 ? '-' : '+', size / 60 % 24, size % 60);
}

const char *ssc_time_text(int64_t unix_ms, char out[40])
{
    const time_t seconds = (time_t)(unix_ms / 1000);
    struct tm local;
    char day[24], offset[8];
    localtime_r(&seconds, &local);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &local);
    zone(&local, offset);
    snprintf(out, 40, "%s.%03d%s", day, (int)(unix_ms % 1000), offset);
    return out;
}

/* mktime would read the zone's file anew each time, on any thread; a look from both sides of a change of the
 * clock does as well. */
static void local_offset(struct tm *local)
{
    const time_t as_utc = timegm(local);
    struct tm there;
    localtime_r(&as_utc, &there);
    const time_t real = as_utc - there.tm_gmtoff;
    localtime_r(&real, &there);
    local->tm_gmtoff = there.tm_gmtoff;
}

/* BCD YYYYMMDDhhmmss in local time as RFC 3339; "" when it is no date. */
static const char *card_time_text(const uint8_t datetime[7], char out[40])
{
    struct tm local = {.tm_isdst = -1};
    char digits[15], day[24], offset[8];
    out[0] = '\0';
    if (ssc_hex_encode(datetime, 7, digits, sizeof digits) == 0 && ssc_datetime_valid(digits) &&
        sscanf(digits, "%4d%2d%2d%2d%2d%2d", &local.tm_year, &local.tm_mon, &local.tm_mday, &local.tm_hour,
               &local.tm_min, &local.tm_sec) == 6) {
        local.tm_year -= 1900;
        local.tm_mon -= 1;
        local_offset(&local);
        strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &local);
        zone(&local, offset);
        snprintf(out, 40, "%s%s", day, offset);
    }
    return out;
}

static json_t *byte(uint8_t b)
{
    return ssc_json_hex(&b, 1);
}

static void add_error(json_t *o, int result)
{
    if (result != 0) {
        json_t *error = json_pack("{s:s}", "symbol", ssc_error_info(result)->symbol);
        if (result > 0) {
            const uint8_t sw[2] = {(uint8_t)(result >> 8), (uint8_t)result};
            json_object_set_new(error, "sw", ssc_json_hex(sw, 2));
        }
        json_object_set_new(o, "error", error);
    }
}

json_t *ssc_json_txn(const struct ssc_txn *t)
{
    char time[40], created[40], updated[40];
    json_t *o =
        json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I}", "id", (json_int_t)t->id, "op", t->op,
                  "kind", t->kind == SSC_KIND_LOAD ? "load" : "debit", "purse", ssc_purse_name(t->purse),
                  "state", ssc_txn_state_name(t->state, t->kind), "evidence", ssc_evidence_name(t->evidence),
                  "final", ssc_txn_state_final(t->state), "amount", (json_int_t)t->amount, "self_pay",
                  (json_int_t)t->self_pay, "pooled", (json_int_t)t->pooled);
    if (o) {
        json_object_set_new(o, "balance_before",
                            t->balance_before < 0 ? json_null() : json_integer(t->balance_before));
        json_object_set_new(o, "balance_after",
                            t->balance_after < 0 ? json_null() : json_integer(t->balance_after));
        json_object_set_new(o, "card", ssc_json_hex(t->serial, t->serial_len));
        json_object_set_new(o, "counter", json_integer(t->counter));
        json_object_set_new(o, "terminal", ssc_json_hex(t->terminal, sizeof t->terminal));
        json_object_set_new(o, "terminal_seq", ssc_json_hex(t->terminal_seq, sizeof t->terminal_seq));
        json_object_set_new(o, "time", json_string(card_time_text(t->datetime, time)));
        json_object_set_new(o, "type", byte(t->txn_type));
        json_object_set_new(o, "key_version", byte(t->key_version));
        json_object_set_new(o, "algorithm", byte(t->algorithm));
        json_object_set_new(o, "tac", t->has_tac ? ssc_json_hex(t->tac, sizeof t->tac) : json_null());
        json_object_set_new(o, "mac2",
                            t->kind == SSC_KIND_DEBIT && t->has_mac2 ? ssc_json_hex(t->mac2, sizeof t->mac2)
                                                                     : json_null());
        json_object_set_new(o, "mac2_checked",
                            json_boolean(t->evidence == SSC_EV_REPLY_MAC2 ||
                                         t->evidence == SSC_EV_PROOF_MAC2 ||
                                         t->evidence == SSC_EV_HOST_MAC2));
        json_object_set_new(o, "test_keys", json_boolean(t->test_keys));
        json_object_set_new(o, "reader", json_string(t->reader));
        json_object_set_new(o, "created", json_string(ssc_time_text(t->created_ms, created)));
        json_object_set_new(o, "updated", json_string(ssc_time_text(t->updated_ms, updated)));
        add_error(o, t->result);
    }
    return o;
}

json_t *ssc_json_txn_event(const char *type, const struct ssc_txn *txn)
{
    return json_pack("{s:s, s:I, s:o}", "type", type, "owner", (json_int_t)txn->owner_uid, "txn",
                     ssc_json_txn(txn));
}
