/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor: one thread per driver that keeps the hub's picture of the readers. It sleeps in
 * SCardGetStatusChange while pcscd is there and in inotify on the folder of pcscd's socket while it is not.
 */
#include "drivers/pcsc_internal.h"

#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define PNP_READER "\\\\?PnP?\\Notification"
#define DEFAULT_SOCKET "/run/pcscd/pcscd.comm"

enum {
    RETRY_FIRST_MS = 10,
    RETRY_LAST_MS = 1000, /* then inotify alone, where the folder can be watched */
    SETTLE_MS = 500,      /* see wait_for_change */
};

/* ---- what a reader is, from the little that PC/SC says ---- */

static bool is_word_end(char c)
{
    return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

static bool has_word(const char *name, const char *word)
{
    bool found = false;
    for (const char *p = strstr(name, word); p && !found; p = strstr(p + 1, word)) {
        found = (p == name || is_word_end(p[-1])) && is_word_end(p[strlen(word)]);
    }
    return found;
}

static enum ssc_medium medium_of(const char *name, const uint8_t *atr, size_t atr_len)
{
    static const struct {
        const char *word;
        enum ssc_medium medium;
    } words[] = {
        {"SAM", SSC_MEDIUM_SAM},
        {"PSAM", SSC_MEDIUM_SAM},
        {"Contactless", SSC_MEDIUM_CONTACTLESS},
        {"contactless", SSC_MEDIUM_CONTACTLESS},
        {"CONTACTLESS", SSC_MEDIUM_CONTACTLESS},
        {"PICC", SSC_MEDIUM_CONTACTLESS},
        {"NFC", SSC_MEDIUM_CONTACTLESS},
        {"RFID", SSC_MEDIUM_CONTACTLESS},
        {"CL", SSC_MEDIUM_CONTACTLESS},
    };
    enum ssc_medium medium = SSC_MEDIUM_CONTACT;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (has_word(name, words[i].word)) {
            medium = words[i].medium;
            break;
        }
    }
    /* 3B 8n 80 01: the ATR that PC/SC part 3 makes up for a contactless card. A SAM slot has contacts,
     * whatever the card in it says. */
    if (medium != SSC_MEDIUM_SAM && atr_len >= 4 && atr[0] == 0x3B && (atr[1] & 0xF0) == 0x80 &&
        atr[2] == 0x80 && atr[3] == 0x01) {
        medium = SSC_MEDIUM_CONTACTLESS;
    }
    return medium;
}

static enum ssc_slot slot_of(DWORD state)
{
    enum ssc_slot slot = SSC_SLOT_EMPTY;
    if (state & (SCARD_STATE_UNAVAILABLE | SCARD_STATE_UNKNOWN)) {
        slot = SSC_SLOT_GONE;
    } else if (state & SCARD_STATE_MUTE) {
        slot = SSC_SLOT_MUTE;
    } else if (state & SCARD_STATE_PRESENT) {
        slot = SSC_SLOT_CARD;
    }
    return slot;
}

/* Everything but what only the hub knows: insertions, pin_pad. */
void ssc_pcsc_reader_describe(struct ssc_reader_state *out, const SCARD_READERSTATE *seen)
{
    *out = (struct ssc_reader_state){0};
    ssc_pcsc_name_show(seen->szReader, out->name);
    out->slot = slot_of(seen->dwEventState);
    out->in_use = (seen->dwEventState & SCARD_STATE_EXCLUSIVE) != 0;
    if (out->slot == SSC_SLOT_CARD && seen->cbAtr <= sizeof out->atr) {
        out->atr_len = seen->cbAtr;
        memcpy(out->atr, seen->rgbAtr, out->atr_len);
    }
    out->medium = medium_of(out->name, out->atr, out->atr_len);
}

/* ---- the picture ---- */

/* What the monitor itself works with. */
struct look {
    SCARDCONTEXT context;
    char names[SSC_READERS_MAX][SSC_READER_NAME_MAX]; /* raw */
    SCARD_READERSTATE states[SSC_READERS_MAX + 1];    /* the last one asks for new readers */
    size_t count;
};

static struct ssc_pcsc_reader *find(struct ssc_pcsc_reader *readers, size_t count, const char *name)
{
    struct ssc_pcsc_reader *found = NULL;
    for (size_t i = 0; i < count && !found; i++) {
        if (strcmp(readers[i].state.name, name) == 0) {
            found = &readers[i];
        }
    }
    return found;
}

/* hub.lock held. An exclusive channel of this driver is no other program. */
static bool held_by_us(const struct ssc_pcsc_hub *hub, const char *reader)
{
    bool held = false;
    for (const struct ssc_pcsc_worker *w = hub->workers; w && !held; w = w->next) {
        held = w->exclusive && strcmp(w->reader, reader) == 0;
    }
    return held;
}

/* hub.lock held. pcscd counts per reader and per life of its own; the hub counts once for all, so that an
 * equal number really means the same card. */
static void add_insertions(struct ssc_pcsc_hub *hub, struct ssc_pcsc_reader *now,
                           const struct ssc_pcsc_reader *was)
{
    const bool same =
        was && was->event_state >> SSC_PCSC_EVENT_SHIFT == now->event_state >> SSC_PCSC_EVENT_SHIFT;
    now->state.insertions = same ? was->state.insertions : ++hub->insertions;
    now->state.pin_pad = was && was->state.pin_pad;
}

static void publish(struct ssc_pcsc_hub *hub, const struct look *look)
{
    struct ssc_pcsc_reader fresh[SSC_READERS_MAX];
    memset(fresh, 0, sizeof fresh); /* compared as bytes below */
    pthread_mutex_lock(&hub->lock);
    bool differs = !hub->service || hub->version == 0 || look->count != hub->count;
    for (size_t i = 0; i < look->count; i++) {
        ssc_pcsc_reader_describe(&fresh[i].state, &look->states[i]);
        memcpy(fresh[i].raw, look->names[i], sizeof fresh[i].raw);
        fresh[i].event_state = look->states[i].dwEventState;
        fresh[i].state.in_use = fresh[i].state.in_use && !held_by_us(hub, fresh[i].state.name);
        add_insertions(hub, &fresh[i],
                       hub->service ? find(hub->readers, hub->count, fresh[i].state.name) : NULL);
        differs = differs || memcmp(&fresh[i].state, &hub->readers[i].state, sizeof fresh[i].state) != 0;
    }
    memcpy(hub->readers, fresh, sizeof fresh);
    hub->count = look->count;
    hub->service = true;
    if (differs) {
        hub->version++;
        pthread_cond_broadcast(&hub->changed);
    }
    pthread_mutex_unlock(&hub->lock);
}

static void publish_outage(struct ssc_pcsc_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    if (hub->service || hub->version == 0) {
        hub->service = false;
        hub->count = 0;
        hub->version++;
        pthread_cond_broadcast(&hub->changed);
    }
    pthread_mutex_unlock(&hub->lock);
}

static bool stopping(struct ssc_pcsc_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    const bool stop = hub->stopping;
    pthread_mutex_unlock(&hub->lock);
    return stop;
}

/* ---- while pcscd is there ---- */

/* Names into look->names; states of readers that were known before stay, so that nothing is told twice. */
static LONG take_names(struct look *look)
{
    char *list = NULL;
    DWORD len = SCARD_AUTOALLOCATE;
    LONG rv = SCardListReaders(look->context, NULL, (char *)&list, &len);
    const char *name = rv == SCARD_S_SUCCESS ? list : "";
    struct look before = *look;
    look->count = 0;
    for (; *name && look->count < SSC_READERS_MAX; name += strlen(name) + 1) {
        DWORD known = SCARD_STATE_UNAWARE;
        for (size_t i = 0; i < before.count; i++) {
            if (strcmp(before.names[i], name) == 0) {
                known = before.states[i].dwCurrentState;
            }
        }
        snprintf(look->names[look->count], sizeof look->names[0], "%s", name);
        look->states[look->count] = (SCARD_READERSTATE){.dwCurrentState = known};
        look->count++;
    }
    for (size_t i = 0; i < look->count; i++) {
        look->states[i].szReader = look->names[i];
    }
    look->states[look->count] = (SCARD_READERSTATE){.szReader = PNP_READER};
    if (list) {
        SCardFreeMemory(look->context, list);
    }
    return rv == SCARD_E_NO_READERS_AVAILABLE ? SCARD_S_SUCCESS : rv;
}

/* libpcsclite learns how many readers there are when the wait begins: one that came between take_names and
 * the wait is not told. Readers come in bursts (the slots of one device), so after every change of the list
 * one short wait goes before the endless one. */
static LONG wait_for_change(struct look *look, bool settled)
{
    return SCardGetStatusChange(look->context, settled ? INFINITE : SETTLE_MS, look->states,
                                (DWORD)look->count + 1);
}

static void accept_states(struct look *look)
{
    for (size_t i = 0; i < look->count; i++) {
        look->states[i].dwCurrentState = look->states[i].dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
    }
}

static bool list_changed(const struct look *look)
{
    bool changed = (look->states[look->count].dwEventState & SCARD_STATE_CHANGED) != 0;
    for (size_t i = 0; i < look->count && !changed; i++) {
        changed = (look->states[i].dwEventState & (SCARD_STATE_UNKNOWN | SCARD_STATE_IGNORE)) != 0;
    }
    return changed;
}

/* Until pcscd goes away or the driver is freed. */
static void follow(struct ssc_pcsc_hub *hub, struct look *look)
{
    LONG rv = SCARD_S_SUCCESS;
    bool relist = true, settled = false;
    while (rv == SCARD_S_SUCCESS && !stopping(hub)) {
        if (relist) {
            rv = take_names(look);
            if (rv == SCARD_S_SUCCESS) {
                /* Timeout 0: what is there now; SCARD_E_TIMEOUT means nothing new. */
                rv = SCardGetStatusChange(look->context, 0, look->states, (DWORD)look->count);
            }
            relist = rv == SCARD_E_UNKNOWN_READER; /* pulled between the two calls */
        } else {
            rv = wait_for_change(look, settled);
            relist =
                rv == SCARD_E_UNKNOWN_READER || (rv == SCARD_E_TIMEOUT && !settled) || list_changed(look);
            settled = rv == SCARD_E_TIMEOUT || (settled && !relist);
        }
        if (!relist && (rv == SCARD_S_SUCCESS || rv == SCARD_E_TIMEOUT)) {
            publish(hub, look);
            accept_states(look);
        }
        if (rv == SCARD_E_TIMEOUT || rv == SCARD_E_UNKNOWN_READER) {
            rv = SCARD_S_SUCCESS;
        }
    }
}

/* ---- while pcscd is not there ---- */

/* Watches the folder in which pcscd's socket will appear; -1 where that is not possible. */
static int watch_folder(void)
{
    const char *named = getenv("PCSCLITE_CSOCK_NAME");
    char path[PATH_MAX];
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    snprintf(path, sizeof path, "%s", named ? named : DEFAULT_SOCKET);
    if (fd >= 0 && inotify_add_watch(fd, dirname(path), IN_CREATE | IN_MOVED_TO | IN_ATTRIB) < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Sleeps until it is worth another attempt. *pause grows with every vain one and begins anew with every
 * event. */
static void wait_for_service(struct ssc_pcsc_hub *hub, int folder, int *pause)
{
    struct pollfd fds[2] = {{.fd = hub->stop_fd, .events = POLLIN}, {.fd = folder, .events = POLLIN}};
    const bool tell_me = folder >= 0 && *pause > RETRY_LAST_MS;
    char events[4096];
    poll(fds, 2, tell_me ? -1 : *pause);
    *pause = *pause > RETRY_LAST_MS ? *pause : *pause * 2;
    if (folder >= 0 && fds[1].revents && read(folder, events, sizeof events) > 0) {
        *pause = RETRY_FIRST_MS;
    }
}

static bool find_service(struct ssc_pcsc_hub *hub, SCARDCONTEXT *context)
{
    /* Watched before the first attempt, or a socket that appears in between would be missed. */
    const int folder = watch_folder();
    int pause = RETRY_FIRST_MS;
    bool found = false;
    while (!found && !stopping(hub)) {
        found = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, context) == SCARD_S_SUCCESS;
        if (!found) {
            publish_outage(hub);
            wait_for_service(hub, folder, &pause);
        }
    }
    if (folder >= 0) {
        close(folder);
    }
    return found;
}

static void set_context(struct ssc_pcsc_hub *hub, SCARDCONTEXT context)
{
    pthread_mutex_lock(&hub->lock);
    hub->monitor_context = context;
    pthread_mutex_unlock(&hub->lock);
}

void *ssc_pcsc_monitor(void *arg)
{
    struct ssc_pcsc_hub *hub = arg;
    struct look *look = calloc(1, sizeof *look);
    while (look && !stopping(hub) && find_service(hub, &look->context)) {
        look->count = 0;
        set_context(hub, look->context);
        follow(hub, look);
        /* A context never recovers from the end of its pcscd: release it, establish another. */
        set_context(hub, 0);
        SCardReleaseContext(look->context);
        if (!stopping(hub)) {
            publish_outage(hub);
        }
    }
    free(look);
    pthread_mutex_lock(&hub->lock);
    hub->monitor_alive = false;
    pthread_cond_broadcast(&hub->changed);
    pthread_mutex_unlock(&hub->lock);
    ssc_pcsc_hub_unref(hub);
    return NULL;
}
