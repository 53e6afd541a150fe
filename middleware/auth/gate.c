/* SPDX-License-Identifier: Apache-2.0 */
#include "middleware/auth/gate.h"

#include "apdu/error.h"
#include "drivers/wait.h"

int ssc_gate_init(struct ssc_gate *g)
{
    int rc = 0;

    *g = (struct ssc_gate){.depth = 0};
    if (pthread_mutex_init(&g->lock, NULL) != 0) {
        rc = SSC_E_OUT_OF_MEMORY;
    } else if (ssc_cond_init(&g->freed) != 0) {
        pthread_mutex_destroy(&g->lock);
        rc = SSC_E_OUT_OF_MEMORY;
    }
    return rc;
}

void ssc_gate_destroy(struct ssc_gate *g)
{
    pthread_cond_destroy(&g->freed);
    pthread_mutex_destroy(&g->lock);
}

static bool taken(const struct ssc_gate *g)
{
    return g->depth > 0 && !pthread_equal(g->owner, pthread_self());
}

int ssc_gate_enter(struct ssc_gate *g, int64_t deadline)
{
    bool in_time = true;
    int rc = 0;

    pthread_mutex_lock(&g->lock);
    while (taken(g) && in_time) {
        in_time = ssc_cond_wait(&g->freed, &g->lock, deadline);
    }
    if (taken(g)) {
        rc = SSC_E_DEADLINE_EXCEEDED;
    } else {
        g->owner = pthread_self();
        g->depth++;
    }
    pthread_mutex_unlock(&g->lock);
    return rc;
}

static void leave_locked(struct ssc_gate *g)
{
    if (g->depth > 0 && --g->depth == 0) {
        pthread_cond_signal(&g->freed);
    }
}

void ssc_gate_leave(struct ssc_gate *g)
{
    pthread_mutex_lock(&g->lock);
    leave_locked(g);
    pthread_mutex_unlock(&g->lock);
}

void ssc_gate_hold(struct ssc_gate *g)
{
    pthread_mutex_lock(&g->lock);
    if (!g->held) {
        g->held = true;
        g->depth++;
    }
    pthread_mutex_unlock(&g->lock);
}

void ssc_gate_release(struct ssc_gate *g)
{
    pthread_mutex_lock(&g->lock);
    if (g->held && !taken(g)) {
        g->held = false;
        leave_locked(g);
    }
    pthread_mutex_unlock(&g->lock);
}
