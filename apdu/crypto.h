/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cryptography of the social security card and of the PBOC purse, on OpenSSL 3's default provider.
 * Keys are 8 bytes (single DES) or 16 bytes (two-key 3DES, SM4); SSC_ALG_SSF33 is refused with
 * SSC_E_NOT_SUPPORTED. All functions return 0, SSC_E_CRYPTO, SSC_E_NOT_SUPPORTED or SSC_E_INVALID_ARGUMENT.
 * Temporary keys are cleansed. A function that fails leaves a key it should have made as SSC_ALG_NONE, with
 * which every other function refuses to work.
 */
#ifndef SSC_APDU_CRYPTO_H
#define SSC_APDU_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ssc_algorithm { SSC_ALG_NONE = 0, SSC_ALG_3DES = 1, SSC_ALG_SSF33 = 2, SSC_ALG_SM4 = 3 };

struct ssc_key {
    enum ssc_algorithm alg;
    uint8_t len; /* 8, 16 (24 only for ssc_ecb) */
    uint8_t bytes[24];
};

/* Known-answer tests of every primitive; call once at start, refuse to work when it fails. */
int ssc_crypto_self_test(void);

/* Cipher block size of the algorithm: 8 or 16. */
size_t ssc_block_size(enum ssc_algorithm alg);

/* ECB; len a multiple of the block. in and out may be the same. */
int ssc_ecb(const struct ssc_key *key, bool encrypt, const uint8_t *in, size_t len, uint8_t *out);
/* CBC-MAC, whole last block; `padded` false: 80 00.. is added (always, ISO 9797-1 method 2). iv NULL = zeros.
 * mac is ssc_block_size(alg) bytes. */
int ssc_cbc_mac(const struct ssc_key *key, const uint8_t *iv, const uint8_t *msg, size_t len, bool padded,
                uint8_t *mac);
/* ISO 9797-1 algorithm 3 ("retail"), 16-byte 3DES key; mac 8 bytes. */
int ssc_retail_mac(const struct ssc_key *key, const uint8_t iv[8], const uint8_t *msg, size_t len,
                   bool padded, uint8_t mac[8]);
int ssc_sm3(const uint8_t *msg, size_t len, uint8_t out[32]);
int ssc_random(uint8_t *out, size_t len);
/* Constant time. */
bool ssc_mac_equal(const uint8_t *a, const uint8_t *b, size_t len);
void ssc_cleanse(void *p, size_t len);

/* One level of diversification (密钥分散): 3DES: E(K,f)|E(K,~f); single DES: E(K,f); SM4: E(K, f|~f). */
int ssc_diversify(const struct ssc_key *master, const uint8_t factor[8], struct ssc_key *out);

/* ---- social security card (card specification part 4 and 7) ---- */

/* Factors from the six digits of the city code: level 1 province, level 2 city (Zhejiang, 33, uses four
 * digits). */
int ssc_factor_province(const char city[6], uint8_t factor[8]);
int ssc_factor_city(const char city[6], uint8_t factor[8]);

/* Session key (过程密钥): 3DES: 8 bytes E(K, R|00..); SM4: 16 bytes. r_len 1..8 (SM4: ..16). */
int ssc_session_key(const struct ssc_key *key, const uint8_t *r, size_t r_len, struct ssc_key *session);
/* Authentication data of the original data o: DES(KS,o); SM4: halves of E(KS, o|0^8) XORed. */
int ssc_auth_data(const struct ssc_key *session, const uint8_t o[8], uint8_t out[8]);
/* MAC of secure messaging and of the medical purse: 4 bytes; 3DES/DES: CBC-MAC's left half,
 * SM4: the last block's four words XORed. */
int ssc_mac4(const struct ssc_key *session, const uint8_t *msg, size_t len, uint8_t out[4]);
/* TAC key: 3DES left XOR right (single DES); SM4 unchanged. */
int ssc_tac_key(const struct ssc_key *dtk, struct ssc_key *out);
/* LEN|data, 80 00.. only if not yet a multiple of the block; encrypted with the session key.
 * *len: capacity in, length out; SSC_E_BUFFER_TOO_SMALL with the size needed. At most 255 bytes of data. */
int ssc_encipher(const struct ssc_key *session, const uint8_t *data, size_t data_len, uint8_t *out,
                 size_t *len);

/* ---- PBOC purse (JR/T 0025) ---- */

/* block: random 4 | counter 2 | low half of the terminal transaction number, or 8000. SM4: E(K,
 * block|~block). */
int ssc_purse_session_key(const struct ssc_key *key, const uint8_t block[8], struct ssc_key *session);
/* MAC1, MAC2, MAC3: leftmost 4 bytes of the CBC-MAC for both algorithms. */
int ssc_purse_mac(const struct ssc_key *session, const uint8_t *msg, size_t len, uint8_t out[4]);
/* TAC with the derived DTK. */
int ssc_purse_tac(const struct ssc_key *dtk, const uint8_t *msg, size_t len, uint8_t out[4]);
/* Secure messaging MAC over header and data: retail MAC (16-byte 3DES), single-DES CBC-MAC (8), SM4 CBC-MAC.
 */
int ssc_purse_sm_mac(const struct ssc_key *key, const uint8_t *challenge, size_t challenge_len,
                     const uint8_t *msg, size_t len, uint8_t out[4]);
/* Answer to the card's challenge of 4 to 8 bytes, padded right with zeros: E(K, R); SM4: 16 bytes, halves of
 * E(K, R) XORed. */
int ssc_purse_auth_data(const struct ssc_key *key, const uint8_t *challenge, size_t len, uint8_t out[8]);
/* PIN reload MAC: key halves XORed (3DES), whole key (SM4). */
int ssc_purse_pin_mac(const struct ssc_key *drpk, const uint8_t *pin, size_t len, uint8_t out[4]);

#endif
