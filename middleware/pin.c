/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/pin.h"

#include <string.h>

#include "apdu/sw.h"
#include "middleware/auth/auth_private.h"
#include "middleware/card_private.h"

enum { PIN_BYTES_MAX = 8, HOLDER_SECONDS_MAX = 60 };

/* What VERIFY and CHANGE answer, as the holder must hear it. No try is left: locked, not merely wrong. */
static int meaning(int rc, int *tries)
{
    const int left = rc > 0 ? ssc_sw_tries((uint16_t)rc) : -1;

    *tries = left;
    if (left > 0) {
        rc = SSC_E_PIN_WRONG;
    } else if (left == 0 || rc == SSC_SW_BLOCKED) {
        *tries = 0;
        rc = SSC_E_PIN_LOCKED;
    } else if (rc == SSC_SW_APP_BLOCKED) {
        rc = SSC_E_CARD_BLOCKED;
    }
    return rc;
}

/* The PIN belongs to the whole card: any application of it will do. */
static int ready(struct ssc_card *card, int64_t deadline)
{
    int rc = ssc_card_detect(card, deadline);

    if (rc == 0 && card->place == SSC_AT_NOWHERE)
        rc = card->info.kind == SSC_CARD_PBOC ? ssc_card_select_purse(card, deadline)
                                              : ssc_card_select(card, SSC_APP_SSSE, deadline);
    return rc;
}

/* SSC: one PIN in the environment. 80 5E and 84 24 want SSSE itself. */
static int ready_in_environment(struct ssc_card *card, int64_t deadline)
{
    int rc = ssc_card_detect(card, deadline);

    if (rc == 0)
        rc = card->info.kind == SSC_CARD_PBOC ? ssc_card_select_purse(card, deadline)
                                              : ssc_card_select(card, SSC_APP_SSSE, deadline);
    return rc;
}

static int pin_bytes(const struct ssc_card *card, const char *digits, uint8_t pin[PIN_BYTES_MAX], size_t *len)
{
    const size_t count = strnlen(digits, 17);
    int rc = SSC_E_PIN_LENGTH;

    if (count >= card->profile->pin_min_digits && count <= card->profile->pin_max_digits)
        rc = ssc_pin_bytes(digits, pin, len);
    return rc;
}

/* Once: a repeat of a wrong PIN would cost a second try. */
static int send_pin(struct ssc_card *card, const struct ssc_command_buf *b, int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);

    return ssc_card_transmit(card, &b->cmd, &rsp, SSC_TX_ONCE, deadline, NULL);
}

/* ---- the reader's PIN pad ---- */

static unsigned holder_seconds(int64_t deadline)
{
    const int64_t left = (deadline - ssc_now_ms()) / 1000;

    return left < 1 ? 1 : left > HOLDER_SECONDS_MAX ? HOLDER_SECONDS_MAX : (unsigned)left;
}

/* The command goes out with FF where the reader puts the digits; neither is ever in this process. */
static int type_pin(struct ssc_card *card, bool change, int64_t deadline)
{
    const uint8_t room = card->profile->pin_pad_bytes;
    const size_t data_len = change ? 2u * room + 1 : room;
    uint8_t apdu[5 + 2 * PIN_BYTES_MAX + 1] = {0x00, 0x20, 0x00, 0x00}, rx[SSC_RESPONSE_SHORT];
    struct ssc_pin_entry entry = {
        .modify = change,
        .apdu = apdu,
        .apdu_len = 5 + data_len,
        .min_digits = card->profile->pin_min_digits,
        .max_digits = card->profile->pin_max_digits,
        .new_offset = change ? (uint8_t)(room + 1) : 0,
        .pin_bytes = room,
        .timeout_s = holder_seconds(deadline),
    };
    size_t len = sizeof rx;
    int rc;

    if (entry.max_digits > 2 * room)
        entry.max_digits = (uint8_t)(2 * room);
    if (change) {
        apdu[0] = 0x80;
        apdu[1] = 0x5E;
        apdu[2] = 0x01;
    }
    apdu[4] = (uint8_t)data_len;
    memset(apdu + 5, 0xFF, data_len);
    card->commands++;
    rc = ssc_card_note(card, ssc_channel_pin_entry(card->channel, &entry, rx, &len, deadline));
    if (rc == 0 && len < 2)
        rc = SSC_E_BAD_RESPONSE;
    if (rc == 0 && ssc_get16(rx + len - 2) != SSC_SW_OK)
        rc = ssc_get16(rx + len - 2);
    return rc;
}

/* ---- verify and change ---- */

int ssc_pin_verify(struct ssc_card *card, const char *digits, int *tries, int64_t deadline)
{
    uint8_t pin[PIN_BYTES_MAX] = {0};
    size_t len = sizeof pin;
    struct ssc_command_buf b = {.cmd = {.cla = 0}};
    int rc = digits ? pin_bytes(card, digits, pin, &len) : 0;

    *tries = -1;
    if (rc == 0)
        rc = ready(card, deadline);
    if (rc != 0)
        goto done;
    if (digits) {
        ssc_cmd_verify(&b, pin, len);
        rc = send_pin(card, &b, deadline);
    } else {
        rc = type_pin(card, false, deadline);
    }
    rc = meaning(rc, tries);
    if (rc == 0)
        ssc_card_set_pin_verified(card, true);
    else if (rc == SSC_E_PIN_WRONG || rc == SSC_E_PIN_LOCKED)
        ssc_card_set_pin_verified(card, false);
done:
    ssc_cleanse(pin, sizeof pin);
    ssc_cleanse(&b, sizeof b);
    return rc;
}

/* An empty VERIFY answers 63Cx and costs no try; 9000 where the PIN is verified or none is set. */
int ssc_pin_status(struct ssc_card *card, int *tries, int64_t deadline)
{
    struct ssc_command_buf b;
    int rc = ready(card, deadline);

    *tries = -1;
    if (rc != 0)
        goto done;
    ssc_cmd_verify(&b, NULL, 0);
    rc = send_pin(card, &b, deadline);
    if (rc == SSC_SW_BLOCKED)
        *tries = 0;
    else if (rc > 0)
        *tries = ssc_sw_tries((uint16_t)rc);
    /* A card that does not know the question is no error: it does not tell. */
    if (rc > 0)
        rc = 0;
done:
    return rc;
}

static int send_change(struct ssc_card *card, const char *old_digits, const char *new_digits,
                       int64_t deadline)
{
    uint8_t old_pin[PIN_BYTES_MAX] = {0}, new_pin[PIN_BYTES_MAX] = {0};
    size_t old_len = sizeof old_pin, new_len = sizeof new_pin;
    struct ssc_command_buf b = {.cmd = {.cla = 0}};
    int rc = pin_bytes(card, old_digits, old_pin, &old_len);

    if (rc == 0)
        rc = pin_bytes(card, new_digits, new_pin, &new_len);
    if (rc == 0)
        rc = ready_in_environment(card, deadline);
    if (rc == 0)
        rc = ssc_cmd_change_pin(&b, old_pin, old_len, new_pin, new_len);
    if (rc == 0)
        rc = send_pin(card, &b, deadline);
    ssc_cleanse(old_pin, sizeof old_pin);
    ssc_cleanse(new_pin, sizeof new_pin);
    ssc_cleanse(&b, sizeof b);
    return rc;
}

int ssc_pin_change(struct ssc_card *card, const char *old_digits, const char *new_digits, int *tries,
                   int64_t deadline)
{
    int rc = SSC_E_INVALID_ARGUMENT;

    *tries = -1;
    if (old_digits && new_digits) {
        rc = send_change(card, old_digits, new_digits, deadline);
    } else if (!old_digits && !new_digits) {
        rc = ready_in_environment(card, deadline);
        if (rc == 0)
            rc = type_pin(card, true, deadline);
    }
    rc = meaning(rc, tries);
    if (rc == SSC_E_PIN_WRONG ||
        rc == SSC_E_PIN_LOCKED) /* a wrong old PIN ends the rights of the right one */
        ssc_card_set_pin_verified(card, false);
    return rc;
}

/* ---- reload and unblock ---- */

/* PUK opens, then a command under secure messaging for the card's challenge: PUK, challenge, command. */
static int maintain(struct ssc_card *card, struct ssc_auth *auth, const uint8_t *pin, size_t len,
                    int64_t deadline)
{
    struct ssc_command_buf b = {.cmd = {.cla = 0}};
    uint8_t challenge[8] = {0};
    int rc = auth ? ssc_auth_open_key(card, auth, SSC_KEY_PUK, deadline) : SSC_E_NEED_REMOTE;

    if (rc == 0)
        rc = ssc_auth_challenge(card, challenge, deadline);
    if (rc == 0)
        rc = auth->ops->pin_command(auth, ssc_card_get_info(card), challenge, pin, len, &b, deadline);
    if (ssc_auth_needs_remote(rc))
        rc = SSC_E_NEED_REMOTE;
    if (rc == 0)
        rc = send_pin(card, &b, deadline);
    if (rc == SSC_SW_SM_WRONG)
        rc = SSC_E_BAD_MAC;
    ssc_cleanse(challenge, sizeof challenge);
    ssc_cleanse(&b, sizeof b);
    return rc;
}

int ssc_pin_reload(struct ssc_card *card, struct ssc_auth *auth, const char *new_digits, int64_t deadline)
{
    uint8_t pin[PIN_BYTES_MAX] = {0};
    size_t len = sizeof pin;
    int rc = pin_bytes(card, new_digits, pin, &len);

    if (rc == 0)
        rc = maintain(card, auth, pin, len, deadline);
    if (rc == 0)
        ssc_card_set_pin_verified(card, false);
    ssc_cleanse(pin, sizeof pin);
    return rc;
}

int ssc_pin_unblock(struct ssc_card *card, struct ssc_auth *auth, int64_t deadline)
{
    return maintain(card, auth, NULL, 0, deadline);
}

int ssc_pin_remote_begin(struct ssc_card *card, uint8_t challenge[8], int64_t deadline)
{
    int rc = SSC_E_AUTH_NOT_BEGUN;

    if (card->place == SSC_AT_APP && card->app == SSC_APP_SSSE && ssc_card_key_verified(card, SSC_KEY_PUK))
        rc = ssc_auth_challenge(card, challenge, deadline);
    return rc;
}

/* Nothing but a PIN command passes: the back office's bytes go to the card as they are. */
static bool is_pin_command(const struct ssc_command *cmd)
{
    return cmd->cla == 0x84 && cmd->ins == 0x24 && cmd->p1 == 0x00 && cmd->le == 0 &&
           ((cmd->p2 == 0x00 && cmd->lc == 4) || (cmd->p2 == 0x01 && (cmd->lc == 0x0C || cmd->lc == 0x14)));
}

int ssc_pin_remote_complete(struct ssc_card *card, const uint8_t *command, size_t len, int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command cmd;
    int rc = ssc_command_decode(command, len, &cmd);

    if (rc == 0 && !is_pin_command(&cmd))
        rc = SSC_E_INVALID_ARGUMENT;
    if (rc == 0 && !(card->place == SSC_AT_APP && card->app == SSC_APP_SSSE))
        rc = SSC_E_AUTH_NOT_BEGUN;
    if (rc == 0)
        rc = ssc_card_transmit(card, &cmd, &rsp, SSC_TX_ONCE, deadline, NULL);
    if (rc == 0)
        ssc_card_set_pin_verified(card, false);
    return rc == SSC_SW_SM_WRONG ? SSC_E_BAD_MAC : rc;
}
