/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the key file provider: key_file.c (what it computes), key_file_load.c (the file and its state).
 */
#ifndef SSC_MIDDLEWARE_AUTH_KEY_FILE_H
#define SSC_MIDDLEWARE_AUTH_KEY_FILE_H

#include "middleware/auth/auth_private.h"
#include "middleware/auth/gate.h"

#define SSC_KEY_FILE_ROOTS 160u

struct ssc_key_file_root {
    char name[16]; /* "IRK", "MPK", "*" for every key without a root of its own */
    struct ssc_key key;
};

struct ssc_key_file {
    struct ssc_auth base;
    struct ssc_gate gate;
    struct ssc_key_file_root roots[SSC_KEY_FILE_ROOTS];
    size_t root_count;
    uint8_t terminal[6];
    bool has_terminal;
    unsigned purse_levels;
    char *state_path; /* terminal transaction number; NULL: no purchases */
    _Atomic uint64_t session;
    bool pending; /* MAC2 of `session` is awaited */
    uint8_t mac2[4];
};

extern const struct ssc_auth_ops ssc_key_file_ops;

/* Root of a key; NULL when the file has none. */
const struct ssc_key *ssc_key_file_root(const struct ssc_key_file *f, enum ssc_algorithm alg,
                                        const char *name);
/* The next terminal transaction number; durable before it is handed out, so that none is ever used twice.
 * SSC_E_NOT_SUPPORTED: the file names no state; SSC_E_IO, SSC_E_COUNTER_EXHAUSTED. */
int ssc_key_file_next(struct ssc_key_file *f, uint8_t seq[4]);

#endif
