/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/pin.h"

#include <stdio.h>
#include <string.h>

#include "apdu/bytes.h"
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

/* Where the PIN is asked: a purse's in the purse; the social security side's in any of its applications, or,
 * for 80 5E and 84 24, in SSSE itself. */
static int ready(struct ssc_card *card, enum ssc_pin_of *of, bool in_environment, int64_t deadline)
{
    int rc = ssc_card_detect(card, deadline);

    *of = ssc_card_pin_of(card, *of);
    if (rc == 0 && *of == SSC_PIN_OF_PURSE) {
        rc = ssc_card_select_purse(card, deadline);
    } else if (rc == 0 && (in_environment || card->place != SSC_AT_APP)) {
        rc = ssc_card_select(card, SSC_APP_SSSE, deadline);
    }
    return rc;
}

static int pin_bytes(const struct ssc_card *card, const char *digits, uint8_t pin[PIN_BYTES_MAX], size_t *len)
{
    const size_t count = strnlen(digits, 17);
    int rc = SSC_E_PIN_LENGTH;

    if (count >= card->profile->pin_min_digits && count <= card->profile->pin_max_digits) {
        rc = ssc_pin_bytes(digits, pin, len);
    }
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
static int type_pin(struct ssc_card *card, bool change, uint8_t id, int64_t deadline)
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

    if (entry.max_digits > 2 * room) {
        entry.max_digits = (uint8_t)(2 * room);
    }
    if (change) {
        apdu[0] = 0x80;
        apdu[1] = 0x5E;
        apdu[2] = 0x01;
        apdu[3] = id;
    }
    apdu[4] = (uint8_t)data_len;
    memset(apdu + 5, 0xFF, data_len);
    card->commands++;
    rc = ssc_card_note(card, ssc_channel_pin_entry(card->channel, &entry, rx, &len, deadline));
    if (rc == 0 && len < 2) {
        rc = SSC_E_BAD_RESPONSE;
    }
    if (rc == 0 && ssc_get16(rx + len - 2) != SSC_SW_OK) {
        rc = ssc_get16(rx + len - 2);
    }
    return rc;
}

/* ---- verify and change ---- */

int ssc_pin_verify(struct ssc_card *card, enum ssc_pin_of of, const char *digits, int *tries,
                   int64_t deadline)
{
    uint8_t pin[PIN_BYTES_MAX] = {0};
    size_t len = sizeof pin;
    struct ssc_command_buf b = {.cmd = {.cla = 0}};
    int rc = digits ? pin_bytes(card, digits, pin, &len) : 0;

    *tries = -1;
    if (rc == 0) {
        rc = ready(card, &of, false, deadline);
    }
    if (rc != 0) {
        goto done;
    }
    if (digits) {
        ssc_cmd_verify(&b, pin, len);
        rc = send_pin(card, &b, deadline);
    } else {
        rc = type_pin(card, false, 0, deadline);
    }
    rc = meaning(rc, tries);
    if (rc == 0) {
        ssc_card_set_pin_verified(card, of, true);
    } else if (rc == SSC_E_PIN_WRONG || rc == SSC_E_PIN_LOCKED) {
        ssc_card_set_pin_verified(card, of, false);
    }
done:
    ssc_cleanse(pin, sizeof pin);
    ssc_cleanse(&b, sizeof b);
    return rc;
}

/* An empty VERIFY answers 63Cx and costs no try; 9000 where the PIN is verified or none is set. */
int ssc_pin_status(struct ssc_card *card, enum ssc_pin_of of, int *tries, int64_t deadline)
{
    struct ssc_command_buf b;
    int rc = ready(card, &of, false, deadline);

    *tries = -1;
    if (rc != 0) {
        goto done;
    }
    ssc_cmd_verify(&b, NULL, 0);
    rc = send_pin(card, &b, deadline);
    if (rc == SSC_SW_BLOCKED) {
        *tries = 0;
    } else if (rc > 0) {
        *tries = ssc_sw_tries((uint16_t)rc);
    }
    /* A card that does not know the question is no error: it does not tell. */
    if (rc > 0) {
        rc = 0;
    }
done:
    return rc;
}

/* P2: 00 on the social security side, the issuer's choice in a purse. */
static uint8_t pin_id(const struct ssc_card *card, enum ssc_pin_of of)
{
    return of == SSC_PIN_OF_PURSE ? card->profile->purse_pin_id : 0;
}

static int send_change(struct ssc_card *card, enum ssc_pin_of *of, const char *old_digits,
                       const char *new_digits, int64_t deadline)
{
    uint8_t old_pin[PIN_BYTES_MAX] = {0}, new_pin[PIN_BYTES_MAX] = {0};
    size_t old_len = sizeof old_pin, new_len = sizeof new_pin;
    struct ssc_command_buf b = {.cmd = {.cla = 0}};
    int rc = pin_bytes(card, old_digits, old_pin, &old_len);

    if (rc == 0) {
        rc = pin_bytes(card, new_digits, new_pin, &new_len);
    }
    if (rc == 0) {
        rc = ready(card, of, true, deadline);
    }
    if (rc == 0) {
        rc = ssc_cmd_change_pin(&b, pin_id(card, *of), old_pin, old_len, new_pin, new_len);
    }
    if (rc == 0) {
        rc = send_pin(card, &b, deadline);
    }
    ssc_cleanse(old_pin, sizeof old_pin);
    ssc_cleanse(new_pin, sizeof new_pin);
    ssc_cleanse(&b, sizeof b);
    return rc;
}

int ssc_pin_change(struct ssc_card *card, enum ssc_pin_of of, const char *old_digits, const char *new_digits,
                   int *tries, int64_t deadline)
{
    int rc = SSC_E_INVALID_ARGUMENT;

    *tries = -1;
    if (old_digits && new_digits) {
        rc = send_change(card, &of, old_digits, new_digits, deadline);
    } else if (!old_digits && !new_digits) {
        rc = ready(card, &of, true, deadline);
        if (rc == 0) {
            rc = type_pin(card, true, pin_id(card, of), deadline);
        }
    }
    rc = meaning(rc, tries);
    if (rc == SSC_E_PIN_WRONG ||
        rc == SSC_E_PIN_LOCKED) { /* a wrong old PIN ends the rights of the right one */
        ssc_card_set_pin_verified(card, of, false);
    }
    return rc;
}

/* ---- reload and unblock ---- */

/* PUK opens, then a command under secure messaging for the card's challenge: PUK, challenge, command. */
static int maintain(struct ssc_card *card, struct ssc_auth *auth, const uint8_t *pin, size_t len,
                    int64_t deadline)
{
    struct ssc_command_buf b = {.cmd = {.cla = 0}};
    uint8_t challenge[8] = {0};
    int rc = auth ? ssc_auth_open_key(card, auth, SSC_KEY_PUK, deadline) : SSC_E_NO_PSAM;

    if (rc == 0) {
        rc = ssc_auth_challenge(card, challenge, deadline);
    }
    if (rc == 0) {
        rc = auth->ops->pin_command(auth, ssc_card_get_info(card), challenge, pin, len, &b, deadline);
    }
    rc = ssc_auth_remote_instead(card, rc);
    if (rc == 0) {
        rc = send_pin(card, &b, deadline);
    }
    if (rc == SSC_SW_SM_WRONG) {
        rc = SSC_E_BAD_MAC;
    }
    ssc_cleanse(challenge, sizeof challenge);
    ssc_cleanse(&b, sizeof b);
    return rc;
}

/* A purse asks for no proof of a key before: 80 5E 00 carries its MAC, 84 24 answers a challenge of four
 * bytes and brings the PIN along (JR/T 0025.2). */
static int purse_challenge(struct ssc_card *card, uint8_t challenge[8], int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;
    int rc;

    ssc_cmd_get_challenge(&b, SSC_PURSE_CHALLENGE);
    rc = ssc_card_transmit(card, &b.cmd, &rsp, 0, deadline, NULL);
    if (rc == 0 && rsp.len != SSC_PURSE_CHALLENGE) {
        rc = SSC_E_BAD_RESPONSE;
    }
    if (rc == 0) {
        memcpy(challenge, rsp.data, rsp.len);
    }
    return rc;
}

enum ssc_algorithm ssc_pin_purse_algorithm(const struct ssc_card *card)
{
    return strcmp(card->profile->purse_pin_algorithm, "sm4") == 0 ? SSC_ALG_SM4 : SSC_ALG_3DES;
}

static int maintain_purse(struct ssc_card *card, struct ssc_auth *auth, bool unblock, const uint8_t *pin,
                          size_t len, int64_t deadline)
{
    const struct ssc_profile *profile = card->profile;
    struct ssc_purse_pin p = {
        .unblock = unblock,
        .algorithm = ssc_pin_purse_algorithm(card),
        .p1p2 = unblock ? ssc_get16(profile->purse_unblock_p1p2) : profile->purse_pin_id,
        .pin = pin,
        .pin_len = len,
    };
    struct ssc_command_buf b = {.cmd = {.cla = 0}};
    int rc = auth && auth->ops->purse_pin ? 0 : SSC_E_NO_PSAM;

    if (rc == 0 && unblock) {
        rc = purse_challenge(card, p.challenge, deadline);
    }
    if (rc == 0) {
        rc = auth->ops->purse_pin(auth, ssc_card_get_info(card), &p, &b, deadline);
    }
    rc = ssc_auth_remote_instead(card, rc);
    if (rc == 0) {
        rc = send_pin(card, &b, deadline);
    }
    ssc_cleanse(&b, sizeof b);
    return rc == SSC_SW_SM_WRONG || rc == SSC_SW_MAC ? SSC_E_BAD_MAC : rc;
}

/* digits NULL: unblock a social security card, which keeps its PIN. */
static int reset_pin(struct ssc_card *card, enum ssc_pin_of of, struct ssc_auth *auth, bool unblock,
                     const char *digits, int64_t deadline)
{
    uint8_t pin[PIN_BYTES_MAX] = {0};
    size_t len = 0;
    int rc = 0;

    if (digits) {
        len = sizeof pin;
        rc = pin_bytes(card, digits, pin, &len);
    }
    if (rc == 0) {
        rc = ssc_card_detect(card, deadline);
    }
    if (rc != 0) {
        goto done;
    }
    of = ssc_card_pin_of(card, of);
    if (unblock && (of == SSC_PIN_OF_PURSE) != (digits != NULL)) {
        rc = digits ? SSC_E_INVALID_ARGUMENT : SSC_E_PIN_LENGTH;
    } else if (of == SSC_PIN_OF_CARD) {
        rc = maintain(card, auth, pin, len, deadline);
    } else {
        rc = ready(card, &of, false, deadline);
    }
    if (rc == 0 && of == SSC_PIN_OF_PURSE) {
        rc = maintain_purse(card, auth, unblock, pin, len, deadline);
    }
    if (rc == 0 && digits) {
        ssc_card_set_pin_verified(card, of, false);
    }
done:
    ssc_cleanse(pin, sizeof pin);
    return rc;
}

int ssc_pin_reload(struct ssc_card *card, enum ssc_pin_of of, struct ssc_auth *auth, const char *new_digits,
                   int64_t deadline)
{
    return reset_pin(card, of, auth, false, new_digits, deadline);
}

int ssc_pin_unblock(struct ssc_card *card, enum ssc_pin_of of, struct ssc_auth *auth, const char *digits,
                    int64_t deadline)
{
    return reset_pin(card, of, auth, true, digits, deadline);
}

/* ---- the back office's commands ---- */

int ssc_pin_remote_begin(struct ssc_card *card, enum ssc_pin_of of, uint8_t challenge[8], size_t *len,
                         int64_t deadline)
{
    int rc = SSC_E_AUTH_NOT_BEGUN;

    of = ssc_card_pin_of(card, of);
    *len = of == SSC_PIN_OF_PURSE ? SSC_PURSE_CHALLENGE : 8;
    if (of == SSC_PIN_OF_PURSE) {
        rc = ready(card, &of, false, deadline);
        if (rc == 0) {
            rc = purse_challenge(card, challenge, deadline);
        }
    } else if (card->place == SSC_AT_APP && card->app == SSC_APP_SSSE &&
               ssc_card_key_verified(card, SSC_KEY_PUK)) {
        rc = ssc_auth_challenge(card, challenge, deadline);
    }
    return rc;
}

void ssc_pin_remote_header(const struct ssc_card *card, bool purse, bool unblock, char header[11])
{
    const uint8_t *p1p2 = card->profile->purse_unblock_p1p2;
    const enum ssc_algorithm alg = purse ? ssc_pin_purse_algorithm(card) : card->info.algorithm;
    const unsigned block = alg == SSC_ALG_3DES ? 8 : 16;

    if (purse) {
        snprintf(header, 11, "8424%02X%02X%02X", p1p2[0], p1p2[1], block + 4);
    } else if (unblock) {
        snprintf(header, 11, "8424000004");
    } else {
        snprintf(header, 11, "84240001%02X", block + 4);
    }
}

/* Nothing but a PIN command passes: the back office's bytes go to the card as they are. */
static bool is_pin_command(const struct ssc_card *card, enum ssc_pin_of of, const struct ssc_command *cmd)
{
    const struct ssc_profile *p = card->profile;
    const bool secure = cmd->cla == 0x84 && cmd->ins == 0x24 && cmd->le == 0;
    const bool enciphered = cmd->lc == 0x0C || cmd->lc == 0x14;
    bool is;

    if (of == SSC_PIN_OF_PURSE) {
        is = (secure && enciphered && cmd->p1 == p->purse_unblock_p1p2[0] &&
              cmd->p2 == p->purse_unblock_p1p2[1]) ||
             (cmd->cla == 0x80 && cmd->ins == 0x5E && cmd->p1 == 0x00 && cmd->p2 == p->purse_pin_id &&
              cmd->le == 0 && cmd->lc >= 2 + 4 && cmd->lc <= PIN_BYTES_MAX + 4);
    } else {
        is = secure && cmd->p1 == 0x00 &&
             ((cmd->p2 == 0x00 && cmd->lc == 4) || (cmd->p2 == 0x01 && enciphered));
    }
    return is;
}

int ssc_pin_remote_complete(struct ssc_card *card, enum ssc_pin_of of, const uint8_t *command, size_t len,
                            int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command cmd;
    int rc = ssc_command_decode(command, len, &cmd);

    of = ssc_card_pin_of(card, of);
    if (rc == 0 && !is_pin_command(card, of, &cmd)) {
        rc = SSC_E_INVALID_ARGUMENT;
    }
    if (rc == 0 && of == SSC_PIN_OF_PURSE) {
        rc = ready(card, &of, false, deadline);
    } else if (rc == 0 && !(card->place == SSC_AT_APP && card->app == SSC_APP_SSSE)) {
        rc = SSC_E_AUTH_NOT_BEGUN;
    }
    if (rc == 0) {
        rc = ssc_card_transmit(card, &cmd, &rsp, SSC_TX_ONCE, deadline, NULL);
    }
    if (rc == 0) {
        ssc_card_set_pin_verified(card, of, false);
    }
    return rc == SSC_SW_SM_WRONG || rc == SSC_SW_MAC ? SSC_E_BAD_MAC : rc;
}
