/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of money share: rigs, requests, and the question that ends every test. */
#ifndef SSC_TESTS_MONEY_FIXTURE_H
#define SSC_TESTS_MONEY_FIXTURE_H

#include "middleware/journal_rows.h"
#include "tests/rig/rig.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define OP1 "op-0000000000000001"
#define OP2 "op-0000000000000002"
#define OP3 "op-0000000000000003"

static inline int new_rig(void **state, const char *card)
{
    struct rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    int rc = rig_new(r, card, "psam");
    if (rc) {
        print_error("rig: %d %s\n", rc, r->why);
    }
    *state = r;
    return rc;
}
static inline int setup_ssc(void **state)
{
    return new_rig(state, "ssc-2.0");
}
static inline int setup_sm4(void **state)
{
    return new_rig(state, "ssc-3.0");
}
static inline int setup_pboc(void **state)
{
    return new_rig(state, "pboc");
}
static inline int setup_pboc_sm4(void **state)
{
    return new_rig(state, "pboc-sm4");
}
static inline int teardown(void **state)
{
    struct rig *r = *state;
    assert_false(r->card.repeated);
    rig_free(r);
    free(r);
    return 0;
}

static inline int debit(struct rig *r, enum ssc_purse_id purse, const char *op, int64_t amount,
                        struct ssc_txn *t)
{
    struct ssc_debit_request req;
    rig_request(&req, purse, op, amount);
    return ssc_money_debit(r->journal, r->session, r->auth, &req, t, r->deadline);
}

/* The journal's sum of confirmed rows is what the card has lost or won since `before`. */
static inline void agree(struct rig *r, enum ssc_purse_id purse, int64_t before)
{
    struct ssc_txn rows[16];
    struct ssc_txn_filter all = {.owner_uid = -1};
    size_t count = 16;
    assert_int_equal(ssc_journal_list(r->journal, &all, rows, &count), 0);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].state == SSC_TXN_CONFIRMED && rows[i].purse == purse) {
            before += rows[i].kind == SSC_KIND_LOAD ? rows[i].amount : -rows[i].amount;
        }
    }
    assert_int_equal(rig_truth(r, purse, SSC_KIND_DEBIT).balance, before);
}

static inline enum ssc_purse_id first_purse(const struct rig *r)
{
    return r->card.card->kind == SIM_SSC ? SSC_PURSE_MEDICAL : SSC_PURSE_EP;
}

static inline int load(struct rig *r, enum ssc_purse_id purse, const char *op, int64_t amount,
                       struct ssc_txn *t)
{
    static const uint8_t terminal[6] = {0x41, 0x01, 0x00, 0x81, 0x34, 0x75},
                         time[7] = {0x20, 0x26, 1, 2, 3, 4, 5};
    struct ssc_debit_request req;
    uint8_t mac2[4];
    rig_request(&req, purse, op, amount);
    int rc = ssc_money_load_begin(r->journal, r->session, r->auth, &req, terminal, t, r->deadline);
    if (!rc && t->state == SSC_TXN_PREPARED) {
        assert_int_equal(rig_host_mac2(r, t, time, mac2), 0);
        rc = ssc_money_load_complete(r->journal, r->session, t, time, mac2, r->deadline);
    }
    return rc;
}

#define ON(kind, name)                                                                                       \
    {                                                                                                        \
#name " (" #kind ")", name, setup_##kind, teardown, NULL                                             \
    }
#define BOTH(name) ON(ssc, name), ON(pboc, name)

#endif
