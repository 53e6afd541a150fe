/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what: access conditions, key authentication, challenge, secure messaging, blocking (card
 * specification part 4; JR/T 0025.1). */
#include "drivers/sim/card.h"

#include <stdio.h>
#include <string.h>

enum { MAC_LEN = 4, TRIES_SHOWN = 15 };

bool sim_allowed(const struct ssc_sim_card *c, enum ssc_access access, uint8_t key)
{
    const bool key_ok = key < SIM_KEYS && c->s.key_ok[key];
    bool allowed = false;
    switch (access) {
    case SSC_FREE:
        allowed = true;
        break;
    case SSC_PIN:
        allowed = c->s.pin_ok;
        break;
    case SSC_KEY:
        allowed = key_ok;
        break;
    case SSC_PIN_OR_KEY:
        allowed = c->s.pin_ok || key_ok;
        break;
    case SSC_PIN_AND_KEY:
        allowed = c->s.pin_ok && key_ok;
        break;
    case SSC_NEVER:
        break;
    }
    return allowed;
}

uint16_t sim_wrong(struct ssc_sim_card *c, uint8_t *left)
{
    sim_touch(c);
    if (*left > 0) {
        (*left)--;
    }
    sim_keep(c); /* a card pulled out now must not get the try back */
    return (uint16_t)(SSC_SW_TRIES_LEFT | (*left > TRIES_SHOWN ? TRIES_SHOWN : *left));
}

static void right(struct ssc_sim_card *c, uint8_t *left, uint8_t full)
{
    if (*left != full) {
        sim_touch(c);
        *left = full;
    }
}

/* ---- challenge ---- */

uint16_t sim_get_challenge(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const size_t len = cmd->le == SSC_LE_SHORT || cmd->le == 0 ? 8 : cmd->le;
    uint16_t sw = SSC_SW_OK;
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        sw = SSC_SW_P1P2;
    } else if (cmd->lc != 0 || (len != 4 && len != 8 && (len != 16 || c->alg != SSC_ALG_SM4))) {
        sw = SSC_SW_LENGTH;
    } else if (sim_random(c, c->s.challenge, len) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else {
        c->s.challenge_len = len;
        ssc_write(out, c->s.challenge, len);
    }
    return sw;
}

/* The challenge is used up whatever comes of it. */
static size_t take_challenge(struct ssc_sim_card *c, uint8_t challenge[16])
{
    const size_t len = c->s.challenge_len;
    memset(challenge, 0, 16);
    memcpy(challenge, c->s.challenge, len);
    c->s.challenge_len = 0;
    return len;
}

/* ---- keys ---- */

/* Index in key[] of the current application's key "STK", "LK", ...; -1 when the card has none. */
static int key_here(const struct ssc_sim_card *c, const char *prefix)
{
    char name[32];
    const struct ssc_key_info *info = NULL;
    if (c->kind == SIM_SSC && c->s.df >= 0) {
        snprintf(name, sizeof name, "%s%s", prefix, ssc_app_info(c->df[c->s.df].app)->name);
        info = ssc_key_by_name(name);
    }
    return info && c->key[info->id].present ? (int)info->id : -1;
}

int sim_sm_key(const struct ssc_sim_card *c)
{
    const int key = c->kind == SIM_PBOC ? SIM_DAMK : key_here(c, "STK");
    return key >= 0 && c->key[key].present ? key : -1;
}

/* References 80.. belong to the current application, the others to the environment. */
static int key_by_ref(const struct ssc_sim_card *c, uint8_t ref)
{
    int found = -1;
    const int app = ref & 0x80 ? (c->s.df > 0 ? (int)c->df[c->s.df].app : -1) : (int)SSC_APP_SSSE;
    for (int i = 0; i < SIM_KEYS && found < 0 && c->s.df >= 0; i++) {
        if (c->key[i].present && c->key[i].ref == ref && (int)c->key[i].app == app) {
            found = i;
        }
    }
    return found;
}

/* ---- secure messaging ---- */

static int sm_mac(struct ssc_sim_card *c, int key, const uint8_t *challenge, size_t challenge_len,
                  const uint8_t *msg, size_t len, uint8_t mac[4])
{
    int rc;
    if (c->kind == SIM_PBOC) {
        c->s.sm_key = c->key[key].key;
        rc = ssc_purse_sm_mac(&c->key[key].key, challenge, challenge_len, msg, len, mac);
    } else {
        rc = ssc_session_key(&c->key[key].key, challenge, challenge_len, &c->s.sm_key);
        rc = rc == 0 ? ssc_mac4(&c->s.sm_key, msg, len, mac) : rc;
    }
    return rc;
}

uint16_t sim_sm_check(struct ssc_sim_card *c, const struct ssc_command *cmd, int key, size_t *data_len)
{
    uint8_t msg[5 + SSC_LC_SHORT], challenge[16], mac[MAC_LEN];
    struct ssc_writer w = ssc_writer(msg, sizeof msg);
    size_t challenge_len;
    uint16_t sw = 0;
    if (key < 0) {
        sw = SSC_SW_KEY_NOT_FOUND;
    } else if (c->nv.key_left[key] == 0) {
        sw = SSC_SW_BLOCKED;
    } else if (cmd->lc < MAC_LEN) {
        sw = SSC_SW_SM_MISSING;
    } else if (c->s.challenge_len == 0) {
        sw = SSC_SW_NO_CHALLENGE;
    } else {
        *data_len = cmd->lc - MAC_LEN;
        challenge_len = take_challenge(c, challenge);
        ssc_write8(&w, cmd->cla);
        ssc_write8(&w, cmd->ins);
        ssc_write8(&w, cmd->p1);
        ssc_write8(&w, cmd->p2);
        ssc_write8(&w, (unsigned)cmd->lc);
        ssc_write(&w, cmd->data, *data_len);
        if (sm_mac(c, key, challenge, challenge_len, msg, w.len, mac) != 0) {
            sw = SSC_SW_NO_DIAGNOSIS;
        } else if (!ssc_mac_equal(mac, cmd->data + *data_len, MAC_LEN)) {
            sim_wrong(c, &c->nv.key_left[key]);
            sw = SSC_SW_SM_WRONG;
        } else {
            right(c, &c->nv.key_left[key], c->key[key].tries);
        }
    }
    return sw;
}

uint16_t sim_sm_decipher(struct ssc_sim_card *c, const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
    uint8_t plain[SSC_LC_SHORT + 1];
    const size_t block = ssc_block_size(c->s.sm_key.alg);
    uint16_t sw = SSC_SW_DATA;
    if (len > 0 && len % block == 0 && len <= sizeof plain &&
        ssc_ecb(&c->s.sm_key, false, in, len, plain) == 0 && plain[0] < len && plain[0] <= *out_len) {
        memcpy(out, plain + 1, plain[0]);
        *out_len = plain[0];
        sw = 0;
    }
    ssc_cleanse(plain, sizeof plain);
    return sw;
}

/* ---- INTERNAL AUTHENTICATE ---- */

static uint16_t internal_ssc(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const int key = key_by_ref(c, 0x00);
    struct ssc_key session;
    uint8_t answer[8];
    uint16_t sw = SSC_SW_OK;
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        sw = SSC_SW_P1P2;
    } else if (cmd->lc != 16 && cmd->lc != 17) {
        sw = SSC_SW_LENGTH;
    } else if (key < 0) {
        sw = SSC_SW_KEY_NOT_FOUND;
    } else if (ssc_session_key(&c->key[key].key, cmd->data, 8, &session) != 0 ||
               ssc_auth_data(&session, cmd->data + 8, answer) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else {
        ssc_write(out, answer, sizeof answer);
    }
    ssc_cleanse(&session, sizeof session);
    return sw;
}

static uint16_t internal_pboc(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    uint8_t answer[SSC_LC_SHORT];
    const size_t block = ssc_block_size(c->alg);
    uint16_t sw = SSC_SW_OK;
    if (cmd->p1 != 0) {
        sw = SSC_SW_P1P2;
    } else if (cmd->lc == 0 || cmd->lc % block != 0) {
        sw = SSC_SW_LENGTH;
    } else if (!c->key[SIM_DIAK].present) {
        sw = SSC_SW_KEY_NOT_FOUND;
    } else if (ssc_ecb(&c->key[SIM_DIAK].key, true, cmd->data, cmd->lc, answer) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else {
        ssc_write(out, answer, cmd->lc);
    }
    return sw;
}

uint16_t sim_internal_auth(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    return c->kind == SIM_PBOC ? internal_pboc(c, cmd, out) : internal_ssc(c, cmd, out);
}

/* ---- EXTERNAL AUTHENTICATE ---- */

/* What the terminal should have sent. */
static int expected_ssc(const struct sim_key *key, const uint8_t *challenge, size_t len,
                        const uint8_t original[8], uint8_t expected[8])
{
    struct ssc_key session;
    int rc = ssc_session_key(&key->key, challenge, len, &session);
    rc = rc == 0 ? ssc_auth_data(&session, original, expected) : rc;
    ssc_cleanse(&session, sizeof session);
    return rc;
}

static int expected_pboc(const struct sim_key *key, const uint8_t challenge[16], uint8_t expected[8])
{
    return ssc_purse_auth_data(&key->key, challenge, ssc_block_size(key->key.alg), expected);
}

static uint16_t check_authentication(struct ssc_sim_card *c, const struct ssc_command *cmd, int key)
{
    uint8_t challenge[16], expected[8];
    const size_t len = take_challenge(c, challenge);
    uint16_t sw = SSC_SW_OK;
    const int rc = c->kind == SIM_PBOC ? expected_pboc(&c->key[key], challenge, expected)
                                       : expected_ssc(&c->key[key], challenge, len, cmd->data + 8, expected);
    if (rc != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else if (!ssc_mac_equal(expected, cmd->data, sizeof expected)) {
        c->s.key_ok[key] = false;
        sw = sim_wrong(c, &c->nv.key_left[key]);
    } else {
        right(c, &c->nv.key_left[key], c->key[key].tries);
        c->s.key_ok[key] = true;
    }
    ssc_cleanse(expected, sizeof expected);
    return sw;
}

uint16_t sim_external_auth(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const bool pboc = c->kind == SIM_PBOC;
    const bool present = c->key[SIM_DEAK].present;
    const int key = pboc ? (present && cmd->p2 == 0 ? SIM_DEAK : -1) : key_by_ref(c, cmd->p2);
    uint16_t sw;
    (void)out;
    if (cmd->p1 != 0) {
        sw = SSC_SW_P1P2;
    } else if (pboc ? cmd->lc != 8 : cmd->lc != 16 && cmd->lc != 17) {
        sw = SSC_SW_LENGTH;
    } else if (key < 0) {
        sw = SSC_SW_KEY_NOT_FOUND;
    } else if (cmd->lc == 17 && cmd->data[16] != 0 && cmd->data[16] != c->key[key].version) {
        sw = SSC_SW_KEY_NOT_FOUND;
    } else if (c->nv.key_left[key] == 0) {
        sw = SSC_SW_BLOCKED;
    } else if (c->s.challenge_len == 0) {
        sw = SSC_SW_NO_CHALLENGE;
    } else {
        sw = check_authentication(c, cmd, key);
    }
    return sw;
}

/* ---- blocking ---- */

static bool authenticated(const struct ssc_sim_card *c, int key)
{
    return c->kind == SIM_PBOC || (key >= 0 && c->s.key_ok[key]);
}

static uint16_t block(struct ssc_sim_card *c, const struct ssc_command *cmd, int lock_key, int df,
                      enum sim_blocked how)
{
    size_t len = 0;
    uint16_t sw;
    if (cmd->lc != MAC_LEN) {
        sw = SSC_SW_LENGTH;
    } else if (c->kind == SIM_SSC && lock_key < 0) {
        sw = SSC_SW_KEY_NOT_FOUND;
    } else if (!authenticated(c, lock_key)) {
        sw = SSC_SW_SECURITY;
    } else {
        sw = sim_sm_check(c, cmd, sim_sm_key(c), &len);
    }
    if (sw == 0) {
        sim_touch(c);
        c->nv.blocked[df] = (uint8_t)how;
        sw = SSC_SW_OK;
    }
    return sw;
}

/* P2 00: may be lifted again (PBOC only); 01: for good. */
uint16_t sim_app_block(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    uint16_t sw;
    (void)out;
    if (cmd->p1 != 0 || cmd->p2 > 1 || (cmd->p2 == 0 && c->kind == SIM_SSC)) {
        sw = SSC_SW_P1P2;
    } else if (c->s.df <= 0) {
        sw = SSC_SW_CONDITIONS;
    } else {
        sw = block(c, cmd, key_here(c, "LK"), c->s.df,
                   cmd->p2 == 0 ? SIM_BLOCKED_TEMPORARY : SIM_BLOCKED_PERMANENT);
    }
    return sw;
}

uint16_t sim_app_unblock(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    uint16_t sw;
    (void)out;
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        sw = SSC_SW_P1P2;
    } else if (c->s.df <= 0 || c->nv.blocked[c->s.df] == SIM_OPEN) {
        sw = SSC_SW_CONDITIONS;
    } else if (c->nv.blocked[c->s.df] == SIM_BLOCKED_PERMANENT) {
        sw = SSC_SW_APP_BLOCKED;
    } else {
        sw = block(c, cmd, -1, c->s.df, SIM_OPEN);
        if (sw == SSC_SW_SM_WRONG && c->nv.key_left[SIM_DAMK] == 0) { /* too many guesses lock it for good */
            sim_touch(c);
            c->nv.blocked[c->s.df] = SIM_BLOCKED_PERMANENT;
            sw = SSC_SW_APP_BLOCKED;
        }
    }
    return sw;
}

uint16_t sim_card_block(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const struct ssc_key_info *bk = ssc_key_by_name("BK");
    const int key = bk && c->kind == SIM_SSC && c->key[bk->id].present ? (int)bk->id : -1;
    (void)out;
    return cmd->p1 != 0 || cmd->p2 != 0 ? SSC_SW_P1P2
           : c->s.df < 0                ? SSC_SW_CONDITIONS
                                        : block(c, cmd, key, 0, SIM_BLOCKED_CARD);
}
