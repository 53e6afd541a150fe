/* SPDX-License-Identifier: Apache-2.0 */
/*
 * T=1 as the interface device speaks it (ISO/IEC 7816-3:2006 clause 11), as a state machine without I/O:
 *
 *     rc = ssc_t1_begin(&t, apdu, len, answer, capacity);
 *     while (rc == 0 && !t.done) {
 *         send t.tx[0 .. t.tx_len); wait as long as the block waiting time, times t.wtx if that is not 0;
 *         rc = ssc_t1_take(&t, block, block_len);      block_len 0: nothing came, or a parity error
 *     }
 *
 * A command whose last block has left may have been executed. It is therefore never sent anew after a
 * resynchronisation: block numbers, which protect a repeated block, start from 0 there, and a debit would be
 * executed twice. Repeating a block under its own number is safe and is done.
 *
 * There is no limit on the time that the card may ask for: the caller's deadline is the limit.
 */
#ifndef SSC_DRIVERS_CCID_T1_H
#define SSC_DRIVERS_CCID_T1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSC_T1_INF_MAX 254u
#define SSC_T1_BLOCK_MAX (3u + SSC_T1_INF_MAX + 2u)

struct ssc_t1_config {
    unsigned ifsc; /* what the card takes in one block, from the ATR; 1 .. 254 */
    unsigned cap;  /* what the link takes in one block's information field; 1 .. 254 */
    bool crc;      /* else LRC */
    uint8_t nad;
};

enum ssc_t1_phase { SSC_T1_SENDING, SSC_T1_RECEIVING, SSC_T1_IFS, SSC_T1_RESYNCH, SSC_T1_ABORTED };

struct ssc_t1 {
    struct ssc_t1_config config;
    /* what the caller reads */
    bool done;
    bool dead;   /* the card must be reset before anything else is said to it */
    uint8_t wtx; /* multiplier of the waiting time for this block; 0: as usual */
    uint8_t tx[SSC_T1_BLOCK_MAX];
    size_t tx_len;
    size_t answer_len;                   /* when done */
    unsigned retries, resyncs, wtx_seen; /* totals, for whoever judges a contact */
    /* private */
    enum ssc_t1_phase phase;
    unsigned ifsc; /* as announced last */
    unsigned ifsd_wanted;
    uint8_t ns, nr;
    unsigned invalid; /* successive invalid blocks */
    bool started;     /* the card has said something valid since its reset */
    bool out_of_step; /* the next command begins with a resynchronisation */
    bool last_left;   /* the command is complete on the wire */
    const uint8_t *command;
    size_t command_len, command_at, chunk;
    uint8_t *answer;
    size_t answer_cap;
};

/* After a reset. SSC_E_INVALID_ARGUMENT: a size of 0 or beyond 254. */
int ssc_t1_init(struct ssc_t1 *t, const struct ssc_t1_config *config);
/* Begins a command; both buffers are borrowed until done. SSC_E_INVALID_ARGUMENT: empty.
 * SSC_E_READER_IO: dead. */
int ssc_t1_begin(struct ssc_t1 *t, const uint8_t *command, size_t len, uint8_t *answer, size_t cap);
/* Begins S(IFS request): what this side takes in one block. A card that refuses keeps its default of 32. */
int ssc_t1_begin_ifs(struct ssc_t1 *t, unsigned ifsd);
/* Takes the card's block. 0: look at done, else send tx. Ends with SSC_E_READER_IO (three tries failed, or
 * the card aborted; whether it executed the command is not known), SSC_E_CARD_MISBEHAVES (more than the
 * answer's capacity). The next command begins with a resynchronisation then. */
int ssc_t1_take(struct ssc_t1 *t, const uint8_t *block, size_t len);
/* The caller gives up (deadline): the next command begins with a resynchronisation. */
void ssc_t1_give_up(struct ssc_t1 *t);
/* The command that ssc_t1_begin has prepared never left (the holder cancelled the PIN): nothing has happened.
 */
void ssc_t1_take_back(struct ssc_t1 *t);

/* One block, for the peer in tests. Returns its length. */
size_t ssc_t1_block(uint8_t *out, uint8_t nad, uint8_t pcb, const uint8_t *inf, size_t len, bool crc);
/* Whether lengths and check bytes hold. */
bool ssc_t1_block_is_sound(const uint8_t *block, size_t len, bool crc);

#endif
