/* SPDX-License-Identifier: Apache-2.0 */
/* Wire times against sums made by hand from ISO/IEC 7816-3 and 14443. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apdu/wire.h"

#define MICROSECONDS(etu, baud) ((uint64_t)(etu)*1000000u / (baud))

static uint64_t at(enum ssc_protocol protocol, unsigned baud, size_t tx_len, size_t rx_len)
{
    const struct ssc_wire wire = {.protocol = protocol, .baud = baud, .kbps = 106};
    uint8_t tx[300] = {0x00, 0xB2, 0x01, 0x04, 0x00};
    if (tx_len > 5) {
        tx[4] = (uint8_t)(tx_len - 5);
    }
    return ssc_wire_us(&wire, tx, tx_len, rx_len);
}

/* GET CHALLENGE: header 5, procedure byte 1, data 8, status 2: 16 characters of 12 etu, one turn of 4. */
static void t0_get_challenge(void **state)
{
    (void)state;
    assert_int_equal(at(SSC_T0, 9600, 5, 10), MICROSECONDS(16 * 12 + 4, 9600));
    assert_in_range(at(SSC_T0, 9600, 5, 10), 20000, 20800); /* 20.4 ms */
}

/* Data go out after the procedure byte: two turns. Le of case 4 does not travel. */
static void t0_with_data(void **state)
{
    (void)state;
    assert_int_equal(at(SSC_T0, 10753, 5 + 15, 2), MICROSECONDS((20 + 1 + 2) * 12 + 2 * 4, 10753));
    uint8_t tx[5 + 15 + 1] = {0x80, 0x54, 0x01, 0x00, 15};
    const struct ssc_wire wire = {.protocol = SSC_T0, .baud = 10753};
    assert_int_equal(ssc_wire_us(&wire, tx, sizeof tx, 2), ssc_wire_us(&wire, tx, sizeof tx - 1, 2));
}

/* One block each way: prologue and check byte around it, 22 etu of guard. */
static void t1_blocks(void **state)
{
    (void)state;
    assert_int_equal(at(SSC_T1, 62500, 5, 10), MICROSECONDS((5 + 4 + 10 + 4) * 11 + 2 * 22, 62500));
    /* 255 bytes are two blocks, with a ready-block between */
    assert_int_equal(at(SSC_T1, 62500, 255, 2), MICROSECONDS((255 + 8 + 4 + 2 + 4) * 11 + 4 * 22, 62500));
}

static void twice_the_speed_is_half_the_time(void **state)
{
    (void)state;
    for (size_t rx = 2; rx <= 258; rx += 64) {
        const uint64_t slow = at(SSC_T0, 9600, 5, rx), fast = at(SSC_T0, 19200, 5, rx);
        assert_in_range(slow, 2 * fast, 2 * fast + 1);
    }
}

static void contactless(void **state)
{
    (void)state;
    const struct ssc_wire slow = {.protocol = SSC_TCL, .kbps = 106},
                          fast = {.protocol = SSC_TCL, .kbps = 424};
    const uint8_t tx[5] = {0x00, 0x84, 0x00, 0x00, 0x08};
    assert_in_range(ssc_wire_us(&slow, tx, 5, 10), 1900, 2100); /* 2.0 ms */
    assert_in_range(ssc_wire_us(&fast, tx, 5, 10), 550, 700);   /* 0.6 ms */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t0_get_challenge), cmocka_unit_test(t0_with_data),
        cmocka_unit_test(t1_blocks),        cmocka_unit_test(twice_the_speed_is_half_the_time),
        cmocka_unit_test(contactless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
