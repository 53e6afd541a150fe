/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/methods.h"

#include "daemon/ops.h"
#include "middleware/pin.h"

int ssc_pin_verify_work(struct ssc_call *call)
{
    const char *secret = ssc_call_text(call, "secret");
    const bool pad = ssc_call_text(call, "entry") != NULL;
    int rc = pad == (secret != NULL)
                 ? ssc_call_fail(call, SSC_E_INVALID_PARAMS, "entry, secret: exactly one of them")
                 : ssc_card_detect(call->slot->card, call->work_deadline);
    if (rc == 0) {
        rc = ssc_pin_verify(call->slot->card, secret, &call->tries, call->work_deadline);
    }
    return rc;
}

static int change(struct ssc_call *call)
{
    const char *old_pin = ssc_call_text(call, "old");
    const char *new_pin = ssc_call_text(call, "new");
    const bool pad = ssc_call_text(call, "entry") != NULL;
    const bool both = old_pin && new_pin;
    int rc = pad == both || (!both && (old_pin || new_pin))
                 ? ssc_call_fail(call, SSC_E_INVALID_PARAMS, "entry, or old and new")
                 : ssc_card_detect(call->slot->card, call->work_deadline);
    if (rc == 0) {
        rc = ssc_pin_change(call->slot->card, old_pin, new_pin, &call->tries, call->work_deadline);
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
                     : ssc_call_fail(call, SSC_E_INVALID_PARAMS, "new: missing");
    if (rc == 0) {
        rc = ssc_pin_reload(call->slot->card, ssc_call_auth(call), new_pin, call->work_deadline);
    }
    return rc;
}

static int send_command(struct ssc_call *call)
{
    uint8_t command[261];
    size_t len = sizeof command;
    int rc = ssc_call_hex(call, "command", command, &len);
    if (rc == 0) {
        rc = ssc_pin_remote_complete(call->slot->card, command, len, call->work_deadline);
    }
    ssc_cleanse(command, sizeof command);
    return rc;
}

/* Asks for a challenge only: nothing is written, so nothing is noted under the op. */
static int challenge(struct ssc_call *call)
{
    uint8_t bytes[8];
    int rc = ssc_pin_remote_begin(call->slot->card, bytes, call->work_deadline);
    if (rc == 0) {
        call->result =
            json_pack("{s:o, s:s}", "challenge", ssc_json_hex(bytes, sizeof bytes), "header", "8424000114");
        rc = call->result ? 0 : SSC_E_OUT_OF_MEMORY;
    }
    return rc;
}

int ssc_pin_reload_work(struct ssc_call *call)
{
    int rc;
    if (ssc_call_bool(call, "remote", false) && !call->known) {
        rc = challenge(call);
    } else if (ssc_call_text(call, "command")) {
        rc = ssc_ops_write(call, send_command);
    } else {
        rc = ssc_ops_write(call, reload);
    }
    return rc;
}

static int unblock(struct ssc_call *call)
{
    int rc = ssc_card_detect(call->slot->card, call->work_deadline);
    if (rc == 0) {
        rc = ssc_pin_unblock(call->slot->card, ssc_call_auth(call), call->work_deadline);
    }
    return rc;
}

int ssc_pin_unblock_work(struct ssc_call *call)
{
    return ssc_ops_write(call, unblock);
}
