/* SPDX-License-Identifier: Apache-2.0 */
/* One thread at a time through a provider; a purchase keeps the gate from MAC1 to its end. Inside this room
 * only. */
#ifndef SSC_MIDDLEWARE_AUTH_GATE_H
#define SSC_MIDDLEWARE_AUTH_GATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct ssc_gate {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    pthread_t owner;
    unsigned depth; /* 0: free */
    bool held;      /* one of `depth` belongs to a purchase */
};

int ssc_gate_init(struct ssc_gate *g); /* 0, SSC_E_OUT_OF_MEMORY */
void ssc_gate_destroy(struct ssc_gate *g);
/* Waits until no other thread is inside; nests within one thread. SSC_E_DEADLINE_EXCEEDED. */
int ssc_gate_enter(struct ssc_gate *g, int64_t deadline);
void ssc_gate_leave(struct ssc_gate *g);
/* Inside: stay after the next leave, until ssc_gate_release by the same thread. Holding twice is holding
 * once. */
void ssc_gate_hold(struct ssc_gate *g);
void ssc_gate_release(struct ssc_gate *g);

#endif
