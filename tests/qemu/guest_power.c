/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the guest: guest_power VENDOR:PRODUCT. Takes the reader's power or its interface away in every way that
 * the kernel knows, while our driver holds a card in it, and says in one line each how long the driver took
 * to come back.
 */
#include "drivers/ccid/ccid.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { SOON = 3000, BACK_MS = 10000, IDLE_MS = 1500, SLICE_MS = 20, IN_THE_CALL_MS = 200, AT_ONCE_MS = 1000 };

#define DEVICES "/sys/bus/usb/devices"

static char port[32]; /* "1-1" */

static void nap(long ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static int put(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (!done) {
        printf("@@ %s: %m\n", path);
    }
    if (fd >= 0) {
        close(fd);
    }
    return done ? 0 : -1;
}

static void attribute(char out[160], const char *device, const char *name)
{
    snprintf(out, 160, DEVICES "/%s/%s", device, name);
}

static void get(const char *device, const char *name, char out[32])
{
    char path[160];
    attribute(path, device, name);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd >= 0 ? read(fd, out, 31) : 0;
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    if (fd >= 0) {
        close(fd);
    }
}

static int set(const char *name, const char *text)
{
    char path[160];
    attribute(path, port, name);
    return put(path, text);
}

static bool find(const char *id)
{
    DIR *dir = opendir(DEVICES);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e && !port[0]; e = readdir(dir)) {
        char vendor[32], product[32], both[72];
        get(e->d_name, "idVendor", vendor);
        get(e->d_name, "idProduct", product);
        snprintf(both, sizeof both, "%s:%s", vendor, product);
        if (strcmp(both, id) == 0) {
            snprintf(port, sizeof port, "%.31s", e->d_name);
        }
    }
    if (dir) {
        closedir(dir);
    }
    return port[0] != '\0';
}

/* ---- what happens to readers ---- */

static int reset_by_another(void)
{
    char bus[32], address[32], node[96];
    get(port, "busnum", bus);
    get(port, "devnum", address);
    snprintf(node, sizeof node, "/dev/bus/usb/%03d/%03d", atoi(bus), atoi(address));
    const int fd = open(node, O_WRONLY | O_CLOEXEC);
    const int rc = fd >= 0 ? ioctl(fd, USBDEVFS_RESET, 0) : -1;
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

static int forbidden_and_allowed(void)
{
    int rc = set("authorized", "0");
    nap(IDLE_MS / 3);
    return rc == 0 ? set("authorized", "1") : rc;
}

/* The root hub lets go of everything and finds it again: other addresses. */
static int replugged(void)
{
    char hub[40];
    snprintf(hub, sizeof hub, "%.*s-0:1.0", (int)strcspn(port, "-"), port);
    int rc = put("/sys/bus/usb/drivers/hub/unbind", hub);
    nap(IDLE_MS / 3);
    return rc == 0 ? put("/sys/bus/usb/drivers/hub/bind", hub) : rc;
}

/* All devices go to sleep and come back, only the processor stays awake. */
static int slept(void)
{
    int rc = put("/sys/module/suspend/parameters/pm_test_delay", "1");
    rc = rc == 0 ? put("/sys/power/pm_test", "devices") : rc;
    return rc == 0 ? put("/sys/power/state", "freeze") : rc;
}

static const struct {
    const char *name;
    int (*happen)(void);
} HAPPENINGS[] = {
    {"reset by another program", reset_by_another},
    {"forbidden and allowed", forbidden_and_allowed},
    {"replugged to another address", replugged},
    {"slept", slept},
};

/* ---- the driver ---- */

static int challenge(struct ssc_channel *ch)
{
    static const uint8_t tx[] = {0x00, 0x84, 0x00, 0x00, 0x08};
    uint8_t rx[SSC_RESPONSE_SHORT];
    size_t len = sizeof rx;
    return ssc_channel_transmit(ch, tx, sizeof tx, rx, &len, ssc_deadline(SOON));
}

/* The reader at our port, as soon as its card can be used. */
static struct ssc_channel *open_card(struct ssc_driver *driver)
{
    const int64_t deadline = ssc_deadline(BACK_MS);
    struct ssc_channel *ch = NULL;
    char place[40];
    snprintf(place, sizeof place, "(%.31s) 0", port);
    while (!ch && ssc_now_ms() < deadline) {
        struct ssc_reader_state states[SSC_READERS_MAX];
        size_t count = SSC_READERS_MAX;
        count = ssc_driver_list(driver, states, &count, deadline) == 0 ? count : 0;
        for (size_t i = 0; i < count && !ch; i++) {
            if (strstr(states[i].name, place) && states[i].slot == SSC_SLOT_CARD) {
                ssc_channel_open(driver, states[i].name, false, &ch, deadline);
            }
        }
        if (!ch || challenge(ch) != 0) {
            ssc_channel_close(&ch, true);
            nap(SLICE_MS);
        }
    }
    return ch;
}

static void comes_back(struct ssc_driver *driver, size_t i)
{
    struct ssc_channel *ch = open_card(driver);
    char address[2][32];
    get(port, "devnum", address[0]);
    const int happened = ch ? HAPPENINGS[i].happen() : -1;
    const int64_t start = ssc_now_ms();
    const int old = ch ? challenge(ch) : 0;
    struct ssc_channel *fresh = happened == 0 ? open_card(driver) : NULL;
    const int again = ch ? challenge(ch) : 0;
    const bool fine = fresh && old < 0 && again < 0;
    printf("@@ %s %s: the old card %d, a new one after %d ms, the old one then %d\n",
           fine ? "back" : "failed", HAPPENINGS[i].name, old, (int)(ssc_now_ms() - start), again);
    ssc_channel_close(&ch, true);
    ssc_channel_close(&fresh, true);
}

static void *reset_soon(void *none)
{
    nap(IN_THE_CALL_MS);
    reset_by_another();
    return none;
}

/* Whoever waits for an answer that the reset has made it forget is told at once, not at the deadline. */
static void reset_in_an_exchange(struct ssc_driver *driver)
{
    static const uint8_t unanswered[] = {0x80, 0xDD, 0x00, 0x00};
    struct ssc_channel *ch = open_card(driver), *fresh = NULL;
    uint8_t rx[SSC_RESPONSE_SHORT];
    size_t len = sizeof rx;
    pthread_t thread;
    const int64_t start = ssc_now_ms();
    const bool begun = ch && pthread_create(&thread, NULL, reset_soon, NULL) == 0;
    const int rc =
        begun ? ssc_channel_transmit(ch, unanswered, sizeof unanswered, rx, &len, ssc_deadline(BACK_MS)) : 0;
    const int64_t took = ssc_now_ms() - start;
    if (begun) {
        pthread_join(thread, NULL);
        fresh = open_card(driver);
    }
    printf("@@ %s reset in an exchange: %d after %d ms\n",
           fresh && rc == SSC_E_READER_REMOVED && took < AT_ONCE_MS ? "back" : "failed", rc, (int)took);
    ssc_channel_close(&ch, true);
    ssc_channel_close(&fresh, true);
}

static bool reaches(const char *status)
{
    const int64_t deadline = ssc_deadline(BACK_MS);
    char now[32] = "";
    while (strcmp(now, status) != 0 && ssc_now_ms() < deadline) {
        get(port, "power/runtime_status", now);
        nap(SLICE_MS);
    }
    return strcmp(now, status) == 0;
}

/* An idle reader sleeps, wakes when the driver takes it, and stays awake as long as the driver has it. */
static void wakes_up(void)
{
    struct ssc_driver *driver = NULL;
    struct ssc_channel *ch = NULL;
    char status[32] = "";
    set("power/autosuspend_delay_ms", "0");
    set("power/control", "auto");
    bool fine = reaches("suspended") && ssc_ccid_driver_new(NULL, &driver) == 0;
    ch = fine ? open_card(driver) : NULL;
    nap(ch ? IDLE_MS : 0);
    get(port, "power/runtime_status", status);
    fine = ch && strcmp(status, "active") == 0 && challenge(ch) == 0;
    ssc_channel_close(&ch, true);
    ssc_driver_free(&driver);
    fine = fine && reaches("suspended");
    printf("@@ %s autosuspend\n", fine ? "back" : "failed");
    set("power/control", "on");
}

int main(int argc, char **argv)
{
    struct ssc_driver *driver = NULL;
    int rc = argc == 2 && find(argv[1]) ? 0 : SSC_E_READER_NOT_FOUND;
    if (rc == 0) {
        wakes_up();
        rc = ssc_ccid_driver_new(NULL, &driver);
    }
    for (size_t i = 0; i < sizeof HAPPENINGS / sizeof HAPPENINGS[0] && rc == 0; i++) {
        comes_back(driver, i);
    }
    if (rc == 0) {
        reset_in_an_exchange(driver);
    }
    ssc_driver_free(&driver);
    return rc == 0 ? 0 : 1;
}
