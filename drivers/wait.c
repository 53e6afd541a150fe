/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/wait.h"

#include "apdu/error.h"

#include <errno.h>
#include <time.h>

int ssc_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    const int rc = pthread_cond_init(cond, &attr) == 0 ? 0 : SSC_E_OUT_OF_MEMORY;
    pthread_condattr_destroy(&attr);
    return rc;
}

bool ssc_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline)
{
    const int64_t ms = deadline < 0 ? 0 : deadline;
    const struct timespec until = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    return pthread_cond_timedwait(cond, lock, &until) != ETIMEDOUT;
}
