/* SPDX-License-Identifier: Apache-2.0 */
/* The session: what is selected, what is open, how commands pass. What the card is, stands in card_detect.c.
 */
#include <stdlib.h>
#include <string.h>

#include "apdu/sw.h"
#include "middleware/card_private.h"

int ssc_card_new(struct ssc_channel *ch, const struct ssc_profile *profile, struct ssc_card **out)
{
    struct ssc_card *card = calloc(1, sizeof *card);
    int rc = card ? 0 : SSC_E_OUT_OF_MEMORY;

    if (card) {
        card->channel = ch;
        card->profile = profile;
        card->habit = (struct ssc_habit){.reading = SSC_READ_BY_TAG, .select_ef_p1 = 0x02};
        if (profile->whole_file_reads) {
            card->habit.reading = profile->sfi_addressing ? SSC_READ_WHOLE_SFI : SSC_READ_WHOLE_SELECT;
        }
    }
    *out = card;
    return rc;
}

void ssc_card_free(struct ssc_card **card)
{
    if (card && *card) {
        ssc_cleanse(*card, sizeof **card);
        free(*card);
        *card = NULL;
    }
}

struct ssc_channel *ssc_card_channel(const struct ssc_card *card)
{
    return card->channel;
}

const struct ssc_profile *ssc_card_profile(const struct ssc_card *card)
{
    return card->profile;
}

const struct ssc_card_info *ssc_card_get_info(const struct ssc_card *card)
{
    return &card->info;
}

unsigned ssc_card_commands(const struct ssc_card *card)
{
    return card->commands;
}

/* ---- what types of cards accept ---- */

/* Chip maker, operating system, card maker: the first seven historical bytes. */
struct ssc_card_type ssc_card_type_of(const struct ssc_card *card)
{
    struct ssc_card_type type = {.bytes = {0}};
    const struct ssc_atr *atr = &card->channel->atr;

    if (atr->historical_len >= 7) {
        memcpy(type.bytes, atr->historical, 7);
    }
    type.bytes[7] = (uint8_t)card->channel->protocol;
    return type;
}

void ssc_card_share_habits(struct ssc_card *card, struct ssc_habits *habits)
{
    const struct ssc_card_type type = ssc_card_type_of(card);
    struct ssc_habit known;

    card->shared = habits;
    /* The profile may forbid what another session found to work. */
    if (habits && ssc_habits_get(habits, &type, &known)) {
        if (known.reading < card->habit.reading) {
            known.reading = card->habit.reading;
        }
        card->habit = known;
    }
}

void ssc_card_learn(struct ssc_card *card)
{
    const struct ssc_card_type type = ssc_card_type_of(card);

    if (card->shared) {
        ssc_habits_put(card->shared, &type, &card->habit);
    }
}

/* ---- state ---- */

/* Selecting another application ends the rights given by keys (card specification part 3), and a purse's PIN:
 * it belongs to that application alone (JR/T 0025.1). The PIN of the social security side is the whole
 * card's. */
static void leave_application(struct ssc_card *card)
{
    card->place = SSC_AT_NOWHERE;
    card->current_ef = 0;
    memset(card->key_verified, 0, sizeof card->key_verified);
    card->pin_verified[SSC_PIN_OF_PURSE] = false;
}

static void lose_power(struct ssc_card *card)
{
    leave_application(card);
    card->pin_verified[SSC_PIN_OF_CARD] = card->rights = false;
}

/* The card may be another one when it comes back. */
static void lose_card(struct ssc_card *card)
{
    lose_power(card);
    card->detected = card->genuine = card->algorithm_unproven = false;
    card->info = (struct ssc_card_info){.kind = SSC_CARD_UNKNOWN};
    ssc_card_issuer_forget(card);
}

int ssc_card_note(struct ssc_card *card, int rc)
{
    switch (rc) {
    case SSC_E_CARD_REMOVED:
    case SSC_E_READER_REMOVED:
    case SSC_E_NO_CARD:
    case SSC_E_CARD_MUTE:
    case SSC_E_CARD_UNPOWERED:
    case SSC_E_CARD_RESET:
    case SSC_E_STALE_CARD:
        lose_card(card);
        break;
    default:
        /* An exchange that failed half-way leaves the card in a state that nobody here knows. */
        if (rc < 0) {
            leave_application(card);
        }
    }
    return rc;
}

int ssc_card_denied(struct ssc_card *card, int rc)
{
    if (rc == SSC_SW_SECURITY) {
        card->pin_verified[SSC_PIN_OF_CARD] = false;
        memset(card->key_verified, 0, sizeof card->key_verified);
        rc = SSC_E_ACCESS_DENIED;
    }
    return rc;
}

/* Noted before it is sent: an answer that is lost may have been a yes. */
static void note_rights(struct ssc_card *card, const struct ssc_command *cmd)
{
    enum { INS_VERIFY = 0x20, INS_EXTERNAL_AUTHENTICATE = 0x82 };

    if ((cmd->ins == INS_VERIFY && cmd->lc > 0) || cmd->ins == INS_EXTERNAL_AUTHENTICATE) {
        card->rights = true;
    }
}

int ssc_card_transmit(struct ssc_card *card, const struct ssc_command *cmd, struct ssc_response *rsp,
                      unsigned flags, int64_t deadline, struct ssc_transmit_report *report)
{
    const struct ssc_link link = ssc_channel_link(card->channel);

    card->commands++;
    note_rights(card, cmd);
    return ssc_card_note(card, ssc_transmit(&link, cmd, rsp, flags, deadline, report));
}

/* The class's channel and secure messaging bits do not count. */
static bool moves_money(const struct ssc_command *cmd)
{
    const uint8_t cla = cmd->cla & 0xF0;

    return (cla == 0x80 && (cmd->ins == 0x54 || cmd->ins == 0x52)) ||
           (cla == 0xB0 && (cmd->ins == 0x2C || cmd->ins == 0x2A));
}

int ssc_card_transmit_raw(struct ssc_card *card, const struct ssc_command *cmd, struct ssc_response *rsp,
                          int64_t deadline)
{
    int rc = SSC_E_PERMISSION_DENIED;

    rsp->len = 0;
    rsp->sw = 0;
    if (!moves_money(cmd)) {
        rc = ssc_card_transmit(card, cmd, rsp, 0, deadline, NULL);
        leave_application(card);
        card->pin_verified[SSC_PIN_OF_CARD] = false;
        ssc_card_issuer_forget(card); /* it may have been written */
    }
    return rc;
}

enum ssc_pin_of ssc_card_pin_of(const struct ssc_card *card, enum ssc_pin_of of)
{
    return card->info.kind == SSC_CARD_PBOC ? SSC_PIN_OF_PURSE : of;
}

bool ssc_card_pin_verified(const struct ssc_card *card, enum ssc_pin_of of)
{
    return card->pin_verified[ssc_card_pin_of(card, of)];
}

void ssc_card_set_pin_verified(struct ssc_card *card, enum ssc_pin_of of, bool verified)
{
    card->pin_verified[ssc_card_pin_of(card, of)] = verified;
    card->rights = card->rights || verified;
}

int ssc_card_key_tries(const struct ssc_card *card)
{
    return card->key_tries;
}

int ssc_card_remote_cause(const struct ssc_card *card)
{
    return card->remote_cause;
}

bool ssc_card_key_verified(const struct ssc_card *card, enum ssc_key_id key)
{
    return key > SSC_KEY_NONE && key < SSC_KEY_COUNT && card->key_verified[key];
}

void ssc_card_set_key_verified(struct ssc_card *card, enum ssc_key_id key)
{
    if (key > SSC_KEY_NONE && key < SSC_KEY_COUNT) {
        card->key_verified[key] = card->rights = true;
    }
}

bool ssc_card_may_hold_rights(const struct ssc_card *card)
{
    return card->rights;
}

int ssc_card_reset(struct ssc_card *card, enum ssc_reset how, int64_t deadline)
{
    int rc = ssc_channel_reset(card->channel, how, deadline);

    if (rc == 0) {
        lose_power(card);
    } else {
        lose_card(card);
    }
    return rc;
}

int ssc_card_forget(struct ssc_card *card, int64_t deadline)
{
    return ssc_card_reset(card, SSC_RESET_WARM, deadline);
}

/* ---- selection ---- */

/* Another program's reset is met with one of our own, which the reader wants before it goes on. At first
 * contact that is all: SELECT is repeated. Later the caller must know, because everything that it built up is
 * gone. */
static int send_select(struct ssc_card *card, const struct ssc_command_buf *b, struct ssc_response *rsp,
                       unsigned flags, int64_t deadline)
{
    const bool first = !card->detected;
    int rc;

    leave_application(card);
    rc = ssc_card_transmit(card, &b->cmd, rsp, flags, deadline, NULL);
    if (rc == SSC_E_CARD_RESET && ssc_channel_reset(card->channel, SSC_RESET_WARM, deadline) == 0 && first) {
        rc = ssc_card_transmit(card, &b->cmd, rsp, flags, deadline, NULL);
    }
    /* 6283 would say: selected, but blocked. What is blocked is of no use here. */
    if (rc == SSC_SW_WARNING_INVALIDATED || rc == SSC_SW_APP_BLOCKED) {
        rc = SSC_E_CARD_BLOCKED;
    }
    return rc;
}

/* For a SELECT whose answer nobody reads: at 9600 baud it would cost as much as a record. */
static unsigned unread(const struct ssc_card *card)
{
    return card->profile->leave_fci ? SSC_TX_LEAVE_DATA : 0;
}

/* A template that cannot be read is no reason to refuse the card: the algorithm has a default. */
static void take_fci(struct ssc_card *card, const struct ssc_response *rsp)
{
    struct ssc_fci fci;

    card->algorithm_unproven = false;
    card->habit.fci_known = true;
    card->habit.fci_algorithm = SSC_ALG_NONE;
    if (ssc_fci_parse(rsp->data, rsp->len, &fci) == 0 && fci.algorithm >= SSC_ALG_3DES &&
        fci.algorithm <= SSC_ALG_SM4) {
        card->habit.fci_algorithm = (enum ssc_algorithm)fci.algorithm;
    }
}

static int select_environment(struct ssc_card *card, int64_t deadline)
{
    const bool known = card->detected && !card->algorithm_unproven;
    const bool recalled = card->may_recall && card->habit.fci_known;
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;
    int rc;

    ssc_cmd_select_name(&b, ssc_ssse_name, sizeof ssc_ssse_name);
    rc = send_select(card, &b, &rsp, known || recalled ? unread(card) : 0, deadline);
    if (rc == 0) {
        card->place = SSC_AT_APP;
        card->app = SSC_APP_SSSE;
        if (rsp.sw == SSC_SW_OK) {
            take_fci(card, &rsp);
        } else {
            card->algorithm_unproven = !known;
        }
    }
    return rc;
}

int ssc_card_confirm_algorithm(struct ssc_card *card, bool *changed, int64_t deadline)
{
    const enum ssc_algorithm before = card->info.algorithm;
    int rc = 0;

    *changed = false;
    if (card->algorithm_unproven) {
        card->may_recall = false;
        rc = select_environment(card, deadline);
        if (rc == 0) {
            ssc_card_take_algorithm(card);
            ssc_card_learn(card);
            *changed = card->info.algorithm != before;
        }
    }
    return rc;
}

static int send_select_df(struct ssc_card *card, const struct ssc_app_info *info, bool by_name,
                          int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;

    if (by_name) {
        ssc_cmd_select_name(&b, info->aid, info->aid_len);
    } else {
        ssc_cmd_select_df(&b, info->fid);
    }
    return send_select(card, &b, &rsp, unread(card), deadline);
}

/* By file identifier, as the national library does: from a sister application where the card allows that,
 * else from the environment; by name where the card wants that. */
static int select_application(struct ssc_card *card, enum ssc_app app, int64_t deadline)
{
    const struct ssc_app_info *info = ssc_app_info(app);
    const bool sister = card->place == SSC_AT_APP && card->app != SSC_APP_SSSE;
    int rc = card->place == SSC_AT_APP ? 0 : select_environment(card, deadline);

    if (rc == 0) {
        rc = send_select_df(card, info, false, deadline);
    }
    if (rc > 0 && sister) {
        rc = select_environment(card, deadline);
        if (rc == 0) {
            rc = send_select_df(card, info, false, deadline);
        }
    }
    if (rc > 0 && info->aid) {
        rc = send_select_df(card, info, true, deadline);
    }
    if (rc == 0) {
        card->place = SSC_AT_APP;
        card->app = app;
    }
    return rc;
}

int ssc_card_select(struct ssc_card *card, enum ssc_app app, int64_t deadline)
{
    int rc;

    if (card->place == SSC_AT_APP && card->app == app) {
        rc = 0;
    } else if (app == SSC_APP_SSSE) {
        rc = select_environment(card, deadline);
    } else {
        rc = select_application(card, app, deadline);
    }
    return rc;
}

/* File 15h: issuer, application serial number, validity. */
static int read_purse_application(struct ssc_card *card, int64_t deadline)
{
    enum { SFI = 0x15, SIZE = 0x1E };
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;
    int rc;

    ssc_cmd_read_binary(&b, SFI, 0, SIZE);
    rc = ssc_card_transmit(card, &b.cmd, &rsp, 0, deadline, NULL);
    if (rc == 0) {
        rc = ssc_purse_app_parse(rsp.data, rsp.len, &card->info.purse);
    }
    card->info.has_purse = rc == 0;
    return rc;
}

int ssc_card_select_purse(struct ssc_card *card, int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;
    int rc = 0;

    if (card->place != SSC_AT_PURSE) {
        ssc_cmd_select_name(&b, card->profile->purse_aid, card->profile->purse_aid_len);
        rc = send_select(card, &b, &rsp, unread(card), deadline);
        if (rc == SSC_SW_FILE_NOT_FOUND) {
            rc = SSC_E_NO_PURSE;
        }
        if (rc == 0) {
            card->place = SSC_AT_PURSE;
        }
    }
    if (rc == 0 && !card->info.has_purse) {
        rc = read_purse_application(card, deadline);
    }
    return rc;
}
