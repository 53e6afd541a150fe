/* SPDX-License-Identifier: Apache-2.0 */
/* The back office's key machine, played by the tests: the roots are the simulator's, the rest is what the
 * first half of a two-step handed out. All functions fail the running cmocka test when they cannot do their
 * work. */
#ifndef SSC_TESTS_DAEMON_OFFICE_H
#define SSC_TESTS_DAEMON_OFFICE_H

#include "service.h"

#include "apdu/purse.h"
#include "apdu/ssc.h"

/* Hexadecimal of exactly len bytes. */
void office_unhex(const json_t *object, const char *key, uint8_t *out, size_t len);
/* The answer to `begun` (of card.authenticate.begin), pair "internal" or "external". */
void office_auth(const json_t *begun, const char *pair, char answer[17]);
/* The whole PIN UNBLOCK (digits NULL) or RELOAD command for `asked` (of pin.unblock or pin.reload with
 * remote). begun: what card.authenticate.begin said of the same card. */
void office_pin_command(const json_t *begun, const json_t *asked, const char *digits, char command[64]);
/* The host's MAC2 for an EP load, after checking the card's MAC1. */
void office_load_mac2(const json_t *begun, const char *time, char answer[9]);

/* A debit with the host's keys: what the key machine answers to `begun` (of purse.debit.begin) for this time
 * and terminal transaction number, and what it then expects of the card. */
struct office_debit {
    char mac1[9], mac2[9], tac[9];
};
void office_debit(const json_t *begun, const char *time, const char *terminal_seq, struct office_debit *out);

#endif
