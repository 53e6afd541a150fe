/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authentication providers: who holds the keys. PSAM in a reader slot, key file (test keys), or the caller's
 * back office (HSM two-step, which has no provider: the functions named ..._begin and ..._complete hand data
 * out and in). A provider that cannot answers SSC_E_PSAM_* or SSC_E_NOT_SUPPORTED; callers turn that into
 * SSC_E_NEED_REMOTE. No provider returns a status word: those are the card's.
 */
#ifndef SSC_MIDDLEWARE_AUTH_PROVIDER_H
#define SSC_MIDDLEWARE_AUTH_PROVIDER_H

#include "apdu/purse.h"
#include "middleware/card.h"

struct ssc_auth;

/* A proof of a key, ready for EXTERNAL AUTHENTICATE. */
struct ssc_external_auth {
    uint8_t auth[8], original[8];
    int version; /* -1: no 17th byte */
};

enum { SSC_PURSE_CHALLENGE = 4 }; /* bytes of GET CHALLENGE before a purse's secure messaging */
/* RELOAD or UNBLOCK of a purse's PIN. */
struct ssc_purse_pin {
    bool unblock;
    enum ssc_algorithm algorithm;
    uint16_t p1p2;
    uint8_t challenge[8]; /* SSC_PURSE_CHALLENGE bytes, with unblock */
    const uint8_t *pin;   /* 2 to 8 bytes as the card stores it */
    size_t pin_len;
};

struct ssc_auth_ops {
    const char *name; /* "psam", "key-file" */
    bool waits;       /* its work takes wire time: worth a thread of its own beside the card */
    /* Expected answer of the card to INTERNAL AUTHENTICATE(factor, original). */
    int (*internal)(struct ssc_auth *a, const struct ssc_card_info *card, const uint8_t factor[8],
                    const uint8_t original[8], uint8_t expected[8], int64_t deadline);
    int (*external)(struct ssc_auth *a, const struct ssc_card_info *card, enum ssc_key_id key,
                    const uint8_t challenge[8], struct ssc_external_auth *out, int64_t deadline);
    /* PIN RELOAD (pin_len > 0) or UNBLOCK (0): a whole command for the card's challenge. */
    int (*pin_command)(struct ssc_auth *a, const struct ssc_card_info *card, const uint8_t challenge[8],
                       const uint8_t *pin, size_t pin_len, struct ssc_command_buf *out, int64_t deadline);
    /* The same for a purse. */
    int (*purse_pin)(struct ssc_auth *a, const struct ssc_card_info *card, const struct ssc_purse_pin *p,
                     struct ssc_command_buf *out, int64_t deadline);
    /* Purchase: terminal number first (goes to the card), then MAC1 with the terminal's transaction number,
     * later MAC2. The provider is locked from ..._mac1 to purchase_end; ..._check answers 0, SSC_E_BAD_MAC,
     * or SSC_E_AUTH_NOT_BEGUN when its session was lost meanwhile. */
    int (*terminal)(struct ssc_auth *a, uint8_t number[6], int64_t deadline);
    int (*medical_mac1)(struct ssc_auth *a, const struct ssc_card_info *card, struct ssc_medical_purchase *p,
                        int64_t deadline);
    int (*purse_mac1)(struct ssc_auth *a, const struct ssc_card_info *card, struct ssc_purse_purchase *p,
                      int64_t deadline);
    /* session: what *_session returned at the time of MAC1; lets recovery ask "is it still the same
     * session?". */
    int (*check_mac2)(struct ssc_auth *a, uint64_t session, const uint8_t mac2[4], int64_t deadline);
    uint64_t (*session)(struct ssc_auth *a);
    void (*purchase_end)(struct ssc_auth *a);
    /* The host's side of a load: checks MAC1, makes MAC2. Key files only. */
    int (*medical_load_mac2)(struct ssc_auth *a, const struct ssc_card_info *card,
                             struct ssc_medical_load *l);
    int (*purse_load_mac2)(struct ssc_auth *a, const struct ssc_card_info *card, struct ssc_purse_online *p);
    void (*free)(struct ssc_auth *a);
};
struct ssc_auth {
    const struct ssc_auth_ops *ops;
    bool test_keys;
};

struct ssc_psam_info {
    char reader[SSC_READER_NAME_MAX];
    char serial[21];                   /* digits */
    char terminal[13];                 /* terminal number, digits or hexadecimal */
    bool alg_3des, alg_ssf33, alg_sm4; /* environments that answered SELECT */
    bool purse;                        /* PBOC purchase application present */
};
/* PSAM over its own channel, which it takes (closed by ssc_auth_free). Thread-safe: calls of several cards'
 * workers are serialised inside with the caller's deadline. SSC_E_NO_PSAM: the card in the slot is not a
 * PSAM. */
int ssc_auth_psam_take(struct ssc_channel **ch, const struct ssc_profile *profile, struct ssc_auth **out,
                       int64_t deadline);
/* NULL when the provider is not a PSAM. */
const struct ssc_psam_info *ssc_auth_psam_info(const struct ssc_auth *a);

/* Key file: JSON, docs/key-file.md: {"format":1, "test":true, "algorithm roots per key name",
 * "terminal":"410100813475", "state":"file with the terminal transaction number"}. SSC_E_TEST_KEYS_REFUSED
 * unless allow_test_keys; files readable by others than their owner are refused (SSC_E_PERMISSION_DENIED). */
int ssc_auth_key_file_new(const char *path, bool allow_test_keys, struct ssc_auth **out, char why[200]);
void ssc_auth_free(struct ssc_auth **a);

/* Runs EXTERNAL AUTHENTICATE for `key` in its application (challenge, provider, card), unless already done.
 */
int ssc_auth_open_key(struct ssc_card *card, struct ssc_auth *a, enum ssc_key_id key, int64_t deadline);

/* HSM two-step for one key: two challenges (original, factor), later the back office's 8 bytes. */
struct ssc_auth_remote {
    enum ssc_key_id key;
    uint8_t factor[8], original[8];
};
int ssc_auth_remote_begin(struct ssc_card *card, enum ssc_key_id key, struct ssc_auth_remote *remote,
                          int64_t deadline);
int ssc_auth_remote_complete(struct ssc_card *card, const struct ssc_auth_remote *remote,
                             const uint8_t auth[8], int64_t deadline);

#endif
