/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one thread of the calling program has with the service: nothing, but while a call runs and between the
 * steps of a two-step. Then it is one connection, and a lease that the service takes back by itself when the
 * connection closes, when its time is over, or when the program dies. A forked child begins with nothing.
 *
 * Functions that return int return 0 or the national code, and have then set the Chinese text of it.
 */
#ifndef SSC_SHIM_SESSION_H
#define SSC_SHIM_SESSION_H

#include "middleware/client/sscard.h"
#include "middleware/shim/args.h"
#include "middleware/shim/config.h"

#include <jansson.h>
#include <sys/types.h>

/* What to do when the hold of a two-step call is over. */
#define SSC_SHIM_BEGIN_AGAIN "请从第一步重新开始"

struct ssc_shim {
    pid_t pid;
    struct ssc_shim_config config;
    bool configured;       /* it could be read */
    struct sscard *client; /* NULL: not connected */
    char lease[64];        /* "": none */
    char card[32];         /* the handle of the card that the lease holds */
    int64_t deadline;      /* of the running call */
    bool pin_verified;     /* under this lease */
    /* the last failure */
    char symbol[48]; /* of the error table; "": none */
    char text[512];  /* Chinese, UTF-8 */
    /* between the steps: which function, how far, and what the first step was told */
    int flow, step;
    int64_t until; /* when the next step has to have come */
    struct ssc_shim_addr addr;
    char original[2][17]; /* what the back office has to give back */
    char op[65];
    size_t command_digits; /* of the command that the last step sends */
};

/* This thread's; made at its first call, freed when the thread ends. With a configuration that cannot be used
 * *rc is its code and the text is set. NULL: no memory. */
struct ssc_shim *ssc_shim_session(int *rc);
/* Closes the connection, and with it ends the lease and the two-step. */
void ssc_shim_drop(struct ssc_shim *s);

/* With `steps = process` a two-step belongs to whichever thread calls next. At most one rests between the
 * calls of a process; it moves, and is never used by two threads. With `steps = thread` both do nothing. */
/* Puts what the thread has begun where the next thread finds it. SSC_E_OP_BUSY's code: another one
 * rests there already. */
int ssc_shim_rest(struct ssc_shim *s);
/* Takes what rests there, in place of what the thread had. */
void ssc_shim_resume(struct ssc_shim *s);

/* Fails with a row of the error table. `more` (may be NULL) goes behind its text. Returns the national code.
 */
int ssc_shim_fail(struct ssc_shim *s, int code, const char *more);
/* The same with a text of its own in place of the table's. */
int ssc_shim_fail_text(struct ssc_shim *s, int code, const char *text);
/* Fails with a status word, for what a card would have refused. */
int ssc_shim_refused(struct ssc_shim *s, uint16_t sw);
/* One call of the service. Takes `params` (NULL: there was no memory for them) and adds the lease. `secret`:
 * more members as JSON text ("\"secret\":\"123456\""), for what must not stand in memory longer than needed;
 * NULL: none. *result (may be NULL) is a new reference. A failure's symbol and text are set. */
int ssc_shim_call(struct ssc_shim *s, const char *method, json_t *params, const char *secret, json_t **result,
                  int64_t deadline);
/* Takes the card that iType (1 to 4) means for hold_ms. card (may be NULL): the one that it has to be. */
int ssc_shim_acquire(struct ssc_shim *s, int type, const struct ssc_shim_card *card, int64_t hold_ms);
/* "contact" for 1 ..; NULL for what is no iType. */
const char *ssc_shim_medium(int type);
/* Members that choose the card: the configured reader, and the medium. */
json_t *ssc_shim_which(const struct ssc_shim *s, int type);

#endif
