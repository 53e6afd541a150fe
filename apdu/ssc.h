/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands of the social security card and of the PSAM, and their answers. Builders fill a command; parsers
 * check every length (SSC_E_BAD_RESPONSE). Amounts in fen, 32 bit on the card. Dates in BCD as the card wants
 * them. Source: card specification part 5 (commands) and 9 (PSAM).
 *
 * A builder that is given what no card understands (more than 255 bytes of data, an SFI above 30, more than
 * three levels ...) leaves a command that ssc_command_encode, and so every way to a card, refuses with
 * SSC_E_INVALID_ARGUMENT.
 */
#ifndef SSC_APDU_SSC_H
#define SSC_APDU_SSC_H

#include "apdu/command.h"
#include "apdu/crypto.h"
#include "apdu/ssc_files.h"

/* ---- ISO part ---- */
void ssc_cmd_select_name(struct ssc_command_buf *b, const uint8_t *name, size_t len);
void ssc_cmd_select_df(struct ssc_command_buf *b, uint16_t fid); /* 00 A4 00 00 02 fid */
void ssc_cmd_select_ef(struct ssc_command_buf *b, uint16_t fid); /* 00 A4 02 00 02 fid */

enum ssc_record_mode {
    SSC_REC_FIRST = 0,
    SSC_REC_LAST,
    SSC_REC_NEXT,
    SSC_REC_PREVIOUS,
    SSC_REC_NUMBER,
    SSC_REC_FROM,
    SSC_REC_ALL_LAST
};
/* sfi 0 = current EF. In modes 0..3 p1 is a record identifier (the tag), in 4..6 a record number. */
void ssc_cmd_read_record(struct ssc_command_buf *b, uint8_t sfi, uint8_t p1, enum ssc_record_mode mode,
                         size_t le);
void ssc_cmd_update_record(struct ssc_command_buf *b, uint8_t sfi, uint8_t p1, enum ssc_record_mode mode,
                           const uint8_t *data, size_t len);
/* sfi 0 = current EF; with an SFI the offset is at most 255. */
void ssc_cmd_read_binary(struct ssc_command_buf *b, uint8_t sfi, uint16_t offset, size_t le);
void ssc_cmd_update_binary(struct ssc_command_buf *b, uint8_t sfi, uint16_t offset, const uint8_t *data,
                           size_t len);
void ssc_cmd_get_challenge(struct ssc_command_buf *b, size_t le);
/* factor 8 | original 8 -> 8 bytes */
void ssc_cmd_internal_auth(struct ssc_command_buf *b, const uint8_t factor[8], const uint8_t original[8]);
/* auth 8 | original 8 [| key version]; version < 0: none */
void ssc_cmd_external_auth(struct ssc_command_buf *b, uint8_t ref, const uint8_t auth[8],
                           const uint8_t original[8], int version);

/* PIN as digits -> BCD bytes padded with nibble F, 2..8 bytes. SSC_E_PIN_LENGTH. */
int ssc_pin_bytes(const char *digits, uint8_t out[8], size_t *len);
void ssc_cmd_verify(struct ssc_command_buf *b, const uint8_t *pin, size_t len); /* len 0: status query */
int ssc_cmd_change_pin(struct ssc_command_buf *b, uint8_t id, const uint8_t *old_pin, size_t old_len,
                       const uint8_t *new_pin, size_t new_len);
/* 84 24 00 01: new PIN enciphered and MACed / 84 24 00 00: unblock. `challenge` is the card's, key is the
 * STK. */
int ssc_cmd_reload_pin(struct ssc_command_buf *b, const struct ssc_key *stk, const uint8_t challenge[8],
                       const uint8_t *pin, size_t len);
int ssc_cmd_unblock_pin(struct ssc_command_buf *b, const struct ssc_key *stk, const uint8_t challenge[8]);

/* ---- medical purse (DF04) ---- */
enum { SSC_TXN_LOAD = 0x31, SSC_TXN_SETTLE = 0x32 };

struct ssc_medical_amounts {
    uint32_t account, self_pay, pooled;
};

/* One struct for every command and the record, so that they cannot differ. */
struct ssc_medical_purchase {
    uint8_t key_index;
    struct ssc_medical_amounts amounts;
    uint8_t terminal[6];
    uint8_t datetime[7];     /* BCD YYYYMMDDhhmmss */
    uint8_t type;            /* SSC_TXN_SETTLE */
    uint8_t terminal_seq[4]; /* from the PSAM */
    uint8_t mac1[4];
    /* from INITIALIZE FOR PURCHASE */
    uint32_t balance, year_self_pay, year_pooled;
    uint8_t year[2];
    uint16_t seq;
    uint8_t key_version, algorithm;
    uint8_t random[4];
};
void ssc_cmd_init_purchase(struct ssc_command_buf *b, const struct ssc_medical_purchase *p); /* B0 28 01 01 */
int ssc_rsp_init_purchase(const struct ssc_response *r, struct ssc_medical_purchase *p);     /* 22 bytes */
void ssc_cmd_debit(struct ssc_command_buf *b, const struct ssc_medical_purchase *p);         /* B0 2C 01 00 */
int ssc_rsp_debit(const struct ssc_response *r, uint8_t tac[4], uint8_t mac2[4]); /* TAC 4 | MAC2 4 */

struct ssc_medical_load {
    uint8_t key_index;
    uint32_t amount;
    uint8_t terminal[6];
    uint8_t type; /* SSC_TXN_LOAD */
    uint8_t host_time[7];
    uint8_t mac2[4];
    /* from INITIALIZE FOR LOAD */
    uint32_t balance;
    uint16_t seq;
    uint8_t key_version, algorithm;
    uint8_t random[4], mac1[4];
};
void ssc_cmd_init_load(struct ssc_command_buf *b, const struct ssc_medical_load *l); /* B0 28 00 01 */
int ssc_rsp_init_load(const struct ssc_response *r, struct ssc_medical_load *l);     /* 16 bytes */
void ssc_cmd_credit(struct ssc_command_buf *b, const struct ssc_medical_load *l);    /* B0 2A 00 00 */
int ssc_rsp_credit(const struct ssc_response *r, uint8_t tac[4]);

void ssc_cmd_medical_balance(struct ssc_command_buf *b, uint8_t which); /* B0 26 00 01|02|03 */
/* which 1: amount only, year = 0; 2, 3: amount and year (BCD as number, for instance 2026). */
int ssc_rsp_medical_balance(const struct ssc_response *r, uint8_t which, uint32_t *amount, unsigned *year);
void ssc_cmd_medical_proof(struct ssc_command_buf *b, uint8_t type, uint16_t seq); /* B0 2E 00 type */
int ssc_rsp_proof(const struct ssc_response *r, uint8_t mac[4], uint8_t tac[4]);   /* MAC 4 | TAC 4 */

struct ssc_medical_record {
    uint16_t seq;
    uint8_t type;
    uint8_t terminal[6];
    uint8_t datetime[7];
    struct ssc_medical_amounts amounts;
    bool account_only; /* 20-byte records */
};
int ssc_medical_record_parse(const uint8_t *data, size_t len,
                             struct ssc_medical_record *out); /* 28 or 20 bytes */

/* Purse cryptography: what card and PSAM/host compute. */
int ssc_medical_purchase_session(const struct ssc_key *dpk, const struct ssc_medical_purchase *p,
                                 struct ssc_key *session);
int ssc_medical_purchase_mac1(const struct ssc_key *session, const struct ssc_medical_purchase *p,
                              uint8_t mac[4]);
int ssc_medical_purchase_mac2(const struct ssc_key *session, const struct ssc_medical_purchase *p,
                              uint8_t mac[4]);
int ssc_medical_purchase_tac(const struct ssc_key *dtk, const struct ssc_medical_purchase *p, uint8_t tac[4]);
int ssc_medical_load_session(const struct ssc_key *dlk, const struct ssc_medical_load *l,
                             struct ssc_key *session);
int ssc_medical_load_mac1(const struct ssc_key *session, const struct ssc_medical_load *l, uint8_t mac[4]);
int ssc_medical_load_mac2(const struct ssc_key *session, const struct ssc_medical_load *l, uint8_t mac[4]);
int ssc_medical_load_tac(const struct ssc_key *dtk, const struct ssc_medical_load *l, uint8_t tac[4]);

/* ---- PSAM ---- */
/* use byte: levels (1..3) << 5 | type */
void ssc_cmd_psam_delivery(struct ssc_command_buf *b, uint8_t type, uint8_t id, const uint8_t (*factors)[8],
                           unsigned levels, const uint8_t *session_factor, size_t session_len); /* BF DE */
void ssc_cmd_psam_cipher(struct ssc_command_buf *b, uint8_t p1, const uint8_t *data, size_t len,
                         size_t le); /* 80 FA */
void ssc_cmd_psam_init_purchase(struct ssc_command_buf *b, const struct ssc_medical_purchase *p,
                                const uint8_t (*factors)[8], unsigned levels); /* 80 70 01 00 */
int ssc_rsp_psam_init_purchase(const struct ssc_response *r, uint8_t terminal_seq[4], uint8_t mac1[4]);
void ssc_cmd_psam_credit(struct ssc_command_buf *b, const uint8_t mac2[4]); /* 80 72 */

#endif
