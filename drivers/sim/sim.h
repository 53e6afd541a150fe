/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated card: a card operating system over a JSON image. One object for user cards (SSC 1.0, 2.0, 3.0
 * with the medical purse; PBOC ED/EP) and PSAMs. It is used in process by the "sim" driver below and by the
 * IFD handler bundle, which offers the same card to a real pcscd.
 *
 * Image format: docs/card-image.md. An image names generation, algorithm, ATR, files, keys, PIN, purses, PSAM
 * part, profile switches (what the standards leave open), wire speed and faults. State that changes (files,
 * PIN and key counters, purse, log, proof, PSAM numbers) is written back to the image file, atomically
 * (write, fsync, rename), before the answer that speaks of it is given.
 */
#ifndef SSC_DRIVERS_SIM_SIM_H
#define SSC_DRIVERS_SIM_SIM_H

#include "drivers/reader.h"

struct ssc_sim_card;

/* Ready-made images by name: "ssc-1.0", "ssc-2.0", "ssc-3.0" (SM4), "ssc-3.0-3des", "pboc" (3DES),
 * "pboc-sm4", "psam" (all national, province and city roots, both algorithms), "psam-3des" (no SM4). Holder
 * 张三 111111198101011110. JSON text, UTF-8; NULL when unknown. The names are listed by ssc_sim_image_names
 * (NULL terminated). */
const char *ssc_sim_image(const char *name);
const char *const *ssc_sim_image_names(void);

/* From a file (state is written back) or from JSON text (state in memory only). SSC_E_IO, SSC_E_IMAGE_INVALID
 * with a sentence in why[] (may be NULL, 200 bytes). */
int ssc_sim_card_load(const char *path, struct ssc_sim_card **out, char why[200]);
int ssc_sim_card_parse(const char *json, struct ssc_sim_card **out, char why[200]);
void ssc_sim_card_free(struct ssc_sim_card **card);
/* The image with its present state, JSON text; caller frees with free(). NULL: out of memory. */
char *ssc_sim_card_dump(const struct ssc_sim_card *card);

/* Cold or warm reset: security state, challenge and pending transaction are gone. SSC_E_CARD_MUTE by fault
 * script. */
int ssc_sim_card_reset(struct ssc_sim_card *card, enum ssc_reset how, uint8_t *atr, size_t *atr_len);
void ssc_sim_card_power_off(struct ssc_sim_card *card);
/* One APDU; T=0 images answer 61xx / 6Cxx as such cards do. 0, or what a reader would report:
 * SSC_E_CARD_REMOVED, _READER_IO, _DEADLINE_EXCEEDED (mute: waits until the deadline), _CARD_MUTE. */
int ssc_sim_card_apdu(struct ssc_sim_card *card, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                      size_t *rx_len, int64_t deadline);
/* Modelled wire time of all exchanges so far, microseconds (etu, baud, T=0 procedure bytes; image "wire"). */
uint64_t ssc_sim_card_wire_us(const struct ssc_sim_card *card);
enum ssc_protocol ssc_sim_card_protocol(const struct ssc_sim_card *card);

/* ---- faults ---- */
enum ssc_sim_fault_kind {
    SSC_FAULT_NONE,
    SSC_FAULT_MUTE, /* no answer until the deadline, not executed; nth 0, any command: mute at reset, too */
    SSC_FAULT_TEAR_BEFORE,   /* card removed before the command acts */
    SSC_FAULT_TEAR_DURING,   /* card removed in the middle: arg 1 nothing is kept, 2 everything, 0 a coin
                                decides */
    SSC_FAULT_TEAR_AFTER,    /* card acts, then is removed before the answer */
    SSC_FAULT_LOSE_REPLY,    /* card acts, the answer is lost as a reader I/O error; the card stays */
    SSC_FAULT_TIMEOUT_AFTER, /* card acts, the answer comes too late for the deadline */
    SSC_FAULT_GARBAGE,       /* card acts, the answer is random bytes */
    SSC_FAULT_STATUS,        /* card does not act, answers `sw` */
    SSC_FAULT_STATUS_AFTER,  /* card acts, answers `sw` without data */
    SSC_FAULT_WRONG_MAC,     /* card acts, last 4 data bytes are inverted */
    SSC_FAULT_SHORT,         /* card acts, data cut to `arg` bytes; without data the whole answer is */
    SSC_FAULT_SLOW,          /* answer after `arg` ms */
    SSC_FAULT_SWAP,          /* card removed, `image` inserted in its place */
};
struct ssc_sim_fault {
    enum ssc_sim_fault_kind kind;
    unsigned nth; /* the nth matching command from now on, from 1; 0 = every one */
    int cla, ins; /* -1 = any */
    unsigned arg;
    uint16_t sw;
    char image[256]; /* SWAP */
};
int ssc_sim_card_fault(struct ssc_sim_card *card, const struct ssc_sim_fault *fault); /* at most 8 pending */
void ssc_sim_card_clear_faults(struct ssc_sim_card *card);
/* After a TEAR or SWAP: the card is out until it is inserted again. */
bool ssc_sim_card_torn(const struct ssc_sim_card *card);
void ssc_sim_card_reinsert(struct ssc_sim_card *card);
/* The card's random numbers from a fixed sequence (tests, vectors); NULL: real ones. Borrowed, cyclic. */
void ssc_sim_card_random(struct ssc_sim_card *card, const uint8_t *bytes, size_t len);

/* ---- driver ---- */
/* Readers are slots. With real_time every exchange takes its modelled wire time. */
struct ssc_sim_slot {
    char name[SSC_READER_NAME_MAX];
    enum ssc_medium medium;
    char image[512]; /* file path, name of a ready-made image, JSON text that begins with {, or "" = empty */
    bool pin_pad;
    /* What the simulated holder types: digits, for a change "old/new"; "" = cancels, any other text = never
     * finishes. */
    char pin_pad_types[17];
};
int ssc_sim_driver_new(const struct ssc_sim_slot *slots, size_t count, bool real_time,
                       struct ssc_driver **out, char why[200]);
/* Live control, any thread. SSC_E_READER_NOT_FOUND, SSC_E_IMAGE_INVALID. image NULL: the card that was there
 * before, unless it is in another reader by now. */
int ssc_sim_insert(struct ssc_driver *d, const char *reader, const char *image);
int ssc_sim_remove(struct ssc_driver *d, const char *reader);
/* Whether the card of this file is in another reader than this one. */
bool ssc_sim_elsewhere(struct ssc_driver *d, const char *reader, const char *path);
/* SSC_FAULT_NONE clears all faults. Waits for a running exchange. */
int ssc_sim_fault(struct ssc_driver *d, const char *reader, const struct ssc_sim_fault *fault);
int ssc_sim_type_pin(struct ssc_driver *d, const char *reader, const char *digits);
int ssc_sim_unplug(struct ssc_driver *d, const char *reader); /* the reader itself */
int ssc_sim_plug(struct ssc_driver *d, const char *reader);
/* The card in the slot, for inspection by tests and `sscard sim`; NULL when empty. Not while a channel
 * transmits. */
struct ssc_sim_card *ssc_sim_peek(struct ssc_driver *d, const char *reader);

#endif
