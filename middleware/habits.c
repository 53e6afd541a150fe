/* SPDX-License-Identifier: Apache-2.0 */
/* What types of cards accept, learnt once and used for the next card of the type. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "middleware/card_private.h"

/* A counter sees a few dozen makers and operating systems; the oldest row makes room for the next. */
#define HABIT_ROWS 64u

struct ssc_habits {
    pthread_mutex_t lock;
    struct row {
        struct ssc_card_type type;
        struct ssc_habit habit;
    } rows[HABIT_ROWS];
    size_t used, next;
};

int ssc_habits_new(struct ssc_habits **out)
{
    struct ssc_habits *made = calloc(1, sizeof *made);
    int rc = made ? 0 : SSC_E_OUT_OF_MEMORY;

    if (made && pthread_mutex_init(&made->lock, NULL) != 0) {
        free(made);
        made = NULL;
        rc = SSC_E_OUT_OF_MEMORY;
    }
    *out = made;
    return rc;
}

void ssc_habits_free(struct ssc_habits **habits)
{
    if (habits && *habits) {
        pthread_mutex_destroy(&(*habits)->lock);
        free(*habits);
        *habits = NULL;
    }
}

static struct row *find(struct ssc_habits *habits, const struct ssc_card_type *type)
{
    struct row *found = NULL;

    for (size_t i = 0; i < habits->used; i++) {
        if (memcmp(habits->rows[i].type.bytes, type->bytes, sizeof type->bytes) == 0) {
            found = &habits->rows[i];
        }
    }
    return found;
}

bool ssc_habits_get(struct ssc_habits *habits, const struct ssc_card_type *type, struct ssc_habit *out)
{
    const struct row *row;

    pthread_mutex_lock(&habits->lock);
    row = find(habits, type);
    if (row) {
        *out = row->habit;
    }
    pthread_mutex_unlock(&habits->lock);
    return row != NULL;
}

void ssc_habits_put(struct ssc_habits *habits, const struct ssc_card_type *type,
                    const struct ssc_habit *habit)
{
    struct row *row;

    pthread_mutex_lock(&habits->lock);
    row = find(habits, type);
    if (!row) {
        row = &habits->rows[habits->next];
        habits->next = (habits->next + 1) % HABIT_ROWS;
        habits->used += habits->used < HABIT_ROWS;
    }
    row->type = *type;
    row->habit = *habit;
    pthread_mutex_unlock(&habits->lock);
}
