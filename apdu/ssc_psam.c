/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of the PSAM of the social security system: card specification part 9. */
#include "apdu/ssc.h"

#include "apdu/build.h"
#include "apdu/error.h"

enum { CLA_PSAM = 0xBF, CLA_PURSE = 0x80, LEVELS_MAX = 3, TYPE_MAX = 0x1F };

static void write_factors(struct ssc_writer *w, const uint8_t (*factors)[8], unsigned levels)
{
    for (unsigned i = 0; i < levels && levels <= LEVELS_MAX; i++) {
        ssc_write(w, factors[i], 8);
    }
}

void ssc_cmd_psam_delivery(struct ssc_command_buf *b, uint8_t type, uint8_t id, const uint8_t (*factors)[8],
                           unsigned levels, const uint8_t *session_factor, size_t session_len)
{
    struct ssc_writer w = ssc_build(b, CLA_PSAM, 0xDE, (levels << 5 | type) & 0xFF, id);

    write_factors(&w, factors, levels);
    ssc_write(&w, session_factor, session_len);
    ssc_build_end(b, &w, 0);
    if (levels > LEVELS_MAX || type > TYPE_MAX || session_len > 16) {
        ssc_build_refuse(b);
    }
}

void ssc_cmd_psam_cipher(struct ssc_command_buf *b, uint8_t p1, const uint8_t *data, size_t len, size_t le)
{
    ssc_build_data(b, CLA_PURSE, 0xFA, p1, 0x00, data, len, le);
}

void ssc_cmd_psam_init_purchase(struct ssc_command_buf *b, const struct ssc_medical_purchase *p,
                                const uint8_t (*factors)[8], unsigned levels)
{
    struct ssc_writer w = ssc_build(b, CLA_PURSE, 0x70, 0x01, 0x00);

    ssc_write(&w, p->random, sizeof p->random);
    ssc_write16(&w, p->seq);
    ssc_write32(&w, p->amounts.account);
    ssc_write32(&w, p->amounts.self_pay);
    ssc_write32(&w, p->amounts.pooled);
    ssc_write8(&w, p->type);
    ssc_write(&w, p->datetime, sizeof p->datetime);
    ssc_write8(&w, p->key_version);
    ssc_write8(&w, p->algorithm);
    write_factors(&w, factors, levels);
    ssc_build_end(b, &w, 8);
    if (levels > LEVELS_MAX) {
        ssc_build_refuse(b);
    }
}

int ssc_rsp_psam_init_purchase(const struct ssc_response *r, uint8_t terminal_seq[4], uint8_t mac1[4])
{
    return ssc_take_pair(r, terminal_seq, mac1);
}

void ssc_cmd_psam_credit(struct ssc_command_buf *b, const uint8_t mac2[4])
{
    ssc_build_data(b, CLA_PURSE, 0x72, 0x00, 0x00, mac2, 4, 0);
}
