/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A counter for tests of money: a simulated card, a simulated PSAM and a journal in a folder of their own,
 * and channels that go wrong at the n-th exchange without waiting for real time. The card's truth is read
 * from the simulator's memory, not through the code under test.
 */
#ifndef SSC_TESTS_RIG_H
#define SSC_TESTS_RIG_H

#include "drivers/sim/card.h"
#include "middleware/auth/provider.h"
#include "middleware/money.h"

enum rig_fault_kind {
    RIG_NONE,
    RIG_OUT_BEFORE,   /* card removed, the command never reached it */
    RIG_TORN_NOTHING, /* removed while it worked: nothing was committed */
    RIG_TORN_ALL,     /* removed while it worked: all was committed */
    RIG_OUT_AFTER,    /* answered, removed before the answer was read */
    RIG_LOST,         /* acted, the answer is a reader I/O error */
    RIG_LATE,         /* acted, the answer came after the deadline */
    RIG_MUTE,         /* did not act, no answer until the deadline */
    RIG_RESET,        /* another program reset the card before the command */
    RIG_GARBAGE,      /* acted, the whole answer is noise */
    RIG_NOISE,        /* acted, noise with 9000 behind it */
    RIG_WRONG_MAC,    /* acted, the last four data bytes are inverted */
    RIG_SHORT,        /* acted, one data byte is missing */
    RIG_LONG,         /* acted, one data byte too many */
    RIG_EMPTY,        /* acted, an answer without a status word */
    RIG_STATUS,       /* did not act, answers sw */
    RIG_STATUS_AFTER, /* acted, answers sw */
    RIG_KILL_BEFORE,  /* this process dies before the exchange */
    RIG_KILL_AFTER,   /* ... after the card acted, before the answer is read */
    RIG_KINDS
};
const char *rig_fault_name(enum rig_fault_kind kind);

struct rig_fault {
    enum rig_fault_kind kind;
    unsigned nth; /* exchange from now on, from 1 */
    uint16_t sw;
    bool at_commit; /* count from the next committing command, which is 1 */
};

/* One slot. The channel is the first member: the drivers' convention. */
struct rig_slot {
    struct ssc_channel channel;
    struct ssc_sim_card *card;
    bool out;
    unsigned count; /* exchanges since rig_arm */
    struct rig_fault fault;
    /* committing commands (CREDIT, DEBIT) that left the host, and whether the same bytes left twice */
    unsigned commits;
    bool repeated;
    uint8_t sent[8][32];
    uint32_t noise;
    bool tac_alone; /* GET TRANSACTION PROVE answers the last four bytes only, as some cards do */
};

enum rig_purse { RIG_MEDICAL, RIG_ED, RIG_EP };

struct rig {
    char folder[96], card_path[128], psam_path[128], journal_path[128];
    struct rig_slot card, psam;
    struct ssc_profile profile;
    struct ssc_card *session;
    struct ssc_auth *auth;
    struct ssc_journal *journal;
    char why[200];
    int64_t deadline;
};

/* Names of ready-made images, or JSON text. The rig's folder is made under $TMPDIR or /tmp. All return 0 or
 * fail with an ssc_error and a sentence in why. */
int rig_new(struct rig *r, const char *card_image, const char *psam_image);
void rig_free(struct rig *r); /* removes the folder */
/* Folder and images only; what the file system holds is then the whole state of the world. */
int rig_files(struct rig *r, const char *card_image, const char *psam_image);
/* Cards from their files. */
int rig_load(struct rig *r);
void rig_unload(struct rig *r);
/* The card is put in (again): power, session, PIN when `pin`. */
int rig_present(struct rig *r, bool pin);
int rig_pin(struct rig *r);
/* The PSAM's provider; taking it anew loses its session. */
int rig_provider(struct rig *r);
int rig_open_journal(struct rig *r);
void rig_close_journal(struct rig *r);
/* Everything that a process loses when it ends. */
void rig_end_process(struct rig *r);

void rig_arm(struct rig_slot *slot, enum rig_fault_kind kind, unsigned nth, uint16_t sw);
void rig_arm_commit(struct rig_slot *slot, enum rig_fault_kind kind, unsigned nth, uint16_t sw);
void rig_request(struct ssc_debit_request *req, enum ssc_purse_id purse, const char *op, int64_t amount);
/* The host's side of a load: checks MAC1 and makes MAC2, with the card's own key. */
int rig_host_mac2(const struct rig *r, const struct ssc_txn *txn, const uint8_t host_time[7],
                  uint8_t mac2[4]);
/* The host's side of a debit with its keys. */
int rig_host_mac1(const struct rig *r, const struct ssc_txn *txn, const uint8_t terminal_seq[4],
                  const uint8_t time[7], uint8_t mac1[4]);

/* The card's truth. */
struct rig_truth {
    int64_t balance;
    unsigned done; /* transactions of this kind that the card committed: its counter */
};
struct rig_truth rig_truth(const struct rig *r, enum ssc_purse_id purse, enum ssc_txn_kind kind);

#endif
