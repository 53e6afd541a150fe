/* SPDX-License-Identifier: Apache-2.0 */
/* The medical account of the social security card (医保个人账户, DF04): account, self-pay and pooled amounts.
 */
#include "middleware/purse/purse.h"
#include "apdu/sw.h"
#include <stdio.h>
#include <string.h>

enum { LOG_SFI = 8, RECORD_LEN = 28, BALANCE_ACCOUNT = 1, BALANCE_SELF_PAY = 2, BALANCE_POOLED = 3 };

static int send(struct ssc_card *card, const struct ssc_command_buf *b, struct ssc_response *r,
                int64_t deadline)
{
    int rc = ssc_card_transmit(card, &b->cmd, r, 0, deadline, NULL);
    return ssc_purse_refusal(card, SSC_PIN_OF_CARD, rc, true);
}

static int medical_select(struct ssc_card *card, int64_t deadline)
{
    int rc = ssc_card_detect(card, deadline);
    if (!rc && ssc_card_get_info(card)->kind != SSC_CARD_SSC) {
        rc = SSC_E_NO_PURSE;
    }
    if (!rc) {
        rc = ssc_card_select(card, SSC_APP_DF04, deadline);
    }
    return rc == SSC_SW_FILE_NOT_FOUND ? SSC_E_NO_PURSE : rc;
}

static int one_balance(struct ssc_card *card, uint8_t which, int64_t *amount, unsigned *year,
                       int64_t deadline)
{
    struct ssc_command_buf b;
    uint8_t data[SSC_RESPONSE_SHORT];
    struct ssc_response r = SSC_RESPONSE(data);
    uint32_t fen = 0;
    ssc_cmd_medical_balance(&b, which);
    int rc = send(card, &b, &r, deadline);
    if (!rc) {
        rc = ssc_rsp_medical_balance(&r, which, &fen, year);
    }
    if (!rc) {
        *amount = fen;
    }
    return rc;
}

static int medical_balance(struct ssc_card *card, enum ssc_purse_id id, struct ssc_balance *out,
                           int64_t deadline)
{
    unsigned year = 0;
    *out = (struct ssc_balance){.purse = id, .overdraft = -1};
    int rc = one_balance(card, BALANCE_ACCOUNT, &out->amount, &year, deadline);
    if (!rc) {
        rc = one_balance(card, BALANCE_SELF_PAY, &out->year_self_pay, &year, deadline);
        if (!rc) {
            rc = one_balance(card, BALANCE_POOLED, &out->year_pooled, &out->year, deadline);
        }
        out->has_accumulators = !rc;
        rc = rc > 0 ? 0 : rc; /* account-only cards have no accumulators */
    }
    return rc;
}

static int medical_record(struct ssc_card *card, unsigned number, struct ssc_log_entry *out, int64_t deadline)
{
    struct ssc_command_buf b;
    struct ssc_medical_record record;
    uint8_t data[SSC_RESPONSE_SHORT];
    struct ssc_response r = SSC_RESPONSE(data);
    ssc_cmd_read_record(&b, LOG_SFI, (uint8_t)number, SSC_REC_NUMBER, RECORD_LEN);
    int rc = send(card, &b, &r, deadline);
    if (!rc) {
        rc = ssc_medical_record_parse(r.data, r.len, &record);
    }
    if (!rc) {
        *out = (struct ssc_log_entry){.record = number,
                                      .counter = record.seq,
                                      .type = record.type,
                                      .amount = record.amounts.account,
                                      .self_pay = record.amounts.self_pay,
                                      .pooled = record.amounts.pooled};
        ssc_purse_hex(record.terminal, sizeof record.terminal, out->terminal);
        ssc_purse_hex(record.datetime, sizeof record.datetime, out->datetime);
    }
    return rc;
}

static void medical_prepare(const struct ssc_profile *profile, struct ssc_txn *t)
{
    bool load = t->kind == SSC_KIND_LOAD;
    t->txn_type = load ? SSC_TXN_LOAD : SSC_TXN_SETTLE;
    t->key_index = load ? profile->medical_load_key_index : profile->medical_purchase_key_index;
}

static void to_purchase(const struct ssc_txn *t, struct ssc_medical_purchase *p)
{
    *p = (struct ssc_medical_purchase){
        .key_index = t->key_index,
        .amounts = {(uint32_t)t->amount, (uint32_t)t->self_pay, (uint32_t)t->pooled},
        .type = t->txn_type,
        .balance = (uint32_t)t->balance_before,
        .seq = t->counter,
        .key_version = t->key_version,
        .algorithm = t->algorithm,
    };
    memcpy(p->terminal, t->terminal, sizeof p->terminal);
    memcpy(p->datetime, t->datetime, sizeof p->datetime);
    memcpy(p->terminal_seq, t->terminal_seq, sizeof p->terminal_seq);
    memcpy(p->mac1, t->mac1, sizeof p->mac1);
    memcpy(p->random, t->random, sizeof p->random);
}

static void to_load(const struct ssc_txn *t, struct ssc_medical_load *l)
{
    *l = (struct ssc_medical_load){
        .key_index = t->key_index,
        .amount = (uint32_t)t->amount,
        .type = t->txn_type,
        .balance = (uint32_t)t->balance_before,
        .seq = t->counter,
        .key_version = t->key_version,
        .algorithm = t->algorithm,
    };
    memcpy(l->terminal, t->terminal, sizeof l->terminal);
    memcpy(l->host_time, t->datetime, sizeof l->host_time);
    memcpy(l->mac2, t->mac2, sizeof l->mac2);
    memcpy(l->random, t->random, sizeof l->random);
}

static int init_purchase(struct ssc_card *card, struct ssc_txn *t, int64_t deadline)
{
    struct ssc_command_buf b;
    struct ssc_medical_purchase p;
    uint8_t data[SSC_RESPONSE_SHORT];
    struct ssc_response r = SSC_RESPONSE(data);
    to_purchase(t, &p);
    ssc_cmd_init_purchase(&b, &p);
    int rc = send(card, &b, &r, deadline);
    if (!rc) {
        rc = ssc_rsp_init_purchase(&r, &p);
    }
    if (!rc) {
        t->balance_before = p.balance;
        t->counter = p.seq;
        t->key_version = p.key_version;
        t->algorithm = p.algorithm;
        memcpy(t->random, p.random, sizeof t->random);
    }
    return rc;
}

static int init_load(struct ssc_card *card, struct ssc_txn *t, int64_t deadline)
{
    struct ssc_command_buf b;
    struct ssc_medical_load l;
    uint8_t data[SSC_RESPONSE_SHORT];
    struct ssc_response r = SSC_RESPONSE(data);
    to_load(t, &l);
    ssc_cmd_init_load(&b, &l);
    int rc = send(card, &b, &r, deadline);
    if (!rc) {
        rc = ssc_rsp_init_load(&r, &l);
    }
    if (!rc) {
        t->balance_before = l.balance;
        t->counter = l.seq;
        t->key_version = l.key_version;
        t->algorithm = l.algorithm;
        memcpy(t->random, l.random, sizeof t->random);
        memcpy(t->mac1, l.mac1, sizeof t->mac1);
    }
    return rc;
}

static int medical_init(struct ssc_card *card, struct ssc_txn *t, int64_t deadline)
{
    return t->kind == SSC_KIND_LOAD ? init_load(card, t, deadline) : init_purchase(card, t, deadline);
}

static int medical_mac1(struct ssc_auth *auth, const struct ssc_card_info *info, struct ssc_txn *t,
                        int64_t deadline)
{
    struct ssc_medical_purchase p;
    to_purchase(t, &p);
    int rc = auth->ops->medical_mac1(auth, info, &p, deadline);
    memcpy(t->terminal_seq, p.terminal_seq, sizeof t->terminal_seq);
    memcpy(t->mac1, p.mac1, sizeof t->mac1);
    return rc;
}

static int medical_commit(struct ssc_card *card, struct ssc_txn *t, struct ssc_transmit_report *report,
                          int64_t deadline)
{
    struct ssc_command_buf b;
    struct ssc_medical_purchase p;
    struct ssc_medical_load l;
    uint8_t data[SSC_RESPONSE_SHORT];
    struct ssc_response r = SSC_RESPONSE(data);
    bool load = t->kind == SSC_KIND_LOAD;
    if (load) {
        to_load(t, &l);
        ssc_cmd_credit(&b, &l);
    } else {
        to_purchase(t, &p);
        ssc_cmd_debit(&b, &p);
    }
    int rc = ssc_card_transmit(card, &b.cmd, &r, SSC_TX_ONCE, deadline, report);
    if (!rc) {
        rc = load ? ssc_rsp_credit(&r, t->tac) : ssc_rsp_debit(&r, t->tac, t->mac2);
    }
    return rc;
}

static int medical_proof(struct ssc_card *card, const struct ssc_txn *t, uint16_t counter,
                         struct ssc_card_proof *out, int64_t deadline)
{
    struct ssc_command_buf b;
    uint8_t data[SSC_RESPONSE_SHORT];
    struct ssc_response r = SSC_RESPONSE(data);
    ssc_cmd_medical_proof(&b, t->txn_type, counter);
    int rc = send(card, &b, &r, deadline);
    if (!rc) {
        rc = ssc_rsp_proof(&r, out->mac, out->tac);
    }
    out->has_mac = !rc;
    return rc;
}

static bool medical_proof_counter_after(const struct ssc_profile *profile)
{
    return profile->medical_proof_counter_after;
}

/* The card counts up, then writes the record (card specification part 7, clause 12). */
static bool medical_log_counter_after(const struct ssc_profile *profile)
{
    (void)profile;
    return true;
}

static bool medical_same_counter(const struct ssc_txn *t, uint8_t type)
{
    return type == t->txn_type;
}

const struct ssc_purse_ops ssc_purse_medical = {
    .select = medical_select,
    .balance = medical_balance,
    .record = medical_record,
    .prepare = medical_prepare,
    .init = medical_init,
    .mac1 = medical_mac1,
    .commit = medical_commit,
    .proof = medical_proof,
    .proof_counter_after = medical_proof_counter_after,
    .log_counter_after = medical_log_counter_after,
    .same_counter = medical_same_counter,
    .least_records = 30,
};
