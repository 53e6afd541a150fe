/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of a card session, for the files of this room that make up the session. */
#ifndef SSC_MIDDLEWARE_CARD_PRIVATE_H
#define SSC_MIDDLEWARE_CARD_PRIVATE_H

#include "middleware/card.h"

#define SSC_EF05_MAX 256u

/* Ways of reading a record file, the cheapest first. */
enum ssc_reading {
    SSC_READ_WHOLE_SFI,    /* one READ RECORD "all from 1", file by SFI */
    SSC_READ_WHOLE_SELECT, /* the same after SELECT EF */
    SSC_READ_WHOLE_WIDE,   /* the same with Le FF: files longer than the tables */
    SSC_READ_BY_TAG,       /* record by record, tag as record identifier: what the national library does */
    SSC_READ_BY_NUMBER,    /* record by record, by number: cards without record identifiers */
    SSC_READ_WAYS,
};

/* What a type of card accepts. */
struct ssc_habit {
    enum ssc_reading reading;
    uint8_t select_ef_p1;        /* 02, or 00 where 02 was refused */
    uint16_t ef05_len, ef06_len; /* whole files, 0 unknown */
    /* What SELECT of the environment answered, on a card of `generation`; SSC_ALG_NONE: no algorithm in it.
     */
    bool fci_known;
    enum ssc_algorithm fci_algorithm;
    enum ssc_generation generation;
    char city[7]; /* of the last card: at a counter, most likely the next one's */
};

/* A type of card: makers and operating system from the historical bytes, and the interface. */
struct ssc_card_type {
    uint8_t bytes[8];
};

/* false: nothing known about the type. */
bool ssc_habits_get(struct ssc_habits *habits, const struct ssc_card_type *type, struct ssc_habit *out);
void ssc_habits_put(struct ssc_habits *habits, const struct ssc_card_type *type,
                    const struct ssc_habit *habit);

enum ssc_place { SSC_AT_NOWHERE, SSC_AT_APP, SSC_AT_PURSE };

struct ssc_card {
    struct ssc_channel *channel;
    const struct ssc_profile *profile;
    struct ssc_habits *shared; /* borrowed, may be NULL */
    struct ssc_habit habit;
    struct ssc_card_info info;
    bool detected;
    bool may_recall;         /* this detection may take the algorithm from the habit */
    bool algorithm_unproven; /* taken from the habit; neither the FCI nor a proof has borne it out */
    enum ssc_place place;
    enum ssc_app app;                        /* with SSC_AT_APP */
    uint8_t current_ef;                      /* by SELECT EF; 0 none */
    bool pin_verified[SSC_PIN_OF_PURSE + 1]; /* this and key_verified: what nobody need do again */
    bool key_verified[SSC_KEY_COUNT];
    int key_tries;              /* left of the key that was refused last, -1 unknown */
    int remote_cause;           /* why SSC_E_NEED_REMOTE was answered last */
    bool rights;                /* what the card itself may still hold open, until it loses its power */
    bool genuine;               /* internal authentication passed in this session */
    uint8_t ef05[SSC_EF05_MAX]; /* records of the issuer's file read so far: free to read, never changes */
    size_t ef05_len;
    bool ef05_whole;
    unsigned commands;
};

/* 6982 from a file that was open as far as the session knew: it knew wrong, so PIN and keys are proven anew.
 * Returns SSC_E_ACCESS_DENIED for 6982, else rc. */
int ssc_card_denied(struct ssc_card *card, int rc);

/* As ssc_card_detect, but the algorithm may be what the last card of the type had (algorithm_unproven): for
 * callers who prove it, or do without. */
int ssc_card_recall(struct ssc_card *card, int64_t deadline);
/* Asks the card for its algorithm, unless that is certain. SSSE is selected anew then. *changed: it was not
 * the one of the habit. */
int ssc_card_confirm_algorithm(struct ssc_card *card, bool *changed, int64_t deadline);
/* From the FCI's algorithm (SSC_ALG_NONE: none in it) and the city, "" when unknown. */
enum ssc_algorithm ssc_card_algorithm_of(enum ssc_algorithm in_fci, const char *city);
/* Sets the algorithm from the FCI as the card or the habit has it. */
void ssc_card_take_algorithm(struct ssc_card *card);

/* Forgets what a failed exchange makes doubtful; returns rc. */
int ssc_card_note(struct ssc_card *card, int rc);
struct ssc_card_type ssc_card_type_of(const struct ssc_card *card);
/* Keeps what was learnt, for this session and for its type. */
void ssc_card_learn(struct ssc_card *card);
/* The issuer's records (SSSE EF05) at least with the tags given; from memory when known. SSSE must be
 * current. `tags` empty: whole file. */
int ssc_card_issuer_records(struct ssc_card *card, const uint8_t *tags, size_t tag_count, int64_t deadline);
/* EF05 was written: read it anew next time. */
void ssc_card_issuer_forget(struct ssc_card *card);

#endif
