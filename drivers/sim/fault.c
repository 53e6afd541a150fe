/* SPDX-License-Identifier: Apache-2.0 */
/* The fault script: which command goes wrong, and how. */
#include "drivers/sim/card.h"

#include <string.h>
#include <strings.h>

static const char *const NAMES[] = {
    [SSC_FAULT_NONE] = "none",
    [SSC_FAULT_MUTE] = "mute",
    [SSC_FAULT_TEAR_BEFORE] = "tear_before",
    [SSC_FAULT_TEAR_DURING] = "tear_during",
    [SSC_FAULT_TEAR_AFTER] = "tear_after",
    [SSC_FAULT_LOSE_REPLY] = "lose_reply",
    [SSC_FAULT_TIMEOUT_AFTER] = "timeout_after",
    [SSC_FAULT_GARBAGE] = "garbage",
    [SSC_FAULT_STATUS] = "status",
    [SSC_FAULT_STATUS_AFTER] = "status_after",
    [SSC_FAULT_WRONG_MAC] = "wrong_mac",
    [SSC_FAULT_SHORT] = "short",
    [SSC_FAULT_SLOW] = "slow",
    [SSC_FAULT_SWAP] = "swap",
};
enum { NAME_COUNT = sizeof NAMES / sizeof NAMES[0] };

enum ssc_sim_fault_kind sim_fault_by_name(const char *name)
{
    enum ssc_sim_fault_kind found = SSC_FAULT_NONE;
    for (unsigned i = 1; i < NAME_COUNT && found == SSC_FAULT_NONE; i++) {
        if (strcasecmp(NAMES[i], name) == 0) {
            found = (enum ssc_sim_fault_kind)i;
        }
    }
    return found;
}

int ssc_sim_card_fault(struct ssc_sim_card *c, const struct ssc_sim_fault *fault)
{
    int rc = SSC_E_INVALID_ARGUMENT;
    if ((unsigned)fault->kind < NAME_COUNT && fault->kind != SSC_FAULT_NONE && c->fault_count < SIM_FAULTS &&
        memchr(fault->image, 0, sizeof fault->image)) {
        c->fault[c->fault_count].fault = *fault;
        c->fault[c->fault_count].left = fault->nth;
        c->fault_count++;
        rc = 0;
    }
    return rc;
}

void ssc_sim_card_clear_faults(struct ssc_sim_card *c)
{
    c->fault_count = 0;
}

bool sim_fault_mute_for_ever(const struct ssc_sim_card *c)
{
    bool mute = false;
    for (size_t i = 0; i < c->fault_count; i++) {
        const struct ssc_sim_fault *f = &c->fault[i].fault;
        mute = mute || (f->kind == SSC_FAULT_MUTE && f->nth == 0 && f->cla < 0 && f->ins < 0);
    }
    return mute;
}

static bool matches(const struct ssc_sim_fault *f, uint8_t cla, uint8_t ins)
{
    return (f->cla < 0 || f->cla == cla) && (f->ins < 0 || f->ins == ins);
}

/* Every fault counts this command; the first one that is due acts, and is gone unless it acts every time. */
bool sim_fault_match(struct ssc_sim_card *c, uint8_t cla, uint8_t ins, struct ssc_sim_fault *due)
{
    size_t kept = 0;
    bool found = false;
    for (size_t i = 0; i < c->fault_count; i++) {
        struct sim_fault_entry *entry = &c->fault[i];
        const bool counted = matches(&entry->fault, cla, ins);
        if (counted && entry->left > 1) {
            entry->left--;
        } else if (counted && !found) {
            *due = entry->fault;
            found = true;
            if (entry->left == 1) {
                continue;
            }
        }
        c->fault[kept++] = *entry;
    }
    c->fault_count = kept;
    return found;
}
