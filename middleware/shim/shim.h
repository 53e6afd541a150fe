/* SPDX-License-Identifier: Apache-2.0 */
/* The way into every function of the national library, for the libraries that export them. */
#ifndef SSC_SHIM_SHIM_H
#define SSC_SHIM_SHIM_H

#include "apdu/ssc_files.h"
#include "middleware/shim/session.h"

enum ssc_shim_function {
#define SSC_SHIM_FUNCTION(NAME, size, FLOW, step, needs, run) SSC_SHIM_##NAME,
#include "middleware/shim/functions.def"
#undef SSC_SHIM_FUNCTION
    SSC_SHIM_FUNCTIONS
};

/* The caller's arguments as they came: any pointer may be NULL, any text hostile. */
struct ssc_shim_args {
    int type, auth;
    const char *card_info, *file_addr, *write_data, *pay_info, *key;
};

/* Runs it. `cap`: bytes of pOutInfo; 0: the documented size. 0 or the national code, which fits 32 bits;
 * pOutInfo then holds its text, of at most 255 bytes. */
long ssc_shim_run(enum ssc_shim_function function, const struct ssc_shim_args *args, char *out, size_t cap);

/* ---- inside this room ---- */

enum ssc_shim_flow {
    SSC_SHIM_NOTHING,
    SSC_SHIM_IDENTITY,
    SSC_SHIM_READ,
    SSC_SHIM_WRITE,
    SSC_SHIM_PIN,
    SSC_SHIM_RELOAD,
    SSC_SHIM_UNBLOCK,
    SSC_SHIM_DEBIT,
    SSC_SHIM_RECORD,
};

/* The arguments after the parsers; the file address is in the session, where the second step finds it. */
struct ssc_shim_in {
    int type, auth;
    struct ssc_shim_card card;
    struct ssc_shim_values values;
    struct ssc_shim_pay pay;
    char *data; /* what values points into; UTF-8 */
    char *key;
};

/* What the functions do; each 0 or the national code with its text. */
#define SSC_SHIM_FUNCTION(NAME, size, FLOW, step, needs, run)                                                \
    int ssc_shim_##run(struct ssc_shim *s, const struct ssc_shim_in *in, struct ssc_shim_out *out);
#include "middleware/shim/functions.def"
#undef SSC_SHIM_FUNCTION

/* What the tables say of a file, of version 2.00 or else 1.00; NULL: a local file. */
const struct ssc_file *ssc_shim_file_table(const char *name);
/* Idempotency keys of calls that have none of their own: 128 random bits. SSC_E_CRYPTO's code. */
int ssc_shim_fresh_op(struct ssc_shim *s, char op[65]);
/* Takes the card of iType, for as long as all this may take: every step itself, the holder typing so many
 * answers, the back office so many. card (may be NULL): the one that it has to be. */
int ssc_shim_hold(struct ssc_shim *s, const struct ssc_shim_in *in, const struct ssc_shim_card *card,
                  int typed, int remote);
/* First half of a key's authentication; more: members for card.authenticate.begin. The line is added. */
int ssc_shim_key_begin(struct ssc_shim *s, json_t *more, struct ssc_shim_out *out);
/* Second half: pKey holds auth16+original16. */
int ssc_shim_key_complete(struct ssc_shim *s, const char *key);

#endif
