/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the PSAM provider: psam_exchange.c (commands and applications), psam.c (keys), psam_purchase.c
 * (MAC1, MAC2), psam_pin.c (a purse's PIN). */
#ifndef SSC_MIDDLEWARE_AUTH_PSAM_H
#define SSC_MIDDLEWARE_AUTH_PSAM_H

#include "middleware/auth/auth_private.h"
#include "middleware/auth/gate.h"

#define SSC_PSAM_LEVELS_KNOWN 64u

enum { SSC_PSAM_ENCRYPT = 0x00, SSC_PSAM_MAC = 0x05 };
enum ssc_psam_place { SSC_PSAM_NOWHERE, SSC_PSAM_SOCIAL, SSC_PSAM_PURSE };

struct ssc_psam {
    struct ssc_auth base;
    struct ssc_channel *channel; /* owned */
    struct ssc_profile profile;
    struct ssc_psam_info info;
    uint8_t terminal[6];
    bool has_terminal;

    struct ssc_gate gate;

    /* What is selected; forgotten when the PSAM was reset. */
    enum ssc_psam_place place;
    enum ssc_algorithm environment;
    _Atomic uint64_t session; /* changes whenever MAC2 of an earlier MAC1 can no longer be checked */

    /* Number of factors with which a key answered. */
    struct {
        uint8_t alg, type, id, levels;
    } known[SSC_PSAM_LEVELS_KNOWN];
    size_t known_count;
};

static inline struct ssc_psam *ssc_psam_of(struct ssc_auth *a)
{
    return (struct ssc_psam *)a;
}

/* SSC_E_PSAM_REFUSED for a status word: above the provider it would be taken for the holder's card's. */
int ssc_psam_refusal(int rc);
int ssc_psam_transmit(struct ssc_psam *p, const struct ssc_command_buf *b, unsigned flags,
                      struct ssc_response *rsp, int64_t deadline);
/* The environment of the algorithm; nothing in it is selected. SSC_E_PSAM_ALGORITHM. */
int ssc_psam_environment_select(struct ssc_psam *p, enum ssc_algorithm alg, int64_t deadline);
/* Environment of the algorithm and the application in it. SSC_E_PSAM_ALGORITHM. */
int ssc_psam_select(struct ssc_psam *p, enum ssc_psam_place place, enum ssc_algorithm alg, int64_t deadline);
/* Without an answer. */
int ssc_psam_send(struct ssc_psam *p, const struct ssc_command_buf *b, int64_t deadline);
/* CIPHER DATA with the key in place; p1 one of SSC_PSAM_ENCRYPT, SSC_PSAM_MAC (the IV goes first). */
int ssc_psam_cipher(struct ssc_psam *p, uint8_t p1, const uint8_t *data, size_t len, uint8_t *out,
                    size_t *out_len, int64_t deadline);
/* Order in which numbers of factors are tried for a key, best first; returns how many. */
unsigned ssc_psam_levels(const struct ssc_psam *p, enum ssc_algorithm alg, uint8_t type, uint8_t id,
                         uint8_t order[4]);
void ssc_psam_learn(struct ssc_psam *p, enum ssc_algorithm alg, uint8_t type, uint8_t id, uint8_t levels);

/* psam_purchase.c */
int ssc_psam_terminal(struct ssc_auth *a, uint8_t number[6], int64_t deadline);
int ssc_psam_medical_mac1(struct ssc_auth *a, const struct ssc_card_info *card,
                          struct ssc_medical_purchase *m, int64_t deadline);
int ssc_psam_purse_mac1(struct ssc_auth *a, const struct ssc_card_info *card, struct ssc_purse_purchase *m,
                        int64_t deadline);
int ssc_psam_check_mac2(struct ssc_auth *a, uint64_t session, const uint8_t mac2[4], int64_t deadline);
uint64_t ssc_psam_session(struct ssc_auth *a);
void ssc_psam_purchase_end(struct ssc_auth *a);

/* psam_pin.c */
int ssc_psam_purse_pin(struct ssc_auth *a, const struct ssc_card_info *card, const struct ssc_purse_pin *pin,
                       struct ssc_command_buf *out, int64_t deadline);

#endif
