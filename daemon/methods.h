/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers that methods.def names, by group. _now runs on the loop, _work on a worker's thread. */
#ifndef SSC_DAEMON_METHODS_H
#define SSC_DAEMON_METHODS_H

#include "daemon/call.h"

/* methods_system.c */
int ssc_hello_now(struct ssc_call *call);
int ssc_ping_now(struct ssc_call *call);
int ssc_ping_work(struct ssc_call *call);
int ssc_discover_now(struct ssc_call *call);
int ssc_cancel_now(struct ssc_call *call);
int ssc_reader_list_now(struct ssc_call *call);
int ssc_subscribe_now(struct ssc_call *call);
int ssc_unsubscribe_now(struct ssc_call *call);

/* methods_card.c */
int ssc_wait_now(struct ssc_call *call);
int ssc_acquire_work(struct ssc_call *call);
int ssc_release_now(struct ssc_call *call);
int ssc_info_work(struct ssc_call *call);
int ssc_identity_work(struct ssc_call *call);
int ssc_read_work(struct ssc_call *call);
int ssc_write_work(struct ssc_call *call);
/* The file that `file` names, on this card's generation. */
int ssc_call_file(struct ssc_call *call, const struct ssc_file **file);
/* Verifies call's `pin`, when there is one. */
int ssc_pin_first(struct ssc_call *call);

/* methods_auth.c */
int ssc_auth_begin_work(struct ssc_call *call);
int ssc_auth_complete_work(struct ssc_call *call);
/* Where the back office's key machine has the key, null where the profile does not say. */
json_t *ssc_json_key_address(const struct ssc_card *card, enum ssc_key_id key);

/* methods_pin.c */
/* The call's purse parameter as the application whose PIN is meant. */
enum ssc_pin_of ssc_pin_whose(struct ssc_call *call);
int ssc_pin_verify_work(struct ssc_call *call);
int ssc_pin_change_work(struct ssc_call *call);
int ssc_pin_reload_work(struct ssc_call *call);
int ssc_pin_unblock_work(struct ssc_call *call);

/* methods_money.c */
/* What a debit and a load begin with: the amounts, the right card, its purse, the PIN, and nothing open. */
/* YYYYMMDDhhmmss into BCD; out stays as it is without it. */
int ssc_call_time(struct ssc_call *call, const char *name, uint8_t out[7]);
int ssc_money_prepare(struct ssc_call *call, struct ssc_debit_request *req);
/* A row answers {txn, repeated}; a failure carries the row in data.txn. */
int ssc_money_conclude(struct ssc_call *call, const struct ssc_txn *txn, int rc);
int ssc_balance_work(struct ssc_call *call);
int ssc_debit_work(struct ssc_call *call);
int ssc_log_work(struct ssc_call *call);

/* methods_two_step.c */
int ssc_load_begin_work(struct ssc_call *call);
int ssc_load_complete_work(struct ssc_call *call);
int ssc_debit_begin_work(struct ssc_call *call);
int ssc_debit_complete_work(struct ssc_call *call);
int ssc_debit_verified_work(struct ssc_call *call);

/* methods_txn.c */
/* The transaction that id or op names, if the caller may see it. */
int ssc_txn_named(struct ssc_call *call, struct ssc_txn *txn);
int ssc_txn_get_work(struct ssc_call *call);
int ssc_txn_list_work(struct ssc_call *call);
int ssc_txn_resolve_now(struct ssc_call *call);
int ssc_txn_resolve_work(struct ssc_call *call);

/* methods_service.c */
int ssc_reset_work(struct ssc_call *call);
int ssc_apdu_work(struct ssc_call *call);
int ssc_trace_start_now(struct ssc_call *call);
int ssc_trace_stop_now(struct ssc_call *call);
int ssc_sim_insert_work(struct ssc_call *call);
int ssc_sim_remove_work(struct ssc_call *call);
int ssc_sim_fault_work(struct ssc_call *call);
int ssc_sim_pin_work(struct ssc_call *call);

#endif
