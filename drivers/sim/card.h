/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the simulated card. What survives power-off lives in struct sim_nv, one flat object, so that "all
 * or nothing" is a copy: the first change of a command keeps a copy in `undo`, and the answer leaves the card
 * only after the new state has been written. Everything in struct sim_session dies with the power.
 */
#ifndef SSC_DRIVERS_SIM_CARD_H
#define SSC_DRIVERS_SIM_CARD_H

#include "apdu/atr.h"
#include "apdu/bytes.h"
#include "apdu/crypto.h"
#include "apdu/purse.h"
#include "apdu/ssc.h"
#include "apdu/sw.h"
#include "drivers/sim/sim.h"

#include <jansson.h>

enum {
    SIM_POOL = 40 * 1024, /* all file contents of the largest generation */
    SIM_EFS = 64,
    SIM_SLOTS = 384, /* linear records */
    SIM_DFS = 10,
    SIM_KEYS = 96,
    SIM_FAULTS = 8,
    SIM_OUT = 256,
    SIM_CAPP = 4, /* records that one composite purchase may change */
    SIM_PSAM_KEYS = 192,
};

enum sim_kind { SIM_SSC = 1u << 0, SIM_PBOC = 1u << 1, SIM_PSAM = 1u << 2, SIM_ANY = 7u };

/* ---- what personalisation fixed ---- */

struct sim_df {
    uint16_t fid;
    uint8_t parent; /* index of the environment it stands in; its own for the environment */
    uint8_t name[16];
    size_t name_len;
    enum ssc_app app;       /* SSC */
    enum ssc_algorithm alg; /* PSAM: the environment's algorithm */
};

struct sim_ef {
    uint8_t df; /* index in df[] */
    uint8_t sfi;
    uint16_t fid;
    enum ssc_file_kind kind;
    uint16_t size;        /* transparent: bytes; cyclic: record length */
    uint8_t records;      /* cyclic: room for */
    uint16_t slot, slots; /* linear: first record and number of records */
    uint32_t offset;      /* in the pool: transparent and cyclic */
    enum ssc_access read, update;
    uint8_t read_key, update_key;
    const struct ssc_file *info; /* NULL where the card specification does not speak of it */
};

struct sim_slot {
    uint8_t tag;
    uint8_t cap; /* longest value */
    uint32_t offset;
};

struct sim_key {
    bool present;
    int ref; /* P2 of EXTERNAL AUTHENTICATE, -1: none */
    uint8_t app;
    uint8_t version;
    uint8_t tries;
    struct ssc_key key;
};

/* The keys of a PBOC card, by their names in the standard. */
enum sim_pboc_key {
    SIM_DPK,
    SIM_DLK,
    SIM_DTK,
    SIM_DULK,
    SIM_DUK,
    SIM_DAMK,
    SIM_DPUK,
    SIM_DRPK,
    SIM_DEAK,
    SIM_DIAK,
    SIM_PBOC_KEYS
};

/* A key of the PSAM: `type` and `id` as in DELIVERY SESSION KEY, or type and version for INIT FOR DESCRYPT.
 */
struct sim_psam_key {
    bool purse;       /* PBOC dialect: any number of levels, version and algorithm id instead of id */
    uint8_t type, id; /* purse: id is the key version */
    enum ssc_algorithm alg;
    uint8_t levels;         /* bit n: the root that wants n factors is held */
    struct ssc_key root[4]; /* [n]: wants n factors */
};

/* What the standards leave open; docs/card-image.md. */
struct sim_profile {
    bool sfi;         /* short file identifiers are understood */
    bool whole_file;  /* READ RECORD modes 5 and 6 are understood */
    bool proof_after; /* GET TRANSACTION PROOF wants the counter after the transaction */
    bool log_after;   /* the log holds the counter after the transaction */
    bool balance_needs_pin;
    bool pin_ends_with_transaction;
    bool sm_cipher;    /* PBOC: secure updates are enciphered, too */
    bool account_only; /* medical log records of 20 bytes */
    bool fci_algorithm;
    uint16_t state_sw; /* purse command in the wrong state */
    uint16_t mac2_sw;  /* PSAM: wrong MAC2 */
    uint8_t key_version, alg_id, key_index;
    uint8_t key_tries, pin_tries, mac2_tries;
};

struct sim_wire {
    unsigned baud; /* contact */
    unsigned kbps; /* contactless */
};

/* ---- what survives power-off ---- */

struct sim_ring {
    uint8_t head, count; /* head: place of record 1, the newest */
};

struct sim_medical {
    uint32_t balance, year_self_pay, year_pooled;
    uint16_t load_seq, purchase_seq;
    uint8_t year[2], starting_day[2]; /* BCD */
};

struct sim_wallet {
    bool present;
    uint32_t balance; /* ED: overdraft limit included */
    uint32_t overdraft;
    uint16_t online, offline;
};

struct sim_proof {
    uint8_t type;     /* 0: none */
    uint16_t counter; /* before the transaction */
    uint8_t mac[4], tac[4];
};

enum sim_blocked { SIM_OPEN, SIM_BLOCKED_TEMPORARY, SIM_BLOCKED_PERMANENT, SIM_BLOCKED_CARD };

struct sim_nv {
    uint8_t pool[SIM_POOL];
    uint8_t record_len[SIM_SLOTS];
    struct sim_ring ring[SIM_EFS];
    bool ef_dirty[SIM_EFS];
    uint8_t pin[8];
    size_t pin_len; /* 0: no PIN */
    uint8_t pin_left;
    uint8_t key_left[SIM_KEYS];
    uint8_t blocked[SIM_DFS]; /* enum sim_blocked; [0] speaks for the whole card too */
    struct sim_medical medical;
    struct sim_wallet wallet[2]; /* ED, EP */
    struct sim_proof proof;
    uint32_t psam_next;
    uint8_t mac2_left;
};

/* ---- what dies with the power ---- */

enum sim_purse_state { SIM_IDLE, SIM_LOAD, SIM_PURCHASE, SIM_CAPP_PURCHASE, SIM_UNLOAD, SIM_UPDATE };

struct sim_capp {
    uint16_t slot;
    uint8_t len;
    uint8_t value[255];
};

struct sim_psam_session {
    bool temp; /* a key for CIPHER DATA */
    bool purse;
    bool may_encrypt, may_mac;
    uint8_t used; /* 0, 1 encrypt, 2 MAC: a session key serves one kind of operation */
    bool in_mac;
    uint8_t chain[16];
    struct ssc_key key;
    bool purchase; /* waits for MAC2 */
    uint8_t mac2[4];
};

struct sim_session {
    bool powered;
    int df;          /* index, -1: nothing selected */
    int ef;          /* index, -1 */
    unsigned record; /* current record, 0 = none */
    bool pin_ok;
    bool key_ok[SIM_KEYS];
    uint8_t challenge[16];
    size_t challenge_len;
    struct ssc_key sm_key; /* what the last secure command was checked with */
    uint8_t pending[SIM_OUT];
    size_t pending_len;
    enum sim_purse_state state;
    struct ssc_key purse_key; /* session key of the pending transaction */
    struct ssc_medical_purchase purchase;
    struct ssc_medical_load load;
    struct ssc_purse_purchase offline;
    struct ssc_purse_online online;
    struct sim_capp capp[SIM_CAPP];
    unsigned capps;
    struct sim_psam_session psam;
};

struct sim_fault_entry {
    struct ssc_sim_fault fault;
    unsigned left; /* matching commands until it acts */
};

struct ssc_sim_card {
    enum sim_kind kind;
    enum ssc_generation generation;
    enum ssc_algorithm alg;
    enum ssc_protocol protocol;
    enum ssc_medium medium;
    uint8_t atr[SSC_ATR_MAX];
    size_t atr_len;
    char city[7];
    uint8_t factor[8];
    json_t *image; /* as loaded; the dump replaces what changed */
    char *path;    /* NULL: state in memory only */
    int lock_fd;
    struct sim_profile profile;
    struct sim_wire wire;
    uint64_t wire_us;

    struct sim_df df[SIM_DFS];
    size_t df_count;
    struct sim_ef ef[SIM_EFS];
    size_t ef_count;
    struct sim_slot slot[SIM_SLOTS];
    size_t slot_count;
    size_t pool_used;
    struct sim_key key[SIM_KEYS];
    struct sim_psam_key psam_key[SIM_PSAM_KEYS];
    size_t psam_key_count;
    uint8_t terminal[6];

    struct sim_nv nv, undo;
    bool touched;
    struct sim_session s;

    struct sim_fault_entry fault[SIM_FAULTS];
    size_t fault_count;
    uint64_t seed;
    bool torn;
    const uint8_t *random;
    size_t random_len, random_pos;
    char swap_image[256]; /* of the SWAP that tore the card out */
    /* Sleeps until the moment; true: woken early because the card is leaving. NULL: plain sleep. */
    bool (*wait)(void *ctx, int64_t until_ms);
    void *wait_ctx;
};

/* One command of the operating system. `out` takes the response data; the return value is the status word. */
typedef uint16_t sim_run(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out);

/* card.c */
void sim_touch(struct ssc_sim_card *c); /* before every change of nv */
void sim_keep(struct ssc_sim_card *c);  /* what changed so far survives even a tear during this command */
int sim_random(struct ssc_sim_card *c, uint8_t *out, size_t len);

/* files.c */
sim_run sim_select; /* select.c */
sim_run sim_read_record, sim_update_record, sim_read_binary, sim_update_binary;
struct sim_ef *sim_ef_by_sfi(struct ssc_sim_card *c, int df, uint8_t sfi);
unsigned sim_record_count(const struct ssc_sim_card *c, const struct sim_ef *ef);
/* Record n from 1: bytes on the card (TAG LEN VALUE, or the cyclic record). */
size_t sim_record_get(const struct ssc_sim_card *c, const struct sim_ef *ef, unsigned n, uint8_t out[257]);
/* New record 1 of a cyclic file; longer data is cut, shorter padded with 00. The caller has called sim_touch.
 */
void sim_record_push(struct ssc_sim_card *c, const struct sim_ef *ef, const uint8_t *data, size_t len);
void sim_slot_put(struct ssc_sim_card *c, unsigned slot, const uint8_t *value, size_t len);
/* The linear record of `ef` that UPDATE CAPP DATA CACHE means; -1: none. */
int sim_slot_by_tag(const struct ssc_sim_card *c, const struct sim_ef *ef, uint8_t tag);

/* security.c */
sim_run sim_get_challenge, sim_verify, sim_change_pin, sim_pin_unblock, sim_internal_auth, sim_external_auth,
    sim_app_block, sim_app_unblock, sim_card_block;
bool sim_allowed(const struct ssc_sim_card *c, enum ssc_access access, uint8_t key);
/* Secure messaging: checks the MAC at the end of the data field against the challenge, which is used up, and
 * gives the length of the data before it. 0 or the status word. */
uint16_t sim_sm_check(struct ssc_sim_card *c, const struct ssc_command *cmd, int key, size_t *data_len);
int sim_sm_key(const struct ssc_sim_card *c);
/* LEN | data out of what the last checked command carried. *out_len: capacity in, length out. 0 or the status
 * word. */
uint16_t sim_sm_decipher(struct ssc_sim_card *c, const uint8_t *in, size_t len, uint8_t *out,
                         size_t *out_len);
/* One try fewer for a key or the PIN, at once and for good; the status word 63Cx or 6983. */
uint16_t sim_wrong(struct ssc_sim_card *c, uint8_t *left);

/* medical.c */
sim_run sim_medical_init, sim_medical_credit, sim_medical_debit, sim_medical_balance, sim_medical_proof,
    sim_medical_starting_day;

/* pboc.c, pboc_online.c */
sim_run sim_pboc_init, sim_pboc_credit, sim_pboc_debit, sim_pboc_update_limit, sim_pboc_balance,
    sim_pboc_proof, sim_pboc_capp;
uint16_t sim_pboc_init_online(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out);
uint16_t sim_pboc_unload(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out);
void sim_pboc_log(struct ssc_sim_card *c, uint16_t counter, uint32_t overdraft, uint32_t amount, uint8_t type,
                  const uint8_t terminal[6], const uint8_t datetime[7]);
void sim_pboc_done(struct ssc_sim_card *c, uint8_t type, uint16_t counter, const uint8_t mac[4],
                   const uint8_t tac[4]);
sim_run sim_proof;
bool sim_bcd(const uint8_t *p, size_t len);

/* psam.c, psam_cipher.c */
sim_run sim_psam_environment, sim_psam_delivery, sim_psam_descrypt, sim_psam_cipher, sim_psam_init_purchase,
    sim_psam_credit;
const struct sim_psam_key *sim_psam_find(const struct ssc_sim_card *c, bool purse, uint8_t type, uint8_t id,
                                         enum ssc_algorithm alg);

int sim_psam_derive(const struct ssc_key *root, const uint8_t *factors, size_t levels, struct ssc_key *out);
void sim_psam_show_number(struct ssc_sim_card *c);

/* fault.c */
bool sim_fault_match(struct ssc_sim_card *c, uint8_t cla, uint8_t ins, struct ssc_sim_fault *due);
bool sim_fault_mute_for_ever(const struct ssc_sim_card *c);
enum ssc_sim_fault_kind sim_fault_by_name(const char *name);

/* image.c, image_files.c, image_keys.c, image_state.c */
struct sim_loader {
    struct ssc_sim_card *c;
    json_t *root;
    char *why; /* 200 bytes, may be NULL */
};
int sim_bad(struct sim_loader *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
int sim_hex_member(struct sim_loader *l, const json_t *object, const char *name, uint8_t *out, size_t len);
int sim_uint_member(struct sim_loader *l, const json_t *object, const char *name, uint64_t max,
                    uint64_t *out);
int sim_members_known(struct sim_loader *l, const json_t *object, const char *where,
                      const char *const *names);
int sim_load_files(struct sim_loader *l);
int sim_load_keys(struct sim_loader *l);
int sim_load_psam_keys(struct sim_loader *l);
int sim_load_state(struct sim_loader *l);
extern const char *const sim_pboc_key_names[SIM_PBOC_KEYS];    /* DPK ... */
extern const char *const sim_pboc_master_names[SIM_PBOC_KEYS]; /* MPK ... */

/* A 3.0 card and a purse card have both interfaces: the slot says which one is used. False: the card has not
 * got it. */
bool sim_use_medium(struct ssc_sim_card *c, enum ssc_medium medium);
/* Name of key[i] in the image; NULL where there is none. */
const char *sim_key_name(const struct ssc_sim_card *c, int i);
/* image_state.c */
void sim_dump_state(const struct ssc_sim_card *c, json_t *root);

/* persist.c */
int sim_persist(struct ssc_sim_card *c);
void sim_persist_close(struct ssc_sim_card *c);
/* Whether the card's state is kept in this file. */
bool sim_persist_same(const struct ssc_sim_card *c, const char *path);
/* As ssc_sim_card_load, for the file that `before` holds: its lock goes to the new card; back to it on
 * failure. */
int sim_persist_renew(const char *path, struct ssc_sim_card *before, struct ssc_sim_card **out,
                      char why[200]);

#endif
