/* SPDX-License-Identifier: Apache-2.0 */
/* Test keys in a file: everything that a PSAM or a back office computes, without either. Format:
 * docs/key-file.md. */
#include "middleware/auth/key_file.h"

#include <stdlib.h>
#include <string.h>

static struct ssc_key_file *of(struct ssc_auth *a)
{
    return (struct ssc_key_file *)a;
}

const struct ssc_key *ssc_key_file_root(const struct ssc_key_file *f, enum ssc_algorithm alg,
                                        const char *name)
{
    const struct ssc_key *found = NULL;

    for (size_t i = 0; i < f->root_count; i++) {
        const struct ssc_key_file_root *r = &f->roots[i];
        if (r->key.alg != alg) {
            continue;
        }
        if (strcmp(r->name, name) == 0) {
            found = &r->key;
            break;
        }
        if (strcmp(r->name, "*") == 0) {
            found = &r->key;
        }
    }
    return found;
}

static int diversify(const struct ssc_key *root, const uint8_t (*factors)[8], unsigned count,
                     struct ssc_key *out)
{
    int rc = 0;

    *out = *root;
    for (unsigned i = count; rc == 0 && i > 0; i--) { /* the last factor belongs to the highest level */
        struct ssc_key next;
        rc = ssc_diversify(out, factors[i - 1], &next);
        *out = next;
        ssc_cleanse(&next, sizeof next);
    }
    return rc;
}

/* The card's own key. Maintenance keys of DES cards have eight bytes on every level: the left half of the
 * root. */
static int card_key(const struct ssc_key_file *f, const struct ssc_card_info *card, enum ssc_key_id id,
                    struct ssc_key *out)
{
    const struct ssc_key_info *k = ssc_key_info(id);
    const struct ssc_key *found = k ? ssc_key_file_root(f, card->algorithm, k->name) : NULL;
    struct ssc_key root = {.alg = SSC_ALG_NONE};
    uint8_t factors[3][8];
    int rc = found ? ssc_auth_factors(card, factors) : SSC_E_PSAM_KEY_MISSING;

    if (rc == 0) {
        root = *found;
        if (root.alg == SSC_ALG_3DES && k->len_des < root.len) {
            root.len = k->len_des;
        }
        rc = diversify(&root, (const uint8_t(*)[8])factors, 3, out);
    }
    ssc_cleanse(&root, sizeof root);
    return rc;
}

static int purse_key(const struct ssc_key_file *f, const struct ssc_card_info *card,
                     enum ssc_algorithm algorithm, const char *name, struct ssc_key *out)
{
    const struct ssc_key *root = ssc_key_file_root(f, algorithm, name);
    uint8_t factors[2][8];
    int rc = root ? ssc_auth_purse_factors(card, f->purse_levels, true, factors) : SSC_E_PSAM_KEY_MISSING;

    if (rc == 0) {
        rc = diversify(root, (const uint8_t(*)[8])factors, f->purse_levels, out);
    }
    return rc;
}

/* ---- authentication ---- */

static int authentication_data(const struct ssc_key_file *f, const struct ssc_card_info *card,
                               enum ssc_key_id id, const uint8_t factor[8], const uint8_t original[8],
                               uint8_t out[8])
{
    struct ssc_key key, session;
    int rc = card_key(f, card, id, &key);

    if (rc == 0) {
        rc = ssc_session_key(&key, factor, 8, &session);
    }
    if (rc == 0) {
        rc = ssc_auth_data(&session, original, out);
    }
    ssc_cleanse(&key, sizeof key);
    ssc_cleanse(&session, sizeof session);
    return rc;
}

static int internal(struct ssc_auth *a, const struct ssc_card_info *card, const uint8_t factor[8],
                    const uint8_t original[8], uint8_t expected[8], int64_t deadline)
{
    (void)deadline;
    return authentication_data(of(a), card, SSC_KEY_IRK, factor, original, expected);
}

static int external(struct ssc_auth *a, const struct ssc_card_info *card, enum ssc_key_id key,
                    const uint8_t challenge[8], struct ssc_external_auth *out, int64_t deadline)
{
    int rc = ssc_random(out->original, sizeof out->original);

    (void)deadline;
    out->version = -1;
    if (rc == 0) {
        rc = authentication_data(of(a), card, key, challenge, out->original, out->auth);
    }
    return rc;
}

static int pin_command(struct ssc_auth *a, const struct ssc_card_info *card, const uint8_t challenge[8],
                       const uint8_t *pin, size_t pin_len, struct ssc_command_buf *out, int64_t deadline)
{
    struct ssc_key stk;
    int rc = card_key(of(a), card, SSC_KEY_STKSSSE, &stk);

    (void)deadline;
    if (rc == 0) {
        rc = pin_len > 0 ? ssc_cmd_reload_pin(out, &stk, challenge, pin, pin_len)
                         : ssc_cmd_unblock_pin(out, &stk, challenge);
    }
    ssc_cleanse(&stk, sizeof stk);
    return rc;
}

static int purse_pin(struct ssc_auth *a, const struct ssc_card_info *card, const struct ssc_purse_pin *p,
                     struct ssc_command_buf *out, int64_t deadline)
{
    struct ssc_key key;
    int rc = purse_key(of(a), card, p->algorithm, p->unblock ? "MPUK" : "MRPK", &key);

    (void)deadline;
    if (rc == 0) {
        rc = p->unblock ? ssc_cmd_purse_unblock_pin(out, p->p1p2, &key, p->challenge, SSC_PURSE_CHALLENGE,
                                                    p->pin, p->pin_len)
                        : ssc_cmd_purse_reload_pin(out, (uint8_t)(p->p1p2 & 0xFF), &key, p->pin, p->pin_len);
    }
    ssc_cleanse(&key, sizeof key);
    return rc;
}

/* ---- purchase ---- */

static int terminal(struct ssc_auth *a, uint8_t number[6], int64_t deadline)
{
    const struct ssc_key_file *f = of(a);

    (void)deadline;
    memcpy(number, f->terminal, sizeof f->terminal);
    return f->has_terminal ? 0 : SSC_E_NO_PSAM;
}

static int medical(struct ssc_key_file *f, const struct ssc_card_info *card, struct ssc_medical_purchase *p)
{
    struct ssc_key dpk, session;
    int rc = card_key(f, card, SSC_KEY_DPK, &dpk);

    if (rc == 0) {
        rc = ssc_key_file_next(f, p->terminal_seq);
    }
    if (rc == 0) {
        rc = ssc_medical_purchase_session(&dpk, p, &session);
    }
    if (rc == 0) {
        rc = ssc_medical_purchase_mac1(&session, p, p->mac1);
    }
    if (rc == 0) {
        rc = ssc_medical_purchase_mac2(&session, p, f->mac2);
    }
    f->pending = rc == 0;
    ssc_cleanse(&dpk, sizeof dpk);
    ssc_cleanse(&session, sizeof session);
    return rc;
}

static int purse(struct ssc_key_file *f, const struct ssc_card_info *card, struct ssc_purse_purchase *p)
{
    struct ssc_key dpk, session;
    int rc = purse_key(f, card, ssc_auth_purse_algorithm(p->algorithm), "MPK", &dpk);

    if (rc == 0) {
        rc = ssc_key_file_next(f, p->terminal_seq);
    }
    if (rc == 0) {
        rc = ssc_purse_purchase_session(&dpk, p, &session);
    }
    if (rc == 0) {
        rc = ssc_purse_purchase_mac1(&session, p, p->mac1);
    }
    if (rc == 0) {
        rc = ssc_purse_purchase_mac2(&session, p, f->mac2);
    }
    f->pending = rc == 0;
    ssc_cleanse(&dpk, sizeof dpk);
    ssc_cleanse(&session, sizeof session);
    return rc;
}

static int medical_mac1(struct ssc_auth *a, const struct ssc_card_info *card, struct ssc_medical_purchase *p,
                        int64_t deadline)
{
    struct ssc_key_file *f = of(a);
    int rc = ssc_gate_enter(&f->gate, deadline);

    if (rc == 0) {
        f->session++;
        rc = medical(f, card, p);
        if (rc == 0) {
            ssc_gate_hold(&f->gate);
        }
        ssc_gate_leave(&f->gate);
    }
    return rc;
}

static int purse_mac1(struct ssc_auth *a, const struct ssc_card_info *card, struct ssc_purse_purchase *p,
                      int64_t deadline)
{
    struct ssc_key_file *f = of(a);
    int rc = ssc_gate_enter(&f->gate, deadline);

    if (rc == 0) {
        f->session++;
        rc = purse(f, card, p);
        if (rc == 0) {
            ssc_gate_hold(&f->gate);
        }
        ssc_gate_leave(&f->gate);
    }
    return rc;
}

static int check_mac2(struct ssc_auth *a, uint64_t session, const uint8_t mac2[4], int64_t deadline)
{
    struct ssc_key_file *f = of(a);
    int rc = ssc_gate_enter(&f->gate, deadline);

    if (rc == 0) {
        if (session != f->session || !f->pending) {
            rc = SSC_E_AUTH_NOT_BEGUN;
        } else if (!ssc_mac_equal(mac2, f->mac2, sizeof f->mac2)) {
            rc = SSC_E_BAD_MAC;
        } else {
            f->pending = false;
        }
        ssc_gate_leave(&f->gate);
    }
    return rc;
}

static uint64_t session_of(struct ssc_auth *a)
{
    return of(a)->session;
}

static void purchase_end(struct ssc_auth *a)
{
    ssc_gate_release(&of(a)->gate);
}

/* ---- the host's side of a load ---- */

static int medical_load_mac2(struct ssc_auth *a, const struct ssc_card_info *card, struct ssc_medical_load *l)
{
    struct ssc_key dlk, session;
    uint8_t mac1[4];
    int rc = card_key(of(a), card, SSC_KEY_DLK, &dlk);

    if (rc == 0) {
        rc = ssc_medical_load_session(&dlk, l, &session);
    }
    if (rc == 0) {
        rc = ssc_medical_load_mac1(&session, l, mac1);
    }
    if (rc == 0 && !ssc_mac_equal(mac1, l->mac1, sizeof mac1)) {
        rc = SSC_E_BAD_MAC;
    }
    if (rc == 0) {
        rc = ssc_medical_load_mac2(&session, l, l->mac2);
    }
    ssc_cleanse(&dlk, sizeof dlk);
    ssc_cleanse(&session, sizeof session);
    return rc;
}

static int purse_load_mac2(struct ssc_auth *a, const struct ssc_card_info *card, struct ssc_purse_online *p)
{
    struct ssc_key dlk, session;
    uint8_t mac1[4];
    int rc = purse_key(of(a), card, ssc_auth_purse_algorithm(p->algorithm), "MLK", &dlk);

    if (rc == 0) {
        rc = ssc_purse_online_session(&dlk, p, &session);
    }
    if (rc == 0) {
        rc = ssc_purse_online_mac1(&session, p, mac1);
    }
    if (rc == 0 && !ssc_mac_equal(mac1, p->mac1, sizeof mac1)) {
        rc = SSC_E_BAD_MAC;
    }
    if (rc == 0) {
        rc = ssc_purse_online_mac2(&session, p, p->mac2);
    }
    ssc_cleanse(&dlk, sizeof dlk);
    ssc_cleanse(&session, sizeof session);
    return rc;
}

static void key_file_free(struct ssc_auth *a)
{
    struct ssc_key_file *f = of(a);

    ssc_gate_destroy(&f->gate);
    free(f->state_path);
    ssc_cleanse(f, sizeof *f);
    free(f);
}

const struct ssc_auth_ops ssc_key_file_ops = {
    .name = "key-file",
    .internal = internal,
    .external = external,
    .pin_command = pin_command,
    .purse_pin = purse_pin,
    .terminal = terminal,
    .medical_mac1 = medical_mac1,
    .purse_mac1 = purse_mac1,
    .check_mac2 = check_mac2,
    .session = session_of,
    .purchase_end = purchase_end,
    .medical_load_mac2 = medical_load_mac2,
    .purse_load_mac2 = purse_load_mac2,
    .free = key_file_free,
};
