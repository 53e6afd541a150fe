/* SPDX-License-Identifier: Apache-2.0 */
/* Electronic deposit (电子存折, ED) and electronic purse (电子钱包, EP) of JR/T 0025. */
#include "middleware/purse/purse.h"
#include "apdu/ssc.h"
#include "apdu/sw.h"
#include <string.h>

enum { LOG_SFI = 0x18, RECORD_LEN = 23 };

static int send(struct ssc_card *card, const struct ssc_command_buf *b, struct ssc_response *r,
                bool conditions_mean_pin, int64_t deadline)
{
    int rc = ssc_card_transmit(card, &b->cmd, r, 0, deadline, NULL);
    return ssc_purse_refusal(card, SSC_PIN_OF_PURSE, rc, conditions_mean_pin);
}

static enum ssc_wallet wallet(enum ssc_purse_id id)
{
    return id == SSC_PURSE_ED ? SSC_WALLET_ED : SSC_WALLET_EP;
}

static int pboc_select(struct ssc_card *card, int64_t deadline)
{
    int rc = ssc_card_detect(card, deadline);
    if (!rc) {
        rc = ssc_card_select_purse(card, deadline);
    }
    return rc == SSC_SW_FILE_NOT_FOUND ? SSC_E_NO_PURSE : rc;
}

static int pboc_balance(struct ssc_card *card, enum ssc_purse_id id, struct ssc_balance *out,
                        int64_t deadline)
{
    struct ssc_command_buf b;
    uint8_t data[SSC_RESPONSE_SHORT];
    struct ssc_response r = SSC_RESPONSE(data);
    uint32_t fen = 0;
    *out = (struct ssc_balance){.purse = id, .overdraft = id == SSC_PURSE_ED ? -1 : 0};
    ssc_cmd_purse_balance(&b, wallet(id));
    int rc = send(card, &b, &r, true, deadline);
    if (rc == SSC_SW_FILE_NOT_FOUND || rc == SSC_SW_P1P2) {
        rc = SSC_E_NO_PURSE;
    }
    if (!rc) {
        rc = ssc_rsp_purse_balance(&r, &fen);
    }
    out->amount = fen;
    return rc;
}

static int pboc_record(struct ssc_card *card, unsigned number, struct ssc_log_entry *out, int64_t deadline)
{
    struct ssc_command_buf b;
    struct ssc_purse_record record;
    uint8_t data[SSC_RESPONSE_SHORT];
    struct ssc_response r = SSC_RESPONSE(data);
    ssc_cmd_read_record(&b, LOG_SFI, (uint8_t)number, SSC_REC_NUMBER, RECORD_LEN);
    int rc = send(card, &b, &r, true, deadline);
    if (!rc) {
        rc = ssc_purse_record_parse(r.data, r.len, &record);
    }
    if (!rc) {
        *out = (struct ssc_log_entry){
            .record = number, .counter = record.counter, .type = record.type, .amount = record.amount};
        ssc_purse_hex(record.terminal, sizeof record.terminal, out->terminal);
        ssc_purse_hex(record.datetime, sizeof record.datetime, out->datetime);
    }
    return rc;
}

static void pboc_prepare(const struct ssc_profile *profile, struct ssc_txn *t)
{
    bool ed = t->purse == SSC_PURSE_ED;
    t->key_index = profile->purse_key_index;
    if (t->kind == SSC_KIND_LOAD) {
        t->txn_type = ed ? SSC_PURSE_LOAD_ED : SSC_PURSE_LOAD_EP;
    } else {
        t->txn_type = ed ? SSC_PURSE_PURCHASE_ED : SSC_PURSE_PURCHASE_EP;
    }
}

static void to_purchase(const struct ssc_txn *t, struct ssc_purse_purchase *p)
{
    *p = (struct ssc_purse_purchase){
        .wallet = wallet(t->purse),
        .type = t->txn_type,
        .key_index = t->key_index,
        .amount = (uint32_t)t->amount,
        .balance = (uint32_t)t->balance_before,
        .counter = t->counter,
        .key_version = t->key_version,
        .algorithm = t->algorithm,
    };
    memcpy(p->terminal, t->terminal, sizeof p->terminal);
    memcpy(p->datetime, t->datetime, sizeof p->datetime);
    memcpy(p->terminal_seq, t->terminal_seq, sizeof p->terminal_seq);
    memcpy(p->mac1, t->mac1, sizeof p->mac1);
    memcpy(p->random, t->random, sizeof p->random);
}

static void to_online(const struct ssc_txn *t, struct ssc_purse_online *p)
{
    *p = (struct ssc_purse_online){
        .wallet = wallet(t->purse),
        .type = t->txn_type,
        .key_index = t->key_index,
        .amount = (uint32_t)t->amount,
        .balance = (uint32_t)t->balance_before,
        .counter = t->counter,
        .key_version = t->key_version,
        .algorithm = t->algorithm,
    };
    memcpy(p->terminal, t->terminal, sizeof p->terminal);
    memcpy(p->host_time, t->datetime, sizeof p->host_time);
    memcpy(p->mac2, t->mac2, sizeof p->mac2);
    memcpy(p->random, t->random, sizeof p->random);
}

static int init_purchase(struct ssc_card *card, struct ssc_txn *t, int64_t deadline)
{
    struct ssc_command_buf b;
    struct ssc_purse_purchase p;
    uint8_t data[SSC_RESPONSE_SHORT];
    struct ssc_response r = SSC_RESPONSE(data);
    to_purchase(t, &p);
    ssc_cmd_purse_init_purchase(&b, &p);
    int rc = send(card, &b, &r, t->purse == SSC_PURSE_ED, deadline);
    if (!rc) {
        rc = ssc_rsp_purse_init_purchase(&r, &p);
    }
    if (!rc) {
        t->balance_before = p.balance;
        t->counter = p.counter;
        t->key_version = p.key_version;
        t->algorithm = p.algorithm;
        memcpy(t->random, p.random, sizeof t->random);
    }
    return rc;
}

static int init_load(struct ssc_card *card, struct ssc_txn *t, int64_t deadline)
{
    struct ssc_command_buf b;
    struct ssc_purse_online p;
    uint8_t data[SSC_RESPONSE_SHORT];
    struct ssc_response r = SSC_RESPONSE(data);
    to_online(t, &p);
    ssc_cmd_purse_init_online(&b, &p);
    int rc = send(card, &b, &r, true, deadline);
    if (!rc) {
        rc = ssc_rsp_purse_init_online(&r, &p);
    }
    if (!rc) {
        t->balance_before = p.balance;
        t->counter = p.counter;
        t->key_version = p.key_version;
        t->algorithm = p.algorithm;
        memcpy(t->random, p.random, sizeof t->random);
        memcpy(t->mac1, p.mac1, sizeof t->mac1);
    }
    return rc;
}

static int pboc_init(struct ssc_card *card, struct ssc_txn *t, int64_t deadline)
{
    return t->kind == SSC_KIND_LOAD ? init_load(card, t, deadline) : init_purchase(card, t, deadline);
}

static int pboc_mac1(struct ssc_auth *auth, const struct ssc_card_info *info, struct ssc_txn *t,
                     int64_t deadline)
{
    struct ssc_purse_purchase p;
    to_purchase(t, &p);
    int rc = auth->ops->purse_mac1(auth, info, &p, deadline);
    memcpy(t->terminal_seq, p.terminal_seq, sizeof t->terminal_seq);
    memcpy(t->mac1, p.mac1, sizeof t->mac1);
    return rc;
}

static int pboc_commit(struct ssc_card *card, struct ssc_txn *t, struct ssc_transmit_report *report,
                       int64_t deadline)
{
    struct ssc_command_buf b;
    struct ssc_purse_purchase p;
    struct ssc_purse_online o;
    uint8_t data[SSC_RESPONSE_SHORT];
    struct ssc_response r = SSC_RESPONSE(data);
    bool load = t->kind == SSC_KIND_LOAD;
    if (load) {
        to_online(t, &o);
        ssc_cmd_purse_complete_online(&b, &o);
    } else {
        to_purchase(t, &p);
        ssc_cmd_purse_debit(&b, &p);
    }
    int rc = ssc_card_transmit(card, &b.cmd, &r, SSC_TX_ONCE, deadline, report);
    if (!rc) {
        rc = load ? ssc_rsp_purse_complete_online(&r, t->tac) : ssc_rsp_purse_debit(&r, t->tac, t->mac2);
    }
    return rc;
}

static int pboc_proof(struct ssc_card *card, const struct ssc_txn *t, uint16_t counter,
                      struct ssc_card_proof *out, int64_t deadline)
{
    struct ssc_command_buf b;
    uint8_t data[SSC_RESPONSE_SHORT];
    struct ssc_response r = SSC_RESPONSE(data);
    ssc_cmd_purse_proof(&b, t->txn_type, counter);
    int rc = send(card, &b, &r, false, deadline);
    return rc ? rc : ssc_rsp_purse_proof(&r, out->mac, out->tac, &out->has_mac);
}

static bool pboc_proof_counter_after(const struct ssc_profile *profile)
{
    return profile->purse_proof_counter_after;
}

static bool pboc_log_counter_after(const struct ssc_profile *profile)
{
    return profile->purse_log_counter_after;
}

/* Each wallet has one counter offline and one online (JR/T 0025.1). */
static bool pboc_same_counter(const struct ssc_txn *t, uint8_t type)
{
    static const uint8_t family[] = {
        [SSC_PURSE_LOAD_ED] = 1,     [SSC_PURSE_UNLOAD] = 1,      [SSC_PURSE_OVERDRAFT] = 1,
        [SSC_PURSE_LOAD_EP] = 2,     [SSC_PURSE_PURCHASE_ED] = 3, [SSC_PURSE_CASH] = 3,
        [SSC_PURSE_PURCHASE_EP] = 4, [SSC_PURSE_CAPP] = 4,
    };
    return type < sizeof family && family[type] && family[type] == family[t->txn_type];
}

const struct ssc_purse_ops ssc_purse_pboc = {
    .select = pboc_select,
    .balance = pboc_balance,
    .record = pboc_record,
    .prepare = pboc_prepare,
    .init = pboc_init,
    .mac1 = pboc_mac1,
    .commit = pboc_commit,
    .proof = pboc_proof,
    .proof_counter_after = pboc_proof_counter_after,
    .log_counter_after = pboc_log_counter_after,
    .same_counter = pboc_same_counter,
    .least_records = 10,
};
