/* SPDX-License-Identifier: Apache-2.0 */
/* The card's main loop: from the bytes of a command to the bytes of an answer, with the rules of the
 * transmission protocol (ISO/IEC 7816-3 clause 10), faults and power. */
#include "drivers/sim/card.h"

#include "apdu/wire.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEEPS_PURSE = 1, WHILE_BLOCKED = 2 };

static const struct sim_command {
    uint8_t cla, ins;
    unsigned kinds;
    unsigned flags;
    sim_run *run;
} COMMANDS[] = {
    {0x00, 0xA4, SIM_ANY, WHILE_BLOCKED, sim_select},
    {0x00, 0xB2, SIM_ANY, WHILE_BLOCKED, sim_read_record},
    {0x00, 0xB0, SIM_ANY, WHILE_BLOCKED, sim_read_binary},
    {0x00, 0xDC, SIM_SSC, 0, sim_update_record},
    {0x04, 0xDC, SIM_SSC | SIM_PBOC, 0, sim_update_record},
    {0x00, 0xD6, SIM_SSC, 0, sim_update_binary},
    {0x04, 0xD6, SIM_SSC | SIM_PBOC, 0, sim_update_binary},
    {0x00, 0x84, SIM_ANY, WHILE_BLOCKED, sim_get_challenge},
    {0x00, 0x20, SIM_SSC | SIM_PBOC, 0, sim_verify},
    {0x80, 0x5E, SIM_SSC | SIM_PBOC, 0, sim_change_pin},
    {0x84, 0x24, SIM_SSC | SIM_PBOC, 0, sim_pin_unblock},
    {0x00, 0x88, SIM_SSC | SIM_PBOC, 0, sim_internal_auth},
    {0x00, 0x82, SIM_SSC | SIM_PBOC, 0, sim_external_auth},
    {0x84, 0x1E, SIM_SSC | SIM_PBOC, WHILE_BLOCKED, sim_app_block},
    {0x84, 0x18, SIM_PBOC, WHILE_BLOCKED, sim_app_unblock},
    {0x84, 0x16, SIM_SSC | SIM_PBOC, WHILE_BLOCKED, sim_card_block},
    {0xB0, 0x28, SIM_SSC, KEEPS_PURSE, sim_medical_init},
    {0xB0, 0x2A, SIM_SSC, KEEPS_PURSE, sim_medical_credit},
    {0xB0, 0x2C, SIM_SSC, KEEPS_PURSE, sim_medical_debit},
    {0xB0, 0x26, SIM_SSC, KEEPS_PURSE, sim_medical_balance},
    {0xB0, 0x2E, SIM_SSC, KEEPS_PURSE, sim_medical_proof},
    {0xB0, 0x56, SIM_SSC, 0, sim_medical_starting_day},
    {0x80, 0x50, SIM_PBOC, KEEPS_PURSE, sim_pboc_init},
    {0x80, 0x52, SIM_PBOC, KEEPS_PURSE, sim_pboc_credit},
    {0x80, 0x54, SIM_PBOC, KEEPS_PURSE, sim_pboc_debit},
    {0x80, 0x58, SIM_PBOC, KEEPS_PURSE, sim_pboc_update_limit},
    {0x80, 0xDC, SIM_PBOC, KEEPS_PURSE, sim_pboc_capp},
    {0x80, 0x5C, SIM_PBOC, 0, sim_pboc_balance},
    {0x80, 0x5A, SIM_PBOC, 0, sim_pboc_proof},
    {0xBF, 0xDE, SIM_PSAM, 0, sim_psam_delivery},
    {0xBF, 0xEC, SIM_PSAM, 0, sim_psam_environment},
    {0x80, 0x1A, SIM_PSAM, 0, sim_psam_descrypt},
    {0x80, 0xFA, SIM_PSAM, 0, sim_psam_cipher},
    {0x80, 0x70, SIM_PSAM, 0, sim_psam_init_purchase},
    {0x80, 0x72, SIM_PSAM, 0, sim_psam_credit},
};

void sim_touch(struct ssc_sim_card *c)
{
    if (!c->touched) {
        c->undo = c->nv;
        c->touched = true;
    }
}

void sim_keep(struct ssc_sim_card *c)
{
    if (c->touched && sim_persist(c) == 0) {
        c->touched = false;
    }
}

static uint32_t pseudo_random(struct ssc_sim_card *c)
{
    c->seed = c->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(c->seed >> 33);
}

int sim_random(struct ssc_sim_card *c, uint8_t *out, size_t len)
{
    int rc = 0;
    if (c->random_len == 0) {
        rc = ssc_random(out, len);
    } else {
        for (size_t i = 0; i < len; i++) {
            out[i] = c->random[c->random_pos];
            c->random_pos = (c->random_pos + 1) % c->random_len;
        }
    }
    return rc;
}

static void wait_until(struct ssc_sim_card *c, int64_t until_ms)
{
    if (c->wait) {
        c->wait(c->wait_ctx, until_ms);
    } else if (until_ms > ssc_now_ms()) {
        const struct timespec at = {.tv_sec = (time_t)(until_ms / 1000),
                                    .tv_nsec = (long)(until_ms % 1000) * 1000000};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0 && ssc_now_ms() < until_ms) {
        }
    }
}

static bool is_blocked(const struct ssc_sim_card *c)
{
    return c->s.df >= 0 && c->nv.blocked[c->s.df] != SIM_OPEN;
}

static uint16_t blocked_sw(const struct ssc_sim_card *c)
{
    return c->nv.blocked[c->s.df] == SIM_BLOCKED_PERMANENT ? SSC_SW_APP_BLOCKED : SSC_SW_FUNCTION;
}

static uint16_t dispatch(struct ssc_sim_card *c, const struct ssc_command *cmd, struct ssc_writer *out)
{
    const struct sim_command *row = NULL;
    uint16_t sw = SSC_SW_CLA;
    for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0] && !row; i++) {
        if ((COMMANDS[i].kinds & c->kind) && COMMANDS[i].cla == cmd->cla) {
            sw = SSC_SW_INS;
            row = COMMANDS[i].ins == cmd->ins ? &COMMANDS[i] : NULL;
        }
    }
    if (c->nv.blocked[0] == SIM_BLOCKED_CARD) {
        sw = SSC_SW_FUNCTION;
    } else if (row && is_blocked(c) && !(row->flags & WHILE_BLOCKED)) {
        sw = blocked_sw(c);
    } else if (row) {
        if (!(row->flags & KEEPS_PURSE)) {
            c->s.state = SIM_IDLE;
        }
        sw = row->run(c, cmd, out);
    }
    if (c->kind == SIM_PBOC &&
        cmd->ins != 0x84) { /* JR/T 0025: a random number serves the next command only */
        c->s.challenge_len = 0;
    }
    return sw;
}

/* ---- protocol ---- */

static size_t put_answer(uint8_t *rx, const uint8_t *data, size_t len, uint16_t sw)
{
    if (len > 0) {
        memcpy(rx, data, len);
    }
    ssc_put16(rx + len, sw);
    return len + 2;
}

static size_t more(uint8_t *rx, const uint8_t *data, size_t now, size_t left)
{
    return put_answer(rx, data, now, (uint16_t)(SSC_SW_MORE | (left > 255 ? 0 : left)));
}

static void keep_pending(struct ssc_sim_card *c, const uint8_t *data, size_t len)
{
    memmove(c->s.pending, data, len);
    c->s.pending_len = len;
}

static size_t get_response(struct ssc_sim_card *c, const struct ssc_command *cmd, uint8_t *rx)
{
    const size_t le = cmd->le == 0 ? SSC_LE_SHORT : cmd->le;
    const size_t have = c->s.pending_len;
    size_t len;
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        len = put_answer(rx, NULL, 0, SSC_SW_P1P2);
    } else if (have == 0) {
        len = put_answer(rx, NULL, 0, SSC_SW_CONDITIONS);
    } else if (le > have && (c->protocol == SSC_T0 && le != SSC_LE_SHORT)) {
        len = put_answer(rx, NULL, 0, (uint16_t)(SSC_SW_WRONG_LE | have));
    } else if (le >= have) {
        len = put_answer(rx, c->s.pending, have, SSC_SW_OK);
        c->s.pending_len = 0;
    } else {
        len = more(rx, c->s.pending, le, have - le);
        keep_pending(c, c->s.pending + le, have - le);
    }
    return len;
}

/* Response data in the form that case and protocol ask for. *repeat: the command did not run, Le was wrong.
 */
static size_t shape(struct ssc_sim_card *c, const struct ssc_command *cmd, const uint8_t *data, size_t len,
                    uint16_t sw, uint8_t *rx, bool *repeat)
{
    size_t rx_len;
    *repeat = false;
    if (len == 0) {
        rx_len = put_answer(rx, NULL, 0, sw);
    } else if (cmd->lc > 0 && c->protocol == SSC_T0) { /* T=0 has no case 4: GET RESPONSE fetches */
        keep_pending(c, data, len);
        rx_len = more(rx, NULL, 0, len);
    } else if (cmd->lc > 0 && cmd->le != 0 && cmd->le < len) {
        rx_len = more(rx, data, cmd->le, len - cmd->le);
        keep_pending(c, data + cmd->le, len - cmd->le);
    } else if (cmd->lc == 0 && (c->protocol == SSC_T0 ? cmd->le != len : cmd->le != 0 && cmd->le < len)) {
        rx_len = put_answer(rx, NULL, 0, (uint16_t)(SSC_SW_WRONG_LE | (len & 0xFF)));
        *repeat = true;
    } else {
        rx_len = put_answer(rx, data, len, sw);
    }
    return rx_len;
}

static void apply_to_data(const struct ssc_sim_fault *fault, struct ssc_writer *out, uint16_t *sw)
{
    if (fault->kind == SSC_FAULT_WRONG_MAC) {
        for (size_t i = out->len < 4 ? 0 : out->len - 4; i < out->len; i++) {
            out->data[i] = (uint8_t)~out->data[i];
        }
    } else if (fault->kind == SSC_FAULT_SHORT && out->len > fault->arg) {
        out->len = fault->arg;
    } else if (fault->kind == SSC_FAULT_STATUS_AFTER) {
        out->len = 0;
        *sw = fault->sw;
    }
}

/* What was changed is written before the answer speaks of it; a card that cannot write changes nothing. */
static uint16_t commit(struct ssc_sim_card *c, struct ssc_writer *out, uint16_t sw)
{
    if (c->touched && sim_persist(c) != 0) {
        c->nv = c->undo;
        c->s.state = SIM_IDLE;
        out->len = 0;
        sw = SSC_SW_MEMORY;
    }
    return sw;
}

static bool torn_away(struct ssc_sim_card *c, const struct ssc_sim_fault *fault)
{
    const bool nothing = fault->arg == 1 || (fault->arg == 0 && (pseudo_random(c) & 1u));
    return fault->kind == SSC_FAULT_TEAR_DURING && nothing;
}

static size_t run(struct ssc_sim_card *c, const struct ssc_command *cmd, const struct ssc_sim_fault *fault,
                  uint8_t *rx)
{
    uint8_t data[SIM_OUT];
    struct ssc_writer out = ssc_writer(data, sizeof data);
    const struct sim_session before = c->s;
    bool repeat;
    uint16_t sw;
    size_t rx_len;
    c->touched = false;
    c->s.pending_len = 0;
    sw = dispatch(c, cmd, &out);
    if (out.full || sw != SSC_SW_OK) {
        out.len = 0;
    }
    if (torn_away(c, fault) && c->touched) {
        c->nv = c->undo;
        c->touched = false;
    }
    sw = commit(c, &out, sw);
    apply_to_data(fault, &out, &sw);
    rx_len = shape(c, cmd, data, out.len, sw, rx, &repeat);
    if (repeat) {
        c->s = before;
        c->s.pending_len = 0;
    }
    ssc_cleanse(data, sizeof data);
    return rx_len;
}

static size_t execute(struct ssc_sim_card *c, const uint8_t *tx, size_t tx_len,
                      const struct ssc_sim_fault *fault, uint8_t *rx)
{
    struct ssc_command cmd;
    size_t rx_len;
    if (ssc_command_decode(tx, tx_len, &cmd) != 0 || cmd.extended) {
        c->s.state = SIM_IDLE;
        rx_len = put_answer(rx, NULL, 0, SSC_SW_LENGTH);
    } else if (cmd.cla == 0x00 && cmd.ins == 0xC0) {
        rx_len = get_response(c, &cmd, rx);
    } else {
        rx_len = run(c, &cmd, fault, rx);
    }
    return rx_len;
}

/* ---- power and faults ---- */

static void power_up(struct ssc_sim_card *c)
{
    ssc_cleanse(&c->s, sizeof c->s);
    memset(&c->s, 0, sizeof c->s);
    c->s.powered = true;
    c->s.df = c->kind == SIM_SSC ? -1 : 0; /* SSC: the environment must be selected by name */
    c->s.ef = -1;
}

void ssc_sim_card_power_off(struct ssc_sim_card *c)
{
    power_up(c);
    c->s.powered = false;
}

int ssc_sim_card_reset(struct ssc_sim_card *c, enum ssc_reset how, uint8_t *atr, size_t *atr_len)
{
    int rc = 0;
    (void)how; /* the standards give a warm reset no other effect */
    if (c->torn) {
        rc = SSC_E_CARD_REMOVED;
    } else if (sim_fault_mute_for_ever(c)) {
        rc = SSC_E_CARD_MUTE;
    } else if (*atr_len < c->atr_len) {
        rc = SSC_E_BUFFER_TOO_SMALL;
    } else {
        power_up(c);
        memcpy(atr, c->atr, c->atr_len);
    }
    *atr_len = c->atr_len;
    return rc;
}

static int tear(struct ssc_sim_card *c)
{
    c->torn = true;
    ssc_sim_card_power_off(c);
    return SSC_E_CARD_REMOVED;
}

/* Faults that keep the command from the card. 1: none of them. */
static int fault_before(struct ssc_sim_card *c, const struct ssc_sim_fault *fault, uint8_t *rx,
                        size_t *rx_len, int64_t deadline)
{
    int rc = 1;
    switch (fault->kind) {
    case SSC_FAULT_MUTE:
        wait_until(c, deadline);
        rc = SSC_E_DEADLINE_EXCEEDED;
        break;
    case SSC_FAULT_SWAP:
        memcpy(c->swap_image, fault->image, sizeof c->swap_image);
        rc = tear(c);
        break;
    case SSC_FAULT_TEAR_BEFORE:
        rc = tear(c);
        break;
    case SSC_FAULT_STATUS:
        c->s.state = SIM_IDLE;
        *rx_len = put_answer(rx, NULL, 0, fault->sw);
        rc = 0;
        break;
    default:
        break;
    }
    return rc;
}

static int fault_after(struct ssc_sim_card *c, const struct ssc_sim_fault *fault, uint8_t *rx, size_t *rx_len,
                       int64_t deadline)
{
    int rc = 0;
    int64_t until;
    switch (fault->kind) {
    case SSC_FAULT_TEAR_DURING:
    case SSC_FAULT_TEAR_AFTER:
        rc = tear(c);
        break;
    case SSC_FAULT_LOSE_REPLY:
        rc = SSC_E_READER_IO;
        break;
    case SSC_FAULT_TIMEOUT_AFTER:
        wait_until(c, deadline);
        rc = SSC_E_DEADLINE_EXCEEDED;
        break;
    case SSC_FAULT_SLOW:
        until = ssc_now_ms() + (int64_t)fault->arg;
        wait_until(c, until < deadline ? until : deadline);
        rc = until < deadline ? 0 : SSC_E_DEADLINE_EXCEEDED;
        break;
    case SSC_FAULT_GARBAGE:
        for (size_t i = 0; i < *rx_len; i++) {
            rx[i] = (uint8_t)pseudo_random(c);
        }
        break;
    case SSC_FAULT_SHORT:
        *rx_len = *rx_len == 2 && fault->arg < 2 ? fault->arg : *rx_len;
        break;
    default:
        break;
    }
    return rc;
}

int ssc_sim_card_apdu(struct ssc_sim_card *c, const uint8_t *tx, size_t tx_len, uint8_t *rx, size_t *rx_len,
                      int64_t deadline)
{
    struct ssc_sim_fault fault = {.kind = SSC_FAULT_NONE};
    uint8_t answer[SIM_OUT + 2];
    size_t len = 0;
    int rc;
    if (c->torn) {
        rc = SSC_E_CARD_REMOVED;
    } else if (!c->s.powered) {
        rc = SSC_E_CARD_UNPOWERED;
    } else {
        sim_fault_match(c, tx_len > 0 ? tx[0] : 0, tx_len > 1 ? tx[1] : 0, &fault);
        rc = fault_before(c, &fault, answer, &len, deadline);
        if (rc == 1) {
            len = execute(c, tx, tx_len, &fault, answer);
            rc = fault_after(c, &fault, answer, &len, deadline);
        }
        const struct ssc_wire wire = {.protocol = c->protocol, .baud = c->wire.baud, .kbps = c->wire.kbps};
        c->wire_us += ssc_wire_us(&wire, tx, tx_len, len);
    }
    if (rc == 0 && *rx_len < len) {
        rc = SSC_E_BUFFER_TOO_SMALL;
        *rx_len = len;
    } else if (rc == 0) {
        memcpy(rx, answer, len);
        *rx_len = len;
    }
    ssc_cleanse(answer, sizeof answer);
    return rc;
}

/* ---- small questions ---- */

uint64_t ssc_sim_card_wire_us(const struct ssc_sim_card *c)
{
    return c->wire_us;
}

enum ssc_protocol ssc_sim_card_protocol(const struct ssc_sim_card *c)
{
    return c->protocol;
}

bool ssc_sim_card_torn(const struct ssc_sim_card *c)
{
    return c->torn;
}

void ssc_sim_card_reinsert(struct ssc_sim_card *c)
{
    c->torn = false;
    ssc_sim_card_power_off(c);
}

void ssc_sim_card_random(struct ssc_sim_card *c, const uint8_t *bytes, size_t len)
{
    c->random = bytes;
    c->random_len = bytes ? len : 0;
    c->random_pos = 0;
}
