/* SPDX-License-Identifier: Apache-2.0 */
/* The PSAM as a key machine: DELIVERY SESSION KEY and INIT FOR DESCRYPT put a derived key into place, CIPHER
 * DATA works with it (card specification part 9; JR/T 0025 terminals). */
#include "drivers/sim/card.h"

#include <string.h>

enum {
    TYPE_UNBLOCK = 3,
    TYPE_RELOAD = 4,
    TYPE_MAINTAIN = 5,
    TYPE_MAC = 6,
    TYPE_ENCRYPT = 7,
    TYPE_BOTH = 8,
    TYPE_TAC = 12,
    ANY_TYPE = 0xFF,
    FACTOR = 8,
    LEVELS_MAX = 3
};
enum { P1_MAC = 1, P1_MORE = 2, P1_IV = 4 };
enum { USED_NOT, USED_ENCRYPT, USED_MAC };

uint16_t sim_psam_environment(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    uint16_t sw = SSC_SW_OK;
    (void)out;
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        sw = SSC_SW_P1P2;
    } else if (cmd->lc != 1) {
        sw = SSC_SW_LENGTH;
    } else if (cmd->data[0] == 0x11) { /* Beijing's cards speak SSF33, which nobody may publish */
        sw = SSC_SW_FILE_NOT_FOUND;
    } else {
        memset(&c->s.psam, 0, sizeof c->s.psam);
        c->s.df = 0;
        c->s.ef = -1;
    }
    return sw;
}

static void allow(struct sim_psam_session *s, uint8_t type)
{
    s->may_encrypt =
        type == TYPE_ENCRYPT || type == TYPE_BOTH || type == TYPE_UNBLOCK || type == TYPE_MAINTAIN;
    s->may_mac = type != TYPE_ENCRYPT;
}

static bool usable(uint8_t type)
{
    return (type >= TYPE_UNBLOCK && type <= TYPE_BOTH) || type == TYPE_TAC;
}

/* A key for MAC and encryption may be asked for as one that does only one of them. */
static bool covers(uint8_t held, uint8_t wanted)
{
    return held == wanted || (held == TYPE_BOTH && (wanted == TYPE_MAC || wanted == TYPE_ENCRYPT));
}

static void drop(struct sim_psam_session *s)
{
    ssc_cleanse(&s->key, sizeof s->key);
    s->temp = false;
    s->used = USED_NOT;
    s->in_mac = false;
}

uint16_t sim_psam_delivery(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    struct sim_psam_session *s = &c->s.psam;
    const size_t levels = cmd->p1 >> 5;
    const uint8_t type = cmd->p1 & 0x1F;
    const enum ssc_algorithm alg = c->df[c->s.df].alg;
    const size_t block = ssc_block_size(alg);
    const struct sim_psam_key *k = sim_psam_find(c, false, ANY_TYPE, cmd->p2, alg);
    struct ssc_key derived;
    uint16_t sw = SSC_SW_OK;
    (void)out;
    drop(s);
    if (!k || (usable(type) && !covers(k->type, type))) {
        sw = SSC_SW_KEY_NOT_FOUND;
    } else if (!usable(type) || !usable(k->type)) {
        sw = SSC_SW_CONDITIONS;
    } else if (levels < 1 || levels > LEVELS_MAX || !(k->levels & 1u << levels)) {
        sw = SSC_SW_DATA;
    } else if (cmd->lc != levels * FACTOR + block) {
        sw = SSC_SW_LENGTH;
    } else if (sim_psam_derive(&k->root[levels], cmd->data, levels, &derived) != 0 ||
               ssc_session_key(&derived, cmd->data + levels * FACTOR, block, &s->key) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else {
        s->temp = true;
        s->purse = false;
        allow(s, type);
    }
    ssc_cleanse(&derived, sizeof derived);
    return sw;
}

uint16_t sim_psam_descrypt(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    struct sim_psam_session *s = &c->s.psam;
    const size_t levels = cmd->p1 >> 5;
    const uint8_t type = cmd->p1 & 0x1F;
    const struct sim_psam_key *k = sim_psam_find(c, true, type, cmd->p2, c->df[c->s.df].alg);
    uint16_t sw = SSC_SW_OK;
    (void)out;
    drop(s);
    if (levels > LEVELS_MAX || cmd->lc != levels * FACTOR) {
        sw = SSC_SW_LENGTH;
    } else if (!k) {
        sw = SSC_SW_KEY_NOT_FOUND;
    } else if (!usable(type)) {
        sw = SSC_SW_CONDITIONS;
    } else if (!(k->levels & 1u << levels)) {
        sw = SSC_SW_DATA;
    } else if (sim_psam_derive(&k->root[levels], cmd->data, levels, &s->key) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else {
        s->temp = true;
        s->purse = true;
        allow(s, type);
    }
    if (sw == SSC_SW_OK && (type == TYPE_RELOAD || type == TYPE_TAC) && s->key.alg == SSC_ALG_3DES) {
        const struct ssc_key whole = s->key;
        sw = ssc_tac_key(&whole, &s->key) == 0 ? SSC_SW_OK
                                               : SSC_SW_NO_DIAGNOSIS; /* halves XORed, single DES */
    }
    return sw;
}

/* ---- CIPHER DATA ---- */

static bool good_length(const struct sim_psam_session *s, const struct ssc_command *cmd, size_t block)
{
    const size_t most = s->purse ? SSC_LC_SHORT : block * 8;
    return cmd->lc > 0 && cmd->lc % block == 0 && cmd->lc <= most && (!(cmd->p1 & P1_IV) || cmd->lc > block);
}

static uint16_t encrypt(struct sim_psam_session *s, const struct ssc_command *cmd, struct ssc_writer *out)
{
    uint8_t data[SSC_LC_SHORT];
    uint16_t sw = SSC_SW_NO_DIAGNOSIS;
    if (ssc_ecb(&s->key, true, cmd->data, cmd->lc, data) == 0) {
        ssc_write(out, data, cmd->lc);
        sw = SSC_SW_OK;
    }
    ssc_cleanse(data, sizeof data);
    return sw;
}

/* One more piece of a CBC-MAC; a 16-byte DES key chains with its left half and ends as ISO 9797-1
 * algorithm 3. */
static int chain(struct sim_psam_session *s, const uint8_t *data, size_t len, bool last)
{
    struct ssc_key left = s->key;
    uint8_t iv[16];
    int rc;
    memcpy(iv, s->chain, sizeof iv);
    if (s->key.alg == SSC_ALG_3DES && s->key.len == 16 && last) {
        rc = ssc_retail_mac(&s->key, iv, data, len, true, s->chain);
    } else {
        left.len = s->key.alg == SSC_ALG_3DES ? 8 : s->key.len;
        rc = ssc_cbc_mac(&left, iv, data, len, true, s->chain);
    }
    ssc_cleanse(&left, sizeof left);
    return rc;
}

static void put_mac(const struct sim_psam_session *s, struct ssc_writer *out)
{
    uint8_t mac[4];
    memcpy(mac, s->chain, sizeof mac);
    for (size_t i = 0; i < sizeof mac && s->key.alg == SSC_ALG_SM4 && !s->purse; i++) {
        mac[i] = s->chain[i] ^ s->chain[i + 4] ^ s->chain[i + 8] ^ s->chain[i + 12];
    }
    ssc_write(out, mac, sizeof mac);
}

static uint16_t mac(struct sim_psam_session *s, const struct ssc_command *cmd, size_t block,
                    struct ssc_writer *out)
{
    const size_t at = cmd->p1 & P1_IV ? block : 0;
    uint16_t sw = SSC_SW_OK;
    if (at == 0 && !s->in_mac) {
        sw = SSC_SW_CONDITIONS;
        goto done;
    }
    if (at > 0) {
        memset(s->chain, 0, sizeof s->chain);
        memcpy(s->chain, cmd->data, block);
    }
    if (chain(s, cmd->data + at, cmd->lc - at, !(cmd->p1 & P1_MORE)) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
        goto done;
    }
    s->in_mac = cmd->p1 & P1_MORE;
    if (!s->in_mac) {
        put_mac(s, out);
    }
done:
    return sw;
}

uint16_t sim_psam_cipher(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    struct sim_psam_session *s = &c->s.psam;
    const bool is_mac = cmd->p1 & P1_MAC;
    const uint8_t use = is_mac ? USED_MAC : USED_ENCRYPT;
    const size_t block = s->temp ? ssc_block_size(s->key.alg) : 8;
    uint16_t sw;
    if (cmd->p2 != 0 || cmd->p1 > (P1_MAC | P1_MORE | P1_IV) || (!is_mac && (cmd->p1 & P1_IV))) {
        sw = SSC_SW_P1P2;
    } else if (!s->temp) {
        sw = c->profile.state_sw;
    } else if (!(is_mac ? s->may_mac : s->may_encrypt)) {
        sw = SSC_SW_CONDITIONS;
    } else if (!s->purse && s->used != USED_NOT &&
               s->used != use) { /* a session key serves one kind of work */
        drop(s);
        sw = c->profile.state_sw;
    } else if (!good_length(s, cmd, block)) {
        sw = SSC_SW_LENGTH;
    } else {
        s->used = use;
        sw = is_mac ? mac(s, cmd, block, out) : encrypt(s, cmd, out);
    }
    return sw;
}
