/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PBOC electronic deposit (电子存折, ED) and electronic purse (电子钱包, EP), JR/T 0025.1/.2: commands,
 * answers and cryptography. Amounts in fen, 32 bit; the overdraft limit has 3 bytes. A builder that is given
 * a transaction type of another family or a limit beyond 3 bytes leaves a command that ssc_command_encode
 * refuses with SSC_E_INVALID_ARGUMENT; the MAC functions return it.
 */
#ifndef SSC_APDU_PURSE_H
#define SSC_APDU_PURSE_H

#include "apdu/command.h"
#include "apdu/crypto.h"

enum ssc_wallet { SSC_WALLET_ED = 1, SSC_WALLET_EP = 2 };
enum ssc_purse_type { /* transaction type identifier (交易类型标识) */
                      SSC_PURSE_LOAD_ED = 0x01,
                      SSC_PURSE_LOAD_EP = 0x02,
                      SSC_PURSE_UNLOAD = 0x03,
                      SSC_PURSE_CASH = 0x04,
                      SSC_PURSE_PURCHASE_ED = 0x05,
                      SSC_PURSE_PURCHASE_EP = 0x06,
                      SSC_PURSE_OVERDRAFT = 0x07,
                      SSC_PURSE_CAPP = 0x09,
};
extern const uint8_t ssc_purse_aid[9]; /* A00000000386980701 */

/* Everything about one offline transaction (purchase, cash withdrawal, composite purchase). */
struct ssc_purse_purchase {
    enum ssc_wallet wallet;
    uint8_t type; /* 05, 06, 04, 09 */
    uint8_t key_index;
    uint32_t amount;
    uint8_t terminal[6];
    uint8_t datetime[7];     /* BCD YYYYMMDDhhmmss */
    uint8_t terminal_seq[4]; /* from the PSAM */
    uint8_t mac1[4];
    /* from INITIALIZE */
    uint32_t balance; /* before the transaction */
    uint16_t counter; /* offline counter before the transaction */
    uint32_t overdraft;
    uint8_t key_version, algorithm;
    uint8_t random[4];
};
void ssc_cmd_purse_init_purchase(struct ssc_command_buf *b,
                                 const struct ssc_purse_purchase *p); /* 80 50 01|02|03 w */
int ssc_rsp_purse_init_purchase(const struct ssc_response *r, struct ssc_purse_purchase *p); /* 15 bytes */
void ssc_cmd_purse_debit(struct ssc_command_buf *b, const struct ssc_purse_purchase *p);     /* 80 54 01 00 */
int ssc_rsp_purse_debit(const struct ssc_response *r, uint8_t tac[4], uint8_t mac2[4]); /* TAC 4 | MAC2 4 */

/* Everything about one online transaction (load, unload, overdraft update). */
struct ssc_purse_online {
    enum ssc_wallet wallet;
    uint8_t type; /* 01, 02, 03, 07 */
    uint8_t key_index;
    uint32_t amount; /* 07: the new limit */
    uint8_t terminal[6];
    uint8_t host_time[7]; /* BCD YYYYMMDDhhmmss */
    uint8_t mac2[4];      /* of the host */
    /* from INITIALIZE */
    uint32_t balance;
    uint16_t counter;   /* online counter before the transaction */
    uint32_t old_limit; /* 07 only */
    uint8_t key_version, algorithm;
    uint8_t random[4], mac1[4];
};
void ssc_cmd_purse_init_online(struct ssc_command_buf *b,
                               const struct ssc_purse_online *p);                        /* 80 50 00|05|04 */
int ssc_rsp_purse_init_online(const struct ssc_response *r, struct ssc_purse_online *p); /* 16 or 19 bytes */
void ssc_cmd_purse_complete_online(struct ssc_command_buf *b,
                                   const struct ssc_purse_online *p); /* 80 52 / 80 54 03 / 80 58 */
/* TAC of a load or an overdraft update, MAC3 of an unload; 4 bytes. */
int ssc_rsp_purse_complete_online(const struct ssc_response *r, uint8_t tac_or_mac3[4]);

void ssc_cmd_purse_balance(struct ssc_command_buf *b, enum ssc_wallet wallet); /* 80 5C 00 w */
int ssc_rsp_purse_balance(const struct ssc_response *r, uint32_t *amount);
void ssc_cmd_purse_proof(struct ssc_command_buf *b, uint8_t type, uint16_t counter); /* 80 5A 00 tt */
/* MAC 4 | TAC 4; an answer of 4 bytes is a TAC alone: *has_mac false. */
int ssc_rsp_purse_proof(const struct ssc_response *r, uint8_t mac[4], uint8_t tac[4], bool *has_mac);

struct ssc_purse_app { /* file 15h */
    uint8_t issuer[8];
    uint8_t app_type, version;
    uint8_t serial[10];    /* application serial number; its last 8 bytes are the diversification factor */
    char start[9], end[9]; /* YYYYMMDD; empty when the issuer left it FFFFFFFF */
};
int ssc_purse_app_parse(const uint8_t *data, size_t len, struct ssc_purse_app *out); /* 30 or 43 bytes */

struct ssc_purse_record { /* file 18h, 23 bytes */
    uint16_t counter;     /* before or after the transaction: cards differ, see the profile */
    uint32_t overdraft, amount;
    uint8_t type; /* enum ssc_purse_type */
    uint8_t terminal[6];
    uint8_t datetime[7]; /* BCD YYYYMMDDhhmmss */
};
int ssc_purse_record_parse(const uint8_t *data, size_t len, struct ssc_purse_record *out);

/* PSAM: 80 70 00 00 and 80 72 (the latter is ssc_cmd_psam_credit), 80 1A, 80 FA. Factor order as given. */
void ssc_cmd_purse_psam_init(struct ssc_command_buf *b, const struct ssc_purse_purchase *p,
                             const uint8_t (*factors)[8], unsigned levels);
void ssc_cmd_psam_init_descrypt(struct ssc_command_buf *b, uint8_t type, uint8_t levels, uint8_t version,
                                const uint8_t *factors, size_t len);

/* Session key of a purchase from the card's DPK, MAC1 and MAC2 with it, the TAC with the card's DTK (JR/T
 * 0025.1, purchase). Of p they take what INITIALIZE answered, amount, type, terminal and its number, date. */
int ssc_purse_purchase_session(const struct ssc_key *dpk, const struct ssc_purse_purchase *p,
                               struct ssc_key *session);
int ssc_purse_purchase_mac1(const struct ssc_key *session, const struct ssc_purse_purchase *p,
                            uint8_t mac[4]);
int ssc_purse_purchase_mac2(const struct ssc_key *session, const struct ssc_purse_purchase *p,
                            uint8_t mac[4]);
int ssc_purse_purchase_tac(const struct ssc_key *dtk, const struct ssc_purse_purchase *p, uint8_t tac[4]);
/* The same of load, unload and overdraft update, from the key that p->type asks for. */
int ssc_purse_online_session(const struct ssc_key *key, const struct ssc_purse_online *p,
                             struct ssc_key *session);
int ssc_purse_online_mac1(const struct ssc_key *session, const struct ssc_purse_online *p, uint8_t mac[4]);
int ssc_purse_online_mac2(const struct ssc_key *session, const struct ssc_purse_online *p, uint8_t mac[4]);
/* TAC for load and overdraft (key: DTK); MAC3 for unload (key: the session key). */
int ssc_purse_online_tac(const struct ssc_key *key, const struct ssc_purse_online *p, uint8_t out[4]);

/* PIN: 80 5E 00 reload, 84 24 unblock (80 5E 01 is ssc_cmd_change_pin). PIN of 2 to 8 bytes as the card
 * stores it, else SSC_E_PIN_LENGTH. */
int ssc_cmd_purse_reload_pin(struct ssc_command_buf *b, uint8_t kid, const struct ssc_key *drpk,
                             const uint8_t *pin, size_t len);
/* P1 P2 of the unblock differ by maker: 0000 by JR/T 0025.2, else 0001 or key id and 00. */
int ssc_cmd_purse_unblock_pin(struct ssc_command_buf *b, uint16_t p1p2, const struct ssc_key *dpuk,
                              const uint8_t *challenge, size_t challenge_len, const uint8_t *pin, size_t len);
/* Adds secure messaging: MAC over CLA INS P1 P2 Lc data; CLA's low nibble must already be 4. challenge: 4 or
 * 8 bytes (16 with SM4), straight from GET CHALLENGE. An enciphered command has its data made by
 * ssc_encipher. */
int ssc_purse_secure(struct ssc_command_buf *b, const struct ssc_key *key, const uint8_t *challenge,
                     size_t challenge_len);

#endif
