/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the layers around the national library share: a service with simulated cards, and one
 * that says what it likes. */
#ifndef SSC_TESTS_SHIM_LAYERS_H
#define SSC_TESTS_SHIM_LAYERS_H

#include "service.h"

#include <pthread.h>

/* Setup and teardown of every test: a service with a 3.0 and a 2.0 card, to which the libraries of this
 * process lead. Whatever a test did, no lease is left when its handles are closed. */
int layers_up(void **state);
int layers_down(void **state);

/* A service of one connection, in a thread that ends with it. */
struct liar {
    int listener;
    const char *atr, *response; /* for card.reset and apdu.transmit, hexadecimal */
    const char *error;          /* NULL, or the error object that answers every call */
};
/* From here on the libraries lead to it. Join the thread, then close the listener. */
pthread_t liar_start(struct service *s, struct liar *l);

#endif
