/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One CCID reader behind the USB seam: messages in order, cards powered, APDUs exchanged at whatever level
 * the reader works. Not thread safe; drivers/ccid/driver.c keeps its callers apart.
 *
 * Every function that talks to the reader returns by its deadline. What a reader that is late says afterwards
 * is told from answers by its sequence number.
 */
#ifndef SSC_DRIVERS_CCID_ENGINE_H
#define SSC_DRIVERS_CCID_ENGINE_H

#include "drivers/ccid/descriptor.h"
#include "drivers/ccid/message.h"
#include "drivers/ccid/pps.h"
#include "drivers/ccid/t1.h"
#include "drivers/ccid/usb.h"
#include "drivers/reader.h"

struct ssc_ccid_slot {
    bool powered;
    bool abort_due; /* a command was left without an answer */
    uint8_t abort_seq;
    uint8_t voltage; /* bPowerSelect that worked */
    struct ssc_atr atr;
    struct ssc_ccid_choice choice;
    struct ssc_t1 t1;
};

/* What happened so far; for `sscard doctor --contact`. */
struct ssc_ccid_counters {
    uint64_t commands, time_extensions, stale, aborts, failures, power_ons;
};

struct ssc_ccid_engine {
    struct ssc_usb *usb; /* borrowed */
    struct ssc_ccid_interface interface;
    struct ssc_ccid_rates rates;
    struct ssc_ccid_counters counters;
    /* Out of step with the reader: nothing works until ssc_ccid_recover. */
    bool broken;
    uint8_t last_error; /* bError of the last failed command */
    struct ssc_ccid_slot slot[SSC_CCID_SLOTS_MAX];
    /* private */
    uint8_t seq;
    uint8_t *out, *in, *answer; /* SSC_CCID_BUFFER bytes each */
};
#define SSC_CCID_BUFFER (SSC_CCID_MESSAGE_MAX + 1024u)

/* SSC_E_OUT_OF_MEMORY. interface->ccid as corrected by the quirks. */
int ssc_ccid_engine_new(struct ssc_usb *usb, const struct ssc_ccid_interface *interface,
                        struct ssc_ccid_engine **out);
void ssc_ccid_engine_free(struct ssc_ccid_engine **e);
/* Lists of clocks and rates where the reader has any; a reader that does not give them is no error. */
int ssc_ccid_read_rates(struct ssc_ccid_engine *e, int64_t deadline);

/* One message and its answer; answer->data stays valid until the next call. Time extensions are waited for
 * until the deadline. SSC_E_READER_WEDGED: broken. SSC_E_DEADLINE_EXCEEDED: nothing was sent, or abort_due is
 * set. SSC_E_READER_IO: a stall, a packet too short or too long, an answer to something else; broken. Others:
 * ssc_ccid_error. *answer is filled for a failed command too. */
int ssc_ccid_command(struct ssc_ccid_engine *e, unsigned slot, uint8_t type, const uint8_t param[3],
                     const uint8_t *data, size_t len, struct ssc_ccid_answer *answer, int64_t deadline);
/* Abort on both pipes for every slot that has one due (clauses 5.3.1 and 6.1.13); its card counts as
 * unpowered from then on. ssc_ccid_command does this by itself first. */
int ssc_ccid_abort(struct ssc_ccid_engine *e, int64_t deadline);
/* Clears stalls, swallows what is left in the pipe, asks for a sign of life. Blocks as the kernel does. */
int ssc_ccid_recover(struct ssc_ccid_engine *e, int64_t deadline);
int ssc_ccid_slot_status(struct ssc_ccid_engine *e, unsigned slot, enum ssc_ccid_icc *icc, int64_t deadline);
int ssc_ccid_escape(struct ssc_ccid_engine *e, unsigned slot, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                    size_t *rx_len, int64_t deadline);

/* Powers (or warm-resets) the card, chooses voltage, protocol (wanted: 0, 1, -1 = the card's choice) and
 * speed. SSC_E_NO_CARD, _CARD_MUTE, _BAD_ATR, _PROTOCOL_MISMATCH. */
int ssc_ccid_power_on(struct ssc_ccid_engine *e, unsigned slot, enum ssc_reset how, int wanted,
                      int64_t deadline);
int ssc_ccid_power_off(struct ssc_ccid_engine *e, unsigned slot, int64_t deadline);

/* One APDU at the reader's level. rx_len: capacity in, length out; SSC_E_BUFFER_TOO_SMALL: the size needed.
 * SSC_E_NOT_SUPPORTED: longer than the reader can carry; nothing was sent. SSC_E_CARD_UNPOWERED. */
int ssc_ccid_apdu(struct ssc_ccid_engine *e, unsigned slot, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                  size_t *rx_len, int64_t deadline);
/* The PIN pad (PC_to_RDR_Secure). SSC_E_NO_PIN_PAD, _PIN_CANCELLED, _PIN_TIMEOUT. */
int ssc_ccid_pin_entry(struct ssc_ccid_engine *e, unsigned slot, const struct ssc_pin_entry *entry,
                       uint8_t *rx, size_t *rx_len, int64_t deadline);
/* enum ssc_feature of the reader; whether extended APDUs pass with the card that is powered. */
unsigned ssc_ccid_features(const struct ssc_ccid_engine *e);
bool ssc_ccid_extended_length(const struct ssc_ccid_engine *e, unsigned slot);

/* abPINDataStructure for PC_to_RDR_Secure; teo: the T=1 prologue, zeros otherwise. *len: capacity in, length
 * out. SSC_E_INVALID_ARGUMENT: an entry that does not fit into its own template. */
int ssc_ccid_pin_structure(const struct ssc_pin_entry *entry, bool display, const uint8_t *apdu,
                           size_t apdu_len, const uint8_t teo[3], uint8_t *out, size_t *len);

/* For the other files of the engine: XfrBlock with wLevelParameter. */
int ssc_ccid_xfr(struct ssc_ccid_engine *e, unsigned slot, uint8_t bwi, uint16_t level, const uint8_t *data,
                 size_t len, struct ssc_ccid_answer *answer, int64_t deadline);
int ssc_ccid_t1_run(struct ssc_ccid_engine *e, unsigned slot, int64_t deadline);

#endif
