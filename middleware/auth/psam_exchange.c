/* SPDX-License-Identifier: Apache-2.0 */
/* One command to the PSAM, and the application in which the next one is meant. */
#include "middleware/auth/psam.h"

#include "apdu/sw.h"

enum { FID_APPLICATION = 0xDF01 };

static void forget(struct ssc_psam *p)
{
    p->place = SSC_PSAM_NOWHERE;
    p->session++;
}

/* What happens to the PSAM must not look as if it had happened to the holder's card. */
static int psam_error(int rc)
{
    switch (rc) {
    case SSC_E_CARD_REMOVED:
    case SSC_E_READER_REMOVED:
    case SSC_E_READER_NOT_FOUND:
    case SSC_E_NO_CARD:
    case SSC_E_CARD_MUTE:
    case SSC_E_CARD_UNPOWERED:
    case SSC_E_STALE_CARD:
        rc = SSC_E_NO_PSAM;
        break;
    default:
        break;
    }
    return rc;
}

int ssc_psam_refusal(int rc)
{
    return rc > 0 ? SSC_E_PSAM_REFUSED : rc;
}

int ssc_psam_transmit(struct ssc_psam *p, const struct ssc_command_buf *b, unsigned flags,
                      struct ssc_response *rsp, int64_t deadline)
{
    const struct ssc_link link = ssc_channel_link(p->channel);
    int rc = ssc_transmit(&link, &b->cmd, rsp, flags, deadline, NULL);

    if (rc < 0) {
        forget(p); /* reset, removed, or in a state that nobody here knows */
    }
    if (rc == SSC_E_CARD_RESET && ssc_channel_reset(p->channel, SSC_RESET_WARM, deadline) != 0) {
        rc = SSC_E_NO_PSAM;
    }
    return psam_error(rc);
}

int ssc_psam_send(struct ssc_psam *p, const struct ssc_command_buf *b, int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);

    return ssc_psam_transmit(p, b, p->profile.leave_fci ? SSC_TX_LEAVE_DATA : 0, &rsp, deadline);
}

int ssc_psam_environment_select(struct ssc_psam *p, enum ssc_algorithm alg, int64_t deadline)
{
    struct ssc_command_buf b;
    size_t len = 0;
    const uint8_t *name = ssc_psam_environment((int)alg, &len);
    int rc = SSC_E_PSAM_ALGORITHM;

    forget(p); /* SELECT ends a purchase that waits for MAC2 */
    if (name) {
        ssc_cmd_select_name(&b, name, len);
        rc = ssc_psam_send(p, &b, deadline);
        if (rc == SSC_E_CARD_RESET) {
            rc = ssc_psam_send(p, &b, deadline);
        }
    }
    if (rc == 0) {
        p->environment = alg;
    }
    return rc > 0 ? SSC_E_PSAM_ALGORITHM : rc;
}

static int select_social(struct ssc_psam *p, int64_t deadline)
{
    struct ssc_command_buf b;
    int rc;

    ssc_cmd_select_df(&b, FID_APPLICATION);
    rc = ssc_psam_send(p, &b, deadline);
    if (rc > 0) {
        ssc_cmd_select_name(&b, ssc_psam_app_aid, sizeof ssc_psam_app_aid);
        rc = ssc_psam_send(p, &b, deadline);
    }
    return rc;
}

int ssc_psam_select(struct ssc_psam *p, enum ssc_psam_place place, enum ssc_algorithm alg, int64_t deadline)
{
    struct ssc_command_buf b;
    int rc = 0;

    if (p->place == place && p->environment == alg) {
        goto done;
    }
    rc = ssc_psam_environment_select(p, alg, deadline);
    if (rc == 0 && place == SSC_PSAM_SOCIAL) {
        rc = select_social(p, deadline);
    } else if (rc == 0) {
        ssc_cmd_select_df(&b, ssc_get16(p->profile.purse_psam_fid));
        rc = ssc_psam_send(p, &b, deadline);
    }
    if (rc == 0) {
        p->place = place;
    }
done:
    return rc;
}
