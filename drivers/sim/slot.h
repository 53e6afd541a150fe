/* SPDX-License-Identifier: Apache-2.0 */
/* Slots of the simulated readers: shared by the driver and its channels. Everything here is under the
 * driver's lock, except the card of a slot that is `busy`, which belongs to the thread that transmits. */
#ifndef SSC_DRIVERS_SIM_SLOT_H
#define SSC_DRIVERS_SIM_SLOT_H

#include "drivers/sim/card.h"

#include <pthread.h>

enum { SIM_TYPED = 40 };

struct sim_driver;
struct sim_reader {
    struct sim_driver *driver;
    char name[SSC_READER_NAME_MAX];
    enum ssc_medium medium;
    bool pin_pad;
    char typed[SIM_TYPED];     /* "123456", for a change "old/new"; "" cancels */
    struct ssc_sim_card *card; /* stays when the card is taken out: it may come back */
    bool plugged, present, mute;
    bool busy;    /* a channel works with the card */
    bool leaving; /* whoever waits inside the card must come out */
    uint32_t insertions;
    unsigned resets;
    unsigned channels;
    bool exclusive;
    const void *holder; /* the channel between begin and end */
};

struct sim_driver {
    struct ssc_driver base;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t version;
    bool woken;
    bool real_time;
    size_t count;
    struct sim_reader reader[]; /* fixed when the driver is made */
};

/* With the lock held. */
struct sim_reader *sim_reader_find(struct sim_driver *d, const char *name);
void sim_take_out(struct sim_reader *r); /* the card leaves; waits for the channel that uses it */
int sim_put_in(struct sim_reader *r, const char *image,
               char why[200]); /* NULL: the card that was there before */
/* False: the moment has come. */
bool sim_sleep(struct sim_driver *d, int64_t until_ms);

/* channel.c; takes the lock itself */
int sim_channel_connect(struct ssc_driver *d, const char *reader, bool exclusive, struct ssc_channel **out,
                        int64_t deadline);

#endif
