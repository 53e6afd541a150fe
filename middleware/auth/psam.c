/* SPDX-License-Identifier: Apache-2.0 */
/* The PSAM: session keys derived in it (card specification part 9), and what it is. */
#include "middleware/auth/psam.h"

#include <stdlib.h>
#include <string.h>

#include "apdu/sw.h"
#include "apdu/text.h"

enum { SFI_PUBLIC = 0x15, SFI_TERMINAL = 0x16, PUBLIC_LEN = 15, TERMINAL_LEN = 6 };

/* ---- session keys ---- */

void ssc_psam_learn(struct ssc_psam *p, enum ssc_algorithm alg, uint8_t type, uint8_t id, uint8_t levels)
{
    size_t i = 0;

    while (i < p->known_count &&
           !(p->known[i].alg == (uint8_t)alg && p->known[i].type == type && p->known[i].id == id)) {
        i++;
    }
    if (i < SSC_PSAM_LEVELS_KNOWN) {
        p->known[i].alg = (uint8_t)alg;
        p->known[i].type = type;
        p->known[i].id = id;
        p->known[i].levels = levels;
        p->known_count += i == p->known_count;
    }
}

unsigned ssc_psam_levels(const struct ssc_psam *p, enum ssc_algorithm alg, uint8_t type, uint8_t id,
                         uint8_t order[4])
{
    unsigned count = 0;

    for (size_t i = 0; i < p->known_count; i++) {
        if (p->known[i].alg == (uint8_t)alg && p->known[i].type == type && p->known[i].id == id) {
            order[count++] = p->known[i].levels;
        }
    }
    for (const char *c = p->profile.psam_levels; *c; c++) {
        if (count == 0 || order[0] != *c - '0') {
            order[count++] = (uint8_t)(*c - '0');
        }
    }
    return count;
}

/* DELIVERY SESSION KEY with the number of factors that the PSAM's root of the key wants. */
static int deliver(struct ssc_psam *p, const struct ssc_card_info *card, uint8_t type, uint8_t id,
                   const uint8_t factor[8], int64_t deadline)
{
    uint8_t factors[3][8], session[16] = {0}, order[4];
    const size_t session_len = ssc_block_size(card->algorithm);
    const unsigned count = ssc_psam_levels(p, card->algorithm, type, id, order);
    struct ssc_command_buf b;
    int rc = ssc_auth_factors(card, factors);

    memcpy(session, factor, 8);
    for (unsigned i = 0; rc == 0 && i < count; i++) {
        ssc_cmd_psam_delivery(&b, type, id, (const uint8_t(*)[8])factors, order[i], session, session_len);
        rc = ssc_psam_send(p, &b, deadline);
        if (rc == 0) {
            ssc_psam_learn(p, card->algorithm, type, id, order[i]);
            break;
        }
        if (rc == SSC_SW_DATA) { /* that many levels do not fit: the next number */
            rc = i + 1 < count ? 0 : SSC_E_PSAM_KEY_LEVEL;
        } else if (rc == SSC_SW_KEY_NOT_FOUND) {
            rc = SSC_E_PSAM_KEY_MISSING;
        }
    }
    ssc_cleanse(&b, sizeof b);
    ssc_cleanse(session, sizeof session);
    return rc;
}

/* CIPHER DATA with the delivered key. */
int ssc_psam_cipher(struct ssc_psam *p, uint8_t p1, const uint8_t *data, size_t len, uint8_t *out,
                    size_t *out_len, int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;
    int rc;

    ssc_cmd_psam_cipher(&b, p1, data, len, p1 == SSC_PSAM_ENCRYPT ? len : SSC_LE_SHORT);
    rc = ssc_psam_transmit(p, &b, 0, &rsp, deadline);
    if (rc == 0 && (rsp.len == 0 || rsp.len > *out_len)) {
        rc = SSC_E_BAD_RESPONSE;
    }
    if (rc == 0) {
        memcpy(out, rsp.data, rsp.len);
        *out_len = rsp.len;
    }
    ssc_cleanse(&b, sizeof b);
    ssc_cleanse(buffer, sizeof buffer);
    return rc;
}

/* One block, a 16-byte one folded to its half. */
static int compute(struct ssc_psam *p, const struct ssc_card_info *card, uint8_t type, uint8_t id,
                   const uint8_t factor[8], const uint8_t original[8], uint8_t out[8], int64_t deadline)
{
    const size_t block = ssc_block_size(card->algorithm);
    uint8_t plain[16] = {0}, text[16] = {0};
    size_t len = sizeof text;
    int rc =
        block == 0 ? SSC_E_PSAM_ALGORITHM : ssc_psam_select(p, SSC_PSAM_SOCIAL, card->algorithm, deadline);

    if (rc == 0) {
        rc = deliver(p, card, type, id, factor, deadline);
    }
    memcpy(plain, original, 8);
    if (rc == 0) {
        rc = ssc_psam_cipher(p, SSC_PSAM_ENCRYPT, plain, block, text, &len, deadline);
    }
    if (rc == 0 && len != block) {
        rc = SSC_E_BAD_RESPONSE;
    }
    for (size_t i = 0; rc == 0 && i < 8; i++) {
        out[i] = block == 16 ? text[i] ^ text[8 + i] : text[i];
    }
    ssc_cleanse(text, sizeof text);
    return rc;
}

/* Authentication data (鉴别数据) of `original`. A reset of the PSAM by another program costs one repeat. */
static int authentication_data(struct ssc_psam *p, const struct ssc_card_info *card, uint8_t type, uint8_t id,
                               const uint8_t factor[8], const uint8_t original[8], uint8_t out[8],
                               int64_t deadline)
{
    int rc = compute(p, card, type, id, factor, original, out, deadline);

    if (rc == SSC_E_CARD_RESET) {
        rc = compute(p, card, type, id, factor, original, out, deadline);
    }
    return rc == SSC_E_CARD_RESET ? SSC_E_NO_PSAM : rc;
}

static int internal(struct ssc_auth *a, const struct ssc_card_info *card, const uint8_t factor[8],
                    const uint8_t original[8], uint8_t expected[8], int64_t deadline)
{
    struct ssc_psam *p = ssc_psam_of(a);
    const struct ssc_key_info *k = ssc_key_info(SSC_KEY_IRK);
    int rc = ssc_gate_enter(&p->gate, deadline);

    if (rc == 0) {
        rc = authentication_data(p, card, k->psam_type, k->psam_id, factor, original, expected, deadline);
        ssc_gate_leave(&p->gate);
    }
    return ssc_psam_refusal(rc);
}

static int external(struct ssc_auth *a, const struct ssc_card_info *card, enum ssc_key_id key,
                    const uint8_t challenge[8], struct ssc_external_auth *out, int64_t deadline)
{
    struct ssc_psam *p = ssc_psam_of(a);
    const struct ssc_key_info *k = ssc_key_info(key);
    const bool read_holder = key == SSC_KEY_RKSSSE;
    int rc = k ? ssc_gate_enter(&p->gate, deadline) : SSC_E_INVALID_ARGUMENT;

    out->version = -1;
    if (rc == 0) {
        rc = ssc_random(out->original, sizeof out->original);
        if (rc == 0) {
            rc = authentication_data(p, card, k->psam_type,
                                     read_holder ? p->profile.psam_rkssse_id : k->psam_id, challenge,
                                     out->original, out->auth, deadline);
        }
        ssc_gate_leave(&p->gate);
    }
    return rc == SSC_E_PSAM_KEY_MISSING && read_holder ? SSC_E_PSAM_NO_RKSSSE : ssc_psam_refusal(rc);
}

/* ---- PIN commands ---- */

/* MAC over header, Lc and cipher text. A PSAM hands out the four bytes; one that hands out the last block is
 * understood, too. */
static int maintenance_mac(struct ssc_psam *p, const struct ssc_card_info *card, const uint8_t challenge[8],
                           const uint8_t *message, size_t len, uint8_t mac[4], int64_t deadline)
{
    const struct ssc_key_info *k = ssc_key_info(SSC_KEY_STKSSSE);
    const size_t block = ssc_block_size(card->algorithm);
    uint8_t data[64] = {0}, answer[16] = {0}; /* IV of zeros, message, 80 00.. */
    size_t data_len = block + (len / block + 1) * block, answer_len = sizeof answer;
    int rc = data_len > sizeof data ? SSC_E_INVALID_ARGUMENT : 0;

    if (rc == 0) {
        memcpy(data + block, message, len);
        data[block + len] = 0x80;
        rc = deliver(p, card, k->psam_type, k->psam_id, challenge, deadline);
    }
    if (rc == 0) {
        rc = ssc_psam_cipher(p, SSC_PSAM_MAC, data, data_len, answer, &answer_len, deadline);
    }
    if (rc == 0 && answer_len != 4 && answer_len != block) {
        rc = SSC_E_BAD_RESPONSE;
    }
    for (size_t i = 0; rc == 0 && i < 4; i++) {
        mac[i] = answer_len == 16 ? answer[i] ^ answer[4 + i] ^ answer[8 + i] ^ answer[12 + i] : answer[i];
    }
    return rc;
}

static int build_pin_command(struct ssc_psam *p, const struct ssc_card_info *card, const uint8_t challenge[8],
                             const uint8_t *pin, size_t pin_len, struct ssc_command_buf *out,
                             int64_t deadline)
{
    const struct ssc_key_info *k = ssc_key_info(SSC_KEY_STKSSSE);
    uint8_t plain[16], message[5 + 16] = {0x84, 0x24, 0x00, pin_len ? 0x01 : 0x00};
    size_t plain_len = 0, text_len = 16;
    int rc = ssc_psam_select(p, SSC_PSAM_SOCIAL, card->algorithm, deadline);

    if (rc == 0 && pin_len > 0) {
        rc = ssc_auth_pin_block(card->algorithm, pin, pin_len, plain, &plain_len);
        if (rc == 0) { /* a session key serves one kind of operation: it is delivered again for the MAC */
            rc = deliver(p, card, k->psam_type, k->psam_id, challenge, deadline);
        }
        if (rc == 0) {
            rc = ssc_psam_cipher(p, SSC_PSAM_ENCRYPT, plain, plain_len, message + 5, &text_len, deadline);
        }
        if (rc == 0 && text_len != plain_len) {
            rc = SSC_E_BAD_RESPONSE;
        }
    }
    if (rc == 0) {
        message[4] = (uint8_t)(plain_len + 4);
        rc = maintenance_mac(p, card, challenge, message, 5 + plain_len, out->data + plain_len, deadline);
    }
    if (rc == 0) {
        memcpy(out->data, message + 5, plain_len);
        out->cmd = (struct ssc_command){
            .cla = 0x84, .ins = 0x24, .p2 = message[3], .data = out->data, .lc = plain_len + 4};
    }
    ssc_cleanse(plain, sizeof plain);
    return rc;
}

static int pin_command(struct ssc_auth *a, const struct ssc_card_info *card, const uint8_t challenge[8],
                       const uint8_t *pin, size_t pin_len, struct ssc_command_buf *out, int64_t deadline)
{
    struct ssc_psam *p = ssc_psam_of(a);
    int rc = ssc_block_size(card->algorithm) == 0 ? SSC_E_PSAM_ALGORITHM : ssc_gate_enter(&p->gate, deadline);

    if (rc == 0) {
        rc = build_pin_command(p, card, challenge, pin, pin_len, out, deadline);
        if (rc == SSC_E_CARD_RESET) {
            rc = build_pin_command(p, card, challenge, pin, pin_len, out, deadline);
        }
        if (rc == SSC_E_CARD_RESET) {
            rc = SSC_E_NO_PSAM;
        }
        ssc_gate_leave(&p->gate);
    }
    return ssc_psam_refusal(rc);
}

/* ---- life ---- */

static void psam_free(struct ssc_auth *a)
{
    struct ssc_psam *p = ssc_psam_of(a);

    ssc_channel_close(&p->channel, true);
    ssc_gate_destroy(&p->gate);
    ssc_cleanse(p, sizeof *p);
    free(p);
}

static const struct ssc_auth_ops psam_ops = {
    .name = "psam",
    .waits = true,
    .internal = internal,
    .external = external,
    .pin_command = pin_command,
    .purse_pin = ssc_psam_purse_pin,
    .terminal = ssc_psam_terminal,
    .medical_mac1 = ssc_psam_medical_mac1,
    .purse_mac1 = ssc_psam_purse_mac1,
    .check_mac2 = ssc_psam_check_mac2,
    .session = ssc_psam_session,
    .purchase_end = ssc_psam_purchase_end,
    .medical_load_mac2 = NULL, /* loads are the host's */
    .purse_load_mac2 = NULL,
    .free = psam_free,
};

static int read_file(struct ssc_psam *p, uint8_t sfi, size_t len, uint8_t *out, int64_t deadline)
{
    uint8_t buffer[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(buffer);
    struct ssc_command_buf b;
    int rc;

    ssc_cmd_read_binary(&b, sfi, 0, len);
    rc = ssc_psam_transmit(p, &b, 0, &rsp, deadline);
    if (rc > 0) { /* no short identifiers: by file identifier */
        ssc_cmd_select_ef(&b, sfi);
        rc = ssc_psam_send(p, &b, deadline);
        ssc_cmd_read_binary(&b, 0, 0, len);
        rsp = SSC_RESPONSE(buffer);
        if (rc == 0) {
            rc = ssc_psam_transmit(p, &b, 0, &rsp, deadline);
        }
    }
    if (rc == 0 && rsp.len < len) {
        rc = SSC_E_BAD_RESPONSE;
    }
    if (rc == 0) {
        memcpy(out, rsp.data, len);
    }
    return rc;
}

/* Terminal numbers are digits by the card specification; purse PSAMs also use A to F. */
static void take_terminal(struct ssc_psam *p)
{
    ssc_hex_encode(p->terminal, TERMINAL_LEN, p->info.terminal, sizeof p->info.terminal);
    p->has_terminal = true;
}

static int probe(struct ssc_psam *p, int64_t deadline)
{
    static const enum ssc_algorithm algorithms[] = {SSC_ALG_SSF33, SSC_ALG_SM4, SSC_ALG_3DES};
    bool *const found[] = {&p->info.alg_ssf33, &p->info.alg_sm4, &p->info.alg_3des};
    uint8_t public_info[PUBLIC_LEN];
    int rc = 0, last = SSC_E_NO_PSAM;

    for (size_t i = 0; i < 3 && rc == 0; i++) {
        rc = ssc_psam_environment_select(p, algorithms[i], deadline);
        *found[i] = rc == 0;
        if (rc == 0) {
            last = 0;
        }
        if (rc == SSC_E_PSAM_ALGORITHM) {
            rc = 0;
        }
    }
    if (rc == 0) {
        rc = last;
    }
    /* A failed SELECT may leave nothing selected: the files are the same in every environment. */
    if (rc == 0) {
        rc = ssc_psam_environment_select(p, p->environment, deadline);
    }
    if (rc == 0) {
        rc = read_file(p, SFI_TERMINAL, TERMINAL_LEN, p->terminal, deadline);
    }
    if (rc == 0) {
        take_terminal(p);
    }
    if (rc == 0 && read_file(p, SFI_PUBLIC, PUBLIC_LEN, public_info, deadline) == 0) {
        ssc_hex_encode(public_info + 1, 10, p->info.serial, sizeof p->info.serial);
    }
    return rc > 0 ? SSC_E_NO_PSAM : rc;
}

int ssc_auth_psam_take(struct ssc_channel **ch, const struct ssc_profile *profile, struct ssc_auth **out,
                       int64_t deadline)
{
    struct ssc_psam *p = calloc(1, sizeof *p);
    struct ssc_auth *made = NULL;
    int rc = p ? ssc_gate_init(&p->gate) : SSC_E_OUT_OF_MEMORY;

    if (rc != 0) {
        free(p);
        goto done;
    }
    p->base.ops = &psam_ops;
    p->channel = *ch;
    p->profile = *profile;
    p->session = ssc_auth_first_session();
    memcpy(p->info.reader, p->channel->reader, sizeof p->info.reader);
    made = &p->base;
    *ch = NULL;
    rc = probe(p, deadline);
    if (rc == 0 && p->info.alg_3des) { /* not finding a purse is no fault */
        p->info.purse = ssc_psam_select(p, SSC_PSAM_PURSE, SSC_ALG_3DES, deadline) == 0;
    }
    if (rc != 0) {
        ssc_auth_free(&made);
    }
done:
    *out = made;
    return rc;
}

const struct ssc_psam_info *ssc_auth_psam_info(const struct ssc_auth *a)
{
    return a->ops == &psam_ops ? &((const struct ssc_psam *)a)->info : NULL;
}
