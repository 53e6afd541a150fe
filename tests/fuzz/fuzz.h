/* SPDX-License-Identifier: Apache-2.0 */
/* What every fuzz target shares. A target feeds bytes in and states what must hold; it never inspects output
 * by eye, so each claim is a REQUIRE. */
#ifndef SSC_TESTS_FUZZ_H
#define SSC_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(claim)                                                                                       \
    do {                                                                                                     \
        if (!(claim)) {                                                                                      \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #claim);                       \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
