/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the reader and says who holds it. */
#include "tools/doctor/doctor.h"

#include <string.h>

static bool is(const json_t *reader, const char *key, const char *value)
{
    return strcmp(js(reader, key), value) == 0;
}

/* The one that was asked for; else the first with a card, else the first that may get one. SAM slots never
 * count. */
static const json_t *choose(const struct doctor *d)
{
    const json_t *reader, *best = NULL;
    size_t i;
    int best_rank = 0;
    json_array_foreach(d->readers, i, reader)
    {
        const int rank = d->reader                      ? (is(reader, "name", d->reader) ? 9 : 0)
                         : is(reader, "medium", "sam")  ? 0
                         : is(reader, "state", "card")  ? 5
                         : is(reader, "state", "mute")  ? 4
                         : is(reader, "state", "empty") ? 3
                                                        : 2;
        if (rank > best_rank) {
            best_rank = rank;
            best = reader;
        }
    }
    return best;
}

static void names_of(const json_t *readers, char out[400])
{
    const json_t *reader;
    size_t i;
    out[0] = '\0';
    json_array_foreach(readers, i, reader)
    {
        const size_t used = strlen(out);
        snprintf(out + used, 400 - used, "%s%s", used ? ", " : "", js(reader, "name"));
    }
}

void link_reader(struct doctor *d)
{
    static const char *const not_meant[] = {"pcscd", "sscardd", NULL};
    char names[400], users[256];
    d->slot = choose(d);
    names_of(d->readers, names);
    d->device = d->slot ? usb_of_reader(&d->usb, js(d->slot, "name")) : NULL;
    proc_users(d->seam, "libpcsclite", not_meant, users, sizeof users);
    const json_t *lease = json_object_get(d->slot, "lease"), *owner = json_object_get(lease, "owner");
    if (!d->slot) {
        doctor_break(d, CAUSE_READER_UNKNOWN, d->reader ? d->reader : "-", names[0] ? names : "-");
    } else if (is(d->slot, "state", "wedged")) {
        doctor_wedged(d);
    } else if (jb(d->slot, "in_use")) {
        doctor_break(d, CAUSE_READER_HELD, js(d->slot, "name"), "SCARD_STATE_EXCLUSIVE",
                     users[0] ? users : "-");
    } else if (is(d->slot, "state", "gone")) {
        doctor_break(d, CAUSE_READER_GONE, js(d->slot, "name"), "gone");
    } else {
        doctor_fact(d, is(d->slot, "medium", "contactless") ? FACT_READER_CONTACTLESS : FACT_READER_CONTACT,
                    js(d->slot, "name"));
        if (jb(d->slot, "pin_pad")) {
            doctor_fact(d, FACT_READER_PIN_PAD);
        }
        if (owner) {
            char pid[24];
            snprintf(pid, sizeof pid, "%lld", (long long)ji(owner, "pid"));
            doctor_fact(d, FACT_READER_LEASED, js(owner, "program"), pid, js(lease, "since"));
        }
        if (users[0] && strcmp(d->driver, "pcsc") == 0) {
            doctor_fact(d, FACT_PCSC_PROGRAMS, users);
        }
    }
}
