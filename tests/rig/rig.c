/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rig/rig.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAR_MS = 3600 * 1000 };

const char *rig_fault_name(enum rig_fault_kind kind)
{
    static const char *const names[] = {
        "none",  "out-before", "torn-nothing", "torn-all",    "out-after",  "lost",  "late",
        "mute",  "reset",      "garbage",      "noise",       "wrong-mac",  "short", "long",
        "empty", "status",     "status-after", "kill-before", "kill-after",
    };
    return kind < RIG_KINDS ? names[kind] : "invalid";
}

/* ---- the channel ---- */
static struct rig_slot *slot_of(struct ssc_channel *ch)
{
    return (struct rig_slot *)ch;
}

static bool committing(const uint8_t *tx, size_t len)
{
    static const uint8_t heads[][2] = {{0xB0, 0x2C}, {0xB0, 0x2A}, {0x80, 0x54}, {0x80, 0x52}};
    bool found = false;
    for (size_t i = 0; i < 4 && len >= 2; i++) {
        found = found || memcmp(tx, heads[i], 2) == 0;
    }
    return found;
}

static void note_commit(struct rig_slot *s, const uint8_t *tx, size_t len)
{
    size_t n = len < sizeof s->sent[0] ? len : sizeof s->sent[0];
    for (unsigned i = 0; i < s->commits && i < 8; i++) {
        s->repeated = s->repeated || memcmp(s->sent[i], tx, n) == 0;
    }
    if (s->commits < 8) {
        memcpy(s->sent[s->commits], tx, n);
    }
    s->commits++;
}

static uint8_t noise(struct rig_slot *s)
{
    s->noise = s->noise * 1103515245u + 12345u;
    return (uint8_t)(s->noise >> 16);
}

static int answer(uint8_t *rx, size_t *rx_len, uint16_t sw)
{
    ssc_put16(rx, sw);
    *rx_len = 2;
    return 0;
}

static int leave(struct rig_slot *s)
{
    s->out = true;
    ssc_sim_card_power_off(s->card);
    return SSC_E_CARD_REMOVED;
}

static int distort(struct rig_slot *s, enum rig_fault_kind kind, uint16_t sw, uint8_t *rx, size_t *rx_len)
{
    size_t data = *rx_len >= 2 ? *rx_len - 2 : 0;
    int rc = 0;
    switch (kind) {
    case RIG_OUT_AFTER:
    case RIG_TORN_ALL:
    case RIG_TORN_NOTHING:
        rc = leave(s);
        break;
    case RIG_LOST:
        rc = SSC_E_READER_IO;
        break;
    case RIG_LATE:
        rc = SSC_E_DEADLINE_EXCEEDED;
        break;
    case RIG_GARBAGE:
        for (size_t i = 0; i < *rx_len; i++) {
            rx[i] = noise(s);
        }
        break;
    case RIG_NOISE:
        for (size_t i = 0; i < data; i++) {
            rx[i] = noise(s);
        }
        ssc_put16(rx + data, SSC_SW_OK);
        break;
    case RIG_WRONG_MAC:
        for (size_t i = data < 4 ? 0 : data - 4; i < data; i++) {
            rx[i] = (uint8_t)~rx[i];
        }
        break;
    case RIG_SHORT:
        if (data > 0) {
            memmove(rx + data - 1, rx + data, 2);
            --*rx_len;
        }
        break;
    case RIG_LONG:
        memmove(rx + data + 1, rx + data, 2);
        ++*rx_len;
        break;
    case RIG_EMPTY:
        *rx_len = 0;
        break;
    case RIG_STATUS_AFTER:
        rc = answer(rx, rx_len, sw);
        break;
    case RIG_KILL_AFTER:
        raise(SIGKILL);
        break;
    default:
        break;
    }
    return rc;
}

static int power(struct rig_slot *s, enum ssc_reset how)
{
    uint8_t atr[SSC_ATR_MAX];
    size_t len = sizeof atr;
    int rc = s->out ? SSC_E_CARD_REMOVED : ssc_sim_card_reset(s->card, how, atr, &len);
    if (!rc) {
        rc = ssc_atr_parse(atr, len, &s->channel.atr);
    }
    return rc;
}

static int rig_transmit(struct ssc_channel *ch, const uint8_t *tx, size_t tx_len, uint8_t *rx, size_t *rx_len,
                        int64_t deadline)
{
    struct rig_slot *s = slot_of(ch);
    if (!s->fault.at_commit || s->count > 0 || committing(tx, tx_len)) {
        s->count++;
    }
    bool due = s->fault.kind != RIG_NONE && s->fault.nth == s->count;
    enum rig_fault_kind kind = due ? s->fault.kind : RIG_NONE;
    int rc = 0;
    if (s->out) {
        return SSC_E_CARD_REMOVED;
    }
    if (kind == RIG_KILL_BEFORE) {
        raise(SIGKILL);
    }
    if (committing(tx, tx_len)) {
        note_commit(s, tx, tx_len);
    }
    if (kind == RIG_OUT_BEFORE) {
        rc = leave(s);
    } else if (kind == RIG_MUTE) {
        rc = SSC_E_DEADLINE_EXCEEDED;
    } else if (kind == RIG_STATUS) {
        rc = answer(rx, rx_len, s->fault.sw);
    } else if (kind == RIG_RESET) {
        rc = power(s, SSC_RESET_WARM) ? SSC_E_CARD_MUTE : SSC_E_CARD_RESET;
    } else {
        if (kind == RIG_TORN_NOTHING) {
            (void)ssc_sim_card_fault(
                s->card, &(struct ssc_sim_fault){
                             .kind = SSC_FAULT_TEAR_DURING, .nth = 1, .cla = -1, .ins = -1, .arg = 1});
        }
        rc = ssc_sim_card_apdu(s->card, tx, tx_len, rx, rx_len, deadline);
        if (rc == 0 && s->tac_alone && *rx_len == 10 && tx_len > 1 && (tx[1] == 0x5A || tx[1] == 0xC0)) {
            memmove(rx, rx + 4, 6);
            *rx_len = 6;
        }
        if (rc == 0 || kind == RIG_TORN_NOTHING) {
            rc = distort(s, kind, s->fault.sw, rx, rx_len);
        }
        if (kind == RIG_TORN_NOTHING) {
            ssc_sim_card_reinsert(s->card);
        }
    }
    return rc;
}

static int rig_control(struct ssc_channel *ch, uint32_t code, const uint8_t *tx, size_t tx_len, uint8_t *rx,
                       size_t *rx_len, int64_t deadline)
{
    (void)ch, (void)code, (void)tx, (void)tx_len, (void)rx, (void)rx_len, (void)deadline;
    return SSC_E_NOT_SUPPORTED;
}

static int rig_pin_entry(struct ssc_channel *ch, const struct ssc_pin_entry *entry, uint8_t *rx,
                         size_t *rx_len, int64_t deadline)
{
    (void)ch, (void)entry, (void)rx, (void)rx_len, (void)deadline;
    return SSC_E_NO_PIN_PAD;
}

static int rig_reset(struct ssc_channel *ch, enum ssc_reset how, int64_t deadline)
{
    (void)deadline;
    return power(slot_of(ch), how);
}

static int rig_begin_end(struct ssc_channel *ch, int64_t deadline)
{
    (void)ch, (void)deadline;
    return 0;
}

static void rig_close(struct ssc_channel *ch, bool power_down)
{
    struct rig_slot *s = slot_of(ch);
    if (power_down && s->card) {
        ssc_sim_card_power_off(s->card);
    }
}

static const struct ssc_channel_ops rig_ops = {
    .transmit = rig_transmit,
    .control = rig_control,
    .pin_entry = rig_pin_entry,
    .reset = rig_reset,
    .begin = rig_begin_end,
    .end = rig_begin_end,
    .close = rig_close,
};

static int open_slot(struct rig_slot *s)
{
    s->channel = (struct ssc_channel){.ops = &rig_ops, .reader = "rig"};
    s->channel.protocol = ssc_sim_card_protocol(s->card);
    s->out = false;
    return power(s, SSC_RESET_COLD);
}

void rig_arm(struct rig_slot *slot, enum rig_fault_kind kind, unsigned nth, uint16_t sw)
{
    slot->fault = (struct rig_fault){.kind = kind, .nth = nth, .sw = sw};
    slot->count = 0;
    slot->noise = nth * 2654435761u + kind;
}

void rig_arm_commit(struct rig_slot *slot, enum rig_fault_kind kind, unsigned nth, uint16_t sw)
{
    rig_arm(slot, kind, nth, sw);
    slot->fault.at_commit = true;
}

/* ---- the world in files ---- */
static int write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    bool good = f && fputs(text, f) >= 0;
    return f && fclose(f) == 0 && good ? 0 : SSC_E_IO;
}

int rig_files(struct rig *r, const char *card_image, const char *psam_image)
{
    const char *tmp = getenv("TMPDIR");
    const char *card = card_image[0] == '{' ? card_image : ssc_sim_image(card_image);
    const char *psam = psam_image[0] == '{' ? psam_image : ssc_sim_image(psam_image);
    memset(r, 0, sizeof *r);
    ssc_profile_default(&r->profile);
    r->deadline = ssc_now_ms() + FAR_MS;
    snprintf(r->folder, sizeof r->folder, "%.60s/ssc-rig-XXXXXX", tmp ? tmp : "/tmp");
    if (!card || !psam || !mkdtemp(r->folder)) {
        return SSC_E_IO;
    }
    snprintf(r->card_path, sizeof r->card_path, "%s/card.json", r->folder);
    snprintf(r->psam_path, sizeof r->psam_path, "%s/psam.json", r->folder);
    snprintf(r->journal_path, sizeof r->journal_path, "%s/journal.db", r->folder);
    int rc = write_file(r->card_path, card);
    return rc ? rc : write_file(r->psam_path, psam);
}

int rig_load(struct rig *r)
{
    int rc = ssc_sim_card_load(r->card_path, &r->card.card, r->why);
    return rc ? rc : ssc_sim_card_load(r->psam_path, &r->psam.card, r->why);
}

void rig_unload(struct rig *r)
{
    if (r->card.card) {
        ssc_sim_card_free(&r->card.card);
    }
    if (r->psam.card) {
        ssc_sim_card_free(&r->psam.card);
    }
}

int rig_pin(struct rig *r)
{
    static const uint8_t pin[] = {0x12, 0x34, 0x56};
    struct ssc_command_buf b;
    uint8_t data[SSC_RESPONSE_SHORT];
    struct ssc_response rsp = SSC_RESPONSE(data);
    bool ssc = r->card.card->kind == SIM_SSC;
    int rc = ssc ? ssc_card_select(r->session, SSC_APP_SSSE, r->deadline)
                 : ssc_card_select_purse(r->session, r->deadline);
    ssc_cmd_verify(&b, pin, sizeof pin);
    if (!rc) {
        rc = ssc_card_transmit(r->session, &b.cmd, &rsp, 0, r->deadline, NULL);
    }
    ssc_card_set_pin_verified(r->session, SSC_PIN_OF_CARD, rc == 0);
    return rc;
}

int rig_present(struct rig *r, bool pin)
{
    ssc_card_free(&r->session);
    int rc = open_slot(&r->card);
    if (!rc) {
        rc = ssc_card_new(&r->card.channel, &r->profile, &r->session);
    }
    if (!rc) {
        rc = ssc_card_detect(r->session, r->deadline);
    }
    return rc || !pin ? rc : rig_pin(r);
}

int rig_provider(struct rig *r)
{
    struct ssc_channel *ch = &r->psam.channel;
    if (r->auth) {
        ssc_auth_free(&r->auth);
    }
    int rc = open_slot(&r->psam);
    return rc ? rc : ssc_auth_psam_take(&ch, &r->profile, &r->auth, r->deadline);
}

int rig_open_journal(struct rig *r)
{
    return ssc_journal_open(r->journal_path, &r->journal, r->why);
}

void rig_close_journal(struct rig *r)
{
    ssc_journal_close(&r->journal);
}

int rig_new(struct rig *r, const char *card_image, const char *psam_image)
{
    int rc = rig_files(r, card_image, psam_image);
    if (!rc) {
        rc = rig_load(r);
    }
    if (!rc) {
        rc = rig_open_journal(r);
    }
    if (!rc) {
        rc = rig_provider(r);
    }
    return rc ? rc : rig_present(r, true);
}

void rig_end_process(struct rig *r)
{
    ssc_card_free(&r->session);
    if (r->auth) {
        ssc_auth_free(&r->auth);
    }
    rig_close_journal(r);
    rig_unload(r);
}

void rig_free(struct rig *r)
{
    rig_end_process(r);
    DIR *d = opendir(r->folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] != '.') {
            unlinkat(dirfd(d), e->d_name, 0);
        }
    }
    if (d) {
        closedir(d);
    }
    rmdir(r->folder);
}

/* ---- requests, the host, the truth ---- */
void rig_request(struct ssc_debit_request *req, enum ssc_purse_id purse, const char *op, int64_t amount)
{
    *req = (struct ssc_debit_request){.owner_uid = 1000, .purse = purse, .amount = amount, .reader = "rig"};
    snprintf(req->op, sizeof req->op, "%s", op);
}

static int medical_mac2(const struct rig *r, const struct ssc_txn *t, const uint8_t host_time[7],
                        uint8_t mac2[4])
{
    struct ssc_medical_load l = {.key_index = t->key_index,
                                 .amount = (uint32_t)t->amount,
                                 .type = t->txn_type,
                                 .balance = (uint32_t)t->balance_before,
                                 .seq = t->counter};
    struct ssc_key session;
    uint8_t mac1[4];
    memcpy(l.terminal, t->terminal, sizeof l.terminal);
    memcpy(l.host_time, host_time, sizeof l.host_time);
    memcpy(l.random, t->random, sizeof l.random);
    int rc = ssc_medical_load_session(&r->card.card->key[SSC_KEY_DLK].key, &l, &session);
    if (!rc) {
        rc = ssc_medical_load_mac1(&session, &l, mac1);
    }
    if (!rc && memcmp(mac1, t->mac1, sizeof mac1) != 0) {
        rc = SSC_E_BAD_MAC;
    }
    return rc ? rc : ssc_medical_load_mac2(&session, &l, mac2);
}

static int purse_mac2(const struct rig *r, const struct ssc_txn *t, const uint8_t host_time[7],
                      uint8_t mac2[4])
{
    struct ssc_purse_online o = {.wallet = t->purse == SSC_PURSE_ED ? SSC_WALLET_ED : SSC_WALLET_EP,
                                 .type = t->txn_type,
                                 .key_index = t->key_index,
                                 .amount = (uint32_t)t->amount,
                                 .balance = (uint32_t)t->balance_before,
                                 .counter = t->counter};
    struct ssc_key session;
    uint8_t mac1[4];
    memcpy(o.terminal, t->terminal, sizeof o.terminal);
    memcpy(o.host_time, host_time, sizeof o.host_time);
    memcpy(o.random, t->random, sizeof o.random);
    int rc = ssc_purse_online_session(&r->card.card->key[SIM_DLK].key, &o, &session);
    if (!rc) {
        rc = ssc_purse_online_mac1(&session, &o, mac1);
    }
    if (!rc && memcmp(mac1, t->mac1, sizeof mac1) != 0) {
        rc = SSC_E_BAD_MAC;
    }
    return rc ? rc : ssc_purse_online_mac2(&session, &o, mac2);
}

int rig_host_mac2(const struct rig *r, const struct ssc_txn *t, const uint8_t host_time[7], uint8_t mac2[4])
{
    return t->purse == SSC_PURSE_MEDICAL ? medical_mac2(r, t, host_time, mac2)
                                         : purse_mac2(r, t, host_time, mac2);
}

static int medical_mac1(const struct rig *r, const struct ssc_txn *t, const uint8_t seq[4],
                        const uint8_t time[7], uint8_t mac1[4])
{
    struct ssc_medical_purchase p = {
        .key_index = t->key_index,
        .amounts = {(uint32_t)t->amount, (uint32_t)t->self_pay, (uint32_t)t->pooled},
        .type = t->txn_type,
        .balance = (uint32_t)t->balance_before,
        .seq = t->counter,
    };
    struct ssc_key session;
    memcpy(p.terminal, t->terminal, sizeof p.terminal);
    memcpy(p.datetime, time, sizeof p.datetime);
    memcpy(p.terminal_seq, seq, sizeof p.terminal_seq);
    memcpy(p.random, t->random, sizeof p.random);
    int rc = ssc_medical_purchase_session(&r->card.card->key[SSC_KEY_DPK].key, &p, &session);
    return rc ? rc : ssc_medical_purchase_mac1(&session, &p, mac1);
}

static int purse_mac1(const struct rig *r, const struct ssc_txn *t, const uint8_t seq[4],
                      const uint8_t time[7], uint8_t mac1[4])
{
    struct ssc_purse_purchase p = {.wallet = t->purse == SSC_PURSE_ED ? SSC_WALLET_ED : SSC_WALLET_EP,
                                   .type = t->txn_type,
                                   .key_index = t->key_index,
                                   .amount = (uint32_t)t->amount,
                                   .balance = (uint32_t)t->balance_before,
                                   .counter = t->counter};
    struct ssc_key session;
    memcpy(p.terminal, t->terminal, sizeof p.terminal);
    memcpy(p.datetime, time, sizeof p.datetime);
    memcpy(p.terminal_seq, seq, sizeof p.terminal_seq);
    memcpy(p.random, t->random, sizeof p.random);
    int rc = ssc_purse_purchase_session(&r->card.card->key[SIM_DPK].key, &p, &session);
    return rc ? rc : ssc_purse_purchase_mac1(&session, &p, mac1);
}

int rig_host_mac1(const struct rig *r, const struct ssc_txn *t, const uint8_t seq[4], const uint8_t time[7],
                  uint8_t mac1[4])
{
    return t->purse == SSC_PURSE_MEDICAL ? medical_mac1(r, t, seq, time, mac1)
                                         : purse_mac1(r, t, seq, time, mac1);
}

struct rig_truth rig_truth(const struct rig *r, enum ssc_purse_id purse, enum ssc_txn_kind kind)
{
    const struct sim_nv *nv = &r->card.card->nv;
    const struct sim_wallet *w = &nv->wallet[purse == SSC_PURSE_EP];
    struct rig_truth t;
    if (purse == SSC_PURSE_MEDICAL) {
        t = (struct rig_truth){nv->medical.balance,
                               kind == SSC_KIND_LOAD ? nv->medical.load_seq : nv->medical.purchase_seq};
    } else {
        t = (struct rig_truth){w->balance, kind == SSC_KIND_LOAD ? w->online : w->offline};
    }
    return t;
}
