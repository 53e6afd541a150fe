/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/methods.h"

#include <stdio.h>
#include <string.h>

#include "daemon/ops.h"
#include "middleware/pin.h"

/* ed and ep live in one application, which has a PIN of its own. */
enum ssc_pin_of ssc_pin_whose(struct ssc_call *call)
{
    const char *purse = ssc_call_text(call, "purse");
    return purse && strcmp(purse, "medical") != 0 ? SSC_PIN_OF_PURSE : SSC_PIN_OF_CARD;
}

static int tries_left(struct ssc_call *call)
{
    int tries = -1;
    int rc = ssc_card_detect(call->slot->card, call->work_deadline);
    if (rc == 0) {
        rc = ssc_pin_status(call->slot->card, ssc_pin_whose(call), &tries, call->work_deadline);
    }
    if (rc == 0) {
        call->result = json_pack("{s:o}", "tries_left", tries < 0 ? json_null() : json_integer(tries));
        rc = call->result ? 0 : SSC_E_OUT_OF_MEMORY;
    }
    return rc;
}

static int verify(struct ssc_call *call)
{
    const char *secret = ssc_call_text(call, "secret");
    int rc = ssc_card_detect(call->slot->card, call->work_deadline);
    if (rc == 0) {
        rc = ssc_pin_verify(call->slot->card, ssc_pin_whose(call), secret, &call->tries, call->work_deadline);
    }
    return rc;
}

int ssc_pin_verify_work(struct ssc_call *call)
{
    const bool status = ssc_call_bool(call, "status", false);
    const int ways =
        (ssc_call_text(call, "secret") != NULL) + (ssc_call_text(call, "entry") != NULL) + status;
    return ways != 1 ? ssc_call_fail(call, SSC_E_INVALID_PARAMS, "entry, secret, status: exactly one of them",
                                     "entry、secret、status：必须且只能给出其中一项")
           : status  ? tries_left(call)
                     : verify(call);
}

static int change(struct ssc_call *call)
{
    const char *old_pin = ssc_call_text(call, "old");
    const char *new_pin = ssc_call_text(call, "new");
    const bool pad = ssc_call_text(call, "entry") != NULL;
    const bool both = old_pin && new_pin;
    int rc = pad == both || (!both && (old_pin || new_pin))
                 ? ssc_call_fail(call, SSC_E_INVALID_PARAMS, "entry, or old and new",
                                 "应给出 entry，或者 old 和 new")
                 : ssc_card_detect(call->slot->card, call->work_deadline);
    if (rc == 0) {
        rc = ssc_pin_change(call->slot->card, ssc_pin_whose(call), old_pin, new_pin, &call->tries,
                            call->work_deadline);
    }
    return rc;
}

int ssc_pin_change_work(struct ssc_call *call)
{
    return ssc_ops_write(call, change);
}

/* ---- reload ---- */

static int reload(struct ssc_call *call)
{
    const char *new_pin = ssc_call_text(call, "new");
    int rc = new_pin ? ssc_card_detect(call->slot->card, call->work_deadline)
                     : ssc_call_fail(call, SSC_E_INVALID_PARAMS, "new: missing", "缺少 new");
    if (rc == 0) {
        rc = ssc_pin_reload(call->slot->card, ssc_pin_whose(call), ssc_call_auth(call), new_pin,
                            call->work_deadline);
    }
    return rc;
}

static int send_command(struct ssc_call *call)
{
    uint8_t command[261];
    size_t len = sizeof command;
    int rc = ssc_call_hex(call, "command", command, &len);
    if (rc == 0) {
        rc =
            ssc_pin_remote_complete(call->slot->card, ssc_pin_whose(call), command, len, call->work_deadline);
    }
    ssc_cleanse(command, sizeof command);
    return rc;
}

/* Asks for a challenge only: nothing is written, so nothing is noted under the op. */
static int challenge(struct ssc_call *call, bool unblock)
{
    const struct ssc_card *card = call->slot->card;
    uint8_t bytes[8];
    size_t len = sizeof bytes;
    int rc = ssc_pin_remote_begin(call->slot->card, ssc_pin_whose(call), bytes, &len, call->work_deadline);
    if (rc == 0) {
        const bool purse = len == SSC_PURSE_CHALLENGE;
        const enum ssc_algorithm alg =
            purse ? ssc_pin_purse_algorithm(card) : ssc_card_get_info(card)->algorithm;
        char header[11], algorithm[3];
        ssc_pin_remote_header(card, purse, unblock, header);
        snprintf(algorithm, sizeof algorithm, "%02X", (unsigned)alg & 0xFFu);
        call->result = json_pack("{s:o, s:s, s:s, s:o}", "challenge", ssc_json_hex(bytes, len), "header",
                                 header, "algorithm", algorithm, "address",
                                 purse ? json_null() : ssc_json_key_address(card, SSC_KEY_STKSSSE));
        rc = call->result ? 0 : SSC_E_OUT_OF_MEMORY;
    }
    return rc;
}

/* Here, or by the back office in two steps: its challenge, its command. */
static int maintain(struct ssc_call *call, bool unblock, int (*here)(struct ssc_call *))
{
    int rc;
    if (ssc_call_bool(call, "remote", false) && !call->known) {
        rc = challenge(call, unblock);
    } else if (ssc_call_text(call, "command")) {
        rc = ssc_ops_write(call, send_command);
    } else {
        rc = ssc_ops_write(call, here);
    }
    return rc;
}

int ssc_pin_reload_work(struct ssc_call *call)
{
    return maintain(call, false, reload);
}

static int unblock(struct ssc_call *call)
{
    int rc = ssc_card_detect(call->slot->card, call->work_deadline);
    if (rc == 0) {
        rc = ssc_pin_unblock(call->slot->card, ssc_pin_whose(call), ssc_call_auth(call),
                             ssc_call_text(call, "new"), call->work_deadline);
    }
    return rc == SSC_E_PIN_LENGTH && !ssc_call_text(call, "new")
               ? ssc_call_fail(call, SSC_E_INVALID_PARAMS, "new: a purse's unblock carries the PIN",
                               "new：电子钱包解锁时必须给出密码")
               : rc;
}

int ssc_pin_unblock_work(struct ssc_call *call)
{
    return maintain(call, true, unblock);
}
