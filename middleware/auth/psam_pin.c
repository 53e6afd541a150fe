/* SPDX-License-Identifier: Apache-2.0 */
/* A purse's PIN UNBLOCK through the PSAM: INIT FOR DESCRYPT derives DPUK, CIPHER DATA enciphers and MACs with
 * it (JR/T 0025 terminals). */
#include "middleware/auth/psam.h"

#include <string.h>

enum { TYPE_PIN_UNBLOCK = 3, MAC_LEN = 4 };

/* Plain block, header and MAC as ssc_cmd_purse_unblock_pin builds them with the key itself. */
static int unblock(struct ssc_psam *p, const struct ssc_card_info *card, const struct ssc_purse_pin *pin,
                   struct ssc_command_buf *out, int64_t deadline)
{
    const size_t block = ssc_block_size(pin->algorithm);
    const unsigned levels = p->profile.purse_factor_levels;
    uint8_t plain[16], factors[2][8] = {{0}}, mac_in[64] = {0}, *header = mac_in + block, mac[16];
    size_t text_len = 0, enciphered = 16, mac_len = sizeof mac;
    struct ssc_command_buf b;
    int rc = ssc_auth_pin_block(pin->algorithm, pin->pin, pin->pin_len, plain, &text_len);

    if (rc == 0) {
        rc = ssc_auth_purse_factors(card, levels, p->profile.purse_factor_card_first, factors);
    }
    if (rc == 0) {
        rc = ssc_psam_select(p, SSC_PSAM_PURSE, pin->algorithm, deadline);
    }
    if (rc == 0) {
        ssc_cmd_psam_init_descrypt(&b, TYPE_PIN_UNBLOCK, (uint8_t)levels, p->profile.key_version, factors[0],
                                   8 * levels);
        rc = ssc_psam_send(p, &b, deadline);
    }
    if (rc == 0) {
        rc = ssc_psam_cipher(p, SSC_PSAM_ENCRYPT, plain, text_len, header + 5, &enciphered, deadline);
    }
    if (rc == 0 && enciphered != text_len) {
        rc = SSC_E_BAD_RESPONSE;
    }
    if (rc == 0) {
        const size_t message = 5 + text_len;
        memcpy(mac_in, pin->challenge, SSC_PURSE_CHALLENGE); /* the rest of the IV is zero */
        header[0] = 0x84;
        header[1] = 0x24;
        ssc_put16(header + 2, pin->p1p2);
        header[4] = (uint8_t)(text_len + MAC_LEN);
        header[message] = 0x80;
        rc = ssc_psam_cipher(p, SSC_PSAM_MAC, mac_in, block + (message / block + 1) * block, mac, &mac_len,
                             deadline);
    }
    if (rc == 0 && mac_len < MAC_LEN) {
        rc = SSC_E_BAD_RESPONSE;
    }
    if (rc == 0) {
        memcpy(out->data, header + 5, text_len);
        memcpy(out->data + text_len, mac, MAC_LEN);
        out->cmd = (struct ssc_command){.cla = 0x84,
                                        .ins = 0x24,
                                        .p1 = header[2],
                                        .p2 = header[3],
                                        .data = out->data,
                                        .lc = text_len + MAC_LEN};
    }
    ssc_cleanse(plain, sizeof plain);
    return rc;
}

/* RELOAD is left to the back office: keys of type 04 serve TACs in some PSAMs, and a
 * MAC by the wrong key would cost the card one of DRPK's few tries. */
int ssc_psam_purse_pin(struct ssc_auth *a, const struct ssc_card_info *card, const struct ssc_purse_pin *pin,
                       struct ssc_command_buf *out, int64_t deadline)
{
    struct ssc_psam *p = ssc_psam_of(a);
    int rc = pin->unblock ? ssc_gate_enter(&p->gate, deadline) : SSC_E_NOT_SUPPORTED;

    if (rc == 0) {
        rc = unblock(p, card, pin, out, deadline);
        if (rc == SSC_E_CARD_RESET) {
            rc = unblock(p, card, pin, out, deadline);
        }
        if (rc == SSC_E_CARD_RESET) {
            rc = SSC_E_NO_PSAM;
        }
        ssc_gate_leave(&p->gate);
    }
    return ssc_psam_refusal(rc);
}
