/* SPDX-License-Identifier: Apache-2.0 */
#include "counter.h"

#include "middleware/identity.h"
#include "middleware/money.h"
#include "middleware/pin.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEN = 100, OPEN_MS = 3000 };

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct ssc_reader_state *)a)->name, ((const struct ssc_reader_state *)b)->name);
}

/* Waits until two slots of that reader hold cards. */
static int find(struct ssc_driver *driver, const char *part, struct counter_result *out, int64_t deadline)
{
    struct ssc_reader_state states[SSC_READERS_MAX];
    uint64_t version = 0;
    unsigned found = 0;
    int rc = 0;
    while (rc == 0 && found < 2) {
        size_t count = SSC_READERS_MAX;
        rc = ssc_driver_watch(driver, &version, deadline);
        rc = rc == SSC_E_NO_SERVICE ? 0 : rc;
        if (rc == 0 && ssc_driver_list(driver, states, &count, deadline) != 0) {
            count = 0;
        }
        qsort(states, rc == 0 ? count : 0, sizeof states[0], by_name);
        found = 0;
        for (size_t i = 0; rc == 0 && i < count && found < 2; i++) {
            if (strstr(states[i].name, part) && states[i].slot == SSC_SLOT_CARD) {
                memcpy(found == 0 ? out->card_reader : out->psam_reader, states[i].name, SSC_READER_NAME_MAX);
                found++;
            }
        }
    }
    return rc;
}

static int pay(struct ssc_card *card, struct ssc_auth *auth, struct counter_result *out, int64_t deadline)
{
    char folder[] = "/tmp/sscard-counter-XXXXXX", path[64], why[200];
    struct ssc_debit_request request = {
        .op = "counter-0000000000000001", .purse = SSC_PURSE_MEDICAL, .amount = FEN, .reader = "counter"};
    struct ssc_journal *journal = NULL;
    struct ssc_txn txn = {0};
    struct ssc_balance balance;
    int rc = mkdtemp(folder) ? 0 : SSC_E_IO;
    if (rc == 0) {
        snprintf(path, sizeof path, "%s/journal", folder);
        rc = ssc_journal_open(path, &journal, why);
    }
    rc = rc == 0 ? ssc_money_balance(card, SSC_PURSE_MEDICAL, &balance, deadline) : rc;
    out->before = rc == 0 ? balance.amount : 0;
    rc = rc == 0 ? ssc_money_debit(journal, card, auth, &request, &txn, deadline) : rc;
    rc = rc == 0 && txn.state != SSC_TXN_CONFIRMED ? SSC_E_UNPROVEN : rc;
    rc = rc == 0 ? ssc_money_balance(card, SSC_PURSE_MEDICAL, &balance, deadline) : rc;
    out->after = rc == 0 ? balance.amount : 0;
    ssc_journal_close(&journal);
    nftw(folder, remove_entry, 4, FTW_DEPTH | FTW_PHYS);
    return rc == 0 && out->before - out->after != FEN ? SSC_E_UNPROVEN : rc;
}

int counter_serve(struct ssc_driver *driver, const char *part, struct counter_result *out, int64_t deadline)
{
    const struct ssc_identity_options options = {.parts = SSC_ID_BASIC, .verify = true};
    struct ssc_channel *card_channel = NULL, *psam_channel = NULL;
    struct ssc_identity identity = {0};
    struct ssc_profile profile;
    struct ssc_card *card = NULL;
    struct ssc_auth *auth = NULL;
    int rc, tries;
    *out = (struct counter_result){.step = "reader"};
    ssc_profile_default(&profile);
    rc = find(driver, part, out, deadline);
    if (rc == 0) {
        out->step = "power on";
        rc = ssc_channel_open(driver, out->card_reader, false, &card_channel, ssc_deadline(OPEN_MS));
    }
    if (rc == 0) {
        out->step = "PSAM";
        rc = ssc_channel_open(driver, out->psam_reader, false, &psam_channel, ssc_deadline(OPEN_MS));
    }
    rc = rc == 0 ? ssc_auth_psam_take(&psam_channel, &profile, &auth, deadline) : rc;
    rc = rc == 0 ? ssc_card_new(card_channel, &profile, &card) : rc;
    if (rc == 0) {
        out->step = "identity";
        rc = ssc_card_detect(card, deadline);
    }
    rc = rc == 0 ? ssc_identity_read(card, auth, &options, &identity, deadline) : rc;
    if (rc == 0) {
        memcpy(out->citizen_id, identity.citizen_id, sizeof out->citizen_id);
        out->genuine = identity.genuine == SSC_GENUINE_YES;
        out->wire_exchanges = identity.wire_exchanges;
        out->step = "PIN";
        rc = ssc_pin_verify(card, SSC_PIN_OF_CARD, "123456", &tries, deadline);
    }
    if (rc == 0) {
        out->step = "debit";
        rc = pay(card, auth, out, deadline);
    }
    ssc_card_free(&card);
    ssc_auth_free(&auth);
    ssc_channel_close(&psam_channel, true);
    ssc_channel_close(&card_channel, true);
    return rc;
}
