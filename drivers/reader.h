/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader interface. A driver knows readers; a channel is a powered card in one of them. PC/SC, direct
 * USB, the simulator, recordings and the fuzzers are implementations of the two tables of function pointers
 * below; nothing above this room knows which one it talks to.
 *
 * Deadlines are absolute CLOCK_MONOTONIC milliseconds. Every call returns by its deadline (within 50 ms),
 * whatever the hardware does: a call that cannot be interrupted is left behind in the driver, the channel
 * becomes wedged, and every further call on it answers SSC_E_READER_WEDGED at once until the hardware has
 * returned.
 *
 * Threads: a driver may be used from several threads; one channel belongs to one thread at a time.
 */
#ifndef SSC_DRIVERS_READER_H
#define SSC_DRIVERS_READER_H

#include "apdu/atr.h"
#include "apdu/error.h"
#include "apdu/transmit.h"

#define SSC_READER_NAME_MAX 128u
#define SSC_READERS_MAX 64u

int64_t ssc_now_ms(void); /* CLOCK_MONOTONIC */
static inline int64_t ssc_deadline(int64_t ms)
{
    return ssc_now_ms() + ms;
}

enum ssc_slot {
    SSC_SLOT_EMPTY,
    SSC_SLOT_CARD, /* a card that answered its reset, or has not been powered yet */
    SSC_SLOT_MUTE, /* a card that does not answer */
    SSC_SLOT_GONE, /* reader listed, but cannot be used at the moment */
};
enum ssc_medium { SSC_MEDIUM_CONTACT, SSC_MEDIUM_CONTACTLESS, SSC_MEDIUM_SAM };

/* One slot of one reader, as seen at one moment. */
struct ssc_reader_state {
    char name[SSC_READER_NAME_MAX]; /* UTF-8, unique within the driver, stable over replug where the hardware
                                       allows */
    enum ssc_slot slot;
    enum ssc_medium medium; /* best knowledge: PC/SC gives it only by name and ATR */
    bool in_use;            /* another program holds the card exclusively */
    bool pin_pad;
    uint32_t insertions;      /* grows with every insertion; equal means the same card never left */
    uint8_t atr[SSC_ATR_MAX]; /* empty when not known yet */
    size_t atr_len;
};

/* PC/SC part 10: a PIN typed on the reader's own keypad, filled into `apdu` by the reader. */
enum ssc_feature {
    SSC_FEATURE_PIN_VERIFY = 1u << 0,
    SSC_FEATURE_PIN_MODIFY = 1u << 1,
    SSC_FEATURE_DISPLAY = 1u << 2,
};
struct ssc_pin_entry {
    bool modify;         /* false: VERIFY; true: CHANGE, with old PIN and new PIN twice */
    const uint8_t *apdu; /* template: header, Lc, data field filled with FF where the PIN goes */
    size_t apdu_len;
    uint8_t min_digits, max_digits;
    uint8_t old_offset, new_offset; /* byte offsets in the data field */
    uint8_t pin_bytes;              /* room for one PIN in the data field, BCD */
    unsigned timeout_s;             /* for the holder */
};

enum ssc_reset { SSC_RESET_WARM, SSC_RESET_COLD };

struct ssc_channel;
struct ssc_driver;

/* How one exchange went; given to the tap. Bytes are the raw ones, secrets included: whoever taps must
 * redact. */
struct ssc_exchange {
    const uint8_t *tx, *rx;
    size_t tx_len, rx_len;
    int result;               /* 0 or ssc_error */
    int64_t start_us, end_us; /* CLOCK_MONOTONIC */
};
typedef void ssc_tap(void *ctx, const struct ssc_exchange *exchange);

struct ssc_channel_ops {
    /* Raw exchange; rx_len: capacity in, length out, status word included, never less than 2 on success. */
    int (*transmit)(struct ssc_channel *ch, const uint8_t *tx, size_t tx_len, uint8_t *rx, size_t *rx_len,
                    int64_t deadline);
    /* Reader command (PC/SC SCardControl code, vendor escape); SSC_E_NOT_SUPPORTED where there is none. */
    int (*control)(struct ssc_channel *ch, uint32_t code, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                   size_t *rx_len, int64_t deadline);
    /* The PIN pad; rx gets the card's answer. SSC_E_PIN_CANCELLED, SSC_E_PIN_TIMEOUT, SSC_E_NO_PIN_PAD. */
    int (*pin_entry)(struct ssc_channel *ch, const struct ssc_pin_entry *entry, uint8_t *rx, size_t *rx_len,
                     int64_t deadline);
    int (*reset)(struct ssc_channel *ch, enum ssc_reset how, int64_t deadline); /* refreshes ch->atr */
    /* Keeps every other program off the card between begin and end; nests not. */
    int (*begin)(struct ssc_channel *ch, int64_t deadline);
    int (*end)(struct ssc_channel *ch, int64_t deadline);
    void (*close)(struct ssc_channel *ch, bool power_down); /* never blocks; frees the channel's own part */
};

/* Head of every channel; implementations embed it as their first member. */
struct ssc_channel {
    const struct ssc_channel_ops *ops;
    char reader[SSC_READER_NAME_MAX];
    struct ssc_atr atr;
    enum ssc_protocol protocol;
    unsigned features; /* enum ssc_feature */
    bool extended_length;
    _Atomic bool wedged; /* the driver's own threads may take it back */
    bool out_of_step;    /* see ssc_channel_out_of_step */
    ssc_tap *tap;
    void *tap_ctx;
    uint64_t exchanges, bytes_out, bytes_in;
    uint64_t wire_us; /* modelled wire time so far, where the driver has a model; 0 elsewhere */
};

struct ssc_driver_ops {
    const char *name; /* "pcsc", "sim", "replay", "ccid" */
    /* Snapshot. *count: capacity in, number out (SSC_E_BUFFER_TOO_SMALL: number needed). No reader is not an
     * error. */
    int (*list)(struct ssc_driver *d, struct ssc_reader_state *out, size_t *count, int64_t deadline);
    /* Sleeps until something differs from what `list` returned when *version was learnt (0: returns at once),
     * then updates *version. SSC_E_DEADLINE_EXCEEDED: nothing changed. SSC_E_CANCELLED: ssc_driver_wake was
     * called. SSC_E_NO_SERVICE is returned at most once per outage; the driver goes on looking for the
     * service meanwhile. */
    int (*watch)(struct ssc_driver *d, uint64_t *version, int64_t deadline);
    void (*wake)(struct ssc_driver *d); /* any thread, async */
    int (*connect)(struct ssc_driver *d, const char *reader, bool exclusive, struct ssc_channel **out,
                   int64_t deadline);
    void (*free)(struct ssc_driver *d);
};
struct ssc_driver {
    const struct ssc_driver_ops *ops;
};

/* ---- what everybody calls ---- */
int ssc_driver_list(struct ssc_driver *d, struct ssc_reader_state *out, size_t *count, int64_t deadline);
int ssc_driver_watch(struct ssc_driver *d, uint64_t *version, int64_t deadline);
void ssc_driver_wake(struct ssc_driver *d);
void ssc_driver_free(struct ssc_driver **d);

/* Powers the card and takes its answer to reset. SSC_E_READER_NOT_FOUND, _NO_CARD, _CARD_MUTE, _READER_BUSY,
 * _PROTOCOL_MISMATCH, _READER_WEDGED, _NO_SERVICE, _DEADLINE_EXCEEDED. */
int ssc_channel_open(struct ssc_driver *d, const char *reader, bool exclusive, struct ssc_channel **out,
                     int64_t deadline);
void ssc_channel_close(struct ssc_channel **ch, bool power_down);
int ssc_channel_transmit(struct ssc_channel *ch, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                         size_t *rx_len, int64_t deadline);
int ssc_channel_control(struct ssc_channel *ch, uint32_t code, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                        size_t *rx_len, int64_t deadline);
int ssc_channel_pin_entry(struct ssc_channel *ch, const struct ssc_pin_entry *entry, uint8_t *rx,
                          size_t *rx_len, int64_t deadline);
int ssc_channel_reset(struct ssc_channel *ch, enum ssc_reset how, int64_t deadline);
int ssc_channel_begin(struct ssc_channel *ch, int64_t deadline);
int ssc_channel_end(struct ssc_channel *ch, int64_t deadline);
/* Something was begun on this channel and nobody knows how it ended, or its card is another one or gone: what
 * the caller knows of the card is not to be relied on. Noted by the calls above where it happens, whatever
 * error the caller makes of it; a reset that succeeds takes it back. */
bool ssc_channel_out_of_step(const struct ssc_channel *ch);
/* Called for every exchange that passes; NULL takes it off. */
void ssc_channel_tap(struct ssc_channel *ch, ssc_tap *tap, void *ctx);
/* The link for apdu/transmit.h; borrows the channel. */
struct ssc_link ssc_channel_link(struct ssc_channel *ch);

#endif
