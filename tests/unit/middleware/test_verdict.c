/* SPDX-License-Identifier: Apache-2.0 */
/* Every combination of what the card's witnesses may say, against the rules in words. */
#include "middleware/verdict.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define EACH(body)                                                                                           \
    for (int p = SSC_PROOF_NONE; p <= SSC_PROOF_TAC_ALONE; p++)                                              \
        for (int s = 0; s <= 1; s++)                                                                         \
            for (int l = SSC_LOG_UNREADABLE; l <= SSC_LOG_OTHER; l++)                                        \
                for (int b = SSC_BALANCE_UNREADABLE; b <= SSC_BALANCE_ELSE; b++)                             \
                    for (int c = SSC_COUNTER_UNREADABLE; c <= SSC_COUNTER_EARLIER; c++) {                    \
                        const struct ssc_witnesses w = {(enum ssc_proof_says)p, s, (enum ssc_log_says)l,     \
                                                        (enum ssc_balance_says)b, (enum ssc_counter_says)c}; \
                        const struct ssc_verdict v = ssc_verdict(&w);                                        \
                        body                                                                                 \
                    }

static void only_a_proof_confirms(void **state)
{
    (void)state;
    unsigned confirmed = 0;
    EACH({
        if (v.state == SSC_TXN_CONFIRMED) {
            confirmed++;
            assert_true(p == SSC_PROOF_CHECKED || p == SSC_PROOF_UNCHECKED);
            if (p == SSC_PROOF_UNCHECKED) {
                assert_false(s); /* the stale-proof trap: never on a TAC alone */
                assert_true(l == SSC_LOG_MATCH || b == SSC_BALANCE_AFTER);
                assert_int_equal(v.evidence, SSC_EV_PROOF_TAC);
            } else {
                assert_int_equal(v.evidence, SSC_EV_PROOF_MAC2);
            }
        }
    })
    assert_true(confirmed > 0);
}

static void a_checked_proof_always_confirms(void **state)
{
    (void)state;
    EACH({
        if (p == SSC_PROOF_CHECKED) {
            assert_int_equal(v.state, SSC_TXN_CONFIRMED);
        }
    })
}

static void not_done_needs_an_unchanged_card(void **state)
{
    (void)state;
    unsigned seen = 0;
    EACH({
        if (v.state == SSC_TXN_NOT_DONE) {
            seen++;
            assert_int_equal(v.evidence, SSC_EV_CARD_UNCHANGED);
            assert_true(l != SSC_LOG_MATCH);
            bool other_used_it = l == SSC_LOG_OTHER;
            bool counter_stands = c == SSC_COUNTER_BEFORE;
            bool nothing_changed = l == SSC_LOG_ABSENT && b == SSC_BALANCE_BEFORE;
            assert_true(other_used_it || counter_stands || nothing_changed);
            assert_true(p != SSC_PROOF_CHECKED && p != SSC_PROOF_TAC_ALONE);
            if (p == SSC_PROOF_NONE) {
                assert_true(b != SSC_BALANCE_AFTER);
            }
        }
    })
    assert_true(seen > 0);
}

static void contradictions_are_for_people(void **state)
{
    (void)state;
    EACH({
        if (p == SSC_PROOF_NONE && (l == SSC_LOG_MATCH || b == SSC_BALANCE_AFTER)) {
            assert_int_equal(v.state, SSC_TXN_UNPROVEN);
        }
        if (p == SSC_PROOF_WRONG && !s && l != SSC_LOG_OTHER) {
            assert_int_equal(v.state, SSC_TXN_UNPROVEN);
        }
        if (p == SSC_PROOF_TAC_ALONE) {
            assert_int_equal(v.state, SSC_TXN_UNPROVEN);
        }
        if (c == SSC_COUNTER_EARLIER && p == SSC_PROOF_NONE) {
            assert_int_equal(v.state, SSC_TXN_UNPROVEN);
        }
        if (v.state == SSC_TXN_UNPROVEN && p != SSC_PROOF_TAC_ALONE) {
            assert_int_equal(v.evidence, SSC_EV_CONFLICT);
        }
    })
}

static void waits_only_for_a_silent_witness(void **state)
{
    (void)state;
    EACH({
        if (v.state == SSC_TXN_UNKNOWN) {
            assert_true(l == SSC_LOG_UNREADABLE || b == SSC_BALANCE_UNREADABLE ||
                        c == SSC_COUNTER_UNREADABLE);
        }
    })
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_proof_confirms),
        cmocka_unit_test(a_checked_proof_always_confirms),
        cmocka_unit_test(not_done_needs_an_unchanged_card),
        cmocka_unit_test(contradictions_are_for_people),
        cmocka_unit_test(waits_only_for_a_silent_witness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
