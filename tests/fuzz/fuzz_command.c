/* SPDX-License-Identifier: Apache-2.0 */
/* A command that can be read is written back byte for byte: the seven forms have one encoding each. */
#include <string.h>

#include "apdu/command.h"
#include "apdu/error.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[SSC_COMMAND_MAX];
    struct ssc_command cmd;
    int rc = ssc_command_decode(data, size, &cmd);
    REQUIRE(rc == 0 || rc == SSC_E_INVALID_ARGUMENT);
    if (rc == 0) {
        size_t len = sizeof out;
        REQUIRE(ssc_command_encode(&cmd, out, &len) == 0);
        REQUIRE(len == size && memcmp(out, data, size) == 0);
        len = size - 1;
        REQUIRE(ssc_command_encode(&cmd, out, &len) == SSC_E_BUFFER_TOO_SMALL && len == size);
    }
    return 0;
}
