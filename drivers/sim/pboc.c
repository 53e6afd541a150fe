/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PBOC electronic deposit and electronic purse: purchase, cash withdrawal, composite purchase, balance and
 * proof (JR/T 0025.1/.2). One transaction changes balance, counter, log, proof and composite records together
 * or not at all.
 */
#include "drivers/sim/card.h"

#include <string.h>

enum { EP = 1, INIT_LC = 0x0B, DEBIT_LC = 0x0F, LOG_SFI = 0x18 };
enum { P1_LOAD = 0, P1_PURCHASE = 1, P1_CASH = 2, P1_CAPP = 3, P1_UPDATE = 4, P1_UNLOAD = 5 };

bool sim_bcd(const uint8_t *p, size_t len)
{
    bool ok = true;
    for (size_t i = 0; i < len; i++) {
        ok = ok && p[i] >> 4 <= 9 && (p[i] & 0x0F) <= 9;
    }
    return ok;
}

static uint16_t idle(struct ssc_sim_card *c, uint16_t sw)
{
    c->s.state = SIM_IDLE;
    c->s.capps = 0;
    ssc_cleanse(&c->s.purse_key, sizeof c->s.purse_key);
    return sw;
}

void sim_pboc_log(struct ssc_sim_card *c, uint16_t counter, uint32_t overdraft, uint32_t amount, uint8_t type,
                  const uint8_t terminal[6], const uint8_t datetime[7])
{
    struct sim_ef *ef = sim_ef_by_sfi(c, c->s.df, LOG_SFI);
    uint8_t record[23];
    struct ssc_writer w = ssc_writer(record, sizeof record);
    ssc_write16(&w, c->profile.log_after ? counter + 1u : counter);
    ssc_write8(&w, overdraft >> 16 & 0xFF);
    ssc_write16(&w, overdraft & 0xFFFF);
    ssc_write32(&w, amount);
    ssc_write8(&w, type);
    ssc_write(&w, terminal, 6);
    ssc_write(&w, datetime, 7);
    if (ef) {
        sim_record_push(c, ef, record, w.len);
    }
}

void sim_pboc_done(struct ssc_sim_card *c, uint8_t type, uint16_t counter, const uint8_t mac[4],
                   const uint8_t tac[4])
{
    c->nv.proof = (struct sim_proof){.type = type, .counter = counter};
    memcpy(c->nv.proof.mac, mac, sizeof c->nv.proof.mac);
    memcpy(c->nv.proof.tac, tac, sizeof c->nv.proof.tac);
    c->s.pin_ok = c->s.pin_ok && !c->profile.pin_ends_with_transaction;
}

/* ---- INITIALIZE FOR PURCHASE, CASH WITHDRAW, CAPP PURCHASE ---- */

static uint8_t type_of(uint8_t p1, uint8_t p2)
{
    return p1 == P1_CASH   ? SSC_PURSE_CASH
           : p1 == P1_CAPP ? SSC_PURSE_CAPP
           : p2 == EP + 1  ? SSC_PURSE_PURCHASE_EP
                           : SSC_PURSE_PURCHASE_ED;
}

static void answer_init(struct ssc_sim_card *c, const struct sim_wallet *w, struct ssc_writer *out)
{
    struct ssc_purse_purchase *p = &c->s.offline;
    p->key_version = c->key[SIM_DPK].version;
    p->balance = w->balance;
    p->counter = w->offline;
    p->overdraft = w->overdraft;
    p->algorithm = c->profile.alg_id;
    ssc_write32(out, p->balance);
    ssc_write16(out, p->counter);
    ssc_write8(out, p->overdraft >> 16 & 0xFF);
    ssc_write16(out, p->overdraft & 0xFFFF);
    ssc_write8(out, p->key_version);
    ssc_write8(out, p->algorithm);
    ssc_write(out, p->random, sizeof p->random);
}

static uint16_t init_offline(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const struct sim_wallet *w = &c->nv.wallet[(cmd->p2 - 1u) & 1u];
    struct ssc_purse_purchase *p = &c->s.offline;
    uint16_t sw = SSC_SW_OK;
    if (cmd->lc != INIT_LC) {
        sw = SSC_SW_LENGTH;
        goto done;
    }
    *p = (struct ssc_purse_purchase){
        .wallet = cmd->p2 == 1 ? SSC_WALLET_ED : SSC_WALLET_EP,
        .type = type_of(cmd->p1, cmd->p2),
        .key_index = cmd->data[0],
        .amount = ssc_get32(cmd->data + 1),
    };
    memcpy(p->terminal, cmd->data + 5, sizeof p->terminal);
    if (!w->present) {
        sw = SSC_SW_FILE_NOT_FOUND;
    } else if (p->wallet == SSC_WALLET_ED && !c->s.pin_ok) {
        sw = SSC_SW_SECURITY;
    } else if (!c->key[SIM_DPK].present || p->key_index != c->profile.key_index) {
        sw = SSC_SW_KEY_INDEX;
    } else if (p->amount > w->balance) {
        sw = SSC_SW_FUNDS;
    } else if (w->offline == UINT16_MAX) {
        sw = SSC_SW_COUNTER;
    } else if (sim_random(c, p->random, sizeof p->random) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else {
        c->s.state = cmd->p1 == P1_CAPP ? SIM_CAPP_PURCHASE : SIM_PURCHASE;
        answer_init(c, w, out);
    }
done:
    return sw;
}

uint16_t sim_pboc_init(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const bool ed_only = cmd->p1 == P1_CASH || cmd->p1 == P1_UPDATE || cmd->p1 == P1_UNLOAD;
    uint16_t sw;
    idle(c, 0);
    if (cmd->p1 > P1_UNLOAD || cmd->p2 < 1 || cmd->p2 > 2 || (ed_only && cmd->p2 != 1)) {
        sw = SSC_SW_P1P2;
    } else if (c->s.df != 1) {
        sw = SSC_SW_CONDITIONS;
    } else if (cmd->p1 == P1_LOAD || cmd->p1 == P1_UPDATE || cmd->p1 == P1_UNLOAD) {
        sw = sim_pboc_init_online(c, cmd, out);
    } else {
        sw = init_offline(c, cmd, out);
    }
    return sw;
}

/* ---- UPDATE CAPP DATA CACHE ---- */

/* P2 = SFI and mode 0: P1 is the record's identifier; mode 4: its number. -1: none. */
static int capp_slot(struct ssc_sim_card *c, const struct ssc_command *cmd)
{
    const struct sim_ef *ef = sim_ef_by_sfi(c, c->s.df, cmd->p2 >> 3);
    int slot = -1;
    if (ef && ef->kind == SSC_FILE_VARIABLE && (cmd->p2 & 7) == SSC_REC_FIRST) {
        slot = sim_slot_by_tag(c, ef, cmd->p1);
    } else if (ef && ef->kind == SSC_FILE_VARIABLE && cmd->p1 >= 1 && cmd->p1 <= ef->slots) {
        slot = ef->slot + cmd->p1 - 1;
    }
    return slot;
}

uint16_t sim_pboc_capp(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const int slot = c->s.df == 1 ? capp_slot(c, cmd) : -1;
    uint16_t sw = SSC_SW_OK;
    (void)out;
    if (c->s.state != SIM_CAPP_PURCHASE) {
        sw = idle(c, c->profile.state_sw);
    } else if ((cmd->p2 & 7) != SSC_REC_FIRST && (cmd->p2 & 7) != SSC_REC_NUMBER) {
        sw = SSC_SW_P1P2;
    } else if (!sim_ef_by_sfi(c, c->s.df, cmd->p2 >> 3)) {
        sw = SSC_SW_FILE_NOT_FOUND;
    } else if (slot < 0) {
        sw = SSC_SW_RECORD_NOT_FOUND;
    } else if (cmd->lc < 2 || cmd->data[1] != cmd->lc - 2 || cmd->data[0] != c->slot[slot].tag) {
        sw = SSC_SW_DATA;
    } else if (cmd->data[1] > c->slot[slot].cap || c->s.capps == SIM_CAPP) {
        sw = SSC_SW_NO_SPACE;
    } else {
        struct sim_capp *capp = &c->s.capp[c->s.capps++];
        capp->slot = (uint16_t)slot;
        capp->len = cmd->data[1];
        memcpy(capp->value, cmd->data + 2, capp->len);
    }
    return sw;
}

/* ---- DEBIT ---- */

static void commit(struct ssc_sim_card *c, const uint8_t mac2[4], const uint8_t tac[4])
{
    const struct ssc_purse_purchase *p = &c->s.offline;
    struct sim_wallet *w = &c->nv.wallet[p->wallet - 1];
    sim_touch(c);
    w->balance -= p->amount;
    w->offline++;
    for (unsigned i = 0; i < c->s.capps; i++) {
        sim_slot_put(c, c->s.capp[i].slot, c->s.capp[i].value, c->s.capp[i].len);
    }
    sim_pboc_log(c, p->counter, p->overdraft, p->amount, p->type, p->terminal, p->datetime);
    sim_pboc_done(c, p->type, p->counter, mac2, tac);
}

/* Order of checks: length, state, MAC1, balance. */
static uint16_t debit(struct ssc_sim_card *c, struct ssc_writer *out)
{
    const struct ssc_purse_purchase *p = &c->s.offline;
    uint8_t mac1[4], mac2[4], tac[4];
    uint16_t sw = SSC_SW_OK;
    if (!c->key[SIM_DTK].present) {
        sw = SSC_SW_KEY_NOT_FOUND;
    } else if (ssc_purse_purchase_session(&c->key[SIM_DPK].key, p, &c->s.purse_key) != 0 ||
               ssc_purse_purchase_mac1(&c->s.purse_key, p, mac1) != 0 ||
               ssc_purse_purchase_mac2(&c->s.purse_key, p, mac2) != 0 ||
               ssc_purse_purchase_tac(&c->key[SIM_DTK].key, p, tac) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else if (!ssc_mac_equal(mac1, p->mac1, sizeof mac1)) {
        sw = SSC_SW_MAC;
    } else if (p->amount > c->nv.wallet[p->wallet - 1].balance) {
        sw = SSC_SW_FUNDS;
    } else {
        commit(c, mac2, tac);
        ssc_write(out, tac, sizeof tac);
        ssc_write(out, mac2, sizeof mac2);
    }
    return sw;
}

uint16_t sim_pboc_debit(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    struct ssc_purse_purchase *p = &c->s.offline;
    uint16_t sw;
    if (cmd->p1 == 3 && cmd->p2 == 0) {
        sw = sim_pboc_unload(c, cmd, out);
    } else if (cmd->p1 != 1 || cmd->p2 != 0) {
        sw = SSC_SW_P1P2;
    } else if (cmd->lc != DEBIT_LC) {
        sw = SSC_SW_LENGTH;
    } else if (c->s.state != SIM_PURCHASE && c->s.state != SIM_CAPP_PURCHASE) {
        sw = c->profile.state_sw;
    } else {
        memcpy(p->terminal_seq, cmd->data, sizeof p->terminal_seq);
        memcpy(p->datetime, cmd->data + 4, sizeof p->datetime);
        memcpy(p->mac1, cmd->data + 11, sizeof p->mac1);
        sw = debit(c, out);
    }
    return idle(c, sw);
}

/* ---- GET BALANCE, GET TRANSACTION PROVE ---- */

uint16_t sim_pboc_balance(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const struct sim_wallet *w = &c->nv.wallet[(cmd->p2 - 1u) & 1u];
    uint16_t sw = SSC_SW_OK;
    if (cmd->p1 != 0 || cmd->p2 < 1 || cmd->p2 > 2) {
        sw = SSC_SW_P1P2;
    } else if (c->s.df != 1) {
        sw = SSC_SW_CONDITIONS;
    } else if (!w->present) {
        sw = SSC_SW_FILE_NOT_FOUND;
    } else if (c->profile.balance_needs_pin && !c->s.pin_ok) {
        sw = SSC_SW_SECURITY;
    } else {
        ssc_write32(out, w->balance);
    }
    return sw;
}

uint16_t sim_pboc_proof(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    return c->s.df == 1 ? sim_proof(c, cmd, out) : SSC_SW_CONDITIONS;
}
