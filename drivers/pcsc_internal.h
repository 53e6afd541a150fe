/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the PC/SC driver; nothing outside drivers/pcsc*.c includes it.
 *
 * SCardTransmit, SCardConnect and SCardBeginTransaction have no timeout and cannot be cancelled: a card that
 * never answers keeps them for as long as it likes. So every call into libpcsclite is made on a thread that
 * nobody has to wait for: one monitor per driver (what readers are there) and one worker per channel, each
 * with a context of its own, because libpcsclite serialises the calls of one context. A caller waits for its
 * worker until the deadline and no longer. What a late call still writes to belongs to the worker and dies
 * with the last reference.
 *
 * Locks: hub.lock and worker.lock are never held together, and neither is held across a call into
 * libpcsclite.
 */
#ifndef SSC_DRIVERS_PCSC_INTERNAL_H
#define SSC_DRIVERS_PCSC_INTERNAL_H

#include "drivers/pcsc.h"
#include "drivers/wait.h"

#include <stdatomic.h>
#include <winscard.h>
#include <reader.h> /* after winscard.h, whose types it uses */

enum { SSC_PCSC_EVENT_SHIFT = 16 }; /* of dwEventState: how often a card came or went */

/* One reader, as the monitor saw it last. */
struct ssc_pcsc_reader {
    struct ssc_reader_state state;
    char raw[SSC_READER_NAME_MAX]; /* what pcscd calls it; state.name is what everybody else does */
    DWORD event_state;             /* what SCardGetStatusChange is told to compare with */
};

/* What driver, monitor and workers share; lives until the last of them is gone. */
struct ssc_pcsc_hub {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* CLOCK_MONOTONIC: anything below differs */
    unsigned refs;
    bool stopping, woken;
    bool monitor_alive;
    bool service;     /* pcscd answers */
    uint64_t version; /* 0: the monitor has not looked yet */
    uint32_t insertions;
    struct ssc_pcsc_reader readers[SSC_READERS_MAX];
    size_t count;
    SCARDCONTEXT monitor_context; /* 0 when there is none; for SCardCancel */
    int stop_fd;                  /* eventfd: ends the wait for an absent pcscd */
    struct ssc_pcsc_worker *workers;
};

struct ssc_pcsc_worker;
struct ssc_pcsc_hub *ssc_pcsc_hub_ref(struct ssc_pcsc_hub *hub);
void ssc_pcsc_hub_unref(struct ssc_pcsc_hub *hub);
void *ssc_pcsc_monitor(void *hub);
/* Notes which card the worker is about to connect to, and what pcscd calls its reader; later: whether the
 * reader has still got that card. */
void ssc_pcsc_hub_note_card(struct ssc_pcsc_worker *w);
bool ssc_pcsc_hub_same_card(struct ssc_pcsc_worker *w);
/* A reader's name as UTF-8. A byte that belongs to no character becomes U+FFFD; a mark made of the whole raw
 * name then keeps names apart that look alike, wherever and in whatever order they are seen. */
void ssc_pcsc_name_show(const char *raw, char shown[SSC_READER_NAME_MAX]);
void ssc_pcsc_reader_describe(struct ssc_reader_state *out, const SCARD_READERSTATE *seen);

/* A detached thread with every signal blocked: signals belong to the program, SIGPIPE to nobody. */
int ssc_pcsc_thread(void *(*body)(void *), void *arg);

enum ssc_pcsc_job {
    SSC_PCSC_IDLE,
    SSC_PCSC_OPEN,
    SSC_PCSC_TRANSMIT,
    SSC_PCSC_CONTROL,
    SSC_PCSC_RESET,
    SSC_PCSC_BEGIN,
    SSC_PCSC_END,
    SSC_PCSC_CLOSE,
};

/* What the rest of the driver needs to know of a worker that it does not own. */
enum ssc_pcsc_standing {
    SSC_PCSC_LIVE,
    SSC_PCSC_CLOSING, /* ends soon */
    SSC_PCSC_STUCK,   /* in a call that overran its deadline */
    SSC_PCSC_WAITING, /* the same, but the call waits for another program's transaction */
};

/* Control codes of PC/SC part 10; 0 = the reader has not got the feature. */
struct ssc_pcsc_features {
    DWORD verify, modify, tlv_properties, display;
};

struct ssc_pcsc_worker {
    struct ssc_pcsc_worker *next; /* hub.lock */
    struct ssc_pcsc_hub *hub;
    char reader[SSC_READER_NAME_MAX], raw[SSC_READER_NAME_MAX]; /* as shown; for pcscd */
    bool exclusive;
    /* pcscd's counter of comings and goings that mean this card is still there: as it was shown when the
     * channel was opened, and one more if the insertion was still to be shown. */
    bool events_known;
    DWORD events, events_next;
    _Atomic enum ssc_pcsc_standing standing;

    pthread_mutex_t lock;
    pthread_cond_t wanted, done; /* a job for the thread; its end, for the caller */
    unsigned refs;               /* channel and thread */
    struct ssc_channel *channel; /* NULL once closed */
    enum ssc_pcsc_job job;       /* SSC_PCSC_IDLE: none under way */
    bool abandoned;              /* nobody waits for the job any more */
    bool power_down;
    int result;

    /* From here on the thread's while a job is under way, the caller's otherwise. */
    SCARDCONTEXT context;
    SCARDHANDLE card;
    bool has_context, has_card, in_transaction;
    DWORD protocol; /* SCARD_PROTOCOL_T0, _T1 */
    int dead;       /* why the handle will never be good again, 0 while it is */
    struct ssc_pcsc_features features;
    bool has_display, extended_length;
    uint8_t atr[SSC_ATR_MAX];
    size_t atr_len;
    enum ssc_reset how;
    uint32_t code;
    size_t tx_len, rx_len;
    uint8_t tx[MAX_BUFFER_SIZE_EXTENDED];
    uint8_t rx[MAX_BUFFER_SIZE_EXTENDED];
};

/* One reference, the channel's; the thread takes another. */
int ssc_pcsc_worker_new(struct ssc_pcsc_hub *hub, const char *reader, bool exclusive,
                        struct ssc_pcsc_worker **out);
int ssc_pcsc_worker_start(struct ssc_pcsc_worker *w, struct ssc_channel *channel);
/* Runs a job whose parameters are already in the worker; SSC_E_DEADLINE_EXCEEDED leaves it running. */
int ssc_pcsc_worker_run(struct ssc_pcsc_worker *w, enum ssc_pcsc_job job, int64_t deadline);
/* Gives the channel's reference back; the thread disconnects as soon as it can. Never blocks. */
void ssc_pcsc_worker_close(struct ssc_pcsc_worker *w, bool power_down);
/* The job itself, on the worker's thread. */
int ssc_pcsc_job_do(struct ssc_pcsc_worker *w, enum ssc_pcsc_job job);

int ssc_pcsc_channel_open(struct ssc_pcsc_hub *hub, const char *reader, bool exclusive,
                          struct ssc_channel **out, int64_t deadline);

/* Part 10: features of the connected reader. */
void ssc_pcsc_features_read(struct ssc_pcsc_worker *w);
void ssc_pcsc_features_parse(const uint8_t *tlv, size_t len, struct ssc_pcsc_features *out);

#endif
