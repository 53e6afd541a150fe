/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/ifd/slot.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* What a T=0 reader waits for a card at 9600 baud: 960 * WI * etu, ISO/IEC 7816-3 clause 10.2. */
#define WAITING_TIME_MS 1000

int ssc_ifd_slot_path(const struct ssc_ifd_slot *slot, const char *suffix, char *out, size_t cap)
{
    const int n = snprintf(out, cap, "%s/card%u.%s", slot->folder, slot->number, suffix);
    return n > 0 && (size_t)n < cap ? 0 : SSC_E_BUFFER_TOO_SMALL;
}

bool ssc_ifd_slot_text(const struct ssc_ifd_slot *slot, const char *suffix, char *out, size_t cap)
{
    char path[PATH_MAX];
    int fd = ssc_ifd_slot_path(slot, suffix, path, sizeof path) == 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t n = fd >= 0 ? read(fd, out, cap - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    if (n >= 0) {
        out[n] = '\0';
    }
    if (n > 0 && out[n - 1] == '\n') {
        out[n - 1] = '\0';
    }
    return n >= 0;
}

unsigned ssc_ifd_slot_count(const char *folder)
{
    char path[PATH_MAX], digit = '1';
    const int n = snprintf(path, sizeof path, "%s/slots", folder);
    const int fd = n > 0 && (size_t)n < sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        digit = read(fd, &digit, 1) == 1 ? digit : '1';
        close(fd);
    }
    return digit >= '1' && digit <= '0' + (char)SSC_IFD_SLOTS_MAX ? (unsigned)(digit - '0') : 1;
}

int ssc_ifd_slot_open(struct ssc_ifd_slot *slot, const char *folder, unsigned number)
{
    int rc = strlen(folder) < sizeof slot->folder ? 0 : SSC_E_INVALID_ARGUMENT;
    if (rc == 0) {
        pthread_mutex_init(&slot->lock, NULL);
        snprintf(slot->folder, sizeof slot->folder, "%s", folder);
        slot->number = number;
        slot->folder_events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        slot->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        slot->open = true;
        if (slot->folder_events < 0 || slot->wake < 0 ||
            inotify_add_watch(slot->folder_events, folder,
                              IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO) < 0) {
            ssc_ifd_slot_close(slot);
            rc = SSC_E_IO;
        }
    }
    return rc;
}

/* Lock held. */
static void let_go(struct ssc_ifd_slot *slot)
{
    ssc_sim_card_free(&slot->card);
    slot->occupied = false;
    slot->powered = false;
    slot->atr_len = 0;
}

void ssc_ifd_slot_close(struct ssc_ifd_slot *slot)
{
    if (slot->open) {
        let_go(slot);
        if (slot->folder_events >= 0) {
            close(slot->folder_events);
        }
        if (slot->wake >= 0) {
            close(slot->wake);
        }
        pthread_mutex_destroy(&slot->lock);
        memset(slot, 0, sizeof *slot);
    }
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    /* A new file may get the inode of the one that was just removed; the time tells them apart. */
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Lock held. An image that cannot be used is a card that does not answer. */
static void take_in(struct ssc_ifd_slot *slot, const char *path, const struct stat *identity)
{
    char image[PATH_MAX], why[200] = "no such file";
    const int rc = realpath(path, image) ? ssc_sim_card_load(image, &slot->card, why) : SSC_E_IO;
    if (rc != 0) {
        syslog(LOG_WARNING, "%s: %s", path, why);
        slot->card = NULL;
    }
    slot->occupied = true;
    slot->identity = *identity;
}

/* Lock held. */
static bool look(struct ssc_ifd_slot *slot)
{
    char path[PATH_MAX];
    struct stat now;
    const bool there = ssc_ifd_slot_path(slot, "json", path, sizeof path) == 0 && lstat(path, &now) == 0;
    if (slot->occupied && !there) {
        let_go(slot);
    } else if (slot->occupied && !same_file(&now, &slot->identity)) {
        /* Another card: pcscd must see the slot empty in between. */
        let_go(slot);
        ssc_ifd_slot_wake(slot);
    } else if (there && !slot->occupied) {
        take_in(slot, path, &now);
    }
    return slot->occupied && !(slot->card && ssc_sim_card_torn(slot->card));
}

bool ssc_ifd_slot_present(struct ssc_ifd_slot *slot)
{
    pthread_mutex_lock(&slot->lock);
    const bool present = look(slot);
    pthread_mutex_unlock(&slot->lock);
    return present;
}

int ssc_ifd_slot_power_up(struct ssc_ifd_slot *slot, enum ssc_reset how)
{
    pthread_mutex_lock(&slot->lock);
    int rc = look(slot) ? 0 : SSC_E_NO_CARD;
    if (rc == 0) {
        slot->atr_len = sizeof slot->atr;
        rc = slot->card ? ssc_sim_card_reset(slot->card, how, slot->atr, &slot->atr_len) : SSC_E_CARD_MUTE;
    }
    slot->powered = rc == 0;
    slot->atr_len = rc == 0 ? slot->atr_len : 0;
    pthread_mutex_unlock(&slot->lock);
    return rc;
}

void ssc_ifd_slot_power_down(struct ssc_ifd_slot *slot)
{
    pthread_mutex_lock(&slot->lock);
    if (slot->card) {
        ssc_sim_card_power_off(slot->card);
    }
    slot->powered = false;
    slot->atr_len = 0;
    pthread_mutex_unlock(&slot->lock);
}

/* Lock held. A plain image has just been renamed over by the card itself: still the same card. */
static void know_own_write(struct ssc_ifd_slot *slot)
{
    char path[PATH_MAX];
    struct stat now;
    if (!S_ISLNK(slot->identity.st_mode) && ssc_ifd_slot_path(slot, "json", path, sizeof path) == 0 &&
        lstat(path, &now) == 0) {
        slot->identity = now;
    }
}

int ssc_ifd_slot_apdu(struct ssc_ifd_slot *slot, bool real_time, const uint8_t *tx, size_t tx_len,
                      uint8_t *rx, size_t *rx_len)
{
    struct timespec until;
    uint64_t wire_us = 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    pthread_mutex_lock(&slot->lock);
    int rc = look(slot) ? 0 : SSC_E_CARD_REMOVED;
    if (rc == 0 && !(slot->powered && slot->card)) {
        rc = SSC_E_CARD_MUTE;
    }
    if (rc == 0) {
        wire_us = ssc_sim_card_wire_us(slot->card);
        rc = ssc_sim_card_apdu(slot->card, tx, tx_len, rx, rx_len, ssc_deadline(WAITING_TIME_MS));
        wire_us = ssc_sim_card_wire_us(slot->card) - wire_us;
        know_own_write(slot);
        if (ssc_sim_card_torn(slot->card)) {
            ssc_ifd_slot_wake(slot);
        }
    }
    pthread_mutex_unlock(&slot->lock);
    if (real_time) {
        until.tv_nsec += (long)(wire_us % 1000000) * 1000;
        until.tv_sec += (time_t)(wire_us / 1000000) + until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    }
    return rc;
}

int ssc_ifd_slot_sleep(struct ssc_ifd_slot *slot, int timeout_ms)
{
    struct pollfd fds[2] = {{.fd = slot->folder_events, .events = POLLIN},
                            {.fd = slot->wake, .events = POLLIN}};
    char events[4096];
    uint64_t times;
    int rc = poll(fds, 2, timeout_ms) >= 0 ? 0 : SSC_E_IO;
    if (rc == 0 && fds[0].revents && read(slot->folder_events, events, sizeof events) < 0) {
        rc = SSC_E_IO;
    }
    if (rc == 0 && fds[1].revents && read(slot->wake, &times, sizeof times) < 0) {
        rc = SSC_E_IO;
    }
    return rc;
}

void ssc_ifd_slot_wake(struct ssc_ifd_slot *slot)
{
    const uint64_t one = 1;
    if (write(slot->wake, &one, sizeof one) < 0) { /* full: it is awake already */
        return;
    }
}
