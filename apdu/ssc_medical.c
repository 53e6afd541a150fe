/* SPDX-License-Identifier: Apache-2.0 */
/* The medical account (DF04): card specification part 5 (commands) and part 7 clauses 12 and 15 (purse). */
#include "apdu/ssc.h"

#include <string.h>

#include "apdu/build.h"
#include "apdu/error.h"
#include "apdu/text.h"

enum { CLA = 0xB0, BALANCE = 0x26, INIT = 0x28, CREDIT = 0x2A, DEBIT = 0x2C, PROOF = 0x2E };
enum { MESSAGE = 40, RECORD = 28, RECORD_ACCOUNT_ONLY = 20 };

static void write_amounts(struct ssc_writer *w, const struct ssc_medical_amounts *a)
{
    ssc_write32(w, a->account);
    ssc_write32(w, a->self_pay);
    ssc_write32(w, a->pooled);
}

/* ---- commands and answers ---- */

void ssc_cmd_init_purchase(struct ssc_command_buf *b, const struct ssc_medical_purchase *p)
{
    struct ssc_writer w = ssc_build(b, CLA, INIT, 0x01, 0x01);

    ssc_write8(&w, p->key_index);
    write_amounts(&w, &p->amounts);
    ssc_write(&w, p->terminal, sizeof p->terminal);
    ssc_build_end(b, &w, 22);
}

int ssc_rsp_init_purchase(const struct ssc_response *r, struct ssc_medical_purchase *p)
{
    int rc = SSC_E_BAD_RESPONSE;

    if (r->len != 22) {
        goto done;
    }
    p->balance = ssc_get32(r->data);
    p->year_self_pay = ssc_get32(r->data + 4);
    p->year_pooled = ssc_get32(r->data + 8);
    memcpy(p->year, r->data + 12, sizeof p->year);
    p->seq = ssc_get16(r->data + 14);
    p->key_version = r->data[16];
    p->algorithm = r->data[17];
    memcpy(p->random, r->data + 18, sizeof p->random);
    rc = 0;
done:
    return rc;
}

void ssc_cmd_debit(struct ssc_command_buf *b, const struct ssc_medical_purchase *p)
{
    struct ssc_writer w = ssc_build(b, CLA, DEBIT, 0x01, 0x00);

    ssc_write(&w, p->terminal_seq, sizeof p->terminal_seq);
    ssc_write(&w, p->datetime, sizeof p->datetime);
    ssc_write(&w, p->mac1, sizeof p->mac1);
    ssc_build_end(b, &w, 8);
}

int ssc_rsp_debit(const struct ssc_response *r, uint8_t tac[4], uint8_t mac2[4])
{
    return ssc_take_pair(r, tac, mac2);
}

void ssc_cmd_init_load(struct ssc_command_buf *b, const struct ssc_medical_load *l)
{
    struct ssc_writer w = ssc_build(b, CLA, INIT, 0x00, 0x01);

    ssc_write8(&w, l->key_index);
    ssc_write32(&w, l->amount);
    ssc_write(&w, l->terminal, sizeof l->terminal);
    ssc_build_end(b, &w, 16);
}

int ssc_rsp_init_load(const struct ssc_response *r, struct ssc_medical_load *l)
{
    int rc = SSC_E_BAD_RESPONSE;

    if (r->len != 16) {
        goto done;
    }
    l->balance = ssc_get32(r->data);
    l->seq = ssc_get16(r->data + 4);
    l->key_version = r->data[6];
    l->algorithm = r->data[7];
    memcpy(l->random, r->data + 8, sizeof l->random);
    memcpy(l->mac1, r->data + 12, sizeof l->mac1);
    rc = 0;
done:
    return rc;
}

void ssc_cmd_credit(struct ssc_command_buf *b, const struct ssc_medical_load *l)
{
    struct ssc_writer w = ssc_build(b, CLA, CREDIT, 0x00, 0x00);

    ssc_write(&w, l->host_time, sizeof l->host_time);
    ssc_write(&w, l->mac2, sizeof l->mac2);
    ssc_build_end(b, &w, 4);
}

int ssc_rsp_credit(const struct ssc_response *r, uint8_t tac[4])
{
    int rc = SSC_E_BAD_RESPONSE;

    if (r->len != 4) {
        goto done;
    }
    memcpy(tac, r->data, 4);
    rc = 0;
done:
    return rc;
}

void ssc_cmd_medical_balance(struct ssc_command_buf *b, uint8_t which)
{
    ssc_build_data(b, CLA, BALANCE, 0x00, which, NULL, 0, which == 1 ? 4 : 6);
    if (which < 1 || which > 3) {
        ssc_build_refuse(b);
    }
}

/* Four BCD digits, no fewer. */
static int bcd_year(const uint8_t bcd[2], unsigned *year)
{
    char digits[5];
    size_t len = sizeof digits;
    int rc = ssc_cn_to_digits(bcd, 2, digits, &len);

    if (rc == 0 && len != 4) {
        rc = SSC_E_BAD_RESPONSE;
    }
    *year = 0;
    for (size_t i = 0; rc == 0 && i < 4; i++) {
        *year = *year * 10 + (unsigned)(digits[i] - '0');
    }
    return rc;
}

int ssc_rsp_medical_balance(const struct ssc_response *r, uint8_t which, uint32_t *amount, unsigned *year)
{
    int rc = SSC_E_BAD_RESPONSE;

    if (r->len != (which == 1 ? 4 : 6)) {
        goto done;
    }
    *amount = ssc_get32(r->data);
    *year = 0;
    rc = which == 1 ? 0 : bcd_year(r->data + 4, year);
done:
    return rc;
}

void ssc_cmd_medical_proof(struct ssc_command_buf *b, uint8_t type, uint16_t seq)
{
    struct ssc_writer w = ssc_build(b, CLA, PROOF, 0x00, type);

    ssc_write16(&w, seq);
    ssc_build_end(b, &w, 8);
}

int ssc_rsp_proof(const struct ssc_response *r, uint8_t mac[4], uint8_t tac[4])
{
    return ssc_take_pair(r, mac, tac);
}

int ssc_medical_record_parse(const uint8_t *data, size_t len, struct ssc_medical_record *out)
{
    int rc = SSC_E_BAD_RESPONSE;

    if (len != RECORD && len != RECORD_ACCOUNT_ONLY) {
        goto done;
    }
    *out = (struct ssc_medical_record){.seq = ssc_get16(data), .type = data[2]};
    memcpy(out->terminal, data + 3, sizeof out->terminal);
    memcpy(out->datetime, data + 9, sizeof out->datetime);
    out->amounts.account = ssc_get32(data + 16);
    /* Part 7, clause 12: a record of 20 bytes is the sign of a card that keeps the account alone. */
    out->account_only = len == RECORD_ACCOUNT_ONLY;
    if (!out->account_only) {
        out->amounts.self_pay = ssc_get32(data + 20);
        out->amounts.pooled = ssc_get32(data + 24);
    }
    rc = 0;
done:
    return rc;
}

/* ---- cryptography ---- */

/* random | sequence | last: low half of the terminal's number for a purchase, 8000 for a load. */
static int session_key(const struct ssc_key *key, const uint8_t random[4], uint16_t seq, uint16_t last,
                       struct ssc_key *session)
{
    uint8_t block[8];
    struct ssc_writer w = ssc_writer(block, sizeof block);

    ssc_write(&w, random, 4);
    ssc_write16(&w, seq);
    ssc_write16(&w, last);
    return ssc_session_key(key, block, sizeof block, session);
}

static int tac_make(const struct ssc_key *dtk, const struct ssc_writer *message, uint8_t tac[4])
{
    struct ssc_key key;
    int rc = ssc_tac_key(dtk, &key);

    if (rc == 0) {
        rc = ssc_mac4(&key, message->data, message->len, tac);
    }
    ssc_cleanse(&key, sizeof key);
    return rc;
}

int ssc_medical_purchase_session(const struct ssc_key *dpk, const struct ssc_medical_purchase *p,
                                 struct ssc_key *session)
{
    return session_key(dpk, p->random, p->seq, ssc_get16(p->terminal_seq + 2), session);
}

int ssc_medical_purchase_mac1(const struct ssc_key *session, const struct ssc_medical_purchase *p,
                              uint8_t mac[4])
{
    uint8_t message[MESSAGE];
    struct ssc_writer w = ssc_writer(message, sizeof message);

    write_amounts(&w, &p->amounts);
    ssc_write8(&w, p->type);
    ssc_write(&w, p->terminal, sizeof p->terminal);
    ssc_write(&w, p->datetime, sizeof p->datetime);
    return ssc_mac4(session, message, w.len, mac);
}

int ssc_medical_purchase_mac2(const struct ssc_key *session, const struct ssc_medical_purchase *p,
                              uint8_t mac[4])
{
    uint8_t message[MESSAGE];
    struct ssc_writer w = ssc_writer(message, sizeof message);

    write_amounts(&w, &p->amounts);
    return ssc_mac4(session, message, w.len, mac);
}

int ssc_medical_purchase_tac(const struct ssc_key *dtk, const struct ssc_medical_purchase *p, uint8_t tac[4])
{
    uint8_t message[MESSAGE];
    struct ssc_writer w = ssc_writer(message, sizeof message);

    write_amounts(&w, &p->amounts);
    ssc_write8(&w, p->type);
    ssc_write(&w, p->terminal, sizeof p->terminal);
    ssc_write(&w, p->terminal_seq, sizeof p->terminal_seq);
    ssc_write(&w, p->datetime, sizeof p->datetime);
    return tac_make(dtk, &w, tac);
}

int ssc_medical_load_session(const struct ssc_key *dlk, const struct ssc_medical_load *l,
                             struct ssc_key *session)
{
    return session_key(dlk, l->random, l->seq, 0x8000, session);
}

int ssc_medical_load_mac1(const struct ssc_key *session, const struct ssc_medical_load *l, uint8_t mac[4])
{
    uint8_t message[MESSAGE];
    struct ssc_writer w = ssc_writer(message, sizeof message);

    ssc_write32(&w, l->balance);
    ssc_write32(&w, l->amount);
    ssc_write8(&w, l->type);
    ssc_write(&w, l->terminal, sizeof l->terminal);
    return ssc_mac4(session, message, w.len, mac);
}

static void write_load_order(struct ssc_writer *w, const struct ssc_medical_load *l)
{
    ssc_write32(w, l->amount);
    ssc_write8(w, l->type);
    ssc_write(w, l->terminal, sizeof l->terminal);
    ssc_write(w, l->host_time, sizeof l->host_time);
}

int ssc_medical_load_mac2(const struct ssc_key *session, const struct ssc_medical_load *l, uint8_t mac[4])
{
    uint8_t message[MESSAGE];
    struct ssc_writer w = ssc_writer(message, sizeof message);

    write_load_order(&w, l);
    return ssc_mac4(session, message, w.len, mac);
}

int ssc_medical_load_tac(const struct ssc_key *dtk, const struct ssc_medical_load *l, uint8_t tac[4])
{
    uint8_t message[MESSAGE];
    struct ssc_writer w = ssc_writer(message, sizeof message);
    int rc = SSC_E_INVALID_ARGUMENT;

    /* A balance beyond the card's 32 bits, or a sequence beyond its 16, is not a transaction that happened.
     */
    if (l->amount > UINT32_MAX - l->balance || l->seq == UINT16_MAX) {
        goto done;
    }
    ssc_write32(&w, l->balance + l->amount);
    ssc_write16(&w, l->seq + 1u); /* here the number after the load, unlike the PBOC purse */
    write_load_order(&w, l);
    rc = tac_make(dtk, &w, tac);
done:
    return rc;
}
