/* SPDX-License-Identifier: Apache-2.0 */
/* Files, authentication and PIN of the social security card; card specification part 5. */
#include "apdu/ssc.h"

#include <string.h>

#include "apdu/build.h"
#include "apdu/error.h"

enum { SFI_MAX = 30, PIN_MIN = 2, PIN_MAX = 8 };
enum { CLA_ISO = 0x00, CLA_SECURE = 0x84 };

void ssc_cmd_select_name(struct ssc_command_buf *b, const uint8_t *name, size_t len)
{
    ssc_build_data(b, CLA_ISO, 0xA4, 0x04, 0x00, name, len, SSC_LE_SHORT);
}

void ssc_cmd_select_df(struct ssc_command_buf *b, uint16_t fid)
{
    uint8_t id[2];

    ssc_put16(id, fid);
    ssc_build_data(b, CLA_ISO, 0xA4, 0x00, 0x00, id, sizeof id, SSC_LE_SHORT);
}

/* An elementary file answers without FCI. */
void ssc_cmd_select_ef(struct ssc_command_buf *b, uint16_t fid)
{
    uint8_t id[2];

    ssc_put16(id, fid);
    ssc_build_data(b, CLA_ISO, 0xA4, 0x02, 0x00, id, sizeof id, 0);
}

static unsigned record_p2(uint8_t sfi, enum ssc_record_mode mode)
{
    return ((unsigned)sfi << 3 | (unsigned)mode) & 0xFF;
}

static bool record_valid(uint8_t sfi, enum ssc_record_mode mode)
{
    return sfi <= SFI_MAX && (unsigned)mode <= SSC_REC_ALL_LAST;
}

void ssc_cmd_read_record(struct ssc_command_buf *b, uint8_t sfi, uint8_t p1, enum ssc_record_mode mode,
                         size_t le)
{
    ssc_build_data(b, CLA_ISO, 0xB2, p1, record_p2(sfi, mode), NULL, 0, le);
    if (!record_valid(sfi, mode) || le > SSC_LE_EXTENDED) {
        ssc_build_refuse(b);
    }
}

void ssc_cmd_update_record(struct ssc_command_buf *b, uint8_t sfi, uint8_t p1, enum ssc_record_mode mode,
                           const uint8_t *data, size_t len)
{
    ssc_build_data(b, CLA_ISO, 0xDC, p1, record_p2(sfi, mode), data, len, 0);
    if (!record_valid(sfi, mode)) {
        ssc_build_refuse(b);
    }
}

/* P1 P2 of the BINARY commands: SFI and 8-bit offset, or 15-bit offset into the current file. */
static unsigned binary_p1p2(uint8_t sfi, uint16_t offset)
{
    return sfi > 0 ? (0x80u | sfi) << 8 | (offset & 0xFFu) : offset;
}

static bool binary_valid(uint8_t sfi, uint16_t offset)
{
    return sfi <= SFI_MAX && offset <= (sfi > 0 ? 0xFF : 0x7FFF);
}

void ssc_cmd_read_binary(struct ssc_command_buf *b, uint8_t sfi, uint16_t offset, size_t le)
{
    unsigned p1p2 = binary_p1p2(sfi, offset);

    ssc_build_data(b, CLA_ISO, 0xB0, p1p2 >> 8, p1p2 & 0xFF, NULL, 0, le);
    if (!binary_valid(sfi, offset) || le > SSC_LE_EXTENDED) {
        ssc_build_refuse(b);
    }
}

void ssc_cmd_update_binary(struct ssc_command_buf *b, uint8_t sfi, uint16_t offset, const uint8_t *data,
                           size_t len)
{
    unsigned p1p2 = binary_p1p2(sfi, offset);

    ssc_build_data(b, CLA_ISO, 0xD6, p1p2 >> 8, p1p2 & 0xFF, data, len, 0);
    if (!binary_valid(sfi, offset)) {
        ssc_build_refuse(b);
    }
}

void ssc_cmd_get_challenge(struct ssc_command_buf *b, size_t le)
{
    ssc_build_data(b, CLA_ISO, 0x84, 0x00, 0x00, NULL, 0, le);
}

void ssc_cmd_internal_auth(struct ssc_command_buf *b, const uint8_t factor[8], const uint8_t original[8])
{
    struct ssc_writer w = ssc_build(b, CLA_ISO, 0x88, 0x00, 0x00);

    ssc_write(&w, factor, 8);
    ssc_write(&w, original, 8);
    ssc_build_end(b, &w, 8);
}

void ssc_cmd_external_auth(struct ssc_command_buf *b, uint8_t ref, const uint8_t auth[8],
                           const uint8_t original[8], int version)
{
    struct ssc_writer w = ssc_build(b, CLA_ISO, 0x82, 0x00, ref);

    ssc_write(&w, auth, 8);
    ssc_write(&w, original, 8);
    if (version >= 0) {
        ssc_write8(&w, (unsigned)version & 0xFF);
    }
    ssc_build_end(b, &w, 0);
    if (version > 0xFF) {
        ssc_build_refuse(b);
    }
}

/* ---- PIN ---- */

static bool pin_fits(size_t len)
{
    return len >= PIN_MIN && len <= PIN_MAX;
}

int ssc_pin_bytes(const char *digits, uint8_t out[8], size_t *len)
{
    uint8_t packed[PIN_MAX] = {0};
    size_t n = strnlen(digits, 2 * PIN_MAX + 1);
    int rc = SSC_E_PIN_LENGTH;

    if (n < 2 * PIN_MIN || n > 2 * PIN_MAX) {
        goto done;
    }
    for (size_t i = 0; i < n; i++) {
        if (digits[i] < '0' || digits[i] > '9') {
            goto done;
        }
        packed[i / 2] |= (uint8_t)((digits[i] - '0') << (i % 2 == 0 ? 4 : 0));
    }
    if (n % 2 != 0) {
        packed[n / 2] |= 0x0F;
    }
    *len = (n + 1) / 2;
    memcpy(out, packed, *len);
    rc = 0;
done:
    ssc_cleanse(packed, sizeof packed);
    return rc;
}

void ssc_cmd_verify(struct ssc_command_buf *b, const uint8_t *pin, size_t len)
{
    ssc_build_data(b, CLA_ISO, 0x20, 0x00, 0x00, pin, len, 0);
    if (len != 0 && !pin_fits(len)) {
        ssc_build_refuse(b);
    }
}

int ssc_cmd_change_pin(struct ssc_command_buf *b, uint8_t id, const uint8_t *old_pin, size_t old_len,
                       const uint8_t *new_pin, size_t new_len)
{
    struct ssc_writer w = ssc_build(b, 0x80, 0x5E, 0x01, id);
    int rc = 0;

    if (!pin_fits(old_len) || !pin_fits(new_len)) {
        ssc_build_refuse(b);
        rc = SSC_E_PIN_LENGTH;
        goto done;
    }
    ssc_write(&w, old_pin, old_len);
    ssc_write8(&w, 0xFF);
    ssc_write(&w, new_pin, new_len);
    ssc_build_end(b, &w, 0);
done:
    return rc;
}

/* 84 24 with `cipher` (or nothing) and the MAC over header and cipher, Lc counting the MAC. */
static int secure_24(struct ssc_command_buf *b, const struct ssc_key *session, uint8_t p2,
                     const uint8_t *cipher, size_t cipher_len)
{
    uint8_t message[64], mac[4];
    struct ssc_writer m = ssc_writer(message, sizeof message);
    struct ssc_writer w = ssc_build(b, CLA_SECURE, 0x24, 0x00, p2);
    int rc = 0;

    ssc_write8(&m, CLA_SECURE);
    ssc_write8(&m, 0x24);
    ssc_write8(&m, 0x00);
    ssc_write8(&m, p2);
    ssc_write8(&m, (unsigned)(cipher_len + sizeof mac));
    ssc_write(&m, cipher, cipher_len);
    rc = m.full ? SSC_E_INTERNAL : ssc_mac4(session, message, m.len, mac);
    if (rc != 0) {
        goto done;
    }
    ssc_write(&w, cipher, cipher_len);
    ssc_write(&w, mac, sizeof mac);
    ssc_build_end(b, &w, 0);
done:
    return rc;
}

int ssc_cmd_reload_pin(struct ssc_command_buf *b, const struct ssc_key *stk, const uint8_t challenge[8],
                       const uint8_t *pin, size_t len)
{
    struct ssc_key session = {.alg = SSC_ALG_NONE};
    uint8_t cipher[32];
    size_t cipher_len = sizeof cipher;
    int rc = SSC_E_PIN_LENGTH;

    if (!pin_fits(len)) {
        goto done;
    }
    rc = ssc_session_key(stk, challenge, 8, &session);
    if (rc == 0) {
        rc = ssc_encipher(&session, pin, len, cipher, &cipher_len);
    }
    if (rc == 0) {
        rc = secure_24(b, &session, 0x01, cipher, cipher_len);
    }
done:
    if (rc != 0) {
        ssc_build_refuse(b);
    }
    ssc_cleanse(&session, sizeof session);
    return rc;
}

int ssc_cmd_unblock_pin(struct ssc_command_buf *b, const struct ssc_key *stk, const uint8_t challenge[8])
{
    struct ssc_key session = {.alg = SSC_ALG_NONE};
    int rc = ssc_session_key(stk, challenge, 8, &session);

    if (rc == 0) {
        rc = secure_24(b, &session, 0x00, NULL, 0);
    }
    if (rc != 0) {
        ssc_build_refuse(b);
    }
    ssc_cleanse(&session, sizeof session);
    return rc;
}
