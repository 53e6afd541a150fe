/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/methods.h"

#include "apdu/sw.h"
#include "daemon/simulate.h"
#include "daemon/tracing.h"
#include "drivers/sim/sim.h"

#include <stdlib.h>
#include <string.h>

enum { COMMAND_MAX = 4096 };

int ssc_apdu_work(struct ssc_call *call)
{
    const size_t cap = SSC_RESPONSE_MAX;
    uint8_t *command = malloc(COMMAND_MAX), *data = malloc(cap);
    size_t len = COMMAND_MAX;
    struct ssc_command cmd;
    struct ssc_response rsp = {.data = data, .cap = cap};
    int rc = command && data ? ssc_call_hex(call, "command", command, &len) : SSC_E_OUT_OF_MEMORY;
    if (rc == 0 && ssc_command_decode(command, len, &cmd) != 0) {
        rc = ssc_call_fail(call, SSC_E_INVALID_PARAMS, "command: not a command of ISO 7816-4",
                           "command：不是 ISO 7816-4 命令");
    }
    if (rc == 0) {
        rc = ssc_card_transmit_raw(call->slot->card, &cmd, &rsp, call->work_deadline);
    }
    if (rc == SSC_E_PERMISSION_DENIED && !rsp.sw) {
        rc = ssc_call_fail(call, rc, "money goes through purse.debit and purse.load",
                           "资金交易请使用 purse.debit 和 purse.load");
    }
    if (rc >= 0 && command && data && rsp.sw) {
        const struct ssc_sw_text text = ssc_sw_text(rsp.sw, cmd.cla, cmd.ins);
        const uint8_t sw[2] = {(uint8_t)(rsp.sw >> 8), (uint8_t)rsp.sw};
        char whole[5];
        ssc_hex_encode(sw, 2, whole, sizeof whole);
        json_t *hex = ssc_json_hex(data, rsp.len);
        json_t *response = json_sprintf("%s%s", json_string_value(hex), whole);
        call->result = json_pack("{s:o, s:o, s:s, s:s, s:{s:s, s:s}}", "response", response, "data", hex,
                                 "sw", whole, "sw_name", text.name, "sw_text", "en", text.en, "zh", text.zh);
        rc = call->result ? 0 : SSC_E_OUT_OF_MEMORY;
    }
    ssc_cleanse(data, data ? cap : 0);
    ssc_cleanse(command, command ? COMMAND_MAX : 0); /* perhaps a PIN */
    free(data);
    free(command);
    return rc;
}

int ssc_reset_work(struct ssc_call *call)
{
    const char *kind = ssc_call_text(call, "kind");
    const bool warm = kind && strcmp(kind, "warm") == 0;
    struct ssc_channel *ch = call->slot->ch;
    ssc_slot_drop_begun(call->slot);
    const int rc =
        ssc_card_reset(call->slot->card, warm ? SSC_RESET_WARM : SSC_RESET_COLD, call->work_deadline);
    if (rc == 0) {
        call->result = json_pack("{s:o, s:s}", "atr", ssc_json_hex(ch->atr.raw, ch->atr.raw_len), "protocol",
                                 ssc_protocol_name(ch->protocol));
    }
    return rc == 0 && !call->result ? SSC_E_OUT_OF_MEMORY : rc;
}

/* ---- trace ---- */

int ssc_trace_start_now(struct ssc_call *call)
{
    struct ssc_conn *c = call->conn;
    const char *reader = ssc_call_text(call, "reader");
    int rc = 0;
    if (reader && !ssc_readers_by_name(call->d->readers, reader)) {
        rc = ssc_call_fail(call, SSC_E_READER_NOT_FOUND, "reader %.100s", "读卡器 %.100s", reader);
    } else {
        c->traces = ssc_call_bool(call, "unredacted", false) ? SSC_TRACE_FULL : SSC_TRACE_REDACTED;
        snprintf(c->trace_reader, sizeof c->trace_reader, "%s", reader ? reader : "");
        if (c->traces & SSC_TRACE_FULL) {
            ssc_log(&call->d->log, SSC_LOG_WARNING, "audit: unredacted trace for uid=%u pid=%ld",
                    (unsigned)call->peer.uid, (long)call->peer.pid);
        }
        ssc_tracing_update(call->d);
    }
    return rc;
}

int ssc_trace_stop_now(struct ssc_call *call)
{
    call->conn->traces = 0;
    ssc_tracing_update(call->d);
    return 0;
}

/* ---- the simulated readers; their own thread, because they wait for a running exchange ---- */

static int about(struct ssc_call *call, int rc)
{
    return rc == 0 ? 0
                   : ssc_call_fail(call, rc, "reader %.100s", "读卡器 %.100s", ssc_call_text(call, "reader"));
}

int ssc_sim_insert_work(struct ssc_call *call)
{
    const char *reader = ssc_call_text(call, "reader"), *image = ssc_call_text(call, "image");
    char path[SSC_SIMULATE_PATH], why[200] = "";
    int rc = image ? ssc_simulate_image(&call->d->config, call->d->driver, reader, image, path, why) : 0;
    rc = rc == 0 ? ssc_sim_insert(call->d->driver, reader, image ? path : NULL) : rc;
    ssc_readers_look(call->d->readers); /* whoever has the answer can use the card */
    return rc == SSC_E_IMAGE_INVALID ? ssc_call_fail(call, rc, "image %.150s", "卡片映像 %.150s", image)
                                     : about(call, rc);
}

int ssc_sim_remove_work(struct ssc_call *call)
{
    const int rc = ssc_sim_remove(call->d->driver, ssc_call_text(call, "reader"));
    ssc_readers_look(call->d->readers);
    return about(call, rc);
}

static int hex_or(struct ssc_call *call, const char *name, int fallback)
{
    uint8_t byte = 0;
    size_t len = 1;
    return ssc_call_hex(call, name, &byte, &len) == 0 && len == 1 ? byte : fallback;
}

static enum ssc_sim_fault_kind kind_of(const char *name)
{
    static const char *const names[] = {
        [SSC_FAULT_NONE] = "none",
        [SSC_FAULT_MUTE] = "mute",
        [SSC_FAULT_TEAR_BEFORE] = "tear_before",
        [SSC_FAULT_TEAR_DURING] = "tear_during",
        [SSC_FAULT_TEAR_AFTER] = "tear_after",
        [SSC_FAULT_LOSE_REPLY] = "lose_reply",
        [SSC_FAULT_TIMEOUT_AFTER] = "timeout_after",
        [SSC_FAULT_GARBAGE] = "garbage",
        [SSC_FAULT_STATUS] = "status",
        [SSC_FAULT_STATUS_AFTER] = "status_after",
        [SSC_FAULT_WRONG_MAC] = "wrong_mac",
        [SSC_FAULT_SHORT] = "short",
        [SSC_FAULT_SLOW] = "slow",
        [SSC_FAULT_SWAP] = "swap",
    };
    int kind = SSC_FAULT_SWAP;
    while (kind > SSC_FAULT_NONE && strcmp(names[kind], name) != 0) {
        kind--;
    }
    return (enum ssc_sim_fault_kind)kind;
}

int ssc_sim_fault_work(struct ssc_call *call)
{
    uint8_t sw[2] = {0};
    size_t len = sizeof sw;
    const char *image = ssc_call_text(call, "image"), *reader = ssc_call_text(call, "reader");
    char path[SSC_SIMULATE_PATH] = "", why[200] = "";
    int rc = image ? ssc_simulate_image(&call->d->config, call->d->driver, reader, image, path, why) : 0;
    struct ssc_sim_fault fault = {
        .kind = kind_of(ssc_call_text(call, "kind")),
        .nth = (unsigned)ssc_call_int(call, "nth", 1),
        .cla = hex_or(call, "cla", -1),
        .ins = hex_or(call, "ins", -1),
        .arg = (unsigned)ssc_call_int(call, "arg", 0),
    };
    ssc_call_hex(call, "sw", sw, &len);
    fault.sw = ssc_get16(sw);
    if (strlen(path) >= sizeof fault.image) {
        rc = SSC_E_IMAGE_INVALID;
    }
    snprintf(fault.image, sizeof fault.image, "%.*s", (int)sizeof fault.image - 1, path);
    return about(call, rc == 0 ? ssc_sim_fault(call->d->driver, reader, &fault) : rc);
}

int ssc_sim_pin_work(struct ssc_call *call)
{
    return about(call, ssc_sim_type_pin(call->d->driver, ssc_call_text(call, "reader"),
                                        ssc_call_text(call, "digits")));
}
