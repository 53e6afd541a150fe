/* SPDX-License-Identifier: Apache-2.0 */
/* Identity: exchanges on the card and modelled wire time at 9600 baud, against the national library's
 * sequence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/sim/sim.h"
#include "middleware/identity.h"

struct reading {
    unsigned commands, exchanges;
    double wire_ms;
};

static void must(int rc, const char *what)
{
    if (rc != 0) {
        fprintf(stderr, "%s: %s\n", what, ssc_error_info(rc)->symbol);
        exit(1);
    }
}

static struct reading read_once(struct ssc_driver *sim, bool national)
{
    const int64_t deadline = ssc_deadline(10000);
    struct ssc_profile profile;
    struct ssc_channel *channel = NULL, *sam = NULL;
    struct ssc_auth *psam = NULL;
    struct ssc_card *card = NULL;
    static struct ssc_identity identity;
    const struct ssc_identity_options options = {
        .parts = SSC_ID_BASIC, .verify = true, .national_sequence = national};

    ssc_profile_default(&profile);
    must(ssc_channel_open(sim, "SAM", false, &sam, deadline), "PSAM");
    must(ssc_auth_psam_take(&sam, &profile, &psam, deadline), "PSAM");
    must(ssc_channel_open(sim, "card", false, &channel, deadline), "card");
    must(ssc_card_new(channel, &profile, &card), "session");
    must(ssc_identity_read(card, psam, &options, &identity, deadline), "identity");
    ssc_card_free(&card);
    ssc_channel_close(&channel, true);
    ssc_auth_free(&psam);
    return (struct reading){identity.exchanges, identity.wire_exchanges, (double)identity.wire_us / 1000.0};
}

static void compare(const char *image, const char *label, const char *aim)
{
    struct ssc_sim_slot slots[2] = {{.name = "card", .medium = SSC_MEDIUM_CONTACT},
                                    {.name = "SAM", .medium = SSC_MEDIUM_SAM, .image = "psam"}};
    struct ssc_driver *sim = NULL;
    char why[200];

    snprintf(slots[0].image, sizeof slots[0].image, "%s", image);
    must(ssc_sim_driver_new(slots, 2, false, &sim, why), why);
    const struct reading first = read_once(sim, false);
    const struct reading fast = read_once(sim, false);
    const struct reading national = read_once(sim, true);
    ssc_driver_free(&sim);
    (void)first;
    printf("identity, %s: commands on the card\t%u\tcommands (%u raw exchanges)\t%s\tnational sequence: %u "
           "(%u raw)\n",
           label, fast.commands, fast.exchanges, aim, national.commands, national.exchanges);
    printf("identity, %s: modelled wire time against the national sequence\t%.2f\tof it\tat most 0.5\t%.0f "
           "ms against %.0f ms at "
           "9600 baud\n",
           label, fast.wire_ms / national.wire_ms, fast.wire_ms, national.wire_ms);
}

int main(void)
{
    compare("ssc-2.0", "2.0 card", "at most 3");
    compare("ssc-3.0", "3.0 card with PSAM", "at most 6");
    return 0;
}
