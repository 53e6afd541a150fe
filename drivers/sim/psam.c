/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PSAM's purchase: 80 70 computes MAC1, 80 72 checks MAC2. P1 01 is the social security card's form (card
 * specification part 9), P1 00 that of the PBOC purse (JR/T 0025). Purchase keys serve these two commands
 * only: with CIPHER DATA on them anybody could make MAC1 or MAC2. The terminal transaction number is
 * advanced, and written, before MAC1 leaves: a number is never used twice.
 */
#include "drivers/sim/card.h"

#include <string.h>

enum { TYPE_PURCHASE = 2, SSC_LC = 0x1C, PBOC_LC = 0x14, FACTOR = 8, LEVELS_MAX = 3, MAC_LEN = 4 };

const struct sim_psam_key *sim_psam_find(const struct ssc_sim_card *c, bool purse, uint8_t type, uint8_t id,
                                         enum ssc_algorithm alg)
{
    const struct sim_psam_key *found = NULL;
    for (size_t i = 0; i < c->psam_key_count && !found; i++) {
        const struct sim_psam_key *k = &c->psam_key[i];
        const bool same_type = type == 0xFF || k->type == type;
        if (k->purse == purse && same_type && k->id == id && (alg == SSC_ALG_NONE || k->alg == alg)) {
            found = k;
        }
    }
    return found;
}

/* Factors stand deepest first (card, city, province); the last one is applied first. */
int sim_psam_derive(const struct ssc_key *root, const uint8_t *factors, size_t levels, struct ssc_key *out)
{
    struct ssc_key key = *root;
    int rc = 0;
    for (size_t i = levels; i > 0 && rc == 0; i--) {
        struct ssc_key next;
        rc = ssc_diversify(&key, factors + (i - 1) * FACTOR, &next);
        key = next;
        ssc_cleanse(&next, sizeof next);
    }
    *out = key;
    ssc_cleanse(&key, sizeof key);
    return rc;
}

/* The number's own file always shows the one that the next purchase will get. */
void sim_psam_show_number(struct ssc_sim_card *c)
{
    for (size_t i = 0; i < c->ef_count; i++) {
        if ((c->ef[i].fid == 0x0019 || c->ef[i].fid == 0x0018) && c->ef[i].size == 4) {
            ssc_put32(c->nv.pool + c->ef[i].offset, c->nv.psam_next);
        }
    }
}

static enum ssc_algorithm alg_of(uint8_t id)
{
    return id <= 1 ? SSC_ALG_3DES : id == 3 || id == 4 ? SSC_ALG_SM4 : SSC_ALG_NONE;
}

/* 0 and the derived DPK, or the status word. */
static uint16_t purchase_key(const struct ssc_sim_card *c, bool purse, uint8_t version, uint8_t alg_id,
                             const uint8_t *factors, size_t levels, struct ssc_key *dpk)
{
    const enum ssc_algorithm alg = alg_of(alg_id);
    const struct sim_psam_key *k = NULL;
    uint16_t sw = 0;
    if (alg != SSC_ALG_NONE && (purse || alg == c->df[c->s.df].alg)) {
        k = sim_psam_find(c, purse, TYPE_PURCHASE, version, alg);
    }
    if (!k) {
        sw = SSC_SW_KEY_INDEX;
    } else if (!(k->levels & 1u << levels)) {
        sw = SSC_SW_DATA;
    } else if (sim_psam_derive(&k->root[levels], factors, levels, dpk) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    }
    return sw;
}

static int ssc_macs(const struct ssc_sim_card *c, const uint8_t *d, const struct ssc_key *dpk,
                    uint8_t mac1[4], uint8_t mac2[4])
{
    struct ssc_medical_purchase p = {
        .seq = ssc_get16(d + 4),
        .amounts = {ssc_get32(d + 6), ssc_get32(d + 10), ssc_get32(d + 14)},
        .type = d[18],
    };
    struct ssc_key session;
    int rc;
    memcpy(p.random, d, sizeof p.random);
    memcpy(p.datetime, d + 19, sizeof p.datetime);
    memcpy(p.terminal, c->terminal, sizeof p.terminal);
    ssc_put32(p.terminal_seq, c->nv.psam_next);
    rc = ssc_medical_purchase_session(dpk, &p, &session);
    rc = rc == 0 ? ssc_medical_purchase_mac1(&session, &p, mac1) : rc;
    rc = rc == 0 ? ssc_medical_purchase_mac2(&session, &p, mac2) : rc;
    ssc_cleanse(&session, sizeof session);
    return rc;
}

static int pboc_macs(const struct ssc_sim_card *c, const uint8_t *d, const struct ssc_key *dpk,
                     uint8_t mac1[4], uint8_t mac2[4])
{
    struct ssc_purse_purchase p = {.counter = ssc_get16(d + 4), .amount = ssc_get32(d + 6), .type = d[10]};
    struct ssc_key session;
    int rc;
    memcpy(p.random, d, sizeof p.random);
    memcpy(p.datetime, d + 11, sizeof p.datetime);
    memcpy(p.terminal, c->terminal, sizeof p.terminal);
    ssc_put32(p.terminal_seq, c->nv.psam_next);
    rc = ssc_purse_purchase_session(dpk, &p, &session);
    rc = rc == 0 ? ssc_purse_purchase_mac1(&session, &p, mac1) : rc;
    rc = rc == 0 ? ssc_purse_purchase_mac2(&session, &p, mac2) : rc;
    ssc_cleanse(&session, sizeof session);
    return rc;
}

static uint16_t make_mac1(struct ssc_sim_card *c, const struct ssc_command *cmd, size_t levels,
                          struct ssc_writer *out)
{
    const bool purse = cmd->p1 == 0;
    const size_t head = purse ? PBOC_LC : SSC_LC;
    const uint8_t *d = cmd->data;
    struct ssc_key dpk = {.alg = SSC_ALG_NONE};
    uint8_t mac1[4];
    uint16_t sw = purchase_key(c, purse, d[head - 2], d[head - 1], d + head, levels, &dpk);
    if (sw != 0) {
        goto done;
    }
    if ((purse ? pboc_macs : ssc_macs)(c, d, &dpk, mac1, c->s.psam.mac2) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
        goto done;
    }
    ssc_write32(out, c->nv.psam_next);
    ssc_write(out, mac1, sizeof mac1);
    sim_touch(c);
    c->nv.psam_next++;
    sim_psam_show_number(c);
    c->s.psam.purchase = true;
    sw = SSC_SW_OK;
done:
    ssc_cleanse(&dpk, sizeof dpk);
    return sw;
}

uint16_t sim_psam_init_purchase(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const size_t head = cmd->p1 == 0 ? PBOC_LC : SSC_LC;
    const size_t levels = cmd->lc < head ? 0 : (cmd->lc - head) / FACTOR;
    uint16_t sw;
    c->s.psam.purchase = false;
    if (cmd->p1 > 1 || cmd->p2 != 0) {
        sw = SSC_SW_P1P2;
    } else if (cmd->lc < head || (cmd->lc - head) % FACTOR != 0 || levels > LEVELS_MAX ||
               (cmd->p1 == 1 && levels == 0)) {
        sw = SSC_SW_LENGTH;
    } else if (c->nv.mac2_left == 0) {
        sw = SSC_SW_BLOCKED;
    } else if (c->nv.psam_next == UINT32_MAX) {
        sw = SSC_SW_COUNTER;
    } else {
        sw = make_mac1(c, cmd, levels, out);
    }
    return sw;
}

/* A wrong MAC2 costs a try and leaves the session as it is: the counter, not the session, stops guessing. */
uint16_t sim_psam_credit(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    uint16_t sw = SSC_SW_OK;
    (void)out;
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        sw = SSC_SW_P1P2;
    } else if (cmd->lc != MAC_LEN) {
        sw = SSC_SW_LENGTH;
    } else if (c->nv.mac2_left == 0) {
        sw = SSC_SW_BLOCKED;
    } else if (!c->s.psam.purchase) {
        sw = c->profile.state_sw;
    } else if (!ssc_mac_equal(cmd->data, c->s.psam.mac2, MAC_LEN)) {
        sim_wrong(c, &c->nv.mac2_left);
        sw = c->profile.mac2_sw;
    } else {
        c->s.psam.purchase = false;
        if (c->nv.mac2_left != c->profile.mac2_tries) {
            sim_touch(c);
            c->nv.mac2_left = c->profile.mac2_tries;
        }
    }
    return sw;
}
