/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/test_host.h"

#include "middleware/auth/provider.h"
#include "tools/cli.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Exactly `len` bytes; shorter texts leave zeros. */
static void bytes(const char *hex, uint8_t *out, size_t len)
{
    const size_t digits = strlen(hex);
    memset(out, 0, len);
    for (size_t i = 0; i < len && 2 * i + 1 < digits; i++) {
        const char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        out[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
}

/* Numbers may come as hexadecimal text or as integers. */
static uint8_t byte_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? (uint8_t)json_integer_value(value)
                                  : (uint8_t)strtoul(js(object, key), NULL, 16);
}

static void card_of(const json_t *info, const json_t *begun, struct ssc_card_info *card)
{
    const json_t *historical = json_object_get(info, "historical");
    const char *serial = js(json_object_get(begun, "txn"), "card"), *algorithm = js(info, "algorithm");
    *card = (struct ssc_card_info){
        .kind = strcmp(js(info, "kind"), "pboc") == 0 ? SSC_CARD_PBOC : SSC_CARD_SSC,
        .generation = (enum ssc_generation)strtol(js(info, "generation"), NULL, 10),
        .algorithm = strcmp(algorithm, "sm4") == 0 ? SSC_ALG_SM4 : SSC_ALG_3DES,
        .has_historical = historical != NULL,
        .has_purse = true, /* or the load would not have begun */
        .serial_len = strlen(serial) / 2 < sizeof card->serial ? strlen(serial) / 2 : sizeof card->serial,
    };
    snprintf(card->city, sizeof card->city, "%.6s", js(info, "city"));
    bytes(serial, card->serial, card->serial_len);
    bytes(serial, card->card_id, sizeof card->card_id);
    bytes(serial, card->purse.serial, sizeof card->purse.serial);
    card->has_card_id = card->serial_len == sizeof card->card_id;
    bytes(js(historical, "card_maker"), card->historical.factor, 2);
    bytes(js(historical, "region"), card->historical.factor + 2, 2);
    bytes(js(historical, "serial"), card->historical.factor + 4, 4);
    bytes(js(historical, "serial"), card->historical.serial, 4);
}

static void clock_of(struct host_answer *answer, uint8_t bcd[7])
{
    struct tm tm;
    const time_t now = time(NULL);
    localtime_r(&now, &tm);
    strftime(answer->time, sizeof answer->time, "%Y%m%d%H%M%S", &tm);
    bytes(answer->time, bcd, 7);
}

static int medical(struct ssc_auth *auth, const struct ssc_card_info *card, const json_t *host,
                   struct host_answer *answer, uint8_t mac2[4])
{
    struct ssc_medical_load l = {.amount = (uint32_t)ji(host, "amount"),
                                 .type = byte_of(host, "type"),
                                 .balance = (uint32_t)ji(host, "balance"),
                                 .seq = (uint16_t)ji(host, "counter"),
                                 .key_version = byte_of(host, "key_version"),
                                 .algorithm = byte_of(host, "algorithm")};
    bytes(js(host, "terminal"), l.terminal, sizeof l.terminal);
    bytes(js(host, "random"), l.random, sizeof l.random);
    bytes(js(host, "mac1"), l.mac1, sizeof l.mac1);
    clock_of(answer, l.host_time);
    const int rc = auth->ops->medical_load_mac2(auth, card, &l);
    memcpy(mac2, l.mac2, sizeof l.mac2);
    return rc;
}

static int pboc(struct ssc_auth *auth, const struct ssc_card_info *card, const json_t *host,
                enum ssc_wallet wallet, struct host_answer *answer, uint8_t mac2[4])
{
    struct ssc_purse_online p = {.wallet = wallet,
                                 .type = byte_of(host, "type"),
                                 .amount = (uint32_t)ji(host, "amount"),
                                 .balance = (uint32_t)ji(host, "balance"),
                                 .counter = (uint16_t)ji(host, "counter"),
                                 .key_version = byte_of(host, "key_version"),
                                 .algorithm = byte_of(host, "algorithm")};
    bytes(js(host, "terminal"), p.terminal, sizeof p.terminal);
    bytes(js(host, "random"), p.random, sizeof p.random);
    bytes(js(host, "mac1"), p.mac1, sizeof p.mac1);
    clock_of(answer, p.host_time);
    const int rc = auth->ops->purse_load_mac2(auth, card, &p);
    memcpy(mac2, p.mac2, sizeof p.mac2);
    return rc;
}

int test_host_answer(const char *key_file, const json_t *info, const json_t *begun,
                     struct host_answer *answer, char why[200])
{
    const json_t *host = json_object_get(begun, "host");
    const char *purse = js(json_object_get(begun, "txn"), "purse");
    struct ssc_auth *auth = NULL;
    struct ssc_card_info card;
    uint8_t mac2[4] = {0};
    int rc = ssc_auth_key_file_new(key_file, true, &auth, why);
    if (rc == 0) {
        card_of(info, begun, &card);
        rc = strcmp(purse, "medical") == 0
                 ? medical(auth, &card, host, answer, mac2)
                 : pboc(auth, &card, host, strcmp(purse, "ep") == 0 ? SSC_WALLET_EP : SSC_WALLET_ED, answer,
                        mac2);
    }
    if (rc == 0) {
        snprintf(answer->mac2, sizeof answer->mac2, "%02X%02X%02X%02X", mac2[0], mac2[1], mac2[2], mac2[3]);
    }
    ssc_auth_free(&auth);
    return rc;
}
