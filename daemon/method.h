/* SPDX-License-Identifier: Apache-2.0 */
/* The table of methods: who may call, what they take, what they do. Validation, rpc.discover and docs/api.md
 * (daemon/pages.h) are made from it (methods.def). */
#ifndef SSC_DAEMON_METHOD_H
#define SSC_DAEMON_METHOD_H

#include "daemon/roles.h"

#include <jansson.h>
#include <stdint.h>

struct ssc_call;

#define SSC_MEDIUM_CHOICES "contact|contactless|contact_first|contactless_first"

enum ssc_param_type {
    SSC_P_TEXT,   /* min..max bytes */
    SSC_P_DIGITS, /* min..max decimal digits, as text */
    SSC_P_HEX,    /* min..max bytes, as hexadecimal text */
    SSC_P_INT,    /* min..max */
    SSC_P_AMOUNT, /* fen, 0 .. 4294967295 */
    SSC_P_BOOL,
    SSC_P_CHOICE, /* one of `choices`, separated by | */
    SSC_P_OP,     /* idempotency key: 16..64 of A-Z a-z 0-9 . _ : - */
    SSC_P_TEXTS,  /* list of at most max texts */
    SSC_P_PIN,    /* {"entry":"pinpad"} or {"secret":DIGITS} */
    SSC_P_ID,     /* number or text: the id of another call */
    SSC_P_EXPECT, /* {"card_id":HEX16, "card_number":TEXT}, at least one */
};

struct ssc_param {
    const char *name; /* NULL ends the list */
    enum ssc_param_type type;
    bool required;
    int64_t min, max;
    const char *choices;
    const char *help;
};

enum ssc_method_flags {
    SSC_M_CARD = 1u << 0,   /* runs on a reader's worker, with a card */
    SSC_M_STORE = 1u << 1,  /* runs beside the journal */
    SSC_M_LEASE = 1u << 2,  /* `lease` is required */
    SSC_M_OP = 1u << 3,     /* writes to a card: `op` is required, a repeat answers what happened */
    SSC_M_KEEP = 1u << 4,   /* success keeps the lease; {lease, expires} join the result */
    SSC_M_END = 1u << 5,    /* a lease that a KEEP method took by itself ends when nothing is left to be
                               completed under it, be it done or failed */
    SSC_M_PIN = 1u << 6,    /* takes `pin`, verified first */
    SSC_M_SIM = 1u << 7,    /* only with simulated readers */
    SSC_M_READER = 1u << 8, /* `reader` names any listed reader */
    SSC_M_SAM = 1u << 10,   /* an administrator may name the slot of a PSAM */
    SSC_M_DIGEST = 1u << 9, /* the op's outcome is kept in the table of writes, not as a transaction */
};

/* What a handler on the loop returns when the answer comes later, or the work goes on elsewhere. */
enum { SSC_PENDING = 1, SSC_GO_CARD = 2, SSC_GO_STORE = 3 };

struct ssc_method {
    const char *name;
    enum ssc_role role;
    unsigned flags;
    int (*now)(struct ssc_call *call);  /* loop; NULL: straight to work */
    int (*work)(struct ssc_call *call); /* worker thread */
    const struct ssc_param *params;
    const char *help, *result;
};

const struct ssc_method *ssc_methods(size_t *count);
const struct ssc_method *ssc_method_by_name(const char *name);
/* Params that flags add to every such method; the nth, NULL behind the last. */
const struct ssc_param *ssc_method_common(unsigned flags, size_t n);

/* Why a call failed, beyond its error: a sentence in two languages, "" where there is nothing to add. Never a
 * secret. */
struct ssc_detail {
    char en[200], zh[300];
};
/* Both at once; the formats take the same arguments in the same order. */
void ssc_detail_set(struct ssc_detail *detail, const char *en, const char *zh, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));

/* SSC_E_INVALID_PARAMS or SSC_E_OP_REQUIRED, the member and the reason in why; unknown members are passed
 * over. */
int ssc_params_check(const struct ssc_method *m, const json_t *params, struct ssc_detail *why);

/* The table as OpenRPC 1.3 (new reference). */
json_t *ssc_describe_openrpc(void);

#endif
