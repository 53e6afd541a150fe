/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu/purse.h"

#include <string.h>

#include "apdu/build.h"
#include "apdu/error.h"
#include "apdu/text.h"

#define CLA 0x80u

enum {
    INIT = 0x50,
    CREDIT = 0x52,
    DEBIT = 0x54,
    UPDATE_LIMIT = 0x58,
    PROOF = 0x5A,
    BALANCE = 0x5C,
    PIN = 0x5E
};
enum { P1_LOAD = 0, P1_PURCHASE = 1, P1_CASH = 2, P1_CAPP = 3, P1_UPDATE = 4, P1_UNLOAD = 5 };
enum { LIMIT_MAX = 0xFFFFFF }; /* the overdraft limit has three bytes */

const uint8_t ssc_purse_aid[9] = {0xA0, 0x00, 0x00, 0x00, 0x03, 0x86, 0x98, 0x07, 0x01};

static uint32_t get24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)ssc_get16(p + 1);
}

/* ---- purchase, cash withdrawal, composite purchase ---- */

/* P1 of INITIALIZE; -1 for a type that is not one of this family. */
static int purchase_p1(uint8_t type)
{
    int p1 = -1;

    switch (type) {
    case SSC_PURSE_PURCHASE_ED:
    case SSC_PURSE_PURCHASE_EP:
        p1 = P1_PURCHASE;
        break;
    case SSC_PURSE_CASH:
        p1 = P1_CASH;
        break;
    case SSC_PURSE_CAPP:
        p1 = P1_CAPP;
        break;
    default:
        break;
    }
    return p1;
}

void ssc_cmd_purse_init_purchase(struct ssc_command_buf *b, const struct ssc_purse_purchase *p)
{
    int p1 = purchase_p1(p->type);
    struct ssc_writer w = ssc_build(b, CLA, INIT, (unsigned)p1 & 0xFF, p->wallet);

    ssc_write8(&w, p->key_index);
    ssc_write32(&w, p->amount);
    ssc_write(&w, p->terminal, sizeof p->terminal);
    ssc_build_end(b, &w, 15);
    if (p1 < 0) {
        ssc_build_refuse(b);
    }
}

int ssc_rsp_purse_init_purchase(const struct ssc_response *r, struct ssc_purse_purchase *p)
{
    int rc = SSC_E_BAD_RESPONSE;

    if (r->len != 15) {
        goto done;
    }
    p->balance = ssc_get32(r->data);
    p->counter = ssc_get16(r->data + 4);
    p->overdraft = get24(r->data + 6);
    p->key_version = r->data[9];
    p->algorithm = r->data[10];
    memcpy(p->random, r->data + 11, sizeof p->random);
    rc = 0;
done:
    return rc;
}

void ssc_cmd_purse_debit(struct ssc_command_buf *b, const struct ssc_purse_purchase *p)
{
    struct ssc_writer w = ssc_build(b, CLA, DEBIT, 0x01, 0x00);

    ssc_write(&w, p->terminal_seq, sizeof p->terminal_seq);
    ssc_write(&w, p->datetime, sizeof p->datetime);
    ssc_write(&w, p->mac1, sizeof p->mac1);
    ssc_build_end(b, &w, 8);
}

int ssc_rsp_purse_debit(const struct ssc_response *r, uint8_t tac[4], uint8_t mac2[4])
{
    return ssc_take_pair(r, tac, mac2);
}

/* ---- load, unload, overdraft limit ---- */

/* False for a type of another family and for a limit that three bytes cannot say. */
static bool online_valid(const struct ssc_purse_online *p)
{
    bool limit = p->type == SSC_PURSE_OVERDRAFT;

    return limit ? p->amount <= LIMIT_MAX : p->type >= SSC_PURSE_LOAD_ED && p->type <= SSC_PURSE_UNLOAD;
}

void ssc_cmd_purse_init_online(struct ssc_command_buf *b, const struct ssc_purse_online *p)
{
    bool limit = p->type == SSC_PURSE_OVERDRAFT, unload = p->type == SSC_PURSE_UNLOAD;
    /* Unload and limit exist for the deposit alone (JR/T 0025.2). */
    struct ssc_writer w = ssc_build(b, CLA, INIT,
                                    limit    ? P1_UPDATE
                                    : unload ? P1_UNLOAD
                                             : P1_LOAD,
                                    limit || unload ? SSC_WALLET_ED : p->wallet);

    ssc_write8(&w, p->key_index);
    if (!limit) {
        ssc_write32(&w, p->amount);
    }
    ssc_write(&w, p->terminal, sizeof p->terminal);
    ssc_build_end(b, &w, limit ? 19 : 16);
    if (!online_valid(p)) {
        ssc_build_refuse(b);
    }
}

int ssc_rsp_purse_init_online(const struct ssc_response *r, struct ssc_purse_online *p)
{
    bool limit = p->type == SSC_PURSE_OVERDRAFT;
    const uint8_t *rest = NULL;
    int rc = SSC_E_BAD_RESPONSE;

    if (r->len != (limit ? 19 : 16)) {
        goto done;
    }
    p->balance = ssc_get32(r->data);
    p->counter = ssc_get16(r->data + 4);
    p->old_limit = limit ? get24(r->data + 6) : 0;
    rest = r->data + (limit ? 9 : 6);
    p->key_version = rest[0];
    p->algorithm = rest[1];
    memcpy(p->random, rest + 2, sizeof p->random);
    memcpy(p->mac1, rest + 6, sizeof p->mac1);
    rc = 0;
done:
    return rc;
}

void ssc_cmd_purse_complete_online(struct ssc_command_buf *b, const struct ssc_purse_online *p)
{
    bool limit = p->type == SSC_PURSE_OVERDRAFT, unload = p->type == SSC_PURSE_UNLOAD;
    struct ssc_writer w = ssc_build(b, CLA,
                                    limit    ? UPDATE_LIMIT
                                    : unload ? DEBIT
                                             : CREDIT,
                                    unload ? 0x03 : 0x00, 0x00);

    if (limit) {
        ssc_write24(&w, p->amount);
    }
    ssc_write(&w, p->host_time, sizeof p->host_time);
    ssc_write(&w, p->mac2, sizeof p->mac2);
    ssc_build_end(b, &w, 4);
    if (!online_valid(p)) {
        ssc_build_refuse(b);
    }
}

int ssc_rsp_purse_complete_online(const struct ssc_response *r, uint8_t tac_or_mac3[4])
{
    int rc = SSC_E_BAD_RESPONSE;

    if (r->len != 4) {
        goto done;
    }
    memcpy(tac_or_mac3, r->data, 4);
    rc = 0;
done:
    return rc;
}

/* ---- questions ---- */

void ssc_cmd_purse_balance(struct ssc_command_buf *b, enum ssc_wallet wallet)
{
    ssc_build_data(b, CLA, BALANCE, 0x00, wallet, NULL, 0, 4);
}

int ssc_rsp_purse_balance(const struct ssc_response *r, uint32_t *amount)
{
    int rc = SSC_E_BAD_RESPONSE;

    if (r->len != 4) {
        goto done;
    }
    *amount = ssc_get32(r->data);
    rc = 0;
done:
    return rc;
}

void ssc_cmd_purse_proof(struct ssc_command_buf *b, uint8_t type, uint16_t counter)
{
    struct ssc_writer w = ssc_build(b, CLA, PROOF, 0x00, type);

    ssc_write16(&w, counter);
    ssc_build_end(b, &w, 8);
}

int ssc_rsp_purse_proof(const struct ssc_response *r, uint8_t mac[4], uint8_t tac[4], bool *has_mac)
{
    int rc = SSC_E_BAD_RESPONSE;

    if (r->len == 8) {
        *has_mac = true;
        rc = ssc_take_pair(r, mac, tac);
    } else if (r->len == 4) {
        *has_mac = false;
        memcpy(tac, r->data, 4);
        rc = 0;
    }
    return rc;
}

/* ---- files ---- */

/* BCD date into digits. A date that the issuer left FFFFFFFF is an empty text. */
static int date_text(const uint8_t bcd[4], char out[9])
{
    size_t len = 9;
    int rc = ssc_cn_to_digits(bcd, 4, out, &len);

    if (rc == 0 && len != 8 && len != 0) {
        rc = SSC_E_BAD_RESPONSE;
    }
    if (rc != 0) {
        out[0] = '\0';
    }
    return rc;
}

int ssc_purse_app_parse(const uint8_t *data, size_t len, struct ssc_purse_app *out)
{
    int rc = SSC_E_BAD_RESPONSE;

    /* The bank's form has 30 bytes, the one of the transport cards 43; they agree as far as it is read here.
     */
    if (len != 30 && len != 43) {
        goto done;
    }
    memcpy(out->issuer, data, sizeof out->issuer);
    out->app_type = data[8];
    out->version = data[9];
    memcpy(out->serial, data + 10, sizeof out->serial);
    rc = date_text(data + 20, out->start);
    if (rc == 0) {
        rc = date_text(data + 24, out->end);
    }
done:
    return rc;
}

int ssc_purse_record_parse(const uint8_t *data, size_t len, struct ssc_purse_record *out)
{
    int rc = SSC_E_BAD_RESPONSE;

    if (len != 23) {
        goto done;
    }
    out->counter = ssc_get16(data);
    out->overdraft = get24(data + 2);
    out->amount = ssc_get32(data + 5);
    out->type = data[9];
    memcpy(out->terminal, data + 10, sizeof out->terminal);
    memcpy(out->datetime, data + 16, sizeof out->datetime);
    rc = 0;
done:
    return rc;
}

/* ---- PSAM ---- */

void ssc_cmd_purse_psam_init(struct ssc_command_buf *b, const struct ssc_purse_purchase *p,
                             const uint8_t (*factors)[8], unsigned levels)
{
    struct ssc_writer w = ssc_build(b, CLA, 0x70, 0x00, 0x00);

    ssc_write(&w, p->random, sizeof p->random);
    ssc_write16(&w, p->counter);
    ssc_write32(&w, p->amount);
    ssc_write8(&w, p->type);
    ssc_write(&w, p->datetime, sizeof p->datetime);
    ssc_write8(&w, p->key_version);
    ssc_write8(&w, p->algorithm);
    for (unsigned i = 0; i < levels && levels <= 3; i++) {
        ssc_write(&w, factors[i], 8);
    }
    ssc_build_end(b, &w, 8);
    if (levels > 3) {
        ssc_build_refuse(b);
    }
}

void ssc_cmd_psam_init_descrypt(struct ssc_command_buf *b, uint8_t type, uint8_t levels, uint8_t version,
                                const uint8_t *factors, size_t len)
{
    ssc_build_data(b, CLA, 0x1A, (unsigned)levels << 5 | type, version, factors, len, 0);
    if (levels > 7 || type > 0x1F) {
        ssc_build_refuse(b);
    }
}

/* ---- PIN and secure messaging ---- */

static bool pin_fits(size_t len)
{
    return len >= 2 && len <= 8;
}

int ssc_cmd_purse_reload_pin(struct ssc_command_buf *b, uint8_t kid, const struct ssc_key *drpk,
                             const uint8_t *pin, size_t len)
{
    struct ssc_writer w = ssc_build(b, CLA, PIN, 0x00, kid);
    uint8_t mac[4];
    int rc = pin_fits(len) ? ssc_purse_pin_mac(drpk, pin, len, mac) : SSC_E_PIN_LENGTH;

    if (rc != 0) {
        ssc_build_refuse(b);
        goto done;
    }
    ssc_write(&w, pin, len);
    ssc_write(&w, mac, sizeof mac);
    ssc_build_end(b, &w, 0);
done:
    return rc;
}

int ssc_cmd_purse_unblock_pin(struct ssc_command_buf *b, uint16_t p1p2, const struct ssc_key *dpuk,
                              const uint8_t *challenge, size_t challenge_len, const uint8_t *pin, size_t len)
{
    uint8_t cipher[16];
    size_t cipher_len = sizeof cipher;
    int rc = pin_fits(len) ? ssc_encipher(dpuk, pin, len, cipher, &cipher_len) : SSC_E_PIN_LENGTH;

    if (rc != 0) {
        ssc_build_refuse(b);
        goto done;
    }
    ssc_build_data(b, 0x84, 0x24, p1p2 >> 8, p1p2 & 0xFFu, cipher, cipher_len, 0);
    rc = ssc_purse_secure(b, dpuk, challenge, challenge_len);
done:
    return rc;
}

int ssc_purse_secure(struct ssc_command_buf *b, const struct ssc_key *key, const uint8_t *challenge,
                     size_t challenge_len)
{
    uint8_t message[5 + SSC_LC_SHORT];
    struct ssc_writer w = ssc_writer(message, sizeof message);
    size_t lc = b->cmd.lc;
    uint8_t mac[4];
    int rc = SSC_E_INVALID_ARGUMENT;

    if (b->cmd.data != b->data || (b->cmd.cla & 0x0F) != 0x04 || lc + sizeof mac > SSC_LC_SHORT ||
        challenge_len < 4) {
        goto done;
    }
    ssc_write8(&w, b->cmd.cla);
    ssc_write8(&w, b->cmd.ins);
    ssc_write8(&w, b->cmd.p1);
    ssc_write8(&w, b->cmd.p2);
    ssc_write8(&w, (unsigned)(lc + sizeof mac));
    ssc_write(&w, b->data, lc);
    rc = ssc_purse_sm_mac(key, challenge, challenge_len, message, w.len, mac);
    if (rc != 0) {
        goto done;
    }
    memcpy(b->data + lc, mac, sizeof mac);
    b->cmd.lc = lc + sizeof mac;
done:
    if (rc != 0) {
        ssc_build_refuse(b);
    }
    ssc_cleanse(message, sizeof message);
    return rc;
}
