/* SPDX-License-Identifier: Apache-2.0 */
/* SELECT and the file control information that it answers (card specification part 3 and 5). */
#include "apdu/tlv.h"
#include "drivers/sim/card.h"

#include <string.h>

enum { DIR_SFI = 0x1E, NAME_MIN = 5 }; /* real cards answer 88 01 1E */

static void put_ssc_fci(const struct ssc_sim_card *c, struct ssc_writer *proprietary)
{
    const uint8_t dir = DIR_SFI;
    const uint8_t alg = (uint8_t)c->alg;
    uint8_t inner[8];
    struct ssc_writer issuer = ssc_writer(inner, sizeof inner);
    ssc_tlv_put(proprietary, 0x88, &dir, 1);
    if (c->profile.fci_algorithm) {
        ssc_tlv_put(&issuer, 0x86, &alg, 1);
        ssc_tlv_put(proprietary, 0x9F0C, inner, issuer.len);
    }
}

static void put_pboc_fci(struct ssc_sim_card *c, struct ssc_writer *proprietary)
{
    static const uint8_t version = 0x02;
    const struct sim_ef *ef = sim_ef_by_sfi(c, c->s.df, 0x15);
    ssc_tlv_put(proprietary, 0x9F08, &version, 1);
    if (ef && ef->size <= 64) {
        ssc_tlv_put(proprietary, 0x9F0C, c->nv.pool + ef->offset, ef->size);
    }
}

/* 6F { 84 name [, A5 { ... }] }; 83 and the file identifier where an application has no name. */
static void put_fci(struct ssc_sim_card *c, struct ssc_writer *out)
{
    const struct sim_df *df = &c->df[c->s.df];
    uint8_t body[128], own[96], fid[2];
    struct ssc_writer w = ssc_writer(body, sizeof body);
    struct ssc_writer proprietary = ssc_writer(own, sizeof own);
    ssc_put16(fid, df->fid);
    if (df->name_len > 0) {
        ssc_tlv_put(&w, 0x84, df->name, df->name_len);
    } else {
        ssc_tlv_put(&w, 0x83, fid, sizeof fid);
    }
    if (c->kind == SIM_SSC && c->s.df == 0) {
        put_ssc_fci(c, &proprietary);
    } else if (c->kind == SIM_PBOC && c->s.df == 1) {
        put_pboc_fci(c, &proprietary);
    }
    if (proprietary.len > 0) {
        ssc_tlv_put(&w, 0xA5, own, proprietary.len);
    }
    ssc_tlv_put(out, 0x6F, body, w.len);
}

/* A key authentication ends with the choice of another application; a PIN lives until power-off on a social
 * security card, until the next SELECT on a PBOC card. */
static uint16_t enter(struct ssc_sim_card *c, int df, bool fci, struct ssc_writer *out)
{
    uint16_t sw = SSC_SW_OK;
    if (c->nv.blocked[df] == SIM_BLOCKED_PERMANENT) {
        sw = SSC_SW_APP_BLOCKED;
    } else {
        if (df != c->s.df || c->kind == SIM_PBOC) {
            memset(c->s.key_ok, 0, sizeof c->s.key_ok);
        }
        c->s.pin_ok = c->s.pin_ok && c->kind == SIM_SSC;
        c->s.challenge_len = 0;
        c->s.df = df;
        c->s.ef = -1;
        c->s.record = 0;
        ssc_cleanse(&c->s.psam, sizeof c->s.psam);
        memset(&c->s.psam, 0, sizeof c->s.psam);
        if (c->nv.blocked[df] == SIM_BLOCKED_TEMPORARY) { /* selected all the same, for APPLICATION UNBLOCK */
            sw = SSC_SW_FUNCTION;
        } else if (fci) {
            put_fci(c, out);
        }
    }
    return sw;
}

static int df_by_name(const struct ssc_sim_card *c, const uint8_t *name, size_t len)
{
    int found = -1;
    for (size_t i = 0; i < c->df_count && found < 0; i++) {
        const struct sim_df *df = &c->df[i];
        if (len >= NAME_MIN && len <= df->name_len && memcmp(df->name, name, len) == 0 &&
            (c->kind != SIM_PSAM || df->parent == i || c->s.df < 0 || df->parent == c->df[c->s.df].parent)) {
            found = (int)i;
        }
    }
    return found;
}

static int df_by_fid(const struct ssc_sim_card *c, uint16_t fid)
{
    const int home = c->s.df < 0 ? -1 : c->df[c->s.df].parent;
    int found = fid == 0x3F00 ? 0 : -1;
    for (size_t i = 0; i < c->df_count && found < 0 && home >= 0; i++) {
        if (c->df[i].fid == fid && c->df[i].parent == home) {
            found = (int)i;
        }
    }
    return found;
}

static int ef_by_fid(const struct ssc_sim_card *c, uint16_t fid)
{
    int found = -1;
    for (size_t i = 0; i < c->ef_count && found < 0; i++) {
        if (c->ef[i].fid == fid && c->ef[i].df == c->s.df) {
            found = (int)i;
        }
    }
    return found;
}

static uint16_t select_fid(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const uint16_t fid = cmd->lc == 2 ? ssc_get16(cmd->data) : 0x3F00;
    const int df = cmd->p1 == 2 ? -1 : df_by_fid(c, fid);
    const int ef = cmd->p1 == 1 ? -1 : ef_by_fid(c, fid);
    uint16_t sw = SSC_SW_FILE_NOT_FOUND;
    if (cmd->lc != 0 && cmd->lc != 2) {
        sw = SSC_SW_LENGTH;
    } else if (df >= 0) {
        sw = enter(c, df, cmd->p2 != 0x0C, out);
    } else if (ef >= 0) {
        c->s.ef = ef;
        c->s.record = 0;
        sw = SSC_SW_OK;
    }
    return sw;
}

uint16_t sim_select(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    uint16_t sw = SSC_SW_P1P2;
    if (cmd->p1 == 4 && (cmd->p2 == 0 || cmd->p2 == 2 || cmd->p2 == 0x0C)) {
        const int df = df_by_name(c, cmd->data, cmd->lc);
        if (cmd->lc == 0 || cmd->lc > 16) {
            sw = SSC_SW_LENGTH;
        } else if (df < 0 || (cmd->p2 == 2 && df == c->s.df)) { /* names are unique: there is no next one */
            sw = SSC_SW_FILE_NOT_FOUND;
        } else {
            sw = enter(c, df, cmd->p2 != 0x0C, out);
        }
    } else if (cmd->p1 <= 2 && (cmd->p2 == 0 || cmd->p2 == 0x0C)) {
        sw = select_fid(c, cmd, out);
    }
    return sw;
}
