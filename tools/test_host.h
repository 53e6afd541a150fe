/* SPDX-License-Identifier: Apache-2.0 */
/* The host's part of a load, made with a file of test keys. */
#ifndef SSC_TOOLS_TEST_HOST_H
#define SSC_TOOLS_TEST_HOST_H

#include <jansson.h>

struct host_answer {
    char time[15]; /* YYYYMMDDhhmmss, local time */
    char mac2[9];  /* hexadecimal */
};

/* info: result of card.info; begun: result of purse.load.begin. SSC_E_BAD_MAC: the card's MAC1 is wrong;
 * SSC_E_TEST_KEYS_REFUSED and others of ssc_auth_key_file_new. */
int test_host_answer(const char *key_file, const json_t *info, const json_t *begun,
                     struct host_answer *answer, char why[200]);

#endif
