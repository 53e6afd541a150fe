/* SPDX-License-Identifier: Apache-2.0 */
/* PBOC transactions that a host authorises: load, unload, overdraft limit (JR/T 0025.1/.2). */
#include "drivers/sim/card.h"

#include <string.h>

enum { INIT_LC = 0x0B, UPDATE_INIT_LC = 0x07, COMPLETE_LC = 0x0B, UPDATE_LC = 0x0E, LIMIT_LEN = 3 };
enum { P1_LOAD = 0, P1_UPDATE = 4, P1_UNLOAD = 5 };

struct kind {
    uint8_t p1;
    enum sim_pboc_key key;
    enum sim_purse_state state;
    size_t lc;
};
static const struct kind KINDS[] = {
    {P1_LOAD, SIM_DLK, SIM_LOAD, INIT_LC},
    {P1_UPDATE, SIM_DUK, SIM_UPDATE, UPDATE_INIT_LC},
    {P1_UNLOAD, SIM_DULK, SIM_UNLOAD, INIT_LC},
};

static const struct kind *kind_of(uint8_t p1)
{
    return p1 == P1_LOAD ? &KINDS[0] : p1 == P1_UPDATE ? &KINDS[1] : &KINDS[2];
}

static uint16_t idle(struct ssc_sim_card *c, uint16_t sw)
{
    c->s.state = SIM_IDLE;
    ssc_cleanse(&c->s.purse_key, sizeof c->s.purse_key);
    return sw;
}

static uint32_t get24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static void take_init(struct ssc_sim_card *c, const struct ssc_command *cmd, const struct sim_wallet *w)
{
    struct ssc_purse_online *o = &c->s.online;
    const bool update = cmd->p1 == P1_UPDATE;
    *o = (struct ssc_purse_online){
        .wallet = cmd->p2 == 1 ? SSC_WALLET_ED : SSC_WALLET_EP,
        .type = update                 ? SSC_PURSE_OVERDRAFT
                : cmd->p1 == P1_UNLOAD ? SSC_PURSE_UNLOAD
                : cmd->p2 == 1         ? SSC_PURSE_LOAD_ED
                                       : SSC_PURSE_LOAD_EP,
        .key_index = cmd->data[0],
        .amount = update ? 0 : ssc_get32(cmd->data + 1),
        .balance = w->balance,
        .counter = w->online,
        .old_limit = w->overdraft,
        .key_version = c->key[kind_of(cmd->p1)->key].version,
        .algorithm = c->profile.alg_id,
    };
    memcpy(o->terminal, cmd->data + (update ? 1 : 5), sizeof o->terminal);
}

static void answer_init(const struct ssc_purse_online *o, struct ssc_writer *out)
{
    ssc_write32(out, o->balance);
    ssc_write16(out, o->counter);
    if (o->type == SSC_PURSE_OVERDRAFT) {
        ssc_write8(out, o->old_limit >> 16 & 0xFF);
        ssc_write16(out, o->old_limit & 0xFFFF);
    }
    ssc_write8(out, o->key_version);
    ssc_write8(out, o->algorithm);
    ssc_write(out, o->random, sizeof o->random);
    ssc_write(out, o->mac1, sizeof o->mac1);
}

uint16_t sim_pboc_init_online(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const struct kind *kind = kind_of(cmd->p1);
    const struct sim_wallet *w = &c->nv.wallet[cmd->p2 - 1];
    struct ssc_purse_online *o = &c->s.online;
    uint16_t sw = SSC_SW_OK;
    if (cmd->lc != kind->lc) {
        sw = SSC_SW_LENGTH;
        goto done;
    }
    take_init(c, cmd, w);
    if (!w->present) {
        sw = SSC_SW_FILE_NOT_FOUND;
    } else if (!c->s.pin_ok) {
        sw = SSC_SW_SECURITY;
    } else if (!c->key[kind->key].present || o->key_index != c->profile.key_index) {
        sw = SSC_SW_KEY_INDEX;
    } else if (kind->p1 == P1_UNLOAD && o->amount > w->balance) {
        sw = SSC_SW_FUNDS;
    } else if (kind->p1 == P1_LOAD && o->amount > UINT32_MAX - w->balance) {
        sw = SSC_SW_DATA;
    } else if (w->online == UINT16_MAX) {
        sw = SSC_SW_COUNTER;
    } else if (sim_random(c, o->random, sizeof o->random) != 0 ||
               ssc_purse_online_session(&c->key[kind->key].key, o, &c->s.purse_key) != 0 ||
               ssc_purse_online_mac1(&c->s.purse_key, o, o->mac1) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else {
        c->s.state = kind->state;
        answer_init(o, out);
    }
done:
    return sw;
}

/* ---- the second command ---- */

/* Balance after the transaction; false: it does not fit. */
static bool new_balance(const struct ssc_purse_online *o, const struct sim_wallet *w, uint32_t *balance)
{
    int64_t b = w->balance;
    b += o->type == SSC_PURSE_UNLOAD      ? -(int64_t)o->amount
         : o->type == SSC_PURSE_OVERDRAFT ? (int64_t)o->amount - (int64_t)o->old_limit
                                          : (int64_t)o->amount;
    *balance = b < 0 || b > UINT32_MAX ? 0 : (uint32_t)b;
    return b >= 0 && b <= UINT32_MAX;
}

static uint16_t complete(struct ssc_sim_card *c, const uint8_t *time_mac, struct ssc_writer *out)
{
    struct ssc_purse_online *o = &c->s.online;
    struct sim_wallet *w = &c->nv.wallet[o->wallet - 1];
    const bool unload = o->type == SSC_PURSE_UNLOAD;
    const struct ssc_key *key = unload ? &c->s.purse_key : &c->key[SIM_DTK].key;
    uint8_t mac2[4], tac[4];
    uint32_t balance;
    uint16_t sw = SSC_SW_OK;
    memcpy(o->host_time, time_mac, sizeof o->host_time);
    if (!unload && !c->key[SIM_DTK].present) {
        sw = SSC_SW_KEY_NOT_FOUND;
    } else if (ssc_purse_online_mac2(&c->s.purse_key, o, mac2) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else if (!ssc_mac_equal(mac2, time_mac + 7, sizeof mac2)) {
        sw = SSC_SW_MAC;
    } else if (!new_balance(o, w, &balance)) {
        sw = SSC_SW_FUNDS;
    } else if (ssc_purse_online_tac(key, o, tac) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else {
        sim_touch(c);
        w->balance = balance;
        w->online++;
        w->overdraft = o->type == SSC_PURSE_OVERDRAFT ? o->amount : w->overdraft;
        sim_pboc_log(c, o->counter, w->overdraft, o->amount, o->type, o->terminal, o->host_time);
        sim_pboc_done(c, o->type, o->counter, mac2, tac);
        ssc_write(out, tac, sizeof tac);
    }
    return sw;
}

uint16_t sim_pboc_credit(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    uint16_t sw;
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        sw = SSC_SW_P1P2;
    } else if (cmd->lc != COMPLETE_LC) {
        sw = SSC_SW_LENGTH;
    } else {
        sw = c->s.state == SIM_LOAD ? complete(c, cmd->data, out) : c->profile.state_sw;
    }
    return idle(c, sw);
}

uint16_t sim_pboc_unload(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    uint16_t sw;
    if (cmd->lc != COMPLETE_LC) {
        sw = SSC_SW_LENGTH;
    } else {
        sw = c->s.state == SIM_UNLOAD ? complete(c, cmd->data, out) : c->profile.state_sw;
    }
    return idle(c, sw);
}

uint16_t sim_pboc_update_limit(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    uint16_t sw;
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        sw = SSC_SW_P1P2;
    } else if (cmd->lc != UPDATE_LC) {
        sw = SSC_SW_LENGTH;
    } else if (c->s.state != SIM_UPDATE) {
        sw = c->profile.state_sw;
    } else {
        c->s.online.amount = get24(cmd->data);
        sw = complete(c, cmd->data + LIMIT_LEN, out);
    }
    return idle(c, sw);
}
