/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One slot of the simulated reader that a real pcscd sees. A reader is a folder; everything is done with
 * files in it:
 *
 *     slots            how many slots, 1 (default) to 8
 *     card<N>.json     image of the card in slot N (docs/card-image.md). Its presence is the insertion, its
 *                      disappearance the removal, another file in its place another card.
 *     card<N>.fault    what goes wrong, see fault.h
 *     card<N>.pinpad   the slot has a PIN pad; the text is what the holder types, see pinpad.h
 *
 * card<N>.json is best a symbolic link to the image: the card writes its state back by rename, and a rename
 * behind the link does not touch the link, so that pulling the card (removing the link) and a write that is
 * just under way cannot meet. A plain file works too; its own state writes are told from a swap by the file's
 * identity.
 */
#ifndef SSC_DRIVERS_IFD_SLOT_H
#define SSC_DRIVERS_IFD_SLOT_H

#include "drivers/sim/sim.h"

#include <limits.h>
#include <pthread.h>
#include <sys/stat.h>

#define SSC_IFD_SLOTS_MAX 8u

struct ssc_ifd_slot {
    pthread_mutex_t lock;
    bool open;
    char folder[PATH_MAX - 32];
    unsigned number;
    int folder_events; /* inotify */
    int wake;          /* eventfd: look again */
    bool occupied, powered;
    struct stat identity;      /* of card<N>.json when it was taken for this card */
    struct ssc_sim_card *card; /* NULL while occupied: the image is not valid, the card is mute */
    uint8_t atr[SSC_ATR_MAX + 1];
    size_t atr_len;
};

/* "<folder>/card<N>.<suffix>" */
int ssc_ifd_slot_path(const struct ssc_ifd_slot *slot, const char *suffix, char *out, size_t cap);
/* Content of that file, NUL terminated, without the last newline; false when there is none. */
bool ssc_ifd_slot_text(const struct ssc_ifd_slot *slot, const char *suffix, char *out, size_t cap);

int ssc_ifd_slot_open(struct ssc_ifd_slot *slot, const char *folder, unsigned number);
void ssc_ifd_slot_close(struct ssc_ifd_slot *slot);
unsigned ssc_ifd_slot_count(const char *folder);
/* Whether a card is in the slot; takes it in or lets it go as the folder says. */
bool ssc_ifd_slot_present(struct ssc_ifd_slot *slot);
/* SSC_E_NO_CARD, SSC_E_CARD_MUTE. */
int ssc_ifd_slot_power_up(struct ssc_ifd_slot *slot, enum ssc_reset how);
void ssc_ifd_slot_power_down(struct ssc_ifd_slot *slot);
/* real_time: returns no sooner than the exchange would end on the wire. */
int ssc_ifd_slot_apdu(struct ssc_ifd_slot *slot, bool real_time, const uint8_t *tx, size_t tx_len,
                      uint8_t *rx, size_t *rx_len);
/* Sleeps until presence may have changed, at most timeout_ms (< 0: no limit). */
int ssc_ifd_slot_sleep(struct ssc_ifd_slot *slot, int timeout_ms);
void ssc_ifd_slot_wake(struct ssc_ifd_slot *slot);

#endif
