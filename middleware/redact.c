/* SPDX-License-Identifier: Apache-2.0 */
/* What of an exchange may be seen. The list names what is harmless; what it does not name is overwritten. */
#include <string.h>

#include "apdu/bytes.h"
#include "apdu/command.h"
#include "apdu/sw.h"
#include "apdu/ssc_files.h"
#include "middleware/trace.h"

enum { STAR = 0x2A, ENVIRONMENT = 0x3F00 };
enum { INS_SELECT = 0xA4, INS_READ_RECORD = 0xB2, INS_GET_RESPONSE = 0xC0, INS_UPDATE_RECORD = 0xDC };
enum { BY_FID = 0, DF_BELOW = 1, EF_BELOW = 2, BY_NAME = 4 }; /* P1 of SELECT */
enum way { HIDE, SHOW, RECORDS };                             /* after `keep` bytes that are shown */
enum phase { TAG, LENGTH, VALUE, LOST };

/* ---- single bytes of records ---- */

/* The fictitious holder: what identity elements become. Shorter texts are padded with 00, as on the card. */
static const struct mask {
    uint8_t tag, len;
    const char *value;
} masks[] = {
    {0x07, 9, "X00000019"},
    {0x08, 18, "111111198101011110"},
    {0x09, 4, "\xD5\xC5\xC8\xFD"},
    {0x4E, 0, ""},
    {0x0A, 1, "1"},
    {0x0B, 1, "\x01"},
    {0x0C, 3, "\x11\x11\x11"},
    {0x0D, 4, "\x19\x81\x01\x01"},
};

/* Card class, version, body, dates of issue: nobody is known by them. The identification code keeps city and
 * registered identifier, which readers check, and loses its serial number. */
static bool shown_issuer_byte(uint8_t tag, uint8_t at)
{
    return (tag == 0x01 && at < 8) || (tag >= 0x02 && tag <= 0x06);
}

static uint8_t masked(const struct ssc_redact_state *s, uint8_t byte)
{
    uint8_t shown = STAR;

    if (s->df != ENVIRONMENT || (s->sfi != 5 && s->sfi != 6)) {
        goto done;
    }
    if (s->sfi == 5 && shown_issuer_byte(s->tag, s->at)) {
        shown = byte;
        goto done;
    }
    if (s->tag == 0x01) {
        shown = 0x00;
    }
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        if (masks[i].tag == s->tag) {
            shown = s->at < masks[i].len ? (uint8_t)masks[i].value[s->at] : 0x00;
        }
    }
done:
    return shown;
}

static const struct ssc_app_info *current_app(const struct ssc_redact_state *s)
{
    const struct ssc_app_info *found = NULL;

    for (int a = 0; a < SSC_APP_COUNT; a++) {
        const struct ssc_app_info *app = ssc_app_info((enum ssc_app)a);
        if ((app->fid ? app->fid : ENVIRONMENT) == s->df) {
            found = app;
        }
    }
    return found;
}

static bool known_tag(const struct ssc_redact_state *s, uint8_t tag)
{
    const struct ssc_app_info *app = current_app(s);
    const struct ssc_file *new = app ? ssc_file(SSC_GEN_2, app->app, s->sfi) : NULL;
    const struct ssc_file *old = app ? ssc_file(SSC_GEN_1, app->app, s->sfi) : NULL;

    return (new &&new->element_count > 0 && ssc_element_by_tag(new, tag)) ||
           (old && old->element_count > 0 && ssc_element_by_tag(old, tag));
}

/* One byte further through TAG LENGTH VALUE. A tag that the file does not have means that these are no
 * records: from there on nothing is shown. */
static uint8_t walk(struct ssc_redact_state *s, uint8_t byte)
{
    uint8_t shown = STAR;

    switch (s->phase) {
    case TAG:
        if (known_tag(s, byte)) {
            s->tag = shown = byte;
            s->phase = LENGTH;
        } else {
            s->phase = LOST;
        }
        break;
    case LENGTH:
        s->left = shown = byte;
        s->at = 0;
        s->phase = byte ? VALUE : TAG;
        break;
    case VALUE:
        shown = masked(s, byte);
        s->at++;
        if (--s->left == 0) {
            s->phase = TAG;
        }
        break;
    default:
        break;
    }
    return shown;
}

static void overwrite(struct ssc_redact_state *s, uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s->keep > 0) {
            s->keep--;
        } else if (s->way == RECORDS) {
            data[i] = walk(s, data[i]);
        } else if (s->way == HIDE) {
            data[i] = STAR;
        }
    }
}

static void begin(struct ssc_redact_state *s, enum way way, uint8_t keep, uint8_t sfi)
{
    s->way = (uint8_t)way;
    s->keep = keep;
    s->sfi = sfi;
    s->phase = TAG;
    s->left = s->at = s->tag = 0;
}

/* ---- commands ---- */

/* First bytes of data field and answer that may be seen; p1 -1: any. */
enum { ALL = 255 };
static const struct rule {
    int16_t cla, ins, p1;
    uint8_t command, answer;
} rules[] = {
    /* clang-format off */
    {0x00, INS_SELECT, -1, ALL, ALL},
    {0xB0, 0x26, -1, ALL, ALL}, /* balances */
    {0xB0, 0x56, 1, ALL, ALL},  /* starting day */
    {0xB0, 0x28, 0, ALL, 8},    /* init load: balance, counter, version, algorithm | random, MAC1 */
    {0xB0, 0x28, 1, ALL, 18},   /* init purchase: what load has, yearly sums | random */
    {0xB0, 0x2A, -1, 7, 0},     /* time | MAC2; TAC */
    {0xB0, 0x2C, -1, 11, 0},    /* terminal transaction number, time | MAC1; TAC, MAC2 */
    {0xB0, 0x2E, -1, ALL, 0},   /* proof */
    {0x80, 0x5C, -1, ALL, ALL}, /* the same of the PBOC purse */
    {0x80, 0x50, 0, ALL, 8},
    {0x80, 0x50, 1, ALL, 11},
    {0x80, 0x50, 2, ALL, 11},
    {0x80, 0x50, 3, ALL, 11},
    {0x80, 0x50, 4, ALL, 8},
    {0x80, 0x50, 5, ALL, 8},
    {0x80, 0x52, -1, 7, 0},
    {0x80, 0x54, 1, 11, 0},
    {0x80, 0x54, 3, 7, 0},
    {0x80, 0x58, -1, 7, 0},
    {0x80, 0x5A, -1, ALL, 0},
    {0x80, 0x70, -1, 0, 4},     /* PSAM: terminal transaction number | MAC1 */
    {0xBF, 0xEC, -1, ALL, ALL},
    /* clang-format on */
};

static const struct rule *rule_for(const struct ssc_command *cmd)
{
    const struct rule *found = NULL;

    for (size_t i = 0; i < sizeof rules / sizeof rules[0] && !found; i++) {
        if (rules[i].cla == cmd->cla && rules[i].ins == cmd->ins &&
            (rules[i].p1 < 0 || rules[i].p1 == cmd->p1)) {
            found = &rules[i];
        }
    }
    return found;
}

/* READ RECORD and UPDATE RECORD name their file by SFI or mean the selected one. */
static uint8_t record_file(const struct ssc_redact_state *s, const struct ssc_command *cmd)
{
    const uint8_t sfi = cmd->p2 >> 3;

    return sfi ? sfi : (uint8_t)(s->ef & 0x1F);
}

static uint16_t df_by_name(const struct ssc_command *cmd)
{
    uint16_t df = 0;

    if (cmd->lc == sizeof ssc_ssse_name && memcmp(cmd->data, ssc_ssse_name, cmd->lc) == 0) {
        df = ENVIRONMENT;
    }
    for (int a = 0; a < SSC_APP_COUNT; a++) {
        const struct ssc_app_info *app = ssc_app_info((enum ssc_app)a);
        if (app->aid && app->fid && app->aid_len == cmd->lc && memcmp(app->aid, cmd->data, cmd->lc) == 0) {
            df = app->fid;
        }
    }
    return df;
}

/* ISO/IEC 7816-4 clause 7.1.1. What stands selected behind it is believed only of the forms that are known
 * to the letter: plain class (another channel, a chain or secure messaging leave the rest open), the first
 * occurrence, done without a warning other than that the file is invalidated. Behind everything else nothing
 * is known, and nothing that hangs on it is shown. A refusal to open an EF leaves the DF on every card. */
static void selected(struct ssc_redact_state *s, const struct ssc_command *cmd, uint16_t sw)
{
    const bool done = sw == SSC_SW_OK || sw == SSC_SW_WARNING_INVALIDATED || (sw & 0xFF00) == SSC_SW_MORE;
    const bool plain = cmd->cla == 0x00 && (cmd->p2 & 0x03) == 0;
    const uint16_t fid = plain && cmd->lc == 2 ? ssc_get16(cmd->data) : 0;
    const bool ef = (fid & 0xFF00) == 0xEF00 && (cmd->p1 == BY_FID || cmd->p1 == EF_BELOW);

    s->ef = ef && done ? fid : 0;
    if (!ef) {
        s->df = 0;
    }
    if (done && (fid & 0xFF00) == 0xDF00 && (cmd->p1 == BY_FID || cmd->p1 == DF_BELOW)) {
        s->df = fid;
    } else if (done && plain && cmd->p1 == BY_NAME) {
        s->df = df_by_name(cmd);
    }
}

static uint16_t status_of(const uint8_t *rx, size_t rx_len)
{
    return rx_len >= 2 ? ssc_get16(rx + rx_len - 2) : 0;
}

/* A short identifier makes its file the current one, perhaps in commands that are not known
 * here too; PIN and authentication leave it. */
static void implied(struct ssc_redact_state *s, const struct ssc_command *cmd)
{
    static const uint8_t leave[] = {0x20, 0x82, 0x84, 0x88};
    const bool records = cmd->cla == 0x00 && (cmd->ins == INS_READ_RECORD || cmd->ins == INS_UPDATE_RECORD);

    if (!(records && cmd->p2 >> 3 == 0) && !memchr(leave, cmd->ins, sizeof leave)) {
        s->ef = 0;
    }
}

/* Rules and records are known by their exact class: parts of a chain and commands under secure messaging have
 * another one, and are hidden whole. */
static void redact_command(struct ssc_redact_state *s, const struct ssc_command *cmd, uint8_t *data)
{
    const struct rule *rule = rule_for(cmd);
    const uint8_t sfi = record_file(s, cmd);

    if (cmd->cla == 0x00 && cmd->ins == INS_UPDATE_RECORD) {
        begin(s, RECORDS, 0, sfi);
    } else {
        begin(s, rule && rule->command == ALL ? SHOW : HIDE, rule ? rule->command : 0, 0);
    }
    overwrite(s, data, cmd->lc);
    if (cmd->cla == 0x00 && cmd->ins == INS_READ_RECORD) {
        begin(s, RECORDS, 0, sfi);
    } else if (cmd->ins == INS_SELECT && s->df == 0) { /* a purse's FCI may hold its holder's number */
        begin(s, HIDE, 0, 0);
    } else {
        begin(s, rule && rule->answer == ALL ? SHOW : HIDE, rule ? rule->answer : 0, 0);
    }
}

void ssc_redact(struct ssc_redact_state *state, uint8_t *tx, size_t tx_len, uint8_t *rx, size_t rx_len)
{
    struct ssc_command cmd;

    if (tx_len >= 2 && tx[1] == INS_GET_RESPONSE && tx_len <= 5) {
        /* goes on where the last answer stopped */
    } else if (ssc_command_decode(tx, tx_len, &cmd) == 0) {
        if (cmd.ins == INS_SELECT) {
            selected(state, &cmd, status_of(rx, rx_len));
        }
        redact_command(state, &cmd, cmd.lc ? tx + (cmd.data - tx) : tx);
        if (cmd.ins != INS_SELECT) {
            implied(state, &cmd);
        }
    } else {
        state->df = state->ef = 0;
        begin(state, HIDE, 0, 0);
        if (tx_len > 4) {
            memset(tx + 4, STAR, tx_len - 4);
        }
    }
    if (rx_len > 2) {
        overwrite(state, rx, rx_len - 2);
    }
}
