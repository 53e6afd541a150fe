/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the standards leave open or contradict, as data. A profile is a JSON object; docs/profiles.md lists
 * the switches with their evidence. The built-in default is what most sources agree on.
 */
#ifndef SSC_MIDDLEWARE_PROFILE_H
#define SSC_MIDDLEWARE_PROFILE_H

#include "apdu/ssc_files.h"
#include "apdu/error.h"
#include <stdbool.h>

struct ssc_profile {
    char name[32];
    /* reading */
    bool whole_file_reads; /* try READ RECORD mode 5 first; remembered per card type when refused */
    bool sfi_addressing;   /* address files by SFI instead of SELECT */
    bool leave_fci;        /* T=0: what SELECT announces (61xx) is not fetched where nothing in it is news */
    /* authentication */
    bool external_auth_key_version; /* SM4: 17th byte of EXTERNAL AUTHENTICATE */
    uint8_t key_version;
    uint8_t psam_rkssse_id; /* 0A; one source uses 0B */
    char psam_levels[4];    /* order in which numbers of factors are tried: "321" */
    /* medical purse */
    uint8_t medical_load_key_index, medical_purchase_key_index;
    bool medical_proof_counter_after; /* GET TRANSACTION PROOF wants the counter after the transaction */
    /* PBOC purse */
    uint8_t purse_aid[16];
    uint8_t purse_aid_len;
    uint8_t purse_key_index;
    bool purse_proof_counter_after;
    bool purse_log_counter_after;
    uint8_t purse_psam_fid[2];   /* PSAM ADF for 80 70 */
    uint8_t purse_factor_levels; /* 1: card; 2: card, issuer */
    bool purse_factor_card_first;
    bool purse_balance_needs_pin;
    uint8_t purse_pin_id;          /* P2 of CHANGE and RELOAD PIN */
    uint8_t purse_unblock_p1p2[2]; /* PIN UNBLOCK */
    char purse_pin_algorithm[5];   /* of RELOAD and UNBLOCK: "3des", "sm4"; the card tells it in transactions
                                      only */
    /* PIN */
    uint8_t pin_min_digits, pin_max_digits;
    uint8_t pin_pad_bytes; /* PIN pad: room for one PIN in the command, BCD; 3 = PINs of six digits */
    /* back office */
    char key_addresses[512]; /* "PUK=0090 STKSSSE=0173": logical key addresses of its key machine */
};

void ssc_profile_default(struct ssc_profile *p);
/* The address of a key (its name in ssc_keys.def) in the back office's key machine, four hexadecimal digits;
 * false: the profile does not know it. */
bool ssc_profile_key_address(const struct ssc_profile *p, const char *key, char address[5]);
/* Members of a JSON object text override. SSC_E_CONFIG with a sentence in why[200]. */
int ssc_profile_parse(const char *json, struct ssc_profile *p, char why[200]);

#endif
