/* SPDX-License-Identifier: Apache-2.0 */
/* From an inserted card to one that takes APDUs: voltage, answer to reset, protocol, speed, block size. */
#include <string.h>

#include "drivers/ccid/engine.h"

enum {
    POWER_AUTO = 0, /* bPowerSelect */
    T1_BLOCK_OVERHEAD = 5,
    T1_DEFAULT_IFS = 32,
};
static const uint8_t no_param[3];

/* One attempt at one voltage. */
static int power(struct ssc_ccid_engine *e, unsigned slot, uint8_t select, int64_t deadline)
{
    struct ssc_ccid_slot *s = &e->slot[slot];
    const uint8_t param[3] = {select, 0, 0};
    struct ssc_ccid_answer answer;
    int rc = ssc_ccid_command(e, slot, SSC_CCID_POWER_ON, param, NULL, 0, &answer, deadline);
    e->counters.power_ons++;
    if (rc == 0) {
        rc = answer.len > SSC_ATR_MAX ? SSC_E_BAD_ATR : ssc_atr_parse(answer.data, answer.len, &s->atr);
    }
    s->powered = rc == 0;
    s->voltage = select;
    return rc;
}

/* Whether another voltage, or a second attempt, may do better. */
static bool worth_another(int rc)
{
    return rc == SSC_E_CARD_MUTE || rc == SSC_E_BAD_ATR || rc == SSC_E_NOT_SUPPORTED;
}

static int activate(struct ssc_ccid_engine *e, unsigned slot, int64_t deadline)
{
    static const struct {
        uint8_t flag, select;
    } voltages[] = {{SSC_CCID_5V, 1}, {SSC_CCID_3V, 2}, {SSC_CCID_1V8, 3}};
    const struct ssc_ccid_descriptor *d = &e->interface.ccid;
    uint8_t selects[4];
    size_t count = 0;
    int rc = SSC_E_CARD_MUTE, first = 0;
    if (d->features & SSC_CCID_AUTO_VOLTAGE) {
        selects[count++] = POWER_AUTO;
        selects[count++] = POWER_AUTO; /* dust and bounce: the second attempt often works */
    }
    for (size_t i = 0; i < 3 && !(d->features & SSC_CCID_AUTO_VOLTAGE); i++) {
        if (d->voltages & voltages[i].flag) {
            selects[count++] = voltages[i].select;
        }
    }
    for (size_t i = 0; i < count; i++) {
        rc = power(e, slot, selects[i], deadline);
        first = i == 0 ? rc : first;
        if (!worth_another(rc)) {
            break;
        }
        if (i + 1 < count) {
            ssc_ccid_power_off(e, slot, deadline); /* its failure shows in the next attempt */
        }
    }
    return worth_another(rc) ? (first == SSC_E_BAD_ATR ? SSC_E_BAD_ATR : SSC_E_CARD_MUTE) : rc;
}

/* ---- protocol and speed ---- */

static int exchange_pps(struct ssc_ccid_engine *e, unsigned slot, int64_t deadline)
{
    struct ssc_ccid_slot *s = &e->slot[slot];
    const uint16_t level = e->interface.ccid.level == SSC_CCID_CHARACTER ? (uint16_t)s->choice.pps_len : 0;
    struct ssc_ccid_answer answer;
    int rc = ssc_ccid_xfr(e, slot, 0, level, s->choice.pps, s->choice.pps_len, &answer, deadline);
    if (rc == 0) {
        rc = ssc_ccid_pps_agreed(&s->choice, &s->atr, answer.data, answer.len);
    }
    return rc;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

static int set_rate(struct ssc_ccid_engine *e, unsigned slot, int64_t deadline)
{
    const struct ssc_ccid_choice *c = &e->slot[slot].choice;
    struct ssc_ccid_answer answer;
    uint8_t data[8];
    put32(data, c->clock_khz);
    put32(data + 4, c->rate);
    return ssc_ccid_command(e, slot, SSC_CCID_SET_RATE_AND_CLOCK, no_param, data, sizeof data, &answer,
                            deadline);
}

static int set_parameters(struct ssc_ccid_engine *e, unsigned slot, int64_t deadline)
{
    const struct ssc_ccid_choice *c = &e->slot[slot].choice;
    const uint8_t param[3] = {(uint8_t)c->protocol, 0, 0};
    struct ssc_ccid_answer answer;
    int rc = ssc_ccid_command(e, slot, SSC_CCID_SET_PARAMETERS, param, c->parameters, c->parameters_len,
                              &answer, deadline);
    /* A reader that reads the ATR by itself need not take parameters. */
    return rc == SSC_E_NOT_SUPPORTED && (e->interface.ccid.features & SSC_CCID_AUTO_PARAMETERS) ? 0 : rc;
}

/* A reader that negotiates by itself says what came of it; it is told only when that is not what is wanted.
 */
static int adopt_parameters(struct ssc_ccid_engine *e, unsigned slot, int64_t deadline)
{
    struct ssc_ccid_choice *c = &e->slot[slot].choice;
    struct ssc_ccid_answer answer;
    int rc = ssc_ccid_command(e, slot, SSC_CCID_GET_PARAMETERS, no_param, NULL, 0, &answer, deadline);
    if (rc == 0 && answer.len >= 5 && answer.specific == (uint8_t)c->protocol) {
        c->fidi = answer.data[0];
    } else if (rc == 0 || rc == SSC_E_NOT_SUPPORTED) {
        rc = set_parameters(e, slot, deadline);
    }
    return rc;
}

static int negotiate(struct ssc_ccid_engine *e, unsigned slot, int wanted, bool fast, int64_t deadline)
{
    struct ssc_ccid_slot *s = &e->slot[slot];
    int rc = ssc_ccid_choose(&e->interface.ccid, &e->rates, &s->atr, wanted, fast, &s->choice);
    if (rc == 0 && (e->interface.ccid.features & SSC_CCID_AUTO_NEGOTIATION)) {
        rc = adopt_parameters(e, slot, deadline);
    } else if (rc == 0) {
        rc = s->choice.exchange_pps ? exchange_pps(e, slot, deadline) : 0;
        if (rc == 0 && s->choice.set_rate) {
            rc = set_rate(e, slot, deadline);
            rc = rc == SSC_E_NOT_SUPPORTED ? 0 : rc;
        }
        rc = rc == 0 ? set_parameters(e, slot, deadline) : rc;
    }
    return rc;
}

/* Whether a card at default speed may do where this failed. */
static bool worth_slow(int rc)
{
    return rc == SSC_E_BAD_RESPONSE || rc == SSC_E_CARD_MUTE || rc == SSC_E_NOT_SUPPORTED ||
           rc == SSC_E_READER_IO;
}

static int start_t1(struct ssc_ccid_engine *e, unsigned slot, bool ifs, int64_t deadline)
{
    struct ssc_ccid_slot *s = &e->slot[slot];
    const struct ssc_ccid_descriptor *d = &e->interface.ccid;
    const size_t room = d->max_message - SSC_CCID_HEADER;
    const unsigned cap =
        room > SSC_T1_INF_MAX + T1_BLOCK_OVERHEAD ? SSC_T1_INF_MAX : (unsigned)(room - T1_BLOCK_OVERHEAD);
    const struct ssc_t1_config config = {
        .ifsc = s->atr.ifsc >= 1 && s->atr.ifsc <= SSC_T1_INF_MAX ? s->atr.ifsc : T1_DEFAULT_IFS,
        .cap = cap,
        .crc = s->atr.crc};
    const unsigned ifsd = d->max_ifsd < cap ? d->max_ifsd : cap;
    int rc = ssc_t1_init(&s->t1, &config);
    if (rc == 0 && ifs && ifsd > T1_DEFAULT_IFS && !(d->features & SSC_CCID_AUTO_IFSD)) {
        rc = ssc_t1_begin_ifs(&s->t1, ifsd);
        rc = rc == 0 ? ssc_ccid_t1_run(e, slot, deadline) : rc;
    }
    return rc;
}

static int prepare(struct ssc_ccid_engine *e, unsigned slot, int wanted, int64_t deadline)
{
    struct ssc_ccid_slot *s = &e->slot[slot];
    int rc = negotiate(e, slot, wanted, true, deadline);
    if (worth_slow(rc) && !e->broken) {
        ssc_ccid_power_off(e, slot, deadline);
        rc = activate(e, slot, deadline);
        rc = rc == 0 ? negotiate(e, slot, wanted, false, deadline) : rc;
    }
    const bool blocks = rc == 0 && s->choice.protocol == SSC_T1 && e->interface.ccid.level <= SSC_CCID_TPDU;
    if (blocks) {
        rc = start_t1(e, slot, true, deadline);
    }
    if (blocks && rc == SSC_E_READER_IO && s->t1.dead && !e->broken) {
        /* Cards that do not survive S(IFS request) exist; without it they work with 32 bytes. */
        ssc_ccid_power_off(e, slot, deadline);
        rc = activate(e, slot, deadline);
        rc = rc == 0 ? negotiate(e, slot, wanted, false, deadline) : rc;
        rc = rc == 0 ? start_t1(e, slot, false, deadline) : rc;
    }
    return rc;
}

int ssc_ccid_power_on(struct ssc_ccid_engine *e, unsigned slot, enum ssc_reset how, int wanted,
                      int64_t deadline)
{
    struct ssc_ccid_slot *s = &e->slot[slot];
    int rc = 0;
    if (how == SSC_RESET_WARM && s->powered) {
        rc = power(e, slot, s->voltage, deadline); /* an active card is reset warm, clause 6.1.1 */
    } else {
        rc = ssc_ccid_power_off(e, slot, deadline);
        rc = rc == 0 || rc == SSC_E_CARD_MUTE || rc == SSC_E_NOT_SUPPORTED ? activate(e, slot, deadline) : rc;
    }
    if (how == SSC_RESET_WARM && worth_another(rc)) {
        ssc_ccid_power_off(e, slot, deadline);
        rc = activate(e, slot, deadline);
    }
    if (rc == 0) {
        rc = prepare(e, slot, wanted, deadline);
        rc = rc == 0 && !s->powered ? SSC_E_NO_CARD : rc; /* pulled while it was being prepared */
    }
    s->powered = s->powered && rc == 0;
    return rc == SSC_E_CARD_REMOVED ? SSC_E_NO_CARD : rc;
}
