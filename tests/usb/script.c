/* SPDX-License-Identifier: Apache-2.0 */
/* What a test tells the scripted reader to do, and what it asks it afterwards. */
#include "device_internal.h"

#include <string.h>

void device_fault(struct device *d, enum device_fault fault, uint8_t type, unsigned nth, unsigned arg)
{
    device_lock(d);
    d->fault = fault;
    d->fault_type = type;
    d->fault_left = nth;
    d->fault_always = nth == 0;
    d->fault_arg = arg;
    if (fault == DEVICE_SOUND) {
        d->extending = false;
    }
    device_unlock(d);
}

void device_interrupt(struct device *d, const uint8_t *packet, size_t len, unsigned count)
{
    device_lock(d);
    for (unsigned i = 0; i < count; i++) {
        device_enqueue(d, &d->interrupt, packet, len, 0, 0);
    }
    device_unlock(d);
}

void device_type(struct device *d, const char *digits)
{
    device_lock(d);
    const size_t len = strnlen(digits, sizeof d->typed - 1);
    memcpy(d->typed, digits, len);
    d->typed[len] = '\0';
    device_unlock(d);
}

unsigned device_count(struct device *d, uint8_t type)
{
    device_lock(d);
    const unsigned count = type ? d->count[type] : d->logged;
    device_unlock(d);
    return count;
}

bool device_last(struct device *d, uint8_t type, struct device_message *out)
{
    bool found = false;
    device_lock(d);
    for (unsigned i = 0; i < DEVICE_LOG && i < d->logged && !found; i++) {
        const struct device_message *m = &d->log[(d->logged - 1 - i) % DEVICE_LOG];
        if (m->type == type) {
            *out = *m;
            found = true;
        }
    }
    device_unlock(d);
    return found;
}

unsigned device_aborts(struct device *d)
{
    device_lock(d);
    const unsigned count = d->aborts;
    device_unlock(d);
    return count;
}

unsigned device_resets(struct device *d)
{
    device_lock(d);
    const unsigned count = d->resets;
    device_unlock(d);
    return count;
}

bool device_gone(struct device *d)
{
    device_lock(d);
    const bool gone = d->gone;
    device_unlock(d);
    return gone;
}
