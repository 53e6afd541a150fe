/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/replay.h"

#include "apdu/sw.h"
#include "drivers/replay_internal.h"
#include "drivers/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORDING_BYTES_MAX (16u * 1024 * 1024)

struct replay_driver {
    struct ssc_driver base;
    struct ssc_recording recording;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned channels;
    bool exclusive;
    bool woken;
    const struct ssc_channel *owner; /* between begin and end */
};

struct replay_channel {
    struct ssc_channel base;
    struct replay_driver *driver;
    size_t *given; /* per exchange that is the first with its command: how many answers it has given */
    size_t next;   /* behind the exchange that was played last */
};

enum { HEADER_AND_LC = 5, INS_GET_RESPONSE = 0xC0 };

/* ---- channel ---- */

/* Locks the driver once no other channel is in a transaction. */
static int lock_card(struct replay_channel *ch, int64_t deadline)
{
    struct replay_driver *d = ch->driver;
    bool in_time = ssc_now_ms() < deadline;
    pthread_mutex_lock(&d->lock);
    while (in_time && d->owner && d->owner != &ch->base) {
        in_time = ssc_cond_wait(&d->changed, &d->lock, deadline);
    }
    return in_time ? 0 : SSC_E_DEADLINE_EXCEEDED;
}

static uint16_t otherwise(const struct ssc_recording *rec, const uint8_t *tx, size_t tx_len)
{
    uint16_t sw = SSC_SW_INS;
    int best = -1;
    for (size_t i = 0; i < rec->rules_count; i++) {
        const struct ssc_recorded_rule *rule = &rec->rules[i];
        const bool meant = (rule->cla < 0 || (tx_len > 0 && rule->cla == tx[0])) &&
                           (rule->ins < 0 || (tx_len > 1 && rule->ins == tx[1]));
        const int weight = (rule->cla >= 0) + (rule->ins >= 0); /* the more particular rule wins */
        if (meant && weight > best) {
            best = weight;
            sw = rule->sw;
        }
    }
    return sw;
}

static bool same(const struct ssc_recorded_exchange *e, const uint8_t *tx, size_t tx_len)
{
    return e->tx_len == tx_len && memcmp(e->tx, tx, e->overwritten ? HEADER_AND_LC : tx_len) == 0;
}

/* The answer whose turn it is; NULL when the command was not recorded. */
static const struct ssc_recorded_exchange *recall(struct replay_channel *ch, const uint8_t *tx, size_t tx_len)
{
    const struct ssc_recording *rec = &ch->driver->recording;
    size_t found = rec->count, first = rec->count, turn = 0;
    if (tx_len > 1 && tx[1] == INS_GET_RESPONSE && ch->next < rec->count &&
        same(&rec->exchanges[ch->next], tx, tx_len)) {
        found = ch->next;
    } else {
        for (size_t i = 0; i < rec->count && (found == rec->count || turn <= ch->given[first]); i++) {
            if (same(&rec->exchanges[i], tx, tx_len)) {
                first = found == rec->count ? i : first;
                found = i;
                turn++;
            }
        }
    }
    if (first < rec->count) {
        ch->given[first]++;
    }
    ch->next = found < rec->count ? found + 1 : ch->next;
    return found < rec->count ? &rec->exchanges[found] : NULL;
}

/* Data and Le. Logs of T=0 cards, and many of contactless ones, were written without that Le. */
static bool is_case_4(const uint8_t *tx, size_t tx_len)
{
    return tx_len > 5 && tx[4] != 0 && tx_len == 6u + tx[4];
}

static int replay_transmit(struct ssc_channel *base, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                           size_t *rx_len, int64_t deadline)
{
    struct replay_channel *ch = (struct replay_channel *)base;
    int rc = lock_card(ch, deadline);
    if (rc == 0) {
        uint8_t sw[2];
        ssc_put16(sw, otherwise(&ch->driver->recording, tx, tx_len));
        const struct ssc_recorded_exchange *e = recall(ch, tx, tx_len);
        if (!e && is_case_4(tx, tx_len)) {
            e = recall(ch, tx, tx_len - 1);
        }
        const uint8_t *answer = e ? e->rx : sw;
        const size_t len = e ? e->rx_len : sizeof sw;
        rc = len > *rx_len ? SSC_E_BUFFER_TOO_SMALL : 0;
        if (rc == 0) {
            memcpy(rx, answer, len);
        }
        *rx_len = len;
    }
    pthread_mutex_unlock(&ch->driver->lock);
    return rc;
}

static int replay_control(struct ssc_channel *ch, uint32_t code, const uint8_t *tx, size_t tx_len,
                          uint8_t *rx, size_t *rx_len, int64_t deadline)
{
    (void)ch, (void)code, (void)tx, (void)tx_len, (void)rx, (void)deadline;
    *rx_len = 0;
    return SSC_E_NOT_SUPPORTED;
}

static int replay_pin_entry(struct ssc_channel *ch, const struct ssc_pin_entry *entry, uint8_t *rx,
                            size_t *rx_len, int64_t deadline)
{
    (void)ch, (void)entry, (void)rx, (void)deadline;
    *rx_len = 0;
    return SSC_E_NO_PIN_PAD;
}

static int replay_reset(struct ssc_channel *base, enum ssc_reset how, int64_t deadline)
{
    struct replay_channel *ch = (struct replay_channel *)base;
    (void)how;
    const int rc = lock_card(ch, deadline);
    pthread_mutex_unlock(&ch->driver->lock);
    return rc;
}

static int replay_begin(struct ssc_channel *base, int64_t deadline)
{
    struct replay_channel *ch = (struct replay_channel *)base;
    const int rc = lock_card(ch, deadline);
    if (rc == 0) {
        ch->driver->owner = base;
    }
    pthread_mutex_unlock(&ch->driver->lock);
    return rc;
}

/* Lock held. */
static void let_go(struct replay_channel *ch)
{
    if (ch->driver->owner == &ch->base) {
        ch->driver->owner = NULL;
        pthread_cond_broadcast(&ch->driver->changed);
    }
}

static int replay_end(struct ssc_channel *base, int64_t deadline)
{
    struct replay_channel *ch = (struct replay_channel *)base;
    (void)deadline;
    pthread_mutex_lock(&ch->driver->lock);
    let_go(ch);
    pthread_mutex_unlock(&ch->driver->lock);
    return 0;
}

static void replay_close(struct ssc_channel *base, bool power_down)
{
    struct replay_channel *ch = (struct replay_channel *)base;
    (void)power_down;
    pthread_mutex_lock(&ch->driver->lock);
    let_go(ch);
    ch->driver->channels--;
    ch->driver->exclusive = false;
    pthread_mutex_unlock(&ch->driver->lock);
    free(ch->given);
    free(ch);
}

static const struct ssc_channel_ops channel_ops = {
    .transmit = replay_transmit,
    .control = replay_control,
    .pin_entry = replay_pin_entry,
    .reset = replay_reset,
    .begin = replay_begin,
    .end = replay_end,
    .close = replay_close,
};

/* ---- driver ---- */

static int replay_list(struct ssc_driver *base, struct ssc_reader_state *out, size_t *count, int64_t deadline)
{
    struct replay_driver *d = (struct replay_driver *)base;
    const int rc = *count < 1 ? SSC_E_BUFFER_TOO_SMALL : 0;
    (void)deadline;
    if (rc == 0) {
        *out = (struct ssc_reader_state){
            .slot = SSC_SLOT_CARD,
            .medium = d->recording.medium,
            .insertions = 1,
            .atr_len = d->recording.atr.raw_len,
        };
        memcpy(out->name, d->recording.reader, sizeof out->name);
        memcpy(out->atr, d->recording.atr.raw, out->atr_len);
    }
    *count = 1;
    return rc;
}

/* A recording never changes. */
static int replay_watch(struct ssc_driver *base, uint64_t *version, int64_t deadline)
{
    struct replay_driver *d = (struct replay_driver *)base;
    bool in_time = true;
    int rc = 0;
    pthread_mutex_lock(&d->lock);
    while (*version != 0 && !d->woken && in_time) {
        in_time = ssc_cond_wait(&d->changed, &d->lock, deadline);
    }
    if (d->woken) {
        d->woken = false;
        rc = SSC_E_CANCELLED;
    } else if (*version != 0) {
        rc = SSC_E_DEADLINE_EXCEEDED;
    } else {
        *version = 1;
    }
    pthread_mutex_unlock(&d->lock);
    return rc;
}

static void replay_wake(struct ssc_driver *base)
{
    struct replay_driver *d = (struct replay_driver *)base;
    pthread_mutex_lock(&d->lock);
    d->woken = true;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

static int admit(struct replay_driver *d, bool exclusive)
{
    pthread_mutex_lock(&d->lock);
    const bool busy = d->exclusive || (exclusive && d->channels > 0);
    if (!busy) {
        d->channels++;
        d->exclusive = exclusive;
    }
    pthread_mutex_unlock(&d->lock);
    return busy ? SSC_E_READER_BUSY : 0;
}

static int replay_connect(struct ssc_driver *base, const char *reader, bool exclusive,
                          struct ssc_channel **out, int64_t deadline)
{
    struct replay_driver *d = (struct replay_driver *)base;
    const struct ssc_atr *atr = &d->recording.atr;
    const int rc_name = strcmp(reader, d->recording.reader) == 0 ? 0 : SSC_E_READER_NOT_FOUND;
    struct replay_channel *ch = calloc(1, sizeof *ch);
    size_t *given = calloc(d->recording.count + 1, sizeof *given);
    int rc = ch && given ? rc_name : SSC_E_OUT_OF_MEMORY;
    (void)deadline;
    if (rc == 0) {
        rc = admit(d, exclusive);
    }
    if (rc == 0) {
        ch->base.ops = &channel_ops;
        memcpy(ch->base.reader, d->recording.reader, sizeof ch->base.reader);
        ch->base.atr = *atr;
        ch->base.protocol = atr->contactless ? SSC_TCL : atr->first_protocol == 1 ? SSC_T1 : SSC_T0;
        ch->driver = d;
        ch->given = given;
        *out = &ch->base;
    } else {
        free(given);
        free(ch);
    }
    return rc;
}

static void replay_free(struct ssc_driver *base)
{
    struct replay_driver *d = (struct replay_driver *)base;
    ssc_recording_free(&d->recording);
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

static const struct ssc_driver_ops driver_ops = {
    .name = "replay",
    .list = replay_list,
    .watch = replay_watch,
    .wake = replay_wake,
    .connect = replay_connect,
    .free = replay_free,
};

int ssc_replay_driver_parse(const char *text, size_t len, struct ssc_driver **out, unsigned *bad_line)
{
    struct replay_driver *d = calloc(1, sizeof *d);
    int rc = d ? ssc_cond_init(&d->changed) : SSC_E_OUT_OF_MEMORY;
    *out = NULL;
    if (rc == 0) {
        pthread_mutex_init(&d->lock, NULL);
        d->base.ops = &driver_ops;
        rc = ssc_recording_parse(&d->recording, text, len, bad_line);
        if (rc == 0) {
            *out = &d->base;
        } else {
            replay_free(&d->base);
        }
    } else {
        free(d);
    }
    return rc;
}

/* A file on a disk: opening a pipe or a device could wait for ever. */
static int open_recording(const char *path, FILE **out)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const bool absent = fd < 0 && (errno == ENOENT || errno == ENOTDIR);
    struct stat st;
    FILE *file = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
    if (fd >= 0 && !file) {
        close(fd);
    }
    *out = file;
    return file ? 0 : absent ? SSC_E_FILE_MISSING : SSC_E_IO;
}

static void explain(const char *path, int rc, size_t len, unsigned line, char why[200])
{
    const int shown = 150;
    if (rc != SSC_E_IMAGE_INVALID) {
        snprintf(why, 200, "%.*s", shown, path);
    } else if (line > 0) {
        snprintf(why, 200, "%.*s:%u", shown, path, line);
    } else {
        snprintf(why, 200, "%.*s: %s", shown, path,
                 len == 0                     ? "empty"
                 : len >= RECORDING_BYTES_MAX ? "longer than 16 MiB"
                                              : "no line \"atr\"");
    }
}

int ssc_replay_driver_new(const char *path, struct ssc_driver **out, char why[200])
{
    FILE *file = NULL;
    char *text = NULL;
    size_t len = 0, room = 0;
    unsigned bad_line = 0;
    int rc = open_recording(path, &file);
    *out = NULL;
    while (rc == 0 && !feof(file)) {
        if (len == room) {
            room = room ? 2 * room : 16384;
            char *more = room <= RECORDING_BYTES_MAX ? realloc(text, room) : NULL;
            rc = more ? 0 : room > RECORDING_BYTES_MAX ? SSC_E_IMAGE_INVALID : SSC_E_OUT_OF_MEMORY;
            text = more ? more : text;
        }
        if (rc == 0) {
            len += fread(text + len, 1, room - len, file);
            rc = ferror(file) ? SSC_E_IO : 0;
        }
    }
    if (rc == 0) {
        rc = ssc_replay_driver_parse(text, len, out, &bad_line);
    }
    if (rc != 0 && why) {
        explain(path, rc, len, bad_line, why);
    }
    free(text);
    if (file) {
        fclose(file);
    }
    return rc;
}
