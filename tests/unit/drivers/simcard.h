/* SPDX-License-Identifier: Apache-2.0 */
/* One simulated card on the bench: commands and answers as hexadecimal. */
#ifndef SSC_TESTS_DRIVERS_SIMCARD_H
#define SSC_TESTS_DRIVERS_SIMCARD_H

#include "apdu/bytes.h"
#include "apdu/crypto.h"
#include "apdu/ssc.h"
#include "apdu/sw.h"
#include "drivers/sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOT "0123456789ABCDEFFEDCBA9876543210"

static inline struct ssc_sim_card *card_of_json(const char *json)
{
    struct ssc_sim_card *card = NULL;
    char why[200] = "";
    uint8_t atr[SSC_ATR_MAX];
    size_t len = sizeof atr;
    if (!json || ssc_sim_card_parse(json, &card, why) != 0) {
        fail_msg("image: %s", why);
    }
    assert_int_equal(ssc_sim_card_reset(card, SSC_RESET_COLD, atr, &len), 0);
    return card;
}

static inline struct ssc_sim_card *card_named(const char *name)
{
    return card_of_json(ssc_sim_image(name));
}

/* The text with `from` replaced by `to`, once; fails when it is not there. Caller frees. */
static inline char *edited(const char *json, const char *from, const char *to)
{
    const char *at = strstr(json, from);
    char *out;
    size_t head, len = strlen(json) - strlen(from) + strlen(to) + 1;
    assert_non_null(at);
    head = (size_t)(at - json);
    out = malloc(len);
    assert_non_null(out);
    snprintf(out, len, "%.*s%s%s", (int)head, json, to, at + strlen(from));
    return out;
}

static inline void power(struct ssc_sim_card *card)
{
    uint8_t atr[SSC_ATR_MAX];
    size_t len = sizeof atr;
    assert_int_equal(ssc_sim_card_reset(card, SSC_RESET_COLD, atr, &len), 0);
}

/* Sends; the raw answer as hexadecimal in a static buffer. A reader error shows as "E-28". */
static inline const char *raw(struct ssc_sim_card *card, const char *command)
{
    static char text[2 * SSC_RESPONSE_SHORT + 1];
    uint8_t tx[SSC_COMMAND_SHORT + 8], rx[SSC_RESPONSE_SHORT];
    size_t tx_len = sizeof tx, rx_len = sizeof rx;
    int rc;
    assert_int_equal(ssc_hex_decode(command, tx, &tx_len), 0);
    rc = ssc_sim_card_apdu(card, tx, tx_len, rx, &rx_len, ssc_deadline(50));
    if (rc == 0) {
        assert_int_equal(ssc_hex_encode(rx, rx_len, text, sizeof text), 0);
    } else {
        snprintf(text, sizeof text, "E%d", rc);
    }
    return text;
}

/* Like raw, but as a reader above T=0 shows it: GET RESPONSE and the right Le are done. */
static inline const char *say(struct ssc_sim_card *card, const char *command)
{
    const char *answer = raw(card, command);
    char again[2 * SSC_COMMAND_SHORT + 1];
    if (strlen(answer) == 4 && strncmp(answer, "61", 2) == 0) {
        snprintf(again, sizeof again, "00C00000%.2s", answer + 2);
        answer = raw(card, again);
    } else if (strlen(answer) == 4 && strncmp(answer, "6C", 2) == 0) {
        snprintf(again, sizeof again, "%.8s%.2s", command, answer + 2);
        answer = raw(card, again);
    }
    return answer;
}

/* raw and say answer into one buffer: keeps a copy. */
static inline void copy_answer(char *out, size_t cap, const char *answer)
{
    const size_t len = strlen(answer);
    assert_true(len < cap);
    memcpy(out, answer, len + 1);
}

#define ASK(card, command, expected) assert_string_equal(say(card, command), expected)
#define RAW(card, command, expected) assert_string_equal(raw(card, command), expected)

#define SELECT_SSSE "00A404000F7378312E73682EC9E7BBE1B1A3D5CF"
#define SELECT_DF(n) "00A4000002DF0" #n

/* SELECT that must succeed, whatever it tells. */
static inline void enter(struct ssc_sim_card *card, const char *command)
{
    const char *answer = say(card, command);
    assert_string_equal(answer + strlen(answer) - 4, "9000");
}

static inline void hex_to(const char *text, uint8_t *out, size_t len)
{
    size_t n = len;
    assert_int_equal(ssc_hex_decode_n(text, 2 * len, out, &n), 0);
    assert_int_equal(n, len);
}

static inline enum ssc_algorithm alg_of_card(const char *name)
{
    return strcmp(name, "ssc-3.0") == 0 ? SSC_ALG_SM4 : SSC_ALG_3DES;
}

/* The key that the ready-made cards derive from ROOT for city 639900 and the sample card. */
static inline struct ssc_key card_key(enum ssc_algorithm alg, uint8_t len)
{
    struct ssc_key k = {.alg = alg, .len = len}, next;
    uint8_t factor[8], root[16];
    hex_to(ROOT, root, sizeof root);
    memcpy(k.bytes, root, len);
    assert_int_equal(ssc_factor_province("639900", factor), 0);
    assert_int_equal(ssc_diversify(&k, factor, &next), 0);
    assert_int_equal(ssc_factor_city("639900", factor), 0);
    assert_int_equal(ssc_diversify(&next, factor, &k), 0);
    hex_to("8697159900BF7C7A", factor, sizeof factor);
    assert_int_equal(ssc_diversify(&k, factor, &next), 0);
    return next;
}

/* External authentication with the ready-made cards' keys. */
static inline const char *authenticate(struct ssc_sim_card *card, enum ssc_algorithm alg, uint8_t ref)
{
    struct ssc_key k = card_key(alg, 16), session;
    uint8_t challenge[8], auth[8];
    const uint8_t original[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    char command[64], hex[17];
    hex_to(raw(card, "0084000008"), challenge, sizeof challenge);
    assert_int_equal(ssc_session_key(&k, challenge, sizeof challenge, &session), 0);
    assert_int_equal(ssc_auth_data(&session, original, auth), 0);
    assert_int_equal(ssc_hex_encode(auth, sizeof auth, hex, sizeof hex), 0);
    snprintf(command, sizeof command, "008200%02X10%s0102030405060708", ref, hex);
    return raw(card, command);
}

#endif
