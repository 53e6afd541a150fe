/* SPDX-License-Identifier: Apache-2.0 */
/* ICC_Reader_*: arguments, handles, codes. What a terminal does stands in terminal.c. */
#include "middleware/shim/ssse32/ssse32.h"

#include "middleware/shim/ssse32/terminal.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>
#include <unistd.h>

#define HANDLES 32
#define INDEX_BITS 5
#define GENERATIONS (1u << 25) /* a handle fits 31 bits */

/* The published interface has numbers where a pointer is wanted, so there must be a table behind them. owner
 * is looked at before the lock is touched: in a forked child another thread of the parent may hold it for
 * ever. */
static struct seat {
    _Atomic pid_t owner; /* 0: free */
    pthread_mutex_t lock;
    unsigned generation;
    struct terminal *terminal;
} seats[HANDLES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_locks(void)
{
    for (size_t i = 0; i < HANDLES; i++) {
        pthread_mutex_init(&seats[i].lock, NULL);
    }
}

static struct seat *free_seat(size_t *index)
{
    struct seat *found = NULL;
    pthread_once(&once, make_locks);
    for (size_t i = 0; i < HANDLES && !found; i++) {
        pid_t nobody = 0;
        if (atomic_compare_exchange_strong(&seats[i].owner, &nobody, getpid())) {
            found = &seats[i];
            *index = i;
        }
    }
    return found;
}

/* Locked, or NULL. */
static struct seat *take(long handle)
{
    const size_t index = (size_t)handle % HANDLES;
    struct seat *s = handle >= 0 ? &seats[index] : NULL;
    if (s && atomic_load(&s->owner) == getpid()) {
        pthread_mutex_lock(&s->lock);
        if (!s->terminal || handle >> INDEX_BITS != (long)s->generation) {
            pthread_mutex_unlock(&s->lock);
            s = NULL;
        }
    } else {
        s = NULL;
    }
    return s;
}

static long give_back(struct seat *s, long result)
{
    pthread_mutex_unlock(&s->lock);
    return result;
}

/* "AUTO": 0; "USBn", "COMn", "LPTn": n; -1 anything else. */
static int port_of(const char *name)
{
    const bool port = name && strnlen(name, 5) == 4 && name[3] >= '1' && name[3] <= '9' &&
                      (strncasecmp(name, "USB", 3) == 0 || strncasecmp(name, "COM", 3) == 0 ||
                       strncasecmp(name, "LPT", 3) == 0);
    int n = port ? name[3] - '0' : -1;
    if (name && strcasecmp(name, "AUTO") == 0) {
        n = 0;
    }
    return n;
}

long ICC_Reader_Open(char *dev_Name)
{
    const int port = port_of(dev_Name);
    size_t index = 0;
    struct seat *s = port >= 0 ? free_seat(&index) : NULL;
    long result = port >= 0 ? ICC_UNCONNECTED : ICC_PARAMETER_ERROR;
    if (s) {
        struct terminal *terminal = NULL;
        result = terminal_open((unsigned)port, &terminal);
        pthread_mutex_lock(&s->lock);
        if (result == ICC_OK) {
            s->terminal = terminal;
            s->generation = (s->generation + 1) % GENERATIONS;
            result = (long)s->generation << INDEX_BITS | (long)index;
        }
        pthread_mutex_unlock(&s->lock);
        if (result < 0) {
            atomic_store(&s->owner, 0);
        }
    }
    return result;
}

long ICC_Reader_Close(long ReaderHandle)
{
    struct seat *s = take(ReaderHandle);
    long result = ICC_UNCONNECTED;
    if (s) {
        terminal_close(&s->terminal);
        result = give_back(s, ICC_OK);
        atomic_store(&s->owner, 0);
    }
    return result;
}

long ICC_Reader_PowerOn(long ReaderHandle, unsigned char ICC_Slot_No, unsigned char *Response)
{
    struct seat *s = take(ReaderHandle);
    long result = ICC_UNCONNECTED;
    if (s) {
        result = Response ? terminal_power_on(s->terminal, ICC_Slot_No, Response) : ICC_PARAMETER_ERROR;
        give_back(s, result);
    }
    return result;
}

long ICC_Reader_PowerOff(long ReaderHandle, unsigned char ICC_Slot_No)
{
    struct seat *s = take(ReaderHandle);
    return s ? give_back(s, terminal_power_off(s->terminal, ICC_Slot_No)) : ICC_UNCONNECTED;
}

long ICC_Reader_GetStatus(long ReaderHandle, unsigned char ICC_Slot_No)
{
    struct seat *s = take(ReaderHandle);
    return s ? give_back(s, terminal_status(s->terminal, ICC_Slot_No)) : ICC_UNCONNECTED;
}

long ICC_Reader_Application(long ReaderHandle, unsigned char ICC_Slot_No, long Lenth_of_Command_APDU,
                            unsigned char *Command_APDU, unsigned char *Response_APDU)
{
    const bool fine = Command_APDU && Response_APDU && Lenth_of_Command_APDU >= 4 &&
                      Lenth_of_Command_APDU <= ICC_COMMAND_MAX;
    struct seat *s = take(ReaderHandle);
    long result = ICC_UNCONNECTED;
    if (s) {
        result = fine ? terminal_transmit(s->terminal, ICC_Slot_No, Command_APDU,
                                          (size_t)Lenth_of_Command_APDU, Response_APDU)
                      : ICC_PARAMETER_ERROR;
        give_back(s, result);
    }
    return result;
}

long ICC_Reader_Libinfo(char *info)
{
    static const char text[] = "sscard          sscardd       01"; /* 16, 14 and 2 characters */
    _Static_assert(sizeof text == ICC_LIBINFO_SIZE + 1, "the published layout");
    if (info) {
        memcpy(info, text, ICC_LIBINFO_SIZE);
    }
    return info ? ICC_OK : ICC_PARAMETER_ERROR;
}
