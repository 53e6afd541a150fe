/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the CCID driver; nothing outside drivers/ccid/{driver,attendant,channel}.c includes it.
 *
 * One keeper thread watches the bus. Each reader has an attendant thread that opens it, follows its interrupt
 * pipe (or asks four times a second where there is none) and cleans up behind calls that ran into their
 * deadline. Exchanges are made on the caller's own thread while it holds the reader (`busy`).
 *
 * The slots of one reader take turns, also where bMaxCCIDBusySlots allows more at a time. Of 341 recorded
 * interfaces 22 have several slots and four of those serve more than one at once: boards for rows of SIM
 * cards and a chip's evaluation kit, none a reader for a counter. A card and a PSAM that are to work side by
 * side need two readers; one bulk pipe for several exchanges would cost every reader the certainty whose
 * answer it reads.
 *
 * Everything below is guarded by hub.lock, except what belongs to whoever holds `busy`: the engine and the
 * USB handle. hub.lock is never held across a call into either.
 */
#ifndef SSC_DRIVERS_CCID_DRIVER_H
#define SSC_DRIVERS_CCID_DRIVER_H

#include <pthread.h>

#include "drivers/ccid/ccid.h"
#include "drivers/wait.h"

struct ccid_hub {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* anything below differs */
    unsigned refs;          /* driver, channels */
    bool stopping, woken;
    bool looked;      /* the keeper has seen the bus */
    unsigned opening; /* readers whose first opening is under way */
    uint64_t version; /* grows with every visible change */
    uint32_t insertions;
    struct ccid_reader *readers;
    struct ssc_usb_bus *bus;
    struct ssc_ccid_options options;
};

enum ccid_standing { CCID_OPENING, CCID_READY, CCID_UNUSABLE, CCID_GONE };

struct ccid_slot {
    bool present, mute;
    uint32_t insertions; /* of the card that is in now, or was last */
    uint32_t resets;
    bool power_off_due;
    unsigned channels;
    bool exclusive;
    struct ccid_channel *holder; /* between begin and end */
    uint8_t atr[SSC_ATR_MAX];
    size_t atr_len;
};

struct ccid_reader {
    struct ccid_reader *next;
    struct ccid_hub *hub;
    unsigned refs; /* hub's list, attendant, channels */
    pthread_t thread;
    struct ssc_usb_device device;
    struct ssc_ccid_interface interface; /* corrected by the quirks */
    const char *refused;
    unsigned settle_ms;
    char product[SSC_USB_TEXT_MAX], serial[SSC_USB_TEXT_MAX];
    char name[SSC_READER_NAME_MAX - 4]; /* without the slot */
    enum ccid_standing standing;
    int opened; /* why it is unusable */
    bool first_open_done;
    bool busy; /* somebody holds engine and usb */
    bool care; /* the attendant has to clean up; nobody else may use the reader before it has */
    bool
        lost; /* the interface was taken away under a call: to be opened anew, if the device is still there */
    bool chores; /* the attendant has something to do, but nobody need wait for it */
    struct ssc_usb *usb;
    struct ssc_ccid_engine *engine;
    struct ccid_slot slot[SSC_CCID_SLOTS_MAX];
    struct ccid_channel *open;
};

struct ccid_channel {
    struct ssc_channel base;
    struct ccid_channel *next;
    struct ccid_reader *reader;
    unsigned slot;
    uint32_t insertions, resets;
    bool exclusive;
};

/* hub.lock held for all of these. */
void ccid_changed(struct ccid_hub *hub); /* a visible change */
void ccid_card_in(struct ccid_reader *r, unsigned slot);
void ccid_card_out(struct ccid_reader *r, unsigned slot);
void ccid_call_attendant(struct ccid_reader *r);
/* 0, or SSC_E_DEADLINE_EXCEEDED; takes `busy`. */
int ccid_hold(struct ccid_reader *r, int64_t deadline);
/* Gives `busy` back and draws the conclusions from how the call ended. */
void ccid_release(struct ccid_reader *r, unsigned slot, int rc);
void ccid_reader_unref(struct ccid_reader *r);
void ccid_name_reader(struct ccid_reader *r);

/* hub.lock not held. */
void *ccid_attendant(void *reader);
void ccid_hub_unref(struct ccid_hub *hub);
int ccid_connect(struct ssc_driver *d, const char *reader, bool exclusive, struct ssc_channel **out,
                 int64_t deadline);
struct ccid_hub *ccid_hub_of(struct ssc_driver *d);
void ccid_slot_name(const struct ccid_reader *r, unsigned slot, char out[SSC_READER_NAME_MAX]);

#endif
