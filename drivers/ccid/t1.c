/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ccid/t1.h"

#include <string.h>

#include "apdu/error.h"

enum {
    NAD = 0,
    PCB = 1,
    LEN = 2,
    INF = 3,
    PROLOGUE = 3,
    TRIES = 3, /* clause 11.6.3.2 rule 7.4 */
};

/* PCB, clause 11.3.2.2. */
enum {
    I_NS = 0x40,
    I_MORE = 0x20,
    I_RESERVED = 0x1F,
    R_BLOCK = 0x80,
    R_NR = 0x10,
    R_RESERVED = 0x2C,
    R_EDC_ERROR = 1,
    R_OTHER_ERROR = 2,
    KIND = 0xC0,
    KIND_R = 0x80,
    KIND_S = 0xC0,
    S_RESPONSE = 0x20,
    S_RESYNCH = 0xC0,
    S_IFS = 0xC1,
    S_ABORT = 0xC2,
    S_WTX = 0xC3,
};

/* ISO/IEC 13239, as cards use it: polynomial 1021 reflected, from FFFF, high byte first. */
static uint16_t crc16(const uint8_t *data, size_t len)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc & 1 ? crc >> 1 ^ 0x8408u : crc >> 1;
        }
    }
    return (uint16_t)crc;
}

static uint8_t lrc(const uint8_t *data, size_t len)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum ^= data[i];
    }
    return sum;
}

size_t ssc_t1_block(uint8_t *out, uint8_t nad, uint8_t pcb, const uint8_t *inf, size_t len, bool crc)
{
    size_t at = PROLOGUE + len;
    out[NAD] = nad;
    out[PCB] = pcb;
    out[LEN] = (uint8_t)len;
    if (len > 0) {
        memmove(out + INF, inf, len);
    }
    if (crc) {
        const uint16_t sum = crc16(out, at);
        out[at++] = (uint8_t)(sum >> 8);
        out[at++] = (uint8_t)sum;
    } else {
        out[at] = lrc(out, at);
        at++;
    }
    return at;
}

bool ssc_t1_block_is_sound(const uint8_t *block, size_t len, bool crc)
{
    const size_t epilogue = crc ? 2 : 1;
    bool sound =
        len >= PROLOGUE + epilogue && block[LEN] <= SSC_T1_INF_MAX && len == PROLOGUE + block[LEN] + epilogue;
    if (sound && crc) {
        const uint16_t sum = crc16(block, len - 2);
        sound = block[len - 2] == sum >> 8 && block[len - 1] == (sum & 0xFF);
    } else if (sound) {
        sound = lrc(block, len) == 0;
    }
    return sound;
}

static void put(struct ssc_t1 *t, unsigned pcb, const uint8_t *inf, size_t len)
{
    t->tx_len = ssc_t1_block(t->tx, t->config.nad, (uint8_t)pcb, inf, len, t->config.crc);
}

/* The piece of the command that the card has not acknowledged yet. */
static void put_i(struct ssc_t1 *t)
{
    const size_t left = t->command_len - t->command_at;
    const size_t room = t->ifsc < t->config.cap ? t->ifsc : t->config.cap;
    const bool more = left > room;
    t->chunk = more ? room : left;
    t->last_left = t->last_left || !more;
    put(t, (t->ns ? I_NS : 0u) | (more ? I_MORE : 0u), t->command + t->command_at, t->chunk);
}

static void put_r(struct ssc_t1 *t, unsigned error)
{
    put(t, R_BLOCK | (t->nr ? R_NR : 0u) | error, NULL, 0);
}

static void put_resynch(struct ssc_t1 *t)
{
    t->phase = SSC_T1_RESYNCH;
    put(t, S_RESYNCH, NULL, 0);
}

int ssc_t1_init(struct ssc_t1 *t, const struct ssc_t1_config *config)
{
    const bool sound = config->ifsc >= 1 && config->ifsc <= SSC_T1_INF_MAX && config->cap >= 1 &&
                       config->cap <= SSC_T1_INF_MAX;
    *t = (struct ssc_t1){.config = *config, .ifsc = config->ifsc, .done = true};
    return sound ? 0 : SSC_E_INVALID_ARGUMENT;
}

static void start_command(struct ssc_t1 *t)
{
    t->phase = SSC_T1_SENDING;
    t->command_at = 0;
    t->answer_len = 0;
    t->last_left = false;
    put_i(t);
}

int ssc_t1_begin(struct ssc_t1 *t, const uint8_t *command, size_t len, uint8_t *answer, size_t cap)
{
    int rc = t->dead ? SSC_E_READER_IO : len == 0 ? SSC_E_INVALID_ARGUMENT : 0;
    if (rc == 0) {
        t->command = command;
        t->command_len = len;
        t->answer = answer;
        t->answer_cap = cap;
        t->answer_len = 0;
        t->last_left = false;
        t->done = false;
        t->invalid = 0;
        t->wtx = 0;
        if (t->out_of_step) {
            put_resynch(t);
        } else {
            start_command(t);
        }
    }
    return rc;
}

int ssc_t1_begin_ifs(struct ssc_t1 *t, unsigned ifsd)
{
    const uint8_t size = (uint8_t)ifsd;
    int rc = t->dead ? SSC_E_READER_IO : ifsd < 1 || ifsd > SSC_T1_INF_MAX ? SSC_E_INVALID_ARGUMENT : 0;
    if (rc == 0) {
        t->phase = SSC_T1_IFS;
        t->ifsd_wanted = ifsd;
        t->command_len = 0;
        t->last_left = false;
        t->done = false;
        t->invalid = 0;
        t->wtx = 0;
        put(t, S_IFS, &size, 1);
    }
    return rc;
}

void ssc_t1_give_up(struct ssc_t1 *t)
{
    t->out_of_step = true;
    t->done = true;
}

void ssc_t1_take_back(struct ssc_t1 *t)
{
    t->done = true;
}

static int fail(struct ssc_t1 *t, int error)
{
    ssc_t1_give_up(t);
    return error;
}

/* Nothing valid came (rule 7). */
static int invalid(struct ssc_t1 *t, unsigned kind)
{
    int rc = 0;
    t->invalid++;
    t->retries++;
    if (t->phase == SSC_T1_ABORTED) {
        rc = fail(t, SSC_E_READER_IO);
    } else if (t->invalid < TRIES && (t->phase == SSC_T1_RESYNCH || t->phase == SSC_T1_IFS)) {
        t->wtx = 0; /* the request stands in tx and is repeated (rule 7.3) */
        if (t->phase == SSC_T1_RESYNCH) {
            put_resynch(t);
        } else {
            const uint8_t size = (uint8_t)t->ifsd_wanted;
            put(t, S_IFS, &size, 1);
        }
    } else if (t->invalid < TRIES) {
        put_r(t, kind); /* rules 7.1 and 7.2 */
    } else if (t->phase == SSC_T1_IFS && t->started) {
        t->done = true; /* a card that does not know IFS keeps to 32 bytes */
    } else if (t->phase == SSC_T1_RESYNCH || !t->started) {
        t->dead = true; /* rules 7.4.1 and 6.4: only a reset helps */
        rc = fail(t, SSC_E_READER_IO);
    } else {
        t->invalid = 0; /* rule 7.4.2 */
        t->resyncs++;
        put_resynch(t);
    }
    return rc;
}

static int take_i(struct ssc_t1 *t, const uint8_t *block)
{
    const uint8_t ns = (block[PCB] & I_NS) ? 1 : 0;
    const bool more = (block[PCB] & I_MORE) != 0;
    const size_t len = block[LEN];
    const bool in_turn = t->phase == SSC_T1_RECEIVING ||
                         (t->phase == SSC_T1_SENDING && t->command_at + t->chunk == t->command_len);
    int rc = 0;
    if (!in_turn || ns != t->nr || (block[PCB] & I_RESERVED) || (more && len == 0)) {
        rc = invalid(t, R_OTHER_ERROR);
    } else if (len > t->answer_cap - t->answer_len) {
        rc = fail(t, SSC_E_CARD_MISBEHAVES);
    } else {
        if (t->phase == SSC_T1_SENDING) { /* an I-block acknowledges the last one of the other side */
            t->ns ^= 1;
            t->command_at = t->command_len;
            t->phase = SSC_T1_RECEIVING;
        }
        memcpy(t->answer + t->answer_len, block + INF, len);
        t->answer_len += len;
        t->nr ^= 1;
        t->invalid = 0;
        t->done = !more;
        put_r(t, 0);
    }
    return rc;
}

static int take_r(struct ssc_t1 *t, const uint8_t *block)
{
    const uint8_t nr = (block[PCB] & R_NR) ? 1 : 0;
    const bool more = t->command_at + t->chunk < t->command_len;
    int rc = 0;
    if (block[LEN] != 0 || (block[PCB] & R_RESERVED) || t->phase == SSC_T1_RESYNCH ||
        t->phase == SSC_T1_IFS) {
        rc = invalid(t, R_OTHER_ERROR);
    } else if (t->phase == SSC_T1_SENDING && nr != t->ns && more) {
        t->ns ^= 1;
        t->command_at += t->chunk;
        t->invalid = 0;
        put_i(t);
    } else if (t->phase == SSC_T1_SENDING && nr != t->ns) {
        rc = invalid(t, R_OTHER_ERROR); /* acknowledges what needs none */
    } else {
        /* The card asks for the last block again: a piece of the command, or our acknowledgement. Asked too
         * often it is as good as silent. */
        rc = invalid(t, 0);
        if (rc == 0 && !t->done && t->phase == SSC_T1_SENDING) {
            put_i(t);
        }
    }
    return rc;
}

static int resynched(struct ssc_t1 *t)
{
    int rc = 0;
    t->ns = t->nr = 0;
    t->ifsc = t->config.ifsc;
    t->invalid = 0;
    t->out_of_step = false;
    if (t->last_left) {
        t->done = true;
        rc = SSC_E_READER_IO;
    } else {
        start_command(t);
    }
    return rc;
}

static int take_s(struct ssc_t1 *t, const uint8_t *block)
{
    const uint8_t pcb = block[PCB], len = block[LEN], value = len == 1 ? block[INF] : 0;
    int rc = 0;
    if (t->phase == SSC_T1_RESYNCH) {
        /* Rule 6: nothing else counts until the card agrees. */
        rc = pcb == (S_RESYNCH | S_RESPONSE) && len == 0 ? resynched(t) : invalid(t, R_OTHER_ERROR);
    } else if (t->phase == SSC_T1_IFS && pcb == (S_IFS | S_RESPONSE) && len == 1 && value == t->ifsd_wanted) {
        t->done = true;
    } else if (pcb == S_WTX && len == 1) {
        t->wtx = value ? value : 1;
        t->wtx_seen++;
        t->invalid = 0;
        put(t, S_WTX | S_RESPONSE, &value, 1);
    } else if (pcb == S_IFS && value >= 1 && value <= SSC_T1_INF_MAX) {
        t->ifsc = value;
        t->invalid = 0;
        put(t, S_IFS | S_RESPONSE, &value, 1);
    } else if (pcb == S_ABORT && len == 0 && t->phase != SSC_T1_IFS) {
        t->phase = SSC_T1_ABORTED;
        put(t, S_ABORT | S_RESPONSE, NULL, 0);
    } else {
        rc = invalid(t, R_OTHER_ERROR);
    }
    return rc;
}

int ssc_t1_take(struct ssc_t1 *t, const uint8_t *block, size_t len)
{
    const uint8_t swapped = (uint8_t)(t->config.nad << 4 | t->config.nad >> 4);
    int rc;
    t->wtx = 0;
    if (t->done) {
        rc = SSC_E_INVALID_ARGUMENT;
    } else if (!ssc_t1_block_is_sound(block, len, t->config.crc)) {
        rc = invalid(t, len == 0 ? R_OTHER_ERROR : R_EDC_ERROR);
    } else if (block[NAD] != swapped) {
        rc = invalid(t, R_OTHER_ERROR);
    } else if (t->phase == SSC_T1_ABORTED) {
        rc = fail(t, SSC_E_READER_IO);
    } else {
        t->started = true;
        if ((block[PCB] & KIND) == KIND_S) {
            rc = take_s(t, block);
        } else if ((block[PCB] & KIND) == KIND_R) {
            rc = take_r(t, block);
        } else {
            rc = take_i(t, block);
        }
    }
    return rc;
}
