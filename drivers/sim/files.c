/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing files: linear records TAG LEN VALUE, cyclic records, transparent files (card
 * specification part 5; ISO/IEC 7816-4 clauses 7.2 and 7.3). */
#include "drivers/sim/card.h"

#include <string.h>

struct sim_ef *sim_ef_by_sfi(struct ssc_sim_card *c, int df, uint8_t sfi)
{
    struct sim_ef *found = NULL;
    for (size_t i = 0; i < c->ef_count && !found; i++) {
        if (c->ef[i].df == df && c->ef[i].sfi == sfi) {
            found = &c->ef[i];
        }
    }
    return found;
}

static size_t index_of(const struct ssc_sim_card *c, const struct sim_ef *ef)
{
    return (size_t)(ef - c->ef);
}

unsigned sim_record_count(const struct ssc_sim_card *c, const struct sim_ef *ef)
{
    return ef->kind == SSC_FILE_CYCLIC ? c->nv.ring[index_of(c, ef)].count : ef->slots;
}

static uint32_t ring_place(const struct ssc_sim_card *c, const struct sim_ef *ef, unsigned n)
{
    const struct sim_ring *ring = &c->nv.ring[index_of(c, ef)];
    return ef->offset + (uint32_t)((ring->head + n - 1) % ef->records) * ef->size;
}

size_t sim_record_get(const struct ssc_sim_card *c, const struct sim_ef *ef, unsigned n, uint8_t out[257])
{
    size_t len;
    if (ef->kind == SSC_FILE_CYCLIC) {
        len = ef->size;
        memcpy(out, c->nv.pool + ring_place(c, ef, n), len);
    } else {
        const unsigned i = ef->slot + n - 1;
        out[0] = c->slot[i].tag;
        out[1] = c->nv.record_len[i];
        memcpy(out + 2, c->nv.pool + c->slot[i].offset, c->nv.record_len[i]);
        len = 2u + c->nv.record_len[i];
    }
    return len;
}

void sim_record_push(struct ssc_sim_card *c, const struct sim_ef *ef, const uint8_t *data, size_t len)
{
    struct sim_ring *ring = &c->nv.ring[index_of(c, ef)];
    uint8_t *place;
    ring->head = (uint8_t)((ring->head + ef->records - 1) % ef->records);
    ring->count = (uint8_t)(ring->count < ef->records ? ring->count + 1 : ef->records);
    place = c->nv.pool + ring_place(c, ef, 1);
    memset(place, 0, ef->size);
    memcpy(place, data, len < ef->size ? len : ef->size);
    c->nv.ef_dirty[index_of(c, ef)] = true;
}

void sim_slot_put(struct ssc_sim_card *c, unsigned slot, const uint8_t *value, size_t len)
{
    memcpy(c->nv.pool + c->slot[slot].offset, value, len);
    c->nv.record_len[slot] = (uint8_t)len;
    for (size_t i = 0; i < c->ef_count; i++) {
        const struct sim_ef *ef = &c->ef[i];
        if (ef->slots > 0 && slot >= ef->slot && slot < (unsigned)ef->slot + ef->slots) {
            c->nv.ef_dirty[i] = true;
        }
    }
}

int sim_slot_by_tag(const struct ssc_sim_card *c, const struct sim_ef *ef, uint8_t tag)
{
    int found = -1;
    for (unsigned i = ef->slot; i < (unsigned)ef->slot + ef->slots && found < 0; i++) {
        if (c->slot[i].tag == tag) {
            found = (int)i;
        }
    }
    return found;
}

/* ---- which file, which record ---- */

/* The file that SFI (0: the current one) names becomes current. 0 or the status word. */
static uint16_t choose(struct ssc_sim_card *c, uint8_t sfi, struct sim_ef **ef)
{
    uint16_t sw = 0;
    *ef = NULL;
    if (sfi == 0) {
        *ef = c->s.ef >= 0 ? &c->ef[c->s.ef] : NULL;
        sw = *ef ? 0 : SSC_SW_NO_CURRENT_EF;
    } else if (!c->profile.sfi) {
        sw = SSC_SW_FUNCTION;
    } else {
        *ef = sim_ef_by_sfi(c, c->s.df, sfi);
        sw = *ef ? 0 : SSC_SW_FILE_NOT_FOUND;
        if (*ef && c->s.ef != (int)index_of(c, *ef)) {
            c->s.ef = (int)index_of(c, *ef);
            c->s.record = 0;
        }
    }
    return sw;
}

static bool has_id(const struct ssc_sim_card *c, const struct sim_ef *ef, unsigned n, uint8_t id)
{
    return id == 0 || (ef->kind != SSC_FILE_CYCLIC && c->slot[ef->slot + n - 1].tag == id);
}

/* Record number that P1 and the mode name; 0: none. */
static unsigned find_record(const struct ssc_sim_card *c, const struct sim_ef *ef, uint8_t p1, unsigned mode)
{
    const unsigned count = sim_record_count(c, ef);
    const bool upward = mode == SSC_REC_FIRST || mode == SSC_REC_NEXT;
    const bool fresh = mode == SSC_REC_FIRST || mode == SSC_REC_LAST || c->s.record == 0;
    unsigned n, found = 0;
    if (mode >= SSC_REC_NUMBER) {
        n = p1 == 0 ? c->s.record : p1;
        found = n <= count ? n : 0;
    } else if (upward) {
        for (n = fresh ? 1 : c->s.record + 1; n <= count && found == 0; n++) {
            found = has_id(c, ef, n, p1) ? n : 0;
        }
    } else {
        for (n = fresh ? count : c->s.record - 1; n >= 1 && found == 0; n--) {
            found = has_id(c, ef, n, p1) ? n : 0;
        }
    }
    return found;
}

/* ---- READ RECORD, UPDATE RECORD ---- */

/* Whole records only, as many as one answer holds: a longer file is read on from the next number. */
static void put_records(const struct ssc_sim_card *c, const struct sim_ef *ef, unsigned from, unsigned to,
                        struct ssc_writer *out)
{
    uint8_t record[257];
    bool full = false;
    const int step = from <= to ? 1 : -1;
    for (int n = (int)from; !full && n != (int)to + step; n += step) {
        const size_t len = sim_record_get(c, ef, (unsigned)n, record);
        full = out->len + len > out->cap;
        if (!full) {
            ssc_write(out, record, len);
        }
    }
}

uint16_t sim_read_record(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const unsigned mode = cmd->p2 & 7u;
    struct sim_ef *ef;
    unsigned n;
    uint16_t sw = choose(c, cmd->p2 >> 3, &ef);
    if (sw != 0) {
        goto done;
    }
    if (mode == 7 || (mode >= SSC_REC_FROM && !c->profile.whole_file)) {
        sw = SSC_SW_P1P2;
        goto done;
    }
    if (ef->kind == SSC_FILE_TRANSPARENT) {
        sw = SSC_SW_FILE_TYPE;
        goto done;
    }
    if (!sim_allowed(c, ef->read, ef->read_key)) {
        sw = SSC_SW_SECURITY;
        goto done;
    }
    n = find_record(c, ef, cmd->p1, mode);
    if (n == 0) {
        sw = SSC_SW_RECORD_NOT_FOUND;
        goto done;
    }
    if (mode == SSC_REC_FROM) {
        put_records(c, ef, n, sim_record_count(c, ef), out);
    } else if (mode == SSC_REC_ALL_LAST) {
        put_records(c, ef, sim_record_count(c, ef), n, out);
    } else {
        put_records(c, ef, n, n, out);
        c->s.record = n;
    }
    sw = SSC_SW_OK;
done:
    return sw;
}

/* TAG LEN VALUE for the record that P1 and mode name. 0 or the status word. */
static uint16_t write_linear(struct ssc_sim_card *c, const struct sim_ef *ef, const struct ssc_command *cmd,
                             const uint8_t *data, size_t len)
{
    const unsigned n = find_record(c, ef, cmd->p1, cmd->p2 & 7u);
    const unsigned slot = ef->slot + n - 1;
    uint16_t sw = 0;
    if (n == 0) {
        sw = SSC_SW_RECORD_NOT_FOUND;
    } else if (len < 2 || data[1] != len - 2) {
        sw = SSC_SW_TLV_LENGTH;
    } else if (data[0] != c->slot[slot].tag) {
        sw = SSC_SW_DATA;
    } else if (data[1] > c->slot[slot].cap) {
        sw = SSC_SW_NO_SPACE;
    } else {
        sim_touch(c);
        sim_slot_put(c, slot, data + 2, len - 2);
        c->s.record = n;
    }
    return sw;
}

/* Mode "previous" with P1 = 00 adds a record; an existing one may be rewritten by its number. */
static uint16_t write_cyclic(struct ssc_sim_card *c, const struct sim_ef *ef, const struct ssc_command *cmd,
                             const uint8_t *data, size_t len)
{
    const unsigned mode = cmd->p2 & 7u;
    const unsigned n = mode == SSC_REC_NUMBER ? find_record(c, ef, cmd->p1, mode) : 0;
    uint16_t sw = 0;
    if (len != ef->size) {
        sw = SSC_SW_LENGTH;
    } else if (mode == SSC_REC_PREVIOUS && cmd->p1 == 0) {
        sim_touch(c);
        sim_record_push(c, ef, data, len);
        c->s.record = 1;
    } else if (n > 0) {
        sim_touch(c);
        memcpy(c->nv.pool + ring_place(c, ef, n), data, len);
        c->nv.ef_dirty[index_of(c, ef)] = true;
    } else {
        sw = mode == SSC_REC_NUMBER ? SSC_SW_RECORD_NOT_FOUND : SSC_SW_P1P2;
    }
    return sw;
}

/* Data of an update command without its secure messaging. PBOC files want it always; a social security card
 * also takes plain updates after the file's key has been authenticated. 0 or the status word. */
static uint16_t plain_data(struct ssc_sim_card *c, const struct ssc_command *cmd, uint8_t *data, size_t *len)
{
    const bool secure = (cmd->cla & 0x0F) == 4;
    uint16_t sw = 0;
    *len = cmd->lc;
    if (secure) {
        sw = sim_sm_check(c, cmd, sim_sm_key(c), len);
    }
    if (sw == 0 && secure && c->profile.sm_cipher) {
        const size_t cipher_len = *len;
        *len = SSC_LC_SHORT;
        sw = sim_sm_decipher(c, cmd->data, cipher_len, data, len);
    } else if (sw == 0 && *len > 0) {
        memcpy(data, cmd->data, *len);
    }
    return sw;
}

static uint16_t may_update(const struct ssc_sim_card *c, const struct sim_ef *ef)
{
    return sim_allowed(c, ef->update, ef->update_key) ? 0 : SSC_SW_SECURITY;
}

uint16_t sim_update_record(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    uint8_t data[SSC_LC_SHORT];
    size_t len;
    struct sim_ef *ef;
    uint16_t sw = choose(c, cmd->p2 >> 3, &ef);
    (void)out;
    if (sw == 0 && ef->kind == SSC_FILE_TRANSPARENT) {
        sw = SSC_SW_FILE_TYPE;
    }
    if (sw == 0 && (cmd->p2 & 7u) > SSC_REC_NUMBER) {
        sw = SSC_SW_P1P2;
    }
    if (sw == 0) {
        sw = may_update(c, ef);
    }
    if (sw == 0) {
        sw = plain_data(c, cmd, data, &len);
    }
    if (sw == 0) {
        sw = ef->kind == SSC_FILE_CYCLIC ? write_cyclic(c, ef, cmd, data, len)
                                         : write_linear(c, ef, cmd, data, len);
    }
    ssc_cleanse(data, sizeof data);
    return sw == 0 ? SSC_SW_OK : sw;
}

/* ---- READ BINARY, UPDATE BINARY ---- */

/* P1 b8: 100 and SFI, P2 is the offset; else the offset in P1 P2 of the current file. */
static uint16_t choose_binary(struct ssc_sim_card *c, const struct ssc_command *cmd, struct sim_ef **ef,
                              size_t *at)
{
    uint16_t sw;
    *at = cmd->p1 & 0x80 ? cmd->p2 : ssc_get16((const uint8_t[]){cmd->p1, cmd->p2});
    *ef = NULL;
    if ((cmd->p1 & 0xE0) != 0x80 && (cmd->p1 & 0x80)) {
        sw = SSC_SW_P1P2;
    } else {
        sw = choose(c, cmd->p1 & 0x80 ? cmd->p1 & 0x1F : 0, ef);
    }
    if (sw == 0 && (*ef)->kind != SSC_FILE_TRANSPARENT) {
        sw = SSC_SW_FILE_TYPE;
    }
    return sw;
}

uint16_t sim_read_binary(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    struct sim_ef *ef;
    size_t at, len;
    uint16_t sw = choose_binary(c, cmd, &ef, &at);
    if (sw == 0 && !sim_allowed(c, ef->read, ef->read_key)) {
        sw = SSC_SW_SECURITY;
    } else if (sw == 0 && at >= ef->size) {
        sw = SSC_SW_OFFSET;
    } else if (sw == 0) {
        len = cmd->le == 0 || cmd->le > SIM_OUT ? SIM_OUT : cmd->le;
        len = len > ef->size - at ? ef->size - at : len;
        ssc_write(out, c->nv.pool + ef->offset + at, len);
        sw = SSC_SW_OK;
    }
    return sw;
}

uint16_t sim_update_binary(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    uint8_t data[SSC_LC_SHORT];
    size_t at, len;
    struct sim_ef *ef;
    uint16_t sw = choose_binary(c, cmd, &ef, &at);
    (void)out;
    if (sw == 0) {
        sw = may_update(c, ef);
    }
    if (sw == 0) {
        sw = plain_data(c, cmd, data, &len);
    }
    if (sw == 0 && len == 0) {
        sw = SSC_SW_LENGTH;
    } else if (sw == 0 && at >= ef->size) {
        sw = SSC_SW_OFFSET;
    } else if (sw == 0 && len > ef->size - at) {
        sw = SSC_SW_NO_SPACE;
    } else if (sw == 0) {
        sim_touch(c);
        memcpy(c->nv.pool + ef->offset + at, data, len);
        c->nv.ef_dirty[index_of(c, ef)] = true;
    }
    ssc_cleanse(data, sizeof data);
    return sw == 0 ? SSC_SW_OK : sw;
}
