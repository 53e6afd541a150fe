/* SPDX-License-Identifier: Apache-2.0 */
/* The members of an image that change while the card is used: purses, proof, blocking, the PSAM's number.
 * Reading and writing stand side by side, so that what one writes the other reads. */
#include "drivers/sim/card.h"

#include <stdio.h>
#include <string.h>

static const char *const BLOCKED[] = {"no", "temporary", "permanent", "card"};
static const char *const WALLETS[] = {"ed", "ep"};

/* ---- load ---- */

static int load_proof(struct sim_loader *l, const json_t *purse)
{
    static const char *const NAMES[] = {"type", "counter", "mac", "tac", NULL};
    struct sim_proof *p = &l->c->nv.proof;
    const json_t *o = json_object_get(purse, "proof");
    uint64_t counter = 0;
    int rc = sim_members_known(l, o, "proof", NAMES);
    rc = rc == 0 ? sim_hex_member(l, o, "type", &p->type, 1) : rc;
    rc = rc == 0 ? sim_uint_member(l, o, "counter", UINT16_MAX, &counter) : rc;
    rc = rc == 0 ? sim_hex_member(l, o, "mac", p->mac, sizeof p->mac) : rc;
    rc = rc == 0 ? sim_hex_member(l, o, "tac", p->tac, sizeof p->tac) : rc;
    p->counter = (uint16_t)counter;
    return rc;
}

static int load_medical(struct sim_loader *l, const json_t *o)
{
    static const char *const NAMES[] = {"balance",  "year_self_pay", "year_pooled", "year", "starting_day",
                                        "load_seq", "purchase_seq",  "proof",       NULL};
    struct sim_medical *m = &l->c->nv.medical;
    uint64_t balance = 0, self_pay = 0, pooled = 0, load = 0, purchase = 0;
    int rc = sim_members_known(l, o, "purse", NAMES);
    m->year[0] = 0x20;
    m->starting_day[0] = m->starting_day[1] = 0x01;
    rc = rc == 0 ? sim_uint_member(l, o, "balance", UINT32_MAX, &balance) : rc;
    rc = rc == 0 ? sim_uint_member(l, o, "year_self_pay", UINT32_MAX, &self_pay) : rc;
    rc = rc == 0 ? sim_uint_member(l, o, "year_pooled", UINT32_MAX, &pooled) : rc;
    rc = rc == 0 ? sim_uint_member(l, o, "load_seq", UINT16_MAX, &load) : rc;
    rc = rc == 0 ? sim_uint_member(l, o, "purchase_seq", UINT16_MAX, &purchase) : rc;
    rc = rc == 0 ? sim_hex_member(l, o, "year", m->year, 2) : rc;
    rc = rc == 0 ? sim_hex_member(l, o, "starting_day", m->starting_day, 2) : rc;
    if (rc == 0 && (!sim_bcd(m->year, 2) || !sim_bcd(m->starting_day, 2))) {
        rc = sim_bad(l, "purse: \"year\" is YYYY, \"starting_day\" is MMDD");
    }
    m->balance = (uint32_t)balance;
    m->year_self_pay = (uint32_t)self_pay;
    m->year_pooled = (uint32_t)pooled;
    m->load_seq = (uint16_t)load;
    m->purchase_seq = (uint16_t)purchase;
    return rc == 0 ? load_proof(l, o) : rc;
}

static int load_wallet(struct sim_loader *l, const json_t *purse, int i)
{
    static const char *const NAMES[] = {"balance", "overdraft", "online", "offline", NULL};
    struct sim_wallet *w = &l->c->nv.wallet[i];
    const json_t *o = json_object_get(purse, WALLETS[i]);
    uint64_t balance = 0, overdraft = 0, online = 0, offline = 0;
    int rc = sim_members_known(l, o, WALLETS[i], NAMES);
    rc = rc == 0 ? sim_uint_member(l, o, "balance", UINT32_MAX, &balance) : rc;
    rc = rc == 0 ? sim_uint_member(l, o, "overdraft", 0xFFFFFF, &overdraft) : rc;
    rc = rc == 0 ? sim_uint_member(l, o, "online", UINT16_MAX, &online) : rc;
    rc = rc == 0 ? sim_uint_member(l, o, "offline", UINT16_MAX, &offline) : rc;
    *w = (struct sim_wallet){.present = o,
                             .balance = (uint32_t)balance,
                             .overdraft = (uint32_t)overdraft,
                             .online = (uint16_t)online,
                             .offline = (uint16_t)offline};
    return rc;
}

static int load_pboc(struct sim_loader *l, const json_t *o)
{
    static const char *const NAMES[] = {"ed", "ep", "proof", NULL};
    int rc = sim_members_known(l, o, "purse", NAMES);
    rc = rc == 0 ? load_wallet(l, o, 0) : rc;
    rc = rc == 0 ? load_wallet(l, o, 1) : rc;
    return rc == 0 ? load_proof(l, o) : rc;
}

/* Everything a terminal reads from a PSAM's files comes from a few members. */
static void fill_psam_files(struct ssc_sim_card *c, const uint8_t serial[10], bool own_info)
{
    for (size_t i = 0; i < c->ef_count; i++) {
        uint8_t *at = c->nv.pool + c->ef[i].offset;
        if (c->ef[i].fid == 0x0016) {
            memcpy(at, c->terminal, sizeof c->terminal);
        } else if (c->ef[i].fid == 0x0015 && !own_info && c->ef[i].size >= 14) {
            at[0] = 0x01;
            memcpy(at + 1, serial, 10);
            at[11] = 0x01;
        } else if (c->ef[i].fid >= 0x001A && c->ef[i].fid <= 0x001C && at[0] == 0) {
            memcpy(at, "\x01\x01\x20\x10\x01\x01\x20\x99\x12\x31", 10); /* key index, version, from, until */
        } else if (c->ef[i].fid == 0x0017 && at[0] == 0) {
            at[0] = 0x01;
        }
    }
    sim_psam_show_number(c);
}

static int load_psam(struct sim_loader *l)
{
    static const char *const NAMES[] = {"tries", "left", NULL};
    struct ssc_sim_card *c = l->c;
    const json_t *mac2 = json_object_get(l->root, "mac2");
    uint8_t serial[10] = {0};
    uint64_t next = 1, tries = c->profile.mac2_tries, left;
    int rc = sim_hex_member(l, l->root, "terminal", c->terminal, sizeof c->terminal);
    rc = rc == 0 ? sim_hex_member(l, l->root, "serial", serial, sizeof serial) : rc;
    rc = rc == 0 ? sim_uint_member(l, l->root, "next", UINT32_MAX, &next) : rc;
    rc = rc == 0 ? sim_members_known(l, mac2, "mac2", NAMES) : rc;
    rc = rc == 0 ? sim_uint_member(l, mac2, "tries", 255, &tries) : rc;
    left = tries;
    rc = rc == 0 ? sim_uint_member(l, mac2, "left", tries, &left) : rc;
    c->profile.mac2_tries = (uint8_t)tries;
    c->nv.psam_next = (uint32_t)next;
    c->nv.mac2_left = (uint8_t)left;
    fill_psam_files(c, serial, json_object_get(json_object_get(l->root, "files"), "EF15"));
    return rc;
}

/* "state": {"SSSE": "card", "DF04": "permanent"}; by index "0".. where applications have no name */
static void df_name(const struct ssc_sim_card *c, size_t i, char name[8])
{
    if (c->kind == SIM_SSC) {
        snprintf(name, 8, "%s", ssc_app_info(c->df[i].app)->name);
    } else {
        snprintf(name, 8, "%04X", c->df[i].fid);
    }
}

static int load_blocked(struct sim_loader *l)
{
    struct ssc_sim_card *c = l->c;
    const json_t *o = json_object_get(l->root, "state");
    const char *key;
    json_t *v;
    int rc = o && !json_is_object(o) ? sim_bad(l, "\"state\" must be an object") : 0;
    json_object_foreach((json_t *)o, key, v)
    {
        bool found = false;
        for (size_t i = 0; i < c->df_count && rc == 0; i++) {
            char name[8];
            df_name(c, i, name);
            for (uint8_t b = SIM_OPEN; b <= SIM_BLOCKED_CARD && strcmp(name, key) == 0; b++) {
                if (json_is_string(v) && strcmp(json_string_value(v), BLOCKED[b]) == 0) {
                    c->nv.blocked[i] = b;
                    found = true;
                }
            }
        }
        rc = rc == 0 && !found ? sim_bad(l, "state: unknown application or state at \"%.20s\"", key) : rc;
    }
    return rc;
}

int sim_load_state(struct sim_loader *l)
{
    const json_t *purse = json_object_get(l->root, "purse");
    int rc = l->c->kind == SIM_PSAM   ? load_psam(l)
             : l->c->kind == SIM_PBOC ? load_pboc(l, purse)
                                      : load_medical(l, purse);
    return rc == 0 ? load_blocked(l) : rc;
}

/* ---- dump ---- */

static json_t *hex(const uint8_t *data, size_t len)
{
    char text[2 * 64 + 1] = "";
    ssc_hex_encode(data, len, text, sizeof text);
    return json_string(text);
}

static json_t *dump_proof(const struct sim_proof *p)
{
    return json_pack("{s:o, s:i, s:o, s:o}", "type", hex(&p->type, 1), "counter", (int)p->counter, "mac",
                     hex(p->mac, 4), "tac", hex(p->tac, 4));
}

static json_t *dump_purse(const struct ssc_sim_card *c)
{
    const struct sim_medical *m = &c->nv.medical;
    json_t *o;
    if (c->kind == SIM_SSC) {
        o = json_pack("{s:I, s:I, s:I, s:o, s:o, s:i, s:i}", "balance", (json_int_t)m->balance,
                      "year_self_pay", (json_int_t)m->year_self_pay, "year_pooled",
                      (json_int_t)m->year_pooled, "year", hex(m->year, 2), "starting_day",
                      hex(m->starting_day, 2), "load_seq", (int)m->load_seq, "purchase_seq",
                      (int)m->purchase_seq);
    } else {
        o = json_object();
        for (int i = 0; i < 2; i++) {
            const struct sim_wallet *w = &c->nv.wallet[i];
            if (w->present) {
                json_object_set_new(o, WALLETS[i],
                                    json_pack("{s:I, s:I, s:i, s:i}", "balance", (json_int_t)w->balance,
                                              "overdraft", (json_int_t)w->overdraft, "online", (int)w->online,
                                              "offline", (int)w->offline));
            }
        }
    }
    if (c->nv.proof.type != 0) {
        json_object_set_new(o, "proof", dump_proof(&c->nv.proof));
    }
    return o;
}

static json_t *dump_blocked(const struct ssc_sim_card *c)
{
    json_t *o = json_object();
    for (size_t i = 0; i < c->df_count; i++) {
        char name[8];
        df_name(c, i, name);
        if (c->nv.blocked[i] != SIM_OPEN) {
            json_object_set_new(o, name, json_string(BLOCKED[c->nv.blocked[i]]));
        }
    }
    return o;
}

void sim_dump_state(const struct ssc_sim_card *c, json_t *root)
{
    if (c->kind == SIM_PSAM) {
        json_object_set_new(root, "next", json_integer(c->nv.psam_next));
        json_object_set_new(
            root, "mac2",
            json_pack("{s:i, s:i}", "tries", (int)c->profile.mac2_tries, "left", (int)c->nv.mac2_left));
    } else {
        json_object_set_new(root, "purse", dump_purse(c));
    }
    json_object_set_new(root, "state", dump_blocked(c));
}
