/* SPDX-License-Identifier: Apache-2.0 */
/* A purchase in the PSAM: its terminal number, MAC1 with the next terminal transaction number, and the check
 * of the card's MAC2 (card specification part 9; JR/T 0025.1). */
#include "middleware/auth/psam.h"

#include <string.h>

#include "apdu/sw.h"

int ssc_psam_terminal(struct ssc_auth *a, uint8_t number[6], int64_t deadline)
{
    struct ssc_psam *p = ssc_psam_of(a);

    (void)deadline; /* read when the PSAM was taken: it never changes */
    memcpy(number, p->terminal, sizeof p->terminal);
    return p->has_terminal ? 0 : SSC_E_NO_PSAM;
}

/* One INIT SAM FOR PURCHASE. Sent once: a repeat would take another transaction number and leave the first
 * MAC1 without its session. */
static int init_purchase(struct ssc_psam *p, const struct ssc_command_buf *b, uint8_t seq[4], uint8_t mac1[4],
                         int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    int rc;

    p->session++;
    rc = ssc_psam_transmit(p, b, SSC_TX_ONCE, &rsp, deadline);
    if (rc == 0) {
        rc = ssc_rsp_psam_init_purchase(&rsp, seq, mac1);
    }
    return rc;
}

static int medical(struct ssc_psam *p, const struct ssc_card_info *card, struct ssc_medical_purchase *m,
                   int64_t deadline)
{
    const struct ssc_key_info *k = ssc_key_info(SSC_KEY_DPK);
    uint8_t factors[3][8], order[4];
    const unsigned count = ssc_psam_levels(p, card->algorithm, k->psam_type, k->psam_id, order);
    struct ssc_command_buf b;
    int rc = ssc_auth_factors(card, factors);

    if (rc == 0) {
        rc = ssc_psam_select(p, SSC_PSAM_SOCIAL, card->algorithm, deadline);
    }
    for (unsigned i = 0; rc == 0 && i < count; i++) {
        ssc_cmd_psam_init_purchase(&b, m, (const uint8_t(*)[8])factors, order[i]);
        rc = init_purchase(p, &b, m->terminal_seq, m->mac1, deadline);
        if (rc == 0) {
            ssc_psam_learn(p, card->algorithm, k->psam_type, k->psam_id, order[i]);
            break;
        }
        if (rc == SSC_SW_DATA || rc == SSC_SW_LENGTH) {
            rc = i + 1 < count ? 0 : SSC_E_PSAM_KEY_LEVEL;
        } else if (rc == SSC_SW_KEY_NOT_FOUND) {
            rc = SSC_E_PSAM_KEY_MISSING;
        }
    }
    return rc;
}

int ssc_psam_medical_mac1(struct ssc_auth *a, const struct ssc_card_info *card,
                          struct ssc_medical_purchase *m, int64_t deadline)
{
    struct ssc_psam *p = ssc_psam_of(a);
    int rc = ssc_gate_enter(&p->gate, deadline);

    if (rc == 0) {
        rc = medical(p, card, m, deadline);
        if (rc == SSC_E_CARD_RESET) { /* no MAC1 has left yet: the number it may have cost is a gap */
            rc = medical(p, card, m, deadline);
        }
        if (rc == 0) {
            ssc_gate_hold(&p->gate);
        }
        ssc_gate_leave(&p->gate);
    }
    return ssc_psam_refusal(rc);
}

static int purse(struct ssc_psam *p, const struct ssc_card_info *card, struct ssc_purse_purchase *m,
                 int64_t deadline)
{
    const unsigned levels = p->profile.purse_factor_levels;
    uint8_t factors[2][8];
    struct ssc_command_buf b;
    int rc = ssc_auth_purse_factors(card, levels, p->profile.purse_factor_card_first, factors);

    if (rc == 0) {
        rc = ssc_psam_select(p, SSC_PSAM_PURSE, ssc_auth_purse_algorithm(m->algorithm), deadline);
    }
    if (rc == 0) {
        ssc_cmd_purse_psam_init(&b, m, (const uint8_t(*)[8])factors, levels);
        rc = init_purchase(p, &b, m->terminal_seq, m->mac1, deadline);
    }
    return rc == SSC_SW_KEY_NOT_FOUND ? SSC_E_PSAM_KEY_MISSING : rc;
}

int ssc_psam_purse_mac1(struct ssc_auth *a, const struct ssc_card_info *card, struct ssc_purse_purchase *m,
                        int64_t deadline)
{
    struct ssc_psam *p = ssc_psam_of(a);
    int rc = ssc_gate_enter(&p->gate, deadline);

    if (rc == 0) {
        rc = purse(p, card, m, deadline);
        if (rc == SSC_E_CARD_RESET) {
            rc = purse(p, card, m, deadline);
        }
        if (rc == 0) {
            ssc_gate_hold(&p->gate);
        }
        ssc_gate_leave(&p->gate);
    }
    return ssc_psam_refusal(rc);
}

static int credit(struct ssc_psam *p, const uint8_t mac2[4], int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;
    int rc;

    ssc_cmd_psam_credit(&b, mac2);
    rc = ssc_psam_transmit(p, &b, SSC_TX_ONCE, &rsp, deadline);
    switch (rc) {
    case SSC_SW_MAC: /* two texts of the card specification differ: 9302 or 63CF */
    case SSC_SW_TRIES_LEFT | 0x0F:
        rc = SSC_E_BAD_MAC;
        break;
    case SSC_SW_STATE:
    case SSC_SW_CONDITIONS:
    case SSC_E_NO_PSAM: /* gone, and the session with it */
    case SSC_E_CARD_RESET:
        rc = SSC_E_AUTH_NOT_BEGUN;
        break;
    default:
        rc = ssc_sw_tries(rc > 0 ? (uint16_t)rc : 0) >= 0 ? SSC_E_BAD_MAC : rc;
    }
    return rc;
}

int ssc_psam_check_mac2(struct ssc_auth *a, uint64_t session, const uint8_t mac2[4], int64_t deadline)
{
    struct ssc_psam *p = ssc_psam_of(a);
    int rc = ssc_gate_enter(&p->gate, deadline);

    if (rc == 0) {
        /* MAC2 of another session would only bring the PSAM's error counter down. */
        rc = session == p->session ? credit(p, mac2, deadline) : SSC_E_AUTH_NOT_BEGUN;
        if (rc == 0) {
            p->session++; /* success ends the session */
        }
        ssc_gate_leave(&p->gate);
    }
    return ssc_psam_refusal(rc);
}

uint64_t ssc_psam_session(struct ssc_auth *a)
{
    return ssc_psam_of(a)->session;
}

void ssc_psam_purchase_end(struct ssc_auth *a)
{
    ssc_gate_release(&ssc_psam_of(a)->gate);
}
