/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by direct*.c only. */
#ifndef SSC_TOOLS_DIRECT_PRIVATE_H
#define SSC_TOOLS_DIRECT_PRIVATE_H

#include "middleware/auth/provider.h"
#include "middleware/card.h"
#include "middleware/trace.h"
#include "tools/direct.h"

#define DIRECT_WAY_DETAIL 200

struct direct {
    struct ssc_driver *driver;
    struct ssc_profile profile;
    const char *key_file;
    struct ssc_auth *auth;
    bool auth_looked_for;
    /* the card in use */
    struct ssc_channel *channel;
    struct ssc_card *card;
    bool held; /* between card.acquire and card.release; else every call takes the card anew, as in the
                  service */
    struct ssc_trace *trace;
    bool traced, unredacted;
    void (*trace_line)(void *ctx, const char *text);
    void *trace_ctx;
    /* the last failure */
    char detail[DIRECT_WAY_DETAIL];
    int tries;    /* -1: not told */
    int cla, ins; /* of the command that a status word answers */
    /* events */
    struct ssc_reader_state known[SSC_READERS_MAX];
    size_t known_count;
    uint64_t version;
    json_int_t seq;
    json_t *events; /* found, not handed out yet */
};

/* direct_events.c */
int direct_reader_list(struct direct *d, const json_t *params, json_t **result, int64_t deadline);
int direct_card_wait(struct direct *d, const json_t *params, json_t **result, int64_t deadline);
int direct_subscribe(struct direct *d, const json_t *params, json_t **result, int64_t deadline);
/* The reader that params name, or the only one with a card. */
int direct_pick(struct direct *d, const json_t *params, struct ssc_reader_state *out, int64_t deadline);

/* direct_card.c */
int direct_acquire(struct direct *d, const json_t *params, json_t **result, int64_t deadline);
int direct_release(struct direct *d, const json_t *params, json_t **result, int64_t deadline);
int direct_psam(struct direct *d, const json_t *params, json_t **result, int64_t deadline);
int direct_info(struct direct *d, const json_t *params, json_t **result, int64_t deadline);
int direct_identity(struct direct *d, const json_t *params, json_t **result, int64_t deadline);
int direct_read(struct direct *d, const json_t *params, json_t **result, int64_t deadline);
int direct_balance(struct direct *d, const json_t *params, json_t **result, int64_t deadline);
int direct_log(struct direct *d, const json_t *params, json_t **result, int64_t deadline);
int direct_transmit(struct direct *d, const json_t *params, json_t **result, int64_t deadline);
void direct_drop_card(struct direct *d);

#endif
