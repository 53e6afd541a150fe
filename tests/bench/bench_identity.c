/* SPDX-License-Identifier: Apache-2.0 */
/* Identity: commands on the card and wire time at 9600 baud, against the national library's sequence: card
 * and PSAM side by side here, one after the other there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "drivers/sim/sim.h"
#include "middleware/identity.h"

struct reading {
    unsigned commands, exchanges;
    double card_ms;  /* modelled wire time on the card */
    double total_ms; /* from the card's reset to the line, every exchange as long as on the wire */
};

static void must(int rc, const char *what)
{
    if (rc != 0) {
        fprintf(stderr, "%s: %s\n", what, ssc_error_info(rc)->symbol);
        exit(1);
    }
}

static double ms_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1000.0 + (double)t.tv_nsec / 1e6;
}

/* What the national library sends to the PSAM for every card besides the session keys: environment and
 * application before the first one, the terminal number at the end (card specification part 9). Answers are
 * not fetched. */
static void psam_overhead(struct ssc_channel *sam, bool before, enum ssc_algorithm algorithm,
                          int64_t deadline)
{
    const struct ssc_link link = ssc_channel_link(sam);
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;
    size_t len = 0;
    const uint8_t *name = ssc_psam_environment((int)algorithm, &len);
    ssc_cmd_select_name(&b, name, len);
    must(ssc_transmit(&link, &b.cmd, &rsp, SSC_TX_LEAVE_DATA, deadline, NULL), "PSAM environment");
    if (before) {
        ssc_cmd_select_df(&b, 0xDF01);
        must(ssc_transmit(&link, &b.cmd, &rsp, SSC_TX_LEAVE_DATA, deadline, NULL), "PSAM application");
    } else {
        ssc_cmd_select_ef(&b, 0x0016);
        must(ssc_transmit(&link, &b.cmd, &rsp, 0, deadline, NULL), "PSAM file");
        ssc_cmd_read_binary(&b, 0, 0, 6);
        must(ssc_transmit(&link, &b.cmd, &rsp, 0, deadline, NULL), "PSAM terminal number");
    }
}

/* One counter: the PSAM stays powered, card after card comes by. */
struct counter {
    struct ssc_driver *sim;
    struct ssc_profile profile;
    struct ssc_habits *habits;
    struct ssc_channel *sam; /* the provider's */
    struct ssc_auth *psam;
};

/* algorithm SSC_ALG_NONE: without the PSAM. */
static struct reading read_card(struct counter *c, enum ssc_algorithm algorithm, bool national)
{
    static struct ssc_identity identity;
    const bool with_psam = algorithm != SSC_ALG_NONE;
    const int64_t deadline = ssc_deadline(10000);
    const struct ssc_identity_options options = {
        .parts = SSC_ID_BASIC, .verify = true, .national_sequence = national};
    struct ssc_channel *channel = NULL;
    struct ssc_card *card = NULL;
    must(ssc_channel_open(c->sim, "card", false, &channel, deadline), "card");
    must(ssc_card_new(channel, &c->profile, &card), "session");
    ssc_card_share_habits(card, c->habits);
    const double start = ms_now();
    if (national && with_psam) {
        psam_overhead(c->sam, true, algorithm, deadline);
    }
    must(ssc_identity_read(card, with_psam ? c->psam : NULL, &options, &identity, deadline), "identity");
    if (national && with_psam) {
        psam_overhead(c->sam, false, algorithm, deadline);
    }
    const double total = ms_now() - start;
    ssc_card_free(&card);
    ssc_channel_close(&channel, true);
    return (struct reading){identity.exchanges, identity.wire_exchanges, (double)identity.wire_us / 1000.0,
                            total};
}

static void compare(const char *image, const char *label, const char *aim, enum ssc_algorithm algorithm)
{
    struct ssc_sim_slot slots[2] = {{.name = "card", .medium = SSC_MEDIUM_CONTACT},
                                    {.name = "SAM", .medium = SSC_MEDIUM_SAM, .image = "psam"}};
    struct counter c = {.sim = NULL};
    struct ssc_channel *sam = NULL;
    char why[200];
    snprintf(slots[0].image, sizeof slots[0].image, "%s", image);
    must(ssc_sim_driver_new(slots, 2, true, &c.sim, why), why);
    ssc_profile_default(&c.profile);
    must(ssc_habits_new(&c.habits), "habits");
    must(ssc_channel_open(c.sim, "SAM", false, &sam, ssc_deadline(10000)), "PSAM");
    c.sam = sam;
    must(ssc_auth_psam_take(&sam, &c.profile, &c.psam, ssc_deadline(10000)), "PSAM");
    const struct reading first = read_card(&c, algorithm, false);
    const struct reading fast = read_card(&c, algorithm, false);
    /* After the overhead the provider goes on where it believes the PSAM to be: environment and application
     * are what it had selected itself. */
    const struct reading national = read_card(&c, algorithm, true);
    ssc_auth_free(&c.psam);
    ssc_habits_free(&c.habits);
    ssc_driver_free(&c.sim);
    printf("identity, %s: commands on the card\t%u\tcommands (%u raw exchanges)\t%s\tnational sequence: %u "
           "(%u raw)\n",
           label, fast.commands, fast.exchanges, aim, national.commands, national.exchanges);
    printf("identity, %s: modelled wire time against the national sequence\t%.2f\tof it\tat "
           "most "
           "0.5\t%.0f ms (the first card of its type %.0f ms) against %.0f ms at 9600 baud\n",
           label, fast.total_ms / national.total_ms, fast.total_ms, first.total_ms, national.total_ms);
    printf("identity, %s: the card's own share of it\t%.2f\tof it\t-\t%.0f ms against %.0f ms\n", label,
           fast.card_ms / national.card_ms, fast.card_ms, national.card_ms);
}

int main(void)
{
    compare("ssc-2.0", "2.0 card", "at most 3", SSC_ALG_NONE);
    compare("ssc-2.0", "2.0 card with PSAM", "-", SSC_ALG_3DES);
    compare("ssc-3.0", "3.0 card with PSAM", "at most 6", SSC_ALG_SM4);
    return 0;
}
