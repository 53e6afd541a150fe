/* SPDX-License-Identifier: Apache-2.0 */
/* A link that follows a script: each step says what must be sent and what comes back. */
#ifndef SSC_TESTS_UNIT_SCRIPTED_LINK_H
#define SSC_TESTS_UNIT_SCRIPTED_LINK_H

#include "tests/unit/hex.h"

#include <time.h>

#include "apdu/error.h"
#include "apdu/transmit.h"

#define ANY_COMMAND NULL /* as `expect`: anything may be sent */

struct step {
    const char *expect; /* hex of the command, or ANY_COMMAND */
    const char *answer; /* hex with status word; NULL: the link fails with `rc` */
    int rc;
};

struct script {
    const struct step *steps;
    size_t count, at;
    bool last_repeats;
    size_t lie;     /* adds to the length that the link reports */
    int64_t passes; /* milliseconds that pass with each exchange */
    int64_t deadline;
    uint8_t sent[SSC_COMMAND_MAX];
    size_t sent_len;
};

static inline int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline int play(void *ctx, const uint8_t *tx, size_t tx_len, uint8_t *rx, size_t *rx_len,
                       int64_t deadline)
{
    struct script *script = ctx;
    assert_true(script->at < script->count);
    const struct step *step = &script->steps[script->at];
    assert_int_equal(deadline, script->deadline);
    assert_true(*rx_len >= SSC_RESPONSE_SHORT);
    if (step->expect) {
        assert_bytes(tx, tx_len, step->expect);
    }
    memcpy(script->sent, tx, tx_len);
    script->sent_len = tx_len;
    script->at += script->last_repeats && script->at + 1 == script->count ? 0 : 1;
    if (script->passes > 0) {
        int64_t until = now_ms() + script->passes;
        while (now_ms() < until) {
        }
    }
    if (!step->answer) {
        return step->rc;
    }
    struct hex answer = hex(step->answer);
    assert_true(answer.len <= *rx_len);
    memcpy(rx, answer.data, answer.len);
    *rx_len = answer.len + script->lie;
    return 0;
}

/* One transmission and what it left behind. */
struct result {
    int rc;
    uint8_t data[70000];
    struct ssc_response rsp;
    struct ssc_transmit_report report;
    struct script script;
};
static struct result result;
static size_t response_room = sizeof result.data;

static inline struct result *transmit(enum ssc_protocol protocol, bool extended, unsigned flags,
                                      const struct ssc_command *cmd, const struct step *steps, size_t count)
{
    result.script.steps = steps;
    result.script.count = count;
    result.script.at = 0;
    result.script.deadline = now_ms() + 60000;
    struct ssc_link link = {play, &result.script, protocol, extended};
    result.rsp = (struct ssc_response){.data = result.data, .cap = response_room};
    result.rc = ssc_transmit(&link, cmd, &result.rsp, flags, result.script.deadline, &result.report);
    if (!result.script.last_repeats) {
        assert_int_equal(result.script.at, result.report.exchanges);
    }
    return &result;
}

static inline int reset(void **state)
{
    (void)state;
    memset(&result, 0, sizeof result);
    response_room = sizeof result.data;
    return 0;
}

/* Every test starts with an empty result and all the room there is. */
#define TEST(name) cmocka_unit_test_setup(name, reset)

#endif
