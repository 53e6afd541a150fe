/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The medical account in DF04 (card specification part 5 table 49, part 7 clauses 12 and 15).
 * A debit or load changes balance, yearly sums, sequence, log record and proof in one commit or not at all.
 */
#include "drivers/sim/card.h"

#include <string.h>

enum { LOG_SFI = 0x08, INIT_LOAD_LC = 0x0B, INIT_PURCHASE_LC = 0x13, DEBIT_LC = 0x0F, CREDIT_LC = 0x0B };
enum { WHICH_ACCOUNT = 1, WHICH_SELF_PAY = 2, WHICH_POOLED = 3, YEAR_STEP = 10000 };

static uint16_t idle(struct ssc_sim_card *c, uint16_t sw)
{
    c->s.state = SIM_IDLE;
    ssc_cleanse(&c->s.purse_key, sizeof c->s.purse_key);
    return sw;
}

static const struct sim_key *key(const struct ssc_sim_card *c, enum ssc_key_id id)
{
    return c->key[id].present ? &c->key[id] : NULL;
}

static bool in_medical(const struct ssc_sim_card *c)
{
    return c->s.df >= 0 && c->df[c->s.df].app == SSC_APP_DF04;
}

/* ---- INITIALIZE ---- */

static uint16_t init_load(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const struct sim_key *dlk = key(c, SSC_KEY_DLK);
    const struct sim_medical *m = &c->nv.medical;
    struct ssc_medical_load *l = &c->s.load;
    uint16_t sw = SSC_SW_OK;
    if (cmd->lc != INIT_LOAD_LC) {
        sw = SSC_SW_LENGTH;
        goto done;
    }
    *l = (struct ssc_medical_load){
        .key_index = cmd->data[0],
        .amount = ssc_get32(cmd->data + 1),
        .type = SSC_TXN_LOAD,
        .balance = m->balance,
        .seq = m->load_seq,
        .algorithm = c->profile.alg_id,
    };
    memcpy(l->terminal, cmd->data + 5, sizeof l->terminal);
    if (!dlk || l->key_index != c->profile.key_index) {
        sw = SSC_SW_KEY_INDEX;
    } else if (m->load_seq == UINT16_MAX) {
        sw = SSC_SW_COUNTER;
    } else if (l->amount > UINT32_MAX - m->balance) {
        sw = SSC_SW_DATA;
    } else if (sim_random(c, l->random, sizeof l->random) != 0 ||
               ssc_medical_load_session(&dlk->key, l, &c->s.purse_key) != 0 ||
               ssc_medical_load_mac1(&c->s.purse_key, l, l->mac1) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else {
        l->key_version = dlk->version;
        c->s.state = SIM_LOAD;
        ssc_write32(out, l->balance);
        ssc_write16(out, l->seq);
        ssc_write8(out, l->key_version);
        ssc_write8(out, l->algorithm);
        ssc_write(out, l->random, sizeof l->random);
        ssc_write(out, l->mac1, sizeof l->mac1);
    }
done:
    return sw;
}

static bool sums_overflow(const struct sim_medical *m, const struct ssc_medical_amounts *a)
{
    return a->self_pay > UINT32_MAX - m->year_self_pay || a->pooled > UINT32_MAX - m->year_pooled;
}

static uint16_t init_purchase(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const struct sim_key *dpk = key(c, SSC_KEY_DPK);
    const struct sim_medical *m = &c->nv.medical;
    struct ssc_medical_purchase *p = &c->s.purchase;
    uint16_t sw = SSC_SW_OK;
    if (cmd->lc != INIT_PURCHASE_LC) {
        sw = SSC_SW_LENGTH;
        goto done;
    }
    *p = (struct ssc_medical_purchase){
        .key_index = cmd->data[0],
        .amounts = {ssc_get32(cmd->data + 1), ssc_get32(cmd->data + 5), ssc_get32(cmd->data + 9)},
        .type = SSC_TXN_SETTLE,
        .balance = m->balance,
        .seq = m->purchase_seq,
        .algorithm = c->profile.alg_id,
    };
    memcpy(p->terminal, cmd->data + 13, sizeof p->terminal);
    if (!dpk || p->key_index != c->profile.key_index) {
        sw = SSC_SW_KEY_INDEX;
    } else if (p->amounts.account > m->balance) {
        sw = SSC_SW_FUNDS;
    } else if (m->purchase_seq == UINT16_MAX) {
        sw = SSC_SW_COUNTER;
    } else if (sums_overflow(m, &p->amounts)) {
        sw = SSC_SW_DATA;
    } else if (sim_random(c, p->random, sizeof p->random) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else {
        p->key_version = dpk->version;
        c->s.state = SIM_PURCHASE;
        ssc_write32(out, m->balance);
        ssc_write32(out, m->year_self_pay);
        ssc_write32(out, m->year_pooled);
        ssc_write(out, m->year, sizeof m->year);
        ssc_write16(out, p->seq);
        ssc_write8(out, p->key_version);
        ssc_write8(out, p->algorithm);
        ssc_write(out, p->random, sizeof p->random);
    }
done:
    return sw;
}

uint16_t sim_medical_init(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    uint16_t sw;
    idle(c, 0); /* a new INITIALIZE replaces a pending one, even when it fails */
    if (cmd->p1 > 1 || cmd->p2 != 1) {
        sw = SSC_SW_P1P2;
    } else if (!in_medical(c)) {
        sw = SSC_SW_CONDITIONS;
    } else if (!c->s.pin_ok) {
        sw = SSC_SW_SECURITY;
    } else {
        sw = cmd->p1 == 0 ? init_load(c, cmd, out) : init_purchase(c, cmd, out);
    }
    return sw;
}

/* ---- what a finished transaction leaves behind ---- */

static void leave_record(struct ssc_sim_card *c, uint16_t seq, uint8_t type, const uint8_t terminal[6],
                         const uint8_t time[7], const struct ssc_medical_amounts *a)
{
    struct sim_ef *ef = sim_ef_by_sfi(c, c->s.df, LOG_SFI);
    uint8_t record[28];
    struct ssc_writer w = ssc_writer(record, sizeof record);
    ssc_write16(&w, c->profile.log_after ? seq + 1u : seq);
    ssc_write8(&w, type);
    ssc_write(&w, terminal, 6);
    ssc_write(&w, time, 7);
    ssc_write32(&w, a->account);
    ssc_write32(&w, a->self_pay);
    ssc_write32(&w, a->pooled);
    if (ef) {
        sim_record_push(c, ef, record, w.len);
    }
}

static void leave_proof(struct ssc_sim_card *c, uint8_t type, uint16_t seq, const uint8_t mac[4],
                        const uint8_t tac[4])
{
    c->nv.proof = (struct sim_proof){.type = type, .counter = seq};
    memcpy(c->nv.proof.mac, mac, sizeof c->nv.proof.mac);
    memcpy(c->nv.proof.tac, tac, sizeof c->nv.proof.tac);
}

static unsigned digits(const uint8_t *bcd, size_t len)
{
    unsigned n = 0;
    for (size_t i = 0; i < len; i++) {
        n = n * 100 + (bcd[i] >> 4) * 10u + (bcd[i] & 0x0Fu);
    }
    return n;
}

/* Sums are kept per settlement year, which begins on the starting day; the first settlement of a new one
 * starts them again. */
static void add_to_year(struct sim_medical *m, const struct ssc_medical_purchase *p)
{
    const unsigned date = digits(p->datetime, 4), year = digits(m->year, 2), day = digits(m->starting_day, 2);
    const unsigned now = date / YEAR_STEP - (date % YEAR_STEP < day ? 1 : 0);
    if (date < year * YEAR_STEP + day + YEAR_STEP) {
        m->year_self_pay += p->amounts.self_pay;
        m->year_pooled += p->amounts.pooled;
    } else {
        m->year_self_pay = p->amounts.self_pay;
        m->year_pooled = p->amounts.pooled;
        m->year[0] = (uint8_t)(now / 1000 % 10 << 4 | now / 100 % 10);
        m->year[1] = (uint8_t)(now / 10 % 10 << 4 | now % 10);
    }
}

/* ---- DEBIT FOR PURCHASE ---- */

static uint16_t debit(struct ssc_sim_card *c, struct ssc_writer *out)
{
    struct ssc_medical_purchase *p = &c->s.purchase;
    struct sim_medical *m = &c->nv.medical;
    const struct sim_key *dpk = key(c, SSC_KEY_DPK), *dtk = key(c, SSC_KEY_DTK);
    uint8_t mac1[4], mac2[4], tac[4];
    uint16_t sw = SSC_SW_OK;
    if (!dpk || !dtk) {
        sw = SSC_SW_KEY_NOT_FOUND;
    } else if (ssc_medical_purchase_session(&dpk->key, p, &c->s.purse_key) != 0 ||
               ssc_medical_purchase_mac1(&c->s.purse_key, p, mac1) != 0 ||
               ssc_medical_purchase_mac2(&c->s.purse_key, p, mac2) != 0 ||
               ssc_medical_purchase_tac(&dtk->key, p, tac) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else if (!ssc_mac_equal(mac1, p->mac1, sizeof mac1)) {
        sw = SSC_SW_MAC;
    } else if (!sim_bcd(p->datetime, sizeof p->datetime)) {
        sw = SSC_SW_DATA;
    } else if (p->amounts.account > m->balance) {
        sw = SSC_SW_FUNDS;
    } else {
        sim_touch(c);
        m->balance -= p->amounts.account;
        add_to_year(m, p);
        m->purchase_seq++;
        leave_record(c, p->seq, SSC_TXN_SETTLE, p->terminal, p->datetime, &p->amounts);
        leave_proof(c, SSC_TXN_SETTLE, p->seq, mac2, tac);
        ssc_write(out, tac, sizeof tac);
        ssc_write(out, mac2, sizeof mac2);
    }
    return sw;
}

uint16_t sim_medical_debit(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    struct ssc_medical_purchase *p = &c->s.purchase;
    uint16_t sw;
    if (cmd->p1 != 1 || cmd->p2 != 0) {
        sw = SSC_SW_P1P2;
    } else if (cmd->lc != DEBIT_LC) {
        sw = SSC_SW_LENGTH;
    } else if (c->s.state != SIM_PURCHASE) {
        sw = c->profile.state_sw;
    } else {
        memcpy(p->terminal_seq, cmd->data, sizeof p->terminal_seq);
        memcpy(p->datetime, cmd->data + 4, sizeof p->datetime);
        memcpy(p->mac1, cmd->data + 11, sizeof p->mac1);
        sw = debit(c, out);
    }
    return idle(c, sw);
}

/* ---- CREDIT FOR LOAD ---- */

static uint16_t credit(struct ssc_sim_card *c, struct ssc_writer *out)
{
    struct ssc_medical_load *l = &c->s.load;
    struct sim_medical *m = &c->nv.medical;
    const struct sim_key *dtk = key(c, SSC_KEY_DTK);
    const struct ssc_medical_amounts amounts = {.account = l->amount};
    uint8_t mac2[4], tac[4];
    uint16_t sw = SSC_SW_OK;
    if (!dtk) {
        sw = SSC_SW_KEY_NOT_FOUND;
    } else if (ssc_medical_load_mac2(&c->s.purse_key, l, mac2) != 0 ||
               ssc_medical_load_tac(&dtk->key, l, tac) != 0) {
        sw = SSC_SW_NO_DIAGNOSIS;
    } else if (!ssc_mac_equal(mac2, l->mac2, sizeof mac2)) {
        sw = SSC_SW_MAC;
    } else {
        sim_touch(c);
        m->balance += l->amount;
        m->load_seq++;
        leave_record(c, l->seq, SSC_TXN_LOAD, l->terminal, l->host_time, &amounts);
        leave_proof(c, SSC_TXN_LOAD, l->seq, mac2, tac);
        ssc_write(out, tac, sizeof tac);
    }
    return sw;
}

uint16_t sim_medical_credit(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    struct ssc_medical_load *l = &c->s.load;
    uint16_t sw;
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        sw = SSC_SW_P1P2;
    } else if (cmd->lc != CREDIT_LC) {
        sw = SSC_SW_LENGTH;
    } else if (c->s.state != SIM_LOAD) {
        sw = c->profile.state_sw;
    } else {
        memcpy(l->host_time, cmd->data, sizeof l->host_time);
        memcpy(l->mac2, cmd->data + 7, sizeof l->mac2);
        sw = credit(c, out);
    }
    return idle(c, sw);
}

/* ---- questions, allowed in any state ---- */

uint16_t sim_medical_balance(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const struct sim_medical *m = &c->nv.medical;
    uint16_t sw = SSC_SW_OK;
    if (cmd->p1 != 0 || cmd->p2 < WHICH_ACCOUNT || cmd->p2 > WHICH_POOLED) {
        sw = SSC_SW_P1P2;
    } else if (!in_medical(c)) {
        sw = SSC_SW_CONDITIONS;
    } else if (!c->s.pin_ok) {
        sw = SSC_SW_SECURITY;
    } else if (cmd->p2 == WHICH_ACCOUNT) {
        ssc_write32(out, m->balance);
    } else {
        ssc_write32(out, cmd->p2 == WHICH_SELF_PAY ? m->year_self_pay : m->year_pooled);
        ssc_write(out, m->year, sizeof m->year);
    }
    return sw;
}

/* The proof outlives reset and new INITIALIZEs; only the next committed transaction replaces it. */
uint16_t sim_proof(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const struct sim_proof *proof = &c->nv.proof;
    uint16_t sw = SSC_SW_OK;
    if (cmd->p1 != 0) {
        sw = SSC_SW_P1P2;
    } else if (cmd->lc != 2) {
        sw = SSC_SW_LENGTH;
    } else if (proof->type == 0 || proof->type != cmd->p2 ||
               ssc_get16(cmd->data) != (uint16_t)(proof->counter + (c->profile.proof_after ? 1 : 0))) {
        sw = SSC_SW_NO_PROOF;
    } else {
        ssc_write(out, proof->mac, sizeof proof->mac);
        ssc_write(out, proof->tac, sizeof proof->tac);
    }
    return sw;
}

uint16_t sim_medical_proof(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    return in_medical(c) ? sim_proof(c, cmd, out) : SSC_SW_CONDITIONS;
}

/* B0 56: P1 00 sets MMDD after DSK has been authenticated, P1 01 reads it. */
uint16_t sim_medical_starting_day(struct ssc_sim_card *c, const struct ssc_command *cmd,
                                  struct ssc_writer *out)
{
    struct sim_medical *m = &c->nv.medical;
    uint16_t sw = SSC_SW_OK;
    if (cmd->p1 > 1 || cmd->p2 != 0) {
        sw = SSC_SW_P1P2;
    } else if (!in_medical(c)) {
        sw = SSC_SW_CONDITIONS;
    } else if (cmd->p1 == 1) {
        ssc_write(out, m->starting_day, sizeof m->starting_day);
    } else if (cmd->lc != 2) {
        sw = SSC_SW_LENGTH;
    } else if (!c->s.key_ok[SSC_KEY_DSK]) {
        sw = SSC_SW_SECURITY;
    } else if (!sim_bcd(cmd->data, 2) || digits(cmd->data, 1) < 1 || digits(cmd->data, 1) > 12 ||
               digits(cmd->data + 1, 1) < 1 || digits(cmd->data + 1, 1) > 31) {
        sw = SSC_SW_DATA;
    } else {
        sim_touch(c);
        memcpy(m->starting_day, cmd->data, sizeof m->starting_day);
    }
    return sw;
}
