/* SPDX-License-Identifier: Apache-2.0 */
/* What the card is: application, generation, algorithm, number. */
#include <string.h>

#include "apdu/sw.h"
#include "apdu/text.h"
#include "middleware/card_private.h"
#include "middleware/reading.h"

enum { TAG_CARD_ID = 0x01, TAG_VERSION = 0x03, TAG_CARD_NUMBER = 0x07, CARD_ID_LEN = 16 };

/* Record of the issuer's file; false when the card has none. */
static bool issuer_record(const struct ssc_card *card, uint8_t tag, struct ssc_bytes *value)
{
    struct ssc_record record;
    size_t pos = 0;
    bool found = false;

    while (!found && ssc_record_next(card->ef05, card->ef05_len, &pos, &record) == 0) {
        if (record.tag == tag) {
            *value = (struct ssc_bytes){record.value, record.len};
            found = true;
        }
    }
    return found;
}

void ssc_card_issuer_forget(struct ssc_card *card)
{
    ssc_cleanse(card->ef05, sizeof card->ef05);
    card->ef05_len = 0;
    card->ef05_whole = false;
}

int ssc_card_issuer_records(struct ssc_card *card, const uint8_t *tags, size_t tag_count, int64_t deadline)
{
    /* The same in every generation, so it can be read before the generation is known. */
    const struct ssc_file *file = ssc_file(SSC_GEN_2, SSC_APP_SSSE, 5);
    struct ssc_reading_result got = {.whole = false};
    struct ssc_writer w = {.data = card->ef05, .cap = sizeof card->ef05, .len = card->ef05_len};
    uint8_t missing[SSC_READING_TAGS_MAX];
    size_t count = 0;
    struct ssc_bytes value;
    int rc = 0;

    for (size_t i = 0; i < tag_count && count < sizeof missing; i++) {
        if (!issuer_record(card, tags[i], &value)) {
            missing[count++] = tags[i];
        }
    }
    if (card->ef05_whole || (tag_count > 0 && count == 0)) {
        goto done;
    }
    rc = ssc_reading_file(card, file, missing, count, &w, &got, deadline);
    if (rc == 0 && w.full) {
        rc = SSC_E_BAD_RESPONSE;
    }
    if (rc == 0) {
        const size_t known = got.whole ? card->ef05_len : 0;
        memmove(card->ef05, card->ef05 + known, w.len - known);
        card->ef05_len = w.len - known;
        card->ef05_whole = got.whole;
    }
done:
    return rc;
}

/* City code | D156000005 | serial | authentication code. Anything else is reported by whoever needs the
 * number: a technician must be able to look at a card that is wrongly made. */
static void take_card_id(struct ssc_card *card)
{
    static const uint8_t rid[5] = {0xD1, 0x56, 0x00, 0x00, 0x05};
    struct ssc_card_info *info = &card->info;
    struct ssc_bytes id;
    char city[7];
    size_t len = sizeof city;

    if (issuer_record(card, TAG_CARD_ID, &id) && id.len >= CARD_ID_LEN &&
        memcmp(id.data + 3, rid, sizeof rid) == 0 && ssc_cn_to_digits(id.data, 3, city, &len) == 0 &&
        len == 6) {
        memcpy(info->card_id, id.data, CARD_ID_LEN);
        memcpy(info->city, city, sizeof city);
        memcpy(info->serial, id.data, CARD_ID_LEN);
        info->serial_len = CARD_ID_LEN;
        info->has_card_id = true;
    }
}

/* Only the first three characters count; an empty version is 1.0 (national reader interface, 10.2). A version
 * of the future is taken for the newest one known. */
static enum ssc_generation generation_of(const char *version)
{
    enum ssc_generation generation = SSC_GEN_3;

    if (version[0] == '\0' || version[0] == '1') {
        generation = SSC_GEN_1;
    } else if (version[0] == '2') {
        generation = SSC_GEN_2;
    }
    return generation;
}

static void take_version(struct ssc_card *card)
{
    struct ssc_bytes version;
    size_t n = 0;

    if (issuer_record(card, TAG_VERSION, &version)) {
        for (; n < version.len && n < 4 && version.data[n] >= ' ' && version.data[n] < 0x7F; n++) {
            card->info.version[n] = version.data[n] == '|' ? '?' : (char)version.data[n];
        }
    }
    card->info.version[n] = '\0';
    card->info.generation = generation_of(card->info.version);
}

/* Without 9F0C/86 in the FCI: Beijing's cards speak SSF33, all others DES (national reader interface, 10.1).
 */
enum ssc_algorithm ssc_card_algorithm_of(enum ssc_algorithm in_fci, const char *city)
{
    const enum ssc_algorithm usual = strncmp(city, "11", 2) == 0 ? SSC_ALG_SSF33 : SSC_ALG_3DES;

    return in_fci != SSC_ALG_NONE ? in_fci : usual;
}

void ssc_card_take_algorithm(struct ssc_card *card)
{
    card->info.algorithm = ssc_card_algorithm_of(card->habit.fci_algorithm, card->info.city);
    card->info.algorithm_from_card = card->habit.fci_algorithm != SSC_ALG_NONE;
}

/* One operating system may serve cards of two generations, which differ in their algorithm: what was said by
 * a card of the other one is not taken over. */
static int check_recalled(struct ssc_card *card, int64_t deadline)
{
    struct ssc_habit *habit = &card->habit;
    bool changed;
    int rc = 0;

    if (habit->generation != card->info.generation) {
        rc = ssc_card_confirm_algorithm(card, &changed, deadline);
    }
    if (rc == 0 &&
        (habit->generation != card->info.generation || strcmp(habit->city, card->info.city) != 0)) {
        habit->generation = card->info.generation;
        memcpy(habit->city, card->info.city, sizeof habit->city);
        ssc_card_learn(card);
    }
    return rc;
}

static int detect_ssc(struct ssc_card *card, int64_t deadline)
{
    static const uint8_t tags[] = {TAG_CARD_ID, TAG_VERSION, TAG_CARD_NUMBER};
    struct ssc_card_info *info = &card->info;
    const struct ssc_atr *atr = &card->channel->atr;
    int rc = ssc_card_issuer_records(card, tags, sizeof tags, deadline);

    if (rc == SSC_SW_FILE_NOT_FOUND) { /* a PSAM has an environment of the same name */
        rc = SSC_E_NOT_SSC;
    }
    if (rc == 0) {
        info->kind = SSC_CARD_SSC;
        take_card_id(card);
        take_version(card);
        ssc_card_take_algorithm(card);
        info->has_historical =
            ssc_historical_parse(atr->historical, atr->historical_len, &info->historical) == 0;
        rc = check_recalled(card, deadline);
    }
    return rc;
}

static int detect_purse(struct ssc_card *card, int64_t deadline)
{
    struct ssc_card_info *info = &card->info;
    int rc = ssc_card_select_purse(card, deadline);

    if (rc == 0) {
        info->kind = SSC_CARD_PBOC;
        info->algorithm = SSC_ALG_3DES;
        memcpy(info->serial, info->purse.serial, sizeof info->purse.serial);
        info->serial_len = sizeof info->purse.serial;
    }
    return rc;
}

static int detect(struct ssc_card *card, int64_t deadline)
{
    int rc = ssc_card_select(card, SSC_APP_SSSE, deadline);

    if (rc == 0) {
        rc = detect_ssc(card, deadline);
    } else if (rc > 0) {
        const int refusal = rc;
        rc = detect_purse(card, deadline);
        if (rc > 0 || rc == SSC_E_NO_PURSE) {
            /* A card that is locked for good answers 6A81 to everything (card specification part 5). */
            rc = refusal == SSC_SW_FUNCTION ? SSC_E_CARD_BLOCKED : SSC_E_NOT_SSC;
        }
    }
    card->detected = rc == 0;
    return rc;
}

int ssc_card_recall(struct ssc_card *card, int64_t deadline)
{
    int rc = 0;

    if (card->detected) {
        goto done;
    }
    card->may_recall = true;
    rc = detect(card, deadline);
    card->may_recall = false;
done:
    return rc;
}

int ssc_card_detect(struct ssc_card *card, int64_t deadline)
{
    bool changed;
    int rc = card->detected ? 0 : detect(card, deadline);

    if (rc == 0) {
        rc = ssc_card_confirm_algorithm(card, &changed, deadline);
    }
    return rc;
}
