/* SPDX-License-Identifier: Apache-2.0 */
/* Condition variables against the deadlines of sscard, which are absolute CLOCK_MONOTONIC milliseconds. */
#ifndef SSC_DRIVERS_WAIT_H
#define SSC_DRIVERS_WAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* A condition that ssc_cond_wait can wait for. 0 or SSC_E_OUT_OF_MEMORY. */
int ssc_cond_init(pthread_cond_t *cond);
/* False once the deadline has passed; wakes for no reason now and then, as all conditions do. */
bool ssc_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline);

#endif
