/* SPDX-License-Identifier: Apache-2.0 */
/* What card, PSAM and host compute over one purse transaction: JR/T 0025.2, MAC1 to MAC3 and TAC. */
#include "apdu/purse.h"

#include "apdu/build.h"
#include "apdu/error.h"

enum { MESSAGE = 32, LIMIT_MAX = 0xFFFFFF };

/* random | counter | last: low half of the terminal's number offline, 8000 online. */
static int session(const struct ssc_key *key, const uint8_t random[4], uint16_t counter, uint16_t last,
                   struct ssc_key *out)
{
    uint8_t block[8];
    struct ssc_writer w = ssc_writer(block, sizeof block);

    ssc_write(&w, random, 4);
    ssc_write16(&w, counter);
    ssc_write16(&w, last);
    return ssc_purse_session_key(key, block, out);
}

int ssc_purse_purchase_session(const struct ssc_key *dpk, const struct ssc_purse_purchase *p,
                               struct ssc_key *out)
{
    return session(dpk, p->random, p->counter, ssc_get16(p->terminal_seq + 2), out);
}

int ssc_purse_purchase_mac1(const struct ssc_key *key, const struct ssc_purse_purchase *p, uint8_t mac[4])
{
    uint8_t message[MESSAGE];
    struct ssc_writer w = ssc_writer(message, sizeof message);

    ssc_write32(&w, p->amount);
    ssc_write8(&w, p->type);
    ssc_write(&w, p->terminal, sizeof p->terminal);
    ssc_write(&w, p->datetime, sizeof p->datetime);
    return ssc_purse_mac(key, message, w.len, mac);
}

int ssc_purse_purchase_mac2(const struct ssc_key *key, const struct ssc_purse_purchase *p, uint8_t mac[4])
{
    uint8_t message[4];

    ssc_put32(message, p->amount);
    return ssc_purse_mac(key, message, sizeof message, mac);
}

int ssc_purse_purchase_tac(const struct ssc_key *dtk, const struct ssc_purse_purchase *p, uint8_t tac[4])
{
    uint8_t message[MESSAGE];
    struct ssc_writer w = ssc_writer(message, sizeof message);

    ssc_write32(&w, p->amount);
    ssc_write8(&w, p->type);
    ssc_write(&w, p->terminal, sizeof p->terminal);
    ssc_write(&w, p->terminal_seq, sizeof p->terminal_seq);
    ssc_write(&w, p->datetime, sizeof p->datetime);
    return ssc_purse_tac(dtk, message, w.len, tac);
}

int ssc_purse_online_session(const struct ssc_key *key, const struct ssc_purse_online *p, struct ssc_key *out)
{
    return session(key, p->random, p->counter, 0x8000, out);
}

/* The amount, or the limit in its three bytes. */
static void write_value(struct ssc_writer *w, const struct ssc_purse_online *p, uint32_t value)
{
    if (p->type == SSC_PURSE_OVERDRAFT) {
        ssc_write24(w, value);
    } else {
        ssc_write32(w, value);
    }
}

/* A value that its bytes cannot hold must not be signed as another one. */
static int values_check(const struct ssc_purse_online *p)
{
    bool limit = p->type == SSC_PURSE_OVERDRAFT;

    return limit && (p->amount > LIMIT_MAX || p->old_limit > LIMIT_MAX) ? SSC_E_INVALID_ARGUMENT : 0;
}

int ssc_purse_online_mac1(const struct ssc_key *key, const struct ssc_purse_online *p, uint8_t mac[4])
{
    uint8_t message[MESSAGE];
    struct ssc_writer w = ssc_writer(message, sizeof message);
    int rc = values_check(p);

    if (rc != 0) {
        goto done;
    }
    ssc_write32(&w, p->balance);
    write_value(&w, p, p->type == SSC_PURSE_OVERDRAFT ? p->old_limit : p->amount);
    ssc_write8(&w, p->type);
    ssc_write(&w, p->terminal, sizeof p->terminal);
    rc = ssc_purse_mac(key, message, w.len, mac);
done:
    return rc;
}

/* The part that MAC2, TAC and MAC3 share. */
static void write_order(struct ssc_writer *w, const struct ssc_purse_online *p)
{
    write_value(w, p, p->amount);
    ssc_write8(w, p->type);
    ssc_write(w, p->terminal, sizeof p->terminal);
    ssc_write(w, p->host_time, sizeof p->host_time);
}

int ssc_purse_online_mac2(const struct ssc_key *key, const struct ssc_purse_online *p, uint8_t mac[4])
{
    uint8_t message[MESSAGE];
    struct ssc_writer w = ssc_writer(message, sizeof message);
    int rc = values_check(p);

    if (rc != 0) {
        goto done;
    }
    write_order(&w, p);
    rc = ssc_purse_mac(key, message, w.len, mac);
done:
    return rc;
}

/* Balance after the transaction; false when it leaves the card's 32 bits. */
static bool new_balance(const struct ssc_purse_online *p, uint32_t *out)
{
    int64_t balance = p->balance, amount = p->amount;

    if (p->type == SSC_PURSE_UNLOAD) {
        balance -= amount;
    } else if (p->type == SSC_PURSE_OVERDRAFT) {
        balance += amount - (int64_t)p->old_limit; /* the deposit's balance includes the limit */
    } else {
        balance += amount;
    }
    *out = (uint32_t)balance;
    return balance >= 0 && balance <= (int64_t)UINT32_MAX;
}

int ssc_purse_online_tac(const struct ssc_key *key, const struct ssc_purse_online *p, uint8_t out[4])
{
    uint8_t message[MESSAGE];
    struct ssc_writer w = ssc_writer(message, sizeof message);
    uint32_t balance = 0;
    int rc = values_check(p);

    if (rc == 0 && !new_balance(p, &balance)) {
        rc = SSC_E_INVALID_ARGUMENT;
    }
    if (rc != 0) {
        goto done;
    }
    ssc_write32(&w, balance);
    ssc_write16(&w, p->counter);
    write_order(&w, p);
    rc = p->type == SSC_PURSE_UNLOAD ? ssc_purse_mac(key, message, w.len, out)
                                     : ssc_purse_tac(key, message, w.len, out);
done:
    return rc;
}
